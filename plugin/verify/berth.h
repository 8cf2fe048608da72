/* berth.h - each backend's connections, and how many guesses it may be asked; of the policy in force, and of former ones until
 * nothing flies over theirs any more.
 * Owns:  pools (pool.h)
 * Rules: a pool goes when its policy is out of force and nobody waits for it, and never from inside its own call. */
#ifndef MG_VERIFY_BERTH_H
#define MG_VERIFY_BERTH_H

#include "verify/budget.h"
#include "verify/canaries.h"
#include "verify/pool.h"

typedef struct mg_berths mg_berths;

typedef struct mg_berth {
	const mg_backend *backend;     /* borrowed from the policy */
	mg_pool          *pool;        /* owned */
	mg_bucket         bucket;      /* of guesses */
	mg_berths        *berths;      /* borrowed; the rest is for berth.c alone */
	mg_policy        *policy;      /* ref held */
	guint             n_flights;
	gboolean          is_retired;
} mg_berth;

typedef struct mg_berths_settings {   /* borrowed as long as the berths are there */
	mg_loop      *loop;
	mg_resolver  *resolver;
	const mg_log *log;
	mg_canaries  *canaries;
	const mg_pool_times *pool_times;   /* NULL: the standard ones */
} mg_berths_settings;

mg_berths *mg_berths_new(const mg_berths_settings *settings);
/* After the canaries. */
void mg_berths_free(mg_berths *berths);

/* Stays as long as it is entered, or its policy is in force; else until dispatch is next called. */
mg_berth *mg_berths_get(mg_berths *berths, mg_policy *policy, const mg_backend *backend);
void mg_berth_enter(mg_berth *berth);
void mg_berth_leave(mg_berth *berth);

/* @policy is in force now. */
void mg_berths_retire(mg_berths *berths, const mg_policy *policy);

#endif
