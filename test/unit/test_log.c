/* test_log.c - the lines of the log: escapes, quotes, limits, levels. */
#include "base/log.h"

#include "support.h"

/* What the log function was called with. */
typedef struct told {
	guint    n;
	mg_level level;
	char    *line;    /* owned */
} told;

static void
take_line(void *context, mg_level level, const char *line)
{
	told *all = context;

	all->n++;
	all->level = level;
	g_free(all->line);
	all->line = g_strdup(line);
	for (const char *at = line; *at; at++)
		g_assert_true(*at >= ' ' && *at <= '~');
	g_assert_cmpuint(strlen(line), <=, MG_LOG_LINE_MAX);
}

/* The line of an event "e" with one value, as the log function gets it; the caller's to free. */
static char *
line_of(const void *octets, gsize length)
{
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, MG_LEVEL_INFO };
	mg_log_line line;

	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	mg_log_octets(&line, "k", octets, length);
	mg_log_end(&line);
	g_assert_cmpuint(all.n, ==, 1);
	g_assert_cmpint(all.level, ==, MG_LEVEL_INFO);
	return all.line;
}

/* ---- values ---- */

typedef struct value_case {
	const char *name;
	const char *octets;
	gsize       length;
	const char *expected;
} value_case;

#define ROW(name, octets, expected) { name, octets, sizeof(octets) - 1, expected }

static const value_case value_cases[] = {
	ROW("word", "word", "e k=word"),
	ROW("address", "user@dom.example", "e k=user@dom.example"),
	ROW("empty", "", "e k=\"\""),
	ROW("space", "a b", "e k=\"a b\""),
	ROW("space-alone", " ", "e k=\" \""),
	ROW("equals", "a=b", "e k=\"a=b\""),
	ROW("quote", "a\"b", "e k=\"a\\x22b\""),
	ROW("quote-alone", "\"", "e k=\"\\x22\""),
	ROW("backslash", "a\\b", "e k=\"a\\x5cb\""),
	ROW("like-an-escape", "\\x0a", "e k=\"\\x5cx0a\""),
	ROW("like-another-key", "a action=accept", "e k=\"a action=accept\""),
	ROW("like-the-end-of-quotes", "a\" action=\"accept", "e k=\"a\\x22 action=\\x22accept\""),
	ROW("newline", "a\nb", "e k=a\\x0ab"),
	ROW("cr-lf", "\r\n", "e k=\\x0d\\x0a"),
	ROW("nul", "a\0b", "e k=a\\x00b"),
	ROW("nul-last", "a\0", "e k=a\\x00"),
	ROW("tab", "a\tb", "e k=a\\x09b"),
	ROW("escape", "\x1b[2J", "e k=\\x1b[2J"),
	ROW("del", "\x7f", "e k=\\x7f"),
	ROW("utf8", "b\xc3\xbc", "e k=b\\xc3\\xbc"),
	ROW("utf8-and-space", "b\xc3\xbc b", "e k=\"b\\xc3\\xbc b\""),
	ROW("octet-0xff", "\xff", "e k=\\xff"),
	ROW("bidi", "\xe2\x80\xae", "e k=\\xe2\\x80\\xae"),
	ROW("three-dots", "...", "e k=..."),
};

static void
test_value(gconstpointer data)
{
	const value_case *row = data;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = row->length > 0 ? g_memdup2(row->octets, row->length) : g_malloc(1);
	g_autofree char *line = line_of(octets, row->length);

	g_assert_cmpstr(line, ==, row->expected);
}

/* Each octet alone: itself if it is harmless, else \xNN; and back from the line it is the same octet. */
static void
test_every_octet(void)
{
	for (guint octet = 0; octet < 256; octet++) {
		const guchar octets[] = { (guchar)octet };
		gboolean is_plain = octet >= 0x21 && octet <= 0x7e && octet != '"' && octet != '\\';
		gboolean is_quoted = octet == ' ' || octet == '=' || octet == '"' || octet == '\\';
		g_autofree char *escaped = is_plain || octet == ' ' ? g_strdup_printf("%c", (int)octet)
		                                                    : g_strdup_printf("\\x%02x", octet);
		const char *quote = is_quoted ? "\"" : "";
		g_autofree char *expected = g_strconcat("e k=", quote, escaped, quote, NULL);
		g_autofree char *line = line_of(octets, 1);
		g_autoptr(GString) appended = g_string_new("before ");

		g_assert_cmpstr(line, ==, expected);
		mg_escape_append(appended, octets, 1, 10);
		g_assert_cmpstr(appended->str + strlen("before "), ==, escaped);
	}
}

/* ---- limits of a value ---- */

typedef struct limit_case {
	const char *name;
	char        octet;
	gsize       length;
	gboolean    cut;
} limit_case;

static const limit_case limit_cases[] = {
	{ "319", 'v', 319, FALSE },
	{ "320", 'v', 320, FALSE },
	{ "321", 'v', 321, TRUE },
	{ "1000000", 'v', 1000000, TRUE },
};

static void
test_value_limit(gconstpointer data)
{
	const limit_case *row = data;
	g_autofree char *value = test_repeat(row->octet, row->length);
	g_autofree char *kept = test_repeat(row->octet, MIN(row->length, 320));
	g_autofree char *expected = g_strconcat("e k=", kept, row->cut ? "..." : "", NULL);
	g_autofree char *line = line_of(value, row->length);

	g_assert_cmpstr(line, ==, expected);
}

/* A value in quotes that is cut still has both, and what comes behind it still comes. */
static void
test_value_limit_quoted(void)
{
	g_autofree char *value = test_repeat(' ', 400);
	g_autofree char *kept = test_repeat(' ', 320);
	g_autofree char *expected = g_strconcat("e k=\"", kept, "...\" n=7", NULL);
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, MG_LEVEL_INFO };
	mg_log_line line;

	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	mg_log_text(&line, "k", value);
	mg_log_number(&line, "n", 7);
	mg_log_end(&line);
	g_assert_cmpstr(all.line, ==, expected);
	g_free(all.line);
}

/* A path of 254 octets fits, whatever they are, if nothing stands before it that is as long. */
static void
test_path_fits(void)
{
	g_autofree char *path = test_repeat('\xff', 254);
	g_autofree char *line = line_of(path, 254);

	g_assert_false(g_str_has_suffix(line, "..."));
	g_assert_cmpuint(strlen(line), ==, strlen("e k=") + 4 * 254);
}

/* ---- limits of a line ---- */

typedef struct line_case {
	const char *name;
	gsize       length;   /* of the whole line, if nothing were cut */
	gboolean    cut;
} line_case;

static const line_case line_cases[] = {
	{ "1020", 1020, FALSE },
	{ "1021", 1021, FALSE },
	{ "1022", 1022, FALSE },
	{ "1023", 1023, FALSE },
	{ "1024", 1024, FALSE },
	{ "1025", 1025, TRUE },
	{ "1026", 1026, TRUE },
	{ "1300", 1300, TRUE },
};

/* "e a=vv.. b=vv.. c=vv.. d=vv..": a line of up to 1,024 octets is whole; a longer one is cut and ends in "...". */
static void
test_line_limit(gconstpointer data)
{
	const line_case *row = data;
	g_autoptr(GString) expected = g_string_new("e");
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, MG_LEVEL_INFO };
	mg_log_line line;

	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	for (char key = 'a'; expected->len < row->length; key++) {
		const char name[] = { key, 0 };
		gsize n = MIN(row->length - expected->len - 3, 300);
		g_autofree char *value = NULL;

		if (row->length - expected->len - 3 - n < 4)   /* what would be left over is no whole value */
			n = MIN(row->length - expected->len - 3, 310);
		value = test_repeat('v', n);
		mg_log_text(&line, name, value);
		g_string_append_printf(expected, " %s=%s", name, value);
	}
	mg_log_end(&line);
	g_assert_cmpuint(expected->len, ==, row->length);
	g_assert_cmpuint(all.n, ==, 1);
	if (!row->cut) {
		g_assert_false(g_str_has_suffix(all.line, "..."));
		g_assert_cmpint(strcmp(all.line, expected->str), ==, 0);
	} else {
		gsize length = strlen(all.line);

		g_assert_cmpuint(length, <=, MG_LOG_LINE_MAX);
		g_assert_cmpuint(length, >, MG_LOG_LINE_MAX - 100);
		g_assert_true(g_str_has_suffix(all.line, "v..."));
		g_assert_cmpint(strncmp(all.line, expected->str, length - 3), ==, 0);
	}
	g_free(all.line);
}

/* No escape is cut in two, wherever the cut falls. */
static void
test_escapes_are_whole(void)
{
	for (gsize before = 0; before < 8; before++) {
		g_autofree char *plain = test_repeat('p', before);
		g_autofree char *octets = test_repeat('\n', 320);
		told all = { 0, 0, NULL };
		const mg_log log = { take_line, &all, MG_LEVEL_INFO };
		mg_log_line line;
		gsize length;

		mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
		mg_log_text(&line, "p", plain);
		mg_log_text(&line, "k", octets);
		mg_log_text(&line, "after", "x");
		mg_log_number(&line, "number", 1);
		mg_log_end(&line);
		length = strlen(all.line);
		g_assert_cmpuint(length, <=, MG_LOG_LINE_MAX);
		g_assert_true(g_str_has_suffix(all.line, "\\x0a..."));
		g_assert_null(strstr(all.line, "after"));
		g_free(all.line);
	}
}

/* Once a line is cut nothing comes behind, however short. */
static void
test_nothing_behind_a_cut(void)
{
	g_autofree char *value = test_repeat('v', 300);
	g_autofree char *event = test_repeat('e', 2000);
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, MG_LEVEL_INFO };
	mg_log_line line;

	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	for (guint i = 0; i < 10; i++)
		mg_log_text(&line, "k", value);
	mg_log_text(&line, "a", "");
	mg_log_number(&line, "n", 1);
	mg_log_end(&line);
	g_assert_true(g_str_has_suffix(all.line, "v..."));

	/* A line begun anew does not remember the cut of the one before; an event alone may be too long. */
	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	mg_log_end(&line);
	g_assert_cmpstr(all.line, ==, "e");
	mg_log_begin(&line, &log, MG_LEVEL_INFO, event);
	mg_log_end(&line);
	g_assert_true(g_str_has_suffix(all.line, "..."));
	g_free(all.line);
}

/* ---- numbers ---- */

typedef struct number_case {
	const char *name;
	gint64      number;
	const char *expected;
} number_case;

static const number_case number_cases[] = {
	{ "0", 0, "e k=0" },
	{ "1", 1, "e k=1" },
	{ "negative", -1, "e k=-1" },
	{ "largest", G_MAXINT64, "e k=9223372036854775807" },
	{ "least", G_MININT64, "e k=-9223372036854775808" },
};

static void
test_number(gconstpointer data)
{
	const number_case *row = data;
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, MG_LEVEL_INFO };
	mg_log_line line;

	mg_log_begin(&line, &log, MG_LEVEL_INFO, "e");
	mg_log_number(&line, "k", row->number);
	mg_log_end(&line);
	g_assert_cmpstr(all.line, ==, row->expected);
	g_free(all.line);
}

/* ---- levels ---- */

typedef struct level_case {
	const char *name;
	mg_level    wanted, level;
	gboolean    expected;
} level_case;

static const level_case level_cases[] = {
	{ "error-of-error", MG_LEVEL_ERROR, MG_LEVEL_ERROR, TRUE },
	{ "error-of-warning", MG_LEVEL_ERROR, MG_LEVEL_WARNING, FALSE },
	{ "error-of-info", MG_LEVEL_ERROR, MG_LEVEL_INFO, FALSE },
	{ "error-of-debug", MG_LEVEL_ERROR, MG_LEVEL_DEBUG, FALSE },
	{ "warning-of-error", MG_LEVEL_WARNING, MG_LEVEL_ERROR, TRUE },
	{ "warning-of-warning", MG_LEVEL_WARNING, MG_LEVEL_WARNING, TRUE },
	{ "warning-of-info", MG_LEVEL_WARNING, MG_LEVEL_INFO, FALSE },
	{ "info-of-warning", MG_LEVEL_INFO, MG_LEVEL_WARNING, TRUE },
	{ "info-of-info", MG_LEVEL_INFO, MG_LEVEL_INFO, TRUE },
	{ "info-of-debug", MG_LEVEL_INFO, MG_LEVEL_DEBUG, FALSE },
	{ "debug-of-error", MG_LEVEL_DEBUG, MG_LEVEL_ERROR, TRUE },
	{ "debug-of-debug", MG_LEVEL_DEBUG, MG_LEVEL_DEBUG, TRUE },
};

static void
test_level(gconstpointer data)
{
	const level_case *row = data;
	told all = { 0, 0, NULL };
	const mg_log log = { take_line, &all, row->wanted };
	const mg_log deaf = { NULL, NULL, row->wanted };
	mg_log_line line;

	mg_log_begin(&line, &log, row->level, "e");
	mg_log_text(&line, "k", "v");
	mg_log_number(&line, "n", 7);
	mg_log_end(&line);
	g_assert_cmpuint(all.n, ==, row->expected);
	if (row->expected) {
		g_assert_cmpint(all.level, ==, row->level);
		g_assert_cmpstr(all.line, ==, "e k=v n=7");
	}
	g_free(all.line);

	/* Without a function nothing happens. */
	mg_log_begin(&line, &deaf, row->level, "e");
	mg_log_text(&line, "k", "v");
	mg_log_number(&line, "n", 7);
	mg_log_end(&line);
}

/* ---- escapes for traces and findings ---- */

typedef struct append_case {
	const char *name;
	const char *octets;
	gsize       length, max;
	const char *expected;
} append_case;

static const append_case append_cases[] = {
	{ "plain", "word", 4, 10, "word" },
	{ "at-the-limit", "word", 4, 4, "word" },
	{ "one-over", "words", 5, 4, "word..." },
	{ "limit-of-the-source", "\n\n\n", 3, 2, "\\x0a\\x0a..." },
	{ "none-allowed", "word", 4, 0, "..." },
	{ "nothing", "", 0, 0, "" },
	{ "space", "a b", 3, 10, "a b" },
	{ "quote", "a\"b", 3, 10, "a\\x22b" },
	{ "nul", "a\0b", 3, 10, "a\\x00b" },
};

static void
test_append(gconstpointer data)
{
	const append_case *row = data;
	g_autoptr(GString) out = g_string_new("before ");
	g_autofree char *expected = g_strconcat("before ", row->expected, NULL);

	mg_escape_append(out, row->octets, row->length, row->max);
	g_assert_cmpstr(out->str, ==, expected);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/log/value", value_cases, test_value);
	g_test_add_func("/log/every-octet", test_every_octet);
	TEST_ROWS("/log/value-limit", limit_cases, test_value_limit);
	g_test_add_func("/log/value-limit-quoted", test_value_limit_quoted);
	g_test_add_func("/log/path-fits", test_path_fits);
	TEST_ROWS("/log/line-limit", line_cases, test_line_limit);
	g_test_add_func("/log/escapes-are-whole", test_escapes_are_whole);
	g_test_add_func("/log/nothing-behind-a-cut", test_nothing_behind_a_cut);
	TEST_ROWS("/log/number", number_cases, test_number);
	TEST_ROWS("/log/level", level_cases, test_level);
	TEST_ROWS("/log/append", append_cases, test_append);
	return g_test_run();
}
