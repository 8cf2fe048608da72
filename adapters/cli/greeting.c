/* greeting.c - see greeting.h. */
#include "greeting.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
host_end(greeting_host *host, greeting_state state)
{
	host->state = state;
	if (host->fd >= 0)
		close(host->fd);
	host->fd = -1;
}

/* ---- connecting ---- */

static void
host_fail(greeting_host *host, int error)
{
	host->error = error;
	host_end(host, error == ECONNREFUSED || error == ECONNRESET ? GREETING_REFUSED : GREETING_UNREACHABLE);
}

/* Returns its length; 0: it is no address. */
static socklen_t
make_address(const char *text, in_port_t port, struct sockaddr_storage *address_out)
{
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)address_out;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)address_out;

	memset(address_out, 0, sizeof(*address_out));
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		ipv4->sin_family = AF_INET;
		ipv4->sin_port = htons(port);
		return sizeof(*ipv4);
	}
	if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
		ipv6->sin6_family = AF_INET6;
		ipv6->sin6_port = htons(port);
		return sizeof(*ipv6);
	}
	return 0;
}

static void
host_begin(greeting_host *host, in_port_t port)
{
	struct sockaddr_storage address;
	socklen_t length = make_address(host->address, port, &address);

	host->state = GREETING_CONNECTING;
	host->n_said = 0;
	host->fd = length > 0 ? socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
	if (host->fd < 0)
		host_fail(host, length > 0 ? errno : EINVAL);
	else if (connect(host->fd, (struct sockaddr *)&address, length) != 0 && errno != EINPROGRESS && errno != EINTR)
		host_fail(host, errno);
}

static void
host_connected(greeting_host *host)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (getsockopt(host->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	if (error)
		host_fail(host, error);
	else
		host->state = GREETING_READING;
}

/* ---- reading ---- */

static bool
is_reply(const greeting_host *host)
{
	if (host->n_said < 4)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (host->said[i] < '0' || host->said[i] > '9')
			return false;
	return strchr(" -\r\n", host->said[3]) != NULL && host->said[3] != 0;
}

/* No hyphen behind the code: the last line (RFC 5321 4.2.1). */
static bool
is_whole(const greeting_host *host)
{
	const char *at = host->said, *end;

	for (; (end = memchr(at, '\n', host->n_said - (size_t)(at - host->said))) != NULL; at = end + 1)
		if (end - at < 4 || at[3] != '-')
			return true;
	return false;
}

static void
host_read(greeting_host *host)
{
	static const char quit[] = "QUIT\r\n";
	ssize_t length = recv(host->fd, host->said + host->n_said, sizeof(host->said) - host->n_said, 0);

	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length <= 0) {
		host_end(host, host->n_said > 0 ? GREETING_SAID : GREETING_HUNG_UP);
		return;
	}
	host->n_said += (size_t)length;
	if (!is_whole(host) && host->n_said < sizeof(host->said))
		return;
	if (is_whole(host) && is_reply(host))
		send(host->fd, quit, strlen(quit), MSG_NOSIGNAL);   /* out of courtesy: nothing hangs on it */
	host_end(host, GREETING_SAID);
}

bool
greeting_is_welcome(const greeting_host *host)
{
	return is_reply(host) && strncmp(host->said, "220", 3) == 0;
}

size_t
greeting_line(const greeting_host *host)
{
	const char *end = memchr(host->said, '\n', host->n_said);
	size_t length = end != NULL ? (size_t)(end - host->said) : host->n_said;

	return length > 0 && host->said[length - 1] == '\r' ? length - 1 : length;
}

/* ---- all of them ---- */

/* One round of what has happened. FALSE: nobody is left, or time is up. */
static bool
work(greeting_host *hosts, size_t n, int64_t until_ms)
{
	struct pollfd fds[GREETING_HOSTS_MAX];
	int64_t left_ms = until_ms - now_ms();
	size_t n_open = 0;

	for (size_t i = 0; i < n; i++) {
		fds[i] = (struct pollfd){ hosts[i].fd, hosts[i].state == GREETING_CONNECTING ? POLLOUT : POLLIN, 0 };
		n_open += hosts[i].fd >= 0;
	}
	if (n_open == 0 || left_ms <= 0)
		return false;
	if (poll(fds, n, (int)left_ms) <= 0)
		return true;   /* interrupted, or time is up: the next round says which */
	for (size_t i = 0; i < n; i++)
		if (fds[i].revents != 0 && hosts[i].state == GREETING_CONNECTING)
			host_connected(&hosts[i]);
		else if (fds[i].revents != 0)
			host_read(&hosts[i]);
	return true;
}

void
greeting_ask(greeting_host *hosts, size_t n, in_port_t port)
{
	const int64_t until_ms = now_ms() + GREETING_S * 1000;

	for (size_t i = 0; i < n; i++)
		host_begin(&hosts[i], port);
	while (work(hosts, n, until_ms))
		;
	/* Some make a client wait between the lines of a greeting: the first says enough. */
	for (size_t i = 0; i < n; i++)
		if (hosts[i].fd >= 0)
			host_end(&hosts[i], memchr(hosts[i].said, '\n', hosts[i].n_said) != NULL ? GREETING_SAID : hosts[i].state);
}
