/* wire.c - see wire.h. */
#include "dns/wire.h"

#include <string.h>

#define HEADER_SIZE     12      /* RFC 1035 4.1.1 */
#define FLAGS_QUERY     0x0120  /* RD; AD: whether it was validated is to be told (RFC 6840 5.7) */
#define FLAG_RESPONSE   0x8000
#define FLAG_TRUNCATED  0x0200
#define FLAG_RECURSION  0x0080  /* RA: it looks further than its own zones */
#define FLAG_AUTHENTIC  0x0020  /* AD: all of the answer was validated (RFC 4035 3.2.3) */
#define OPCODE_MASK     0x7800
#define CLASS_IN        1
#define TYPE_DNAME      39      /* RFC 6672 */
#define TYPE_OPT        41      /* RFC 6891 */
#define ALIASES_KEPT    64      /* CNAMEs of a message; more is a chain too long in any order */
#define RCODE_NXDOMAIN  3

typedef struct reader {
	const guint8 *octets;   /* borrowed */
	gsize         length;
	gsize         at;
} reader;

typedef struct raw_record {
	mg_dns_name owner;
	guint       type;
	guint       class;
	guint32     ttl_s;
	gsize       data, data_end;   /* places in the message */
} raw_record;

typedef struct alias {
	mg_dns_name owner, target;
	guint32     ttl_s;
} alias;

/* A message taken apart. */
typedef struct message {
	guint       flags;
	guint       rcode;               /* with the upper bits of OPT */
	GArray     *aliases;             /* owned; alias */
	GArray     *records;             /* owned; raw_record: of the type asked for */
	GArray     *soas;                /* owned; raw_record: of the authority section */
	mg_dns_name dname;               /* owner of the first DNAME */
	gboolean    has_dname;
	gboolean    has_authority_ns;
	gboolean    has_too_many;
} message;

static void
message_clear(message *taken)
{
	g_array_unref(taken->aliases);
	g_array_unref(taken->records);
	g_array_unref(taken->soas);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(message, message_clear)

/* ---- the query ---- */

static guint8 *
put_16(guint8 *out, guint number)
{
	*out++ = (guint8)(number >> 8);
	*out++ = (guint8)number;
	return out;
}

gsize
mg_dns_wire_query(const mg_dns_question *question, guint16 id, guint8 out[MG_DNS_QUERY_MAX])
{
	static const guint8 opt_end[6] = { 0 };   /* extended rcode, version, flags, no options */
	guint8 *at = put_16(out, id);

	at = put_16(at, FLAGS_QUERY);
	at = put_16(at, 1);
	at = put_16(at, 0);
	at = put_16(at, 0);
	at = put_16(at, 1);
	memcpy(at, question->name.octets, question->name.length);
	at += question->name.length;
	at = put_16(at, (guint)question->type);
	at = put_16(at, CLASS_IN);
	*at++ = 0;
	at = put_16(at, TYPE_OPT);
	at = put_16(at, MG_DNS_UDP_SIZE);
	memcpy(at, opt_end, sizeof(opt_end));
	return (gsize)(at + sizeof(opt_end) - out);
}

/* ---- reading ---- */

static gboolean
read_16(reader *in, guint *number_out)
{
	if (in->length - in->at < 2)
		return FALSE;
	*number_out = (guint)in->octets[in->at] << 8 | in->octets[in->at + 1];
	in->at += 2;
	return TRUE;
}

static gboolean
read_32(reader *in, guint32 *number_out)
{
	guint high, low;

	if (!read_16(in, &high) || !read_16(in, &low))
		return FALSE;
	*number_out = (guint32)high << 16 | low;
	return TRUE;
}

/* A name at in->at, which moves behind it. A pointer must lead to before the labels it ends (RFC 1035 4.1.4: a prior
 * occurrence), so every name comes to an end. */
static gboolean
read_name(reader *in, mg_dns_name *name_out)
{
	gsize at = in->at, start = in->at, used = 0;
	gboolean has_jumped = FALSE;

	for (;;) {
		guint octet;

		if (at >= in->length)
			return FALSE;
		octet = in->octets[at];
		if (octet >= 0xc0) {
			gsize target;

			if (at + 1 >= in->length)
				return FALSE;
			target = (gsize)(octet & 0x3f) << 8 | in->octets[at + 1];
			if (target < HEADER_SIZE || target >= start)
				return FALSE;
			if (!has_jumped)
				in->at = at + 2;
			has_jumped = TRUE;
			at = start = target;
			continue;
		}
		/* The root's zero must have room behind every label. */
		if (octet > 63 || at + octet >= in->length || used + 1 + octet + (octet > 0) > MG_DNS_NAME_MAX)
			return FALSE;
		name_out->octets[used++] = (guint8)octet;
		at++;
		if (octet == 0)
			break;
		for (guint i = 0; i < octet; i++)
			name_out->octets[used++] = (guint8)g_ascii_tolower((char)in->octets[at++]);
	}
	name_out->length = (guint8)used;
	if (!has_jumped)
		in->at = at;
	return TRUE;
}

static gboolean
read_record(reader *in, raw_record *record_out)
{
	guint length;

	if (!read_name(in, &record_out->owner) || !read_16(in, &record_out->type) || !read_16(in, &record_out->class)
	    || !read_32(in, &record_out->ttl_s) || !read_16(in, &length) || in->length - in->at < length)
		return FALSE;
	if (record_out->type != TYPE_OPT && record_out->ttl_s > G_MAXINT32)   /* RFC 2181 8 */
		record_out->ttl_s = 0;
	record_out->data = in->at;
	record_out->data_end = in->at += length;
	return TRUE;
}

/* The name that fills a record's data from @skip on. */
static gboolean
read_data_name(const reader *in, const raw_record *raw, gsize skip, mg_dns_name *name_out)
{
	reader data = { in->octets, raw->data_end, raw->data + skip };

	return raw->data_end - raw->data > skip && read_name(&data, name_out) && data.at == raw->data_end;
}

static gboolean
read_soa(const reader *in, const raw_record *raw, mg_dns_record *record_out)
{
	reader data = { in->octets, raw->data_end, raw->data };
	mg_dns_name *names = mg_dns_record_names(record_out, MG_DNS_SOA);

	if (!read_name(&data, &names[0]) || !read_name(&data, &names[1])
	    || data.length - data.at != 20)
		return FALSE;
	data.at += 16;
	return read_32(&data, &record_out->minimum_s);
}

static gboolean
read_text(const reader *in, const raw_record *raw, mg_dns_record *record_out)
{
	gsize length = 0, n_strings = 0;

	for (gsize at = raw->data; at != raw->data_end; at += 1u + in->octets[at], n_strings++) {
		if (in->octets[at] >= raw->data_end - at)
			return FALSE;
		length += in->octets[at];
	}
	if (n_strings == 0)
		return FALSE;
	record_out->text = g_malloc(length + 1);
	for (gsize at = raw->data; at != raw->data_end; at += 1u + in->octets[at]) {
		memcpy(record_out->text + record_out->length, in->octets + at + 1, in->octets[at]);
		record_out->length += in->octets[at];
	}
	record_out->text[length] = 0;
	return TRUE;
}

static gboolean
read_data(const reader *in, const raw_record *raw, mg_dns_record *record_out)
{
	const guint8 *data = in->octets + raw->data;
	gsize length = raw->data_end - raw->data;

	record_out->ttl_s = raw->ttl_s;
	switch ((mg_dns_type)raw->type) {
	case MG_DNS_A:
		if (length != 4)
			return FALSE;
		record_out->ip = (mg_ip){ MG_IPV4_HIGH, MG_IPV4_LOW | (guint64)data[0] << 24 | (guint64)data[1] << 16
		                          | (guint64)data[2] << 8 | data[3] };
		return TRUE;
	case MG_DNS_AAAA:
		if (length != 16)
			return FALSE;
		mg_ip_from_octets(data, &record_out->ip);
		return TRUE;
	case MG_DNS_MX:
		if (!read_data_name(in, raw, 2, mg_dns_record_names(record_out, MG_DNS_MX)))
			return FALSE;
		record_out->preference = (guint16)((guint)data[0] << 8 | data[1]);
		return TRUE;
	case MG_DNS_NS:
	case MG_DNS_CNAME:
	case MG_DNS_PTR:
		return read_data_name(in, raw, 0, mg_dns_record_names(record_out, (mg_dns_type)raw->type));
	case MG_DNS_SOA:
		return read_soa(in, raw, record_out);
	case MG_DNS_TXT:
		return read_text(in, raw, record_out);
	}
	return FALSE;
}

/* ---- the message ---- */

static gboolean
question_matches(reader *in, const mg_dns_question *question)
{
	mg_dns_name name;
	guint type, class;

	return read_name(in, &name) && read_16(in, &type) && read_16(in, &class) && type == (guint)question->type
	       && class == CLASS_IN && mg_dns_name_equal(&name, &question->name);
}

static gboolean
take_answer_record(message *taken, const reader *in, const raw_record *raw, const mg_dns_question *question)
{
	if (raw->class != CLASS_IN)
		return TRUE;
	if (raw->type == (guint)question->type) {
		if (taken->records->len < MG_DNS_RECORDS_MAX)
			g_array_append_val(taken->records, *raw);
		else
			taken->has_too_many = TRUE;
	} else if (raw->type == MG_DNS_CNAME) {
		alias one = { .owner = raw->owner, .ttl_s = raw->ttl_s };

		if (!read_data_name(in, raw, 0, &one.target))
			return FALSE;
		if (taken->aliases->len < ALIASES_KEPT)
			g_array_append_val(taken->aliases, one);
	} else if (raw->type == TYPE_DNAME && !taken->has_dname) {
		taken->has_dname = TRUE;
		taken->dname = raw->owner;
	}
	return TRUE;
}

static gboolean
take_sections(message *taken, reader *in, const mg_dns_question *question, const guint counts[3])
{
	gboolean has_opt = FALSE;

	for (guint section = 0; section < 3; section++)
		for (guint i = 0; i < counts[section]; i++) {
			raw_record raw;

			if (!read_record(in, &raw))
				return FALSE;
			if (section == 0 && !take_answer_record(taken, in, &raw, question))
				return FALSE;
			if (section == 1 && raw.class == CLASS_IN) {
				taken->has_authority_ns |= raw.type == MG_DNS_NS;
				if (raw.type == MG_DNS_SOA && taken->soas->len == 0)
					g_array_append_val(taken->soas, raw);
			}
			if (section == 2 && raw.type == TYPE_OPT) {
				if (has_opt)
					return FALSE;   /* RFC 6891 6.1.1 */
				has_opt = TRUE;
				taken->rcode |= raw.ttl_s >> 24 << 4;
			}
		}
	return TRUE;
}

static const char *
rcode_word(guint rcode)
{
	static const char *const words[] = {   /* RFC 1035 4.1.1 */
		[1] = "formerr", [2] = "servfail", [4] = "notimp", [5] = "refused",
	};

	return rcode < G_N_ELEMENTS(words) && words[rcode] != NULL ? words[rcode] : "rcode";
}

/* ---- the answer ---- */

static mg_dns_answer *
answer_unknown(const mg_dns_question *question, const char *why)
{
	return mg_dns_answer_new(question, MG_DNS_UNKNOWN, why, 0);
}

/* NXDOMAIN and NODATA (RFC 2308 2, 5): how long it holds is in the SOA of a zone that the name is in. */
static mg_dns_answer *
answer_nothing(const message *taken, const reader *in, const mg_dns_question *question, const mg_dns_name *name,
               guint n_aliases, guint32 ttl_s)
{
	g_autoptr(mg_dns_answer) answer = NULL;
	const raw_record *raw = taken->soas->len > 0 ? &g_array_index(taken->soas, raw_record, 0) : NULL;
	g_auto(mg_dns_record) soa = { 0 };

	if (taken->rcode == 0 && raw == NULL) {
		/* Not recursive, and it has but sent us elsewhere (RFC 2308 2.2). */
		if (taken->has_authority_ns || (n_aliases > 0 && !(taken->flags & FLAG_RECURSION)))
			return answer_unknown(question, "referral");
	}
	if (raw != NULL && !read_soa(in, raw, &soa))
		return NULL;
	answer = mg_dns_answer_new(question, MG_DNS_NOTHING, taken->rcode == 0 ? "nodata" : "nxdomain", 0);
	answer->n_aliases = n_aliases;
	if (raw != NULL && mg_dns_name_is_in(name, &raw->owner))
		answer->ttl_s = MIN(MIN(raw->ttl_s, soa.minimum_s), ttl_s);
	return g_steal_pointer(&answer);
}

/* The records of @name; NULL if one of them is unsound. */
static mg_dns_answer *
answer_found(const message *taken, const reader *in, const mg_dns_question *question, const mg_dns_name *name,
             guint n_records, guint n_aliases, guint32 ttl_s)
{
	g_autoptr(mg_dns_answer) answer = mg_dns_answer_new(question, MG_DNS_FOUND, "", n_records);
	gsize n_texts = 0;
	guint n_read = 0;

	answer->n_aliases = n_aliases;
	answer->ttl_s = ttl_s;
	for (guint i = 0; i < taken->records->len; i++) {
		const raw_record *raw = &g_array_index(taken->records, raw_record, i);
		mg_dns_record *record;

		if (!mg_dns_name_equal(&raw->owner, name))
			continue;
		record = &answer->records[n_read++];
		if (!read_data(in, raw, record))
			return NULL;
		n_texts += record->length;
		if (record->length > MG_DNS_TEXT_MAX || n_texts > MG_DNS_TEXTS_MAX)
			return answer_unknown(question, "too-large");
		answer->ttl_s = MIN(answer->ttl_s, record->ttl_s);
	}
	return g_steal_pointer(&answer);
}

static guint
count_records(const message *taken, const mg_dns_name *owner)
{
	guint n_records = 0;

	for (guint i = 0; i < taken->records->len; i++)
		n_records += mg_dns_name_equal(&g_array_index(taken->records, raw_record, i).owner, owner);
	return n_records;
}

static const alias *
find_alias(const message *taken, const mg_dns_name *owner)
{
	for (guint i = 0; i < taken->aliases->len; i++) {
		const alias *one = &g_array_index(taken->aliases, alias, i);

		if (mg_dns_name_equal(&one->owner, owner))
			return one;
	}
	return NULL;
}

/* Follows the aliases to their end, whatever order they stand in. */
static mg_dns_answer *
answer_make(const message *taken, const reader *in, const mg_dns_question *question)
{
	const mg_dns_name *name = &question->name;
	guint n_aliases = 0, n_records;
	guint32 ttl_s = G_MAXUINT32;
	const alias *next;

	if (taken->rcode != 0 && taken->rcode != RCODE_NXDOMAIN)
		return answer_unknown(question, rcode_word(taken->rcode));
	if (taken->has_too_many)
		return answer_unknown(question, "too-many");
	while ((n_records = count_records(taken, name)) == 0 && (next = find_alias(taken, name)) != NULL) {
		if (++n_aliases > MG_DNS_ALIASES_MAX)
			return answer_unknown(question, "cname");
		ttl_s = MIN(ttl_s, next->ttl_s);
		name = &next->target;
	}
	if (n_records > 0)   /* a name with records is not one that does not exist (RFC 6604 3) */
		return taken->rcode != 0 ? NULL : answer_found(taken, in, question, name, n_records, n_aliases, ttl_s);
	if (taken->has_dname && mg_dns_name_is_in(name, &taken->dname) && !mg_dns_name_equal(name, &taken->dname))
		return answer_unknown(question, "dname");   /* without the CNAME that RFC 6672 3.1 wants beside it */
	return answer_nothing(taken, in, question, name, n_aliases, ttl_s);
}

mg_dns_reading
mg_dns_wire_read(const mg_dns_question *question, const guint8 *octets, gsize length, mg_dns_answer **answer_out)
{
	g_auto(message) taken = { .aliases = g_array_new(FALSE, FALSE, sizeof(alias)),
	                          .records = g_array_new(FALSE, FALSE, sizeof(raw_record)),
	                          .soas = g_array_new(FALSE, FALSE, sizeof(raw_record)) };
	reader in = { octets, length, 2 };
	guint n_questions, counts[3];

	*answer_out = NULL;
	if (length < HEADER_SIZE || !read_16(&in, &taken.flags) || !read_16(&in, &n_questions)
	    || !read_16(&in, &counts[0]) || !read_16(&in, &counts[1]) || !read_16(&in, &counts[2])
	    || !(taken.flags & FLAG_RESPONSE) || (taken.flags & OPCODE_MASK) != 0)
		goto out;
	taken.rcode = taken.flags & 15;
	if (n_questions == 0 && taken.rcode != 0 && taken.rcode != RCODE_NXDOMAIN) {
		*answer_out = answer_unknown(question, rcode_word(taken.rcode));   /* it may not have read the question */
		goto out;
	}
	if (n_questions != 1 || !question_matches(&in, question))
		goto out;
	if (taken.flags & FLAG_TRUNCATED) {
		*answer_out = answer_unknown(question, "truncated");
		return MG_DNS_READ_TRUNCATED;
	}
	if (take_sections(&taken, &in, question, counts))
		*answer_out = answer_make(&taken, &in, question);
out:
	if (*answer_out != NULL) {
		(*answer_out)->is_secure = (*answer_out)->outcome != MG_DNS_UNKNOWN && (taken.flags & FLAG_AUTHENTIC) != 0;
		return MG_DNS_READ_WELL;
	}
	*answer_out = answer_unknown(question, "malformed");
	return MG_DNS_READ_BADLY;
}
