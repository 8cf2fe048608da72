/* list.c - see list.h. */
#include "policy/list.h"

#include <string.h>

#include "policy/file.h"

static gboolean
is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == ',';
}

/* Gives the words of one line, which is changed. */
static gboolean
line_walk(char *line, gsize length, mg_place place, mg_list_function function, void *context)
{
	char *end = line + length;

	while (line < end) {
		char *word;

		while (line < end && is_separator(*line))
			line++;
		if (line == end || *line == '#')
			break;
		for (word = line; line < end && !is_separator(*line);)
			line++;
		*line++ = 0;   /* the file's own NUL stands behind its last line */
		if (!function(context, word, place))
			return FALSE;
	}
	return TRUE;
}

static void
text_walk(char *text, gsize length, mg_place place, mg_list_function function, void *context)
{
	char *end = text + length;

	for (place.line = 1; text < end; place.line++) {
		char *line_end = memchr(text, '\n', (gsize)(end - text));
		gsize line_length = (gsize)((line_end ? line_end : end) - text);
		char *line = text;

		text += line_length + 1;
		if (!line_walk(line, line_length, place, function, context))
			return;
	}
}

static mg_list_result
file_walk(const mg_list_source *source, const char *name, mg_list_function function, void *context)
{
	char *path = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(source->directory, name, NULL);
	g_autofree char *text = NULL;
	g_autofree char *why = NULL;
	gsize length;

	g_ptr_array_add(source->files, path);
	switch (mg_file_read(path, MG_LIST_SIZE_MAX, &text, &length, &why)) {
	case MG_FILE_UNREADABLE:
		mg_findings_add(source->findings, MG_LEVEL_ERROR, source->place, "list-unreadable", "%s %s", path, why);
		if (source->may_be_missing)
			mg_findings_tolerate_last(source->findings);
		return MG_LIST_UNREADABLE;
	case MG_FILE_REFUSED:
		mg_findings_add(source->findings, MG_LEVEL_ERROR, source->place, "list-refused", "%s %s", path, why);
		return MG_LIST_REFUSED;
	case MG_FILE_READ:
		break;
	}
	if (memchr(text, 0, length) != NULL) {
		mg_findings_add(source->findings, MG_LEVEL_ERROR, (mg_place){ path, 0 }, "list-refused",
		                "holds a NUL; text was expected");
		return MG_LIST_REFUSED;
	}
	text_walk(text, length, (mg_place){ path, 1 }, function, context);
	return MG_LIST_READ;
}

mg_list_result
mg_list_walk(const mg_list_source *source, mg_list_function function, void *context)
{
	g_auto(GStrv) words = g_strsplit_set(source->value, " \t\r,", -1);
	mg_list_result worst = MG_LIST_READ;

	for (guint i = 0; words[i] != NULL; i++) {
		const char *word = words[i];
		gboolean is_file = word[0] == '@' && (!source->has_addresses || strchr(word, '/') != NULL);

		if (word[0] == 0)
			continue;
		if (is_file) {
			mg_list_result result = file_walk(source, word + 1, function, context);

			worst = MAX(worst, result);
		} else if (!function(context, word, source->place)) {
			break;
		}
	}
	return worst;
}
