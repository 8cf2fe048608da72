/* rounds.c - see rounds.h. */
#include "check/rounds.h"

static mg_step
rounds_enter(mg_rounds *rounds, mg_rounds_state state)
{
	rounds->state = state;
	return state == MG_ROUNDS_DONE ? MG_STEP_DONE : MG_STEP_AGAIN;
}

static mg_step
rounds_step(mg_check *check)
{
	mg_rounds *rounds = (mg_rounds *)check;

	if (rounds->state != MG_ROUNDS_DONE && mg_check_expired(check))
		return rounds_enter(rounds, MG_ROUNDS_DONE);   /* what is not here is not known */

	switch (rounds->state) {
	case MG_ROUNDS_JUDGE:
		if (rounds->judge(rounds) || !rounds->waits)
			return rounds_enter(rounds, MG_ROUNDS_DONE);
		mg_answers_next_round(rounds->answers);
		return rounds_enter(rounds, MG_ROUNDS_AWAIT);

	case MG_ROUNDS_AWAIT:
		return mg_answers_are_pending(rounds->answers) ? MG_STEP_WAIT : rounds_enter(rounds, MG_ROUNDS_JUDGE);

	case MG_ROUNDS_DONE:
		return MG_STEP_DONE;
	}
	g_assert_not_reached();
}

void
mg_rounds_begin(mg_rounds *rounds, const mg_tools *tools, gint64 deadline_ms, gboolean (*judge)(mg_rounds *rounds),
                void (*free)(mg_check *check))
{
	*rounds = (mg_rounds){
		.base = { .step = rounds_step, .free = free,
		          .deadline_us = g_get_monotonic_time() + mg_check_share_us(deadline_ms) },
		.judge = judge,
		.waits = TRUE,
	};
	rounds->answers = mg_answers_new(tools->resolver, mg_check_woken, rounds);
}

void
mg_rounds_end(mg_rounds *rounds)
{
	mg_answers_free(rounds->answers);
}
