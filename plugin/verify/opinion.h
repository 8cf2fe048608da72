/* opinion.h - what an answer to RCPT, what is remembered, and the trust in who answered make together.
 * In:    the three, and the backend's on-failure
 * Out:   a reason of section "rcpt", or that it cannot be said before the canaries have answered
 * Rules: RELIABILITY-minded: "unknown" needs a refusal of RCPT that says so, of an address that was not valid lately or was refused twice, and
 *        canaries that held. What was known to be valid is kept through trouble, whatever on-failure says. Pure. */
#ifndef MG_VERIFY_OPINION_H
#define MG_VERIFY_OPINION_H

#include "base/reason.h"
#include "policy/backend.h"
#include "verify/memory.h"
#include "verify/rcpt_class.h"
#include "verify/trust.h"

typedef struct mg_opinion_case {
	const mg_recollection *known;             /* what is remembered, the answer learned; NULL: nothing */
	gboolean               has_answer;        /* of a probe made for it */
	mg_rcpt_class          class;             /* of that answer */
	mg_domain_class        domain;
	gboolean               believes_negatives, canaries_are_due;   /* due: asked now, or under way */
	mg_backend_outage      outage;
} mg_opinion_case;

typedef struct mg_opinion {
	mg_reason   reason;           /* MG_REASON_NONE: not to be said yet */
	gboolean    is_let_through;   /* on-failure accepts what the reason would refuse */
	gboolean    is_stale;         /* rests on an answer that is past its time */
	const char *why;              /* constant, for the trace */
} mg_opinion;

/* From what is remembered alone; MG_REASON_NONE: a probe is needed. */
mg_opinion mg_opinion_remembered(const mg_opinion_case *of);
/* After a probe; MG_REASON_NONE: once the canaries have answered. */
mg_opinion mg_opinion_answered(const mg_opinion_case *of);
/* The answer has not come in time, or there will be none because @reason. */
mg_opinion mg_opinion_unanswered(const mg_opinion_case *of, mg_reason reason, const char *why);

#endif
