/* smtp_reply.c - see smtp_reply.h. */
#include "verify/smtp_reply.h"

#include <string.h>

#define CODE_LENGTH 3

/* ---- lines ---- */

/* Every octet of the line but its CRLF; RFC 5321 4.2 has HT and what is printable, RFC 6531 3.7.4.2 adds UTF-8. */
static gboolean
has_control_octet(const char *line, gsize length)
{
	for (gsize i = 0; i < length; i++) {
		guchar octet = (guchar)line[i];

		if ((octet < ' ' && octet != '\t') || octet == 0x7f)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_code(const char *line, gsize length)
{
	return length >= CODE_LENGTH && line[0] >= '2' && line[0] <= '5' && g_ascii_isdigit(line[1]) && g_ascii_isdigit(line[2]) &&
	       (length == CODE_LENGTH || line[CODE_LENGTH] == ' ' || line[CODE_LENGTH] == '-');
}

static int
code_of(const char *line)
{
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

/* ---- enhanced status codes ---- */

/* A number of one to three digits at *@at, which is moved behind it. */
static gboolean
number_read(const char **at, const char *end, guint16 *number_out)
{
	const char *digit = *at;
	guint16 number = 0;

	for (; digit < end && digit - *at < 3 && g_ascii_isdigit(*digit); digit++)
		number = (guint16)(number * 10 + (*digit - '0'));
	if (digit == *at)
		return FALSE;
	*at = digit;
	*number_out = number;
	return TRUE;
}

/* Returns where the text behind the code begins: @text itself if there is no code (RFC 2034 4). A colon or the like
 * behind it is seen in use; more digits or dots make it something else, an address perhaps. */
static const char *
enhanced_read(const char *text, const char *end, mg_smtp_reply *reply)
{
	const char *at = text + 2;
	guint16 subject, detail;

	if (end - text < 5 || strchr("245", text[0]) == NULL || text[1] != '.')
		return text;
	if (!number_read(&at, end, &subject) || at == end || *at++ != '.' || !number_read(&at, end, &detail))
		return text;
	if (at < end && (g_ascii_isalnum(*at) || *at == '.'))
		return text;
	reply->enhanced_class = (guint8)(text[0] - '0');
	reply->enhanced_subject = subject;
	reply->enhanced_detail = detail;
	return at;
}

static void
text_append(mg_smtp_reply *reply, const char *text, const char *end)
{
	gsize used = strlen(reply->text), room;

	while (text < end && *text == ' ')
		text++;
	if (text == end || used == MG_SMTP_TEXT_MAX)
		return;
	if (used > 0)
		reply->text[used++] = ' ';
	room = MG_SMTP_TEXT_MAX - used;
	memcpy(reply->text + used, text, MIN((gsize)(end - text), room));   /* the rest of it is zeros */
}

/* ---- replies ---- */

static mg_smtp_event
reader_break(mg_smtp_reader *reader, const char *fault)
{
	reader->fault = fault;
	return MG_SMTP_BROKEN;
}

static mg_smtp_event
line_read(mg_smtp_reader *reader)
{
	mg_smtp_reply *reply = &reader->reply, ignored;
	const char *line = reader->line, *text, *end;

	if (reader->length < 2 || line[reader->length - 2] != '\r')
		return reader_break(reader, "bare-lf");
	end = line + reader->length - 2;
	if (has_control_octet(line, (gsize)(end - line)))
		return reader_break(reader, "control-octet");
	if (!is_code(line, (gsize)(end - line)))
		return reader_break(reader, "not-a-reply");

	if (reader->reply_is_over)
		*reply = (mg_smtp_reply){ .code = code_of(line) };
	else if (reply->code != code_of(line))
		return reader_break(reader, "codes-differ");
	if (reply->n_lines == MG_SMTP_LINES_MAX)
		return reader_break(reader, "too-many-lines");
	reply->n_lines++;

	text = MIN(line + CODE_LENGTH + 1, end);
	/* Each line has the code again (RFC 2034 4): the first one counts. */
	text_append(reply, enhanced_read(text, end, reply->n_lines == 1 ? reply : &ignored), end);
	reader->reply_is_over = line[CODE_LENGTH] != '-';
	return reader->reply_is_over ? MG_SMTP_REPLY : MG_SMTP_LINE;
}

void
mg_smtp_reader_init(mg_smtp_reader *reader)
{
	reader->reply = (mg_smtp_reply){ 0 };
	reader->fault = NULL;
	reader->reply_is_over = TRUE;
	reader->line_is_over = TRUE;
	reader->length = 0;
}

mg_smtp_event
mg_smtp_reader_take(mg_smtp_reader *reader, const char *octets, gsize length, gsize *taken_out)
{
	const char *lf;
	gsize room, n;

	*taken_out = 0;
	if (reader->fault != NULL)
		return MG_SMTP_BROKEN;
	if (length == 0)
		return MG_SMTP_MORE;

	if (reader->line_is_over)
		reader->length = 0;
	room = MIN(length, MG_SMTP_LINE_MAX - reader->length);
	lf = memchr(octets, '\n', room);
	n = lf != NULL ? (gsize)(lf - octets) + 1 : room;
	memcpy(reader->line + reader->length, octets, n);
	reader->length += n;
	*taken_out = n;
	reader->line_is_over = lf != NULL;
	if (lf != NULL)
		return line_read(reader);
	return reader->length == MG_SMTP_LINE_MAX ? reader_break(reader, "line-too-long") : MG_SMTP_MORE;
}

gboolean
mg_smtp_reader_is_between(const mg_smtp_reader *reader)
{
	return reader->line_is_over && reader->reply_is_over;
}

gboolean
mg_smtp_reader_has_keyword(const mg_smtp_reader *reader, const char *keyword)
{
	const char *word = reader->line + CODE_LENGTH + 1;
	gsize length = strlen(keyword);

	if (!reader->line_is_over || reader->length < CODE_LENGTH + 1 + length + 2)
		return FALSE;
	return g_ascii_strncasecmp(word, keyword, length) == 0 && (word[length] == ' ' || word[length] == '\r');
}
