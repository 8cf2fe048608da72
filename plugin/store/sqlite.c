/* sqlite.c - see sqlite.h. */
#include "store/sqlite.h"

#include <sqlite3.h>
#include <string.h>

#define FORMAT         1            /* user_version */

#define ID_MAX         (G_MAXINT64 / 2)   /* of a forgetting: one more can always be counted */
#define FORGOTTEN_MAX  2048         /* in a sound file */

#define STEPS_UNIT     10000        /* of SQLite's machine; a call that takes more of them than this file can give work for is ended */
#define STEPS_MAX      20000

/* By time, so that the newest are read first and from few pages; what is written lies together too. */
static const char *const schema[] = {   /* in the order of their names */
	"CREATE TABLE forgotten (id INTEGER PRIMARY KEY, until_s INTEGER NOT NULL, domain TEXT NOT NULL, local_part TEXT NOT NULL,"
	" negatives INTEGER NOT NULL, erased INTEGER NOT NULL)",
	"CREATE TABLE recipient (id INTEGER NOT NULL, backend INTEGER NOT NULL, domain TEXT NOT NULL, local_part TEXT NOT NULL,"
	" known INTEGER NOT NULL, proved_s INTEGER NOT NULL, valid_s INTEGER, confirmations INTEGER NOT NULL,"
	" doubted INTEGER NOT NULL, code INTEGER NOT NULL, enhanced INTEGER NOT NULL, sum INTEGER NOT NULL,"
	" PRIMARY KEY (proved_s, id)) WITHOUT ROWID",
	"CREATE UNIQUE INDEX recipient_by_id ON recipient (id)",
};

/* In the order of mg_row_column. */
#define COLUMNS "id, backend, domain, local_part, known, proved_s, valid_s, confirmations, doubted, code, enhanced, sum"

/* Of a forgetting, as SELECT and INSERT have it. */
enum { FORGOTTEN_ID, FORGOTTEN_UNTIL, FORGOTTEN_DOMAIN, FORGOTTEN_LOCAL_PART, FORGOTTEN_NEGATIVES, FORGOTTEN_ERASED };

typedef enum statement {
	SQL_BEGIN, SQL_COMMIT, SQL_ROWS, SQL_PUT, SQL_PRUNE, SQL_FORGET, SQL_FORGOTTEN, SQL_LAST_FORGOTTEN, SQL_PRUNE_FORGOTTEN, SQL_REACH,
	SQL_ERASE, SQL_ERASED, N_STATEMENTS
} statement;

/* A row from a clock that was ahead counts as older than any. Rows go by their id: DELETE has no LIMIT of its own. */
static const char *const statements_sql[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROWS] = "SELECT " COLUMNS " FROM recipient ORDER BY proved_s DESC",
	[SQL_PUT] = "INSERT INTO recipient (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	            " ON CONFLICT (id) DO UPDATE SET backend = ?2, domain = ?3, local_part = ?4, known = ?5, proved_s = ?6, valid_s = ?7,"
	            " confirmations = ?8, doubted = ?9, code = ?10, enhanced = ?11, sum = ?12"
	            " WHERE recipient.proved_s <= ?6 OR recipient.proved_s > ?13",
	[SQL_PRUNE] = "DELETE FROM recipient WHERE id IN"
	              " (SELECT id FROM recipient WHERE proved_s <= ?1 ORDER BY proved_s LIMIT ?2)",
	[SQL_FORGET] = "INSERT INTO forgotten (id, until_s, domain, local_part, negatives, erased) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[SQL_FORGOTTEN] = "SELECT id, until_s, domain, local_part, negatives, erased FROM forgotten"
	                  " WHERE id > ?1 AND (?2 = 0 OR erased = 0) ORDER BY id LIMIT ?3",
	[SQL_LAST_FORGOTTEN] = "SELECT coalesce(max(id), 0), count(*) FROM forgotten",
	[SQL_PRUNE_FORGOTTEN] = "DELETE FROM forgotten WHERE erased <> 0 AND id < (SELECT max(id) FROM forgotten)"
	                        " AND (until_s < ?1 OR id <= (SELECT max(id) FROM forgotten) - ?2)",
	[SQL_REACH] = "SELECT max(id), count(*) FROM (SELECT id FROM recipient WHERE id >= ?1 ORDER BY id LIMIT ?2)",
	[SQL_ERASE] = "DELETE FROM recipient WHERE id BETWEEN ?1 AND ?2 AND +proved_s <= ?3 AND (?4 = '' OR domain = ?4)"
	              " AND (?5 = '' OR local_part = ?5) AND (?6 = 0 OR known = 2)",
	[SQL_ERASED] = "UPDATE forgotten SET erased = 1 WHERE id = ?1",
};
G_STATIC_ASSERT(G_N_ELEMENTS(statements_sql) == N_STATEMENTS);
G_STATIC_ASSERT(MG_KNOWN_UNKNOWN == 2);   /* in SQL_ERASE */

struct mg_database {
	sqlite3      *db;                          /* owned */
	sqlite3_stmt *statements[N_STATEMENTS];    /* owned */
	guint         n_steps;                     /* since the call began, in units */
	int           rows_code;                   /* of the last step of SQL_ROWS */
};

/* ---- what SQLite says ---- */

static mg_store_outcome
outcome_of(int code)
{
	switch (code) {
	case SQLITE_IOERR_CORRUPTFS:
	case SQLITE_IOERR_SHORT_READ:
		return MG_STORE_DAMAGED;
	}
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return MG_STORE_DONE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return MG_STORE_BUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return MG_STORE_UNUSABLE;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_NOMEM:
		return MG_STORE_TROUBLE;
	default:
		return MG_STORE_DAMAGED;   /* of our statements none is wrong: what they meet is */
	}
}

const char *
mg_database_why(const mg_database *database)
{
	int code;

	if (database == NULL)
		return "no memory";
	code = sqlite3_extended_errcode(database->db);
	return outcome_of(code) == MG_STORE_DONE ? "is damaged" : sqlite3_errstr(code);
}

gboolean
mg_database_is_full(const mg_database *database)
{
	return (sqlite3_errcode(database->db) & 0xff) == SQLITE_FULL;
}

gboolean
mg_database_has_moved(const mg_database *database)
{
	int has_moved = 0;

	return sqlite3_file_control(database->db, NULL, SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved;
}

static int
is_out_of_patience(void *context)
{
	mg_database *database = context;

	return ++database->n_steps > STEPS_MAX;
}

void
mg_database_arm(mg_database *database, int wait_ms)
{
	database->n_steps = 0;
	sqlite3_busy_timeout(database->db, wait_ms);
}

/* ---- statements ---- */

static mg_store_outcome
database_exec(mg_database *database, const char *sql)
{
	return outcome_of(sqlite3_exec(database->db, sql, NULL, NULL, NULL));
}

static mg_store_outcome
database_run(mg_database *database, statement which)
{
	int code = sqlite3_step(database->statements[which]);

	sqlite3_reset(database->statements[which]);
	return outcome_of(code);
}

static void
bind_number(sqlite3_stmt *bound, int at, gint64 number)
{
	sqlite3_bind_int64(bound, at, number);
}

/* Until the statement is run. */
static void
bind_text(sqlite3_stmt *bound, int at, const char *text)
{
	sqlite3_bind_text(bound, at, text, -1, SQLITE_STATIC);
}

/* @number_out: of the first column of the first row. */
static mg_store_outcome
database_ask_number(mg_database *database, const char *sql, gint64 *number_out)
{
	sqlite3_stmt *asked;
	int code = sqlite3_prepare_v2(database->db, sql, -1, &asked, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(asked);
	if (code == SQLITE_ROW)
		*number_out = sqlite3_column_int64(asked, 0);
	sqlite3_finalize(asked);
	return code == SQLITE_DONE ? MG_STORE_DAMAGED : outcome_of(code);
}

/* Whether the answer is one row with the text @wanted. */
static mg_store_outcome
database_expect_text(mg_database *database, const char *sql, const char *wanted)
{
	sqlite3_stmt *asked;
	int code = sqlite3_prepare_v2(database->db, sql, -1, &asked, NULL);
	const char *text = NULL;
	gboolean is_wanted;

	if (code == SQLITE_OK)
		code = sqlite3_step(asked);
	if (code == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(asked, 0);
	is_wanted = g_strcmp0(text, wanted) == 0;
	sqlite3_finalize(asked);
	if (outcome_of(code) != MG_STORE_DONE)
		return outcome_of(code);
	return is_wanted ? MG_STORE_DONE : MG_STORE_DAMAGED;
}

/* NULL if it is no text, or a longer one than its first NUL says. */
static const char *
column_text(sqlite3_stmt *row, int column)
{
	const char *text;

	if (sqlite3_column_type(row, column) != SQLITE_TEXT)
		return NULL;
	text = (const char *)sqlite3_column_text(row, column);
	return text != NULL && strlen(text) == (gsize)sqlite3_column_bytes(row, column) ? text : NULL;
}

/* ---- opening ---- */

/* Nothing in a file is run: no trigger, view or function that it brings. What is no address may not be long. */
static void
database_restrict(mg_database *database)
{
	sqlite3_limit(database->db, SQLITE_LIMIT_LENGTH, 65536);
	sqlite3_limit(database->db, SQLITE_LIMIT_SQL_LENGTH, 4096);
	sqlite3_limit(database->db, SQLITE_LIMIT_COLUMN, 32);
	sqlite3_limit(database->db, SQLITE_LIMIT_EXPR_DEPTH, 32);
	sqlite3_limit(database->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(database->db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(database->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(database->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_progress_handler(database->db, STEPS_UNIT, is_out_of_patience, database);
}

static mg_store_outcome
database_make_schema(mg_database *database)
{
	g_autofree char *marks = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d", MG_STORE_MARK, FORMAT);
	mg_store_outcome result = database_exec(database, marks);

	for (guint i = 0; i < G_N_ELEMENTS(schema) && result == MG_STORE_DONE; i++)
		result = database_exec(database, schema[i]);
	return result;
}

static mg_store_outcome
database_check_schema(mg_database *database)
{
	g_autofree char *wanted = g_strdup_printf("%s\n%s\n%s", schema[0], schema[1], schema[2]);

	return database_expect_text(database, "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)",
	                         wanted);
}

/* In one transaction, so that of several processes one makes it; and before there is a WAL, so that the file itself bears our mark. */
static mg_store_outcome
database_take_schema(mg_database *database, const char **why_out)
{
	gint64 application = 0, format = 0, n_objects = 0;
	mg_store_outcome result;

	if ((result = database_ask_number(database, "SELECT count(*) FROM sqlite_schema", &n_objects)) != MG_STORE_DONE
	    || (result = database_ask_number(database, "PRAGMA application_id", &application)) != MG_STORE_DONE
	    || (result = database_ask_number(database, "PRAGMA user_version", &format)) != MG_STORE_DONE)
		return result;
	if (n_objects == 0 && application == 0 && format == 0)
		return database_make_schema(database);
	if (application != MG_STORE_MARK) {
		*why_out = "is another program's";
		return MG_STORE_UNUSABLE;
	}
	if (format != FORMAT) {
		*why_out = "is of another format";
		return MG_STORE_DAMAGED;
	}
	return database_check_schema(database);
}

static mg_store_outcome
database_begin_schema(mg_database *database, const char **why_out)
{
	mg_store_outcome result = database_exec(database, "BEGIN IMMEDIATE");

	if (result == MG_STORE_DONE)
		result = database_take_schema(database, why_out);
	if (result == MG_STORE_DONE)
		result = database_exec(database, "COMMIT");
	if (result != MG_STORE_DONE)
		sqlite3_exec(database->db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

/* synchronous = OFF: 256 rows then take 3 ms, 8 at worst; NORMAL made that 7 and 44 on an idle disk, and one fsync of a busy one may
 * take a second of a decision's time. A process that is killed loses nothing by it; a machine that fails may leave a damaged file,
 * which is set aside like any other. No quick_check: it takes a third of the time of loading, whose rows bear sums of their own. */
static mg_store_outcome
database_set_up(mg_database *database, const char **why_out)
{
	g_autofree char *size = NULL;
	gint64 page_size = 0;
	mg_store_outcome result;

	if ((result = database_exec(database, "PRAGMA synchronous = OFF; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
	                                "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048;"
	                                "PRAGMA journal_size_limit = 4194304")) != MG_STORE_DONE
	    || (result = database_begin_schema(database, why_out)) != MG_STORE_DONE
	    || (result = database_expect_text(database, "PRAGMA encoding", "UTF-8")) != MG_STORE_DONE
	    || (result = database_expect_text(database, "PRAGMA journal_mode = WAL", "wal")) != MG_STORE_DONE
	    || (result = database_ask_number(database, "PRAGMA page_size", &page_size)) != MG_STORE_DONE)
		return result;
	size = g_strdup_printf("PRAGMA max_page_count = %" G_GINT64_FORMAT, MG_STORE_OCTETS / MAX(page_size, 512));
	result = database_exec(database, size);
	for (guint i = 0; i < N_STATEMENTS && result == MG_STORE_DONE; i++)
		result = outcome_of(sqlite3_prepare_v3(database->db, statements_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                                       &database->statements[i], NULL));
	return result;
}

mg_store_outcome
mg_database_open(const char *path, int wait_ms, mg_database **database_out, const char **why_out)
{
	mg_store_outcome result = mg_store_file_prepare(path, why_out);
	sqlite3 *db;
	int code;

	*database_out = NULL;
	if (result != MG_STORE_DONE)
		return result;
	code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	if (db == NULL)
		return MG_STORE_TROUBLE;
	*database_out = g_new0(mg_database, 1);
	(*database_out)->db = db;
	sqlite3_extended_result_codes(db, 1);
	if (code != SQLITE_OK)
		return outcome_of(code);
	database_restrict(*database_out);
	mg_database_arm(*database_out, wait_ms);
	return database_set_up(*database_out, why_out);
}

void
mg_database_close(mg_database *database)
{
	if (database == NULL)
		return;
	for (guint i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(database->statements[i]);
	sqlite3_close_v2(database->db);
	g_free(database);
}

/* ---- rows ---- */

static gboolean
column_is_text(int column)
{
	return column == MG_ROW_DOMAIN || column == MG_ROW_LOCAL_PART;
}

static gboolean
columns_are_typed(sqlite3_stmt *row)
{
	for (int i = 0; i < MG_ROW_COLUMNS; i++) {
		int type = sqlite3_column_type(row, i);

		if (column_is_text(i) ? type != SQLITE_TEXT : type != SQLITE_INTEGER && !(i == MG_ROW_VALID && type == SQLITE_NULL))
			return FALSE;
	}
	return TRUE;
}

/* FALSE: the file holds what is no row at all. */
static gboolean
row_read(sqlite3_stmt *from, mg_row *row_out)
{
	if (!columns_are_typed(from))
		return FALSE;
	for (int i = 0; i < MG_ROW_COLUMNS; i++)
		row_out->numbers[i] = column_is_text(i) ? 0 : sqlite3_column_int64(from, i);
	if (sqlite3_column_type(from, MG_ROW_VALID) == SQLITE_NULL)
		row_out->numbers[MG_ROW_VALID] = MG_NEVER_S;
	row_out->domain = column_text(from, MG_ROW_DOMAIN);
	row_out->local_part = column_text(from, MG_ROW_LOCAL_PART);
	return row_out->domain != NULL && row_out->local_part != NULL;
}

gboolean
mg_database_next_row(mg_database *database, mg_row *row_out)
{
	sqlite3_stmt *rows = database->statements[SQL_ROWS];

	database->rows_code = sqlite3_step(rows);
	if (database->rows_code != SQLITE_ROW)
		return FALSE;
	if (row_read(rows, row_out))
		return TRUE;
	database->rows_code = SQLITE_CORRUPT;
	return FALSE;
}

mg_store_outcome
mg_database_end_rows(mg_database *database)
{
	sqlite3_reset(database->statements[SQL_ROWS]);
	return outcome_of(database->rows_code);
}

mg_store_outcome
mg_database_put(mg_database *database, const mg_row *row, gint64 wall_s)
{
	sqlite3_stmt *put = database->statements[SQL_PUT];

	for (int i = 0; i < MG_ROW_COLUMNS; i++)
		bind_number(put, i + 1, row->numbers[i]);
	bind_text(put, MG_ROW_DOMAIN + 1, row->domain);
	bind_text(put, MG_ROW_LOCAL_PART + 1, row->local_part);
	if (row->numbers[MG_ROW_VALID] == MG_NEVER_S)
		sqlite3_bind_null(put, MG_ROW_VALID + 1);
	bind_number(put, MG_ROW_COLUMNS + 1, wall_s);
	return database_run(database, SQL_PUT);
}

mg_store_outcome
mg_database_prune(mg_database *database, gint64 until_s, guint n_max)
{
	bind_number(database->statements[SQL_PRUNE], 1, until_s);
	bind_number(database->statements[SQL_PRUNE], 2, n_max);
	return database_run(database, SQL_PRUNE);
}

/* ---- transactions ---- */

mg_store_outcome
mg_database_begin(mg_database *database)
{
	return database_run(database, SQL_BEGIN);
}

mg_store_outcome
mg_database_commit(mg_database *database)
{
	return database_run(database, SQL_COMMIT);
}

void
mg_database_rollback(mg_database *database)
{
	if (!sqlite3_get_autocommit(database->db))
		sqlite3_exec(database->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- what is forgotten ---- */

static gboolean
forgetting_is_typed(sqlite3_stmt *row)
{
	for (int i = FORGOTTEN_ID; i <= FORGOTTEN_ERASED; i++)
		if (sqlite3_column_type(row, i) != (i == FORGOTTEN_DOMAIN || i == FORGOTTEN_LOCAL_PART ? SQLITE_TEXT : SQLITE_INTEGER))
			return FALSE;
	return TRUE;
}

static gboolean
forgetting_read(sqlite3_stmt *row, GPtrArray *forgets)
{
	const char *domain = column_text(row, FORGOTTEN_DOMAIN), *local_part = column_text(row, FORGOTTEN_LOCAL_PART);
	mg_forgetting *made;

	if (!forgetting_is_typed(row) || domain == NULL || local_part == NULL)
		return FALSE;
	made = mg_forgets_add(forgets, sqlite3_column_int64(row, FORGOTTEN_UNTIL), domain, local_part,
	                      sqlite3_column_int64(row, FORGOTTEN_NEGATIVES) != 0);
	made->id = sqlite3_column_int64(row, FORGOTTEN_ID);
	return made->id > 0 && made->id <= ID_MAX && mg_forgetting_is_sound(made);
}

mg_store_outcome
mg_database_read_forgets(mg_database *database, mg_forgets_wanted wanted, gint64 after, guint n_max, GPtrArray *forgets)
{
	sqlite3_stmt *rows = database->statements[SQL_FORGOTTEN];
	gboolean is_sound = TRUE;
	int code;

	bind_number(rows, 1, after);
	bind_number(rows, 2, wanted == MG_FORGETS_UNERASED);
	bind_number(rows, 3, n_max);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW && is_sound)
		is_sound = forgetting_read(rows, forgets);
	sqlite3_reset(rows);
	return is_sound ? outcome_of(code) : MG_STORE_DAMAGED;
}

mg_store_outcome
mg_database_last_forgetting(mg_database *database, gint64 *id_out)
{
	sqlite3_stmt *last = database->statements[SQL_LAST_FORGOTTEN];
	int code = sqlite3_step(last);
	gint64 n = 0;

	if (code == SQLITE_ROW) {
		*id_out = sqlite3_column_int64(last, 0);
		n = sqlite3_column_int64(last, 1);
	}
	sqlite3_reset(last);
	if (code == SQLITE_ROW && (*id_out < 0 || *id_out > ID_MAX || n > FORGOTTEN_MAX))
		return MG_STORE_DAMAGED;
	return outcome_of(code);
}

mg_store_outcome
mg_database_add_forgetting(mg_database *database, gint64 id, const mg_forgetting *of, gboolean is_erased)
{
	sqlite3_stmt *row = database->statements[SQL_FORGET];

	bind_number(row, FORGOTTEN_ID + 1, id);
	bind_number(row, FORGOTTEN_UNTIL + 1, of->until_s);
	bind_text(row, FORGOTTEN_DOMAIN + 1, of->domain);
	bind_text(row, FORGOTTEN_LOCAL_PART + 1, of->local_part);
	bind_number(row, FORGOTTEN_NEGATIVES + 1, of->negatives_alone);
	bind_number(row, FORGOTTEN_ERASED + 1, is_erased);
	return database_run(database, SQL_FORGET);
}

mg_store_outcome
mg_database_prune_forgets(mg_database *database, gint64 until_s, guint n_max)
{
	bind_number(database->statements[SQL_PRUNE_FORGOTTEN], 1, until_s);
	bind_number(database->statements[SQL_PRUNE_FORGOTTEN], 2, n_max);
	return database_run(database, SQL_PRUNE_FORGOTTEN);
}

/* The last id of the next @n_max rows to look at, G_MAXINT64 if there are fewer; @n_out: how many. */
static mg_store_outcome
database_reach(mg_database *database, gint64 from, guint n_max, gint64 *last_out, guint *n_out)
{
	sqlite3_stmt *reach = database->statements[SQL_REACH];
	int code;

	bind_number(reach, 1, from);
	bind_number(reach, 2, n_max);
	code = sqlite3_step(reach);
	*n_out = code == SQLITE_ROW ? (guint)sqlite3_column_int64(reach, 1) : 0;
	*last_out = *n_out == n_max && sqlite3_column_type(reach, 0) == SQLITE_INTEGER ? sqlite3_column_int64(reach, 0) : G_MAXINT64;
	sqlite3_reset(reach);
	return outcome_of(code);
}

static mg_store_outcome
database_erase_between(mg_database *database, const mg_forgetting *of, gint64 first, gint64 last)
{
	sqlite3_stmt *erase = database->statements[SQL_ERASE];

	bind_number(erase, 1, first);
	bind_number(erase, 2, last);
	bind_number(erase, 3, of->until_s);
	bind_text(erase, 4, of->domain);
	bind_text(erase, 5, of->local_part);
	bind_number(erase, 6, of->negatives_alone);
	return database_run(database, SQL_ERASE);
}

mg_store_outcome
mg_database_erase_some(mg_database *database, const mg_forgetting *of, gint64 *from, guint *n_left)
{
	gint64 last;
	guint n;
	mg_store_outcome result = database_reach(database, *from, *n_left, &last, &n);

	if (result != MG_STORE_DONE || (result = database_erase_between(database, of, *from, last)) != MG_STORE_DONE)
		return result;
	*n_left -= n;
	*from = last < G_MAXINT64 ? last + 1 : G_MININT64;
	if (last < G_MAXINT64)
		return MG_STORE_DONE;
	bind_number(database->statements[SQL_ERASED], 1, of->id);
	return database_run(database, SQL_ERASED);
}

mg_store_outcome
mg_database_erase_all(mg_database *database, const mg_forgetting *of, guint *n_out)
{
	mg_store_outcome result = database_erase_between(database, of, G_MININT64, G_MAXINT64);

	*n_out = (guint)sqlite3_changes(database->db);
	return result;
}
