/* name.h - names as DNS has them: labels of any octets.
 * In:    text with dots between labels, or the octets of a message
 * Out:   length-prefixed labels, ASCII letters in lower case, the root's zero at the end
 * Rules: RFC 1035 3.1, 4.1.4; RFC 4343. At most 253 octets as text. A dot inside a label cannot be written as text, and
 *        is not lost: labels carry their length. Pure. */
#ifndef MG_DNS_NAME_H
#define MG_DNS_NAME_H

#include <glib.h>

#include "session/ip.h"

#define MG_DNS_NAME_MAX      255    /* octets on the wire, lengths and root included */
#define MG_DNS_NAME_TEXT_MAX 1024   /* every octet as \DDD, dots, NUL */

typedef struct mg_dns_name {
	guint8 length;                      /* octets used, the root's zero included; 1 is the root */
	guint8 octets[MG_DNS_NAME_MAX];
} mg_dns_name;

/* From labels with dots between them; one dot at the end is dropped. FALSE, @name_out undefined, for an empty or overlong
 * label or a name over 253 octets. */
gboolean mg_dns_name_from_text(const char *text, gsize length, mg_dns_name *name_out);
/* 1.2.0.192.in-addr.arpa., ip6.arpa likewise (RFC 1035 3.5, RFC 3596 2.5). */
void mg_dns_name_from_ip(const mg_ip *ip, mg_dns_name *name_out);
/* For people: octets that are no printable ASCII, dots inside labels and backslashes as \DDD; no dot at the end. */
void mg_dns_name_format(const mg_dns_name *name, char text_out[MG_DNS_NAME_TEXT_MAX]);

gboolean mg_dns_name_equal(const mg_dns_name *a, const mg_dns_name *b);
guint mg_dns_name_hash(const mg_dns_name *name);
/* Whether @name is @parent or below it, by whole labels. */
gboolean mg_dns_name_is_in(const mg_dns_name *name, const mg_dns_name *parent);

#endif
