/* macro.h - macro strings: their grammar, and what they expand to.
 * In:    the octets of a macro string; what is known of client and sender
 * Out:   pieces that point into the octets; their expansion, in room of a known size
 * Rules: RFC 7208 7; RFC 8616 4. A domain is written from its end, since what is over 253 octets is cut on the left
 *        (7.3): no expansion, whatever it grows to, needs more room than that. Pure. */
#ifndef MG_SPF_MACRO_H
#define MG_SPF_MACRO_H

#include <glib.h>

#include "session/domain.h"
#include "session/ip.h"

#define MG_SPF_VALUE_MAX 1024   /* octets of one macro's value; of a longer one, which no SMTP line holds, the last */

/* What an expansion depends on. */
enum {
	MG_SPF_USES_LOCAL     = 1 << 0,   /* s, l: RFC 8616 4 */
	MG_SPF_USES_VALIDATED = 1 << 1,   /* p: needs lookups */
	MG_SPF_USES_CLIENT    = 1 << 2,   /* i, c, p, v: another address gives another name */
	MG_SPF_USES_VALUES    = 1 << 3    /* any letter at all */
};

typedef struct mg_spf_piece {
	guint32 offset, length;   /* of a literal, in the text */
	char    letter;           /* in lower case; '_' and '-' for "%_" and "%-"; 0: a literal */
	guint8  delimiters;       /* a bit for each of mg_spf_delimiters; 0: the dot */
	guint16 n_parts;          /* right-hand parts to keep; 0: all */
	guint   is_escaped : 1;   /* the letter was in upper case */
	guint   is_reversed : 1;
} mg_spf_piece;

typedef struct mg_spf_values {
	const char *sender, *local, *sender_domain;   /* s, l, o; local with its length, all NUL-terminated but it */
	gsize       n_local;
	const char *domain;       /* d */
	const char *helo;         /* h */
	const char *receiver;     /* r */
	const char *validated;    /* p; NULL: "unknown" */
	mg_ip       client;       /* i, c, v */
	gint64      now_s;        /* t */
} mg_spf_values;

/* Appends to @pieces (of mg_spf_piece) the macro string @text[@offset] .. @text[@end - 1] and adds to @uses.
 * @is_explanation: spaces and the letters c, r, t are allowed. FALSE with a constant that says why. */
gboolean mg_spf_macro_parse(const char *text, gsize offset, gsize end, gboolean is_explanation, GArray *pieces,
                            guint *uses, const char **why_out);

/* Writes the domain, without a dot at its end, NUL behind it; returns its length. 0: it is none. */
gsize mg_spf_macro_expand_domain(const mg_spf_piece *pieces, gsize n_pieces, const char *text,
                                 const mg_spf_values *values, char domain_out[MG_DOMAIN_MAX + 1]);

/* Writes at most @max octets of the expansion, and returns how many. No NUL behind them. */
gsize mg_spf_macro_expand_text(const mg_spf_piece *pieces, gsize n_pieces, const char *text,
                               const mg_spf_values *values, char *out, gsize max);

#endif
