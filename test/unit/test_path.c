/* test_path.c - paths, taken apart into every mailbox that they could lead to: forms, syntax, limits. */
#include "session/path.h"

#include "support.h"

#define ROUTE      MG_FORM_ROUTE
#define PERCENT    MG_FORM_PERCENT
#define BANG       MG_FORM_BANG
#define AT         MG_FORM_AT
#define QUOTED     MG_FORM_QUOTED
#define LOOK_ALIKE MG_FORM_LOOK_ALIKE
#define NO_DOMAIN  MG_FORM_NO_DOMAIN
#define LITERAL    MG_FORM_LITERAL

/* What a layer without a Domain is written with in a row, before its Local-part. */
#define NONE "(none) "

typedef struct path_case {
	const char *name;
	const char *octets;
	gsize       length;
	gboolean    utf8;
	const char *fault;        /* NULL: it is a path */
	gboolean    is_mailbox;
	guint       forms;
	const char *keys[9];      /* of all layers, in any order but the first; NULL ends them */
} path_case;

#define ROW(name, text, utf8, fault, is_mailbox, forms, ...) \
	{ name, text, sizeof(text) - 1, utf8, fault, is_mailbox, forms, { __VA_ARGS__ } }
#define BOX(name, text, forms, ...)         ROW(name, text, FALSE, NULL, TRUE, forms, __VA_ARGS__)
#define NO_BOX(name, text, forms, ...)      ROW(name, text, FALSE, NULL, FALSE, forms, __VA_ARGS__)
#define FAULT(name, text, fault)            ROW(name, text, FALSE, fault, FALSE, 0, NULL)
#define BOX_UTF8(name, text, forms, ...)    ROW(name, text, TRUE, NULL, TRUE, forms, __VA_ARGS__)
#define NO_BOX_UTF8(name, text, forms, ...) ROW(name, text, TRUE, NULL, FALSE, forms, __VA_ARGS__)
#define FAULT_UTF8(name, text, fault)       ROW(name, text, TRUE, fault, FALSE, 0, NULL)

#define NO_END     "a quoted Local-part without an end, or with a backslash before no ASCII"
#define NO_HOST    "a source route with a host that is no Domain"
#define NO_COLON   "a source route without an end"
#define NO_LOCAL   "no Local-part"
#define BAD_DOMAIN "a Domain that is none"
#define BAD_DOT    "a misplaced dot"
#define NEEDS_QUOTES "a character that needs quotes"
#define BEFORE_AT  "something between a quoted Local-part and the at sign"
#define CONTROL    "a control octet"
#define OVER_127   "an octet over 127 without SMTPUTF8"
#define NOT_UTF8   "octets that are not UTF-8"
#define HIDDEN     "a control or bidirectional character"

static const path_case path_cases[] = {
	/* ---- plain ---- */
	BOX("plain", "user@dom.example", 0, "user@dom.example"),
	BOX("upper-case", "USER@DOM.EXAMPLE", 0, "user@dom.example"),
	BOX("dots-in-local", "first.last@dom.example", 0, "first.last@dom.example"),
	BOX("tag", "user+tag@dom.example", 0, "user+tag@dom.example"),
	BOX("every-special", "#$&'*+-/=?^_`{|}~@dom.example", 0, "#$&'*+-/=?^_`{|}~@dom.example"),
	BOX("single-label", "user@localhost", 0, "user@localhost"),
	BOX("underscore", "user@my_host.example", 0, "user@my_host.example"),
	BOX("shortest", "u@d", 0, "u@d"),
	BOX("digits", "1@1.example", 0, "1@1.example"),
	BOX("quoted", "\"user\"@dom.example", 0, "user@dom.example"),
	BOX("quoted-space", "\"first last\"@dom.example", 0, "first last@dom.example"),
	BOX("quoted-dots", "\".user..x.\"@dom.example", 0, ".user..x.@dom.example"),
	BOX("quoted-quote", "\"us\\\"er\"@dom.example", 0, "us\"er@dom.example"),
	BOX("quoted-backslash", "\"us\\\\er\"@dom.example", 0, "us\\er@dom.example"),
	BOX("quoted-needless-escape", "\"\\u\\s\\e\\r\"@dom.example", 0, "user@dom.example"),
	BOX("quoted-angle", "\"<user>\"@dom.example", 0, "<user>@dom.example"),
	BOX("quoted-colon-comma", "\"a:b,c;d\"@dom.example", 0, "a:b,c;d@dom.example"),
	BOX("a-label", "user@xn--bcher-kva.example", 0, "user@xn--bcher-kva.example"),
	BOX("a-label-fake", "user@xn--99999999999.example", 0, "user@xn--99999999999.example"),

	/* ---- source routes (RFC 5321 appendix C) ---- */
	BOX("route-one-host", "@a.example:user@dom.example", ROUTE, "user@dom.example", "@a.example"),
	BOX("route-two-hosts", "@a.example,@B.example:user@dom.example", ROUTE, "user@dom.example", "@a.example",
	    "@b.example"),
	BOX("route-three-hosts", "@a.example,@b.example,@c.example:user@dom.example", ROUTE, "user@dom.example",
	    "@a.example", "@b.example", "@c.example"),
	BOX("route-to-quoted", "@a.example:\"us er\"@dom.example", ROUTE, "us er@dom.example", "@a.example"),
	BOX("route-and-percent", "@a.example:user%b.example@dom.example", ROUTE | PERCENT, "user%b.example@dom.example",
	    "@a.example", "user@b.example"),
	BOX("route-to-literal", "@a.example:user@[192.0.2.1]", ROUTE | LITERAL, "user@[192.0.2.1]", "@a.example"),
	NO_BOX("route-to-bare", "@a.example:user", ROUTE | NO_DOMAIN, "user@", "@a.example"),
	NO_BOX("route-and-second-at", "@a.example:user@b.example@dom.example", ROUTE | AT, "user@b.example@dom.example",
	       "@a.example", "user@b.example"),
	FAULT("route-no-colon", "@a.example", NO_COLON),
	FAULT("route-no-colon-mailbox", "@a.example,user@dom.example", NO_COLON),
	FAULT("route-at-alone", "@", NO_COLON),
	FAULT("route-two-ats", "@@dom.example", NO_COLON),
	FAULT("route-no-mailbox", "@a.example:", NO_LOCAL),
	FAULT("route-no-host", "@:user@dom.example", NO_HOST),
	FAULT("route-colon-alone", "@:", NO_HOST),
	FAULT("route-comma-last", "@a.example,:user@dom.example", NO_HOST),
	FAULT("route-comma-first", "@,@a.example:user@dom.example", NO_HOST),
	FAULT("route-commas", "@a.example,,@b.example:user@dom.example", NO_HOST),
	FAULT("route-second-without-at", "@a.example,b.example:user@dom.example", NO_HOST),
	FAULT("route-space", "@a.example, @b.example:user@dom.example", NO_HOST),
	FAULT("route-host-dot-last", "@a.example.:user@dom.example", NO_HOST),
	FAULT("route-host-literal", "@[192.0.2.1]:user@dom.example", NO_HOST),
	FAULT("route-mailbox-as-host", "@x@a.example:user@dom.example", NO_HOST),
	FAULT("route-twice", "@a.example:@b.example:user@dom.example", NEEDS_QUOTES),

	/* ---- percent ---- */
	BOX("percent", "user%b.example@a.example", PERCENT, "user%b.example@a.example", "user@b.example"),
	BOX("percent-twice", "user%c.example%b.example@a.example", PERCENT, "user%c.example%b.example@a.example",
	    "user%c.example@b.example", "user@c.example"),
	BOX("percent-upper-case", "USER%B.EXAMPLE@a.example", PERCENT, "user%b.example@a.example", "user@b.example"),
	NO_BOX("percent-bare", "user%b.example", PERCENT | NO_DOMAIN, "user%b.example@", "user@b.example"),
	BOX("percent-last", "user%@a.example", PERCENT, "user%@a.example", NONE "user"),
	BOX("percent-first", "%b.example@a.example", PERCENT, "%b.example@a.example", "@b.example"),
	BOX("percent-alone", "%@a.example", PERCENT, "%@a.example", NONE ""),
	BOX("percents", "user%%b.example@a.example", PERCENT, "user%%b.example@a.example", "user%@b.example", NONE "user"),
	BOX("percent-to-no-domain", "user%b_-@a.example", PERCENT, "user%b_-@a.example", NONE "user"),
	BOX("percent-at-literal", "user%b.example@[192.0.2.1]", PERCENT | LITERAL, "user%b.example@[192.0.2.1]",
	    "user@b.example"),
	FAULT("percent-in-domain", "user@a%b.example", BAD_DOMAIN),
	FAULT("percent-dot-last", "user%b.example.@a.example", BAD_DOT),

	/* ---- bang ---- */
	BOX("bang", "b.example!user@a.example", BANG, "b.example!user@a.example", "user@b.example"),
	BOX("bang-twice", "b.example!c.example!user@a.example", BANG, "b.example!c.example!user@a.example",
	    "c.example!user@b.example", "user@c.example"),
	NO_BOX("bang-bare", "b.example!user", BANG | NO_DOMAIN, "b.example!user@", "user@b.example"),
	BOX("bang-first", "!user@a.example", BANG, "!user@a.example", NONE "user"),
	BOX("bang-last", "b.example!@a.example", BANG, "b.example!@a.example", "@b.example"),
	BOX("bang-and-percent", "b.example!user%c.example@a.example", BANG | PERCENT,
	    "b.example!user%c.example@a.example", "b.example!user@c.example", "user%c.example@b.example",
	    "user@b.example", "user@c.example"),
	FAULT("bang-in-domain", "user@b!a.example", BAD_DOMAIN),

	/* ---- a second at sign ---- */
	NO_BOX("second-at", "user@b.example@a.example", AT, "user@b.example@a.example", "user@b.example"),
	NO_BOX("third-at", "user@c.example@b.example@a.example", AT, "user@c.example@b.example@a.example",
	       "user@c.example@b.example", "user@c.example"),
	NO_BOX("at-last", "user@", NO_DOMAIN | AT, "user@"),
	NO_BOX("second-at-last", "user@b.example@", NO_DOMAIN | AT, "user@b.example@", "user@b.example"),
	NO_BOX("ats-together", "user@@a.example", AT, "user@@a.example", NONE "user"),
	NO_BOX("second-at-percent", "user%c.example@b.example@a.example", AT | PERCENT,
	       "user%c.example@b.example@a.example", "user%c.example@b.example", "user@c.example",
	       /* the percent read before the at sign: no Domain */ NONE "user"),
	FAULT("second-at-dot", "user.@b.example@a.example", BAD_DOT),
	FAULT("second-at-literal", "user@[192.0.2.1]@a.example", NEEDS_QUOTES),
	FAULT("quoted-second-at", "\"user\"@b.example@a.example", BAD_DOMAIN),

	/* ---- inside quotes ---- */
	BOX("quoted-at", "\"user@b.example\"@a.example", QUOTED | AT, "user@b.example@a.example", "user@b.example"),
	BOX("quoted-at-escaped", "\"user\\@b.example\"@a.example", QUOTED | AT, "user@b.example@a.example",
	    "user@b.example"),
	BOX("quoted-percent", "\"user%b.example\"@a.example", QUOTED | PERCENT, "user%b.example@a.example",
	    "user@b.example"),
	BOX("quoted-bang", "\"b.example!user\"@a.example", QUOTED | BANG, "b.example!user@a.example", "user@b.example"),
	BOX("quoted-route", "\"@b.example:user@c.example\"@a.example", QUOTED | AT,
	    "@b.example:user@c.example@a.example", "@b.example", "user@c.example"),
	BOX("quoted-route-two-hosts", "\"@b.example,@d.example:user@c.example\"@a.example", QUOTED | AT,
	    "@b.example,@d.example:user@c.example@a.example", "@b.example", "@d.example", "user@c.example"),
	BOX("quoted-at-last", "\"user@\"@a.example", QUOTED | AT, "user@@a.example", NONE "user"),
	BOX("quoted-at-first", "\"@b.example\"@a.example", QUOTED | AT, "@b.example@a.example", "@b.example"),
	BOX("quoted-at-alone", "\"@\"@a.example", QUOTED | AT, "@@a.example", NONE ""),
	BOX("quoted-in-quotes", "\"\\\"user@b.example\\\"@c.example\"@a.example", QUOTED | AT,
	    "\"user@b.example\"@c.example@a.example", "user@b.example@c.example", "user@b.example"),
	BOX("quoted-literal", "\"user@[192.0.2.1]\"@a.example", QUOTED | AT, "user@[192.0.2.1]@a.example",
	    "user@[192.0.2.1]"),
	NO_BOX("quoted-bare", "\"user\"", NO_DOMAIN, "user@"),
	NO_BOX("quoted-at-bare", "\"user@b.example\"", QUOTED | AT | NO_DOMAIN, "user@b.example@", "user@b.example"),
	NO_BOX("quoted-percent-bare", "\"user%b.example\"", QUOTED | PERCENT | NO_DOMAIN, "user%b.example@",
	       "user@b.example"),
	NO_BOX("quoted-and-at-last", "\"user\"@", NO_DOMAIN | AT, "user@"),
	FAULT("quoted-empty", "\"\"@dom.example", NO_LOCAL),
	FAULT("quoted-empty-bare", "\"\"", NO_LOCAL),
	FAULT("quoted-no-end", "\"user@dom.example", NO_END),
	FAULT("quoted-escaped-end", "\"user\\\"@dom.example", NO_END),
	FAULT("quoted-backslash-last", "\"user\\", NO_END),
	FAULT("quote-alone", "\"", NO_END),
	FAULT("quoted-then-text", "\"user\"x@dom.example", BEFORE_AT),
	FAULT("quoted-then-dot", "\"user\".x@dom.example", BEFORE_AT),
	FAULT("quoted-then-quoted", "\"user\"\"x\"@dom.example", BEFORE_AT),
	FAULT("quoted-then-space", "\"user\" @dom.example", BEFORE_AT),
	FAULT("text-then-quoted", "x\"user\"@dom.example", NEEDS_QUOTES),
	FAULT("text-dot-quoted", "x.\"user\"@dom.example", NEEDS_QUOTES),

	/* ---- without a domain ---- */
	NO_BOX("bare", "user", NO_DOMAIN, "user@"),
	NO_BOX("bare-postmaster", "postmaster", NO_DOMAIN, "postmaster@"),
	NO_BOX("bare-postmaster-odd-case", "PoStMaSTer", NO_DOMAIN, "postmaster@"),
	NO_BOX("bare-postmaster-quoted", "\"Postmaster\"", NO_DOMAIN, "postmaster@"),
	NO_BOX("bare-postmaster-at-last", "postmaster@", NO_DOMAIN | AT, "postmaster@"),

	/* ---- address-literals (RFC 5321 4.1.3) ---- */
	BOX("literal", "user@[192.0.2.1]", LITERAL, "user@[192.0.2.1]"),
	BOX("literal-ipv6", "user@[IPv6:2001:DB8::1]", LITERAL, "user@[2001:db8::1]"),
	BOX("literal-ipv6-tag-case", "user@[ipv6:2001:db8::1]", LITERAL, "user@[2001:db8::1]"),
	BOX("literal-ipv6-mapped", "user@[IPv6:::ffff:192.0.2.1]", LITERAL, "user@[192.0.2.1]"),
	BOX("literal-ipv6-longest", "user@[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", LITERAL,
	    "user@[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]"),
	BOX("literal-quoted-local", "\"us er\"@[192.0.2.1]", LITERAL, "us er@[192.0.2.1]"),
	FAULT("literal-ipv6-one-too-long", "user@[IPv6:ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555]", BAD_DOMAIN),
	FAULT("literal-ipv6-no-tag", "user@[2001:db8::1]", BAD_DOMAIN),
	FAULT("literal-ipv6-zone-id", "user@[IPv6:fe80::1%eth0]", BAD_DOMAIN),
	FAULT("literal-ipv4-with-tag", "user@[IPv6:192.0.2.1]", BAD_DOMAIN),
	FAULT("literal-other-tag", "user@[x-net:192.0.2.1]", BAD_DOMAIN),
	FAULT("literal-octal", "user@[0300.0.2.1]", BAD_DOMAIN),
	FAULT("literal-256", "user@[192.0.2.256]", BAD_DOMAIN),
	FAULT("literal-short", "user@[192.0.2]", BAD_DOMAIN),
	FAULT("literal-empty", "user@[]", BAD_DOMAIN),
	FAULT("literal-tag-alone", "user@[IPv6:]", BAD_DOMAIN),
	FAULT("literal-no-end", "user@[192.0.2.1", BAD_DOMAIN),
	FAULT("literal-no-start", "user@192.0.2.1]", BAD_DOMAIN),
	FAULT("literal-dot-last", "user@[192.0.2.1].", BAD_DOMAIN),
	FAULT("literal-space", "user@[ 192.0.2.1]", BAD_DOMAIN),
	FAULT("literal-in-brackets-twice", "user@[[192.0.2.1]]", BAD_DOMAIN),
	FAULT("literal-name", "user@[dom.example]", BAD_DOMAIN),
	FAULT("literal-no-brackets", "user@192.0.2.1", BAD_DOMAIN),
	FAULT("literal-no-brackets-ipv6", "user@2001:db8::1", BAD_DOMAIN),

	/* ---- Domain ---- */
	FAULT("dot-last", "user@dom.example.", BAD_DOMAIN),
	FAULT("dot-first", "user@.dom.example", BAD_DOMAIN),
	FAULT("empty-label", "user@dom..example", BAD_DOMAIN),
	FAULT("dot-alone", "user@.", BAD_DOMAIN),
	FAULT("digits-last", "user@dom.42", BAD_DOMAIN),
	FAULT("hyphen-last", "user@dom-.example", BAD_DOMAIN),
	FAULT("space-in-domain", "user@dom .example", BAD_DOMAIN),
	FAULT("space-last", "user@dom.example ", BAD_DOMAIN),
	FAULT("comma-in-domain", "user@dom.example,user", BAD_DOMAIN),
	FAULT("two-mailboxes", "user@dom.example;user", BAD_DOMAIN),
	FAULT("angle-last", "user@dom.example>", BAD_DOMAIN),
	FAULT("comment-in-domain", "user@(c)dom.example", BAD_DOMAIN),

	/* ---- Local-part ---- */
	FAULT("local-dot-first", ".user@dom.example", BAD_DOT),
	FAULT("local-dot-last", "user.@dom.example", BAD_DOT),
	FAULT("local-dots", "us..er@dom.example", BAD_DOT),
	FAULT("local-dot-alone", ".@dom.example", BAD_DOT),
	FAULT("local-bare-dot-last", "user.", BAD_DOT),
	FAULT("local-space", "first last@dom.example", NEEDS_QUOTES),
	FAULT("local-space-first", " user@dom.example", NEEDS_QUOTES),
	FAULT("local-colon", "a:user@dom.example", NEEDS_QUOTES),
	FAULT("local-comma", "a,user@dom.example", NEEDS_QUOTES),
	FAULT("local-semicolon", "a;user@dom.example", NEEDS_QUOTES),
	FAULT("local-parenthesis", "user(c)@dom.example", NEEDS_QUOTES),
	FAULT("local-bracket", "user[1]@dom.example", NEEDS_QUOTES),
	FAULT("local-backslash", "us\\er@dom.example", NEEDS_QUOTES),
	FAULT("local-escaped-at", "user\\@b.example@dom.example", NEEDS_QUOTES),
	FAULT("angle-brackets", "<user@dom.example>", NEEDS_QUOTES),
	FAULT("space-alone", " ", NEEDS_QUOTES),

	/* ---- octets ---- */
	FAULT("nul", "user\0@dom.example", "a NUL"),
	FAULT("nul-last", "user@dom.example\0", "a NUL"),
	FAULT("nul-first", "\0user@dom.example", "a NUL"),
	FAULT("nul-in-domain", "user@dom.example\0.example", "a NUL"),
	FAULT("nul-quoted", "\"us\0er\"@dom.example", "a NUL"),
	FAULT("nul-escaped", "\"us\\\0er\"@dom.example", "a NUL"),
	FAULT("cr-lf", "user@dom.example\r\nDATA", CONTROL),
	FAULT("cr", "user\r@dom.example", CONTROL),
	FAULT("lf", "user@dom.example\n", CONTROL),
	FAULT("tab", "us\ter@dom.example", CONTROL),
	FAULT("tab-quoted", "\"us\ter\"@dom.example", CONTROL),
	FAULT("soh", "\x01user@dom.example", CONTROL),
	FAULT("unit-separator", "user\x1f@dom.example", CONTROL),
	FAULT("del", "user\x7f@dom.example", CONTROL),
	FAULT("del-quoted", "\"us\x7f" "er\"@dom.example", CONTROL),
	FAULT("del-escaped", "\"us\\\x7f" "er\"@dom.example", CONTROL),
	FAULT("8-bit-local", "us\xc3\xa9r@dom.example", OVER_127),
	FAULT("8-bit-quoted", "\"us\xc3\xa9r\"@dom.example", OVER_127),
	FAULT("8-bit-domain", "user@b\xc3\xbc" "cher.example", OVER_127),
	FAULT("8-bit-latin-1", "us\xe9r@dom.example", OVER_127),
	FAULT("8-bit-0x80", "us\x80r@dom.example", OVER_127),
	FAULT("8-bit-0xff", "us\xffr@dom.example", OVER_127),
	FAULT("8-bit-route", "@b\xc3\xbc" "cher.example:user@dom.example", OVER_127),

	/* ---- SMTPUTF8 (RFC 6531 3.3) ---- */
	BOX_UTF8("utf8-ascii", "User@Dom.Example", 0, "user@dom.example"),
	BOX_UTF8("utf8-local", "us\xc3\xa9r@dom.example", 0, "us\xc3\xa9r@dom.example"),
	BOX_UTF8("utf8-local-upper-case", "US\xc3\x89R@dom.example", 0, "us\xc3\xa9r@dom.example"),
	BOX_UTF8("utf8-local-nfd", "use\xcc\x81r@dom.example", 0, "us\xc3\xa9r@dom.example"),
	BOX_UTF8("utf8-quoted", "\"us \xc3\xa9r\"@dom.example", 0, "us \xc3\xa9r@dom.example"),
	BOX_UTF8("utf8-u-label", "user@b\xc3\xbc" "cher.example", 0, "user@xn--bcher-kva.example"),
	BOX_UTF8("utf8-u-label-nfd", "user@bu\xcc\x88" "cher.example", 0, "user@xn--bcher-kva.example"),
	BOX_UTF8("utf8-u-label-upper-case", "user@B\xc3\x9c" "CHER.example", 0, "user@xn--bcher-kva.example"),
	BOX_UTF8("utf8-kelvin-is-k", "\xe2\x84\xaa@dom.example", 0, "k@dom.example"),
	BOX_UTF8("utf8-route", "@b\xc3\xbc" "cher.example:user@dom.example", ROUTE, "user@dom.example",
	         "@xn--bcher-kva.example"),
	BOX_UTF8("utf8-percent", "us\xc3\xa9r%b.example@a.example", PERCENT, "us\xc3\xa9r%b.example@a.example",
	         "us\xc3\xa9r@b.example"),
	BOX_UTF8("utf8-percent-u-label", "user%b\xc3\xbc" "cher.example@a.example", PERCENT,
	         "user%b\xc3\xbc" "cher.example@a.example", "user@xn--bcher-kva.example"),
	NO_BOX_UTF8("utf8-bare", "us\xc3\xa9r", NO_DOMAIN, "us\xc3\xa9r@"),
	FAULT_UTF8("utf8-invalid", "us\xffr@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-cut", "us\xc3@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-cut-last", "user@dom.example\xc3", NOT_UTF8),
	FAULT_UTF8("utf8-continuation-alone", "us\xa9r@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-overlong-at", "user\xc1\x80" "dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-overlong-nul", "us\xc0\x80r@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-surrogate", "us\xed\xa0\x80r@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-over-10ffff", "us\xf4\x90\x80\x80r@dom.example", NOT_UTF8),
	FAULT_UTF8("utf8-nul", "us\xc3\xa9r\0@dom.example", "a NUL"),
	FAULT_UTF8("utf8-del", "us\xc3\xa9r\x7f@dom.example", CONTROL),
	FAULT_UTF8("utf8-c1-control", "us\xc2\x85r@dom.example", HIDDEN),
	FAULT_UTF8("utf8-line-separator", "us\xe2\x80\xa8r@dom.example", HIDDEN),
	FAULT_UTF8("utf8-paragraph-separator", "us\xe2\x80\xa9r@dom.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-override", "us\xe2\x80\xaer@dom.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-embedding", "us\xe2\x80\xaar@dom.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-isolate", "us\xe2\x81\xa6r@dom.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-isolate-end", "us\xe2\x81\xa9r@dom.example", HIDDEN),
	FAULT_UTF8("utf8-left-to-right-mark", "us\xe2\x80\x8er@dom.example", HIDDEN),
	FAULT_UTF8("utf8-right-to-left-mark", "user\xe2\x80\x8f@dom.example", HIDDEN),
	FAULT_UTF8("utf8-arabic-letter-mark", "user\xd8\x9c@dom.example", HIDDEN),
	FAULT_UTF8("utf8-byte-order-mark", "\xef\xbb\xbfuser@dom.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-in-domain", "user@dom\xe2\x80\xae.example", HIDDEN),
	FAULT_UTF8("utf8-bidi-in-quotes", "\"us\xe2\x80\xaer\"@dom.example", HIDDEN),
	FAULT_UTF8("utf8-escaped", "\"us\\\xc3\xa9r\"@dom.example", NO_END),
	FAULT_UTF8("utf8-ideographic-stop", "user@dom\xe3\x80\x82" "example", BAD_DOMAIN),
	FAULT_UTF8("utf8-halfwidth-stop", "user@dom\xef\xbd\xa1" "example", BAD_DOMAIN),
	FAULT_UTF8("utf8-fullwidth-stop", "user@dom\xef\xbc\x8e" "example", BAD_DOMAIN),
	FAULT_UTF8("utf8-u-label-dot-last", "user@b\xc3\xbc" "cher.example.", BAD_DOMAIN),
	FAULT_UTF8("utf8-fullwidth-digits", "user@192.0.2.\xef\xbc\x91", BAD_DOMAIN),
	FAULT_UTF8("utf8-fullwidth-brackets", "user@\xef\xbc\xbb" "192.0.2.1\xef\xbc\xbd", BAD_DOMAIN),

	/* ---- look-alikes: what NFKC turns into an at sign, a percent sign or a bang ---- */
	BOX_UTF8("look-alike-percent", "user\xef\xbc\x85" "b.example@a.example", LOOK_ALIKE | PERCENT,
	         "user\xef\xbc\x85" "b.example@a.example", "user@b.example"),
	BOX_UTF8("look-alike-small-percent", "user\xef\xb9\xaa" "b.example@a.example", LOOK_ALIKE | PERCENT,
	         "user\xef\xb9\xaa" "b.example@a.example", "user@b.example"),
	BOX_UTF8("look-alike-at", "user\xef\xbc\xa0" "b.example@a.example", LOOK_ALIKE | AT,
	         "user\xef\xbc\xa0" "b.example@a.example", "user@b.example"),
	BOX_UTF8("look-alike-small-at", "user\xef\xb9\xab" "b.example@a.example", LOOK_ALIKE | AT,
	         "user\xef\xb9\xab" "b.example@a.example", "user@b.example"),
	BOX_UTF8("look-alike-bang", "b.example\xef\xbc\x81user@a.example", LOOK_ALIKE | BANG,
	         "b.example\xef\xbc\x81user@a.example", "user@b.example"),
	BOX_UTF8("look-alike-small-bang", "b.example\xef\xb9\x97user@a.example", LOOK_ALIKE | BANG,
	         "b.example\xef\xb9\x97user@a.example", "user@b.example"),
	BOX_UTF8("look-alike-double-bang", "b.example\xe2\x80\xbcuser@a.example", LOOK_ALIKE | BANG,
	         "b.example\xe2\x80\xbcuser@a.example", "!user@b.example", NONE "user"),
	BOX_UTF8("look-alike-beside-real", "user\xef\xbc\x85" "c.example%b.example@a.example", LOOK_ALIKE | PERCENT,
	         "user\xef\xbc\x85" "c.example%b.example@a.example", "user%c.example@b.example", "user@c.example"),
	BOX_UTF8("look-alike-quoted", "\"user\xef\xbc\xa0" "b.example\"@a.example", LOOK_ALIKE | AT,
	         "user\xef\xbc\xa0" "b.example@a.example", "user@b.example"),
	BOX_UTF8("look-alike-dot-in-inner-domain", "user%b\xef\xbc\x8e" "example@a.example", PERCENT,
	         "user%b\xef\xbc\x8e" "example@a.example", "user@b.example"),
	NO_BOX_UTF8("look-alike-at-only", "user\xef\xbc\xa0" "b.example", LOOK_ALIKE | AT | NO_DOMAIN,
	            "user\xef\xbc\xa0" "b.example@", "user@b.example"),
	NO_BOX_UTF8("look-alike-percent-bare", "user\xef\xbc\x85" "b.example", LOOK_ALIKE | PERCENT | NO_DOMAIN,
	            "user\xef\xbc\x85" "b.example@", "user@b.example"),
	FAULT_UTF8("look-alike-at-in-domain", "user@b.example\xef\xbc\xa0" "a.example", BAD_DOMAIN),
	FAULT_UTF8("look-alike-small-at-in-domain", "user@b.example\xef\xb9\xab" "a.example", BAD_DOMAIN),
	FAULT_UTF8("look-alike-percent-in-domain", "user@b.example\xef\xbc\x85" "a.example", BAD_DOMAIN),
	FAULT_UTF8("look-alike-bang-in-domain", "user@b.example\xef\xbc\x81" "a.example", BAD_DOMAIN),
	FAULT_UTF8("look-alike-route", "\xef\xbc\xa0" "a.example:user@dom.example", NEEDS_QUOTES),
	FAULT("look-alike-without-smtputf8", "user\xef\xbc\xa0" "b.example@a.example", OVER_127),
};

/* A layer as a row writes it; the caller's to free. Also looks whether its parts agree. */
static char *
layer_written(const mg_mailbox *layer)
{
	g_autofree char *joined = NULL;

	g_assert_cmpint(layer->key == NULL, ==, layer->domain == NULL);
	if (layer->domain == NULL)
		return g_strconcat(NONE, layer->local, NULL);
	joined = g_strconcat(layer->local, "@", layer->domain, NULL);
	g_assert_cmpstr(joined, ==, layer->key);
	g_assert_cmpint(layer->is_literal, ==, layer->domain[0] == '[');
	return g_strdup(layer->key);
}

static void
assert_keys(const mg_path *path, const char *const *keys)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	guint n_keys = 0;

	for (guint i = 0; i < path->n_layers; i++)
		g_ptr_array_add(found, layer_written(&path->layers[i]));
	if (found->len > 0)
		g_assert_cmpstr(found->pdata[0], ==, keys[0]);
	for (; keys[n_keys] != NULL; n_keys++)
		if (!g_ptr_array_find_with_equal_func(found, keys[n_keys], g_str_equal, NULL)) {
			g_test_message("no layer '%s'", keys[n_keys]);
			g_test_fail();
		}
	/* A mailbox may be found in two ways, and stand there twice; nothing may be found that no row has. */
	for (guint i = 0; i < found->len; i++)
		if (!g_strv_contains(keys, found->pdata[i])) {
			g_test_message("another layer '%s'", (const char *)found->pdata[i]);
			g_test_fail();
		}
}

static void
test_path(gconstpointer data)
{
	const path_case *row = data;
	const char *fault = NULL;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *octets = g_memdup2(row->octets, row->length);
	g_autofree mg_path *path = g_new0(mg_path, 1);
	gboolean done = mg_path_parse(octets, row->length, row->utf8, MG_LOCAL_PART_MAX, path, &fault);

	g_assert_cmpstr(fault, ==, row->fault);
	g_assert_cmpint(done, ==, row->fault == NULL);
	if (!done)
		return;
	g_assert_false(path->is_null);
	g_assert_cmpint(path->is_mailbox, ==, row->is_mailbox);
	g_assert_cmphex(path->forms, ==, row->forms);
	assert_keys(path, row->keys);
}

static void
test_null(void)
{
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	memset(path, 0xa5, sizeof(*path));
	g_assert_true(mg_path_parse("", 0, FALSE, MG_LOCAL_PART_MAX, path, &fault));
	g_assert_true(path->is_null);
	g_assert_false(path->is_mailbox);
	g_assert_cmpuint(path->forms, ==, 0);
	g_assert_cmpuint(path->n_layers, ==, 0);
	g_assert_false(mg_path_is_bare_postmaster(path));
}

/* ---- limits ---- */

typedef struct limit_case {
	const char *name;
	gsize       local;       /* octets, quotes included */
	gboolean    quoted;
	gsize       domain;      /* octets, in labels of 63; 0: none and no at sign */
	gsize       local_max;
	const char *fault;
} limit_case;

#define OVER_LOCAL "a Local-part over its limit"
#define OVER_PATH  "more than 254 octets"

static const limit_case limit_cases[] = {
	{ "local-64", 64, FALSE, 11, 64, NULL },
	{ "local-65", 65, FALSE, 11, 64, OVER_LOCAL },
	{ "local-64-quoted", 64, TRUE, 11, 64, NULL },
	{ "local-65-quoted", 65, TRUE, 11, 64, OVER_LOCAL },
	{ "local-64-bare", 64, FALSE, 0, 64, NULL },
	{ "local-65-bare", 65, FALSE, 0, 64, OVER_LOCAL },
	{ "local-65-allowed", 65, FALSE, 11, 65, NULL },
	{ "local-66-of-65", 66, FALSE, 11, 65, OVER_LOCAL },
	{ "local-242-of-254", 242, FALSE, 11, 254, NULL },
	{ "local-254-bare", 254, FALSE, 0, 254, NULL },
	{ "local-254-quoted-bare", 254, TRUE, 0, 254, NULL },
	{ "local-255-bare", 255, FALSE, 0, 254, OVER_PATH },
	{ "path-254", 64, FALSE, 189, 64, NULL },
	{ "path-255", 64, FALSE, 190, 64, OVER_PATH },
	{ "path-254-of-domain", 1, FALSE, 252, 64, NULL },
	{ "path-255-of-domain", 1, FALSE, 253, 64, OVER_PATH },
	{ "path-256-of-domain", 1, FALSE, 254, 64, OVER_PATH },
	{ "path-1000000", 1, FALSE, 1000001, 64, OVER_PATH },
};

static void
test_limit(gconstpointer data)
{
	const limit_case *row = data;
	g_autofree char *local = test_repeat('l', row->local);
	g_autofree char *domain = test_domain_of(row->domain);
	g_autofree char *text = g_strconcat(local, row->domain > 0 ? "@" : "", domain, NULL);
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	if (row->quoted)
		text[0] = text[row->local - 1] = '"';
	g_assert_cmpint(mg_path_parse(text, strlen(text), FALSE, row->local_max, path, &fault), ==, row->fault == NULL);
	g_assert_cmpstr(fault, ==, row->fault);
	if (row->fault != NULL)
		return;
	g_assert_cmpuint(strlen(path->layers[0].local), ==, row->quoted ? row->local - 2 : row->local);
	g_assert_cmpstr(path->layers[0].domain, ==, domain);
}

typedef struct label_case {
	const char *name;
	const char *format;   /* the label stands for %s */
	gsize       label;
	const char *fault;
} label_case;

static const label_case label_cases[] = {
	{ "label-63", "user@%s.example", 63, NULL },
	{ "label-64", "user@%s.example", 64, BAD_DOMAIN },
	{ "label-63-last", "user@dom.%s", 63, NULL },
	{ "label-64-last", "user@dom.%s", 64, BAD_DOMAIN },
	{ "label-63-in-route", "@%s.example:user@dom.example", 63, NULL },
	{ "label-64-in-route", "@%s.example:user@dom.example", 64, NO_HOST },
};

static void
test_label(gconstpointer data)
{
	const label_case *row = data;
	g_autofree char *label = test_repeat('d', row->label);
	g_auto(GStrv) parts = g_strsplit(row->format, "%s", -1);
	g_autofree char *text = g_strjoinv(label, parts);
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	g_assert_cmpint(mg_path_parse(text, strlen(text), FALSE, MG_LOCAL_PART_MAX, path, &fault), ==,
	                row->fault == NULL);
	g_assert_cmpstr(fault, ==, row->fault);
}

typedef struct layers_case {
	const char *name;
	const char *first, *repeated, *last;
	guint       n_repeated;
	gboolean    utf8;
	guint       n_layers;   /* 0: too many */
} layers_case;

static const layers_case layers_cases[] = {
	{ "percent-16", "u", "%b", "@a", 15, FALSE, 16 },
	{ "percent-17", "u", "%b", "@a", 16, FALSE, 0 },
	{ "bang-16", "", "b!", "u@a", 15, FALSE, 16 },
	{ "bang-17", "", "b!", "u@a", 16, FALSE, 0 },
	{ "second-at-16", "u", "@b", "@a", 15, FALSE, 16 },
	{ "second-at-17", "u", "@b", "@a", 16, FALSE, 0 },
	{ "quoted-at-16", "\"u", "@b", "\"@a", 15, FALSE, 16 },
	{ "quoted-at-17", "\"u", "@b", "\"@a", 16, FALSE, 0 },
	{ "route-16", "@a", ",@b", ":u@c", 14, FALSE, 16 },
	{ "route-17", "@a", ",@b", ":u@c", 15, FALSE, 0 },
	{ "quoted-route-16", "\"@a", ",@b", ":u@c\"@d", 13, FALSE, 16 },
	{ "quoted-route-17", "\"@a", ",@b", ":u@c\"@d", 14, FALSE, 0 },
	{ "look-alike-16", "u", "\xef\xbc\x85" "b", "@a", 15, TRUE, 16 },
	{ "look-alike-17", "u", "\xef\xbc\x85" "b", "@a", 16, TRUE, 0 },
	{ "bang-beside-percent", "", "b!", "u%c%c%c@a", 4, FALSE, 0 },
	{ "ats-alone", "u", "@", "", 40, FALSE, 0 },
};

static void
test_layers(gconstpointer data)
{
	const layers_case *row = data;
	g_autoptr(GString) text = g_string_new(row->first);
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	for (guint i = 0; i < row->n_repeated; i++)
		g_string_append(text, row->repeated);
	g_string_append(text, row->last);
	g_assert_cmpint(mg_path_parse(text->str, text->len, row->utf8, MG_PATH_MAX, path, &fault), ==, row->n_layers > 0);
	if (row->n_layers == 0)
		g_assert_cmpstr(fault, ==, "more layers than can be unfolded");
	else
		g_assert_cmpuint(path->n_layers, ==, row->n_layers);
}

/* ---- what is the same mailbox ---- */

typedef struct same_case {
	const char *name;
	const char *a, *b;
	gboolean    expected;
} same_case;

static const same_case same_cases[] = {
	{ "case", "User@Dom.Example", "uSER@dOM.eXAMPLE", TRUE },
	{ "quotes", "user@dom.example", "\"user\"@dom.example", TRUE },
	{ "escapes", "user@dom.example", "\"u\\ser\"@dom.example", TRUE },
	{ "nfc-nfd", "us\xc3\xa9r@dom.example", "use\xcc\x81r@dom.example", TRUE },
	{ "nfc-nfd-upper-case", "US\xc3\x89R@dom.example", "use\xcc\x81r@dom.example", TRUE },
	{ "nfc-nfd-hangul", "\xea\xb0\x80@dom.example", "\xe1\x84\x80\xe1\x85\xa1@dom.example", TRUE },
	{ "nfc-nfd-two-marks", "\xe1\xbb\x87@dom.example", "e\xcc\xa3\xcc\x82@dom.example", TRUE },
	{ "nfd-marks-in-any-order", "e\xcc\x82\xcc\xa3@dom.example", "e\xcc\xa3\xcc\x82@dom.example", TRUE },
	{ "nfd-iota-subscript-in-any-order", "\xce\xb1\xcd\x85\xcc\x93@dom.example", "\xe1\xbe\x80@dom.example", TRUE },
	{ "angstrom", "\xe2\x84\xab@dom.example", "\xc3\xa5@dom.example", TRUE },
	{ "final-sigma", "\xcf\x83\xcf\x82@dom.example", "\xce\xa3\xce\xa3@dom.example", TRUE },
	{ "u-label-a-label", "user@b\xc3\xbc" "cher.example", "user@xn--bcher-kva.example", TRUE },
	{ "u-label-nfd", "user@bu\xcc\x88" "cher.example", "user@XN--BCHER-KVA.example", TRUE },
	{ "literal-mapped", "user@[192.0.2.1]", "user@[IPv6:::ffff:c000:201]", TRUE },
	{ "literal-ipv6-written-out", "user@[IPv6:2001:db8::1]", "user@[IPv6:2001:0db8:0:0:0:0:0:1]", TRUE },
	{ "local-of-other-letters", "us\xc3\xa9r@dom.example", "user@dom.example", FALSE },
	{ "local-fullwidth", "\xef\xbd\x95ser@dom.example", "user@dom.example", FALSE },
	{ "local-cyrillic", "us\xd0\xb5r@dom.example", "user@dom.example", FALSE },
	{ "local-zero-width", "us\xe2\x80\x8b" "er@dom.example", "user@dom.example", FALSE },
	{ "domain-cyrillic", "user@d\xd0\xbem.example", "user@dom.example", FALSE },
	{ "domain-sharp-s", "user@stra\xc3\x9f" "e.example", "user@strasse.example", FALSE },
	{ "dot", "first.last@dom.example", "firstlast@dom.example", FALSE },
	{ "tag", "user+tag@dom.example", "user@dom.example", FALSE },
	{ "bare", "user", "user@dom.example", FALSE },
};

static void
test_same(gconstpointer data)
{
	const same_case *row = data;
	g_autofree mg_path *a = g_new0(mg_path, 1);
	g_autofree mg_path *b = g_new0(mg_path, 1);
	const char *fault = NULL;

	g_assert_true(mg_path_parse(row->a, strlen(row->a), TRUE, MG_LOCAL_PART_MAX, a, &fault));
	g_assert_true(mg_path_parse(row->b, strlen(row->b), TRUE, MG_LOCAL_PART_MAX, b, &fault));
	g_assert_cmpstr(fault, ==, NULL);
	if (fault != NULL)
		return;
	if (row->expected)
		g_assert_cmpstr(a->layers[0].key, ==, b->layers[0].key);
	else
		g_assert_cmpstr(a->layers[0].key, !=, b->layers[0].key);
}

/* ---- the Local-part as sent ---- */

typedef struct sent_case {
	const char *name;
	const char *text;
	const char *expected;
} sent_case;

static const sent_case sent_cases[] = {
	{ "case", "uSER@dom.example", "uSER" },
	{ "quotes", "\"uSER\"@dom.example", "uSER" },
	{ "escapes", "\"u\\S\\\"\\\\\"@dom.example", "uS\"\\" },
	{ "nfd-stays", "Use\xcc\x81r@dom.example", "Use\xcc\x81r" },
	{ "route", "@A.example:uSER@dom.example", "uSER" },
	{ "percent-is-not-unfolded", "uSER%B.example@dom.example", "uSER%B.example" },
	{ "second-at", "uSER@B.example@dom.example", "uSER@B.example" },
	{ "bare", "PostMaster", "PostMaster" },
	{ "null", "", "" },
};

static void
test_sent(gconstpointer data)
{
	const sent_case *row = data;
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	memset(path, 'x', sizeof(*path));   /* as on a stack */
	g_assert_true(mg_path_parse(row->text, strlen(row->text), TRUE, MG_LOCAL_PART_MAX, path, &fault));
	g_assert_cmpstr(path->local, ==, row->expected);
}

/* ---- postmaster ---- */

typedef struct postmaster_case {
	const char *name;
	const char *text;
	gboolean    expected;
} postmaster_case;

static const postmaster_case postmaster_cases[] = {
	{ "plain", "postmaster", TRUE },
	{ "upper-case", "POSTMASTER", TRUE },
	{ "odd-case", "pOSTmASTEr", TRUE },
	{ "quoted", "\"postmaster\"", TRUE },
	{ "with-domain", "postmaster@dom.example", FALSE },
	{ "at-last", "postmaster@", FALSE },
	{ "literal", "postmaster@[192.0.2.1]", FALSE },
	{ "route", "@a.example:postmaster", FALSE },
	{ "percent", "postmaster%b.example", FALSE },
	{ "bang", "b.example!postmaster", FALSE },
	{ "tag", "postmaster+tag", FALSE },
	{ "shorter", "postmaste", FALSE },
	{ "longer", "postmasters", FALSE },
	{ "quoted-space", "\"postmaster \"", FALSE },
	/* RFC 5321 4.5.1 has the seven-bit word in any case; RFC 6531 does not make other letters of it. */
	{ "long-s", "po\xc5\xbftmaster", FALSE },
};

static void
test_postmaster(gconstpointer data)
{
	const postmaster_case *row = data;
	g_autofree mg_path *path = g_new0(mg_path, 1);
	const char *fault = NULL;

	g_assert_true(mg_path_parse(row->text, strlen(row->text), TRUE, MG_LOCAL_PART_MAX, path, &fault));
	g_assert_cmpint(mg_path_is_bare_postmaster(path), ==, row->expected);
}

/* ---- what grows ---- */

typedef struct growth_case {
	const char *name;
	const char *unit;      /* as many of these as fit */
} growth_case;

static const growth_case growth_cases[] = {
	{ "nfc", "\xf0\x9d\x85\xa0" },        /* four octets, twelve in NFC */
	{ "nfkc", "\xef\xb7\xba" },           /* three octets, thirty-three in NFKC */
	{ "casefold", "\xce\x90" },           /* two octets, six when folded */
	{ "casefold-ligature", "\xef\xac\x83" },
	{ "nfkc-and-routes", "\xef\xb7\xba\xef\xbc\x85" },
	{ "nfkc-and-quotes", "\xef\xb7\xba\xef\xbc\x82" },
	{ "double-bangs", "\xe2\x80\xbc" },
	{ "account-of", "\xe2\x84\x80\xef\xbc\xa0" },
};

/* However much a Local-part grows, the path stays in its room: it is a path with layers in it, or a fault. */
static void
test_growth(gconstpointer data)
{
	const growth_case *row = data;
	g_autofree mg_path *path = g_new0(mg_path, 1);

	for (guint n = 1; n * strlen(row->unit) + strlen("@a") <= MG_PATH_MAX; n++) {
		g_autoptr(GString) text = g_string_new(NULL);
		const char *fault = NULL;

		for (guint i = 0; i < n; i++)
			g_string_append(text, row->unit);
		g_string_append(text, "@a");
		if (!mg_path_parse(text->str, text->len, TRUE, MG_PATH_MAX, path, &fault)) {
			g_assert_nonnull(fault);
			continue;
		}
		g_assert_cmpuint(path->n_used, <=, sizeof(path->text));
		for (guint i = 0; i < path->n_layers; i++) {
			g_autofree char *written = layer_written(&path->layers[i]);

			g_assert_true(g_utf8_validate(written, -1, NULL));
		}
	}
}

/* Octets of all kinds in any order: no fault of memory, and what is a path keeps its promises. */
static void
test_any_octets(void)
{
	static const char alphabet[] = "ab.@%!\":,\\[] \xc3\xbc\xef\xbc\xa0\x85\x81-1";
	g_autofree mg_path *path = g_new0(mg_path, 1);

	for (guint round = 0; round < 50000; round++) {
		gsize length = (gsize)g_test_rand_int_range(1, 40);
		g_autofree char *text = g_malloc(length);
		const char *fault = NULL;

		for (gsize i = 0; i < length; i++)
			text[i] = alphabet[g_test_rand_int_range(0, sizeof(alphabet))];
		if (!mg_path_parse(text, length, g_test_rand_bit(), MG_LOCAL_PART_MAX, path, &fault)) {
			g_assert_nonnull(fault);
			continue;
		}
		g_assert_cmpuint(path->n_layers, >, 0);
		g_assert_cmpuint(path->n_layers, <=, MG_LAYERS_MAX);
		g_assert_nonnull(path->layers[0].domain);
		/* More layers than one, or a mailbox that is none, come of a form. */
		g_assert_true((path->n_layers == 1 && path->is_mailbox) || path->forms != 0);
		for (guint i = 0; i < path->n_layers; i++)
			g_free(layer_written(&path->layers[i]));
	}
}

/* ---- names of forms ---- */

typedef struct forms_case {
	const char *name;
	guint       forms;
	const char *expected;
} forms_case;

static const forms_case forms_cases[] = {
	{ "none", 0, "plain" },
	{ "route", ROUTE, "source-route" },
	{ "percent", PERCENT, "percent" },
	{ "bang", BANG, "bang" },
	{ "at", AT, "second-at" },
	{ "quoted", QUOTED, "quoted-route" },
	{ "look-alike", LOOK_ALIKE, "look-alike" },
	{ "no-domain", NO_DOMAIN, "no-domain" },
	{ "literal", LITERAL, "literal" },
	{ "two", PERCENT | QUOTED, "percent quoted-route" },
	{ "all", 0xff, "source-route percent bang second-at quoted-route look-alike no-domain literal" },
};

static void
test_forms(gconstpointer data)
{
	const forms_case *row = data;
	g_autoptr(GString) out = g_string_new("before: ");
	g_autofree char *expected = g_strconcat("before: ", row->expected, NULL);

	mg_path_forms_append(out, row->forms);
	g_assert_cmpstr(out->str, ==, expected);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/path/parse", path_cases, test_path);
	g_test_add_func("/path/null", test_null);
	TEST_ROWS("/path/limit", limit_cases, test_limit);
	TEST_ROWS("/path/label", label_cases, test_label);
	TEST_ROWS("/path/layers", layers_cases, test_layers);
	TEST_ROWS("/path/same", same_cases, test_same);
	TEST_ROWS("/path/sent", sent_cases, test_sent);
	TEST_ROWS("/path/bare-postmaster", postmaster_cases, test_postmaster);
	TEST_ROWS("/path/growth", growth_cases, test_growth);
	g_test_add_func("/path/any-octets", test_any_octets);
	TEST_ROWS("/path/forms", forms_cases, test_forms);
	return g_test_run();
}
