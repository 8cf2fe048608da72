/* forms.c - see forms.h. */
#include "check/forms.h"

#include <string.h>

#define FORM(name, text)      { name, text, sizeof(text) - 1, FALSE }
#define FORM_UTF8(name, text) { name, text, sizeof(text) - 1, TRUE }

static const mg_address_form forms[] = {
	FORM("plain", "user@{t}"),
	FORM("upper-case", "USER@{T}"),
	FORM("source-route", "@{o}:user@{t}"),
	FORM("source-route-2", "@{o},@{t}:user@{t}"),
	FORM("source-route-out", "@{t}:user@{o}"),
	FORM("percent", "user%{t}@{o}"),
	FORM("percent-2", "user%{t}%{o}@{o}"),
	FORM("percent-bare", "user%{t}"),
	FORM("percent-quoted", "\"user%{t}\"@{o}"),
	FORM("percent-quoted-bare", "\"user%{t}\""),
	FORM("percent-literal", "user%{t}@[127.0.0.1]"),
	FORM("bang", "{t}!user@{o}"),
	FORM("bang-2", "{o}!{t}!user@{o}"),
	FORM("bang-bare", "{t}!user"),
	FORM("bang-quoted", "\"{t}!user\"@{o}"),
	FORM("bang-percent", "{o}!user%{t}@{o}"),
	FORM("at-quoted", "\"user@{t}\"@{o}"),
	FORM("at-quoted-bare", "\"user@{t}\""),
	FORM("at-quoted-escaped", "\"user\\@{t}\"@{o}"),
	FORM("route-quoted", "\"@{o}:user@{t}\"@{o}"),
	FORM("second-at", "user@{t}@{o}"),
	FORM("second-at-out", "user@{o}@{t}"),
	FORM("second-at-open", "user@{t}@"),
	FORM("third-at", "user@{t}@{o}@{o}"),
	FORM("nested", "\"user%{t}@{o}\"@{o}"),
	FORM("angle", "<user@{t}>"),
	FORM("angle-inside", "user@{o}<user@{t}>"),
	FORM("trailing-dot", "user@{t}."),
	FORM("trailing-dot-ours", "user%{t}@{o}."),
	FORM("double-dot", "user@{t}..{o}"),
	FORM("bare", "user"),
	FORM("literal", "user@[192.0.2.99]"),
	FORM("literal-ipv6", "user@[IPv6:2001:db8::99]"),
	FORM("literal-bare", "user@192.0.2.99"),
	FORM("space", "user@{t} @{o}"),
	FORM("comma", "user@{t},user@{o}"),
	FORM("semicolon", "user@{t};user@{o}"),
	FORM("colon", "user:{t}@{o}@{t}"),
	FORM("cr-lf", "user@{o}\r\nRCPT TO:<user@{t}>"),
	FORM("lf", "user@{t}\n@{o}"),
	FORM("tab", "user@{t}\t@{o}"),
	FORM("nul", "user@{t}\0@{o}"),
	FORM("nul-ours", "user@{o}\0@{t}"),
	FORM("comment", "user(@{o})@{t}"),
	FORM("8-bit", "user\xff@{t}"),
	FORM("parent", "user@sub.{t}"),
	FORM("prefix", "user@not-{o}"),
	FORM("suffix", "user@{o}.{t}"),
	FORM_UTF8("fullwidth-at", "user\xef\xbc\xa0{t}@{o}"),
	FORM_UTF8("fullwidth-percent", "user\xef\xbc\x85{t}@{o}"),
	FORM_UTF8("fullwidth-bang", "{t}\xef\xbc\x81user@{o}"),
	FORM_UTF8("small-at", "user\xef\xb9\xab{t}@{o}"),
	FORM_UTF8("fullwidth-at-last", "user@{o}\xef\xbc\xa0{t}"),
	FORM_UTF8("ideographic-stop", "user@{o}\xe3\x80\x82{t}"),
	FORM_UTF8("fullwidth-stop", "user@{o}\xef\xbc\x8e{t}"),
	FORM_UTF8("bidi", "user\xe2\x80\xae@{t}"),
};

guint
mg_address_forms_count(void)
{
	return G_N_ELEMENTS(forms);
}

const mg_address_form *
mg_address_forms_get(guint index)
{
	return &forms[index];
}

static gboolean
starts_with(const char *at, const char *end, const char *what)
{
	gsize length = strlen(what);

	return (gsize)(end - at) >= length && memcmp(at, what, length) == 0;
}

GString *
mg_address_form_make(const mg_address_form *form, const char *target, const char *ours)
{
	const char *at = form->text, *end = form->text + form->length;
	g_autofree char *upper = g_ascii_strup(target, -1);
	GString *made = g_string_new(NULL);

	while (at < end) {
		const char *put = starts_with(at, end, "{t}")   ? target
		                  : starts_with(at, end, "{T}") ? upper
		                  : starts_with(at, end, "{o}") ? ours
		                                                : NULL;

		if (put != NULL) {
			g_string_append(made, put);
			at += strlen("{t}");
		} else {
			g_string_append_c(made, *at++);
		}
	}
	return made;
}
