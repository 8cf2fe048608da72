/* inquiry.c - see inquiry.h. */
#include "inquiry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check/stage.h"
#include "fields.h"
#include "verdict/decide.h"
#include "verdict/message.h"
#include "verdict/reply.h"

struct mg_inquiry {
	mg_policy   *policy;     /* ref held */
	guint8      *question;   /* owned; the message asked */
	gsize        n_question;
	mg_facts     facts;      /* borrowed from question */
	gint64       asked_us, deadline_us;
	gboolean     has_begun;
	mg_stage_checks checks;  /* owned */
	guint8      *verdict;    /* owned, by malloc; NULL until it is done */
	gsize        n_verdict;
};

mg_inquiry *
mg_inquiry_new(const guint8 *octets, gsize length, mg_policy *policy)
{
	mg_inquiry *inquiry = g_new0(mg_inquiry, 1);

	inquiry->question = g_memdup2(octets, length);
	inquiry->n_question = length;
	if (!mg_facts_read(inquiry->question, length, &inquiry->facts)) {
		g_free(inquiry->question);
		g_free(inquiry);
		return NULL;
	}
	inquiry->policy = mg_policy_ref(policy);
	inquiry->asked_us = g_get_monotonic_time();
	inquiry->deadline_us = inquiry->asked_us + (gint64)inquiry->facts.deadline_ms * 1000;
	return inquiry;
}

void
mg_inquiry_free(mg_inquiry *inquiry)
{
	if (inquiry == NULL)
		return;
	mg_stage_checks_clear(&inquiry->checks);
	mg_policy_unref(inquiry->policy);
	g_free(inquiry->question);
	free(inquiry->verdict);
	g_free(inquiry);
}

guint64
mg_inquiry_request(const mg_inquiry *inquiry)
{
	return inquiry->facts.request;
}

static void
log_verdict(const mg_inquiry *inquiry, const mg_tools *tools, const mg_facts *facts,
            const mg_stage_outcome *outcome, const mg_decision *decision, const mg_reply *reply)
{
	static const char *const question_names[] = {
		[MG_ASK_RELAY] = "relay", [MG_ASK_SPF] = "spf", [MG_ASK_HELO] = "helo", [MG_ASK_RECIPIENT] = "recipient",
		[MG_ASK_AUDIT] = "audit", [MG_TELL_DELIVERY] = "delivery",
	};
	char name[MG_REASON_NAME_MAX], ip[MG_IP_TEXT_MAX];
	mg_log_line line;

	mg_log_begin(&line, tools->log, MG_LEVEL_INFO, "verdict");
	if (line.log == NULL)
		return;
	if (facts->session_id[0] != 0)
		mg_log_text(&line, "id", facts->session_id);
	mg_log_text(&line, "asked", facts->stage ? mg_stage_name((int)facts->stage) : question_names[facts->question]);
	mg_client_format(&outcome->client, ip);
	mg_log_text(&line, "client", ip);
	mg_log_text(&line, "action", mg_action_name((int)decision->action));
	mg_log_number(&line, "code", reply->code);
	mg_reason_name(decision->reason, name);
	mg_log_text(&line, "reason", name);
	if (outcome->relay.grant != NULL)
		mg_log_text(&line, "grant", outcome->relay.grant->name);
	if (outcome->client.zone != NULL)
		mg_log_text(&line, "zone", outcome->client.zone->name);
	if (decision->pending_action != 0) {
		mg_reason_name(decision->pending_reason, name);
		mg_log_text(&line, "pending", name);
	}
	for (guint i = 0; i < outcome->results.n; i++) {
		const mg_result *result = &outcome->results.all[i];
		mg_consequence consequence = mg_decide_consequence(inquiry->policy, result);

		mg_reason_name(result->reason, name);
		if (consequence == MG_CONSEQUENCE_FLAG || consequence == MG_CONSEQUENCE_MONITOR)
			mg_log_text(&line, mg_consequence_name(consequence), name);
	}
	if (facts->helo.octets != NULL)
		mg_log_octets(&line, "helo", facts->helo.octets, facts->helo.length);
	if (facts->reverse_path.octets != NULL)
		mg_log_octets(&line, "from", facts->reverse_path.octets, facts->reverse_path.length);
	if (facts->forward_path.octets != NULL)
		mg_log_octets(&line, "to", facts->forward_path.octets, facts->forward_path.length);
	if (facts->auth.length > 0)
		mg_log_octets(&line, "auth", facts->auth.octets, facts->auth.length);
	mg_log_number(&line, "us", g_get_monotonic_time() - inquiry->asked_us);
	mg_log_end(&line);
}

static const mg_spf_check *
inquiry_spf(const mg_inquiry *inquiry, mg_identity identity)
{
	return inquiry->checks.spf[identity];
}

static void
build_reply(const mg_inquiry *inquiry, const mg_facts *facts, const mg_stage_outcome *outcome,
            const mg_decision *decision, mg_reply *reply_out)
{
	char ip[MG_IP_TEXT_MAX], name[MG_REASON_NAME_MAX];
	mg_reply_words words = {
		.client_ip = ip, .helo = facts->helo, .sender = facts->reverse_path, .recipient = facts->forward_path,
		.result = mg_reason_get(decision->reason)->word, .reason = name, .hostname = inquiry->policy->hostname,
	};

	mg_client_format(&outcome->client, ip);
	mg_reason_name(decision->reason, name);
	for (guint i = 0; i < outcome->results.n; i++)
		if (outcome->results.all[i].reason == decision->reason)
			words.domain = outcome->results.all[i].domain;
	if (decision->reason == MG_REASON_SPF_FAIL)
		words.explanation = mg_spf_check_outcome(inquiry_spf(inquiry, MG_IDENTITY_MAIL_FROM))->explanation;
	if (decision->reason == MG_REASON_SPF_HELO_FAIL)
		words.explanation = mg_spf_check_outcome(inquiry_spf(inquiry, MG_IDENTITY_HELO))->explanation;
	mg_reply_build(inquiry->policy, decision->action, decision->reason, &words, reply_out);
}

/* Time is up before the question was judged. Accepting would relay for anybody: not where that is decided. */
static void
decide_deadline(const mg_inquiry *inquiry, const mg_facts *facts, mg_stage_outcome *outcome, mg_trace *trace,
                mg_decision *decision_out)
{
	gboolean decides_relay = facts->question == MG_ASK_RELAY || facts->stage == MG_STAGE_RCPT;
	int on_failure = facts->on_failure ? facts->on_failure : inquiry->policy->on_failure;

	mg_client_identify(inquiry->policy, facts, &outcome->client);
	outcome->results.n = 0;
	outcome->relay = (mg_relay_answer){ MG_REASON_NONE, NULL, FALSE };
	mg_results_add(&outcome->results, MG_REASON_ENGINE_DEADLINE, NULL);
	mg_trace_add(trace, "engine: the deadline passed before the question was judged");
	*decision_out = (mg_decision){
		.action = on_failure == MG_ACCEPT && !decides_relay ? MG_ACCEPT : MG_DEFER,
		.reason = MG_REASON_ENGINE_DEADLINE,
		.is_final = TRUE,
	};
}

static void
watch_for_nat(const mg_tools *tools, const mg_facts *facts, const mg_stage_outcome *outcome)
{
	char ip[MG_IP_TEXT_MAX];
	mg_log_line line;

	if (outcome->relay.reason != MG_REASON_RELAY_GRANTED || outcome->relay.grant->zones == NULL
	    || !outcome->client.has_ip || outcome->client.zone->is_shared_by_nat
	    || !mg_nat_watch_see(tools->nat_watch, &outcome->client.ip, facts->helo, g_get_monotonic_time()))
		return;
	mg_client_format(&outcome->client, ip);
	mg_log_begin(&line, tools->log, MG_LEVEL_WARNING, "relay.nat-suspected");
	mg_log_text(&line, "client", ip);
	mg_log_text(&line, "zone", outcome->client.zone->name);
	mg_log_text(&line, "grant", outcome->relay.grant->name);
	mg_log_text(&line, "text", "more HELO names within 10 minutes than one host has; is it a firewall?");
	mg_log_end(&line);
}

/* From whatever is known by now to the verdict. FALSE: no memory for it; it may be tried again. */
static gboolean
inquiry_conclude(mg_inquiry *inquiry, const mg_tools *tools)
{
	g_autoptr(mg_trace) trace = mg_trace_new(tools->trace_detail, NULL);
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	const mg_facts *facts = &inquiry->facts;
	mg_stage_outcome outcome;
	mg_decision decision;
	mg_fields fields = { { NULL, NULL }, NULL };
	mg_reply reply;

	if (g_get_monotonic_time() >= inquiry->deadline_us) {
		decide_deadline(inquiry, facts, &outcome, trace, &decision);
	} else {
		mg_stage_run(inquiry->policy, facts, (gint64)time(NULL), &inquiry->checks, trace, evidence, &outcome);
		mg_decide(inquiry->policy, &outcome.circumstances, &outcome.results, trace, &decision);
		watch_for_nat(tools, facts, &outcome);
		mg_fields_build(inquiry->policy, facts, &inquiry->checks, &outcome, &fields);
	}
	build_reply(inquiry, facts, &outcome, &decision, &reply);
	inquiry->verdict = mg_message_verdict(facts, &decision, &reply, &outcome.results, &fields, evidence, trace,
	                                      &inquiry->n_verdict);
	mg_fields_clear(&fields);
	if (inquiry->verdict == NULL)
		return FALSE;
	log_verdict(inquiry, tools, facts, &outcome, &decision, &reply);
	mg_stage_checks_clear(&inquiry->checks);
	return TRUE;
}

/* What the checks that are done make of the client, whoever the recipient is. */
static gboolean
is_refused_already(const mg_inquiry *inquiry)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	mg_stage_outcome *outcome = g_new(mg_stage_outcome, 1);
	mg_decision decision;

	mg_stage_run(inquiry->policy, &inquiry->facts, (gint64)time(NULL), &inquiry->checks, NULL, evidence, outcome);
	mg_decide(inquiry->policy, &outcome->circumstances, &outcome->results, NULL, &decision);
	g_free(outcome);
	return decision.action > MG_ACCEPT;
}

/* One step of check number @index. TRUE: it waits. */
static gboolean
step_check(mg_inquiry *inquiry, guint index, void (*wake)(void *context), void *context, gint64 *wait_until_us)
{
	mg_check *check = mg_stage_check(&inquiry->checks, index);

	if (check == NULL)
		return FALSE;
	check->wake = wake;
	check->wake_context = context;
	if (mg_check_run(check) != MG_STEP_WAIT)
		return FALSE;
	*wait_until_us = MIN(*wait_until_us, check->deadline_us);
	return TRUE;
}

gboolean
mg_inquiry_step(mg_inquiry *inquiry, const mg_tools *tools, void (*wake)(void *context), void *context,
                gint64 *wait_until_us_out)
{
	const guint last = MG_STAGE_CHECKS_MAX - 1;   /* the recipient's */
	mg_recipient_check *recipient;
	gboolean waits = FALSE;

	if (!inquiry->has_begun)
		mg_stage_begin(tools, inquiry->policy, &inquiry->facts, (gint64)time(NULL), &inquiry->checks);
	inquiry->has_begun = TRUE;
	recipient = inquiry->checks.recipient;
	*wait_until_us_out = inquiry->deadline_us;
	for (guint i = 0; i < last; i++)
		waits |= step_check(inquiry, i, wake, context, wait_until_us_out);
	if (!waits && recipient != NULL && mg_recipient_check_is_held(recipient))
		mg_recipient_check_give_leave(recipient, is_refused_already(inquiry));
	waits |= step_check(inquiry, last, wake, context, wait_until_us_out);
	if (waits && g_get_monotonic_time() < inquiry->deadline_us)
		return FALSE;
	*wait_until_us_out = 0;   /* at once, if there was no memory for the verdict */
	return inquiry_conclude(inquiry, tools);
}

guint8 *
mg_inquiry_take_verdict(mg_inquiry *inquiry, gsize *length_out)
{
	*length_out = inquiry->n_verdict;
	return g_steal_pointer(&inquiry->verdict);
}
