/* test_helo_word.c - what stands behind HELO: which kind of name it is, its canonical form, or why it is none. */
#include "session/helo_word.h"

#include "support.h"

#define LENGTH "more than 255 octets"
#define CONTROL "a control octet"
#define EIGHT_BIT "an octet that is not ASCII"
#define SPACE "a space"
#define NO_DOMAIN "not a Domain"
#define UNDERSCORE "an underscore"
#define NO_ADDRESS "an address-literal without an address"

/* Reads a copy without a NUL behind it, so that a look past the end is seen. What was there before is gone. */
static void
read_word(const char *octets, gsize length, gboolean allows_underscore, mg_helo_word *word_out)
{
	g_autofree char *copy = g_memdup2(octets, length);

	memset(word_out, 0x55, sizeof(*word_out));
	mg_helo_word_read(copy, length, allows_underscore, word_out);
}

/* What a kind leaves empty is empty, whatever the word. */
static void
assert_consistent(const mg_helo_word *word)
{
	g_assert_cmpint(word->kind == MG_HELO_MALFORMED, ==, word->fault != NULL);
	g_assert_cmpint(word->kind == MG_HELO_NAME || word->kind == MG_HELO_DOTLESS, ==, word->name[0] != 0);
}

/* ---- words ---- */

typedef struct word_case {
	const char  *name;
	const char  *octets;
	gsize        length;
	gboolean     allows_underscore;
	mg_helo_kind kind;
	const char  *expected;   /* the name, the address as formatted, or the fault */
} word_case;

#define ROW(name, octets, kind, expected)    { name, octets, sizeof(octets) - 1, TRUE, kind, expected }
#define STRICT(name, octets, kind, expected) { name, octets, sizeof(octets) - 1, FALSE, kind, expected }
#define NAMED(name, octets, expected)   ROW(name, octets, MG_HELO_NAME, expected)
#define DOTLESS(name, octets, expected) ROW(name, octets, MG_HELO_DOTLESS, expected)
#define LITERAL(name, octets, expected) ROW(name, octets, MG_HELO_LITERAL, expected)
#define ADDRESS(name, octets, expected) ROW(name, octets, MG_HELO_ADDRESS, expected)
#define BAD(name, octets, fault)        ROW(name, octets, MG_HELO_MALFORMED, fault)

static const word_case word_cases[] = {
	NAMED("name", "mx.example.net", "mx.example.net"),
	NAMED("upper-case", "MX.Example.NET", "mx.example.net"),
	NAMED("two-labels", "example.net", "example.net"),
	NAMED("unknown-suffix", "pc.lan", "pc.lan"),
	NAMED("digits-label", "42.example.net", "42.example.net"),
	NAMED("digits-but-for-the-last-label", "192.0.2.1.example", "192.0.2.1.example"),
	NAMED("hexadecimal-last-label", "192.0.2.0x1", "192.0.2.0x1"),   /* a letter in it: no address to us */
	NAMED("a-label", "XN--BCHER-KVA.example", "xn--bcher-kva.example"),
	NAMED("reversed", "1.2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa"),
	DOTLESS("localhost", "localhost", "localhost"),
	DOTLESS("dotless-upper-case", "PC-SECRETARIA", "pc-secretaria"),
	DOTLESS("one-letter", "a", "a"),
	DOTLESS("friend", "foo", "foo"),
	DOTLESS("hexadecimal-address", "0xc0000201", "0xc0000201"),
	BAD("empty", "", "empty"),

	/* dots */
	NAMED("dot-at-the-end", "mx.example.net.", "mx.example.net"),
	DOTLESS("dotless-dot-at-the-end", "localhost.", "localhost"),
	BAD("two-dots-at-the-end", "mx.example.net..", NO_DOMAIN),
	BAD("dot", ".", NO_DOMAIN),
	BAD("two-dots", "..", NO_DOMAIN),
	BAD("dot-first", ".example.net", NO_DOMAIN),
	BAD("dots-inside", "a..example", NO_DOMAIN),

	/* hyphens and underscores */
	NAMED("hyphen-inside", "mx-1.example.net", "mx-1.example.net"),
	NAMED("hyphens-inside", "m--x.example.net", "m--x.example.net"),
	BAD("hyphen-first", "-foo.example", NO_DOMAIN),
	BAD("hyphen-last-of-label", "foo-.example", NO_DOMAIN),
	BAD("hyphen-last", "mx.example-", NO_DOMAIN),
	BAD("hyphen-before-the-last-dot", "mx.example-.", NO_DOMAIN),
	BAD("hyphen-first-of-last", "mx.-example", NO_DOMAIN),
	BAD("hyphen-alone", "-", NO_DOMAIN),
	NAMED("underscore", "foo_bar.example", "foo_bar.example"),
	NAMED("underscore-first", "_mx.example.net", "_mx.example.net"),
	NAMED("underscore-in-the-last-label", "mx.my_lan", "mx.my_lan"),
	DOTLESS("underscore-dotless", "MY_PC", "my_pc"),
	DOTLESS("underscore-alone", "_", "_"),
	STRICT("underscore-forbidden", "foo_bar.example", MG_HELO_MALFORMED, UNDERSCORE),
	STRICT("underscore-forbidden-first", "_mx.example.net", MG_HELO_MALFORMED, UNDERSCORE),
	STRICT("underscore-forbidden-dotless", "MY_PC", MG_HELO_MALFORMED, UNDERSCORE),
	STRICT("underscore-forbidden-before-the-dot", "mx.my_lan.", MG_HELO_MALFORMED, UNDERSCORE),
	STRICT("underscore-and-worse", "foo_bar..example", MG_HELO_MALFORMED, NO_DOMAIN),
	STRICT("no-underscore-wanted-nor-there", "mx-1.example.net", MG_HELO_NAME, "mx-1.example.net"),
	STRICT("no-underscore-literal", "[192.0.2.1]", MG_HELO_LITERAL, "192.0.2.1"),

	/* octets that no word has */
	BAD("nul-inside", "mx.example.net\0.example", CONTROL),
	BAD("nul-last", "mx.example.net\0", CONTROL),
	BAD("nul-first", "\0mx.example.net", CONTROL),
	BAD("nul-alone", "\0", CONTROL),
	BAD("nul-in-literal", "[192.0.2.1\0]", CONTROL),
	BAD("nul-behind-address", "192.0.2.1\0.example", CONTROL),
	BAD("tab", "mx\t.example.net", CONTROL),
	BAD("carriage-return", "mx.example.net\r", CONTROL),
	BAD("newline", "mx.example.net\nRCPT TO:<a@b.example>", CONTROL),
	BAD("escape", "\x1b[2Jmx.example.net", CONTROL),
	BAD("unit-separator", "mx\x1f.example.net", CONTROL),
	BAD("del", "mx\x7f.example.net", CONTROL),
	BAD("first-8-bit", "mx\x80.example.net", EIGHT_BIT),
	BAD("last-8-bit", "mx\xff.example.net", EIGHT_BIT),
	BAD("utf-8", "m\xc3\xbc.example.net", EIGHT_BIT),
	BAD("u-label-last", "mx.b\xc3\xbc" "cher", EIGHT_BIT),
	BAD("ideographic-stop", "mx\xe3\x80\x82" "example", EIGHT_BIT),
	BAD("fullwidth-digit", "192.0.2.\xef\xbc\x91", EIGHT_BIT),
	BAD("no-break-space", "mx.example.net\xc2\xa0", EIGHT_BIT),
	BAD("space-inside", "foo bar", SPACE),
	BAD("space-first", " mx.example.net", SPACE),
	BAD("space-last", "mx.example.net ", SPACE),
	BAD("space-alone", " ", SPACE),
	BAD("space-in-literal", "[192.0.2.1 ]", SPACE),
	BAD("space-behind-literal", "[192.0.2.1] ", SPACE),
	BAD("what-comes-first-is-told", "mx \x01\xff", SPACE),
	BAD("bang", "foo!bar.example", NO_DOMAIN),
	BAD("bar", "a|b", NO_DOMAIN),
	BAD("star", "*.example", NO_DOMAIN),
	BAD("comma", "foo,bar", NO_DOMAIN),
	BAD("at", "foo@bar.example", NO_DOMAIN),
	BAD("angle-brackets", "<foo>", NO_DOMAIN),
	BAD("quotes", "\"mx\".example", NO_DOMAIN),
	BAD("percent", "%h.example", NO_DOMAIN),
	BAD("macro", "${run{x}}", NO_DOMAIN),
	BAD("slash", "mx/example", NO_DOMAIN),
	BAD("backslash", "mx\\.example", NO_DOMAIN),
	BAD("port", "mx.example.net:25", NO_DOMAIN),
	BAD("url", "http://mx.example.net", NO_DOMAIN),

	/* literals */
	LITERAL("literal", "[192.0.2.1]", "192.0.2.1"),
	LITERAL("literal-first", "[0.0.0.0]", "0.0.0.0"),
	LITERAL("literal-last", "[255.255.255.255]", "255.255.255.255"),
	LITERAL("literal-ipv6", "[IPv6:2001:db8::1]", "2001:db8::1"),
	LITERAL("literal-ipv6-loopback", "[IPv6:::1]", "::1"),
	LITERAL("literal-ipv6-unspecified", "[IPv6:::]", "::"),
	LITERAL("literal-ipv6-lower-case-tag", "[ipv6:2001:db8::1]", "2001:db8::1"),
	LITERAL("literal-ipv6-upper-case", "[IPV6:2001:DB8::ABCD]", "2001:db8::abcd"),
	LITERAL("literal-ipv6-leading-zeros", "[IPv6:2001:0db8:0000::0001]", "2001:db8::1"),
	LITERAL("literal-ipv6-mapped", "[IPv6:::ffff:192.0.2.1]", "192.0.2.1"),
	LITERAL("literal-ipv6-mapped-hexadecimal", "[IPv6:::FFFF:c000:201]", "192.0.2.1"),
	LITERAL("literal-ipv6-longest", "[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
	        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
	BAD("literal-ipv6-one-too-long", "[IPv6:0ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", NO_ADDRESS),
	BAD("literal-ipv6-zone-id", "[IPv6:fe80::1%eth0]", NO_ADDRESS),
	BAD("literal-ipv6-zone-number", "[IPv6:fe80::1%1]", NO_ADDRESS),
	BAD("literal-ipv6-five-digits", "[IPv6:2001:db8::00001]", NO_ADDRESS),
	BAD("literal-ipv6-two-gaps", "[IPv6:2001:db8::1::2]", NO_ADDRESS),
	ADDRESS("literal-ipv6-untagged", "[2001:db8::1]", "2001:db8::1"),
	ADDRESS("literal-ipv6-untagged-loopback", "[::1]", "::1"),
	ADDRESS("literal-mapped-untagged", "[::ffff:192.0.2.1]", "192.0.2.1"),
	ADDRESS("literal-ipv4-tagged-as-ipv6", "[IPv6:192.0.2.1]", "192.0.2.1"),
	BAD("literal-tag-alone", "[IPv6:]", NO_ADDRESS),
	BAD("literal-tag-twice", "[IPv6:IPv6:2001:db8::1]", NO_ADDRESS),
	BAD("literal-tag-without-colon", "[IPv62001:db8::1]", NO_ADDRESS),
	BAD("literal-other-tag", "[IPv4:192.0.2.1]", NO_ADDRESS),
	BAD("literal-general", "[x400:something]", NO_ADDRESS),
	BAD("literal-of-a-name", "[mx.example.net]", NO_ADDRESS),
	BAD("literal-out-of-range", "[999.1.1.1]", NO_ADDRESS),
	BAD("literal-leading-zero", "[192.0.2.01]", NO_ADDRESS),
	BAD("literal-octal", "[0300.0.2.1]", NO_ADDRESS),
	BAD("literal-hexadecimal", "[0xc0.0.2.1]", NO_ADDRESS),
	BAD("literal-three-parts", "[192.0.513]", NO_ADDRESS),
	BAD("literal-five-parts", "[192.0.2.1.1]", NO_ADDRESS),
	BAD("literal-prefix", "[192.0.2.1/32]", NO_ADDRESS),
	BAD("literal-port", "[192.0.2.1:25]", NO_ADDRESS),
	BAD("literal-dot-inside", "[192.0.2.1.]", NO_ADDRESS),
	BAD("literal-two-brackets", "[[192.0.2.1]]", NO_ADDRESS),
	BAD("literal-two-of-them", "[192.0.2.1][192.0.2.2]", NO_ADDRESS),
	BAD("literal-empty", "[]", NO_DOMAIN),
	BAD("literal-not-closed", "[192.0.2.1", NO_DOMAIN),
	BAD("literal-not-opened", "192.0.2.1]", NO_DOMAIN),
	BAD("literal-dot-behind", "[192.0.2.1].", NO_DOMAIN),
	BAD("literal-port-behind", "[192.0.2.1]:25", NO_DOMAIN),
	BAD("literal-wrong-way-round", "]192.0.2.1[", NO_DOMAIN),
	BAD("literal-other-brackets", "(192.0.2.1)", NO_DOMAIN),
	BAD("bracket", "[", NO_DOMAIN),
	BAD("bracket-closing", "]", NO_DOMAIN),

	/* bare addresses, and what looks like them */
	ADDRESS("address", "1.2.3.4", "1.2.3.4"),
	ADDRESS("address-last", "255.255.255.255", "255.255.255.255"),
	ADDRESS("address-ipv6", "2001:db8::1", "2001:db8::1"),
	ADDRESS("address-ipv6-upper-case", "2001:DB8::ABCD", "2001:db8::abcd"),
	ADDRESS("address-ipv6-shortest", "::", "::"),
	ADDRESS("address-mapped", "::ffff:192.0.2.1", "192.0.2.1"),
	BAD("address-tagged", "IPv6:2001:db8::1", NO_DOMAIN),
	BAD("address-zone-id", "fe80::1%eth0", NO_DOMAIN),
	BAD("address-leading-zero", "192.0.2.01", NO_DOMAIN),
	BAD("address-256", "192.0.2.256", NO_DOMAIN),
	BAD("address-dot-behind", "192.0.2.1.", NO_DOMAIN),
	BAD("address-of-three-parts", "192.0.2", NO_DOMAIN),
	BAD("address-of-two-parts", "127.1", NO_DOMAIN),
	BAD("address-of-five-parts", "1.2.3.4.5", NO_DOMAIN),
	BAD("address-as-one-number", "3221225985", NO_DOMAIN),
	BAD("digit", "0", NO_DOMAIN),
	BAD("digits-last-label", "mx.example.42", NO_DOMAIN),
	BAD("digits-last-label-and-dot", "mx.example.42.", NO_DOMAIN),
};

static void
test_word(gconstpointer data)
{
	const word_case *row = data;
	mg_helo_word word, again;
	char address[MG_IP_TEXT_MAX];

	read_word(row->octets, row->length, row->allows_underscore, &word);
	g_assert_cmpint(word.kind, ==, row->kind);
	assert_consistent(&word);
	switch (word.kind) {
	case MG_HELO_MALFORMED:
		g_assert_cmpstr(word.fault, ==, row->expected);
		return;
	case MG_HELO_NAME:
	case MG_HELO_DOTLESS:
		g_assert_cmpstr(word.name, ==, row->expected);
		read_word(word.name, strlen(word.name), row->allows_underscore, &again);
		g_assert_cmpint(again.kind, ==, word.kind);
		g_assert_cmpstr(again.name, ==, word.name);
		return;
	case MG_HELO_LITERAL:
	case MG_HELO_ADDRESS:
		mg_ip_format(&word.ip, address);
		g_assert_cmpstr(address, ==, row->expected);
	}
}

/* ---- lengths ---- */

typedef struct length_case {
	const char  *name;
	const char  *before;
	gsize        n_repeated;   /* 0: none */
	const char  *behind;
	gboolean     in_labels;    /* what is repeated has dots, as a domain's */
	mg_helo_kind kind;
	const char  *fault;
} length_case;

static const length_case length_cases[] = {
	{ "label-63", "", 63, ".example", FALSE, MG_HELO_NAME, NULL },
	{ "label-64", "", 64, ".example", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "label-70", "", 70, ".example", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "last-label-63", "mx.", 63, "", FALSE, MG_HELO_NAME, NULL },
	{ "last-label-64", "mx.", 64, "", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "last-label-63-and-dot", "mx.", 63, ".", FALSE, MG_HELO_NAME, NULL },
	{ "last-label-64-and-dot", "mx.", 64, ".", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "dotless-63", "", 63, "", FALSE, MG_HELO_DOTLESS, NULL },
	{ "dotless-64", "", 64, "", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "name-253", "", 253, "", TRUE, MG_HELO_NAME, NULL },
	{ "name-254", "", 254, "", TRUE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "name-255", "", 255, "", TRUE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "name-253-and-dot", "", 253, ".", TRUE, MG_HELO_NAME, NULL },
	{ "name-254-and-dot", "", 254, ".", TRUE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "name-255-and-dot", "", 255, ".", TRUE, MG_HELO_MALFORMED, LENGTH },
	{ "name-253-and-two-dots", "", 253, "..", TRUE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "name-260", "", 260, "", TRUE, MG_HELO_MALFORMED, LENGTH },
	{ "octets-255", "", 255, "", FALSE, MG_HELO_MALFORMED, NO_DOMAIN },
	{ "octets-256", "", 256, "", FALSE, MG_HELO_MALFORMED, LENGTH },
	{ "octets-100000", "", 100000, "", FALSE, MG_HELO_MALFORMED, LENGTH },
	{ "control-at-255", "", 254, "\x01", FALSE, MG_HELO_MALFORMED, CONTROL },
	{ "control-at-256", "", 255, "\x01", FALSE, MG_HELO_MALFORMED, LENGTH },   /* it is not looked at */
	{ "space-at-255", "", 254, " ", FALSE, MG_HELO_MALFORMED, SPACE },
	{ "literal-255", "[", 253, "]", FALSE, MG_HELO_MALFORMED, NO_ADDRESS },
	{ "literal-256", "[", 254, "]", FALSE, MG_HELO_MALFORMED, LENGTH },
	{ "literal-address-and-more", "[192.0.2.1", 243, "]", FALSE, MG_HELO_MALFORMED, NO_ADDRESS },
};

static void
test_length(gconstpointer data)
{
	const length_case *row = data;
	g_autofree char *repeated = row->in_labels ? test_domain_of(row->n_repeated) : test_repeat('d', row->n_repeated);
	g_autofree char *octets = g_strconcat(row->before, repeated, row->behind, NULL);
	mg_helo_word word;

	read_word(octets, strlen(octets), TRUE, &word);
	g_assert_cmpint(word.kind, ==, row->kind);
	g_assert_cmpstr(word.fault, ==, row->fault);
	assert_consistent(&word);
}

/* A server that has no word gives none. */
static void
test_nothing(void)
{
	mg_helo_word word;

	mg_helo_word_read(NULL, 0, TRUE, &word);
	g_assert_cmpint(word.kind, ==, MG_HELO_MALFORMED);
	g_assert_cmpstr(word.fault, ==, "empty");
}

/* Every octet between two letters: letters, digits, hyphen, underscore and the dot, and nothing else. */
static void
test_every_octet(void)
{
	for (guint octet = 0; octet < 256; octet++) {
		const char text[] = { 'a', (char)octet, 'b', '.', 'e' };
		gboolean is_word = g_ascii_isalnum((char)octet) || octet == '-' || octet == '.';
		mg_helo_word word;

		read_word(text, sizeof(text), FALSE, &word);
		if ((word.kind == MG_HELO_NAME) != is_word)
			g_test_message("octet 0x%02x", octet);
		g_assert_cmpint(word.kind, ==, is_word ? MG_HELO_NAME : MG_HELO_MALFORMED);
		assert_consistent(&word);
		read_word(text, sizeof(text), TRUE, &word);
		g_assert_cmpint(word.kind, ==, is_word || octet == '_' ? MG_HELO_NAME : MG_HELO_MALFORMED);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/helo-word/kind", word_cases, test_word);
	TEST_ROWS("/helo-word/length", length_cases, test_length);
	g_test_add_func("/helo-word/nothing", test_nothing);
	g_test_add_func("/helo-word/every-octet", test_every_octet);
	return g_test_run();
}
