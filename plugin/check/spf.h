/* spf.h - SPF for one identity of a question.
 * In:    facts, policy, which identity
 * Out:   a result with its evidence, or why there was no judging
 * Owns:  its runs (spf_run.h): of the identity's domain and, if that is no pass, of the trusted forwarders' domains
 * Rules: RFC 7208 2.3, 2.4, 4.3, 4.6.4. A client that is not judged has the result none, and never pass. Reference
 *        counted: once done it is the answer for all recipients of its transaction. */
#ifndef MG_CHECK_SPF_H
#define MG_CHECK_SPF_H

#include "base/evidence.h"
#include "base/result.h"
#include "base/trace.h"
#include "check/check.h"
#include "check/spf_subject.h"
#include "check/tools.h"
#include "spf/evaluate.h"

typedef struct mg_spf_check mg_spf_check;

/* @subject is read during the call only; @policy is referenced. A result that the transaction has already is taken over. */
mg_spf_check *mg_spf_check_new(const mg_tools *tools, mg_policy *policy, const mg_spf_subject *subject,
                               mg_identity identity, gint64 now_s);
mg_spf_check *mg_spf_check_ref(mg_spf_check *spf);
void mg_spf_check_unref(mg_spf_check *spf);
mg_check *mg_spf_check_base(mg_spf_check *spf);

mg_identity mg_spf_check_identity(const mg_spf_check *spf);
const mg_policy *mg_spf_check_policy(const mg_spf_check *spf);

/* These have meaning once it is done. */
const mg_spf_outcome *mg_spf_check_outcome(const mg_spf_check *spf);
const char *mg_spf_check_domain(const mg_spf_check *spf);    /* of the identity; "" if it has none */
const char *mg_spf_check_skipped(const mg_spf_check *spf);   /* why it was not judged; NULL: it was */
gsize mg_spf_check_size(const mg_spf_check *spf);            /* octets of memory */

/* The result, with the action that holds for the recipient or the domain, its lines of trace, and its evidence. @forward: the
 * forward-path it is about; NULL: none. */
void mg_spf_check_report(const mg_spf_check *spf, const mg_path *forward, mg_results *results, mg_trace *trace,
                         mg_evidence *evidence);

#endif
