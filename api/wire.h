/* wire.h - one encoding of facts, questions, verdicts and reports, used at both ends of every engine.
 * In:    values, each under a field number
 * Out:   one message, or the fields of one; nothing is parsed as text
 * Rules: a header of 16 octets (version, kind, two zeros, length of the whole, request), then fields: number
 *        (2), zero (2), length (4), octets, one NUL that the length does not count. Little-endian. A reader
 *        skips fields it does not know; a message that does not add up is refused whole. C library only. */
#ifndef MAILGUARD_WIRE_H
#define MAILGUARD_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MG_WIRE_VERSION    1
#define MG_WIRE_HEADER     16            /* octets */
#define MG_WIRE_LENGTH_MAX (16u << 20)   /* octets in a message: the largest is a lint report */

/* Octets of what a client wrote (HELO word, paths) that can matter; of more, one is kept to tell of it. */
#define MG_CLIENT_WORD_MAX 1024

typedef enum mg_message_kind {
	MG_MESSAGE_QUESTION = 1,
	MG_MESSAGE_VERDICT  = 2,
	MG_MESSAGE_REPORT   = 3
} mg_message_kind;

/* Numbers are never used again for something else. "pair": two texts with a NUL between them. */
typedef enum mg_field_id {
	/* of a question */
	MG_FIELD_QUESTION        = 1,    /* number, mg_question */
	MG_FIELD_STAGE           = 2,    /* number, mg_stage; in a verdict too */
	MG_FIELD_IDENTITY        = 3,    /* number, mg_identity */
	MG_FIELD_DEADLINE        = 4,    /* number, ms from now */
	MG_FIELD_ON_FAILURE      = 5,    /* number, mg_action; absent: the policy's */
	MG_FIELD_SESSION_ID      = 6,    /* text */
	MG_FIELD_CLIENT          = 7,    /* 16 octets, network order, IPv4 as ::ffff:a.b.c.d */
	MG_FIELD_PROVENANCE      = 8,    /* number, mg_provenance */
	MG_FIELD_PEER            = 9,    /* as MG_FIELD_CLIENT */
	MG_FIELD_SERVER_ADDRESS  = 10,   /* as MG_FIELD_CLIENT */
	MG_FIELD_SERVER_NAME     = 11,   /* text */
	MG_FIELD_PTR             = 12,   /* text */
	MG_FIELD_IPREV           = 13,   /* number, mg_iprev */
	MG_FIELD_HELO            = 14,   /* octets */
	MG_FIELD_HELO_FLAGS      = 15,   /* number */
	MG_FIELD_TLS_VERSION     = 16,   /* text */
	MG_FIELD_TLS_FINGERPRINT = 17,   /* 32 octets, SHA-256 */
	MG_FIELD_AUTH            = 18,   /* octets */
	MG_FIELD_REVERSE_PATH    = 19,   /* octets; absent: no MAIL yet */
	MG_FIELD_MAIL_FLAGS      = 20,   /* number */
	MG_FIELD_FORWARD_PATH    = 21,   /* octets; absent: none was asked about */
	MG_FIELD_N_RECIPIENTS    = 22,   /* number: forward-paths accepted earlier in this transaction */
	MG_FIELD_TRANSACTION     = 23,   /* number: the same in all questions of one mail transaction, and in no
	                                    other that the same library has asked */
	MG_FIELD_SPF_RECORD      = 24,   /* text: to judge by in place of the domain's own */
	MG_FIELD_HELO_BEFORE     = 25,   /* octets: a word said before, any number of them; the first four count */
	MG_FIELD_HELO_BEFORE_TLS = 26,   /* the same, and TLS was started since */
	MG_FIELD_REPLY           = 27,   /* text: what a backend said of the forward-path */
	/* of a verdict */
	MG_FIELD_ACTION          = 64,   /* number, mg_action */
	MG_FIELD_CODE            = 65,   /* number */
	MG_FIELD_ENHANCED        = 66,   /* text */
	MG_FIELD_TEXT            = 67,   /* text */
	MG_FIELD_REASON          = 68,   /* text */
	MG_FIELD_FINAL           = 69,   /* number, 0 or 1 */
	MG_FIELD_PENDING_ACTION  = 70,   /* number, mg_action; absent: nothing is pending */
	MG_FIELD_PENDING_REASON  = 71,   /* text */
	MG_FIELD_AGE             = 72,   /* number, ms */
	MG_FIELD_TTL             = 73,   /* number, ms */
	MG_FIELD_FLAG            = 74,   /* text, any number of them */
	MG_FIELD_RESULT          = 75,   /* pair, any number of them */
	MG_FIELD_HEADER          = 76,   /* pair, any number of them */
	MG_FIELD_TRACE           = 77,   /* text, any number of them */
	MG_FIELD_EVIDENCE        = 78,   /* pair, any number of them */
	/* of a report */
	MG_FIELD_LEVEL           = 128,  /* number, mg_level: of the line that follows */
	MG_FIELD_LINE            = 129   /* text, any number of them */
} mg_field_id;

/* mg_writer - a message being written. Zero it before first use; mg_writer_begin reuses its memory.
 * Out of memory is remembered and told by mg_writer_end. */
typedef struct mg_writer {
	uint8_t *octets;     /* owned */
	size_t   length;
	size_t   capacity;
	bool     failed;
} mg_writer;

void mg_writer_begin(mg_writer *writer, mg_message_kind kind, uint64_t request);
void mg_writer_number(mg_writer *writer, mg_field_id field, uint64_t number);
void mg_writer_octets(mg_writer *writer, mg_field_id field, const void *octets, size_t length);
void mg_writer_text(mg_writer *writer, mg_field_id field, const char *text);
void mg_writer_pair(mg_writer *writer, mg_field_id field, const char *first, const char *second);
/* Completes the message. Returns false if memory ran out or it is over MG_WIRE_LENGTH_MAX. */
bool mg_writer_end(mg_writer *writer);
void mg_writer_clear(mg_writer *writer);

/* mg_field - one field. Its octets are borrowed from the message, and octets[length] is NUL. */
typedef struct mg_field {
	mg_field_id    id;
	const uint8_t *octets;
	size_t         length;
} mg_field;

/* mg_reader - a walk over the fields of a message, which is borrowed. */
typedef struct mg_reader {
	const uint8_t  *octets;
	size_t          length;
	size_t          at;
	mg_message_kind kind;
	uint64_t        request;
} mg_reader;

/* Returns false, the reader unusable, if any part of the message does not add up: after true every
 * mg_reader_next is safe. */
bool mg_reader_open(mg_reader *reader, const uint8_t *octets, size_t length);
bool mg_reader_next(mg_reader *reader, mg_field *field_out);

/* The value of a field, or a harmless one if it has another shape: 0, "". */
uint64_t    mg_field_number(const mg_field *field);
/* The same of an enumerator: 0 for what no enumerator can be. */
int         mg_field_enumerator(const mg_field *field);
const char *mg_field_text(const mg_field *field);
/* The second text of a pair; "" if there is no NUL inside. */
const char *mg_field_second(const mg_field *field);

#endif
