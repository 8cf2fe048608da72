/* test_evidence.c - pieces of evidence: their order, their names, and values that are printable whatever they were. */
#include "base/evidence.h"

#include "support.h"

/* "name=value|..." of all pieces; the caller's to free. */
static char *
evidence_written(const mg_evidence *evidence)
{
	GString *out = g_string_new(NULL);
	const char *name = NULL, *value = NULL;
	gsize at = 0;

	while (mg_evidence_next(evidence, &at, &name, &value))
		g_string_append_printf(out, "%s%s=%s", out->len > 0 ? "|" : "", name, value);
	return g_string_free(out, FALSE);
}

typedef enum piece_kind { TEXT, WORD, NUMBER } piece_kind;

typedef struct piece_case {
	const char *name;
	piece_kind  kind;
	const char *text;
	gint64      number;
	const char *expected;   /* "": there is no piece */
} piece_case;

static const piece_case piece_cases[] = {
	{ "text", TEXT, "ip4:192.0.2.0/24", 0, "c.p=ip4:192.0.2.0/24" },
	{ "text-of-all-sorts", TEXT, "a \"b\" \\c", 0, "c.p=a \"b\" \\c" },
	{ "text-empty", TEXT, "", 0, "c.p=" },
	{ "text-none", TEXT, NULL, 0, "" },
	{ "word", WORD, "dom.example", 0, "c.p=dom.example" },
	{ "word-empty", WORD, "", 0, "c.p=" },
	{ "word-space", WORD, "a b ", 0, "c.p=a b " },
	{ "word-quotes", WORD, "a\"b", 0, "c.p=a\\x22b" },
	{ "word-backslash", WORD, "a\\b", 0, "c.p=a\\x5cb" },
	{ "word-escape-of-its-own", WORD, "\\x22", 0, "c.p=\\x5cx22" },
	{ "word-8-bit", WORD, "b\xc3\xbc" "cher", 0, "c.p=b\\xc3\\xbccher" },
	{ "word-not-utf8", WORD, "\xff\x80", 0, "c.p=\\xff\\x80" },
	{ "word-line-end", WORD, "a\r\nb", 0, "c.p=a\\x0d\\x0ab" },
	{ "word-control", WORD, "\x01\x1b[1m\x7f\t", 0, "c.p=\\x01\\x1b[1m\\x7f\\x09" },
	{ "word-outermost-printable", WORD, " !#[]~", 0, "c.p= !#[]~" },
	{ "number-0", NUMBER, NULL, 0, "c.p=0" },
	{ "number-1", NUMBER, NULL, 1, "c.p=1" },
	{ "number-9", NUMBER, NULL, 9, "c.p=9" },
	{ "number-10", NUMBER, NULL, 10, "c.p=10" },
	{ "number-1000", NUMBER, NULL, 1000, "c.p=1000" },
	{ "number-below-0", NUMBER, NULL, -1, "c.p=-1" },
	{ "number-below-0-long", NUMBER, NULL, -1234567890, "c.p=-1234567890" },
	{ "number-2-32", NUMBER, NULL, G_GINT64_CONSTANT(4294967296), "c.p=4294967296" },
	{ "number-greatest", NUMBER, NULL, G_MAXINT64, "c.p=9223372036854775807" },
	{ "number-least", NUMBER, NULL, G_MININT64, "c.p=-9223372036854775808" },
};

static void
add_piece(mg_evidence *evidence, const piece_case *row)
{
	switch (row->kind) {
	case TEXT:
		mg_evidence_add_text(evidence, "c", "p", row->text);
		break;
	case WORD:
		mg_evidence_add_word(evidence, "c", "p", row->text);
		break;
	case NUMBER:
		mg_evidence_add_number(evidence, "c", "p", row->number);
		break;
	}
}

static void
test_piece(gconstpointer data)
{
	const piece_case *row = data;
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autofree char *written = NULL;

	add_piece(evidence, row);
	written = evidence_written(evidence);
	g_assert_cmpstr(written, ==, row->expected);
}

/* Pieces of all rows in one: in the order they were added, one of no text leaving no gap. */
static void
test_order(void)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autoptr(GString) expected = g_string_new(NULL);
	g_autofree char *written = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(piece_cases); i++) {
		add_piece(evidence, &piece_cases[i]);
		if (piece_cases[i].expected[0] != 0)
			g_string_append_printf(expected, "%s%s", expected->len > 0 ? "|" : "", piece_cases[i].expected);
	}
	written = evidence_written(evidence);
	g_assert_cmpstr(written, ==, expected->str);
}

/* Names are told apart by check and by piece; the same one twice is there twice. */
static void
test_names(void)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autofree char *written = NULL;

	mg_evidence_add_number(evidence, "spf-helo", "voids", 1);
	mg_evidence_add_word(evidence, "spf", "domain", "dom.example");
	mg_evidence_add_text(evidence, "spf", "voids-max", "2");
	mg_evidence_add_number(evidence, "spf-helo", "voids", 3);
	written = evidence_written(evidence);
	g_assert_cmpstr(written, ==, "spf-helo.voids=1|spf.domain=dom.example|spf.voids-max=2|spf-helo.voids=3");
}

static void
test_empty(void)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	const char *name = "name", *value = "value";
	gsize at = 0;

	mg_evidence_add_text(evidence, "c", "p", NULL);
	g_assert_false(mg_evidence_next(evidence, &at, &name, &value));
	g_assert_cmpuint(at, ==, 0);
	g_assert_cmpstr(name, ==, "name");
	g_assert_cmpstr(value, ==, "value");

	/* What comes later is seen from where the last look ended. */
	mg_evidence_add_number(evidence, "c", "p", 7);
	g_assert_true(mg_evidence_next(evidence, &at, &name, &value));
	g_assert_cmpstr(name, ==, "c.p");
	g_assert_cmpstr(value, ==, "7");
	g_assert_false(mg_evidence_next(evidence, &at, &name, &value));
	g_assert_cmpstr(value, ==, "7");
	mg_evidence_free(NULL);
}

/* A word is never cut: four octets for each of its own. */
static void
test_long_word(void)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autofree char *word = test_repeat('\xff', 100000);
	const char *name = NULL, *value = NULL;
	gsize at = 0;

	mg_evidence_add_word(evidence, "c", "p", word);
	mg_evidence_add_number(evidence, "c", "q", 1);
	g_assert_true(mg_evidence_next(evidence, &at, &name, &value));
	g_assert_cmpuint(value ? strlen(value) : 0, ==, 400000);
	g_assert_true(mg_evidence_next(evidence, &at, &name, &value));
	g_assert_cmpstr(name, ==, "c.q");
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/evidence/piece", piece_cases, test_piece);
	g_test_add_func("/evidence/order", test_order);
	g_test_add_func("/evidence/names", test_names);
	g_test_add_func("/evidence/empty", test_empty);
	g_test_add_func("/evidence/long-word", test_long_word);
	return g_test_run();
}
