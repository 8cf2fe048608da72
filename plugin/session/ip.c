/* ip.c - see ip.h. */
#include "session/ip.h"

#include <arpa/inet.h>
#include <string.h>

static guint64
octets_to_number(const guint8 *octets)
{
	guint64 number;

	memcpy(&number, octets, sizeof(number));
	return GUINT64_FROM_BE(number);
}

void
mg_ip_from_octets(const guint8 octets[16], mg_ip *ip_out)
{
	ip_out->high = octets_to_number(octets);
	ip_out->low = octets_to_number(octets + 8);
}

void
mg_ip_to_octets(const mg_ip *ip, guint8 octets_out[16])
{
	const guint64 halves[2] = { GUINT64_TO_BE(ip->high), GUINT64_TO_BE(ip->low) };

	memcpy(octets_out, halves, sizeof(halves));
}

gboolean
mg_ip_parse(const char *text, mg_ip *ip_out)
{
	guint8 octets[16];
	struct in_addr ipv4;

	if (inet_pton(AF_INET, text, &ipv4) == 1) {
		*ip_out = (mg_ip){ MG_IPV4_HIGH, MG_IPV4_LOW | g_ntohl(ipv4.s_addr) };
		return TRUE;
	}
	if (inet_pton(AF_INET6, text, octets) != 1)
		return FALSE;
	mg_ip_from_octets(octets, ip_out);
	return TRUE;
}

/* As inet_ntop does, without its printf: this is written several times a verdict. */
static void
format_ipv4(const guint8 octets[4], char *out)
{
	for (guint i = 0; i < 4; i++) {
		if (octets[i] >= 100)
			*out++ = (char)('0' + octets[i] / 100);
		if (octets[i] >= 10)
			*out++ = (char)('0' + octets[i] / 10 % 10);
		*out++ = (char)('0' + octets[i] % 10);
		*out++ = i < 3 ? '.' : 0;
	}
}

void
mg_ip_format(const mg_ip *ip, char text_out[MG_IP_TEXT_MAX])
{
	guint8 octets[16];

	mg_ip_to_octets(ip, octets);
	if (mg_ip_is_ipv4(ip))
		format_ipv4(octets + 12, text_out);
	else
		inet_ntop(AF_INET6, octets, text_out, MG_IP_TEXT_MAX);
}

/* The first @n_bits of 64 set. */
static guint64
mask_of(guint n_bits)
{
	return n_bits == 0 ? 0 : n_bits >= 64 ? G_MAXUINT64 : ~(G_MAXUINT64 >> n_bits);
}

mg_ip
mg_ip_mask(const mg_ip *ip, guint prefix)
{
	return (mg_ip){ ip->high & mask_of(prefix), ip->low & mask_of(prefix > 64 ? prefix - 64 : 0) };
}

mg_ip
mg_network_last(const mg_network *network)
{
	guint prefix = network->prefix;

	return (mg_ip){ network->base.high | ~mask_of(prefix),
	                network->base.low | ~mask_of(prefix > 64 ? prefix - 64 : 0) };
}

gboolean
mg_network_contains(const mg_network *network, const mg_ip *ip)
{
	mg_ip masked = mg_ip_mask(ip, network->prefix);

	/* An IPv6 network around ::ffff:0:0/96 says nothing of IPv4. */
	return mg_ip_equal(&masked, &network->base) && (network->prefix >= MG_IPV4_PREFIX || !mg_ip_is_ipv4(ip));
}

static gboolean
network_is_ipv4(const mg_network *network)
{
	return network->prefix >= MG_IPV4_PREFIX && mg_ip_is_ipv4(&network->base);
}

void
mg_network_format(const mg_network *network, char text_out[MG_NETWORK_TEXT_MAX])
{
	char address[MG_IP_TEXT_MAX];
	guint prefix = network->prefix - (network_is_ipv4(network) ? MG_IPV4_PREFIX : 0u);

	mg_ip_format(&network->base, address);
	if (network->prefix == 128)
		g_snprintf(text_out, MG_NETWORK_TEXT_MAX, "%s", address);
	else
		g_snprintf(text_out, MG_NETWORK_TEXT_MAX, "%s/%u", address, prefix);
}

/* One to three digits, no sign, no leading zero; -1 for anything else. */
static int
prefix_parse(const char *text)
{
	int prefix = 0;
	gsize length = strlen(text);

	if (length == 0 || length > 3 || (length > 1 && text[0] == '0'))
		return -1;
	for (; *text; text++) {
		if (!g_ascii_isdigit(*text))
			return -1;
		prefix = prefix * 10 + (*text - '0');
	}
	return prefix;
}

static gboolean
network_fail(char **why_out, char *why)
{
	if (why_out != NULL)
		*why_out = why;
	else
		g_free(why);
	return FALSE;
}

gboolean
mg_network_parse(const char *text, mg_network *network_out, char **why_out)
{
	char address[MG_IP_TEXT_MAX];
	const char *slash = strchr(text, '/');
	gsize length = slash ? (gsize)(slash - text) : strlen(text);
	gboolean written_as_ipv4 = memchr(text, ':', length) == NULL;
	int width = written_as_ipv4 ? 32 : 128, prefix = width;
	mg_network network;

	if (memchr(text, '%', length) != NULL)
		return network_fail(why_out, g_strdup_printf("'%.60s' has a zone id, which no list can hold", text));
	if (length < sizeof(address)) {
		memcpy(address, text, length);
		address[length] = 0;
	}
	if (length >= sizeof(address) || !mg_ip_parse(address, &network.base))
		return network_fail(why_out, g_strdup_printf("'%.60s' is no IPv4 or IPv6 network", text));
	if (slash != NULL)
		prefix = prefix_parse(slash + 1);
	if (prefix < 0 || prefix > width)
		return network_fail(why_out, g_strdup_printf("'%.60s': a prefix of 0 to %d was expected after the slash",
		                                             text, width));
	network.prefix = (guint8)(prefix + (written_as_ipv4 ? MG_IPV4_PREFIX : 0));
	{
		mg_network meant = { mg_ip_mask(&network.base, network.prefix), network.prefix };
		char name[MG_NETWORK_TEXT_MAX];

		if (!mg_ip_equal(&meant.base, &network.base)) {
			mg_network_format(&meant, name);
			return network_fail(why_out, g_strdup_printf("'%.60s' has host bits set; the network is %s",
			                                             text, name));
		}
	}
	*network_out = network;
	return TRUE;
}
