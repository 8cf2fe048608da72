/* delivery.c - see delivery.h. */
#include "check/delivery.h"

#include <string.h>

#include "check/spelling.h"
#include "verify/verifier.h"

/* NULL: nobody is asked about the recipient. */
static const mg_backend *
find_backend(const mg_policy *policy, const mg_envelope *envelope)
{
	const mg_mailbox *mailbox = mg_spelling_mailbox(policy, envelope);

	return mailbox != NULL ? mg_backend_find(policy->backends, mailbox->domain) : NULL;
}

static gboolean
read_reply(const char *text, mg_smtp_reply *reply_out)
{
	g_autofree char *line = g_strconcat(text, "\r\n", NULL);
	gsize length = strlen(line), taken;
	mg_smtp_reader reader;

	mg_smtp_reader_init(&reader);
	if (mg_smtp_reader_take(&reader, line, length, &taken) != MG_SMTP_REPLY || taken != length)
		return FALSE;
	*reply_out = reader.reply;
	return TRUE;
}

void
mg_delivery_learn(const mg_tools *tools, mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope)
{
	const mg_backend *backend = facts->question == MG_TELL_DELIVERY ? find_backend(policy, envelope) : NULL;
	mg_spellings spellings;
	mg_smtp_reply reply;
	mg_local_rules rules;

	if (backend == NULL || !read_reply(facts->reply, &reply))
		return;
	rules = mg_policy_local_rules(policy, backend);
	mg_spellings_find(facts, mg_envelope_forward(envelope), &rules, &spellings);
	mg_verifier_learn(tools->verifier, &(mg_verifier_wish){
		.policy = policy, .backend = backend, .domain = spellings.domain,
		.key = spellings.all[spellings.n - 1].key, .path = spellings.all[spellings.n - 1].path,   /* as it was delivered to */
	}, &reply);
	mg_spellings_clear(&spellings);
}

void
mg_delivery_report(const mg_policy *policy, const mg_facts *facts, const mg_envelope *envelope, mg_trace *trace,
                   mg_evidence *evidence)
{
	const mg_backend *backend = find_backend(policy, envelope);
	const char *class;
	mg_smtp_reply reply;

	if (backend == NULL) {
		mg_trace_add(trace, "rcpt: no backend is asked about this recipient: nothing is remembered");
	} else if (!read_reply(facts->reply, &reply)) {
		mg_trace_add(trace, "rcpt: '%s' is no reply (RFC 5321 4.2): nothing is remembered", facts->reply);
	} else {
		class = mg_rcpt_class_name(mg_rcpt_class_of(&reply, backend->quirk));
		mg_evidence_add_text(evidence, "rcpt", "class", class);
		mg_trace_add(trace, "rcpt: the backend %s has said %d at delivery: %s", backend->name, reply.code, class);
	}
}
