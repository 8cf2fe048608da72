/* explain.c - see explain.h. */
#include "spf/explain.h"

#include "spf/target.h"

/* The one string of an exp= name; NULL if it has none, or several (6.2). */
static const mg_dns_record *
fetch_string(mg_spf_lookups *lookups, const mg_dns_question *question)
{
	mg_dns_answer *answer;

	if (mg_spf_ask(lookups, question, &answer) != MG_SPF_FOUND || answer->n_records != 1
	    || answer->records[0].length > MG_SPF_TEXT_MAX)
		return NULL;
	return &answer->records[0];
}

/* Values of macros may hold any octet: the sender and the HELO word are the client's. */
static char *
expand_string(const mg_dns_record *string, const GArray *pieces, const mg_spf_values *values)
{
	char text[MG_SPF_EXPLANATION_MAX];
	gsize length = mg_spf_macro_expand_text((const mg_spf_piece *)(gpointer)pieces->data, pieces->len, string->text,
	                                        values, text, sizeof(text));

	for (gsize i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	return length > 0 ? g_strndup(text, length) : NULL;
}

void
mg_spf_explain(mg_spf_lookups *lookups, const mg_spf_record *record, mg_spf_values *values, const mg_dns_name *name,
               char **explanation_out)
{
	g_autoptr(GArray) pieces = g_array_new(FALSE, FALSE, sizeof(mg_spf_piece));
	char domain[MG_DOMAIN_MAX + 1], validated[MG_DNS_NAME_TEXT_MAX];
	mg_dns_question question = { .type = MG_DNS_TXT };
	const mg_dns_record *string;
	const char *why;
	guint uses = 0;

	*explanation_out = NULL;
	if (mg_spf_target(lookups, record, &record->exp.spec, values, name, &question.name, domain) != MG_SPF_TARGET_NAME)
		return;
	string = fetch_string(lookups, &question);
	if (string == NULL || !mg_spf_macro_parse(string->text, 0, string->length, TRUE, pieces, &uses, &why))
		return;
	values->validated = NULL;
	if (uses & MG_SPF_USES_VALIDATED) {
		if (mg_spf_validated_text(lookups, name, validated) != MG_SPF_FOUND)
			return;
		values->validated = validated[0] != 0 ? validated : NULL;
	}
	*explanation_out = expand_string(string, pieces, values);
	values->validated = NULL;   /* it was borrowed from here */
}
