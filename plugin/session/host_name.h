/* host_name.h - what the name of a host says about it, without asking anybody.
 * In:    a canonical Domain, the host's address
 * Out:   whether it looks like one that a provider has made up for an address; whether its end is known
 * Rules: structural, and only left of what an organisation has registered: whole domains are never suspected for their
 *        own name (FEATURES H15). Pure. */
#ifndef MG_SESSION_HOST_NAME_H
#define MG_SESSION_HOST_NAME_H

#include <glib.h>

#include "session/ip.h"

/* Numbers of the address stand in it, or a word such as "dyn" or "pool" and a number. */
gboolean mg_host_name_is_generic(const char *canonical, const mg_ip *ip);

/* Whether both belong to one organisation: the same registered domain. */
gboolean mg_host_name_is_kin(const char *canonical, const char *other);

/* Whether the top of it is a public suffix that is known; "lan" and "local" are none. */
gboolean mg_host_name_has_known_suffix(const char *canonical);

#endif
