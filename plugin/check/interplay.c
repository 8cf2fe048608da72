/* interplay.c - see interplay.h. */
#include "check/interplay.h"

#include <string.h>

#include "session/helo_word.h"
#include "session/host_name.h"

static mg_result *
results_find(mg_results *results, mg_reason reason)
{
	for (guint i = 0; i < results->n; i++)
		if (results->all[i].reason == reason)
			return &results->all[i];
	return NULL;
}

/* ---- exemptions that want a proof ---- */

/* Sections of reasons, by the bits of mg_exempt_check. */
static const char *const check_sections[][2] = { { "spf", "spf-helo" }, { "helo", NULL }, { "ptr", NULL }, { "sender", NULL } };

/* A sender who is proven need not log in to be; what a user who has may send as is no matter of proof. */
static gboolean
is_exempted(const mg_exempt *exempt, mg_reason reason)
{
	const char *section = reason == MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN ? "sender" : mg_reason_get(reason)->section;

	for (guint bit = 0; bit < G_N_ELEMENTS(check_sections); bit++)
		if ((exempt->checks & (1u << bit)) && (g_strcmp0(section, check_sections[bit][0]) == 0
		                                      || g_strcmp0(section, check_sections[bit][1]) == 0))
			return TRUE;
	return FALSE;
}

/* What shows that @domain is who it says, in words; NULL: nothing that @exempt takes. */
static const char *
find_proof(const mg_exempt *exempt, const mg_facts *facts, const mg_sanity_host *host, mg_results *results,
           mg_reason spf_pass, const char *domain)
{
	guint proofs = exempt->proofs != 0 ? exempt->proofs : MG_PROOF_SPF | MG_PROOF_FCRDNS | MG_PROOF_AUTH;

	if ((proofs & MG_PROOF_AUTH) && facts->auth.length > 0)
		return "auth";
	if ((proofs & MG_PROOF_SPF) && results_find(results, spf_pass) != NULL)
		return "spf";
	if ((proofs & MG_PROOF_FCRDNS) && host->name[0] != 0 && mg_host_name_is_kin(host->name, domain))
		return "fcrdns";
	return NULL;
}

static void
exempt_apply(const mg_exempt *exempt, const char *what, const char *proof, mg_results *results, mg_trace *trace)
{
	static const mg_consequence off = MG_CONSEQUENCE_OFF;

	if (proof == NULL) {
		mg_trace_add(trace, "exempt %s: %s is unproven, and so is not exempt", exempt->name, what);
		return;
	}
	mg_trace_add(trace, "exempt %s: %s is exempt, proven by %s", exempt->name, what, proof);
	for (guint i = 0; i < results->n; i++)
		if (is_exempted(exempt, results->all[i].reason)) {
			results->all[i].instead = &off;
			results->all[i].is_discounted = TRUE;
		}
}

static void
exempt_consider(const mg_exempt *exempt, const mg_facts *facts, const mg_envelope *envelope, const mg_sanity_host *host,
                mg_results *results, mg_trace *trace)
{
	const mg_mailbox *sender = mg_envelope_sender(envelope);
	const char *domain = sender != NULL ? sender->domain : NULL;
	mg_helo_word helo = { .name = "" };

	if (domain != NULL && mg_addresses_find(exempt->senders, sender) != NULL)
		exempt_apply(exempt, "the sender", find_proof(exempt, facts, host, results, MG_REASON_SPF_PASS, domain), results, trace);
	if (exempt->helo != NULL && facts->helo.octets != NULL)
		mg_helo_word_read(facts->helo.octets, facts->helo.length, TRUE, &helo);
	if (helo.name[0] != 0 && mg_domains_find(exempt->helo, helo.name, NULL) != NULL)
		exempt_apply(exempt, "the HELO name", find_proof(exempt, facts, host, results, MG_REASON_SPF_HELO_PASS, helo.name),
		             results, trace);
}

/* ---- rules ---- */

static gboolean
rule_fits(const mg_rule *rule, mg_results *results)
{
	for (guint i = 0; i < rule->when->len; i++)
		if (results_find(results, g_array_index(rule->when, mg_reason, i)) == NULL)
			return FALSE;
	return rule->when->len > 0;
}

static void
rule_apply(const mg_rule *rule, mg_results *results, mg_trace *trace)
{
	char name[MG_REASON_NAME_MAX];

	for (guint i = 0; i < rule->affected->len; i++) {
		mg_reason reason = g_array_index(rule->affected, mg_reason, i);
		mg_result *result = results_find(results, reason);

		if (result == NULL)
			continue;
		mg_reason_name(reason, name);
		mg_trace_add(trace, "rule %s: %s leads to %s", rule->name, name, mg_consequence_name(rule->then));
		result->instead = &rule->then;
		result->is_discounted = rule->then == MG_CONSEQUENCE_OFF;
	}
}

/* SPF says so, or the client's confirmed name is of the sender's organisation (FEATURES H45); what the domain's own hosts are
 * was looked at before. */
static void
find_plausible(const mg_envelope *envelope, const mg_sanity_host *host, mg_results *results)
{
	const mg_mailbox *sender = mg_envelope_sender(envelope);
	const char *domain = sender != NULL ? sender->domain : NULL;

	if (domain != NULL && results_find(results, MG_REASON_SENDER_PLAUSIBLE) == NULL
	    && (results_find(results, MG_REASON_SPF_PASS) != NULL
	        || (host->name[0] != 0 && mg_host_name_is_kin(host->name, domain))))
		mg_results_add(results, MG_REASON_SENDER_PLAUSIBLE, domain);
}

/* ---- the score ---- */

/* Each reason once. One whose own action is "off" counts all the same: so it is left to the sum. */
static int
score_points(const mg_score_policy *score, mg_results *results, const mg_result *result)
{
	gboolean counts = !result->is_discounted && results_find(results, result->reason) == result;

	return counts ? score->points[result->reason] : 0;
}

static void
score_judge(const mg_score_policy *score, mg_results *results, mg_trace *trace, mg_evidence *evidence)
{
	g_autoptr(GString) parts = g_string_new(NULL);
	char name[MG_REASON_NAME_MAX];
	gint64 sum = 0, threshold = (gint64)score->threshold;

	for (guint i = 0; i < results->n; i++) {
		int points = score_points(score, results, &results->all[i]);

		sum += points;
		mg_reason_name(results->all[i].reason, name);
		if (points != 0)
			g_string_append_printf(parts, "%s%s %d", parts->len > 0 ? ", " : ": ", name, points);
	}
	if (parts->len > 0 || mg_trace_is_full(trace))
		mg_trace_add(trace, "score: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT "%s", sum, threshold, parts->str);
	if (evidence != NULL) {
		mg_evidence_add_number(evidence, "score", "sum", sum);
		mg_evidence_add_number(evidence, "score", "threshold", threshold);
	}
	if (sum >= threshold)
		mg_results_add(results, MG_REASON_SCORE_REACHED, NULL);
}

void
mg_interplay(const mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope, const mg_sanity_host *host,
             mg_results *results, mg_trace *trace, mg_evidence *evidence)
{
	if (facts->auth.length == 0)
		find_plausible(envelope, host, results);
	for (guint i = 0; i < policy->rules->len; i++)
		if (rule_fits(policy->rules->pdata[i], results))
			rule_apply(policy->rules->pdata[i], results, trace);
	for (guint i = 0; i < policy->exempts->len; i++)
		exempt_consider(policy->exempts->pdata[i], facts, envelope, host, results, trace);
	if (policy->score.is_kept && facts->question == MG_ASK_STAGE && facts->auth.length == 0)
		score_judge(&policy->score, results, trace, evidence);
}
