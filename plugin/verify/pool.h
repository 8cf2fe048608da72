/* pool.h - recipients asked about at one backend, over connections that are kept.
 * In:    a backend; Mailboxes
 * Out:   for each an answer: what the backend says, or why it says nothing
 * Owns:  a peer for each endpoint (peer.h), and with them every connection; TLS, once a backend offers it
 * Rules: RELIABILITY 4.3, 4.5. Endpoints in their order: the first that works answers, and what it cannot answer goes to the
 *        next. No answer is negative but a 5xx reply to RCPT. One within eight seconds, whatever happens. Bounded: probes that
 *        wait, connections. */
#ifndef MG_VERIFY_POOL_H
#define MG_VERIFY_POOL_H

#include <glib.h>

#include "base/log.h"
#include "base/loop.h"
#include "dns/resolver.h"
#include "policy/policy.h"
#include "verify/breaker.h"
#include "verify/connection.h"

#define MG_POOL_WAITING_MAX 1024

typedef struct mg_pool mg_pool;
typedef struct mg_probe mg_probe;   /* a recipient asked about, until it is answered or cancelled */

typedef struct mg_probe_answer {
	mg_rcpt_class class;        /* TRANSPORT also for: breaker open, queue full, no address, deadline */
	mg_smtp_reply reply;        /* code 0: none; of a command before RCPT, if class is of one */
	const char   *endpoint;     /* borrowed from the backend; whose answer or trouble this is; NULL: none was tried */
	const char   *problem;      /* constant word; NULL: none */
	gint64        elapsed_us;
} mg_probe_answer;

typedef void (*mg_probe_function)(void *context, const mg_probe_answer *answer);

typedef struct mg_pool_times {
	mg_connection_times connection;
	gint64 probe_us;     /* from the question to its answer */
	gint64 gather_us;    /* how long a batch waits for more, once there are two */
	gint64 hold_us;      /* after a connection too many was refused, until the next is tried */
	gint64 distrust_us;  /* how long TLS (under may) or PIPELINING that broke is not tried again */
} mg_pool_times;

extern const mg_pool_times mg_pool_times_standard;

typedef struct mg_pool_settings {
	const mg_backend    *backend;     /* borrowed from policy */
	mg_policy           *policy;      /* a reference is taken */
	mg_loop             *loop;        /* borrowed as long as the pool is there, as the next two */
	mg_resolver         *resolver;
	const mg_log        *log;
	gboolean             wants_transcript;   /* each line of the dialogue at debug level */
	const mg_pool_times *times;       /* borrowed likewise; NULL: the standard ones */
	const char          *tls_module;  /* borrowed likewise; NULL: the one that is installed */
} mg_pool_settings;

mg_pool *mg_pool_new(const mg_pool_settings *settings);
/* Who still waits is not called. Not from a probe's function. */
void mg_pool_free(mg_pool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_pool, mg_pool_free)

/* @path: copied. @function is called once, from the loop's dispatch, never from inside this call, unless the probe is cancelled
 * first. The probe is gone before the call. */
mg_probe *mg_pool_ask(mg_pool *pool, const char *path, mg_probe_function function, void *context);
/* What has been sent goes on, the answer is dropped. */
void mg_probe_cancel(mg_probe *probe);

/* The backend breaker: no endpoint is asked for more than one probe, to see. */
gboolean mg_pool_is_open(const mg_pool *pool);
/* An endpoint works, or is due to be seen again and nobody sees to it yet. FALSE: whatever is asked now is not sent. */
gboolean mg_pool_would_send(const mg_pool *pool);

/* What is known of an endpoint. */
typedef struct mg_pool_status {
	const char      *endpoint;          /* borrowed from the backend */
	mg_breaker_state breaker;
	guint            n_connections;     /* open or being opened */
	guint            n_waiting;         /* probes */
	guint64          n_opened;          /* connections, ever, tried ones among them */
	guint64          n_probes;          /* recipients sent to it, ever */
	const char      *problem;           /* the last; constant; NULL: none yet */
	const char      *tls;               /* of the last connection: "TLSv1.3"; constant; NULL: in the clear, or none yet */
	gboolean         has_pipelining;    /* the same */
	gint64           latency_us;        /* median of the last batches; -1: none yet */
} mg_pool_status;

/* @n_endpoint: index in backend->endpoints. */
void mg_pool_get_status(const mg_pool *pool, guint n_endpoint, mg_pool_status *status_out);

#endif
