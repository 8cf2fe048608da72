/* latencies.h - how long the last few took, and their median. All zeros: none yet. */
#ifndef MG_VERIFY_LATENCIES_H
#define MG_VERIFY_LATENCIES_H

#include <glib.h>

#define MG_LATENCIES_MAX 15

typedef struct mg_latencies {
	gint64  all_us[MG_LATENCIES_MAX];
	guint64 n;   /* ever */
} mg_latencies;

void mg_latencies_add(mg_latencies *latencies, gint64 us);
/* -1: none yet. */
gint64 mg_latencies_median(const mg_latencies *latencies);

#endif
