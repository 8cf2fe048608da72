/* sender_domain.c - see sender_domain.h. */
#include "check/sender_domain.h"

#include <string.h>

#define EXCHANGES_MAX 10

/* A client that is one of the domain's own hosts is likely to send for it. */
static void
judge_client(mg_judging *judging, const mg_dns_answer *addresses, const char *domain)
{
	const mg_client *client = judging->client;

	if (client->has_ip && client->doubt == NULL && mg_answer_has_ip(addresses, &client->ip))
		mg_judging_find(judging, MG_REASON_SENDER_PLAUSIBLE, domain);
}

static void
judge_exchanges(mg_judging *judging, const mg_dns_answer *mx, const char *domain)
{
	gboolean all_bogus = TRUE, has_address = FALSE;

	for (guint i = 0; i < MIN(mx->n_records, EXCHANGES_MAX); i++) {
		const mg_dns_name *exchange = mx->records[i].names;
		const mg_dns_answer *ipv4, *ipv6;

		if (exchange->length <= 1)
			continue;
		if (mg_exchange_is_address(exchange)) {
			mg_judging_find(judging, MG_REASON_SENDER_MX_ADDRESS, domain);
			all_bogus = FALSE;   /* what was meant is another matter */
			continue;
		}
		ipv4 = mg_judging_ask(judging, MG_DNS_A, exchange);
		ipv6 = mg_judging_ask(judging, MG_DNS_AAAA, exchange);
		judge_client(judging, ipv4, domain);
		judge_client(judging, ipv6, domain);
		if ((ipv4 != NULL && ipv4->n_aliases > 0) || (ipv6 != NULL && ipv6->n_aliases > 0))
			mg_judging_find(judging, MG_REASON_SENDER_MX_CNAME, domain);
		has_address = has_address || mg_answer_exists(ipv4) == MG_YES || mg_answer_exists(ipv6) == MG_YES;
		all_bogus = all_bogus && mg_answer_is_special(ipv4) == MG_YES && mg_answer_is_special(ipv6) == MG_YES;
	}
	if (all_bogus && has_address)
		mg_judging_find(judging, MG_REASON_SENDER_MX_BOGON, domain);
}

static void
judge_domain(mg_judging *judging, const char *domain)
{
	const mg_dns_answer *mx = mg_judging_ask_domain(judging, MG_DNS_MX, domain);
	const mg_dns_answer *ipv4 = mg_judging_ask_domain(judging, MG_DNS_A, domain);
	const mg_dns_answer *ipv6 = mg_judging_ask_domain(judging, MG_DNS_AAAA, domain);

	judge_client(judging, ipv4, domain);
	judge_client(judging, ipv6, domain);
	switch (mg_answer_exists(mx)) {
	case MG_YES:
		mg_trace_add(judging->trace, "sender: %s has %u MX", domain, mx->n_records);
		judging->dnssec.sender = mx->is_secure ? MG_YES : MG_NO;
		if (mg_answer_is_null_mx(mx))
			mg_judging_find(judging, MG_REASON_SENDER_NULL_MX, domain);
		else
			judge_exchanges(judging, mx, domain);
		break;
	case MG_NO:
		judging->dnssec.sender = mg_addresses_are_secure(ipv4, ipv6);
		if (judging->dnssec.sender == MG_YES && !mx->is_secure)
			judging->dnssec.sender = MG_NO;   /* who hides the MX leads mail elsewhere */
		if (mg_answer_exists(ipv4) == MG_NO && mg_answer_exists(ipv6) == MG_NO) {
			mg_trace_add(judging->trace, "sender: %s has neither MX nor an address", domain);
			mg_judging_find(judging, MG_REASON_SENDER_NO_DOMAIN, domain);
		}
		break;
	case MG_UNKNOWN:
		mg_trace_add(judging->trace, "sender: the MX of %s is not known", domain);
		break;
	}
}

void
mg_sender_domain_judge(mg_judging *judging)
{
	const mg_mailbox *mailbox = mg_envelope_sender(judging->envelope);

	if (mailbox == NULL)
		return;
	if (mailbox->is_literal)
		mg_judging_find(judging, MG_REASON_SENDER_LITERAL, mailbox->domain);
	else if (mailbox->domain == NULL || strchr(mailbox->domain, '.') == NULL)
		mg_judging_find(judging, MG_REASON_SENDER_NOT_FQDN, mailbox->domain);
	else
		judge_domain(judging, mailbox->domain);
}
