/* test_places.c - who has a place, who must make room for whom, and that a new place is empty. */
#include "base/places.h"

#include "support.h"

/* ---- taking and finding ---- */

typedef struct take_case {
	const char *name;
	const char *done;       /* words: "time:x" takes the place of x and counts in it, "?x" looks for it */
	const char *expected;   /* those with a place, and what each has counted */
} take_case;

#define SEVEN "1:a 2:b 3:c 4:d 5:e 6:f 7:g"
#define EIGHT SEVEN " 8:h"

/* Small letters share a row; each capital has one of its own. */
static const take_case take_cases[] = {
	{ "nothing", "", "" },
	{ "looked-for-only", "?a ?b", "" },
	{ "one", "1:a", "a1" },
	{ "again", "1:a 2:a 3:a", "a3" },
	{ "two", "1:a 2:b 3:a", "a2 b1" },
	{ "eight", EIGHT, "a1 b1 c1 d1 e1 f1 g1 h1" },
	{ "ninth", EIGHT " 9:i", "b1 c1 d1 e1 f1 g1 h1 i1" },
	{ "tenth", EIGHT " 9:i 10:j", "c1 d1 e1 f1 g1 h1 i1 j1" },
	{ "taken-again-stays", EIGHT " 9:a 10:i", "a2 c1 d1 e1 f1 g1 h1 i1" },
	{ "looked-for-goes", EIGHT " ?a 9:i", "b1 c1 d1 e1 f1 g1 h1 i1" },
	{ "comes-back-empty", EIGHT " 8:a 8:a 9:i 10:b", "a3 b1 d1 e1 f1 g1 h1 i1" },
	{ "oldest-is-last", "9:b 8:c 7:d 6:e 5:f 4:g 3:h 2:a 10:i", "b1 c1 d1 e1 f1 g1 h1 i1" },
	{ "oldest-is-in-the-middle", "5:a 6:b 7:c 1:d 8:e 9:f 10:g 11:h 12:i", "a1 b1 c1 e1 f1 g1 h1 i1" },
	{ "free-before-oldest", SEVEN " 8:i", "a1 b1 c1 d1 e1 f1 g1 i1" },
	{ "time-of-the-last-take-counts", "9:a 2:b 3:c 4:d 5:e 6:f 7:g 8:h 1:a 10:i", "b1 c1 d1 e1 f1 g1 h1 i1" },
	{ "other-rows", "1:A 1:B 2:a 3:b 4:c 5:d 6:e 7:f 8:g 9:h 10:i 11:j", "A1 B1 c1 d1 e1 f1 g1 h1 i1 j1" },
	{ "time-0", "0:a", "a1" },
	{ "time-0-again", "0:a 0:a", "a2" },
	{ "time-0-is-no-free-place", "0:a 0:b 0:c 0:d 0:e 0:f 0:g 0:h", "a1 b1 c1 d1 e1 f1 g1 h1" },
	{ "time-0-goes-first", "2:a 3:b 4:c 0:d 5:e 6:f 7:g 8:h 9:i", "a1 b1 c1 e1 f1 g1 h1 i1" },
	{ "time-below-0", "-7:a -7:a", "a2" },
};

static guint64
key_of(char letter)
{
	guint64 row = g_ascii_isupper(letter) ? (guint64)letter : 255;

	return row << 56 | (guint64)letter;
}

static void
test_take(gconstpointer data)
{
	static const char letters[] = "ABabcdefghij";
	const take_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->done, " ", -1);
	mg_places *places = mg_places_new(sizeof(guint));
	g_autoptr(GString) found = g_string_new(NULL);

	for (guint i = 0; words[i] != NULL; i++) {
		guint64 key = key_of(words[i][strlen(words[i]) - 1]);
		const guint *before = mg_places_find(places, key);
		guint count = before != NULL ? *before : 0;
		guint *taken;

		if (words[i][0] == '?')
			continue;
		taken = mg_places_take(places, key, g_ascii_strtoll(words[i], NULL, 10));
		g_assert_cmpuint(*taken, ==, count);
		g_assert_true(mg_places_find(places, key) == taken);
		++*taken;
	}
	for (const char *letter = letters; *letter; letter++) {
		const guint *count = mg_places_find(places, key_of(*letter));

		if (count != NULL)
			g_string_append_printf(found, "%s%c%u", found->len > 0 ? " " : "", *letter, *count);
	}
	g_assert_cmpstr(found->str, ==, row->expected);
	mg_places_free(places);
}

/* The least and the greatest key are keys like any other. */
static void
test_outermost_keys(void)
{
	static const guint64 keys[] = { 0, 1, G_MAXUINT64 - 1, G_MAXUINT64 };
	mg_places *places = mg_places_new(1);

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_assert_null(mg_places_find(places, keys[i]));
		g_assert_nonnull(mg_places_take(places, keys[i], 1));
	}
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		g_assert_nonnull(mg_places_find(places, keys[i]));
	mg_places_free(places);
	mg_places_free(NULL);
}

/* ---- every place there is ---- */

#define N_PLACES (256 * 8)

typedef struct size_case {
	const char *name;
	gsize       size;
} size_case;

static const size_case size_cases[] = { { "1", 1 }, { "3", 3 }, { "24", 24 }, { "1000", 1000 } };

/* Each place is its key's alone: what is written into one to its last octet stands in no other. */
static void
test_size(gconstpointer data)
{
	const size_case *row = data;
	mg_places *places = mg_places_new(row->size);

	for (guint i = 0; i < N_PLACES; i++)
		memset(mg_places_take(places, (guint64)i << 53, 1), (int)(i * 7 % 251), row->size);
	for (guint i = 0; i < N_PLACES; i++) {
		const guint8 *kept = mg_places_find(places, (guint64)i << 53);
		gboolean is_kept = kept != NULL;

		for (gsize k = 0; is_kept && k < row->size; k++)
			is_kept = kept[k] == i * 7 % 251;
		g_assert_true(is_kept);
	}
	mg_places_free(places);
}

/* ---- keys ---- */

typedef struct key_case {
	const char *name;
	const char *octets;
	gsize       length;
	guint64     expected;
} key_case;

#define KEY(name, octets, expected) { name, octets, sizeof(octets) - 1, G_GUINT64_CONSTANT(expected) }

/* The values are those that FNV-1a is published with. */
static const key_case key_cases[] = {
	KEY("empty", "", 0xcbf29ce484222325),
	KEY("one", "a", 0xaf63dc4c8601ec8c),
	KEY("one-of-upper-case", "A", 0xaf63dc4c8601ec8c),
	KEY("word", "foobar", 0x85944171f73967e8),
	KEY("word-of-mixed-case", "fOoBaR", 0x85944171f73967e8),
};

static void
test_key(gconstpointer data)
{
	const key_case *row = data;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = g_memdup2(row->octets, row->length);

	g_assert_cmphex(mg_places_key(octets, row->length), ==, row->expected);
}

/* Nothing but the letters of ASCII has a case. */
static void
test_key_apart(void)
{
	static const struct {
		const char *octets;
		gsize       length;
	} apart[] = {
		{ NULL, 0 }, { "\0", 1 }, { "\0\0", 2 }, { "@", 1 }, { "`", 1 }, { "[", 1 }, { "{", 1 }, { "\xc4", 1 },
		{ "\xe4", 1 }, { "a", 1 }, { "a\0b", 3 }, { "a\0c", 3 }, { "ab", 2 }, { "ba", 2 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(apart); i++)
		for (guint k = 0; k < i; k++)
			g_assert_cmphex(mg_places_key(apart[i].octets, apart[i].length), !=,
			                mg_places_key(apart[k].octets, apart[k].length));
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/places/take", take_cases, test_take);
	g_test_add_func("/places/outermost-keys", test_outermost_keys);
	TEST_ROWS("/places/size", size_cases, test_size);
	TEST_ROWS("/places/key", key_cases, test_key);
	g_test_add_func("/places/keys-apart", test_key_apart);
	return g_test_run();
}
