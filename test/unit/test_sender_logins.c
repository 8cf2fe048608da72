/* test_sender_logins.c - who may use a reverse-path: users what is theirs, others what is nobody's. */
#include "check/sender_logins.h"
#include "judge.h"
#include "support.h"

#define BASE "[domains]\nlocal = example.net\n[sender-logins]\nlogins = ana>ana@example.net bob>sales@example.net\n"
#define SERVERS "[zone servers]\nnetworks = 192.0.2.0/24\n[grant servers]\nzone = servers\n"
#define FIREWALL "[zone firewall]\nnetworks = 192.0.2.0/24\nshared-by-nat = yes\n[grant scans]\nzone = firewall\n" \
	"helo = printer\nfrom = ana@example.net\nto = @partner.example\n"

#define OUTSIDER  "198.51.100.7"
#define INSIDE    "192.0.2.9"
#define NOT_OWNER "sender-logins.not-owner"
#define NO_LOGIN  "sender-logins.not-logged-in"

typedef struct login_case {
	const char *name, *policy, *ip;   /* ip NULL: no network */
	const char *user, *from;          /* NULL: none; not given */
	const char *expected;             /* the result, or "" */
	const char *traced;               /* a piece of the trace; "": there is no line */
} login_case;

static const login_case login_cases[] = {
	{ "user/owner", BASE, OUTSIDER, "ana", "ana@example.net", "", "the reverse-path is one of user 'ana'" },
	{ "user/another's", BASE, OUTSIDER, "ana", "sales@example.net", NOT_OWNER, "the reverse-path is none of user 'ana'" },
	{ "user/nobody's", BASE, OUTSIDER, "ana", "x@foreign.example", NOT_OWNER, "is none of user" },
	{ "user/in-no-table", BASE, OUTSIDER, "carol", "ana@example.net", NOT_OWNER, "is none of user 'carol'" },
	{ "user/null-reverse-path", BASE, OUTSIDER, "ana", "", "", "" },
	{ "user/no-reverse-path-yet", BASE, OUTSIDER, "ana", NULL, "", "" },
	{ "user/no-path-at-all", BASE, OUTSIDER, "ana", "a b@example.net", "", "" },
	{ "user/hostile-name", BASE, OUTSIDER, "a'\x1b[2J", "ana@example.net", NOT_OWNER, "'a'\\x1b[2J'" },
	{ "user/from-a-granted-zone", BASE SERVERS, INSIDE, "ana", "sales@example.net", NOT_OWNER, "is none of" },
	{ "user/from-an-exempt-host", BASE "[exempt x]\nnetworks = 198.51.100.7\nchecks = sender\n", OUTSIDER, "ana",
	  "sales@example.net", NOT_OWNER, "is none of" },
	{ "user/without-network", BASE, NULL, "ana", "sales@example.net", NOT_OWNER, "is none of" },
	{ "user/off", BASE "not-owner = off\n", OUTSIDER, "ana", "sales@example.net", "", "" },
	{ "user/off-and-in-a-rule", BASE "not-owner = off\n[rule r]\nwhen = sender-logins.not-owner\nfor = spf.none\nthen = flag\n",
	  OUTSIDER, "ana", "sales@example.net", NOT_OWNER, "is none of" },

	{ "stranger/owned", BASE, OUTSIDER, NULL, "ana@example.net", NO_LOGIN, "'ana@example.net' has an owner, and nobody is logged in" },
	{ "stranger/owned-hidden", BASE, OUTSIDER, NULL, "\"ana@example.net\"@foreign.example", NO_LOGIN, "'ana@example.net' has" },
	{ "stranger/nobody's", BASE, OUTSIDER, NULL, "x@example.net", "", "" },
	{ "stranger/null-reverse-path", BASE, OUTSIDER, NULL, "", "", "" },
	{ "stranger/no-reverse-path-yet", BASE, OUTSIDER, NULL, NULL, "", "" },
	{ "stranger/off", BASE "not-logged-in = off\n", OUTSIDER, NULL, "ana@example.net", "", "" },
	{ "stranger/off-and-with-points", BASE "not-logged-in = off\n[score]\npoints = sender-logins.not-logged-in:1\n", OUTSIDER, NULL,
	  "ana@example.net", NO_LOGIN, "nobody is logged in" },
	{ "stranger/in-skip-networks", BASE "[helo]\nskip-networks = 198.51.100.0/24\n", OUTSIDER, NULL, "ana@example.net", NO_LOGIN,
	  "nobody is logged in" },
	{ "stranger/without-network", BASE, NULL, NULL, "ana@example.net", "", "no login is asked for, there is no network" },
	{ "stranger/loopback-is-a-network", BASE, "127.0.0.1", NULL, "ana@example.net", NO_LOGIN, "nobody is logged in" },
	{ "stranger/exempt", BASE "[exempt x]\nnetworks = 198.51.100.7\nchecks = sender\n", OUTSIDER, NULL, "ana@example.net", "",
	  "no login is asked for, the client is in [exempt x]" },
	{ "stranger/exempt-from-another-check", BASE "[exempt x]\nnetworks = 198.51.100.7\nchecks = helo spf ptr\n", OUTSIDER, NULL,
	  "ana@example.net", NO_LOGIN, "nobody is logged in" },

	{ "grant/zone", BASE SERVERS, INSIDE, NULL, "ana@example.net", "",
	  "no login is asked for, [grant servers] lets the client relay without" },
	{ "grant/outside-the-zone", BASE SERVERS, OUTSIDER, NULL, "ana@example.net", NO_LOGIN, "nobody is logged in" },
	{ "grant/zone-without-grant", BASE "[zone servers]\nnetworks = 192.0.2.0/24\n", INSIDE, NULL, "ana@example.net", NO_LOGIN,
	  "nobody is logged in" },
	{ "grant/wants-a-login-itself", BASE "[zone z]\nnetworks = 192.0.2.0/24\n[grant g]\nzone = z\nauth = any\n", INSIDE, NULL,
	  "ana@example.net", NO_LOGIN, "nobody is logged in" },
	{ "grant/one-recipient-alone", BASE SERVERS "to = @partner.example\n", INSIDE, NULL, "ana@example.net", "", "[grant servers]" },
	{ "grant/for-another-sender", BASE SERVERS "from = scans@example.net\n", INSIDE, NULL, "ana@example.net", NO_LOGIN,
	  "nobody is logged in" },
	{ "grant/for-this-sender", BASE SERVERS "from = ana@example.net\n", INSIDE, NULL, "ana@example.net", "", "[grant servers]" },
	{ "grant/ended", BASE SERVERS "until = 2026-11-19\n", INSIDE, NULL, "ana@example.net", NO_LOGIN, "nobody is logged in" },
	{ "grant/ends-today", BASE SERVERS "until = 2026-11-20\n", INSIDE, NULL, "ana@example.net", "", "[grant servers]" },
	{ "grant/at-another-hour", BASE SERVERS "hours = 13:00-14:00\n", INSIDE, NULL, "ana@example.net", NO_LOGIN,
	  "nobody is logged in" },
	{ "grant/second-of-two", BASE SERVERS "until = 2026-11-19\n[grant more]\nzone = servers\n", INSIDE, NULL, "ana@example.net", "",
	  "[grant more]" },
	{ "grant/nat-with-all-its-terms", BASE FIREWALL, INSIDE, NULL, "ana@example.net", "", "[grant scans]" },
	{ "grant/nat-for-another-sender", BASE FIREWALL, INSIDE, NULL, "sales@example.net", NO_LOGIN, "nobody is logged in" },

	{ "table/none", "[domains]\nlocal = example.net\n", OUTSIDER, "ana", "sales@example.net", "", "" },
	{ "table/none-stranger", "[domains]\nlocal = example.net\n[sender-logins]\nnot-logged-in = reject\n", OUTSIDER, NULL,
	  "ana@example.net", "", "" },
	{ "table/empty", "[domains]\nlocal = example.net\n[sender-logins]\nlogins =\n", OUTSIDER, "ana", "sales@example.net", "", "" },
};

static void
test_login(gconstpointer data)
{
	const login_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_FULL, NULL);
	g_autoptr(GString) traced = g_string_new(NULL);
	mg_envelope *envelope = g_new0(mg_envelope, 1);
	mg_client *client = g_new0(mg_client, 1);
	mg_facts facts = facts_from(row->ip, "printer", row->from);
	char name[MG_REASON_NAME_MAX] = "";
	mg_results results = { .n = 0 };

	facts.stage = MG_STAGE_MAIL;
	facts.provenance = row->ip != NULL ? MG_FROM_SOCKET : MG_FROM_LOCAL;
	facts.auth = (mg_words){ row->user, row->user != NULL ? strlen(row->user) : 0 };
	mg_client_identify(policy, &facts, client);
	mg_envelope_read(policy, &facts, envelope);
	mg_sender_logins_check(policy, &facts, client, envelope, TEST_NOW_S, &results, trace);
	for (guint i = 0; i < mg_trace_count(trace); i++)
		g_string_append_printf(traced, "%s\n", mg_trace_get(trace, i));
	if (results.n > 0)
		mg_reason_name(results.all[0].reason, name);
	g_test_message("%s", traced->str);
	g_assert_cmpuint(results.n, <=, 1);
	g_assert_cmpstr(name, ==, row->expected);
	if (row->traced[0] != 0)
		g_assert_nonnull(strstr(traced->str, row->traced));
	else
		g_assert_cmpstr(traced->str, ==, "");
	g_free(envelope);
	g_free(client);
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	test_init(&argc, &argv);
	TEST_ROWS("/sender-logins", login_cases, test_login);
	return g_test_run();
}
