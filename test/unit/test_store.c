/* test_store.c - a memory that outlives its process, whatever becomes of the file, the disk, the clock or the process.
 * The clock of memories begins at MONO_S, the calendar's at WALL_S; "at" is seconds after both. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recipients.h"
#include "support.h"

#define MONO_S 5000
#define WALL_S G_GINT64_CONSTANT(1800000000)
#define DAY_S  86400
#define SKIP   77    /* of a child that could not try */

typedef struct world {
	char      *directory;   /* owned */
	char      *path;        /* owned */
	GString   *events;      /* owned; the first word of each line of the log */
	mg_log     log;
	mg_memory *memory;
	mg_store  *store;
} world;

static void
take_line(void *context, mg_level level G_GNUC_UNUSED, const char *line)
{
	GString *events = context;

	g_string_append_printf(events, "%.*s ", (int)strcspn(line, " "), line);
}

static void
world_open_sized(world *of, gint64 at_s, gint64 wall_s, gsize octets)
{
	of->memory = mg_memory_new(octets, 1);
	of->store = mg_store_open(of->path, of->memory, &of->log, at_s, wall_s);
}

/* As by a process that begins. */
static void
world_open(world *of, gint64 at_s)
{
	world_open_sized(of, MONO_S + at_s, WALL_S + at_s, 1 << 20);
}

static void
world_close(world *of)
{
	mg_store_free(of->store);
	mg_memory_free(of->memory);
	of->store = NULL;
	of->memory = NULL;
}

static world *
world_new_in(const char *above)
{
	world *made = g_new0(world, 1);

	made->directory = g_mkdtemp(g_build_filename(above, "mailguard-store-XXXXXX", NULL));
	made->path = g_build_filename(made->directory, "cache.db", NULL);
	made->events = g_string_new(NULL);
	made->log = (mg_log){ take_line, made->events, MG_LEVEL_INFO };
	return made;
}

static world *
world_new(void)
{
	return world_new_in(g_get_tmp_dir());
}

static void
world_free(world *of)
{
	GDir *files;
	const char *name;

	world_close(of);
	files = g_dir_open(of->directory, 0, NULL);
	while (files != NULL && (name = g_dir_read_name(files)) != NULL) {
		g_autofree char *path = g_build_filename(of->directory, name, NULL);

		g_remove(path);
	}
	if (files != NULL)
		g_dir_close(files);
	g_rmdir(of->directory);
	g_string_free(of->events, TRUE);
	g_free(of->directory);
	g_free(of->path);
	g_free(of);
}

static void
world_learn(world *of, const char *local_part, const char *class, gint64 at_s)
{
	mg_smtp_reply reply = { .code = 550, .enhanced_class = 5, .enhanced_subject = 1, .enhanced_detail = 1 };
	mg_recipient_key key = { 7, "example.org", local_part };
	mg_recollection found;

	mg_memory_learn(of->memory, &key, class_of_word(class), &reply, MONO_S + at_s, &found);
}

static void
world_learn_many(world *of, guint from, guint to, gint64 at_s)
{
	for (guint i = from; i < to; i++) {
		g_autofree char *local_part = g_strdup_printf("user%u", i);

		world_learn(of, local_part, i % 2 ? "valid" : "unknown", at_s);
	}
}

static void
world_flush(world *of, gint64 at_s)
{
	mg_store_flush(of->store, MONO_S + at_s, WALL_S + at_s);
}

static mg_memory_counts
world_count(const world *of)
{
	mg_memory_counts counts;

	mg_memory_count(of->memory, &counts);
	return counts;
}

static void
world_flush_all(world *of, gint64 at_s)
{
	for (guint i = 0; i < 1000 && world_count(of).n_unsaved > 0; i++)
		world_flush(of, at_s);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 0);
}

static char *
world_recall(world *of, const char *local_part, gint64 at_s)
{
	mg_recipient_key key = { 7, "example.org", local_part };
	mg_recollection found;

	mg_memory_recall(of->memory, &key, MONO_S + at_s, &found);
	return recollection_word(&found);
}

static void
assert_known(world *of, const char *local_part, gint64 at_s, const char *expected)
{
	g_autofree char *word = world_recall(of, local_part, at_s);

	g_assert_cmpstr(word, ==, expected);
}

static gboolean
world_has(const world *of, const char *end)
{
	g_autofree char *path = g_strconcat(of->path, end, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* ---- over a restart ---- */

typedef struct restart_case {
	const char *name;
	const char *probes;      /* words "at:class"; then all is written */
	gint64      at_s;        /* of the restart, by the memory's clock */
	gint64      wall_s;      /* the calendar's then, less WALL_S */
	gint64      mono_s;      /* what the clock that begins anew shows */
	const char *expected;    /* at once */
	gint64      later_s;
	const char *later;       /* so many seconds later */
	const char *events;
} restart_case;

static const restart_case restart_cases[] = {
	{ "valid", "0:valid", 10, 10, 0, "valid+", 43190, "valid.stale+", "" },
	{ "valid-to-its-end", "0:valid", 10, 10, 0, "valid+", 604789, "valid.stale+", "" },
	{ "valid-no-longer", "0:valid", 10, 10, 0, "valid+", 604790, "-", "" },
	{ "valid-after-days", "0:valid", 604799, 604799, 0, "valid.stale+", 1, "-", "" },
	{ "valid-after-7-days", "0:valid", 604800, 604800, 0, "-", 0, "-", "" },
	{ "unknown", "0:unknown", 10, 10, 0, "unknown", 589, "unknown", "" },
	{ "unknown-no-longer", "0:unknown", 10, 10, 0, "unknown", 590, "-", "" },
	{ "unknown-over", "0:unknown", 600, 600, 0, "-", 0, "-", "" },
	{ "unknown-confirmed", "0:unknown 600:unknown", 610, 610, 0, "unknown", 1789, "unknown", "" },
	{ "unknown-confirmed-over", "0:unknown 600:unknown", 610, 610, 0, "unknown", 1790, "-", "" },
	{ "doubt", "0:valid 100:unknown", 110, 110, 0, "doubt", 20, "doubt.stale", "" },
	{ "full-valid", "0:valid 100:full", 110, 110, 0, "full+", 290, "valid+", "" },
	{ "unknown-after-valid-lapsed", "0:valid 604700:full 604900:unknown", 604910, 604910, 0, "unknown", 590, "-", "" },
	{ "uptime-larger", "0:valid", 10, 10, 1000000000, "valid+", 604790, "-", "" },

	{ "clock-back-a-little", "0:valid", 10, -300, 0, "valid+", 604799, "valid.stale+", "" },
	{ "clock-back-a-little-then-over", "0:valid", 10, -300, 0, "valid+", 604800, "-", "" },
	{ "clock-back-a-little-unknown", "0:unknown", 10, -300, 0, "unknown", 600, "-", "" },
	{ "clock-back-more", "0:valid", 10, -301, 0, "-", 0, "-", "cache.set-aside " },
	{ "clock-back-a-day", "0:valid 1:unknown", 10, -DAY_S, 0, "-", 0, "-", "cache.set-aside " },
	{ "clock-back-to-1970", "0:valid", 10, -WALL_S, 0, "-", 0, "-", "cache.set-aside " },
	{ "clock-before-1970", "0:valid", 10, -WALL_S - DAY_S, 0, "-", 0, "-", "cache.set-aside " },
	{ "clock-forward-a-day", "0:valid", 10, DAY_S, 0, "valid.stale+", 604800 - DAY_S, "-", "" },
	{ "clock-forward-a-day-unknown", "0:unknown", 10, DAY_S, 0, "-", 0, "-", "" },
	{ "clock-forward-ten-years", "0:valid", 10, 3650 * DAY_S, 0, "-", 0, "-", "" },
};

static void
world_probe(world *of, const char *probes)
{
	g_auto(GStrv) words = g_strsplit(probes, " ", -1);

	for (guint i = 0; words[i] != NULL; i++) {
		char *at;
		gint64 at_s = g_ascii_strtoll(words[i], &at, 10);

		world_learn(of, "ana", at + 1, at_s);
		world_flush(of, at_s);
	}
}

static void
assert_recalled(world *of, gint64 now_s, const char *expected)
{
	assert_known(of, "ana", now_s - MONO_S, expected);
}

static void
test_restart(gconstpointer data)
{
	const restart_case *row = data;
	world *of = world_new();

	world_open(of, 0);
	world_probe(of, row->probes);
	world_close(of);
	world_open_sized(of, row->mono_s, WALL_S + row->wall_s, 1 << 20);
	assert_recalled(of, row->mono_s, row->expected);
	assert_recalled(of, row->mono_s + row->later_s, row->later);
	g_assert_cmpint(mg_store_get_state(of->store), ==, MG_STORE_OPEN);
	g_assert_cmpstr(of->events->str, ==, row->events);
	world_free(of);
}

/* The calendar's clock is set while the process runs: by what it writes then, nothing looks younger after the next start. */
static void
test_clock_while_running(void)
{
	static const gint64 jumps_s[] = { -DAY_S, DAY_S, 3650 * DAY_S, -WALL_S };

	for (guint i = 0; i < G_N_ELEMENTS(jumps_s); i++) {
		world *of = world_new();
		g_autofree char *word = NULL;

		world_open(of, 0);
		world_learn(of, "old", "valid", 0);
		world_flush(of, 0);
		world_learn(of, "new", "unknown", 3600);
		mg_store_flush(of->store, MONO_S + 3600, WALL_S + 3600 + jumps_s[i]);
		world_close(of);
		/* After eight days, by a right clock, nothing is left; after 10 min no negative. */
		world_open(of, 3600 + 600);
		word = world_recall(of, "new", 3600 + 600);
		g_assert_cmpstr(word, ==, "-");
		world_close(of);
		world_open(of, 8 * DAY_S);
		assert_known(of, "old", 8 * DAY_S, "-");
		world_free(of);
	}
}

static void
test_many(void)
{
	world *of = world_new();
	struct stat found;

	world_open(of, 0);
	world_learn_many(of, 0, 1000, 0);
	world_flush(of, 0);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 1000 - MG_STORE_ROWS_MAX);
	world_flush_all(of, 0);
	world_learn_many(of, 0, 10, 40);
	world_flush_all(of, 40);
	world_close(of);
	g_assert_cmpint(stat(of->path, &found), ==, 0);
	g_assert_cmpint(found.st_mode & 0777, ==, 0600);
	world_open(of, 50);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 1000);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 0);
	assert_known(of, "user998", 50, "unknown");
	assert_known(of, "user999", 50, "valid+");
	assert_known(of, "user0", 1839, "unknown");
	g_assert_cmpstr(of->events->str, ==, "");
	world_free(of);
}

/* A memory with less room takes the newest. */
static void
test_less_room(void)
{
	world *of = world_new();
	guint n;

	world_open(of, 0);
	for (guint i = 0; i < 20; i++) {
		world_learn_many(of, i * 100, i * 100 + 100, 700 + i);
		world_flush_all(of, 700 + i);
	}
	world_close(of);
	world_open_sized(of, MONO_S + 800, WALL_S + 800, 1 << 16);
	n = world_count(of).n_recipients;
	g_assert_cmpuint(n, >, 200);
	g_assert_cmpuint(n, <, 700);
	g_assert_cmpuint(world_count(of).n_evictions, ==, 0);
	for (guint i = 2000 - n / 100 * 100; i < 2000; i++) {
		g_autofree char *local_part = g_strdup_printf("user%u", i);

		assert_known(of, local_part, 800, i % 2 ? "valid+" : "unknown");
	}
	world_free(of);
}

/* Octets that no canonical key has are not written, so that they are no damage later. */
static void
test_odd_keys(void)
{
	g_autofree char *long_local = test_repeat('l', 254), *longer_local = test_repeat('l', 255);
	world *of = world_new();

	world_open(of, 0);
	world_learn(of, "", "valid", 0);
	world_learn(of, "a\nb", "valid", 0);
	world_learn(of, "\x7f", "valid", 0);
	world_learn(of, longer_local, "valid", 0);
	world_learn(of, long_local, "valid", 0);
	world_learn(of, "\xc3\xa4 \xff'\"%", "valid", 0);
	world_flush_all(of, 0);
	world_close(of);
	world_open(of, 0);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 2);
	assert_known(of, long_local, 0, "valid+");
	assert_known(of, "\xc3\xa4 \xff'\"%", 0, "valid+");
	g_assert_cmpstr(of->events->str, ==, "");
	world_free(of);
}

/* ---- forgetting ---- */

static void
test_forget(void)
{
	const mg_memory_filter filters[] = {
		{ .domain = "example.org", .local_part = "ana" }, { .domain = "example.org" }, { .negatives_alone = TRUE }, { 0 },
		{ .domain = "example.net" },
	};
	static const char *const left[] = { "- unknown valid+", "- - -", "valid+ - valid+", "- - -", "valid+ unknown valid+" };

	for (guint i = 0; i < G_N_ELEMENTS(filters); i++)
		for (guint n_flushes = 1; n_flushes < 9; n_flushes += 7) {
			world *of = world_new();
			g_autofree char *ana = NULL, *bo = NULL, *last = NULL, *all = NULL;

			world_open(of, 0);
			world_learn(of, "ana", "valid", 0);
			world_learn(of, "bo", "unknown", 0);
			world_learn_many(of, 0, 3000, 0);
			world_flush_all(of, 0);
			mg_store_forget(of->store, &filters[i], MONO_S);
			mg_memory_forget(of->memory, &filters[i]);
			/* The first flush is enough: the rows themselves go by and by. */
			for (guint k = 0; k < n_flushes; k++)
				world_flush(of, 1);
			world_close(of);
			world_open(of, 1);
			ana = world_recall(of, "ana", 1);
			bo = world_recall(of, "bo", 1);
			last = world_recall(of, "user2999", 1);
			all = g_strdup_printf("%s %s %s", ana, bo, last);
			g_assert_cmpstr(all, ==, left[i]);
			/* What is learned afterwards stays. */
			world_learn(of, "ana", "valid", 2);
			world_flush_all(of, 2);
			for (guint k = 0; k < 9; k++)
				world_flush(of, 2);
			world_close(of);
			world_open(of, 3);
			assert_known(of, "ana", 3, "valid+");
			g_assert_cmpstr(of->events->str, ==, "");
			world_free(of);
		}
}

static void
test_forget_often(void)
{
	world *of = world_new();

	world_open(of, 0);
	world_learn(of, "ana", "valid", 0);
	world_flush_all(of, 0);
	for (guint i = 0; i < 1000; i++)
		mg_store_forget(of->store, &(mg_memory_filter){ .domain = "example.net" }, MONO_S);
	world_flush(of, 0);
	world_close(of);
	world_open(of, 0);
	assert_known(of, "ana", 0, "-");
	world_free(of);
}

/* Flush for flush as many as there can be, in a small file: they are erased as fast as they come. */
static void
test_forget_at_length(void)
{
	world *of = world_new();

	world_open(of, 0);
	world_learn_many(of, 0, 15, 0);
	for (guint i = 0; i < 64 * 64; i++) {
		mg_store_forget(of->store, &(mg_memory_filter){ .domain = "example.net" }, MONO_S);
		if (i % 64 == 63)
			world_flush(of, 0);
	}
	world_close(of);
	world_open(of, 0);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 15);
	g_assert_cmpstr(of->events->str, ==, "");
	world_free(of);
}

/* ---- what another process forgets ---- */

static void
world_share(world *of, world *other)
{
	g_free(other->path);
	other->path = g_strdup(of->path);
	world_open(of, 0);
	world_open(other, 0);
}

static void
world_forget(world *of, const mg_memory_filter *filter, gint64 at_s)
{
	mg_memory_forget(of->memory, filter);
	mg_store_forget(of->store, filter, MONO_S + at_s);
}

static void
world_purge(world *of, const mg_memory_filter *filter, gint64 at_s, guint expected)
{
	guint n;

	g_assert_true(mg_store_purge(of->store, filter, MONO_S + at_s, &n));
	g_assert_cmpuint(n, ==, expected);
}

typedef struct elsewhere_case {
	const char      *name;
	mg_memory_filter filter;
	const char      *left;   /* of ana, valid; bo, unknown; cy, in doubt */
	guint            n;      /* rows that go */
} elsewhere_case;

static const elsewhere_case elsewhere_cases[] = {
	{ "address", { "example.org", "ana", FALSE }, "- unknown doubt", 1 },
	{ "another-address", { "example.org", "an", FALSE }, "valid+ unknown doubt", 0 },
	{ "domain", { "example.org", NULL, FALSE }, "- - -", 3 },
	{ "domain-above", { "org", NULL, FALSE }, "valid+ unknown doubt", 0 },
	{ "negatives", { NULL, NULL, TRUE }, "valid+ - -", 2 },
	{ "negatives-of-a-domain", { "example.org", NULL, TRUE }, "valid+ - -", 2 },
	{ "all", { NULL, NULL, FALSE }, "- - -", 3 },
	{ "no-address-at-all", { "example.org", "a\nb", FALSE }, "valid+ unknown doubt", 0 },
};

static void
world_learn_three(world *of)
{
	world_learn(of, "ana", "valid", 0);
	world_learn(of, "bo", "unknown", 0);
	world_learn(of, "cy", "valid", 0);
	world_learn(of, "cy", "unknown", 0);
}

static void
assert_three(world *of, gint64 at_s, const char *expected)
{
	g_autofree char *ana = world_recall(of, "ana", at_s), *bo = world_recall(of, "bo", at_s), *cy = world_recall(of, "cy", at_s);
	g_autofree char *all = g_strdup_printf("%s %s %s", ana, bo, cy);

	g_assert_cmpstr(all, ==, expected);
}

/* A process that has nothing to write, and one whose rows are not written yet, hear of it with their next flush. What they learn then
 * stays with them, whatever is forgotten besides. */
static void
test_elsewhere(gconstpointer data)
{
	const elsewhere_case *row = data;

	for (guint is_written = 0; is_written < 2; is_written++)
		for (guint is_purged = 0; is_purged < 2; is_purged++) {
			world *of = world_new(), *other = world_new();

			world_share(of, other);
			world_learn_three(of);
			if (is_written)
				world_flush_all(of, 0);
			if (is_purged)
				world_purge(other, &row->filter, 1, is_written ? row->n : 0);
			else
				world_forget(other, &row->filter, 1);
			world_flush(other, 1);
			assert_three(of, 1, "valid+ unknown doubt");
			world_flush(of, 2);
			assert_three(of, 2, row->left);
			world_learn_three(of);
			world_forget(other, &(mg_memory_filter){ "example.net", NULL, FALSE }, 3);
			world_flush(other, 3);
			for (guint i = 3; i < 6; i++)
				world_flush(of, i);
			assert_three(of, 6, "valid+ unknown doubt");
			g_assert_cmpstr(of->events->str, ==, "");
			g_assert_cmpstr(other->events->str, ==, "");
			world_free(of);
			world_free(other);
		}
}

/* What was not written when it was forgotten is not written after. */
static void
test_elsewhere_unsaved(void)
{
	world *of = world_new(), *other = world_new();

	world_share(of, other);
	world_learn_three(of);
	world_purge(other, &(mg_memory_filter){ "example.org", "ana", FALSE }, 1, 0);
	world_flush_all(of, 2);
	world_close(of);
	world_open(of, 2);
	assert_three(of, 2, "- unknown doubt");
	world_free(of);
	world_free(other);
}

/* What a process forgets by itself is no news to it, nor is what was forgotten before it began. */
static void
test_elsewhere_own(void)
{
	world *of = world_new(), *other = world_new();

	world_share(of, other);
	world_forget(of, &(mg_memory_filter){ 0 }, 0);
	world_learn(of, "ana", "valid", 1);
	world_flush(of, 1);
	world_flush(of, 2);
	assert_known(of, "ana", 2, "valid+");
	world_close(other);
	world_open(other, 2);
	assert_known(other, "ana", 2, "valid+");
	world_learn(other, "bo", "valid", 2);
	world_flush(other, 3);
	world_purge(other, &(mg_memory_filter){ "example.net", NULL, FALSE }, 3, 0);
	world_learn(other, "cy", "valid", 4);
	world_flush(other, 4);
	assert_known(other, "bo", 4, "valid+");
	assert_known(other, "cy", 4, "valid+");
	world_flush(of, 5);
	assert_known(of, "ana", 5, "valid+");
	world_free(of);
	world_free(other);
}

static gint64
world_count_forgets(const world *of)
{
	sqlite3 *db;
	sqlite3_stmt *count;
	gint64 n;

	g_assert_cmpint(sqlite3_open(of->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, "SELECT count(*) FROM forgotten", -1, &count, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_step(count), ==, SQLITE_ROW);
	n = sqlite3_column_int64(count, 0);
	sqlite3_finalize(count);
	sqlite3_close(db);
	return n;
}

typedef struct late_case {
	const char *name;
	guint       n;         /* forgets, of another domain */
	gint64      over_s;    /* the first that long before the last */
	const char *left;
	gint64      n_kept;
} late_case;

static const late_case late_cases[] = {
	{ "as-many-as-are-told", MG_STORE_FORGETS_MAX, 0, "valid+ unknown doubt", MG_STORE_FORGETS_MAX },
	{ "one-more", MG_STORE_FORGETS_MAX + 1, 0, "- - -", MG_STORE_FORGETS_MAX },
	{ "a-day-late", 2, DAY_S, "valid+ unknown doubt", 2 },
	{ "over-a-day-late", 2, DAY_S + 1, "- - -", 1 },
};

/* Who comes too late to hear all has all forgotten; once. */
static void
test_elsewhere_late(gconstpointer data)
{
	const late_case *row = data;
	world *of = world_new(), *other = world_new();

	world_share(of, other);
	world_learn_three(of);
	for (guint i = 0; i < row->n; i++)
		world_purge(other, &(mg_memory_filter){ "example.net", NULL, FALSE }, i == 0 ? 1 : 1 + row->over_s, 0);
	g_assert_cmpint(world_count_forgets(of), ==, row->n_kept);
	world_flush(of, 2);
	assert_three(of, 2, row->left);
	world_learn_three(of);
	world_flush(of, 3);
	assert_three(of, 3, "valid+ unknown doubt");
	world_free(of);
	world_free(other);
}

/* Another file has forgets of its own, which count from one again. */
static void
test_elsewhere_anew(void)
{
	const mg_memory_filter ana = { "example.org", "ana", FALSE };
	world *of = world_new(), *other = world_new();
	g_autofree char *away = g_strconcat(of->path, ".away", NULL);

	world_share(of, other);
	for (guint i = 0; i < 3; i++)
		world_purge(other, &ana, i, 0);
	world_flush(of, 3);
	world_learn_three(of);
	g_assert_cmpint(rename(of->path, away), ==, 0);
	world_flush(of, 4);   /* which begins another */
	assert_three(of, 4, "valid+ unknown doubt");
	world_flush(other, 4);
	world_purge(other, &ana, 5, 1);
	world_flush(of, 6);
	assert_three(of, 6, "- unknown doubt");
	world_free(of);
	world_free(other);
}

/* While another has the lock the file stays as it is, and the memory forgets all the same. */
static void
test_purge_locked(void)
{
	world *of = world_new();
	sqlite3 *db;
	guint n = 7;

	world_open(of, 0);
	world_learn_three(of);
	world_flush_all(of, 0);
	g_assert_cmpint(sqlite3_open(of->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
	g_assert_false(mg_store_purge(of->store, &(mg_memory_filter){ 0 }, MONO_S, &n));
	g_assert_cmpuint(n, ==, 0);
	assert_three(of, 0, "- - -");
	g_assert_cmpstr(of->events->str, ==, "cache.not-forgotten ");
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	world_purge(of, &(mg_memory_filter){ 0 }, 0, 3);
	g_assert_cmpint(world_count_forgets(of), ==, 1);
	world_free(of);
}

/* ---- damage ---- */

static char *
world_read(const world *of, gsize *length_out)
{
	char *octets;

	g_assert_true(g_file_get_contents(of->path, &octets, length_out, NULL));
	return octets;
}

static void
world_write(const world *of, const char *octets, gsize length)
{
	int fd = open(of->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	g_assert_cmpint(write(fd, octets, length), ==, length);
	close(fd);
}

static void
world_sql(const world *of, const char *sql)
{
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(of->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
}

static void
world_fill(world *of)
{
	world_open(of, 0);
	world_learn_many(of, 0, 300, 0);
	world_flush_all(of, 0);
	world_close(of);
}

typedef struct damage_case {
	const char    *name;
	const char    *sql;        /* what is done to it so; or */
	gssize         at;         /* octets from here, or from the end if below 0 */
	gsize          n;          /* are zeroed, or 0: it is cut there */
	mg_store_state state;
	const char    *events;
} damage_case;

#define SET_ASIDE MG_STORE_OPEN, "cache.set-aside "

static const damage_case damage_cases[] = {
	{ "newer-format", "PRAGMA user_version = 2", 0, 0, SET_ASIDE },
	{ "no-format", "PRAGMA user_version = 0", 0, 0, SET_ASIDE },
	{ "another-program", "PRAGMA application_id = 1", 0, 0, MG_STORE_OFF, "cache.off " },
	{ "no-program", "PRAGMA application_id = 0", 0, 0, MG_STORE_OFF, "cache.off " },
	{ "no-table", "DROP TABLE recipient", 0, 0, SET_ASIDE },
	{ "another-table", "CREATE TABLE x (y)", 0, 0, SET_ASIDE },
	{ "no-index", "DROP INDEX recipient_by_id", 0, 0, SET_ASIDE },
	{ "trigger", "CREATE TRIGGER x AFTER INSERT ON recipient BEGIN DELETE FROM recipient; END", 0, 0, SET_ASIDE },
	{ "view", "CREATE VIEW x AS SELECT * FROM recipient", 0, 0, SET_ASIDE },
	{ "column", "ALTER TABLE recipient ADD COLUMN x", 0, 0, SET_ASIDE },
	{ "sum", "UPDATE recipient SET sum = sum + 1 WHERE local_part = 'user7'", 0, 0, SET_ASIDE },
	{ "known", "UPDATE recipient SET known = 1 WHERE known = 2", 0, 0, SET_ASIDE },
	{ "known-too-large", "UPDATE recipient SET known = 7", 0, 0, SET_ASIDE },
	{ "known-below-0", "UPDATE recipient SET known = -1", 0, 0, SET_ASIDE },
	{ "time", "UPDATE recipient SET proved_s = proved_s - 1", 0, 0, SET_ASIDE },
	{ "time-as-text", "UPDATE recipient SET proved_s = 'x'", 0, 0, SET_ASIDE },
	{ "time-largest", "UPDATE recipient SET proved_s = 9223372036854775807", 0, 0, SET_ASIDE },
	{ "time-least", "UPDATE recipient SET proved_s = -9223372036854775808", 0, 0, SET_ASIDE },
	{ "valid-largest", "UPDATE recipient SET valid_s = 9223372036854775807", 0, 0, SET_ASIDE },
	{ "address", "UPDATE recipient SET local_part = 'bo' WHERE local_part = 'user7'", 0, 0, SET_ASIDE },
	{ "address-long", "UPDATE recipient SET local_part = hex(zeroblob(30000))", 0, 0, SET_ASIDE },
	{ "address-as-blob", "UPDATE recipient SET local_part = CAST(local_part AS BLOB)", 0, 0, SET_ASIDE },
	{ "address-with-nul", "UPDATE recipient SET local_part = local_part || char(0) || 'x'", 0, 0, SET_ASIDE },
	{ "address-huge", "UPDATE recipient SET local_part = zeroblob(3000000) WHERE local_part = 'user7'", 0, 0, SET_ASIDE },
	{ "backend-as-real", "UPDATE recipient SET backend = 1.5", 0, 0, SET_ASIDE },
	{ "forgotten-as-blob", "INSERT INTO forgotten VALUES (1, x'00', x'00', x'00', x'00', 0)", 0, 0, SET_ASIDE },
	{ "forgotten-local-alone", "INSERT INTO forgotten VALUES (1, 1, '', 'ana', 0, 0)", 0, 0, SET_ASIDE },
	{ "forgotten-with-octets", "INSERT INTO forgotten VALUES (1, 1, 'a' || char(10), '', 0, 0)", 0, 0, SET_ASIDE },
	{ "forgotten-with-nul", "INSERT INTO forgotten VALUES (1, 1, 'a' || char(0), '', 0, 0)", 0, 0, SET_ASIDE },
	{ "forgotten-long", "INSERT INTO forgotten VALUES (1, 1, hex(zeroblob(128)), '', 0, 0)", 0, 0, SET_ASIDE },
	{ "forgotten-below-1", "INSERT INTO forgotten VALUES (0, 1, 'example.net', '', 0, 0)", 0, 0, MG_STORE_OPEN, "" },
	{ "forgotten-largest", "INSERT INTO forgotten VALUES (9223372036854775807, 1, 'example.net', '', 0, 1)", 0, 0, SET_ASIDE },
	{ "forgotten-ahead", "INSERT INTO forgotten VALUES (1, 1800000302, '', '', 0, 0)", 0, 0, SET_ASIDE },
	{ "forgotten-ahead-a-little", "INSERT INTO forgotten VALUES (1, 1800000301, 'example.net', '', 0, 0)", 0, 0, MG_STORE_OPEN, "" },
	{ "forgotten-2048", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2048)"
	  " INSERT INTO forgotten SELECT i, 1, 'example.net', '', 0, 0 FROM n", 0, 0, MG_STORE_OPEN, "" },
	{ "forgotten-2049", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2049)"
	  " INSERT INTO forgotten SELECT i, 1, 'example.net', '', 0, 0 FROM n", 0, 0, SET_ASIDE },
	{ "page-size", "PRAGMA journal_mode = DELETE; PRAGMA page_size = 65536; VACUUM", 0, 0, MG_STORE_OPEN, "" },
	{ "journal-mode", "PRAGMA journal_mode = DELETE", 0, 0, MG_STORE_OPEN, "" },
	{ "zeroed", NULL, 0, G_MAXSIZE, SET_ASIDE },
	{ "head-zeroed", NULL, 0, 100, SET_ASIDE },
	{ "magic-zeroed", NULL, 0, 16, SET_ASIDE },
	{ "mark-zeroed", NULL, 68, 4, MG_STORE_OFF, "cache.off " },
	{ "first-page-zeroed", NULL, 0, 4096, SET_ASIDE },
	{ "schema-zeroed", NULL, 100, 3996, SET_ASIDE },
	{ "second-page-zeroed", NULL, 4096, 4096, SET_ASIDE },
	{ "cut-to-nothing", NULL, 0, 0, MG_STORE_OPEN, "" },
	{ "cut-to-1", NULL, 1, 0, MG_STORE_OPEN, "" },   /* as empty, to SQLite */
	{ "cut-to-2", NULL, 2, 0, MG_STORE_OFF, "cache.off " },
	{ "cut-to-99", NULL, 99, 0, SET_ASIDE },
	{ "cut-to-one-page", NULL, 4096, 0, SET_ASIDE },
	{ "cut-in-a-page", NULL, 10000, 0, SET_ASIDE },
	{ "cut-by-1", NULL, -1, 0, SET_ASIDE },
};

static void
world_damage(const world *of, const damage_case *row)
{
	gsize length;
	g_autofree char *octets = world_read(of, &length);
	gsize at = row->at < 0 ? length - (gsize)-row->at : (gsize)row->at;

	if (row->sql != NULL)
		world_sql(of, row->sql);
	else if (row->n == 0)
		world_write(of, octets, at);
	else
		world_write(of, (memset(octets + at, 0, MIN(row->n, length - at)), octets), length);
}

static void
test_damage(gconstpointer data)
{
	const damage_case *row = data;
	world *of = world_new();
	gboolean is_aside = strcmp(row->events, "cache.set-aside ") == 0;

	world_fill(of);
	world_damage(of, row);
	world_open(of, 1);
	g_assert_cmpstr(of->events->str, ==, row->events);
	g_assert_cmpint(mg_store_get_state(of->store), ==, row->state);
	g_assert_cmpint(world_has(of, ".bad"), ==, is_aside);
	if (is_aside || row->state == MG_STORE_OFF)
		g_assert_cmpuint(world_count(of).n_recipients, ==, 0);
	/* It serves on, and what can be written is there the next time. */
	world_learn(of, "ana", "valid", 1);
	world_flush(of, 1);
	assert_known(of, "ana", 1, "valid+");
	world_close(of);
	world_open(of, 2);
	assert_known(of, "ana", 2, row->state == MG_STORE_OPEN ? "valid+" : "-");
	world_free(of);
}

/* Damage that shows itself only in a write. */
static void
test_damage_under_way(void)
{
	world *of = world_new();
	g_autofree char *zeros = g_malloc0(1 << 20);
	int fd;

	world_fill(of);
	world_open(of, 0);
	fd = open(of->path, O_WRONLY);
	g_assert_cmpint(pwrite(fd, zeros, 1 << 16, 4096), ==, 1 << 16);
	close(fd);
	world_learn_many(of, 1000, 4000, 1);
	for (guint at_s = 1; at_s < 400; at_s++)
		world_flush(of, at_s);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 0);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 3300);
	world_close(of);
	world_open(of, 400);
	g_assert_cmpint(mg_store_get_state(of->store), ==, MG_STORE_OPEN);
	world_free(of);
}

/* Ten thousand files of which some octets are others: each is opened and read, and each fourth written, whatever it has become.
 * What is known then was known before. */
static void
test_mutations(void)
{
	world *of = world_new_in(g_access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir());
	g_autofree char *whole = NULL, *wal = g_strconcat(of->path, "-wal", NULL), *shm = g_strconcat(of->path, "-shm", NULL);
	g_autoptr(GRand) random = g_rand_new_with_seed(20261122);
	gsize length;
	guint n_open = 0, n_aside = 0;

	world_open(of, 0);
	world_learn_many(of, 0, 30, 0);
	mg_store_forget(of->store, &(mg_memory_filter){ .domain = "example.net" }, MONO_S);
	world_flush(of, 0);
	world_close(of);
	whole = world_read(of, &length);
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *octets = g_memdup2(whole, length);
		gsize cut = i % 10 == 0 ? (gsize)g_rand_int_range(random, 0, (gint32)length) : length;

		for (gint32 k = g_rand_int_range(random, 1, 9); k > 0; k--) {
			/* Heads of file and pages more often than the rest. */
			gint32 at = g_rand_boolean(random) ? g_rand_int_range(random, 0, (gint32)length)
			                                   : g_rand_int_range(random, 0, (gint32)length / 4096) * 4096
			                                             + g_rand_int_range(random, 0, 110);

			octets[at] = (char)g_rand_int(random);
		}
		unlink(wal);
		unlink(shm);
		world_write(of, octets, cut);
		g_string_truncate(of->events, 0);
		world_open(of, 1);
		for (guint k = 0; k < 30; k++) {
			g_autofree char *local_part = g_strdup_printf("user%u", k);
			g_autofree char *word = world_recall(of, local_part, 1);

			g_assert_true(strcmp(word, "-") == 0 || strcmp(word, k % 2 ? "valid+" : "unknown") == 0);
		}
		g_assert_cmpuint(world_count(of).n_recipients, <=, 30);
		if (i % 4 == 0) {
			world_learn(of, "ana", "valid", 1);
			world_flush(of, 1);
			assert_known(of, "ana", 1, "valid+");
		}
		n_open += mg_store_get_state(of->store) == MG_STORE_OPEN ? 1 : 0;
		n_aside += strstr(of->events->str, "cache.set-aside") != NULL ? 1 : 0;
		world_close(of);
	}
	g_assert_cmpuint(n_open, >, 5000);
	g_assert_cmpuint(n_aside, >, 1000);
	world_free(of);
}

/* ---- places that cannot be written ---- */

/* In a child, which may give up rights or be killed. Its status. */
static int
in_child(int (*function)(world *of), world *of)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(function(of));
	waitpid(child, &status, 0);
	return status;
}

#define CHECK(holds) do { if (!(holds)) return __LINE__ % 70 + 1; } while (0)

static int
child_serves_on(world *of, const char *event)
{
	g_autofree char *word = NULL;

	CHECK(strcmp(of->events->str, event) == 0);
	world_learn(of, "ana", "valid", 1);
	for (guint i = 0; i < 5; i++)
		world_flush(of, 1 + 100 * i);
	CHECK(strcmp(of->events->str, event) == 0);
	word = world_recall(of, "ana", 1);
	CHECK(strcmp(word, "valid+") == 0);
	return 0;
}

static int
child_unwritable(world *of)
{
	int result;

	if (geteuid() == 0 && seteuid(65534) < 0)
		return SKIP;
	world_open(of, 0);
	CHECK(mg_store_get_state(of->store) == MG_STORE_OFF);
	result = child_serves_on(of, "cache.off ");
	world_close(of);
	return result;
}

static void
assert_child(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		g_test_skip("this user may not try it");
	else
		g_assert_cmpint(status, ==, 0);
}

static void
test_unwritable_directory(void)
{
	world *of = world_new();

	g_assert_cmpint(chmod(of->directory, 0555), ==, 0);
	assert_child(in_child(child_unwritable, of));
	chmod(of->directory, 0755);
	world_free(of);
}

/* A damaged file where nothing can be renamed. */
static void
test_cannot_be_set_aside(void)
{
	world *of = world_new();

	world_fill(of);
	world_sql(of, "PRAGMA user_version = 2");
	if (geteuid() == 0)
		g_assert_cmpint(chown(of->path, 65534, (gid_t)-1), ==, 0);
	chmod(of->directory, 0555);
	assert_child(in_child(child_unwritable, of));
	chmod(of->directory, 0755);
	g_assert_false(world_has(of, ".bad"));
	world_free(of);
}

static int
child_read_only(world *of)
{
	int result;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
	    || mount(of->directory, of->directory, NULL, MS_BIND, NULL) < 0
	    || mount(NULL, of->directory, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return SKIP;
	world_open(of, 0);
	CHECK(mg_store_get_state(of->store) == MG_STORE_OFF);
	result = child_serves_on(of, "cache.off ");
	world_close(of);
	return result;
}

static void
test_read_only(void)
{
	world *of = world_new();

	assert_child(in_child(child_read_only, of));
	world_fill(of);
	assert_child(in_child(child_read_only, of));
	world_free(of);
}

typedef struct place_case {
	const char *name;
	int       (*make)(const char *path);
} place_case;

static int
make_directory(const char *path)
{
	return mkdir(path, 0700);
}

static int
make_fifo(const char *path)
{
	return mkfifo(path, 0600);
}

static int
make_link(const char *path)
{
	return symlink("elsewhere", path);
}

static int
make_open_to_all(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	return fchmod(fd, 0622) + close(fd);
}

static int
make_text(const char *path)
{
	return g_file_set_contents(path, "root:x:0:0:root:/root:/bin/sh\n", -1, NULL) ? 0 : -1;
}

static const place_case place_cases[] = {
	{ "directory", make_directory }, { "fifo", make_fifo }, { "link", make_link }, { "open-to-all", make_open_to_all },
	{ "text", make_text },
};

/* What is not ours is neither used nor renamed. */
static void
test_place(gconstpointer data)
{
	const place_case *row = data;
	world *of = world_new();

	g_assert_cmpint(row->make(of->path), ==, 0);
	world_open(of, 0);
	g_assert_cmpint(mg_store_get_state(of->store), ==, MG_STORE_OFF);
	g_assert_cmpint(child_serves_on(of, "cache.off "), ==, 0);
	g_assert_false(world_has(of, ".bad"));
	world_free(of);
}

/* The disk is full: the system refuses to let the file grow. Then it is not any more. */
static int
child_full(world *of)
{
	struct rlimit limit = { 40000, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	g_autofree char *word = NULL;

	signal(SIGXFSZ, SIG_IGN);
	world_open(of, 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	world_learn_many(of, 0, 2000, 0);
	for (guint i = 0; i < 30; i++)
		world_flush(of, i);
	CHECK(world_count(of).n_unsaved > 1000);
	CHECK(world_count(of).n_recipients == 2000);
	CHECK(strcmp(of->events->str, "cache.trouble ") == 0);
	for (guint i = 0; i < 10; i++)
		world_flush(of, 30 + 61 * i);
	CHECK(strcmp(of->events->str, "cache.trouble ") == 0);
	setrlimit(RLIMIT_FSIZE, &none);
	for (guint i = 0; i < 100; i++)
		world_flush(of, 1000 + i);
	CHECK(world_count(of).n_unsaved == 0);
	CHECK(strcmp(of->events->str, "cache.trouble cache.mended ") == 0);
	world_close(of);
	world_open(of, 1100);
	CHECK(world_count(of).n_recipients == 2000);
	word = world_recall(of, "user1999", 1100);
	CHECK(strcmp(word, "valid+") == 0);
	world_close(of);
	return 0;
}

static void
test_full(void)
{
	world *of = world_new();

	assert_child(in_child(child_full, of));
	world_free(of);
}

static int
child_no_space(world *of)
{
	g_autofree char *ballast = g_strconcat(of->path, ".ballast", NULL), *zeros = g_malloc0(300000);
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0
	    || mount("none", of->directory, "tmpfs", 0, "size=400k") < 0)
		return SKIP;
	fd = open(ballast, O_WRONLY | O_CREAT, 0600);
	CHECK(write(fd, zeros, 300000) == 300000);
	close(fd);
	world_open(of, 0);
	world_learn_many(of, 0, 3000, 0);
	for (guint i = 0; i < 300; i++)
		world_flush(of, i);
	CHECK(world_count(of).n_unsaved > 0);
	CHECK(strncmp(of->events->str, "cache.trouble ", 14) == 0);
	unlink(ballast);
	for (guint i = 0; i < 300; i++)
		world_flush(of, 1000 + i);
	CHECK(world_count(of).n_recipients == 3000);
	world_close(of);
	return 0;
}

static void
test_no_space(void)
{
	world *of = world_new();

	assert_child(in_child(child_no_space, of));
	world_free(of);
}

/* ---- several processes ---- */

/* Killed at any moment of its writing: what is in the file is whole, and the next one goes on. */
static void
test_killed(void)
{
	world *of = world_new();
	guint n_before = 0;

	for (guint i = 0; i < 20; i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			world_open(of, i);
			for (guint k = 0;; k++) {
				world_learn_many(of, k % 4 * 256, k % 4 * 256 + 256, 0);
				world_flush(of, 0);
			}
		}
		g_usleep(5000 + i * 3000);
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		g_assert_true(WIFSIGNALED(status));
	}
	world_open(of, 0);
	g_assert_cmpstr(of->events->str, ==, "");
	g_assert_cmpint(mg_store_get_state(of->store), ==, MG_STORE_OPEN);
	n_before = world_count(of).n_recipients;
	g_assert_cmpuint(n_before % 256, ==, 0);   /* transactions are whole */
	world_free(of);
}

/* Each writes its own; of the same address the newer proof stays, whoever writes last. */
static void
test_two(void)
{
	world *of = world_new(), *other = world_new();

	g_free(other->path);
	other->path = g_strdup(of->path);
	world_open(of, 0);
	world_open(other, 0);
	world_learn(of, "ana", "valid", 0);
	world_learn(other, "bo", "valid", 0);
	world_learn(of, "cy", "unknown", 10);
	world_learn(other, "cy", "valid", 20);
	world_flush_all(other, 20);
	world_flush_all(of, 20);
	world_close(other);
	world_close(of);
	world_open(of, 30);
	assert_known(of, "ana", 30, "valid+");
	assert_known(of, "bo", 30, "valid+");
	assert_known(of, "cy", 30, "valid+");
	g_assert_cmpstr(of->events->str, ==, "");
	world_free(of);
	world_free(other);
}

/* While another has the lock, nothing is waited for and nothing lost. */
static void
test_locked(void)
{
	world *of = world_new();
	sqlite3 *db;

	world_open(of, 0);
	g_assert_cmpint(sqlite3_open(of->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
	world_learn(of, "ana", "valid", 0);
	for (guint i = 0; i < 10; i++)
		world_flush(of, i);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 1);
	g_assert_cmpint(mg_store_get_state(of->store), ==, MG_STORE_OPEN);
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	sqlite3_close(db);
	world_flush(of, 10);
	g_assert_cmpuint(world_count(of).n_unsaved, ==, 0);
	g_assert_cmpstr(of->events->str, ==, "");
	world_free(of);
}

/* Removed, or set aside by another process: the next flush begins a new one. */
static void
test_removed(void)
{
	world *of = world_new();
	g_autofree char *elsewhere = g_strconcat(of->path, ".bad", NULL);

	world_open(of, 0);
	world_learn(of, "ana", "valid", 0);
	world_flush_all(of, 0);
	g_assert_cmpint(rename(of->path, elsewhere), ==, 0);
	world_learn(of, "bo", "valid", 1);
	world_flush_all(of, 1);
	world_close(of);
	world_open(of, 2);
	assert_known(of, "bo", 2, "valid+");
	assert_known(of, "ana", 2, "-");
	world_free(of);
}

/* Four at once, in processes of their own. */
static int
child_writes(world *of)
{
	guint from = (guint)getpid() % 1000 * 1000;

	world_open(of, 0);
	world_learn_many(of, from, from + 500, 0);
	for (guint i = 0; i < 2000 && world_count(of).n_unsaved > 0; i++) {
		world_flush(of, i);
		g_usleep(500);
	}
	CHECK(world_count(of).n_unsaved == 0);
	CHECK(of->events->len == 0);
	world_close(of);
	return 0;
}

static void
test_four(void)
{
	world *of = world_new();
	pid_t children[4];

	for (guint i = 0; i < G_N_ELEMENTS(children); i++)
		if ((children[i] = fork()) == 0)
			_exit(child_writes(of));
	for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
		int status;

		waitpid(children[i], &status, 0);
		g_assert_cmpint(status, ==, 0);
	}
	world_open(of, 1);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 2000);
	world_free(of);
}

/* A child of a fork does not touch what its parent has open. */
static int
child_inherits(world *of)
{
	world_learn(of, "bo", "valid", 0);
	world_flush(of, 0);
	CHECK(world_count(of).n_unsaved == 1);
	mg_store_free(of->store);
	return 0;
}

static void
test_forked(void)
{
	world *of = world_new();

	world_open(of, 0);
	world_learn(of, "ana", "valid", 0);
	world_flush_all(of, 0);
	assert_child(in_child(child_inherits, of));
	world_learn(of, "cy", "valid", 0);
	world_flush_all(of, 0);
	world_close(of);
	world_open(of, 0);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 2);
	world_free(of);
}

/* ---- size ---- */

/* What is older than anything can be worth goes from the file. */
static void
test_old_rows_go(void)
{
	world *of = world_new();
	sqlite3 *db;
	sqlite3_stmt *count;

	world_fill(of);
	world_open(of, 8 * DAY_S);
	g_assert_cmpuint(world_count(of).n_recipients, ==, 0);
	for (guint i = 0; i < 5; i++) {
		world_learn(of, "ana", "valid", 8 * DAY_S + i);
		world_flush(of, 8 * DAY_S + i);
	}
	world_close(of);
	g_assert_cmpint(sqlite3_open(of->path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, "SELECT count(*) FROM recipient", -1, &count, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_step(count), ==, SQLITE_ROW);
	g_assert_cmpint(sqlite3_column_int(count, 0), ==, 1);
	sqlite3_finalize(count);
	sqlite3_close(db);
	world_free(of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/store/restart", restart_cases, test_restart);
	g_test_add_func("/store/clock-while-running", test_clock_while_running);
	g_test_add_func("/store/many", test_many);
	g_test_add_func("/store/less-room", test_less_room);
	g_test_add_func("/store/odd-keys", test_odd_keys);
	g_test_add_func("/store/forget", test_forget);
	g_test_add_func("/store/forget-often", test_forget_often);
	g_test_add_func("/store/forget-at-length", test_forget_at_length);
	TEST_ROWS("/store/elsewhere", elsewhere_cases, test_elsewhere);
	g_test_add_func("/store/elsewhere-unsaved", test_elsewhere_unsaved);
	g_test_add_func("/store/elsewhere-own", test_elsewhere_own);
	TEST_ROWS("/store/elsewhere-late", late_cases, test_elsewhere_late);
	g_test_add_func("/store/elsewhere-anew", test_elsewhere_anew);
	g_test_add_func("/store/purge-locked", test_purge_locked);
	TEST_ROWS("/store/damage", damage_cases, test_damage);
	g_test_add_func("/store/damage-under-way", test_damage_under_way);
	g_test_add_func("/store/mutations", test_mutations);
	g_test_add_func("/store/unwritable-directory", test_unwritable_directory);
	g_test_add_func("/store/cannot-be-set-aside", test_cannot_be_set_aside);
	g_test_add_func("/store/read-only", test_read_only);
	TEST_ROWS("/store/place", place_cases, test_place);
	g_test_add_func("/store/full", test_full);
	g_test_add_func("/store/no-space", test_no_space);
	g_test_add_func("/store/killed", test_killed);
	g_test_add_func("/store/two", test_two);
	g_test_add_func("/store/locked", test_locked);
	g_test_add_func("/store/removed", test_removed);
	g_test_add_func("/store/four", test_four);
	g_test_add_func("/store/forked", test_forked);
	g_test_add_func("/store/old-rows-go", test_old_rows_go);
	return g_test_run();
}
