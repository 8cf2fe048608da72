/* trace.h - why a verdict is what it is, line by line, for a person.
 * In:    sentences of ours with words of the network in them
 * Out:   lines of printable ASCII
 * Rules: a NULL trace takes nothing and costs a comparison, so that pure decisions can be had without one. */
#ifndef MG_BASE_TRACE_H
#define MG_BASE_TRACE_H

#include <glib.h>

#define MG_TRACE_LINE_MAX  600   /* octets of a line before it is escaped */
#define MG_TRACE_LINES_MAX 200   /* more are counted, not kept */

typedef struct mg_trace mg_trace;

mg_trace *mg_trace_new(void);
void mg_trace_free(mg_trace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_trace, mg_trace_free)

/* Whatever the format brings in is escaped as in the log. */
void mg_trace_add(mg_trace *trace, const char *format, ...) G_GNUC_PRINTF(2, 3);

gsize mg_trace_size(const mg_trace *trace);   /* octets of memory */
guint mg_trace_count(const mg_trace *trace);
const char *mg_trace_get(const mg_trace *trace, guint index);

#endif
