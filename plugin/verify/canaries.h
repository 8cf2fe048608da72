/* canaries.h - the two recipients of a domain that show whether its backend tells existing ones from others.
 * In:    a backend's pool, a domain, the time
 * Out:   trust in what the backend says of that domain, and a word when both have answered
 * Owns:  trust by backend and domain; their probes
 * Rules: one is to exist, [backend] canary, and one cannot, made of a secret, the domain and the day. Asked when due, for domains
 *        that are asked about; bounded: of more domains the one unused longest is forgotten. */
#ifndef MG_VERIFY_CANARIES_H
#define MG_VERIFY_CANARIES_H

#include <glib.h>

#include "verify/pool.h"
#include "verify/trust.h"

typedef struct mg_canaries mg_canaries;
typedef struct mg_canary_watch mg_canary_watch;   /* of one domain at one backend */

/* @answered: called from the loop's dispatch with a domain whose canaries have all answered, or will not any more: who still
 * wants to know asks again (refresh). */
mg_canaries *mg_canaries_new(const mg_log *log, mg_clock clock, void (*answered)(void *context, mg_canary_watch *watch), void *context);
/* Before the pools. */
void mg_canaries_free(mg_canaries *canaries);

/* Borrowed until the next call of this function; one that is held stays. */
mg_canary_watch *mg_canaries_get(mg_canaries *canaries, const mg_backend *backend, const char *domain);
/* Not forgotten while it is held; each hold is let go once. */
void mg_canary_watch_hold(mg_canary_watch *watch);
void mg_canary_watch_let_go(mg_canary_watch *watch);

mg_trust *mg_canary_watch_trust(mg_canary_watch *watch);
/* Asks both, if it is time. The pool is that of the backend, and stays until they have answered. */
void mg_canary_watch_refresh(mg_canary_watch *watch, mg_pool *pool, gint64 now_s);
/* Asked and not answered yet, or to be asked before anything is said. */
gboolean mg_canary_watch_is_due(const mg_canary_watch *watch, gint64 now_s);
/* The pool goes: its canaries are called back. From the loop's dispatch. */
void mg_canaries_leave(mg_canaries *canaries, const mg_pool *pool);

/* Whether a mailbox that somebody asks us about is a canary of our own: mail for the domain goes in a circle. */
gboolean mg_canaries_are_ours(const mg_canaries *canaries, const char *domain, const char *local_part);

#endif
