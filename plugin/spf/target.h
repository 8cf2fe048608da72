/* target.h - the name that a term is about.
 * In:    a domain-spec, and the domain whose record has it
 * Out:   the <target-name>, for DNS and as text
 * Rules: RFC 7208 4.8, 7.3; RFC 8616 4. A name that DNS cannot have is none: it is never asked for. */
#ifndef MG_SPF_TARGET_H
#define MG_SPF_TARGET_H

#include <glib.h>

#include "spf/lookups.h"
#include "spf/record.h"

typedef enum mg_spf_target_kind {
	MG_SPF_TARGET_NAME,
	MG_SPF_TARGET_MALFORMED,     /* an empty or overlong label (4.8) */
	MG_SPF_TARGET_UNMATCHABLE,   /* of a local-part that is not ASCII (RFC 8616 4) */
	MG_SPF_TARGET_MISSING,       /* "%{p}" needs answers that are not here */
	MG_SPF_TARGET_TOO_MANY       /* "%{p}" needs more questions than are allowed */
} mg_spf_target_kind;

/* Copies a name, and nothing behind it, which is faster. */
void mg_spf_name_copy(const guint8 *octets, gsize length, mg_dns_name *name_out);

/* @spec of @record, whose domain is @name and values->domain; not given, it is that domain itself. Only for
 * TARGET_NAME, @name_out and @domain_out are set. */
mg_spf_target_kind mg_spf_target(mg_spf_lookups *lookups, const mg_spf_record *record, const mg_spf_spec *spec,
                                 mg_spf_values *values, const mg_dns_name *name, mg_dns_name *name_out,
                                 char domain_out[MG_DOMAIN_MAX + 1]);

#endif
