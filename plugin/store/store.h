/* store.h - a memory of recipients that outlives a restart.
 * In:    a path; what the memory says has changed
 * Out:   at the start, what was known before, in the memory
 * Owns:  the database, written in WAL mode by any number of processes at once, each what it has learned itself; newer proof stays
 * Rules: the file is a convenience. Whatever befalls it - damage, a full disk, a lock, another format - costs what it kept and one
 *        line in the log, never an answer, and no call waits for a disk or, after the start, for a lock. Addresses stand in it as
 *        they are, so that an operator can read them; hence mode 0600. Times in it are seconds of the calendar's clock: one that
 *        ran backwards empties it, for nothing may look younger than it is. */
#ifndef MG_STORE_STORE_H
#define MG_STORE_STORE_H

#include <glib.h>

#include "base/log.h"
#include "verify/memory.h"

#define MG_STORE_ROWS_MAX    256    /* written or deleted by one call */
#define MG_STORE_FORGETS_MAX 1024   /* told to other processes, for a day at most */

typedef struct mg_store mg_store;

/* Never NULL, whatever the file is like. Fills @memory, newest first, as far as there is room; waits up to a second for another
 * process's lock: not for the time when decisions are due. @memory, @log: borrowed. @now_s: of the memory's clock; @wall_s: of
 * the calendar's. */
mg_store *mg_store_open(const char *path, mg_memory *memory, const mg_log *log, gint64 now_s, gint64 wall_s);
/* What is not written by then is lost. */
void mg_store_free(mg_store *store);

/* Writes what has changed, MG_STORE_ROWS_MAX rows at most; what other processes were told to forget, the memory forgets. To be called
 * from a timer. */
void mg_store_flush(mg_store *store, gint64 now_s, gint64 wall_s);
/* What the memory was told to forget is not to come back, and other processes are to forget it too. For what a person says: rows are
 * erased behind it, and who says thousands before they are loses the file. */
void mg_store_forget(mg_store *store, const mg_memory_filter *filter, gint64 now_s);
/* The memory forgets, and so do file and other processes at once: for who has no decisions to make, since it waits for a lock, up to a
 * second, and looks at all rows. @n_out: rows that went. FALSE: the file is as it was. */
gboolean mg_store_purge(mg_store *store, const mg_memory_filter *filter, gint64 now_s, guint *n_out);

typedef enum mg_store_state {
	MG_STORE_OPEN,
	MG_STORE_RETRYING,   /* memory alone, for now */
	MG_STORE_OFF         /* memory alone: the file is not ours, or cannot be written */
} mg_store_state;
mg_store_state mg_store_get_state(const mg_store *store);

#endif
