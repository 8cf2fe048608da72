/* deny.c - see deny.h. */
#include "check/deny.h"

static const char *
path_domain(const mg_path *path)
{
	return path->n_layers > 0 ? path->layers[0].domain : NULL;
}

static gboolean
host_is_denied(const mg_policy *policy, const mg_client *client)
{
	const mg_hosts *hosts = &policy->deny_hosts;

	/* Whom we do not believe may be denied all the same. */
	return mg_hosts_contain(hosts, client->has_ip ? &client->ip : NULL, client->name[0] ? client->name : NULL)
	       || (client->has_peer && mg_hosts_contain(hosts, &client->peer, NULL));
}

void
mg_deny_check(const mg_policy *policy, const mg_client *client, const mg_envelope *envelope, mg_results *results,
              mg_trace *trace)
{
	const mg_path *reverse = mg_envelope_reverse(envelope);
	const mg_path *forward = mg_envelope_forward(envelope);
	const char *entry;

	if (host_is_denied(policy, client)) {
		mg_results_add(results, MG_REASON_DENY_HOST, NULL);
		mg_trace_add(trace, "deny: the client is in [deny hosts]");
	}
	if (reverse != NULL && (entry = mg_addresses_find_any(policy->deny_senders, reverse)) != NULL) {
		mg_results_add(results, MG_REASON_DENY_SENDER, path_domain(reverse));
		mg_trace_add(trace, "deny: the reverse-path matches '%s' of [deny senders]", entry);
	}
	if (forward != NULL && (entry = mg_addresses_find_any(policy->deny_recipients, forward)) != NULL) {
		mg_results_add(results, MG_REASON_DENY_RECIPIENT, path_domain(forward));
		mg_trace_add(trace, "deny: the forward-path matches '%s' of [deny recipients]", entry);
	}
	if (reverse != NULL && forward != NULL && mg_pairs_match(policy->deny_pairs, reverse, forward)) {
		mg_results_add(results, MG_REASON_DENY_PAIR, path_domain(forward));
		mg_trace_add(trace, "deny: reverse-path and forward-path meet in [deny pairs]");
	}
}
