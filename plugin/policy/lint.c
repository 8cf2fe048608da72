/* lint.c - what no single value shows: contradictions between sections, and what is allowed and doubtful. */
#include <string.h>
#include <time.h>

#include "policy/loader.h"

#define ENDS_SOON_S (14 * 86400)

static mg_zone *
find_zone(const mg_policy *policy, const char *name)
{
	for (guint i = 0; i < policy->zones->len; i++) {
		mg_zone *zone = policy->zones->pdata[i];

		if (strcmp(zone->name, name) == 0)
			return zone;
	}
	return NULL;
}

/* ---- errors ---- */

static void
grant_find_zones(mg_loader *loader, mg_grant *grant)
{
	if (grant->zone_names == NULL)
		return;
	grant->zones = g_ptr_array_new();
	for (guint i = 0; i < grant->zone_names->len; i++) {
		mg_zone *zone = find_zone(loader->policy, grant->zone_names->pdata[i]);

		if (zone != NULL)
			g_ptr_array_add(grant->zones, zone);
		else
			mg_loader_fail(loader, grant->line, "grant-zone", "grant %s: there is no [zone %s]", grant->name,
			               (const char *)grant->zone_names->pdata[i]);
	}
}

static void
grant_check_terms(mg_loader *loader, const mg_grant *grant)
{
	gboolean has_proof = grant->auth_any || grant->users != NULL || grant->fingerprints != NULL;

	if (grant->zones == NULL && !has_proof) {
		mg_loader_fail(loader, grant->line, "grant-client",
		               "grant %s says nothing about the client: zone, auth or tls-fingerprint was expected; sender, "
		               "recipient and HELO are words that anybody can say", grant->name);
		return;
	}
	for (guint i = 0; grant->zones != NULL && i < grant->zones->len; i++) {
		const mg_zone *zone = grant->zones->pdata[i];

		if (zone->is_shared_by_nat && !has_proof && grant->to == NULL)
			mg_loader_fail(loader, grant->line, "grant-nat",
			               "grant %s: zone %s is shared by NAT, so that its addresses alone prove nothing: auth, "
			               "tls-fingerprint or to was expected as well", grant->name, zone->name);
	}
}

static void
check_local_zones(mg_loader *loader)
{
	const mg_zone *first = NULL;

	for (guint i = 0; i < loader->policy->zones->len; i++) {
		const mg_zone *zone = loader->policy->zones->pdata[i];

		if (zone->is_local && first != NULL)
			mg_loader_fail(loader, zone->line, "contradiction", "zone %s: local = yes stands in zone %s already",
			               zone->name, first->name);
		if (zone->is_local)
			first = zone;
	}
}

static void
check_exempts(mg_loader *loader)
{
	for (guint i = 0; i < loader->policy->exempts->len; i++) {
		const mg_exempt *exempt = loader->policy->exempts->pdata[i];

		if (exempt->checks == 0)
			mg_loader_fail(loader, exempt->line, "exempt-checks", "exempt %s: checks was expected", exempt->name);
		if (exempt->hosts.networks == NULL && exempt->hosts.names == NULL && exempt->senders == NULL && exempt->helo == NULL)
			mg_loader_fail(loader, exempt->line, "exempt-clients",
			               "exempt %s: networks, hosts, senders or helo was expected", exempt->name);
	}
}

/* ---- warnings ---- */

static void
grant_warn(mg_loader *loader, const mg_grant *grant, gint64 now_s)
{
	if (grant->owner == NULL)
		mg_loader_warn(loader, grant->line, "grant-owner", "grant %s has no owner; who can say whether it is still "
		               "needed?", grant->name);
	if (grant->end_s <= now_s)
		mg_loader_warn(loader, grant->line, "grant-expired", "grant %s ended (until = %s)", grant->name,
		               grant->until);
	else if (grant->end_s != MG_NO_END && grant->end_s - now_s <= ENDS_SOON_S)
		mg_loader_warn(loader, grant->line, "grant-expiring", "grant %s ends soon (until = %s)", grant->name,
		               grant->until);
}

static gboolean
zone_is_used(const mg_policy *policy, const mg_zone *zone)
{
	for (guint i = 0; i < policy->grants->len; i++) {
		const mg_grant *grant = policy->grants->pdata[i];

		if (grant->zones != NULL && g_ptr_array_find(grant->zones, zone, NULL))
			return TRUE;
	}
	return FALSE;
}

static void
zone_warn(mg_loader *loader, const mg_zone *zone)
{
	if (zone->owner == NULL)
		mg_loader_warn(loader, zone->line, "zone-owner", "zone %s has no owner", zone->name);
	if (!zone_is_used(loader->policy, zone))
		mg_loader_warn(loader, zone->line, "zone-unused", "no grant names zone %s: it allows nothing", zone->name);
	if (zone->is_open && zone->may_be_open)
		mg_loader_warn(loader, zone->line, "zone-open", "zone %s has strangers in it (open-relay = i-understand)",
		               zone->name);
}

/* Not even all that counts against a client together would do. */
static void
check_score(mg_loader *loader)
{
	const mg_score_policy *score = &loader->policy->score;
	gsize most = 0;

	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		most += (gsize)MAX(score->points[reason], 0);
	if (score->is_kept && most < score->threshold)
		mg_loader_warn(loader, 0, "score-unreachable", "[score] points come to %" G_GSIZE_FORMAT " at most, and threshold = %"
		               G_GSIZE_FORMAT " is never reached", most, score->threshold);
}

void
mg_lint_policy(mg_loader *loader)
{
	mg_policy *policy = loader->policy;
	gint64 now_s = (gint64)time(NULL);

	check_local_zones(loader);
	check_exempts(loader);
	check_score(loader);
	for (guint i = 0; i < policy->grants->len; i++) {
		mg_grant *grant = policy->grants->pdata[i];

		grant_find_zones(loader, grant);
		grant_check_terms(loader, grant);
		grant_warn(loader, grant, now_s);
	}
	for (guint i = 0; i < policy->zones->len; i++)
		zone_warn(loader, policy->zones->pdata[i]);
	mg_lint_backends(loader);
	if (policy->logins != NULL && mg_logins_is_empty(policy->logins))
		mg_loader_warn(loader, 0, "logins-empty", "[sender-logins] logins is an empty list: no sender has an owner, and no "
		               "user is held to one");
	if (mg_domains_count(policy->local) == 0 && mg_domains_count(policy->relay_to) == 0
	    && !policy->domains_unreadable)
		mg_loader_warn(loader, 0, "no-domains", "[domains] names no domain: no recipient is ours");
}
