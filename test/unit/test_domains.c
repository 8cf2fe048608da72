/* test_domains.c - lists of Domains: by label, the name before its parents, nearest first. */
#include "policy/domains.h"

#include "support.h"

typedef struct find_case {
	const char *name;
	const char *list;       /* "entry=set" words */
	const char *domain;
	const char *expected;   /* "entry=set"; NULL: no match */
} find_case;

#define PARENTS "example.net=1 .example.net=2 .mx.example.net=3 a.mx.example.net=4 .net=5"

static const find_case find_cases[] = {
	{ "empty-list", "", "example.net", NULL },
	{ "itself", "example.net=1", "example.net", "example.net=1" },
	{ "itself-not-below", "example.net=1", "mx.example.net", NULL },
	{ "itself-not-parent", "example.net=1", "net", NULL },
	{ "below", ".example.net=1", "mx.example.net", ".example.net=1" },
	{ "below-deep", ".example.net=1", "a.b.c.d.example.net", ".example.net=1" },
	{ "below-not-itself", ".example.net=1", "example.net", NULL },
	{ "below-not-label-end", ".example.net=1", "notexample.net", NULL },
	{ "below-not-label-end-deep", ".example.net=1", "mx.notexample.net", NULL },
	{ "itself-not-label-end", "example.net=1", "notexample.net", NULL },
	{ "itself-not-longer", "example.net=1", "example.nets", NULL },
	{ "itself-not-suffixed", "example.net=1", "example.net.example", NULL },
	{ "below-not-suffixed", ".example.net=1", "mx.example.net.example", NULL },
	{ "below-a-top", ".example=1", "dom.example", ".example=1" },
	{ "below-a-top-not-itself", ".example=1", "example", NULL },
	{ "both-itself", PARENTS, "example.net", "example.net=1" },
	{ "both-below", PARENTS, "a.example.net", ".example.net=2" },
	{ "nearest-parent", PARENTS, "b.mx.example.net", ".mx.example.net=3" },
	{ "nearest-parent-deep", PARENTS, "c.b.mx.example.net", ".mx.example.net=3" },
	{ "name-before-parents", PARENTS, "a.mx.example.net", "a.mx.example.net=4" },
	{ "below-the-name", PARENTS, "x.a.mx.example.net", ".mx.example.net=3" },
	{ "parent-itself-is-below", PARENTS, "mx.example.net", ".example.net=2" },
	{ "top-parent", PARENTS, "example2.net", ".net=5" },
	{ "top-itself", PARENTS, "net", NULL },
	{ "entry-with-its-dot", ".example.net=1", ".example.net", ".example.net=1" },
	{ "name-with-a-dot-before", ".example.net=1", ".mx.example.net", ".example.net=1" },
	{ "name-with-a-dot-before-not-itself", "example.net=1", ".example.net", NULL },
	{ "set-0", "example.net=0", "example.net", "example.net=0" },
	{ "set-largest", "example.net=4294967295", "example.net", "example.net=4294967295" },
	{ "empty-name", "example.net=1 .net=2", "", NULL },
	{ "dot-alone", "example.net=1 .net=2", ".", NULL },
	{ "literal", "example.net=1 .net=2", "[192.0.2.1]", NULL },
};

static mg_domains *
list_of(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	mg_domains *domains = mg_domains_new();

	for (guint i = 0; words[i] != NULL; i++) {
		char *equals = strchr(words[i], '=');

		if (equals == NULL)
			continue;
		*equals = 0;
		g_assert_true(mg_domains_add(domains, words[i], (guint)g_ascii_strtoull(equals + 1, NULL, 10)));
		memset(words[i], 'x', strlen(words[i]));   /* the list has its own copy */
	}
	return domains;
}

static void
test_find(gconstpointer data)
{
	const find_case *row = data;
	mg_domains *domains = list_of(row->list);
	guint set = 4711;
	const char *entry = mg_domains_find(domains, row->domain, &set);
	g_autofree char *found = entry ? g_strdup_printf("%s=%u", entry, set) : NULL;

	g_assert_cmpstr(found, ==, row->expected);
	if (entry == NULL)
		g_assert_cmpuint(set, ==, 4711);
	g_assert_true(mg_domains_find(domains, row->domain, NULL) == entry);
	mg_domains_free(domains);
}

typedef struct add_case {
	const char *name;
	const char *first;
	guint       first_set;
	const char *second;
	guint       second_set;
	gboolean    expected;
	guint       n;
} add_case;

static const add_case add_cases[] = {
	{ "another", "a.example", 1, "b.example", 1, TRUE, 2 },
	{ "again", "a.example", 1, "a.example", 1, TRUE, 1 },
	{ "again-set-0", "a.example", 0, "a.example", 0, TRUE, 1 },
	{ "another-set", "a.example", 1, "a.example", 2, FALSE, 1 },
	{ "set-0-first", "a.example", 0, "a.example", 2, FALSE, 1 },
	{ "set-0-second", "a.example", 2, "a.example", 0, FALSE, 1 },
	{ "below-is-another", "a.example", 1, ".a.example", 2, TRUE, 2 },
	{ "parent-is-another", "mx.a.example", 1, "a.example", 2, TRUE, 2 },
};

static void
test_add(gconstpointer data)
{
	const add_case *row = data;
	mg_domains *domains = mg_domains_new();
	guint set = 4711;

	g_assert_true(mg_domains_add(domains, row->first, row->first_set));
	g_assert_cmpint(mg_domains_add(domains, row->second, row->second_set), ==, row->expected);
	g_assert_cmpuint(mg_domains_count(domains), ==, row->n);
	g_assert_cmpstr(mg_domains_find(domains, row->first, &set), ==, row->first);
	g_assert_cmpuint(set, ==, row->first_set);
	mg_domains_free(domains);
}

static void
test_none(void)
{
	guint set = 4711;

	g_assert_null(mg_domains_find(NULL, "example.net", &set));
	g_assert_cmpuint(set, ==, 4711);
	g_assert_cmpuint(mg_domains_count(NULL), ==, 0);
	mg_domains_free(NULL);
}

/* As many as there are, each once. */
static void
test_get(void)
{
	mg_domains *domains = list_of("a.example=1 .a.example=1 b.example=2");
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < mg_domains_count(domains); i++)
		g_assert_true(g_hash_table_add(seen, (gpointer)mg_domains_get(domains, i)));
	g_assert_true(g_hash_table_contains(seen, "a.example"));
	g_assert_true(g_hash_table_contains(seen, ".a.example"));
	g_assert_true(g_hash_table_contains(seen, "b.example"));
	g_assert_null(mg_domains_get(domains, 3));
	mg_domains_free(domains);
}

static void
test_list(void)
{
	mg_domains *domains = list_of("b.example=2 .b.example=1 a.example=1 b.example.net=1");
	const char **list = mg_domains_list(domains), **none = mg_domains_list(NULL);
	g_autofree char *joined = g_strjoinv(" ", (char **)list);

	g_assert_cmpstr(joined, ==, ".b.example a.example b.example b.example.net");
	g_assert_null(none[0]);
	g_free(list);
	g_free(none);
	mg_domains_free(domains);
}

/* Many entries, longer than one chunk of text holds, and a name of 127 labels. */
static void
test_many(void)
{
	mg_domains *domains = mg_domains_new();
	g_autoptr(GString) deep = g_string_new("a");
	guint set = 4711;

	for (guint i = 0; i < 20000; i++) {
		g_autofree char *name = g_strdup_printf("%sh%u.example", i % 2 ? "." : "", i);

		g_assert_true(mg_domains_add(domains, name, i));
	}
	g_assert_cmpuint(mg_domains_count(domains), ==, 20000);
	g_assert_cmpstr(mg_domains_find(domains, "h19998.example", &set), ==, "h19998.example");
	g_assert_cmpuint(set, ==, 19998);
	g_assert_cmpstr(mg_domains_find(domains, "x.h19999.example", &set), ==, ".h19999.example");
	g_assert_cmpuint(set, ==, 19999);
	g_assert_null(mg_domains_find(domains, "x.h19998.example", NULL));

	for (guint i = 0; i < 126; i++)
		g_string_append(deep, ".a");
	g_assert_null(mg_domains_find(domains, deep->str, NULL));
	g_assert_true(mg_domains_add(domains, ".a", 1));
	g_assert_cmpstr(mg_domains_find(domains, deep->str, NULL), ==, ".a");
	mg_domains_free(domains);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/domains/find", find_cases, test_find);
	TEST_ROWS("/domains/add", add_cases, test_add);
	g_test_add_func("/domains/none", test_none);
	g_test_add_func("/domains/get", test_get);
	g_test_add_func("/domains/list", test_list);
	g_test_add_func("/domains/many", test_many);
	return g_test_run();
}
