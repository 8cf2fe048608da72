/* verdict.c - answers: from an engine's message, or the library's own. */
#include "mailguard/verdict.h"

#include <stdlib.h>

#include "internal.h"

#define TEXT_MAX 400   /* octets, as verdict.h promises */

void
mg_verdict_fill_alone(mg_verdict *verdict, const char *reason)
{
	const mg_guard *guard = verdict->guard;
	/* Accepting without the engine would relay for anybody: where relaying is decided there is no accept. */
	bool decides_relay = verdict->question == MG_ASK_RELAY || verdict->stage == MG_STAGE_RCPT;
	bool accept = guard->on_failure == MG_ACCEPT && !decides_relay;

	verdict->action = accept ? MG_ACCEPT : MG_DEFER;
	verdict->code = accept ? 250 : 451;
	verdict->enhanced = accept ? "2.0.0" : "4.3.0";
	verdict->text = accept ? "Ok" : "Temporary failure of a local service, try again later";
	verdict->reason = reason;
	verdict->is_final = 1;
	verdict->pending_action = 0;   /* a message that could not be used may have set these */
	verdict->pending_reason = NULL;
	verdict->age_ms = verdict->ttl_ms = 0;
}

static void
verdict_take_field(mg_verdict *verdict, const mg_field *field)
{
	switch (field->id) {
	case MG_FIELD_ACTION:
		verdict->action = (mg_action)mg_field_enumerator(field);
		break;
	case MG_FIELD_CODE:
		verdict->code = mg_field_enumerator(field);
		break;
	case MG_FIELD_ENHANCED:
		verdict->enhanced = mg_field_text(field);
		break;
	case MG_FIELD_TEXT:
		verdict->text = mg_field_text(field);
		break;
	case MG_FIELD_REASON:
		verdict->reason = mg_field_text(field);
		break;
	case MG_FIELD_FINAL:
		verdict->is_final = mg_field_number(field) != 0;
		break;
	case MG_FIELD_PENDING_ACTION:
		verdict->pending_action = mg_field_enumerator(field);
		break;
	case MG_FIELD_PENDING_REASON:
		verdict->pending_reason = mg_field_text(field);
		break;
	case MG_FIELD_AGE:
		verdict->age_ms = mg_field_number(field);
		break;
	case MG_FIELD_TTL:
		verdict->ttl_ms = mg_field_number(field);
		break;
	default:   /* lists are read when asked for; what a newer engine says besides is skipped */
		break;
	}
}

/* Whether it may stand in a reply or a log: something, printable, within a line. */
static bool
is_printable(const char *text)
{
	size_t length = 0;

	for (; text != NULL && text[length] != 0; length++)
		if (text[length] < ' ' || text[length] > '~')
			return false;
	return length > 0 && length <= TEXT_MAX;
}

/* The last look at what will be sent to the client, whoever made it. */
static bool
verdict_is_whole(const mg_verdict *verdict)
{
	int class = verdict->action == MG_ACCEPT ? 2 : verdict->action == MG_DEFER ? 4 : 5;

	if (verdict->action < MG_ACCEPT || verdict->action > MG_REJECT || verdict->code / 100 != class)
		return false;
	if ((verdict->pending_action != 0) != (verdict->pending_reason != NULL) || verdict->pending_action > MG_REJECT)
		return false;
	return is_printable(verdict->enhanced) && is_printable(verdict->text) && is_printable(verdict->reason);
}

void
mg_verdict_fill(mg_verdict *verdict, uint8_t *octets, size_t length, void (*release)(uint8_t *))
{
	mg_reader reader;
	mg_field field;
	bool whole = mg_reader_open(&reader, octets, length) && reader.kind == MG_MESSAGE_VERDICT
	             && reader.request == verdict->request;

	while (whole && mg_reader_next(&reader, &field))
		verdict_take_field(verdict, &field);
	if (!whole || !verdict_is_whole(verdict)) {
		release(octets);
		mg_verdict_fill_alone(verdict, "engine.gone");
		return;
	}
	verdict->octets = octets;
	verdict->n_octets = length;
	verdict->release = release;
}

void
mg_verdict_free(mg_verdict *verdict)
{
	if (verdict == NULL)
		return;
	if (verdict->octets != NULL)
		verdict->release(verdict->octets);
	free(verdict);
}

uint64_t
mg_verdict_request(const mg_verdict *verdict)
{
	return verdict->request;
}

void *
mg_verdict_context(const mg_verdict *verdict)
{
	return verdict->context;
}

mg_question
mg_verdict_question(const mg_verdict *verdict)
{
	return verdict->question;
}

int
mg_verdict_stage(const mg_verdict *verdict)
{
	return verdict->stage;
}

mg_action
mg_verdict_action(const mg_verdict *verdict)
{
	return verdict->action;
}

int
mg_verdict_code(const mg_verdict *verdict)
{
	return verdict->code;
}

const char *
mg_verdict_enhanced(const mg_verdict *verdict)
{
	return verdict->enhanced;
}

const char *
mg_verdict_text(const mg_verdict *verdict)
{
	return verdict->text;
}

const char *
mg_verdict_reason(const mg_verdict *verdict)
{
	return verdict->reason;
}

int
mg_verdict_is_final(const mg_verdict *verdict)
{
	return verdict->is_final;
}

int
mg_verdict_pending_action(const mg_verdict *verdict)
{
	return verdict->pending_action;
}

const char *
mg_verdict_pending_reason(const mg_verdict *verdict)
{
	return verdict->pending_reason;
}

uint64_t
mg_verdict_age_ms(const mg_verdict *verdict)
{
	return verdict->age_ms;
}

uint64_t
mg_verdict_ttl_ms(const mg_verdict *verdict)
{
	return verdict->ttl_ms;
}

/* The @index-th field with @id. Lists are short: walking beats an index that would need memory. */
static bool
verdict_field(const mg_verdict *verdict, mg_field_id id, size_t index, mg_field *field_out)
{
	mg_reader reader = { verdict->octets, verdict->n_octets, MG_WIRE_HEADER, MG_MESSAGE_VERDICT, verdict->request };

	while (verdict->octets != NULL && mg_reader_next(&reader, field_out))   /* it was opened, and so checked, before */
		if (field_out->id == id && index-- == 0)
			return true;
	return false;
}

static const char *
verdict_text_at(const mg_verdict *verdict, mg_field_id id, size_t index)
{
	mg_field field;

	return verdict_field(verdict, id, index, &field) ? mg_field_text(&field) : NULL;
}

static const char *
verdict_pair_at(const mg_verdict *verdict, mg_field_id id, size_t index, const char **second_out)
{
	mg_field field;

	if (!verdict_field(verdict, id, index, &field))
		return NULL;
	*second_out = mg_field_second(&field);
	return mg_field_text(&field);
}

const char *
mg_verdict_flag(const mg_verdict *verdict, size_t index)
{
	return verdict_text_at(verdict, MG_FIELD_FLAG, index);
}

const char *
mg_verdict_trace(const mg_verdict *verdict, size_t index)
{
	return verdict_text_at(verdict, MG_FIELD_TRACE, index);
}

const char *
mg_verdict_result(const mg_verdict *verdict, size_t index, const char **result_out)
{
	return verdict_pair_at(verdict, MG_FIELD_RESULT, index, result_out);
}

const char *
mg_verdict_evidence(const mg_verdict *verdict, size_t index, const char **value_out)
{
	return verdict_pair_at(verdict, MG_FIELD_EVIDENCE, index, value_out);
}

const char *
mg_verdict_header(const mg_verdict *verdict, size_t index, const char **body_out)
{
	return verdict_pair_at(verdict, MG_FIELD_HEADER, index, body_out);
}
