/* spf.h - SPF for one identity of a question: the pure evaluation (spf/evaluate.h), fed by the resolver.
 * In:    facts, policy, which identity
 * Out:   a result with its evidence, or why there was no judging
 * Owns:  the answers it has seen: the evaluation is done again from the top after each round of answers, and the same
 *        answers must be there each time
 * Rules: RFC 7208 2.3, 2.4, 4.3, 4.6.4. A client that is not judged has the result none, and never pass. */
#ifndef MG_CHECK_SPF_H
#define MG_CHECK_SPF_H

#include "base/result.h"
#include "base/trace.h"
#include "check/check.h"
#include "check/client.h"
#include "check/envelope.h"
#include "dns/resolver.h"
#include "policy/policy.h"
#include "session/facts.h"
#include "spf/evaluate.h"

typedef struct mg_spf_check mg_spf_check;

/* @facts, @client and @envelope are read during the call only. */
mg_spf_check *mg_spf_check_new(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts,
                               const mg_client *client, const mg_envelope *envelope, mg_identity identity,
                               gint64 now_s);
mg_check *mg_spf_check_base(mg_spf_check *spf);

/* These have meaning once it is done. */
mg_identity mg_spf_check_identity(const mg_spf_check *spf);
const mg_spf_outcome *mg_spf_check_outcome(const mg_spf_check *spf);
const char *mg_spf_check_domain(const mg_spf_check *spf);    /* of the identity; "" if it has none */
const char *mg_spf_check_skipped(const mg_spf_check *spf);   /* why it was not judged (constant); NULL: it was */
guint mg_spf_check_rounds(const mg_spf_check *spf);          /* of questions to DNS */

/* The result, with the action of [spf listed] if the domain is there, and its lines of trace. */
void mg_spf_check_report(const mg_spf_check *spf, const mg_policy *policy, mg_results *results, mg_trace *trace);

#endif
