/* session.c - the facts about one client. */
#include "mailguard/session.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SPF_RECORD_MAX 65535

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

static int
octets_copy(mg_octets *value, const char *octets, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL)
		return MG_E_MEMORY;
	if (length > 0)
		memcpy(copy, octets, length);
	copy[length] = 0;
	free(value->octets);
	*value = (mg_octets){ copy, length };
	return MG_OK;
}

/* @value takes a copy of what the client wrote, cut where it is too long for every rule anyway. */
static int
octets_set(mg_octets *value, const char *octets, size_t length)
{
	if (length == MG_TEXT)
		length = strlen(octets);
	return octets_copy(value, octets, length > MG_CLIENT_WORD_MAX ? MG_CLIENT_WORD_MAX + 1 : length);
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
	session->number = ++guard->n_sessions;
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
	for (unsigned i = 0; i < session->n_earlier_helos; i++)
		octets_clear(&session->earlier_helos[i].word);
	octets_clear(&session->auth);
	octets_clear(&session->reverse_path);
	octets_clear(&session->spf_record);
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
	session->transaction++;
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

/* Another word comes in place of the one at hand: that is kept, as long as there is room. */
static void
session_keep_helo(mg_session *session, const mg_octets *next)
{
	const mg_octets *word = &session->helo;

	if (word->octets == NULL || session->n_earlier_helos == MG_EARLIER_HELOS_MAX
	    || (word->length == next->length && memcmp(word->octets, next->octets, next->length) == 0))
		return;
	session->earlier_helos[session->n_earlier_helos++] = (mg_said_helo){ *word, session->helo_is_before_tls };
	session->helo = (mg_octets){ NULL, 0 };
}

int
mg_session_set_helo(mg_session *session, const char *word, size_t length, uint32_t flags)
{
	int error;

	mg_octets said = { NULL, 0 };

	if ((flags & ~MG_HELO_EXTENDED) != 0)
		return MG_E_ARGUMENT;
	error = octets_set(&said, word, length);
	if (error)
		return error;
	session_keep_helo(session, &said);
	octets_clear(&session->helo);
	session->helo = said;
	session->helo_is_before_tls = false;
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
	for (unsigned i = 0; i < session->n_earlier_helos; i++)
		session->earlier_helos[i].is_before_tls = true;
	session->helo_is_before_tls = true;
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
	session->transaction++;
	session->n_recipients = 0;
	return MG_OK;
}

int
mg_session_set_spf_record(mg_session *session, const char *record)
{
	int error = MG_OK;

	if (record != NULL && strlen(record) > SPF_RECORD_MAX)
		return MG_E_TOO_LONG;
	if (record == NULL)
		octets_clear(&session->spf_record);
	else
		error = octets_copy(&session->spf_record, record, strlen(record));
	if (!error)
		session->transaction++;
	return error;
}

void
mg_session_reset(mg_session *session)
{
	octets_clear(&session->reverse_path);
	session->mail_flags = 0;
	session->transaction++;
	session->n_recipients = 0;
}
