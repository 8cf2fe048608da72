/* patterns.h - lists of names with "*" and "?".
 * Rules: "*" any octets, "?" one; the whole name must match; ASCII case does not matter. Time is bounded by pattern
 *        length times name length: there is nothing to backtrack into but the last "*". */
#ifndef MG_POLICY_PATTERNS_H
#define MG_POLICY_PATTERNS_H

#include <glib.h>

#define MG_PATTERN_MAX 255   /* octets */

typedef struct mg_patterns mg_patterns;

mg_patterns *mg_patterns_new(void);
void mg_patterns_free(mg_patterns *patterns);
/* FALSE if @pattern is empty or over MG_PATTERN_MAX octets. */
gboolean mg_patterns_add(mg_patterns *patterns, const char *pattern);
/* The pattern that matches, or NULL. @name may hold any octet. NULL @patterns: empty. */
const char *mg_patterns_find(const mg_patterns *patterns, const char *name, gsize length);

/* A name that the first pattern matches, "" without patterns, for reports; the caller's to free. */
char *mg_patterns_example(const mg_patterns *patterns);

#endif
