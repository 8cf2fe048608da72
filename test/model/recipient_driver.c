/* recipient_driver.c - does to a memory of recipients and its store what the model says, for test/model/recipient_memory.t.
 * In:    a directory as argument; lines of words, a space between them:
 *          probe NOW LOCAL CLASS    an answer of a backend
 *          recall NOW LOCAL
 *          end NOW WALL             everything is written, and the process ends
 *          begin NOW WALL           another begins
 *          forget NOW WALL DOMAIN|- LOCAL|- NEGATIVES    after all is written
 * Out:   for probe and recall a line "KNOWN FRESHNESS AGE", the known "doubt" if it is doubted
 * Rules: a process begins before anything else is done to it, and ends before another begins; exit status 2 if a line is none of these. */
#include <stdio.h>
#include <stdlib.h>

#include "recipients.h"
#include "store/store.h"

#define DOMAIN "example.org"

static const char *const freshness_words[] = { "fresh", "refresh", "stale" };

static void
print(const mg_recollection *found)
{
	printf("%s %s %" G_GINT64_FORMAT "\n", found->is_doubted ? "doubt" : mg_known_name(found->known),
	       freshness_words[found->freshness], found->age_s);
}

static void
flush_all(mg_store *store, const mg_memory *memory, gint64 now_s, gint64 wall_s)
{
	mg_memory_counts counts;

	do {
		mg_store_flush(store, now_s, wall_s);
		mg_memory_count(memory, &counts);
	} while (counts.n_unsaved > 0 && mg_store_get_state(store) == MG_STORE_OPEN);
}

int
main(int argc, char **argv)
{
	g_autofree char *path = g_build_filename(argc > 1 ? argv[1] : ".", "cache.db", NULL);
	mg_memory *memory = NULL;
	mg_log log = { NULL, NULL, MG_LEVEL_ERROR };
	gint64 now_s, wall_s;
	mg_store *store = NULL;
	char line[512];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char local[65], second[256];
		mg_recipient_key key = { 1, DOMAIN, local };
		mg_recollection found;
		int negatives;

		if (sscanf(line, "probe %" G_GINT64_FORMAT " %64s %255s", &now_s, local, second) == 3) {
			mg_memory_learn(memory, &key, class_of_word(second), NULL, now_s, &found);
			print(&found);
		} else if (sscanf(line, "recall %" G_GINT64_FORMAT " %64s", &now_s, local) == 2) {
			mg_memory_recall(memory, &key, now_s, &found);
			print(&found);
		} else if (sscanf(line, "end %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &now_s, &wall_s) == 2) {
			flush_all(store, memory, now_s, wall_s);
			mg_store_free(store);
			mg_memory_free(memory);
		} else if (sscanf(line, "begin %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, &now_s, &wall_s) == 2) {
			memory = mg_memory_new(1 << 20, 1);
			store = mg_store_open(path, memory, &log, now_s, wall_s);
		} else if (sscanf(line, "forget %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %255s %64s %d", &now_s, &wall_s, second,
		                  local, &negatives) == 5) {
			mg_memory_filter filter = {
				strcmp(second, "-") != 0 ? second : NULL, strcmp(local, "-") != 0 ? local : NULL, negatives,
			};

			flush_all(store, memory, now_s, wall_s);
			mg_memory_forget(memory, &filter);
			mg_store_forget(store, &filter, now_s);
		} else {
			fprintf(stderr, "recipient_driver: not understood: %s", line);
			return 2;
		}
	}
	mg_store_free(store);
	mg_memory_free(memory);
	return fflush(stdout) == 0 ? 0 : 2;
}
