/* policy.c - see policy.h. */
#include "policy/policy.h"

#include <string.h>

#include "mailguard/names.h"
#include "policy/file.h"
#include "policy/gateway.h"
#include "policy/loader.h"
#include "policy/schema.h"
#include "session/path.h"

#define DNS_TIMEOUT_MS 2000
#define DNS_TRIES      2
#define SPF_VOIDS_MAX  2   /* RFC 7208 4.6.4 */
#define UNKNOWN_COUNT  20
#define UNKNOWN_TIME_S 600
#define THRESHOLD      5

static void
hosts_clear(mg_hosts *hosts)
{
	mg_networks_free(hosts->networks);
	mg_domains_free(hosts->names);
}

static void
zone_free(gpointer data)
{
	mg_zone *zone = data;

	g_free(zone->name);
	g_free(zone->owner);
	g_array_unref(zone->networks);
	g_free(zone);
}

static void
grant_free(gpointer data)
{
	mg_grant *grant = data;

	g_free(grant->name);
	g_clear_pointer(&grant->zone_names, g_ptr_array_unref);
	g_clear_pointer(&grant->zones, g_ptr_array_unref);
	g_clear_pointer(&grant->users, g_hash_table_unref);
	g_free(grant->example_user);
	g_clear_pointer(&grant->fingerprints, g_ptr_array_unref);
	mg_patterns_free(grant->helo);
	mg_addresses_free(grant->from);
	mg_addresses_free(grant->to);
	mg_schedule_free(grant->hours);
	g_free(grant->until);
	g_free(grant->owner);
	g_free(grant->reason);
	g_free(grant);
}

static void
exempt_free(gpointer data)
{
	mg_exempt *exempt = data;

	g_free(exempt->name);
	hosts_clear(&exempt->hosts);
	mg_addresses_free(exempt->senders);
	mg_domains_free(exempt->helo);
	g_free(exempt->owner);
	g_free(exempt->reason);
	g_free(exempt);
}

static void
rule_free(gpointer data)
{
	mg_rule *rule = data;

	g_free(rule->name);
	g_clear_pointer(&rule->when, g_array_unref);
	g_clear_pointer(&rule->affected, g_array_unref);
	g_free(rule);
}

static void
spf_for_free(gpointer data)
{
	mg_spf_for *of = data;

	g_free(of->name);
	mg_addresses_free(of->recipients);
	g_free(of);
}

static void
backend_free(gpointer data)
{
	mg_backend_free(data);
}

/* What holds where the file says nothing. */
static mg_policy *
policy_new(void)
{
	mg_policy *policy = g_new0(mg_policy, 1);

	policy->n_references = 1;
	policy->on_failure = MG_DEFER;
	policy->local_part_max = MG_LOCAL_PART_MAX;
	policy->dns.timeout_ms = DNS_TIMEOUT_MS;
	policy->dns.tries = DNS_TRIES;
	policy->spf.voids_max = SPF_VOIDS_MAX;
	policy->score.threshold = THRESHOLD;
	policy->zones = g_ptr_array_new_with_free_func(zone_free);
	policy->zone_names = mg_domains_new();
	policy->grants = g_ptr_array_new_with_free_func(grant_free);
	policy->exempts = g_ptr_array_new_with_free_func(exempt_free);
	policy->rules = g_ptr_array_new_with_free_func(rule_free);
	policy->spf.fors = g_ptr_array_new_with_free_func(spf_for_free);
	policy->recipients.folds_case = TRUE;
	policy->recipients.unknown_budget = (mg_unknown_budget){ UNKNOWN_COUNT, UNKNOWN_TIME_S };
	policy->backends = g_ptr_array_new_with_free_func(backend_free);
	policy->texts = g_ptr_array_new_with_free_func(g_free);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		policy->consequences[reason] = mg_reason_get(reason)->standard;
	return policy;
}

mg_policy *
mg_policy_ref(mg_policy *policy)
{
	policy->n_references++;
	return policy;
}

void
mg_policy_unref(mg_policy *policy)
{
	if (policy == NULL || --policy->n_references > 0)
		return;
	g_free(policy->hostname);
	mg_domains_free(policy->own_names);
	mg_networks_free(policy->own_addresses);
	mg_networks_free(policy->proxies);
	mg_domains_free(policy->local);
	mg_domains_free(policy->relay_to);
	g_ptr_array_unref(policy->zones);
	mg_networks_free(policy->zone_networks);
	mg_domains_free(policy->zone_names);
	g_ptr_array_unref(policy->grants);
	g_ptr_array_unref(policy->exempts);
	g_ptr_array_unref(policy->rules);
	hosts_clear(&policy->deny_hosts);
	mg_addresses_free(policy->deny_senders);
	mg_addresses_free(policy->deny_recipients);
	mg_pairs_free(policy->deny_pairs);
	mg_logins_free(policy->logins);
	mg_networks_free(policy->deny_dns.addresses);
	mg_domains_free(policy->deny_dns.exchanges);
	mg_domains_free(policy->deny_dns.name_servers);
	g_free(policy->dns.servers);
	g_free(policy->dns.local_zone);
	mg_patterns_free(policy->helo_patterns);
	mg_domains_free(policy->helo_verified);
	mg_networks_free(policy->sanity_skipped);
	mg_networks_free(policy->spf.skipped);
	mg_domains_free(policy->spf.listed);
	hosts_clear(&policy->spf.trusted);
	mg_domains_free(policy->spf.trusted_helo);
	g_ptr_array_unref(policy->spf.fors);
	g_clear_pointer(&policy->spf.egress, g_array_unref);
	g_clear_pointer(&policy->spf.trusted_domains, g_ptr_array_unref);
	mg_recipients_free(policy->recipients.tables);
	mg_recipients_free(policy->recipients.deny);
	g_free(policy->recipients.delimiters);
	g_free(policy->recipients.cache);
	g_ptr_array_unref(policy->backends);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		g_free(policy->replies[reason].text);
	g_ptr_array_unref(policy->texts);
	g_free(policy);
}

/* ---- loading ---- */

/* Relative paths start where conf->file lies. */
static mg_policy *
policy_build(mg_conf *conf, mg_findings *findings)
{
	mg_loader loader = { policy_new(), conf, findings, g_path_get_dirname(conf->file), mg_networks_builder_new(),
		             g_array_new(FALSE, FALSE, sizeof(mg_place)), mg_gateways_read() };

	mg_schema_read(&loader);
	if (loader.policy->hostname == NULL)
		loader.policy->hostname = g_ascii_strdown(g_get_host_name(), -1);
	mg_schema_settle(&loader);
	loader.policy->zone_networks = mg_loader_build_networks(&loader, loader.zone_networks, loader.zone_places);
	mg_lint_policy(&loader);

	g_array_unref(loader.zone_places);
	g_array_unref(loader.gateways);
	g_free(loader.directory);
	if (mg_findings_errors(findings) > 0)
		g_clear_pointer(&loader.policy, mg_policy_unref);
	return loader.policy;
}

mg_policy *
mg_policy_parse(const char *text, gsize length, const char *path, mg_findings *findings)
{
	mg_conf *conf = mg_conf_parse(text, length, path, findings);
	mg_policy *policy = policy_build(conf, findings);

	mg_conf_free(conf);
	return policy;
}

mg_policy *
mg_policy_load(const char *path, const char *overrides, mg_findings *findings)
{
	g_autofree char *text = NULL;
	g_autofree char *why = NULL;
	mg_conf *conf, *over;
	mg_policy *policy;
	gsize length = 0;

	if (path != NULL && mg_file_read(path, MG_CONFIG_SIZE_MAX, &text, &length, &why) != MG_FILE_READ) {
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ path, 0 }, "file", "%s", why);
		return NULL;
	}
	if (overrides == NULL)
		overrides = "";
	conf = mg_conf_parse(text != NULL ? text : "", length, path != NULL ? path : MG_POLICY_OVERRIDES, findings);
	over = mg_conf_parse(overrides, strlen(overrides), MG_POLICY_OVERRIDES, findings);
	mg_conf_lay_over(conf, over);
	policy = policy_build(conf, findings);
	mg_conf_free(over);
	mg_conf_free(conf);
	return policy;
}

/* ---- questions ---- */

mg_consequence
mg_policy_consequence(const mg_policy *policy, mg_reason reason, const mg_consequence *instead)
{
	mg_consequence consequence = instead ? *instead : policy->consequences[reason];
	gboolean is_relay = mg_reason_get(reason)->range == MG_RANGE_REFUSAL;

	if (policy->mode == MG_MODE_MONITOR && !is_relay && consequence > MG_CONSEQUENCE_MONITOR)
		return MG_CONSEQUENCE_MONITOR;
	return consequence;
}

gboolean
mg_policy_wants(const mg_policy *policy, mg_reason reason)
{
	return policy->consequences[reason] != MG_CONSEQUENCE_OFF || policy->is_asked_for[reason];
}

const mg_zone *
mg_policy_zone(const mg_policy *policy, const mg_ip *ip, const char *name, mg_network *network_out)
{
	guint zone;

	if (ip != NULL && mg_networks_find(policy->zone_networks, ip, &zone, network_out))
		return policy->zones->pdata[zone];
	if (name != NULL && mg_domains_find(policy->zone_names, name, &zone) != NULL) {
		*network_out = (mg_network){ { 0, 0 }, 0 };
		return policy->zones->pdata[zone];
	}
	return NULL;
}

const mg_zone *
mg_policy_local_zone(const mg_policy *policy)
{
	for (guint i = 0; i < policy->zones->len; i++) {
		const mg_zone *zone = policy->zones->pdata[i];

		if (zone->is_local)
			return zone;
	}
	return NULL;
}

mg_local_rules
mg_policy_local_rules(const mg_policy *policy, const mg_backend *backend)
{
	return backend ? (mg_local_rules){ backend->folds_case, backend->delimiters }
	               : (mg_local_rules){ policy->recipients.folds_case, policy->recipients.delimiters };
}

gboolean
mg_policy_is_own_name(const mg_policy *policy, const char *name)
{
	return strcmp(name, policy->hostname) == 0 || mg_domains_find(policy->own_names, name, NULL) != NULL;
}

gboolean
mg_policy_is_own_address(const mg_policy *policy, const mg_ip *ip)
{
	guint set;

	return mg_networks_find(policy->own_addresses, ip, &set, NULL);
}

gboolean
mg_hosts_contain(const mg_hosts *hosts, const mg_ip *ip, const char *name)
{
	guint set;

	return (ip != NULL && mg_networks_find(hosts->networks, ip, &set, NULL))
	       || (name != NULL && mg_domains_find(hosts->names, name, NULL) != NULL);
}
