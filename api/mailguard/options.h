/* options.h - how a guard is opened. */
#ifndef MAILGUARD_OPTIONS_H
#define MAILGUARD_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "names.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * mg_log_function - takes one line of the structured log
 * @context:  options.log_context
 * @level:    weight of the line
 * @line:     "event key=value ...", printable ASCII, up to 1,024 octets, no line end; everything that
 *            came from the network is escaped. Valid during the call only.
 *
 * Called from inside mg_guard_open, mg_guard_dispatch, mg_guard_wait, mg_guard_reload and the mg_ask
 * functions, in the thread that made the call. It must not call the library, but for the functions of names.h.
 */
typedef void (*mg_log_function)(void *context, mg_level level, const char *line);

/** MG_OWN_PROCESS - a flag of mg_options: this process does nothing but ask, and no mail is lost if it ends. Only there
 * may the policy choose an SPF engine that outside data has ended before (libspf2). Since: 0.1 */
#define MG_OWN_PROCESS 1u
/** MG_FULL_TRACE - a flag of mg_options: traces tell of all that was looked at, also of what had no part in the result, such
 * as each network of an SPF record that the client is not in. Costs time with every verdict. Since: 0.1 */
#define MG_FULL_TRACE  2u
/** MG_NO_TRACE - a flag of mg_options: verdicts have no trace, for who never shows one. Decision, reason, results, evidence and
 * header fields are the same. Not together with MG_FULL_TRACE. Since: 0.1 */
#define MG_NO_TRACE    4u

/**
 * mg_options - what mg_guard_open needs to know.
 * Zero means "as before" for every member. The struct grows at its end only: a caller built against an
 * older header passes a smaller size, and what it lacks reads as zero; a caller built against a newer
 * one is served if the members that this library does not know are zero (else MG_E_ABI).
 * Since: 0.1
 */
typedef struct mg_options {
	size_t          size;          /**< sizeof(mg_options) of the caller */
	const char     *config;        /**< path of mailguard.conf; for the embedded way. Copied. */
	const char     *socket;        /**< path of mailguardd's socket: the engine then runs there. Copied.
	                                    Set either config or socket. This release knows config only. */
	const char     *engine;        /**< path of engine.so; NULL: where it was installed. Copied. */
	mg_log_function log;           /**< NULL: nothing is logged */
	void           *log_context;   /**< given back to log; stays the caller's */
	uint32_t        log_level;     /**< an mg_level: the least weighty line that is wanted; 0: MG_LEVEL_INFO */
	uint32_t        deadline_ms;   /**< from question to verdict, 1..600,000; 0: 25,000. Stay below the
	                                    server's own time limit. */
	uint32_t        on_failure;    /**< an mg_action: the answer when the engine has none; 0: what the policy
	                                    says, MG_DEFER where that cannot be known */
	uint32_t        flags;         /**< MG_OWN_PROCESS, MG_FULL_TRACE, MG_NO_TRACE, or 0 */
	const char     *policy;        /**< lines in the form of mailguard.conf(5): keys that take the place of the
	                                    file's. Without config they are all the policy there is. Copied. */
} mg_options;

/** MG_OPTIONS_INIT - first value of an mg_options: the caller's size, all else "as before". */
#define MG_OPTIONS_INIT { sizeof(mg_options), NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, NULL }

#ifdef __cplusplus
}
#endif
#endif
