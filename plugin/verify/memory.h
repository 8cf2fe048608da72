/* memory.h - what is known of recipients, by backend, Domain and Local-part.
 * In:    classes of replies, with the time each came; rows of a store
 * Out:   what is known of a recipient; what has changed since it was last saved
 * Owns:  a copy of each key
 * Rules: what one probe after another is worth is in knowledge.h. Bounded in octets: what was not used for longest goes first, of a
 *        Domain with more than a quarter of the room before any other's (RELIABILITY 1.6, V11). Times are the caller's seconds. */
#ifndef MG_VERIFY_MEMORY_H
#define MG_VERIFY_MEMORY_H

#include <glib.h>

#include "verify/knowledge.h"

#define MG_MEMORY_OCTETS (64u << 20)

typedef struct mg_memory mg_memory;

typedef struct mg_recipient_key {
	guint64     backend;      /* mg_backend.epoch: another configuration may answer otherwise */
	const char *domain;       /* canonical */
	const char *local_part;   /* folded as the backend wants, sub-address off */
} mg_recipient_key;

/* Which recipients are meant, of whatever backend. All zeros: every one. */
typedef struct mg_memory_filter {
	const char *domain;            /* NULL: any */
	const char *local_part;        /* NULL: any; else @domain is given */
	gboolean    negatives_alone;   /* UNKNOWN, and doubted */
} mg_memory_filter;

typedef struct mg_memory_counts {
	guint   n_recipients;
	guint   n_domains;
	guint   n_unsaved;
	gsize   octets;
	guint64 n_evictions;   /* for want of room */
} mg_memory_counts;

/* @seed: secret; of the hashes, and of when an address is refreshed. */
mg_memory *mg_memory_new(gsize octets_max, guint64 seed);
void mg_memory_free(mg_memory *memory);

/* FALSE: nothing. */
gboolean mg_memory_recall(mg_memory *memory, const mg_recipient_key *key, gint64 now_s, mg_recollection *out);
/* The answer of a probe; @reply may be NULL. @out: as recall would say now. */
void mg_memory_learn(mg_memory *memory, const mg_recipient_key *key, mg_rcpt_class class, const mg_smtp_reply *reply,
                     gint64 now_s, mg_recollection *out);
/* Returns how many there were. */
guint mg_memory_forget(mg_memory *memory, const mg_memory_filter *filter);
gboolean mg_memory_filter_matches(const mg_memory_filter *filter, const mg_recipient_key *key, mg_known known);

/* The one used last first. @function must not change the memory; FALSE ends it. */
typedef gboolean (*mg_memory_function)(void *context, const mg_recipient_key *key, const mg_recollection *recollection);
void mg_memory_foreach(const mg_memory *memory, const mg_memory_filter *filter, gint64 now_s, mg_memory_function function,
                       void *context);
void mg_memory_count(const mg_memory *memory, mg_memory_counts *counts_out);

/* ---- for a store ---- */

/* Room for one more, or FALSE: full, and nothing is evicted for what is old. Who is there already stays as it is. */
gboolean mg_memory_restore(mg_memory *memory, const mg_recipient_key *key, const mg_knowledge *knowledge);

/* What has changed and is not saved, the change longest ago first; at most @n_max are shown. Returns how many. All of the same
 * are then either saved, or not and will be shown again: no other call may come between. */
typedef void (*mg_memory_unsaved_function)(void *context, const mg_recipient_key *key, const mg_knowledge *knowledge);
guint mg_memory_show_unsaved(const mg_memory *memory, guint n_max, mg_memory_unsaved_function function, void *context);
void mg_memory_set_saved(mg_memory *memory, guint n);

#endif
