/* row.c - see row.h. */
#include "store/row.h"

#include <string.h>

#include "base/siphash.h"

#define DOMAIN_OCTETS 255
#define LOCAL_OCTETS  254
#define CODE_MAX      599
#define ENHANCED_MAX  5999999

/* Only such keys are written, so that others in a file are damage. */
static gboolean
text_is_plain(const char *text, gsize octets_max)
{
	gsize length = strlen(text);

	if (length == 0 || length > octets_max)
		return FALSE;
	for (const char *at = text; *at; at++)
		if ((guchar)*at < ' ' || *at == 0x7f)
			return FALSE;
	return TRUE;
}

gboolean
mg_row_key_is_plain(const char *domain, const char *local_part)
{
	return text_is_plain(domain, DOMAIN_OCTETS) && text_is_plain(local_part, LOCAL_OCTETS);
}

static gint64
row_id(const mg_recipient_key *key)
{
	return (gint64)mg_siphash(mg_siphash(0, key->backend, key->domain, strlen(key->domain)), 0, key->local_part,
	                          strlen(key->local_part));
}

static gint64
row_enhanced(const mg_knowledge *knowledge)
{
	return knowledge->class * 1000000 + knowledge->subject * 1000 + knowledge->detail;
}

/* Of a row whose octets were changed by accident it will be another. */
static gint64
row_sum(const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	const gint64 numbers[] = {
		GINT64_TO_LE(knowledge->known), GINT64_TO_LE(knowledge->proved_s), GINT64_TO_LE(knowledge->valid_s),
		GINT64_TO_LE(knowledge->n_confirmations), GINT64_TO_LE(knowledge->is_doubted), GINT64_TO_LE(knowledge->code),
		GINT64_TO_LE(row_enhanced(knowledge)),
	};

	return (gint64)mg_siphash((guint64)row_id(key), key->backend, numbers, sizeof(numbers));
}

gboolean
mg_row_write(mg_row *row_out, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	if (!mg_row_key_is_plain(key->domain, key->local_part) || knowledge->proved_s < 0)
		return FALSE;
	*row_out = (mg_row){
		.numbers = {
			[MG_ROW_ID] = row_id(key), [MG_ROW_BACKEND] = (gint64)key->backend, [MG_ROW_KNOWN] = knowledge->known,
			[MG_ROW_PROVED] = knowledge->proved_s, [MG_ROW_VALID] = knowledge->valid_s,
			[MG_ROW_CONFIRMATIONS] = knowledge->n_confirmations, [MG_ROW_DOUBTED] = knowledge->is_doubted,
			[MG_ROW_CODE] = knowledge->code, [MG_ROW_ENHANCED] = row_enhanced(knowledge), [MG_ROW_SUM] = row_sum(key, knowledge),
		},
		.domain = key->domain, .local_part = key->local_part,
	};
	return TRUE;
}

static gboolean
number_is_within(const mg_row *row, mg_row_column column, gint64 most)
{
	return row->numbers[column] >= 0 && row->numbers[column] <= most;
}

gboolean
mg_row_read(const mg_row *row, mg_recipient_key *key_out, mg_knowledge *knowledge_out)
{
	gint64 enhanced = row->numbers[MG_ROW_ENHANCED];

	if (!number_is_within(row, MG_ROW_KNOWN, MG_KNOWN_BAD_SYNTAX) || !number_is_within(row, MG_ROW_CONFIRMATIONS, MG_CONFIRMATIONS_MAX)
	    || !number_is_within(row, MG_ROW_DOUBTED, 1) || !number_is_within(row, MG_ROW_CODE, CODE_MAX)
	    || !number_is_within(row, MG_ROW_ENHANCED, ENHANCED_MAX) || !number_is_within(row, MG_ROW_PROVED, G_MAXINT64 / 2))
		return FALSE;
	*key_out = (mg_recipient_key){ (guint64)row->numbers[MG_ROW_BACKEND], row->domain, row->local_part };
	if (!mg_row_key_is_plain(key_out->domain, key_out->local_part))
		return FALSE;
	*knowledge_out = (mg_knowledge){
		.known = (guint8)row->numbers[MG_ROW_KNOWN],
		.proved_s = row->numbers[MG_ROW_PROVED],
		.valid_s = row->numbers[MG_ROW_VALID],
		.n_confirmations = (guint8)row->numbers[MG_ROW_CONFIRMATIONS],
		.is_doubted = (guint8)row->numbers[MG_ROW_DOUBTED],
		.code = (guint16)row->numbers[MG_ROW_CODE],
		.class = (guint8)(enhanced / 1000000),
		.subject = (guint16)(enhanced / 1000 % 1000),
		.detail = (guint16)(enhanced % 1000),
	};
	return row->numbers[MG_ROW_ID] == row_id(key_out) && row->numbers[MG_ROW_SUM] == row_sum(key_out, knowledge_out)
	       && mg_knowledge_is_sound(knowledge_out, knowledge_out->proved_s);
}
