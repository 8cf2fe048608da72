/* lookup.c - see lookup.h. */
#include "verify/lookup.h"

#include <string.h>

static const mg_dns_type types[] = { MG_DNS_A, MG_DNS_AAAA };

#define N_TYPES G_N_ELEMENTS(types)

struct mg_lookup {
	mg_resolver        *resolver;   /* borrowed, as the next two */
	const mg_backend   *backend;
	const mg_endpoint  *endpoint;
	mg_lookup_function  function;
	void               *context;    /* borrowed */
	mg_resolver_ticket *tickets[N_TYPES];   /* borrowed; NULL: not asked, or answered */
	mg_dns_answer      *answers[N_TYPES];   /* ref held; NULL: none yet */
};

mg_lookup *
mg_lookup_new(mg_resolver *resolver, const mg_backend *backend, const mg_endpoint *endpoint, mg_lookup_function function,
              void *context)
{
	mg_lookup *lookup = g_new0(mg_lookup, 1);

	lookup->resolver = resolver;
	lookup->backend = backend;
	lookup->endpoint = endpoint;
	lookup->function = function;
	lookup->context = context;
	return lookup;
}

void
mg_lookup_free(mg_lookup *lookup)
{
	if (lookup == NULL)
		return;
	for (guint i = 0; i < N_TYPES; i++) {
		mg_resolver_cancel(lookup->tickets[i]);
		mg_dns_answer_unref(lookup->answers[i]);
	}
	g_free(lookup);
}

gboolean
mg_lookup_is_under_way(const mg_lookup *lookup)
{
	for (guint i = 0; i < N_TYPES; i++)
		if (lookup->tickets[i] != NULL)
			return TRUE;
	return FALSE;
}

static void
lookup_answered(void *context, mg_dns_answer *answer)
{
	mg_lookup *lookup = context;
	guint i = answer->question.type == types[0] ? 0 : 1;

	lookup->tickets[i] = NULL;
	lookup->answers[i] = mg_dns_answer_ref(answer);
	if (!mg_lookup_is_under_way(lookup))
		lookup->function(lookup->context);
}

gboolean
mg_lookup_begin(mg_lookup *lookup)
{
	const char *host = lookup->endpoint->host;
	mg_dns_question question;

	/* The policy takes no word that is no name; without answers there are no addresses. */
	if (!mg_dns_name_from_text(host, strlen(host), &question.name))
		return TRUE;
	for (guint i = 0; i < N_TYPES; i++) {
		question.type = types[i];
		lookup->answers[i] = mg_resolver_ask_ahead(lookup->resolver, &question, lookup_answered, lookup,
		                                           &lookup->tickets[i]);
		if (lookup->answers[i] != NULL)
			lookup->tickets[i] = NULL;
	}
	return !mg_lookup_is_under_way(lookup);
}

static gboolean
address_is_usable(const mg_backend *backend, const mg_ip *ip)
{
	gboolean is_unspecified = (ip->high == 0 && ip->low == 0) || (mg_ip_is_ipv4(ip) && (guint32)ip->low == 0);

	return !is_unspecified && !mg_ip_is_loopback(ip)
	       && (!backend->has_source || mg_ip_is_ipv4(&backend->source) == mg_ip_is_ipv4(ip));
}

static void
answer_take(const mg_dns_answer *answer, const mg_backend *backend, const mg_ip *good, GArray *addresses)
{
	if (answer == NULL || answer->outcome != MG_DNS_FOUND)
		return;
	for (guint i = 0; i < answer->n_records; i++) {
		const mg_ip *ip = &answer->records[i].ip;

		if (!address_is_usable(backend, ip))
			continue;
		if (mg_ip_equal(ip, good))
			g_array_prepend_val(addresses, *ip);
		else
			g_array_append_val(addresses, *ip);
	}
}

void
mg_lookup_take(mg_lookup *lookup, const mg_ip *good, GArray *addresses)
{
	g_array_set_size(addresses, 0);
	for (guint i = 0; i < N_TYPES; i++) {
		answer_take(lookup->answers[i], lookup->backend, good, addresses);
		g_clear_pointer(&lookup->answers[i], mg_dns_answer_unref);
	}
}
