/* test_cache.c - which recipients a word means, and what becomes of them, of the file, and of a memory that another has. */
#include "cache.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "recipients.h"
#include "reports.h"
#include "store/store.h"
#include "support.h"
#include "wire.h"

typedef struct world {
	char      *directory, *path, *policy;   /* owned */
	GString   *log;
	mg_memory *memory;                      /* of another process, as it were */
	mg_store  *store;
} world;

static const mg_log no_log;

static gint64
now_s(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static void
world_learn_ago(world *of, const char *domain, const char *local_part, const char *class, gint64 ago_s)
{
	mg_recipient_key key = { 7, domain, local_part };
	mg_recollection found;

	mg_memory_learn(of->memory, &key, class_of_word(class), NULL, now_s() - ago_s, &found);
}

static void
world_learn(world *of, const char *domain, const char *local_part, const char *class)
{
	world_learn_ago(of, domain, local_part, class, 0);
}

static void
world_flush(world *of)
{
	mg_store_flush(of->store, now_s(), (gint64)time(NULL));
}

static world *
world_new(void)
{
	world *made = g_new0(world, 1);

	made->directory = g_dir_make_tmp("mailguard-cache-XXXXXX", NULL);
	made->path = g_build_filename(made->directory, "cache.db", NULL);
	made->policy = g_strdup_printf("[mailguard]\nhostname = mx1.example.net\n[dns]\nservers = 127.0.0.1:9\n"
	                               "[domains]\nrelay-to = example.org example.net example.com\n"
	                               "[backend tagged]\ndomains = example.org\nserver = smtp://192.0.2.1\nrecipient-delimiter = +\n"
	                               "[backend exact]\ndomains = example.net\nserver = smtp://192.0.2.2\nfold-case = no\n"
	                               "[recipients]\ncache = %s\n", made->path);
	made->log = g_string_new(NULL);
	return made;
}

static void
world_open(world *of)
{
	of->memory = mg_memory_new(1 << 20, 1);
	of->store = mg_store_open(of->path, of->memory, &no_log, now_s(), (gint64)time(NULL));
}

/* What backends have said so far. */
static void
world_fill(world *of)
{
	world_open(of);
	world_learn(of, "example.org", "ana", "valid");
	world_learn(of, "example.org", "ana+tag", "unknown");
	world_learn(of, "example.org", "\"ana+tag\"", "unknown");
	world_learn(of, "example.org", "bo", "unknown");
	world_learn(of, "example.net", "ana", "valid");
	world_learn(of, "example.net", "Ana", "unknown");
	world_learn(of, "example.com", "j\xc3\xb6rg", "valid");
	world_learn(of, "xn--bcher-kva.example", "ana", "valid");
	world_flush(of);
}

static void
world_free(world *of)
{
	static const char *const ends[] = { "", "-wal", "-shm", ".bad" };

	mg_store_free(of->store);
	mg_memory_free(of->memory);
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(of->path, ends[i], NULL);

		g_remove(path);
	}
	g_rmdir(of->directory);
	g_string_free(of->log, TRUE);
	g_free(of->directory);
	g_free(of->path);
	g_free(of->policy);
	g_free(of);
}

static void
take_line(void *context, mg_level level, const char *line)
{
	g_string_append_printf(context, "%s %.*s\n", mg_level_name((int)level), (int)strcspn(line, " "), line);
}

static int
flush(world *of, const char *policy, const char *what, unsigned *n_out)
{
	mg_options options = MG_OPTIONS_INIT;

	options.policy = policy;
	options.log = take_line;
	options.log_context = of->log;
	options.log_level = MG_LEVEL_WARNING;
	return mg_cache_flush(&options, what, n_out);
}

/* ---- reports ---- */

/* Its lines, a space between them. */
static char *
report(world *of, mg_report_kind kind)
{
	mg_options options = MG_OPTIONS_INIT;
	GString *lines = g_string_new(NULL);
	mg_reader reader;
	mg_field field;
	uint8_t *octets;
	size_t length;

	options.policy = of->policy;
	octets = mg_report_write(&options, kind, &length);
	g_assert_true(mg_reader_open(&reader, octets, length));
	while (mg_reader_next(&reader, &field))
		if (field.id == MG_FIELD_LINE)
			g_string_append_printf(lines, "%s%s", lines->len > 0 ? " " : "", mg_field_text(&field));
	free(octets);
	g_strdelimit(lines->str, "\t", '=');
	return g_string_free(lines, FALSE);
}

/* What is of no use any more does not count, nor does its domain. Half an hour is far from every limit. */
static void
test_stats(void)
{
	world *of = world_new();
	g_autofree char *stats = NULL;

	world_open(of);
	world_learn_ago(of, "example.org", "ana", "valid", 7 * 86400 - 1800);
	world_learn_ago(of, "example.org", "bo", "valid", 13 * 3600);
	world_learn_ago(of, "example.org", "cy", "valid", 3600);
	world_learn_ago(of, "example.org", "cy", "unknown", 1800);
	world_learn_ago(of, "example.com", "di", "valid", 1800);
	world_learn_ago(of, "example.net", "ed", "unknown", 3600);
	world_flush(of);
	stats = report(of, MG_REPORT_CACHE_STATS);
	*strstr(stats, " newest-s=") = 0;   /* then come seconds and octets, which are as they are */
	g_assert_cmpstr(stats, ==, "entries=4 valid=3 unknown=0 unverifiable=0 full=0 blocked-now=0 bad-syntax=0 doubted=1 stale=3 domains=2");
	world_free(of);
}

static void
test_stats_of_nothing(void)
{
	world *of = world_new();
	g_autofree char *stats = report(of, MG_REPORT_CACHE_STATS), *entries = report(of, MG_REPORT_CACHE);

	g_assert_cmpstr(stats, ==, "entries=0 valid=0 unknown=0 unverifiable=0 full=0 blocked-now=0 bad-syntax=0 doubted=0 stale=0 domains=0"
	                " newest-s= oldest-s= octets=0");
	g_assert_cmpstr(entries, ==, "");
	world_free(of);
}

/* More than a message holds is cut, and said to be. */
static void
test_list_of_many(void)
{
	world *of = world_new();
	g_autofree char *domain = test_domain_of(250), *local = test_repeat('l', 180), *entries = NULL;
	mg_memory_counts counts;

	of->memory = mg_memory_new(64 << 20, 1);
	of->store = mg_store_open(of->path, of->memory, &no_log, now_s(), (gint64)time(NULL));
	for (guint i = 0; i < 40000; i++) {
		g_autofree char *one = g_strdup_printf("%s%u", local, i);

		world_learn(of, domain, one, "valid");
	}
	do {
		world_flush(of);
		mg_memory_count(of->memory, &counts);
	} while (counts.n_unsaved > 0);
	entries = report(of, MG_REPORT_CACHE);
	g_assert_true(g_str_has_suffix(entries, " there is more, and no room to tell it"));
	g_assert_cmpuint(strlen(entries), >, 15 << 20);
	world_free(of);
}

/* ---- words ---- */

typedef struct word_case {
	const char *name;
	const char *what;
	int         result;
	unsigned    n;        /* that went, of the eight */
} word_case;

static const word_case word_cases[] = {
	{ "address", "bo@example.org", MG_OK, 1 },
	{ "address-folded", "BO@Example.ORG", MG_OK, 1 },
	{ "address-of-nobody", "cy@example.org", MG_OK, 0 },
	{ "address-elsewhere", "bo@example.com", MG_OK, 0 },
	{ "sub-address-and-without", "ana+tag@example.org", MG_OK, 2 },
	{ "another-sub-address", "ana+x@example.org", MG_OK, 1 },
	{ "without-sub-address", "ana@example.org", MG_OK, 1 },
	{ "quoted-has-no-sub-address", "\"ana+tag\"@example.org", MG_OK, 1 },
	{ "case-counts", "Ana@example.net", MG_OK, 1 },
	{ "case-counts-lower", "ana@example.net", MG_OK, 1 },
	{ "case-counts-upper", "ANA@example.net", MG_OK, 0 },
	{ "utf8", "J\xc3\x96RG@example.com", MG_OK, 1 },
	{ "domain-without-backend", "ana@b\xc3\xbc" "cher.example", MG_OK, 1 },
	{ "domain", "@example.org", MG_OK, 4 },
	{ "domain-folded", "@EXAMPLE.ORG", MG_OK, 4 },
	{ "domain-with-dot", "@example.org.", MG_E_ARGUMENT, 0 },
	{ "domain-utf8", "@b\xc3\xbc" "cher.example", MG_OK, 1 },
	{ "domain-of-nobody", "@foreign.example", MG_OK, 0 },
	{ "domain-above", "@org", MG_OK, 0 },
	{ "negatives", "negatives", MG_OK, 4 },
	{ "all", "all", MG_OK, 8 },
	{ "negatives-is-an-address", "negatives@example.org", MG_OK, 0 },

	{ "nothing", "", MG_E_ARGUMENT, 0 },
	{ "another-word", "Negatives", MG_E_ARGUMENT, 0 },
	{ "a-word-more", "all ", MG_E_ARGUMENT, 0 },
	{ "local-part-alone", "ana", MG_E_ARGUMENT, 0 },
	{ "local-part-and-at", "ana@", MG_E_ARGUMENT, 0 },
	{ "at-alone", "@", MG_E_ARGUMENT, 0 },
	{ "two-ats", "@@example.org", MG_E_ARGUMENT, 0 },
	{ "brackets", "<ana@example.org>", MG_E_ARGUMENT, 0 },
	{ "literal", "ana@[192.0.2.1]", MG_E_ARGUMENT, 0 },
	{ "route", "@example.com:ana@example.org", MG_E_ARGUMENT, 0 },
	{ "percent", "ana%example.com@example.org", MG_E_ARGUMENT, 0 },
	{ "two-domains", "ana@example.com@example.org", MG_E_ARGUMENT, 0 },
	{ "control", "a\nb@example.org", MG_E_ARGUMENT, 0 },
	{ "domain-control", "@example.org\n", MG_E_ARGUMENT, 0 },
	{ "no-utf8", "\xff@example.org", MG_E_ARGUMENT, 0 },
	{ "domain-no-utf8", "@\xff.example.org", MG_E_ARGUMENT, 0 },
};

static void
test_word(gconstpointer data)
{
	const word_case *row = data;
	world *of = world_new();
	mg_memory_counts counts;
	unsigned n = 77;

	world_fill(of);
	g_assert_cmpint(flush(of, of->policy, row->what, &n), ==, row->result);
	g_assert_cmpuint(n, ==, row->result == MG_OK ? row->n : 77);
	/* Who has it in mind hears of it. */
	world_flush(of);
	mg_memory_count(of->memory, &counts);
	g_assert_cmpuint(counts.n_recipients, ==, 8 - row->n);
	g_assert_cmpstr(of->log->str, ==, "");
	world_free(of);
}

static void
test_long(void)
{
	g_autofree char *local = test_repeat('l', MG_PATH_MAX - strlen("@example.org")), *domain = test_domain_of(254);
	g_autofree char *longest = g_strconcat(local, "@example.org", NULL), *longer = g_strconcat("l", longest, NULL);
	g_autofree char *at_domain = g_strconcat("@", domain, NULL);
	world *of = world_new();
	unsigned n;

	world_fill(of);
	world_learn(of, "example.org", local, "valid");
	world_flush(of);
	g_assert_cmpint(flush(of, of->policy, longest, &n), ==, MG_OK);
	g_assert_cmpuint(n, ==, 1);
	g_assert_cmpint(flush(of, of->policy, longer, &n), ==, MG_E_ARGUMENT);
	g_assert_cmpint(flush(of, of->policy, at_domain, &n), ==, MG_E_ARGUMENT);
	world_free(of);
}

/* ---- policies and files ---- */

static void
test_policy(void)
{
	world *of = world_new();
	unsigned n = 77;

	g_assert_cmpint(flush(of, "[mailguard]\nhostname = mx1.example.net\n", "all", &n), ==, MG_E_STATE);
	g_assert_cmpint(flush(of, "[recipients]\ncache =\n", "all", &n), ==, MG_E_STATE);
	g_assert_cmpstr(of->log->str, ==, "");
	g_assert_cmpint(flush(of, "[mailgard]\n", "all", &n), ==, MG_E_POLICY);
	g_assert_nonnull(strstr(of->log->str, "error policy.error\n"));
	/* A word that is none is not taken for one because the policy is worse. */
	g_assert_cmpint(flush(of, "[mailgard]\n", "some", &n), ==, MG_E_ARGUMENT);
	g_assert_cmpuint(n, ==, 77);
	world_free(of);
}

/* Nobody's file is made by who only forgets. */
static void
test_no_file(void)
{
	world *of = world_new();
	unsigned n = 77;

	g_assert_cmpint(flush(of, of->policy, "all", &n), ==, MG_OK);
	g_assert_cmpuint(n, ==, 0);
	g_assert_false(g_file_test(of->path, G_FILE_TEST_EXISTS));
	world_free(of);
}

static void
test_not_ours(void)
{
	world *of = world_new();
	unsigned n = 77;
	struct stat found;

	g_assert_true(g_file_set_contents(of->path, "somebody's letter, and not a short one", -1, NULL));
	g_assert_cmpint(flush(of, of->policy, "all", &n), ==, MG_E_SYSTEM);
	g_assert_cmpuint(n, ==, 77);
	g_assert_cmpstr(of->log->str, ==, "warning cache.off\nwarning cache.not-forgotten\n");
	g_assert_cmpint(stat(of->path, &found), ==, 0);
	g_assert_cmpint(found.st_size, ==, 38);
	world_free(of);
}

static void
test_damaged(void)
{
	world *of = world_new();
	g_autofree char *bad = g_strconcat(of->path, ".bad", NULL), *zeros = g_malloc0(8192);
	unsigned n = 77;

	g_assert_true(g_file_set_contents(of->path, zeros, 8192, NULL));
	g_assert_cmpint(g_chmod(of->path, 0600), ==, 0);
	g_assert_cmpint(flush(of, of->policy, "all", &n), ==, MG_OK);
	g_assert_cmpuint(n, ==, 0);
	g_assert_cmpstr(of->log->str, ==, "warning cache.set-aside\n");
	g_assert_true(g_file_test(bad, G_FILE_TEST_EXISTS));
	world_free(of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/cache/stats", test_stats);
	g_test_add_func("/cache/stats-of-nothing", test_stats_of_nothing);
	g_test_add_func("/cache/list-of-many", test_list_of_many);
	TEST_ROWS("/cache/word", word_cases, test_word);
	g_test_add_func("/cache/long", test_long);
	g_test_add_func("/cache/policy", test_policy);
	g_test_add_func("/cache/no-file", test_no_file);
	g_test_add_func("/cache/not-ours", test_not_ours);
	g_test_add_func("/cache/damaged", test_damaged);
	return g_test_run();
}
