/* commands.c - see commands.h. */
#include "verify/commands.h"

#include <string.h>

#include "session/path.h"

static void
await(mg_commands *commands, mg_command command, guint recipient)
{
	if (commands->first == commands->end)
		commands->first = commands->end = 0;
	g_assert(commands->end < MG_COMMANDS_MAX);   /* a dialogue says no more at once, whatever it is told */
	commands->awaited[commands->end++] = (mg_awaited){ command, recipient, commands->n_written };
}

void
mg_commands_init(mg_commands *commands)
{
	*commands = (mg_commands){ .output = g_string_new(NULL) };
	await(commands, MG_COMMAND_CONNECT, 0);
}

void
mg_commands_clear(mg_commands *commands)
{
	g_string_free(commands->output, TRUE);
}

gboolean
mg_command_word_is_safe(const char *word)
{
	for (; *word != 0; word++)
		if ((guchar)*word < ' ' || *word == 0x7f || *word == '<' || *word == '>')
			return FALSE;
	return TRUE;
}

gboolean
mg_command_path_is_safe(const char *path)
{
	gsize length = strlen(path);

	return length > 0 && length <= MG_PATH_MAX && mg_command_word_is_safe(path) && g_utf8_validate(path, (gssize)length, NULL);
}

void
mg_commands_say(mg_commands *commands, mg_command command, guint recipient, const char *before, const char *word,
                const char *behind)
{
	gsize length = commands->output->len;

	if (!mg_command_word_is_safe(word))
		return;
	g_string_append(commands->output, before);
	g_string_append(commands->output, word);
	g_string_append(commands->output, behind);
	g_string_append(commands->output, "\r\n");
	commands->n_written += commands->output->len - length;
	await(commands, command, recipient);
}

void
mg_commands_sent(mg_commands *commands, gsize length)
{
	length = MIN(length, commands->output->len);
	g_string_erase(commands->output, 0, (gssize)length);
	commands->n_sent += length;
}

void
mg_commands_drop(mg_commands *commands)
{
	g_string_truncate(commands->output, 0);
	commands->n_written = commands->n_sent;
	commands->first = commands->end = 0;
}

const mg_awaited *
mg_commands_next(const mg_commands *commands)
{
	return commands->first < commands->end ? &commands->awaited[commands->first] : NULL;
}

mg_awaited
mg_commands_take(mg_commands *commands)
{
	g_assert(commands->first < commands->end);
	return commands->awaited[commands->first++];
}

gboolean
mg_commands_are_sent(const mg_commands *commands, guint64 end)
{
	return end <= commands->n_sent;
}
