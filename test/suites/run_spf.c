/* run_spf.c - suites of SPF cases, run against the evaluator.
 * In:    suites (spf_cases.h)
 * Out:   TAP, a row for each case
 * Rules: each case is evaluated with all answers at once, in rounds where nothing is there before it was asked for, and
 *        with every other answer there: all the same outcome, to the last count. */
#include "spf_cases.h"

static void
test_case(gconstpointer data)
{
	const spf_case *row = data;
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_FULL, NULL);
	g_autofree char *sender = NULL;
	mg_spf_outcome at_once, other;
	mg_spf_question question;
	guint rounds;

	case_question(row, &question, &sender);
	rounds = spf_resolver_evaluate(row->zone, SPF_AT_ONCE, &question, NULL, &at_once);
	g_assert_cmpuint(rounds, ==, 0);
	check_outcome(row, &at_once);

	rounds = spf_resolver_evaluate(row->zone, SPF_IN_ROUNDS, &question, trace, &other);
	case_number(row, "rounds", rounds);
	assert_same(&other, &at_once);
	g_assert_cmpuint(mg_trace_count(trace), >, 0);
	for (guint i = 0; i < mg_trace_count(trace); i++)
		g_test_message("%s", mg_trace_get(trace, i));
	mg_spf_outcome_clear(&other);

	spf_resolver_evaluate(row->zone, SPF_SOME_AT_ONCE, &question, NULL, &other);
	assert_same(&other, &at_once);
	mg_spf_outcome_clear(&other);

	/* What is not asked for is not looked up and not there, and changes nothing else. */
	question.wants_explanation = FALSE;
	spf_resolver_evaluate(row->zone, SPF_IN_ROUNDS, &question, NULL, &other);
	g_assert_null(other.explanation);
	g_assert_cmpint(other.result, ==, at_once.result);
	mg_spf_outcome_clear(&other);
	mg_spf_outcome_clear(&at_once);
}

int
main(int argc, char **argv)
{
	return run_suites(argc, argv, "/spf", test_case);
}
