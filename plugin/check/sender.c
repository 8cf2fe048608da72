/* sender.c - see sender.h. */
#include "check/sender.h"

#include "check/relay.h"

void
mg_sender_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope,
                mg_results *results, mg_trace *trace)
{
	const mg_path *path = mg_envelope_reverse(envelope);
	const mg_exempt *exempt = mg_client_exempt(policy, client, MG_EXEMPT_SENDER);
	const char *domain;

	if (path == NULL)
		return;
	if (exempt != NULL) {
		mg_trace_add(trace, "sender: skipped, the client is in [exempt %s]", exempt->name);
		return;
	}
	domain = path->n_layers > 0 ? path->layers[0].domain : NULL;
	if (mg_policy_wants(policy, MG_REASON_SENDER_OWN_DOMAIN) && mg_relay_is_own_domain(policy, domain)) {
		mg_results_add(results, MG_REASON_SENDER_OWN_DOMAIN, domain);
		mg_trace_add(trace, "sender: %s is our own domain", domain);
	}
	if (mg_policy_wants(policy, MG_REASON_SENDER_BOUNCE_RECIPIENTS) && path->is_null
	    && facts->stage == MG_STAGE_RCPT && facts->n_recipients > 0) {
		mg_results_add(results, MG_REASON_SENDER_BOUNCE_RECIPIENTS, NULL);
		mg_trace_add(trace, "sender: a null reverse-path, and recipient %u", facts->n_recipients + 1);
	}
}
