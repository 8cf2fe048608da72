/* evidence.h - what a verdict rests on, by the names of its pieces. */
#ifndef MAILGUARD_CLI_EVIDENCE_H
#define MAILGUARD_CLI_EVIDENCE_H

#include <mailguard.h>

#define CLI_PIECES_MAX 64

/* Borrowed from the verdict. */
typedef struct cli_evidence {
	const char *names[CLI_PIECES_MAX], *values[CLI_PIECES_MAX];
	size_t      n;
} cli_evidence;

void cli_evidence_read(const mg_verdict *verdict, cli_evidence *evidence_out);
/* The first piece of that name, whatever check it is of; NULL: there is none. */
const char *cli_evidence_find(const cli_evidence *evidence, const char *piece);

#endif
