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

/* Adds to @forgets, in their order, @n_max at most. */
mg_store_outcome mg_database_read_forgets(mg_database *database, guint n_max, GPtrArray *forgets);

/* ---- writing ---- */

mg_store_outcome mg_database_begin(mg_database *database);
mg_store_outcome mg_database_commit(mg_database *database);
/* Nothing, if there is nothing begun. */
void mg_database_rollback(mg_database *database);

/* The newer proof stays; one that is newer than @wall_s is none. */
mg_store_outcome mg_database_put(mg_database *database, const mg_row *row, gint64 wall_s);
/* The oldest rows, of those that were proved by @until_s. */
mg_store_outcome mg_database_prune(mg_database *database, gint64 until_s, guint n_max);

mg_store_outcome mg_database_add_forgetting(mg_database *database, const mg_forgetting *of);
/* Some of the rows that it means, from the id @from on; @from_out is where to go on. G_MININT64: it was all, and is taken out. */
mg_store_outcome mg_database_erase(mg_database *database, const mg_forgetting *of, gint64 from, gint64 *from_out);

#endif
