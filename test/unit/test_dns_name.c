/* test_dns_name.c - names in labels: from text, from addresses, to text; and the small parts of an answer. */
#include "dns/answer.h"

#include "support.h"

typedef struct text_case {
	const char *name;
	const char *text;
	gsize       length;
	const char *formatted;   /* NULL: it is no name */
} text_case;

#define TEXT(text) text, sizeof(text) - 1

static const text_case text_cases[] = {
	{ "plain", TEXT("www.example.org"), "www.example.org" },
	{ "dot-at-the-end", TEXT("example.org."), "example.org" },
	{ "upper-case", TEXT("WWW.Example.ORG"), "www.example.org" },
	{ "one-label", TEXT("localhost"), "localhost" },
	{ "underscore", TEXT("_spf.example.org"), "_spf.example.org" },
	{ "nul", TEXT("a\0b.example"), "a\\000b.example" },
	{ "eight-bit", TEXT("\xff.example"), "\\255.example" },
	{ "umlaut-not-lowered", TEXT("\xc3\x84.example"), "\\195\\132.example" },
	{ "space", TEXT("a b.example"), "a\\032b.example" },
	{ "backslash", TEXT("a\\b.example"), "a\\092b.example" },
	{ "quote", TEXT("a\"b.example"), "a\"b.example" },
	{ "empty", TEXT(""), NULL },
	{ "dot", TEXT("."), NULL },
	{ "two-dots", TEXT(".."), NULL },
	{ "dot-first", TEXT(".example.org"), NULL },
	{ "empty-label", TEXT("www..example.org"), NULL },
	{ "two-dots-at-the-end", TEXT("example.org.."), NULL },
};

static void
test_text(gconstpointer data)
{
	const text_case *row = data;
	char formatted[MG_DNS_NAME_TEXT_MAX];
	mg_dns_name name;

	g_assert_true(mg_dns_name_from_text(row->text, row->length, &name) == (row->formatted != NULL));
	if (row->formatted == NULL)
		return;
	mg_dns_name_format(&name, formatted);
	g_assert_cmpstr(formatted, ==, row->formatted);
	g_assert_cmpuint(name.octets[name.length - 1], ==, 0);
}

typedef struct length_case {
	const char *name;
	gsize       label, n_labels, last;   /* labels of that length, then one of @last */
	gboolean    is_name;
} length_case;

static const length_case length_cases[] = {
	{ "label-63", 63, 1, 3, TRUE },
	{ "label-64", 64, 1, 3, FALSE },
	{ "name-253", 63, 3, 61, TRUE },
	{ "name-254", 63, 3, 62, FALSE },
	{ "name-255", 63, 3, 63, FALSE },
	{ "labels-of-one", 1, 126, 1, TRUE },
	{ "labels-of-one-too-many", 1, 127, 1, FALSE },
};

static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	g_autoptr(GString) text = g_string_new(NULL);
	char formatted[MG_DNS_NAME_TEXT_MAX];
	mg_dns_name name;

	for (gsize i = 0; i <= row->n_labels; i++) {
		g_autofree char *label = test_repeat('x', i < row->n_labels ? row->label : row->last);

		g_string_append_printf(text, "%s%s", i > 0 ? "." : "", label);
	}
	g_assert_true(mg_dns_name_from_text(text->str, text->len, &name) == row->is_name);
	if (row->is_name) {
		mg_dns_name_format(&name, formatted);
		g_assert_cmpstr(formatted, ==, text->str);
		g_assert_cmpuint(name.length, ==, text->len + 2);
	}
	g_string_append_c(text, '.');   /* which counts for nothing */
	g_assert_true(mg_dns_name_from_text(text->str, text->len, &name) == row->is_name);
}

/* The most octets as text: each of them escaped. */
static void
test_longest_text(void)
{
	char text[253], formatted[MG_DNS_NAME_TEXT_MAX];
	mg_dns_name name;

	memset(text, 0xff, sizeof(text));
	for (gsize i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	g_assert_true(mg_dns_name_from_text(text, sizeof(text), &name));
	mg_dns_name_format(&name, formatted);
	g_assert_cmpuint(strlen(formatted), ==, 250 * 4 + 3);
}

static void
test_dot_in_label(void)
{
	mg_dns_name name = { 5, { 3, 'a', '.', 'b', 0 } }, two;
	char formatted[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(&name, formatted);
	g_assert_cmpstr(formatted, ==, "a\\046b");
	g_assert_true(mg_dns_name_from_text("a.b", 3, &two));
	g_assert_false(mg_dns_name_equal(&name, &two));
}

static void
test_root(void)
{
	mg_dns_name root = { 1, { 0 } }, name;
	char formatted[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(&root, formatted);
	g_assert_cmpstr(formatted, ==, "");
	g_assert_true(mg_dns_name_from_text("example", 7, &name));
	g_assert_true(mg_dns_name_is_in(&name, &root));
	g_assert_true(mg_dns_name_is_in(&root, &root));
	g_assert_false(mg_dns_name_is_in(&root, &name));
}

typedef struct ip_case {
	const char *name;
	const char *ip;
	const char *formatted;
} ip_case;

static const ip_case ip_cases[] = {
	{ "ipv4", "192.0.2.1", "1.2.0.192.in-addr.arpa" },
	{ "ipv4-long", "203.0.113.255", "255.113.0.203.in-addr.arpa" },
	{ "ipv4-mapped", "::ffff:192.0.2.1", "1.2.0.192.in-addr.arpa" },
	{ "ipv6", "2001:db8::1",
	  "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa" },
	{ "ipv6-all-nibbles", "0123:4567:89ab:cdef:fedc:ba98:7654:3210",
	  "0.1.2.3.4.5.6.7.8.9.a.b.c.d.e.f.f.e.d.c.b.a.9.8.7.6.5.4.3.2.1.0.ip6.arpa" },
};

static void
test_ip(gconstpointer data)
{
	const ip_case *row = data;
	char formatted[MG_DNS_NAME_TEXT_MAX];
	mg_dns_name name, same;
	mg_ip ip;

	g_assert_true(mg_ip_parse(row->ip, &ip));
	mg_dns_name_from_ip(&ip, &name);
	mg_dns_name_format(&name, formatted);
	g_assert_cmpstr(formatted, ==, row->formatted);
	g_assert_true(mg_dns_name_from_text(row->formatted, strlen(row->formatted), &same));
	g_assert_true(mg_dns_name_equal(&name, &same));
	g_assert_cmpuint(mg_dns_name_hash(&name), ==, mg_dns_name_hash(&same));
}

typedef struct in_case {
	const char *name;
	const char *inner, *parent;
	gboolean    is_in;
} in_case;

static const in_case in_cases[] = {
	{ "itself", "example.org", "example.org", TRUE },
	{ "other-case", "www.EXAMPLE.org", "Example.ORG", TRUE },
	{ "below", "www.example.org", "example.org", TRUE },
	{ "far-below", "a.b.c.example.org", "org", TRUE },
	{ "above", "org", "example.org", FALSE },
	{ "beside", "example.net", "example.org", FALSE },
	{ "half-a-label", "badexample.org", "example.org", FALSE },
	/* A length octet that looks like a letter does not make a label of one. */
	{ "inside-a-label", "x.aexample.org", "example.org", FALSE },
};

static void
test_in(gconstpointer data)
{
	const in_case *row = data;
	mg_dns_name inner, parent;

	g_assert_true(mg_dns_name_from_text(row->inner, strlen(row->inner), &inner));
	g_assert_true(mg_dns_name_from_text(row->parent, strlen(row->parent), &parent));
	g_assert_true(mg_dns_name_is_in(&inner, &parent) == row->is_in);
}

/* ---- answers ---- */

static void
note_free(gpointer data)
{
	guint *n_freed = data;

	*n_freed += 1;
}

static void
test_answer(void)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	mg_dns_answer *answer;
	guint n_freed = 0;
	gsize empty;

	g_assert_true(mg_dns_name_from_text("example.org", 11, &question.name));
	answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", 2);
	empty = mg_dns_answer_size(answer);
	answer->records[0].text = g_strdup("abc");
	answer->records[0].length = 3;
	g_assert_cmpuint(mg_dns_answer_size(answer), ==, empty + 4);
	answer->compiled_size = 100;
	g_assert_cmpuint(mg_dns_answer_size(answer), ==, empty + 104);
	answer->compiled = &n_freed;
	answer->compiled_free = note_free;
	g_assert_true(mg_dns_answer_ref(answer) == answer);
	mg_dns_answer_unref(answer);
	g_assert_cmpuint(n_freed, ==, 0);
	mg_dns_answer_unref(answer);
	g_assert_cmpuint(n_freed, ==, 1);
	mg_dns_answer_unref(NULL);
}

static void
test_question(void)
{
	mg_dns_question a = { .type = MG_DNS_A }, b = { .type = MG_DNS_MX };

	g_assert_true(mg_dns_name_from_text("Example.ORG", 11, &a.name));
	g_assert_true(mg_dns_name_from_text("example.org.", 12, &b.name));
	g_assert_false(mg_dns_question_equal(&a, &b));
	b.type = MG_DNS_A;
	g_assert_true(mg_dns_question_equal(&a, &b));
	g_assert_cmpuint(mg_dns_question_hash(&a), ==, mg_dns_question_hash(&b));
	g_assert_cmpstr(mg_dns_type_name(MG_DNS_AAAA), ==, "AAAA");
	g_assert_cmpstr(mg_dns_type_name((mg_dns_type)99), ==, "TYPE99");
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dns-name/text", text_cases, test_text);
	TEST_ROWS("/dns-name/length", length_cases, test_length);
	TEST_ROWS("/dns-name/ip", ip_cases, test_ip);
	TEST_ROWS("/dns-name/in", in_cases, test_in);
	g_test_add_func("/dns-name/longest-text", test_longest_text);
	g_test_add_func("/dns-name/dot-in-label", test_dot_in_label);
	g_test_add_func("/dns-name/root", test_root);
	g_test_add_func("/dns-answer/references", test_answer);
	g_test_add_func("/dns-answer/question", test_question);
	return g_test_run();
}
