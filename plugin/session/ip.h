/* ip.h - addresses and networks of clients.
 * In:    text, or 16 octets in network order
 * Out:   one number of 128 bits; an IPv4 address and its IPv4-mapped IPv6 address are the same one
 * Rules: RFC 4291 2.2, 2.5.5.2. No short, octal or hexadecimal IPv4, no zone ids. Pure. */
#ifndef MG_SESSION_IP_H
#define MG_SESSION_IP_H

#include <glib.h>

#define MG_IP_TEXT_MAX      46   /* INET6_ADDRSTRLEN */
#define MG_NETWORK_TEXT_MAX 52

typedef struct mg_ip {
	guint64 high, low;
} mg_ip;

/* mg_network - the addresses that share their first @prefix bits of 128 with @base. */
typedef struct mg_network {
	mg_ip  base;      /* all other bits zero */
	guint8 prefix;    /* 0..128; of an IPv4 network 96 more than written */
} mg_network;

#define MG_IPV4_HIGH   G_GUINT64_CONSTANT(0)
#define MG_IPV4_LOW    G_GUINT64_CONSTANT(0x0000ffff00000000)
#define MG_IPV4_PREFIX 96

static inline gboolean
mg_ip_is_ipv4(const mg_ip *ip)
{
	return ip->high == MG_IPV4_HIGH && (ip->low >> 32) == 0xffff;
}

static inline gboolean
mg_ip_less(const mg_ip *a, const mg_ip *b)
{
	return a->high < b->high || (a->high == b->high && a->low < b->low);
}

static inline gboolean
mg_ip_equal(const mg_ip *a, const mg_ip *b)
{
	return a->high == b->high && a->low == b->low;
}

/* 127.0.0.0/8, ::1 */
static inline gboolean
mg_ip_is_loopback(const mg_ip *ip)
{
	return (mg_ip_is_ipv4(ip) && (guint8)(ip->low >> 24) == 127) || (ip->high == 0 && ip->low == 1);
}

/* 0.0.0.0, ::; a connection to it comes to this host. */
static inline gboolean
mg_ip_is_unspecified(const mg_ip *ip)
{
	return ip->high == 0 && (ip->low == 0 || ip->low == MG_IPV4_LOW);
}

void mg_ip_from_octets(const guint8 octets[16], mg_ip *ip_out);
void mg_ip_to_octets(const mg_ip *ip, guint8 octets_out[16]);
gboolean mg_ip_parse(const char *text, mg_ip *ip_out);
void mg_ip_format(const mg_ip *ip, char text_out[MG_IP_TEXT_MAX]);

/* @ip with all but its first @prefix bits zero. */
mg_ip mg_ip_mask(const mg_ip *ip, guint prefix);
/* The last address of a network. */
mg_ip mg_network_last(const mg_network *network);
gboolean mg_network_contains(const mg_network *network, const mg_ip *ip);
/* "address/prefix", the prefix as written for the family; a single address without it. */
void mg_network_format(const mg_network *network, char text_out[MG_NETWORK_TEXT_MAX]);

/* "address" or "address/prefix". FALSE, @network_out untouched, if it is none; then @why_out, if not NULL,
 * gets a sentence that is the caller's to free. */
gboolean mg_network_parse(const char *text, mg_network *network_out, char **why_out);

#endif
