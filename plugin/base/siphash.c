/* siphash.c - see siphash.h. */
#include "base/siphash.h"

#include <string.h>

static inline guint64
rotated(guint64 word, guint bits)
{
	return word << bits | word >> (64 - bits);
}

static void
state_mix(guint64 v[4], guint n_rounds)
{
	while (n_rounds-- > 0) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotated(v[1], 13) ^ v[0];
		v[3] = rotated(v[3], 16) ^ v[2];
		v[0] = rotated(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotated(v[1], 17) ^ v[2];
		v[3] = rotated(v[3], 21) ^ v[0];
		v[2] = rotated(v[2], 32);
	}
}

static void
state_take(guint64 v[4], guint64 word)
{
	v[3] ^= word;
	state_mix(v, 2);
	v[0] ^= word;
}

guint64
mg_siphash(guint64 key_low, guint64 key_high, const void *octets, gsize length)
{
	/* The four constants spell "somepseudorandomlygeneratedbytes". */
	guint64 v[4] = {
		key_low ^ G_GUINT64_CONSTANT(0x736f6d6570736575), key_high ^ G_GUINT64_CONSTANT(0x646f72616e646f6d),
		key_low ^ G_GUINT64_CONSTANT(0x6c7967656e657261), key_high ^ G_GUINT64_CONSTANT(0x7465646279746573),
	};
	const guint8 *at = octets;
	guint64 word;

	for (gsize left = length; left >= sizeof(word); left -= sizeof(word), at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		state_take(v, GUINT64_FROM_LE(word));
	}
	word = (guint64)length << 56;
	for (gsize i = 0; i < length % sizeof(word); i++)
		word |= (guint64)at[i] << (8 * i);
	state_take(v, word);
	v[2] ^= 0xff;
	state_mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
