/* deny_dns.h - names refused for where DNS says they lead ([deny dns], FEATURES H20).
 * In:    the HELO words, the client's confirmed name, the sender's domain; the answers present
 * Out:   deny.dns: an address of the name or of its MX, the name of an MX, or of an NS of the organisation, is listed
 * Rules: a list can refuse and never allow; what DNS does not say is on no list. */
#ifndef MG_CHECK_DENY_DNS_H
#define MG_CHECK_DENY_DNS_H

#include "check/judging.h"

void mg_deny_dns_judge_helo(mg_judging *judging);
/* @name: canonical */
void mg_deny_dns_judge_name(mg_judging *judging, const char *name);
void mg_deny_dns_judge_sender(mg_judging *judging);

#endif
