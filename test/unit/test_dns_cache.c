/* test_dns_cache.c - what is kept, for how long, and what goes when room is short. Time is the test's own. */
#include "dns/cache.h"
#include "dns/health.h"

#include "support.h"

#define SECOND G_GINT64_CONSTANT(1000000)

static mg_dns_answer *
answer_of(const char *name, mg_dns_outcome outcome, guint32 ttl_s, gsize text_length)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	mg_dns_answer *answer;

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	answer = mg_dns_answer_new(&question, outcome, "", text_length > 0);
	answer->ttl_s = ttl_s;
	if (text_length > 0) {
		answer->records[0].text = test_repeat('x', text_length);
		answer->records[0].length = text_length;
	}
	return answer;
}

static void
put(mg_dns_cache *cache, const char *name, mg_dns_outcome outcome, guint32 ttl_s, gsize text_length, gint64 now_us)
{
	g_autoptr(mg_dns_answer) answer = answer_of(name, outcome, ttl_s, text_length);

	mg_dns_cache_put(cache, answer, now_us);
}

static mg_dns_answer *
get(mg_dns_cache *cache, const char *name, gint64 now_us)
{
	mg_dns_question question = { .type = MG_DNS_TXT };

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	return mg_dns_cache_get(cache, &question, now_us);
}

typedef struct lifetime_case {
	const char    *name;
	mg_dns_outcome outcome;
	guint32        ttl_s;
	guint          lifetime_s;
} lifetime_case;

static const lifetime_case lifetime_cases[] = {
	{ "found-0", MG_DNS_FOUND, 0, 60 },
	{ "found-59", MG_DNS_FOUND, 59, 60 },
	{ "found-61", MG_DNS_FOUND, 61, 61 },
	{ "found-1-day", MG_DNS_FOUND, 86400, 86400 },
	{ "found-more", MG_DNS_FOUND, 86401, 86400 },
	{ "found-2-31", MG_DNS_FOUND, 0x7fffffff, 86400 },
	{ "found-2-32", MG_DNS_FOUND, 0xffffffff, 86400 },
	{ "nothing-without-soa", MG_DNS_NOTHING, 0, 60 },
	{ "nothing-300", MG_DNS_NOTHING, 300, 300 },
	{ "nothing-more", MG_DNS_NOTHING, 86400, 900 },
	{ "unknown", MG_DNS_UNKNOWN, 0, 10 },
	{ "unknown-with-ttl", MG_DNS_UNKNOWN, 300, 10 },
};

static void
test_lifetime(gconstpointer data)
{
	const lifetime_case *row = data;
	mg_dns_cache *cache = mg_dns_cache_new(1 << 20);
	gint64 began_us = 1234567;

	put(cache, "example.org", row->outcome, row->ttl_s, 0, began_us);
	g_assert_nonnull(get(cache, "example.org", began_us + row->lifetime_s * SECOND - 1));
	g_assert_null(get(cache, "example.org", began_us + row->lifetime_s * SECOND));
	g_assert_null(get(cache, "example.org", began_us));   /* it is gone for good */
	mg_dns_cache_free(cache);
}

static void
test_counts(void)
{
	mg_dns_cache *cache = mg_dns_cache_new(1 << 20);
	mg_dns_question question = { .type = MG_DNS_A };
	mg_dns_cache_counts counts;

	g_assert_true(mg_dns_name_from_text("example.org", 11, &question.name));
	g_assert_null(get(cache, "example.org", 0));
	put(cache, "example.org", MG_DNS_FOUND, 300, 10, 0);
	g_assert_nonnull(get(cache, "EXAMPLE.org", 1));
	g_assert_nonnull(get(cache, "example.org", 2));
	mg_dns_cache_count(cache, &counts);
	g_assert_cmpuint(counts.n_hits, ==, 2);
	g_assert_cmpuint(counts.n_misses, ==, 1);
	g_assert_cmpuint(counts.n_answers, ==, 1);
	g_assert_cmpuint(counts.octets, >, sizeof(mg_dns_answer));
	g_assert_null(get(cache, "example.org", 301 * SECOND));
	mg_dns_cache_count(cache, &counts);
	g_assert_cmpuint(counts.n_misses, ==, 2);
	g_assert_cmpuint(counts.n_answers, ==, 0);
	g_assert_cmpuint(counts.octets, ==, 0);
	question.type = MG_DNS_A;   /* another question */
	put(cache, "example.org", MG_DNS_FOUND, 300, 10, 0);
	g_assert_null(mg_dns_cache_get(cache, &question, 1));
	mg_dns_cache_free(cache);
}

static void
test_replaced(void)
{
	mg_dns_cache *cache = mg_dns_cache_new(1 << 20);
	g_autoptr(mg_dns_answer) answer = answer_of("example.org", MG_DNS_FOUND, 300, 10);
	mg_dns_cache_counts counts;

	put(cache, "example.org", MG_DNS_UNKNOWN, 0, 0, 0);
	mg_dns_cache_put(cache, answer, 0);
	mg_dns_cache_put(cache, answer, SECOND);   /* the same one again begins anew */
	g_assert_true(get(cache, "example.org", 300 * SECOND) == answer);
	mg_dns_cache_count(cache, &counts);
	g_assert_cmpuint(counts.n_answers, ==, 1);
	mg_dns_cache_free(cache);
	g_assert_cmpuint(answer->n_references, ==, 1);
}

/* Room for about ten; the one that is used stays. */
static void
test_least_used_goes(void)
{
	mg_dns_cache *cache = mg_dns_cache_new(10 * (sizeof(mg_dns_answer) + sizeof(mg_dns_record) + 1200));
	mg_dns_cache_counts counts;
	char name[32];

	put(cache, "stays.example.org", MG_DNS_FOUND, 86400, 1000, 0);
	for (guint i = 0; i < 500; i++) {
		g_snprintf(name, sizeof(name), "n%u.example.org", i);
		put(cache, name, MG_DNS_FOUND, 86400, 1000, i * SECOND);
		g_assert_nonnull(get(cache, "stays.example.org", i * SECOND));
		mg_dns_cache_count(cache, &counts);
		g_assert_cmpuint(counts.octets, <=, 10 * (sizeof(mg_dns_answer) + sizeof(mg_dns_record) + 1200));
	}
	g_assert_nonnull(get(cache, "n499.example.org", 500));
	g_assert_null(get(cache, "n0.example.org", 500));
	g_assert_cmpuint(counts.n_answers, >=, 8);
	g_assert_cmpuint(counts.n_answers + counts.n_evictions, ==, 501);
	mg_dns_cache_free(cache);
}

static void
test_too_large(void)
{
	mg_dns_cache *cache = mg_dns_cache_new(2000);
	mg_dns_cache_counts counts;

	put(cache, "example.org", MG_DNS_UNKNOWN, 0, 0, 0);
	put(cache, "large.example.org", MG_DNS_FOUND, 300, 16000, 0);
	g_assert_null(get(cache, "large.example.org", 1));
	g_assert_nonnull(get(cache, "example.org", 1));   /* nothing had to go for it */
	put(cache, "example.org", MG_DNS_FOUND, 300, 16000, 1);
	g_assert_null(get(cache, "example.org", 1));      /* what it said before is not true any more */
	mg_dns_cache_count(cache, &counts);
	g_assert_cmpuint(counts.octets, ==, 0);
	mg_dns_cache_free(cache);
	mg_dns_cache_free(NULL);
}

/* ---- health ---- */

typedef struct health_case {
	const char *name;
	guint       n_known, n_unknown;     /* at second 1,000 */
	guint       later_s;                /* when it is looked at */
	gboolean    is_good;
} health_case;

static const health_case health_cases[] = {
	{ "nothing-asked", 0, 0, 0, TRUE },
	{ "too-few", 0, 19, 0, TRUE },
	{ "all-fail", 0, 20, 0, FALSE },
	{ "half-fails", 10, 10, 0, FALSE },
	{ "less-than-half", 11, 10, 0, TRUE },
	{ "many-well", 1000, 999, 0, TRUE },
	{ "half-a-minute-ago", 0, 20, 30, FALSE },
	{ "a-minute-ago", 0, 20, 60, TRUE },
	{ "long-ago", 0, 20, 100000, TRUE },
};

static void
test_health(gconstpointer data)
{
	const health_case *row = data;
	mg_dns_health health = { 0 };
	guint n_questions, n_unknown;
	gint64 now_us = 1000 * SECOND;

	for (guint i = 0; i < row->n_known; i++)
		mg_dns_health_note(&health, FALSE, now_us);
	for (guint i = 0; i < row->n_unknown; i++)
		mg_dns_health_note(&health, TRUE, now_us);
	g_assert_true(mg_dns_health_is_good(&health, now_us + row->later_s * SECOND, &n_questions, &n_unknown)
	              == row->is_good);
	if (row->later_s == 0) {
		g_assert_cmpuint(n_questions, ==, row->n_known + row->n_unknown);
		g_assert_cmpuint(n_unknown, ==, row->n_unknown);
	}
}

/* A question every second that fails, then ones that do not. */
static void
test_health_turns(void)
{
	mg_dns_health health = { 0 };
	guint second = 100000, n_questions;

	for (guint i = 0; i < 300; i++)
		mg_dns_health_note(&health, TRUE, ++second * SECOND);
	g_assert_false(mg_dns_health_is_good(&health, second * SECOND, &n_questions, NULL));
	g_assert_cmpuint(n_questions, <=, 60);
	for (guint i = 0; i < 40; i++)
		mg_dns_health_note(&health, FALSE, ++second * SECOND);
	g_assert_true(mg_dns_health_is_good(&health, second * SECOND, NULL, NULL));
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dns-cache/lifetime", lifetime_cases, test_lifetime);
	TEST_ROWS("/dns-health", health_cases, test_health);
	g_test_add_func("/dns-cache/counts", test_counts);
	g_test_add_func("/dns-cache/replaced", test_replaced);
	g_test_add_func("/dns-cache/least-used-goes", test_least_used_goes);
	g_test_add_func("/dns-cache/too-large", test_too_large);
	g_test_add_func("/dns-health/turns", test_health_turns);
	return g_test_run();
}
