/* prefetch.h - what later questions of the session will ask of DNS, asked already.
 * In:    facts of a stage
 * Out:   questions under way; their answers will be in the cache
 * Rules: FEATURES U19: the client's PTR at connect, addresses and MX of the HELO name at HELO, MX of the sender's domain at
 *        MAIL; SPF asks for its own. Nothing for clients that nobody will judge. Never waits. */
#ifndef MG_CHECK_PREFETCH_H
#define MG_CHECK_PREFETCH_H

#include "check/client.h"
#include "check/envelope.h"
#include "dns/resolver.h"
#include "policy/policy.h"
#include "session/facts.h"

void mg_prefetch(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                 const mg_envelope *envelope);

#endif
