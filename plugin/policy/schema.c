/* schema.c - see schema.h. What sections and keys there are stands in sections.c. */
#include "policy/schema.h"

#include <string.h>

#include "policy/sections.h"

#define NAME_MAX_OCTETS 64

/* ---- names ---- */

static gboolean
reason_is_key(const mg_reason_info *info, const mg_section_schema *section)
{
	return section->reasons != NULL && info->section != NULL && info->range != MG_RANGE_FIXED
	       && strcmp(info->section, section->reasons) == 0;
}

/* Two reasons may share one key; each name is given once. */
static void
section_foreach_key(const mg_section_schema *section, void (*function)(void *, const char *, const char *), void *context,
                    const char *shown)
{
	const char *before = "";

	for (gsize i = 0; i < section->n_keys; i++)
		function(context, shown, section->keys[i].name);
	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		const mg_reason_info *info = mg_reason_get(reason);

		if (reason_is_key(info, section) && strcmp(info->word, before) != 0)
			function(context, shown, before = info->word);
	}
	if (section->has_preset)
		function(context, shown, "preset");
	if (section->has_texts) {
		function(context, shown, "reject-text");
		function(context, shown, "defer-text");
	}
}

void
mg_schema_foreach(void (*function)(void *context, const char *section, const char *key), void *context)
{
	for (gsize i = 0; i < mg_n_sections; i++) {
		g_autofree char *shown = g_strconcat(mg_sections[i].name, mg_sections[i].is_kind ? " NAME" : "", NULL);

		section_foreach_key(&mg_sections[i], function, context, shown);
	}
}

/* Octets to insert, drop or exchange to make @a of @b (Levenshtein), for names up to NAME_MAX_OCTETS. */
static guint
distance(const char *a, const char *b)
{
	guint row[NAME_MAX_OCTETS + 1];
	gsize n_b = MIN(strlen(b), NAME_MAX_OCTETS);

	for (guint k = 0; k <= n_b; k++)
		row[k] = k;
	for (guint i = 0; a[i] != 0 && i < NAME_MAX_OCTETS; i++) {
		guint diagonal = row[0];

		row[0] = i + 1;
		for (guint k = 1; k <= n_b; k++) {
			guint above = row[k];

			row[k] = MIN(MIN(above, row[k - 1]) + 1, diagonal + (a[i] != b[k - 1]));
			diagonal = above;
		}
	}
	return row[n_b];
}

typedef struct nearest {
	const char *wanted;
	const char *section;   /* search its keys; NULL: search sections */
	char        found[NAME_MAX_OCTETS * 2];
	guint       best;
} nearest;

static void
nearest_consider(void *context, const char *section, const char *key)
{
	nearest *search = context;
	const char *name = search->section ? key : section;
	guint d;

	if (search->section != NULL && strcmp(section, search->section) != 0)
		return;
	d = distance(search->wanted, name);
	if (d < search->best) {
		search->best = d;
		g_strlcpy(search->found, name, sizeof(search->found));
	}
}

static void
fail_unknown(mg_loader *loader, guint line, const char *section, const char *name)
{
	nearest search = { .wanted = name, .section = section, .best = G_MAXUINT };

	mg_schema_foreach(nearest_consider, &search);
	if (section != NULL)
		mg_loader_fail(loader, line, "unknown-key", "[%s] has no key '%.64s'; the nearest is '%s'", section, name,
		               search.found);
	else
		mg_loader_fail(loader, line, "unknown-section", "there is no section [%.64s]; the nearest is [%s]", name,
		               search.found);
}

static const mg_section_schema *
section_find(const char *name, const char **object_name_out)
{
	const char *space = strchr(name, ' ');

	for (gsize i = 0; i < mg_n_sections; i++) {
		gsize length = strlen(mg_sections[i].name);

		*object_name_out = NULL;
		if (!mg_sections[i].is_kind && strcmp(mg_sections[i].name, name) == 0)
			return &mg_sections[i];
		if (mg_sections[i].is_kind && space != NULL && length == (gsize)(space - name)
		    && strncmp(mg_sections[i].name, name, length) == 0) {
			*object_name_out = space + 1;
			return &mg_sections[i];
		}
	}
	return NULL;
}

static gboolean
object_name_is_valid(const char *name)
{
	gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	return length > 0 && length <= NAME_MAX_OCTETS && name[length] == 0;
}

/* ---- presets ---- */

typedef struct preset_row {
	const char    *preset, *section;
	mg_reason      first, last;   /* these and all between that have the standard consequence @from */
	mg_consequence from, to;
} preset_row;

static const preset_row preset_rows[] = {
	{ "strict", "ptr", MG_REASON_PTR_MISSING, MG_REASON_PTR_GENERIC, MG_CONSEQUENCE_FLAG, MG_CONSEQUENCE_DEFER },
	{ "strict", "sender", MG_REASON_SENDER_NULL_MX, MG_REASON_SENDER_LITERAL, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_DEFER },
	{ "strict", "helo", MG_REASON_HELO_NOT_FQDN, MG_REASON_HELO_BARE_ADDRESS, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_REJECT },
	{ "strict", "helo", MG_REASON_HELO_LITERAL_MISMATCH, MG_REASON_HELO_LITERAL_MISMATCH, MG_CONSEQUENCE_FLAG,
	  MG_CONSEQUENCE_REJECT },
	{ "imsva", "spf", MG_REASON_SPF_SOFTFAIL, MG_REASON_SPF_SOFTFAIL, MG_CONSEQUENCE_FLAG, MG_CONSEQUENCE_DEFER },
};

/* @section NULL: for all sections. */
static void
preset_apply(mg_loader *loader, const char *section, const mg_conf_key *key)
{
	static const char *const names[] = { "balanced", "strict", "imsva" };
	gboolean known = FALSE, fits = section == NULL || strcmp(key->value, "balanced") == 0;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		known = known || strcmp(key->value, names[i]) == 0;
	for (guint reason = 0; section != NULL && reason < MG_N_REASONS; reason++)
		if (g_strcmp0(mg_reason_get(reason)->section, section) == 0)
			loader->policy->consequences[reason] = mg_reason_get(reason)->standard;
	for (guint i = 0; i < G_N_ELEMENTS(preset_rows); i++) {
		const preset_row *row = &preset_rows[i];

		if (strcmp(row->preset, key->value) != 0 || (section != NULL && strcmp(row->section, section) != 0))
			continue;
		fits = TRUE;
		for (guint reason = row->first; reason <= row->last; reason++)
			if (mg_reason_get(reason)->standard == row->from)
				loader->policy->consequences[reason] = row->to;
	}
	if (!known)
		mg_loader_fail(loader, key->line, "value", "preset = %s: balanced, strict or imsva was expected", key->value);
	else if (!fits)
		mg_loader_fail(loader, key->line, "value", "preset = %s says nothing about [%s]", key->value, section);
}

static void
presets_read(mg_loader *loader, gboolean of_all)
{
	const char *object_name;

	for (guint i = 0; i < loader->conf->sections->len; i++) {
		const mg_conf_section *section = loader->conf->sections->pdata[i];
		const mg_section_schema *schema = section_find(section->name, &object_name);
		gboolean is_global = strcmp(section->name, "mailguard") == 0;

		for (guint k = 0; schema != NULL && schema->has_preset && k < section->keys->len; k++) {
			const mg_conf_key *key = section->keys->pdata[k];

			if (strcmp(key->name, "preset") == 0 && is_global == of_all)
				preset_apply(loader, is_global ? NULL : section->name, key);
		}
	}
}

/* ---- values ---- */

static const char *const range_words[] = {
	[MG_RANGE_FIXED] = NULL, [MG_RANGE_ANY] = "off, monitor, flag, defer or reject",
	[MG_RANGE_REFUSAL] = "defer or reject (nothing else keeps the relay closed)",
	[MG_RANGE_DOUBT] = "off, monitor, flag or defer (doubt is no ground for a permanent refusal)",
};
G_STATIC_ASSERT(G_N_ELEMENTS(range_words) == MG_RANGE_DOUBT + 1);

static gboolean
is_in_range(mg_consequence consequence, mg_reason_range range)
{
	switch (range) {
	case MG_RANGE_FIXED:   return FALSE;
	case MG_RANGE_ANY:     return TRUE;
	case MG_RANGE_REFUSAL: return consequence >= MG_CONSEQUENCE_DEFER;
	case MG_RANGE_DOUBT:   return consequence <= MG_CONSEQUENCE_DEFER;
	}
	g_assert_not_reached();
}

/* A key that sets an action. FALSE if it is none of this section. */
static gboolean
read_consequence(mg_loader *loader, const mg_section_schema *section, const mg_conf_key *key)
{
	gboolean found = FALSE;

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		const mg_reason_info *info = mg_reason_get(reason);
		mg_consequence consequence;

		if (!reason_is_key(info, section) || strcmp(info->word, key->name) != 0)
			continue;
		if (mg_consequence_parse(key->value, &consequence) && is_in_range(consequence, info->range))
			loader->policy->consequences[reason] = consequence;
		else if (!found)
			mg_loader_fail(loader, key->line, "value", "%s = %s: %s was expected", key->name, key->value, range_words[info->range]);
		found = TRUE;
	}
	return found;
}

static gboolean
read_section_text(mg_loader *loader, const mg_section_schema *section, const mg_conf_key *key)
{
	gboolean is_reject = strcmp(key->name, "reject-text") == 0;
	const char *text;

	if (!section->has_texts || (!is_reject && strcmp(key->name, "defer-text") != 0))
		return FALSE;
	text = mg_read_text(loader, key->name, key->value, key->line);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		if (reason_is_key(mg_reason_get(reason), section))
			(is_reject ? loader->policy->reject_texts : loader->policy->defer_texts)[reason] = text;
	return TRUE;
}

static const mg_conf_key *
section_key(const mg_conf_section *section, const char *name)
{
	for (guint i = 0; i < section->keys->len; i++) {
		const mg_conf_key *key = section->keys->pdata[i];

		if (strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

static gboolean
schema_has_key(const mg_section_schema *schema, const char *name)
{
	for (gsize i = 0; i < schema->n_keys; i++)
		if (strcmp(schema->keys[i].name, name) == 0)
			return TRUE;
	return FALSE;
}

static void
read_section(mg_loader *loader, const mg_conf_section *section, const mg_section_schema *schema, const char *object_name)
{
	guint8 *object = (guint8 *)loader->policy;

	if (schema->begin != NULL)
		object = schema->begin(loader, object_name, section->line);
	for (gsize i = 0; i < schema->n_keys; i++) {
		const mg_key_schema *key_schema = &schema->keys[i];
		const mg_conf_key *key = section_key(section, key_schema->name);

		if (key != NULL)
			key_schema->read(loader, key_schema, key, object, object + key_schema->offset);
	}
	for (guint i = 0; i < section->keys->len; i++) {
		const mg_conf_key *key = section->keys->pdata[i];
		gboolean is_preset = schema->has_preset && strcmp(key->name, "preset") == 0;

		if (!schema_has_key(schema, key->name) && !is_preset && !read_consequence(loader, schema, key)
		    && !read_section_text(loader, schema, key)) {
			g_autofree char *shown = g_strconcat(schema->name, schema->is_kind ? " NAME" : "", NULL);

			fail_unknown(loader, key->line, shown, key->name);
		}
	}
}

/* Of a set of actions, those that were not written. */
static void
actions_settle(const mg_policy *policy, mg_consequence actions[MG_N_SPF_RESULTS])
{
	for (guint i = 0; i < MG_N_SPF_RESULTS; i++)
		if (actions[i] == MG_AS_USUAL)
			actions[i] = policy->consequences[MG_REASON_SPF_PASS + i];
}

/* A result that a rule looks at, or gives another action, is looked for though its own action is "off". */
static void
ask_for(mg_policy *policy, const GArray *reasons)
{
	for (guint i = 0; reasons != NULL && i < reasons->len; i++)
		policy->is_asked_for[g_array_index(reasons, mg_reason, i)] = TRUE;
}

void
mg_schema_settle(mg_loader *loader)
{
	mg_policy *policy = loader->policy;
	static const mg_conf_key standard = { (char *)"skip-networks", (char *)"loopback private", 0 };

	actions_settle(policy, policy->spf.listed_actions);
	for (guint i = 0; i < policy->spf.fors->len; i++) {
		mg_spf_for *of = policy->spf.fors->pdata[i];

		actions_settle(policy, of->actions);
		if (of->recipients == NULL)
			mg_loader_fail(loader, of->line, "value", "[spf-for %s]: recipients = ... was expected", of->name);
	}
	for (guint i = 0; i < policy->rules->len; i++) {
		const mg_rule *rule = policy->rules->pdata[i];

		if (rule->when == NULL || rule->affected == NULL || rule->then == MG_AS_USUAL)
			mg_loader_fail(loader, rule->line, "value", "[rule %s]: when, for and then were expected", rule->name);
		ask_for(policy, rule->when);
		if (rule->then != MG_CONSEQUENCE_OFF)
			ask_for(policy, rule->affected);
	}
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		policy->is_asked_for[reason] = policy->is_asked_for[reason] || policy->score.points[reason] != 0;
	for (guint i = 0; i < policy->backends->len; i++)
		mg_backend_settle(policy->backends->pdata[i], policy->hostname);
	if (policy->spf.no_mail_action == MG_AS_USUAL)
		policy->spf.no_mail_action = policy->consequences[MG_REASON_SPF_FAIL];
	if (policy->spf.skipped == NULL)
		mg_read_skipped(loader, NULL, &standard, NULL, &policy->spf.skipped);
	if (policy->sanity_skipped == NULL)
		mg_read_skipped(loader, NULL, &standard, NULL, &policy->sanity_skipped);
}

void
mg_schema_read(mg_loader *loader)
{
	mg_actions_as_usual(loader->policy->spf.listed_actions);
	loader->policy->spf.no_mail_action = MG_AS_USUAL;
	presets_read(loader, TRUE);
	presets_read(loader, FALSE);
	for (guint i = 0; i < loader->conf->sections->len; i++) {
		const mg_conf_section *section = loader->conf->sections->pdata[i];
		const char *object_name;
		const mg_section_schema *schema = section_find(section->name, &object_name);

		if (schema == NULL)
			fail_unknown(loader, section->line, NULL, section->name);
		else if (object_name != NULL && !object_name_is_valid(object_name))
			mg_loader_fail(loader, section->line, "value",
			               "[%.80s]: a name of letters, digits, '.', '-' and '_' was expected", section->name);
		else
			read_section(loader, section, schema, object_name);
	}
}
