/* prefetch.c - see prefetch.h. */
#include "check/prefetch.h"

#include <string.h>

#include "session/domain.h"

static void
prefetch_name(mg_resolver *resolver, const char *text, gsize length, mg_dns_type type)
{
	char canonical[MG_DOMAIN_MAX + 1];
	mg_dns_question question = { .type = type };

	if (mg_domain_canonical(text, length, TRUE, canonical) && mg_domain_parent(canonical) != NULL
	    && mg_dns_name_from_text(canonical, strlen(canonical), &question.name))
		mg_resolver_prefetch(resolver, &question);
}

void
mg_prefetch(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts, const mg_client *client,
            const mg_envelope *envelope)
{
	const mg_path *path = mg_envelope_reverse(envelope);
	mg_dns_question question = { .type = MG_DNS_PTR };
	guint set;

	if (facts->question != MG_ASK_STAGE || facts->auth.length > 0 || !client->has_ip || client->doubt != NULL
	    || mg_networks_find(policy->spf.skipped, &client->ip, &set, NULL))
		return;
	switch (facts->stage) {
	case MG_STAGE_CONNECT:
		if (facts->iprev == 0) {
			mg_dns_name_from_ip(&client->ip, &question.name);
			mg_resolver_prefetch(resolver, &question);
		}
		break;
	case MG_STAGE_HELO:
		if (facts->helo.octets != NULL) {
			prefetch_name(resolver, facts->helo.octets, facts->helo.length,
			              mg_ip_is_ipv4(&client->ip) ? MG_DNS_A : MG_DNS_AAAA);
			prefetch_name(resolver, facts->helo.octets, facts->helo.length, MG_DNS_MX);
		}
		break;
	case MG_STAGE_MAIL:
		if (path != NULL && !path->is_null && path->layers[0].domain != NULL)
			prefetch_name(resolver, path->layers[0].domain, strlen(path->layers[0].domain), MG_DNS_MX);
		break;
	case MG_STAGE_RCPT:
	case MG_STAGE_DATA:
		break;
	}
}
