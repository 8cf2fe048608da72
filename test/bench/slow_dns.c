/* slow_dns.c - see slow_dns.h. */
#include "slow_dns.h"

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "bench.h"
#include "gmail_zone.h"
#include "host_zone.h"

#define QUERY_MAX      300           /* octets; longer ones are none of ours */
#define REPLY_MAX      1232
#define WAITING_MAX    (1u << 15)    /* a power of two */
#define RECEIVE_BUFFER (4 << 20)
#define TTL_S          300

#define OF_THE_QUESTION (NS_CMPRSFLGS << 8 | NS_HFIXEDSZ)   /* its name */

/* Shared by both processes. */
typedef struct tallies {
	atomic_uint n_questions, n_waiting_most;
} tallies;

struct slow_dns {
	pid_t    child;
	uint16_t port;
	tallies *counts;   /* owned; mapped */
};

typedef struct question {
	unsigned type;
	char     name[ZONE_NAME_MAX];
} question;

typedef struct waiting {
	double             due_ns;
	struct sockaddr_in from;
	size_t             length;
	unsigned char      octets[QUERY_MAX];
} waiting;

/* ---- in the child ---- */

/* Returns where the question ends; 0: there is none. */
static size_t
question_read(const waiting *query, question *question_out)
{
	ns_msg message;
	ns_rr asked;

	if (ns_initparse(query->octets, (int)query->length, &message) != 0
	    || ns_parserr(&message, ns_s_qd, 0, &asked) != 0 || strlen(ns_rr_name(asked)) >= ZONE_NAME_MAX)
		return 0;
	question_out->type = ns_rr_type(asked);
	strcpy(question_out->name, ns_rr_name(asked));
	return NS_HFIXEDSZ + (size_t)ns_skiprr(query->octets + NS_HFIXEDSZ, ns_msg_end(message), ns_s_qd, 1);
}

/* The TXT record of @name, in as many strings as it takes. */
static unsigned char *
text_write(unsigned char *at, const char *name)
{
	char text[ZONE_TEXT_MAX];
	unsigned index = zone_find(name);
	size_t length, left;

	zone_text(index, name + strlen(zone_prefixes[index]), text);
	length = strlen(text);
	for (const char *from = text; (left = length - (size_t)(from - text)) > 0; ) {
		size_t some = left < ZONE_STRING ? left : ZONE_STRING;

		*at++ = (unsigned char)some;
		memcpy(at, from, some);
		at += some;
		from += some;
	}
	return at;
}

/* Of a host of host_zone.h; @at: it is none, or has no such record. An IPv6 address ends in the octets of the IPv4 one;
 * mail for a host goes to itself. */
static unsigned char *
host_write(unsigned char *at, const question *asked)
{
	static const unsigned char ipv6[12] = { 0x20, 0x01, 0x0d, 0xb8 };
	char name[HOST_NAME_MAX_OCTETS];
	uint32_t address;

	if (asked->type == ns_t_ptr && host_find_reverse(asked->name, &address)) {
		host_name("mx", address, name);
		return at + dn_comp(name, at, sizeof(name) + 1, NULL, NULL);
	}
	if (!host_find(asked->name, &address))
		return at;
	switch (asked->type) {
	case ns_t_mx:
		ns_put16(10, at);
		ns_put16(OF_THE_QUESTION, at + 2);
		return at + 4;
	case ns_t_aaaa:
		memcpy(at, ipv6, sizeof(ipv6));
		at += sizeof(ipv6);
		/* fall through */
	case ns_t_a:
		ns_put32(address, at);
		return at + 4;
	default:
		return at;
	}
}

/* @at: there is no record. */
static unsigned char *
record_write(unsigned char *at, const question *asked)
{
	unsigned char *data = at + 12, *end = asked->type == ns_t_txt ? text_write(data, asked->name) : host_write(data, asked);

	if (end == data)
		return at;
	ns_put16(OF_THE_QUESTION, at);
	ns_put16(asked->type, at + 2);
	ns_put16(ns_c_in, at + 4);
	ns_put32(TTL_S, at + 6);
	ns_put16((unsigned)(end - data), at + 10);
	return end;
}

static void
answer(int fd, const waiting *query)
{
	unsigned char reply[REPLY_MAX], *at;
	question asked;
	size_t end = question_read(query, &asked);

	if (end == 0)
		return;
	memcpy(reply, query->octets, end);
	at = record_write(reply + end, &asked);
	ns_put16(0x8180, reply + 2);   /* QR, RD, RA */
	ns_put16(1, reply + 4);
	ns_put16(at > reply + end, reply + 6);
	ns_put32(0, reply + 8);
	sendto(fd, reply, (size_t)(at - reply), 0, (const struct sockaddr *)&query->from, sizeof(query->from));
}

static _Noreturn void
serve(int fd, double delay_ns, tallies *counts)
{
	waiting *queue = calloc(WAITING_MAX, sizeof(*queue));   /* a ring: what came first is due first */
	unsigned first = 0, n_waiting = 0;

	if (queue == NULL)
		_exit(1);
	for (;;) {
		struct pollfd polled = { fd, POLLIN, 0 };
		double left_ns = n_waiting > 0 ? queue[first].due_ns - clock_ns(CLOCK_MONOTONIC) : 1e9;
		struct timespec left = { 0, left_ns < 0 ? 0 : left_ns > 999e6 ? 999000000 : (long)left_ns };

		ppoll(&polled, 1, &left, NULL);
		while (n_waiting < WAITING_MAX) {
			waiting *query = &queue[(first + n_waiting) % WAITING_MAX];
			socklen_t from_length = sizeof(query->from);
			ssize_t length = recvfrom(fd, query->octets, sizeof(query->octets), MSG_DONTWAIT,
			                          (struct sockaddr *)&query->from, &from_length);

			if (length < 0)
				break;
			query->length = (size_t)length;
			query->due_ns = clock_ns(CLOCK_MONOTONIC) + delay_ns;
			atomic_fetch_add(&counts->n_questions, 1);
			if (++n_waiting > atomic_load(&counts->n_waiting_most))
				atomic_store(&counts->n_waiting_most, n_waiting);
		}
		for (; n_waiting > 0 && queue[first].due_ns <= clock_ns(CLOCK_MONOTONIC); n_waiting--) {
			answer(fd, &queue[first]);
			first = (first + 1) % WAITING_MAX;
		}
	}
}

/* ---- in the parent ---- */

slow_dns *
slow_dns_begin(unsigned delay_ms)
{
	slow_dns *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), more = RECEIVE_BUFFER;
	pid_t parent = getpid();

	if (server == NULL || fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0
	    || getsockname(fd, (struct sockaddr *)&address, &length) != 0)
		die("no DNS server");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &more, sizeof(more));
	server->port = ntohs(address.sin_port);
	server->counts = mmap(NULL, sizeof(*server->counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
	                      0);
	if (server->counts == MAP_FAILED)
		die("no DNS server");
	server->child = fork();
	if (server->child < 0)
		die("no DNS server");
	if (server->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)   /* it was gone before that */
			_exit(1);
		serve(fd, delay_ms * 1e6, server->counts);
	}
	close(fd);
	return server;
}

void
slow_dns_end(slow_dns *server)
{
	kill(server->child, SIGKILL);
	waitpid(server->child, NULL, 0);
	munmap(server->counts, sizeof(*server->counts));
	free(server);
}

uint16_t
slow_dns_port(const slow_dns *server)
{
	return server->port;
}

unsigned
slow_dns_questions(const slow_dns *server)
{
	return atomic_load(&server->counts->n_questions);
}

unsigned
slow_dns_waited(const slow_dns *server)
{
	return atomic_load(&server->counts->n_waiting_most);
}

void
slow_dns_clear(slow_dns *server)
{
	atomic_store(&server->counts->n_questions, 0);
	atomic_store(&server->counts->n_waiting_most, 0);
}
