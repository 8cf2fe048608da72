/* dns_faults.h - everything wrong that a DNS server can do, a script each, and what a resolver must make of it.
 * A row is asked for "www.example.org"; what is good there is the address 192.0.2.1. Rows of type A that end as NOTHING or UNKNOWN do
 * so for any name and type, but records_500. */
#ifndef MG_TEST_DNS_FAULTS_H
#define MG_TEST_DNS_FAULTS_H

#include "scripted_dns.h"

#define SHORT_MS 60
#define LONG_MS  8000

/* ---- scripts ---- */

static inline void
good(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 1);
	send_reply(query, reply, 0);
}

static inline void
good_in_50_ms(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 1);
	send_reply(query, reply, 50);
}

static inline void
nxdomain(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 3);

	put_soa(reply, "example.org", 1000, 200);
	send_reply(query, reply, 0);
}

static inline void
nodata(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_soa(reply, "example.org", 100, 2000);
	send_reply(query, reply, 0);
}

#define RCODE_SCRIPT(name, rcode) \
	static void name(const dns_query *query) { send_reply(query, reply_new(query, rcode), 0); }
RCODE_SCRIPT(formerr, 1)
RCODE_SCRIPT(servfail, 2)
RCODE_SCRIPT(notimp, 4)
RCODE_SCRIPT(refused, 5)
RCODE_SCRIPT(rcode_11, 11)
RCODE_SCRIPT(truncated, 0x200)

/* As servers that know no EDNS do: without the OPT record, and well as soon as it is left out. */
static inline void
formerr_for_edns(const dns_query *query)
{
	if (query->length > question_end(query))
		formerr(query);
	else
		good(query);
}

/* While the first try and the second one last, and then for nobody. */
static inline void
late(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 1);
	send_reply(query, reply, 4 * SHORT_MS);
}

/* In the second try, of the first. */
static inline void
late_for_first_try(const dns_query *query)
{
	if (query->number == 0)
		late(query);
}

static inline void
empty_first(const dns_query *query)
{
	send_raw(query, g_byte_array_new(), 0);
	good_in_50_ms(query);
}

static inline void
garbage_first(const dns_query *query)
{
	GByteArray *garbage = g_byte_array_new();

	for (guint i = 0; i < 300; i++)
		put16(garbage, 0x5aa5 ^ i * 257);
	if (query->number == 0)   /* newer c-ares ask again from another port */
		send_raw(query, garbage, 0);
	else
		g_byte_array_unref(garbage);
	good_in_50_ms(query);
}

static inline void
short_first(const dns_query *query)
{
	GByteArray *few = g_byte_array_new();

	g_byte_array_append(few, query->octets, 7);
	if (query->number == 0)
		send_raw(query, few, 0);
	else
		g_byte_array_unref(few);
	good_in_50_ms(query);
}

/* The right id and question, then a record that ends nowhere. */
static GByteArray *
malformed_reply(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_record(reply, 0, NULL, MG_DNS_A, 300, 4);
	return reply;
}

static inline void
malformed(const dns_query *query)
{
	send_reply(query, malformed_reply(query), 0);
}

/* To the first packet only: it is the others' answers that then come too. */
static inline void
malformed_first(const dns_query *query)
{
	if (query->number == 0)
		malformed(query);
	good_in_50_ms(query);
}

/* And what is sent again is answered by nobody. */
static guint16 malformed_ports[2];   /* of the first packet, of the last */

static inline void
malformed_first_once(const dns_query *query)
{
	malformed_ports[query->number > 0] = query->from.sin_port;
	if (query->number == 0)
		malformed_first(query);
}

static inline void
wrong_id(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 66);
	reply->data[0] ^= 0x55;
	send_reply(query, reply, 0);
}

static inline void
wrong_id_first(const dns_query *query)
{
	wrong_id(query);
	good_in_50_ms(query);
}

static inline void
wrong_question(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 66);
	reply->data[13] ^= 1;
	send_reply(query, reply, 0);
}

static inline void
wrong_question_first(const dns_query *query)
{
	wrong_question(query);
	good_in_50_ms(query);
}

static inline void
wrong_case(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	for (guint i = 12; i < reply->len - 5; i++)
		reply->data[i] = (guint8)g_ascii_toupper((char)reply->data[i]);
	put_a(reply, NULL, 300, 1);
	send_reply(query, reply, 0);
}

/* All ids but the right one that differ from it in ten bits. */
static inline void
spoof_burst(const dns_query *query)
{
	for (guint i = 1; i < 1000; i++) {
		GByteArray *reply = reply_new(query, 0);

		put_a(reply, NULL, 300, 66);
		reply->data[0] ^= (guint8)(i >> 8);
		reply->data[1] ^= (guint8)i;
		send_reply(query, reply, 0);
	}
	good_in_50_ms(query);
}

static inline void
three_times(const dns_query *query)
{
	good(query);
	good(query);
	good(query);
}

static inline void
byte_by_byte(const dns_query *query)
{
	g_autoptr(GByteArray) reply = reply_new(query, 0);

	put_a(reply, NULL, 300, 1);
	for (guint i = 0; i < reply->len + 2; i++) {
		GByteArray *octet = g_byte_array_new();
		guint8 length[2] = { 0, (guint8)reply->len };

		g_byte_array_append(octet, i < 2 ? length + i : reply->data + i - 2, 1);
		send_raw(query, octet, 1 + i);
	}
}

static inline void
length_too_long(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);
	guint8 length[2] = { 0xff, 0xff };

	put_a(reply, NULL, 300, 1);
	g_byte_array_prepend(reply, length, 2);
	send_raw(query, reply, 0);
}

static inline void
length_too_short(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);
	guint8 length[2] = { 0, (guint8)(reply->len + 9) };

	put_a(reply, NULL, 300, 1);
	g_byte_array_prepend(reply, length, 2);
	send_raw(query, reply, 0);
}

static inline void
length_of_nothing(const dns_query *query)
{
	GByteArray *nothing = g_byte_array_new();

	put16(nothing, 0);
	send_raw(query, nothing, 0);
}

static inline void
closes(const dns_query *query)
{
	shutdown(query->fd, SHUT_RDWR);
}

static inline void
aliases(const dns_query *query, guint n)
{
	GByteArray *reply = reply_new(query, 0);
	char owner[32], target[32];

	for (guint i = 0; i < n; i++) {
		g_snprintf(owner, sizeof(owner), "a%u.example.org", i);
		g_snprintf(target, sizeof(target), "a%u.example.org", i + 1);
		put_alias(reply, i == 0 ? NULL : owner, target);
	}
	put_a(reply, target, 300, 1);
	send_reply(query, reply, 0);
}

static inline void
alias_1(const dns_query *query)
{
	aliases(query, 1);
}

static inline void
alias_9(const dns_query *query)
{
	aliases(query, 9);
}

static inline void
alias_loop(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_alias(reply, NULL, "b.example.org");
	put_record(reply, 0, "b.example.org", MG_DNS_CNAME, 300, 2);
	put16(reply, 0xc00c);   /* to the question's name */
	send_reply(query, reply, 0);
}

static inline void
dname_alone(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_record(reply, 0, "", 39, 300, 13);
	put_name(reply, "example.net");
	send_reply(query, reply, 0);
}

static inline void
dname(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_record(reply, 0, "example.org", 39, 300, 13);
	put_name(reply, "example.net");
	put_alias(reply, NULL, "www.example.net");
	put_a(reply, "www.example.net", 300, 1);
	send_reply(query, reply, 0);
}

/* @n strings of @length octets in one record. */
static inline void
strings(const dns_query *query, guint n, guint length)
{
	GByteArray *reply = reply_new(query, 0);
	g_autofree char *text = g_strnfill(length, 'x');
	guint8 octet = (guint8)length;

	put_record(reply, 0, NULL, MG_DNS_TXT, 300, n * (length + 1));
	for (guint i = 0; i < n; i++) {
		g_byte_array_append(reply, &octet, 1);
		g_byte_array_append(reply, (const guint8 *)text, length);
	}
	send_reply(query, reply, 0);
}

static inline void
text_64_kib(const dns_query *query)
{
	strings(query, 255, 255);
}

static inline void
strings_255(const dns_query *query)
{
	strings(query, 255, 64);
}

/* What fits into a message is in bounds, as long as each is. */
static inline void
texts_65000(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);
	guint8 octet = 250;
	g_autofree char *text = g_strnfill(octet, 'x');

	for (guint k = 0; k < 4; k++) {
		put_record(reply, 0, NULL, MG_DNS_TXT, 300, 65 * 251);
		for (guint i = 0; i < 65; i++) {
			g_byte_array_append(reply, &octet, 1);
			g_byte_array_append(reply, (const guint8 *)text, octet);
		}
	}
	send_reply(query, reply, 0);
}

static inline void
text_of_any_octets(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_text(reply, NULL, "v\0\xff\x80", 4);
	send_reply(query, reply, 0);
}

static inline void
text_empty(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_text(reply, NULL, "", 0);
	send_reply(query, reply, 0);
}

static inline void
ttl_0(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 0, 1);
	send_reply(query, reply, 0);
}

static inline void
ttl_2_31(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_a(reply, NULL, 0x80000000u, 1);
	send_reply(query, reply, 0);
}

static inline void
records(const dns_query *query, guint n)
{
	GByteArray *reply = reply_new(query, 0);

	for (guint i = 0; i < n; i++)
		put_a(reply, NULL, 300, i & 255);
	send_reply(query, reply, 0);
}

static inline void
records_500(const dns_query *query)
{
	records(query, 500);
}

static inline void
records_60(const dns_query *query)   /* 990 octets: no datagram of 512 */
{
	records(query, 60);
}

static inline void
compression_loop(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	reply->data[7] = 1;
	put16(reply, 0xc000 | reply->len);
	put16(reply, MG_DNS_A);
	put16(reply, 1);
	put32(reply, 300);
	put16(reply, 4);
	put32(reply, 0xc0000201u);
	send_reply(query, reply, 0);
}

static inline void
referral(const dns_query *query)
{
	GByteArray *reply = reply_new(query, 0);

	put_record(reply, 1, "example.org", MG_DNS_NS, 300, 16);
	put_name(reply, "ns.example.org");
	send_reply(query, reply, 0);
}

/* ---- faults ---- */

typedef struct dns_fault {
	const char    *name;
	mg_dns_type    type;
	dns_script     udp, tcp;
	gboolean       no_tcp;       /* connections are refused */
	guint          timeout_ms;
	mg_dns_outcome outcome;
	const char    *why;          /* NULL: newer c-ares hide what came, and it is lost instead of malformed */
	guint          n_records;
	guint          n_udp_max;    /* packets; 0: any. Newer c-ares send more than is asked of them */
} dns_fault;

#define A MG_DNS_A
#define T MG_DNS_TXT
static const dns_fault dns_faults[] = {
	{ "good", A, good, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "nxdomain", A, nxdomain, NULL, FALSE, LONG_MS, MG_DNS_NOTHING, "nxdomain", 0, 1 },
	{ "nodata", A, nodata, NULL, FALSE, LONG_MS, MG_DNS_NOTHING, "nodata", 0, 1 },
	{ "servfail", A, servfail, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "servfail", 0, 1 },
	{ "refused", A, refused, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "refused", 0, 1 },
	{ "formerr", A, formerr, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "formerr", 0, 3 },
	{ "formerr-for-edns", A, formerr_for_edns, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 2 },
	{ "notimp", A, notimp, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "notimp", 0, 1 },
	{ "other-rcode", A, rcode_11, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "rcode", 0, 1 },
	{ "referral", A, referral, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "referral", 0, 1 },
	{ "silent", A, NULL, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "timeout", 0, 12 },
	{ "after-the-deadline", A, late, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "timeout", 0, 12 },
	{ "zero-length-first", A, empty_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 0 },
	{ "garbage-first", A, garbage_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 0 },
	{ "seven-octets-first", A, short_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 0 },
	{ "malformed-first", A, malformed_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 0 },
	{ "malformed", A, malformed, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, NULL, 0, 20 },
	{ "wrong-id", A, wrong_id, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "timeout", 0, 12 },
	{ "wrong-id-first", A, wrong_id_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "wrong-question", A, wrong_question, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "timeout", 0, 12 },
	{ "wrong-question-first", A, wrong_question_first, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "wrong-case", A, wrong_case, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "spoof-burst", A, spoof_burst, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 0 },
	{ "duplicates", A, three_times, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "large-datagram", A, records_60, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 60, 1 },
	{ "tc-tcp-good", A, truncated, good, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "tc-tcp-nxdomain", A, truncated, nxdomain, FALSE, LONG_MS, MG_DNS_NOTHING, "nxdomain", 0, 1 },
	{ "tc-tcp-servfail", A, truncated, servfail, FALSE, LONG_MS, MG_DNS_UNKNOWN, "servfail", 0, 1 },
	{ "tc-tcp-refused", A, truncated, NULL, TRUE, LONG_MS, MG_DNS_UNKNOWN, "tcp", 0, 2 },
	{ "tc-tcp-hangs", A, truncated, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "tcp", 0, 2 },
	{ "tc-tcp-closes", A, truncated, closes, FALSE, LONG_MS, MG_DNS_UNKNOWN, "tcp", 0, 2 },
	{ "tc-tcp-tc", A, truncated, truncated, FALSE, LONG_MS, MG_DNS_UNKNOWN, "truncated", 0, 1 },
	{ "tcp-byte-by-byte", A, truncated, byte_by_byte, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "tcp-length-too-long", A, truncated, length_too_long, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "tcp", 0, 2 },
	{ "tcp-length-too-short", A, truncated, length_too_short, FALSE, SHORT_MS, MG_DNS_UNKNOWN, NULL, 0, 2 },
	{ "tcp-length-zero", A, truncated, length_of_nothing, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "tcp", 0, 2 },
	{ "tcp-malformed", A, truncated, malformed, FALSE, LONG_MS, MG_DNS_UNKNOWN, NULL, 0, 2 },
	{ "cname-1", A, alias_1, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "cname-9", A, alias_9, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "cname", 0, 1 },
	{ "cname-loop", A, alias_loop, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "cname", 0, 1 },
	{ "dname", A, dname, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "dname-alone", A, dname_alone, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, "dname", 0, 1 },
	{ "txt-64-kib", T, truncated, text_64_kib, FALSE, LONG_MS, MG_DNS_UNKNOWN, "too-large", 0, 1 },
	{ "txts-just-below-64-kib", T, truncated, texts_65000, FALSE, LONG_MS, MG_DNS_FOUND, "", 4, 1 },
	{ "txt-255-strings", T, truncated, strings_255, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "txt-any-octets", T, text_of_any_octets, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "txt-empty", T, text_empty, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "ttl-0", A, ttl_0, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "ttl-2-31", A, ttl_2_31, NULL, FALSE, LONG_MS, MG_DNS_FOUND, "", 1, 1 },
	{ "500-records", A, truncated, records_500, FALSE, LONG_MS, MG_DNS_UNKNOWN, "too-many", 0, 1 },
	{ "compression-loop", A, compression_loop, NULL, FALSE, LONG_MS, MG_DNS_UNKNOWN, NULL, 0, 20 },
};

#endif
