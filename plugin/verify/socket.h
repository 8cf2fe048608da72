/* socket.h - a socket on its way to an endpoint.
 * In:    an endpoint, one of its addresses, the address to come from
 * Out:   a descriptor, close-on-exec, that blocks nobody; connected once it can be written to
 * Rules: TCP without delay: a dialogue is many small writes. */
#ifndef MG_VERIFY_SOCKET_H
#define MG_VERIFY_SOCKET_H

#include <glib.h>

#include "policy/backend.h"

/* @ip: NULL for a UNIX socket. -1, errno set, if it has failed already. */
int mg_socket_connect(const mg_backend *backend, const mg_endpoint *endpoint, const mg_ip *ip);

/* What became of it, once it can be written to: 0, or an errno. */
int mg_socket_error(int fd);
/* "refused", "unreachable", ...: constant */
const char *mg_socket_problem(int error);

#endif
