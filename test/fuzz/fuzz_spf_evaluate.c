/* fuzz_spf_evaluate.c - evaluation over a zone that the input makes.
 * In:    lines. The first: client, sender and HELO word, with spaces between. The others: a letter, a name and what it
 *        has: T text, 4 address, 6 address, M name, P name, C name, S (trouble). "!" first: voids by query, few queries
 * Rules: however answers come in, at once, in rounds, half of them, the outcome is the same; it is within all limits, and
 *        printable; each round asks for something. libspf2, as our second engine has it, lives and gives an outcome too.
 *        A broken rule traps.
 * Needs: as fuzz_spf_record.c. */
#include <string.h>

#include "fuzz.h"
#include "../unit/spf_zone.h"
#include "base/trace.h"
#include "spf/second.h"

#define OCTETS_MAX  4096

const mg_spf_module *mg_spf_module_get(const mg_spf_host *given);

static void
zone_add_line(spf_zone *zone, const char *line, gsize length)
{
	const char *space = length > 2 ? memchr(line + 2, ' ', length - 2) : NULL;
	const char *data = space != NULL ? space + 1 : line + length;
	gsize n_data = (gsize)(line + length - data);
	g_autofree char *text = g_strndup(data, n_data), *name = NULL;
	spf_zone_record *record;
	mg_ip ip = { 0, 0 };

	if (length < 3 || line[1] != ' ')
		return;
	name = g_strndup(line + 2, (gsize)((space != NULL ? space : line + length) - line) - 2);
	if (line[0] == 'S') {
		g_hash_table_replace(zone->trouble, spf_zone_name(name), g_strdup("servfail"));
		return;
	}
	if (strchr("46", line[0]) != NULL && (!mg_ip_parse(text, &ip) || mg_ip_is_ipv4(&ip) != (line[0] == '4')))
		return;
	if (line[0] == 0 || strchr("T46MPC", line[0]) == NULL)
		return;
	record = g_new0(spf_zone_record, 1);
	record->name = spf_zone_name(name);
	record->type = line[0] == 'T' ? MG_DNS_TXT : line[0] == '4' ? MG_DNS_A : line[0] == '6' ? MG_DNS_AAAA
	               : line[0] == 'M' ? MG_DNS_MX : line[0] == 'P' ? MG_DNS_PTR : MG_DNS_CNAME;
	record->ip = ip;
	if (record->type == MG_DNS_TXT)
		record->text = g_byte_array_new_take(g_memdup2(data, n_data), n_data);
	else
		record->target = g_steal_pointer(&text);
	g_ptr_array_add(zone->records, record);
}

static void
check_printable(const char *text)
{
	for (; text != NULL && *text != 0; text++)
		MUST(*text >= 0x20 && *text <= 0x7e);
}

static void
check_outcome(const mg_spf_outcome *outcome, const mg_spf_limits *limits)
{
	gboolean is_error = outcome->result == MG_SPF_TEMPERROR || outcome->result == MG_SPF_PERMERROR;

	MUST((outcome->problem != NULL) == is_error);
	MUST(outcome->matched == NULL || (!is_error && outcome->result != MG_SPF_NONE));
	MUST(outcome->explanation == NULL || (outcome->result == MG_SPF_FAIL && strlen(outcome->explanation) <= 200));
	MUST(outcome->n_queries <= limits->queries_max && outcome->n_terms <= limits->terms_max + 1);
	MUST(is_error || (outcome->n_terms <= limits->terms_max && outcome->n_voids <= limits->voids_max));
	MUST(outcome->matched_log2 >= -1 && outcome->matched_log2 <= 64 && outcome->record_log2 <= 64);
	MUST(outcome->matched_log2 == -1 || (outcome->matched != NULL && outcome->result == MG_SPF_PASS));
	MUST(outcome->matched_log2 <= outcome->record_log2);
	check_printable(outcome->problem);
	check_printable(outcome->matched);
	check_printable(outcome->explanation);
	check_printable(outcome->record);
}

static void
check_same(const mg_spf_outcome *a, const mg_spf_outcome *b)
{
	MUST(a->result == b->result && g_strcmp0(a->explanation, b->explanation) == 0);
	MUST(g_strcmp0(a->problem, b->problem) == 0 && g_strcmp0(a->matched, b->matched) == 0);
	MUST(g_strcmp0(a->record, b->record) == 0);
	MUST(a->n_terms == b->n_terms && a->n_voids == b->n_voids && a->n_queries == b->n_queries);
	MUST(a->matched_log2 == b->matched_log2 && a->record_log2 == b->record_log2 && a->ttl_s == b->ttl_s);
}

static void
check_libspf2(const spf_zone *zone, const mg_spf_question *question)
{
	static const mg_spf_host host = { mg_spf_evaluate, mg_spf_record_of };
	mg_spf_outcome outcome;

	spf_resolver_evaluate_by(mg_spf_module_get(&host)->evaluate, zone, SPF_IN_ROUNDS, question, NULL, &outcome);
	check_outcome(&outcome, &question->limits);
	mg_spf_outcome_clear(&outcome);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	const char *text = (const char *)octets, *stop = text + length, *end;
	mg_spf_question question = { .receiver = "mx.example.org", .now_s = 1700000000, .wants_explanation = TRUE,
	                             .limits = mg_spf_limits_standard };
	g_autofree char *first = NULL;
	g_auto(GStrv) words = NULL;
	mg_spf_outcome at_once, other;
	g_autoptr(mg_trace) trace = NULL;
	spf_zone *zone;

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	if (*text == '!') {
		question.limits.voids_by_query = TRUE;
		question.limits.queries_max = 9;
		text++;
	}
	end = memchr(text, '\n', (size_t)(stop - text));
	first = g_strndup(text, (gsize)((end != NULL ? end : stop) - text));
	words = g_strsplit(first, " ", 3);
	if (g_strv_length(words) < 3 || !mg_ip_parse(words[0], &question.client))
		return 0;
	question.sender = words[1];
	question.domain = strrchr(words[1], '@') != NULL ? strrchr(words[1], '@') + 1 : words[1];
	question.helo = words[2];
	zone = spf_zone_new();
	for (text = end != NULL ? end + 1 : stop; text < stop; text = end + 1) {
		end = memchr(text, '\n', (size_t)(stop - text));
		if (end == NULL)
			end = stop;
		zone_add_line(zone, text, (gsize)(end - text));
	}

	trace = mg_trace_new(MG_TRACE_FULL, NULL);
	MUST(spf_resolver_evaluate(zone, SPF_AT_ONCE, &question, NULL, &at_once) == 0);
	check_outcome(&at_once, &question.limits);
	MUST(spf_resolver_evaluate(zone, SPF_IN_ROUNDS, &question, trace, &other) <= question.limits.queries_max);
	check_same(&other, &at_once);
	for (guint i = 0; i < mg_trace_count(trace); i++)
		check_printable(mg_trace_get(trace, i));
	mg_spf_outcome_clear(&other);
	spf_resolver_evaluate(zone, SPF_SOME_AT_ONCE, &question, NULL, &other);
	check_same(&other, &at_once);
	mg_spf_outcome_clear(&other);
	mg_spf_outcome_clear(&at_once);
	check_libspf2(zone, &question);
	spf_zone_free(zone);
	return 0;
}
