/* test_nat_watch.c - when one address has shown more HELO names than one host has. */
#include "check/nat_watch.h"

#include "support.h"

#define MINUTE_US (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)

static mg_words
words_of(const char *text)
{
	return (mg_words){ text, strlen(text) };
}

static mg_ip
ip_of(const char *text)
{
	mg_ip ip = { 0, 0 };

	g_assert_true(mg_ip_parse(text, &ip));
	return ip;
}

typedef struct see_case {
	const char *name;
	const char *seen;       /* words "minute:name", or "minute/address:name" */
	const char *expected;   /* for each 'T' if it is told, else '.' */
} see_case;

#define FIVE "0:a 0:b 0:c 0:d 0:e"
#define SIX  FIVE " 0:f"
#define IPV6_FIVE "0/2001:db8::7:a 0/2001:db8::7:b 0/2001:db8::7:c 0/2001:db8::7:d 0/2001:db8::7:e"

static const see_case see_cases[] = {
	{ "five", FIVE, "....." },
	{ "six", SIX, ".....T" },
	{ "seven-once", SIX " 0:g", ".....T." },
	{ "twelve-once", SIX " 1:g 2:h 3:i 4:j 5:k 6:l", ".....T......" },
	{ "same-name-often", "0:a 1:a 2:a 3:a 4:a 5:a 6:a", "......." },
	{ "five-names-often", FIVE " 1:a 1:b 1:c 1:d 1:e 2:a 2:b 2:c 2:d 2:e", "..............." },
	{ "five-names-often-then-one", FIVE " 1:a 1:b 1:c 1:d 1:e 2:f", "..........T" },
	{ "old-name-behind-six", SIX " 0:a", ".....T." },
	{ "case", "0:a 0:A 0:b 0:B 0:c 0:C 0:d 0:D", "........" },
	{ "case-of-six", "0:Mx.Example 0:MX.EXAMPLE 0:b 0:c 0:d 0:e 0:mx.example 0:f", ".......T" },
	{ "within-the-window", "0:a 2:b 4:c 6:d 8:e 9:f", ".....T" },
	{ "sixth-in-the-next-window", FIVE " 11:f", "......" },
	{ "next-window-begins-with-the-name", FIVE " 11:f 11:g 11:h 11:i 11:j", ".........." },
	{ "next-window-six", SIX " 11:a 11:b 11:c 11:d 11:e 11:f", ".....T.....T" },
	{ "next-window-once", SIX " 11:a 11:b 11:c 11:d 11:e 11:f 11:g", ".....T.....T." },
	{ "window-is-not-stretched", "0:a 9:b 11:c 12:d 13:e 14:f", "......" },
	{ "seen-often-is-not-stretched", "0:a 0:b 0:c 0:d 0:e 9:a 11:f", "......." },
	{ "third-window", SIX " 11:a 22:a 22:b 22:c 22:d 22:e 22:f", ".....T......T" },
	{ "another-address", FIVE " 0/198.51.100.1:f", "......" },
	{ "two-addresses", FIVE " 0/198.51.100.1:a 0/198.51.100.1:b 0:f 0/198.51.100.1:c", ".......T." },
	{ "mapped-is-the-same", FIVE " 0/::ffff:203.0.113.7:f", ".....T" },
	{ "ipv6", IPV6_FIVE " 0/2001:db8::7:f", ".....T" },
	{ "ipv6-neighbour", IPV6_FIVE " 0/2001:db8::8:f", "......" },
	{ "ipv6-halves-exchanged", IPV6_FIVE " 0/0:0:0:7:2001:db8:0:0:f", "......" },
	{ "empty-name", "0: 0:a 0:b 0:c 0:d 0:e", ".....T" },
	{ "empty-name-twice", "0: 0: 0:a 0:b 0:c 0:d", "......" },
};

static void
test_see(gconstpointer data)
{
	const see_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->seen, " ", -1);
	mg_nat_watch *watch = mg_nat_watch_new();
	g_autoptr(GString) told = g_string_new(NULL);

	for (guint i = 0; words[i] != NULL; i++) {
		char *name = strrchr(words[i], ':');
		char *slash = strchr(words[i], '/');
		gint64 now_us = (gint64)g_ascii_strtoull(words[i], NULL, 10) * MINUTE_US + 1;
		mg_ip ip;

		*name++ = 0;
		ip = ip_of(slash != NULL ? slash + 1 : "203.0.113.7");
		g_string_append_c(told, mg_nat_watch_see(watch, &ip, words_of(name), now_us) ? 'T' : '.');
	}
	g_assert_cmpstr(told->str, ==, row->expected);
	mg_nat_watch_free(watch);
}

/* The window at its ends: 10 minutes are in it, and a microsecond more is not. */
static void
test_window(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };

	for (gint64 beyond = 0; beyond < 2; beyond++) {
		mg_nat_watch *watch = mg_nat_watch_new();
		mg_ip ip = ip_of("203.0.113.7");

		for (guint i = 0; i < G_N_ELEMENTS(names); i++)
			g_assert_false(mg_nat_watch_see(watch, &ip, words_of(names[i]), 1000));
		g_assert_cmpint(mg_nat_watch_see(watch, &ip, words_of("f"), 1000 + 10 * MINUTE_US + beyond), ==, beyond == 0);
		mg_nat_watch_free(watch);
	}
}

/* A clock that has just begun counts like any other. */
static void
test_time_zero(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f" };
	mg_nat_watch *watch = mg_nat_watch_new();
	mg_ip ip = ip_of("203.0.113.7");

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(mg_nat_watch_see(watch, &ip, words_of(names[i]), 0), ==, i == 5);
	mg_nat_watch_free(watch);
}

/* Names of any octets and lengths, those with a NUL too. */
static void
test_octets(void)
{
	static const struct {
		const char *octets;
		gsize       length;
	} names[] = {
		{ "a\0b", 3 }, { "a\0c", 3 }, { "a", 1 }, { "\xff", 1 }, { "\xfe", 1 }, { NULL, 0 },
	};
	mg_nat_watch *watch = mg_nat_watch_new();
	g_autofree char *longest = test_repeat('x', 1000000);
	mg_ip ip = ip_of("203.0.113.7");

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpint(mg_nat_watch_see(watch, &ip, (mg_words){ names[i].octets, names[i].length }, 1), ==, i == 5);
	g_assert_false(mg_nat_watch_see(watch, &ip, words_of(longest), 1));
	mg_nat_watch_free(watch);
	mg_nat_watch_free(NULL);
}

/* ---- more addresses than there is room for ---- */

#define N_ADDRESSES 10000

static mg_ip
numbered_ip(guint i)
{
	return (mg_ip){ G_GUINT64_CONSTANT(0x20010db800000000), i };
}

/* Ten thousand addresses of one name each are no NAT, however often they come. */
static void
test_crowd(void)
{
	mg_nat_watch *watch = mg_nat_watch_new();
	gint64 now_us = 1;

	for (guint round = 0; round < 3; round++)
		for (guint i = 0; i < N_ADDRESSES; i++) {
			g_autofree char *name = g_strdup_printf("host%u.example", i);
			mg_ip ip = numbered_ip(i);

			g_assert_false(mg_nat_watch_see(watch, &ip, words_of(name), now_us++));
		}
	mg_nat_watch_free(watch);
}

/* One that comes again and again stays known among all of them; one that does not is forgotten. */
static void
test_forgets_the_oldest(void)
{
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	mg_nat_watch *watch = mg_nat_watch_new();
	mg_ip steady = ip_of("203.0.113.7"), once = ip_of("203.0.113.8");
	gint64 now_us = 1;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		g_assert_false(mg_nat_watch_see(watch, &steady, words_of(names[i]), now_us++));
		g_assert_false(mg_nat_watch_see(watch, &once, words_of(names[i]), now_us++));
	}
	for (guint i = 0; i < N_ADDRESSES; i++) {
		mg_ip ip = numbered_ip(i);

		g_assert_false(mg_nat_watch_see(watch, &ip, words_of("a"), now_us++));
		g_assert_false(mg_nat_watch_see(watch, &steady, words_of("a"), now_us++));
	}
	g_assert_false(mg_nat_watch_see(watch, &once, words_of("f"), now_us++));
	g_assert_true(mg_nat_watch_see(watch, &steady, words_of("f"), now_us++));
	mg_nat_watch_free(watch);
}

/* Ten thousand that each are a NAT, name by name for one after another: each is told once. */
static void
test_each_is_told(void)
{
	mg_nat_watch *watch = mg_nat_watch_new();
	guint n_told = 0;

	for (guint i = 0; i < N_ADDRESSES; i++)
		for (guint k = 0; k < 8; k++) {
			const char name[] = { (char)('a' + k), 0 };
			mg_ip ip = numbered_ip(i);

			n_told += mg_nat_watch_see(watch, &ip, words_of(name), (gint64)i + 1) ? 1 : 0;
		}
	g_assert_cmpuint(n_told, ==, N_ADDRESSES);
	mg_nat_watch_free(watch);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/nat-watch/see", see_cases, test_see);
	g_test_add_func("/nat-watch/window", test_window);
	g_test_add_func("/nat-watch/time-zero", test_time_zero);
	g_test_add_func("/nat-watch/octets", test_octets);
	g_test_add_func("/nat-watch/crowd", test_crowd);
	g_test_add_func("/nat-watch/forgets-the-oldest", test_forgets_the_oldest);
	g_test_add_func("/nat-watch/each-is-told", test_each_is_told);
	return g_test_run();
}
