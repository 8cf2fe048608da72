/* test_networks.c - lists of networks: the longest match, exceptions, conflicts, the ends of the address space; and
 * generated lists against a plain reading of the manual. */
#include "policy/networks.h"

#include <stdlib.h>

#include "support.h"

#define LAST_IP "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* Lists and answers are written in words: "2:192.0.2.0/24" is a network of set 2, "2!192.0.2.0/24" an exception. */
typedef struct listed {
	mg_network network;
	guint      set;
	gboolean   is_exception;
} listed;

static listed
word_parse(const char *word)
{
	listed entry = { { { 0, 0 }, 0 }, 0, FALSE };
	char *mark;

	entry.set = (guint)strtoul(word, &mark, 10);
	entry.is_exception = *mark == '!';
	g_assert_true(mg_network_parse(mark + 1, &entry.network, NULL));
	return entry;
}

static GArray *
list_parse(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GArray *list = g_array_new(FALSE, FALSE, sizeof(listed));

	for (guint i = 0; words[i] != NULL; i++)
		if (words[i][0] != 0) {
			listed entry = word_parse(words[i]);

			g_array_append_val(list, entry);
		}
	return list;
}

/* The place of an entry is its index. */
static mg_networks *
list_build(const GArray *list, mg_networks_conflict *conflict_out)
{
	mg_networks_builder *builder = mg_networks_builder_new();

	for (guint i = 0; i < list->len; i++) {
		const listed *entry = &g_array_index(list, listed, i);

		mg_networks_builder_add(builder, &entry->network, entry->set, entry->is_exception, i);
	}
	return mg_networks_build(builder, conflict_out);
}

/* "2:192.0.2.0/24", or "-" for no match; the caller's to free. */
static char *
find_written(const mg_networks *networks, const char *address)
{
	mg_ip ip = { 0, 0 };
	mg_network network = { { 0, 0 }, 0 };
	char text[MG_NETWORK_TEXT_MAX];
	guint set = 4711;

	g_assert_true(mg_ip_parse(address, &ip));
	if (!mg_networks_find(networks, &ip, &set, &network)) {
		g_assert_cmpuint(set, ==, 4711);
		return g_strdup("-");
	}
	mg_network_format(&network, text);
	return g_strdup_printf("%u:%s", set, text);
}

/* ---- what matches ---- */

typedef struct find_case {
	const char *name;
	const char *list;
	const char *ip;
	const char *expected;
} find_case;

#define NESTED   "0:192.0.2.0/24 1:192.0.2.64/26 2:192.0.2.64/28 3:192.0.2.65"
#define EXCEPTED "0:192.0.2.0/24 0!192.0.2.64/26 0:192.0.2.72/29"
#define EVERYONE "4:0.0.0.0/0 5:::/0 6:" LAST_IP " 7:255.255.255.255 8:0.0.0.0 9:::"

static const find_case find_cases[] = {
	{ "empty-list", "", "192.0.2.1", "-" },
	{ "empty-list-last", "", LAST_IP, "-" },
	{ "first", "0:192.0.2.0/24", "192.0.2.0", "0:192.0.2.0/24" },
	{ "last", "0:192.0.2.0/24", "192.0.2.255", "0:192.0.2.0/24" },
	{ "before", "0:192.0.2.0/24", "192.0.1.255", "-" },
	{ "behind", "0:192.0.2.0/24", "192.0.3.0", "-" },
	{ "single", "0:192.0.2.7", "192.0.2.7", "0:192.0.2.7" },
	{ "single-before", "0:192.0.2.7", "192.0.2.6", "-" },
	{ "single-behind", "0:192.0.2.7", "192.0.2.8", "-" },
	{ "highest-set", "8388607:192.0.2.0/24", "192.0.2.1", "8388607:192.0.2.0/24" },
	{ "highest-set-exception", "8388607:192.0.2.0/24 8388607!192.0.2.1", "192.0.2.1", "-" },
	{ "same-twice", "0:192.0.2.0/24 0:192.0.2.0/24", "192.0.2.1", "0:192.0.2.0/24" },
	{ "same-exception-twice", "0:192.0.2.0/24 0!192.0.2.1 0!192.0.2.1", "192.0.2.1", "-" },

	{ "nested-outer", NESTED, "192.0.2.1", "0:192.0.2.0/24" },
	{ "nested-middle", NESTED, "192.0.2.80", "1:192.0.2.64/26" },
	{ "nested-inner", NESTED, "192.0.2.64", "2:192.0.2.64/28" },
	{ "nested-single", NESTED, "192.0.2.65", "3:192.0.2.65" },
	{ "nested-behind-single", NESTED, "192.0.2.66", "2:192.0.2.64/28" },
	{ "nested-inner-last", NESTED, "192.0.2.79", "2:192.0.2.64/28" },
	{ "nested-behind-middle", NESTED, "192.0.2.128", "0:192.0.2.0/24" },
	{ "nested-any-order", "3:192.0.2.65 1:192.0.2.64/26 0:192.0.2.0/24 2:192.0.2.64/28", "192.0.2.66",
	  "2:192.0.2.64/28" },
	{ "nested-same-end", "0:192.0.2.0/24 1:192.0.2.128/25 2:192.0.2.255", "192.0.3.0", "-" },
	{ "nested-same-end-inside", "0:192.0.2.0/24 1:192.0.2.128/25 2:192.0.2.255", "192.0.2.254", "1:192.0.2.128/25" },
	{ "nested-same-start", "0:192.0.2.0/24 1:192.0.2.0/25 2:192.0.2.0", "192.0.2.0", "2:192.0.2.0" },
	{ "nested-same-start-behind", "0:192.0.2.0/24 1:192.0.2.0/25 2:192.0.2.0", "192.0.2.1", "1:192.0.2.0/25" },
	{ "nested-of-one-set", "0:192.0.2.0/24 0:192.0.2.128/25", "192.0.2.200", "0:192.0.2.128/25" },

	{ "touching-left", "0:192.0.2.0/25 1:192.0.2.128/25", "192.0.2.127", "0:192.0.2.0/25" },
	{ "touching-right", "0:192.0.2.0/25 1:192.0.2.128/25", "192.0.2.128", "1:192.0.2.128/25" },
	{ "touching-of-one-set", "0:192.0.2.0/25 0:192.0.2.128/25", "192.0.2.128", "0:192.0.2.128/25" },
	{ "touching-of-two-sizes", "0:192.0.2.0/25 0:192.0.2.128/26", "192.0.2.128", "0:192.0.2.128/26" },
	{ "touching-behind", "0:192.0.2.0/25 1:192.0.2.128/25", "192.0.3.0", "-" },
	{ "touching-with-exception", "0:192.0.2.0/24 0!192.0.2.0/25 0!192.0.2.128/25", "192.0.2.128", "-" },

	{ "exception", EXCEPTED, "192.0.2.64", "-" },
	{ "exception-before", EXCEPTED, "192.0.2.63", "0:192.0.2.0/24" },
	{ "exception-behind", EXCEPTED, "192.0.2.128", "0:192.0.2.0/24" },
	{ "exception-taken-back", EXCEPTED, "192.0.2.72", "0:192.0.2.72/29" },
	{ "exception-behind-taken-back", EXCEPTED, "192.0.2.80", "-" },
	{ "exception-alone", "0!192.0.2.0/24", "192.0.2.1", "-" },
	{ "exception-before-network", "0!192.0.2.1 0:192.0.2.0/24", "192.0.2.1", "-" },
	{ "exception-to-outer-set", "1:192.0.0.0/16 0:192.0.2.0/24 0!192.0.2.1", "192.0.2.1", "1:192.0.0.0/16" },
	{ "exception-over-own-outer", "0:192.0.0.0/16 1:192.0.2.0/24 1!192.0.2.1", "192.0.2.1", "0:192.0.0.0/16" },
	{ "exception-of-outer-set", "0:192.0.0.0/16 1:192.0.2.0/24 0!192.0.2.1", "192.0.2.1", "1:192.0.2.0/24" },
	{ "exception-skips-all-of-its-set", "1:192.0.0.0/12 0:192.0.0.0/16 0:192.0.2.0/24 0!192.0.2.1", "192.0.2.1",
	  "1:192.0.0.0/12" },
	{ "exceptions-of-two-sets", "2:192.0.0.0/12 1:192.0.0.0/16 0:192.0.2.0/24 1!192.0.2.0/25 0!192.0.2.1",
	  "192.0.2.1", "2:192.0.0.0/12" },
	{ "exceptions-of-two-sets-and-nothing", "1:192.0.0.0/16 0:192.0.2.0/24 1!192.0.2.0/25 0!192.0.2.1",
	  "192.0.2.1", "-" },
	{ "exception-inside-exception", "1:192.0.0.0/16 0:192.0.2.0/24 0!192.0.2.0/25 0!192.0.2.1", "192.0.2.1",
	  "1:192.0.0.0/16" },
	{ "exception-around-other-set", "1:192.0.0.0/16 1!192.0.2.0/24 0:192.0.2.0/25", "192.0.2.1", "0:192.0.2.0/25" },
	{ "exception-of-unknown-set", "1:192.0.2.0/24 0!192.0.2.1", "192.0.2.1", "1:192.0.2.0/24" },
	{ "exception-around-network", "0!192.0.0.0/16 0:192.0.2.0/24", "192.0.2.1", "0:192.0.2.0/24" },

	{ "mapped-network", "0:::ffff:192.0.2.0/120", "192.0.2.1", "0:192.0.2.0/24" },
	{ "mapped-address", "0:192.0.2.0/24", "::ffff:192.0.2.1", "0:192.0.2.0/24" },
	{ "compatible-address", "0:192.0.2.0/24", "::192.0.2.1", "-" },
	{ "ipv6-all-not-ipv4", "0:::/0", "192.0.2.1", "-" },
	{ "ipv6-all-not-ipv4-first", "0:::/0", "0.0.0.0", "-" },
	{ "ipv6-all-not-ipv4-last", "0:::/0", "255.255.255.255", "-" },
	{ "ipv6-all-before-ipv4", "0:::/0", "::fffe:ffff:ffff", "0:::/0" },
	{ "ipv6-all-behind-ipv4", "0:::/0", "::1:0:0:0", "0:::/0" },
	{ "ipv6-around-ipv4", "0:::fffe:0:0/95", "192.0.2.1", "-" },
	{ "ipv6-around-ipv4-before", "0:::fffe:0:0/95", "::fffe:0:1", "0:::fffe:0:0/95" },
	{ "ipv6-before-ipv4", "0:::fffe:0:0/96", "0.0.0.0", "-" },
	{ "ipv6-behind-ipv4", "0:::1:0:0:0/96", "255.255.255.255", "-" },
	{ "ipv4-all", "0:0.0.0.0/0", "255.255.255.255", "0:0.0.0.0/0" },
	{ "ipv4-all-mapped", "0:::ffff:0:0/96", "192.0.2.1", "0:0.0.0.0/0" },
	{ "ipv4-all-not-before", "0:0.0.0.0/0", "::fffe:ffff:ffff", "-" },
	{ "ipv4-all-not-behind", "0:0.0.0.0/0", "::1:0:0:0", "-" },
	{ "ipv4-all-inside-ipv6-all", "0:::/0 1:0.0.0.0/0", "192.0.2.1", "1:0.0.0.0/0" },
	{ "ipv6-all-around-ipv4-all", "0:::/0 1:0.0.0.0/0", "::1:0:0:0", "0:::/0" },
	{ "ipv4-exception-not-ipv6", "0:::/0 1:192.0.2.0/24 1!192.0.2.1", "192.0.2.1", "-" },
	{ "ipv4-all-exception-not-ipv6", "0:::/0 1!0.0.0.0/0", "192.0.2.1", "-" },
	{ "ipv6-exception", "0:::/0 0!2001:db8::/32", "2001:db8::1", "-" },
	{ "ipv6-exception-behind", "0:::/0 0!2001:db8::/32", "2001:db9::", "0:::/0" },
	{ "ipv6-64-last", "0:2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff", "0:2001:db8::/64" },
	{ "ipv6-64-behind", "0:2001:db8::/64", "2001:db8:0:1::", "-" },

	{ "everyone-first-ipv4", EVERYONE, "0.0.0.0", "8:0.0.0.0" },
	{ "everyone-second-ipv4", EVERYONE, "0.0.0.1", "4:0.0.0.0/0" },
	{ "everyone-last-ipv4", EVERYONE, "255.255.255.255", "7:255.255.255.255" },
	{ "everyone-last-but-one-ipv4", EVERYONE, "255.255.255.254", "4:0.0.0.0/0" },
	{ "everyone-first-ipv6", EVERYONE, "::", "9:::" },
	{ "everyone-second-ipv6", EVERYONE, "::1", "5:::/0" },
	{ "everyone-last-ipv6", EVERYONE, LAST_IP, "6:" LAST_IP },
	{ "everyone-last-but-one-ipv6", EVERYONE, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "5:::/0" },
	{ "everyone-behind-ipv4", EVERYONE, "::1:0:0:0", "5:::/0" },
	{ "last-single", "0:" LAST_IP, LAST_IP, "0:" LAST_IP },
	{ "last-single-before", "0:" LAST_IP, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", "-" },
	{ "last-exception", "0:::/0 0!" LAST_IP, LAST_IP, "-" },
	{ "last-nested", "0:ffff::/16 1:ffff:ffff::/32 2:" LAST_IP, LAST_IP, "2:" LAST_IP },
	{ "last-low-half", "0:2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:1::", "-" },
};

static void
test_find(gconstpointer data)
{
	const find_case *row = data;
	g_autoptr(GArray) list = list_parse(row->list);
	mg_networks_conflict conflict;
	mg_networks *networks = list_build(list, &conflict);
	g_autofree char *found = NULL;

	g_assert_nonnull(networks);
	if (networks == NULL)
		return;
	found = find_written(networks, row->ip);
	g_assert_cmpstr(found, ==, row->expected);
	g_assert_cmpuint(mg_networks_size(networks), >, 0);
	mg_networks_free(networks);
}

typedef struct next_case {
	const char *name, *list, *after, *expected;   /* after NULL: from the beginning */
} next_case;

static const next_case next_cases[] = {
	{ "first", "0:192.0.2.7 0:192.0.2.3", NULL, "192.0.2.3" },
	{ "touching", "0:192.0.2.3 0:192.0.2.4", "192.0.2.3", "192.0.2.4" },
	{ "behind-a-gap", "0:192.0.2.3 0:192.0.2.7", "192.0.2.3", "192.0.2.7" },
	{ "inside-a-gap", "0:192.0.2.3 0:192.0.2.7", "192.0.2.5", "192.0.2.7" },
	{ "none-behind", "0:192.0.2.3 0:192.0.2.7", "192.0.2.7", "-" },
	{ "ipv4-before-ipv6", "0:2001:db8::1 0:192.0.2.3", "192.0.2.3", "2001:db8::1" },
	{ "inside-a-network", "0:192.0.2.0/24", "192.0.2.7", "192.0.2.8" },
	{ "out-of-a-network", "0:192.0.2.0/24", "192.0.2.255", "-" },
	{ "over-an-exception", "0:192.0.2.0/24 0!192.0.2.8/29", "192.0.2.7", "192.0.2.16" },
	{ "first-of-all", "0:::", NULL, "::" },
	{ "last-of-all", "0:" LAST_IP, NULL, LAST_IP },
	{ "behind-the-last-of-all", "0:::/0", LAST_IP, "-" },
	{ "low-half-full", "0:2001:db8:0:1::", "2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::" },
	{ "empty", "", NULL, "-" },
};

static void
test_next(gconstpointer data)
{
	const next_case *row = data;
	g_autoptr(GArray) list = list_parse(row->list);
	mg_networks_conflict conflict;
	mg_networks *networks = list_build(list, &conflict);
	char text[MG_IP_TEXT_MAX] = "-";
	mg_ip after, next;

	if (row->after != NULL)
		g_assert_true(mg_ip_parse(row->after, &after));
	if (mg_networks_next(networks, row->after != NULL ? &after : NULL, &next))
		mg_ip_format(&next, text);
	g_assert_cmpstr(text, ==, row->expected);
	mg_networks_free(networks);
}

static void
test_none(void)
{
	const mg_ip ip = { 0, 1 };
	guint set = 4711;
	mg_ip next;

	g_assert_false(mg_networks_next(NULL, NULL, &next));

	g_assert_false(mg_networks_find(NULL, &ip, &set, NULL));
	g_assert_cmpuint(set, ==, 4711);
	mg_networks_free(NULL);
}

/* One network inside another, from ::/0 to /128: the deepest nesting there is. Each is a set of its own, or every
 * second one an exception of the set before. */
static void
test_deepest(gconstpointer excepted)
{
	mg_networks_builder *builder = mg_networks_builder_new();
	const mg_ip last = { G_MAXUINT64, G_MAXUINT64 };
	mg_networks_conflict conflict;
	mg_networks *networks;

	for (guint prefix = 0; prefix <= 128; prefix++) {
		mg_network network = { mg_ip_mask(&last, prefix), (guint8)prefix };
		gboolean is_exception = excepted != NULL && prefix % 2 == 1;

		mg_networks_builder_add(builder, &network, is_exception ? prefix - 1 : prefix, is_exception, prefix);
	}
	networks = mg_networks_build(builder, &conflict);
	g_assert_nonnull(networks);
	for (guint prefix = 0; networks != NULL && prefix <= 128; prefix++) {
		/* In the network of this length and in none longer: the bit behind is another one. */
		mg_ip ip = mg_ip_mask(&last, prefix);
		mg_network network = { { 0, 0 }, 0 };
		guint set = 4711;

		if (excepted != NULL && prefix % 2 == 1) {   /* every set further out is excepted too */
			g_assert_false(mg_networks_find(networks, &ip, &set, &network));
			continue;
		}
		g_assert_true(mg_networks_find(networks, &ip, &set, &network));
		g_assert_cmpuint(set, ==, prefix);
		g_assert_cmpuint(network.prefix, ==, prefix);
	}
	mg_networks_free(networks);
}

/* ---- conflicts ---- */

typedef struct conflict_case {
	const char *name;
	const char *list;
	const char *expected;   /* the network; NULL: no conflict */
	guint       first_place, second_place;
} conflict_case;

static const conflict_case conflict_cases[] = {
	{ "none", "0:192.0.2.0/24 1:192.0.2.0/25 0!192.0.2.128/25", NULL, 0, 0 },
	{ "same-twice", "0:192.0.2.0/24 0:192.0.2.0/24", NULL, 0, 0 },
	{ "same-exception-twice", "0!192.0.2.0/24 0!192.0.2.0/24", NULL, 0, 0 },
	{ "same-base-other-prefix", "0:192.0.2.0/24 1:192.0.2.0/25", NULL, 0, 0 },
	{ "two-sets", "0:192.0.2.0/24 1:192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "two-sets-with-others-between", "0:192.0.2.0/24 3:2001:db8::/32 2:198.51.100.0/24 1:192.0.2.0/24",
	  "192.0.2.0/24", 0, 3 },
	{ "two-sets-higher-first", "1:192.0.2.0/24 0:192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "itself-and-exception", "0:192.0.2.0/24 0!192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "exception-and-itself", "0!192.0.2.1 0:192.0.2.1", "192.0.2.1", 0, 1 },
	{ "exception-in-another-set", "0:192.0.2.0/24 1!192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "exceptions-in-two-sets", "0!192.0.2.0/24 1!192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "mapped-and-ipv4", "0:192.0.2.0/24 1:::ffff:192.0.2.0/120", "192.0.2.0/24", 0, 1 },
	{ "mapped-all-and-ipv4-all", "0:0.0.0.0/0 1:::ffff:0:0/96", "0.0.0.0/0", 0, 1 },
	{ "ipv4-all-and-ipv6-all", "0:0.0.0.0/0 1:::/0", NULL, 0, 0 },
	{ "third-of-three", "0:192.0.2.0/24 0:192.0.2.0/24 1:192.0.2.0/24", "192.0.2.0/24", 0, 2 },
	{ "second-of-three", "0:192.0.2.0/24 1:192.0.2.0/24 0:192.0.2.0/24", "192.0.2.0/24", 0, 1 },
	{ "last-address", "0:" LAST_IP " 1:" LAST_IP, LAST_IP, 0, 1 },
	{ "first-address", "0::: 0!::", "::", 0, 1 },
	{ "ipv6-all", "0:::/0 0!::/0", "::/0", 0, 1 },
};

static void
test_conflict(gconstpointer data)
{
	const conflict_case *row = data;
	g_autoptr(GArray) list = list_parse(row->list);
	mg_networks_conflict conflict = { { { 0, 0 }, 0 }, 4711, 4711 };
	mg_networks *networks = list_build(list, &conflict);
	char text[MG_NETWORK_TEXT_MAX];

	g_assert_cmpint(networks != NULL, ==, row->expected == NULL);
	mg_networks_free(networks);
	if (networks != NULL || row->expected == NULL)
		return;
	mg_network_format(&conflict.network, text);
	g_assert_cmpstr(text, ==, row->expected);
	g_assert_cmpuint(conflict.first_place, ==, row->first_place);
	g_assert_cmpuint(conflict.second_place, ==, row->second_place);
}

/* ---- many ---- */

/* Every other address of 2001:db8::/64, each in a set of its own; all are found, and none between. */
static guint
count_wrong(guint n)
{
	mg_networks_builder *builder = mg_networks_builder_new();
	mg_networks_conflict conflict;
	mg_networks *networks;
	guint n_wrong = 0;

	for (guint i = 0; i < n; i++) {
		mg_network network = { { G_GUINT64_CONSTANT(0x20010db800000000), 2 * (guint64)i + 1 }, 128 };

		mg_networks_builder_add(builder, &network, i, FALSE, i);
	}
	networks = mg_networks_build(builder, &conflict);
	for (guint i = 0; i <= 2 * n; i++) {
		mg_ip ip = { G_GUINT64_CONSTANT(0x20010db800000000), i };
		guint set = 4711;
		gboolean found = mg_networks_find(networks, &ip, &set, NULL);

		n_wrong += found != (i % 2 == 1) || (found && set != i / 2);
	}
	mg_networks_free(networks);
	return n_wrong;
}

/* Lists of each size up to a few nodes of the search, and large ones: nodes that are full, or have one key. */
static void
test_many(void)
{
	static const guint sizes[] = { 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 40000 };

	for (guint n = 0; n <= 300; n++)
		g_assert_cmpuint(count_wrong(n), ==, 0);
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++)
		g_assert_cmpuint(count_wrong(sizes[i]), ==, 0);
}

/* ---- generated lists against a plain reading ---- */

static gboolean
same_network(const mg_network *a, const mg_network *b)
{
	return a->prefix == b->prefix && mg_ip_equal(&a->base, &b->base);
}

/* mailguard.conf(5): the longest network decides; "excepted from one zone, a client is where it would be if that
 * zone's networks around the exception did not exist". @gone marks what does not exist. The index, or -1. */
static int
reading_find(const GArray *list, const mg_ip *ip, gboolean *gone)
{
	for (;;) {
		const listed *found = NULL;

		for (guint i = 0; i < list->len; i++) {
			const listed *entry = &g_array_index(list, listed, i);

			if (!gone[i] && mg_network_contains(&entry->network, ip)
			    && (found == NULL || entry->network.prefix > found->network.prefix))
				found = entry;
		}
		if (found == NULL)
			return -1;
		if (!found->is_exception)
			return (int)(found - (const listed *)(const void *)list->data);
		for (guint i = 0; i < list->len; i++) {
			const listed *entry = &g_array_index(list, listed, i);
			gboolean is_around = entry->network.prefix < found->network.prefix
			                     && mg_network_contains(&entry->network, &found->network.base);

			if (entry == found || (is_around && !entry->is_exception && entry->set == found->set))
				gone[i] = TRUE;
		}
	}
}

/* Addresses near one another, near the borders of IPv4 and near the ends of all. */
static mg_ip
random_ip(void)
{
	static const char *const around[] = {
		"192.0.2.0", "192.0.2.128", "198.51.100.0", "203.0.113.255", "0.0.0.0", "255.255.255.255", "2001:db8::",
		"2001:db8:0:1::", "2001:db8::8000:0:0:0", "::", "::fffe:ffff:ffff", "::1:0:0:0", "7fff:ffff:ffff:ffff::",
		"8000::", LAST_IP,
	};
	mg_ip ip = { 0, 0 };

	g_assert_true(mg_ip_parse(around[g_test_rand_int_range(0, G_N_ELEMENTS(around))], &ip));
	switch (g_test_rand_int_range(0, 4)) {
	case 0:
		return ip;
	case 1:
		ip.low += (guint64)g_test_rand_int_range(-4, 5);
		return ip;
	case 2:
		ip.low ^= G_GUINT64_CONSTANT(1) << g_test_rand_int_range(0, 64);
		return ip;
	default:
		ip.high ^= G_GUINT64_CONSTANT(1) << g_test_rand_int_range(0, 64);
		ip.low ^= (guint64)g_test_rand_int_range(0, 256);
		return ip;
	}
}

/* Networks around and beside those that are there already, more often than anywhere. */
static listed
random_listed(const GArray *list)
{
	static const guint8 prefixes[] = { 0, 1, 16, 32, 48, 63, 64, 65, 80, 95, 96, 97, 104, 112, 120, 121, 126, 127,
		                           128 };
	listed entry = { { { 0, 0 }, 0 }, (guint)g_test_rand_int_range(0, 5), g_test_rand_int_range(0, 4) == 0 };
	mg_ip ip = random_ip();

	entry.network.prefix = prefixes[g_test_rand_int_range(0, G_N_ELEMENTS(prefixes))];
	if (list->len > 0 && g_test_rand_bit()) {
		const listed *other = &g_array_index(list, listed, (guint)g_test_rand_int_range(0, (gint)list->len));

		ip = g_test_rand_bit() ? other->network.base : mg_network_last(&other->network);
		ip.low += (guint64)g_test_rand_int_range(-1, 2);
		if (g_test_rand_bit())
			entry.network.prefix = (guint8)CLAMP(other->network.prefix + g_test_rand_int_range(-2, 3), 0, 128);
	}
	entry.network.base = mg_ip_mask(&ip, entry.network.prefix);
	return entry;
}

static void
compare_at(const mg_networks *networks, const GArray *list, const mg_ip *ip)
{
	g_autofree gboolean *gone = g_new0(gboolean, list->len + 1);
	int index = reading_find(list, ip, gone);
	const listed *expected = index >= 0 ? &g_array_index(list, listed, (guint)index) : NULL;
	mg_network network = { { 0, 0 }, 0 };
	guint set = 4711;
	gboolean found = mg_networks_find(networks, ip, &set, &network);
	char text[MG_IP_TEXT_MAX];

	if (found == (expected != NULL)
	    && (!found || (set == expected->set && same_network(&network, &expected->network))))
		return;
	g_test_fail();
	mg_ip_format(ip, text);
	g_test_message("%s: found %d set %u prefix %u, expected %d set %u prefix %u, in:", text, found, set,
	               network.prefix, expected != NULL, expected ? expected->set : 0,
	               expected ? expected->network.prefix : 0u);
	for (guint i = 0; i < list->len; i++) {
		const listed *entry = &g_array_index(list, listed, i);
		char name[MG_NETWORK_TEXT_MAX];

		mg_network_format(&entry->network, name);
		g_test_message("%u%c%s", entry->set, entry->is_exception ? '!' : ':', name);
	}
}

static void
test_generated(void)
{
	for (guint round = 0; round < 400 && !g_test_failed(); round++) {
		g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(listed));
		guint n_wanted = (guint)g_test_rand_int_range(0, round % 20 == 0 ? 400 : 40);
		mg_networks_conflict conflict;
		mg_networks *networks;

		for (guint i = 0; i < n_wanted; i++) {
			listed entry = random_listed(list);
			gboolean there = FALSE;

			for (guint k = 0; k < list->len; k++) {
				const listed *other = &g_array_index(list, listed, k);

				if (same_network(&other->network, &entry.network)) {   /* said twice is allowed */
					entry.set = other->set;
					entry.is_exception = other->is_exception;
					there = TRUE;
				}
			}
			if (!there || g_test_rand_bit())
				g_array_append_val(list, entry);
		}
		networks = list_build(list, &conflict);
		g_assert_nonnull(networks);
		if (networks == NULL)
			return;
		for (guint i = 0; i < list->len; i++) {
			const mg_network *network = &g_array_index(list, listed, i).network;
			mg_ip last = mg_network_last(network);
			mg_ip before = network->base, behind = last;

			before.high -= before.low-- == 0;
			behind.high += ++behind.low == 0;
			compare_at(networks, list, &network->base);
			compare_at(networks, list, &last);
			compare_at(networks, list, &before);   /* may be the other end of all addresses */
			compare_at(networks, list, &behind);
		}
		for (guint i = 0; i < 100; i++) {
			mg_ip ip = random_ip();

			compare_at(networks, list, &ip);
		}
		mg_networks_free(networks);
	}
}

/* A conflict is told if and only if there is one, and names two entries that are one. */
static void
test_generated_conflicts(void)
{
	for (guint round = 0; round < 400 && !g_test_failed(); round++) {
		g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(listed));
		guint n_wanted = (guint)g_test_rand_int_range(0, 12);
		mg_networks_conflict conflict = { { { 0, 0 }, 0 }, 4711, 4711 };
		mg_networks *networks;
		gboolean expected = FALSE;

		for (guint i = 0; i < n_wanted; i++) {
			listed entry = random_listed(list);

			g_array_append_val(list, entry);
		}
		for (guint i = 0; i < list->len; i++)
			for (guint k = 0; k < i; k++) {
				const listed *a = &g_array_index(list, listed, i), *b = &g_array_index(list, listed, k);

				expected = expected || (same_network(&a->network, &b->network)
				                        && (a->set != b->set || a->is_exception != b->is_exception));
			}
		networks = list_build(list, &conflict);
		g_assert_cmpint(networks == NULL, ==, expected);
		if (networks == NULL && expected) {
			const listed *first, *second;

			g_assert_cmpuint(conflict.first_place, <, conflict.second_place);
			g_assert_cmpuint(conflict.second_place, <, list->len);
			first = &g_array_index(list, listed, conflict.first_place);
			second = &g_array_index(list, listed, conflict.second_place);
			g_assert_true(same_network(&first->network, &conflict.network));
			g_assert_true(same_network(&second->network, &conflict.network));
			g_assert_true(first->set != second->set || first->is_exception != second->is_exception);
		}
		mg_networks_free(networks);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/networks/find", find_cases, test_find);
	TEST_ROWS("/networks/next", next_cases, test_next);
	g_test_add_func("/networks/none", test_none);
	g_test_add_data_func("/networks/deepest", NULL, test_deepest);
	g_test_add_data_func("/networks/deepest-excepted", "", test_deepest);
	TEST_ROWS("/networks/conflict", conflict_cases, test_conflict);
	g_test_add_func("/networks/many", test_many);
	g_test_add_func("/networks/generated", test_generated);
	g_test_add_func("/networks/generated-conflicts", test_generated_conflicts);
	return g_test_run();
}
