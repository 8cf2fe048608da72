/* test_backend.c - where recipients are asked about. */
#include "policy/backend.h"

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

static void
test_defaults(void)
{
	mg_backend *backend = mg_backend_new("corp", 7);

	g_assert_cmpstr(backend->name, ==, "corp");
	g_assert_cmpuint(backend->line, ==, 7);
	g_assert_cmpuint(backend->endpoints->len, ==, 0);
	g_assert_cmpint(backend->tls, ==, MG_TLS_MAY);
	g_assert_cmpint(backend->role, ==, MG_ROLE_GATEWAY);
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

static void
set_endpoint(mg_backend *backend)
{
	mg_endpoint endpoint;
	g_autofree char *why = NULL;

	g_assert_true(mg_endpoint_parse("smtp://192.0.2.6", &endpoint, &why));
	g_array_append_val(backend->endpoints, endpoint);
}

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
	guint64 before = mg_backend_epoch_of(backend, "mx1.example.net");

	row->set(backend);
	g_assert_cmpint(mg_backend_epoch_of(backend, "mx1.example.net") != before, ==, row->expected);
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

		epoch_cases[i].set(backend);
		epoch = mg_backend_epoch_of(backend, "mx1.example.net");
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
	g_assert_cmphex(mg_backend_epoch_of(backend, "mx1.example.net"), ==, G_GUINT64_CONSTANT(0x630c3dede04631e6));
	g_assert_cmphex(mg_backend_epoch_of(backend, "mx1.example.net"), !=, mg_backend_epoch_of(backend, "mx2.example.net"));
	mg_backend_free(backend);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/backend/endpoint", endpoint_cases, test_endpoint);
	g_test_add_func("/backend/long-word", test_long_word);
	TEST_ROWS("/backend/find", find_cases, test_find);
	g_test_add_func("/backend/defaults", test_defaults);
	g_test_add_func("/backend/words", test_words);
	TEST_ROWS("/backend/epoch", epoch_cases, test_epoch);
	g_test_add_func("/backend/epochs-differ", test_epochs_differ);
	g_test_add_func("/backend/epoch-stays", test_epoch_stays);
	return g_test_run();
}
