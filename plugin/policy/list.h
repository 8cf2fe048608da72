/* list.h - the words of a list, inline or in files.
 * In:    the value of a key
 * Out:   each word, with its place
 * Rules: words between white space or commas; "@path" is a file of words, with "#" to the end of a line a comment,
 *        and names no further file. In a list of addresses, where "@dom" is an entry, a file's path has a slash. */
#ifndef MG_POLICY_LIST_H
#define MG_POLICY_LIST_H

#include <glib.h>

#include "policy/findings.h"

typedef struct mg_list_source {
	const char  *value;           /* borrowed */
	mg_place     place;           /* of the value */
	const char  *directory;       /* borrowed; where relative paths start */
	gboolean     has_addresses;   /* "@word" without a slash is an entry */
	gboolean     may_be_missing;  /* an unreadable file leaves the policy usable */
	mg_findings *findings;        /* borrowed; takes faults of files */
	GPtrArray   *files;           /* borrowed; of owned strings; keeps the files' names alive */
} mg_list_source;

/* Takes one word, NUL-terminated. FALSE: enough faults, leave this file or value. */
typedef gboolean (*mg_list_function)(void *context, const char *word, mg_place place);

typedef enum mg_list_result {
	MG_LIST_READ,
	MG_LIST_UNREADABLE,   /* a file could not be opened or read; all other words were given */
	MG_LIST_REFUSED       /* a file is not to be trusted */
} mg_list_result;

/* An error among the findings tells of each file that was not read. */
mg_list_result mg_list_walk(const mg_list_source *source, mg_list_function function, void *context);

#endif
