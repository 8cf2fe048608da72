/* sender_domain.h - whether the domain of the reverse-path can take an answer.
 * In:    the reverse-path, the answers present
 * Out:   sender.null-mx, .no-domain, .mx-address, .mx-cname, .mx-bogon, .not-fqdn, .literal; .plausible if the client is
 *        among the domain's own hosts
 * Rules: RFC 5321 5.1 (MX, or else the address), RFC 7505 (null MX), RFC 2181 10.3 (no alias). The first ten MX. */
#ifndef MG_CHECK_SENDER_DOMAIN_H
#define MG_CHECK_SENDER_DOMAIN_H

#include "check/judging.h"

void mg_sender_domain_judge(mg_judging *judging);

#endif
