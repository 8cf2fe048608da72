/* mailguard.h - the whole interface of libmailguard.
 *
 *   mg_guard_open()        a policy in force                       guard.h, options.h
 *   mg_session_new()       one SMTP client; its facts, as they come   session.h
 *   mg_ask_stage()         a question about it                     session.h
 *   mg_guard_wait()        or mg_guard_fd(), mg_guard_dispatch(), mg_guard_next_verdict()
 *   mg_verdict_action()    the answer                              verdict.h
 *
 * Plain C, needs the C library only. A whole example: adapters/example. */
#ifndef MAILGUARD_H
#define MAILGUARD_H

#include "mailguard/guard.h"
#include "mailguard/names.h"
#include "mailguard/options.h"
#include "mailguard/session.h"
#include "mailguard/verdict.h"

#endif
