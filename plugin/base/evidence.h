/* evidence.h - what a result rests on, piece by piece, for machines; the trace is for people.
 * In:    a check's name, a piece's name, its value
 * Out:   "check.piece" and the value as text
 * Rules: a piece's name is part of the interface (libmailguard(3)). Values are printable ASCII; numbers decimal. */
#ifndef MG_BASE_EVIDENCE_H
#define MG_BASE_EVIDENCE_H

#include <glib.h>

typedef struct mg_evidence mg_evidence;

mg_evidence *mg_evidence_new(void);
void mg_evidence_free(mg_evidence *evidence);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_evidence, mg_evidence_free)

/* @text: printable ASCII; NULL: there is none, and no piece. */
void mg_evidence_add_text(mg_evidence *evidence, const char *check, const char *piece, const char *text);
/* What came from the network; escaped as in the log. */
void mg_evidence_add_word(mg_evidence *evidence, const char *check, const char *piece, const char *word);
void mg_evidence_add_number(mg_evidence *evidence, const char *check, const char *piece, gint64 number);

/* Name and value of the piece at *@at, which starts at 0 and moves to the next. FALSE: there is no more. */
gboolean mg_evidence_next(const mg_evidence *evidence, gsize *at, const char **name_out, const char **value_out);

#endif
