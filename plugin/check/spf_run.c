/* spf_run.c - see spf_run.h. */
#include "check/spf_run.h"

#include <string.h>

/* One question that the evaluation has looked for. */
typedef struct spf_asked {
	mg_spf_run            *run;        /* borrowed */
	const mg_dns_question *question;   /* of the answer, or of the ticket */
	mg_dns_answer         *answer;     /* ref held; NULL: not here yet */
	mg_resolver_ticket    *ticket;     /* borrowed from the resolver until it answers */
} spf_asked;

struct mg_spf_run {
	mg_resolver     *resolver;   /* borrowed */
	mg_spf_evaluator evaluate;
	mg_spf_question  question;
	void           (*wake)(void *context);
	void            *context;    /* borrowed */
	GPtrArray       *asked;      /* owned; of spf_asked; NULL: there is an outcome */
	guint            n_pending, n_asked, n_rounds;
	gint64           begun_us, elapsed_us;
	mg_trace        *tree;       /* owned; NULL: none */
	mg_spf_outcome   outcome;
};

static void
asked_free(gpointer data)
{
	spf_asked *asked = data;

	mg_resolver_cancel(asked->ticket);
	mg_dns_answer_unref(asked->answer);
	g_free(asked);
}

mg_spf_run *
mg_spf_run_new(mg_resolver *resolver, mg_spf_evaluator evaluate, const mg_spf_question *question,
               void (*wake)(void *context), void *context)
{
	mg_spf_run *run = g_new0(mg_spf_run, 1);

	run->resolver = resolver;
	run->evaluate = evaluate;
	run->question = *question;
	run->wake = wake;
	run->context = context;
	run->asked = g_ptr_array_new_with_free_func(asked_free);
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
	g_clear_pointer(&run->asked, g_ptr_array_unref);
	mg_trace_free(run->tree);
	mg_spf_outcome_clear(&run->outcome);
	g_free(run);
}

/* ---- answers ---- */

static void
asked_answer(spf_asked *asked, mg_dns_answer *answer)
{
	asked->ticket = NULL;
	asked->answer = answer;
	asked->question = &answer->question;
}

static spf_asked *
run_file(mg_spf_run *run)
{
	spf_asked *asked = g_new0(spf_asked, 1);

	asked->run = run;
	g_ptr_array_add(run->asked, asked);
	return asked;
}

void
mg_spf_run_suppose(mg_spf_run *run, mg_dns_answer *answer)
{
	asked_answer(run_file(run), answer);
}

/* The resolver's function. */
static void
run_answered(void *context, mg_dns_answer *answer)
{
	spf_asked *asked = context;
	mg_spf_run *run = asked->run;

	asked_answer(asked, mg_dns_answer_ref(answer));
	if (--run->n_pending == 0 && run->wake != NULL)
		run->wake(run->context);
}

/* For the evaluation. A run looks for few things: to go through them is quicker than a table. */
static mg_dns_answer *
run_lookup(void *context, const mg_dns_question *question)
{
	mg_spf_run *run = context;
	mg_dns_answer *answer;
	spf_asked *asked;

	for (guint i = 0; i < run->asked->len; i++) {
		asked = run->asked->pdata[i];
		if (mg_dns_question_equal(asked->question, question))
			return asked->answer;
	}
	asked = run_file(run);
	answer = (run->n_rounds > 0 ? mg_resolver_ask_ahead : mg_resolver_ask)(run->resolver, question, run_answered, asked,
	                                                                       &asked->ticket);
	if (answer != NULL) {
		asked_answer(asked, answer);
	} else {
		asked->question = mg_resolver_ticket_question(asked->ticket);
		run->n_pending++;
		run->n_asked++;
	}
	return answer;
}

/* ---- the run ---- */

/* What is asked still goes on, for the cache's sake. */
static void
run_close(mg_spf_run *run)
{
	g_clear_pointer(&run->asked, g_ptr_array_unref);
	run->n_pending = 0;
	run->elapsed_us = g_get_monotonic_time() - run->begun_us;
}

gboolean
mg_spf_run_step(mg_spf_run *run)
{
	if (run->asked == NULL)
		return TRUE;
	if (run->n_pending > 0)
		return FALSE;
	if (!run->evaluate(&run->question, run_lookup, run, run->tree, &run->outcome)) {
		run->n_rounds++;
		return FALSE;
	}
	run_close(run);
	return TRUE;
}

void
mg_spf_run_end(mg_spf_run *run, mg_spf_result result, const char *problem)
{
	if (run->asked == NULL)
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
