/* test_recipients.c - tables of recipients. */
#include "policy/recipients.h"

#include "support.h"

/* @text with SMTPUTF8; the caller's to free. */
static mg_path *
path_of(const char *text)
{
	mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	if (!mg_path_parse(text, strlen(text), TRUE, MG_PATH_MAX, path, &fault)) {
		g_test_message("'%s': %s", text, fault);
		g_test_fail();
		path->n_layers = 0;
	}
	return path;
}

static mg_recipients *
table_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	mg_recipients *recipients = mg_recipients_new();

	for (guint i = 0; words[i] != NULL; i++) {
		g_autofree char *why = NULL;

		if (words[i][0] == 0)
			continue;
		g_assert_true(mg_recipients_add(recipients, words[i], &why));
		g_assert_cmpstr(why, ==, NULL);
		memset(words[i], 'x', strlen(words[i]));   /* the table has its own copy */
	}
	return recipients;
}

/* ---- entries ---- */

typedef struct entry_case {
	const char *name;
	const char *word;
	const char *path;       /* that it should match, where case is folded */
	const char *expected;   /* the entry; NULL: no entry */
} entry_case;

static const entry_case entry_cases[] = {
	{ "mailbox", "user@dom.example", "user@dom.example", "user@dom.example" },
	{ "mailbox-upper-case", "USER@DOM.EXAMPLE", "user@dom.example", "USER@dom.example" },
	{ "mailbox-quoted", "\"user\"@dom.example", "user@dom.example", "user@dom.example" },
	{ "mailbox-quoted-dots", "\".us..er.\"@dom.example", "\".us..er.\"@dom.example", ".us..er.@dom.example" },
	{ "mailbox-tag", "user+tag@dom.example", "user+tag@dom.example", "user+tag@dom.example" },
	{ "mailbox-u-label", "user@b\xc3\xbc" "cher.example", "user@xn--bcher-kva.example", "user@xn--bcher-kva.example" },
	{ "mailbox-nfd", "use\xcc\x81r@dom.example", "us\xc3\xa9r@dom.example", "us\xc3\xa9r@dom.example" },
	{ "domain", "@dom.example", "user@dom.example", "@dom.example" },
	{ "domain-upper-case", "@DOM.Example", "user@dom.example", "@dom.example" },
	{ "domain-dot-last", "@dom.example.", "user@dom.example", "@dom.example" },
	{ "domain-single-label", "@localdomain", "user@localdomain", "@localdomain" },
	{ "user", "user@", "user@dom.example", "user@" },
	{ "user-upper-case", "POSTMASTER@", "postmaster@dom.example", "POSTMASTER@" },
	{ "user-quoted", "\"us er\"@", "\"us er\"@dom.example", "us er@" },

	{ "empty", "", NULL, NULL },
	{ "at-alone", "@", NULL, NULL },
	{ "at-dot", "@.", NULL, NULL },
	{ "at-twice", "@@dom.example", NULL, NULL },
	{ "below", "@.dom.example", NULL, NULL },
	{ "bare-word-may-be-a-user", "user", NULL, NULL },
	{ "bare-domain", "dom.example", NULL, NULL },
	{ "null", "<>", NULL, NULL },
	{ "angle", "<user@dom.example>", NULL, NULL },
	{ "star-domain", "@*", NULL, NULL },
	{ "domain-empty-label", "@dom..example", NULL, NULL },
	{ "domain-two-dots-last", "@dom.example..", NULL, NULL },
	{ "domain-literal", "@[192.0.2.1]", NULL, NULL },
	{ "domain-digits-last", "@192.0.2.1", NULL, NULL },
	{ "mailbox-literal", "user@[192.0.2.1]", NULL, NULL },
	{ "mailbox-dot-last", "user@dom.example.", NULL, NULL },
	{ "mailbox-second-at", "user@b.example@a.example", NULL, NULL },
	{ "mailbox-percent", "user%b.example@a.example", NULL, NULL },
	{ "mailbox-bang", "b.example!user@a.example", NULL, NULL },
	{ "mailbox-quoted-at", "\"user@b.example\"@a.example", NULL, NULL },
	{ "mailbox-look-alike", "user\xef\xbc\xa0" "b.example@a.example", NULL, NULL },
	{ "mailbox-route", "@a.example:user@dom.example", NULL, NULL },
	{ "mailbox-empty-local", "\"\"@dom.example", NULL, NULL },
	{ "mailbox-not-utf8", "us\xffr@dom.example", NULL, NULL },
	{ "mailbox-control", "us\001r@dom.example", NULL, NULL },
	{ "mailbox-bidi", "us\xe2\x80\xaer@dom.example", NULL, NULL },
	{ "user-percent", "user%b.example@", NULL, NULL },
	{ "user-second-at", "user@dom.example@", NULL, NULL },
	{ "postfix-map-value", "user@dom.example=ok", NULL, NULL },
};

static void
test_entry(gconstpointer data)
{
	const entry_case *row = data;
	const mg_local_rules rules = { TRUE, NULL };
	mg_recipients *recipients = mg_recipients_new();
	g_autofree char *why = NULL;
	gboolean added = mg_recipients_add(recipients, row->word, &why);

	g_assert_cmpint(added, ==, row->expected != NULL);
	g_assert_cmpuint(mg_recipients_count(recipients), ==, added);
	g_assert_cmpint(why == NULL, ==, added);
	if (why != NULL)
		g_assert_nonnull(strstr(why, "user@domain, @domain or user@ was expected"));
	if (added && row->path != NULL) {
		g_autofree mg_path *path = path_of(row->path);

		g_assert_cmpstr(mg_recipients_find(recipients, path, &rules), ==, row->expected);
	}
	mg_recipients_free(recipients);
}

/* What stands in the sentence is bounded, whatever was given. */
static void
test_long_word(void)
{
	mg_recipients *recipients = mg_recipients_new();
	g_autofree char *word = test_repeat('@', 100000);
	g_autofree char *why = NULL;

	g_assert_false(mg_recipients_add(recipients, word, &why));
	g_assert_cmpuint(strlen(why), <, 300);
	mg_recipients_free(recipients);
}

/* ---- what matches ---- */

typedef struct match_case {
	const char *name;
	const char *table;
	const char *path;
	gboolean    folds_case;
	const char *delimiters;
	const char *expected;   /* NULL: a miss */
} match_case;

#define BEYOND "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu"   /* 64 */

static const match_case match_cases[] = {
	{ "empty-table", "", "user@dom.example", TRUE, "+", NULL },
	{ "mailbox-before-user-before-domain", "@dom.example user@ user@dom.example", "user@dom.example", TRUE, NULL, "user@dom.example" },
	{ "user-before-domain", "@dom.example user@", "user@dom.example", TRUE, NULL, "user@" },
	{ "domain-not-below", "@dom.example", "user@mx.dom.example", TRUE, NULL, NULL },
	{ "domain-not-above", "@mx.dom.example", "user@dom.example", TRUE, NULL, NULL },
	{ "domain-not-label-end", "@dom.example", "user@notdom.example", TRUE, NULL, NULL },
	{ "mailbox-other-domain", "user@dom.example", "user@dom2.example", TRUE, NULL, NULL },
	{ "mailbox-shorter", "user@dom.example", "use@dom.example", TRUE, NULL, NULL },
	{ "mailbox-longer", "user@dom.example", "user2@dom.example", TRUE, NULL, NULL },
	{ "mailbox-64", BEYOND "@dom.example", BEYOND "@dom.example", TRUE, NULL, BEYOND "@dom.example" },
	{ "mailbox-65-is-another", BEYOND "@dom.example", BEYOND "u@dom.example", TRUE, NULL, NULL },
	{ "user-shorter", "user@", "use@dom.example", TRUE, NULL, NULL },
	{ "user-at-literal", "user@", "user@[192.0.2.1]", TRUE, NULL, "user@" },
	{ "bare-path", "user@ user@dom.example", "user", TRUE, NULL, NULL },
	{ "null-path", "user@ @dom.example", "", TRUE, NULL, NULL },
	{ "hidden-mailbox-does-not-count", "user@b.example", "user%b.example@a.example", TRUE, NULL, NULL },
	{ "route-is-taken-off", "user@a.example", "@b.example:user@a.example", TRUE, NULL, "user@a.example" },
	{ "local-like-an-entry", "user@dom.example", "\"user@dom.example\"@dom.example", TRUE, NULL, NULL },
	{ "local-like-user-entry", "user@", "\"user@\"@dom.example", TRUE, NULL, NULL },

	{ "case-folded", "user@dom.example", "USER@dom.example", TRUE, NULL, "user@dom.example" },
	{ "case-folded-entry", "UsEr@dom.example", "uSeR@dom.example", TRUE, NULL, "UsEr@dom.example" },
	{ "case-folded-letter-not-ascii", "\xc3\x89va@dom.example", "\xc3\xa9VA@dom.example", TRUE, NULL, "\xc3\xa9va@dom.example" },
	{ "case-folded-user", "User@", "uSER@dom.example", TRUE, NULL, "User@" },
	{ "case-exact", "User@dom.example", "User@dom.example", FALSE, NULL, "User@dom.example" },
	{ "case-exact-miss", "User@dom.example", "user@dom.example", FALSE, NULL, NULL },
	{ "case-exact-two", "user@dom.example User@dom.example", "User@dom.example", FALSE, NULL, "User@dom.example" },
	{ "case-exact-domain-folds", "User@dom.example", "User@DOM.example", FALSE, NULL, "User@dom.example" },
	{ "case-exact-quoted", "User@dom.example", "\"U\\ser\"@dom.example", FALSE, NULL, "User@dom.example" },
	{ "case-exact-nfd", "\xc3\x89va@dom.example", "E\xcc\x81va@dom.example", FALSE, NULL, "\xc3\x89va@dom.example" },
	{ "case-exact-letter-not-ascii", "\xc3\x89va@dom.example", "\xc3\xa9va@dom.example", FALSE, NULL, NULL },
	{ "case-exact-though-folded-too", "\xc3\x89va@dom.example \xc3\xa9va@dom.example", "\xc3\xa9va@dom.example", FALSE, NULL,
	  "\xc3\xa9va@dom.example" },
	{ "case-exact-user-miss", "User@", "user@dom.example", FALSE, NULL, NULL },
	{ "case-exact-whole-domain", "@dom.example", "User@dom.example", FALSE, NULL, "@dom.example" },

	{ "tag", "user@dom.example", "user+tag@dom.example", TRUE, "+", "user@dom.example" },
	{ "tag-none-configured", "user@dom.example", "user+tag@dom.example", TRUE, NULL, NULL },
	{ "tag-other-delimiter", "user@dom.example", "user-tag@dom.example", TRUE, "+", NULL },
	{ "tag-second-delimiter", "user@dom.example", "user-tag@dom.example", TRUE, "+-", "user@dom.example" },
	{ "tag-first-of-two", "user@dom.example user-a@dom.example", "user-b+tag@dom.example", TRUE, "+-", "user@dom.example" },
	{ "tag-exact-first", "user@dom.example user+tag@dom.example", "user+tag@dom.example", TRUE, "+", "user+tag@dom.example" },
	{ "tag-exact-in-other-case", "user@dom.example User+Tag@dom.example", "user+tag@dom.example", TRUE, "+", "User+Tag@dom.example" },
	{ "tag-empty", "user@dom.example", "user+@dom.example", TRUE, "+", "user@dom.example" },
	{ "tag-without-user", "@other.example user@", "+tag@dom.example", TRUE, "+", NULL },
	{ "tag-of-domain-before-user-exact", "user@dom.example user+tag@", "user+tag@dom.example", TRUE, "+", "user@dom.example" },
	{ "tag-user-anywhere", "user@", "user+tag@dom.example", TRUE, "+", "user@" },
	{ "tag-case-exact", "User@dom.example", "User+TAG@dom.example", FALSE, "+", "User@dom.example" },
	{ "tag-case-exact-miss", "User@dom.example", "user+tag@dom.example", FALSE, "+", NULL },
	{ "tag-in-entry-is-no-pattern", "user+tag@dom.example", "user@dom.example", TRUE, "+", NULL },
	{ "tag-in-entry-other-tag", "user+tag@dom.example", "user+gat@dom.example", TRUE, "+", NULL },
};

static void
test_match(gconstpointer data)
{
	const match_case *row = data;
	const mg_local_rules rules = { row->folds_case, row->delimiters };
	mg_recipients *recipients = table_of(row->table);
	g_autofree mg_path *path = path_of(row->path);

	g_assert_cmpstr(mg_recipients_find(recipients, path, &rules), ==, row->expected);
	mg_recipients_free(recipients);
}

/* ---- which domains are in it ---- */

typedef struct cover_case {
	const char *name;
	const char *table;
	const char *domain;
	gboolean    expected;
} cover_case;

static const cover_case cover_cases[] = {
	{ "empty-table", "", "dom.example", FALSE },
	{ "no-domain", "user@ @dom.example", "", FALSE },
	{ "mailbox", "user@dom.example", "dom.example", TRUE },
	{ "whole-domain", "@dom.example", "dom.example", TRUE },
	{ "user-anywhere", "user@", "dom.example", FALSE },
	{ "below", "user@dom.example", "mx.dom.example", FALSE },
	{ "above", "user@mx.dom.example", "dom.example", FALSE },
	{ "label-end", "user@notdom.example", "dom.example", FALSE },
	{ "local-part-is-no-domain", "dom.example@", "dom.example", FALSE },
	{ "letter-not-ascii", "\xc3\x89va@dom.example", "dom.example", TRUE },
};

static void
test_cover(gconstpointer data)
{
	const cover_case *row = data;
	mg_recipients *recipients = table_of(row->table);

	g_assert_cmpint(mg_recipients_covers(recipients, row->domain), ==, row->expected);
	mg_recipients_free(recipients);
}

/* ---- sub-addresses ---- */

typedef struct base_case {
	const char *name;
	const char *local, *delimiters;
	gsize       expected;
} base_case;

static const base_case base_cases[] = {
	{ "none", "user", "+", 4 },
	{ "no-delimiters", "user+tag", NULL, 8 },
	{ "one", "user+tag", "+", 4 },
	{ "two", "user+tag+gat", "+", 4 },
	{ "nearest-of-two-kinds", "a-b+c", "+-", 1 },
	{ "at-the-end", "user+", "+", 4 },
	{ "at-the-start", "+tag", "+", 4 },
	{ "nothing-else", "+", "+", 1 },
	{ "empty", "", "+", 0 },
};

static void
test_base(gconstpointer data)
{
	const base_case *row = data;

	g_assert_cmpuint(mg_local_part_base(row->local, row->delimiters), ==, row->expected);
}

/* ---- as a whole ---- */

static void
test_none(void)
{
	const mg_local_rules rules = { TRUE, "+" };
	g_autofree mg_path *path = path_of("user@dom.example");

	g_assert_null(mg_recipients_find(NULL, path, &rules));
	g_assert_false(mg_recipients_covers(NULL, "dom.example"));
	g_assert_cmpuint(mg_recipients_count(NULL), ==, 0);
	mg_recipients_free(NULL);
}

/* What is written twice is one; what differs in case is two, since a domain may tell them apart. */
static void
test_twice(void)
{
	mg_recipients *recipients = table_of("user@dom.example user@DOM.example \"user\"@dom.example User@dom.example @dom.example"
	                                     " @DOM.example. user@ user@ \xc3\xa9@dom.example \xc3\x89@dom.example");

	g_assert_cmpuint(mg_recipients_count(recipients), ==, 6);
	mg_recipients_free(recipients);
}

#define MANY 100000u

static void
many_name(guint index, char out[64])
{
	g_snprintf(out, 64, "given%x.family%u@customer-%u.example", index * 0x9e3779b1u, index, index % 1000);
}

/* Through all growth each entry is found, its neighbours are not, and an entry costs what it is allowed to. */
static void
test_many(void)
{
	const mg_local_rules rules = { TRUE, "+" };
	mg_recipients *recipients = mg_recipients_new();
	g_autofree mg_path *path = NULL;
	guint n_found = 0, n_strangers = 0;
	char word[64];

	for (guint i = 0; i < MANY; i++) {
		g_autofree char *why = NULL;

		many_name(i, word);
		g_assert_true(mg_recipients_add(recipients, word, &why));
		g_assert_cmpstr(why, ==, NULL);
		g_assert_cmpuint(mg_recipients_size(recipients), <=, 4096 + 96 * (gsize)(i + 1));
	}
	for (guint i = 0; i < 2 * MANY; i++) {
		many_name(i, word);
		g_free(path);
		path = path_of(word);
		n_found += i < MANY && g_strcmp0(mg_recipients_find(recipients, path, &rules), word) == 0;
		n_strangers += i >= MANY && mg_recipients_find(recipients, path, &rules) != NULL;
	}
	g_assert_cmpuint(n_found, ==, MANY);
	g_assert_cmpuint(n_strangers, ==, 0);
	g_assert_cmpuint(mg_recipients_count(recipients), ==, MANY);
	g_assert_true(mg_recipients_covers(recipients, "customer-999.example"));
	g_assert_false(mg_recipients_covers(recipients, "customer-1000.example"));
	mg_recipients_free(recipients);
}

/* The dearest kind: each entry in a domain of its own. */
static void
test_many_domains(void)
{
	mg_recipients *recipients = mg_recipients_new();
	char word[64];

	for (guint i = 0; i < MANY; i++) {
		g_autofree char *why = NULL;

		g_snprintf(word, sizeof(word), "given.family@customer-%u.example", i);
		g_assert_true(mg_recipients_add(recipients, word, &why));
	}
	g_assert_cmpuint(mg_recipients_size(recipients), <=, 96 * (gsize)MANY);
	g_assert_true(mg_recipients_covers(recipients, "customer-0.example"));
	g_assert_true(mg_recipients_covers(recipients, "customer-99999.example"));
	mg_recipients_free(recipients);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/recipients/entry", entry_cases, test_entry);
	g_test_add_func("/recipients/long-word", test_long_word);
	TEST_ROWS("/recipients/match", match_cases, test_match);
	TEST_ROWS("/recipients/covers", cover_cases, test_cover);
	TEST_ROWS("/recipients/base", base_cases, test_base);
	g_test_add_func("/recipients/none", test_none);
	g_test_add_func("/recipients/twice", test_twice);
	g_test_add_func("/recipients/many", test_many);
	g_test_add_func("/recipients/many-domains", test_many_domains);
	return g_test_run();
}
