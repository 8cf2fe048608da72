/* host_zone.h - hosts of which DNS knows all that is asked about a client: one for each IPv4 address.
 * In:    an address, or a name
 * Out:   "mx.<address>.example.com", the name that PTR gives; any other label in place of "mx" leads back to the address
 *        as well
 * Rules: an address is eight letters in the names, one for four bits: with digits they would look like names of lines. */
#ifndef MG_BENCH_HOST_ZONE_H
#define MG_BENCH_HOST_ZONE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HOST_NAME_MAX_OCTETS 64
#define HOST_LETTERS         8
#define HOST_DOMAIN          ".example.com"
#define HOST_REVERSE         ".in-addr.arpa"

static inline void
host_name(const char *label, uint32_t address, char out[HOST_NAME_MAX_OCTETS])
{
	char letters[HOST_LETTERS + 1] = "";

	for (unsigned i = 0; i < HOST_LETTERS; i++)
		letters[i] = (char)('a' + (address >> (28 - 4 * i) & 15));
	snprintf(out, HOST_NAME_MAX_OCTETS, "%s.%s" HOST_DOMAIN, label, letters);
}

/* The address that @name leads to. 0: it is no such name. */
static inline int
host_find(const char *name, uint32_t *address_out)
{
	const char *letters = strchr(name, '.');
	uint32_t address = 0;

	if (letters == NULL || strlen(letters) != 1 + HOST_LETTERS + strlen(HOST_DOMAIN)
	    || strcasecmp(letters + 1 + HOST_LETTERS, HOST_DOMAIN) != 0)
		return 0;
	for (unsigned i = 1; i <= HOST_LETTERS; i++)
		address = address << 4 | (uint32_t)((letters[i] | 0x20) - 'a');
	*address_out = address;
	return 1;
}

/* The address of whose PTR record @name is the owner. 0: of none. */
static inline int
host_find_reverse(const char *name, uint32_t *address_out)
{
	unsigned octets[4];
	int end = 0;

	if (sscanf(name, "%3u.%3u.%3u.%3u%n", &octets[3], &octets[2], &octets[1], &octets[0], &end) != 4
	    || strcasecmp(name + end, HOST_REVERSE) != 0)
		return 0;
	*address_out = octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
	return 1;
}

#endif
