/* special.c - see special.h. */
#include "session/special.h"

#define IPV4(a, b, c, d, prefix) \
	{ { MG_IPV4_HIGH, MG_IPV4_LOW | (guint64)(a) << 24 | (guint64)(b) << 16 | (guint64)(c) << 8 | (d) }, MG_IPV4_PREFIX + (prefix) }
#define IPV6(high, prefix) { { G_GUINT64_CONSTANT(high), 0 }, prefix }

static const mg_network special[] = {
	IPV4(0, 0, 0, 0, 8),          /* this network (RFC 791) */
	IPV4(10, 0, 0, 0, 8),         /* private (RFC 1918) */
	IPV4(100, 64, 0, 0, 10),      /* carrier-grade NAT (RFC 6598) */
	IPV4(127, 0, 0, 0, 8),        /* loopback (RFC 1122) */
	IPV4(169, 254, 0, 0, 16),     /* link-local (RFC 3927) */
	IPV4(172, 16, 0, 0, 12),      /* private */
	IPV4(192, 0, 0, 0, 24),       /* protocol assignments (RFC 6890) */
	IPV4(192, 0, 2, 0, 24),       /* documentation (RFC 5737) */
	IPV4(192, 168, 0, 0, 16),     /* private */
	IPV4(198, 18, 0, 0, 15),      /* benchmarking (RFC 2544) */
	IPV4(198, 51, 100, 0, 24),    /* documentation */
	IPV4(203, 0, 113, 0, 24),     /* documentation */
	IPV4(224, 0, 0, 0, 4),        /* multicast (RFC 5771) */
	IPV4(240, 0, 0, 0, 4),        /* reserved (RFC 1112) */
	{ { 0, 0 }, 128 },            /* unspecified (RFC 4291) */
	{ { 0, 1 }, 128 },            /* loopback */
	IPV6(0x0064ff9b00010000, 48), /* local translation (RFC 8215) */
	IPV6(0x0100000000000000, 64), /* discard-only (RFC 6666) */
	IPV6(0x0100000000000001, 64), /* dummy (RFC 9780) */
	IPV6(0x2001000200000000, 48), /* benchmarking (RFC 5180) */
	IPV6(0x20010db800000000, 32), /* documentation (RFC 3849) */
	IPV6(0x3fff000000000000, 20), /* documentation (RFC 9637) */
	IPV6(0x5f00000000000000, 16), /* segment routing (RFC 9602) */
	IPV6(0xfc00000000000000, 7),  /* unique local (RFC 4193) */
	IPV6(0xfe80000000000000, 10), /* link-local */
	IPV6(0xff00000000000000, 8),  /* multicast */
};

gboolean
mg_ip_is_special(const mg_ip *ip)
{
	for (guint i = 0; i < G_N_ELEMENTS(special); i++)
		if (mg_network_contains(&special[i], ip))
			return TRUE;
	return FALSE;
}
