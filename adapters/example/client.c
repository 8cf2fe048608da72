/* client.c - see client.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE   /* memmem */
#endif
#include "client.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS  300000   /* RFC 5321 4.5.3.2.7; the library's own deadline (25 s) is well before it */
#define LEAVE_MS 10000    /* for the last reply to arrive */

int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
client_close(struct client *client)
{
	dialogue_close(&client->dialogue);
	close(client->fd);
	client->fd = -1;
}

/* Sends what it can of the reply. */
static void
client_flush(struct client *client)
{
	struct dialogue *dialogue = &client->dialogue;

	while (dialogue->n_reply > 0) {
		ssize_t n = send(client->fd, dialogue->reply, dialogue->n_reply, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			client_close(client);
			return;
		}
		dialogue->n_reply -= (size_t)n;
		memmove(dialogue->reply, dialogue->reply + n, dialogue->n_reply);
		/* Not close(): with input unread that would be a reset, which may overtake the reply. */
		if (dialogue->n_reply == 0 && dialogue->state == DIALOGUE_OVER) {
			shutdown(client->fd, SHUT_WR);
			client->deadline_ms = now_ms() + LEAVE_MS;
		}
	}
}

static bool
client_takes_lines(const struct client *client)
{
	const struct dialogue *dialogue = &client->dialogue;

	return client->fd >= 0 && dialogue->n_reply == 0 && dialogue->state != DIALOGUE_ASKED
	       && dialogue->state != DIALOGUE_OVER;
}

/* Goes on as far as it can: until a question is under way, a reply does not go out, or no line is left. */
static void
client_run(struct client *client)
{
	const char *end;

	client_flush(client);
	while (client_takes_lines(client) && (end = memmem(client->input, client->n_input, "\r\n", 2)) != NULL) {
		size_t n = (size_t)(end - client->input);

		if (client->is_overlong)
			dialogue_say(&client->dialogue, 500, "5.5.2", "Line too long");
		else
			dialogue_line(&client->dialogue, (span){ client->input, n });
		client->is_overlong = false;
		client->deadline_ms = now_ms() + IDLE_MS;
		client->n_input -= n + 2;
		memmove(client->input, end + 2, client->n_input);
		client_flush(client);
	}
	if (client_takes_lines(client) && client->n_input == sizeof(client->input)) {
		client->is_overlong = true;
		client->input[0] = client->input[client->n_input - 1];   /* may be the CR of its end */
		client->n_input = 1;
	}
}

/* The address at one end, as the library takes it: numeric, without a port. */
static bool
address_text(const struct sockaddr_storage *address, socklen_t length, char out[NI_MAXHOST])
{
	return getnameinfo((const struct sockaddr *)address, length, out, NI_MAXHOST, NULL, 0, NI_NUMERICHOST) == 0;
}

bool
client_open(struct client *client, const struct host *host, mg_guard *guard, int fd, uint64_t number)
{
	struct sockaddr_storage peer, own;
	socklen_t n_peer = sizeof(peer), n_own = sizeof(own);
	char peer_text[NI_MAXHOST], own_text[NI_MAXHOST];

	if (getpeername(fd, (struct sockaddr *)&peer, &n_peer) != 0 || !address_text(&peer, n_peer, peer_text)
	    || getsockname(fd, (struct sockaddr *)&own, &n_own) != 0 || !address_text(&own, n_own, own_text)
	    || !dialogue_open(&client->dialogue, host, guard, peer_text, own_text, number))
		return false;
	/* A reply is sent whole, and the client waits for it: there is nothing to collect (RFC 9293 3.7.4). */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	client->fd = fd;
	client->deadline_ms = now_ms() + IDLE_MS;
	client->n_input = 0;
	client->is_overlong = false;
	client_run(client);
	return true;
}

short
client_events(const struct client *client)
{
	if (client->dialogue.n_reply > 0)
		return POLLOUT;
	return client->dialogue.state == DIALOGUE_ASKED ? 0 : POLLIN;
}

static void
client_read(struct client *client)
{
	ssize_t n;

	if (client->dialogue.state == DIALOGUE_OVER)
		client->n_input = 0;   /* for nobody any more */
	n = recv(client->fd, client->input + client->n_input, sizeof(client->input) - client->n_input, 0);
	if (n > 0)
		client->n_input += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		client_close(client);   /* it has all its replies: before the last is out, nothing is read */
}

void
client_handle(struct client *client, short events)
{
	if (events & POLLIN)
		client_read(client);
	else if (events & (POLLERR | POLLHUP | POLLNVAL))   /* no way back, perhaps while the library judges */
		client_close(client);
	if (client->fd >= 0)
		client_run(client);
}

void
client_answer(struct client *client, const mg_verdict *verdict)
{
	dialogue_answer(&client->dialogue, verdict);
	client_run(client);   /* its next line may be here already, and ask the next question */
}

void
client_end(struct client *client, const char *enhanced, const char *text)
{
	if (client_takes_lines(client)) {
		dialogue_say(&client->dialogue, 421, enhanced, text);
		client_flush(client);
	} else {
		client_close(client);
	}
}
