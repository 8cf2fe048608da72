/* result.h - what checks found. A result is no action: that is made of it by verdict/decide.c and the policy. */
#ifndef MG_BASE_RESULT_H
#define MG_BASE_RESULT_H

#include <glib.h>

#include "base/reason.h"

#define MG_RESULTS_MAX MG_N_REASONS   /* each reason is given once; what closes the relay must find room behind all others */

typedef struct mg_result {
	mg_reason   reason;
	const char *domain;              /* borrowed from the question; the domain it is about, canonical, or NULL */
	const mg_consequence *instead;   /* borrowed from the policy; of the reason's own consequence, or NULL */
	gboolean    is_discounted;       /* an exemption or a rule has turned it off: it counts for nothing else either */
} mg_result;

typedef struct mg_results {
	guint     n;
	mg_result all[MG_RESULTS_MAX];
} mg_results;

static inline void
mg_results_add_listed(mg_results *results, mg_reason reason, const char *domain, const mg_consequence *instead)
{
	if (results->n < MG_RESULTS_MAX)
		results->all[results->n++] = (mg_result){ reason, domain, instead, FALSE };
}

static inline void
mg_results_add(mg_results *results, mg_reason reason, const char *domain)
{
	mg_results_add_listed(results, reason, domain, NULL);
}

#endif
