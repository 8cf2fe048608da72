/* wire.c - see wire.h. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

#define FIELD_HEADER 8   /* octets before a field's own */

static void
put(uint8_t *at, uint64_t number, size_t n_octets)
{
	for (size_t i = 0; i < n_octets; i++)
		at[i] = (uint8_t)(number >> (8 * i));
}

static uint64_t
get(const uint8_t *at, size_t n_octets)
{
	uint64_t number = 0;

	for (size_t i = 0; i < n_octets; i++)
		number |= (uint64_t)at[i] << (8 * i);
	return number;
}

/* Room for @n_more octets at the end; NULL, and the writer failed, if there is none. */
static uint8_t *
writer_extend(mg_writer *writer, size_t n_more)
{
	uint8_t *at;

	if (writer->failed || n_more > MG_WIRE_LENGTH_MAX - writer->length) {
		writer->failed = true;
		return NULL;
	}
	if (writer->length + n_more > writer->capacity) {
		size_t capacity = writer->capacity ? writer->capacity : 512;
		uint8_t *octets;

		while (capacity < writer->length + n_more)
			capacity *= 2;
		octets = realloc(writer->octets, capacity);
		if (octets == NULL) {
			writer->failed = true;
			return NULL;
		}
		writer->octets = octets;
		writer->capacity = capacity;
	}
	at = writer->octets + writer->length;
	writer->length += n_more;
	return at;
}

void
mg_writer_begin(mg_writer *writer, mg_message_kind kind, uint64_t request)
{
	uint8_t *header;

	writer->length = 0;
	writer->failed = false;
	header = writer_extend(writer, MG_WIRE_HEADER);
	if (header == NULL)
		return;
	memset(header, 0, MG_WIRE_HEADER);
	header[0] = MG_WIRE_VERSION;
	header[1] = (uint8_t)kind;
	put(header + 8, request, 8);
}

/* A field of @length octets, its NUL set, its octets still to be written; NULL if there is no room. */
static uint8_t *
writer_field(mg_writer *writer, mg_field_id field, size_t length)
{
	uint8_t *at;

	if (length > MG_WIRE_LENGTH_MAX) {
		writer->failed = true;
		return NULL;
	}
	at = writer_extend(writer, FIELD_HEADER + length + 1);
	if (at == NULL)
		return NULL;
	put(at, (uint64_t)field, 2);
	put(at + 2, 0, 2);
	put(at + 4, length, 4);
	at[FIELD_HEADER + length] = 0;
	return at + FIELD_HEADER;
}

void
mg_writer_number(mg_writer *writer, mg_field_id field, uint64_t number)
{
	uint8_t *at = writer_field(writer, field, 8);

	if (at != NULL)
		put(at, number, 8);
}

void
mg_writer_octets(mg_writer *writer, mg_field_id field, const void *octets, size_t length)
{
	uint8_t *at = writer_field(writer, field, length);

	if (at != NULL && length > 0)
		memcpy(at, octets, length);
}

void
mg_writer_text(mg_writer *writer, mg_field_id field, const char *text)
{
	mg_writer_octets(writer, field, text, strlen(text));
}

void
mg_writer_pair(mg_writer *writer, mg_field_id field, const char *first, const char *second)
{
	size_t n_first = strlen(first) + 1, n_second = strlen(second);
	uint8_t *at = writer_field(writer, field, n_first + n_second);

	if (at == NULL)
		return;
	memcpy(at, first, n_first);
	memcpy(at + n_first, second, n_second);
}

bool
mg_writer_end(mg_writer *writer)
{
	if (writer->failed)
		return false;
	put(writer->octets + 4, writer->length, 4);
	return true;
}

void
mg_writer_clear(mg_writer *writer)
{
	free(writer->octets);
	memset(writer, 0, sizeof(*writer));
}

/* The field at @at, or false if it would end past the message. */
static bool
field_at(const mg_reader *reader, size_t at, mg_field *field_out, size_t *next_out)
{
	size_t left = reader->length - at, length;

	if (left < FIELD_HEADER + 1)
		return false;
	length = (size_t)get(reader->octets + at + 4, 4);
	if (length > left - FIELD_HEADER - 1)
		return false;
	if (reader->octets[at + FIELD_HEADER + length] != 0)
		return false;
	field_out->id = (mg_field_id)get(reader->octets + at, 2);
	field_out->octets = reader->octets + at + FIELD_HEADER;
	field_out->length = length;
	*next_out = at + FIELD_HEADER + length + 1;
	return true;
}

bool
mg_reader_open(mg_reader *reader, const uint8_t *octets, size_t length)
{
	mg_reader opened = { octets, length, MG_WIRE_HEADER, 0, 0 };
	mg_field field;

	if (length < MG_WIRE_HEADER || length > MG_WIRE_LENGTH_MAX)
		return false;
	if (octets[0] != MG_WIRE_VERSION || octets[2] != 0 || octets[3] != 0 || get(octets + 4, 4) != length)
		return false;
	opened.kind = (mg_message_kind)octets[1];
	opened.request = get(octets + 8, 8);
	for (size_t at = MG_WIRE_HEADER; at < length;)
		if (!field_at(&opened, at, &field, &at))
			return false;
	*reader = opened;
	return true;
}

bool
mg_reader_next(mg_reader *reader, mg_field *field_out)
{
	return reader->at < reader->length && field_at(reader, reader->at, field_out, &reader->at);
}

uint64_t
mg_field_number(const mg_field *field)
{
	return field->length == 8 ? get(field->octets, 8) : 0;
}

int
mg_field_enumerator(const mg_field *field)
{
	uint64_t number = mg_field_number(field);

	return number <= 65535 ? (int)number : 0;
}

const char *
mg_field_text(const mg_field *field)
{
	return (const char *)field->octets;
}

const char *
mg_field_second(const mg_field *field)
{
	const uint8_t *nul = memchr(field->octets, 0, field->length);

	return nul ? (const char *)nul + 1 : "";
}
