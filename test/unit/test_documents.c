/* test_documents.c - mailguard.conf(5) has every key that the parser knows, under its section, and no other. */
#include <glib.h>
#include <string.h>

#include "base/reason.h"
#include "policy/schema.h"

static void
remember(void *context, const char *section, const char *key)
{
	char *name = g_strdup_printf("[%s] %s", section, key);

	if (!g_hash_table_add(context, name))
		g_error("%s stands twice in the tables", name);
}

/* "[section] key" for each ".It Ic key" under ".Ss [section]". */
static GHashTable *
documented(void)
{
	g_autofree char *path = g_test_build_filename(G_TEST_DIST, "plugin", "policy", "mailguard.conf.5", NULL);
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *text = NULL;
	g_autofree char *section = g_strdup("");
	g_auto(GStrv) lines = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i] != NULL; i++) {
		if (g_str_has_prefix(lines[i], ".Ss ")) {
			g_free(section);
			section = g_strdup(lines[i] + strlen(".Ss "));
		} else if (g_str_has_prefix(lines[i], ".It Ic ")) {
			g_hash_table_add(names, g_strdup_printf("%s %s", section, lines[i] + strlen(".It Ic ")));
		}
	}
	return names;
}

static void
assert_subset(GHashTable *some, GHashTable *all, const char *what)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, some);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!g_hash_table_contains(all, name)) {
			g_test_message("%s: %s", what, (const char *)name);
			g_test_fail();
		}
}

static void
test_keys(void)
{
	GHashTable *known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTable *written = documented();

	mg_schema_foreach(remember, known);
	g_assert_cmpuint(g_hash_table_size(known), >, 100);
	assert_subset(known, written, "not in mailguard.conf(5)");
	assert_subset(written, known, "in mailguard.conf(5), and not known");
	g_hash_table_unref(known);
	g_hash_table_unref(written);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/documents/keys", test_keys);
	return g_test_run();
}
