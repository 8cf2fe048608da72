/* peer.c - see peer.h. Whatever happens ends in peer_serve(), which gives batches to connections that are ready and opens
 * more where they lack. */
#include "verify/peer.h"

#include "verify/landing.h"
#include "verify/latencies.h"
#include "verify/lookup.h"

#define REQUEUED_MAX    2    /* times a probe that was not asked after all waits again */
#define HALF_OPEN_MAX   2    /* connections, to see */

typedef struct peer_link {
	mg_peer              *peer;          /* borrowed */
	mg_connection        *connection;    /* owned */
	guint                 n_address;
	mg_ip                 ip;            /* the address; none for a UNIX socket */
	gboolean              is_open;       /* it has been ready */
	gboolean              is_in_the_clear, is_in_lock_step;
	gint64                batch_us;      /* when the batch began */
	guint                 n;             /* recipients of the batch; 0: none under way */
	mg_dialogue_recipient recipients[MG_DIALOGUE_BATCH_MAX];
	char                 *paths[MG_DIALOGUE_BATCH_MAX];    /* owned; while the batch is under way */
	mg_probe             *probes[MG_DIALOGUE_BATCH_MAX];   /* borrowed; NULL: cancelled, or answered for its deadline */
} peer_link;

struct mg_peer {
	mg_peer_settings    settings;
	GPtrArray          *links;          /* owned; of peer_link */
	GQueue              waiting;        /* borrowed probes */
	GQueue              alone;          /* the same, of those that want a connection of their own */
	mg_timer           *serve;          /* owned */
	mg_breaker          breaker;
	GArray             *addresses;      /* owned; of mg_ip, the good one first; none for a UNIX socket */
	mg_ip               good;           /* the one that was connected to last */
	mg_lookup          *lookup;         /* owned; NULL: the endpoint is not written as a name */
	gint64              hold_until_us;  /* no further connections beside those that work */
	gint64              clear_until_us, lock_step_until_us;   /* TLS, PIPELINING broke */
	mg_latencies        latencies;      /* of batches */
	guint64             n_opened, n_probes;
	const char         *problem, *tls;
	gboolean            has_pipelining;
};

static void peer_changed(void *context, mg_connection *connection);

static const mg_endpoint *
peer_endpoint(const mg_peer *peer)
{
	return peer->settings.connection.endpoint;
}

/* ---- the log ---- */

static void
peer_log_begin(mg_log_line *line, const mg_peer *peer, mg_level level, const char *event)
{
	mg_log_begin(line, peer->settings.connection.log, level, event);
	mg_log_text(line, "backend", peer->settings.connection.backend->name);
	mg_log_text(line, "endpoint", peer_endpoint(peer)->text);
}

static void
log_reply(mg_log_line *line, const mg_smtp_reply *reply)
{
	if (reply->code == 0)
		return;
	mg_log_number(line, "code", reply->code);
	if (reply->enhanced_class != 0) {
		g_autofree char *enhanced = g_strdup_printf("%u.%u.%u", reply->enhanced_class, reply->enhanced_subject,
		                                            reply->enhanced_detail);

		mg_log_text(line, "enhanced", enhanced);
	}
	mg_log_text(line, "text", reply->text);
}

static void
peer_log_refusal(const mg_peer *peer, const mg_dialogue_recipient *recipient)
{
	mg_log_line line;

	if (recipient->reply.code < 400)
		return;
	peer_log_begin(&line, peer, MG_LEVEL_INFO, "backend.refused");
	mg_log_text(&line, "rcpt", recipient->path);
	mg_log_text(&line, "class", mg_rcpt_class_name(recipient->class));
	log_reply(&line, &recipient->reply);
	mg_log_end(&line);
}

/* ---- the breaker ---- */

static void
peer_failed(mg_peer *peer, const char *problem, const mg_smtp_reply *reply)
{
	gint64 now_us = g_get_monotonic_time();
	gboolean has_opened = mg_breaker_failure(&peer->breaker, now_us);
	mg_log_line line;

	peer->problem = problem;
	peer_log_begin(&line, peer, has_opened ? MG_LEVEL_WARNING : MG_LEVEL_INFO,
	               has_opened ? "backend.down" : "backend.failed");
	mg_log_text(&line, "problem", problem);
	log_reply(&line, reply);
	if (has_opened)
		mg_log_number(&line, "for-s", peer->breaker.open_us / G_USEC_PER_SEC);
	mg_log_end(&line);
}

static void
peer_succeeded(mg_peer *peer)
{
	gint64 now_us = g_get_monotonic_time();
	gboolean was_half_open = mg_breaker_get_state(&peer->breaker, now_us) == MG_BREAKER_HALF_OPEN;
	mg_log_line line;

	mg_breaker_success(&peer->breaker, now_us);
	if (!was_half_open)
		return;
	peer_log_begin(&line, peer, MG_LEVEL_WARNING, "backend.up");
	mg_log_end(&line);
}

/* ---- probes that wait ---- */

/* @n: how many are before it. */
static void
probe_wait(mg_probe *probe, GQueue *queue, guint n)
{
	probe->place = MG_PROBE_WAITING;
	probe->queue = queue;
	g_queue_push_nth_link(queue, (gint)n, &probe->in_queue);
}

static mg_probe *
queue_pop(GQueue *queue)
{
	GList *link = g_queue_pop_head_link(queue);

	return link != NULL ? link->data : NULL;
}

static void
peer_pass_on_all(mg_peer *peer, const mg_probe_answer *answer)
{
	GQueue *const queues[] = { &peer->waiting, &peer->alone };
	mg_probe *probe;

	for (guint i = 0; i < G_N_ELEMENTS(queues); i++)
		while ((probe = queue_pop(queues[i])) != NULL)
			mg_pool_pass_on(probe, answer);
}

/* ---- batches ---- */

static void
link_begin(peer_link *link, GQueue *queue, guint n)
{
	mg_peer *peer = link->peer;

	link->n = n;
	link->batch_us = g_get_monotonic_time();
	for (guint i = 0; i < n; i++) {
		mg_probe *probe = queue_pop(queue);

		probe->place = MG_PROBE_ASKED;
		probe->slot = &link->probes[i];
		link->probes[i] = probe;
		link->paths[i] = g_steal_pointer(&probe->path);
		link->recipients[i] = (mg_dialogue_recipient){ .path = link->paths[i] };
	}
	peer->n_probes += n;
	mg_connection_begin(link->connection, link->recipients, n);
}

static void
probe_wait_again(mg_probe *probe, mg_peer *peer, mg_landing *how)
{
	if (probe->is_alone)
		probe_wait(probe, &peer->alone, how->n_alone++);
	else
		probe_wait(probe, &peer->waiting, how->n_waiting++);
}

/* What one answer leads to. */
static void
link_settle_probe(peer_link *link, mg_probe *probe, const mg_dialogue_recipient *recipient, mg_landing *how)
{
	mg_peer *peer = link->peer;
	mg_probe_answer answer = {
		.class = recipient->class, .reply = recipient->reply, .endpoint = peer_endpoint(peer)->text,
		.problem = mg_connection_problem(link->connection)
	};
	gboolean is_lost = recipient->is_answered && recipient->class == MG_RCPT_TRANSPORT;

	if (!recipient->is_answered || (is_lost && how->was_stale)) {
		/* A batch that was cut after others had been answered brings it nearer. */
		if (how->n_definite > 0 || probe->n_requeued++ < REQUEUED_MAX) {
			probe_wait_again(probe, peer, how);
			return;
		}
		answer.class = MG_RCPT_TEMP;
		mg_pool_answer(probe, &answer);
	} else if (is_lost && how->is_surprise && !probe->is_alone) {
		probe->is_alone = TRUE;
		probe_wait_again(probe, peer, how);
	} else if (mg_landing_is_trouble(recipient->class)) {
		mg_pool_pass_on(probe, &answer);
	} else {
		mg_pool_answer(probe, &answer);
	}
}

static void
peer_note_batch(mg_peer *peer, const peer_link *link, const mg_landing *how)
{
	const mg_smtp_reply *last = mg_connection_last_reply(link->connection);
	const char *problem = mg_connection_problem(link->connection);
	gint64 now_us = g_get_monotonic_time();

	mg_latencies_add(&peer->latencies, now_us - link->batch_us);
	/* What was sent in one go may have been too much for it. */
	if (how->n_lost > 0 && !how->was_stale && mg_connection_has_pipelining(link->connection) && !link->is_in_lock_step)
		peer->lock_step_until_us = now_us + peer->settings.times->distrust_us;
	if (how->was_stale)
		mg_breaker_give_back(&peer->breaker);
	else if (how->n_lost > 0 || (how->n_definite == 0 && how->n_trouble > 0))
		peer_failed(peer, problem != NULL ? problem : "refused-for-now", last);
	else if (how->n_definite > 0)
		peer_succeeded(peer);
	else
		mg_breaker_give_back(&peer->breaker);
}

/* The batch, if there was one, is over. */
static void
link_land(peer_link *link)
{
	mg_landing how;

	if (link->n == 0)
		return;
	how = mg_landing_judge(link->connection, link->recipients, link->n);
	peer_note_batch(link->peer, link, &how);
	for (guint i = 0; i < link->n; i++) {
		mg_probe *probe = link->probes[i];

		peer_log_refusal(link->peer, &link->recipients[i]);
		if (probe != NULL) {
			probe->path = g_steal_pointer(&link->paths[i]);
			link_settle_probe(link, probe, &link->recipients[i], &how);
		}
		g_clear_pointer(&link->paths[i], g_free);
		link->probes[i] = NULL;
	}
	link->n = 0;
}

/* ---- connections ---- */

static void
free_link(gpointer data)
{
	peer_link *link = data;

	mg_connection_free(link->connection);
	for (guint i = 0; i < link->n; i++)
		g_free(link->paths[i]);
	g_free(link);
}

static void
link_connect(peer_link *link)
{
	mg_peer *peer = link->peer;
	gint64 now_us = g_get_monotonic_time();
	gboolean has_ip = peer->addresses->len > 0;
	mg_connection_settings settings = peer->settings.connection;

	if (has_ip)
		link->ip = g_array_index(peer->addresses, mg_ip, link->n_address);
	link->is_in_the_clear = settings.is_in_the_clear = now_us < peer->clear_until_us;
	link->is_in_lock_step = settings.is_in_lock_step = now_us < peer->lock_step_until_us;
	mg_connection_free(link->connection);
	link->connection = mg_connection_new(&settings, has_ip ? &link->ip : NULL, peer_changed, link);
	peer->n_opened++;
}

static void
peer_open(mg_peer *peer)
{
	peer_link *link = g_new0(peer_link, 1);

	link->peer = peer;
	g_ptr_array_add(peer->links, link);
	link_connect(link);
}

static guint
peer_count(const mg_peer *peer, mg_connection_phase phase)
{
	guint n = 0;

	for (guint i = 0; i < peer->links->len; i++)
		n += mg_connection_get_phase(((peer_link *)peer->links->pdata[i])->connection) == phase;
	return n;
}

/* An endpoint that could not be opened: what waits for it goes elsewhere, unless other connections work. */
static void
peer_opening_failed(mg_peer *peer, const mg_probe_answer *answer)
{
	peer_failed(peer, answer->problem, &answer->reply);
	if (peer_count(peer, MG_CONNECTION_READY) + peer_count(peer, MG_CONNECTION_BUSY) > 0)
		peer->hold_until_us = g_get_monotonic_time() + peer->settings.times->hold_us;
	else
		peer_pass_on_all(peer, answer);
}

/* TRUE: the link tries otherwise. */
static gboolean
link_tries_again(peer_link *link)
{
	mg_peer *peer = link->peer;

	if (mg_connection_never_connected(link->connection) && link->n_address + 1 < peer->addresses->len) {
		link->n_address++;
		link_connect(link);
		return TRUE;
	}
	if (mg_connection_broke_in_tls(link->connection) && !link->is_in_the_clear
	    && peer->settings.connection.backend->tls == MG_TLS_MAY) {
		peer->clear_until_us = g_get_monotonic_time() + peer->settings.times->distrust_us;
		link_connect(link);
		return TRUE;
	}
	return FALSE;
}

static void
link_ended(peer_link *link)
{
	mg_peer *peer = link->peer;
	gboolean was_opening = !link->is_open;
	mg_probe_answer answer = { .endpoint = peer_endpoint(peer)->text };

	if (was_opening) {
		if (link_tries_again(link))
			return;
		answer.class = mg_connection_failure(link->connection);
		answer.problem = mg_connection_problem(link->connection);
		answer.reply = *mg_connection_last_reply(link->connection);
	}
	g_ptr_array_remove(peer->links, link);
	if (was_opening)
		peer_opening_failed(peer, &answer);
}

static void
link_opened(peer_link *link)
{
	mg_peer *peer = link->peer;

	link->is_open = TRUE;
	peer->good = link->ip;
	peer->tls = mg_connection_tls(link->connection);
	peer->has_pipelining = mg_connection_has_pipelining(link->connection);
}

/* ---- addresses ---- */

static void
peer_resolved(mg_peer *peer)
{
	const mg_probe_answer answer = {
		.class = MG_RCPT_TRANSPORT, .endpoint = peer_endpoint(peer)->text, .problem = "no-address"
	};

	mg_lookup_take(peer->lookup, &peer->good, peer->addresses);
	if (peer->addresses->len > 0)
		peer_open(peer);
	else
		peer_opening_failed(peer, &answer);
}

static void
peer_looked_up(void *context)
{
	mg_peer *peer = context;

	peer_resolved(peer);
	mg_timer_start(peer->serve, 0);
}

/* Opens one connection, once there is an address. */
static void
peer_reach(mg_peer *peer)
{
	if (peer->lookup == NULL)
		peer_open(peer);
	else if (mg_lookup_begin(peer->lookup))
		peer_resolved(peer);
}

/* ---- serving ---- */

static guint
peer_links_max(const mg_peer *peer)
{
	guint max = (guint)peer->settings.connection.backend->max_connections;

	return mg_peer_breaker(peer) == MG_BREAKER_CLOSED ? max : MIN(max, HALF_OPEN_MAX);
}

/* Without PIPELINING a batch lasts as long as its recipients are many: they are shared out. */
static guint
peer_batch_size(const mg_peer *peer, const peer_link *link)
{
	guint n = peer->waiting.length;

	if (!mg_connection_has_pipelining(link->connection) || link->is_in_lock_step)
		n = (n + peer_links_max(peer) - 1) / peer_links_max(peer);
	return MIN(n, MG_DIALOGUE_BATCH_MAX);
}

/* Until when to wait for more of them: a lone one goes at once, a full batch too. */
static gint64
peer_gather_until(mg_peer *peer)
{
	const mg_probe *oldest = g_queue_peek_head(&peer->waiting);

	if (peer->waiting.length < 2 || peer->waiting.length >= MG_DIALOGUE_BATCH_MAX)
		return 0;
	return oldest->queued_us + peer->settings.times->gather_us;
}

/* Batches for the connections that are ready. Returns whether one of them is left over. */
static gboolean
peer_give_out(mg_peer *peer)
{
	for (guint i = 0; i < peer->links->len; i++) {
		peer_link *link = peer->links->pdata[i];

		if (mg_connection_get_phase(link->connection) != MG_CONNECTION_READY || link->n > 0)
			continue;
		if (peer->alone.length > 0 && mg_connection_count(link->connection) == 0) {
			link_begin(link, &peer->alone, 1);
			continue;
		}
		if (peer->waiting.length == 0)
			return TRUE;
		if (peer_gather_until(peer) > g_get_monotonic_time()) {
			mg_timer_start(peer->serve, peer_gather_until(peer));
			return TRUE;
		}
		link_begin(link, &peer->waiting, peer_batch_size(peer, link));
	}
	return FALSE;
}

/* How many connections should be on their way. */
static guint
peer_wants(const mg_peer *peer, gboolean has_ready)
{
	guint n_batches = (peer->waiting.length + MG_DIALOGUE_BATCH_MAX - 1) / MG_DIALOGUE_BATCH_MAX;

	return peer->alone.length + (has_ready ? 0 : n_batches);
}

/* A probe that wants a connection of its own takes the place of one that is idle. */
static void
peer_make_room(mg_peer *peer)
{
	for (guint i = 0; i < peer->links->len; i++) {
		peer_link *link = peer->links->pdata[i];

		if (mg_connection_get_phase(link->connection) == MG_CONNECTION_READY && link->n == 0) {
			mg_connection_leave(link->connection);
			return;
		}
	}
}

static void
peer_serve(void *context)
{
	mg_peer *peer = context;
	const mg_probe_answer refusal = {
		.class = MG_RCPT_TRANSPORT, .endpoint = peer_endpoint(peer)->text, .problem = "breaker-open"
	};
	gboolean has_ready;
	guint n_wanted, n_opening;

	if (mg_peer_breaker(peer) == MG_BREAKER_OPEN) {
		peer_pass_on_all(peer, &refusal);
		return;
	}
	has_ready = peer_give_out(peer);
	n_wanted = peer_wants(peer, has_ready);
	n_opening = peer_count(peer, MG_CONNECTION_OPENING);
	if (n_opening >= n_wanted || (peer->lookup != NULL && mg_lookup_is_under_way(peer->lookup)))
		return;
	if (g_get_monotonic_time() < peer->hold_until_us) {
		mg_timer_start(peer->serve, peer->hold_until_us);
		return;
	}
	if (peer->links->len >= peer_links_max(peer)) {
		if (peer->alone.length > 0 && n_opening + peer_count(peer, MG_CONNECTION_LEAVING) == 0)
			peer_make_room(peer);
		return;
	}
	/* One at a time; the next as soon as all that is due has been dispatched. */
	peer_reach(peer);
	if (n_opening + 1 < n_wanted)
		mg_timer_start(peer->serve, 0);
}

/* A connection's phase has changed. */
static void
peer_changed(void *context, mg_connection *connection)
{
	peer_link *link = context;
	mg_peer *peer = link->peer;
	mg_connection_phase phase = mg_connection_get_phase(connection);

	if (phase == MG_CONNECTION_READY && !link->is_open)
		link_opened(link);
	link_land(link);
	if (phase == MG_CONNECTION_ENDED)
		link_ended(link);
	peer_serve(peer);
}

/* ---- the pool's side ---- */

gboolean
mg_peer_take(mg_peer *peer, mg_probe *probe)
{
	gint64 now_us = g_get_monotonic_time();

	if (!mg_breaker_take(&peer->breaker, now_us))
		return FALSE;
	probe->queued_us = now_us;
	probe_wait(probe, &peer->waiting, peer->waiting.length);
	mg_timer_start(peer->serve, 0);
	return TRUE;
}

void
mg_peer_release(mg_peer *peer, mg_probe *probe)
{
	if (probe->place == MG_PROBE_ASKED) {
		*probe->slot = NULL;
		return;
	}
	g_queue_unlink(probe->queue, &probe->in_queue);
	mg_breaker_give_back(&peer->breaker);   /* in half-open it was the one */
}

guint
mg_peer_count_waiting(const mg_peer *peer)
{
	return peer->waiting.length + peer->alone.length;
}

gboolean
mg_peer_would_take(const mg_peer *peer)
{
	return mg_breaker_would_take(&peer->breaker, g_get_monotonic_time());
}

mg_breaker_state
mg_peer_breaker(const mg_peer *peer)
{
	return mg_breaker_get_state(&peer->breaker, g_get_monotonic_time());
}

void
mg_peer_get_status(const mg_peer *peer, mg_pool_status *status_out)
{
	*status_out = (mg_pool_status){
		.endpoint = peer_endpoint(peer)->text,
		.breaker = mg_peer_breaker(peer),
		.n_connections = peer->links->len,
		.n_waiting = mg_peer_count_waiting(peer),
		.n_opened = peer->n_opened,
		.n_probes = peer->n_probes,
		.problem = peer->problem,
		.tls = peer->tls,
		.has_pipelining = peer->has_pipelining,
		.latency_us = mg_latencies_median(&peer->latencies),
	};
}

mg_peer *
mg_peer_new(const mg_peer_settings *settings)
{
	mg_peer *peer = g_new0(mg_peer, 1);
	const mg_endpoint *endpoint = settings->connection.endpoint;

	peer->settings = *settings;
	peer->links = g_ptr_array_new_with_free_func(free_link);
	peer->addresses = g_array_new(FALSE, FALSE, sizeof(mg_ip));
	if (endpoint->has_ip)
		g_array_append_val(peer->addresses, endpoint->ip);
	else if (endpoint->path == NULL)
		peer->lookup = mg_lookup_new(settings->resolver, settings->connection.backend, endpoint, peer_looked_up, peer);
	peer->serve = mg_timer_new(settings->connection.loop, peer_serve, peer);
	return peer;
}

void
mg_peer_free(mg_peer *peer)
{
	if (peer == NULL)
		return;
	mg_lookup_free(peer->lookup);
	g_ptr_array_unref(peer->links);
	g_array_unref(peer->addresses);
	mg_timer_free(peer->serve);
	g_free(peer);
}
