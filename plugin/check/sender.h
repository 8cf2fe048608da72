/* sender.h - the reverse-path beside its syntax: our own domain used by a stranger, bounces to many.
 * Rules: skipped for clients that [exempt] names. What DNS says of the domain is not looked at yet. Pure. */
#ifndef MG_CHECK_SENDER_H
#define MG_CHECK_SENDER_H

#include "base/result.h"
#include "base/trace.h"
#include "check/client.h"
#include "check/envelope.h"

void mg_sender_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                     const mg_envelope *envelope, mg_results *results, mg_trace *trace);

#endif
