/* session.c - the facts about one client, and the questions asked with them. */
#include "mailguard/session.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const uint8_t MAPPED_PREFIX[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };   /* ::ffff:0:0/96 */

/* Address text to 16 octets; IPv4 and IPv4-mapped IPv6 become the same ones (RFC 4291 2.5.5.2). */
static bool
address_read(const char *text, uint8_t address_out[16])
{
	char copy[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "%");   /* a zone id names our interface, not the client */
	uint8_t address[16];

	if (length >= sizeof(copy) || (text[length] == '%' && text[length + 1] == 0))
		return false;
	memcpy(copy, text, length);
	copy[length] = 0;
	memcpy(address, MAPPED_PREFIX, sizeof(MAPPED_PREFIX));
	if (inet_pton(AF_INET6, copy, address) != 1
	    && (text[length] == '%' || inet_pton(AF_INET, copy, address + sizeof(MAPPED_PREFIX)) != 1))
		return false;
	memcpy(address_out, address, sizeof(address));
	return true;
}

static void
octets_clear(mg_octets *octets)
{
	free(octets->octets);
	*octets = (mg_octets){ NULL, 0 };
}

/* @value takes a copy of what the client wrote, cut where it is too long for every rule anyway. */
static int
octets_set(mg_octets *value, const char *octets, size_t length)
{
	char *copy;

	if (length == MG_TEXT)
		length = strlen(octets);
	if (length > MG_CLIENT_WORD_MAX)
		length = MG_CLIENT_WORD_MAX + 1;
	copy = malloc(length + 1);
	if (copy == NULL)
		return MG_E_MEMORY;
	if (length > 0)
		memcpy(copy, octets, length);
	copy[length] = 0;
	free(value->octets);
	*value = (mg_octets){ copy, length };
	return MG_OK;
}

int
mg_session_new(mg_guard *guard, mg_session **session_out)
{
	mg_session *session;

	if (mg_guard_is_foreign(guard))
		return MG_E_STATE;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return MG_E_MEMORY;
	session->guard = guard;
	session->n_references = 1;
	*session_out = session;
	return MG_OK;
}

mg_session *
mg_session_ref(mg_session *session)
{
	session->n_references++;
	return session;
}

void
mg_session_unref(mg_session *session)
{
	if (session == NULL || --session->n_references > 0)
		return;
	while (session->first != NULL) {
		mg_verdict *verdict = session->first;

		if (!mg_guard_is_foreign(session->guard))
			session->guard->engine_functions->cancel(session->guard->engine, verdict->request);
		mg_request_detach(verdict);
		mg_verdict_free(verdict);
	}
	octets_clear(&session->helo);
	octets_clear(&session->auth);
	octets_clear(&session->reverse_path);
	free(session);
}

void
mg_session_set_context(mg_session *session, void *context)
{
	session->context = context;
}

void *
mg_session_context(const mg_session *session)
{
	return session->context;
}

int
mg_session_set_id(mg_session *session, const char *id)
{
	size_t length = strlen(id);

	if (length == 0 || length > MG_ID_MAX)
		return MG_E_ARGUMENT;
	for (size_t i = 0; i < length; i++)
		if (id[i] <= ' ' || id[i] > '~')
			return MG_E_ARGUMENT;
	memcpy(session->id, id, length + 1);
	return MG_OK;
}

int
mg_session_set_client(mg_session *session, const char *address, mg_provenance provenance)
{
	if (provenance < MG_FROM_SOCKET || provenance > MG_FROM_LOCAL)
		return MG_E_ARGUMENT;
	if ((address == NULL) != (provenance == MG_FROM_LOCAL))
		return MG_E_ARGUMENT;
	if (address != NULL && !address_read(address, session->client))
		return MG_E_SYNTAX;
	session->has_client = address != NULL;
	session->provenance = provenance;
	return MG_OK;
}

int
mg_session_set_peer(mg_session *session, const char *address)
{
	if (!address_read(address, session->peer))
		return MG_E_SYNTAX;
	session->has_peer = true;
	return MG_OK;
}

/* @name_out: room for MG_NAME_MAX octets and a NUL. */
static int
name_set(char *name_out, const char *name)
{
	size_t length = name ? strlen(name) : 0;

	if (length > MG_NAME_MAX)
		return MG_E_TOO_LONG;
	if (length > 0)
		memcpy(name_out, name, length);
	name_out[length] = 0;
	return MG_OK;
}

int
mg_session_set_server(mg_session *session, const char *address, const char *name)
{
	uint8_t read[16];
	int error;

	if (address != NULL && !address_read(address, read))
		return MG_E_SYNTAX;
	error = name_set(session->server_name, name);
	if (error)
		return error;
	session->has_server = address != NULL;
	if (address != NULL)
		memcpy(session->server, read, sizeof(read));
	return MG_OK;
}

int
mg_session_set_ptr(mg_session *session, const char *name, mg_iprev iprev)
{
	int error;

	if (iprev < MG_IPREV_PASS || iprev > MG_IPREV_PERMERROR)
		return MG_E_ARGUMENT;
	error = name_set(session->ptr, name);
	if (error)
		return error;
	session->iprev = iprev;
	return MG_OK;
}

int
mg_session_set_helo(mg_session *session, const char *word, size_t length, uint32_t flags)
{
	int error;

	if ((flags & ~MG_HELO_EXTENDED) != 0)
		return MG_E_ARGUMENT;
	error = octets_set(&session->helo, word, length);
	if (error)
		return error;
	session->helo_flags = flags;
	mg_session_reset(session);
	return MG_OK;
}

/* 64 hexadecimal digits, with or without colons between pairs, to 32 octets. */
static bool
fingerprint_read(const char *text, uint8_t fingerprint_out[32])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 64; i++) {
		const char *digit;

		if (i > 0 && i % 2 == 0 && *text == ':')
			text++;
		if (*text == 0)
			return false;
		digit = strchr(digits, *text >= 'A' && *text <= 'F' ? *text + ('a' - 'A') : *text);
		if (digit == NULL)
			return false;
		fingerprint_out[i / 2] = (uint8_t)(i % 2 == 0 ? (digit - digits) << 4
		                                               : fingerprint_out[i / 2] | (digit - digits));
		text++;
	}
	return *text == 0;
}

int
mg_session_set_tls(mg_session *session, const char *version, const char *fingerprint)
{
	uint8_t read[32];
	size_t length = version ? strlen(version) : 0;

	if (length >= sizeof(session->tls_version))
		return MG_E_TOO_LONG;
	if (version != NULL && fingerprint != NULL && !fingerprint_read(fingerprint, read))
		return MG_E_SYNTAX;
	memcpy(session->tls_version, version ? version : "", length + 1);
	session->has_fingerprint = version != NULL && fingerprint != NULL;
	if (session->has_fingerprint)
		memcpy(session->fingerprint, read, sizeof(read));
	return MG_OK;
}

int
mg_session_set_auth(mg_session *session, const char *user, size_t length)
{
	if (user == NULL)
		length = 0;
	else if (length == MG_TEXT)
		length = strlen(user);
	if (length == 0) {
		octets_clear(&session->auth);
		return MG_OK;
	}
	if (length > 255)
		return MG_E_TOO_LONG;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)user[i] < ' ' || user[i] == 0x7f)
			return MG_E_SYNTAX;
	return octets_set(&session->auth, user, length);
}

int
mg_session_set_mail_from(mg_session *session, const char *path, size_t length, uint32_t flags)
{
	int error;

	if ((flags & ~MG_MAIL_SMTPUTF8) != 0)
		return MG_E_ARGUMENT;
	error = octets_set(&session->reverse_path, path, length);
	if (error)
		return error;
	session->mail_flags = flags;
	session->n_recipients = 0;
	return MG_OK;
}

void
mg_session_reset(mg_session *session)
{
	octets_clear(&session->reverse_path);
	session->mail_flags = 0;
	session->n_recipients = 0;
}

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
	write_number(writer, MG_FIELD_HELO_FLAGS, session->helo_flags);
	write_text(writer, MG_FIELD_TLS_VERSION, session->tls_version);
	if (session->has_fingerprint)
		mg_writer_octets(writer, MG_FIELD_TLS_FINGERPRINT, session->fingerprint,
		                 sizeof(session->fingerprint));
	write_octets(writer, MG_FIELD_AUTH, &session->auth);
	write_octets(writer, MG_FIELD_REVERSE_PATH, &session->reverse_path);
	write_number(writer, MG_FIELD_MAIL_FLAGS, session->mail_flags);
	write_number(writer, MG_FIELD_N_RECIPIENTS, session->n_recipients);
}

/* What an mg_ask function asks. @path NULL: about no forward-path. */
typedef struct wish {
	mg_question question;
	int         stage;
	int         identity;
	const char *path;
	size_t      length;
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
	error = mg_writer_end(writer) ? guard->engine_functions->ask(guard->engine, writer->octets, writer->length)
	                              : MG_E_MEMORY;
	if (error) {
		mg_request_detach(verdict);
		mg_verdict_free(verdict);
		return error;
	}
	if (wanted->stage == MG_STAGE_RCPT)
		session->n_recipients++;
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
	return session_ask(session, &(wish){ MG_ASK_STAGE, stage, 0, path, length }, request_out);
}

int
mg_ask_relay(mg_session *session, const char *path, size_t length, uint64_t *request_out)
{
	if (path == NULL)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_RELAY, 0, 0, path, length }, request_out);
}

int
mg_ask_spf(mg_session *session, mg_identity identity, uint64_t *request_out)
{
	if (identity != MG_IDENTITY_HELO && identity != MG_IDENTITY_MAIL_FROM)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_SPF, 0, identity, NULL, 0 }, request_out);
}

int
mg_ask_helo(mg_session *session, uint64_t *request_out)
{
	return session_ask(session, &(wish){ MG_ASK_HELO, 0, 0, NULL, 0 }, request_out);
}

int
mg_ask_recipient(mg_session *session, const char *path, size_t length, uint64_t *request_out)
{
	if (path == NULL)
		return MG_E_ARGUMENT;
	return session_ask(session, &(wish){ MG_ASK_RECIPIENT, 0, 0, path, length }, request_out);
}
