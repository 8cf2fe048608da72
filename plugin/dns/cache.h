/* cache.h - answers kept by question, as long as their TTL says.
 * In:    answers, with the time they came
 * Out:   the answer to a question, while it holds
 * Owns:  references to the answers
 * Rules: found 60 s to 1 d; nothing, by its SOA, 60 s to 15 min (RFC 2308 5); unknown 10 s (RFC 2308 7). Bounded in
 *        octets: what was not used for longest goes first. No clock of its own: times are microseconds that never run
 *        backwards. */
#ifndef MG_DNS_CACHE_H
#define MG_DNS_CACHE_H

#include <glib.h>

#include "dns/answer.h"

typedef struct mg_dns_cache mg_dns_cache;

typedef struct mg_dns_cache_counts {
	guint64 n_hits;
	guint64 n_misses;      /* never there, gone, or over */
	guint64 n_evictions;   /* for want of room */
	guint   n_answers;
	gsize   octets;
} mg_dns_cache_counts;

mg_dns_cache *mg_dns_cache_new(gsize octets_max);
void mg_dns_cache_free(mg_dns_cache *cache);

/* Takes a reference of its own, in place of an earlier answer to the same question. One too large to be kept is not. */
void mg_dns_cache_put(mg_dns_cache *cache, mg_dns_answer *answer, gint64 now_us);
/* Borrowed until the next call; or NULL. */
mg_dns_answer *mg_dns_cache_get(mg_dns_cache *cache, const mg_dns_question *question, gint64 now_us);

/* How long an answer is kept. */
guint mg_dns_cache_lifetime_s(const mg_dns_answer *answer);
void mg_dns_cache_count(const mg_dns_cache *cache, mg_dns_cache_counts *counts_out);

#endif
