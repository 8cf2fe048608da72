/* reports.c - see reports.h. */
#include "reports.h"

#include "cache.h"
#include "check/matrix.h"
#include "rules.h"
#include "wire.h"

#define REPORT_ROOM 4096   /* octets for the line that follows, and the last */

static void
report_line(mg_writer *writer, mg_level level, const char *text)
{
	mg_writer_number(writer, MG_FIELD_LEVEL, level);
	mg_writer_text(writer, MG_FIELD_LINE, text);
}

static void
report_findings(mg_writer *writer, const mg_findings *findings)
{
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		const mg_finding *finding = mg_findings_get(findings, i);
		g_autofree char *line = mg_finding_format(finding);

		report_line(writer, finding->level, line);
	}
}

static void
report_matrix(mg_writer *writer, const mg_policy *policy)
{
	g_autoptr(GPtrArray) rows = mg_matrix_table(policy);
	g_autofree char *why = NULL;

	for (guint i = 0; i < rows->len; i++)
		report_line(writer, MG_LEVEL_INFO, rows->pdata[i]);
	if (mg_matrix_leaks(policy, TRUE, &why)) {
		g_autofree char *line = g_strconcat("open: ", why, NULL);

		report_line(writer, MG_LEVEL_WARNING, line);
	}
}

/* A domain that the backend is asked about: of ".dom", one that it holds. */
static char *
example_domain(const mg_backend *backend)
{
	g_autofree const char **all = mg_domains_list(backend->domains);

	if (all[0] == NULL)
		return g_strdup("invalid");
	for (guint i = 0; all[i] != NULL; i++)
		if (all[i][0] != '.')
			return g_strdup(all[i]);
	return g_strconcat("host", all[0], NULL);
}

static void
report_backends(mg_writer *writer, const mg_policy *policy)
{
	for (guint i = 0; i < policy->backends->len; i++) {
		const mg_backend *backend = policy->backends->pdata[i];
		g_autofree char *domain = example_domain(backend);

		for (guint n = 0; n < backend->endpoints->len; n++) {
			const mg_endpoint *endpoint = &g_array_index(backend->endpoints, mg_endpoint, n);
			g_autofree char *line = g_strdup_printf("%s\t%s\t%s", backend->name, endpoint->text, domain);

			report_line(writer, MG_LEVEL_INFO, line);
		}
	}
}

/* ---- what is remembered ---- */

/* The log of the store is part of the report. */
static void
report_log(void *context, mg_level level, const char *line)
{
	report_line(context, level, line);
}

/* NULL: the report says why. */
static mg_memory *
report_load(mg_writer *writer, const mg_policy *policy, gint64 now_s)
{
	const mg_log log = { report_log, writer, MG_LEVEL_WARNING };

	if (policy->recipients.cache != NULL)
		return mg_cache_load(policy, &log, now_s);
	report_line(writer, MG_LEVEL_ERROR, "the policy has no [recipients] cache");
	return NULL;
}

/* FALSE: no message can be that long. */
static gboolean
report_recipient(void *context, const mg_recipient_key *key, const mg_recollection *known)
{
	mg_writer *writer = context;
	g_autofree char *line = g_strdup_printf("%s@%s\t%s\t%" G_GINT64_FORMAT "\t%d\t%s", key->local_part, key->domain,
	                                        known->is_doubted ? "doubted" : mg_known_name(known->known), known->age_s, known->code,
	                                        known->freshness == MG_STALE ? "stale" : "fresh");

	if (writer->length > MG_WIRE_LENGTH_MAX - REPORT_ROOM) {
		report_line(writer, MG_LEVEL_WARNING, "there is more, and no room to tell it");
		return FALSE;
	}
	report_line(writer, MG_LEVEL_INFO, line);
	return TRUE;
}

/* The proof of last time first. */
static void
report_cache(mg_writer *writer, const mg_policy *policy)
{
	gint64 now_s = g_get_monotonic_time() / G_USEC_PER_SEC;
	mg_memory *memory = report_load(writer, policy, now_s);

	if (memory == NULL)
		return;
	mg_memory_foreach(memory, &(mg_memory_filter){ 0 }, now_s, report_recipient, writer);
	mg_memory_free(memory);
}

typedef struct cache_stats {
	guint       n, n_stale, n_doubted;
	guint       n_known[MG_KNOWN_BAD_SYNTAX + 1];
	GHashTable *domains;             /* by address: the memory has each but once */
	gint64      newest_s, oldest_s;  /* ages */
} cache_stats;

static gboolean
count_recipient(void *context, const mg_recipient_key *key, const mg_recollection *known)
{
	cache_stats *stats = context;

	stats->newest_s = stats->n > 0 ? MIN(stats->newest_s, known->age_s) : known->age_s;
	stats->oldest_s = MAX(stats->oldest_s, known->age_s);
	stats->n++;
	stats->n_stale += known->freshness == MG_STALE;
	stats->n_doubted += known->is_doubted != FALSE;
	stats->n_known[known->known]++;
	g_hash_table_add(stats->domains, (gpointer)key->domain);
	return TRUE;
}

static void
report_number(mg_writer *writer, const char *word, gboolean is_there, guint64 number)
{
	g_autofree char *line = is_there ? g_strdup_printf("%s\t%" G_GUINT64_FORMAT, word, number) : g_strconcat(word, "\t", NULL);

	report_line(writer, MG_LEVEL_INFO, line);
}

static void
report_cache_stats(mg_writer *writer, const mg_policy *policy)
{
	gint64 now_s = g_get_monotonic_time() / G_USEC_PER_SEC;
	mg_memory *memory = report_load(writer, policy, now_s);
	cache_stats stats = { .domains = NULL };

	if (memory == NULL)
		return;
	stats.domains = g_hash_table_new(NULL, NULL);
	mg_memory_foreach(memory, &(mg_memory_filter){ 0 }, now_s, count_recipient, &stats);
	report_number(writer, "entries", TRUE, stats.n);
	for (guint known = MG_KNOWN_VALID; known < G_N_ELEMENTS(stats.n_known); known++)
		report_number(writer, mg_known_name((mg_known)known), TRUE, stats.n_known[known]);
	report_number(writer, "doubted", TRUE, stats.n_doubted);
	report_number(writer, "stale", TRUE, stats.n_stale);
	report_number(writer, "domains", TRUE, g_hash_table_size(stats.domains));
	report_number(writer, "newest-s", stats.n > 0, (guint64)stats.newest_s);
	report_number(writer, "oldest-s", stats.n > 0, (guint64)stats.oldest_s);
	report_number(writer, "octets", TRUE, mg_cache_octets(policy));
	g_hash_table_unref(stats.domains);
	mg_memory_free(memory);
}

/* ---- the report ---- */

static void
report_policy(mg_writer *writer, mg_report_kind kind, const mg_policy *policy, const mg_findings *findings)
{
	switch (kind) {
	case MG_REPORT_LINT:         report_findings(writer, findings); break;
	case MG_REPORT_RELAY_MATRIX: report_matrix(writer, policy); break;
	case MG_REPORT_BACKENDS:     report_backends(writer, policy); break;
	case MG_REPORT_CACHE:        report_cache(writer, policy); break;
	case MG_REPORT_CACHE_STATS:  report_cache_stats(writer, policy); break;
	}
}

uint8_t *
mg_report_write(const mg_options *options, mg_report_kind kind, size_t *length_out)
{
	mg_findings *findings = mg_findings_new();
	const mg_rules_source source = mg_rules_source_of(options);
	mg_rules loaded = mg_rules_load(&source, findings);
	mg_writer writer = { 0 };

	mg_writer_begin(&writer, MG_MESSAGE_REPORT, 0);
	report_policy(&writer, loaded.policy == NULL ? MG_REPORT_LINT : kind, loaded.policy, findings);
	mg_findings_free(findings);
	mg_rules_clear(&loaded);
	if (!mg_writer_end(&writer)) {
		mg_writer_clear(&writer);
		return NULL;
	}
	*length_out = writer.length;
	return writer.octets;
}
