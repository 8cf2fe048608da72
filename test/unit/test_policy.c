/* test_policy.c - what a policy file may say, and what is told of what it may not. */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge.h"
#include "policy/gateway.h"
#include "policy/schema.h"
#include "support.h"

/* The findings of @text, a line each, without the file's name. */
static char *
findings_of(const char *text, mg_policy **policy_out)
{
	mg_findings *findings = mg_findings_new();
	GString *all = g_string_new(NULL);

	*policy_out = mg_policy_parse(text, strlen(text), "t.conf", findings);
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_string_append_printf(all, "%s\n", line + strlen("t.conf:"));
	}
	g_assert_cmpint(*policy_out == NULL, ==, mg_findings_errors(findings) > 0);
	mg_findings_free(findings);
	return g_string_free(all, FALSE);
}

/* ---- refused: one fault a row, told with its line, its rule and what was expected ---- */

typedef struct fault_case {
	const char *name, *text;
	const char *told;   /* a piece of the finding */
} fault_case;

static const fault_case fault_cases[] = {
	{ "unknown-key", "[mailguard]\nhostnam = x.example\n", "2: error: [mailguard] has no key 'hostnam'; the nearest is 'hostname'" },
	{ "unknown-key-of-a-zone", "[zone z]\nnetwork = 10.1.2.3\n", "2: error: [zone NAME] has no key 'network'; the nearest is 'networks'" },
	{ "unknown-key-of-actions", "[relay]\nadress-form = reject\n", "the nearest is 'address-form'" },
	{ "unknown-section", "[mailgard]\n", "1: error: there is no section [mailgard]; the nearest is [mailguard]" },
	{ "unknown-kind", "[zones z]\n", "there is no section [zones z]" },
	{ "kind-without-name", "[zone]\nnetworks = 10.1.2.3\n", "there is no section [zone]" },
	{ "name-of-odd-octets", "[zone a/b]\n", "a name of letters, digits" },
	{ "section-twice", "[domains]\nlocal = a.example\n[domains]\n", "3: error: section [domains] stands in line 1 already [duplicate-section]" },
	{ "key-twice", "[domains]\nlocal = a.example\nlocal = b.example\n", "3: error: [domains] local stands in line 2 already [duplicate-key]" },
	{ "no-key-value", "[domains]\nlocal\n", "2: error: 'local': [section], key = value or # comment was expected" },
	{ "choice", "[mailguard]\nmode = strict\n", "2: error: mode = strict: enforce or monitor was expected" },
	{ "switch", "[mailguard]\nsafe-mode = on\n", "yes or no was expected" },
	{ "on-failure-reject", "[mailguard]\non-failure = reject\n", "on-failure = reject: accept or defer was expected" },
	{ "host-name", "[mailguard]\nhostname = a b\n", "a host name was expected" },
	{ "own-address-network", "[mailguard]\nown-addresses = 10.0.0.0/8\n", "single addresses were expected" },
	{ "number", "[address]\nlocal-part-max = 63\n", "a number from 64 to 254 was expected" },
	{ "number-not-one", "[address]\nlocal-part-max = 64x\n", "a number from 64 to 254 was expected" },
	{ "preset", "[mailguard]\npreset = lax\n", "balanced, strict or imsva was expected" },
	{ "preset-elsewhere", "[helo]\npreset = imsva\n", "preset = imsva says nothing about [helo]" },
	{ "preset-strict-of-spf", "[spf]\npreset = strict\n", "preset = strict says nothing about [spf]" },
	{ "preset-where-there-is-none", "[relay]\npreset = strict\n", "[relay] has no key 'preset'" },
	{ "action", "[deny]\nhost = drop\n", "off, monitor, flag, defer or reject was expected" },
	{ "action-that-opens", "[relay]\ndenied = flag\n", "defer or reject (nothing else keeps the relay closed) was expected" },
	{ "action-that-opens-off", "[relay]\naddress-form = off\n", "nothing else keeps the relay closed" },
	{ "network", "[zone z]\nnetworks = 10.1.2.300\n", "2: error: networks: '10.1.2.300' is no IPv4 or IPv6 network" },
	{ "network-host-bits", "[zone z]\nnetworks = 10.1.2.3/24\n", "'10.1.2.3/24' has host bits set; the network is 10.1.2.0/24" },
	{ "network-host-bits-ipv6", "[zone z]\nnetworks = 2001:db8::1/64\n", "the network is 2001:db8::/64" },
	{ "network-prefix", "[zone z]\nnetworks = 10.1.2.0/33\n", "a prefix of 0 to 32 was expected" },
	{ "network-octal", "[zone z]\nnetworks = 010.1.2.3\n", "is no IPv4 or IPv6 network" },
	{ "network-short", "[zone z]\nnetworks = 10.1\n", "is no IPv4 or IPv6 network" },
	{ "network-zone-id", "[zone z]\nnetworks = fe80::1%eth0\n", "has a zone id" },
	{ "network-contradiction", "[zone z]\nnetworks = 10.1.2.3 !10.1.2.3\n", "10.1.2.3 stands in t.conf:2 already" },
	{ "network-in-two-zones", "[zone a]\nnetworks = 10.1.2.3\n[zone b]\nnetworks = 10.1.2.3\n", "4: error: 10.1.2.3 stands in t.conf:2 already" },
	{ "name-in-two-zones", "[zone a]\nhosts = x.example\n[zone b]\nhosts = x.example\n", "stands in another zone already" },
	{ "local-in-two-zones", "[zone a]\nlocal = yes\n[zone b]\nlocal = yes\n", "local = yes stands in zone a already" },
	{ "zone-0", "[zone z]\nnetworks = 0.0.0.0/0\n", "0.0.0.0/0 in zone z is wider than /8" },
	{ "zone-7", "[zone z]\nnetworks = 10.0.0.0/7\n", "wider than /8" },
	{ "zone-ipv6-15", "[zone z]\nnetworks = 2000::/15\n", "wider than /16" },
	{ "zone-ipv6-0", "[zone z]\nnetworks = ::/0\n", "wider than /16" },
	{ "open-relay-yes", "[zone z]\nnetworks = 0.0.0.0/0\nopen-relay = yes\n", "i-understand was expected" },
	{ "domain-star", "[domains]\nlocal = *.example\n", "'*.example' is no domain; below.example is written .below.example" },
	{ "domain-empty-label", "[domains]\nlocal = a..example\n", "'a..example' is no domain" },
	{ "address", "[deny senders]\nsenders = a b@\\u\n", "value" },
	{ "address-two-ats", "[deny senders]\nsenders = a@b@c.example\n", "a list holds plain addresses only" },
	{ "address-route", "[deny senders]\nsenders = a%b.example@c.example\n", "a list holds plain addresses only" },
	{ "pair-without-middle", "[deny pairs]\npairs = a@b.example\n", "sender>recipient was expected" },
	{ "pair-half", "[deny pairs]\npairs = a@b.example>\n", "is neither user@domain" },
	{ "login", "[sender-logins]\nlogins = ana>ana@example.net bob\n", "2: error: logins: 'bob' is no login: user>address was expected [value]" },
	{ "login-address", "[sender-logins]\nlogins = ana>a%b@c.example\n", "2: error: logins: 'a%b@c.example' is neither user@domain" },
	{ "login-of-the-null-path", "[sender-logins]\nlogins = ana><>\n", "2: error: logins: 'ana><>': the null reverse-path is nobody's" },
	{ "login-list-missing", "[sender-logins]\nlogins = @/nonexistent/list\n", "2: error: /nonexistent/list cannot be opened: No such file or directory [list-unreadable]" },
	{ "login-list-missing-without-a-slash", "[sender-logins]\nlogins = @nonexistent\n", "nonexistent cannot be opened" },
	{ "grant-without-client", "[grant g]\nfrom = @a.example\nto = @b.example\nhelo = c.example\n", "1: error: grant g says nothing about the client" },
	{ "grant-without-anything", "[grant g]\nowner = ana\n", "says nothing about the client" },
	{ "grant-of-no-zone", "[grant g]\nzone = z\n", "grant g: there is no [zone z]" },
	{ "grant-nat", "[zone z]\nnetworks = 10.1.2.3\nshared-by-nat = yes\n[grant g]\nzone = z\n", "4: error: grant g: zone z is shared by NAT" },
	{ "grant-nat-helo", "[zone z]\nnetworks = 10.1.2.3\nshared-by-nat = yes\n[grant g]\nzone = z\nhelo = a\nfrom = @b.example\n", "is shared by NAT" },
	{ "grant-nat-among-others", "[zone y]\nnetworks = 10.1.2.4\n[zone z]\nnetworks = 10.1.2.3\nshared-by-nat = yes\n[grant g]\nzone = y z\n", "is shared by NAT" },
	{ "fingerprint", "[grant g]\ntls-fingerprint = abcd\n", "the 64 hexadecimal digits of a SHA-256 were expected" },
	{ "hours", "[grant g]\nauth = any\nhours = mon-fri 8-18\n", "are no hours" },
	{ "until", "[grant g]\nauth = any\nuntil = 31.1.2027\n", "a day as 2027-01-31" },
	{ "until-no-zone", "[grant g]\nauth = any\nuntil = 2027-01-31T12:00:00\n", "a day as 2027-01-31" },
	{ "until-no-day", "[grant g]\nauth = any\nuntil = 2027-02-30\n", "a day as 2027-01-31" },
	{ "exempt-no-checks", "[exempt x]\nnetworks = 10.1.2.3\n", "exempt x: checks was expected" },
	{ "exempt-relay", "[exempt x]\nnetworks = 10.1.2.3\nchecks = relay\n", "one of spf, helo, ptr, sender, rcpt was expected" },
	{ "doubt-rejects", "[rcpt]\nbackend-down = reject\n",
	  "2: error: backend-down = reject: off, monitor, flag or defer (doubt is no ground for a permanent refusal) was expected" },
	{ "exempt-nobody", "[exempt x]\nchecks = helo\n", "networks, hosts, senders or helo was expected" },
	{ "grant-with-checks", "[grant g]\nauth = any\nchecks = helo\n", "[grant NAME] has no key 'checks'" },
	{ "text-line-end", "[relay]\nreject-text = a\\nb\n", "a line end or control octet in the value" },
	{ "text-carriage-return", "[relay]\nreject-text = a\\rb\n", "a line end or control octet in the value" },
	{ "text-not-ascii", "[relay]\nreject-text = na\xc3\xafve\n", "printable ASCII was expected" },
	{ "text-placeholder", "[relay]\nreject-text = go away {name}\n", "unknown placeholder at '{name}'" },
	{ "text-brace", "[relay]\nreject-text = go } away\n", "unknown placeholder" },
	{ "reply-class", "[deny hosts]\nhosts = 10.1.2.3\nreply = 550 4.7.1 no\n", "an enhanced status code of class 5 was expected" },
	{ "reply-empty", "[deny hosts]\nhosts = 10.1.2.3\nreply = 550 5.7.1 \n", "a text of 1 to 300 octets was expected" },
	{ "reply-code-only", "[deny hosts]\nhosts = 10.1.2.3\nreply = 550\n", "a text of 1 to 300 octets was expected" },
	{ "address-quoted-route", "[deny senders]\nsenders = \"a@b\"@c.example\n", "a list holds plain addresses only" },
	{ "list-missing-of-deny", "[deny hosts]\nhosts = @/nonexistent/list\n", "2: error: /nonexistent/list cannot be opened: No such file or directory [list-unreadable]" },
	{ "list-missing-of-proxies", "[mailguard]\nproxies = @/nonexistent/list\n", "[list-unreadable]" },
	{ "list-is-a-directory", "[domains]\nlocal = @/\n", "is no regular file [list-refused]" },
};

static void
test_fault(gconstpointer data)
{
	const fault_case *row = data;
	mg_policy *policy;
	g_autofree char *told = findings_of(row->text, &policy);

	g_test_message("%s", told);
	g_assert_null(policy);
	g_assert_nonnull(strstr(told, row->told));
}

/* ---- taken, with or without a warning ---- */

static const fault_case taken_cases[] = {
	{ "empty", "", "[no-domains]" },
	{ "comments", "# a\n\n  # b\n[domains]\nlocal = a.example\n", "" },
	{ "cr-lf", "[domains]\r\nlocal = a.example\r\n", "" },
	{ "spaces", "  [domains]  \n  local   =   a.example  \n", "" },
	{ "commas", "[domains]\nlocal = a.example, b.example,c.example\n", "" },
	{ "u-label", "[domains]\nlocal = b\xc3\xbc" "cher.example\n", "" },
	{ "trailing-dot", "[domains]\nlocal = a.example.\n", "" },
	{ "public-suffix", "[domains]\nrelay-to = co.uk\n", "2: warning: relay-to: co.uk is a public suffix" },
	{ "public-suffix-below", "[domains]\nrelay-to = .org\n", "is a public suffix" },
	{ "public-suffix-of-a-grant", "[domains]\nlocal = a.example\n[grant g]\nauth = any\nto = .com\n", "to: com is a public suffix" },
	{ "zone-8", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 10.0.0.0/8\n", "4: warning: 10.0.0.0/8 in zone z is wider than /24" },
	{ "zone-23", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 10.0.0.0/23\n", "[zone-wide]" },
	{ "zone-ipv6-63", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 2001:db8::/63\n", "is wider than /64; name the hosts that are meant [zone-wide]" },
	{ "zone-ipv6-16", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 2000::/16\n", "[zone-wide]" },
	{ "zone-unused", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 10.1.2.3\n", "no grant names zone z" },
	{ "zone-owner", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 10.1.2.3\n[grant g]\nzone = z\nowner = a\n", "zone z has no owner" },
	{ "grant-owner", "[domains]\nlocal = a.example\n[grant g]\nauth = any\n", "3: warning: grant g has no owner" },
	{ "grant-ended", "[domains]\nlocal = a.example\n[grant g]\nauth = any\nowner = a\nuntil = 2020-01-31\n", "grant g ended (until = 2020-01-31) [grant-expired]" },
	{ "open-relay", "[domains]\nlocal = a.example\n[zone z]\nopen-relay = i-understand\nnetworks = 0.0.0.0/0\nowner = a\n[grant g]\nzone = z\nowner = a\n", "[zone-open]" },
	{ "open-relay-after", "[domains]\nlocal = a.example\n[zone z]\nnetworks = 0.0.0.0/0\nopen-relay = i-understand\nowner = a\n[grant g]\nzone = z\nowner = a\n", "[zone-open]" },
	{ "list-missing-that-could-grant", "[domains]\nlocal = @/nonexistent/list\n", "error: /nonexistent/list cannot be opened" },
	{ "reply-with-code", "[domains]\nlocal = a.example\n[deny hosts]\nhosts = 10.1.2.3\nreply = 554 5.7.1 Go away, {client-ip}\n", "" },
	{ "logins", "[domains]\nlocal = a.example\n[sender-logins]\nlogins = ana>ana@a.example, bob>@a.example\n", "" },
	{ "logins-empty", "[domains]\nlocal = a.example\n[sender-logins]\nlogins =\n", "warning: [sender-logins] logins is an empty list: no sender has an owner, and no user is held to one [logins-empty]" },
	{ "points-at-the-limits", "[domains]\nlocal = a.example\n[score]\npoints = ptr.missing:100, spf.pass:-100 rcpt.suspect:1 helo.neighbour:+1\nthreshold = 102\n", "" },
	{ "score-unreachable", "[domains]\nlocal = a.example\n[score]\npoints = ptr.missing:2 helo.not-fqdn:2 spf.pass:-100\n", "warning: [score] points come to 4 at most, and threshold = 5 is never reached [score-unreachable]" },
	{ "threshold-without-points", "[domains]\nlocal = a.example\n[score]\nthreshold = 1000\n", "" },
	{ "address-lists", "[domains]\nlocal = a.example\n[deny senders]\nsenders = a@b.example @c.example d.example .e.example @.f.example g@ <>\n", "" },
};

static void
test_taken(gconstpointer data)
{
	const fault_case *row = data;
	g_autoptr(mg_policy) policy = NULL;
	g_autofree char *told = findings_of(row->text, &policy);

	g_test_message("%s", told);
	g_assert_nonnull(policy);
	if (row->told[0] == 0)
		g_assert_cmpstr(told, ==, "");
	else
		g_assert_nonnull(strstr(told, row->told));
}

/* The grant that ends within two weeks is told of; one that ends later is not. */
static void
test_grant_ends_soon(void)
{
	const gint days[] = { 13, 40 };

	for (guint i = 0; i < G_N_ELEMENTS(days); i++) {
		g_autoptr(GDateTime) now = g_date_time_new_now_local();
		g_autoptr(GDateTime) end = g_date_time_add_days(now, days[i]);
		g_autofree char *day = g_date_time_format(end, "%Y-%m-%d");
		g_autofree char *text = g_strdup_printf("[domains]\nlocal = a.example\n[grant g]\nauth = any\nowner = a\nuntil = %s\n", day);
		g_autoptr(mg_policy) policy = NULL;
		g_autofree char *told = findings_of(text, &policy);

		g_assert_cmpint(strstr(told, "[grant-expiring]") != NULL, ==, days[i] == 13);
	}
}

/* A zone that holds this host's own default gateway is told of, unless it says that it is shared by NAT. */
static void
test_gateway(void)
{
	g_autoptr(GArray) gateways = mg_gateways_read();
	char address[MG_IP_TEXT_MAX];

	if (gateways->len == 0) {
		g_test_skip("this host has no default gateway");
		return;
	}
	mg_ip_format(&g_array_index(gateways, mg_ip, 0), address);
	for (guint shared = 0; shared < 2; shared++) {
		g_autofree char *text = g_strdup_printf("[domains]\nlocal = a.example\n[zone z]\nshared-by-nat = %s\nnetworks = %s\n",
		                                        shared ? "yes" : "no", address);
		g_autoptr(mg_policy) policy = NULL;
		g_autofree char *told = findings_of(text, &policy);

		g_assert_cmpint(strstr(told, "[zone-gateway]") != NULL, ==, !shared);
	}
}

/* ---- values ---- */

/* Every reason of [helo], [ptr] and [sender], in their order: what each preset makes of it. */
typedef struct preset_case {
	const char    *name;
	mg_consequence balanced, strict;
} preset_case;

#define OFF     MG_CONSEQUENCE_OFF
#define MONITOR MG_CONSEQUENCE_MONITOR
#define FLAG    MG_CONSEQUENCE_FLAG
#define DEFER   MG_CONSEQUENCE_DEFER
#define REJECT  MG_CONSEQUENCE_REJECT

static const preset_case preset_cases[] = {
	{ "helo.missing", FLAG, FLAG },
	{ "helo.syntax", REJECT, REJECT },
	{ "helo.own-name", REJECT, REJECT },
	{ "helo.own-address", REJECT, REJECT },
	{ "helo.own-domain", FLAG, FLAG },
	{ "helo.not-fqdn", FLAG, REJECT },
	{ "helo.bare-address", FLAG, REJECT },
	{ "helo.literal", OFF, OFF },
	{ "helo.literal-mismatch", FLAG, REJECT },
	{ "helo.unknown-suffix", FLAG, FLAG },
	{ "helo.dynamic", OFF, OFF },
	{ "helo.pattern", FLAG, FLAG },
	{ "helo.forged", REJECT, REJECT },
	{ "helo.no-address", FLAG, FLAG },
	{ "helo.not-client", FLAG, FLAG },
	{ "helo.neighbour", MONITOR, MONITOR },
	{ "helo.ptr-mismatch", FLAG, FLAG },
	{ "helo.changed", FLAG, FLAG },
	{ "ptr.missing", FLAG, DEFER },
	{ "ptr.not-confirmed", FLAG, DEFER },
	{ "ptr.many", OFF, OFF },
	{ "ptr.generic", OFF, OFF },
	{ "sender.null-mx", REJECT, REJECT },
	{ "sender.no-domain", FLAG, DEFER },
	{ "sender.mx-address", FLAG, DEFER },
	{ "sender.mx-cname", FLAG, DEFER },
	{ "sender.mx-bogon", FLAG, DEFER },
	{ "sender.not-fqdn", FLAG, DEFER },
	{ "sender.literal", FLAG, DEFER },
	{ "sender.own-domain", OFF, OFF },
	{ "sender.bounce-recipients", OFF, OFF },
	{ "sender.plausible", OFF, OFF },
};

static mg_reason
reason_of(const char *wanted)
{
	char name[MG_REASON_NAME_MAX];

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		mg_reason_name(reason, name);
		if (strcmp(name, wanted) == 0)
			return reason;
	}
	g_assert_not_reached();
}

static void
assert_leads_to(mg_reason reason, mg_consequence expected, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
assert_leads_to(mg_reason reason, mg_consequence expected, const char *format, ...)
{
	g_autoptr(mg_policy) policy = NULL;
	g_autofree char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_test_message("%s", text);
	policy = policy_from(text);
	g_assert_cmpstr(mg_consequence_name(policy->consequences[reason]), ==, mg_consequence_name(expected));
}

static void
test_preset(gconstpointer data)
{
	const preset_case *row = data;
	mg_reason reason = reason_of(row->name);
	const char *section = mg_reason_get(reason)->section, *word = mg_reason_get(reason)->word;
	const char *other = strcmp(section, "ptr") == 0 ? "helo" : "ptr";

	assert_leads_to(reason, row->balanced, "[domains]\nlocal = example.net\n");
	assert_leads_to(reason, row->balanced, "[mailguard]\npreset = balanced\n");
	assert_leads_to(reason, row->balanced, "[mailguard]\npreset = imsva\n");
	assert_leads_to(reason, row->strict, "[mailguard]\npreset = strict\n");
	/* That of the section holds for it, and for it alone, wherever it stands. */
	assert_leads_to(reason, row->strict, "[%s]\npreset = strict\n", section);
	assert_leads_to(reason, row->strict, "[%s]\npreset = strict\n[mailguard]\npreset = balanced\n", section);
	assert_leads_to(reason, row->balanced, "[%s]\npreset = balanced\n[mailguard]\npreset = strict\n", section);
	assert_leads_to(reason, row->balanced, "[%s]\npreset = strict\n", other);
	assert_leads_to(reason, row->strict, "[%s]\npreset = balanced\n[mailguard]\npreset = strict\n", other);
	/* What is written wins over both, wherever it stands. */
	for (mg_consequence written = OFF; written <= REJECT; written++) {
		const char *action = mg_consequence_name(written);

		assert_leads_to(reason, written, "[%s]\n%s = %s\n[mailguard]\npreset = strict\n", section, word, action);
		assert_leads_to(reason, written, "[%s]\n%s = %s\npreset = strict\n", section, word, action);
		assert_leads_to(reason, written, "[%s]\npreset = balanced\n%s = %s\n", section, word, action);
	}
}

/* The table has them all, each once: a reason that is new wants a row. */
static void
test_presets_complete(void)
{
	static const char *const judged[] = { "helo", "ptr", "sender", NULL };
	guint n = 0;

	for (guint reason = 0; reason < MG_N_REASONS; reason++) {
		const char *section = mg_reason_get(reason)->section;

		if (section == NULL || !g_strv_contains(judged, section))
			continue;
		g_assert_cmpuint(n, <, G_N_ELEMENTS(preset_cases));
		g_assert_cmpint(reason_of(preset_cases[n++].name), ==, reason);
	}
	g_assert_cmpuint(n, ==, G_N_ELEMENTS(preset_cases));
}

/* A key that is written leaves the others of its section to the preset. */
static void
test_presets_beside_keys(void)
{
	assert_leads_to(MG_REASON_PTR_NOT_CONFIRMED, DEFER, "[mailguard]\npreset = strict\n[ptr]\nmissing = off\n");
	assert_leads_to(MG_REASON_HELO_BARE_ADDRESS, REJECT, "[helo]\npreset = strict\nnot-fqdn = off\n");
	assert_leads_to(MG_REASON_SENDER_LITERAL, DEFER, "[sender]\nnull-mx = off\npreset = strict\n");
}

static void
test_presets_of_spf(void)
{
	assert_leads_to(MG_REASON_SPF_SOFTFAIL, DEFER, "[spf]\npreset = imsva\n");
	assert_leads_to(MG_REASON_SPF_SOFTFAIL, DEFER, "[mailguard]\npreset = imsva\n");
	assert_leads_to(MG_REASON_SPF_SOFTFAIL, FLAG, "[mailguard]\npreset = imsva\n[spf]\npreset = balanced\n");
	assert_leads_to(MG_REASON_SPF_SOFTFAIL, FLAG, "[mailguard]\npreset = strict\n");
	assert_leads_to(MG_REASON_SPF_SOFTFAIL, REJECT, "[spf]\nsoftfail = reject\npreset = imsva\n");
	assert_leads_to(MG_REASON_SPF_FAIL, REJECT, "[spf]\npreset = imsva\n");
	assert_leads_to(MG_REASON_SPF_HELO_SOFTFAIL, OFF, "[mailguard]\npreset = imsva\n");
}

static void
test_defaults(void)
{
	g_autoptr(mg_policy) policy = policy_from("");

	g_assert_cmpint(policy->mode, ==, MG_MODE_ENFORCE);
	g_assert_cmpint(policy->decide_at, ==, MG_DECIDE_AT_RCPT);
	g_assert_cmpint(policy->on_failure, ==, MG_DEFER);
	g_assert_false(policy->is_safe_mode);
	g_assert_nonnull(policy->hostname);
	g_assert_cmpuint(policy->local_part_max, ==, 64);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		g_assert_cmpint(policy->consequences[reason], ==, mg_reason_get(reason)->standard);
}

/* One key sets both reasons that share it. */
static void
test_shared_key(void)
{
	g_autoptr(mg_policy) policy = policy_from("[address]\nsyntax = defer\n");

	g_assert_cmpint(policy->consequences[MG_REASON_ADDRESS_SYNTAX], ==, MG_CONSEQUENCE_DEFER);
	g_assert_cmpint(policy->consequences[MG_REASON_ADDRESS_SYNTAX_SENDER], ==, MG_CONSEQUENCE_DEFER);
}

/* ---- files ---- */

static void
write_file(const char *path, const char *text, guint mode)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(chmod(path, mode), ==, 0);
}

/* A list beside the configuration, found by a relative path; with its faults told by its own lines. */
static void
test_list_beside(void)
{
	g_autofree char *directory = g_dir_make_tmp("mg-policy-XXXXXX", NULL);
	g_autofree char *config = g_build_filename(directory, "mailguard.conf", NULL);
	g_autofree char *list = g_build_filename(directory, "nets", NULL);
	mg_findings *findings = mg_findings_new();
	g_autofree char *line = NULL;
	g_autofree char *expected = g_strdup_printf("%s:3: error: networks: '10.1.2.3/8' has host bits set", list);
	mg_policy *policy;

	write_file(config, "[domains]\nlocal = a.example\n[zone z]\nnetworks = @nets\nowner = a\n[grant g]\nzone = z\nowner = a\n", 0644);
	write_file(list, "# servers\n10.1.2.3 # one\n10.1.2.3/8\n", 0644);
	g_assert_null(mg_policy_load(config, NULL, findings));
	line = mg_finding_format(mg_findings_get(findings, 0));
	g_assert_true(g_str_has_prefix(line, expected));
	mg_findings_free(findings);

	findings = mg_findings_new();
	write_file(list, "# servers\n10.1.2.3 # one\n", 0644);
	policy = mg_policy_load(config, NULL, findings);
	g_assert_nonnull(policy);
	g_assert_cmpuint(mg_findings_count(findings), ==, 0);
	assert_judged(policy, facts_from("10.1.2.3", "x", "a@b.example"), "c@d.example", 11, "accept relay.granted");
	mg_policy_unref(policy);
	mg_findings_free(findings);

	/* Others may write: refused, list and configuration alike. */
	findings = mg_findings_new();
	g_assert_cmpint(chmod(list, 0664), ==, 0);
	g_assert_null(mg_policy_load(config, NULL, findings));
	g_assert_nonnull(strstr(mg_findings_get(findings, 0)->text, "may be written by others (mode 0664)"));
	mg_findings_free(findings);
	findings = mg_findings_new();
	g_assert_cmpint(chmod(list, 0644), ==, 0);
	g_assert_cmpint(chmod(config, 0646), ==, 0);
	g_assert_null(mg_policy_load(config, NULL, findings));
	g_assert_nonnull(strstr(mg_findings_get(findings, 0)->text, "may be written by others (mode 0646)"));
	mg_findings_free(findings);

	g_unlink(list);
	g_unlink(config);
	g_rmdir(directory);
}

/* A table beside the configuration, read again; its faults are told by its own lines. */
static void
test_logins_beside(void)
{
	g_autofree char *directory = g_dir_make_tmp("mg-policy-XXXXXX", NULL);
	g_autofree char *config = g_build_filename(directory, "mailguard.conf", NULL);
	g_autofree char *list = g_build_filename(directory, "logins", NULL);
	g_autofree char *expected = g_strdup_printf("%s:3: error: logins: 'bob' is no login: user>address was expected", list);
	const struct { const char *list, *judged; } rows[] = {
		{ "# users\nana>ana@a.example # one\n@odd>odd@a.example", "accept relay.own-domain" },
		{ "ana>sales@a.example\n", "reject sender-logins.not-owner" },
		{ "# users\nana>ana@a.example\nbob\n", NULL },
		{ "", "accept relay.own-domain" },
	};

	write_file(config, "[domains]\nlocal = a.example\n[sender-logins]\nlogins = @logins\n", 0644);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		mg_findings *findings = mg_findings_new();
		g_autoptr(mg_policy) policy = NULL;
		mg_facts facts = facts_from("198.51.100.9", "x", "ana@a.example");

		write_file(list, rows[i].list, 0644);
		policy = mg_policy_load(config, NULL, findings);
		g_assert_cmpint(policy != NULL, ==, rows[i].judged != NULL);
		facts.auth = (mg_words){ "ana", 3 };
		if (policy != NULL) {
			assert_judged(policy, facts, "c@a.example", 11, rows[i].judged);
		} else {
			g_autofree char *line = mg_finding_format(mg_findings_get(findings, 0));

			g_assert_true(g_str_has_prefix(line, expected));
		}
		mg_findings_free(findings);
	}
	g_unlink(list);
	g_unlink(config);
	g_rmdir(directory);
}

/* ---- keys in place of the file's ---- */

#define ZONE_OF(networks) "[zone z]\nowner = a\nnetworks = " networks "\n"
#define GRANTED           "[domains]\nlocal = a.example\n[grant g]\nzone = z\nowner = a\n"

typedef struct override_case {
	const char *name;
	const char *file;        /* its text; NULL: there is none */
	const char *overrides;
	const char *told;        /* a piece of the findings; "": there are none */
	const char *judged;      /* a client at 10.1.2.3 that wants to relay; NULL: the policy is refused */
} override_case;

static const override_case override_cases[] = {
	{ "file-alone", GRANTED ZONE_OF("10.1.2.3"), NULL, "", "accept relay.granted" },
	{ "overrides-empty", GRANTED ZONE_OF("10.1.2.3"), "", "", "accept relay.granted" },
	{ "overrides-alone", NULL, GRANTED ZONE_OF("10.1.2.3"), "", "accept relay.granted" },
	{ "neither", NULL, NULL, "[no-domains]", "reject relay.denied" },
	{ "key-replaced", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nnetworks = 10.9.9.9\n", "", "reject relay.denied" },
	{ "key-replaced-opens", GRANTED ZONE_OF("10.9.9.9"), "[zone z]\nnetworks = 10.1.2.3\n", "",
	  "accept relay.granted" },
	{ "key-added", GRANTED ZONE_OF("10.1.2.3"), "[grant g]\nto = e.example\n", "", "reject relay.denied" },
	{ "section-added", GRANTED ZONE_OF("10.9.9.9"),
	  ZONE_OF("10.1.2.3") "[zone y]\nowner = a\nnetworks = 10.9.9.9\n",
	  "no grant names zone y", "accept relay.granted" },
	{ "section-that-the-file-lacks", GRANTED, ZONE_OF("10.1.2.3"), "", "accept relay.granted" },
	{ "list-beside-the-file", GRANTED ZONE_OF("10.9.9.9"), "[zone z]\nnetworks = @nets\n", "",
	  "accept relay.granted" },
	{ "list-in-the-file-stays", GRANTED ZONE_OF("@nets"), "[zone z]\nowner = b\n", "", "accept relay.granted" },

	{ "broken-value-replaced", GRANTED ZONE_OF("10.1.2.300"), "[zone z]\nnetworks = 10.1.2.3\n", "",
	  "accept relay.granted" },
	{ "missing-list-replaced", GRANTED ZONE_OF("10.1.2.3") "[deny hosts]\nhosts = @nonexistent\n",
	  "[deny hosts]\nhosts = 10.9.9.9\n", "", "accept relay.granted" },
	{ "broken-value-beside", GRANTED ZONE_OF("10.1.2.300"), "[zone z]\nowner = b\n",
	  "mailguard.conf:8: error: networks: '10.1.2.300'", NULL },
	{ "broken-override", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nnetworks = 10.1.2.300\n",
	  "options.policy:2: error: networks: '10.1.2.300'", NULL },
	{ "broken-override-alone", NULL, GRANTED ZONE_OF("10.1.2.300"),
	  "options.policy:8: error: networks: '10.1.2.300'", NULL },
	{ "unknown-key", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nnetwork = 10.1.2.3\n",
	  "[zone NAME] has no key 'network'", NULL },
	{ "unknown-section", GRANTED ZONE_OF("10.1.2.3"), "[mailgard]\n", "there is no section [mailgard]", NULL },
	{ "contradicts-the-file", GRANTED ZONE_OF("10.1.2.3"), "[zone y]\nnetworks = 10.1.2.3\n",
	  "options.policy:2: error: 10.1.2.3 stands in ", NULL },
	{ "no-key-value", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nnetworks\n",
	  "options.policy:2: error: 'networks': [section], key", NULL },
	{ "no-section", GRANTED ZONE_OF("10.1.2.3"), "owner = b\n",
	  "options.policy:1: error: key 'owner' stands before any", NULL },
	{ "key-twice", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nowner = b\nowner = c\n",
	  "options.policy:3: error: [zone z] owner stands in", NULL },
	{ "line-end", GRANTED ZONE_OF("10.1.2.3"), "[zone z]\nowner = b\\nc\n",
	  "options.policy:2: error: [zone z] owner: a line end", NULL },
	{ "line-end-in-the-file", GRANTED ZONE_OF("10.1.2.3\\n"), "[zone z]\nnetworks = 10.1.2.3\n",
	  "mailguard.conf:8: error: [zone z] networks: a", NULL },
};

static void
test_overrides(gconstpointer data)
{
	const override_case *row = data;
	g_autofree char *directory = g_dir_make_tmp("mg-policy-XXXXXX", NULL);
	g_autofree char *config = g_build_filename(directory, "mailguard.conf", NULL);
	g_autofree char *list = g_build_filename(directory, "nets", NULL);
	mg_findings *findings = mg_findings_new();
	g_autoptr(GString) told = g_string_new(NULL);
	g_autoptr(mg_policy) policy = NULL;

	write_file(list, "10.1.2.3\n", 0644);
	if (row->file != NULL)
		write_file(config, row->file, 0644);
	policy = mg_policy_load(row->file != NULL ? config : NULL, row->overrides, findings);
	for (guint i = 0; i < mg_findings_count(findings); i++) {
		g_autofree char *line = mg_finding_format(mg_findings_get(findings, i));

		g_string_append_printf(told, "%s\n", line);
	}
	g_test_message("%s", told->str);
	if (row->told[0] == 0)
		g_assert_cmpstr(told->str, ==, "");
	else
		g_assert_nonnull(strstr(told->str, row->told));
	g_assert_cmpint(policy != NULL, ==, row->judged != NULL);
	if (policy != NULL && row->judged != NULL)
		assert_judged(policy, facts_from("10.1.2.3", "x", "a@b.example"), "c@d.example", 11, row->judged);
	mg_findings_free(findings);
	g_unlink(list);
	g_unlink(config);
	g_rmdir(directory);
}

/* A file that should be there is not made up for by what lies over it. */
static void
test_overrides_of_no_file(void)
{
	mg_findings *findings = mg_findings_new();

	g_assert_null(mg_policy_load("/nonexistent/mailguard.conf", GRANTED ZONE_OF("10.1.2.3"), findings));
	g_assert_cmpuint(mg_findings_count(findings), ==, 1);
	g_assert_cmpstr(mg_findings_get(findings, 0)->file, ==, "/nonexistent/mailguard.conf");
	mg_findings_free(findings);
}

/* A million networks, some nested, each found again. That it takes under two seconds is the bench's to show. */
static void
test_million_networks(void)
{
	g_autofree char *directory = g_dir_make_tmp("mg-policy-XXXXXX", NULL);
	g_autofree char *config = g_build_filename(directory, "mailguard.conf", NULL);
	g_autofree char *list = g_build_filename(directory, "nets", NULL);
	GString *text = g_string_new(NULL);
	mg_findings *findings = mg_findings_new();
	mg_policy *policy;
	mg_network network;
	const mg_zone *zone;
	mg_ip ip;

	for (guint i = 0; i < 1000000; i++)
		g_string_append_printf(text, "10.%u.%u.%u/31\n", i >> 15 & 255, i >> 7 & 255, (i & 127) * 2);
	write_file(list, text->str, 0644);
	g_string_free(text, TRUE);
	write_file(config, "[zone z]\nnetworks = @nets !10.0.0.4/32\n", 0644);
	policy = mg_policy_load(config, NULL, findings);
	g_assert_nonnull(policy);
	g_assert_true(mg_ip_parse("10.30.132.126", &ip));
	zone = mg_policy_zone(policy, &ip, NULL, &network);
	g_assert_nonnull(zone);
	g_assert_cmpuint(network.prefix, ==, 96 + 31);
	g_assert_true(mg_ip_parse("10.0.0.4", &ip));
	g_assert_null(mg_policy_zone(policy, &ip, NULL, &network));
	g_assert_true(mg_ip_parse("10.0.0.5", &ip));
	g_assert_nonnull(mg_policy_zone(policy, &ip, NULL, &network));
	mg_policy_unref(policy);
	mg_findings_free(findings);
	g_unlink(list);
	g_unlink(config);
	g_rmdir(directory);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	TEST_ROWS("/policy/refused", fault_cases, test_fault);
	TEST_ROWS("/policy/taken", taken_cases, test_taken);
	g_test_add_func("/policy/grant-ends-soon", test_grant_ends_soon);
	g_test_add_func("/policy/gateway", test_gateway);
	TEST_ROWS("/policy/presets", preset_cases, test_preset);
	g_test_add_func("/policy/presets/complete", test_presets_complete);
	g_test_add_func("/policy/presets/beside-keys", test_presets_beside_keys);
	g_test_add_func("/policy/presets/spf", test_presets_of_spf);
	g_test_add_func("/policy/defaults", test_defaults);
	g_test_add_func("/policy/shared-key", test_shared_key);
	g_test_add_func("/policy/list-beside", test_list_beside);
	g_test_add_func("/policy/logins-beside", test_logins_beside);
	TEST_ROWS("/policy/overrides", override_cases, test_overrides);
	g_test_add_func("/policy/overrides/of-no-file", test_overrides_of_no_file);
	g_test_add_func("/policy/million-networks", test_million_networks);
	return g_test_run();
}
