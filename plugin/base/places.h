/* places.h - a bounded memory: something small for each of the keys that were seen lately.
 * In:    a key of 64 bits, well mixed; the time
 * Out:   the key's place
 * Rules: constant in size, whoever sends what: a key can only be in the eight places of its row, where the one that was
 *        taken longest ago makes room. What is forgotten so must be no more than a nuisance. No clock of its own. */
#ifndef MG_BASE_PLACES_H
#define MG_BASE_PLACES_H

#include <glib.h>

typedef struct mg_places mg_places;

/* @size: octets of what is kept for a key. */
mg_places *mg_places_new(gsize size);
void mg_places_free(mg_places *places);

/* NULL if the key has no place. */
gpointer mg_places_find(const mg_places *places, guint64 key);
/* Never NULL; all zeros if the key had no place before. */
gpointer mg_places_take(mg_places *places, guint64 key, gint64 now_us);

/* The key of a text, without regard to the case of ASCII (FNV-1a). */
guint64 mg_places_key(const char *octets, gsize length);

#endif
