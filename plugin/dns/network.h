/* network.h - one question, asked of DNS servers until there is an answer or the time is up.
 * In:    questions, each asked once
 * Out:   for each one answer, from dispatch, in at most tries x servers x timeout
 * Owns:  the carrier, the list of servers
 * Rules: UDP first; a truncated answer goes to TCP. What is no answer does not end a question. Servers take turns; those
 *        that were silent rest. SERVFAIL and the like are asked of another server, once each. So many at once are on
 *        the network, the others queue. */
#ifndef MG_DNS_NETWORK_H
#define MG_DNS_NETWORK_H

#include <glib.h>

#include "base/log.h"
#include "base/loop.h"
#include "dns/answer.h"

typedef struct mg_dns_network mg_dns_network;
typedef struct mg_dns_quest mg_dns_quest;

typedef struct mg_dns_network_settings {
	const char *servers;       /* see resolver.h for these; copied */
	const char *resolv_conf;
	guint       check_ms, timeout_ms, tries;
} mg_dns_network_settings;

typedef struct mg_dns_network_counts {
	guint64 n_packets, n_tcp, n_garbled, n_lost, n_timeouts;
} mg_dns_network_counts;

/* The quest is gone; @answer is borrowed. Called from dispatch. */
typedef void (*mg_dns_network_function)(void *context, mg_dns_answer *answer);

mg_dns_network *mg_dns_network_new(mg_loop *loop, const mg_log *log, mg_dns_network_function function);
/* Nothing is called any more. Not from the function. */
void mg_dns_network_free(mg_dns_network *network);
gboolean mg_dns_network_configure(mg_dns_network *network, const mg_dns_network_settings *settings, char **why_out);

/* Looks after the system's servers, if it is time to; FALSE if there are none. */
gboolean mg_dns_network_has_servers(mg_dns_network *network);
/* Where a question goes that cannot be sent at once: behind all that wait, or, if work that has begun waits for it, ahead of
 * those for which none has. Else everything would begin, and nothing end. */
typedef enum mg_dns_turn { MG_DNS_TURN_AHEAD, MG_DNS_TURN_LAST } mg_dns_turn;
/* With servers alone. */
mg_dns_quest *mg_dns_network_ask(mg_dns_network *network, const mg_dns_question *question, mg_dns_turn turn, void *context);
/* Its end is not told. */
void mg_dns_quest_free(mg_dns_quest *quest);
/* Whether a packet has gone out for it. */
gboolean mg_dns_quest_is_sent(const mg_dns_quest *quest);

const mg_dns_network_counts *mg_dns_network_count(const mg_dns_network *network);

#endif
