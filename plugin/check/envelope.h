/* envelope.h - the paths of a question, taken apart once for all checks.
 * In:    the octets of reverse-path and forward-path
 * Out:   their layers (session/path.h), or why one is no path
 * Rules: RFC 5321 4.1.2; a path that is none is a result (address.syntax), no error. Pure. */
#ifndef MG_CHECK_ENVELOPE_H
#define MG_CHECK_ENVELOPE_H

#include "base/result.h"
#include "base/trace.h"
#include "policy/policy.h"
#include "session/facts.h"
#include "session/path.h"

/* has_x: it was given; x_fault: a constant that says why it is no path, NULL if it is one. Large: on the stack,
 * or in a request, not copied about. */
typedef struct mg_envelope {
	gboolean    has_reverse_path, has_forward_path;
	const char *reverse_fault, *forward_fault;
	mg_path     reverse_path, forward_path;
} mg_envelope;

void mg_envelope_read(const mg_policy *policy, const mg_facts *facts, mg_envelope *envelope_out);
void mg_envelope_trace(const mg_envelope *envelope, mg_trace *trace);

/* address.syntax, for either side. */
void mg_envelope_check_reverse(const mg_envelope *envelope, mg_results *results);
void mg_envelope_check_forward(const mg_envelope *envelope, mg_results *results);

/* A path that was given and is one, else NULL. */
const mg_path *mg_envelope_reverse(const mg_envelope *envelope);
const mg_path *mg_envelope_forward(const mg_envelope *envelope);
/* Who sends, as the reverse-path's outermost layer says; NULL: nobody yet, the null one, or no path. */
const mg_mailbox *mg_envelope_sender(const mg_envelope *envelope);

#endif
