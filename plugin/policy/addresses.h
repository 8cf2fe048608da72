/* addresses.h - lists of mailboxes, and of pairs of them.
 * In:    user@dom, @dom or dom, @.dom or .dom, user@, and <> for the null reverse-path
 * Out:   whether a mailbox (session/path.h) is in the list, and by which entry
 * Rules: Local-parts without regard to case, Domains by label (domains.h). */
#ifndef MG_POLICY_ADDRESSES_H
#define MG_POLICY_ADDRESSES_H

#include <glib.h>

#include "session/path.h"

/* An entry in its canonical form, the caller's to free, or NULL and in @why_out a sentence that is. */
char *mg_address_entry(const char *word, char **why_out);

/* The canonical entries under which @mailbox could stand, the most exact first, until @function says TRUE; then TRUE. */
typedef gboolean (*mg_entry_function)(void *context, const char *entry);
gboolean mg_mailbox_try_entries(const mg_mailbox *mailbox, mg_entry_function function, void *context);

typedef struct mg_addresses mg_addresses;

mg_addresses *mg_addresses_new(void);
void mg_addresses_free(mg_addresses *addresses);

/* FALSE, nothing changed, if @word is no entry; @why_out gets a sentence that is the caller's to free. */
gboolean mg_addresses_add(mg_addresses *addresses, const char *word, char **why_out);

/* The entry that matches, in its canonical form, or NULL. NULL @addresses: empty. */
const char *mg_addresses_find(const mg_addresses *addresses, const mg_mailbox *mailbox);
gboolean mg_addresses_has_null(const mg_addresses *addresses);

/* Of all layers of @path, the null reverse-path too: the entry that matches any of them, or NULL. */
const char *mg_addresses_find_any(const mg_addresses *addresses, const mg_path *path);
/* Whether each layer is in the list; of the null reverse-path, whether "<>" is. */
gboolean mg_addresses_has_all(const mg_addresses *addresses, const mg_path *path);

gboolean mg_addresses_is_empty(const mg_addresses *addresses);
/* For reports, something that the list holds, the caller's to free: a domain, NULL if it has none; a path, "" for the
 * null one. */
char *mg_addresses_example_domain(const mg_addresses *addresses);
char *mg_addresses_example(const mg_addresses *addresses);

/* mg_pairs - sender and recipient together. */
typedef struct mg_pairs mg_pairs;

mg_pairs *mg_pairs_new(void);
void mg_pairs_free(mg_pairs *pairs);
/* @word: "sender>recipient", each an entry as above. */
gboolean mg_pairs_add(mg_pairs *pairs, const char *word, char **why_out);
/* Whether some layer of each side meets in a pair. NULL @pairs: empty. */
gboolean mg_pairs_match(const mg_pairs *pairs, const mg_path *reverse_path, const mg_path *forward_path);

#endif
