/* verifier.c - see verifier.h. A recipient that is asked about is a flight: its state is moved by flight_enter() alone. */
#include "verify/verifier.h"

#include <string.h>
#include <time.h>

#include "base/secret.h"
#include "store/store.h"
#include "verify/berth.h"
#include "verify/budget.h"
#include "verify/canaries.h"
#include "verify/opinion.h"

#define FLIGHTS_MAX    1024   /* under way at once */
#define WAITERS_MAX    256    /* of one */
#define QUEUED_MAX     256    /* that wait for a guess to be free */
#define QUEUE_LOOK_US  50000
#define STORE_US       G_USEC_PER_SEC   /* between two batches of rows for the store */

typedef enum flight_state {
	FLIGHT_QUEUED,   /* in verifier->queue: the backend has seen as many guesses as it should */
	FLIGHT_ASKED,
	FLIGHT_HELD,     /* answered; what that means is for the canaries to say */
	FLIGHT_ENDED
} flight_state;

typedef struct flight {
	mg_verifier      *verifier;    /* borrowed */
	flight_state      state;
	char             *id;          /* owned; key in verifier->flights */
	mg_berth         *over;        /* borrowed; counted there */
	mg_canary_watch  *watch;       /* borrowed; held */
	char             *domain, *key, *path;   /* owned; as in the wish */
	mg_probe         *probe;       /* FLIGHT_ASKED */
	gboolean          has_guess;   /* of the bucket */
	mg_rcpt_finding   finding;     /* of the answer: class, reply, endpoint */
	GQueue            waiters;     /* of mg_verification */
	GList             link;        /* in verifier->queue; its data is the flight */
} flight;

struct mg_verification {
	flight       *of;         /* borrowed; NULL: it has ended */
	mg_ip         client;
	gboolean      has_client;
	gint64        until_us;
	void        (*function)(void *context);
	void         *context;    /* borrowed */
	mg_rcpt_finding finding;  /* once the flight has ended */
	GList         link;       /* in of->waiters; its data is the verification */
};

struct mg_verifier {
	mg_verifier_settings settings;
	mg_memory   *memory;      /* owned as all here */
	mg_store    *store;       /* of what is remembered; NULL: memory alone */
	char        *store_path;
	mg_timer    *store_timer;
	mg_canaries *canaries;
	mg_budget   *budget;      /* by what the policy in force allows; NULL: none is yet */
	mg_unknown_budget allowed;
	guint64      seed;
	mg_berths   *berths;
	GHashTable  *flights;     /* by id */
	GQueue       queue;
	mg_timer    *queue_timer; /* runs while somebody queues */
};

static gint64
now_s(const mg_verifier *verifier)
{
	return verifier->settings.clock() / G_USEC_PER_SEC;
}

/* ---- the store ---- */

static void
store_flush(void *context)
{
	mg_verifier *verifier = context;

	mg_store_flush(verifier->store, now_s(verifier), (gint64)time(NULL));
	mg_timer_start(verifier->store_timer, g_get_monotonic_time() + STORE_US);
}

/* What another path has kept is added to what is known. */
static void
adopt_store(mg_verifier *verifier, const char *path)
{
	if (g_strcmp0(path, verifier->store_path) == 0)
		return;
	if (verifier->store != NULL)
		mg_store_flush(verifier->store, now_s(verifier), (gint64)time(NULL));
	g_clear_pointer(&verifier->store, mg_store_free);
	mg_timer_stop(verifier->store_timer);
	g_free(verifier->store_path);
	verifier->store_path = g_strdup(path);
	if (path == NULL)
		return;
	verifier->store = mg_store_open(path, verifier->memory, verifier->settings.log, now_s(verifier), (gint64)time(NULL));
	mg_timer_start(verifier->store_timer, g_get_monotonic_time() + STORE_US);
}

void
mg_verifier_adopt(mg_verifier *verifier, mg_policy *policy)
{
	const mg_unknown_budget *allowed = &policy->recipients.unknown_budget;

	if (verifier->budget == NULL || allowed->count != verifier->allowed.count || allowed->time_s != verifier->allowed.time_s) {
		mg_budget_free(verifier->budget);
		verifier->budget = mg_budget_new(allowed->count, allowed->time_s, verifier->seed);
		verifier->allowed = *allowed;
	}
	mg_berths_retire(verifier->berths, policy);
	adopt_store(verifier, policy->recipients.cache);
}

/* ---- findings ---- */

/* What would be asked about, to be judged alone. */
static flight
flight_imagine(mg_verifier *verifier, const mg_verifier_wish *wish)
{
	return (flight){
		.verifier = verifier,
		.over = mg_berths_get(verifier->berths, wish->policy, wish->backend),
		.watch = mg_canaries_get(verifier->canaries, wish->backend, wish->domain),
		.domain = (char *)wish->domain, .key = (char *)wish->key, .path = (char *)wish->path,
	};
}

static mg_recipient_key
flight_key(const flight *of)
{
	return (mg_recipient_key){ of->over->backend->epoch, of->domain, of->key };
}

static gboolean
is_refusal(const mg_recollection *known)
{
	return known->known == MG_KNOWN_UNKNOWN || known->known == MG_KNOWN_BAD_SYNTAX;
}

/* NULL: nothing, or nothing that the backend wants to be remembered. A doubt always is: it takes two refusals. */
static const mg_recollection *
flight_recall(const flight *of, gint64 now, mg_recollection *recalled_out)
{
	mg_recipient_key key = flight_key(of);

	if (!mg_memory_recall(of->verifier->memory, &key, now, recalled_out)
	    || (!of->over->backend->caches_negatives && is_refusal(recalled_out) && !recalled_out->was_valid_lately))
		return NULL;
	return recalled_out;
}

static mg_opinion_case
case_of(const flight *of, const mg_recollection *known, gint64 now)
{
	mg_trust *trust = mg_canary_watch_trust(of->watch);

	return (mg_opinion_case){
		.known = known,
		.has_answer = of->finding.source == MG_SOURCE_PROBE,
		.class = of->finding.class,
		.domain = mg_trust_class(trust, now),
		.believes_negatives = mg_trust_believes_negatives(trust, now),
		.canaries_are_due = mg_canary_watch_is_due(of->watch, now),
		.outage = of->over->backend->on_failure,
	};
}

/* There is no answer, because @reason. */
static void
find_unanswered(const flight *of, mg_reason reason, const char *why, mg_rcpt_finding *finding_out)
{
	gint64 now = now_s(of->verifier);
	mg_recollection recalled;
	const mg_recollection *known = flight_recall(of, now, &recalled);
	mg_opinion_case judged = case_of(of, known, now);
	mg_opinion found = mg_opinion_unanswered(&judged, reason, why);

	*finding_out = (mg_rcpt_finding){ .source = MG_SOURCE_NONE };
	mg_rcpt_finding_complete(finding_out, &found, known, mg_canary_watch_trust(of->watch), now);
}

/* Many that were valid are refused now: that is the backend's trouble, not theirs. */
static void
log_breaker(const flight *of)
{
	mg_log_line line;

	mg_log_begin(&line, of->verifier->settings.log, MG_LEVEL_WARNING, "rcpt.breaker");
	mg_log_text(&line, "backend", of->over->backend->name);
	mg_log_text(&line, "domain", of->domain);
	mg_log_text(&line, "text", "many recipients that were valid are refused; no refusal is believed for 15 minutes");
	mg_log_end(&line);
}

/* Who is told of an unknown recipient has guessed one more. */
static void
count_guess(mg_verifier *verifier, const mg_ip *client, const char *domain, const char *local_part, mg_reason reason)
{
	if (client != NULL && reason == MG_REASON_RCPT_UNKNOWN)
		mg_budget_spend(verifier->budget, client, domain, local_part, verifier->settings.clock());
}

/* ---- flights ---- */

static void
flight_enter(flight *of, flight_state state)
{
	if (of->state == FLIGHT_QUEUED)
		g_queue_unlink(&of->verifier->queue, &of->link);
	of->state = state;
	if (state != FLIGHT_QUEUED)
		return;
	g_queue_push_tail_link(&of->verifier->queue, &of->link);
	mg_timer_start(of->verifier->queue_timer, g_get_monotonic_time() + QUEUE_LOOK_US);
}

static void
flight_free(gpointer data)
{
	flight *of = data;

	if (of->state == FLIGHT_QUEUED)
		g_queue_unlink(&of->verifier->queue, &of->link);
	if (of->probe != NULL)
		mg_probe_cancel(of->probe);
	mg_canary_watch_let_go(of->watch);
	mg_berth_leave(of->over);
	g_free(of->id);
	g_free(of->domain);
	g_free(of->key);
	g_free(of->path);
	g_free(of);
}

static void
tell_waiter(flight *of, mg_verification *waiter)
{
	waiter->of = NULL;
	waiter->finding = of->finding;
	count_guess(of->verifier, waiter->has_client ? &waiter->client : NULL, of->domain, of->key, of->finding.reason);
	waiter->function(waiter->context);   /* may free it */
}

/* What it found is told, and it is gone. */
static void
flight_end(flight *of)
{
	GList *link;

	flight_enter(of, FLIGHT_ENDED);
	if (of->finding.reason == MG_REASON_RCPT_UNKNOWN)
		mg_rcpt_finding_log(&of->finding, of->over->backend, of->path, of->verifier->settings.log);
	while ((link = g_queue_pop_head_link(&of->waiters)) != NULL)
		tell_waiter(of, link->data);
	g_hash_table_remove(of->verifier->flights, of->id);
}

/* What its answer means, if the canaries say no more. */
static mg_opinion
flight_judge(const flight *of, gboolean may_hold, mg_rcpt_finding *finding)
{
	gint64 now = now_s(of->verifier);
	mg_recollection recalled;
	const mg_recollection *known = flight_recall(of, now, &recalled);
	mg_opinion_case judged = case_of(of, known, now);
	mg_opinion found;

	judged.canaries_are_due = judged.canaries_are_due && may_hold;
	found = mg_opinion_answered(&judged);
	if (found.reason != MG_REASON_NONE)
		mg_rcpt_finding_complete(finding, &found, known, mg_canary_watch_trust(of->watch), now);
	return found;
}

/* Ends with what its answer means, or is held until the canaries have sung: they may be under way with another, or have become
 * due since it was sent. */
static void
flight_conclude(flight *of)
{
	if (flight_judge(of, TRUE, &of->finding).reason != MG_REASON_NONE) {
		flight_end(of);
		return;
	}
	flight_enter(of, FLIGHT_HELD);
	mg_canary_watch_refresh(of->watch, of->over->pool, now_s(of->verifier));
}

/* What is refused at first need not be remembered; but what is remembered is to be kept true. Returns what is known now. */
static mg_known
learn(mg_verifier *verifier, const mg_backend *backend, const mg_recipient_key *key, mg_rcpt_class class, const mg_smtp_reply *reply)
{
	gint64 now = now_s(verifier);
	gboolean is_refused = mg_rcpt_class_is_negative(class) || class == MG_RCPT_BAD_SYNTAX;
	mg_recollection known;

	if (is_refused && !backend->caches_negatives && !mg_memory_recall(verifier->memory, key, now, &known))
		return MG_KNOWN_NOTHING;
	mg_memory_learn(verifier->memory, key, class, reply, now, &known);
	return known.known;
}

/* What is known of the connection that the answer came by. */
static void
read_endpoint(const mg_berth *over, const char *endpoint, mg_rcpt_finding *finding)
{
	mg_pool_status status;

	finding->endpoint = endpoint;
	for (guint i = 0; endpoint != NULL && i < over->backend->endpoints->len; i++) {
		mg_pool_get_status(over->pool, i, &status);
		if (status.endpoint != endpoint)
			continue;
		finding->tls = status.tls;
		finding->has_pipelining = status.has_pipelining;
	}
}

static void flight_answered(void *context, const mg_probe_answer *answer);

/* The canaries first, if they are due: all go in one batch. Not before, or what waits for leave to be guessed would send them. */
static void
flight_send(flight *of)
{
	flight_enter(of, FLIGHT_ASKED);
	mg_canary_watch_refresh(of->watch, of->over->pool, now_s(of->verifier));
	of->probe = mg_pool_ask(of->over->pool, of->path, flight_answered, of);
}

/* NULL: nobody queues for a guess there. */
static flight *
first_queued(const mg_verifier *verifier, const mg_berth *over)
{
	for (GList *at = verifier->queue.head; at != NULL; at = at->next)
		if (((flight *)at->data)->over == over)
			return at->data;
	return NULL;
}

/* Who exists was no guess: who queues for one has it. */
static void
flight_settle_guess(flight *of, mg_known known)
{
	mg_bucket *bucket = &of->over->bucket;
	flight *next;

	if (!of->has_guess || (known != MG_KNOWN_VALID && known != MG_KNOWN_FULL && known != MG_KNOWN_BLOCKED_NOW))
		return;
	mg_bucket_give_back(bucket);
	next = first_queued(of->verifier, of->over);
	if (next != NULL && mg_bucket_take(bucket, of->verifier->settings.clock()))
		flight_send(next);
}

static void
flight_answered(void *context, const mg_probe_answer *answer)
{
	flight *of = context;
	gint64 now = now_s(of->verifier);
	mg_recipient_key key = flight_key(of);
	mg_recollection known;
	gboolean was_valid = mg_memory_recall(of->verifier->memory, &key, now, &known) && known.was_valid_lately;

	of->probe = NULL;
	of->finding.source = MG_SOURCE_PROBE;
	of->finding.class = answer->class;
	of->finding.reply = answer->reply;
	of->finding.problem = answer->problem;
	of->finding.elapsed_us = answer->elapsed_us;
	read_endpoint(of->over, answer->endpoint, &of->finding);
	if (mg_trust_seen(mg_canary_watch_trust(of->watch), was_valid, mg_rcpt_class_is_negative(answer->class), now))
		log_breaker(of);
	flight_settle_guess(of, learn(of->verifier, of->over->backend, &key, answer->class, &answer->reply));
	flight_conclude(of);
}

/* NULL: there are too many. @is_guess: it counts against what the backend may be asked. */
static flight *
flight_begin(mg_verifier *verifier, const mg_verifier_wish *wish, const char *id, gboolean is_guess)
{
	flight begun = flight_imagine(verifier, wish), *of;
	gboolean may_go;

	if (g_hash_table_size(verifier->flights) >= FLIGHTS_MAX)
		return NULL;
	/* Nobody overtakes who queues: under load that one would wait until its time is up. */
	may_go = !is_guess || (first_queued(verifier, begun.over) == NULL && mg_bucket_take(&begun.over->bucket, verifier->settings.clock()));
	if (!may_go && verifier->queue.length >= QUEUED_MAX)
		return NULL;
	of = g_new(flight, 1);
	*of = begun;
	of->state = FLIGHT_ENDED;   /* in no list yet */
	of->id = g_strdup(id);
	of->domain = g_strdup(wish->domain);
	of->key = g_strdup(wish->key);
	of->path = g_strdup(wish->path);
	of->has_guess = is_guess;
	of->link.data = of;
	mg_berth_enter(of->over);
	mg_canary_watch_hold(of->watch);
	g_hash_table_insert(verifier->flights, of->id, of);
	if (may_go)
		flight_send(of);
	else
		flight_enter(of, FLIGHT_QUEUED);
	return of;
}

static void
queue_look(void *context)
{
	mg_verifier *verifier = context;
	GList *next;

	for (GList *at = verifier->queue.head; at != NULL; at = next) {
		flight *of = at->data;

		next = at->next;
		if (mg_bucket_take(&of->over->bucket, verifier->settings.clock()))
			flight_send(of);
	}
	if (verifier->queue.length > 0)
		mg_timer_start(verifier->queue_timer, g_get_monotonic_time() + QUEUE_LOOK_US);
}

/* The flights that were held for these canaries: judged now, or held for others, if these will not answer. */
static void
canaries_answered(void *context, mg_canary_watch *watch)
{
	mg_verifier *verifier = context;
	g_autoptr(GList) all = g_hash_table_get_values(verifier->flights);

	for (GList *at = all; at != NULL; at = at->next) {
		flight *of = at->data;

		if (of->state == FLIGHT_HELD && of->watch == watch)
			flight_conclude(of);
	}
}

static char *
flight_id(const mg_verifier_wish *wish)
{
	return g_strdup_printf("%p %s@%s", (const void *)wish->backend, wish->key, wish->domain);
}

/* ---- open and close ---- */

mg_verifier *
mg_verifier_new(const mg_verifier_settings *settings)
{
	mg_verifier *verifier = g_new0(mg_verifier, 1);

	verifier->settings = *settings;
	if (settings->clock == NULL)
		verifier->settings.clock = g_get_monotonic_time;
	if (settings->wait_us == 0)
		verifier->settings.wait_us = MG_VERIFY_WAIT_US;
	if (settings->stale_wait_us == 0)
		verifier->settings.stale_wait_us = MG_VERIFY_STALE_WAIT_US;
	mg_secret_fill(&verifier->seed, sizeof(verifier->seed));
	verifier->memory = mg_memory_new(MG_MEMORY_OCTETS, verifier->seed);
	verifier->canaries = mg_canaries_new(settings->log, verifier->settings.clock, canaries_answered, verifier);
	verifier->berths = mg_berths_new(&(mg_berths_settings){
		settings->loop, settings->resolver, settings->log, verifier->canaries, settings->pool_times,
	});
	verifier->flights = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, flight_free);
	verifier->queue_timer = mg_timer_new(settings->loop, queue_look, verifier);
	verifier->store_timer = mg_timer_new(settings->loop, store_flush, verifier);
	return verifier;
}

void
mg_verifier_free(mg_verifier *verifier)
{
	if (verifier == NULL)
		return;
	g_hash_table_unref(verifier->flights);
	mg_canaries_free(verifier->canaries);
	mg_berths_free(verifier->berths);
	mg_timer_free(verifier->queue_timer);
	mg_timer_free(verifier->store_timer);
	if (verifier->store != NULL)
		mg_store_flush(verifier->store, now_s(verifier), (gint64)time(NULL));
	mg_store_free(verifier->store);
	g_free(verifier->store_path);
	mg_budget_free(verifier->budget);
	mg_memory_free(verifier->memory);
	g_free(verifier);
}

/* ---- asking ---- */

/* Mail for the domain goes in a circle: what we have asked of the backend is asked of us. */
static gboolean
find_circle(mg_verifier *verifier, const mg_verifier_wish *wish, mg_rcpt_finding *finding_out)
{
	mg_log_line line;

	if (!mg_canaries_are_ours(verifier->canaries, wish->domain, wish->key))
		return FALSE;
	mg_log_begin(&line, verifier->settings.log, MG_LEVEL_WARNING, "rcpt.circle");
	mg_log_text(&line, "backend", wish->backend->name);
	mg_log_text(&line, "text", "a recipient that we made up came back to us: does the backend ask us, or send to us?");
	mg_log_end(&line);
	*finding_out = (mg_rcpt_finding){ .reason = MG_REASON_RCPT_TEMPORARY, .why = "a recipient of our own making came back", .canary_age_s = -1 };
	return TRUE;
}

/* What was known to be valid long enough to be asked again is, while nobody waits. */
static void
refresh(mg_verifier *verifier, const mg_verifier_wish *wish, const mg_recollection *known)
{
	g_autofree char *id = NULL;

	if (known == NULL || known->freshness != MG_FRESH_REFRESH)
		return;
	id = flight_id(wish);
	if (!g_hash_table_contains(verifier->flights, id))
		flight_begin(verifier, wish, id, FALSE);
}

gboolean
mg_verifier_look(mg_verifier *verifier, const mg_verifier_wish *wish, mg_rcpt_finding *finding_out)
{
	gint64 now = now_s(verifier);
	const flight asked = flight_imagine(verifier, wish);
	mg_recollection recalled;
	const mg_recollection *known = flight_recall(&asked, now, &recalled);
	mg_opinion_case judged = case_of(&asked, known, now);
	mg_opinion found;

	if (find_circle(verifier, wish, finding_out))
		return TRUE;
	found = mg_opinion_remembered(&judged);
	if (found.reason == MG_REASON_NONE && mg_pool_would_send(asked.over->pool))
		return FALSE;
	if (found.reason == MG_REASON_NONE) {
		find_unanswered(&asked, MG_REASON_RCPT_BACKEND_DOWN, "the backend has not answered lately", finding_out);
		return TRUE;
	}
	*finding_out = (mg_rcpt_finding){ .source = MG_SOURCE_NONE };
	mg_rcpt_finding_complete(finding_out, &found, known, mg_canary_watch_trust(asked.watch), now);
	if (found.reason == MG_REASON_RCPT_UNKNOWN) {
		mg_rcpt_finding_log(finding_out, wish->backend, wish->path, verifier->settings.log);
		mg_canary_watch_refresh(asked.watch, asked.over->pool, now);
	}
	count_guess(verifier, wish->client, wish->domain, wish->key, found.reason);
	refresh(verifier, wish, known);
	return TRUE;
}

void
mg_verifier_learn(mg_verifier *verifier, const mg_verifier_wish *wish, const mg_smtp_reply *reply)
{
	const mg_recipient_key key = { wish->backend->epoch, wish->domain, wish->key };

	learn(verifier, wish->backend, &key, mg_rcpt_class_of(reply, wish->backend->quirk), reply);
}

static mg_verification *
join(flight *of, const mg_verifier_wish *wish, gint64 wait_us, void (*function)(void *context), void *context)
{
	mg_verification *waiter = g_new0(mg_verification, 1);

	waiter->of = of;
	waiter->has_client = wish->client != NULL;
	if (waiter->has_client)
		waiter->client = *wish->client;
	waiter->until_us = g_get_monotonic_time() + wait_us;
	waiter->function = function;
	waiter->context = context;
	waiter->link.data = waiter;
	g_queue_push_tail_link(&of->waiters, &waiter->link);
	return waiter;
}

mg_verification *
mg_verifier_ask(mg_verifier *verifier, const mg_verifier_wish *wish, void (*function)(void *context), void *context,
                mg_rcpt_finding *finding_out)
{
	g_autofree char *id = flight_id(wish);
	const flight asked = flight_imagine(verifier, wish);
	flight *of = g_hash_table_lookup(verifier->flights, id);
	mg_recollection recalled;
	const mg_recollection *known = flight_recall(&asked, now_s(verifier), &recalled);
	gboolean will_do_stale = known != NULL && known->known == MG_KNOWN_VALID;   /* and it is no guess */
	const char *why = NULL;

	if (!will_do_stale && wish->client != NULL && mg_budget_is_spent(verifier->budget, wish->client, verifier->settings.clock()))
		why = "the client has asked about as many unknown recipients as it may";
	else if (of == NULL && (of = flight_begin(verifier, wish, id, !will_do_stale)) == NULL)
		why = "too many recipients are being asked about";
	else if (of->waiters.length >= WAITERS_MAX)
		why = "too many wait for the same recipient";
	if (why != NULL) {
		find_unanswered(&asked, MG_REASON_RCPT_OVER_BUDGET, why, finding_out);
		return NULL;
	}
	return join(of, wish, will_do_stale ? verifier->settings.stale_wait_us : verifier->settings.wait_us, function, context);
}

gboolean
mg_verification_is_answered(const mg_verification *verification)
{
	return verification->of == NULL;
}

gint64
mg_verification_until_us(const mg_verification *verification)
{
	return verification->until_us;
}

/* Nobody waits for a flight that has not begun: it will not. */
static void
flight_leave(flight *of, mg_verification *waiter)
{
	g_queue_unlink(&of->waiters, &waiter->link);
	if (of->state == FLIGHT_QUEUED && of->waiters.length == 0)
		g_hash_table_remove(of->verifier->flights, of->id);
}

/* Time is up. */
static void
find_by_now(const flight *of, mg_rcpt_finding *finding_out)
{
	if (of->state == FLIGHT_HELD) {   /* refused, whatever the canaries will say */
		*finding_out = of->finding;
		flight_judge(of, FALSE, finding_out);
	} else if (of->state == FLIGHT_QUEUED) {
		find_unanswered(of, MG_REASON_RCPT_OVER_BUDGET, "the backend has been asked about as many unknown recipients as it may",
		                finding_out);
	} else {
		find_unanswered(of, MG_REASON_RCPT_BACKEND_DOWN, "no answer in time", finding_out);
	}
}

void
mg_verification_end(mg_verification *verification, mg_rcpt_finding *finding_out)
{
	flight *of = verification->of;

	*finding_out = verification->finding;
	if (of != NULL) {
		find_by_now(of, finding_out);
		flight_leave(of, verification);
	}
	g_free(verification);
}

void
mg_verification_cancel(mg_verification *verification)
{
	if (verification == NULL)
		return;
	if (verification->of != NULL)
		flight_leave(verification->of, verification);
	g_free(verification);
}
