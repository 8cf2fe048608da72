/* spf_run.c - see spf_run.h. */
#include "check/spf_run.h"

#include <string.h>

#include "check/answers.h"

struct mg_spf_run {
	mg_spf_evaluator evaluate;
	mg_spf_question  question;
	mg_answers      *answers;    /* owned; NULL: there is an outcome */
	guint            n_asked, n_rounds;
	gint64           begun_us, elapsed_us;
	mg_trace        *tree;       /* owned; NULL: none */
	mg_spf_outcome   outcome;
};

mg_spf_run *
mg_spf_run_new(mg_resolver *resolver, mg_spf_evaluator evaluate, const mg_spf_question *question,
               void (*wake)(void *context), void *context)
{
	mg_spf_run *run = g_new0(mg_spf_run, 1);

	run->evaluate = evaluate;
	run->question = *question;
	run->answers = mg_answers_new(resolver, wake, context);
	run->begun_us = g_get_monotonic_time();
	return run;
}

void
mg_spf_run_explain(mg_spf_run *run, mg_trace *tree)
{
	run->tree = tree;
}

void
mg_spf_run_free(mg_spf_run *run)
{
	if (run == NULL)
		return;
	mg_answers_free(run->answers);
	mg_trace_free(run->tree);
	mg_spf_outcome_clear(&run->outcome);
	g_free(run);
}

void
mg_spf_run_suppose(mg_spf_run *run, mg_dns_answer *answer)
{
	mg_answers_suppose(run->answers, answer);
}

/* ---- the run ---- */

static void
run_close(mg_spf_run *run)
{
	run->n_asked = mg_answers_asked(run->answers);
	run->n_rounds = mg_answers_rounds(run->answers);
	g_clear_pointer(&run->answers, mg_answers_free);
	run->elapsed_us = g_get_monotonic_time() - run->begun_us;
}

/* For the evaluation. */
static mg_dns_answer *
run_lookup(void *context, const mg_dns_question *question)
{
	return mg_answers_get(context, question);
}

gboolean
mg_spf_run_step(mg_spf_run *run)
{
	if (run->answers == NULL)
		return TRUE;
	if (mg_answers_are_pending(run->answers))
		return FALSE;
	if (!run->evaluate(&run->question, run_lookup, run->answers, run->tree, &run->outcome)) {
		mg_answers_next_round(run->answers);
		return FALSE;
	}
	run_close(run);
	return TRUE;
}

void
mg_spf_run_end(mg_spf_run *run, mg_spf_result result, const char *problem)
{
	if (run->answers == NULL)
		return;
	run_close(run);
	run->outcome = (mg_spf_outcome){ .result = result, .problem = g_strdup(problem), .matched_log2 = -1, .record_log2 = -1,
		                         .ttl_s = G_MAXUINT32 };
}

/* ---- the outcome ---- */

const mg_spf_outcome *
mg_spf_run_outcome(const mg_spf_run *run)
{
	return &run->outcome;
}

const mg_trace *
mg_spf_run_tree(const mg_spf_run *run)
{
	return run->tree;
}

guint
mg_spf_run_rounds(const mg_spf_run *run)
{
	return run->n_rounds;
}

guint
mg_spf_run_asked(const mg_spf_run *run)
{
	return run->n_asked;
}

gint64
mg_spf_run_elapsed_us(const mg_spf_run *run)
{
	return run->elapsed_us;
}

gsize
mg_spf_run_size(const mg_spf_run *run)
{
	const char *const texts[] = { run->outcome.explanation, run->outcome.problem, run->outcome.matched, run->outcome.record };
	gsize size = sizeof(*run) + (run->tree != NULL ? mg_trace_size(run->tree) : 0);

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
		size += texts[i] != NULL ? strlen(texts[i]) + 1 : 0;
	return size;
}
