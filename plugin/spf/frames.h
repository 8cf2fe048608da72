/* frames.h - the records under evaluation, one upon the other.
 * In:    which record to go to, and what a record came to
 * Out:   the term to go on with, or the end
 * Rules: RFC 7208 4.3-4.5, 5.2, 6.1. A frame is a check_host() within a check_host(), on a stack of ours: how deep they
 *        go is the sender's choice. Once an answer is missing nothing here is a result any more: terms without their
 *        answer count as not matching, so that what comes after them is foreseen. */
#ifndef MG_SPF_FRAMES_H
#define MG_SPF_FRAMES_H

#include <glib.h>

#include "base/trace.h"
#include "spf/evaluate.h"
#include "spf/lookups.h"
#include "spf/record.h"

#define MG_SPF_FRAMES_MAX 32   /* the identity's record and one for each term counted; room for a higher limit */

/* How a record came to be evaluated. */
typedef enum mg_spf_entry { MG_SPF_BY_IDENTITY, MG_SPF_BY_INCLUDE, MG_SPF_BY_REDIRECT } mg_spf_entry;

/* What became of a term. ENTERED: another record comes first. END: there is a result, whatever stands below. */
typedef enum mg_spf_step { MG_SPF_NO_MATCH, MG_SPF_MATCH, MG_SPF_ENTERED, MG_SPF_END } mg_spf_step;

typedef struct mg_spf_frame {
	const mg_spf_record *record;   /* borrowed from its answer */
	guint        index;            /* of the term at hand; behind the last one: the redirect */
	mg_spf_entry entry;
	gboolean     authorises;       /* a pass here is a pass of the whole */
	mg_dns_name  name;
	char         domain[MG_DOMAIN_MAX + 1];
} mg_spf_frame;

typedef struct mg_spf_evaluation {
	mg_spf_lookups lookups;
	mg_spf_values  values;
	mg_trace      *trace;          /* borrowed; NULL: none wanted */
	gboolean       tells_misses;   /* of terms that looked up nothing too */
	gboolean       is_ipv4;
	guint          n_terms;
	mg_spf_result  result;         /* has meaning after END */
	char          *problem;        /* owned */
	char          *sender;         /* owned; NULL: the question's can be used as it is */
	const mg_spf_record *record;   /* of the identity's domain; NULL: none */
	guint64        width;          /* authorised so far (breadth.h) */
	guint64        term_width;     /* by the term at hand */
	guint          own;            /* the frame whose exp= holds: the identity's, or where redirects led (6.2) */
	gboolean       has_matched;
	const mg_spf_term *leaf_term;  /* the last that matched */
	guint          leaf;           /* the frame of the last match; it and those below it are then the path to it */
	guint          n_frames;
	mg_spf_frame   frames[MG_SPF_FRAMES_MAX];   /* not cleared */
} mg_spf_evaluation;

/* Goes to the record of the name in @question, which is @domain as text; sets its type. NO_MATCH: it is missing. */
mg_spf_step mg_spf_enter(mg_spf_evaluation *evaluation, mg_spf_entry entry, mg_dns_question *question,
                         const char *domain);
/* There is no record to go to (4.3; 5.2 for include, 6.1 for redirect). */
mg_spf_step mg_spf_no_record(mg_spf_evaluation *evaluation, mg_spf_entry entry, const char *why);
/* The record on top came to @result: down to a term to go on from, or to the END. */
mg_spf_step mg_spf_leave(mg_spf_evaluation *evaluation, mg_spf_result result);

/* END with @result, and why; the reason is only written down if there will be a result. */
mg_spf_step mg_spf_end(mg_spf_evaluation *evaluation, mg_spf_result result, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
mg_spf_step mg_spf_end_unknown(mg_spf_evaluation *evaluation, const mg_dns_answer *answer);
mg_spf_step mg_spf_end_too_many(mg_spf_evaluation *evaluation);

/* The term at hand as its record has it. */
const char *mg_spf_term_text(const mg_spf_frame *frame, guint *length_out);
/* A line of the trace about it, with what it looked up. */
void mg_spf_tell_term(mg_spf_evaluation *evaluation, const mg_spf_frame *frame, const char *said);

#endif
