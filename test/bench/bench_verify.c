/* bench_verify.c - how many recipients a second are verified against one backend, by us and by Exim and Postfix in the same run; and
 * what a flood of unknown recipients does to the backend and to others.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one. "example", the front end that
 *        embeds us, in the directory above this program's. Options: -p PORT of the backend, -s for a short flood; then
 *        KEY=ADDRESS:PORT of servers that verify against that backend (test/lab/verifiers.py starts them), keys as in ways[]
 * Out:   tables, and the bars of the plan with "met" or "NOT met"
 * Rules: timing is never a test: the exit status is 0 whatever the figures, 1 if a verdict is wrong or nothing could be
 *        measured. All goes through the public interface.
 * Links: libmailguard. */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench_guard.h"
#include "fast_backend.h"
#include "smtp_load.h"

#define ROUNDS      3           /* each with recipients that nobody has asked about */
#define SLOTS_MAX   256u
#define CLIENTS     0xc6120000u   /* 198.18.0.0 (RFC 2544), and on */

#define FLOOD_S       60u
#define FLOOD_SHORT_S 10u
#define FLOOD_CLIENTS 500u
#define AFTER_MS      10000       /* for what is not answered yet when the flood ends */
#define N_KNOWN       1000u       /* valid recipients that were asked about before it */

/* The bars. */
#define BAR_RATIO     20.0
#define BAR_PROBES    20u
#define BAR_VALID_MS  250.0
#define BAR_MIB       64.0

static fast_backend *backend;

/* Recipients are numbers, and none is asked about twice unless it is meant. */
static unsigned
fresh_recipients(unsigned n)
{
	static unsigned next;

	next += n;
	return next - n;
}

static void
write_policy(const char **config_out)
{
	FILE *file = file_begin("mailguard.conf", config_out);

	fprintf(file, "[mailguard]\nhostname = mx.example.net\n[dns]\nservers = 127.0.0.1:9\n"
	        "[domains]\nrelay-to = " LOAD_DOMAIN "\n"
	        "[exempt load]\nnetworks = 127.0.0.1\nchecks = spf helo ptr sender\n"
	        "[backend customer]\ndomains = " LOAD_DOMAIN "\nserver = smtp://127.0.0.1:%u\ntls = off\n",
	        fast_backend_port(backend));
	file_end(file);
}

static mg_session *
client_open(mg_guard *guard, uint32_t index)
{
	uint32_t address = CLIENTS + index;
	char text[16];

	snprintf(text, sizeof(text), "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
	return session_open(guard, text, "mail.example.org", "sender@example.org");
}

static uint64_t
ask(mg_session *session, const char *format, unsigned recipient)
{
	char path[64];
	uint64_t request;

	snprintf(path, sizeof(path), format, recipient);
	if (mg_ask_recipient(session, path, MG_TEXT, &request) != MG_OK)
		die("a question was refused");
	return request;
}

/* ---- the ways to verify ---- */

enum {
	OURS_256, OURS_50, OURS_SERVER, OURS_EACH, N_OURS,
	EXIM_4 = N_OURS, EXIM_50, EXIM_EACH, EXIM_HOLD, POSTFIX, POSTFIX_TUNED, N_WAYS
};

typedef struct verifying {
	const char *key;   /* of the command line; NULL: one of ours */
	const char *what;
	void      (*verify)(struct verifying *way, unsigned first, load_figures *figures_out);
	unsigned    n_clients, n_connection, n;   /* recipients of a connection, 0: any number; of a round */
	unsigned    again_ms;
	int         has_cache;
	mg_guard   *guard;          /* ours: owned */
	struct sockaddr_in server;  /* of the others; port 0: there is none */
	double      cold[ROUNDS], cached[ROUNDS], busy[ROUNDS];
	backend_counts seen;        /* in the last round, cold */
	unsigned    n_cached_seen;  /* recipients, in the same */
	unsigned    n_deferred;     /* cold, all rounds */
} verifying;

typedef struct slot {
	mg_session *session;
	unsigned    recipient;
} slot;

/* So many questions under way, each after the last one's verdict, as a server with so many clients. */
static void
verify_in_process(verifying *way, unsigned first, load_figures *figures_out)
{
	slot slots[SLOTS_MAX];
	unsigned next = first, n_done = 0;
	double begin = clock_ns(CLOCK_MONOTONIC);
	mg_verdict *verdict;

	for (unsigned i = 0; i < way->n_clients; i++) {
		slots[i] = (slot){ client_open(way->guard, i), next++ };
		mg_session_set_context(slots[i].session, &slots[i]);
		ask(slots[i].session, "u%u@" LOAD_DOMAIN, slots[i].recipient);
	}
	while (n_done < way->n) {
		struct pollfd polled = { mg_guard_fd(way->guard), POLLIN, 0 };

		poll(&polled, 1, -1);
		mg_guard_dispatch(way->guard);
		while ((verdict = mg_guard_next_verdict(way->guard)) != NULL) {
			slot *of = mg_verdict_context(verdict);

			if (mg_verdict_action(verdict) == MG_REJECT)
				die(mg_verdict_reason(verdict));
			if (mg_verdict_action(verdict) == MG_DEFER) {
				figures_out->n_deferred++;
				ask(of->session, "u%u@" LOAD_DOMAIN, of->recipient);
			} else {
				n_done++;
				of->recipient = next++;
				if (of->recipient < first + way->n)
					ask(of->session, "u%u@" LOAD_DOMAIN, of->recipient);
			}
			mg_verdict_free(verdict);
		}
	}
	figures_out->seconds = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	for (unsigned i = 0; i < way->n_clients; i++)
		mg_session_unref(slots[i].session);
}

static void
verify_by_server(verifying *way, unsigned first, load_figures *figures_out)
{
	const smtp_load load = {
		.server = way->server, .n_clients = way->n_clients, .first = first, .n = way->n,
		.n_connection = way->n_connection, .again_ms = way->again_ms
	};

	*figures_out = smtp_load_run(&load);
}

static void
measure_round(verifying *way, unsigned round)
{
	unsigned first = fresh_recipients(way->n);
	load_figures figures = { 0 };

	fast_backend_clear(backend);
	way->verify(way, first, &figures);
	way->cold[round] = way->n / figures.seconds;
	way->seen = fast_backend_counts(backend);
	way->busy[round] = way->seen.cpu_ns / figures.seconds / 1e7;
	way->n_deferred += figures.n_deferred;
	if (way->seen.n_known < way->n)
		die("the backend was not asked about all of them");
	if (!way->has_cache)
		return;
	fast_backend_clear(backend);
	way->verify(way, first, &figures);
	way->cached[round] = way->n / figures.seconds;
	way->n_cached_seen = fast_backend_counts(backend).n_known;
}

static void
print_table_row(verifying *way)
{
	double cold = median(way->cold, ROUNDS), busy = median(way->busy, ROUNDS);
	char cached[16] = "-";

	if (way->has_cache)
		snprintf(cached, sizeof(cached), "%.0f", median(way->cached, ROUNDS));
	printf("  %-54s %7.0f (%5.0f to %5.0f) %8s %8u %7u %9.1f %7u\n", way->what, cold, way->cold[0], way->cold[ROUNDS - 1], cached,
	       way->seen.n_connections, way->n, busy, way->n_deferred / ROUNDS);
}

static int
is_measured(const verifying *way)
{
	return way->guard != NULL || way->server.sin_port != 0;
}

/* Ours, to each of theirs. */
static void
print_ratios(const verifying *ways)
{
	puts("  times as many, cold, as (in the order above):");
	for (unsigned i = 0; i < N_OURS; i++) {
		printf("  %-54s", ways[i].what);
		for (unsigned n = N_OURS; n < N_WAYS; n++)
			if (is_measured(&ways[n]))
				printf(" %8.1f", ways[i].cold[ROUNDS / 2] / ways[n].cold[ROUNDS / 2]);
		putchar('\n');
	}
	putchar('\n');
}

static void
print_ratio(const char *what, const verifying *ours, const verifying *theirs)
{
	double ratio = ours->cold[ROUNDS / 2] / theirs->cold[ROUNDS / 2];

	if (is_measured(theirs))
		print_bar(what, ratio, "x", ratio >= BAR_RATIO);
}

/* ---- the front end that embeds us ---- */

typedef struct front_end {
	pid_t              child;
	struct sockaddr_in address;
} front_end;

/* In the child. */
static _Noreturn void
front_end_exec(int output, const char *program, const char *config, pid_t parent)
{
	char address[] = "127.0.0.1:0";
	const char *engine = getenv("MAILGUARD_ENGINE");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	dup2(output, STDOUT_FILENO);
	if (engine != NULL)
		execl(program, program, "-c", config, "-l", address, "-e", engine, (char *)NULL);
	else
		execl(program, program, "-c", config, "-l", address, (char *)NULL);
	_exit(1);
}

static front_end
front_end_begin(const char *config)
{
	front_end front = { .address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	char program[BENCH_PATH_MAX], line[80] = "";
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 20);
	int ends[2];
	pid_t parent = getpid();
	FILE *output;
	unsigned port;

	if (length <= 0 || pipe(ends) != 0)
		die("no front end");
	program[length] = 0;
	strcpy(strrchr(program, '/'), "/../example");
	fflush(stdout);
	front.child = fork();
	if (front.child == 0)
		front_end_exec(ends[1], program, config, parent);
	close(ends[1]);
	output = fdopen(ends[0], "r");
	if (front.child < 0 || output == NULL || fgets(line, sizeof(line), output) == NULL
	    || sscanf(line, "listening on 127.0.0.1:%u", &port) != 1)
		die("the front end, \"example\", does not start");
	fclose(output);
	front.address.sin_port = htons((uint16_t)port);
	return front;
}

static void
front_end_end(const front_end *front)
{
	kill(front->child, SIGTERM);
	waitpid(front->child, NULL, 0);
}

/* ---- recipients verified a second ---- */

static void
measure_all(verifying ways[N_WAYS])
{
	for (unsigned round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < N_WAYS; i++)
			if (is_measured(&ways[i]))
				measure_round(&ways[i], round);
	printf("  %-54s %24s %8s %8s %7s %9s %7s\n", "", "cold/s (min to max)", "cached/s", "connect.", "RCPT", "backend %", "4xx");
	for (size_t i = 0; i < N_WAYS; i++)
		if (is_measured(&ways[i]))
			print_table_row(&ways[i]);
	putchar('\n');
}

/* @servers: KEY=ADDRESS:PORT. */
static void
find_servers(verifying ways[N_WAYS], char **servers)
{
	for (; *servers != NULL; servers++) {
		char *address = strchr(*servers, '='), *port = strrchr(*servers, ':');
		int is_found = 0;

		if (address == NULL || port == NULL)
			die("KEY=ADDRESS:PORT was expected");
		*address++ = *port++ = 0;
		for (size_t i = 0; i < N_WAYS; i++) {
			if (ways[i].key == NULL || strcmp(ways[i].key, *servers) != 0)
				continue;
			ways[i].server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
			is_found = inet_pton(AF_INET, address, &ways[i].server.sin_addr);
		}
		if (!is_found)
			die("a server is none that could be measured");
	}
}

static void
bench_rate(char **servers)
{
	const char *config;
	verifying ways[N_WAYS] = {
		[OURS_256] = { NULL, "mailguard, 256 questions under way", verify_in_process, 256, 0, 20000, 0, 1, .guard = NULL },
		[OURS_50] = { NULL, "mailguard, 50 questions under way", verify_in_process, 50, 0, 20000, 0, 1, .guard = NULL },
		[OURS_SERVER] = { NULL, "mailguard in its example server, 50 clients", verify_by_server, 50, 0, 20000, 100, 1, .guard = NULL },
		[OURS_EACH] = { NULL, "the same, a connection for each RCPT", verify_by_server, 50, 1, 10000, 100, 1, .guard = NULL },
		[EXIM_4] = { "exim", "Exim, callout, 4 clients", verify_by_server, 4, 0, 4000, 100, 1, .guard = NULL },
		[EXIM_50] = { "exim", "Exim, callout, 50 clients", verify_by_server, 50, 0, 4000, 100, 1, .guard = NULL },
		[EXIM_EACH] = { "exim", "Exim, callout, 50 clients, a connection for each RCPT", verify_by_server, 50, 1, 1000, 100, 1, .guard = NULL },
		[EXIM_HOLD] = { "exim-hold", "Exim, callout=use_sender,hold,no_cache, 4 clients", verify_by_server, 4, 0, 8000, 100, 0, .guard = NULL },
		[POSTFIX] = { "postfix", "Postfix as it comes, 50 clients", verify_by_server, 50, 0, 100, 1000, 1, .guard = NULL },
		[POSTFIX_TUNED] = { "postfix-tuned", "Postfix tuned, 50 clients", verify_by_server, 50, 0, 1000, 50, 1, .guard = NULL },
	};
	front_end front;

	find_servers(ways, servers);
	write_policy(&config);
	ways[OURS_256].guard = guard_open(config, MG_NO_TRACE);
	ways[OURS_50].guard = guard_open(config, MG_NO_TRACE);
	front = front_end_begin(config);
	ways[OURS_SERVER].server = ways[OURS_EACH].server = front.address;

	printf("Recipients that exist, verified a second against one backend, on loopback; asked about one at a time by\n"
	       "each client. Medians of %u rounds, interleaved; cold: nobody has asked before; cached: the same again.\n"
	       "\"connect.\": connections that the backend saw for the RCPTs of a round; \"backend %%\": of one processor, that it took;\n"
	       "\"4xx\": told to come again, in a round.\n\n", ROUNDS);
	measure_all(ways);
	print_ratios(ways);
	print_ratio("256 under way, to Exim, a connection for each RCPT: >= 20", &ways[OURS_256], &ways[EXIM_EACH]);
	print_ratio("256 under way, to Exim, 4 clients: >= 20", &ways[OURS_256], &ways[EXIM_4]);
	print_ratio("server, to Exim, 50 clients each: >= 20", &ways[OURS_SERVER], &ways[EXIM_50]);
	print_ratio("server, to Exim, a connection for each RCPT: >= 20", &ways[OURS_EACH], &ways[EXIM_EACH]);
	print_ratio("256 under way, to Postfix tuned: >= 20", &ways[OURS_256], &ways[POSTFIX_TUNED]);
	print_ratio("server, to Postfix tuned, 50 clients each: >= 20", &ways[OURS_SERVER], &ways[POSTFIX_TUNED]);
	if (!is_measured(&ways[EXIM_4]) && !is_measured(&ways[POSTFIX]))
		puts("  Exim and Postfix: not measured, for they are in the lab (test/lab), and this is not it");
	front_end_end(&front);
	mg_guard_close(ways[OURS_256].guard);
	mg_guard_close(ways[OURS_50].guard);
}

/* ---- a flood ---- */

typedef struct crowd {
	const char *what, *format;
	unsigned    per_second, first, n_names;   /* recipients in turn; n_names 0: each is new */
	unsigned    n_asked, n_answered, n_accepted, n_deferred, n_rejected;
	double     *waits_ms;   /* owned */
} crowd;

typedef struct question {
	crowd      *of;
	mg_session *session;
	double      asked_ns;
} question;

static void
crowd_ask(crowd *of, mg_guard *guard)
{
	question *asked = malloc(sizeof(*asked));
	unsigned n = of->n_asked++;

	if (asked == NULL)
		die("no memory");
	*asked = (question){ of, client_open(guard, n % FLOOD_CLIENTS + (of->n_names > 0 ? FLOOD_CLIENTS : 0)), clock_ns(CLOCK_MONOTONIC) };
	mg_session_set_context(asked->session, asked);
	ask(asked->session, of->format, of->first + (of->n_names > 0 ? n % of->n_names : n));
}

static void
crowd_hear(mg_verdict *verdict)
{
	question *asked = mg_verdict_context(verdict);
	crowd *of = asked->of;

	of->waits_ms[of->n_answered++] = (clock_ns(CLOCK_MONOTONIC) - asked->asked_ns) / 1e6;
	switch (mg_verdict_action(verdict)) {
	case MG_ACCEPT: of->n_accepted++; break;
	case MG_DEFER:  of->n_deferred++; break;
	default:        of->n_rejected++; break;
	}
	mg_verdict_free(verdict);
	mg_session_unref(asked->session);
	free(asked);
}

static void
hear_all(mg_guard *guard, int wait_ms)
{
	struct pollfd polled = { mg_guard_fd(guard), POLLIN, 0 };
	mg_verdict *verdict;

	poll(&polled, 1, wait_ms);
	mg_guard_dispatch(guard);
	while ((verdict = mg_guard_next_verdict(guard)) != NULL)
		crowd_hear(verdict);
}

/* Returns what the backend saw until it ended; then those are heard who still wait. */
static backend_counts
flood(mg_guard *guard, crowd *crowds, size_t n, unsigned seconds)
{
	double begin = clock_ns(CLOCK_MONOTONIC), elapsed = 0;
	unsigned n_left = 1;
	backend_counts seen;

	while (elapsed < seconds) {
		elapsed = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
		for (size_t i = 0; i < n; i++)
			while (crowds[i].n_asked < crowds[i].per_second * seconds && crowds[i].n_asked < crowds[i].per_second * elapsed)
				crowd_ask(&crowds[i], guard);
		hear_all(guard, 1);
	}
	seen = fast_backend_counts(backend);
	for (begin = clock_ns(CLOCK_MONOTONIC); n_left > 0 && clock_ns(CLOCK_MONOTONIC) - begin < AFTER_MS * 1e6; ) {
		hear_all(guard, 10);
		n_left = 0;
		for (size_t i = 0; i < n; i++)
			n_left += crowds[i].n_asked - crowds[i].n_answered;
	}
	if (n_left > 0)
		die("questions were not answered");
	return seen;
}

static size_t
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	size_t pages = 0;

	if (file == NULL || fscanf(file, "%*u %zu", &pages) != 1)
		die("resident memory cannot be told");
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Once they are in order. */
static double
percentile_99(const crowd *of)
{
	return of->waits_ms[of->n_answered * 99 / 100];
}

static void
print_crowd(crowd *of)
{
	double p50 = median(of->waits_ms, of->n_answered);

	printf("  %-34s %6u %8u %8u %8u %10.2f %9.2f %9.2f\n", of->what, of->n_asked, of->n_accepted, of->n_deferred, of->n_rejected, p50,
	       percentile_99(of), of->waits_ms[of->n_answered - 1]);
}

static void
bench_flood(unsigned seconds)
{
	const char *config;
	crowd crowds[] = {
		{ "unknown", "x%u@" LOAD_DOMAIN, 1000, 0, 0, .waits_ms = NULL },
		{ "valid, asked about before", "u%u@" LOAD_DOMAIN, 200, 0, N_KNOWN, .waits_ms = NULL },
		{ "valid, of others and new", "u%u@" LOAD_DOMAIN, 20, 0, UINT32_MAX, .waits_ms = NULL },
	};
	const size_t n = sizeof(crowds) / sizeof(crowds[0]);
	verifying warming = { .n_clients = 50, .n = N_KNOWN };
	load_figures figures = { 0 };
	size_t before;
	double grown_mib;
	backend_counts seen;

	write_policy(&config);
	warming.guard = guard_open(config, MG_NO_TRACE);
	crowds[1].first = fresh_recipients(N_KNOWN);
	crowds[2].first = fresh_recipients(20 * seconds);
	verify_in_process(&warming, crowds[1].first, &figures);
	for (size_t i = 0; i < n; i++)
		crowds[i].waits_ms = calloc(crowds[i].per_second * seconds, sizeof(double));
	before = resident();
	fast_backend_clear(backend);
	seen = flood(warming.guard, crowds, n, seconds);
	grown_mib = ((double)resident() - (double)before) / (1 << 20);

	printf("\nA flood of unknown recipients from %u clients for %u s, each another; and valid ones from others.\n\n"
	       "  %-34s %6s %8s %8s %8s %10s %9s %9s\n", FLOOD_CLIENTS, seconds, "", "asked", "accepted", "deferred", "rejected", "p50 ms",
	       "p99 ms", "worst ms");
	for (size_t i = 0; i < n; i++)
		print_crowd(&crowds[i]);
	printf("\n  The backend saw meanwhile, canaries among them: %u unknown recipients, at most %u in one second (20 a second over any\n"
	       "  minute are allowed, 40 at once); %u that exist; %u connections. Resident memory grew by %.1f MiB.\n\n", seen.n_unknown,
	       fast_backend_unknown_peak(backend), seen.n_known, seen.n_connections, grown_mib);
	if (seconds == FLOOD_S)
		print_bar("recipients that the backend saw a second, over the minute: <= 20", (double)(seen.n_unknown + seen.n_known) / seconds,
		          "", seen.n_unknown + seen.n_known <= BAR_PROBES * seconds);
	print_bar("valid, asked about before, 99 of 100 answered within: < 250", percentile_99(&crowds[1]), "ms",
	          percentile_99(&crowds[1]) < BAR_VALID_MS);
	print_bar("valid, of others and new, 99 of 100 answered within: < 250", percentile_99(&crowds[2]), "ms",
	          percentile_99(&crowds[2]) < BAR_VALID_MS);
	print_bar("resident memory grew by: <= 64", grown_mib, "MiB", grown_mib <= BAR_MIB);
	for (size_t i = 0; i < n; i++)
		free(crowds[i].waits_ms);
	mg_guard_close(warming.guard);
}

int
main(int argc, char **argv)
{
	unsigned seconds = FLOOD_S;
	uint16_t port = 0;
	int option;

	while ((option = getopt(argc, argv, "p:s")) != -1)
		if (option == 'p')
			port = (uint16_t)atoi(optarg);
		else if (option == 's')
			seconds = FLOOD_SHORT_S;
		else
			die("usage: bench_verify [-p PORT] [-s] [KEY=ADDRESS:PORT]...");
	signal(SIGPIPE, SIG_IGN);
	/* Before there are guards. */
	backend = fast_backend_begin(port);
	directory_begin();
	bench_rate(argv + optind);
	bench_flood(seconds);
	fast_backend_end(backend);
	return 0;
}
