/* deny.h - the deny lists: host, sender, recipient, pair, in this order.
 * Rules: a sender or recipient is denied if any of its layers is; nothing lifts a deny list. Pure. */
#ifndef MG_CHECK_DENY_H
#define MG_CHECK_DENY_H

#include "base/result.h"
#include "base/trace.h"
#include "check/client.h"
#include "check/envelope.h"

void mg_deny_check(const mg_policy *policy, const mg_client *client, const mg_envelope *envelope, mg_results *results,
                   mg_trace *trace);

#endif
