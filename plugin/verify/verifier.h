/* verifier.h - whether recipients exist behind us: what is remembered, and probes for the rest.
 * In:    a recipient of a backend's domain, and who asks about it
 * Out:   a finding, at once or when a probe has been answered
 * Owns:  what is remembered, the trust in each domain's backend, budgets, pools, flights
 * Rules: doubt is never "unknown": that rests on an answer to RCPT that says so and on canaries that held within the hour. One
 *        flight an address, whoever waits; it goes on, and is remembered, when nobody waits any more. What a stranger can make
 *        us do is bounded: flights, those who wait for one, guesses a backend sees, domains watched. */
#ifndef MG_VERIFY_VERIFIER_H
#define MG_VERIFY_VERIFIER_H

#include "base/log.h"
#include "base/loop.h"
#include "dns/resolver.h"
#include "policy/policy.h"
#include "verify/pool.h"
#include "verify/rcpt_finding.h"

#define MG_VERIFY_WAIT_US       (6 * G_USEC_PER_SEC)   /* of a client for a probe; then the probe goes on without it */
#define MG_VERIFY_STALE_WAIT_US 1800000                /* where what was known lately will do */

typedef struct mg_verifier mg_verifier;
typedef struct mg_verification mg_verification;   /* one who waits for a flight */

/* A recipient to be asked about; all borrowed for the call. */
typedef struct mg_verifier_wish {
	mg_policy        *policy;       /* whose backend it is */
	const mg_backend *backend;
	const char       *domain;       /* canonical */
	const char       *key;          /* Local-part, folded as the backend has it */
	const char       *path;         /* Mailbox, as the backend is to be asked */
	const mg_ip      *client;       /* NULL: nobody's budget */
} mg_verifier_wish;

typedef struct mg_verifier_settings {
	mg_loop      *loop;      /* borrowed as all here */
	mg_resolver  *resolver;
	const mg_log *log;
	mg_clock      clock;     /* of what is remembered, believed and allowed; NULL: the monotonic one, which the loop's is anyhow */
	gint64        wait_us, stale_wait_us;   /* 0: as above */
	const mg_pool_times *pool_times;        /* NULL: the standard ones */
} mg_verifier_settings;

mg_verifier *mg_verifier_new(const mg_verifier_settings *settings);
/* Who still waits is not called. */
void mg_verifier_free(mg_verifier *verifier);
/* Another policy is in force: connections of the former one are let go once nothing flies over them. */
void mg_verifier_adopt(mg_verifier *verifier, mg_policy *policy);

/* What can be said without a probe; a refresh that is due begins. FALSE: a probe is needed. */
gboolean mg_verifier_look(mg_verifier *verifier, const mg_verifier_wish *wish, mg_rcpt_finding *finding_out);

/* What the backend has said of it to somebody else of ours. */
void mg_verifier_learn(mg_verifier *verifier, const mg_verifier_wish *wish, const mg_smtp_reply *reply);

/* Joins the flight of the recipient, or begins it. @function is called once, from the loop's dispatch, unless the verification is
 * ended before. NULL: there will be no probe, and @finding_out says why. */
mg_verification *mg_verifier_ask(mg_verifier *verifier, const mg_verifier_wish *wish, void (*function)(void *context), void *context,
                                 mg_rcpt_finding *finding_out);
gboolean mg_verification_is_answered(const mg_verification *verification);
/* Until when to wait for it (monotonic). */
gint64 mg_verification_until_us(const mg_verification *verification);
/* What is known by now: the answer, if it has come, else what follows from there being none. The verification is freed. */
void mg_verification_end(mg_verification *verification, mg_rcpt_finding *finding_out);
/* The same where nobody wants to know. NULL is fine. */
void mg_verification_cancel(mg_verification *verification);

#endif
