/* lookups.c - see lookups.h. */
#include "spf/lookups.h"

#include <string.h>

/* ---- asking ---- */

/* Whether @question was asked before; only when the limit is reached, since it is slow. */
static gboolean
was_asked(const mg_spf_lookups *lookups, const mg_dns_question *question)
{
	guint hash = mg_dns_question_hash(question);

	for (guint i = 0; i < lookups->n_queries; i++)
		if (mg_dns_question_equal(&lookups->seen[i]->question, question))
			return TRUE;
	for (guint i = 0; i < lookups->n_missed; i++)
		if (lookups->missed[i] == hash)
			return TRUE;
	return FALSE;
}

static void
note_missing(mg_spf_lookups *lookups, const mg_dns_question *question)
{
	guint hash = mg_dns_question_hash(question);

	lookups->is_missing = TRUE;
	for (guint i = 0; i < lookups->n_missed; i++)
		if (lookups->missed[i] == hash)
			return;
	if (lookups->n_missed < MG_SPF_QUERIES_MAX)
		lookups->missed[lookups->n_missed++] = hash;
}

static void
note_seen(mg_spf_lookups *lookups, const mg_dns_answer *answer)
{
	for (guint i = 0; i < lookups->n_queries; i++)
		if (lookups->seen[i] == answer)
			return;
	if (lookups->n_queries < MG_SPF_QUERIES_MAX)
		lookups->seen[lookups->n_queries++] = answer;
}

static void
tell_answer(mg_spf_lookups *lookups, const mg_dns_question *question, const mg_dns_answer *answer)
{
	char name[MG_DNS_NAME_TEXT_MAX];

	mg_dns_name_format(&question->name, name);
	g_string_append_printf(lookups->story, "%s%s %s ", lookups->story->len > 0 ? ", " : "",
	                       mg_dns_type_name(question->type), name);
	if (answer->outcome == MG_DNS_FOUND)
		g_string_append_printf(lookups->story, "%u found, ttl %u", answer->n_records, answer->ttl_s);
	else
		g_string_append(lookups->story, answer->why);
}

mg_spf_found
mg_spf_ask(mg_spf_lookups *lookups, const mg_dns_question *question, mg_dns_answer **answer_out)
{
	guint queries_max = MIN(lookups->question->limits.queries_max, MG_SPF_QUERIES_MAX);
	mg_dns_answer *answer;

	if (lookups->n_queries + lookups->n_missed >= queries_max && !was_asked(lookups, question))
		return MG_SPF_TOO_MANY;
	answer = lookups->lookup(lookups->context, question);
	if (answer == NULL) {
		note_missing(lookups, question);
		return MG_SPF_MISSING;
	}
	note_seen(lookups, answer);
	lookups->is_secure = lookups->is_secure && answer->is_secure;
	if (lookups->story != NULL)
		tell_answer(lookups, question, answer);
	*answer_out = answer;
	if (answer->outcome == MG_DNS_UNKNOWN)
		return MG_SPF_UNKNOWN;
	lookups->ttl_s = MIN(lookups->ttl_s, answer->ttl_s);
	if (answer->outcome == MG_DNS_FOUND && answer->n_records > 0)
		return MG_SPF_FOUND;
	lookups->n_term_voids++;
	return MG_SPF_VOID;
}

gboolean
mg_spf_lookups_end_term(mg_spf_lookups *lookups)
{
	const mg_spf_limits *limits = &lookups->question->limits;

	lookups->n_voids += limits->voids_by_query ? lookups->n_term_voids : MIN(lookups->n_term_voids, 1);
	lookups->n_term_voids = 0;
	return lookups->n_voids <= limits->voids_max;
}

/* ---- the client's names (RFC 7208 5.5) ---- */

/* Visible ASCII in all labels, and neither dot nor backslash inside one: what else a macro made of it would be another name. */
static gboolean
is_text(const mg_dns_name *name)
{
	for (gsize at = 0; name->octets[at] != 0; at += 1u + name->octets[at])
		for (guint i = 1; i <= name->octets[at]; i++)
			if (name->octets[at + i] < 0x21 || name->octets[at + i] > 0x7e
			    || strchr(".\\", name->octets[at + i]) != NULL)
				return FALSE;
	return name->length > 1;
}

static gboolean
has_client(const mg_spf_lookups *lookups, const mg_dns_answer *addresses)
{
	for (guint i = 0; i < addresses->n_records; i++)
		if (mg_ip_equal(&addresses->records[i].ip, &lookups->question->client))
			return TRUE;
	return FALSE;
}

static mg_spf_kin
kin_of(const mg_dns_name *name, const mg_dns_name *domain)
{
	if (!mg_dns_name_is_in(name, domain))
		return MG_SPF_KIN_OTHER;
	return name->length == domain->length ? MG_SPF_KIN_SAME : MG_SPF_KIN_BELOW;
}

mg_spf_found
mg_spf_validated(mg_spf_lookups *lookups, const mg_dns_name *domain, gboolean as_text, const mg_dns_name **name_out,
                 mg_spf_kin *kin_out)
{
	mg_dns_question question = { .type = MG_DNS_PTR };
	mg_dns_answer *names, *addresses;
	mg_spf_found found;
	gboolean is_missing = FALSE;

	*name_out = NULL;
	*kin_out = MG_SPF_KIN_NONE;
	mg_dns_name_from_ip(&lookups->question->client, &question.name);
	found = mg_spf_ask(lookups, &question, &names);
	if (found == MG_SPF_MISSING || found == MG_SPF_TOO_MANY)
		return found;
	if (found != MG_SPF_FOUND)
		return MG_SPF_FOUND;

	question.type = lookups->address_type;
	for (guint i = 0; i < MIN(names->n_records, lookups->question->limits.names_max); i++) {
		const mg_dns_name *name = names->records[i].names;
		mg_spf_kin kin;

		if (name->length <= 1)
			continue;   /* the root has no addresses */
		question.name = *name;
		found = mg_spf_ask(lookups, &question, &addresses);
		if (found == MG_SPF_TOO_MANY)
			return found;
		is_missing = is_missing || found == MG_SPF_MISSING;
		if (found != MG_SPF_FOUND || !has_client(lookups, addresses) || (as_text && !is_text(name)))
			continue;
		kin = kin_of(name, domain);
		if (kin > *kin_out) {
			*kin_out = kin;
			*name_out = name;
		}
	}
	return is_missing ? MG_SPF_MISSING : MG_SPF_FOUND;
}

mg_spf_found
mg_spf_validated_text(mg_spf_lookups *lookups, const mg_dns_name *domain, char text_out[MG_DNS_NAME_TEXT_MAX])
{
	guint n_term_voids = lookups->n_term_voids;
	const mg_dns_name *name;
	mg_spf_kin kin;
	mg_spf_found found = mg_spf_validated(lookups, domain, TRUE, &name, &kin);

	if (lookups->is_validated)
		lookups->n_term_voids = n_term_voids;
	lookups->is_validated = TRUE;
	if (name != NULL)
		mg_dns_name_format(name, text_out);
	else
		text_out[0] = 0;
	return found;
}
