/* spf_memory.h - SPF results of mail transactions under way, so that all recipients of one meet the same.
 * In:    a check that is done, and the transaction it was made in
 * Out:   the same check, when the transaction asks again
 * Owns:  references to the checks
 * Rules: a verdict is kept inside its transaction and nowhere else; across transactions there is the DNS cache (FEATURES F40,
 *        F41). Another policy means another check. Bounded in octets: the one not used for longest goes first. */
#ifndef MG_CHECK_SPF_MEMORY_H
#define MG_CHECK_SPF_MEMORY_H

#include "check/spf.h"
#include "check/tools.h"

mg_spf_memory *mg_spf_memory_new(gsize octets_max);
void mg_spf_memory_free(mg_spf_memory *memory);

/* A reference that is the caller's; NULL if there is none. */
mg_spf_check *mg_spf_memory_find(mg_spf_memory *memory, guint64 transaction, mg_identity identity, const mg_policy *policy);
/* Takes a reference of its own to what it does not hold already. */
void mg_spf_memory_keep(mg_spf_memory *memory, guint64 transaction, mg_spf_check *spf);

guint mg_spf_memory_count(const mg_spf_memory *memory);

#endif
