/* support.h - what the unit tests share: tables of named rows, and strings of a wanted length.
 * A row's first member is its name; the row is a case, and its path is that of the table and the name. */
#ifndef MG_TEST_SUPPORT_H
#define MG_TEST_SUPPORT_H

#include <glib.h>
#include <string.h>

/* The engine says nothing on standard error: a complaint of GLib's about it fails the row at hand. */
static inline void
test_take_complaint(const char *domain, GLogLevelFlags level, const char *message, gpointer data G_GNUC_UNUSED)
{
	g_test_message("%s: %s", domain ? domain : "-", message);
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
		g_test_fail();
}

/* A row that fails leaves the rows behind it to be run. */
static inline void
test_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	g_test_set_nonfatal_assertions();
	g_log_set_always_fatal(G_LOG_FATAL_MASK);
	g_log_set_default_handler(test_take_complaint, NULL);
}

static inline void
test_add_rows(const char *path, const void *rows, gsize n_rows, gsize row_size, GTestDataFunc function)
{
	for (gsize i = 0; i < n_rows; i++) {
		const char *row = (const char *)rows + i * row_size;
		g_autofree char *row_path = NULL;
		const char *name;

		memcpy(&name, row, sizeof(name));
		row_path = g_strconcat(path, "/", name, NULL);
		g_test_add_data_func(row_path, row, function);
	}
}

#define TEST_ROWS(path, rows, function) \
	test_add_rows(path, rows, G_N_ELEMENTS(rows), sizeof((rows)[0]), function)

/* @n times @c; the caller's to free. */
static inline char *
test_repeat(char c, gsize n)
{
	return g_strnfill(n, c);
}

/* A Domain of @length octets, in labels of 63 and a shorter one at the end; the caller's to free. Not for a
 * multiple of 64, which would end in a dot. */
static inline char *
test_domain_of(gsize length)
{
	char *domain = g_strnfill(length, 'd');

	for (gsize i = 63; i < length; i += 64)
		domain[i] = '.';
	return domain;
}

#endif
