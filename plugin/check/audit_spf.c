/* audit_spf.c - what the domain says of its senders. See audit_rules.h. */
#include "check/audit_rules.h"

#include "spf/breadth.h"
#include "spf/evaluate.h"
#include "spf/record.h"

#define WIDE_LOG2 8   /* 2^8 addresses: a /24 */

static const mg_audit_rule spf_exists = {
	"spf", "one SPF record (RFC 7208)", "publish one TXT record that begins with v=spf1",
};
static const mg_audit_rule spf_sound = {
	"spf-sound", "a record that every receiver can evaluate", "see what the evaluation says, and take it out of the record",
};
static const mg_audit_rule spf_narrow = {
	"spf-narrow", "no more than the hosts that send", "name hosts or networks narrower than a /24",
};
static const mg_audit_rule spf_end = {
	"spf-end", "an end that says no: -all or ~all", "end the record with ~all, then with -all",
};
static const mg_audit_rule spf_ptr = { "spf-ptr", "no \"ptr\" (RFC 7208 5.5)", "name the hosts instead" };
static const mg_audit_rule spf_ip = { "spf-passes", "pass", "name the address in the record" };

static mg_dns_answer *
walk_lookup(void *context, const mg_dns_question *question)
{
	mg_audit_walk *at = context;

	return mg_judging_ask(&at->judging, question->type, &question->name);
}

/* TRUE: @outcome_out is the caller's to clear. */
static gboolean
walk_evaluate(mg_audit_walk *at, const mg_ip *client, mg_spf_outcome *outcome_out)
{
	g_autofree char *sender = g_strconcat("postmaster@", at->domain, NULL);
	const mg_spf_question question = {
		.client = *client, .domain = at->domain, .sender = sender, .helo = at->domain,
		.receiver = at->judging.policy->hostname, .now_s = at->now_s, .limits = mg_spf_limits_standard,
	};

	return mg_spf_evaluate(&question, walk_lookup, at, NULL, outcome_out);
}

static void
walk_record(mg_audit_walk *at, const mg_spf_record *record)
{
	const mg_spf_term *last = record->n_terms > 0 ? &record->terms[record->n_terms - 1] : NULL;

	for (guint i = 0; i < record->n_terms; i++)
		if (record->terms[i].mechanism == MG_SPF_PTR)
			mg_audit_tell(at, &spf_ptr, MG_SEVERITY_WARNING, "the record looks at PTR");
	if (record->has_all && last->result == MG_SPF_PASS)
		mg_audit_tell(at, &spf_end, MG_SEVERITY_ERROR, "+all lets everybody send");
	else if (record->has_all ? last->result == MG_SPF_NEUTRAL : !record->redirect.spec.is_given)
		mg_audit_tell(at, &spf_end, MG_SEVERITY_WARNING, "the record says nothing about other hosts");
	else
		mg_audit_tell(at, &spf_end, MG_SEVERITY_GOOD, "%.*s", (int)(record->has_all ? last->length : record->redirect.length),
		              record->text + (record->has_all ? last->offset : record->redirect.offset));
}

/* As a client sees it that nothing but "all" lets pass, so that every term is looked at. */
static void
walk_evaluation(mg_audit_walk *at)
{
	static const char stranger[] = "192.0.0.171";   /* RFC 7050: no host sends mail from there */
	mg_spf_outcome outcome;
	mg_ip client;

	mg_ip_parse(stranger, &client);
	if (!walk_evaluate(at, &client, &outcome))
		return;
	if (outcome.result == MG_SPF_PERMERROR)
		mg_audit_tell(at, &spf_sound, MG_SEVERITY_ERROR, "%s", outcome.problem);
	else if (outcome.result == MG_SPF_TEMPERROR)
		mg_audit_tell(at, &spf_sound, MG_SEVERITY_UNKNOWN, "%s", outcome.problem);
	else
		mg_audit_tell(at, &spf_sound, MG_SEVERITY_GOOD, "%u of 10 terms that look up, %u of 2 voids", outcome.n_terms, outcome.n_voids);
	if (outcome.record_log2 > WIDE_LOG2)
		mg_audit_tell(at, &spf_narrow, outcome.record_log2 > MG_SPF_BREADTH_WIDE ? MG_SEVERITY_ERROR : MG_SEVERITY_WARNING,
		              "the record lets 2^%d IPv4 addresses send", outcome.record_log2);
	mg_spf_outcome_clear(&outcome);
}

void
mg_audit_walk_sender(mg_audit_walk *at, const mg_ip *ip)
{
	mg_spf_outcome outcome;
	char text[MG_IP_TEXT_MAX];

	if (!walk_evaluate(at, ip, &outcome))
		return;
	mg_ip_format(ip, text);
	mg_audit_tell(at, &spf_ip, outcome.result == MG_SPF_PASS ? MG_SEVERITY_GOOD
	                           : outcome.result == MG_SPF_TEMPERROR ? MG_SEVERITY_UNKNOWN : MG_SEVERITY_ERROR,
	              "SPF says %s of %s", mg_spf_result_name(outcome.result), text);
	mg_spf_outcome_clear(&outcome);
}

mg_tristate
mg_audit_may_send(mg_audit_walk *at, const mg_dns_answer *addresses)
{
	mg_tristate may = MG_NO;

	for (guint i = 0; mg_answer_exists(addresses) == MG_YES && i < MIN(addresses->n_records, MG_AUDIT_RECORDS_MAX); i++) {
		mg_spf_outcome outcome;

		if (!walk_evaluate(at, &addresses->records[i].ip, &outcome))
			return MG_UNKNOWN;
		may = mg_tristate_either(may, outcome.result == MG_SPF_PASS ? MG_YES
		                              : outcome.result == MG_SPF_TEMPERROR ? MG_UNKNOWN : MG_NO);
		mg_spf_outcome_clear(&outcome);
	}
	return may;
}

void
mg_audit_walk_spf(mg_audit_walk *at)
{
	mg_dns_answer *txt = mg_judging_ask_domain(&at->judging, MG_DNS_TXT, at->domain);
	const mg_spf_record *record = NULL;
	guint n_records = 0;

	if (mg_answer_exists(txt) == MG_YES)
		record = mg_spf_record_of(txt, &n_records);
	if (n_records > 1)
		mg_audit_tell(at, &spf_exists, MG_SEVERITY_ERROR, "%u SPF records", n_records);
	else
		mg_audit_tell_existence(at, &spf_exists, MG_SEVERITY_WARNING, mg_answer_exists(txt) == MG_UNKNOWN ? MG_UNKNOWN
		                        : record != NULL ? MG_YES : MG_NO, txt, "SPF record");
	if (record == NULL)
		return;
	if (record->fault == NULL)
		walk_record(at, record);
	walk_evaluation(at);
}
