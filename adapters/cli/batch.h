/* batch.h - many questions from standard input, a line each, their answers out in the same order. */
#ifndef MAILGUARD_CLI_BATCH_H
#define MAILGUARD_CLI_BATCH_H

#include <mailguard.h>

typedef struct cli_batch_job {
	const char *command;   /* "spf", for what goes wrong */
	void       *context;   /* borrowed */
	/* Asks about a line, which it may cut into fields, in a session whose context is @tag. Returns NULL, or what is wrong with the
	 * line (constant); then there is no session. */
	const char *(*ask)(void *context, mg_guard *guard, char *line, void *tag, mg_session **session_out, uint64_t *request_out);
	/* One object on a line; @line as it was cut. */
	void        (*print)(void *context, const char *line, const mg_verdict *verdict);
} cli_batch_job;

/* Returns an exit code; a line that is none is told in its place. */
int cli_batch(mg_guard *guard, const cli_batch_job *job);

#endif
