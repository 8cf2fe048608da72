/* terms.h - the terms that look up.
 * In:    include, a, mx, ptr, exists or redirect, and the record that has it
 * Out:   whether it matched, or led to another record, or ended it all
 * Rules: RFC 7208 5.2-5.5, 5.7, 6.1, and the limits of 4.6.4, which count these terms. */
#ifndef MG_SPF_TERMS_H
#define MG_SPF_TERMS_H

#include "spf/frames.h"

/* @term of the record of @frame, which is on top; NULL is its redirect. */
mg_spf_step mg_spf_step_lookup(mg_spf_evaluation *evaluation, mg_spf_frame *frame, const mg_spf_term *term);

#endif
