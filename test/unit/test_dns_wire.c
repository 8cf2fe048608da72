/* test_dns_wire.c - messages made by hand, octet by octet: what is read from them, and what is not. */
#include "dns/wire.h"

#include "scripted_dns.h"

static mg_dns_question
question_of(mg_dns_type type, const char *name)
{
	mg_dns_question question = { .type = type };

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	return question;
}

/* A message for www.example.org, of header and question alone. The caller's to unref. */
static GByteArray *
message_new(mg_dns_type type, guint flags)
{
	mg_dns_question question = question_of(type, "www.example.org");
	guint8 octets[MG_DNS_QUERY_MAX];
	dns_query query = { .octets = octets };

	query.length = mg_dns_wire_query(&question, 0x1234, octets);
	return reply_new(&query, flags);
}

/* The caller's to unref. */
static mg_dns_answer *
read_as(const GByteArray *message, gsize length, mg_dns_type type, mg_dns_reading expected)
{
	mg_dns_question question = question_of(type, "www.example.org");
	/* Its own octets, no more: a reader that goes too far is seen. */
	g_autofree guint8 *octets = g_memdup2(message->data, length);
	mg_dns_answer *answer = NULL;

	g_assert_cmpint(mg_dns_wire_read(&question, octets, length, &answer), ==, expected);
	g_assert_nonnull(answer);
	g_assert_true(mg_dns_question_equal(&answer->question, &question));
	return answer;
}

/* ---- the query ---- */

static void
test_query(void)
{
	static const guint8 expected[] = {
		0xab, 0xcd, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 1,   /* RD, AD */
		3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'o', 'r', 'g', 0, 0, 16, 0, 1,
		0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0,
	};
	mg_dns_question question = question_of(MG_DNS_TXT, "www.example.org");
	guint8 octets[MG_DNS_QUERY_MAX];
	gsize length = mg_dns_wire_query(&question, 0xabcd, octets);

	g_assert_cmpmem(octets, length, expected, sizeof(expected));
}

static void
test_longest_query(void)
{
	mg_dns_question question = { .type = MG_DNS_A };
	g_autofree char *name = test_domain_of(253);
	guint8 octets[MG_DNS_QUERY_MAX];

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	g_assert_cmpuint(mg_dns_wire_query(&question, 1, octets), ==, MG_DNS_QUERY_MAX);
}

/* ---- each type ---- */

static void
add_name_record(GByteArray *message, guint type, const char *target, guint before)
{
	put_record(message, 0, NULL, type, 300, before + (guint)strlen(target) + 2);
	for (guint i = 0; i < before; i += 2)
		put16(message, 10);
	put_name(message, target);
}

static void
add_soa_record(GByteArray *message)
{
	put_record(message, 0, NULL, MG_DNS_SOA, 300, 32 + 20);
	put_name(message, "ns.example.org");
	put_name(message, "hm.example.org");
	for (guint i = 1; i <= 5; i++)
		put32(message, i);
}

static void
test_types(void)
{
	g_autoptr(mg_dns_answer) answer = NULL;
	g_autoptr(GByteArray) message = message_new(MG_DNS_MX, 0);
	char text[MG_DNS_NAME_TEXT_MAX];
	mg_dns_record *record;

	add_name_record(message, MG_DNS_MX, "MX1.example.org", 2);
	add_name_record(message, MG_DNS_MX, "mx2.example.org", 2);
	answer = read_as(message, message->len, MG_DNS_MX, MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	g_assert_cmpuint(answer->n_records, ==, 2);
	record = &answer->records[0];
	mg_dns_name_format(&record->names[0], text);
	g_assert_cmpstr(text, ==, "mx1.example.org");
	g_assert_cmpuint(record->preference, ==, 10);
	g_assert_cmpuint(record->ttl_s, ==, 300);

	for (guint i = 0; i < 3; i++) {
		static const mg_dns_type types[] = { MG_DNS_NS, MG_DNS_PTR, MG_DNS_CNAME };

		g_byte_array_unref(message);
		mg_dns_answer_unref(answer);
		message = message_new(types[i], 0);
		add_name_record(message, types[i], "a.example.org", 0);
		answer = read_as(message, message->len, types[i], MG_DNS_READ_WELL);
		g_assert_cmpuint(answer->n_records, ==, 1);
		mg_dns_name_format(&answer->records[0].names[0], text);
		g_assert_cmpstr(text, ==, "a.example.org");
	}

	g_byte_array_unref(message);
	mg_dns_answer_unref(answer);
	message = message_new(MG_DNS_SOA, 0);
	add_soa_record(message);
	answer = read_as(message, message->len, MG_DNS_SOA, MG_DNS_READ_WELL);
	g_assert_cmpuint(answer->n_records, ==, 1);
	g_assert_cmpuint(answer->records[0].minimum_s, ==, 5);
	mg_dns_name_format(&answer->records[0].names[1], text);
	g_assert_cmpstr(text, ==, "hm.example.org");

	g_byte_array_unref(message);
	mg_dns_answer_unref(answer);
	message = message_new(MG_DNS_AAAA, 0);
	put_record(message, 0, NULL, MG_DNS_AAAA, 300, 16);
	put32(message, 0x20010db8);
	put32(message, 0);
	put32(message, 0);
	put32(message, 1);
	answer = read_as(message, message->len, MG_DNS_AAAA, MG_DNS_READ_WELL);
	g_assert_cmpuint(answer->records[0].ip.high, ==, G_GUINT64_CONSTANT(0x20010db800000000));
	g_assert_cmpuint(answer->records[0].ip.low, ==, 1);

	g_byte_array_unref(message);
	mg_dns_answer_unref(answer);
	message = message_new(MG_DNS_TXT, 0);
	put_record(message, 0, NULL, MG_DNS_TXT, 300, 7);
	g_byte_array_append(message, (const guint8 *)"\003v=s\002pf", 7);
	answer = read_as(message, message->len, MG_DNS_TXT, MG_DNS_READ_WELL);
	g_assert_cmpmem(answer->records[0].text, answer->records[0].length, "v=spf", 5);
}

/* ---- rcodes ---- */

typedef struct rcode_case {
	const char    *name;
	guint          rcode, upper;   /* of the header, of OPT */
	mg_dns_outcome outcome;
	const char    *why;
} rcode_case;

static const rcode_case rcode_cases[] = {
	{ "noerror", 0, 0, MG_DNS_NOTHING, "nodata" },
	{ "formerr", 1, 0, MG_DNS_UNKNOWN, "formerr" },
	{ "servfail", 2, 0, MG_DNS_UNKNOWN, "servfail" },
	{ "nxdomain", 3, 0, MG_DNS_NOTHING, "nxdomain" },
	{ "notimp", 4, 0, MG_DNS_UNKNOWN, "notimp" },
	{ "refused", 5, 0, MG_DNS_UNKNOWN, "refused" },
	{ "yxdomain", 6, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "yxrrset", 7, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "nxrrset", 8, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "notauth", 9, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "notzone", 10, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "11", 11, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "12", 12, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "13", 13, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "14", 14, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "15", 15, 0, MG_DNS_UNKNOWN, "rcode" },
	{ "badvers", 0, 1, MG_DNS_UNKNOWN, "rcode" },
	{ "badcookie", 7, 1, MG_DNS_UNKNOWN, "rcode" },
	{ "19-is-no-nxdomain", 3, 1, MG_DNS_UNKNOWN, "rcode" },
};

static void
test_rcode(gconstpointer data)
{
	const rcode_case *row = data;
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, row->rcode);
	g_autoptr(mg_dns_answer) answer = NULL;

	put_record(message, 2, "", 41, row->upper << 24, 0);
	answer = read_as(message, message->len, MG_DNS_A, MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, row->outcome);
	g_assert_cmpstr(answer->why, ==, row->why);
}

/* A server that could not read the question does not repeat it. */
static void
test_without_question(void)
{
	for (guint rcode = 0; rcode < 16; rcode++) {
		g_autoptr(GByteArray) message = message_new(MG_DNS_A, rcode);
		g_autoptr(mg_dns_answer) answer = NULL;

		message->data[5] = 0;
		answer = read_as(message, 12, MG_DNS_A,
		                 rcode == 0 || rcode == 3 ? MG_DNS_READ_BADLY : MG_DNS_READ_WELL);
		g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	}
}

/* ---- negative answers ---- */

typedef struct negative_case {
	const char *name;
	guint       rcode;
	const char *zone;        /* of the SOA; NULL: none */
	guint32     ttl_s, minimum_s, expected_s;
} negative_case;

static const negative_case negative_cases[] = {
	{ "nxdomain", 3, "example.org", 1000, 300, 300 },
	{ "nodata", 0, "example.org", 1000, 300, 300 },
	{ "ttl-is-less", 3, "org", 100, 300, 100 },
	{ "root", 3, "", 100, 300, 100 },
	{ "without-soa", 3, NULL, 0, 0, 0 },
	{ "soa-of-another-zone", 3, "example.net", 1000, 300, 0 },
	{ "soa-below", 0, "a.www.example.org", 1000, 300, 0 },
	{ "minimum-2-31", 3, "example.org", 1000, 0x80000000u, 1000 },
	{ "ttl-2-31", 3, "example.org", 0x80000000u, 300, 0 },
};

static void
test_negative(gconstpointer data)
{
	const negative_case *row = data;
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, row->rcode);
	g_autoptr(mg_dns_answer) answer = NULL;

	if (row->zone != NULL)
		put_soa(message, row->zone, row->ttl_s, row->minimum_s);
	answer = read_as(message, message->len, MG_DNS_A, MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_NOTHING);
	g_assert_cmpuint(answer->ttl_s, ==, row->expected_s);
}

static void
test_referral(void)
{
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, 0), second = message_new(MG_DNS_A, 0);
	g_autoptr(mg_dns_answer) answer = NULL, other = NULL;

	put_record(message, 1, "example.org", MG_DNS_NS, 300, 16);
	put_name(message, "ns.example.org");
	answer = read_as(message, message->len, MG_DNS_A, MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	g_assert_cmpstr(answer->why, ==, "referral");
	put_alias(second, NULL, "www.example.net");
	second->data[3] &= 0x7f;   /* not recursive: the alias leads out of its zones */
	other = read_as(second, second->len, MG_DNS_A, MG_DNS_READ_WELL);
	g_assert_cmpint(other->outcome, ==, MG_DNS_UNKNOWN);
}

/* ---- DNSSEC ---- */

typedef struct secure_case {
	const char *name;
	guint       flags, upper;   /* of the header, the rcode with them; the upper bits of the rcode */
	const char *records;        /* "c" a CNAME, "a" an A behind it, "l" one back, "s" an SOA, "m" no whole record */
	gboolean    expected;
} secure_case;

#define AD 0x20
#define CD 0x10

static const secure_case secure_cases[] = {
	{ "set", AD, 0, "a", TRUE },
	{ "clear", 0, 0, "a", FALSE },
	{ "checking-disabled-is-another-flag", CD, 0, "a", FALSE },
	{ "alias", AD, 0, "ca", TRUE },
	{ "alias-clear", 0, 0, "ca", FALSE },
	{ "nodata", AD, 0, "s", TRUE },
	{ "nodata-clear", 0, 0, "s", FALSE },
	{ "nxdomain", AD | 3, 0, "s", TRUE },
	{ "nxdomain-clear", 3, 0, "s", FALSE },
	{ "alias-to-nothing", AD | 3, 0, "cs", TRUE },
	{ "formerr", AD | 1, 0, "a", FALSE },
	{ "servfail", AD | 2, 0, "", FALSE },
	{ "refused", AD | 5, 0, "a", FALSE },
	{ "badvers", AD, 1, "a", FALSE },
	{ "19-is-no-nxdomain", AD | 3, 1, "s", FALSE },
	{ "truncated", AD | 0x200, 0, "a", FALSE },
	{ "malformed", AD, 0, "m", FALSE },
	{ "alias-loop", AD, 0, "cl", FALSE },
};

static void
test_secure(gconstpointer data)
{
	const secure_case *row = data;
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, row->flags);
	mg_dns_question question = question_of(MG_DNS_A, "www.example.org");
	g_autoptr(mg_dns_answer) answer = NULL;
	gboolean has_alias = strchr(row->records, 'c') != NULL;

	for (const char *record = row->records; *record != 0; record++)
		switch (*record) {
		case 'a': put_a(message, has_alias ? "a.example.org" : NULL, 300, 1); break;
		case 'c': put_alias(message, NULL, "a.example.org"); break;
		case 'l': put_alias(message, "a.example.org", "www.example.org"); break;
		case 'm': put_record(message, 0, NULL, MG_DNS_A, 300, 4); break;
		case 's': put_soa(message, "example.org", 300, 300); break;
		}
	put_record(message, 2, "", 41, row->upper << 24, 0);
	mg_dns_wire_read(&question, message->data, message->len, &answer);
	g_assert_cmpint(answer->is_secure, ==, row->expected);
}

/* ---- aliases ---- */

typedef struct alias_case {
	const char    *name;
	const char    *records;    /* "owner>target" a CNAME, "owner" an A, "^owner" a DNAME; w is the question's name */
	guint          rcode;
	mg_dns_outcome outcome;
	const char    *why;
	guint          n_records, n_aliases;
} alias_case;

static const alias_case alias_cases[] = {
	{ "none", "w", 0, MG_DNS_FOUND, "", 1, 0 },
	{ "one", "w>a a", 0, MG_DNS_FOUND, "", 1, 1 },
	{ "one-backwards", "a w>a", 0, MG_DNS_FOUND, "", 1, 1 },
	{ "two-records", "w>a a a", 0, MG_DNS_FOUND, "", 2, 1 },
	{ "eight", "w>a a>b b>c c>d d>e e>f f>g g>h h", 0, MG_DNS_FOUND, "", 1, 8 },
	{ "nine", "w>a a>b b>c c>d d>e e>f f>g g>h h>i i", 0, MG_DNS_UNKNOWN, "cname", 0, 0 },
	{ "nine-shuffled", "i c>d b>c h>i w>a e>f d>e a>b g>h f>g", 0, MG_DNS_UNKNOWN, "cname", 0, 0 },
	{ "to-itself", "w>w", 0, MG_DNS_UNKNOWN, "cname", 0, 0 },
	{ "loop", "w>a a>w", 0, MG_DNS_UNKNOWN, "cname", 0, 0 },
	{ "loop-behind", "w>a a>b b>a", 0, MG_DNS_UNKNOWN, "cname", 0, 0 },
	{ "two-targets", "w>a w>b a", 0, MG_DNS_FOUND, "", 1, 1 },
	{ "to-nothing", "w>a", 0, MG_DNS_NOTHING, "nodata", 0, 1 },
	{ "to-nxdomain", "w>a", 3, MG_DNS_NOTHING, "nxdomain", 0, 1 },
	{ "records-of-others", "a b c", 0, MG_DNS_NOTHING, "nodata", 0, 0 },
	{ "nxdomain-with-records", "w", 3, MG_DNS_UNKNOWN, "malformed", 0, 0 },
	{ "dname-with-cname", "^org w>a a", 0, MG_DNS_FOUND, "", 1, 1 },
	{ "dname-alone", "^org", 0, MG_DNS_UNKNOWN, "dname", 0, 0 },
	{ "dname-of-the-name", "^w", 0, MG_DNS_NOTHING, "nodata", 0, 0 },
	{ "dname-elsewhere", "^net", 0, MG_DNS_NOTHING, "nodata", 0, 0 },
};

static void
test_alias(gconstpointer data)
{
	const alias_case *row = data;
	g_auto(GStrv) records = g_strsplit(row->records, " ", -1);
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, row->rcode);
	g_autoptr(mg_dns_answer) answer = NULL;

	for (guint i = 0; records[i] != NULL; i++) {
		char *target = strchr(records[i], '>');
		const char *owner;

		if (target != NULL)
			*target++ = 0;
		owner = strcmp(records[i], "w") == 0 ? "www.example.org" : records[i];
		if (target != NULL)
			put_alias(message, owner, strcmp(target, "w") == 0 ? "www.example.org" : target);
		else if (owner[0] == '^') {
			put_record(message, 0, strcmp(owner, "^w") == 0 ? "www.example.org" : owner + 1, 39, 300, 5);
			put_name(message, "net");
		} else
			put_a(message, owner, 300, i);
	}
	answer = read_as(message, message->len, MG_DNS_A,
	                 strcmp(row->why, "malformed") == 0 ? MG_DNS_READ_BADLY : MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, row->outcome);
	g_assert_cmpstr(answer->why, ==, row->why);
	g_assert_cmpuint(answer->n_records, ==, row->n_records);
	g_assert_cmpuint(answer->n_aliases, ==, row->n_aliases);
}

/* ---- what is malformed ---- */

/* A message of all kinds of records, cut at every length: none but the whole is an answer. */
static void
test_every_length(void)
{
	g_autoptr(GByteArray) message = message_new(MG_DNS_TXT, 0);

	put_alias(message, NULL, "a.example.org");
	put_text(message, "a.example.org", "v=spf1 -all", 11);
	add_soa_record(message);
	put_a(message, "a.example.org", 300, 1);
	put_soa(message, "example.org", 300, 300);
	put_record(message, 2, "", 41, 0, 0);
	for (gsize length = 0; length <= message->len; length++) {
		g_autoptr(mg_dns_answer) answer = read_as(message, length, MG_DNS_TXT,
		                                          length == message->len ? MG_DNS_READ_WELL : MG_DNS_READ_BADLY);

		g_assert_cmpint(answer->outcome, ==, length == message->len ? MG_DNS_FOUND : MG_DNS_UNKNOWN);
	}
}

/* The same with TC: nothing behind the question is looked at. */
static void
test_every_length_truncated(void)
{
	g_autoptr(GByteArray) message = message_new(MG_DNS_TXT, 0x200);
	gsize n_question = message->len;

	put_text(message, NULL, "v=spf1 -all", 11);
	for (gsize length = 0; length <= message->len; length++) {
		g_autoptr(mg_dns_answer) answer = read_as(message, length, MG_DNS_TXT, length >= n_question
		                                          ? MG_DNS_READ_TRUNCATED : MG_DNS_READ_BADLY);

		g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	}
}

typedef struct malformed_case {
	const char *name;
	mg_dns_type type;
	gsize       at;          /* octets that are changed, from the message's beginning */
	const char *octets;      /* "xx xx": what they become */
} malformed_case;

/* Behind the question (33 octets) stand "c0 0c", type, class, TTL, length, and the data from 45 on. */
static const malformed_case malformed_cases[] = {
	{ "a-query", MG_DNS_A, 2, "01" },
	{ "opcode", MG_DNS_A, 2, "91" },
	{ "no-question", MG_DNS_A, 5, "00" },
	{ "two-questions", MG_DNS_A, 5, "02" },
	{ "other-name", MG_DNS_A, 13, "78" },
	{ "other-type", MG_DNS_A, 30, "1c" },
	{ "other-class", MG_DNS_A, 32, "03" },
	{ "more-records-than-there-are", MG_DNS_A, 7, "02" },
	{ "owner-points-to-itself", MG_DNS_A, 33, "c0 21" },
	{ "owner-points-forward", MG_DNS_A, 33, "c0 2d" },
	{ "owner-points-into-the-header", MG_DNS_A, 33, "c0 04" },
	{ "owner-of-label-type-40", MG_DNS_A, 33, "40 00" },
	{ "owner-of-label-type-80", MG_DNS_A, 33, "80 00" },
	{ "data-too-short", MG_DNS_A, 43, "00 03" },
	{ "data-too-long", MG_DNS_A, 43, "00 05" },
	{ "data-empty", MG_DNS_A, 43, "00 00" },
	{ "data-65535", MG_DNS_A, 43, "ff ff" },
	{ "ptr-points-to-itself", MG_DNS_PTR, 45, "c0 2d" },
	{ "ptr-points-behind", MG_DNS_PTR, 45, "c0 ff" },
	{ "ptr-without-root", MG_DNS_PTR, 45, "03 61" },
	{ "ptr-and-more", MG_DNS_PTR, 45, "00 00" },
	{ "mx-without-name", MG_DNS_MX, 43, "00 02" },
	{ "txt-string-too-long", MG_DNS_TXT, 45, "04" },
	{ "txt-without-string", MG_DNS_TXT, 43, "00 00" },
};

static void
test_malformed(gconstpointer data)
{
	const malformed_case *row = data;
	g_autoptr(GByteArray) message = message_new(row->type, 0);
	g_auto(GStrv) octets = g_strsplit(row->octets, " ", -1);
	g_autoptr(mg_dns_answer) answer = NULL;

	switch (row->type) {
	case MG_DNS_PTR:
		put_record(message, 0, NULL, row->type, 300, 2);
		put16(message, 0xc00c);
		break;
	case MG_DNS_MX:
		put_record(message, 0, NULL, row->type, 300, 4);
		put32(message, 0x000ac00c);
		break;
	case MG_DNS_TXT:
		put_text(message, NULL, "abc", 3);
		break;
	default:
		put_a(message, NULL, 300, 1);
		break;
	}
	g_assert_cmpuint(message->data[33], ==, 0xc0);   /* the places in the rows are those */
	mg_dns_answer_unref(read_as(message, message->len, row->type, MG_DNS_READ_WELL));
	for (guint i = 0; octets[i] != NULL; i++)
		message->data[row->at + i] = (guint8)g_ascii_strtoull(octets[i], NULL, 16);
	answer = read_as(message, message->len, row->type, MG_DNS_READ_BADLY);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	g_assert_cmpstr(answer->why, ==, "malformed");
	g_assert_cmpuint(answer->n_records, ==, 0);
}

/* Pointers to pointers, each backwards: a name all the same, if it is not too long. */
static void
test_chain_of_pointers(void)
{
	g_autoptr(GByteArray) message = message_new(MG_DNS_PTR, 0);
	g_autoptr(mg_dns_answer) answer = NULL;
	char text[MG_DNS_NAME_TEXT_MAX];
	guint before = 12;

	put_record(message, 0, NULL, 99, 300, 40 * 4);   /* of a type that nobody asked for */
	for (guint i = 0; i < 40; i++) {
		guint here = message->len;

		put16(message, 0x0161);   /* a label "a", then what was before */
		put16(message, 0xc000 | before);
		before = here;
	}
	put_record(message, 0, NULL, MG_DNS_PTR, 300, 2);
	put16(message, 0xc000 | before);
	answer = read_as(message, message->len, MG_DNS_PTR, MG_DNS_READ_WELL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	mg_dns_name_format(&answer->records[0].names[0], text);
	g_assert_cmpuint(strlen(text), ==, 40 * 2 + 15);
}

/* A name of 255 octets is read, one of 256 is not. */
static void
test_longest_name(void)
{
	for (guint last = 61; last <= 62; last++) {
		g_autoptr(GByteArray) message = message_new(MG_DNS_PTR, 0);
		guint lengths[] = { 63, 63, 63, last };

		put_record(message, 0, NULL, MG_DNS_PTR, 300, 192 + last + 2);
		for (guint i = 0; i < 4; i++) {
			guint8 octet = (guint8)lengths[i];
			g_autofree char *label = test_repeat('x', octet);

			g_byte_array_append(message, &octet, 1);
			g_byte_array_append(message, (const guint8 *)label, octet);
		}
		put_name(message, "");
		mg_dns_answer_unref(read_as(message, message->len, MG_DNS_PTR, last == 61 ? MG_DNS_READ_WELL : MG_DNS_READ_BADLY));
	}
}

/* ---- bounds ---- */

static void
test_records_max(void)
{
	for (guint n = 100; n <= 101; n++) {
		g_autoptr(GByteArray) message = message_new(MG_DNS_A, 0);
		g_autoptr(mg_dns_answer) answer = NULL;

		for (guint i = 0; i < n; i++)
			put_a(message, NULL, 300 - i, i);
		answer = read_as(message, message->len, MG_DNS_A, MG_DNS_READ_WELL);
		g_assert_cmpint(answer->outcome, ==, n == 100 ? MG_DNS_FOUND : MG_DNS_UNKNOWN);
		g_assert_cmpuint(answer->n_records, ==, n == 100 ? 100 : 0);
		if (n == 100)
			g_assert_cmpuint(answer->ttl_s, ==, 201);   /* the least of all */
	}
}

static void
test_text_max(void)
{
	for (guint more = 0; more <= 1; more++) {
		g_autoptr(GByteArray) message = message_new(MG_DNS_TXT, 0);
		g_autoptr(mg_dns_answer) answer = NULL;
		guint n_left = 16384 + more, n_strings = (n_left + 254) / 255;
		g_autofree char *text = test_repeat('x', 255);

		put_record(message, 0, NULL, MG_DNS_TXT, 300, n_left + n_strings);
		for (; n_left > 0; n_left -= MIN(n_left, 255)) {
			guint8 octet = (guint8)MIN(n_left, 255);

			g_byte_array_append(message, &octet, 1);
			g_byte_array_append(message, (const guint8 *)text, octet);
		}
		answer = read_as(message, message->len, MG_DNS_TXT, MG_DNS_READ_WELL);
		g_assert_cmpint(answer->outcome, ==, more ? MG_DNS_UNKNOWN : MG_DNS_FOUND);
		g_assert_cmpstr(answer->why, ==, more ? "too-large" : "");
	}
}

/* Other classes and types beside what was asked for are no part of it. */
static void
test_others_skipped(void)
{
	g_autoptr(GByteArray) message = message_new(MG_DNS_A, 0);
	g_autoptr(mg_dns_answer) answer = NULL;
	gsize class_at;

	put_text(message, NULL, "text", 4);
	class_at = message->len + 4;
	put_a(message, NULL, 300, 66);
	message->data[class_at + 1] = 3;   /* CH */
	put_a(message, NULL, 300, 1);
	answer = read_as(message, message->len, MG_DNS_A, MG_DNS_READ_WELL);
	g_assert_cmpuint(answer->n_records, ==, 1);
	g_assert_cmpuint(answer->records[0].ip.low & 255, ==, 1);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dns-wire/rcode", rcode_cases, test_rcode);
	TEST_ROWS("/dns-wire/negative", negative_cases, test_negative);
	TEST_ROWS("/dns-wire/secure", secure_cases, test_secure);
	TEST_ROWS("/dns-wire/alias", alias_cases, test_alias);
	TEST_ROWS("/dns-wire/malformed", malformed_cases, test_malformed);
	g_test_add_func("/dns-wire/query", test_query);
	g_test_add_func("/dns-wire/longest-query", test_longest_query);
	g_test_add_func("/dns-wire/types", test_types);
	g_test_add_func("/dns-wire/without-question", test_without_question);
	g_test_add_func("/dns-wire/referral", test_referral);
	g_test_add_func("/dns-wire/every-length", test_every_length);
	g_test_add_func("/dns-wire/every-length-truncated", test_every_length_truncated);
	g_test_add_func("/dns-wire/chain-of-pointers", test_chain_of_pointers);
	g_test_add_func("/dns-wire/longest-name", test_longest_name);
	g_test_add_func("/dns-wire/records-max", test_records_max);
	g_test_add_func("/dns-wire/text-max", test_text_max);
	g_test_add_func("/dns-wire/others-skipped", test_others_skipped);
	return g_test_run();
}
