/* value_backend.c - readers of the keys of [recipients] and [backend NAME]. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/loader.h"
#include "session/domain.h"

/* ---- [recipients] ---- */

/* "20/10m": so many in that time. */
static gboolean
budget_parse(const char *text, mg_unknown_budget *budget_out)
{
	static const struct { char unit; guint64 seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	g_auto(GStrv) halves = g_strsplit(text, "/", 2);
	gsize length = halves[0] != NULL && halves[1] != NULL ? strlen(halves[1]) : 0;
	guint64 count, time_s;
	char unit;

	if (length < 2)
		return FALSE;
	unit = halves[1][length - 1];
	halves[1][length - 1] = 0;
	if (!g_ascii_string_to_unsigned(halves[0], 10, 1, MG_BUDGET_COUNT_MAX, &count, NULL)
	    || !g_ascii_string_to_unsigned(halves[1], 10, 1, MG_BUDGET_TIME_MAX_S, &time_s, NULL))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(units); i++)
		if (units[i].unit == unit) {
			time_s *= units[i].seconds;
			*budget_out = (mg_unknown_budget){ (guint)count, (guint)MIN(time_s, G_MAXUINT) };
			return time_s >= MG_BUDGET_TIME_MIN_S && time_s <= MG_BUDGET_TIME_MAX_S;
		}
	return FALSE;
}

void
mg_read_budget(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
               void *object G_GNUC_UNUSED, void *member)
{
	if (!budget_parse(key->value, member))
		mg_loader_fail(loader, key->line, "value",
		               "%s = %s: a number from 1 to %u and a time from %u s to 24 h was expected, as 20/10m", key->name,
		               key->value, MG_BUDGET_COUNT_MAX, MG_BUDGET_TIME_MIN_S);
}

/* The store is disposable, but what is written into it decides over mail: nobody else should. */
void
mg_read_cache(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object, void *member)
{
	g_autofree char *directory = NULL;
	struct stat found;

	if (key->value[0] == 0)
		return;
	mg_read_path(loader, schema, key, object, member);
	directory = g_path_get_dirname(*(char **)member);
	if (stat(directory, &found) < 0)
		mg_loader_warn(loader, key->line, "cache-directory", "%s: %s cannot be examined: %s; what is known of recipients will "
		               "not outlive a restart", key->name, directory, g_strerror(errno));
	else if (!S_ISDIR(found.st_mode))
		mg_loader_warn(loader, key->line, "cache-directory", "%s: %s is no directory; what is known of recipients will not "
		               "outlive a restart", key->name, directory);
	else if (found.st_mode & (S_IWGRP | S_IWOTH))
		mg_loader_warn(loader, key->line, "cache-directory", "%s: %s may be written by others (mode %04o); 0750 or less was "
		               "expected", key->name, directory, (guint)(found.st_mode & 07777));
}

void
mg_read_delimiters(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                   void *object G_GNUC_UNUSED, void *member)
{
	gsize length = strlen(key->value);
	gboolean is_valid = length >= 1 && length <= MG_DELIMITERS_MAX;

	for (const char *at = key->value; *at && is_valid; at++)
		is_valid = *at > ' ' && *at < 0x7f && !g_ascii_isalnum(*at) && strchr("@<>\"\\", *at) == NULL;
	if (is_valid)
		*(char **)member = g_strdup(key->value);
	else
		mg_loader_fail(loader, key->line, "value", "%s = %s: 1 to %d of !#$%%&'*+-./=?^_`{|}~ and the like were expected",
		               key->name, key->value, MG_DELIMITERS_MAX);
}

/* ---- [backend NAME] ---- */

void
mg_read_endpoints(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key,
                  void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GPtrArray) words = mg_loader_words(loader, schema, key);
	GArray *endpoints = *(GArray **)member;
	mg_endpoint endpoint;

	for (guint i = 0; i < words->len; i++) {
		g_autofree char *why = NULL;

		if (mg_endpoint_parse(words->pdata[i], &endpoint, &why))
			g_array_append_val(endpoints, endpoint);
		else
			mg_loader_fail(loader, key->line, "value", "%s: %s", key->name, why);
	}
}

/* The session would read it, and not say why it fails, much later. */
void
mg_read_readable_path(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object, void *member)
{
	const char *path;

	mg_read_path(loader, schema, key, object, member);
	path = *(char **)member;
	if (access(path, R_OK) < 0)
		mg_loader_fail(loader, key->line, "file", "%s: %s cannot be read: %s", key->name, path, g_strerror(errno));
}

void
mg_read_source(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
               void *member G_GNUC_UNUSED)
{
	mg_backend *backend = object;

	backend->has_source = mg_ip_parse(key->value, &backend->source) && !mg_ip_is_unspecified(&backend->source);
	if (!backend->has_source)
		mg_loader_fail(loader, key->line, "value", "%s = %s: an address of this host was expected", key->name, key->value);
}

/* What EHLO says (RFC 5321 4.1.1.1): of an address or a single label, servers think little. */
void
mg_read_fqdn(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
             void *object G_GNUC_UNUSED, void *member)
{
	char canonical[MG_DOMAIN_MAX + 1];

	if (mg_domain_canonical(key->value, strlen(key->value), TRUE, canonical) && strchr(canonical, '.') != NULL)
		*(char **)member = g_strdup(canonical);
	else
		mg_loader_fail(loader, key->line, "value", "%s = %s: a host name with its domain was expected", key->name, key->value);
}

/* ASCII, since not every server takes more, and nothing but a mailbox. @may_be_local: or a Local-part alone. */
static gboolean
is_plain_mailbox(const char *word, gboolean may_be_local)
{
	const char *fault;
	mg_path path;

	return word[0] != 0 && mg_path_parse(word, strlen(word), FALSE, MG_LOCAL_PART_MAX, &path, &fault) && path.n_layers == 1
	       && (path.forms == 0 || (may_be_local && path.forms == MG_FORM_NO_DOMAIN));
}

void
mg_read_probe_senders(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key,
                      void *object G_GNUC_UNUSED, void *member)
{
	GPtrArray *words = mg_loader_words(loader, schema, key);

	for (guint i = 0; i < words->len; i++)
		if (!is_plain_mailbox(words->pdata[i], FALSE))
			mg_loader_fail(loader, key->line, "value", "%s: '%.80s': a mailbox was expected, as probe@example.net; <> is tried "
			               "before all", key->name, (const char *)words->pdata[i]);
	*(GPtrArray **)member = words;
}

void
mg_read_canary(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
               void *object G_GNUC_UNUSED, void *member)
{
	if (!is_plain_mailbox(key->value, TRUE)) {
		mg_loader_fail(loader, key->line, "value", "%s = %s: a Local-part or a mailbox that exists was expected", key->name,
		               key->value);
		return;
	}
	g_free(*(char **)member);
	*(char **)member = g_strdup(key->value);
}
