/* test_header.c - Received-SPF and Authentication-Results: what is told, what hostile words become, limits, folding.
 * A body is read back by a reader of its own, token by token (RFC 5322 3.2), which shares nothing with header.c. */
#include "verdict/header.h"

#include "support.h"

#define WORDS(text) { text, sizeof(text) - 1 }
#define NOT_GIVEN   { NULL, 0 }
#define LONGEST_IP  "2001:db8:1111:1111:1111:1111:1111:1111"

/* ---- the reader ---- */

/* Atoms, quoted strings and comments as they are meant; a special as itself. */
typedef enum token_kind { TOKEN_END, TOKEN_ATOM, TOKEN_QUOTED, TOKEN_COMMENT, TOKEN_SPECIAL, TOKEN_WRONG } token_kind;

typedef struct reader {
	const char *at;
	token_kind  kind;
	GString    *text;
	gboolean    is_spaced;   /* white space stands before it */
} reader;

static token_kind
reader_take_until(reader *read, char end, token_kind kind)
{
	for (read->at++; *read->at != end; read->at++) {
		if (*read->at == '\\')
			read->at++;
		if (*read->at == 0 || (end == ')' && *read->at == '('))
			return TOKEN_WRONG;
		g_string_append_c(read->text, *read->at);
	}
	read->at++;
	return kind;
}

static token_kind
reader_next(reader *read)
{
	gsize length = strspn(read->at, " \t");

	read->at += length;
	read->is_spaced = length > 0;
	g_string_truncate(read->text, 0);
	if (*read->at == 0)
		return read->kind = TOKEN_END;
	if (*read->at == '"')
		return read->kind = reader_take_until(read, '"', TOKEN_QUOTED);
	if (*read->at == '(')
		return read->kind = reader_take_until(read, ')', TOKEN_COMMENT);
	if (strchr(")<>[]:;@\\,=", *read->at) != NULL) {
		g_string_append_c(read->text, *read->at++);
		return read->kind = TOKEN_SPECIAL;
	}
	length = strcspn(read->at, " \t\"()<>[]:;@\\,=");
	g_string_append_len(read->text, read->at, (gssize)length);
	read->at += length;
	return read->kind = TOKEN_ATOM;
}

static gboolean
reader_is_special(const reader *read, char special)
{
	return read->kind == TOKEN_SPECIAL && read->text->str[0] == special;
}

/* dot-atom, which may be a Mailbox where @pvalue; or quoted-string. Appended to @out as it is meant. */
static gboolean
reader_take_value(reader *read, gboolean pvalue, GString *out)
{
	if (read->is_spaced)
		return FALSE;
	if (read->kind == TOKEN_QUOTED) {
		g_string_append(out, read->text->str);
		reader_next(read);
		return TRUE;
	}
	for (;;) {
		const char *text = read->text->str;

		if (read->kind != TOKEN_ATOM || strspn(text, ".") > 0 || strstr(text, "..") || g_str_has_suffix(text, "."))
			return FALSE;
		g_string_append(out, text);
		reader_next(read);
		if (!pvalue || !reader_is_special(read, '@') || read->is_spaced)
			return TRUE;
		g_string_append_c(out, '@');
		reader_next(read);
		pvalue = FALSE;
	}
}

/* The text of an atom, which is an Ldh-str; with a dot between two where it is ptype.property. */
static gboolean
reader_take_word(reader *read, GString *out)
{
	if (read->kind != TOKEN_ATOM || strspn(read->text->str, "abcdefghijklmnopqrstuvwxyz0123456789-.") != read->text->len)
		return FALSE;
	g_string_append(out, read->text->str);
	reader_next(read);
	return TRUE;
}

/* "word=value", without spaces around the sign. */
static gboolean
reader_take_pair(reader *read, gboolean pvalue, GString *out)
{
	if (!reader_take_word(read, out) || !reader_is_special(read, '=') || read->is_spaced)
		return FALSE;
	g_string_append_c(out, '=');
	reader_next(read);
	return reader_take_value(read, pvalue, out);
}

static void
reader_take_comment(reader *read, GString *out)
{
	if (read->kind != TOKEN_COMMENT || !read->is_spaced)
		return;
	g_string_append_printf(out, "(%s)", read->text->str);
	reader_next(read);
}

/* Each part on a line of its own. */
static gboolean
read_received_spf(reader *read, GString *out)
{
	if (!reader_take_word(read, out))
		return FALSE;
	g_string_append_c(out, '\n');
	reader_take_comment(read, out);
	while (read->kind != TOKEN_END) {
		g_string_append_c(out, '\n');
		if (!read->is_spaced || !reader_take_pair(read, FALSE, out))
			return FALSE;
		if (read->kind == TOKEN_END)
			return TRUE;
		if (!reader_is_special(read, ';') || read->is_spaced)
			return FALSE;
		reader_next(read);
		if (read->kind == TOKEN_END)
			return FALSE;
	}
	return FALSE;
}

static gboolean
read_authentication_results(reader *read, GString *out)
{
	if (!reader_take_value(read, FALSE, out))
		return FALSE;
	while (read->kind != TOKEN_END) {
		if (!reader_is_special(read, ';') || read->is_spaced)
			return FALSE;
		g_string_append_c(out, '\n');
		reader_next(read);
		if (read->kind == TOKEN_ATOM && strcmp(read->text->str, "none") == 0) {
			g_string_append(out, "none");
			return reader_next(read) == TOKEN_END;
		}
		if (!read->is_spaced || !reader_take_pair(read, FALSE, out))
			return FALSE;
		reader_take_comment(read, out);
		while (read->kind == TOKEN_ATOM) {
			g_string_append_c(out, ' ');
			if (!read->is_spaced || !reader_take_pair(read, TRUE, out))
				return FALSE;
		}
	}
	return TRUE;
}

/* @body without its folds; NULL if an LF is no fold, or an octet is none that may be there. */
static char *
unfold(const char *body)
{
	GString *flat = g_string_new(NULL);

	for (const char *at = body; *at; at++) {
		gboolean is_fold = at[0] == '\n' && at[1] == '\t' && at > body && at[2] > ' ' && at[2] <= '~';

		if (!is_fold && (*at < ' ' || *at > '~')) {
			g_string_free(flat, TRUE);
			return NULL;
		}
		g_string_append_c(flat, is_fold ? ' ' : *at);
		at += is_fold;
	}
	return g_string_free(flat, FALSE);
}

/* The parts of a body, or why it is none; frees it. */
static char *
read_back(char *body, gboolean (*take)(reader *read, GString *out))
{
	g_autofree char *flat = body ? unfold(body) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	GString *out = g_string_new(NULL);
	reader read = { .at = flat, .text = text };

	if (flat != NULL)
		reader_next(&read);
	if (flat == NULL || !take(&read, out))
		g_string_append_printf(out, "<-- WRONG in: %s", body ? body : "(no body)");
	g_free(body);
	return g_string_free(out, FALSE);
}

/* ---- facts ---- */

static const mg_header_spf spf_pass = { MG_SPF_PASS, "dom.example", NULL, "mx" };
#define PASSED "(dom.example authorizes 192.0.2.1)"

static mg_header_facts
facts_of(mg_words helo, mg_words reverse_path)
{
	mg_header_facts facts = {
		.hostname = "mx.example.net", .helo = helo, .reverse_path = reverse_path, .spf_mail_from = &spf_pass,
	};

	g_assert_true(mg_ip_parse("192.0.2.1", &facts.client));
	return facts;
}

static mg_header_facts
facts_plain(void)
{
	return facts_of((mg_words)WORDS("mx.dom.example"), (mg_words)WORDS("user@dom.example"));
}

/* The longest line, the field's name counted. */
static gsize
longest_line(const char *field, const char *body)
{
	gsize longest = 0, column = strlen(field) + 2;

	for (const char *at = body; *at; at++) {
		column = *at == '\n' ? 0 : column + 1;
		longest = MAX(longest, column);
	}
	return longest;
}

static void
assert_limits(const char *field, const char *body)
{
	g_assert_nonnull(body);
	g_assert_cmpuint(strlen(body), <=, MG_HEADER_BODY_MAX);
	g_assert_cmpuint(longest_line(field, body), <=, MG_HEADER_LINE_MAX);
}

/* ---- words of the network: each in HELO and in the reverse-path, read back from both fields ---- */

typedef struct octets_case {
	const char *name;
	const char *octets;
	gsize       length;
	const char *expected;   /* what is read back */
	const char *written;    /* as it stands in Received-SPF; NULL: not looked at */
} octets_case;

#define ROW(name, octets, expected, written) { name, octets, sizeof(octets) - 1, expected, written }

static const octets_case octets_cases[] = {
	ROW("field-of-another", "a\r\nAuthentication-Results: mx.example.net; spf=pass",
	    "a??Authentication-Results: mx.example.net; spf=pass",
	    "\"a??Authentication-Results: mx.example.net\\; spf=pass\""),
	ROW("empty-line", "a\r\n\r\nbody", "a????body", "\"a????body\""),
	ROW("fold", "a\r\n\tb", "a???b", "\"a???b\""),
	ROW("lf", "a\nb", "a?b", "\"a?b\""),
	ROW("cr", "a\rb", "a?b", "\"a?b\""),
	ROW("nul", "a\0b", "a?b", "\"a?b\""),
	ROW("nul-only", "\0", "?", "\"?\""),
	ROW("nul-last", "a\0", "a?", "\"a?\""),
	ROW("lf-last", "a\n", "a?", "\"a?\""),
	ROW("quote", "\"", "\"", "\"\\\"\""),
	ROW("quote-first", "\"; identity=helo", "\"; identity=helo", "\"\\\"\\; identity=helo\""),
	ROW("quote-last", "a\"", "a\"", "\"a\\\"\""),
	ROW("backslash", "\\", "\\", "\"\\\\\""),
	ROW("backslash-last", "a\\", "a\\", "\"a\\\\\""),
	ROW("backslash-quote", "\\\"", "\\\"", "\"\\\\\\\"\""),
	ROW("quoted-already", "\"a b\"@dom.example", "\"a b\"@dom.example", "\"\\\"a b\\\"@dom.example\""),
	ROW("semicolon", "a; identity=helo", "a; identity=helo", "\"a\\; identity=helo\""),
	ROW("semicolon-only", ";", ";", "\"\\;\""),
	ROW("pairs", "a;envelope-from=x@bank.example;identity=mailfrom", "a;envelope-from=x@bank.example;identity=mailfrom",
	    "\"a\\;envelope-from=x@bank.example\\;identity=mailfrom\""),
	ROW("result", "a; spf=pass smtp.mailfrom=x@bank.example", "a; spf=pass smtp.mailfrom=x@bank.example", NULL),
	ROW("equals", "a=b", "a=b", "\"a=b\""),
	ROW("comment", "a (b) c", "a (b) c", "\"a \\(b\\) c\""),
	ROW("comment-open", "(", "(", "\"\\(\""),
	ROW("comment-close", ")", ")", "\"\\)\""),
	ROW("spaces", "  a  b  ", "  a  b  ", "\"  a  b  \""),
	ROW("space-only", " ", " ", "\" \""),
	ROW("tab", "\t", "?", "\"?\""),
	ROW("escape", "\x1b[31m", "?[31m", "\"?[31m\""),
	ROW("del", "\x7f", "?", "\"?\""),
	ROW("8-bit", "\x80\xff", "??", "\"??\""),
	ROW("utf8", "b\xc3\xbc" "cher@dom.example", "b??cher@dom.example", "\"b??cher@dom.example\""),
	ROW("line-separator", "a\xe2\x80\xa8" "b", "a???b", "\"a???b\""),
	ROW("c1-next-line", "a\xc2\x85" "b", "a??b", "\"a??b\""),
	ROW("encoded-word", "=?utf-8?q?=0A?=", "=?utf-8?q?=0A?=", "\"=?utf-8?q?=0A?=\""),
	ROW("percent-n", "%s%n%100000d", "%s%n%100000d", "\"%s%n%100000d\""),
	ROW("placeholder", "{helo}", "{helo}", "\"{helo}\""),
	ROW("dot", ".", ".", "\".\""),
	ROW("dot-first", ".a", ".a", "\".a\""),
	ROW("dot-last", "a.", "a.", "\"a.\""),
	ROW("dots", "a..b", "a..b", "\"a..b\""),
	ROW("at-only", "@", "@", "\"@\""),
	ROW("at-first", "@a.example", "@a.example", "\"@a.example\""),
	ROW("at-last", "a@", "a@", "\"a@\""),
	ROW("at-twice", "a@b.example@c.example", "a@b.example@c.example", "\"a@b.example@c.example\""),
	ROW("route", "@a.example,@b.example:u@c.example", "@a.example,@b.example:u@c.example", NULL),
	ROW("literal", "[192.0.2.1]", "[192.0.2.1]", "\"[192.0.2.1]\""),
	ROW("literal-ipv6", "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]", "\"[IPv6:2001:db8::1]\""),
	ROW("bracketed", "<user@dom.example>", "<user@dom.example>", "\"<user@dom.example>\""),
	ROW("hyphens", "-a-", "-a-", "-a-"),
	ROW("underscore", "a_b.example", "a_b.example", "a_b.example"),
	ROW("tag", "user+tag@dom.example", "user+tag@dom.example", "\"user+tag@dom.example\""),
	ROW("name", "mx.dom.example", "mx.dom.example", "mx.dom.example"),
	ROW("one-octet", "a", "a", "a"),
};

/* All other fields as they ever are, however hostile @value is. */
static void
assert_both_fields(mg_words value, const char *expected, const char *written)
{
	mg_header_facts facts = facts_of(value, value);
	g_autofree char *pairs = g_strdup_printf(PASSED "\nclient-ip=192.0.2.1\nenvelope-from=%s\nhelo=%s\nidentity=",
	                                         expected, expected);
	g_autofree char *spf = g_strconcat("pass\n", pairs, "mailfrom\nreceiver=mx.example.net\nmechanism=mx", NULL);
	g_autofree char *spf_helo = g_strconcat("pass\n", pairs, "helo\nreceiver=mx.example.net\nmechanism=mx", NULL);
	g_autofree char *results = g_strdup_printf("mx.example.net\nspf=pass" PASSED " smtp.mailfrom=%s\n"
	                                           "spf=pass" PASSED " smtp.helo=%s", expected, expected);
	g_autofree char *spf_read = NULL, *spf_helo_read = NULL, *results_read = NULL, *body = NULL, *flat = NULL;

	facts.spf_helo = &spf_pass;
	spf_read = read_back(mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM), read_received_spf);
	g_assert_cmpstr(spf_read, ==, spf);
	spf_helo_read = read_back(mg_received_spf_build(&facts, MG_IDENTITY_HELO), read_received_spf);
	g_assert_cmpstr(spf_helo_read, ==, spf_helo);
	results_read = read_back(mg_authentication_results_build(&facts), read_authentication_results);
	g_assert_cmpstr(results_read, ==, results);

	body = mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM);
	assert_limits(MG_RECEIVED_SPF, body);
	flat = unfold(body);
	g_assert_nonnull(flat);
	if (flat != NULL && written != NULL) {
		g_autofree char *part = g_strdup_printf("; envelope-from=%s; helo=%s; ", written, written);

		g_assert_nonnull(strstr(flat, part));
	}
}

static void
test_octets(gconstpointer data)
{
	const octets_case *row = data;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = g_memdup2(row->octets, row->length);

	assert_both_fields((mg_words){ octets, row->length }, row->expected, row->written);
}

static void
test_every_octet(void)
{
	for (guint octet = 0; octet < 256; octet++) {
		const char text[] = { 'a', (char)octet, 'b' };
		const char expected[] = { 'a', octet >= ' ' && octet <= '~' ? (char)octet : '?', 'b', 0 };

		assert_both_fields((mg_words){ text, sizeof(text) }, expected, NULL);
	}
}

/* ---- lengths ---- */

typedef struct length_case {
	const char *name;
	gsize       length;
	gboolean    is_cut;
} length_case;

static const length_case length_cases[] = {
	{ "0", 0, FALSE },
	{ "1", 1, FALSE },
	{ "253", 253, FALSE },
	{ "254", 254, FALSE },
	{ "255", 255, TRUE },
	{ "1024", 1024, TRUE },
	{ "1000000", 1000000, TRUE },
};

/* Names are cut in front: their end says whose they are. */
static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	const struct { const char *end; char fill; } kinds[] = {
		{ "", 'a' }, { "", '\\' }, { "", '\n' }, { "", ' ' }, { "", '.' },
		{ "@bank.example", 'a' }, { ".bank.example", '"' },
	};

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		gsize n_end = MIN(strlen(kinds[i].end), row->length);
		g_autofree char *fill = test_repeat(kinds[i].fill, row->length - n_end);
		g_autofree char *whole = g_strconcat(fill, kinds[i].end + strlen(kinds[i].end) - n_end, NULL);
		g_autofree char *octets = row->length > 0 ? g_memdup2(whole, row->length) : g_malloc(1);
		g_autofree char *expected = g_strconcat(row->is_cut ? "..." : "",
		                                        whole + (row->is_cut ? row->length - 254 : 0), NULL);

		g_strdelimit(expected, "\n", '?');
		if (row->length > 0)
			assert_both_fields((mg_words){ octets, row->length }, expected, NULL);
	}
}

/* Nothing of what must be told is missing when every word is as long as it can be, and longer when written. */
static void
test_all_longest(void)
{
	const char fills[] = { '"', '\\', ';', '\n', ' ', 'a' };

	for (guint i = 0; i < G_N_ELEMENTS(fills); i++) {
		g_autofree char *text = test_repeat(fills[i], 4096);
		g_autofree char *kept = test_repeat(fills[i] == '\n' ? '?' : fills[i], 254);
		g_autofree char *spf_pairs = g_strdup_printf("\nclient-ip=" LONGEST_IP "\nenvelope-from=...%s\nhelo=...%s\n"
		                                             "identity=helo\nreceiver=...%s", kept, kept, kept);
		g_autofree char *mail_from = g_strdup_printf(" smtp.mailfrom=...%s\nspf=", kept);
		g_autofree char *helo = g_strdup_printf(" smtp.helo=...%s", kept);
		const mg_words words = { text, 4096 };
		mg_header_facts facts = facts_of(words, words);
		g_autofree char *spf = NULL, *spf_body = NULL, *results = NULL, *results_body = NULL;

		for (mg_spf_result result = MG_SPF_NONE; result <= MG_SPF_PERMERROR; result++) {
			const mg_header_spf longest = { result, text, text, text };

			facts.spf_mail_from = facts.spf_helo = &longest;
			facts.hostname = text;
			g_assert_true(mg_ip_parse(LONGEST_IP, &facts.client));
			g_free(spf);
			g_free(spf_body);
			g_free(results);
			g_free(results_body);
			spf_body = mg_received_spf_build(&facts, MG_IDENTITY_HELO);
			assert_limits(MG_RECEIVED_SPF, spf_body);
			spf = read_back(g_strdup(spf_body), read_received_spf);
			g_assert_null(strstr(spf, "WRONG"));
			g_assert_nonnull(strstr(spf, spf_pairs));
			results_body = mg_authentication_results_build(&facts);
			assert_limits(MG_AUTHENTICATION_RESULTS, results_body);
			results = read_back(g_strdup(results_body), read_authentication_results);
			g_assert_null(strstr(results, "WRONG"));
			g_assert_nonnull(strstr(results, mail_from));
			g_assert_nonnull(strstr(results, helo));
		}
	}
}

/* ---- whole bodies of Received-SPF ---- */

#define PAIRS "\nclient-ip=192.0.2.1\nenvelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=mailfrom" \
              "\nreceiver=mx.example.net"

typedef struct spf_case {
	const char   *name;
	mg_header_spf spf;
	const char   *expected;
} spf_case;

static const spf_case spf_cases[] = {
	{ "none", { MG_SPF_NONE, "dom.example", NULL, NULL },
	  "none\n(no SPF policy was found for dom.example)" PAIRS },
	{ "neutral", { MG_SPF_NEUTRAL, "dom.example", NULL, "default" },
	  "neutral\n(dom.example makes no assertion about 192.0.2.1)" PAIRS "\nmechanism=default" },
	{ "pass", { MG_SPF_PASS, "dom.example", NULL, "ip4:192.0.2.0/24" },
	  "pass\n(dom.example authorizes 192.0.2.1)" PAIRS "\nmechanism=ip4:192.0.2.0/24" },
	{ "fail", { MG_SPF_FAIL, "dom.example", NULL, "all" },
	  "fail\n(dom.example does not authorize 192.0.2.1)" PAIRS "\nmechanism=all" },
	{ "softfail", { MG_SPF_SOFTFAIL, "dom.example", NULL, "include:a.example > all" },
	  "softfail\n(dom.example probably does not authorize 192.0.2.1)" PAIRS "\nmechanism=include:a.example > all" },
	{ "temperror", { MG_SPF_TEMPERROR, "dom.example", "no answer for TXT dom.example", NULL },
	  "temperror\n(the SPF policy of dom.example could not be looked up now)" PAIRS
	  "\nproblem=no answer for TXT dom.example" },
	{ "permerror", { MG_SPF_PERMERROR, "dom.example", "two records", "mx" },
	  "permerror\n(the SPF policy of dom.example could not be interpreted)" PAIRS "\nproblem=two records\nmechanism=mx" },
	{ "problem-of-no-error", { MG_SPF_PASS, "dom.example", "none", "mx" },
	  "pass\n(dom.example authorizes 192.0.2.1)" PAIRS "\nmechanism=mx" },
	{ "error-without-problem", { MG_SPF_PERMERROR, "dom.example", NULL, NULL },
	  "permerror\n(the SPF policy of dom.example could not be interpreted)" PAIRS },
	{ "no-domain", { MG_SPF_PASS, NULL, NULL, NULL }, "pass\n(the domain authorizes 192.0.2.1)" PAIRS },
	{ "empty-domain", { MG_SPF_NONE, "", NULL, NULL }, "none\n(no SPF policy was found for the domain)" PAIRS },
	{ "hostile-domain", { MG_SPF_NONE, "a) spf=pass; (\\\"\r\n\x80", NULL, NULL },
	  "none\n(no SPF policy was found for a??spf?pass???????" "?)" PAIRS },
	{ "hostile-problem", { MG_SPF_PERMERROR, "dom.example", "a\"; identity=helo\r\nX: \xff(", NULL },
	  "permerror\n(the SPF policy of dom.example could not be interpreted)" PAIRS
	  "\nproblem=a\"; identity=helo??X: ?(" },
	{ "hostile-mechanism", { MG_SPF_PASS, "dom.example", NULL, "exists:\\\";\n" },
	  "pass\n(dom.example authorizes 192.0.2.1)" PAIRS "\nmechanism=exists:\\\";?" },
	{ "empty-texts", { MG_SPF_PERMERROR, "dom.example", "", "" },
	  "permerror\n(the SPF policy of dom.example could not be interpreted)" PAIRS "\nproblem=\nmechanism=" },
};

static void
test_spf(gconstpointer data)
{
	const spf_case *row = data;
	mg_header_facts facts = facts_plain();
	g_autofree char *read = NULL;

	facts.spf_mail_from = &row->spf;
	read = read_back(mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM), read_received_spf);
	g_assert_cmpstr(read, ==, row->expected);
}

/* Texts are cut behind: their beginning says what they are about. */
static void
test_texts_cut(void)
{
	g_autofree char *text = g_strnfill(1024, 'p');
	g_autofree char *domain = g_strnfill(1024, 'd');
	const mg_header_spf spf = { MG_SPF_PERMERROR, domain, text, NULL };
	mg_header_facts facts = facts_plain();
	g_autofree char *expected = g_strdup_printf("permerror\n(the SPF policy of ...%.100s could not be interpreted)" PAIRS
	                                            "\nproblem=%.254s...", domain, text);
	g_autofree char *read = NULL;

	facts.spf_mail_from = &spf;
	read = read_back(mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM), read_received_spf);
	g_assert_cmpstr(read, ==, expected);
}

/* ---- identities: a result stands under the identity that it is about, and nowhere else ---- */

static const mg_header_spf identity_pass = { MG_SPF_PASS, "mx.dom.example", NULL, NULL };
static const mg_header_spf identity_fail = { MG_SPF_FAIL, "dom.example", NULL, NULL };

typedef struct identity_case {
	const char          *name;
	const mg_header_spf *mail_from, *helo;
	mg_words             helo_word, reverse_path;
	const char          *spf_mail_from, *spf_helo, *results;   /* NULL: no field */
} identity_case;

#define HELO   WORDS("mx.dom.example")
#define SENDER WORDS("user@dom.example")
#define PASS   "pass\n(mx.dom.example authorizes 192.0.2.1)\nclient-ip=192.0.2.1\n"
#define FAIL   "fail\n(dom.example does not authorize 192.0.2.1)\nclient-ip=192.0.2.1\n"
#define PASSES "spf=pass(mx.dom.example authorizes 192.0.2.1)"
#define FAILS  "spf=fail(dom.example does not authorize 192.0.2.1)"

static const identity_case identity_cases[] = {
	{ "both", &identity_fail, &identity_pass, HELO, SENDER,
	  FAIL "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=mailfrom\nreceiver=mx.example.net",
	  PASS "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" FAILS " smtp.mailfrom=user@dom.example\n" PASSES " smtp.helo=mx.dom.example" },
	{ "both-the-same", &identity_pass, &identity_pass, HELO, SENDER,
	  PASS "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=mailfrom\nreceiver=mx.example.net",
	  PASS "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.mailfrom=user@dom.example\n" PASSES " smtp.helo=mx.dom.example" },
	{ "helo-only", NULL, &identity_pass, HELO, SENDER, NULL,
	  PASS "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.helo=mx.dom.example" },
	{ "mail-from-only", &identity_fail, NULL, HELO, SENDER,
	  FAIL "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=mailfrom\nreceiver=mx.example.net", NULL,
	  "mx.example.net\n" FAILS " smtp.mailfrom=user@dom.example" },
	{ "neither", NULL, NULL, HELO, SENDER, NULL, NULL, "mx.example.net\nnone" },
	{ "null-reverse-path", &identity_pass, &identity_pass, HELO, WORDS(""),
	  PASS "envelope-from=<>\nhelo=mx.dom.example\nidentity=mailfrom\nreceiver=mx.example.net",
	  PASS "envelope-from=<>\nhelo=mx.dom.example\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.mailfrom=<>\n" PASSES " smtp.helo=mx.dom.example" },
	{ "null-reverse-path-helo-only", NULL, &identity_pass, HELO, WORDS(""), NULL,
	  PASS "envelope-from=<>\nhelo=mx.dom.example\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.helo=mx.dom.example" },
	{ "not-given", &identity_pass, &identity_pass, NOT_GIVEN, NOT_GIVEN,
	  PASS "envelope-from=\nhelo=\nidentity=mailfrom\nreceiver=mx.example.net",
	  PASS "envelope-from=\nhelo=\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.mailfrom=\n" PASSES " smtp.helo=" },
	{ "empty-helo", &identity_pass, &identity_pass, WORDS(""), SENDER,
	  PASS "envelope-from=user@dom.example\nhelo=\nidentity=mailfrom\nreceiver=mx.example.net",
	  PASS "envelope-from=user@dom.example\nhelo=\nidentity=helo\nreceiver=mx.example.net",
	  "mx.example.net\n" PASSES " smtp.mailfrom=user@dom.example\n" PASSES " smtp.helo=" },
};

static void
assert_field(char *body, gboolean (*take)(reader *read, GString *out), const char *expected)
{
	g_autofree char *read = NULL;

	if (expected == NULL) {
		g_assert_null(body);
		return;
	}
	read = read_back(body, take);
	g_assert_cmpstr(read, ==, expected);
}

static void
test_identity(gconstpointer data)
{
	const identity_case *row = data;
	mg_header_facts facts = facts_of(row->helo_word, row->reverse_path);

	facts.spf_mail_from = row->mail_from;
	facts.spf_helo = row->helo;
	assert_field(mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM), read_received_spf, row->spf_mail_from);
	assert_field(mg_received_spf_build(&facts, MG_IDENTITY_HELO), read_received_spf, row->spf_helo);
	assert_field(mg_authentication_results_build(&facts), read_authentication_results, row->results);
}

/* ---- names of ours ---- */

typedef struct name_case {
	const char *name;
	const char *hostname, *authserv_id;
	const char *receiver, *results;   /* "": not told; NULL: no field */
} name_case;

static const name_case name_cases[] = {
	{ "hostname", "mx.example.net", NULL, "mx.example.net", "mx.example.net\nnone" },
	{ "authserv-id", "mx.example.net", "example.net", "mx.example.net", "example.net\nnone" },
	{ "authserv-id-empty", "mx.example.net", "", "mx.example.net", "mx.example.net\nnone" },
	{ "authserv-id-only", NULL, "example.net", "", "example.net\nnone" },
	{ "none", NULL, NULL, "", NULL },
	{ "empty", "", "", "", NULL },
	{ "hostile", "a; spf=pass\r\n\"", "a; spf=pass\r\n\"", "a; spf=pass??\"", "a; spf=pass??\"\nnone" },
	{ "with-at", "a@mx.example.net", "a@mx.example.net", "a@mx.example.net", "a@mx.example.net\nnone" },
};

static void
test_name(gconstpointer data)
{
	const name_case *row = data;
	mg_header_facts facts = facts_plain();
	g_autofree char *expected = g_strconcat("pass\n(dom.example authorizes 192.0.2.1)\nclient-ip=192.0.2.1\n"
	                                        "envelope-from=user@dom.example\nhelo=mx.dom.example\nidentity=mailfrom",
	                                        row->receiver[0] ? "\nreceiver=" : "", row->receiver, "\nmechanism=mx", NULL);

	facts.hostname = row->hostname;
	facts.authserv_id = row->authserv_id;
	assert_field(mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM), read_received_spf, expected);
	facts.spf_mail_from = NULL;
	assert_field(mg_authentication_results_build(&facts), read_authentication_results, row->results);
}

/* ---- the client's address ---- */

typedef struct client_case {
	const char *name;
	const char *client;
	const char *expected;
} client_case;

static const client_case client_cases[] = {
	{ "ipv4", "192.0.2.1", "client-ip=192.0.2.1;" },
	{ "ipv4-mapped", "::ffff:192.0.2.1", "client-ip=192.0.2.1;" },
	{ "ipv6", "2001:db8::1", "client-ip=\"2001:db8::1\";" },
	{ "ipv6-longest", LONGEST_IP, "client-ip=\"" LONGEST_IP "\";" },
	{ "zero", "::", "client-ip=\"::\";" },
};

static void
test_client(gconstpointer data)
{
	const client_case *row = data;
	mg_header_facts facts = facts_plain();
	g_autofree char *body = NULL;

	g_assert_true(mg_ip_parse(row->client, &facts.client));
	body = mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM);
	g_assert_nonnull(strstr(body, row->expected));
}

/* ---- rows besides SPF ---- */

typedef struct other_case {
	const char *name;
	mg_resinfo  row;
	const char *expected;   /* behind the authserv-id */
} other_case;

#define LONG_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const other_case other_cases[] = {
	{ "whole", { "iprev", "pass", "mx.dom.example", "policy", "iprev", WORDS("192.0.2.1") },
	  "iprev=pass(mx.dom.example) policy.iprev=192.0.2.1" },
	{ "ipv6", { "iprev", "fail", NULL, "policy", "iprev", WORDS("2001:db8::1") },
	  "iprev=fail policy.iprev=2001:db8::1" },
	{ "no-property", { "iprev", "temperror", "no answer", NULL, NULL, NOT_GIVEN }, "iprev=temperror(no answer)" },
	{ "no-value", { "iprev", "fail", NULL, "policy", "iprev", NOT_GIVEN }, "iprev=fail" },
	{ "no-ptype", { "iprev", "fail", NULL, NULL, "iprev", WORDS("192.0.2.1") }, "iprev=fail" },
	{ "empty-value", { "x-mailguard", "pass", NULL, "policy", "reason", WORDS("") },
	  "x-mailguard=pass policy.reason=" },
	{ "empty-comment", { "iprev", "pass", "", NULL, NULL, NOT_GIVEN }, "iprev=pass" },
	{ "blank-comment", { "iprev", "pass", "   ", NULL, NULL, NOT_GIVEN }, "iprev=pass" },
	{ "spaced-comment", { "iprev", "pass", "  a   b  ", NULL, NULL, NOT_GIVEN }, "iprev=pass(a b)" },
	{ "hostile-comment", { "iprev", "pass", "a) b=c; (\\\"\r\n\x80", NULL, NULL, NOT_GIVEN },
	  "iprev=pass(a? b?c? ?????" "?)" },
	{ "hostile-value", { "iprev", "pass", NULL, "policy", "iprev", WORDS("a\0; spf=pass\n\"") },
	  "iprev=pass policy.iprev=a?; spf=pass?\"" },
	{ "mailbox", { "auth", "pass", NULL, "smtp", "auth", WORDS("user@dom.example") },
	  "auth=pass smtp.auth=user@dom.example" },
	{ "longest-keywords", { LONG_63, LONG_63, NULL, LONG_63, LONG_63, WORDS("a") },
	  LONG_63 "=" LONG_63 " " LONG_63 "." LONG_63 "=a" },
	{ "keyword-too-long", { LONG_63 "l", "pass", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "method-spf", { "spf", "pass", NULL, "smtp", "mailfrom", WORDS("user@bank.example") }, "none" },
	{ "method-spf-in-capitals", { "SPF", "pass", NULL, "smtp", "mailfrom", WORDS("user@bank.example") }, "none" },
	{ "method-null", { NULL, "pass", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "method-empty", { "", "pass", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "method-hostile", { "a=b;spf", "pass", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "method-hyphen-last", { "a-", "pass", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "result-null", { "iprev", NULL, NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "result-hostile", { "iprev", "pass\r\nX:", NULL, NULL, NULL, NOT_GIVEN }, "none" },
	{ "ptype-hostile", { "iprev", "pass", NULL, "a b", "iprev", WORDS("a") }, "none" },
	{ "property-dotted", { "iprev", "pass", NULL, "policy", "a.b", WORDS("a") }, "none" },
};

static void
test_other(gconstpointer data)
{
	const other_case *row = data;
	g_autofree char *expected = g_strconcat("mx.example.net\n", row->expected, NULL);
	mg_header_facts facts = facts_plain();

	facts.spf_mail_from = NULL;
	facts.others = &row->row;
	facts.n_others = 1;
	assert_field(mg_authentication_results_build(&facts), read_authentication_results, expected);
}

/* Rows come in their order, behind SPF, as many as fit. */
static void
test_others_many(void)
{
	enum { N_ROWS = 1000 };
	g_autofree mg_resinfo *rows = g_new0(mg_resinfo, N_ROWS);
	mg_header_facts facts = facts_plain();
	g_autofree char *body = NULL, *read = NULL;
	g_auto(GStrv) lines = NULL;

	for (guint i = 0; i < N_ROWS; i++)
		rows[i] = (mg_resinfo){ i == 1 ? "not a keyword" : "iprev", i % 2 ? "fail" : "pass",
		                        NULL, NULL, NULL, NOT_GIVEN };
	facts.others = rows;
	facts.n_others = N_ROWS;
	body = mg_authentication_results_build(&facts);
	assert_limits(MG_AUTHENTICATION_RESULTS, body);
	g_assert_cmpuint(strlen(body), >, MG_HEADER_BODY_MAX - 150);
	read = read_back(g_strdup(body), read_authentication_results);
	lines = g_strsplit(read, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), >, 100);
	g_assert_cmpstr(lines[1], ==, "spf=pass(dom.example authorizes 192.0.2.1) smtp.mailfrom=user@dom.example");
	for (guint i = 2; lines[i] != NULL; i++)   /* the first, then from the third on */
		g_assert_cmpstr(lines[i], ==, i == 2 || i % 2 == 1 ? "iprev=pass" : "iprev=fail");
}

/* A comment is given up before its row is; behind a row that has no room, a shorter one has none either. */
static void
test_others_room(void)
{
	g_autofree char *longest = test_repeat('"', 254);
	const mg_resinfo rows[] = {
		{ "a", "pass", NULL, "policy", "a", { longest, 254 } }, { "b", "pass", NULL, "policy", "b", { longest, 254 } },
		{ "c", "pass", longest, "policy", "c", { longest, 150 } }, { "d", "pass", "left", NULL, NULL, NOT_GIVEN },
		{ "e", "pass", NULL, "policy", "e", { longest, 254 } }, { "f", "pass", NULL, NULL, NULL, NOT_GIVEN },
	};
	g_autofree char *expected = g_strdup_printf("%s\na=pass policy.a=%s\nb=pass policy.b=%s\n"
	                                            "c=pass policy.c=%.150s\nd=pass(left)", longest, longest, longest, longest);
	mg_header_facts facts = facts_plain();

	facts.spf_mail_from = NULL;
	facts.authserv_id = longest;
	facts.others = rows;
	facts.n_others = G_N_ELEMENTS(rows);
	assert_field(mg_authentication_results_build(&facts), read_authentication_results, expected);
}

/* ---- what of Authentication-Results stands without quotes (RFC 8601 2.2: pvalue) ---- */

typedef struct pvalue_case {
	const char *name;
	const char *sender;
	gboolean    is_plain;
} pvalue_case;

static const pvalue_case pvalue_cases[] = {
	{ "mailbox", "user@dom.example", TRUE },
	{ "tag", "first.last+tag_1@dom-1.example", TRUE },
	{ "single-label", "user@localhost", TRUE },
	{ "token", "user_name", TRUE },
	{ "domain-underscore", "user@my_host.example", FALSE },
	{ "domain-plus", "user@a+b.example", FALSE },
	{ "domain-hyphen-first", "user@-dom.example", FALSE },
	{ "domain-hyphen-last", "user@dom.example-", FALSE },
	{ "label-hyphen-first", "user@dom.-example", FALSE },
	{ "label-hyphen-last", "user@dom-.example", FALSE },
	{ "domain-dot-last", "user@dom.example.", FALSE },
	{ "literal", "user@[192.0.2.1]", FALSE },
	{ "local-dot-last", "user.@dom.example", FALSE },
	{ "local-empty", "@dom.example", FALSE },
	{ "domain-empty", "user@", FALSE },
	{ "equals", "a=b@dom.example", FALSE },
	{ "slash", "a/b@dom.example", FALSE },
	{ "question-mark", "a?b@dom.example", FALSE },
	{ "at-twice", "a@b@dom.example", FALSE },
	{ "quoted", "\"a b\"@dom.example", FALSE },
};

static void
test_pvalue(gconstpointer data)
{
	const pvalue_case *row = data;
	mg_header_facts facts = facts_of((mg_words)WORDS("mx.dom.example"), (mg_words){ row->sender, strlen(row->sender) });
	g_autofree char *body = mg_authentication_results_build(&facts);
	const char *value = strstr(body, "smtp.mailfrom=");

	g_assert_nonnull(value);
	value += strlen("smtp.mailfrom=");
	if (row->is_plain)
		g_assert_cmpstr(value, ==, row->sender);
	else
		g_assert_true(value[0] == '"' && g_str_has_suffix(value, "\""));
}

/* ---- folding ---- */

typedef struct fold_case {
	const char *name;
	gsize       n_sender;
	const char *expected;   /* "@" stands for the sender */
} fold_case;

#define FOLD_FIRST "pass (dom.example authorizes 192.0.2.1) client-ip=192.0.2.1;\n\t"

static const fold_case fold_cases[] = {
	{ "short", 1,
	  FOLD_FIRST "envelope-from=@; helo=mx.dom.example; identity=mailfrom;\n\t"
	  "receiver=mx.example.net; mechanism=mx" },
	/* A tab, "envelope-from=" and its semicolon have 16 octets, "helo=mx.dom.example;" 21 with its space. */
	{ "78-at-helo", 41,
	  FOLD_FIRST "envelope-from=@; helo=mx.dom.example;\n\tidentity=mailfrom; "
	  "receiver=mx.example.net; mechanism=mx" },
	{ "79-at-helo", 42,
	  FOLD_FIRST "envelope-from=@;\n\thelo=mx.dom.example; identity=mailfrom; "
	  "receiver=mx.example.net; mechanism=mx" },
	{ "78-alone", 62,
	  FOLD_FIRST "envelope-from=@;\n\thelo=mx.dom.example; identity=mailfrom; "
	  "receiver=mx.example.net; mechanism=mx" },
	{ "79-alone", 63,
	  FOLD_FIRST "envelope-from=@;\n\thelo=mx.dom.example; identity=mailfrom; "
	  "receiver=mx.example.net; mechanism=mx" },
	{ "longest", 254,
	  FOLD_FIRST "envelope-from=@;\n\thelo=mx.dom.example; identity=mailfrom; "
	  "receiver=mx.example.net; mechanism=mx" },
};

static void
test_fold(gconstpointer data)
{
	const fold_case *row = data;
	g_autofree char *sender = test_repeat('s', row->n_sender);
	g_auto(GStrv) parts = g_strsplit(row->expected, "@", -1);
	g_autofree char *expected = g_strjoinv(sender, parts);
	mg_header_facts facts = facts_plain();
	g_autofree char *body = NULL;

	facts.reverse_path = (mg_words){ sender, row->n_sender };
	body = mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM);
	g_assert_cmpstr(body, ==, expected);
}

typedef struct first_line_case {
	const char *name;
	gsize       n_name;
	const char *expected;   /* "@" stands for the authserv-id */
} first_line_case;

/* "Authentication-Results: " has 24 octets; "; none" 6. */
static const first_line_case first_line_cases[] = {
	{ "78", 48, "@; none" },
	{ "79", 49, "@;\n\tnone" },
	{ "name-78", 53, "@;\n\tnone" },
	{ "name-79", 54, "@;\n\tnone" },
};

static void
test_first_line(gconstpointer data)
{
	const first_line_case *row = data;
	g_autofree char *name = test_repeat('n', row->n_name);
	g_auto(GStrv) parts = g_strsplit(row->expected, "@", -1);
	g_autofree char *expected = g_strjoinv(name, parts);
	mg_header_facts facts = facts_plain();
	g_autofree char *body = NULL;

	facts.spf_mail_from = NULL;
	facts.authserv_id = name;
	body = mg_authentication_results_build(&facts);
	g_assert_cmpstr(body, ==, expected);
}

/* Whatever the lengths are: a line over 78 is one token, and no line is shorter than it had to be. */
static void
test_fold_every_length(void)
{
	for (gsize length = 1; length < 200; length++)
		for (guint spaced = 0; spaced < 2; spaced++) {
			g_autofree char *octets = test_repeat(spaced ? ' ' : 'o', length);
			mg_header_facts facts = facts_of((mg_words){ octets, length }, (mg_words){ octets, length / 2 });
			g_autofree char *body = NULL;
			g_auto(GStrv) lines = NULL;
			gsize before = strlen(MG_AUTHENTICATION_RESULTS ": ");

			facts.spf_helo = &spf_pass;
			body = mg_authentication_results_build(&facts);
			lines = g_strsplit(body, "\n\t", -1);
			for (guint i = 0; lines[i] != NULL; i++, before = 1) {
				const char *quote = strchr(lines[i], '"');
				gsize n_before_quote = quote ? (gsize)(quote - lines[i]) : strlen(lines[i]);

				if (strlen(lines[i]) + before > 78)
					g_assert_null(memchr(lines[i], ' ', n_before_quote));
				if (lines[i + 1] != NULL) {
					const char *next_quote = strchr(lines[i + 1], '"');
					gsize n_token = strcspn(lines[i + 1], " ");

					if (next_quote != NULL && next_quote < lines[i + 1] + n_token)
						n_token = (gsize)(strchr(next_quote + 1, '"') - lines[i + 1]) + 1
						          + (strchr(next_quote + 1, '"')[1] == ';');
					g_assert_cmpuint(before + strlen(lines[i]) + 1 + n_token, >, 78);
				}
			}
		}
}

/* ---- as it stands in a message ---- */

static void
test_written(void)
{
	const mg_header_spf helo = { MG_SPF_NONE, "mx.dom.example", NULL, NULL };
	const mg_resinfo iprev = { "iprev", "pass", "mx.dom.example", "policy", "iprev", WORDS("192.0.2.1") };
	mg_header_facts facts = facts_plain();
	g_autofree char *spf = NULL, *results = NULL;

	facts.spf_helo = &helo;
	facts.others = &iprev;
	facts.n_others = 1;
	spf = mg_received_spf_build(&facts, MG_IDENTITY_MAIL_FROM);
	g_assert_cmpstr(spf, ==, "pass (dom.example authorizes 192.0.2.1) client-ip=192.0.2.1;\n"
	                         "\tenvelope-from=\"user@dom.example\"; helo=mx.dom.example; identity=mailfrom;\n"
	                         "\treceiver=mx.example.net; mechanism=mx");
	results = mg_authentication_results_build(&facts);
	g_assert_cmpstr(results, ==, "mx.example.net; spf=pass (dom.example authorizes\n"
	                             "\t192.0.2.1) smtp.mailfrom=user@dom.example; spf=none (no SPF policy was found\n"
	                             "\tfor mx.dom.example) smtp.helo=mx.dom.example; iprev=pass (mx.dom.example)\n"
	                             "\tpolicy.iprev=192.0.2.1");
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/header/octets", octets_cases, test_octets);
	g_test_add_func("/header/octets/every", test_every_octet);
	TEST_ROWS("/header/length", length_cases, test_length);
	g_test_add_func("/header/length/all-longest", test_all_longest);
	g_test_add_func("/header/length/texts-cut", test_texts_cut);
	TEST_ROWS("/header/identity", identity_cases, test_identity);
	TEST_ROWS("/header/spf", spf_cases, test_spf);
	TEST_ROWS("/header/name", name_cases, test_name);
	TEST_ROWS("/header/client", client_cases, test_client);
	TEST_ROWS("/header/other", other_cases, test_other);
	g_test_add_func("/header/other/many", test_others_many);
	g_test_add_func("/header/other/room", test_others_room);
	TEST_ROWS("/header/pvalue", pvalue_cases, test_pvalue);
	TEST_ROWS("/header/fold", fold_cases, test_fold);
	TEST_ROWS("/header/fold/first-line", first_line_cases, test_first_line);
	g_test_add_func("/header/fold/every-length", test_fold_every_length);
	g_test_add_func("/header/written", test_written);
	return g_test_run();
}
