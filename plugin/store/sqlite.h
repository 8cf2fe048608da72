/* sqlite.h - the database of a store. The one place that sees SQLite.
 * In:    rows and forgettings to be written, or sought
 * Out:   those there are, as they stand there: they may be anything
 * Rules: nothing in a file is run, and no call takes more of the processor than a file of MG_STORE_OCTETS can give work for. Nothing
 *        is written but between begin and commit. Not kept over a fork. */
#ifndef MG_STORE_SQLITE_H
#define MG_STORE_SQLITE_H

#include <glib.h>

#include "store/file.h"
#include "store/forgets.h"
#include "store/row.h"

#define MG_STORE_OCTETS (64u << 20)   /* of the file; then the oldest rows make room */

typedef struct mg_database mg_database;

/* @database_out: to be closed, whatever is returned; NULL: there is none. @why_out: set if that is not SQLite's to say. Makes a file
 * where there is none. */
mg_store_outcome mg_database_open(const char *path, int wait_ms, mg_database **database_out, const char **why_out);
void mg_database_close(mg_database *database);

/* As a call of the store's begins: how long it may wait for a lock; what it costs is counted from here. */
void mg_database_arm(mg_database *database, int wait_ms);
/* Set aside or removed by somebody else: it would be written for nobody. */
gboolean mg_database_has_moved(const mg_database *database);

/* Of the last call that was not MG_STORE_DONE: what SQLite says (constant); whether the file has its full size. */
const char *mg_database_why(const mg_database *database);
gboolean mg_database_is_full(const mg_database *database);

/* ---- reading ---- */

/* The next row, newest proof first. FALSE: there are no more; mg_database_end_rows() then says why. */
gboolean mg_database_next_row(mg_database *database, mg_row *row_out);
mg_store_outcome mg_database_end_rows(mg_database *database);

typedef enum mg_forgets_wanted {
	MG_FORGETS_ALL,
	MG_FORGETS_UNERASED   /* whose rows may still be there */
} mg_forgets_wanted;

/* Adds to @forgets, in their order, those behind the id @after, @n_max at most. */
mg_store_outcome mg_database_read_forgets(mg_database *database, mg_forgets_wanted wanted, gint64 after, guint n_max, GPtrArray *forgets);
/* 0: there is none. */
mg_store_outcome mg_database_last_forgetting(mg_database *database, gint64 *id_out);

/* ---- writing ---- */

mg_store_outcome mg_database_begin(mg_database *database);
mg_store_outcome mg_database_commit(mg_database *database);
/* Nothing, if there is nothing begun. */
void mg_database_rollback(mg_database *database);

/* The newer proof stays; one that is newer than @wall_s is none. */
mg_store_outcome mg_database_put(mg_database *database, const mg_row *row, gint64 wall_s);
/* The oldest rows, of those that were proved by @until_s. */
mg_store_outcome mg_database_prune(mg_database *database, gint64 until_s, guint n_max);

/* @id: one more than the last. */
mg_store_outcome mg_database_add_forgetting(mg_database *database, gint64 id, const mg_forgetting *of, gboolean is_erased);
/* Of those that are erased, what is older than @until_s or not among the last @n_max; never the last. */
mg_store_outcome mg_database_prune_forgets(mg_database *database, gint64 until_s, guint n_max);
/* Of the rows that it means those among the next @n_left, from the id @from on, which is then where to go on. G_MININT64: there are no
 * more, and it is erased. */
mg_store_outcome mg_database_erase_some(mg_database *database, const mg_forgetting *of, gint64 *from, guint *n_left);
/* All of them; @n_out: how many. */
mg_store_outcome mg_database_erase_all(mg_database *database, const mg_forgetting *of, guint *n_out);

#endif
