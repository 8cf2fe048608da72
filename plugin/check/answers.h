/* answers.h - what a check has asked of DNS, and what has come.
 * In:    questions, as often as a judgement over the answers present looks for them
 * Out:   their answers, once they are there
 * Owns:  the answers: a judgement is made again from the top after each round, and must find the same ones
 * Rules: a question is asked of the resolver once, when it is first looked for; so all that a judgement misses is asked in
 *        one parallel round. Who waits is woken when the last answer that is missing has come. */
#ifndef MG_CHECK_ANSWERS_H
#define MG_CHECK_ANSWERS_H

#include <glib.h>

#include "dns/resolver.h"

/* What one check may ask; SPF stops by itself at 120, and its explanation. What is over is not known. */
#define MG_ANSWERS_MAX 130

typedef struct mg_answers mg_answers;

/* @wake: called with @context, which is borrowed; NULL: nobody cares. */
mg_answers *mg_answers_new(mg_resolver *resolver, void (*wake)(void *context), void *context);
/* What is asked still goes on, for the cache's sake. */
void mg_answers_free(mg_answers *answers);

/* Holds from now on, in place of what DNS says; taken over. */
void mg_answers_suppose(mg_answers *answers, mg_dns_answer *answer);
/* Borrowed as long as @answers live; NULL: it is not here yet. */
mg_dns_answer *mg_answers_get(mg_answers *answers, const mg_dns_question *question);

/* After a judgement that has missed something: a round begins, and what is asked in later ones goes ahead of what others only
 * begin with. */
void mg_answers_next_round(mg_answers *answers);
gboolean mg_answers_are_pending(const mg_answers *answers);
guint mg_answers_rounds(const mg_answers *answers);
/* Questions whose answers were not there at once. */
guint mg_answers_asked(const mg_answers *answers);

#endif
