/* header.c - see header.h. A body is written with an LF wherever it may be folded, and folded at the end. */
#include "verdict/header.h"

#include <string.h>

#define COLUMNS_MAX 78    /* RFC 5322 2.1.1; a tab is one */
#define VALUE_MAX   254   /* RFC 5321 4.5.3.1.3: a reverse-path without its brackets; a Domain is shorter */
#define KEYWORD_MAX 63
/* In a comment a domain is there for people, and all that must be told has to have room behind it: with each of three
 * values of VALUE_MAX twice as long for its backslashes, and with this comment, a body stays below its limit. */
#define COMMENT_DOMAIN_MAX 100

#define BREAK '\n'   /* where a body may be folded; no value holds one */
#define DOTS  "..."

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

/* ---- values ---- */

/* Printable ASCII of at most @max octets and the three dots of a cut. */
static GString *
value_clean(mg_words value, gsize max, value_end end)
{
	gsize n_kept = MIN(value.length, max);
	gsize first = end == KEEP_LAST ? value.length - n_kept : 0;
	GString *clean = g_string_sized_new(n_kept + strlen(DOTS) + 1);

	if (n_kept < value.length && end == KEEP_LAST)
		g_string_append(clean, DOTS);
	for (gsize i = first; i < first + n_kept; i++)
		g_string_append_c(clean, g_ascii_isprint(value.octets[i]) ? value.octets[i] : '?');
	if (n_kept < value.length && end == KEEP_FIRST)
		g_string_append(clean, DOTS);
	return clean;
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
value_append(GString *body, mg_words value, value_end end, value_form form)
{
	GString *clean = value_clean(value, VALUE_MAX, end);

	if (is_plain(clean->str, form)) {
		g_string_append(body, clean->str);
	} else {
		g_string_append_c(body, '"');
		for (const char *at = clean->str; *at; at++) {
			if (strchr("\"\\();", *at) != NULL)
				g_string_append_c(body, '\\');
			g_string_append_c(body, *at);
		}
		g_string_append_c(body, '"');
	}
	g_string_free(clean, TRUE);
}

/* ---- comments ---- */

/* BREAK and "(text)"; nothing if there is no text. What could end a comment, or look like the end of one or like a
 * result to who does not read comments right, becomes "?". */
static void
comment_append(GString *body, const char *text)
{
	GString *clean = value_clean(words_of(text), VALUE_MAX, KEEP_FIRST);
	gboolean is_first = TRUE;

	for (const char *at = clean->str; *at; at++) {
		if (*at == ' ')
			continue;
		if (is_first || at[-1] == ' ')
			g_string_append_c(body, BREAK);
		if (is_first)
			g_string_append_c(body, '(');
		is_first = FALSE;
		g_string_append_c(body, strchr("()\\\";=", *at) ? '?' : *at);
	}
	if (!is_first)
		g_string_append_c(body, ')');
	g_string_free(clean, TRUE);
}

/* What @spf says, in our own words. */
static char *
spf_comment_new(const mg_header_spf *spf, const mg_ip *client)
{
	const result_words *words = &result_comments[spf->result];
	GString *domain = value_clean(words_of(spf->domain), COMMENT_DOMAIN_MAX, KEEP_LAST);
	char ip[MG_IP_TEXT_MAX];
	char *comment;

	mg_ip_format(client, ip);
	g_strdelimit(domain->str, " ", '?');   /* words between spaces are ours */
	comment = g_strconcat(words->before, domain->len > 0 ? domain->str : "the domain", words->after,
	                      words->tells_client ? ip : NULL, NULL);
	g_string_free(domain, TRUE);
	return comment;
}

/* ---- bodies ---- */

/* Octets that @body will have at most: a fold has one more than the space. */
static gsize
body_length(const GString *body)
{
	gsize length = body->len;

	for (gsize i = 0; i < body->len; i++)
		length += body->str[i] == BREAK;
	return length;
}

/* A space or a fold for each BREAK; frees @body. What stands between two of them is never divided, even if it is
 * longer than a line should be: the longest is "ptype.property=value", and far below MG_HEADER_LINE_MAX. */
static char *
body_fold(GString *body, const char *field)
{
	GString *folded = g_string_sized_new(MG_HEADER_BODY_MAX + 1);
	gsize column = strlen(field) + strlen(": ");

	for (const char *at = body->str; *at; ) {
		gsize length = strcspn(at + 1, "\n") + 1;   /* with the BREAK that it begins with */

		if (*at != BREAK) {
			g_string_append_len(folded, at, (gssize)length);
			column += length;
		} else if (column + length <= COLUMNS_MAX) {
			g_string_append_c(folded, ' ');
			g_string_append_len(folded, at + 1, (gssize)length - 1);
			column += length;
		} else {
			g_string_append(folded, "\n\t");
			g_string_append_len(folded, at + 1, (gssize)length - 1);
			column = length;
		}
		at += length;
	}
	g_string_free(body, TRUE);
	return g_string_free(folded, FALSE);
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
pair_append(GString *body, const char *key, mg_words value, value_end end)
{
	if (strchr(body->str, '=') != NULL)
		g_string_append_c(body, ';');
	g_string_append_printf(body, "%c%s=", BREAK, key);
	value_append(body, value, end, FORM_VALUE);
}

/* A pair that may be missing: left out when nothing is known, or it would be too much. */
static void
pair_append_if_fits(GString *body, const char *key, const char *text)
{
	gsize length = body->len;

	if (text == NULL)
		return;
	pair_append(body, key, words_of(text), KEEP_FIRST);
	if (body_length(body) > MG_HEADER_BODY_MAX)
		g_string_truncate(body, length);
}

char *
mg_received_spf_build(const mg_header_facts *facts, mg_identity identity)
{
	const mg_header_spf *spf = spf_of(facts, identity);
	g_autofree char *comment = NULL;
	char ip[MG_IP_TEXT_MAX];
	GString *body;

	if (spf == NULL)
		return NULL;
	mg_ip_format(&facts->client, ip);
	comment = spf_comment_new(spf, &facts->client);

	body = g_string_new(mg_spf_result_name(spf->result));
	comment_append(body, comment);
	pair_append(body, "client-ip", words_of(ip), KEEP_LAST);
	pair_append(body, "envelope-from", reverse_path_of(facts), KEEP_LAST);
	pair_append(body, "helo", facts->helo, KEEP_LAST);
	pair_append(body, "identity", words_of(identities[identity].word), KEEP_LAST);
	if (facts->hostname != NULL && facts->hostname[0] != 0)
		pair_append(body, "receiver", words_of(facts->hostname), KEEP_LAST);
	if (spf->result == MG_SPF_TEMPERROR || spf->result == MG_SPF_PERMERROR)
		pair_append_if_fits(body, "problem", spf->problem);
	pair_append_if_fits(body, "mechanism", spf->mechanism);
	return body_fold(body, MG_RECEIVED_SPF);
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

/* FALSE, @body as it was, if the row does not fit; its comment is given up first. */
static gboolean
resinfo_append(GString *body, const mg_resinfo *row)
{
	gsize length = body->len;
	const char *comment = row->comment;

	for (;;) {
		g_string_append_printf(body, ";%c%s=%s", BREAK, row->method, row->result);
		if (comment != NULL)
			comment_append(body, comment);
		if (resinfo_has_property(row)) {
			g_string_append_printf(body, "%c%s.%s=", BREAK, row->ptype, row->property);
			value_append(body, row->value, KEEP_LAST, FORM_PVALUE);
		}
		if (body_length(body) <= MG_HEADER_BODY_MAX)
			return TRUE;
		g_string_truncate(body, length);
		if (comment == NULL)
			return FALSE;
		comment = NULL;
	}
}

static void
resinfo_append_spf(GString *body, const mg_header_facts *facts, mg_identity identity)
{
	const mg_header_spf *spf = spf_of(facts, identity);
	mg_words value = identity == MG_IDENTITY_HELO ? facts->helo : reverse_path_of(facts);
	g_autofree char *comment = NULL;
	mg_resinfo row;

	if (spf == NULL)
		return;
	if (value.octets == NULL)
		value = words_of("");
	comment = spf_comment_new(spf, &facts->client);
	row = (mg_resinfo){ "spf", mg_spf_result_name(spf->result), comment, "smtp", identities[identity].property, value };
	resinfo_append(body, &row);
}

char *
mg_authentication_results_build(const mg_header_facts *facts)
{
	const char *authserv_id = facts->authserv_id;
	GString *body;
	gsize length;

	if (authserv_id == NULL || authserv_id[0] == 0)
		authserv_id = facts->hostname;
	if (authserv_id == NULL || authserv_id[0] == 0)
		return NULL;
	body = g_string_new(NULL);
	value_append(body, words_of(authserv_id), KEEP_LAST, FORM_VALUE);
	length = body->len;

	resinfo_append_spf(body, facts, MG_IDENTITY_MAIL_FROM);
	resinfo_append_spf(body, facts, MG_IDENTITY_HELO);
	for (guint i = 0; i < facts->n_others; i++) {
		const mg_resinfo *row = &facts->others[i];

		if (!resinfo_is_valid(row) || g_ascii_strcasecmp(row->method, "spf") == 0)
			continue;
		if (!resinfo_append(body, row))
			break;
	}
	if (body->len == length)
		g_string_append_printf(body, ";%cnone", BREAK);
	return body_fold(body, MG_AUTHENTICATION_RESULTS);
}
