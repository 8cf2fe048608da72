/* trust.h - whether a backend tells recipients of a Domain apart, so that its "no" may be believed.
 * In:    what became of the two canaries: one recipient that exists, one that cannot; and of addresses that were valid
 * Out:   the Domain's class, and whether negatives count
 * Rules: RELIABILITY 4.6. Negatives count while both canaries held within the hour and the rejection breaker is closed: more than 5
 *        addresses that were VALID within 7 d turned UNKNOWN within 10 min, or more than a fifth of 10 and more that were asked
 *        about again: nothing is believed for 15 min. What is not believed is kept, and counts again. Pure: no clock of its own. */
#ifndef MG_VERIFY_TRUST_H
#define MG_VERIFY_TRUST_H

#include <glib.h>

#include "verify/rcpt_class.h"

typedef enum mg_domain_class {
	MG_DOMAIN_UNDETERMINED, MG_DOMAIN_DISCRIMINATING, MG_DOMAIN_CATCH_ALL, MG_DOMAIN_REJECTS_ALL, MG_DOMAIN_GREYLISTS,
	MG_DOMAIN_BLOCKS_US
} mg_domain_class;

typedef struct mg_trust mg_trust;   /* of one backend and Domain */

mg_trust *mg_trust_new(void);
void mg_trust_free(mg_trust *trust);

void mg_trust_canary(mg_trust *trust, gboolean is_positive, mg_rcpt_class class, gint64 now_s);
/* Every 15 min while in use; 60 s after one that told nothing; at once if never. */
gboolean mg_trust_canary_is_due(const mg_trust *trust, gint64 now_s);
mg_domain_class mg_trust_class(const mg_trust *trust, gint64 now_s);
gboolean mg_trust_believes_negatives(const mg_trust *trust, gint64 now_s);
/* An address was asked about again. @was_valid_lately: as recalled before. TRUE: the rejection breaker opened at this one, which is
 * not to be believed either. */
gboolean mg_trust_seen(mg_trust *trust, gboolean was_valid_lately, gboolean is_negative, gint64 now_s);
gboolean mg_trust_breaker_is_open(const mg_trust *trust, gint64 now_s);
/* Since the older of the two canaries that negatives rest on; -1: they rest on nothing. */
gint64 mg_trust_canary_age_s(const mg_trust *trust, gint64 now_s);

const char *mg_domain_class_name(mg_domain_class class);   /* "undetermined", "discriminating", "catch-all", ... */

/* The Local-part of the negative canary: 20 of [a-z0-9], which nobody without @secret can know or foresee. */
#define MG_CANARY_LENGTH 20
void mg_canary_local_part(const guint8 secret[32], const char *domain, gint64 day, char out[MG_CANARY_LENGTH + 1]);
/* Today's or yesterday's: a probe of ours that came back to us (RELIABILITY 1.6, V15). */
gboolean mg_canary_is_ours(const guint8 secret[32], const char *domain, gint64 day, const char *local_part);

#endif
