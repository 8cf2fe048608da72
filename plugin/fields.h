/* fields.h - the header fields of one verdict, from what the checks found.
 * In:    the facts, the checks, their results
 * Out:   bodies for Received-SPF (RFC 7208 9.1) and Authentication-Results (RFC 8601)
 * Rules: what was not judged is not told. Methods besides SPF: "iprev" (RFC 8601 2.7.3), and "policy", our own word on HELO
 *        and the sender's domain, given only where the policy makes something of it. */
#ifndef MG_FIELDS_H
#define MG_FIELDS_H

#include "check/stage.h"
#include "verdict/message.h"

/* @fields_out is the caller's to clear. */
void mg_fields_build(const mg_policy *policy, const mg_facts *facts, const mg_stage_checks *checks,
                     const mg_stage_outcome *outcome, mg_fields *fields_out);
void mg_fields_clear(mg_fields *fields);

#endif
