/* recipients.h - tables of the recipients that there are, or that there are not.
 * In:    user@dom, @dom for all of a domain, user@ for a Local-part in every domain of ours
 * Out:   the entry that a mailbox stands under; whether a domain is in the table at all
 * Rules: how Local-parts are compared belongs to the domain, not to the table: with or without regard to case, with or without a
 *        sub-address (RFC 5233). What was written exactly comes before what is the same but for these. Compact: a table may
 *        have a million entries. */
#ifndef MG_POLICY_RECIPIENTS_H
#define MG_POLICY_RECIPIENTS_H

#include <glib.h>

#include "session/path.h"

/* mg_local_rules - when two Local-parts of a domain are one mailbox. */
typedef struct mg_local_rules {
	gboolean    folds_case;
	const char *delimiters;   /* borrowed; octets, each of which begins a sub-address; NULL: there are none */
} mg_local_rules;

/* The octets of @local before its sub-address: "user" of "user+tag". All, if it has none, or would be nothing without it. */
gsize mg_local_part_base(const char *local, const char *delimiters);

/* What is remembered of the Local-part that was sent in the @length octets @sent, its quotes too, is kept under this; the caller's to
 * free. */
char *mg_local_part_key(const char *sent, gsize length, gboolean folds_case);

typedef struct mg_recipients mg_recipients;

mg_recipients *mg_recipients_new(void);
void mg_recipients_free(mg_recipients *recipients);

/* FALSE, nothing changed, if @word is no entry; @why_out gets a sentence that is the caller's to free. */
gboolean mg_recipients_add(mg_recipients *recipients, const char *word, char **why_out);

/* The entry under which the path's own mailbox stands, as written but for quotes and the domain's case, or NULL; valid until the
 * next entry is added. NULL @recipients: empty. */
const char *mg_recipients_find(const mg_recipients *recipients, const mg_path *path, const mg_local_rules *rules);

/* Whether @domain (canonical) has an entry of its own: "user@" gives it none. */
gboolean mg_recipients_covers(const mg_recipients *recipients, const char *domain);

/* Entries, as written; one that was written twice is one. */
guint mg_recipients_count(const mg_recipients *recipients);
/* Octets, all told. */
gsize mg_recipients_size(const mg_recipients *recipients);

#endif
