/* test_dns_zone.c - master files: what is in them, what they answer, and where they are wrong. */
#include "dns/zone.h"

#include "support.h"

#define HEAD "$ORIGIN example.org.\n$TTL 1h\n"

static mg_dns_type
type_of(const char *word)
{
	static const mg_dns_type types[] = {
		MG_DNS_A, MG_DNS_NS, MG_DNS_CNAME, MG_DNS_SOA, MG_DNS_PTR, MG_DNS_MX, MG_DNS_TXT, MG_DNS_AAAA,
	};

	for (guint i = 0; i < G_N_ELEMENTS(types); i++)
		if (strcmp(mg_dns_type_name(types[i]), word) == 0)
			return types[i];
	g_assert_not_reached();
}

/* All of an answer in a line: "found 3600: 192.0.2.1 192.0.2.2", "nothing 60: nxdomain", "not ours". */
static char *
describe(const mg_local_zone *zone, const char *type, const char *name)
{
	static const char *const outcomes[] = { "found", "nothing", "unknown" };
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(mg_dns_answer) answer = NULL;
	mg_dns_question question = { .type = type_of(type) };

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	answer = mg_local_zone_answer(zone, &question);
	if (answer == NULL)
		return g_strdup("not ours");
	g_assert_true(mg_dns_question_equal(&answer->question, &question));
	g_string_printf(out, "%s %u:", outcomes[answer->outcome], answer->ttl_s);
	if (answer->why[0] != 0)
		g_string_append_printf(out, " %s", answer->why);
	for (guint i = 0; i < answer->n_records; i++) {
		const mg_dns_record *record = &answer->records[i];
		char text[MG_DNS_NAME_TEXT_MAX];

		g_string_append_c(out, ' ');
		switch (question.type) {
		case MG_DNS_A:
		case MG_DNS_AAAA:
			mg_ip_format(&record->ip, text);
			g_string_append(out, text);
			break;
		case MG_DNS_TXT:
			for (gsize k = 0; k < record->length; k++)
				g_string_append_printf(out, record->text[k] > ' ' && record->text[k] <= '~' ? "%c" : "<%d>",
				                       (guchar)record->text[k]);
			break;
		case MG_DNS_MX:
			g_string_append_printf(out, "%u ", record->preference);
			/* fall through */
		default:
			mg_dns_name_format(&record->names[0], text);
			g_string_append_printf(out, "%s.", text);
			break;
		}
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

typedef struct answer_case {
	const char *name;
	const char *text;
	const char *type, *asked;
	const char *expected;
} answer_case;

static const answer_case answer_cases[] = {
	{ "a", HEAD "www A 192.0.2.1\n", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "other-case", HEAD "WWW a 192.0.2.1\n", "A", "www.EXAMPLE.org", "found 3600: 192.0.2.1" },
	{ "two", HEAD "www A 192.0.2.1\nwww A 192.0.2.2\n", "A", "www.example.org", "found 3600: 192.0.2.1 192.0.2.2" },
	{ "owner-left-out", HEAD "www A 192.0.2.1\n    AAAA 2001:db8::1\n", "AAAA", "www.example.org", "found 3600: 2001:db8::1" },
	{ "at", HEAD "@ MX 10 mx\n", "MX", "example.org", "found 3600: 10 mx.example.org." },
	{ "absolute", HEAD "www.example.org. A 192.0.2.1\n", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "null-mx", HEAD "@ MX 0 .\n", "MX", "example.org", "found 3600: 0 ." },
	{ "ns", HEAD "@ NS ns\n", "NS", "example.org", "found 3600: ns.example.org." },
	{ "ptr", "$ORIGIN 2.0.192.in-addr.arpa.\n1 60 PTR mx.example.org.\n", "PTR", "1.2.0.192.in-addr.arpa",
	  "found 60: mx.example.org." },
	{ "no-newline-at-the-end", HEAD "www A 192.0.2.1", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "carriage-returns", "$ORIGIN example.org.\r\nwww 60 A 192.0.2.1\r\n", "A", "www.example.org", "found 60: 192.0.2.1" },
	{ "comments", HEAD "; one\nwww A 192.0.2.1;two\n", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "class", HEAD "www IN A 192.0.2.1\n", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "ttl-class", HEAD "www 60 IN A 192.0.2.1\n", "A", "www.example.org", "found 60: 192.0.2.1" },
	{ "class-ttl", HEAD "www IN 60 A 192.0.2.1\n", "A", "www.example.org", "found 60: 192.0.2.1" },
	{ "ttl-units", HEAD "www 1w2d3h4m5s A 192.0.2.1\n", "A", "www.example.org", "found 788645: 192.0.2.1" },
	{ "ttl-0", HEAD "www 0 A 192.0.2.1\n", "A", "www.example.org", "found 0: 192.0.2.1" },
	{ "ttl-of-the-last", "$ORIGIN example.org.\na 60 A 192.0.2.1\nb A 192.0.2.1\n", "A", "b.example.org", "found 60: 192.0.2.1" },
	{ "ttl-of-the-soa", "$ORIGIN example.org.\n@ SOA ns hm 1 2 3 4 50\nb A 192.0.2.1\n", "A", "b.example.org",
	  "found 50: 192.0.2.1" },
	{ "ttl-least-of-set", HEAD "w 50 A 192.0.2.1\nw 40 A 192.0.2.2\n", "A", "w.example.org", "found 40: 192.0.2.1 192.0.2.2" },
	{ "owner-named-like-a-type", HEAD "mx A 192.0.2.1\n", "A", "mx.example.org", "found 3600: 192.0.2.1" },
	{ "owner-of-digits", HEAD "60 A 192.0.2.1\n", "A", "60.example.org", "found 3600: 192.0.2.1" },
	{ "parentheses", HEAD "@ SOA ns hm (\n 1 ; serial\n 1h 1h\n 1h 5m )\nwww A 192.0.2.1\n", "SOA", "example.org",
	  "found 3600: ns.example.org." },
	{ "parentheses-text", HEAD "@ TXT ( \"a\"\n\"b\" )\n", "TXT", "example.org", "found 3600: ab" },
	{ "text", HEAD "@ TXT \"v=spf1 -all\"\n", "TXT", "example.org", "found 3600: v=spf1<32>-all" },
	{ "text-plain", HEAD "@ TXT v=spf1\n", "TXT", "example.org", "found 3600: v=spf1" },
	{ "text-strings", HEAD "@ TXT \"v=spf1 \" \"-all\"\n", "TXT", "example.org", "found 3600: v=spf1<32>-all" },
	{ "text-two", HEAD "@ TXT a\n@ TXT b\n", "TXT", "example.org", "found 3600: a b" },
	{ "text-empty", HEAD "@ TXT \"\"\n", "TXT", "example.org", "found 3600: " },
	{ "text-comment-inside", HEAD "@ TXT \"a;b(c\"\n", "TXT", "example.org", "found 3600: a;b(c" },
	{ "text-escapes", HEAD "@ TXT \"\\\"\\\\\\000\\255\\;\"\n", "TXT", "example.org", "found 3600: \"\\<0><255>;" },
	{ "text-escape-plain", HEAD "@ TXT a\\ b\\;c\n", "TXT", "example.org", "found 3600: a<32>b;c" },
	{ "name-escape", HEAD "a\\046b A 192.0.2.1\nx CNAME a\\.b\n", "A", "x.example.org", "found 3600: 192.0.2.1" },
	{ "name-escape-is-no-dot", HEAD "a\\.b A 192.0.2.1\n", "A", "a.b.example.org", "nothing 60: nxdomain" },
	/* what is not there */
	{ "nodata", HEAD "www A 192.0.2.1\n", "MX", "www.example.org", "nothing 60: nodata" },
	{ "nxdomain", HEAD "www A 192.0.2.1\n", "A", "ftp.example.org", "nothing 60: nxdomain" },
	{ "nxdomain-soa", HEAD "@ SOA ns hm 1 2 3 4 50\n", "A", "ftp.example.org", "nothing 50: nxdomain" },
	{ "nxdomain-soa-ttl", HEAD "@ 40 SOA ns hm 1 2 3 4 50\n", "A", "ftp.example.org", "nothing 40: nxdomain" },
	{ "empty-apex", HEAD, "A", "example.org", "nothing 60: nxdomain" },
	{ "name-between", HEAD "a.b.c A 192.0.2.1\n", "A", "c.example.org", "nothing 60: nodata" },
	{ "apex-above-records", HEAD "a.b.c A 192.0.2.1\n", "A", "example.org", "nothing 60: nodata" },
	{ "outside", HEAD "www A 192.0.2.1\n", "A", "www.example.net", "not ours" },
	{ "above", HEAD "www A 192.0.2.1\n", "A", "org", "not ours" },
	{ "beside", HEAD "www A 192.0.2.1\n", "A", "badexample.org", "not ours" },
	{ "empty-file", "", "A", "example.org", "not ours" },
	{ "two-origins", HEAD "www A 192.0.2.1\n$ORIGIN example.net.\nwww A 192.0.2.2\n", "A", "www.example.net", "found 3600: 192.0.2.2" },
	{ "relative-origin", HEAD "$ORIGIN sub\nwww A 192.0.2.1\n", "A", "www.sub.example.org", "found 3600: 192.0.2.1" },
	{ "soa-makes-apex", "example.org. 60 SOA . . 1 2 3 4 5\n", "A", "www.example.org", "nothing 5: nxdomain" },
	{ "nearest-apex", HEAD "@ SOA . . 1 2 3 4 50\n$ORIGIN sub.example.org.\n@ SOA . . 1 2 3 4 5\n", "A", "www.sub.example.org",
	  "nothing 5: nxdomain" },
	{ "origin-root", "$ORIGIN .\nwww.example.org 60 A 192.0.2.1\n", "A", "www.example.org", "found 60: 192.0.2.1" },
	{ "origin-root-claims-nothing", "$ORIGIN .\nwww.example.org 60 A 192.0.2.1\n", "A", "ftp.example.org", "not ours" },
	/* a record outside speaks for its own name */
	{ "lone-name", "www.example.org. 60 A 192.0.2.1\n", "A", "www.example.org", "found 60: 192.0.2.1" },
	{ "lone-name-nodata", "www.example.org. 60 A 192.0.2.1\n", "MX", "www.example.org", "nothing 60: nodata" },
	{ "lone-name-above", "www.example.org. 60 A 192.0.2.1\n", "A", "example.org", "not ours" },
	{ "lone-name-below", "www.example.org. 60 A 192.0.2.1\n", "A", "a.www.example.org", "not ours" },
	/* aliases */
	{ "cname", HEAD "www CNAME host\nhost A 192.0.2.1\n", "A", "www.example.org", "found 3600: 192.0.2.1" },
	{ "cname-itself", HEAD "www CNAME host\nhost A 192.0.2.1\n", "CNAME", "www.example.org", "found 3600: host.example.org." },
	{ "cname-least-ttl", HEAD "www 5 CNAME host\nhost A 192.0.2.1\n", "A", "www.example.org", "found 5: 192.0.2.1" },
	{ "cname-nodata", HEAD "www CNAME host\nhost A 192.0.2.1\n", "MX", "www.example.org", "nothing 60: nodata" },
	{ "cname-nxdomain", HEAD "www CNAME host\n", "A", "www.example.org", "nothing 60: nxdomain" },
	{ "cname-outside", HEAD "www CNAME www.example.net.\n", "A", "www.example.org", "unknown 0: cname" },
	{ "cname-loop", HEAD "a CNAME b\nb CNAME a\n", "A", "a.example.org", "unknown 0: cname" },
	{ "cname-8", HEAD "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne CNAME f\nf CNAME g\ng CNAME h\nh CNAME i\ni A 192.0.2.1\n",
	  "A", "a.example.org", "found 3600: 192.0.2.1" },
	{ "cname-9", HEAD "a CNAME b\nb CNAME c\nc CNAME d\nd CNAME e\ne CNAME f\nf CNAME g\ng CNAME h\nh CNAME i\ni CNAME j\n"
	  "j A 192.0.2.1\n", "A", "a.example.org", "unknown 0: cname" },
	/* wildcards */
	{ "wildcard", HEAD "* A 192.0.2.1\n", "A", "any.example.org", "found 3600: 192.0.2.1" },
	{ "wildcard-deep", HEAD "* A 192.0.2.1\n", "A", "a.b.c.example.org", "found 3600: 192.0.2.1" },
	{ "wildcard-nodata", HEAD "* A 192.0.2.1\n", "MX", "any.example.org", "nothing 60: nodata" },
	{ "wildcard-not-where-a-name-is", HEAD "* A 192.0.2.1\nwww MX 0 .\n", "A", "www.example.org", "nothing 60: nodata" },
	{ "wildcard-not-below-a-name", HEAD "* A 192.0.2.1\nwww MX 0 .\n", "A", "a.www.example.org", "nothing 60: nxdomain" },
	{ "wildcard-not-between", HEAD "* A 192.0.2.1\na.b A 192.0.2.2\n", "A", "b.example.org", "nothing 60: nodata" },
	{ "wildcard-not-the-apex", HEAD "* A 192.0.2.1\n", "A", "example.org", "nothing 60: nodata" },
	{ "wildcard-cname", HEAD "* CNAME host\nhost A 192.0.2.1\n", "A", "any.example.org", "found 3600: 192.0.2.1" },
	{ "wildcard-text", HEAD "* TXT abc\n", "TXT", "any.example.org", "found 3600: abc" },
	{ "wildcard-itself", HEAD "* A 192.0.2.1\n", "A", "*.example.org", "found 3600: 192.0.2.1" },
};

static void
test_answer(gconstpointer data)
{
	const answer_case *row = data;
	mg_findings *findings = mg_findings_new();
	/* Its own octets, without a NUL behind them. */
	gsize length = strlen(row->text);
	g_autofree char *text = length > 0 ? g_memdup2(row->text, length) : g_strdup("");
	g_autoptr(mg_local_zone) zone = mg_local_zone_parse(text, length, "test.zone", findings);
	g_autofree char *described = NULL;

	g_assert_cmpuint(mg_findings_errors(findings), ==, 0);
	g_assert_nonnull(zone);
	described = describe(zone, row->type, row->asked);
	g_assert_cmpstr(described, ==, row->expected);
	mg_findings_free(findings);
}

typedef struct wrong_case {
	const char *name;
	const char *text;
	const char *expected;   /* the first finding, up to its rule */
} wrong_case;

static const wrong_case wrong_cases[] = {
	{ "relative-without-origin", "www A 192.0.2.1\n", "z:1: error: 'www' is relative, and there is no $ORIGIN" },
	{ "at-without-origin", "@ A 192.0.2.1\n", "z:1: error: '@' is relative, and there is no $ORIGIN" },
	{ "no-owner", " A 192.0.2.1\n", "z:1: error: a record without a name, and none before it" },
	{ "type", HEAD "www SRV 1 2 3 x\n", "z:3: error: 'SRV' is no type that can stand here" },
	{ "type-missing", HEAD "www 60\n", "z:3: error: type that can stand here" },
	{ "class", HEAD "www CH A 192.0.2.1\n", "z:3: error: 'CH' is no type" },
	{ "include", HEAD "$INCLUDE other\n", "z:3: error: '$INCLUDE' is no directive" },
	{ "generate", HEAD "$GENERATE 1-9 a A 192.0.2.1\n", "z:3: error: '$GENERATE' is no directive" },
	{ "address", HEAD "www A 192.0.2.256\n", "z:3: error: '192.0.2.256' is no IPv4 address" },
	{ "address-6-for-4", HEAD "www A 2001:db8::1\n", "z:3: error: '2001:db8::1' is no IPv4 address" },
	{ "address-4-for-6", HEAD "www AAAA 192.0.2.1\n", "z:3: error: '192.0.2.1' is no IPv6 address" },
	{ "address-missing", HEAD "www A\n", "z:3: error: IPv4 address is missing" },
	{ "more", HEAD "www A 192.0.2.1 192.0.2.2\n", "z:3: error: '192.0.2.2' is no part of the record" },
	{ "preference", HEAD "www MX 65536 a\n", "z:3: error: '65536' is no preference" },
	{ "preference-negative", HEAD "www MX -1 a\n", "z:3: error: '-1' is no preference" },
	{ "name-empty-label", HEAD "www CNAME a..b\n", "z:3: error: 'a..b' is no name" },
	{ "name-quoted", HEAD "www CNAME \"a\"\n", "z:3: error: 'a' is no name" },
	{ "quote-open", HEAD "www TXT \"abc\nb A 192.0.2.1\n", "z:3: error: a quoted string does not end on its line" },
	{ "parenthesis-open", HEAD "www TXT ( abc\n", "z:3: error: an opening parenthesis is never closed" },
	{ "parenthesis-close", HEAD "www TXT abc )\n", "z:3: error: a closing parenthesis without an opening one" },
	{ "escape", HEAD "www TXT \"\\256\"\n", "z:3: error: '\\x5c256' is no text" },
	{ "escape-short", HEAD "www TXT \"\\25\"\n", "z:3: error: '\\x5c25' is no text" },
	{ "ttl", "$TTL 1y\n", "z:1: error: '1y' is no time" },
	{ "ttl-too-large", "$TTL 2147483648\n", "z:1: error: '2147483648' is no time" },
	{ "ttl-too-large-in-weeks", "$TTL 9999999w\n", "z:1: error: '9999999w' is no time" },
	{ "soa-short", HEAD "@ SOA a b 1 2 3 4\n", "z:3: error: time is missing" },
	{ "soa-two", HEAD "@ SOA a b 1 2 3 4 5\n@ SOA a b 1 2 3 4 5\n", "z:4: error: a second SOA for one name" },
	{ "cname-and-other", HEAD "www CNAME a\nwww A 192.0.2.1\n", "z:3: error: 'www.example.org' has a CNAME and other records" },
	{ "cname-two", HEAD "www CNAME a\nwww CNAME b\n", "z:3: error: 'www.example.org' has more than one CNAME" },
	{ "line-behind-parentheses", HEAD "@ TXT (\na\n\nb )\n\nwww A x\n", "z:8: error: 'x' is no IPv4 address" },
	{ "control-octets", HEAD "www A \001\n", "z:3: error: '\\x01' is no IPv4 address" },
};

static void
test_wrong(gconstpointer data)
{
	const wrong_case *row = data;
	mg_findings *findings = mg_findings_new();
	g_autofree char *text = g_memdup2(row->text, strlen(row->text));
	g_autofree char *line = NULL;

	g_assert_null(mg_local_zone_parse(text, strlen(row->text), "z", findings));
	g_assert_cmpuint(mg_findings_errors(findings), >=, 1);
	line = mg_finding_format(mg_findings_get(findings, 0));
	if (!g_str_has_prefix(line, row->expected))
		g_assert_cmpstr(line, ==, row->expected);
	mg_findings_free(findings);
}

/* All errors of a file are told, up to fifty. */
static void
test_all_errors(void)
{
	static const char text[] = HEAD "a A x\nb A y\nc A 192.0.2.1\nd A z\n";
	g_autoptr(GString) many = g_string_new(HEAD);
	mg_findings *findings = mg_findings_new();

	g_assert_null(mg_local_zone_parse(text, strlen(text), "z", findings));
	g_assert_cmpuint(mg_findings_errors(findings), ==, 3);
	g_assert_cmpuint(mg_findings_get(findings, 2)->line, ==, 6);
	mg_findings_free(findings);
	findings = mg_findings_new();
	for (guint i = 0; i < 1000; i++)
		g_string_append(many, "a A x\n");
	g_assert_null(mg_local_zone_parse(many->str, many->len, "z", findings));
	g_assert_cmpuint(mg_findings_errors(findings), ==, 50);
	mg_findings_free(findings);
}

static void
test_alias_outside_warns(void)
{
	static const char text[] = HEAD "www CNAME www.example.net.\n";
	mg_findings *findings = mg_findings_new();
	mg_local_zone *zone = mg_local_zone_parse(text, strlen(text), "z", findings);

	g_assert_nonnull(zone);
	g_assert_cmpuint(mg_findings_count(findings), ==, 1);
	g_assert_cmpstr(mg_findings_get(findings, 0)->rule, ==, "local-zone-cname");
	mg_local_zone_free(zone);
	mg_findings_free(findings);
}

typedef struct bound_case {
	const char *name;
	guint       n_records;   /* of TXT at one name */
	guint       n_strings;   /* of each */
	guint       length;      /* of each */
	gboolean    is_fine;
} bound_case;

static const bound_case bound_cases[] = {
	{ "string-255", 1, 1, 255, TRUE },
	{ "string-256", 1, 1, 256, FALSE },
	{ "text-16384", 1, 64, 255, TRUE },
	{ "text-more", 1, 65, 255, FALSE },
	{ "texts-64-kib", 4, 64, 255, TRUE },
	{ "texts-more", 5, 64, 255, FALSE },
	{ "records-100", 100, 1, 1, TRUE },
	{ "records-101", 101, 1, 1, FALSE },
	{ "words", 1, 1000, 1, TRUE },
	{ "too-many-words", 1, 1100, 1, FALSE },
};

static void
test_bound(gconstpointer data)
{
	const bound_case *row = data;
	g_autoptr(GString) text = g_string_new(HEAD);
	g_autofree char *string = test_repeat('x', row->length);
	mg_findings *findings = mg_findings_new();
	mg_local_zone *zone;

	for (guint i = 0; i < row->n_records; i++) {
		g_string_append(text, "@ TXT");
		for (guint k = 0; k < row->n_strings; k++)
			g_string_append_printf(text, " %s", string);
		g_string_append_c(text, '\n');
	}
	zone = mg_local_zone_parse(text->str, text->len, "z", findings);
	g_assert_true((zone != NULL) == row->is_fine);
	g_assert_true((mg_findings_errors(findings) == 0) == row->is_fine);
	if (zone != NULL)
		g_assert_cmpuint(mg_local_zone_count(zone), ==, row->n_records);
	mg_local_zone_free(zone);
	mg_findings_free(findings);
}

static void
test_longest_name(void)
{
	for (guint more = 0; more <= 1; more++) {
		g_autofree char *name = test_domain_of(253 + more);
		g_autofree char *text = g_strdup_printf("%s. 60 A 192.0.2.1\n", name);
		mg_findings *findings = mg_findings_new();
		mg_local_zone *zone = mg_local_zone_parse(text, strlen(text), "z", findings);

		g_assert_true((zone == NULL) == more);
		mg_local_zone_free(zone);
		mg_findings_free(findings);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/dns-zone/answer", answer_cases, test_answer);
	TEST_ROWS("/dns-zone/wrong", wrong_cases, test_wrong);
	TEST_ROWS("/dns-zone/bound", bound_cases, test_bound);
	g_test_add_func("/dns-zone/all-errors", test_all_errors);
	g_test_add_func("/dns-zone/alias-outside-warns", test_alias_outside_warns);
	g_test_add_func("/dns-zone/longest-name", test_longest_name);
	return g_test_run();
}
