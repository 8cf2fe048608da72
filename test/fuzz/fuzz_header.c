/* fuzz_header.c - header fields built from any words, and read back.
 * In:    three octets: SPF's results for MAIL FROM and HELO (7, 15, ...: not evaluated), and bits that choose the
 *        client and how long words are made; then words between octets 0xfe: HELO, reverse-path, hostname,
 *        authserv-id, domain, problem, mechanism, and rows of method, result, comment, ptype, property, value
 * Rules: what header.h promises: printable ASCII and folds, the limits of lines and bodies, no line over 78 that
 *        could be shorter, each value read back as it went in, in its place, and nothing else. What breaks one traps.
 * Needs: all of plugin/, api/wire.c, api/names.c. */
#include <string.h>

#include "fuzz.h"
#include "verdict/header.h"

#define OCTETS_MAX  4096
#define ROWS_MAX    9
#define WORDS_MAX   (ROWS + 6 * ROWS_MAX)
#define VALUE_MAX   254
#define BIT_IPV6    1
#define BIT_LONGER  2    /* words are repeated: many octets of input less */

enum { HELO, REVERSE_PATH, HOSTNAME, AUTHSERV_ID, DOMAIN_NAME, PROBLEM, MECHANISM, ROWS };

/* The words of an input. Each is a copy of just its size, so that reading past it is seen. */
typedef struct input {
	mg_words words[WORDS_MAX];   /* octets owned */
	char    *texts[WORDS_MAX];   /* owned; the same up to a NUL */
	guint    n;
} input;

/* ---- the input ---- */

static void
input_read(input *in, const char *octets, gsize length, gsize n_times)
{
	gsize at = 0;

	memset(in, 0, sizeof(*in));
	while (at < length && in->n < WORDS_MAX) {
		const char *end = memchr(octets + at, 0xfe, length - at);
		gsize n_word = end ? (gsize)(end - octets) - at : length - at;
		char *word = malloc(MAX(n_word * n_times, 1));

		for (gsize i = 0; i < n_times; i++)
			memcpy(word + i * n_word, octets + at, n_word);
		in->words[in->n] = (mg_words){ word, n_word * n_times };
		in->texts[in->n] = strndup(word, n_word * n_times);
		in->n++;
		at += n_word + 1;
	}
}

static void
input_clear(input *in)
{
	for (guint i = 0; i < in->n; i++) {
		free((char *)in->words[i].octets);
		free(in->texts[i]);
	}
}

/* ---- what must be read back ---- */

/* @value as told: printable, and its end or its beginning. */
static GString *
told_new(mg_words value, gboolean is_text)
{
	GString *told = g_string_new(NULL);
	gsize n_over = value.length > VALUE_MAX ? value.length - VALUE_MAX : 0;

	if (n_over > 0 && !is_text)
		g_string_append(told, "...");
	for (gsize i = 0; i < value.length; i++) {
		guchar octet = (guchar)value.octets[i];

		if (is_text ? i < VALUE_MAX : i >= n_over)
			g_string_append_c(told, octet >= 0x20 && octet < 0x7f ? (char)octet : '?');
	}
	if (n_over > 0 && is_text)
		g_string_append(told, "...");
	return told;
}

/* ---- reading ---- */

/* Where a body was folded, it had to be, and where not, it had not: @n_before octets are on the line before this one
 * (0: it is the first), and what ends at @column is the line's first token or not. */
static void
check_token_end(gsize n_before, gsize column, gboolean is_first)
{
	if (!is_first)
		MUST(column <= 78);
	else if (n_before > 0)
		MUST(n_before + column > 78);   /* the tab counts for the space that would stand there */
}

/* The body with its folds as spaces; the caller's to free. */
static char *
unfold(const char *field, const char *body)
{
	char *flat = strdup(body);
	gsize n_flat = 0, column = strlen(field) + 2, n_before = 0;
	gboolean is_quoted = FALSE, is_first = TRUE;

	MUST(strlen(body) <= MG_HEADER_BODY_MAX);
	MUST(body[0] > ' ');
	for (gsize i = 0; body[i] != 0; i++) {
		if (body[i] == '\n') {
			MUST(!is_quoted);
			MUST(body[++i] == '\t' && body[i + 1] > ' ');
			flat[n_flat++] = ' ';
			check_token_end(n_before, column, is_first);
			n_before = column;
			column = 1;
			is_first = TRUE;
			continue;
		}
		MUST(body[i] >= ' ' && body[i] <= '~');
		if (body[i] == ' ' && !is_quoted) {
			check_token_end(n_before, column, is_first);
			is_first = FALSE;
		}
		if (body[i] == '\\' && is_quoted) {
			flat[n_flat++] = body[i++];
			MUST(body[i] >= ' ' && body[i] <= '~');
			column++;
		} else if (body[i] == '"') {
			is_quoted = !is_quoted;
		}
		flat[n_flat++] = body[i];
		column++;
		MUST(column <= MG_HEADER_LINE_MAX);
	}
	MUST(!is_quoted);
	check_token_end(n_before, column, is_first);
	flat[n_flat] = 0;
	return flat;
}

static void
take(const char **at, const char *text)
{
	MUST(g_str_has_prefix(*at, text));
	*at += strlen(text);
}

/* A value that must be @told. */
static void
take_value(const char **at, const GString *told, gboolean may_be_mailbox)
{
	gsize n_at = 0;

	if (**at == '"') {
		const char *expected = told->str;

		for ((*at)++; **at != '"'; (*at)++) {
			if (**at == '\\')
				(*at)++;
			MUST(**at != 0 && **at == *expected++);
		}
		(*at)++;
		MUST(*expected == 0);
		return;
	}
	MUST(told->len > 0);
	for (gsize i = 0; i < told->len; i++, (*at)++) {
		MUST(**at == told->str[i]);
		MUST(g_ascii_isalnum(**at) || strchr(".-_+@", **at));
		MUST(**at != '.' || (i > 0 && i + 1 < told->len && told->str[i - 1] != '.'));
		n_at += **at == '@';
	}
	MUST(n_at <= (may_be_mailbox ? 1 : 0));
	MUST(**at == ';' || **at == ' ' || **at == 0);
}

static void
take_words(const char **at, mg_words words, gboolean is_text, gboolean may_be_mailbox)
{
	GString *told = told_new(words, is_text);

	take_value(at, told, may_be_mailbox);
	g_string_free(told, TRUE);
}

static mg_words
words_of(const char *text)
{
	return (mg_words){ text, strlen(text) };
}

/* " (...)" if it is there: nothing in it that a reader could stumble over. */
static gboolean
take_comment(const char **at)
{
	if (!g_str_has_prefix(*at, " ("))
		return FALSE;
	for (*at += 2; **at != ')'; (*at)++)
		MUST(**at != 0 && strchr("(\\\";=", **at) == NULL);
	MUST((*at)[-1] != ' ' && (*at)[-1] != '(');
	(*at)++;
	return TRUE;
}

static mg_words
reverse_path_of(const mg_header_facts *facts)
{
	if (facts->reverse_path.octets != NULL && facts->reverse_path.length == 0)
		return words_of("<>");
	return facts->reverse_path;
}

/* ---- Received-SPF ---- */

/* "; key=@text" if it is there; else there was no room, unless nothing is known. */
static void
take_pair_if_told(const char **at, const char *key, const char *text, gsize n_body)
{
	g_autofree char *start = g_strdup_printf("; %s=", key);

	if (g_str_has_prefix(*at, start)) {
		MUST(text != NULL);
		take(at, start);
		take_words(at, words_of(text), TRUE, FALSE);
		return;
	}
	MUST(text == NULL || n_body + strlen(start) + 2 * MIN(strlen(text), VALUE_MAX) + 80 > MG_HEADER_BODY_MAX);
}

static void
check_received_spf(const mg_header_facts *facts, mg_identity identity)
{
	const mg_header_spf *spf = identity == MG_IDENTITY_HELO ? facts->spf_helo : facts->spf_mail_from;
	char *body = mg_received_spf_build(facts, identity), *flat;
	gboolean is_error;
	char ip[MG_IP_TEXT_MAX];
	const char *at;

	MUST((body == NULL) == (spf == NULL));
	if (body == NULL)
		return;
	at = flat = unfold(MG_RECEIVED_SPF, body);
	is_error = spf->result == MG_SPF_TEMPERROR || spf->result == MG_SPF_PERMERROR;
	mg_ip_format(&facts->client, ip);
	take(&at, mg_spf_result_name(spf->result));
	MUST(take_comment(&at));
	take(&at, " client-ip=");
	take_words(&at, words_of(ip), FALSE, FALSE);
	take(&at, "; envelope-from=");
	take_words(&at, reverse_path_of(facts), FALSE, FALSE);
	take(&at, "; helo=");
	take_words(&at, facts->helo, FALSE, FALSE);
	take(&at, identity == MG_IDENTITY_HELO ? "; identity=helo" : "; identity=mailfrom");
	if (facts->hostname != NULL && facts->hostname[0] != 0) {
		take(&at, "; receiver=");
		take_words(&at, words_of(facts->hostname), FALSE, FALSE);
	}
	if (is_error)
		take_pair_if_told(&at, "problem", spf->problem, strlen(body));
	take_pair_if_told(&at, "mechanism", spf->mechanism, strlen(body));
	MUST(*at == 0);
	free(flat);
	g_free(body);
}

/* ---- Authentication-Results ---- */

static gboolean
is_keyword(const char *text)
{
	gsize length = text ? strlen(text) : 0;

	return length > 0 && length <= 63 && text[length - 1] != '-'
	       && strspn(text, "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == length;
}

static void
take_spf(const char **at, const mg_header_spf *spf, const char *property, mg_words value)
{
	if (spf == NULL)
		return;
	take(at, "; spf=");
	take(at, mg_spf_result_name(spf->result));
	take_comment(at);
	take(at, property);
	take_words(at, value, FALSE, TRUE);
}

static void
take_row(const char **at, const mg_resinfo *row)
{
	take(at, "; ");
	take(at, row->method);
	take(at, "=");
	take(at, row->result);
	take_comment(at);
	if (row->ptype != NULL && row->property != NULL && row->value.octets != NULL) {
		take(at, " ");
		take(at, row->ptype);
		take(at, ".");
		take(at, row->property);
		take(at, "=");
		take_words(at, row->value, FALSE, TRUE);
	}
}

static void
check_authentication_results(const mg_header_facts *facts)
{
	const char *id = facts->authserv_id != NULL && facts->authserv_id[0] != 0 ? facts->authserv_id : facts->hostname;
	char *body = mg_authentication_results_build(facts), *flat;
	guint n_told = (facts->spf_mail_from != NULL) + (facts->spf_helo != NULL);
	const char *at;

	MUST((body == NULL) == (id == NULL || id[0] == 0));
	if (body == NULL)
		return;
	at = flat = unfold(MG_AUTHENTICATION_RESULTS, body);
	take_words(&at, words_of(id), FALSE, FALSE);
	take_spf(&at, facts->spf_mail_from, " smtp.mailfrom=", reverse_path_of(facts));
	take_spf(&at, facts->spf_helo, " smtp.helo=", facts->helo);
	for (guint i = 0; i < facts->n_others && *at != 0; i++) {
		const mg_resinfo *row = &facts->others[i];
		gboolean has_property = row->ptype != NULL && row->property != NULL && row->value.octets != NULL;

		if (!is_keyword(row->method) || !is_keyword(row->result) || g_ascii_strcasecmp(row->method, "spf") == 0
		    || (has_property && (!is_keyword(row->ptype) || !is_keyword(row->property))))
			continue;
		take_row(&at, row);
		n_told++;
	}
	if (n_told == 0)
		take(&at, "; none");
	MUST(*at == 0);
	free(flat);
	g_free(body);
}

/* ---- all ---- */

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	input in;
	mg_resinfo rows[ROWS_MAX] = { { NULL, NULL, NULL, NULL, NULL, { NULL, 0 } } };
	mg_header_spf mail_from, helo;
	mg_header_facts facts = { .others = rows };

	if (length < 3 || length > OCTETS_MAX)
		return 0;
	input_read(&in, (const char *)octets + 3, length - 3, octets[2] & BIT_LONGER ? 50 : 1);
	mail_from = (mg_header_spf){ (mg_spf_result)(octets[0] % 7), in.texts[DOMAIN_NAME], in.texts[PROBLEM],
	                             in.texts[MECHANISM] };
	helo = mail_from;
	helo.result = (mg_spf_result)(octets[1] % 7);
	facts.spf_mail_from = octets[0] % 8 == 7 ? NULL : &mail_from;
	facts.spf_helo = octets[1] % 8 == 7 ? NULL : &helo;
	MUST(mg_ip_parse(octets[2] & BIT_IPV6 ? "2001:db8:ffff:1111:1111:2222:3333:4444" : "192.0.2.1", &facts.client));
	facts.helo = in.words[HELO];
	facts.reverse_path = in.words[REVERSE_PATH];
	facts.hostname = in.texts[HOSTNAME];
	facts.authserv_id = in.texts[AUTHSERV_ID];
	for (guint at = ROWS; at < in.n; at += 6)
		rows[facts.n_others++] = (mg_resinfo){ in.texts[at], in.texts[at + 1], in.texts[at + 2], in.texts[at + 3],
		                                       in.texts[at + 4], in.words[at + 5] };

	check_received_spf(&facts, MG_IDENTITY_MAIL_FROM);
	check_received_spf(&facts, MG_IDENTITY_HELO);
	check_authentication_results(&facts);
	input_clear(&in);
	return 0;
}
