/* trace.h - why a verdict is what it is, line by line, for a person.
 * In:    sentences of ours with words of the network in them
 * Out:   lines of printable ASCII
 * Rules: a NULL trace takes nothing and costs a comparison, so that pure decisions can be had without one. */
#ifndef MG_BASE_TRACE_H
#define MG_BASE_TRACE_H

#include <glib.h>

#define MG_TRACE_LINE_MAX  600   /* octets of a line before it is escaped */
#define MG_TRACE_LINES_MAX 200   /* more are counted, not kept */

typedef enum mg_trace_detail {
	MG_TRACE_NONE,    /* there is no trace: NULL */
	MG_TRACE_BRIEF,   /* what had a part in the result */
	MG_TRACE_FULL     /* everything that was looked at */
} mg_trace_detail;

typedef struct mg_trace mg_trace;

/* @about: a constant that begins each line, "about: "; NULL: lines stand alone. NULL for MG_TRACE_NONE. */
mg_trace *mg_trace_new(mg_trace_detail detail, const char *about);
void mg_trace_free(mg_trace *trace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_trace, mg_trace_free)

gboolean mg_trace_is_full(const mg_trace *trace);   /* FALSE for NULL */

/* Whatever the format brings in is escaped as in the log. */
void mg_trace_add(mg_trace *trace, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* All lines of another, as they are. */
void mg_trace_add_all(mg_trace *trace, const mg_trace *other);
/* The lines from number @count on are taken back. */
void mg_trace_rewind(mg_trace *trace, guint count);

gsize mg_trace_size(const mg_trace *trace);   /* octets of memory */
guint mg_trace_count(const mg_trace *trace);   /* 0 for NULL */
const char *mg_trace_get(const mg_trace *trace, guint index);

#endif
