/* evaluate.c - see evaluate.h. What is evaluated one upon the other is in frames.h, what looks up in terms.h. */
#include "spf/evaluate.h"

#include <string.h>

#include "base/log.h"
#include "spf/breadth.h"
#include "spf/explain.h"
#include "spf/frames.h"
#include "spf/terms.h"

const mg_spf_limits mg_spf_limits_standard = {
	.terms_max = 10, .voids_max = 2, .voids_by_query = FALSE, .names_max = 10, .queries_max = 120, .record_max = 4096,
};

static const char *const result_names[] = {   /* RFC 8601 2.7.2 */
	[MG_SPF_NONE] = "none", [MG_SPF_NEUTRAL] = "neutral", [MG_SPF_PASS] = "pass", [MG_SPF_FAIL] = "fail",
	[MG_SPF_SOFTFAIL] = "softfail", [MG_SPF_TEMPERROR] = "temperror", [MG_SPF_PERMERROR] = "permerror",
};
G_STATIC_ASSERT(G_N_ELEMENTS(result_names) == MG_SPF_PERMERROR + 1);

const char *
mg_spf_result_name(mg_spf_result result)
{
	return result_names[result];
}

/* ---- the question ---- */

/* s, l and o (RFC 7208 7.2); "postmaster" stands where there is no local-part (4.3). */
static void
values_set_sender(mg_spf_evaluation *evaluation, const char *sender)
{
	mg_spf_values *values = &evaluation->values;
	const char *at = strrchr(sender, '@');

	if (at == NULL || at == sender) {
		evaluation->sender = g_strconcat("postmaster@", at != NULL ? at + 1 : sender, NULL);
		sender = evaluation->sender;
		at = strchr(sender, '@');
	}
	values->sender = sender;
	values->local = sender;
	values->n_local = (gsize)(at - sender);
	values->sender_domain = at + 1;
}

static void
evaluation_begin(mg_spf_evaluation *evaluation, const mg_spf_question *question, mg_spf_lookup lookup, void *context,
                 mg_trace *trace)
{
	mg_spf_lookups *lookups = &evaluation->lookups;

	lookups->question = question;
	lookups->lookup = lookup;
	lookups->context = context;
	lookups->is_missing = FALSE;
	lookups->n_queries = lookups->n_missed = 0;
	lookups->n_voids = lookups->n_term_voids = 0;
	lookups->ttl_s = G_MAXUINT32;
	lookups->is_secure = TRUE;
	lookups->is_validated = FALSE;
	lookups->story = trace != NULL ? g_string_new(NULL) : NULL;

	evaluation->trace = trace;
	evaluation->tells_misses = mg_trace_is_full(trace);
	evaluation->is_ipv4 = mg_ip_is_ipv4(&question->client);
	lookups->address_type = evaluation->is_ipv4 ? MG_DNS_A : MG_DNS_AAAA;
	evaluation->n_terms = 0;
	evaluation->result = MG_SPF_NONE;
	evaluation->problem = evaluation->sender = NULL;
	evaluation->record = NULL;
	evaluation->width = evaluation->term_width = 0;
	evaluation->own = evaluation->leaf = evaluation->n_frames = 0;
	evaluation->has_matched = FALSE;

	evaluation->values = (mg_spf_values){
		.helo = question->helo, .receiver = question->receiver, .client = question->client, .now_s = question->now_s,
	};
	values_set_sender(evaluation, question->sender);
}

static void
evaluation_end(mg_spf_evaluation *evaluation)
{
	g_free(evaluation->problem);
	g_free(evaluation->sender);
	if (evaluation->lookups.story != NULL)
		g_string_free(evaluation->lookups.story, TRUE);
}

/* ---- check_host() ---- */

/* A malformed domain, an address-literal or a single label has no policy (RFC 7208 4.3). */
static mg_spf_step
enter_identity(mg_spf_evaluation *evaluation)
{
	const char *text = evaluation->lookups.question->domain;
	gsize length = strlen(text);
	char domain[MG_DOMAIN_MAX + 1];
	mg_dns_question question;

	if (length > 0 && text[length - 1] == '.')
		length--;
	if (text[0] == '[' || !mg_dns_name_from_text(text, length, &question.name) || text[length - 1] == '.')
		return mg_spf_no_record(evaluation, MG_SPF_BY_IDENTITY, "malformed");
	memcpy(domain, text, length);
	domain[length] = 0;
	return mg_spf_enter(evaluation, MG_SPF_BY_IDENTITY, &question, domain);
}

/* The most usual terms: no lookup, no call. */
static inline gboolean
network_has(const mg_spf_term *term, const mg_ip *client)
{
	return (client->high & term->mask.high) == term->base.high && (client->low & term->mask.low) == term->base.low;
}

static mg_spf_step
step_term(mg_spf_evaluation *evaluation, mg_spf_frame *frame, const mg_spf_term *term)
{
	const mg_ip *client = &evaluation->lookups.question->client;

	switch ((mg_spf_mechanism)term->mechanism) {
	case MG_SPF_ALL:
		return MG_SPF_MATCH;
	case MG_SPF_IP4:
		return evaluation->is_ipv4 && network_has(term, client) ? MG_SPF_MATCH : MG_SPF_NO_MATCH;
	case MG_SPF_IP6:
		return !evaluation->is_ipv4 && network_has(term, client) ? MG_SPF_MATCH : MG_SPF_NO_MATCH;
	case MG_SPF_INCLUDE:
	case MG_SPF_A:
	case MG_SPF_MX:
	case MG_SPF_PTR:
	case MG_SPF_EXISTS:
		break;
	}
	return mg_spf_step_lookup(evaluation, frame, term);
}

/* No mechanism matched (4.7). */
static mg_spf_step
step_record_end(mg_spf_evaluation *evaluation, mg_spf_frame *frame)
{
	mg_spf_step step = MG_SPF_NO_MATCH;

	if (frame->record->redirect.spec.is_given && !frame->record->has_all) {   /* 5.1, 6.1 */
		step = mg_spf_step_lookup(evaluation, frame, NULL);
		if (step != MG_SPF_ENTERED)
			mg_spf_tell_term(evaluation, frame, step == MG_SPF_END ? "ends it" : "not followed");
	}
	return step == MG_SPF_NO_MATCH ? mg_spf_leave(evaluation, MG_SPF_NEUTRAL) : step;
}

/* Past networks that the client is not in; most records are little else. */
static void
skip_networks(const mg_spf_evaluation *evaluation, mg_spf_frame *frame)
{
	const mg_spf_term *terms = frame->record->terms;
	const mg_ip client = evaluation->lookups.question->client;
	guint own_family = evaluation->is_ipv4 ? MG_SPF_IP4 : MG_SPF_IP6;
	guint index = frame->index, n_terms = frame->record->n_terms;

	while (index < n_terms && (terms[index].mechanism == MG_SPF_IP4 || terms[index].mechanism == MG_SPF_IP6)
	       && (terms[index].mechanism != own_family || !network_has(&terms[index], &client)))
		index++;
	frame->index = index;
}

static mg_spf_step
step_top(mg_spf_evaluation *evaluation)
{
	mg_spf_frame *frame = &evaluation->frames[evaluation->n_frames - 1];
	const mg_spf_term *term;
	mg_spf_step step;

	evaluation->values.domain = frame->domain;
	if (!evaluation->tells_misses)
		skip_networks(evaluation, frame);
	if (frame->index == frame->record->n_terms)
		return step_record_end(evaluation, frame);
	term = &frame->record->terms[frame->index];
	step = step_term(evaluation, frame, term);
	switch (step) {
	case MG_SPF_NO_MATCH:
		if (evaluation->tells_misses || (evaluation->trace != NULL && evaluation->lookups.story->len > 0))
			mg_spf_tell_term(evaluation, frame, "no match");
		frame->index++;
		break;
	case MG_SPF_MATCH:
		mg_spf_tell_term(evaluation, frame, "matched");
		evaluation->leaf = evaluation->n_frames - 1;
		evaluation->leaf_term = term;
		step = mg_spf_leave(evaluation, (mg_spf_result)term->result);
		evaluation->has_matched = step == MG_SPF_END;
		break;
	case MG_SPF_ENTERED:
		break;
	case MG_SPF_END:
		mg_spf_tell_term(evaluation, frame, "ends it");
		break;
	}
	return step;
}

static void
explain(mg_spf_evaluation *evaluation, char **explanation_out)
{
	const mg_spf_frame *own = &evaluation->frames[evaluation->own];

	if (evaluation->result != MG_SPF_FAIL || !own->record->exp.spec.is_given)
		return;
	evaluation->values.domain = own->domain;
	mg_spf_explain(&evaluation->lookups, own->record, &evaluation->values, &own->name, explanation_out);
}

/* ---- the outcome ---- */

/* "include:a.example > ip4:192.0.2.0/24". */
static char *
matched_path(const mg_spf_evaluation *evaluation)
{
	char *path, *out;
	gsize room = 1;
	guint length;

	for (guint i = 0; i <= evaluation->leaf; i++) {
		mg_spf_term_text(&evaluation->frames[i], &length);
		room += length + strlen(" > ");
	}
	path = out = g_malloc(room);
	for (guint i = 0; i <= evaluation->leaf; i++) {
		const char *term = mg_spf_term_text(&evaluation->frames[i], &length);

		if (i > 0)
			out = stpcpy(out, " > ");
		memcpy(out, term, length);
		out += length;
	}
	*out = 0;
	return path;
}

static char *
record_text(const mg_spf_record *record)
{
	GString *escaped;

	if (record->is_plain)
		return g_strndup(record->text, record->length);
	escaped = g_string_sized_new(record->length);
	mg_escape_append(escaped, record->text, record->length, record->length);
	return g_string_free(escaped, FALSE);
}

/* What the term that matched authorises. */
static guint64
matched_width(const mg_spf_evaluation *evaluation)
{
	const mg_spf_term *term = evaluation->leaf_term;

	if (term->mechanism == MG_SPF_ALL || term->mechanism == MG_SPF_IP4 || term->mechanism == MG_SPF_IP6)
		return mg_spf_breadth_of_term(evaluation->is_ipv4, term);
	return evaluation->term_width;
}

static void
tell_outcome(const mg_spf_evaluation *evaluation, const mg_spf_outcome *outcome)
{
	if (evaluation->trace == NULL)
		return;
	mg_trace_add(evaluation->trace, "%s%s%s%s%s; terms %u, voids %u, queries %u", result_names[outcome->result],
	             outcome->matched != NULL ? " by " : "", outcome->matched != NULL ? outcome->matched : "",
	             outcome->problem != NULL ? ", " : "", outcome->problem != NULL ? outcome->problem : "",
	             outcome->n_terms, outcome->n_voids, outcome->n_queries);
	if (outcome->matched_log2 >= 0)
		mg_trace_add(evaluation->trace, "breadth 2^%d of the term, 2^%d of the record%s", outcome->matched_log2,
		             outcome->record_log2,
		             outcome->matched_log2 > MG_SPF_BREADTH_WIDE ? ": a pass says little" : "");
}

gboolean
mg_spf_evaluate(const mg_spf_question *question, mg_spf_lookup lookup, void *context, mg_trace *trace,
                mg_spf_outcome *outcome_out)
{
	g_autofree char *explanation = NULL;
	guint n_lines = trace != NULL ? mg_trace_count(trace) : 0;
	mg_spf_evaluation evaluation;
	mg_spf_step step;

	evaluation_begin(&evaluation, question, lookup, context, trace);
	step = enter_identity(&evaluation);
	while (step != MG_SPF_END && evaluation.n_frames > 0)
		step = step_top(&evaluation);
	if (!evaluation.lookups.is_missing && question->wants_explanation)
		explain(&evaluation, &explanation);
	if (evaluation.lookups.is_missing) {
		mg_trace_rewind(trace, n_lines);
		evaluation_end(&evaluation);
		return FALSE;
	}

	*outcome_out = (mg_spf_outcome){
		.result = evaluation.result,
		.explanation = g_steal_pointer(&explanation),
		.problem = g_steal_pointer(&evaluation.problem),
		.matched = evaluation.has_matched ? matched_path(&evaluation) : NULL,
		.record = evaluation.record != NULL ? record_text(evaluation.record) : NULL,
		.n_terms = evaluation.n_terms,
		.n_voids = evaluation.lookups.n_voids,
		.n_queries = evaluation.lookups.n_queries,
		.matched_log2 = -1,
		.record_log2 = mg_spf_breadth_log2(evaluation.is_ipv4, evaluation.width),
		.sends_no_mail = evaluation.record != NULL && mg_spf_record_sends_no_mail(evaluation.record),
		.ttl_s = evaluation.lookups.ttl_s,
		.is_secure = evaluation.lookups.is_secure && evaluation.lookups.n_queries > 0,
	};
	if (evaluation.has_matched && evaluation.result == MG_SPF_PASS)
		outcome_out->matched_log2 = mg_spf_breadth_log2(evaluation.is_ipv4, matched_width(&evaluation));
	tell_outcome(&evaluation, outcome_out);
	evaluation_end(&evaluation);
	return TRUE;
}

void
mg_spf_outcome_clear(mg_spf_outcome *outcome)
{
	g_free(outcome->explanation);
	g_free(outcome->problem);
	g_free(outcome->matched);
	g_free(outcome->record);
	*outcome = (mg_spf_outcome){ 0 };
}
