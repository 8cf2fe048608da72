/* message.c - see message.h. */
#include "verdict/message.h"

#include <string.h>

#include "verdict/header.h"
#include "wire.h"

/* One result a check: the first that it gave, under the name of its section. */
static void
write_results(mg_writer *writer, const mg_results *results)
{
	for (guint i = 0; i < results->n; i++) {
		const mg_reason_info *info = mg_reason_get(results->all[i].reason);
		gboolean is_first = TRUE;

		for (guint k = 0; k < i; k++)
			is_first = is_first && g_strcmp0(mg_reason_get(results->all[k].reason)->section, info->section) != 0;
		if (is_first && info->section != NULL)
			mg_writer_pair(writer, MG_FIELD_RESULT, info->section, info->word);
	}
}

static void
write_fields(mg_writer *writer, const mg_fields *fields)
{
	if (fields->authentication_results != NULL)
		mg_writer_pair(writer, MG_FIELD_HEADER, MG_AUTHENTICATION_RESULTS, fields->authentication_results);
	for (guint i = 0; i < G_N_ELEMENTS(fields->received_spf); i++)
		if (fields->received_spf[i] != NULL)
			mg_writer_pair(writer, MG_FIELD_HEADER, MG_RECEIVED_SPF, fields->received_spf[i]);
}

guint8 *
mg_message_verdict(const mg_facts *facts, const mg_decision *decision, const mg_reply *reply, const mg_results *results,
                   const mg_fields *fields, const mg_evidence *evidence, const mg_trace *trace,
                   gsize *length_out)
{
	mg_writer writer = { 0 };
	char name[MG_REASON_NAME_MAX];
	const char *piece, *value;
	gsize at = 0;

	mg_writer_begin(&writer, MG_MESSAGE_VERDICT, facts->request);
	if (facts->stage != 0)
		mg_writer_number(&writer, MG_FIELD_STAGE, facts->stage);
	mg_writer_number(&writer, MG_FIELD_ACTION, decision->action);
	mg_writer_number(&writer, MG_FIELD_CODE, (guint64)reply->code);
	mg_writer_text(&writer, MG_FIELD_ENHANCED, reply->enhanced);
	mg_writer_text(&writer, MG_FIELD_TEXT, reply->text);
	mg_reason_name(decision->reason, name);
	mg_writer_text(&writer, MG_FIELD_REASON, name);
	mg_writer_number(&writer, MG_FIELD_FINAL, decision->is_final ? 1 : 0);
	if (decision->pending_action != 0) {
		mg_reason_name(decision->pending_reason, name);
		mg_writer_number(&writer, MG_FIELD_PENDING_ACTION, decision->pending_action);
		mg_writer_text(&writer, MG_FIELD_PENDING_REASON, name);
	}
	for (guint i = 0; i < decision->n_flags; i++) {
		mg_reason_name(decision->flags[i], name);
		mg_writer_text(&writer, MG_FIELD_FLAG, name);
	}
	write_results(&writer, results);
	write_fields(&writer, fields);
	while (mg_evidence_next(evidence, &at, &piece, &value))
		mg_writer_pair(&writer, MG_FIELD_EVIDENCE, piece, value);
	for (guint i = 0; i < mg_trace_count(trace); i++)
		mg_writer_text(&writer, MG_FIELD_TRACE, mg_trace_get(trace, i));
	if (!mg_writer_end(&writer)) {
		mg_writer_clear(&writer);
		return NULL;
	}
	*length_out = writer.length;
	return writer.octets;
}
