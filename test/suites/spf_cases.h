/* spf_cases.h - suites of SPF cases, for the programs that run them.
 * In:    files as convert.py writes them; by default those of $BUILD/suites
 * Out:   a test for each case; its question, and whether an outcome is the one it asks for */
#ifndef MG_TEST_SPF_CASES_H
#define MG_TEST_SPF_CASES_H

#include <stdlib.h>
#include <string.h>

#include "spf_zone.h"
#include "support.h"

/* ---- a case ---- */

typedef struct spf_case {
	const spf_zone *zone;     /* borrowed */
	GHashTable     *values;   /* owned; key -> value, both owned */
} spf_case;

static inline const char *
case_value(const spf_case *row, const char *key)
{
	return g_hash_table_lookup(row->values, key);
}

static inline void
case_number(const spf_case *row, const char *key, gint64 got)
{
	const char *expected = case_value(row, key);

	if (expected == NULL)
		return;
	if (strtoll(expected, NULL, 10) != got)
		g_test_message("%s: expected %s, got %" G_GINT64_FORMAT, key, expected, got);
	g_assert_cmpint(got, ==, strtoll(expected, NULL, 10));
}

static inline void
case_limit(const spf_case *row, const char *key, guint *limit)
{
	const char *value = case_value(row, key);

	if (value != NULL)
		*limit = (guint)strtoul(value, NULL, 10);
}

static inline void
case_question(const spf_case *row, mg_spf_question *question, char **sender_out)
{
	const char *mail_from = case_value(row, "mailfrom"), *helo = case_value(row, "helo");
	const char *at = strrchr(mail_from, '@');
	guint record_max, by_query = 0;

	*sender_out = *mail_from != 0 ? g_strdup(mail_from) : g_strconcat("postmaster@", helo, NULL);
	*question = (mg_spf_question){
		.domain = *mail_from == 0 ? helo : at != NULL ? at + 1 : mail_from,
		.sender = *sender_out,
		.helo = helo,
		.receiver = case_value(row, "receiver") ? case_value(row, "receiver") : "mx.receiver.example",
		.now_s = case_value(row, "time") ? strtoll(case_value(row, "time"), NULL, 10) : 1700000000,
		.wants_explanation = TRUE,
		.limits = mg_spf_limits_standard,
	};
	g_assert_true(mg_ip_parse(case_value(row, "host"), &question->client));
	case_limit(row, "limit-terms", &question->limits.terms_max);
	case_limit(row, "limit-voids", &question->limits.voids_max);
	case_limit(row, "limit-names", &question->limits.names_max);
	case_limit(row, "limit-queries", &question->limits.queries_max);
	case_limit(row, "limit-voids-by-query", &by_query);
	question->limits.voids_by_query = by_query != 0;
	record_max = (guint)question->limits.record_max;
	case_limit(row, "limit-record", &record_max);
	question->limits.record_max = record_max;
}

static inline void
assert_printable(const char *text)
{
	for (; text != NULL && *text != 0; text++)
		g_assert_true(*text >= 0x20 && *text <= 0x7e);
}

static inline void
assert_same(const mg_spf_outcome *a, const mg_spf_outcome *b)
{
	g_assert_cmpstr(mg_spf_result_name(a->result), ==, mg_spf_result_name(b->result));
	g_assert_cmpstr(a->explanation, ==, b->explanation);
	g_assert_cmpstr(a->problem, ==, b->problem);
	g_assert_cmpstr(a->matched, ==, b->matched);
	g_assert_cmpstr(a->record, ==, b->record);
	g_assert_cmpuint(a->n_terms, ==, b->n_terms);
	g_assert_cmpuint(a->n_voids, ==, b->n_voids);
	g_assert_cmpuint(a->n_queries, ==, b->n_queries);
	g_assert_cmpint(a->matched_log2, ==, b->matched_log2);
	g_assert_cmpint(a->record_log2, ==, b->record_log2);
	g_assert_cmpuint(a->ttl_s, ==, b->ttl_s);
}

static inline void
assert_result(const spf_case *row, const mg_spf_outcome *outcome)
{
	g_auto(GStrv) results = g_strsplit(case_value(row, "result"), "|", -1);

	if (!g_strv_contains((const gchar *const *)results, mg_spf_result_name(outcome->result)))
		g_test_message("got %s, problem: %s", mg_spf_result_name(outcome->result), outcome->problem);
	g_assert_true(g_strv_contains((const gchar *const *)results, mg_spf_result_name(outcome->result)));
}

/* What holds of every outcome. */
static inline void
outcome_is_whole(const mg_spf_outcome *outcome)
{
	gboolean is_error = outcome->result == MG_SPF_TEMPERROR || outcome->result == MG_SPF_PERMERROR;

	g_assert_true((outcome->problem != NULL) == is_error);
	g_assert_true(outcome->explanation == NULL || outcome->result == MG_SPF_FAIL);
	g_assert_true(outcome->explanation == NULL || strlen(outcome->explanation) <= 200);
	g_assert_true(outcome->matched == NULL || !is_error);
	g_assert_true(outcome->matched != NULL || outcome->matched_log2 == -1);
	assert_printable(outcome->explanation);
	assert_printable(outcome->problem);
	assert_printable(outcome->matched);
	assert_printable(outcome->record);
}

static inline void
check_outcome(const spf_case *row, const mg_spf_outcome *outcome)
{
	const char *explanation = case_value(row, "explanation"), *problem = case_value(row, "problem");
	const char *matched = case_value(row, "matched"), *record = case_value(row, "record");

	assert_result(row, outcome);
	outcome_is_whole(outcome);
	if (explanation != NULL)
		g_assert_cmpstr(outcome->explanation, ==, strcmp(explanation, "DEFAULT") == 0 ? NULL : explanation);
	if (problem != NULL && (outcome->problem == NULL || strstr(outcome->problem, problem) == NULL))
		g_assert_cmpstr(outcome->problem, ==, problem);
	if (matched != NULL)
		g_assert_cmpstr(outcome->matched, ==, *matched != 0 ? matched : NULL);
	if (record != NULL)
		g_assert_cmpstr(outcome->record, ==, *record != 0 ? record : NULL);
	case_number(row, "terms", outcome->n_terms);
	case_number(row, "voids", outcome->n_voids);
	case_number(row, "queries", outcome->n_queries);
	case_number(row, "breadth", outcome->matched_log2);
	case_number(row, "record-breadth", outcome->record_log2);
}

/* ---- files ---- */

typedef struct spf_suites {
	const char   *path;    /* what the tests' names begin with */
	GTestDataFunc test;    /* of an spf_case */
	GPtrArray    *zones;   /* borrowed; of spf_zone */
	GPtrArray    *cases;   /* borrowed; of spf_case */
} spf_suites;

/* \xNN back to octets, NUL behind them; @length_out may be NULL. */
static inline char *
unescape(const char *text, gsize *length_out)
{
	char *octets = g_malloc(strlen(text) + 1), *out = octets;

	for (; *text != 0; text++) {
		if (text[0] == '\\' && text[1] == 'x') {
			*out++ = (char)(g_ascii_xdigit_value(text[2]) << 4 | g_ascii_xdigit_value(text[3]));
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = 0;
	if (length_out != NULL)
		*length_out = (gsize)(out - octets);
	return octets;
}

static inline void
zone_add(spf_zone *zone, char **fields)
{
	static const struct { const char *name; mg_dns_type type; } types[] = {
		{ "A", MG_DNS_A }, { "AAAA", MG_DNS_AAAA }, { "MX", MG_DNS_MX }, { "TXT", MG_DNS_TXT },
		{ "PTR", MG_DNS_PTR }, { "CNAME", MG_DNS_CNAME },
	};
	g_autofree char *name = unescape(fields[1], NULL);
	spf_zone_record *record = g_new0(spf_zone_record, 1);

	record->name = spf_zone_name(name);
	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		if (strcmp(fields[2], types[i].name) == 0)
			record->type = types[i].type;
	if (record->type == MG_DNS_A || record->type == MG_DNS_AAAA) {
		g_assert_true(mg_ip_parse(fields[3], &record->ip));
	} else if (record->type == MG_DNS_TXT) {
		gsize length;
		char *text = unescape(fields[3], &length);

		record->text = g_byte_array_new_take((guint8 *)text, length);
	} else if (record->type == MG_DNS_MX) {
		record->preference = (guint16)strtoul(fields[3], NULL, 10);
		record->target = unescape(fields[4], NULL);
	} else {
		g_assert_cmpint(record->type, !=, 0);
		record->target = unescape(fields[3], NULL);
	}
	g_ptr_array_add(zone->records, record);
}

static inline void
case_free(gpointer data)
{
	spf_case *row = data;

	g_hash_table_unref(row->values);
	g_free(row);
}

static inline void
case_add(const spf_suites *suites, const char *suite, const spf_zone *zone, char **fields)
{
	g_autofree char *path = g_strconcat(suites->path, "/", suite, "/", fields[1], NULL);
	spf_case *row = g_new0(spf_case, 1);

	row->zone = zone;
	row->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 2; fields[i] != NULL; i++) {
		char *equals = strchr(fields[i], '=');

		g_assert_nonnull(equals);
		g_hash_table_insert(row->values, g_strndup(fields[i], (gsize)(equals - fields[i])),
		                    unescape(equals + 1, NULL));
	}
	g_ptr_array_add(suites->cases, row);
	g_test_add_data_func(path, row, suites->test);
}

static inline gboolean
read_suite(const spf_suites *suites, const char *file)
{
	g_autofree char *text = NULL, *suite = g_path_get_basename(file);
	g_auto(GStrv) lines = NULL;
	spf_zone *zone = NULL;

	if (!g_file_get_contents(file, &text, NULL, NULL))
		return FALSE;
	if (strchr(suite, '.') != NULL)
		*strchr(suite, '.') = 0;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, "\t", -1);

		if (fields[0] == NULL)
			continue;
		if (strcmp(fields[0], "scenario") == 0) {
			zone = spf_zone_new();
			g_ptr_array_add(suites->zones, zone);
		} else if (strcmp(fields[0], "record") == 0) {
			zone_add(zone, fields);
		} else if (strcmp(fields[0], "trouble") == 0) {
			g_autofree char *name = unescape(fields[1], NULL);

			g_hash_table_insert(zone->trouble, spf_zone_name(name), g_strdup(fields[2]));
		} else if (strcmp(fields[0], "case") == 0) {
			case_add(suites, suite, zone, fields);
		}
	}
	return TRUE;
}

/* The main() of a program: what is read and run, and what it ends with. */
static inline int
run_suites(int argc, char **argv, const char *path, GTestDataFunc test)
{
	static const char *const names[] = { "rfc7208.cases", "pyspf.cases", "blitiri.cases", "mailguard.cases" };
	g_autoptr(GPtrArray) zones = g_ptr_array_new_with_free_func(spf_zone_free);
	g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(case_free);
	const spf_suites suites = { path, test, zones, cases };

	test_init(&argc, &argv);
	for (guint i = 0; argc < 2 && i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_test_build_filename(G_TEST_BUILT, "suites", names[i], NULL);

		if (!read_suite(&suites, file)) {
			g_printerr("%s: no %s; test/suites/README says where it comes from\n", argv[0], file);
			return 1;
		}
	}
	for (int i = 1; i < argc; i++)
		if (!read_suite(&suites, argv[i])) {
			g_printerr("%s: cannot read %s\n", argv[0], argv[i]);
			return 1;
		}
	return g_test_run();
}

#endif
