/* stage.c - see stage.h. */
#include "check/stage.h"

#include "check/deny.h"
#include "check/sender.h"

/* Facts that the question has no use for yet are hidden from the checks: at CONNECT there is no HELO, whatever
 * an earlier transaction said. */
static mg_facts
facts_until(const mg_facts *facts)
{
	mg_facts known = *facts;
	const mg_words none = { NULL, 0 };

	if (facts->stage != 0 && facts->stage < MG_STAGE_HELO)
		known.helo = none;
	if (facts->stage != 0 && facts->stage < MG_STAGE_MAIL)
		known.reverse_path = none;
	if (facts->stage != 0 && facts->stage != MG_STAGE_RCPT)
		known.forward_path = none;
	return known;
}

/* Nothing is decided yet: HELO need not wait. What was asked goes on, and is in the cache by MAIL; what is there already
 * can be told as pending. */
static void
stage_only_prefetch(mg_spf_check **spf)
{
	mg_check *check = mg_spf_check_base(*spf);

	if (mg_check_run(check) == MG_STEP_DONE)
		return;
	check->free(check);
	*spf = NULL;
}

void
mg_stage_begin(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts, gint64 now_s,
               mg_stage_spf *spf_out)
{
	const mg_facts known = facts_until(facts);
	gboolean is_stage = known.question == MG_ASK_STAGE, is_spf = known.question == MG_ASK_SPF;
	gboolean wants_helo = (is_stage && known.stage >= MG_STAGE_HELO) || (is_spf && known.identity == MG_IDENTITY_HELO);
	gboolean wants_mail_from = (is_stage && known.stage >= MG_STAGE_MAIL)
	                           || (is_spf && known.identity == MG_IDENTITY_MAIL_FROM);
	mg_stage_outcome *outcome;

	*spf_out = (mg_stage_spf){ NULL, NULL };
	if (!wants_helo && !wants_mail_from)
		return;
	outcome = g_new(mg_stage_outcome, 1);   /* too large for the stack of a server's thread twice */
	mg_client_identify(policy, &known, &outcome->client);
	mg_envelope_read(policy, &known, &outcome->envelope);
	if (wants_helo)
		spf_out->helo = mg_spf_check_new(resolver, policy, &known, &outcome->client, &outcome->envelope,
		                                 MG_IDENTITY_HELO, now_s);
	if (wants_mail_from)
		spf_out->mail_from = mg_spf_check_new(resolver, policy, &known, &outcome->client, &outcome->envelope,
		                                      MG_IDENTITY_MAIL_FROM, now_s);
	g_free(outcome);
	if (is_stage && known.stage == MG_STAGE_HELO && policy->decide_at == MG_DECIDE_AT_RCPT)
		stage_only_prefetch(&spf_out->helo);
}

void
mg_stage_run(const mg_policy *policy, const mg_facts *facts, gint64 now_s, const mg_stage_spf *spf, mg_trace *trace,
             mg_stage_outcome *outcome_out)
{
	const mg_facts known = facts_until(facts);
	mg_stage_outcome *outcome = outcome_out;
	gboolean asks_relay = known.question == MG_ASK_RELAY || known.stage == MG_STAGE_RCPT;

	outcome->results.n = 0;
	outcome->relay = (mg_relay_answer){ MG_REASON_NONE, NULL, FALSE };
	outcome->circumstances = (mg_circumstances){
		.question = known.question,
		.stage = known.stage,
		.is_trusted = known.auth.length > 0,
		.facts_may_come = known.question == MG_ASK_RELAY
		                  && (known.helo.octets == NULL || known.reverse_path.octets == NULL),
	};
	mg_client_identify(policy, &known, &outcome->client);
	mg_client_trace(&outcome->client, trace);
	if (spf != NULL && spf->helo != NULL)
		mg_spf_check_report(spf->helo, policy, &outcome->results, trace);
	if (spf != NULL && spf->mail_from != NULL)
		mg_spf_check_report(spf->mail_from, policy, &outcome->results, trace);
	if (known.question == MG_ASK_SPF)
		return;
	if (known.question == MG_ASK_HELO || known.question == MG_ASK_RECIPIENT) {
		mg_results_add(&outcome->results, MG_REASON_NOT_BUILT, NULL);
		mg_trace_add(trace, "this release does not judge this question");
		return;
	}
	mg_envelope_read(policy, &known, &outcome->envelope);
	mg_envelope_trace(&outcome->envelope, trace);

	mg_deny_check(policy, &outcome->client, &outcome->envelope, &outcome->results, trace);
	if (known.question == MG_ASK_STAGE) {
		mg_envelope_check_reverse(&outcome->envelope, &outcome->results);
		mg_sender_check(policy, &known, &outcome->client, &outcome->envelope, &outcome->results, trace);
	}
	if (!asks_relay)
		return;
	mg_relay_check(policy, &known, &outcome->client, &outcome->envelope, now_s, &outcome->results, trace,
	               &outcome->relay);
	outcome->circumstances.is_trusted |= outcome->relay.reason == MG_REASON_RELAY_GRANTED;
	outcome->circumstances.is_role_address
		= mg_relay_is_role_address(policy, mg_envelope_forward(&outcome->envelope));
}
