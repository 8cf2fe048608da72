/* row.h - what is known of one recipient, as a row of a store.
 * In:    keys and knowledge, its times by the calendar's clock; rows as they stand in a file
 * Out:   the one from the other
 * Rules: a row bears a sum of itself. What is read may be anything: none is believed that could not have been written. Pure. */
#ifndef MG_STORE_ROW_H
#define MG_STORE_ROW_H

#include <glib.h>

#include "verify/memory.h"

/* In the order of the file's columns. */
typedef enum mg_row_column {
	MG_ROW_ID, MG_ROW_BACKEND, MG_ROW_DOMAIN, MG_ROW_LOCAL_PART, MG_ROW_KNOWN, MG_ROW_PROVED, MG_ROW_VALID, MG_ROW_CONFIRMATIONS,
	MG_ROW_DOUBTED, MG_ROW_CODE, MG_ROW_ENHANCED, MG_ROW_SUM
} mg_row_column;
#define MG_ROW_COLUMNS (MG_ROW_SUM + 1)

typedef struct mg_row {
	gint64      numbers[MG_ROW_COLUMNS];   /* MG_ROW_VALID: MG_NEVER_S is the file's NULL; of the two texts: without meaning */
	const char *domain, *local_part;       /* borrowed from whom it was made of */
} mg_row;

/* Whether a row can have such texts. */
gboolean mg_row_key_is_plain(const char *domain, const char *local_part);

/* FALSE: it is not to be written. */
gboolean mg_row_write(mg_row *row_out, const mg_recipient_key *key, const mg_knowledge *knowledge);
/* FALSE: no row that we wrote. @key_out is borrowed as the row's texts are. */
gboolean mg_row_read(const mg_row *row, mg_recipient_key *key_out, mg_knowledge *knowledge_out);

#endif
