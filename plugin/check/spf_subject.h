/* spf_subject.h - whose SPF policy a question is about, and whether anybody is judged at all.
 * In:    the facts, the client and the paths as read from them
 * Out:   <domain> and <sender> of an identity (RFC 7208 2.3, 2.4); why there is no judging
 * Rules: a client that is not judged is none of SPF's business: authenticated, granted, trusted, exempt, or of a network
 *        that is skipped. Pure. */
#ifndef MG_CHECK_SPF_SUBJECT_H
#define MG_CHECK_SPF_SUBJECT_H

#include "check/client.h"
#include "check/envelope.h"
#include "policy/policy.h"
#include "session/facts.h"

typedef struct mg_spf_subject {
	const mg_facts    *facts;
	const mg_client   *client;
	const mg_envelope *envelope;
	gboolean           is_granted;   /* the client may relay this recipient */
} mg_spf_subject;

typedef struct mg_spf_identity {
	char *domain;   /* owned; <domain>; "" if there is none */
	char *sender;   /* owned; <sender> */
	char *helo;     /* owned; "" if it holds what no name and no address holds */
} mg_spf_identity;

void mg_spf_identity_read(const mg_spf_subject *subject, mg_identity identity, mg_spf_identity *identity_out);
void mg_spf_identity_clear(mg_spf_identity *identity);

/* The caller's to free; NULL: it is judged. */
char *mg_spf_subject_skip(const mg_policy *policy, const mg_spf_subject *subject, mg_identity identity);

#endif
