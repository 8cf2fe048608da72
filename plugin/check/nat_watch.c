/* nat_watch.c - see nat_watch.h. A small set-associative table: an address can only be in the places of its row. */
#include "check/nat_watch.h"

#define ROWS      256
#define PLACES    8                                  /* addresses a row */
#define NAMES     6                                  /* one more than a single host shows */
#define WINDOW_US (G_GINT64_CONSTANT(600) * G_USEC_PER_SEC)

typedef struct watched {
	mg_ip   ip;
	gint64  since_us;          /* 0: the place is free */
	gint64  seen_us;
	guint   n_names;
	gboolean told;
	guint32 names[NAMES];      /* hashes of HELO words */
} watched;

struct mg_nat_watch {
	watched places[ROWS][PLACES];
};

mg_nat_watch *
mg_nat_watch_new(void)
{
	return g_new0(mg_nat_watch, 1);
}

void
mg_nat_watch_free(mg_nat_watch *watch)
{
	g_free(watch);
}

/* FNV-1a; a collision hides one name, no more. */
static guint32
name_hash(mg_words helo)
{
	guint32 hash = 2166136261u;

	for (gsize i = 0; i < helo.length; i++)
		hash = (hash ^ (guint8)g_ascii_tolower(helo.octets[i])) * 16777619u;
	return hash;
}

/* The place of @ip: its own, or the one of its row that was seen longest ago. */
static watched *
watch_place(mg_nat_watch *watch, const mg_ip *ip)
{
	guint64 mixed = (ip->high ^ ip->low) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
	watched *row = watch->places[mixed >> 56];
	watched *oldest = &row[0];

	for (guint i = 0; i < PLACES; i++) {
		if (row[i].since_us != 0 && mg_ip_equal(&row[i].ip, ip))
			return &row[i];
		if (row[i].seen_us < oldest->seen_us)
			oldest = &row[i];
	}
	*oldest = (watched){ .ip = *ip };
	return oldest;
}

gboolean
mg_nat_watch_see(mg_nat_watch *watch, const mg_ip *ip, mg_words helo, gint64 now_us)
{
	watched *place = watch_place(watch, ip);
	guint32 hash = name_hash(helo);

	if (place->since_us == 0 || now_us - place->since_us > WINDOW_US)
		*place = (watched){ .ip = *ip, .since_us = MAX(now_us, 1) };
	place->seen_us = now_us;
	for (guint i = 0; i < place->n_names; i++)
		if (place->names[i] == hash)
			return FALSE;
	if (place->n_names < NAMES)
		place->names[place->n_names++] = hash;
	if (place->n_names < NAMES || place->told)
		return FALSE;
	place->told = TRUE;
	return TRUE;
}
