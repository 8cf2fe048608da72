/* test_budget.c - how many unknown recipients a client may ask for, and how many guesses a backend sees. */
#include "verify/budget.h"

#include "support.h"

/* ---- a client's budget, of three in ten seconds ---- */

typedef struct budget_case {
	const char *name;
	const char *spends;   /* words "ms:client:recipient" */
	const char *asked;    /* words "ms:client" */
	const char *spent;    /* for each 'S' or '.' */
} budget_case;

static const budget_case budget_cases[] = {
	{ "nothing", "", "0:192.0.2.1", "." },
	{ "one-under", "0:192.0.2.1:a 0:192.0.2.1:b", "0:192.0.2.1", "." },
	{ "all", "0:192.0.2.1:a 0:192.0.2.1:b 0:192.0.2.1:c", "0:192.0.2.1 9999:192.0.2.1 10000:192.0.2.1", "SS." },
	{ "one-over", "0:192.0.2.1:a 0:192.0.2.1:b 0:192.0.2.1:c 5000:192.0.2.1:d", "9999:192.0.2.1 10000:192.0.2.1", "S." },
	{ "same-again", "0:192.0.2.1:a 0:192.0.2.1:b 1:192.0.2.1:a 2:192.0.2.1:b", "2:192.0.2.1", "." },
	{ "same-again-counts-from-then", "0:192.0.2.1:a 0:192.0.2.1:b 0:192.0.2.1:c 5000:192.0.2.1:a 5000:192.0.2.1:b 5000:192.0.2.1:c",
	  "14999:192.0.2.1 15000:192.0.2.1", "S." },
	{ "sliding", "0:192.0.2.1:a 4000:192.0.2.1:b 8000:192.0.2.1:c 12000:192.0.2.1:d",
	  "9999:192.0.2.1 12000:192.0.2.1 13999:192.0.2.1 14000:192.0.2.1", "SSS." },
	{ "slow", "0:192.0.2.1:a 5000:192.0.2.1:b 10000:192.0.2.1:c 15000:192.0.2.1:d", "15000:192.0.2.1", "." },
	{ "other-client", "0:192.0.2.1:a 0:192.0.2.1:b 0:192.0.2.1:c", "0:192.0.2.2 0:2001:db8::1", ".." },
	{ "ipv6-network", "0:2001:db8::1:a 0:2001:db8::ffff:b 0:2001:db8:0:0:ffff::1:c",
	  "0:2001:db8::2 0:2001:db8:0:1::1 0:2001:db7:ffff:ffff::1", "S.." },
	{ "mapped-is-ipv4", "0:::ffff:192.0.2.1:a 0:192.0.2.1:b 0:192.0.2.1:c", "0:192.0.2.1 0:192.0.2.2", "S." },
};

static void
test_budget(gconstpointer data)
{
	const budget_case *row = data;
	g_auto(GStrv) spends = g_strsplit(row->spends, " ", -1);
	g_auto(GStrv) asked = g_strsplit(row->asked, " ", -1);
	mg_budget *budget = mg_budget_new(3, 10, 1);
	g_autoptr(GString) spent = g_string_new(NULL);
	char *at;
	mg_ip ip;

	for (guint i = 0; spends[i] != NULL; i++) {
		gint64 now_us = G_USEC_PER_SEC + g_ascii_strtoll(spends[i], &at, 10) * 1000;
		char *recipient = strrchr(at, ':');

		*recipient++ = 0;
		g_assert_true(mg_ip_parse(at + 1, &ip));
		mg_budget_spend(budget, &ip, "example.org", recipient, now_us);
	}
	for (guint i = 0; asked[i] != NULL; i++) {
		gint64 now_us = G_USEC_PER_SEC + g_ascii_strtoll(asked[i], &at, 10) * 1000;

		g_assert_true(mg_ip_parse(at + 1, &ip));
		g_string_append_c(spent, mg_budget_is_spent(budget, &ip, now_us) ? 'S' : '.');
	}
	g_assert_cmpstr(spent->str, ==, row->spent);
	mg_budget_free(budget);
}

/* The same Local-part elsewhere is another recipient. */
static void
test_domains(void)
{
	static const char *const domains[] = { "a.example", "b.example", "c.example" };
	mg_budget *budget = mg_budget_new(3, 10, 1);
	mg_ip ip;

	mg_ip_parse("192.0.2.1", &ip);
	for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
		g_assert_false(mg_budget_is_spent(budget, &ip, 1));
		mg_budget_spend(budget, &ip, domains[i], "ana", 1);
	}
	g_assert_true(mg_budget_is_spent(budget, &ip, 1));
	mg_budget_free(budget);
}

static void
test_sizes(void)
{
	mg_ip ip;

	mg_ip_parse("192.0.2.1", &ip);
	for (guint max = 1; max <= MG_BUDGET_UNKNOWN_MAX; max = max * 2 + 1) {
		mg_budget *budget = mg_budget_new(max, MG_BUDGET_WINDOW_S, 1);

		for (guint i = 0; i < max; i++) {
			g_autofree char *local_part = g_strdup_printf("u%u", i);

			g_assert_false(mg_budget_is_spent(budget, &ip, 0));
			mg_budget_spend(budget, &ip, "example.org", local_part, 0);
		}
		g_assert_true(mg_budget_is_spent(budget, &ip, 0));
		mg_budget_free(budget);
	}
	mg_budget_free(NULL);
}

/* A hundred thousand clients cost no more room, and nobody's budget is spent by theirs. */
static void
test_crowd(void)
{
	mg_budget *budget = mg_budget_new(3, 10, 1);
	guint n_spent = 0;

	for (guint i = 0; i < 100000; i++) {
		mg_ip ip = { G_GUINT64_CONSTANT(0x20010db800000000) + i, i };

		mg_budget_spend(budget, &ip, "example.org", "a", i);
		mg_budget_spend(budget, &ip, "example.org", "b", i);
		n_spent += mg_budget_is_spent(budget, &ip, i) ? 1 : 0;
	}
	g_assert_cmpuint(n_spent, ==, 0);
	mg_budget_free(budget);
}

/* ---- a backend's bucket ---- */

typedef struct bucket_case {
	const char *name;
	guint       per_second, burst;
	const char *done;      /* words "ms*times" takes, "+times" gives back */
	const char *expected;  /* for each word that takes, how often there was one */
} bucket_case;

static const bucket_case bucket_cases[] = {
	{ "burst", 20, 20, "0*21", "20" },
	{ "refills", 20, 20, "0*21 49*1 50*1 50*1 99*1 100*9", "20 0 1 0 0 1" },
	{ "no-more-than-full", 20, 20, "0*20 1000*21 60000*40", "20 20 20" },
	{ "half-a-second", 20, 20, "0*20 500*20", "20 10" },
	{ "given-back", 20, 20, "0*20 +3 0*9", "20 3" },
	{ "given-back-to-a-full-one", 20, 20, "+30 0*40", "20" },
	{ "given-back-after-an-hour", 20, 20, "0*20 +20 3600000*40", "20 20" },
	{ "all-valid", 20, 20, "0*1 +1 0*20 +20 0*20 +20 0*20", "1 20 20 20" },
	{ "one", 1, 1, "0*2 999*1 1000*2", "1 0 1" },
	{ "late-start", 20, 20, "86400000*21", "20" },
};

static void
test_bucket(gconstpointer data)
{
	const bucket_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->done, " ", -1);
	g_autoptr(GString) found = g_string_new(NULL);
	mg_bucket bucket;

	mg_bucket_init(&bucket, row->per_second, row->burst);
	for (guint i = 0; words[i] != NULL; i++) {
		gboolean gives = words[i][0] == '+';
		char *at = words[i];
		gint64 now_us = gives ? 0 : g_ascii_strtoll(at, &at, 10) * 1000;
		guint64 times = g_ascii_strtoull(at + 1, NULL, 10);
		guint n = 0;

		for (; times > 0; times--)
			if (gives)
				mg_bucket_give_back(&bucket);
			else
				n += mg_bucket_take(&bucket, now_us) ? 1 : 0;
		if (!gives)
			g_string_append_printf(found, "%s%u", found->len > 0 ? " " : "", n);
	}
	g_assert_cmpstr(found->str, ==, row->expected);
}

/* RELIABILITY G11: whatever the attack, a backend sees 20 guesses a second. */
static void
test_attack(void)
{
	mg_bucket bucket;
	guint n = 0;

	mg_bucket_init(&bucket, MG_BUCKET_RATE, MG_BUCKET_BURST);
	for (gint64 at_ms = 0; at_ms < 600000; at_ms++)
		n += mg_bucket_take(&bucket, at_ms * 1000) ? 1 : 0;
	g_assert_cmpuint(n, ==, 600 * MG_BUCKET_RATE + MG_BUCKET_BURST - 1);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/budget/client", budget_cases, test_budget);
	g_test_add_func("/budget/domains", test_domains);
	g_test_add_func("/budget/sizes", test_sizes);
	g_test_add_func("/budget/crowd", test_crowd);
	TEST_ROWS("/budget/bucket", bucket_cases, test_bucket);
	g_test_add_func("/budget/attack", test_attack);
	return g_test_run();
}
