/* dialogue.c - see dialogue.h. */
#include "dialogue.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const span NOTHING = { NULL, 0 };

/* ---- replies ---- */

/* One line, or several with CR LF between them. */
__attribute__((format(printf, 2, 3))) static void
reply(struct dialogue *dialogue, const char *format, ...)
{
	const size_t room = sizeof(dialogue->reply) - strlen("\r\n");
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(dialogue->reply, room, format, arguments);
	va_end(arguments);
	if (n < 0 || (size_t)n >= room)   /* never half a reply */
		n = snprintf(dialogue->reply, room, "451 4.3.0 The reply is too long");
	memcpy(dialogue->reply + n, "\r\n", 2);
	dialogue->n_reply = (size_t)n + 2;
}

void
dialogue_say(struct dialogue *dialogue, int code, const char *enhanced, const char *text)
{
	reply(dialogue, "%d %s %s", code, enhanced, text);
	/* 421 promises to close (RFC 5321 3.8); the policy's own replies may use it too. */
	dialogue->state = code == 421 ? DIALOGUE_OVER : DIALOGUE_COMMAND;
}

/* ---- questions and verdicts ---- */

static void
refuse(struct dialogue *dialogue, mg_stage stage, int code, const char *enhanced, const char *text)
{
	dialogue_say(dialogue, code, enhanced, text);
	if (stage == MG_STAGE_MAIL)   /* no transaction has begun: the library must forget the sender, too */
		mg_session_reset(dialogue->session);
	if (stage == MG_STAGE_CONNECT)
		dialogue->state = DIALOGUE_OVER;
}

/* The library has no memory, or too much under way: try again, but never a reason to accept. */
static void
fail(struct dialogue *dialogue, mg_stage stage)
{
	refuse(dialogue, stage, stage == MG_STAGE_CONNECT ? 421 : 451, "4.3.0", "Try again later");
}

/* Facts are set before: a question is judged by what the session knew when it was asked. */
static void
ask(struct dialogue *dialogue, mg_stage stage, span path)
{
	uint64_t request;   /* not kept: the verdict brings our context, and a client has one question at a time */

	if (mg_ask_stage(dialogue->session, stage, path.at, path.n, &request) == MG_OK)
		dialogue->state = DIALOGUE_ASKED;
	else
		fail(dialogue, stage);
}

bool
dialogue_open(struct dialogue *dialogue, const struct host *host, mg_guard *guard, const char *client,
              const char *server, uint64_t number)
{
	mg_session *session;
	char id[32];

	snprintf(id, sizeof(id), "c%" PRIu64, number);
	if (mg_session_new(guard, &session) != MG_OK)
		return false;
	/* A client without an address cannot be asked about. MG_FROM_SOCKET: nobody but TCP has told us. */
	if (mg_session_set_id(session, id) != MG_OK || mg_session_set_client(session, client, MG_FROM_SOCKET) != MG_OK
	    || mg_session_set_server(session, server, host->name) != MG_OK) {
		mg_session_unref(session);
		return false;
	}
	memset(dialogue, 0, sizeof(*dialogue));
	dialogue->host = host;
	dialogue->session = session;
	mg_session_set_context(session, dialogue);   /* before the first question: verdicts bring it back */
	ask(dialogue, MG_STAGE_CONNECT, NOTHING);
	return true;
}

void
dialogue_close(struct dialogue *dialogue)
{
	/* A question under way ends with its session: no verdict comes with a context that is gone, or another's. */
	mg_session_unref(dialogue->session);
	dialogue->session = NULL;
}

void
dialogue_answer(struct dialogue *dialogue, const mg_verdict *verdict)
{
	const struct host *host = dialogue->host;
	mg_stage stage = (mg_stage)mg_verdict_stage(verdict);
	int code = mg_verdict_code(verdict);
	const char *enhanced = mg_verdict_enhanced(verdict), *text = mg_verdict_text(verdict);   /* safe to send */

	dialogue->state = DIALOGUE_COMMAND;
	/* The action alone decides. What is accepted may be flagged or pending: that is for the log, which has it. */
	if (mg_verdict_action(verdict) != MG_ACCEPT) {
		refuse(dialogue, stage, code, enhanced, text);
		return;
	}
	switch (stage) {
	case MG_STAGE_CONNECT:
		reply(dialogue, "220 %s ESMTP", host->name);
		break;
	case MG_STAGE_HELO:   /* SMTPUTF8 brings 8BITMIME with it (RFC 6531 3.1) */
		if (dialogue->is_extended)
			reply(dialogue, "250-%s\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n%s250 ENHANCEDSTATUSCODES", host->name,
			      host->n_users > 0 ? "250-AUTH PLAIN\r\n" : "");
		else
			reply(dialogue, "250 %s", host->name);
		break;
	case MG_STAGE_MAIL:
	case MG_STAGE_RCPT:
		reply(dialogue, "%d %s %s", code, enhanced, text);
		break;
	case MG_STAGE_DATA:   /* the policy has nothing against it, but here is nobody to take the message */
		reply(dialogue, "554 5.7.0 No messages are accepted here");
		return;
	}
	dialogue->reached = stage;
}

/* ---- commands ---- */

/* The word goes to the library whole, spaces in it too. It copies: our line may be overwritten at once. */
static void
take_name(struct dialogue *dialogue, span name, uint32_t flags)
{
	if (name.n == 0) {
		reply(dialogue, "501 5.5.4 A name was expected");
		return;
	}
	dialogue->is_extended = flags & MG_HELO_EXTENDED;
	dialogue->reached = MG_STAGE_CONNECT;   /* until the verdict; a transaction ends here (RFC 5321 4.1.4) */
	if (mg_session_set_helo(dialogue->session, name.at, name.n, flags) == MG_OK)
		ask(dialogue, MG_STAGE_HELO, NOTHING);
	else
		fail(dialogue, MG_STAGE_HELO);
}

static void
take_helo(struct dialogue *dialogue, span rest)
{
	take_name(dialogue, rest, 0);
}

static void
take_ehlo(struct dialogue *dialogue, span rest)
{
	take_name(dialogue, rest, MG_HELO_EXTENDED);
}

static void
take_mail(struct dialogue *dialogue, span rest)
{
	uint32_t flags = 0;
	span path, word;

	if (!take_path(&rest, "FROM:", &path)) {
		reply(dialogue, "501 5.5.4 FROM:<path> was expected");
		return;
	}
	while ((word = take_word(&rest)).n > 0) {   /* RFC 6531 3.4, RFC 6152 2 and, with AUTH, RFC 4954 5 */
		if (span_is(word, "SMTPUTF8")) {
			flags |= MG_MAIL_SMTPUTF8;
		} else if (!span_is(word, "BODY=7BIT") && !span_is(word, "BODY=8BITMIME")
		           && (dialogue->host->n_users == 0 || !span_begins(word, "AUTH="))) {
			reply(dialogue, "555 5.5.4 Parameter not known");
			return;
		}
	}
	if (mg_session_set_mail_from(dialogue->session, path.at, path.n, flags) == MG_OK)
		ask(dialogue, MG_STAGE_MAIL, NOTHING);
	else
		fail(dialogue, MG_STAGE_MAIL);
}

static void
take_rcpt(struct dialogue *dialogue, span rest)
{
	span path;

	if (!take_path(&rest, "TO:", &path))
		reply(dialogue, "501 5.5.4 TO:<path> was expected");
	else if (take_word(&rest).n > 0)
		reply(dialogue, "555 5.5.4 Parameter not known");
	else   /* no fact of the session: each forward-path is a question of its own */
		ask(dialogue, MG_STAGE_RCPT, path);
}

static void
take_data(struct dialogue *dialogue, span rest)
{
	(void)rest;
	ask(dialogue, MG_STAGE_DATA, NOTHING);
}

static void
take_rset(struct dialogue *dialogue, span rest)
{
	(void)rest;
	mg_session_reset(dialogue->session);
	if (dialogue->reached > MG_STAGE_HELO)
		dialogue->reached = MG_STAGE_HELO;
	reply(dialogue, "250 2.0.0 Ok");
}

static void
take_quit(struct dialogue *dialogue, span rest)
{
	(void)rest;
	reply(dialogue, "221 2.0.0 Bye");
	dialogue->state = DIALOGUE_OVER;
}

/* The name of the user who sent [authzid] NUL authcid NUL passwd (RFC 4616), or NULL. */
static const char *
find_user(const struct host *host, const char *plain, size_t n)
{
	const char *nul = memchr(plain, 0, n);

	for (size_t i = 0; nul != NULL && i < host->n_users; i++) {
		const span *user = &host->users[i];   /* name NUL password: what must follow the first NUL */

		if (user->n == (size_t)(plain + n - nul - 1) && memcmp(user->at, nul + 1, user->n) == 0
		    && (nul == plain || strcmp(user->at, plain) == 0))   /* nobody acts for another one */
			return user->at;
	}
	return NULL;
}

/* In the clear, and compared with the command line: this shows how a grant by authentication is reached, it
 * protects nothing. A server that means it wants TLS first (RFC 4954 4). */
static void
take_response(struct dialogue *dialogue, span response)
{
	char plain[LINE_OCTETS];
	int n = base64_decode(response, plain);
	const char *user = n < 0 ? NULL : find_user(dialogue->host, plain, (size_t)n);

	dialogue->state = DIALOGUE_COMMAND;
	if (n < 0) {   /* "*", which cancels (RFC 4954 4), is none either */
		reply(dialogue, "501 5.5.2 No base64");
	} else if (user == NULL) {
		reply(dialogue, "535 5.7.8 Authentication failed");
	} else if (mg_session_set_auth(dialogue->session, user, MG_TEXT) == MG_OK) {
		/* Nothing to ask: what the user may do is judged with each recipient. */
		dialogue->is_authenticated = true;
		reply(dialogue, "235 2.7.0 Authenticated");
	} else {
		reply(dialogue, "454 4.7.0 Try again later");
	}
}

static void
take_auth(struct dialogue *dialogue, span rest)
{
	if (dialogue->host->n_users == 0) {
		reply(dialogue, "502 5.5.1 Not implemented");
	} else if (dialogue->is_authenticated) {
		reply(dialogue, "503 5.5.1 Authenticated already");
	} else if (!span_is(take_word(&rest), "PLAIN")) {
		reply(dialogue, "504 5.5.4 PLAIN was expected");
	} else if (rest.n > 0) {
		take_response(dialogue, rest);
	} else {
		reply(dialogue, "334 ");
		dialogue->state = DIALOGUE_RESPONSE;
	}
}

/* A command may come when the last accepted stage is one from @first to @last. */
static const struct command {
	const char *verb;
	mg_stage    first, last;
	void      (*take)(struct dialogue *, span rest);
	const char *reply;   /* of a command that nothing is done for */
} commands[] = {
	{ "HELO", MG_STAGE_CONNECT, MG_STAGE_RCPT, take_helo, NULL },
	{ "EHLO", MG_STAGE_CONNECT, MG_STAGE_RCPT, take_ehlo, NULL },
	{ "AUTH", MG_STAGE_HELO, MG_STAGE_HELO, take_auth, NULL },
	{ "MAIL", MG_STAGE_HELO, MG_STAGE_HELO, take_mail, NULL },
	{ "RCPT", MG_STAGE_MAIL, MG_STAGE_RCPT, take_rcpt, NULL },
	{ "DATA", MG_STAGE_RCPT, MG_STAGE_RCPT, take_data, NULL },
	{ "RSET", MG_STAGE_CONNECT, MG_STAGE_RCPT, take_rset, NULL },
	{ "QUIT", MG_STAGE_CONNECT, MG_STAGE_RCPT, take_quit, NULL },
	{ "NOOP", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "250 2.0.0 Ok" },
	{ "VRFY", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "252 2.0.0 Nothing is said about users" },
	{ "EXPN", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "502 5.5.1 Not implemented" },
	{ "HELP", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "502 5.5.1 Not implemented" },
	{ "STARTTLS", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "502 5.5.1 Not implemented" },
	{ "BDAT", MG_STAGE_CONNECT, MG_STAGE_RCPT, NULL, "502 5.5.1 Not implemented" },
};

void
dialogue_line(struct dialogue *dialogue, span line)
{
	span rest = line, verb;

	if (dialogue->state == DIALOGUE_RESPONSE) {
		take_response(dialogue, line);
		return;
	}
	while (rest.n > 0 && rest.at[rest.n - 1] == ' ')   /* RFC 5321 4.1.1 */
		rest.n--;
	verb = take_word(&rest);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (!span_is(verb, command->verb))
			continue;
		if (dialogue->reached < command->first || dialogue->reached > command->last)
			dialogue_say(dialogue, 503, "5.5.1", "Not now");
		else if (command->take != NULL)
			command->take(dialogue, rest);
		else
			reply(dialogue, "%s", command->reply);
		return;
	}
	reply(dialogue, "500 5.5.2 Command not known");
}
