/* spf.c - see spf.h. */
#include "check/spf.h"

#include <string.h>

#define DEADLINE_US (20 * G_USEC_PER_SEC)   /* RFC 7208 4.6.4: at least 20 seconds; the request's may be less */
#define RESERVE     8                       /* a part of the request's time is left for what comes after */

typedef enum spf_state { SPF_START, SPF_EVALUATE, SPF_AWAIT, SPF_DONE } spf_state;

/* One question to DNS under way. */
typedef struct spf_pending {
	mg_spf_check       *spf;      /* borrowed */
	mg_resolver_ticket *ticket;   /* borrowed from the resolver until it answers */
} spf_pending;

struct mg_spf_check {
	mg_check        base;       /* first: the engine knows only this part */
	spf_state       state;      /* written by spf_enter() alone */
	mg_resolver    *resolver;   /* borrowed */
	mg_identity     identity;
	char           *domain;     /* owned; <domain> */
	char           *sender;     /* owned; <sender> */
	char           *helo;       /* owned */
	const char     *skipped;    /* constant: why there is no judging; NULL: there is */
	mg_spf_question question;
	GHashTable     *answers;    /* owned; every answer so far, by its question */
	GArray         *missing;    /* owned; of mg_dns_question: what the last evaluation looked for in vain */
	GPtrArray      *pending;    /* owned; of spf_pending: asked and not yet answered */
	guint           n_rounds;
	mg_trace       *tree;       /* owned; the explained evaluation */
	mg_spf_outcome  outcome;    /* has meaning in SPF_DONE */
};

static mg_step spf_step(mg_check *check);
static void spf_free(mg_check *check);

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
spf_take_identity(mg_spf_check *spf, const mg_facts *facts, const mg_envelope *envelope)
{
	const mg_path *path = mg_envelope_reverse(envelope);

	if (spf->identity == MG_IDENTITY_HELO || path == NULL || path->is_null) {
		spf->domain = g_strdup(spf->helo);
		spf->sender = g_strconcat("postmaster@", spf->helo, NULL);
		return;
	}
	spf->domain = g_strdup(path->layers[0].domain ? path->layers[0].domain : "");
	if (path->forms & MG_FORM_ROUTE) {
		const char *colon = memchr(facts->reverse_path.octets, ':', facts->reverse_path.length);

		spf->sender = g_strndup(colon + 1, facts->reverse_path.length - (gsize)(colon + 1 - facts->reverse_path.octets));
	} else {
		spf->sender = g_strndup(facts->reverse_path.octets, facts->reverse_path.length);
	}
}

/* Why there is nothing to judge, or NULL. */
static const char *
find_skip(const mg_policy *policy, const mg_facts *facts, const mg_client *client, const mg_envelope *envelope,
          mg_identity identity)
{
	guint set;

	if (facts->auth.length > 0)
		return "the client is authenticated";
	if (!client->has_ip || client->doubt != NULL)
		return "the client's address is not known";
	if (mg_networks_find(policy->spf.skipped, &client->ip, &set, NULL))
		return "the client is in skip-networks";
	if (mg_hosts_contain(&policy->spf.trusted, &client->ip, client->name[0] ? client->name : NULL))
		return "the client is trusted";
	if (identity == MG_IDENTITY_HELO && facts->helo.octets == NULL)
		return "there is no HELO";
	if (identity == MG_IDENTITY_MAIL_FROM && mg_envelope_reverse(envelope) == NULL)
		return "there is no reverse-path";
	return NULL;
}

mg_spf_check *
mg_spf_check_new(mg_resolver *resolver, const mg_policy *policy, const mg_facts *facts, const mg_client *client,
                 const mg_envelope *envelope, mg_identity identity, gint64 now_s)
{
	mg_spf_check *spf = g_new0(mg_spf_check, 1);
	gint64 share_us = (gint64)facts->deadline_ms * 1000 * (RESERVE - 1) / RESERVE;

	spf->base.step = spf_step;
	spf->base.free = spf_free;
	spf->base.deadline_us = g_get_monotonic_time() + MIN(share_us, DEADLINE_US);
	spf->resolver = resolver;
	spf->identity = identity;
	spf->helo = helo_text(facts);
	spf->skipped = find_skip(policy, facts, client, envelope, identity);
	spf_take_identity(spf, facts, envelope);
	spf->answers = g_hash_table_new_full(mg_dns_question_hash, mg_dns_question_equal, NULL,
	                                     (GDestroyNotify)mg_dns_answer_unref);
	spf->missing = g_array_new(FALSE, FALSE, sizeof(mg_dns_question));
	spf->pending = g_ptr_array_new_with_free_func(g_free);
	spf->question = (mg_spf_question){
		.client = client->ip, .domain = spf->domain, .sender = spf->sender, .helo = spf->helo,
		.receiver = policy->hostname, .now_s = now_s, .wants_explanation = policy->spf.wants_explanation,
		.limits = mg_spf_limits_standard,
	};
	spf->question.limits.voids_max = (guint)policy->spf.voids_max;
	spf->question.limits.voids_by_query = policy->spf.voids_by_query;
	return spf;
}

mg_check *
mg_spf_check_base(mg_spf_check *spf)
{
	return &spf->base;
}

/* ---- the run ---- */

static void
spf_cancel(mg_spf_check *spf)
{
	for (guint i = 0; i < spf->pending->len; i++)
		mg_resolver_cancel(((spf_pending *)spf->pending->pdata[i])->ticket);
	g_ptr_array_set_size(spf->pending, 0);
}

static mg_step
spf_enter(mg_spf_check *spf, spf_state state)
{
	spf->state = state;
	return state == SPF_DONE ? MG_STEP_DONE : MG_STEP_AGAIN;
}

/* Ends with a result that no evaluation gave. */
static mg_step
spf_finish(mg_spf_check *spf, mg_spf_result result, const char *problem)
{
	spf_cancel(spf);
	spf->outcome = (mg_spf_outcome){ .result = result, .problem = g_strdup(problem), .matched_log2 = -1,
		                         .record_log2 = -1, .ttl_s = G_MAXUINT32 };
	return spf_enter(spf, SPF_DONE);
}

static void
spf_file(mg_spf_check *spf, mg_dns_answer *answer)
{
	g_hash_table_replace(spf->answers, &answer->question, answer);
}

static void
spf_answered(void *context, mg_dns_answer *answer)
{
	spf_pending *pending = context;
	mg_spf_check *spf = pending->spf;

	spf_file(spf, mg_dns_answer_ref(answer));
	g_ptr_array_remove_fast(spf->pending, pending);
	if (spf->pending->len == 0 && spf->base.wake != NULL)
		spf->base.wake(spf->base.wake_context);
}

/* For the evaluation: what is here; what is not is remembered. */
static mg_dns_answer *
spf_lookup(void *context, const mg_dns_question *question)
{
	mg_spf_check *spf = context;
	mg_dns_answer *answer = g_hash_table_lookup(spf->answers, question);

	if (answer != NULL)
		return answer;
	answer = mg_resolver_peek(spf->resolver, question);
	if (answer != NULL)
		spf_file(spf, answer);
	else
		g_array_append_vals(spf->missing, question, 1);
	return answer;
}

static gboolean
spf_is_asked_twice(const mg_spf_check *spf, guint index)
{
	for (guint i = 0; i < index; i++)
		if (mg_dns_question_equal(&g_array_index(spf->missing, mg_dns_question, i),
		                          &g_array_index(spf->missing, mg_dns_question, index)))
			return TRUE;
	return FALSE;
}

/* All that is missing in one round. */
static void
spf_ask_missing(mg_spf_check *spf)
{
	spf->n_rounds++;
	for (guint i = 0; i < spf->missing->len; i++) {
		spf_pending *pending;
		mg_dns_answer *answer;

		if (spf_is_asked_twice(spf, i))
			continue;
		pending = g_new0(spf_pending, 1);
		pending->spf = spf;
		g_ptr_array_add(spf->pending, pending);   /* first: an answer may come while asking */
		answer = mg_resolver_ask(spf->resolver, &g_array_index(spf->missing, mg_dns_question, i), spf_answered,
		                         pending, &pending->ticket);
		if (answer != NULL) {
			spf_file(spf, answer);
			g_ptr_array_remove_fast(spf->pending, pending);
		}
	}
}

static mg_step
spf_step(mg_check *check)
{
	mg_spf_check *spf = (mg_spf_check *)check;

	if (spf->state != SPF_DONE && mg_check_expired(check))
		return spf_finish(spf, MG_SPF_TEMPERROR, "time is up");   /* RFC 7208 4.6.4 */

	switch (spf->state) {
	case SPF_START:
		return spf->skipped != NULL ? spf_finish(spf, MG_SPF_NONE, NULL) : spf_enter(spf, SPF_EVALUATE);

	case SPF_EVALUATE:
		/* From the answers present, and from the top after each round: rounds are few, and no half-evaluated record is
		 * ever kept. */
		g_array_set_size(spf->missing, 0);
		g_clear_pointer(&spf->tree, mg_trace_free);
		spf->tree = mg_trace_new();
		if (mg_spf_evaluate(&spf->question, spf_lookup, spf, spf->tree, &spf->outcome))
			return spf_enter(spf, SPF_DONE);
		spf_ask_missing(spf);
		return spf_enter(spf, SPF_AWAIT);

	case SPF_AWAIT:
		return spf->pending->len > 0 ? MG_STEP_WAIT : spf_enter(spf, SPF_EVALUATE);

	case SPF_DONE:
		return MG_STEP_DONE;
	}
	g_assert_not_reached();
}

static void
spf_free(mg_check *check)
{
	mg_spf_check *spf = (mg_spf_check *)check;

	spf_cancel(spf);
	if (spf->state == SPF_DONE)
		mg_spf_outcome_clear(&spf->outcome);
	g_ptr_array_unref(spf->pending);
	g_array_unref(spf->missing);
	g_hash_table_unref(spf->answers);
	mg_trace_free(spf->tree);
	g_free(spf->domain);
	g_free(spf->sender);
	g_free(spf->helo);
	g_free(spf);
}

/* ---- the result ---- */

mg_identity
mg_spf_check_identity(const mg_spf_check *spf)
{
	return spf->identity;
}

const mg_spf_outcome *
mg_spf_check_outcome(const mg_spf_check *spf)
{
	return &spf->outcome;
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

guint
mg_spf_check_rounds(const mg_spf_check *spf)
{
	return spf->n_rounds;
}

void
mg_spf_check_report(const mg_spf_check *spf, const mg_policy *policy, mg_results *results, mg_trace *trace)
{
	gboolean is_helo = spf->identity == MG_IDENTITY_HELO;
	const char *check = is_helo ? "spf-helo" : "spf";
	mg_reason reason = reasons[spf->outcome.result][is_helo];
	gboolean is_listed = !is_helo && mg_domains_find(policy->spf.listed, spf->domain, NULL) != NULL;

	if (spf->skipped != NULL) {
		mg_trace_add(trace, "%s: skipped, %s", check, spf->skipped);
		if (!is_helo)
			mg_results_add(results, MG_REASON_SPF_SKIPPED, NULL);
		return;
	}
	mg_trace_add(trace, "%s: %s for %s; %u terms, %u voids, %u queries, %u rounds%s%s", check,
	             mg_spf_result_name(spf->outcome.result), spf->domain, spf->outcome.n_terms, spf->outcome.n_voids,
	             spf->outcome.n_queries, spf->n_rounds, spf->outcome.problem ? "; " : "",
	             spf->outcome.problem ? spf->outcome.problem : "");
	for (guint i = 0; trace != NULL && spf->tree != NULL && i < mg_trace_count(spf->tree); i++)
		mg_trace_add(trace, "%s: %s", check, mg_trace_get(spf->tree, i));
	if (is_listed)
		mg_trace_add(trace, "spf: %s is in [spf listed]", spf->domain);
	mg_results_add_listed(results, reason, spf->domain,
	                      is_listed ? &policy->spf.listed_actions[reason - MG_REASON_SPF_PASS] : NULL);
}
