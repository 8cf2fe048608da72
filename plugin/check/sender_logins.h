/* sender_logins.h - whether who sends may use that reverse-path: it is the user's, or nobody's whom we know.
 * Rules: a user sends as what is theirs, wherever they come from. What is somebody's wants a login, but not from a client
 *        that [exempt] names with "sender", that no network parts from us, or that may relay, to somebody at least,
 *        without one. The null reverse-path is nobody's. Pure. */
#ifndef MG_CHECK_SENDER_LOGINS_H
#define MG_CHECK_SENDER_LOGINS_H

#include "base/result.h"
#include "base/trace.h"
#include "check/client.h"
#include "check/envelope.h"

void mg_sender_logins_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                            const mg_envelope *envelope, gint64 now_s, mg_results *results, mg_trace *trace);

#endif
