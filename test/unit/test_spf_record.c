/* test_spf_record.c - SPF records: which octets are one, what they compile to, what is wrong with others. */
#include "spf/record.h"

#include "spf/breadth.h"
#include "support.h"

/* ---- the grammar (RFC 7208 12) ---- */

typedef struct grammar_case {
	const char *name;
	const char *text;
	gsize       length;
	const char *fault;   /* a part of it; NULL: none */
	const char *terms;   /* as written back by terms_text(); NULL: not looked at */
} grammar_case;

#define GOOD(name, text, terms) { name, text, sizeof(text) - 1, NULL, terms }
#define BAD(name, text, fault)  { name, text, sizeof(text) - 1, fault, NULL }

static const grammar_case grammar_cases[] = {
	/* what ends a domain and what begins a prefix length */
	GOOD("slash-in-domain", "v=spf1 a:a/24.example.org/24", "+a:a/24.example.org/24//128"),
	GOOD("slash-and-colon-in-domain", "v=spf1 mx:a:b/0.example.org", "+mx:a:b/0.example.org/32//128"),
	GOOD("slash-in-macro", "v=spf1 a:%{l/}.example.org//0", "+a:%{l/}.example.org/32//0"),
	GOOD("macro-then-prefix", "v=spf1 a:%{d}/24//64", "+a:%{d}/24//64"),
	GOOD("macro-percent-ends", "v=spf1 a:x%%/24", "+a:x%%/24//128"),
	GOOD("macro-space-ends", "v=spf1 exists:x%_", "+exists:x%_"),
	GOOD("macro-url-space-ends", "v=spf1 exists:x%-", "+exists:x%-"),
	BAD("letters-behind-macro", "v=spf1 a:%{d}com", "top label"),
	BAD("letters-behind-percent", "v=spf1 a:a.example%%org", "top label"),
	BAD("dot-behind-macro", "v=spf1 a:%{d}.", "top label"),
	BAD("slash-behind-macro", "v=spf1 a:%{d}/", "top label"),
	GOOD("dot-first", "v=spf1 a:.example", "+a:.example/32//128"),
	GOOD("dots-inside", "v=spf1 a:a..example", "+a:a..example/32//128"),
	GOOD("dot-last", "v=spf1 a:a.example.", "+a:a.example./32//128"),
	BAD("dots-last", "v=spf1 a:a.example..", "top label"),
	BAD("dot-alone", "v=spf1 a:.", "top label"),
	BAD("single-label", "v=spf1 a:example", "top label"),
	BAD("single-label-dot", "v=spf1 a:example.", "top label"),
	BAD("top-label-digits", "v=spf1 a:a.123", "top label"),
	GOOD("top-label-digits-and-hyphen", "v=spf1 a:a.1-2", "+a:a.1-2/32//128"),
	GOOD("top-label-letter-among-digits", "v=spf1 a:a.1b2", "+a:a.1b2/32//128"),
	BAD("top-label-hyphen-first", "v=spf1 a:a.-b", "top label"),
	BAD("top-label-hyphen-last", "v=spf1 a:a.b-", "top label"),
	BAD("top-label-underscore", "v=spf1 a:a.b_c", "top label"),
	BAD("port", "v=spf1 a:a.example:25", "top label"),
	BAD("address", "v=spf1 a:192.0.2.1", "top label"),
	BAD("comma", "v=spf1 a:a.example,", "top label"),
	BAD("empty-domain", "v=spf1 a:", "domain is empty"),
	BAD("empty-domain-and-prefix", "v=spf1 a:/24", "domain is empty"),

	GOOD("prefix4", "v=spf1 a/0", "+a/0//128"),
	GOOD("prefix6", "v=spf1 mx//0", "+mx/32//0"),
	BAD("prefix4-33", "v=spf1 a/33", "over 32"),
	BAD("prefix4-999999999999", "v=spf1 a/999999999999", "over 32"),
	BAD("prefix6-129", "v=spf1 a//129", "over 128"),
	BAD("prefix4-zero-first", "v=spf1 a/024", "leading zero"),
	BAD("prefix6-zero-first", "v=spf1 a//00", "leading zero"),
	BAD("prefix-empty", "v=spf1 a/", "no such argument"),
	BAD("prefix6-empty", "v=spf1 a//", "no such argument"),
	BAD("prefix6-then-4", "v=spf1 a//64/24", "no such argument"),
	BAD("prefix4-twice", "v=spf1 a/24/24", "no such argument"),
	BAD("prefix-three-slashes", "v=spf1 a///64", "no such argument"),
	BAD("prefix-negative", "v=spf1 a/-1", "no such argument"),
	BAD("prefix-of-ptr", "v=spf1 ptr/24", "no such argument"),
	BAD("prefix-of-ptr-domain", "v=spf1 ptr:a.example/24", "top label"),
	BAD("prefix-of-include", "v=spf1 include:a.example/24", "top label"),
	BAD("prefix-of-exists", "v=spf1 exists:a.example/24", "top label"),
	BAD("prefix-of-all", "v=spf1 all/24", "no such argument"),

	GOOD("ip4", "v=spf1 ip4:192.0.2.1", "+ip4:192.0.2.1"),
	GOOD("ip4-host-bits", "v=spf1 ip4:192.0.2.255/24", "+ip4:192.0.2.0/24"),
	GOOD("ip4-0", "v=spf1 ip4:192.0.2.255/0", "+ip4:0.0.0.0/0"),
	GOOD("ip6", "v=spf1 ip6:2001:DB8::1", "+ip6:2001:db8::1"),
	GOOD("ip6-host-bits", "v=spf1 ip6:2001:db8::1/32", "+ip6:2001:db8::/32"),
	GOOD("ip6-0", "v=spf1 ip6:2001:db8::/0", "+ip6:::/0"),
	GOOD("ip6-with-ipv4-end", "v=spf1 ip6:::192.0.2.1/128", "+ip6:::192.0.2.1"),
	BAD("ip4-nothing", "v=spf1 ip4", "network is missing"),
	BAD("ip4-empty", "v=spf1 ip4:", "not an IPv4 address"),
	BAD("ip4-prefix-alone", "v=spf1 ip4/24", "network is missing"),
	BAD("ip4-33", "v=spf1 ip4:192.0.2.1/33", "over 32"),
	BAD("ip4-dual", "v=spf1 ip4:192.0.2.1//32", "not an IPv4 address"),
	BAD("ip4-short", "v=spf1 ip4:192.0.2", "not an IPv4 address"),
	BAD("ip4-zero-first", "v=spf1 ip4:192.0.2.01", "not an IPv4 address"),
	BAD("ip4-hex", "v=spf1 ip4:0xc0000201", "not an IPv4 address"),
	BAD("ip4-is-ipv6", "v=spf1 ip4:::ffff:192.0.2.1", "not an IPv4 address"),
	BAD("ip4-macro", "v=spf1 ip4:%{i}", "not an IPv4 address"),
	BAD("ip4-long", "v=spf1 ip4:192.0.2.1111111111111111111111111111111111111111111111", "not an IPv4 address"),
	BAD("ip6-is-ipv4", "v=spf1 ip6:192.0.2.1", "not an IPv6 address"),
	BAD("ip6-129", "v=spf1 ip6:2001:db8::1/129", "over 128"),
	BAD("ip6-two-gaps", "v=spf1 ip6:2001::db8::1", "not an IPv6 address"),
	BAD("ip6-zone", "v=spf1 ip6:fe80::1%%lo", "not an IPv6 address"),

	GOOD("qualifiers", "v=spf1 +a -mx ~ptr ?all", "+a/32//128 -mx/32//128 ~ptr ?all"),
	BAD("qualifier-alone", "v=spf1 +", "no such mechanism"),
	BAD("qualifier-twice", "v=spf1 -+all", "no such mechanism"),
	BAD("qualifier-of-modifier", "v=spf1 -x=y", "no such mechanism"),
	BAD("all-dot", "v=spf1 -all.", "no such mechanism"),
	BAD("all-domain", "v=spf1 all:a.example", "no such argument"),
	GOOD("behind-all", "v=spf1 -all a mx", "-all"),
	BAD("fault-behind-all", "v=spf1 -all moo", "no such mechanism"),
	BAD("include-nothing", "v=spf1 include", "domain is missing"),
	BAD("exists-nothing", "v=spf1 exists", "domain is missing"),
	BAD("redirect-as-mechanism", "v=spf1 redirect:a.example", "no such mechanism"),
	BAD("name-empty", "v=spf1 =x", "no such mechanism"),
	BAD("name-digit-first", "v=spf1 1x=y", "no such mechanism"),
	BAD("colon-before-equals", "v=spf1 x:y=z", "no such mechanism"),
	BAD("slash-before-equals", "v=spf1 x/y=z", "no such mechanism"),
	GOOD("unknown-modifiers", "v=spf1 x= a-b_c.d=e:f/g%{d} a=b ip4=c -all", "-all"),
	GOOD("unknown-modifier-twice", "v=spf1 x=1 x=2 -all", "-all"),
	BAD("unknown-modifier-macro", "v=spf1 x=%{x}", "no such macro letter"),
	BAD("redirect-twice", "v=spf1 redirect=a.example REDIRECT=b.example", "given twice"),
	BAD("exp-twice", "v=spf1 exp=a.example exp=a.example", "given twice"),
	BAD("redirect-empty", "v=spf1 redirect=", "domain is empty"),
	BAD("exp-empty", "v=spf1 exp=", "domain is empty"),
	BAD("exp-single-label", "v=spf1 exp=a", "top label"),
	GOOD("modifiers-anywhere", "v=spf1 redirect=a.example mx exp=b.example a", "+mx/32//128 +a/32//128"),

	GOOD("nothing", "v=spf1", ""),
	GOOD("spaces", "v=spf1    ", ""),
	GOOD("any-case", "V=SpF1 +A:A.EXAMPLE Ip4:192.0.2.1 iNCLUDE:B.example", "+a:A.EXAMPLE/32//128 +ip4:192.0.2.1 +include:B.example"),
	BAD("version", "v=spf10", "v=spf1"),
	BAD("space-first", " v=spf1", "v=spf1"),
	BAD("tab", "v=spf1 a\tmx", "printable ASCII"),
	BAD("nul", "v=spf1 a\0", "printable ASCII"),
	BAD("nul-behind-fault", "v=spf1 moo \0", "printable ASCII"),
	BAD("del", "v=spf1 a:\x7f.example", "printable ASCII"),
	BAD("8-bit", "v=spf1 a:\xc3\xbc.example", "printable ASCII"),
};

/* What was compiled, written back. */
static char *
terms_text(const mg_spf_record *record)
{
	static const char *const names[] = { "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists" };
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < record->n_terms; i++) {
		const mg_spf_term *term = &record->terms[i];
		const char *qualifier = term->result == MG_SPF_PASS ? "+" : term->result == MG_SPF_FAIL ? "-"
		                        : term->result == MG_SPF_SOFTFAIL ? "~" : "?";

		g_string_append_printf(text, "%s%s%s", i > 0 ? " " : "", qualifier, names[term->mechanism]);
		if (term->mechanism == MG_SPF_IP4 || term->mechanism == MG_SPF_IP6) {
			mg_network network = { term->base, term->prefix4 };
			char network_text[MG_NETWORK_TEXT_MAX];

			mg_network_format(&network, network_text);
			g_string_append_printf(text, ":%s", network_text);
			continue;
		}
		if (term->spec.is_given) {
			g_string_append_c(text, ':');
			for (guint k = 0; k < term->spec.n_pieces; k++) {
				const mg_spf_piece *piece = &record->pieces[term->spec.first_piece + k];

				if (piece->letter == 0 && record->text[piece->offset] == '%')
					g_string_append(text, "%%");
				else if (piece->letter == 0)
					g_string_append_len(text, record->text + piece->offset, piece->length);
				else if (piece->letter == '_' || piece->letter == '-')
					g_string_append_printf(text, "%%%c", piece->letter);
				else
					g_string_append_printf(text, "%%{%c%s}", piece->letter, piece->delimiters != 0 ? "/" : "");
			}
		}
		if (term->mechanism == MG_SPF_A || term->mechanism == MG_SPF_MX)
			g_string_append_printf(text, "/%u//%u", term->prefix4 - MG_IPV4_PREFIX, term->prefix6);
	}
	return g_string_free(text, FALSE);
}

static void
test_grammar(gconstpointer data)
{
	const grammar_case *row = data;
	/* A copy without a NUL behind it: a look past the end is seen. */
	g_autofree char *text = g_memdup2(row->text, row->length);
	g_autoptr(mg_spf_record) record = mg_spf_record_parse(text, row->length);
	g_autofree char *terms = NULL;

	if (row->fault != NULL) {
		g_assert_nonnull(record->fault);
		if (strstr(record->fault, row->fault) == NULL)
			g_assert_cmpstr(record->fault, ==, row->fault);
		return;
	}
	g_assert_cmpstr(record->fault, ==, NULL);
	terms = terms_text(record);
	g_assert_cmpstr(terms, ==, row->terms);
}

/* ---- where a fault is ---- */

static void
test_fault_place(void)
{
	static const char text[] = "v=spf1 a  moo:x -all";
	g_autoptr(mg_spf_record) record = mg_spf_record_parse(text, strlen(text));

	g_assert_cmpuint(record->fault_offset, ==, 10);
	g_assert_cmpuint(record->fault_length, ==, 5);
	g_assert_cmpstr(record->text, ==, text);
}

/* ---- sizes ---- */

typedef struct size_case {
	const char *name;
	const char *term;      /* repeated */
	guint       n;
	const char *end;
	gboolean    is_good;
	guint       n_terms;
} size_case;

static const size_case size_cases[] = {
	{ "terms-512", " a", 511, " -all", TRUE, 512 },
	{ "terms-513", " a", 512, " -all", FALSE, 0 },
	{ "terms-513-behind-all", " x=", 513, "", FALSE, 0 },
	{ "spaces-65535", " ", 65529, "", TRUE, 0 },
	{ "spaces-65536", " ", 65530, "", FALSE, 0 },
	{ "domain-65000", "", 0, NULL, TRUE, 1 },   /* made in the test */
};

static void
test_size(gconstpointer data)
{
	const size_case *row = data;
	g_autoptr(GString) text = g_string_new("v=spf1");
	g_autoptr(mg_spf_record) record = NULL;

	for (guint i = 0; i < row->n; i++)
		g_string_append(text, row->term);
	if (row->end != NULL) {
		g_string_append(text, row->end);
	} else {
		g_autofree char *label = test_repeat('a', 65000);

		g_string_append_printf(text, " a:%s.example", label);
	}
	record = mg_spf_record_parse(text->str, text->len);
	g_assert_cmpint(record->fault == NULL, ==, row->is_good);
	if (row->is_good)
		g_assert_cmpuint(record->n_terms, ==, row->n_terms);
	g_assert_cmpuint(record->size, <, 512 * sizeof(mg_spf_term) + 8 * text->len + 4096);
}

/* ---- which record it is (RFC 7208 4.5) ---- */

typedef struct choice_case {
	const char *name;
	const char *texts[4];
	guint       n;          /* SPF records among them */
	const char *chosen;
} choice_case;

static const choice_case choice_cases[] = {
	{ "one", { "v=spf1 -all" }, 1, "v=spf1 -all" },
	{ "among-others", { "x", "v=spf1 -all", "v=spf10", "" }, 1, "v=spf1 -all" },
	{ "two", { "v=spf1 -all", "V=SPF1" }, 2, NULL },
	{ "two-alike", { "v=spf1", "v=spf1" }, 2, NULL },
	{ "none", { "v=spf1\t-all", "v=spf2", " v=spf1", "v=spf" }, 0, NULL },
	{ "faulty", { "v=spf1 moo" }, 1, "v=spf1 moo" },
};

static mg_dns_answer *
answer_of(const char *const *texts, guint n)
{
	mg_dns_question question = { .type = MG_DNS_TXT };
	mg_dns_answer *answer;

	g_assert_true(mg_dns_name_from_text("example.org", 11, &question.name));
	answer = mg_dns_answer_new(&question, MG_DNS_FOUND, "", n);
	for (guint i = 0; i < n; i++) {
		answer->records[i].text = g_strdup(texts[i]);
		answer->records[i].length = strlen(texts[i]);
	}
	return answer;
}

static void
test_choice(gconstpointer data)
{
	const choice_case *row = data;
	g_autoptr(mg_dns_answer) answer = NULL;
	const mg_spf_record *record;
	guint n_texts = 0, n;

	while (n_texts < G_N_ELEMENTS(row->texts) && row->texts[n_texts] != NULL)
		n_texts++;
	answer = answer_of(row->texts, n_texts);
	g_assert_cmpuint(answer->compiled_size, ==, 0);
	record = mg_spf_record_of(answer, &n);
	g_assert_cmpuint(n, ==, row->n);
	g_assert_cmpstr(record != NULL ? record->text : NULL, ==, row->chosen);
	g_assert_true(mg_spf_record_of(answer, &n) == record);   /* compiled once */
	g_assert_cmpuint(answer->compiled_size, >, 0);
}

/* Something else that was left with the answer makes room. */
static void
test_choice_takes_over(void)
{
	static const char *const texts[] = { "v=spf1 -all" };
	g_autoptr(mg_dns_answer) answer = answer_of(texts, 1);
	guint n;

	answer->compiled = g_strdup("another's");
	answer->compiled_free = g_free;
	g_assert_cmpuint(answer->compiled_size, ==, 0);
	g_assert_nonnull(mg_spf_record_of(answer, &n));
}

/* Of the network's answers, what SPF makes of them is in what the cache weighs. */
static void
test_compiled_beforehand(void)
{
	static const char *const texts[] = { "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all" };
	g_autoptr(mg_dns_answer) answer = answer_of(texts, 1);
	mg_dns_question address = { .type = MG_DNS_A };
	g_autoptr(mg_dns_answer) other = mg_dns_answer_new(&address, MG_DNS_FOUND, "", 1);
	gsize before = mg_dns_answer_size(answer);

	mg_spf_record_compile(answer);
	g_assert_cmpuint(mg_dns_answer_size(answer), >=, before + sizeof(mg_spf_record) + 3 * sizeof(mg_spf_term));
	mg_spf_record_compile(other);
	g_assert_null(other->compiled);
}

/* ---- breadth ---- */

typedef struct breadth_case {
	const char *name;
	const char *text;
	int         log2_4, log2_6;
} breadth_case;

static const breadth_case breadth_cases[] = {
	{ "none", "v=spf1 -all", -1, -1 },
	{ "all", "v=spf1 all", 32, 64 },
	{ "ip4-32", "v=spf1 ip4:192.0.2.1", 0, -1 },
	{ "ip4-0-twice", "v=spf1 ip4:192.0.2.1/0 ip4:192.0.2.1/0", 32, -1 },
	{ "ip4-sum", "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24", 9, -1 },
	{ "ip4-sum-up", "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.1", 9, -1 },
	{ "ip6-128", "v=spf1 ip6:2001:db8::1", -1, 0 },
	{ "ip6-64", "v=spf1 ip6:2001:db8::/64", -1, 0 },
	{ "ip6-63", "v=spf1 ip6:2001:db8::/63", -1, 1 },
	{ "ip6-1", "v=spf1 ip6:2001:db8::/1", -1, 63 },
	{ "ip6-0", "v=spf1 ip6:2001:db8::/0", -1, 64 },
	{ "ip6-1-twice", "v=spf1 ip6:::/1 ip6:8000::/1", -1, 64 },
	{ "qualifiers", "v=spf1 -ip4:192.0.2.0/24 ~ip4:192.0.2.0/24 ?ip6:2001:db8::/32 -all", -1, -1 },
	{ "behind-all", "v=spf1 -all ip4:192.0.2.0/24", -1, -1 },
};

static void
test_breadth(gconstpointer data)
{
	const breadth_case *row = data;
	g_autoptr(mg_spf_record) record = mg_spf_record_parse(row->text, strlen(row->text));

	g_assert_cmpint(mg_spf_breadth_log2(TRUE, record->width4), ==, row->log2_4);
	g_assert_cmpint(mg_spf_breadth_log2(FALSE, record->width6), ==, row->log2_6);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/spf-record/grammar", grammar_cases, test_grammar);
	g_test_add_func("/spf-record/fault-place", test_fault_place);
	TEST_ROWS("/spf-record/size", size_cases, test_size);
	TEST_ROWS("/spf-record/choice", choice_cases, test_choice);
	g_test_add_func("/spf-record/choice-takes-over", test_choice_takes_over);
	g_test_add_func("/spf-record/compiled-beforehand", test_compiled_beforehand);
	TEST_ROWS("/spf-record/breadth", breadth_cases, test_breadth);
	return g_test_run();
}
