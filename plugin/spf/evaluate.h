/* evaluate.h - the SPF result for one identity, from the DNS answers that are present.
 * In:    client address, identity, HELO, limits; a function that finds an answer
 * Out:   the result with its evidence; or "not yet", when answers were missing that the result depends on
 * Rules: RFC 7208 complete. Pure: no clock, no lookups of its own, no log. It never recurses on outside data. All limits
 *        hold over the whole evaluation (4.6.4), includes and redirects with it. Evaluated again from the top once the
 *        missing answers are there: the same answers give the same result. */
#ifndef MG_SPF_EVALUATE_H
#define MG_SPF_EVALUATE_H

#include <glib.h>

#include "base/trace.h"
#include "dns/answer.h"
#include "session/ip.h"

typedef enum mg_spf_result {   /* RFC 7208 2.6 */
	MG_SPF_NONE, MG_SPF_NEUTRAL, MG_SPF_PASS, MG_SPF_FAIL, MG_SPF_SOFTFAIL, MG_SPF_TEMPERROR, MG_SPF_PERMERROR
} mg_spf_result;

/* "none", "neutral", ... (RFC 8601 2.7.2); constant. */
const char *mg_spf_result_name(mg_spf_result result);

typedef struct mg_spf_limits {
	guint    terms_max;         /* RFC 7208 4.6.4: 10 */
	guint    voids_max;         /* 4.6.4: 2 */
	gboolean voids_by_query;    /* count each empty answer; else at most one void for a term */
	guint    names_max;         /* 4.6.4: 10 MX names, 10 PTR names */
	guint    queries_max;       /* 120 */
	gsize    record_max;        /* octets of a joined record: 4096 */
} mg_spf_limits;

extern const mg_spf_limits mg_spf_limits_standard;

typedef struct mg_spf_question {
	mg_ip       client;            /* IPv4-mapped is IPv4 (session/ip.h) */
	const char *domain;            /* <domain>: A-labels, as the identity has it; need not be valid */
	const char *sender;            /* <sender>: local-part@domain; "postmaster" stands where there was none (2.4, 4.3) */
	const char *helo;              /* for %{h}; "" if none */
	const char *receiver;          /* for %{r}: our host name */
	gint64      now_s;             /* for %{t} */
	gboolean    wants_explanation; /* evaluate exp= on fail (6.2) */
	mg_spf_limits limits;
} mg_spf_question;

/* The answer to a question, borrowed until the evaluation is over, or NULL: not here; whoever is called notes it. */
typedef mg_dns_answer *(*mg_spf_lookup)(void *context, const mg_dns_question *question);

typedef struct mg_spf_outcome {
	mg_spf_result result;
	char   *explanation;     /* owned; of a fail, macros expanded, printable ASCII, at most 200 octets; NULL: none */
	char   *problem;         /* owned; why temperror or permerror: names term, limit or question; NULL: neither */
	char   *matched;         /* owned; path to the term that matched: "include:a.example > ip4:192.0.2.0/24"; NULL: none did */
	char   *record;          /* owned; the identity domain's own record, escaped for print; NULL: none */
	guint   n_terms;         /* that cause lookups, counted so far (4.6.4) */
	guint   n_voids;
	guint   n_queries;       /* answers looked at, one for each different question */
	int     matched_log2;    /* addresses authorised by the matched term, as a power of two; of IPv6, of /64s; -1: none */
	int     record_log2;     /* the same of the whole record as far as it is known without its includes' misses */
	gboolean sends_no_mail;  /* the identity domain's own record is nothing but "-all" */
	guint32 ttl_s;           /* least TTL of the answers it depends on; G_MAXUINT32: none */
	gboolean is_secure;      /* DNSSEC has proven each of them, and there are any */
} mg_spf_outcome;

/* TRUE: @outcome_out holds the result, to be cleared by the caller. FALSE: answers are missing; every one that could
 * be foreseen from the records present (all terms of them, within the limits) has been asked of @lookup, so that one
 * parallel round brings them all. @trace, if not NULL, gets the explained tree: a line a term, with what it looked
 * up, whether it matched, TTL and the counts so far; written only when TRUE is returned. */
typedef gboolean (*mg_spf_evaluator)(const mg_spf_question *question, mg_spf_lookup lookup, void *context, mg_trace *trace,
                                     mg_spf_outcome *outcome_out);
gboolean mg_spf_evaluate(const mg_spf_question *question, mg_spf_lookup lookup, void *context, mg_trace *trace,
                         mg_spf_outcome *outcome_out);
void mg_spf_outcome_clear(mg_spf_outcome *outcome);

#endif
