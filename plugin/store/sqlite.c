/* sqlite.c - see sqlite.h. */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/siphash.h"

#define APPLICATION_ID 0x4d477264   /* "MGrd"; at octet 68 of the file */
#define FORMAT         1            /* user_version */

#define OPEN_WAIT_MS   1000
#define RETRY_S        60
#define CLOCK_SLACK_S  300          /* what clocks are set back by without having been wrong */
#define FORGETS_MAX    64
#define ERASE_ROWS     1024         /* looked at by one call */
#define DOMAIN_OCTETS  255
#define LOCAL_OCTETS   254
#define ROW_OCTETS_MIN 64           /* of a row and its place in the index: more rows than that makes, no sound file has */

#define STEPS_UNIT     10000        /* of SQLite's machine; a call that takes more of them than this file can give work for is ended */
#define STEPS_MAX      20000

/* By time, so that the newest are read first and from few pages; what is written lies together too. */
static const char *const schema[] = {   /* in the order of their names */
	"CREATE TABLE forgotten (until_s INTEGER NOT NULL, domain TEXT NOT NULL, local_part TEXT NOT NULL,"
	" negatives INTEGER NOT NULL)",
	"CREATE TABLE recipient (id INTEGER NOT NULL, backend INTEGER NOT NULL, domain TEXT NOT NULL, local_part TEXT NOT NULL,"
	" known INTEGER NOT NULL, proved_s INTEGER NOT NULL, valid_s INTEGER, confirmations INTEGER NOT NULL,"
	" doubted INTEGER NOT NULL, code INTEGER NOT NULL, enhanced INTEGER NOT NULL, sum INTEGER NOT NULL,"
	" PRIMARY KEY (proved_s, id)) WITHOUT ROWID",
	"CREATE UNIQUE INDEX recipient_by_id ON recipient (id)",
};

/* Of a row, as SELECT and INSERT have it. */
enum {
	ROW_ID, ROW_BACKEND, ROW_DOMAIN, ROW_LOCAL_PART, ROW_KNOWN, ROW_PROVED, ROW_VALID, ROW_CONFIRMATIONS, ROW_DOUBTED, ROW_CODE,
	ROW_ENHANCED, ROW_SUM, N_COLUMNS
};
#define COLUMNS "id, backend, domain, local_part, known, proved_s, valid_s, confirmations, doubted, code, enhanced, sum"

typedef enum statement {
	SQL_BEGIN, SQL_COMMIT, SQL_PUT, SQL_PRUNE, SQL_FORGET, SQL_FORGOTTEN, SQL_REACH, SQL_ERASE, SQL_ERASED, N_STATEMENTS
} statement;

/* A row from a clock that was ahead counts as older than any. Rows go by their id: DELETE has no LIMIT of its own. */
static const char *const statements_sql[] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_PUT] = "INSERT INTO recipient (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
	            " ON CONFLICT (id) DO UPDATE SET backend = ?2, domain = ?3, local_part = ?4, known = ?5, proved_s = ?6, valid_s = ?7,"
	            " confirmations = ?8, doubted = ?9, code = ?10, enhanced = ?11, sum = ?12"
	            " WHERE recipient.proved_s <= ?6 OR recipient.proved_s > ?13",
	[SQL_PRUNE] = "DELETE FROM recipient WHERE id IN"
	              " (SELECT id FROM recipient WHERE proved_s <= ?1 ORDER BY proved_s LIMIT ?2)",
	[SQL_FORGET] = "INSERT INTO forgotten VALUES (?1, ?2, ?3, ?4)",
	[SQL_FORGOTTEN] = "SELECT rowid, until_s, domain, local_part, negatives FROM forgotten ORDER BY rowid LIMIT ?1",
	[SQL_REACH] = "SELECT max(id) FROM (SELECT id FROM recipient WHERE id >= ?1 ORDER BY id LIMIT ?2)",
	[SQL_ERASE] = "DELETE FROM recipient WHERE id BETWEEN ?1 AND ?2 AND +proved_s <= ?3 AND (?4 = '' OR domain = ?4)"
	              " AND (?5 = '' OR local_part = ?5) AND (?6 = 0 OR known = 2)",
	[SQL_ERASED] = "DELETE FROM forgotten WHERE rowid = ?1",
};
G_STATIC_ASSERT(G_N_ELEMENTS(statements_sql) == N_STATEMENTS);
G_STATIC_ASSERT(MG_KNOWN_UNKNOWN == 2);   /* in SQL_ERASE */

/* What is forgotten of what was proved up to a time. */
typedef struct forgetting {
	gint64   row;         /* in the file; 0: not yet there */
	gint64   until_s;     /* the calendar's */
	char    *domain;      /* owned; "": any */
	char    *local_part;  /* owned; "": any */
	gboolean negatives_alone;
} forgetting;

struct mg_store {
	char          *path;       /* owned */
	mg_memory     *memory;     /* borrowed */
	const mg_log  *log;        /* borrowed */
	pid_t          pid;        /* a child of a fork leaves the file alone */
	mg_store_state state;
	sqlite3       *db;         /* owned; NULL but in MG_STORE_OPEN */
	sqlite3_stmt  *statements[N_STATEMENTS];   /* owned */
	guint          n_steps;    /* since the call began, in units */
	gint64         offset_s;   /* from the memory's clock to the calendar's; never less than it was */
	gint64         retry_s;
	gboolean       is_in_trouble;   /* and told so */
	gboolean       is_full;    /* the oldest rows are to go first */
	gboolean       is_erasing; /* the file may hold what is forgotten, */
	gint64         erase_from; /* from this id on */
	GPtrArray     *forgets;    /* owned; of forgetting, not yet in the file */
};

typedef enum outcome {
	DONE,
	BUSY,       /* another process has the lock */
	TROUBLE,    /* of the disk: may pass */
	DAMAGED,    /* to be set aside */
	UNUSABLE    /* to be left alone */
} outcome;

/* ---- what SQLite says ---- */

static outcome
outcome_of(int code)
{
	switch (code) {
	case SQLITE_IOERR_CORRUPTFS:
	case SQLITE_IOERR_SHORT_READ:
		return DAMAGED;
	}
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return DONE;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return BUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return UNUSABLE;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_NOMEM:
		return TROUBLE;
	default:
		return DAMAGED;   /* of our statements none is wrong: what they meet is */
	}
}

static void
store_tell(const mg_store *store, mg_level level, const char *event, const char *why)
{
	mg_log_line line;

	mg_log_begin(&line, store->log, level, event);
	mg_log_text(&line, "file", store->path);
	if (why != NULL)
		mg_log_text(&line, "why", why);
	mg_log_end(&line);
}

static int
store_is_out_of_patience(void *context)
{
	mg_store *store = context;

	return ++store->n_steps > STEPS_MAX;
}

/* ---- statements ---- */

static outcome
store_exec(mg_store *store, const char *sql)
{
	return outcome_of(sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static outcome
store_run(mg_store *store, statement which)
{
	int code = sqlite3_step(store->statements[which]);

	sqlite3_reset(store->statements[which]);
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
static outcome
store_ask_number(mg_store *store, const char *sql, gint64 *number_out)
{
	sqlite3_stmt *asked;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &asked, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(asked);
	if (code == SQLITE_ROW)
		*number_out = sqlite3_column_int64(asked, 0);
	sqlite3_finalize(asked);
	return code == SQLITE_DONE ? DAMAGED : outcome_of(code);
}

/* Whether the answer is one row with the text @wanted. */
static outcome
store_expect_text(mg_store *store, const char *sql, const char *wanted)
{
	sqlite3_stmt *asked;
	int code = sqlite3_prepare_v2(store->db, sql, -1, &asked, NULL);
	const char *text = NULL;
	gboolean is_wanted;

	if (code == SQLITE_OK)
		code = sqlite3_step(asked);
	if (code == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(asked, 0);
	is_wanted = g_strcmp0(text, wanted) == 0;
	sqlite3_finalize(asked);
	if (outcome_of(code) != DONE)
		return outcome_of(code);
	return is_wanted ? DONE : DAMAGED;
}

/* ---- rows ---- */

/* Only such keys are written, so that others in a file are damage. */
static gboolean
text_is_plain(const char *text, gsize octets_max)
{
	gsize length = strlen(text);

	if (length == 0 || length > octets_max)
		return FALSE;
	for (const char *at = text; *at; at++)
		if ((guchar)*at < ' ' || *at == 0x7f)
			return FALSE;
	return TRUE;
}

static gboolean
key_is_plain(const mg_recipient_key *key)
{
	return text_is_plain(key->domain, DOMAIN_OCTETS) && text_is_plain(key->local_part, LOCAL_OCTETS);
}

static gint64
row_id(const mg_recipient_key *key)
{
	return (gint64)mg_siphash(mg_siphash(0, key->backend, key->domain, strlen(key->domain)), 0, key->local_part,
	                          strlen(key->local_part));
}

static gint64
row_enhanced(const mg_knowledge *knowledge)
{
	return knowledge->class * 1000000 + knowledge->subject * 1000 + knowledge->detail;
}

/* Of a row whose octets were changed by accident it will be another. */
static gint64
row_sum(const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	const gint64 numbers[] = {
		GINT64_TO_LE(knowledge->known), GINT64_TO_LE(knowledge->proved_s), GINT64_TO_LE(knowledge->valid_s),
		GINT64_TO_LE(knowledge->n_confirmations), GINT64_TO_LE(knowledge->is_doubted), GINT64_TO_LE(knowledge->code),
		GINT64_TO_LE(row_enhanced(knowledge)),
	};

	return (gint64)mg_siphash((guint64)row_id(key), key->backend, numbers, sizeof(numbers));
}

/* Its times from one clock to another. */
static mg_knowledge
knowledge_shifted(const mg_knowledge *knowledge, gint64 by_s)
{
	mg_knowledge shifted = *knowledge;

	shifted.proved_s += by_s;
	if (shifted.valid_s != MG_NEVER_S)
		shifted.valid_s += by_s;
	return shifted;
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

static gboolean
columns_are_typed(sqlite3_stmt *row)
{
	for (int i = 0; i < N_COLUMNS; i++) {
		int type = sqlite3_column_type(row, i);

		if (i == ROW_DOMAIN || i == ROW_LOCAL_PART ? type != SQLITE_TEXT
		                                           : type != SQLITE_INTEGER && !(i == ROW_VALID && type == SQLITE_NULL))
			return FALSE;
	}
	return TRUE;
}

static gboolean
column_is_within(sqlite3_stmt *row, int column, gint64 most)
{
	gint64 number = sqlite3_column_int64(row, column);

	return number >= 0 && number <= most;
}

/* Borrowed from @row. FALSE: no row that we wrote. */
static gboolean
row_read(sqlite3_stmt *row, mg_recipient_key *key_out, mg_knowledge *knowledge_out)
{
	gint64 enhanced = sqlite3_column_int64(row, ROW_ENHANCED);

	if (!columns_are_typed(row) || !column_is_within(row, ROW_KNOWN, MG_KNOWN_BAD_SYNTAX)
	    || !column_is_within(row, ROW_CONFIRMATIONS, MG_CONFIRMATIONS_MAX) || !column_is_within(row, ROW_DOUBTED, 1)
	    || !column_is_within(row, ROW_CODE, 599) || !column_is_within(row, ROW_ENHANCED, 5999999)
	    || !column_is_within(row, ROW_PROVED, G_MAXINT64 / 2))
		return FALSE;
	*key_out = (mg_recipient_key){
		(guint64)sqlite3_column_int64(row, ROW_BACKEND), column_text(row, ROW_DOMAIN), column_text(row, ROW_LOCAL_PART),
	};
	if (key_out->domain == NULL || key_out->local_part == NULL || !key_is_plain(key_out))
		return FALSE;
	*knowledge_out = (mg_knowledge){
		.known = (guint8)sqlite3_column_int64(row, ROW_KNOWN),
		.proved_s = sqlite3_column_int64(row, ROW_PROVED),
		.valid_s = sqlite3_column_type(row, ROW_VALID) == SQLITE_NULL ? MG_NEVER_S : sqlite3_column_int64(row, ROW_VALID),
		.n_confirmations = (guint8)sqlite3_column_int64(row, ROW_CONFIRMATIONS),
		.is_doubted = (guint8)sqlite3_column_int64(row, ROW_DOUBTED),
		.code = (guint16)sqlite3_column_int64(row, ROW_CODE),
		.class = (guint8)(enhanced / 1000000),
		.subject = (guint16)(enhanced / 1000 % 1000),
		.detail = (guint16)(enhanced % 1000),
	};
	return sqlite3_column_int64(row, ROW_ID) == row_id(key_out)
	       && sqlite3_column_int64(row, ROW_SUM) == row_sum(key_out, knowledge_out)
	       && mg_knowledge_is_sound(knowledge_out, knowledge_out->proved_s);
}

/* ---- what is forgotten ---- */

static void
forgetting_free(gpointer data)
{
	forgetting *freed = data;

	g_free(freed->domain);
	g_free(freed->local_part);
	g_free(freed);
}

static forgetting *
forgetting_new(gint64 until_s, const char *domain, const char *local_part, gboolean negatives_alone)
{
	forgetting *made = g_new0(forgetting, 1);

	made->until_s = until_s;
	made->domain = g_strdup(domain != NULL ? domain : "");
	made->local_part = g_strdup(local_part != NULL ? local_part : "");
	made->negatives_alone = negatives_alone;
	return made;
}

static gboolean
forgets_match(const GPtrArray *forgets, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	for (guint i = 0; i < forgets->len; i++) {
		const forgetting *of = forgets->pdata[i];
		mg_memory_filter filter = {
			of->domain[0] ? of->domain : NULL, of->local_part[0] ? of->local_part : NULL, of->negatives_alone,
		};

		if (knowledge->proved_s <= of->until_s && mg_memory_filter_matches(&filter, key, (mg_known)knowledge->known))
			return TRUE;
	}
	return FALSE;
}

/* At most @n_max, of those in the file. */
static outcome
store_read_forgotten(mg_store *store, guint n_max, GPtrArray *forgets)
{
	sqlite3_stmt *rows = store->statements[SQL_FORGOTTEN];
	outcome result = DONE;
	int code;

	bind_number(rows, 1, n_max);
	while ((code = sqlite3_step(rows)) == SQLITE_ROW && result == DONE) {
		const char *domain = column_text(rows, 2), *local_part = column_text(rows, 3);

		if (domain == NULL || local_part == NULL || sqlite3_column_type(rows, 1) != SQLITE_INTEGER)
			result = DAMAGED;
		else
			g_ptr_array_add(forgets, forgetting_new(sqlite3_column_int64(rows, 1), domain, local_part,
			                                        sqlite3_column_int64(rows, 4) != 0));
		if (result == DONE)
			((forgetting *)forgets->pdata[forgets->len - 1])->row = sqlite3_column_int64(rows, 0);
	}
	sqlite3_reset(rows);
	return result != DONE ? result : outcome_of(code);
}

void
mg_store_forget(mg_store *store, const mg_memory_filter *filter, gint64 now_s)
{
	mg_memory_filter all = { 0 };

	/* Who says so more often between two flushes has all forgotten. */
	if (store->forgets->len == FORGETS_MAX) {
		g_ptr_array_set_size(store->forgets, 0);
		filter = &all;
	}
	g_ptr_array_add(store->forgets, forgetting_new(now_s + store->offset_s, filter->domain, filter->local_part,
	                                               filter->negatives_alone));
}

/* ---- opening ---- */

static void
store_close(mg_store *store)
{
	for (guint i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(store->statements[i]);
	memset(store->statements, 0, sizeof(store->statements));
	sqlite3_close_v2(store->db);
	store->db = NULL;
}

/* NULL if the file may be trusted, or is made just now; else why not. */
static const char *
path_prepare(const char *path)
{
	struct stat found;
	int fd;

	if (lstat(path, &found) < 0) {
		if (errno != ENOENT)
			return "cannot be examined";
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return errno == ENOSPC || errno == EDQUOT ? "no space" : "cannot be made";
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	/* Never opened but by SQLite: closing it would end the locks of whoever else has it open in this process. */
	if (!S_ISREG(found.st_mode))
		return "is no regular file";
	if (found.st_uid != 0 && found.st_uid != geteuid())
		return "is owned by someone else";
	return found.st_mode & (S_IWGRP | S_IWOTH) ? "may be written by others" : NULL;
}

/* Nothing in a file is run: no trigger, view or function that it brings. What is no address may not be long. */
static void
store_restrict(mg_store *store)
{
	sqlite3_limit(store->db, SQLITE_LIMIT_LENGTH, 65536);
	sqlite3_limit(store->db, SQLITE_LIMIT_SQL_LENGTH, 4096);
	sqlite3_limit(store->db, SQLITE_LIMIT_COLUMN, 32);
	sqlite3_limit(store->db, SQLITE_LIMIT_EXPR_DEPTH, 32);
	sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_limit(store->db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
	sqlite3_limit(store->db, SQLITE_LIMIT_WORKER_THREADS, 0);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(store->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_progress_handler(store->db, STEPS_UNIT, store_is_out_of_patience, store);
}

static outcome
store_make_schema(mg_store *store)
{
	g_autofree char *marks = g_strdup_printf("PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, FORMAT);
	outcome result = store_exec(store, marks);

	for (guint i = 0; i < G_N_ELEMENTS(schema) && result == DONE; i++)
		result = store_exec(store, schema[i]);
	return result;
}

static outcome
store_check_schema(mg_store *store)
{
	g_autofree char *wanted = g_strdup_printf("%s\n%s\n%s", schema[0], schema[1], schema[2]);

	return store_expect_text(store, "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_schema ORDER BY name)",
	                         wanted);
}

/* In one transaction, so that of several processes one makes it; and before there is a WAL, so that the file itself bears our mark. */
static outcome
store_take_schema(mg_store *store, const char **why_out)
{
	gint64 application = 0, format = 0, n_objects = 0;
	outcome result;

	if ((result = store_ask_number(store, "SELECT count(*) FROM sqlite_schema", &n_objects)) != DONE
	    || (result = store_ask_number(store, "PRAGMA application_id", &application)) != DONE
	    || (result = store_ask_number(store, "PRAGMA user_version", &format)) != DONE)
		return result;
	if (n_objects == 0 && application == 0 && format == 0)
		return store_make_schema(store);
	if (application != APPLICATION_ID) {
		*why_out = "is another program's";
		return UNUSABLE;
	}
	if (format != FORMAT) {
		*why_out = "is of another format";
		return DAMAGED;
	}
	return store_check_schema(store);
}

static outcome
store_begin_schema(mg_store *store, const char **why_out)
{
	outcome result = store_exec(store, "BEGIN IMMEDIATE");

	if (result == DONE)
		result = store_take_schema(store, why_out);
	if (result == DONE)
		result = store_exec(store, "COMMIT");
	if (result != DONE)
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return result;
}

/* synchronous = OFF: 256 rows then take 3 ms, 8 at worst; NORMAL made that 7 and 44 on an idle disk, and one fsync of a busy one may
 * take a second of a decision's time. A process that is killed loses nothing by it; a machine that fails may leave a damaged file,
 * which is set aside like any other. No quick_check: it takes a third of the time of loading, whose rows bear sums of their own. */
static outcome
store_set_up(mg_store *store, const char **why_out)
{
	g_autofree char *size = NULL;
	gint64 page_size = 0;
	outcome result;

	if ((result = store_exec(store, "PRAGMA synchronous = OFF; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;"
	                                "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048;"
	                                "PRAGMA journal_size_limit = 4194304")) != DONE
	    || (result = store_begin_schema(store, why_out)) != DONE
	    || (result = store_expect_text(store, "PRAGMA encoding", "UTF-8")) != DONE
	    || (result = store_expect_text(store, "PRAGMA journal_mode = WAL", "wal")) != DONE
	    || (result = store_ask_number(store, "PRAGMA page_size", &page_size)) != DONE)
		return result;
	size = g_strdup_printf("PRAGMA max_page_count = %" G_GINT64_FORMAT, MG_STORE_OCTETS / MAX(page_size, 512));
	result = store_exec(store, size);
	for (guint i = 0; i < N_STATEMENTS && result == DONE; i++)
		result = outcome_of(sqlite3_prepare_v3(store->db, statements_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                                       &store->statements[i], NULL));
	return result;
}

static outcome
store_connect(mg_store *store, int wait_ms, const char **why_out)
{
	int code;

	*why_out = path_prepare(store->path);
	if (*why_out != NULL)
		return strcmp(*why_out, "no space") == 0 ? TROUBLE : UNUSABLE;
	code = sqlite3_open_v2(store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	if (store->db == NULL)
		return TROUBLE;
	sqlite3_extended_result_codes(store->db, 1);
	if (code != SQLITE_OK)
		return outcome_of(code);
	store->n_steps = 0;
	store_restrict(store);
	sqlite3_busy_timeout(store->db, wait_ms);
	return store_set_up(store, why_out);
}

/* ---- setting aside ---- */

/* What is damaged may be anything, a file that somebody needs too. Ours is what bears our mark; and what bears nothing at all. */
static gboolean
file_is_ours(const char *path)
{
	static const guint8 mark[4] = { 0x4d, 0x47, 0x72, 0x64 };   /* APPLICATION_ID in network order */
	guint8 head[100] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	gboolean is_blank = TRUE;
	gssize n;

	if (fd < 0)
		return FALSE;
	n = pread(fd, head, sizeof(head), 0);
	close(fd);
	for (gssize i = 0; i < n; i++)
		is_blank = is_blank && head[i] == 0;
	return n >= 0 && (is_blank || memcmp(head + 68, mark, sizeof(mark)) == 0);
}

/* FALSE: it stays where it is. */
static gboolean
file_set_aside(const char *path)
{
	g_autofree char *bad = g_strconcat(path, ".bad", NULL);
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autofree char *shm = g_strconcat(path, "-shm", NULL);

	if (!file_is_ours(path) || rename(path, bad) < 0)
		return FALSE;
	unlink(wal);
	unlink(shm);
	return TRUE;
}

/* ---- loading ---- */

/* A clock that is behind what was written by it: by a little, it is taken to stand still; by more, no age can be told. */
static gboolean
store_accept_clock(mg_store *store, gint64 newest_s, gint64 now_s)
{
	if (newest_s > now_s + store->offset_s + CLOCK_SLACK_S)
		return FALSE;
	store->offset_s = MAX(store->offset_s, newest_s - now_s);
	return TRUE;
}

static outcome
store_load_rows(mg_store *store, sqlite3_stmt *rows, const GPtrArray *forgets, gint64 now_s, const char **why_out)
{
	gint64 before_s = G_MAXINT64;
	int code = SQLITE_ROW;

	for (guint n = 0; n < MG_STORE_OCTETS / ROW_OCTETS_MIN && (code = sqlite3_step(rows)) == SQLITE_ROW; n++) {
		mg_recipient_key key;
		mg_knowledge knowledge, shifted;

		if (!row_read(rows, &key, &knowledge) || knowledge.proved_s > before_s)
			return DAMAGED;
		if (n == 0 && !store_accept_clock(store, knowledge.proved_s, now_s)) {
			*why_out = "is from the future";
			return DAMAGED;
		}
		before_s = knowledge.proved_s;
		shifted = knowledge_shifted(&knowledge, -store->offset_s);
		if (mg_knowledge_is_over(&shifted, now_s))
			return DONE;   /* and so is what follows */
		if (!forgets_match(forgets, &key, &knowledge) && !mg_memory_restore(store->memory, &key, &shifted))
			return DONE;
	}
	return outcome_of(code);
}

static outcome
store_load(mg_store *store, gint64 now_s, const char **why_out)
{
	g_autoptr(GPtrArray) forgets = g_ptr_array_new_with_free_func(forgetting_free);
	sqlite3_stmt *rows = NULL;
	outcome result = store_read_forgotten(store, G_MAXINT32, forgets);

	if (result == DONE)
		result = outcome_of(sqlite3_prepare_v2(store->db, "SELECT " COLUMNS " FROM recipient ORDER BY proved_s DESC", -1, &rows, NULL));
	if (result == DONE)
		result = store_load_rows(store, rows, forgets, now_s, why_out);
	sqlite3_finalize(rows);
	if (result == DAMAGED)
		mg_memory_forget(store->memory, &(mg_memory_filter){ 0 });
	return result;
}

/* ---- the file's life ---- */

static void
store_enter(mg_store *store, mg_store_state state, gint64 now_s)
{
	if (state != MG_STORE_OPEN)
		store_close(store);
	store->state = state;
	store->retry_s = now_s + RETRY_S;
}

/* One line when trouble begins, one when it is over. */
static void
store_set_trouble(mg_store *store, gboolean is_in_trouble, const char *why)
{
	if (is_in_trouble == store->is_in_trouble)
		return;
	store->is_in_trouble = is_in_trouble;
	store_tell(store, is_in_trouble ? MG_LEVEL_WARNING : MG_LEVEL_INFO, is_in_trouble ? "cache.trouble" : "cache.mended", why);
}

/* What has become of the file if it was not DONE. TRUE: another may be begun in its place. */
static gboolean
store_fail(mg_store *store, outcome failed, const char *why, gint64 now_s)
{
	if (why == NULL)
		why = store->db != NULL ? sqlite3_errstr(sqlite3_extended_errcode(store->db)) : "no memory";
	switch (failed) {
	case DONE:
		break;
	case BUSY:
		store_enter(store, MG_STORE_RETRYING, now_s);
		break;
	case TROUBLE:
		store_set_trouble(store, TRUE, why);
		store_enter(store, MG_STORE_RETRYING, now_s);
		break;
	case DAMAGED:
		if (why == NULL || strcmp(why, sqlite3_errstr(SQLITE_OK)) == 0)
			why = "is damaged";
		store_enter(store, MG_STORE_RETRYING, now_s);
		if (file_set_aside(store->path)) {
			store_tell(store, MG_LEVEL_WARNING, "cache.set-aside", why);
			return TRUE;
		}
		G_GNUC_FALLTHROUGH;
	case UNUSABLE:
		store_tell(store, MG_LEVEL_WARNING, "cache.off", why);
		store_enter(store, MG_STORE_OFF, now_s);
		break;
	}
	return FALSE;
}

/* TRUE: it was set aside, and another may be begun in its place. */
static gboolean
store_try(mg_store *store, gboolean loads, gint64 now_s)
{
	const char *why = NULL;
	outcome result = store_connect(store, loads ? OPEN_WAIT_MS : 0, &why);

	if (result == DONE && loads)
		result = store_load(store, now_s, &why);
	if (result != DONE)
		return store_fail(store, result, why, now_s);
	sqlite3_busy_timeout(store->db, 0);
	store->is_erasing = TRUE;
	store->erase_from = G_MININT64;
	store_enter(store, MG_STORE_OPEN, now_s);
	return FALSE;
}

mg_store *
mg_store_open(const char *path, mg_memory *memory, const mg_log *log, gint64 now_s, gint64 wall_s)
{
	mg_store *store = g_new0(mg_store, 1);

	store->path = g_strdup(path);
	store->memory = memory;
	store->log = log;
	store->pid = getpid();
	store->offset_s = wall_s - now_s;
	store->forgets = g_ptr_array_new_with_free_func(forgetting_free);
	if (store_try(store, TRUE, now_s))
		store_try(store, TRUE, now_s);
	return store;
}

void
mg_store_free(mg_store *store)
{
	if (store == NULL)
		return;
	if (store->pid == getpid())
		store_close(store);
	g_ptr_array_unref(store->forgets);
	g_free(store->path);
	g_free(store);
}

mg_store_state
mg_store_get_state(const mg_store *store)
{
	return store->state;
}

/* ---- writing ---- */

typedef struct putting {
	mg_store *store;
	outcome   result;
} putting;

static void
put_row(void *context, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	putting *put = context;
	sqlite3_stmt *row = put->store->statements[SQL_PUT];
	mg_knowledge dated = knowledge_shifted(knowledge, put->store->offset_s);
	const gint64 numbers[N_COLUMNS] = {
		[ROW_ID] = row_id(key), [ROW_BACKEND] = (gint64)key->backend, [ROW_KNOWN] = dated.known, [ROW_PROVED] = dated.proved_s,
		[ROW_VALID] = dated.valid_s, [ROW_CONFIRMATIONS] = dated.n_confirmations, [ROW_DOUBTED] = dated.is_doubted,
		[ROW_CODE] = dated.code, [ROW_ENHANCED] = row_enhanced(&dated), [ROW_SUM] = row_sum(key, &dated),
	};

	if (put->result != DONE || !key_is_plain(key) || dated.proved_s < 0)
		return;
	for (int i = 0; i < N_COLUMNS; i++)
		bind_number(row, i + 1, numbers[i]);
	bind_text(row, ROW_DOMAIN + 1, key->domain);
	bind_text(row, ROW_LOCAL_PART + 1, key->local_part);
	if (dated.valid_s == MG_NEVER_S)
		sqlite3_bind_null(row, ROW_VALID + 1);
	put->result = store_run(put->store, SQL_PUT);
}

static outcome
store_prune(mg_store *store, gint64 until_s, guint n_max)
{
	bind_number(store->statements[SQL_PRUNE], 1, until_s);
	bind_number(store->statements[SQL_PRUNE], 2, n_max);
	return store_run(store, SQL_PRUNE);
}

static outcome
store_write_forgets(mg_store *store)
{
	outcome result = DONE;

	for (guint i = 0; i < store->forgets->len && result == DONE; i++) {
		const forgetting *of = store->forgets->pdata[i];
		sqlite3_stmt *row = store->statements[SQL_FORGET];

		bind_number(row, 1, of->until_s);
		bind_text(row, 2, of->domain);
		bind_text(row, 3, of->local_part);
		bind_number(row, 4, of->negatives_alone);
		result = store_run(store, SQL_FORGET);
	}
	return result;
}

/* The last id of the next rows to look at; FALSE: there are no more. */
static gboolean
store_reach(mg_store *store, gint64 *last_out, outcome *result_out)
{
	sqlite3_stmt *reach = store->statements[SQL_REACH];
	gboolean is_there;
	int code;

	bind_number(reach, 1, store->erase_from);
	bind_number(reach, 2, ERASE_ROWS);
	code = sqlite3_step(reach);
	is_there = code == SQLITE_ROW && sqlite3_column_type(reach, 0) == SQLITE_INTEGER;
	*last_out = is_there ? sqlite3_column_int64(reach, 0) : G_MAXINT64;
	*result_out = outcome_of(code);
	sqlite3_reset(reach);
	return is_there && *last_out < G_MAXINT64;
}

/* Of the first forgetting in the file, some rows: to read all of a large file would take too long. */
static outcome
store_erase(mg_store *store)
{
	g_autoptr(GPtrArray) forgets = g_ptr_array_new_with_free_func(forgetting_free);
	sqlite3_stmt *erase = store->statements[SQL_ERASE];
	outcome result = store_read_forgotten(store, 1, forgets);
	const forgetting *of;
	gboolean is_more;
	gint64 last;

	store->is_erasing = forgets->len > 0;
	if (result != DONE || !store->is_erasing)
		return result;
	of = forgets->pdata[0];
	is_more = store_reach(store, &last, &result);
	if (result != DONE)
		return result;
	bind_number(erase, 1, store->erase_from);
	bind_number(erase, 2, last);
	bind_number(erase, 3, of->until_s);
	bind_text(erase, 4, of->domain);
	bind_text(erase, 5, of->local_part);
	bind_number(erase, 6, of->negatives_alone);
	if ((result = store_run(store, SQL_ERASE)) != DONE)
		return result;
	store->erase_from = is_more ? last + 1 : G_MININT64;
	if (is_more)
		return DONE;
	bind_number(store->statements[SQL_ERASED], 1, of->row);
	return store_run(store, SQL_ERASED);
}

/* All in one transaction. @n_out: of the memory's unsaved, how many are in it. */
static outcome
store_write(mg_store *store, gint64 now_s, guint *n_out)
{
	gint64 wall_s = now_s + store->offset_s;
	putting put = { store, DONE };
	outcome result;

	if ((result = store_run(store, SQL_BEGIN)) != DONE)
		return result;
	if (store->is_full && (result = store_prune(store, G_MAXINT64, MG_STORE_ROWS_MAX)) != DONE)
		return result;
	if ((result = store_write_forgets(store)) != DONE)
		return result;
	bind_number(store->statements[SQL_PUT], N_COLUMNS + 1, wall_s);
	*n_out = mg_memory_show_unsaved(store->memory, MG_STORE_ROWS_MAX, put_row, &put);
	if (put.result != DONE)
		return put.result;
	if ((result = store_prune(store, wall_s - MG_POSITIVE_STALE_S, MG_STORE_ROWS_MAX - *n_out)) != DONE
	    || (result = store_erase(store)) != DONE)
		return result;
	return store_run(store, SQL_COMMIT);
}

/* Set aside or removed by somebody else: it would be written for nobody. */
static gboolean
file_has_moved(const mg_store *store)
{
	int has_moved = 0;

	return sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_HAS_MOVED, &has_moved) == SQLITE_OK && has_moved;
}

static gboolean
store_has_work(const mg_store *store)
{
	mg_memory_counts counts;

	mg_memory_count(store->memory, &counts);
	return counts.n_unsaved > 0 || store->forgets->len > 0 || store->is_erasing;
}

/* What was to be written is still the memory's. */
static void
store_give_up(mg_store *store, outcome failed, gint64 now_s)
{
	gboolean was_full = store->is_full;
	int code = sqlite3_extended_errcode(store->db);

	if (!sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	store->erase_from = G_MININT64;
	store->is_full = (code & 0xff) == SQLITE_FULL;
	/* Another process writes; or the file has its full size, and the next call makes room. */
	if (failed == BUSY || (store->is_full && !was_full))
		return;
	store_fail(store, failed, sqlite3_errstr(code), now_s);
}

void
mg_store_flush(mg_store *store, gint64 now_s, gint64 wall_s)
{
	guint n = 0;
	outcome result;

	if (store->state == MG_STORE_OFF || store->pid != getpid())
		return;
	/* A clock that is set back does not make what was proved before look younger than what is proved now. */
	store->offset_s = MAX(store->offset_s, wall_s - now_s);
	if (store->state == MG_STORE_OPEN && file_has_moved(store))
		store_enter(store, MG_STORE_RETRYING, now_s - RETRY_S);
	if (store->state == MG_STORE_RETRYING && now_s >= store->retry_s)
		store_try(store, FALSE, now_s);
	if (store->state != MG_STORE_OPEN)
		return;

	if (!store_has_work(store))
		return;
	store->n_steps = 0;
	result = store_write(store, now_s, &n);
	if (result == DONE) {
		mg_memory_set_saved(store->memory, n);
		g_ptr_array_set_size(store->forgets, 0);
		store->is_full = FALSE;
		store_set_trouble(store, FALSE, NULL);
		return;
	}
	store_give_up(store, result, now_s);
}
