/* log.c - see log.h. */
#include "base/log.h"

#include <string.h>

/* The longest value that the network sends (a path) fits; longer ones are cut before they cost the line. */
#define VALUE_MAX 320

static const char HEX[] = "0123456789abcdef";

static inline gboolean
is_plain(guchar octet)
{
	return octet >= ' ' && octet <= '~' && octet != '"' && octet != '\\';
}

/* One octet in at most four; returns how many. */
static gsize
escape_octet(guchar octet, char out[4])
{
	if (is_plain(octet)) {
		out[0] = (char)octet;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = HEX[octet >> 4];
	out[3] = HEX[octet & 15];
	return 4;
}

void
mg_escape_append(GString *out, const void *octets, gsize length, gsize max)
{
	const guchar *source = octets;
	gsize n = MIN(length, max);
	char escaped[4];

	for (gsize i = 0; i < n;) {
		gsize start = i;

		while (i < n && is_plain(source[i]))
			i++;
		g_string_append_len(out, (const char *)source + start, (gssize)(i - start));
		if (i < n)
			g_string_append_len(out, escaped, (gssize)escape_octet(source[i++], escaped));
	}
	if (length > max)
		g_string_append(out, "...");
}

static void
line_append(mg_log_line *line, const char *text, gsize length)
{
	if (line->cut || length > MG_LOG_LINE_MAX - line->length) {
		line->cut = TRUE;
		return;
	}
	memcpy(line->text + line->length, text, length);
	line->length += length;
	if (line->length <= MG_LOG_LINE_MAX - strlen("..."))
		line->whole = line->length;
}

void
mg_log_begin(mg_log_line *line, const mg_log *log, mg_level level, const char *event)
{
	line->log = log->function != NULL && level <= log->level ? log : NULL;
	line->level = level;
	line->length = line->whole = 0;
	line->cut = FALSE;
	if (line->log != NULL)
		line_append(line, event, strlen(event));
}

static void
line_append_key(mg_log_line *line, const char *key)
{
	line_append(line, " ", 1);
	line_append(line, key, strlen(key));
	line_append(line, "=", 1);
}

void
mg_log_octets(mg_log_line *line, const char *key, const void *octets, gsize length)
{
	const guchar *source = octets;
	gboolean quote = length == 0;
	char escaped[4];

	if (line->log == NULL)
		return;
	for (gsize i = 0; i < length && !quote; i++)
		quote = source[i] == ' ' || source[i] == '=' || source[i] == '"' || source[i] == '\\';
	line_append_key(line, key);
	if (quote)
		line_append(line, "\"", 1);
	for (gsize i = 0; i < MIN(length, VALUE_MAX); i++)
		line_append(line, escaped, escape_octet(source[i], escaped));
	if (length > VALUE_MAX)
		line_append(line, "...", 3);
	if (quote)
		line_append(line, "\"", 1);
}

void
mg_log_text(mg_log_line *line, const char *key, const char *value)
{
	mg_log_octets(line, key, value, strlen(value));
}

void
mg_log_number(mg_log_line *line, const char *key, gint64 number)
{
	char text[32];

	if (line->log == NULL)
		return;
	g_snprintf(text, sizeof(text), "%" G_GINT64_FORMAT, number);
	line_append_key(line, key);
	line_append(line, text, strlen(text));
}

void
mg_log_end(mg_log_line *line)
{
	if (line->log == NULL)
		return;
	line->text[line->length] = 0;
	if (line->cut)
		memcpy(line->text + line->whole, "...", strlen("...") + 1);
	line->log->function(line->log->context, line->level, line->text);
}
