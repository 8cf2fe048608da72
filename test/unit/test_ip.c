/* test_ip.c - addresses and networks: what is one, how it is written, where a network ends. */
#include "session/ip.h"

#include <arpa/inet.h>

#include "support.h"

/* ---- addresses ---- */

typedef struct ip_case {
	const char *name;
	const char *text;
	const char *expected;   /* as formatted; NULL: no address */
	gboolean    is_ipv4;
} ip_case;

static const ip_case ip_cases[] = {
	{ "ipv4", "192.0.2.1", "192.0.2.1", TRUE },
	{ "ipv4-first", "0.0.0.0", "0.0.0.0", TRUE },
	{ "ipv4-last", "255.255.255.255", "255.255.255.255", TRUE },
	{ "ipv4-256", "192.0.2.256", NULL, FALSE },
	{ "ipv4-1000", "192.0.2.1000", NULL, FALSE },
	{ "ipv4-wraps", "192.0.2.4294967297", NULL, FALSE },
	{ "ipv4-three-parts", "192.0.2", NULL, FALSE },
	{ "ipv4-one-part", "3221225985", NULL, FALSE },
	{ "ipv4-five-parts", "192.0.2.1.1", NULL, FALSE },
	{ "ipv4-empty-part", "192..2.1", NULL, FALSE },
	{ "ipv4-dot-before", ".192.0.2.1", NULL, FALSE },
	{ "ipv4-dot-behind", "192.0.2.1.", NULL, FALSE },
	{ "ipv4-octal", "0300.0.2.1", NULL, FALSE },
	{ "ipv4-leading-zero", "192.0.2.01", NULL, FALSE },
	{ "ipv4-two-zeros", "192.00.2.1", NULL, FALSE },
	{ "ipv4-hexadecimal", "0xc0.0.2.1", NULL, FALSE },
	{ "ipv4-space-before", " 192.0.2.1", NULL, FALSE },
	{ "ipv4-space-behind", "192.0.2.1 ", NULL, FALSE },
	{ "ipv4-newline-behind", "192.0.2.1\n", NULL, FALSE },
	{ "ipv4-plus", "192.0.2.+1", NULL, FALSE },
	{ "ipv4-minus", "192.0.2.-1", NULL, FALSE },
	{ "ipv4-port", "192.0.2.1:25", NULL, FALSE },
	{ "ipv4-brackets", "[192.0.2.1]", NULL, FALSE },
	{ "ipv4-prefix", "192.0.2.1/32", NULL, FALSE },
	{ "ipv4-fullwidth-digit", "192.0.2.\xef\xbc\x91", NULL, FALSE },
	{ "ipv6", "2001:db8::1", "2001:db8::1", FALSE },
	{ "ipv6-full", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", FALSE },
	{ "ipv6-upper-case", "2001:DB8::ABCD", "2001:db8::abcd", FALSE },
	{ "ipv6-first", "::", "::", FALSE },
	{ "ipv6-loopback", "::1", "::1", FALSE },
	{ "ipv6-last", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", FALSE },
	{ "ipv6-longest", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
	  "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", FALSE },
	{ "ipv6-one-group-left-out", "2001:db8:1:2:3:4:5::", "2001:db8:1:2:3:4:5:0", FALSE },
	{ "ipv6-mapped", "::ffff:192.0.2.1", "192.0.2.1", TRUE },
	{ "ipv6-mapped-hexadecimal", "::ffff:c000:201", "192.0.2.1", TRUE },
	{ "ipv6-mapped-full", "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1", TRUE },
	{ "ipv6-before-mapped", "::fffe:ffff:ffff", "::fffe:ffff:ffff", FALSE },
	{ "ipv6-first-mapped", "::ffff:0:0", "0.0.0.0", TRUE },
	{ "ipv6-last-mapped", "::ffff:ffff:ffff", "255.255.255.255", TRUE },
	{ "ipv6-after-mapped", "::1:0:0:0", "::1:0:0:0", FALSE },
	{ "ipv6-compatible-is-no-ipv4", "::192.0.2.1", "::192.0.2.1", FALSE },
	{ "ipv6-mapped-high-bits", "2001:db8::ffff:192.0.2.1", "2001:db8::ffff:c000:201", FALSE },
	{ "ipv6-mapped-octal", "::ffff:192.0.2.01", NULL, FALSE },
	{ "ipv6-mapped-256", "::ffff:192.0.2.256", NULL, FALSE },
	{ "ipv6-zone-id", "fe80::1%eth0", NULL, FALSE },
	{ "ipv6-zone-number", "fe80::1%1", NULL, FALSE },
	{ "ipv6-two-gaps", "2001:db8::1::2", NULL, FALSE },
	{ "ipv6-three-colons", "2001:db8:::1", NULL, FALSE },
	{ "ipv6-seven-groups", "2001:db8:1:2:3:4:5", NULL, FALSE },
	{ "ipv6-nine-groups", "2001:db8:1:2:3:4:5:6:7", NULL, FALSE },
	{ "ipv6-five-digits", "2001:db8::00001", NULL, FALSE },
	{ "ipv6-no-digit", "2001:db8::g", NULL, FALSE },
	{ "ipv6-colon-before", ":2001:db8::1", NULL, FALSE },
	{ "ipv6-colon-behind", "2001:db8::1:", NULL, FALSE },
	{ "ipv6-ipv4-not-last", "::192.0.2.1:ffff", NULL, FALSE },
	{ "ipv6-brackets", "[2001:db8::1]", NULL, FALSE },
	{ "ipv6-space-behind", "2001:db8::1 ", NULL, FALSE },
	{ "ipv6-tag", "IPv6:2001:db8::1", NULL, FALSE },
	{ "empty", "", NULL, FALSE },
	{ "name", "mx.example.net", NULL, FALSE },
};

static void
test_ip(gconstpointer data)
{
	const ip_case *row = data;
	mg_ip ip = { 17, 4711 };
	char text[MG_IP_TEXT_MAX];

	g_assert_cmpint(mg_ip_parse(row->text, &ip), ==, row->expected != NULL);
	if (row->expected == NULL) {
		g_assert_true(ip.high == 17 && ip.low == 4711);
		return;
	}
	mg_ip_format(&ip, text);
	g_assert_cmpstr(text, ==, row->expected);
	g_assert_cmpint(mg_ip_is_ipv4(&ip), ==, row->is_ipv4);
}

static void
test_same_ip(void)
{
	const guint8 mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };
	mg_ip ipv4 = { 0, 0 }, ipv6 = { 0, 0 }, octets = { 0, 0 };

	g_assert_true(mg_ip_parse("192.0.2.1", &ipv4));
	g_assert_true(mg_ip_parse("::ffff:192.0.2.1", &ipv6));
	mg_ip_from_octets(mapped, &octets);
	g_assert_true(mg_ip_equal(&ipv4, &ipv6));
	g_assert_true(mg_ip_equal(&ipv4, &octets));
}

/* Any 128 bits, and those with long runs of zeros and ones, come back from their text. */
static void
test_round_trip(void)
{
	for (guint i = 0; i < 20000; i++) {
		mg_ip ip, again = { 0, 0 };
		guint8 octets[16];
		char text[MG_IP_TEXT_MAX];

		for (guint k = 0; k < 16; k++)
			octets[k] = g_test_rand_bit() ? 0 : (guint8)g_test_rand_int_range(0, 256);
		if (i % 4 == 0)
			memcpy(octets, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		mg_ip_from_octets(octets, &ip);
		mg_ip_format(&ip, text);
		g_assert_cmpuint(strlen(text), <, MG_IP_TEXT_MAX);
		g_assert_true(mg_ip_parse(text, &again));
		g_assert_true(mg_ip_equal(&ip, &again));
	}
}

/* ---- octets ---- */

typedef struct octets_case {
	const char *name;
	guint8      octets[16];
} octets_case;

#define MAPPED(a, b, c, d) { [10] = 0xff, 0xff, a, b, c, d }

static const octets_case octets_cases[] = {
	{ "zeros", { 0 } },
	{ "ones", { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ "all-different", { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 } },
	{ "first-bit", { 0x80 } },
	{ "last-bit", { [15] = 1 } },
	{ "last-bit-of-the-high-half", { [7] = 1 } },
	{ "first-bit-of-the-low-half", { [8] = 0x80 } },
	{ "high-half", { 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2 } },
	{ "low-half", { [8] = 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2 } },
	{ "one-zero-group", { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1 } },
	{ "two-runs-alike", { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1 } },
	{ "second-run-longer", { 0x20, 0x01, 0, 0, 0, 0, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ "compatible", { [12] = 192, 0, 2, 1 } },
	{ "before-mapped", { [10] = 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff } },
	{ "mapped-with-a-high-bit", { [0] = 0x80, [10] = 0xff, 0xff, 192, 0, 2, 1 } },
	{ "ipv4-first", MAPPED(0, 0, 0, 0) },
	{ "ipv4-last", MAPPED(255, 255, 255, 255) },
	{ "ipv4-digits", MAPPED(9, 10, 99, 100) },
	{ "ipv4-more-digits", MAPPED(101, 110, 199, 200) },
	{ "ipv4-zeros-inside", MAPPED(192, 0, 0, 1) },
};

/* They come back as they were, and are written as the C library writes them, an IPv4 address as one. */
static void
test_octets(gconstpointer data)
{
	static const guint8 mapped[12] = { [10] = 0xff, 0xff };
	const octets_case *row = data;
	gboolean is_ipv4 = memcmp(row->octets, mapped, sizeof(mapped)) == 0;
	char expected[MG_IP_TEXT_MAX], text[MG_IP_TEXT_MAX];
	guint8 octets[16];
	mg_ip ip;

	mg_ip_from_octets(row->octets, &ip);
	mg_ip_to_octets(&ip, octets);
	g_assert_cmpmem(octets, sizeof(octets), row->octets, sizeof(row->octets));
	mg_ip_format(&ip, text);
	inet_ntop(is_ipv4 ? AF_INET : AF_INET6, row->octets + (is_ipv4 ? 12 : 0), expected, sizeof(expected));
	g_assert_cmpstr(text, ==, expected);
}

/* Each number there is at each place of an IPv4 address. */
static void
test_every_number(void)
{
	for (guint i = 0; i < 4; i++)
		for (guint number = 0; number < 256; number++) {
			octets_case row = { "number", MAPPED(1, 22, 133, 4) };

			row.octets[12 + i] = (guint8)number;
			test_octets(&row);
		}
}

/* Ascending; every address is less than all that follow, and than none before. */
static void
test_order(void)
{
	static const char *const ascending[] = {
		"::", "::1", "::fffe:ffff:ffff", "0.0.0.0", "0.0.0.1", "127.255.255.255", "128.0.0.0", "255.255.255.255",
		"::1:0:0:0", "::7fff:ffff:ffff:ffff", "::8000:0:0:0", "::ffff:ffff:ffff:ffff", "0:0:0:1::", "2001:db8::",
		"7fff:ffff:ffff:ffff::", "8000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	mg_ip ips[G_N_ELEMENTS(ascending)] = { { 0, 0 } };

	for (guint i = 0; i < G_N_ELEMENTS(ascending); i++)
		g_assert_true(mg_ip_parse(ascending[i], &ips[i]));
	for (guint i = 0; i < G_N_ELEMENTS(ascending); i++)
		for (guint k = 0; k < G_N_ELEMENTS(ascending); k++) {
			g_assert_cmpint(mg_ip_less(&ips[i], &ips[k]), ==, i < k);
			g_assert_cmpint(mg_ip_equal(&ips[i], &ips[k]), ==, i == k);
		}
}

/* ---- masks ---- */

typedef struct mask_case {
	const char *name;
	guint       prefix;
	guint64     high, low;   /* of ff..ff masked */
} mask_case;

static const mask_case mask_cases[] = {
	{ "0", 0, 0, 0 },
	{ "1", 1, G_GUINT64_CONSTANT(0x8000000000000000), 0 },
	{ "63", 63, G_GUINT64_CONSTANT(0xfffffffffffffffe), 0 },
	{ "64", 64, G_MAXUINT64, 0 },
	{ "65", 65, G_MAXUINT64, G_GUINT64_CONSTANT(0x8000000000000000) },
	{ "96", 96, G_MAXUINT64, G_GUINT64_CONSTANT(0xffffffff00000000) },
	{ "127", 127, G_MAXUINT64, G_GUINT64_CONSTANT(0xfffffffffffffffe) },
	{ "128", 128, G_MAXUINT64, G_MAXUINT64 },
};

static void
test_mask(gconstpointer data)
{
	const mask_case *row = data;
	const mg_ip last = { G_MAXUINT64, G_MAXUINT64 };
	const mg_network network = { { 0, 0 }, (guint8)row->prefix };
	mg_ip masked = mg_ip_mask(&last, row->prefix);
	mg_ip end = mg_network_last(&network);

	g_assert_cmphex(masked.high, ==, row->high);
	g_assert_cmphex(masked.low, ==, row->low);
	g_assert_cmphex(end.high, ==, ~row->high);
	g_assert_cmphex(end.low, ==, ~row->low);
}

/* ---- networks ---- */

typedef struct loopback_case {
	const char *name, *ip;
	gboolean    expected;
} loopback_case;

static const loopback_case loopback_cases[] = {
	{ "ipv4-before", "126.255.255.255", FALSE },
	{ "ipv4-first", "127.0.0.0", TRUE },
	{ "ipv4", "127.0.0.1", TRUE },
	{ "ipv4-last", "127.255.255.255", TRUE },
	{ "ipv4-behind", "128.0.0.0", FALSE },
	{ "ipv4-any", "0.0.0.0", FALSE },
	{ "ipv4-0.0.0.1", "0.0.0.1", FALSE },
	{ "ipv4-of-a-network", "192.0.2.1", FALSE },
	{ "mapped", "::ffff:127.0.0.1", TRUE },
	{ "compatible", "::127.0.0.1", FALSE },
	{ "ipv6", "::1", TRUE },
	{ "ipv6-any", "::", FALSE },
	{ "ipv6-behind", "::2", FALSE },
	{ "ipv6-high-bit", "8000::1", FALSE },
	{ "ipv6-middle-bit", "0:0:0:1::1", FALSE },
	{ "ipv6-that-begins-as-it", "7f00:1::1", FALSE },
	{ "ipv6-that-ends-as-it", "2001:db8::7f00:1", FALSE },
};

static void
test_loopback(gconstpointer data)
{
	const loopback_case *row = data;
	mg_ip ip;

	g_assert_true(mg_ip_parse(row->ip, &ip));
	g_assert_cmpint(mg_ip_is_loopback(&ip), ==, row->expected);
}

typedef struct network_case {
	const char *name;
	const char *text;
	const char *expected;   /* as formatted; NULL: no network */
	guint       prefix;     /* of 128 bits */
	const char *why;        /* a part of the sentence */
} network_case;

static const network_case network_cases[] = {
	{ "ipv4", "192.0.2.0/24", "192.0.2.0/24", 120, NULL },
	{ "ipv4-address", "192.0.2.1", "192.0.2.1", 128, NULL },
	{ "ipv4-32", "192.0.2.1/32", "192.0.2.1", 128, NULL },
	{ "ipv4-31", "192.0.2.2/31", "192.0.2.2/31", 127, NULL },
	{ "ipv4-all", "0.0.0.0/0", "0.0.0.0/0", 96, NULL },
	{ "ipv4-1", "128.0.0.0/1", "128.0.0.0/1", 97, NULL },
	{ "ipv4-last", "255.255.255.255", "255.255.255.255", 128, NULL },
	{ "ipv6", "2001:db8::/32", "2001:db8::/32", 32, NULL },
	{ "ipv6-address", "2001:db8::1", "2001:db8::1", 128, NULL },
	{ "ipv6-128", "2001:db8::1/128", "2001:db8::1", 128, NULL },
	{ "ipv6-all", "::/0", "::/0", 0, NULL },
	{ "ipv6-upper-case", "2001:DB8:A::/48", "2001:db8:a::/48", 48, NULL },
	{ "ipv6-last", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128,
	  NULL },
	{ "mapped", "::ffff:192.0.2.0/120", "192.0.2.0/24", 120, NULL },
	{ "mapped-address", "::ffff:192.0.2.1", "192.0.2.1", 128, NULL },
	{ "mapped-all", "::ffff:0:0/96", "0.0.0.0/0", 96, NULL },
	{ "mapped-ipv4-prefix", "::ffff:192.0.2.0/24", NULL, 0, "host bits" },
	{ "mapped-wider", "::ffff:0:0/95", NULL, 0, "host bits set; the network is ::fffe:0:0/95" },
	{ "around-mapped", "::fffe:0:0/95", "::fffe:0:0/95", 95, NULL },
	{ "host-bits", "192.0.2.1/24", NULL, 0, "host bits set; the network is 192.0.2.0/24" },
	{ "host-bit-last", "192.0.2.1/31", NULL, 0, "the network is 192.0.2.0/31" },
	{ "host-bits-0", "192.0.2.0/0", NULL, 0, "the network is 0.0.0.0/0" },
	{ "host-bits-ipv6", "2001:db8::1/64", NULL, 0, "the network is 2001:db8::/64" },
	{ "host-bits-at-64", "2001:db8:0:0:8000::/64", NULL, 0, "the network is 2001:db8::/64" },
	{ "prefix-33", "192.0.2.0/33", NULL, 0, "0 to 32" },
	{ "prefix-129", "2001:db8::/129", NULL, 0, "0 to 128" },
	{ "prefix-128-ipv4", "192.0.2.1/128", NULL, 0, "0 to 32" },
	{ "prefix-999", "2001:db8::/999", NULL, 0, "0 to 128" },
	{ "prefix-wraps", "2001:db8::/4294967328", NULL, 0, "0 to 128" },
	{ "prefix-none", "192.0.2.0/", NULL, 0, "0 to 32" },
	{ "prefix-zero-before", "192.0.2.0/024", NULL, 0, "0 to 32" },
	{ "prefix-00", "0.0.0.0/00", NULL, 0, "0 to 32" },
	{ "prefix-plus", "192.0.2.0/+24", NULL, 0, "0 to 32" },
	{ "prefix-minus", "192.0.2.0/-1", NULL, 0, "0 to 32" },
	{ "prefix-space", "192.0.2.0/ 24", NULL, 0, "0 to 32" },
	{ "prefix-twice", "192.0.2.0/24/24", NULL, 0, "0 to 32" },
	{ "prefix-hexadecimal", "192.0.2.0/1f", NULL, 0, "0 to 32" },
	{ "netmask", "192.0.2.0/255.255.255.0", NULL, 0, "0 to 32" },
	{ "slash-alone", "/24", NULL, 0, "no IPv4 or IPv6 network" },
	{ "empty", "", NULL, 0, "no IPv4 or IPv6 network" },
	{ "short", "192.0.2/24", NULL, 0, "no IPv4 or IPv6 network" },
	{ "octal", "0300.0.2.0/24", NULL, 0, "no IPv4 or IPv6 network" },
	{ "leading-zero", "192.0.02.0/24", NULL, 0, "no IPv4 or IPv6 network" },
	{ "range", "192.0.2.0-192.0.2.9", NULL, 0, "no IPv4 or IPv6 network" },
	{ "star", "192.0.2.*", NULL, 0, "no IPv4 or IPv6 network" },
	{ "exception-mark", "!192.0.2.0/24", NULL, 0, "no IPv4 or IPv6 network" },
	{ "zone-id", "fe80::1%eth0", NULL, 0, "zone id" },
	{ "zone-id-network", "fe80::%eth0/64", NULL, 0, "zone id" },
	{ "brackets", "[2001:db8::]/32", NULL, 0, "no IPv4 or IPv6 network" },
	{ "name", "mx.example.net", NULL, 0, "no IPv4 or IPv6 network" },
	{ "longest", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 128,
	  NULL },
	{ "one-too-long", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", NULL, 0, "no IPv4 or IPv6 network" },
};

static void
test_network(gconstpointer data)
{
	const network_case *row = data;
	mg_network network = { { 17, 4711 }, 42 };
	g_autofree char *why = NULL;
	char text[MG_NETWORK_TEXT_MAX];

	g_assert_cmpint(mg_network_parse(row->text, &network, &why), ==, row->expected != NULL);
	if (row->expected == NULL) {
		g_assert_true(network.base.high == 17 && network.base.low == 4711 && network.prefix == 42);
		g_assert_nonnull(why);
		if (why != NULL && strstr(why, row->why) == NULL)
			g_assert_cmpstr(why, ==, row->why);
		g_assert_false(mg_network_parse(row->text, &network, NULL));
		return;
	}
	g_assert_null(why);
	g_assert_cmpuint(network.prefix, ==, row->prefix);
	mg_network_format(&network, text);
	g_assert_cmpstr(text, ==, row->expected);
	g_assert_true(mg_network_contains(&network, &network.base));
}

/* What stands in the sentence is bounded, whatever was given. */
static void
test_long_text(void)
{
	g_autofree char *text = test_repeat('1', 100000);
	g_autofree char *why = NULL;
	mg_network network;

	g_assert_false(mg_network_parse(text, &network, &why));
	g_assert_nonnull(why);
	g_assert_cmpuint(why ? strlen(why) : 0, <, 200);
}

typedef struct contains_case {
	const char *name;
	const char *network;
	const char *ip;
	gboolean    expected;
} contains_case;

static const contains_case contains_cases[] = {
	{ "first", "192.0.2.0/24", "192.0.2.0", TRUE },
	{ "last", "192.0.2.0/24", "192.0.2.255", TRUE },
	{ "before", "192.0.2.0/24", "192.0.1.255", FALSE },
	{ "behind", "192.0.2.0/24", "192.0.3.0", FALSE },
	{ "single", "192.0.2.1", "192.0.2.1", TRUE },
	{ "single-other", "192.0.2.1", "192.0.2.0", FALSE },
	{ "ipv4-all", "0.0.0.0/0", "255.255.255.255", TRUE },
	{ "ipv4-all-not-ipv6", "0.0.0.0/0", "2001:db8::1", FALSE },
	{ "ipv4-all-not-before", "0.0.0.0/0", "::fffe:ffff:ffff", FALSE },
	{ "ipv4-all-not-behind", "0.0.0.0/0", "::1:0:0:0", FALSE },
	{ "mapped-client", "192.0.2.0/24", "::ffff:192.0.2.7", TRUE },
	{ "ipv6-all", "::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", TRUE },
	{ "ipv6-all-not-ipv4", "::/0", "192.0.2.1", FALSE },
	{ "ipv6-all-not-mapped", "::/0", "::ffff:192.0.2.1", FALSE },
	{ "ipv6-around-mapped-not-ipv4", "::fffe:0:0/95", "::ffff:192.0.2.1", FALSE },
	{ "ipv6-around-mapped", "::fffe:0:0/95", "::fffe:c000:201", TRUE },
	{ "ipv6-64-last", "2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", TRUE },
	{ "ipv6-64-behind", "2001:db8::/64", "2001:db8:0:1::", FALSE },
	{ "ipv6-65-half", "2001:db8::/65", "2001:db8::8000:0:0:0", FALSE },
	{ "ipv6-127", "2001:db8::2/127", "2001:db8::3", TRUE },
	{ "ipv6-127-behind", "2001:db8::2/127", "2001:db8::4", FALSE },
	{ "compatible-is-no-ipv4", "192.0.2.0/24", "::192.0.2.1", FALSE },
};

static void
test_contains(gconstpointer data)
{
	const contains_case *row = data;
	mg_network network = { { 0, 0 }, 0 };
	mg_ip ip = { 0, 0 };

	g_assert_true(mg_network_parse(row->network, &network, NULL));
	g_assert_true(mg_ip_parse(row->ip, &ip));
	g_assert_cmpint(mg_network_contains(&network, &ip), ==, row->expected);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/ip/parse", ip_cases, test_ip);
	g_test_add_func("/ip/same", test_same_ip);
	g_test_add_func("/ip/round-trip", test_round_trip);
	TEST_ROWS("/ip/octets", octets_cases, test_octets);
	g_test_add_func("/ip/every-number", test_every_number);
	g_test_add_func("/ip/order", test_order);
	TEST_ROWS("/ip/mask", mask_cases, test_mask);
	TEST_ROWS("/ip/loopback", loopback_cases, test_loopback);
	TEST_ROWS("/ip/network", network_cases, test_network);
	g_test_add_func("/ip/network-long-text", test_long_text);
	TEST_ROWS("/ip/contains", contains_cases, test_contains);
	return g_test_run();
}
