/* test_backend.c - where recipients are asked about: endpoints, backends, and [recipients] and [backend NAME] of a policy. */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"
#include "support.h"

/* ---- endpoints ---- */

typedef struct endpoint_case {
	const char *name;
	const char *word;
	gboolean    is_lmtp;
	const char *host;       /* NULL: a socket, or no endpoint */
	const char *ip;         /* NULL: host is none */
	guint16     port;
	const char *path;       /* NULL: none */
	const char *expected;   /* a piece of the sentence; NULL: it is an endpoint */
} endpoint_case;

#define PATH_107 "/023456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345/"
#define NO_HOST  "a host name, an IPv4 address or an IPv6 address in brackets was expected"
#define NO_PORT  "a port from 1 to 65535 was expected"
#define NO_FORM  "smtp://host:port, lmtp://host:port or lmtp+unix:/path was expected"
#define NO_PATH  "the absolute path of a socket was expected"
#define REFUSED(word, piece) word, FALSE, NULL, NULL, 0, NULL, piece

static const endpoint_case endpoint_cases[] = {
	{ "ipv4", "smtp://192.0.2.5", FALSE, "192.0.2.5", "192.0.2.5", 25, NULL, NULL },
	{ "ipv4-port", "smtp://192.0.2.5:2525", FALSE, "192.0.2.5", "192.0.2.5", 2525, NULL, NULL },
	{ "ipv6", "smtp://[2001:db8::5]", FALSE, "2001:db8::5", "2001:db8::5", 25, NULL, NULL },
	{ "ipv6-port", "smtp://[2001:db8::5]:2525", FALSE, "2001:db8::5", "2001:db8::5", 2525, NULL, NULL },
	{ "ipv6-mapped", "smtp://[::ffff:192.0.2.5]:26", FALSE, "::ffff:192.0.2.5", "192.0.2.5", 26, NULL, NULL },
	{ "name", "smtp://mx.example.net", FALSE, "mx.example.net", NULL, 25, NULL, NULL },
	{ "name-port-1", "smtp://mx.example.net:1", FALSE, "mx.example.net", NULL, 1, NULL, NULL },
	{ "name-port-65535", "smtp://mx.example.net:65535", FALSE, "mx.example.net", NULL, 65535, NULL, NULL },
	{ "name-upper-case", "smtp://MX.Example.NET", FALSE, "mx.example.net", NULL, 25, NULL, NULL },
	{ "name-u-label", "smtp://b\xc3\xbc" "cher.example", FALSE, "xn--bcher-kva.example", NULL, 25, NULL, NULL },
	{ "name-single-label", "smtp://backend", FALSE, "backend", NULL, 25, NULL, NULL },
	{ "lmtp", "lmtp://192.0.2.5", TRUE, "192.0.2.5", "192.0.2.5", 24, NULL, NULL },
	{ "lmtp-port", "lmtp://mx.example.net:2424", TRUE, "mx.example.net", NULL, 2424, NULL, NULL },
	{ "unix", "lmtp+unix:/run/lmtp", TRUE, NULL, NULL, 0, "/run/lmtp", NULL },
	{ "unix-colon", "lmtp+unix:/run/a:25", TRUE, NULL, NULL, 0, "/run/a:25", NULL },
	{ "unix-107", "lmtp+unix:" PATH_107, TRUE, NULL, NULL, 0, PATH_107, NULL },

	{ "empty", REFUSED("", NO_FORM) },
	{ "bare-host", REFUSED("mx.example.net", NO_FORM) },
	{ "bare-address-port", REFUSED("192.0.2.5:25", NO_FORM) },
	{ "scheme-upper-case", REFUSED("SMTP://192.0.2.5", NO_FORM) },
	{ "scheme-alone", REFUSED("smtp:", NO_FORM) },
	{ "scheme-one-slash", REFUSED("smtp:/192.0.2.5", NO_FORM) },
	{ "scheme-smtps", REFUSED("smtps://192.0.2.5", NO_FORM) },
	{ "scheme-unix-smtp", REFUSED("smtp+unix:/run/smtp", NO_FORM) },
	{ "no-host", REFUSED("smtp://", NO_HOST) },
	{ "no-host-port", REFUSED("smtp://:25", NO_HOST) },
	{ "three-slashes", REFUSED("smtp:///run/smtp", NO_HOST) },
	{ "slash-behind", REFUSED("smtp://mx.example.net/", NO_HOST) },
	{ "slash-behind-port", REFUSED("smtp://mx.example.net:25/", NO_PORT) },
	{ "user", REFUSED("smtp://user@mx.example.net", NO_HOST) },
	{ "dot-last", REFUSED("smtp://mx.example.net.", NO_HOST) },
	{ "star", REFUSED("smtp://*.example.net", NO_HOST) },
	{ "ipv4-256", REFUSED("smtp://192.0.2.256", NO_HOST) },
	{ "ipv4-short", REFUSED("smtp://127.1", NO_HOST) },
	{ "ipv4-octal", REFUSED("smtp://0177.0.0.1", NO_HOST) },
	{ "ipv4-number", REFUSED("smtp://2130706433", NO_HOST) },
	{ "ipv4-in-brackets", REFUSED("smtp://[192.0.2.5]", "an IPv6 address was expected in brackets") },
	{ "ipv4-unspecified", REFUSED("smtp://0.0.0.0:2525", "the address of a host was expected") },
	{ "ipv6-unspecified", REFUSED("smtp://[::]", "the address of a host was expected") },
	{ "ipv6-unspecified-mapped", REFUSED("smtp://[::ffff:0.0.0.0]", "the address of a host was expected") },
	{ "ipv6-without-brackets", REFUSED("smtp://2001:db8::5", NO_HOST) },
	{ "ipv6-without-brackets-no-port", REFUSED("smtp://::1", NO_HOST) },
	{ "ipv6-no-end", REFUSED("smtp://[2001:db8::5", "']' was expected") },
	{ "ipv6-two-ends", REFUSED("smtp://[2001:db8::5]]", NO_PORT) },
	{ "ipv6-port-without-colon", REFUSED("smtp://[2001:db8::5]25", NO_PORT) },
	{ "ipv6-zone-id", REFUSED("smtp://[fe80::1%eth0]", "in brackets") },
	{ "ipv6-tag", REFUSED("smtp://[IPv6:2001:db8::5]", "in brackets") },
	{ "brackets-empty", REFUSED("smtp://[]", "in brackets") },
	{ "port-0", REFUSED("smtp://192.0.2.5:0", NO_PORT) },
	{ "port-65536", REFUSED("smtp://192.0.2.5:65536", NO_PORT) },
	{ "port-empty", REFUSED("smtp://192.0.2.5:", NO_PORT) },
	{ "port-sign", REFUSED("smtp://192.0.2.5:+25", NO_PORT) },
	{ "port-name", REFUSED("smtp://192.0.2.5:smtp", NO_PORT) },
	{ "port-hex", REFUSED("smtp://192.0.2.5:0x19", NO_PORT) },
	{ "port-huge", REFUSED("smtp://192.0.2.5:18446744073709551641", NO_PORT) },
	{ "unix-relative", REFUSED("lmtp+unix:run/lmtp", NO_PATH) },
	{ "unix-empty", REFUSED("lmtp+unix:", NO_PATH) },
	{ "unix-root", REFUSED("lmtp+unix:/", NO_PATH) },
	{ "unix-108", REFUSED("lmtp+unix:" PATH_107 "x", "at most 107 octets") },
};

static void
test_endpoint(gconstpointer data)
{
	const endpoint_case *row = data;
	mg_endpoint endpoint = { .port = 12345 };
	g_autofree char *why = NULL;
	char ip[MG_IP_TEXT_MAX];

	if (!mg_endpoint_parse(row->word, &endpoint, &why)) {
		g_test_message("%s", why);
		g_assert_nonnull(row->expected);
		g_assert_nonnull(strstr(why, row->expected ? row->expected : ""));
		g_assert_cmpuint(endpoint.port, ==, 12345);
		return;
	}
	g_assert_cmpstr(row->expected, ==, NULL);
	g_assert_cmpstr(why, ==, NULL);
	g_assert_cmpstr(endpoint.text, ==, row->word);
	g_assert_cmpint(endpoint.is_lmtp, ==, row->is_lmtp);
	g_assert_cmpstr(endpoint.host, ==, row->host);
	g_assert_cmpint(endpoint.has_ip, ==, row->ip != NULL);
	mg_ip_format(&endpoint.ip, ip);
	if (row->ip != NULL)
		g_assert_cmpstr(ip, ==, row->ip);
	g_assert_cmpuint(endpoint.port, ==, row->port);
	g_assert_cmpstr(endpoint.path, ==, row->path);
	mg_endpoint_clear(&endpoint);
}

static void
test_long_word(void)
{
	g_autofree char *rest = test_repeat('a', 100000);
	g_autofree char *word = g_strconcat("smtp://", rest, NULL);
	g_autofree char *why = NULL;
	mg_endpoint endpoint;

	g_assert_false(mg_endpoint_parse(word, &endpoint, &why));
	g_assert_cmpuint(strlen(why), <, 300);
}

/* ---- the backend of a domain ---- */

static mg_backend *
backend_of(const char *name, const char *domains)
{
	g_auto(GStrv) words = g_strsplit(domains, " ", -1);
	mg_backend *backend = mg_backend_new(name, 1);

	backend->domains = mg_domains_new();
	for (guint i = 0; words[i] != NULL; i++)
		mg_domains_add(backend->domains, words[i], 0);
	return backend;
}

static void
backend_free(gpointer data)
{
	mg_backend_free(data);
}

typedef struct find_case {
	const char *name;
	const char *domain;
	const char *expected;   /* the backend's name; NULL: none */
} find_case;

/* a: example.net .example.org; b: .example.net mx.example.org; c: .b.example.net .org */
static const find_case find_cases[] = {
	{ "exact", "example.net", "a" },
	{ "below", "mx.example.net", "b" },
	{ "below-two", "x.y.example.net", "b" },
	{ "below-longer", "x.b.example.net", "c" },
	{ "longer-is-not-itself", "b.example.net", "b" },
	{ "exact-before-below", "mx.example.org", "b" },
	{ "below-beside-exact", "my.example.org", "a" },
	{ "below-the-exact", "x.mx.example.org", "a" },
	{ "below-shortest", "example.org", "c" },
	{ "not-itself", "org", NULL },
	{ "label-end", "notexample.net", NULL },
	{ "none", "example.com", NULL },
	{ "empty", "", NULL },
};

static void
test_find(gconstpointer data)
{
	const find_case *row = data;
	g_autoptr(GPtrArray) backends = g_ptr_array_new_with_free_func(backend_free);
	const mg_backend *found;

	g_assert_null(mg_backend_find(backends, row->domain));
	g_ptr_array_add(backends, backend_of("a", "example.net .example.org"));
	g_ptr_array_add(backends, backend_of("b", ".example.net mx.example.org"));
	g_ptr_array_add(backends, backend_of("c", ".b.example.net .org"));
	found = mg_backend_find(backends, row->domain);
	g_assert_cmpstr(found ? found->name : NULL, ==, row->expected);
}

/* A backup that defers while the main host is away defeats its purpose (FEATURES U14); what is written stays. */
static void
test_outage_by_role(void)
{
	static const struct { mg_backend_role role; mg_backend_outage given, expected; } rows[] = {
		{ MG_ROLE_BACKUP_MX, MG_OUTAGE_BY_ROLE, MG_OUTAGE_ACCEPT }, { MG_ROLE_BACKUP_MX, MG_OUTAGE_DEFER, MG_OUTAGE_DEFER },
		{ MG_ROLE_GATEWAY, MG_OUTAGE_BY_ROLE, MG_OUTAGE_DEFER }, { MG_ROLE_SMARTHOST, MG_OUTAGE_BY_ROLE, MG_OUTAGE_DEFER },
		{ MG_ROLE_GATEWAY, MG_OUTAGE_STALE_ONLY, MG_OUTAGE_STALE_ONLY },
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		mg_backend *backend = mg_backend_new("corp", 7);

		backend->role = rows[i].role;
		backend->on_failure = rows[i].given;
		mg_backend_settle(backend, "mx1.example.net");
		g_assert_cmpint(backend->on_failure, ==, rows[i].expected);
		mg_backend_free(backend);
	}
}

static void
test_defaults(void)
{
	mg_backend *backend = mg_backend_new("corp", 7);

	g_assert_cmpstr(backend->name, ==, "corp");
	g_assert_cmpuint(backend->line, ==, 7);
	g_assert_cmpuint(backend->endpoints->len, ==, 0);
	g_assert_cmpint(backend->tls, ==, MG_TLS_MAY);
	g_assert_cmpint(backend->role, ==, MG_ROLE_GATEWAY);
	mg_backend_settle(backend, "mx1.example.net");
	g_assert_cmpint(backend->on_failure, ==, MG_OUTAGE_DEFER);
	g_assert_cmpint(backend->quirk, ==, MG_QUIRK_NONE);
	g_assert_true(backend->folds_case);
	g_assert_true(backend->caches_negatives);
	g_assert_cmpstr(backend->delimiters, ==, NULL);
	g_assert_cmpstr(backend->canary, ==, "postmaster");
	g_assert_cmpuint(backend->max_connections, ==, 4);
	mg_backend_free(backend);
	mg_backend_free(NULL);
}

static const char *const tls_words[] = { "off", "may", "require", "verify", "pin" };
static const char *const role_words[] = { "gateway", "backup-mx", "smarthost" };
static const char *const outage_words[] = { "defer", "accept", "stale-only" };

static void
test_words(void)
{
	for (guint i = 0; i <= G_N_ELEMENTS(tls_words); i++)
		g_assert_cmpstr(mg_tls_mode_names[i], ==, i <= MG_TLS_PIN ? tls_words[i] : NULL);
	for (guint i = 0; i <= G_N_ELEMENTS(role_words); i++)
		g_assert_cmpstr(mg_backend_role_names[i], ==, i <= MG_ROLE_SMARTHOST ? role_words[i] : NULL);
	for (guint i = 0; i <= G_N_ELEMENTS(outage_words); i++)
		g_assert_cmpstr(mg_backend_outage_names[i], ==, i <= MG_OUTAGE_STALE_ONLY ? outage_words[i] : NULL);
	g_assert_cmpstr(mg_backend_quirk_names[MG_QUIRK_EXCHANGE_ONLINE], ==, "exchange-online");
}

/* ---- what makes other answers of it ---- */

static guint64
epoch_of(mg_backend *backend, const char *hostname)
{
	mg_backend_settle(backend, hostname);
	return backend->epoch;
}

static void
add_endpoint(mg_backend *backend, const char *word)
{
	mg_endpoint endpoint;
	g_autofree char *why = NULL;

	g_assert_true(mg_endpoint_parse(word, &endpoint, &why));
	g_array_append_val(backend->endpoints, endpoint);
}

static void set_endpoint(mg_backend *backend) { add_endpoint(backend, "smtp://192.0.2.6"); }

static void set_tls(mg_backend *backend) { backend->tls = MG_TLS_REQUIRE; }
static void set_tls_ca(mg_backend *backend) { backend->tls_ca = g_strdup("/ca.pem"); }
static void set_tls_name(mg_backend *backend) { backend->tls_name = g_strdup("/ca.pem"); }
static void set_helo(mg_backend *backend) { backend->helo = g_strdup("mx2.example.net"); }
static void set_same_helo(mg_backend *backend) { backend->helo = g_strdup("mx1.example.net"); }
static void set_quirk(mg_backend *backend) { backend->quirk = MG_QUIRK_EXCHANGE_ONLINE; }
static void set_delimiters(mg_backend *backend) { backend->delimiters = g_strdup("+"); }
static void set_case(mg_backend *backend) { backend->folds_case = FALSE; }
static void set_role(mg_backend *backend) { backend->role = MG_ROLE_BACKUP_MX; }
static void set_on_failure(mg_backend *backend) { backend->on_failure = MG_OUTAGE_STALE_ONLY; }
static void set_connections(mg_backend *backend) { backend->max_connections = 5; }
static void set_unspecified_source(mg_backend *backend) { backend->has_source = TRUE; }

static void
set_pin(mg_backend *backend)
{
	const guint8 pin[MG_TLS_PIN_SIZE] = { 1 };

	backend->tls_pins = g_array_new(FALSE, FALSE, MG_TLS_PIN_SIZE);
	g_array_append_vals(backend->tls_pins, pin, 1);
}

static void
set_sender(mg_backend *backend)
{
	backend->probe_senders = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(backend->probe_senders, g_strdup("probe@example.net"));
}

static void
set_other_domains(mg_backend *backend)
{
	mg_domains_add(backend->domains, "example.com", 0);
	g_free(backend->name);
	backend->name = g_strdup("other");
}

typedef struct epoch_case {
	const char *name;
	void      (*set)(mg_backend *backend);
	gboolean    expected;   /* that the epoch becomes another one */
} epoch_case;

static const epoch_case epoch_cases[] = {
	{ "endpoint", set_endpoint, TRUE },
	{ "tls", set_tls, TRUE },
	{ "tls-ca", set_tls_ca, TRUE },
	{ "tls-name", set_tls_name, TRUE },
	{ "tls-pin", set_pin, TRUE },
	{ "source", set_unspecified_source, TRUE },
	{ "helo", set_helo, TRUE },
	{ "helo-as-it-was", set_same_helo, FALSE },
	{ "probe-sender", set_sender, TRUE },
	{ "quirk", set_quirk, TRUE },
	{ "recipient-delimiter", set_delimiters, TRUE },
	{ "fold-case", set_case, TRUE },
	{ "role", set_role, FALSE },
	{ "on-failure", set_on_failure, FALSE },
	{ "max-connections", set_connections, FALSE },
	{ "name-and-domains", set_other_domains, FALSE },
};

static void
test_epoch(gconstpointer data)
{
	const epoch_case *row = data;
	mg_backend *backend = backend_of("a", "example.net");
	guint64 before;

	add_endpoint(backend, "smtp://192.0.2.5");
	before = epoch_of(backend, "mx1.example.net");
	row->set(backend);
	g_assert_cmpint(epoch_of(backend, "mx1.example.net") != before, ==, row->expected);
	mg_backend_free(backend);
}

/* Each setting by itself makes an epoch that no other makes. */
static void
test_epochs_differ(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(epoch_cases); i++) {
		mg_backend *backend = backend_of("a", "example.net");
		guint64 epoch;

		add_endpoint(backend, "smtp://192.0.2.5");
		epoch_cases[i].set(backend);
		epoch = epoch_of(backend, "mx1.example.net");
		if (epoch_cases[i].expected)
			g_assert_true(g_hash_table_add(seen, g_memdup2(&epoch, sizeof(epoch))));
		mg_backend_free(backend);
	}
}

/* Kept on disk: the same in another process, and on another machine. */
static void
test_epoch_stays(void)
{
	mg_backend *backend = backend_of("a", "example.net");

	set_endpoint(backend);
	g_assert_cmphex(epoch_of(backend, "mx1.example.net"), ==, G_GUINT64_CONSTANT(0x630c3dede04631e6));
	g_assert_cmphex(epoch_of(backend, "mx1.example.net"), !=, epoch_of(backend, "mx2.example.net"));
	mg_backend_free(backend);
}

/* No TLS where there is nothing to speak it over. */
static void
test_settle_tls(void)
{
	mg_backend *backend = backend_of("a", "example.net");

	add_endpoint(backend, "lmtp+unix:/run/lmtp");
	add_endpoint(backend, "smtp://192.0.2.5");
	mg_backend_settle(backend, "mx1.example.net");
	g_assert_cmpint(backend->tls, ==, MG_TLS_MAY);
	g_array_set_size(backend->endpoints, 1);
	mg_backend_settle(backend, "mx1.example.net");
	g_assert_cmpint(backend->tls, ==, MG_TLS_OFF);
	mg_backend_free(backend);
}

/* ---- [backend NAME] and [recipients] ---- */

/* The findings of @text, a line each, without the file's name. */
static char *
findings_of(const char *text, mg_policy **policy_out)
{
	mg_findings *findings = mg_findings_new();
	GString *all = g_string_new(NULL);

	*policy_out = mg_policy_parse(text, strlen(text), "t.conf", findings);
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_string_append_printf(all, "%s\n", line + strlen("t.conf:"));
	}
	mg_findings_free(findings);
	return g_string_free(all, FALSE);
}

#define OURS "[mailguard]\nhostname = mx1.example.net\nown-names = mail.example.net\nown-addresses = 192.0.2.1 2001:db8::1\n" \
	"[domains]\nlocal = example.net\nrelay-to = example.org .example.org\n"
#define ALL     "domains = example.net example.org .example.org\n"   /* ours */
#define BACKEND OURS "[backend b]\n" ALL "server = smtp://192.0.2.5\n"
#define SERVER(words) OURS "[backend b]\n" ALL "server = " words "\n"
#define PIN "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define EIGHT(word) word " " word " " word " " word " " word " " word " " word " " word

typedef struct policy_case {
	const char *name;
	const char *text;
	const char *told;   /* a piece of the findings; of a policy that is taken "" for none at all */
} policy_case;

static const policy_case fault_cases[] = {
	{ "no-domains", OURS "[backend b]\nserver = smtp://192.0.2.5\n", "8: error: backend b: domains = ... was expected" },
	{ "no-domain-in-them", OURS "[backend b]\ndomains =\nserver = smtp://192.0.2.5\n", "domains = ... was expected" },
	{ "no-server", OURS "[backend b]\n" ALL, "backend b: server = smtp://... or lmtp://... was expected" },
	{ "no-server-in-it", SERVER(""), "server = smtp://... or lmtp://... was expected" },
	{ "domain-star", OURS "[backend b]\ndomains = *.example.net\nserver = smtp://192.0.2.5\n", "'*.example.net' is no domain" },
	{ "domain-twice", BACKEND "[backend c]\ndomains = example.org\nserver = smtp://192.0.2.6\n",
	  "11: error: backend c: example.org stands in backend b already [contradiction]" },
	{ "domain-twice-below", BACKEND "[backend c]\ndomains = .EXAMPLE.org\nserver = smtp://192.0.2.6\n",
	  ".example.org stands in backend b already" },
	{ "server-no-form", SERVER("192.0.2.5"), "10: error: server: '192.0.2.5': smtp://host:port, lmtp://host:port or lmtp+unix:/path" },
	{ "server-second", SERVER("smtp://192.0.2.5 smtp://192.0.2.6:0"), "server: 'smtp://192.0.2.6:0': a port from 1 to 65535" },
	{ "server-9", SERVER(EIGHT("smtp://192.0.2.5") " smtp://192.0.2.6"), "server: 9 entries; at most 8 were expected" },
	{ "loop-own-address-25", SERVER("smtp://192.0.2.1"), "smtp://192.0.2.1 is one of own-addresses, where we serve" },
	{ "loop-own-address-465", SERVER("smtp://192.0.2.1:465"), "[backend-loop]" },
	{ "loop-own-address-587", SERVER("smtp://[2001:db8::1]:587"), "[backend-loop]" },
	{ "loop-own-address-mapped", SERVER("smtp://[::ffff:192.0.2.1]"), "[backend-loop]" },
	{ "loop-own-address-second", SERVER("smtp://192.0.2.5 smtp://192.0.2.1"), "[backend-loop]" },
	{ "loop-own-address-lmtp", SERVER("lmtp://192.0.2.1:25"), "[backend-loop]" },
	{ "loop-hostname", SERVER("smtp://MX1.example.net"), "smtp://MX1.example.net is our own name, where we serve" },
	{ "loop-own-name-587", SERVER("smtp://mail.example.net:587"), "[backend-loop]" },
	{ "loop-loopback", SERVER("smtp://127.0.0.1"), "smtp://127.0.0.1 is this host, where we serve" },
	{ "loop-loopback-other", SERVER("smtp://127.255.255.254"), "[backend-loop]" },
	{ "loop-loopback-ipv6", SERVER("smtp://[::1]:25"), "[backend-loop]" },
	{ "loop-loopback-mapped", SERVER("smtp://[::ffff:127.0.0.1]"), "[backend-loop]" },
	{ "loop-localhost", SERVER("smtp://LocalHost"), "[backend-loop]" },
	{ "loop-localhost-below", SERVER("smtp://mx.localhost"), "[backend-loop]" },
	{ "loop-unspecified-elsewhere", SERVER("smtp://0.0.0.0:2525"), "the address of a host was expected" },
	{ "tls-word", BACKEND "tls = yes\n", "tls = yes: off or may or require or verify or pin was expected" },
	{ "tls-pin-missing", BACKEND "tls = pin\n", "8: error: backend b: tls = pin: tls-pin was expected as well [backend-tls]" },
	{ "tls-pin-empty", BACKEND "tls = pin\ntls-pin =\n", "tls-pin was expected as well" },
	{ "tls-pin-in-vain", BACKEND "tls-pin = " PIN "\n", "tls-pin is held against nothing with tls = may; tls = pin was expected" },
	{ "tls-pin-with-verify", BACKEND "tls = verify\ntls-pin = " PIN "\n", "with tls = verify; tls = pin was expected" },
	{ "tls-pin-63", BACKEND "tls = pin\ntls-pin = 0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
	  "tls-pin: '0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff': the 64 hexadecimal digits" },
	{ "tls-pin-no-digit", BACKEND "tls = pin\ntls-pin = g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
	  "the 64 hexadecimal digits" },
	{ "tls-pin-9", BACKEND "tls = pin\ntls-pin = " EIGHT(PIN) " " PIN "\n", "tls-pin: 9 entries; at most 8 were expected" },
	{ "tls-ca-in-vain", BACKEND "tls = require\ntls-ca = /dev/null\n",
	  "tls-ca is held against nothing with tls = require; tls = verify was expected" },
	{ "tls-ca-with-pin", BACKEND "tls = pin\ntls-pin = " PIN "\ntls-ca = /dev/null\n", "tls = verify was expected" },
	{ "tls-ca-unreadable", BACKEND "tls = verify\ntls-ca = /nonexistent/ca.pem\n",
	  "12: error: tls-ca: /nonexistent/ca.pem cannot be read: No such file or directory [file]" },
	{ "tls-name-in-vain", BACKEND "tls = off\ntls-name = mx.example.net\n", "tls-name was expected with another tls than off" },
	{ "tls-name", BACKEND "tls-name = a b\n", "a host name was expected" },
	{ "unix-require", SERVER("lmtp+unix:/run/lmtp") "tls = require\n", "there is no TLS over a socket [backend-tls]" },
	{ "unix-verify", SERVER("lmtp+unix:/run/lmtp") "tls = verify\n", "there is no TLS over a socket" },
	{ "unix-among-others", SERVER("smtp://192.0.2.5 lmtp+unix:/run/lmtp") "tls = require\n", "there is no TLS over a socket" },
	{ "unix-tls-name", SERVER("lmtp+unix:/run/lmtp") "tls-name = mx.example.net\n", "with another tls than off" },
	{ "source", BACKEND "source = mx.example.net\n", "source = mx.example.net: an address of this host was expected" },
	{ "source-network", BACKEND "source = 192.0.2.0/24\n", "an address of this host was expected" },
	{ "source-unspecified", BACKEND "source = ::\n", "an address of this host was expected" },
	{ "source-family", BACKEND "source = 2001:db8::1\n",
	  "smtp://192.0.2.5 cannot be reached from source: both IPv4 or both IPv6 was expected [backend-source]" },
	{ "source-family-second", SERVER("smtp://[2001:db8::5] smtp://192.0.2.5") "source = 2001:db8::1\n", "smtp://192.0.2.5 cannot" },
	{ "helo-single-label", BACKEND "helo = mx1\n", "helo = mx1: a host name with its domain was expected" },
	{ "helo-literal", BACKEND "helo = [192.0.2.1]\n", "a host name with its domain was expected" },
	{ "helo-address", BACKEND "helo = 192.0.2.1\n", "a host name with its domain was expected" },
	{ "role", BACKEND "role = backup\n", "role = backup: gateway or backup-mx or smarthost was expected" },
	{ "on-failure", BACKEND "on-failure = reject\n", "on-failure = reject: defer or accept or stale-only was expected" },
	{ "on-failure-accept", BACKEND "on-failure = accept\n", "8: error: backend b: on-failure = accept was expected with role = backup-mx" },
	{ "on-failure-accept-smarthost", BACKEND "role = smarthost\non-failure = accept\n", "[backend-role]" },
	{ "probe-sender-null", BACKEND "probe-sender = <>\n", "probe-sender: '<>': a mailbox was expected, as probe@example.net; <> is tried" },
	{ "probe-sender-local", BACKEND "probe-sender = probe\n", "'probe': a mailbox was expected" },
	{ "probe-sender-domain", BACKEND "probe-sender = a@example.net b@\n", "'b@': a mailbox was expected" },
	{ "probe-sender-route", BACKEND "probe-sender = a%b.example@example.net\n", "a mailbox was expected" },
	{ "probe-sender-angle", BACKEND "probe-sender = <a@example.net>\n", "a mailbox was expected" },
	{ "probe-sender-utf8", BACKEND "probe-sender = \xc3\xa9@example.net\n", "a mailbox was expected" },
	{ "probe-sender-9", BACKEND "probe-sender = " EIGHT("a@example.net") " b@example.net\n", "9 entries; at most 8 were expected" },
	{ "quirk", BACKEND "quirk = exchange\n", "quirk = exchange: exchange-online was expected" },
	{ "quirk-empty", BACKEND "quirk =\n", "exchange-online was expected" },
	{ "delimiter-empty", BACKEND "recipient-delimiter =\n", "recipient-delimiter = : 1 to 8 of" },
	{ "delimiter-9", BACKEND "recipient-delimiter = +-+-+-+-+\n", "1 to 8 of" },
	{ "delimiter-letter", BACKEND "recipient-delimiter = +x\n", "1 to 8 of" },
	{ "delimiter-digit", BACKEND "recipient-delimiter = 0\n", "1 to 8 of" },
	{ "delimiter-at", BACKEND "recipient-delimiter = @\n", "1 to 8 of" },
	{ "delimiter-angle", BACKEND "recipient-delimiter = +>\n", "1 to 8 of" },
	{ "delimiter-quote", BACKEND "recipient-delimiter = \"\n", "1 to 8 of" },
	{ "delimiter-space", BACKEND "recipient-delimiter = + -\n", "1 to 8 of" },
	{ "delimiter-utf8", BACKEND "recipient-delimiter = \xc3\xa9\n", "1 to 8 of" },
	{ "fold-case", BACKEND "fold-case = maybe\n", "fold-case = maybe: yes or no was expected" },
	{ "negative-cache", BACKEND "negative-cache = 1\n", "negative-cache = 1: yes or no was expected" },
	{ "canary-empty", BACKEND "canary =\n", "canary = : a Local-part or a mailbox that exists was expected" },
	{ "canary-null", BACKEND "canary = <>\n", "a Local-part or a mailbox that exists was expected" },
	{ "canary-domain", BACKEND "canary = @example.net\n", "a Local-part or a mailbox" },
	{ "canary-two", BACKEND "canary = a b\n", "a Local-part or a mailbox" },
	{ "canary-elsewhere", BACKEND "canary = info@example.com\n", "canary = info@example.com: a mailbox in one of its domains was expected" },
	{ "connections-0", BACKEND "max-connections = 0\n", "a number from 1 to 64 was expected" },
	{ "connections-65", BACKEND "max-connections = 65\n", "a number from 1 to 64 was expected" },
	{ "unknown-key", BACKEND "servers = a\n", "[backend NAME] has no key 'servers'; the nearest is 'server'" },
	{ "target-data", BACKEND "target = data\n", "[backend NAME] has no key 'target'" },

	{ "table-word", OURS "[recipients]\ntables = example.net\n", "9: error: tables: 'example.net': user@domain, @domain or user@ was expected" },
	{ "table-bad-mailbox", OURS "[recipients]\ntables = a%b@example.net\n", "user@domain, @domain or user@ was expected: " },
	{ "table-missing", OURS "[recipients]\ntables = @nonexistent\n", "nonexistent cannot be opened: No such file or directory [list-unreadable]" },
	{ "deny-missing", OURS "[recipients]\ndeny = @/nonexistent/list\n", "[list-unreadable]" },
	{ "table-delimiter", OURS "[recipients]\nrecipient-delimiter = a\n", "1 to 8 of" },
	{ "budget-0", OURS "[recipients]\nunknown-budget = 0/10m\n",
	  "unknown-budget = 0/10m: a number from 1 to 10000 and a time from 10 s to 24 h was expected, as 20/10m" },
	{ "budget-10001", OURS "[recipients]\nunknown-budget = 10001/10m\n", "as 20/10m" },
	{ "budget-9s", OURS "[recipients]\nunknown-budget = 20/9s\n", "as 20/10m" },
	{ "budget-25h", OURS "[recipients]\nunknown-budget = 20/25h\n", "as 20/10m" },
	{ "budget-86401s", OURS "[recipients]\nunknown-budget = 20/86401s\n", "as 20/10m" },
	{ "budget-no-unit", OURS "[recipients]\nunknown-budget = 20/10\n", "as 20/10m" },
	{ "budget-days", OURS "[recipients]\nunknown-budget = 20/1d\n", "as 20/10m" },
	{ "budget-no-time", OURS "[recipients]\nunknown-budget = 20\n", "as 20/10m" },
	{ "budget-unit-alone", OURS "[recipients]\nunknown-budget = 20/m\n", "as 20/10m" },
	{ "budget-empty", OURS "[recipients]\nunknown-budget =\n", "as 20/10m" },
	{ "budget-two-times", OURS "[recipients]\nunknown-budget = 20/10m/5m\n", "as 20/10m" },
	{ "budget-huge", OURS "[recipients]\nunknown-budget = 20/18446744073709551617s\n", "as 20/10m" },
	{ "rcpt-key", OURS "[rcpt]\nexists = reject\n", "[rcpt] has no key 'exists'" },
	{ "rcpt-action", OURS "[rcpt]\nunknown = bounce\n", "off, monitor, flag, defer or reject was expected" },
};

static void
test_fault(gconstpointer data)
{
	const policy_case *row = data;
	mg_policy *policy;
	g_autofree char *told = findings_of(row->text, &policy);

	g_test_message("%s", told);
	g_assert_null(policy);
	g_assert_nonnull(strstr(told, row->told));
	mg_policy_unref(policy);
}

static const policy_case taken_cases[] = {
	{ "plain", BACKEND, "" },
	{ "nothing-verified", OURS, "" },
	{ "server-8", SERVER(EIGHT("smtp://192.0.2.5")), "" },
	{ "own-address-elsewhere", SERVER("smtp://192.0.2.1:2525"), "" },
	{ "own-address-lmtp", SERVER("lmtp://192.0.2.1"), "" },
	{ "own-name-elsewhere", SERVER("smtp://mx1.example.net:26"), "" },
	{ "not-our-name", SERVER("smtp://mx2.example.net smtp://notmail.example.net smtp://x.mail.example.net"), "" },
	{ "loopback-elsewhere", SERVER("smtp://127.0.0.1:10025 lmtp://[::1] smtp://localhost:2525 smtp://127.0.0.1:587"), "" },
	{ "not-localhost", SERVER("smtp://notlocalhost"), "" },
	{ "unix", SERVER("lmtp+unix:/run/lmtp"), "" },
	{ "unix-off", SERVER("lmtp+unix:/run/lmtp") "tls = off\n", "" },
	{ "unix-and-tcp", SERVER("lmtp+unix:/run/lmtp lmtp://192.0.2.5") "tls = may\n", "" },
	{ "verify", BACKEND "tls = verify\ntls-ca = /dev/null\ntls-name = mx.example.net\n", "" },
	{ "verify-by-the-systems", BACKEND "tls = verify\n", "" },
	{ "pin-8", BACKEND "tls = pin\ntls-pin = " EIGHT(PIN) "\n", "" },
	{ "source-of-a-name", SERVER("smtp://mx2.example.net") "source = 2001:db8::1\n", "" },
	{ "source-of-a-socket", SERVER("lmtp+unix:/run/lmtp") "source = 2001:db8::1\n", "" },
	{ "accept-of-a-backup-mx", BACKEND "on-failure = accept\nrole = backup-mx\n", "" },
	{ "stale-only", BACKEND "on-failure = stale-only\n", "" },
	{ "delimiter-8", BACKEND "recipient-delimiter = +-_=#!$%\n", "" },
	{ "canary-mailbox", BACKEND "canary = Info@MX.example.org\n", "" },
	{ "connections", BACKEND "max-connections = 64\n", "" },
	{ "domain-of-a-parent", BACKEND "[backend c]\ndomains = mx.example.org .mx.example.org\nserver = smtp://192.0.2.6\n", "" },
	{ "domain-not-ours", BACKEND "[backend c]\ndomains = example.com\nserver = smtp://192.0.2.6\n",
	  "11: warning: backend c: example.com is neither in local nor in relay-to of [domains]: it is never asked about [backend-domain]" },
	{ "domain-below-not-ours", BACKEND "[backend c]\ndomains = .example.net\nserver = smtp://192.0.2.6\n", ".example.net is neither" },
	{ "domains-unreadable", "[domains]\nlocal = @/nonexistent/list\n[backend b]\n" ALL "server = smtp://192.0.2.5\n", "[list-unreadable]\n" },
	{ "unverified", OURS "[backend b]\ndomains = .example.org example.org\nserver = smtp://192.0.2.5\n",
	  "0: warning: recipients of example.net are not verified: it has neither backend nor table [domain-unverified]" },
	{ "unverified-below", OURS "[backend b]\ndomains = example.org example.net\nserver = smtp://192.0.2.5\n", "recipients of .example.org are" },
	{ "unverified-but-for-a-table", OURS "[recipients]\ntables = a@example.net b@example.org\n", "" },
	{ "unverified-by-user-entry", OURS "[recipients]\ntables = postmaster@ b@example.org\n", "recipients of example.net are not verified" },
	{ "deny-alone", OURS "[recipients]\ndeny = a@example.net\n", "" },
	{ "table-empty", OURS "[recipients]\ntables =\n", "[recipients] tables has no entry [recipients-empty]" },
	{ "budget-least", OURS "[recipients]\nunknown-budget = 1/10s\n", "" },
	{ "budget-most", OURS "[recipients]\nunknown-budget = 10000/24h\n", "" },
	{ "cache-empty", OURS "[recipients]\ncache =\n", "" },
	{ "cache-nowhere", OURS "[recipients]\ncache = /nonexistent/cache\n",
	  "9: warning: cache: /nonexistent cannot be examined: No such file or directory" },
	{ "cache-in-a-file", OURS "[recipients]\ncache = /dev/null/cache\n", "[cache-directory]" },
	{ "rcpt", OURS "[rcpt]\nunknown = defer\nfull = flag\nuntrusted = off\nreject-text = No {recipient} here\n", "" },
};

static void
test_taken(gconstpointer data)
{
	const policy_case *row = data;
	mg_policy *policy;
	g_autofree char *told = findings_of(row->text, &policy);

	g_test_message("%s", told);
	g_assert_nonnull(policy);
	if (row->told[0] == 0)
		g_assert_cmpstr(told, ==, "");
	g_assert_nonnull(strstr(told, row->told));
	mg_policy_unref(policy);
}

/* All that can be said of a backend gets to where it belongs. */
static void
test_whole(void)
{
	static const char text[] = BACKEND "tls = pin\ntls-name = MX.example.net\ntls-pin = 00" ":11:2233445566778899aabbccddeeff0011223344556677"
		"8899AABBCCDDEEFF " PIN "\nsource = 192.0.2.1\nhelo = Probe.example.net\nrole = backup-mx\non-failure = accept\n"
		"probe-sender = a@example.net, b@example.net\nquirk = exchange-online\nrecipient-delimiter = +-\nfold-case = no\n"
		"canary = info\nmax-connections = 1\nnegative-cache = no\n";
	mg_policy *policy;
	g_autofree char *told = findings_of(text, &policy);
	const mg_backend *backend = policy ? mg_backend_find(policy->backends, "mx.example.org") : NULL;
	mg_local_rules rules;
	char ip[MG_IP_TEXT_MAX];

	g_assert_cmpstr(told, ==, "");
	g_assert_nonnull(backend);
	if (backend == NULL)
		return;
	g_assert_cmpstr(backend->name, ==, "b");
	g_assert_cmpuint(backend->line, ==, 8);
	g_assert_cmpuint(backend->endpoints->len, ==, 1);
	g_assert_cmpint(backend->tls, ==, MG_TLS_PIN);
	g_assert_cmpstr(backend->tls_name, ==, "mx.example.net");
	g_assert_cmpuint(backend->tls_pins->len, ==, 2);
	g_assert_cmpmem(backend->tls_pins->data, MG_TLS_PIN_SIZE, backend->tls_pins->data + MG_TLS_PIN_SIZE, MG_TLS_PIN_SIZE);
	g_assert_cmphex((guint8)backend->tls_pins->data[1], ==, 0x11);
	g_assert_cmphex((guint8)backend->tls_pins->data[31], ==, 0xff);
	mg_ip_format(&backend->source, ip);
	g_assert_true(backend->has_source);
	g_assert_cmpstr(ip, ==, "192.0.2.1");
	g_assert_cmpstr(backend->helo, ==, "probe.example.net");
	g_assert_cmpint(backend->role, ==, MG_ROLE_BACKUP_MX);
	g_assert_cmpint(backend->on_failure, ==, MG_OUTAGE_ACCEPT);
	g_assert_cmpuint(backend->probe_senders->len, ==, 2);
	g_assert_cmpstr(backend->probe_senders->pdata[1], ==, "b@example.net");
	g_assert_cmpint(backend->quirk, ==, MG_QUIRK_EXCHANGE_ONLINE);
	g_assert_cmpstr(backend->delimiters, ==, "+-");
	g_assert_false(backend->folds_case);
	g_assert_cmpstr(backend->canary, ==, "info");
	g_assert_cmpuint(backend->max_connections, ==, 1);
	g_assert_false(backend->caches_negatives);
	g_assert_cmphex(backend->epoch, !=, 0);
	rules = mg_policy_local_rules(policy, backend);
	g_assert_false(rules.folds_case);
	g_assert_cmpstr(rules.delimiters, ==, "+-");
	g_assert_null(mg_backend_find(policy->backends, "example.com"));
	mg_policy_unref(policy);
}

static void
test_recipients_whole(void)
{
	static const char text[] = OURS "[recipients]\ntables = @t a@example.net\ndeny = @d\nrecipient-delimiter = +\nfold-case = no\n"
		"cache = var/cache\nunknown-budget = 5/2h\n";
	g_autofree char *directory = g_dir_make_tmp("mailguard-XXXXXX", NULL);
	g_autofree char *conf = g_build_filename(directory, "t.conf", NULL);
	g_autofree char *table = g_build_filename(directory, "t", NULL);
	g_autofree char *deny = g_build_filename(directory, "d", NULL);
	g_autofree char *var = g_build_filename(directory, "var", NULL);
	g_autofree char *cache = g_build_filename(var, "cache", NULL);
	mode_t mask = umask(022);
	mg_findings *findings = mg_findings_new();
	mg_policy *policy;
	mg_local_rules rules;

	g_assert_true(g_file_set_contents(table, "# exported\nb@example.net  c@example.net\n@example.org\npostmaster@ # everywhere\n", -1, NULL));
	g_assert_true(g_file_set_contents(deny, "old@example.org\n", -1, NULL));
	g_assert_true(g_file_set_contents(conf, text, -1, NULL));
	g_chmod(table, 0644);
	g_chmod(deny, 0644);
	g_chmod(conf, 0644);
	g_mkdir(var, 0770);
	g_chmod(var, 0770);
	policy = mg_policy_load(conf, NULL, findings);
	g_assert_nonnull(policy);
	g_assert_cmpuint(mg_findings_count(findings), ==, 1);
	if (policy != NULL && mg_findings_count(findings) == 1) {
		g_assert_cmpstr(mg_findings_get(findings, 0)->rule, ==, "cache-directory");
		g_assert_nonnull(strstr(mg_findings_get(findings, 0)->text, "may be written by others (mode 0770)"));
		g_assert_cmpuint(mg_recipients_count(policy->recipients.tables), ==, 5);
		g_assert_true(mg_recipients_covers(policy->recipients.tables, "example.org"));
		g_assert_cmpuint(mg_recipients_count(policy->recipients.deny), ==, 1);
		g_assert_cmpstr(policy->recipients.cache, ==, cache);
		g_assert_cmpuint(policy->recipients.unknown_budget.count, ==, 5);
		g_assert_cmpuint(policy->recipients.unknown_budget.time_s, ==, 7200);
		rules = mg_policy_local_rules(policy, NULL);
		g_assert_false(rules.folds_case);
		g_assert_cmpstr(rules.delimiters, ==, "+");
	}
	mg_policy_unref(policy);
	mg_findings_free(findings);
	g_remove(table);
	g_remove(deny);
	g_remove(conf);
	g_rmdir(var);
	g_rmdir(directory);
	umask(mask);
}

static void
test_recipients_defaults(void)
{
	mg_policy *policy;
	g_autofree char *told = findings_of(OURS, &policy);
	mg_local_rules rules = mg_policy_local_rules(policy, NULL);

	g_assert_cmpstr(told, ==, "");
	g_assert_null(policy->recipients.tables);
	g_assert_null(policy->recipients.deny);
	g_assert_null(policy->recipients.cache);
	g_assert_cmpuint(policy->recipients.unknown_budget.count, ==, 20);
	g_assert_cmpuint(policy->recipients.unknown_budget.time_s, ==, 600);
	g_assert_cmpuint(policy->backends->len, ==, 0);
	g_assert_true(rules.folds_case);
	g_assert_cmpstr(rules.delimiters, ==, NULL);
	mg_policy_unref(policy);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/backend/endpoint", endpoint_cases, test_endpoint);
	g_test_add_func("/backend/long-word", test_long_word);
	TEST_ROWS("/backend/find", find_cases, test_find);
	g_test_add_func("/backend/defaults", test_defaults);
	g_test_add_func("/backend/outage-by-role", test_outage_by_role);
	g_test_add_func("/backend/words", test_words);
	TEST_ROWS("/backend/epoch", epoch_cases, test_epoch);
	g_test_add_func("/backend/epochs-differ", test_epochs_differ);
	g_test_add_func("/backend/epoch-stays", test_epoch_stays);
	g_test_add_func("/backend/settle-tls", test_settle_tls);
	TEST_ROWS("/backend/fault", fault_cases, test_fault);
	TEST_ROWS("/backend/taken", taken_cases, test_taken);
	g_test_add_func("/backend/whole", test_whole);
	g_test_add_func("/backend/recipients-whole", test_recipients_whole);
	g_test_add_func("/backend/recipients-defaults", test_recipients_defaults);
	return g_test_run();
}
