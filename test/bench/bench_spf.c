/* bench_spf.c - what an SPF verdict costs: warm, cold, and 10,000 at once; each beside libspf2 in the same run.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one. DNS is slow_dns.h
 * Out:   tables, and the bars of DESIGN 6 with "met" or "NOT met"
 * Rules: timing is never a test: the exit status is 0 whatever the figures, 1 if a verdict is wrong or nothing could be
 *        measured. All goes through the public interface, but for the evaluator alone.
 * Links: the engine's objects of SPF and DNS names, libmailguard, libspf2. */
#include <poll.h>
#include <pthread.h>

#include <glib.h>

#include "bench_guard.h"
#include "dns/cache.h"
#include "gmail_zone.h"
#include "slow_dns.h"
#include "spf/evaluate.h"
#include "spf/record.h"
#include "spf2.h"

#define N_WARM        4000u   /* checks in a round, each way */
#define WARM_DOMAIN   "gmail.example"
#define HELO          "host.example.org"
#define COLD_MS       20u
#define N_COLD        21u
#define FLIGHT_MS     50u
#define N_FLIGHT      10000u
#define LAPS          3       /* the first with an empty cache; the last one is weighed */
#define N_THREADS     64u
#define N_PEER        1280u   /* checks of libspf2 in these threads */
#define SAMPLE_NS     5e6     /* between two looks at what is resident */
#define WEIGH_NS      50e6    /* at what is allocated: that takes milliseconds */

/* The bars (DESIGN 6). */
#define BAR_ABI       10.0
#define BAR_ALONE     40.0
#define BAR_OCTETS    6144.0

/* ---- a check through the public interface ---- */

static uint64_t
ask(mg_session *session)
{
	uint64_t request;

	if (mg_ask_spf(session, MG_IDENTITY_MAIL_FROM, &request) != MG_OK)
		die("a question was refused");
	return request;
}

/* The result's word; "" if there is none. */
static const char *
result_of(const mg_verdict *verdict)
{
	const char *name, *result;

	for (size_t i = 0; (name = mg_verdict_result(verdict, i, &result)) != NULL; i++)
		if (strcmp(name, "spf") == 0)
			return result;
	return "";
}

static void
expect_pass(const mg_verdict *verdict)
{
	if (strcmp(result_of(verdict), "pass") != 0)
		die("a verdict is not pass");
}

static unsigned
rounds_of(const mg_verdict *verdict)
{
	const char *rounds = evidence_of(verdict, "spf.rounds");

	if (rounds[0] == 0)
		die("a verdict tells no rounds");
	return (unsigned)atoi(rounds);
}

static mg_session *
sender_open(mg_guard *guard, const char *domain)
{
	char sender[ZONE_NAME_MAX + 8];

	snprintf(sender, sizeof(sender), "sender@%s", domain);
	return session_open(guard, ZONE_CLIENT, HELO, sender);
}

/* Session and verdict are made and freed. Returns the round trips, if they are wanted. */
static unsigned
check(mg_guard *guard, const char *domain, int wants_rounds)
{
	mg_session *session = sender_open(guard, domain);
	mg_verdict *verdict;
	unsigned n_rounds;

	if (mg_guard_wait(guard, ask(session), &verdict) != MG_OK)
		die("a question was not answered");
	expect_pass(verdict);
	n_rounds = wants_rounds ? rounds_of(verdict) : 0;
	mg_verdict_free(verdict);
	mg_session_unref(session);
	return n_rounds;
}

/* A domain that was never asked for. */
static void
fresh_domain(char out[ZONE_NAME_MAX])
{
	static unsigned n;

	snprintf(out, ZONE_NAME_MAX, "d%u.fresh.example", n++);
}

/* ---- warm ---- */

static void
check_spf2(void *context)
{
	spf2_check(context, WARM_DOMAIN);
}

static void
check_abi(void *context)
{
	check(context, WARM_DOMAIN, 0);
}

static mg_dns_answer *
lookup_cached(void *context, const mg_dns_question *question)
{
	return mg_dns_cache_get(context, question, 0);
}

static void
check_alone(void *context)
{
	mg_spf_question question = {
		.domain = WARM_DOMAIN, .sender = "sender@" WARM_DOMAIN, .helo = HELO, .receiver = "mx.example.net",
		.limits = mg_spf_limits_standard,
	};
	mg_spf_outcome outcome;

	mg_ip_parse(ZONE_CLIENT, &question.client);
	if (!mg_spf_evaluate(&question, lookup_cached, context, NULL, &outcome) || outcome.result != MG_SPF_PASS)
		die("the evaluator did not say pass");
	mg_spf_outcome_clear(&outcome);
}

/* The resolver's cache with compiled records, as it is after answers came. */
static mg_dns_cache *
cache_filled(const char *domain)
{
	mg_dns_cache *cache = mg_dns_cache_new(1 << 20);
	char name[ZONE_NAME_MAX], text[ZONE_TEXT_MAX];

	for (unsigned i = 0; i < ZONE_RECORDS; i++) {
		mg_dns_question question = { .type = MG_DNS_TXT };
		mg_dns_answer *answer;

		zone_name(i, domain, name);
		zone_text(i, domain, text);
		if (!mg_dns_name_from_text(name, strlen(name), &question.name))
			die("a name cannot be read");
		answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", 1);
		answer->ttl_s = answer->records[0].ttl_s = 300;
		answer->records[0].text = g_strdup(text);
		answer->records[0].length = strlen(text);
		mg_spf_record_compile(answer);
		mg_dns_cache_put(cache, answer, 0);
		mg_dns_answer_unref(answer);
	}
	return cache;
}

static void
measure_warm(const slow_dns *server, double *alone_out, double *abi_out)
{
	unsigned port = slow_dns_port(server);
	bench_way ways[] = {
		{ "libspf2 over its zone layer", check_spf2, spf2_over_zone(WARM_DOMAIN), { 0 }, { 0 } },
		{ "mg_spf_evaluate alone, answers in the cache", check_alone, cache_filled(WARM_DOMAIN), { 0 }, { 0 } },
		{ "public interface, MG_NO_TRACE", check_abi, guard_over_dns(port, MG_NO_TRACE), { 0 }, { 0 } },
		{ "public interface, with its trace", check_abi, guard_over_dns(port, 0), { 0 }, { 0 } },
	};

	check(ways[2].context, WARM_DOMAIN, 0);   /* its cache is filled by DNS */
	check(ways[3].context, WARM_DOMAIN, 0);
	if (check(ways[2].context, WARM_DOMAIN, 1) != 0 || check(ways[3].context, WARM_DOMAIN, 1) != 0)
		die("a warm check went to the network");
	measure_ways(ways, G_N_ELEMENTS(ways), N_WARM);
	printf("Warm SPF verdicts, a record shaped as gmail.com's: redirect, three includes, 27 networks; the client is\n"
	       "in the last network of the last include. Processor time, medians of %d rounds of %u checks, interleaved;\n"
	       "request, answer and session made and freed each time.\n\n", BENCH_ROUNDS, N_WARM);
	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++)
		print_way(&ways[i], "libspf2");
	fflush(stdout);
	*alone_out = median(ways[1].ratios, BENCH_ROUNDS);
	*abi_out = median(ways[2].ratios, BENCH_ROUNDS);
	spf2_free(ways[0].context);
	mg_dns_cache_free(ways[1].context);
	mg_guard_close(ways[2].context);
	mg_guard_close(ways[3].context);
}

/* ---- cold ---- */

static void
print_cold(const char *what, double wall_ns, double trips, double questions)
{
	printf("  %-20s %8.1f ms   %4.1f times the delay   %4.1f round trips   %4.1f questions\n", what, wall_ns / 1e6,
	       wall_ns / 1e6 / COLD_MS, trips, questions);
}

/* Returns the most round trips that a check made. */
static unsigned
measure_cold(slow_dns *server)
{
	mg_guard *guard = guard_over_dns(slow_dns_port(server), 0);
	spf2 *peer = spf2_over_udp(slow_dns_port(server));
	double ours[N_COLD], peers[N_COLD], begin;
	unsigned n_rounds_most = 0, n_ours = 0, n_peers = 0;
	char domain[ZONE_NAME_MAX];

	for (unsigned i = 0; i < N_COLD; i++) {
		unsigned n_rounds;

		fresh_domain(domain);
		slow_dns_clear(server);
		begin = clock_ns(CLOCK_MONOTONIC);
		n_rounds = check(guard, domain, 1);
		ours[i] = clock_ns(CLOCK_MONOTONIC) - begin;
		n_rounds_most = MAX(n_rounds_most, n_rounds);
		n_ours += slow_dns_questions(server);

		slow_dns_clear(server);
		begin = clock_ns(CLOCK_MONOTONIC);
		spf2_check(peer, domain);
		peers[i] = clock_ns(CLOCK_MONOTONIC) - begin;
		n_peers += slow_dns_questions(server);
	}
	printf("\nCold, DNS answers after %u ms; the same record, each domain new; it is %d records deep. Wall time, median\n"
	       "of %u. libspf2 asks one question after the other, so each is a round trip.\n\n", COLD_MS, ZONE_DEPTH, N_COLD);
	print_cold("libspf2", median(peers, N_COLD), (double)n_peers / N_COLD, (double)n_peers / N_COLD);
	print_cold("public interface", median(ours, N_COLD), n_rounds_most, (double)n_ours / N_COLD);
	fflush(stdout);
	spf2_free(peer);
	mg_guard_close(guard);
	return n_rounds_most;
}

/* ---- in flight ---- */

/* Octets of this process that are in memory. */
static double
resident(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long n_pages;

	if (file == NULL || fscanf(file, "%*d %ld", &n_pages) != 1)
		die("the memory cannot be measured");
	fclose(file);
	return (double)n_pages * (double)sysconf(_SC_PAGESIZE);
}

typedef struct flight {
	double wall_s, cpu_s;
	double session_octets;   /* of a check: what the caller's session takes */
	double asked_octets;     /* and the question, before the first dispatch */
	double peak_octets;      /* the most beside the sessions, by the number of checks; 0: not weighed */
	double resident_octets;  /* how much the process has grown at most, by the number of checks at once */
	unsigned n_questions, n_waited, n_temperrors;
} flight;

/* Returns whether it is time again, at most every @pause_ns. */
static int
is_due(double *last_ns, double pause_ns)
{
	double now = clock_ns(CLOCK_MONOTONIC);

	if (now - *last_ns < pause_ns)
		return 0;
	*last_ns = now;
	return 1;
}

/* Every check is there before the first is answered. */
static flight
fly(mg_guard *guard, slow_dns *server, int is_weighed)
{
	static mg_session *sessions[N_FLIGHT];
	struct pollfd polled = { mg_guard_fd(guard), POLLIN, 0 };
	double resident_before = resident(), resident_peak = 0, peak = 0, sampled_ns = 0, weighed_ns = 0;
	double begin, cpu_begin;
	size_t before = allocated(), sessions_made;
	unsigned n_answered = 0;
	char domain[ZONE_NAME_MAX];
	flight figures = { 0 };

	slow_dns_clear(server);
	for (unsigned i = 0; i < N_FLIGHT; i++) {
		fresh_domain(domain);
		sessions[i] = sender_open(guard, domain);
	}
	sessions_made = allocated();
	begin = clock_ns(CLOCK_MONOTONIC);
	cpu_begin = now_ns();
	for (unsigned i = 0; i < N_FLIGHT; i++)
		ask(sessions[i]);
	figures.asked_octets = (double)(allocated() - sessions_made) / N_FLIGHT;
	while (n_answered < N_FLIGHT) {
		mg_verdict *verdict;

		poll(&polled, 1, -1);
		mg_guard_dispatch(guard);
		while ((verdict = mg_guard_next_verdict(guard)) != NULL) {
			/* For want of room for its questions a check may end without a result, never with a wrong one. */
			if (strcmp(result_of(verdict), "temperror") == 0)
				figures.n_temperrors++;
			else
				expect_pass(verdict);
			mg_verdict_free(verdict);
			n_answered++;
		}
		if (is_due(&sampled_ns, SAMPLE_NS))
			resident_peak = MAX(resident_peak, resident());
		if (is_weighed && is_due(&weighed_ns, WEIGH_NS))
			peak = MAX(peak, (double)allocated() - (double)sessions_made);
	}
	figures.wall_s = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	figures.cpu_s = (now_ns() - cpu_begin) / 1e9;
	figures.session_octets = (double)(sessions_made - before) / N_FLIGHT;
	figures.peak_octets = peak / N_FLIGHT;
	figures.resident_octets = (resident_peak - resident_before) / N_FLIGHT;
	figures.n_questions = slow_dns_questions(server);
	figures.n_waited = slow_dns_waited(server);
	for (unsigned i = 0; i < N_FLIGHT; i++)
		mg_session_unref(sessions[i]);
	return figures;
}

typedef struct peer_thread {
	pthread_t thread;
	uint16_t  port;
	unsigned  index;
} peer_thread;

static void *
peer_run(void *context)
{
	const peer_thread *own = context;
	spf2 *peer = spf2_over_udp(own->port);
	char domain[ZONE_NAME_MAX];

	for (unsigned i = own->index; i < N_PEER; i += N_THREADS) {
		snprintf(domain, sizeof(domain), "p%u.fresh.example", i);
		spf2_check(peer, domain);
	}
	spf2_free(peer);
	return NULL;
}

/* Each thread has one check under way at a time. */
static flight
fly_peer(slow_dns *server)
{
	peer_thread threads[N_THREADS];
	double resident_before = resident(), resident_peak = 0, begin = clock_ns(CLOCK_MONOTONIC), cpu_begin = now_ns();
	flight figures = { 0 };

	slow_dns_clear(server);
	for (unsigned i = 0; i < N_THREADS; i++) {
		threads[i] = (peer_thread){ .port = slow_dns_port(server), .index = i };
		if (pthread_create(&threads[i].thread, NULL, peer_run, &threads[i]) != 0)
			die("no thread");
	}
	for (unsigned i = 0; i < N_THREADS; i++)
		while (pthread_tryjoin_np(threads[i].thread, NULL) != 0) {
			resident_peak = MAX(resident_peak, resident());
			poll(NULL, 0, (int)(SAMPLE_NS / 1e6));
		}
	figures.wall_s = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	figures.cpu_s = (now_ns() - cpu_begin) / 1e9;
	figures.resident_octets = (resident_peak - resident_before) / N_THREADS;
	figures.n_questions = slow_dns_questions(server);
	figures.n_waited = slow_dns_waited(server);
	return figures;
}

static void
print_flight(const char *what, const flight *figures, unsigned n_checks)
{
	printf("  %-30s %8.0f   %7.2f   %8.1f   %9.1f   %9u   %11u   %11.0f\n", what, n_checks / figures->wall_s,
	       figures->wall_s, figures->cpu_s * 1e6 / n_checks, (double)figures->n_questions / n_checks,
	       figures->n_waited, figures->n_temperrors, figures->resident_octets);
	fflush(stdout);
}

/* Returns the last lap. */
static flight
measure_flight(slow_dns *server)
{
	static const char *const names[LAPS] = {
		"public interface, cache empty", "public interface, cache full", "the same, while it is weighed",
	};
	mg_guard *guard = guard_over_dns(slow_dns_port(server), 0);
	flight laps[LAPS], peer;
	const flight *last = &laps[LAPS - 1];

	printf("\n%u cold checks at once, one thread; DNS answers after %u ms; the same record, each domain new.\n\n"
	       "  %-30s checks/s    wall s     cpu us   questions   DNS waits    temperrors    RSS octets\n"
	       "  %-30s                       a check     a check     at once             of   a check at once\n",
	       N_FLIGHT, FLIGHT_MS, "", "");
	for (unsigned lap = 0; lap < LAPS; lap++) {
		laps[lap] = fly(guard, server, lap == LAPS - 1);
		print_flight(names[lap], &laps[lap], N_FLIGHT);
	}
	peer = fly_peer(server);
	print_flight("libspf2, 64 threads", &peer, N_PEER);
	printf("\n  octets allocated for a check: its session %.0f; beside it, asked and not begun %.0f, at most %.0f\n",
	       last->session_octets, last->asked_octets, last->peak_octets);
	mg_guard_close(guard);
	return *last;
}

int
main(void)
{
	/* Before there are threads and guards. */
	slow_dns *prompt = slow_dns_begin(0), *cold = slow_dns_begin(COLD_MS), *crowded = slow_dns_begin(FLIGHT_MS);
	double alone, abi, octets;
	unsigned n_rounds;
	flight last;

	directory_begin();
	measure_warm(prompt, &alone, &abi);
	n_rounds = measure_cold(cold);
	last = measure_flight(crowded);
	octets = last.session_octets + last.peak_octets;

	printf("\nBars of DESIGN 6:\n");
	print_bar("warm, public interface, no trace: times libspf2 >= 10", abi, "x", abi >= BAR_ABI);
	print_bar("warm, the evaluator alone: times libspf2 >= 40", alone, "x", alone >= BAR_ALONE);
	print_bar("cold: round trips <= 3, as the record is deep", n_rounds, "", n_rounds <= ZONE_DEPTH);
	print_bar("10,000 in flight: octets a check <= 6144, its session with them", octets, "", octets <= BAR_OCTETS);
	print_bar("10,000 in flight: verdicts that are temperror = 0", last.n_temperrors, "", last.n_temperrors == 0);
	slow_dns_end(prompt);
	slow_dns_end(cold);
	slow_dns_end(crowded);
	return 0;
}
