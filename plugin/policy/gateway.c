/* gateway.c - see gateway.h. */
#include "policy/gateway.h"

#include <string.h>

#include "session/ip.h"

#define ROUTES_IPV4 "/proc/net/route"
#define ROUTES_IPV6 "/proc/net/ipv6_route"

/* The kernel's tables: in IPv4's, destination and gateway are hexadecimal words in host order; in IPv6's,
 * destination, its prefix, source, its prefix and next hop are hexadecimal. No table, no gateway. */
GArray *
mg_gateways_read(void)
{
	GArray *gateways = g_array_new(FALSE, FALSE, sizeof(mg_ip));
	g_autofree char *ipv4 = NULL;
	g_autofree char *ipv6 = NULL;
	g_auto(GStrv) lines = NULL;

	if (g_file_get_contents(ROUTES_IPV4, &ipv4, NULL, NULL)) {
		lines = g_strsplit(ipv4, "\n", -1);
		for (guint i = 1; lines[i] != NULL; i++) {
			g_auto(GStrv) fields = g_strsplit(lines[i], "\t", -1);
			guint32 gateway;

			if (g_strv_length(fields) < 8 || strcmp(fields[1], "00000000") != 0 || strcmp(fields[7], "00000000") != 0)
				continue;
			gateway = (guint32)g_ascii_strtoull(fields[2], NULL, 16);
			if (gateway != 0)
				g_array_append_vals(gateways, &(mg_ip){ MG_IPV4_HIGH, MG_IPV4_LOW | GUINT32_FROM_BE(gateway) }, 1);
		}
		g_clear_pointer(&lines, g_strfreev);
	}
	if (g_file_get_contents(ROUTES_IPV6, &ipv6, NULL, NULL)) {
		lines = g_strsplit(ipv6, "\n", -1);
		for (guint i = 0; lines[i] != NULL; i++) {
			g_auto(GStrv) fields = g_strsplit(lines[i], " ", -1);
			mg_ip gateway;

			if (g_strv_length(fields) < 5 || strcmp(fields[1], "00") != 0 || strlen(fields[4]) != 32)
				continue;
			gateway.low = g_ascii_strtoull(fields[4] + 16, NULL, 16);
			fields[4][16] = 0;
			gateway.high = g_ascii_strtoull(fields[4], NULL, 16);
			if (gateway.high != 0 || gateway.low != 0)
				g_array_append_val(gateways, gateway);
		}
	}
	return gateways;
}
