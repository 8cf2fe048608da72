/* tools.h - what the engine lends to every question. */
#ifndef MG_CHECK_TOOLS_H
#define MG_CHECK_TOOLS_H

#include "base/log.h"
#include "base/trace.h"
#include "check/nat_watch.h"
#include "check/penalty_box.h"
#include "dns/resolver.h"
#include "spf/evaluate.h"

typedef struct mg_spf_memory mg_spf_memory;
typedef struct mg_verifier mg_verifier;

typedef struct mg_tools {
	const mg_log     *log;            /* all borrowed from the engine */
	mg_resolver      *resolver;
	mg_trace_detail   trace_detail;
	mg_spf_evaluator  evaluate_spf;
	mg_spf_memory    *spf_memory;
	mg_penalty_box   *penalty_box;
	mg_nat_watch     *nat_watch;
	mg_verifier      *verifier;
} mg_tools;

#endif
