/* test_penalty_box.c - whose SPF records cost too much too often, and who else must not suffer from it. */
#include "check/penalty_box.h"

#include "support.h"

#define MINUTE_US (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)

typedef struct burn_case {
	const char *name;
	const char *burns;      /* words "second*times:domain" */
	const char *told;       /* for each word, how often it was one too many */
	const char *looks;      /* words "second:domain", afterwards */
	const char *held;       /* for each 'H' if it is in the box, else '.' */
} burn_case;

static const burn_case burn_cases[] = {
	{ "nothing", "0*0:d.example", "0", "0:d.example 0:", ".." },
	{ "nine", "0*9:d.example", "0", "0:d.example 59:d.example", ".." },
	{ "ten", "0*10:d.example", "1", "0:d.example 59:d.example 60:d.example 61:d.example", "HH.." },
	{ "ten-told-once", "0*10:d.example 0*90:d.example", "10", "59:d.example 60:d.example", "H." },
	{ "ten-by-and-by", "0*1:d.example 9*8:d.example 50*1:d.example", "001",
	  "50:d.example 109:d.example 110:d.example", "HH." },
	{ "last-of-the-minute", "7*9:d.example 67*1:d.example", "01", "67:d.example", "H" },
	{ "last-behind-the-minute", "7*9:d.example 68*1:d.example", "00", "68:d.example", "." },
	{ "one-each-seven-seconds",
	  "0*1:d.example 7*1:d.example 14*1:d.example 21*1:d.example 28*1:d.example 35*1:d.example "
	  "42*1:d.example 49*1:d.example 56*1:d.example 63*1:d.example", "0000000000", "63:d.example", "." },
	{ "minute-begins-anew", "0*9:d.example 61*9:d.example 62*1:d.example", "001", "62:d.example", "H" },
	{ "burns-inside-do-not-lengthen-it", "0*10:d.example 30*10:d.example", "10", "59:d.example 60:d.example",
	  "H." },
	{ "next-minute-begins-inside", "0*1:d.example 59*9:d.example 61*1:d.example", "010",
	  "61:d.example 118:d.example 119:d.example", "HH." },
	{ "out-and-in-again", "0*10:d.example 61*10:d.example", "11", "61:d.example 120:d.example 121:d.example",
	  "HH." },
	{ "out-and-nine", "0*10:d.example 61*9:d.example", "10", "61:d.example", "." },

	{ "two-organisations", "0*9:one.example 0*9:two.example", "00", "0:one.example 0:two.example", ".." },
	{ "two-organisations-in-turn", "0*5:one.example 0*5:two.example 0*4:one.example 0*4:two.example", "0000",
	  "0:one.example 0:two.example", ".." },
	{ "only-the-one", "0*10:one.example 0*9:two.example", "10", "0:one.example 0:two.example", "H." },
	{ "one-after-another", "0*10:one.example 30*10:two.example", "11",
	  "30:one.example 59:one.example 60:one.example 60:two.example 89:two.example 90:two.example", "HH.HH." },
	{ "first-of-two-leaves-the-second", "30*10:one.example 30*10:two.example", "11",
	  "89:one.example 89:two.example", "HH" },

	{ "subdomains", "0*5:a.d.example 0*5:b.d.example", "01", "0:d.example 0:c.d.example 0:a.b.c.d.example", "HHH" },
	{ "subdomains-under-two-labels", "0*5:a.example.co.uk 0*5:b.example.co.uk", "01",
	  "0:c.example.co.uk 0:example.co.uk 0:other.co.uk 0:co.uk 0:uk", "HH..." },
	{ "neighbours-under-two-labels", "0*9:example.co.uk 0*9:other.co.uk", "00", "0:example.co.uk", "." },
	{ "no-label-in-common", "0*10:d.example", "1", "0:xd.example 0:example 0:d.example.example", "..." },
	{ "case", "0*5:D.Example 0*4:d.eXAMPLE 0*1:A.D.EXAMPLE", "001", "0:D.EXAMPLE 0:d.example", "HH" },
	{ "u-label", "0*5:b\xc3\xbc" "cher.example 0*5:mx.xn--bcher-kva.example", "01",
	  "0:xn--bcher-kva.example 0:bucher.example", "H." },

	{ "dot-at-the-end", "0*5:a.d.example. 0*5:b.d.example.", "01", "0:d.example 0:d.example. 0:example", "HH." },
	{ "odd-labels",
	  "0*2:+.d.example 0*2:a!b.d.example 0*2:-mx.d.example 0*2:\xff.d.example 0*2:x.[1].d.example.", "00001",
	  "0:d.example 0:?.d.example 0:example 0:e.example", "HH.." },
	{ "odd-label-under-a-public-suffix", "0*10:+.co.uk", "1", "0:+.CO.UK 0:co.uk 0:-.co.uk 0:d.co.uk", "H..." },

	{ "empty", "0*10:", "1", "0: 0:d.example 0:example", "H.." },
	{ "dot", "0*10:.", "1", "0:. 0: 0:d.example", "H.." },
	{ "dots", "0*10:..", "1", "0:.. 0:... 0:d.example", "H.." },
	{ "8-bit", "0*10:\xff\xfe", "1", "0:\xff\xfe 0:\xff 0:d.example", "H.." },
	{ "8-bit-organisation", "0*10:\xff.example", "1", "0:\xff.example 0:\xfe.example 0:example 0:d.example",
	  "H..." },
	{ "literal", "0*10:[192.0.2.1]", "1", "0:[192.0.2.1] 0:[192.0.2.2] 0:192.0.2.1 0:[198.51.2.1]", "H..." },
	{ "literal-ipv6", "0*10:[IPv6:2001:db8::1]", "1", "0:[ipv6:2001:DB8::1] 0:[IPv6:2001:db8::2]", "H." },
	{ "address", "0*10:192.0.2.1", "1", "0:192.0.2.1 0:198.51.2.1 0:2.1", "H.." },
};

/* "second[*times]:domain"; cuts @word and gives its parts. */
static const char *
word_parts(char *word, gint64 *now_us_out, guint64 *times_out)
{
	char *colon = strchr(word, ':'), *star;

	*colon = 0;
	star = strchr(word, '*');
	*now_us_out = g_ascii_strtoll(word, NULL, 10) * G_USEC_PER_SEC;
	*times_out = star != NULL ? g_ascii_strtoull(star + 1, NULL, 10) : 1;
	return colon + 1;
}

static void
test_burn(gconstpointer data)
{
	const burn_case *row = data;
	g_auto(GStrv) burns = g_strsplit(row->burns, " ", -1);
	g_auto(GStrv) looks = g_strsplit(row->looks, " ", -1);
	mg_penalty_box *box = mg_penalty_box_new();
	g_autoptr(GString) told = g_string_new(NULL), held = g_string_new(NULL);
	gint64 now_us;
	guint64 times;

	for (guint i = 0; burns[i] != NULL; i++) {
		const char *domain = word_parts(burns[i], &now_us, &times);
		guint n_told = 0;

		while (times-- > 0)
			n_told += mg_penalty_box_note(box, domain, now_us) ? 1 : 0;
		g_string_append_printf(told, "%u", n_told);
	}
	for (guint i = 0; looks[i] != NULL; i++) {
		const char *domain = word_parts(looks[i], &now_us, &times);

		g_string_append_c(held, mg_penalty_box_holds(box, domain, now_us) ? 'H' : '.');
	}
	g_assert_cmpstr(told->str, ==, row->told);
	g_assert_cmpstr(held->str, ==, row->held);
	mg_penalty_box_free(box);
}

/* Both minutes at their ends, to the microsecond. */
static void
test_ends(void)
{
	for (gint64 beyond = 0; beyond < 2; beyond++) {
		mg_penalty_box *box = mg_penalty_box_new();
		gint64 tenth_us = 1000 + MINUTE_US + beyond;

		for (guint i = 0; i < 9; i++)
			g_assert_false(mg_penalty_box_note(box, "d.example", 1000));
		g_assert_cmpint(mg_penalty_box_note(box, "d.example", tenth_us), ==, beyond == 0);
		g_assert_cmpint(mg_penalty_box_holds(box, "d.example", tenth_us), ==, beyond == 0);
		g_assert_cmpint(mg_penalty_box_holds(box, "d.example", tenth_us + MINUTE_US - 1), ==, beyond == 0);
		g_assert_false(mg_penalty_box_holds(box, "d.example", tenth_us + MINUTE_US));
		mg_penalty_box_free(box);
	}
	mg_penalty_box_free(NULL);
}

/* Longer than any Domain, in one label and in many: in the box by itself, and nobody with it. */
static void
test_long(void)
{
	g_autofree char *label = test_repeat('d', 1000);
	g_autofree char *labels = test_domain_of(1000);
	g_autofree char *dots = test_repeat('.', 1000);
	g_autofree char *octets = test_repeat('\xc3', 1000);
	const char *const domains[] = { label, labels, dots, octets };

	for (guint i = 0; i < G_N_ELEMENTS(domains); i++) {
		mg_penalty_box *box = mg_penalty_box_new();

		for (guint k = 0; k < 10; k++)
			g_assert_cmpint(mg_penalty_box_note(box, domains[i], 1), ==, k == 9);
		for (guint k = 0; k < G_N_ELEMENTS(domains); k++)
			g_assert_cmpint(mg_penalty_box_holds(box, domains[k], 1), ==, k == i);
		g_assert_false(mg_penalty_box_holds(box, "d.example", 1));
		mg_penalty_box_free(box);
	}
}

/* Ten thousand organisations that each burn nine times while another is in the box do not follow it there. */
static void
test_crowd(void)
{
	mg_penalty_box *box = mg_penalty_box_new();
	guint n_told = 0, n_held = 0;

	for (guint i = 0; i < 10; i++)
		n_told += mg_penalty_box_note(box, "d.example", 1) ? 1 : 0;
	g_assert_cmpuint(n_told, ==, 1);
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *domain = g_strdup_printf("n%u.example", i);

		for (guint k = 0; k < 9; k++)
			n_told += mg_penalty_box_note(box, domain, 2) ? 1 : 0;
		n_held += mg_penalty_box_holds(box, domain, 2) ? 1 : 0;
	}
	g_assert_cmpuint(n_told, ==, 1);
	g_assert_cmpuint(n_held, ==, 0);
	mg_penalty_box_free(box);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/penalty-box/burn", burn_cases, test_burn);
	g_test_add_func("/penalty-box/ends", test_ends);
	g_test_add_func("/penalty-box/long", test_long);
	g_test_add_func("/penalty-box/crowd", test_crowd);
	return g_test_run();
}
