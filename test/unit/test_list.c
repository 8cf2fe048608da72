/* test_list.c - the words of a list, inline and in files, and which files are trusted; with real files in a
 * directory of its own, which is removed at the end. */
#include "policy/list.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "policy/file.h"
#include "support.h"

#define HANG_S 60        /* a call that blocks ends the program instead of the run */
#define NOBODY 65534

static char *directory;   /* owned; absolute */

/* The path of @name in the directory; the caller's to free. */
static char *
path_in(const char *name)
{
	return g_build_filename(directory, name, NULL);
}

/* ---- files ---- */

typedef enum file_kind {
	KIND_MISSING, KIND_FILE, KIND_LINK, KIND_LINK_TO_NOTHING, KIND_DIRECTORY, KIND_FIFO, KIND_SOCKET, KIND_FOREIGN,
	KIND_UNDER_FILE
} file_kind;

typedef struct file_case {
	const char    *name;
	file_kind      kind;
	guint          mode;
	guint64        size;       /* a file of zeros, sparse */
	gsize          size_max;
	mg_file_result expected;
	const char    *why;        /* a part of the sentence */
} file_case;

static const file_case file_cases[] = {
	{ "mode-0644", KIND_FILE, 0644, 10, 100, MG_FILE_READ, NULL },
	{ "mode-0600", KIND_FILE, 0600, 10, 100, MG_FILE_READ, NULL },
	{ "mode-0400", KIND_FILE, 0400, 10, 100, MG_FILE_READ, NULL },
	{ "mode-0755", KIND_FILE, 0755, 10, 100, MG_FILE_READ, NULL },
	{ "mode-0664", KIND_FILE, 0664, 10, 100, MG_FILE_REFUSED, "mode 0664" },
	{ "mode-0666", KIND_FILE, 0666, 10, 100, MG_FILE_REFUSED, "mode 0666" },
	{ "mode-0646", KIND_FILE, 0646, 10, 100, MG_FILE_REFUSED, "mode 0646" },
	{ "mode-0620", KIND_FILE, 0620, 10, 100, MG_FILE_REFUSED, "mode 0620" },
	{ "mode-0602", KIND_FILE, 0602, 10, 100, MG_FILE_REFUSED, "mode 0602" },
	{ "mode-04644", KIND_FILE, 04644, 10, 100, MG_FILE_READ, NULL },
	{ "mode-02664", KIND_FILE, 02664, 10, 100, MG_FILE_REFUSED, "may be written by others" },
	{ "link", KIND_LINK, 0644, 10, 100, MG_FILE_REFUSED, "symbolic link" },
	{ "link-to-nothing", KIND_LINK_TO_NOTHING, 0644, 10, 100, MG_FILE_REFUSED, "symbolic link" },
	{ "directory", KIND_DIRECTORY, 0755, 0, 100, MG_FILE_REFUSED, "no regular file" },
	{ "fifo", KIND_FIFO, 0644, 0, 100, MG_FILE_REFUSED, "no regular file" },
	{ "socket", KIND_SOCKET, 0644, 0, 100, MG_FILE_UNREADABLE, "cannot be opened" },   /* open(2) gives ENXIO */
	{ "missing", KIND_MISSING, 0, 0, 100, MG_FILE_UNREADABLE, "cannot be opened" },
	{ "missing-directory", KIND_UNDER_FILE, 0644, 10, 100, MG_FILE_UNREADABLE, "cannot be opened" },
	{ "foreign-owner", KIND_FOREIGN, 0644, 10, 100, MG_FILE_REFUSED, "is owned by user 65534" },
	{ "size-0", KIND_FILE, 0644, 0, 100, MG_FILE_READ, NULL },
	{ "size-0-of-0", KIND_FILE, 0644, 0, 0, MG_FILE_READ, NULL },
	{ "size-1-of-0", KIND_FILE, 0644, 1, 0, MG_FILE_REFUSED, "has 1 octets; at most 0" },
	{ "size-99-of-100", KIND_FILE, 0644, 99, 100, MG_FILE_READ, NULL },
	{ "size-100-of-100", KIND_FILE, 0644, 100, 100, MG_FILE_READ, NULL },
	{ "size-101-of-100", KIND_FILE, 0644, 101, 100, MG_FILE_REFUSED, "has 101 octets; at most 100" },
	{ "size-4096", KIND_FILE, 0644, 4096, 4096, MG_FILE_READ, NULL },
	{ "size-config-limit", KIND_FILE, 0644, 1048576, MG_CONFIG_SIZE_MAX, MG_FILE_READ, NULL },
	{ "size-over-config-limit", KIND_FILE, 0644, 1048577, MG_CONFIG_SIZE_MAX, MG_FILE_REFUSED,
	  "has 1048577 octets; at most 1048576" },
	{ "size-over-list-limit", KIND_FILE, 0644, 268435457, MG_LIST_SIZE_MAX, MG_FILE_REFUSED,
	  "has 268435457 octets; at most 268435456" },
	{ "size-over-32-bits", KIND_FILE, 0644, G_GUINT64_CONSTANT(4294967306), MG_LIST_SIZE_MAX, MG_FILE_REFUSED,
	  "has 4294967306 octets" },
};

static void
make_file(const char *path, guint mode, guint64 size)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(ftruncate(fd, (off_t)size), ==, 0);
	g_assert_cmpint(fchmod(fd, mode), ==, 0);
	close(fd);
}

/* The name of a socket must be short: it is made from within the directory. */
static void
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *before = g_get_current_dir();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_strlcpy(address.sun_path, name, sizeof(address.sun_path));
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(g_chdir(directory), ==, 0);
	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(g_chdir(before), ==, 0);
	close(fd);
}

static void
make_kind(const file_case *row, const char *path)
{
	g_autofree char *target = path_in("target");

	switch (row->kind) {
	case KIND_MISSING:
		break;
	case KIND_FILE:
	case KIND_UNDER_FILE:
		make_file(path, row->mode, row->size);
		break;
	case KIND_LINK:
		make_file(target, row->mode, row->size);
		g_assert_cmpint(symlink(target, path), ==, 0);
		break;
	case KIND_LINK_TO_NOTHING:
		g_assert_cmpint(symlink("nowhere", path), ==, 0);
		break;
	case KIND_DIRECTORY:
		g_assert_cmpint(mkdir(path, row->mode), ==, 0);
		break;
	case KIND_FIFO:
		g_assert_cmpint(mkfifo(path, row->mode), ==, 0);
		break;
	case KIND_SOCKET:
		make_socket(path);
		break;
	case KIND_FOREIGN:
		make_file(path, row->mode, row->size);
		g_assert_cmpint(chown(path, NOBODY, NOBODY), ==, 0);
		break;
	}
}

static void
test_file(gconstpointer data)
{
	const file_case *row = data;
	g_autofree char *path = path_in("file");
	g_autofree char *target = path_in("target");
	g_autofree char *under = g_build_filename(path, "x", NULL);
	char *octets = NULL;
	g_autofree char *why = NULL;
	gsize length = 4711;
	mg_file_result result;

	if (row->kind == KIND_FOREIGN && geteuid() != 0) {
		g_test_skip("only root can give a file away");
		return;
	}
	make_kind(row, path);
	alarm(HANG_S);
	result = mg_file_read(row->kind == KIND_UNDER_FILE ? under : path, row->size_max, &octets, &length, &why);
	alarm(0);
	g_assert_cmpint(result, ==, row->expected);
	if (result == MG_FILE_READ) {
		g_assert_null(why);
		g_assert_cmpuint(length, ==, row->size);
		g_assert_cmpint(octets[length], ==, 0);
		g_free(octets);
	} else {
		g_assert_null(octets);
		g_assert_cmpuint(length, ==, 4711);
		g_assert_nonnull(why);
		if (why != NULL && row->why != NULL && strstr(why, row->why) == NULL)
			g_assert_cmpstr(why, ==, row->why);
	}
	g_remove(path);
	g_remove(target);
}

/* A file of the kernel has more than it says: the limit is one of what is read, too. */
static void
test_grows(void)
{
	static const char path[] = "/proc/self/status";
	char *octets = NULL;
	g_autofree char *why = NULL;
	gsize length = 0;
	struct stat found;
	mg_file_result result;

	if (stat(path, &found) < 0 || found.st_size != 0 || found.st_uid != geteuid()) {
		g_test_skip("no such file here");
		return;
	}
	result = mg_file_read(path, 100, &octets, &length, &why);
	g_assert_cmpint(result, ==, MG_FILE_REFUSED);
	g_assert_cmpuint(length, <=, 100);
	g_free(octets);
}

/* ---- words ---- */

typedef struct word_file {
	const char *name;
	const char *octets;
	gsize       length;
	guint       mode;
} word_file;

#define WORDS(name, text) { name, text, sizeof(text) - 1, 0644 }

static const word_file word_files[] = {
	WORDS("words", "one\ntwo three\n"),
	WORDS("no-final-newline", "one\ntwo"),
	WORDS("one-word", "one"),
	WORDS("empty", ""),
	WORDS("newlines", "\n\n\n"),
	WORDS("crlf", "one\r\ntwo\r\n\r\nthree\r\n"),
	WORDS("crlf-no-final", "one\r\ntwo\r"),
	WORDS("comments", "# a comment, with words\none # two\n#three\n \t# four\nfive #\n#"),
	WORDS("comment-no-final-newline", "one\n# two"),
	WORDS("hash-in-word", "user#1@dom.example #two\n"),
	WORDS("commas", "one,two, three ,four,,\n,five\n,\n"),
	WORDS("white-space", "  one\ttwo \t three  \n\tfour\n"),
	WORDS("at-words", "@words\n@./words\n@/nowhere/words\n"),
	WORDS("at-alone", "@\n"),
	WORDS("nul", "one\n\0two\n"),
	WORDS("nul-last", "one\n\0"),
	WORDS("octets", "\xff\xfe \x01\x7f \xc3\xbc\n"),
	WORDS("exceptions", "192.0.2.0/24\n!192.0.2.1\n"),
	{ "writable", "one\n", 4, 0664 },
};

typedef struct words_case {
	const char    *name;
	const char    *value;
	gboolean       has_addresses, may_be_missing;
	const char    *expected;   /* "word@file:line" words; inline ones are conf:7 */
	mg_list_result result;
	const char    *rule;       /* of the only finding; NULL: there is none */
	guint          n_errors;   /* that refuse the policy */
} words_case;

#define INLINE(name, value, expected) { name, value, FALSE, FALSE, expected, MG_LIST_READ, NULL, 0 }
#define ADDRESSES(name, value, expected) { name, value, TRUE, FALSE, expected, MG_LIST_READ, NULL, 0 }

static const words_case words_cases[] = {
	INLINE("inline-one", "one", "one@conf:7"),
	INLINE("inline-three", "one two,three", "one@conf:7 two@conf:7 three@conf:7"),
	INLINE("inline-white-space", " \t one ,\t, two ,", "one@conf:7 two@conf:7"),
	INLINE("inline-empty", "", ""),
	INLINE("inline-separators", " ,\t,\r ", ""),
	INLINE("inline-hash-is-a-word", "# one", "#@conf:7 one@conf:7"),
	INLINE("inline-at-inside", "user@dom.example", "user@dom.example@conf:7"),
	INLINE("inline-at-last", "user@", "user@@conf:7"),
	INLINE("file", "@words", "one@words:1 two@words:2 three@words:2"),
	INLINE("file-with-dot", "@./words", "one@words:1 two@words:2 three@words:2"),
	INLINE("file-between-words", "zero @words,four", "zero@conf:7 one@words:1 two@words:2 three@words:2 four@conf:7"),
	INLINE("file-twice", "@one-word @one-word", "one@one-word:1 one@one-word:1"),
	INLINE("file-no-final-newline", "@no-final-newline", "one@no-final-newline:1 two@no-final-newline:2"),
	INLINE("file-one-word", "@one-word", "one@one-word:1"),
	INLINE("file-empty", "@empty", ""),
	INLINE("file-newlines", "@newlines", ""),
	INLINE("file-crlf", "@crlf", "one@crlf:1 two@crlf:2 three@crlf:4"),
	INLINE("file-crlf-no-final", "@crlf-no-final", "one@crlf-no-final:1 two@crlf-no-final:2"),
	INLINE("file-comments", "@comments", "one@comments:2 five@comments:5"),
	INLINE("file-comment-no-final-newline", "@comment-no-final-newline", "one@comment-no-final-newline:1"),
	INLINE("file-hash-in-word", "@hash-in-word", "user#1@dom.example@hash-in-word:1"),
	INLINE("file-commas", "@commas", "one@commas:1 two@commas:1 three@commas:1 four@commas:1 five@commas:2"),
	INLINE("file-white-space", "@white-space",
	       "one@white-space:1 two@white-space:1 three@white-space:1 four@white-space:2"),
	INLINE("file-names-no-file", "@at-words", "@words@at-words:1 @./words@at-words:2 @/nowhere/words@at-words:3"),
	INLINE("file-at-alone", "@at-alone", "@@at-alone:1"),
	INLINE("file-any-octets", "@octets", "\xff\xfe@octets:1 \x01\x7f@octets:1 \xc3\xbc@octets:1"),
	INLINE("file-exceptions", "@exceptions", "192.0.2.0/24@exceptions:1 !192.0.2.1@exceptions:2"),
	INLINE("file-in-directory", "@sub/words", "below@words:1"),
	INLINE("file-up-again", "@sub/../words", "one@words:1 two@words:2 three@words:2"),

	ADDRESSES("addresses-domain", "@words", "@words@conf:7"),
	ADDRESSES("addresses-below", "@.dom.example", "@.dom.example@conf:7"),
	ADDRESSES("addresses-file", "@./words", "one@words:1 two@words:2 three@words:2"),
	ADDRESSES("addresses-file-in-directory", "@sub/words", "below@words:1"),
	ADDRESSES("addresses-names-no-file", "@./at-words",
	          "@words@at-words:1 @./words@at-words:2 @/nowhere/words@at-words:3"),
	ADDRESSES("addresses-mixed", "@dom.example @./one-word user@", "@dom.example@conf:7 one@one-word:1 user@@conf:7"),
	ADDRESSES("addresses-slash-inside", "a/b@dom.example", "a/b@dom.example@conf:7"),

	{ "missing", "one @nowhere two", FALSE, FALSE, "one@conf:7 two@conf:7", MG_LIST_UNREADABLE, "list-unreadable", 1 },
	{ "missing-tolerated", "one @nowhere two", FALSE, TRUE, "one@conf:7 two@conf:7", MG_LIST_UNREADABLE,
	  "list-unreadable", 0 },
	{ "missing-absolute", "@/nowhere/words", FALSE, TRUE, "", MG_LIST_UNREADABLE, "list-unreadable", 0 },
	{ "missing-address-file", "@./nowhere", TRUE, TRUE, "", MG_LIST_UNREADABLE, "list-unreadable", 0 },
	{ "writable", "one @writable two", FALSE, TRUE, "one@conf:7 two@conf:7", MG_LIST_REFUSED, "list-refused", 1 },
	{ "directory", "@sub", FALSE, TRUE, "", MG_LIST_REFUSED, "list-refused", 1 },
	{ "directory-itself", "@", FALSE, TRUE, "", MG_LIST_REFUSED, "list-refused", 1 },
	{ "fifo", "@fifo", FALSE, TRUE, "", MG_LIST_REFUSED, "list-refused", 1 },
	{ "link", "@link", FALSE, TRUE, "", MG_LIST_REFUSED, "list-refused", 1 },
	{ "nul", "one @nul two", FALSE, TRUE, "one@conf:7 two@conf:7", MG_LIST_REFUSED, "list-refused", 1 },
	{ "nul-last", "@nul-last", FALSE, TRUE, "", MG_LIST_REFUSED, "list-refused", 1 },
};

typedef struct gathered {
	GString *words;
	guint    n_left;   /* words before the function has enough */
} gathered;

static gboolean
gather(void *context, const char *word, mg_place place)
{
	gathered *all = context;
	g_autofree char *file = g_path_get_basename(place.file);

	g_string_append_printf(all->words, "%s%s@%s:%u", all->words->len > 0 ? " " : "", word, file, place.line);
	return --all->n_left > 0;
}

static mg_list_result
walk(const words_case *row, gathered *all, mg_findings *findings, GPtrArray *files)
{
	mg_list_source source = { row->value, { "conf", 7 }, directory, row->has_addresses, row->may_be_missing, findings,
		                  files };
	mg_list_result result;

	alarm(HANG_S);
	result = mg_list_walk(&source, gather, all);
	alarm(0);
	return result;
}

static void
test_words(gconstpointer data)
{
	const words_case *row = data;
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	mg_findings *findings = mg_findings_new();
	gathered all = { g_string_new(NULL), G_MAXUINT };

	g_assert_cmpint(walk(row, &all, findings, files), ==, row->result);
	g_assert_cmpstr(all.words->str, ==, row->expected);
	g_assert_cmpuint(mg_findings_count(findings), ==, row->rule != NULL);
	g_assert_cmpuint(mg_findings_errors(findings), ==, row->n_errors);
	if (mg_findings_count(findings) == 1)
		g_assert_cmpstr(mg_findings_get(findings, 0)->rule, ==, row->rule);
	g_string_free(all.words, TRUE);
	mg_findings_free(findings);
}

static void
test_absolute(void)
{
	g_autofree char *path = path_in("words");
	g_autofree char *value = g_strconcat("@", path, NULL);
	const words_case row = { "", value, FALSE, FALSE, "", MG_LIST_READ, NULL, 0 };
	const words_case addresses_row = { "", value, TRUE, FALSE, "", MG_LIST_READ, NULL, 0 };
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	mg_findings *findings = mg_findings_new();
	gathered all = { g_string_new(NULL), G_MAXUINT };

	g_assert_cmpint(walk(&row, &all, findings, files), ==, MG_LIST_READ);
	g_assert_cmpint(walk(&addresses_row, &all, findings, files), ==, MG_LIST_READ);
	g_assert_cmpstr(all.words->str, ==,
	                "one@words:1 two@words:2 three@words:2 one@words:1 two@words:2 three@words:2");
	g_string_free(all.words, TRUE);
	mg_findings_free(findings);
}

/* Unreadable and refused together are refused, in either order; each has a finding that names the file. */
static void
test_worst(void)
{
	static const char *const values[] = { "@nowhere @writable", "@writable @nowhere" };

	for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
		const words_case row = { "", values[i], FALSE, TRUE, "", MG_LIST_REFUSED, NULL, 0 };
		g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
		mg_findings *findings = mg_findings_new();
		gathered all = { g_string_new(NULL), G_MAXUINT };
		g_autofree char *lines = g_strdup("");

		g_assert_cmpint(walk(&row, &all, findings, files), ==, MG_LIST_REFUSED);
		g_assert_cmpuint(mg_findings_count(findings), ==, 2);
		g_assert_cmpuint(mg_findings_errors(findings), ==, 1);
		for (guint k = 0; k < mg_findings_count(findings); k++) {
			g_autofree char *line = mg_finding_format(mg_findings_get(findings, k));
			char *longer = g_strconcat(lines, line, "\n", NULL);

			g_assert_true(g_str_has_prefix(line, "conf:7: error: "));
			g_free(lines);
			lines = longer;
		}
		g_assert_nonnull(strstr(lines, "/nowhere cannot be opened"));
		g_assert_nonnull(strstr(lines, "/writable may be written by others"));
		g_string_free(all.words, TRUE);
		mg_findings_free(findings);
	}
}

/* A function that has enough: a file is left, a value is left. */
static void
test_enough(void)
{
	const words_case in_value = { "", "one two three", FALSE, FALSE, "", MG_LIST_READ, NULL, 0 };
	const words_case in_file = { "", "@words four", FALSE, FALSE, "", MG_LIST_READ, NULL, 0 };
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	mg_findings *findings = mg_findings_new();
	gathered all = { g_string_new(NULL), 2 };

	g_assert_cmpint(walk(&in_value, &all, findings, files), ==, MG_LIST_READ);
	g_assert_cmpstr(all.words->str, ==, "one@conf:7 two@conf:7");
	g_string_truncate(all.words, 0);
	all.n_left = 1;
	g_assert_cmpint(walk(&in_file, &all, findings, files), ==, MG_LIST_READ);
	g_assert_true(g_str_has_prefix(all.words->str, "one@words:1"));
	g_assert_null(strstr(all.words->str, "two"));
	g_string_free(all.words, TRUE);
	mg_findings_free(findings);
}

/* The place of a word stays good after the walk: the names of files are kept. */
static gboolean
keep_place(void *context, const char *word G_GNUC_UNUSED, mg_place place)
{
	*(mg_place *)context = place;
	return TRUE;
}

static void
test_place_is_kept(void)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	mg_findings *findings = mg_findings_new();
	mg_list_source source = { "@words", { "conf", 7 }, directory, FALSE, FALSE, findings, files };
	g_autofree char *path = path_in("words");
	mg_place place = { NULL, 0 };

	g_assert_cmpint(mg_list_walk(&source, keep_place, &place), ==, MG_LIST_READ);
	g_assert_cmpstr(place.file, ==, path);
	g_assert_cmpuint(place.line, ==, 2);
	mg_findings_free(findings);
}

/* ---- many ---- */

static gboolean
count_word(void *context, const char *word, mg_place place)
{
	guint *n_words = context;

	(*n_words)++;
	if (place.line != *n_words || g_ascii_strtoull(word, NULL, 10) != *n_words) {
		g_test_message("word %s in line %u, number %u", word, place.line, *n_words);
		g_test_fail();
		return FALSE;
	}
	return TRUE;
}

static void
test_many(void)
{
	g_autofree char *path = path_in("many");
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	mg_findings *findings = mg_findings_new();
	mg_list_source source = { "@many", { "conf", 7 }, directory, FALSE, FALSE, findings, files };
	guint n_words = 0;

	for (guint i = 1; i <= 200000; i++)
		g_string_append_printf(text, "%u\n", i);
	g_assert_true(g_file_set_contents_full(path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
	g_assert_cmpint(mg_list_walk(&source, count_word, &n_words), ==, MG_LIST_READ);
	g_assert_cmpuint(n_words, ==, 200000);
	g_remove(path);
	mg_findings_free(findings);
}

/* ---- the directory ---- */

static void
put_file(const word_file *file)
{
	g_autofree char *path = path_in(file->name);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, file->octets, file->length), ==, (gssize)file->length);
	g_assert_cmpint(fchmod(fd, file->mode), ==, 0);
	close(fd);
}

static void
directory_fill(void)
{
	static const word_file below = WORDS("sub/words", "below\n");
	g_autofree char *sub = path_in("sub");
	g_autofree char *fifo = path_in("fifo");
	g_autofree char *link = path_in("link");

	for (guint i = 0; i < G_N_ELEMENTS(word_files); i++)
		put_file(&word_files[i]);
	g_assert_cmpint(mkdir(sub, 0755), ==, 0);
	put_file(&below);
	g_assert_cmpint(mkfifo(fifo, 0644), ==, 0);
	g_assert_cmpint(symlink("words", link), ==, 0);
}

static void
directory_remove(void)
{
	static const char *const others[] = { "sub/words", "sub", "fifo", "link" };

	for (guint i = 0; i < G_N_ELEMENTS(word_files); i++) {
		g_autofree char *path = path_in(word_files[i].name);

		g_remove(path);
	}
	for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
		g_autofree char *path = path_in(others[i]);

		g_remove(path);
	}
	g_assert_cmpint(g_rmdir(directory), ==, 0);
	g_free(directory);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	directory = g_dir_make_tmp("mailguard-list-XXXXXX", NULL);
	g_assert_nonnull(directory);
	directory_fill();
	atexit(directory_remove);
	TEST_ROWS("/list/file", file_cases, test_file);
	g_test_add_func("/list/file-grows", test_grows);
	TEST_ROWS("/list/words", words_cases, test_words);
	g_test_add_func("/list/absolute", test_absolute);
	g_test_add_func("/list/worst", test_worst);
	g_test_add_func("/list/enough", test_enough);
	g_test_add_func("/list/place-is-kept", test_place_is_kept);
	g_test_add_func("/list/many", test_many);
	return g_test_run();
}
