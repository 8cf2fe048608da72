/* value_words.c - readers of words that stand in a key themselves, never in a file. */
#include <string.h>

#include "policy/loader.h"
#include "session/domain.h"

static gboolean
gather_word(void *context, const char *word, mg_place place G_GNUC_UNUSED)
{
	g_ptr_array_add(context, g_strdup(word));
	return TRUE;
}

/* Words that are names: of zones, users, checks, or fingerprints. */
static GPtrArray *
words_of(mg_loader *loader, const mg_conf_key *key)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	mg_list_source source = { key->value, mg_conf_place(loader->conf, key->line), loader->directory, FALSE, FALSE,
		                  loader->findings, loader->policy->texts };

	mg_list_walk(&source, gather_word, words);
	return words;
}

void
mg_read_words(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	*(GPtrArray **)member = words_of(loader, key);
}

/* Not more words than the range of @schema allows. */
static void
check_count(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, const GPtrArray *words)
{
	const mg_number_range *range = schema->detail;

	if (words->len > range->max)
		mg_loader_fail(loader, key->line, "value", "%s: %u entries; at most %" G_GINT64_FORMAT " were expected", key->name,
		               words->len, range->max);
}

void
mg_read_ips(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = words_of(loader, key);
	GArray *ips = g_array_new(FALSE, FALSE, sizeof(mg_ip));
	mg_ip ip;

	for (guint i = 0; i < words->len; i++)
		if (mg_ip_parse(words->pdata[i], &ip))
			g_array_append_val(ips, ip);
		else
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': an address was expected", key->name,
			               (const char *)words->pdata[i]);
	check_count(loader, schema, key, words);
	*(GArray **)member = ips;
}

void
mg_read_names(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED,
              void *member)
{
	GPtrArray *words = words_of(loader, key);
	char canonical[MG_DOMAIN_MAX + 1];

	for (guint i = 0; i < words->len; i++) {
		if (!mg_domain_canonical(words->pdata[i], strlen(words->pdata[i]), TRUE, canonical))
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': a domain was expected", key->name,
			               (const char *)words->pdata[i]);
		g_free(words->pdata[i]);
		words->pdata[i] = g_strdup(canonical);
	}
	check_count(loader, schema, key, words);
	*(GPtrArray **)member = words;
}

void
mg_read_grant_auth(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
                   void *member G_GNUC_UNUSED)
{
	mg_grant *grant = object;

	g_autoptr(GPtrArray) words = NULL;

	grant->auth_any = strcmp(key->value, "any") == 0;
	if (grant->auth_any)
		return;
	words = words_of(loader, key);
	grant->users = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < words->len; i++)
		g_hash_table_add(grant->users, g_strdup(words->pdata[i]));
	if (words->len > 0)
		grant->example_user = g_strdup(words->pdata[0]);
}

void
mg_read_fingerprints(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                     void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = words_of(loader, key);
	GPtrArray *fingerprints = g_ptr_array_new_with_free_func(g_free);

	*(GPtrArray **)member = fingerprints;
	for (guint i = 0; i < words->len; i++) {
		g_auto(GStrv) pieces = g_strsplit(words->pdata[i], ":", -1);
		g_autofree char *digits = g_strjoinv("", pieces);
		guint8 *octets = g_malloc0(32);

		g_ptr_array_add(fingerprints, octets);
		if (strlen(digits) != 64 || strspn(digits, "0123456789abcdefABCDEF") != 64) {
			mg_loader_fail(loader, key->line, "value", "tls-fingerprint: '%.80s': the 64 hexadecimal digits of "
			               "a SHA-256 were expected", (const char *)words->pdata[i]);
			return;
		}
		for (guint k = 0; k < 64; k++)
			octets[k / 2] = (guint8)(octets[k / 2] << 4 | g_ascii_xdigit_value(digits[k]));
	}
}

/* The bit of each word is its place among those that the schema knows. */
void
mg_read_bits(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED, void *member)
{
	const char *const *known = schema->detail;
	g_autoptr(GPtrArray) words = words_of(loader, key);

	for (guint i = 0; i < words->len; i++) {
		guint bit = 0;

		while (known[bit] != NULL && strcmp(words->pdata[i], known[bit]) != 0)
			bit++;
		if (known[bit] != NULL) {
			*(guint *)member |= 1u << bit;
		} else {
			g_autofree char *all = g_strjoinv(", ", (char **)known);

			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': one of %s was expected", key->name,
			               (const char *)words->pdata[i], all);
		}
	}
}

/* What a rule may look at, and change: neither what relays nor what denies, nor what is no address. */
static gboolean
is_for_rules(const mg_reason_info *info)
{
	return info->range == MG_RANGE_ANY && strcmp(info->section, "deny") != 0 && strcmp(info->section, "address") != 0;
}

static gboolean
reason_find(const char *name, mg_reason *reason_out)
{
	char known[MG_REASON_NAME_MAX];

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		mg_reason_name(reason, known);
		if (is_for_rules(mg_reason_get(reason)) && strcmp(name, known) == 0) {
			*reason_out = reason;
			return TRUE;
		}
	}
	return FALSE;
}

void
mg_read_reasons(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                void *object G_GNUC_UNUSED, void *member)
{
	GArray *reasons = g_array_new(FALSE, FALSE, sizeof(mg_reason));
	g_autoptr(GPtrArray) words = words_of(loader, key);
	mg_reason reason;

	for (guint i = 0; i < words->len; i++)
		if (reason_find(words->pdata[i], &reason))
			g_array_append_val(reasons, reason);
		else
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': a result of SPF, HELO, host, sender or "
			               "recipient was expected, as spf.pass", key->name, (const char *)words->pdata[i]);
	*(GArray **)member = reasons;
}
