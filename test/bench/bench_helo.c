/* bench_helo.c - what a verdict on HELO word and host costs: all in the cache, and cold.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one. DNS is slow_dns.h with the
 *        hosts of host_zone.h
 * Out:   tables, and the bars of the plan with "met" or "NOT met"
 * Rules: timing is never a test: the exit status is 0 whatever the figures, 1 if a verdict is wrong or nothing could be
 *        measured.
 * Links: the engine's objects, libmailguard. */
#include <poll.h>

#include "bench_guard.h"
#include "check/sanity.h"
#include "host_zone.h"
#include "judge.h"
#include "slow_dns.h"

#define N_WARM      20000u        /* verdicts in a round, each way */
#define COLD_MS     20u
#define N_COLD      21u
#define COLD_ROUNDS 2.0           /* PTR with A, AAAA, MX of the word; the address of the name that PTR gave */
#define QUESTIONS   5u            /* of a cold verdict */
#define CLIENTS     0xc6120000u   /* 198.18.0.0 (RFC 2544), and on */
#define DEADLINE_MS 10000u

/* The bars. */
#define BAR_WARM_NS 3000.0

/* ---- clients ---- */

typedef struct client {
	char address[16], helo[HOST_NAME_MAX_OCTETS];
} client;

static client
client_of(unsigned index)
{
	uint32_t address = CLIENTS + index;
	client of;

	snprintf(of.address, sizeof(of.address), "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255,
	         address & 255);
	host_name("out", address, of.helo);
	return of;
}

/* ---- through the public interface ---- */

/* Session and verdict are made and freed. */
static void
check(mg_guard *guard, const client *of)
{
	mg_session *session = session_open(guard, of->address, of->helo, NULL);
	uint64_t request = 0;
	int asked = mg_ask_helo(session, &request);
	mg_verdict *verdict = verdict_of(guard, asked, request);

	/* All is well with these clients: PTR leads back, the word leads to the client, both are of one organisation. */
	if (mg_verdict_action(verdict) != MG_ACCEPT || strcmp(mg_verdict_reason(verdict), "none") != 0
	    || mg_verdict_flag(verdict, 0) != NULL || strcmp(evidence_of(verdict, "ptr.iprev"), "pass") != 0)
		die("a verdict is not what DNS says");
	mg_verdict_free(verdict);
	mg_session_unref(session);
}

typedef struct asker {
	mg_guard   *guard;
	mg_session *session;   /* open all the time */
	client      of;
} asker;

static void
check_abi(void *context)
{
	const asker *asking = context;

	check(asking->guard, &asking->of);
}

static void
check_relay(void *context)
{
	const asker *asking = context;
	mg_session *session = session_open(asking->guard, asking->of.address, asking->of.helo, NULL);

	ask_relay(asking->guard, session, MG_REJECT);
	mg_session_unref(session);
}

static void
check_relay_open(void *context)
{
	const asker *asking = context;

	ask_relay(asking->guard, asking->session, MG_REJECT);
}

/* ---- the engine's judgement by itself ---- */

static const mg_log no_log = { NULL, NULL, MG_LEVEL_ERROR };

typedef struct alone {
	mg_loop     *loop;       /* owned */
	mg_resolver *resolver;   /* owned */
	mg_policy   *policy;     /* owned */
	mg_tools     tools;
	mg_facts     facts;
	client       of;
	gboolean     has_waited;
} alone;

static void
alone_begin(alone *judging, const slow_dns *server)
{
	g_autofree char *servers = g_strdup_printf("127.0.0.1:%u", slow_dns_port(server));
	mg_resolver_settings settings = mg_resolver_settings_standard;

	settings.servers = servers;
	*judging = (alone){ .loop = mg_loop_new(), .policy = policy_from("[mailguard]\nhostname = mx.example.net\n") };
	judging->resolver = mg_resolver_new(judging->loop, &no_log, &settings, NULL);
	if (judging->resolver == NULL)
		die("no resolver");
	judging->tools = (mg_tools){ .log = &no_log, .resolver = judging->resolver };
	judging->of = client_of(0);
	judging->facts = facts_from(judging->of.address, judging->of.helo, NULL);
	judging->facts.question = MG_ASK_HELO;
	judging->facts.stage = 0;
	judging->facts.deadline_ms = DEADLINE_MS;
}

static void
alone_end(alone *judging)
{
	mg_resolver_free(judging->resolver);
	mg_policy_unref(judging->policy);
	mg_loop_free(judging->loop);
}

/* As mg_stage_begin and mg_stage_run do it: who the client is, the check, its report. */
static void
check_alone(void *context)
{
	alone *judging = context;
	mg_sanity_check *sanity = mg_sanity_check_new(&judging->tools, judging->policy, &judging->facts, FALSE, TRUE);
	mg_check *base = mg_sanity_check_base(sanity);
	mg_evidence *evidence = mg_evidence_new();
	mg_results results = { .n = 0 };
	mg_envelope envelope;
	mg_client who;
	mg_sanity_host host;

	for (judging->has_waited = FALSE; mg_check_run(base) == MG_STEP_WAIT; judging->has_waited = TRUE) {
		struct pollfd polled = { mg_loop_fd(judging->loop), POLLIN, 0 };

		poll(&polled, 1, (int)DEADLINE_MS);
		mg_loop_dispatch(judging->loop);
	}
	mg_client_identify(judging->policy, &judging->facts, &who);
	mg_envelope_read(judging->policy, &judging->facts, &envelope);
	mg_sanity_check_report(sanity, &who, &envelope, &results, NULL, evidence, &host);
	if (host.iprev != MG_IPREV_PASS || results.n > 0)
		die("the engine's judgement is not what DNS says");
	mg_evidence_free(evidence);
	base->free(base);
}

/* ---- warm ---- */

/* Returns nanoseconds of a verdict through the public interface. */
static double
measure_warm(slow_dns *server)
{
	mg_guard *guard = guard_over_dns(slow_dns_port(server), MG_NO_TRACE);
	asker asking = { .guard = guard, .of = client_of(0) };
	alone judging;
	bench_way ways[] = {
		{ "mg_ask_helo", check_abi, &asking, { 0 }, { 0 } },
		{ "mg_sanity_check of the engine alone", check_alone, &judging, { 0 }, { 0 } },
		{ "mg_ask_relay in its place", check_relay, &asking, { 0 }, { 0 } },
		{ "mg_ask_relay, the session open all the time", check_relay_open, &asking, { 0 }, { 0 } },
	};
	double ns;

	alone_begin(&judging, server);
	asking.session = session_open(guard, asking.of.address, asking.of.helo, NULL);
	check_abi(&asking);   /* the caches are filled by DNS */
	check_alone(&judging);
	slow_dns_clear(server);
	check_abi(&asking);
	check_alone(&judging);
	if (slow_dns_questions(server) != 0 || judging.has_waited)
		die("a warm verdict went to the network");
	measure_ways(ways, G_N_ELEMENTS(ways), N_WARM);
	printf("HELO and host, all answers in the cache; the public interface with MG_NO_TRACE, session and verdict made and\n"
	       "freed each time. Processor time, medians of %d rounds of %u verdicts, interleaved.\n\n", BENCH_ROUNDS, N_WARM);
	for (unsigned i = 0; i < G_N_ELEMENTS(ways); i++)
		print_way(&ways[i], ways[0].what);
	fflush(stdout);
	ns = median(ways[0].rounds, BENCH_ROUNDS);
	mg_session_unref(asking.session);
	mg_guard_close(guard);
	alone_end(&judging);
	return ns;
}

/* ---- cold ---- */

/* Returns the wall time of a verdict, the delay being one. */
static double
measure_cold(slow_dns *server)
{
	mg_guard *guard = guard_over_dns(slow_dns_port(server), MG_NO_TRACE);
	double delays[N_COLD], middle;

	slow_dns_clear(server);
	for (unsigned i = 0; i < N_COLD; i++) {
		client of = client_of(i);
		double begin = clock_ns(CLOCK_MONOTONIC);

		check(guard, &of);
		delays[i] = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e6 / COLD_MS;
	}
	if (slow_dns_questions(server) != N_COLD * QUESTIONS)
		die("a cold verdict did not ask its five questions");
	middle = median(delays, N_COLD);
	printf("\nCold, DNS answers after %u ms, each client and each word new; wall time, median of %u.\n\n"
	       "  mg_ask_helo  %6.1f ms   %4.2f times the delay (%.2f to %.2f)   %u questions, at most %u at once\n", COLD_MS,
	       N_COLD, middle * COLD_MS, middle, delays[0], delays[N_COLD - 1], QUESTIONS, slow_dns_waited(server));
	fflush(stdout);
	mg_guard_close(guard);
	return middle;
}

int
main(void)
{
	/* Before there are guards. */
	slow_dns *prompt = slow_dns_begin(0), *slow = slow_dns_begin(COLD_MS);
	double warm, cold;

	directory_begin();
	warm = measure_warm(prompt);
	cold = measure_cold(slow);
	printf("\nBars:\n");
	print_bar("warm, public interface, no trace: microseconds < 3", warm / 1e3, "us", warm < BAR_WARM_NS);
	/* Half a delay is left for what is no waiting. */
	print_bar("cold: times the delay, in whole rounds <= 2", cold, "", cold < COLD_ROUNDS + 0.5);
	slow_dns_end(prompt);
	slow_dns_end(slow);
	return 0;
}
