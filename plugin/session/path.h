/* path.h - a reverse-path or forward-path, unfolded into every mailbox that it could lead to.
 * In:    a path as the client sent it, angle brackets off
 * Out:   its mailbox first, then those hidden in it: behind a source route, "%", "!", a second "@", inside quotes,
 *        or in characters that Unicode takes for these
 * Rules: RFC 5321 4.1.2, 4.5.3.1, appendix C; RFC 6531 3.3. What a layer is, is decided "safe rather than correct":
 *        every reading counts. Pure. */
#ifndef MG_SESSION_PATH_H
#define MG_SESSION_PATH_H

#include <glib.h>

#include "session/ip.h"

#define MG_PATH_MAX       254   /* RFC 5321 4.5.3.1.3, without the angle brackets */
#define MG_LOCAL_PART_MAX 64    /* RFC 5321 4.5.3.1.1 */
#define MG_LAYERS_MAX     16    /* mailboxes and hosts that a path may lead to */

/* How a path is more, or less, than one Mailbox at a Domain. */
typedef enum mg_form {
	MG_FORM_ROUTE      = 1 << 0,   /* @a,@b:u@c */
	MG_FORM_PERCENT    = 1 << 1,   /* u%b@a */
	MG_FORM_BANG       = 1 << 2,   /* b!u@a */
	MG_FORM_AT         = 1 << 3,   /* u@b@a, u@ */
	MG_FORM_QUOTED     = 1 << 4,   /* one of these inside quotes */
	MG_FORM_LOOK_ALIKE = 1 << 5,   /* one of these in a compatibility character */
	MG_FORM_NO_DOMAIN  = 1 << 6,   /* u, u@ */
	MG_FORM_LITERAL    = 1 << 7    /* u@[192.0.2.1] */
} mg_form;

typedef struct mg_mailbox {
	const char *local;        /* borrowed from the path; quotes off, case folded; "" for a host of a source route */
	const char *domain;       /* borrowed from the path; canonical, a literal in brackets; "" where the path has none;
	                           * NULL: not a Domain */
	const char *key;          /* borrowed from the path; "local@domain"; NULL where domain is */
	gboolean    local_is_ascii; /* as it came: folding makes ASCII of some other letters */
	gboolean    is_literal;
	mg_ip       literal;      /* of an address-literal */
} mg_mailbox;

typedef struct mg_path {
	gboolean   is_null;        /* "", the null reverse-path; no layers then */
	gboolean   is_mailbox;     /* a Mailbox that RFC 5321 can deliver, with or without a route around it */
	guint      forms;          /* mg_form bits */
	guint      n_layers;
	mg_mailbox layers[MG_LAYERS_MAX];   /* the path's own mailbox first */
	char       local[MG_PATH_MAX + 1];  /* the Local-part of the path's own mailbox: quotes off, case and normal form as sent */
	gsize      n_used;
	char       text[4096];     /* what the layers point into */
} mg_path;

/* @utf8: SMTPUTF8 was announced. @local_part_max: MG_LOCAL_PART_MAX or more.
 * FALSE if the octets are no path at all; @fault_out is then a constant that says why, and @path undefined. */
gboolean mg_path_parse(const char *octets, gsize length, gboolean utf8, gsize local_part_max, mg_path *path,
                       const char **fault_out);

/* The forms by name, "percent quoted-route", for a trace; "plain" for none. */
void mg_path_forms_append(GString *out, guint forms);

/* Whether the Local-part is @name, in any case, and in ASCII. */
gboolean mg_mailbox_is_named(const mg_mailbox *mailbox, const char *name);

/* "postmaster" without a domain (RFC 5321 4.5.1), any case. */
gboolean mg_path_is_bare_postmaster(const mg_path *path);

#endif
