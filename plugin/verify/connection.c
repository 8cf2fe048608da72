/* connection.c - see connection.h. Octets go from the socket, through TLS once it is there, to the dialogue, and the other way
 * round; whatever happens ends in connection_settle(), which reads the phase from the dialogue and sets the one timer. */
#include "verify/connection.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "verify/socket.h"

#define READ_SIZE        8192   /* at once; more waits for the next dispatch */
#define REFUSED_MAX      4      /* recipients, then QUIT (RELIABILITY 1.6 V17) */
#define TRANSACTIONS_MAX 100

struct mg_connection {
	mg_connection_settings settings;
	mg_connection_function function;
	void                  *context;     /* borrowed */

	mg_connection_phase    phase;
	mg_connection_phase    told;        /* what the owner knows */
	gboolean               is_connected;
	int                    fd;          /* owned; -1: closed */
	mg_watch              *watch;       /* owned; NULL: closed */
	guint32                events;      /* watched for */
	mg_timer              *timer;       /* owned */
	mg_dialogue           *dialogue;    /* owned */
	mg_tls_session        *session;     /* owned; NULL: in the clear so far */
	gboolean               is_secured;  /* the handshake is over */
	guint                  n_batches;

	gint64                 began_us;    /* of the connection */
	gint64                 phase_us;    /* of the phase, or of the batch */
	gint64                 step_until_us;
	guint                  step_replies;   /* what the step began with */
	mg_dialogue_state      step_state;
	gint64                 line_us;     /* when the line at hand began; 0: none has */
	gsize                  line_octets;

	const char            *problem;     /* ours; NULL: the dialogue's, if any */
	gboolean               broke_in_tls, was_dropped, has_timed_out, is_distrusted;
};

static inline const mg_tls_module *
tls_of(const mg_connection *connection)
{
	return connection->settings.tls->module;
}

/* ---- the end ---- */

static void
connection_close(mg_connection *connection)
{
	g_clear_pointer(&connection->watch, mg_watch_free);
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}

/* Closed, reset, timed out, or not to be trusted: nothing more is said. @why: a constant word. */
static void
connection_lose(mg_connection *connection, const char *why)
{
	if (mg_dialogue_get_state(connection->dialogue) == MG_DIALOGUE_ENDED)
		return;
	if (mg_dialogue_get_state(connection->dialogue) != MG_DIALOGUE_QUITTING)
		connection->problem = why;
	/* A server may not say what it has against our handshake until it is over. */
	connection->broke_in_tls = connection->session != NULL && connection->phase == MG_CONNECTION_OPENING;
	mg_dialogue_lose(connection->dialogue, why);
}

/* The peer has gone, unasked. */
static void
connection_drop(mg_connection *connection, const char *why)
{
	connection->was_dropped = mg_dialogue_get_state(connection->dialogue) != MG_DIALOGUE_ENDED;
	connection_lose(connection, why);
}

/* ---- the transcript ---- */

static void
connection_log_lines(const mg_connection *connection, const char *event, const char *octets, gsize length)
{
	mg_log_line line;

	if (!connection->settings.wants_transcript)
		return;
	while (length > 0) {
		const char *end = memchr(octets, '\n', length);
		gsize taken = end != NULL ? (gsize)(end - octets) + 1 : length;
		gsize shown = taken;

		while (shown > 0 && (octets[shown - 1] == '\n' || octets[shown - 1] == '\r'))
			shown--;
		mg_log_begin(&line, connection->settings.log, MG_LEVEL_DEBUG, event);
		mg_log_text(&line, "backend", connection->settings.backend->name);
		mg_log_text(&line, "endpoint", connection->settings.endpoint->text);
		mg_log_octets(&line, "line", octets, shown);
		mg_log_end(&line);
		octets += taken;
		length -= taken;
	}
}

/* ---- octets to the peer ---- */

/* What the dialogue wants to say goes through TLS, all of it. */
static void
connection_encrypt(mg_connection *connection)
{
	gsize length;
	const char *octets = mg_dialogue_output(connection->dialogue, &length);

	if (length == 0)
		return;
	connection_log_lines(connection, "backend.sent", octets, length);
	if (tls_of(connection)->write(connection->session, octets, length) == MG_TLS_DONE)
		mg_dialogue_sent(connection->dialogue, length);
	else
		connection_lose(connection, tls_of(connection)->problem(connection->session));
}

static const char *
connection_output(mg_connection *connection, gsize *length_out)
{
	if (connection->session == NULL)
		return mg_dialogue_output(connection->dialogue, length_out);
	if (connection->is_secured)
		connection_encrypt(connection);
	return tls_of(connection)->output(connection->session, length_out);
}

static void
connection_sent(mg_connection *connection, const char *octets, gsize length)
{
	if (connection->session != NULL) {
		tls_of(connection)->sent(connection->session, length);
		return;
	}
	connection_log_lines(connection, "backend.sent", octets, length);
	mg_dialogue_sent(connection->dialogue, length);
}

static void
connection_watch_for(mg_connection *connection, guint32 events)
{
	if (events != connection->events)
		mg_watch_set_events(connection->watch, events);
	connection->events = events;
}

/* As much as the socket takes. FALSE: it is broken. */
static gboolean
connection_flush(mg_connection *connection)
{
	const char *octets;
	gsize length;

	while ((octets = connection_output(connection, &length)), length > 0) {
		gssize sent = send(connection->fd, octets, length, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			return FALSE;
		if (sent > 0)
			connection_sent(connection, octets, (gsize)sent);
		if (sent < (gssize)length)
			break;
	}
	connection_watch_for(connection, EPOLLIN | (length > 0 ? EPOLLOUT : 0));
	return TRUE;
}

/* ---- octets from the peer ---- */

/* What counts for the minimum rate: how the line at hand comes on. */
static void
connection_note_line(mg_connection *connection, const char *octets, gsize length)
{
	const char *end = memrchr(octets, '\n', length);
	gsize n_behind = end != NULL ? length - (gsize)(end + 1 - octets) : length;

	if (end != NULL) {
		connection->line_us = 0;
		connection->line_octets = 0;
	}
	if (n_behind > 0 && connection->line_us == 0)
		connection->line_us = g_get_monotonic_time();
	connection->line_octets += n_behind;
}

static void
connection_hear(mg_connection *connection, const char *octets, gsize length)
{
	connection_log_lines(connection, "backend.received", octets, length);
	connection_note_line(connection, octets, length);
	mg_dialogue_feed(connection->dialogue, octets, length);
}

static void
connection_decrypt(mg_connection *connection)
{
	char octets[READ_SIZE];
	gsize length;

	for (;;) {
		switch (tls_of(connection)->read(connection->session, octets, sizeof(octets), &length)) {
		case MG_TLS_DONE:
			connection_hear(connection, octets, length);
			continue;
		case MG_TLS_AWAITS:
			return;
		case MG_TLS_CLOSED:
			connection_drop(connection, "closed");
			return;
		case MG_TLS_BROKEN:
			connection_lose(connection, tls_of(connection)->problem(connection->session));
			return;
		}
	}
}

static void
connection_shake_hands(mg_connection *connection)
{
	const mg_tls_module *tls = tls_of(connection);

	switch (tls->handshake(connection->session)) {
	case MG_TLS_DONE:
		connection->is_secured = TRUE;
		mg_dialogue_secured(connection->dialogue);
		connection_decrypt(connection);
		return;
	case MG_TLS_AWAITS:
		return;
	case MG_TLS_CLOSED:
		connection_lose(connection, "tls-handshake");
		return;
	case MG_TLS_BROKEN:
		connection->is_distrusted = g_str_has_prefix(tls->problem(connection->session), "certificate-");
		connection_lose(connection, tls->problem(connection->session));
		return;
	}
}

/* The server has agreed to STARTTLS. */
static void
connection_begin_tls(mg_connection *connection)
{
	mg_tls *tls = connection->settings.tls;
	const mg_backend *backend = connection->settings.backend;

	if (mg_tls_prepare(tls, connection->settings.log))
		connection->session = tls->module->session_new(
			tls->context, backend->tls_name != NULL ? backend->tls_name : connection->settings.endpoint->host);
	if (connection->session != NULL) {
		connection_shake_hands(connection);
		return;
	}
	connection_lose(connection, "tls-unavailable");
	connection->broke_in_tls = TRUE;
	connection->is_distrusted = TRUE;
}

/* Reads what is there. FALSE: nothing more will come, @why_out says why. */
static gboolean
connection_receive(mg_connection *connection, const char **why_out)
{
	char octets[READ_SIZE];
	gssize length = recv(connection->fd, octets, sizeof(octets), 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return TRUE;
	*why_out = length == 0 ? "closed" : "reset";
	if (length <= 0)
		return FALSE;
	if (connection->session == NULL) {
		connection_hear(connection, octets, (gsize)length);
	} else {
		tls_of(connection)->received(connection->session, octets, (gsize)length);
		if (connection->is_secured)
			connection_decrypt(connection);
		else
			connection_shake_hands(connection);
	}
	if (connection->session == NULL && mg_dialogue_get_state(connection->dialogue) == MG_DIALOGUE_HANDSHAKE)
		connection_begin_tls(connection);
	return TRUE;
}

/* ---- phases ---- */

static mg_connection_phase
phase_of(mg_dialogue_state state)
{
	switch (state) {
	case MG_DIALOGUE_BANNER:
	case MG_DIALOGUE_GREETING:
	case MG_DIALOGUE_STARTTLS:
	case MG_DIALOGUE_HANDSHAKE:
		return MG_CONNECTION_OPENING;
	case MG_DIALOGUE_READY:
		return MG_CONNECTION_READY;
	case MG_DIALOGUE_BATCH:
		return MG_CONNECTION_BUSY;
	case MG_DIALOGUE_QUITTING:
		return MG_CONNECTION_LEAVING;
	case MG_DIALOGUE_ENDED:
		return MG_CONNECTION_ENDED;
	}
	g_assert_not_reached();
}

/* By when what is awaited must have come; @why_out: what it is called if it has not. */
static gint64
connection_deadline(const mg_connection *connection, const char **why_out)
{
	const mg_connection_times *times = connection->settings.times;
	gint64 until_us = connection->step_until_us;

	switch (connection->phase) {
	case MG_CONNECTION_OPENING:
	case MG_CONNECTION_BUSY:
		*why_out = !connection->is_connected                              ? "connect-timeout"
		           : connection->step_state == MG_DIALOGUE_BANNER         ? "banner-timeout"
		           : connection->step_state == MG_DIALOGUE_HANDSHAKE      ? "tls-timeout"
		                                                                  : "reply-timeout";
		if (connection->phase_us + times->flight_us < until_us) {
			until_us = connection->phase_us + times->flight_us;
			*why_out = "flight-timeout";
		}
		if (connection->line_us != 0) {
			gint64 line_until_us = connection->line_us + times->line_us
			                       + (gint64)connection->line_octets * G_USEC_PER_SEC / times->octets_per_s;

			if (line_until_us < until_us) {
				until_us = line_until_us;
				*why_out = "slow-line";
			}
		}
		return until_us;
	case MG_CONNECTION_READY:
		*why_out = NULL;
		return MIN(connection->phase_us + times->idle_us, connection->began_us + times->life_us);
	case MG_CONNECTION_LEAVING:
		*why_out = "quit-timeout";
		return connection->phase_us + times->quit_us;
	case MG_CONNECTION_ENDED:
		*why_out = NULL;
		return G_MAXINT64;
	}
	g_assert_not_reached();
}

/* A reply has come, or something else is awaited now: its own time begins. */
static void
connection_note_step(mg_connection *connection, gint64 now_us)
{
	const mg_connection_times *times = connection->settings.times;
	mg_dialogue_state state = mg_dialogue_get_state(connection->dialogue);
	guint n_replies = mg_dialogue_count_replies(connection->dialogue);

	if (state == connection->step_state && n_replies == connection->step_replies)
		return;
	connection->step_state = state;
	connection->step_replies = n_replies;
	connection->step_until_us = now_us + times->reply_us;
}

static void
connection_enter(mg_connection *connection, mg_connection_phase phase, gint64 now_us)
{
	if (phase == connection->phase)
		return;
	connection->phase = phase;
	connection->phase_us = now_us;
	if (phase == MG_CONNECTION_ENDED)
		connection_close(connection);
}

/* The owner is told last: it may free the connection. */
static void
connection_tell(mg_connection *connection)
{
	if (connection->told == connection->phase)
		return;
	connection->told = connection->phase;
	connection->function(connection->context, connection);
}

/* Sends what there is to send, and finds out where that leaves us. */
static void
connection_settle(mg_connection *connection)
{
	gint64 now_us = g_get_monotonic_time();
	const char *why;

	if (mg_dialogue_get_state(connection->dialogue) == MG_DIALOGUE_READY
	    && now_us >= connection->began_us + connection->settings.times->life_us)
		mg_dialogue_quit(connection->dialogue);
	if (connection->is_connected && mg_dialogue_get_state(connection->dialogue) != MG_DIALOGUE_ENDED
	    && !connection_flush(connection)) {
		/* What it said before it closed may explain it. */
		while (connection_receive(connection, &why)
		       && mg_dialogue_get_state(connection->dialogue) != MG_DIALOGUE_ENDED)
			continue;
		connection_drop(connection, "reset");
	}
	connection_note_step(connection, now_us);
	connection_enter(connection, phase_of(mg_dialogue_get_state(connection->dialogue)), now_us);
	if (connection->phase == MG_CONNECTION_ENDED)
		mg_timer_stop(connection->timer);
	else
		mg_timer_start(connection->timer, connection_deadline(connection, &why));
}

static void
connection_connected(mg_connection *connection)
{
	int error = mg_socket_error(connection->fd);

	if (error != 0) {
		connection_lose(connection, mg_socket_problem(error));
		return;
	}
	connection->is_connected = TRUE;
	connection->step_until_us = g_get_monotonic_time() + connection->settings.times->banner_us;
}

static void
connection_event(void *context, guint32 events)
{
	mg_connection *connection = context;
	const char *why;

	if (!connection->is_connected)
		connection_connected(connection);
	else if ((events & ~(guint32)EPOLLOUT) != 0 && !connection_receive(connection, &why))
		connection_drop(connection, why);
	connection_settle(connection);
	connection_tell(connection);
}

static void
connection_timeout(void *context)
{
	mg_connection *connection = context;
	gint64 now_us = g_get_monotonic_time();
	const char *why;

	if (connection_deadline(connection, &why) <= now_us) {
		if (connection->phase == MG_CONNECTION_READY) {
			mg_dialogue_quit(connection->dialogue);
		} else {
			connection->has_timed_out = TRUE;
			connection_lose(connection, why);
		}
	}
	connection_settle(connection);
	connection_tell(connection);
}

/* ---- the beginning ---- */

/* FALSE, errno set, if it has failed already. */
static gboolean
connection_connect(mg_connection *connection, const mg_ip *ip)
{
	const mg_connection_settings *settings = &connection->settings;

	connection->fd = mg_socket_connect(settings->backend, settings->endpoint, ip);
	if (connection->fd < 0)
		return FALSE;
	connection->events = EPOLLOUT;   /* connected or not, it tells */
	connection->watch = mg_loop_watch(settings->loop, connection->fd, connection->events, connection_event, connection);
	return connection->watch != NULL;
}

mg_connection *
mg_connection_new(const mg_connection_settings *settings, const mg_ip *ip, mg_connection_function function, void *context)
{
	mg_connection *connection = g_new0(mg_connection, 1);
	const mg_dialogue_settings dialogue = {
		.is_lmtp = settings->endpoint->is_lmtp,
		.helo = settings->helo,
		.tls = settings->is_in_the_clear ? MG_TLS_OFF : settings->backend->tls,
		.probe_senders = settings->backend->probe_senders,
		.quirk = settings->backend->quirk,
		.refused_max = REFUSED_MAX,
		.transactions_max = TRANSACTIONS_MAX,
		.avoids_pipelining = settings->is_in_lock_step,
	};

	connection->settings = *settings;
	connection->function = function;
	connection->context = context;
	connection->fd = -1;
	connection->dialogue = mg_dialogue_new(&dialogue);
	connection->timer = mg_timer_new(settings->loop, connection_timeout, connection);
	connection->began_us = connection->phase_us = g_get_monotonic_time();
	connection->step_until_us = connection->began_us + settings->times->connect_us;
	if (connection_connect(connection, ip)) {
		mg_timer_start(connection->timer, connection->step_until_us);
	} else {
		connection_lose(connection, mg_socket_problem(errno));
		mg_timer_start(connection->timer, 0);   /* told from dispatch */
	}
	return connection;
}

void
mg_connection_free(mg_connection *connection)
{
	if (connection == NULL)
		return;
	connection_close(connection);
	mg_timer_free(connection->timer);
	if (connection->session != NULL)
		tls_of(connection)->session_free(connection->session);
	mg_dialogue_free(connection->dialogue);
	g_free(connection);
}

/* ---- the owner's side ---- */

/* What the owner brought about is known to it; but an end by our own hand is told from dispatch. */
static void
connection_settle_for_owner(mg_connection *connection)
{
	connection_settle(connection);
	if (connection->phase == MG_CONNECTION_ENDED || connection->phase == MG_CONNECTION_READY)
		mg_timer_start(connection->timer, 0);
	else
		connection->told = connection->phase;
}

void
mg_connection_begin(mg_connection *connection, mg_dialogue_recipient *recipients, guint n)
{
	connection->n_batches++;
	connection->told = MG_CONNECTION_BUSY;
	mg_dialogue_begin(connection->dialogue, recipients, n);
	connection_settle_for_owner(connection);
}

void
mg_connection_leave(mg_connection *connection)
{
	mg_dialogue_quit(connection->dialogue);
	connection_settle_for_owner(connection);
}

mg_connection_phase
mg_connection_get_phase(const mg_connection *connection)
{
	return connection->phase;
}

guint
mg_connection_count(const mg_connection *connection)
{
	return connection->n_batches;
}

gboolean
mg_connection_has_pipelining(const mg_connection *connection)
{
	return mg_dialogue_has_pipelining(connection->dialogue);
}

const char *
mg_connection_tls(const mg_connection *connection)
{
	return connection->is_secured ? tls_of(connection)->protocol(connection->session) : NULL;
}

const char *
mg_connection_problem(const mg_connection *connection)
{
	return connection->problem != NULL ? connection->problem : mg_dialogue_problem(connection->dialogue);
}

/* A peer that is not who it has to be is a matter for whoever configured us. */
mg_rcpt_class
mg_connection_failure(const mg_connection *connection)
{
	return connection->is_distrusted ? MG_RCPT_CONFIG : mg_dialogue_failure(connection->dialogue);
}

const mg_smtp_reply *
mg_connection_last_reply(const mg_connection *connection)
{
	return mg_dialogue_last_reply(connection->dialogue);
}

gboolean
mg_connection_never_connected(const mg_connection *connection)
{
	return !connection->is_connected;
}

gboolean
mg_connection_broke_in_tls(const mg_connection *connection)
{
	return connection->broke_in_tls;
}

gboolean
mg_connection_timed_out(const mg_connection *connection)
{
	return connection->has_timed_out;
}

gboolean
mg_connection_was_dropped(const mg_connection *connection)
{
	return connection->was_dropped;
}
