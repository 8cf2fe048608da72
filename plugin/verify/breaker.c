/* breaker.c - see breaker.h. */
#include "verify/breaker.h"

static const char *const state_names[] = {
	[MG_BREAKER_CLOSED] = "closed", [MG_BREAKER_OPEN] = "open", [MG_BREAKER_HALF_OPEN] = "half-open",
};
G_STATIC_ASSERT(G_N_ELEMENTS(state_names) == MG_BREAKER_HALF_OPEN + 1);

const char *
mg_breaker_state_name(mg_breaker_state state)
{
	return state_names[state];
}

mg_breaker_state
mg_breaker_get_state(const mg_breaker *breaker, gint64 now_us)
{
	if (breaker->open_us == 0)
		return MG_BREAKER_CLOSED;
	return now_us < breaker->until_us ? MG_BREAKER_OPEN : MG_BREAKER_HALF_OPEN;
}

gboolean
mg_breaker_would_take(const mg_breaker *breaker, gint64 now_us)
{
	switch (mg_breaker_get_state(breaker, now_us)) {
	case MG_BREAKER_CLOSED:
		return TRUE;
	case MG_BREAKER_OPEN:
		return FALSE;
	case MG_BREAKER_HALF_OPEN:
		return !breaker->is_trying;
	}
	g_assert_not_reached();
}

gboolean
mg_breaker_take(mg_breaker *breaker, gint64 now_us)
{
	gboolean takes = mg_breaker_would_take(breaker, now_us);

	if (takes && mg_breaker_get_state(breaker, now_us) == MG_BREAKER_HALF_OPEN)
		breaker->is_trying = TRUE;
	return takes;
}

void
mg_breaker_give_back(mg_breaker *breaker)
{
	breaker->is_trying = FALSE;
}

static void
breaker_count(mg_breaker *breaker, gint64 now_us, gboolean has_failed)
{
	gint64 second = now_us / G_USEC_PER_SEC;
	mg_breaker_second *slot = &breaker->window[second % MG_BREAKER_WINDOW_S];

	if (slot->second != second)
		*slot = (mg_breaker_second){ .second = second };
	slot->n_ended++;
	slot->n_failed += has_failed;
}

static gboolean
breaker_sees_many_fail(const mg_breaker *breaker, gint64 now_us)
{
	gint64 second = now_us / G_USEC_PER_SEC;
	guint64 n_ended = 0, n_failed = 0;

	for (guint i = 0; i < MG_BREAKER_WINDOW_S; i++)
		if (second - breaker->window[i].second < MG_BREAKER_WINDOW_S) {
			n_ended += breaker->window[i].n_ended;
			n_failed += breaker->window[i].n_failed;
		}
	return n_ended >= MG_BREAKER_MANY && 2 * n_failed >= n_ended;
}

/* What came before the outage says nothing about the time after it. */
void
mg_breaker_success(mg_breaker *breaker, gint64 now_us)
{
	switch (mg_breaker_get_state(breaker, now_us)) {
	case MG_BREAKER_CLOSED:
		breaker->n_in_a_row = 0;
		breaker_count(breaker, now_us, FALSE);
		return;
	case MG_BREAKER_OPEN:   /* begun before it opened; one swallow makes no summer */
		return;
	case MG_BREAKER_HALF_OPEN:
		*breaker = (mg_breaker){ 0 };
		breaker_count(breaker, now_us, FALSE);
		return;
	}
	g_assert_not_reached();
}

static gboolean
breaker_open(mg_breaker *breaker, gint64 now_us)
{
	breaker->open_us = breaker->open_us == 0 ? MG_BREAKER_FIRST_US : MIN(2 * breaker->open_us, MG_BREAKER_LAST_US);
	breaker->until_us = now_us + breaker->open_us;
	breaker->is_trying = FALSE;
	return TRUE;
}

gboolean
mg_breaker_failure(mg_breaker *breaker, gint64 now_us)
{
	switch (mg_breaker_get_state(breaker, now_us)) {
	case MG_BREAKER_CLOSED:
		breaker->n_in_a_row++;
		breaker_count(breaker, now_us, TRUE);
		return (breaker->n_in_a_row >= MG_BREAKER_IN_A_ROW || breaker_sees_many_fail(breaker, now_us))
		       && breaker_open(breaker, now_us);
	case MG_BREAKER_OPEN:   /* begun before it opened: nothing new */
		return FALSE;
	case MG_BREAKER_HALF_OPEN:
		return breaker_open(breaker, now_us);
	}
	g_assert_not_reached();
}
