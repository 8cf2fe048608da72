/* places.c - see places.h. */
#include "base/places.h"

#include <string.h>

#define ROWS    256
#define COLUMNS 8

typedef struct place {
	guint64 key;
	gint64  taken_us;   /* 0: it is free */
} place;

struct mg_places {
	gsize   size;
	place   all[ROWS][COLUMNS];
	guint8 *kept;               /* owned; size octets for each */
};

mg_places *
mg_places_new(gsize size)
{
	mg_places *places = g_new0(mg_places, 1);

	places->size = size;
	places->kept = g_malloc0(size * ROWS * COLUMNS);
	return places;
}

void
mg_places_free(mg_places *places)
{
	if (places == NULL)
		return;
	g_free(places->kept);
	g_free(places);
}

static gpointer
places_kept(const mg_places *places, guint row, guint column)
{
	return places->kept + (row * COLUMNS + column) * places->size;
}

/* Its column, or COLUMNS. */
static guint
row_find(const place *row, guint64 key)
{
	guint column = 0;

	while (column < COLUMNS && (row[column].taken_us == 0 || row[column].key != key))
		column++;
	return column;
}

gpointer
mg_places_find(const mg_places *places, guint64 key)
{
	guint row = (guint)(key >> 56), column = row_find(places->all[row], key);

	return column < COLUMNS ? places_kept(places, row, column) : NULL;
}

gpointer
mg_places_take(mg_places *places, guint64 key, gint64 now_us)
{
	guint row = (guint)(key >> 56), column = row_find(places->all[row], key);

	if (column == COLUMNS) {
		column = 0;
		for (guint i = 1; i < COLUMNS; i++)
			if (places->all[row][i].taken_us < places->all[row][column].taken_us)
				column = i;
		places->all[row][column].key = key;
		memset(places_kept(places, row, column), 0, places->size);
	}
	places->all[row][column].taken_us = MAX(now_us, 1);
	return places_kept(places, row, column);
}

guint64
mg_places_key(const char *octets, gsize length)
{
	guint64 hash = G_GUINT64_CONSTANT(14695981039346656037);

	for (gsize i = 0; i < length; i++)
		hash = (hash ^ (guint8)g_ascii_tolower(octets[i])) * G_GUINT64_CONSTANT(1099511628211);
	return hash;
}
