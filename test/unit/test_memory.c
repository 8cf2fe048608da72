/* test_memory.c - what probes are worth later, to the second; who makes room for whom; what is forgotten and saved. */
#include "verify/memory.h"

#include "recipients.h"
#include "support.h"

/* ---- one recipient ---- */

typedef struct life_case {
	const char *name;
	const char *probes;     /* words "seconds:class"; "seconds?" asks what is known */
	const char *expected;   /* for each question */
} life_case;

static const life_case life_cases[] = {
	{ "nothing", "0?", "-" },
	{ "valid", "0:valid 0? 1? 28000?", "valid+ valid+ valid+" },
	{ "valid-fresh-and-stale", "0:valid 36000? 43199? 43200? 604799? 604800?",
	  "valid.refresh+ valid.refresh+ valid.stale+ valid.stale+ -" },
	{ "size-is-valid", "0:size 0? 43200?", "valid+ valid.stale+" },
	{ "valid-renewed", "0:valid 604799:valid 604800? 1209598? 1209599?", "valid+ valid.stale+ -" },
	{ "before-it-was", "100:valid 50? 100:unknown 50?", "valid+ doubt" },

	{ "unknown", "0:unknown 0? 599? 600?", "unknown unknown -" },
	{ "moved", "0:moved 599? 600?", "unknown -" },
	{ "suspect", "0:suspect 599? 600?", "unknown -" },
	{ "unknown-confirmed", "0:unknown 600:unknown 2399? 2400?", "unknown -" },
	{ "unknown-confirmed-twice", "0:unknown 600:unknown 2400:unknown 7799? 7800?", "unknown -" },
	{ "unknown-confirmed-thrice", "0:unknown 600:unknown 2400:unknown 7800:unknown 18599? 18600?", "unknown -" },
	{ "unknown-no-longer-than-that", "0:unknown 600:unknown 2400:unknown 7800:unknown 18600:unknown 29399? 29400?", "unknown -" },
	{ "unknown-confirmed-by-another-word", "0:unknown 600:moved 2399? 2400?", "unknown -" },
	{ "at-once-is-no-confirmation", "0:unknown 0:unknown 29:unknown 628? 629?", "unknown -" },
	{ "apart-is-a-confirmation", "0:unknown 30:unknown 1829? 1830?", "unknown -" },
	{ "confirmed-after-days", "0:unknown 604799:unknown 606598? 606599?", "unknown -" },
	{ "begins-anew-after-7-days", "0:unknown 604800:unknown 605399? 605400?", "unknown -" },
	{ "valid-clears-confirmations", "0:unknown 600:unknown 700:valid 700? 800:unknown 830:unknown 1429? 1430?",
	  "valid+ unknown -" },

	{ "doubt", "0:valid 100:unknown 100? 129? 130? 700? 43200?", "doubt doubt doubt.stale doubt.stale doubt.stale" },
	{ "doubt-at-once", "0:valid 0:unknown 0?", "doubt" },
	{ "doubt-resolved-no", "0:valid 100:unknown 130:unknown 130? 729? 730?", "unknown unknown -" },
	{ "doubt-too-near", "0:valid 100:unknown 129:unknown 129? 130? 130:unknown 130?", "doubt doubt.stale unknown" },
	{ "doubt-resolved-yes", "0:valid 100:unknown 130:valid 130? 131:unknown 131? 160:unknown 160?", "valid+ doubt doubt" },
	{ "doubt-moved-suspect", "0:valid 100:suspect 130:moved 130?", "unknown" },
	{ "doubt-just-within-7-days", "0:valid 604799:unknown 604799?", "doubt" },
	{ "no-doubt-after-7-days", "0:valid 604800:unknown 604800?", "unknown" },
	{ "doubt-outlives-the-7-days", "0:valid 604799:unknown 604829? 604829:unknown 604829?", "doubt.stale unknown" },
	{ "doubt-is-over", "0:valid 100:unknown 604899? 604900? 604900:unknown 604900?", "doubt.stale - unknown" },
	{ "one-no-after-a-known-one", "0:valid 100:unknown 130:unknown 730? 800:unknown 800? 2599? 2600?",
	  "- unknown unknown -" },
	{ "full-ends-doubt", "0:valid 100:unknown 110:full 110? 140:unknown 140?", "full+ doubt" },
	{ "temp-keeps-doubt", "0:valid 100:unknown 110:temp 110? 130? 131:transport 132:unknown 132?", "doubt doubt.stale unknown" },

	{ "full", "0:full 0? 299? 300?", "full full -" },
	{ "blocked-now", "0:blocked 59? 60?", "blocked-now -" },
	{ "unverifiable", "0:unverifiable 899? 900?", "unverifiable -" },
	{ "bad-syntax", "0:syntax 299? 300?", "bad-syntax -" },
	{ "full-then-valid-as-before", "0:valid 100:full 399? 400? 43200? 604800?", "full+ valid+ valid.stale+ -" },
	{ "blocked-then-valid-as-before", "0:valid 100:blocked 159? 160?", "blocked-now+ valid+" },
	{ "unverifiable-then-valid-as-before", "0:valid 100:unverifiable 999? 1000?", "unverifiable+ valid+" },
	{ "syntax-then-valid-as-before", "0:valid 100:syntax 399? 400?", "bad-syntax+ valid+" },
	{ "doubt-after-full", "0:valid 100:full 200:unknown 200? 230:unknown 230?", "doubt unknown" },
	{ "full-after-unknown", "0:unknown 100:full 399? 400? 401:unknown 401? 1000? 1001?", "full - unknown unknown -" },
	{ "not-valid-again-after-two-noes", "0:valid 100:unknown 130:unknown 200:full 500?", "-" },
	{ "full-over-after-valid-lapsed", "0:valid 604700:full 604999? 605000?", "full -" },
};

static mg_recipient_key
key_of(const char *local_part)
{
	return (mg_recipient_key){ 1, "example.org", local_part };
}

static void
test_life(gconstpointer data)
{
	const life_case *row = data;
	g_auto(GStrv) words = g_strsplit(row->probes, " ", -1);
	mg_memory *memory = mg_memory_new(1 << 20, 1);
	g_autoptr(GString) found = g_string_new(NULL);
	mg_recipient_key key = key_of("ana");

	for (guint i = 0; words[i] != NULL; i++) {
		char *after;
		gint64 now_s = 1000000 + g_ascii_strtoll(words[i], &after, 10);
		mg_recollection recollection, again;
		g_autofree char *word = NULL;

		if (*after == ':') {
			mg_memory_learn(memory, &key, class_of_word(after + 1), NULL, now_s, &recollection);
			mg_memory_recall(memory, &key, now_s, &again);
			g_assert_cmpmem(&recollection, sizeof(recollection), &again, sizeof(again));
			continue;
		}
		g_assert_cmpint(mg_memory_recall(memory, &key, now_s, &recollection), ==,
		                recollection.is_doubted || recollection.known != MG_KNOWN_NOTHING);
		word = recollection_word(&recollection);
		g_string_append_printf(found, "%s%s", found->len > 0 ? " " : "", word);
	}
	g_assert_cmpstr(found->str, ==, row->expected);
	mg_memory_free(memory);
}

/* Every class in every state: the temporary ones leave it as it is. */
static void
test_temporary(void)
{
	static const char *const temporary = "grey temp transport backend-temp closing policy sender no-domain config protocol batch";
	static const char *const before[] = { "", "valid", "unknown", "valid unknown", "full", "unverifiable", "blocked", "syntax" };
	g_auto(GStrv) words = g_strsplit(temporary, " ", -1);

	for (guint i = 0; i < G_N_ELEMENTS(before); i++)
		for (guint k = 0; words[k] != NULL; k++) {
			g_auto(GStrv) states = g_strsplit(before[i], " ", -1);
			mg_knowledge knowledge, same;

			mg_knowledge_init(&knowledge);
			for (guint n = 0; states[n] != NULL && states[n][0]; n++)
				mg_knowledge_learn(&knowledge, class_of_word(states[n]), NULL, 100 + n);
			same = knowledge;
			g_assert_false(mg_knowledge_learn(&knowledge, class_of_word(words[k]), NULL, 500));
			g_assert_cmpmem(&knowledge, sizeof(knowledge), &same, sizeof(same));
		}
}

/* Between 67.5 % and 82.5 % of the freshness, each address at a time of its own that stays. */
static void
test_refresh(void)
{
	gint64 least = G_MAXINT64, most = 0;
	mg_knowledge knowledge;
	mg_recollection recollection;

	mg_knowledge_init(&knowledge);
	mg_knowledge_learn(&knowledge, MG_RCPT_VALID, NULL, 0);
	for (guint jitter = 0; jitter < 1000; jitter++) {
		gint64 at_s = 29000;

		while (mg_knowledge_recall(&knowledge, jitter, at_s, &recollection) && recollection.freshness == MG_FRESH)
			at_s++;
		least = MIN(least, at_s);
		most = MAX(most, at_s);
		mg_knowledge_recall(&knowledge, jitter, 43199, &recollection);
		g_assert_cmpint(recollection.freshness, ==, MG_FRESH_REFRESH);
	}
	g_assert_cmpint(least, ==, 29160);
	g_assert_cmpint(most, ==, 35640);
}

static void
test_reply(void)
{
	mg_smtp_reply reply = { .code = 550, .enhanced_class = 5, .enhanced_subject = 1, .enhanced_detail = 10 };
	mg_smtp_reply later = { .code = 451, .enhanced_class = 4, .enhanced_subject = 7 };
	mg_smtp_reply large = { .code = 599, .enhanced_class = 5, .enhanced_subject = 65535, .enhanced_detail = 65535 };
	mg_memory *memory = mg_memory_new(1 << 20, 1);
	mg_recipient_key key = key_of("ana");
	mg_recollection found;

	mg_memory_learn(memory, &key, MG_RCPT_UNKNOWN, &reply, 100, &found);
	mg_memory_learn(memory, &key, MG_RCPT_TEMP, &later, 110, &found);
	g_assert_cmpint(found.code, ==, 550);
	g_assert_cmpstr(found.enhanced, ==, "5.1.10");
	g_assert_cmpint(found.age_s, ==, 10);
	mg_memory_learn(memory, &key, MG_RCPT_FULL, &large, 110, &found);
	g_assert_cmpint(found.code, ==, 599);
	g_assert_cmpstr(found.enhanced, ==, "5.999.999");
	mg_memory_learn(memory, &key, MG_RCPT_VALID, NULL, 110, &found);
	g_assert_cmpint(found.code, ==, 0);
	g_assert_cmpstr(found.enhanced, ==, "");
	mg_memory_free(memory);
}

/* ---- keys ---- */

static void
test_keys(void)
{
	g_autofree char *long_domain = test_domain_of(253), *long_local = test_repeat('l', 254);
	const mg_recipient_key keys[] = {
		{ 1, "example.org", "ana" }, { 2, "example.org", "ana" }, { 1, "example.net", "ana" }, { 1, "example.org", "an" },
		{ 1, "example.org", "anaa" }, { 1, "example.org", "ANA" }, { 1, "example.or", "gana" }, { 1, "", "" }, { 0, "", "" },
		{ G_MAXUINT64, long_domain, long_local }, { 1, "example.org", "\xc3\xa4" }, { 1, "example.org", "\x01\xff" },
	};
	mg_memory *memory = mg_memory_new(1 << 20, 1);
	mg_memory_counts counts;
	mg_recollection found;

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_assert_false(mg_memory_recall(memory, &keys[i], 0, &found));
		mg_memory_learn(memory, &keys[i], i % 2 ? MG_RCPT_VALID : MG_RCPT_UNKNOWN, NULL, 0, &found);
	}
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_assert_true(mg_memory_recall(memory, &keys[i], 0, &found));
		g_assert_cmpint(found.known, ==, i % 2 ? MG_KNOWN_VALID : MG_KNOWN_UNKNOWN);
	}
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.n_recipients, ==, G_N_ELEMENTS(keys));
	g_assert_cmpuint(counts.n_domains, ==, 5);
	mg_memory_free(memory);
	mg_memory_free(NULL);
}

/* ---- room ---- */

#define SMALL (64 * 1024)

static void
learn_numbered(mg_memory *memory, const char *domain, guint number, gint64 now_s)
{
	g_autofree char *local_part = g_strdup_printf("user%06u", number);
	mg_recipient_key key = { 1, domain, local_part };
	mg_recollection found;

	mg_memory_learn(memory, &key, MG_RCPT_VALID, NULL, now_s, &found);
}

static guint
count_numbered(mg_memory *memory, const char *domain, guint from, guint to)
{
	guint n = 0;

	for (guint i = from; i < to; i++) {
		g_autofree char *local_part = g_strdup_printf("user%06u", i);
		mg_recipient_key key = { 1, domain, local_part };
		mg_recollection found;

		n += mg_memory_recall(memory, &key, 1000000, &found) ? 1 : 0;
	}
	return n;
}

/* What was not used for longest goes first, and never more than the bound is there. */
static void
test_bound(void)
{
	mg_memory *memory = mg_memory_new(SMALL, 1);
	mg_memory_counts counts;
	guint n_kept;

	for (guint i = 0; i < 10000; i++) {
		learn_numbered(memory, "example.org", i, 1000000);
		g_assert_cmpuint(count_numbered(memory, "example.org", 0, 1), ==, 1);   /* in use all the time */
		mg_memory_count(memory, &counts);
		g_assert_cmpuint(counts.octets, <=, SMALL);
	}
	n_kept = counts.n_recipients;
	g_assert_cmpuint(n_kept, >, SMALL / 200 - 50);
	g_assert_cmpuint(counts.n_evictions, ==, 10000 - n_kept);
	g_assert_cmpuint(counts.n_unsaved, ==, n_kept);
	g_assert_cmpuint(count_numbered(memory, "example.org", 10000 - (n_kept - 1), 10000), ==, n_kept - 1);
	mg_memory_free(memory);
}

/* One domain may have all the room that nobody wants, but must give it up to its quarter, and takes none of others'. */
static void
test_share(void)
{
	mg_memory *memory = mg_memory_new(SMALL, 1);
	mg_memory_counts counts;
	guint n_all;

	for (guint i = 0; i < 20; i++)
		learn_numbered(memory, "small.example", i, 1000000);
	for (guint i = 0; i < 10000; i++)
		learn_numbered(memory, "large.example", i, 1000000);
	g_assert_cmpuint(count_numbered(memory, "small.example", 0, 20), ==, 20);
	mg_memory_count(memory, &counts);
	n_all = counts.n_recipients;
	g_assert_cmpuint(count_numbered(memory, "large.example", 0, 10000), ==, n_all - 20);
	for (guint i = 0; i < 10000; i++) {
		g_autofree char *domain = g_strdup_printf("d%u.example", i % 7);

		learn_numbered(memory, domain, i, 1000000);
	}
	/* Without the 64 KiB's table of chains, a quarter is a little less than a third of the entries. */
	g_assert_cmpuint(count_numbered(memory, "large.example", 0, 10000), <=, n_all / 3);
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.octets, <=, SMALL);
	mg_memory_free(memory);
}

/* Domains cost room as well, and go with their last recipient. */
static void
test_many_domains(void)
{
	mg_memory *memory = mg_memory_new(SMALL, 1);
	mg_memory_counts counts;

	for (guint i = 0; i < 5000; i++) {
		g_autofree char *domain = g_strdup_printf("d%u.example", i);

		learn_numbered(memory, domain, 0, 1000000);
	}
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.octets, <=, SMALL);
	g_assert_cmpuint(counts.n_domains, ==, counts.n_recipients);
	g_assert_cmpuint(counts.n_recipients, >, 100);
	mg_memory_forget(memory, &(mg_memory_filter){ 0 });
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.n_domains, ==, 0);
	g_assert_cmpuint(counts.n_unsaved, ==, 0);
	mg_memory_free(memory);
}

/* Too small for anything: what is learned is answered all the same. */
static void
test_no_room(void)
{
	mg_memory *memory = mg_memory_new(0, 1);
	mg_recipient_key key = key_of("ana"), other = key_of("bo");
	mg_knowledge knowledge;
	mg_recollection found;

	mg_memory_learn(memory, &key, MG_RCPT_UNKNOWN, NULL, 0, &found);
	g_assert_cmpint(found.known, ==, MG_KNOWN_UNKNOWN);
	mg_memory_learn(memory, &other, MG_RCPT_UNKNOWN, NULL, 0, &found);
	g_assert_false(mg_memory_recall(memory, &key, 0, &found));
	mg_knowledge_init(&knowledge);
	g_assert_false(mg_memory_restore(memory, &key, &knowledge));
	mg_memory_free(memory);
}

/* An entry of a usual length stays within what 64 MiB are reckoned with. */
static void
test_cost(void)
{
	mg_memory *memory = mg_memory_new(16 << 20, 1);
	mg_memory_counts before, after;

	mg_memory_count(memory, &before);
	for (guint i = 0; i < 10000; i++)
		learn_numbered(memory, "example.org", i, 0);
	mg_memory_count(memory, &after);
	g_assert_cmpuint((after.octets - before.octets) / 10000, <=, 160);
	mg_memory_free(memory);
}

/* ---- forgetting and listing ---- */

typedef struct filter_case {
	const char      *name;
	mg_memory_filter filter;
	const char      *expected;   /* what it shows, and what is then gone */
} filter_case;

static const filter_case filter_cases[] = {
	{ "all", { 0 }, "eva@sub.example.org dan@example.net cy@example.org bo@example.org bo@example.org ana@example.org" },
	{ "domain", { .domain = "example.org" }, "cy@example.org bo@example.org bo@example.org ana@example.org" },
	{ "address", { .domain = "example.org", .local_part = "bo" }, "bo@example.org bo@example.org" },
	{ "negatives", { .negatives_alone = TRUE }, "dan@example.net cy@example.org bo@example.org" },
	{ "negatives-of-a-domain", { .domain = "example.net", .negatives_alone = TRUE }, "dan@example.net" },
	{ "positive-is-no-negative", { .domain = "example.org", .local_part = "ana", .negatives_alone = TRUE }, "" },
	{ "other-domain", { .domain = "org" }, "" },
	{ "other-case", { .domain = "example.org", .local_part = "BO" }, "" },
};

static gboolean
list_one(void *context, const mg_recipient_key *key, const mg_recollection *recollection G_GNUC_UNUSED)
{
	GString *list = context;

	g_string_append_printf(list, "%s%s@%s", list->len > 0 ? " " : "", key->local_part, key->domain);
	return TRUE;
}

static gboolean
count_to_two(void *context, const mg_recipient_key *key G_GNUC_UNUSED, const mg_recollection *recollection G_GNUC_UNUSED)
{
	return ++*(guint *)context < 2;
}

static void
test_filter(gconstpointer data)
{
	static const struct {
		mg_recipient_key key;
		const char      *classes;
	} learned[] = {
		{ { 1, "example.org", "ana" }, "valid" },    { { 1, "example.org", "bo" }, "full" },
		{ { 2, "example.org", "bo" }, "unknown" },   { { 1, "example.org", "cy" }, "valid unknown" },
		{ { 1, "example.net", "dan" }, "suspect" },  { { 1, "sub.example.org", "eva" }, "unverifiable" },
	};
	const filter_case *row = data;
	mg_memory *memory = mg_memory_new(1 << 20, 1);
	g_autoptr(GString) list = g_string_new(NULL), left = g_string_new(NULL);
	guint n = 0, n_expected = row->expected[0] ? 1 : 0;
	mg_recollection found;

	for (guint i = 0; i < G_N_ELEMENTS(learned); i++) {
		g_auto(GStrv) classes = g_strsplit(learned[i].classes, " ", -1);

		for (guint k = 0; classes[k] != NULL; k++)
			mg_memory_learn(memory, &learned[i].key, class_of_word(classes[k]), NULL, 100, &found);
	}
	for (const char *at = row->expected; *at; at++)
		n_expected += *at == ' ' ? 1 : 0;
	mg_memory_foreach(memory, &row->filter, 100, list_one, list);
	g_assert_cmpstr(list->str, ==, row->expected);
	mg_memory_foreach(memory, &(mg_memory_filter){ 0 }, 100, count_to_two, &n);
	g_assert_cmpuint(n, ==, 2);
	g_assert_cmpuint(mg_memory_forget(memory, &row->filter), ==, n_expected);
	g_assert_cmpuint(mg_memory_forget(memory, &row->filter), ==, 0);
	mg_memory_foreach(memory, &row->filter, 100, list_one, left);
	g_assert_cmpstr(left->str, ==, "");
	g_assert_cmpuint(mg_memory_forget(memory, &(mg_memory_filter){ 0 }), ==, G_N_ELEMENTS(learned) - n_expected);
	mg_memory_free(memory);
}

/* ---- for a store ---- */

static void
show_one(void *context, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	g_string_append_printf(context, "%s:%s ", key->local_part, mg_known_name((mg_known)knowledge->known));
}

static void
test_unsaved(void)
{
	mg_memory *memory = mg_memory_new(1 << 20, 1);
	mg_recipient_key ana = key_of("ana"), bo = key_of("bo"), cy = key_of("cy");
	g_autoptr(GString) shown = g_string_new(NULL);
	mg_memory_counts counts;
	mg_recollection found;

	mg_memory_learn(memory, &ana, MG_RCPT_VALID, NULL, 0, &found);
	mg_memory_learn(memory, &bo, MG_RCPT_VALID, NULL, 0, &found);
	mg_memory_learn(memory, &cy, MG_RCPT_VALID, NULL, 0, &found);
	mg_memory_learn(memory, &ana, MG_RCPT_FULL, NULL, 1, &found);
	mg_memory_learn(memory, &bo, MG_RCPT_TEMP, NULL, 1, &found);
	g_assert_cmpuint(mg_memory_show_unsaved(memory, 2, show_one, shown), ==, 2);
	g_assert_cmpuint(mg_memory_show_unsaved(memory, 9, show_one, shown), ==, 3);
	g_assert_cmpstr(shown->str, ==, "bo:valid cy:valid bo:valid cy:valid ana:full ");
	mg_memory_set_saved(memory, 2);
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.n_unsaved, ==, 1);
	g_string_truncate(shown, 0);
	mg_memory_show_unsaved(memory, 9, show_one, shown);
	g_assert_cmpstr(shown->str, ==, "ana:full ");
	mg_memory_set_saved(memory, 9);
	mg_memory_learn(memory, &bo, MG_RCPT_VALID, NULL, 2, &found);
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(counts.n_unsaved, ==, 1);
	mg_memory_free(memory);
}

/* What is restored comes behind what is there, does not replace it, and evicts nothing. */
static void
test_restore(void)
{
	mg_memory *memory = mg_memory_new(SMALL, 1);
	mg_recipient_key ana = key_of("ana");
	mg_memory_counts counts;
	mg_knowledge knowledge;
	mg_recollection found;
	guint n = 0;

	mg_knowledge_init(&knowledge);
	mg_knowledge_learn(&knowledge, MG_RCPT_VALID, NULL, 1000000);
	mg_memory_learn(memory, &ana, MG_RCPT_UNKNOWN, NULL, 1000000, &found);
	g_assert_true(mg_memory_restore(memory, &ana, &knowledge));
	mg_memory_recall(memory, &ana, 1000000, &found);
	g_assert_cmpint(found.known, ==, MG_KNOWN_UNKNOWN);
	for (;; n++) {
		g_autofree char *local_part = g_strdup_printf("user%06u", n);
		mg_recipient_key key = key_of(local_part);

		if (!mg_memory_restore(memory, &key, &knowledge))
			break;
	}
	mg_memory_count(memory, &counts);
	g_assert_cmpuint(n, >, 100);
	g_assert_cmpuint(counts.n_recipients, ==, n + 1);
	g_assert_cmpuint(counts.n_evictions, ==, 0);
	g_assert_cmpuint(counts.n_unsaved, ==, 1);
	for (guint i = 0; i < 5; i++)
		learn_numbered(memory, "example.net", i, 1000000);
	/* Those restored last were the oldest. */
	g_assert_cmpuint(count_numbered(memory, "example.org", 0, 100), ==, 100);
	g_assert_true(mg_memory_recall(memory, &ana, 1000000, &found));
	mg_memory_free(memory);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	TEST_ROWS("/memory/life", life_cases, test_life);
	g_test_add_func("/memory/temporary", test_temporary);
	g_test_add_func("/memory/refresh", test_refresh);
	g_test_add_func("/memory/reply", test_reply);
	g_test_add_func("/memory/keys", test_keys);
	g_test_add_func("/memory/bound", test_bound);
	g_test_add_func("/memory/share", test_share);
	g_test_add_func("/memory/many-domains", test_many_domains);
	g_test_add_func("/memory/no-room", test_no_room);
	g_test_add_func("/memory/cost", test_cost);
	TEST_ROWS("/memory/filter", filter_cases, test_filter);
	g_test_add_func("/memory/unsaved", test_unsaved);
	g_test_add_func("/memory/restore", test_restore);
	return g_test_run();
}
