/* helo.c - see helo.h. */
#include "check/helo.h"

#include <string.h>

#include "check/relay.h"
#include "session/helo_word.h"
#include "session/host_name.h"

/* ---- what the word says ---- */

static gboolean
is_own_ip(const mg_judging *judging, const mg_ip *ip)
{
	const mg_facts *facts = judging->facts;

	return mg_policy_is_own_address(judging->policy, ip)
	       || (facts->has_server && mg_ip_equal(&facts->server, ip));
}

static void
judge_address(mg_judging *judging, const mg_helo_word *word)
{
	const mg_client *client = judging->client;

	mg_judging_find(judging, word->kind == MG_HELO_LITERAL ? MG_REASON_HELO_LITERAL : MG_REASON_HELO_BARE_ADDRESS, NULL);
	if (client->has_ip && client->doubt == NULL && !mg_ip_equal(&word->ip, &client->ip))
		mg_judging_find(judging, MG_REASON_HELO_LITERAL_MISMATCH, NULL);
	if (is_own_ip(judging, &word->ip) && client->zone == NULL && !mg_ip_equal(&word->ip, &client->ip))
		mg_judging_find(judging, MG_REASON_HELO_OWN_ADDRESS, NULL);
}

static void
judge_own_names(mg_judging *judging, const mg_helo_word *word)
{
	const mg_policy *policy = judging->policy;
	const mg_client *client = judging->client;

	if (client->zone != NULL || (client->has_ip && is_own_ip(judging, &client->ip)))
		return;
	if (mg_policy_is_own_name(policy, word->name))
		mg_judging_find(judging, MG_REASON_HELO_OWN_NAME, NULL);
	else if (mg_relay_is_own_domain(policy, word->name))
		mg_judging_find(judging, MG_REASON_HELO_OWN_DOMAIN, NULL);
}

static void
judge_name(mg_judging *judging, const mg_helo_word *word)
{
	judge_own_names(judging, word);
	if (word->kind == MG_HELO_DOTLESS) {
		mg_judging_find(judging, MG_REASON_HELO_NOT_FQDN, NULL);
		return;
	}
	if (!mg_host_name_has_known_suffix(word->name))
		mg_judging_find(judging, MG_REASON_HELO_UNKNOWN_SUFFIX, NULL);
	if (judging->client->has_ip && mg_host_name_is_generic(word->name, &judging->client->ip))
		mg_judging_find(judging, MG_REASON_HELO_DYNAMIC, NULL);
}

/* ---- what DNS says of it ---- */

static gboolean
wants_addresses(const mg_policy *policy)
{
	return mg_policy_wants(policy, MG_REASON_HELO_NO_ADDRESS) || mg_policy_wants(policy, MG_REASON_HELO_NOT_CLIENT)
	       || mg_policy_wants(policy, MG_REASON_HELO_NEIGHBOUR);
}

/* "Address" and "client" apart: a name that has MX alone exists, and leads nowhere. */
static void
judge_addresses(mg_judging *judging, const mg_helo_word *word)
{
	const mg_ip *ip = &judging->client->ip;
	const mg_dns_answer *ipv4 = mg_judging_ask_domain(judging, MG_DNS_A, word->name);
	const mg_dns_answer *ipv6 = mg_judging_ask_domain(judging, MG_DNS_AAAA, word->name);
	const mg_dns_answer *mx = mg_judging_ask_domain(judging, MG_DNS_MX, word->name);
	mg_tristate has_ipv4 = mg_answer_exists(ipv4), has_ipv6 = mg_answer_exists(ipv6);
	gboolean has_address = has_ipv4 == MG_YES || has_ipv6 == MG_YES;

	judging->dnssec.helo = mg_addresses_are_secure(ipv4, ipv6);
	mg_trace_add(judging->trace, "helo: %s has %s address%s", word->name,
	             has_address ? "an" : has_ipv4 == MG_NO && has_ipv6 == MG_NO ? "no" : "perhaps an",
	             mg_answer_has_ip(ipv4, ip) || mg_answer_has_ip(ipv6, ip) ? ", the client's" : "");
	if (has_ipv4 == MG_NO && has_ipv6 == MG_NO && mg_answer_exists(mx) == MG_NO)
		mg_judging_find(judging, MG_REASON_HELO_NO_ADDRESS, NULL);
	else if (has_address && has_ipv4 != MG_UNKNOWN && has_ipv6 != MG_UNKNOWN && !mg_answer_has_ip(ipv4, ip)
	         && !mg_answer_has_ip(ipv6, ip))
		mg_judging_find(judging, mg_answer_has_neighbour(mg_ip_is_ipv4(ip) ? ipv4 : ipv6, ip) ? MG_REASON_HELO_NEIGHBOUR
		                                                                                       : MG_REASON_HELO_NOT_CLIENT, NULL);
}

/* One organisation is enough (FEATURES H12). */
static void
judge_kin(mg_judging *judging, const mg_helo_word *word, const mg_host *host)
{
	for (guint i = 0; i < host->n_names; i++)
		if (mg_host_name_is_kin(word->name, host->names[i]))
			return;
	if (host->n_names > 0)
		mg_judging_find(judging, MG_REASON_HELO_PTR_MISMATCH, NULL);
}

/* Names that only their owner's hosts say, as PTR and the way back prove (FEATURES H17). */
static void
judge_forgery(mg_judging *judging, const mg_helo_word *word, const mg_host *host)
{
	const char *entry = mg_domains_find(judging->policy->helo_verified, word->name, NULL);

	if (entry == NULL || host->iprev == 0 || host->iprev == MG_IPREV_TEMPERROR)
		return;
	if (host->confirmed >= 0 && mg_host_name_is_kin(word->name, host->names[host->confirmed]))
		return;
	mg_trace_add(judging->trace, "helo: %s is of verified-names '%s', and the client's names do not prove it", word->name, entry);
	mg_judging_find(judging, MG_REASON_HELO_FORGED, NULL);
}

/* ---- each word ---- */

static void
judge_word(mg_judging *judging, mg_words said, const mg_host *host)
{
	mg_helo_word word;
	const char *pattern = mg_patterns_find(judging->policy->helo_patterns, said.octets, said.length);

	judging->dnssec.helo = MG_UNKNOWN;   /* of the last word, which is judged last */
	mg_helo_word_read(said.octets, said.length, !judging->policy->helo_forbids_underscore, &word);
	if (pattern != NULL) {
		mg_trace_add(judging->trace, "helo: the word matches the pattern '%s'", pattern);
		mg_judging_find(judging, MG_REASON_HELO_PATTERN, NULL);
	}
	switch (word.kind) {
	case MG_HELO_MALFORMED:
		mg_trace_add(judging->trace, "helo: no valid word: %s", word.fault);
		mg_judging_find(judging, MG_REASON_HELO_SYNTAX, NULL);
		return;
	case MG_HELO_LITERAL:
	case MG_HELO_ADDRESS:
		judge_address(judging, &word);
		return;
	case MG_HELO_DOTLESS:
		judge_name(judging, &word);
		return;
	case MG_HELO_NAME:
		judge_name(judging, &word);
		break;
	}
	if (!judging->client->has_ip || judging->client->doubt != NULL)
		return;
	if (wants_addresses(judging->policy))
		judge_addresses(judging, &word);
	judge_kin(judging, &word, host);
	judge_forgery(judging, &word, host);
}

static gboolean
is_same_word(mg_words a, mg_words b)
{
	return a.length == b.length && g_ascii_strncasecmp(a.octets, b.octets, a.length) == 0;
}

void
mg_helo_judge(mg_judging *judging, const mg_host *host)
{
	const mg_facts *facts = judging->facts;

	if (facts->helo.octets == NULL) {
		if (facts->stage >= MG_STAGE_MAIL || facts->question == MG_ASK_HELO)
			mg_judging_find(judging, MG_REASON_HELO_MISSING, NULL);
		return;
	}
	for (guint i = 0; i < facts->n_helo_before; i++) {
		const mg_earlier_helo *before = &facts->helo_before[i];

		judge_word(judging, before->word, host);
		/* After STARTTLS the client begins anew (RFC 3207 4.2). */
		if (!before->is_before_tls && !is_same_word(before->word, facts->helo))
			mg_judging_find(judging, MG_REASON_HELO_CHANGED, NULL);
	}
	judge_word(judging, facts->helo, host);
}
