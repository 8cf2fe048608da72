/* fuzz_spf_macro.c - macro strings, expanded two ways.
 * In:    lines: the local-part, the domain, the HELO word, the name for "%{p}"; then the macro string. The first octet:
 *        bit 0 is an IPv6 client, bit 1 an explanation
 * Rules: RFC 7208 7.3 read plainly, with strings as long as they get, gives what macro.c gives in its fixed room. A
 *        broken rule traps.
 * Needs: plugin/spf/macro.c, plugin/session/ip.c. */
#include <string.h>

#include "fuzz.h"
#include "spf/macro.h"

#define OCTETS_MAX  4096
#define TEXT_MAX    200

/* ---- the plain reading ---- */

static char *
plain_value(char letter, const mg_spf_values *values)
{
	char address[MG_IP_TEXT_MAX];

	mg_ip_format(&values->client, address);
	switch (letter) {
	case 's': return g_strdup(values->sender);
	case 'l': return g_strndup(values->local, values->n_local);
	case 'o': return g_strdup(values->sender_domain);
	case 'd': return g_strdup(values->domain);
	case 'h': return g_strdup(values->helo);
	case 'c': return g_strdup(address);
	case 'r': return g_strdup(*values->receiver != 0 ? values->receiver : "unknown");
	case 't': return g_strdup_printf("%lld", (long long)values->now_s);
	case 'p': return g_strdup(values->validated != NULL ? values->validated : "unknown");
	case 'v': return g_strdup(strchr(address, ':') != NULL ? "ip6" : "in-addr");
	case 'i':
		if (strchr(address, ':') != NULL) {
			GString *nibbles = g_string_new(NULL);

			g_string_printf(nibbles, "%016llX%016llX", (unsigned long long)values->client.high,
			                (unsigned long long)values->client.low);
			for (gsize i = 1; i < 63; i += 2)
				g_string_insert_c(nibbles, (gssize)i, '.');
			return g_string_free(nibbles, FALSE);
		}
		return g_strdup(address);
	}
	MUST(FALSE);
	return NULL;
}

/* Between "%{" and "}". */
static void
plain_expand(const char *at, const char *end, const mg_spf_values *values, GString *out)
{
	g_autofree char *value = plain_value(g_ascii_tolower(*at), values);
	gboolean is_escaped = g_ascii_isupper(*at), is_reversed = FALSE;
	g_autofree char *delimiters = NULL, *joined = NULL;
	guint64 keep = G_MAXUINT64;
	g_auto(GStrv) parts = NULL;
	guint n_parts, first;
	GString *kept;

	if (strlen(value) > MG_SPF_VALUE_MAX)
		memmove(value, value + strlen(value) - MG_SPF_VALUE_MAX, MG_SPF_VALUE_MAX + 1);
	at++;
	if (g_ascii_isdigit(*at))
		keep = g_ascii_strtoull(at, (char **)&at, 10);
	if (*at == 'r' || *at == 'R') {
		is_reversed = TRUE;
		at++;
	}
	delimiters = at < end ? g_strndup(at, (gsize)(end - at)) : g_strdup(".");
	parts = g_strsplit_set(value, delimiters, -1);
	n_parts = *value == 0 ? 1 : g_strv_length(parts);   /* GLib splits nothing into nothing */
	kept = g_string_new(NULL);
	first = keep < n_parts ? n_parts - (guint)keep : 0;
	for (guint i = first; i < n_parts && *value != 0; i++)
		g_string_append_printf(kept, "%s%s", i > first ? "." : "", parts[is_reversed ? n_parts - 1 - i : i]);
	joined = g_string_free(kept, FALSE);
	for (const char *c = joined; *c != 0; c++) {
		if (!is_escaped || g_ascii_isalnum(*c) || strchr("-._~", *c) != NULL)
			g_string_append_c(out, *c);
		else
			g_string_append_printf(out, "%%%02X", (guchar)*c);
	}
}

/* A macro string that is known to be one. */
static char *
plain_all(const char *text, gsize length, const mg_spf_values *values)
{
	GString *out = g_string_new(NULL);

	for (const char *at = text; at < text + length; at++) {
		const char *end;

		if (*at != '%') {
			g_string_append_c(out, *at);
			continue;
		}
		switch (*++at) {
		case '%': g_string_append_c(out, '%'); break;
		case '_': g_string_append_c(out, ' '); break;
		case '-': g_string_append(out, "%20"); break;
		default:
			end = memchr(at, '}', (gsize)(text + length - at));
			MUST(*at == '{' && end != NULL);
			plain_expand(at + 1, end, values, out);
			at = end;
		}
	}
	return g_string_free(out, FALSE);
}

static void
check_domain(const GArray *pieces, const char *text, const mg_spf_values *values, const char *plain)
{
	g_autofree char *expected = g_strdup(plain);
	char domain[MG_DOMAIN_MAX + 1];
	const char *left = expected;
	gsize length;

	if (g_str_has_suffix(expected, "."))
		expected[strlen(expected) - 1] = 0;
	while (left != NULL && strlen(left) > MG_DOMAIN_MAX) {
		left = strchr(left, '.');
		left = left != NULL ? left + 1 : NULL;
	}
	length = mg_spf_macro_expand_domain((const mg_spf_piece *)(gpointer)pieces->data, pieces->len, text, values, domain);
	MUST(length <= MG_DOMAIN_MAX);
	if (left == NULL || *left == 0 || g_str_has_suffix(left, ".")) {
		MUST(length == 0);
		return;
	}
	MUST(length == strlen(left) && strcmp(domain, left) == 0);
}

static void
check_text(const GArray *pieces, const char *text, const mg_spf_values *values, const char *plain)
{
	char out[TEXT_MAX];

	for (gsize max = 0; max <= TEXT_MAX; max += 67) {
		gsize length = mg_spf_macro_expand_text((const mg_spf_piece *)(gpointer)pieces->data, pieces->len, text, values,
		                                        out, max);

		MUST(length <= max && length <= strlen(plain) && memcmp(out, plain, length) == 0);
		MUST(length + 3 > max || length == strlen(plain));   /* an escape is not cut */
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(mg_spf_piece));
	g_autofree char *all = NULL, *sender = NULL, *plain = NULL, *text = NULL;
	mg_spf_values values = { .receiver = "", .now_s = 1700000000 };
	g_auto(GStrv) lines = NULL;
	const char *why = NULL;
	gboolean is_explanation;
	gsize n_text;
	guint uses = 0;

	if (length < 1 || length > OCTETS_MAX)
		return 0;
	all = g_strndup((const char *)octets + 1, length - 1);   /* up to a NUL: values are strings */
	lines = g_strsplit(all, "\n", 5);
	if (g_strv_length(lines) < 5)
		return 0;
	is_explanation = (octets[0] & 2) != 0;
	MUST(mg_ip_parse(octets[0] & 1 ? "2001:db8::cb01" : "192.0.2.3", &values.client));
	sender = g_strconcat(lines[0], "@", lines[1], NULL);
	values.sender = values.local = sender;
	values.n_local = strlen(lines[0]);
	values.sender_domain = values.domain = lines[1];
	values.helo = lines[2];
	values.validated = *lines[3] != 0 ? lines[3] : NULL;

	n_text = strlen(lines[4]);
	if (n_text == 0)
		return 0;
	text = memcpy(g_malloc(n_text), lines[4], n_text);
	if (!mg_spf_macro_parse(text, 0, n_text, is_explanation, pieces, &uses, &why)) {
		MUST(why != NULL && *why != 0);
		return 0;
	}
	MUST(((uses & MG_SPF_USES_VALUES) == 0) == (uses == 0));
	plain = plain_all(lines[4], n_text, &values);
	check_domain(pieces, text, &values, plain);
	check_text(pieces, text, &values, plain);
	return 0;
}
