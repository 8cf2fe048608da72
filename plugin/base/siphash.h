/* siphash.h - a hash of octets that whoever chooses the octets cannot foresee.
 * In:    a key of 128 bits, octets
 * Out:   64 bits
 * Rules: SipHash-2-4 (Aumasson, Bernstein 2012), little-endian on every machine. Pure. */
#ifndef MG_BASE_SIPHASH_H
#define MG_BASE_SIPHASH_H

#include <glib.h>

guint64 mg_siphash(guint64 key_low, guint64 key_high, const void *octets, gsize length);

#endif
