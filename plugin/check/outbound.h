/* outbound.h - whether SPF of the sender's domain would let us send, when we relay for a client.
 * In:    a sender whose mail a granted client sends through us; our addresses towards the world
 * Out:   fail or softfail, if that is what receivers will find for any of the addresses
 * Rules: FEATURES F33. Nobody is judged by it but our own users: by default it flags. DNS trouble is no opinion. */
#ifndef MG_CHECK_OUTBOUND_H
#define MG_CHECK_OUTBOUND_H

#include "base/result.h"
#include "base/trace.h"
#include "check/check.h"
#include "check/spf_subject.h"
#include "check/tools.h"

typedef struct mg_outbound_check mg_outbound_check;

/* NULL: there is nothing to find out. @subject is read during the call only. */
mg_outbound_check *mg_outbound_check_new(const mg_tools *tools, mg_policy *policy, const mg_spf_subject *subject,
                                         gint64 now_s);
mg_check *mg_outbound_check_base(mg_outbound_check *outbound);

/* Once it is done. */
void mg_outbound_check_report(const mg_outbound_check *outbound, mg_results *results, mg_trace *trace);

#endif
