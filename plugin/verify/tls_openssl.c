/* tls_openssl.c - TLS by OpenSSL 3; the only place of OpenSSL, and a module of its own (tls.h).
 * In:    octets of the peer, put into a memory BIO
 * Out:   octets for the peer, taken from another
 * Rules: no configuration file is read, so that nothing but mailguard.conf decides; no exit handlers, since we are a guest. A
 *        server that has the same OpenSSL loaded shares its state with us. The error queue is the thread's, and is left empty. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "mailguard/names.h"
#include "verify/tls.h"

struct mg_tls_context {
	SSL_CTX    *ssl;      /* owned */
	mg_tls_mode mode;
	GArray     *pins;     /* ref held; of guint8[MG_TLS_PIN_SIZE]; NULL: none */
};

struct mg_tls_session {
	mg_tls_context *context;    /* borrowed */
	SSL            *ssl;        /* owned; the two below with it */
	BIO            *from_peer, *to_peer;
	gboolean        has_name;
	const char     *problem;
};

/* What OpenSSL has against it, for the log; the caller's to free. */
static char *
take_errors(const char *what)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return g_strdup_printf("%s: %s", what, reason != NULL ? reason : "unknown error");
}

/* ---- what a backend's connections have in common ---- */

static void
context_free(mg_tls_context *context)
{
	if (context == NULL)
		return;
	SSL_CTX_free(context->ssl);
	g_clear_pointer(&context->pins, g_array_unref);
	g_free(context);
}

static gboolean
context_load_cas(mg_tls_context *context, const char *file)
{
	if (file == NULL)
		return SSL_CTX_set_default_verify_paths(context->ssl) == 1;
	return SSL_CTX_load_verify_file(context->ssl, file) == 1;
}

static mg_tls_context *
context_new(const mg_backend *backend, char **why_out)
{
	mg_tls_context *context = NULL;

	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) != 1) {
		*why_out = take_errors("OpenSSL");
		return NULL;
	}
	context = g_new0(mg_tls_context, 1);
	context->mode = backend->tls;
	context->ssl = SSL_CTX_new(TLS_client_method());
	if (context->ssl == NULL || SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION) != 1) {
		*why_out = take_errors("OpenSSL");
		goto refused;
	}
	SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS);   /* a pool's connections are mostly idle */
	SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
	switch (backend->tls) {
	case MG_TLS_OFF:
	case MG_TLS_MAY:
	case MG_TLS_REQUIRE:
		/* Nobody is judged, so nobody is turned away for a short key. */
		SSL_CTX_set_security_level(context->ssl, 0);
		break;
	case MG_TLS_VERIFY:
		SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
		if (!context_load_cas(context, backend->tls_ca)) {
			*why_out = take_errors(backend->tls_ca != NULL ? backend->tls_ca : "the system's CAs");
			goto refused;
		}
		break;
	case MG_TLS_PIN:
		if (backend->tls_pins != NULL)
			context->pins = g_array_ref(backend->tls_pins);
		break;
	}
	return context;

refused:
	context_free(context);
	return NULL;
}

/* ---- one connection ---- */

static void
session_free(mg_tls_session *session)
{
	if (session == NULL)
		return;
	SSL_free(session->ssl);
	g_free(session);
}

/* The name goes to the peer (RFC 6066 3: never an address) and is what its certificate must be for. */
static gboolean
session_name(mg_tls_session *session, const char *name)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(session->ssl);

	session->has_name = name != NULL;
	if (name == NULL)
		return TRUE;
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1)
		return TRUE;
	ERR_clear_error();
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 && SSL_set_tlsext_host_name(session->ssl, name) == 1;
}

static mg_tls_session *
session_new(mg_tls_context *context, const char *name)
{
	mg_tls_session *session = g_new0(mg_tls_session, 1);

	session->context = context;
	session->ssl = SSL_new(context->ssl);
	session->from_peer = BIO_new(BIO_s_mem());
	session->to_peer = BIO_new(BIO_s_mem());
	if (session->ssl == NULL || session->from_peer == NULL || session->to_peer == NULL) {
		BIO_free(session->from_peer);
		BIO_free(session->to_peer);
		session_free(session);
		return NULL;
	}
	SSL_set_bio(session->ssl, session->from_peer, session->to_peer);   /* theirs are ours no more */
	BIO_set_mem_eof_return(session->from_peer, -1);   /* empty is "not yet", not "closed" */
	SSL_set_connect_state(session->ssl);
	if (!session_name(session, name)) {
		ERR_clear_error();
		session_free(session);
		return NULL;
	}
	return session;
}

static void
session_received(mg_tls_session *session, const char *octets, gsize length)
{
	BIO_write(session->from_peer, octets, (int)length);
}

static const char *
session_output(mg_tls_session *session, gsize *length_out)
{
	char *octets = NULL;
	long length = BIO_get_mem_data(session->to_peer, &octets);

	*length_out = length > 0 ? (gsize)length : 0;
	return octets;
}

static void
session_sent(mg_tls_session *session, gsize length)
{
	char scratch[1024];

	while (length > 0) {
		int taken = BIO_read(session->to_peer, scratch, (int)MIN(length, sizeof(scratch)));

		g_assert(taken > 0);   /* it was there to be sent */
		length -= (gsize)taken;
	}
}

static mg_tls_status
session_break(mg_tls_session *session, const char *problem)
{
	session->problem = problem;
	ERR_clear_error();
	return MG_TLS_BROKEN;
}

/* What a call that did not succeed says of the session. */
static mg_tls_status
session_status(mg_tls_session *session, int returned, const char *problem)
{
	switch (SSL_get_error(session->ssl, returned)) {
	case SSL_ERROR_WANT_READ:
		ERR_clear_error();
		return MG_TLS_AWAITS;
	case SSL_ERROR_ZERO_RETURN:
		ERR_clear_error();
		return MG_TLS_CLOSED;
	default:
		return session_break(session, problem);
	}
}

static const char *
handshake_problem(const mg_tls_session *session)
{
	if (session->context->mode != MG_TLS_VERIFY)
		return "tls-handshake";
	switch (SSL_get_verify_result(session->ssl)) {
	case X509_V_OK:
		return "tls-handshake";
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return "certificate-name";
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return "certificate-expired";
	default:
		return "certificate-untrusted";
	}
}

/* RFC 7469 2.4 has the same digest. */
static gboolean
session_has_pinned_key(mg_tls_session *session)
{
	X509 *certificate = SSL_get0_peer_certificate(session->ssl);
	const GArray *pins = session->context->pins;
	guint8 digest[SHA256_DIGEST_LENGTH];
	unsigned char *key = NULL;
	gboolean is_pinned = FALSE;
	int length;

	if (certificate == NULL || pins == NULL)
		return FALSE;
	length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
	if (length <= 0)
		return FALSE;
	SHA256(key, (size_t)length, digest);
	OPENSSL_free(key);
	for (guint i = 0; i < pins->len; i++)
		is_pinned |= memcmp(pins->data + i * MG_TLS_PIN_SIZE, digest, sizeof(digest)) == 0;
	return is_pinned;
}

static mg_tls_status
session_handshake(mg_tls_session *session)
{
	int returned;

	if (session->problem != NULL)
		return MG_TLS_BROKEN;
	ERR_clear_error();
	returned = SSL_do_handshake(session->ssl);
	if (returned != 1)
		return session_status(session, returned, handshake_problem(session));
	if (session->context->mode == MG_TLS_VERIFY && !session->has_name)
		return session_break(session, "certificate-name");
	if (session->context->mode == MG_TLS_PIN && !session_has_pinned_key(session))
		return session_break(session, "certificate-pin");
	return MG_TLS_DONE;
}

static mg_tls_status
session_read(mg_tls_session *session, char *octets, gsize size, gsize *length_out)
{
	int returned;

	if (session->problem != NULL)
		return MG_TLS_BROKEN;
	ERR_clear_error();
	returned = SSL_read_ex(session->ssl, octets, size, length_out);
	return returned == 1 ? MG_TLS_DONE : session_status(session, returned, "tls-broken");
}

/* The memory it goes to takes everything. */
static mg_tls_status
session_write(mg_tls_session *session, const char *octets, gsize length)
{
	size_t written;
	int returned;

	if (session->problem != NULL)
		return MG_TLS_BROKEN;
	ERR_clear_error();
	returned = SSL_write_ex(session->ssl, octets, length, &written);
	return returned == 1 ? MG_TLS_DONE : session_break(session, "tls-broken");
}

static const char *
session_problem(const mg_tls_session *session)
{
	return session->problem;
}

static const char *
session_protocol(const mg_tls_session *session)
{
	return SSL_get_version(session->ssl);
}

MG_API const mg_tls_module *mg_tls_module_get(void);

const mg_tls_module *
mg_tls_module_get(void)
{
	static const mg_tls_module module = {
		.version = MG_TLS_MODULE_VERSION,
		.context_new = context_new, .context_free = context_free,
		.session_new = session_new, .session_free = session_free,
		.received = session_received, .output = session_output, .sent = session_sent,
		.handshake = session_handshake, .read = session_read, .write = session_write,
		.problem = session_problem, .protocol = session_protocol,
	};

	return &module;
}
