/* engine.c - questions in flight, verdicts waiting, the policy in force.
 * In:    questions as messages, through the table of api/engine.h
 * Out:   verdicts as messages, exactly one for each question that is not cancelled
 * Rules: only dispatch judges; a question keeps the policy it was asked under; at its deadline there is a verdict. */
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/loop.h"
#include "check/matrix.h"
#include "check/nat_watch.h"
#include "check/stage.h"
#include "policy/policy.h"
#include "verdict/decide.h"
#include "verdict/message.h"
#include "verdict/reply.h"
#include "wire.h"

#define QUESTIONS_A_DISPATCH 64                      /* so that a long queue does not hold the server's loop */
#define REREAD_US            (10 * G_USEC_PER_SEC)   /* lists that could not be read are tried again */

typedef enum question_state { QUESTION_ASKED, QUESTION_ANSWERED } question_state;

typedef struct question {
	guint64        request;       /* key in engine->questions */
	question_state state;         /* written by question_enter() alone */
	GList          link;          /* in engine->asked or engine->answered, by state; its data is the question */
	mg_policy     *policy;        /* ref held while asked */
	guint8        *octets;        /* owned; the message asked, then the verdict */
	gsize          n_octets;
	gint64         asked_us, deadline_us;
} question;

struct mg_engine {
	char         *config;      /* owned */
	mg_log        log;
	mg_loop      *loop;        /* owned */
	mg_policy    *policy;      /* ref held */
	GHashTable   *questions;   /* owned; by request number */
	GQueue        asked;       /* borrowed from questions, oldest first */
	GQueue        answered;    /* borrowed from questions, oldest first */
	mg_nat_watch *nat_watch;   /* owned */
	mg_timer     *reread;      /* owned; runs while the policy has lists that could not be read */
};

static void
question_free(gpointer data)
{
	question *asked = data;

	mg_policy_unref(asked->policy);
	free(asked->octets);   /* not g_free: a verdict is released by the library, through engine_release */
	g_free(asked);
}

/* ---- the policy ---- */

static void
log_findings(const mg_log *log, const mg_findings *findings)
{
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		const mg_finding *finding = mg_findings_get(findings, i);
		mg_log_line line;

		mg_log_begin(&line, log, finding->level,
		             finding->level == MG_LEVEL_ERROR ? "policy.error" : "policy.warning");
		mg_log_text(&line, "file", finding->file);
		mg_log_number(&line, "line", finding->line);
		mg_log_text(&line, "rule", finding->rule);
		mg_log_text(&line, "text", finding->text);
		mg_log_end(&line);
	}
}

/* A policy that may be put in force, or NULL: what it allows is tried before it judges anybody. */
static mg_policy *
load_policy(const char *config, mg_findings *findings)
{
	mg_policy *policy = mg_policy_load(config, findings);
	g_autofree char *why = NULL;

	if (policy != NULL && mg_matrix_leaks(policy, FALSE, &why)) {
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ config, 0 }, "relay-open", "%s", why);
		g_clear_pointer(&policy, mg_policy_unref);
	}
	return policy;
}

static void
engine_adopt(mg_engine *engine, mg_policy *policy)
{
	mg_log_line line;

	mg_policy_unref(engine->policy);
	engine->policy = policy;
	if (policy->n_unreadable > 0)
		mg_timer_start(engine->reread, g_get_monotonic_time() + REREAD_US);
	else
		mg_timer_stop(engine->reread);
	mg_log_begin(&line, &engine->log, MG_LEVEL_INFO, "policy.loaded");
	mg_log_text(&line, "file", engine->config);
	mg_log_number(&line, "zones", policy->zones->len);
	mg_log_number(&line, "grants", policy->grants->len);
	mg_log_number(&line, "unreadable", policy->n_unreadable);
	mg_log_end(&line);
}

static int
engine_reload(mg_engine *engine)
{
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = load_policy(engine->config, findings);
	mg_log_line line;
	int error = MG_OK;

	log_findings(&engine->log, findings);
	mg_findings_free(findings);
	/* A list that has become unreadable keeps the old policy, which has read it, in force. */
	if (policy != NULL && policy->n_unreadable <= engine->policy->n_unreadable) {
		engine_adopt(engine, policy);
	} else {
		mg_policy_unref(policy);
		mg_log_begin(&line, &engine->log, MG_LEVEL_ERROR, "policy.refused");
		mg_log_text(&line, "file", engine->config);
		mg_log_text(&line, "text", "the policy in force stays");
		mg_log_end(&line);
		error = MG_E_POLICY;
	}
	return error;
}

static void
engine_reread(void *context)
{
	mg_engine *engine = context;

	if (engine_reload(engine) != MG_OK)
		mg_timer_start(engine->reread, g_get_monotonic_time() + REREAD_US);
}

/* ---- open and close ---- */

static void
engine_close(mg_engine *engine)
{
	if (engine == NULL)
		return;
	mg_timer_free(engine->reread);
	g_hash_table_unref(engine->questions);
	mg_nat_watch_free(engine->nat_watch);
	mg_policy_unref(engine->policy);
	mg_loop_free(engine->loop);
	g_free(engine->config);
	g_free(engine);
}

static int
engine_open(const mg_options *options, mg_engine **engine_out)
{
	const mg_log log = { options->log, options->log_context, (mg_level)options->log_level };
	mg_loop *loop = mg_loop_new();
	mg_findings *findings;
	mg_policy *policy;
	mg_engine *engine;

	if (loop == NULL)
		return MG_E_SYSTEM;
	findings = mg_findings_new();
	policy = load_policy(options->config, findings);
	log_findings(&log, findings);
	mg_findings_free(findings);
	if (policy == NULL) {
		mg_loop_free(loop);
		return MG_E_POLICY;
	}

	engine = g_new0(mg_engine, 1);
	engine->config = g_strdup(options->config);
	engine->log = log;
	engine->loop = loop;
	engine->questions = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, question_free);
	g_queue_init(&engine->asked);
	g_queue_init(&engine->answered);
	engine->nat_watch = mg_nat_watch_new();
	engine->reread = mg_timer_new(loop, engine_reread, engine);
	engine_adopt(engine, policy);
	*engine_out = engine;
	return MG_OK;
}

static int
engine_fd(const mg_engine *engine)
{
	return mg_loop_fd(engine->loop);
}

/* ---- questions ---- */

static void
engine_update_ready(mg_engine *engine)
{
	mg_loop_set_ready(engine->loop, engine->asked.length > 0 || engine->answered.length > 0);
}

static void
question_enter(mg_engine *engine, question *asked, question_state state)
{
	g_queue_unlink(asked->state == QUESTION_ASKED ? &engine->asked : &engine->answered, &asked->link);
	asked->state = state;
	g_queue_push_tail_link(state == QUESTION_ASKED ? &engine->asked : &engine->answered, &asked->link);
}

/* Out of queue and table, and freed. */
static void
question_forget(mg_engine *engine, question *asked)
{
	g_queue_unlink(asked->state == QUESTION_ASKED ? &engine->asked : &engine->answered, &asked->link);
	g_hash_table_remove(engine->questions, &asked->request);
	engine_update_ready(engine);
}

static int
engine_ask(mg_engine *engine, const uint8_t *octets, size_t length)
{
	mg_facts facts;
	question *asked;

	if (!mg_facts_read(octets, length, &facts) || g_hash_table_contains(engine->questions, &facts.request))
		return MG_E_ARGUMENT;
	asked = g_new0(question, 1);
	asked->octets = malloc(length);
	if (asked->octets == NULL) {
		g_free(asked);
		return MG_E_MEMORY;
	}
	memcpy(asked->octets, octets, length);
	asked->n_octets = length;
	asked->request = facts.request;
	asked->link.data = asked;
	asked->policy = mg_policy_ref(engine->policy);
	asked->asked_us = g_get_monotonic_time();
	asked->deadline_us = asked->asked_us + (gint64)facts.deadline_ms * 1000;
	g_hash_table_insert(engine->questions, &asked->request, asked);
	g_queue_push_tail_link(&engine->asked, &asked->link);
	engine_update_ready(engine);
	return MG_OK;
}

static void
engine_cancel(mg_engine *engine, uint64_t request)
{
	question *asked = g_hash_table_lookup(engine->questions, &request);

	if (asked != NULL)
		question_forget(engine, asked);
}

static void
log_verdict(mg_engine *engine, const question *asked, const mg_facts *facts, const mg_stage_outcome *outcome,
            const mg_decision *decision, const mg_reply *reply)
{
	static const char *const question_names[] = {
		[MG_ASK_RELAY] = "relay", [MG_ASK_SPF] = "spf", [MG_ASK_HELO] = "helo", [MG_ASK_RECIPIENT] = "recipient",
	};
	char name[MG_REASON_NAME_MAX], ip[MG_IP_TEXT_MAX];
	mg_log_line line;

	mg_log_begin(&line, &engine->log, MG_LEVEL_INFO, "verdict");
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
		mg_reason reason = outcome->results.all[i].reason;
		mg_consequence consequence = mg_decide_consequence(asked->policy, reason);

		mg_reason_name(reason, name);
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
	mg_log_number(&line, "us", g_get_monotonic_time() - asked->asked_us);
	mg_log_end(&line);
}

static void
build_reply(const question *asked, const mg_facts *facts, const mg_stage_outcome *outcome, const mg_decision *decision,
            mg_reply *reply_out)
{
	char ip[MG_IP_TEXT_MAX], name[MG_REASON_NAME_MAX];
	mg_reply_words words = {
		.client_ip = ip, .helo = facts->helo, .sender = facts->reverse_path, .recipient = facts->forward_path,
		.result = mg_reason_get(decision->reason)->word, .reason = name, .hostname = asked->policy->hostname,
	};

	mg_client_format(&outcome->client, ip);
	mg_reason_name(decision->reason, name);
	for (guint i = 0; i < outcome->results.n; i++)
		if (outcome->results.all[i].reason == decision->reason)
			words.domain = outcome->results.all[i].domain;
	mg_reply_build(asked->policy, decision->action, decision->reason, &words, reply_out);
}

/* Time is up before the question was judged. Accepting would relay for anybody: not where that is decided. */
static void
decide_deadline(const question *asked, const mg_facts *facts, mg_stage_outcome *outcome, mg_trace *trace,
                mg_decision *decision_out)
{
	gboolean decides_relay = facts->question == MG_ASK_RELAY || facts->stage == MG_STAGE_RCPT;
	int on_failure = facts->on_failure ? facts->on_failure : asked->policy->on_failure;

	mg_client_identify(asked->policy, facts, &outcome->client);
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
watch_for_nat(mg_engine *engine, const mg_facts *facts, const mg_stage_outcome *outcome)
{
	char ip[MG_IP_TEXT_MAX];
	mg_log_line line;

	if (outcome->relay.reason != MG_REASON_RELAY_GRANTED || outcome->relay.grant->zones == NULL
	    || !outcome->client.has_ip || outcome->client.zone->is_shared_by_nat
	    || !mg_nat_watch_see(engine->nat_watch, &outcome->client.ip, facts->helo, g_get_monotonic_time()))
		return;
	mg_client_format(&outcome->client, ip);
	mg_log_begin(&line, &engine->log, MG_LEVEL_WARNING, "relay.nat-suspected");
	mg_log_text(&line, "client", ip);
	mg_log_text(&line, "zone", outcome->client.zone->name);
	mg_log_text(&line, "grant", outcome->relay.grant->name);
	mg_log_text(&line, "text", "more HELO names within 10 minutes than one host has; is it a firewall?");
	mg_log_end(&line);
}

static void
question_judge(mg_engine *engine, question *asked)
{
	g_autoptr(mg_trace) trace = mg_trace_new();
	mg_stage_outcome outcome;
	mg_decision decision;
	mg_reply reply;
	mg_facts facts;
	guint8 *verdict;
	gsize length = 0;

	g_assert(mg_facts_read(asked->octets, asked->n_octets, &facts));   /* engine_ask has read it */
	if (g_get_monotonic_time() >= asked->deadline_us) {
		decide_deadline(asked, &facts, &outcome, trace, &decision);
	} else {
		mg_stage_run(asked->policy, &facts, (gint64)time(NULL), trace, &outcome);
		mg_decide(asked->policy, &outcome.circumstances, &outcome.results, trace, &decision);
		watch_for_nat(engine, &facts, &outcome);
	}
	build_reply(asked, &facts, &outcome, &decision, &reply);
	log_verdict(engine, asked, &facts, &outcome, &decision, &reply);
	verdict = mg_message_verdict(&facts, &decision, &reply, &outcome.results, trace, &length);
	if (verdict == NULL)
		return;   /* no memory: it stays asked, and is judged again at the next dispatch */
	free(asked->octets);
	asked->octets = verdict;
	asked->n_octets = length;
	g_clear_pointer(&asked->policy, mg_policy_unref);
	question_enter(engine, asked, QUESTION_ANSWERED);
}

static void
engine_dispatch(mg_engine *engine)
{
	mg_loop_dispatch(engine->loop);
	for (guint n = MIN(engine->asked.length, QUESTIONS_A_DISPATCH); n > 0; n--)
		question_judge(engine, engine->asked.head->data);
	engine_update_ready(engine);
}

static uint8_t *
engine_take(mg_engine *engine, uint64_t request, size_t *length_out)
{
	question *asked = request != 0 ? g_hash_table_lookup(engine->questions, &request)
	                               : g_queue_peek_head(&engine->answered);
	uint8_t *octets;

	if (asked == NULL || asked->state != QUESTION_ANSWERED)
		return NULL;
	octets = g_steal_pointer(&asked->octets);
	*length_out = asked->n_octets;
	question_forget(engine, asked);
	return octets;
}

static void
engine_release(uint8_t *octets)
{
	free(octets);
}

/* ---- reports ---- */

static void
report_line(mg_writer *writer, mg_level level, const char *text)
{
	mg_writer_number(writer, MG_FIELD_LEVEL, level);
	mg_writer_text(writer, MG_FIELD_LINE, text);
}

static void
report_findings(mg_writer *writer, const mg_findings *findings)
{
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		const mg_finding *finding = mg_findings_get(findings, i);
		g_autofree char *line = mg_finding_format(finding);

		report_line(writer, finding->level, line);
	}
}

static void
report_matrix(mg_writer *writer, const mg_policy *policy)
{
	g_autoptr(GPtrArray) rows = mg_matrix_table(policy);
	g_autofree char *why = NULL;

	for (guint i = 0; i < rows->len; i++)
		report_line(writer, MG_LEVEL_INFO, rows->pdata[i]);
	if (mg_matrix_leaks(policy, TRUE, &why)) {
		g_autofree char *line = g_strconcat("open: ", why, NULL);

		report_line(writer, MG_LEVEL_WARNING, line);
	}
}

static uint8_t *
engine_report(const mg_options *options, mg_report_kind kind, size_t *length_out)
{
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = load_policy(options->config, findings);
	mg_writer writer = { 0 };

	mg_writer_begin(&writer, MG_MESSAGE_REPORT, 0);
	if (kind == MG_REPORT_LINT || policy == NULL)
		report_findings(&writer, findings);
	else
		report_matrix(&writer, policy);
	mg_findings_free(findings);
	mg_policy_unref(policy);
	if (!mg_writer_end(&writer)) {
		mg_writer_clear(&writer);
		return NULL;
	}
	*length_out = writer.length;
	return writer.octets;
}

MG_API const mg_engine_functions *mg_engine_functions_get(void);

const mg_engine_functions *
mg_engine_functions_get(void)
{
	static const mg_engine_functions functions = {
		MG_ENGINE_VERSION, engine_open, engine_close, engine_fd, engine_ask, engine_cancel, engine_dispatch,
		engine_take, engine_release, engine_reload, engine_report,
	};

	return &functions;
}
