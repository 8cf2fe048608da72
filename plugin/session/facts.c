/* facts.c - see facts.h. */
#include "session/facts.h"

#include <string.h>

#include "mailguard/session.h"
#include "wire.h"

#define DEADLINE_MS_MAX 600000

static gboolean
take_ip(const mg_field *field, mg_ip *ip_out)
{
	if (field->length != 16)
		return FALSE;
	mg_ip_from_octets(field->octets, ip_out);
	return TRUE;
}

static mg_words
take_words(const mg_field *field)
{
	return (mg_words){ (const char *)field->octets, field->length };
}

static void
take_earlier_helo(mg_facts *facts, const mg_field *field)
{
	if (facts->n_helo_before < MG_EARLIER_HELOS_MAX)
		facts->helo_before[facts->n_helo_before++] = (mg_earlier_helo){ take_words(field), field->id == MG_FIELD_HELO_BEFORE_TLS };
}

static void
facts_take(mg_facts *facts, const mg_field *field)
{
	switch (field->id) {
	case MG_FIELD_QUESTION:        facts->question = (mg_question)mg_field_enumerator(field); break;
	case MG_FIELD_STAGE:           facts->stage = (mg_stage)mg_field_enumerator(field); break;
	case MG_FIELD_IDENTITY:        facts->identity = (mg_identity)mg_field_enumerator(field); break;
	case MG_FIELD_DEADLINE:        facts->deadline_ms = (guint)MIN(mg_field_number(field), DEADLINE_MS_MAX); break;
	case MG_FIELD_ON_FAILURE:      facts->on_failure = mg_field_enumerator(field); break;
	case MG_FIELD_SESSION_ID:      facts->session_id = mg_field_text(field); break;
	case MG_FIELD_CLIENT:          facts->has_client = take_ip(field, &facts->client); break;
	case MG_FIELD_PROVENANCE:      facts->provenance = (mg_provenance)mg_field_enumerator(field); break;
	case MG_FIELD_PEER:            facts->has_peer = take_ip(field, &facts->peer); break;
	case MG_FIELD_SERVER_ADDRESS:  facts->has_server = take_ip(field, &facts->server); break;
	case MG_FIELD_SERVER_NAME:     facts->server_name = mg_field_text(field); break;
	case MG_FIELD_PTR:             facts->ptr = mg_field_text(field); break;
	case MG_FIELD_IPREV:           facts->iprev = (mg_iprev)mg_field_enumerator(field); break;
	case MG_FIELD_HELO:            facts->helo = take_words(field); break;
	case MG_FIELD_HELO_BEFORE:
	case MG_FIELD_HELO_BEFORE_TLS: take_earlier_helo(facts, field); break;
	case MG_FIELD_HELO_FLAGS:      facts->helo_is_extended = (mg_field_number(field) & MG_HELO_EXTENDED) != 0; break;
	case MG_FIELD_TLS_VERSION:     facts->tls_version = mg_field_text(field); break;
	case MG_FIELD_TLS_FINGERPRINT: facts->fingerprint = field->length == 32 ? field->octets : NULL; break;
	case MG_FIELD_AUTH:            facts->auth = take_words(field); break;
	case MG_FIELD_REVERSE_PATH:    facts->reverse_path = take_words(field); break;
	case MG_FIELD_MAIL_FLAGS:      facts->smtputf8 = (mg_field_number(field) & MG_MAIL_SMTPUTF8) != 0; break;
	case MG_FIELD_FORWARD_PATH:    facts->forward_path = take_words(field); break;
	case MG_FIELD_N_RECIPIENTS:    facts->n_recipients = (guint)MIN(mg_field_number(field), G_MAXUINT); break;
	case MG_FIELD_TRANSACTION:     facts->transaction = mg_field_number(field); break;
	case MG_FIELD_REPLY:           facts->reply = mg_field_text(field); break;
	case MG_FIELD_SPF_RECORD:      facts->spf_record = take_words(field); break;
	default:                       break;   /* of a newer library, or of a verdict: none of our business */
	}
}

gboolean
mg_facts_read(const guint8 *octets, gsize length, mg_facts *facts_out)
{
	mg_facts facts = { .session_id = "", .server_name = "", .ptr = "", .tls_version = "", .reply = "" };
	mg_reader reader;
	mg_field field;

	if (!mg_reader_open(&reader, octets, length) || reader.kind != MG_MESSAGE_QUESTION)
		return FALSE;
	facts.request = reader.request;
	while (mg_reader_next(&reader, &field))
		facts_take(&facts, &field);
	if (facts.question < MG_ASK_STAGE || facts.question > MG_TELL_DELIVERY)
		return FALSE;
	if (facts.question == MG_ASK_STAGE ? facts.stage < MG_STAGE_CONNECT || facts.stage > MG_STAGE_DATA : facts.stage != 0)
		return FALSE;
	if ((facts.question == MG_ASK_RELAY || facts.stage == MG_STAGE_RCPT) && facts.forward_path.octets == NULL)
		return FALSE;
	*facts_out = facts;
	return TRUE;
}
