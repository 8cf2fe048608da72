/* gateway.h - the default routers of this host. One that translates addresses makes all the world look like it.
 * In:    the kernel's routing tables
 * Out:   addresses; none where there is no table */
#ifndef MG_POLICY_GATEWAY_H
#define MG_POLICY_GATEWAY_H

#include <glib.h>

/* Of mg_ip; the caller's to unref. */
GArray *mg_gateways_read(void);

#endif
