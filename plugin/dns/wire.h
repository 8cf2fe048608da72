/* wire.h - DNS messages: the question as it is sent, the answer as it is read.
 * In:    a question; the octets that came back
 * Out:   a packet; an answer with TTLs, or why there is none
 * Rules: RFC 1035 4, RFC 2181 5.2 and 8, RFC 2308 2 and 5, RFC 6840 5.7, RFC 6891 6. The whole message must be sound or none of
 *        it is used; a truncated one is never looked into. Names may hold any octet. Aliases are followed within the
 *        message, never across messages. What an answer may grow to is bounded before it is allocated. Pure. */
#ifndef MG_DNS_WIRE_H
#define MG_DNS_WIRE_H

#include <glib.h>

#include "dns/answer.h"

#define MG_DNS_QUERY_MAX   282     /* header, a name of 255, type and class, OPT */
#define MG_DNS_OPT_SIZE    11      /* at the end of a query */
#define MG_DNS_UDP_SIZE    1232    /* what we say we can take: no fragments (DNS flag day 2020) */
#define MG_DNS_ALIASES_MAX 8
#define MG_DNS_RECORDS_MAX 100     /* of the type asked for */
#define MG_DNS_TEXT_MAX    16384   /* one TXT, its strings joined */
#define MG_DNS_TEXTS_MAX   65536   /* all of an answer */

typedef enum mg_dns_reading {
	MG_DNS_READ_WELL,        /* the server has spoken, if only to refuse */
	MG_DNS_READ_TRUNCATED,   /* ask again by TCP */
	MG_DNS_READ_BADLY        /* no answer to this question: garbage, or somebody else's */
} mg_dns_reading;

/* Recursion desired, and to be told whether the answer is validated; an OPT record at the end. Returns the length. */
gsize mg_dns_wire_query(const mg_dns_question *question, guint16 id, guint8 out[MG_DNS_QUERY_MAX]);

/* @answer_out is always set; UNKNOWN "truncated" or "malformed" unless READ_WELL. The id is not looked at. Secure is what the
 * message says is; whether its sender may be believed is known to who received it. */
mg_dns_reading mg_dns_wire_read(const mg_dns_question *question, const guint8 *octets, gsize length,
                                mg_dns_answer **answer_out);

#endif
