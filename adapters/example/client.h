/* client.h - the connection of one client: octets to lines, replies to octets.
 * In:    what poll() says of its descriptor; verdicts
 * Out:   lines to its dialogue; the dialogue's replies
 * Owns:  the descriptor, the dialogue
 * Rules: a line ends at CR LF and nowhere else (RFC 5321 2.3.8); any other octet in it, NUL too, is the client's.
 *        The next line is taken when the last reply has gone out and no question is under way: until then what
 *        the client sends stays in the kernel. So its commands are answered in order, and no memory grows. */
#ifndef EXAMPLE_CLIENT_H
#define EXAMPLE_CLIENT_H

#include "dialogue.h"

struct client {
	struct dialogue dialogue;      /* first: verdicts bring its address */
	int             fd;            /* owned; -1 in a free place, which poll() skips */
	int64_t         deadline_ms;   /* on the monotonic clock: by then it has sent a line, or has gone */
	char            input[LINE_OCTETS];
	size_t          n_input;
	bool            is_overlong;   /* of the line that is being read, which is dropped */
};

int64_t now_ms(void);

/* A free place becomes the client at @fd. False: it cannot, and @fd is still the caller's. @number: the session's. */
bool client_open(struct client *client, const struct host *host, mg_guard *guard, int fd, uint64_t number);
void client_close(struct client *client);

/* What poll() is to wait for, and what it found. */
short client_events(const struct client *client);
void client_handle(struct client *client, short events);

void client_answer(struct client *client, const mg_verdict *verdict);

/* Ends it with 421, or at once where a reply cannot be sent. */
void client_end(struct client *client, const char *enhanced, const char *text);

#endif
