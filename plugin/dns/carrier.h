/* carrier.h - packets to DNS servers and back; the only place of c-ares.
 * In:    a question, a server, UDP or TCP
 * Out:   what came back, read; or that nothing will
 * Owns:  channels and their sockets, close-on-exec
 * Rules: one try each: who asks decides on another server, TCP or another time. c-ares' callbacks only file what came;
 *        the carrier's function is called from dispatch, when no c-ares function is under way, so it may send and
 *        forget. Ids come from the kernel; without them nothing is sent (RELIABILITY D2). */
#ifndef MG_DNS_CARRIER_H
#define MG_DNS_CARRIER_H

#include <glib.h>

#include "base/loop.h"
#include "dns/servers.h"
#include "dns/wire.h"

typedef struct mg_dns_carrier mg_dns_carrier;
typedef struct mg_dns_sending mg_dns_sending;

typedef enum mg_dns_return {
	MG_DNS_CAME,        /* a message that answers */
	MG_DNS_TRUNCATED,   /* it came by UDP and did not fit */
	MG_DNS_GARBLED,     /* a message that cannot be read */
	MG_DNS_LOST         /* refused, reset, closed, not sent; or nothing came in all the carrier's patience */
} mg_dns_return;

/* @sending has ended, and is gone after the call. @answer: borrowed; NULL if LOST. */
typedef void (*mg_dns_carrier_function)(void *context, mg_dns_sending *sending, mg_dns_return how, mg_dns_answer *answer);

mg_dns_carrier *mg_dns_carrier_new(mg_loop *loop, mg_dns_carrier_function function);
/* Nothing is called any more. Not from the carrier's function. */
void mg_dns_carrier_free(mg_dns_carrier *carrier);

/* From now on @servers are sent to, each try being given @try_ms by who asks, and awaited up to @patience_ms. What is
 * under way comes to its end with the former ones. */
void mg_dns_carrier_set_servers(mg_dns_carrier *carrier, const mg_dns_servers *servers, guint try_ms, guint patience_ms);

/* To the server with that index. @question is copied. */
mg_dns_sending *mg_dns_carrier_send(mg_dns_carrier *carrier, guint server, gboolean by_tcp, const mg_dns_question *question,
                                    void *context);
/* Again, the very same packet on the same way, after it came back garbled: from the carrier's function alone. The same answer
 * as before may still come, or a good one. */
mg_dns_sending *mg_dns_carrier_send_again(mg_dns_sending *sending);
/* Its end is not told. */
void mg_dns_carrier_forget(mg_dns_sending *sending);
/* The TCP connection it went by is of no use: later ones get another. */
void mg_dns_carrier_distrust(mg_dns_sending *sending);

/* Under way, forgotten ones with them. */
guint mg_dns_carrier_count(const mg_dns_carrier *carrier);

#endif
