/* spf.c - see spf.h. */
#include "check/spf.h"

#include <string.h>

#include "check/judging.h"
#include "check/spf_memory.h"
#include "check/spf_run.h"

#define DEADLINE_US  (20 * G_USEC_PER_SEC)   /* RFC 7208 4.6.4: at least 20 seconds; the request's may be less */
#define BURN_QUERIES 40                      /* so many questions to the network cost too much (penalty_box.h) */

typedef enum spf_state {
	SPF_START,
	SPF_JUDGE,   /* the identity's domain */
	SPF_TRUST,   /* was no pass: perhaps a trusted forwarder's is */
	SPF_DONE
} spf_state;

struct mg_spf_check {
	mg_check         base;         /* first: the engine knows only this part */
	guint            n_references;
	spf_state        state;        /* written by spf_enter() alone */
	const mg_tools  *tools;        /* borrowed */
	mg_policy       *policy;       /* ref held */
	guint64          transaction;
	mg_identity      identity;
	mg_spf_identity  words;        /* owned */
	char            *skipped;      /* owned; why there is no judging; NULL: there is */
	mg_spf_question  question;
	mg_spf_run      *run;          /* owned */
	GPtrArray       *trusted;      /* owned; of trust; NULL: not begun */
};

/* By mg_spf_result. */
static const mg_reason reasons[][2] = {
	[MG_SPF_NONE]      = { MG_REASON_SPF_NONE, MG_REASON_SPF_HELO_NONE },
	[MG_SPF_NEUTRAL]   = { MG_REASON_SPF_NEUTRAL, MG_REASON_SPF_HELO_NEUTRAL },
	[MG_SPF_PASS]      = { MG_REASON_SPF_PASS, MG_REASON_SPF_HELO_PASS },
	[MG_SPF_FAIL]      = { MG_REASON_SPF_FAIL, MG_REASON_SPF_HELO_FAIL },
	[MG_SPF_SOFTFAIL]  = { MG_REASON_SPF_SOFTFAIL, MG_REASON_SPF_HELO_SOFTFAIL },
	[MG_SPF_TEMPERROR] = { MG_REASON_SPF_TEMPERROR, MG_REASON_SPF_HELO_TEMPERROR },
	[MG_SPF_PERMERROR] = { MG_REASON_SPF_PERMERROR, MG_REASON_SPF_HELO_PERMERROR },
};
G_STATIC_ASSERT(G_N_ELEMENTS(reasons) == MG_SPF_PERMERROR + 1);

static const char *const check_names[] = { [MG_IDENTITY_HELO] = "spf-helo", [MG_IDENTITY_MAIL_FROM] = "spf" };

/* ---- the run ---- */

static void
spf_begin(mg_spf_check *spf)
{
	spf->run = mg_spf_run_new(spf->tools->resolver, spf->tools->evaluate_spf, &spf->question, mg_check_woken, spf);
	mg_spf_run_explain(spf->run, mg_trace_new(spf->tools->trace_detail, check_names[spf->identity]));
}

/* @record holds for @domain, in place of what DNS says. */
static void
run_suppose(mg_spf_run *run, const char *domain, const char *record, gsize length)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	mg_dns_answer *answer;

	if (!mg_dns_name_from_text(domain, strlen(domain), &question.name))
		return;
	answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", 1);
	answer->records[0].text = g_strndup(record, length);
	answer->records[0].length = length;
	mg_spf_run_suppose(run, answer);
}

/* One way in which the client may turn out to be a trusted forwarder. */
typedef struct trust {
	mg_spf_run *run;   /* owned; passes: it is one */
	char       *why;   /* owned */
} trust;

static void
trust_free(gpointer data)
{
	trust *one = data;

	mg_spf_run_free(one->run);
	g_free(one->why);
	g_free(one);
}

/* @why: borrowed no longer than the call; taken over. */
static mg_spf_run *
spf_add_trust(mg_spf_check *spf, const char *domain, char *why)
{
	mg_spf_question question = spf->question;
	trust *one = g_new0(trust, 1);

	question.domain = question.sender = domain;   /* postmaster there (RFC 7208 4.3) */
	question.wants_explanation = FALSE;
	one->run = mg_spf_run_new(spf->tools->resolver, spf->tools->evaluate_spf, &question, mg_check_woken, spf);
	one->why = why;
	g_ptr_array_add(spf->trusted, one);
	return one->run;
}

/* All of them at once: each takes what the others have brought. */
static void
spf_begin_trusted(mg_spf_check *spf)
{
	static const char own_address[] = "v=spf1 a -all";   /* says of a HELO name that it leads back to the client */
	const mg_spf_policy *policy = &spf->policy->spf;
	const char *helo = spf->words.helo;
	char canonical[MG_DOMAIN_MAX + 1];

	spf->trusted = g_ptr_array_new_with_free_func(trust_free);
	for (guint i = 0; policy->trusted_domains != NULL && i < policy->trusted_domains->len; i++) {
		const char *domain = policy->trusted_domains->pdata[i];

		spf_add_trust(spf, domain, g_strdup_printf("SPF of %s lets it pass", domain));
	}
	if (mg_domain_canonical(helo, strlen(helo), FALSE, canonical)
	    && mg_domains_find(policy->trusted_helo, canonical, NULL) != NULL)
		run_suppose(spf_add_trust(spf, helo, g_strdup_printf("its HELO name %s leads back to it", canonical)), helo,
		            own_address, strlen(own_address));
}

/* TRUE: it is known whether the client is a trusted forwarder. */
static gboolean
spf_step_trusted(mg_spf_check *spf)
{
	gboolean is_waiting = FALSE;

	for (guint i = 0; i < spf->trusted->len; i++) {
		trust *one = spf->trusted->pdata[i];

		if (!mg_spf_run_step(one->run)) {
			is_waiting = TRUE;
		} else if (mg_spf_run_outcome(one->run)->result == MG_SPF_PASS) {
			spf->skipped = g_strconcat("the client is trusted: ", one->why, NULL);
			return TRUE;
		}
	}
	return !is_waiting;
}

static mg_step
spf_enter(mg_spf_check *spf, spf_state state)
{
	spf->state = state;
	return state == SPF_DONE ? MG_STEP_DONE : MG_STEP_AGAIN;
}

static void
spf_note_cost(const mg_spf_check *spf, gboolean is_late)
{
	mg_log_line line;

	if ((!is_late && mg_spf_run_asked(spf->run) <= BURN_QUERIES)
	    || !mg_penalty_box_note(spf->tools->penalty_box, spf->words.domain, g_get_monotonic_time()))
		return;
	mg_log_begin(&line, spf->tools->log, MG_LEVEL_WARNING, "spf.penalty");
	mg_log_octets(&line, "domain", spf->words.domain, strlen(spf->words.domain));
	mg_log_text(&line, "text", "its records cost too much time or DNS, again and again; temperror for a minute");
	mg_log_end(&line);
}

/* The end of it, in time. */
static mg_step
spf_finish(mg_spf_check *spf)
{
	if (spf->skipped == NULL)
		spf_note_cost(spf, FALSE);
	if (spf->transaction != 0)
		mg_spf_memory_keep(spf->tools->spf_memory, spf->transaction, spf);
	g_clear_pointer(&spf->trusted, g_ptr_array_unref);
	return spf_enter(spf, SPF_DONE);
}

/* RFC 7208 4.6.4. Not kept for the transaction: by the next recipient DNS may have said more. */
static mg_step
spf_expire(mg_spf_check *spf)
{
	g_clear_pointer(&spf->trusted, g_ptr_array_unref);
	if (spf->run != NULL) {   /* what the domain itself came to holds */
		mg_spf_run_end(spf->run, MG_SPF_TEMPERROR, "time is up");
		spf_note_cost(spf, spf->state == SPF_JUDGE);
	}
	return spf_enter(spf, SPF_DONE);
}

static mg_step
spf_step(mg_check *check)
{
	mg_spf_check *spf = (mg_spf_check *)check;

	if (spf->state != SPF_DONE && mg_check_expired(check))
		return spf_expire(spf);

	switch (spf->state) {
	case SPF_START:
		if (spf->skipped != NULL)
			return spf_enter(spf, SPF_DONE);
		if (mg_penalty_box_holds(spf->tools->penalty_box, spf->words.domain, g_get_monotonic_time())) {
			mg_spf_run_end(spf->run, MG_SPF_TEMPERROR, "its records cost too much lately; not asked for within a minute");
			return spf_enter(spf, SPF_DONE);
		}
		return spf_enter(spf, SPF_JUDGE);

	case SPF_JUDGE:
		if (!mg_spf_run_step(spf->run))
			return MG_STEP_WAIT;
		if (mg_spf_run_outcome(spf->run)->result == MG_SPF_PASS)
			return spf_finish(spf);
		spf_begin_trusted(spf);
		return spf_enter(spf, SPF_TRUST);

	case SPF_TRUST:
		return spf_step_trusted(spf) ? spf_finish(spf) : MG_STEP_WAIT;

	case SPF_DONE:
		return MG_STEP_DONE;
	}
	g_assert_not_reached();
}

/* ---- begin and end ---- */

static void
spf_release(mg_check *check)
{
	mg_spf_check_unref((mg_spf_check *)check);
}

mg_spf_check *
mg_spf_check_new(const mg_tools *tools, mg_policy *policy, const mg_spf_subject *subject, mg_identity identity, gint64 now_s)
{
	const mg_facts *facts = subject->facts;
	g_autofree char *skipped = mg_spf_subject_skip(policy, subject, identity);
	gint64 share_us = mg_check_share_us(facts->deadline_ms);
	mg_spf_check *spf = skipped == NULL && facts->transaction != 0
	                    ? mg_spf_memory_find(tools->spf_memory, facts->transaction, identity, policy) : NULL;

	if (spf != NULL)
		return spf;
	spf = g_new0(mg_spf_check, 1);
	spf->base.step = spf_step;
	spf->base.free = spf_release;
	spf->base.deadline_us = g_get_monotonic_time() + MIN(share_us, DEADLINE_US);
	spf->n_references = 1;
	spf->tools = tools;
	spf->policy = mg_policy_ref(policy);
	spf->transaction = facts->transaction;
	spf->identity = identity;
	spf->skipped = g_steal_pointer(&skipped);
	mg_spf_identity_read(subject, identity, &spf->words);
	if (spf->skipped != NULL)
		return spf;
	spf->question = (mg_spf_question){
		.client = subject->client->ip, .domain = spf->words.domain, .sender = spf->words.sender, .helo = spf->words.helo,
		.receiver = policy->hostname, .now_s = now_s, .wants_explanation = policy->spf.wants_explanation,
		.limits = mg_spf_limits_standard,
	};
	spf->question.limits.voids_max = (guint)policy->spf.voids_max;
	spf->question.limits.voids_by_query = policy->spf.voids_by_query;
	spf_begin(spf);
	if (facts->spf_record.octets != NULL)
		run_suppose(spf->run, spf->words.domain, facts->spf_record.octets, facts->spf_record.length);
	return spf;
}

mg_spf_check *
mg_spf_check_ref(mg_spf_check *spf)
{
	spf->n_references++;
	return spf;
}

void
mg_spf_check_unref(mg_spf_check *spf)
{
	if (spf == NULL || --spf->n_references > 0)
		return;
	g_clear_pointer(&spf->trusted, g_ptr_array_unref);
	mg_spf_run_free(spf->run);
	mg_policy_unref(spf->policy);
	g_free(spf->skipped);
	mg_spf_identity_clear(&spf->words);
	g_free(spf);
}

mg_check *
mg_spf_check_base(mg_spf_check *spf)
{
	return &spf->base;
}

/* ---- the result ---- */

mg_identity
mg_spf_check_identity(const mg_spf_check *spf)
{
	return spf->identity;
}

const mg_policy *
mg_spf_check_policy(const mg_spf_check *spf)
{
	return spf->policy;
}

const mg_spf_outcome *
mg_spf_check_outcome(const mg_spf_check *spf)
{
	static const mg_spf_outcome none = { .result = MG_SPF_NONE, .matched_log2 = -1, .record_log2 = -1, .ttl_s = G_MAXUINT32 };

	return spf->skipped == NULL ? mg_spf_run_outcome(spf->run) : &none;
}

const char *
mg_spf_check_domain(const mg_spf_check *spf)
{
	return spf->words.domain;
}

const char *
mg_spf_check_skipped(const mg_spf_check *spf)
{
	return spf->skipped;
}

gsize
mg_spf_check_size(const mg_spf_check *spf)
{
	return sizeof(*spf) + strlen(spf->words.domain) + strlen(spf->words.sender) + strlen(spf->words.helo)
	       + (spf->run != NULL ? mg_spf_run_size(spf->run) : 0);
}

static void
report_evidence(const mg_spf_check *spf, const char *check, mg_evidence *evidence)
{
	const mg_spf_outcome *outcome = mg_spf_check_outcome(spf);
	const mg_spf_limits *limits = &spf->question.limits;

	mg_evidence_add_word(evidence, check, "domain", spf->words.domain);
	mg_evidence_add_text(evidence, check, "skipped", spf->skipped);
	if (spf->skipped != NULL)
		return;
	mg_evidence_add_text(evidence, check, "engine", mg_spf_engine_names[spf->policy->spf.engine]);
	mg_evidence_add_text(evidence, check, "matched", outcome->matched);
	mg_evidence_add_text(evidence, check, "record", outcome->record);
	mg_evidence_add_text(evidence, check, "problem", outcome->problem);
	mg_evidence_add_text(evidence, check, "explanation", outcome->explanation);
	mg_evidence_add_number(evidence, check, "lookups", outcome->n_terms);
	mg_evidence_add_number(evidence, check, "lookups-max", limits->terms_max);
	mg_evidence_add_number(evidence, check, "voids", outcome->n_voids);
	mg_evidence_add_number(evidence, check, "voids-max", limits->voids_max);
	mg_evidence_add_number(evidence, check, "queries", outcome->n_queries);
	mg_evidence_add_number(evidence, check, "rounds", mg_spf_run_rounds(spf->run));
	mg_evidence_add_number(evidence, check, "elapsed-us", mg_spf_run_elapsed_us(spf->run));
	if (outcome->matched_log2 >= 0)
		mg_evidence_add_number(evidence, check, "breadth", outcome->matched_log2);
	if (outcome->record_log2 >= 0)
		mg_evidence_add_number(evidence, check, "record-breadth", outcome->record_log2);
	if (outcome->ttl_s != G_MAXUINT32)
		mg_evidence_add_number(evidence, check, "ttl-s", outcome->ttl_s);
}

static void
report_trace(const mg_spf_check *spf, const char *check, mg_trace *trace)
{
	const mg_spf_outcome *outcome = mg_spf_check_outcome(spf);

	mg_trace_add(trace, "%s: %s for %s; %u terms, %u voids, %u queries, %u rounds%s%s", check,
	             mg_spf_result_name(outcome->result), spf->words.domain, outcome->n_terms, outcome->n_voids,
	             outcome->n_queries, mg_spf_run_rounds(spf->run), outcome->problem ? "; " : "",
	             outcome->problem ? outcome->problem : "");
	mg_trace_add_all(trace, mg_spf_run_tree(spf->run));
}

/* Of all answers that the result depends on; unknown: of what could not be found out, or asked nothing. */
static mg_tristate
spf_is_secure(const mg_spf_check *spf)
{
	const mg_spf_outcome *outcome = mg_spf_check_outcome(spf);

	if (outcome->result == MG_SPF_TEMPERROR || outcome->n_queries == 0)
		return MG_UNKNOWN;
	return outcome->is_secure ? MG_YES : MG_NO;
}

/* Whose set of actions holds, if it is not the usual one: the recipient's, the domain's, or that for domains that send no
 * mail. NULL: the usual one does. */
static const mg_consequence *
find_actions(const mg_spf_check *spf, mg_reason reason, const mg_path *forward, mg_trace *trace)
{
	const mg_spf_policy *policy = &spf->policy->spf;
	guint index = reason - MG_REASON_SPF_PASS;

	for (guint i = 0; forward != NULL && i < policy->fors->len; i++) {
		const mg_spf_for *of = policy->fors->pdata[i];

		if (mg_addresses_find_any(of->recipients, forward) != NULL) {
			mg_trace_add(trace, "spf: the recipient is in [spf-for %s]", of->name);
			return &of->actions[index];
		}
	}
	if (mg_domains_find(policy->listed, spf->words.domain, NULL) != NULL) {
		mg_trace_add(trace, "spf: %s is in [spf listed]", spf->words.domain);
		return &policy->listed_actions[index];
	}
	if (reason == MG_REASON_SPF_FAIL && mg_spf_check_outcome(spf)->sends_no_mail) {
		mg_trace_add(trace, "spf: %s sends no mail", spf->words.domain);
		return &policy->no_mail_action;
	}
	return NULL;
}

void
mg_spf_check_report(const mg_spf_check *spf, const mg_path *forward, mg_results *results, mg_trace *trace,
                    mg_evidence *evidence)
{
	gboolean is_helo = spf->identity == MG_IDENTITY_HELO;
	const char *check = check_names[spf->identity];
	mg_reason reason = reasons[mg_spf_check_outcome(spf)->result][is_helo];

	report_evidence(spf, check, evidence);
	if (spf->skipped != NULL) {
		mg_trace_add(trace, "%s: skipped, %s", check, spf->skipped);
		if (!is_helo)
			mg_results_add(results, MG_REASON_SPF_SKIPPED, NULL);
		return;
	}
	if (trace != NULL)
		report_trace(spf, check, trace);
	mg_dnssec_tell(spf_is_secure(spf), check, trace, evidence);
	mg_results_add_listed(results, reason, spf->words.domain, is_helo ? NULL : find_actions(spf, reason, forward, trace));
}
