/* test_spf_macro.c - macro strings: what is one, what it expands to, in the room that there is. */
#include "spf/macro.h"

#include "support.h"

#define SENDER "strong-bad@email.example.com"

static void
values_set(mg_spf_values *values, const char *client)
{
	*values = (mg_spf_values){
		.sender = SENDER, .local = SENDER, .n_local = 10, .sender_domain = "email.example.com",
		.domain = "email.example.com", .helo = "mx.example.net", .receiver = "mx.example.org", .now_s = 1700000000,
	};
	g_assert_true(mg_ip_parse(client, &values->client));
}

/* NULL: it is no macro string; or no domain. */
static char *
expand(const char *text, gsize length, gboolean as_text, const mg_spf_values *values, gsize max)
{
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(mg_spf_piece));
	g_autofree char *copy = g_memdup2(text, length);   /* without a NUL behind it */
	char domain[MG_DOMAIN_MAX + 1];
	const char *why = NULL;
	guint uses = 0;

	if (!mg_spf_macro_parse(copy, 0, length, as_text, pieces, &uses, &why)) {
		g_assert_nonnull(why);
		return NULL;
	}
	if (as_text) {
		char *out = g_malloc0(max + 1);

		g_assert_cmpuint(mg_spf_macro_expand_text((gpointer)pieces->data, pieces->len, copy, values, out, max), ==,
		                 strlen(out));
		return out;
	}
	if (mg_spf_macro_expand_domain((gpointer)pieces->data, pieces->len, copy, values, domain) == 0)
		return NULL;
	return g_strdup(domain);
}

/* ---- expansions (RFC 7208 7.3, 7.4) ---- */

typedef struct macro_case {
	const char *name;
	const char *text;
	gsize       length;
	gboolean    as_text;
	const char *client;
	const char *expected;   /* NULL: none */
} macro_case;

#define NAME(name, text, expected)  { name, text, sizeof(text) - 1, FALSE, "192.0.2.3", expected }
#define NAME6(name, text, expected) { name, text, sizeof(text) - 1, FALSE, "2001:db8::cb01", expected }
#define TEXT(name, text, expected)  { name, text, sizeof(text) - 1, TRUE, "192.0.2.3", expected }
#define NIBBLES "2.0.0.1.0.D.B.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.C.B.0.1"
#define SELBBIN "1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2"

static const macro_case macro_cases[] = {
	NAME("s", "%{s}", SENDER),
	NAME("l", "%{l}", "strong-bad"),
	NAME("o", "%{o}", "email.example.com"),
	NAME("d", "%{d}", "email.example.com"),
	NAME("d4", "%{d4}", "email.example.com"),
	NAME("d3", "%{d3}", "email.example.com"),
	NAME("d2", "%{d2}", "example.com"),
	NAME("d1", "%{d1}", "com"),
	NAME("dr", "%{dr}", "com.example.email"),
	NAME("d2r", "%{d2r}", "example.email"),
	NAME("d1r", "%{d1r}", "email"),
	NAME("l-", "%{l-}", "strong.bad"),
	NAME("lr", "%{lr}", "strong-bad"),
	NAME("lr-", "%{lr-}", "bad.strong"),
	NAME("l1r-", "%{l1r-}", "strong"),
	NAME("upper-r", "%{dR}", "com.example.email"),
	NAME("section-7-4-a", "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
	NAME("section-7-4-b", "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
	NAME("section-7-4-c", "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
	NAME("section-7-4-d", "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
	NAME6("section-7-4-e", "%{ir}.%{v}._spf.%{d2}", SELBBIN ".ip6._spf.example.com"),
	NAME6("i-ipv6", "%{i}", NIBBLES),
	NAME6("i2-ipv6", "%{i2}", "0.1"),
	NAME6("v-ipv6", "%{v}", "ip6"),
	NAME("i2r", "%{i2r}", "0.192"),
	NAME("p-unknown", "%{p}.x", "unknown.x"),
	NAME("h", "%{h2}", "example.net"),
	NAME("escaped", "%{S}", "strong-bad%40email.example.com"),
	NAME("escaped-after-transformers", "%{S1}", "com"),
	NAME("percents", "a%%b%_c%-d.example", "a%b c%20d.example"),
	NAME("dot-last", "a.example.", "a.example"),
	NAME("dot-last-by-macro", "%{l}.", "strong-bad"),
	NAME("dots-last", "a.example..", NULL),
	NAME("dot-alone", ".", NULL),
	NAME("nothing", "", NULL),
	TEXT("text-c", "%{c}", "192.0.2.3"),
	TEXT("text-r", "%{r2}", "example.org"),
	TEXT("text-t", "%{t}", "1700000000"),
	TEXT("text-spaces", "a b  c", "a b  c"),
	TEXT("text-dot-last", "This is it.", "This is it."),
	TEXT("text-nothing", "", ""),
	{ "text-c-ipv6", "%{c}", 4, TRUE, "2001:db8::cb01", "2001:db8::cb01" },
	{ "mapped", "%{i}.%{v}", 9, FALSE, "::ffff:192.0.2.3", "192.0.2.3.in-addr" },
	{ "mapped-c", "%{c}", 4, TRUE, "::ffff:192.0.2.3", "192.0.2.3" },

	NAME("bad-space", "a b", NULL),
	NAME("bad-c", "%{c}", NULL),
	NAME("bad-r", "%{r}", NULL),
	NAME("bad-t", "%{t}", NULL),
	NAME("bad-letter", "%{x}", NULL),
	NAME("bad-no-letter", "%{}", NULL),
	NAME("bad-nul-letter", "%{\0}", NULL),
	NAME("bad-cut-1", "%", NULL),
	NAME("bad-cut-2", "%{", NULL),
	NAME("bad-cut-3", "%{d", NULL),
	NAME("bad-cut-4", "%{d1", NULL),
	NAME("bad-cut-5", "%{d1r", NULL),
	NAME("bad-cut-6", "%{d1r-", NULL),
	NAME("bad-zero", "%{d0}", NULL),
	NAME("bad-zeros", "%{d000r}", NULL),
	NAME("bad-order", "%{dr1}", NULL),
	NAME("bad-order-delimiter", "%{d-r}", NULL),
	NAME("bad-delimiter", "%{d:}", NULL),
	NAME("bad-delimiter-nul", "%{d\0}", NULL),
	NAME("bad-parenthesis", "%(d)", NULL),
	NAME("bad-escape", "%d", NULL),
	TEXT("bad-text-tab", "a\tb", NULL),
	TEXT("bad-text-8-bit", "a\xc3\xbc", NULL),
	TEXT("bad-text-nul", "a\0b", NULL),
	TEXT("bad-text-letter", "%{a}", NULL),
};

static void
test_macro(gconstpointer data)
{
	const macro_case *row = data;
	g_autofree char *expanded = NULL;
	mg_spf_values values;

	values_set(&values, row->client);
	expanded = expand(row->text, row->length, row->as_text, &values, 200);
	g_assert_cmpstr(expanded, ==, row->expected);
}

/* ---- lengths (RFC 7208 7.3) ---- */

typedef struct cut_case {
	const char *name;
	const char *text;
	guint       n_helo;     /* octets, in labels of nine */
	gsize       expected;   /* octets of the domain; 0: none */
} cut_case;

static const cut_case cut_cases[] = {
	{ "253", "%{h}", 253, 253 },
	{ "253-and-a-dot", "%{h}.", 253, 253 },
	{ "254", "%{h}", 254, 249 },             /* the first label, of four, and its dot */
	{ "263", "%{h}", 263, 249 },
	{ "2000", "%{h}", 2000, 249 },
	{ "twice-2000", "%{h}.%{h}.%{h}", 2000, 249 },
	{ "label-too-long-to-cut-into", "%{h-}%{h-}x", 0, 1 },
};

static void
test_cut(gconstpointer data)
{
	const cut_case *row = data;
	g_autoptr(GString) helo = g_string_new(NULL);
	g_autofree char *expanded = NULL;
	mg_spf_values values;

	for (guint i = row->n_helo; i > 0; i--)
		g_string_append_c(helo, i % 10 == 0 && i < row->n_helo ? '.' : 'h');
	values_set(&values, "192.0.2.3");
	values.helo = helo->str;
	expanded = expand(row->text, strlen(row->text), FALSE, &values, 0);
	g_assert_cmpuint(expanded != NULL ? strlen(expanded) : 0, ==, row->expected);
	if (row->n_helo > 253)
		g_assert_true(g_str_has_suffix(helo->str, expanded));
}

/* A single label over 253 octets cannot be cut, and is none. */
static void
test_cut_single_label(void)
{
	g_autofree char *label = test_repeat('l', 254), *expanded = NULL;
	mg_spf_values values;

	values_set(&values, "192.0.2.3");
	values.helo = label;
	expanded = expand("%{h}", 4, FALSE, &values, 0);
	g_assert_null(expanded);
}

/* An escape stands whole or not at all. */
static void
test_text_room(void)
{
	mg_spf_values values;

	values_set(&values, "192.0.2.3");
	values.helo = "a&b";
	for (gsize max = 0; max <= 6; max++) {
		static const char *const expected[] = { "", "a", "a", "a", "a%26", "a%26b", "a%26b" };
		g_autofree char *expanded = expand("%{H}", 4, TRUE, &values, max);

		g_assert_cmpstr(expanded, ==, expected[max]);
	}
}

/* ---- what an expansion depends on ---- */

typedef struct uses_case {
	const char *name;
	const char *text;
	guint       expected;
} uses_case;

static const uses_case uses_cases[] = {
	{ "nothing", "a.example%%%_%-", 0 },
	{ "local", "%{l}", MG_SPF_USES_VALUES | MG_SPF_USES_LOCAL },
	{ "sender", "%{S}", MG_SPF_USES_VALUES | MG_SPF_USES_LOCAL },
	{ "client", "%{ir}", MG_SPF_USES_VALUES | MG_SPF_USES_CLIENT },
	{ "family", "%{v}", MG_SPF_USES_VALUES | MG_SPF_USES_CLIENT },
	{ "validated", "%{p}", MG_SPF_USES_VALUES | MG_SPF_USES_CLIENT | MG_SPF_USES_VALIDATED },
	{ "domain", "%{d}%{o}%{h}", MG_SPF_USES_VALUES },
};

static void
test_uses(gconstpointer data)
{
	const uses_case *row = data;
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(mg_spf_piece));
	const char *why;
	guint uses = 0;

	g_assert_true(mg_spf_macro_parse(row->text, 0, strlen(row->text), FALSE, pieces, &uses, &why));
	g_assert_cmphex(uses, ==, row->expected);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/spf-macro/expand", macro_cases, test_macro);
	TEST_ROWS("/spf-macro/cut", cut_cases, test_cut);
	g_test_add_func("/spf-macro/cut-single-label", test_cut_single_label);
	g_test_add_func("/spf-macro/text-room", test_text_room);
	TEST_ROWS("/spf-macro/uses", uses_cases, test_uses);
	return g_test_run();
}
