/* value_list.c - readers of lists. Each is a walk over the words (list.h) with one function for a word. */
#include <string.h>

#include "policy/loader.h"
#include "session/domain.h"

#define FAULTS_MAX        20    /* a list with more is not the list that was meant */
#define ZONE_IPV4_WIDEST  (MG_IPV4_PREFIX + 8)   /* wider ones hold strangers */
#define ZONE_IPV6_WIDEST  16
#define ZONE_IPV4_USUAL   (MG_IPV4_PREFIX + 24)  /* wider ones are worth a look */
#define ZONE_IPV6_USUAL   64
#define ZONE_REMEMBERED   8     /* networks kept for reports */
#define PUBLIC_WARNINGS   5

/* One walk over one list: where its words go, and how many were wrong. */
typedef struct list_walk {
	mg_loader           *loader;
	const mg_conf_key   *key;
	mg_networks_builder *networks;        /* where networks go; NULL: none are allowed */
	GArray              *places;          /* of mg_place, for networks */
	guint                set;             /* the number of the zone, or 0 */
	mg_domains          *domains;         /* where domains go; NULL: none are allowed */
	mg_zone             *zone;            /* the list is a zone's */
	mg_addresses        *addresses;
	mg_pairs            *pairs;
	mg_logins           *logins;
	mg_recipients       *recipients;
	mg_patterns         *patterns;
	gboolean             single;          /* addresses, not networks */
	gboolean             warn_public;     /* of public suffixes */
	guint                n_faults, n_wide, n_public;
} list_walk;

static gboolean
walk_fail(list_walk *walk, mg_place place, const char *why)
{
	mg_findings_add(walk->loader->findings, MG_LEVEL_ERROR, place, "value", "%s: %s", walk->key->name, why);
	return ++walk->n_faults < FAULTS_MAX;
}

static mg_list_result
walk_run(list_walk *walk, mg_list_function function, gboolean has_addresses, gboolean may_be_missing)
{
	mg_loader *loader = walk->loader;
	mg_list_source source = {
		walk->key->value, mg_conf_place(loader->conf, walk->key->line), loader->directory, has_addresses,
		may_be_missing, loader->findings, loader->policy->texts,
	};

	return mg_list_walk(&source, function, walk);
}

/* ---- networks ---- */

static void
zone_check_width(list_walk *walk, const mg_network *network, const char *word, mg_place place)
{
	gboolean is_ipv4 = network->prefix >= MG_IPV4_PREFIX && mg_ip_is_ipv4(&network->base);
	guint widest = is_ipv4 ? ZONE_IPV4_WIDEST : ZONE_IPV6_WIDEST;
	guint usual = is_ipv4 ? ZONE_IPV4_USUAL : ZONE_IPV6_USUAL;
	mg_findings *findings = walk->loader->findings;

	if (network->prefix < widest) {
		walk->zone->is_open = TRUE;
		if (!walk->zone->may_be_open)
			mg_findings_add(findings, MG_LEVEL_ERROR, place, "zone-open",
			                "%s in zone %s is wider than %s: strangers would be in it; open-relay = i-understand "
			                "takes it all the same", word, walk->zone->name, is_ipv4 ? "/8" : "/16");
	} else if (network->prefix < usual && walk->n_wide++ < PUBLIC_WARNINGS) {
		mg_findings_add(findings, MG_LEVEL_WARNING, place, "zone-wide",
		                "%s in zone %s is wider than %s; name the hosts that are meant", word, walk->zone->name,
		                is_ipv4 ? "/24" : "/64");
	}
	for (guint i = 0; i < walk->loader->gateways->len; i++) {
		const mg_ip *gateway = &g_array_index(walk->loader->gateways, mg_ip, i);
		char text[MG_IP_TEXT_MAX];

		if (!mg_network_contains(network, gateway) || walk->zone->is_shared_by_nat)
			continue;
		mg_ip_format(gateway, text);
		mg_findings_add(findings, MG_LEVEL_WARNING, place, "zone-gateway",
		                "%s in zone %s holds %s, the default gateway: if it translates addresses, all the world "
		                "comes from there; shared-by-nat = yes says so", word, walk->zone->name, text);
	}
}

static gboolean
walk_network(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	gboolean is_exception = word[0] == '!';
	g_autofree char *why = NULL;
	mg_network network;

	if (!mg_network_parse(word + is_exception, &network, &why))
		return walk_fail(walk, place, why);
	if (walk->single && (is_exception || network.prefix != 128))
		return walk_fail(walk, place, "single addresses were expected");
	if (walk->zone != NULL && !is_exception) {
		zone_check_width(walk, &network, word, place);
		if (walk->zone->networks->len < ZONE_REMEMBERED)
			g_array_append_val(walk->zone->networks, network);
	}
	mg_networks_builder_add(walk->networks, &network, walk->set, is_exception, walk->places->len);
	g_array_append_val(walk->places, place);
	return TRUE;
}

mg_networks *
mg_loader_build_networks(mg_loader *loader, mg_networks_builder *builder, const GArray *places)
{
	mg_networks_conflict conflict;
	mg_networks *networks = mg_networks_build(builder, &conflict);
	const mg_place *first, *second;
	char text[MG_NETWORK_TEXT_MAX];

	if (networks != NULL)
		return networks;
	first = &g_array_index(places, mg_place, conflict.first_place);
	second = &g_array_index(places, mg_place, conflict.second_place);
	mg_network_format(&conflict.network, text);
	mg_findings_add(loader->findings, MG_LEVEL_ERROR, *second, "contradiction",
	                "%s stands in %s:%u already, as something else", text, first->file, first->line);
	return NULL;
}

static void
read_networks(mg_loader *loader, const mg_conf_key *key, gboolean single, mg_networks **member)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(mg_place));
	list_walk walk = { .loader = loader, .key = key, .places = places, .single = single };

	walk.networks = mg_networks_builder_new();
	walk_run(&walk, walk_network, FALSE, FALSE);
	*member = mg_loader_build_networks(loader, walk.networks, places);
}

void
mg_read_networks(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                 void *object G_GNUC_UNUSED, void *member)
{
	read_networks(loader, key, FALSE, member);
}

void
mg_read_single_addresses(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                         void *object G_GNUC_UNUSED, void *member)
{
	read_networks(loader, key, TRUE, member);
}

void
mg_read_zone_networks(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                      void *object, void *member G_GNUC_UNUSED)
{
	mg_zone *zone = object;
	list_walk walk = { .loader = loader, .key = key, .places = loader->zone_places, .zone = zone };

	walk.networks = loader->zone_networks;
	walk.set = loader->policy->zones->len - 1;   /* the section being read */
	if (walk_run(&walk, walk_network, FALSE, TRUE) == MG_LIST_UNREADABLE) {
		zone->is_unreadable = TRUE;
		loader->policy->n_unreadable++;
	}
}

/* Networks that words stand for (RFC 1122 3.2.1.3, RFC 4291 2.5.3; RFC 1918, RFC 6598, RFC 3927, RFC 4193). */
static const struct {
	const char *word, *networks[8];
} named_networks[] = {
	{ "loopback", { "127.0.0.0/8", "::1" } },
	{ "private", { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fe80::/10",
	               "fc00::/7" } },
};

static gboolean
walk_skipped(void *context, const char *word, mg_place place)
{
	for (guint i = 0; i < G_N_ELEMENTS(named_networks); i++) {
		if (strcmp(word, named_networks[i].word) != 0)
			continue;
		for (guint k = 0; named_networks[i].networks[k] != NULL; k++)
			walk_network(context, named_networks[i].networks[k], place);
		return TRUE;
	}
	return walk_network(context, word, place);
}

void
mg_read_skipped(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                void *object G_GNUC_UNUSED, void *member)
{
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(mg_place));
	list_walk walk = { .loader = loader, .key = key, .places = places };

	walk.networks = mg_networks_builder_new();
	walk_run(&walk, walk_skipped, FALSE, FALSE);
	*(mg_networks **)member = mg_loader_build_networks(loader, walk.networks, places);
}

/* ---- domains ---- */

static gboolean
walk_domain(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	gboolean below = word[0] == '.';
	gsize length = strlen(word) - below;
	char entry[MG_DOMAIN_MAX + 2] = ".";

	length -= length > 1 && word[below + length - 1] == '.';
	if (!mg_domain_canonical(word + below, length, TRUE, entry + 1)) {
		g_autofree char *why = g_strdup_printf("'%.80s' is no domain%s", word,
		                                       strchr(word, '*') ? "; below.example is written .below.example" : "");

		return walk_fail(walk, place, why);
	}
	if (walk->warn_public && mg_domain_is_public_suffix(entry + 1) && walk->n_public++ < PUBLIC_WARNINGS)
		mg_findings_add(walk->loader->findings, MG_LEVEL_WARNING, place, "public-suffix",
		                "%s: %s is a public suffix; anybody can register below it", walk->key->name, entry + 1);
	if (!mg_domains_add(walk->domains, entry + !below, walk->set)) {
		g_autofree char *why = g_strdup_printf("'%.80s' stands in another zone already", word);

		return walk_fail(walk, place, why);
	}
	return TRUE;
}

void
mg_read_domains(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                void *object G_GNUC_UNUSED, void *member)
{
	mg_domains **domains = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.domains = *domains = mg_domains_new();
	walk_run(&walk, walk_domain, FALSE, FALSE);
}

void
mg_read_own_domains(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                    void *object G_GNUC_UNUSED, void *member)
{
	mg_domains **domains = member;
	list_walk walk = { .loader = loader, .key = key, .warn_public = TRUE };

	walk.domains = *domains = mg_domains_new();
	if (walk_run(&walk, walk_domain, FALSE, TRUE) == MG_LIST_UNREADABLE) {
		loader->policy->domains_unreadable = TRUE;
		loader->policy->n_unreadable++;
	}
}

void
mg_read_zone_hosts(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
                   void *member G_GNUC_UNUSED)
{
	mg_zone *zone = object;
	list_walk walk = { .loader = loader, .key = key, .zone = zone, .warn_public = TRUE };

	walk.domains = loader->policy->zone_names;
	walk.set = loader->policy->zones->len - 1;
	if (walk_run(&walk, walk_domain, FALSE, TRUE) == MG_LIST_UNREADABLE) {
		zone->is_unreadable = TRUE;
		loader->policy->n_unreadable++;
	}
}

/* ---- hosts: both in one list ---- */

static gboolean
walk_host(void *context, const char *word, mg_place place)
{
	/* No domain ends in a label of digits, has a colon, a slash or an exclamation mark. */
	const char *last_dot = strrchr(word, '.');
	const char *last_label = last_dot != NULL && last_dot[1] != 0 ? last_dot + 1 : word;
	gboolean is_network = word[0] == '!' || strpbrk(word, ":/") != NULL
	                      || strspn(last_label, "0123456789") == strlen(last_label);

	return is_network ? walk_network(context, word, place) : walk_domain(context, word, place);
}

void
mg_read_hosts(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	mg_hosts *hosts = member;
	g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(mg_place));
	list_walk walk = { .loader = loader, .key = key, .places = places };

	walk.networks = mg_networks_builder_new();
	walk.domains = hosts->names = mg_domains_new();
	walk_run(&walk, walk_host, FALSE, FALSE);
	hosts->networks = mg_loader_build_networks(loader, walk.networks, places);
}

/* ---- addresses, pairs, logins, recipients, patterns ---- */

/* In a granting list a whole public suffix is worth a look. */
static void
walk_check_public(list_walk *walk, const char *word, mg_place place)
{
	const char *at = strrchr(word, '@');
	const char *domain = at ? at + 1 : word;
	char canonical[MG_DOMAIN_MAX + 1];

	domain += *domain == '.';
	if (at != NULL && at != word)
		return;   /* one mailbox */
	if (mg_domain_canonical(domain, strlen(domain), TRUE, canonical) && mg_domain_is_public_suffix(canonical)
	    && walk->n_public++ < PUBLIC_WARNINGS)
		mg_findings_add(walk->loader->findings, MG_LEVEL_WARNING, place, "public-suffix",
		                "%s: %s is a public suffix; anybody can register below it", walk->key->name, canonical);
}

static gboolean
walk_address(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	g_autofree char *why = NULL;

	if (!mg_addresses_add(walk->addresses, word, &why))
		return walk_fail(walk, place, why);
	if (walk->warn_public)
		walk_check_public(walk, word, place);
	return TRUE;
}

static gboolean
walk_pair(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	g_autofree char *why = NULL;

	return mg_pairs_add(walk->pairs, word, &why) || walk_fail(walk, place, why);
}

static gboolean
walk_login(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	g_autofree char *why = NULL;

	return mg_logins_add(walk->logins, word, &why) || walk_fail(walk, place, why);
}

static gboolean
walk_recipient(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;
	g_autofree char *why = NULL;

	return mg_recipients_add(walk->recipients, word, &why) || walk_fail(walk, place, why);
}

static gboolean
walk_pattern(void *context, const char *word, mg_place place)
{
	list_walk *walk = context;

	return mg_patterns_add(walk->patterns, word) || walk_fail(walk, place, "a pattern over 255 octets");
}

void
mg_read_addresses(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                  void *object G_GNUC_UNUSED, void *member)
{
	mg_addresses **addresses = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.addresses = *addresses = mg_addresses_new();
	walk_run(&walk, walk_address, TRUE, FALSE);
}

void
mg_read_pairs(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	mg_pairs **pairs = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.pairs = *pairs = mg_pairs_new();
	walk_run(&walk, walk_pair, TRUE, FALSE);
}

/* Each word begins with a user: "@word" is a file, as in [grant] auth. */
void
mg_read_logins(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
               void *object G_GNUC_UNUSED, void *member)
{
	mg_logins **logins = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.logins = *logins = mg_logins_new();
	walk_run(&walk, walk_login, FALSE, FALSE);
}

/* "@word" is a file, since tables are: a whole domain has its entry there. */
void
mg_read_recipients(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                   void *object G_GNUC_UNUSED, void *member)
{
	mg_recipients **recipients = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.recipients = *recipients = mg_recipients_new();
	walk_run(&walk, walk_recipient, FALSE, FALSE);
}

static void
read_grant_addresses(mg_loader *loader, const mg_conf_key *key, mg_addresses **member, gboolean *unreadable)
{
	list_walk walk = { .loader = loader, .key = key, .warn_public = TRUE };

	walk.addresses = *member = mg_addresses_new();
	if (walk_run(&walk, walk_address, TRUE, TRUE) == MG_LIST_UNREADABLE) {
		*unreadable = TRUE;
		loader->policy->n_unreadable++;
	}
}

void
mg_read_grant_from(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
                   void *member G_GNUC_UNUSED)
{
	mg_grant *grant = object;

	read_grant_addresses(loader, key, &grant->from, &grant->from_unreadable);
}

void
mg_read_grant_to(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
                 void *member G_GNUC_UNUSED)
{
	mg_grant *grant = object;

	read_grant_addresses(loader, key, &grant->to, &grant->to_unreadable);
}

void
mg_read_grant_helo(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
                   void *member G_GNUC_UNUSED)
{
	mg_grant *grant = object;
	list_walk walk = { .loader = loader, .key = key };

	walk.patterns = grant->helo = mg_patterns_new();
	if (walk_run(&walk, walk_pattern, FALSE, TRUE) == MG_LIST_UNREADABLE) {
		grant->helo_unreadable = TRUE;
		loader->policy->n_unreadable++;
	}
}

void
mg_read_patterns(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                 void *object G_GNUC_UNUSED, void *member)
{
	mg_patterns **patterns = member;
	list_walk walk = { .loader = loader, .key = key };

	walk.patterns = *patterns = mg_patterns_new();
	walk_run(&walk, walk_pattern, FALSE, FALSE);
}
