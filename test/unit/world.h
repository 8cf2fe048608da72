/* world.h - for tests: a policy, a resolver, and all that a question is lent. DNS is a local zone, and names outside of it go to
 * a server that never answers; or it is a server that plays scripts. */
#ifndef MG_TEST_WORLD_H
#define MG_TEST_WORLD_H

#include "check/spf_memory.h"
#include "judge.h"
#include "scripted_dns.h"
#include "spf/record.h"

#define PATIENCE_MS 10000

typedef struct world {
	stage          set;
	mg_local_zone *zone;     /* owned; NULL: none */
	mg_policy     *policy;   /* owned */
	mg_tools       tools;
	guint          woken;
} world;

/* @settings: but for the servers; NULL scripts are silent. */
static inline void
world_begin_with(world *of, const char *policy, const mg_resolver_settings *settings, dns_script udp, dns_script tcp)
{
	static const mg_log no_log = { NULL, NULL, MG_LEVEL_DEBUG };

	*of = (world){ .zone = NULL };
	stage_begin_with(&of->set, &no_log, settings, udp, tcp);
	of->policy = policy_from(policy);
	of->tools = (mg_tools){
		.log = &no_log, .resolver = of->set.resolver, .trace_detail = MG_TRACE_FULL, .evaluate_spf = mg_spf_evaluate,
		.spf_memory = mg_spf_memory_new(1 << 20), .penalty_box = mg_penalty_box_new(),
	};
}

/* @zone: a master file's text. */
static inline void
world_begin(world *of, const char *zone, const char *policy)
{
	mg_resolver_settings settings = mg_resolver_settings_standard;
	mg_findings *findings = mg_findings_new();
	mg_local_zone *parsed = mg_local_zone_parse(zone, strlen(zone), "zone", findings);

	g_assert_nonnull(parsed);
	mg_findings_free(findings);
	settings.zone = parsed;
	settings.timeout_ms = PATIENCE_MS;
	settings.tries = 1;
	settings.complete = mg_spf_record_compile;
	world_begin_with(of, policy, &settings, NULL, NULL);
	of->zone = parsed;
}

static inline void
world_end(world *of)
{
	mg_spf_memory_free(of->tools.spf_memory);
	mg_penalty_box_free(of->tools.penalty_box);
	mg_policy_unref(of->policy);
	stage_end(&of->set);
	mg_local_zone_free(of->zone);
}

#endif
