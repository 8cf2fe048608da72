/* penalty_box.h - organisations whose SPF records use up what there is of DNS and time.
 * In:    each evaluation that cost too much, with the domain it was of
 * Out:   whether the domain's organisation is not asked about for now
 * Rules: ten such evaluations within a minute of the first, then a minute without (FEATURES U7): a few slow or recursive records must
 *        not hold up all other mail. Who is in the box is judged temperror, which is doubt and never fail.
 *        No clock of its own. */
#ifndef MG_CHECK_PENALTY_BOX_H
#define MG_CHECK_PENALTY_BOX_H

#include <glib.h>

typedef struct mg_penalty_box mg_penalty_box;

mg_penalty_box *mg_penalty_box_new(void);
void mg_penalty_box_free(mg_penalty_box *box);

/* @domain: as the client wrote it. TRUE: that was one too many; its organisation is in the box from now on. */
gboolean mg_penalty_box_note(mg_penalty_box *box, const char *domain, gint64 now_us);
gboolean mg_penalty_box_holds(const mg_penalty_box *box, const char *domain, gint64 now_us);

#endif
