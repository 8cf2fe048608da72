/* recipient.c - see recipient.h. */
#include "check/recipient.h"

#include <string.h>

#include "check/spelling.h"
#include "verify/verifier.h"

typedef enum recipient_state {
	RECIPIENT_LOOK,    /* in tables and what is remembered */
	RECIPIENT_HELD,    /* a probe is needed, and leave for it */
	RECIPIENT_ASK,
	RECIPIENT_AWAIT,
	RECIPIENT_DONE
} recipient_state;

struct mg_recipient_check {
	mg_check          base;          /* first */
	recipient_state   state;         /* written by recipient_enter() alone */
	mg_verifier      *verifier;      /* borrowed */
	mg_policy        *policy;        /* ref held */
	const mg_backend *backend;       /* borrowed from the policy; NULL: the tables decide */
	mg_ip             client;
	gboolean          has_client;
	mg_spellings      spellings;
	guint             at;            /* which of them */
	gboolean          has_leave;     /* to probe: the other checks let the client through */
	gboolean          is_refused;    /* by them: nothing was asked */
	gint64            deadline_us;   /* of the request's share */
	mg_verification  *waiting;       /* owned in RECIPIENT_AWAIT */
	gboolean          has_table;     /* a table has decided */
	const char       *table_entry;   /* borrowed from the policy; the kind of entry, NULL: none */
	mg_rcpt_finding   finding;
};

static mg_step
recipient_enter(mg_recipient_check *recipient, recipient_state state)
{
	recipient->state = state;
	return state == RECIPIENT_DONE ? MG_STEP_DONE : state == RECIPIENT_HELD ? MG_STEP_WAIT : MG_STEP_AGAIN;
}

/* ---- tables ---- */

/* TRUE: there is nobody else to ask. */
static gboolean
look_in_tables(mg_recipient_check *recipient, const mg_path *path, const mg_local_rules *rules)
{
	const mg_recipient_policy *of = &recipient->policy->recipients;
	const char *denied = mg_recipients_find(of->deny, path, rules);
	const char *entry = mg_recipients_find(of->tables, path, rules);
	mg_rcpt_finding *finding = &recipient->finding;

	finding->canary_age_s = -1;
	recipient->table_entry = denied != NULL ? denied : entry;
	if (denied != NULL) {
		finding->reason = MG_REASON_RCPT_UNKNOWN;
		finding->why = "[recipients] deny has it";
	} else if (entry != NULL) {
		finding->reason = MG_REASON_RCPT_EXISTS;
		finding->why = "[recipients] tables have it";
	} else if (recipient->backend == NULL && mg_recipients_covers(of->tables, recipient->spellings.domain)) {
		finding->reason = MG_REASON_RCPT_UNKNOWN;
		finding->why = "[recipients] tables have the domain, and not this recipient";
	}
	recipient->has_table = finding->reason != MG_REASON_NONE;
	return recipient->has_table || recipient->backend == NULL;
}

/* ---- the backend ---- */

static mg_verifier_wish
wish_of(const mg_recipient_check *recipient)
{
	const mg_spelling *one = &recipient->spellings.all[recipient->at];

	return (mg_verifier_wish){
		.policy = recipient->policy, .backend = recipient->backend, .domain = recipient->spellings.domain, .key = one->key, .path = one->path,
		.client = recipient->has_client ? &recipient->client : NULL,
	};
}

/* The next spelling, if this one does not exist; else done. */
static mg_step
recipient_next(mg_recipient_check *recipient)
{
	if (recipient->finding.reason == MG_REASON_RCPT_UNKNOWN && recipient->at + 1 < recipient->spellings.n) {
		recipient->at++;
		recipient->finding = (mg_rcpt_finding){ .canary_age_s = -1 };   /* or it would seem refused already */
		return recipient_enter(recipient, RECIPIENT_LOOK);
	}
	return recipient_enter(recipient, RECIPIENT_DONE);
}

static mg_step
recipient_ask(mg_recipient_check *recipient)
{
	const mg_verifier_wish wish = wish_of(recipient);

	recipient->waiting = mg_verifier_ask(recipient->verifier, &wish, mg_check_woken, recipient, &recipient->finding);
	if (recipient->waiting == NULL)
		return recipient_next(recipient);
	recipient->base.deadline_us = MIN(recipient->deadline_us, mg_verification_until_us(recipient->waiting));
	return recipient_enter(recipient, RECIPIENT_AWAIT);
}

static mg_step
recipient_step(mg_check *check)
{
	mg_recipient_check *recipient = (mg_recipient_check *)check;
	mg_verifier_wish wish;

	switch (recipient->state) {
	case RECIPIENT_LOOK:
		wish = wish_of(recipient);
		if (mg_verifier_look(recipient->verifier, &wish, &recipient->finding))
			return recipient_next(recipient);
		return recipient_enter(recipient, recipient->has_leave ? RECIPIENT_ASK : RECIPIENT_HELD);

	case RECIPIENT_HELD:
		return MG_STEP_WAIT;

	case RECIPIENT_ASK:
		return recipient_ask(recipient);

	case RECIPIENT_AWAIT:
		if (!mg_verification_is_answered(recipient->waiting) && !mg_check_expired(check))
			return MG_STEP_WAIT;
		mg_verification_end(g_steal_pointer(&recipient->waiting), &recipient->finding);
		recipient->base.deadline_us = recipient->deadline_us;
		return recipient_next(recipient);

	case RECIPIENT_DONE:
		return MG_STEP_DONE;
	}
	g_assert_not_reached();
}

gboolean
mg_recipient_check_is_held(const mg_recipient_check *recipient)
{
	return recipient->state == RECIPIENT_HELD;
}

void
mg_recipient_check_give_leave(mg_recipient_check *recipient, gboolean is_refused)
{
	recipient->is_refused = is_refused;
	recipient->has_leave = !is_refused;   /* for the second spelling too */
	recipient_enter(recipient, is_refused ? RECIPIENT_DONE : RECIPIENT_ASK);
}

/* ---- begin and end ---- */

static void
recipient_free(mg_check *check)
{
	mg_recipient_check *recipient = (mg_recipient_check *)check;

	mg_verification_cancel(recipient->waiting);
	mg_spellings_clear(&recipient->spellings);
	mg_policy_unref(recipient->policy);
	g_free(recipient);
}

mg_recipient_check *
mg_recipient_check_new(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, const mg_client *client,
                       const mg_envelope *envelope)
{
	/* First whether anybody can tell: most policies have nobody, and this stands in the way of every recipient. */
	gboolean is_asked = (policy->backends->len > 0 || policy->recipients.tables != NULL || policy->recipients.deny != NULL)
	                    && (facts->question == MG_ASK_RECIPIENT
	                        || (facts->stage == MG_STAGE_RCPT && mg_client_exempt(policy, client, MG_EXEMPT_RCPT) == NULL));
	const mg_mailbox *mailbox = is_asked ? mg_spelling_mailbox(policy, envelope) : NULL;
	const mg_backend *backend = mailbox != NULL ? mg_backend_find(policy->backends, mailbox->domain) : NULL;
	mg_recipient_check *recipient;
	mg_local_rules rules;

	if (mailbox == NULL || (backend == NULL && policy->recipients.tables == NULL && policy->recipients.deny == NULL))
		return NULL;
	recipient = g_new0(mg_recipient_check, 1);
	recipient->deadline_us = g_get_monotonic_time() + mg_check_share_us(facts->deadline_ms);
	recipient->base = (mg_check){ .step = recipient_step, .free = recipient_free, .deadline_us = recipient->deadline_us };
	recipient->verifier = tools->verifier;
	recipient->policy = mg_policy_ref(policy);
	recipient->backend = backend;
	recipient->has_client = client->has_ip && !client->is_local;
	recipient->client = client->ip;
	rules = mg_policy_local_rules(policy, backend);
	mg_spellings_find(facts, mg_envelope_forward(envelope), &rules, &recipient->spellings);
	if (look_in_tables(recipient, mg_envelope_forward(envelope), &rules))
		recipient_enter(recipient, RECIPIENT_DONE);
	mg_check_run(&recipient->base);   /* what is remembered can be told at once */
	return recipient;
}

mg_check *
mg_recipient_check_base(mg_recipient_check *recipient)
{
	return &recipient->base;
}

/* ---- telling ---- */

static const char *const source_words[] = {
	[MG_SOURCE_NONE] = NULL, [MG_SOURCE_CACHE] = "cache", [MG_SOURCE_STALE] = "stale", [MG_SOURCE_PROBE] = "probe",
};
G_STATIC_ASSERT(G_N_ELEMENTS(source_words) == MG_SOURCE_PROBE + 1);

static void
tell_evidence(const mg_recipient_check *recipient, mg_evidence *evidence)
{
	const mg_rcpt_finding *finding = &recipient->finding;

	mg_evidence_add_text(evidence, "rcpt", "source", recipient->has_table ? "table" : source_words[finding->source]);
	if (recipient->backend == NULL || recipient->has_table)
		return;
	mg_evidence_add_text(evidence, "rcpt", "backend", recipient->backend->name);
	mg_evidence_add_word(evidence, "rcpt", "asked", recipient->spellings.all[recipient->at].path);
	mg_evidence_add_text(evidence, "rcpt", "endpoint", finding->endpoint);
	mg_evidence_add_text(evidence, "rcpt", "domain-class", mg_domain_class_name(finding->domain_class));
	if (finding->source == MG_SOURCE_PROBE) {
		mg_evidence_add_text(evidence, "rcpt", "class", mg_rcpt_class_name(finding->class));
		mg_evidence_add_text(evidence, "rcpt", "problem", finding->problem);
		mg_evidence_add_text(evidence, "rcpt", "tls", finding->tls);
		mg_evidence_add_text(evidence, "rcpt", "pipelining", finding->has_pipelining ? "yes" : "no");
		mg_evidence_add_number(evidence, "rcpt", "elapsed-us", finding->elapsed_us);
	}
	if (finding->reply.code != 0) {
		mg_evidence_add_number(evidence, "rcpt", "code", finding->reply.code);
		mg_evidence_add_word(evidence, "rcpt", "said", finding->reply.text);
	}
	if (finding->source != MG_SOURCE_NONE)
		mg_evidence_add_number(evidence, "rcpt", "age-s", finding->age_s);
	if (finding->canary_age_s >= 0)
		mg_evidence_add_number(evidence, "rcpt", "canary-age-s", finding->canary_age_s);
}

void
mg_recipient_check_report(const mg_recipient_check *recipient, const mg_envelope *envelope, mg_results *results,
                          mg_trace *trace, mg_evidence *evidence)
{
	static const mg_consequence accept = MG_CONSEQUENCE_OFF;
	const mg_rcpt_finding *finding = &recipient->finding;
	const mg_path *path = mg_envelope_forward(envelope);
	char name[MG_REASON_NAME_MAX];

	if (recipient->is_refused) {
		mg_trace_add(trace, "rcpt: skipped, the client is refused already");
		return;
	}
	if (finding->reason == MG_REASON_NONE)
		return;
	mg_results_add_listed(results, finding->reason, path != NULL ? path->layers[0].domain : NULL, finding->is_let_through ? &accept : NULL);
	mg_reason_name(finding->reason, name);
	mg_trace_add(trace, "%s: %s%s", name, finding->why, finding->is_let_through ? "; let through, as on-failure has it" : "");
	if (recipient->table_entry != NULL)
		mg_trace_add(trace, "rcpt: the entry is '%s'", recipient->table_entry);
	else if (finding->endpoint != NULL && finding->reply.code != 0)
		mg_trace_add(trace, "rcpt: %s said %d %s", finding->endpoint, finding->reply.code, finding->reply.text);
	tell_evidence(recipient, evidence);
}
