/* conf.c - see conf.h. */
#include "policy/conf.h"

#include <string.h>

static void
conf_key_free(gpointer data)
{
	mg_conf_key *key = data;

	g_free(key->name);
	g_free(key->value);
	g_free(key);
}

static mg_conf_section *
conf_section_new(const char *name, guint line)
{
	mg_conf_section *section = g_new0(mg_conf_section, 1);

	section->name = g_strdup(name);
	section->keys = g_ptr_array_new_with_free_func(conf_key_free);
	section->line = line;
	return section;
}

static void
conf_section_free(gpointer data)
{
	mg_conf_section *section = data;

	g_free(section->name);
	g_ptr_array_unref(section->keys);
	g_free(section);
}

void
mg_conf_free(mg_conf *conf)
{
	if (conf == NULL)
		return;
	g_ptr_array_unref(conf->sections);
	g_free(conf->file);
	g_free(conf->over_file);
	g_free(conf);
}

/* The pass over the lines: where it files, and what it has seen: "section", "section number\nkey" -> line. */
typedef struct conf_scan {
	mg_conf     *conf;       /* borrowed */
	mg_findings *findings;   /* borrowed */
	GHashTable  *seen;       /* owned */
} conf_scan;

/* The line in which @name was seen before, or 0; from now on it was seen in @line. Takes @name over. */
static guint
scan_see(conf_scan *scan, char *name, guint line)
{
	guint before = GPOINTER_TO_UINT(g_hash_table_lookup(scan->seen, name));

	if (before == 0)
		g_hash_table_insert(scan->seen, name, GUINT_TO_POINTER(line));
	else
		g_free(name);
	return before;
}

/* ---- the pass over the lines ---- */

static gboolean
has_control_octets(const char *text)
{
	for (; *text; text++)
		if (((guchar)*text < ' ' && *text != '\t') || *text == 0x7f)
			return TRUE;
	return FALSE;
}

static void
scan_section(conf_scan *scan, char *line, guint number)
{
	mg_place place = { scan->conf->file, number };
	gsize length = strlen(line);
	char *name = line + 1;
	guint before;

	if (line[length - 1] != ']' || length < 3) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "'%s': [section] was expected", line);
		return;
	}
	line[length - 1] = 0;
	if (has_control_octets(name)) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "a control octet in the name of a section");
		return;
	}
	if (strpbrk(name, "[]") != NULL) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "a bracket in the name of section [%s]", name);
		return;
	}
	before = scan_see(scan, g_strdup(name), number);
	if (before > 0)
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "duplicate-section",
		                "section [%s] stands in line %u already", name, before);
	g_ptr_array_add(scan->conf->sections, conf_section_new(name, number));
}

static void
scan_key(conf_scan *scan, const char *line, const char *equals, guint number)
{
	mg_conf *conf = scan->conf;
	mg_place place = { conf->file, number };
	g_autofree char *name = g_strchomp(g_strndup(line, (gsize)(equals - line)));
	mg_conf_section *section;
	mg_conf_key *key;
	guint before;

	if (conf->sections->len == 0) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "key '%s' stands before any [section]", name);
		return;
	}
	section = conf->sections->pdata[conf->sections->len - 1];
	if (name[0] == 0 || strpbrk(name, "[] \t") != NULL || has_control_octets(name)) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "'%s' is no name of a key", name);
		return;
	}
	before = scan_see(scan, g_strdup_printf("%u\n%s", conf->sections->len, name), number);
	if (before > 0) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "duplicate-key",
		                "[%s] %s stands in line %u already", section->name, name, before);
		return;
	}
	key = g_new0(mg_conf_key, 1);
	key->name = g_steal_pointer(&name);
	key->line = number;
	g_ptr_array_add(section->keys, key);
}

static void
scan_line(conf_scan *scan, char *line, guint number)
{
	mg_place place = { scan->conf->file, number };
	const char *equals;

	if (!g_utf8_validate(line, -1, NULL)) {
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax", "octets that are not UTF-8");
		return;
	}
	g_strstrip(line);
	if (line[0] == 0 || line[0] == '#')
		return;
	if (line[0] == '[') {
		scan_section(scan, line, number);
		return;
	}
	equals = strchr(line, '=');
	if (equals == NULL)
		mg_findings_add(scan->findings, MG_LEVEL_ERROR, place, "syntax",
		                "'%.80s': [section], key = value or # comment was expected", line);
	else
		scan_key(scan, line, equals, number);
}

static void
scan_lines(conf_scan *scan, const char *text, gsize length)
{
	const char *end = text + length;

	for (guint number = 1; text < end; number++) {
		const char *line_end = memchr(text, '\n', (gsize)(end - text));
		gsize line_length = (gsize)((line_end ? line_end : end) - text);
		g_autofree char *line = g_strndup(text, line_length);

		if (memchr(text, 0, line_length) != NULL)
			mg_findings_add(scan->findings, MG_LEVEL_ERROR, (mg_place){ scan->conf->file, number },
			                "syntax", "a NUL");
		else
			scan_line(scan, line, number);
		text += line_length + 1;
	}
}

/* ---- the values ---- */

/* Resolves the escapes of GKeyFile in place but those of line ends. Returns what is wrong (constant), or NULL. (GKeyFile,
 * asked to do it, tells of a second fault in a value on standard error, which is the server's.) */
static const char *
unescape(char *text)
{
	static const char line_end[] = "a line end or control octet in the value";
	char *out = text;

	for (; *text; text++) {
		char c = *text;

		if ((guchar)c < ' ' ? c != '\t' : c == 0x7f)
			return line_end;
		if (c == '\\') {
			c = *++text;
			if (c == 'n' || c == 'r')
				return line_end;
			if (c != 's' && c != 't' && c != '\\')
				return "an escape that is not known in the value";
			c = c == 's' ? ' ' : c == 't' ? '\t' : c;
		}
		*out++ = c;
	}
	*out = 0;
	return NULL;
}

static void
conf_take_value(mg_conf *conf, GKeyFile *key_file, const mg_conf_section *section, mg_conf_key *key,
                mg_findings *findings)
{
	const char *fault;

	key->value = g_strstrip(g_key_file_get_value(key_file, section->name, key->name, NULL));
	fault = unescape(key->value);
	if (fault == NULL)
		return;
	mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ conf->file, key->line }, "syntax", "[%s] %s: %s", section->name,
	                key->name, fault);
	*key->value = 0;
}

static void
conf_take_values(mg_conf *conf, GKeyFile *key_file, mg_findings *findings)
{
	for (guint i = 0; i < conf->sections->len; i++) {
		mg_conf_section *section = conf->sections->pdata[i];

		for (guint k = 0; k < section->keys->len; k++)
			conf_take_value(conf, key_file, section, section->keys->pdata[k], findings);
	}
}

mg_conf *
mg_conf_parse(const char *text, gsize length, const char *file, mg_findings *findings)
{
	g_autoptr(GKeyFile) key_file = g_key_file_new();
	g_autoptr(GError) error = NULL;
	mg_conf *conf = g_new0(mg_conf, 1);
	conf_scan scan = { NULL, findings, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
	guint n_errors = mg_findings_errors(findings);

	conf->file = g_strdup(file);
	conf->sections = g_ptr_array_new_with_free_func(conf_section_free);
	scan.conf = conf;
	scan_lines(&scan, text, length);
	g_hash_table_unref(scan.seen);
	if (mg_findings_errors(findings) == n_errors && length > 0
	    && !g_key_file_load_from_data(key_file, text, length, G_KEY_FILE_NONE, &error))
		mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ conf->file, 0 }, "syntax", "%s", error->message);
	if (mg_findings_errors(findings) > n_errors)
		g_ptr_array_set_size(conf->sections, 0);   /* values of a file that is not sound would mislead */
	conf_take_values(conf, key_file, findings);
	return conf;
}

/* ---- one over another ---- */

static mg_conf_section *
conf_section(mg_conf *conf, const char *name)
{
	for (guint i = 0; i < conf->sections->len; i++) {
		mg_conf_section *section = conf->sections->pdata[i];

		if (strcmp(section->name, name) == 0)
			return section;
	}
	return NULL;
}

static void
section_put(mg_conf_section *section, mg_conf_key *key)
{
	key->line |= MG_CONF_LAID_OVER;
	for (guint i = 0; i < section->keys->len; i++)
		if (strcmp(((mg_conf_key *)section->keys->pdata[i])->name, key->name) == 0)
			g_ptr_array_remove_index(section->keys, i--);
	g_ptr_array_add(section->keys, key);
}

void
mg_conf_lay_over(mg_conf *conf, mg_conf *over)
{
	g_free(conf->over_file);
	conf->over_file = g_strdup(over->file);
	while (over->sections->len > 0) {
		mg_conf_section *from = g_ptr_array_steal_index(over->sections, 0);
		mg_conf_section *to = conf_section(conf, from->name);

		if (to == NULL)
			g_ptr_array_add(conf->sections, to = conf_section_new(from->name, from->line | MG_CONF_LAID_OVER));
		while (from->keys->len > 0)
			section_put(to, g_ptr_array_steal_index(from->keys, 0));
		conf_section_free(from);
	}
}

mg_place
mg_conf_place(const mg_conf *conf, guint line)
{
	return line & MG_CONF_LAID_OVER ? (mg_place){ conf->over_file, line & ~MG_CONF_LAID_OVER } : (mg_place){ conf->file, line };
}
