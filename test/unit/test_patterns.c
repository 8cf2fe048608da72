/* test_patterns.c - names with "*" and "?". */
#include "policy/patterns.h"

#include "support.h"

typedef struct match_case {
	const char *name;
	const char *pattern;
	const char *octets;
	gsize       length;
	gboolean    expected;
} match_case;

#define ROW(name, pattern, octets, expected) { name, pattern, octets, sizeof(octets) - 1, expected }

static const match_case match_cases[] = {
	ROW("same", "mx.example.net", "mx.example.net", TRUE),
	ROW("case-of-name", "mx.example.net", "MX.Example.NET", TRUE),
	ROW("case-of-pattern", "MX.Example.NET", "mx.example.net", TRUE),
	ROW("shorter", "mx.example.net", "mx.example.ne", FALSE),
	ROW("longer", "mx.example.net", "mx.example.nett", FALSE),
	ROW("name-before", "mx.example.net", "amx.example.net", FALSE),
	ROW("dot-is-a-dot", "mx.example.net", "mxxexample.net", FALSE),
	ROW("empty-name", "mx", "", FALSE),
	ROW("star-all", "*", "mx.example.net", TRUE),
	ROW("star-empty", "*", "", TRUE),
	ROW("stars-empty", "***", "", TRUE),
	ROW("star-first", "*.example.net", "mx.example.net", TRUE),
	ROW("star-first-two-labels", "*.example.net", "a.mx.example.net", TRUE),
	ROW("star-first-nothing", "*.example.net", ".example.net", TRUE),
	ROW("star-first-not-itself", "*.example.net", "example.net", FALSE),
	ROW("star-first-longer", "*.example.net", "mx.example.net.example", FALSE),
	ROW("star-first-end-comes-twice", "*.net", "mx.net.net", TRUE),
	ROW("star-last", "mx.*", "mx.example.net", TRUE),
	ROW("star-last-nothing", "mx*", "mx", TRUE),
	ROW("star-last-other", "mx.*", "my.example.net", FALSE),
	ROW("star-inside", "mx*.net", "mx1.example.net", TRUE),
	ROW("star-inside-nothing", "mx*.net", "mx.net", TRUE),
	ROW("star-inside-overlap", "aba*aba", "aba", FALSE),
	ROW("star-inside-touching", "aba*aba", "abaaba", TRUE),
	ROW("star-twice", "*a*b", "xxaxxbxb", TRUE),
	ROW("star-twice-wrong-order", "*b*a", "aab", FALSE),
	ROW("star-needs-another-try", "*ab", "aab", TRUE),
	ROW("star-needs-many-tries", "*aab", "aaaaaaaaab", TRUE),
	ROW("star-star", "a**b", "ab", TRUE),
	ROW("stars-last", "ab***", "ab", TRUE),
	ROW("question", "mx?.example.net", "mx1.example.net", TRUE),
	ROW("question-nothing", "mx?.example.net", "mx.example.net", FALSE),
	ROW("question-two", "mx?.example.net", "mx12.example.net", FALSE),
	ROW("question-last", "mx?", "mx", FALSE),
	ROW("question-dot", "mx?example", "mx.example", TRUE),
	ROW("question-star", "?*", "a", TRUE),
	ROW("question-star-empty", "?*", "", FALSE),
	ROW("star-question", "*?", "abc", TRUE),
	ROW("star-question-empty", "*?", "", FALSE),
	ROW("star-question-question", "*??c", "bbc", TRUE),
	ROW("question-star-question", "?*?", "a", FALSE),
	ROW("literal", "[192.0.2.*]", "[192.0.2.1]", TRUE),
	ROW("brackets-are-no-set", "[ab]", "a", FALSE),
	ROW("backslash-is-no-escape", "a\\*", "a*", FALSE),
	ROW("backslash-is-itself", "a\\*", "a\\b", TRUE),
	ROW("name-with-star", "a*b", "a*b", TRUE),
	ROW("name-with-question", "ab", "a?", FALSE),
	ROW("name-with-star-is-no-pattern", "ab", "a*", FALSE),
	ROW("nul-in-name-is-no-end", "mx", "mx\0.example", FALSE),
	ROW("nul-in-name-before-end", "mx", "mx\0", FALSE),
	ROW("nul-alone", "?", "\0", TRUE),
	ROW("nul-by-question", "mx?", "mx\0", TRUE),
	ROW("nul-by-star", "mx*", "mx\0\0x", TRUE),
	ROW("nul-behind-star", "*x", "\0\0x", TRUE),
	ROW("nul-is-not-the-end-of-the-pattern", "mx", "mx\0\0\0", FALSE),
	ROW("cr-lf-by-star", "mx*", "mx\r\n", TRUE),
	ROW("octet-0xff-by-question", "mx?", "mx\xff", TRUE),
	ROW("utf8-is-octets", "?", "\xc3\xbc", FALSE),
	ROW("utf8-is-two-octets", "??", "\xc3\xbc", TRUE),
	ROW("utf8-case-is-not-ascii", "\xc3\xbc", "\xc3\x9c", FALSE),
	ROW("utf8-same", "b\xc3\xbc" "cher*", "B\xc3\xbc" "CHER.example", TRUE),
};

static void
test_match(gconstpointer data)
{
	const match_case *row = data;
	mg_patterns *patterns = mg_patterns_new();
	g_autofree char *lower = g_ascii_strdown(row->pattern, -1);
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = row->length > 0 ? g_memdup2(row->octets, row->length) : g_malloc(1);

	g_assert_true(mg_patterns_add(patterns, row->pattern));
	g_assert_cmpstr(mg_patterns_find(patterns, octets, row->length), ==, row->expected ? lower : NULL);
	mg_patterns_free(patterns);
}

typedef struct length_case {
	const char *name;
	gsize       length;
	gboolean    expected;
} length_case;

static const length_case length_cases[] = {
	{ "0", 0, FALSE },
	{ "1", 1, TRUE },
	{ "254", 254, TRUE },
	{ "255", 255, TRUE },
	{ "256", 256, FALSE },
	{ "100000", 100000, FALSE },
};

static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	mg_patterns *patterns = mg_patterns_new();
	g_autofree char *pattern = test_repeat('p', row->length);

	g_assert_cmpint(mg_patterns_add(patterns, pattern), ==, row->expected);
	g_assert_cmpint(mg_patterns_find(patterns, pattern, row->length) != NULL, ==, row->expected);
	mg_patterns_free(patterns);
}

/* What makes a backtracking matcher run for ever. */
static void
test_worst(void)
{
	mg_patterns *patterns = mg_patterns_new();
	g_autoptr(GString) pattern = g_string_new(NULL);
	g_autofree char *name = test_repeat('a', 100000);

	while (pattern->len + 3 <= MG_PATTERN_MAX)
		g_string_append(pattern, "a*");
	g_string_append_c(pattern, 'b');
	g_assert_true(mg_patterns_add(patterns, pattern->str));
	g_assert_null(mg_patterns_find(patterns, name, 100000));
	name[99999] = 'b';
	g_assert_nonnull(mg_patterns_find(patterns, name, 100000));
	mg_patterns_free(patterns);
}

static void
test_first_of_many(void)
{
	mg_patterns *patterns = mg_patterns_new();
	g_autofree char *example = NULL;

	g_assert_null(mg_patterns_find(NULL, "mx", 2));
	g_assert_null(mg_patterns_find(patterns, "mx", 2));
	g_assert_true(mg_patterns_add(patterns, "a?.EXAMPLE.*"));
	g_assert_true(mg_patterns_add(patterns, "m*"));
	g_assert_true(mg_patterns_add(patterns, "mx"));
	g_assert_cmpstr(mg_patterns_find(patterns, "mx", 2), ==, "m*");
	g_assert_null(mg_patterns_find(patterns, "x", 1));
	example = mg_patterns_example(patterns);
	g_assert_cmpstr(mg_patterns_find(patterns, example, strlen(example)), ==, "a?.example.*");
	mg_patterns_free(patterns);
	mg_patterns_free(NULL);
}

/* ---- generated patterns against the definition ---- */

static gboolean
reading_matches(const char *pattern, const char *name, gsize length)
{
	if (*pattern == 0)
		return length == 0;
	if (*pattern == '*')
		return reading_matches(pattern + 1, name, length)
		       || (length > 0 && reading_matches(pattern, name + 1, length - 1));
	return length > 0 && (*pattern == '?' || g_ascii_tolower(*pattern) == g_ascii_tolower(*name))
	       && reading_matches(pattern + 1, name + 1, length - 1);
}

static void
test_generated(void)
{
	for (guint round = 0; round < 20000; round++) {
		mg_patterns *patterns = mg_patterns_new();
		char pattern[9] = "", name[12] = "";
		gsize length = (gsize)g_test_rand_int_range(0, 12);

		for (gint i = 0, n = g_test_rand_int_range(1, 9); i < n; i++)
			pattern[i] = "aAb*?"[g_test_rand_int_range(0, 5)];
		for (gsize i = 0; i < length; i++)
			name[i] = "aBb"[g_test_rand_int_range(0, 4)];   /* the NUL of it too */
		g_assert_true(mg_patterns_add(patterns, pattern));
		if ((mg_patterns_find(patterns, name, length) != NULL) != reading_matches(pattern, name, length)) {
			g_test_message("pattern '%s', name '%.*s'", pattern, (int)length, name);
			g_test_fail();
		}
		mg_patterns_free(patterns);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/patterns/match", match_cases, test_match);
	TEST_ROWS("/patterns/length", length_cases, test_length);
	g_test_add_func("/patterns/worst", test_worst);
	g_test_add_func("/patterns/first-of-many", test_first_of_many);
	g_test_add_func("/patterns/generated", test_generated);
	return g_test_run();
}
