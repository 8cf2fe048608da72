/* record.c - see record.h. */
#include "spf/record.h"

#include <string.h>

#include "spf/breadth.h"

static const char version[] = "v=spf1";   /* RFC 7208 4.5 */

/* What may follow a mechanism's name (RFC 7208 5). */
typedef struct mechanism_form {
	const char *name;
	gboolean    may_have_domain, must_have_domain, may_have_cidr;
} mechanism_form;

static const mechanism_form mechanism_forms[] = {
	[MG_SPF_ALL]     = { "all",     FALSE, FALSE, FALSE },
	[MG_SPF_INCLUDE] = { "include", TRUE,  TRUE,  FALSE },
	[MG_SPF_A]       = { "a",       TRUE,  FALSE, TRUE },
	[MG_SPF_MX]      = { "mx",      TRUE,  FALSE, TRUE },
	[MG_SPF_PTR]     = { "ptr",     TRUE,  FALSE, FALSE },
	[MG_SPF_IP4]     = { "ip4",     FALSE, FALSE, FALSE },   /* theirs is a network */
	[MG_SPF_IP6]     = { "ip6",     FALSE, FALSE, FALSE },
	[MG_SPF_EXISTS]  = { "exists",  TRUE,  TRUE,  FALSE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(mechanism_forms) == MG_SPF_EXISTS + 1);

/* A record while it is compiled. */
typedef struct record_builder {
	mg_spf_record *record;   /* borrowed */
	GArray        *terms;    /* owned; of mg_spf_term */
	GArray        *pieces;   /* owned; of mg_spf_piece */
	GByteArray    *names;    /* owned */
	guint          n_seen;   /* terms, modifiers among them */
	const char    *fault;    /* constant; of the term at hand */
} record_builder;

/* FALSE, so that a parser can return what it says. */
static gboolean
builder_fail(record_builder *builder, const char *fault)
{
	builder->fault = fault;
	return FALSE;
}

/* ---- domain-spec (RFC 7208 7.1) ---- */

/* toplabel: letters, digits and hyphens inside, and not digits alone. */
static gboolean
is_toplabel(const char *label, gsize length)
{
	gboolean all_digits = TRUE;

	if (length == 0 || label[0] == '-' || label[length - 1] == '-')
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isalnum(label[i]) && label[i] != '-')
			return FALSE;
		all_digits = all_digits && g_ascii_isdigit(label[i]);
	}
	return !all_digits;
}

/* domain-end: a macro, or a dot and a toplabel, with or without a dot behind it. */
static gboolean
ends_as_domain(const char *text, gsize end, const mg_spf_piece *last)
{
	const char *dot;

	if (last->letter != 0 || text[last->offset] == '%')   /* literals have no '%' but that of "%%" */
		return TRUE;
	if (text[end - 1] == '.')
		end--;
	dot = memrchr(text + last->offset, '.', end - last->offset);
	return dot != NULL && is_toplabel(dot + 1, (gsize)(text + end - dot) - 1);
}

static gboolean
parse_spec(record_builder *builder, gsize start, gsize end, mg_spf_spec *spec)
{
	const char *text = builder->record->text;
	const mg_spf_piece *pieces;
	char domain[MG_DOMAIN_MAX + 1];
	mg_dns_name name;
	guint uses = 0;

	if (start == end)
		return builder_fail(builder, "domain is empty (RFC 7208 7.1)");
	spec->is_given = TRUE;
	spec->first_piece = builder->pieces->len;
	if (!mg_spf_macro_parse(text, start, end, FALSE, builder->pieces, &uses, &builder->fault))
		return FALSE;
	spec->uses = (guint8)uses;
	spec->n_pieces = builder->pieces->len - spec->first_piece;
	pieces = &g_array_index(builder->pieces, mg_spf_piece, spec->first_piece);
	if (!ends_as_domain(text, end, &pieces[spec->n_pieces - 1]))
		return builder_fail(builder, "domain ends neither in a macro nor in a dot and a top label (RFC 7208 7.1)");
	if (uses != 0)
		return TRUE;

	spec->is_fixed = TRUE;
	spec->n_domain = (guint8)mg_spf_macro_expand_domain(pieces, spec->n_pieces, text, NULL, domain);
	if (spec->n_domain > 0 && mg_dns_name_from_text(domain, spec->n_domain, &name))
		spec->n_name = name.length;
	spec->domain = builder->names->len;
	g_byte_array_append(builder->names, (const guint8 *)domain, spec->n_domain + 1u);
	spec->name = builder->names->len;
	if (spec->n_name > 0)
		g_byte_array_append(builder->names, name.octets, spec->n_name);
	return TRUE;
}

/* ---- networks and prefix lengths (RFC 7208 5.6, 12) ---- */

/* Takes "/" and digits off the end of [@start, @end). A leading zero, or too much, is a fault; -1: there is none. */
static gboolean
take_prefix(record_builder *builder, gsize start, gsize *end, int max, int *prefix_out)
{
	const char *text = builder->record->text;
	gsize digits = *end;
	int prefix = 0;

	*prefix_out = -1;
	while (digits > start && g_ascii_isdigit(text[digits - 1]))
		digits--;
	if (digits == *end || digits == start || text[digits - 1] != '/')
		return TRUE;
	if (text[digits] == '0' && *end - digits > 1)
		return builder_fail(builder, "prefix length with a leading zero (RFC 7208 12)");
	for (gsize i = digits; i < *end && prefix <= max; i++)
		prefix = prefix * 10 + (text[i] - '0');
	if (prefix > max)
		return builder_fail(builder, max == 32 ? "prefix length over 32 (RFC 7208 5.6)"
		                                       : "prefix length over 128 (RFC 7208 5.6)");
	*prefix_out = prefix;
	*end = digits - 1;
	return TRUE;
}

/* dual-cidr-length: "/24", "//64", "/24//64", at the end of a term. */
static gboolean
take_dual_prefix(record_builder *builder, gsize start, gsize *end, mg_spf_term *term)
{
	const char *text = builder->record->text;
	gsize digits = *end;
	int prefix4 = -1, prefix6 = -1;

	while (digits > start && g_ascii_isdigit(text[digits - 1]))
		digits--;
	if (digits < *end && digits >= start + 2 && text[digits - 1] == '/' && text[digits - 2] == '/') {
		if (!take_prefix(builder, start, end, 128, &prefix6))
			return FALSE;
		(*end)--;   /* the other slash */
	}
	if (!take_prefix(builder, start, end, 32, &prefix4))
		return FALSE;
	term->prefix4 = (guint8)(prefix4 < 0 ? 128 : MG_IPV4_PREFIX + prefix4);
	term->prefix6 = (guint8)(prefix6 < 0 ? 128 : prefix6);
	return TRUE;
}

static gboolean
parse_network(record_builder *builder, gsize start, gsize end, mg_spf_term *term)
{
	gboolean is_ipv4 = term->mechanism == MG_SPF_IP4;
	const mg_ip all_ones = { G_MAXUINT64, G_MAXUINT64 };
	char address[MG_IP_TEXT_MAX];
	int prefix;
	mg_ip ip;

	if (!take_prefix(builder, start, &end, is_ipv4 ? 32 : 128, &prefix))
		return FALSE;
	if (end - start >= sizeof(address))
		return builder_fail(builder, is_ipv4 ? "not an IPv4 address (RFC 7208 5.6)"
		                                     : "not an IPv6 address (RFC 7208 5.6)");
	memcpy(address, builder->record->text + start, end - start);
	address[end - start] = 0;
	if (is_ipv4 ? strchr(address, ':') != NULL || !mg_ip_parse(address, &ip)
	            : strchr(address, ':') == NULL || !mg_ip_parse(address, &ip))
		return builder_fail(builder, is_ipv4 ? "not an IPv4 address (RFC 7208 5.6)"
		                                     : "not an IPv6 address (RFC 7208 5.6)");
	prefix = prefix < 0 ? 128 : prefix + (is_ipv4 ? MG_IPV4_PREFIX : 0);
	term->prefix4 = term->prefix6 = (guint8)prefix;
	term->base = mg_ip_mask(&ip, (guint)prefix);
	term->mask = mg_ip_mask(&all_ones, (guint)prefix);
	return TRUE;
}

/* ---- terms (RFC 7208 4.6.1) ---- */

static gboolean
is_name_octet(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
}

static gboolean
text_is(const char *text, gsize length, const char *word)
{
	return length == strlen(word) && g_ascii_strncasecmp(text, word, length) == 0;
}

static gboolean
parse_modifier(record_builder *builder, gsize start, gsize equals, gsize end)
{
	mg_spf_record *record = builder->record;
	mg_spf_modifier *known = NULL;
	guint n_pieces = builder->pieces->len, uses = 0;

	if (text_is(record->text + start, equals - start, "redirect"))
		known = &record->redirect;
	else if (text_is(record->text + start, equals - start, "exp"))
		known = &record->exp;
	if (known == NULL) {
		gboolean is_valid = mg_spf_macro_parse(record->text, equals + 1, end, FALSE, builder->pieces, &uses,
		                                       &builder->fault);

		g_array_set_size(builder->pieces, n_pieces);   /* checked, and never looked at again (6) */
		return is_valid;
	}
	if (known->spec.is_given)
		return builder_fail(builder, "modifier given twice (RFC 7208 6)");
	known->offset = (guint32)start;
	known->length = (guint32)(end - start);
	return parse_spec(builder, equals + 1, end, &known->spec);
}

static gboolean
parse_qualifier(char c, guint8 *result_out)
{
	switch (c) {
	case '+': *result_out = MG_SPF_PASS; return TRUE;
	case '-': *result_out = MG_SPF_FAIL; return TRUE;
	case '~': *result_out = MG_SPF_SOFTFAIL; return TRUE;
	case '?': *result_out = MG_SPF_NEUTRAL; return TRUE;
	}
	return FALSE;
}

static gboolean
parse_directive(record_builder *builder, gsize start, gsize end)
{
	const char *text = builder->record->text;
	mg_spf_term term = { .offset = (guint32)start, .length = (guint32)(end - start), .result = MG_SPF_PASS };
	const mechanism_form *form;
	gsize name_end;

	if (parse_qualifier(text[start], &term.result))
		start++;
	for (name_end = start; name_end < end && text[name_end] != ':' && text[name_end] != '/';)
		name_end++;
	while (term.mechanism < G_N_ELEMENTS(mechanism_forms)
	       && !text_is(text + start, name_end - start, mechanism_forms[term.mechanism].name))
		term.mechanism++;
	if (term.mechanism == G_N_ELEMENTS(mechanism_forms))
		return builder_fail(builder, "no such mechanism (RFC 7208 4.6.1)");
	form = &mechanism_forms[term.mechanism];

	if (term.mechanism == MG_SPF_IP4 || term.mechanism == MG_SPF_IP6) {
		if (name_end == end || text[name_end] != ':')
			return builder_fail(builder, "network is missing (RFC 7208 5.6)");
		if (!parse_network(builder, name_end + 1, end, &term))
			return FALSE;
	} else {
		if (form->may_have_cidr && !take_dual_prefix(builder, name_end, &end, &term))
			return FALSE;
		if (name_end < end && (text[name_end] != ':' || !form->may_have_domain))
			return builder_fail(builder, "mechanism takes no such argument (RFC 7208 5)");
		if (name_end == end && form->must_have_domain)
			return builder_fail(builder, "domain is missing (RFC 7208 5)");
		if (name_end < end && !parse_spec(builder, name_end + 1, end, &term.spec))
			return FALSE;
	}
	if (!builder->record->has_all)   /* what stands behind it is never tested (5.1), though its syntax is */
		g_array_append_val(builder->terms, term);
	builder->record->has_all |= term.mechanism == MG_SPF_ALL;
	return TRUE;
}

/* A name and "=" before any ":" or "/" make a modifier (4.6.1). */
static gboolean
parse_term(record_builder *builder, gsize start, gsize end)
{
	const char *text = builder->record->text;
	gsize at = start;

	if (++builder->n_seen > MG_SPF_TERMS_MAX)
		return builder_fail(builder, "more than 512 terms");
	if (g_ascii_isalpha(text[at]))
		while (at < end && is_name_octet(text[at]))
			at++;
	if (at > start && at < end && text[at] == '=')
		return parse_modifier(builder, start, at, end);
	return parse_directive(builder, start, end);
}

/* ---- the record ---- */

gboolean
mg_spf_record_sends_no_mail(const mg_spf_record *record)
{
	return record->fault == NULL && record->n_terms == 1 && record->terms[0].mechanism == MG_SPF_ALL
	       && record->terms[0].result == MG_SPF_FAIL;
}

gboolean
mg_spf_record_is_one(const char *text, gsize length)
{
	const gsize n = sizeof(version) - 1;

	return length >= n && g_ascii_strncasecmp(text, version, n) == 0 && (length == n || text[n] == ' ');
}

/* The first fault ends it. */
static void
parse_terms(record_builder *builder)
{
	mg_spf_record *record = builder->record;
	gsize at = sizeof(version) - 1, end = 0;

	for (gsize i = 0; i < record->length; i++) {
		if (record->text[i] < 0x20 || record->text[i] > 0x7e) {
			record->fault = "octet outside of printable ASCII (RFC 7208 3.1)";
			record->is_plain = FALSE;
			return;
		}
		record->is_plain = record->is_plain && record->text[i] != '"' && record->text[i] != '\\';
	}
	for (; at < record->length; at = end) {
		while (at < record->length && record->text[at] == ' ')
			at++;
		for (end = at; end < record->length && record->text[end] != ' ';)
			end++;
		if (at < end && !parse_term(builder, at, end)) {
			record->fault = builder->fault;
			record->fault_offset = (guint32)at;
			record->fault_length = (guint32)(end - at);
			return;
		}
	}
}

mg_spf_record *
mg_spf_record_parse(const char *text, gsize length)
{
	mg_spf_record *record = g_new0(mg_spf_record, 1);
	record_builder builder = { .record = record };

	record->length = MIN(length, MG_SPF_TEXT_MAX);
	record->text = g_malloc(record->length + 1);
	memcpy(record->text, text, record->length);
	record->text[record->length] = 0;
	record->is_plain = TRUE;
	builder.terms = g_array_new(FALSE, FALSE, sizeof(mg_spf_term));
	builder.pieces = g_array_new(FALSE, FALSE, sizeof(mg_spf_piece));
	builder.names = g_byte_array_new();
	if (!mg_spf_record_is_one(text, length))
		record->fault = "does not begin with v=spf1 (RFC 7208 4.5)";
	else if (length > MG_SPF_TEXT_MAX)
		record->fault = "more than 65535 octets";
	else
		parse_terms(&builder);

	record->size = sizeof(*record) + record->length + builder.terms->len * sizeof(mg_spf_term)
	               + builder.pieces->len * sizeof(mg_spf_piece) + builder.names->len;
	record->n_terms = builder.terms->len;
	record->terms = g_memdup2(builder.terms->data, builder.terms->len * sizeof(mg_spf_term));
	record->pieces = g_memdup2(builder.pieces->data, builder.pieces->len * sizeof(mg_spf_piece));
	record->names = g_memdup2(builder.names->data, builder.names->len);
	g_array_unref(builder.terms);
	g_array_unref(builder.pieces);
	g_byte_array_unref(builder.names);
	mg_spf_breadth_of_record(record);
	return record;
}

void
mg_spf_record_free(mg_spf_record *record)
{
	if (record == NULL)
		return;
	g_free(record->text);
	g_free(record->terms);
	g_free(record->pieces);
	g_free(record->names);
	g_free(record);
}

/* ---- the record of an answer (RFC 7208 4.5) ---- */

typedef struct record_choice {
	guint          n;        /* SPF records among the TXT records */
	mg_spf_record *record;   /* owned; NULL unless there is one */
} record_choice;

static void
choice_free(gpointer data)
{
	record_choice *choice = data;

	mg_spf_record_free(choice->record);
	g_free(choice);
}

static record_choice *
choice_new(const mg_dns_answer *answer)
{
	record_choice *choice = g_new0(record_choice, 1);
	const mg_dns_record *chosen = NULL;

	for (guint i = 0; i < answer->n_records; i++)
		if (mg_spf_record_is_one(answer->records[i].text, answer->records[i].length)) {
			chosen = &answer->records[i];
			choice->n++;
		}
	if (choice->n == 1)
		choice->record = mg_spf_record_parse(chosen->text, chosen->length);
	return choice;
}

const mg_spf_record *
mg_spf_record_of(mg_dns_answer *answer, guint *n_out)
{
	record_choice *choice = answer->compiled;

	if (answer->compiled_free != choice_free) {
		if (choice != NULL && answer->compiled_free != NULL)
			answer->compiled_free(choice);
		choice = choice_new(answer);
		answer->compiled = choice;
		answer->compiled_size = sizeof(*choice) + (choice->record != NULL ? choice->record->size : 0);
		answer->compiled_free = choice_free;
	}
	*n_out = choice->n;
	return choice->record;
}

void
mg_spf_record_compile(mg_dns_answer *answer)
{
	guint n_records;

	if (answer->outcome == MG_DNS_FOUND && answer->question.type == MG_DNS_TXT)
		mg_spf_record_of(answer, &n_records);
}
