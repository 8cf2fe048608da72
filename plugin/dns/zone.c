/* zone.c - see zone.h. The master file is read by master.c; here is what it says to a question. */
#include "dns/zone.h"

#include <string.h>

#include "dns/master.h"
#include "dns/wire.h"

#define NOTHING_TTL_S 60   /* where no SOA says it */

struct mg_local_zone {
	GHashTable *sets;      /* owned; question in the answer -> mg_dns_answer, ref held: all records of name and type */
	GHashTable *names;     /* owned; mg_dns_name, owned: all that exist, those between an apex and its names too */
	GHashTable *apexes;    /* owned; mg_dns_name, owned */
	guint       n_records;
};

static guint
name_hash(gconstpointer name)
{
	return mg_dns_name_hash(name);
}

static gboolean
name_equal(gconstpointer a, gconstpointer b)
{
	return mg_dns_name_equal(a, b);
}

static void
names_add(GHashTable *names, const mg_dns_name *name)
{
	if (!g_hash_table_contains(names, name))
		g_hash_table_add(names, g_memdup2(name, sizeof(*name)));
}

/* FALSE at the root. */
static gboolean
name_parent(const mg_dns_name *name, mg_dns_name *parent_out)
{
	guint skip = 1u + name->octets[0];

	if (name->length == 1)
		return FALSE;
	parent_out->length = (guint8)(name->length - skip);
	memmove(parent_out->octets, name->octets + skip, parent_out->length);
	return TRUE;
}

/* The apex that @name is at or below, the nearest of them. */
static gboolean
zone_apex(const mg_local_zone *zone, const mg_dns_name *name, mg_dns_name *apex_out)
{
	*apex_out = *name;
	do {
		if (g_hash_table_contains(zone->apexes, apex_out))
			return TRUE;
	} while (name_parent(apex_out, apex_out));
	return FALSE;
}

static mg_dns_answer *
zone_set(const mg_local_zone *zone, mg_dns_type type, const mg_dns_name *name)
{
	mg_dns_question question = { type, *name };

	return g_hash_table_lookup(zone->sets, &question);
}

/* ---- making one ---- */

static void
zone_add_set(mg_local_zone *zone, const mg_master_set *set)
{
	mg_dns_answer *answer = mg_dns_answer_new(&set->question, MG_DNS_FOUND, "", set->records->len);

	answer->ttl_s = G_MAXUINT32;
	for (guint i = 0; i < set->records->len; i++) {
		mg_dns_record *record = &g_array_index(set->records, mg_dns_record, i);

		answer->records[i] = *record;
		answer->ttl_s = MIN(answer->ttl_s, record->ttl_s);
		*record = (mg_dns_record){ 0 };   /* what it owned is the answer's now */
	}
	zone->n_records += answer->n_records;
	g_hash_table_insert(zone->sets, &answer->question, answer);
	if (set->question.type == MG_DNS_SOA)
		names_add(zone->apexes, &set->question.name);
}

/* Names above this one exist too, as far as the zone goes up (RFC 8020, RFC 4592 2.2.2). */
static void
zone_add_name(mg_local_zone *zone, const mg_dns_name *owner)
{
	mg_dns_name name = *owner, apex;

	names_add(zone->names, &name);
	if (!zone_apex(zone, owner, &apex))
		return;
	while (!mg_dns_name_equal(&name, &apex) && name_parent(&name, &name) && !g_hash_table_contains(zone->names, &name))
		names_add(zone->names, &name);
}

/* An alias has no other data (RFC 2181 10.1), and one that leads out is never found. */
static void
zone_judge_alias(const mg_local_zone *zone, const mg_master_set *set, const char *file, mg_findings *findings)
{
	static const mg_dns_type others[] = {
		MG_DNS_A, MG_DNS_NS, MG_DNS_SOA, MG_DNS_PTR, MG_DNS_MX, MG_DNS_TXT, MG_DNS_AAAA,
	};
	const mg_dns_name *target = &zone_set(zone, MG_DNS_CNAME, &set->question.name)->records[0].names[0];
	mg_place place = { file, set->line };
	char text[MG_DNS_NAME_TEXT_MAX];
	mg_dns_name apex;

	mg_dns_name_format(&set->question.name, text);
	if (set->records->len > 1)
		mg_findings_add(findings, MG_LEVEL_ERROR, place, "local-zone-cname", "'%.80s' has more than one CNAME",
		                text);
	for (guint i = 0; i < G_N_ELEMENTS(others); i++)
		if (zone_set(zone, others[i], &set->question.name) != NULL) {
			mg_findings_add(findings, MG_LEVEL_ERROR, place, "local-zone-cname",
			                "'%.80s' has a CNAME and other records", text);
			break;
		}
	mg_dns_name_format(target, text);
	if (!zone_apex(zone, target, &apex) && !g_hash_table_contains(zone->names, target))
		mg_findings_add(findings, MG_LEVEL_WARNING, place, "local-zone-cname",
		                "'%.80s' is outside of what this file answers for: the CNAME leads nowhere", text);
}

mg_local_zone *
mg_local_zone_parse(const char *text, gsize length, const char *file, mg_findings *findings)
{
	g_autoptr(mg_local_zone) zone = g_new0(mg_local_zone, 1);
	g_autoptr(mg_master) master = mg_master_parse(text, length, file, findings);

	zone->sets = g_hash_table_new_full(mg_dns_question_hash, mg_dns_question_equal, NULL,
	                                   (GDestroyNotify)mg_dns_answer_unref);
	zone->names = g_hash_table_new_full(name_hash, name_equal, g_free, NULL);
	zone->apexes = g_hash_table_new_full(name_hash, name_equal, g_free, NULL);
	if (master == NULL)
		return NULL;
	for (guint i = 0; i < master->origins->len; i++)
		names_add(zone->apexes, &g_array_index(master->origins, mg_dns_name, i));
	for (guint i = 0; i < master->sets->len; i++)
		zone_add_set(zone, g_ptr_array_index(master->sets, i));
	for (guint i = 0; i < master->sets->len; i++)
		zone_add_name(zone, &((const mg_master_set *)g_ptr_array_index(master->sets, i))->question.name);
	{
		guint n_errors = mg_findings_errors(findings);

		for (guint i = 0; i < master->sets->len; i++) {
			const mg_master_set *set = g_ptr_array_index(master->sets, i);

			if (set->question.type == MG_DNS_CNAME)
				zone_judge_alias(zone, set, file, findings);
		}
		if (mg_findings_errors(findings) > n_errors)
			return NULL;
	}
	return g_steal_pointer(&zone);
}

void
mg_local_zone_free(mg_local_zone *zone)
{
	if (zone == NULL)
		return;
	g_hash_table_unref(zone->sets);
	g_hash_table_unref(zone->names);
	g_hash_table_unref(zone->apexes);
	g_free(zone);
}

guint
mg_local_zone_count(const mg_local_zone *zone)
{
	return zone->n_records;
}

/* ---- answering ---- */

/* Where @name's records stand: its own, or those of the wildcard below the nearest name that exists (RFC 4592 3.3.1). */
static gboolean
zone_source(const mg_local_zone *zone, const mg_dns_name *name, const mg_dns_name *apex, mg_dns_name *source_out)
{
	mg_dns_name encloser = *name;

	*source_out = *name;
	if (g_hash_table_contains(zone->names, name))
		return TRUE;
	while (!mg_dns_name_equal(&encloser, apex) && name_parent(&encloser, &encloser))
		if (g_hash_table_contains(zone->names, &encloser))
			break;
	if (encloser.length + 2 > MG_DNS_NAME_MAX)
		return FALSE;
	source_out->octets[0] = 1;
	source_out->octets[1] = '*';
	memcpy(source_out->octets + 2, encloser.octets, encloser.length);
	source_out->length = (guint8)(encloser.length + 2);
	return g_hash_table_contains(zone->names, source_out);
}

static mg_dns_answer *
zone_nothing(const mg_local_zone *zone, const mg_dns_question *question, const char *why, gboolean has_apex,
             const mg_dns_name *apex, guint n_aliases, guint32 ttl_s)
{
	mg_dns_answer *answer = mg_dns_answer_new(question, MG_DNS_NOTHING, why, 0);
	const mg_dns_answer *soa = has_apex ? zone_set(zone, MG_DNS_SOA, apex) : NULL;

	answer->n_aliases = n_aliases;
	answer->ttl_s = MIN(ttl_s, soa != NULL ? MIN(soa->ttl_s, soa->records[0].minimum_s) : NOTHING_TTL_S);
	return answer;
}

/* The records of another name, or through one. */
static mg_dns_answer *
zone_copy(const mg_dns_answer *set, const mg_dns_question *question, guint n_aliases, guint32 ttl_s)
{
	mg_dns_answer *answer = mg_dns_answer_new(question, MG_DNS_FOUND, "", set->n_records);

	answer->n_aliases = n_aliases;
	answer->ttl_s = MIN(ttl_s, set->ttl_s);
	for (guint i = 0; i < set->n_records; i++)
		mg_dns_record_copy(&set->records[i], set->question.type, &answer->records[i]);
	return answer;
}

mg_dns_answer *
mg_local_zone_answer(const mg_local_zone *zone, const mg_dns_question *question)
{
	mg_dns_name name = question->name, apex, source;
	guint32 ttl_s = G_MAXUINT32;

	for (guint n_aliases = 0; n_aliases <= MG_DNS_ALIASES_MAX; n_aliases++) {
		gboolean has_apex = zone_apex(zone, &name, &apex);
		mg_dns_answer *set, *alias;

		if (!has_apex && !g_hash_table_contains(zone->names, &name))
			return n_aliases == 0 ? NULL : mg_dns_answer_new(question, MG_DNS_UNKNOWN, "cname", 0);
		if (!zone_source(zone, &name, &apex, &source))
			return zone_nothing(zone, question, "nxdomain", has_apex, &apex, n_aliases, ttl_s);
		set = zone_set(zone, question->type, &source);
		if (set != NULL && n_aliases == 0 && mg_dns_name_equal(&source, &name))
			return mg_dns_answer_ref(set);
		if (set != NULL)
			return zone_copy(set, question, n_aliases, ttl_s);
		alias = zone_set(zone, MG_DNS_CNAME, &source);
		if (alias == NULL)
			return zone_nothing(zone, question, "nodata", has_apex, &apex, n_aliases, ttl_s);
		name = alias->records[0].names[0];
		ttl_s = MIN(ttl_s, alias->ttl_s);
	}
	return mg_dns_answer_new(question, MG_DNS_UNKNOWN, "cname", 0);
}
