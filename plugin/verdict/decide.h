/* decide.h - from results to one action: the only place where that step is taken, with the policy.
 * In:    the results of all checks up to the stage, and what lifts or postpones them
 * Out:   action and reason, what flagged, what is pending
 * Rules: the strictest consequence wins, the earliest reason names it (base/reason.h). Until RCPT only deny hosts and
 *        syntax are answered at once, unless decide-at = stage. Grants and AUTH lift helo, ptr, sender, spf and the
 *        score, never a deny list; role addresses of ours lift all but deny lists and syntax. What was accepted at RCPT is
 *        not refused at DATA. Pure. */
#ifndef MG_VERDICT_DECIDE_H
#define MG_VERDICT_DECIDE_H

#include "base/result.h"
#include "base/trace.h"
#include "mailguard/names.h"
#include "policy/policy.h"

typedef struct mg_circumstances {
	mg_question question;
	mg_stage    stage;             /* 0: a single question */
	gboolean    is_trusted;        /* authenticated or granted */
	gboolean    is_role_address;   /* the recipient is postmaster or abuse of ours */
	gboolean    is_decided;        /* at DATA: RCPT has accepted recipients, whatever would refuse them was weighed there */
	gboolean    facts_may_come;    /* a single question: HELO or MAIL, not given yet, could change the answer */
} mg_circumstances;

typedef struct mg_decision {
	mg_action action;
	mg_reason reason;
	gboolean  is_final;
	mg_action pending_action;   /* 0: nothing is pending */
	mg_reason pending_reason;
	guint     n_flags;
	mg_reason flags[MG_RESULTS_MAX];
} mg_decision;

void mg_decide(const mg_policy *policy, const mg_circumstances *circumstances, const mg_results *results,
               mg_trace *trace, mg_decision *decision_out);

/* What a result leads to in the end: the policy's consequence, the reply of a deny list and safe-mode applied. */
mg_consequence mg_decide_consequence(const mg_policy *policy, const mg_result *result);
/* Whether something is made of it: it flags, defers or rejects, now or at RCPT, and is not lifted. */
gboolean mg_decide_counts(const mg_policy *policy, const mg_circumstances *circumstances, const mg_result *result);

#endif
