/* test_logins.c - which user owns which sender. */
#include "policy/logins.h"

#include "support.h"

static mg_path *
path_of(const char *text)
{
	mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	g_assert_true(mg_path_parse(text, strlen(text), TRUE, MG_PATH_MAX, path, &fault));
	return path;
}

static mg_logins *
logins_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	mg_logins *logins = mg_logins_new();

	for (guint i = 0; words[i] != NULL; i++) {
		g_autofree char *why = NULL;

		if (words[i][0] == 0)
			continue;
		g_assert_true(mg_logins_add(logins, words[i], &why));
		g_assert_null(why);
		memset(words[i], 'x', strlen(words[i]));   /* the table has its own copy */
	}
	return logins;
}

/* ---- words ---- */

typedef struct word_case {
	const char *name, *word;
	const char *told;   /* a piece of what is wrong; NULL: nothing is */
} word_case;

static const word_case word_cases[] = {
	{ "mailbox", "ana>ana@example.net", NULL },
	{ "domain", "ana>@lists.example.net", NULL },
	{ "domain-without-at", "ana>lists.example.net", NULL },
	{ "below", "ana>.example.net", NULL },
	{ "local-part-anywhere", "ana>ana@", NULL },
	{ "user-with-a-domain", "ana@example.net>ana@example.net", NULL },
	{ "user-with-a-backslash", "CORP\\ana>ana@example.net", NULL },
	{ "user-not-ascii", "an\xc3\xa1>ana@example.net", NULL },
	{ "user-of-one-octet", "a>ana@example.net", NULL },
	{ "greater-in-a-quoted-local-part", "ana>\"a>b\"@example.net", NULL },
	{ "less-in-a-quoted-local-part", "ana>\"<b\"@example.net", NULL },

	{ "empty", "", "'' is no login: user>address was expected" },
	{ "no-middle", "ana", "'ana' is no login: user>address was expected" },
	{ "address-alone", "ana@example.net", "is no login" },
	{ "no-user", ">ana@example.net", "'>ana@example.net' is no login" },
	{ "middle-alone", ">", "is no login" },
	{ "no-address", "ana>", "'' is neither user@domain, @domain, user@ nor a domain" },
	{ "null-reverse-path", "ana><>", "the null reverse-path is nobody's" },
	{ "two-middles", "ana>bob>ana@example.net", "'bob>ana@example.net' is neither" },
	{ "route", "ana>ana%b.example@example.net", "a list holds plain addresses only" },
	{ "two-ats", "ana>ana@b.example@example.net", "a list holds plain addresses only" },
	{ "star", "ana>*", "'*' is neither" },
	{ "empty-label", "ana>ana@example..net", "is neither" },
	{ "control-octet", "ana>an\x01" "a@example.net", "is neither" },
	{ "line-feed-in-the-address", "ana>an\na@example.net", "is neither" },
};

static void
test_word(gconstpointer data)
{
	const word_case *row = data;
	mg_logins *logins = mg_logins_new();
	g_autofree char *why = NULL;

	g_assert_cmpint(mg_logins_add(logins, row->word, &why), ==, row->told == NULL);
	g_test_message("%s", why ? why : "-");
	g_assert_cmpint(why == NULL, ==, row->told == NULL);
	if (row->told != NULL && why != NULL)
		g_assert_nonnull(strstr(why, row->told));
	g_assert_cmpint(mg_logins_is_empty(logins), ==, row->told != NULL);
	mg_logins_free(logins);
}

/* ---- questions ---- */

#define TABLE "ana>ana@example.net ana>@lists.example.net bob>sales@example.net ana>sales@example.net bob>.shops.example " \
	"root>postmaster@ \"q>\"q>r\"@example.net CORP\\eve>eve@example.net"

typedef struct owner_case {
	const char *name, *user, *path;
	const char *owned;      /* the entry by which it is somebody's; NULL: nobody's */
	gboolean    expected;   /* whether it is the user's */
} owner_case;

static const owner_case owner_cases[] = {
	{ "own", "ana", "ana@example.net", "ana@example.net", TRUE },
	{ "own-upper-case", "ana", "ANA@EXAMPLE.NET", "ana@example.net", TRUE },
	{ "own-quoted", "ana", "\"ana\"@example.net", "ana@example.net", TRUE },
	{ "own-by-domain", "ana", "anything@lists.example.net", "lists.example.net", TRUE },
	{ "below-the-domain", "ana", "x@a.lists.example.net", NULL, FALSE },
	{ "by-what-is-below", "bob", "x@a.b.shops.example", ".shops.example", TRUE },
	{ "not-what-it-is-below", "bob", "x@shops.example", NULL, FALSE },
	{ "label's-end", "bob", "x@myshops.example", NULL, FALSE },
	{ "shared-first", "bob", "sales@example.net", "sales@example.net", TRUE },
	{ "shared-second", "ana", "sales@example.net", "sales@example.net", TRUE },
	{ "local-part-anywhere", "root", "postmaster@elsewhere.example", "postmaster@", TRUE },
	{ "local-part-anywhere-of-another", "ana", "postmaster@lists.example.net", "postmaster@", TRUE },
	{ "tag-is-another-mailbox", "ana", "ana+tag@example.net", NULL, FALSE },

	{ "another's", "bob", "ana@example.net", "ana@example.net", FALSE },
	{ "nobody's", "ana", "x@foreign.example", NULL, FALSE },
	{ "unknown-user", "carol", "ana@example.net", "ana@example.net", FALSE },
	{ "user-in-another-case", "Ana", "ana@example.net", "ana@example.net", FALSE },
	{ "user-empty", "", "ana@example.net", "ana@example.net", FALSE },
	{ "user-longer", "anab", "ana@example.net", "ana@example.net", FALSE },
	{ "user-shorter", "an", "ana@example.net", "ana@example.net", FALSE },
	{ "user-with-a-backslash", "CORP\\eve", "eve@example.net", "eve@example.net", TRUE },
	{ "user-with-half-the-key", "ana\nana@example.net", "x@y.example", NULL, FALSE },
	{ "user-with-the-key-and-a-line-feed", "ana\n", "ana@example.net", "ana@example.net", FALSE },
	{ "user-with-a-middle", "\"q>\"q", "r@example.net", NULL, FALSE },

	{ "null", "ana", "", NULL, FALSE },
	{ "bare-postmaster", "root", "postmaster", "postmaster@", TRUE },
	{ "bare-postmaster-of-another", "ana", "Postmaster", "postmaster@", FALSE },
	{ "literal", "ana", "ana@[192.0.2.1]", NULL, FALSE },

	/* more than a mailbox: all of it must be the user's */
	{ "hides-another's", "ana", "bob%elsewhere.example@lists.example.net", "lists.example.net", FALSE },
	{ "hidden-in-a-stranger", "ana", "ana%example.net@elsewhere.example", "ana@example.net", FALSE },
	{ "quoted-in-a-stranger", "ana", "\"ana@example.net\"@boss.example", "ana@example.net", FALSE },
	{ "second-at", "ana", "ana@example.net@boss.example", "ana@example.net", FALSE },
	{ "bang", "ana", "boss.example!ceo@lists.example.net", "lists.example.net", FALSE },
	{ "route-over-a-stranger", "ana", "@elsewhere.example:ana@example.net", "ana@example.net", FALSE },
	{ "all-of-it-is-theirs", "ana", "ana%example.net@lists.example.net", "lists.example.net", TRUE },
};

static void
test_owner(gconstpointer data)
{
	const owner_case *row = data;
	const mg_words user = { row->user, strlen(row->user) };
	g_autofree mg_path *path = path_of(row->path);
	mg_logins *logins = logins_of(TABLE);

	g_assert_cmpstr(mg_logins_find_owned(logins, path), ==, row->owned);
	g_assert_cmpint(mg_logins_owns(logins, user, path), ==, row->expected);
	mg_logins_free(logins);
}

/* A NUL in a name makes another name of it, and what stands behind the octets is not looked at. */
static void
test_octets_of_the_user(void)
{
	static const mg_words users[] = { { "ana\0x", 5 }, { "ana\0", 4 }, { "anax", 3 }, { "\0ana", 4 }, { NULL, 0 } };
	g_autofree mg_path *path = path_of("ana@example.net");
	mg_logins *logins = logins_of(TABLE);

	for (guint i = 0; i < G_N_ELEMENTS(users); i++)
		g_assert_cmpint(mg_logins_owns(logins, users[i], path), ==, i == 2);
	mg_logins_free(logins);
}

static void
test_empty(void)
{
	g_autofree mg_path *path = path_of("ana@example.net");
	const mg_words user = { "ana", 3 };
	mg_logins *logins = mg_logins_new();

	g_assert_true(mg_logins_is_empty(NULL));
	g_assert_true(mg_logins_is_empty(logins));
	g_assert_null(mg_logins_find_owned(NULL, path));
	g_assert_null(mg_logins_find_owned(logins, path));
	g_assert_false(mg_logins_owns(NULL, user, path));
	g_assert_false(mg_logins_owns(logins, user, path));
	mg_logins_free(logins);
	mg_logins_free(NULL);
}

/* The same again changes nothing, in whatever case it is written. */
static void
test_twice(void)
{
	mg_logins *logins = logins_of("ana>ana@example.net ana>ANA@Example.NET bob>ana@example.net ana>ana@example.net");
	g_autofree mg_path *path = path_of("ana@example.net");

	g_assert_cmpstr(mg_logins_find_owned(logins, path), ==, "ana@example.net");
	g_assert_true(mg_logins_owns(logins, (mg_words){ "ana", 3 }, path));
	g_assert_true(mg_logins_owns(logins, (mg_words){ "bob", 3 }, path));
	mg_logins_free(logins);
}

#define USERS 500000

/* A million of them: users with a mailbox each, and one domain that all of them own. */
static void
test_million(void)
{
	static const owner_case rows[] = {
		{ "last-of-a-shared-one", "u499999", "x@lists.example.net", "lists.example.net", TRUE },
		{ "one-more", "u500000", "x@lists.example.net", "lists.example.net", FALSE },
		{ "own", "u432100", "u432100@example.net", "u432100@example.net", TRUE },
		{ "another's", "u432101", "u432100@example.net", "u432100@example.net", FALSE },
		{ "nobody's", "u1", "u500000@example.net", NULL, FALSE },
	};
	mg_logins *logins = mg_logins_new();

	for (guint i = 0; i < USERS; i++) {
		char own[64], shared[64];

		g_snprintf(own, sizeof(own), "u%u>u%u@example.net", i, i);
		g_snprintf(shared, sizeof(shared), "u%u>@lists.example.net", i);
		g_assert_true(mg_logins_add(logins, own, NULL) && mg_logins_add(logins, shared, NULL));
	}
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree mg_path *path = path_of(rows[i].path);

		g_test_message("%s", rows[i].name);
		g_assert_cmpstr(mg_logins_find_owned(logins, path), ==, rows[i].owned);
		g_assert_cmpint(mg_logins_owns(logins, (mg_words){ rows[i].user, strlen(rows[i].user) }, path), ==, rows[i].expected);
	}
	mg_logins_free(logins);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/logins/word", word_cases, test_word);
	TEST_ROWS("/logins/owner", owner_cases, test_owner);
	g_test_add_func("/logins/octets-of-the-user", test_octets_of_the_user);
	g_test_add_func("/logins/empty", test_empty);
	g_test_add_func("/logins/twice", test_twice);
	g_test_add_func("/logins/million", test_million);
	return g_test_run();
}
