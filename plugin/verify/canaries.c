/* canaries.c - see canaries.h. */
#include "verify/canaries.h"

#include <string.h>
#include <time.h>

#include "base/secret.h"

#define WATCHES_MAX 4096
#define SECRET_SIZE 32
#define DAY_S       86400

typedef enum canary_kind { CANARY_POSITIVE, CANARY_NEGATIVE, N_CANARIES } canary_kind;

/* One of the two, as it is asked about. */
typedef struct canary {
	mg_canary_watch *watch;    /* borrowed */
	canary_kind      kind;
	mg_probe        *probe;    /* NULL: not under way */
} canary;

struct mg_canary_watch {
	mg_canaries *canaries;     /* borrowed */
	char        *key;          /* owned */
	char        *domain;       /* owned */
	char        *positive;     /* owned; [backend] canary: a Local-part or a mailbox */
	mg_trust    *trust;        /* owned */
	mg_pool     *pool;         /* borrowed while a canary is under way */
	mg_domain_class was;       /* when they were asked */
	canary       all[N_CANARIES];
	guint        n_holds;
	GList        link;         /* in canaries->by_use; its data is the watch */
};

struct mg_canaries {
	const mg_log *log;         /* borrowed */
	mg_clock      clock;
	void        (*answered)(void *context, mg_canary_watch *watch);
	void         *context;     /* borrowed */
	guint8        secret[SECRET_SIZE];
	GHashTable   *watches;     /* owned; by key */
	GQueue        by_use;      /* the one used last at the tail */
};

/* ---- watches ---- */

static void
watch_free(gpointer data)
{
	mg_canary_watch *watch = data;

	for (guint i = 0; i < N_CANARIES; i++)
		if (watch->all[i].probe != NULL)
			mg_probe_cancel(watch->all[i].probe);
	mg_trust_free(watch->trust);
	g_free(watch->positive);
	g_free(watch->domain);
	g_free(watch->key);
	g_free(watch);
}

static gboolean
watch_is_under_way(const mg_canary_watch *watch)
{
	return watch->all[CANARY_POSITIVE].probe != NULL || watch->all[CANARY_NEGATIVE].probe != NULL;
}

mg_canaries *
mg_canaries_new(const mg_log *log, mg_clock clock, void (*answered)(void *context, mg_canary_watch *watch), void *context)
{
	mg_canaries *canaries = g_new0(mg_canaries, 1);

	canaries->log = log;
	canaries->clock = clock;
	canaries->answered = answered;
	canaries->context = context;
	/* Of this run: a canary of an earlier one is a recipient like any other. */
	mg_secret_fill(canaries->secret, sizeof(canaries->secret));
	canaries->watches = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, watch_free);
	return canaries;
}

void
mg_canaries_free(mg_canaries *canaries)
{
	if (canaries == NULL)
		return;
	g_hash_table_unref(canaries->watches);
	g_free(canaries);
}

static void
forget_one(mg_canaries *canaries)
{
	for (GList *at = canaries->by_use.head; at != NULL; at = at->next) {
		mg_canary_watch *watch = at->data;

		if (watch->n_holds > 0 || watch_is_under_way(watch))
			continue;
		g_queue_unlink(&canaries->by_use, &watch->link);
		g_hash_table_remove(canaries->watches, watch->key);
		return;
	}
}

mg_canary_watch *
mg_canaries_get(mg_canaries *canaries, const mg_backend *backend, const char *domain)
{
	/* With its canary: a domain that is not believed for want of one that exists is to be believed once there is another. */
	g_autofree char *key = g_strdup_printf("%" G_GINT64_MODIFIER "x %s %s", backend->epoch, domain, backend->canary);
	mg_canary_watch *watch = g_hash_table_lookup(canaries->watches, key);

	if (watch != NULL) {
		g_queue_unlink(&canaries->by_use, &watch->link);
		g_queue_push_tail_link(&canaries->by_use, &watch->link);
		return watch;
	}
	if (g_hash_table_size(canaries->watches) >= WATCHES_MAX)
		forget_one(canaries);
	watch = g_new0(mg_canary_watch, 1);
	watch->canaries = canaries;
	watch->key = g_steal_pointer(&key);
	watch->domain = g_strdup(domain);
	watch->positive = g_strdup(backend->canary);
	watch->trust = mg_trust_new();
	watch->link.data = watch;
	for (canary_kind kind = 0; kind < N_CANARIES; kind++)
		watch->all[kind] = (canary){ watch, kind, NULL };
	g_hash_table_insert(canaries->watches, watch->key, watch);
	g_queue_push_tail_link(&canaries->by_use, &watch->link);
	return watch;
}

void
mg_canary_watch_hold(mg_canary_watch *watch)
{
	watch->n_holds++;
}

void
mg_canary_watch_let_go(mg_canary_watch *watch)
{
	watch->n_holds--;
}

mg_trust *
mg_canary_watch_trust(mg_canary_watch *watch)
{
	return watch->trust;
}

gboolean
mg_canary_watch_is_due(const mg_canary_watch *watch, gint64 now_s)
{
	return watch_is_under_way(watch) || mg_trust_canary_is_due(watch->trust, now_s);
}

/* ---- asking ---- */

static void
log_class(const mg_canary_watch *watch, gint64 now_s)
{
	mg_domain_class class = mg_trust_class(watch->trust, now_s);
	mg_log_line line;

	if (class == watch->was)
		return;
	mg_log_begin(&line, watch->canaries->log, class == MG_DOMAIN_DISCRIMINATING ? MG_LEVEL_INFO : MG_LEVEL_WARNING, "rcpt.class");
	mg_log_text(&line, "domain", watch->domain);
	mg_log_text(&line, "class", mg_domain_class_name(class));
	mg_log_text(&line, "was", mg_domain_class_name(watch->was));
	mg_log_end(&line);
}

static void
canary_answered(void *context, const mg_probe_answer *answer)
{
	canary *asked = context;
	mg_canary_watch *watch = asked->watch;
	gint64 now_s = watch->canaries->clock() / G_USEC_PER_SEC;

	asked->probe = NULL;
	mg_trust_canary(watch->trust, asked->kind == CANARY_POSITIVE, answer->class, now_s);
	if (watch_is_under_way(watch))
		return;
	log_class(watch, now_s);
	watch->canaries->answered(watch->canaries->context, watch);
}

static char *
canary_path(const mg_canary_watch *watch, canary_kind kind)
{
	char local_part[MG_CANARY_LENGTH + 1];

	if (kind == CANARY_POSITIVE && strchr(watch->positive, '@') != NULL)
		return g_strdup(watch->positive);
	if (kind == CANARY_POSITIVE)
		return g_strconcat(watch->positive, "@", watch->domain, NULL);
	mg_canary_local_part(watch->canaries->secret, watch->domain, (gint64)time(NULL) / DAY_S, local_part);
	return g_strconcat(local_part, "@", watch->domain, NULL);
}

void
mg_canary_watch_refresh(mg_canary_watch *watch, mg_pool *pool, gint64 now_s)
{
	if (watch_is_under_way(watch) || !mg_trust_canary_is_due(watch->trust, now_s))
		return;
	watch->pool = pool;
	watch->was = mg_trust_class(watch->trust, now_s);
	for (canary_kind kind = 0; kind < N_CANARIES; kind++) {
		g_autofree char *path = canary_path(watch, kind);

		watch->all[kind].probe = mg_pool_ask(pool, path, canary_answered, &watch->all[kind]);
	}
}

void
mg_canaries_leave(mg_canaries *canaries, const mg_pool *pool)
{
	GList *next;

	for (GList *at = canaries->by_use.head; at != NULL; at = next) {
		mg_canary_watch *watch = at->data;

		next = at->next;
		if (watch->pool != pool)
			continue;
		watch->pool = NULL;
		if (!watch_is_under_way(watch))
			continue;
		for (guint i = 0; i < N_CANARIES; i++)
			if (watch->all[i].probe != NULL)
				mg_probe_cancel(g_steal_pointer(&watch->all[i].probe));
		canaries->answered(canaries->context, watch);
	}
}

gboolean
mg_canaries_are_ours(const mg_canaries *canaries, const char *domain, const char *local_part)
{
	return mg_canary_is_ours(canaries->secret, domain, (gint64)time(NULL) / DAY_S, local_part);
}
