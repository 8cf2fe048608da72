/* berth.c - see berth.h. */
#include "verify/berth.h"

/* At most 20 a second over any minute (RELIABILITY 3.2, G11). */
#define GUESSES_A_SECOND 19
#define GUESSES_AT_ONCE  40

struct mg_berths {
	mg_berths_settings settings;
	GHashTable        *all;       /* owned; by backend */
	const mg_policy   *in_force;  /* only compared */
	mg_timer          *sweeper;   /* owned */
};

static void
berth_free(gpointer data)
{
	mg_berth *berth = data;

	mg_pool_free(berth->pool);
	mg_policy_unref(berth->policy);
	g_free(berth);
}

static void
sweep(void *context)
{
	mg_berths *berths = context;
	g_autoptr(GList) all = g_hash_table_get_values(berths->all);   /* who is called back may come for another */

	for (GList *at = all; at != NULL; at = at->next) {
		mg_berth *berth = at->data;

		if (!berth->is_retired || berth->n_flights > 0)
			continue;
		mg_canaries_leave(berths->settings.canaries, berth->pool);
		g_hash_table_remove(berths->all, berth->backend);
	}
}

mg_berths *
mg_berths_new(const mg_berths_settings *settings)
{
	mg_berths *berths = g_new0(mg_berths, 1);

	berths->settings = *settings;
	berths->all = g_hash_table_new_full(NULL, NULL, NULL, berth_free);
	berths->sweeper = mg_timer_new(settings->loop, sweep, berths);
	return berths;
}

void
mg_berths_free(mg_berths *berths)
{
	if (berths == NULL)
		return;
	g_hash_table_unref(berths->all);
	mg_timer_free(berths->sweeper);
	g_free(berths);
}

static void
sweep_soon(mg_berths *berths)
{
	mg_timer_start(berths->sweeper, g_get_monotonic_time());
}

mg_berth *
mg_berths_get(mg_berths *berths, mg_policy *policy, const mg_backend *backend)
{
	mg_berth *berth = g_hash_table_lookup(berths->all, backend);

	if (berth != NULL)
		return berth;
	berth = g_new0(mg_berth, 1);
	berth->berths = berths;
	berth->backend = backend;
	berth->policy = mg_policy_ref(policy);
	mg_bucket_init(&berth->bucket, GUESSES_A_SECOND, GUESSES_AT_ONCE);
	berth->pool = mg_pool_new(&(mg_pool_settings){
		.backend = backend, .policy = policy, .loop = berths->settings.loop, .resolver = berths->settings.resolver,
		.log = berths->settings.log, .wants_transcript = berths->settings.log->level == MG_LEVEL_DEBUG,
		.times = berths->settings.pool_times,
	});
	berth->is_retired = policy != berths->in_force;   /* a question keeps the policy that it was asked under */
	if (berth->is_retired)
		sweep_soon(berths);
	g_hash_table_insert(berths->all, (gpointer)backend, berth);
	return berth;
}

void
mg_berth_enter(mg_berth *berth)
{
	berth->n_flights++;
}

void
mg_berth_leave(mg_berth *berth)
{
	berth->n_flights--;
	if (berth->is_retired && berth->n_flights == 0)
		sweep_soon(berth->berths);
}

void
mg_berths_retire(mg_berths *berths, const mg_policy *policy)
{
	GHashTableIter all;
	gpointer value;

	berths->in_force = policy;
	g_hash_table_iter_init(&all, berths->all);
	while (g_hash_table_iter_next(&all, NULL, &value)) {
		mg_berth *berth = value;

		berth->is_retired = berth->is_retired || berth->policy != policy;
		if (berth->is_retired && berth->n_flights == 0)
			sweep_soon(berths);
	}
}
