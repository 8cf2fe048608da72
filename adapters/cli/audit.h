/* audit.h - what the parts of "mailguard audit" share. */
#ifndef MAILGUARD_CLI_AUDIT_H
#define MAILGUARD_CLI_AUDIT_H

#include <mailguard.h>
#include <netinet/in.h>
#include <stdbool.h>

/* What a rule has found; NULL for what there is not. */
typedef struct audit_row {
	const char *rule, *severity, *found, *expected, *mend;
} audit_row;

/* How findings are printed, and what they come to. */
typedef struct audit_tally {
	bool json;
	bool has_row, has_finding, has_unknown;
} audit_tally;

void audit_print(audit_tally *tally, const audit_row *row);

/* Whether the MX hosts of the verdict answer on @port: a row each. */
void audit_answers(const mg_verdict *verdict, in_port_t port, bool tries_special, audit_tally *tally);

#endif
