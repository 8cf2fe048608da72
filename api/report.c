/* report.c - what needs an engine and no guard: findings about a policy file, as the engine's message tells them; forgetting. */
#include <stdlib.h>

#include "internal.h"

typedef struct report_line {
	int         level;
	const char *text;   /* borrowed from octets */
} report_line;

struct mg_report {
	uint8_t     *octets;   /* owned */
	size_t       length;
	void       (*release)(uint8_t *);
	report_line *lines;    /* owned */
	size_t       n_lines;
};

/* Walks the message; returns how many lines it has, and files them if @lines has room. */
static size_t
report_read(const mg_report *report, report_line *lines)
{
	mg_reader reader;
	mg_field field;
	size_t n_lines = 0;
	int level = MG_LEVEL_INFO;

	if (!mg_reader_open(&reader, report->octets, report->length))
		return 0;
	while (mg_reader_next(&reader, &field)) {
		if (field.id == MG_FIELD_LEVEL)
			level = (int)mg_field_number(&field);
		if (field.id != MG_FIELD_LINE)
			continue;
		if (lines != NULL)
			lines[n_lines] = (report_line){ level, mg_field_text(&field) };
		n_lines++;
	}
	return n_lines;
}

int
mg_report_make(const mg_options *given, mg_report_kind kind, mg_report **report_out)
{
	mg_options options;
	const mg_engine_functions *engine;
	const char *why;
	mg_report *report;
	int error = mg_options_take(given, &options);

	if (error)
		return error;
	if (report_out == NULL || kind < MG_REPORT_LINT || kind > MG_REPORT_CACHE_STATS)
		return MG_E_ARGUMENT;
	engine = mg_embedded_load(options.engine, &why);
	if (engine == NULL)
		return MG_E_ENGINE;
	report = calloc(1, sizeof(*report));
	if (report == NULL)
		return MG_E_MEMORY;
	report->release = engine->release;
	report->octets = engine->report(&options, kind, &report->length);
	if (report->octets == NULL)
		goto out;
	report->n_lines = report_read(report, NULL);
	report->lines = calloc(report->n_lines + 1, sizeof(report->lines[0]));
	if (report->lines == NULL)
		goto out;
	report_read(report, report->lines);
	*report_out = report;
	return MG_OK;
out:
	mg_report_free(report);
	return MG_E_MEMORY;
}

int
mg_report_level(const mg_report *report, size_t index)
{
	return index < report->n_lines ? report->lines[index].level : 0;
}

const char *
mg_report_line(const mg_report *report, size_t index)
{
	return index < report->n_lines ? report->lines[index].text : NULL;
}

int
mg_report_worst(const mg_report *report)
{
	int worst = MG_LEVEL_INFO;

	for (size_t i = 0; i < report->n_lines; i++)
		if (report->lines[i].level < worst)
			worst = report->lines[i].level;
	return worst;
}

void
mg_report_free(mg_report *report)
{
	if (report == NULL)
		return;
	if (report->octets != NULL)
		report->release(report->octets);
	free(report->lines);
	free(report);
}

int
mg_cache_forget(const mg_options *given, const char *what, unsigned *n_out)
{
	mg_options options;
	const mg_engine_functions *engine;
	const char *why;
	unsigned n;
	int error = mg_options_take(given, &options);

	if (error)
		return error;
	if (what == NULL)
		return MG_E_ARGUMENT;
	engine = mg_embedded_load(options.engine, &why);
	if (engine == NULL)
		return MG_E_ENGINE;
	error = engine->forget(&options, what, &n);
	if (!error && n_out != NULL)
		*n_out = n;
	return error;
}
