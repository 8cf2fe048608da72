/* findings.h - what is wrong, or doubtful, in a policy's files.
 * In:    one sentence at a time, with its place and rule
 * Out:   lines as lint prints them: "file:line: error|warning: text [rule-id]"
 * Rules: the text is one line of printable ASCII, whatever stood in the file. */
#ifndef MG_POLICY_FINDINGS_H
#define MG_POLICY_FINDINGS_H

#include <glib.h>

#include "base/log.h"

/* mg_place - where something stands. */
typedef struct mg_place {
	const char *file;   /* borrowed; outlives the findings' use of it */
	guint       line;   /* from 1; 0: the file as a whole */
} mg_place;

typedef struct mg_finding {
	mg_level level;     /* MG_LEVEL_ERROR or MG_LEVEL_WARNING */
	char    *file;      /* owned */
	guint    line;
	char    *rule;      /* owned */
	char    *text;      /* owned */
} mg_finding;

typedef struct mg_findings mg_findings;

mg_findings *mg_findings_new(void);
void mg_findings_free(mg_findings *findings);
void mg_findings_add(mg_findings *findings, mg_level level, mg_place place, const char *rule, const char *format, ...)
	G_GNUC_PRINTF(5, 6);

/* The last error added leaves the policy usable: mg_findings_errors does not count it. */
void mg_findings_tolerate_last(mg_findings *findings);

guint mg_findings_count(const mg_findings *findings);
const mg_finding *mg_findings_get(const mg_findings *findings, guint index);
/* Errors that refuse the policy. */
guint mg_findings_errors(const mg_findings *findings);
/* The line as lint prints it; the caller's to free. */
char *mg_finding_format(const mg_finding *finding);
/* A line each. */
void mg_findings_log(const mg_findings *findings, const mg_log *log);

#endif
