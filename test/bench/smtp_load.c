/* smtp_load.c - see smtp_load.h. */
#include "smtp_load.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "bench.h"

#define N_TRANSACTION 100    /* RFC 5321 4.5.3.1.8: so many every server takes */
#define EVENTS_MAX    64
#define STALLED_MS    120000

typedef enum client_state {
	CLIENT_GREETED,   /* the banner is awaited */
	CLIENT_EHLO,      /* each of these: its reply is awaited */
	CLIENT_MAIL,
	CLIENT_RCPT,
	CLIENT_RSET,
	CLIENT_WAITS,     /* to come again */
	CLIENT_IDLE       /* no recipient is left */
} client_state;

typedef struct client {
	int          fd;
	client_state state;
	unsigned     recipient;
	int          has_recipient;
	unsigned     n_transaction, n_connection;   /* that it has asked about in them */
	double       due_ns;      /* CLIENT_WAITS */
	size_t       n;
	char         input[1024];
} client;

typedef struct loading {
	const smtp_load *load;
	client          *clients;    /* owned */
	int              epoll;
	unsigned         next;       /* recipient that was not asked about yet */
	unsigned         n_done, n_waiting;
	load_figures     figures;
} loading;

static void
say(const client *of, const char *line)
{
	if (send(of->fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		die("a server does not listen");
}

static void
connect_client(loading *all, client *of)
{
	struct epoll_event event = { EPOLLIN, { .ptr = of } };
	int one = 1;

	of->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (of->fd < 0 || connect(of->fd, (const struct sockaddr *)&all->load->server, sizeof(all->load->server)) != 0)
		die("a server cannot be connected to");
	setsockopt(of->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	epoll_ctl(all->epoll, EPOLL_CTL_ADD, of->fd, &event);
	of->state = CLIENT_GREETED;
	of->n_transaction = of->n_connection = 0;
	of->n = 0;
}

static void
leave(const client *of)
{
	send(of->fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
	close(of->fd);
}

/* In a transaction. */
static void
say_rcpt(loading *all, client *of)
{
	char line[80];

	if (!of->has_recipient && all->next == all->load->first + all->load->n) {
		of->state = CLIENT_IDLE;
		return;
	}
	if (all->load->n_connection > 0 && of->n_connection == all->load->n_connection) {
		leave(of);
		connect_client(all, of);
		return;
	}
	if (of->n_transaction == N_TRANSACTION) {
		of->state = CLIENT_RSET;
		say(of, "RSET\r\n");
		return;
	}
	if (!of->has_recipient)
		of->recipient = all->next++;
	of->has_recipient = 1;
	of->state = CLIENT_RCPT;
	of->n_transaction++;
	of->n_connection++;
	snprintf(line, sizeof(line), "RCPT TO:<u%u@" LOAD_DOMAIN ">\r\n", of->recipient);
	say(of, line);
}

static void
say_mail(client *of)
{
	of->state = CLIENT_MAIL;
	of->n_transaction = 0;
	say(of, "MAIL FROM:<sender@example.org>\r\n");
}

static void
take_rcpt_reply(loading *all, client *of, const char *reply)
{
	if (reply[0] == '4') {
		of->state = CLIENT_WAITS;
		of->due_ns = clock_ns(CLOCK_MONOTONIC) + all->load->again_ms * 1e6;
		all->n_waiting++;
		all->figures.n_deferred++;
		return;
	}
	if (reply[0] != '2')
		die(reply);
	of->has_recipient = 0;
	all->n_done++;
	say_rcpt(all, of);
}

/* The last line of a reply. */
static void
take_reply(loading *all, client *of, const char *reply)
{
	if (of->state != CLIENT_RCPT && reply[0] != '2')
		die(reply);
	switch (of->state) {
	case CLIENT_GREETED:
		of->state = CLIENT_EHLO;
		say(of, "EHLO mail.example.org\r\n");
		break;
	case CLIENT_EHLO:
	case CLIENT_RSET:
		say_mail(of);
		break;
	case CLIENT_RCPT:
		take_rcpt_reply(all, of, reply);
		break;
	case CLIENT_MAIL:
		say_rcpt(all, of);
		break;
	case CLIENT_WAITS:
	case CLIENT_IDLE:
		die("a server speaks unasked");
	}
}

static void
hear(loading *all, client *of)
{
	ssize_t n = recv(of->fd, of->input + of->n, sizeof(of->input) - of->n, 0);
	char *at = of->input, *end;

	if (n <= 0)
		die("a server has left");
	of->n += (size_t)n;
	/* Everything is answered one at a time: the last line ends what there is. */
	while ((end = memchr(at, '\n', of->n - (size_t)(at - of->input))) != NULL && end - at > 3 && at[3] == '-')
		at = end + 1;
	if (end == NULL)
		return;
	*end = 0;
	of->n = 0;
	take_reply(all, of, at);
}

/* Who is to come again by now does. */
static void
wake_waiting(loading *all)
{
	double now_is = clock_ns(CLOCK_MONOTONIC);

	for (unsigned i = 0; all->n_waiting > 0 && i < all->load->n_clients; i++)
		if (all->clients[i].state == CLIENT_WAITS && all->clients[i].due_ns <= now_is) {
			all->n_waiting--;
			say_rcpt(all, &all->clients[i]);
		}
}

static void
wait_for_all(loading *all)
{
	struct epoll_event events[EVENTS_MAX];
	double heard_ns = clock_ns(CLOCK_MONOTONIC);

	while (all->n_done < all->load->n) {
		int n = epoll_wait(all->epoll, events, EVENTS_MAX, all->n_waiting > 0 ? 10 : 1000);

		for (int i = 0; i < n; i++)
			hear(all, events[i].data.ptr);
		if (n > 0)
			heard_ns = clock_ns(CLOCK_MONOTONIC);
		else if (clock_ns(CLOCK_MONOTONIC) - heard_ns > STALLED_MS * 1e6)
			die("a server does not answer");
		wake_waiting(all);
	}
}

load_figures
smtp_load_run(const smtp_load *load)
{
	loading all = { .load = load, .next = load->first, .epoll = epoll_create1(EPOLL_CLOEXEC) };
	double begin;

	all.clients = calloc(load->n_clients, sizeof(*all.clients));
	if (all.epoll < 0 || all.clients == NULL)
		die("no clients");
	begin = clock_ns(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < load->n_clients; i++)
		connect_client(&all, &all.clients[i]);
	wait_for_all(&all);
	all.figures.seconds = (clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	for (unsigned i = 0; i < load->n_clients; i++)
		leave(&all.clients[i]);
	close(all.epoll);
	free(all.clients);
	return all.figures;
}
