/* smtpd.c - "example": an SMTP front end that embeds mailguard in one poll loop, to show how a server uses the library.
 * In:    commands (RFC 5321) of many clients at once, on one address
 * Out:   replies made from verdicts. It accepts no message: DATA is refused with 554, nothing is stored or passed on.
 * Rules: a client's commands are answered in order: while the library judges one, what follows it waits. A line ends at
 *        CR LF and nowhere else (RFC 5321 2.3.8); any other octet in it is the client's word and reaches the library. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE   /* accept4, memmem */
#endif
#include <errno.h>
#include <inttypes.h>
#include <mailguard.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 200
#define USERS_MAX   16
#define LINE_OCTETS 1000     /* a command line with its CR LF; RFC 5321 4.5.3.1.4 asks for 512 */
#define REPLY_MAX   1024     /* the longest reply: a verdict's text has up to 400 octets, the one to EHLO is ours */
#define IDLE_MS     300000   /* RFC 5321 4.5.3.2.7; above the library's own deadline (25 s), so that a verdict comes first */
#define LEAVE_MS    10000    /* for the last reply to arrive */
#define ACCEPT_MS   1000     /* pause when the system has no descriptor for another client */

typedef struct span {   /* octets of a line, NUL among them; borrowed from client.input */
	const char *at;
	size_t      n;
} span;

typedef enum client_state {
	CLIENT_NONE,       /* a free place */
	CLIENT_COMMAND,    /* the next line is a command */
	CLIENT_RESPONSE,   /* the next line answers the challenge of AUTH PLAIN */
	CLIENT_OVERLONG,   /* the rest of a line that is too long is dropped */
	CLIENT_ASKED,      /* the library judges; nothing is read */
	CLIENT_LEAVING     /* the last reply goes out; what still comes in is dropped */
} client_state;

typedef struct client {
	struct server *server;        /* borrowed; constant */
	client_state   state;
	int            fd;            /* owned; -1 in a free place */
	mg_session    *session;       /* owned */
	mg_stage       reached;       /* the last stage that was accepted: what may come next (RFC 5321 4.1.4) */
	bool           is_extended, is_authenticated;
	int64_t        deadline_ms;   /* on the monotonic clock */
	char           input[LINE_OCTETS], output[REPLY_MAX];
	size_t         n_input, n_output;   /* one reply at a time: the next line is taken when it has gone out */
} client;

enum { POLLED_SIGNALS, POLLED_GUARD, POLLED_LISTENER, POLLED_CLIENTS };

typedef struct server {
	mg_guard     *guard;                      /* owned */
	char          name[256];
	span          users[USERS_MAX];           /* name NUL password, as AUTH PLAIN sends them; borrowed from argv */
	size_t        n_users;
	uint64_t      n_sessions;
	int64_t       accept_ms;                  /* not before */
	client        clients[CLIENTS_MAX];
	struct pollfd polled[POLLED_CLIENTS + CLIENTS_MAX];   /* a client's place is that in clients */
} server;

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- one client: replies ---- */

static void
client_close(client *client)
{
	/* The session first: with it the question under way is cancelled, so that no verdict comes for a place that
	 * is free, or is another client's by then. */
	mg_session_unref(client->session);
	close(client->fd);
	client->session = NULL;
	client->fd = -1;
	client->n_output = 0;
	client->state = CLIENT_NONE;
}

static void
client_flush(client *client)
{
	while (client->n_output > 0) {
		ssize_t n = send(client->fd, client->output, client->n_output, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;   /* poll tells when there is room */
		if (n < 0) {
			client_close(client);
			return;
		}
		client->n_output -= (size_t)n;
		memmove(client->output, client->output + n, client->n_output);
	}
	/* Not yet close(): with input unread that would reset the connection, and the reply might be lost on the way. */
	if (client->state == CLIENT_LEAVING)
		shutdown(client->fd, SHUT_WR);
}

/* One line, or several with CR LF between them. */
__attribute__((format(printf, 2, 3))) static void
client_reply(client *client, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(client->output, sizeof(client->output) - 2, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= sizeof(client->output) - 2)
		n = snprintf(client->output, sizeof(client->output), "451 4.3.0 Reply too long");   /* never half of one */
	memcpy(client->output + n, "\r\n", 2);
	client->n_output = (size_t)n + 2;
}

static void
client_leave(client *client)
{
	client->state = CLIENT_LEAVING;
	client->deadline_ms = now_ms() + LEAVE_MS;
}

/* ---- one client: questions and verdicts ---- */

static void
client_refuse(client *client, mg_stage stage, int code, const char *enhanced, const char *text)
{
	client_reply(client, "%d %s %s", code, enhanced, text);
	/* A sender that was refused has begun no transaction; the library must forget it too. */
	if (stage == MG_STAGE_MAIL)
		mg_session_reset(client->session);
	if (stage == MG_STAGE_CONNECT || code == 421)   /* 421 promises to close (RFC 5321 3.8); a policy may say it */
		client_leave(client);
}

/* Asks, and leaves it at that: the verdict comes through mg_guard_fd(). Facts are set before, since a question is
 * judged by what the session knew when it was asked. @path points into our buffer: the library has copied it. */
static void
client_ask(client *client, mg_stage stage, span path)
{
	uint64_t request;   /* not kept: the verdict brings our context, and a client has one question at a time */
	int error = mg_ask_stage(client->session, stage, path.at, path.n, &request);

	client->state = error ? CLIENT_COMMAND : CLIENT_ASKED;
	if (error)   /* no memory, or too much under way: never a reason to accept */
		client_refuse(client, stage, stage == MG_STAGE_CONNECT ? 421 : 451, "4.3.0", "Try again later");
}

static void
client_answer(client *client, const mg_verdict *verdict)
{
	mg_stage stage = (mg_stage)mg_verdict_stage(verdict);
	const char *name = client->server->name, *text = mg_verdict_text(verdict);   /* safe to send as it is */

	client->state = CLIENT_COMMAND;
	if (mg_verdict_action(verdict) != MG_ACCEPT) {
		client_refuse(client, stage, mg_verdict_code(verdict), mg_verdict_enhanced(verdict), text);
		return;
	}
	switch (stage) {
	case MG_STAGE_CONNECT:
		client_reply(client, "220 %s ESMTP", name);
		break;
	case MG_STAGE_HELO:   /* SMTPUTF8 brings 8BITMIME with it (RFC 6531 3.1) */
		if (client->is_extended)
			client_reply(client, "250-%s\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n%s250 ENHANCEDSTATUSCODES", name,
			             client->server->n_users > 0 ? "250-AUTH PLAIN\r\n" : "");
		else
			client_reply(client, "250 %s", name);
		break;
	case MG_STAGE_MAIL:
	case MG_STAGE_RCPT:
		client_reply(client, "%d %s %s", mg_verdict_code(verdict), mg_verdict_enhanced(verdict), text);
		break;
	case MG_STAGE_DATA:
		client_reply(client, "554 5.7.0 No messages are accepted here");
		return;
	}
	client->reached = stage;
}

/* ---- one client: commands ---- */

/* The next word of @rest, spaces around it taken off. */
static bool
take_word(span *rest, span *word_out)
{
	while (rest->n > 0 && *rest->at == ' ')
		rest->at++, rest->n--;
	*word_out = *rest;
	while (rest->n > 0 && *rest->at != ' ')
		rest->at++, rest->n--;
	word_out->n -= rest->n;
	return word_out->n > 0;
}

static bool
span_begins(span text, const char *with)
{
	return text.n >= strlen(with) && strncasecmp(text.at, with, strlen(with)) == 0;
}

static bool
span_is(span text, const char *word)
{
	return text.n == strlen(word) && span_begins(text, word);
}

/* "FROM:<path>": only where it ends is looked at (not at a ">" in quotes, RFC 5321 4.1.2), the path is the library's. */
static bool
take_path(span *rest, const char *keyword, span *path_out)
{
	size_t n = strlen(keyword);
	bool quoted = false;

	if (!span_begins(*rest, keyword))
		return false;
	while (n < rest->n && rest->at[n] == ' ')
		n++;
	if (n == rest->n || rest->at[n] != '<')
		return false;
	*path_out = (span){ rest->at + n + 1, 0 };
	for (n++; n < rest->n && (quoted || rest->at[n] != '>'); n++) {
		if (quoted && rest->at[n] == '\\')
			n++;
		else if (rest->at[n] == '"')
			quoted = !quoted;
	}
	if (n >= rest->n || (n + 1 < rest->n && rest->at[n + 1] != ' '))
		return false;
	path_out->n = (size_t)(rest->at + n - path_out->at);
	*rest = (span){ rest->at + n + 1, rest->n - n - 1 };
	return true;
}

static void
take_helo(client *client, span rest, bool is_extended)
{
	span word;

	if (!take_word(&rest, &word)) {
		client_reply(client, "501 5.5.4 A name was expected");
		return;
	}
	word.n += rest.n;   /* more words than one are for the library to judge */
	if (mg_session_set_helo(client->session, word.at, word.n, is_extended ? MG_HELO_EXTENDED : 0) != MG_OK) {
		client_reply(client, "451 4.3.0 Try again later");
		return;
	}
	client->is_extended = is_extended;
	client->reached = MG_STAGE_CONNECT;   /* until the verdict; a transaction ends here (RFC 5321 4.1.4) */
	client_ask(client, MG_STAGE_HELO, (span){ NULL, 0 });
}

static void
take_helo_word(client *client, span rest)
{
	take_helo(client, rest, false);
}

static void
take_ehlo_word(client *client, span rest)
{
	take_helo(client, rest, true);
}

static void
take_mail(client *client, span rest)
{
	span path, word;
	uint32_t flags = 0;

	if (!take_path(&rest, "FROM:", &path)) {
		client_reply(client, "501 5.5.4 FROM:<path> was expected");
		return;
	}
	while (take_word(&rest, &word)) {
		if (span_is(word, "SMTPUTF8")) {
			flags |= MG_MAIL_SMTPUTF8;
		} else if (!span_is(word, "BODY=7BIT") && !span_is(word, "BODY=8BITMIME")
		           && !(client->server->n_users > 0 && span_begins(word, "AUTH="))) {   /* RFC 4954 5 */
			client_reply(client, "555 5.5.4 Parameter not known");
			return;
		}
	}
	if (mg_session_set_mail_from(client->session, path.at, path.n, flags) != MG_OK)
		client_reply(client, "451 4.3.0 Try again later");
	else
		client_ask(client, MG_STAGE_MAIL, (span){ NULL, 0 });
}

static void
take_rcpt(client *client, span rest)
{
	span path, word;

	if (!take_path(&rest, "TO:", &path))
		client_reply(client, "501 5.5.4 TO:<path> was expected");
	else if (take_word(&rest, &word))
		client_reply(client, "555 5.5.4 Parameter not known");
	else   /* no fact: each forward-path is a question of its own */
		client_ask(client, MG_STAGE_RCPT, path);
}

static void
take_data(client *client, span rest)
{
	(void)rest;
	client_ask(client, MG_STAGE_DATA, (span){ NULL, 0 });
}

static void
take_rset(client *client, span rest)
{
	(void)rest;
	mg_session_reset(client->session);
	if (client->reached > MG_STAGE_HELO)
		client->reached = MG_STAGE_HELO;
	client_reply(client, "250 2.0.0 Ok");
}

static void
take_noop(client *client, span rest)
{
	(void)rest;
	client_reply(client, "250 2.0.0 Ok");
}

static void
take_vrfy(client *client, span rest)
{
	(void)rest;
	client_reply(client, "252 2.0.0 Nothing is said about users here");
}

static void
take_quit(client *client, span rest)
{
	(void)rest;
	client_reply(client, "221 2.0.0 Bye");
	client_leave(client);
}

/* RFC 4648 4. @out_max >= text.n. Octets written, or -1. */
static int
base64_decode(span text, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	int n = 0;

	if (text.n == 0 || text.n % 4 != 0)
		return -1;
	text.n -= text.at[text.n - 1] != '=' ? 0 : text.at[text.n - 2] != '=' ? 1 : 2;
	for (size_t i = 0; i < text.n; i++) {
		const char *digit = memchr(digits, text.at[i], sizeof(digits) - 1);

		if (digit == NULL)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (i % 4 > 0)
			out[n++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return n;
}
