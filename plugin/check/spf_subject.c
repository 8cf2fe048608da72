/* spf_subject.c - see spf_subject.h. */
#include "check/spf_subject.h"

#include <string.h>

static char *
helo_text(const mg_facts *facts)
{
	if (facts->helo.octets == NULL || memchr(facts->helo.octets, 0, facts->helo.length) != NULL)
		return g_strdup("");
	return g_strndup(facts->helo.octets, facts->helo.length);
}

/* RFC 7208 2.4: MAIL FROM, or postmaster at the HELO name for the null reverse-path; 2.3: the HELO name. */
void
mg_spf_identity_read(const mg_spf_subject *subject, mg_identity identity, mg_spf_identity *identity_out)
{
	const mg_path *path = mg_envelope_reverse(subject->envelope);
	mg_words written = subject->facts->reverse_path;
	const char *start = written.octets;

	identity_out->helo = helo_text(subject->facts);
	if (identity == MG_IDENTITY_HELO || path == NULL || path->is_null) {
		identity_out->domain = g_strdup(identity_out->helo);
		identity_out->sender = g_strconcat("postmaster@", identity_out->helo, NULL);
		return;
	}
	if (path->forms & MG_FORM_ROUTE)
		start = (const char *)memchr(start, ':', written.length) + 1;
	identity_out->domain = g_strdup(path->layers[0].domain ? path->layers[0].domain : "");
	identity_out->sender = g_strndup(start, written.length - (gsize)(start - written.octets));
}

void
mg_spf_identity_clear(mg_spf_identity *identity)
{
	g_free(identity->domain);
	g_free(identity->sender);
	g_free(identity->helo);
}

char *
mg_spf_subject_skip(const mg_policy *policy, const mg_spf_subject *subject, mg_identity identity)
{
	const mg_client *client = subject->client;
	const mg_facts *facts = subject->facts;
	const mg_exempt *exempt = mg_client_exempt(policy, client, MG_EXEMPT_SPF);
	const char *why = NULL;
	guint set;

	if (facts->auth.length > 0)
		why = "the client is authenticated";
	else if (!client->has_ip || client->doubt != NULL)
		why = "the client's address is not known";
	else if (mg_networks_find(policy->spf.skipped, &client->ip, &set, NULL))
		why = "the client is in skip-networks";
	else if (mg_hosts_contain(&policy->spf.trusted, &client->ip, client->name[0] ? client->name : NULL))
		why = "the client is trusted";
	else if (exempt != NULL)
		return g_strdup_printf("the client is in [exempt %s]", exempt->name);
	else if (identity == MG_IDENTITY_HELO && facts->helo.octets == NULL)
		why = "there is no HELO";
	else if (identity == MG_IDENTITY_MAIL_FROM && mg_envelope_reverse(subject->envelope) == NULL)
		why = facts->reverse_path.octets == NULL ? "there is no reverse-path" : "the reverse-path is none";
	else if (subject->is_granted)
		why = "the client may relay";
	return g_strdup(why);
}
