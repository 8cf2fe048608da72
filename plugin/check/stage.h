/* stage.h - which checks a question needs, in order.
 * In:    a question with its facts, the policy, the time
 * Out:   results of every check up to the stage, and the circumstances under which they are decided
 * Rules: a stage looks at all that earlier stages looked at, since a refusal may have waited. Pure but
 *        for the checks that wait for DNS. */
#ifndef MG_CHECK_STAGE_H
#define MG_CHECK_STAGE_H

#include "base/result.h"
#include "base/trace.h"
#include "check/audit.h"
#include "check/client.h"
#include "check/envelope.h"
#include "check/outbound.h"
#include "check/recipient.h"
#include "check/relay.h"
#include "check/sanity.h"
#include "check/spf.h"
#include "verdict/decide.h"

typedef struct mg_stage_outcome {
	mg_client        client;
	mg_envelope      envelope;
	mg_results       results;
	mg_relay_answer  relay;
	mg_sanity_host   host;
	mg_circumstances circumstances;
} mg_stage_outcome;

/* The checks that a question needs and that wait for DNS, to be run before it is judged; NULL where one is not needed. */
typedef struct mg_stage_checks {
	mg_spf_check      *spf[MG_IDENTITY_MAIL_FROM + 1];   /* by mg_identity; refs held by who has this */
	mg_outbound_check *outbound;                         /* owned by who has this */
	mg_sanity_check   *sanity;                           /* owned by who has this */
	mg_audit_check    *audit;                            /* owned by who has this */
	mg_recipient_check *recipient;                       /* owned by who has this; waits for leave until the others are done */
} mg_stage_checks;

#define MG_STAGE_CHECKS_MAX (MG_IDENTITY_MAIL_FROM + 5)

void mg_stage_begin(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gint64 now_s,
                    mg_stage_checks *checks_out);
void mg_stage_checks_clear(mg_stage_checks *checks);
/* Number @index of MG_STAGE_CHECKS_MAX, to be run; NULL: not needed. */
mg_check *mg_stage_check(const mg_stage_checks *checks, guint index);

/* Judges. @checks: done; NULL: there are none. */
void mg_stage_run(const mg_policy *policy, const mg_facts *facts, gint64 now_s, const mg_stage_checks *checks, mg_trace *trace,
                  mg_evidence *evidence, mg_stage_outcome *outcome_out);

#endif
