/* test_rcpt_class.c - what a reply to RCPT means: each row of the table, then what tries to pass for another. */
#include "verify/rcpt_class.h"

#include "support.h"

typedef struct class_case {
	const char *name;
	const char *line;       /* without CRLF */
	const char *expected;   /* the class; after a space the class with the quirk of Exchange Online, where that is another */
} class_case;

static const class_case class_cases[] = {
	{ "250", "250 2.1.5 ok", "valid" },
	{ "250-bare", "250", "valid" },
	{ "251", "251 2.1.5 user not local; will forward", "valid" },
	{ "252", "252 2.5.0 cannot verify", "unverifiable" },
	{ "450-4.7.0", "450 4.7.0 later", "grey" },
	{ "450-4.7.1", "450 4.7.1 later", "grey" },
	{ "451-4.7.26", "451 4.7.26 later", "grey" },
	{ "450-4.2.0", "450 4.2.0 later", "grey" },
	{ "451-4.2.0", "451 4.2.0 later", "grey" },
	{ "450-grey", "450 Greylisted for 60 seconds", "grey" },
	{ "451-gray", "451 4.3.2 temporarily graylisted", "grey" },
	{ "450-grey-and-4.2.1", "450 4.2.1 greylisting in action", "grey" },
	{ "450-4.2.1", "450 4.2.1 receiving mail too quickly", "blocked-now" },
	{ "452-4.2.1", "452 4.2.1 not now", "blocked-now" },
	{ "452-4.2.2", "452 4.2.2 over quota", "full" },
	{ "552-5.2.2", "552 5.2.2 over quota", "full" },
	{ "550-5.2.2", "550 5.2.2 over quota", "full" },
	{ "552-4.2.2", "552 4.2.2 over quota", "full" },
	{ "452-5.2.2", "452 5.2.2 over quota", "full" },
	{ "554-5.2.2", "554 5.2.2 mailbox full", "full" },
	{ "552-bare", "552 quota exceeded", "full" },
	{ "452-4.5.3", "452 4.5.3 too many recipients", "batch-limit" },
	{ "452-bare-limit", "452 too many recipients", "batch-limit" },
	{ "452-4.3.1", "452 4.3.1 disk full", "backend-temp" },
	{ "451-4.3.0", "451 4.3.0 trouble", "backend-temp" },
	{ "454-4.3.5", "454 4.3.5 trouble", "backend-temp" },
	{ "421", "421 4.3.2 closing", "closing" },
	{ "421-bare", "421", "closing" },
	{ "421-grey", "421 4.7.0 greylisted", "closing" },
	{ "450-bare", "450 later", "temp" },
	{ "452-bare", "452 insufficient system storage", "temp" },
	{ "451-4.4.3", "451 4.4.3 directory down", "temp" },
	{ "454-4.7.0", "454 4.7.0 later", "temp" },
	{ "450-4.1.1", "450 4.1.1 unknown in table for now", "temp" },
	{ "499", "499 what", "temp" },
	{ "550-5.1.1", "550 5.1.1 user unknown", "unknown" },
	{ "550-5.1.10", "550 5.1.10 recipient not found", "unknown" },
	{ "550-5.1.6", "550 5.1.6 moved", "unknown" },
	{ "550-5.2.1", "550 5.2.1 disabled", "unknown" },
	{ "550-5.1.3", "550 5.1.3 bad syntax", "bad-syntax" },
	{ "501-5.1.3", "501 5.1.3 bad syntax", "bad-syntax" },
	{ "553-5.1.3", "553 5.1.3 bad syntax", "bad-syntax" },
	{ "553-5.1.0", "553 5.1.0 not allowed", "bad-syntax" },
	{ "553-5.1.1", "553 5.1.1 user unknown", "unknown" },
	{ "501-5.1.1", "501 5.1.1 user unknown", "unknown" },
	{ "552-5.1.1", "552 5.1.1 user unknown", "unknown" },
	{ "550-5.1.2", "550 5.1.2 host unknown", "no-domain" },
	{ "553-5.1.2", "553 5.1.2 host unknown", "no-domain" },
	{ "554-5.1.2", "554 5.1.2 host unknown", "no-domain" },
	{ "556", "556 5.1.10 null MX", "no-domain" },
	{ "556-bare", "556 no mail here", "no-domain" },
	{ "550-5.1.7", "550 5.1.7 sender", "sender" },
	{ "553-5.1.8", "553 5.1.8 sender domain", "sender" },
	{ "554-5.1.8", "554 5.1.8 sender domain", "sender" },
	{ "550-5.7.1", "550 5.7.1 relaying denied", "policy" },
	{ "554-5.7.1", "554 5.7.1 relay access denied", "policy" },
	{ "550-5.7.606", "550 5.7.606 banned", "policy" },
	{ "571", "571 5.7.1 refused", "policy" },
	{ "550-5.4.1", "550 5.4.1 Recipient address rejected: Access denied.", "policy unknown" },
	{ "550-5.4.1-relay", "550 5.4.1 Relay Access Denied", "policy" },
	{ "550-5.4.1-other", "550 5.4.1 no answer from host", "policy" },
	{ "550-bare", "550 no", "suspect" },
	{ "550-no-text", "550", "suspect" },
	{ "550-bare-unknown", "550 User unknown", "suspect" },
	{ "550-5.1.0", "550 5.1.0 address rejected", "suspect" },
	{ "550-5.0.0", "550 5.0.0 no such user here", "suspect" },
	{ "552-5.2.3", "552 5.2.3 too big", "size" },
	{ "552-5.3.4", "552 5.3.4 too big", "size" },
	{ "551", "551 user not local; please try <a@b.example>", "moved" },
	{ "551-5.1.6", "551 5.1.6 moved", "moved" },
	{ "551-5.1.0", "551 5.1.0 moved", "moved" },
	{ "530", "530 5.7.0 must issue STARTTLS first", "config" },
	{ "535", "535 5.7.8 credentials", "config" },
	{ "538", "538 5.7.11 encryption needed", "config" },
	{ "500", "500 5.5.1 what", "protocol" },
	{ "502", "502 5.5.1 what", "protocol" },
	{ "503", "503 5.5.1 need MAIL", "protocol" },
	{ "504", "504 5.5.4 what", "protocol" },
	{ "555", "555 5.5.4 unsupported parameters", "protocol" },
	{ "554-5.1.1", "554 5.1.1 no such user", "unknown" },
	{ "554-5.1.6", "554 5.1.6 moved", "unknown" },
	{ "554-5.1.0", "554 5.1.0 no such user", "suspect" },
	{ "554-bare", "554 no such user", "policy" },
	{ "554-5.0.0", "554 5.0.0 no such user", "policy" },
	{ "554-5.5.1", "554 5.5.1 no valid recipients", "policy" },

	/* words of a reply without a telling code: one against a negative wins, wherever it stands */
	{ "words-relay", "550 relay not permitted; no such user", "policy" },
	{ "words-relaying", "550 User unknown (relaying)", "policy" },
	{ "words-denied", "550 unknown: access DENIED", "policy" },
	{ "words-policy", "550 no such user, by local policy", "policy" },
	{ "words-blocked", "550 mailbox unavailable: you are blocked", "policy" },
	{ "words-spam", "550 spam, or no such user", "policy" },
	{ "words-rate", "550 rate exceeded, mailbox does not exist", "policy" },
	{ "words-grey", "550 greylisted, invalid recipient", "policy" },
	{ "words-authentication", "550 authentication required, unknown user", "policy" },
	{ "words-quoted-code", "550 sorry, not here (#5.7.1)", "policy" },
	{ "words-quoted-code-unknown", "550 sorry, no mailbox here by that name. (#5.1.1)", "suspect" },
	{ "words-5.1.0", "550 5.1.0 unknown user, blocked by our policy", "policy" },
	{ "words-5.0.0", "550 5.0.0 does not exist, access denied", "policy" },
	{ "words-553-5.1.0", "553 5.1.0 relaying prohibited", "policy" },
	{ "words-554-5.1.0", "554 5.1.0 blocked, user unknown", "policy" },
	{ "words-551", "551 user not local, we do not relay", "policy" },
	{ "words-551-5.7.1", "551 5.7.1 we do not", "policy" },
	{ "words-a-later-line", "550-no such user\r\n550 or relaying denied", "policy" },
	{ "words-not-of-5.1.1", "550 5.1.1 no such user; relay denied", "unknown" },
	{ "words-inside-others", "550 corporate separate unblock antispam crelay", "suspect" },
	{ "words-of-the-address", "550 <spam.relay@block.example>: unknown", "suspect" },
	{ "words-of-the-address-alone", "550 policy@denied.example", "suspect" },
	{ "words-beside-the-address", "550 <a@b.example>: relay", "policy" },
	{ "words-in-front-of-the-address", "550 relay to <a@b.example>", "policy" },

	/* the codes contradict each other: never a negative */
	{ "disagree-250-5.1.1", "250 5.1.1 no such user", "valid" },
	{ "disagree-252-5.1.1", "252 5.1.1 no such user", "unverifiable" },
	{ "disagree-250-4.7.1", "250 4.7.1 later", "valid" },
	{ "disagree-450-5.1.1", "450 5.1.1 no such user", "temp" },
	{ "disagree-451-5.7.1", "451 5.7.1 relay denied", "temp" },
	{ "disagree-450-5.2.1", "450 5.2.1 disabled", "temp" },
	{ "disagree-450-2.1.5", "450 2.1.5 fine", "temp" },
	{ "disagree-452-5.5.3", "452 5.5.3 too many recipients", "temp" },
	{ "disagree-550-4.1.1", "550 4.1.1 no such user", "policy" },
	{ "disagree-550-4.2.1", "550 4.2.1 disabled", "policy" },
	{ "disagree-550-4.7.1", "550 4.7.1 later", "policy" },
	{ "disagree-550-4.0.0", "550 4.0.0 no such user", "policy" },
	{ "disagree-550-4.1.0", "550 4.1.0 no such user", "policy" },
	{ "disagree-550-4.4.1", "550 4.4.1 access denied", "policy" },
	{ "disagree-550-2.1.5", "550 2.1.5 no such user", "policy" },
	{ "disagree-551-4.1.6", "551 4.1.6 moved", "policy" },
	{ "disagree-553-4.1.3", "553 4.1.3 syntax", "policy" },
	{ "disagree-554-4.1.1", "554 4.1.1 no such user", "policy" },

	/* codes that nearly are others */
	{ "near-5.1.11", "550 5.1.11 no", "policy" },
	{ "near-5.11.1", "550 5.11.1 no", "policy" },
	{ "near-5.2.10", "550 5.2.10 no", "policy" },
	{ "near-5.1.4", "550 5.1.4 ambiguous", "policy" },
	{ "near-5.2.0", "550 5.2.0 mailbox", "policy" },
	{ "near-5.4.4", "550 5.4.4 no route", "policy" },
	{ "near-4-digits", "550 5.1.1000 relay", "policy" },
	{ "near-551-5.1.1", "551 5.1.1 unknown", "unknown" },
	{ "near-501-bare", "501 unknown user", "policy" },
	{ "near-553-bare", "553 no such user", "policy" },
	{ "near-552-5.2.1", "552 5.2.1 disabled", "policy" },
	{ "near-553-5.2.1", "553 5.2.1 disabled", "policy" },
	{ "near-501-5.1.10", "501 5.1.10 no", "policy" },
	{ "near-521", "521 no mail here", "policy" },
	{ "near-599", "599 no such user", "policy" },

	/* no reply to RCPT at all */
	{ "other-200", "200 ok", "protocol" },
	{ "other-220", "220 hello", "protocol" },
	{ "other-221", "221 bye", "protocol" },
	{ "other-253", "253 5.1.1 ok", "protocol" },
	{ "other-354", "354 go ahead", "protocol" },
};

static mg_smtp_reply
reply_of(const char *line)
{
	g_autofree char *octets = g_strconcat(line, "\r\n", NULL);
	mg_smtp_reader reader;
	gsize at = 0, taken;
	mg_smtp_event event = MG_SMTP_MORE;

	mg_smtp_reader_init(&reader);
	for (; octets[at] != 0; at += taken) {
		event = mg_smtp_reader_take(&reader, octets + at, strlen(octets + at), &taken);
		g_assert_true(event == MG_SMTP_LINE || event == MG_SMTP_REPLY);
	}
	g_assert_cmpint(event, ==, MG_SMTP_REPLY);
	return reader.reply;
}

static void
test_class(gconstpointer data)
{
	const class_case *row = data;
	mg_smtp_reply reply = reply_of(row->line);
	g_auto(GStrv) expected = g_strsplit(row->expected, " ", 2);

	g_assert_cmpstr(mg_rcpt_class_name(mg_rcpt_class_of(&reply, MG_QUIRK_NONE)), ==, expected[0]);
	g_assert_cmpstr(mg_rcpt_class_name(mg_rcpt_class_of(&reply, MG_QUIRK_EXCHANGE_ONLINE)), ==,
	                expected[1] != NULL ? expected[1] : expected[0]);
}

/* Every reply code with every enhanced code that any row names, and some that none does. */
static void
test_never_negative(void)
{
	for (int code = 200; code < 600; code++)
		for (guint class = 0; class <= 5; class++)
			for (guint subject = 0; subject <= 8; subject++)
				for (guint detail = 0; detail <= 11; detail++) {
					mg_smtp_reply reply = { .code = code, .enhanced_class = (guint8)class,
						.enhanced_subject = (guint16)subject, .enhanced_detail = (guint16)detail, .n_lines = 1 };
					mg_rcpt_class is = mg_rcpt_class_of(&reply, MG_QUIRK_EXCHANGE_ONLINE);
					gboolean may_be = code >= 500 && (class == 0 || (class == 5 && subject != 7));

					if (mg_rcpt_class_is_negative(is) && !may_be) {
						g_test_message("%d %u.%u.%u: %s", code, class, subject, detail, mg_rcpt_class_name(is));
						g_test_fail();
					}
					if ((is == MG_RCPT_VALID || is == MG_RCPT_UNVERIFIABLE) != (code >= 250 && code <= 252))
						g_test_fail();
				}
}

static void
test_not_a_code(void)
{
	mg_smtp_reply none = { 0 };

	g_assert_cmpint(mg_rcpt_class_of(&none, MG_QUIRK_NONE), ==, MG_RCPT_PROTOCOL);
}

static void
test_negatives(void)
{
	for (mg_rcpt_class class = MG_RCPT_VALID; class <= MG_RCPT_TRANSPORT; class++)
		g_assert_cmpint(mg_rcpt_class_is_negative(class), ==, class == MG_RCPT_UNKNOWN || class == MG_RCPT_MOVED ||
		                class == MG_RCPT_SUSPECT);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/rcpt-class/table", class_cases, test_class);
	g_test_add_func("/rcpt-class/never-negative", test_never_negative);
	g_test_add_func("/rcpt-class/not-a-code", test_not_a_code);
	g_test_add_func("/rcpt-class/negatives", test_negatives);
	return g_test_run();
}
