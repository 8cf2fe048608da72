/* host.c - see host.h. */
#include "check/host.h"

#include <string.h>

#include "session/host_name.h"

#define ALIASES_MAX 5   /* FEATURES H27 */

/* What the server has found out, if the policy believes it. */
static gboolean
host_from_server(const mg_judging *judging, mg_host *host)
{
	const char *ptr = judging->facts->ptr;
	gsize length = strlen(ptr);

	if (!judging->policy->ptr_is_from_server || judging->facts->iprev == 0)
		return FALSE;
	host->iprev = judging->facts->iprev;
	host->confirmed = host->iprev == MG_IPREV_PASS ? 0 : -1;
	length -= length > 1 && ptr[length - 1] == '.';
	if (mg_domain_canonical(ptr, length, FALSE, host->names[0]))
		host->n_names = 1;
	return TRUE;
}

static void
host_take_names(const mg_dns_answer *answer, mg_host *host)
{
	char text[MG_DNS_NAME_TEXT_MAX];

	for (guint i = 0; i < MIN(answer->n_records, MG_HOST_NAMES_MAX); i++) {
		mg_dns_name_format(answer->records[i].names, text);
		if (mg_domain_canonical(text, strlen(text), FALSE, host->names[host->n_names]))
			host->n_names++;
	}
}

/* Whether a name leads back to the address; all are asked at once. */
static mg_tristate
host_confirm(mg_judging *judging, const mg_dns_answer *ptr, mg_host *host)
{
	const mg_ip *ip = &judging->client->ip;
	mg_dns_type type = mg_ip_is_ipv4(ip) ? MG_DNS_A : MG_DNS_AAAA;
	mg_tristate confirmed = MG_NO;

	for (guint i = 0; i < host->n_names; i++) {
		const mg_dns_answer *answer = mg_judging_ask_domain(judging, type, host->names[i]);

		if (mg_answer_has_ip(answer, ip) && confirmed != MG_YES) {
			host->confirmed = (int)i;
			confirmed = MG_YES;
			judging->dnssec.ptr = ptr->is_secure && answer->is_secure ? MG_YES : MG_NO;
		} else if (mg_answer_exists(answer) == MG_UNKNOWN && confirmed == MG_NO)
			confirmed = MG_UNKNOWN;
	}
	return confirmed;
}

static void
host_from_dns(mg_judging *judging, mg_host *host)
{
	const mg_dns_answer *answer;
	mg_dns_name name;

	mg_dns_name_from_ip(&judging->client->ip, &name);
	answer = mg_judging_ask(judging, MG_DNS_PTR, &name);
	switch (mg_answer_exists(answer)) {
	case MG_NO:
		host->iprev = MG_IPREV_FAIL;
		return;
	case MG_UNKNOWN:
		host->iprev = answer != NULL ? MG_IPREV_TEMPERROR : 0;
		return;
	case MG_YES:
		break;
	}
	host_take_names(answer, host);
	if (host->n_names == 0 || answer->n_aliases > ALIASES_MAX) {
		host->iprev = MG_IPREV_PERMERROR;
		return;
	}
	switch (host_confirm(judging, answer, host)) {
	case MG_YES:     host->iprev = MG_IPREV_PASS; break;
	case MG_NO:      host->iprev = MG_IPREV_FAIL; break;
	case MG_UNKNOWN: host->iprev = judging->is_missing ? 0 : MG_IPREV_TEMPERROR; break;
	}
}

static gboolean
host_has_generic_name(const mg_judging *judging, const mg_host *host)
{
	for (guint i = 0; i < host->n_names; i++)
		if (mg_host_name_is_generic(host->names[i], &judging->client->ip))
			return TRUE;
	return FALSE;
}

const char *
mg_iprev_word(mg_iprev iprev)
{
	static const char *const words[] = {   /* RFC 8601 2.7.3 */
		[MG_IPREV_PASS] = "pass", [MG_IPREV_FAIL] = "fail", [MG_IPREV_TEMPERROR] = "temperror",
		[MG_IPREV_PERMERROR] = "permerror",
	};

	return words[iprev];
}

static void
host_trace(const mg_judging *judging, const mg_host *host)
{
	mg_trace_add(judging->trace, "ptr: iprev %s; %u names%s%s", host->iprev != 0 ? mg_iprev_word(host->iprev) : "not known", host->n_names,
	             host->n_names > 0 ? ", the first is " : "", host->n_names > 0 ? host->names[0] : "");
}

void
mg_host_clear(mg_host *host)
{
	host->iprev = 0;
	host->confirmed = -1;
	host->n_names = 0;
}

void
mg_host_judge(mg_judging *judging, mg_host *host_out)
{
	mg_host *host = host_out;

	mg_host_clear(host);
	if (!host_from_server(judging, host))
		host_from_dns(judging, host);
	host_trace(judging, host);
	if (host->iprev == MG_IPREV_FAIL)
		mg_judging_find(judging, host->n_names == 0 ? MG_REASON_PTR_MISSING : MG_REASON_PTR_NOT_CONFIRMED, NULL);
	if (host->n_names > 1)
		mg_judging_find(judging, MG_REASON_PTR_MANY, NULL);
	if (host_has_generic_name(judging, host))
		mg_judging_find(judging, MG_REASON_PTR_GENERIC, NULL);
}
