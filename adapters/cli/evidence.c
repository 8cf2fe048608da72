/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <string.h>

void
cli_evidence_read(const mg_verdict *verdict, cli_evidence *evidence_out)
{
	cli_evidence *out = evidence_out;

	out->n = 0;
	while (out->n < CLI_PIECES_MAX
	       && (out->names[out->n] = mg_verdict_evidence(verdict, out->n, &out->values[out->n])) != NULL)
		out->n++;
}

const char *
cli_evidence_find(const cli_evidence *evidence, const char *piece)
{
	for (size_t i = 0; i < evidence->n; i++)
		if (strcmp(strchr(evidence->names[i], '.') + 1, piece) == 0)
			return evidence->values[i];
	return NULL;
}
