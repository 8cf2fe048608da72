/* connection.h - one connection to a backend: a socket and what is said over it.
 * In:    an endpoint, one address of it; batches of recipients
 * Out:   their answers, as the dialogue reads them; what became of the connection
 * Owns:  a socket, close-on-exec, and its TLS; the dialogue
 * Rules: RELIABILITY 4.3, 4.5: deadlines are absolute, so a peer that drips gains nothing; after one the connection is closed
 *        without a word. Whatever is a surprise ends it. An idle one is closed in time, with QUIT. */
#ifndef MG_VERIFY_CONNECTION_H
#define MG_VERIFY_CONNECTION_H

#include <glib.h>

#include "base/log.h"
#include "base/loop.h"
#include "verify/dialogue.h"
#include "verify/tls.h"

typedef struct mg_connection mg_connection;

typedef enum mg_connection_phase {
	MG_CONNECTION_OPENING,   /* from connect() to the end of the greeting, TLS included */
	MG_CONNECTION_READY,     /* a batch may begin */
	MG_CONNECTION_BUSY,      /* with a batch */
	MG_CONNECTION_LEAVING,   /* QUIT is said */
	MG_CONNECTION_ENDED      /* the socket is closed */
} mg_connection_phase;

typedef struct mg_connection_times {
	gint64 connect_us;
	gint64 banner_us;
	gint64 reply_us;       /* each; a TLS handshake likewise */
	gint64 flight_us;      /* a batch from its first octet to its last, and the whole opening */
	gint64 line_us;        /* what a line that has begun may take, besides its octets at octets_per_s */
	guint  octets_per_s;
	gint64 idle_us;
	gint64 life_us;
	gint64 quit_us;        /* for the reply to QUIT */
} mg_connection_times;

/* RELIABILITY 4.3 */
#define MG_CONNECTION_TIMES_STANDARD \
	{ \
		.connect_us = 3 * G_USEC_PER_SEC, .banner_us = 5 * G_USEC_PER_SEC, .reply_us = 5 * G_USEC_PER_SEC, \
		.flight_us = 8 * G_USEC_PER_SEC, .line_us = 1 * G_USEC_PER_SEC, .octets_per_s = 32, \
		.idle_us = 20 * G_USEC_PER_SEC, .life_us = 300 * G_USEC_PER_SEC, .quit_us = 1 * G_USEC_PER_SEC, \
	}

typedef struct mg_connection_settings {   /* all borrowed, as long as the connection is there */
	mg_loop                   *loop;
	const mg_log              *log;
	gboolean                   wants_transcript;   /* each line at debug level */
	const mg_backend          *backend;
	const mg_endpoint         *endpoint;
	const char                *helo;
	mg_tls                    *tls;
	gboolean                   is_in_the_clear;    /* whatever the backend's tls says: it broke before */
	gboolean                   is_in_lock_step;    /* whatever is offered: PIPELINING broke before */
	const mg_connection_times *times;
} mg_connection_settings;

/* The phase has changed, by itself. The connection may be freed inside. */
typedef void (*mg_connection_function)(void *context, mg_connection *connection);

/* @ip: NULL for a UNIX socket. @function is called from dispatch alone, for a socket that cannot be made, too. */
mg_connection *mg_connection_new(const mg_connection_settings *settings, const mg_ip *ip, mg_connection_function function,
                                 void *context);
/* Closes it without a word. */
void mg_connection_free(mg_connection *connection);

mg_connection_phase mg_connection_get_phase(const mg_connection *connection);
/* READY. @recipients: borrowed until it is BUSY no more. */
void mg_connection_begin(mg_connection *connection, mg_dialogue_recipient *recipients, guint n);
/* READY. */
void mg_connection_leave(mg_connection *connection);

/* Batches begun. */
guint mg_connection_count(const mg_connection *connection);
gboolean mg_connection_has_pipelining(const mg_connection *connection);
/* "TLSv1.3"; NULL: in the clear. */
const char *mg_connection_tls(const mg_connection *connection);

/* ENDED: a constant word; NULL: nothing was wrong. And what it is for recipients that it was opened for. */
const char *mg_connection_problem(const mg_connection *connection);
mg_rcpt_class mg_connection_failure(const mg_connection *connection);
const mg_smtp_reply *mg_connection_last_reply(const mg_connection *connection);   /* code 0: none */
gboolean mg_connection_never_connected(const mg_connection *connection);   /* another address may do better */
gboolean mg_connection_broke_in_tls(const mg_connection *connection);      /* in the clear it might do */
gboolean mg_connection_timed_out(const mg_connection *connection);
gboolean mg_connection_was_dropped(const mg_connection *connection);       /* by the peer, unasked, saying nothing */

#endif
