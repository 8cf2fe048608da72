/* penalty_box.c - see penalty_box.h. */
#include "check/penalty_box.h"

#include <string.h>

#include "base/places.h"
#include "session/domain.h"

#define BURNS_MAX 10
#define WINDOW_US (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)
#define STAY_US   (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)

/* Of one organisation. */
typedef struct burner {
	gint64 since_us;   /* when its minute began; 0: never */
	guint  n_burns;
	gint64 until_us;   /* in the box */
} burner;

struct mg_penalty_box {
	mg_places *organisations;   /* owned; of burner */
	gint64     until_us;        /* from then on it is empty */
};

mg_penalty_box *
mg_penalty_box_new(void)
{
	mg_penalty_box *box = g_new0(mg_penalty_box, 1);

	box->organisations = mg_places_new(sizeof(burner));
	return box;
}

void
mg_penalty_box_free(mg_penalty_box *box)
{
	if (box == NULL)
		return;
	mg_places_free(box->organisations);
	g_free(box);
}

static guint64
organisation_key(const char *domain)
{
	char canonical[MG_DOMAIN_MAX + 1];

	if (mg_domain_canonical(domain, strlen(domain), TRUE, canonical))
		domain = mg_domain_organisation(canonical);
	return mg_places_key(domain, strlen(domain));
}

gboolean
mg_penalty_box_note(mg_penalty_box *box, const char *domain, gint64 now_us)
{
	burner *found = mg_places_take(box->organisations, organisation_key(domain), now_us);

	if (found->since_us == 0 || now_us - found->since_us > WINDOW_US)
		*found = (burner){ .since_us = MAX(now_us, 1), .until_us = found->until_us };
	if (++found->n_burns != BURNS_MAX)
		return FALSE;
	box->until_us = found->until_us = now_us + STAY_US;
	return TRUE;
}

gboolean
mg_penalty_box_holds(const mg_penalty_box *box, const char *domain, gint64 now_us)
{
	const burner *found;

	if (now_us >= box->until_us)
		return FALSE;
	found = mg_places_find(box->organisations, organisation_key(domain));
	return found != NULL && now_us < found->until_us;
}
