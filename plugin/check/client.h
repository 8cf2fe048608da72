/* client.h - who the client is, as far as it may count.
 * In:    the facts of address, peer and name, and how they are known
 * Out:   the address and name that may be believed, and the zone they lie in
 * Rules: an address that a proxy states counts if the policy names the proxy; a proxy that states none is not itself
 *        the client. A name counts if it is forward-confirmed (RFC 8601 2.7.3 pass). Pure. */
#ifndef MG_CHECK_CLIENT_H
#define MG_CHECK_CLIENT_H

#include "base/trace.h"
#include "policy/policy.h"
#include "session/domain.h"
#include "session/facts.h"

typedef struct mg_client {
	gboolean       has_ip;                     /* some address was given, believed or not */
	mg_ip          ip;
	gboolean       has_peer;
	mg_ip          peer;
	const char    *doubt;                      /* constant: why the address is not believed; NULL: it is */
	gboolean       is_local;                   /* no network between us */
	char           name[MG_DOMAIN_MAX + 1];    /* canonical and forward-confirmed; "": none. As doubtful as
	                                            * the address. */
	const mg_zone *zone;                       /* borrowed from the policy; NULL: an outsider */
	mg_network     network;                    /* of the zone, that matched; prefix 0: it was the name */
} mg_client;

void mg_client_identify(const mg_policy *policy, const mg_facts *facts, mg_client *client_out);
void mg_client_trace(const mg_client *client, mg_trace *trace);
/* The address for people: "192.0.2.1", "local". */
void mg_client_format(const mg_client *client, char text_out[MG_IP_TEXT_MAX]);

/* The [exempt] section that leaves @check out for this client, or NULL. */
const mg_exempt *mg_client_exempt(const mg_policy *policy, const mg_client *client, mg_exempt_check check);

#endif
