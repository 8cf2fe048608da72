/* log.h - the structured log, one line at a time, out through the caller's function.
 * In:    an event and its keys and values, in any octets
 * Out:   "event key=value key=\"value with spaces\"", printable ASCII, at most 1,024 octets
 * Rules: whatever is not printable ASCII, and quotes and backslashes, becomes \xNN; a line too long is cut and
 *        ends in "...". A line below the wanted level costs a comparison. */
#ifndef MG_BASE_LOG_H
#define MG_BASE_LOG_H

#include <glib.h>

#include "mailguard/options.h"

#define MG_LOG_LINE_MAX 1024

typedef struct mg_log {
	mg_log_function function;   /* NULL: nothing is logged */
	void           *context;    /* borrowed from the caller of mg_guard_open */
	mg_level        level;      /* the least weighty line wanted */
} mg_log;

typedef struct mg_log_line {
	const mg_log *log;          /* borrowed; NULL when this line is not wanted */
	mg_level      level;
	gsize         length;
	gsize         whole;        /* up to here, what was appended ends where there is room for "..." */
	gboolean      cut;
	char          text[MG_LOG_LINE_MAX + 1];
} mg_log_line;

/* @event and every @key are our own words. */
void mg_log_begin(mg_log_line *line, const mg_log *log, mg_level level, const char *event);
void mg_log_text(mg_log_line *line, const char *key, const char *value);
void mg_log_octets(mg_log_line *line, const char *key, const void *octets, gsize length);
void mg_log_number(mg_log_line *line, const char *key, gint64 number);
/* Sends the line. */
void mg_log_end(mg_log_line *line);

/* Appends @octets to @out in the log's escapes, as traces show them too; at most @max octets of the source. */
void mg_escape_append(GString *out, const void *octets, gsize length, gsize max);

#endif
