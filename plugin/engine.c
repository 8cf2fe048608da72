/* engine.c - questions in flight, verdicts waiting, the policy in force.
 * In:    questions as messages, through the table of api/engine.h
 * Out:   verdicts as messages, exactly one for each question that is not cancelled
 * Rules: only dispatch judges; a question keeps the policy it was asked under; at its deadline there is a verdict. */
#include "engine.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/loop.h"
#include "cache.h"
#include "check/spf_memory.h"
#include "dns/resolver.h"
#include "inquiry.h"
#include "reports.h"
#include "rules.h"
#include "verify/verifier.h"

#define QUESTIONS_A_DISPATCH 64                      /* so that a long queue does not hold the server's loop */
#define SPF_MEMORY_OCTETS    (4u << 20)
#define REREAD_US            (10 * G_USEC_PER_SEC)   /* lists that could not be read are tried again */

typedef enum question_state { QUESTION_ASKED, QUESTION_WAITING, QUESTION_ANSWERED } question_state;

typedef struct question {
	mg_engine     *engine;        /* borrowed */
	guint64        request;       /* key in engine->questions */
	question_state state;         /* written by question_enter() alone */
	GList          link;          /* in the engine's queue of its state; its data is the question */
	mg_inquiry    *inquiry;       /* owned */
	mg_timer      *timer;         /* owned; NULL: it has never waited */
} question;

struct mg_engine {
	mg_rules_source source;    /* its strings owned */
	mg_log        log;
	mg_loop      *loop;        /* owned */
	mg_rules      rules;       /* owned; in force */
	mg_resolver  *resolver;    /* owned */
	mg_tools      tools;       /* what is in it is owned; lent to the questions */
	GHashTable   *questions;   /* owned; by request number */
	GQueue        queues[QUESTION_ANSWERED + 1];   /* borrowed from questions, by state, oldest first */
	mg_timer     *reread;      /* owned; runs while the policy has lists that could not be read */
};

static void
question_free(gpointer data)
{
	question *asked = data;

	mg_inquiry_free(asked->inquiry);
	mg_timer_free(asked->timer);
	g_free(asked);
}

/* ---- the policy ---- */

/* Takes the rules over, by which the resolver goes already. What was asked before keeps its policy. */
static void
engine_adopt(mg_engine *engine, const mg_rules *rules)
{
	const mg_policy *policy = rules->policy;
	mg_log_line line;

	mg_rules_clear(&engine->rules);
	engine->rules = *rules;
	engine->tools.evaluate_spf = rules->evaluate_spf;
	mg_verifier_adopt(engine->tools.verifier, engine->rules.policy);
	if (policy->n_unreadable > 0)
		mg_timer_start(engine->reread, g_get_monotonic_time() + REREAD_US);
	else
		mg_timer_stop(engine->reread);
	mg_log_begin(&line, &engine->log, MG_LEVEL_INFO, "policy.loaded");
	mg_log_text(&line, "file", mg_rules_file(&engine->source));
	mg_log_number(&line, "zones", policy->zones->len);
	mg_log_number(&line, "grants", policy->grants->len);
	mg_log_number(&line, "unreadable", policy->n_unreadable);
	mg_log_end(&line);
}

static void
engine_configure_resolver(mg_engine *engine, const mg_rules *rules)
{
	mg_resolver_settings settings = mg_rules_resolver_settings(rules);
	g_autofree char *why = NULL;
	mg_log_line line;

	/* The servers were read before, and can be again: what could fail has not. */
	if (mg_resolver_configure(engine->resolver, &settings, &why))
		return;
	mg_log_begin(&line, &engine->log, MG_LEVEL_ERROR, "dns.refused");
	mg_log_text(&line, "text", why);
	mg_log_end(&line);
}

static int
engine_reload(mg_engine *engine)
{
	mg_findings *findings = mg_findings_new();
	mg_rules loaded = mg_rules_load(&engine->source, findings);
	mg_log_line line;
	int error = MG_OK;

	mg_findings_log(findings, &engine->log);
	mg_findings_free(findings);
	/* A list that has become unreadable keeps the old policy, which has read it, in force. */
	if (loaded.policy != NULL && loaded.policy->n_unreadable <= engine->rules.policy->n_unreadable) {
		engine_configure_resolver(engine, &loaded);
		engine_adopt(engine, &loaded);
	} else {
		mg_rules_clear(&loaded);
		mg_log_begin(&line, &engine->log, MG_LEVEL_ERROR, "policy.refused");
		mg_log_text(&line, "file", mg_rules_file(&engine->source));
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
	g_hash_table_unref(engine->questions);   /* before resolver and verifier, of whom they wait */
	mg_verifier_free(engine->tools.verifier);
	mg_resolver_free(engine->resolver);
	mg_spf_memory_free(engine->tools.spf_memory);
	mg_penalty_box_free(engine->tools.penalty_box);
	mg_nat_watch_free(engine->tools.nat_watch);
	mg_rules_clear(&engine->rules);
	mg_loop_free(engine->loop);
	g_free(engine->source.config);
	g_free(engine->source.overrides);
	g_free(engine);
}

static int
engine_open(const mg_options *options, mg_engine **engine_out)
{
	const mg_log log = { options->log, options->log_context, (mg_level)options->log_level };
	mg_findings *findings = mg_findings_new();
	const mg_rules_source source = mg_rules_source_of(options);
	mg_rules loaded = mg_rules_load(&source, findings);
	mg_resolver_settings settings;
	g_autofree char *why = NULL;
	mg_engine *engine;

	mg_findings_log(findings, &log);
	mg_findings_free(findings);
	if (loaded.policy == NULL)
		return MG_E_POLICY;
	settings = mg_rules_resolver_settings(&loaded);

	engine = g_new0(mg_engine, 1);
	engine->source = source;
	engine->source.config = g_strdup(source.config);
	engine->source.overrides = g_strdup(source.overrides);
	engine->log = log;
	engine->questions = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, question_free);
	engine->loop = mg_loop_new();
	if (engine->loop != NULL)
		engine->resolver = mg_resolver_new(engine->loop, &engine->log, &settings, &why);
	if (engine->resolver == NULL) {   /* no descriptors */
		mg_rules_clear(&loaded);
		engine_close(engine);
		return MG_E_SYSTEM;
	}
	engine->tools = (mg_tools){
		.log = &engine->log, .resolver = engine->resolver,
		.trace_detail = options->flags & MG_FULL_TRACE ? MG_TRACE_FULL
		                : options->flags & MG_NO_TRACE ? MG_TRACE_NONE : MG_TRACE_BRIEF, .spf_memory = mg_spf_memory_new(SPF_MEMORY_OCTETS),
		.penalty_box = mg_penalty_box_new(), .nat_watch = mg_nat_watch_new(),
	};
	engine->tools.verifier = mg_verifier_new(&(mg_verifier_settings){
		.loop = engine->loop, .resolver = engine->resolver, .log = &engine->log,
	});
	engine->reread = mg_timer_new(engine->loop, engine_reread, engine);
	engine_adopt(engine, &loaded);
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
	mg_loop_set_ready(engine->loop, engine->queues[QUESTION_ASKED].length > 0
	                                  || engine->queues[QUESTION_ANSWERED].length > 0);
}

static void
question_enter(mg_engine *engine, question *asked, question_state state)
{
	g_queue_unlink(&engine->queues[asked->state], &asked->link);
	asked->state = state;
	g_queue_push_tail_link(&engine->queues[state], &asked->link);
	engine_update_ready(engine);
}

/* Out of queue and table, and freed. */
static void
question_forget(mg_engine *engine, question *asked)
{
	g_queue_unlink(&engine->queues[asked->state], &asked->link);
	g_hash_table_remove(engine->questions, &asked->request);
	engine_update_ready(engine);
}

static int
engine_ask(mg_engine *engine, const uint8_t *octets, size_t length)
{
	mg_inquiry *inquiry = mg_inquiry_new(octets, length, engine->rules.policy);
	question *asked;

	if (inquiry == NULL)
		return MG_E_ARGUMENT;
	asked = g_new0(question, 1);
	asked->engine = engine;
	asked->request = mg_inquiry_request(inquiry);
	asked->inquiry = inquiry;
	asked->link.data = asked;
	if (g_hash_table_contains(engine->questions, &asked->request)) {
		question_free(asked);
		return MG_E_ARGUMENT;
	}
	g_hash_table_insert(engine->questions, &asked->request, asked);
	g_queue_push_tail_link(&engine->queues[QUESTION_ASKED], &asked->link);
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
question_wake(void *context)
{
	question *asked = context;

	if (asked->state == QUESTION_WAITING)
		question_enter(asked->engine, asked, QUESTION_ASKED);
}

static void
question_step(mg_engine *engine, question *asked)
{
	gint64 wait_until_us;

	if (mg_inquiry_step(asked->inquiry, &engine->tools, question_wake, asked, &wait_until_us)) {
		question_enter(engine, asked, QUESTION_ANSWERED);
		return;
	}
	if (asked->timer == NULL)
		asked->timer = mg_timer_new(engine->loop, question_wake, asked);
	mg_timer_start(asked->timer, wait_until_us);
	question_enter(engine, asked, QUESTION_WAITING);
}

static void
engine_dispatch(mg_engine *engine)
{
	mg_loop_dispatch(engine->loop);
	for (guint n = MIN(engine->queues[QUESTION_ASKED].length, QUESTIONS_A_DISPATCH); n > 0; n--)
		question_step(engine, engine->queues[QUESTION_ASKED].head->data);
}

static uint8_t *
engine_take(mg_engine *engine, uint64_t request, size_t *length_out)
{
	question *asked = request != 0 ? g_hash_table_lookup(engine->questions, &request)
	                               : g_queue_peek_head(&engine->queues[QUESTION_ANSWERED]);
	uint8_t *octets;

	if (asked == NULL || asked->state != QUESTION_ANSWERED)
		return NULL;
	octets = mg_inquiry_take_verdict(asked->inquiry, length_out);
	question_forget(engine, asked);
	return octets;
}

static void
engine_release(uint8_t *octets)
{
	free(octets);
}

MG_API const mg_engine_functions *mg_engine_functions_get(void);

const mg_engine_functions *
mg_engine_functions_get(void)
{
	static const mg_engine_functions functions = {
		MG_ENGINE_VERSION, engine_open, engine_close, engine_fd, engine_ask, engine_cancel, engine_dispatch,
		engine_take, engine_release, engine_reload, mg_report_write, mg_cache_flush,
	};

	return &functions;
}
