/* audit_self.c - what [mailguard] says that we are called, and which addresses we have. See audit_rules.h. */
#include "check/audit_rules.h"

#include <string.h>

#include "session/helo_word.h"
#include "session/special.h"

#define OURS_MAX (MG_ANSWERS_MAX / 2)   /* names, and addresses: each is two questions at least */

static const mg_audit_rule own_config = {
	"own-config", "what this host is called, and the addresses that it has", "list them in [mailguard] own-names and own-addresses",
};
static const mg_audit_rule own_fqdn = { "own-fqdn", "a name of at least two labels (RFC 5321 2.3.5)", "configure the full name" };
static const mg_audit_rule own_exists = { "own-exists", "a name with an address", "give the name an A or AAAA record" };
static const mg_audit_rule own_address = {
	"own-address", "a name that leads to an address of ours", "correct its A or AAAA record, or list the address in own-addresses",
};
static const mg_audit_rule own_public = {
	"own-public", "an address that the Internet can reach", "list the public address as well, if mail leaves through NAT",
};
static const mg_audit_rule ptr_own = {
	"ptr-own", "a name in PTR that we say in HELO", "have PTR changed to hostname, or list its name in own-names",
};

/* ---- names ---- */

static gboolean
is_own_address(const mg_audit_walk *at, const mg_ip *ip)
{
	const mg_facts *facts = at->judging.facts;

	return mg_policy_is_own_address(at->judging.policy, ip) || (facts->has_client && mg_ip_equal(&facts->client, ip));
}

static mg_tristate
leads_to_us(const mg_audit_walk *at, const mg_dns_answer *addresses)
{
	mg_tristate exists = mg_answer_exists(addresses);

	for (guint i = 0; exists == MG_YES && i < addresses->n_records; i++)
		if (is_own_address(at, &addresses->records[i].ip))
			return MG_YES;
	return exists == MG_UNKNOWN ? MG_UNKNOWN : MG_NO;
}

static void
tell_where_it_leads(mg_audit_walk *at, const char *name, const mg_dns_answer *ipv4, const mg_dns_answer *ipv6)
{
	switch (mg_tristate_either(leads_to_us(at, ipv4), leads_to_us(at, ipv6))) {
	case MG_YES:
		mg_audit_tell(at, &own_address, MG_SEVERITY_GOOD, "%s leads to an address of ours", name);
		break;
	case MG_NO:
		mg_audit_tell(at, &own_address, MG_SEVERITY_ERROR, "%s leads to no address of ours", name);
		break;
	case MG_UNKNOWN:
		mg_audit_tell(at, &own_address, MG_SEVERITY_UNKNOWN, "DNS does not say whether %s leads to an address of ours: %s", name,
		              mg_audit_doubt(mg_audit_doubtful(ipv4, ipv6)));
		break;
	}
}

static void
walk_name(mg_audit_walk *at, const char *name, gboolean knows_addresses)
{
	g_autofree char *what = g_strconcat("address of ", name, NULL);
	const mg_dns_answer *ipv4, *ipv6;
	mg_helo_word word;
	mg_tristate exists;

	/* More strictly than of clients: an underscore is no letter of a host's name (RFC 5321 4.1.2). */
	mg_helo_word_read(name, strlen(name), FALSE, &word);
	if (word.kind != MG_HELO_NAME) {
		mg_audit_tell(at, &own_fqdn, MG_SEVERITY_ERROR, "%s%s%s", name, word.fault != NULL ? ": " : "",
		              word.fault != NULL ? word.fault : "");
		return;
	}
	mg_audit_tell(at, &own_fqdn, MG_SEVERITY_GOOD, "%s", name);
	ipv4 = mg_judging_ask_domain(&at->judging, MG_DNS_A, word.name);
	ipv6 = mg_judging_ask_domain(&at->judging, MG_DNS_AAAA, word.name);
	exists = mg_tristate_either(mg_answer_exists(ipv4), mg_answer_exists(ipv6));
	mg_audit_tell_existence(at, &own_exists, MG_SEVERITY_ERROR, exists, mg_audit_doubtful(ipv4, ipv6), what);
	if (exists == MG_YES && knows_addresses)
		tell_where_it_leads(at, name, ipv4, ipv6);
}

/* Names that stand for all that are below them have nothing to look up. */
static void
walk_names(mg_audit_walk *at, gboolean knows_addresses)
{
	const mg_policy *policy = at->judging.policy;
	g_autofree const char **names = mg_domains_list(policy->own_names);
	guint n = 1;

	walk_name(at, policy->hostname, knows_addresses);
	for (guint i = 0; names[i] != NULL; i++)
		if (names[i][0] != '.' && strcmp(names[i], policy->hostname) != 0 && n++ < OURS_MAX)
			walk_name(at, names[i], knows_addresses);
	if (n > OURS_MAX)
		mg_audit_tell(at, &own_exists, MG_SEVERITY_UNKNOWN, "over-budget: %u more of own-names", n - OURS_MAX);
}

/* ---- addresses ---- */

static void
tell_whether_ptr_is_ours(mg_audit_walk *at, const char *ip_text, const mg_dns_answer *ptr)
{
	char text[MG_DNS_NAME_TEXT_MAX], canonical[MG_DOMAIN_MAX + 1];

	for (guint i = 0; i < ptr->n_records; i++) {
		mg_dns_name_format(ptr->records[i].names, text);
		if (mg_domain_canonical(text, strlen(text), FALSE, canonical) && mg_policy_is_own_name(at->judging.policy, canonical)) {
			mg_audit_tell(at, &ptr_own, MG_SEVERITY_GOOD, "%s is called %s, as we are", ip_text, canonical);
			return;
		}
	}
	mg_dns_name_format(ptr->records[0].names, text);
	mg_audit_tell(at, &ptr_own, MG_SEVERITY_NOTE, "%s is called %s, which is no name of ours", ip_text, text);
}

/* Who receives our mail never sees an address that the Internet cannot reach: no PTR is expected there. */
static void
walk_own_address(mg_audit_walk *at, const mg_ip *ip)
{
	const mg_dns_answer *ptr;
	char text[MG_IP_TEXT_MAX];

	mg_ip_format(ip, text);
	if (mg_ip_is_special(ip)) {
		mg_audit_tell(at, &own_public, MG_SEVERITY_NOTE, "%s is one that no host of the Internet has", text);
		return;
	}
	mg_audit_tell(at, &own_public, MG_SEVERITY_GOOD, "%s is public", text);
	ptr = mg_audit_walk_address(at, ip);
	if (ptr != NULL)
		tell_whether_ptr_is_ours(at, text, ptr);
}

static void
walk_own_addresses(mg_audit_walk *at)
{
	const mg_policy *policy = at->judging.policy;
	const mg_facts *facts = at->judging.facts;
	guint n = 0;
	mg_ip ip;

	if (facts->has_client && !mg_policy_is_own_address(policy, &facts->client)) {
		walk_own_address(at, &facts->client);
		n++;
	}
	for (const mg_ip *last = NULL; mg_networks_next(policy->own_addresses, last, &ip); last = &ip)
		if (n++ < OURS_MAX)
			walk_own_address(at, &ip);
	if (n > OURS_MAX)
		mg_audit_tell(at, &own_public, MG_SEVERITY_UNKNOWN, "over-budget: %u more of own-addresses", n - OURS_MAX);
}

/* ---- both ---- */

void
mg_audit_walk_self(mg_audit_walk *at)
{
	const mg_policy *policy = at->judging.policy;
	mg_ip ip;
	gboolean has_names = mg_domains_count(policy->own_names) > 0;
	gboolean has_addresses = mg_networks_next(policy->own_addresses, NULL, &ip);
	gboolean knows_addresses = has_addresses || at->judging.facts->has_client;

	if (!has_names && !has_addresses)
		mg_audit_tell(at, &own_config, MG_SEVERITY_NOTE, "neither own-names nor own-addresses: of names, hostname alone is audited");
	else if (!knows_addresses)
		mg_audit_tell(at, &own_config, MG_SEVERITY_NOTE, "no own-addresses: where our names lead is not compared");
	walk_names(at, knows_addresses);
	walk_own_addresses(at);
}
