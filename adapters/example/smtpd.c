/* smtpd.c - "example": an SMTP front end that embeds mailguard, to show how a server with a poll loop does.
 *
 *   cc $(pkg-config --cflags mailguard) *.c $(pkg-config --libs mailguard) -o example
 *
 * In:    SMTP connections, many at once, at one address
 * Out:   replies made from verdicts. It accepts no message: DATA is refused, nothing is stored or sent on.
 * Rules: one thread, one poll() over the listener, the clients and mg_guard_fd(); nothing else waits.
 *
 * Here the guard is opened, polled and closed. client.c moves octets. dialogue.c tells the library what a client
 * said, asks, and makes replies of verdicts. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE   /* accept4 */
#endif
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"

#define CLIENTS_MAX 200
#define POLL_MS     300000   /* at the longest */
#define PAUSE_MS    1000     /* when the system has no descriptor for one more client */
#define EXIT_USAGE  64       /* sysexits.h */

enum { POLLED_SIGNALS, POLLED_GUARD, POLLED_LISTENER, POLLED_CLIENTS };

struct server {
	mg_guard     *guard;                                  /* owned */
	int           signals, listener;                      /* owned; -1: none */
	struct host   host;
	uint64_t      n_sessions;
	int64_t       accept_ms;                              /* not before; on the monotonic clock */
	struct client clients[CLIENTS_MAX];
	struct pollfd polled[POLLED_CLIENTS + CLIENTS_MAX];   /* clients in their places */
	nfds_t        n_polled;                               /* up to the last client: poll() wants few places, too */
};

/* ---- running ---- */

static bool
server_admit(struct server *server, int fd)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i].fd < 0)
			return client_open(&server->clients[i], &server->host, server->guard, fd, ++server->n_sessions);
	return false;
}

static void
server_accept(struct server *server)
{
	static const char full[] = "421 4.3.2 Too many connections\r\n";
	int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Without a free descriptor the listener stays readable: not to be asked again and again. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			server->accept_ms = now_ms() + PAUSE_MS;
	} else if (!server_admit(server, fd)) {
		(void)send(fd, full, strlen(full), MSG_NOSIGNAL);   /* the buffer of a new socket is empty: it fits */
		close(fd);
	}
}

static void
server_take_verdicts(struct server *server)
{
	mg_verdict *verdict;

	mg_guard_dispatch(server->guard);   /* judges what was asked; never waits, calls nothing of ours but the log */
	while ((verdict = mg_guard_next_verdict(server->guard)) != NULL) {
		client_answer(mg_verdict_context(verdict), verdict);
		mg_verdict_free(verdict);
	}
}

/* Ends what is past its deadline, and writes down what is waited for. Returns how long, for poll(). */
static int
server_prepare(struct server *server)
{
	int64_t now = now_ms(), next = now + POLL_MS;

	server->n_polled = POLLED_CLIENTS;
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *client = &server->clients[i];

		if (client->fd >= 0 && client->deadline_ms <= now)
			client_end(client, "4.4.2", "No command for too long");
		if (client->fd >= 0 && client->deadline_ms < next)
			next = client->deadline_ms;
		if (client->fd >= 0)
			server->n_polled = POLLED_CLIENTS + i + 1;
		server->polled[POLLED_CLIENTS + i] = (struct pollfd){ client->fd, client_events(client), 0 };
	}
	server->polled[POLLED_LISTENER].events = server->accept_ms <= now ? POLLIN : 0;
	if (server->accept_ms > now && server->accept_ms < next)
		next = server->accept_ms;
	return next > now ? (int)(next - now) : 0;
}

/* False: it is to end. Signals come as input, so that no handler runs in the middle of a call to the library. */
static bool
server_take_signal(struct server *server)
{
	struct signalfd_siginfo taken;

	if (read(server->signals, &taken, sizeof(taken)) != (ssize_t)sizeof(taken))
		return true;
	if (taken.ssi_signo != SIGHUP)
		return false;
	(void)mg_guard_reload(server->guard);   /* refused, the policy in force stays, and the log says why */
	return true;
}

/* Until SIGTERM or SIGINT: 0; or until poll() fails. */
static int
server_run(struct server *server)
{
	struct pollfd *polled = server->polled;

	polled[POLLED_SIGNALS] = (struct pollfd){ server->signals, POLLIN, 0 };
	polled[POLLED_GUARD] = (struct pollfd){ mg_guard_fd(server->guard), POLLIN, 0 };   /* it never changes */
	polled[POLLED_LISTENER] = (struct pollfd){ server->listener, POLLIN, 0 };
	for (;;) {
		int wait_ms = server_prepare(server);

		if (poll(polled, server->n_polled, wait_ms) < 0) {
			if (errno == EINTR)
				continue;
			return EXIT_FAILURE;
		}
		if (polled[POLLED_SIGNALS].revents && !server_take_signal(server))
			return EXIT_SUCCESS;
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			if (polled[POLLED_CLIENTS + i].revents)
				client_handle(&server->clients[i], polled[POLLED_CLIENTS + i].revents);
		if (polled[POLLED_GUARD].revents)
			server_take_verdicts(server);
		/* Last: what poll() found of a client is not taken for that of the next one in its place. */
		if (polled[POLLED_LISTENER].revents)
			server_accept(server);
	}
}

/* ---- starting and ending ---- */

static int
complain(const char *what, const char *why)
{
	fprintf(stderr, "example: %s: %s\n", what, why);
	return EXIT_FAILURE;
}

/* The lines can be printed as they are: what came from the network is escaped. The library is in the middle of its
 * work here, so nothing of it may be called. */
static void
print_log(void *context, mg_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "%s%s\n", level <= MG_LEVEL_WARNING ? "example: " : "", line);
}

/* "192.0.2.1:25" or "[2001:db8::1]:25", to be listened at. */
static int
find_address(char *text, struct addrinfo **found_out)
{
	struct addrinfo wanted = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	char *colon = strrchr(text, ':'), *port;

	if (colon == NULL || colon == text)
		return EAI_NONAME;
	*colon = 0;
	port = colon + 1;
	if (*port == 0 || strlen(port) > 5 || strspn(port, "0123456789") != strlen(port)
	    || atoi(port) > 65535)   /* getaddrinfo() would cut it */
		return EAI_NONAME;
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = 0;
		text++;
	}
	return getaddrinfo(text, port, &wanted, found_out);
}

static int
server_listen(struct server *server, char *address)
{
	char name[NI_MAXHOST], port[NI_MAXSERV];
	struct addrinfo *found;
	struct sockaddr_storage own;
	socklen_t n_own = sizeof(own);
	int fd, code = EXIT_SUCCESS;

	if (find_address(address, &found) != 0)
		return complain("-l", "ADDRESS:PORT was expected, in figures");
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	server->listener = fd;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int)) != 0
	    || bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0
	    || getsockname(fd, (struct sockaddr *)&own, &n_own) != 0)
		code = complain(address, strerror(errno));
	else if (getnameinfo((struct sockaddr *)&own, n_own, name, sizeof(name), port, sizeof(port),
	                     NI_NUMERICHOST | NI_NUMERICSERV) == 0)   /* with port 0, the one that the kernel chose */
		printf(found->ai_family == AF_INET6 ? "listening on [%s]:%s\n" : "listening on %s:%s\n", name, port);
	freeaddrinfo(found);
	return fflush(stdout) == 0 ? code : complain("standard output", strerror(errno));
}

static int
server_open(struct server *server, const mg_options *options, char *address)
{
	sigset_t taken;
	int error;

	signal(SIGPIPE, SIG_IGN);   /* the reader of our log may leave; the library leaves signals to the server */
	sigemptyset(&taken);
	sigaddset(&taken, SIGTERM);
	sigaddset(&taken, SIGINT);
	sigaddset(&taken, SIGHUP);
	sigprocmask(SIG_BLOCK, &taken, NULL);
	server->signals = signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
	if (server->signals < 0)
		return complain("signalfd", strerror(errno));
	gethostname(server->host.name, sizeof(server->host.name) - 1);
	/* Before anybody can connect: without a policy nobody is answered. A server that forks opens it in the child. */
	error = mg_guard_open(options, &server->guard);
	if (error)
		return complain(options->config, mg_error_text(error));   /* the log has said where */
	return server_listen(server, address);
}

static void
server_close(struct server *server)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (server->clients[i].fd >= 0)
			client_end(&server->clients[i], "4.3.2", "Service ends");
		if (server->clients[i].fd >= 0)
			client_close(&server->clients[i]);
	}
	mg_guard_close(server->guard);   /* last: its sessions must be gone */
	if (server->listener >= 0)
		close(server->listener);
	if (server->signals >= 0)
		close(server->signals);
	free(server);
}

/* "user:password" in place: a NUL for the colon makes it what AUTH PLAIN sends. */
static bool
host_add_user(struct host *host, char *text)
{
	char *colon = strchr(text, ':');

	if (colon == NULL || colon == text || host->n_users == USERS_MAX)
		return false;
	host->users[host->n_users++] = (span){ text, strlen(text) };
	*colon = 0;
	return true;
}

static bool
take_options(struct server *server, int argc, char **argv, mg_options *options, char **address)
{
	int option;

	while ((option = getopt(argc, argv, "c:e:l:u:v")) != -1) {
		if (option == 'c')
			options->config = optarg;
		else if (option == 'e')
			options->engine = optarg;
		else if (option == 'l')
			*address = optarg;
		else if (option == 'v')
			options->log_level = MG_LEVEL_INFO;
		else if (option != 'u' || !host_add_user(&server->host, optarg))
			return false;
	}
	return options->config != NULL && optind == argc;
}

int
main(int argc, char **argv)
{
	mg_options options = MG_OPTIONS_INIT;   /* our size, and zero for all that we have no wish about */
	char standard[] = "127.0.0.1:2525", *address = standard;
	struct server *server = calloc(1, sizeof(*server));
	int code = EXIT_USAGE;

	if (server == NULL)
		return complain("start", strerror(ENOMEM));
	server->signals = server->listener = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		server->clients[i].fd = -1;
	options.log = print_log;
	options.log_level = MG_LEVEL_WARNING;
	if (take_options(server, argc, argv, &options, &address)) {
		code = server_open(server, &options, address);
		if (code == EXIT_SUCCESS)
			code = server_run(server);
	} else {
		fprintf(stderr, "usage: example -c mailguard.conf [-l ADDRESS:PORT] [-u USER:PASSWORD]... "
		                "[-e engine.so] [-v]\n");
	}
	server_close(server);
	return code;
}
