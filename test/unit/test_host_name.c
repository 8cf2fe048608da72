/* test_host_name.c - what the name of a host says: made up by a provider, of one organisation with another, with a
 * known end. Example domains stand where a provider's would; others only where the list of suffixes is what is tried. */
#include "session/host_name.h"

#include "session/domain.h"
#include "support.h"

#define CLIENT "203.0.113.7"

/* ---- generic names ---- */

typedef struct generic_case {
	const char *name;
	const char *host;
	const char *client;
	gboolean    expected;
} generic_case;

static const generic_case generic_cases[] = {
	/* the address, all of it */
	{ "dashes", "203-0-113-7.example.net", CLIENT, TRUE },
	{ "dots", "203.0.113.7.example.net", CLIENT, TRUE },
	{ "word-before", "host-203-0-113-7.example.net", CLIENT, TRUE },
	{ "word-glued", "ip203-0-113-7.example.net", CLIENT, TRUE },
	{ "word-behind", "203-0-113-7-static.example.net", CLIENT, TRUE },
	{ "word-between", "h203x0x113x7.example.net", CLIENT, TRUE },
	{ "underscores", "ip_203_0_113_7.example.net", CLIENT, TRUE },
	{ "two-labels", "113-7.203-0.example.net", CLIENT, TRUE },
	{ "labels-below", "c-203-0-113-7.hsd1.ca.example.net", CLIENT, TRUE },
	{ "static", "static.203-0-113-7.clients.example.net", CLIENT, TRUE },
	{ "below-a-two-label-suffix", "host-203-0-113-7.example.co.uk", CLIENT, TRUE },
	{ "below-an-unlisted-suffix", "203-0-113-7.isp.example", CLIENT, TRUE },
	{ "reversed-dashes", "7-113-0-203.example.net", CLIENT, TRUE },
	{ "reversed-dots", "7.113.0.203.rev.example.net", CLIENT, TRUE },
	{ "reversed-zone", "7.113.0.203.in-addr.arpa", CLIENT, TRUE },
	{ "zero-padded", "host203000113007.example.net", CLIENT, TRUE },
	{ "zero-padded-dashes", "203-000-113-007.example.net", CLIENT, TRUE },
	{ "zero-padded-reversed", "007-113-000-203.example.net", CLIENT, TRUE },
	{ "two-digits-padded", "203-00-113-07.example.net", CLIENT, TRUE },
	{ "hexadecimal", "cb007107.example.net", CLIENT, TRUE },
	{ "hexadecimal-glued", "ipcb007107.example.net", CLIENT, TRUE },
	{ "hexadecimal-in-more", "x-cb007107-y.dsl.example.net", CLIENT, TRUE },
	{ "octets-all-the-same", "9-9-9-9.example.net", "9.9.9.9", TRUE },
	{ "octets-at-their-ends", "255-255-255-255.example.net", "255.255.255.255", TRUE },

	/* a part of it */
	{ "first-three", "203-0-113.example.net", CLIENT, TRUE },
	{ "last-two", "host-113-7.example.net", CLIENT, TRUE },
	{ "last-two-dots", "7.113.example.net", CLIENT, TRUE },
	{ "last-two-reversed", "host-7-113.example.net", CLIENT, TRUE },
	{ "last-two-zero-padded", "host-113-007.example.net", CLIENT, TRUE },
	{ "last-three", "h0-113-7.example.net", CLIENT, TRUE },
	{ "part-behind-another-number", "pop3-113-7.example.net", CLIENT, TRUE },
	{ "first-two", "203-0.example.net", CLIENT, FALSE },
	{ "last-one", "host-7.example.net", CLIENT, FALSE },
	{ "middle-two", "0-113.example.net", CLIENT, FALSE },
	{ "first-and-last", "203-7.example.net", CLIENT, FALSE },
	{ "another-address", "198-51-100-9.example.net", CLIENT, FALSE },
	{ "number-of-four-digits", "0113-0007.example.net", CLIENT, FALSE },
	{ "number-too-large", "113-263.example.net", CLIENT, FALSE },        /* 263 = 256 + 7 */
	{ "number-that-wraps", "113-4294967303.example.net", CLIENT, FALSE }, /* 2^32 + 7 */
	{ "another-number-between", "113-9-7.example.net", CLIENT, FALSE },
	{ "hexadecimal-cut", "cb0071.example.net", CLIENT, FALSE },
	{ "hexadecimal-of-another", "cb007108.example.net", CLIENT, FALSE },

	/* words of lines, and a number */
	{ "word-and-number", "dsl-13.example.net", CLIENT, TRUE },
	{ "word-and-number-glued", "dyn13.example.net", CLIENT, TRUE },
	{ "number-and-word", "13-pool.example.net", CLIENT, TRUE },
	{ "word-in-another-label", "a13.dynamic.example.net", CLIENT, TRUE },
	{ "number-in-another-label", "cable.13.example.net", CLIENT, TRUE },
	{ "word-after-underscore", "x_dhcp_13.example.net", CLIENT, TRUE },
	{ "word-and-last-octet", "cpe-7.example.net", CLIENT, TRUE },
	{ "word-first-of-the-table", "adsl1.example.net", CLIENT, TRUE },
	{ "word-last-of-the-table", "xdsl1.example.net", CLIENT, TRUE },
	{ "word-and-hexadecimal", "cust-4a.example.net", CLIENT, TRUE },
	{ "word-ipv6-client", "dyn-13.example.net", "2001:db8::7", TRUE },
	{ "word-alone", "pool.example.net", CLIENT, FALSE },
	{ "words-without-a-number", "dynamic-dsl.cable.example.net", CLIENT, FALSE },
	{ "word-inside-a-word", "carpool1.example.net", CLIENT, FALSE },
	{ "word-as-the-beginning", "users1.example.net", CLIENT, FALSE },
	{ "word-and-more-letters", "cablecom1.example.net", CLIENT, FALSE },

	/* servers */
	{ "server", "mx1.example.net", CLIENT, FALSE },
	{ "server-mail", "mail2.example.com", CLIENT, FALSE },
	{ "server-smtp-out", "smtp-out-5.example.net", CLIENT, FALSE },
	{ "server-of-a-pod", "mail-ed1-f41.example.com", CLIENT, FALSE },
	{ "server-two-numbers", "mx2.dc4.example.net", CLIENT, FALSE },
	{ "server-number-is-the-last-octet", "mx7.example.net", CLIENT, FALSE },
	{ "server-number-is-the-first-octet", "relay203.example.net", CLIENT, FALSE },
	{ "server-long-number", "vps20301137.example.net", CLIENT, FALSE },
	{ "server-uuid", "0f8fad5b-d9cb-469f-a165-70867728950e.example.net", CLIENT, FALSE },
	{ "server-no-number", "mail.example.net", CLIENT, FALSE },
	{ "server-below-a-two-label-suffix", "mx1.example.co.uk", CLIENT, FALSE },

	{ "server-numbers-by-chance", "mx113.dc7.example.net", CLIENT, TRUE },   /* two in the address's order are enough */

	/* the registered domain, and what is right of it, never counts */
	{ "registered-name-of-numbers", "mx1.203-0-113-7.net", CLIENT, FALSE },
	{ "registered-name-itself-of-numbers", "203-0-113-7.net", CLIENT, FALSE },
	{ "registered-name-hexadecimal", "mail.cb007107.net", CLIENT, FALSE },
	{ "registered-name-zero-padded", "mail.203000113007.net", CLIENT, FALSE },
	{ "registered-name-is-a-word", "mx1.dyn.com", CLIENT, FALSE },
	{ "registered-name-has-a-word", "mx1.cable-one.net", CLIENT, FALSE },
	{ "registered-name-has-word-and-number", "mail.dsl24.net", CLIENT, FALSE },
	{ "registered-name-below-two-labels", "mx1.pool.co.uk", CLIENT, FALSE },
	{ "registered-name-below-an-unlisted-suffix", "mx1.dyn.example", CLIENT, FALSE },
	{ "registered-name-would-complete-the-address", "host-113.7.net", CLIENT, FALSE },
	{ "number-left-word-right", "mail-4.customer.org", CLIENT, FALSE },
	/* A provider's suffix of the list's private part: what is below it is the provider's name for a line all the same. */
	{ "below-a-provider's-suffix", "ec2-203-0-113-7.eu-west-1.compute.amazonaws.com", CLIENT, TRUE },
	{ "below-a-suffix-nobody-knows", "host-113-7.pool.example.lan", CLIENT, TRUE },
	{ "registered-below-a-suffix-nobody-knows", "host-113-7.lan", CLIENT, FALSE },
	{ "registered-below-a-suffix-of-two-labels", "host-113-7.co.uk", CLIENT, FALSE },
	{ "below-a-suffix-of-two-labels", "host-113-7.example.co.uk", CLIENT, TRUE },
	{ "the-same-left-of-it", "mx1.dyn.dyn.com", CLIENT, TRUE },
	{ "single-label", "dyn-203-0-113-7", CLIENT, FALSE },
	{ "suffix-itself", "co.uk", CLIENT, FALSE },

	/* IPv6: numbers of it are not looked for, least of all those of IPv4 that its last octets would be */
	{ "ipv6-groups", "2001-db8--7.example.net", "2001:db8::7", FALSE },
	{ "ipv6-last-octets", "host-113-7.example.net", "2001:db8::cb00:7107", FALSE },
	{ "ipv6-hexadecimal", "cb007107.example.net", "2001:db8::cb00:7107", FALSE },
	{ "ipv6-mapped", "host-113-7.example.net", "::ffff:203.0.113.7", TRUE },
};

static void
test_generic(gconstpointer data)
{
	const generic_case *row = data;
	char canonical[MG_DOMAIN_MAX + 1];
	mg_ip ip;

	g_assert_true(mg_ip_parse(row->client, &ip));
	g_assert_true(mg_domain_canonical(row->host, strlen(row->host), FALSE, canonical));
	g_assert_cmpint(mg_host_name_is_generic(canonical, &ip), ==, row->expected);
}

static void
test_longest(void)
{
	g_autofree char *host = test_domain_of(MG_DOMAIN_MAX);
	mg_ip ip;

	g_assert_true(mg_ip_parse(CLIENT, &ip));
	memcpy(host + MG_DOMAIN_MAX - strlen(".example.net"), ".example.net", strlen(".example.net"));
	g_assert_false(mg_host_name_is_generic(host, &ip));
	memcpy(host, "203-0-113-7", strlen("203-0-113-7"));
	g_assert_true(mg_host_name_is_generic(host, &ip));
}

/* ---- one organisation ---- */

typedef struct kin_case {
	const char *name;
	const char *one, *other;
	gboolean    expected;
} kin_case;

static const kin_case kin_cases[] = {
	{ "same", "mx.example.net", "mx.example.net", TRUE },
	{ "siblings", "mx1.example.net", "mx2.example.net", TRUE },
	{ "organisation-itself", "example.net", "mx.example.net", TRUE },
	{ "far-below", "a.b.c.d.example.net", "mx.example.net", TRUE },
	{ "strangers", "mx.example.net", "mx.example.org", FALSE },
	{ "another-suffix", "mx.example.net", "mx.example.com", FALSE },
	{ "end-alike", "mx.notexample.net", "mx.example.net", FALSE },
	{ "begin-alike", "mx.example.net", "mx.example.net.example.org", FALSE },
	{ "two-label-suffix", "mx.example.co.uk", "smtp.example.co.uk", TRUE },
	{ "two-label-suffix-strangers", "mx.one.co.uk", "mx.two.co.uk", FALSE },
	{ "two-label-suffix-against-one", "mx.example.co.uk", "mx.example.uk", FALSE },
	{ "organisations-themselves", "one.co.uk", "two.co.uk", FALSE },
	{ "suffix-against-one-below", "co.uk", "example.co.uk", FALSE },
	{ "suffix-by-a-star", "mx.dom.example.ck", "smtp.dom.example.ck", TRUE },
	{ "suffix-by-a-star-strangers", "mx.one.example.ck", "mx.two.example.ck", FALSE },
	{ "suffix-by-an-exception", "mx.www.ck", "www.ck", TRUE },
	{ "private-suffix-strangers", "one.github.io", "two.github.io", FALSE },
	{ "unlisted-suffix", "a.pc.lan", "b.pc.lan", TRUE },
	{ "unlisted-suffix-strangers", "pc1.lan", "pc2.lan", FALSE },
	{ "single-labels", "localhost", "localhost", TRUE },
	{ "single-labels-strangers", "localhost", "pc", FALSE },
	{ "a-labels", "mx.xn--bcher-kva.example", "xn--bcher-kva.example", TRUE },
};

static void
test_kin(gconstpointer data)
{
	const kin_case *row = data;

	g_assert_cmpint(mg_host_name_is_kin(row->one, row->other), ==, row->expected);
	g_assert_cmpint(mg_host_name_is_kin(row->other, row->one), ==, row->expected);
}

/* ---- known ends ---- */

typedef struct suffix_case {
	const char *name;
	const char *host;
	gboolean    expected;
} suffix_case;

static const suffix_case suffix_cases[] = {
	{ "generic-top", "mx.example.com", TRUE },
	{ "country", "mx.example.de", TRUE },
	{ "two-label", "mx.example.co.uk", TRUE },
	{ "two-label-itself", "co.uk", TRUE },
	{ "unlisted-below-a-listed-one", "mx.nothing-of-the-list.uk", TRUE },
	{ "by-a-star", "mx.dom.example.ck", TRUE },
	{ "by-a-star-itself", "example.ck", TRUE },
	{ "a-label", "mx.example.xn--p1ai", TRUE },
	{ "arpa", "7.113.0.203.in-addr.arpa", TRUE },
	{ "top-alone", "com", TRUE },
	{ "lan", "pc.lan", FALSE },
	{ "local", "pc.local", FALSE },
	{ "localdomain", "localhost.localdomain", FALSE },
	{ "internal", "mx.corp.internal", FALSE },
	{ "home", "pc.home", FALSE },
	{ "invalid", "mx.example.invalid", FALSE },
	{ "test", "foo.test", FALSE },
	{ "example", "dom.example", FALSE },
	{ "localhost", "localhost", FALSE },
	{ "listed-inside-only", "com.lan", FALSE },
	{ "a-label-fake", "mx.xn--99999999999", FALSE },
};

static void
test_suffix(gconstpointer data)
{
	const suffix_case *row = data;

	g_assert_cmpint(mg_host_name_has_known_suffix(row->host), ==, row->expected);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/host-name/generic", generic_cases, test_generic);
	g_test_add_func("/host-name/generic-longest", test_longest);
	TEST_ROWS("/host-name/kin", kin_cases, test_kin);
	TEST_ROWS("/host-name/suffix", suffix_cases, test_suffix);
	return g_test_run();
}
