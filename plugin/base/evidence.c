/* evidence.c - see evidence.h. */
#include "base/evidence.h"

#include <string.h>

#include "base/log.h"

struct mg_evidence {
	GString *pieces;   /* owned; name NUL value NUL, one after the other */
};

mg_evidence *
mg_evidence_new(void)
{
	mg_evidence *evidence = g_new0(mg_evidence, 1);

	evidence->pieces = g_string_sized_new(512);
	return evidence;
}

void
mg_evidence_free(mg_evidence *evidence)
{
	if (evidence == NULL)
		return;
	g_string_free(evidence->pieces, TRUE);
	g_free(evidence);
}

static void
evidence_name(mg_evidence *evidence, const char *check, const char *piece)
{
	g_string_append(evidence->pieces, check);
	g_string_append_c(evidence->pieces, '.');
	g_string_append_len(evidence->pieces, piece, (gssize)strlen(piece) + 1);
}

void
mg_evidence_add_text(mg_evidence *evidence, const char *check, const char *piece, const char *text)
{
	if (text == NULL)
		return;
	evidence_name(evidence, check, piece);
	g_string_append_len(evidence->pieces, text, (gssize)strlen(text) + 1);
}

void
mg_evidence_add_word(mg_evidence *evidence, const char *check, const char *piece, const char *word)
{
	evidence_name(evidence, check, piece);
	mg_escape_append(evidence->pieces, word, strlen(word), strlen(word));
	g_string_append_c(evidence->pieces, 0);
}

void
mg_evidence_add_number(mg_evidence *evidence, const char *check, const char *piece, gint64 number)
{
	guint64 rest = number < 0 ? 0 - (guint64)number : (guint64)number;
	char digits[24], *at = digits + sizeof(digits);

	*--at = 0;
	do
		*--at = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		*--at = '-';
	evidence_name(evidence, check, piece);
	g_string_append_len(evidence->pieces, at, digits + sizeof(digits) - at);
}

gboolean
mg_evidence_next(const mg_evidence *evidence, gsize *at, const char **name_out, const char **value_out)
{
	if (*at >= evidence->pieces->len)
		return FALSE;
	*name_out = evidence->pieces->str + *at;
	*value_out = *name_out + strlen(*name_out) + 1;
	*at = (gsize)(*value_out - evidence->pieces->str) + strlen(*value_out) + 1;
	return TRUE;
}
