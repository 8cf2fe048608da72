/* lint_backend.c - what is wrong between the keys of a backend, between backends, and between them and [domains]. */
#include <string.h>

#include "policy/loader.h"

#define DOMAINS_TOLD 5   /* of one kind, and of one backend */

/* Where a mail server answers: SMTP, submission (RFC 6409 3.1, RFC 8314 7.3). */
static const guint16 own_ports[] = { 25, 465, 587 };

/* ---- keys of one backend ---- */

static gboolean
has_socket(const mg_backend *backend)
{
	for (guint i = 0; i < backend->endpoints->len; i++)
		if (g_array_index(backend->endpoints, mg_endpoint, i).path != NULL)
			return TRUE;
	return FALSE;
}

static void
check_complete(mg_loader *loader, const mg_backend *backend)
{
	if (mg_domains_count(backend->domains) == 0)
		mg_loader_fail(loader, backend->line, "value", "backend %s: domains = ... was expected", backend->name);
	if (backend->endpoints->len == 0)
		mg_loader_fail(loader, backend->line, "value", "backend %s: server = smtp://... or lmtp://... was expected",
		               backend->name);
	if (backend->on_failure == MG_OUTAGE_ACCEPT && backend->role != MG_ROLE_BACKUP_MX)
		mg_loader_fail(loader, backend->line, "backend-role",
		               "backend %s: on-failure = accept was expected with role = backup-mx alone: elsewhere it takes mail for "
		               "recipients that there are not, whenever the backend is away", backend->name);
}

static void
check_tls(mg_loader *loader, const mg_backend *backend)
{
	const char *mode = mg_tls_mode_names[backend->tls];
	gboolean has_pins = backend->tls_pins != NULL && backend->tls_pins->len > 0;

	if (backend->tls == MG_TLS_PIN && !has_pins)
		mg_loader_fail(loader, backend->line, "backend-tls", "backend %s: tls = pin: tls-pin was expected as well",
		               backend->name);
	if (backend->tls != MG_TLS_PIN && has_pins)
		mg_loader_fail(loader, backend->line, "backend-tls", "backend %s: tls-pin is held against nothing with tls = %s; "
		               "tls = pin was expected", backend->name, mode);
	if (backend->tls != MG_TLS_VERIFY && backend->tls_ca != NULL)
		mg_loader_fail(loader, backend->line, "backend-tls", "backend %s: tls-ca is held against nothing with tls = %s; "
		               "tls = verify was expected", backend->name, mode);
	if (backend->tls == MG_TLS_OFF && backend->tls_name != NULL)
		mg_loader_fail(loader, backend->line, "backend-tls", "backend %s: tls-name was expected with another tls than off",
		               backend->name);
	if (backend->tls > MG_TLS_MAY && has_socket(backend))
		mg_loader_fail(loader, backend->line, "backend-tls", "backend %s: tls = %s: no lmtp+unix server was expected, since "
		               "there is no TLS over a socket", backend->name, mode);
}

static void
check_source(mg_loader *loader, const mg_backend *backend)
{
	for (guint i = 0; i < backend->endpoints->len && backend->has_source; i++) {
		const mg_endpoint *endpoint = &g_array_index(backend->endpoints, mg_endpoint, i);

		if (endpoint->has_ip && mg_ip_is_ipv4(&endpoint->ip) != mg_ip_is_ipv4(&backend->source))
			mg_loader_fail(loader, backend->line, "backend-source", "backend %s: %s cannot be reached from source: both IPv4 or "
			               "both IPv6 was expected", backend->name, endpoint->text);
	}
}

static gboolean
name_is_loopback(const char *name)
{
	return strcmp(name, "localhost") == 0 || g_str_has_suffix(name, ".localhost");   /* RFC 6761 6.3 */
}

/* The words that say so, or NULL. What a name leads to is looked at when it is connected to. */
static const char *
endpoint_is_ourselves(const mg_policy *policy, const mg_endpoint *endpoint)
{
	gboolean is_own_port = FALSE;

	if (endpoint->host == NULL)
		return NULL;
	for (guint i = 0; i < G_N_ELEMENTS(own_ports); i++)
		is_own_port = is_own_port || endpoint->port == own_ports[i];
	if (endpoint->has_ip) {
		if (is_own_port && mg_policy_is_own_address(policy, &endpoint->ip))
			return "one of own-addresses";
		return endpoint->port == own_ports[0] && mg_ip_is_loopback(&endpoint->ip) ? "this host" : NULL;
	}
	if (is_own_port && mg_policy_is_own_name(policy, endpoint->host))
		return "our own name";
	return endpoint->port == own_ports[0] && name_is_loopback(endpoint->host) ? "this host" : NULL;
}

static void
check_loop(mg_loader *loader, const mg_backend *backend)
{
	for (guint i = 0; i < backend->endpoints->len; i++) {
		const mg_endpoint *endpoint = &g_array_index(backend->endpoints, mg_endpoint, i);
		const char *what = endpoint_is_ourselves(loader->policy, endpoint);

		if (what != NULL)
			mg_loader_fail(loader, backend->line, "backend-loop", "backend %s: %s is %s, where we serve: we would ask ourselves; "
			               "a server behind us was expected", backend->name, endpoint->text, what);
	}
}

/* A canary in another domain would prove nothing of these. */
static void
check_canary(mg_loader *loader, const mg_backend *backend)
{
	const char *at = strrchr(backend->canary, '@');
	g_autofree char *domain = at ? g_ascii_strdown(at + 1, -1) : NULL;

	if (domain != NULL && mg_domains_find(backend->domains, domain, NULL) == NULL)
		mg_loader_fail(loader, backend->line, "value", "backend %s: canary = %s: a mailbox in one of its domains was expected",
		               backend->name, backend->canary);
}

/* ---- domains ---- */

/* The backend before @backend that has the same entry, or NULL. */
static const mg_backend *
find_other(const mg_policy *policy, const mg_backend *backend, const char *entry)
{
	for (guint i = 0; policy->backends->pdata[i] != backend; i++) {
		const mg_backend *other = policy->backends->pdata[i];

		if (g_strcmp0(mg_domains_find(other->domains, entry, NULL), entry) == 0)
			return other;
	}
	return NULL;
}

static gboolean
domain_is_ours(const mg_policy *policy, const char *entry)
{
	return policy->domains_unreadable || mg_domains_find(policy->local, entry, NULL) != NULL
	       || mg_domains_find(policy->relay_to, entry, NULL) != NULL;
}

static void
check_domains(mg_loader *loader, const mg_backend *backend)
{
	g_autofree const char **entries = mg_domains_list(backend->domains);
	guint n_shared = 0, n_foreign = 0;

	for (guint i = 0; entries[i] != NULL; i++) {
		const mg_backend *other = find_other(loader->policy, backend, entries[i]);

		if (other != NULL && n_shared++ < DOMAINS_TOLD)
			mg_loader_fail(loader, backend->line, "contradiction", "backend %s: %s stands in backend %s already", backend->name,
			               entries[i], other->name);
		if (!domain_is_ours(loader->policy, entries[i]) && n_foreign++ < DOMAINS_TOLD)
			mg_loader_warn(loader, backend->line, "backend-domain", "backend %s: %s is neither in local nor in relay-to of "
			               "[domains]: it is never asked about", backend->name, entries[i]);
	}
}

/* A table can name domains below ".dom" singly: whether all, nobody knows. */
static gboolean
domain_is_verified(const mg_policy *policy, const char *entry)
{
	if (mg_backend_find(policy->backends, entry) != NULL)
		return TRUE;
	return *entry == '.' ? mg_recipients_count(policy->recipients.tables) > 0
	                     : mg_recipients_covers(policy->recipients.tables, entry);
}

static void
warn_unverified(mg_loader *loader, const mg_domains *domains)
{
	g_autofree const char **entries = mg_domains_list(domains);
	guint n_told = 0;

	for (guint i = 0; entries[i] != NULL && n_told < DOMAINS_TOLD; i++) {
		if (domain_is_verified(loader->policy, entries[i]))
			continue;
		n_told++;
		mg_loader_warn(loader, 0, "domain-unverified", "recipients of %s are not verified: it has neither backend nor table",
		               entries[i]);
	}
}

static void
warn_empty(mg_loader *loader, const mg_recipients *table, const char *key)
{
	if (table != NULL && mg_recipients_count(table) == 0)
		mg_loader_warn(loader, 0, "recipients-empty", "[recipients] %s has no entry", key);
}

void
mg_lint_backends(mg_loader *loader)
{
	const mg_policy *policy = loader->policy;

	for (guint i = 0; i < policy->backends->len; i++) {
		const mg_backend *backend = policy->backends->pdata[i];

		check_complete(loader, backend);
		check_tls(loader, backend);
		check_source(loader, backend);
		check_loop(loader, backend);
		check_canary(loader, backend);
		check_domains(loader, backend);
	}
	warn_empty(loader, policy->recipients.tables, "tables");
	warn_empty(loader, policy->recipients.deny, "deny");
	if (policy->backends->len == 0 && mg_recipients_count(policy->recipients.tables) == 0)
		return;   /* nothing is verified, which may be meant */
	warn_unverified(loader, policy->local);
	warn_unverified(loader, policy->relay_to);
}
