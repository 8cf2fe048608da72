/* spf.c - see spf.h. */
#include "check/spf.h"

#include <string.h>

#include "check/spf_memory.h"
#include "check/spf_run.h"

#define DEADLINE_US  (20 * G_USEC_PER_SEC)   /* RFC 7208 4.6.4: at least 20 seconds; the request's may be less */
#define RESERVE      8                       /* a part of the request's time is left for what comes after */
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
	char            *domain;       /* owned; <domain> */
	char            *sender;       /* owned; <sender> */
	char            *helo;         /* owned */
	char            *skipped;      /* owned; why there is no judging; NULL: there is */
	mg_spf_question  question;
	mg_spf_run      *run;          /* owned */
	GPtrArray       *trusted;      /* owned; of mg_spf_run, by policy->spf.trusted_domains; NULL: not begun */
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

/* ---- the identity ---- */

/* The HELO word as text, "" if it holds what no name and no address holds. */
static char *
helo_text(const mg_facts *facts)
{
	if (facts->helo.octets == NULL || memchr(facts->helo.octets, 0, facts->helo.length) != NULL)
		return g_strdup("");
	return g_strndup(facts->helo.octets, facts->helo.length);
}

/* RFC 7208 2.4: MAIL FROM, or postmaster at the HELO name for the null reverse-path; 2.3: the HELO name. */
static void
spf_take_identity(mg_spf_check *spf, const mg_spf_subject *subject)
{
	const mg_path *path = mg_envelope_reverse(subject->envelope);
	mg_words written = subject->facts->reverse_path;
	const char *start = written.octets;

	spf->helo = helo_text(subject->facts);
	if (spf->identity == MG_IDENTITY_HELO || path == NULL || path->is_null) {
		spf->domain = g_strdup(spf->helo);
		spf->sender = g_strconcat("postmaster@", spf->helo, NULL);
		return;
	}
	if (path->forms & MG_FORM_ROUTE)
		start = (const char *)memchr(start, ':', written.length) + 1;
	spf->domain = g_strdup(path->layers[0].domain ? path->layers[0].domain : "");
	spf->sender = g_strndup(start, written.length - (gsize)(start - written.octets));
}

/* Why there is nothing to judge, or NULL. */
static const char *
find_skip(const mg_spf_policy *policy, const mg_spf_subject *subject, mg_identity identity)
{
	const mg_client *client = subject->client;
	guint set;

	if (subject->facts->auth.length > 0)
		return "the client is authenticated";
	if (!client->has_ip || client->doubt != NULL)
		return "the client's address is not known";
	if (mg_networks_find(policy->skipped, &client->ip, &set, NULL))
		return "the client is in skip-networks";
	if (mg_hosts_contain(&policy->trusted, &client->ip, client->name[0] ? client->name : NULL))
		return "the client is trusted";
	if (identity == MG_IDENTITY_HELO && subject->facts->helo.octets == NULL)
		return "there is no HELO";
	if (identity == MG_IDENTITY_MAIL_FROM && mg_envelope_reverse(subject->envelope) == NULL)
		return subject->facts->reverse_path.octets == NULL ? "there is no reverse-path" : "the reverse-path is none";
	if (subject->is_granted)
		return "the client may relay";
	return NULL;
}

/* ---- the run ---- */

static void
spf_woken(void *context)
{
	mg_spf_check *spf = context;

	if (spf->base.wake != NULL)
		spf->base.wake(spf->base.wake_context);
}

static void
spf_begin(mg_spf_check *spf)
{
	spf->run = mg_spf_run_new(spf->tools->resolver, spf->tools->evaluate_spf, &spf->question, spf_woken, spf);
	mg_spf_run_explain(spf->run, mg_trace_new(spf->tools->trace_detail, check_names[spf->identity]));
}

/* A record that stands in for the one of the identity's domain. */
static void
spf_suppose(mg_spf_check *spf, const mg_words *record)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	mg_dns_answer *answer;

	if (!mg_dns_name_from_text(spf->domain, strlen(spf->domain), &question.name))
		return;
	answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", 1);
	answer->records[0].text = g_strndup(record->octets, record->length);
	answer->records[0].length = record->length;
	mg_spf_run_suppose(spf->run, answer);
}

/* All of them at once: each takes what the others have brought. */
static void
spf_begin_trusted(mg_spf_check *spf)
{
	const GPtrArray *domains = spf->policy->spf.trusted_domains;

	spf->trusted = g_ptr_array_new_with_free_func((GDestroyNotify)mg_spf_run_free);
	for (guint i = 0; i < domains->len; i++) {
		mg_spf_question question = spf->question;

		question.domain = question.sender = domains->pdata[i];   /* postmaster there (RFC 7208 4.3) */
		question.wants_explanation = FALSE;
		g_ptr_array_add(spf->trusted, mg_spf_run_new(spf->tools->resolver, spf->tools->evaluate_spf, &question,
		                                             spf_woken, spf));
	}
}

/* TRUE: it is known whether the client is a trusted forwarder. */
static gboolean
spf_step_trusted(mg_spf_check *spf)
{
	gboolean is_waiting = FALSE;

	for (guint i = 0; i < spf->trusted->len; i++) {
		mg_spf_run *run = spf->trusted->pdata[i];

		if (!mg_spf_run_step(run)) {
			is_waiting = TRUE;
		} else if (mg_spf_run_outcome(run)->result == MG_SPF_PASS) {
			spf->skipped = g_strdup_printf("the client is trusted: SPF of %s lets it pass",
			                               (const char *)spf->policy->spf.trusted_domains->pdata[i]);
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
	    || !mg_penalty_box_note(spf->tools->penalty_box, spf->domain, g_get_monotonic_time()))
		return;
	mg_log_begin(&line, spf->tools->log, MG_LEVEL_WARNING, "spf.penalty");
	mg_log_octets(&line, "domain", spf->domain, strlen(spf->domain));
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
		if (mg_penalty_box_holds(spf->tools->penalty_box, spf->domain, g_get_monotonic_time())) {
			mg_spf_run_end(spf->run, MG_SPF_TEMPERROR, "its records cost too much lately; not asked for within a minute");
			return spf_enter(spf, SPF_DONE);
		}
		return spf_enter(spf, SPF_JUDGE);

	case SPF_JUDGE:
		if (!mg_spf_run_step(spf->run))
			return MG_STEP_WAIT;
		if (mg_spf_run_outcome(spf->run)->result == MG_SPF_PASS || spf->policy->spf.trusted_domains == NULL)
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
	const char *skipped = find_skip(&policy->spf, subject, identity);
	gint64 share_us = (gint64)facts->deadline_ms * 1000 * (RESERVE - 1) / RESERVE;
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
	spf->skipped = g_strdup(skipped);
	spf_take_identity(spf, subject);
	if (skipped != NULL)
		return spf;
	spf->question = (mg_spf_question){
		.client = subject->client->ip, .domain = spf->domain, .sender = spf->sender, .helo = spf->helo,
		.receiver = policy->hostname, .now_s = now_s, .wants_explanation = policy->spf.wants_explanation,
		.limits = mg_spf_limits_standard,
	};
	spf->question.limits.voids_max = (guint)policy->spf.voids_max;
	spf->question.limits.voids_by_query = policy->spf.voids_by_query;
	spf_begin(spf);
	if (facts->spf_record.octets != NULL)
		spf_suppose(spf, &facts->spf_record);
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
	g_free(spf->domain);
	g_free(spf->sender);
	g_free(spf->helo);
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
	return spf->domain;
}

const char *
mg_spf_check_skipped(const mg_spf_check *spf)
{
	return spf->skipped;
}

gsize
mg_spf_check_size(const mg_spf_check *spf)
{
	return sizeof(*spf) + strlen(spf->domain) + strlen(spf->sender) + strlen(spf->helo)
	       + (spf->run != NULL ? mg_spf_run_size(spf->run) : 0);
}

static void
report_evidence(const mg_spf_check *spf, const char *check, mg_evidence *evidence)
{
	const mg_spf_outcome *outcome = mg_spf_check_outcome(spf);
	const mg_spf_limits *limits = &spf->question.limits;

	mg_evidence_add_word(evidence, check, "domain", spf->domain);
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
	             mg_spf_result_name(outcome->result), spf->domain, outcome->n_terms, outcome->n_voids,
	             outcome->n_queries, mg_spf_run_rounds(spf->run), outcome->problem ? "; " : "",
	             outcome->problem ? outcome->problem : "");
	mg_trace_add_all(trace, mg_spf_run_tree(spf->run));
}

void
mg_spf_check_report(const mg_spf_check *spf, mg_results *results, mg_trace *trace, mg_evidence *evidence)
{
	gboolean is_helo = spf->identity == MG_IDENTITY_HELO;
	const mg_spf_policy *policy = &spf->policy->spf;
	const char *check = check_names[spf->identity];
	mg_reason reason = reasons[mg_spf_check_outcome(spf)->result][is_helo];
	gboolean is_listed = !is_helo && mg_domains_find(policy->listed, spf->domain, NULL) != NULL;

	report_evidence(spf, check, evidence);
	if (spf->skipped != NULL) {
		mg_trace_add(trace, "%s: skipped, %s", check, spf->skipped);
		if (!is_helo)
			mg_results_add(results, MG_REASON_SPF_SKIPPED, NULL);
		return;
	}
	if (trace != NULL)
		report_trace(spf, check, trace);
	if (is_listed)
		mg_trace_add(trace, "spf: %s is in [spf listed]", spf->domain);
	mg_results_add_listed(results, reason, spf->domain,
	                      is_listed ? &policy->listed_actions[reason - MG_REASON_SPF_PASS] : NULL);
}
