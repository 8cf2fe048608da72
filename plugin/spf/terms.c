/* terms.c - see terms.h. */
#include "spf/terms.h"

#include "spf/breadth.h"
#include "spf/target.h"

static gboolean
matches_address(const mg_spf_evaluation *evaluation, const mg_spf_term *term, const mg_dns_answer *answer)
{
	const mg_ip *client = &evaluation->lookups.question->client;
	guint prefix = evaluation->is_ipv4 ? term->prefix4 : term->prefix6;
	mg_ip masked = mg_ip_mask(client, prefix);

	for (guint i = 0; i < answer->n_records; i++) {
		mg_ip base = mg_ip_mask(&answer->records[i].ip, prefix);

		if (mg_ip_is_ipv4(&answer->records[i].ip) == evaluation->is_ipv4 && mg_ip_equal(&base, &masked))
			return TRUE;
	}
	return FALSE;
}

/* What the term's question brings; NULL: nothing to match against, and @step_out is what becomes of the term. */
static const mg_dns_answer *
term_ask(mg_spf_evaluation *evaluation, mg_dns_question *question, mg_dns_type type, mg_spf_step *step_out)
{
	mg_dns_answer *answer;

	question->type = type;
	*step_out = MG_SPF_NO_MATCH;
	switch (mg_spf_ask(&evaluation->lookups, question, &answer)) {
	case MG_SPF_FOUND:
		return answer;
	case MG_SPF_UNKNOWN:
		*step_out = mg_spf_end_unknown(evaluation, answer);
		break;
	case MG_SPF_TOO_MANY:
		*step_out = mg_spf_end_too_many(evaluation);
		break;
	case MG_SPF_VOID:
	case MG_SPF_MISSING:
		break;
	}
	return NULL;
}

static mg_spf_step
step_a(mg_spf_evaluation *evaluation, const mg_spf_term *term, mg_dns_question *question)
{
	mg_spf_step step;
	const mg_dns_answer *answer = term_ask(evaluation, question, evaluation->lookups.address_type, &step);

	if (answer == NULL)
		return step;
	evaluation->term_width = mg_spf_breadth_of_answer(term, answer);
	return matches_address(evaluation, term, answer) ? MG_SPF_MATCH : MG_SPF_NO_MATCH;
}

/* 5.4 puts the names in no order. So one that matches is taken for the first, and neither DNS trouble with another
 * nor what it has not counts; the result does not hang on how a server shuffles its records. */
static mg_spf_step
step_mx(mg_spf_evaluation *evaluation, const mg_spf_term *term, mg_dns_question *question)
{
	guint names_max = evaluation->lookups.question->limits.names_max;
	mg_spf_step step;
	const mg_dns_answer *exchanges = term_ask(evaluation, question, MG_DNS_MX, &step), *unknown = NULL;
	mg_dns_answer *answer;
	gboolean matched = FALSE;

	if (exchanges == NULL)
		return step;
	if (exchanges->n_records > names_max)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR, "%u MX records, the limit is %u (RFC 7208 4.6.4)",
		                      exchanges->n_records, names_max);
	question->type = evaluation->lookups.address_type;
	for (guint i = 0; i < exchanges->n_records; i++) {
		const mg_dns_name *exchange = exchanges->records[i].names;

		if (exchange->length <= 1)
			continue;   /* the null MX (RFC 7505) */
		mg_spf_name_copy(exchange->octets, exchange->length, &question->name);
		switch (mg_spf_ask(&evaluation->lookups, question, &answer)) {
		case MG_SPF_FOUND:
			evaluation->term_width = mg_spf_breadth_add(evaluation->term_width,
			                                            mg_spf_breadth_of_answer(term, answer));
			matched = matched || matches_address(evaluation, term, answer);
			break;
		case MG_SPF_UNKNOWN:
			unknown = answer;
			break;
		case MG_SPF_TOO_MANY:
			return mg_spf_end_too_many(evaluation);
		case MG_SPF_VOID:
		case MG_SPF_MISSING:
			break;
		}
	}
	if (matched)
		return MG_SPF_MATCH;
	return unknown != NULL ? mg_spf_end_unknown(evaluation, unknown) : MG_SPF_NO_MATCH;
}

static mg_spf_step
step_ptr(mg_spf_evaluation *evaluation, const mg_dns_name *target)
{
	const mg_dns_name *name;
	mg_spf_kin kin;

	if (mg_spf_validated(&evaluation->lookups, target, FALSE, &name, &kin) == MG_SPF_TOO_MANY)
		return mg_spf_end_too_many(evaluation);
	if (kin < MG_SPF_KIN_BELOW)
		return MG_SPF_NO_MATCH;
	evaluation->term_width = 1;   /* more is not known */
	return MG_SPF_MATCH;
}

/* A query for A whatever the client's family (5.7). */
static mg_spf_step
step_exists(mg_spf_evaluation *evaluation, const mg_spf_term *term, mg_dns_question *question)
{
	mg_spf_step step;

	if (term_ask(evaluation, question, MG_DNS_A, &step) == NULL)
		return step;
	/* Of a name that does not hang on the address, every address has a match. */
	evaluation->term_width = term->spec.uses & MG_SPF_USES_CLIENT ? 1 : mg_spf_breadth_of_all(evaluation->is_ipv4);
	return MG_SPF_MATCH;
}

static mg_spf_step
end_too_many_voids(mg_spf_evaluation *evaluation)
{
	return mg_spf_end(evaluation, MG_SPF_PERMERROR, "more than %u void lookups (RFC 7208 4.6.4)",
	                  evaluation->lookups.question->limits.voids_max);
}

/* @question has the name that the mechanism is about. */
static mg_spf_step
step_mechanism(mg_spf_evaluation *evaluation, const mg_spf_term *term, mg_dns_question *question, const char *domain)
{
	switch ((mg_spf_mechanism)term->mechanism) {
	case MG_SPF_INCLUDE:
		return mg_spf_enter(evaluation, MG_SPF_BY_INCLUDE, question, domain);
	case MG_SPF_A:
		return step_a(evaluation, term, question);
	case MG_SPF_MX:
		return step_mx(evaluation, term, question);
	case MG_SPF_PTR:
		return step_ptr(evaluation, &question->name);
	case MG_SPF_EXISTS:
		return step_exists(evaluation, term, question);
	case MG_SPF_ALL:
	case MG_SPF_IP4:
	case MG_SPF_IP6:
		break;
	}
	return MG_SPF_NO_MATCH;   /* these look up nothing, and are not brought here */
}

mg_spf_step
mg_spf_step_lookup(mg_spf_evaluation *evaluation, mg_spf_frame *frame, const mg_spf_term *term)
{
	guint terms_max = evaluation->lookups.question->limits.terms_max;
	const mg_spf_spec *spec = term != NULL ? &term->spec : &frame->record->redirect.spec;
	mg_spf_entry entry = term != NULL ? MG_SPF_BY_INCLUDE : MG_SPF_BY_REDIRECT;
	mg_spf_step step = MG_SPF_NO_MATCH;
	char domain[MG_DOMAIN_MAX + 1];
	mg_dns_question question;

	evaluation->lookups.n_term_voids = 0;
	evaluation->term_width = 0;
	if (++evaluation->n_terms > terms_max)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR, "more than %u terms that look up (RFC 7208 4.6.4)", terms_max);
	switch (mg_spf_target(&evaluation->lookups, frame->record, spec, &evaluation->values, &frame->name, &question.name,
	                      domain)) {
	case MG_SPF_TARGET_NAME:
		if (term == NULL)
			step = mg_spf_enter(evaluation, entry, &question, domain);
		else
			step = step_mechanism(evaluation, term, &question, domain);
		break;
	case MG_SPF_TARGET_MALFORMED:
		if (term == NULL || term->mechanism == MG_SPF_INCLUDE)
			return mg_spf_no_record(evaluation, entry, "no name that DNS can have");   /* 4.3 */
		break;
	case MG_SPF_TARGET_TOO_MANY:
		return mg_spf_end_too_many(evaluation);
	case MG_SPF_TARGET_MISSING:
	case MG_SPF_TARGET_UNMATCHABLE:   /* no term with it matches anything (RFC 8616 4) */
		return MG_SPF_NO_MATCH;
	}
	if (term != NULL && term->result == MG_SPF_PASS && frame->authorises)
		evaluation->width = mg_spf_breadth_add(evaluation->width, evaluation->term_width);
	/* Whatever a term that matched looked up in vain, it was not void. */
	if ((step == MG_SPF_NO_MATCH || step == MG_SPF_ENTERED) && !mg_spf_lookups_end_term(&evaluation->lookups))
		return end_too_many_voids(evaluation);
	return step;
}
