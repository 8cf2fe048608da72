/* header.c - see header.h. A body is written with an LF wherever it may be folded, and folded at the end. */
#include "verdict/header.h"

#include <string.h>

#define COLUMNS_MAX 78    /* RFC 5322 2.1.1; a tab is one */
#define VALUE_MAX   254   /* RFC 5321 4.5.3.1.3: a reverse-path without its brackets; a Domain is shorter */
#define KEYWORD_MAX 63
/* In a comment a domain is there for people, and all that must be told has to have room behind it: with each of three
 * values of VALUE_MAX twice as long for its backslashes, and with this comment, a body stays below its limit. */
#define COMMENT_DOMAIN_MAX 100
#define COMMENT_MAX        240   /* such a domain, an address, and our own words */

#define BREAK '\n'   /* where a body may be folded; no value holds one */
#define DOTS  "..."
#define ROOM  (MG_HEADER_BODY_MAX + 4 * (2 * VALUE_MAX + 2 * KEYWORD_MAX))   /* what is too much is written first, then taken back */

/* A body while it is written. */
typedef struct body {
	gsize    length;
	gsize    n_breaks;
	gboolean has_pairs;
	char     text[ROOM];
} body;

/* A value made fit to print: printable ASCII, NUL-terminated. */
typedef struct clean_value {
	gsize length;
	char  text[VALUE_MAX + sizeof(DOTS)];
} clean_value;

/* Which end of a value is kept when it is too long. Of a name it is the last, where its owner stands: cut there,
 * "user@bank.example.a.test" could become "user@bank.example...". */
typedef enum value_end { KEEP_FIRST, KEEP_LAST } value_end;

/* What may stand without quotes. */
typedef enum value_form {
	FORM_VALUE,    /* dot-atom (RFC 5322 3.2.3) that is a token (RFC 2045 5.1) as well */
	FORM_PVALUE    /* that, or a Mailbox made of such (RFC 8601 2.2) */
} value_form;

typedef struct identity_words {
	const char *word;       /* of identity= (RFC 7208 9.1) */
	const char *property;   /* of ptype smtp (RFC 8601 2.7.2) */
} identity_words;

static const identity_words identities[] = {
	[MG_IDENTITY_HELO] = { "helo", "helo" }, [MG_IDENTITY_MAIL_FROM] = { "mailfrom", "mailfrom" },
};
G_STATIC_ASSERT(G_N_ELEMENTS(identities) == MG_IDENTITY_MAIL_FROM + 1);

/* Comments hold no word that is the name of a result: who only looks for one finds the result itself. */
typedef struct result_words {
	const char *before, *after;   /* of the domain */
	gboolean    tells_client;
} result_words;

static const result_words result_comments[] = {   /* RFC 7208 2.6 */
	[MG_SPF_NONE]      = { "no SPF policy was found for ", "", FALSE },
	[MG_SPF_NEUTRAL]   = { "", " makes no assertion about ", TRUE },
	[MG_SPF_PASS]      = { "", " authorizes ", TRUE },
	[MG_SPF_FAIL]      = { "", " does not authorize ", TRUE },
	[MG_SPF_SOFTFAIL]  = { "", " probably does not authorize ", TRUE },
	[MG_SPF_TEMPERROR] = { "the SPF policy of ", " could not be looked up now", FALSE },
	[MG_SPF_PERMERROR] = { "the SPF policy of ", " could not be interpreted", FALSE },
};
G_STATIC_ASSERT(G_N_ELEMENTS(result_comments) == MG_SPF_PERMERROR + 1);

static mg_words
words_of(const char *text)
{
	return (mg_words){ text, text ? strlen(text) : 0 };
}

/* ---- writing ---- */

static inline void
body_put(body *out, char c)
{
	if (out->length == ROOM)
		return;
	out->n_breaks += c == BREAK;
	out->text[out->length++] = c;
}

static void
body_put_octets(body *out, const char *octets, gsize length)
{
	length = MIN(length, ROOM - out->length);
	memcpy(out->text + out->length, octets, length);
	out->length += length;
}

/* A text of ours, without BREAKs. */
static void
body_put_text(body *out, const char *text)
{
	body_put_octets(out, text, strlen(text));
}

/* Whether it fits, each BREAK folded: a fold has one octet more than the space. */
static gboolean
body_fits(const body *written)
{
	return written->length + written->n_breaks <= MG_HEADER_BODY_MAX;
}

static void
body_take_back(body *out, gsize length, gsize n_breaks)
{
	out->length = length;
	out->n_breaks = n_breaks;
}

/* ---- values ---- */

/* At most @max octets and the three dots of a cut. */
static void
value_clean(mg_words value, gsize max, value_end end, clean_value *out)
{
	gsize n_kept = MIN(value.length, max);
	gsize first = end == KEEP_LAST ? value.length - n_kept : 0;
	char *at = out->text;

	if (n_kept < value.length && end == KEEP_LAST)
		at = stpcpy(at, DOTS);
	for (gsize i = 0; i < n_kept; i++)
		*at++ = g_ascii_isprint(value.octets[first + i]) ? value.octets[first + i] : '?';
	if (n_kept < value.length && end == KEEP_FIRST)
		at = stpcpy(at, DOTS);
	*at = 0;
	out->length = (gsize)(at - out->text);
}

/* Atoms of letters, digits and @also, with single dots between them. */
static gboolean
is_dot_atom(const char *text, gsize length, const char *also)
{
	for (gsize i = 0; i < length; i++)
		if (text[i] == '.' ? i == 0 || text[i - 1] == '.' : !g_ascii_isalnum(text[i]) && !strchr(also, text[i]))
			return FALSE;
	return length > 0 && text[length - 1] != '.';
}

/* Ldh-str with a letter or digit on both sides (RFC 5321 4.1.2: sub-domain). */
static gboolean
is_domain_name(const char *text)
{
	gsize length = strlen(text);

	for (gsize i = 0; i < length; i++)
		if (text[i] == '-' && (i == 0 || text[i - 1] == '.' || text[i + 1] == '.' || text[i + 1] == 0))
			return FALSE;
	return is_dot_atom(text, length, "-");
}

/* Less than the grammars let stand without quotes, so that it is the same in both fields. */
static gboolean
is_plain(const char *text, value_form form)
{
	const char *at = form == FORM_PVALUE ? strchr(text, '@') : NULL;

	if (at != NULL)
		return is_dot_atom(text, (gsize)(at - text), "-_+") && is_domain_name(at + 1);
	return is_dot_atom(text, strlen(text), "-_+");
}

/* Parentheses and semicolons need no backslash between quotes; readers that look for them there need it. */
static void
value_append(body *out, mg_words value, value_end end, value_form form)
{
	clean_value clean;

	value_clean(value, VALUE_MAX, end, &clean);
	if (is_plain(clean.text, form)) {
		body_put_octets(out, clean.text, clean.length);
		return;
	}
	body_put(out, '"');
	for (const char *at = clean.text; *at; at++) {
		if (strchr("\"\\();", *at) != NULL)
			body_put(out, '\\');
		body_put(out, *at);
	}
	body_put(out, '"');
}

/* ---- comments ---- */

/* BREAK and "(text)"; nothing if there is no text. What could end a comment, or look like the end of one or like a
 * result to who does not read comments right, becomes "?". */
static void
comment_append(body *out, const char *text)
{
	gboolean is_first = TRUE;
	clean_value clean;

	value_clean(words_of(text), VALUE_MAX, KEEP_FIRST, &clean);
	for (const char *at = clean.text; *at; at++) {
		if (*at == ' ')
			continue;
		if (is_first || at[-1] == ' ')
			body_put(out, BREAK);
		if (is_first)
			body_put(out, '(');
		is_first = FALSE;
		body_put(out, strchr("()\\\";=", *at) ? '?' : *at);
	}
	if (!is_first)
		body_put(out, ')');
}

/* What @spf says, in our own words. */
static void
spf_comment(const mg_header_spf *spf, const mg_ip *client, char comment_out[COMMENT_MAX])
{
	const result_words *words = &result_comments[spf->result];
	char ip[MG_IP_TEXT_MAX], *at = comment_out;
	clean_value domain;

	value_clean(words_of(spf->domain), COMMENT_DOMAIN_MAX, KEEP_LAST, &domain);
	g_strdelimit(domain.text, " ", '?');   /* words between spaces are ours */
	at = stpcpy(at, words->before);
	at = stpcpy(at, domain.length > 0 ? domain.text : "the domain");
	at = stpcpy(at, words->after);
	if (words->tells_client) {
		mg_ip_format(client, ip);
		strcpy(at, ip);
	}
}

/* ---- bodies ---- */

/* A space or a fold for each BREAK; the caller's to free. What stands between two of them is never divided, even if it is
 * longer than a line should be: the longest is "ptype.property=value", and far below MG_HEADER_LINE_MAX. */
static char *
body_fold(const body *written, const char *field)
{
	char *folded = g_malloc(written->length + written->n_breaks + 1), *out = folded;
	const char *at = written->text, *end = written->text + written->length;
	gsize column = strlen(field) + strlen(": ");

	while (at < end) {
		const char *next = memchr(at + 1, BREAK, (gsize)(end - at - 1));
		gsize length = (gsize)((next != NULL ? next : end) - at);   /* with the BREAK that it begins with */

		if (*at != BREAK) {
			*out++ = *at;
			column += length;
		} else if (column + length <= COLUMNS_MAX) {
			*out++ = ' ';
			column += length;
		} else {
			out = stpcpy(out, "\n\t");
			column = length;
		}
		memcpy(out, at + 1, length - 1);
		out += length - 1;
		at += length;
	}
	*out = 0;
	return folded;
}

static const mg_header_spf *
spf_of(const mg_header_facts *facts, mg_identity identity)
{
	return identity == MG_IDENTITY_HELO ? facts->spf_helo : facts->spf_mail_from;
}

static mg_words
reverse_path_of(const mg_header_facts *facts)
{
	gboolean is_null = facts->reverse_path.octets != NULL && facts->reverse_path.length == 0;

	return is_null ? words_of("<>") : facts->reverse_path;
}

/* ---- Received-SPF ---- */

/* The first pair follows the comment, each other one a semicolon. */
static void
pair_append(body *out, const char *key, mg_words value, value_end end)
{
	if (out->has_pairs)
		body_put(out, ';');
	out->has_pairs = TRUE;
	body_put(out, BREAK);
	body_put_text(out, key);
	body_put(out, '=');
	value_append(out, value, end, FORM_VALUE);
}

/* A pair that may be missing: left out when nothing is known, or it would be too much. */
static void
pair_append_if_fits(body *out, const char *key, const char *text)
{
	gsize length = out->length, n_breaks = out->n_breaks;

	if (text == NULL)
		return;
	pair_append(out, key, words_of(text), KEEP_FIRST);
	if (!body_fits(out))
		body_take_back(out, length, n_breaks);
}

char *
mg_received_spf_build(const mg_header_facts *facts, mg_identity identity)
{
	const mg_header_spf *spf = spf_of(facts, identity);
	char ip[MG_IP_TEXT_MAX], comment[COMMENT_MAX];
	body out;

	if (spf == NULL)
		return NULL;
	mg_ip_format(&facts->client, ip);
	spf_comment(spf, &facts->client, comment);

	out.length = out.n_breaks = 0;
	out.has_pairs = FALSE;
	body_put_text(&out, mg_spf_result_name(spf->result));
	comment_append(&out, comment);
	pair_append(&out, "client-ip", words_of(ip), KEEP_LAST);
	pair_append(&out, "envelope-from", reverse_path_of(facts), KEEP_LAST);
	pair_append(&out, "helo", facts->helo, KEEP_LAST);
	pair_append(&out, "identity", words_of(identities[identity].word), KEEP_LAST);
	if (facts->hostname != NULL && facts->hostname[0] != 0)
		pair_append(&out, "receiver", words_of(facts->hostname), KEEP_LAST);
	if (spf->result == MG_SPF_TEMPERROR || spf->result == MG_SPF_PERMERROR)
		pair_append_if_fits(&out, "problem", spf->problem);
	pair_append_if_fits(&out, "mechanism", spf->mechanism);
	return body_fold(&out, MG_RECEIVED_SPF);
}

/* ---- Authentication-Results ---- */

static gboolean
is_keyword(const char *text)
{
	gsize length = strlen(text);

	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isalnum(text[i]) && text[i] != '-')
			return FALSE;
	return length > 0 && length <= KEYWORD_MAX && text[length - 1] != '-';
}

static gboolean
resinfo_has_property(const mg_resinfo *row)
{
	return row->ptype != NULL && row->property != NULL && row->value.octets != NULL;
}

static gboolean
resinfo_is_valid(const mg_resinfo *row)
{
	return row->method != NULL && is_keyword(row->method) && row->result != NULL && is_keyword(row->result)
	       && (!resinfo_has_property(row) || (is_keyword(row->ptype) && is_keyword(row->property)));
}

/* FALSE, @out as it was, if the row does not fit; its comment is given up first. */
static gboolean
resinfo_append(body *out, const mg_resinfo *row)
{
	gsize length = out->length, n_breaks = out->n_breaks;
	const char *comment = row->comment;

	for (;;) {
		body_put(out, ';');
		body_put(out, BREAK);
		body_put_text(out, row->method);
		body_put(out, '=');
		body_put_text(out, row->result);
		if (comment != NULL)
			comment_append(out, comment);
		if (resinfo_has_property(row)) {
			body_put(out, BREAK);
			body_put_text(out, row->ptype);
			body_put(out, '.');
			body_put_text(out, row->property);
			body_put(out, '=');
			value_append(out, row->value, KEEP_LAST, FORM_PVALUE);
		}
		if (body_fits(out))
			return TRUE;
		body_take_back(out, length, n_breaks);
		if (comment == NULL)
			return FALSE;
		comment = NULL;
	}
}

static void
resinfo_append_spf(body *out, const mg_header_facts *facts, mg_identity identity)
{
	const mg_header_spf *spf = spf_of(facts, identity);
	mg_words value = identity == MG_IDENTITY_HELO ? facts->helo : reverse_path_of(facts);
	char comment[COMMENT_MAX];
	mg_resinfo row;

	if (spf == NULL)
		return;
	if (value.octets == NULL)
		value = words_of("");
	spf_comment(spf, &facts->client, comment);
	row = (mg_resinfo){ "spf", mg_spf_result_name(spf->result), comment, "smtp", identities[identity].property, value };
	resinfo_append(out, &row);
}

char *
mg_authentication_results_build(const mg_header_facts *facts)
{
	const char *authserv_id = facts->authserv_id;
	gsize length;
	body out;

	if (authserv_id == NULL || authserv_id[0] == 0)
		authserv_id = facts->hostname;
	if (authserv_id == NULL || authserv_id[0] == 0)
		return NULL;
	out.length = out.n_breaks = 0;
	value_append(&out, words_of(authserv_id), KEEP_LAST, FORM_VALUE);
	length = out.length;

	resinfo_append_spf(&out, facts, MG_IDENTITY_MAIL_FROM);
	resinfo_append_spf(&out, facts, MG_IDENTITY_HELO);
	for (guint i = 0; i < facts->n_others; i++) {
		const mg_resinfo *row = &facts->others[i];

		if (!resinfo_is_valid(row) || g_ascii_strcasecmp(row->method, "spf") == 0)
			continue;
		if (!resinfo_append(&out, row))
			break;
	}
	if (out.length == length) {
		body_put(&out, ';');
		body_put(&out, BREAK);
		body_put_text(&out, "none");
	}
	return body_fold(&out, MG_AUTHENTICATION_RESULTS);
}
