/* dialogue.h - the SMTP dialogue with one client, and where it meets the library.
 * In:    command lines (RFC 5321), verdicts
 * Out:   facts and questions to the library; one reply at a time
 * Owns:  the mg_session
 * Rules: no socket and no clock; client.c has these, and gives a line when the last reply is gone and no question
 *        is under way. A line may hold any octet. */
#ifndef EXAMPLE_DIALOGUE_H
#define EXAMPLE_DIALOGUE_H

#include <mailguard.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syntax.h"

#define LINE_OCTETS 1000   /* a command line with its CR LF; RFC 5321 4.5.3.1.4 asks for 512 */
#define REPLY_MAX   1024   /* the longest of ours: a verdict's text has up to 400 octets, a host name 255 */
#define USERS_MAX   16

struct host {   /* who we are, and whom we know */
	char   name[256];
	span   users[USERS_MAX];   /* name NUL password, as AUTH PLAIN sends them; borrowed from argv, NUL-terminated */
	size_t n_users;
};

enum dialogue_state {
	DIALOGUE_ASKED,      /* the library judges */
	DIALOGUE_COMMAND,    /* the next line is a command */
	DIALOGUE_RESPONSE,   /* the next line answers the challenge of AUTH PLAIN */
	DIALOGUE_OVER        /* the reply is the last one */
};

struct dialogue {
	enum dialogue_state state;
	const struct host  *host;       /* borrowed */
	mg_session         *session;    /* owned */
	mg_stage            reached;    /* the last stage that was accepted: which commands may come; 0: none yet */
	bool                is_extended, is_authenticated;   /* EHLO; AUTH */
	char                reply[REPLY_MAX];
	size_t              n_reply;
};

/* Asks about the connection itself: the greeting, too, is a verdict. @client, @server: addresses as text.
 * @number: of the session, for the log. False if that cannot be done; then there is nothing to close. */
bool dialogue_open(struct dialogue *dialogue, const struct host *host, mg_guard *guard, const char *client,
                   const char *server, uint64_t number);
void dialogue_close(struct dialogue *dialogue);

void dialogue_line(struct dialogue *dialogue, span line);   /* without its CR LF */
void dialogue_answer(struct dialogue *dialogue, const mg_verdict *verdict);

/* Replies something of the connection's own; with a code of 421 it is the last word. */
void dialogue_say(struct dialogue *dialogue, int code, const char *enhanced, const char *text);

#endif
