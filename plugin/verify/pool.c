/* pool.c - see pool.h. Probes are told from one place, pool_tell(), so that whoever is told may ask and cancel as it likes. */
#include "verify/pool.h"

#include "verify/peer.h"
#include "verify/probe.h"

const mg_pool_times mg_pool_times_standard = {
	.connection = MG_CONNECTION_TIMES_STANDARD,
	.probe_us = 8 * G_USEC_PER_SEC,
	.gather_us = 5 * 1000,
	.hold_us = 1 * G_USEC_PER_SEC,
	.distrust_us = 300 * G_USEC_PER_SEC,
};

struct mg_pool {
	const mg_backend    *backend;     /* borrowed from policy */
	mg_policy           *policy;      /* ref held */
	const mg_pool_times *times;       /* borrowed */
	mg_tls               tls;
	GPtrArray           *peers;       /* owned; of mg_peer, as backend->endpoints */
	GQueue               asked;       /* owned; probes without an answer, in the order of their deadlines */
	GQueue               answered;    /* owned; probes to be told */
	mg_timer            *tell;        /* owned */
	mg_timer            *deadline;    /* owned; of the first in asked */
};

static void
probe_free(mg_probe *probe)
{
	g_free(probe->path);
	g_free(probe);
}

/* ---- answers ---- */

static void
pool_set_deadline(mg_pool *pool)
{
	const mg_probe *first = g_queue_peek_head(&pool->asked);

	if (first == NULL)
		mg_timer_stop(pool->deadline);
	else
		mg_timer_start(pool->deadline, first->asked_us + pool->times->probe_us);
}

void
mg_pool_answer(mg_probe *probe, const mg_probe_answer *answer)
{
	mg_pool *pool = probe->pool;

	probe->answer = *answer;
	probe->answer.elapsed_us = g_get_monotonic_time() - probe->asked_us;
	probe->place = MG_PROBE_ANSWERED;
	g_queue_unlink(&pool->asked, &probe->in_pool);
	g_queue_push_tail_link(&pool->answered, &probe->in_pool);
	mg_timer_start(pool->tell, 0);
	pool_set_deadline(pool);
}

/* To the first peer from @n_peer on that takes it. */
static gboolean
pool_place(mg_probe *probe, guint n_peer)
{
	for (; n_peer < probe->pool->peers->len; n_peer++)
		if (mg_peer_take(probe->pool->peers->pdata[n_peer], probe)) {
			probe->n_peer = n_peer;
			return TRUE;
		}
	return FALSE;
}

void
mg_pool_pass_on(mg_probe *probe, const mg_probe_answer *answer)
{
	probe->is_alone = FALSE;
	if (!pool_place(probe, probe->n_peer + 1))
		mg_pool_answer(probe, answer);
}

static void
pool_tell(void *context)
{
	mg_pool *pool = context;

	/* Only as many as stand here now: who is told and asks again could keep us for ever. */
	for (guint n_left = pool->answered.length; n_left > 0 && pool->answered.length > 0; n_left--) {
		mg_probe *probe = g_queue_pop_head_link(&pool->answered)->data;
		mg_probe_function function = probe->function;
		mg_probe_answer answer = probe->answer;
		void *for_whom = probe->context;

		probe_free(probe);
		function(for_whom, &answer);
	}
	if (pool->answered.length > 0)
		mg_timer_start(pool->tell, 0);
}

static void
pool_expire(void *context)
{
	mg_pool *pool = context;
	gint64 now_us = g_get_monotonic_time();
	mg_probe *probe;

	while ((probe = g_queue_peek_head(&pool->asked)) != NULL && probe->asked_us + pool->times->probe_us <= now_us) {
		const mg_endpoint *endpoint = &g_array_index(pool->backend->endpoints, mg_endpoint, probe->n_peer);
		const mg_probe_answer answer = {
			.class = MG_RCPT_TRANSPORT, .endpoint = endpoint->text, .problem = "deadline"
		};

		mg_peer_release(pool->peers->pdata[probe->n_peer], probe);
		mg_pool_answer(probe, &answer);
	}
	pool_set_deadline(pool);
}

/* ---- the owner's side ---- */

static guint
pool_count_waiting(const mg_pool *pool)
{
	guint n = 0;

	for (guint i = 0; i < pool->peers->len; i++)
		n += mg_peer_count_waiting(pool->peers->pdata[i]);
	return n;
}

mg_probe *
mg_pool_ask(mg_pool *pool, const char *path, mg_probe_function function, void *context)
{
	mg_probe *probe = g_new0(mg_probe, 1);
	mg_probe_answer refusal = { .class = MG_RCPT_TRANSPORT, .problem = "breaker-open" };

	probe->pool = pool;
	probe->path = g_strdup(path);
	probe->function = function;
	probe->context = context;
	probe->asked_us = g_get_monotonic_time();
	probe->in_pool.data = probe->in_queue.data = probe;
	g_queue_push_tail_link(&pool->asked, &probe->in_pool);
	if (pool_count_waiting(pool) >= MG_POOL_WAITING_MAX) {
		refusal.problem = "too-many";
		mg_pool_answer(probe, &refusal);
	} else if (!pool_place(probe, 0)) {
		mg_pool_answer(probe, &refusal);
	} else {
		pool_set_deadline(pool);
	}
	return probe;
}

void
mg_probe_cancel(mg_probe *probe)
{
	mg_pool *pool = probe->pool;

	if (probe->place == MG_PROBE_ANSWERED) {
		g_queue_unlink(&pool->answered, &probe->in_pool);
	} else {
		mg_peer_release(pool->peers->pdata[probe->n_peer], probe);
		g_queue_unlink(&pool->asked, &probe->in_pool);
		pool_set_deadline(pool);
	}
	probe_free(probe);
}

gboolean
mg_pool_is_open(const mg_pool *pool)
{
	for (guint i = 0; i < pool->peers->len; i++)
		if (mg_peer_breaker(pool->peers->pdata[i]) == MG_BREAKER_CLOSED)
			return FALSE;
	return TRUE;
}

gboolean
mg_pool_would_send(const mg_pool *pool)
{
	for (guint i = 0; i < pool->peers->len; i++)
		if (mg_peer_would_take(pool->peers->pdata[i]))
			return TRUE;
	return FALSE;
}

void
mg_pool_get_status(const mg_pool *pool, guint n_endpoint, mg_pool_status *status_out)
{
	mg_peer_get_status(pool->peers->pdata[n_endpoint], status_out);
}

static void
free_peer(gpointer peer)
{
	mg_peer_free(peer);
}

mg_pool *
mg_pool_new(const mg_pool_settings *settings)
{
	mg_pool *pool = g_new0(mg_pool, 1);
	const mg_backend *backend = settings->backend;

	pool->backend = backend;
	pool->policy = mg_policy_ref(settings->policy);
	pool->times = settings->times != NULL ? settings->times : &mg_pool_times_standard;
	pool->tls.backend = backend;
	pool->tls.file = settings->tls_module != NULL ? settings->tls_module : MG_TLS_MODULE_FILE;
	pool->tell = mg_timer_new(settings->loop, pool_tell, pool);
	pool->deadline = mg_timer_new(settings->loop, pool_expire, pool);
	pool->peers = g_ptr_array_new_with_free_func(free_peer);
	for (guint i = 0; i < backend->endpoints->len; i++) {
		const mg_peer_settings peer = {
			.connection = {
				.loop = settings->loop,
				.log = settings->log,
				.wants_transcript = settings->wants_transcript,
				.backend = backend,
				.endpoint = &g_array_index(backend->endpoints, mg_endpoint, i),
				.helo = backend->helo != NULL ? backend->helo : pool->policy->hostname,
				.tls = &pool->tls,
				.times = &pool->times->connection,
			},
			.resolver = settings->resolver,
			.times = pool->times,
		};

		g_ptr_array_add(pool->peers, mg_peer_new(&peer));
	}
	return pool;
}

static void
queue_clear(GQueue *queue)
{
	GList *link;

	while ((link = g_queue_pop_head_link(queue)) != NULL)
		probe_free(link->data);
}

void
mg_pool_free(mg_pool *pool)
{
	if (pool == NULL)
		return;
	g_ptr_array_unref(pool->peers);
	queue_clear(&pool->asked);
	queue_clear(&pool->answered);
	mg_timer_free(pool->tell);
	mg_timer_free(pool->deadline);
	mg_tls_clear(&pool->tls);
	mg_policy_unref(pool->policy);
	g_free(pool);
}
