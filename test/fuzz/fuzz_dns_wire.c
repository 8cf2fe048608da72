/* fuzz_dns_wire.c - what a DNS server may send.
 * In:    the first octet modulo 8 chooses the type asked for; then a message. If the second has its top bit, the
 *        message's id, question and response bit are put right first, so that what is behind them is reached.
 * Rules: every promise of plugin/dns/wire.h about an answer holds, whatever was sent; the cache and the name's text take
 *        what comes. A broken promise traps.
 * Needs: plugin/dns/{name,answer,wire,cache}.c, plugin/session/ip.c. */
#include <string.h>

#include "fuzz.h"
#include "dns/cache.h"
#include "dns/wire.h"

#define HEADER_SIZE 12

/* A name that a message can hold: labels of 1 to 63, the root at the end and nowhere else, no upper case. */
static void
check_name(const mg_dns_name *name)
{
	char text[MG_DNS_NAME_TEXT_MAX];
	guint at = 0;

	if (name->length == 0)   /* not of this type */
		return;
	while (name->octets[at] != 0) {
		MUST(name->octets[at] <= 63);
		for (guint i = 1; i <= name->octets[at]; i++)
			MUST(!g_ascii_isupper((char)name->octets[at + i]));
		at += 1u + name->octets[at];
		MUST(at < name->length);
	}
	MUST(at + 1 == name->length);
	mg_dns_name_format(name, text);
	MUST(strlen(text) < sizeof(text));
	for (const char *c = text; *c; c++)
		MUST(*c > ' ' && *c <= '~');
	MUST(mg_dns_name_is_in(name, name) && mg_dns_name_equal(name, name));
}

static void
check_answer(const mg_dns_answer *answer, const mg_dns_question *question, mg_dns_reading reading)
{
	gsize n_texts = 0;

	MUST(mg_dns_question_equal(&answer->question, question) && answer->n_references == 1);
	MUST((answer->outcome == MG_DNS_FOUND) == (answer->n_records > 0));
	MUST((answer->outcome == MG_DNS_FOUND) == (answer->why[0] == 0));
	MUST(reading == MG_DNS_READ_WELL || answer->outcome == MG_DNS_UNKNOWN);
	MUST(answer->n_records <= MG_DNS_RECORDS_MAX && answer->n_aliases <= MG_DNS_ALIASES_MAX);
	MUST(answer->outcome == MG_DNS_UNKNOWN || answer->ttl_s <= G_MAXINT32);
	for (guint i = 0; i < answer->n_records; i++) {
		const mg_dns_record *record = &answer->records[i];

		MUST(record->ttl_s >= answer->ttl_s && record->length <= MG_DNS_TEXT_MAX);
		MUST((record->text != NULL) == (question->type == MG_DNS_TXT));
		MUST(record->text == NULL || record->text[record->length] == 0);
		n_texts += record->length;
		MUST((record->names != NULL) == (question->type != MG_DNS_TXT && question->type != MG_DNS_A
		                                 && question->type != MG_DNS_AAAA));
		if (record->names != NULL)
			check_name(&record->names[0]);
		if (question->type == MG_DNS_SOA)
			check_name(&record->names[1]);
	}
	MUST(n_texts <= MG_DNS_TEXTS_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	static const mg_dns_type types[] = {
		MG_DNS_A, MG_DNS_NS, MG_DNS_CNAME, MG_DNS_SOA, MG_DNS_PTR, MG_DNS_MX, MG_DNS_TXT, MG_DNS_AAAA,
	};
	static const char name[] = "www.example.org";
	mg_dns_question question;
	g_autofree guint8 *message = NULL;
	mg_dns_answer *answer = NULL;
	mg_dns_reading reading;
	mg_dns_cache *cache;

	if (length < 2)
		return 0;
	question.type = types[octets[0] % G_N_ELEMENTS(types)];
	MUST(mg_dns_name_from_text(name, strlen(name), &question.name));
	message = g_memdup2(octets + 2, length - 2);
	length -= 2;
	if (octets[1] & 0x80) {
		guint8 query[MG_DNS_QUERY_MAX];
		gsize n_question = HEADER_SIZE + question.name.length + 4u;

		mg_dns_wire_query(&question, 0, query);
		if (length < n_question)
			return 0;
		memcpy(message + HEADER_SIZE, query + HEADER_SIZE, n_question - HEADER_SIZE);
		message[2] = (guint8)((message[2] & 0x07) | 0x80);
		message[4] = 0;
		message[5] = 1;
	}
	reading = mg_dns_wire_read(&question, message, length, &answer);
	MUST(answer != NULL);
	check_answer(answer, &question, reading);
	MUST(answer->is_secure == (answer->outcome != MG_DNS_UNKNOWN && (message[3] & 0x20) != 0));
	cache = mg_dns_cache_new(1 << 16);
	mg_dns_cache_put(cache, answer, 0);
	MUST(mg_dns_answer_size(answer) > 60000 || mg_dns_cache_get(cache, &question, 9999999) == answer);
	MUST(mg_dns_cache_get(cache, &question, G_GINT64_CONSTANT(86400000000)) == NULL);
	mg_dns_cache_free(cache);
	MUST(answer->n_references == 1);
	mg_dns_answer_unref(answer);
	return 0;
}
