/* patterns.c - see patterns.h. */
#include "policy/patterns.h"

#include <string.h>

struct mg_patterns {
	GPtrArray *all;   /* owned; of owned strings, lower-case */
};

mg_patterns *
mg_patterns_new(void)
{
	mg_patterns *patterns = g_new0(mg_patterns, 1);

	patterns->all = g_ptr_array_new_with_free_func(g_free);
	return patterns;
}

void
mg_patterns_free(mg_patterns *patterns)
{
	if (patterns == NULL)
		return;
	g_ptr_array_unref(patterns->all);
	g_free(patterns);
}

gboolean
mg_patterns_add(mg_patterns *patterns, const char *pattern)
{
	if (pattern[0] == 0 || strlen(pattern) > MG_PATTERN_MAX)
		return FALSE;
	g_ptr_array_add(patterns->all, g_ascii_strdown(pattern, -1));
	return TRUE;
}

static gboolean
pattern_matches(const char *pattern, const char *name, gsize length)
{
	const char *star = NULL;   /* the last "*" met */
	gsize at = 0, star_at = 0;   /* where in the name; where it ends what the star has eaten */

	while (at < length) {
		if (*pattern == '*') {
			star = pattern++;
			star_at = at;
		} else if (*pattern != 0 && (*pattern == '?' || *pattern == g_ascii_tolower(name[at]))) {
			pattern++;
			at++;
		} else if (star != NULL) {
			pattern = star + 1;
			at = ++star_at;
		} else {
			return FALSE;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == 0;
}

const char *
mg_patterns_find(const mg_patterns *patterns, const char *name, gsize length)
{
	for (guint i = 0; patterns != NULL && i < patterns->all->len; i++)
		if (pattern_matches(patterns->all->pdata[i], name, length))
			return patterns->all->pdata[i];
	return NULL;
}

char *
mg_patterns_example(const mg_patterns *patterns)
{
	char *example = g_strdup(patterns->all->len > 0 ? patterns->all->pdata[0] : "");

	return g_strdelimit(example, "*?", 'x');
}
