/* sanity.h - HELO, host and sender's domain together: they share the client's names, and what they ask of DNS.
 * In:    the facts up to the stage at hand
 * Out:   their results
 * Rules: host at connect, HELO from HELO on, the sender from MAIL on. Skipped for clients that are authenticated, granted, exempt,
 *        or of a network that is left out. Where nothing is decided yet nobody waits: what is not here counts for nothing, and
 *        is in the cache by the time it is. */
#ifndef MG_CHECK_SANITY_H
#define MG_CHECK_SANITY_H

#include "base/evidence.h"
#include "check/check.h"
#include "check/host.h"
#include "check/tools.h"

typedef struct mg_sanity_check mg_sanity_check;

/* NULL: the question has no use for it. What @facts point to is borrowed as long as the check lives; @policy is referenced. */
mg_sanity_check *mg_sanity_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gboolean is_granted,
                                     gboolean waits);
mg_check *mg_sanity_check_base(mg_sanity_check *sanity);

/* What is known of the client's names. */
typedef struct mg_sanity_host {
	mg_iprev iprev;                          /* RFC 8601 2.7.3; 0: not known */
	guint    n_names;
	char     name[MG_DOMAIN_MAX + 1];        /* the first that leads back; "": none */
	char     first_name[MG_DOMAIN_MAX + 1];  /* the first, wherever it leads; "": none */
} mg_sanity_host;

/* The results, from the answers that are here. */
void mg_sanity_check_report(const mg_sanity_check *sanity, const mg_client *client, const mg_envelope *envelope,
                            mg_results *results, mg_trace *trace, mg_evidence *evidence, mg_sanity_host *host_out);

#endif
