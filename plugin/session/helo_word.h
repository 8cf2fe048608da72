/* helo_word.h - what stands behind HELO or EHLO.
 * In:    the word as the client sent it, any octets
 * Out:   which kind of name it is, in canonical form, or why it is none
 * Rules: RFC 5321 4.1.1.1, 4.1.2 (Domain), 4.1.3 (address-literal). A dot at the end is tolerated, and an underscore if the
 *        policy says so: names in use have them. Pure. */
#ifndef MG_SESSION_HELO_WORD_H
#define MG_SESSION_HELO_WORD_H

#include <glib.h>

#include "session/domain.h"
#include "session/ip.h"

typedef enum mg_helo_kind {
	MG_HELO_MALFORMED,
	MG_HELO_NAME,      /* of at least two labels */
	MG_HELO_DOTLESS,   /* a single label */
	MG_HELO_LITERAL,   /* [192.0.2.1], [IPv6:2001:db8::1] */
	MG_HELO_ADDRESS    /* an address that is no literal: without brackets, [2001:db8::1], [IPv6:192.0.2.1] */
} mg_helo_kind;

typedef struct mg_helo_word {
	mg_helo_kind kind;
	const char  *fault;                   /* constant; of MALFORMED */
	char         name[MG_DOMAIN_MAX + 1]; /* canonical; of NAME and DOTLESS; else "" */
	mg_ip        ip;                      /* of LITERAL and ADDRESS */
} mg_helo_word;

void mg_helo_word_read(const char *octets, gsize length, gboolean allows_underscore, mg_helo_word *word_out);

#endif
