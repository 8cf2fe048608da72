/* addresses.c - see addresses.h. */
#include "policy/addresses.h"

#include <string.h>

#include "policy/domains.h"
#include "session/domain.h"

#define NULL_PATH "<>"

struct mg_addresses {
	GHashTable *mailboxes;   /* owned set; "user@dom", "user@", "<>" */
	mg_domains *domains;     /* owned; "dom", ".dom" */
};

mg_addresses *
mg_addresses_new(void)
{
	mg_addresses *addresses = g_new0(mg_addresses, 1);

	addresses->mailboxes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	addresses->domains = mg_domains_new();
	return addresses;
}

void
mg_addresses_free(mg_addresses *addresses)
{
	if (addresses == NULL)
		return;
	g_hash_table_unref(addresses->mailboxes);
	mg_domains_free(addresses->domains);
	g_free(addresses);
}

/* Domains have no at sign in it. */
char *
mg_address_entry(const char *word, char **why_out)
{
	const char *at = strrchr(word, '@');
	gboolean ends_in_at = at != NULL && at[1] == 0;
	char canonical[MG_DOMAIN_MAX + 2] = ".";
	mg_path path;
	const char *fault = "not a Mailbox";

	if (strcmp(word, NULL_PATH) == 0)
		return g_strdup(NULL_PATH);
	if (at == NULL || at == word) {   /* a domain */
		const char *domain = at ? at + 1 : word;
		gboolean below = *domain == '.';
		gsize length = strlen(domain += below);

		length -= length > 1 && domain[length - 1] == '.';
		if (mg_domain_canonical(domain, length, TRUE, canonical + 1))
			return g_strdup(canonical + !below);
		*why_out = g_strdup_printf("'%.80s' is neither user@domain, @domain, user@ nor a domain", word);
		return NULL;
	}
	if (mg_path_parse(word, strlen(word), TRUE, MG_PATH_MAX, &path, &fault)) {
		if (path.forms == 0 && path.is_mailbox)
			return g_strdup(path.layers[0].key);
		if (ends_in_at && path.n_layers == 1 && path.forms == (MG_FORM_NO_DOMAIN | MG_FORM_AT))
			return g_strdup(path.layers[0].key);
		fault = "a list holds plain addresses only";
	}
	*why_out = g_strdup_printf("'%.80s' is neither user@domain, @domain, user@ nor a domain: %s", word, fault);
	return NULL;
}

gboolean
mg_addresses_add(mg_addresses *addresses, const char *word, char **why_out)
{
	char *entry = mg_address_entry(word, why_out);

	if (entry == NULL)
		return FALSE;
	if (strchr(entry, '@') != NULL || strcmp(entry, NULL_PATH) == 0) {
		g_hash_table_add(addresses->mailboxes, entry);
		return TRUE;
	}
	mg_domains_add(addresses->domains, entry, 0);
	g_free(entry);
	return TRUE;
}

static const char *
mailboxes_find(const mg_addresses *addresses, const char *key)
{
	gpointer entry;

	return g_hash_table_lookup_extended(addresses->mailboxes, key, &entry, NULL) ? entry : NULL;
}

/* "user@" in @out. */
static void
user_anywhere(const mg_mailbox *mailbox, char out[MG_PATH_MAX * 3 + 2])
{
	g_snprintf(out, MG_PATH_MAX * 3 + 2, "%s@", mailbox->local);
}

const char *
mg_addresses_find(const mg_addresses *addresses, const mg_mailbox *mailbox)
{
	char anywhere[MG_PATH_MAX * 3 + 2];
	const char *entry = NULL;

	if (addresses == NULL || mailbox->domain == NULL)
		return NULL;
	if (g_hash_table_size(addresses->mailboxes) > 0) {
		entry = mailboxes_find(addresses, mailbox->key);
		if (entry == NULL && mailbox->local[0] != 0) {
			user_anywhere(mailbox, anywhere);
			entry = mailboxes_find(addresses, anywhere);
		}
	}
	return entry ? entry : mg_domains_find(addresses->domains, mailbox->domain, NULL);
}

gboolean
mg_addresses_has_null(const mg_addresses *addresses)
{
	return addresses != NULL && g_hash_table_contains(addresses->mailboxes, NULL_PATH);
}

const char *
mg_addresses_find_any(const mg_addresses *addresses, const mg_path *path)
{
	const char *entry = NULL;

	if (path->is_null)
		return mg_addresses_has_null(addresses) ? NULL_PATH : NULL;
	for (guint i = 0; i < path->n_layers && entry == NULL; i++)
		entry = mg_addresses_find(addresses, &path->layers[i]);
	return entry;
}

gboolean
mg_addresses_has_all(const mg_addresses *addresses, const mg_path *path)
{
	if (path->is_null)
		return mg_addresses_has_null(addresses);
	for (guint i = 0; i < path->n_layers; i++)
		if (mg_addresses_find(addresses, &path->layers[i]) == NULL)
			return FALSE;
	return TRUE;
}

gboolean
mg_addresses_is_empty(const mg_addresses *addresses)
{
	return addresses == NULL
	       || (g_hash_table_size(addresses->mailboxes) == 0 && mg_domains_count(addresses->domains) == 0);
}

char *
mg_addresses_example_domain(const mg_addresses *addresses)
{
	GHashTableIter iter;
	gpointer entry;

	if (mg_domains_count(addresses->domains) > 0) {
		const char *domain = mg_domains_get(addresses->domains, 0);

		return *domain == '.' ? g_strconcat("host", domain, NULL) : g_strdup(domain);
	}
	g_hash_table_iter_init(&iter, addresses->mailboxes);
	while (g_hash_table_iter_next(&iter, &entry, NULL)) {
		const char *at = strrchr(entry, '@');

		if (at != NULL && at[1] != 0)
			return g_strdup(at + 1);
	}
	return NULL;
}

/* A mailbox's entry as a path: its Local-part in quotes, since those were taken off. */
static char *
entry_path(const char *entry)
{
	const char *at = strrchr(entry, '@');
	GString *path = g_string_new("\"");

	for (const char *c = entry; c < at; c++)
		g_string_append_printf(path, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	g_string_append_printf(path, "\"%s", at[1] != 0 ? at : "@host.invalid");
	return g_string_free(path, FALSE);
}

char *
mg_addresses_example(const mg_addresses *addresses)
{
	GHashTableIter iter;
	gpointer entry;

	g_hash_table_iter_init(&iter, addresses->mailboxes);
	if (g_hash_table_iter_next(&iter, &entry, NULL))
		return strcmp(entry, NULL_PATH) == 0 ? g_strdup("") : entry_path(entry);
	if (mg_domains_count(addresses->domains) > 0) {
		g_autofree char *domain = mg_addresses_example_domain(addresses);

		return g_strconcat("user@", domain, NULL);
	}
	return g_strdup("");
}

gboolean
mg_mailbox_try_entries(const mg_mailbox *mailbox, mg_entry_function function, void *context)
{
	char anywhere[MG_PATH_MAX * 3 + 2];

	if (mailbox->domain == NULL)
		return FALSE;
	user_anywhere(mailbox, anywhere);
	if (function(context, mailbox->key) || (mailbox->local[0] != 0 && function(context, anywhere)))
		return TRUE;
	for (const char *at = mailbox->domain; at != NULL; at = mg_domain_parent(at))
		if (function(context, at))
			return TRUE;
	return FALSE;
}

/* ---- pairs ---- */

struct mg_pairs {
	GHashTable *by_sender;   /* owned; canonical entry -> owned mg_addresses of recipients */
};

mg_pairs *
mg_pairs_new(void)
{
	mg_pairs *pairs = g_new0(mg_pairs, 1);

	pairs->by_sender = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)mg_addresses_free);
	return pairs;
}

void
mg_pairs_free(mg_pairs *pairs)
{
	if (pairs == NULL)
		return;
	g_hash_table_unref(pairs->by_sender);
	g_free(pairs);
}

/* The ">" that parts sender from recipient: not the one of "<>", and none inside quotes. */
static const char *
pair_middle(const char *word)
{
	gboolean quoted = FALSE;

	for (const char *at = g_str_has_prefix(word, NULL_PATH) ? word + strlen(NULL_PATH) : word; *at; at++) {
		if (*at == '\\' && at[1] != 0)
			at++;
		else if (*at == '"')
			quoted = !quoted;
		else if (*at == '>' && !quoted)
			return at;
	}
	return NULL;
}

gboolean
mg_pairs_add(mg_pairs *pairs, const char *word, char **why_out)
{
	const char *middle = pair_middle(word);
	g_autofree char *sender = NULL;
	g_autofree char *entry = NULL;
	mg_addresses *recipients;

	if (middle == NULL) {
		*why_out = g_strdup_printf("'%.80s' is no pair: sender>recipient was expected", word);
		return FALSE;
	}
	sender = g_strndup(word, (gsize)(middle - word));
	entry = mg_address_entry(sender, why_out);
	if (entry == NULL)
		return FALSE;
	recipients = g_hash_table_lookup(pairs->by_sender, entry);
	if (recipients != NULL)
		return mg_addresses_add(recipients, middle + 1, why_out);
	recipients = mg_addresses_new();
	if (!mg_addresses_add(recipients, middle + 1, why_out)) {
		mg_addresses_free(recipients);
		return FALSE;
	}
	g_hash_table_insert(pairs->by_sender, g_steal_pointer(&entry), recipients);
	return TRUE;
}

typedef struct pairs_search {
	const mg_pairs *pairs;          /* both borrowed */
	const mg_path  *forward_path;
} pairs_search;

static gboolean
pairs_match_sender(void *context, const char *sender)
{
	const pairs_search *search = context;
	const mg_addresses *recipients = g_hash_table_lookup(search->pairs->by_sender, sender);

	return recipients != NULL && mg_addresses_find_any(recipients, search->forward_path) != NULL;
}

gboolean
mg_pairs_match(const mg_pairs *pairs, const mg_path *reverse_path, const mg_path *forward_path)
{
	pairs_search search = { pairs, forward_path };

	if (pairs == NULL || g_hash_table_size(pairs->by_sender) == 0)
		return FALSE;
	if (reverse_path->is_null)
		return pairs_match_sender(&search, NULL_PATH);
	for (guint i = 0; i < reverse_path->n_layers; i++)
		if (mg_mailbox_try_entries(&reverse_path->layers[i], pairs_match_sender, &search))
			return TRUE;
	return FALSE;
}
