/* spelling.h - as which mailboxes a recipient is asked about, one after the other until one exists.
 * In:    the forward-path, how its domain compares Local-parts
 * Out:   without its sub-address, then as it stands
 * Rules: only plain mailboxes of our own domains, role addresses apart: what else there is, relay.c judges. What is in quotes has no
 *        sub-address, and is remembered in quotes: who refuses these may well know the mailbox. */
#ifndef MG_CHECK_SPELLING_H
#define MG_CHECK_SPELLING_H

#include "check/envelope.h"

#define MG_SPELLINGS_MAX 2

typedef struct mg_spelling {
	char *key;     /* owned; Local-part, folded as the domain has it */
	char *path;    /* owned; Mailbox for the backend */
} mg_spelling;

typedef struct mg_spellings {
	char       *domain;   /* owned; canonical */
	guint       n;
	mg_spelling all[MG_SPELLINGS_MAX];
} mg_spellings;

/* Borrowed from the envelope; NULL: there is none to be asked about. */
const mg_mailbox *mg_spelling_mailbox(const mg_policy *policy, const mg_envelope *envelope);
/* Of a forward-path that has such a mailbox. The caller's to clear. */
void mg_spellings_find(const mg_facts *facts, const mg_path *path, const mg_local_rules *rules, mg_spellings *spellings_out);
void mg_spellings_clear(mg_spellings *spellings);

#endif
