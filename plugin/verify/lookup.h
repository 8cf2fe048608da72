/* lookup.h - the addresses of an endpoint that is written as a name.
 * In:    the name; what DNS says of it, A and AAAA
 * Out:   addresses, those of the first kind first
 * Rules: RELIABILITY 1.3 D11: an address that a name leads to is never loopback or unspecified: who can change DNS could have us
 *        ask whoever listens here. One that the source address cannot reach is none. */
#ifndef MG_VERIFY_LOOKUP_H
#define MG_VERIFY_LOOKUP_H

#include <glib.h>

#include "dns/resolver.h"
#include "policy/backend.h"

typedef struct mg_lookup mg_lookup;

/* The lookup has ended; from dispatch. */
typedef void (*mg_lookup_function)(void *context);

/* All borrowed. */
mg_lookup *mg_lookup_new(mg_resolver *resolver, const mg_backend *backend, const mg_endpoint *endpoint,
                         mg_lookup_function function, void *context);
void mg_lookup_free(mg_lookup *lookup);

/* TRUE: it has ended at once, and nobody is called. */
gboolean mg_lookup_begin(mg_lookup *lookup);
gboolean mg_lookup_is_under_way(const mg_lookup *lookup);
/* Its end: @addresses (of mg_ip) are these now; @good, if it is among them, is the first. */
void mg_lookup_take(mg_lookup *lookup, const mg_ip *good, GArray *addresses);

#endif
