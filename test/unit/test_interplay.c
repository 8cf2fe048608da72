/* test_interplay.c - rules between results, and exemptions that want a proof. Pure: the results are made up. */
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
	mg_interplay(policy, &facts, envelope, &host, &results, NULL);
	for (guint i = 0; names[i] != NULL; i++)
		g_string_append_printf(got, "%s%s", i > 0 ? " " : "",
		                       mg_consequence_name(mg_decide_consequence(policy, &results.all[i])));
	g_assert_cmpstr(got->str, ==, row->expected);
	g_free(envelope);
}

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
	TEST_ROWS("/interplay/refused", refused_cases, test_refused);
	return g_test_run();
}
