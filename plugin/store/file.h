/* file.h - the file that a store is kept in, before and after SQLite has it.
 * In:    its path
 * Out:   whether it may be opened; one that is damaged, out of the way
 * Rules: nothing is opened but what is ours alone to write, nothing renamed but what bears our mark or nothing at all. */
#ifndef MG_STORE_FILE_H
#define MG_STORE_FILE_H

#include <glib.h>

#define MG_STORE_MARK 0x4d477264   /* "MGrd": SQLite's application id, at octet 68 of the file */

/* What has become of a call that needs the file. */
typedef enum mg_store_outcome {
	MG_STORE_DONE,
	MG_STORE_BUSY,       /* another process has the lock */
	MG_STORE_TROUBLE,    /* of the disk: may pass */
	MG_STORE_DAMAGED,    /* to be set aside */
	MG_STORE_UNUSABLE    /* to be left alone */
} mg_store_outcome;

/* MG_STORE_DONE if the file may be trusted, or is made just now; else @why_out says why not (constant). */
mg_store_outcome mg_store_file_prepare(const char *path, const char **why_out);

/* From @path to @path.bad. FALSE: it stays where it is. */
gboolean mg_store_file_set_aside(const char *path);

#endif
