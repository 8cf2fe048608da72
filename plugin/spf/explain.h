/* explain.h - what a domain has to say about its own "fail".
 * In:    the record whose exp= it is, and its domain
 * Out:   printable ASCII, at most 200 octets: words of a stranger, for a reply that says so
 * Rules: RFC 7208 6.2, 7.2: whatever goes wrong, there is no explanation and the result stays. Its lookups count
 *        neither as terms nor as voids (4.6.4). Pure but for the lookups. */
#ifndef MG_SPF_EXPLAIN_H
#define MG_SPF_EXPLAIN_H

#include <glib.h>

#include "spf/lookups.h"
#include "spf/record.h"

#define MG_SPF_EXPLANATION_MAX 200

/* @values: of the evaluation, with the domain that @name is. Sets @explanation_out, the caller's to free, to NULL if
 * there is none. If an answer is missing, @lookups say so, and what is set has no meaning. */
void mg_spf_explain(mg_spf_lookups *lookups, const mg_spf_record *record, mg_spf_values *values,
                    const mg_dns_name *name, char **explanation_out);

#endif
