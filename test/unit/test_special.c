/* test_special.c - networks no host of the Internet is in: their first and last address, and those beside. */
#include "session/special.h"

#include "support.h"

typedef struct special_case {
	const char *name;
	const char *first, *last;
	const char *before, *behind;   /* beside them and not special; NULL: there is none, or it is of another row */
} special_case;

static const special_case special_cases[] = {
	{ "this-network", "0.0.0.0", "0.255.255.255", NULL, "1.0.0.0" },
	{ "private-10", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0" },
	{ "carrier-grade-nat", "100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0" },
	{ "loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0" },
	{ "link-local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0" },
	{ "private-172", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0" },
	{ "protocol-assignments", "192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0" },
	{ "documentation-1", "192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0" },
	{ "private-192", "192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0" },
	{ "benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0" },
	{ "documentation-2", "198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0" },
	{ "documentation-3", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0" },
	{ "multicast", "224.0.0.0", "239.255.255.255", "223.255.255.255", NULL },
	{ "reserved", "240.0.0.0", "255.255.255.255", NULL, NULL },
	{ "ipv6-unspecified", "::", "::", NULL, NULL },
	{ "ipv6-loopback", "::1", "::1", NULL, "::2" },
	{ "ipv6-local-translation", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
	  "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::" },
	{ "ipv6-discard", "100::", "100::ffff:ffff:ffff:ffff", "ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
	{ "ipv6-dummy", "100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", NULL, "100:0:0:2::" },
	{ "ipv6-benchmarking", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff",
	  "2001:2:1::" },
	{ "ipv6-documentation", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
	  "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::" },
	{ "ipv6-documentation-2", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::" },
	{ "ipv6-segment-routing", "5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "5f01::" },
	{ "ipv6-unique-local", "fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe00::" },
	{ "ipv6-link-local", "fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::" },
	{ "ipv6-multicast", "ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	  "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL },
	{ "mapped-private", "::ffff:10.0.0.0", "::ffff:10.255.255.255", "::ffff:9.255.255.255", "::ffff:11.0.0.0" },
	{ "mapped-loopback", "::ffff:127.0.0.1", "::ffff:127.255.255.255", NULL, "::ffff:128.0.0.0" },
};

static void
assert_special(const char *text, gboolean expected)
{
	mg_ip ip = { 0, 0 };

	if (text == NULL)
		return;
	g_assert_true(mg_ip_parse(text, &ip));
	if (mg_ip_is_special(&ip) != expected)
		g_test_message("%s", text);
	g_assert_cmpint(mg_ip_is_special(&ip), ==, expected);
}

static void
test_special(gconstpointer data)
{
	const special_case *row = data;

	assert_special(row->first, TRUE);
	assert_special(row->last, TRUE);
	assert_special(row->before, FALSE);
	assert_special(row->behind, FALSE);
}

/* Hosts of the Internet, and what only looks like the networks above. */
typedef struct public_case {
	const char *name;
	const char *text;
} public_case;

static const public_case public_cases[] = {
	{ "ipv4", "8.8.8.8" },
	{ "ipv4-first", "1.0.0.0" },
	{ "ipv4-last", "223.255.255.255" },
	{ "as112", "192.31.196.1" },
	{ "ipv6", "2606:4700::1111" },
	{ "ipv6-of-2001", "2001:4860:4860::8888" },
	{ "well-known-translation", "64:ff9b::c000:201" },   /* global (RFC 6052); what is inside is not looked at */
	{ "ipv4-compatible-private", "::10.0.0.1" },
	{ "octets-of-private-in-ipv6", "2600:a00::" },
};

static void
test_public(gconstpointer data)
{
	const public_case *row = data;

	assert_special(row->text, FALSE);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/special/network", special_cases, test_special);
	TEST_ROWS("/special/public", public_cases, test_public);
	return g_test_run();
}
