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

/* DNS is asked about more than Domains: a HELO word may end in a dot or have labels of any octets. What is below an organisation
 * is its, however it is written, or each such word would begin at nothing. */
static guint64
organisation_key(const char *domain)
{
	const char *end = domain + strlen(domain), *dot;
	char canonical[MG_DOMAIN_MAX + 1];

	if (end - domain > 1 && end[-1] == '.')
		end--;
	for (const char *at = domain; at != NULL; at = dot != NULL ? dot + 1 : NULL) {
		if (mg_domain_canonical(at, (gsize)(end - at), at == domain, canonical)) {
			if (at != domain && mg_domain_is_public_suffix(canonical))
				break;   /* of many organisations */
			domain = mg_domain_organisation(canonical);
			return mg_places_key(domain, strlen(domain));
		}
		if (end - domain > MG_DOMAIN_MAX)
			break;   /* nobody is asked about it */
		dot = memchr(at, '.', (gsize)(end - at));
	}
	return mg_places_key(domain, (gsize)(end - domain));
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
