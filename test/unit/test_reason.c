/* test_reason.c - the table of reasons: its words, its codes, and what mailguard.conf(5) says holds by default. */
#include "base/reason.h"

#include "support.h"

/* ---- each reason ---- */

static void
assert_reply(const mg_reason_reply *reply, int class)
{
	const char *enhanced = reply->enhanced;
	char *end;

	g_assert_cmpint(reply->code / 100, ==, class);
	g_assert_cmpint(reply->code / 10 % 10, <=, 5);   /* RFC 5321 4.2: Reply-code */
	g_assert_nonnull(enhanced);
	if (enhanced == NULL)
		return;
	/* RFC 3463 2: class "." subject "." detail, one to three digits each */
	g_assert_cmpint(enhanced[0] - '0', ==, class);
	g_assert_cmpint(enhanced[1], ==, '.');
	g_assert_cmpuint(g_ascii_strtoull(enhanced + 2, &end, 10), <=, 999);
	g_assert_true(g_ascii_isdigit(enhanced[2]) && *end == '.' && g_ascii_isdigit(end[1]));
	g_assert_cmpuint(g_ascii_strtoull(end + 1, &end, 10), <=, 999);
	g_assert_cmpint(*end, ==, 0);
}

/* A reason that the policy, or its standard, can make a refusal of has codes of the right class for it. */
static void
test_codes(gconstpointer data)
{
	mg_reason reason = (mg_reason)GPOINTER_TO_UINT(data);
	const mg_reason_info *info = mg_reason_get(reason);
	gboolean is_free = info->range != MG_RANGE_FIXED;

	if ((is_free && info->range != MG_RANGE_DOUBT) || info->standard == MG_CONSEQUENCE_REJECT)
		assert_reply(&info->reject, 5);
	if (is_free || info->standard == MG_CONSEQUENCE_DEFER)
		assert_reply(&info->defer, 4);
	/* One code alone would be no reply. */
	g_assert_cmpint(info->reject.code == 0, ==, info->reject.enhanced == NULL);
	g_assert_cmpint(info->defer.code == 0, ==, info->defer.enhanced == NULL);
}

static gboolean
is_word(const char *text)
{
	return text != NULL && g_ascii_islower(text[0]) && strspn(text, "abcdefghijklmnopqrstuvwxyz-") == strlen(text);
}

static void
test_words(gconstpointer data)
{
	mg_reason reason = (mg_reason)GPOINTER_TO_UINT(data);
	const mg_reason_info *info = mg_reason_get(reason);
	g_autofree char *expected = info->section ? g_strconcat(info->section, ".", info->word, NULL) : g_strdup(info->word);
	char name[MG_REASON_NAME_MAX];

	g_assert_true(is_word(info->word));
	g_assert_true(info->section == NULL || is_word(info->section));
	g_assert_cmpuint(strlen(expected), <, MG_REASON_NAME_MAX);
	mg_reason_name(reason, name);
	g_assert_cmpstr(name, ==, expected);
	g_assert_true(info->section != NULL || info->range == MG_RANGE_FIXED);   /* no key could set it */
	/* What keeps the relay closed cannot be let through by default either. */
	g_assert_true(info->range != MG_RANGE_REFUSAL || info->standard >= MG_CONSEQUENCE_DEFER);
}

/* Printable ASCII of a length that leaves room, and no placeholder but those that mailguard.conf(5) names. */
static void
test_text(gconstpointer data)
{
	static const char *const placeholders[] = {
		"client-ip", "helo", "sender", "recipient", "domain", "result", "reason", "hostname", NULL,
	};
	const mg_reason_info *info = mg_reason_get((mg_reason)GPOINTER_TO_UINT(data));

	g_assert_nonnull(info->text);
	if (info->text == NULL)
		return;
	g_assert_cmpuint(strlen(info->text), >=, 1);
	g_assert_cmpuint(strlen(info->text), <=, 300);
	for (const char *at = info->text; *at; at++) {
		const char *end = strchr(at, '}');

		g_assert_true(*at >= ' ' && *at <= '~');
		if (*at == '{') {
			g_autofree char *name = g_strndup(at + 1, end ? (gsize)(end - at - 1) : 0);

			g_assert_true(g_strv_contains(placeholders, name));
		}
	}
}

/* ---- all reasons together ---- */

/* Only address.syntax is two: of a recipient and of a sender. */
/* Reasons that share a word with the one before, and differ in their replies alone. */
static const char *
twin_of(guint reason)
{
	return reason == MG_REASON_ADDRESS_SYNTAX_SENDER    ? "-of-sender"
	       : reason == MG_REASON_RCPT_TEMPORARY_GREY    ? "-greylisted"
	       : reason == MG_REASON_RCPT_TEMPORARY_BLOCKED ? "-blocked" : NULL;
}

static void
test_unique(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		char name[MG_REASON_NAME_MAX];
		gboolean is_new;

		mg_reason_name((mg_reason)reason, name);
		is_new = g_hash_table_add(seen, g_strdup(name));
		if (is_new == (twin_of(reason) != NULL)) {
			g_test_message("%s", name);
			g_test_fail();
		}
	}
	g_assert_cmpstr(mg_reason_get(MG_REASON_ADDRESS_SYNTAX)->reject.enhanced, !=,
	                mg_reason_get(MG_REASON_ADDRESS_SYNTAX_SENDER)->reject.enhanced);
}

/* One section's reasons stand together: the order is that of precedence, and a preset names the first and the last. */
static void
test_sections_together(void)
{
	static const char *const apart[] = { "spf", NULL };   /* spf.skipped stands behind spf-helo */
	g_autoptr(GHashTable) ended = g_hash_table_new(g_str_hash, g_str_equal);
	const char *before = NULL;

	for (guint reason = MG_REASON_NONE + 1; reason < MG_N_REASONS; reason++) {
		const char *section = mg_reason_get((mg_reason)reason)->section;

		if (before != NULL && strcmp(before, section) != 0)
			g_hash_table_add(ended, (gpointer)before);
		if (!g_strv_contains(apart, section))
			g_assert_false(g_hash_table_contains(ended, section));
		before = section;
	}
}

/* "deny hosts, deny senders, deny recipients, deny pairs, grants, own domains, denial": of equally strict ones the first
 * in this order names the reason (mailguard.conf(5)). */
static void
test_precedence(void)
{
	static const mg_reason order[] = {
		MG_REASON_DENY_HOST, MG_REASON_DENY_SENDER, MG_REASON_DENY_RECIPIENT, MG_REASON_DENY_PAIR,
		MG_REASON_RELAY_ADDRESS_FORM, MG_REASON_RELAY_DENIED, MG_REASON_ADDRESS_SYNTAX, MG_REASON_SPF_FAIL,
		MG_REASON_HELO_SYNTAX, MG_REASON_PTR_MISSING, MG_REASON_SENDER_NULL_MX, MG_REASON_SENDER_LOGINS_NOT_OWNER,
		MG_REASON_RCPT_UNKNOWN, MG_REASON_SCORE_REACHED, MG_REASON_ENGINE_GONE,
	};

	for (guint i = 1; i < G_N_ELEMENTS(order); i++)
		g_assert_cmpint(order[i - 1], <, order[i]);
}

/* ---- what holds by default ---- */

typedef struct default_case {
	const char     *name;   /* the reason's own */
	mg_reason       reason;
	mg_consequence  standard;
	mg_reason_range range;
	const char     *reject;   /* "code enhanced"; NULL: not said */
} default_case;

#define OFF     MG_CONSEQUENCE_OFF
#define FLAG    MG_CONSEQUENCE_FLAG
#define DEFER   MG_CONSEQUENCE_DEFER
#define REJECT  MG_CONSEQUENCE_REJECT
#define ANY     MG_RANGE_ANY
#define REFUSAL MG_RANGE_REFUSAL
#define FIXED   MG_RANGE_FIXED
#define DOUBT   MG_RANGE_DOUBT

static const default_case default_cases[] = {
	{ "deny.host", MG_REASON_DENY_HOST, REJECT, ANY, "550 5.7.1" },
	{ "deny.sender", MG_REASON_DENY_SENDER, REJECT, ANY, "550 5.7.1" },
	{ "deny.recipient", MG_REASON_DENY_RECIPIENT, REJECT, ANY, "550 5.7.1" },
	{ "deny.pair", MG_REASON_DENY_PAIR, REJECT, ANY, "550 5.7.1" },
	{ "relay.denied", MG_REASON_RELAY_DENIED, REJECT, REFUSAL, "550 5.7.1" },
	{ "relay.address-form", MG_REASON_RELAY_ADDRESS_FORM, REJECT, REFUSAL, "550 5.7.1" },
	{ "relay.expired", MG_REASON_RELAY_EXPIRED, REJECT, REFUSAL, "550 5.7.1" },
	{ "relay.unreadable", MG_REASON_RELAY_UNREADABLE, DEFER, REFUSAL, NULL },
	{ "relay.own-domain", MG_REASON_RELAY_OWN_DOMAIN, OFF, FIXED, NULL },
	{ "relay.granted", MG_REASON_RELAY_GRANTED, OFF, FIXED, NULL },
	{ "address.syntax", MG_REASON_ADDRESS_SYNTAX, REJECT, ANY, "501 5.1.3" },
	{ "spf.pass", MG_REASON_SPF_PASS, OFF, ANY, NULL },
	{ "spf.fail", MG_REASON_SPF_FAIL, REJECT, ANY, "550 5.7.23" },      /* RFC 7372 3.2 */
	{ "spf.permerror", MG_REASON_SPF_PERMERROR, OFF, ANY, "550 5.7.24" },
	{ "helo.literal", MG_REASON_HELO_LITERAL, OFF, ANY, "550 5.7.1" },
	{ "ptr.missing", MG_REASON_PTR_MISSING, FLAG, ANY, "550 5.7.25" },  /* RFC 7372 3.3 */
	{ "sender.own-domain", MG_REASON_SENDER_OWN_DOMAIN, OFF, ANY, NULL },
	{ "sender.bounce-recipients", MG_REASON_SENDER_BOUNCE_RECIPIENTS, OFF, ANY, NULL },
	{ "sender.null-mx", MG_REASON_SENDER_NULL_MX, REJECT, ANY, "550 5.7.27" },   /* RFC 7505 4.2 */
	{ "sender.no-domain", MG_REASON_SENDER_NO_DOMAIN, FLAG, ANY, NULL },
	{ "sender.mx-address", MG_REASON_SENDER_MX_ADDRESS, FLAG, ANY, NULL },
	{ "sender.mx-cname", MG_REASON_SENDER_MX_CNAME, FLAG, ANY, NULL },
	{ "sender.mx-bogon", MG_REASON_SENDER_MX_BOGON, FLAG, ANY, NULL },
	{ "sender.not-fqdn", MG_REASON_SENDER_NOT_FQDN, FLAG, ANY, NULL },
	{ "sender.literal", MG_REASON_SENDER_LITERAL, FLAG, ANY, NULL },
	{ "sender-logins.not-owner", MG_REASON_SENDER_LOGINS_NOT_OWNER, REJECT, ANY, "550 5.7.1" },
	{ "sender-logins.not-logged-in", MG_REASON_SENDER_LOGINS_NOT_LOGGED_IN, FLAG, ANY, "550 5.7.1" },
	{ "rcpt.unknown", MG_REASON_RCPT_UNKNOWN, REJECT, ANY, "550 5.1.1" },
	{ "rcpt.full", MG_REASON_RCPT_FULL, DEFER, ANY, "552 5.2.2" },
	{ "rcpt.suspect", MG_REASON_RCPT_SUSPECT, DEFER, DOUBT, NULL },
	{ "rcpt.backend-down", MG_REASON_RCPT_BACKEND_DOWN, DEFER, DOUBT, NULL },
	{ "rcpt.untrusted", MG_REASON_RCPT_UNTRUSTED, DEFER, DOUBT, NULL },
	{ "rcpt.catch-all", MG_REASON_RCPT_CATCH_ALL, OFF, DOUBT, NULL },
	{ "score.reached", MG_REASON_SCORE_REACHED, FLAG, ANY, "550 5.7.1" },
	{ "engine.gone", MG_REASON_ENGINE_GONE, DEFER, FIXED, NULL },
	{ "engine.deadline", MG_REASON_ENGINE_DEADLINE, DEFER, FIXED, NULL },
	{ "none", MG_REASON_NONE, OFF, FIXED, NULL },
};

static void
test_default(gconstpointer data)
{
	const default_case *row = data;
	const mg_reason_info *info = mg_reason_get(row->reason);
	char name[MG_REASON_NAME_MAX];

	mg_reason_name(row->reason, name);
	g_assert_cmpstr(name, ==, row->name);
	g_assert_cmpint(info->standard, ==, row->standard);
	g_assert_cmpint(info->range, ==, row->range);
	if (row->reject != NULL) {
		g_autofree char *reject = g_strdup_printf("%d %s", info->reject.code, info->reject.enhanced);

		g_assert_cmpstr(reject, ==, row->reject);
	}
}

/* ---- consequences ---- */

typedef struct word_case {
	const char *name;
	const char *word;
	int         expected;   /* -1: no consequence */
} word_case;

static const word_case word_cases[] = {
	{ "off", "off", MG_CONSEQUENCE_OFF },
	{ "accept", "accept", MG_CONSEQUENCE_OFF },
	{ "monitor", "monitor", MG_CONSEQUENCE_MONITOR },
	{ "flag", "flag", MG_CONSEQUENCE_FLAG },
	{ "defer", "defer", MG_CONSEQUENCE_DEFER },
	{ "reject", "reject", MG_CONSEQUENCE_REJECT },
	{ "empty", "", -1 },
	{ "upper-case", "REJECT", -1 },
	{ "space", "reject ", -1 },
	{ "shorter", "rejec", -1 },
	{ "longer", "rejects", -1 },
	{ "yes", "yes", -1 },
	{ "number", "4", -1 },
};

static void
test_word(gconstpointer data)
{
	const word_case *row = data;
	mg_consequence consequence = (mg_consequence)4711;

	g_assert_cmpint(mg_consequence_parse(row->word, &consequence), ==, row->expected >= 0);
	g_assert_cmpint(consequence, ==, row->expected >= 0 ? row->expected : 4711);
	if (row->expected > 0)
		g_assert_cmpstr(mg_consequence_name(consequence), ==, row->word);
}

/* Larger is stricter. */
static void
test_strictness(void)
{
	static const mg_consequence ascending[] = {
		MG_CONSEQUENCE_OFF, MG_CONSEQUENCE_MONITOR, MG_CONSEQUENCE_FLAG, MG_CONSEQUENCE_DEFER, MG_CONSEQUENCE_REJECT,
	};

	for (guint i = 1; i < G_N_ELEMENTS(ascending); i++)
		g_assert_cmpint(ascending[i - 1], <, ascending[i]);
	g_assert_cmpstr(mg_consequence_name(MG_CONSEQUENCE_OFF), ==, "off");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char   *path;
		GTestDataFunc function;
	} each[] = { { "/reason/words", test_words }, { "/reason/codes", test_codes }, { "/reason/text", test_text } };

	test_init(&argc, &argv);
	for (guint i = 0; i < G_N_ELEMENTS(each); i++)
		for (guint reason = 0; reason < MG_N_REASONS; reason++) {
			char name[MG_REASON_NAME_MAX];
			g_autofree char *path = NULL;

			mg_reason_name((mg_reason)reason, name);
			path = g_strconcat(each[i].path, "/", name, twin_of(reason), NULL);
			g_test_add_data_func(path, GUINT_TO_POINTER(reason), each[i].function);
		}
	g_test_add_func("/reason/unique", test_unique);
	g_test_add_func("/reason/sections-together", test_sections_together);
	g_test_add_func("/reason/precedence", test_precedence);
	TEST_ROWS("/reason/default", default_cases, test_default);
	TEST_ROWS("/reason/consequence", word_cases, test_word);
	g_test_add_func("/reason/strictness", test_strictness);
	return g_test_run();
}
