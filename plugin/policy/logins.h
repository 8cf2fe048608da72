/* logins.h - which user owns which sender.
 * In:    user>entry, an entry as in addresses.h but no null reverse-path, which is nobody's
 * Out:   whether a reverse-path has an owner, and whether a user is one
 * Rules: user names are compared as they are, octet by octet, as those of [grant] auth. A path is a user's if every layer
 *        of it is: what hides a second mailbox is not lent by the first. A user and an entry are one key of one set, so that
 *        a million of them take the room of their text and a slot or two each. */
#ifndef MG_POLICY_LOGINS_H
#define MG_POLICY_LOGINS_H

#include <glib.h>

#include "session/facts.h"
#include "session/path.h"

typedef struct mg_logins mg_logins;

mg_logins *mg_logins_new(void);
void mg_logins_free(mg_logins *logins);

/* FALSE, nothing changed, if @word is none; @why_out gets a sentence that is the caller's to free. */
gboolean mg_logins_add(mg_logins *logins, const char *word, char **why_out);

/* NULL @logins: empty. */
gboolean mg_logins_is_empty(const mg_logins *logins);

/* The entry, in its canonical form, by which some layer of @path is somebody's; NULL: none is. */
const char *mg_logins_find_owned(const mg_logins *logins, const mg_path *path);
/* Whether all of @path is @user's. */
gboolean mg_logins_owns(const mg_logins *logins, mg_words user, const mg_path *path);

#endif
