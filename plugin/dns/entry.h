/* entry.h - the words of a master file, one record or directive at a time.
 * In:    the file's text
 * Out:   words, without quotes, escapes still in them: only who knows whether a word is a name or a text can take them off
 * Rules: RFC 1035 5.1: comments, parentheses, quoted strings. Pure; the words lie in the text. */
#ifndef MG_DNS_ENTRY_H
#define MG_DNS_ENTRY_H

#include <glib.h>

#define MG_ENTRY_WORDS_MAX 1024   /* a TXT of 16 KiB in the smallest strings in use */

typedef struct mg_word {
	const char *text;     /* borrowed from the file; without its quotes */
	gsize       length;
	gboolean    is_quoted;
} mg_word;

/* As many lines as parentheses hold together. */
typedef struct mg_entry {
	guint    line;          /* where it begins, from 1 */
	gboolean is_indented;   /* nothing stands where the owner would */
	GArray  *words;         /* owned; mg_word; none for an empty line */
	guint    next;          /* the word to be read */
} mg_entry;

typedef struct mg_entry_reader {
	const char *at, *end;   /* borrowed */
	guint       line;
	mg_entry    entry;      /* the one at hand */
	const char *why;        /* what is wrong with it; constant */
} mg_entry_reader;

void mg_entry_reader_init(mg_entry_reader *reader, const char *text, gsize length);
void mg_entry_reader_clear(mg_entry_reader *reader);

gboolean mg_entry_reader_is_at_end(const mg_entry_reader *reader);
/* The next entry. FALSE if it is none, with why; the next is on the line behind it. */
gboolean mg_entry_reader_next(mg_entry_reader *reader);

/* The word to be read; NULL: there is no more. */
const mg_word *mg_entry_peek(const mg_entry *entry);
/* Without regard to case; a quoted word is none of ours. */
gboolean mg_word_is(const mg_word *word, const char *text);
/* The octet at *@at, which moves behind it, an escape taken off; -1 for an escape that is none. */
int mg_word_octet(const mg_word *word, gsize *at);

#endif
