/* master.h - the records of a master file.
 * In:    its text
 * Out:   records by name and type, in the order of the file; what each $ORIGIN was
 * Owns:  the records
 * Rules: RFC 1035 5.1, RFC 2308 4, RFC 3597 (no unknown types). A AAAA CNAME MX NS PTR SOA TXT, class IN. $INCLUDE and
 *        $GENERATE are errors. Bounds as in dns/wire.h: what could not come from the network does not stand here. Pure. */
#ifndef MG_DNS_MASTER_H
#define MG_DNS_MASTER_H

#include <glib.h>

#include "dns/answer.h"
#include "policy/findings.h"

typedef struct mg_master_set {
	mg_dns_question question;
	guint           line;        /* of the first */
	gsize           n_texts;     /* octets of all TXT */
	GArray         *records;     /* owned; mg_dns_record, each with its text */
} mg_master_set;

typedef struct mg_master {
	GPtrArray *sets;      /* owned; mg_master_set, in order of appearance */
	GArray    *origins;   /* owned; mg_dns_name; never the root */
} mg_master;

/* NULL if there are errors, which are in @findings by then. */
mg_master *mg_master_parse(const char *text, gsize length, const char *file, mg_findings *findings);
void mg_master_free(mg_master *master);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_master, mg_master_free)

#endif
