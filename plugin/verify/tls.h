/* tls.h - TLS towards backends, in a module of its own beside engine.so.
 * In:    the policy of a backend; octets of a connection, whose socket stays its owner's
 * Out:   octets, the other way round; whether the peer is who it has to be
 * Rules: TLS 1.2 and newer. may and require judge no certificate: who is in between may be the peer. verify: a chain to the
 *        CAs and the name; pin: the key itself, whatever the certificate says of it.
 *        OpenSSL, because it is kept, stands in every Debian, and its memory BIOs leave sockets and waiting to us; in a
 *        module, because starting it costs milliseconds that only a backend that offers STARTTLS is worth. */
#ifndef MG_VERIFY_TLS_H
#define MG_VERIFY_TLS_H

#include <glib.h>

#include "base/log.h"
#include "policy/backend.h"

#define MG_TLS_MODULE_VERSION 1

typedef struct mg_tls_context mg_tls_context;   /* what a backend's connections have in common */
typedef struct mg_tls_session mg_tls_session;   /* one connection */

typedef enum mg_tls_status {
	MG_TLS_DONE,
	MG_TLS_AWAITS,   /* more octets of the peer */
	MG_TLS_CLOSED,   /* the peer has said that nothing will come any more */
	MG_TLS_BROKEN    /* see problem() */
} mg_tls_status;

typedef struct mg_tls_module {
	guint version;   /* MG_TLS_MODULE_VERSION */

	/* What is needed of @backend is copied. NULL if it cannot be; then @why_out gets a sentence that is the caller's to free. */
	mg_tls_context *(*context_new)(const mg_backend *backend, char **why_out);
	void            (*context_free)(mg_tls_context *context);

	/* @name: of the peer, or its address; NULL: none is known, which verify() never agrees to. NULL if it cannot be. */
	mg_tls_session *(*session_new)(mg_tls_context *context, const char *name);
	void            (*session_free)(mg_tls_session *session);

	/* What has come from the socket, and what is to go there. */
	void        (*received)(mg_tls_session *session, const char *octets, gsize length);
	const char *(*output)(mg_tls_session *session, gsize *length_out);
	void        (*sent)(mg_tls_session *session, gsize length);

	/* DONE: the peer is who it has to be. Not before it is anything read or written. */
	mg_tls_status (*handshake)(mg_tls_session *session);
	/* At most @size octets of what the peer said; DONE: there are some. */
	mg_tls_status (*read)(mg_tls_session *session, char *octets, gsize size, gsize *length_out);
	mg_tls_status (*write)(mg_tls_session *session, const char *octets, gsize length);

	/* A constant word: "tls-handshake", "tls-broken", "certificate-name", "certificate-expired", "certificate-untrusted",
	 * "certificate-pin". */
	const char *(*problem)(const mg_tls_session *session);
	/* "TLSv1.3"; constant. */
	const char *(*protocol)(const mg_tls_session *session);
} mg_tls_module;

/* The only name that the module exports. */
typedef const mg_tls_module *mg_tls_module_get_type(void);
#define MG_TLS_MODULE_FILE   "tls-openssl.so"
#define MG_TLS_MODULE_SYMBOL "mg_tls_module_get"

/* mg_tls - what a backend needs for TLS, there once it is needed. */
typedef struct mg_tls {
	const mg_backend    *backend;   /* borrowed */
	const char          *file;      /* borrowed; MG_TLS_MODULE_FILE, but in tests */
	const mg_tls_module *module;    /* NULL: not needed yet, or not to be had */
	mg_tls_context      *context;   /* owned; the same */
} mg_tls;

/* FALSE if module and context cannot be had; @log says why. */
gboolean mg_tls_prepare(mg_tls *tls, const mg_log *log);
void mg_tls_clear(mg_tls *tls);

#endif
