/* scripted_smtp.h - an SMTP backend for tests, on loopback, in the same thread: it plays what a row tells it to.
 * Each connection follows a script: what is replied to each command. smtp_run() waits for the engine's loop and for the
 * backends together. A reply goes out with CRLF behind it, and may begin or end with what else happens:
 *   "!silent" "!close" "!reset"      nothing is said; and the connection is closed, is reset
 *   "!raw:..."                       as it is, without CRLF
 *   "!drip:..."                      an octet each DRIP_MS
 *   "...!close" "...!reset"          said, then that */
#ifndef MG_TEST_SCRIPTED_SMTP_H
#define MG_TEST_SCRIPTED_SMTP_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/un.h>

#include "scripted_dns.h"

#define SMTP_CONNECTIONS 256
#define SMTP_SCRIPTS     3
#define SMTP_RCPTS       4
#define DRIP_MS          100

typedef struct smtp_script {
	const char *banner, *ehlo, *helo, *starttls, *mail, *rset, *quit;   /* NULL: as a good server does */
	const char *rcpt[SMTP_RCPTS];    /* of one connection, in turn; the last one stays; NULL: as a good server, to whom
	                                    Local-parts that begin with "no" are unknown */
	const char *ehlo_secured;        /* after TLS */
	gboolean    forgets_input;       /* what came with a command, behind it, is lost: PIPELINING is broken */
	gboolean    is_deaf_after_220;   /* a TLS handshake never goes on */
	gboolean    is_mute;             /* nothing is heard or said, for now */
} smtp_script;

typedef struct smtp_connection {
	int                fd;
	const smtp_script *script;
	GString           *received, *output;
	gboolean           is_dripping, closes, resets, is_discarding;
	gint64             next_drip_us;
	guint              n_rcpt;
	SSL               *ssl;          /* once 220 to STARTTLS is out */
	gboolean           is_secured;
} smtp_connection;

typedef struct smtp_server {
	int              listen_fd;
	guint16          port;
	char            *path;           /* of a UNIX socket; NULL: TCP */
	const smtp_script *scripts[SMTP_SCRIPTS];   /* of the first connections; the last one stays */
	const char      *postmaster, *canary;       /* what is replied to RCPT of these, whatever the script; NULL: as to any other */
	SSL_CTX         *tls;            /* borrowed */
	smtp_connection  connections[SMTP_CONNECTIONS];
	guint            n_connections;  /* ever */
	guint            n_open, n_open_most;
	guint            n_mail, n_rcpt, n_rset, n_quit, n_forbidden, n_batch_most;
	guint            n_canaries;     /* among n_rcpt: Local-parts that we make up */
	GString         *transcript;     /* what clients said */
} smtp_server;

#define EHLO_GOOD "250-backend.example greets you\r\n250-PIPELINING\r\n250 8BITMIME"
#define EHLO_SLOW "250-backend.example greets you\r\n250 8BITMIME"
#define EHLO_TLS  "250-backend.example greets you\r\n250-PIPELINING\r\n250 STARTTLS"

static inline void
smtp_server_begin_on(smtp_server *server, const smtp_script *script, guint32 ip)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(ip) };
	socklen_t length = sizeof(address);

	*server = (smtp_server){ .scripts = { script }, .transcript = g_string_new(NULL) };
	server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_assert_cmpint(bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(server->listen_fd, 128), ==, 0);
	g_assert_cmpint(getsockname(server->listen_fd, (struct sockaddr *)&address, &length), ==, 0);
	server->port = ntohs(address.sin_port);
}

static inline void
smtp_server_begin(smtp_server *server, const smtp_script *script)
{
	smtp_server_begin_on(server, script, INADDR_LOOPBACK);
}

/* @path: taken over. */
static inline void
smtp_server_begin_unix(smtp_server *server, const smtp_script *script, char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*server = (smtp_server){ .scripts = { script }, .transcript = g_string_new(NULL), .path = path };
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_assert_cmpint(bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(server->listen_fd, 128), ==, 0);
}

static inline void
smtp_close(smtp_server *server, smtp_connection *connection, gboolean resets)
{
	const struct linger at_once = { 1, 0 };

	if (connection->fd < 0)
		return;
	if (resets)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	SSL_free(connection->ssl);
	connection->ssl = NULL;
	close(connection->fd);
	connection->fd = -1;
	server->n_open--;
}

static inline void
smtp_server_stop_listening(smtp_server *server)
{
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	server->listen_fd = -1;
	if (server->path != NULL)
		unlink(server->path);
}

static inline void
smtp_server_end(smtp_server *server)
{
	for (guint i = 0; i < server->n_connections; i++) {
		smtp_close(server, &server->connections[i], FALSE);
		g_string_free(server->connections[i].received, TRUE);
		g_string_free(server->connections[i].output, TRUE);
	}
	smtp_server_stop_listening(server);
	g_free(server->path);
	g_string_free(server->transcript, TRUE);
}

/* All connections there are. */
static inline void
smtp_server_kill(smtp_server *server)
{
	for (guint i = 0; i < server->n_connections; i++)
		smtp_close(server, &server->connections[i], FALSE);
}

/* ---- saying ---- */

static inline void
smtp_say(smtp_connection *connection, const char *reply)
{
	const char *end;

	if (strcmp(reply, "!silent") == 0)
		return;
	if (g_str_has_prefix(reply, "!raw:")) {
		g_string_append(connection->output, reply + 5);
		return;
	}
	if (g_str_has_prefix(reply, "!drip:")) {
		connection->is_dripping = TRUE;
		reply += 6;
	}
	end = strchr(reply, '!');
	if (end != NULL) {
		connection->closes = TRUE;
		connection->resets = strcmp(end, "!reset") == 0;
	} else {
		end = reply + strlen(reply);
	}
	g_string_append_len(connection->output, reply, end - reply);
	if (end > reply)
		g_string_append(connection->output, "\r\n");
}

static inline gssize
smtp_write(smtp_connection *connection, const char *octets, gsize length)
{
	int written;

	if (!connection->is_secured)
		return send(connection->fd, octets, length, MSG_NOSIGNAL);
	written = SSL_write(connection->ssl, octets, (int)length);
	return written > 0 ? written : -1;
}

static inline void
smtp_send(smtp_server *server, smtp_connection *connection)
{
	gsize length = connection->output->len;
	gssize sent;

	if (connection->fd < 0)
		return;
	if (length > 0 && connection->is_dripping) {
		if (g_get_monotonic_time() < connection->next_drip_us)
			return;
		connection->next_drip_us = g_get_monotonic_time() + DRIP_MS * 1000;
		length = 1;
	}
	if (length > 0 && (sent = smtp_write(connection, connection->output->str, length)) > 0)
		g_string_erase(connection->output, 0, sent);
	if (connection->closes && connection->output->len == 0)
		smtp_close(server, connection, connection->resets);
}

/* ---- hearing ---- */

static inline const char *
smtp_or(const char *scripted, const char *good)
{
	return scripted != NULL ? scripted : good;
}

/* 20 of [a-z0-9], as no recipient of a test is called. */
static inline gboolean
smtp_is_canary(const char *line)
{
	const char *local_part = line + strlen("RCPT TO:<");

	return strspn(local_part, "abcdefghijklmnopqrstuvwxyz0123456789") == 20 && local_part[20] == '@';
}

static inline const char *
smtp_rcpt_reply(smtp_server *server, smtp_connection *connection, const char *line)
{
	const smtp_script *script = connection->script;
	guint n;

	server->n_canaries += smtp_is_canary(line);
	if (server->postmaster != NULL && g_str_has_prefix(line, "RCPT TO:<postmaster@"))
		return server->postmaster;
	if (server->canary != NULL && smtp_is_canary(line))
		return server->canary;
	n = connection->n_rcpt++;
	if (script->rcpt[0] == NULL)
		return g_str_has_prefix(line, "RCPT TO:<no") ? "550 5.1.1 No such user" : "250 2.1.5 Ok";
	while (n >= SMTP_RCPTS || script->rcpt[n] == NULL)
		n--;
	return script->rcpt[n];
}

static inline void
smtp_begin_tls(smtp_server *server, smtp_connection *connection)
{
	smtp_send(server, connection);
	if (connection->script->is_deaf_after_220 || server->tls == NULL)
		return;
	connection->ssl = SSL_new(server->tls);
	SSL_set_fd(connection->ssl, connection->fd);
	SSL_set_accept_state(connection->ssl);
}

static inline void
smtp_hear(smtp_server *server, smtp_connection *connection, const char *line)
{
	const smtp_script *script = connection->script;

	g_string_append_printf(server->transcript, "%s\n", line);
	if (g_str_has_prefix(line, "EHLO ") || g_str_has_prefix(line, "LHLO ")) {
		smtp_say(connection, connection->is_secured ? smtp_or(script->ehlo_secured, EHLO_GOOD)
		                                            : smtp_or(script->ehlo, EHLO_GOOD));
	} else if (g_str_has_prefix(line, "HELO ")) {
		smtp_say(connection, smtp_or(script->helo, "250 backend.example"));
	} else if (strcmp(line, "STARTTLS") == 0) {
		smtp_say(connection, smtp_or(script->starttls, "220 2.0.0 Go on"));
		if (script->starttls == NULL || g_str_has_prefix(script->starttls, "220"))
			smtp_begin_tls(server, connection);
	} else if (g_str_has_prefix(line, "MAIL FROM:")) {
		server->n_mail++;
		smtp_say(connection, smtp_or(script->mail, "250 2.1.0 Ok"));
	} else if (g_str_has_prefix(line, "RCPT TO:")) {
		server->n_rcpt++;
		smtp_say(connection, smtp_rcpt_reply(server, connection, line));
	} else if (strcmp(line, "RSET") == 0) {
		server->n_rset++;
		smtp_say(connection, smtp_or(script->rset, "250 2.0.0 Ok"));
	} else if (strcmp(line, "QUIT") == 0) {
		server->n_quit++;
		smtp_say(connection, smtp_or(script->quit, "221 2.0.0 Bye!close"));
	} else {
		server->n_forbidden++;   /* DATA, VRFY, anything */
		smtp_say(connection, "500 5.5.2 What?");
	}
}

static inline void
smtp_read_lines(smtp_server *server, smtp_connection *connection)
{
	guint n_rcpt = server->n_rcpt;
	char *end;

	while (!connection->closes && connection->fd >= 0
	       && (end = strstr(connection->received->str, "\r\n")) != NULL) {
		g_autofree char *line = g_strndup(connection->received->str, (gsize)(end - connection->received->str));

		g_string_erase(connection->received, 0, (gssize)strlen(line) + 2);
		if (connection->script->forgets_input)
			g_string_truncate(connection->received, 0);
		smtp_hear(server, connection, line);
	}
	server->n_batch_most = MAX(server->n_batch_most, server->n_rcpt - n_rcpt);
}

static inline gssize
smtp_read(smtp_connection *connection, char *octets, gsize size)
{
	int length;

	if (connection->ssl == NULL)
		return recv(connection->fd, octets, size, 0);
	if (!connection->is_secured) {
		length = SSL_accept(connection->ssl);
		connection->is_secured = length == 1;
	}
	length = SSL_read(connection->ssl, octets, (int)size);
	if (length > 0)
		return length;
	errno = EAGAIN;
	return SSL_get_error(connection->ssl, length) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static inline void
smtp_work_connection(smtp_server *server, smtp_connection *connection)
{
	char octets[4096];
	gssize length;

	if (connection->script->is_mute)
		return;
	while (connection->fd >= 0 && (length = smtp_read(connection, octets, sizeof(octets))) != -1) {
		if (length == 0) {
			smtp_close(server, connection, FALSE);
			return;
		}
		g_string_append_len(connection->received, octets, length);
		smtp_read_lines(server, connection);
	}
	if (connection->fd >= 0 && connection->ssl == NULL && errno != EAGAIN)
		smtp_close(server, connection, FALSE);
	smtp_send(server, connection);
}

static inline void
smtp_server_work(smtp_server *server)
{
	int fd;

	while (server->listen_fd >= 0 && (fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		smtp_connection *connection = &server->connections[server->n_connections];
		guint n = MIN(server->n_connections, SMTP_SCRIPTS - 1);

		g_assert(server->n_connections < SMTP_CONNECTIONS);
		while (server->scripts[n] == NULL)
			n--;
		*connection = (smtp_connection){ .fd = fd, .script = server->scripts[n],
		                                 .received = g_string_new(NULL), .output = g_string_new(NULL) };
		server->n_connections++;
		server->n_open++;
		server->n_open_most = MAX(server->n_open_most, server->n_open);
		smtp_say(connection, smtp_or(connection->script->banner, "220 backend.example ESMTP"));
	}
	for (guint i = 0; i < server->n_connections; i++)
		if (server->connections[i].fd >= 0)
			smtp_work_connection(server, &server->connections[i]);
}

/* Both sides work until *@done reaches @wanted, or @most_ms are over. FALSE if they are. */
static inline gboolean
smtp_run(mg_loop *loop, smtp_server *servers, guint n_servers, const guint *done, guint wanted, guint most_ms)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)most_ms * 1000;

	while (*done < wanted) {
		struct pollfd fd = { mg_loop_fd(loop), POLLIN, 0 };

		if (g_get_monotonic_time() > until_us)
			return FALSE;
		poll(&fd, 1, 1);   /* the backend's side looks around each millisecond */
		for (guint i = 0; i < n_servers; i++)
			smtp_server_work(&servers[i]);
		mg_loop_dispatch(loop);
	}
	return TRUE;
}

#endif
