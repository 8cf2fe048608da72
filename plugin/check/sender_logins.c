/* sender_logins.c - see sender_logins.h. */
#include "check/sender_logins.h"

#include "check/relay.h"

static void
check_user(const mg_policy *policy, const mg_facts *facts, const mg_path *path, mg_results *results, mg_trace *trace)
{
	gboolean is_owner = mg_logins_owns(policy->logins, facts->auth, path);

	mg_trace_add(trace, "sender-logins: the reverse-path %s of user '%.*s'", is_owner ? "is one" : "is none",
	             (int)facts->auth.length, facts->auth.octets);
	if (!is_owner)
		mg_results_add(results, MG_REASON_SENDER_LOGINS_NOT_OWNER, path->layers[0].domain);
}

/* Whether a client without a login is asked for one; the trace tells why not. */
static gboolean
is_asked(const mg_exempt *exempt, const mg_client *client, const mg_grant *grant, mg_trace *trace)
{
	if (exempt != NULL)
		mg_trace_add(trace, "sender-logins: no login is asked for, the client is in [exempt %s]", exempt->name);
	else if (client->is_local)
		mg_trace_add(trace, "sender-logins: no login is asked for, there is no network between us");
	else if (grant != NULL)
		mg_trace_add(trace, "sender-logins: no login is asked for, [grant %s] lets the client relay without", grant->name);
	return exempt == NULL && !client->is_local && grant == NULL;
}

void
mg_sender_logins_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope,
                       gint64 now_s, mg_results *results, mg_trace *trace)
{
	const mg_path *path = mg_envelope_reverse(envelope);
	gboolean has_user = facts->auth.length > 0;
	const char *owned;

	if (path == NULL || path->is_null || mg_logins_is_empty(policy->logins)
	    || !mg_policy_wants(policy, has_user ? MG_REASON_SENDER_LOGINS_NOT_OWNER : MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN))
		return;
	if (has_user) {
		check_user(policy, facts, path, results, trace);
		return;
	}
	owned = mg_logins_find_owned(policy->logins, path);
	if (owned == NULL)
		return;
	mg_trace_add(trace, "sender-logins: '%s' has an owner, and nobody is logged in", owned);
	if (is_asked(mg_client_exempt(policy, client, MG_EXEMPT_SENDER), client,
	             mg_relay_find_grant(policy, facts, client, envelope, now_s), trace))
		mg_results_add(results, MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN, path->layers[0].domain);
}
