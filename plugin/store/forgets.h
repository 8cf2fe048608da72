/* forgets.h - what is to be forgotten, of what was proved up to a time.
 * In:    filters of recipients, each with its time by the calendar's clock
 * Out:   whether a recipient is among them
 * Rules: an array of mg_forgetting, which it owns. Pure. */
#ifndef MG_STORE_FORGETS_H
#define MG_STORE_FORGETS_H

#include <glib.h>

#include "verify/memory.h"

typedef struct mg_forgetting {
	gint64   id;          /* in the file; 0: not yet there */
	gint64   until_s;
	char    *domain;      /* owned; "": any */
	char    *local_part;  /* owned; "": any */
	gboolean negatives_alone;
} mg_forgetting;

GPtrArray *mg_forgets_new(void);
/* @domain, @local_part: "" or NULL is any; copied. */
mg_forgetting *mg_forgets_add(GPtrArray *forgets, gint64 until_s, const char *domain, const char *local_part, gboolean negatives_alone);
/* FALSE: it means nobody who can be in a file. */
gboolean mg_forgetting_is_sound(const mg_forgetting *of);
/* Borrowed from it. */
mg_memory_filter mg_forgetting_filter(const mg_forgetting *of);
gboolean mg_forgets_match(const GPtrArray *forgets, const mg_recipient_key *key, const mg_knowledge *knowledge);

#endif
