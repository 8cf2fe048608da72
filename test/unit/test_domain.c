/* test_domain.c - what is a Domain, and its canonical form; what stands above a name. */
#include "session/domain.h"

#include "support.h"

/* ---- canonical form ---- */

typedef struct domain_case {
	const char *name;
	const char *text;
	gsize       length;
	gboolean    utf8;
	const char *expected;   /* NULL: no Domain */
} domain_case;

#define ASCII(name, text, expected) { name, text, sizeof(text) - 1, FALSE, expected }
#define UTF8(name, text, expected)  { name, text, sizeof(text) - 1, TRUE, expected }

static const domain_case domain_cases[] = {
	ASCII("plain", "dom.example", "dom.example"),
	ASCII("single-label", "localhost", "localhost"),
	ASCII("one-letter", "a", "a"),
	ASCII("upper-case", "MX1.Dom.EXAMPLE", "mx1.dom.example"),
	ASCII("digits-first", "1st.example", "1st.example"),
	ASCII("digits-label-inside", "42.example", "42.example"),
	ASCII("digits-last-label", "dom.42", NULL),
	ASCII("digits-only", "42", NULL),
	ASCII("digits-and-letter-last", "dom.4x2", "dom.4x2"),
	ASCII("digits-and-hyphen-last", "dom.4-2", "dom.4-2"),
	ASCII("address", "192.0.2.1", NULL),
	ASCII("address-in-brackets", "[192.0.2.1]", NULL),
	ASCII("address-ipv6", "2001:db8::1", NULL),
	ASCII("hyphen-inside", "mx-1.dom.example", "mx-1.dom.example"),
	ASCII("hyphens-inside", "m--x.example", "m--x.example"),
	ASCII("hyphen-first", "-mx.example", NULL),
	ASCII("hyphen-last", "mx-.example", NULL),
	ASCII("hyphen-last-of-all", "mx.example-", NULL),
	ASCII("hyphen-first-of-last", "mx.-example", NULL),
	ASCII("hyphen-alone", "-", NULL),
	ASCII("underscore", "_dmarc.my_host.example", "_dmarc.my_host.example"),
	ASCII("empty", "", NULL),
	ASCII("dot", ".", NULL),
	ASCII("dot-first", ".dom.example", NULL),
	ASCII("dot-last", "dom.example.", NULL),
	ASCII("dots-inside", "dom..example", NULL),
	ASCII("space", "dom .example", NULL),
	ASCII("space-last", "dom.example ", NULL),
	ASCII("tab", "dom\t.example", NULL),
	ASCII("newline-last", "dom.example\n", NULL),
	ASCII("nul-inside", "dom.example\0.example", NULL),
	ASCII("nul-last", "dom.example\0", NULL),
	ASCII("del", "dom\x7f.example", NULL),
	ASCII("at", "a@dom.example", NULL),
	ASCII("percent", "a%dom.example", NULL),
	ASCII("bang", "a!dom.example", NULL),
	ASCII("slash", "dom/example", NULL),
	ASCII("backslash", "dom\\.example", NULL),
	ASCII("quote", "\"dom\".example", NULL),
	ASCII("comment", "(c)dom.example", NULL),
	ASCII("star", "*.example", NULL),
	ASCII("plus", "a+b.example", NULL),
	ASCII("colon", "dom.example:25", NULL),
	ASCII("a-label", "xn--bcher-kva.example", "xn--bcher-kva.example"),
	ASCII("a-label-upper-case", "XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example"),
	ASCII("a-label-fake", "xn--99999999999.example", "xn--99999999999.example"),   /* letters and digits still */
	ASCII("a-label-empty", "xn--.example", NULL),
	ASCII("octet-over-127", "b\xc3\xbc" "cher.example", NULL),
	ASCII("octet-0xff", "dom\xff.example", NULL),

	UTF8("utf8-plain", "Dom.Example", "dom.example"),
	UTF8("u-label", "b\xc3\xbc" "cher.example", "xn--bcher-kva.example"),
	UTF8("u-label-upper-case", "B\xc3\x9c" "CHER.example", "xn--bcher-kva.example"),
	UTF8("u-label-nfd", "bu\xcc\x88" "cher.example", "xn--bcher-kva.example"),
	UTF8("u-label-last", "dom.b\xc3\xbc" "cher", "dom.xn--bcher-kva"),
	UTF8("u-label-beside-a-label", "b\xc3\xbc" "cher.xn--bcher-kva.example", "xn--bcher-kva.xn--bcher-kva.example"),
	UTF8("u-label-beside-fake-a-label", "b\xc3\xbc" "cher.xn--99999999999.example", NULL),
	UTF8("u-label-underscore", "_dmarc.b\xc3\xbc" "cher.example", "_dmarc.xn--bcher-kva.example"),
	UTF8("u-label-hyphen-last", "b\xc3\xbc" "cher-.example", NULL),
	UTF8("u-label-dot-last", "b\xc3\xbc" "cher.example.", NULL),
	UTF8("u-label-dot-first", ".b\xc3\xbc" "cher.example", NULL),
	UTF8("u-label-dots-inside", "b\xc3\xbc" "cher..example", NULL),
	UTF8("u-label-space", "b\xc3\xbc" "cher .example", NULL),
	UTF8("u-label-nul", "b\xc3\xbc" "cher\0.example", NULL),
	UTF8("u-label-nul-last", "b\xc3\xbc" "cher.example\0", NULL),
	UTF8("u-label-digits-last", "b\xc3\xbc" "cher.42", NULL),
	UTF8("sharp-s-is-kept", "stra\xc3\x9f" "e.example", "xn--strae-oqa.example"),
	UTF8("combining-first", "\xcc\x88" "a.example", NULL),
	UTF8("emoji", "\xf0\x9f\x92\xa9.example", NULL),
	UTF8("bidi-override", "dom\xe2\x80\xae.example", NULL),
	UTF8("right-to-left-mark", "dom\xe2\x80\x8f.example", NULL),
	UTF8("not-utf8", "dom\xff.example", NULL),
	UTF8("not-utf8-cut", "dom.example\xc3", NULL),
	UTF8("not-utf8-overlong-dot", "dom\xc0\xae" "example", NULL),
	UTF8("not-utf8-surrogate", "dom\xed\xa0\x80.example", NULL),
	UTF8("ideographic-stop", "dom\xe3\x80\x82" "example", NULL),
	UTF8("halfwidth-ideographic-stop", "dom\xef\xbd\xa1" "example", NULL),
	UTF8("fullwidth-stop", "dom\xef\xbc\x8e" "example", NULL),
	UTF8("one-dot-leader", "dom\xe2\x80\xa4" "example", NULL),
	UTF8("fullwidth-at", "a\xef\xbc\xa0" "dom.example", NULL),
	UTF8("small-at", "a\xef\xb9\xab" "dom.example", NULL),
	UTF8("fullwidth-percent", "a\xef\xbc\x85" "dom.example", NULL),
	UTF8("fullwidth-bang", "a\xef\xbc\x81" "dom.example", NULL),
	UTF8("fullwidth-slash", "a\xef\xbc\x8f" "dom.example", NULL),
	UTF8("fullwidth-colon", "a\xef\xbc\x9a" "dom.example", NULL),
	UTF8("fullwidth-bracket", "\xef\xbc\xbb" "192.0.2.1\xef\xbc\xbd", NULL),
	UTF8("fullwidth-digits-last", "192.0.2.\xef\xbc\x91", NULL),
	UTF8("account-of", "a\xe2\x84\x80" "b.example", NULL),
	UTF8("ideographic-space", "dom\xe3\x80\x80.example", NULL),
	UTF8("no-break-space", "dom\xc2\xa0.example", NULL),
};

static void
test_canonical(gconstpointer data)
{
	const domain_case *row = data;
	char canonical[MG_DOMAIN_MAX + 1] = "";
	char again[MG_DOMAIN_MAX + 1] = "";
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *text = g_memdup2(row->text, row->length);
	gboolean done = mg_domain_canonical(text, row->length, row->utf8, canonical);

	g_assert_cmpstr(done ? canonical : NULL, ==, row->expected);
	if (!done)
		return;
	g_assert_true(mg_domain_canonical(canonical, strlen(canonical), FALSE, again));
	g_assert_cmpstr(again, ==, canonical);
}

/* ---- lengths ---- */

typedef struct length_case {
	const char *name;
	const char *unit;        /* repeated in each label */
	gboolean    utf8;
	guint       labels[6];   /* units; 0 ends them */
	gboolean    expected;
} length_case;

static const length_case length_cases[] = {
	{ "label-63", "a", FALSE, { 63, 3 }, TRUE },
	{ "label-64", "a", FALSE, { 64, 3 }, FALSE },
	{ "last-label-63", "a", FALSE, { 3, 63 }, TRUE },
	{ "last-label-64", "a", FALSE, { 3, 64 }, FALSE },
	{ "only-label-63", "a", FALSE, { 63 }, TRUE },
	{ "only-label-64", "a", FALSE, { 64 }, FALSE },
	{ "domain-253", "a", FALSE, { 63, 63, 63, 61 }, TRUE },
	{ "domain-254", "a", FALSE, { 63, 63, 63, 62 }, FALSE },
	{ "domain-255", "a", FALSE, { 63, 63, 63, 63 }, FALSE },
	{ "label-200", "a", FALSE, { 200 }, FALSE },
	{ "domain-253-with-utf8", "a", TRUE, { 63, 63, 63, 61 }, TRUE },
	{ "domain-254-with-utf8", "a", TRUE, { 63, 63, 63, 62 }, FALSE },
	/* 57 times "u umlaut" is an A-label of 62 octets, though 114 octets long itself; a few more are too many. */
	{ "u-label-as-a-label-63", "\xc3\xbc", TRUE, { 57, 3 }, TRUE },
	{ "u-label-over-63", "\xc3\xbc", TRUE, { 64, 3 }, FALSE },
	{ "u-labels-over-253", "\xc3\xbc", TRUE, { 57, 57, 57, 57, 57 }, FALSE },
	{ "u-labels-far-too-long", "\xc3\xbc", TRUE, { 600, 600, 600 }, FALSE },
};

static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	g_autoptr(GString) domain = g_string_new(NULL);
	char canonical[MG_DOMAIN_MAX + 1];

	for (guint i = 0; i < G_N_ELEMENTS(row->labels) && row->labels[i] != 0; i++) {
		if (i > 0)
			g_string_append_c(domain, '.');
		for (guint k = 0; k < row->labels[i]; k++)
			g_string_append(domain, row->unit);
	}
	g_assert_cmpint(mg_domain_canonical(domain->str, domain->len, row->utf8, canonical), ==, row->expected);
}

/* Every octet between two letters: letters, digits, hyphen, underscore and the dot, and nothing else. */
static void
test_every_octet(void)
{
	for (guint octet = 0; octet < 256; octet++) {
		const char text[] = { 'a', (char)octet, 'b', '.', 'e' };
		char canonical[MG_DOMAIN_MAX + 1];
		gboolean expected = g_ascii_isalnum((char)octet) || octet == '-' || octet == '_' || octet == '.';

		if (mg_domain_canonical(text, sizeof(text), FALSE, canonical) != expected)
			g_test_message("octet 0x%02x", octet);
		g_assert_cmpint(mg_domain_canonical(text, sizeof(text), FALSE, canonical), ==, expected);
		g_assert_cmpint(mg_domain_canonical(text, sizeof(text), TRUE, canonical), ==, expected);
	}
}

/* ---- parents ---- */

typedef struct parent_case {
	const char *name;
	const char *text;
	const char *expected;
} parent_case;

static const parent_case parent_cases[] = {
	{ "of-name", "mx.example.net", ".example.net" },
	{ "of-entry", ".mx.example.net", ".example.net" },
	{ "of-two-labels", "example.net", ".net" },
	{ "of-top", "net", NULL },
	{ "of-top-entry", ".net", NULL },
	{ "of-nothing", "", NULL },
	{ "of-dot", ".", NULL },
};

static void
test_parent(gconstpointer data)
{
	const parent_case *row = data;

	g_assert_cmpstr(mg_domain_parent(row->text), ==, row->expected);
}

/* ---- public suffixes ---- */

typedef struct suffix_case {
	const char *name;
	const char *domain;
	gboolean    expected;
} suffix_case;

static const suffix_case suffix_cases[] = {
	{ "single-label", "com", TRUE },
	{ "single-label-reserved", "example", TRUE },
	{ "single-label-local", "localhost", TRUE },
	{ "below-a-suffix", "example.com", FALSE },
	{ "two-below", "mx.example.com", FALSE },
	{ "below-an-unlisted-one", "dom.example", FALSE },
	{ "two-labels", "co.uk", TRUE },   /* the suffix itself, nobody's name */
};

static void
test_public_suffix(gconstpointer data)
{
	const suffix_case *row = data;

	g_assert_cmpint(mg_domain_is_public_suffix(row->domain), ==, row->expected);
}

/* ---- organisations ---- */

typedef struct organisation_case {
	const char *name;
	const char *domain;
	const char *expected;
} organisation_case;

static const organisation_case organisation_cases[] = {
	{ "itself", "dom.example", "dom.example" },
	{ "one-below", "mx.dom.example", "dom.example" },
	{ "many-below", "a.b.c.d.e.f.dom.example", "dom.example" },
	{ "listed", "mx.example.com", "example.com" },
	{ "two-labels-itself", "example.co.uk", "example.co.uk" },
	{ "two-labels", "mx.example.co.uk", "example.co.uk" },
	{ "two-labels-many-below", "a.b.c.example.co.uk", "example.co.uk" },
	{ "suffix", "com", "com" },
	{ "suffix-of-two-labels", "co.uk", "co.uk" },
	{ "single-label", "localhost", "localhost" },
	{ "single-label-reserved", "example", "example" },
	{ "suffix-by-a-star", "example.ck", "example.ck" },
	{ "below-a-suffix-by-a-star", "mx.dom.example.ck", "dom.example.ck" },
	{ "a-label", "mx.xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "underscore", "_spf.dom.example", "dom.example" },
	{ "digits", "1.2.0.192.example", "192.example" },
	{ "suffix-inside", "com.dom.example", "dom.example" },
	{ "same-labels", "example.com.example.com", "example.com" },
	{ "empty", "", "" },
};

static void
test_organisation(gconstpointer data)
{
	const organisation_case *row = data;
	const char *organisation = mg_domain_organisation(row->domain);

	g_assert_cmpstr(organisation, ==, row->expected);
	g_assert_true(organisation == row->domain + strlen(row->domain) - strlen(row->expected));   /* borrowed */
}

static void
test_longest_organisation(void)
{
	g_autofree char *domain = test_domain_of(MG_DOMAIN_MAX);

	memcpy(domain + MG_DOMAIN_MAX - strlen(".dom.example"), ".dom.example", strlen(".dom.example"));
	g_assert_cmpstr(mg_domain_organisation(domain), ==, "dom.example");
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/domain/canonical", domain_cases, test_canonical);
	TEST_ROWS("/domain/length", length_cases, test_length);
	g_test_add_func("/domain/every-octet", test_every_octet);
	TEST_ROWS("/domain/parent", parent_cases, test_parent);
	TEST_ROWS("/domain/public-suffix", suffix_cases, test_public_suffix);
	TEST_ROWS("/domain/organisation", organisation_cases, test_organisation);
	g_test_add_func("/domain/organisation-of-the-longest", test_longest_organisation);
	return g_test_run();
}
