/* verdict.h - the answer to one request.
 *
 * A verdict is complete when it is taken: no accessor looks anything up. Strings belong to the verdict and
 * are printable ASCII unless said otherwise, so they may go into replies and logs as they are. */
#ifndef MAILGUARD_VERDICT_H
#define MAILGUARD_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

#ifdef __cplusplus
extern "C" {
#endif

/** mg_verdict - what to do, what to say, and why. Since: 0.1 */
typedef struct mg_verdict mg_verdict;

/** mg_verdict_free - release a verdict, or NULL. Since: 0.1 */
MG_API void mg_verdict_free(mg_verdict *verdict);

/**
 * mg_verdict_request  - the number that the mg_ask function gave
 * mg_verdict_context  - the context of the session that asked
 * mg_verdict_question - what was asked, an mg_question
 * mg_verdict_stage    - the stage it was asked for, an mg_stage; 0 for a single question
 * Since: 0.1
 */
MG_API uint64_t mg_verdict_request(const mg_verdict *verdict);
MG_API void *mg_verdict_context(const mg_verdict *verdict);
MG_API mg_question mg_verdict_question(const mg_verdict *verdict);
MG_API int mg_verdict_stage(const mg_verdict *verdict);

/**
 * mg_verdict_action   - accept, defer or reject
 * mg_verdict_code     - reply code (RFC 5321 4.2): 250, 4xx or 5xx
 * mg_verdict_enhanced - enhanced status code (RFC 3463), "5.7.1"; "2.0.0" on accept
 * mg_verdict_text     - text of the reply: one line, 1..400 octets, without codes, safe to send as it is
 * mg_verdict_reason   - stable word for the decision, "relay.denied"; "none" where nothing applied
 * Since: 0.1
 */
MG_API mg_action mg_verdict_action(const mg_verdict *verdict);
MG_API int mg_verdict_code(const mg_verdict *verdict);
MG_API const char *mg_verdict_enhanced(const mg_verdict *verdict);
MG_API const char *mg_verdict_text(const mg_verdict *verdict);
MG_API const char *mg_verdict_reason(const mg_verdict *verdict);

/**
 * mg_verdict_is_final       - 1: nothing that may still come at this stage's command changes the answer;
 *                             0: a later fact (AUTH, the recipient) may, and a refusal may be pending
 * mg_verdict_pending_action - the refusal that waits for RCPT (mg_action), or 0
 * mg_verdict_pending_reason - its reason, or NULL
 * Since: 0.1
 */
MG_API int mg_verdict_is_final(const mg_verdict *verdict);
MG_API int mg_verdict_pending_action(const mg_verdict *verdict);
MG_API const char *mg_verdict_pending_reason(const mg_verdict *verdict);

/**
 * mg_verdict_age_ms - age of the oldest evidence used, in ms; 0: all of it belongs to this request
 * mg_verdict_ttl_ms - how long the same question would get the same answer, in ms; 0: ask again
 * Since: 0.1
 */
MG_API uint64_t mg_verdict_age_ms(const mg_verdict *verdict);
MG_API uint64_t mg_verdict_ttl_ms(const mg_verdict *verdict);

/**
 * mg_verdict_flag   - reason number @index that flagged what is accepted; NULL past the last
 * mg_verdict_trace  - line number @index of the trace: what was looked at, what it gave, what was skipped and why;
 *                     NULL past the last
 * mg_verdict_result - result number @index: the check's name, its result in the standard's word in @result_out;
 *                     NULL past the last, @result_out untouched
 * mg_verdict_evidence - piece number @index of what a result rests on: its name, "spf.matched", its value in
 *                     @value_out: printable ASCII; numbers in decimal. libmailguard(3) lists the names. NULL past
 *                     the last, @value_out untouched
 * mg_verdict_header - header field number @index to add at the top: its name, its body in @body_out, folded with
 *                     LF and white space, no final line end; NULL past the last, @body_out untouched
 * Since: 0.1
 */
MG_API const char *mg_verdict_flag(const mg_verdict *verdict, size_t index);
MG_API const char *mg_verdict_trace(const mg_verdict *verdict, size_t index);
MG_API const char *mg_verdict_result(const mg_verdict *verdict, size_t index, const char **result_out);
MG_API const char *mg_verdict_evidence(const mg_verdict *verdict, size_t index, const char **value_out);
MG_API const char *mg_verdict_header(const mg_verdict *verdict, size_t index, const char **body_out);

#ifdef __cplusplus
}
#endif
#endif
