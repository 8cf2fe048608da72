/* bench_guard.h - the public interface as a mail server uses it.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one
 * Out:   guards and sessions, the caller's
 * Rules: guards have the flags of mg_options; nothing of the library but <mailguard.h>; an error ends the program. */
#ifndef MG_BENCH_GUARD_H
#define MG_BENCH_GUARD_H

#include <mailguard.h>

#include "bench.h"

static inline void
log_line(void *context, mg_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "%s: %s\n", mg_level_name((int)level), line);
}

static inline mg_guard *
guard_open(const char *config, uint32_t flags)
{
	mg_options options = MG_OPTIONS_INIT;
	mg_guard *guard;

	options.config = config;
	options.flags = flags;
	options.engine = getenv("MAILGUARD_ENGINE");
	options.log = log_line;
	options.log_level = MG_LEVEL_ERROR;
	if (mg_guard_open(&options, &guard) != MG_OK)
		die("the guard cannot be opened");
	return guard;
}

/* A policy of a host's name alone, and DNS at @port. */
static inline mg_guard *
guard_over_dns(unsigned port, uint32_t flags)
{
	const char *config;
	FILE *file = file_begin("mailguard.conf", &config);

	fprintf(file, "[mailguard]\nhostname = mx.example.net\n[dns]\nservers = 127.0.0.1:%u\n", port);
	file_end(file);
	return guard_open(config, flags);
}

/* @mail_from NULL: MAIL was not said yet. */
static inline mg_session *
session_open(mg_guard *guard, const char *client, const char *helo, const char *mail_from)
{
	mg_session *session;

	if (mg_session_new(guard, &session) != MG_OK || mg_session_set_client(session, client, MG_FROM_SOCKET) != MG_OK
	    || mg_session_set_helo(session, helo, MG_TEXT, MG_HELO_EXTENDED) != MG_OK
	    || (mail_from != NULL && mg_session_set_mail_from(session, mail_from, MG_TEXT, 0) != MG_OK))
		die("a session cannot be made");
	return session;
}

/* To the question that was just asked, with what asking it returned; the caller's. */
static inline mg_verdict *
verdict_of(mg_guard *guard, int asked, uint64_t request)
{
	mg_verdict *verdict;

	if (asked != MG_OK || mg_guard_wait(guard, request, &verdict) != MG_OK)
		die("a question was not answered");
	return verdict;
}

static inline void
ask_relay(mg_guard *guard, mg_session *session, mg_action expected)
{
	uint64_t request = 0;
	int asked = mg_ask_relay(session, "recipient@example.com", MG_TEXT, &request);
	mg_verdict *verdict = verdict_of(guard, asked, request);

	if (mg_verdict_action(verdict) != expected)
		die("a verdict is not what the policy says");
	mg_verdict_free(verdict);
}

/* The piece of that name; "" if there is none. */
static inline const char *
evidence_of(const mg_verdict *verdict, const char *wanted)
{
	const char *name, *value;

	for (size_t i = 0; (name = mg_verdict_evidence(verdict, i, &value)) != NULL; i++)
		if (strcmp(name, wanted) == 0)
			return value;
	return "";
}

#endif
