/* relay.c - see relay.h. */
#include "check/relay.h"

#include <string.h>

#include "wire.h"

/* A term of a grant: three states, since a list may not have been readable. */
typedef enum term { TERM_NO, TERM_UNKNOWN, TERM_YES } term;

static term
term_of(gboolean holds, gboolean unreadable)
{
	return holds ? TERM_YES : unreadable ? TERM_UNKNOWN : TERM_NO;
}

/* ---- the terms ---- */

static term
term_zone(const mg_relay_question *question, const mg_grant *grant)
{
	const mg_policy *policy = question->policy;
	gboolean in_zone = FALSE, zone_unreadable = FALSE;

	if (grant->zones == NULL)
		return TERM_YES;
	for (guint i = 0; i < grant->zones->len; i++) {
		const mg_zone *zone = grant->zones->pdata[i];

		in_zone = in_zone || zone == question->zone;
		zone_unreadable = zone_unreadable || zone->is_unreadable;
	}
	if (question->zone_is_uncertain)
		return TERM_NO;
	if (policy->n_unreadable == 0)
		return term_of(in_zone, FALSE);
	/* The client may belong to a narrower zone that could not be read; if that is shared by NAT, its address
	 * proves nothing. */
	for (guint i = 0; in_zone && i < policy->zones->len; i++) {
		const mg_zone *zone = policy->zones->pdata[i];

		if (zone->is_unreadable && zone->is_shared_by_nat && zone != question->zone)
			return TERM_UNKNOWN;
	}
	return term_of(in_zone, zone_unreadable);
}

static term
term_auth(const mg_relay_question *question, const mg_grant *grant)
{
	const mg_words *auth = &question->auth;

	if (grant->users == NULL)
		return term_of(!grant->auth_any || auth->length > 0, FALSE);
	/* A NUL stands behind the octets; one inside them makes a name that is in no list. */
	return term_of(auth->length > 0 && strlen(auth->octets) == auth->length
	               && g_hash_table_contains(grant->users, auth->octets), FALSE);
}

static term
term_fingerprint(const mg_relay_question *question, const mg_grant *grant)
{
	if (grant->fingerprints == NULL)
		return TERM_YES;
	for (guint i = 0; question->fingerprint != NULL && i < grant->fingerprints->len; i++)
		if (memcmp(grant->fingerprints->pdata[i], question->fingerprint, 32) == 0)
			return TERM_YES;
	return TERM_NO;
}

static term
term_helo(const mg_relay_question *question, const mg_grant *grant)
{
	const mg_words *helo = &question->helo;

	if (grant->helo == NULL)
		return TERM_YES;
	if (helo->octets == NULL || helo->length > MG_CLIENT_WORD_MAX)   /* its end is not known */
		return TERM_NO;
	return term_of(mg_patterns_find(grant->helo, helo->octets, helo->length) != NULL, grant->helo_unreadable);
}

static term
term_from(const mg_relay_question *question, const mg_grant *grant)
{
	const mg_path *path = question->reverse_path;
	gboolean is_plain = path != NULL && (path->is_null || mg_path_is_bare_postmaster(path)
	                                     || (path->forms == 0 && path->is_mailbox));

	if (grant->from == NULL)
		return TERM_YES;
	if (!is_plain)
		return TERM_NO;
	return term_of(mg_addresses_has_all(grant->from, path), grant->from_unreadable);
}

static term
term_to(const mg_relay_question *question, const mg_grant *grant)
{
	if (grant->to == NULL)
		return TERM_YES;
	if (question->forward_fault != NULL)
		return TERM_NO;
	return term_of(mg_addresses_has_all(grant->to, question->forward_path), grant->to_unreadable);
}

static term
term_hours(const mg_relay_question *question, const mg_grant *grant)
{
	return term_of(grant->hours == NULL || question->at_any_hour
	               || mg_schedule_contains(grant->hours, question->now_s), FALSE);
}

static const struct {
	const char *name;
	term      (*judge)(const mg_relay_question *, const mg_grant *);
} terms[] = {
	{ "zone", term_zone }, { "auth", term_auth }, { "tls-fingerprint", term_fingerprint }, { "helo", term_helo },
	{ "from", term_from }, { "to", term_to }, { "hours", term_hours },
};

/* All terms but "until". The first that fails is told. */
static term
grant_judge(const mg_relay_question *question, const mg_grant *grant, mg_trace *trace)
{
	term all = TERM_YES;

	for (guint i = 0; i < G_N_ELEMENTS(terms); i++) {
		term one = terms[i].judge(question, grant);

		if (one == TERM_NO) {
			mg_trace_add(trace, "relay: grant %s: no, %s does not match", grant->name, terms[i].name);
			return TERM_NO;
		}
		if (one == TERM_UNKNOWN && all == TERM_YES)
			mg_trace_add(trace, "relay: grant %s: unknown, the list of %s cannot be read", grant->name,
			             terms[i].name);
		all = MIN(all, one);
	}
	return all;
}

/* ---- own domains ---- */

gboolean
mg_relay_is_own_domain(const mg_policy *policy, const char *domain)
{
	return domain != NULL
	       && (mg_domains_find(policy->local, domain, NULL) != NULL
	           || mg_domains_find(policy->relay_to, domain, NULL) != NULL);
}

static gboolean
is_own_literal(const mg_policy *policy, const mg_mailbox *mailbox)
{
	return mailbox->is_literal && mg_policy_is_own_address(policy, &mailbox->literal);
}

/* RFC 5321 4.5.1: <postmaster>, and postmaster at our own literal. */
static gboolean
is_own_postmaster(const mg_policy *policy, const mg_path *path)
{
	if (mg_path_is_bare_postmaster(path))
		return TRUE;
	return path->forms == MG_FORM_LITERAL && path->n_layers == 1 && is_own_literal(policy, &path->layers[0])
	       && mg_mailbox_is_named(&path->layers[0], "postmaster");
}

gboolean
mg_relay_is_role_address(const mg_policy *policy, const mg_path *path)
{
	if (path == NULL || path->n_layers != 1)
		return FALSE;
	if (is_own_postmaster(policy, path))
		return TRUE;
	return path->forms == 0 && mg_relay_is_own_domain(policy, path->layers[0].domain)
	       && (mg_mailbox_is_named(&path->layers[0], "postmaster") || mg_mailbox_is_named(&path->layers[0], "abuse"));
}

/* ---- the decision ---- */

/* What an outsider gets; @expired: a grant but for its end. */
static mg_reason
judge_outsider(const mg_relay_question *question, const mg_grant *expired, mg_trace *trace)
{
	const mg_policy *policy = question->policy;
	const mg_path *path = question->forward_path;

	if (question->forward_fault != NULL)
		return MG_REASON_RELAY_DENIED;
	if (is_own_postmaster(policy, path)) {
		mg_trace_add(trace, "relay: postmaster is always ours");
		return MG_REASON_RELAY_OWN_DOMAIN;
	}
	if (path->forms != 0) {
		mg_trace_add(trace, "relay: no grant, and the forward-path is not plain");
		return MG_REASON_RELAY_ADDRESS_FORM;
	}
	if (mg_relay_is_own_domain(policy, path->layers[0].domain)) {
		mg_trace_add(trace, "relay: %s is in [domains]", path->layers[0].domain);
		return MG_REASON_RELAY_OWN_DOMAIN;
	}
	mg_trace_add(trace, "relay: %s is not in [domains]", path->layers[0].domain);
	return expired != NULL ? MG_REASON_RELAY_EXPIRED : MG_REASON_RELAY_DENIED;
}

void
mg_relay_judge(const mg_relay_question *question, mg_trace *trace, mg_relay_answer *answer_out)
{
	const mg_policy *policy = question->policy;
	const mg_grant *expired = NULL;
	gboolean doubt = policy->domains_unreadable && question->forward_fault == NULL
	                 && question->forward_path->forms == 0;

	*answer_out = (mg_relay_answer){ MG_REASON_NONE, NULL, FALSE };
	mg_trace_add(trace, "relay: order is host, sender, recipient, pair, grant, own domains, denial");
	for (guint i = 0; i < policy->grants->len; i++) {
		const mg_grant *grant = policy->grants->pdata[i];
		term held = grant_judge(question, grant, trace);
		gboolean ended = !question->at_any_hour && grant->end_s <= question->now_s;

		if (held != TERM_NO && ended) {
			mg_trace_add(trace, "relay: grant %s: no, it ended (until = %s)", grant->name, grant->until);
			expired = expired ? expired : grant;
		} else if (held == TERM_YES) {
			mg_trace_add(trace, "relay: grant %s: yes (owner %s, reason %s)", grant->name,
			             grant->owner ? grant->owner : "-", grant->reason ? grant->reason : "-");
			answer_out->reason = MG_REASON_RELAY_GRANTED;
			answer_out->grant = grant;
			answer_out->is_undeliverable = question->forward_fault == NULL
			                               && !question->forward_path->is_mailbox
			                               && !mg_path_is_bare_postmaster(question->forward_path);
			return;
		} else if (held == TERM_UNKNOWN) {
			doubt = TRUE;
		}
	}
	answer_out->reason = judge_outsider(question, expired, trace);
	answer_out->grant = answer_out->reason == MG_REASON_RELAY_EXPIRED ? expired : NULL;
	if (doubt && answer_out->reason != MG_REASON_RELAY_OWN_DOMAIN) {
		mg_trace_add(trace, "relay: a list that could have granted this cannot be read");
		answer_out->reason = MG_REASON_RELAY_UNREADABLE;
	}
}

static mg_relay_question
question_of(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope, gint64 now_s)
{
	return (mg_relay_question){
		.policy = policy,
		.zone = client->zone,
		.zone_is_uncertain = client->doubt != NULL,
		.auth = facts->auth,
		.fingerprint = facts->fingerprint,
		.helo = facts->helo,
		.reverse_path = mg_envelope_reverse(envelope),
		.forward_fault = envelope->forward_fault,
		.forward_path = &envelope->forward_path,
		.now_s = now_s,
	};
}

static gboolean
grant_holds_for_somebody(const mg_relay_question *question, const mg_grant *grant)
{
	for (guint i = 0; i < G_N_ELEMENTS(terms); i++)
		if (terms[i].judge != term_to && terms[i].judge(question, grant) != TERM_YES)
			return FALSE;
	return grant->end_s > question->now_s;
}

const mg_grant *
mg_relay_find_grant(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope,
                    gint64 now_s)
{
	const mg_relay_question question = question_of(policy, facts, client, envelope, now_s);

	for (guint i = 0; i < policy->grants->len; i++)
		if (grant_holds_for_somebody(&question, policy->grants->pdata[i]))
			return policy->grants->pdata[i];
	return NULL;
}

void
mg_relay_check(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope,
               gint64 now_s, mg_results *results, mg_trace *trace, mg_relay_answer *answer_out)
{
	const mg_relay_question question = question_of(policy, facts, client, envelope, now_s);
	gboolean is_path = envelope->forward_fault == NULL;
	const char *domain = is_path ? envelope->forward_path.layers[0].domain : NULL;

	mg_relay_judge(&question, trace, answer_out);
	mg_envelope_check_forward(envelope, results);
	if (answer_out->is_undeliverable)
		mg_results_add(results, MG_REASON_ADDRESS_SYNTAX, NULL);
	/* What cannot be delivered is refused as such; nobody can have a grant for it. If the policy would let it through,
	 * the relay stays closed all the same. */
	if (is_path && !answer_out->is_undeliverable)
		mg_results_add(results, answer_out->reason, domain);
	else if (mg_policy_consequence(policy, MG_REASON_ADDRESS_SYNTAX, NULL) < MG_CONSEQUENCE_DEFER)
		mg_results_add(results, MG_REASON_RELAY_DENIED, domain);
}
