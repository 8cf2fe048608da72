/* judging.c - see judging.h. */
#include "check/judging.h"

#include <string.h>

#include "session/special.h"

void
mg_judging_find(mg_judging *judging, mg_reason reason, const char *domain)
{
	for (guint i = 0; i < judging->results->n; i++)
		if (judging->results->all[i].reason == reason)
			return;
	mg_results_add(judging->results, reason, domain);
}

mg_dns_answer *
mg_judging_ask(mg_judging *judging, mg_dns_type type, const mg_dns_name *name)
{
	const mg_dns_question question = { type, *name };
	mg_dns_answer *answer = judging->answers != NULL ? mg_answers_get(judging->answers, &question) : NULL;

	judging->is_missing = judging->is_missing || answer == NULL;
	return answer;
}

mg_dns_answer *
mg_judging_ask_domain(mg_judging *judging, mg_dns_type type, const char *domain)
{
	mg_dns_name name;

	return mg_dns_name_from_text(domain, strlen(domain), &name) ? mg_judging_ask(judging, type, &name) : NULL;
}

mg_tristate
mg_answer_exists(const mg_dns_answer *answer)
{
	if (answer == NULL || answer->outcome == MG_DNS_UNKNOWN)
		return MG_UNKNOWN;
	return answer->outcome == MG_DNS_FOUND && answer->n_records > 0 ? MG_YES : MG_NO;
}

gboolean
mg_answer_has_ip(const mg_dns_answer *answer, const mg_ip *ip)
{
	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < answer->n_records; i++)
		if (mg_ip_equal(&answer->records[i].ip, ip))
			return TRUE;
	return FALSE;
}

mg_tristate
mg_answer_is_special(const mg_dns_answer *answer)
{
	mg_tristate exists = mg_answer_exists(answer);

	if (exists == MG_UNKNOWN)
		return MG_UNKNOWN;
	for (guint i = 0; exists == MG_YES && i < answer->n_records; i++)
		if (!mg_ip_is_special(&answer->records[i].ip))
			return MG_NO;
	return MG_YES;
}

mg_tristate
mg_addresses_are_secure(const mg_dns_answer *ipv4, const mg_dns_answer *ipv6)
{
	mg_tristate has_ipv4 = mg_answer_exists(ipv4), has_ipv6 = mg_answer_exists(ipv6);

	if (has_ipv4 == MG_UNKNOWN || has_ipv6 == MG_UNKNOWN || (has_ipv4 == MG_NO && has_ipv6 == MG_NO))
		return MG_UNKNOWN;
	return (has_ipv4 == MG_NO || ipv4->is_secure) && (has_ipv6 == MG_NO || ipv6->is_secure) ? MG_YES : MG_NO;
}

gboolean
mg_answer_is_null_mx(const mg_dns_answer *mx)
{
	return mx->n_records == 1 && mx->records[0].names->length <= 1;
}

gboolean
mg_exchange_is_address(const mg_dns_name *exchange)
{
	char text[MG_DNS_NAME_TEXT_MAX];
	mg_ip ip;

	mg_dns_name_format(exchange, text);
	return mg_ip_parse(text, &ip);
}

gboolean
mg_answer_has_neighbour(const mg_dns_answer *answer, const mg_ip *ip)
{
	const guint prefix = mg_ip_is_ipv4(ip) ? MG_IPV4_PREFIX + 24 : 64;
	const mg_network around = { mg_ip_mask(ip, prefix), (guint8)prefix };

	for (guint i = 0; mg_answer_exists(answer) == MG_YES && i < answer->n_records; i++)
		if (mg_network_contains(&around, &answer->records[i].ip))
			return TRUE;
	return FALSE;
}

void
mg_dnssec_tell(mg_tristate is_secure, const char *check, mg_trace *trace, mg_evidence *evidence)
{
	static const char *const words[] = { [MG_NO] = "no", [MG_YES] = "yes" };

	if (is_secure == MG_UNKNOWN)
		return;
	mg_trace_add(trace, "%s: dnssec %s", check, words[is_secure]);
	mg_evidence_add_text(evidence, check, "dnssec", words[is_secure]);
}
