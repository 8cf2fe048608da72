/* bench_abi.c - what one question costs a server: the whole trip through the public interface.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one. A policy with a list of
 *        networks is made in a temporary directory, from random numbers with a fixed seed
 * Out:   nanoseconds from mg_ask_relay to the verdict in hand and released, its trace written on the way, and the
 *        most memory that was used
 * Rules: nothing but <mailguard.h>. Timing is never a test: the exit status is 0 whatever the figures, 1 if a verdict
 *        is not what the policy says, or nothing could be measured. */
#include <mailguard.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define N_NETWORKS  1000000u
#define N_CLIENTS   1024u     /* sessions that are open at once */
#define N_QUESTIONS 20000u    /* a round */
#define ROUNDS      7         /* the median of these counts */

typedef struct client {
	mg_session *session;   /* owned */
	int         is_inside;
} client;

static char     directory[256], config[300], list[300];
static uint64_t random_state = 0x9e3779b97f4a7c15u;

static uint64_t
random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state * 0x2545f4914f6cdd1du;
}

/* The processor's time: what else runs on the host is not ours. Nothing that is measured waits. */
static double
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int
compare_doubles(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

static _Noreturn void
die(const char *what)
{
	fflush(stdout);
	fprintf(stderr, "bench_abi: %s\n", what);
	exit(1);
}

static void
log_line(void *context, mg_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "%s: %s\n", mg_level_name((int)level), line);
}

static void
remove_files(void)
{
	unlink(config);
	unlink(list);
	rmdir(directory);
}

/* One network in each sixteen addresses of 10.0.0.0/8, so that what is inside is known without a look. */
static void
network_format(unsigned index, char out[32])
{
	uint32_t address = (10u << 24) + index * 16;

	snprintf(out, 32, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static void
write_policy(void)
{
	const char *temporary = getenv("TMPDIR");
	char address[32];
	FILE *file;

	snprintf(directory, sizeof(directory), "%s/mailguard-bench-XXXXXX", temporary ? temporary : "/tmp");
	if (mkdtemp(directory) == NULL)
		die("no temporary directory");
	snprintf(config, sizeof(config), "%s/mailguard.conf", directory);
	snprintf(list, sizeof(list), "%s/networks", directory);
	atexit(remove_files);
	umask(022);   /* a list that others may write is refused */

	file = fopen(list, "w");
	if (file == NULL)
		die("a file of the policy cannot be written");
	for (unsigned i = 0; i < N_NETWORKS; i++) {
		network_format(i, address);
		fprintf(file, "%s/%u\n", address, 29 + i % 4);
	}
	if (fclose(file) != 0)
		die("a file of the policy cannot be written");
	file = fopen(config, "w");
	if (file == NULL)
		die("a file of the policy cannot be written");
	fputs("[mailguard]\nhostname = mx.example.net\n[domains]\nlocal = example.net\n"
	      "[zone inside]\nnetworks = @networks\nowner = ana\n[grant inside]\nzone = inside\nowner = ana\n", file);
	if (fclose(file) != 0)
		die("a file of the policy cannot be written");
}

/* Half of the clients have the first address of a network, half the one behind the longest. */
static void
client_open(mg_guard *guard, unsigned index, client *client_out)
{
	char address[32];
	int outside = index % 2 != 0;
	unsigned place = (unsigned)(random_next() % N_NETWORKS);

	network_format(place, address);
	if (outside)
		snprintf(strrchr(address, '.'), 5, ".%u", place % 16 * 16 + 8);
	if (mg_session_new(guard, &client_out->session) != MG_OK
	    || mg_session_set_client(client_out->session, address, MG_FROM_SOCKET) != MG_OK
	    || mg_session_set_helo(client_out->session, "host.example.org", MG_TEXT, MG_HELO_EXTENDED) != MG_OK
	    || mg_session_set_mail_from(client_out->session, "sender@example.org", MG_TEXT, 0) != MG_OK)
		die("a session cannot be made");
	client_out->is_inside = !outside;
}

static void
ask(mg_guard *guard, const client *asking)
{
	mg_verdict *verdict;
	uint64_t request;

	if (mg_ask_relay(asking->session, "recipient@example.com", MG_TEXT, &request) != MG_OK
	    || mg_guard_wait(guard, request, &verdict) != MG_OK)
		die("a question was not answered");
	if (mg_verdict_action(verdict) != (asking->is_inside ? MG_ACCEPT : MG_REJECT))
		die("a verdict is not what the policy says");
	mg_verdict_free(verdict);
}

int
main(void)
{
	static client clients[N_CLIENTS];
	mg_options options = MG_OPTIONS_INIT;
	double rounds[ROUNDS], begin;
	struct rusage usage;
	mg_guard *guard;

	write_policy();
	options.config = config;
	options.engine = getenv("MAILGUARD_ENGINE");
	options.log = log_line;
	options.log_level = MG_LEVEL_ERROR;
	begin = now_ns();
	if (mg_guard_open(&options, &guard) != MG_OK)
		die("the guard cannot be opened");
	printf("Through the public interface, %u networks: the guard opens in %.2f s of processor time;\n", N_NETWORKS,
	       (now_ns() - begin) / 1e9);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		client_open(guard, i, &clients[i]);

	for (unsigned round = 0; round < ROUNDS; round++) {
		begin = now_ns();
		for (unsigned i = 0; i < N_QUESTIONS; i++)
			ask(guard, &clients[i % N_CLIENTS]);
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
	}
	qsort(rounds, ROUNDS, sizeof(rounds[0]), compare_doubles);
	getrusage(RUSAGE_SELF, &usage);
	printf("mg_ask_relay + mg_guard_wait: %.0f ns a verdict (median of %d rounds, %.0f to %.0f), %.0f a second; "
	       "peak RSS %ld MiB\n", rounds[ROUNDS / 2], ROUNDS, rounds[0], rounds[ROUNDS - 1], 1e9 / rounds[ROUNDS / 2],
	       usage.ru_maxrss / 1024);

	for (unsigned i = 0; i < N_CLIENTS; i++)
		mg_session_unref(clients[i].session);
	mg_guard_close(guard);
	return 0;
}
