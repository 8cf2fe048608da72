/* envelope.c - see envelope.h. */
#include "check/envelope.h"

void
mg_envelope_read(const mg_policy *policy, const mg_facts *facts, mg_envelope *envelope_out)
{
	const mg_words *reverse = &facts->reverse_path, *forward = &facts->forward_path;

	envelope_out->has_reverse_path = reverse->octets != NULL;
	envelope_out->has_forward_path = forward->octets != NULL;
	envelope_out->reverse_fault = NULL;
	envelope_out->forward_fault = NULL;
	if (reverse->octets != NULL)
		mg_path_parse(reverse->octets, reverse->length, facts->smtputf8, policy->local_part_max,
		              &envelope_out->reverse_path, &envelope_out->reverse_fault);
	if (forward->octets == NULL)
		return;
	mg_path_parse(forward->octets, forward->length, facts->smtputf8, policy->local_part_max,
	              &envelope_out->forward_path, &envelope_out->forward_fault);
	/* The null path is a reverse-path only (RFC 5321 4.1.1.3). */
	if (envelope_out->forward_fault == NULL && envelope_out->forward_path.is_null)
		envelope_out->forward_fault = "no Local-part";
}

static void
trace_path(const char *side, const mg_path *path, const char *fault, mg_trace *trace)
{
	g_autoptr(GString) line = NULL;

	if (fault != NULL) {
		mg_trace_add(trace, "address: the %s has %s", side, fault);
		return;
	}
	if (path->is_null || path->forms == 0)
		return;
	line = g_string_new("address: the ");
	g_string_append_printf(line, "%s has the form ", side);
	mg_path_forms_append(line, path->forms);
	g_string_append(line, "; it leads to");
	for (guint i = 0; i < path->n_layers; i++) {
		const mg_mailbox *layer = &path->layers[i];

		g_string_append_printf(line, "%s %s", i > 0 ? "," : "", layer->key ? layer->key : layer->local);
	}
	mg_trace_add(trace, "%s", line->str);
}

void
mg_envelope_trace(const mg_envelope *envelope, mg_trace *trace)
{
	if (trace == NULL)
		return;
	if (envelope->has_reverse_path)
		trace_path("reverse-path", &envelope->reverse_path, envelope->reverse_fault, trace);
	if (envelope->has_forward_path)
		trace_path("forward-path", &envelope->forward_path, envelope->forward_fault, trace);
}

void
mg_envelope_check_reverse(const mg_envelope *envelope, mg_results *results)
{
	const mg_path *path = mg_envelope_reverse(envelope);

	/* A sender that cannot be answered is none; a bare postmaster can be (RFC 5321 4.5.1). */
	if (envelope->reverse_fault != NULL
	    || (path != NULL && !path->is_null && !path->is_mailbox && !mg_path_is_bare_postmaster(path)))
		mg_results_add(results, MG_REASON_ADDRESS_SYNTAX_SENDER, NULL);
}

void
mg_envelope_check_forward(const mg_envelope *envelope, mg_results *results)
{
	if (envelope->forward_fault != NULL)
		mg_results_add(results, MG_REASON_ADDRESS_SYNTAX, NULL);
}

const mg_path *
mg_envelope_reverse(const mg_envelope *envelope)
{
	return envelope->has_reverse_path && envelope->reverse_fault == NULL ? &envelope->reverse_path : NULL;
}

const mg_path *
mg_envelope_forward(const mg_envelope *envelope)
{
	return envelope->has_forward_path && envelope->forward_fault == NULL ? &envelope->forward_path : NULL;
}

const mg_mailbox *
mg_envelope_sender(const mg_envelope *envelope)
{
	const mg_path *path = mg_envelope_reverse(envelope);

	return path != NULL && !path->is_null && path->n_layers > 0 ? &path->layers[0] : NULL;
}
