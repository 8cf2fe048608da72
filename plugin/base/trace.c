/* trace.c - see trace.h. */
#include "base/trace.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

struct mg_trace {
	mg_trace_detail detail;
	const char     *about;    /* constant; NULL: none */
	GString        *text;     /* owned; the lines, a NUL behind each; NULL: there are none */
	guint32        *starts;   /* owned; of each line, in text */
	guint           n_lines, n_room;
};

mg_trace *
mg_trace_new(mg_trace_detail detail, const char *about)
{
	mg_trace *trace = detail != MG_TRACE_NONE ? g_new0(mg_trace, 1) : NULL;

	if (trace == NULL)
		return NULL;
	trace->detail = detail;
	trace->about = about;
	return trace;
}

static void
trace_clear(mg_trace *trace)
{
	if (trace->text != NULL)
		g_string_free(trace->text, TRUE);
	trace->text = NULL;
	g_clear_pointer(&trace->starts, g_free);
	trace->n_lines = trace->n_room = 0;
}

void
mg_trace_free(mg_trace *trace)
{
	if (trace == NULL)
		return;
	trace_clear(trace);
	g_free(trace);
}

gboolean
mg_trace_is_full(const mg_trace *trace)
{
	return trace != NULL && trace->detail == MG_TRACE_FULL;
}

/* FALSE: the trace takes no more. */
static gboolean
trace_begin(mg_trace *trace)
{
	static const char more[] = "trace: there is more, which is not kept";

	if (trace->n_lines > MG_TRACE_LINES_MAX)
		return FALSE;
	if (trace->text == NULL)
		trace->text = g_string_sized_new(1000);
	if (trace->n_lines == trace->n_room) {
		trace->n_room = MAX(2 * trace->n_room, 16);
		trace->starts = g_renew(guint32, trace->starts, trace->n_room);
	}
	trace->starts[trace->n_lines++] = (guint32)trace->text->len;
	if (trace->n_lines <= MG_TRACE_LINES_MAX)
		return TRUE;
	g_string_append_len(trace->text, more, sizeof(more));
	return FALSE;
}

void
mg_trace_add(mg_trace *trace, const char *format, ...)
{
	char line[MG_TRACE_LINE_MAX + 2];
	va_list arguments;
	int length;

	if (trace == NULL || !trace_begin(trace))
		return;
	va_start(arguments, format);
	length = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (trace->about != NULL) {
		g_string_append(trace->text, trace->about);
		g_string_append_len(trace->text, ": ", 2);
	}
	mg_escape_append(trace->text, line, (gsize)CLAMP(length, 0, (int)sizeof(line) - 1), MG_TRACE_LINE_MAX);
	g_string_append_c(trace->text, 0);
}

void
mg_trace_add_all(mg_trace *trace, const mg_trace *other)
{
	for (guint i = 0; trace != NULL && i < mg_trace_count(other); i++) {
		const char *line = mg_trace_get(other, i);

		if (trace_begin(trace))
			g_string_append_len(trace->text, line, (gssize)strlen(line) + 1);
	}
}

void
mg_trace_rewind(mg_trace *trace, guint count)
{
	if (trace == NULL || count >= trace->n_lines)
		return;
	if (count == 0) {   /* it may be long until there is another line */
		trace_clear(trace);
		return;
	}
	g_string_truncate(trace->text, trace->starts[count]);
	trace->n_lines = count;
}

gsize
mg_trace_size(const mg_trace *trace)
{
	return sizeof(*trace) + trace->n_room * sizeof(trace->starts[0])
	       + (trace->text != NULL ? trace->text->allocated_len : 0);
}

guint
mg_trace_count(const mg_trace *trace)
{
	return trace != NULL ? trace->n_lines : 0;
}

const char *
mg_trace_get(const mg_trace *trace, guint index)
{
	return trace->text->str + trace->starts[index];
}
