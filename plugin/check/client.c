/* client.c - see client.h. */
#include "check/client.h"

#include <string.h>

/* NULL if the address may be believed. */
static const char *
client_doubt(const mg_policy *policy, const mg_facts *facts)
{
	guint set;

	if (facts->provenance == MG_FROM_LOCAL)
		return NULL;
	if (!facts->has_client)
		return "no address was given";
	if (facts->provenance != MG_FROM_SOCKET
	    && (!facts->has_peer || !mg_networks_find(policy->proxies, &facts->peer, &set, NULL)))
		return "the peer that states the address is not among the proxies";
	if (mg_networks_find(policy->proxies, &facts->client, &set, NULL))
		return "it is a proxy, which has stated no client";
	return NULL;
}

void
mg_client_identify(const mg_policy *policy, const mg_facts *facts, mg_client *client_out)
{
	mg_client *client = client_out;
	gsize length = strlen(facts->ptr);

	client->has_ip = facts->has_client;
	client->ip = facts->client;
	client->has_peer = facts->has_peer;
	client->peer = facts->peer;
	client->doubt = client_doubt(policy, facts);
	client->is_local = facts->provenance == MG_FROM_LOCAL;
	client->zone = NULL;
	client->network = (mg_network){ { 0, 0 }, 0 };

	length -= length > 1 && facts->ptr[length - 1] == '.';   /* as DNS writes it */
	if (facts->iprev != MG_IPREV_PASS || !mg_domain_canonical(facts->ptr, length, FALSE, client->name))
		client->name[0] = 0;

	if (client->is_local)
		client->zone = mg_policy_local_zone(policy);
	else if (client->doubt == NULL)
		client->zone = mg_policy_zone(policy, &client->ip, client->name[0] ? client->name : NULL, &client->network);
}

void
mg_client_format(const mg_client *client, char text_out[MG_IP_TEXT_MAX])
{
	if (client->has_ip)
		mg_ip_format(&client->ip, text_out);
	else
		g_strlcpy(text_out, client->is_local ? "local" : "unknown", MG_IP_TEXT_MAX);
}

void
mg_client_trace(const mg_client *client, mg_trace *trace)
{
	char ip[MG_IP_TEXT_MAX], network[MG_NETWORK_TEXT_MAX];
	const char *nat = client->zone != NULL && client->zone->is_shared_by_nat ? ", shared by NAT" : "";

	if (trace == NULL)
		return;
	mg_client_format(client, ip);
	if (client->doubt != NULL) {
		mg_trace_add(trace, "client: %s is not believed: %s; it is in no zone", ip, client->doubt);
		return;
	}
	if (client->name[0] != 0)
		mg_trace_add(trace, "client: %s has the confirmed name %s", ip, client->name);
	if (client->zone == NULL) {
		mg_trace_add(trace, "client: %s is in no zone", ip);
		return;
	}
	mg_network_format(&client->network, network);
	if (client->is_local)
		mg_trace_add(trace, "client: no network, in zone %s (local)%s", client->zone->name, nat);
	else if (client->network.prefix == 0 && client->network.base.high == 0 && client->network.base.low == 0)
		mg_trace_add(trace, "client: %s is in zone %s (by its name)%s", ip, client->zone->name, nat);
	else
		mg_trace_add(trace, "client: %s is in zone %s (%s)%s", ip, client->zone->name, network, nat);
}

const mg_exempt *
mg_client_exempt(const mg_policy *policy, const mg_client *client, mg_exempt_check check)
{
	const char *name = client->name[0] ? client->name : NULL;

	for (guint i = 0; i < policy->exempts->len; i++) {
		const mg_exempt *exempt = policy->exempts->pdata[i];

		if ((exempt->checks & check) && client->doubt == NULL
		    && mg_hosts_contain(&exempt->hosts, client->has_ip ? &client->ip : NULL, name))
			return exempt;
	}
	return NULL;
}
