/* spf_run.h - one SPF evaluation from its first question to its outcome.
 * In:    what is asked (spf/evaluate.h), the engine that evaluates, the resolver
 * Out:   the outcome with its evidence
 * Owns:  the answers (answers.h): there are as many rounds as the record is deep
 * Rules: only the step evaluates. */
#ifndef MG_CHECK_SPF_RUN_H
#define MG_CHECK_SPF_RUN_H

#include <glib.h>

#include "base/trace.h"
#include "dns/resolver.h"
#include "spf/evaluate.h"

typedef struct mg_spf_run mg_spf_run;

/* What @question points to is borrowed until there is an outcome. @wake is called with @context when the last answer that is
 * waited for has come; NULL: nobody cares. */
mg_spf_run *mg_spf_run_new(mg_resolver *resolver, mg_spf_evaluator evaluate, const mg_spf_question *question,
                           void (*wake)(void *context), void *context);
void mg_spf_run_free(mg_spf_run *run);

/* Before the first step: the evaluation is explained there, which is taken over. */
void mg_spf_run_explain(mg_spf_run *run, mg_trace *tree);
/* Before the first step: @answer, which is taken over, holds in place of what DNS says. */
void mg_spf_run_suppose(mg_spf_run *run, mg_dns_answer *answer);

/* TRUE: there is an outcome. FALSE: answers are waited for. */
gboolean mg_spf_run_step(mg_spf_run *run);
/* Ends it with a result that no evaluation gave, and why. */
void mg_spf_run_end(mg_spf_run *run, mg_spf_result result, const char *problem);

/* These have meaning once there is an outcome. */
const mg_spf_outcome *mg_spf_run_outcome(const mg_spf_run *run);
const mg_trace *mg_spf_run_tree(const mg_spf_run *run);      /* NULL: nobody wanted it explained */
guint mg_spf_run_rounds(const mg_spf_run *run);
guint mg_spf_run_asked(const mg_spf_run *run);               /* questions whose answers were not there at once */
gint64 mg_spf_run_elapsed_us(const mg_spf_run *run);
gsize mg_spf_run_size(const mg_spf_run *run);                /* octets of memory */

#endif
