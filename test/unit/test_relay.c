/* test_relay.c - who may send where: address forms x client classes, then each term of a grant, then doubt. */

#include "judge.h"
#include "support.h"

/* ---- address forms x client classes ---- */

static const char forms_policy[] =
	"[mailguard]\nhostname = mx1.example.net\nown-addresses = 192.0.2.1 2001:db8::1\n"
	"[domains]\nlocal = example.net bücher.example\nrelay-to = .example.org\n"
	"[zone servers]\nnetworks = 10.1.2.3\n"
	"[zone firewall]\nnetworks = 203.0.113.7\nshared-by-nat = yes\n"
	"[zone old]\nnetworks = 10.9.9.9\n"
	"[grant users]\nauth = any\n"
	"[grant servers]\nzone = servers\n"
	"[grant printer]\nzone = firewall\nhelo = printer.example.net\nfrom = scans@example.net\nto = @partner.example\n"
	"[grant old]\nzone = old\nuntil = 2020-01-31\n";

typedef struct client_class {
	const char *name, *ip, *helo, *from, *user;
} client_class;

static const client_class classes[] = {
	{ "outsider", "198.51.100.7",     "host.foreign.example", "a@foreign.example", NULL },
	{ "server",   "10.1.2.3",         "app.example.net",      "a@example.net",     NULL },
	{ "printer",  "203.0.113.7",      "printer.example.net",  "scans@example.net", NULL },
	{ "nat",      "203.0.113.7",      "pc.example.net",       "scans@example.net", NULL },
	{ "user",     "198.51.100.8",     "laptop.example",       "ana@example.net",   "ana" },
	{ "expired",  "10.9.9.9",         "old.example.net",      "a@example.net",     NULL },
};

static const struct {
	char        letter;
	const char *expected;
} outcomes[] = {
	{ 'G', "accept relay.granted" }, { 'O', "accept relay.own-domain" }, { 'D', "reject relay.denied" },
	{ 'F', "reject relay.address-form" }, { 'S', "reject address.syntax" }, { 'E', "reject relay.expired" },
};

typedef struct form_case {
	const char *name;
	const char *path;
	gsize       length;
	gboolean    smtputf8;
	const char *expected;   /* a letter for each class, in order */
} form_case;

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ROW(name, path, expected)  { name, path, sizeof(path) - 1, FALSE, expected }
#define UTF8(name, path, expected) { name, path, sizeof(path) - 1, TRUE, expected }

static const form_case form_cases[] = {
	/* plain: outsider, server, printer, nat, user, expired */
	ROW("plain-own", "user@example.net", "OGOOGO"),
	ROW("plain-foreign", "user@foreign.example", "DGDDGE"),
	ROW("plain-partner", "user@partner.example", "DGGDGE"),
	ROW("upper-own", "USER@EXAMPLE.NET", "OGOOGO"),
	ROW("upper-partner", "USER@PARTNER.EXAMPLE", "DGGDGE"),
	ROW("tag", "user+tag@example.net", "OGOOGO"),
	ROW("srs", "SRS0=HHH=TT=foreign.example=user@example.net", "OGOOGO"),
	ROW("relay-to-below", "user@mail.example.org", "OGOOGO"),
	ROW("relay-to-itself", "user@example.org", "DGDDGE"),
	ROW("own-below", "user@sub.example.net", "DGDDGE"),
	ROW("own-as-end-of-label", "user@evilexample.net", "DGDDGE"),
	ROW("own-as-start", "user@example.net.foreign.example", "DGDDGE"),
	ROW("partner-below", "user@sub.partner.example", "DGDDGE"),
	ROW("single-label", "user@localhost", "DGDDGE"),
	ROW("quoted-plain", "\"john doe\"@example.net", "OGOOGO"),
	ROW("quoted-plain-foreign", "\"john doe\"@foreign.example", "DGDDGE"),
	/* percent */
	ROW("percent", "user%foreign.example@example.net", "FGFFGF"),
	ROW("percent-to-own", "user%example.net@example.net", "FGFFGF"),
	ROW("percent-partner", "user%partner.example@partner.example", "FGGFGF"),
	ROW("percent-behind-partner", "user%foreign.example@partner.example", "FGFFGF"),
	ROW("percent-twice", "user%foreign.example%example.net@example.net", "FGFFGF"),
	ROW("percent-twice-partner", "user%foreign.example%partner.example@partner.example", "FGFFGF"),
	ROW("percent-bare", "user%foreign.example", "FSFFSF"),
	ROW("percent-empty", "user%@example.net", "FGFFGF"),
	ROW("percent-sign-only", "%@example.net", "FGFFGF"),
	ROW("percent-quoted", "\"user%foreign.example\"@example.net", "FGFFGF"),
	ROW("percent-quoted-bare", "\"user%foreign.example\"", "FSFFSF"),
	/* bang */
	ROW("bang", "foreign.example!user@example.net", "FGFFGF"),
	ROW("bang-partner", "partner.example!user@partner.example", "FGGFGF"),
	ROW("bang-behind-partner", "foreign.example!user@partner.example", "FGFFGF"),
	ROW("bang-twice", "example.net!foreign.example!user@example.net", "FGFFGF"),
	ROW("bang-bare", "foreign.example!user", "FSFFSF"),
	ROW("bang-quoted", "\"foreign.example!user\"@example.net", "FGFFGF"),
	ROW("bang-and-percent", "foreign.example!user%other.example@example.net", "FGFFGF"),
	/* quotes */
	ROW("at-quoted", "\"user@foreign.example\"@example.net", "FGFFGF"),
	ROW("at-quoted-partner", "\"user@partner.example\"@partner.example", "FGGFGF"),
	ROW("at-quoted-behind-partner", "\"user@foreign.example\"@partner.example", "FGFFGF"),
	ROW("at-quoted-escaped", "\"user\\@foreign.example\"@example.net", "FGFFGF"),
	ROW("at-quoted-bare", "\"user@foreign.example\"", "FSFFSF"),
	ROW("route-quoted", "\"@example.net:user@foreign.example\"@example.net", "FGFFGF"),
	ROW("quotes-in-quotes", "\"\\\"user@foreign.example\\\"@partner.example\"@partner.example", "FGFFGF"),
	ROW("quote-open", "\"user@example.net", "SSSSSS"),
	ROW("quote-inside", "us\"er@example.net", "SSSSSS"),
	ROW("quote-empty", "\"\"@example.net", "SSSSSS"),
	/* source routes */
	ROW("route", "@example.net:user@foreign.example", "FGFFGF"),
	ROW("route-to-own", "@example.net:user@example.net", "FGFFGF"),
	ROW("route-partner", "@partner.example:user@partner.example", "FGGFGF"),
	ROW("route-over-foreign", "@foreign.example:user@partner.example", "FGFFGF"),
	ROW("route-two-hosts", "@example.net,@partner.example:user@foreign.example", "FGFFGF"),
	ROW("route-open", "@example.net", "SSSSSS"),
	ROW("route-no-comma", "@a.example@b.example:user@example.net", "SSSSSS"),
	ROW("route-comma-end", "@a.example,:user@example.net", "SSSSSS"),
	/* second at sign */
	ROW("second-at", "user@foreign.example@example.net", "FSFFSF"),
	ROW("second-at-partner", "user@partner.example@partner.example", "FSSFSF"),
	ROW("second-at-open", "user@foreign.example@", "FSFFSF"),
	ROW("at-open", "user@", "FSFFSF"),
	ROW("at-only", "@", "SSSSSS"),
	/* no domain, literals */
	ROW("bare", "user", "FSFFSF"),
	ROW("postmaster", "postmaster", "OGOOGO"),
	ROW("postmaster-case", "PostMaster", "OGOOGO"),
	ROW("postmaster-at-open", "postmaster@", "FSFFSF"),
	ROW("postmaster-own-literal", "postmaster@[192.0.2.1]", "OGOOGO"),
	ROW("postmaster-own-literal-ipv6", "postmaster@[IPv6:2001:DB8::1]", "OGOOGO"),
	ROW("postmaster-other-literal", "postmaster@[192.0.2.2]", "FGFFGF"),
	ROW("user-own-literal", "user@[192.0.2.1]", "FGFFGF"),
	ROW("literal", "user@[198.51.100.9]", "FGFFGF"),
	ROW("literal-ipv6", "user@[IPv6:2001:db8::9]", "FGFFGF"),
	ROW("literal-wrong", "user@[999.1.1.1]", "SSSSSS"),
	ROW("literal-octal", "user@[0177.0.0.1]", "SSSSSS"),
	ROW("literal-short", "user@[127.1]", "SSSSSS"),
	ROW("literal-tag", "user@[foo:bar]", "SSSSSS"),
	ROW("literal-untagged-ipv6", "user@[2001:db8::9]", "SSSSSS"),
	ROW("literal-bare", "user@198.51.100.9", "SSSSSS"),
	/* domains */
	ROW("trailing-dot", "user@example.net.", "SSSSSS"),
	ROW("double-dot", "user@example..net", "SSSSSS"),
	ROW("leading-dot", "user@.example.net", "SSSSSS"),
	ROW("hyphen-first", "user@-a.example", "SSSSSS"),
	ROW("underscore", "user@a_b.example", "DGDDGE"),
	ROW("label-63", "user@" L63 ".example", "DGDDGE"),
	ROW("label-64", "user@" A64 ".example", "SSSSSS"),
	ROW("dots-in-local", "a..b@example.net", "SSSSSS"),
	ROW("dot-first-in-local", ".a@example.net", "SSSSSS"),
	/* lengths: Local-part 64, 65; path 254, 255 */
	ROW("local-64", A64 "@example.net", "OGOOGO"),
	ROW("local-65", "a" A64 "@example.net", "SSSSSS"),
	ROW("path-254", A64 "@" L63 "." L63 "." L50 ".example.or", "DGDDGE"),
	ROW("path-255", A64 "@" L63 "." L63 "." L50 ".example.org", "SSSSSS"),
	/* octets */
	ROW("empty", "", "SSSSSS"),
	ROW("nul", "user@example.net\0@foreign.example", "SSSSSS"),
	ROW("nul-behind-foreign", "user@foreign.example\0@example.net", "SSSSSS"),
	ROW("cr-lf", "user@example.net\r\nRCPT TO:<user@foreign.example>", "SSSSSS"),
	ROW("lf", "us\ner@example.net", "SSSSSS"),
	ROW("tab", "us\ter@example.net", "SSSSSS"),
	ROW("tab-quoted", "\"us\ter\"@example.net", "SSSSSS"),
	ROW("del", "us\x7f" "er@example.net", "SSSSSS"),
	ROW("space", "us er@example.net", "SSSSSS"),
	ROW("angles", "<user@foreign.example>", "SSSSSS"),
	ROW("comma", "user@foreign.example,user@example.net", "SSSSSS"),
	ROW("comment", "user(x)@example.net", "SSSSSS"),
	ROW("8-bit", "j\xf6rg@example.net", "SSSSSS"),
	ROW("utf-8-unannounced", "j\xc3\xb6rg@example.net", "SSSSSS"),
	ROW("u-label-unannounced", "user@b\xc3\xbc" "cher.example", "SSSSSS"),
	ROW("a-label", "user@xn--bcher-kva.example", "OGOOGO"),
	ROW("a-label-fake", "user@xn--example-.net", "SSSSSS"),
	/* SMTPUTF8 */
	UTF8("utf-8-local", "j\xc3\xb6rg@example.net", "OGOOGO"),
	UTF8("utf-8-local-foreign", "j\xc3\xb6rg@foreign.example", "DGDDGE"),
	UTF8("u-label", "user@b\xc3\xbc" "cher.example", "OGOOGO"),
	UTF8("u-label-nfd", "user@bu\xcc\x88" "cher.example", "OGOOGO"),
	UTF8("u-label-upper", "user@B\xc3\x9c" "CHER.example", "OGOOGO"),
	UTF8("u-label-foreign", "user@m\xc3\xbc" "ller.example", "DGDDGE"),
	UTF8("not-utf-8", "j\xf6rg@example.net", "SSSSSS"),
	UTF8("overlong-utf-8", "a\xc0\xafz@example.net", "SSSSSS"),
	UTF8("c1-control", "a\xc2\x85z@example.net", "SSSSSS"),
	UTF8("bidi", "a\xe2\x80\xaez@example.net", "SSSSSS"),
	UTF8("fullwidth-at", "user\xef\xbc\xa0" "foreign.example@example.net", "FGFFGF"),
	UTF8("fullwidth-at-partner", "user\xef\xbc\xa0" "partner.example@partner.example", "FGGFGF"),
	UTF8("fullwidth-percent", "user\xef\xbc\x85" "foreign.example@example.net", "FGFFGF"),
	UTF8("fullwidth-bang", "foreign.example\xef\xbc\x81user@example.net", "FGFFGF"),
	UTF8("small-at", "user\xef\xb9\xab" "foreign.example@example.net", "FGFFGF"),
	UTF8("fullwidth-at-in-domain", "user@example.net\xef\xbc\xa0" "foreign.example", "SSSSSS"),
	UTF8("fullwidth-stop", "user@example\xef\xbc\x8enet", "SSSSSS"),
	UTF8("ideographic-stop", "user@example\xe3\x80\x82net", "SSSSSS"),
};

static const char *
outcome_of(char letter)
{
	for (guint i = 0; i < G_N_ELEMENTS(outcomes); i++)
		if (outcomes[i].letter == letter)
			return outcomes[i].expected;
	g_assert_not_reached();
}

static void
test_form(gconstpointer data)
{
	const form_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(forms_policy);

	g_assert_cmpuint(strlen(row->expected), ==, G_N_ELEMENTS(classes));
	for (guint i = 0; i < G_N_ELEMENTS(classes); i++) {
		const client_class *class = &classes[i];
		mg_facts facts = facts_from(class->ip, class->helo, class->from);

		g_test_message("%s", class->name);
		facts.auth = (mg_words){ class->user, class->user ? strlen(class->user) : 0 };
		facts.smtputf8 = row->smtputf8;
		assert_judged(policy, facts, row->path, row->length, outcome_of(row->expected[i]));
	}
}

/* ---- the terms of grants, and the client ---- */

typedef struct term_case {
	const char   *name;
	const char   *policy;      /* appended to the base below */
	const char   *ip, *helo, *from, *user, *to;
	const char   *peer;        /* not NULL: ip is what the peer states */
	const char   *ptr;         /* not NULL: forward-confirmed */
	const char   *fingerprint; /* one octet, repeated */
	gboolean      local;
	const char   *expected;
} term_case;

#define BASE "[mailguard]\nhostname = mx1.example.net\n[domains]\nlocal = example.net\n"
#define FOREIGN "b@foreign.example"
#define GRANTED "accept relay.granted"
#define DENIED  "reject relay.denied"

static const term_case term_cases[] = {
	/* nothing is trusted by default */
	{ "default-loopback", BASE, "127.0.0.1", "x", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "default-loopback-ipv6", BASE, "::1", "x", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "default-private", BASE, "10.0.0.1", "x", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "default-local", BASE, NULL, "x", "a@example.net", NULL, FOREIGN, .local = TRUE, .expected = DENIED },
	{ "default-auth", BASE, "198.51.100.7", "x", "a@example.net", "ana", FOREIGN, .expected = DENIED },
	{ "sender-never-grants", BASE, "198.51.100.7", "x", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "null-sender-never-grants", BASE, "198.51.100.7", "x", "", NULL, FOREIGN, .expected = DENIED },
	/* zones */
	{ "zone", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n", "10.9.9.9", "x", "a@b.example", NULL, FOREIGN,
	  .expected = GRANTED },
	{ "zone-first-outside", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n", "11.0.0.0", "x", "a@b.example",
	  NULL, FOREIGN, .expected = DENIED },
	{ "zone-ipv4-mapped", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n", "::ffff:10.9.9.9", "x",
	  "a@b.example", NULL, FOREIGN, .expected = GRANTED },
	{ "zone-not-6to4", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n", "2002:0a09:0909::1", "x",
	  "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "zone-not-compatible", BASE "[zone z]\nnetworks = 10.0.0.0/8\n[grant g]\nzone = z\n", "::10.9.9.9", "x",
	  "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "zone-exception", BASE "[zone z]\nnetworks = 10.0.0.0/8 !10.1.0.0/16\n[grant g]\nzone = z\n", "10.1.2.3", "x",
	  "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "zone-exception-in-exception", BASE "[zone z]\nnetworks = 10.0.0.0/8 !10.1.0.0/16 10.1.2.3\n[grant g]\nzone = z\n",
	  "10.1.2.3", "x", "a@b.example", NULL, FOREIGN, .expected = GRANTED },
	{ "zone-narrower-wins", BASE "[zone wide]\nnetworks = 10.0.0.0/8\n[zone nat]\nnetworks = 10.1.2.3\nshared-by-nat = yes\n"
	  "[grant g]\nzone = wide\n", "10.1.2.3", "x", "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "zone-local", BASE "[zone z]\nlocal = yes\n[grant g]\nzone = z\n", NULL, "x", "a@b.example", NULL, FOREIGN,
	  .local = TRUE, .expected = GRANTED },
	{ "zone-by-name", BASE "[zone z]\nhosts = .trusted.example\n[grant g]\nzone = z\n", "198.51.100.7", "x", "a@b.example",
	  NULL, FOREIGN, .ptr = "mail.trusted.example", .expected = GRANTED },
	{ "zone-by-name-dot-at-end", BASE "[zone z]\nhosts = mail.trusted.example\n[grant g]\nzone = z\n", "198.51.100.7", "x",
	  "a@b.example", NULL, FOREIGN, .ptr = "Mail.Trusted.Example.", .expected = GRANTED },
	{ "zone-by-name-end-of-label", BASE "[zone z]\nhosts = .trusted.example\n[grant g]\nzone = z\n", "198.51.100.7", "x",
	  "a@b.example", NULL, FOREIGN, .ptr = "mail.distrusted.example", .expected = DENIED },
	{ "zone-by-helo-never", BASE "[zone z]\nhosts = .trusted.example\n[grant g]\nzone = z\n", "198.51.100.7",
	  "mail.trusted.example", "a@b.example", NULL, FOREIGN, .expected = DENIED },
	/* proxies */
	{ "proxy-believed", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\n", "10.1.2.3", "x", "a@b.example", NULL,
	  FOREIGN, .peer = "192.0.2.77", .expected = DENIED },
	{ "proxy-named", "[mailguard]\nproxies = 192.0.2.77\n[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\n", "10.1.2.3",
	  "x", "a@b.example", NULL, FOREIGN, .peer = "192.0.2.77", .expected = GRANTED },
	{ "proxy-itself", "[mailguard]\nproxies = 192.0.2.77\n[zone z]\nnetworks = 192.0.2.0/24\n[grant g]\nzone = z\n",
	  "192.0.2.77", "x", "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "proxy-states-itself", "[mailguard]\nproxies = 192.0.2.77\n[zone z]\nnetworks = 192.0.2.0/24\n[grant g]\nzone = z\n",
	  "192.0.2.77", "x", "a@b.example", NULL, FOREIGN, .peer = "192.0.2.77", .expected = DENIED },
	{ "proxy-unknown-auth", BASE "[grant g]\nauth = any\n", "10.1.2.3", "x", "a@b.example", "ana", FOREIGN,
	  .peer = "192.0.2.77", .expected = GRANTED },
	/* auth, certificates */
	{ "auth-user", BASE "[grant g]\nauth = ana bob\n", "198.51.100.7", "x", "a@b.example", "bob", FOREIGN,
	  .expected = GRANTED },
	{ "auth-other-user", BASE "[grant g]\nauth = ana bob\n", "198.51.100.7", "x", "a@b.example", "eve", FOREIGN,
	  .expected = DENIED },
	{ "auth-case", BASE "[grant g]\nauth = ana\n", "198.51.100.7", "x", "a@b.example", "Ana", FOREIGN, .expected = DENIED },
	{ "certificate", BASE "[grant g]\ntls-fingerprint = "
	  "AB:ab:abababababababababababababababababababababababababababababab\n", "198.51.100.7", "x", "a@b.example", NULL,
	  FOREIGN, .fingerprint = "\xab", .expected = GRANTED },
	{ "certificate-other", BASE "[grant g]\ntls-fingerprint = "
	  "abababababababababababababababababababababababababababababababab\n", "198.51.100.7", "x", "a@b.example", NULL,
	  FOREIGN, .fingerprint = "\xac", .expected = DENIED },
	{ "certificate-none", BASE "[grant g]\ntls-fingerprint = "
	  "abababababababababababababababababababababababababababababababab\n", "198.51.100.7", "x", "a@b.example", NULL,
	  FOREIGN, .expected = DENIED },
	/* conjunction */
	{ "all-terms", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nauth = ana\nhelo = *.example.net\n"
	  "from = @example.net\nto = .foreign.example\n", "10.1.2.3", "App.Example.Net", "a@example.net", "ana",
	  "b@x.foreign.example", .expected = GRANTED },
	{ "all-but-helo", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nhelo = *.example.net\n", "10.1.2.3",
	  "app.example.org", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "no-helo", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nhelo = *\n", "10.1.2.3", NULL, "a@example.net",
	  NULL, FOREIGN, .expected = DENIED },
	{ "all-but-from", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom = @example.net\n", "10.1.2.3", "x",
	  "a@example.org", NULL, FOREIGN, .expected = DENIED },
	{ "from-null", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom = <>\n", "10.1.2.3", "x", "", NULL,
	  FOREIGN, .expected = GRANTED },
	{ "from-null-not-listed", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom = @example.net\n", "10.1.2.3",
	  "x", "", NULL, FOREIGN, .expected = DENIED },
	{ "from-with-a-route", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom = @example.net\n", "10.1.2.3",
	  "x", "a%example.net@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "from-nobody", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom =\n", "10.1.2.3", "x", "a@b.example",
	  NULL, FOREIGN, .expected = DENIED },
	{ "to-user-anywhere", BASE "[grant g]\nauth = any\nto = abuse@\n", "198.51.100.7", "x", "a@b.example", "ana",
	  "abuse@foreign.example", .expected = GRANTED },
	/* time: it is Friday 2026-11-20 12:00 UTC */
	{ "hours-in", BASE "[grant g]\nauth = any\nhours = fri 11:00-13:00\n", "198.51.100.7", "x", "a@b.example", "ana",
	  FOREIGN, .expected = GRANTED },
	{ "hours-out", BASE "[grant g]\nauth = any\nhours = fri 13:00-14:00\n", "198.51.100.7", "x", "a@b.example", "ana",
	  FOREIGN, .expected = DENIED },
	{ "until-that-day", BASE "[grant g]\nauth = any\nuntil = 2026-11-20\n", "198.51.100.7", "x", "a@b.example", "ana",
	  FOREIGN, .expected = GRANTED },
	{ "until-day-before", BASE "[grant g]\nauth = any\nuntil = 2026-11-19\n", "198.51.100.7", "x", "a@b.example", "ana",
	  FOREIGN, .expected = "reject relay.expired" },
	{ "until-moment", BASE "[grant g]\nauth = any\nuntil = 2026-11-20T12:00:01Z\n", "198.51.100.7", "x", "a@b.example",
	  "ana", FOREIGN, .expected = GRANTED },
	{ "until-this-moment", BASE "[grant g]\nauth = any\nuntil = 2026-11-20T12:00:00Z\n", "198.51.100.7", "x", "a@b.example",
	  "ana", FOREIGN, .expected = "reject relay.expired" },
	{ "expired-but-another-holds", BASE "[grant g]\nauth = any\nuntil = 2026-11-19\n[grant h]\nauth = ana\n",
	  "198.51.100.7", "x", "a@b.example", "ana", FOREIGN, .expected = GRANTED },
	{ "expired-of-another", BASE "[grant g]\nauth = bob\nuntil = 2026-11-19\n", "198.51.100.7", "x", "a@b.example", "ana",
	  FOREIGN, .expected = DENIED },
	/* deny lists, in the order host, sender, recipient, pair, before every grant */
	{ "deny-host", BASE "[deny hosts]\nhosts = 198.51.100.0/24\n[deny senders]\nsenders = a@b.example\n[grant g]\nauth = any\n",
	  "198.51.100.7", "x", "a@b.example", "ana", FOREIGN, .expected = "reject deny.host" },
	{ "deny-host-by-name", BASE "[deny hosts]\nhosts = .dialup.example\n", "198.51.100.7", "x", "a@b.example", NULL,
	  "u@example.net", .ptr = "h7.dialup.example", .expected = "reject deny.host" },
	{ "deny-host-peer", BASE "[deny hosts]\nhosts = 192.0.2.77\n", "198.51.100.7", "x", "a@b.example", NULL, "u@example.net",
	  .peer = "192.0.2.77", .expected = "reject deny.host" },
	{ "deny-host-not-believed", BASE "[deny hosts]\nhosts = 198.51.100.7\n", "198.51.100.7", "x", "a@b.example", NULL,
	  "u@example.net", .peer = "192.0.2.77", .expected = "reject deny.host" },
	{ "deny-sender", BASE "[deny senders]\nsenders = @b.example\n[deny recipients]\nrecipients = u@\n", "198.51.100.7", "x",
	  "a@b.example", NULL, "u@example.net", .expected = "reject deny.sender" },
	{ "deny-sender-null", BASE "[deny senders]\nsenders = <>\n", "198.51.100.7", "x", "", NULL, "u@example.net",
	  .expected = "reject deny.sender" },
	{ "deny-sender-hidden", BASE "[deny senders]\nsenders = @b.example\n", "198.51.100.7", "x", "a%b.example@c.example", NULL,
	  "u@example.net", .expected = "reject deny.sender" },
	{ "deny-recipient", BASE "[deny recipients]\nrecipients = u@example.net\n[deny pairs]\npairs = @b.example>u@\n",
	  "198.51.100.7", "x", "a@b.example", NULL, "U@Example.Net", .expected = "reject deny.recipient" },
	{ "deny-recipient-postmaster", BASE "[deny recipients]\nrecipients = postmaster@\n", "198.51.100.7", "x", "a@b.example",
	  NULL, "postmaster", .expected = "reject deny.recipient" },
	{ "deny-pair", BASE "[deny pairs]\npairs = a@b.example>u@example.net @c.example>.example.net\n", "198.51.100.7", "x",
	  "A@b.example", NULL, "u@example.net", .expected = "reject deny.pair" },
	{ "deny-pair-other-sender", BASE "[deny pairs]\npairs = a@b.example>u@example.net\n", "198.51.100.7", "x", "z@b.example",
	  NULL, "u@example.net", .expected = "accept relay.own-domain" },
	{ "deny-weaker-than-relay", BASE "[deny senders]\nsenders = @b.example\n[deny]\nsender = defer\n", "198.51.100.7", "x",
	  "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "deny-off", BASE "[deny senders]\nsenders = @b.example\n[deny]\nsender = off\n", "198.51.100.7", "x", "a@b.example",
	  NULL, "u@example.net", .expected = "accept relay.own-domain" },
	/* modes never open the relay */
	{ "monitor", "[mailguard]\nmode = monitor\n[domains]\nlocal = example.net\n", "198.51.100.7", "x", "a@b.example", NULL,
	  FOREIGN, .expected = DENIED },
	{ "monitor-form", "[mailguard]\nmode = monitor\n[domains]\nlocal = example.net\n", "198.51.100.7", "x", "a@b.example",
	  NULL, "u%foreign.example@example.net", .expected = "reject relay.address-form" },
	{ "monitor-syntax", "[mailguard]\nmode = monitor\n[domains]\nlocal = example.net\n", "198.51.100.7", "x", "a@b.example",
	  NULL, "u u@example.net", .expected = DENIED },
	{ "monitor-undeliverable", "[mailguard]\nmode = monitor\n[grant g]\nauth = any\n", "198.51.100.7", "x", "a@b.example",
	  "ana", "u@a.example@b.example", .expected = DENIED },
	{ "monitor-deny", "[mailguard]\nmode = monitor\n[domains]\nlocal = example.net\n[deny senders]\nsenders = @b.example\n",
	  "198.51.100.7", "x", "a@b.example", NULL, "u@example.net", .expected = "accept relay.own-domain" },
	{ "safe-mode", "[mailguard]\nsafe-mode = yes\n[deny senders]\nsenders = @b.example\n[domains]\nlocal = example.net\n",
	  "198.51.100.7", "x", "a@b.example", NULL, "u@example.net", .expected = "defer deny.sender" },
	{ "safe-mode-relay", "[mailguard]\nsafe-mode = yes\n[domains]\nlocal = example.net\n", "198.51.100.7", "x",
	  "a@b.example", NULL, FOREIGN, .expected = DENIED },
	{ "denied-deferred", BASE "[relay]\ndenied = defer\n", "198.51.100.7", "x", "a@b.example", NULL, FOREIGN,
	  .expected = "defer relay.denied" },
	{ "syntax-flagged", BASE "[address]\nsyntax = flag\n", "198.51.100.7", "x", "a@b.example", NULL, "u u@example.net",
	  .expected = DENIED },
	{ "local-part-max", BASE "[address]\nlocal-part-max = 65\n", "198.51.100.7", "x", "a@b.example", NULL,
	  "a" A64 "@example.net", .expected = "accept relay.own-domain" },
	/* the sender beside its syntax */
	{ "sender-syntax", BASE, "198.51.100.7", "x", "a b@c.example", NULL, "u@example.net", .expected = "reject address.syntax" },
	{ "sender-no-domain", BASE, "198.51.100.7", "x", "root", NULL, "u@example.net", .expected = "reject address.syntax" },
	{ "sender-postmaster", BASE, "198.51.100.7", "x", "postmaster", NULL, "u@example.net",
	  .expected = "accept relay.own-domain" },
	{ "spoof-off-by-default", BASE, "198.51.100.7", "x", "a@example.net", NULL, "u@example.net",
	  .expected = "accept relay.own-domain" },
	{ "spoof", BASE "[sender]\nown-domain = reject\n", "198.51.100.7", "x", "a@example.net", NULL, "u@example.net",
	  .expected = "reject sender.own-domain" },
	{ "spoof-authenticated", BASE "[sender]\nown-domain = reject\n", "198.51.100.7", "x", "a@example.net", "ana",
	  "u@example.net", .expected = "accept relay.own-domain" },
	{ "spoof-granted", BASE "[sender]\nown-domain = reject\n[zone z]\nnetworks = 198.51.100.7\n[grant g]\nzone = z\n",
	  "198.51.100.7", "x", "a@example.net", NULL, "u@example.net", .expected = GRANTED },
	{ "spoof-exempt", BASE "[sender]\nown-domain = reject\n[exempt lists]\nnetworks = 198.51.100.7\nchecks = sender\n",
	  "198.51.100.7", "x", "a@example.net", NULL, "u@example.net", .expected = "accept relay.own-domain" },
	{ "spoof-exempt-of-another-check", BASE "[sender]\nown-domain = reject\n[exempt lists]\nnetworks = 198.51.100.7\n"
	  "checks = spf helo ptr\n", "198.51.100.7", "x", "a@example.net", NULL, "u@example.net",
	  .expected = "reject sender.own-domain" },
	{ "exempt-never-relays", BASE "[exempt scanner]\nnetworks = 198.51.100.7\nchecks = spf helo ptr sender\n",
	  "198.51.100.7", "x", "a@example.net", NULL, FOREIGN, .expected = DENIED },
	{ "role-passes-spoof", BASE "[sender]\nown-domain = reject\n", "198.51.100.7", "x", "a@example.net", NULL,
	  "Abuse@example.net", .expected = "accept relay.own-domain" },
	{ "role-passes-no-deny", BASE "[deny senders]\nsenders = a@example.net\n", "198.51.100.7", "x", "a@example.net", NULL,
	  "postmaster@example.net", .expected = "reject deny.sender" },
};

static void
test_term(gconstpointer data)
{
	const term_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);
	mg_facts facts = facts_from(row->ip, row->helo, row->from);
	guint8 fingerprint[32];

	facts.auth = (mg_words){ row->user, row->user ? strlen(row->user) : 0 };
	if (row->local)
		facts.provenance = MG_FROM_LOCAL;
	if (row->peer != NULL) {
		facts.provenance = MG_FROM_PROXY;
		facts.has_peer = mg_ip_parse(row->peer, &facts.peer);
	}
	if (row->ptr != NULL) {
		facts.ptr = row->ptr;
		facts.iprev = MG_IPREV_PASS;
	}
	if (row->fingerprint != NULL)
		facts.fingerprint = memset(fingerprint, row->fingerprint[0], sizeof(fingerprint));
	assert_judged(policy, facts, row->to, strlen(row->to), row->expected);
}

/* A name that is not confirmed, whatever the reason, opens nothing. */
static void
test_unconfirmed_name(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE "[zone z]\nhosts = .trusted.example\n[grant g]\nzone = z\n");
	const mg_iprev not_pass[] = { (mg_iprev)0, MG_IPREV_FAIL, MG_IPREV_TEMPERROR, MG_IPREV_PERMERROR };

	for (guint i = 0; i < G_N_ELEMENTS(not_pass); i++) {
		mg_facts facts = facts_from("198.51.100.7", "x", "a@b.example");

		facts.ptr = "mail.trusted.example";
		facts.iprev = not_pass[i];
		assert_judged(policy, facts, FOREIGN, strlen(FOREIGN), DENIED);
	}
}

/* A bounce goes to one recipient: the first is taken, those after it are not. */
static void
test_bounce_recipients(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE "[sender]\nbounce-recipients = reject\n");
	mg_facts facts = facts_from("198.51.100.7", "x", "");

	assert_judged(policy, facts, "u@example.net", 13, "accept relay.own-domain");
	facts.n_recipients = 1;
	assert_judged(policy, facts, "v@example.net", 13, "reject sender.bounce-recipients");
	facts.reverse_path = (mg_words){ "a@b.example", 11 };
	assert_judged(policy, facts, "v@example.net", 13, "accept relay.own-domain");
}

/* HELO words are octets: a pattern sees all of them, and one cut short matches nothing. */
static void
test_helo_octets(void)
{
	g_autoptr(mg_policy) policy = policy_from(BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nhelo = good*\n");
	mg_facts facts = facts_from("10.1.2.3", "x", "a@b.example");
	g_autofree char *word = g_strnfill(1025, 'g');

	memcpy(word, "good", 4);
	facts.helo = (mg_words){ "go\0d", 4 };
	assert_judged(policy, facts, FOREIGN, strlen(FOREIGN), DENIED);
	facts.helo = (mg_words){ word, 1024 };
	assert_judged(policy, facts, FOREIGN, strlen(FOREIGN), GRANTED);
	facts.helo = (mg_words){ word, 1025 };
	assert_judged(policy, facts, FOREIGN, strlen(FOREIGN), DENIED);
}

/* ---- doubt: lists that cannot be read ---- */

typedef struct doubt_case {
	const char *name, *policy, *ip, *to, *expected;
} doubt_case;

#define UNREADABLE "defer relay.unreadable"
#define LOST "@/nonexistent/list"

static const doubt_case doubt_cases[] = {
	{ "zone-lost", BASE "[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\n", "10.1.2.3", FOREIGN, UNREADABLE },
	{ "zone-lost-own-domain", BASE "[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\n", "10.1.2.3", "u@example.net",
	  "accept relay.own-domain" },
	{ "zone-lost-in-part", BASE "[zone z]\nnetworks = 10.1.2.3 " LOST "\n[grant g]\nzone = z\n", "10.1.2.3", FOREIGN, GRANTED },
	{ "zone-lost-form", BASE "[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\n", "10.1.2.3", "u%f.example@example.net",
	  UNREADABLE },
	{ "zone-lost-syntax", BASE "[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\n", "10.1.2.3", "u u@example.net",
	  "reject address.syntax" },
	{ "zone-lost-of-another-grant", BASE "[zone z]\nnetworks = " LOST "\n[zone y]\nnetworks = 10.1.2.3\n"
	  "[grant g]\nzone = z\nto = @partner.example\n", "10.1.2.3", FOREIGN, DENIED },
	{ "nat-zone-lost", BASE "[zone z]\nnetworks = 10.1.2.0/24\n[zone nat]\nnetworks = " LOST "\nshared-by-nat = yes\n"
	  "[grant g]\nzone = z\n", "10.1.2.3", FOREIGN, UNREADABLE },
	{ "domains-lost", "[domains]\nlocal = example.net " LOST "\n", "198.51.100.7", FOREIGN, UNREADABLE },
	{ "domains-lost-known", "[domains]\nlocal = example.net " LOST "\n", "198.51.100.7", "u@example.net",
	  "accept relay.own-domain" },
	{ "domains-lost-form", "[domains]\nlocal = example.net " LOST "\n", "198.51.100.7", "u%f.example@example.net",
	  "reject relay.address-form" },
	{ "to-lost", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nto = " LOST "\n", "10.1.2.3", FOREIGN, UNREADABLE },
	{ "to-lost-other-client", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nto = " LOST "\n", "10.1.2.4", FOREIGN,
	  DENIED },
	{ "from-lost", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nfrom = " LOST "\n", "10.1.2.3", FOREIGN,
	  UNREADABLE },
	{ "helo-lost", BASE "[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nhelo = " LOST "\n", "10.1.2.3", FOREIGN,
	  UNREADABLE },
	{ "lost-and-ended", BASE "[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\nuntil = 2020-01-01\n", "10.1.2.3", FOREIGN,
	  "reject relay.expired" },
	{ "lost-and-rejecting", BASE "[relay]\nunreadable = reject\n[zone z]\nnetworks = " LOST "\n[grant g]\nzone = z\n",
	  "10.1.2.3", FOREIGN, "reject relay.unreadable" },
};

static void
test_doubt(gconstpointer data)
{
	const doubt_case *row = data;
	g_autoptr(mg_policy) policy = policy_from(row->policy);

	assert_judged(policy, facts_from(row->ip, "x", "a@b.example"), row->to, strlen(row->to), row->expected);
}

/* ---- a property: routing junk never turns a denial into a grant ---- */

static char *
random_word(const char *const *words, guint n)
{
	return g_strdup(words[g_test_rand_int_range(0, (gint)n)]);
}

/* Wraps @path once more in a route, whatever it is. */
static char *
add_junk(const char *path)
{
	static const char *const domains[] = { "example.net", "partner.example", "foreign.example", "a.example.org", "" };
	const char *domain = domains[g_test_rand_int_range(0, G_N_ELEMENTS(domains))];
	g_autofree char *escaped = NULL;

	switch (g_test_rand_int_range(0, 8)) {
	case 0: return g_strdup_printf("%s%%%s", path, domain);
	case 1: return g_strdup_printf("%s!%s", domain, path);
	case 2: return g_strdup_printf("@%s:%s", domain, path);
	case 3: return g_strdup_printf("%s@%s", path, domain);
	case 4: escaped = g_strescape(path, NULL); return g_strdup_printf("\"%s\"@%s", escaped, domain);
	case 5: escaped = g_strescape(path, NULL); return g_strdup_printf("\"%s\"", escaped);
	case 6: return g_strdup_printf("%s.", path);
	default: {
		g_autofree char *swapped = g_strdelimit(g_strdup(path), "@", '%');

		return g_strdup_printf("%s@%s", swapped, domain);
	}
	}
}

static void
test_junk_never_grants(void)
{
	static const char *const locals[] = { "user", "postmaster", "a.b", "scans", "\"q q\"" };
	static const char *const targets[] = { "foreign.example", "partner.example", "other.example", "[198.51.100.9]" };
	static const char *const extra[] = {
		"", "[grant t]\nzone = firewall\nto = .example.org\nauth = bob\n", "[deny senders]\nsenders = a@foreign.example\n",
		"[relay]\ndenied = defer\naddress-form = defer\n", "[address]\nsyntax = off\nlocal-part-max = 254\n",
	};
	guint n_denied = 0, n = g_test_quick() ? 100000 : 1000000;

	for (guint p = 0; p < G_N_ELEMENTS(extra); p++) {
		g_autofree char *text = g_strconcat(forms_policy, extra[p], NULL);
		g_autoptr(mg_policy) policy = policy_from(text);

		for (guint i = 0; i < n / G_N_ELEMENTS(extra); i++) {
			const client_class *class = &classes[g_test_rand_int_range(0, G_N_ELEMENTS(classes))];
			mg_facts facts = facts_from(class->ip, class->helo, class->from);
			g_autofree char *local = random_word(locals, G_N_ELEMENTS(locals));
			g_autofree char *target = random_word(targets, G_N_ELEMENTS(targets));
			g_autofree char *path = g_strdup_printf("%s@%s", local, target);
			char before[64], after[64];

			facts.auth = (mg_words){ class->user, class->user ? strlen(class->user) : 0 };
			facts.forward_path = (mg_words){ path, strlen(path) };
			judge_at(policy, &facts, TEST_NOW_S, before);
			if (g_str_has_prefix(before, "accept"))
				continue;
			n_denied++;
			for (gint depth = g_test_rand_int_range(1, 4); depth > 0; depth--) {
				char *junk = add_junk(path);

				g_free(path);
				path = junk;
			}
			facts.forward_path = (mg_words){ path, strlen(path) };
			judge_at(policy, &facts, TEST_NOW_S, after);
			/* The junk may have made an own domain of it only by making it another, plain address. */
			if (g_str_has_prefix(after, "accept"))
				g_error("%s: <%s> was %s and is %s", class->name, path, before, after);
		}
	}
	g_assert_cmpuint(n_denied, >, n / 3);
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	TEST_ROWS("/relay/form", form_cases, test_form);
	TEST_ROWS("/relay/term", term_cases, test_term);
	TEST_ROWS("/relay/doubt", doubt_cases, test_doubt);
	g_test_add_func("/relay/unconfirmed-name", test_unconfirmed_name);
	g_test_add_func("/relay/bounce-recipients", test_bounce_recipients);
	g_test_add_func("/relay/helo-octets", test_helo_octets);
	g_test_add_func("/relay/junk-never-grants", test_junk_never_grants);
	return g_test_run();
}
