/* backend.c - see backend.h. */
#include "policy/backend.h"

#include <string.h>
#include <sys/un.h>

#include "session/domain.h"

#define PORT_SMTP           25   /* RFC 5321 4.5.4.2 */
#define PORT_LMTP           24   /* RFC 2033 5 asks for any but 25; 24 is for private mail systems */
#define CONNECTIONS_DEFAULT 4
#define SOCKET_PATH_MAX     (sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1)

const char *const mg_tls_mode_names[] = { "off", "may", "require", "verify", "pin", NULL };
const char *const mg_backend_role_names[] = { "gateway", "backup-mx", "smarthost", NULL };
const char *const mg_backend_outage_names[] = { "defer", "accept", "stale-only", NULL };
const char *const mg_backend_quirk_names[] = { "", "exchange-online", NULL };

/* ---- endpoints ---- */

static const struct {
	const char *prefix;
	gboolean    is_lmtp;
	guint16     port;   /* 0: what follows is the path of a socket */
} schemes[] = {
	{ "smtp://", FALSE, PORT_SMTP },
	{ "lmtp://", TRUE, PORT_LMTP },
	{ "lmtp+unix:", TRUE, 0 },
};

/* What is wrong with the host, or NULL. */
static const char *
host_take(const char *host, gboolean in_brackets, mg_endpoint *endpoint)
{
	char canonical[MG_DOMAIN_MAX + 1];
	gboolean has_colon = strchr(host, ':') != NULL;

	endpoint->has_ip = in_brackets == has_colon && mg_ip_parse(host, &endpoint->ip);
	if (endpoint->has_ip && mg_ip_is_unspecified(&endpoint->ip))
		return "the address of a host was expected";
	if (endpoint->has_ip) {
		endpoint->host = g_strdup(host);
		return NULL;
	}
	if (in_brackets)
		return "an IPv6 address was expected in brackets";
	if (!mg_domain_canonical(host, strlen(host), TRUE, canonical))
		return "a host name, an IPv4 address or an IPv6 address in brackets was expected";
	endpoint->host = g_strdup(canonical);
	return NULL;
}

/* "host", "host:port", "[2001:db8::1]", "[2001:db8::1]:port". */
static const char *
authority_take(const char *text, mg_endpoint *endpoint)
{
	gboolean in_brackets = text[0] == '[';
	const char *end = in_brackets ? strchr(text, ']') : strrchr(text, ':');
	const char *port = end ? end + in_brackets : NULL;   /* from its colon on; "" where there is none */
	g_autofree char *host = g_strndup(text + in_brackets, end ? (gsize)(end - text) - in_brackets : strlen(text));
	guint64 number;

	if (in_brackets && end == NULL)
		return "']' was expected behind an IPv6 address";
	if (port != NULL && port[0] != 0) {
		if (port[0] != ':' || !g_ascii_string_to_unsigned(port + 1, 10, 1, 65535, &number, NULL))
			return "a port from 1 to 65535 was expected behind the host, an IPv6 address in brackets";
		endpoint->port = (guint16)number;
	}
	return host_take(host, in_brackets, endpoint);
}

static const char *
socket_take(const char *path, mg_endpoint *endpoint)
{
	if (path[0] != '/' || path[1] == 0)
		return "the absolute path of a socket was expected";
	if (strlen(path) > SOCKET_PATH_MAX)
		return "a shorter path was expected: a socket's has at most 107 octets";
	endpoint->path = g_strdup(path);
	return NULL;
}

gboolean
mg_endpoint_parse(const char *word, mg_endpoint *endpoint_out, char **why_out)
{
	const char *fault = "smtp://host:port, lmtp://host:port or lmtp+unix:/path was expected";
	mg_endpoint endpoint = { .is_lmtp = FALSE };

	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++) {
		const char *rest = word + strlen(schemes[i].prefix);

		if (!g_str_has_prefix(word, schemes[i].prefix))
			continue;
		endpoint.is_lmtp = schemes[i].is_lmtp;
		endpoint.port = schemes[i].port;
		fault = endpoint.port == 0 ? socket_take(rest, &endpoint) : authority_take(rest, &endpoint);
	}
	if (fault != NULL) {
		*why_out = g_strdup_printf("'%.80s': %s", word, fault);
		return FALSE;
	}
	endpoint.text = g_strdup(word);
	*endpoint_out = endpoint;
	return TRUE;
}

void
mg_endpoint_clear(mg_endpoint *endpoint)
{
	g_free(endpoint->text);
	g_free(endpoint->host);
	g_free(endpoint->path);
}

/* ---- backends ---- */

static void
clear_endpoint(gpointer data)
{
	mg_endpoint_clear(data);
}

mg_backend *
mg_backend_new(const char *name, guint line)
{
	mg_backend *backend = g_new0(mg_backend, 1);

	backend->name = g_strdup(name);
	backend->line = line;
	backend->endpoints = g_array_new(FALSE, TRUE, sizeof(mg_endpoint));
	g_array_set_clear_func(backend->endpoints, clear_endpoint);
	backend->tls = MG_TLS_MAY;
	backend->on_failure = MG_OUTAGE_BY_ROLE;
	backend->folds_case = TRUE;
	backend->caches_negatives = TRUE;
	backend->canary = g_strdup("postmaster");   /* RFC 5321 4.5.1 */
	backend->max_connections = CONNECTIONS_DEFAULT;
	return backend;
}

void
mg_backend_free(mg_backend *backend)
{
	if (backend == NULL)
		return;
	g_free(backend->name);
	mg_domains_free(backend->domains);
	g_array_unref(backend->endpoints);
	g_free(backend->tls_ca);
	g_free(backend->tls_name);
	g_clear_pointer(&backend->tls_pins, g_array_unref);
	g_free(backend->helo);
	g_clear_pointer(&backend->probe_senders, g_ptr_array_unref);
	g_free(backend->delimiters);
	g_free(backend->canary);
	g_free(backend);
}

/* Each piece with its length in front: no two backends have the same octets. */
static void
checksum_add(GChecksum *checksum, const void *octets, gsize length)
{
	guint64 prefix = GUINT64_TO_LE((guint64)length);

	g_checksum_update(checksum, (const guchar *)&prefix, sizeof(prefix));
	g_checksum_update(checksum, octets, (gssize)length);
}

static void
checksum_add_text(GChecksum *checksum, const char *text)
{
	checksum_add(checksum, text ? text : "", text ? strlen(text) : 0);
}

static void
checksum_add_number(GChecksum *checksum, guint64 number)
{
	guint64 octets = GUINT64_TO_LE(number);

	checksum_add(checksum, &octets, sizeof(octets));
}

static guint64
epoch_of(const mg_backend *backend, const char *hostname)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
	guint n_senders = backend->probe_senders ? backend->probe_senders->len : 0;
	guint n_pins = backend->tls_pins ? backend->tls_pins->len : 0;
	guint8 digest[32], source[16];
	gsize length = sizeof(digest);
	guint64 epoch;

	mg_ip_to_octets(&backend->source, source);
	checksum_add_number(checksum, backend->endpoints->len);
	for (guint i = 0; i < backend->endpoints->len; i++)
		checksum_add_text(checksum, g_array_index(backend->endpoints, mg_endpoint, i).text);
	checksum_add_number(checksum, backend->tls);
	checksum_add_text(checksum, backend->tls_ca);
	checksum_add_text(checksum, backend->tls_name);
	checksum_add(checksum, n_pins > 0 ? backend->tls_pins->data : "", n_pins * MG_TLS_PIN_SIZE);
	checksum_add(checksum, source, backend->has_source ? sizeof(source) : 0);
	checksum_add_text(checksum, backend->helo ? backend->helo : hostname);
	checksum_add_number(checksum, n_senders);
	for (guint i = 0; i < n_senders; i++)
		checksum_add_text(checksum, backend->probe_senders->pdata[i]);
	checksum_add_number(checksum, backend->quirk);
	checksum_add_text(checksum, backend->delimiters);
	checksum_add_number(checksum, backend->folds_case != FALSE);
	g_checksum_get_digest(checksum, digest, &length);
	memcpy(&epoch, digest, sizeof(epoch));
	return GUINT64_FROM_LE(epoch);
}

void
mg_backend_settle(mg_backend *backend, const char *hostname)
{
	gboolean has_tcp = FALSE;

	for (guint i = 0; i < backend->endpoints->len; i++)
		has_tcp = has_tcp || g_array_index(backend->endpoints, mg_endpoint, i).host != NULL;
	if (!has_tcp && backend->tls == MG_TLS_MAY)
		backend->tls = MG_TLS_OFF;
	if (backend->on_failure == MG_OUTAGE_BY_ROLE)
		backend->on_failure = backend->role == MG_ROLE_BACKUP_MX ? MG_OUTAGE_ACCEPT : MG_OUTAGE_DEFER;
	backend->epoch = epoch_of(backend, hostname);
}

const mg_backend *
mg_backend_find(const GPtrArray *backends, const char *domain)
{
	const mg_backend *found = NULL;
	gsize longest = 0;

	for (guint i = 0; i < backends->len; i++) {
		const mg_backend *backend = backends->pdata[i];
		const char *entry = mg_domains_find(backend->domains, domain, NULL);

		if (entry != NULL && strlen(entry) > longest) {
			found = backend;
			longest = strlen(entry);
		}
	}
	return found;
}
