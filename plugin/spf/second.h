/* second.h - an SPF engine that is not ours, in a module of its own beside engine.so.
 * In:    its name
 * Out:   an evaluator like ours (evaluate.h), for who has chosen it ([spf] engine) or compares
 * Rules: a module may do what the engine must not: bring a library that outside data has ended before. So it is loaded on
 *        request alone, and in a process of its own alone (options.h, MG_OWN_PROCESS). Never unloaded. */
#ifndef MG_SPF_SECOND_H
#define MG_SPF_SECOND_H

#include "spf/evaluate.h"
#include "spf/record.h"

#define MG_SPF_MODULE_VERSION 1

/* What a module gets from the engine: the record gate and the counts are ours (RELIABILITY 1.2). */
typedef struct mg_spf_host {
	mg_spf_evaluator      evaluate;
	const mg_spf_record *(*record_of)(mg_dns_answer *answer, guint *n_out);
} mg_spf_host;

typedef struct mg_spf_module {
	guint            version;    /* MG_SPF_MODULE_VERSION */
	mg_spf_evaluator evaluate;
} mg_spf_module;

/* The only name that a module exports. @host stays. */
typedef const mg_spf_module *mg_spf_module_get_type(const mg_spf_host *host);
#define MG_SPF_MODULE_SYMBOL "mg_spf_module_get"

/* NULL if it cannot be loaded; then @why_out gets a sentence that is the caller's to free. */
mg_spf_evaluator mg_spf_second_load(const char *name, char **why_out);

#endif
