/* store.c - see store.h. */
#include "store/store.h"

#include <unistd.h>

#include "store/forgets.h"
#include "store/row.h"
#include "store/sqlite.h"

#define OPEN_WAIT_MS   1000
#define RETRY_S        60
#define CLOCK_SLACK_S  300          /* what clocks are set back by without having been wrong */
#define FORGETS_MAX    64           /* between two flushes */
#define ERASE_ROWS     1024         /* looked at by one flush */
#define FORGET_KEPT_S  86400        /* for other processes to hear of it */
#define ROW_OCTETS_MIN 64           /* of a row and its place in the index: more rows than that makes, no sound file has */

struct mg_store {
	char          *path;       /* owned */
	mg_memory     *memory;     /* borrowed */
	const mg_log  *log;        /* borrowed */
	pid_t          pid;        /* a child of a fork leaves the file alone */
	mg_store_state state;
	mg_database   *database;   /* owned; NULL but in MG_STORE_OPEN */
	gint64         offset_s;   /* from the memory's clock to the calendar's; never less than it was */
	gint64         retry_s;
	gboolean       is_in_trouble;   /* and told so */
	gboolean       is_full;    /* the oldest rows are to go first */
	gboolean       is_erasing; /* the file may hold what is forgotten, */
	gint64         erase_from; /* from this id on */
	GPtrArray     *forgets;    /* owned; not yet in the file */
	gint64         heard;      /* id of the last in the file that the memory has followed */
};

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

static mg_store_outcome
store_load_rows(mg_store *store, const GPtrArray *forgets, gint64 now_s, const char **why_out)
{
	gint64 before_s = G_MAXINT64;
	mg_row row;

	for (guint n = 0; n < MG_STORE_OCTETS / ROW_OCTETS_MIN && mg_database_next_row(store->database, &row); n++) {
		mg_recipient_key key;
		mg_knowledge knowledge, shifted;

		if (!mg_row_read(&row, &key, &knowledge) || knowledge.proved_s > before_s)
			return MG_STORE_DAMAGED;
		if (n == 0 && !store_accept_clock(store, knowledge.proved_s, now_s)) {
			*why_out = "is from the future";
			return MG_STORE_DAMAGED;
		}
		before_s = knowledge.proved_s;
		shifted = knowledge_shifted(&knowledge, -store->offset_s);
		if (mg_knowledge_is_over(&shifted, now_s))
			return MG_STORE_DONE;   /* and so is what follows */
		if (!mg_forgets_match(forgets, &key, &knowledge) && !mg_memory_restore(store->memory, &key, &shifted))
			return MG_STORE_DONE;
	}
	return MG_STORE_DONE;
}

/* Those whose rows are not all gone. */
static mg_store_outcome
store_load_forgets(mg_store *store, GPtrArray *forgets, gint64 now_s, const char **why_out)
{
	mg_store_outcome result = mg_database_read_forgets(store->database, MG_FORGETS_UNERASED, 0, G_MAXINT32, forgets);

	if (result != MG_STORE_DONE)
		return result;
	for (guint i = 0; i < forgets->len; i++)
		if (((const mg_forgetting *)forgets->pdata[i])->until_s > now_s + store->offset_s + CLOCK_SLACK_S) {
			*why_out = "is from the future";
			return MG_STORE_DAMAGED;
		}
	return MG_STORE_DONE;
}

static mg_store_outcome
store_load(mg_store *store, gint64 now_s, const char **why_out)
{
	g_autoptr(GPtrArray) forgets = mg_forgets_new();
	mg_store_outcome result = store_load_forgets(store, forgets, now_s, why_out), ended;

	if (result == MG_STORE_DONE) {
		result = store_load_rows(store, forgets, now_s, why_out);
		ended = mg_database_end_rows(store->database);
		result = result == MG_STORE_DONE ? ended : result;
	}
	if (result == MG_STORE_DAMAGED)
		mg_memory_forget(store->memory, &(mg_memory_filter){ 0 });
	return result;
}

/* ---- the file's life ---- */

static void
store_enter(mg_store *store, mg_store_state state, gint64 now_s)
{
	if (state != MG_STORE_OPEN)
		g_clear_pointer(&store->database, mg_database_close);
	store->state = state;
	store->retry_s = now_s + RETRY_S;
}

/* For another file, whose forgets are not those that were heard of. */
static void
store_leave(mg_store *store, gint64 now_s)
{
	store_enter(store, MG_STORE_RETRYING, now_s);
	store->heard = 0;
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

/* What has become of the file if it was not MG_STORE_DONE. TRUE: another may be begun in its place. */
static gboolean
store_fail(mg_store *store, mg_store_outcome failed, const char *why, gint64 now_s)
{
	switch (failed) {
	case MG_STORE_DONE:
		break;
	case MG_STORE_BUSY:
		store_enter(store, MG_STORE_RETRYING, now_s);
		break;
	case MG_STORE_TROUBLE:
		store_set_trouble(store, TRUE, why);
		store_enter(store, MG_STORE_RETRYING, now_s);
		break;
	case MG_STORE_DAMAGED:
		store_leave(store, now_s);
		if (mg_store_file_set_aside(store->path)) {
			store_tell(store, MG_LEVEL_WARNING, "cache.set-aside", why);
			return TRUE;
		}
		G_GNUC_FALLTHROUGH;
	case MG_STORE_UNUSABLE:
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
	gint64 last = 0;
	mg_store_outcome result = mg_database_open(store->path, loads ? OPEN_WAIT_MS : 0, &store->database, &why);

	if (result == MG_STORE_DONE)
		result = mg_database_last_forgetting(store->database, &last);
	if (result == MG_STORE_DONE && loads)
		result = store_load(store, now_s, &why);
	if (result != MG_STORE_DONE)
		return store_fail(store, result, why != NULL ? why : mg_database_why(store->database), now_s);
	/* What was loaded is without what is forgotten; fewer than were heard are another file's. */
	store->heard = loads ? last : last < store->heard ? 0 : store->heard;
	store->is_erasing = TRUE;
	store->erase_from = G_MININT64;
	store_enter(store, MG_STORE_OPEN, now_s);
	return FALSE;
}

/* What was to be written is still the memory's. */
static void
store_give_up(mg_store *store, mg_store_outcome failed, gint64 now_s)
{
	gboolean was_full = store->is_full;
	const char *why = mg_database_why(store->database);

	store->is_full = mg_database_is_full(store->database);
	mg_database_rollback(store->database);
	store->erase_from = G_MININT64;
	/* Another process writes; or the file has its full size, and the next call makes room. */
	if (failed == MG_STORE_BUSY || (store->is_full && !was_full))
		return;
	store_fail(store, failed, why, now_s);
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
	store->forgets = mg_forgets_new();
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
		mg_database_close(store->database);
	g_ptr_array_unref(store->forgets);
	g_free(store->path);
	g_free(store);
}

mg_store_state
mg_store_get_state(const mg_store *store)
{
	return store->state;
}

/* ---- forgetting ---- */

void
mg_store_forget(mg_store *store, const mg_memory_filter *filter, gint64 now_s)
{
	mg_memory_filter all = { 0 };
	const mg_forgetting *of;

	/* Who says so more often between two flushes has all forgotten. */
	if (store->forgets->len == FORGETS_MAX) {
		g_ptr_array_set_size(store->forgets, 0);
		filter = &all;
	}
	of = mg_forgets_add(store->forgets, now_s + store->offset_s, filter->domain, filter->local_part, filter->negatives_alone);
	if (!mg_forgetting_is_sound(of))
		g_ptr_array_set_size(store->forgets, (gint)store->forgets->len - 1);
}

static mg_store_outcome
store_follow(mg_store *store, const GPtrArray *told)
{
	const mg_forgetting *last = told->pdata[told->len - 1];
	mg_store_outcome result = MG_STORE_DONE;
	gint64 heard = last->id;

	if (last->id - store->heard == told->len && told->len <= MG_STORE_FORGETS_MAX) {
		for (guint i = 0; i < told->len; i++) {
			const mg_memory_filter filter = mg_forgetting_filter(told->pdata[i]);

			mg_memory_forget(store->memory, &filter);
		}
	} else {   /* some are no longer told, or too many to be followed one by one */
		result = mg_database_last_forgetting(store->database, &heard);
		mg_memory_forget(store->memory, &(mg_memory_filter){ 0 });
	}
	if (result == MG_STORE_DONE)
		store->heard = heard;
	return result;
}

/* What other processes were told to forget, our memory forgets too; each once, for what is learned later is to stay. */
static mg_store_outcome
store_hear(mg_store *store)
{
	g_autoptr(GPtrArray) told = mg_forgets_new();
	mg_store_outcome result = mg_database_read_forgets(store->database, MG_FORGETS_ALL, store->heard, MG_STORE_FORGETS_MAX + 1, told);

	return result == MG_STORE_DONE && told->len > 0 ? store_follow(store, told) : result;
}

static mg_store_outcome
store_write_forgets(mg_store *store)
{
	mg_store_outcome result = MG_STORE_DONE;

	for (guint i = 0; i < store->forgets->len && result == MG_STORE_DONE; i++)
		result = mg_database_add_forgetting(store->database, store->heard + 1 + i, store->forgets->pdata[i], FALSE);
	return result;
}

/* Some rows at a time: to look at all of a large file would take too long. */
static mg_store_outcome
store_erase(mg_store *store)
{
	g_autoptr(GPtrArray) forgets = mg_forgets_new();
	mg_store_outcome result = mg_database_read_forgets(store->database, MG_FORGETS_UNERASED, 0, FORGETS_MAX, forgets);
	guint n_left = ERASE_ROWS;

	store->is_erasing = forgets->len > 0;
	for (guint i = 0; i < forgets->len && n_left > 0 && result == MG_STORE_DONE; i++)
		result = mg_database_erase_some(store->database, forgets->pdata[i], &store->erase_from, &n_left);
	return result;
}

/* All in one transaction: nobody can write between what is erased and the word of it. */
static mg_store_outcome
store_purge(mg_store *store, const mg_forgetting *of, guint *n_out)
{
	mg_database *database = store->database;
	mg_store_outcome result;

	if ((result = mg_database_begin(database)) != MG_STORE_DONE || (result = store_hear(store)) != MG_STORE_DONE
	    || (result = mg_database_add_forgetting(database, store->heard + 1, of, TRUE)) != MG_STORE_DONE
	    || (result = mg_database_erase_all(database, of, n_out)) != MG_STORE_DONE
	    || (result = mg_database_prune_forgets(database, of->until_s - FORGET_KEPT_S, MG_STORE_FORGETS_MAX)) != MG_STORE_DONE)
		return result;
	return mg_database_commit(database);
}

gboolean
mg_store_purge(mg_store *store, const mg_memory_filter *filter, gint64 now_s, guint *n_out)
{
	g_autoptr(GPtrArray) one = mg_forgets_new();
	const mg_forgetting *of = mg_forgets_add(one, now_s + store->offset_s, filter->domain, filter->local_part, filter->negatives_alone);
	mg_store_outcome result;

	mg_memory_forget(store->memory, filter);
	*n_out = 0;
	if (store->pid != getpid())
		return FALSE;
	if (store->state != MG_STORE_OPEN) {
		store_tell(store, MG_LEVEL_WARNING, "cache.not-forgotten", NULL);
		return FALSE;
	}
	if (!mg_forgetting_is_sound(of))
		return TRUE;
	mg_database_arm(store->database, OPEN_WAIT_MS);
	result = store_purge(store, of, n_out);
	if (result == MG_STORE_DONE) {
		store->heard++;
		return TRUE;
	}
	*n_out = 0;
	store_tell(store, MG_LEVEL_WARNING, "cache.not-forgotten", mg_database_why(store->database));
	store_give_up(store, result, now_s);
	return FALSE;
}

/* ---- writing ---- */

typedef struct putting {
	const mg_store  *store;
	gint64           wall_s;
	mg_store_outcome result;
} putting;

static void
put_row(void *context, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	putting *put = context;
	mg_knowledge dated = knowledge_shifted(knowledge, put->store->offset_s);
	mg_row row;

	if (put->result == MG_STORE_DONE && mg_row_write(&row, key, &dated))
		put->result = mg_database_put(put->store->database, &row, put->wall_s);
}

/* All in one transaction. @n_out: of the memory's unsaved, how many are in it. */
static mg_store_outcome
store_write(mg_store *store, gint64 now_s, guint *n_out)
{
	gint64 wall_s = now_s + store->offset_s;
	mg_database *database = store->database;
	putting put = { store, wall_s, MG_STORE_DONE };
	mg_store_outcome result;

	if ((result = mg_database_begin(database)) != MG_STORE_DONE)
		return result;
	if (store->is_full && (result = mg_database_prune(database, G_MAXINT64, MG_STORE_ROWS_MAX)) != MG_STORE_DONE)
		return result;
	if ((result = store_hear(store)) != MG_STORE_DONE || (result = store_write_forgets(store)) != MG_STORE_DONE)
		return result;
	*n_out = mg_memory_show_unsaved(store->memory, MG_STORE_ROWS_MAX, put_row, &put);
	if (put.result != MG_STORE_DONE)
		return put.result;
	if ((result = mg_database_prune(database, wall_s - MG_POSITIVE_STALE_S, MG_STORE_ROWS_MAX - *n_out)) != MG_STORE_DONE
	    || (result = store_erase(store)) != MG_STORE_DONE
	    || (result = mg_database_prune_forgets(database, wall_s - FORGET_KEPT_S, MG_STORE_FORGETS_MAX)) != MG_STORE_DONE)
		return result;
	return mg_database_commit(database);
}

static gboolean
store_has_work(const mg_store *store)
{
	mg_memory_counts counts;

	mg_memory_count(store->memory, &counts);
	return counts.n_unsaved > 0 || store->forgets->len > 0 || store->is_erasing;
}

void
mg_store_flush(mg_store *store, gint64 now_s, gint64 wall_s)
{
	guint n = 0;
	mg_store_outcome result;

	if (store->state == MG_STORE_OFF || store->pid != getpid())
		return;
	/* A clock that is set back does not make what was proved before look younger than what is proved now. */
	store->offset_s = MAX(store->offset_s, wall_s - now_s);
	if (store->state == MG_STORE_OPEN && mg_database_has_moved(store->database))
		store_leave(store, now_s - RETRY_S);
	if (store->state == MG_STORE_RETRYING && now_s >= store->retry_s)
		store_try(store, FALSE, now_s);
	if (store->state != MG_STORE_OPEN)
		return;

	mg_database_arm(store->database, 0);
	result = store_has_work(store) ? store_write(store, now_s, &n) : store_hear(store);
	if (result == MG_STORE_DONE) {
		mg_memory_set_saved(store->memory, n);
		store->heard += store->forgets->len;
		g_ptr_array_set_size(store->forgets, 0);
		store->is_full = FALSE;
		store_set_trouble(store, FALSE, NULL);
		return;
	}
	store_give_up(store, result, now_s);
}
