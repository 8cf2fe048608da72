/* file.c - see file.h. */
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_OCTETS 100   /* of a file of SQLite's */
#define MARK_AT     68

/* ---- trust ---- */

static mg_store_outcome
file_make(const char *path, const char **why_out)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || errno == EEXIST)
		return MG_STORE_DONE;
	if (errno == ENOSPC || errno == EDQUOT) {
		*why_out = "no space";
		return MG_STORE_TROUBLE;
	}
	*why_out = "cannot be made";
	return MG_STORE_UNUSABLE;
}

mg_store_outcome
mg_store_file_prepare(const char *path, const char **why_out)
{
	struct stat found;

	if (lstat(path, &found) < 0) {
		if (errno == ENOENT)
			return file_make(path, why_out);
		*why_out = "cannot be examined";
		return MG_STORE_UNUSABLE;
	}
	/* Never opened but by SQLite: closing it would end the locks of whoever else has it open in this process. */
	if (!S_ISREG(found.st_mode))
		*why_out = "is no regular file";
	else if (found.st_uid != 0 && found.st_uid != geteuid())
		*why_out = "is owned by someone else";
	else if (found.st_mode & (S_IWGRP | S_IWOTH))
		*why_out = "may be written by others";
	else
		return MG_STORE_DONE;
	return MG_STORE_UNUSABLE;
}

/* ---- setting aside ---- */

/* What is damaged may be anything, a file that somebody needs too. Ours is what bears our mark; and what bears nothing at all. */
static gboolean
file_is_ours(const char *path)
{
	const guint32 mark = GUINT32_TO_BE(MG_STORE_MARK);
	guint8 head[HEAD_OCTETS] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	gboolean is_blank = TRUE;
	gssize n;

	if (fd < 0)
		return FALSE;
	n = pread(fd, head, sizeof(head), 0);
	close(fd);
	for (gssize i = 0; i < n; i++)
		is_blank = is_blank && head[i] == 0;
	return n >= 0 && (is_blank || memcmp(head + MARK_AT, &mark, sizeof(mark)) == 0);
}

gboolean
mg_store_file_set_aside(const char *path)
{
	g_autofree char *bad = g_strconcat(path, ".bad", NULL);
	g_autofree char *wal = g_strconcat(path, "-wal", NULL);
	g_autofree char *shm = g_strconcat(path, "-shm", NULL);

	if (!file_is_ours(path) || rename(path, bad) < 0)
		return FALSE;
	unlink(wal);
	unlink(shm);
	return TRUE;
}
