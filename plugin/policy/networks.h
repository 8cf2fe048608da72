/* networks.h - a list of networks: the longest one that matches decides.
 * In:    networks, each with the number of the set it belongs to, or as an exception of that set
 * Out:   for an address, the set and the network that matched
 * Owns:  sorted ranges, all overlaps resolved when built: 20 octets a range, at most two ranges and a bit
 *        for a network; a search reads a few cache lines whatever the size
 * Rules: RFC 4632 3.1 (longest prefix). An IPv6 network around ::ffff:0:0/96 says nothing of IPv4. Immutable. */
#ifndef MG_POLICY_NETWORKS_H
#define MG_POLICY_NETWORKS_H

#include <glib.h>

#include "session/ip.h"

#define MG_NETWORKS_SETS_MAX 0x7fffff

typedef struct mg_networks mg_networks;
typedef struct mg_networks_builder mg_networks_builder;

mg_networks_builder *mg_networks_builder_new(void);
/* @set: 0..MG_NETWORKS_SETS_MAX. @is_exception: its addresses are not of @set, but of what lies around.
 * @place: any number of the caller's, given back in a conflict. */
void mg_networks_builder_add(mg_networks_builder *builder, const mg_network *network, guint set,
                             gboolean is_exception, guint place);

/* One network that is said to be two things. */
typedef struct mg_networks_conflict {
	mg_network network;
	guint      first_place, second_place;   /* as added */
} mg_networks_conflict;

/* Ends the builder. Returns NULL, @conflict_out set, if a network stands in two sets, or in one both as
 * itself and as an exception. The same thing said twice is no conflict. */
mg_networks *mg_networks_build(mg_networks_builder *builder, mg_networks_conflict *conflict_out);
void mg_networks_free(mg_networks *networks);

/* FALSE, outputs untouched, if nothing matches, or an exception with nothing around it. NULL @networks: empty.
 * @network_out may be NULL. */
gboolean mg_networks_find(const mg_networks *networks, const mg_ip *ip, guint *set_out, mg_network *network_out);

/* The first address after @ip that is in it, of all if @ip is NULL. FALSE, @next_out untouched: there is none. NULL @networks: empty. */
gboolean mg_networks_next(const mg_networks *networks, const mg_ip *ip, mg_ip *next_out);

/* Octets of memory, for the bench. */
gsize mg_networks_size(const mg_networks *networks);

#endif
