/* fuzz_store.c - database files, as a store finds them.
 * In:    a file; its pages are read as they are
 * Rules: whatever it is, it is opened, read and written without an error of memory, within bounds; what is known then could have
 *        been learned, what is learned then is answered, and what another process forgets is not. A broken promise traps. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "store/store.h"

#define OCTETS_MAX (1 << 17)
#define MEMORY     (1 << 18)
#define NOW_S      5000
#define WALL_S     G_GINT64_CONSTANT(1800000000)

static const mg_log no_log;

static void
file_write(const char *path, const uint8_t *octets, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	MUST(fd >= 0 && write(fd, octets, length) == (ssize_t)length);
	close(fd);
}

static gboolean
check_one(void *context, const mg_recipient_key *key, const mg_recollection *found)
{
	MUST(key->domain[0] && strlen(key->domain) <= 255 && key->local_part[0] && strlen(key->local_part) <= 254);
	MUST(found->age_s >= 0 && found->age_s < MG_POSITIVE_STALE_S);
	MUST(found->known != MG_KNOWN_UNKNOWN || found->age_s < 3 * 3600);
	MUST((found->known == MG_KNOWN_NOTHING) == (found->is_doubted != FALSE));
	++*(guint *)context;
	return TRUE;
}

static void
learn(mg_memory *memory, mg_store *store)
{
	mg_recipient_key key = { 1, "example.org", "ana" };
	mg_recollection found;

	mg_memory_learn(memory, &key, MG_RCPT_VALID, NULL, NOW_S, &found);
	mg_store_forget(store, &(mg_memory_filter){ .domain = "example.net" }, NOW_S);
	mg_store_flush(store, NOW_S, WALL_S);
	mg_memory_recall(memory, &key, NOW_S, &found);
	MUST(found.known == MG_KNOWN_VALID && found.age_s == 0);
}

/* Another process forgets what was learned. */
static void
hear(mg_memory *memory, mg_store *store, const char *path)
{
	const mg_recipient_key key = { 1, "example.org", "ana" };
	mg_memory *other_memory = mg_memory_new(MEMORY, 1);
	mg_store *other = mg_store_open(path, other_memory, &no_log, NOW_S, WALL_S);
	mg_recollection found;
	guint n;

	if (mg_store_purge(other, &(mg_memory_filter){ "example.org", "ana", FALSE }, NOW_S, &n)) {
		mg_store_flush(store, NOW_S, WALL_S);
		MUST(mg_store_get_state(store) != MG_STORE_OPEN || !mg_memory_recall(memory, &key, NOW_S, &found));
	}
	mg_store_free(other);
	mg_memory_free(other_memory);
}

static void
visit(const char *path)
{
	mg_memory *memory = mg_memory_new(MEMORY, 1);
	mg_store *store = mg_store_open(path, memory, &no_log, NOW_S, WALL_S);
	mg_memory_counts counts;
	guint n = 0;

	mg_memory_foreach(memory, &(mg_memory_filter){ 0 }, NOW_S, check_one, &n);
	mg_memory_count(memory, &counts);
	MUST(n <= counts.n_recipients && counts.octets <= MEMORY && counts.n_unsaved == 0);
	learn(memory, store);
	hear(memory, store, path);
	mg_store_free(store);
	mg_memory_free(memory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	static char path[64];
	static const char *const ends[] = { "", "-wal", "-shm", "-journal", ".bad" };

	if (length > OCTETS_MAX)
		return 0;
	g_snprintf(path, sizeof(path), "%s/mailguard-fuzz-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
	file_write(path, octets, length);
	visit(path);
	visit(path);   /* and what the first made of it */
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *file = g_strconcat(path, ends[i], NULL);

		unlink(file);
	}
	return 0;
}
