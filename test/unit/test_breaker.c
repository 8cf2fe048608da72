/* test_breaker.c - the breaker: exactly at each bound and one short of it, on a clock of the test's. */
#include "verify/breaker.h"

#include "support.h"

#define S ((gint64)G_USEC_PER_SEC)

/* What happens, one letter a step:
 *   f s   an attempt fails, succeeds          g   is given back
 *   t n   an attempt may begin, may not
 *   c o h the state is closed, open, half-open
 *   . + M a second goes by, five, sixty       -   one microsecond short of five seconds
 *   '     a microsecond
 *   F     ten times: one succeeds, one fails */
typedef struct breaker_row {
	const char *name;
	const char *steps;
} breaker_row;

static const breaker_row rows[] = {
	{ "at-first", "ctt" },
	{ "four-in-a-row", "ffffct" },
	{ "five-in-a-row", "ffffcfon" },
	{ "a-success-between", "ffffsffffct" },
	{ "open-for-five-seconds", "fffff-on'ht" },
	{ "one-attempt-to-see", "fffff+htnnn" },
	{ "given-back", "fffff+tngtn" },
	{ "it-succeeds", "fffff+tscttt" },
	{ "forgotten-after-success", "fffff+tsffffct" },
	{ "first-again-after-success", "fffff+tfo+o+hts" "fffff-o'h" },
	{ "it-fails-ten-seconds", "fffff+tfo+o-o'h" },
	{ "twenty", "fffff+tf++tf+++-o'h" },
	{ "sixty-at-most", "fffff+tf++tf++++tfMtfMtf" "++++++" "+++++-o" "'h" },
	{ "late-failure-while-open", "fffffff+ht" },
	{ "late-success-while-open", "fffffson" },
	{ "late-failure-does-not-prolong", "fffff...f..h" },
	{ "half-of-nineteen", "sfsfsfsfsfsfsfsfsfct" },
	{ "half-of-twenty", "Fon" },
	{ "less-than-half-of-twenty", "ssfsfsfsfsfsfsfsfsfsct" },
	{ "half-of-twenty-one-by-failure", "ssfsfsfsfsfsfsfsfsfscfcfo" },
	{ "all-within-the-window", "sfsfsfsfsf" "+++++...." "sfsfsfsfsfo" },
	{ "first-half-outside-the-window", "sfsfsfsfsf" "++++++" "sfsfsfsfsfct" },
	{ "window-comes-round", "sfsfsfsfsf" "MM" "sfsfsfsfsfct" },
};

static void
test_row(gconstpointer data)
{
	const breaker_row *row = data;
	mg_breaker breaker = { 0 };
	gint64 now_us = 1000000 * S;

	for (const char *step = row->steps; *step != 0; step++) {
		gboolean holds = TRUE;

		switch (*step) {
		case 'f': mg_breaker_failure(&breaker, now_us); break;
		case 's': mg_breaker_success(&breaker, now_us); break;
		case 'g': mg_breaker_give_back(&breaker); break;
		case 't': holds = mg_breaker_take(&breaker, now_us); break;
		case 'n': holds = !mg_breaker_take(&breaker, now_us); break;
		case 'c': holds = mg_breaker_get_state(&breaker, now_us) == MG_BREAKER_CLOSED; break;
		case 'o': holds = mg_breaker_get_state(&breaker, now_us) == MG_BREAKER_OPEN; break;
		case 'h': holds = mg_breaker_get_state(&breaker, now_us) == MG_BREAKER_HALF_OPEN; break;
		case '.': now_us += S; break;
		case '+': now_us += 5 * S; break;
		case '-': now_us += 5 * S - 1; break;
		case '\'': now_us += 1; break;
		case 'M': now_us += 60 * S; break;
		case 'F':
			for (guint i = 0; i < 10; i++) {
				mg_breaker_success(&breaker, now_us);
				g_assert_cmpint(mg_breaker_failure(&breaker, now_us), ==, i == 9);
			}
			break;
		default: g_assert_not_reached();
		}
		if (!holds)
			g_test_message("step %d of %s", (int)(step - row->steps) + 1, row->steps);
		g_assert_true(holds);
	}
}

/* Said once, so that the log says it once. */
static void
test_opening_is_told_once(void)
{
	mg_breaker breaker = { 0 };

	for (guint i = 1; i <= 2 * MG_BREAKER_IN_A_ROW; i++)
		g_assert_cmpint(mg_breaker_failure(&breaker, S), ==, i == MG_BREAKER_IN_A_ROW);
	g_assert_true(mg_breaker_take(&breaker, 7 * S));
	g_assert_true(mg_breaker_failure(&breaker, 7 * S));
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/breaker", rows, test_row);
	g_test_add_func("/breaker/opening-is-told-once", test_opening_is_told_once);
	return g_test_run();
}
