/* master.c - see master.h. */
#include "dns/master.h"

#include <string.h>

#include "dns/entry.h"
#include "dns/wire.h"

#define ERRORS_MAX    50       /* then the rest of the file is not read */
#define TTL_STANDARD  3600     /* when nothing in the file says one */
#define STRING_MAX    255      /* RFC 1035 3.3 <character-string> */
#define SHOWN         60       /* octets of a word in an error */

typedef struct parser {
	mg_entry_reader reader;
	mg_entry    *entry;        /* the reader's */
	const char  *file;         /* borrowed */
	mg_findings *findings;     /* borrowed */
	guint        n_errors;
	mg_master   *master;       /* borrowed */
	GHashTable  *sets;         /* owned; question in the set -> set, borrowed */
	gboolean     has_origin, has_owner, has_ttl;
	mg_dns_name  origin, owner;
	guint32      ttl_s;        /* $TTL, or of the last record (RFC 1035 5.1) */
} parser;

static gboolean G_GNUC_PRINTF(2, 3)
parser_fail(parser *in, const char *format, ...)
{
	mg_place place = { in->file, in->entry->line };
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	mg_findings_add(in->findings, MG_LEVEL_ERROR, place, "local-zone-syntax", "%s", text);
	in->n_errors++;
	return FALSE;
}

/* ---- words ---- */

static gboolean
parser_fail_word(parser *in, const mg_word *given, const char *what)
{
	if (given == NULL)
		return parser_fail(in, "%s is missing", what);
	return parser_fail(in, "'%.*s' is no %s", (int)MIN(given->length, SHOWN), given->text, what);
}

/* ---- names and numbers ---- */

/* Appends the labels of @given; FALSE if it is no name. @is_absolute_out: it ended in a dot. */
static gboolean
name_append_word(mg_dns_name *name, const mg_word *given, gboolean *is_absolute_out)
{
	guint length = 0, start = 0;   /* where the length of the label at hand goes */
	gsize at = 0;

	*is_absolute_out = FALSE;
	while (at < given->length) {
		gboolean is_dot = given->text[at] == '.';
		int octet = mg_word_octet(given, &at);

		if (octet < 0)
			return FALSE;
		if (is_dot) {
			if (length == start || length - start > 63)
				return FALSE;
			name->octets[start] = (guint8)(length - start);
			start = ++length;
			*is_absolute_out = at == given->length;
			continue;
		}
		/* Its length and the root's zero need room as well. */
		if (length - start >= 63 || length + 2 >= MG_DNS_NAME_MAX)
			return FALSE;
		name->octets[++length] = (guint8)g_ascii_tolower((char)octet);
	}
	if (length > start) {
		name->octets[start] = (guint8)(length - start);
		length++;
	}
	name->length = (guint8)length;
	return length > 0;
}

static gboolean
parser_name(parser *in, const mg_word *given, const char *what, mg_dns_name *name_out)
{
	gboolean is_absolute = FALSE;
	mg_dns_name name = { 0 };

	if (given == NULL || given->is_quoted)
		return parser_fail_word(in, given, what);
	if (mg_word_is(given, ".")) {
		*name_out = (mg_dns_name){ 1, { 0 } };
		return TRUE;
	}
	if (!mg_word_is(given, "@") && !name_append_word(&name, given, &is_absolute))
		return parser_fail_word(in, given, what);
	if (name.length > 0 && is_absolute) {
		name.octets[name.length++] = 0;
		*name_out = name;
		return TRUE;
	}
	if (!in->has_origin)
		return parser_fail(in, "'%.*s' is relative, and there is no $ORIGIN", (int)MIN(given->length, SHOWN),
		                   given->text);
	if (name.length + in->origin.length > MG_DNS_NAME_MAX)
		return parser_fail(in, "'%.*s' is too long with its origin", (int)MIN(given->length, SHOWN), given->text);
	memcpy(name.octets + name.length, in->origin.octets, in->origin.length);
	name.length = (guint8)(name.length + in->origin.length);
	*name_out = name;
	return TRUE;
}

/* "3600", "1h30m"; seconds, up to 2^31-1. */
static gboolean
ttl_parse(const mg_word *given, guint32 *ttl_out)
{
	guint64 total = 0, number = 0;
	gboolean has_digit = FALSE;

	if (given == NULL || given->is_quoted || given->length == 0)
		return FALSE;
	for (gsize i = 0; i < given->length; i++) {
		static const char units[] = "smhdw";
		static const guint seconds[] = { 1, 60, 3600, 86400, 604800 };
		const char *unit;

		if (g_ascii_isdigit(given->text[i])) {
			number = number * 10 + (guint64)(given->text[i] - '0');
			has_digit = TRUE;
		} else {
			unit = strchr(units, g_ascii_tolower(given->text[i]));
			if (!has_digit || unit == NULL || *unit == 0)
				return FALSE;
			total += number * seconds[unit - units];
			number = 0;
			has_digit = FALSE;
		}
		if (total + number > G_MAXINT32)
			return FALSE;
	}
	*ttl_out = (guint32)(total + number);
	return TRUE;
}

static gboolean
parser_number(parser *in, const char *what, guint64 max, guint64 *number_out)
{
	const mg_word *given = mg_entry_peek(in->entry);
	guint64 number = 0;

	if (given == NULL || given->is_quoted || given->length > 10)
		return parser_fail_word(in, given, what);
	for (gsize i = 0; i < given->length; i++) {
		if (!g_ascii_isdigit(given->text[i]))
			return parser_fail_word(in, given, what);
		number = number * 10 + (guint64)(given->text[i] - '0');
	}
	if (number > max)
		return parser_fail_word(in, given, what);
	in->entry->next++;
	*number_out = number;
	return TRUE;
}

/* ---- records ---- */

static gboolean
parser_target(parser *in, const char *what, mg_dns_name *name_out)
{
	const mg_word *given = mg_entry_peek(in->entry);

	in->entry->next += given != NULL;
	return parser_name(in, given, what, name_out);
}

static gboolean
parser_ip(parser *in, gboolean is_ipv4, mg_ip *ip_out)
{
	const mg_word *given = mg_entry_peek(in->entry);
	const char *what = is_ipv4 ? "IPv4 address" : "IPv6 address";
	char text[MG_IP_TEXT_MAX];

	if (given == NULL || given->is_quoted || given->length >= sizeof(text))
		return parser_fail_word(in, given, what);
	memcpy(text, given->text, given->length);
	text[given->length] = 0;
	if (strlen(text) != given->length || (strchr(text, ':') == NULL) != is_ipv4 || !mg_ip_parse(text, ip_out))
		return parser_fail_word(in, given, what);
	in->entry->next++;
	return TRUE;
}

static gboolean
parser_text(parser *in, mg_dns_record *record_out)
{
	g_autoptr(GByteArray) text = g_byte_array_new();
	const mg_word *given = mg_entry_peek(in->entry);

	if (given == NULL)
		return parser_fail_word(in, given, "text");
	for (; given != NULL; in->entry->next++, given = mg_entry_peek(in->entry)) {
		guint start = text->len;

		for (gsize at = 0; at < given->length; ) {
			int octet = mg_word_octet(given, &at);
			guint8 appended = (guint8)octet;

			if (octet < 0)
				return parser_fail_word(in, given, "text: behind a backslash stands a character, or three "
				                        "digits to 255");
			g_byte_array_append(text, &appended, 1);
		}
		if (text->len - start > STRING_MAX)
			return parser_fail(in, "a string of %u octets: %d is the most", text->len - start, STRING_MAX);
	}
	if (text->len > MG_DNS_TEXT_MAX)
		return parser_fail(in, "a TXT of %u octets: %d is the most", text->len, MG_DNS_TEXT_MAX);
	record_out->length = text->len;
	record_out->text = g_malloc(text->len + 1u);
	if (text->len > 0)
		memcpy(record_out->text, text->data, text->len);
	record_out->text[text->len] = 0;
	return TRUE;
}

static gboolean
parser_soa(parser *in, mg_dns_record *record_out)
{
	mg_dns_name *names = mg_dns_record_names(record_out, MG_DNS_SOA);
	guint32 seconds[4];
	guint64 serial;

	if (!parser_target(in, "server name", &names[0]) || !parser_target(in, "mailbox name", &names[1])
	    || !parser_number(in, "serial number", G_MAXUINT32, &serial))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(seconds); i++, in->entry->next++)
		if (!ttl_parse(mg_entry_peek(in->entry), &seconds[i]))
			return parser_fail_word(in, mg_entry_peek(in->entry), "time");
	record_out->minimum_s = seconds[3];
	return TRUE;
}

static gboolean
parser_data(parser *in, mg_dns_type type, mg_dns_record *record_out)
{
	guint64 preference;

	switch (type) {
	case MG_DNS_A:
	case MG_DNS_AAAA:
		return parser_ip(in, type == MG_DNS_A, &record_out->ip);
	case MG_DNS_NS:
	case MG_DNS_CNAME:
	case MG_DNS_PTR:
		return parser_target(in, "name", mg_dns_record_names(record_out, type));
	case MG_DNS_MX:
		if (!parser_number(in, "preference", 65535, &preference))
			return FALSE;
		record_out->preference = (guint16)preference;
		return parser_target(in, "name", mg_dns_record_names(record_out, type));
	case MG_DNS_TXT:
		return parser_text(in, record_out);
	case MG_DNS_SOA:
		return parser_soa(in, record_out);
	}
	return FALSE;
}

static gboolean
type_parse(const mg_word *given, mg_dns_type *type_out)
{
	static const mg_dns_type types[] = {
		MG_DNS_A, MG_DNS_NS, MG_DNS_CNAME, MG_DNS_SOA, MG_DNS_PTR, MG_DNS_MX, MG_DNS_TXT, MG_DNS_AAAA,
	};

	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		if (mg_word_is(given, mg_dns_type_name(types[i]))) {
			*type_out = types[i];
			return TRUE;
		}
	return FALSE;
}

static void
set_free(gpointer data)
{
	mg_master_set *set = data;

	for (guint i = 0; i < set->records->len; i++)
		mg_dns_record_clear(&g_array_index(set->records, mg_dns_record, i));
	g_array_unref(set->records);
	g_free(set);
}

/* Takes what the record owns. */
static gboolean
parser_add(parser *in, mg_dns_type type, const mg_dns_record *record)
{
	mg_dns_question question = { type, in->owner };
	mg_master_set *set = g_hash_table_lookup(in->sets, &question);

	if (set == NULL) {
		set = g_new0(mg_master_set, 1);
		set->question = question;
		set->line = in->entry->line;
		set->records = g_array_new(FALSE, FALSE, sizeof(mg_dns_record));
		g_ptr_array_add(in->master->sets, set);
		g_hash_table_insert(in->sets, &set->question, set);
	}
	g_array_append_val(set->records, *record);
	set->n_texts += record->length;
	if (set->records->len > MG_DNS_RECORDS_MAX || set->n_texts > MG_DNS_TEXTS_MAX)
		return parser_fail(in, "more than %d records or %d octets of text for one name and type", MG_DNS_RECORDS_MAX,
		                   MG_DNS_TEXTS_MAX);
	if (type == MG_DNS_SOA && set->records->len > 1)
		return parser_fail(in, "a second SOA for one name");
	return TRUE;
}

/* [owner] [TTL] [class] type data, TTL and class in either order (RFC 1035 5.1). */
static gboolean
parser_record(parser *in)
{
	mg_dns_record record = { 0 };
	gboolean has_ttl = FALSE, has_class = FALSE;
	guint32 ttl_s = 0;
	mg_dns_type type;

	if (!in->entry->is_indented) {
		in->has_owner = FALSE;
		if (!parser_target(in, "name", &in->owner))
			return FALSE;
		in->has_owner = TRUE;
	} else if (!in->has_owner)
		return parser_fail(in, "a record without a name, and none before it");
	for (;;) {
		if (!has_class && mg_word_is(mg_entry_peek(in->entry), "IN"))
			has_class = TRUE;
		else if (!has_ttl && ttl_parse(mg_entry_peek(in->entry), &ttl_s))
			has_ttl = TRUE;
		else
			break;
		in->entry->next++;
	}
	if (!type_parse(mg_entry_peek(in->entry), &type))
		return parser_fail_word(in, mg_entry_peek(in->entry),
		                        "type that can stand here: A AAAA CNAME MX NS PTR SOA TXT");
	in->entry->next++;
	if (!parser_data(in, type, &record)) {
		mg_dns_record_clear(&record);
		return FALSE;
	}
	if (mg_entry_peek(in->entry) != NULL) {
		mg_dns_record_clear(&record);
		return parser_fail_word(in, mg_entry_peek(in->entry), "part of the record: it was complete");
	}
	if (!has_ttl)
		ttl_s = in->has_ttl ? in->ttl_s : type == MG_DNS_SOA ? record.minimum_s : TTL_STANDARD;
	if (!in->has_ttl && (has_ttl || type == MG_DNS_SOA)) {   /* until $TTL says another */
		in->has_ttl = TRUE;
		in->ttl_s = type == MG_DNS_SOA ? record.minimum_s : ttl_s;
	}
	record.ttl_s = ttl_s;
	return parser_add(in, type, &record);
}

static gboolean
parser_directive(parser *in, const mg_word *directive)
{
	in->entry->next++;
	if (mg_word_is(directive, "$ORIGIN")) {
		if (!parser_target(in, "name", &in->origin))
			return FALSE;
		in->has_origin = TRUE;
		if (in->origin.length > 1)
			g_array_append_val(in->master->origins, in->origin);
	} else if (mg_word_is(directive, "$TTL")) {
		if (!ttl_parse(mg_entry_peek(in->entry), &in->ttl_s))
			return parser_fail_word(in, mg_entry_peek(in->entry), "time");
		in->entry->next++;
		in->has_ttl = TRUE;
	} else
		return parser_fail_word(in, directive, "directive that can stand here: $ORIGIN $TTL");
	return mg_entry_peek(in->entry) == NULL || parser_fail_word(in, mg_entry_peek(in->entry), "part of the directive");
}

static void
parser_entry(parser *in)
{
	const mg_word *first;

	if (!mg_entry_reader_next(&in->reader)) {
		parser_fail(in, "%s", in->reader.why);
		return;
	}
	first = mg_entry_peek(in->entry);
	if (first == NULL)
		return;
	if (!in->entry->is_indented && !first->is_quoted && first->text[0] == '$')
		parser_directive(in, first);
	else
		parser_record(in);
}

mg_master *
mg_master_parse(const char *text, gsize length, const char *file, mg_findings *findings)
{
	g_autoptr(mg_master) master = g_new0(mg_master, 1);
	parser in = { .file = file, .findings = findings, .master = master };

	master->sets = g_ptr_array_new_with_free_func(set_free);
	master->origins = g_array_new(FALSE, FALSE, sizeof(mg_dns_name));
	in.sets = g_hash_table_new(mg_dns_question_hash, mg_dns_question_equal);
	mg_entry_reader_init(&in.reader, text, length);
	in.entry = &in.reader.entry;
	while (!mg_entry_reader_is_at_end(&in.reader) && in.n_errors < ERRORS_MAX)
		parser_entry(&in);
	g_hash_table_unref(in.sets);
	mg_entry_reader_clear(&in.reader);
	return in.n_errors == 0 ? g_steal_pointer(&master) : NULL;
}

void
mg_master_free(mg_master *master)
{
	if (master == NULL)
		return;
	g_ptr_array_unref(master->sets);
	g_array_unref(master->origins);
	g_free(master);
}
