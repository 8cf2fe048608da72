/* judge.h - for tests: a policy from text, and what a question gets under it. */
#ifndef MG_TEST_JUDGE_H
#define MG_TEST_JUDGE_H

#include <glib.h>
#include <string.h>

#include "check/stage.h"
#include "verdict/decide.h"

/* The policy of @text; the test fails if it is refused, with the findings told. */
static inline mg_policy *
policy_from(const char *text)
{
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = mg_policy_parse(text, strlen(text), "test.conf", findings);

	for (guint i = 0; policy == NULL && i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_test_message("%s", line);
	}
	mg_findings_free(findings);
	g_assert_nonnull(policy);
	return policy;
}

/* Facts of a client at @ip that says @helo and MAIL FROM:<@from>; NULL for what it has not said. */
static inline mg_facts
facts_from(const char *ip, const char *helo, const char *from)
{
	mg_facts facts = { .question = MG_ASK_STAGE, .stage = MG_STAGE_RCPT, .session_id = "", .provenance = MG_FROM_SOCKET,
		           .server_name = "", .ptr = "", .tls_version = "" };

	facts.has_client = ip != NULL;
	if (ip != NULL)
		g_assert_true(mg_ip_parse(ip, &facts.client));
	facts.helo = (mg_words){ helo, helo ? strlen(helo) : 0 };
	facts.reverse_path = (mg_words){ from, from ? strlen(from) : 0 };
	return facts;
}

/* "action reason" of the question, at a fixed time. */
static inline void
judge_at(const mg_policy *policy, const mg_facts *facts, gint64 now_s, char out[64])
{
	mg_stage_outcome *outcome = g_new0(mg_stage_outcome, 1);
	mg_decision decision;
	char name[MG_REASON_NAME_MAX];

	mg_stage_run(policy, facts, now_s, NULL, NULL, NULL, outcome);
	mg_decide(policy, &outcome->circumstances, &outcome->results, NULL, &decision);
	mg_reason_name(decision.reason, name);
	g_snprintf(out, 64, "%s %s", mg_action_name((int)decision.action), name);
	g_free(outcome);
}

#define TEST_NOW_S G_GINT64_CONSTANT(1795176000)   /* 2026-11-20 12:00 UTC, a Friday */

static inline void
assert_judged(const mg_policy *policy, mg_facts facts, const char *to, gsize to_length, const char *expected)
{
	char judged[64];

	facts.forward_path = (mg_words){ to, to_length };
	judge_at(policy, &facts, TEST_NOW_S, judged);
	g_assert_cmpstr(judged, ==, expected);
}

#endif
