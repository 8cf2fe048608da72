/* test_certificate.h - keys and certificates for backends of tests: made anew in each run, self-signed. */
#ifndef MG_TEST_CERTIFICATE_H
#define MG_TEST_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "support.h"

typedef struct test_certificate {
	SSL_CTX *context;    /* owned; a server's */
	char    *file;       /* owned; the certificate as PEM */
	guint8   pin[SHA256_DIGEST_LENGTH];
} test_certificate;

/* For @name, a DNS name or "IP:..."; valid from an hour ago until @until_s from now. */
static inline void
test_certificate_make(test_certificate *made, const char *directory, const char *name, long until_s)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	g_autofree char *names = g_str_has_prefix(name, "IP:") ? g_strdup(name) : g_strconcat("DNS:", name, NULL);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	unsigned char *spki = NULL;
	static long serial;
	FILE *file;
	int length;

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const guchar *)"backend", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_set_pubkey(certificate, key);
	X509_add_ext(certificate, extension, -1);
	g_assert_cmpint(X509_sign(certificate, key, EVP_sha256()), >, 0);

	length = i2d_PUBKEY(key, &spki);
	SHA256(spki, (size_t)length, made->pin);
	OPENSSL_free(spki);
	made->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(made->context, certificate);
	SSL_CTX_use_PrivateKey(made->context, key);
	made->file = g_strdup_printf("%s/%ld.pem", directory, serial);
	file = fopen(made->file, "w");
	g_assert_nonnull(file);
	PEM_write_X509(file, certificate);
	fclose(file);
	X509_EXTENSION_free(extension);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static inline void
test_certificate_clear(test_certificate *made)
{
	SSL_CTX_free(made->context);
	unlink(made->file);
	g_free(made->file);
}

#endif
