/* test_interplay.c - rules between results, and exemptions that want a proof. Pure: the results are made up. */
#include <stdio.h>

#include "check/interplay.h"
#include "judge.h"
#include "support.h"

#define POLICY "[domains]\nlocal = ours.com\n"
#define RULE "[rule r]\nwhen = spf.pass\nfor = ptr.missing ptr.not-confirmed\nthen = off\n"
#define FRIEND "[exempt friend]\nsenders = @friend.com\nchecks = ptr helo\n"

typedef struct interplay_case {
	const char *name, *policy, *helo, *from, *auth, *host;   /* host: the client's confirmed name */
	const char *found;      /* names of results, spaces between */
	const char *expected;   /* of each result its consequence */
} interplay_case;

static const interplay_case interplay_cases[] = {
	{ "rule/fits", POLICY RULE, NULL, "", NULL, "", "spf.pass ptr.missing", "off off" },
	{ "rule/does-not-fit", POLICY RULE, NULL, "", NULL, "", "spf.none ptr.missing", "off flag" },
	{ "rule/other-results-stay", POLICY RULE, NULL, "", NULL, "", "spf.pass ptr.missing helo.not-fqdn", "off off flag" },
	{ "rule/affects-several", POLICY RULE, NULL, "", NULL, "", "spf.pass ptr.missing ptr.not-confirmed", "off off off" },
	{ "rule/all-of-when", POLICY "[rule r]\nwhen = spf.softfail ptr.missing\nfor = ptr.missing\nthen = reject\n", NULL, "", NULL,
	  "", "spf.softfail ptr.missing", "flag reject" },
	{ "rule/one-of-when-is-not-enough", POLICY "[rule r]\nwhen = spf.softfail ptr.missing\nfor = ptr.missing\nthen = reject\n",
	  NULL, "", NULL, "", "spf.none ptr.missing", "off flag" },
	{ "rule/the-last-holds", POLICY RULE "[rule s]\nwhen = spf.pass\nfor = ptr.missing\nthen = defer\n", NULL, "", NULL, "",
	  "spf.pass ptr.missing", "off defer" },
	{ "rule/hardens", POLICY "[rule r]\nwhen = helo.dynamic\nfor = helo.dynamic\nthen = reject\n", NULL, "", NULL, "",
	  "helo.dynamic", "reject" },
	{ "rule/monitor-mode-wins", "[mailguard]\nmode = monitor\n" POLICY
	  "[rule r]\nwhen = helo.dynamic\nfor = helo.dynamic\nthen = reject\n", NULL, "", NULL, "", "helo.dynamic", "monitor" },
	{ "rule/plausible", POLICY "[rule r]\nwhen = sender.plausible\nfor = ptr.missing\nthen = off\n", NULL, "u@a.com", NULL,
	  "mx.a.com", "ptr.missing", "off" },
	{ "rule/plausible-by-spf", POLICY "[rule r]\nwhen = sender.plausible\nfor = ptr.missing\nthen = off\n", NULL, "u@a.com",
	  NULL, "", "spf.pass ptr.missing", "off off" },
	{ "rule/not-plausible", POLICY "[rule r]\nwhen = sender.plausible\nfor = ptr.missing\nthen = off\n", NULL, "u@a.com", NULL,
	  "mx.b.com", "ptr.missing", "flag" },

	{ "exempt/spf", POLICY FRIEND, NULL, "u@friend.com", NULL, "", "spf.pass ptr.missing helo.not-fqdn", "off off off" },
	{ "exempt/unproven", POLICY FRIEND, NULL, "u@friend.com", NULL, "", "spf.none ptr.missing", "off flag" },
	{ "exempt/softfail-proves-nothing", POLICY FRIEND, NULL, "u@friend.com", NULL, "", "spf.softfail ptr.missing",
	  "flag flag" },
	{ "exempt/fcrdns", POLICY FRIEND, NULL, "u@friend.com", NULL, "out.friend.com", "spf.none helo.not-fqdn", "off off" },
	{ "exempt/fcrdns-of-another", POLICY FRIEND, NULL, "u@friend.com", NULL, "out.foe.com", "spf.none helo.not-fqdn",
	  "off flag" },
	{ "exempt/auth", POLICY FRIEND, NULL, "u@friend.com", "ana", "", "helo.not-fqdn", "off" },
	{ "exempt/only-what-it-names", POLICY FRIEND, NULL, "u@friend.com", NULL, "", "spf.pass sender.no-domain", "off flag" },
	{ "exempt/login", POLICY "[exempt x]\nsenders = @friend.com\nchecks = sender\n", NULL, "u@friend.com", NULL, "",
	  "spf.pass sender-logins.not-logged-in", "off off" },
	{ "exempt/login-unproven", POLICY "[exempt x]\nsenders = @friend.com\nchecks = sender\n", NULL, "u@friend.com", NULL, "",
	  "spf.none sender-logins.not-logged-in", "off flag" },
	{ "exempt/another's-sender", POLICY "[exempt x]\nsenders = @friend.com\nchecks = sender\n", NULL, "u@friend.com", "ana", "",
	  "sender-logins.not-owner", "reject" },
	{ "exempt/another-sender", POLICY FRIEND, NULL, "u@foe.com", NULL, "", "spf.pass ptr.missing", "off flag" },
	{ "exempt/below-the-sender", POLICY FRIEND, NULL, "u@x.friend.com", NULL, "", "spf.pass ptr.missing", "off flag" },
	{ "exempt/null-reverse-path", POLICY FRIEND, NULL, "", NULL, "", "spf.pass ptr.missing", "off flag" },
	{ "exempt/require", POLICY FRIEND "require = fcrdns\n", NULL, "u@friend.com", NULL, "", "spf.pass ptr.missing", "off flag" },
	{ "exempt/require-one-of-two", POLICY FRIEND "require = fcrdns spf\n", NULL, "u@friend.com", NULL, "",
	  "spf.pass ptr.missing", "off off" },
	{ "exempt/helo", POLICY "[exempt x]\nhelo = .friend.com\nchecks = ptr\n", "mx.friend.com", "u@foe.com", NULL, "",
	  "spf-helo.pass ptr.missing", "off off" },
	{ "exempt/helo-by-spf-of-the-sender", POLICY "[exempt x]\nhelo = .friend.com\nchecks = ptr\n", "mx.friend.com", "u@foe.com",
	  NULL, "", "spf.pass ptr.missing", "off flag" },
	{ "exempt/helo-fcrdns", POLICY "[exempt x]\nhelo = .friend.com\nchecks = ptr\n", "MX.Friend.com.", "u@foe.com", NULL,
	  "out.friend.com", "ptr.many", "off" },
	{ "exempt/wins-over-a-rule", POLICY FRIEND "[rule r]\nwhen = spf.pass\nfor = ptr.missing\nthen = reject\n", NULL,
	  "u@friend.com", NULL, "", "spf.pass ptr.missing", "off off" },
};

static mg_reason
reason_of(const char *wanted)
{
	char name[MG_REASON_NAME_MAX];

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		mg_reason_name(reason, name);
		if (strcmp(name, wanted) == 0)
			return reason;
	}
	g_assert_not_reached();
}

static void
test_interplay(gconstpointer data)
{
	const interplay_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	g_auto(GStrv) names = g_strsplit(row->found, " ", -1);
	mg_facts facts = facts_from("198.51.100.7", row->helo, row->from);
	mg_envelope *envelope = g_new0(mg_envelope, 1);
	g_autoptr(GString) got = g_string_new(NULL);
	mg_sanity_host host = { .iprev = 0 };
	mg_results results = { 0 };

	facts.auth = (mg_words){ row->auth, row->auth != NULL ? strlen(row->auth) : 0 };
	g_strlcpy(host.name, row->host, sizeof(host.name));
	for (guint i = 0; names[i] != NULL; i++)
		mg_results_add(&results, reason_of(names[i]), NULL);
	mg_envelope_read(policy, &facts, envelope);
	mg_interplay(policy, &facts, envelope, &host, &results, NULL, NULL);
	for (guint i = 0; names[i] != NULL; i++)
		g_string_append_printf(got, "%s%s", i > 0 ? " " : "",
		                       mg_consequence_name(mg_decide_consequence(policy, &results.all[i])));
	g_assert_cmpstr(got->str, ==, row->expected);
	g_free(envelope);
}

/* ---- the score ---- */

#define POINTS POLICY "[score]\npoints = ptr.missing:2 helo.not-fqdn:3 spf.pass:-2 spf.none:1 sender.own-domain:5 spf.fail:100\n"

typedef struct score_case {
	const char *name, *policy, *from, *auth;
	const char *found;      /* names of results, spaces between */
	const char *scored;     /* the line of the trace, "": there is none; with "reached" behind it if that is found */
} score_case;

static const score_case score_cases[] = {
	{ "reached", POINTS, "", NULL, "ptr.missing helo.not-fqdn", "score: 5 of 5: ptr.missing 2, helo.not-fqdn 3 reached" },
	{ "one-less", POINTS "threshold = 6\n", "", NULL, "ptr.missing helo.not-fqdn", "score: 5 of 6: ptr.missing 2, helo.not-fqdn 3" },
	{ "one-more", POINTS "threshold = 4\n", "", NULL, "ptr.missing helo.not-fqdn",
	  "score: 5 of 4: ptr.missing 2, helo.not-fqdn 3 reached" },
	{ "least-threshold", POINTS "threshold = 1\n", "", NULL, "spf.none", "score: 1 of 1: spf.none 1 reached" },
	{ "most-threshold", POINTS "threshold = 1000\n", "", NULL, "spf.fail", "score: 100 of 1000: spf.fail 100" },
	{ "counts-for-the-client", POINTS, "", NULL, "spf.pass ptr.missing helo.not-fqdn",
	  "score: 3 of 5: spf.pass -2, ptr.missing 2, helo.not-fqdn 3" },
	{ "below-nothing", POINTS "threshold = 1\n", "", NULL, "spf.pass", "score: -2 of 1: spf.pass -2" },
	{ "what-is-found-without-points", POINTS, "", NULL, "ptr.many helo.changed ptr.missing", "score: 2 of 5: ptr.missing 2" },
	{ "nothing-found", POINTS, "", NULL, "ptr.many", "score: 0 of 5" },
	{ "twice-counts-once", POINTS, "", NULL, "ptr.missing ptr.missing ptr.missing", "score: 2 of 5: ptr.missing 2" },
	{ "off-counts", POINTS "[sender]\nown-domain = off\n[ptr]\nmissing = off\n", "", NULL, "sender.own-domain ptr.missing",
	  "score: 7 of 5: sender.own-domain 5, ptr.missing 2 reached" },
	{ "refused-counts", POINTS "[ptr]\nmissing = reject\n", "", NULL, "ptr.missing", "score: 2 of 5: ptr.missing 2" },
	{ "plausible-is-found-before", POLICY "[score]\npoints = sender.plausible:-1\n", "u@a.com", NULL, "spf.pass",
	  "score: -1 of 5: sender.plausible -1" },
	{ "no-points", POLICY "[score]\nthreshold = 1\nreached = reject\n", "", NULL, "ptr.missing", "" },
	{ "no-section", POLICY, "", NULL, "ptr.missing", "" },
	{ "authenticated", POINTS, "", "ana", "sender.own-domain", "" },

	{ "rule-turns-off", POINTS RULE, "", NULL, "spf.pass ptr.missing helo.not-fqdn", "score: 1 of 5: spf.pass -2, helo.not-fqdn 3" },
	{ "rule-that-does-not-fit", POINTS RULE, "", NULL, "ptr.missing helo.not-fqdn",
	  "score: 5 of 5: ptr.missing 2, helo.not-fqdn 3 reached" },
	{ "rule-softens", POINTS "[rule r]\nwhen = ptr.missing\nfor = ptr.missing\nthen = monitor\n", "", NULL, "ptr.missing",
	  "score: 2 of 5: ptr.missing 2" },
	{ "rule-turns-on-again", POINTS RULE "[rule s]\nwhen = spf.pass\nfor = ptr.missing\nthen = flag\n", "", NULL,
	  "spf.pass ptr.missing", "score: 0 of 5: spf.pass -2, ptr.missing 2" },
	{ "exempt", POINTS FRIEND, "u@friend.com", NULL, "spf.pass ptr.missing helo.not-fqdn", "score: -2 of 5: spf.pass -2" },
	{ "exempt-wins-over-a-rule", POINTS FRIEND "[rule r]\nwhen = spf.pass\nfor = ptr.missing\nthen = reject\n", "u@friend.com",
	  NULL, "spf.pass ptr.missing", "score: -2 of 5: spf.pass -2" },
	{ "exempt-unproven", POINTS FRIEND, "u@friend.com", NULL, "spf.none ptr.missing", "score: 3 of 5: spf.none 1, ptr.missing 2" },
};

/* "score.sum=5 score.threshold=5" */
static char *
evidence_text(const mg_evidence *evidence)
{
	GString *text = g_string_new(NULL);
	const char *name, *value;
	gsize at = 0;

	while (mg_evidence_next(evidence, &at, &name, &value))
		g_string_append_printf(text, "%s%s=%s", text->len > 0 ? " " : "", name, value);
	return g_string_free(text, FALSE);
}

static void
test_score(gconstpointer data)
{
	const score_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_FULL, NULL);
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_auto(GStrv) names = g_strsplit(row->found, " ", -1);
	mg_facts facts = facts_from("198.51.100.7", NULL, row->from);
	mg_envelope *envelope = g_new0(mg_envelope, 1);
	g_autoptr(GString) got = g_string_new(NULL);
	g_autofree char *expected = NULL, *told = NULL;
	mg_sanity_host host = { .iprev = 0 };
	mg_results results = { 0 };
	gint64 sum, threshold;

	facts.auth = (mg_words){ row->auth, row->auth != NULL ? strlen(row->auth) : 0 };
	for (guint i = 0; names[i] != NULL; i++)
		mg_results_add(&results, reason_of(names[i]), NULL);
	mg_envelope_read(policy, &facts, envelope);
	mg_interplay(policy, &facts, envelope, &host, &results, trace, evidence);
	for (guint i = 0; i < mg_trace_count(trace); i++)
		if (g_str_has_prefix(mg_trace_get(trace, i), "score"))
			g_string_append(got, mg_trace_get(trace, i));
	if (results.all[results.n - 1].reason == MG_REASON_SCORE_REACHED)
		g_string_append(got, " reached");
	g_assert_cmpstr(got->str, ==, row->scored);
	told = evidence_text(evidence);
	if (sscanf(row->scored, "score: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, &sum, &threshold) == 2)
		expected = g_strdup_printf("score.sum=%" G_GINT64_FORMAT " score.threshold=%" G_GINT64_FORMAT, sum, threshold);
	g_assert_cmpstr(told, ==, expected ? expected : "");
	g_free(envelope);
}

/* A brief trace has no line for a sum of nothing; a question that is not all of a session has no sum. */
static void
test_score_untold(void)
{
	g_autoptr(mg_policy) policy = policy_from(POINTS);
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);
	mg_facts facts = facts_from("198.51.100.7", NULL, "");
	mg_envelope *envelope = g_new0(mg_envelope, 1);
	mg_sanity_host host = { .iprev = 0 };
	mg_results results = { 0 };

	mg_envelope_read(policy, &facts, envelope);
	mg_interplay(policy, &facts, envelope, &host, &results, trace, NULL);
	g_assert_cmpuint(mg_trace_count(trace), ==, 0);
	facts.question = MG_ASK_RELAY;
	mg_results_add(&results, MG_REASON_SPF_FAIL, NULL);
	mg_interplay(policy, &facts, envelope, &host, &results, trace, NULL);
	g_assert_cmpuint(mg_trace_count(trace), ==, 0);
	g_assert_cmpuint(results.n, ==, 1);
	g_free(envelope);
}

/* ---- what is refused ---- */

typedef struct refused_case {
	const char *name, *text, *told;
} refused_case;

static const refused_case refused_cases[] = {
	{ "rule-without-then", "[rule r]\nwhen = spf.pass\nfor = ptr.missing\n", "[rule r]: when, for and then" },
	{ "rule-for-relaying", "[rule r]\nwhen = spf.pass\nfor = relay.denied\nthen = off\n", "'relay.denied'" },
	{ "rule-for-a-deny-list", "[rule r]\nwhen = spf.pass\nfor = deny.host\nthen = off\n", "'deny.host'" },
	{ "rule-of-an-unknown-result", "[rule r]\nwhen = spf.passed\nfor = ptr.missing\nthen = off\n", "'spf.passed'" },
	{ "rule-with-a-word-for-no-action", "[rule r]\nwhen = spf.pass\nfor = ptr.missing\nthen = maybe\n", "then = maybe" },
	{ "exempt-with-another-proof", "[exempt x]\nsenders = @a.com\nrequire = honour\nchecks = ptr\n", "'honour'" },
	{ "rule-of-the-score", "[rule r]\nwhen = score.reached\nfor = ptr.missing\nthen = off\n", "'score.reached'" },
	{ "points-without-colon", "[score]\npoints = ptr.missing\n", "'ptr.missing': a result of SPF, HELO, host, sender or recipient with its points" },
	{ "points-of-an-unknown-result", "[score]\npoints = ptr.mising:2\n", "'ptr.mising:2': a result of" },
	{ "points-of-a-deny-list", "[score]\npoints = deny.host:2\n", "'deny.host:2': a result of" },
	{ "points-of-relaying", "[score]\npoints = relay.denied:2\n", "'relay.denied:2': a result of" },
	{ "points-of-syntax", "[score]\npoints = address.syntax:2\n", "'address.syntax:2': a result of" },
	{ "points-of-the-score", "[score]\npoints = score.reached:2\n", "'score.reached:2': a result of" },
	{ "points-of-nothing", "[score]\npoints = :2\n", "':2': a result of" },
	{ "points-zero", "[score]\npoints = ptr.missing:0\n", "'ptr.missing:0': points from -100 to 100, and not 0" },
	{ "points-minus-zero", "[score]\npoints = ptr.missing:-0\n", "points from -100 to 100" },
	{ "points-101", "[score]\npoints = ptr.missing:101\n", "points from -100 to 100" },
	{ "points-minus-101", "[score]\npoints = ptr.missing:-101\n", "points from -100 to 100" },
	{ "points-128", "[score]\npoints = ptr.missing:128\n", "points from -100 to 100" },
	{ "points-258", "[score]\npoints = ptr.missing:258\n", "points from -100 to 100" },
	{ "points-over-64-bits", "[score]\npoints = ptr.missing:18446744073709551618\n", "points from -100 to 100" },
	{ "points-half", "[score]\npoints = ptr.missing:1.5\n", "points from -100 to 100" },
	{ "points-none", "[score]\npoints = ptr.missing:\n", "points from -100 to 100" },
	{ "points-two-colons", "[score]\npoints = ptr.missing:2:3\n", "points from -100 to 100" },
	{ "points-twice", "[score]\npoints = ptr.missing:2 ptr.missing:2\n", "'ptr.missing:2': a result that has no points yet" },
	{ "threshold-0", "[score]\nthreshold = 0\n", "threshold = 0: a number from 1 to 1000" },
	{ "threshold-1001", "[score]\nthreshold = 1001\n", "a number from 1 to 1000" },
	{ "threshold-negative", "[score]\nthreshold = -1\n", "a number from 1 to 1000" },
	{ "exempt-for-nobody", "[exempt x]\nchecks = ptr\n", "networks, hosts, senders or helo" },
};

static void
test_refused(gconstpointer data)
{
	const refused_case *row = data;
	mg_findings *findings = mg_findings_new();
	gboolean is_told = FALSE;

	g_assert_null(mg_policy_parse(row->text, strlen(row->text), "t.conf", findings));
	for (guint i = 0; i < mg_findings_count(findings); i++)
		is_told = is_told || strstr(mg_findings_get(findings, i)->text, row->told) != NULL;
	g_assert_true(is_told);
	mg_findings_free(findings);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/interplay", interplay_cases, test_interplay);
	TEST_ROWS("/interplay/score", score_cases, test_score);
	g_test_add_func("/interplay/score/untold", test_score_untold);
	TEST_ROWS("/interplay/refused", refused_cases, test_refused);
	return g_test_run();
}
