/* fuzz_wire.c - messages between library and engine (api/wire.h), in both directions.
 * In:    the first octet modulo 4: 0 a message as it is, 1 its fields alone, to which the header is put (its kind and
 *        the question by the other bits of the octet), 2 and 3 a script for a writer: field, shape, length, octets
 * Rules: after mg_reader_open every field lies in the message and ends in a NUL; what a writer wrote is what a reader
 *        reads; facts are of the shapes that facts.h gives; a verdict is whole, or the library's own with nothing of
 *        the message left in it (RELIABILITY 3.3, F12). A broken rule traps.
 * Needs: all of plugin/, api/wire.c, api/names.c, api/verdict.c. */
#include <string.h>

#include <glib.h>

#include "fuzz.h"
#include "internal.h"
#include "session/facts.h"

#define OCTETS_MAX   (64u << 10)
#define INDEX_MAX    64   /* accessors by index walk the message anew each time */
#define FIELD_HEADER 8

static uint64_t
little_endian(const uint8_t *octets, size_t n)
{
	uint64_t number = 0;

	while (n > 0)
		number = number << 8 | octets[--n];
	return number;
}

/* ---- the reader ---- */

static void
check_field(const mg_field *field, const uint8_t *octets, size_t length)
{
	const char *text = mg_field_text(field), *second = mg_field_second(field);
	size_t n_text;

	MUST(field->octets >= octets + MG_WIRE_HEADER + FIELD_HEADER);
	MUST(field->length < length && field->octets + field->length < octets + length);
	MUST(field->octets[field->length] == 0);
	MUST(mg_field_number(field) == (field->length == 8 ? little_endian(field->octets, 8) : 0));
	n_text = strlen(text);
	MUST((const uint8_t *)text == field->octets && n_text <= field->length);
	if (n_text < field->length)
		MUST(second == text + n_text + 1 && (const uint8_t *)second + strlen(second) <= field->octets + field->length);
	else
		MUST(second[0] == 0);
}

/* Whether the message adds up, by the rules in wire.h's head. */
static bool
message_is_sound(const uint8_t *octets, size_t length)
{
	size_t at = MG_WIRE_HEADER;

	if (length < MG_WIRE_HEADER || octets[0] != MG_WIRE_VERSION || little_endian(octets + 2, 2) != 0
	    || little_endian(octets + 4, 4) != length)
		return false;
	while (at < length) {
		uint64_t end;

		if (length - at < FIELD_HEADER)
			return false;
		end = at + FIELD_HEADER + little_endian(octets + at + 4, 4);
		if (end >= length || octets[end] != 0)
			return false;
		at = (size_t)end + 1;
	}
	return true;
}

static bool
try_reader(const uint8_t *octets, size_t length)
{
	mg_reader reader = { 0 };
	mg_field field;
	size_t n_read = MG_WIRE_HEADER;
	bool opened = mg_reader_open(&reader, octets, length);

	MUST(opened == message_is_sound(octets, length));
	if (!opened)
		return false;
	MUST((int)reader.kind == octets[1] && reader.request == little_endian(octets + 8, 8));
	while (mg_reader_next(&reader, &field)) {
		check_field(&field, octets, length);
		MUST((uint64_t)field.id == little_endian(field.octets - FIELD_HEADER, 2));
		n_read += FIELD_HEADER + field.length + 1;
	}
	MUST(n_read == length && !mg_reader_next(&reader, &field));
	MUST(!mg_reader_open(&reader, octets, length - 1));
	return true;
}

/* ---- facts ---- */

static void
check_words(const mg_words *words, const uint8_t *octets, size_t length)
{
	if (words->octets == NULL) {
		MUST(words->length == 0);
		return;
	}
	MUST((const uint8_t *)words->octets > octets && words->length < length);
	MUST((const uint8_t *)words->octets + words->length < octets + length && words->octets[words->length] == 0);
}

static void
try_facts(const uint8_t *octets, size_t length, bool sound)
{
	mg_facts facts;

	if (!mg_facts_read(octets, length, &facts))
		return;
	MUST(sound && octets[1] == MG_MESSAGE_QUESTION && facts.request == little_endian(octets + 8, 8));
	MUST(facts.question >= MG_ASK_STAGE && facts.question <= MG_TELL_DELIVERY);
	MUST(facts.question == MG_ASK_STAGE ? facts.stage >= MG_STAGE_CONNECT && facts.stage <= MG_STAGE_DATA
	                                    : facts.stage == 0);
	MUST((facts.question != MG_ASK_RELAY && facts.stage != MG_STAGE_RCPT) || facts.forward_path.octets != NULL);
	MUST(facts.deadline_ms <= MG_DEADLINE_MS_MAX);
	MUST(strlen(facts.session_id) < length && strlen(facts.server_name) < length);
	MUST(strlen(facts.ptr) < length && strlen(facts.tls_version) < length);
	MUST(facts.fingerprint == NULL || (facts.fingerprint > octets && facts.fingerprint + 32 < octets + length));
	check_words(&facts.helo, octets, length);
	check_words(&facts.auth, octets, length);
	check_words(&facts.reverse_path, octets, length);
	check_words(&facts.forward_path, octets, length);
}

/* ---- the verdict ---- */

static unsigned n_released;

static void
release(uint8_t *octets)
{
	n_released++;
	free(octets);
}

static void
check_lists(const mg_verdict *verdict)
{
	const char *second;

	for (size_t i = 0; i < INDEX_MAX; i++) {
		const char *flag = mg_verdict_flag(verdict, i), *trace = mg_verdict_trace(verdict, i);

		MUST(flag == NULL || strlen(flag) < verdict->n_octets);
		MUST(trace == NULL || strlen(trace) < verdict->n_octets);
		second = "untouched";
		MUST((mg_verdict_result(verdict, i, &second) == NULL) == (strcmp(second, "untouched") == 0));
		second = "untouched";
		MUST((mg_verdict_header(verdict, i, &second) == NULL) == (strcmp(second, "untouched") == 0));
		if (flag == NULL && trace == NULL && mg_verdict_result(verdict, i, &second) == NULL
		    && mg_verdict_header(verdict, i, &second) == NULL)
			break;
	}
	MUST(mg_verdict_flag(verdict, SIZE_MAX) == NULL && mg_verdict_trace(verdict, SIZE_MAX) == NULL);
	MUST(mg_verdict_result(verdict, SIZE_MAX, &second) == NULL);
	MUST(mg_verdict_header(verdict, SIZE_MAX, &second) == NULL);
}

/* What the library says on its own is a deferral wherever an accept could relay, and nothing of the message is left. */
static void
check_alone(const mg_verdict *verdict, uint32_t on_failure)
{
	bool decides_relay = verdict->question == MG_ASK_RELAY || verdict->stage == MG_STAGE_RCPT;

	MUST(strcmp(mg_verdict_reason(verdict), "engine.gone") == 0);
	MUST((mg_verdict_action(verdict) == MG_ACCEPT) == (on_failure == MG_ACCEPT && !decides_relay));
	MUST(mg_verdict_action(verdict) != MG_REJECT && mg_verdict_is_final(verdict) == 1);
	MUST(mg_verdict_pending_action(verdict) == 0 && mg_verdict_pending_reason(verdict) == NULL);
	MUST(mg_verdict_age_ms(verdict) == 0 && mg_verdict_ttl_ms(verdict) == 0);
	MUST(mg_verdict_flag(verdict, 0) == NULL && mg_verdict_trace(verdict, 0) == NULL);
}

static void
try_verdict(const uint8_t *octets, size_t length, bool sound, unsigned choice)
{
	mg_guard guard = { .on_failure = choice & 1 ? MG_ACCEPT : MG_DEFER };
	mg_verdict *verdict = calloc(1, sizeof(*verdict));
	bool is_own, is_ours;
	int class;

	verdict->request = length >= MG_WIRE_HEADER ? little_endian(octets + 8, 8) ^ (choice % 16 == 15) : 1;
	verdict->guard = &guard;
	verdict->context = &guard;
	verdict->question = (mg_question)(1 + choice % 5);
	verdict->stage = verdict->question == MG_ASK_STAGE ? (int)(1 + choice / 5 % 5) : 0;
	is_ours = sound && octets[1] == MG_MESSAGE_VERDICT && verdict->request == little_endian(octets + 8, 8);
	n_released = 0;
	mg_verdict_fill(verdict, memcpy(malloc(length), octets, length), length, release);
	is_own = verdict->octets == NULL;
	MUST(n_released == is_own && (is_ours || is_own));

	class = mg_verdict_code(verdict) / 100;
	MUST(class == (mg_verdict_action(verdict) == MG_ACCEPT ? 2 : mg_verdict_action(verdict) == MG_DEFER ? 4 : 5));
	MUST(mg_verdict_action(verdict) >= MG_ACCEPT && mg_verdict_action(verdict) <= MG_REJECT);
	MUST(strlen(mg_verdict_enhanced(verdict)) < length + 16 && strlen(mg_verdict_text(verdict)) < length + 64);
	MUST(strlen(mg_verdict_reason(verdict)) < length + 16);
	MUST(mg_verdict_is_final(verdict) == 0 || mg_verdict_is_final(verdict) == 1);
	MUST(mg_verdict_context(verdict) == &guard && mg_verdict_request(verdict) == verdict->request);
	MUST(mg_verdict_question(verdict) == (mg_question)(1 + choice % 5) && mg_verdict_stage(verdict) == verdict->stage);
	if (mg_verdict_pending_reason(verdict) != NULL)
		MUST(strlen(mg_verdict_pending_reason(verdict)) < length);
	check_lists(verdict);
	if (is_own)
		check_alone(verdict, guard.on_failure);
	mg_verdict_free(verdict);
	MUST(n_released == 1);
}

static void
try_message(const uint8_t *octets, size_t length, unsigned choice)
{
	uint8_t *copy = memcpy(malloc(length), octets, length);   /* of exactly its size, so that reading past it is seen */
	bool sound = try_reader(copy, length);

	try_facts(copy, length, sound);
	try_verdict(copy, length, sound, choice);
	free(copy);
}

/* ---- the writer ---- */

static void
put_little_endian(uint8_t *at, uint64_t number, size_t n)
{
	for (size_t i = 0; i < n; i++)
		at[i] = (uint8_t)(number >> (8 * i));
}

static void
try_fields(const uint8_t *octets, size_t length, unsigned choice)
{
	uint8_t *message = malloc(MG_WIRE_HEADER + length);

	memset(message, 0, MG_WIRE_HEADER);
	message[0] = MG_WIRE_VERSION;
	message[1] = (uint8_t)(choice % 4);
	put_little_endian(message + 4, MG_WIRE_HEADER + length, 4);
	put_little_endian(message + 8, 0x0123456789abcdef, 8);
	memcpy(message + MG_WIRE_HEADER, octets, length);
	try_message(message, MG_WIRE_HEADER + length, choice);
	free(message);
}

/* One line of the script. */
typedef struct line {
	mg_field_id    id;
	unsigned       shape;
	size_t         length;
	const uint8_t *octets;
} line;

static bool
script_next(const uint8_t **at, const uint8_t *end, line *line_out)
{
	size_t left = (size_t)(end - *at);

	if (left < 3)
		return false;
	*line_out = (line){ (mg_field_id)(*at)[0], (*at)[1] % 5, (*at)[2], *at + 3 };
	if (line_out->length > left - 3)
		line_out->length = left - 3;
	*at += 3 + line_out->length;
	return true;
}

/* Both texts of a pair, from the octets of a line: up to its first NUL, and up to the next. */
static void
line_texts(const line *written, char first[256], char second[256])
{
	size_t n_first;

	memcpy(first, written->octets, written->length);
	first[written->length] = 0;
	n_first = strlen(first);
	second[0] = 0;
	if (n_first < written->length)
		memcpy(second, first + n_first + 1, written->length - n_first);
}

static void
line_write(mg_writer *writer, const line *written)
{
	char first[256], second[256];

	line_texts(written, first, second);
	switch (written->shape) {
	case 0: mg_writer_octets(writer, written->id, written->octets, written->length); break;
	case 1: mg_writer_number(writer, written->id, little_endian(written->octets, written->length % 9)); break;
	case 2: mg_writer_text(writer, written->id, first); break;
	case 3: mg_writer_pair(writer, written->id, first, second); break;
	case 4: mg_writer_octets(writer, written->id, written->octets, (size_t)MG_WIRE_LENGTH_MAX + written->length); break;
	}
}

static void
line_check(const mg_field *field, const line *written)
{
	char first[256], second[256];

	line_texts(written, first, second);
	MUST(field->id == written->id);
	switch (written->shape) {
	case 0:
		MUST(field->length == written->length && memcmp(field->octets, written->octets, field->length) == 0);
		break;
	case 1:
		MUST(mg_field_number(field) == little_endian(written->octets, written->length % 9));
		break;
	case 3:
		MUST(strcmp(mg_field_second(field), second) == 0);
		/* fallthrough */
	case 2:
		MUST(strcmp(mg_field_text(field), first) == 0);
		break;
	}
}

static void
try_script(const uint8_t *octets, size_t length, unsigned choice)
{
	const uint8_t *at = octets, *end = octets + length;
	mg_message_kind kind = (mg_message_kind)(1 + choice % 3);
	mg_writer writer = { 0 };
	mg_reader reader;
	mg_field field;
	bool too_long = false;
	line written;

	mg_writer_begin(&writer, MG_MESSAGE_REPORT, 1);   /* begun anew below: nothing of it may stay */
	mg_writer_text(&writer, MG_FIELD_LINE, "begun anew");
	mg_writer_begin(&writer, kind, UINT64_MAX - choice);
	while (script_next(&at, end, &written)) {
		line_write(&writer, &written);
		too_long = too_long || written.shape == 4;
	}
	MUST(mg_writer_end(&writer) == !too_long);
	if (!too_long) {
		MUST(mg_reader_open(&reader, writer.octets, writer.length));
		MUST(reader.kind == kind && reader.request == UINT64_MAX - choice);
		for (at = octets; script_next(&at, end, &written);) {
			MUST(mg_reader_next(&reader, &field));
			line_check(&field, &written);
		}
		MUST(!mg_reader_next(&reader, &field));
		try_message(writer.octets, writer.length, choice);
	}
	mg_writer_clear(&writer);
	MUST(writer.octets == NULL && writer.capacity == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	unsigned choice;

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	choice = octets[0] / 4u;
	switch (octets[0] % 4) {
	case 0:
		try_message(octets + 1, length - 1, choice);
		break;
	case 1:
		try_fields(octets + 1, length - 1, choice);
		break;
	default:
		try_script(octets + 1, length - 1, choice);
	}
	return 0;
}
