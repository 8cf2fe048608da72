/* rcpt_class.c - see rcpt_class.h. */
#include "verify/rcpt_class.h"

#include <string.h>

/* ---- words ---- */

/* Only a reply without a telling code is read for words, and only for those that speak against a negative. The qmail
 * family writes its enhanced code at the end, "(#5.7.1)". */
static const char *const policy_words[] = { "relay", "denied", "polic", "block", "spam", "rate", "blacklist", "reputation",
	"rcpthosts", "authenticat", "too many", "grey", "gray", "5.7.", NULL };
static const char *const grey_words[] = { "grey", "gray", NULL };
static const char *const limit_words[] = { "too many recipients", NULL };
static const char *const relay_words[] = { "relay", NULL };
static const char *const denied_words[] = { "access denied", NULL };

/* The recipient's address is quoted in many a reply, and its words are not the backend's: a run of octets with "@" in it
 * is left out. */
static void
strip_addresses(const char *text, char *out)
{
	while (*text != 0) {
		gsize length = strcspn(text, " \t");

		if (memchr(text, '@', length) == NULL) {
			memcpy(out, text, length);
			out += length;
		}
		text += length;
		if (*text != 0)
			*out++ = *text++;
	}
	*out = 0;
}

/* At the beginning of a word: "rate" is not in "corporate". */
static gboolean
has_word(const char *text, const char *word)
{
	gsize length = strlen(word);

	for (const char *at = text; *at != 0; at++)
		if ((at == text || !g_ascii_isalnum(at[-1])) && g_ascii_strncasecmp(at, word, length) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
has_any_word(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (has_word(text, *words))
			return TRUE;
	return FALSE;
}

/* ---- the table ---- */

#define ANY  0xffff
#define NONE 0   /* as class: no enhanced code was given */

typedef struct class_rule {
	int                code_first, code_last;
	guint              class, subject, detail;   /* of the enhanced code; ANY: whatever it is, even none */
	const char *const *words;                    /* one of them must be there; NULL: need not */
	mg_backend_quirk   quirk;                    /* only with it; NONE: always */
	mg_rcpt_class      rcpt_class;
} class_rule;

#define WORDS(first, last, class, subject, detail, words, is) \
	{ first, last, class, subject, detail, words, MG_QUIRK_NONE, is }
#define ROW(first, last, class, subject, detail, is) WORDS(first, last, class, subject, detail, NULL, is)
#define ALL(first, last, is)                         ROW(first, last, ANY, ANY, ANY, is)
#define BARE(first, last, is)                        ROW(first, last, NONE, ANY, ANY, is)
#define EXCHANGE(code, class, subject, detail, words, is) \
	{ code, code, class, subject, detail, words, MG_QUIRK_EXCHANGE_ONLINE, is }

/* The first row that fits decides. A row names the class digit it wants, so where it contradicts the reply code no row
 * of a negative fits (but for FULL, which says the same with either digit). */
static const class_rule class_rules[] = {
	ALL(250, 251, MG_RCPT_VALID),
	ALL(252, 252, MG_RCPT_UNVERIFIABLE),
	ALL(200, 399, MG_RCPT_PROTOCOL),   /* no reply to RCPT (RFC 5321 4.3.2) */

	ALL(421, 421, MG_RCPT_CLOSING),
	ROW(400, 599, 4, 2, 2, MG_RCPT_FULL),
	ROW(400, 599, 5, 2, 2, MG_RCPT_FULL),
	WORDS(450, 451, ANY, ANY, ANY, grey_words, MG_RCPT_GREY),
	ROW(450, 451, 4, 7, ANY, MG_RCPT_GREY),
	ROW(450, 451, 4, 2, 0, MG_RCPT_GREY),
	ROW(400, 499, 4, 2, 1, MG_RCPT_BLOCKED_NOW),
	ROW(452, 452, 4, 5, 3, MG_RCPT_BATCH_LIMIT),
	WORDS(452, 452, NONE, ANY, ANY, limit_words, MG_RCPT_BATCH_LIMIT),   /* Exim's */
	ROW(400, 499, 4, 3, ANY, MG_RCPT_BACKEND_TEMP),
	ALL(400, 499, MG_RCPT_TEMP),

	ROW(500, 599, 5, 1, 1, MG_RCPT_UNKNOWN),   /* whatever the reply code before it */
	ALL(500, 500, MG_RCPT_PROTOCOL),
	ALL(502, 504, MG_RCPT_PROTOCOL),
	ALL(555, 555, MG_RCPT_PROTOCOL),
	ALL(530, 530, MG_RCPT_CONFIG),
	ALL(535, 535, MG_RCPT_CONFIG),
	ALL(538, 538, MG_RCPT_CONFIG),
	ROW(500, 599, 5, 7, ANY, MG_RCPT_POLICY),
	ROW(500, 599, 5, 1, 7, MG_RCPT_SENDER),
	ROW(500, 599, 5, 1, 8, MG_RCPT_SENDER),
	ROW(500, 599, 5, 1, 2, MG_RCPT_NO_DOMAIN),
	ALL(556, 556, MG_RCPT_NO_DOMAIN),   /* RFC 7504 4 */

	ROW(550, 550, 5, 1, 10, MG_RCPT_UNKNOWN),
	ROW(550, 550, 5, 1, 6, MG_RCPT_UNKNOWN),
	ROW(550, 550, 5, 2, 1, MG_RCPT_UNKNOWN),
	ROW(550, 550, 5, 1, 3, MG_RCPT_BAD_SYNTAX),
	ROW(501, 501, 5, 1, 3, MG_RCPT_BAD_SYNTAX),
	WORDS(550, 554, 5, 1, 0, policy_words, MG_RCPT_POLICY),   /* "other address status" */
	ROW(553, 553, 5, 1, ANY, MG_RCPT_BAD_SYNTAX),
	ROW(552, 552, 5, 2, 3, MG_RCPT_SIZE),
	ROW(552, 552, 5, 3, 4, MG_RCPT_SIZE),
	BARE(552, 552, MG_RCPT_FULL),       /* "exceeded storage allocation" (RFC 5321 4.2.3) */
	/* Exchange Online says so of recipients it does not know, and "Relay Access Denied" of domains. */
	WORDS(550, 550, 5, 4, 1, relay_words, MG_RCPT_POLICY),
	EXCHANGE(550, 5, 4, 1, denied_words, MG_RCPT_UNKNOWN),

	ROW(551, 551, 5, 1, 6, MG_RCPT_MOVED),
	WORDS(551, 551, ANY, ANY, ANY, policy_words, MG_RCPT_POLICY),   /* "user not local", and then often "relaying" */
	WORDS(550, 550, NONE, ANY, ANY, policy_words, MG_RCPT_POLICY),
	WORDS(550, 550, 5, 0, 0, policy_words, MG_RCPT_POLICY),
	BARE(550, 550, MG_RCPT_SUSPECT),
	ROW(550, 550, 5, 1, 0, MG_RCPT_SUSPECT),
	ROW(554, 554, 5, 1, 0, MG_RCPT_SUSPECT),
	ROW(550, 550, 5, 0, 0, MG_RCPT_SUSPECT),
	BARE(551, 551, MG_RCPT_MOVED),
	ROW(551, 551, 5, ANY, ANY, MG_RCPT_MOVED),
	ROW(554, 554, 5, 1, ANY, MG_RCPT_UNKNOWN),
	ALL(500, 599, MG_RCPT_POLICY),
};

static gboolean
rule_fits(const class_rule *rule, const mg_smtp_reply *reply, const char *text, mg_backend_quirk quirk)
{
	if (reply->code < rule->code_first || reply->code > rule->code_last)
		return FALSE;
	if (rule->class != ANY && rule->class != reply->enhanced_class)
		return FALSE;
	if (rule->subject != ANY && rule->subject != reply->enhanced_subject)
		return FALSE;
	if (rule->detail != ANY && rule->detail != reply->enhanced_detail)
		return FALSE;
	if (rule->words != NULL && !has_any_word(text, rule->words))
		return FALSE;
	return rule->quirk == MG_QUIRK_NONE || rule->quirk == quirk;
}

mg_rcpt_class
mg_rcpt_class_of(const mg_smtp_reply *reply, mg_backend_quirk quirk)
{
	char text[MG_SMTP_TEXT_MAX + 1];

	strip_addresses(reply->text, text);
	for (gsize i = 0; i < G_N_ELEMENTS(class_rules); i++)
		if (rule_fits(&class_rules[i], reply, text, quirk))
			return class_rules[i].rcpt_class;
	return MG_RCPT_PROTOCOL;   /* not a reply code */
}

/* ---- names ---- */

static const char *const class_names[] = {
	[MG_RCPT_VALID] = "valid",
	[MG_RCPT_UNVERIFIABLE] = "unverifiable",
	[MG_RCPT_GREY] = "grey",
	[MG_RCPT_BLOCKED_NOW] = "blocked-now",
	[MG_RCPT_FULL] = "full",
	[MG_RCPT_BATCH_LIMIT] = "batch-limit",
	[MG_RCPT_BACKEND_TEMP] = "backend-temp",
	[MG_RCPT_CLOSING] = "closing",
	[MG_RCPT_TEMP] = "temp",
	[MG_RCPT_UNKNOWN] = "unknown",
	[MG_RCPT_MOVED] = "moved",
	[MG_RCPT_BAD_SYNTAX] = "bad-syntax",
	[MG_RCPT_NO_DOMAIN] = "no-domain",
	[MG_RCPT_SENDER] = "sender",
	[MG_RCPT_POLICY] = "policy",
	[MG_RCPT_SUSPECT] = "suspect",
	[MG_RCPT_SIZE] = "size",
	[MG_RCPT_CONFIG] = "config",
	[MG_RCPT_PROTOCOL] = "protocol",
	[MG_RCPT_TRANSPORT] = "transport",
};
G_STATIC_ASSERT(G_N_ELEMENTS(class_names) == MG_RCPT_TRANSPORT + 1);

const char *
mg_rcpt_class_name(mg_rcpt_class class)
{
	return class_names[class];
}

gboolean
mg_rcpt_class_is_negative(mg_rcpt_class class)
{
	return class == MG_RCPT_UNKNOWN || class == MG_RCPT_MOVED || class == MG_RCPT_SUSPECT;
}
