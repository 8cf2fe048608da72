/* spf_zone.h - a zone to evaluate SPF records against, and a resolver that the test holds in its hands.
 * In:    records and trouble by name
 * Out:   answers: at once, in rounds where nothing is there before it was asked for, or every other one at once */
#ifndef MG_TEST_SPF_ZONE_H
#define MG_TEST_SPF_ZONE_H

#include <glib.h>
#include <string.h>

#include "dns/wire.h"
#include "spf/evaluate.h"

#define SPF_ROUNDS_MAX  64
#define SPF_TTL_S       300

typedef struct spf_zone_record {
	char       *name;     /* owned; lower case, no dot at the end */
	mg_dns_type type;
	GByteArray *text;     /* owned; of TXT */
	mg_ip       ip;
	char       *target;   /* owned; of CNAME, PTR, MX; "" is the root */
	guint16     preference;
} spf_zone_record;

typedef struct spf_zone {
	GPtrArray  *records;   /* owned; of spf_zone_record */
	GHashTable *trouble;   /* owned; name -> why it does not answer, as the resolver says it */
} spf_zone;

static inline void
spf_zone_record_free(gpointer data)
{
	spf_zone_record *record = data;

	g_free(record->name);
	g_free(record->target);
	if (record->text != NULL)
		g_byte_array_unref(record->text);
	g_free(record);
}

static inline spf_zone *
spf_zone_new(void)
{
	spf_zone *made = g_new0(spf_zone, 1);

	made->records = g_ptr_array_new_with_free_func(spf_zone_record_free);
	made->trouble = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return made;
}

static inline void
spf_zone_free(gpointer data)
{
	spf_zone *old = data;

	g_ptr_array_unref(old->records);
	g_hash_table_unref(old->trouble);
	g_free(old);
}

static inline char *
spf_zone_name(const char *text)
{
	char *name = g_ascii_strdown(text, -1);
	gsize length = strlen(name);

	if (length > 0 && name[length - 1] == '.')
		name[length - 1] = 0;
	return name;
}

/* As text without escapes: the names of the suites have no dots inside labels. */
static inline char *
spf_zone_name_text(const mg_dns_name *name)
{
	GString *text = g_string_new(NULL);

	for (gsize at = 0; name->octets[at] != 0; at += 1u + name->octets[at]) {
		if (at > 0)
			g_string_append_c(text, '.');
		g_string_append_len(text, (const char *)name->octets + at + 1, name->octets[at]);
	}
	return g_string_free(text, FALSE);
}

static inline void
spf_zone_fill_record(mg_dns_record *out, const spf_zone_record *in)
{
	out->ttl_s = SPF_TTL_S;
	out->ip = in->ip;
	out->preference = in->preference;
	if (in->target != NULL && !mg_dns_name_from_text(in->target, strlen(in->target), mg_dns_record_names(out, in->type)))
		*out->names = (mg_dns_name){ 1, { 0 } };   /* the root */
	if (in->text != NULL) {
		out->length = (guint32)in->text->len;
		out->text = g_malloc0(out->length + 1);
		if (out->length > 0)
			memcpy(out->text, in->text->data, out->length);
	}
}

static inline mg_dns_answer *
spf_zone_answer_not(const mg_dns_question *question, mg_dns_outcome outcome, const char *why)
{
	mg_dns_answer *answer = mg_dns_answer_new(question, outcome, why, 0);

	answer->ttl_s = outcome == MG_DNS_UNKNOWN ? 0 : SPF_TTL_S;
	return answer;
}

/* @aliases gets the CNAMEs on the way, borrowed from the zone. */
static inline mg_dns_answer *
spf_zone_follow(const spf_zone *zone, const mg_dns_question *question, GPtrArray *aliases)
{
	g_autofree char *name = spf_zone_name_text(&question->name);

	while (TRUE) {
		g_autoptr(GPtrArray) found = g_ptr_array_new();
		const spf_zone_record *alias = NULL;
		const char *trouble = g_hash_table_lookup(zone->trouble, name);
		gboolean exists = trouble != NULL;

		for (guint i = 0; i < zone->records->len; i++) {
			const spf_zone_record *record = zone->records->pdata[i];

			if (strcmp(record->name, name) != 0)
				continue;
			exists = TRUE;
			if (record->type == question->type)
				g_ptr_array_add(found, (gpointer)record);
			if (record->type == MG_DNS_CNAME)
				alias = record;
		}
		if (found->len > 0) {
			mg_dns_answer *answer = mg_dns_answer_new(question, MG_DNS_FOUND, "", found->len);

			answer->ttl_s = SPF_TTL_S;
			answer->n_aliases = aliases->len;
			for (guint i = 0; i < found->len; i++)
				spf_zone_fill_record(&answer->records[i], found->pdata[i]);
			return answer;
		}
		if (alias != NULL && aliases->len < MG_DNS_ALIASES_MAX) {
			g_ptr_array_add(aliases, (gpointer)alias);
			g_free(name);
			name = spf_zone_name(alias->target);
			continue;
		}
		if (alias != NULL)
			return spf_zone_answer_not(question, MG_DNS_UNKNOWN, "cname");
		if (trouble != NULL)
			return spf_zone_answer_not(question, MG_DNS_UNKNOWN, g_intern_string(trouble));
		return spf_zone_answer_not(question, MG_DNS_NOTHING, exists ? "nodata" : "nxdomain");
	}
}

static inline mg_dns_answer *
spf_zone_answer(const spf_zone *zone, const mg_dns_question *question)
{
	g_autoptr(GPtrArray) aliases = g_ptr_array_new();

	return spf_zone_follow(zone, question, aliases);
}

/* ---- a resolver ---- */

typedef enum spf_presence { SPF_AT_ONCE, SPF_IN_ROUNDS, SPF_SOME_AT_ONCE } spf_presence;

typedef struct spf_resolver {
	const spf_zone *zone;      /* borrowed */
	spf_presence    mode;
	GHashTable     *answers;   /* owned; question -> answer */
	GHashTable     *asked;     /* owned; questions of this round */
} spf_resolver;

static inline mg_dns_answer *
spf_resolver_lookup(void *context, const mg_dns_question *question)
{
	spf_resolver *resolver = context;
	mg_dns_answer *answer = g_hash_table_lookup(resolver->answers, question);

	if (answer != NULL)
		return answer;
	if (resolver->mode == SPF_IN_ROUNDS
	    || (resolver->mode == SPF_SOME_AT_ONCE && mg_dns_question_hash(question) * 2654435761u >> 31 != 0)) {
		if (!g_hash_table_contains(resolver->asked, question))
			g_hash_table_add(resolver->asked, g_memdup2(question, sizeof(*question)));
		return NULL;
	}
	answer = spf_zone_answer(resolver->zone, question);
	g_hash_table_insert(resolver->answers, &answer->question, answer);
	return answer;
}

/* Returns how many questions there were in this round. */
static inline guint
spf_resolver_round(spf_resolver *resolver)
{
	guint n = g_hash_table_size(resolver->asked);
	GHashTableIter iter;
	gpointer question;

	g_hash_table_iter_init(&iter, resolver->asked);
	while (g_hash_table_iter_next(&iter, &question, NULL)) {
		mg_dns_answer *answer = spf_zone_answer(resolver->zone, question);

		g_hash_table_insert(resolver->answers, &answer->question, answer);
	}
	g_hash_table_remove_all(resolver->asked);
	return n;
}

static inline void
spf_zone_answer_unref(gpointer answer)
{
	mg_dns_answer_unref(answer);
}

static inline void
spf_resolver_begin(spf_resolver *resolver)
{
	resolver->answers = g_hash_table_new_full(mg_dns_question_hash, mg_dns_question_equal, NULL,
	                                          spf_zone_answer_unref);
	resolver->asked = g_hash_table_new_full(mg_dns_question_hash, mg_dns_question_equal, g_free, NULL);
}

static inline void
spf_resolver_end(spf_resolver *resolver)
{
	g_hash_table_unref(resolver->answers);
	g_hash_table_unref(resolver->asked);
}

/* Returns the rounds it took. */
static inline guint
spf_resolver_evaluate_by(mg_spf_evaluator evaluate, const spf_zone *zone, spf_presence mode, const mg_spf_question *question,
                         mg_trace *trace, mg_spf_outcome *outcome_out)
{
	spf_resolver resolver = { zone, mode, NULL, NULL };
	guint rounds = 0;

	spf_resolver_begin(&resolver);
	while (!evaluate(question, spf_resolver_lookup, &resolver, trace, outcome_out)) {
		guint n = spf_resolver_round(&resolver);

		rounds++;
		g_assert_cmpuint(n, >, 0);
		g_assert_cmpuint(n, <=, question->limits.queries_max);
		g_assert_cmpuint(rounds, <, SPF_ROUNDS_MAX);
		if (trace != NULL)
			g_assert_cmpuint(mg_trace_count(trace), ==, 0);
		if (n == 0 || rounds >= SPF_ROUNDS_MAX) {
			*outcome_out = (mg_spf_outcome){ 0 };
			break;
		}
	}
	spf_resolver_end(&resolver);
	return rounds;
}

static inline guint
spf_resolver_evaluate(const spf_zone *zone, spf_presence mode, const mg_spf_question *question, mg_trace *trace,
                      mg_spf_outcome *outcome_out)
{
	return spf_resolver_evaluate_by(mg_spf_evaluate, zone, mode, question, trace, outcome_out);
}

#endif
