/* domains.c - see domains.h. A parent's entry ".dom" is a piece of the name itself, from a dot on: no copies. */
#include "policy/domains.h"

#include <stdlib.h>
#include <string.h>

#include "session/domain.h"

struct mg_domains {
	GHashTable   *sets;    /* owned; entry (in text) -> set */
	GStringChunk *text;    /* owned */
	guint         n_below; /* entries that begin with a dot; without any, parents need not be looked up */
};

mg_domains *
mg_domains_new(void)
{
	mg_domains *domains = g_new0(mg_domains, 1);

	domains->sets = g_hash_table_new(g_str_hash, g_str_equal);
	domains->text = g_string_chunk_new(4096);
	return domains;
}

void
mg_domains_free(mg_domains *domains)
{
	if (domains == NULL)
		return;
	g_hash_table_unref(domains->sets);
	g_string_chunk_free(domains->text);
	g_free(domains);
}

gboolean
mg_domains_add(mg_domains *domains, const char *domain, guint set)
{
	gpointer there;

	if (g_hash_table_lookup_extended(domains->sets, domain, NULL, &there))
		return GPOINTER_TO_UINT(there) == set;
	domains->n_below += *domain == '.';
	g_hash_table_insert(domains->sets, g_string_chunk_insert(domains->text, domain), GUINT_TO_POINTER(set));
	return TRUE;
}

const char *
mg_domains_find(const mg_domains *domains, const char *name, guint *set_out)
{
	gpointer entry, set;

	if (domains == NULL || g_hash_table_size(domains->sets) == 0)
		return NULL;
	for (const char *at = name; at != NULL; at = domains->n_below > 0 ? mg_domain_parent(at) : NULL)
		if (g_hash_table_lookup_extended(domains->sets, at, &entry, &set)) {
			if (set_out != NULL)
				*set_out = GPOINTER_TO_UINT(set);
			return entry;
		}
	return NULL;
}

guint
mg_domains_count(const mg_domains *domains)
{
	return domains ? g_hash_table_size(domains->sets) : 0;
}

const char *
mg_domains_get(const mg_domains *domains, guint index)
{
	GHashTableIter iter;
	gpointer entry;

	g_hash_table_iter_init(&iter, domains->sets);
	while (g_hash_table_iter_next(&iter, &entry, NULL))
		if (index-- == 0)
			return entry;
	return NULL;
}

static int
entry_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char **
mg_domains_list(const mg_domains *domains)
{
	guint n = mg_domains_count(domains);
	const char **entries = domains != NULL ? (const char **)g_hash_table_get_keys_as_array(domains->sets, NULL) : g_new0(const char *, 1);

	qsort(entries, n, sizeof(entries[0]), entry_compare);
	return entries;
}
