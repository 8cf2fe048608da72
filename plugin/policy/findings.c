/* findings.c - see findings.h. */
#include "policy/findings.h"

#include <string.h>

#include "base/log.h"

#define FINDINGS_MAX 1000   /* a list of a million faults is told by its first ones */

struct mg_findings {
	GPtrArray *all;        /* owned; of mg_finding */
	guint      n_errors;
};

static void
finding_free(gpointer data)
{
	mg_finding *finding = data;

	g_free(finding->file);
	g_free(finding->rule);
	g_free(finding->text);
	g_free(finding);
}

mg_findings *
mg_findings_new(void)
{
	mg_findings *findings = g_new0(mg_findings, 1);

	findings->all = g_ptr_array_new_with_free_func(finding_free);
	return findings;
}

void
mg_findings_free(mg_findings *findings)
{
	if (findings == NULL)
		return;
	g_ptr_array_unref(findings->all);
	g_free(findings);
}

void
mg_findings_add(mg_findings *findings, mg_level level, mg_place place, const char *rule, const char *format, ...)
{
	g_autofree char *text = NULL;
	GString *escaped;
	mg_finding *finding;
	va_list arguments;

	findings->n_errors += level == MG_LEVEL_ERROR;
	if (findings->all->len >= FINDINGS_MAX)
		return;
	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	escaped = g_string_new(NULL);
	mg_escape_append(escaped, text, strlen(text), 600);

	finding = g_new0(mg_finding, 1);
	finding->level = level;
	finding->file = g_strdup(place.file);
	finding->line = place.line;
	finding->rule = g_strdup(rule);
	finding->text = g_string_free(escaped, FALSE);
	g_ptr_array_add(findings->all, finding);
}

void
mg_findings_tolerate_last(mg_findings *findings)
{
	findings->n_errors--;
}

guint
mg_findings_count(const mg_findings *findings)
{
	return findings->all->len;
}

const mg_finding *
mg_findings_get(const mg_findings *findings, guint index)
{
	return findings->all->pdata[index];
}

guint
mg_findings_errors(const mg_findings *findings)
{
	return findings->n_errors;
}

char *
mg_finding_format(const mg_finding *finding)
{
	return g_strdup_printf("%s:%u: %s: %s [%s]", finding->file, finding->line, mg_level_name((int)finding->level),
	                       finding->text, finding->rule);
}

void
mg_findings_log(const mg_findings *findings, const mg_log *log)
{
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		const mg_finding *finding = mg_findings_get(findings, i);
		mg_log_line line;

		mg_log_begin(&line, log, finding->level,
		             finding->level == MG_LEVEL_ERROR ? "policy.error" : "policy.warning");
		mg_log_text(&line, "file", finding->file);
		mg_log_number(&line, "line", finding->line);
		mg_log_text(&line, "rule", finding->rule);
		mg_log_text(&line, "text", finding->text);
		mg_log_end(&line);
	}
}
