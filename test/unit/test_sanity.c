/* test_sanity.c - HELO, host and sender's domain: every result, and no result where DNS is in trouble. DNS is a local zone;
 * names outside of it go to a server that never answers. */
#include "check/sanity.h"
#include "dns_faults.h"
#include "world.h"

#define CLIENT      "198.51.100.7"

/* No top-level domain of the tests is a public one: "test.com" and the like stand for those that are. */
static const char zone_text[] =
	"$TTL 300\n"
	"$ORIGIN .\n"
	"com IN SOA ns.com. host.com. 1 2 3 4 300\n"
	"in-addr.arpa IN SOA ns.com. host.com. 1 2 3 4 300\n"
	"ip6.arpa IN SOA ns.com. host.com. 1 2 3 4 300\n"
	"mx.good.com IN A 198.51.100.7\n"
	"mx.good.com IN AAAA 2001:db8::7\n"
	"other.good.com IN A 192.0.2.1\n"
	"mail.good.com IN MX 10 mx.good.com.\n"
	"host-100-7.line.com IN A 198.51.100.7\n"
	"elsewhere.com IN A 192.0.2.9\n"
	"big.com IN A 198.51.101.7\n"
	"mx.big.com IN A 198.51.100.14\n"
	"14.100.51.198.in-addr.arpa IN PTR mx.big.com.\n"
	"a.refused.com IN A 192.0.2.66\n"
	"refused-mx.com IN MX 10 a.refused.com.\n"
	"refused-mx.com IN A 8.8.8.8\n"
	"refused-ns.com IN NS ns.refused.com.\n"
	"host.refused-ns.com IN A 8.8.8.8\n"
	"lame-ns.com IN NS a.refused.com.\n"
	"lame-ns.com IN A 8.8.8.8\n"
	"slow-ns.com IN NS ns.silent.test.\n"
	"slow-ns.com IN A 8.8.8.8\n"
	"15.100.51.198.in-addr.arpa IN PTR b.refused.com.\n"
	"b.refused.com IN A 198.51.100.15\n"
	"b.refused.com IN A 192.0.2.67\n"
	"16.100.51.198.in-addr.arpa IN PTR a.refused.com.\n"
	/* the client's names, by the last octet of its address */
	"7.100.51.198.in-addr.arpa IN PTR mx.good.com.\n"
	"8.100.51.198.in-addr.arpa IN PTR elsewhere.com.\n"
	"9.100.51.198.in-addr.arpa IN PTR mx.good.com.\n"
	"9.100.51.198.in-addr.arpa IN PTR elsewhere.com.\n"
	"10.100.51.198.in-addr.arpa IN PTR nothing.com.\n"
	"11.100.51.198.in-addr.arpa IN PTR ptr.silent.test.\n"
	"12.100.51.198.in-addr.arpa IN CNAME 12.sub.100.51.198.in-addr.arpa.\n"
	"12.sub.100.51.198.in-addr.arpa IN PTR alias.good.com.\n"
	"alias.good.com IN A 198.51.100.12\n"
	"13.100.51.198.in-addr.arpa IN PTR dsl-13.line.com.\n"
	"dsl-13.line.com IN A 198.51.100.13\n"
	/* senders */
	"withmx.com IN MX 10 public.com.\n"
	"public.com IN A 8.8.8.8\n"
	"onlya.com IN A 8.8.8.8\n"
	"nullmx.com IN MX 0 .\n"
	"addressmx.com IN MX 10 192.0.2.1.\n"
	"cnamemx.com IN MX 10 alias.com.\n"
	"alias.com IN CNAME public.com.\n"
	"bogon.com IN MX 10 inside.com.\n"
	"inside.com IN A 10.1.2.3\n"
	"halfbogon.com IN MX 10 inside.com.\n"
	"halfbogon.com IN MX 20 public.com.\n"
	"lostmx.com IN MX 10 nothing.com.\n"
	"slowmx.com IN MX 10 mx.silent.test.\n"
	"slowmx.com IN MX 20 inside.com.\n";

#define POLICY "[mailguard]\nhostname = mx1.ours.com\nown-names = mail.ours.com\nown-addresses = 203.0.113.25 2001:db8::25\n" \
	"[domains]\nlocal = ours.com\n[zone inside]\nnetworks = 203.0.113.0/24\n[grant inside]\nzone = inside\n" \
	"[helo]\nliteral = flag\ndynamic = flag\npatterns = *.spam.com friend\nverified-names = .big.com big.com\n[ptr]\nmany = flag\ngeneric = flag\n"

/* Asks more of DNS: only where that is wanted. */
#define DENY_DNS "[deny dns]\naddresses = 192.0.2.64/28\nexchanges = .refused.com\nname-servers = .refused.com\n"

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 ".bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.good.com"

typedef struct sanity_case {
	const char *name, *client, *helo, *from, *expected;   /* expected: results of HELO, PTR and sender, in their order */
} sanity_case;

static const sanity_case sanity_cases[] = {
	{ "all-well", CLIENT, "mx.good.com", "u@withmx.com", "" },
	{ "all-well-ipv6", "2001:db8::7", "mx.good.com", "u@withmx.com", "ptr.missing" },

	{ "helo/none", CLIENT, NULL, "u@withmx.com", "helo.missing" },
	{ "helo/empty", CLIENT, "", "u@withmx.com", "helo.syntax" },
	{ "helo/control", CLIENT, "mx.good.com\x01", "u@withmx.com", "helo.syntax" },
	{ "helo/8-bit", CLIENT, "m\xc3\xbc.good.com", "u@withmx.com", "helo.syntax" },
	{ "helo/space", CLIENT, "mx.good.com x", "u@withmx.com", "helo.syntax" },
	{ "helo/dot-at-the-end", CLIENT, "mx.good.com.", "u@withmx.com", "" },
	{ "helo/case", CLIENT, "MX.Good.COM", "u@withmx.com", "" },
	{ "helo/dotless", CLIENT, "PC-SECRETARIA", "u@withmx.com", "helo.not-fqdn" },
	{ "helo/localhost", CLIENT, "localhost", "u@withmx.com", "helo.not-fqdn" },
	{ "helo/own-name", CLIENT, "mx1.ours.com", "u@withmx.com", "helo.own-name helo.no-address helo.ptr-mismatch" },
	{ "helo/another-own-name", CLIENT, "MAIL.ours.com", "u@withmx.com", "helo.own-name helo.no-address helo.ptr-mismatch" },
	{ "helo/own-name-from-inside", "203.0.113.9", "mx1.ours.com", "u@withmx.com", "helo.no-address ptr.missing" },
	{ "helo/own-domain", CLIENT, "ours.com", "u@withmx.com", "helo.own-domain helo.no-address helo.ptr-mismatch" },
	{ "helo/below-own-domain", CLIENT, "x.ours.com", "u@withmx.com", "helo.no-address helo.ptr-mismatch" },
	{ "helo/literal", CLIENT, "[198.51.100.7]", "u@withmx.com", "helo.literal" },
	{ "helo/literal-of-another", CLIENT, "[192.0.2.1]", "u@withmx.com", "helo.literal helo.literal-mismatch" },
	{ "helo/literal-of-ours", CLIENT, "[203.0.113.25]", "u@withmx.com",
	  "helo.own-address helo.literal helo.literal-mismatch" },
	{ "helo/literal-of-ours-ipv6", CLIENT, "[IPv6:2001:db8::25]", "u@withmx.com",
	  "helo.own-address helo.literal helo.literal-mismatch" },
	{ "helo/literal-ipv6", "2001:db8::7", "[IPv6:2001:DB8:0::7]", "u@withmx.com", "helo.literal ptr.missing" },
	{ "helo/literal-ipv6-untagged", "2001:db8::7", "[2001:db8::7]", "u@withmx.com", "helo.bare-address ptr.missing" },
	{ "helo/literal-empty", CLIENT, "[]", "u@withmx.com", "helo.syntax" },
	{ "helo/literal-of-a-name", CLIENT, "[mx.good.com]", "u@withmx.com", "helo.syntax" },
	{ "helo/bare-address", CLIENT, "198.51.100.7", "u@withmx.com", "helo.bare-address" },
	{ "helo/bare-address-of-ours", CLIENT, "203.0.113.25", "u@withmx.com",
	  "helo.own-address helo.bare-address helo.literal-mismatch" },
	{ "helo/five-numbers", CLIENT, "1.2.3.4.5", "u@withmx.com", "helo.syntax" },
	{ "helo/underscore", CLIENT, "my_pc.good.com", "u@withmx.com", "helo.no-address" },
	{ "helo/unknown-suffix", CLIENT, "pc.lan", "u@withmx.com", "helo.unknown-suffix helo.ptr-mismatch" },
	{ "helo/dynamic", CLIENT, "host-100-7.line.com", "u@withmx.com", "helo.dynamic helo.ptr-mismatch" },
	{ "helo/pattern", CLIENT, "x.spam.com", "u@withmx.com", "helo.pattern helo.no-address helo.ptr-mismatch" },
	{ "helo/pattern-of-a-bare-word", CLIENT, "FRIEND", "u@withmx.com", "helo.not-fqdn helo.pattern" },
	{ "helo/no-address", CLIENT, "nothing.com", "u@withmx.com", "helo.no-address helo.ptr-mismatch" },
	{ "helo/mx-alone-is-an-address", CLIENT, "mail.good.com", "u@withmx.com", "" },
	{ "helo/not-client", CLIENT, "other.good.com", "u@withmx.com", "helo.not-client" },
	{ "helo/neighbour", "198.51.100.99", "mx.good.com", "u@withmx.com", "helo.neighbour ptr.missing" },
	{ "helo/not-even-a-neighbour", CLIENT, "elsewhere.com", "u@withmx.com", "helo.not-client helo.ptr-mismatch" },
	{ "helo/verified", "198.51.100.14", "mx.big.com", "u@withmx.com", "" },
	{ "helo/verified-by-a-name-of-the-same-house", "198.51.100.14", "big.com", "u@withmx.com", "helo.not-client" },
	{ "helo/forged", CLIENT, "mx.big.com", "u@withmx.com", "helo.forged helo.neighbour helo.ptr-mismatch" },
	{ "helo/forged-without-a-name", "198.51.100.99", "mx.big.com", "u@withmx.com", "helo.forged helo.neighbour ptr.missing" },
	{ "helo/forged-or-not-is-unknown", "198.51.100.11", "mx.big.com", "u@withmx.com", "helo.neighbour helo.ptr-mismatch" },
	{ "helo/unknown", CLIENT, "host.silent.test", "u@withmx.com", "helo.unknown-suffix helo.ptr-mismatch" },

	/* What hosts let through (their cross-host table), each as a name or as garbage. */
	{ "said/hyphen-at-the-end", CLIENT, "foo-.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/hyphen-at-the-beginning", CLIENT, "-foo.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/loopback-literal", CLIENT, "[IPv6:::1]", "u@withmx.com", "helo.literal helo.literal-mismatch" },
	{ "said/loopback-literal-untagged", CLIENT, "[::1]", "u@withmx.com", "helo.bare-address helo.literal-mismatch" },
	{ "said/empty-label", CLIENT, "a..b", "u@withmx.com", "helo.syntax" },
	{ "said/dot-first", CLIENT, ".good.com", "u@withmx.com", "helo.syntax" },
	{ "said/label-of-63", CLIENT, LABEL_63 ".good.com", "u@withmx.com", "helo.no-address" },
	{ "said/label-of-64", CLIENT, LABEL_63 "x.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/name-of-253", CLIENT, NAME_253, "u@withmx.com", "helo.no-address" },
	{ "said/name-of-254", CLIENT, "x" NAME_253, "u@withmx.com", "helo.syntax" },
	{ "said/two-words", CLIENT, "foo bar", "u@withmx.com", "helo.syntax" },
	{ "said/literal-of-no-address", CLIENT, "[999.1.1.1]", "u@withmx.com", "helo.syntax" },
	{ "said/exclamation-mark", CLIENT, "foo!bar.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/bar", CLIENT, "a|b", "u@withmx.com", "helo.syntax" },
	{ "said/star", CLIENT, "*.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/comma", CLIENT, "foo,bar", "u@withmx.com", "helo.syntax" },
	{ "said/at", CLIENT, "foo@bar.good.com", "u@withmx.com", "helo.syntax" },
	{ "said/angle-brackets", CLIENT, "<foo>", "u@withmx.com", "helo.syntax" },

	{ "ptr/missing", "198.51.100.99", "mx.good.com", "u@withmx.com", "helo.neighbour ptr.missing" },
	{ "ptr/not-confirmed", "198.51.100.8", "elsewhere.com", "u@withmx.com", "helo.not-client ptr.not-confirmed" },
	{ "ptr/name-without-address", "198.51.100.10", "nothing.com", "u@withmx.com", "helo.no-address ptr.not-confirmed" },
	{ "ptr/name-unknown", "198.51.100.11", "nothing.com", "u@withmx.com", "helo.no-address helo.ptr-mismatch" },
	{ "ptr/many", "198.51.100.9", "nothing.com", "u@withmx.com",
	  "helo.no-address helo.ptr-mismatch ptr.not-confirmed ptr.many" },
	{ "ptr/alias", "198.51.100.12", "alias.good.com", "u@withmx.com", "" },
	{ "ptr/generic", "198.51.100.13", "mx.line.com", "u@withmx.com", "helo.no-address ptr.generic" },

	{ "deny-dns/helo", CLIENT, "a.refused.com", "u@withmx.com", "deny.dns helo.not-client helo.ptr-mismatch" },
	{ "deny-dns/client", "198.51.100.15", "mx.good.com", "u@withmx.com", "deny.dns helo.neighbour helo.ptr-mismatch" },
	{ "deny-dns/client's-name-must-lead-back", "198.51.100.16", "mx.good.com", "u@withmx.com",
	  "helo.neighbour helo.ptr-mismatch ptr.not-confirmed" },
	{ "deny-dns/sender", CLIENT, "mx.good.com", "u@a.refused.com", "deny.dns" },
	{ "deny-dns/mx", CLIENT, "mx.good.com", "u@refused-mx.com", "deny.dns sender.mx-bogon" },
	{ "deny-dns/ns-of-the-organisation", CLIENT, "mx.good.com", "u@host.refused-ns.com", "deny.dns" },
	{ "deny-dns/ns-by-its-address", CLIENT, "mx.good.com", "u@lame-ns.com", "deny.dns" },
	{ "deny-dns/unknown-is-on-no-list", CLIENT, "mx.good.com", "u@slow-ns.com", "" },
	{ "deny-dns/literal-has-no-name", CLIENT, "[192.0.2.66]", "u@withmx.com", "helo.literal helo.literal-mismatch" },

	{ "sender/null", CLIENT, "mx.good.com", "", "" },
	{ "sender/address-only", CLIENT, "mx.good.com", "u@onlya.com", "" },
	{ "sender/null-mx", CLIENT, "mx.good.com", "u@nullmx.com", "sender.null-mx" },
	{ "sender/no-domain", CLIENT, "mx.good.com", "u@nothing.com", "sender.no-domain" },
	{ "sender/mx-address", CLIENT, "mx.good.com", "u@addressmx.com", "sender.mx-address" },
	{ "sender/mx-cname", CLIENT, "mx.good.com", "u@cnamemx.com", "sender.mx-cname" },
	{ "sender/mx-bogon", CLIENT, "mx.good.com", "u@bogon.com", "sender.mx-bogon" },
	{ "sender/mx-bogon-beside-another", CLIENT, "mx.good.com", "u@halfbogon.com", "" },
	{ "sender/mx-without-address", CLIENT, "mx.good.com", "u@lostmx.com", "" },
	{ "sender/mx-unknown", CLIENT, "mx.good.com", "u@slowmx.com", "" },
	{ "sender/unknown", CLIENT, "mx.good.com", "u@silent.test", "" },
	{ "sender/not-fqdn", CLIENT, "mx.good.com", "u@host", "sender.not-fqdn" },
	{ "sender/literal", CLIENT, "mx.good.com", "u@[192.0.2.1]", "sender.literal" },
};

/* DNS is @fault, for every name. */
static void
world_begin_faulty(world *of, const dns_fault *fault)
{
	mg_resolver_settings settings = mg_resolver_settings_standard;

	settings.timeout_ms = fault->timeout_ms;
	world_begin_with(of, POLICY, &settings, fault->udp, fault->tcp);
	if (fault->no_tcp)
		dns_server_close_tcp(&of->set.servers[0]);
}

/* What a trace is written for is what is found without one, and results are about nothing but the sender's domain, which is
 * there as long as the envelope. */
static void
assert_traced_alike(const mg_sanity_check *sanity, const mg_client *client, const mg_envelope *envelope, const mg_results *results)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autoptr(mg_trace) trace = mg_trace_new(MG_TRACE_FULL, NULL);
	const mg_mailbox *sender = mg_envelope_sender(envelope);
	mg_results traced = { 0 };
	mg_sanity_host host;

	mg_sanity_check_report(sanity, client, envelope, &traced, trace, evidence, &host);
	g_assert_cmpuint(traced.n, ==, results->n);
	for (guint i = 0; i < traced.n; i++) {
		g_assert_cmpint(traced.all[i].reason, ==, results->all[i].reason);
		g_assert_true(traced.all[i].domain == results->all[i].domain);
		g_assert_true(traced.all[i].domain == NULL || traced.all[i].domain == sender->domain);
	}
}

/* What is found with the answers that are there, names with spaces between. */
static char *
report(world *of, const mg_facts *facts, const mg_sanity_check *sanity, mg_iprev *iprev_out)
{
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	mg_client *client = g_new0(mg_client, 1);
	mg_envelope *envelope = g_new0(mg_envelope, 1);
	GString *found = g_string_new(NULL);
	mg_results results = { 0 };
	mg_sanity_host host;
	char name[MG_REASON_NAME_MAX];

	mg_client_identify(of->policy, facts, client);
	mg_envelope_read(of->policy, facts, envelope);
	mg_sanity_check_report(sanity, client, envelope, &results, NULL, evidence, &host);
	assert_traced_alike(sanity, client, envelope, &results);
	*iprev_out = host.iprev;
	g_assert_cmpint(host.name[0] != 0, ==, host.iprev == MG_IPREV_PASS);
	for (guint reason = 0; reason < MG_N_REASONS; reason++)
		for (guint i = 0; i < results.n; i++)
			if (results.all[i].reason == reason) {
				mg_reason_name(reason, name);
				g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", name);
			}
	g_free(client);
	g_free(envelope);
	return g_string_free(found, FALSE);
}

/* Time is up for the answers that are not there at once. */
static char *
find(world *of, const mg_facts *facts, mg_iprev *iprev_out)
{
	mg_sanity_check *sanity = mg_sanity_check_new(&of->tools, of->policy, facts, FALSE, TRUE);
	mg_check *check = mg_sanity_check_base(sanity);
	char *found;

	if (mg_check_run(check) == MG_STEP_WAIT) {
		check->deadline_us = 0;
		g_assert_cmpint(mg_check_run(check), ==, MG_STEP_DONE);
	}
	found = report(of, facts, sanity, iprev_out);
	check->free(check);
	return found;
}

static mg_facts
facts_of(const char *client, const char *helo, const char *from)
{
	mg_facts facts = facts_from(client, helo, from);

	facts.stage = MG_STAGE_MAIL;
	facts.deadline_ms = 8 * PATIENCE_MS;
	return facts;
}

static void
test_found(gconstpointer data)
{
	const sanity_case *row = data;
	mg_facts facts = facts_of(row->client, row->helo, row->from);
	g_autofree char *found = NULL;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, POLICY DENY_DNS);
	found = find(&of, &facts, &iprev);
	g_assert_cmpstr(found, ==, row->expected);
	world_end(&of);
}

/* ---- iprev ---- */

typedef struct iprev_case {
	const char *name, *client;
	mg_iprev    expected;
} iprev_case;

static const iprev_case iprev_cases[] = {
	{ "pass", CLIENT, MG_IPREV_PASS },
	{ "pass-by-alias", "198.51.100.12", MG_IPREV_PASS },
	{ "none", "198.51.100.99", MG_IPREV_FAIL },
	{ "leads-elsewhere", "198.51.100.8", MG_IPREV_FAIL },
	{ "not-known", "198.51.100.11", 0 },
	{ "skipped", "10.1.2.3", 0 },
};

static void
test_iprev(gconstpointer data)
{
	const iprev_case *row = data;
	mg_facts facts = facts_of(row->client, "mx.good.com", "");
	g_autofree char *found = NULL;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, POLICY);
	found = find(&of, &facts, &iprev);
	g_assert_cmpint(iprev, ==, row->expected);
	world_end(&of);
}

static void
test_iprev_from_server(void)
{
	mg_facts facts = facts_of("198.51.100.99", "mx.good.com", "");
	g_autofree char *hinted = NULL, *trusted = NULL, *failed = NULL;
	mg_iprev iprev;
	world of;

	facts.ptr = "mx.good.com.";
	facts.iprev = MG_IPREV_PASS;
	world_begin(&of, zone_text, POLICY);
	hinted = find(&of, &facts, &iprev);
	g_assert_cmpstr(hinted, ==, "helo.neighbour ptr.missing");
	world_end(&of);
	world_begin(&of, zone_text, POLICY "from-server = trust\n");
	trusted = find(&of, &facts, &iprev);
	g_assert_cmpstr(trusted, ==, "helo.neighbour");
	g_assert_cmpint(iprev, ==, MG_IPREV_PASS);
	facts.iprev = MG_IPREV_TEMPERROR;
	facts.ptr = "";
	failed = find(&of, &facts, &iprev);
	g_assert_cmpstr(failed, ==, "helo.neighbour");
	world_end(&of);
}

/* ---- sessions ---- */

static void
test_earlier_words(void)
{
	mg_facts facts = facts_of(CLIENT, "mx.good.com", "");
	g_autofree char *kept = NULL, *after_tls = NULL, *same = NULL;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, POLICY);
	facts.n_helo_before = 2;
	facts.helo_before[0] = (mg_earlier_helo){ { "mx1.ours.com", 12 }, FALSE };
	facts.helo_before[1] = (mg_earlier_helo){ { "pc", 2 }, FALSE };
	kept = find(&of, &facts, &iprev);
	g_assert_cmpstr(kept, ==, "helo.own-name helo.not-fqdn helo.no-address helo.ptr-mismatch helo.changed");
	facts.n_helo_before = 1;
	facts.helo_before[0] = (mg_earlier_helo){ { "pc", 2 }, TRUE };
	after_tls = find(&of, &facts, &iprev);
	g_assert_cmpstr(after_tls, ==, "helo.not-fqdn");   /* its faults stay, the change is what STARTTLS allows */
	facts.helo_before[0] = (mg_earlier_helo){ { "MX.GOOD.com", 11 }, FALSE };
	same = find(&of, &facts, &iprev);
	g_assert_cmpstr(same, ==, "");
	world_end(&of);
}

typedef struct skip_case {
	const char *name, *policy, *client, *auth, *expected;
} skip_case;

static const skip_case skip_cases[] = {
	{ "nobody", POLICY, "198.51.100.99", NULL, "helo.not-fqdn ptr.missing sender.no-domain" },
	{ "authenticated", POLICY, "198.51.100.99", "ana", "" },
	{ "private", POLICY, "10.1.2.3", NULL, "" },
	{ "loopback", POLICY, "127.0.0.1", NULL, "" },
	{ "skip-networks", POLICY "[exempt x]\nnetworks = 192.0.2.0/24\nchecks = spf\n", "198.51.100.99", NULL,
	  "helo.not-fqdn ptr.missing sender.no-domain" },
	{ "exempt-from-helo", POLICY "[exempt x]\nnetworks = 198.51.100.0/24\nchecks = helo\n", "198.51.100.99", NULL,
	  "ptr.missing sender.no-domain" },
	{ "exempt-from-ptr", POLICY "[exempt x]\nnetworks = 198.51.100.0/24\nchecks = ptr\n", "198.51.100.99", NULL,
	  "helo.not-fqdn sender.no-domain" },
	{ "exempt-from-all", POLICY "[exempt x]\nnetworks = 198.51.100.0/24\nchecks = helo ptr sender\n", "198.51.100.99", NULL,
	  "" },
};

static void
test_skipped(gconstpointer data)
{
	const skip_case *row = data;
	mg_facts facts = facts_of(row->client, "pc", "u@nothing.com");
	g_autofree char *found = NULL;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, row->policy);
	facts.auth = (mg_words){ row->auth, row->auth ? strlen(row->auth) : 0 };
	found = find(&of, &facts, &iprev);
	g_assert_cmpstr(found, ==, row->expected);
	world_end(&of);
}

/* ---- stages ---- */

typedef struct stage_case {
	const char *name;
	mg_stage    stage;
	guint       questions;   /* to DNS */
	const char *expected;
} stage_case;

static const stage_case stage_cases[] = {
	{ "connect", MG_STAGE_CONNECT, 1, "ptr.missing" },                                 /* PTR */
	{ "helo", MG_STAGE_HELO, 4, "helo.no-address ptr.missing" },                       /* A AAAA MX of the word */
	{ "mail", MG_STAGE_MAIL, 7, "helo.no-address ptr.missing sender.no-domain" },      /* MX A AAAA of the domain */
};

static void
test_stages(gconstpointer data)
{
	const stage_case *row = data;
	gboolean has_helo = row->stage >= MG_STAGE_HELO, has_mail = row->stage >= MG_STAGE_MAIL;
	mg_facts facts = facts_of("198.51.100.99", has_helo ? "nothing.com" : NULL, has_mail ? "u@none.com" : NULL);
	g_autofree char *found = NULL;
	mg_resolver_counts counts;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, POLICY);
	facts.stage = row->stage;
	found = find(&of, &facts, &iprev);
	g_assert_cmpstr(found, ==, row->expected);
	mg_resolver_count(of.set.resolver, &counts);
	g_assert_cmpuint(counts.n_questions, ==, row->questions);
	world_end(&of);
}

/* Where nothing is decided, nobody waits: what the word itself says is told. */
static void
test_does_not_wait(void)
{
	mg_facts facts = facts_of(CLIENT, "mx1.silent.test", NULL);
	mg_sanity_check *sanity;
	world of;

	world_begin(&of, zone_text, POLICY);
	facts.stage = MG_STAGE_HELO;
	sanity = mg_sanity_check_new(&of.tools, of.policy, &facts, FALSE, FALSE);
	g_assert_cmpint(mg_check_run(mg_sanity_check_base(sanity)), ==, MG_STEP_DONE);
	mg_sanity_check_base(sanity)->free(mg_sanity_check_base(sanity));
	facts.question = MG_ASK_RELAY;
	facts.stage = 0;
	g_assert_null(mg_sanity_check_new(&of.tools, of.policy, &facts, FALSE, FALSE));
	world_end(&of);
}

/* ---- DNS in trouble ---- */

static void
count_wake(void *context)
{
	(*(guint *)context)++;
}

/* What DNS does not say counts against nobody; what it denies does. Rows of which something good comes say nothing here. */
static void
test_fault(gconstpointer data)
{
	const dns_fault *row = data;
	mg_facts facts = facts_of("198.51.100.99", "mx.example.org", "u@sender.example.org");
	g_autofree char *found = NULL;
	guint n_woken = 0;
	mg_sanity_check *sanity;
	gint64 began_us;
	mg_check *check;
	mg_iprev iprev;
	world of;

	if (row->outcome == MG_DNS_FOUND || row->type != MG_DNS_A || row->tcp == records_500) {
		g_test_skip("an answer to questions of one type");
		return;
	}
	world_begin_faulty(&of, row);
	began_us = g_get_monotonic_time();
	facts.deadline_ms = 10 * LONG_MS;
	sanity = mg_sanity_check_new(&of.tools, of.policy, &facts, FALSE, TRUE);
	check = mg_sanity_check_base(sanity);
	check->wake = count_wake;
	check->wake_context = &n_woken;
	for (; mg_check_run(check) == MG_STEP_WAIT; n_woken = 0)
		g_assert_true(stage_run(&of.set, &n_woken, 4 * LONG_MS));
	/* Whatever DNS does, its time is up before the request's is. */
	g_assert_cmpint(g_get_monotonic_time(), <, began_us + facts.deadline_ms * 1000);
	found = report(&of, &facts, sanity, &iprev);
	g_assert_cmpstr(found, ==, row->outcome == MG_DNS_UNKNOWN ? "" : "helo.no-address ptr.missing sender.no-domain");
	g_assert_cmpint(iprev, ==, row->outcome == MG_DNS_UNKNOWN ? MG_IPREV_TEMPERROR : MG_IPREV_FAIL);
	check->free(check);
	world_end(&of);
}

/* ---- addresses that no host has ---- */

static void
test_special_answers(void)
{
	mg_dns_question question = { .type = MG_DNS_A };
	g_autoptr(mg_dns_answer) unknown = mg_dns_answer_new(&question, MG_DNS_UNKNOWN, "timeout", 0);
	g_autoptr(mg_dns_answer) none = mg_dns_answer_new(&question, MG_DNS_NOTHING, "nodata", 0);
	g_autoptr(mg_dns_answer) two = mg_dns_answer_new(&question, MG_DNS_FOUND, "", 2);

	g_assert_true(mg_ip_parse("10.1.2.3", &two->records[0].ip));
	g_assert_true(mg_ip_parse("192.168.1.1", &two->records[1].ip));
	g_assert_cmpint(mg_answer_is_special(two), ==, MG_YES);
	g_assert_true(mg_ip_parse("8.8.8.8", &two->records[1].ip));
	g_assert_cmpint(mg_answer_is_special(two), ==, MG_NO);
	g_assert_cmpint(mg_answer_is_special(none), ==, MG_YES);
	g_assert_cmpint(mg_answer_is_special(unknown), ==, MG_UNKNOWN);
	g_assert_cmpint(mg_answer_is_special(NULL), ==, MG_UNKNOWN);
}

/* ---- what is worth a question ---- */

#define ADDRESSES_OFF "[domains]\nlocal = ours.com\n[helo]\nptr-mismatch = off\nno-address = off\nnot-client = off\n"

typedef struct wanted_case {
	const char *name, *policy, *helo, *expected;
} wanted_case;

/* What is off is not asked for, unless it has another use. */
static const wanted_case wanted_cases[] = {
	{ "all-off", ADDRESSES_OFF "neighbour = off\n", "nothing.com", "helo.ptr-mismatch" },
	{ "no-address", ADDRESSES_OFF "neighbour = off\n[rule r]\nwhen = helo.no-address\nfor = ptr.many\nthen = flag\n", "nothing.com",
	  "helo.no-address helo.ptr-mismatch" },
	{ "two-of-when", ADDRESSES_OFF "neighbour = off\n[rule r]\nwhen = ptr.many helo.not-client\nfor = ptr.many\nthen = flag\n",
	  "elsewhere.com", "helo.not-client helo.ptr-mismatch" },
	{ "affected", ADDRESSES_OFF "neighbour = off\n[rule r]\nwhen = ptr.many\nfor = helo.not-client\nthen = flag\n", "elsewhere.com",
	  "helo.not-client helo.ptr-mismatch" },
	{ "affected-by-off", ADDRESSES_OFF "neighbour = off\n[rule r]\nwhen = ptr.many\nfor = helo.not-client\nthen = off\n",
	  "elsewhere.com", "helo.ptr-mismatch" },
	{ "points", ADDRESSES_OFF "neighbour = off\n[score]\npoints = helo.no-address:1\n", "nothing.com",
	  "helo.no-address helo.ptr-mismatch" },
	{ "points-of-a-neighbour", ADDRESSES_OFF "neighbour = off\n[score]\npoints = helo.neighbour:-1\n", "mx.big.com",
	  "helo.neighbour helo.ptr-mismatch" },
	{ "points-of-another", ADDRESSES_OFF "neighbour = off\n[score]\npoints = helo.dynamic:1\n", "nothing.com",
	  "helo.ptr-mismatch" },
	{ "neighbour-alone", ADDRESSES_OFF "neighbour = flag\n", "mx.big.com", "helo.neighbour helo.ptr-mismatch" },
	{ "neighbour-is-monitored", ADDRESSES_OFF, "mx.big.com", "helo.neighbour helo.ptr-mismatch" },
};

static void
test_wanted(gconstpointer data)
{
	const wanted_case *row = data;
	mg_facts facts = facts_of(CLIENT, row->helo, "");
	g_autofree char *found = NULL;
	mg_iprev iprev;
	world of;

	world_begin(&of, zone_text, row->policy);
	found = find(&of, &facts, &iprev);
	g_assert_cmpstr(found, ==, row->expected);
	world_end(&of);
}

/* ---- what a check may ask ---- */

static void
test_budget(void)
{
	mg_answers *answers;
	world of;

	world_begin(&of, zone_text, POLICY);
	answers = mg_answers_new(of.tools.resolver, NULL, NULL);
	for (guint i = 0; i <= MG_ANSWERS_MAX; i++) {
		g_autofree char *text = g_strdup_printf("n%u.silent.test", i);
		mg_dns_question question = { .type = MG_DNS_A };
		mg_dns_answer *answer;

		g_assert_true(mg_dns_name_from_text(text, strlen(text), &question.name));
		answer = mg_answers_get(answers, &question);
		if (i < MG_ANSWERS_MAX)
			g_assert_null(answer);
		else
			g_assert_cmpstr(answer->why, ==, "over-budget");
	}
	g_assert_cmpuint(mg_answers_asked(answers), ==, MG_ANSWERS_MAX);
	mg_answers_free(answers);
	world_end(&of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/sanity/found", sanity_cases, test_found);
	TEST_ROWS("/sanity/iprev", iprev_cases, test_iprev);
	TEST_ROWS("/sanity/fault", dns_faults, test_fault);
	g_test_add_func("/sanity/special-answers", test_special_answers);
	g_test_add_func("/sanity/budget", test_budget);
	TEST_ROWS("/sanity/wanted", wanted_cases, test_wanted);
	g_test_add_func("/sanity/iprev-from-server", test_iprev_from_server);
	g_test_add_func("/sanity/earlier-words", test_earlier_words);
	TEST_ROWS("/sanity/skipped", skip_cases, test_skipped);
	TEST_ROWS("/sanity/stages", stage_cases, test_stages);
	g_test_add_func("/sanity/does-not-wait", test_does_not_wait);
	return g_test_run();
}
