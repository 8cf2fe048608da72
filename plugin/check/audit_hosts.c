/* audit_hosts.c - hosts that send or take mail: their PTR, MX, HELO. See audit_rules.h. */
#include "check/audit_rules.h"

#include "session/helo_word.h"
#include "session/special.h"

/* ---- addresses ---- */

static const mg_audit_rule ptr_exists = { "ptr", "a PTR record", "have the network's owner set one" };
static const mg_audit_rule ptr_one = {
	"ptr-one", "one name for an address", "leave one PTR record: other names are found by their own addresses",
};
static const mg_audit_rule ptr_confirmed = {
	"ptr-confirmed", "a name whose address is this one", "let the name in PTR have an A or AAAA record back",
};

const mg_dns_answer *
mg_audit_walk_address(mg_audit_walk *at, const mg_ip *ip)
{
	mg_dns_type type = mg_ip_is_ipv4(ip) ? MG_DNS_A : MG_DNS_AAAA;
	char text[MG_IP_TEXT_MAX], first[MG_DNS_NAME_TEXT_MAX];
	mg_tristate confirmed = MG_NO;
	const mg_dns_answer *ptr, *doubtful = NULL;
	mg_dns_name name;

	mg_ip_format(ip, text);
	mg_dns_name_from_ip(ip, &name);
	ptr = mg_judging_ask(&at->judging, MG_DNS_PTR, &name);
	if (mg_answer_exists(ptr) != MG_YES) {
		g_autofree char *what = g_strdup_printf("PTR for %s", text);

		mg_audit_tell_existence(at, &ptr_exists, MG_SEVERITY_ERROR, mg_answer_exists(ptr), ptr, what);
		return NULL;
	}
	mg_dns_name_format(ptr->records[0].names, first);
	mg_audit_tell(at, &ptr_exists, MG_SEVERITY_GOOD, "%s is called %s", text, first);
	if (ptr->n_records > 1)
		mg_audit_tell(at, &ptr_one, MG_SEVERITY_WARNING, "%s has %u names, the first is %s", text, ptr->n_records, first);
	for (guint i = 0; i < MIN(ptr->n_records, MG_AUDIT_RECORDS_MAX); i++) {
		const mg_dns_answer *addresses = mg_judging_ask(&at->judging, type, ptr->records[i].names);

		confirmed = mg_tristate_either(confirmed, mg_answer_has_ip(addresses, ip) ? MG_YES
		                                          : mg_answer_exists(addresses) == MG_UNKNOWN ? MG_UNKNOWN : MG_NO);
		doubtful = mg_audit_doubtful(addresses, doubtful);
	}
	if (confirmed == MG_YES)
		mg_audit_tell(at, &ptr_confirmed, MG_SEVERITY_GOOD, "%s leads back to %s", first, text);
	else if (confirmed == MG_NO)
		mg_audit_tell(at, &ptr_confirmed, MG_SEVERITY_ERROR, "%s does not lead back to %s", first, text);
	else
		mg_audit_tell(at, &ptr_confirmed, MG_SEVERITY_UNKNOWN, "DNS does not say whether %s leads back to %s: %s", first, text,
		              mg_audit_doubt(doubtful));
	return ptr;
}

/* ---- MX ---- */

static const mg_audit_rule mx_exists = {
	"mx", "an MX record, even where SPF lets another host send", "publish the host that takes the domain's mail",
};
static const mg_audit_rule mx_name = {
	"mx-name", "the name of a host", "put the host's name into the MX record, not its address",
};
static const mg_audit_rule mx_address = {
	"mx-address", "a host with an address", "give the host an A record, or take it out of the MX",
};
static const mg_audit_rule mx_cname = {
	"mx-cname", "a name that is no alias (RFC 2181 10.3)", "name the host by its own name",
};
static const mg_audit_rule mx_public = {
	"mx-public", "an address that the Internet can reach", "publish the public address",
};
static const mg_audit_rule mx_families = {
	"mx-families", "IPv4 and IPv6", "an AAAA record as well, once the host listens there",
};

/* For who wants to see whether it answers. */
static void
tell_host(mg_audit_walk *at, const char *exchange, const mg_ip *ip)
{
	g_autofree char *host = NULL;
	char text[MG_IP_TEXT_MAX];

	if (at->evidence == NULL)
		return;
	mg_ip_format(ip, text);
	host = g_strdup_printf("%s %s %s", mg_ip_is_special(ip) ? "special" : "public", text, exchange);
	mg_evidence_add_word(at->evidence, "audit", "address", host);
}

static void
walk_addresses(mg_audit_walk *at, const char *exchange, const mg_dns_answer *answer)
{
	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < MIN(answer->n_records, MG_AUDIT_RECORDS_MAX); i++) {
		tell_host(at, exchange, &answer->records[i].ip);
		mg_audit_walk_address(at, &answer->records[i].ip);
	}
}

static void
walk_exchange(mg_audit_walk *at, const mg_dns_name *exchange)
{
	const mg_dns_answer *ipv4, *ipv6;
	char text[MG_DNS_NAME_TEXT_MAX];
	mg_tristate exists;

	mg_dns_name_format(exchange, text);
	if (mg_exchange_is_address(exchange)) {
		mg_audit_tell(at, &mx_name, MG_SEVERITY_ERROR, "MX %s is an address", text);
		return;
	}
	ipv4 = mg_judging_ask(&at->judging, MG_DNS_A, exchange);
	ipv6 = mg_judging_ask(&at->judging, MG_DNS_AAAA, exchange);
	exists = mg_tristate_either(mg_answer_exists(ipv4), mg_answer_exists(ipv6));
	if (exists != MG_YES) {
		g_autofree char *what = g_strdup_printf("address of the MX %s", text);

		mg_audit_tell_existence(at, &mx_address, MG_SEVERITY_ERROR, exists, mg_audit_doubtful(ipv4, ipv6), what);
		return;
	}
	mg_audit_tell(at, &mx_address, MG_SEVERITY_GOOD, "MX %s has an address", text);
	if ((ipv4 != NULL && ipv4->n_aliases > 0) || (ipv6 != NULL && ipv6->n_aliases > 0))   /* one may be owed */
		mg_audit_tell(at, &mx_cname, MG_SEVERITY_ERROR, "MX %s is an alias", text);
	if (mg_answer_is_special(ipv4) == MG_YES && mg_answer_is_special(ipv6) == MG_YES)
		mg_audit_tell(at, &mx_public, MG_SEVERITY_ERROR, "MX %s has only addresses that no host of the Internet has", text);
	if (mg_answer_exists(ipv6) == MG_NO)
		mg_audit_tell(at, &mx_families, MG_SEVERITY_NOTE, "MX %s has no IPv6 address", text);
	walk_addresses(at, text, ipv4);
	walk_addresses(at, text, ipv6);
}

void
mg_audit_walk_mx(mg_audit_walk *at)
{
	const mg_dns_answer *mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, at->domain);
	mg_tristate exists = mg_answer_exists(mx);

	if (exists == MG_YES && mg_answer_is_null_mx(mx)) {
		mg_audit_tell(at, &mx_exists, MG_SEVERITY_NOTE, "a null MX: the domain takes no mail (RFC 7505)");
		return;
	}
	mg_audit_tell_existence(at, &mx_exists, MG_SEVERITY_ERROR, exists, mx, "MX");
	for (guint i = 0; exists == MG_YES && i < MIN(mx->n_records, MG_AUDIT_RECORDS_MAX); i++)
		if (mx->records[i].names->length > 1)
			walk_exchange(at, mx->records[i].names);
}

/* ---- HELO ---- */

static const mg_audit_rule helo_fqdn = {
	"helo-fqdn", "a name of at least two labels", "configure the host's full name",
};
static const mg_audit_rule helo_exists = {
	"helo-exists", "a name with an address", "give the name an A or AAAA record",
};
static const mg_audit_rule helo_host = {
	"helo-host", "an address that is an MX of the domain or may send for it", "name the host in MX or SPF",
};

static gboolean
is_exchange(mg_audit_walk *at, const char *name)
{
	const mg_dns_answer *mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, at->domain);
	char text[MG_DNS_NAME_TEXT_MAX];

	for (guint i = 0; mg_answer_exists(mx) == MG_YES && i < mx->n_records; i++) {
		mg_dns_name_format(mx->records[i].names, text);
		if (g_ascii_strcasecmp(text, name) == 0)
			return TRUE;
	}
	return FALSE;
}

void
mg_audit_walk_helo(mg_audit_walk *at)
{
	const mg_words said = at->judging.facts->helo;
	const mg_dns_answer *ipv4, *ipv6;
	mg_tristate exists, may;
	mg_helo_word word;

	if (said.octets == NULL)
		return;
	mg_helo_word_read(said.octets, said.length, TRUE, &word);
	if (word.kind != MG_HELO_NAME) {
		mg_audit_tell(at, &helo_fqdn, MG_SEVERITY_ERROR, "HELO %.*s", (int)MIN(said.length, 80), said.octets);
		return;
	}
	mg_audit_tell(at, &helo_fqdn, MG_SEVERITY_GOOD, "HELO %s", word.name);
	ipv4 = mg_judging_ask_domain(&at->judging, MG_DNS_A, word.name);
	ipv6 = mg_judging_ask_domain(&at->judging, MG_DNS_AAAA, word.name);
	exists = mg_tristate_either(mg_answer_exists(ipv4), mg_answer_exists(ipv6));
	if (mg_audit_tell_existence(at, &helo_exists, MG_SEVERITY_ERROR, exists, mg_audit_doubtful(ipv4, ipv6),
	                            "address of the HELO name") != MG_YES)
		return;
	may = is_exchange(at, word.name) ? MG_YES : mg_tristate_either(mg_audit_may_send(at, ipv4), mg_audit_may_send(at, ipv6));
	if (may == MG_YES)
		mg_audit_tell(at, &helo_host, MG_SEVERITY_GOOD, "%s is an MX of the domain, or may send for it", word.name);
	else if (may == MG_NO)
		mg_audit_tell(at, &helo_host, MG_SEVERITY_WARNING, "%s is neither an MX of the domain nor may it send for it", word.name);
	else
		mg_audit_tell(at, &helo_host, MG_SEVERITY_UNKNOWN, "DNS does not say what %s is to the domain", word.name);
}
