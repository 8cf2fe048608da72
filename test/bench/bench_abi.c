/* bench_abi.c - what one question costs a server: the whole trip through the public interface.
 * In:    MAILGUARD_ENGINE in the environment: the engine's path; without it the installed one. A policy with a list of
 *        networks is made in a temporary directory, from random numbers with a fixed seed
 * Out:   nanoseconds from mg_ask_relay to the verdict in hand and released, its trace written on the way, and the
 *        most memory that was used
 * Rules: nothing but <mailguard.h>. Timing is never a test: the exit status is 0 whatever the figures, 1 if a verdict
 *        is not what the policy says, or nothing could be measured. */
#include <sys/resource.h>

#include "bench_guard.h"

#define N_NETWORKS  1000000u
#define N_CLIENTS   1024u     /* sessions that are open at once */
#define N_QUESTIONS 20000u    /* a round */

typedef struct client {
	mg_session *session;   /* owned */
	int         is_inside;
} client;

/* One network in each sixteen addresses of 10.0.0.0/8, so that what is inside is known without a look. */
static void
network_format(unsigned index, char out[32])
{
	uint32_t address = (10u << 24) + index * 16;

	snprintf(out, 32, "%u.%u.%u.%u", address >> 24, address >> 16 & 255, address >> 8 & 255, address & 255);
}

static const char *
write_policy(void)
{
	const char *config;
	char address[32];
	FILE *file = file_begin("networks", NULL);

	for (unsigned i = 0; i < N_NETWORKS; i++) {
		network_format(i, address);
		fprintf(file, "%s/%u\n", address, 29 + i % 4);
	}
	file_end(file);
	file = file_begin("mailguard.conf", &config);
	fputs("[mailguard]\nhostname = mx.example.net\n[domains]\nlocal = example.net\n"
	      "[zone inside]\nnetworks = @networks\nowner = ana\n[grant inside]\nzone = inside\nowner = ana\n", file);
	file_end(file);
	return config;
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
	client_out->session = session_open(guard, address, "host.example.org", "sender@example.org");
	client_out->is_inside = !outside;
}

int
main(void)
{
	static client clients[N_CLIENTS];
	double rounds[BENCH_ROUNDS], middle, begin;
	struct rusage usage;
	const char *config;
	mg_guard *guard;

	directory_begin();
	config = write_policy();
	begin = now_ns();
	guard = guard_open(config, 0);
	printf("Through the public interface, %u networks: the guard opens in %.2f s of processor time;\n", N_NETWORKS,
	       (now_ns() - begin) / 1e9);
	for (unsigned i = 0; i < N_CLIENTS; i++)
		client_open(guard, i, &clients[i]);

	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		begin = now_ns();
		for (unsigned i = 0; i < N_QUESTIONS; i++)
			ask_relay(guard, clients[i % N_CLIENTS].session, clients[i % N_CLIENTS].is_inside ? MG_ACCEPT : MG_REJECT);
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
	}
	middle = median(rounds, BENCH_ROUNDS);
	getrusage(RUSAGE_SELF, &usage);
	printf("mg_ask_relay + mg_guard_wait: %.0f ns a verdict (median of %d rounds, %.0f to %.0f), %.0f a second; "
	       "peak RSS %ld MiB\n", middle, BENCH_ROUNDS, rounds[0], rounds[BENCH_ROUNDS - 1], 1e9 / middle,
	       usage.ru_maxrss / 1024);

	for (unsigned i = 0; i < N_CLIENTS; i++)
		mg_session_unref(clients[i].session);
	mg_guard_close(guard);
	return 0;
}
