/* test_reply.c - the words of a refusal: codes, placeholders, what of the network is let through, limits. */
#include "verdict/reply.h"

#include "support.h"
#include "verdict/decide.h"

/* What the network wrote, NUL included. */
#define HOSTILE "a\r\n250 ok\0<\x1b{helo}\x7f\xff\xc3\xbc\"\\'`;,()|&$~^"

static const mg_reply_words words = {
	.client_ip = "192.0.2.1",
	.helo = { "mx.dom.example", 14 },
	.sender = { "user@dom.example", 16 },
	.recipient = { "rcpt@dom2.example", 17 },
	.domain = "dom3.example",
	.result = "denied",
	.reason = "relay.denied",
	.hostname = "mx1.example.net",
};

/* A policy that says nothing but what a row needs. Only what a reply asks of it is there. */
static mg_policy *
policy_new(void)
{
	return g_new0(mg_policy, 1);
}

/* ---- placeholders ---- */

typedef struct text_case {
	const char *name;
	const char *text;
	const char *expected;
} text_case;

static const text_case text_cases[] = {
	{ "plain", "Not here", "Not here" },
	{ "client-ip", "{client-ip}", "192.0.2.1" },
	{ "helo", "{helo}", "mx.dom.example" },
	{ "sender", "{sender}", "user@dom.example" },
	{ "recipient", "{recipient}", "rcpt@dom2.example" },
	{ "domain", "{domain}", "dom3.example" },
	{ "result", "{result}", "denied" },
	{ "reason", "{reason}", "relay.denied" },
	{ "hostname", "{hostname}", "mx1.example.net" },
	{ "in-a-sentence", "{client-ip} may not write to {recipient}.", "192.0.2.1 may not write to rcpt@dom2.example." },
	{ "touching", "{result}{reason}", "deniedrelay.denied" },
	{ "twice", "{result} {result}", "denied denied" },
	{ "percent-s", "100%s %n {result} %d", "100%s %n denied %d" },
	{ "brace-open", "a { b", "a { b" },
	{ "brace-close", "a } b", "a } b" },
	{ "spaces-are-kept", "  a  b  ", "  a  b  " },
};

static void
build_text(const char *text, const mg_reply_words *with, mg_reply *reply)
{
	mg_policy *policy = policy_new();

	policy->reject_texts[MG_REASON_RELAY_DENIED] = text;
	mg_reply_build(policy, MG_REJECT, MG_REASON_RELAY_DENIED, with, reply);
	g_free(policy);
}

static void
test_text(gconstpointer data)
{
	const text_case *row = data;
	mg_reply reply;

	build_text(row->text, &words, &reply);
	g_assert_cmpint(reply.code, ==, 550);
	g_assert_cmpstr(reply.enhanced, ==, "5.7.1");
	g_assert_cmpstr(reply.text, ==, row->expected);
}

/* Words that were not given leave nothing in their place. */
static void
test_not_given(void)
{
	const mg_reply_words none = { .client_ip = NULL };
	mg_reply reply;

	build_text("[{client-ip}{helo}{sender}{recipient}{domain}{result}{reason}{hostname}]", &none, &reply);
	g_assert_cmpstr(reply.text, ==, "[]");
}

/* reply.h: a text of 1 octet at least, though all that was to be in it is missing. */
static void
test_nothing_left(void)
{
	const mg_reply_words none = { .client_ip = NULL };
	mg_reply reply;

	build_text("{domain}", &none, &reply);
	g_assert_cmpuint(strlen(reply.text), >=, 1);
}

/* ---- what of the network is let through ---- */

typedef struct octets_case {
	const char *name;
	const char *octets;
	gsize       length;
	const char *expected;
} octets_case;

#define ROW(name, octets, expected) { name, octets, sizeof(octets) - 1, expected }

static const octets_case octets_cases[] = {
	ROW("address", "user.name+tag@dom-1.example", "user.name+tag@dom-1.example"),
	ROW("route", "@a.example,@b.example:u%c@d", "@a.example?@b.example:u%c@d"),
	ROW("literal", "u@[IPv6:2001:db8::1]", "u@[IPv6:2001:db8::1]"),
	ROW("null-path", "<>", "<>"),
	ROW("empty", "", ""),
	ROW("cr-lf", "a\r\n250 ok", "a??250?ok"),
	ROW("lf-alone", "\n", "?"),
	ROW("nul", "a\0b", "a?b"),
	ROW("nul-last", "a\0", "a?"),
	ROW("space", "a b", "a?b"),
	ROW("placeholder", "{helo}", "?helo?"),
	ROW("placeholder-in-two", "{hel", "?hel"),
	ROW("quotes", "\"a\\b\"'`", "?a?b???"),
	ROW("utf8", "b\xc3\xbc", "b??"),
	ROW("tab-and-del", "\t\x7f", "??"),
	ROW("escape", "\x1b[31m", "?[31m"),
	ROW("shell", "$(a)|b;c&d", "??a??b?c?d"),
};

static void
test_octets(gconstpointer data)
{
	const octets_case *row = data;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = row->length > 0 ? g_memdup2(row->octets, row->length) : g_malloc(1);
	const mg_words word = { octets, row->length };
	const mg_reply_words with = { .helo = word, .sender = word, .recipient = word };
	g_autofree char *expected = g_strdup_printf("%s|%s|%s.", row->expected, row->expected, row->expected);
	mg_reply reply;

	build_text("{helo}|{sender}|{recipient}.", &with, &reply);
	g_assert_cmpstr(reply.text, ==, expected);
}

/* Each octet alone, from each side of the network: itself or "?", and always something harmless. */
static void
test_every_octet(void)
{
	for (guint octet = 0; octet < 256; octet++) {
		const char text[] = { (char)octet, 0 };
		const mg_reply_words with = { .helo = { text, 1 }, .domain = text };
		mg_reply reply;
		gboolean let_through;

		build_text("{helo}", &with, &reply);
		g_assert_cmpuint(strlen(reply.text), ==, 1);
		let_through = reply.text[0] == (char)octet;
		g_assert_true(let_through || reply.text[0] == '?');
		if (octet <= ' ' || octet >= 0x7f || strchr("{}\"\\", (int)octet) != NULL)
			g_assert_cmpstr(reply.text, ==, "?");
		if (g_ascii_isalnum((char)octet) || (octet != 0 && strchr(".@-_", (int)octet) != NULL))
			g_assert_true(let_through);
		if (octet != 0) {
			build_text("{domain}", &with, &reply);
			g_assert_true(reply.text[0] == (let_through ? (char)octet : '?'));
		}
	}
}

/* ---- limits ---- */

typedef struct word_case {
	const char *name;
	gsize       length;
	gboolean    cut;
} word_case;

static const word_case word_cases[] = {
	{ "99", 99, FALSE },
	{ "100", 100, FALSE },
	{ "101", 101, TRUE },
	{ "254", 254, TRUE },
	{ "1000000", 1000000, TRUE },
};

static void
test_word_limit(gconstpointer data)
{
	const word_case *row = data;
	g_autofree char *word = test_repeat('w', row->length);
	g_autofree char *kept = test_repeat('w', MIN(row->length, 100));
	g_autofree char *expected = g_strconcat("(", kept, row->cut ? "..." : "", ")", NULL);
	const mg_reply_words with = { .sender = { word, row->length } };
	mg_reply reply;

	build_text("({sender})", &with, &reply);
	g_assert_cmpstr(reply.text, ==, expected);
}

typedef struct reply_limit_case {
	const char *name;
	gsize       plain;     /* octets of the text before placeholders of 50 each */
	guint       n_words;
	gsize       expected;
} reply_limit_case;

static const reply_limit_case reply_limit_cases[] = {
	{ "300-plain", 300, 0, 300 },
	{ "400-plain", 400, 0, 400 },
	{ "401-plain", 401, 0, 400 },
	{ "1000-plain", 1000, 0, 400 },
	{ "399-with-words", 299, 2, 399 },
	{ "400-with-words", 300, 2, 400 },
	{ "401-with-words", 301, 2, 400 },
	{ "words-only", 0, 30, 400 },
	{ "full-before-a-word", 400, 1, 400 },
};

static void
test_reply_limit(gconstpointer data)
{
	const reply_limit_case *row = data;
	g_autofree char *fifty = test_repeat('\n', 50);
	const mg_reply_words with = { .helo = { fifty, 50 } };
	g_autofree char *plain = test_repeat('t', row->plain);
	g_autoptr(GString) text = g_string_new(plain);
	mg_reply reply;

	for (guint i = 0; i < row->n_words; i++)
		g_string_append(text, "{helo}");
	memset(&reply, 0xa5, sizeof(reply));
	build_text(text->str, &with, &reply);
	g_assert_cmpuint(strlen(reply.text), ==, row->expected);
	g_assert_cmpuint(strspn(reply.text, "t?"), ==, row->expected);
}

/* The longest text that a policy may have, with the most that fits its placeholders, and hostile words in all. */
static void
test_hostile(void)
{
	const mg_words hostile = { HOSTILE, sizeof(HOSTILE) - 1 };
	const mg_reply_words with = { "192.0.2.1", hostile, hostile, hostile, "\r\n", "\r\n", "\r\n", "\r\n",
	                              NULL };
	mg_reply reply;

	build_text("{client-ip}{helo}{sender}{recipient}{domain}{result}{reason}{hostname}", &with, &reply);
	g_assert_cmpuint(strlen(reply.text), >, 0);
	for (const char *at = reply.text; *at; at++)
		g_assert_true(*at > ' ' && *at <= '~');
	g_assert_nonnull(strstr(reply.text, "a??250?ok?<??helo?????"));
}

/* Every reason's own text, with each word as hostile and as long as it can be, is one line within the limit. */
static void
test_own_texts(void)
{
	g_autofree char *longest = test_repeat('\n', 254);
	const mg_words word = { longest, 254 };
	const mg_reply_words with = { "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", word, word, word, longest, "word", "a.word",
		                      "h", longest };
	const mg_reply_words none = { .client_ip = NULL };
	mg_policy *policy = policy_new();

	for (guint reason = MG_REASON_NONE + 1; reason <= MG_REASON_LAST; reason++)
		for (mg_action action = MG_DEFER; action <= MG_REJECT; action++) {
			mg_reply reply;

			mg_reply_build(policy, action, (mg_reason)reason, &with, &reply);
			g_assert_cmpuint(strlen(reply.text), >, 0);
			for (const char *at = reply.text; *at; at++)
				g_assert_true(*at >= ' ' && *at <= '~');
			mg_reply_build(policy, action, (mg_reason)reason, &none, &reply);
			g_assert_cmpuint(strlen(reply.text), >, 0);
		}
	g_free(policy);
}

/* ---- codes ---- */

typedef struct code_case {
	const char    *name;
	mg_action      action;
	mg_reason      reason;
	int            form_code;
	const char    *form_enhanced;
	const char    *form_text;
	const char    *reject_text, *defer_text;   /* of the section */
	const char    *expected;                   /* "code enhanced text" */
} code_case;

static const code_case code_cases[] = {
	{ "accept", MG_ACCEPT, MG_REASON_RELAY_GRANTED, 0, "", NULL, NULL, NULL, "250 2.0.0 Ok" },
	{ "accept-whatever-is-written", MG_ACCEPT, MG_REASON_DENY_HOST, 554, "5.7.0", "No", "Never", "Later",
	  "250 2.0.0 Ok" },
	{ "reject", MG_REJECT, MG_REASON_RELAY_DENIED, 0, "", NULL, NULL, NULL, "550 5.7.1 Relaying denied for 192.0.2.1" },
	{ "defer", MG_DEFER, MG_REASON_RELAY_DENIED, 0, "", NULL, NULL, NULL, "450 4.7.1 Relaying denied for 192.0.2.1" },
	{ "reject-syntax", MG_REJECT, MG_REASON_ADDRESS_SYNTAX, 0, "", NULL, NULL, NULL,
	  "501 5.1.3 Recipient is not a valid address" },
	{ "reject-syntax-sender", MG_REJECT, MG_REASON_ADDRESS_SYNTAX_SENDER, 0, "", NULL, NULL, NULL,
	  "501 5.1.7 Sender is not a valid address" },
	{ "defer-syntax", MG_DEFER, MG_REASON_ADDRESS_SYNTAX, 0, "", NULL, NULL, NULL,
	  "451 4.1.3 Recipient is not a valid address" },
	{ "section-text", MG_REJECT, MG_REASON_RELAY_DENIED, 0, "", NULL, "Never, {client-ip}", "Later",
	  "550 5.7.1 Never, 192.0.2.1" },
	{ "section-text-defer", MG_DEFER, MG_REASON_RELAY_DENIED, 0, "", NULL, "Never", "Later", "450 4.7.1 Later" },
	{ "section-text-of-the-other", MG_DEFER, MG_REASON_RELAY_UNREADABLE, 0, "", NULL, "Never", NULL,
	  "450 4.7.1 Relay policy cannot be read now, try again later" },
	{ "form-text", MG_REJECT, MG_REASON_DENY_HOST, 0, "", "Go away", NULL, NULL, "550 5.7.1 Go away" },
	{ "form-text-before-section-text", MG_REJECT, MG_REASON_DENY_HOST, 0, "", "Go away", "Never", NULL,
	  "550 5.7.1 Go away" },
	{ "form-code", MG_REJECT, MG_REASON_DENY_HOST, 554, "", "Go away", NULL, NULL, "554 5.7.1 Go away" },
	{ "form-code-and-enhanced", MG_REJECT, MG_REASON_DENY_HOST, 554, "5.7.999", "Go away", NULL, NULL,
	  "554 5.7.999 Go away" },
	{ "form-code-defer", MG_DEFER, MG_REASON_DENY_SENDER, 451, "4.7.0", "Later", NULL, NULL, "451 4.7.0 Later" },
	{ "form-placeholders", MG_REJECT, MG_REASON_DENY_RECIPIENT, 550, "5.1.1", "No {recipient} here", NULL, NULL,
	  "550 5.1.1 No rcpt@dom2.example here" },
	/* safe-mode makes a 4xx of what is written as 5xx: no code and no enhanced code of the other class. */
	{ "class-5-deferred", MG_DEFER, MG_REASON_DENY_HOST, 554, "5.7.999", "Go away", NULL, NULL, "450 4.7.1 Go away" },
	{ "class-5-deferred-no-enhanced", MG_DEFER, MG_REASON_DENY_HOST, 554, "", "Go away", NULL, NULL,
	  "450 4.7.1 Go away" },
	{ "class-4-rejected", MG_REJECT, MG_REASON_DENY_HOST, 451, "4.7.0", "Later", NULL, NULL, "550 5.7.1 Later" },
	{ "class-5-deferred-with-defer-text", MG_DEFER, MG_REASON_DENY_HOST, 554, "5.7.999", NULL, NULL, "Later",
	  "450 4.7.1 Later" },
};

static void
test_code(gconstpointer data)
{
	const code_case *row = data;
	mg_policy *policy = policy_new();
	g_autofree char *form_text = g_strdup(row->form_text);
	g_autofree char *whole = NULL;
	mg_reply reply;

	policy->replies[row->reason].code = row->form_code;
	g_strlcpy(policy->replies[row->reason].enhanced, row->form_enhanced, sizeof(policy->replies[0].enhanced));
	policy->replies[row->reason].text = form_text;
	policy->reject_texts[row->reason] = row->reject_text;
	policy->defer_texts[row->reason] = row->defer_text;
	memset(&reply, 0xa5, sizeof(reply));
	mg_reply_build(policy, row->action, row->reason, &words, &reply);
	whole = g_strdup_printf("%d %s %s", reply.code, reply.enhanced, reply.text);
	g_assert_cmpstr(whole, ==, row->expected);
	g_free(policy);
}

/* ---- with the policy: what a list's reply and safe-mode make of a denial ---- */

typedef struct policy_case {
	const char *name;
	const char *lines;      /* of mailguard.conf */
	mg_reason   reason;
	const char *expected;
} policy_case;

#define SAFE "[mailguard]\nsafe-mode = yes\n"
#define HOSTS "[deny hosts]\nhosts = 192.0.2.1\n"

static const policy_case policy_cases[] = {
	{ "standard", HOSTS, MG_REASON_DENY_HOST, "550 5.7.1 192.0.2.1 may not send mail here" },
	{ "reply", HOSTS "reply = 554 5.7.999 Go away\n", MG_REASON_DENY_HOST, "554 5.7.999 Go away" },
	{ "reply-defers", HOSTS "reply = 451 4.7.0 Later\n", MG_REASON_DENY_HOST, "451 4.7.0 Later" },
	{ "reply-without-code", HOSTS "reply = Go away\n", MG_REASON_DENY_HOST, "550 5.7.1 Go away" },
	{ "reply-against-action", HOSTS "reply = 554 5.7.999 Go away\n[deny]\nhost = defer\n", MG_REASON_DENY_HOST,
	  "554 5.7.999 Go away" },
	{ "safe-mode", SAFE HOSTS, MG_REASON_DENY_HOST, "450 4.7.1 192.0.2.1 may not send mail here" },
	{ "safe-mode-reply", SAFE HOSTS "reply = 554 5.7.999 Go away\n", MG_REASON_DENY_HOST, "450 4.7.1 Go away" },
	{ "safe-mode-reply-defers", SAFE HOSTS "reply = 451 4.7.0 Later\n", MG_REASON_DENY_HOST, "451 4.7.0 Later" },
	{ "safe-mode-syntax", SAFE, MG_REASON_ADDRESS_SYNTAX, "451 4.1.3 Recipient is not a valid address" },
	{ "safe-mode-relay", SAFE, MG_REASON_RELAY_DENIED, "550 5.7.1 Relaying denied for 192.0.2.1" },
	{ "safe-mode-relay-form", SAFE, MG_REASON_RELAY_ADDRESS_FORM,
	  "550 5.7.1 Address hides a route, which is not followed for 192.0.2.1" },
};

static void
test_policy(gconstpointer data)
{
	const policy_case *row = data;
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = mg_policy_parse(row->lines, strlen(row->lines), "test.conf", findings);
	g_autofree char *whole = NULL;
	mg_reply reply;
	mg_action action;

	for (guint i = 0; policy == NULL && i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_test_message("%s", line);
	}
	mg_findings_free(findings);
	g_assert_nonnull(policy);
	if (policy == NULL)
		return;
	action = mg_decide_consequence(policy, &(mg_result){ .reason = row->reason }) == MG_CONSEQUENCE_REJECT ? MG_REJECT : MG_DEFER;
	mg_reply_build(policy, action, row->reason, &words, &reply);
	whole = g_strdup_printf("%d %s %s", reply.code, reply.enhanced, reply.text);
	g_assert_cmpstr(whole, ==, row->expected);
	mg_policy_unref(policy);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/reply/text", text_cases, test_text);
	g_test_add_func("/reply/not-given", test_not_given);
	g_test_add_func("/reply/nothing-left", test_nothing_left);
	TEST_ROWS("/reply/octets", octets_cases, test_octets);
	g_test_add_func("/reply/every-octet", test_every_octet);
	TEST_ROWS("/reply/word-limit", word_cases, test_word_limit);
	TEST_ROWS("/reply/limit", reply_limit_cases, test_reply_limit);
	g_test_add_func("/reply/hostile", test_hostile);
	g_test_add_func("/reply/own-texts", test_own_texts);
	TEST_ROWS("/reply/code", code_cases, test_code);
	TEST_ROWS("/reply/policy", policy_cases, test_policy);
	return g_test_run();
}
