/* test_addresses.c - lists of mailboxes, and pairs of them. */
#include "policy/addresses.h"

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

static mg_addresses *
list_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	mg_addresses *addresses = mg_addresses_new();

	for (guint i = 0; words[i] != NULL; i++) {
		g_autofree char *why = NULL;

		if (words[i][0] == 0)
			continue;
		g_assert_true(mg_addresses_add(addresses, words[i], &why));
		g_assert_null(why);
		memset(words[i], 'x', strlen(words[i]));   /* the list has its own copy */
	}
	return addresses;
}

/* ---- entries ---- */

typedef struct entry_case {
	const char *name;
	const char *word;
	const char *path;       /* that it should match */
	const char *expected;   /* the entry in its canonical form; NULL: no entry */
} entry_case;

static const entry_case entry_cases[] = {
	{ "mailbox", "user@dom.example", "user@dom.example", "user@dom.example" },
	{ "mailbox-upper-case", "USER@DOM.EXAMPLE", "user@dom.example", "user@dom.example" },
	{ "mailbox-quoted", "\"user\"@dom.example", "user@dom.example", "user@dom.example" },
	{ "mailbox-quoted-dots", "\".user.\"@dom.example", "\".user.\"@dom.example", ".user.@dom.example" },
	{ "mailbox-tag", "user+tag@dom.example", "user+tag@dom.example", "user+tag@dom.example" },
	{ "mailbox-hash", "user#1@dom.example", "user#1@dom.example", "user#1@dom.example" },
	{ "mailbox-u-label", "user@b\xc3\xbc" "cher.example", "user@xn--bcher-kva.example", "user@xn--bcher-kva.example" },
	{ "mailbox-utf8", "US\xc3\x89R@dom.example", "use\xcc\x81r@dom.example", "us\xc3\xa9r@dom.example" },
	{ "mailbox-local-65", "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll@dom.example",
	  "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll@dom.example",
	  "lllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllllll@dom.example" },
	{ "domain", "dom.example", "user@dom.example", "dom.example" },
	{ "domain-with-at", "@dom.example", "user@dom.example", "dom.example" },
	{ "domain-upper-case", "@DOM.Example", "user@dom.example", "dom.example" },
	{ "domain-dot-last", "dom.example.", "user@dom.example", "dom.example" },
	{ "domain-with-at-dot-last", "@dom.example.", "user@dom.example", "dom.example" },
	{ "domain-u-label", "@b\xc3\xbc" "cher.example", "user@xn--bcher-kva.example", "xn--bcher-kva.example" },
	{ "domain-single-label", "senders", "user@senders", "senders" },
	{ "domain-with-at-single-label", "@senders", "user@senders", "senders" },
	{ "below", ".dom.example", "user@mx.dom.example", ".dom.example" },
	{ "below-with-at", "@.dom.example", "user@mx.dom.example", ".dom.example" },
	{ "below-dot-last", "@.dom.example.", "user@mx.dom.example", ".dom.example" },
	{ "below-u-label", ".b\xc3\xbc" "cher.example", "user@mx.xn--bcher-kva.example", ".xn--bcher-kva.example" },
	{ "user", "user@", "user@dom.example", "user@" },
	{ "user-upper-case", "POSTMASTER@", "postmaster@dom.example", "postmaster@" },
	{ "user-quoted", "\"user\"@", "user@dom.example", "user@" },
	{ "user-bare-path", "user@", "user", "user@" },
	{ "null", "<>", "", "<>" },

	{ "empty", "", NULL, NULL },
	{ "at-alone", "@", NULL, NULL },
	{ "at-dot", "@.", NULL, NULL },
	{ "dot", ".", NULL, NULL },
	{ "dots", "..", NULL, NULL },
	{ "at-twice", "@@dom.example", NULL, NULL },
	{ "star", "*", NULL, NULL },
	{ "star-domain", "@*", NULL, NULL },
	{ "star-below", "*.dom.example", NULL, NULL },
	{ "below-two-dots", "..dom.example", NULL, NULL },
	{ "domain-two-dots-last", "dom.example..", NULL, NULL },
	{ "domain-empty-label", "dom..example", NULL, NULL },
	{ "domain-digits-last", "192.0.2.1", NULL, NULL },
	{ "domain-literal", "@[192.0.2.1]", NULL, NULL },
	{ "domain-slash", "@dom/example", NULL, NULL },
	{ "mailbox-dot-last", "user@dom.example.", NULL, NULL },
	{ "mailbox-below", "user@.dom.example", NULL, NULL },
	{ "mailbox-star", "user@*", NULL, NULL },
	{ "mailbox-literal", "user@[192.0.2.1]", NULL, NULL },
	{ "mailbox-angle", "<user@dom.example>", NULL, NULL },
	{ "mailbox-second-at", "user@b.example@a.example", NULL, NULL },
	{ "mailbox-percent", "user%b.example@a.example", NULL, NULL },
	{ "mailbox-bang", "b.example!user@a.example", NULL, NULL },
	{ "mailbox-quoted-at", "\"user@b.example\"@a.example", NULL, NULL },
	{ "mailbox-look-alike", "user\xef\xbc\xa0" "b.example@a.example", NULL, NULL },
	{ "mailbox-route", "@a.example:user@dom.example", NULL, NULL },
	{ "mailbox-empty-local", "\"\"@dom.example", NULL, NULL },
	{ "mailbox-not-utf8", "us\xffr@dom.example", NULL, NULL },
	{ "mailbox-bidi", "us\xe2\x80\xaer@dom.example", NULL, NULL },
	{ "user-percent", "user%b.example@", NULL, NULL },
	{ "user-bang", "b.example!user@", NULL, NULL },
	{ "user-second-at", "user@dom.example@", NULL, NULL },
	{ "domain-and-at", "@dom.example@", NULL, NULL },
	{ "null-with-domain", "<>@dom.example", NULL, NULL },
	{ "null-open", "<", NULL, NULL },
	{ "pair", "a@b.example>c@d.example", NULL, NULL },
};

static void
test_entry(gconstpointer data)
{
	const entry_case *row = data;
	mg_addresses *addresses = mg_addresses_new();
	g_autofree char *why = NULL;
	gboolean added = mg_addresses_add(addresses, row->word, &why);

	g_assert_cmpint(added, ==, row->expected != NULL);
	g_assert_cmpint(why == NULL, ==, added);
	g_assert_cmpint(mg_addresses_is_empty(addresses), ==, !added);
	if (added && row->path != NULL) {
		g_autofree mg_path *path = path_of(row->path);

		g_assert_cmpstr(mg_addresses_find_any(addresses, path), ==, row->expected);
	}
	mg_addresses_free(addresses);
}

/* What stands in the sentence is bounded, whatever was given. */
static void
test_long_word(void)
{
	mg_addresses *addresses = mg_addresses_new();
	g_autofree char *word = test_repeat('@', 100000);
	g_autofree char *why = NULL;

	g_assert_false(mg_addresses_add(addresses, word, &why));
	g_assert_nonnull(why);
	g_assert_cmpuint(why ? strlen(why) : 0, <, 300);
	mg_addresses_free(addresses);
}

/* ---- what matches ---- */

typedef struct match_case {
	const char *name;
	const char *list;
	const char *path;
	const char *any;    /* the entry that matches some layer; NULL: none */
	gboolean    all;    /* each layer matches */
} match_case;

#define MIXED "user@dom.example @dom.example .dom.example user@ other@mx.dom.example"

static const match_case match_cases[] = {
	{ "empty-list", "", "user@dom.example", NULL, FALSE },
	{ "empty-list-null-path", "", "", NULL, FALSE },
	{ "null", "<>", "", "<>", TRUE },
	{ "null-is-no-mailbox", "<>", "user@dom.example", NULL, FALSE },
	{ "null-is-no-bare-mailbox", "<>", "user", NULL, FALSE },
	{ "mailbox-is-not-null", "user@dom.example @dom.example user@", "", NULL, FALSE },
	{ "mailbox", "user@dom.example", "user@dom.example", "user@dom.example", TRUE },
	{ "mailbox-case", "user@dom.example", "USER@dom.EXAMPLE", "user@dom.example", TRUE },
	{ "mailbox-quoted-by-client", "user@dom.example", "\"u\\ser\"@dom.example", "user@dom.example", TRUE },
	{ "mailbox-other-user", "user@dom.example", "user2@dom.example", NULL, FALSE },
	{ "mailbox-other-domain", "user@dom.example", "user@dom2.example", NULL, FALSE },
	{ "mailbox-below", "user@dom.example", "user@mx.dom.example", NULL, FALSE },
	{ "mailbox-no-tag", "user@dom.example", "user+tag@dom.example", NULL, FALSE },
	{ "mailbox-bare-path", "user@dom.example", "user", NULL, FALSE },
	{ "mailbox-before-domain", MIXED, "user@dom.example", "user@dom.example", TRUE },
	{ "user-before-domain", "user@ @dom.example", "user@dom.example", "user@", TRUE },
	{ "domain-for-another", MIXED, "another@dom.example", "dom.example", TRUE },
	{ "below-for-another", MIXED, "another@mx.dom.example", ".dom.example", TRUE },
	{ "user-elsewhere", MIXED, "user@elsewhere.example", "user@", TRUE },
	{ "none-of-all", MIXED, "another@elsewhere.example", NULL, FALSE },
	{ "domain-not-below", "@dom.example", "user@mx.dom.example", NULL, FALSE },
	{ "below-not-domain", "@.dom.example", "user@dom.example", NULL, FALSE },
	{ "domain-not-label-end", "@dom.example", "user@notdom.example", NULL, FALSE },
	{ "below-not-label-end", ".dom.example", "user@notdom.example", NULL, FALSE },
	{ "domain-bare-path", "@dom.example", "user", NULL, FALSE },
	{ "user-no-prefix", "user@", "user2@dom.example", NULL, FALSE },
	{ "user-no-suffix", "user@", "auser@dom.example", NULL, FALSE },
	{ "user-at-literal", "user@", "user@[192.0.2.1]", "user@", TRUE },
	{ "domain-at-literal", "@dom.example .example", "user@[192.0.2.1]", NULL, FALSE },
	{ "local-like-an-entry", "user@dom.example", "\"user@dom.example\"", "user@dom.example", FALSE },
	{ "local-like-user-entry", "user@", "\"user@\"@dom.example", NULL, FALSE },
	{ "local-like-null", "<>", "\"<>\"@dom.example", NULL, FALSE },

	{ "percent-inner-any", "@b.example", "user%b.example@a.example", "b.example", FALSE },
	{ "percent-outer-any", "@a.example", "user%b.example@a.example", "a.example", FALSE },
	{ "percent-both", "@a.example @b.example", "user%b.example@a.example", "a.example", TRUE },
	{ "percent-to-no-domain", "@a.example user@", "user%@a.example", "a.example", FALSE },
	{ "bang-inner", "user@b.example", "b.example!user@a.example", "user@b.example", FALSE },
	{ "quoted-inner", "user@b.example", "\"user@b.example\"@a.example", "user@b.example", FALSE },
	{ "second-at-inner", "user@b.example", "user@b.example@a.example", "user@b.example", FALSE },
	{ "second-at-both", "@a.example @b.example", "user@b.example@a.example", "a.example", TRUE },
	{ "look-alike-inner", "user@b.example", "user\xef\xbc\xa0" "b.example@a.example", "user@b.example", FALSE },
	{ "route-host-any", "@b.example", "@b.example:user@a.example", "b.example", FALSE },
	{ "route-host-all", "@a.example @b.example", "@b.example:user@a.example", "a.example", TRUE },
	{ "route-host-not-listed", "@a.example", "@b.example:user@a.example", "a.example", FALSE },
	{ "route-host-is-no-user", "user@a.example user@", "@b.example:user@a.example", "user@a.example", FALSE },
	{ "nested-third", "user@c.example", "user%c.example%b.example@a.example", "user@c.example", FALSE },
	{ "nested-all-but-one", "@a.example @c.example", "user%c.example%b.example@a.example", "a.example", FALSE },
	{ "nested-all", "@a.example @b.example @c.example", "user%c.example%b.example@a.example", "a.example", TRUE },
};

static void
test_match(gconstpointer data)
{
	const match_case *row = data;
	mg_addresses *addresses = list_of(row->list);
	g_autofree mg_path *path = path_of(row->path);

	g_assert_cmpstr(mg_addresses_find_any(addresses, path), ==, row->any);
	g_assert_cmpint(mg_addresses_has_all(addresses, path), ==, row->all);
	mg_addresses_free(addresses);
}

/* The longest Local-part there is after folding, as "user@" in the list, and one that only begins like it. */
static void
test_longest_local(void)
{
	mg_addresses *addresses = mg_addresses_new();
	g_autoptr(GString) local = g_string_new(NULL);
	g_autofree char *why = NULL;
	g_autofree char *word = NULL;
	g_autofree char *text = NULL;
	g_autofree mg_path *path = NULL;

	for (guint i = 0; i < 62; i++)
		g_string_append(local, "\xf0\x9d\x85\xa0");   /* three times as long in NFC */
	word = g_strconcat(local->str, "@", NULL);
	text = g_strconcat(local->str, "@a.b", NULL);
	g_assert_true(mg_addresses_add(addresses, word, &why));
	path = path_of(text);
	g_assert_nonnull(mg_addresses_find_any(addresses, path));
	g_free(path);
	path = path_of(text + 4);
	g_assert_null(mg_addresses_find_any(addresses, path));
	mg_addresses_free(addresses);
}

/* A layer found by NFKC may have a Local-part that is longer still: it is looked up, and is none of them. */
static void
test_longer_inner_local(void)
{
	mg_addresses *addresses = list_of("user@ user@b.example @c.example");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree mg_path *path = NULL;

	for (guint i = 0; i < 40; i++)
		g_string_append(text, "\xef\xb7\xba");   /* thirty-three octets each */
	g_string_append(text, "\xef\xbc\x85" "b.example@a.example");
	path = path_of(text->str);
	g_assert_cmpuint(path->n_layers, ==, 2);
	g_assert_null(mg_addresses_find_any(addresses, path));
	g_assert_false(mg_addresses_has_all(addresses, path));
	mg_addresses_free(addresses);
}

static void
test_none(void)
{
	g_autofree mg_path *path = path_of("user@dom.example");
	g_autofree mg_path *null = path_of("");

	g_assert_null(mg_addresses_find(NULL, &path->layers[0]));
	g_assert_null(mg_addresses_find_any(NULL, path));
	g_assert_null(mg_addresses_find_any(NULL, null));
	g_assert_false(mg_addresses_has_all(NULL, path));
	g_assert_false(mg_addresses_has_all(NULL, null));
	g_assert_false(mg_addresses_has_null(NULL));
	g_assert_true(mg_addresses_is_empty(NULL));
	g_assert_false(mg_pairs_match(NULL, path, path));
	mg_addresses_free(NULL);
	mg_pairs_free(NULL);
}

/* ---- examples ---- */

typedef struct example_case {
	const char *name;
	const char *list;
	const char *domain;   /* NULL: none */
	const char *path;
} example_case;

static const example_case example_cases[] = {
	{ "mailbox", "user@dom.example", "dom.example", "\"user\"@dom.example" },
	{ "mailbox-with-quote", "\"a\\\"b\"@dom.example", "dom.example", "\"a\\\"b\"@dom.example" },
	{ "domain", "@dom.example", "dom.example", "user@dom.example" },
	{ "below", ".dom.example", "host.dom.example", "user@host.dom.example" },
	{ "user", "user@", NULL, "\"user\"@host.invalid" },
	{ "null", "<>", NULL, "" },
};

/* What is shown as an example is in the list. */
static void
test_example(gconstpointer data)
{
	const example_case *row = data;
	mg_addresses *addresses = list_of(row->list);
	g_autofree char *domain = mg_addresses_example_domain(addresses);
	g_autofree char *text = mg_addresses_example(addresses);
	g_autofree mg_path *path = path_of(text);

	g_assert_cmpstr(domain, ==, row->domain);
	g_assert_cmpstr(text, ==, row->path);
	g_assert_true(mg_addresses_has_all(addresses, path));
	mg_addresses_free(addresses);
}

/* ---- pairs ---- */

typedef struct pair_entry_case {
	const char *name;
	const char *word;
	gboolean    expected;
} pair_entry_case;

static const pair_entry_case pair_entry_cases[] = {
	{ "mailboxes", "a@b.example>c@d.example", TRUE },
	{ "domains", "@b.example>@d.example", TRUE },
	{ "domains-without-at", "b.example>.d.example", TRUE },
	{ "user", "user@>user@", TRUE },
	{ "null-sender", "<>>c@d.example", TRUE },
	{ "null-recipient", "a@b.example><>", TRUE },
	{ "null-both", "<>><>", TRUE },
	{ "quoted-greater", "\"a>b\"@b.example>c@d.example", TRUE },
	{ "quoted-greater-escaped-quote", "\"a\\\">b\"@b.example>c@d.example", TRUE },
	{ "quoted-greater-second", "a@b.example>\"c>\"@d.example", TRUE },
	{ "no-middle", "a@b.example", FALSE },
	{ "null-alone", "<>", FALSE },
	{ "null-and-mailbox-without-middle", "<>c@d.example", FALSE },
	{ "no-sender", ">c@d.example", FALSE },
	{ "no-recipient", "a@b.example>", FALSE },
	{ "middle-alone", ">", FALSE },
	{ "empty", "", FALSE },
	{ "three", "a@b.example>c@d.example>e@f.example", FALSE },
	{ "arrow", "a@b.example->c@d.example", FALSE },
	{ "wrong-way", "a@b.example<c@d.example", FALSE },
	{ "angles", "<a@b.example>><c@d.example>", FALSE },
	{ "sender-form", "a%x.example@b.example>c@d.example", FALSE },
	{ "recipient-form", "a@b.example>c%x.example@d.example", FALSE },
	{ "recipient-literal", "a@b.example>c@[192.0.2.1]", FALSE },
	{ "star", "*>c@d.example", FALSE },
	{ "quote-open", "\"a@b.example>c@d.example", FALSE },
	{ "greater-in-quotes-only", "\"a@b.example>\"c@d.example", FALSE },
};

static void
test_pair_entry(gconstpointer data)
{
	const pair_entry_case *row = data;
	mg_pairs *pairs = mg_pairs_new();
	g_autofree char *why = NULL;

	g_assert_cmpint(mg_pairs_add(pairs, row->word, &why), ==, row->expected);
	g_assert_cmpint(why == NULL, ==, row->expected);
	mg_pairs_free(pairs);
}

typedef struct pair_case {
	const char *name;
	const char *list;
	const char *reverse, *forward;
	gboolean    expected;
} pair_case;

#define PAIRS "a@x.example>c@y.example @x.example>d@y.example a@x.example>@z.example a@>e@ " \
	".x.example>@y.example <>>c@y.example"

static const pair_case pair_cases[] = {
	{ "empty-list", "", "a@x.example", "c@y.example", FALSE },
	{ "mailboxes", PAIRS, "a@x.example", "c@y.example", TRUE },
	{ "mailboxes-case", PAIRS, "A@X.Example", "C@Y.EXAMPLE", TRUE },
	{ "mailboxes-not-reversed", PAIRS, "c@y.example", "a@x.example", FALSE },
	{ "sender-alone", PAIRS, "a@x.example", "b@y.example", FALSE },
	{ "recipient-alone", PAIRS, "b@x.example", "c@y.example", FALSE },
	{ "sender-by-domain", PAIRS, "b@x.example", "d@y.example", TRUE },
	{ "mailbox-also-by-domain", PAIRS, "a@x.example", "d@y.example", TRUE },
	{ "second-of-one-sender", PAIRS, "a@x.example", "b@z.example", TRUE },
	{ "recipient-domain-not-below", PAIRS, "a@x.example", "b@mx.z.example", FALSE },
	{ "user-anywhere", PAIRS, "a@w.example", "e@v.example", TRUE },
	{ "user-anywhere-bare", PAIRS, "a", "e", TRUE },
	{ "mailbox-also-by-user", PAIRS, "a@x.example", "e@v.example", TRUE },
	{ "sender-below", PAIRS, "b@mx.x.example", "f@y.example", TRUE },
	{ "sender-below-deep", PAIRS, "b@a.mx.x.example", "f@y.example", TRUE },
	{ "sender-below-not-itself", PAIRS, "b@x.example", "f@y.example", FALSE },
	{ "null", PAIRS, "", "c@y.example", TRUE },
	{ "null-other-recipient", PAIRS, "", "d@y.example", FALSE },
	{ "null-is-no-user", "a@>c@y.example", "", "c@y.example", FALSE },
	{ "not-null", "<>>c@y.example", "a@x.example", "c@y.example", FALSE },
	{ "null-recipient", "a@x.example><>", "a@x.example", "", TRUE },
	{ "null-recipient-is-no-mailbox", "a@x.example><>", "a@x.example", "c@y.example", FALSE },
	{ "inner-sender", PAIRS, "a%x.example@w.example", "c@y.example", TRUE },
	{ "inner-recipient", PAIRS, "a@x.example", "c%y.example@w.example", TRUE },
	{ "inner-both", PAIRS, "\"a@x.example\"@w.example", "@v.example:y.example!c@w.example", TRUE },
	{ "host-of-sender-route", "@x.example>c@y.example", "@x.example:a@w.example", "c@y.example", TRUE },
	{ "host-is-no-user", "@y.example>c@y.example a@>d@y.example", "@x.example:b@w.example", "d@y.example", FALSE },
	{ "quoted-greater", "\"a>b\"@x.example>c@y.example", "\"a>b\"@x.example", "c@y.example", TRUE },
	{ "sender-at-literal", PAIRS, "b@[192.0.2.1]", "c@y.example", FALSE },
	{ "u-label", "@b\xc3\xbc" "cher.example>c@y.example", "a@xn--bcher-kva.example", "c@y.example", TRUE },
};

static void
test_pair(gconstpointer data)
{
	const pair_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->list, " ", -1);
	mg_pairs *pairs = mg_pairs_new();
	g_autofree mg_path *reverse = path_of(row->reverse);
	g_autofree mg_path *forward = path_of(row->forward);

	for (guint i = 0; words[i] != NULL; i++) {
		g_autofree char *why = NULL;

		if (words[i][0] != 0)
			g_assert_true(mg_pairs_add(pairs, words[i], &why));
	}
	g_assert_cmpint(mg_pairs_match(pairs, reverse, forward), ==, row->expected);
	mg_pairs_free(pairs);
}

/* A pair that was refused leaves nothing behind, whether or not its sender stood there. */
static void
test_pair_refused(void)
{
	mg_pairs *pairs = mg_pairs_new();
	g_autofree mg_path *reverse = path_of("a@x.example");
	g_autofree mg_path *forward = path_of("c@y.example");
	g_autofree char *why = NULL;
	g_autofree char *why_again = NULL;

	g_assert_false(mg_pairs_add(pairs, "a@x.example>*", &why));
	g_assert_nonnull(why);
	g_assert_false(mg_pairs_match(pairs, reverse, forward));
	g_assert_true(mg_pairs_add(pairs, "a@x.example>c@y.example", NULL));
	g_assert_false(mg_pairs_add(pairs, "a@x.example>*", &why_again));
	g_assert_nonnull(why_again);
	g_assert_true(mg_pairs_match(pairs, reverse, forward));
	mg_pairs_free(pairs);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/addresses/entry", entry_cases, test_entry);
	g_test_add_func("/addresses/long-word", test_long_word);
	TEST_ROWS("/addresses/match", match_cases, test_match);
	g_test_add_func("/addresses/longest-local", test_longest_local);
	g_test_add_func("/addresses/longer-inner-local", test_longer_inner_local);
	g_test_add_func("/addresses/none", test_none);
	TEST_ROWS("/addresses/example", example_cases, test_example);
	TEST_ROWS("/addresses/pair-entry", pair_entry_cases, test_pair_entry);
	TEST_ROWS("/addresses/pair", pair_cases, test_pair);
	g_test_add_func("/addresses/pair-refused", test_pair_refused);
	return g_test_run();
}
