/* path.c - see path.h. */
#include "session/path.h"

#include <string.h>

#include "session/domain.h"

#define LITERAL_IPV6_TAG "IPv6:"   /* RFC 5321 4.1.3 */

static const char *const form_names[] = {
	"source-route", "percent", "bang", "second-at", "quoted-route", "look-alike", "no-domain", "literal",
};

/* One parse: where it reads and what it fills. Faults are constants. */
typedef struct path_parser {
	mg_path    *path;
	gboolean    utf8;
	gboolean    is_ascii;   /* all of its octets are */
	const char *fault;
} path_parser;

static gboolean
path_fail(path_parser *parser, const char *fault)
{
	parser->fault = fault;
	return FALSE;
}

/* ---- octets ---- */

static gboolean
character_is_hidden(gunichar c)
{
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
		return TRUE;
	default:
		break;
	}
	/* Bidirectional marks (UAX 9) and the byte order mark: they show an address as another one. */
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e)
	       || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static gboolean
path_check_octets(path_parser *parser, const char *octets, gsize length)
{
	guchar all = 0;

	for (gsize i = 0; i < length; i++) {
		guchar c = (guchar)octets[i];

		if (c < ' ' || c == 0x7f)
			return path_fail(parser, c == 0 ? "a NUL" : "a control octet");
		all |= c;
	}
	parser->is_ascii = all < 0x80;
	if (parser->is_ascii)
		return TRUE;
	if (!parser->utf8)
		return path_fail(parser, "an octet over 127 without SMTPUTF8");
	if (!g_utf8_validate_len(octets, length, NULL))
		return path_fail(parser, "octets that are not UTF-8");
	for (const char *at = octets; at < octets + length; at = g_utf8_next_char(at))
		if (character_is_hidden(g_utf8_get_char(at)))
			return path_fail(parser, "a control or bidirectional character");
	return TRUE;
}

/* ---- layers ---- */

/* @n octets of the path's room for text; NULL, and a fault, if it is full. */
static char *
path_room(path_parser *parser, gsize n)
{
	mg_path *path = parser->path;
	char *at = path->text + path->n_used;

	if (n > sizeof(path->text) - path->n_used) {
		parser->fault = "more layers than can be unfolded";
		return NULL;
	}
	path->n_used += n;
	return at;
}

static gboolean
is_ascii(const char *text, gsize length)
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)text[i] >= 0x80)
			return FALSE;
	return TRUE;
}

/* Case and normal form off, one letter for one: the small letter of its capital, unless that makes ASCII of what was not
 * (dotless i, long s): no other mailbox becomes "id" or "postmaster". (The library's own case folding exchanges the
 * two cases of some scripts, so that folding again would undo it.) */
static char *
fold_utf8(const char *text, gsize length)
{
	g_autofree char *normal = g_utf8_normalize(text, (gssize)length, G_NORMALIZE_NFC);
	GString *folded = g_string_new(NULL);
	char *out;

	for (const char *at = normal; *at; at = g_utf8_next_char(at)) {
		gunichar letter = g_utf8_get_char(at), small = g_unichar_tolower(g_unichar_toupper(letter));

		g_string_append_unichar(folded, letter >= 0x80 && small < 0x80 ? letter : small);
	}
	out = g_utf8_normalize(folded->str, -1, G_NORMALIZE_NFC);
	g_string_free(folded, TRUE);
	return out;
}

/* So that equal mailboxes have equal octets. NULL, and a fault, if there is no room. */
static char *
path_fold(path_parser *parser, const char *local, gsize length)
{
	g_autofree char *folded = NULL;
	char *out;

	if (parser->is_ascii) {
		out = path_room(parser, length + 1);
		for (gsize i = 0; out != NULL && i < length; i++)
			out[i] = mg_ascii_lower(local[i]);
		if (out != NULL)
			out[length] = 0;
		return out;
	}
	folded = fold_utf8(local, length);
	out = path_room(parser, strlen(folded) + 1);
	return out ? memcpy(out, folded, strlen(folded) + 1) : NULL;
}

/* [192.0.2.1] or [IPv6:2001:db8::1] (RFC 5321 4.1.3; no other tag is registered). */
static gboolean
literal_parse(const char *domain, gsize length, mg_ip *ip_out)
{
	char inside[sizeof(LITERAL_IPV6_TAG) + MG_IP_TEXT_MAX];
	gboolean tagged;

	if (length < 3 || length - 2 >= sizeof(inside) || domain[0] != '[' || domain[length - 1] != ']')
		return FALSE;
	memcpy(inside, domain + 1, length - 2);
	inside[length - 2] = 0;
	tagged = g_ascii_strncasecmp(inside, LITERAL_IPV6_TAG, strlen(LITERAL_IPV6_TAG)) == 0;
	if (tagged)
		return strchr(inside + strlen(LITERAL_IPV6_TAG), ':') != NULL
		       && mg_ip_parse(inside + strlen(LITERAL_IPV6_TAG), ip_out);
	return strchr(inside, ':') == NULL && mg_ip_parse(inside, ip_out);
}

/* Adds a layer. A domain that is none makes a layer without one, which no list matches; the path's own mailbox may
 * lack one altogether. */
static gboolean
path_add_layer(path_parser *parser, const char *local, gsize local_length, const char *domain, gsize domain_length)
{
	mg_path *path = parser->path;
	char canonical[MG_DOMAIN_MAX + 1];
	char ip_text[MG_IP_TEXT_MAX];
	mg_mailbox layer = { .local_is_ascii = parser->is_ascii || is_ascii(local, local_length) };
	char *key, *at;
	gsize n_local, n_domain;

	if (path->n_layers == MG_LAYERS_MAX)
		return path_fail(parser, "more layers than can be unfolded");
	key = path_fold(parser, local, local_length);
	if (key == NULL)
		return FALSE;

	if (literal_parse(domain, domain_length, &layer.literal)) {
		layer.is_literal = TRUE;
		mg_ip_format(&layer.literal, ip_text);
		g_snprintf(canonical, sizeof(canonical), "[%s]", ip_text);
	} else if (domain_length == 0 && path->n_layers == 0) {
		canonical[0] = 0;
	} else if (!mg_domain_canonical(domain, domain_length, parser->utf8, canonical)) {
		layer.local = key;
		path->layers[path->n_layers++] = layer;
		return TRUE;
	}
	/* The folded local part is the last thing in the room: the rest of the key goes right behind it. */
	n_local = strlen(key);
	n_domain = strlen(canonical);
	at = path_room(parser, n_domain + 1 + n_local + 1);
	if (at == NULL)
		return FALSE;
	key[n_local] = '@';
	memcpy(key + n_local + 1, canonical, n_domain + 1);
	layer.key = key;
	layer.domain = key + n_local + 1;
	layer.local = memcpy(key + n_local + 1 + n_domain + 1, key, n_local);
	key[n_local + 1 + n_domain + 1 + n_local] = 0;
	path->layers[path->n_layers++] = layer;
	return TRUE;
}

/* The hosts of "@a,@b:" as layers of their own; @end is the colon. */
static gboolean
path_add_hosts(path_parser *parser, const char *text, const char *end)
{
	while (text < end) {
		const char *comma = memchr(text, ',', (gsize)(end - text));
		const char *stop = comma ? comma : end;

		text += *text == '@';
		if (!path_add_layer(parser, "", 0, text, (gsize)(stop - text)))
			return FALSE;
		text = stop + 1;
	}
	return TRUE;
}

/* The colon that ends "@a,@b:" at @text; NULL if there is no route. */
static const char *
route_end(const char *text, const char *end)
{
	const char *colon = memchr(text, ':', (gsize)(end - text));

	if (colon == NULL || *text != '@')
		return NULL;
	for (const char *at = text + 1; at < colon; at++)   /* an at sign stands at the start of each host, and nowhere else */
		if ((*at == '@') != (at[-1] == ','))
			return NULL;
	return colon;
}

/* A layer found inside a Local-part. Its own Local-part may be in quotes again, which a later reader takes off. */
static gboolean
path_add_inner(path_parser *parser, const char *local, gsize local_length, const char *domain, gsize domain_length)
{
	char unquoted[sizeof(parser->path->text)];
	gsize length = 0;

	if (local_length < 2 || local[0] != '"' || local[local_length - 1] != '"')
		return path_add_layer(parser, local, local_length, domain, domain_length);
	for (gsize i = 1; i < local_length - 1; i++) {
		i += local[i] == '\\' && i + 2 < local_length;
		unquoted[length++] = local[i];
	}
	return path_add_layer(parser, unquoted, length, domain, domain_length);
}

/* Everything that the Local-part of a layer can be read as. Layers that this adds are unfolded in their turn. */
static gboolean
path_unfold_local(path_parser *parser, const char *text, gsize length)
{
	mg_path *path = parser->path;
	const char *at = memrchr(text, '@', length);
	const char *percent = memrchr(text, '%', length);
	const char *bang = memchr(text, '!', length);
	const char *end = text + length;

	if (at != NULL) {
		const char *start = text, *colon;

		path->forms |= MG_FORM_AT;
		while ((colon = route_end(start, end)) != NULL) {   /* source routes inside, one behind the other */
			if (!path_add_hosts(parser, start, colon))
				return FALSE;
			start = colon + 1;
			at = memrchr(start, '@', (gsize)(end - start));
		}
		/* What a route leads to may be no mailbox: a layer that nothing matches. */
		if (!path_add_inner(parser, start, (gsize)((at ? at : end) - start), at ? at + 1 : end,
		                    at ? (gsize)(end - at - 1) : 0))
			return FALSE;
	}
	if (percent != NULL) {
		path->forms |= MG_FORM_PERCENT;
		if (!path_add_inner(parser, text, (gsize)(percent - text), percent + 1, (gsize)(end - percent - 1)))
			return FALSE;
	}
	if (bang != NULL) {
		path->forms |= MG_FORM_BANG;
		if (!path_add_inner(parser, bang + 1, (gsize)(end - bang - 1), text, (gsize)(bang - text)))
			return FALSE;
	}
	return TRUE;
}

static guint
count_routing(const char *text)
{
	guint n = 0;

	for (; (text = strpbrk(text, "@%!")) != NULL; text++)
		n++;
	return n;
}

static gboolean
path_unfold(path_parser *parser)
{
	mg_path *path = parser->path;

	for (guint i = 0; i < path->n_layers; i++) {
		const char *local = path->layers[i].local;
		g_autofree char *mapped = NULL;

		if (!parser->is_ascii) {
			mapped = g_utf8_normalize(local, -1, G_NORMALIZE_NFKC);
			if (count_routing(mapped) != count_routing(local))
				path->forms |= MG_FORM_LOOK_ALIKE;
			local = mapped;
		}
		if (!path_unfold_local(parser, local, strlen(local)))
			return FALSE;
	}
	return TRUE;
}

/* ---- grammar ---- */

/* RFC 5321 4.1.2 At-domain list: "@a,@b:". Moves @text past the colon. */
static gboolean
path_take_route(path_parser *parser, const char **text, const char *end)
{
	const char *colon = memchr(*text, ':', (gsize)(end - *text));
	char canonical[MG_DOMAIN_MAX + 1];

	if (colon == NULL)
		return path_fail(parser, "a source route without an end");
	for (const char *host = *text; host < colon;) {
		const char *comma = memchr(host, ',', (gsize)(colon - host));
		const char *stop = comma ? comma : colon;

		if (*host != '@' || !mg_domain_canonical(host + 1, (gsize)(stop - host - 1), parser->utf8, canonical))
			return path_fail(parser, "a source route with a host that is no Domain");
		host = stop + 1;
		if (comma != NULL && host == colon)
			return path_fail(parser, "a source route with a host that is no Domain");
	}
	parser->path->forms |= MG_FORM_ROUTE;
	*text = colon + 1;
	return TRUE;
}

/* Quoted-string (RFC 5321 4.1.2): quotes off into @out, which has room. Moves @text past the closing quote. */
static gboolean
path_take_quoted(path_parser *parser, const char **text, const char *end, char *out, gsize *length_out)
{
	gsize length = 0;

	for (const char *at = *text + 1; at < end; at++) {
		if (*at == '"') {
			*text = at + 1;
			*length_out = length;
			return TRUE;
		}
		if (*at == '\\' && (++at == end || (guchar)*at >= 0x80))   /* quoted-pairSMTP is ASCII */
			break;
		out[length++] = *at;
	}
	return path_fail(parser, "a quoted Local-part without an end, or with a backslash before no ASCII");
}

/* Dot-string (RFC 5321 4.1.2); a second "@" splits it into several, which may be empty. */
static gboolean
path_check_dot_string(path_parser *parser, const char *text, gsize length)
{
	static const char specials[] = "!#$%&'*+-/=?^_`{|}~";
	char before = '@';

	for (gsize i = 0; i <= length; i++) {
		char c = i < length ? text[i] : '@';

		if (c == '.' || c == '@') {
			if (before == '.' || (c == '.' && before == '@'))
				return path_fail(parser, "a misplaced dot");
		} else if (!g_ascii_isalnum(c) && (guchar)c < 0x80 && strchr(specials, c) == NULL) {
			return path_fail(parser, "a character that needs quotes");
		}
		before = c;
	}
	return TRUE;
}

/* After the route: Local-part, "@", Domain or address-literal. */
static gboolean
path_take_mailbox(path_parser *parser, const char *text, const char *end, gsize local_part_max)
{
	mg_path *path = parser->path;
	char unquoted[MG_PATH_MAX];
	const char *local = text, *domain, *sent = text;
	gsize local_length, domain_length;
	gboolean quoted = text < end && *text == '"';

	if (quoted) {
		if (!path_take_quoted(parser, &text, end, unquoted, &local_length))
			return FALSE;
		if (text < end && *text != '@')
			return path_fail(parser, "something between a quoted Local-part and the at sign");
		local = unquoted;
		domain = text < end ? text + 1 : end;
	} else {
		const char *at = memrchr(text, '@', (gsize)(end - text));

		text = at ? at : end;
		local_length = (gsize)(text - local);
		domain = at ? at + 1 : end;
		if (!path_check_dot_string(parser, local, local_length))
			return FALSE;
	}
	if (text == sent || (quoted && local_length == 0))
		return path_fail(parser, "no Local-part");
	if ((gsize)(text - sent) > local_part_max)
		return path_fail(parser, "a Local-part over its limit");

	memcpy(path->local, local, local_length);
	path->local[local_length] = 0;
	domain_length = (gsize)(end - domain);
	if (!path_add_layer(parser, local, local_length, domain, domain_length))
		return FALSE;
	if (domain_length == 0)
		path->forms |= MG_FORM_NO_DOMAIN | (text < end ? MG_FORM_AT : 0);
	else if (path->layers[0].is_literal)
		path->forms |= MG_FORM_LITERAL;
	else if (path->layers[0].domain == NULL)
		return path_fail(parser, "a Domain that is none");
	path->is_mailbox = domain_length > 0 && (quoted || memchr(local, '@', local_length) == NULL);
	if (quoted && strpbrk(path->layers[0].local, "@%!") != NULL)
		path->forms |= MG_FORM_QUOTED;
	return TRUE;
}

gboolean
mg_path_parse(const char *octets, gsize length, gboolean utf8, gsize local_part_max, mg_path *path,
              const char **fault_out)
{
	path_parser parser = { path, utf8, FALSE, NULL };
	const char *text = octets, *end = octets + length;
	gboolean done;

	path->is_null = length == 0;
	path->is_mailbox = FALSE;
	path->forms = 0;
	path->n_layers = 0;
	path->n_used = 0;
	path->local[0] = 0;
	if (path->is_null)
		return TRUE;
	if (length > MG_PATH_MAX) {
		*fault_out = "more than 254 octets";
		return FALSE;
	}
	done = path_check_octets(&parser, octets, length)
	       && (*text != '@' || path_take_route(&parser, &text, end))
	       && path_take_mailbox(&parser, text, end, local_part_max)
	       && (text == octets || path_add_hosts(&parser, octets, text - 1))
	       && path_unfold(&parser);
	if (!done)
		*fault_out = parser.fault;
	return done;
}

void
mg_path_forms_append(GString *out, guint forms)
{
	gsize start = out->len;

	for (guint i = 0; i < G_N_ELEMENTS(form_names); i++)
		if (forms & (1u << i))
			g_string_append_printf(out, "%s%s", out->len > start ? " " : "", form_names[i]);
	if (out->len == start)
		g_string_append(out, "plain");
}

gboolean
mg_mailbox_is_named(const mg_mailbox *mailbox, const char *name)
{
	return mailbox->local_is_ascii && strcmp(mailbox->local, name) == 0;
}

gboolean
mg_path_is_bare_postmaster(const mg_path *path)
{
	return path->n_layers == 1 && path->forms == MG_FORM_NO_DOMAIN
	       && mg_mailbox_is_named(&path->layers[0], "postmaster");
}
