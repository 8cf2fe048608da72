/* check.h - what every check that waits has in common.
 * Rules: an answer is filed and the check is woken; only the step moves the state, and only the engine's dispatch
 *        steps. A step that waits has asked for something, and is woken at least once; one that is past its deadline
 *        ends. */
#ifndef MG_CHECK_CHECK_H
#define MG_CHECK_CHECK_H

#include <glib.h>

typedef enum mg_step { MG_STEP_AGAIN, MG_STEP_WAIT, MG_STEP_DONE } mg_step;

typedef struct mg_check mg_check;

struct mg_check {
	mg_step (*step)(mg_check *check);
	void    (*free)(mg_check *check);
	void    (*wake)(void *context);   /* an answer has been filed; may be called from inside a step */
	void     *wake_context;           /* borrowed */
	gint64    deadline_us;            /* monotonic */
};

/* Steps until it waits or is done. */
static inline mg_step
mg_check_run(mg_check *check)
{
	mg_step step;

	do
		step = check->step(check);
	while (step == MG_STEP_AGAIN);
	return step;
}

/* An answer has come: for whoever calls with the check as its context. */
static inline void
mg_check_woken(void *check)
{
	const mg_check *woken = check;

	if (woken->wake != NULL)
		woken->wake(woken->wake_context);
}

/* What a check may take of a request's @deadline_ms; an eighth is left for what comes after. */
static inline gint64
mg_check_share_us(gint64 deadline_ms)
{
	return deadline_ms * 1000 * 7 / 8;
}

static inline gboolean
mg_check_expired(const mg_check *check)
{
	return g_get_monotonic_time() >= check->deadline_us;
}

#endif
