/* conf.h - mailguard.conf as sections of keys and values, with the lines they stand in.
 * In:    the text of the file
 * Out:   sections and keys in the order of the file
 * Rules: GKeyFile reads the values; a pass over the lines before it finds what GKeyFile would hide (a section or
 *        key that stands twice) or tell without a line. Values keep no control octets: no text can smuggle a line
 *        into a reply. */
#ifndef MG_POLICY_CONF_H
#define MG_POLICY_CONF_H

#include <glib.h>

#include "policy/findings.h"

typedef struct mg_conf_key {
	char *name;    /* owned */
	char *value;   /* owned; escapes resolved, white space at both ends off */
	guint line;
} mg_conf_key;

typedef struct mg_conf_section {
	char      *name;   /* owned; "zone office" */
	GPtrArray *keys;   /* owned; of mg_conf_key */
	guint      line;
} mg_conf_section;

#define MG_CONF_LAID_OVER (1u << 31)   /* in a line: it is one of the conf that was laid over */

typedef struct mg_conf {
	char      *file;       /* owned */
	char      *over_file;  /* owned; of the conf that was laid over; NULL: none was */
	GPtrArray *sections;   /* owned; of mg_conf_section */
} mg_conf;

/* Always returns what could be read; faults are errors among @findings, whose places borrow conf->file. */
mg_conf *mg_conf_parse(const char *text, gsize length, const char *file, mg_findings *findings);
void mg_conf_free(mg_conf *conf);

/* The keys of @over take the place of those of @conf, or come to them. @over is left without any. */
void mg_conf_lay_over(mg_conf *conf, mg_conf *over);

/* Where a line of a key or a section stands; borrows from @conf. */
mg_place mg_conf_place(const mg_conf *conf, guint line);

#endif
