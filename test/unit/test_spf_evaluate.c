/* test_spf_evaluate.c - the evaluator, where suites of cases cannot see: what is asked in which round, names that text
 * cannot hold, times to live, what is kept with an answer. Results are in test/suites. */
#include "spf/evaluate.h"

#include "spf/record.h"
#include "spf_zone.h"
#include "support.h"

/* "TXT example.org v=spf1 -all", and so for A, AAAA, MX, PTR, CNAME; "DEAD example.org" does not answer. */
static void
zone_add(spf_zone *zone, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", 3);
	spf_zone_record *record;

	if (strcmp(words[0], "DEAD") == 0) {
		g_hash_table_insert(zone->trouble, spf_zone_name(words[1]), g_strdup("servfail"));
		return;
	}
	record = g_new0(spf_zone_record, 1);
	record->name = spf_zone_name(words[1]);
	if (strcmp(words[0], "TXT") == 0) {
		record->type = MG_DNS_TXT;
		record->text = g_byte_array_new_take((guint8 *)g_strdup(words[2]), strlen(words[2]));
	} else if (strcmp(words[0], "A") == 0 || strcmp(words[0], "AAAA") == 0) {
		record->type = strcmp(words[0], "A") == 0 ? MG_DNS_A : MG_DNS_AAAA;
		g_assert_true(mg_ip_parse(words[2], &record->ip));
	} else {
		record->type = strcmp(words[0], "MX") == 0 ? MG_DNS_MX : strcmp(words[0], "PTR") == 0 ? MG_DNS_PTR : MG_DNS_CNAME;
		record->target = g_strdup(words[2]);
	}
	g_ptr_array_add(zone->records, record);
}

static spf_zone *
zone_of(const char *const *lines)
{
	spf_zone *zone = spf_zone_new();

	for (; *lines != NULL; lines++)
		zone_add(zone, *lines);
	return zone;
}

static void
question_set(mg_spf_question *question, const char *client)
{
	*question = (mg_spf_question){
		.domain = "example.org", .sender = "anna@example.org", .helo = "mx.example.net", .receiver = "mx.example.com",
		.now_s = 1700000000, .wants_explanation = TRUE, .limits = mg_spf_limits_standard,
	};
	g_assert_true(mg_ip_parse(client, &question->client));
}

/* ---- what is asked, round by round ---- */

typedef struct round_case {
	const char *name;
	const char *client;
	const char *zone[12];
	const char *asked;     /* questions of a round in order of names, rounds apart by " | " */
	const char *result;
} round_case;

static const round_case round_cases[] = {
	{ "everything-of-a-record-at-once", "192.0.2.1",
	  { "TXT example.org v=spf1 a mx ptr exists:e.example include:i.example -a:a.example redirect=r.example",
	    "A e.example 192.0.2.9", "A example.org 192.0.2.9", "MX example.org ." },
	  "TXT example.org"
	  " | A a.example, A e.example, A example.org, MX example.org, PTR 1.2.0.192.in-addr.arpa, TXT i.example, TXT r.example",
	  "pass" },
	{ "ipv6-asks-for-aaaa", "2001:db8::1",
	  { "TXT example.org v=spf1 a mx exists:e.example -all", "MX example.org m.example" },
	  "TXT example.org | A e.example, AAAA example.org, MX example.org | AAAA m.example", "permerror" },
	{ "all-ends-what-is-foreseen", "192.0.2.1",
	  { "TXT example.org v=spf1 a:a.example -all mx redirect=r.example", "A a.example 192.0.2.9" },
	  "TXT example.org | A a.example", "fail" },
	{ "a-sure-match-ends-what-is-foreseen", "192.0.2.1",
	  { "TXT example.org v=spf1 a:a.example ip4:192.0.2.0/24 mx -all", "A a.example 192.0.2.9" },
	  "TXT example.org | A a.example", "pass" },
	{ "addresses-of-mx-beside-what-include-has", "192.0.2.1",
	  { "TXT example.org v=spf1 mx include:i.example -all", "MX example.org m.example", "A m.example 192.0.2.9",
	    "TXT i.example v=spf1 a:a.example", "A a.example 192.0.2.9" },
	  "TXT example.org | MX example.org, TXT i.example | A a.example, A m.example", "fail" },
	{ "behind-an-include-that-is-missing", "192.0.2.1",
	  { "TXT example.org v=spf1 include:i.example include:j.example a -all", "TXT i.example v=spf1 a:a.example ?all",
	    "TXT j.example v=spf1 a:b.example ?all", "A example.org 192.0.2.9", "A a.example 192.0.2.9",
	    "A b.example 192.0.2.9" },
	  "TXT example.org | A example.org, TXT i.example, TXT j.example | A a.example, A b.example", "fail" },
	{ "behind-an-include-that-surely-passes", "192.0.2.1",
	  { "TXT example.org v=spf1 a include:i.example mx -all", "TXT i.example v=spf1 ip4:192.0.2.1",
	    "A example.org 192.0.2.9", "MX example.org m.example", "A m.example 192.0.2.9" },
	  "TXT example.org | A example.org, MX example.org, TXT i.example", "pass" },
	{ "no-more-than-ten-terms", "192.0.2.1",
	  { "TXT example.org v=spf1 a:1.example a:2.example a:3.example a:4.example a:5.example a:6.example a:7.example"
	    " a:8.example a:9.example a:10.example a:11.example a:12.example -all", "A 1.example 192.0.2.1" },
	  "TXT example.org | A 1.example, A 10.example, A 2.example, A 3.example, A 4.example, A 5.example, A 6.example,"
	  " A 7.example, A 8.example, A 9.example", "pass" },
	{ "nothing-behind-trouble", "192.0.2.1",
	  { "TXT example.org v=spf1 include:i.example a:a.example -all", "DEAD i.example" },
	  "TXT example.org | A a.example, TXT i.example", "temperror" },
	{ "p-then-the-name", "192.0.2.1",
	  { "TXT example.org v=spf1 a:%{p}.x.example mx -all", "PTR 1.2.0.192.in-addr.arpa p.example", "A p.example 192.0.2.1",
	    "MX example.org m.example", "A m.example 192.0.2.9", "A p.example.x.example 192.0.2.1" },
	  "TXT example.org | MX example.org, PTR 1.2.0.192.in-addr.arpa | A m.example, A p.example | A p.example.x.example",
	  "pass" },
	{ "exp-comes-last", "192.0.2.1",
	  { "TXT example.org v=spf1 a -all exp=x.example", "A example.org 192.0.2.9", "TXT x.example %{p}" },
	  "TXT example.org | A example.org | TXT x.example | PTR 1.2.0.192.in-addr.arpa", "fail" },
	{ "exp-not-on-pass", "192.0.2.1",
	  { "TXT example.org v=spf1 a -all exp=x.example", "A example.org 192.0.2.1" },
	  "TXT example.org | A example.org", "pass" },
	{ "a-name-that-cannot-be-is-not-asked", "192.0.2.1",
	  { "TXT example.org v=spf1 a:a..example exists:%{l}..example mx:.example -all" }, "TXT example.org", "fail" },
	{ "null-mx-is-not-asked", "192.0.2.1",
	  { "TXT example.org v=spf1 mx -all", "MX example.org ." }, "TXT example.org | MX example.org", "fail" },
};

static gint
compare_texts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *
asked_text(GHashTable *asked)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, asked);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const mg_dns_question *question = key;
		char name[MG_DNS_NAME_TEXT_MAX];

		mg_dns_name_format(&question->name, name);
		g_ptr_array_add(texts, g_strdup_printf("%s %s", mg_dns_type_name(question->type), name));
	}
	g_ptr_array_sort(texts, compare_texts);
	g_ptr_array_add(texts, NULL);
	return g_strjoinv(", ", (char **)texts->pdata);
}

static void
test_rounds(gconstpointer data)
{
	const round_case *row = data;
	spf_zone *zone = zone_of(row->zone);
	spf_resolver resolver = { zone, SPF_IN_ROUNDS, NULL, NULL };
	g_autoptr(GString) asked = g_string_new(NULL);
	mg_spf_question question;
	mg_spf_outcome outcome;

	question_set(&question, row->client);
	spf_resolver_begin(&resolver);
	while (!mg_spf_evaluate(&question, spf_resolver_lookup, &resolver, NULL, &outcome)) {
		g_autofree char *round = asked_text(resolver.asked);

		g_string_append_printf(asked, "%s%s", asked->len > 0 ? " | " : "", round);
		if (spf_resolver_round(&resolver) == 0)
			break;
	}
	g_assert_cmpstr(asked->str, ==, row->asked);
	g_assert_cmpstr(mg_spf_result_name(outcome.result), ==, row->result);
	mg_spf_outcome_clear(&outcome);
	spf_resolver_end(&resolver);
	spf_zone_free(zone);
}

/* ---- answers made by hand ---- */

typedef struct given_answers {
	mg_dns_answer *answers[8];   /* owned */
	guint          n;
} given_answers;

static mg_dns_answer *
give(given_answers *given, mg_dns_type type, const char *name, mg_dns_outcome outcome, guint n)
{
	mg_dns_question question = { .type = type };
	mg_dns_answer *answer;

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	answer = mg_dns_answer_new(&question, outcome, outcome == MG_DNS_FOUND ? "" : "nodata", n);
	answer->ttl_s = 300;
	given->answers[given->n++] = answer;
	return answer;
}

static mg_dns_answer *
give_text(given_answers *given, const char *name, const char *text)
{
	mg_dns_answer *answer = give(given, MG_DNS_TXT, name, MG_DNS_FOUND, 1);

	answer->records[0].text = g_strdup(text);
	answer->records[0].length = strlen(text);
	return answer;
}

static mg_dns_answer *
given_lookup(void *context, const mg_dns_question *question)
{
	given_answers *given = context;

	for (guint i = 0; i < given->n; i++)
		if (mg_dns_question_equal(&given->answers[i]->question, question))
			return given->answers[i];
	return NULL;
}

static void
given_clear(given_answers *given)
{
	for (guint i = 0; i < given->n; i++)
		mg_dns_answer_unref(given->answers[i]);
}

static mg_spf_result
given_evaluate(given_answers *given, const mg_spf_question *question)
{
	mg_spf_result result;
	mg_spf_outcome outcome;

	g_assert_true(mg_spf_evaluate(question, given_lookup, given, NULL, &outcome));
	result = outcome.result;
	mg_spf_outcome_clear(&outcome);
	return result;
}

/* A label of "a.example" is not two labels. */
static void
test_dot_inside_label(void)
{
	static const mg_dns_name odd = { 15, "\x0d" "x.example.org" };
	mg_spf_question question;
	given_answers given = { .n = 0 };
	mg_dns_answer *answer;

	question_set(&question, "192.0.2.1");
	give_text(&given, "example.org", "v=spf1 ptr exists:%{p}.p.example -all");
	answer = give(&given, MG_DNS_PTR, "1.2.0.192.in-addr.arpa", MG_DNS_FOUND, 1);
	*mg_dns_record_names(&answer->records[0], MG_DNS_PTR) = odd;
	answer = give(&given, MG_DNS_A, "example.org", MG_DNS_FOUND, 1);
	answer->question.name = odd;
	answer->records[0].ip = question.client;
	/* It is the client's, but is not in example.org, and "%{p}" cannot say it. */
	give(&given, MG_DNS_A, "unknown.p.example", MG_DNS_NOTHING, 0);
	g_assert_cmpint(given_evaluate(&given, &question), ==, MG_SPF_FAIL);
	given_clear(&given);
}

static void
test_found_without_records(void)
{
	mg_spf_question question;
	given_answers given = { .n = 0 };

	question_set(&question, "192.0.2.1");
	question.limits.voids_max = 0;
	give_text(&given, "example.org", "v=spf1 exists:e.example -all");
	give(&given, MG_DNS_A, "e.example", MG_DNS_FOUND, 0);
	g_assert_cmpint(given_evaluate(&given, &question), ==, MG_SPF_PERMERROR);
	given_clear(&given);
}

/* An AAAA record with a mapped address in it is no IPv4 address, and matches no IPv6 client by prefix 0 (5). */
static void
test_mapped_in_aaaa(void)
{
	mg_spf_question question;
	given_answers given = { .n = 0 };
	mg_dns_answer *answer;

	question_set(&question, "2001:db8::1");
	give_text(&given, "example.org", "v=spf1 a//0 -all");
	answer = give(&given, MG_DNS_AAAA, "example.org", MG_DNS_FOUND, 1);
	g_assert_true(mg_ip_parse("::ffff:192.0.2.1", &answer->records[0].ip));
	g_assert_cmpint(given_evaluate(&given, &question), ==, MG_SPF_FAIL);
	given_clear(&given);
}

static void
test_ttl(void)
{
	mg_spf_question question;
	given_answers given = { .n = 0 };
	mg_spf_outcome outcome;

	question_set(&question, "192.0.2.1");
	give_text(&given, "example.org", "v=spf1 a:a.example mx -all")->ttl_s = 3600;
	give(&given, MG_DNS_A, "a.example", MG_DNS_NOTHING, 0)->ttl_s = 60;
	give(&given, MG_DNS_MX, "example.org", MG_DNS_NOTHING, 0)->ttl_s = 900;
	g_assert_true(mg_spf_evaluate(&question, given_lookup, &given, NULL, &outcome));
	g_assert_cmpuint(outcome.ttl_s, ==, 60);
	mg_spf_outcome_clear(&outcome);

	question.domain = "localhost";
	g_assert_true(mg_spf_evaluate(&question, given_lookup, &given, NULL, &outcome));
	g_assert_cmpuint(outcome.ttl_s, ==, G_MAXUINT32);
	mg_spf_outcome_clear(&outcome);
	mg_spf_outcome_clear(&outcome);   /* twice is once */
	given_clear(&given);
}

/* Compiled once, for whoever asks; a limit of its own does not stick to it. */
static void
test_compiled_once(void)
{
	mg_spf_question question;
	given_answers given = { .n = 0 };
	const mg_spf_record *record;
	mg_dns_answer *answer;
	guint n;

	question_set(&question, "192.0.2.1");
	answer = give_text(&given, "example.org", "v=spf1 ip4:192.0.2.1 -all");
	question.limits.record_max = 10;
	g_assert_cmpint(given_evaluate(&given, &question), ==, MG_SPF_PERMERROR);
	record = mg_spf_record_of(answer, &n);
	question.limits.record_max = 4096;
	g_assert_cmpint(given_evaluate(&given, &question), ==, MG_SPF_PASS);
	g_assert_true(mg_spf_record_of(answer, &n) == record);
	given_clear(&given);
}

/* ---- senders ---- */

typedef struct sender_case {
	const char *name;
	const char *sender;
	const char *expected;   /* "%{s} %{l} %{o}" */
} sender_case;

static const sender_case sender_cases[] = {
	{ "plain", "anna@example.org", "anna@example.org anna example.org" },
	{ "no-local-part", "@example.org", "postmaster@example.org postmaster example.org" },
	{ "domain-alone", "example.org", "postmaster@example.org postmaster example.org" },
	{ "empty", "", "postmaster@ postmaster " },
	{ "quoted-at", "\"a@b\"@example.org", "\"a@b\"@example.org \"a@b\" example.org" },
	{ "other-domain", "anna@example.net", "anna@example.net anna example.net" },
	{ "not-ascii", "\xc3\xa4@example.org", "??@example.org ?? example.org" },
};

static void
test_sender(gconstpointer data)
{
	const sender_case *row = data;
	mg_spf_question question;
	given_answers given = { .n = 0 };
	mg_spf_outcome outcome;

	question_set(&question, "192.0.2.1");
	question.sender = row->sender;
	give_text(&given, "example.org", "v=spf1 -all exp=x.example");
	give_text(&given, "x.example", "%{s} %{l} %{o}");
	g_assert_true(mg_spf_evaluate(&question, given_lookup, &given, NULL, &outcome));
	g_assert_cmpstr(outcome.explanation, ==, row->expected);
	mg_spf_outcome_clear(&outcome);
	given_clear(&given);
}

/* ---- the trace ---- */

static void
test_trace(void)
{
	static const char *const expected[] = {
		"example.org, TXT example.org 1 found, ttl 300: v=spf1 mx include:i.example -all",
		"mx: no match; MX example.org 1 found, ttl 300, A m.example nodata; terms 1/10, voids 1/2",
		"  i.example, TXT i.example 1 found, ttl 300: v=spf1 ip4:192.0.2.0/8 -all",
		"  ip4:192.0.2.0/8: matched; terms 2/10, voids 1/2",
		"include:i.example: matched; terms 2/10, voids 1/2",
		"pass by include:i.example > ip4:192.0.2.0/8; terms 2, voids 1, queries 4",
		"breadth 2^24 of the term, 2^24 of the record: a pass says little",
	};
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_FULL, NULL);
	mg_spf_question question;
	given_answers given = { .n = 0 };
	mg_spf_outcome outcome;
	mg_dns_answer *answer;

	question_set(&question, "192.0.2.1");
	give_text(&given, "example.org", "v=spf1 mx include:i.example -all");
	g_assert_false(mg_spf_evaluate(&question, given_lookup, &given, trace, &outcome));
	g_assert_cmpuint(mg_trace_count(trace), ==, 0);
	give_text(&given, "i.example", "v=spf1 ip4:192.0.2.0/8 -all");
	answer = give(&given, MG_DNS_MX, "example.org", MG_DNS_FOUND, 1);
	g_assert_true(mg_dns_name_from_text("m.example", 9, mg_dns_record_names(&answer->records[0], MG_DNS_MX)));
	give(&given, MG_DNS_A, "m.example", MG_DNS_NOTHING, 0);
	g_assert_true(mg_spf_evaluate(&question, given_lookup, &given, trace, &outcome));
	for (guint i = 0; i < MAX(mg_trace_count(trace), G_N_ELEMENTS(expected)); i++)
		g_assert_cmpstr(i < mg_trace_count(trace) ? mg_trace_get(trace, i) : NULL, ==,
		                i < G_N_ELEMENTS(expected) ? expected[i] : NULL);
	mg_spf_outcome_clear(&outcome);
	given_clear(&given);
}

static void
test_result_names(void)
{
	static const char *const names[] = { "none", "neutral", "pass", "fail", "softfail", "temperror", "permerror" };

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpstr(mg_spf_result_name((mg_spf_result)i), ==, names[i]);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/spf-evaluate/rounds", round_cases, test_rounds);
	g_test_add_func("/spf-evaluate/dot-inside-label", test_dot_inside_label);
	g_test_add_func("/spf-evaluate/found-without-records", test_found_without_records);
	g_test_add_func("/spf-evaluate/mapped-in-aaaa", test_mapped_in_aaaa);
	g_test_add_func("/spf-evaluate/ttl", test_ttl);
	g_test_add_func("/spf-evaluate/compiled-once", test_compiled_once);
	TEST_ROWS("/spf-evaluate/sender", sender_cases, test_sender);
	g_test_add_func("/spf-evaluate/trace", test_trace);
	g_test_add_func("/spf-evaluate/result-names", test_result_names);
	return g_test_run();
}
