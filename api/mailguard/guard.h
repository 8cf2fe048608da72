/* guard.h - the run: open, wait, take verdicts, reload, close; reports on a policy; what is remembered, forgotten.
 *
 * One thread per guard. A server with a loop of its own waits for mg_guard_fd() to become readable, calls
 * mg_guard_dispatch(), then takes from mg_guard_next_verdict() until there is none. A server that may
 * block calls mg_guard_wait(). In a forked child every function answers MG_E_STATE (or NULL, or -1). */
#ifndef MAILGUARD_GUARD_H
#define MAILGUARD_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"
#include "options.h"
#include "verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** mg_guard - a policy in force, and the engine that judges by it. Since: 0.1 */
typedef struct mg_guard mg_guard;

/**
 * mg_guard_open - load a policy and be ready for questions
 * @options:    see mg_options; copied
 * @guard_out:  the guard; to be closed by the caller
 *
 * Returns MG_OK, or, @guard_out untouched, MG_E_ARGUMENT, MG_E_ABI, MG_E_MEMORY, MG_E_ENGINE, MG_E_SYSTEM,
 *   MG_E_POLICY   the policy was refused; one log line for each fault says file, line and text
 * Since: 0.1
 */
MG_API int mg_guard_open(const mg_options *options, mg_guard **guard_out);

/**
 * mg_guard_close - end a guard
 * @guard:  a guard, or NULL. Its sessions must be gone. In a forked child only the child's memory of the
 *          guard is released; the parent's goes on.
 * Since: 0.1
 */
MG_API void mg_guard_close(mg_guard *guard);

/**
 * mg_guard_fd - the descriptor to poll for reading
 *
 * Readable when mg_guard_dispatch() has work or a verdict waits. The same one as long as the guard is open;
 * never read it, never close it. Returns -1 in a forked child.
 * Since: 0.1
 */
MG_API int mg_guard_fd(const mg_guard *guard);

/**
 * mg_guard_dispatch - do what there is to do, never block
 *
 * Returns MG_OK or MG_E_STATE.
 * Since: 0.1
 */
MG_API int mg_guard_dispatch(mg_guard *guard);

/**
 * mg_guard_next_verdict - take the next verdict
 *
 * Returns a verdict that is the caller's, or NULL when none waits.
 * Since: 0.1
 */
MG_API mg_verdict *mg_guard_next_verdict(mg_guard *guard);

/**
 * mg_guard_wait - block until one request has its verdict
 * @request:      the number from an mg_ask function
 * @verdict_out:  the verdict, the caller's
 *
 * Returns within the request's deadline whatever happens: if the engine has no answer by then, the verdict
 * is the library's own, reason "engine.deadline". Verdicts of other requests stay for mg_guard_next_verdict.
 * A signal does not end the wait.
 *
 * Returns MG_OK, or, @verdict_out untouched, MG_E_STATE, MG_E_UNKNOWN (no such request, or its verdict was
 * taken already).
 * Since: 0.1
 */
MG_API int mg_guard_wait(mg_guard *guard, uint64_t request, mg_verdict **verdict_out);

/**
 * mg_request_cancel - the answer is no longer wanted
 * @request:  a number from an mg_ask function. No verdict of it comes any more, even one that waits already.
 *
 * Returns MG_OK, MG_E_STATE, or MG_E_UNKNOWN.
 * Since: 0.1
 */
MG_API int mg_request_cancel(mg_guard *guard, uint64_t request);

/**
 * mg_guard_reload - read mailguard.conf and its lists again
 *
 * Questions asked before are answered by the policy they were asked under. Blocks while files are read.
 *
 * Returns MG_OK, or, the policy in force unchanged, MG_E_STATE, MG_E_MEMORY,
 *   MG_E_POLICY   the new policy was refused; the log says why
 * Since: 0.1
 */
MG_API int mg_guard_reload(mg_guard *guard);

/** mg_report - findings about a policy file, in order. Since: 0.1 */
typedef struct mg_report mg_report;

/** mg_report_kind - which report. */
typedef enum mg_report_kind {
	MG_REPORT_LINT         = 1,   /**< errors and warnings of mailguard.conf and its lists */
	MG_REPORT_RELAY_MATRIX = 2,   /**< who may relay where: zones x senders x recipients x address forms */
	MG_REPORT_BACKENDS     = 3,   /**< servers that are asked about recipients: "backend<TAB>server<TAB>domain" */
	MG_REPORT_CACHE        = 4,   /**< what [recipients] cache keeps, the proof of last time first:
	                                   "address<TAB>known<TAB>age in s<TAB>reply code<TAB>fresh|stale".
	                                   A warning is a line of the log: the file cannot be used; or not all
	                                   that it keeps is told */
	MG_REPORT_CACHE_STATS  = 5    /**< the same, counted: "word<TAB>number", the number empty for what there
	                                   is not */
} mg_report_kind;

/**
 * mg_report_make - examine a policy without putting it in force
 * @options:     config, and engine if need be; log is not used
 * @kind:        which report
 * @report_out:  the report, to be released with mg_report_free
 *
 * Needs no guard and no network. A policy with errors is a report, not an error.
 *
 * Returns MG_OK, or, @report_out untouched, MG_E_ARGUMENT, MG_E_ABI, MG_E_MEMORY, MG_E_ENGINE.
 * Since: 0.1
 */
MG_API int mg_report_make(const mg_options *options, mg_report_kind kind, mg_report **report_out);

/**
 * mg_report_level - the weight of finding @index: error, warning, or info for a plain row; 0 past the last
 * mg_report_line  - the finding's line of text; NULL past the last. Lint: "file:line: error|warning: text
 *                   [rule-id]". Else a row of the table.
 * mg_report_worst - the weightiest level in the report; MG_LEVEL_INFO when nothing is wrong
 *
 * Strings belong to the report.
 * Since: 0.1
 */
MG_API int mg_report_level(const mg_report *report, size_t index);
MG_API const char *mg_report_line(const mg_report *report, size_t index);
MG_API int mg_report_worst(const mg_report *report);

/** mg_report_free - release a report, or NULL. Since: 0.1 */
MG_API void mg_report_free(mg_report *report);

/**
 * mg_cache_forget - forget what is known of recipients
 * @options:  config, and engine if need be; log says what goes wrong
 * @what:     "user@example.org", an address as a client would write it, its angle brackets off;
 *            "@example.org", all of a Domain; "negatives", all that do not exist; or "all"
 * @n_out:    recipients that the file of [recipients] cache kept, and keeps no more; may be NULL
 *
 * Needs no guard. Every process that has the file open, this one among them, forgets too, within a second of its
 * being dispatched. Looks at the whole file, and waits up to a second for another process's lock.
 *
 * Returns MG_OK, also where there is no such file yet, or, @n_out untouched, MG_E_ABI, MG_E_MEMORY, MG_E_ENGINE,
 *   MG_E_ARGUMENT  @what is none of these
 *   MG_E_POLICY    the policy was refused; the log says why
 *   MG_E_STATE     the policy has no [recipients] cache
 *   MG_E_SYSTEM    the file cannot be written, and is as it was; the log says why
 * Since: 0.1
 */
MG_API int mg_cache_forget(const mg_options *options, const char *what, unsigned *n_out);

#ifdef __cplusplus
}
#endif
#endif
