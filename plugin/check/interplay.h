/* interplay.h - results that change what others lead to, or lead to something together.
 * In:    all results of a question
 * Out:   the same, some with another consequence than their own; sender.plausible and score.reached, if they say so
 * Rules: [exempt] by sender or HELO name: a word that anybody can say, and so only with a proof (FEATURES U6). [rule]: all
 *        that it wants was found, and then (U23). [score]: after both, the points of what they have left (H41); an
 *        authenticated client has none. Relaying is none of it: nothing here can grant. Each that is used, or
 *        lacks its proof, is in the trace. */
#ifndef MG_CHECK_INTERPLAY_H
#define MG_CHECK_INTERPLAY_H

#include "base/evidence.h"
#include "base/result.h"
#include "base/trace.h"
#include "check/envelope.h"
#include "check/sanity.h"

void mg_interplay(const mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope, const mg_sanity_host *host,
                  mg_results *results, mg_trace *trace, mg_evidence *evidence);

#endif
