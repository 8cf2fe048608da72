/* test_spf_check.c - SPF of one identity as a question has it: who is judged, what a transaction remembers, whom we trust,
 * what costs too much. DNS is a local zone; names outside of it go to a server that never answers. */
#include "check/spf_run.h"
#include "check/stage.h"
#include "world.h"

#define CLIENT      "198.51.100.7"

static const char zone_text[] =
	"$TTL 300\n"
	"in-addr.arpa. IN SOA ns.example. host.example. 1 2 3 4 300\n"
	"$ORIGIN example.\n"
	"@ IN SOA ns host 1 2 3 4 300\n"
	"helo IN A 198.51.100.7\n"
	"pass IN TXT \"v=spf1 ip4:198.51.100.7 -all\"\n"
	"fail IN TXT \"v=spf1 -all\"\n"
	"soft IN TXT \"v=spf1 ~all\"\n"
	"bad IN TXT \"v=spf1 nonsense\"\n"
	"forwarder IN TXT \"v=spf1 include:pass.example -all\"\n"
	"other IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
	"exp IN TXT \"v=spf1 exp=why.example -all\"\n"
	"why IN TXT \"because\"\n"
	"slow IN TXT \"v=spf1 a:a.silent.test -all\"\n"
	"hungry IN TXT \"v=spf1 mx:m1.silent.test mx:m2.silent.test -all\"\n";

#define POLICY "[mailguard]\nhostname = mx.example.net\n[domains]\nlocal = example.net\n[zone office]\nnetworks = 203.0.113.0/24\n" \
	"[grant office]\nzone = office\nowner = ana\n"

static guint64
world_questions(const world *of)
{
	mg_resolver_counts counts;

	mg_resolver_count(of->set.resolver, &counts);
	return counts.n_questions;
}

static void
note_wake(void *context)
{
	((world *)context)->woken = 1;
}

static mg_facts
facts_of(const char *from, guint64 transaction)
{
	mg_facts facts = facts_from(CLIENT, "helo.example", from);

	facts.stage = MG_STAGE_MAIL;
	facts.deadline_ms = 8 * PATIENCE_MS;
	facts.transaction = transaction;
	return facts;
}

/* The check of the MAIL FROM identity, stepped until it is done or DNS is silent; a reference that is the caller's. */
static mg_spf_check *
judge_of(world *of, mg_policy *policy, const mg_facts *facts)
{
	mg_stage_checks checks;
	mg_spf_check *spf;
	mg_check *check;

	mg_stage_begin(&of->tools, policy, facts, 1700000000, &checks);
	spf = mg_spf_check_ref(checks.spf[MG_IDENTITY_MAIL_FROM]);
	mg_stage_checks_clear(&checks);
	check = mg_spf_check_base(spf);
	check->wake = note_wake;
	check->wake_context = of;
	of->woken = 0;
	mg_check_run(check);
	return spf;
}

/* "pass", or "skipped: why". */
static void
assert_judged_as(const mg_spf_check *spf, const char *expected)
{
	const char *skipped = mg_spf_check_skipped(spf);
	g_autofree char *got = skipped != NULL ? g_strconcat("skipped: ", skipped, NULL)
	                                       : g_strdup(mg_spf_result_name(mg_spf_check_outcome(spf)->result));

	g_assert_cmpstr(got, ==, expected);
}

/* ---- who is judged ---- */

typedef struct judged_case {
	const char *name, *policy, *client, *from, *to, *auth, *expected;
} judged_case;

#define TRUSTED POLICY "[spf trusted]\ndomains = other.example forwarder.example\n"

static const judged_case judged_cases[] = {
	{ "pass", POLICY, CLIENT, "u@pass.example", NULL, NULL, "pass" },
	{ "fail", POLICY, CLIENT, "u@fail.example", NULL, NULL, "fail" },
	{ "authenticated", POLICY, CLIENT, "u@fail.example", NULL, "ana", "skipped: the client is authenticated" },
	{ "loopback", POLICY, "127.0.0.1", "u@fail.example", NULL, NULL, "skipped: the client is in skip-networks" },
	{ "private", POLICY, "10.1.2.3", "u@fail.example", NULL, NULL, "skipped: the client is in skip-networks" },
	{ "no-path", POLICY, CLIENT, "no path", NULL, NULL, "skipped: the reverse-path is none" },
	/* Only where it may relay; before RCPT that is not known. */
	{ "granted", POLICY, "203.0.113.9", "u@fail.example", "x@foreign.example", NULL, "skipped: the client may relay" },
	{ "not-granted-yet", POLICY, "203.0.113.9", "u@fail.example", NULL, NULL, "fail" },
	{ "not-granted", POLICY, CLIENT, "u@fail.example", "x@foreign.example", NULL, "fail" },

	{ "exempt", POLICY "[exempt x]\nnetworks = 198.51.100.7\nchecks = spf\n", CLIENT, "u@fail.example", NULL, NULL,
	  "skipped: the client is in [exempt x]" },
	{ "exempt-from-other-checks", POLICY "[exempt x]\nnetworks = 198.51.100.7\nchecks = helo ptr sender\n", CLIENT,
	  "u@fail.example", NULL, NULL, "fail" },

	{ "trusted/helo", POLICY "[spf trusted]\nhelo = helo.example\n", CLIENT, "u@fail.example", NULL, NULL,
	  "skipped: the client is trusted: its HELO name helo.example leads back to it" },
	{ "trusted/helo-of-another-host", POLICY "[spf trusted]\nhelo = helo.example\n", "192.0.2.200", "u@fail.example", NULL,
	  NULL, "fail" },
	{ "trusted/helo-that-is-not-listed", POLICY "[spf trusted]\nhelo = .example.org\n", CLIENT, "u@fail.example", NULL, NULL,
	  "fail" },
	{ "trusted/helo-below-a-listed-one", POLICY "[spf trusted]\nhelo = .example\n", CLIENT, "u@fail.example", NULL, NULL,
	  "skipped: the client is trusted: its HELO name helo.example leads back to it" },
	{ "trusted/fail", TRUSTED, CLIENT, "u@fail.example", NULL, NULL,
	  "skipped: the client is trusted: SPF of forwarder.example lets it pass" },
	{ "trusted/softfail", TRUSTED, CLIENT, "u@soft.example", NULL, NULL,
	  "skipped: the client is trusted: SPF of forwarder.example lets it pass" },
	{ "trusted/permerror", TRUSTED, CLIENT, "u@bad.example", NULL, NULL,
	  "skipped: the client is trusted: SPF of forwarder.example lets it pass" },
	{ "trusted/none", TRUSTED, CLIENT, "u@none.example", NULL, NULL,
	  "skipped: the client is trusted: SPF of forwarder.example lets it pass" },
	{ "trusted/pass-is-a-pass", TRUSTED, CLIENT, "u@pass.example", NULL, NULL, "pass" },
	{ "trusted/other-client", TRUSTED, "192.0.2.200", "u@fail.example", NULL, NULL, "fail" },
	{ "trusted/softfail-is-no-trust", POLICY "[spf trusted]\ndomains = soft.example bad.example none.example\n", CLIENT,
	  "u@fail.example", NULL, NULL, "fail" },
	/* Its explanation is the sender's, not a forwarder's. */
	{ "trusted/explanation", POLICY "[spf]\nexplanation = yes\n[spf trusted]\ndomains = exp.example\n", CLIENT,
	  "u@fail.example", NULL, NULL, "fail" },
};

static void
test_judged(gconstpointer data)
{
	const judged_case *row = data;
	mg_facts facts = facts_of(row->from, 0);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, row->policy);
	g_assert_true(mg_ip_parse(row->client, &facts.client));
	if (row->to != NULL) {
		facts.stage = MG_STAGE_RCPT;
		facts.forward_path = (mg_words){ row->to, strlen(row->to) };
	}
	if (row->auth != NULL)
		facts.auth = (mg_words){ row->auth, strlen(row->auth) };
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, row->expected);
	g_assert_cmpstr(mg_spf_check_outcome(spf)->explanation, ==, NULL);
	mg_spf_check_unref(spf);
	world_end(&of);
}

/* Sixteen are allowed, and one forwarder that does not answer takes no other's trust away. */
static void
test_trusted_among_silent(void)
{
	mg_facts facts = facts_of("u@fail.example", 1);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, POLICY "[spf trusted]\ndomains = silent.test forwarder.example\n");
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, "skipped: the client is trusted: SPF of forwarder.example lets it pass");
	mg_spf_check_unref(spf);
	world_end(&of);
}

/* What the domain itself said holds when a forwarder's DNS does not answer in time, and is kept. */
static void
test_trusted_too_late(void)
{
	mg_facts facts = facts_of("u@fail.example", 1);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, POLICY "[spf trusted]\ndomains = silent.test\n");
	spf = judge_of(&of, of.policy, &facts);
	mg_spf_check_base(spf)->deadline_us = 0;
	g_assert_cmpint(mg_check_run(mg_spf_check_base(spf)), ==, MG_STEP_DONE);
	assert_judged_as(spf, "fail");
	mg_spf_check_unref(spf);
	world_end(&of);
}

/* ---- whose actions hold ---- */

typedef struct action_case {
	const char *name, *policy, *from, *to, *expected;
} action_case;

#define NO_MAIL POLICY "[spf]\nfail = flag\nno-mail = reject\n"
#define FOR_ANA "[spf-for ana]\nrecipients = ana@example.net\nfail = defer\nsoftfail = reject\n"

static const action_case action_cases[] = {
	{ "usual", POLICY, "u@fail.example", "bert@example.net", "reject spf.fail" },
	{ "no-mail/nothing-but-all", NO_MAIL, "u@fail.example", "bert@example.net", "reject spf.fail" },
	{ "no-mail/with-an-explanation", NO_MAIL, "u@exp.example", "bert@example.net", "reject spf.fail" },
	{ "no-mail/sends-from-elsewhere", NO_MAIL, "u@other.example", "bert@example.net", "accept relay.own-domain" },
	{ "no-mail/softfail", NO_MAIL, "u@soft.example", "bert@example.net", "accept relay.own-domain" },
	{ "no-mail/as-fail", POLICY "[spf]\nfail = defer\n", "u@fail.example", "bert@example.net", "defer spf.fail" },
	{ "for/recipient", POLICY FOR_ANA, "u@fail.example", "ana@example.net", "defer spf.fail" },
	{ "for/case", POLICY FOR_ANA, "u@fail.example", "ANA@Example.Net", "defer spf.fail" },
	{ "for/stricter", POLICY FOR_ANA, "u@soft.example", "ana@example.net", "reject spf.softfail" },
	{ "for/what-it-does-not-say", POLICY FOR_ANA, "u@pass.example", "ana@example.net", "accept relay.own-domain" },
	{ "for/another-recipient", POLICY FOR_ANA, "u@fail.example", "bert@example.net", "reject spf.fail" },
	{ "for/before-listed", POLICY "[spf listed]\ndomains = fail.example\nfail = flag\n" FOR_ANA, "u@fail.example",
	  "ana@example.net", "defer spf.fail" },
	{ "for/first-section", POLICY FOR_ANA "[spf-for all]\nrecipients = @example.net\nfail = flag\n", "u@fail.example",
	  "ana@example.net", "defer spf.fail" },
	{ "for/second-section", POLICY FOR_ANA "[spf-for all]\nrecipients = @example.net\nfail = flag\n", "u@fail.example",
	  "bert@example.net", "accept relay.own-domain" },
	{ "listed/before-no-mail", NO_MAIL "[spf listed]\ndomains = fail.example\nfail = defer\n", "u@fail.example",
	  "bert@example.net", "defer spf.fail" },
};

/* "action reason", and "flags" behind it. */
static void
judge_rcpt(world *of, const mg_facts *facts, char out[128])
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	mg_stage_outcome *outcome = g_new0(mg_stage_outcome, 1);
	mg_stage_checks checks;
	mg_decision decision;
	char name[MG_REASON_NAME_MAX];

	mg_stage_begin(&of->tools, of->policy, facts, TEST_NOW_S, &checks);
	for (guint i = 0; i < MG_STAGE_CHECKS_MAX; i++)
		if (mg_stage_check(&checks, i) != NULL)
			g_assert_cmpint(mg_check_run(mg_stage_check(&checks, i)), ==, MG_STEP_DONE);
	mg_stage_run(of->policy, facts, TEST_NOW_S, &checks, NULL, evidence, outcome);
	mg_decide(of->policy, &outcome->circumstances, &outcome->results, NULL, &decision);
	mg_reason_name(decision.reason, name);
	g_snprintf(out, 128, "%s %s", mg_action_name((int)decision.action), name);
	for (guint i = 0; i < decision.n_flags; i++)
		if (decision.flags[i] == MG_REASON_SPF_OUTBOUND_FAIL || decision.flags[i] == MG_REASON_SPF_OUTBOUND_SOFTFAIL) {
			mg_reason_name(decision.flags[i], name);
			g_strlcat(out, " ", 128);
			g_strlcat(out, name, 128);
		}
	mg_stage_checks_clear(&checks);
	g_free(outcome);
}

static void
test_actions(gconstpointer data)
{
	const action_case *row = data;
	mg_facts facts = facts_of(row->from, 0);
	char judged[128];
	world of;

	world_begin(&of, zone_text, row->policy);
	facts.stage = MG_STAGE_RCPT;
	facts.forward_path = (mg_words){ row->to, strlen(row->to) };
	judge_rcpt(&of, &facts, judged);
	g_assert_cmpstr(judged, ==, row->expected);
	world_end(&of);
}

/* ---- what we would be told ---- */

typedef struct outbound_case {
	const char *name, *outbound, *client, *from, *to, *expected;
} outbound_case;

#define OURS "addresses = 192.0.2.1 192.0.2.2\n"

static const outbound_case outbound_cases[] = {
	{ "fail", OURS, "203.0.113.9", "u@fail.example", "x@foreign.example", "accept relay.granted spf-outbound.fail" },
	{ "softfail", OURS, "203.0.113.9", "u@soft.example", "x@foreign.example", "accept relay.granted spf-outbound.softfail" },
	{ "pass-from-one-address-only", OURS, "203.0.113.9", "u@other.example", "x@foreign.example",
	  "accept relay.granted spf-outbound.fail" },
	{ "pass", "addresses = 192.0.2.1\n", "203.0.113.9", "u@other.example", "x@foreign.example", "accept relay.granted" },
	{ "permerror-is-no-opinion", OURS, "203.0.113.9", "u@bad.example", "x@foreign.example", "accept relay.granted" },
	{ "null-reverse-path", OURS, "203.0.113.9", "", "x@foreign.example", "accept relay.granted" },
	{ "own-recipient", OURS, "203.0.113.9", "u@fail.example", "ana@example.net", "accept relay.granted" },
	{ "outsider", OURS, CLIENT, "u@fail.example", "x@foreign.example", "reject relay.denied" },
	{ "no-addresses", "", "203.0.113.9", "u@fail.example", "x@foreign.example", "accept relay.granted" },
	{ "reject", OURS "fail = reject\n", "203.0.113.9", "u@fail.example", "x@foreign.example", "reject spf-outbound.fail" },
	{ "off", OURS "fail = off\nsoftfail = off\n", "203.0.113.9", "u@fail.example", "x@foreign.example", "accept relay.granted" },
};

static void
test_outbound(gconstpointer data)
{
	const outbound_case *row = data;
	g_autofree char *policy = g_strconcat(POLICY "[spf-outbound]\n", row->outbound, NULL);
	mg_facts facts = facts_of(row->from, 0);
	char judged[128];
	world of;

	world_begin(&of, zone_text, policy);
	g_assert_true(mg_ip_parse(row->client, &facts.client));
	facts.stage = MG_STAGE_RCPT;
	facts.forward_path = (mg_words){ row->to, strlen(row->to) };
	judge_rcpt(&of, &facts, judged);
	g_assert_cmpstr(judged, ==, row->expected);
	world_end(&of);
}

/* Its DNS is silent: when time is up there is no opinion, and nobody is refused for it. */
static void
test_outbound_too_late(void)
{
	mg_facts facts = facts_of("u@slow.example", 0);
	mg_stage_checks checks;
	mg_check *check;
	world of;

	world_begin(&of, zone_text, POLICY "[spf-outbound]\n" OURS "fail = reject\n");
	g_assert_true(mg_ip_parse("203.0.113.9", &facts.client));
	facts.stage = MG_STAGE_RCPT;
	facts.forward_path = (mg_words){ "x@foreign.example", strlen("x@foreign.example") };
	mg_stage_begin(&of.tools, of.policy, &facts, TEST_NOW_S, &checks);
	check = mg_stage_check(&checks, G_N_ELEMENTS(checks.spf));
	g_assert_cmpint(mg_check_run(check), ==, MG_STEP_WAIT);
	check->deadline_us = 0;
	g_assert_cmpint(mg_check_run(check), ==, MG_STEP_DONE);
	{
		mg_results results = { 0 };

		mg_outbound_check_report(checks.outbound, &results, NULL);
		g_assert_cmpuint(results.n, ==, 0);
	}
	mg_stage_checks_clear(&checks);
	world_end(&of);
}

/* ---- once a transaction ---- */

static void
test_once_a_transaction(void)
{
	mg_facts facts = facts_of("u@pass.example", 1);
	g_autoptr(mg_policy) other_policy = NULL;
	mg_spf_check *first, *again, *other;
	guint64 n_questions;
	world of;

	world_begin(&of, zone_text, POLICY);
	first = judge_of(&of, of.policy, &facts);
	n_questions = world_questions(&of);
	for (guint i = 0; i < 100; i++) {
		again = judge_of(&of, of.policy, &facts);
		g_assert_true(again == first);
		mg_spf_check_unref(again);
	}
	g_assert_cmpuint(world_questions(&of), ==, n_questions);
	g_assert_cmpuint(mg_spf_memory_count(of.tools.spf_memory), ==, 1);

	facts.transaction = 2;
	other = judge_of(&of, of.policy, &facts);
	g_assert_true(other != first);
	g_assert_cmpuint(world_questions(&of), >, n_questions);
	mg_spf_check_unref(other);

	/* The policy was loaded again between two recipients. */
	facts.transaction = 1;
	other_policy = policy_from(POLICY);
	other = judge_of(&of, other_policy, &facts);
	g_assert_true(other != first && mg_spf_check_policy(other) == other_policy);
	mg_spf_check_unref(other);
	mg_spf_check_unref(first);
	world_end(&of);
}

/* A client that authenticates, or is granted, is not judged whatever was said before; and that is not remembered. */
static void
test_skip_is_not_remembered(void)
{
	mg_facts facts = facts_of("u@fail.example", 1);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, POLICY);
	facts.auth = (mg_words){ "ana", 3 };
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, "skipped: the client is authenticated");
	mg_spf_check_unref(spf);
	g_assert_cmpuint(mg_spf_memory_count(of.tools.spf_memory), ==, 0);
	facts.auth = (mg_words){ NULL, 0 };
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, "fail");
	mg_spf_check_unref(spf);
	world_end(&of);
}

/* Who tells of no transaction is judged each time. */
static void
test_no_transaction(void)
{
	mg_facts facts = facts_of("u@pass.example", 0);
	world of;

	world_begin(&of, zone_text, POLICY);
	mg_spf_check_unref(judge_of(&of, of.policy, &facts));
	g_assert_cmpuint(mg_spf_memory_count(of.tools.spf_memory), ==, 0);
	world_end(&of);
}

/* Time being up is no answer to keep: by the next recipient DNS may have one. */
static void
test_late_is_not_remembered(void)
{
	mg_facts facts = facts_of("u@slow.example", 1);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, POLICY);
	spf = judge_of(&of, of.policy, &facts);
	g_assert_cmpint(mg_check_run(mg_spf_check_base(spf)), ==, MG_STEP_WAIT);
	mg_spf_check_base(spf)->deadline_us = 0;
	g_assert_cmpint(mg_check_run(mg_spf_check_base(spf)), ==, MG_STEP_DONE);
	assert_judged_as(spf, "temperror");
	g_assert_cmpstr(mg_spf_check_outcome(spf)->problem, ==, "time is up");
	mg_spf_check_unref(spf);
	g_assert_cmpuint(mg_spf_memory_count(of.tools.spf_memory), ==, 0);
	world_end(&of);
}

static void
test_memory_is_bounded(void)
{
	mg_facts facts = facts_of("u@pass.example", 1);
	mg_spf_memory *memory = mg_spf_memory_new(100000);
	mg_spf_check *last = NULL, *found;
	world of;

	world_begin(&of, zone_text, POLICY);
	for (guint64 i = 1; i <= 1000; i++) {
		facts.transaction = 1000000 + i;
		mg_spf_check_unref(last);
		last = judge_of(&of, of.policy, &facts);
		mg_spf_memory_keep(memory, i << 32, last);   /* of another session each */
		found = mg_spf_memory_find(memory, G_GUINT64_CONSTANT(1) << 32, MG_IDENTITY_MAIL_FROM, of.policy);
		g_assert_nonnull(found);   /* used all the time, and so not the one to go */
		mg_spf_check_unref(found);
	}
	g_assert_cmpuint(mg_spf_memory_count(memory), >, 5);
	g_assert_cmpuint(mg_spf_memory_count(memory), <, 100000 / 500);
	g_assert_null(mg_spf_memory_find(memory, G_GUINT64_CONSTANT(2) << 32, MG_IDENTITY_MAIL_FROM, of.policy));
	found = mg_spf_memory_find(memory, G_GUINT64_CONSTANT(1000) << 32, MG_IDENTITY_MAIL_FROM, of.policy);
	g_assert_true(found == last);
	g_assert_null(mg_spf_memory_find(memory, G_GUINT64_CONSTANT(1000) << 32, MG_IDENTITY_HELO, of.policy));
	mg_spf_check_unref(found);
	mg_spf_check_unref(last);
	mg_spf_memory_free(memory);
	world_end(&of);
}

/* ---- what costs too much ---- */

static void
test_penalty(void)
{
	mg_facts facts = facts_of("u@slow.example", 0);
	mg_spf_check *spf;
	guint64 n_questions;
	world of;

	world_begin(&of, zone_text, POLICY);
	for (guint i = 0; i < 10; i++) {
		spf = judge_of(&of, of.policy, &facts);
		mg_spf_check_base(spf)->deadline_us = 0;
		mg_check_run(mg_spf_check_base(spf));
		g_assert_cmpstr(mg_spf_check_outcome(spf)->problem, ==, "time is up");
		mg_spf_check_unref(spf);
	}
	n_questions = world_questions(&of);
	spf = judge_of(&of, of.policy, &facts);
	g_assert_cmpint(mg_check_run(mg_spf_check_base(spf)), ==, MG_STEP_DONE);
	assert_judged_as(spf, "temperror");
	g_assert_nonnull(strstr(mg_spf_check_outcome(spf)->problem, "cost too much"));
	g_assert_cmpuint(world_questions(&of), ==, n_questions);
	mg_spf_check_unref(spf);

	facts = facts_of("u@pass.example", 0);   /* another organisation */
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, "pass");
	mg_spf_check_unref(spf);
	world_end(&of);
}

/* ---- a record to try ---- */

static void
test_supposed_record(void)
{
	mg_facts facts = facts_of("u@fail.example", 0);
	mg_spf_check *spf;
	world of;

	world_begin(&of, zone_text, POLICY);
	facts.spf_record = (mg_words){ "v=spf1 include:pass.example", strlen("v=spf1 include:pass.example") };
	spf = judge_of(&of, of.policy, &facts);
	assert_judged_as(spf, "pass");
	g_assert_cmpstr(mg_spf_check_outcome(spf)->record, ==, "v=spf1 include:pass.example");
	mg_spf_check_unref(spf);
	world_end(&of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/spf-check/judged", judged_cases, test_judged);
	g_test_add_func("/spf-check/trusted-among-silent", test_trusted_among_silent);
	g_test_add_func("/spf-check/trusted-too-late", test_trusted_too_late);
	TEST_ROWS("/spf-check/actions", action_cases, test_actions);
	TEST_ROWS("/spf-check/outbound", outbound_cases, test_outbound);
	g_test_add_func("/spf-check/outbound-too-late", test_outbound_too_late);
	g_test_add_func("/spf-check/once-a-transaction", test_once_a_transaction);
	g_test_add_func("/spf-check/skip-is-not-remembered", test_skip_is_not_remembered);
	g_test_add_func("/spf-check/no-transaction", test_no_transaction);
	g_test_add_func("/spf-check/late-is-not-remembered", test_late_is_not_remembered);
	g_test_add_func("/spf-check/memory-is-bounded", test_memory_is_bounded);
	g_test_add_func("/spf-check/penalty", test_penalty);
	g_test_add_func("/spf-check/supposed-record", test_supposed_record);
	return g_test_run();
}
