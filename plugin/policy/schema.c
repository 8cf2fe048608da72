/* schema.c - see schema.h. Keys that set actions are not in these tables: they are the words of reason.c. */
#include "policy/schema.h"

#include <string.h>

#include "session/path.h"

#define NAME_MAX_OCTETS  64
#define AS_USUAL         ((mg_consequence)-1)   /* a set of actions has not said anything of a result */

typedef struct section_schema {
	const char          *name;         /* "deny hosts"; of a kind whose sections have names, "zone" */
	gboolean             is_kind;
	gboolean             is_later;     /* read and not acted on by this release */
	const char          *reasons;      /* section in reason.c whose words are keys here; NULL: none */
	gboolean             has_texts;    /* reject-text and defer-text */
	gboolean             has_preset;
	const mg_key_schema *keys;
	gsize                n_keys;
	void              *(*begin)(mg_loader *loader, const char *name, guint line);   /* the object to fill; NULL: the policy */
} section_schema;

static const char *const mode_words[] = { "enforce", "monitor", NULL };
static const char *const decide_at_words[] = { "rcpt", "stage", NULL };
static const char *const on_failure_words[] = { "", "accept", "defer", NULL };   /* by mg_action */
static const char *const open_relay_words[] = { "", "i-understand", NULL };
static const char *const exempt_words[] = { "spf", "helo", "ptr", "sender", NULL };   /* by mg_exempt_check */
static const char *const proof_words[] = { "spf", "fcrdns", "auth", NULL };           /* by mg_proof */
static const char *const underscore_words[] = { "allowed", "forbidden", NULL };
static const char *const from_server_words[] = { "hint", "trust", NULL };
static const char *const void_count_words[] = { "term", "query", NULL };
const char *const mg_spf_engine_names[] = { "mailguard", "libspf2", NULL };
static const mg_number_range timeout_range = { 50, 30000 };
static const mg_number_range tries_range = { 1, 10 };
static const mg_number_range void_range = { 0, 100 };
static const mg_number_range trusted_range = { 0, 16 };   /* each is a whole SPF evaluation more */
static const mg_number_range local_part_range = { MG_LOCAL_PART_MAX, MG_PATH_MAX };

#define POLICY(member) offsetof(mg_policy, member)
#define ZONE(member)   offsetof(mg_zone, member)
#define GRANT(member)  offsetof(mg_grant, member)
#define EXEMPT(member) offsetof(mg_exempt, member)
#define RULE(member)   offsetof(mg_rule, member)
#define LATER(name)    { name, NULL, 0, NULL }

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
static const mg_key_schema rule_keys[] = {
	{ "when", mg_read_reasons, RULE(when), NULL },
	{ "for", mg_read_reasons, RULE(affected), NULL },
	{ "then", mg_read_consequence, RULE(then), NULL },
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
	LATER("tables"), LATER("deny"), LATER("cache"), LATER("unknown-budget"),
};
static const mg_key_schema backend_keys[] = {
	LATER("domains"), LATER("server"), LATER("tls"), LATER("tls-ca"), LATER("tls-name"), LATER("tls-pin"),
	LATER("source"), LATER("helo"), LATER("role"), LATER("on-failure"), LATER("probe-sender"), LATER("quirk"),
	LATER("recipient-delimiter"), LATER("fold-case"), LATER("canary"), LATER("max-connections"),
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
	rule->then = AS_USUAL;
	g_ptr_array_add(loader->policy->rules, rule);
	return rule;
}

static void
actions_as_usual(mg_consequence actions[MG_N_SPF_RESULTS])
{
	for (guint i = 0; i < MG_N_SPF_RESULTS; i++)
		actions[i] = AS_USUAL;
}

static void *
spf_for_begin(mg_loader *loader, const char *name, guint line)
{
	mg_spf_for *of = g_new0(mg_spf_for, 1);

	of->name = g_strdup(name);
	of->line = line;
	actions_as_usual(of->actions);
	g_ptr_array_add(loader->policy->spf.fors, of);
	return of;
}

#define KEYS(table) table, G_N_ELEMENTS(table)
#define NO_KEYS     NULL, 0

/* name, is_kind, is_later, reasons, has_texts, has_preset, keys, begin */
static const section_schema sections[] = {
	{ "mailguard",       FALSE, FALSE, NULL,       FALSE, TRUE,  KEYS(mailguard_keys),       NULL },
	{ "domains",         FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(domains_keys),         NULL },
	{ "zone",            TRUE,  FALSE, NULL,       FALSE, FALSE, KEYS(zone_keys),            zone_begin },
	{ "grant",           TRUE,  FALSE, NULL,       FALSE, FALSE, KEYS(grant_keys),           grant_begin },
	{ "deny hosts",      FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(deny_hosts_keys),      NULL },
	{ "deny senders",    FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(deny_senders_keys),    NULL },
	{ "deny recipients", FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(deny_recipients_keys), NULL },
	{ "deny pairs",      FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(deny_pairs_keys),      NULL },
	{ "deny dns",        FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(deny_dns_keys),        NULL },
	{ "deny",            FALSE, FALSE, "deny",     FALSE, FALSE, NO_KEYS,                    NULL },
	{ "relay",           FALSE, FALSE, "relay",    TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "address",         FALSE, FALSE, "address",  TRUE,  FALSE, KEYS(address_keys),         NULL },
	{ "sender",          FALSE, FALSE, "sender",   TRUE,  TRUE,  NO_KEYS,                    NULL },
	{ "exempt",          TRUE,  FALSE, NULL,       FALSE, FALSE, KEYS(exempt_keys),          exempt_begin },
	{ "rule",            TRUE,  FALSE, NULL,       FALSE, FALSE, KEYS(rule_keys),            rule_begin },
	{ "dns",             FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(dns_keys),             NULL },
	{ "spf",             FALSE, FALSE, "spf",      TRUE,  TRUE,  KEYS(spf_keys),             NULL },
	{ "spf-helo",        FALSE, FALSE, "spf-helo", TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "spf listed",      FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(spf_listed_keys),      NULL },
	{ "spf trusted",     FALSE, FALSE, NULL,       FALSE, FALSE, KEYS(spf_trusted_keys),     NULL },
	{ "spf-for",         TRUE,  FALSE, NULL,       FALSE, FALSE, KEYS(spf_for_keys),         spf_for_begin },
	{ "spf-outbound",    FALSE, FALSE, "spf-outbound", TRUE, FALSE, KEYS(spf_outbound_keys), NULL },
	{ "helo",            FALSE, FALSE, "helo",     TRUE,  TRUE,  KEYS(helo_keys),            NULL },
	{ "ptr",             FALSE, FALSE, "ptr",      TRUE,  TRUE,  KEYS(ptr_keys),             NULL },
	{ "rcpt",            FALSE, TRUE,  "rcpt",     TRUE,  FALSE, NO_KEYS,                    NULL },
	{ "recipients",      FALSE, TRUE,  NULL,       FALSE, FALSE, KEYS(recipients_keys),      NULL },
	{ "backend",         TRUE,  TRUE,  NULL,       FALSE, FALSE, KEYS(backend_keys),         NULL },
};

/* ---- names ---- */

static gboolean
reason_is_key(const mg_reason_info *info, const section_schema *section)
{
	return section->reasons != NULL && info->section != NULL && info->range != MG_RANGE_FIXED
	       && strcmp(info->section, section->reasons) == 0;
}

/* Two reasons may share one key; each name is given once. */
static void
section_foreach_key(const section_schema *section, void (*function)(void *, const char *, const char *), void *context,
                    const char *shown)
{
	const char *before = "";

	for (gsize i = 0; i < section->n_keys; i++)
		function(context, shown, section->keys[i].name);
	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		const mg_reason_info *info = mg_reason_get(reason);

		if (reason_is_key(info, section) && strcmp(info->word, before) != 0)
			function(context, shown, before = info->word);
	}
	if (section->has_preset)
		function(context, shown, "preset");
	if (section->has_texts) {
		function(context, shown, "reject-text");
		function(context, shown, "defer-text");
	}
}

void
mg_schema_foreach(void (*function)(void *context, const char *section, const char *key), void *context)
{
	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		g_autofree char *shown = g_strconcat(sections[i].name, sections[i].is_kind ? " NAME" : "", NULL);

		section_foreach_key(&sections[i], function, context, shown);
	}
}

/* Octets to insert, drop or exchange to make @a of @b (Levenshtein), for names up to NAME_MAX_OCTETS. */
static guint
distance(const char *a, const char *b)
{
	guint row[NAME_MAX_OCTETS + 1];
	gsize n_b = MIN(strlen(b), NAME_MAX_OCTETS);

	for (guint k = 0; k <= n_b; k++)
		row[k] = k;
	for (guint i = 0; a[i] != 0 && i < NAME_MAX_OCTETS; i++) {
		guint diagonal = row[0];

		row[0] = i + 1;
		for (guint k = 1; k <= n_b; k++) {
			guint above = row[k];

			row[k] = MIN(MIN(above, row[k - 1]) + 1, diagonal + (a[i] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[n_b];
}

typedef struct nearest {
	const char *wanted;
	const char *section;   /* search its keys; NULL: search sections */
	char        found[NAME_MAX_OCTETS * 2];
	guint       best;
} nearest;

static void
nearest_consider(void *context, const char *section, const char *key)
{
	nearest *search = context;
	const char *name = search->section ? key : section;
	guint d;

	if (search->section != NULL && strcmp(section, search->section) != 0)
		return;
	d = distance(search->wanted, name);
	if (d < search->best) {
		search->best = d;
		g_strlcpy(search->found, name, sizeof(search->found));
	}
}

static void
fail_unknown(mg_loader *loader, guint line, const char *section, const char *name)
{
	nearest search = { .wanted = name, .section = section, .best = G_MAXUINT };

	mg_schema_foreach(nearest_consider, &search);
	if (section != NULL)
		mg_loader_fail(loader, line, "unknown-key", "[%s] has no key '%.64s'; the nearest is '%s'", section, name,
		               search.found);
	else
		mg_loader_fail(loader, line, "unknown-section", "there is no section [%.64s]; the nearest is [%s]", name,
		               search.found);
}

static const section_schema *
section_find(const char *name, const char **object_name_out)
{
	const char *space = strchr(name, ' ');

	for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
		gsize length = strlen(sections[i].name);

		*object_name_out = NULL;
		if (!sections[i].is_kind && strcmp(sections[i].name, name) == 0)
			return &sections[i];
		if (sections[i].is_kind && space != NULL && length == (gsize)(space - name)
		    && strncmp(sections[i].name, name, length) == 0) {
			*object_name_out = space + 1;
			return &sections[i];
		}
	}
	return NULL;
}

static gboolean
object_name_is_valid(const char *name)
{
	gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return length > 0 && length <= NAME_MAX_OCTETS && name[length] == 0;
}

/* ---- presets ---- */

typedef struct preset_row {
	const char    *preset, *section;
	mg_reason      first, last;   /* these and all between that have the standard consequence @from */
	mg_consequence from, to;
} preset_row;

static const preset_row preset_rows[] = {
	{ "strict", "ptr", MG_REASON_PTR_MISSING, MG_REASON_PTR_GENERIC, MG_CONSEQUENCE_FLAG, MG_CONSEQUENCE_DEFER },
	{ "strict", "sender", MG_REASON_SENDER_NULL_MX, MG_REASON_SENDER_LITERAL, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_DEFER },
	{ "strict", "helo", MG_REASON_HELO_NOT_FQDN, MG_REASON_HELO_BARE_ADDRESS, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_REJECT },
	{ "strict", "helo", MG_REASON_HELO_LITERAL_MISMATCH, MG_REASON_HELO_LITERAL_MISMATCH, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_REJECT },
	{ "imsva", "spf", MG_REASON_SPF_SOFTFAIL, MG_REASON_SPF_SOFTFAIL, MG_CONSEQUENCE_FLAG, MG_CONSEQUENCE_DEFER },
};

/* @section NULL: for all sections. */
static void
preset_apply(mg_loader *loader, const char *section, const mg_conf_key *key)
{
	static const char *const names[] = { "balanced", "strict", "imsva" };
	gboolean known = FALSE, fits = section == NULL || strcmp(key->value, "balanced") == 0;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		known = known || strcmp(key->value, names[i]) == 0;
	for (guint reason = 0; section != NULL && reason < MG_N_REASONS; reason++)
		if (g_strcmp0(mg_reason_get(reason)->section, section) == 0)
			loader->policy->consequences[reason] = mg_reason_get(reason)->standard;
	for (guint i = 0; i < G_N_ELEMENTS(preset_rows); i++) {
		const preset_row *row = &preset_rows[i];

		if (strcmp(row->preset, key->value) != 0 || (section != NULL && strcmp(row->section, section) != 0))
			continue;
		fits = TRUE;
		for (guint reason = row->first; reason <= row->last; reason++)
			if (mg_reason_get(reason)->standard == row->from)
				loader->policy->consequences[reason] = row->to;
	}
	if (!known)
		mg_loader_fail(loader, key->line, "value", "preset = %s: balanced, strict or imsva was expected", key->value);
	else if (!fits)
		mg_loader_fail(loader, key->line, "value", "preset = %s says nothing about [%s]", key->value, section);
}

static void
presets_read(mg_loader *loader, gboolean of_all)
{
	const char *object_name;

	for (guint i = 0; i < loader->conf->sections->len; i++) {
		const mg_conf_section *section = loader->conf->sections->pdata[i];
		const section_schema *schema = section_find(section->name, &object_name);
		gboolean is_global = strcmp(section->name, "mailguard") == 0;

		for (guint k = 0; schema != NULL && schema->has_preset && k < section->keys->len; k++) {
			const mg_conf_key *key = section->keys->pdata[k];

			if (strcmp(key->name, "preset") == 0 && is_global == of_all)
				preset_apply(loader, is_global ? NULL : section->name, key);
		}
	}
}

/* ---- values ---- */

/* A key that sets an action. FALSE if it is none of this section. */
static gboolean
read_consequence(mg_loader *loader, const section_schema *section, const mg_conf_key *key)
{
	gboolean found = FALSE;

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		const mg_reason_info *info = mg_reason_get(reason);
		mg_consequence consequence;
		gboolean is_refusal;

		if (!reason_is_key(info, section) || strcmp(info->word, key->name) != 0)
			continue;
		is_refusal = mg_consequence_parse(key->value, &consequence) && consequence >= MG_CONSEQUENCE_DEFER;
		if (is_refusal || (mg_consequence_parse(key->value, &consequence) && info->range == MG_RANGE_ANY))
			loader->policy->consequences[reason] = consequence;
		else if (!found)
			mg_loader_fail(loader, key->line, "value", "%s = %s: %s was expected", key->name, key->value,
			               info->range == MG_RANGE_ANY ? "off, monitor, flag, defer or reject"
			                                           : "defer or reject (nothing else keeps the relay closed)");
		found = TRUE;
	}
	return found;
}

static gboolean
read_section_text(mg_loader *loader, const section_schema *section, const mg_conf_key *key)
{
	gboolean is_reject = strcmp(key->name, "reject-text") == 0;
	const char *text;

	if (!section->has_texts || (!is_reject && strcmp(key->name, "defer-text") != 0))
		return FALSE;
	text = mg_read_text(loader, key->name, key->value, key->line);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		if (reason_is_key(mg_reason_get(reason), section))
			(is_reject ? loader->policy->reject_texts : loader->policy->defer_texts)[reason] = text;
	return TRUE;
}

static const mg_conf_key *
section_key(const mg_conf_section *section, const char *name)
{
	for (guint i = 0; i < section->keys->len; i++) {
		const mg_conf_key *key = section->keys->pdata[i];

		if (strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

static gboolean
schema_has_key(const section_schema *schema, const char *name)
{
	for (gsize i = 0; i < schema->n_keys; i++)
		if (strcmp(schema->keys[i].name, name) == 0)
			return TRUE;
	return FALSE;
}

static void
read_section(mg_loader *loader, const mg_conf_section *section, const section_schema *schema, const char *object_name)
{
	guint8 *object = (guint8 *)loader->policy;

	if (schema->begin != NULL)
		object = schema->begin(loader, object_name, section->line);
	for (gsize i = 0; i < schema->n_keys; i++) {
		const mg_key_schema *key_schema = &schema->keys[i];
		const mg_conf_key *key = section_key(section, key_schema->name);

		if (key != NULL && key_schema->read != NULL)
			key_schema->read(loader, key_schema, key, object, object + key_schema->offset);
	}
	for (guint i = 0; i < section->keys->len; i++) {
		const mg_conf_key *key = section->keys->pdata[i];
		gboolean is_preset = schema->has_preset && strcmp(key->name, "preset") == 0;

		if (!schema_has_key(schema, key->name) && !is_preset && !read_consequence(loader, schema, key)
		    && !read_section_text(loader, schema, key)) {
			g_autofree char *shown = g_strconcat(schema->name, schema->is_kind ? " NAME" : "", NULL);

			fail_unknown(loader, key->line, shown, key->name);
		}
	}
	if (schema->is_later)
		mg_loader_warn(loader, section->line, "not-built", "[%s] is read and not acted on by this release",
		               section->name);
}

/* Of a set of actions, those that were not written. */
static void
actions_settle(const mg_policy *policy, mg_consequence actions[MG_N_SPF_RESULTS])
{
	for (guint i = 0; i < MG_N_SPF_RESULTS; i++)
		if (actions[i] == AS_USUAL)
			actions[i] = policy->consequences[MG_REASON_SPF_PASS + i];
}

void
mg_schema_settle(mg_loader *loader)
{
	mg_policy *policy = loader->policy;
	static const mg_conf_key standard = { (char *)"skip-networks", (char *)"loopback private", 0 };

	actions_settle(policy, policy->spf.listed_actions);
	for (guint i = 0; i < policy->spf.fors->len; i++) {
		mg_spf_for *of = policy->spf.fors->pdata[i];

		actions_settle(policy, of->actions);
		if (of->recipients == NULL)
			mg_loader_fail(loader, of->line, "value", "[spf-for %s]: recipients = ... was expected", of->name);
	}
	for (guint i = 0; i < policy->rules->len; i++) {
		const mg_rule *rule = policy->rules->pdata[i];

		if (rule->when == NULL || rule->affected == NULL || rule->then == AS_USUAL)
			mg_loader_fail(loader, rule->line, "value", "[rule %s]: when, for and then were expected", rule->name);
	}
	if (policy->spf.no_mail_action == AS_USUAL)
		policy->spf.no_mail_action = policy->consequences[MG_REASON_SPF_FAIL];
	if (policy->spf.skipped == NULL)
		mg_read_skipped(loader, NULL, &standard, NULL, &policy->spf.skipped);
	if (policy->sanity_skipped == NULL)
		mg_read_skipped(loader, NULL, &standard, NULL, &policy->sanity_skipped);
}

void
mg_schema_read(mg_loader *loader)
{
	actions_as_usual(loader->policy->spf.listed_actions);
	loader->policy->spf.no_mail_action = AS_USUAL;
	presets_read(loader, TRUE);
	presets_read(loader, FALSE);
	for (guint i = 0; i < loader->conf->sections->len; i++) {
		const mg_conf_section *section = loader->conf->sections->pdata[i];
		const char *object_name;
		const section_schema *schema = section_find(section->name, &object_name);

		if (schema == NULL)
			fail_unknown(loader, section->line, NULL, section->name);
		else if (object_name != NULL && !object_name_is_valid(object_name))
			mg_loader_fail(loader, section->line, "value",
			               "[%.80s]: a name of letters, digits, '.', '-' and '_' was expected", section->name);
		else
			read_section(loader, section, schema, object_name);
	}
}
