/* guard.c - open, wait, take verdicts, reload, close. */
#include "mailguard/guard.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

bool
mg_guard_is_foreign(const mg_guard *guard)
{
	return guard->pid != getpid();
}

/* The one log line of the library itself: without an engine there is nobody else to say why. */
static void
log_engine_failure(const mg_options *options, const char *why)
{
	char line[1024];

	if (options->log == NULL)
		return;
	snprintf(line, sizeof(line), "engine.load-failed why=\"%.900s\"", why ? why : "unknown");
	for (char *at = line; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	options->log(options->log_context, MG_LEVEL_ERROR, line);
}

int
mg_guard_open(const mg_options *given, mg_guard **guard_out)
{
	mg_options options;
	mg_guard *guard = NULL;
	const char *why = NULL;
	int error;

	if (guard_out == NULL)
		return MG_E_ARGUMENT;
	error = mg_options_take(given, &options);
	if (error)
		return error;
	guard = calloc(1, sizeof(*guard));
	if (guard == NULL)
		return MG_E_MEMORY;
	guard->pid = getpid();
	guard->deadline_ms = options.deadline_ms;
	guard->on_failure = options.on_failure;

	guard->engine_functions = mg_embedded_load(options.engine, &why);
	if (guard->engine_functions == NULL) {
		log_engine_failure(&options, why);
		error = MG_E_ENGINE;
		goto out;
	}
	error = guard->engine_functions->open(&options, &guard->engine);
	if (error)
		goto out;
	*guard_out = guard;
	return MG_OK;
out:
	free(guard);
	return error;
}

void
mg_guard_close(mg_guard *guard)
{
	if (guard == NULL)
		return;
	/* A child shares the engine's epoll with its parent: to take it apart here would take it apart there. */
	if (!mg_guard_is_foreign(guard))
		guard->engine_functions->close(guard->engine);
	mg_requests_clear(&guard->requests);
	mg_writer_clear(&guard->writer);
	free(guard);
}

int
mg_guard_fd(const mg_guard *guard)
{
	return mg_guard_is_foreign(guard) ? -1 : guard->engine_functions->fd(guard->engine);
}

int
mg_guard_dispatch(mg_guard *guard)
{
	if (mg_guard_is_foreign(guard))
		return MG_E_STATE;
	guard->engine_functions->dispatch(guard->engine);
	return MG_OK;
}

mg_verdict *
mg_guard_next_verdict(mg_guard *guard)
{
	const mg_engine_functions *engine = guard->engine_functions;
	size_t length;
	uint8_t *octets;

	if (mg_guard_is_foreign(guard))
		return NULL;
	while ((octets = engine->take(guard->engine, 0, &length)) != NULL) {
		mg_reader reader;
		mg_verdict *verdict = NULL;

		if (mg_reader_open(&reader, octets, length))
			verdict = mg_request_find(guard, reader.request);
		if (verdict == NULL) {   /* nobody waits for it */
			engine->release(octets);
			continue;
		}
		mg_verdict_fill(verdict, octets, length, engine->release);
		mg_request_finish(verdict);
		return verdict;
	}
	return NULL;
}

/* Waits until the engine has work, or the deadline. Any error of poll counts as "look again". */
static void
guard_poll(mg_guard *guard, uint64_t deadline_ms)
{
	struct pollfd waited = { guard->engine_functions->fd(guard->engine), POLLIN, 0 };
	uint64_t now_ms = mg_now_ms();
	uint64_t left_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;

	(void)poll(&waited, 1, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
}

int
mg_guard_wait(mg_guard *guard, uint64_t request, mg_verdict **verdict_out)
{
	const mg_engine_functions *engine = guard->engine_functions;
	mg_verdict *verdict;
	size_t length;
	uint8_t *octets;

	if (mg_guard_is_foreign(guard))
		return MG_E_STATE;
	verdict = mg_request_find(guard, request);
	if (verdict == NULL)
		return MG_E_UNKNOWN;

	for (;;) {
		bool late = mg_now_ms() >= verdict->deadline_ms;   /* before the engine's last chance */

		engine->dispatch(guard->engine);
		octets = engine->take(guard->engine, request, &length);
		if (octets != NULL) {
			mg_verdict_fill(verdict, octets, length, engine->release);
			break;
		}
		if (late) {
			engine->cancel(guard->engine, request);
			mg_verdict_fill_alone(verdict, "engine.deadline");
			break;
		}
		guard_poll(guard, verdict->deadline_ms);
	}
	mg_request_finish(verdict);
	*verdict_out = verdict;
	return MG_OK;
}

int
mg_request_cancel(mg_guard *guard, uint64_t request)
{
	mg_verdict *verdict;

	if (mg_guard_is_foreign(guard))
		return MG_E_STATE;
	verdict = mg_request_find(guard, request);
	if (verdict == NULL)
		return MG_E_UNKNOWN;
	guard->engine_functions->cancel(guard->engine, request);
	mg_request_detach(verdict);
	mg_verdict_free(verdict);
	return MG_OK;
}

int
mg_guard_reload(mg_guard *guard)
{
	if (mg_guard_is_foreign(guard))
		return MG_E_STATE;
	return guard->engine_functions->reload(guard->engine);
}
