/* answers.c - see answers.h. */
#include "check/answers.h"

/* One question that was looked for. */
typedef struct asked {
	mg_answers            *answers;    /* borrowed */
	const mg_dns_question *question;   /* of the answer, or of the ticket */
	mg_dns_answer         *answer;     /* ref held; NULL: not here yet */
	mg_resolver_ticket    *ticket;     /* borrowed from the resolver until it answers */
} asked;

struct mg_answers {
	mg_resolver *resolver;   /* borrowed */
	void       (*wake)(void *context);
	void        *context;    /* borrowed */
	GPtrArray   *all;        /* owned; of asked */
	guint        n_pending, n_asked, n_rounds;
};

static void
asked_free(gpointer data)
{
	asked *one = data;

	mg_resolver_cancel(one->ticket);
	mg_dns_answer_unref(one->answer);
	g_free(one);
}

mg_answers *
mg_answers_new(mg_resolver *resolver, void (*wake)(void *context), void *context)
{
	mg_answers *answers = g_new0(mg_answers, 1);

	answers->resolver = resolver;
	answers->wake = wake;
	answers->context = context;
	answers->all = g_ptr_array_new_with_free_func(asked_free);
	return answers;
}

void
mg_answers_free(mg_answers *answers)
{
	if (answers == NULL)
		return;
	g_ptr_array_unref(answers->all);
	g_free(answers);
}

static asked *
answers_file(mg_answers *answers)
{
	asked *one = g_new0(asked, 1);

	one->answers = answers;
	g_ptr_array_add(answers->all, one);
	return one;
}

static void
asked_take(asked *one, mg_dns_answer *answer)
{
	one->ticket = NULL;
	one->answer = answer;
	one->question = &answer->question;
}

void
mg_answers_suppose(mg_answers *answers, mg_dns_answer *answer)
{
	asked_take(answers_file(answers), answer);
}

/* The resolver's function. */
static void
asked_answered(void *context, mg_dns_answer *answer)
{
	asked *one = context;
	mg_answers *answers = one->answers;

	asked_take(one, mg_dns_answer_ref(answer));
	if (--answers->n_pending == 0 && answers->wake != NULL)
		answers->wake(answers->context);
}

/* A judgement looks for few things: to go through them is quicker than a table. */
mg_dns_answer *
mg_answers_get(mg_answers *answers, const mg_dns_question *question)
{
	mg_dns_answer *answer;
	asked *one;

	for (guint i = 0; i < answers->all->len; i++) {
		one = answers->all->pdata[i];
		if (mg_dns_question_equal(one->question, question))
			return one->answer;
	}
	one = answers_file(answers);
	if (answers->all->len > MG_ANSWERS_MAX) {
		asked_take(one, mg_dns_answer_new(question, MG_DNS_UNKNOWN, "over-budget", 0));
		return one->answer;
	}
	answer = (answers->n_rounds > 0 ? mg_resolver_ask_ahead : mg_resolver_ask)(answers->resolver, question, asked_answered,
	                                                                           one, &one->ticket);
	if (answer != NULL) {
		asked_take(one, answer);
	} else {
		one->question = mg_resolver_ticket_question(one->ticket);
		answers->n_pending++;
		answers->n_asked++;
	}
	return answer;
}

void
mg_answers_next_round(mg_answers *answers)
{
	answers->n_rounds++;
}

gboolean
mg_answers_are_pending(const mg_answers *answers)
{
	return answers->n_pending > 0;
}

guint
mg_answers_rounds(const mg_answers *answers)
{
	return answers->n_rounds;
}

guint
mg_answers_asked(const mg_answers *answers)
{
	return answers->n_asked;
}
