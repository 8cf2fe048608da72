/* answer.h - what DNS says to one question.
 * In:    records, as wire.c, zone.c or a test makes them
 * Out:   an immutable answer, reference counted, shared by all who asked
 * Rules: three outcomes. NOTHING is said by the name's own servers (NXDOMAIN, NODATA); whatever else keeps us from
 *        knowing (SERVFAIL, REFUSED, FORMERR, silence, a TCP failure, an answer past its bounds) is UNKNOWN. */
#ifndef MG_DNS_ANSWER_H
#define MG_DNS_ANSWER_H

#include <glib.h>

#include "dns/name.h"

typedef enum mg_dns_type {
	MG_DNS_A = 1, MG_DNS_NS = 2, MG_DNS_CNAME = 5, MG_DNS_SOA = 6, MG_DNS_PTR = 12, MG_DNS_MX = 15, MG_DNS_TXT = 16,
	MG_DNS_AAAA = 28
} mg_dns_type;

typedef enum mg_dns_outcome { MG_DNS_FOUND, MG_DNS_NOTHING, MG_DNS_UNKNOWN } mg_dns_outcome;

typedef struct mg_dns_question {
	mg_dns_type type;
	mg_dns_name name;
} mg_dns_question;

/* One record of the type asked for. Which member holds: A, AAAA ip; NS, CNAME, PTR a name; MX a name and preference; TXT text,
 * its strings joined; SOA two names (MNAME, RNAME) and minimum_s. */
typedef struct mg_dns_record {
	guint32      ttl_s;
	guint32      minimum_s;
	mg_ip        ip;
	mg_dns_name *names;      /* owned; NULL: of a type without */
	char        *text;       /* owned; may hold any octet, NUL among them; NUL-terminated besides; NULL: of another type */
	guint32      length;     /* of text */
	guint16      preference;
} mg_dns_record;

/* Room for the names that a record of @type has; the record's. */
mg_dns_name *mg_dns_record_names(mg_dns_record *record, mg_dns_type type);
void mg_dns_record_copy(const mg_dns_record *record, mg_dns_type type, mg_dns_record *copy_out);
void mg_dns_record_clear(mg_dns_record *record);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(mg_dns_record, mg_dns_record_clear)

typedef struct mg_dns_answer {
	guint           n_references;
	mg_dns_question question;
	mg_dns_outcome  outcome;
	const char     *why;            /* constant; "nxdomain", "nodata", "servfail", "timeout", ...; "" if found */
	gboolean        is_secure;      /* a resolver on this host says that it has validated all of it (RFC 4035 3.2.3); else
	                                 * nobody knows. Never of UNKNOWN, nor of the local zone */
	guint           n_aliases;      /* CNAMEs followed within the answer */
	guint           n_records;
	mg_dns_record  *records;        /* owned; in the order of the message */
	guint32         ttl_s;          /* least of all records, or of the negative answer; as received, not clamped */
	gpointer        compiled;       /* of whoever uses the answer first, e.g. a parsed SPF record */
	gsize           compiled_size;  /* octets of memory */
	GDestroyNotify  compiled_free;
} mg_dns_answer;

/* An answer with room for @n_records, which the caller fills before anybody else sees it. */
mg_dns_answer *mg_dns_answer_new(const mg_dns_question *question, mg_dns_outcome outcome, const char *why,
                                 guint n_records);
mg_dns_answer *mg_dns_answer_ref(mg_dns_answer *answer);
void mg_dns_answer_unref(mg_dns_answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_dns_answer, mg_dns_answer_unref)

/* Octets of memory, for the cache's bound. */
gsize mg_dns_answer_size(const mg_dns_answer *answer);

guint mg_dns_question_hash(gconstpointer question);
gboolean mg_dns_question_equal(gconstpointer a, gconstpointer b);
/* "TXT"; "TYPE99" for a type without a name here. */
const char *mg_dns_type_name(mg_dns_type type);

#endif
