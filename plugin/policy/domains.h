/* domains.h - a list of Domains, compared by label.
 * In:    "dom" for that name, ".dom" for what is below it; canonical (session/domain.h)
 * Out:   for a name, the number of the set it is in
 * Rules: the name itself before its parents, the nearest parent first; never one label's end for another's. */
#ifndef MG_POLICY_DOMAINS_H
#define MG_POLICY_DOMAINS_H

#include <glib.h>

typedef struct mg_domains mg_domains;

mg_domains *mg_domains_new(void);
void mg_domains_free(mg_domains *domains);

/* @set: 0 where there is only one. FALSE, nothing changed, if it stands there with another set. */
gboolean mg_domains_add(mg_domains *domains, const char *domain, guint set);

/* The entry that matches @name, with or without its dot, or NULL; @set_out may be NULL. NULL @domains: empty. */
const char *mg_domains_find(const mg_domains *domains, const char *name, guint *set_out);

guint mg_domains_count(const mg_domains *domains);
/* Entry number @index in no particular order, for reports. */
const char *mg_domains_get(const mg_domains *domains, guint index);
/* All entries, in the order of their octets, NULL behind the last; the array is the caller's to free. NULL @domains: empty. */
const char **mg_domains_list(const mg_domains *domains);

#endif
