/* sections.h - the tables of every section and key of mailguard.conf.
 * Out:   where the value of each key goes, and who reads it
 * Rules: keys that set actions are not in the tables: they are the words of base/reason.c. */
#ifndef MG_POLICY_SECTIONS_H
#define MG_POLICY_SECTIONS_H

#include "policy/loader.h"

#define MG_AS_USUAL ((mg_consequence)-1)   /* a set of actions has not said anything of a result */

typedef struct mg_section_schema {
	const char          *name;         /* "deny hosts"; of a kind whose sections have names, "zone" */
	gboolean             is_kind;
	const char          *reasons;      /* section in reason.c whose words are keys here; NULL: none */
	gboolean             has_texts;    /* reject-text and defer-text */
	gboolean             has_preset;
	const mg_key_schema *keys;
	gsize                n_keys;
	void              *(*begin)(mg_loader *loader, const char *name, guint line);   /* the object to fill; NULL: the policy */
} mg_section_schema;

extern const mg_section_schema mg_sections[];
extern const gsize mg_n_sections;

/* No action of a set is said yet. */
void mg_actions_as_usual(mg_consequence actions[MG_N_SPF_RESULTS]);

#endif
