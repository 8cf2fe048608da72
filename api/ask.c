/* ask.c - questions: the facts of a session and what is wanted, as a message to the engine. */
#include <string.h>

#include "internal.h"

#define REPLY_MAX 512   /* RFC 5321 4.5.3.1.5 */

static void
write_octets(mg_writer *writer, mg_field_id field, const mg_octets *value)
{
	if (value->octets != NULL)
		mg_writer_octets(writer, field, value->octets, value->length);
}

static void
write_text(mg_writer *writer, mg_field_id field, const char *text)
{
	if (text[0] != 0)
		mg_writer_text(writer, field, text);
}

static void
write_number(mg_writer *writer, mg_field_id field, uint64_t number)
{
	if (number != 0)
		mg_writer_number(writer, field, number);
}

static void
write_facts(mg_writer *writer, const mg_session *session)
{
	write_text(writer, MG_FIELD_SESSION_ID, session->id);
	write_number(writer, MG_FIELD_PROVENANCE, session->provenance);
	if (session->has_client)
		mg_writer_octets(writer, MG_FIELD_CLIENT, session->client, sizeof(session->client));
	if (session->has_peer)
		mg_writer_octets(writer, MG_FIELD_PEER, session->peer, sizeof(session->peer));
	if (session->has_server)
		mg_writer_octets(writer, MG_FIELD_SERVER_ADDRESS, session->server, sizeof(session->server));
	write_text(writer, MG_FIELD_SERVER_NAME, session->server_name);
	write_text(writer, MG_FIELD_PTR, session->ptr);
	write_number(writer, MG_FIELD_IPREV, session->iprev);
	write_octets(writer, MG_FIELD_HELO, &session->helo);
	for (unsigned i = 0; i < session->n_earlier_helos; i++)
		write_octets(writer, session->earlier_helos[i].is_before_tls ? MG_FIELD_HELO_BEFORE_TLS : MG_FIELD_HELO_BEFORE,
		             &session->earlier_helos[i].word);
	write_number(writer, MG_FIELD_HELO_FLAGS, session->helo_flags);
	write_text(writer, MG_FIELD_TLS_VERSION, session->tls_version);
	if (session->has_fingerprint)
		mg_writer_octets(writer, MG_FIELD_TLS_FINGERPRINT, session->fingerprint,
		                 sizeof(session->fingerprint));
	write_octets(writer, MG_FIELD_AUTH, &session->auth);
	write_octets(writer, MG_FIELD_REVERSE_PATH, &session->reverse_path);
	write_number(writer, MG_FIELD_MAIL_FLAGS, session->mail_flags);
	write_number(writer, MG_FIELD_N_RECIPIENTS, session->n_recipients);
	mg_writer_number(writer, MG_FIELD_TRANSACTION, (uint64_t)session->number << 32 | session->transaction);
	write_octets(writer, MG_FIELD_SPF_RECORD, &session->spf_record);
}

/* What an mg_ask function asks. @path NULL: about no forward-path. */
typedef struct wish {
	mg_question question;
	int         stage;
	int         identity;
	const char *path;
	size_t      length;
	const char *reply;   /* NULL: none is told */
} wish;

static int
session_ask(mg_session *session, const wish *wanted, uint64_t *request_out)
{
	mg_guard *guard = session->guard;
	mg_writer *writer = &guard->writer;
	mg_verdict *verdict;
	int error;

	if (mg_guard_is_foreign(guard) || session->provenance == 0)
		return MG_E_STATE;
	error = mg_request_new(session, wanted->question, wanted->stage, &verdict);
	if (error)
		return error;

	mg_writer_begin(writer, MG_MESSAGE_QUESTION, verdict->request);
	mg_writer_number(writer, MG_FIELD_QUESTION, wanted->question);
	write_number(writer, MG_FIELD_STAGE, (uint64_t)wanted->stage);
	write_number(writer, MG_FIELD_IDENTITY, (uint64_t)wanted->identity);
	mg_writer_number(writer, MG_FIELD_DEADLINE, guard->deadline_ms);
	write_number(writer, MG_FIELD_ON_FAILURE, guard->on_failure);
	write_facts(writer, session);
	if (wanted->path != NULL) {
		size_t length = wanted->length == MG_TEXT ? strlen(wanted->path) : wanted->length;

		mg_writer_octets(writer, MG_FIELD_FORWARD_PATH, wanted->path,
		                 length > MG_CLIENT_WORD_MAX ? MG_CLIENT_WORD_MAX + 1 : length);
	}
	if (wanted->reply != NULL)
		mg_writer_text(writer, MG_FIELD_REPLY, wanted->reply);
	error = mg_writer_end(writer) ? guard->engine_functions->ask(guard->engine, writer->octets, writer->length)
	                              : MG_E_MEMORY;
	if (error) {
		mg_request_detach(verdict);
		mg_verdict_free(verdict);
		return error;
	}
	*request_out = verdict->request;
	return MG_OK;
}

int
mg_ask_stage(mg_session *session, mg_stage stage, const char *path, size_t length, uint64_t *request_out)
{
	if (stage < MG_STAGE_CONNECT || stage > MG_STAGE_DATA || (path != NULL) != (stage == MG_STAGE_RCPT))
		return MG_E_ARGUMENT;
	if (stage == MG_STAGE_RCPT && session->reverse_path.octets == NULL)
		return MG_E_STATE;
	return session_ask(session, &(wish){ MG_ASK_STAGE, stage, 0, path, length, NULL }, request_out);
}

int
mg_ask_relay(mg_session *session, const char *path, size_t length, uint64_t *request_out)
{
	if (path == NULL)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_RELAY, 0, 0, path, length, NULL }, request_out);
}

int
mg_ask_spf(mg_session *session, mg_identity identity, uint64_t *request_out)
{
	if (identity != MG_IDENTITY_HELO && identity != MG_IDENTITY_MAIL_FROM)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_SPF, 0, identity, NULL, 0, NULL }, request_out);
}

int
mg_ask_helo(mg_session *session, uint64_t *request_out)
{
	return session_ask(session, &(wish){ MG_ASK_HELO, 0, 0, NULL, 0, NULL }, request_out);
}

int
mg_ask_recipient(mg_session *session, const char *path, size_t length, uint64_t *request_out)
{
	if (path == NULL)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_RECIPIENT, 0, 0, path, length, NULL }, request_out);
}

int
mg_tell_delivery(mg_session *session, const char *path, size_t length, const char *reply, uint64_t *request_out)
{
	if (path == NULL || reply == NULL || reply[0] == 0 || strlen(reply) > REPLY_MAX)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_TELL_DELIVERY, 0, 0, path, length, reply }, request_out);
}

int
mg_ask_audit(mg_session *session, const char *domain, uint64_t *request_out)
{
	if (domain != NULL && domain[0] == 0)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_AUDIT, 0, 0, domain, MG_TEXT, NULL }, request_out);
}
