/* deny_dns.c - see deny_dns.h. */
#include "check/deny_dns.h"

#include <string.h>

#include "session/domain.h"
#include "session/helo_word.h"

#define RECORDS_MAX 10

/* The result is about the sender's domain, or about no domain: other names are gone before the verdict is told. */
static void
deny(mg_judging *judging, const char *name, const char *record, const char *value)
{
	const mg_mailbox *sender = mg_envelope_sender(judging->envelope);
	const char *domain = sender != NULL && !sender->is_literal ? sender->domain : NULL;

	mg_trace_add(judging->trace, "deny: %s of %s, %s, is in [deny dns]", record, name, value);
	mg_judging_find(judging, MG_REASON_DENY_DNS, g_strcmp0(domain, name) == 0 ? domain : NULL);
}

static void
judge_ips(mg_judging *judging, const char *name, const mg_dns_answer *answer)
{
	char text[MG_IP_TEXT_MAX];
	guint set;

	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < answer->n_records; i++)
		if (mg_networks_find(judging->policy->deny_dns.addresses, &answer->records[i].ip, &set, NULL)) {
			mg_ip_format(&answer->records[i].ip, text);
			deny(judging, name, "an address", text);
			return;
		}
}

static void
judge_addresses(mg_judging *judging, const char *name)
{
	if (judging->policy->deny_dns.addresses == NULL)
		return;
	judge_ips(judging, name, mg_judging_ask_domain(judging, MG_DNS_A, name));
	judge_ips(judging, name, mg_judging_ask_domain(judging, MG_DNS_AAAA, name));
}

/* The names that @owner has for @type are none of @listed; their addresses are looked at as well. */
static void
judge_hosts(mg_judging *judging, const char *owner, mg_dns_type type, const mg_domains *listed)
{
	const mg_dns_answer *answer = mg_judging_ask_domain(judging, type, owner);
	char given[MG_DNS_NAME_TEXT_MAX], name[MG_DOMAIN_MAX + 1];

	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < MIN(answer->n_records, RECORDS_MAX); i++) {
		mg_dns_name_format(answer->records[i].names, given);
		if (!mg_domain_canonical(given, strlen(given), FALSE, name))
			continue;
		if (mg_domains_find(listed, name, NULL) != NULL)
			deny(judging, owner, type == MG_DNS_MX ? "an MX" : "an NS", name);
		judge_addresses(judging, name);
	}
}

void
mg_deny_dns_judge_name(mg_judging *judging, const char *name)
{
	const mg_deny_dns *listed = &judging->policy->deny_dns;

	judge_addresses(judging, name);
	if (listed->addresses != NULL || listed->exchanges != NULL)
		judge_hosts(judging, name, MG_DNS_MX, listed->exchanges);
	if (listed->addresses != NULL || listed->name_servers != NULL)
		judge_hosts(judging, mg_domain_organisation(name), MG_DNS_NS, listed->name_servers);
}

static void
judge_word(mg_judging *judging, mg_words said)
{
	mg_helo_word word;

	mg_helo_word_read(said.octets, said.length, TRUE, &word);
	if (word.kind == MG_HELO_NAME)
		mg_deny_dns_judge_name(judging, word.name);
}

void
mg_deny_dns_judge_helo(mg_judging *judging)
{
	const mg_facts *facts = judging->facts;

	if (facts->helo.octets == NULL)
		return;
	for (guint i = 0; i < facts->n_helo_before; i++)
		judge_word(judging, facts->helo_before[i].word);
	judge_word(judging, facts->helo);
}

void
mg_deny_dns_judge_sender(mg_judging *judging)
{
	const mg_mailbox *mailbox = mg_envelope_sender(judging->envelope);

	if (mailbox != NULL && !mailbox->is_literal && mailbox->domain != NULL)
		mg_deny_dns_judge_name(judging, mailbox->domain);
}
