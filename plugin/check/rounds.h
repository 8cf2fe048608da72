/* rounds.h - a check that is one judgement over the answers present, made again after each round of DNS.
 * In:    the judgement, which says whether it has missed an answer
 * Out:   steps for the engine
 * Owns:  the answers
 * Rules: all that one judgement misses is asked in one parallel round. At the deadline what is not here is not known. */
#ifndef MG_CHECK_ROUNDS_H
#define MG_CHECK_ROUNDS_H

#include "check/answers.h"
#include "check/check.h"
#include "check/tools.h"

typedef enum mg_rounds_state { MG_ROUNDS_JUDGE, MG_ROUNDS_AWAIT, MG_ROUNDS_DONE } mg_rounds_state;

typedef struct mg_rounds mg_rounds;

/* First in the check that it belongs to, which is the context of its functions. */
struct mg_rounds {
	mg_check        base;      /* first: the engine knows only this part */
	mg_rounds_state state;     /* written by rounds_enter() alone */
	gboolean      (*judge)(mg_rounds *rounds);   /* TRUE: nothing was missing */
	gboolean        waits;     /* FALSE: what is missing is asked for, and nobody waits for it */
	mg_answers     *answers;   /* owned */
};

/* @deadline_ms: the request's; a part of it is left for what comes after. */
void mg_rounds_begin(mg_rounds *rounds, const mg_tools *tools, gint64 deadline_ms, gboolean (*judge)(mg_rounds *rounds),
                     void (*free)(mg_check *check));
void mg_rounds_end(mg_rounds *rounds);

#endif
