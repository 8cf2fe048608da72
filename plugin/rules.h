/* rules.h - what is put in force together: the policy, and what its files say besides.
 * In:    the path of mailguard.conf, keys that take the place of its own
 * Out:   rules, tried before they judge anybody; findings
 * Owns:  policy, local zone
 * Rules: a fault anywhere refuses them all, and what was in force stays. */
#ifndef MG_RULES_H
#define MG_RULES_H

#include "dns/resolver.h"
#include "dns/zone.h"
#include "policy/findings.h"
#include "policy/policy.h"
#include "spf/evaluate.h"

typedef struct mg_rules {
	mg_policy     *policy;   /* ref held; NULL: refused, and all else is NULL too */
	mg_local_zone *zone;     /* owned; NULL: none */
	mg_spf_evaluator evaluate_spf;   /* of the engine that the policy has chosen */
} mg_rules;

/* Where rules are read from, and by whom. */
typedef struct mg_rules_source {
	char    *config;           /* path of mailguard.conf; NULL: none */
	char    *overrides;        /* keys in place of its own; NULL: none */
	gboolean is_own_process;   /* options.h, MG_OWN_PROCESS */
} mg_rules_source;

mg_rules mg_rules_load(const mg_rules_source *source, mg_findings *findings);
void mg_rules_clear(mg_rules *rules);

/* What they say of DNS; borrowed from them. */
mg_resolver_settings mg_rules_resolver_settings(const mg_rules *rules);

/* How the rules are called in logs and findings: by their file, if they have one. */
/* Borrowed from the options. */
mg_rules_source mg_rules_source_of(const mg_options *options);
const char *mg_rules_file(const mg_rules_source *source);

#endif
