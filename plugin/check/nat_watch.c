/* nat_watch.c - see nat_watch.h. */
#include "check/nat_watch.h"

#include "base/places.h"

#define NAMES     6                                  /* one more than a single host shows */
#define WINDOW_US (G_GINT64_CONSTANT(600) * G_USEC_PER_SEC)

/* Of one address. */
typedef struct watched {
	gint64   since_us;       /* 0: never */
	guint    n_names;
	gboolean told;
	guint64  names[NAMES];   /* keys of HELO words; a collision hides one name, no more */
} watched;

struct mg_nat_watch {
	mg_places *addresses;   /* owned; of watched */
};

mg_nat_watch *
mg_nat_watch_new(void)
{
	mg_nat_watch *watch = g_new0(mg_nat_watch, 1);

	watch->addresses = mg_places_new(sizeof(watched));
	return watch;
}

void
mg_nat_watch_free(mg_nat_watch *watch)
{
	if (watch == NULL)
		return;
	mg_places_free(watch->addresses);
	g_free(watch);
}

gboolean
mg_nat_watch_see(mg_nat_watch *watch, const mg_ip *ip, mg_words helo, gint64 now_us)
{
	guint64 key = (ip->high * G_GUINT64_CONSTANT(31) ^ ip->low) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	watched *place = mg_places_take(watch->addresses, key, now_us);
	guint64 name = mg_places_key(helo.octets, helo.length);

	if (place->since_us == 0 || now_us - place->since_us > WINDOW_US)
		*place = (watched){ .since_us = MAX(now_us, 1) };
	for (guint i = 0; i < place->n_names; i++)
		if (place->names[i] == name)
			return FALSE;
	if (place->n_names < NAMES)
		place->names[place->n_names++] = name;
	if (place->n_names < NAMES || place->told)
		return FALSE;
	place->told = TRUE;
	return TRUE;
}
