/* zone.h - the local zone: answers that stand in a master file, before the network is asked.
 * In:    a master file's text; questions
 * Out:   an answer, or "not ours"
 * Owns:  the answers
 * Rules: RFC 1035 5, RFC 2308 4 ($TTL), RFC 4592 (wildcards). At and below every $ORIGIN and SOA what is not in the file
 *        does not exist; a record elsewhere speaks for its own name alone. Aliases are followed inside, up to eight. Pure. */
#ifndef MG_DNS_ZONE_H
#define MG_DNS_ZONE_H

#include <glib.h>

#include "dns/answer.h"
#include "policy/findings.h"

typedef struct mg_local_zone mg_local_zone;

/* NULL if there are errors, which are in @findings by then. @file is for them alone, and is copied. */
mg_local_zone *mg_local_zone_parse(const char *text, gsize length, const char *file, mg_findings *findings);
void mg_local_zone_free(mg_local_zone *zone);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_local_zone, mg_local_zone_free)

/* A reference that is the caller's; NULL if the zone has no say. */
mg_dns_answer *mg_local_zone_answer(const mg_local_zone *zone, const mg_dns_question *question);

guint mg_local_zone_count(const mg_local_zone *zone);   /* records */

#endif
