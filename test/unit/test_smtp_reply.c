/* test_smtp_reply.c - replies out of octets: each row is read whole, one octet at a time, and cut once at every point. */
#include "verify/smtp_reply.h"

#include "support.h"

typedef struct reply_case {
	const char *name;
	const char *octets;
	gsize       length;
	const char *expected;   /* of each reply its code, enhanced code, number of lines and text; then what is left */
} reply_case;

#define ROW(name, octets, expected) { name, octets, sizeof(octets) - 1, expected }

static const reply_case reply_cases[] = {
	ROW("text", "250 ok\r\n", "250 x1 [ok]"),
	ROW("no-text", "250\r\n", "250 x1 []"),
	ROW("space-alone", "250 \r\n", "250 x1 []"),
	ROW("spaces", "250   ok  \r\n", "250 x1 [ok  ]"),
	ROW("two-replies", "250 one\r\n550 two\r\n", "250 x1 [one] 550 x1 [two]"),
	ROW("lines", "250-one\r\n250-two\r\n250 three\r\n", "250 x3 [one two three]"),
	ROW("lines-without-text", "250-\r\n250-\r\n250\r\n", "250 x3 []"),
	ROW("lowest", "200 a\r\n", "200 x1 [a]"),
	ROW("highest", "599 a\r\n", "599 x1 [a]"),
	ROW("tab", "250 a\tb\r\n", "250 x1 [a\tb]"),
	ROW("8-bit", "250 \xc3\xb1\xff\r\n", "250 x1 [\xc3\xb1\xff]"),
	ROW("nothing", "", "between"),
	ROW("unfinished", "250 o", "more"),
	ROW("unfinished-at-cr", "250 ok\r", "more"),
	ROW("unfinished-reply", "250-ok\r\n", "more"),
	ROW("one-and-a-half", "250 ok\r\n2", "250 x1 [ok] more"),

	/* enhanced status codes */
	ROW("enhanced", "550 5.1.1 no\r\n", "550 5.1.1 x1 [no]"),
	ROW("enhanced-alone", "550 5.1.10\r\n", "550 5.1.10 x1 []"),
	ROW("enhanced-three-digits", "550 5.123.999 no\r\n", "550 5.123.999 x1 [no]"),
	ROW("enhanced-four-digits", "550 5.1.1000 no\r\n", "550 x1 [5.1.1000 no]"),
	ROW("enhanced-four-digits-inside", "550 5.1000.1 no\r\n", "550 x1 [5.1000.1 no]"),
	ROW("enhanced-zeros", "550 5.07.01 no\r\n", "550 5.7.1 x1 [no]"),
	ROW("enhanced-colon", "550 5.7.1: no\r\n", "550 5.7.1 x1 [: no]"),
	ROW("enhanced-address", "550 5.1.1.7 no\r\n", "550 x1 [5.1.1.7 no]"),
	ROW("enhanced-and-letter", "550 5.1.1a no\r\n", "550 x1 [5.1.1a no]"),
	ROW("enhanced-two-parts", "550 5.1 no\r\n", "550 x1 [5.1 no]"),
	ROW("enhanced-dot-last", "550 5.1.\r\n", "550 x1 [5.1.]"),
	ROW("enhanced-dots", "550 5..1 no\r\n", "550 x1 [5..1 no]"),
	ROW("enhanced-class-3", "550 3.1.1 no\r\n", "550 x1 [3.1.1 no]"),
	ROW("enhanced-later-in-text", "550 no 5.1.1\r\n", "550 x1 [no 5.1.1]"),
	ROW("enhanced-two-spaces", "550  5.1.1 no\r\n", "550 x1 [5.1.1 no]"),
	ROW("enhanced-disagrees", "250 5.1.1 well\r\n", "250 5.1.1 x1 [well]"),
	ROW("enhanced-on-each-line", "550-5.1.1 no\r\n550 5.1.1 one\r\n", "550 5.1.1 x2 [no one]"),
	ROW("enhanced-of-the-first-line", "550-5.1.1 no\r\n550 5.7.1 one\r\n", "550 5.1.1 x2 [no one]"),
	ROW("enhanced-not-of-a-later-line", "550-no\r\n550 5.1.1 one\r\n", "550 x2 [no one]"),
	ROW("enhanced-not-kept", "550 5.1.1 no\r\n550 no\r\n", "550 5.1.1 x1 [no] 550 x1 [no]"),

	/* what is no reply */
	ROW("bare-lf", "250 ok\n", "bare-lf"),
	ROW("bare-lf-in-a-later-line", "250-ok\r\n250 ok\n", "bare-lf"),
	ROW("bare-lf-first", "\n", "bare-lf"),
	ROW("bare-cr", "250 ok\r250 ok\r\n", "control-octet"),
	ROW("two-crs", "250 ok\r\r\n", "control-octet"),
	ROW("nul", "250 o\0k\r\n", "control-octet"),
	ROW("nul-first", "\0" "250 ok\r\n", "control-octet"),
	ROW("escape", "250 \x1b[2J\r\n", "control-octet"),
	ROW("del", "250 \x7f\r\n", "control-octet"),
	ROW("empty-line", "\r\n", "not-a-reply"),
	ROW("two-digits", "25\r\n", "not-a-reply"),
	ROW("two-digits-and-space", "25 ok\r\n", "not-a-reply"),
	ROW("four-digits", "2500 ok\r\n", "not-a-reply"),
	ROW("letter-behind", "250ok\r\n", "not-a-reply"),
	ROW("tab-behind", "250\tok\r\n", "not-a-reply"),
	ROW("code-199", "199 a\r\n", "not-a-reply"),
	ROW("code-600", "600 a\r\n", "not-a-reply"),
	ROW("code-000", "000 a\r\n", "not-a-reply"),
	ROW("space-first", " 250 ok\r\n", "not-a-reply"),
	ROW("sign", "+25 ok\r\n", "not-a-reply"),
	ROW("http", "HTTP/1.1 400 Bad Request\r\n", "not-a-reply"),
	ROW("tls-record", "\x15\x03\x01\r\n", "control-octet"),
	ROW("codes-differ", "250-ok\r\n550 no\r\n", "codes-differ"),
	ROW("no-code-on-a-later-line", "250-ok\r\nok\r\n", "not-a-reply"),
	ROW("nothing-behind-a-fault", "25\r\n250 ok\r\n", "not-a-reply"),
	ROW("fault-behind-a-reply", "250 ok\r\nno\r\n", "250 x1 [ok] not-a-reply"),
};

static void
reply_describe(GString *out, const mg_smtp_reply *reply)
{
	g_string_append_printf(out, "%s%d", out->len > 0 ? " " : "", reply->code);
	if (reply->enhanced_class != 0)
		g_string_append_printf(out, " %u.%u.%u", reply->enhanced_class, reply->enhanced_subject, reply->enhanced_detail);
	g_string_append_printf(out, " x%u [%s]", reply->n_lines, reply->text);
}

/* Each piece is a copy of exactly its size, so that reading past it is seen. */
static void
piece_take(mg_smtp_reader *reader, const char *octets, gsize length, GString *out)
{
	g_autofree char *copy = g_memdup2(octets, length);
	gsize at = 0, taken;

	while (at < length && reader->fault == NULL) {
		if (mg_smtp_reader_take(reader, copy + at, length - at, &taken) == MG_SMTP_REPLY)
			reply_describe(out, &reader->reply);
		g_assert_cmpuint(taken, >, 0);
		at += taken;
	}
}

static void
left_describe(const mg_smtp_reader *reader, GString *out)
{
	const char *left = reader->fault != NULL ? reader->fault : mg_smtp_reader_is_between(reader) ? NULL : "more";

	if (left == NULL && out->len == 0)
		left = "between";
	if (left != NULL)
		g_string_append_printf(out, "%s%s", out->len > 0 ? " " : "", left);
}

/* In pieces of @size, the first of @first octets. */
static void
assert_read(const char *octets, gsize length, gsize first, gsize size, const char *expected)
{
	g_autoptr(GString) out = g_string_new(NULL);
	mg_smtp_reader reader;

	memset(&reader, 0x55, sizeof(reader));
	mg_smtp_reader_init(&reader);
	piece_take(&reader, octets, first, out);
	for (gsize at = first; at < length; at += size)
		piece_take(&reader, octets + at, MIN(size, length - at), out);
	left_describe(&reader, out);
	g_assert_cmpstr(out->str, ==, expected);
}

static void
assert_read_any_cut(const char *octets, gsize length, const char *expected)
{
	assert_read(octets, length, 0, 1, expected);
	assert_read(octets, length, length, 1, expected);
	for (gsize cut = 1; cut < length; cut++)
		assert_read(octets, length, cut, length, expected);
}

static void
test_reply(gconstpointer data)
{
	const reply_case *row = data;

	assert_read_any_cut(row->octets, row->length, row->expected);
}

/* ---- limits ---- */

static void
assert_line(gsize length, gboolean has_end, const char *expected)
{
	g_autofree char *text = test_repeat('a', length - 4 - (has_end ? 2 : 0));
	g_autofree char *octets = g_strconcat("250 ", text, has_end ? "\r\n" : "", NULL);
	g_autofree char *cut = test_repeat('a', MG_SMTP_TEXT_MAX);
	g_autofree char *whole = g_strdup_printf("250 x1 [%s]", cut);

	assert_read(octets, length, 0, 1, expected != NULL ? expected : whole);
	assert_read(octets, length, length, 1, expected != NULL ? expected : whole);
	assert_read(octets, length, MG_SMTP_LINE_MAX - 1, length, expected != NULL ? expected : whole);
}

static void
test_line_length(void)
{
	assert_line(MG_SMTP_LINE_MAX, TRUE, NULL);
	assert_line(MG_SMTP_LINE_MAX + 1, TRUE, "line-too-long");
	assert_line(MG_SMTP_LINE_MAX + 2, TRUE, "line-too-long");
	assert_line(MG_SMTP_LINE_MAX - 1, FALSE, "more");
	assert_line(MG_SMTP_LINE_MAX, FALSE, "line-too-long");
	assert_line(1 << 20, TRUE, "line-too-long");
}

static void
assert_lines(guint n, const char *expected)
{
	g_autoptr(GString) octets = g_string_new(NULL);

	for (guint i = 1; i < n; i++)
		g_string_append(octets, "250-\r\n");
	g_string_append(octets, "250 a\r\n");
	assert_read(octets->str, octets->len, 0, 1, expected);
	assert_read(octets->str, octets->len, octets->len, 1, expected);
}

static void
test_lines(void)
{
	assert_lines(MG_SMTP_LINES_MAX, "250 x64 [a]");
	assert_lines(MG_SMTP_LINES_MAX + 1, "too-many-lines");
	assert_lines(100000, "too-many-lines");
}

/* The text ends at its limit, wherever a line ends. */
static void
test_text_length(void)
{
	for (gsize first = MG_SMTP_TEXT_MAX - 2; first <= MG_SMTP_TEXT_MAX + 1; first++) {
		g_autofree char *line = test_repeat('a', first);
		g_autofree char *octets = g_strdup_printf("250-%s\r\n250 bcd\r\n", line);
		g_autofree char *joined = g_strdup_printf("%s bcd", line);
		g_autofree char *expected = g_strdup_printf("250 x2 [%.*s]", MG_SMTP_TEXT_MAX, joined);

		assert_read(octets, strlen(octets), strlen(octets), 1, expected);
	}
}

/* ---- keywords ---- */

typedef struct keyword_case {
	const char *name;
	const char *line;
	gboolean    has_keyword;   /* PIPELINING */
} keyword_case;

static const keyword_case keyword_cases[] = {
	{ "alone", "250 PIPELINING\r\n", TRUE },
	{ "not-last", "250-PIPELINING\r\n", TRUE },
	{ "lower-case", "250-pipelining\r\n", TRUE },
	{ "parameters", "250-PIPELINING 1 2\r\n", TRUE },
	{ "longer", "250-PIPELININGS\r\n", FALSE },
	{ "shorter", "250-PIPELININ\r\n", FALSE },
	{ "behind", "250-X PIPELINING\r\n", FALSE },
	{ "indented", "250- PIPELINING\r\n", FALSE },
	{ "equals", "250-PIPELINING=1\r\n", FALSE },
	{ "empty", "250\r\n", FALSE },
	{ "half", "250-PIPELINING", FALSE },
};

static void
test_keyword(gconstpointer data)
{
	const keyword_case *row = data;
	mg_smtp_reader reader;
	gsize taken;

	mg_smtp_reader_init(&reader);
	mg_smtp_reader_take(&reader, row->line, strlen(row->line), &taken);
	g_assert_cmpint(mg_smtp_reader_has_keyword(&reader, "PIPELINING"), ==, row->has_keyword);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/smtp-reply/read", reply_cases, test_reply);
	TEST_ROWS("/smtp-reply/keyword", keyword_cases, test_keyword);
	g_test_add_func("/smtp-reply/line-length", test_line_length);
	g_test_add_func("/smtp-reply/lines", test_lines);
	g_test_add_func("/smtp-reply/text-length", test_text_length);
	return g_test_run();
}
