/* entry.c - see entry.h. */
#include "dns/entry.h"

#include <string.h>

void
mg_entry_reader_init(mg_entry_reader *reader, const char *text, gsize length)
{
	*reader = (mg_entry_reader){ .at = text, .end = text + length, .line = 1 };
	reader->entry.words = g_array_new(FALSE, FALSE, sizeof(mg_word));
}

void
mg_entry_reader_clear(mg_entry_reader *reader)
{
	g_array_unref(reader->entry.words);
}

gboolean
mg_entry_reader_is_at_end(const mg_entry_reader *reader)
{
	return reader->at >= reader->end;
}

/* A quoted string may hold anything but the end of its line. */
static gboolean
reader_cut_quoted(mg_entry_reader *in, mg_word *word_out)
{
	const char *start = ++in->at;

	while (in->at < in->end && *in->at != '"' && *in->at != '\n')
		in->at += *in->at == '\\' && in->at + 1 < in->end && in->at[1] != '\n' ? 2 : 1;
	if (in->at >= in->end || *in->at != '"')
		return FALSE;
	*word_out = (mg_word){ start, (gsize)(in->at - start), TRUE };
	in->at++;
	return TRUE;
}

static void
reader_cut_plain(mg_entry_reader *in, mg_word *word_out)
{
	const char *start = in->at;

	while (in->at < in->end && strchr(" \t\r\n;()\"", *in->at) == NULL)
		in->at += *in->at == '\\' && in->at + 1 < in->end && in->at[1] != '\n' ? 2 : 1;
	if (in->at == start)   /* a NUL, which strchr found at the end of the list */
		in->at++;
	*word_out = (mg_word){ start, (gsize)(in->at - start), FALSE };
}

static void
reader_skip_line(mg_entry_reader *in)
{
	while (in->at < in->end && *in->at != '\n')
		in->at++;
}

static gboolean
reader_fail(mg_entry_reader *in, const char *why)
{
	reader_skip_line(in);
	in->why = why;
	return FALSE;
}

/* A word; not a space, comment or parenthesis. */
static gboolean
reader_cut(mg_entry_reader *in)
{
	mg_word word;

	if (*in->at != '"')
		reader_cut_plain(in, &word);
	else if (!reader_cut_quoted(in, &word))
		return reader_fail(in, "a quoted string does not end on its line");
	if (in->entry.words->len == MG_ENTRY_WORDS_MAX)
		return reader_fail(in, "more than 1024 words in one record");
	g_array_append_val(in->entry.words, word);
	return TRUE;
}

gboolean
mg_entry_reader_next(mg_entry_reader *in)
{
	guint depth = 0;

	in->entry.line = in->line;
	in->entry.is_indented = in->at < in->end && (*in->at == ' ' || *in->at == '\t');
	in->entry.next = 0;
	g_array_set_size(in->entry.words, 0);
	while (in->at < in->end) {
		char c = *in->at;

		if (c == '\n') {
			in->at++;
			in->line++;
			if (depth == 0)
				return TRUE;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			in->at++;
		} else if (c == ';') {
			reader_skip_line(in);
		} else if (c == '(') {
			in->at++;
			depth++;
		} else if (c == ')') {
			if (depth-- == 0)
				return reader_fail(in, "a closing parenthesis without an opening one");
			in->at++;
		} else if (!reader_cut(in)) {
			return FALSE;
		}
	}
	return depth == 0 || reader_fail(in, "an opening parenthesis is never closed");
}

const mg_word *
mg_entry_peek(const mg_entry *entry)
{
	return entry->next < entry->words->len ? &g_array_index(entry->words, mg_word, entry->next) : NULL;
}

gboolean
mg_word_is(const mg_word *word, const char *text)
{
	return word != NULL && !word->is_quoted && word->length == strlen(text)
	       && g_ascii_strncasecmp(word->text, text, word->length) == 0;
}

/* RFC 1035 5.1: \X is X, \DDD the octet of that number. */
int
mg_word_octet(const mg_word *given, gsize *at)
{
	const guchar *octets = (const guchar *)given->text + *at;
	gsize n_left = given->length - *at;

	*at += 1;
	if (octets[0] != '\\')
		return octets[0];
	if (n_left < 2)
		return -1;
	if (!g_ascii_isdigit(octets[1])) {
		*at += 1;
		return octets[1];
	}
	*at += 3;
	if (n_left < 4 || !g_ascii_isdigit(octets[2]) || !g_ascii_isdigit(octets[3]))
		return -1;
	{
		int octet = (octets[1] - '0') * 100 + (octets[2] - '0') * 10 + (octets[3] - '0');

		return octet > 255 ? -1 : octet;
	}
}
