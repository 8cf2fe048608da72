/* breadth.h - how many addresses a record authorises.
 * In:    terms with pass as their result, and what DNS says of those that need it
 * Out:   a count, as a power of two
 * Rules: of the client's family: IPv4 addresses, or networks of /64, as IPv6 hosts have one each. Counts saturate;
 *        what overlaps is counted twice. RELIABILITY 1.2, S3: a pass says little if everybody has it. Pure. */
#ifndef MG_SPF_BREADTH_H
#define MG_SPF_BREADTH_H

#include <glib.h>

#include "dns/answer.h"
#include "spf/record.h"

#define MG_SPF_BREADTH_WIDE 16   /* as a power of two: above it a pass is worth a remark */

/* Everybody. */
guint64 mg_spf_breadth_of_all(gboolean is_ipv4);
guint64 mg_spf_breadth_add(guint64 a, guint64 b);

/* What ip4, ip6 and all say by themselves; 0 for other terms and for the other family. */
guint64 mg_spf_breadth_of_term(gboolean is_ipv4, const mg_spf_term *term);

/* Fills in width4 and width6 of a record whose terms are all there. */
void mg_spf_breadth_of_record(mg_spf_record *record);

/* What the addresses of @answer (A or AAAA, by the family) authorise for a term a or mx. */
guint64 mg_spf_breadth_of_answer(const mg_spf_term *term, const mg_dns_answer *answer);

/* The least power of two that is not less, at most that of everybody; -1 of nothing. */
int mg_spf_breadth_log2(gboolean is_ipv4, guint64 n);

#endif
