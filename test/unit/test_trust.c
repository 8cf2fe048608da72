/* test_trust.c - when a backend's "no" is believed, what class a domain is of, and the negative canary's name. */
#include "verify/trust.h"

#include "recipients.h"
#include "support.h"

typedef struct trust_case {
	const char *name;
	const char *done;       /* words "s+class", "s-class": the canaries' answers; "s=NxM": N valid ones asked about again, of which M
	                           are denied, last; "s!": one that was not valid lately is denied; "s?" asks */
	const char *expected;   /* for each question "class", with "*" if negatives are believed, "!" if a canary is due */
} trust_case;

#define GOOD "0+valid 0-unknown"

static const trust_case trust_cases[] = {
	{ "nothing", "0?", "undetermined!" },
	{ "one-canary", "0+valid 0?", "undetermined!" },
	{ "other-canary", "0-unknown 0?", "undetermined!" },
	{ "good", GOOD " 0? 899? 900? 3599? 3600?", "discriminating* discriminating* discriminating*! discriminating*! discriminating!" },
	{ "good-for-a-day", GOOD " 86399? 86400?", "discriminating! undetermined!" },
	{ "older-of-the-two", "0+valid 3000-unknown 3599? 3600?", "discriminating*! discriminating!" },
	{ "suspect-is-refused", "0+valid 0-suspect 0?", "discriminating*" },
	{ "moved-is-refused", "0+valid 0-moved 0?", "discriminating*" },
	{ "full-canary", "0+full 0-unknown 0?", "discriminating*" },
	{ "size-canary", "0+size 0-unknown 0?", "discriminating*" },
	{ "unverifiable-canary", "0+unverifiable 0-unknown 0? 60?", "undetermined undetermined!" },
	{ "blocked-canary", "0+blocked 0-unknown 0?", "undetermined" },

	{ "positive-fails", GOOD " 100+unknown 100? 3599?", "rejects-all rejects-all!" },
	{ "positive-fails-policy", GOOD " 100+policy 100?", "undetermined" },
	{ "positive-fails-sender", GOOD " 100+sender 100?", "undetermined" },
	{ "positive-fails-syntax", GOOD " 100+syntax 100?", "undetermined" },
	{ "positive-fails-no-domain", GOOD " 100+no-domain 100?", "undetermined" },
	{ "positive-again", GOOD " 100+policy 200+valid 200?", "discriminating*" },
	{ "rejects-all", "0+unknown 0-unknown 0? 3599? 3600?", "rejects-all rejects-all! undetermined!" },
	{ "blocks-us", "0+policy 0-policy 0? 3600?", "blocks-us undetermined!" },
	{ "blocks-one", "0+valid 0-policy 0?", "undetermined" },

	{ "catch-all", "0+valid 0-valid 0? 3599? 3600?", "catch-all catch-all! undetermined!" },
	{ "catch-all-unverifiable", "0+valid 0-unverifiable 0?", "catch-all" },
	{ "catch-all-full", "0+valid 0-full 0?", "catch-all" },
	{ "catch-all-no-more", "0+valid 0-valid 900+valid 900-unknown 900?", "discriminating*" },
	{ "catch-all-since", GOOD " 900-valid 900?", "catch-all!" },

	{ "greylists", "0+grey 0-grey 0? 59? 60?", "greylists greylists undetermined!" },
	{ "grey-after-good", GOOD " 1000+grey 1000? 1059? 1060? 3600?",
	  "greylists*! greylists*! discriminating*! discriminating!" },
	{ "temporary-changes-nothing", GOOD " 900+temp 900-transport 900? 959? 960? 3599? 3600?",
	  "discriminating* discriminating* discriminating*! discriminating*! discriminating!" },
	{ "temporary-alone", "0+closing 0-backend-temp 0? 59? 60?", "undetermined undetermined undetermined!" },
	{ "config-protocol-batch", "0+config 0-protocol 0? 60+batch 60-config 60?", "undetermined undetermined" },

	{ "five-turned", GOOD " 0=5x5 0?", "discriminating*" },
	{ "six-turned", GOOD " 0=6x6 0? 899? 900?", "discriminating discriminating discriminating*!" },
	{ "six-of-many", GOOD " 0=100x6 0?", "discriminating" },
	{ "six-within-10-min", GOOD " 0=100x1 100=100x4 600=100x1 600?", "discriminating" },
	{ "six-in-more", GOOD " 0=100x1 100=100x4 601=100x1 601?", "discriminating*" },
	{ "six-each-two-minutes", GOOD " 0=9x1 121=9x1 242=9x1 363=9x1 484=9x1 605=9x1 605?", "discriminating*" },
	{ "not-valid-before", GOOD " 0! 0! 0! 0! 0! 0! 0! 0! 0! 0! 0! 0?", "discriminating*" },
	{ "fifth-of-ten", GOOD " 0=10x2 0?", "discriminating*" },
	{ "more-than-a-fifth-of-ten", GOOD " 0=10x3 0?", "discriminating" },
	{ "more-than-a-fifth-of-nine", GOOD " 0=9x4 0?", "discriminating*" },
	{ "fifth-of-fifteen", GOOD " 0=15x3 0?", "discriminating*" },
	{ "more-than-a-fifth-of-fourteen", GOOD " 0=14x3 0?", "discriminating" },
	{ "fifth-forgets", GOOD " 0=9x0 700=9x3 700?", "discriminating*" },
	{ "breaker-again", GOOD " 0=6x6 601=1x1 900?", "discriminating*!" },
	{ "breaker-longer", GOOD " 0=6x6 500=1x1 899? 900? 1399? 1400?",
	  "discriminating discriminating! discriminating! discriminating*!" },
	{ "breaker-and-catch-all", "0+valid 0-valid 0=6x6 0?", "catch-all" },
	{ "breaker-does-not-need-canaries", "0=6x6 100+valid 100-unknown 100? 900?", "discriminating discriminating*" },
};

static void
trust_see(mg_trust *trust, const char *counts, gint64 now_s)
{
	char *at;
	guint64 n = g_ascii_strtoull(counts, &at, 10), n_denied = g_ascii_strtoull(at + 1, NULL, 10);

	for (guint64 i = 0; i < n; i++)
		mg_trust_seen(trust, TRUE, i >= n - n_denied, now_s);
}

static void
test_trust(gconstpointer data)
{
	const trust_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->done, " ", -1);
	mg_trust *trust = mg_trust_new();
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; words[i] != NULL; i++) {
		char *at;
		gint64 now_s = 1000000 + g_ascii_strtoll(words[i], &at, 10);

		if (*at == '+' || *at == '-')
			mg_trust_canary(trust, *at == '+', class_of_word(at + 1), now_s);
		else if (*at == '=')
			trust_see(trust, at + 1, now_s);
		else if (*at == '!')
			g_assert_false(mg_trust_seen(trust, FALSE, TRUE, now_s));
		else
			g_string_append_printf(found, "%s%s%s%s", found->len > 0 ? " " : "",
			                       mg_domain_class_name(mg_trust_class(trust, now_s)),
			                       mg_trust_believes_negatives(trust, now_s) ? "*" : "",
			                       mg_trust_canary_is_due(trust, now_s) ? "!" : "");
	}
	g_assert_cmpstr(found->str, ==, row->expected);
	mg_trust_free(trust);
}

/* TRUE once: at the address that was one too many, which is not believed either. */
static void
test_breaker_told(void)
{
	mg_trust *trust = mg_trust_new();

	mg_trust_canary(trust, TRUE, MG_RCPT_VALID, 0);
	mg_trust_canary(trust, FALSE, MG_RCPT_UNKNOWN, 0);
	for (guint i = 0; i < 8; i++) {
		g_assert_cmpint(mg_trust_believes_negatives(trust, 0), ==, i < 6);
		g_assert_cmpint(mg_trust_seen(trust, TRUE, TRUE, 0), ==, i == 5);
	}
	g_assert_true(mg_trust_breaker_is_open(trust, 899));
	g_assert_false(mg_trust_breaker_is_open(trust, 900));
	g_assert_false(mg_trust_seen(trust, TRUE, FALSE, 5000));
	g_assert_false(mg_trust_breaker_is_open(trust, 5000));
	mg_trust_free(trust);
	mg_trust_free(NULL);
}

static void
test_age(void)
{
	mg_trust *trust = mg_trust_new();

	g_assert_cmpint(mg_trust_canary_age_s(trust, 100), ==, -1);
	mg_trust_canary(trust, TRUE, MG_RCPT_VALID, 100);
	g_assert_cmpint(mg_trust_canary_age_s(trust, 100), ==, -1);
	mg_trust_canary(trust, FALSE, MG_RCPT_UNKNOWN, 150);
	g_assert_cmpint(mg_trust_canary_age_s(trust, 160), ==, 60);
	mg_trust_canary(trust, TRUE, MG_RCPT_TEMP, 170);
	g_assert_cmpint(mg_trust_canary_age_s(trust, 180), ==, 80);
	mg_trust_canary(trust, TRUE, MG_RCPT_VALID, 180);
	g_assert_cmpint(mg_trust_canary_age_s(trust, 180), ==, 30);
	mg_trust_canary(trust, FALSE, MG_RCPT_VALID, 180);
	g_assert_cmpint(mg_trust_canary_age_s(trust, 180), ==, -1);
	mg_trust_free(trust);
}

static void
test_name(void)
{
	guint8 secret[32] = { 1, 2, 3 }, other[32] = { 1, 2, 4 };
	char name[MG_CANARY_LENGTH + 1], again[MG_CANARY_LENGTH + 1];
	g_autofree char *upper = NULL, *longer = NULL;

	mg_canary_local_part(secret, "example.org", 20000, name);
	g_assert_cmpuint(strlen(name), ==, 20);
	g_assert_cmpuint(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789"), ==, 20);
	mg_canary_local_part(secret, "example.org", 20000, again);
	g_assert_cmpstr(name, ==, again);

	g_assert_true(mg_canary_is_ours(secret, "example.org", 20000, name));
	g_assert_true(mg_canary_is_ours(secret, "example.org", 20001, name));
	g_assert_false(mg_canary_is_ours(secret, "example.org", 20002, name));
	g_assert_false(mg_canary_is_ours(secret, "example.org", 19999, name));
	g_assert_false(mg_canary_is_ours(secret, "example.net", 20000, name));
	g_assert_false(mg_canary_is_ours(other, "example.org", 20000, name));
	g_assert_false(mg_canary_is_ours(secret, "example.org", 20000, ""));
	upper = g_ascii_strup(name, -1);
	longer = g_strconcat(name, "a", NULL);
	g_assert_true(mg_canary_is_ours(secret, "example.org", 20000, upper));
	g_assert_false(mg_canary_is_ours(secret, "example.org", 20000, longer));
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/trust/class", trust_cases, test_trust);
	g_test_add_func("/trust/breaker-told", test_breaker_told);
	g_test_add_func("/trust/age", test_age);
	g_test_add_func("/trust/canary-name", test_name);
	return g_test_run();
}
