/* record.h - an SPF record, compiled.
 * In:    the TXT records of a name
 * Out:   which of them is its SPF record, as terms that can be evaluated without looking at the text again
 * Rules: RFC 7208 4.5, 4.6.1, 5, 6, 7.1, 12: the whole grammar. A compiled record is immutable and lives with its TXT
 *        answer; at most 512 terms. Every fault of syntax is found here, whether evaluation would come to it or not
 *        (4.6). Pure. */
#ifndef MG_SPF_RECORD_H
#define MG_SPF_RECORD_H

#include <glib.h>

#include "dns/answer.h"
#include "spf/evaluate.h"
#include "spf/macro.h"

#define MG_SPF_TERMS_MAX 512     /* RELIABILITY 1.2, S9 */
#define MG_SPF_TEXT_MAX  65535   /* octets of TXT in one answer */

typedef enum mg_spf_mechanism {
	MG_SPF_ALL, MG_SPF_INCLUDE, MG_SPF_A, MG_SPF_MX, MG_SPF_PTR, MG_SPF_IP4, MG_SPF_IP6, MG_SPF_EXISTS
} mg_spf_mechanism;

/* mg_spf_spec - a domain-spec. One that depends on nothing is expanded once, when it is compiled. */
typedef struct mg_spf_spec {
	guint32 first_piece, n_pieces;   /* in the record's pieces */
	guint32 domain, name;            /* of a fixed one: where they are in the record's names */
	guint8  n_domain, n_name;        /* their octets, a NUL behind the domain's; n_name is 0: no name in DNS */
	guint8  uses;                    /* MG_SPF_USES_ bits */
	guint   is_given : 1;
	guint   is_fixed : 1;            /* domain and name hold */
} mg_spf_spec;

typedef struct mg_spf_term {
	guint32 offset, length;          /* as written, in the record's text */
	guint8  mechanism;               /* mg_spf_mechanism */
	guint8  result;                  /* mg_spf_result of its qualifier (4.6.2) */
	guint8  prefix4, prefix6;        /* of a, mx, and of ip4, ip6 both its own: as prefixes of 128 bits */
	union {
		struct {
			mg_ip base, mask;    /* of ip4, ip6: an address a of its family is in it if (a & mask) == base */
		};
		mg_spf_spec spec;        /* of the others */
	};
} mg_spf_term;

typedef struct mg_spf_modifier {
	guint32     offset, length;           /* as written */
	mg_spf_spec spec;
} mg_spf_modifier;

typedef struct mg_spf_record {
	char            *text;       /* owned; may hold any octet if there is a fault; NUL-terminated besides */
	gsize            length;
	const char      *fault;      /* constant; why it is none by the grammar; NULL: all below holds */
	guint32          fault_offset, fault_length;   /* the term at fault */
	guint            n_terms;    /* mechanisms up to "all", which ends them (5.1) */
	mg_spf_term     *terms;      /* owned */
	gboolean         has_all;
	gboolean         is_plain;   /* the text needs no escapes in print */
	mg_spf_modifier  redirect, exp;
	mg_spf_piece    *pieces;     /* owned */
	guint8          *names;      /* owned; what fixed domain-specs are in text and in DNS */
	gsize            size;       /* octets of all that is owned */
	guint64          width4, width6;   /* authorised by ip4, ip6 and all (breadth.h) */
} mg_spf_record;

/* From the text of one record, "v=spf1" and all. Never NULL; look at its fault. */
mg_spf_record *mg_spf_record_parse(const char *text, gsize length);
void mg_spf_record_free(mg_spf_record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(mg_spf_record, mg_spf_record_free)

/* Whether it is sound and says nothing but "-all". */
gboolean mg_spf_record_sends_no_mail(const mg_spf_record *record);

/* Whether @text begins as an SPF record does (4.5). */
gboolean mg_spf_record_is_one(const char *text, gsize length);

/* The SPF record among the records of a TXT answer, compiled when first asked for and kept with the answer. NULL if
 * there is none or, @n_out says so, are several. */
const mg_spf_record *mg_spf_record_of(mg_dns_answer *answer, guint *n_out);

/* The same beforehand, of a TXT answer; others stay as they are. For mg_resolver_settings. */
void mg_spf_record_compile(mg_dns_answer *answer);

#endif
