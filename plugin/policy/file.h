/* file.h - a file of the policy, read whole.
 * In:    a path and the most octets it may have
 * Out:   its octets
 * Rules: a regular file, no symbolic link, owned by root or by the user we run as, writable by nobody else; judged
 *        on the descriptor that is then read, so that nothing can be exchanged between the look and the use. */
#ifndef MG_POLICY_FILE_H
#define MG_POLICY_FILE_H

#include <glib.h>

#define MG_CONFIG_SIZE_MAX (1u << 20)
#define MG_LIST_SIZE_MAX   (256u << 20)

typedef enum mg_file_result {
	MG_FILE_READ,
	MG_FILE_UNREADABLE,   /* not there, not ours to read, an I/O error: may be mended from outside */
	MG_FILE_REFUSED       /* there, and not to be trusted: wrong owner, mode, kind or size */
} mg_file_result;

/* @octets_out: the octets and a NUL, the caller's to free. On another result the outputs are untouched but
 * @why_out, which gets a sentence that is the caller's to free. */
mg_file_result mg_file_read(const char *path, gsize size_max, char **octets_out, gsize *length_out, char **why_out);

#endif
