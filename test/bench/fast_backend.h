/* fast_backend.h - a mail server behind us, on loopback, that costs as little as one can.
 * In:    SMTP connections, any number at once, with PIPELINING or without
 * Out:   250 to RCPT for the mailboxes "uNUMBER" and "postmaster", 550 5.1.1 for all others; what it was asked
 * Owns:  a process, so that neither its time nor its memory is taken for that of who asks
 * Rules: it ends with who began it. */
#ifndef MG_BENCH_FAST_BACKEND_H
#define MG_BENCH_FAST_BACKEND_H

#include <stdint.h>

typedef struct fast_backend fast_backend;

typedef struct backend_counts {
	unsigned n_connections, n_known, n_unknown;   /* recipients that it has answered */
	double   cpu_ns;                              /* that it took */
} backend_counts;

/* @port: 0 for any that is free. */
fast_backend *fast_backend_begin(uint16_t port);
void fast_backend_end(fast_backend *backend);

uint16_t fast_backend_port(const fast_backend *backend);
/* Since the last call of fast_backend_clear. */
backend_counts fast_backend_counts(const fast_backend *backend);
/* Unknown recipients in the second of them that held most, wherever it began; of all recipients likewise. */
unsigned fast_backend_unknown_peak(const fast_backend *backend);
unsigned fast_backend_peak(const fast_backend *backend);
void fast_backend_clear(fast_backend *backend);

#endif
