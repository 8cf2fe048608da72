/* stage.h - which checks a question needs, in order.
 * In:    a question with its facts, the policy, the time
 * Out:   results of every check up to the stage, and the circumstances under which they are decided
 * Rules: a stage looks at all that earlier stages looked at, since a refusal may have waited; nothing is kept
 *        between questions. Pure but for the SPF checks, which wait for DNS. */
#ifndef MG_CHECK_STAGE_H
#define MG_CHECK_STAGE_H

#include "base/result.h"
#include "base/trace.h"
#include "check/client.h"
#include "check/envelope.h"
#include "check/relay.h"
#include "check/spf.h"
#include "verdict/decide.h"

typedef struct mg_stage_outcome {
	mg_client        client;
	mg_envelope      envelope;
	mg_results       results;
	mg_relay_answer  relay;
	mg_circumstances circumstances;
} mg_stage_outcome;

/* The SPF checks that a question needs, to be run before it is judged; NULL where one is not needed. */
typedef struct mg_stage_spf {
	mg_spf_check *helo, *mail_from;   /* owned by the caller */
} mg_stage_spf;

void mg_stage_begin(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts, gint64 now_s,
                    mg_stage_spf *spf_out);

/* Judges. @spf: the checks, done; NULL: there are none. */
void mg_stage_run(const mg_policy *policy, const mg_facts *facts, gint64 now_s, const mg_stage_spf *spf, mg_trace *trace,
                  mg_stage_outcome *outcome_out);

#endif
