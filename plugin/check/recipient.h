/* recipient.h - does the recipient exist behind us?
 * In:    the forward-path, whether it is ours, tables, what the verifier knows
 * Out:   one result of section "rcpt", its evidence
 * Rules: cheap first: only plain recipients of our own domains; then tables, then what is remembered; a probe only if everything
 *        else lets the client through (FEATURES V44). A sub-address is as good as the address it is of; before one is refused it
 *        is asked about as it stands. */
#ifndef MG_CHECK_RECIPIENT_H
#define MG_CHECK_RECIPIENT_H

#include "base/evidence.h"
#include "base/result.h"
#include "base/trace.h"
#include "check/check.h"
#include "check/client.h"
#include "check/envelope.h"
#include "check/tools.h"

typedef struct mg_recipient_check mg_recipient_check;

/* NULL: the question has no use for it. What @facts point to is borrowed as long as the check lives; @policy is referenced. */
mg_recipient_check *mg_recipient_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, const mg_client *client,
                                           const mg_envelope *envelope);
mg_check *mg_recipient_check_base(mg_recipient_check *recipient);

/* It waits for leave to probe. */
gboolean mg_recipient_check_is_held(const mg_recipient_check *recipient);
/* @is_refused: the client is refused already, and nothing is asked. The check is to be run again. */
void mg_recipient_check_give_leave(mg_recipient_check *recipient, gboolean is_refused);

/* The result; @domain in it is borrowed from @envelope. */
void mg_recipient_check_report(const mg_recipient_check *recipient, const mg_envelope *envelope, mg_results *results,
                               mg_trace *trace, mg_evidence *evidence);

#endif
