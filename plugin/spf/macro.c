/* macro.c - see macro.h. */
#include "spf/macro.h"

#include <string.h>

static const char macro_letters[] = "slodiphcrtv";   /* RFC 7208 12, macro-letter */
static const char macro_delimiters[] = ".-+,/_=";    /* RFC 7208 12, delimiter; a bit each in mg_spf_piece */

/* ---- the grammar ---- */

static guint
letter_uses(char letter)
{
	switch (letter) {
	case 's': case 'l':
		return MG_SPF_USES_VALUES | MG_SPF_USES_LOCAL;
	case 'p':
		return MG_SPF_USES_VALUES | MG_SPF_USES_CLIENT | MG_SPF_USES_VALIDATED;
	case 'i': case 'c': case 'v':
		return MG_SPF_USES_VALUES | MG_SPF_USES_CLIENT;
	default:
		return MG_SPF_USES_VALUES;
	}
}

/* What stands between "%{" and "}"; @at is behind the brace that opens. Returns where it ends, or NULL. */
static const char *
parse_macro(const char *at, const char *end, gboolean is_explanation, mg_spf_piece *piece, const char **why_out)
{
	const char *known;

	*why_out = "no such macro letter (RFC 7208 7.2)";
	if (at == end)
		return NULL;
	piece->letter = g_ascii_tolower(*at);
	piece->is_escaped = g_ascii_isupper(*at);
	if (strchr(macro_letters, piece->letter) == NULL || piece->letter == 0)
		return NULL;
	*why_out = "macro letter allowed in explanations only (RFC 7208 7.2)";
	if (!is_explanation && strchr("crt", piece->letter) != NULL)
		return NULL;

	*why_out = "a macro keeps no parts (RFC 7208 7.3)";
	if (++at < end && g_ascii_isdigit(*at)) {
		for (; at < end && g_ascii_isdigit(*at); at++)
			piece->n_parts = (guint16)MIN(piece->n_parts * 10 + (*at - '0'), MG_SPF_VALUE_MAX + 1);
		if (piece->n_parts == 0)
			return NULL;
	}
	if (at < end && g_ascii_tolower(*at) == 'r') {
		piece->is_reversed = TRUE;
		at++;
	}
	for (; at < end && *at != 0 && (known = strchr(macro_delimiters, *at)) != NULL; at++)
		piece->delimiters |= (guint8)(1u << (known - macro_delimiters));
	*why_out = "macro not closed, or with other than digits, r and delimiters (RFC 7208 7.1)";
	return at < end && *at == '}' ? at + 1 : NULL;
}

gboolean
mg_spf_macro_parse(const char *text, gsize offset, gsize end, gboolean is_explanation, GArray *pieces, guint *uses,
                   const char **why_out)
{
	const char *at = text + offset, *stop = text + end;

	while (at < stop) {
		mg_spf_piece piece = { 0 };

		if (*at != '%') {
			const char *start = at;

			for (; at < stop && *at != '%'; at++)
				if ((*at < 0x21 || *at > 0x7e) && !(is_explanation && *at == ' ')) {
					*why_out = "octet that is not visible ASCII (RFC 7208 7.1)";
					return FALSE;
				}
			piece.offset = (guint32)(start - text);
			piece.length = (guint32)(at - start);
		} else if (++at < stop && *at == '{') {
			at = parse_macro(at + 1, stop, is_explanation, &piece, why_out);
			if (at == NULL)
				return FALSE;
			*uses |= letter_uses(piece.letter);
		} else if (at < stop && *at == '%') {
			piece.offset = (guint32)(at++ - text);
			piece.length = 1;
		} else if (at < stop && (*at == '_' || *at == '-')) {
			piece.letter = *at++;
		} else {
			*why_out = "'%' begins no macro (RFC 7208 7.1)";
			return FALSE;
		}
		g_array_append_val(pieces, piece);
	}
	return TRUE;
}

/* ---- values ---- */

static gboolean
is_delimiter(char c, guint delimiters)
{
	const char *known;

	if (delimiters == 0)
		return c == '.';
	known = c != 0 ? strchr(macro_delimiters, c) : NULL;
	return known != NULL && (delimiters & (1u << (known - macro_delimiters))) != 0;
}

/* RFC 7208 7.3: of IPv6 the nibbles, in upper case as its examples have them. */
static gsize
format_client(const mg_ip *client, char out[64])
{
	char *at = out;

	if (mg_ip_is_ipv4(client)) {
		mg_ip_format(client, out);
		return strlen(out);
	}
	for (guint i = 0; i < 32; i++) {
		guint64 half = i < 16 ? client->high : client->low;

		*at++ = "0123456789ABCDEF"[(half >> (60 - 4 * (i % 16))) & 15];
		*at++ = '.';
	}
	return (gsize)(at - out) - 1;
}

/* Where values are written that are nowhere yet. */
typedef struct value_room {
	char small[64];
	char transformed[MG_SPF_VALUE_MAX];
} value_room;

/* What a letter stands for; @room is where it is written if it is nowhere yet. */
static const char *
value_of(char letter, const mg_spf_values *values, char room[64], gsize *length_out)
{
	const char *value = "";

	switch (letter) {
	case 'l':
		*length_out = values->n_local;
		return values->local;
	case 'i':
		*length_out = format_client(&values->client, room);
		return room;
	case 'c':
		mg_ip_format(&values->client, room);
		value = room;
		break;
	case 't':
		g_snprintf(room, 64, "%" G_GINT64_FORMAT, values->now_s);
		value = room;
		break;
	case 's': value = values->sender; break;
	case 'o': value = values->sender_domain; break;
	case 'd': value = values->domain; break;
	case 'h': value = values->helo; break;
	case 'r': value = values->receiver[0] != 0 ? values->receiver : "unknown"; break;
	case 'p': value = values->validated != NULL ? values->validated : "unknown"; break;
	case 'v': value = mg_ip_is_ipv4(&values->client) ? "in-addr" : "ip6"; break;
	case '_': value = " "; break;
	case '-': value = "%20"; break;
	}
	*length_out = strlen(value);
	return value;
}

/* Splits, turns round, keeps the right-hand parts, joins with dots (7.3). Parts may be empty: runs of delimiters
 * are not taken together. */
static gsize
transform(const mg_spf_piece *piece, const char *value, gsize length, char out[MG_SPF_VALUE_MAX])
{
	guint left = piece->n_parts == 0 ? G_MAXUINT : piece->n_parts;
	gsize used = 0;

	if (!piece->is_reversed) {
		gsize start = length;

		while (start > 0 && !(is_delimiter(value[start - 1], piece->delimiters) && --left == 0))
			start--;
		for (; start < length; start++)
			out[used++] = is_delimiter(value[start], piece->delimiters) ? '.' : value[start];
		return used;
	}
	/* The last parts of what is turned round are the first of what is not. */
	for (gsize end = 0; ; end++) {
		if (end < length && !(is_delimiter(value[end], piece->delimiters) && --left == 0))
			continue;
		while (TRUE) {
			gsize start = end;

			while (start > 0 && !is_delimiter(value[start - 1], piece->delimiters))
				start--;
			memcpy(out + used, value + start, end - start);
			used += end - start;
			if (start == 0)
				return used;
			out[used++] = '.';
			end = start - 1;
		}
	}
}

/* The value of @piece before escaping; @room is used if need be. */
static const char *
piece_value(const mg_spf_piece *piece, const char *text, const mg_spf_values *values, value_room *room,
            gsize *length_out)
{
	const char *value;
	gsize length;

	if (piece->letter == 0) {
		*length_out = piece->length;
		return text + piece->offset;
	}
	value = value_of(piece->letter, values, room->small, &length);
	if (length > MG_SPF_VALUE_MAX) {
		value += length - MG_SPF_VALUE_MAX;
		length = MG_SPF_VALUE_MAX;
	}
	if (piece->n_parts == 0 && piece->delimiters == 0 && !piece->is_reversed) {
		*length_out = length;
		return value;
	}
	*length_out = transform(piece, value, length, room->transformed);
	return room->transformed;
}

/* RFC 3986 2.3, which RFC 7208 7.3 refers to. Returns the octets written to @out. */
static gsize
escape(char c, gboolean is_escaped, char out[3])
{
	if (!is_escaped || g_ascii_isalnum(c) || (c != 0 && strchr("-._~", c) != NULL)) {
		out[0] = c;
		return 1;
	}
	out[0] = '%';
	out[1] = "0123456789ABCDEF"[(guchar)c >> 4];
	out[2] = "0123456789ABCDEF"[(guchar)c & 15];
	return 3;
}

/* ---- expansions ---- */

gsize
mg_spf_macro_expand_domain(const mg_spf_piece *pieces, gsize n_pieces, const char *text, const mg_spf_values *values,
                           char domain_out[MG_DOMAIN_MAX + 1])
{
	char tail[MG_DOMAIN_MAX + 1], escaped[3];
	value_room room;
	gsize start = sizeof(tail);       /* the tail's first octet; it is filled from its end */
	gboolean dot_dropped = FALSE;
	gsize length;

	for (gsize i = n_pieces; i > 0 && start > 0; i--) {
		const char *value = piece_value(&pieces[i - 1], text, values, &room, &length);

		while (length > 0 && start > 0) {
			gsize n = escape(value[--length], pieces[i - 1].is_escaped, escaped);

			if (start == sizeof(tail) && !dot_dropped && escaped[0] == '.') {
				dot_dropped = TRUE;   /* one at the end says nothing (7.3) */
				continue;
			}
			while (n > 0 && start > 0)
				tail[--start] = escaped[--n];
		}
	}
	/* A full tail is over 253 octets: what is left of its first dot goes, whole labels as there are no others. */
	if (start == 0) {
		const char *dot = memchr(tail, '.', sizeof(tail));

		start = dot != NULL ? (gsize)(dot - tail) + 1 : sizeof(tail);
	}
	length = sizeof(tail) - start;
	memcpy(domain_out, tail + start, length);
	domain_out[length] = 0;
	return length > 0 && domain_out[length - 1] == '.' ? 0 : length;
}

gsize
mg_spf_macro_expand_text(const mg_spf_piece *pieces, gsize n_pieces, const char *text, const mg_spf_values *values,
                         char *out, gsize max)
{
	char escaped[3];
	value_room room;
	gsize used = 0;

	for (gsize i = 0; i < n_pieces && used < max; i++) {
		gsize length;
		const char *value = piece_value(&pieces[i], text, values, &room, &length);

		for (gsize k = 0; k < length; k++) {
			gsize n = escape(value[k], pieces[i].is_escaped, escaped);

			if (n > max - used)
				return used;
			memcpy(out + used, escaped, n);
			used += n;
		}
	}
	return used;
}
