/* cache.h - what [recipients] cache keeps, as seen from outside the processes that fill it.
 * In:    a policy, or the options that name it
 * Out:   what is known; or it is forgotten, by all of them
 * Rules: a file that is not there is not made: who asks may be another user than they. */
#ifndef MG_CACHE_H
#define MG_CACHE_H

#include "base/log.h"
#include "engine.h"
#include "policy/policy.h"
#include "verify/memory.h"

/* All that is of use yet; to be freed. @policy has a cache. */
mg_memory *mg_cache_load(const mg_policy *policy, const mg_log *log, gint64 now_s);
/* Octets of its files; 0: there are none. */
guint64 mg_cache_octets(const mg_policy *policy);

/* As mg_engine_functions has it. */
int mg_cache_flush(const mg_options *options, const char *what, unsigned *n_out);

#endif
