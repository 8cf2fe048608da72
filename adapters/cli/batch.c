/* batch.c - "--batch" of any command: many questions at once, answered in the order of their lines.
 * A line waits in a ring until its verdict is there and those before it are printed. Standard input is read only when there
 * is something, so that answers do not wait for the next question. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "cli.h"

#define RING            4096    /* lines under way */
#define LINE_MAX_OCTETS 16384

typedef struct batch_line {
	char       *text;      /* owned; as the command has cut it; NULL: the place is free */
	mg_session *session;   /* owned; NULL: the line was none */
	mg_verdict *verdict;   /* owned; NULL: not yet */
	const char *why;       /* constant; what is wrong with the line */
	size_t      number;
} batch_line;

typedef struct batch {
	mg_guard   *guard;      /* borrowed */
	const cli_batch_job *job;   /* borrowed */
	batch_line  ring[RING];
	size_t      n_read, n_printed;
	bool        has_failed;
	char        input[LINE_MAX_OCTETS + 1];
	size_t      n_input;
	bool        is_skipping;   /* the rest of a line that was too long */
	bool        at_end;
} batch;

static void
line_free(batch_line *line)
{
	mg_session_unref(line->session);
	mg_verdict_free(line->verdict);
	free(line->text);
	*line = (batch_line){ .text = NULL };
}

static int
batch_take_line(batch *run, const char *text, size_t length, const char *why)
{
	batch_line *line = &run->ring[run->n_read % RING];
	uint64_t request;

	line->text = strndup(text, length);
	if (line->text == NULL)
		return cli_fail_library(MG_E_MEMORY, run->job->command);
	line->number = ++run->n_read;
	if (why == NULL && memchr(text, 0, length) != NULL)
		why = "a line without NUL was expected";
	if (why == NULL)
		why = run->job->ask(run->job->context, run->guard, line->text, line, &line->session, &request);
	line->why = why;
	return 0;
}

/* Whole lines of what was read, as many as there is room for. */
static int
batch_take_lines(batch *run)
{
	char *start = run->input, *end = run->input + run->n_input, *newline;
	int code = 0;

	while (!code && run->n_read - run->n_printed < RING && (newline = memchr(start, '\n', (size_t)(end - start))) != NULL) {
		if (!run->is_skipping)
			code = batch_take_line(run, start, (size_t)(newline - start), NULL);
		run->is_skipping = false;
		start = newline + 1;
	}
	run->n_input = (size_t)(end - start);
	memmove(run->input, start, run->n_input);
	if (run->n_input == LINE_MAX_OCTETS && memchr(run->input, '\n', run->n_input) == NULL) {
		if (!run->is_skipping && !code)
			code = batch_take_line(run, run->input, 80, "a line of up to 16,383 octets was expected");
		run->is_skipping = true;
		run->n_input = 0;
	}
	return code;
}

static int
batch_read(batch *run)
{
	ssize_t n = read(STDIN_FILENO, run->input + run->n_input, LINE_MAX_OCTETS - run->n_input);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : cli_fail(EXIT_UNAVAILABLE, "%s: standard input: %s", run->job->command, strerror(errno));
	run->at_end = n == 0;
	run->n_input += (size_t)n;
	if (run->at_end && run->n_input > 0 && run->n_input < LINE_MAX_OCTETS)
		run->input[run->n_input++] = '\n';   /* the last line may lack it */
	return 0;
}

/* What is answered, up to the first that is not. */
static void
batch_print(batch *run)
{
	while (run->n_printed < run->n_read) {
		batch_line *line = &run->ring[run->n_printed % RING];

		if (line->why == NULL && line->verdict == NULL)
			break;
		if (line->why != NULL) {
			run->has_failed = true;
			printf("{\"line\":%zu,\"error\":\"%s\"}\n", line->number, line->why);
		} else {
			run->job->print(run->job->context, line->text, line->verdict);
		}
		line_free(line);
		run->n_printed++;
	}
}

static void
batch_take_verdicts(batch *run)
{
	mg_verdict *verdict;

	mg_guard_dispatch(run->guard);
	while ((verdict = mg_guard_next_verdict(run->guard)) != NULL)
		((batch_line *)mg_verdict_context(verdict))->verdict = verdict;
}

static bool
batch_has_line(const batch *run)
{
	return run->n_input > 0 && memchr(run->input, '\n', run->n_input) != NULL;
}

static int
batch_turn(batch *run)
{
	bool has_room = run->n_read - run->n_printed < RING;
	struct pollfd waited[2] = { { mg_guard_fd(run->guard), POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
	bool wants_input = has_room && !run->at_end && run->n_input < LINE_MAX_OCTETS;
	int code = 0;

	fflush(stdout);
	if (!has_room || !batch_has_line(run))
		(void)poll(waited, wants_input ? 2 : 1, -1);   /* an error of it counts as "look again" */
	if (wants_input && (waited[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
		code = batch_read(run);
	if (!code)
		code = batch_take_lines(run);
	batch_take_verdicts(run);
	batch_print(run);
	return code;
}

int
cli_batch(mg_guard *guard, const cli_batch_job *job)
{
	batch *run = calloc(1, sizeof(*run));
	int code = 0;

	if (run == NULL)
		return cli_fail_library(MG_E_MEMORY, job->command);
	run->guard = guard;
	run->job = job;
	while (!code && !ferror(stdout) && (!run->at_end || batch_has_line(run) || run->n_printed < run->n_read))
		code = batch_turn(run);
	for (size_t i = 0; i < RING; i++)
		line_free(&run->ring[i]);
	if (!code && run->has_failed)
		code = EXIT_USAGE;
	free(run);
	return code;
}
