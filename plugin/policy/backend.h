/* backend.h - [backend NAME]: a server behind us that is asked whether recipients exist.
 * In:    the words of its keys (mailguard.conf(5))
 * Out:   where and how it is asked, and what its answers are worth
 * Rules: RFC 5321 2.3.5, 4.1.3; RFC 2033. What is parsed never changes; a backend is ours to ask only if it is not ourselves. */
#ifndef MG_POLICY_BACKEND_H
#define MG_POLICY_BACKEND_H

#include <glib.h>

#include "policy/domains.h"
#include "session/ip.h"

#define MG_ENDPOINTS_MAX      8     /* of one backend */
#define MG_PROBE_SENDERS_MAX  8
#define MG_TLS_PINS_MAX       8
#define MG_TLS_PIN_SIZE       32    /* SHA-256 */
#define MG_DELIMITERS_MAX     8
#define MG_CONNECTIONS_MAX    64

typedef enum mg_tls_mode { MG_TLS_OFF, MG_TLS_MAY, MG_TLS_REQUIRE, MG_TLS_VERIFY, MG_TLS_PIN } mg_tls_mode;
typedef enum mg_backend_role { MG_ROLE_GATEWAY, MG_ROLE_BACKUP_MX, MG_ROLE_SMARTHOST } mg_backend_role;
typedef enum mg_backend_outage { MG_OUTAGE_DEFER, MG_OUTAGE_ACCEPT, MG_OUTAGE_STALE_ONLY, MG_OUTAGE_BY_ROLE /* not settled yet */ } mg_backend_outage;
typedef enum mg_backend_quirk { MG_QUIRK_NONE, MG_QUIRK_EXCHANGE_ONLINE } mg_backend_quirk;
/* The words of the keys, by these numbers, NULL at the end; "" for no quirk. */
extern const char *const mg_tls_mode_names[], *const mg_backend_role_names[], *const mg_backend_outage_names[],
	*const mg_backend_quirk_names[];

/* mg_endpoint - one word of "server =". */
typedef struct mg_endpoint {
	gboolean is_lmtp;
	char    *text;       /* owned; as written, "smtp://10.0.0.5:25" */
	char    *host;       /* owned; a name or an address, brackets off; NULL: a UNIX socket */
	gboolean has_ip;     /* host is an address */
	mg_ip    ip;
	guint16  port;       /* default 25, LMTP 24 */
	char    *path;       /* owned; of the UNIX socket; NULL: TCP */
} mg_endpoint;

typedef struct mg_backend {
	char              *name;            /* owned; of [backend NAME] */
	guint              line;
	mg_domains        *domains;         /* owned */
	GArray            *endpoints;       /* owned; of mg_endpoint, in the order of failover */
	mg_tls_mode        tls;             /* default may; never spoken over a UNIX socket, and off where all are such */
	char              *tls_ca;          /* owned; path of a PEM file; NULL: the system's */
	char              *tls_name;        /* owned; NULL: the endpoint's host */
	GArray            *tls_pins;        /* owned; of guint8[MG_TLS_PIN_SIZE], SHA-256 of the certificate's
	                                     * SubjectPublicKeyInfo; NULL: none */
	gboolean           has_source;
	mg_ip              source;
	char              *helo;            /* owned; NULL: policy->hostname */
	mg_backend_role    role;
	mg_backend_outage  on_failure;      /* accept only with role = backup-mx, where it is the default (FEATURES U14) */
	GPtrArray         *probe_senders;   /* owned; strings, tried in this order when <> is refused with 5xx; NULL or empty: none */
	mg_backend_quirk   quirk;
	char              *delimiters;      /* owned; "+" ...; NULL: no sub-addresses */
	gboolean           folds_case;      /* default yes */
	gboolean           caches_negatives; /* default yes */
	char              *canary;          /* owned; Local-part or mailbox that exists; default "postmaster" */
	gsize              max_connections; /* 1..MG_CONNECTIONS_MAX, default 4 */
	guint64            epoch;           /* hash of all that could change an answer (endpoints, tls, source, helo, senders,
	                                     * quirk) or whose it is (case, sub-addresses) */
} mg_backend;

/* "smtp://host[:port]", "lmtp://host[:port]" or "lmtp+unix:/path"; an IPv6 address in brackets. FALSE, @endpoint_out untouched, if
 * it is none; @why_out gets a sentence that is the caller's to free. */
gboolean mg_endpoint_parse(const char *word, mg_endpoint *endpoint_out, char **why_out);
void mg_endpoint_clear(mg_endpoint *endpoint);

/* With what holds where the file says nothing; domains is NULL. */
mg_backend *mg_backend_new(const char *name, guint line);
void mg_backend_free(mg_backend *backend);

/* What the keys that were read leave to others: tls, and the epoch, which is the same after a restart.
 * @hostname: our own name, said where the backend has no helo. */
void mg_backend_settle(mg_backend *backend, const char *hostname);

/* The backend of @domain (canonical), by the longest entry of its domains that matches; NULL: none. @backends: of mg_backend,
 * policy->backends. */
const mg_backend *mg_backend_find(const GPtrArray *backends, const char *domain);

#endif
