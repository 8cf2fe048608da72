/* latencies.c - see latencies.h. */
#include "verify/latencies.h"

#include <stdlib.h>
#include <string.h>

void
mg_latencies_add(mg_latencies *latencies, gint64 us)
{
	latencies->all_us[latencies->n++ % MG_LATENCIES_MAX] = us;
}

static int
compare_times(const void *a, const void *b)
{
	gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;

	return (first > second) - (first < second);
}

gint64
mg_latencies_median(const mg_latencies *latencies)
{
	guint n = (guint)MIN(latencies->n, MG_LATENCIES_MAX);
	gint64 sorted[MG_LATENCIES_MAX];

	if (n == 0)
		return -1;
	memcpy(sorted, latencies->all_us, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), compare_times);
	return sorted[n / 2];
}
