/* internal.h - what the files of the library know of each other: guard, session, request.
 * A request under way is the verdict it will get: it is allocated when the question is asked, so that an
 * answer can always be given, without memory and without an engine. */
#ifndef MAILGUARD_INTERNAL_H
#define MAILGUARD_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine.h"
#include "mailguard/session.h"
#include "wire.h"

#define MG_DEADLINE_MS_DEFAULT 25000
#define MG_DEADLINE_MS_MAX     600000
#define MG_REQUESTS_MAX        (1u << 17)   /* under way at once, per guard */
#define MG_ID_MAX              64
#define MG_NAME_MAX            253          /* RFC 1035 3.1, as text */

typedef struct mg_requests {
	struct mg_verdict **entries;     /* owned array of owned entries, NULL where free; by number % capacity */
	size_t              capacity;    /* a power of two, or 0 */
	size_t              n_entries;
	uint64_t            last;        /* the number given out last */
} mg_requests;

struct mg_guard {
	const mg_engine_functions *engine_functions;
	mg_engine                 *engine;        /* owned */
	pid_t                      pid;           /* of the process that opened it */
	uint32_t                   deadline_ms;
	uint32_t                   on_failure;    /* as in mg_options */
	uint32_t                   n_sessions;    /* made so far */
	mg_requests                requests;
	mg_writer                  writer;        /* owned; the question being written */
};

struct mg_verdict {
	uint64_t    request;
	mg_guard   *guard;            /* borrowed; NULL once taken */
	mg_session *session;          /* borrowed; NULL once taken */
	mg_verdict *previous, *next;  /* requests of the same session */
	uint64_t    deadline_ms;      /* on the monotonic clock */
	uint32_t    transaction;      /* of the session, when it was asked */
	void       *context;          /* the caller's */
	mg_question question;
	int         stage;

	mg_action   action;
	int         code;
	int         is_final;
	int         pending_action;
	uint64_t    age_ms, ttl_ms;
	const char *enhanced, *text, *reason, *pending_reason;   /* constant, or in octets */

	uint8_t    *octets;                /* owned: the message it came in, NULL if it is the library's own */
	size_t      n_octets;
	void      (*release)(uint8_t *);   /* for octets */
};

typedef struct mg_octets {
	char   *octets;   /* owned; NULL: not given */
	size_t  length;
} mg_octets;

#define MG_EARLIER_HELOS_MAX 4

/* A word that the client said before. */
typedef struct mg_said_helo {
	mg_octets word;
	bool      is_before_tls;   /* TLS was started since */
} mg_said_helo;

struct mg_session {
	mg_guard   *guard;   /* borrowed */
	unsigned    n_references;
	uint32_t    number;  /* of the guard's sessions */
	void       *context;
	mg_verdict *first;   /* requests under way */

	char          id[MG_ID_MAX + 1];
	mg_provenance provenance;   /* 0: no client set */
	bool          has_client, has_peer, has_server, has_fingerprint;
	uint8_t       client[16], peer[16], server[16];
	char          server_name[MG_NAME_MAX + 1], ptr[MG_NAME_MAX + 1];
	mg_iprev      iprev;        /* 0: not looked up */
	char          tls_version[33];
	uint8_t       fingerprint[32];
	mg_octets     helo, auth, reverse_path, spf_record;
	mg_said_helo earlier_helos[MG_EARLIER_HELOS_MAX];   /* the first that were others than the one before */
	unsigned      n_earlier_helos;
	bool          helo_is_before_tls;
	uint32_t      helo_flags, mail_flags;
	uint32_t      transaction;    /* which; so that an answer to an earlier one is known as such */
	uint32_t      n_recipients;   /* accepted in this transaction */
};

/* options.c: a complete mg_options of this release from the caller's. MG_OK, MG_E_ARGUMENT, MG_E_ABI. */
int mg_options_take(const mg_options *given, mg_options *options_out);

/* guard.c: true in a process that forked off after the guard was opened. */
bool mg_guard_is_foreign(const mg_guard *guard);

/* request.c: the clock of deadlines, monotonic. */
uint64_t mg_now_ms(void);
/* A new request with its number, in the guard's table and the session's list. */
int mg_request_new(mg_session *session, mg_question question, int stage, mg_verdict **verdict_out);
mg_verdict *mg_request_find(const mg_guard *guard, uint64_t request);
/* It has its answer: its session hears of it, and it is detached. */
void mg_request_finish(mg_verdict *verdict);
/* Out of table and list: from then on the verdict stands alone. */
void mg_request_detach(mg_verdict *verdict);
void mg_requests_clear(mg_requests *requests);

/* verdict.c: from an engine's message, which it takes over; a message that cannot be read becomes "engine.gone". */
void mg_verdict_fill(mg_verdict *verdict, uint8_t *octets, size_t length, void (*release)(uint8_t *));
/* The library's own answer. @reason: a constant. */
void mg_verdict_fill_alone(mg_verdict *verdict, const char *reason);

#endif
