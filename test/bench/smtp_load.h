/* smtp_load.h - SMTP clients that ask a mail server about recipients, many at once.
 * In:    the server's address; the mailboxes "uFIRST@customer.example" and on, which it should take all
 * Out:   how long that took
 * Rules: each client says one RCPT at a time. Who is told to come again (4xx) comes again after a while; a 5xx ends the program,
 *        for all of them exist. */
#ifndef MG_BENCH_SMTP_LOAD_H
#define MG_BENCH_SMTP_LOAD_H

#include <netinet/in.h>

#define LOAD_DOMAIN "customer.example"

typedef struct smtp_load {
	struct sockaddr_in server;
	unsigned           n_clients;
	unsigned           first, n;   /* recipients */
	unsigned           n_connection;   /* recipients of a connection; then comes another; 0: all of a client's */
	unsigned           again_ms;   /* after a 4xx */
} smtp_load;

typedef struct load_figures {
	double   seconds;
	unsigned n_deferred;
} load_figures;

load_figures smtp_load_run(const smtp_load *load);

#endif
