/* smtp_faults.h - what an SMTP server can do wrong (RELIABILITY 3.4), as scripts, and what that is to who asks it about a recipient.
 * Described once: for the pool, and for all that stands on it. What takes more than one question, or no server at all, is with the
 * tests. faults_make() first. */
#ifndef MG_TEST_SMTP_FAULTS_H
#define MG_TEST_SMTP_FAULTS_H

#include "scripted_smtp.h"
#include "test_certificate.h"
#include "verify/pool.h"

#define NAME "backend.example"   /* in the certificates */

static char megabyte[5 + (1 << 20) + 1] = "!raw:";

/* ---- certificates ---- */

static struct {
	char            *directory;
	test_certificate good, expired, other_name, other;   /* other: the name is right, but nobody knows it */
} certificates;

static inline void
faults_make(void)
{
	memset(megabyte + 5, 'x', sizeof(megabyte) - 6);
	certificates.directory = g_dir_make_tmp("mailguard-XXXXXX", NULL);
	test_certificate_make(&certificates.good, certificates.directory, NAME, 86400);
	test_certificate_make(&certificates.expired, certificates.directory, NAME, -60);
	test_certificate_make(&certificates.other_name, certificates.directory, "other.example", 86400);
	test_certificate_make(&certificates.other, certificates.directory, NAME, 86400);
}

static inline void
faults_clear(void)
{
	test_certificate_clear(&certificates.good);
	test_certificate_clear(&certificates.expired);
	test_certificate_clear(&certificates.other_name);
	test_certificate_clear(&certificates.other);
	rmdir(certificates.directory);
	g_free(certificates.directory);
}

/* ---- faults: RELIABILITY 3.4 ---- */

typedef struct fault_row {
	const char   *name;
	smtp_script   script;
	mg_rcpt_class class;
	const char   *problem;         /* NULL: none */
	gboolean      is_short;        /* it waits for a deadline */
	guint         n_connections;   /* that the backend saw; 0: not told */
} fault_row;

#define RCPT(...)     { .rcpt = { __VA_ARGS__ } }
#define LOCK_STEP(...) { .ehlo = EHLO_SLOW, .rcpt = { __VA_ARGS__ } }

static const fault_row fault_rows[] = {
	{ "good", { 0 }, MG_RCPT_VALID, NULL, FALSE, 1 },
	{ "good-in-lock-step", { .ehlo = EHLO_SLOW }, MG_RCPT_VALID, NULL, FALSE, 1 },
	{ "accepts-then-silent", { .banner = "!silent" }, MG_RCPT_TRANSPORT, "banner-timeout", TRUE, 1 },
	{ "accepts-then-closes", { .banner = "!close" }, MG_RCPT_TRANSPORT, "closed", FALSE, 1 },
	{ "accepts-then-resets", { .banner = "!reset" }, MG_RCPT_TRANSPORT, "reset", FALSE, 1 },
	{ "banner-421", { .banner = "421 4.3.2 Not now!close" }, MG_RCPT_CLOSING, "closing", FALSE, 1 },
	{ "banner-450", { .banner = "450 4.3.2 Not now" }, MG_RCPT_BACKEND_TEMP, "banner", FALSE, 1 },
	{ "banner-550", { .banner = "550 5.1.1 No such user" }, MG_RCPT_POLICY, "banner", FALSE, 1 },
	{ "banner-554", { .banner = "554 5.7.1 Go away" }, MG_RCPT_POLICY, "banner", FALSE, 1 },
	{ "banner-garbage", { .banner = "\x16\x03\x01\x02" }, MG_RCPT_TRANSPORT, "control-octet", FALSE, 1 },
	{ "one-octet-a-while", { .banner = "!drip:220 backend.example ESMTP of great length" }, MG_RCPT_TRANSPORT, NULL, TRUE, 1 },
	{ "reply-one-octet-a-while", { .rcpt = { "!drip:250 2.1.5 Ok, and some more words to say" } }, MG_RCPT_TRANSPORT, NULL, TRUE,
	  1 },
	{ "line-of-a-mebioctet", { .banner = megabyte }, MG_RCPT_TRANSPORT, "line-too-long", FALSE, 1 },
	{ "rcpt-line-of-a-mebioctet", { .rcpt = { megabyte } }, MG_RCPT_TRANSPORT, "line-too-long", FALSE, 2 },
	{ "bare-lf", { .banner = "!raw:220 backend.example\n" }, MG_RCPT_TRANSPORT, "bare-lf", FALSE, 1 },
	{ "rcpt-bare-lf", { .rcpt = { "!raw:550 5.1.1 No\n" } }, MG_RCPT_TRANSPORT, "bare-lf", FALSE, 2 },
	{ "banner-early", { .banner = "220 backend.example\r\n250 early" }, MG_RCPT_TRANSPORT, "early-reply", FALSE, 1 },
	{ "banner-early-550", { .banner = "220 backend.example\r\n250 a\r\n250 b\r\n550 5.1.1 No" }, MG_RCPT_TRANSPORT,
	  "early-reply", FALSE, 1 },
	{ "ehlo-500", { .ehlo = "500 5.5.1 What?" }, MG_RCPT_VALID, NULL, FALSE, 1 },
	{ "ehlo-and-helo-500", { .ehlo = "500 5.5.1 What?", .helo = "550 5.1.1 No" }, MG_RCPT_POLICY, "greeting", FALSE, 1 },
	{ "ehlo-hangs", { .ehlo = "!silent" }, MG_RCPT_TRANSPORT, "reply-timeout", TRUE, 1 },
	{ "mail-450", { .mail = "450 4.3.2 Not now" }, MG_RCPT_TEMP, NULL, FALSE, 1 },
	{ "mail-550-for-all-senders", { .mail = "550 5.1.1 No such user" }, MG_RCPT_SENDER, NULL, FALSE, 1 },
	{ "mail-hangs", { .mail = "!silent" }, MG_RCPT_TRANSPORT, NULL, TRUE, 0 },
	{ "rcpt-250", RCPT("250 2.1.5 Ok"), MG_RCPT_VALID, NULL, FALSE, 1 },
	{ "rcpt-251", RCPT("251 2.1.5 Will forward"), MG_RCPT_VALID, NULL, FALSE, 1 },
	{ "rcpt-252", RCPT("252 2.1.5 Will try"), MG_RCPT_UNVERIFIABLE, NULL, FALSE, 1 },
	{ "rcpt-450-grey", RCPT("450 4.7.1 Greylisted"), MG_RCPT_GREY, NULL, FALSE, 1 },
	{ "rcpt-451", RCPT("451 4.1.1 Later"), MG_RCPT_TEMP, NULL, FALSE, 1 },
	{ "rcpt-452-full", RCPT("452 4.2.2 Full"), MG_RCPT_FULL, NULL, FALSE, 1 },
	{ "rcpt-452-storage", RCPT("452 4.3.1 No space"), MG_RCPT_BACKEND_TEMP, NULL, FALSE, 1 },
	{ "rcpt-452-too-many", RCPT("452 4.5.3 Too many"), MG_RCPT_TEMP, NULL, FALSE, 1 },
	{ "rcpt-421", RCPT("421 4.3.2 Going down!close"), MG_RCPT_TEMP, "closing", FALSE, 3 },
	{ "rcpt-550-unknown", RCPT("550 5.1.1 No such user"), MG_RCPT_UNKNOWN, NULL, FALSE, 1 },
	{ "rcpt-550-policy", RCPT("550 5.7.1 Relaying denied"), MG_RCPT_POLICY, NULL, FALSE, 1 },
	{ "rcpt-550-bare", RCPT("550 No"), MG_RCPT_SUSPECT, NULL, FALSE, 1 },
	{ "rcpt-551", RCPT("551 5.1.6 Moved"), MG_RCPT_MOVED, NULL, FALSE, 1 },
	{ "rcpt-552", RCPT("552 5.2.2 Full"), MG_RCPT_FULL, NULL, FALSE, 1 },
	{ "rcpt-503", RCPT("503 5.5.1 MAIL first"), MG_RCPT_PROTOCOL, "protocol", FALSE, 1 },
	{ "rcpt-530", RCPT("530 5.7.0 Authenticate"), MG_RCPT_CONFIG, NULL, FALSE, 1 },
	{ "reset-after-rcpt", RCPT("!reset"), MG_RCPT_TRANSPORT, NULL, FALSE, 2 },
	{ "close-after-rcpt", RCPT("!close"), MG_RCPT_TRANSPORT, NULL, FALSE, 2 },
	{ "close-after-rcpt-in-lock-step", LOCK_STEP("!close"), MG_RCPT_TRANSPORT, "closed", FALSE, 2 },
	{ "close-after-5xx", RCPT("550 5.1.1 No!close"), MG_RCPT_UNKNOWN, "closed", FALSE, 2 },
	{ "close-after-5xx-in-lock-step", LOCK_STEP("550 5.1.1 No!close"), MG_RCPT_UNKNOWN, "closed", FALSE, 1 },
	{ "reply-too-many", RCPT("250 2.1.5 Ok\r\n250 2.1.5 Ok"), MG_RCPT_TRANSPORT, NULL, FALSE, 0 },
	{ "reply-too-many-550", RCPT("250 2.1.5 Ok\r\n550 5.1.1 No"), MG_RCPT_TRANSPORT, NULL, FALSE, 2 },
	{ "reply-missing", RCPT("!silent"), MG_RCPT_TRANSPORT, NULL, TRUE, 0 },
	{ "reply-missing-in-lock-step", LOCK_STEP("!silent"), MG_RCPT_TRANSPORT, "reply-timeout", TRUE, 1 },
	{ "reply-cut", RCPT("!raw:550 5.1.1 No such us"), MG_RCPT_TRANSPORT, NULL, TRUE, 1 },
	{ "rset-550", { .rset = "550 5.1.1 No such user" }, MG_RCPT_TRANSPORT, "rset", FALSE, 2 },
};

/* ---- TLS ---- */

typedef enum tls_server { PLAIN, GOOD, EXPIRED, OTHER_NAME, OTHER } tls_server;
typedef enum pins { NO_PIN, PIN_RIGHT, PIN_WRONG, PIN_SECOND } pins;

typedef struct tls_row {
	const char   *name;
	mg_tls_mode   mode;
	tls_server    server;
	smtp_script   script;
	pins          pins;
	mg_rcpt_class class;
	const char   *problem;
	guint         n_connections;
	gboolean      is_secured;    /* the recipient was asked about under TLS */
	gboolean      is_short;
	const char   *tls_name;      /* NULL: NAME */
	const char   *module;
} tls_row;

#define OFFERED { .ehlo = EHLO_TLS }

static const tls_row tls_rows[] = {
	{ "off", MG_TLS_OFF, GOOD, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 1, FALSE, FALSE, NULL, NULL },
	{ "may", MG_TLS_MAY, OTHER, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "may-expired", MG_TLS_MAY, EXPIRED, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "may-missing", MG_TLS_MAY, PLAIN, { 0 }, NO_PIN, MG_RCPT_VALID, NULL, 1, FALSE, FALSE, NULL, NULL },
	{ "may-454", MG_TLS_MAY, PLAIN, { .ehlo = EHLO_TLS, .starttls = "454 4.7.0 Not now" }, NO_PIN, MG_RCPT_VALID, NULL, 1, FALSE,
	  FALSE, NULL, NULL },
	{ "may-handshake-fails", MG_TLS_MAY, PLAIN, { .ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on!close" }, NO_PIN, MG_RCPT_VALID,
	  NULL, 2, FALSE, FALSE, NULL, NULL },
	{ "may-slow", MG_TLS_MAY, PLAIN, { .ehlo = EHLO_TLS, .is_deaf_after_220 = TRUE }, NO_PIN, MG_RCPT_VALID, NULL, 2, FALSE, TRUE,
	  NULL, NULL },
	{ "may-plaintext-injected", MG_TLS_MAY, GOOD, { .ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on\r\n250 injected" }, NO_PIN,
	  MG_RCPT_TRANSPORT, "plaintext-after-tls", 1, FALSE, FALSE, NULL, NULL },
	{ "may-no-module", MG_TLS_MAY, GOOD, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 2, FALSE, FALSE, NULL, "tls-absent.so" },
	{ "require", MG_TLS_REQUIRE, OTHER, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "require-missing", MG_TLS_REQUIRE, PLAIN, { 0 }, NO_PIN, MG_RCPT_CONFIG, "tls-missing", 1, FALSE, FALSE, NULL, NULL },
	{ "require-454", MG_TLS_REQUIRE, PLAIN, { .ehlo = EHLO_TLS, .starttls = "454 4.7.0 Not now" }, NO_PIN, MG_RCPT_BACKEND_TEMP,
	  "tls-refused", 1, FALSE, FALSE, NULL, NULL },
	{ "require-handshake-fails", MG_TLS_REQUIRE, PLAIN, { .ehlo = EHLO_TLS, .starttls = "!raw:220 Go on\r\n" }, NO_PIN,
	  MG_RCPT_TRANSPORT, "tls-timeout", 1, FALSE, TRUE, NULL, NULL },
	{ "require-handshake-closed", MG_TLS_REQUIRE, PLAIN, { .ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on!close" }, NO_PIN,
	  MG_RCPT_TRANSPORT, NULL, 1, FALSE, FALSE, NULL, NULL },
	{ "require-slow", MG_TLS_REQUIRE, PLAIN, { .ehlo = EHLO_TLS, .is_deaf_after_220 = TRUE }, NO_PIN, MG_RCPT_TRANSPORT,
	  "tls-timeout", 1, FALSE, TRUE, NULL, NULL },
	{ "require-plaintext-injected", MG_TLS_REQUIRE, GOOD, { .ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on\r\n250 injected" },
	  NO_PIN, MG_RCPT_TRANSPORT, "plaintext-after-tls", 1, FALSE, FALSE, NULL, NULL },
	{ "require-no-module", MG_TLS_REQUIRE, GOOD, OFFERED, NO_PIN, MG_RCPT_CONFIG, "tls-unavailable", 1, FALSE, FALSE, NULL,
	  "tls-absent.so" },
	{ "verify", MG_TLS_VERIFY, GOOD, OFFERED, NO_PIN, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "verify-wrong-name", MG_TLS_VERIFY, GOOD, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-name", 1, FALSE, FALSE,
	  "mail.example", NULL },
	{ "verify-other-name", MG_TLS_VERIFY, OTHER_NAME, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-name", 1, FALSE, FALSE, NULL,
	  NULL },
	{ "verify-parent-of-name", MG_TLS_VERIFY, GOOD, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-name", 1, FALSE, FALSE, "example",
	  NULL },
	{ "verify-address", MG_TLS_VERIFY, GOOD, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-name", 1, FALSE, FALSE, "127.0.0.1",
	  NULL },
	{ "verify-expired", MG_TLS_VERIFY, EXPIRED, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-expired", 1, FALSE, FALSE, NULL,
	  NULL },
	{ "verify-unknown-issuer", MG_TLS_VERIFY, OTHER, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-untrusted", 1, FALSE, FALSE,
	  NULL, NULL },
	{ "verify-missing", MG_TLS_VERIFY, PLAIN, { 0 }, NO_PIN, MG_RCPT_CONFIG, "tls-missing", 1, FALSE, FALSE, NULL, NULL },
	{ "pin-right", MG_TLS_PIN, GOOD, OFFERED, PIN_RIGHT, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "pin-second", MG_TLS_PIN, GOOD, OFFERED, PIN_SECOND, MG_RCPT_VALID, NULL, 1, TRUE, FALSE, NULL, NULL },
	{ "pin-wrong", MG_TLS_PIN, GOOD, OFFERED, PIN_WRONG, MG_RCPT_CONFIG, "certificate-pin", 1, FALSE, FALSE, NULL, NULL },
	{ "pin-expired", MG_TLS_PIN, EXPIRED, OFFERED, PIN_WRONG, MG_RCPT_CONFIG, "certificate-pin", 1, FALSE, FALSE, NULL, NULL },
	{ "pin-none", MG_TLS_PIN, GOOD, OFFERED, NO_PIN, MG_RCPT_CONFIG, "certificate-pin", 1, FALSE, FALSE, NULL, NULL },
	{ "unknown-under-tls", MG_TLS_REQUIRE, GOOD, { .ehlo = EHLO_TLS, .rcpt = { "550 5.1.1 No" } }, NO_PIN, MG_RCPT_UNKNOWN, NULL, 1,
	  TRUE, FALSE, NULL, NULL },
	{ "reset-under-tls", MG_TLS_REQUIRE, GOOD, { .ehlo = EHLO_TLS, .rcpt = { "!reset" } }, NO_PIN, MG_RCPT_TRANSPORT, NULL, 2, TRUE,
	  FALSE, NULL, NULL },
};

static inline const test_certificate *
certificate_of(tls_server server)
{
	const test_certificate *const all[] = {
		[GOOD] = &certificates.good, [EXPIRED] = &certificates.expired, [OTHER_NAME] = &certificates.other_name,
		[OTHER] = &certificates.other,
	};

	return all[server];
}

static inline GArray *
pins_of(pins which)
{
	GArray *all = g_array_new(FALSE, FALSE, MG_TLS_PIN_SIZE);

	if (which == PIN_WRONG || which == PIN_SECOND)
		g_array_append_vals(all, certificates.other.pin, 1);
	if (which == PIN_RIGHT || which == PIN_SECOND)
		g_array_append_vals(all, certificates.good.pin, 1);
	return all;
}

#endif
