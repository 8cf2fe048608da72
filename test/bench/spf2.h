/* spf2.h - the peer: libspf2, as a mail server uses it.
 * In:    domains of gmail_zone.h
 * Out:   checks that pass
 * Owns:  an SPF_server_t and its layer of DNS
 * Rules: a request is made and freed for each check. libspf2's own layer for the network asks whom /etc/resolv.conf
 *        names; one of ours stands in its place and does the same: a question by UDP, and the thread waits. */
#ifndef MG_BENCH_SPF2_H
#define MG_BENCH_SPF2_H

#include <stdint.h>

typedef struct spf2 spf2;

/* Over libspf2's zone layer, with the records of @domain. */
spf2 *spf2_over_zone(const char *domain);
/* Over UDP; for one thread. */
spf2 *spf2_over_udp(uint16_t port);
void spf2_free(spf2 *peer);

/* The client of the zone and a sender at @domain; whatever is not "pass" ends the program. */
void spf2_check(const spf2 *peer, const char *domain);

#endif
