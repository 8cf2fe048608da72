/* gmail_zone.h - a domain whose SPF record is shaped as gmail.com's.
 * In:    a domain
 * Out:   its five TXT records: a redirect, three includes, 27 networks, 21 of them IPv4
 * Rules: the widths are as gmail.com's, the addresses those of RFC 2544 and 3849. The client stands in the last
 *        network of the last include: no term is left out. */
#ifndef MG_BENCH_GMAIL_ZONE_H
#define MG_BENCH_GMAIL_ZONE_H

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ZONE_RECORDS  5
#define ZONE_DEPTH    3      /* redirect, includes, networks: each is asked for when the one before is here */
#define ZONE_NAME_MAX 254
#define ZONE_TEXT_MAX 512
#define ZONE_STRING   255    /* octets in one string of a TXT record (RFC 1035 3.3.14) */
#define ZONE_CLIENT   "198.18.131.7"

/* In front of the domain; the record of the domain itself comes last. */
static const char *const zone_prefixes[ZONE_RECORDS] = { "_spf.", "_n1.", "_n2.", "_n3.", "" };

/* Index of the record at @name. */
static inline unsigned
zone_find(const char *name)
{
	unsigned i = 0;

	while (strncasecmp(name, zone_prefixes[i], strlen(zone_prefixes[i])) != 0)
		i++;
	return i;
}

static inline void
zone_name(unsigned index, const char *domain, char out[ZONE_NAME_MAX])
{
	snprintf(out, ZONE_NAME_MAX, "%s%s", zone_prefixes[index], domain);
}

static inline void
zone_text(unsigned index, const char *domain, char out[ZONE_TEXT_MAX])
{
	static const char *const networks[] = {
		"ip4:198.19.247.0/24 ip4:198.19.160.0/19 ip4:198.19.0.0/20 ip4:198.19.80.0/20 ip4:198.19.192.0/18 "
		"ip4:198.18.64.0/18 ip4:198.18.8.0/21 ip4:198.19.64.0/20 ip4:198.18.0.0/18 ip4:198.19.32.0/19 "
		"ip4:198.19.128.0/19",
		"ip6:2001:db8:4000::/36 ip6:2001:db8:5000::/36 ip6:2001:db8:6000::/36 ip6:2001:db8:7000::/36 "
		"ip6:2001:db8:8000::/36 ip6:2001:db8:9000::/36",
		"ip4:198.18.192.0/19 ip4:198.18.224.0/20 ip4:198.18.160.0/19 ip4:198.18.240.0/20 ip4:198.18.144.0/20 "
		"ip4:198.18.136.0/21 ip4:198.19.112.0/20 ip4:198.19.96.0/20 ip4:198.18.132.0/22 ip4:198.18.128.0/22",
	};

	if (index == 0)
		snprintf(out, ZONE_TEXT_MAX, "v=spf1 include:_n1.%s include:_n2.%s include:_n3.%s ~all", domain, domain,
		         domain);
	else if (index == ZONE_RECORDS - 1)
		snprintf(out, ZONE_TEXT_MAX, "v=spf1 redirect=_spf.%s", domain);
	else
		snprintf(out, ZONE_TEXT_MAX, "v=spf1 %s ~all", networks[index - 1]);
}

#endif
