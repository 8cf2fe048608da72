/* outbound.c - see outbound.h. */
#include "check/outbound.h"

#include <string.h>

#include "check/relay.h"
#include "check/spf_run.h"

typedef enum outbound_state { OUTBOUND_JUDGE, OUTBOUND_DONE } outbound_state;

struct mg_outbound_check {
	mg_check        base;     /* first: the engine knows only this part */
	outbound_state  state;    /* written by outbound_step() alone */
	mg_policy      *policy;   /* ref held */
	mg_spf_identity words;    /* owned */
	GPtrArray      *runs;     /* owned; of mg_spf_run, by policy->spf.egress */
};

static mg_step
outbound_step(mg_check *check)
{
	mg_outbound_check *outbound = (mg_outbound_check *)check;
	gboolean is_waiting = FALSE;

	switch (outbound->state) {
	case OUTBOUND_JUDGE:
		for (guint i = 0; i < outbound->runs->len; i++) {
			if (mg_check_expired(check))
				mg_spf_run_end(outbound->runs->pdata[i], MG_SPF_TEMPERROR, "time is up");
			is_waiting = !mg_spf_run_step(outbound->runs->pdata[i]) || is_waiting;
		}
		if (is_waiting)
			return MG_STEP_WAIT;
		outbound->state = OUTBOUND_DONE;
		return MG_STEP_DONE;

	case OUTBOUND_DONE:
		return MG_STEP_DONE;
	}
	g_assert_not_reached();
}

static void
outbound_free(mg_check *check)
{
	mg_outbound_check *outbound = (mg_outbound_check *)check;

	g_ptr_array_unref(outbound->runs);
	mg_spf_identity_clear(&outbound->words);
	mg_policy_unref(outbound->policy);
	g_free(outbound);
}

mg_outbound_check *
mg_outbound_check_new(const mg_tools *tools, mg_policy *policy, const mg_spf_subject *subject, gint64 now_s)
{
	const mg_path *reverse = mg_envelope_reverse(subject->envelope);
	const mg_path *forward = mg_envelope_forward(subject->envelope);
	const GArray *egress = policy->spf.egress;
	mg_outbound_check *outbound;

	if (!subject->is_granted || egress == NULL || reverse == NULL || reverse->is_null || forward == NULL
	    || mg_relay_is_own_domain(policy, forward->layers[0].domain)
	    || !(mg_policy_wants(policy, MG_REASON_SPF_OUTBOUND_FAIL) || mg_policy_wants(policy, MG_REASON_SPF_OUTBOUND_SOFTFAIL)))
		return NULL;
	outbound = g_new0(mg_outbound_check, 1);
	outbound->base.step = outbound_step;
	outbound->base.free = outbound_free;
	outbound->base.deadline_us = g_get_monotonic_time() + mg_check_share_us(subject->facts->deadline_ms);
	outbound->policy = mg_policy_ref(policy);
	mg_spf_identity_read(subject, MG_IDENTITY_MAIL_FROM, &outbound->words);
	outbound->runs = g_ptr_array_new_with_free_func((GDestroyNotify)mg_spf_run_free);
	for (guint i = 0; i < egress->len; i++) {
		const mg_spf_question question = {
			.client = g_array_index(egress, mg_ip, i), .domain = outbound->words.domain, .sender = outbound->words.sender,
			.helo = policy->hostname,   /* our own, when we send */
			.receiver = policy->hostname, .now_s = now_s, .limits = mg_spf_limits_standard,
		};

		g_ptr_array_add(outbound->runs, mg_spf_run_new(tools->resolver, tools->evaluate_spf, &question, mg_check_woken,
		                                               outbound));
	}
	return outbound;
}

mg_check *
mg_outbound_check_base(mg_outbound_check *outbound)
{
	return &outbound->base;
}

void
mg_outbound_check_report(const mg_outbound_check *outbound, mg_results *results, mg_trace *trace)
{
	gboolean has_failed = FALSE, has_softfailed = FALSE;
	char ip[MG_IP_TEXT_MAX];

	for (guint i = 0; i < outbound->runs->len; i++) {
		const mg_spf_outcome *outcome = mg_spf_run_outcome(outbound->runs->pdata[i]);

		mg_ip_format(&g_array_index(outbound->policy->spf.egress, mg_ip, i), ip);
		mg_trace_add(trace, "spf-outbound: %s for %s when we send from %s%s%s", mg_spf_result_name(outcome->result),
		             outbound->words.domain, ip, outcome->matched ? ", by " : "", outcome->matched ? outcome->matched : "");
		has_failed = has_failed || outcome->result == MG_SPF_FAIL;
		has_softfailed = has_softfailed || outcome->result == MG_SPF_SOFTFAIL;
	}
	if (has_failed || has_softfailed)
		mg_results_add(results, has_failed ? MG_REASON_SPF_OUTBOUND_FAIL : MG_REASON_SPF_OUTBOUND_SOFTFAIL,
		               outbound->words.domain);
}
