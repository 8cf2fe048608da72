/* secret.c - see secret.h. */
#include "base/secret.h"

#include <sys/random.h>
#include <time.h>

/* A kernel without getrandom gives what an outsider cannot read all the same: where our memory lies, and the time to the
 * nanosecond. What rests on it is a guard, not a key. */
static void
fill_poorly(guint8 *octets, gsize length)
{
	struct timespec now;
	guint64 state;

	clock_gettime(CLOCK_MONOTONIC, &now);
	state = (guint64)(gsize)&now ^ (guint64)(gsize)fill_poorly << 17 ^ (guint64)now.tv_nsec << 32 ^ (guint64)now.tv_sec;
	for (gsize i = 0; i < length; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		octets[i] = (guint8)(state >> 56);
	}
}

void
mg_secret_fill(void *octets, gsize length)
{
	if (getrandom(octets, length, 0) != (gssize)length)
		fill_poorly(octets, length);
}
