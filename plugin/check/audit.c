/* audit.c - see audit.h. The rules stand in audit_*.c, by subject. */
#include "check/audit.h"

#include "check/audit_rules.h"
#include "check/rounds.h"
#include "session/domain.h"

struct mg_audit_check {
	mg_rounds  rounds;     /* first */
	mg_policy *policy;     /* ref held */
	mg_facts   facts;      /* what they point to is borrowed */
	gint64     now_s;
	gboolean   is_of_ourselves;
	char       domain[MG_DOMAIN_MAX + 1];   /* canonical; "": it is none */
};

static const mg_audit_rule domain_name = { "domain", "a domain", "see how it is written" };

static void
walk_rules(mg_audit_walk *at)
{
	const mg_facts *facts = at->judging.facts;

	if (at->domain == NULL) {
		mg_audit_walk_self(at);
		return;
	}
	if (at->domain[0] == 0) {
		mg_audit_tell(at, &domain_name, MG_SEVERITY_ERROR, "no domain");
		return;
	}
	mg_audit_walk_helo(at);
	mg_audit_walk_mx(at);
	mg_audit_walk_spf(at);
	if (facts->has_client) {
		mg_audit_walk_address(at, &facts->client);
		mg_audit_walk_sender(at, &facts->client);
	}
	mg_audit_walk_soa(at);
	mg_audit_walk_dmarc(at);
}

static mg_audit_walk
walk_of(const mg_audit_check *audit, mg_evidence *evidence)
{
	return (mg_audit_walk){
		.judging = { .policy = audit->policy, .facts = &audit->facts, .answers = audit->rounds.answers },
		.domain = audit->is_of_ourselves ? NULL : audit->domain, .now_s = audit->now_s, .evidence = evidence,
	};
}

static gboolean
audit_try(mg_rounds *rounds)
{
	mg_audit_walk at = walk_of((mg_audit_check *)rounds, NULL);

	walk_rules(&at);
	return !at.judging.is_missing;
}

static void
audit_free(mg_check *check)
{
	mg_audit_check *audit = (mg_audit_check *)check;

	mg_rounds_end(&audit->rounds);
	mg_policy_unref(audit->policy);
	g_free(audit);
}

mg_audit_check *
mg_audit_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, gint64 now_s)
{
	mg_audit_check *audit;

	if (facts->question != MG_ASK_AUDIT)
		return NULL;
	audit = g_new0(mg_audit_check, 1);
	mg_rounds_begin(&audit->rounds, tools, facts->deadline_ms, audit_try, audit_free);
	audit->policy = mg_policy_ref(policy);
	audit->facts = *facts;
	audit->now_s = now_s;
	audit->is_of_ourselves = facts->forward_path.octets == NULL;
	if (!audit->is_of_ourselves && !mg_domain_canonical(facts->forward_path.octets, facts->forward_path.length, TRUE, audit->domain))
		audit->domain[0] = 0;
	return audit;
}

mg_check *
mg_audit_check_base(mg_audit_check *audit)
{
	return &audit->rounds.base;
}

void
mg_audit_check_report(const mg_audit_check *audit, mg_evidence *evidence)
{
	mg_audit_walk at = walk_of(audit, evidence);

	walk_rules(&at);
}
