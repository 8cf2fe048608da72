/* fast_backend.c - see fast_backend.h. */
#include "fast_backend.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bench.h"

#define INPUT_MAX  4096   /* octets; a batch is far less */
#define OUTPUT_MAX 4096
#define EVENTS_MAX 64
#define SLICE_NS   10e6
#define SLICES_MAX 20000u   /* over three minutes of them */
#define SECOND     100u     /* in slices */

/* Shared by both processes. */
typedef struct tallies {
	atomic_uint n_connections, n_known, n_unknown;
	double      begin_ns;
	atomic_uint known[SLICES_MAX], unknown[SLICES_MAX];   /* by the slice of time that they came in */
} tallies;

struct fast_backend {
	pid_t    child;
	uint16_t port;
	clockid_t clock;    /* the child's */
	double   cpu_ns;    /* of it, when it was cleared */
	tallies *counts;    /* owned; mapped */
};

typedef struct peer {
	int    fd;
	size_t n;
	char   input[INPUT_MAX];
} peer;

/* ---- in the child ---- */

static void
count_recipient(tallies *counts, int is_known)
{
	unsigned slice = (unsigned)((clock_ns(CLOCK_MONOTONIC) - counts->begin_ns) / SLICE_NS);

	atomic_fetch_add(is_known ? &counts->n_known : &counts->n_unknown, 1);
	if (slice < SLICES_MAX)
		atomic_fetch_add(is_known ? &counts->known[slice] : &counts->unknown[slice], 1);
}

/* @line: "RCPT TO:<...". */
static int
is_known(const char *line)
{
	const char *local = strchr(line, '<');

	if (local == NULL)
		return 0;
	local++;
	return (local[0] == 'u' && isdigit((unsigned char)local[1])) || strncmp(local, "postmaster@", 11) == 0;
}

/* NULL: none of ours. */
static const char *
reply_to(const char *line, tallies *counts)
{
	int found;

	switch (toupper((unsigned char)line[0])) {
	case 'E':
		return "250-backend.example\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n";
	case 'H':
	case 'N':
	case 'M':
		return "250 2.1.0 Ok\r\n";
	case 'R':
		if (toupper((unsigned char)line[1]) != 'C')
			return "250 2.0.0 Ok\r\n";   /* RSET */
		found = is_known(line);
		count_recipient(counts, found);
		return found ? "250 2.1.5 Ok\r\n" : "550 5.1.1 No such user\r\n";
	case 'Q':
		return "221 2.0.0 Bye\r\n";
	default:
		return "500 5.5.1 Unknown command\r\n";
	}
}

/* All the lines that are there, answered in one go. Returns 0 when the connection is over. */
static int
answer(peer *from, tallies *counts)
{
	char output[OUTPUT_MAX], *at = from->input, *end;
	size_t n = 0;
	int has_quit = 0;

	while ((end = memchr(at, '\n', from->n - (size_t)(at - from->input))) != NULL) {
		const char *reply;

		*end = 0;
		reply = reply_to(at, counts);
		has_quit |= toupper((unsigned char)at[0]) == 'Q';
		if (n + strlen(reply) > sizeof(output))
			return 0;
		memcpy(output + n, reply, strlen(reply));
		n += strlen(reply);
		at = end + 1;
	}
	from->n -= (size_t)(at - from->input);
	memmove(from->input, at, from->n);
	return (n == 0 || send(from->fd, output, n, MSG_NOSIGNAL) == (ssize_t)n) && !has_quit && from->n < INPUT_MAX;
}

static void
greet(int epoll, int listener, tallies *counts)
{
	static const char banner[] = "220 backend.example ESMTP\r\n";
	int fd, one = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		peer *new = calloc(1, sizeof(*new));
		struct epoll_event event = { EPOLLIN, { .ptr = new } };

		if (new == NULL)
			_exit(1);
		new->fd = fd;
		atomic_fetch_add(&counts->n_connections, 1);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		send(fd, banner, sizeof(banner) - 1, MSG_NOSIGNAL);
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
	}
}

static void
listen_to(peer *from, tallies *counts)
{
	ssize_t n = recv(from->fd, from->input + from->n, INPUT_MAX - from->n, 0);

	if (n > 0) {
		from->n += (size_t)n;
		if (answer(from, counts))
			return;
	}
	close(from->fd);
	free(from);
}

static _Noreturn void
serve(int listener, tallies *counts)
{
	struct epoll_event events[EVENTS_MAX], listening = { EPOLLIN, { .ptr = NULL } };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++)
			if (events[i].data.ptr == NULL)
				greet(epoll, listener, counts);
			else
				listen_to(events[i].data.ptr, counts);
	}
}

/* ---- in the parent ---- */

fast_backend *
fast_backend_begin(uint16_t port)
{
	fast_backend *backend = calloc(1, sizeof(*backend));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	pid_t parent = getpid();

	if (backend == NULL || fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0
	    || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0
	    || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		die("no backend");
	backend->port = ntohs(address.sin_port);
	backend->counts = mmap(NULL, sizeof(*backend->counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (backend->counts == MAP_FAILED)
		die("no backend");
	backend->counts->begin_ns = clock_ns(CLOCK_MONOTONIC);
	backend->child = fork();
	if (backend->child < 0)
		die("no backend");
	if (backend->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)   /* it was gone before that */
			_exit(1);
		serve(fd, backend->counts);
	}
	close(fd);
	if (clock_getcpuclockid(backend->child, &backend->clock) != 0)
		die("the backend's time cannot be taken");
	return backend;
}

void
fast_backend_end(fast_backend *backend)
{
	kill(backend->child, SIGKILL);
	waitpid(backend->child, NULL, 0);
	munmap(backend->counts, sizeof(*backend->counts));
	free(backend);
}

uint16_t
fast_backend_port(const fast_backend *backend)
{
	return backend->port;
}

backend_counts
fast_backend_counts(const fast_backend *backend)
{
	return (backend_counts){
		.n_connections = atomic_load(&backend->counts->n_connections),
		.n_known = atomic_load(&backend->counts->n_known),
		.n_unknown = atomic_load(&backend->counts->n_unknown),
		.cpu_ns = clock_ns(backend->clock) - backend->cpu_ns,
	};
}

static unsigned
find_peak(const tallies *counts, int with_known)
{
	unsigned sum = 0, most = 0;

	for (unsigned i = 0; i < SLICES_MAX; i++) {
		sum += atomic_load(&counts->unknown[i]) + (with_known ? atomic_load(&counts->known[i]) : 0);
		if (i >= SECOND)
			sum -= atomic_load(&counts->unknown[i - SECOND]) + (with_known ? atomic_load(&counts->known[i - SECOND]) : 0);
		most = sum > most ? sum : most;
	}
	return most;
}

unsigned
fast_backend_unknown_peak(const fast_backend *backend)
{
	return find_peak(backend->counts, 0);
}

unsigned
fast_backend_peak(const fast_backend *backend)
{
	return find_peak(backend->counts, 1);
}

void
fast_backend_clear(fast_backend *backend)
{
	tallies *counts = backend->counts;

	atomic_store(&counts->n_connections, 0);
	atomic_store(&counts->n_known, 0);
	atomic_store(&counts->n_unknown, 0);
	for (unsigned i = 0; i < SLICES_MAX; i++) {
		atomic_store(&counts->known[i], 0);
		atomic_store(&counts->unknown[i], 0);
	}
	counts->begin_ns = clock_ns(CLOCK_MONOTONIC);
	backend->cpu_ns = clock_ns(backend->clock);
}
