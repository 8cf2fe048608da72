/* health.h - whether the resolver can be believed.
 * In:    how each question of the network ended, with the time
 * Out:   FALSE when, of at least 20 questions in the last minute, at least half found out nothing
 * Rules: a minute is six parts of ten seconds; the oldest goes as a whole. No clock of its own. */
#ifndef MG_DNS_HEALTH_H
#define MG_DNS_HEALTH_H

#include <glib.h>

#define MG_DNS_HEALTH_PARTS 6

typedef struct mg_dns_health {
	gint64 part;                              /* the number of the newest */
	guint  n_questions[MG_DNS_HEALTH_PARTS];
	guint  n_unknown[MG_DNS_HEALTH_PARTS];
} mg_dns_health;

void mg_dns_health_note(mg_dns_health *health, gboolean is_unknown, gint64 now_us);
/* The counts may be NULL. */
gboolean mg_dns_health_is_good(const mg_dns_health *health, gint64 now_us, guint *n_questions_out, guint *n_unknown_out);

#endif
