/* sections.c - see sections.h. */
#include "policy/sections.h"

#include "session/path.h"

static const char *const mode_words[] = { "enforce", "monitor", NULL };
static const char *const decide_at_words[] = { "rcpt", "stage", NULL };
static const char *const on_failure_words[] = { "", "accept", "defer", NULL };   /* by mg_action */
static const char *const open_relay_words[] = { "", "i-understand", NULL };
static const char *const exempt_words[] = { "spf", "helo", "ptr", "sender", "rcpt", NULL };   /* by mg_exempt_check */
static const char *const proof_words[] = { "spf", "fcrdns", "auth", NULL };           /* by mg_proof */
static const char *const underscore_words[] = { "allowed", "forbidden", NULL };
static const char *const from_server_words[] = { "hint", "trust", NULL };
static const char *const void_count_words[] = { "term", "query", NULL };
const char *const mg_spf_engine_names[] = { "mailguard", "libspf2", NULL };
static const mg_number_range timeout_range = { 50, 30000 };
static const mg_number_range tries_range = { 1, 10 };
static const mg_number_range void_range = { 0, 100 };
static const mg_number_range trusted_range = { 0, 16 };   /* each is a whole SPF evaluation more */
static const mg_number_range threshold_range = { 1, 1000 };
static const mg_number_range endpoints_range = { 1, MG_ENDPOINTS_MAX };
static const mg_number_range pins_range = { 1, MG_TLS_PINS_MAX };
static const mg_number_range probe_senders_range = { 1, MG_PROBE_SENDERS_MAX };
static const mg_number_range connections_range = { 1, MG_CONNECTIONS_MAX };
static const mg_number_range local_part_range = { MG_LOCAL_PART_MAX, MG_PATH_MAX };

#define POLICY(member)  offsetof(mg_policy, member)
#define ZONE(member)    offsetof(mg_zone, member)
#define GRANT(member)   offsetof(mg_grant, member)
#define EXEMPT(member)  offsetof(mg_exempt, member)
#define RULE(member)    offsetof(mg_rule, member)
#define BACKEND(member) offsetof(mg_backend, member)

static const mg_key_schema mailguard_keys[] = {
	{ "mode", mg_read_choice, POLICY(mode), mode_words },
	{ "hostname", mg_read_name, POLICY(hostname), NULL },
	{ "own-names", mg_read_domains, POLICY(own_names), NULL },
	{ "own-addresses", mg_read_single_addresses, POLICY(own_addresses), NULL },
	{ "on-failure", mg_read_choice, POLICY(on_failure), on_failure_words },
	{ "safe-mode", mg_read_switch, POLICY(is_safe_mode), NULL },
	{ "decide-at", mg_read_choice, POLICY(decide_at), decide_at_words },
	{ "proxies", mg_read_networks, POLICY(proxies), NULL },
};
static const mg_key_schema domains_keys[] = {
	{ "local", mg_read_own_domains, POLICY(local), NULL },
	{ "relay-to", mg_read_own_domains, POLICY(relay_to), NULL },
};
static const mg_key_schema zone_keys[] = {   /* read in this order: what judges networks comes before them */
	{ "open-relay", mg_read_choice, ZONE(may_be_open), open_relay_words },
	{ "shared-by-nat", mg_read_switch, ZONE(is_shared_by_nat), NULL },
	{ "local", mg_read_switch, ZONE(is_local), NULL },
	{ "networks", mg_read_zone_networks, 0, NULL },
	{ "hosts", mg_read_zone_hosts, 0, NULL },
	{ "owner", mg_read_note, ZONE(owner), NULL },
};
static const mg_key_schema grant_keys[] = {
	{ "zone", mg_read_words, GRANT(zone_names), NULL },
	{ "auth", mg_read_grant_auth, 0, NULL },
	{ "tls-fingerprint", mg_read_fingerprints, GRANT(fingerprints), NULL },
	{ "helo", mg_read_grant_helo, 0, NULL },
	{ "from", mg_read_grant_from, 0, NULL },
	{ "to", mg_read_grant_to, 0, NULL },
	{ "hours", mg_read_hours, GRANT(hours), NULL },
	{ "until", mg_read_until, 0, NULL },
	{ "owner", mg_read_note, GRANT(owner), NULL },
	{ "reason", mg_read_note, GRANT(reason), NULL },
};
static const mg_key_schema exempt_keys[] = {
	{ "networks", mg_read_networks, EXEMPT(hosts.networks), NULL },
	{ "hosts", mg_read_domains, EXEMPT(hosts.names), NULL },
	{ "senders", mg_read_addresses, EXEMPT(senders), NULL },
	{ "helo", mg_read_domains, EXEMPT(helo), NULL },
	{ "require", mg_read_bits, EXEMPT(proofs), proof_words },
	{ "checks", mg_read_bits, EXEMPT(checks), exempt_words },
	{ "owner", mg_read_note, EXEMPT(owner), NULL },
	{ "reason", mg_read_note, EXEMPT(reason), NULL },
};
static const mg_key_schema deny_hosts_keys[] = {
	{ "hosts", mg_read_hosts, POLICY(deny_hosts), NULL },
	{ "reply", mg_read_reply, POLICY(replies[MG_REASON_DENY_HOST]), NULL },
};
static const mg_key_schema deny_senders_keys[] = {
	{ "senders", mg_read_addresses, POLICY(deny_senders), NULL },
	{ "reply", mg_read_reply, POLICY(replies[MG_REASON_DENY_SENDER]), NULL },
};
static const mg_key_schema deny_recipients_keys[] = {
	{ "recipients", mg_read_addresses, POLICY(deny_recipients), NULL },
	{ "reply", mg_read_reply, POLICY(replies[MG_REASON_DENY_RECIPIENT]), NULL },
};
static const mg_key_schema deny_pairs_keys[] = {
	{ "pairs", mg_read_pairs, POLICY(deny_pairs), NULL },
	{ "reply", mg_read_reply, POLICY(replies[MG_REASON_DENY_PAIR]), NULL },
};
static const mg_key_schema deny_dns_keys[] = {
	{ "addresses", mg_read_networks, POLICY(deny_dns.addresses), NULL },
	{ "exchanges", mg_read_domains, POLICY(deny_dns.exchanges), NULL },
	{ "name-servers", mg_read_domains, POLICY(deny_dns.name_servers), NULL },
	{ "reply", mg_read_reply, POLICY(replies[MG_REASON_DENY_DNS]), NULL },
};
static const mg_key_schema address_keys[] = {
	{ "local-part-max", mg_read_number, POLICY(local_part_max), &local_part_range },
};
static const mg_key_schema helo_keys[] = {
	{ "underscore", mg_read_choice, POLICY(helo_forbids_underscore), underscore_words },
	{ "patterns", mg_read_patterns, POLICY(helo_patterns), NULL },
	{ "verified-names", mg_read_domains, POLICY(helo_verified), NULL },
	{ "skip-networks", mg_read_skipped, POLICY(sanity_skipped), NULL },
};
static const mg_key_schema ptr_keys[] = {
	{ "from-server", mg_read_choice, POLICY(ptr_is_from_server), from_server_words },
};
static const mg_key_schema sender_logins_keys[] = {
	{ "logins", mg_read_logins, POLICY(logins), NULL },
};
static const mg_key_schema rule_keys[] = {
	{ "when", mg_read_reasons, RULE(when), NULL },
	{ "for", mg_read_reasons, RULE(affected), NULL },
	{ "then", mg_read_consequence, RULE(then), NULL },
};
static const mg_key_schema score_keys[] = {
	{ "points", mg_read_points, POLICY(score), NULL },
	{ "threshold", mg_read_number, POLICY(score.threshold), &threshold_range },
};
static const mg_key_schema dns_keys[] = {
	{ "servers", mg_read_note, POLICY(dns.servers), NULL },
	{ "timeout-ms", mg_read_number, POLICY(dns.timeout_ms), &timeout_range },
	{ "tries", mg_read_number, POLICY(dns.tries), &tries_range },
	{ "local-zone", mg_read_path, POLICY(dns.local_zone), NULL },
};
static const mg_key_schema spf_keys[] = {
	{ "engine", mg_read_choice, POLICY(spf.engine), mg_spf_engine_names },
	{ "explanation", mg_read_switch, POLICY(spf.wants_explanation), NULL },
	{ "no-mail", mg_read_consequence, POLICY(spf.no_mail_action), NULL },
	{ "skip-networks", mg_read_skipped, POLICY(spf.skipped), NULL },
	{ "void-limit", mg_read_number, POLICY(spf.voids_max), &void_range },
	{ "void-count", mg_read_choice, POLICY(spf.voids_by_query), void_count_words },
};
/* A set of actions of its own; @actions: where it goes. */
#define SPF_ACTION(word, reason, actions) \
	{ word, mg_read_consequence, (actions) + ((reason) - MG_REASON_SPF_PASS) * sizeof(mg_consequence), NULL }
#define SPF_ACTIONS(actions) \
	SPF_ACTION("pass", MG_REASON_SPF_PASS, actions), SPF_ACTION("none", MG_REASON_SPF_NONE, actions), \
	SPF_ACTION("neutral", MG_REASON_SPF_NEUTRAL, actions), SPF_ACTION("softfail", MG_REASON_SPF_SOFTFAIL, actions), \
	SPF_ACTION("fail", MG_REASON_SPF_FAIL, actions), SPF_ACTION("temperror", MG_REASON_SPF_TEMPERROR, actions), \
	SPF_ACTION("permerror", MG_REASON_SPF_PERMERROR, actions)
static const mg_key_schema spf_listed_keys[] = {
	{ "domains", mg_read_domains, POLICY(spf.listed), NULL },
	SPF_ACTIONS(POLICY(spf.listed_actions)),
};
static const mg_key_schema spf_for_keys[] = {
	{ "recipients", mg_read_addresses, offsetof(mg_spf_for, recipients), NULL },
	SPF_ACTIONS(offsetof(mg_spf_for, actions)),
};
static const mg_key_schema spf_outbound_keys[] = {
	{ "addresses", mg_read_ips, POLICY(spf.egress), &trusted_range },
};
static const mg_key_schema spf_trusted_keys[] = {
	{ "networks", mg_read_networks, POLICY(spf.trusted.networks), NULL },
	{ "hosts", mg_read_domains, POLICY(spf.trusted.names), NULL },
	{ "helo", mg_read_domains, POLICY(spf.trusted_helo), NULL },
	{ "domains", mg_read_names, POLICY(spf.trusted_domains), &trusted_range },
};
static const mg_key_schema recipients_keys[] = {
	{ "tables", mg_read_recipients, POLICY(recipients.tables), NULL },
	{ "deny", mg_read_recipients, POLICY(recipients.deny), NULL },
	{ "recipient-delimiter", mg_read_delimiters, POLICY(recipients.delimiters), NULL },
	{ "fold-case", mg_read_switch, POLICY(recipients.folds_case), NULL },
	{ "cache", mg_read_cache, POLICY(recipients.cache), NULL },
	{ "unknown-budget", mg_read_budget, POLICY(recipients.unknown_budget), NULL },
};
static const mg_key_schema backend_keys[] = {
	{ "domains", mg_read_domains, BACKEND(domains), NULL },
	{ "server", mg_read_endpoints, BACKEND(endpoints), &endpoints_range },
	{ "tls", mg_read_choice, BACKEND(tls), mg_tls_mode_names },
	{ "tls-ca", mg_read_readable_path, BACKEND(tls_ca), NULL },
	{ "tls-name", mg_read_name, BACKEND(tls_name), NULL },
	{ "tls-pin", mg_read_pins, BACKEND(tls_pins), &pins_range },
	{ "source", mg_read_source, 0, NULL },
	{ "helo", mg_read_fqdn, BACKEND(helo), NULL },
	{ "role", mg_read_choice, BACKEND(role), mg_backend_role_names },
	{ "on-failure", mg_read_choice, BACKEND(on_failure), mg_backend_outage_names },
	{ "probe-sender", mg_read_probe_senders, BACKEND(probe_senders), &probe_senders_range },
	{ "quirk", mg_read_choice, BACKEND(quirk), mg_backend_quirk_names },
	{ "recipient-delimiter", mg_read_delimiters, BACKEND(delimiters), NULL },
	{ "fold-case", mg_read_switch, BACKEND(folds_case), NULL },
	{ "canary", mg_read_canary, BACKEND(canary), NULL },
	{ "max-connections", mg_read_number, BACKEND(max_connections), &connections_range },
	{ "negative-cache", mg_read_switch, BACKEND(caches_negatives), NULL },
};

static void *
zone_begin(mg_loader *loader, const char *name, guint line)
{
	mg_zone *zone = g_new0(mg_zone, 1);

	zone->name = g_strdup(name);
	zone->line = line;
	zone->networks = g_array_new(FALSE, FALSE, sizeof(mg_network));
	g_ptr_array_add(loader->policy->zones, zone);
	return zone;
}

static void *
grant_begin(mg_loader *loader, const char *name, guint line)
{
	mg_grant *grant = g_new0(mg_grant, 1);

	grant->name = g_strdup(name);
	grant->line = line;
	grant->end_s = MG_NO_END;
	g_ptr_array_add(loader->policy->grants, grant);
	return grant;
}

static void *
exempt_begin(mg_loader *loader, const char *name, guint line)
{
	mg_exempt *exempt = g_new0(mg_exempt, 1);

	exempt->name = g_strdup(name);
	exempt->line = line;
	g_ptr_array_add(loader->policy->exempts, exempt);
	return exempt;
}

static void *
rule_begin(mg_loader *loader, const char *name, guint line)
{
	mg_rule *rule = g_new0(mg_rule, 1);

	rule->name = g_strdup(name);
	rule->line = line;
	rule->then = MG_AS_USUAL;
	g_ptr_array_add(loader->policy->rules, rule);
	return rule;
}

void
mg_actions_as_usual(mg_consequence actions[MG_N_SPF_RESULTS])
{
	for (guint i = 0; i < MG_N_SPF_RESULTS; i++)
		actions[i] = MG_AS_USUAL;
}

static void *
spf_for_begin(mg_loader *loader, const char *name, guint line)
{
	mg_spf_for *of = g_new0(mg_spf_for, 1);

	of->name = g_strdup(name);
	of->line = line;
	mg_actions_as_usual(of->actions);
	g_ptr_array_add(loader->policy->spf.fors, of);
	return of;
}

static void *
backend_begin(mg_loader *loader, const char *name, guint line)
{
	mg_backend *backend = mg_backend_new(name, line);

	g_ptr_array_add(loader->policy->backends, backend);
	return backend;
}

#define KEYS(table) table, G_N_ELEMENTS(table)
#define NO_KEYS     NULL, 0

/* name, is_kind, reasons, has_texts, has_preset, keys, begin */
const mg_section_schema mg_sections[] = {
	{ "mailguard",       FALSE, NULL,       FALSE, TRUE,  KEYS(mailguard_keys),       NULL },
	{ "domains",         FALSE, NULL,       FALSE, FALSE, KEYS(domains_keys),         NULL },
	{ "zone",            TRUE,  NULL,       FALSE, FALSE, KEYS(zone_keys),            zone_begin },
	{ "grant",           TRUE,  NULL,       FALSE, FALSE, KEYS(grant_keys),           grant_begin },
	{ "deny hosts",      FALSE, NULL,       FALSE, FALSE, KEYS(deny_hosts_keys),      NULL },
	{ "deny senders",    FALSE, NULL,       FALSE, FALSE, KEYS(deny_senders_keys),    NULL },
	{ "deny recipients", FALSE, NULL,       FALSE, FALSE, KEYS(deny_recipients_keys), NULL },
	{ "deny pairs",      FALSE, NULL,       FALSE, FALSE, KEYS(deny_pairs_keys),      NULL },
	{ "deny dns",        FALSE, NULL,       FALSE, FALSE, KEYS(deny_dns_keys),        NULL },
	{ "deny",            FALSE, "deny",     FALSE, FALSE, NO_KEYS,                    NULL },
	{ "relay",           FALSE, "relay",    TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "address",         FALSE, "address",  TRUE,  FALSE, KEYS(address_keys),         NULL },
	{ "sender",          FALSE, "sender",   TRUE,  TRUE,  NO_KEYS,                    NULL },
	{ "sender-logins",   FALSE, "sender-logins", TRUE, FALSE, KEYS(sender_logins_keys), NULL },
	{ "exempt",          TRUE,  NULL,       FALSE, FALSE, KEYS(exempt_keys),          exempt_begin },
	{ "rule",            TRUE,  NULL,       FALSE, FALSE, KEYS(rule_keys),            rule_begin },
	{ "score",           FALSE, "score",    TRUE,  FALSE, KEYS(score_keys),           NULL },
	{ "dns",             FALSE, NULL,       FALSE, FALSE, KEYS(dns_keys),             NULL },
	{ "spf",             FALSE, "spf",      TRUE,  TRUE,  KEYS(spf_keys),             NULL },
	{ "spf-helo",        FALSE, "spf-helo", TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "spf listed",      FALSE, NULL,       FALSE, FALSE, KEYS(spf_listed_keys),      NULL },
	{ "spf trusted",     FALSE, NULL,       FALSE, FALSE, KEYS(spf_trusted_keys),     NULL },
	{ "spf-for",         TRUE,  NULL,       FALSE, FALSE, KEYS(spf_for_keys),         spf_for_begin },
	{ "spf-outbound",    FALSE, "spf-outbound", TRUE, FALSE, KEYS(spf_outbound_keys), NULL },
	{ "helo",            FALSE, "helo",     TRUE,  TRUE,  KEYS(helo_keys),            NULL },
	{ "ptr",             FALSE, "ptr",      TRUE,  TRUE,  KEYS(ptr_keys),             NULL },
	{ "rcpt",            FALSE, "rcpt",     TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "recipients",      FALSE, NULL,       FALSE, FALSE, KEYS(recipients_keys),      NULL },
	{ "backend",         TRUE,  NULL,       FALSE, FALSE, KEYS(backend_keys),         backend_begin },
};
const gsize mg_n_sections = G_N_ELEMENTS(mg_sections);
