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

static inline mg_session *
session_open(mg_guard *guard, const char *client, const char *helo, const char *mail_from)
{
	mg_session *session;

	if (mg_session_new(guard, &session) != MG_OK || mg_session_set_client(session, client, MG_FROM_SOCKET) != MG_OK
	    || mg_session_set_helo(session, helo, MG_TEXT, MG_HELO_EXTENDED) != MG_OK
	    || mg_session_set_mail_from(session, mail_from, MG_TEXT, 0) != MG_OK)
		die("a session cannot be made");
	return session;
}

#endif
