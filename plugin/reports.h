/* reports.h - what can be said of a policy without putting it in force.
 * In:    the options that name it
 * Out:   a message of lines (api/wire.h)
 * Rules: a policy with errors is a report, not an error. No network. */
#ifndef MG_REPORTS_H
#define MG_REPORTS_H

#include "engine.h"

/* As mg_engine_functions has it. */
uint8_t *mg_report_write(const mg_options *options, mg_report_kind kind, size_t *length_out);

#endif
