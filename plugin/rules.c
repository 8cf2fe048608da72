/* rules.c - see rules.h. */
#include "rules.h"

#include "check/matrix.h"
#include "dns/servers.h"
#include "policy/file.h"
#include "spf/record.h"
#include "spf/second.h"

mg_rules_source
mg_rules_source_of(const mg_options *options)
{
	return (mg_rules_source){ (char *)options->config, (char *)options->policy, (options->flags & MG_OWN_PROCESS) != 0 };
}

const char *
mg_rules_file(const mg_rules_source *source)
{
	return source->config != NULL ? source->config : MG_POLICY_OVERRIDES;
}

void
mg_rules_clear(mg_rules *rules)
{
	g_clear_pointer(&rules->policy, mg_policy_unref);
	g_clear_pointer(&rules->zone, mg_local_zone_free);
}

static void
load_zone(const mg_dns_policy *dns, mg_findings *findings, mg_local_zone **zone_out)
{
	g_autofree char *text = NULL;
	g_autofree char *why = NULL;
	gsize length;

	if (mg_file_read(dns->local_zone, MG_LIST_SIZE_MAX, &text, &length, &why) == MG_FILE_READ)
		*zone_out = mg_local_zone_parse(text, length, dns->local_zone, findings);
	else
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ dns->local_zone, 0 }, "file", "%s", why);
}

/* An answer from far away can be forged on the way, and SPF with it: a validating resolver on this host is expected. */
static void
check_servers(const mg_dns_policy *dns, const char *file, mg_findings *findings)
{
	g_autofree char *why = NULL;
	mg_dns_servers *servers = mg_dns_servers_new(dns->servers ? dns->servers : "system", NULL, &why);
	char text[MG_DNS_SERVER_TEXT_MAX];

	if (servers == NULL)
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ file, 0 }, "value", "[dns] servers: %s", why);
	for (guint i = 0; servers != NULL && i < mg_dns_servers_count(servers); i++) {
		const mg_dns_server *server = mg_dns_servers_get(servers, i);

		if (mg_ip_is_loopback(&server->ip))
			continue;
		mg_dns_server_format(server, text);
		mg_findings_add(findings, MG_LEVEL_WARNING, (mg_place){ file, 0 }, "dns-remote",
		                "DNS server %s is not on this host; its answers can be forged on the way", text);
		break;
	}
	mg_dns_servers_free(servers);
}

static void
load_spf_engine(const mg_rules_source *source, mg_spf_engine engine, mg_findings *findings, mg_spf_evaluator *evaluator_out)
{
	const mg_place place = { mg_rules_file(source), 0 };
	const char *name = mg_spf_engine_names[engine];
	g_autofree char *why = NULL;

	if (!source->is_own_process)
		mg_findings_add(findings, MG_LEVEL_ERROR, place, "spf-engine",
		                "[spf] engine = %s is for mailguardd and the command mailguard alone: it has been ended by what DNS "
		                "said, and would take a mail server with it", name);
	else if ((*evaluator_out = mg_spf_second_load(name, &why)) == NULL)
		mg_findings_add(findings, MG_LEVEL_ERROR, place, "spf-engine", "[spf] engine = %s: %s", name, why);
	else
		mg_findings_add(findings, MG_LEVEL_WARNING, place, "spf-engine",
		                "[spf] engine = %s: a mail server that loads the library itself will refuse this policy", name);
}

mg_rules
mg_rules_load(const mg_rules_source *source, mg_findings *findings)
{
	mg_rules loaded = { mg_policy_load(source->config, source->overrides, findings), NULL, mg_spf_evaluate };
	const char *file = mg_rules_file(source);
	const mg_dns_policy *dns = loaded.policy ? &loaded.policy->dns : NULL;
	g_autofree char *leak = NULL;

	if (loaded.policy != NULL && mg_matrix_leaks(loaded.policy, FALSE, &leak))
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ file, 0 }, "relay-open", "%s", leak);
	if (dns != NULL)
		check_servers(dns, file, findings);
	if (dns != NULL && dns->local_zone != NULL)
		load_zone(dns, findings, &loaded.zone);
	if (loaded.policy != NULL && loaded.policy->spf.engine != MG_SPF_ENGINE_OWN)
		load_spf_engine(source, loaded.policy->spf.engine, findings, &loaded.evaluate_spf);
	if (mg_findings_errors(findings) > 0)
		mg_rules_clear(&loaded);
	return loaded;
}

mg_resolver_settings
mg_rules_resolver_settings(const mg_rules *rules)
{
	mg_resolver_settings settings = mg_resolver_settings_standard;

	if (rules->policy->dns.servers != NULL)
		settings.servers = rules->policy->dns.servers;
	settings.timeout_ms = (guint)rules->policy->dns.timeout_ms;
	settings.tries = (guint)rules->policy->dns.tries;
	settings.complete = mg_spf_record_compile;
	settings.zone = rules->zone;
	return settings;
}
