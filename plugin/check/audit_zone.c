/* audit_zone.c - what else the domain publishes: SOA, DMARC. See audit_rules.h. */
#include "check/audit_rules.h"

#include <string.h>

#include "session/domain.h"

static const mg_audit_rule soa_contact = {
	"soa-contact", "a mailbox that is read, in a domain that takes mail", "put such a mailbox into the SOA",
};
static const mg_audit_rule dmarc = { "dmarc", "a DMARC record (RFC 7489)", "publish a TXT record at _dmarc" };

void
mg_audit_walk_soa(mg_audit_walk *at)
{
	const mg_dns_answer *soa = mg_judging_ask_domain(&at->judging, MG_DNS_SOA, mg_domain_organisation(at->domain));
	char text[MG_DNS_NAME_TEXT_MAX];
	const mg_dns_answer *mx, *ipv4;
	const char *domain;

	if (mg_answer_exists(soa) != MG_YES) {
		mg_audit_tell_existence(at, &soa_contact, MG_SEVERITY_WARNING, mg_answer_exists(soa), soa, "SOA");
		return;
	}
	mg_dns_name_format(&soa->records[0].names[1], text);
	domain = strchr(text, '.');
	if (domain == NULL || domain[1] == 0) {
		mg_audit_tell(at, &soa_contact, MG_SEVERITY_ERROR, "the contact is %s", text);
		return;
	}
	mx = mg_judging_ask_domain(&at->judging, MG_DNS_MX, domain + 1);
	ipv4 = mg_judging_ask_domain(&at->judging, MG_DNS_A, domain + 1);
	switch (mg_tristate_either(mg_answer_exists(mx), mg_answer_exists(ipv4))) {
	case MG_YES:
		mg_audit_tell(at, &soa_contact, MG_SEVERITY_GOOD, "%s%s", text,
		              g_str_has_prefix(text, "hostmaster.") ? ", as many servers have it by default: is it read?" : "");
		break;
	case MG_NO:
		mg_audit_tell(at, &soa_contact, MG_SEVERITY_WARNING, "%s, whose domain takes no mail", text);
		break;
	case MG_UNKNOWN:
		mg_audit_tell(at, &soa_contact, MG_SEVERITY_UNKNOWN, "DNS does not say whether the domain of %s takes mail", text);
		break;
	}
}

void
mg_audit_walk_dmarc(mg_audit_walk *at)
{
	g_autofree char *name = g_strconcat("_dmarc.", at->domain, NULL);
	const mg_dns_answer *txt = mg_judging_ask_domain(&at->judging, MG_DNS_TXT, name);
	mg_tristate exists = mg_answer_exists(txt) == MG_UNKNOWN ? MG_UNKNOWN : MG_NO;

	for (guint i = 0; mg_answer_exists(txt) == MG_YES && i < txt->n_records; i++)
		if (g_str_has_prefix(txt->records[i].text, "v=DMARC1"))
			exists = MG_YES;
	mg_audit_tell_existence(at, &dmarc, MG_SEVERITY_NOTE, exists, txt, "DMARC record");
}
