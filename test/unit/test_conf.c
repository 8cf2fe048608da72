/* test_conf.c - mailguard.conf as sections and keys: what is read, with which lines, and what is an error where. */
#include "policy/conf.h"

#include "policy/file.h"
#include "support.h"

/* ---- what is read ---- */

/* "7", of what was laid over "o7". */
static void
append_line(GString *out, guint line)
{
	g_string_append_printf(out, "%s%u", line & MG_CONF_LAID_OVER ? "o" : "", line & ~MG_CONF_LAID_OVER);
}

/* "[section:line] key:line=value ..."; the caller's to free. */
static char *
conf_written(const mg_conf *conf)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < conf->sections->len; i++) {
		const mg_conf_section *section = conf->sections->pdata[i];

		g_string_append_printf(out, "%s[%s:", i > 0 ? " " : "", section->name);
		append_line(out, section->line);
		g_string_append_c(out, ']');
		for (guint k = 0; k < section->keys->len; k++) {
			const mg_conf_key *key = section->keys->pdata[k];

			g_string_append_printf(out, " %s:", key->name);
			append_line(out, key->line);
			g_string_append_printf(out, "=%s", key->value);
		}
	}
	return g_string_free(out, FALSE);
}

typedef struct read_case {
	const char *name;
	const char *text;
	gsize       length;
	const char *expected;
} read_case;

#define READS(name, text, expected) { name, text, sizeof(text) - 1, expected }

static const read_case read_cases[] = {
	READS("empty", "", ""),
	READS("newline", "\n", ""),
	READS("blank-lines", " \n\t\n\r\n\n", ""),
	READS("comments-only", "# one\n#two\n  # three\n#", ""),
	READS("section-only", "[a]\n", "[a:1]"),
	READS("section-no-final-newline", "[a]", "[a:1]"),
	READS("key", "[a]\nk = v\n", "[a:1] k:2=v"),
	READS("key-no-final-newline", "[a]\nk = v", "[a:1] k:2=v"),
	READS("key-tight", "[a]\nk=v\n", "[a:1] k:2=v"),
	READS("key-white-space", "[a]\n \t k \t = \t v \t \n", "[a:1] k:2=v"),
	READS("key-indented-section", "  [a]  \n  k = v\n", "[a:1] k:2=v"),
	READS("value-empty", "[a]\nk =\n", "[a:1] k:2="),
	READS("value-empty-at-end", "[a]\nk=", "[a:1] k:2="),
	READS("value-spaces-inside", "[a]\nk = v w  x\n", "[a:1] k:2=v w  x"),
	READS("value-tab-inside", "[a]\nk = v\tw\n", "[a:1] k:2=v\tw"),
	READS("value-equals", "[a]\nk = v = w\n", "[a:1] k:2=v = w"),
	READS("value-hash", "[a]\nk = v # w\n", "[a:1] k:2=v # w"),
	READS("value-hash-first", "[a]\nk = # w\n", "[a:1] k:2=# w"),
	READS("value-semicolons", "[a]\nk = v;w;\n", "[a:1] k:2=v;w;"),
	READS("value-brackets", "[a]\nk = [192.0.2.1]\n", "[a:1] k:2=[192.0.2.1]"),
	READS("value-quotes", "[a]\nk = \"v\"\n", "[a:1] k:2=\"v\""),
	READS("value-utf8", "[a]\nk = b\xc3\xbc" "cher.example\n", "[a:1] k:2=b\xc3\xbc" "cher.example"),
	READS("value-escaped-backslash", "[a]\nk = \"a\\\\\"b\"\n", "[a:1] k:2=\"a\\\"b\""),
	READS("value-escaped-tab", "[a]\nk = v\\tw\n", "[a:1] k:2=v\tw"),
	READS("value-escaped-space-inside", "[a]\nk = v\\sw\n", "[a:1] k:2=v w"),
	READS("value-escaped-space-first", "[a]\nk = \\s v\n", "[a:1] k:2=  v"),
	READS("value-escaped-n-of-a-backslash", "[a]\nk = v\\\\nw\n", "[a:1] k:2=v\\nw"),
	READS("two-keys", "[a]\nk = v\nl = w\n", "[a:1] k:2=v l:3=w"),
	READS("two-sections", "[a]\nk = v\n[b]\nk = w\n", "[a:1] k:2=v [b:3] k:4=w"),
	READS("order-of-the-file", "[b]\nz = 1\ny = 2\n[a]\nx = 3\n", "[b:1] z:2=1 y:3=2 [a:4] x:5=3"),
	READS("lines-with-comments", "# head\n\n[a]\n# about k\nk = v\n\n# about l\nl = w\n", "[a:3] k:5=v l:8=w"),
	READS("section-with-space", "[zone office]\nnetworks = 192.0.2.0/24\n",
	      "[zone office:1] networks:2=192.0.2.0/24"),
	READS("section-with-hash", "[zone #1]\nk = v\n", "[zone #1:1] k:2=v"),
	READS("section-case-is-another", "[a]\nk = v\n[A]\nk = w\n", "[a:1] k:2=v [A:3] k:4=w"),
	READS("key-case-is-another", "[a]\nk = v\nK = w\n", "[a:1] k:2=v K:3=w"),
	READS("crlf", "[a]\r\nk = v\r\n\r\n# c\r\n[b]\r\nl = w\r\n", "[a:1] k:2=v [b:5] l:6=w"),
	READS("crlf-no-final", "[a]\r\nk = v", "[a:1] k:2=v"),
	READS("crlf-empty-value", "[a]\r\nk =\r\nl=\r\n", "[a:1] k:2= l:3="),
	READS("crlf-mixed", "[a]\nk = v\r\nl = w\n", "[a:1] k:2=v l:3=w"),
};

static void
test_read(gconstpointer data)
{
	const read_case *row = data;
	mg_findings *findings = mg_findings_new();
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *text = g_memdup2(row->length > 0 ? row->text : "x", MAX(row->length, 1));
	mg_conf *conf = mg_conf_parse(text, row->length, "test.conf", findings);
	g_autofree char *written = conf_written(conf);

	for (guint i = 0; i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_test_message("%s", line);
	}
	g_assert_cmpuint(mg_findings_count(findings), ==, 0);
	g_assert_cmpstr(written, ==, row->expected);
	g_assert_cmpstr(conf->file, ==, "test.conf");
	mg_conf_free(conf);
	mg_findings_free(findings);
}

/* ---- what is an error ---- */

typedef struct error_case {
	const char *name;
	const char *text;
	gsize       length;
	const char *expected[4];   /* the beginning of each finding, after the file; NULL ends them */
} error_case;

#define FAILS(name, text, ...) { name, text, sizeof(text) - 1, { __VA_ARGS__ } }

static const error_case error_cases[] = {
	FAILS("key-before-section", "k = v\n[a]\n", ":1: error: key 'k' stands before any [section] [syntax]"),
	FAILS("key-before-section-behind-comment", "# c\n\nk = v\n[a]\n", ":3: error: key 'k' stands before"),
	FAILS("duplicate-key", "[a]\nk = v\nl = w\nk = v\n", ":4: error: [a] k stands in line 2 already [duplicate-key]"),
	FAILS("duplicate-key-other-value", "[a]\nk = v\nk = w\n", ":3: error: [a] k stands in line 2 already"),
	FAILS("duplicate-key-spaced", "[a]\nk = v\n  k   = w\n", ":3: error: [a] k stands in line 2 already"),
	FAILS("duplicate-key-three-times", "[a]\nk = v\nk = w\nk = x\n", ":3: error: [a] k stands in line 2 already",
	      ":4: error: [a] k stands in line 2 already"),
	FAILS("duplicate-section", "[a]\nk = v\n[b]\n[a]\nl = w\n",
	      ":4: error: section [a] stands in line 1 already [duplicate-section]"),
	FAILS("duplicate-section-empty", "[a]\n[a]\n", ":2: error: section [a] stands in line 1 already"),
	FAILS("duplicate-section-crlf", "[a]\r\n[a]\r\n", ":2: error: section [a] stands in line 1 already"),
	FAILS("duplicate-section-with-name", "[zone x]\nk = v\n[zone x]\n", ":3: error: section [zone x] stands in line 1"),
	FAILS("duplicates-of-both", "[a]\nk = v\nk = w\n[a]\nk = x\n", ":3: error: [a] k stands in line 2 already",
	      ":4: error: section [a] stands in line 1 already"),

	FAILS("nul", "[a]\nk = v\0w\n", ":2: error: a NUL [syntax]"),
	FAILS("nul-first", "\0[a]\n", ":1: error: a NUL"),
	FAILS("nul-last", "[a]\nk = v\n\0", ":3: error: a NUL"),
	FAILS("nul-in-comment", "[a]\n# c\0\n", ":2: error: a NUL"),
	FAILS("nul-in-section", "[a\0b]\n", ":1: error: a NUL"),
	FAILS("nul-in-key", "[a]\nk\0x = v\n", ":2: error: a NUL"),
	FAILS("nul-before-bad-utf8", "[a]\nk = v\0\xff\n", ":2: error: a NUL"),
	FAILS("bad-utf8", "[a]\nk = v\xff\n", ":2: error: octets that are not UTF-8 [syntax]"),
	FAILS("bad-utf8-latin-1", "[a]\nk = b\xfc" "cher\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-cut", "[a]\nk = v\xc3\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-in-comment", "[a]\n# \xe9\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-in-key", "[a]\nk\xff = v\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-in-section", "[a\xff]\n", ":1: error: octets that are not UTF-8"),
	FAILS("bad-utf8-surrogate", "[a]\nk = \xed\xa0\x80\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-overlong", "[a]\nk = \xc0\xae\n", ":2: error: octets that are not UTF-8"),
	FAILS("bad-utf8-in-two-lines", "[a]\nk = \xff\nl = v\nm = \xff\n", ":2: error: octets", ":4: error: octets"),

	FAILS("bracket-in-name", "[a]b]\n", ":1: error: a bracket in the name of section [a]b] [syntax]"),
	FAILS("bracket-first-in-name", "[[a]\n", ":1: error: a bracket in the name of section [[a]"),
	FAILS("bracket-twice", "[[a]]\n", ":1: error: a bracket in the name"),
	FAILS("two-sections-in-a-line", "[a][b]\n", ":1: error: a bracket in the name of section [a][b]"),
	FAILS("section-open", "[a\n", ":1: error: '[a': [section] was expected"),
	FAILS("section-nameless", "[]\n", ":1: error: '[]': [section] was expected"),
	FAILS("section-comment-behind", "[a] # c\n", ":1: error: '[a] # c': [section] was expected"),
	FAILS("section-key-behind", "[a] k = v\n", ":1: error: '[a] k = v': [section] was expected"),
	FAILS("bracket-alone", "[\n", ":1: error: '[': [section] was expected"),

	FAILS("no-equals", "[a]\nk v\n", ":2: error: 'k v': [section], key = value or # comment was expected [syntax]"),
	FAILS("no-equals-colon", "[a]\nk: v\n", ":2: error: 'k: v': [section]"),
	FAILS("semicolon-comment", "[a]\n; c\n", ":2: error: '; c': [section], key = value or # comment was expected"),
	FAILS("continued-line", "[a]\nk = v\n  w\n", ":3: error: 'w': [section]"),
	FAILS("byte-order-mark", "\xef\xbb\xbf[a]\nk = v\n", ":1: error: '\\xef\\xbb\\xbf[a]': [section]",
	      ":2: error: key 'k' stands before any [section]"),
	FAILS("key-nameless", "[a]\n= v\n", ":2: error: '' is no name of a key [syntax]"),
	FAILS("key-with-space", "[a]\nk l = v\n", ":2: error: 'k l' is no name of a key"),
	FAILS("key-with-tab", "[a]\nk\tl = v\n", ":2: error: 'k\\x09l' is no name of a key"),
	FAILS("key-with-locale", "[a]\nk[de] = v\n", ":2: error: 'k[de]' is no name of a key"),
	FAILS("key-with-bracket", "[a]\nk] = v\n", ":2: error: 'k]' is no name of a key"),

	FAILS("escape-n", "[a]\nk = v\\nw\n", ":2: error: [a] k: a line end or control octet in the value [syntax]"),
	FAILS("escape-r", "[a]\nk = v\\rw\n", ":2: error: [a] k: a line end or control octet in the value [syntax]"),
	FAILS("escape-n-first", "[a]\nk = \\nw\n", ":2: error: [a] k: a line end"),
	FAILS("escape-n-last", "[a]\nk = v\\n\n", ":2: error: [a] k: a line end"),
	FAILS("escape-r-n", "[a]\nk = 550 no\\r\\n250 yes\n", ":2: error: [a] k: a line end"),
	FAILS("escape-unknown", "[a]\nk = v\\qw\n", ":2: error: [a] k: "),
	FAILS("escape-hexadecimal", "[a]\nk = v\\x0aw\n", ":2: error: [a] k: "),
	FAILS("escape-last", "[a]\nk = v\\\n", ":2: error: [a] k: "),
	FAILS("cr-inside", "[a]\nk = v\rw\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("cr-cr-lf", "[a]\nk = v\rl = w\r\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("control-octet", "[a]\nk = v\x01w\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("escape-octet", "[a]\nk = v\x1b[1mw\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("del", "[a]\nk = v\x7fw\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("vertical-tab", "[a]\nk = v\x0bw\n", ":2: error: [a] k: a line end or control octet in the value"),
	FAILS("control-octet-in-section", "[a\x01" "b]\n", ":1: error: "),
};

/* Each finding, in order; a file with an error of its lines gives no sections, so that no value misleads. */
static void
test_error(gconstpointer data)
{
	const error_case *row = data;
	mg_findings *findings = mg_findings_new();
	g_autofree char *text = g_memdup2(row->text, row->length);
	mg_conf *conf = mg_conf_parse(text, row->length, "test.conf", findings);
	guint n_expected = 0;

	g_assert_nonnull(conf);
	for (; row->expected[n_expected] != NULL; n_expected++) {
		g_autofree char *expected = g_strconcat("test.conf", row->expected[n_expected], NULL);
		g_autofree char *line = NULL;

		if (n_expected >= mg_findings_count(findings))
			break;
		line = mg_finding_format(mg_findings_get(findings, n_expected));
		if (!g_str_has_prefix(line, expected))
			g_assert_cmpstr(line, ==, expected);
	}
	while (row->expected[n_expected] != NULL)
		n_expected++;
	g_assert_cmpuint(mg_findings_count(findings), ==, n_expected);
	g_assert_cmpuint(mg_findings_errors(findings), ==, n_expected);
	for (guint i = 0; i < conf->sections->len; i++) {
		const mg_conf_section *section = conf->sections->pdata[i];

		for (guint k = 0; k < section->keys->len; k++)
			g_assert_nonnull(((mg_conf_key *)section->keys->pdata[k])->value);
	}
	mg_conf_free(conf);
	mg_findings_free(findings);
}

/* Findings of an earlier file do not spoil this one. */
static void
test_earlier_findings(void)
{
	static const char text[] = "[a]\nk = v\n";
	mg_findings *findings = mg_findings_new();
	mg_conf *conf;
	g_autofree char *written = NULL;

	mg_findings_add(findings, MG_LEVEL_ERROR, (mg_place){ "other.conf", 1 }, "syntax", "%s", "earlier");
	conf = mg_conf_parse(text, strlen(text), "test.conf", findings);
	written = conf_written(conf);
	g_assert_cmpstr(written, ==, "[a:1] k:2=v");
	g_assert_cmpuint(mg_findings_count(findings), ==, 1);
	mg_conf_free(conf);
	mg_conf_free(NULL);
	mg_findings_free(findings);
}

/* What the text holds is told in printable ASCII and within bounds. */
static void
test_telling(void)
{
	g_autofree char *text = test_repeat('\x1b', 100000);
	mg_findings *findings = mg_findings_new();
	mg_conf *conf;
	g_autofree char *line = NULL;

	memcpy(text, "[", 1);
	conf = mg_conf_parse(text, 100000, "test.conf", findings);
	g_assert_cmpuint(mg_findings_count(findings), ==, 1);
	line = mg_finding_format(mg_findings_get(findings, 0));
	g_assert_cmpuint(strlen(line), <, 4000);
	for (const char *at = line; *at; at++)
		g_assert_true(*at >= ' ' && *at <= '~');
	mg_conf_free(conf);
	mg_findings_free(findings);
}

/* ---- one over another ---- */

typedef struct over_case {
	const char *name;
	const char *text, *over;
	const char *expected;   /* lines of what was laid over have an "o" */
} over_case;

static const over_case over_cases[] = {
	{ "neither", "", "", "" },
	{ "nothing-over", "[a]\nk = v\n", "# none\n", "[a:1] k:2=v" },
	{ "over-nothing", "", "\n[a]\nk = v\n", "[a:o2] k:o3=v" },
	{ "key-replaced", "[a]\nk = v\n", "[a]\nk = x\n", "[a:1] k:o2=x" },
	{ "first-key-replaced", "[a]\nk = v\nl = w\nm = x\n", "[a]\nk = y\n", "[a:1] l:3=w m:4=x k:o2=y" },
	{ "key-in-the-middle-replaced", "[a]\nk = v\nl = w\nm = x\n", "[a]\nl = y\n", "[a:1] k:2=v m:4=x l:o2=y" },
	{ "all-keys-replaced", "[a]\nk = v\nl = w\n", "[a]\nl = x\nk = y\n", "[a:1] l:o2=x k:o3=y" },
	{ "key-emptied", "[a]\nk = v\n", "[a]\nk =\n", "[a:1] k:o2=" },
	{ "key-added", "[a]\nk = v\n", "[a]\nl = w\n", "[a:1] k:2=v l:o2=w" },
	{ "key-whose-name-begins-alike", "[a]\nkk = v\n", "[a]\nk = w\n", "[a:1] kk:2=v k:o2=w" },
	{ "key-of-another-case", "[a]\nk = v\n", "[a]\nK = w\n", "[a:1] k:2=v K:o2=w" },
	{ "same-key-of-another-section", "[a]\nk = v\n[b]\nk = w\n", "[b]\nk = x\n", "[a:1] k:2=v [b:3] k:o2=x" },
	{ "section-added", "[a]\nk = v\n", "[b]\nk = w\n", "[a:1] k:2=v [b:o1] k:o2=w" },
	{ "section-added-without-keys", "[a]\nk = v\n", "[b]\n", "[a:1] k:2=v [b:o1]" },
	{ "section-without-keys-takes-none-away", "[a]\nk = v\n", "[a]\n", "[a:1] k:2=v" },
	{ "section-of-another-case", "[a]\nk = v\n", "[A]\nk = w\n", "[a:1] k:2=v [A:o1] k:o2=w" },
	{ "section-of-a-kind", "[zone x]\nk = v\n[zone y]\nk = v\n", "[zone y]\nk = w\n", "[zone x:1] k:2=v [zone y:3] k:o2=w" },
	{ "section-of-a-kind-added", "[zone x]\nk = v\n", "[zone y]\nk = w\n", "[zone x:1] k:2=v [zone y:o1] k:o2=w" },
	{ "several", "[a]\nk = v\n[b]\nl = w\n", "[c]\nm = 1\n[b]\nl = 2\nn = 3\n[a]\no = 4\n",
	  "[a:1] k:2=v o:o7=4 [b:3] l:o4=2 n:o5=3 [c:o1] m:o2=1" },
	{ "unsound-below", "[a]\nk\n", "[a]\nk = w\n", "[a:o1] k:o2=w" },
	{ "unsound-above", "[a]\nk = v\n", "[a]\nk = w\nk = x\n", "[a:1] k:2=v" },
};

static void
test_over(gconstpointer data)
{
	const over_case *row = data;
	mg_findings *findings = mg_findings_new();
	mg_conf *conf = mg_conf_parse(row->text, strlen(row->text), "test.conf", findings);
	mg_conf *over = mg_conf_parse(row->over, strlen(row->over), "over.conf", findings);
	g_autofree char *written = NULL;

	mg_conf_lay_over(conf, over);
	g_assert_cmpuint(over->sections->len, ==, 0);
	mg_conf_free(over);   /* what was laid over is not its any more */
	written = conf_written(conf);
	g_assert_cmpstr(written, ==, row->expected);
	g_assert_cmpstr(conf->file, ==, "test.conf");
	mg_conf_free(conf);
	mg_findings_free(findings);
}

/* ---- 1 MiB ---- */

typedef enum mass {
	MASS_KEYS, MASS_SAME_KEY, MASS_SECTIONS, MASS_SAME_SECTION, MASS_NEWLINES, MASS_FAULTS, MASS_ONE_LINE, MASS_ONE_VALUE
} mass;

typedef struct mass_case {
	const char *name;
	mass        of;
	gboolean    is_sound;
} mass_case;

static const mass_case mass_cases[] = {
	{ "keys", MASS_KEYS, TRUE },
	{ "same-key", MASS_SAME_KEY, FALSE },
	{ "sections", MASS_SECTIONS, TRUE },
	{ "same-section", MASS_SAME_SECTION, FALSE },
	{ "newlines", MASS_NEWLINES, TRUE },
	{ "faults", MASS_FAULTS, FALSE },
	{ "one-line", MASS_ONE_LINE, FALSE },
	{ "one-value", MASS_ONE_VALUE, TRUE },
};

static void
mass_append(GString *text, mass of, guint i)
{
	switch (of) {
	case MASS_KEYS:
		g_string_append_printf(text, "%x=\n", i);
		break;
	case MASS_SAME_KEY:
		g_string_append(text, "k=\n");
		break;
	case MASS_SECTIONS:
		g_string_append_printf(text, "[%x]\n", i);
		break;
	case MASS_SAME_SECTION:
		g_string_append(text, "[s]\n");
		break;
	case MASS_NEWLINES:
		g_string_append_c(text, '\n');
		break;
	case MASS_FAULTS:
		g_string_append(text, "?\n");
		break;
	case MASS_ONE_LINE:
		g_string_append_c(text, 'x');
		break;
	case MASS_ONE_VALUE:
		g_string_append(text, i == 0 ? "k = " : "v ");
		break;
	}
}

/* The largest file there may be, of one thing over and over: it is read to the end. A time that grows with the
 * square of the lines would not see the end of it. */
static void
test_mass(gconstpointer data)
{
	const mass_case *row = data;
	GString *text = g_string_new("[mass]\n");
	mg_findings *findings = mg_findings_new();
	mg_conf *conf;
	guint n = 0;

	while (text->len + 10 <= MG_CONFIG_SIZE_MAX)
		mass_append(text, row->of, n++);
	conf = mg_conf_parse(text->str, text->len, "test.conf", findings);
	g_assert_cmpint(mg_findings_errors(findings) == 0, ==, row->is_sound);
	g_assert_cmpuint(mg_findings_count(findings), <=, 1000);
	if (row->is_sound) {
		const mg_conf_section *first = conf->sections->pdata[0];

		g_assert_cmpuint(conf->sections->len, ==, row->of == MASS_SECTIONS ? n + 1 : 1);
		g_assert_cmpuint(first->keys->len, ==, row->of == MASS_KEYS ? n : row->of == MASS_ONE_VALUE ? 1 : 0);
	} else {
		g_assert_cmpuint(conf->sections->len, ==, 0);
	}
	mg_conf_free(conf);
	mg_findings_free(findings);
	g_string_free(text, TRUE);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/conf/read", read_cases, test_read);
	TEST_ROWS("/conf/error", error_cases, test_error);
	g_test_add_func("/conf/earlier-findings", test_earlier_findings);
	g_test_add_func("/conf/telling", test_telling);
	TEST_ROWS("/conf/over", over_cases, test_over);
	TEST_ROWS("/conf/mass", mass_cases, test_mass);
	return g_test_run();
}
