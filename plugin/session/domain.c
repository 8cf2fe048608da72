/* domain.c - see domain.h. The one place of libidn2 and libpsl. */
#include "session/domain.h"

#include <idn2.h>
#include <libpsl.h>
#include <string.h>

/* Letters, digits, hyphens inside (RFC 5321 4.1.2 sub-domain), underscores. Lower-cases into @out. */
static gboolean
domain_copy_ascii(const char *text, gsize length, char out[MG_DOMAIN_MAX + 1])
{
	gsize label_start = 0;
	gboolean all_digits = TRUE;

	if (length == 0 || length > MG_DOMAIN_MAX)
		return FALSE;
	for (gsize i = 0; i <= length; i++) {
		char c = i < length ? text[i] : '.';

		if (c == '.') {
			gsize label_length = i - label_start;

			if (label_length == 0 || label_length > MG_LABEL_MAX)
				return FALSE;
			if (text[label_start] == '-' || text[i - 1] == '-' || (i == length && all_digits))
				return FALSE;
			label_start = i + 1;
			all_digits = TRUE;
		} else if (!g_ascii_isdigit(c)) {
			if (!g_ascii_isalpha(c) && c != '-' && c != '_')
				return FALSE;
			all_digits = FALSE;
		}
		out[i] = mg_ascii_lower(c);
	}
	out[length] = 0;
	return TRUE;
}

/* Whether compatibility mapping would bring in a character that splits addresses or names, or take one for
 * another: U+3002 for the dot, U+FF20 for the at sign. Such a name reads differently further on. */
static gboolean
domain_has_look_alikes(const char *utf8)
{
	static const char splitting[] = ".@%!/:[]\"\\<> ";
	g_autofree char *mapped = g_utf8_normalize(utf8, -1, G_NORMALIZE_NFKC);

	for (const char *c = splitting; *c; c++) {
		gsize n_before = 0, n_after = 0;

		for (const char *at = utf8; (at = strchr(at, *c)) != NULL; at++)
			n_before++;
		for (const char *at = mapped; (at = strchr(at, *c)) != NULL; at++)
			n_after++;
		if (n_before != n_after)
			return TRUE;
	}
	/* TR46 maps two more full stops that NFKC leaves alone (UTS 46 section 4). */
	return strstr(utf8, "\xe3\x80\x82") != NULL || strstr(utf8, "\xef\xbd\xa1") != NULL;
}

/* Through libidn2 (IDNA2008, non-transitional); its answer must stand when it is turned back and again. */
static gboolean
domain_copy_utf8(const char *text, gsize length, char out[MG_DOMAIN_MAX + 1])
{
	g_autofree char *utf8 = g_strndup(text, length);
	const int flags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;
	char *a_labels = NULL, *u_labels = NULL, *again = NULL;
	gboolean stable = FALSE;

	if (length > 4 * MG_DOMAIN_MAX || !g_utf8_validate_len(text, length, NULL) || domain_has_look_alikes(utf8))
		return FALSE;
	if (idn2_lookup_u8((const uint8_t *)utf8, (uint8_t **)&a_labels, flags) == IDN2_OK
	    && idn2_to_unicode_8z8z(a_labels, &u_labels, 0) == IDN2_OK
	    && idn2_lookup_u8((const uint8_t *)u_labels, (uint8_t **)&again, flags) == IDN2_OK)
		stable = strcmp(a_labels, again) == 0 && domain_copy_ascii(a_labels, strlen(a_labels), out);
	idn2_free(a_labels);
	idn2_free(u_labels);
	idn2_free(again);
	return stable;
}

gboolean
mg_domain_canonical(const char *text, gsize length, gboolean utf8, char canonical_out[MG_DOMAIN_MAX + 1])
{
	for (gsize i = 0; i < length; i++)
		if ((guchar)text[i] >= 0x80)
			return utf8 && domain_copy_utf8(text, length, canonical_out);
	return domain_copy_ascii(text, length, canonical_out);
}

const char *
mg_domain_parent(const char *name)
{
	return *name == 0 ? NULL : strchr(name + 1, '.');
}

gboolean
mg_domain_is_public_suffix(const char *canonical)
{
	const psl_ctx_t *list = psl_builtin();

	if (strchr(canonical, '.') == NULL)
		return TRUE;
	return list != NULL && psl_is_public_suffix2(list, canonical, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

const char *
mg_domain_organisation(const char *canonical)
{
	const psl_ctx_t *list = psl_builtin();
	const char *registered = list != NULL ? psl_registrable_domain(list, canonical) : NULL;

	return registered != NULL ? registered : canonical;
}

const char *
mg_domain_registrant(const char *canonical)
{
	const psl_ctx_t *list = psl_builtin();

	for (const char *at = canonical, *dot; list != NULL && (dot = strchr(at, '.')) != NULL; at = dot + 1)
		if (psl_is_public_suffix2(list, dot + 1, PSL_TYPE_ICANN))
			return at;
	return canonical;
}

gboolean
mg_domain_is_listed_suffix(const char *label)
{
	const psl_ctx_t *list = psl_builtin();

	return list == NULL || psl_is_public_suffix2(list, label, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}
