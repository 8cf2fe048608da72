/* answer.c - see answer.h. */
#include "dns/answer.h"

static guint
n_names(mg_dns_type type)
{
	return type == MG_DNS_SOA ? 2 : 1;
}

mg_dns_name *
mg_dns_record_names(mg_dns_record *record, mg_dns_type type)
{
	g_free(record->names);
	return record->names = g_new0(mg_dns_name, n_names(type));
}

void
mg_dns_record_copy(const mg_dns_record *record, mg_dns_type type, mg_dns_record *copy_out)
{
	*copy_out = *record;
	if (record->text != NULL)
		copy_out->text = g_memdup2(record->text, record->length + 1u);
	if (record->names != NULL)
		copy_out->names = g_memdup2(record->names, n_names(type) * sizeof(mg_dns_name));
}

void
mg_dns_record_clear(mg_dns_record *record)
{
	g_free(record->text);
	g_free(record->names);
}

mg_dns_answer *
mg_dns_answer_new(const mg_dns_question *question, mg_dns_outcome outcome, const char *why, guint n_records)
{
	mg_dns_answer *answer = g_new0(mg_dns_answer, 1);

	answer->n_references = 1;
	answer->question = *question;
	answer->outcome = outcome;
	answer->why = why;
	answer->n_records = n_records;
	answer->records = n_records > 0 ? g_new0(mg_dns_record, n_records) : NULL;
	return answer;
}

mg_dns_answer *
mg_dns_answer_ref(mg_dns_answer *answer)
{
	answer->n_references++;
	return answer;
}

void
mg_dns_answer_unref(mg_dns_answer *answer)
{
	if (answer == NULL || --answer->n_references > 0)
		return;
	if (answer->compiled != NULL && answer->compiled_free != NULL)
		answer->compiled_free(answer->compiled);
	for (guint i = 0; i < answer->n_records; i++)
		mg_dns_record_clear(&answer->records[i]);
	g_free(answer->records);
	g_free(answer);
}

gsize
mg_dns_answer_size(const mg_dns_answer *answer)
{
	gsize size = sizeof(*answer) + answer->n_records * sizeof(mg_dns_record) + answer->compiled_size;

	for (guint i = 0; i < answer->n_records; i++) {
		if (answer->records[i].text != NULL)
			size += answer->records[i].length + 1;
		if (answer->records[i].names != NULL)
			size += n_names(answer->question.type) * sizeof(mg_dns_name);
	}
	return size;
}

guint
mg_dns_question_hash(gconstpointer question)
{
	const mg_dns_question *asked = question;

	return mg_dns_name_hash(&asked->name) * 31 + (guint)asked->type;
}

gboolean
mg_dns_question_equal(gconstpointer a, gconstpointer b)
{
	const mg_dns_question *one = a, *other = b;

	return one->type == other->type && mg_dns_name_equal(&one->name, &other->name);
}

const char *
mg_dns_type_name(mg_dns_type type)
{
	switch (type) {
	case MG_DNS_A:     return "A";
	case MG_DNS_NS:    return "NS";
	case MG_DNS_CNAME: return "CNAME";
	case MG_DNS_SOA:   return "SOA";
	case MG_DNS_PTR:   return "PTR";
	case MG_DNS_MX:    return "MX";
	case MG_DNS_TXT:   return "TXT";
	case MG_DNS_AAAA:  return "AAAA";
	}
	return (guint)type == 99 ? "TYPE99" : "TYPE";   /* 99: the SPF type of RFC 4408, never asked (RFC 7208 3.1) */
}
