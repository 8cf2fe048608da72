/* trace.c - see trace.h. */
#include "base/trace.h"

#include <string.h>

#include "base/log.h"

struct mg_trace {
	GPtrArray *lines;   /* owned; of owned strings */
};

mg_trace *
mg_trace_new(void)
{
	mg_trace *trace = g_new0(mg_trace, 1);

	trace->lines = g_ptr_array_new_with_free_func(g_free);
	return trace;
}

void
mg_trace_free(mg_trace *trace)
{
	if (trace == NULL)
		return;
	g_ptr_array_unref(trace->lines);
	g_free(trace);
}

void
mg_trace_add(mg_trace *trace, const char *format, ...)
{
	g_autofree char *line = NULL;
	GString *escaped;
	va_list arguments;

	if (trace == NULL || trace->lines->len > MG_TRACE_LINES_MAX)
		return;
	if (trace->lines->len == MG_TRACE_LINES_MAX) {
		g_ptr_array_add(trace->lines, g_strdup("trace: there is more, which is not kept"));
		return;
	}
	va_start(arguments, format);
	line = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	escaped = g_string_sized_new(strlen(line) + 1);
	mg_escape_append(escaped, line, strlen(line), MG_TRACE_LINE_MAX);
	g_ptr_array_add(trace->lines, g_string_free(escaped, FALSE));
}

gsize
mg_trace_size(const mg_trace *trace)
{
	gsize size = sizeof(*trace) + trace->lines->len * (sizeof(gpointer) + 2 * sizeof(gsize));

	for (guint i = 0; i < trace->lines->len; i++)
		size += strlen(trace->lines->pdata[i]) + 1;
	return size;
}

guint
mg_trace_count(const mg_trace *trace)
{
	return trace->lines->len;
}

const char *
mg_trace_get(const mg_trace *trace, guint index)
{
	return trace->lines->pdata[index];
}
