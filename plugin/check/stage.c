/* stage.c - see stage.h. */
#include "check/stage.h"

#include "check/delivery.h"
#include "check/deny.h"
#include "check/interplay.h"
#include "check/sender.h"
#include "check/sender_logins.h"

/* Facts that the question has no use for yet are hidden from the checks: at CONNECT there is no HELO, whatever
 * an earlier transaction said. */
static mg_facts
facts_until(const mg_facts *facts)
{
	mg_facts known = *facts;
	const mg_words none = { NULL, 0 };

	if (facts->stage != 0 && facts->stage < MG_STAGE_HELO) {
		known.helo = none;
		known.n_helo_before = 0;
	}
	if (facts->stage != 0 && facts->stage < MG_STAGE_MAIL)
		known.reverse_path = none;
	if (facts->stage != 0 && facts->stage != MG_STAGE_RCPT)
		known.forward_path = none;
	return known;
}

/* Whether SPF of the identity is wanted. */
static gboolean
wants_spf(const mg_facts *known, mg_identity identity)
{
	mg_stage first = identity == MG_IDENTITY_HELO ? MG_STAGE_HELO : MG_STAGE_MAIL;

	return known->question == MG_ASK_STAGE ? known->stage >= first
	                                       : known->question == MG_ASK_SPF && known->identity == identity;
}

static gboolean
is_granted(const mg_policy *policy, const mg_facts *known, gint64 now_s, mg_stage_outcome *outcome)
{
	outcome->results.n = 0;
	if (known->question != MG_ASK_STAGE || known->stage != MG_STAGE_RCPT)
		return FALSE;
	mg_relay_check(policy, known, &outcome->client, &outcome->envelope, now_s, &outcome->results, NULL, &outcome->relay);
	return outcome->relay.reason == MG_REASON_RELAY_GRANTED;
}

/* Nothing is decided yet: HELO need not wait. What was asked goes on, and is in the cache by MAIL; what is there already
 * can be told as pending. */
static void
stage_only_prefetch(mg_spf_check **spf)
{
	if (mg_check_run(mg_spf_check_base(*spf)) != MG_STEP_DONE)
		g_clear_pointer(spf, mg_spf_check_unref);
}

void
mg_stage_begin(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gint64 now_s, mg_stage_checks *checks_out)
{
	const mg_facts known = facts_until(facts);
	mg_stage_outcome *outcome = g_new(mg_stage_outcome, 1);   /* too large for the stack of a server's thread twice */
	mg_spf_subject subject = { &known, &outcome->client, &outcome->envelope, FALSE };
	/* Nothing is decided here: nobody need wait for DNS. */
	gboolean is_early = known.stage != 0 && known.stage <= MG_STAGE_HELO && policy->decide_at == MG_DECIDE_AT_RCPT;

	*checks_out = (mg_stage_checks){ .outbound = NULL };
	mg_client_identify(policy, &known, &outcome->client);
	mg_envelope_read(policy, &known, &outcome->envelope);
	subject.is_granted = is_granted(policy, &known, now_s, outcome);
	for (mg_identity identity = MG_IDENTITY_HELO; identity <= MG_IDENTITY_MAIL_FROM; identity++)
		if (wants_spf(&known, identity))
			checks_out->spf[identity] = mg_spf_check_new(tools, policy, &subject, identity, now_s);
	if (known.stage == MG_STAGE_HELO && is_early)
		stage_only_prefetch(&checks_out->spf[MG_IDENTITY_HELO]);
	checks_out->outbound = mg_outbound_check_new(tools, policy, &subject, now_s);
	checks_out->audit = mg_audit_check_new(tools, policy, &known, now_s);
	mg_delivery_learn(tools, policy, &known, &outcome->envelope);
	checks_out->recipient = mg_recipient_check_new(tools, policy, &known, &outcome->client, &outcome->envelope);
	checks_out->sanity = mg_sanity_check_new(tools, policy, &known, subject.is_granted, !is_early);
	g_free(outcome);
}

void
mg_stage_checks_clear(mg_stage_checks *checks)
{
	for (guint i = 0; i < MG_STAGE_CHECKS_MAX; i++) {
		mg_check *check = mg_stage_check(checks, i);

		if (check != NULL)
			check->free(check);
	}
	*checks = (mg_stage_checks){ .outbound = NULL };
}

mg_check *
mg_stage_check(const mg_stage_checks *checks, guint index)
{
	if (index < G_N_ELEMENTS(checks->spf))
		return checks->spf[index] != NULL ? mg_spf_check_base(checks->spf[index]) : NULL;
	if (index == G_N_ELEMENTS(checks->spf))
		return checks->outbound != NULL ? mg_outbound_check_base(checks->outbound) : NULL;
	if (index == G_N_ELEMENTS(checks->spf) + 1)
		return checks->sanity != NULL ? mg_sanity_check_base(checks->sanity) : NULL;
	if (index == G_N_ELEMENTS(checks->spf) + 2)
		return checks->audit != NULL ? mg_audit_check_base(checks->audit) : NULL;
	return checks->recipient != NULL ? mg_recipient_check_base(checks->recipient) : NULL;
}

static void
run_recipient(const mg_stage_checks *checks, const mg_facts *known, mg_trace *trace, mg_evidence *evidence,
              mg_stage_outcome *outcome)
{
	if (checks != NULL && checks->recipient != NULL)
		mg_recipient_check_report(checks->recipient, &outcome->envelope, &outcome->results, trace, evidence);
	else if (known->question == MG_ASK_RECIPIENT)
		mg_trace_add(trace, "rcpt: no plain recipient of ours, or neither table nor backend knows the domain");
}

void
mg_stage_run(const mg_policy *policy, const mg_facts *facts, gint64 now_s, const mg_stage_checks *checks, mg_trace *trace,
             mg_evidence *evidence, mg_stage_outcome *outcome_out)
{
	const mg_facts known = facts_until(facts);
	mg_stage_outcome *outcome = outcome_out;
	gboolean asks_relay = known.question == MG_ASK_RELAY || known.stage == MG_STAGE_RCPT;

	outcome->results.n = 0;
	outcome->relay = (mg_relay_answer){ MG_REASON_NONE, NULL, FALSE };
	outcome->host.iprev = 0;
	outcome->host.name[0] = 0;
	outcome->circumstances = (mg_circumstances){
		.question = known.question,
		.stage = known.stage,
		.is_trusted = known.auth.length > 0,
		.is_decided = known.stage == MG_STAGE_DATA && known.n_recipients > 0,
		.facts_may_come = known.question == MG_ASK_RELAY
		                  && (known.helo.octets == NULL || known.reverse_path.octets == NULL),
	};
	mg_client_identify(policy, &known, &outcome->client);
	if (known.question == MG_ASK_AUDIT) {
		if (checks != NULL && checks->audit != NULL)
			mg_audit_check_report(checks->audit, evidence);
		return;
	}
	mg_client_trace(&outcome->client, trace);
	mg_envelope_read(policy, &known, &outcome->envelope);
	if (known.question == MG_TELL_DELIVERY) {
		mg_delivery_report(policy, &known, &outcome->envelope, trace, evidence);
		return;
	}
	for (guint i = 0; checks != NULL && i < G_N_ELEMENTS(checks->spf); i++)
		if (checks->spf[i] != NULL)
			mg_spf_check_report(checks->spf[i], mg_envelope_forward(&outcome->envelope), &outcome->results, trace, evidence);
	if (checks != NULL && checks->outbound != NULL)
		mg_outbound_check_report(checks->outbound, &outcome->results, trace);
	if (known.question == MG_ASK_SPF)
		return;
	if (checks != NULL && checks->sanity != NULL)
		mg_sanity_check_report(checks->sanity, &outcome->client, &outcome->envelope, &outcome->results, trace, evidence,
		                       &outcome->host);
	if (known.question == MG_ASK_HELO)
		return;
	if (known.question == MG_ASK_RECIPIENT) {
		run_recipient(checks, &known, trace, evidence, outcome);
		return;
	}
	mg_envelope_trace(&outcome->envelope, trace);

	mg_deny_check(policy, &outcome->client, &outcome->envelope, &outcome->results, trace);
	if (known.question == MG_ASK_STAGE) {
		mg_envelope_check_reverse(&outcome->envelope, &outcome->results);
		mg_sender_check(policy, &known, &outcome->client, &outcome->envelope, &outcome->results, trace);
		mg_sender_logins_check(policy, &known, &outcome->client, &outcome->envelope, now_s, &outcome->results, trace);
	}
	run_recipient(checks, &known, trace, evidence, outcome);
	mg_interplay(policy, &known, &outcome->envelope, &outcome->host, &outcome->results, trace, evidence);
	if (!asks_relay)
		return;
	mg_relay_check(policy, &known, &outcome->client, &outcome->envelope, now_s, &outcome->results, trace,
	               &outcome->relay);
	outcome->circumstances.is_trusted |= outcome->relay.reason == MG_REASON_RELAY_GRANTED;
	outcome->circumstances.is_role_address
		= mg_relay_is_role_address(policy, mg_envelope_forward(&outcome->envelope));
}
