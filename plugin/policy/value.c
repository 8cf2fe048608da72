/* value.c - readers of single values; lists stand in value_list.c. */
#include <string.h>

#include "mailguard/names.h"
#include "policy/loader.h"
#include "session/domain.h"

#define TEXT_MAX 300   /* octets of a reply's text, placeholders as written */

static const char *const placeholders[] = {
	"client-ip", "helo", "sender", "recipient", "domain", "result", "reason", "hostname", NULL,
};

void
mg_loader_fail(mg_loader *loader, guint line, const char *rule, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	mg_findings_add(loader->findings, MG_LEVEL_ERROR, mg_conf_place(loader->conf, line), rule, "%s", text);
}

void
mg_loader_warn(mg_loader *loader, guint line, const char *rule, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	mg_findings_add(loader->findings, MG_LEVEL_WARNING, mg_conf_place(loader->conf, line), rule, "%s", text);
}

void
mg_read_choice(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED,
               void *member)
{
	const char *const *words = schema->detail;
	g_autofree char *all = NULL;

	for (guint i = 0; words[i] != NULL; i++)
		if (words[i][0] != 0 && strcmp(words[i], key->value) == 0) {
			*(guint *)member = i;
			return;
		}
	while (words[0][0] == 0)   /* values without a word */
		words++;
	all = g_strjoinv(" or ", (char **)words);
	mg_loader_fail(loader, key->line, "value", "%s = %s: %s was expected", key->name, key->value, all);
}

void
mg_read_switch(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
               void *object G_GNUC_UNUSED, void *member)
{
	gboolean is_yes = strcmp(key->value, "yes") == 0;

	if (!is_yes && strcmp(key->value, "no") != 0)
		mg_loader_fail(loader, key->line, "value", "%s = %s: yes or no was expected", key->name, key->value);
	*(gboolean *)member = is_yes;
}

void
mg_read_number(mg_loader *loader, const mg_key_schema *schema, const mg_conf_key *key, void *object G_GNUC_UNUSED,
               void *member)
{
	const mg_number_range *range = schema->detail;
	gint64 number;

	if (g_ascii_string_to_signed(key->value, 10, range->min, range->max, &number, NULL))
		*(gsize *)member = (gsize)number;
	else
		mg_loader_fail(loader, key->line, "value",
		               "%s = %s: a number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " was expected",
		               key->name, key->value, range->min, range->max);
}

void
mg_read_note(mg_loader *loader G_GNUC_UNUSED, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
             void *object G_GNUC_UNUSED, void *member)
{
	*(char **)member = g_strdup(key->value);
}

void
mg_read_name(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
             void *object G_GNUC_UNUSED, void *member)
{
	char canonical[MG_DOMAIN_MAX + 1];

	if (mg_domain_canonical(key->value, strlen(key->value), TRUE, canonical))
		*(char **)member = g_strdup(canonical);
	else
		mg_loader_fail(loader, key->line, "value", "%s = %s: a host name was expected", key->name, key->value);
}

static gboolean
placeholder_is_known(const char *name, gsize length)
{
	for (guint i = 0; placeholders[i] != NULL; i++)
		if (strlen(placeholders[i]) == length && strncmp(placeholders[i], name, length) == 0)
			return TRUE;
	return FALSE;
}

/* Every brace in @text must belong to a placeholder. */
static gboolean
text_check_placeholders(mg_loader *loader, const char *key_name, const char *text, guint line)
{
	for (const char *at = text; (at = strpbrk(at, "{}")) != NULL; at++) {
		const char *end = strchr(at, '}');

		if (*at != '{' || end == NULL || !placeholder_is_known(at + 1, (gsize)(end - at - 1))) {
			g_autofree char *all = g_strjoinv("} {", (char **)placeholders);

			mg_loader_fail(loader, line, "placeholder", "%s: unknown placeholder at '%.30s'; {%s} are known",
			               key_name, at, all);
			return FALSE;
		}
		at = end;
	}
	return TRUE;
}

const char *
mg_read_text(mg_loader *loader, const char *key_name, const char *text, guint line)
{
	char *copy;

	for (const char *at = text; *at; at++)
		if (*at < ' ' || *at > '~') {
			mg_loader_fail(loader, line, "value", "%s: printable ASCII was expected", key_name);
			return NULL;
		}
	if (text[0] == 0 || strlen(text) > TEXT_MAX) {
		mg_loader_fail(loader, line, "value", "%s: a text of 1 to %d octets was expected", key_name, TEXT_MAX);
		return NULL;
	}
	if (!text_check_placeholders(loader, key_name, text, line))
		return NULL;
	copy = g_strdup(text);
	g_ptr_array_add(loader->policy->texts, copy);
	return copy;
}

void
mg_read_path(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
             void *object G_GNUC_UNUSED, void *member)
{
	*(char **)member = g_path_is_absolute(key->value) ? g_strdup(key->value)
	                                                  : g_build_filename(loader->directory, key->value, NULL);
}

void
mg_read_consequence(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
                    void *object G_GNUC_UNUSED, void *member)
{
	if (!mg_consequence_parse(key->value, member))
		mg_loader_fail(loader, key->line, "value", "%s = %s: off, monitor, flag, defer or reject was expected",
		               key->name, key->value);
}

/* "550 " or "450 " at the start; returns the code, or 0. Moves @text behind it. */
static int
reply_take_code(const char **text)
{
	const char *at = *text;

	if ((at[0] != '4' && at[0] != '5') || at[1] < '0' || at[1] > '5' || !g_ascii_isdigit(at[2])
	    || (at[3] != ' ' && at[3] != 0))
		return 0;
	*text = at + 3 + (at[3] == ' ');
	return (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
}

/* "5.7.1 " at the start, class digit as in @code (RFC 3463 2). FALSE if there is one of another class. */
static gboolean
reply_take_enhanced(const char **text, int code, char enhanced_out[12])
{
	g_autoptr(GRegex) form = g_regex_new("^[245]\\.[0-9]{1,3}\\.[0-9]{1,3}( |$)", 0, 0, NULL);
	gsize length;

	if (!g_regex_match(form, *text, 0, NULL))
		return TRUE;
	if ((*text)[0] - '0' != code / 100)
		return FALSE;
	length = strcspn(*text, " ");
	memcpy(enhanced_out, *text, length);
	enhanced_out[length] = 0;
	*text += length + ((*text)[length] == ' ');
	return TRUE;
}

void
mg_read_reply(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	mg_reply_form *form = member;
	const char *text = key->value;

	form->code = reply_take_code(&text);
	if (form->code != 0 && !reply_take_enhanced(&text, form->code, form->enhanced)) {
		mg_loader_fail(loader, key->line, "value", "reply: an enhanced status code of class %d was expected after %d",
		               form->code / 100, form->code);
		return;
	}
	text = mg_read_text(loader, key->name, text, key->line);
	form->text = g_strdup(text);
}

void
mg_read_hours(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key,
              void *object G_GNUC_UNUSED, void *member)
{
	g_autofree char *why = NULL;

	*(mg_schedule **)member = mg_schedule_parse(key->value, &why);
	if (*(mg_schedule **)member == NULL)
		mg_loader_fail(loader, key->line, "value", "hours: %s", why);
}

void
mg_read_until(mg_loader *loader, const mg_key_schema *schema G_GNUC_UNUSED, const mg_conf_key *key, void *object,
              void *member G_GNUC_UNUSED)
{
	mg_grant *grant = object;

	grant->until = g_strdup(key->value);
	if (!mg_until_parse(key->value, &grant->end_s))
		mg_loader_fail(loader, key->line, "value",
		               "until = %s: a day as 2027-01-31, or a moment as 2027-01-31T12:00:00Z, was expected",
		               key->value);
}
