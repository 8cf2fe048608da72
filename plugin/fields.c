/* fields.c - see fields.h. */
#include "fields.h"

#include <string.h>

#include "verdict/header.h"

#define FINDINGS_MAX 200   /* octets of the words of one row of "policy" */

/* FALSE: the identity was not judged, and nothing is told of it. */
static gboolean
read_spf(const mg_spf_check *spf, mg_header_spf *told_out)
{
	const mg_spf_outcome *outcome = spf != NULL ? mg_spf_check_outcome(spf) : NULL;

	if (spf == NULL || mg_spf_check_skipped(spf) != NULL)
		return FALSE;
	*told_out = (mg_header_spf){ outcome->result, mg_spf_check_domain(spf), outcome->problem, outcome->matched };
	if (outcome->matched == NULL && outcome->result == MG_SPF_NEUTRAL)
		told_out->mechanism = "default";   /* RFC 7208 9.1: no term matched (4.7) */
	return TRUE;
}

/* The words of @section that the policy makes something of, a space before each; FALSE: there is none. */
static gboolean
read_findings(const mg_policy *policy, const mg_stage_outcome *outcome, const char *section, char findings_out[FINDINGS_MAX])
{
	findings_out[0] = 0;
	for (guint i = 0; i < outcome->results.n; i++) {
		const mg_result *result = &outcome->results.all[i];
		const mg_reason_info *info = mg_reason_get(result->reason);

		if (g_strcmp0(info->section, section) != 0 || !mg_decide_counts(policy, &outcome->circumstances, result))
			continue;
		g_strlcat(findings_out, " ", FINDINGS_MAX);
		g_strlcat(findings_out, info->word, FINDINGS_MAX);
	}
	return findings_out[0] != 0;
}

void
mg_fields_build(const mg_policy *policy, const mg_facts *facts, const mg_stage_checks *checks,
                const mg_stage_outcome *outcome, mg_fields *fields_out)
{
	mg_header_spf helo, mail_from;
	char ip[MG_IP_TEXT_MAX], of_helo[FINDINGS_MAX], of_sender[FINDINGS_MAX];
	mg_resinfo others[3];
	mg_header_facts told = {
		.hostname = policy->hostname, .client = facts->client, .helo = facts->helo, .reverse_path = facts->reverse_path,
		.others = others,
	};

	*fields_out = (mg_fields){ { NULL, NULL }, NULL };
	if (read_spf(checks->spf[MG_IDENTITY_HELO], &helo))
		told.spf_helo = &helo;
	if (read_spf(checks->spf[MG_IDENTITY_MAIL_FROM], &mail_from))
		told.spf_mail_from = &mail_from;
	if (outcome->host.iprev != 0) {
		mg_ip_format(&facts->client, ip);
		others[told.n_others++] = (mg_resinfo){ "iprev", mg_iprev_word(outcome->host.iprev), NULL, "policy", "iprev",
		                                        { ip, strlen(ip) } };
	}
	if (read_findings(policy, outcome, "helo", of_helo))
		others[told.n_others++] = (mg_resinfo){ "policy", "fail", of_helo, "smtp", "helo", facts->helo };
	if (read_findings(policy, outcome, "sender", of_sender))
		others[told.n_others++] = (mg_resinfo){ "policy", "fail", of_sender, "smtp", "mailfrom", facts->reverse_path };
	if (told.spf_helo == NULL && told.spf_mail_from == NULL && told.n_others == 0)
		return;
	fields_out->received_spf[0] = mg_received_spf_build(&told, MG_IDENTITY_HELO);
	fields_out->received_spf[1] = mg_received_spf_build(&told, MG_IDENTITY_MAIL_FROM);
	fields_out->authentication_results = mg_authentication_results_build(&told);
}

void
mg_fields_clear(mg_fields *fields)
{
	g_free(fields->received_spf[0]);
	g_free(fields->received_spf[1]);
	g_free(fields->authentication_results);
}
