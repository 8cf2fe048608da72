/* reports.c - see reports.h. */
#include "reports.h"

#include <time.h>

#include "check/matrix.h"
#include "rules.h"
#include "store/store.h"
#include "wire.h"

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

static gboolean
report_recipient(void *context, const mg_recipient_key *key, const mg_recollection *known)
{
	mg_writer *writer = context;
	g_autofree char *line = g_strdup_printf("%s@%s\t%s\t%" G_GINT64_FORMAT "\t%d\t%s", key->local_part, key->domain,
	                                        known->is_doubted ? "doubted" : mg_known_name(known->known), known->age_s, known->code,
	                                        known->freshness == MG_STALE ? "stale" : "fresh");

	report_line(writer, MG_LEVEL_INFO, line);
	return TRUE;
}

/* What the store holds, the proof of last time first. */
static void
report_cache(mg_writer *writer, const mg_policy *policy)
{
	static const mg_log silent = { NULL, NULL, MG_LEVEL_ERROR };
	static const mg_memory_filter all = { NULL, NULL, FALSE };
	const char *path = policy->recipients.cache;
	gint64 now_s = g_get_monotonic_time() / G_USEC_PER_SEC;
	mg_memory *memory;

	if (path == NULL || !g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	memory = mg_memory_new(MG_MEMORY_OCTETS, 0);
	mg_store_free(mg_store_open(path, memory, &silent, now_s, (gint64)time(NULL)));
	mg_memory_foreach(memory, &all, now_s, report_recipient, writer);
	mg_memory_free(memory);
}

static void
report_policy(mg_writer *writer, mg_report_kind kind, const mg_policy *policy, const mg_findings *findings)
{
	switch (kind) {
	case MG_REPORT_LINT:         report_findings(writer, findings); break;
	case MG_REPORT_RELAY_MATRIX: report_matrix(writer, policy); break;
	case MG_REPORT_BACKENDS:     report_backends(writer, policy); break;
	case MG_REPORT_CACHE:        report_cache(writer, policy); break;
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
