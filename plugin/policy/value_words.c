/* value_words.c - readers of words that stand in a key themselves, never in a file. */
#include <string.h>

#include "policy/loader.h"
#include "session/domain.h"

#define POINTS_MAX  100
#define SHA256_SIZE MG_TLS_PIN_SIZE

static gboolean
gather_word(void *context, const char *word, mg_place place G_GNUC_UNUSED)
{
	g_ptr_array_add(context, g_strdup(word));
	return TRUE;
}

static void
walk_words(mg_loader *loader, const mg_conf_key *key, mg_list_function function, void *context)
{
	mg_list_source source = { key->value, mg_conf_place(loader->conf, key->line), loader->directory, FALSE, FALSE,
		                  loader->findings, loader->policy->texts };

	mg_list_walk(&source, function, context);
}

/* Words that are names: of zones, users, checks, or fingerprints. */
static GPtrArray *
words_of(mg_loader *loader, const mg_conf_key *key)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	walk_words(loader, key, gather_word, words);
	return words;
}

void
mg_read_words(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	*(GPtrArray **)member = words_of(loader, key);
}

GPtrArray *
mg_loader_words(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key)
{
	const mg_number_range *range = schema->detail;
	GPtrArray *words = words_of(loader, key);

	if (words->len > range->max)
		mg_loader_fail(loader, key->line, "value", "%s: %u entries; at most %" G_GINT64_FORMAT " were expected", key->name,
		               words->len, range->max);
	return words;
}

void
mg_read_ips(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = mg_loader_words(loader, schema, key);
	GArray *ips = g_array_new(FALSE, FALSE, sizeof(mg_ip));
	mg_ip ip;

	for (guint i = 0; i < words->len; i++)
		if (mg_ip_parse(words->pdata[i], &ip))
			g_array_append_val(ips, ip);
		else
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': an address was expected", key->name,
			               (const char *)words->pdata[i]);
	*(GArray **)member = ips;
}

void
mg_read_names(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED,
              void *member)
{
	GPtrArray *words = mg_loader_words(loader, schema, key);
	char canonical[MG_DOMAIN_MAX + 1];

	for (guint i = 0; i < words->len; i++) {
		if (!mg_domain_canonical(words->pdata[i], strlen(words->pdata[i]), TRUE, canonical))
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': a domain was expected", key->name,
			               (const char *)words->pdata[i]);
		g_free(words->pdata[i]);
		words->pdata[i] = g_strdup(canonical);
	}
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

/* 64 hexadecimal digits, colons between them or not. */
static gboolean
sha256_parse(mg_loader *loader, const mg_conf_key *key, const char *word, guint8 octets_out[SHA256_SIZE])
{
	g_auto(GStrv) pieces = g_strsplit(word, ":", -1);
	g_autofree char *digits = g_strjoinv("", pieces);

	if (strlen(digits) != 2 * SHA256_SIZE || strspn(digits, "0123456789abcdefABCDEF") != 2 * SHA256_SIZE) {
		mg_loader_fail(loader, key->line, "value", "%s: '%.80s': the 64 hexadecimal digits of a SHA-256 were expected",
		               key->name, word);
		return FALSE;
	}
	for (guint i = 0; i < SHA256_SIZE; i++)
		octets_out[i] = (guint8)(g_ascii_xdigit_value(digits[2 * i]) << 4 | g_ascii_xdigit_value(digits[2 * i + 1]));
	return TRUE;
}

void
mg_read_fingerprints(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                     void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = words_of(loader, key);
	GPtrArray *fingerprints = g_ptr_array_new_with_free_func(g_free);

	*(GPtrArray **)member = fingerprints;
	for (guint i = 0; i < words->len; i++) {
		guint8 octets[SHA256_SIZE];

		if (!sha256_parse(loader, key, words->pdata[i], octets))
			return;
		g_ptr_array_add(fingerprints, g_memdup2(octets, sizeof(octets)));
	}
}

void
mg_read_pins(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = mg_loader_words(loader, schema, key);
	GArray *pins = g_array_new(FALSE, FALSE, SHA256_SIZE);

	*(GArray **)member = pins;
	for (guint i = 0; i < words->len; i++) {
		guint8 octets[SHA256_SIZE];

		if (sha256_parse(loader, key, words->pdata[i], octets))
			g_array_append_vals(pins, octets, 1);
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

/* What a rule may look at, and change, and what may have points: neither what relays nor what denies, nor what is no address;
 * nor the score, which comes after all others. */
static gboolean
is_for_rules(const mg_reason_info *info)
{
	static const char *const others[] = { "deny", "address", "score", NULL };

	return (info->range == MG_RANGE_ANY || info->range == MG_RANGE_DOUBT) && !g_strv_contains(others, info->section);
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

typedef struct points_walk {
	mg_loader         *loader;   /* all borrowed */
	const mg_conf_key *key;
	mg_score_policy   *score;
} points_walk;

static gboolean
take_points(void *context, const char *word, mg_place place)
{
	const points_walk *walk = context;
	const char *colon = strchr(word, ':');
	g_autofree char *name = g_strndup(word, colon ? (gsize)(colon - word) : strlen(word));
	const char *fault = NULL;
	gint64 points = 0;
	mg_reason reason;

	if (colon == NULL || !reason_find(name, &reason))
		fault = "a result of SPF, HELO, host, sender or recipient with its points was expected, as ptr.missing:2";
	else if (!g_ascii_string_to_signed(colon + 1, 10, -POINTS_MAX, POINTS_MAX, &points, NULL) || points == 0)
		fault = "points from -" G_STRINGIFY(POINTS_MAX) " to " G_STRINGIFY(POINTS_MAX) ", and not 0, were expected";
	else if (walk->score->points[reason] != 0)
		fault = "a result that has no points yet was expected";
	if (fault != NULL) {
		mg_findings_add(walk->loader->findings, MG_LEVEL_ERROR, place, "value", "%s: '%.80s': %s", walk->key->name, word, fault);
		return TRUE;
	}
	walk->score->points[reason] = (gint8)points;
	walk->score->is_kept = TRUE;
	return TRUE;
}

void
mg_read_points(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
               void *object G_GNUC_UNUSED, void *member)
{
	points_walk walk = { loader, key, member };

	walk_words(loader, key, take_points, &walk);
}
