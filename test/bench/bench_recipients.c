/* bench_recipients.c - what a table of recipients costs in memory, to load and to look into, by its size; beside a hash table of
 * the same entries, each a string of its own, in the same run.
 * In:    nothing; policies are made in a temporary directory, from random numbers with a fixed seed
 * Out:   a table, and the bars with "met" or "NOT met"
 * Rules: timing is never a test: the exit status is 0 whatever the figures. It is 1 if the two disagree about a recipient, or
 *        nothing could be measured.
 * Links: the engine's objects, api/wire.c, api/names.c. */
#include <glib.h>

#include "bench.h"
#include "policy/policy.h"

#define N_QUESTIONS (1u << 14)
#define N_DOMAINS   1000u
#define MOST        1000000u

#define BAR_OCTETS  96.0
#define BAR_LOAD_S  3.0
#define BAR_FLAT    10.0   /* at most so many times the smallest table's: at the size of the largest each look waits for memory */

static const guint sizes[] = { 1000, 10000, 100000, MOST };

/* The measured loops leave something behind here, so that no compiler takes them out. */
static volatile guint64 sink;

static const char *config;   /* its path, borrowed from bench.h */

typedef struct figures {
	double octets, load_s, find_ns, hash_octets, hash_ns;
} figures;

/* "given.family123@customer-7.example", of some forty octets. */
static void
recipient_name(guint index, char out[64])
{
	g_snprintf(out, 64, "given%x.family%u@customer-%u.example", index * 0x9e3779b1u, index, index % N_DOMAINS);
}

static void
write_table(guint n)
{
	FILE *file = file_begin("recipients", NULL);
	char name[64];

	for (guint i = 0; i < n; i++) {
		recipient_name(i, name);
		fprintf(file, "%s\n", name);
	}
	file_end(file);
	file = file_begin("mailguard.conf", &config);
	fputs("[domains]\nlocal = .example\n[recipients]\ntables = @recipients\nrecipient-delimiter = +\n", file);
	file_end(file);
}

static mg_policy *
load_policy(double *seconds_out)
{
	mg_findings *findings = mg_findings_new();
	double begin = now_ns();
	mg_policy *policy = mg_policy_load(config, NULL, findings);

	*seconds_out = (now_ns() - begin) / 1e9;
	if (policy == NULL)
		die("the policy was refused");
	mg_findings_free(findings);
	return policy;
}

/* Every second one is in the table, every fourth of these with a sub-address. */
static mg_path *
questions_make(guint n_entries)
{
	mg_path *paths = g_new(mg_path, N_QUESTIONS);
	char name[64], text[80];
	const char *fault;

	for (guint i = 0; i < N_QUESTIONS; i++) {
		guint index = (guint)(random_next() % n_entries);
		const char *at;

		recipient_name(i % 2 == 0 ? index : index + MOST, name);
		at = strchr(name, '@');
		g_snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - name), name, i % 8 == 0 ? "+tag" : "", at);
		if (!mg_path_parse(text, strlen(text), FALSE, MG_LOCAL_PART_MAX, &paths[i], &fault))
			die("a recipient is no path");
	}
	return paths;
}

static double
time_table(const mg_policy *policy, const mg_path *paths)
{
	const mg_local_rules rules = mg_policy_local_rules(policy, NULL);
	double rounds[BENCH_ROUNDS];

	for (guint round = 0; round < BENCH_ROUNDS; round++) {
		double begin = now_ns();
		guint n_found = 0;

		for (guint i = 0; i < N_QUESTIONS; i++)
			n_found += mg_recipients_find(policy->recipients.tables, &paths[i], &rules) != NULL;
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
		if (n_found != N_QUESTIONS / 2)
			die("the table has not what it should have");
		sink += n_found;
	}
	return median(rounds, BENCH_ROUNDS);
}

/* Where there is a sub-address, the key without it is looked for second; neither "user@" nor "@dom" is. */
static gboolean
hash_has(GHashTable *hash, const mg_mailbox *mailbox)
{
	gsize base = strcspn(mailbox->local, "+");
	char key[128];

	if (g_hash_table_contains(hash, mailbox->key))
		return TRUE;
	if (mailbox->local[base] == 0)
		return FALSE;
	g_snprintf(key, sizeof(key), "%.*s@%s", (int)base, mailbox->local, mailbox->domain);
	return g_hash_table_contains(hash, key);
}

static double
time_hash(GHashTable *hash, const mg_path *paths)
{
	double rounds[BENCH_ROUNDS];

	for (guint round = 0; round < BENCH_ROUNDS; round++) {
		double begin = now_ns();
		guint n_found = 0;

		for (guint i = 0; i < N_QUESTIONS; i++)
			n_found += hash_has(hash, &paths[i].layers[0]);
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
		if (n_found != N_QUESTIONS / 2)
			die("hash table and table disagree");
		sink += n_found;
	}
	return median(rounds, BENCH_ROUNDS);
}

static figures
measure(guint n_entries)
{
	g_autofree mg_path *paths = questions_make(n_entries);
	gsize before;
	GHashTable *hash;
	mg_policy *policy;
	figures row;
	char name[64];

	write_table(n_entries);
	policy = load_policy(&row.load_s);
	row.octets = (double)mg_recipients_size(policy->recipients.tables) / n_entries;
	row.find_ns = time_table(policy, paths);
	mg_policy_unref(policy);

	before = allocated();
	hash = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < n_entries; i++) {
		recipient_name(i, name);
		g_hash_table_add(hash, g_strdup(name));
	}
	row.hash_octets = (double)(allocated() - before) / n_entries;
	row.hash_ns = time_hash(hash, paths);
	g_hash_table_unref(hash);
	return row;
}

int
main(void)
{
	figures rows[G_N_ELEMENTS(sizes)];
	const figures *most = &rows[G_N_ELEMENTS(sizes) - 1];

	directory_begin();
	printf("Tables of recipients, in %u domains; %u questions, half of them for what is there, some with a sub-address;\n"
	       "processor time, median of %u rounds. \"hash\": a GHashTable of strings, its keys put together beforehand, and\n"
	       "asked for the mailbox alone.\n\n", N_DOMAINS, N_QUESTIONS, BENCH_ROUNDS);
	printf("   entries   octets/entry   load s   find ns      hash octets/entry   hash ns   hash/find\n");
	for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
		rows[i] = measure(sizes[i]);
		printf("  %8u   %12.1f   %6.2f   %7.0f   %20.1f   %7.0f   %9.2f\n", sizes[i], rows[i].octets, rows[i].load_s,
		       rows[i].find_ns, rows[i].hash_octets, rows[i].hash_ns, rows[i].hash_ns / rows[i].find_ns);
		fflush(stdout);
	}
	putchar('\n');
	print_bar("octets an entry, a million of them: at most 96", most->octets, "", most->octets <= BAR_OCTETS);
	print_bar("a million entries loaded: under 3 s", most->load_s, "s", most->load_s < BAR_LOAD_S);
	print_bar("a look into the largest, to the smallest: at most 10", most->find_ns / rows[0].find_ns, "x",
	          most->find_ns / rows[0].find_ns <= BAR_FLAT);
	return 0;
}
