/* slow_dns.h - a DNS server on loopback that lets every answer wait for the same time.
 * In:    the delay; questions by UDP
 * Out:   the TXT records of gmail_zone.h, for any domain whatever; A, AAAA, MX and PTR of the hosts of host_zone.h;
 *        nothing to other questions
 * Owns:  a process, so that neither its time nor its memory is taken for that of who asks
 * Rules: thousands of questions wait at once, in the order in which they are due. It ends with who began it. */
#ifndef MG_BENCH_SLOW_DNS_H
#define MG_BENCH_SLOW_DNS_H

#include <stdint.h>

typedef struct slow_dns slow_dns;

slow_dns *slow_dns_begin(unsigned delay_ms);
void slow_dns_end(slow_dns *server);

uint16_t slow_dns_port(const slow_dns *server);
/* Questions since the last call of slow_dns_clear, and how many of them waited at once. */
unsigned slow_dns_questions(const slow_dns *server);
unsigned slow_dns_waited(const slow_dns *server);
void slow_dns_clear(slow_dns *server);

#endif
