/* rcpt_class.h - what a backend's reply to RCPT means for the recipient.
 * In:    a reply to RCPT, and to no other command: what is refused before RCPT says nothing of a recipient
 * Out:   a class
 * Rules: a table over reply code, enhanced status code (RFC 3463, the IANA registry) and, where these say nothing, words. A
 *        contradiction between the two codes is never a negative, nor is 5.7.x, nor a reply that no row knows. Pure. */
#ifndef MG_VERIFY_RCPT_CLASS_H
#define MG_VERIFY_RCPT_CLASS_H

#include <glib.h>

#include "policy/backend.h"
#include "verify/smtp_reply.h"

typedef enum mg_rcpt_class {
	MG_RCPT_VALID,
	MG_RCPT_UNVERIFIABLE,   /* taken without a promise */
	MG_RCPT_GREY,           /* greylisted: we are, not the recipient */
	MG_RCPT_BLOCKED_NOW,    /* exists, and takes nothing at the moment */
	MG_RCPT_FULL,           /* exists, over quota */
	MG_RCPT_BATCH_LIMIT,    /* too many recipients in one transaction */
	MG_RCPT_BACKEND_TEMP,   /* the backend has trouble of its own */
	MG_RCPT_CLOSING,        /* 421 */
	MG_RCPT_TEMP,
	MG_RCPT_UNKNOWN,        /* no such mailbox, or one that is disabled */
	MG_RCPT_MOVED,          /* 551: lives elsewhere, not forwarded */
	MG_RCPT_BAD_SYNTAX,
	MG_RCPT_NO_DOMAIN,      /* the backend does not know the domain: a routing error */
	MG_RCPT_SENDER,         /* our reverse-path is refused */
	MG_RCPT_POLICY,         /* relaying denied, we are blocked, and any 5xx that is not understood */
	MG_RCPT_SUSPECT,        /* 550 without a reason: unknown, if anything */
	MG_RCPT_SIZE,           /* exists, and takes no message of some size */
	MG_RCPT_CONFIG,         /* wants authentication or encryption */
	MG_RCPT_PROTOCOL,       /* we are not understood */
	MG_RCPT_TRANSPORT       /* no reply, or none that can be believed */
} mg_rcpt_class;

mg_rcpt_class mg_rcpt_class_of(const mg_smtp_reply *reply, mg_backend_quirk quirk);

/* "valid", "unverifiable", "grey", "blocked-now" ...: constant */
const char *mg_rcpt_class_name(mg_rcpt_class class);

/* No such recipient, if the guards agree. */
gboolean mg_rcpt_class_is_negative(mg_rcpt_class class);

#endif
