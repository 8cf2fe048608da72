/* audit.c - see audit.h. */
#include "check/audit.h"

#include <string.h>

#include "check/judging.h"
#include "check/rounds.h"
#include "session/helo_word.h"
#include "session/host_name.h"
#include "spf/breadth.h"
#include "spf/record.h"

#define EXCHANGES_MAX 10
#define NAMES_MAX     10
#define WIDE_LOG2     8    /* 2^8 addresses: a /24 */

struct mg_audit_check {
	mg_rounds  rounds;     /* first */
	mg_policy *policy;     /* ref held */
	mg_facts   facts;      /* what they point to is borrowed */
	gint64     now_s;
	char       domain[MG_DOMAIN_MAX + 1];   /* canonical; "": it is none */
};

/* One walk over the rules. */
typedef struct walk {
	const mg_audit_check *audit;     /* borrowed */
	mg_judging            judging;   /* for its questions alone */
	mg_evidence          *evidence;  /* NULL: only to see what is missing */
} walk;

/* ---- telling ---- */

static const char *const severity_words[] = {
	[MG_SEVERITY_GOOD] = "good", [MG_SEVERITY_NOTE] = "note", [MG_SEVERITY_WARNING] = "warning",
	[MG_SEVERITY_ERROR] = "error", [MG_SEVERITY_UNKNOWN] = "unknown",
};
G_STATIC_ASSERT(G_N_ELEMENTS(severity_words) == MG_SEVERITY_UNKNOWN + 1);

/* What a rule wants, and what helps if it is broken. */
typedef struct audit_rule {
	const char *id, *expected, *mend;
} audit_rule;

static void G_GNUC_PRINTF(4, 5)
tell(walk *at, const audit_rule *rule, mg_severity severity, const char *format, ...)
{
	g_autofree char *found = NULL;
	va_list arguments;

	if (at->evidence == NULL)
		return;
	va_start(arguments, format);
	found = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	mg_evidence_add_text(at->evidence, "audit", "rule", rule->id);
	mg_evidence_add_text(at->evidence, "audit", "severity", severity_words[severity]);
	mg_evidence_add_word(at->evidence, "audit", "found", found);
	if (severity == MG_SEVERITY_GOOD || severity == MG_SEVERITY_UNKNOWN)
		return;
	mg_evidence_add_text(at->evidence, "audit", "expected", rule->expected);
	mg_evidence_add_text(at->evidence, "audit", "mend", rule->mend);
}

/* A rule about something that is there or not. */
static mg_tristate
tell_existence(walk *at, const audit_rule *rule, mg_severity severity, mg_tristate exists, const char *what)
{
	switch (exists) {
	case MG_YES:     tell(at, rule, MG_SEVERITY_GOOD, "%s", what); break;
	case MG_NO:      tell(at, rule, severity, "no %s", what); break;
	case MG_UNKNOWN: tell(at, rule, MG_SEVERITY_UNKNOWN, "DNS does not say whether there is %s", what); break;
	}
	return exists;
}

static mg_tristate
either(mg_tristate a, mg_tristate b)
{
	return a == MG_YES || b == MG_YES ? MG_YES : a == MG_UNKNOWN || b == MG_UNKNOWN ? MG_UNKNOWN : MG_NO;
}

/* ---- hosts: exchanges and sending addresses ---- */

static const audit_rule ptr_exists = { "ptr", "a PTR record", "have the network's owner set one" };
static const audit_rule ptr_one = { "ptr-one", "one name for an address", "leave one PTR record: other names are found by their own addresses" };
static const audit_rule ptr_confirmed = { "ptr-confirmed", "a name whose address is this one", "let the name in PTR have an A or AAAA record back" };

/* An address from which, or to which, mail goes has one name, which leads back. */
static void
walk_address(walk *at, const mg_ip *ip)
{
	mg_dns_type type = mg_ip_is_ipv4(ip) ? MG_DNS_A : MG_DNS_AAAA;
	char text[MG_IP_TEXT_MAX], first[MG_DNS_NAME_TEXT_MAX];
	mg_tristate confirmed = MG_NO;
	const mg_dns_answer *ptr;
	mg_dns_name name;

	mg_ip_format(ip, text);
	mg_dns_name_from_ip(ip, &name);
	ptr = mg_judging_ask(&at->judging, MG_DNS_PTR, &name);
	if (mg_answer_exists(ptr) != MG_YES) {
		g_autofree char *what = g_strdup_printf("PTR for %s", text);

		tell_existence(at, &ptr_exists, MG_SEVERITY_ERROR, mg_answer_exists(ptr), what);
		return;
	}
	mg_dns_name_format(ptr->records[0].names, first);
	tell(at, &ptr_exists, MG_SEVERITY_GOOD, "%s is called %s", text, first);
	if (ptr->n_records > 1)
		tell(at, &ptr_one, MG_SEVERITY_WARNING, "%s has %u names, the first is %s", text, ptr->n_records, first);
	for (guint i = 0; i < MIN(ptr->n_records, NAMES_MAX); i++) {
		const mg_dns_answer *addresses = mg_judging_ask(&at->judging, type, ptr->records[i].names);

		confirmed = either(confirmed, mg_answer_has_ip(addresses, ip) ? MG_YES
		                              : mg_answer_exists(addresses) == MG_UNKNOWN ? MG_UNKNOWN : MG_NO);
	}
	if (confirmed == MG_YES)
		tell(at, &ptr_confirmed, MG_SEVERITY_GOOD, "%s leads back to %s", first, text);
	else if (confirmed == MG_NO)
		tell(at, &ptr_confirmed, MG_SEVERITY_ERROR, "%s does not lead back to %s", first, text);
	else
		tell(at, &ptr_confirmed, MG_SEVERITY_UNKNOWN, "DNS does not say where %s leads", first);
}

static void
walk_addresses(walk *at, const mg_dns_answer *answer)
{
	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < MIN(answer->n_records, NAMES_MAX); i++)
		walk_address(at, &answer->records[i].ip);
}

/* ---- MX ---- */

static const audit_rule mx_exists = { "mx", "an MX record, even where SPF lets another host send", "publish the host that takes the domain's mail" };
static const audit_rule mx_name = { "mx-name", "the name of a host", "put the host's name into the MX record, not its address" };
static const audit_rule mx_address = { "mx-address", "a host with an address", "give the host an A record, or take it out of the MX" };
static const audit_rule mx_cname = { "mx-cname", "a name that is no alias (RFC 2181 10.3)", "name the host by its own name" };
static const audit_rule mx_public = { "mx-public", "an address that the Internet can reach", "publish the public address" };
static const audit_rule mx_families = { "mx-families", "IPv4 and IPv6", "an AAAA record as well, once the host listens there" };

static void
walk_exchange(walk *at, const mg_dns_name *exchange)
{
	const mg_dns_answer *ipv4, *ipv6;
	char text[MG_DNS_NAME_TEXT_MAX];
	mg_tristate exists;

	mg_dns_name_format(exchange, text);
	if (mg_exchange_is_address(exchange)) {
		tell(at, &mx_name, MG_SEVERITY_ERROR, "MX %s is an address", text);
		return;
	}
	ipv4 = mg_judging_ask(&at->judging, MG_DNS_A, exchange);
	ipv6 = mg_judging_ask(&at->judging, MG_DNS_AAAA, exchange);
	exists = either(mg_answer_exists(ipv4), mg_answer_exists(ipv6));
	if (exists != MG_YES) {
		g_autofree char *what = g_strdup_printf("address of the MX %s", text);

		tell_existence(at, &mx_address, MG_SEVERITY_ERROR, exists, what);
		return;
	}
	tell(at, &mx_address, MG_SEVERITY_GOOD, "MX %s has an address", text);
	if (ipv4->n_aliases > 0 || (ipv6 != NULL && ipv6->n_aliases > 0))
		tell(at, &mx_cname, MG_SEVERITY_ERROR, "MX %s is an alias", text);
	if (mg_answer_is_special(ipv4) == MG_YES && mg_answer_is_special(ipv6) == MG_YES)
		tell(at, &mx_public, MG_SEVERITY_ERROR, "MX %s has only addresses that no host of the Internet has", text);
	if (mg_answer_exists(ipv6) == MG_NO)
		tell(at, &mx_families, MG_SEVERITY_NOTE, "MX %s has no IPv6 address", text);
	walk_addresses(at, ipv4);
	walk_addresses(at, ipv6);
}

static void
walk_mx(walk *at)
{
	const mg_dns_answer *mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, at->audit->domain);
	mg_tristate exists = mg_answer_exists(mx);

	if (exists == MG_YES && mg_answer_is_null_mx(mx)) {
		tell(at, &mx_exists, MG_SEVERITY_NOTE, "a null MX: the domain takes no mail (RFC 7505)");
		return;
	}
	tell_existence(at, &mx_exists, MG_SEVERITY_ERROR, exists, "MX");
	for (guint i = 0; exists == MG_YES && i < MIN(mx->n_records, EXCHANGES_MAX); i++)
		if (mx->records[i].names->length > 1)
			walk_exchange(at, mx->records[i].names);
}

/* ---- SPF ---- */

static const audit_rule spf_exists = { "spf", "one SPF record (RFC 7208)", "publish one TXT record that begins with v=spf1" };
static const audit_rule spf_sound = { "spf-sound", "a record that every receiver can evaluate", "see what the evaluation says, and take it out of the record" };
static const audit_rule spf_narrow = { "spf-narrow", "no more than the hosts that send", "name hosts or networks narrower than a /24" };
static const audit_rule spf_end = { "spf-end", "an end that says no: -all or ~all", "end the record with ~all, then with -all" };
static const audit_rule spf_ptr = { "spf-ptr", "no \"ptr\" (RFC 7208 5.5)", "name the hosts instead" };
static const audit_rule spf_ip = { "spf-passes", "pass", "name the address in the record" };

static mg_dns_answer *
walk_lookup(void *context, const mg_dns_question *question)
{
	walk *at = context;

	return mg_judging_ask(&at->judging, question->type, &question->name);
}

/* TRUE: @outcome_out is the caller's to clear. */
static gboolean
walk_evaluate(walk *at, const mg_ip *client, mg_spf_outcome *outcome_out)
{
	g_autofree char *sender = g_strconcat("postmaster@", at->audit->domain, NULL);
	const mg_spf_question question = {
		.client = *client, .domain = at->audit->domain, .sender = sender, .helo = at->audit->domain,
		.receiver = at->audit->policy->hostname, .now_s = at->audit->now_s, .limits = mg_spf_limits_standard,
	};

	return mg_spf_evaluate(&question, walk_lookup, at, NULL, outcome_out);
}

static void
walk_record(walk *at, const mg_spf_record *record)
{
	const mg_spf_term *last = record->n_terms > 0 ? &record->terms[record->n_terms - 1] : NULL;

	for (guint i = 0; i < record->n_terms; i++)
		if (record->terms[i].mechanism == MG_SPF_PTR)
			tell(at, &spf_ptr, MG_SEVERITY_WARNING, "the record looks at PTR");
	if (record->has_all && last->result == MG_SPF_PASS)
		tell(at, &spf_end, MG_SEVERITY_ERROR, "+all lets everybody send");
	else if (record->has_all ? last->result == MG_SPF_NEUTRAL : !record->redirect.spec.is_given)
		tell(at, &spf_end, MG_SEVERITY_WARNING, "the record says nothing about other hosts");
	else
		tell(at, &spf_end, MG_SEVERITY_GOOD, "%.*s", (int)(record->has_all ? last->length : record->redirect.length),
		     record->text + (record->has_all ? last->offset : record->redirect.offset));
}

/* As a client sees it that nothing but "all" lets pass, so that every term is looked at. */
static void
walk_evaluation(walk *at)
{
	static const char stranger[] = "192.0.0.171";   /* RFC 7050: no host sends mail from there */
	mg_spf_outcome outcome;
	mg_ip client;

	mg_ip_parse(stranger, &client);
	if (!walk_evaluate(at, &client, &outcome))
		return;
	if (outcome.result == MG_SPF_PERMERROR)
		tell(at, &spf_sound, MG_SEVERITY_ERROR, "%s", outcome.problem);
	else if (outcome.result == MG_SPF_TEMPERROR)
		tell(at, &spf_sound, MG_SEVERITY_UNKNOWN, "%s", outcome.problem);
	else
		tell(at, &spf_sound, MG_SEVERITY_GOOD, "%u of 10 terms that look up, %u of 2 voids", outcome.n_terms, outcome.n_voids);
	if (outcome.record_log2 > WIDE_LOG2)
		tell(at, &spf_narrow, outcome.record_log2 > MG_SPF_BREADTH_WIDE ? MG_SEVERITY_ERROR : MG_SEVERITY_WARNING,
		     "the record lets 2^%d IPv4 addresses send", outcome.record_log2);
	mg_spf_outcome_clear(&outcome);
}

static void
walk_own_address(walk *at, const mg_ip *ip)
{
	mg_spf_outcome outcome;
	char text[MG_IP_TEXT_MAX];

	if (!walk_evaluate(at, ip, &outcome))
		return;
	mg_ip_format(ip, text);
	tell(at, &spf_ip, outcome.result == MG_SPF_PASS ? MG_SEVERITY_GOOD
	                  : outcome.result == MG_SPF_TEMPERROR ? MG_SEVERITY_UNKNOWN : MG_SEVERITY_ERROR,
	     "SPF says %s of %s", mg_spf_result_name(outcome.result), text);
	mg_spf_outcome_clear(&outcome);
}

static void
walk_spf(walk *at)
{
	mg_dns_answer *txt = mg_judging_ask_domain(&at->judging, MG_DNS_TXT, at->audit->domain);
	const mg_spf_record *record = NULL;
	guint n_records = 0;

	if (mg_answer_exists(txt) == MG_YES)
		record = mg_spf_record_of(txt, &n_records);
	if (n_records > 1)
		tell(at, &spf_exists, MG_SEVERITY_ERROR, "%u SPF records", n_records);
	else
		tell_existence(at, &spf_exists, MG_SEVERITY_WARNING, mg_answer_exists(txt) == MG_UNKNOWN ? MG_UNKNOWN
		               : record != NULL ? MG_YES : MG_NO, "SPF record");
	if (record == NULL)
		return;
	if (record->fault == NULL)
		walk_record(at, record);
	walk_evaluation(at);
}

/* ---- HELO, SOA, DMARC ---- */

static const audit_rule helo_fqdn = { "helo-fqdn", "a name of at least two labels", "configure the host's full name" };
static const audit_rule helo_exists = { "helo-exists", "a name with an address", "give the name an A or AAAA record" };
static const audit_rule helo_host = { "helo-host", "an address that is an MX of the domain or may send for it", "name the host in MX or SPF" };
static const audit_rule soa_contact = { "soa-contact", "a mailbox that is read, in a domain that takes mail", "put such a mailbox into the SOA" };
static const audit_rule dmarc = { "dmarc", "a DMARC record (RFC 7489)", "publish a TXT record at _dmarc" };

static gboolean
is_exchange(walk *at, const char *name)
{
	const mg_dns_answer *mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, at->audit->domain);
	char text[MG_DNS_NAME_TEXT_MAX];

	for (guint i = 0; mg_answer_exists(mx) == MG_YES && i < mx->n_records; i++) {
		mg_dns_name_format(mx->records[i].names, text);
		if (g_ascii_strcasecmp(text, name) == 0)
			return TRUE;
	}
	return FALSE;
}

/* Whether the address that the HELO name has may send for the domain. */
static mg_tristate
may_send(walk *at, const mg_dns_answer *addresses)
{
	mg_tristate may = MG_NO;

	for (guint i = 0; mg_answer_exists(addresses) == MG_YES && i < MIN(addresses->n_records, NAMES_MAX); i++) {
		mg_spf_outcome outcome;

		if (!walk_evaluate(at, &addresses->records[i].ip, &outcome))
			return MG_UNKNOWN;
		may = either(may, outcome.result == MG_SPF_PASS ? MG_YES : outcome.result == MG_SPF_TEMPERROR ? MG_UNKNOWN : MG_NO);
		mg_spf_outcome_clear(&outcome);
	}
	return may;
}

static void
walk_helo(walk *at)
{
	const mg_words said = at->audit->facts.helo;
	const mg_dns_answer *ipv4, *ipv6;
	mg_tristate exists, may;
	mg_helo_word word;

	if (said.octets == NULL)
		return;
	mg_helo_word_read(said.octets, said.length, TRUE, &word);
	if (word.kind != MG_HELO_NAME) {
		tell(at, &helo_fqdn, MG_SEVERITY_ERROR, "HELO %.*s", (int)MIN(said.length, 80), said.octets);
		return;
	}
	tell(at, &helo_fqdn, MG_SEVERITY_GOOD, "HELO %s", word.name);
	ipv4 = mg_judging_ask_domain(&at->judging, MG_DNS_A, word.name);
	ipv6 = mg_judging_ask_domain(&at->judging, MG_DNS_AAAA, word.name);
	exists = either(mg_answer_exists(ipv4), mg_answer_exists(ipv6));
	if (tell_existence(at, &helo_exists, MG_SEVERITY_ERROR, exists, "address of the HELO name") != MG_YES)
		return;
	may = is_exchange(at, word.name) ? MG_YES : either(may_send(at, ipv4), may_send(at, ipv6));
	if (may == MG_YES)
		tell(at, &helo_host, MG_SEVERITY_GOOD, "%s is an MX of the domain, or may send for it", word.name);
	else if (may == MG_NO)
		tell(at, &helo_host, MG_SEVERITY_WARNING, "%s is neither an MX of the domain nor may it send for it", word.name);
	else
		tell(at, &helo_host, MG_SEVERITY_UNKNOWN, "DNS does not say what %s is to the domain", word.name);
}

static void
walk_soa(walk *at)
{
	const mg_dns_answer *soa = mg_judging_ask_domain(&at->judging, MG_DNS_SOA, mg_domain_organisation(at->audit->domain));
	char text[MG_DNS_NAME_TEXT_MAX];
	const mg_dns_answer *mx, *ipv4;
	const char *domain;

	if (mg_answer_exists(soa) != MG_YES) {
		tell_existence(at, &soa_contact, MG_SEVERITY_WARNING, mg_answer_exists(soa), "SOA");
		return;
	}
	mg_dns_name_format(&soa->records[0].names[1], text);
	domain = strchr(text, '.');
	if (domain == NULL || domain[1] == 0) {
		tell(at, &soa_contact, MG_SEVERITY_ERROR, "the contact is %s", text);
		return;
	}
	mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, domain + 1);
	ipv4 = mg_judging_ask_domain(&at->judging, MG_DNS_A, domain + 1);
	switch (either(mg_answer_exists(mx), mg_answer_exists(ipv4))) {
	case MG_YES:
		tell(at, &soa_contact, MG_SEVERITY_GOOD, "%s%s", text,
		     g_str_has_prefix(text, "hostmaster.") ? ", as many servers have it by default: is it read?" : "");
		break;
	case MG_NO:
		tell(at, &soa_contact, MG_SEVERITY_WARNING, "%s, whose domain takes no mail", text);
		break;
	case MG_UNKNOWN:
		tell(at, &soa_contact, MG_SEVERITY_UNKNOWN, "DNS does not say whether the domain of %s takes mail", text);
		break;
	}
}

static void
walk_dmarc(walk *at)
{
	g_autofree char *name = g_strconcat("_dmarc.", at->audit->domain, NULL);
	const mg_dns_answer *txt = mg_judging_ask_domain(&at->judging, MG_DNS_TXT, name);
	mg_tristate exists = mg_answer_exists(txt) == MG_UNKNOWN ? MG_UNKNOWN : MG_NO;

	for (guint i = 0; mg_answer_exists(txt) == MG_YES && i < txt->n_records; i++)
		if (g_str_has_prefix(txt->records[i].text, "v=DMARC1"))
			exists = MG_YES;
	tell_existence(at, &dmarc, MG_SEVERITY_NOTE, exists, "DMARC record");
}

/* ---- all of it ---- */

static const audit_rule domain_name = { "domain", "a domain", "see how it is written" };

static void
walk_rules(walk *at)
{
	const mg_facts *facts = &at->audit->facts;

	if (at->audit->domain[0] == 0) {
		tell(at, &domain_name, MG_SEVERITY_ERROR, "no domain");
		return;
	}
	walk_helo(at);
	walk_mx(at);
	walk_spf(at);
	if (facts->has_client) {
		walk_address(at, &facts->client);
		walk_own_address(at, &facts->client);
	}
	walk_soa(at);
	walk_dmarc(at);
}

static walk
walk_of(const mg_audit_check *audit, mg_evidence *evidence)
{
	return (walk){ .audit = audit, .judging = { .policy = audit->policy, .facts = &audit->facts, .answers = audit->rounds.answers },
		       .evidence = evidence };
}

static gboolean
audit_try(mg_rounds *rounds)
{
	walk at = walk_of((mg_audit_check *)rounds, NULL);

	walk_rules(&at);
	return !at.judging.is_missing;
}

static void
audit_free(mg_check *check)
{
	mg_audit_check *audit = (mg_audit_check *)check;

	mg_rounds_end(&audit->rounds);
	mg_policy_unref(audit->policy);
	g_free(audit);
}

mg_audit_check *
mg_audit_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gint64 now_s)
{
	mg_audit_check *audit;

	if (facts->question != MG_ASK_AUDIT)
		return NULL;
	audit = g_new0(mg_audit_check, 1);
	mg_rounds_begin(&audit->rounds, tools, facts->deadline_ms, audit_try, audit_free);
	audit->policy = mg_policy_ref(policy);
	audit->facts = *facts;
	audit->now_s = now_s;
	if (facts->forward_path.octets == NULL
	    || !mg_domain_canonical(facts->forward_path.octets, facts->forward_path.length, TRUE, audit->domain))
		audit->domain[0] = 0;
	return audit;
}

mg_check *
mg_audit_check_base(mg_audit_check *audit)
{
	return &audit->rounds.base;
}

void
mg_audit_check_report(const mg_audit_check *audit, mg_evidence *evidence)
{
	walk at = walk_of(audit, evidence);

	walk_rules(&at);
}
