/* peer.h - one endpoint of a backend: its addresses, its connections, its breaker, and the probes that wait for it.
 * In:    probes, from the pool
 * Out:   their answers, to the pool; or the probes themselves, for another endpoint
 * Owns:  connections
 * Rules: RELIABILITY 4.3, 4.5. A batch is up to ten recipients over a connection that is ready; a connection more is opened when
 *        none is. What breaks a connection is asked once more, alone; then it is for another endpoint. */
#ifndef MG_VERIFY_PEER_H
#define MG_VERIFY_PEER_H

#include "verify/probe.h"

typedef struct mg_peer_settings {
	mg_connection_settings connection;
	mg_resolver           *resolver;   /* borrowed */
	const mg_pool_times   *times;      /* borrowed */
} mg_peer_settings;

mg_peer *mg_peer_new(const mg_peer_settings *settings);
void mg_peer_free(mg_peer *peer);

/* FALSE: not now, the breaker says. Nothing is answered inside. */
gboolean mg_peer_take(mg_peer *peer, mg_probe *probe);
/* Whether the breaker would let one be taken. */
gboolean mg_peer_would_take(const mg_peer *peer);
/* A probe that is with it, waiting or asked, is so no more. What has been sent goes on. */
void mg_peer_release(mg_peer *peer, mg_probe *probe);

guint mg_peer_count_waiting(const mg_peer *peer);

mg_breaker_state mg_peer_breaker(const mg_peer *peer);
void mg_peer_get_status(const mg_peer *peer, mg_pool_status *status_out);

#endif
