/* special.h - networks that no host of the Internet has an address in.
 * Rules: the IANA registries of special-purpose addresses (RFC 6890, RFC 8190) as far as they are not globally reachable,
 *        and multicast. Documentation networks are among them. Pure. */
#ifndef MG_SESSION_SPECIAL_H
#define MG_SESSION_SPECIAL_H

#include <glib.h>

#include "session/ip.h"

gboolean mg_ip_is_special(const mg_ip *ip);

#endif
