/* host.h - the client's address as DNS knows it: its names, and whether they lead back.
 * In:    the client, the answers present, what the server says it found
 * Out:   ptr.missing, ptr.not-confirmed, ptr.many, ptr.generic; the iprev result (RFC 8601 2.7.3); the names
 * Rules: RFC 1912 2.1, RFC 8601 3; names capped at ten, aliases (RFC 2317) at five. */
#ifndef MG_CHECK_HOST_H
#define MG_CHECK_HOST_H

#include "check/judging.h"

#define MG_HOST_NAMES_MAX 10

typedef struct mg_host {
	mg_iprev iprev;        /* 0: not known yet, or not looked at */
	int      confirmed;    /* which name leads back; -1: none */
	guint    n_names;
	char     names[MG_HOST_NAMES_MAX][MG_DOMAIN_MAX + 1];   /* canonical; those DNS gives, confirmed or not */
} mg_host;

/* "pass"; NULL for 0. */
const char *mg_iprev_word(mg_iprev iprev);

/* Nothing is known of it. */
void mg_host_clear(mg_host *host);
void mg_host_judge(mg_judging *judging, mg_host *host_out);

#endif
