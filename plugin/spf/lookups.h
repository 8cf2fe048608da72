/* lookups.h - what one evaluation has asked so far.
 * In:    questions, in the order of evaluation
 * Out:   their answers, if they are here, counted against the limits
 * Rules: RFC 7208 4.6.4, 5.5, 11.1. Once an answer was missing the evaluation only goes on to foresee more questions;
 *        the same question is asked once and counts once. Pure but for the caller's function. */
#ifndef MG_SPF_LOOKUPS_H
#define MG_SPF_LOOKUPS_H

#include <glib.h>

#include "dns/answer.h"
#include "spf/evaluate.h"
#include "spf/macro.h"

#define MG_SPF_QUERIES_MAX 256   /* room; a limit over it is taken for it */

typedef enum mg_spf_found {
	MG_SPF_FOUND,
	MG_SPF_VOID,       /* no such name, or no record of this type (4.6.4) */
	MG_SPF_UNKNOWN,    /* DNS trouble */
	MG_SPF_MISSING,    /* noted; nothing is said yet */
	MG_SPF_TOO_MANY    /* over queries_max; not asked */
} mg_spf_found;

typedef struct mg_spf_lookups {
	const mg_spf_question *question;     /* borrowed */
	mg_spf_lookup lookup;
	gpointer      context;
	mg_dns_type   address_type;          /* A or AAAA, by the client's family */
	gboolean      is_missing;            /* something was: no result comes of this evaluation */
	guint         n_queries;
	guint         n_voids;               /* counted (mg_spf_lookups_end_term) */
	guint         n_term_voids;          /* empty answers of the term at hand */
	guint32       ttl_s;                 /* least so far */
	gboolean      is_secure;             /* all so far are */
	gboolean      is_validated;          /* what "%{p}" needs was counted already */
	GString      *story;                 /* owned; what the term at hand looked up; NULL: nobody wants to know */
	guint         n_missed;
	guint         missed[MG_SPF_QUERIES_MAX];               /* hashes of questions without an answer */
	const mg_dns_answer *seen[MG_SPF_QUERIES_MAX];          /* borrowed from the caller; n_queries of them */
} mg_spf_lookups;

/* @answer_out is set if the answer is here. */
mg_spf_found mg_spf_ask(mg_spf_lookups *lookups, const mg_dns_question *question, mg_dns_answer **answer_out);

/* How a validated name (5.5) stands to a domain. */
typedef enum mg_spf_kin { MG_SPF_KIN_NONE, MG_SPF_KIN_OTHER, MG_SPF_KIN_BELOW, MG_SPF_KIN_SAME } mg_spf_kin;

/* Of the client's validated names the one closest to @domain, and how close; NULL: there is none. @as_text: only names
 * that can be written without escapes. FOUND, or MISSING or TOO_MANY and nothing is known: DNS trouble only takes
 * names away (5.5). */
mg_spf_found mg_spf_validated(mg_spf_lookups *lookups, const mg_dns_name *domain, gboolean as_text,
                              const mg_dns_name **name_out, mg_spf_kin *kin_out);
/* The same as text for "%{p}": "" if there is none. Counts against the voids of the first term that needs it only. */
mg_spf_found mg_spf_validated_text(mg_spf_lookups *lookups, const mg_dns_name *domain,
                                   char text_out[MG_DNS_NAME_TEXT_MAX]);

/* Counts the voids of the term at hand. FALSE if there are now too many. */
gboolean mg_spf_lookups_end_term(mg_spf_lookups *lookups);

#endif
