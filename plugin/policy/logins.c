/* logins.c - see logins.h. */
#include "policy/logins.h"

#include <string.h>

#include "policy/addresses.h"

/* Between user and entry. No word of a list has one in it, and so no key of the set has two: a user name that does is in no
 * key, whatever stands behind it. */
#define BETWEEN '\n'

struct mg_logins {
	GHashTable *pairs;   /* owned set; user BETWEEN canonical entry */
	GHashTable *owned;   /* owned set; the entries, borrowed from pairs */
};

mg_logins *
mg_logins_new(void)
{
	mg_logins *logins = g_new0(mg_logins, 1);

	logins->pairs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	logins->owned = g_hash_table_new(g_str_hash, g_str_equal);
	return logins;
}

void
mg_logins_free(mg_logins *logins)
{
	if (logins == NULL)
		return;
	g_hash_table_unref(logins->owned);
	g_hash_table_unref(logins->pairs);
	g_free(logins);
}

gboolean
mg_logins_add(mg_logins *logins, const char *word, char **why_out)
{
	const char *middle = strchr(word, '>');
	g_autofree char *entry = NULL;
	char *pair;

	if (middle == NULL || middle == word) {
		*why_out = g_strdup_printf("'%.80s' is no login: user>address was expected", word);
		return FALSE;
	}
	if (strcmp(middle + 1, "<>") == 0) {
		*why_out = g_strdup_printf("'%.80s': the null reverse-path is nobody's; user>address was expected", word);
		return FALSE;
	}
	entry = mg_address_entry(middle + 1, why_out);
	if (entry == NULL)
		return FALSE;
	pair = g_strdup_printf("%.*s%c%s", (int)(middle - word), word, BETWEEN, entry);
	if (!g_hash_table_contains(logins->pairs, pair)) {
		g_hash_table_add(logins->pairs, pair);
		g_hash_table_add(logins->owned, strchr(pair, BETWEEN) + 1);
	} else {
		g_free(pair);   /* owned may point into the one that is there */
	}
	return TRUE;
}

gboolean
mg_logins_is_empty(const mg_logins *logins)
{
	return logins == NULL || g_hash_table_size(logins->pairs) == 0;
}

typedef struct owned_search {
	const mg_logins *logins;   /* borrowed */
	gpointer         entry;    /* borrowed from it */
} owned_search;

static gboolean
entry_is_owned(void *context, const char *entry)
{
	owned_search *search = context;

	return g_hash_table_lookup_extended(search->logins->owned, entry, &search->entry, NULL);
}

const char *
mg_logins_find_owned(const mg_logins *logins, const mg_path *path)
{
	owned_search search = { logins, NULL };

	if (mg_logins_is_empty(logins))
		return NULL;
	for (guint i = 0; i < path->n_layers; i++)
		if (mg_mailbox_try_entries(&path->layers[i], entry_is_owned, &search))
			return search.entry;
	return NULL;
}

typedef struct user_search {
	const mg_logins *logins;   /* borrowed */
	GString         *pair;     /* borrowed; user BETWEEN, and behind it an entry */
	gsize            n_user;
} user_search;

static gboolean
entry_is_users(void *context, const char *entry)
{
	user_search *search = context;

	g_string_truncate(search->pair, search->n_user);
	g_string_append(search->pair, entry);
	return g_hash_table_contains(search->logins->pairs, search->pair->str);
}

gboolean
mg_logins_owns(const mg_logins *logins, mg_words user, const mg_path *path)
{
	g_autoptr(GString) pair = g_string_new_len(user.octets, (gssize)user.length);
	user_search search = { logins, pair, user.length + 1 };

	/* A NUL makes a name that is in no list. */
	if (mg_logins_is_empty(logins) || path->n_layers == 0 || memchr(pair->str, 0, pair->len) != NULL)
		return FALSE;
	g_string_append_c(pair, BETWEEN);
	for (guint i = 0; i < path->n_layers; i++)
		if (!mg_mailbox_try_entries(&path->layers[i], entry_is_users, &search))
			return FALSE;
	return TRUE;
}
