/* budget.h - how much guessing is allowed: a client's unknown recipients, and the guesses that a backend sees.
 * In:    each recipient that turned out unknown, with its client; each probe
 * Out:   whether there may be more
 * Rules: 20 distinct unknown recipients in any 10 min (RELIABILITY 1.6, V2), an IPv6 client is its /64; 20 guesses a second (V3).
 *        The number of clients is bounded: who comes last takes the place of who came longest ago. No clock of their own. */
#ifndef MG_VERIFY_BUDGET_H
#define MG_VERIFY_BUDGET_H

#include <glib.h>

#include "session/ip.h"

#define MG_BUDGET_UNKNOWN_MAX 256
#define MG_BUDGET_UNKNOWN     20
#define MG_BUDGET_WINDOW_S    600

typedef struct mg_budget mg_budget;

/* @unknown_max: 1..MG_BUDGET_UNKNOWN_MAX, each costs 32 KiB. @seed: secret. */
mg_budget *mg_budget_new(guint unknown_max, guint window_s, guint64 seed);
void mg_budget_free(mg_budget *budget);

/* @client asked for a recipient that does not exist. */
void mg_budget_spend(mg_budget *budget, const mg_ip *client, const char *domain, const char *local_part, gint64 now_us);
/* It has asked for as many as it may: what is not known yet is not asked about for it. */
gboolean mg_budget_is_spent(const mg_budget *budget, const mg_ip *client, gint64 now_us);

/* mg_bucket - so many a second, and as many at once. A value: copied, never freed. */
typedef struct mg_bucket {
	gint64 interval_us;   /* in which one more comes in */
	gint64 depth_us;      /* in which it fills */
	gint64 full_us;       /* when it will be full */
} mg_bucket;

#define MG_BUCKET_RATE  20
#define MG_BUCKET_BURST 20

void mg_bucket_init(mg_bucket *bucket, guint per_second, guint burst);
/* FALSE: it is empty. */
gboolean mg_bucket_take(mg_bucket *bucket, gint64 now_us);
/* What was taken was no guess. */
void mg_bucket_give_back(mg_bucket *bucket);

#endif
