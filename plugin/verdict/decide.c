/* decide.c - see decide.h. */
#include "verdict/decide.h"

#include <string.h>

static gboolean
reason_is_of(mg_reason reason, const char *section)
{
	return g_strcmp0(mg_reason_get(reason)->section, section) == 0;
}

mg_consequence
mg_decide_consequence(const mg_policy *policy, const mg_result *result)
{
	mg_reason reason = result->reason;
	mg_consequence consequence = mg_policy_consequence(policy, reason, result->instead);
	int code = policy->replies[reason].code;

	if (consequence >= MG_CONSEQUENCE_DEFER && code != 0)
		consequence = code >= 500 ? MG_CONSEQUENCE_REJECT : MG_CONSEQUENCE_DEFER;
	if (consequence == MG_CONSEQUENCE_REJECT && mg_reason_get(reason)->range == MG_RANGE_DOUBT)
		consequence = MG_CONSEQUENCE_DEFER;   /* of a rule, which may name it among others */
	if (consequence == MG_CONSEQUENCE_REJECT && policy->is_safe_mode && !reason_is_of(reason, "relay"))
		consequence = MG_CONSEQUENCE_DEFER;
	return consequence;
}

/* Why a result does not count here, or NULL. */
static const char *
lifted_by(const mg_circumstances *circumstances, mg_reason reason)
{
	static const char *const by_trust[] = { "helo", "ptr", "sender", "spf", "spf-helo", "score" };

	for (guint i = 0; circumstances->is_trusted && i < G_N_ELEMENTS(by_trust); i++)
		if (reason_is_of(reason, by_trust[i]))
			return "the client is authenticated or granted";
	if (circumstances->is_role_address && !reason_is_of(reason, "deny") && !reason_is_of(reason, "address")
	    && !reason_is_of(reason, "relay"))
		return "the recipient is a role address of ours";
	return NULL;
}

gboolean
mg_decide_counts(const mg_policy *policy, const mg_circumstances *circumstances, const mg_result *result)
{
	return mg_decide_consequence(policy, result) >= MG_CONSEQUENCE_FLAG && lifted_by(circumstances, result->reason) == NULL;
}

static gboolean
waits_for_rcpt(const mg_policy *policy, const mg_circumstances *circumstances, mg_reason reason)
{
	if (policy->decide_at == MG_DECIDE_AT_STAGE || circumstances->stage == 0
	    || circumstances->stage >= MG_STAGE_RCPT)
		return FALSE;
	return reason != MG_REASON_DENY_HOST && reason != MG_REASON_ADDRESS_SYNTAX_SENDER
	       && reason != MG_REASON_HELO_SYNTAX;
}

static mg_action
action_of(mg_consequence consequence)
{
	return consequence == MG_CONSEQUENCE_REJECT  ? MG_REJECT
	       : consequence == MG_CONSEQUENCE_DEFER ? MG_DEFER
	                                             : MG_ACCEPT;
}

/* The stricter action, or the same with an earlier reason, or the first result at all. */
static gboolean
outdoes(mg_action action, mg_reason reason, mg_action than_action, mg_reason than_reason)
{
	return action > than_action
	       || (action == than_action && (than_reason == MG_REASON_NONE || reason < than_reason));
}

static void
decide_one(const mg_policy *policy, const mg_circumstances *circumstances, const mg_result *result, mg_trace *trace,
           mg_decision *decision)
{
	mg_reason reason = result->reason;
	mg_consequence consequence = mg_decide_consequence(policy, result);
	const char *why = lifted_by(circumstances, reason);
	mg_action action = action_of(consequence);
	char name[MG_REASON_NAME_MAX];

	mg_reason_name(reason, name);
	if (why != NULL && consequence > MG_CONSEQUENCE_OFF) {
		mg_trace_add(trace, "decide: %s (%s) is lifted: %s", name, mg_consequence_name(consequence), why);
		return;
	}
	if (action > MG_ACCEPT && circumstances->is_decided) {
		mg_trace_add(trace, "decide: %s (%s) was weighed at RCPT", name, mg_consequence_name(consequence));
		return;
	}
	if (consequence != MG_CONSEQUENCE_OFF || mg_reason_get(reason)->range == MG_RANGE_FIXED)
		mg_trace_add(trace, "decide: %s: %s", name,
		             consequence == MG_CONSEQUENCE_OFF ? "accept" : mg_consequence_name(consequence));
	if (consequence == MG_CONSEQUENCE_FLAG)
		decision->flags[decision->n_flags++] = reason;
	if (action > MG_ACCEPT && waits_for_rcpt(policy, circumstances, reason)) {
		if (outdoes(action, reason, decision->pending_action, decision->pending_reason)) {
			decision->pending_action = action;
			decision->pending_reason = reason;
		}
		return;
	}
	/* Only what refuses, and what says why a recipient is accepted, gives its name to the verdict. */
	if ((action > MG_ACCEPT || mg_reason_get(reason)->range == MG_RANGE_FIXED)
	    && outdoes(action, reason, decision->action, decision->reason)) {
		decision->action = action;
		decision->reason = reason;
	}
}

void
mg_decide(const mg_policy *policy, const mg_circumstances *circumstances, const mg_results *results, mg_trace *trace,
          mg_decision *decision_out)
{
	mg_decision decision = { .action = MG_ACCEPT, .reason = MG_REASON_NONE };

	for (guint i = 0; i < results->n; i++)
		decide_one(policy, circumstances, &results->all[i], trace, &decision);
	if (circumstances->stage != 0)
		decision.is_final = decision.action > MG_ACCEPT || circumstances->stage >= MG_STAGE_RCPT
		                    || policy->decide_at == MG_DECIDE_AT_STAGE;
	else
		decision.is_final = !circumstances->facts_may_come;
	if (decision.action > MG_ACCEPT) {   /* refused: nothing waits any more */
		decision.pending_action = 0;
		decision.pending_reason = MG_REASON_NONE;
	}
	*decision_out = decision;
}
