/* frames.c - see frames.h. */
#include "spf/frames.h"

#include <string.h>

#include "spf/breadth.h"
#include "spf/target.h"

#define FAULT_MAX 100   /* octets of a term at fault that are shown */

/* ---- ends, and what is told ---- */

const char *
mg_spf_term_text(const mg_spf_frame *frame, guint *length_out)
{
	const mg_spf_record *record = frame->record;

	if (frame->index < record->n_terms) {
		*length_out = record->terms[frame->index].length;
		return record->text + record->terms[frame->index].offset;
	}
	*length_out = record->redirect.length;
	return record->text + record->redirect.offset;
}

mg_spf_step
mg_spf_end(mg_spf_evaluation *evaluation, mg_spf_result result, const char *format, ...)
{
	const mg_spf_frame *frame;
	char domain[MG_DNS_NAME_TEXT_MAX];
	g_autofree char *why = NULL;
	const char *term;
	va_list arguments;
	guint length;

	evaluation->result = result;
	if (evaluation->lookups.is_missing)
		return MG_SPF_END;
	va_start(arguments, format);
	why = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (evaluation->n_frames == 0) {
		evaluation->problem = g_steal_pointer(&why);
		return MG_SPF_END;
	}
	frame = &evaluation->frames[evaluation->n_frames - 1];
	mg_dns_name_format(&frame->name, domain);
	term = mg_spf_term_text(frame, &length);
	evaluation->problem = g_strdup_printf("%s: %.*s: %s", domain, (int)length, term, why);
	return MG_SPF_END;
}

mg_spf_step
mg_spf_end_unknown(mg_spf_evaluation *evaluation, const mg_dns_answer *answer)
{
	char name[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(&answer->question.name, name);
	return mg_spf_end(evaluation, MG_SPF_TEMPERROR, "%s %s: %s", mg_dns_type_name(answer->question.type), name,
	                      answer->why);
}

mg_spf_step
mg_spf_end_too_many(mg_spf_evaluation *evaluation)
{
	return mg_spf_end(evaluation, MG_SPF_PERMERROR, "more than %u DNS queries",
	                      MIN(evaluation->lookups.question->limits.queries_max, MG_SPF_QUERIES_MAX));
}

void
mg_spf_tell_term(mg_spf_evaluation *evaluation, const mg_spf_frame *frame, const char *said)
{
	const mg_spf_limits *limits = &evaluation->lookups.question->limits;
	GString *story = evaluation->lookups.story;
	const char *term;
	guint length;

	if (evaluation->trace == NULL)
		return;
	term = mg_spf_term_text(frame, &length);
	mg_trace_add(evaluation->trace, "%*s%.*s: %s%s%s; terms %u/%u, voids %u/%u",
	             2 * (int)(frame - evaluation->frames), "", (int)length, term, said, story->len > 0 ? "; " : "", story->str,
	             evaluation->n_terms, limits->terms_max, evaluation->lookups.n_voids, limits->voids_max);
	g_string_truncate(story, 0);
}

static void
tell_record(mg_spf_evaluation *evaluation, const char *domain, const mg_spf_record *record)
{
	GString *story = evaluation->lookups.story;

	if (evaluation->trace == NULL)
		return;
	/* What the term that led here looked up was told with it. */
	mg_trace_add(evaluation->trace, "%*s%s%s%s: %.*s", 2 * (int)evaluation->n_frames, "", domain,
	             story->len > 0 ? ", " : "", story->str, (int)MIN(record->length, MG_TRACE_LINE_MAX), record->text);
	g_string_truncate(story, 0);
}

/* ---- records ---- */

mg_spf_step
mg_spf_no_record(mg_spf_evaluation *evaluation, mg_spf_entry entry, const char *why)
{
	if (entry != MG_SPF_BY_IDENTITY)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR, "no SPF record there: %s", why);
	evaluation->result = MG_SPF_NONE;
	return MG_SPF_END;
}

static mg_spf_step
bad_record(mg_spf_evaluation *evaluation, const mg_dns_name *name, const mg_spf_record *record)
{
	char text[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(name, text);
	return mg_spf_end(evaluation, MG_SPF_PERMERROR, "record of %s: %.*s%s%s", text, (int)MIN(record->fault_length, FAULT_MAX),
	                      record->text + record->fault_offset, record->fault_length > 0 ? ": " : "", record->fault);
}

mg_spf_step
mg_spf_enter(mg_spf_evaluation *evaluation, mg_spf_entry entry, mg_dns_question *question, const char *domain)
{
	const mg_spf_limits *limits = &evaluation->lookups.question->limits;
	const mg_spf_frame *parent = entry != MG_SPF_BY_IDENTITY ? &evaluation->frames[evaluation->n_frames - 1] : NULL;
	const mg_dns_name *name = &question->name;
	const mg_spf_record *record;
	mg_dns_answer *answer;
	mg_spf_frame *frame;
	guint n_records;

	if (name->octets[0] + 2 == name->length)
		return mg_spf_no_record(evaluation, entry, "a single label");   /* 4.3 */
	question->type = MG_DNS_TXT;
	switch (mg_spf_ask(&evaluation->lookups, question, &answer)) {
	case MG_SPF_MISSING:
		return MG_SPF_NO_MATCH;
	case MG_SPF_TOO_MANY:
		return mg_spf_end_too_many(evaluation);
	case MG_SPF_UNKNOWN:
		return mg_spf_end_unknown(evaluation, answer);   /* 4.4 */
	case MG_SPF_VOID:
		if (entry == MG_SPF_BY_IDENTITY)
			evaluation->lookups.n_term_voids = 0;   /* this lookup is no term's */
		mg_spf_lookups_end_term(&evaluation->lookups);
		return mg_spf_no_record(evaluation, entry, answer->why);
	case MG_SPF_FOUND:
		break;
	}
	record = mg_spf_record_of(answer, &n_records);
	if (n_records == 0)
		return mg_spf_no_record(evaluation, entry, "none of its TXT records is one");
	if (record == NULL)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR, "%u SPF records where one may be (RFC 7208 4.5)",
		                      n_records);
	if (entry == MG_SPF_BY_IDENTITY)
		evaluation->record = record;
	if (record->length > limits->record_max)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR,
		                      "record of %" G_GSIZE_FORMAT " octets, the limit is %" G_GSIZE_FORMAT, record->length,
		                      limits->record_max);
	if (record->fault != NULL)
		return bad_record(evaluation, name, record);
	if (evaluation->n_frames == MG_SPF_FRAMES_MAX)
		return mg_spf_end(evaluation, MG_SPF_PERMERROR, "records nested more than %d deep", MG_SPF_FRAMES_MAX);

	tell_record(evaluation, domain, record);
	frame = &evaluation->frames[evaluation->n_frames];
	frame->record = record;
	frame->index = 0;
	frame->entry = entry;
	frame->authorises = parent == NULL || (parent->authorises && (entry == MG_SPF_BY_REDIRECT
	                    || parent->record->terms[parent->index].result == MG_SPF_PASS));
	mg_spf_name_copy(name->octets, name->length, &frame->name);
	strcpy(frame->domain, domain);
	if (frame->authorises)
		evaluation->width = mg_spf_breadth_add(evaluation->width,
		                                       evaluation->is_ipv4 ? record->width4 : record->width6);
	if (entry == MG_SPF_BY_REDIRECT && evaluation->own == evaluation->n_frames - 1)
		evaluation->own = evaluation->n_frames;
	evaluation->n_frames++;
	return MG_SPF_ENTERED;
}

mg_spf_step
mg_spf_leave(mg_spf_evaluation *evaluation, mg_spf_result result)
{
	while (evaluation->n_frames > 1) {
		mg_spf_frame *frame = &evaluation->frames[--evaluation->n_frames];
		mg_spf_frame *parent = frame - 1;

		if (frame->entry == MG_SPF_BY_REDIRECT)
			continue;   /* its result is its parent's (6.1) */
		if (result != MG_SPF_PASS) {
			mg_spf_tell_term(evaluation, parent, "no match");
			parent->index++;
			return MG_SPF_NO_MATCH;
		}
		mg_spf_tell_term(evaluation, parent, "matched");
		result = parent->record->terms[parent->index].result;
	}
	evaluation->n_frames = 0;
	evaluation->result = result;
	return MG_SPF_END;
}
