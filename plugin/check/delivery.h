/* delivery.h - what a backend said of a recipient when a message was delivered to it, as the server has heard it (FEATURES U16).
 * In:    the forward-path, the reply
 * Out:   what it means; the verifier remembers it as a probe's answer
 * Rules: of recipients that a backend is asked about, and of these alone. Temporary replies change nothing. */
#ifndef MG_CHECK_DELIVERY_H
#define MG_CHECK_DELIVERY_H

#include "base/evidence.h"
#include "base/trace.h"
#include "check/envelope.h"
#include "check/tools.h"

/* Nothing, if the question tells of no delivery. */
void mg_delivery_learn(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope);
/* "rcpt.class", and a sentence. */
void mg_delivery_report(const mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope, mg_trace *trace,
                        mg_evidence *evidence);

#endif
