/* nat_watch.h - notices when one address that may relay behaves like many hosts (a firewall in the list).
 * In:    each grant that a zone gave, with the client's address and HELO word
 * Out:   TRUE once in a while for an address that showed more HELO names than one host has
 * Owns:  a fixed table: what it forgets first is what it saw longest ago
 * Rules: more than 5 distinct names in 10 minutes. */
#ifndef MG_CHECK_NAT_WATCH_H
#define MG_CHECK_NAT_WATCH_H

#include <glib.h>

#include "session/facts.h"

typedef struct mg_nat_watch mg_nat_watch;

mg_nat_watch *mg_nat_watch_new(void);
void mg_nat_watch_free(mg_nat_watch *watch);

/* TRUE when @ip has shown a sixth name within 10 minutes, and has not been told of in these. */
gboolean mg_nat_watch_see(mg_nat_watch *watch, const mg_ip *ip, mg_words helo, gint64 now_us);

#endif
