/* inquiry.h - one question, from its message to the message of its verdict.
 * In:    the question (api/wire.h), the policy it is asked under
 * Out:   the verdict, when every check that waits for DNS has ended, or time is up
 * Owns:  the checks
 * Rules: exactly one verdict; at the deadline there is one. */
#ifndef MG_INQUIRY_H
#define MG_INQUIRY_H

#include <glib.h>

#include "check/tools.h"
#include "policy/policy.h"

typedef struct mg_inquiry mg_inquiry;

/* NULL if the octets, which are copied, are no question. */
mg_inquiry *mg_inquiry_new(const guint8 *octets, gsize length, mg_policy *policy);
void mg_inquiry_free(mg_inquiry *inquiry);
guint64 mg_inquiry_request(const mg_inquiry *inquiry);

/* TRUE: the verdict is there. FALSE: it waits; @wake is called with @context when it can go on, and it must be stepped at
 * @wait_until_us_out in any case. */
gboolean mg_inquiry_step(mg_inquiry *inquiry, const mg_tools *tools, void (*wake)(void *context), void *context,
                         gint64 *wait_until_us_out);

/* Hands over the octets, to be released with free(). */
guint8 *mg_inquiry_take_verdict(mg_inquiry *inquiry, gsize *length_out);

#endif
