/* bench.h - what the benches have in common: random numbers, a clock, medians, a directory for a policy, bars.
 * In:    TMPDIR in the environment
 * Out:   text on stdout; complaints on stderr
 * Rules: the C library alone. Timing is never a test: no figure leads to an exit status, only a wrong answer does, and
 *        what cannot be measured. Each program has one directory, removed with its files when it exits. */
#ifndef MG_BENCH_H
#define MG_BENCH_H

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BENCH_FILES_MAX 4
#define BENCH_ROUNDS    7      /* the median of these counts */
#define BENCH_PATH_MAX  300

static inline _Noreturn void
die(const char *what)
{
	fflush(stdout);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(1);
}

/* ---- figures ---- */

/* The same numbers in every run. */
static inline uint64_t
random_next(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1du;
}

static inline double
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The processor's time: what else runs on the host is not ours. For what does not wait. */
static inline double
now_ns(void)
{
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static inline int
compare_doubles(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Puts @all in order. */
static inline double
median(double *all, size_t n)
{
	qsort(all, n, sizeof(all[0]), compare_doubles);
	return all[n / 2];
}

/* Octets that the allocator has given out to the first thread, in its heap and beside it. */
static inline size_t
allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static inline void
print_bar(const char *what, double figure, const char *unit, int is_met)
{
	printf("  %-62s %8.2f %-3s  %s\n", what, figure, unit, is_met ? "met" : "NOT met");
}

/* ---- one thing done in several ways ---- */

typedef struct bench_way {
	const char *what;
	void      (*check)(void *context);
	void       *context;
	double      rounds[BENCH_ROUNDS], ratios[BENCH_ROUNDS];   /* ns a check; the first way's in the same round to that */
} bench_way;

/* In turns, so that what slows the host down slows all of them. */
static inline void
measure_ways(bench_way *ways, size_t n_ways, unsigned n_checks)
{
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		for (size_t i = 0; i < n_ways; i++) {
			double begin = now_ns();

			for (unsigned n = 0; n < n_checks; n++)
				ways[i].check(ways[i].context);
			ways[i].rounds[round] = (now_ns() - begin) / n_checks;
			ways[i].ratios[round] = ways[0].rounds[round] / ways[i].rounds[round];
		}
}

/* @first: what the first way is called in a few letters. */
static inline void
print_way(bench_way *way, const char *first)
{
	double ns = median(way->rounds, BENCH_ROUNDS);

	printf("  %-44s %7.0f ns (%.0f to %.0f); %s to this %5.2f\n", way->what, ns, way->rounds[0],
	       way->rounds[BENCH_ROUNDS - 1], first, median(way->ratios, BENCH_ROUNDS));
}

/* ---- a policy in files ---- */

static struct {
	char     directory[BENCH_PATH_MAX];
	char     files[BENCH_FILES_MAX][BENCH_PATH_MAX];
	unsigned n_files;
} bench;

static inline void
remove_files(void)
{
	for (unsigned i = 0; i < bench.n_files; i++)
		unlink(bench.files[i]);
	rmdir(bench.directory);
}

static inline void
directory_begin(void)
{
	const char *temporary = getenv("TMPDIR");
	int length = snprintf(bench.directory, sizeof(bench.directory), "%s/mailguard-bench-XXXXXX",
	                      temporary ? temporary : "/tmp");

	if (length >= (int)sizeof(bench.directory) || mkdtemp(bench.directory) == NULL)
		die("no temporary directory");
	atexit(remove_files);
	umask(022);   /* a list that others may write is refused */
}

/* Begins the file anew; it is to be ended with file_end. Returns its path in @path_out, if that is not NULL. */
static inline FILE *
file_begin(const char *name, const char **path_out)
{
	char path[BENCH_PATH_MAX];
	unsigned i = 0;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", bench.directory, name) >= (int)sizeof(path))
		die("a path is too long");
	while (i < bench.n_files && strcmp(bench.files[i], path) != 0)
		i++;
	if (i == BENCH_FILES_MAX)
		die("too many files");
	if (i == bench.n_files)
		strcpy(bench.files[bench.n_files++], path);
	file = fopen(path, "w");
	if (file == NULL)
		die("a file of the policy cannot be written");
	if (path_out != NULL)
		*path_out = bench.files[i];
	return file;
}

static inline void
file_end(FILE *file)
{
	if (fclose(file) != 0)
		die("a file of the policy cannot be written");
}

#endif
