/* test_opinion.c - what answer, memory and trust make together: a row for each class of answers and each thing remembered, and what
 * holds for all there is. */
#include "verify/opinion.h"

#include "recipients.h"
#include "support.h"

#define EXISTS       MG_REASON_RCPT_EXISTS
#define UNKNOWN      MG_REASON_RCPT_UNKNOWN
#define SUSPECT      MG_REASON_RCPT_SUSPECT
#define UNTRUSTED    MG_REASON_RCPT_UNTRUSTED
#define TEMPORARY    MG_REASON_RCPT_TEMPORARY
#define DOWN         MG_REASON_RCPT_BACKEND_DOWN
#define BLOCKED      MG_REASON_RCPT_TEMPORARY_BLOCKED
#define GREY         MG_REASON_RCPT_TEMPORARY_GREY
#define FULL         MG_REASON_RCPT_FULL
#define UNVERIFIABLE MG_REASON_RCPT_UNVERIFIABLE
#define CATCH_ALL    MG_REASON_RCPT_CATCH_ALL
#define NOT_YET      MG_REASON_NONE

/* Of what was learned before, and of the answer once it is. */
typedef enum memory_state {
	NOTHING, VALID, VALID_REFRESH, VALID_STALE, DOUBT, DOUBT_STALE, KNOWN_UNKNOWN, KNOWN_UNVERIFIABLE, KNOWN_FULL, KNOWN_BLOCKED,
	KNOWN_SYNTAX, SYNTAX_OF_VALID, FULL_OF_VALID, N_MEMORIES
} memory_state;

static const mg_recollection memories[N_MEMORIES] = {
	[VALID] = { .known = MG_KNOWN_VALID, .freshness = MG_FRESH, .was_valid_lately = TRUE, .age_s = 1 },
	[VALID_REFRESH] = { .known = MG_KNOWN_VALID, .freshness = MG_FRESH_REFRESH, .was_valid_lately = TRUE, .age_s = 36000 },
	[VALID_STALE] = { .known = MG_KNOWN_VALID, .freshness = MG_STALE, .was_valid_lately = TRUE, .age_s = 50000 },
	[DOUBT] = { .known = MG_KNOWN_NOTHING, .freshness = MG_FRESH, .is_doubted = TRUE },
	[DOUBT_STALE] = { .known = MG_KNOWN_NOTHING, .freshness = MG_STALE, .is_doubted = TRUE, .age_s = 30 },
	[KNOWN_UNKNOWN] = { .known = MG_KNOWN_UNKNOWN },
	[KNOWN_UNVERIFIABLE] = { .known = MG_KNOWN_UNVERIFIABLE },
	[KNOWN_FULL] = { .known = MG_KNOWN_FULL },
	[KNOWN_BLOCKED] = { .known = MG_KNOWN_BLOCKED_NOW },
	[KNOWN_SYNTAX] = { .known = MG_KNOWN_BAD_SYNTAX },
	[SYNTAX_OF_VALID] = { .known = MG_KNOWN_BAD_SYNTAX, .was_valid_lately = TRUE },
	[FULL_OF_VALID] = { .known = MG_KNOWN_FULL, .was_valid_lately = TRUE },
};

static const mg_recollection *
memory_of(memory_state state)
{
	return state == NOTHING ? NULL : &memories[state];
}

static void
assert_opinion(const mg_opinion *found, mg_reason expected)
{
	g_assert_cmpstr(mg_reason_get(found->reason)->word, ==, mg_reason_get(expected)->word);
	g_assert_cmpint(found->why == NULL, ==, expected == NOT_YET);
}

/* ---- answers ---- */

typedef struct answer_row {
	const char   *name;
	mg_rcpt_class class;
	mg_reason     nothing;       /* with nothing known, and canaries that hold */
	mg_reason     untrusted;     /* and canaries that do not */
	mg_reason     due;           /* and canaries that are asked */
	mg_reason     stale;         /* with a stale positive */
	gboolean      is_stale;      /* which is what it rests on */
	gboolean      passes;        /* on-failure = accept lets it through, with nothing known */
} answer_row;

static const answer_row answer_rows[] = {
	{ "valid", MG_RCPT_VALID, EXISTS, EXISTS, EXISTS, EXISTS, FALSE, FALSE },
	{ "size", MG_RCPT_SIZE, EXISTS, EXISTS, EXISTS, EXISTS, FALSE, FALSE },
	{ "unverifiable", MG_RCPT_UNVERIFIABLE, UNVERIFIABLE, UNVERIFIABLE, UNVERIFIABLE, UNVERIFIABLE, FALSE, FALSE },
	{ "full", MG_RCPT_FULL, FULL, FULL, FULL, FULL, FALSE, FALSE },
	{ "blocked-now", MG_RCPT_BLOCKED_NOW, BLOCKED, BLOCKED, BLOCKED, BLOCKED, FALSE, FALSE },
	{ "unknown", MG_RCPT_UNKNOWN, UNKNOWN, UNTRUSTED, NOT_YET, SUSPECT, FALSE, FALSE },
	{ "moved", MG_RCPT_MOVED, UNKNOWN, UNTRUSTED, NOT_YET, SUSPECT, FALSE, FALSE },
	{ "suspect", MG_RCPT_SUSPECT, UNKNOWN, UNTRUSTED, NOT_YET, SUSPECT, FALSE, FALSE },
	{ "bad-syntax", MG_RCPT_BAD_SYNTAX, UNKNOWN, UNTRUSTED, NOT_YET, SUSPECT, FALSE, FALSE },
	{ "grey", MG_RCPT_GREY, GREY, GREY, GREY, EXISTS, TRUE, FALSE },
	{ "temp", MG_RCPT_TEMP, TEMPORARY, TEMPORARY, TEMPORARY, EXISTS, TRUE, FALSE },
	{ "batch-limit", MG_RCPT_BATCH_LIMIT, TEMPORARY, TEMPORARY, TEMPORARY, EXISTS, TRUE, FALSE },
	{ "sender", MG_RCPT_SENDER, TEMPORARY, TEMPORARY, TEMPORARY, EXISTS, TRUE, FALSE },
	{ "policy", MG_RCPT_POLICY, TEMPORARY, TEMPORARY, TEMPORARY, EXISTS, TRUE, FALSE },
	{ "no-domain", MG_RCPT_NO_DOMAIN, TEMPORARY, TEMPORARY, TEMPORARY, EXISTS, TRUE, FALSE },
	{ "backend-temp", MG_RCPT_BACKEND_TEMP, DOWN, DOWN, DOWN, EXISTS, TRUE, TRUE },
	{ "closing", MG_RCPT_CLOSING, DOWN, DOWN, DOWN, EXISTS, TRUE, TRUE },
	{ "transport", MG_RCPT_TRANSPORT, DOWN, DOWN, DOWN, EXISTS, TRUE, TRUE },
	{ "config", MG_RCPT_CONFIG, DOWN, DOWN, DOWN, EXISTS, TRUE, TRUE },
	{ "protocol", MG_RCPT_PROTOCOL, DOWN, DOWN, DOWN, EXISTS, TRUE, TRUE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(answer_rows) == MG_RCPT_TRANSPORT + 1);

/* What is known once the answer is learned, of a recipient that was valid lately. */
static const mg_recollection *
learned(mg_rcpt_class class, mg_recollection *out)
{
	mg_knowledge knowledge;

	mg_knowledge_init(&knowledge);
	mg_knowledge_learn(&knowledge, MG_RCPT_VALID, NULL, 0);
	mg_knowledge_learn(&knowledge, class, NULL, MG_POSITIVE_FRESH_S);
	g_assert_true(mg_knowledge_recall(&knowledge, 0, MG_POSITIVE_FRESH_S, out));
	return out;
}

static void
test_answer(gconstpointer data)
{
	const answer_row *row = data;
	mg_opinion_case of = { .has_answer = TRUE, .class = row->class, .domain = MG_DOMAIN_DISCRIMINATING, .believes_negatives = TRUE };
	mg_recollection known;
	mg_opinion found;

	for (mg_backend_outage outage = MG_OUTAGE_DEFER; outage <= MG_OUTAGE_STALE_ONLY; outage++) {
		of.outage = outage;
		of.known = NULL;
		of.believes_negatives = TRUE;
		of.canaries_are_due = FALSE;
		found = mg_opinion_answered(&of);
		assert_opinion(&found, row->nothing);
		g_assert_cmpint(found.is_let_through, ==, row->passes && outage == MG_OUTAGE_ACCEPT);
		of.believes_negatives = FALSE;
		found = mg_opinion_answered(&of);
		assert_opinion(&found, row->untrusted);
		of.canaries_are_due = TRUE;
		found = mg_opinion_answered(&of);
		assert_opinion(&found, row->due);
		of.known = learned(row->class, &known);
		of.believes_negatives = TRUE;
		of.canaries_are_due = FALSE;
		found = mg_opinion_answered(&of);
		assert_opinion(&found, row->stale);
		g_assert_cmpint(found.is_stale, ==, row->is_stale);
		g_assert_false(found.is_let_through);
	}
}

/* ---- memories ---- */

typedef struct memory_row {
	const char     *name;
	memory_state    state;
	mg_domain_class domain;
	gboolean        believes, due;
	mg_reason       expected;
} memory_row;

#define TELLS MG_DOMAIN_DISCRIMINATING
#define BLURS MG_DOMAIN_CATCH_ALL
#define DARK  MG_DOMAIN_UNDETERMINED

static const memory_row memory_rows[] = {
	{ "nothing", NOTHING, TELLS, TRUE, FALSE, NOT_YET },
	{ "nothing-of-catch-all", NOTHING, BLURS, FALSE, FALSE, CATCH_ALL },
	{ "nothing-of-rejects-all", NOTHING, MG_DOMAIN_REJECTS_ALL, FALSE, FALSE, NOT_YET },
	{ "nothing-of-greylists", NOTHING, MG_DOMAIN_GREYLISTS, FALSE, FALSE, NOT_YET },
	{ "nothing-of-blocks-us", NOTHING, MG_DOMAIN_BLOCKS_US, FALSE, FALSE, NOT_YET },
	{ "valid", VALID, TELLS, TRUE, FALSE, EXISTS },
	{ "valid-and-dark", VALID, DARK, FALSE, TRUE, EXISTS },
	{ "valid-of-rejects-all", VALID, MG_DOMAIN_REJECTS_ALL, FALSE, FALSE, EXISTS },
	{ "valid-of-catch-all", VALID, BLURS, FALSE, FALSE, CATCH_ALL },
	{ "refresh", VALID_REFRESH, TELLS, TRUE, FALSE, EXISTS },
	{ "stale", VALID_STALE, TELLS, TRUE, FALSE, NOT_YET },
	{ "stale-of-catch-all", VALID_STALE, BLURS, FALSE, FALSE, NOT_YET },
	{ "doubt", DOUBT, TELLS, TRUE, FALSE, SUSPECT },
	{ "doubt-and-dark", DOUBT, DARK, FALSE, TRUE, SUSPECT },
	{ "doubt-to-be-resolved", DOUBT_STALE, TELLS, TRUE, FALSE, NOT_YET },
	{ "unknown", KNOWN_UNKNOWN, TELLS, TRUE, FALSE, UNKNOWN },
	{ "unknown-refreshed-canaries", KNOWN_UNKNOWN, TELLS, TRUE, TRUE, UNKNOWN },
	{ "unknown-lapsed", KNOWN_UNKNOWN, TELLS, FALSE, TRUE, NOT_YET },
	{ "unknown-not-believed", KNOWN_UNKNOWN, TELLS, FALSE, FALSE, UNTRUSTED },
	{ "unknown-of-catch-all", KNOWN_UNKNOWN, BLURS, FALSE, FALSE, UNTRUSTED },
	{ "syntax", KNOWN_SYNTAX, TELLS, TRUE, FALSE, UNKNOWN },
	{ "syntax-lapsed", KNOWN_SYNTAX, DARK, FALSE, TRUE, NOT_YET },
	{ "syntax-not-believed", KNOWN_SYNTAX, DARK, FALSE, FALSE, UNTRUSTED },
	{ "syntax-of-valid", SYNTAX_OF_VALID, TELLS, TRUE, FALSE, SUSPECT },
	{ "syntax-of-valid-lapsed", SYNTAX_OF_VALID, DARK, FALSE, TRUE, SUSPECT },
	{ "unverifiable", KNOWN_UNVERIFIABLE, TELLS, TRUE, FALSE, UNVERIFIABLE },
	{ "full", KNOWN_FULL, TELLS, TRUE, FALSE, FULL },
	{ "full-of-valid", FULL_OF_VALID, DARK, FALSE, TRUE, FULL },
	{ "blocked-now", KNOWN_BLOCKED, TELLS, TRUE, FALSE, BLOCKED },
};

static void
test_remembered(gconstpointer data)
{
	const memory_row *row = data;
	mg_opinion_case of = { .known = memory_of(row->state), .domain = row->domain, .believes_negatives = row->believes,
		                   .canaries_are_due = row->due };

	for (mg_backend_outage outage = MG_OUTAGE_DEFER; outage <= MG_OUTAGE_STALE_ONLY; outage++) {
		mg_opinion found;

		of.outage = outage;
		found = mg_opinion_remembered(&of);
		assert_opinion(&found, row->expected);
		g_assert_false(found.is_let_through);
		g_assert_false(found.is_stale);
	}
}

/* ---- no answer ---- */

typedef struct silence_row {
	const char       *name;
	memory_state      state;
	mg_backend_outage outage;
	mg_reason         reason, expected;
	gboolean          passes;
} silence_row;

static const silence_row silence_rows[] = {
	{ "nothing-defer", NOTHING, MG_OUTAGE_DEFER, DOWN, DOWN, FALSE },
	{ "nothing-accept", NOTHING, MG_OUTAGE_ACCEPT, DOWN, DOWN, TRUE },
	{ "nothing-stale-only", NOTHING, MG_OUTAGE_STALE_ONLY, DOWN, DOWN, FALSE },
	{ "stale-defer", VALID_STALE, MG_OUTAGE_DEFER, DOWN, EXISTS, FALSE },
	{ "stale-accept", VALID_STALE, MG_OUTAGE_ACCEPT, DOWN, EXISTS, FALSE },
	{ "stale-only", VALID_STALE, MG_OUTAGE_STALE_ONLY, DOWN, EXISTS, FALSE },
	{ "over-budget-defer", NOTHING, MG_OUTAGE_DEFER, MG_REASON_RCPT_OVER_BUDGET, MG_REASON_RCPT_OVER_BUDGET, FALSE },
	{ "over-budget-accept", NOTHING, MG_OUTAGE_ACCEPT, MG_REASON_RCPT_OVER_BUDGET, MG_REASON_RCPT_OVER_BUDGET, FALSE },
	{ "over-budget-stale", VALID_STALE, MG_OUTAGE_DEFER, MG_REASON_RCPT_OVER_BUDGET, EXISTS, FALSE },
	{ "doubt-defer", DOUBT_STALE, MG_OUTAGE_DEFER, DOWN, DOWN, FALSE },
	{ "doubt-accept", DOUBT_STALE, MG_OUTAGE_ACCEPT, DOWN, DOWN, TRUE },
	{ "unknown-defer", KNOWN_UNKNOWN, MG_OUTAGE_DEFER, DOWN, DOWN, FALSE },
};

static void
test_unanswered(gconstpointer data)
{
	const silence_row *row = data;
	const mg_opinion_case of = { .known = memory_of(row->state), .outage = row->outage };
	mg_opinion found = mg_opinion_unanswered(&of, row->reason, "no answer in time");

	assert_opinion(&found, row->expected);
	g_assert_cmpint(found.is_let_through, ==, row->passes);
	g_assert_cmpint(found.is_stale, ==, row->expected == EXISTS);
}

/* ---- all there is ---- */

typedef enum way { ANSWERED, REMEMBERED, UNANSWERED, N_WAYS } way;

static mg_opinion
opine(way by, const mg_opinion_case *of)
{
	return by == ANSWERED     ? mg_opinion_answered(of)
	       : by == REMEMBERED ? mg_opinion_remembered(of)
	                          : mg_opinion_unanswered(of, DOWN, "no answer in time");
}

static gboolean
is_refused(way by, const mg_opinion_case *of)
{
	return by == ANSWERED ? mg_rcpt_class_is_negative(of->class) || of->class == MG_RCPT_BAD_SYNTAX
	                      : by == REMEMBERED && of->known != NULL
	                            && (of->known->known == MG_KNOWN_UNKNOWN || of->known->known == MG_KNOWN_BAD_SYNTAX);
}

/* Returns whether all holds that is to. */
static gboolean
holds(way by, const mg_opinion_case *of, const mg_opinion *found)
{
	gboolean was_valid = of->known != NULL && (of->known->was_valid_lately || of->known->is_doubted);

	/* A 550 rests on a refusal, on belief, and on nothing that speaks for the recipient. */
	if (found->reason == UNKNOWN && (!is_refused(by, of) || !of->believes_negatives || was_valid))
		return FALSE;
	if (found->is_let_through && (of->outage != MG_OUTAGE_ACCEPT || found->reason != DOWN))
		return FALSE;
	/* After an answer only the canaries are waited for, and only if it takes them. */
	if (by == ANSWERED && found->reason == NOT_YET && (!of->canaries_are_due || of->believes_negatives || !is_refused(by, of)))
		return FALSE;
	if (by == UNANSWERED && found->reason == NOT_YET)
		return FALSE;
	if (found->is_stale && (of->known == NULL || of->known->known != MG_KNOWN_VALID || found->reason != EXISTS))
		return FALSE;
	/* It exists: somebody has said so. */
	return found->reason != EXISTS || (by == ANSWERED && (of->class == MG_RCPT_VALID || of->class == MG_RCPT_SIZE))
	       || (of->known != NULL && of->known->known == MG_KNOWN_VALID);
}

static void
test_all(void)
{
	guint n = 0;

	for (guint i = 0; i < N_WAYS * (MG_RCPT_TRANSPORT + 1) * N_MEMORIES * (MG_DOMAIN_BLOCKS_US + 1) * 4 * 3; i++) {
		guint at = i;
		way by = (way)(at % N_WAYS);
		mg_opinion_case of = { .has_answer = by == ANSWERED };
		mg_opinion found;

		of.class = (mg_rcpt_class)((at /= N_WAYS) % (MG_RCPT_TRANSPORT + 1));
		of.known = memory_of((memory_state)((at /= MG_RCPT_TRANSPORT + 1) % N_MEMORIES));
		of.domain = (mg_domain_class)((at /= N_MEMORIES) % (MG_DOMAIN_BLOCKS_US + 1));
		of.believes_negatives = ((at /= MG_DOMAIN_BLOCKS_US + 1) & 1) != 0;
		of.canaries_are_due = (at & 2) != 0;
		of.outage = (mg_backend_outage)(at / 4);
		found = opine(by, &of);
		n += found.reason == UNKNOWN;
		if (holds(by, &of, &found))
			continue;
		g_test_message("way %d, class %s, memory %d, domain %s, believes %d, due %d, outage %d: %s", (int)by,
		               mg_rcpt_class_name(of.class), of.known != NULL ? (int)(of.known - memories) : 0,
		               mg_domain_class_name(of.domain), of.believes_negatives, of.canaries_are_due, (int)of.outage,
		               mg_reason_get(found.reason)->word);
		g_test_fail();
	}
	g_assert_cmpuint(n, >, 0);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/opinion/answered", answer_rows, test_answer);
	TEST_ROWS("/opinion/remembered", memory_rows, test_remembered);
	TEST_ROWS("/opinion/unanswered", silence_rows, test_unanswered);
	g_test_add_func("/opinion/all", test_all);
	return g_test_run();
}
