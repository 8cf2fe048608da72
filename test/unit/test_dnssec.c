/* test_dnssec.c - DNSSEC status, from the packets of a resolver that validates to evidence and trace. The server sets AD as such
 * a resolver does: for who has asked for it (RFC 6840 5.7), in answers of which it has proven all. */
#include <ifaddrs.h>
#include <stdlib.h>

#include "world.h"

#define AD         0x20
#define SERVFAIL   2
#define TRUNCATED  0x200
#define LONGEST_MS 60000
#define POLICY     "[mailguard]\nhostname = mx1.example.net\n[domains]\nlocal = example.net\n"

typedef struct dnssec_case {
	const char *name, *client, *helo, *from;
	const char *plain;      /* questions whose answers nobody has signed: "A mx.good.example,MX good.example"; "*": all */
	const char *broken;     /* those that get SERVFAIL, and AD with it */
	const char *expected;
} dnssec_case;

/* ---- the resolver that is asked ---- */

typedef struct served {
	mg_dns_type type;
	const char *name, *data;   /* of an address the last octet, as text */
} served;

static const served all_served[] = {
	{ MG_DNS_PTR, "7.2.0.192.in-addr.arpa", "mx.good.example" },
	{ MG_DNS_A, "mx.good.example", "7" },
	{ MG_DNS_MX, "good.example", "mx.good.example" },
	{ MG_DNS_TXT, "good.example", "v=spf1 a:mx.good.example -all" },
	{ MG_DNS_CNAME, "8.2.0.192.in-addr.arpa", "8.sub.2.0.192.in-addr.arpa" },
	{ MG_DNS_PTR, "8.sub.2.0.192.in-addr.arpa", "alias.good.example" },
	{ MG_DNS_CNAME, "alias.good.example", "second.good.example" },
	{ MG_DNS_CNAME, "second.good.example", "end.good.example" },
	{ MG_DNS_A, "end.good.example", "8" },
	{ MG_DNS_PTR, "9.2.0.192.in-addr.arpa", "elsewhere.example" },
	{ MG_DNS_A, "elsewhere.example", "200" },
	{ MG_DNS_PTR, "10.2.0.192.in-addr.arpa", "elsewhere.example" },
	{ MG_DNS_PTR, "10.2.0.192.in-addr.arpa", "ten.example" },
	{ MG_DNS_PTR, "10.2.0.192.in-addr.arpa", "also-ten.example" },
	{ MG_DNS_A, "ten.example", "10" },
	{ MG_DNS_A, "also-ten.example", "10" },
	{ MG_DNS_A, "both.example", "7" },
	{ MG_DNS_AAAA, "both.example", "7" },
	{ MG_DNS_A, "only.example", "1" },
	{ MG_DNS_MX, "null.example", "" },
};

static gboolean
is_listed(const char *list, const char *entry)
{
	g_auto(GStrv) entries = g_strsplit(list != NULL ? list : "", ",", -1);

	return g_strv_contains((const char *const *)entries, entry) || g_strv_contains((const char *const *)entries, "*");
}

static void
put_served(GByteArray *reply, const served *one)
{
	guint length = (guint)strlen(one->data);
	guint name_length = length > 0 ? length + 2 : 1;

	switch (one->type) {
	case MG_DNS_A:
		put_a(reply, one->name, 300, (guint)atoi(one->data));
		return;
	case MG_DNS_AAAA:
		put_record(reply, 0, one->name, MG_DNS_AAAA, 300, 16);
		put32(reply, 0x20010db8);
		put32(reply, 0);
		put32(reply, 0);
		put32(reply, (guint)atoi(one->data));
		return;
	case MG_DNS_MX:
		put_record(reply, 0, one->name, MG_DNS_MX, 300, 2 + name_length);
		put16(reply, 10);
		put_name(reply, one->data);
		return;
	case MG_DNS_TXT:
		put_text(reply, one->name, one->data, length);
		return;
	default:
		put_record(reply, 0, one->name, one->type, 300, name_length);
		put_name(reply, one->data);
		return;
	}
}

/* The records of @name, behind its aliases. */
static void
put_answer(GByteArray *reply, mg_dns_type type, const char *name)
{
	gboolean has_any = FALSE;

	for (guint i = 0; i < G_N_ELEMENTS(all_served); i++) {
		const served *one = &all_served[i];

		if (strcmp(one->name, name) != 0)
			continue;
		if (one->type == MG_DNS_CNAME) {
			put_served(reply, one);
			put_answer(reply, type, one->data);
			return;
		}
		if (one->type == type) {
			put_served(reply, one);
			has_any = TRUE;
		}
	}
	if (!has_any)
		put_soa(reply, "", 300, 300);
}

static void
serve(const dns_query *query)
{
	const dnssec_case *row = query->server->data;
	mg_dns_question question = question_asked(query);
	g_autofree char *asked = NULL;
	char name[MG_DNS_NAME_TEXT_MAX];
	GByteArray *reply;

	mg_dns_name_format(&question.name, name);
	asked = g_strdup_printf("%s %s", mg_dns_type_name(question.type), name);
	if (is_listed(row->broken, asked)) {
		send_reply(query, reply_new(query, AD | SERVFAIL), 0);
		return;
	}
	reply = reply_new(query, is_listed(row->plain, asked) ? 0 : query->octets[3] & AD);
	put_answer(reply, question.type, name);
	send_reply(query, reply, 0);
}

static void
truncated_with_ad(const dns_query *query)
{
	send_reply(query, reply_new(query, TRUNCATED | AD), 0);
}

static void
serve_without_edns(const dns_query *query)
{
	if (query->length > question_end(query))
		send_reply(query, reply_new(query, 1), 0);   /* FORMERR (RFC 6891 7) */
	else
		serve(query);
}

/* ---- what is told of it ---- */

static mg_facts
facts_of(const dnssec_case *row)
{
	mg_facts facts = facts_from(row->client, row->helo, row->from);

	facts.stage = MG_STAGE_MAIL;
	facts.deadline_ms = LONGEST_MS;
	return facts;
}

static void
note_wake(void *context)
{
	((world *)context)->woken = 1;
}

/* Every check steps before anything is waited for, as in a guard: what two of them ask is asked once. */
static void
run_all(world *of, const mg_stage_checks *checks)
{
	gboolean is_waiting;

	do {
		is_waiting = FALSE;
		of->woken = 0;
		for (guint i = 0; i < MG_STAGE_CHECKS_MAX; i++) {
			mg_check *check = mg_stage_check(checks, i);

			if (check == NULL)
				continue;
			check->wake = note_wake;
			check->wake_context = of;
			is_waiting |= mg_check_run(check) == MG_STEP_WAIT;
		}
		if (is_waiting && !stage_run(&of->set, &of->woken, LONGEST_MS)) {
			g_test_fail();
			return;
		}
	} while (is_waiting);
}

/* "ptr=yes helo=no": each piece of evidence called dnssec. The trace, if there is one, has a line of each, and no others. */
static char *
pieces_told(const mg_evidence *evidence, const mg_trace *trace)
{
	GString *out = g_string_new(NULL);
	const char *name, *value;
	guint n_pieces = 0, n_lines = 0;

	for (gsize at = 0; mg_evidence_next(evidence, &at, &name, &value); ) {
		g_autofree char *check = g_strdup(name);
		g_autofree char *line = NULL;
		gboolean is_traced = FALSE;

		if (!g_str_has_suffix(check, ".dnssec"))
			continue;
		*strchr(check, '.') = 0;
		line = g_strdup_printf("%s: dnssec %s", check, value);
		for (guint i = 0; i < mg_trace_count(trace); i++)
			is_traced |= strcmp(mg_trace_get(trace, i), line) == 0;
		g_assert_true(is_traced || trace == NULL);
		g_string_append_printf(out, "%s%s=%s", out->len > 0 ? " " : "", check, value);
		n_pieces++;
	}
	for (guint i = 0; i < mg_trace_count(trace); i++)
		n_lines += strstr(mg_trace_get(trace, i), "dnssec") != NULL;
	g_assert_cmpuint(n_lines, ==, trace != NULL ? n_pieces : 0);
	return g_string_free(out, FALSE);
}

/* The caller's to free. Without a trace it is told from what was kept. */
static char *
world_tell(world *of, const mg_facts *facts, mg_trace_detail detail)
{
	mg_stage_outcome *outcome = g_new0(mg_stage_outcome, 1);
	g_autoptr(mg_evidence) evidence = mg_evidence_new();
	g_autoptr(mg_trace) trace = mg_trace_new(detail, NULL);
	mg_stage_checks checks;

	mg_stage_begin(&of->tools, of->policy, facts, TEST_NOW_S, &checks);
	run_all(of, &checks);
	mg_stage_run(of->policy, facts, TEST_NOW_S, &checks, trace, evidence, outcome);
	mg_stage_checks_clear(&checks);
	g_free(outcome);
	return pieces_told(evidence, trace);
}

/* @udp: of the server, which serves by TCP. @zone: NULL: none. */
static void
world_begin_of(world *of, const dnssec_case *row, const char *policy, dns_script udp, const mg_local_zone *zone)
{
	mg_resolver_settings settings = mg_resolver_settings_standard;

	settings.timeout_ms = LONGEST_MS / 4;
	settings.complete = mg_spf_record_compile;
	settings.zone = zone;
	world_begin_with(of, policy, &settings, udp, serve);
	of->set.servers[0].data = row;
}

/* ---- rows ---- */

#define CLIENT  "192.0.2.7"
#define ALL_YES "spf-helo=yes spf=yes ptr=yes helo=yes sender=yes"
#define ALL_NO  "spf-helo=no spf=no ptr=no helo=no sender=no"

static const dnssec_case dnssec_cases[] = {
	{ "set", CLIENT, "mx.good.example", "u@good.example", NULL, NULL, ALL_YES },
	{ "clear", CLIENT, "mx.good.example", "u@good.example", "*", NULL, ALL_NO },
	{ "servfail", CLIENT, "mx.good.example", "u@good.example", NULL, "*", "" },

	{ "ptr/clear", CLIENT, "mx.good.example", "u@good.example", "PTR 7.2.0.192.in-addr.arpa", NULL,
	  "spf-helo=yes spf=yes ptr=no helo=yes sender=yes" },
	{ "ptr/way-back-clear", CLIENT, "both.example", "", "A mx.good.example", NULL, "spf-helo=yes spf=yes ptr=no helo=yes" },
	{ "ptr/way-back-servfail", CLIENT, "both.example", "", NULL, "A mx.good.example", "spf-helo=yes spf=yes helo=yes" },
	{ "ptr/alias-chain", "192.0.2.8", "both.example", "", NULL, NULL, "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "ptr/alias-chain-clear", "192.0.2.8", "both.example", "", "PTR 8.2.0.192.in-addr.arpa", NULL,
	  "spf-helo=yes spf=yes ptr=no helo=yes" },
	{ "ptr/none", "192.0.2.99", "both.example", "", NULL, NULL, "spf-helo=yes spf=yes helo=yes" },
	{ "ptr/leads-elsewhere", "192.0.2.9", "both.example", "", NULL, NULL, "spf-helo=yes spf=yes helo=yes" },
	{ "ptr/other-names-clear", "192.0.2.10", "both.example", "", "A elsewhere.example,A also-ten.example", NULL,
	  "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "ptr/confirmed-name-clear", "192.0.2.10", "both.example", "", "A ten.example", NULL,
	  "spf-helo=yes spf=yes ptr=no helo=yes" },

	{ "helo/clear", CLIENT, "both.example", "", "A both.example", NULL, "spf-helo=yes spf=yes ptr=yes helo=no" },
	{ "helo/ipv6-clear", CLIENT, "both.example", "", "AAAA both.example", NULL, "spf-helo=yes spf=yes ptr=yes helo=no" },
	{ "helo/no-ipv6-clear", CLIENT, "mx.good.example", "", "AAAA mx.good.example", NULL,
	  "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "helo/ipv6-servfail", CLIENT, "both.example", "", NULL, "AAAA both.example", "spf-helo=yes spf=yes ptr=yes" },
	{ "helo/alias-chain", CLIENT, "alias.good.example", "", NULL, NULL, "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "helo/not-the-client", CLIENT, "elsewhere.example", "", NULL, NULL, "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "helo/without-address", CLIENT, "nothing.example", "", NULL, NULL, "spf-helo=yes spf=yes ptr=yes" },
	{ "helo/literal", CLIENT, "[192.0.2.7]", "u@good.example", NULL, NULL, "spf=yes ptr=yes sender=yes" },

	{ "sender/clear", CLIENT, "both.example", "u@good.example", "MX good.example", NULL,
	  "spf-helo=yes spf=yes ptr=yes helo=yes sender=no" },
	{ "sender/servfail", CLIENT, "both.example", "u@good.example", NULL, "MX good.example",
	  "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "sender/null-mx", CLIENT, "both.example", "u@null.example", NULL, NULL, ALL_YES },
	{ "sender/without-mx", CLIENT, "both.example", "u@only.example", NULL, NULL, ALL_YES },
	{ "sender/without-mx-address-clear", CLIENT, "both.example", "u@only.example", "A only.example", NULL,
	  "spf-helo=yes spf=yes ptr=yes helo=yes sender=no" },
	{ "sender/mx-hidden-perhaps", CLIENT, "both.example", "u@only.example", "MX only.example", NULL,
	  "spf-helo=yes spf=yes ptr=yes helo=yes sender=no" },
	{ "sender/without-mx-address-servfail", CLIENT, "both.example", "u@only.example", NULL, "AAAA only.example",
	  "spf-helo=yes spf=yes ptr=yes helo=yes" },
	{ "sender/no-domain", CLIENT, "both.example", "u@nothing.example", NULL, NULL, "spf-helo=yes spf=yes ptr=yes helo=yes" },

	{ "spf/record-clear", CLIENT, "both.example", "u@good.example", "TXT good.example", NULL,
	  "spf-helo=yes spf=no ptr=yes helo=yes sender=yes" },
	{ "spf/record-servfail", CLIENT, "both.example", "u@good.example", NULL, "TXT good.example",
	  "spf-helo=yes ptr=yes helo=yes sender=yes" },
	{ "spf/term-clear", "192.0.2.99", "both.example", "u@good.example", "A mx.good.example", NULL,
	  "spf-helo=yes spf=no helo=yes sender=yes" },
	{ "spf/none-clear", CLIENT, "both.example", "u@good.example", "TXT both.example", NULL,
	  "spf-helo=no spf=yes ptr=yes helo=yes sender=yes" },
};

/* Asked again it comes from the cache, and is as it was. */
static void
assert_told_twice(const dnssec_case *row, dns_script udp)
{
	g_autofree char *told = NULL, *cached = NULL, *untraced = NULL;
	mg_facts facts = facts_of(row);
	mg_resolver_counts first, second;
	world of;

	world_begin_of(&of, row, POLICY, udp, NULL);
	told = world_tell(&of, &facts, MG_TRACE_BRIEF);
	g_assert_cmpstr(told, ==, row->expected);
	mg_resolver_count(of.set.resolver, &first);
	cached = world_tell(&of, &facts, MG_TRACE_FULL);
	g_assert_cmpstr(cached, ==, row->expected);
	untraced = world_tell(&of, &facts, MG_TRACE_NONE);
	g_assert_cmpstr(untraced, ==, row->expected);
	mg_resolver_count(of.set.resolver, &second);
	g_assert_cmpuint(second.n_packets, ==, first.n_packets);
	g_assert_cmpuint(second.n_cached, >, first.n_cached);
	world_end(&of);
}

static void
test_told(gconstpointer data)
{
	assert_told_twice(data, serve);
}

typedef struct way_case {
	const char *name;
	dns_script  udp;
	const char *plain, *expected;
} way_case;

static const way_case way_cases[] = {
	{ "tcp", truncated_with_ad, NULL, ALL_YES },
	{ "tcp-clear", truncated_with_ad, "*", ALL_NO },
	{ "without-edns", serve_without_edns, NULL, ALL_YES },
	{ "without-edns-clear", serve_without_edns, "*", ALL_NO },
};

static void
test_way(gconstpointer data)
{
	const way_case *given = data;
	const dnssec_case row = { given->name, CLIENT, "mx.good.example", "u@good.example", given->plain, NULL, given->expected };

	assert_told_twice(&row, given->udp);
}

/* ---- which of several words, and whether it was looked up ---- */

typedef struct word_case {
	const char *name, *earlier, *helo, *policy, *expected;
} word_case;

static const word_case word_cases[] = {
	{ "last-counts", "mx.good.example", "both.example", POLICY, "spf-helo=yes spf=yes ptr=no helo=yes" },
	{ "last-counts-clear", "both.example", "mx.good.example", POLICY, "spf-helo=yes spf=yes ptr=no helo=no" },
	{ "last-is-literal", "both.example", "[192.0.2.7]", POLICY, "ptr=no" },
	{ "not-looked-up", "both.example", "mx.good.example", POLICY "[helo]\nno-address = off\nnot-client = off\nneighbour = off\n",
	  "spf-helo=yes spf=yes ptr=no" },
};

static void
test_word(gconstpointer data)
{
	const word_case *given = data;
	const dnssec_case row = { given->name, CLIENT, given->helo, "", "A mx.good.example", NULL, given->expected };
	g_autofree char *told = NULL;
	mg_facts facts = facts_of(&row);
	world of;

	facts.n_helo_before = 1;
	facts.helo_before[0] = (mg_earlier_helo){ { given->earlier, strlen(given->earlier) }, FALSE };
	world_begin_of(&of, &row, given->policy, serve, NULL);
	told = world_tell(&of, &facts, MG_TRACE_BRIEF);
	g_assert_cmpstr(told, ==, row.expected);
	world_end(&of);
}

/* ---- who is not believed ---- */

/* An address of this host that is not a loopback one; FALSE: it has none. */
static gboolean
find_far_address(struct in_addr *ip_out)
{
	struct ifaddrs *all = NULL;
	gboolean is_found = FALSE;

	if (getifaddrs(&all) != 0)
		return FALSE;
	for (const struct ifaddrs *one = all; one != NULL && !is_found; one = one->ifa_next) {
		if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET)
			continue;
		*ip_out = ((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr;
		is_found = ntohl(ip_out->s_addr) >> 24 != 127;
	}
	freeifaddrs(all);
	return is_found;
}

static void
test_far_server(void)
{
	static const dnssec_case row = { "far", CLIENT, "mx.good.example", "u@good.example", NULL, NULL, ALL_NO };
	g_autofree char *told = NULL, *why = NULL;
	mg_facts facts = facts_of(&row);
	char text[INET_ADDRSTRLEN];
	struct in_addr ip;
	world of;

	if (!find_far_address(&ip)) {
		g_test_skip("this host has loopback addresses alone");
		return;
	}
	world_begin_of(&of, &row, POLICY, serve, NULL);
	dns_server_begin_at(&of.set.servers[1], ip, serve, serve);
	of.set.servers[1].data = &row;
	of.set.n_servers = 2;
	g_free(of.set.list);
	of.set.list = g_strdup_printf("%s:%u", inet_ntop(AF_INET, &ip, text, sizeof(text)), of.set.servers[1].port);
	of.set.settings.servers = of.set.list;
	g_assert_true(mg_resolver_configure(of.set.resolver, &of.set.settings, &why));
	told = world_tell(&of, &facts, MG_TRACE_BRIEF);
	g_assert_cmpstr(told, ==, row.expected);
	g_assert_cmpuint(of.set.servers[1].n_udp, >, 0);
	world_end(&of);
}

/* Nor do a zone of ours, and what is proven besides, prove anything together. */
static void
test_local_zone(void)
{
	static const dnssec_case row = { "zone", CLIENT, "mx.good.example", "u@good.example", NULL, NULL, ALL_NO };
	static const char text[] = "$ORIGIN good.example.\n$TTL 300\n@ SOA ns host 1 2 3 4 300\n@ MX 10 mx\n"
		"@ TXT \"v=spf1 a:mx.good.example -all\"\nmx A 192.0.2.7\n";
	mg_findings *findings = mg_findings_new();
	g_autoptr(mg_local_zone) zone = mg_local_zone_parse(text, strlen(text), "override.zone", findings);
	g_autofree char *told = NULL;
	mg_facts facts = facts_of(&row);
	world of;

	g_assert_nonnull(zone);
	world_begin_of(&of, &row, POLICY, serve, zone);
	told = world_tell(&of, &facts, MG_TRACE_BRIEF);
	g_assert_cmpstr(told, ==, row.expected);
	g_assert_cmpuint(of.set.servers[0].n_udp, ==, 1);   /* PTR */
	world_end(&of);
	mg_findings_free(findings);
}

/* A record that somebody stated is none that DNS has proven; and what the mail server found of PTR we do not know. */
static void
test_stated(void)
{
	static const dnssec_case row = { "stated", CLIENT, "mx.good.example", "u@good.example", NULL, NULL,
		                         "spf-helo=no spf=no helo=yes sender=yes" };
	static const char record[] = "v=spf1 a:mx.good.example -all";
	g_autofree char *told = NULL;
	mg_facts facts = facts_of(&row);
	world of;

	facts.spf_record = (mg_words){ record, strlen(record) };
	facts.ptr = "mx.good.example";
	facts.iprev = MG_IPREV_PASS;
	world_begin_of(&of, &row, POLICY "[ptr]\nfrom-server = trust\n", serve, NULL);
	told = world_tell(&of, &facts, MG_TRACE_BRIEF);
	g_assert_cmpstr(told, ==, row.expected);
	world_end(&of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dnssec/told", dnssec_cases, test_told);
	TEST_ROWS("/dnssec/way", way_cases, test_way);
	TEST_ROWS("/dnssec/word", word_cases, test_word);
	g_test_add_func("/dnssec/far-server", test_far_server);
	g_test_add_func("/dnssec/local-zone", test_local_zone);
	g_test_add_func("/dnssec/stated", test_stated);
	return g_test_run();
}
