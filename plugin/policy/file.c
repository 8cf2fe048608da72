/* file.c - see file.h. */
#include "policy/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL if the open file may be trusted, else why not. */
static char *
file_distrust(int fd, gsize size_max, gsize *size_out)
{
	struct stat found;

	if (fstat(fd, &found) < 0)
		return g_strdup_printf("cannot be examined: %s", g_strerror(errno));
	if (!S_ISREG(found.st_mode))
		return g_strdup("is no regular file");
	if (found.st_uid != 0 && found.st_uid != geteuid())
		return g_strdup_printf("is owned by user %u; root or user %u was expected", (guint)found.st_uid,
		                       (guint)geteuid());
	if (found.st_mode & (S_IWGRP | S_IWOTH))
		return g_strdup_printf("may be written by others (mode %04o); 0644 or less was expected",
		                       (guint)(found.st_mode & 07777));
	if ((guint64)found.st_size > size_max)
		return g_strdup_printf("has %" G_GUINT64_FORMAT " octets; at most %" G_GSIZE_FORMAT " were expected",
		                       (guint64)found.st_size, size_max);
	*size_out = (gsize)found.st_size;
	return NULL;
}

/* Reads to the end, which may have moved since fstat. */
static mg_file_result
file_drain(int fd, gsize size, gsize size_max, char **octets_out, gsize *length_out, char **why_out)
{
	gsize capacity = size + 1, length = 0;
	g_autofree char *octets = g_malloc(capacity);
	gssize n;

	for (;;) {
		if (length > size_max) {
			*why_out = g_strdup_printf("grew beyond %" G_GSIZE_FORMAT " octets", size_max);
			return MG_FILE_REFUSED;
		}
		if (length + 1 >= capacity) {
			capacity += MAX(capacity / 2, 4096);
			octets = g_realloc(octets, capacity);
		}
		n = read(fd, octets + length, capacity - length - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*why_out = g_strdup_printf("cannot be read: %s", g_strerror(errno));
			return MG_FILE_UNREADABLE;
		}
		if (n == 0)
			break;
		length += (gsize)n;
	}
	octets[length] = 0;
	*octets_out = g_steal_pointer(&octets);
	*length_out = length;
	return MG_FILE_READ;
}

mg_file_result
mg_file_read(const char *path, gsize size_max, char **octets_out, gsize *length_out, char **why_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	mg_file_result result = MG_FILE_REFUSED;
	char *why;
	gsize size = 0;

	if (fd < 0) {
		*why_out = errno == ELOOP ? g_strdup("is a symbolic link; the file itself was expected")
		                          : g_strdup_printf("cannot be opened: %s", g_strerror(errno));
		return errno == ELOOP ? MG_FILE_REFUSED : MG_FILE_UNREADABLE;
	}
	why = file_distrust(fd, size_max, &size);
	if (why == NULL)
		result = file_drain(fd, size, size_max, octets_out, length_out, why_out);
	else
		*why_out = why;
	close(fd);
	return result;
}
