/* judging.h - what a judgement of HELO, host or sender goes by, and where it tells what it found.
 * Rules: three states. Yes and no are definite; DNS trouble, and an answer that is not here, is neither, and counts against
 *        nobody. A judgement that has missed an answer is made again when it has come. */
#ifndef MG_CHECK_JUDGING_H
#define MG_CHECK_JUDGING_H

#include "base/evidence.h"
#include "base/result.h"
#include "base/trace.h"
#include "check/answers.h"
#include "check/client.h"
#include "check/envelope.h"
#include "policy/policy.h"

typedef enum mg_tristate { MG_NO, MG_YES, MG_UNKNOWN } mg_tristate;

/* Whether DNSSEC has proven what was found (RFC 4035 3.2.3); unknown: nothing was, or not for certain. It decides nothing. */
typedef struct mg_dnssec {
	mg_tristate ptr;      /* the name that leads back, and that it does */
	mg_tristate helo;     /* the addresses of the HELO word that counts now */
	mg_tristate sender;   /* where the sender's domain takes mail: its MX, or that there is none and its addresses */
} mg_dnssec;

typedef struct mg_judging {
	const mg_policy   *policy;     /* all borrowed */
	const mg_facts    *facts;
	const mg_client   *client;
	const mg_envelope *envelope;
	mg_answers        *answers;    /* NULL: there will be none */
	mg_results        *results;
	mg_trace          *trace;      /* NULL: nobody wants to know */
	gboolean           is_missing; /* an answer was; what was found is not all yet */
	mg_dnssec          dnssec;
} mg_judging;

/* Once for each reason. @domain: of the question, or NULL. */
void mg_judging_find(mg_judging *judging, mg_reason reason, const char *domain);

/* NULL: it is not here. */
mg_dns_answer *mg_judging_ask(mg_judging *judging, mg_dns_type type, const mg_dns_name *name);
/* The same by a canonical Domain. NULL too if DNS has no such name. */
mg_dns_answer *mg_judging_ask_domain(mg_judging *judging, mg_dns_type type, const char *domain);

/* What an answer says; NULL is unknown. */
mg_tristate mg_answer_exists(const mg_dns_answer *answer);
gboolean mg_answer_has_ip(const mg_dns_answer *answer, const mg_ip *ip);
/* Whether every address of a host is one that no host of the Internet has; none is such a one. */
mg_tristate mg_answer_is_special(const mg_dns_answer *answer);
/* Of a name's addresses: those answers that have any. */
mg_tristate mg_addresses_are_secure(const mg_dns_answer *ipv4, const mg_dns_answer *ipv6);
/* Of MX records: the domain takes no mail (RFC 7505). */
gboolean mg_answer_is_null_mx(const mg_dns_answer *mx);
/* A name of four numbers is one that DNS can have, and that an address was meant for. */
gboolean mg_exchange_is_address(const mg_dns_name *exchange);
/* One that shares a /24, or a /64 of IPv6, with @ip. */
gboolean mg_answer_has_neighbour(const mg_dns_answer *answer, const mg_ip *ip);

/* In trace and evidence, as "dnssec" of @check; nothing of what is unknown. */
void mg_dnssec_tell(mg_tristate is_secure, const char *check, mg_trace *trace, mg_evidence *evidence);

#endif
