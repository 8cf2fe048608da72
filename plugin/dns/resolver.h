/* resolver.h - answers to DNS questions, from the local zone, the cache or the network.
 * In:    questions
 * Out:   answers, at once or later from dispatch; always one, in at most tries x servers x timeout
 * Owns:  the cache, questions under way, sockets
 * Rules: doubt is UNKNOWN, never NOTHING. A question that is under way is joined, not asked again. A truncated answer goes to
 *        TCP; what is no answer does not end a question; SERVFAIL and the like are asked of another server, if there is
 *        one. Bounded: questions under way, octets of the cache. When most questions of the last minute failed, what
 *        seems not to exist is UNKNOWN "resolver-unhealthy".
 *        Why UNKNOWN: "formerr" "servfail" "notimp" "refused" "rcode"; "malformed" "truncated" "referral" "cname"
 *        "dname" "too-many" "too-large"; "timeout" "unreachable" "tcp"; "no-servers" "too-busy" "resolver-unhealthy". */
#ifndef MG_DNS_RESOLVER_H
#define MG_DNS_RESOLVER_H

#include <glib.h>

#include "base/log.h"
#include "base/loop.h"
#include "dns/answer.h"
#include "dns/zone.h"

typedef struct mg_resolver mg_resolver;
typedef struct mg_resolver_ticket mg_resolver_ticket;

typedef struct mg_resolver_settings {
	const char    *servers;         /* "system", or addresses with ports (dns/servers.h); copied */
	const char    *resolv_conf;     /* where the system's are; NULL: /etc/resolv.conf; copied */
	guint          check_ms;        /* how often at most that file is looked at; 0: before each question */
	guint          timeout_ms;      /* of one try */
	guint          tries;           /* of each server */
	guint          questions_max;   /* under way at once */
	gsize          cache_octets;    /* a later setting does not change it */
	/* Completes an answer of the network before it is kept and told, so that the cache's bound holds for what is
	 * compiled of it; NULL: nothing is. */
	void         (*complete)(mg_dns_answer *answer);
	const mg_local_zone *zone;      /* borrowed as long as it is set; NULL: none */
} mg_resolver_settings;

/* As DESIGN 5 has them; the system's servers. */
extern const mg_resolver_settings mg_resolver_settings_standard;

typedef struct mg_resolver_counts {
	guint64 n_questions;      /* asked of the resolver; the next four are where they went */
	guint64 n_zone, n_cached, n_joined, n_network;
	guint64 n_found, n_nothing, n_unknown;      /* how those of the network ended */
	guint64 n_packets, n_tcp, n_garbled, n_lost, n_timeouts;
	guint64 n_refused;        /* not taken: too many under way, or no servers */
	guint   n_under_way;
	guint   n_cache_answers;
	gsize   cache_octets;
	guint64 n_evictions;
} mg_resolver_counts;

/* @answer is borrowed; take a reference to keep it. The ticket is gone before the call. Inside it the resolver may be
 * asked and tickets be cancelled; it may not be freed or configured. */
typedef void (*mg_resolver_function)(void *context, mg_dns_answer *answer);

/* @log is borrowed. NULL for settings that cannot be; then @why_out gets a sentence that is the caller's to free. */
mg_resolver *mg_resolver_new(mg_loop *loop, const mg_log *log, const mg_resolver_settings *settings, char **why_out);
/* Who still waits is not called. */
void mg_resolver_free(mg_resolver *resolver);
/* Other settings, the same cache; what is under way ends under the former. FALSE, as _new, leaves all as it was. */
gboolean mg_resolver_configure(mg_resolver *resolver, const mg_resolver_settings *settings, char **why_out);

/* The answer, a reference that is the caller's, if it is there already: then @function is not called. Else NULL, and
 * @function is called once, from dispatch, unless the ticket is cancelled before. @ticket_out may be NULL. */
mg_dns_answer *mg_resolver_ask(mg_resolver *resolver, const mg_dns_question *question, mg_resolver_function function,
                               void *context, mg_resolver_ticket **ticket_out);
/* The same for work that has begun: ahead of the questions that none waits for, should they queue. */
mg_dns_answer *mg_resolver_ask_ahead(mg_resolver *resolver, const mg_dns_question *question, mg_resolver_function function,
                                     void *context, mg_resolver_ticket **ticket_out);
/* NULL is fine. A question that has been sent goes on, for the cache's sake. */
void mg_resolver_cancel(mg_resolver_ticket *ticket);
/* What the ticket waits for, borrowed as long as it does. */
const mg_dns_question *mg_resolver_ticket_question(const mg_resolver_ticket *ticket);
/* What will be asked soon: its answer is in the cache by then. */
void mg_resolver_prefetch(mg_resolver *resolver, const mg_dns_question *question);

gboolean mg_resolver_is_healthy(const mg_resolver *resolver);
void mg_resolver_count(const mg_resolver *resolver, mg_resolver_counts *counts_out);

#endif
