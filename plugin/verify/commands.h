/* commands.h - the commands of a dialogue, and the replies that are due to them.
 * In:    commands; how much of them has been sent
 * Out:   octets to be sent; which command the next reply answers, and whether it can have been received yet
 * Rules: RFC 5321 4.1.1, RFC 2920. The only writer of what goes to a backend: no word from outside brings an octet with
 *        it that could end a path or a line. Pure. */
#ifndef MG_VERIFY_COMMANDS_H
#define MG_VERIFY_COMMANDS_H

#include <glib.h>

#define MG_COMMANDS_MAX 12   /* awaiting their replies: MAIL, ten of RCPT, RSET */

typedef enum mg_command {
	MG_COMMAND_CONNECT,   /* nothing is said: the banner */
	MG_COMMAND_EHLO,      /* or LHLO */
	MG_COMMAND_HELO,
	MG_COMMAND_STARTTLS,
	MG_COMMAND_MAIL,
	MG_COMMAND_RCPT,
	MG_COMMAND_RSET,
	MG_COMMAND_QUIT
} mg_command;

typedef struct mg_awaited {
	mg_command command;
	guint      recipient;   /* of RCPT */
	guint64    end;         /* of the command, in all that is written: its reply is not due before that is sent */
} mg_awaited;

typedef struct mg_commands {
	GString   *output;      /* owned; not sent yet */
	guint64    n_written, n_sent;
	mg_awaited awaited[MG_COMMANDS_MAX];
	guint      first, end;  /* of those awaited */
} mg_commands;

/* The banner is awaited. */
void mg_commands_init(mg_commands *commands);
void mg_commands_clear(mg_commands *commands);

/* What may stand in a line of ours, between angle brackets too; a path has a length as well, and is UTF-8. */
gboolean mg_command_word_is_safe(const char *word);
gboolean mg_command_path_is_safe(const char *path);

/* The line is @before, @word, @behind. Who calls has found @word safe; if it is not, nothing is said. */
void mg_commands_say(mg_commands *commands, mg_command command, guint recipient, const char *before, const char *word,
                     const char *behind);
void mg_commands_sent(mg_commands *commands, gsize length);

/* What was not sent is not, and no reply is awaited. */
void mg_commands_drop(mg_commands *commands);

/* The command whose reply comes next; NULL: none. */
const mg_awaited *mg_commands_next(const mg_commands *commands);

/* Its reply has come. */
mg_awaited mg_commands_take(mg_commands *commands);

/* What was written up to @end has gone out. */
gboolean mg_commands_are_sent(const mg_commands *commands, guint64 end);

#endif
