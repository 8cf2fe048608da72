/* health.c - see health.h. */
#include "dns/health.h"

#define PART_US       (10 * G_USEC_PER_SEC)
#define QUESTIONS_MIN 20

void
mg_dns_health_note(mg_dns_health *health, gboolean is_unknown, gint64 now_us)
{
	gint64 part = now_us / PART_US;

	/* What lies between was quiet. */
	for (guint n_left = MG_DNS_HEALTH_PARTS; n_left > 0 && health->part < part; n_left--) {
		health->part = MAX(health->part + 1, part - MG_DNS_HEALTH_PARTS + 1);
		health->n_questions[health->part % MG_DNS_HEALTH_PARTS] = 0;
		health->n_unknown[health->part % MG_DNS_HEALTH_PARTS] = 0;
	}
	health->n_questions[part % MG_DNS_HEALTH_PARTS]++;
	health->n_unknown[part % MG_DNS_HEALTH_PARTS] += is_unknown != FALSE;
}

gboolean
mg_dns_health_is_good(const mg_dns_health *health, gint64 now_us, guint *n_questions_out, guint *n_unknown_out)
{
	gint64 part = now_us / PART_US;
	guint n_questions = 0, n_unknown = 0;

	for (gint64 i = MAX(part - MG_DNS_HEALTH_PARTS + 1, 0); i <= health->part; i++)
		if (i > health->part - MG_DNS_HEALTH_PARTS) {
			n_questions += health->n_questions[i % MG_DNS_HEALTH_PARTS];
			n_unknown += health->n_unknown[i % MG_DNS_HEALTH_PARTS];
		}
	if (n_questions_out != NULL)
		*n_questions_out = n_questions;
	if (n_unknown_out != NULL)
		*n_unknown_out = n_unknown;
	return n_questions < QUESTIONS_MIN || 2 * n_unknown < n_questions;
}
