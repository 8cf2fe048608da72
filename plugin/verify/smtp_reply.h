/* smtp_reply.h - the replies of an SMTP or LMTP server.
 * In:    octets as they come, cut anywhere
 * Out:   lines, and whole replies: code, enhanced status code, text; or what is wrong with them
 * Rules: RFC 5321 4.2, 4.5.3.1.5; RFC 2034 4, RFC 3463 2. Strict: what is not a reply to the last octet (a bare LF, a NUL,
 *        another code on a later line) is a fault, and nothing after a fault is read. Pure; allocates nothing. */
#ifndef MG_VERIFY_SMTP_REPLY_H
#define MG_VERIFY_SMTP_REPLY_H

#include <glib.h>

#define MG_SMTP_TEXT_MAX  200
#define MG_SMTP_LINE_MAX  2048   /* octets, CRLF among them; four times what RFC 5321 4.5.3.1.5 allows */
#define MG_SMTP_LINES_MAX 64

typedef struct mg_smtp_reply {
	int     code;                 /* 200..599 */
	guint8  enhanced_class;       /* 2, 4, 5 (RFC 3463); 0: none given */
	guint16 enhanced_subject, enhanced_detail;
	guint   n_lines;
	char    text[MG_SMTP_TEXT_MAX + 1];   /* of all lines, joined by spaces, without the codes; NUL-terminated.
	                                         Of control octets only tabs, but any 8-bit octets: escape before showing */
} mg_smtp_reply;

typedef enum mg_smtp_event {
	MG_SMTP_MORE,    /* every octet was taken, and no line has ended */
	MG_SMTP_LINE,    /* a line has ended, and the reply goes on */
	MG_SMTP_REPLY,   /* the last line has ended: reader->reply is whole */
	MG_SMTP_BROKEN   /* reader->fault; so it stays */
} mg_smtp_event;

typedef struct mg_smtp_reader {
	mg_smtp_reply reply;           /* as far as it has been read */
	const char   *fault;           /* constant word: "not-a-reply", "bare-lf", "control-octet", "line-too-long",
	                                  "too-many-lines", "codes-differ" */
	gboolean      reply_is_over;   /* the next line begins another reply */
	gboolean      line_is_over;    /* the next octet begins another line */
	gsize         length;          /* of the line, CRLF among it */
	char          line[MG_SMTP_LINE_MAX];
} mg_smtp_reader;

void mg_smtp_reader_init(mg_smtp_reader *reader);

/* Takes octets up to the end of a line; how many is *@taken_out. */
mg_smtp_event mg_smtp_reader_take(mg_smtp_reader *reader, const char *octets, gsize length, gsize *taken_out);

/* Nothing of a reply has come since the last one. */
gboolean mg_smtp_reader_is_between(const mg_smtp_reader *reader);

/* Of the line that has just ended: has it this EHLO keyword (RFC 5321 4.1.1.1), with or without parameters? */
gboolean mg_smtp_reader_has_keyword(const mg_smtp_reader *reader, const char *keyword);

#endif
