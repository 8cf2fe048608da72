/* test_decide.c - which result decides, what waits for RCPT, what is lifted. */
#include "judge.h"

#define BASE "[mailguard]\nhostname = mx1.example.net\n[domains]\nlocal = example.net\n"
#define DENY BASE "[deny hosts]\nhosts = 198.51.100.7\n[deny senders]\nsenders = @b.example\n"
#define AT_ONCE "[mailguard]\nhostname = mx1.example.net\ndecide-at = stage\n[domains]\nlocal = example.net\n" \
	"[deny senders]\nsenders = @b.example\n[sender]\nown-domain = defer\n"
#define SCORE_KEYS "[score]\npoints = sender.own-domain:5\n"
#define SCORE BASE SCORE_KEYS
#define LOGINS BASE "[zone z]\nnetworks = 10.1.2.3\n[grant z]\nzone = z\n[grant users]\nauth = any\n" \
	"[sender-logins]\nlogins = ana>ana@example.net\n"

typedef struct decide_case {
	const char *name, *policy;
	mg_stage    stage;
	const char *ip, *from, *user, *to;
	const char *expected;   /* "action reason final|open [pending action reason] [flag...]" */
} decide_case;

static const decide_case decide_cases[] = {
	{ "connect-open", BASE, MG_STAGE_CONNECT, "198.51.100.9", NULL, NULL, NULL, "accept none open" },
	{ "helo-open", BASE, MG_STAGE_HELO, "198.51.100.9", NULL, NULL, NULL, "accept none open" },
	{ "mail-open", BASE, MG_STAGE_MAIL, "198.51.100.9", "a@b.example", NULL, NULL, "accept none open" },
	{ "rcpt-final", BASE, MG_STAGE_RCPT, "198.51.100.9", "a@b.example", NULL, "u@example.net",
	  "accept relay.own-domain final" },
	{ "data-final", BASE, MG_STAGE_DATA, "198.51.100.9", "a@b.example", NULL, NULL, "accept none final" },
	/* deny hosts and syntax are answered where they occur */
	{ "host-at-connect", DENY, MG_STAGE_CONNECT, "198.51.100.7", NULL, NULL, NULL, "reject deny.host final" },
	{ "host-authenticated", DENY, MG_STAGE_CONNECT, "198.51.100.7", NULL, "ana", NULL, "reject deny.host final" },
	{ "syntax-at-mail", BASE, MG_STAGE_MAIL, "198.51.100.9", "a b@c.example", NULL, NULL, "reject address.syntax final" },
	/* the rest waits for RCPT */
	{ "sender-waits", DENY, MG_STAGE_MAIL, "198.51.100.9", "a@b.example", NULL, NULL,
	  "accept none open pending reject deny.sender" },
	{ "sender-decides-at-rcpt", DENY, MG_STAGE_RCPT, "198.51.100.9", "a@b.example", NULL, "u@example.net",
	  "reject deny.sender final" },
	{ "sender-waits-with-host", DENY, MG_STAGE_MAIL, "198.51.100.7", "a@b.example", NULL, NULL, "reject deny.host final" },
	{ "stage-at-once", AT_ONCE, MG_STAGE_MAIL, "198.51.100.9", "a@b.example", NULL, NULL, "reject deny.sender final" },
	{ "stage-at-once-accepts", AT_ONCE, MG_STAGE_MAIL, "198.51.100.9", "a@c.example", NULL, NULL, "accept none final" },
	{ "stage-at-once-defers", AT_ONCE, MG_STAGE_MAIL, "198.51.100.9", "a@example.net", NULL, NULL,
	  "defer sender.own-domain final" },
	/* authentication and grants lift what is not a deny list */
	{ "auth-lifts", AT_ONCE, MG_STAGE_MAIL, "198.51.100.9", "a@example.net", "ana", NULL, "accept none final" },
	{ "auth-lifts-no-deny", AT_ONCE, MG_STAGE_MAIL, "198.51.100.9", "a@b.example", "ana", NULL, "reject deny.sender final" },
	{ "grant-lifts", BASE "[sender]\nown-domain = reject\n[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\n", MG_STAGE_RCPT,
	  "10.1.2.3", "a@example.net", NULL, "u@foreign.example", "accept relay.granted final" },
	/* what a user may send as is not lifted by being one */
	{ "login-waits", LOGINS, MG_STAGE_MAIL, "198.51.100.9", "bob@example.net", "ana", NULL,
	  "accept none open pending reject sender-logins.not-owner" },
	{ "login-decides-at-rcpt", LOGINS, MG_STAGE_RCPT, "198.51.100.9", "bob@example.net", "ana", "u@example.net",
	  "reject sender-logins.not-owner final" },
	{ "login-decides-for-the-granted", LOGINS, MG_STAGE_RCPT, "10.1.2.3", "bob@example.net", "ana", "u@foreign.example",
	  "reject sender-logins.not-owner final" },
	{ "login-of-the-owner", LOGINS, MG_STAGE_RCPT, "198.51.100.9", "ana@example.net", "ana", "u@foreign.example",
	  "accept relay.granted final" },
	{ "login-at-once", "[mailguard]\ndecide-at = stage\n[sender-logins]\nlogins = ana>ana@example.net\n", MG_STAGE_MAIL,
	  "198.51.100.9", "bob@example.net", "ana", NULL, "reject sender-logins.not-owner final" },
	{ "login-behind-a-deny-list", LOGINS "[deny senders]\nsenders = bob@example.net\n", MG_STAGE_RCPT, "198.51.100.9",
	  "bob@example.net", "ana", "u@example.net", "reject deny.sender final" },
	{ "login-to-a-role-address", LOGINS, MG_STAGE_RCPT, "198.51.100.9", "bob@example.net", "ana", "postmaster@example.net",
	  "accept relay.granted final" },
	{ "no-login-flags", LOGINS, MG_STAGE_RCPT, "198.51.100.9", "ana@example.net", NULL, "u@example.net",
	  "accept relay.own-domain final sender-logins.not-logged-in" },
	{ "no-login-waits", LOGINS "not-logged-in = reject\n", MG_STAGE_MAIL,
	  "198.51.100.9", "ana@example.net", NULL, NULL, "accept none open pending reject sender-logins.not-logged-in" },
	{ "no-login-granted", LOGINS, MG_STAGE_RCPT, "10.1.2.3", "ana@example.net", NULL, "u@foreign.example",
	  "accept relay.granted final" },
	/* the score: what is off is found for it, and it is lifted like the results that it adds up */
	{ "score-flags", SCORE, MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net",
	  "accept relay.own-domain final score.reached" },
	{ "score-below", SCORE "threshold = 6\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net",
	  "accept relay.own-domain final" },
	{ "score-waits", SCORE "reached = reject\n", MG_STAGE_MAIL, "198.51.100.9", "a@example.net", NULL, NULL,
	  "accept none open pending reject score.reached" },
	{ "score-decides-at-rcpt", SCORE "reached = reject\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net",
	  "reject score.reached final" },
	{ "score-defers", SCORE "reached = defer\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net",
	  "defer score.reached final" },
	{ "score-at-once", "[mailguard]\ndecide-at = stage\n" SCORE_KEYS "reached = defer\n[domains]\nlocal = example.net\n",
	  MG_STAGE_MAIL, "198.51.100.9", "a@example.net", NULL, NULL, "defer score.reached final" },
	{ "score-monitored", "[mailguard]\nmode = monitor\n" SCORE_KEYS "reached = reject\n[domains]\nlocal = example.net\n",
	  MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net", "accept relay.own-domain final" },
	{ "score-behind-a-result", SCORE "reached = reject\n[sender]\nown-domain = reject\n", MG_STAGE_RCPT, "198.51.100.9",
	  "a@example.net", NULL, "u@example.net", "reject sender.own-domain final" },
	{ "score-authenticated", SCORE "reached = reject\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", "ana", "u@example.net",
	  "accept relay.own-domain final" },
	{ "score-granted", SCORE "reached = reject\n[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\n", MG_STAGE_RCPT,
	  "10.1.2.3", "a@example.net", NULL, "u@foreign.example", "accept relay.granted final" },
	{ "score-exempt", SCORE "reached = reject\n[exempt x]\nnetworks = 198.51.100.9\nchecks = sender\n", MG_STAGE_RCPT,
	  "198.51.100.9", "a@example.net", NULL, "u@example.net", "accept relay.own-domain final" },
	{ "score-to-a-role-address", SCORE "reached = reject\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL,
	  "abuse@example.net", "accept relay.own-domain final" },
	{ "score-never-relays", SCORE_KEYS "reached = off\n" BASE, MG_STAGE_RCPT, "198.51.100.9", "a@b.example", NULL,
	  "u@foreign.example", "reject relay.denied final" },
	/* strictest first, then the order of reasons */
	{ "strictest", BASE "[sender]\nown-domain = defer\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL,
	  "u@foreign.example", "reject relay.denied final" },
	{ "earliest-of-equals", BASE "[sender]\nown-domain = reject\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL,
	  "u@foreign.example", "reject relay.denied final" },
	{ "earliest-pending", BASE "[deny senders]\nsenders = a@example.net\n[sender]\nown-domain = reject\n", MG_STAGE_MAIL,
	  "198.51.100.9", "a@example.net", NULL, NULL, "accept none open pending reject deny.sender" },
	{ "strictest-pending", BASE "[deny senders]\nsenders = a@example.net\n[deny]\nsender = defer\n[sender]\nown-domain = reject\n",
	  MG_STAGE_MAIL, "198.51.100.9", "a@example.net", NULL, NULL, "accept none open pending reject sender.own-domain" },
	/* flags and monitoring */
	{ "flag", BASE "[sender]\nown-domain = flag\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL, "u@example.net",
	  "accept relay.own-domain final sender.own-domain" },
	{ "flag-beside-a-refusal", BASE "[sender]\nown-domain = flag\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL,
	  "u@foreign.example", "reject relay.denied final sender.own-domain" },
	{ "monitor-one", BASE "[sender]\nown-domain = monitor\n", MG_STAGE_RCPT, "198.51.100.9", "a@example.net", NULL,
	  "u@example.net", "accept relay.own-domain final" },
	/* replies of deny lists, safe-mode */
	{ "reply-4xx-defers", BASE "[deny hosts]\nhosts = 198.51.100.7\nreply = 421 4.7.0 Busy\n", MG_STAGE_CONNECT, "198.51.100.7",
	  NULL, NULL, NULL, "defer deny.host final" },
	{ "reply-5xx-of-a-flag", BASE "[deny hosts]\nhosts = 198.51.100.7\nreply = 554 No\n[deny]\nhost = flag\n", MG_STAGE_CONNECT,
	  "198.51.100.7", NULL, NULL, NULL, "accept none open deny.host" },
	{ "safe-mode-5xx", "[mailguard]\nsafe-mode = yes\n[deny hosts]\nhosts = 198.51.100.7\nreply = 554 No\n", MG_STAGE_CONNECT,
	  "198.51.100.7", NULL, NULL, NULL, "defer deny.host final" },
};

static void
test_decide(gconstpointer data)
{
	const decide_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	mg_stage_outcome *outcome = g_new0(mg_stage_outcome, 1);
	mg_facts facts = facts_from(row->ip, row->stage > MG_STAGE_CONNECT ? "x" : NULL, row->from);
	GString *got = g_string_new(NULL);
	char name[MG_REASON_NAME_MAX];
	mg_decision decision;

	facts.stage = row->stage;
	facts.auth = (mg_words){ row->user, row->user ? strlen(row->user) : 0 };
	facts.forward_path = (mg_words){ row->to, row->to ? strlen(row->to) : 0 };
	mg_stage_run(policy, &facts, TEST_NOW_S, NULL, NULL, NULL, outcome);
	mg_decide(policy, &outcome->circumstances, &outcome->results, NULL, &decision);
	mg_reason_name(decision.reason, name);
	g_string_append_printf(got, "%s %s %s", mg_action_name((int)decision.action), name, decision.is_final ? "final" : "open");
	mg_reason_name(decision.pending_reason, name);
	if (decision.pending_action != 0)
		g_string_append_printf(got, " pending %s %s", mg_action_name((int)decision.pending_action), name);
	for (guint i = 0; i < decision.n_flags; i++) {
		mg_reason_name(decision.flags[i], name);
		g_string_append_printf(got, " %s", name);
	}
	g_assert_cmpstr(got->str, ==, row->expected);
	g_string_free(got, TRUE);
	g_free(outcome);
}

/* A single question is final once nothing that may still come could change it. */
static void
test_relay_question(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE);
	mg_stage_outcome *outcome = g_new0(mg_stage_outcome, 1);
	const struct { const char *helo, *from; gboolean is_final; } rows[] = {
		{ NULL, NULL, FALSE }, { "x", NULL, FALSE }, { NULL, "a@b.example", FALSE }, { "x", "a@b.example", TRUE },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		mg_facts facts = facts_from("198.51.100.9", rows[i].helo, rows[i].from);
		mg_decision decision;

		facts.question = MG_ASK_RELAY;
		facts.stage = (mg_stage)0;
		facts.forward_path = (mg_words){ "u@foreign.example", 17 };
		mg_stage_run(policy, &facts, TEST_NOW_S, NULL, NULL, NULL, outcome);
		mg_decide(policy, &outcome->circumstances, &outcome->results, NULL, &decision);
		g_assert_cmpint(decision.action, ==, MG_REJECT);
		g_assert_cmpint(decision.is_final, ==, rows[i].is_final);
	}
	g_free(outcome);
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (guint i = 0; i < G_N_ELEMENTS(decide_cases); i++) {
		g_autofree char *path = g_strconcat("/decide/", decide_cases[i].name, NULL);

		g_test_add_data_func(path, &decide_cases[i], test_decide);
	}
	g_test_add_func("/decide/relay-question", test_relay_question);
	return g_test_run();
}
