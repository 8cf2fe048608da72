/* domain.h - Domains in one canonical form.
 * In:    a Domain as a client, or a list, wrote it
 * Out:   lower-case labels, U-labels turned into A-labels, no dot at the end
 * Rules: RFC 5321 4.1.2 and 4.5.3.1.2, RFC 1035 3.1, RFC 5890, RFC 6531 3.3. An underscore is tolerated, since
 *        names in use have it. A name whose last label is all digits is none: it reads as an address. Pure. */
#ifndef MG_SESSION_DOMAIN_H
#define MG_SESSION_DOMAIN_H

#include <glib.h>

#define MG_DOMAIN_MAX 253   /* RFC 1035 3.1 as text: 255 octets less the first length and the root */
#define MG_LABEL_MAX  63

static inline char
mg_ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* @utf8: U-labels are allowed. FALSE, @canonical_out undefined, if it is no Domain. */
gboolean mg_domain_canonical(const char *text, gsize length, gboolean utf8, char canonical_out[MG_DOMAIN_MAX + 1]);

/* What is above @name, from its dot on: ".example.net" of "mx.example.net" and of ".mx.example.net"; NULL if nothing is. */
const char *mg_domain_parent(const char *name);

/* The part of @canonical that somebody has registered, "example.co.uk" of "mx.example.co.uk": the organisation's (RFC 9091 3.2);
 * borrowed from it. All of it if that cannot be told. */
const char *mg_domain_organisation(const char *canonical);

/* The same by what registries delegate alone: "amazonaws.com" of a host below a suffix that Amazon has listed for its customers. */
const char *mg_domain_registrant(const char *canonical);

/* Whether @label is a top-level domain of the list (publicsuffix.org). TRUE if there is no list. */
gboolean mg_domain_is_listed_suffix(const char *label);

/* Whether everybody can register below @canonical (publicsuffix.org), or it is a single label. */
gboolean mg_domain_is_public_suffix(const char *canonical);

#endif
