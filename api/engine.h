/* engine.h - the one table of functions through which the library reaches an engine.
 * In:    questions as messages (wire.h)
 * Out:   verdicts as messages, each taken over by the caller
 * Rules: engine.so gives this table to the embedded way (embedded.c); the socket way will offer the same one.
 *        Private to one release: the version must be equal. */
#ifndef MAILGUARD_ENGINE_H
#define MAILGUARD_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "mailguard/guard.h"
#include "mailguard/options.h"

#define MG_ENGINE_VERSION 2

typedef struct mg_engine mg_engine;

typedef struct mg_engine_functions {
	uint32_t version;   /* MG_ENGINE_VERSION */

	/* Loads the policy. Returns as mg_guard_open. @options is complete and of this release's size. */
	int (*open)(const mg_options *options, mg_engine **engine_out);
	void (*close)(mg_engine *engine);

	/* Readable while there is work or a verdict waits; stays the same. */
	int (*fd)(const mg_engine *engine);

	/* Takes a question in; its octets are copied. Returns MG_OK, MG_E_ARGUMENT (not a question). */
	int (*ask)(mg_engine *engine, const uint8_t *octets, size_t length);
	void (*cancel)(mg_engine *engine, uint64_t request);

	/* Does what there is to do; never blocks. */
	void (*dispatch)(mg_engine *engine);

	/* Hands over the verdict of @request, or of any request if that is 0; NULL if there is none. The octets
	 * are the caller's until release. */
	uint8_t *(*take)(mg_engine *engine, uint64_t request, size_t *length_out);
	void (*release)(uint8_t *octets);

	/* Returns as mg_guard_reload. */
	int (*reload)(mg_engine *engine);

	/* Hands over a report as a message; NULL: no memory. */
	uint8_t *(*report)(const mg_options *options, mg_report_kind kind, size_t *length_out);

	/* Returns as mg_cache_forget. */
	int (*forget)(const mg_options *options, const char *what, unsigned *n_out);
} mg_engine_functions;

/* The only name that engine.so exports. */
typedef const mg_engine_functions *mg_engine_functions_get_type(void);
#define MG_ENGINE_SYMBOL "mg_engine_functions_get"

/* The embedded way: loads engine.so at @path, NULL for the installed one.
 * Returns NULL if it cannot be loaded or is of another release; @why_out then says why (constant or of dlerror,
 * valid until the next call of the dynamic loader). */
const mg_engine_functions *mg_embedded_load(const char *path, const char **why_out);

#endif
