/* greeting.h - whether SMTP servers answer: each is connected to, its greeting read, and told QUIT.
 * In:    addresses, a port
 * Out:   of each how far that went, and what it said
 * Rules: RFC 5321 3.1, 4.2.1, 4.3.1. All at once, and 5 s in all. Nothing is sent but QUIT, and that behind a whole greeting: who
 *        talks before it is taken for a spammer. */
#ifndef MAILGUARD_CLI_GREETING_H
#define MAILGUARD_CLI_GREETING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define GREETING_HOSTS_MAX 20
#define GREETING_S         5
#define GREETING_MAX       2048   /* octets; four lines of RFC 5321 4.5.3.1.5 */

typedef enum greeting_state {
	GREETING_CONNECTING,    /* the first two at the end too: time was up */
	GREETING_READING,
	GREETING_SAID,
	GREETING_REFUSED,
	GREETING_HUNG_UP,       /* without a word */
	GREETING_UNREACHABLE
} greeting_state;

typedef struct greeting_host {
	char           address[INET6_ADDRSTRLEN];
	const char    *name;                 /* borrowed; the caller's own */

	greeting_state state;
	int            error;                /* errno, of UNREACHABLE */
	char           said[GREETING_MAX];   /* any octets */
	size_t         n_said;
	int            fd;                   /* -1: none */
} greeting_host;

/* Fills in all but address and name; at most GREETING_HOSTS_MAX. */
void greeting_ask(greeting_host *hosts, size_t n, in_port_t port);

/* Of SAID: 220 (RFC 5321 4.3.2). */
bool greeting_is_welcome(const greeting_host *host);
/* Of SAID: octets of the first line, without its end. */
size_t greeting_line(const greeting_host *host);

#endif
