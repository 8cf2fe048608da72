/* relay.h - may this client send to this forward-path through us?
 * In:    the client's zone, what it has proved, HELO, reverse-path, forward-path, the time, the policy
 * Out:   one result: granted, own-domain, address-form, denied, expired or unreadable
 * Rules: an explicit grant that matched, or a recipient of ours without any route in it; doubt never grants. No I/O:
 *        no outage can open or close the relay. Pure. */
#ifndef MG_CHECK_RELAY_H
#define MG_CHECK_RELAY_H

#include "base/result.h"
#include "base/trace.h"
#include "check/client.h"
#include "check/envelope.h"

typedef struct mg_relay_question {
	const mg_policy *policy;
	const mg_zone   *zone;               /* of the client; NULL: an outsider */
	gboolean         zone_is_uncertain;  /* the client cannot be placed at all: no grant by zone */
	mg_words         auth;
	const guint8    *fingerprint;        /* NULL: none */
	mg_words         helo;
	const mg_path   *reverse_path;       /* NULL: not given, or none */
	const char      *forward_fault;      /* not NULL: the forward-path is none */
	const mg_path   *forward_path;       /* unless it is none */
	gint64           now_s;
	gboolean         at_any_hour;        /* take every grant with hours as open, every one with an end as running */
} mg_relay_question;

typedef struct mg_relay_answer {
	mg_reason       reason;
	const mg_grant *grant;           /* the one that matched, or whose end was the only thing against it; NULL */
	gboolean        is_undeliverable; /* granted, and yet no Mailbox: address.syntax */
} mg_relay_answer;

void mg_relay_judge(const mg_relay_question *question, mg_trace *trace, mg_relay_answer *answer_out);

/* From a whole question to results, address.syntax of the forward-path included. */
void mg_relay_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                    const mg_envelope *envelope, gint64 now_s, mg_results *results, mg_trace *trace,
                    mg_relay_answer *answer_out);

/* A grant that lets the client relay to some recipient, whoever that is: all its terms but "to" hold; NULL: there is none. */
const mg_grant *mg_relay_find_grant(const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                                    const mg_envelope *envelope, gint64 now_s);

/* Whether @domain (canonical) is one of [domains]; NULL is none. */
gboolean mg_relay_is_own_domain(const mg_policy *policy, const char *domain);
/* Whether @path is postmaster, or abuse, of our own domains (RFC 5321 4.5.1, RFC 2142). */
gboolean mg_relay_is_role_address(const mg_policy *policy, const mg_path *path);

#endif
