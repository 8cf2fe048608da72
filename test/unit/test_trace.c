/* test_trace.c - lines of a trace: what is escaped and where they are cut, how many there are, and taking them back. */
#include "base/trace.h"

#include "support.h"

#define MORE "trace: there is more, which is not kept"

static void
add_lines(mg_trace *trace, guint n)
{
	for (guint i = 0; i < n; i++)
		mg_trace_add(trace, "line %u", i);
}

/* Lines 0..@n-1 are those of add_lines. */
static void
assert_lines(const mg_trace *trace, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *expected = g_strdup_printf("line %u", i);

		g_assert_cmpstr(mg_trace_get(trace, i), ==, expected);
	}
}

/* ---- one line ---- */

typedef struct line_case {
	const char *name;
	const char *about;
	const char *word;       /* brought in by "%s" */
	const char *expected;
} line_case;

static const line_case line_cases[] = {
	{ "plain", NULL, "mx.example", "mx.example" },
	{ "empty", NULL, "", "" },
	{ "about", "spf", "mx.example", "spf: mx.example" },
	{ "about-empty-line", "spf", "", "spf: " },
	{ "quotes", NULL, "a\"b", "a\\x22b" },
	{ "backslash", NULL, "a\\b", "a\\x5cb" },
	{ "line-end", "spf", "a\r\nspf: b", "spf: a\\x0d\\x0aspf: b" },
	{ "control", NULL, "\x1b[1m\x01\x7f\t", "\\x1b[1m\\x01\\x7f\\x09" },
	{ "8-bit", NULL, "b\xc3\xbc" "cher", "b\\xc3\\xbccher" },
	{ "not-utf8", NULL, "\xff", "\\xff" },
	{ "percent", NULL, "%s%n", "%s%n" },
};

static void
test_line(gconstpointer data)
{
	const line_case *row = data;
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, row->about);

	mg_trace_add(trace, "%s", row->word);
	g_assert_cmpuint(mg_trace_count(trace), ==, 1);
	g_assert_cmpstr(mg_trace_get(trace, 0), ==, row->expected);
}

/* ---- lengths ---- */

typedef struct length_case {
	const char *name;
	const char *about;
	char        octet;
	gsize       length;
	gsize       n_kept;   /* of its octets */
	gboolean    is_cut;
} length_case;

static const length_case length_cases[] = {
	{ "one-under", NULL, 'x', MG_TRACE_LINE_MAX - 1, MG_TRACE_LINE_MAX - 1, FALSE },
	{ "exactly", NULL, 'x', MG_TRACE_LINE_MAX, MG_TRACE_LINE_MAX, FALSE },
	{ "one-over", NULL, 'x', MG_TRACE_LINE_MAX + 1, MG_TRACE_LINE_MAX, TRUE },
	{ "two-over", NULL, 'x', MG_TRACE_LINE_MAX + 2, MG_TRACE_LINE_MAX, TRUE },
	{ "far-over", NULL, 'x', 100000, MG_TRACE_LINE_MAX, TRUE },
	{ "exactly-with-about", "spf", 'x', MG_TRACE_LINE_MAX, MG_TRACE_LINE_MAX, FALSE },
	{ "one-over-with-about", "spf", 'x', MG_TRACE_LINE_MAX + 1, MG_TRACE_LINE_MAX, TRUE },
	{ "exactly-escaped", NULL, '\xff', MG_TRACE_LINE_MAX, MG_TRACE_LINE_MAX, FALSE },
	{ "one-over-escaped", NULL, '\xff', MG_TRACE_LINE_MAX + 1, MG_TRACE_LINE_MAX, TRUE },
};

static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, row->about);
	g_autofree char *word = test_repeat(row->octet, row->length);
	g_autoptr(GString) expected = g_string_new(row->about);

	g_string_append(expected, row->about != NULL ? ": " : "");
	for (gsize i = 0; i < row->n_kept; i++)
		g_string_append(expected, row->octet == 'x' ? "x" : "\\xff");
	g_string_append(expected, row->is_cut ? "..." : "");
	mg_trace_add(trace, "%s", word);
	mg_trace_add(trace, "behind");
	g_assert_cmpstr(mg_trace_get(trace, 0), ==, expected->str);
	g_assert_true(g_str_has_suffix(mg_trace_get(trace, 1), "behind"));
}

/* ---- many lines ---- */

typedef struct many_case {
	const char *name;
	guint       n_added;
	guint       n_expected;   /* of the lines themselves */
	gboolean    has_more;     /* the one line behind them */
} many_case;

static const many_case many_cases[] = {
	{ "none", 0, 0, FALSE },
	{ "one", 1, 1, FALSE },
	{ "one-under", MG_TRACE_LINES_MAX - 1, MG_TRACE_LINES_MAX - 1, FALSE },
	{ "exactly", MG_TRACE_LINES_MAX, MG_TRACE_LINES_MAX, FALSE },
	{ "one-over", MG_TRACE_LINES_MAX + 1, MG_TRACE_LINES_MAX, TRUE },
	{ "two-over", MG_TRACE_LINES_MAX + 2, MG_TRACE_LINES_MAX, TRUE },
	{ "far-over", 100000, MG_TRACE_LINES_MAX, TRUE },
};

static void
assert_many(const mg_trace *trace, const many_case *row)
{
	g_assert_cmpuint(mg_trace_count(trace), ==, row->n_expected + (row->has_more ? 1 : 0));
	assert_lines(trace, row->n_expected);
	if (row->has_more)
		g_assert_cmpstr(mg_trace_get(trace, row->n_expected), ==, MORE);
}

static void
test_many(gconstpointer data)
{
	const many_case *row = data;
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);

	add_lines(trace, row->n_added);
	assert_many(trace, row);
}

/* All of one go into another as they are: no "about" of the other's, no second escaping. */
static void
test_add_all(gconstpointer data)
{
	const many_case *row = data;
	g_autoptr(mg_trace) from = mg_trace_new(MG_TRACE_FULL, NULL);
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, "other");

	add_lines(from, row->n_added);
	mg_trace_add_all(trace, from);
	assert_many(trace, row);
	assert_many(from, row);
}

static void
test_add_all_escaped(void)
{
	g_autoptr(mg_trace) from = mg_trace_new(MG_TRACE_FULL, "spf");
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, "other");

	mg_trace_add(from, "a\"b");
	mg_trace_add(trace, "first");
	mg_trace_add_all(trace, from);
	mg_trace_add_all(trace, from);
	g_assert_cmpuint(mg_trace_count(trace), ==, 3);
	g_assert_cmpstr(mg_trace_get(trace, 0), ==, "other: first");
	g_assert_cmpstr(mg_trace_get(trace, 1), ==, "spf: a\\x22b");
	g_assert_cmpstr(mg_trace_get(trace, 2), ==, "spf: a\\x22b");
}

typedef struct full_case {
	const char *name;
	guint       n_before, n_added;
	guint       n_expected;
} full_case;

static const full_case full_cases[] = {
	{ "fits-exactly", MG_TRACE_LINES_MAX - 3, 3, MG_TRACE_LINES_MAX },
	{ "one-too-many", MG_TRACE_LINES_MAX - 2, 3, MG_TRACE_LINES_MAX + 1 },
	{ "room-for-one", MG_TRACE_LINES_MAX - 1, 100, MG_TRACE_LINES_MAX + 1 },
	{ "full", MG_TRACE_LINES_MAX, 3, MG_TRACE_LINES_MAX + 1 },
	{ "more-than-full", MG_TRACE_LINES_MAX + 1, 3, MG_TRACE_LINES_MAX + 1 },
};

static void
test_add_all_full(gconstpointer data)
{
	const full_case *row = data;
	g_autoptr(mg_trace) from = mg_trace_new(MG_TRACE_BRIEF, NULL);
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);

	add_lines(from, row->n_added);
	add_lines(trace, row->n_before);
	mg_trace_add_all(trace, from);
	g_assert_cmpuint(mg_trace_count(trace), ==, row->n_expected);
	assert_lines(trace, MIN(row->n_before, MG_TRACE_LINES_MAX));
	for (guint i = row->n_before; i < MG_TRACE_LINES_MAX; i++)
		g_assert_cmpstr(mg_trace_get(trace, i), ==, mg_trace_get(from, i - row->n_before));
	if (row->n_expected > MG_TRACE_LINES_MAX)
		g_assert_cmpstr(mg_trace_get(trace, MG_TRACE_LINES_MAX), ==, MORE);
}

/* ---- taking back ---- */

typedef struct rewind_case {
	const char *name;
	guint       n_added, count;
	guint       n_expected;   /* lines that stay */
} rewind_case;

static const rewind_case rewind_cases[] = {
	{ "nothing", 0, 0, 0 },
	{ "nothing-beyond", 0, 5, 0 },
	{ "to-0", 20, 0, 0 },
	{ "to-1", 20, 1, 1 },
	{ "to-the-middle", 20, 7, 7 },
	{ "the-last", 20, 19, 19 },
	{ "to-the-end", 20, 20, 20 },
	{ "to-the-end-of-its-room", 16, 16, 16 },
	{ "beyond", 20, 21, 20 },
	{ "far-beyond", 20, G_MAXUINT, 20 },
	{ "full-to-0", MG_TRACE_LINES_MAX + 5, 0, 0 },
	{ "full-to-the-middle", MG_TRACE_LINES_MAX + 5, 100, 100 },
	{ "full-without-the-line-of-more", MG_TRACE_LINES_MAX + 5, MG_TRACE_LINES_MAX, MG_TRACE_LINES_MAX },
};

/* Before, and behind what comes next, nothing of what was taken back is left. */
static void
test_rewind(gconstpointer data)
{
	const rewind_case *row = data;
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);

	add_lines(trace, row->n_added);
	mg_trace_rewind(trace, row->count);
	g_assert_cmpuint(mg_trace_count(trace), ==, row->n_expected);
	assert_lines(trace, row->n_expected);
	mg_trace_add(trace, "next");
	g_assert_cmpuint(mg_trace_count(trace), ==, row->n_expected + 1);
	g_assert_cmpstr(mg_trace_get(trace, row->n_expected), ==, row->n_expected < MG_TRACE_LINES_MAX ? "next" : MORE);
	assert_lines(trace, row->n_expected);
}

/* ---- none, and the details ---- */

static void
test_none(void)
{
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);
	mg_trace *none = mg_trace_new(MG_TRACE_NONE, "spf");

	g_assert_null(none);
	mg_trace_add(none, "%s", "word");
	add_lines(trace, 3);
	mg_trace_add_all(none, trace);
	mg_trace_add_all(trace, none);
	mg_trace_rewind(none, 0);
	g_assert_cmpuint(mg_trace_count(none), ==, 0);
	g_assert_cmpuint(mg_trace_count(trace), ==, 3);
	mg_trace_free(none);
}

static void
test_detail(void)
{
	g_autoptr(mg_trace) brief = mg_trace_new(MG_TRACE_BRIEF, NULL);
	g_autoptr(mg_trace) full = mg_trace_new(MG_TRACE_FULL, NULL);

	g_assert_false(mg_trace_is_full(brief));
	g_assert_true(mg_trace_is_full(full));
}

/* What is kept of transactions is bounded by it: the size is that of the text at least, and goes with it. */
static void
test_size(void)
{
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);
	g_autofree char *word = test_repeat('x', MG_TRACE_LINE_MAX);
	gsize before = mg_trace_size(trace), empty = before;

	g_assert_cmpuint(before, >, 0);
	for (guint n = 1; n <= MG_TRACE_LINES_MAX; n++) {
		mg_trace_add(trace, "%s", word);
		g_assert_cmpuint(mg_trace_size(trace), >=, before);
		before = mg_trace_size(trace);
		g_assert_cmpuint(before, >=, empty + n * (MG_TRACE_LINE_MAX + 1 + sizeof(guint32)));
	}
	mg_trace_rewind(trace, 0);
	g_assert_cmpuint(mg_trace_size(trace), ==, empty);
}

/* Lines that come and are taken back leave nothing behind. */
static void
test_rewind_size(void)
{
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_BRIEF, NULL);
	gsize first = 0;

	mg_trace_add(trace, "stays");
	for (guint i = 0; i < 10000; i++) {
		add_lines(trace, 10);
		mg_trace_rewind(trace, 1);
		if (i == 0)
			first = mg_trace_size(trace);
	}
	g_assert_cmpuint(mg_trace_size(trace), ==, first);
	g_assert_cmpstr(mg_trace_get(trace, 0), ==, "stays");
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/trace/line", line_cases, test_line);
	TEST_ROWS("/trace/length", length_cases, test_length);
	TEST_ROWS("/trace/many", many_cases, test_many);
	TEST_ROWS("/trace/add-all", many_cases, test_add_all);
	g_test_add_func("/trace/add-all/escaped", test_add_all_escaped);
	TEST_ROWS("/trace/add-all-full", full_cases, test_add_all_full);
	TEST_ROWS("/trace/rewind", rewind_cases, test_rewind);
	g_test_add_func("/trace/none", test_none);
	g_test_add_func("/trace/detail", test_detail);
	g_test_add_func("/trace/size", test_size);
	g_test_add_func("/trace/rewind-size", test_rewind_size);
	return g_test_run();
}
