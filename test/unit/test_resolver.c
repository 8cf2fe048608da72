/* test_resolver.c - the resolver against a server that does everything wrong a DNS server can: each row ends in the right
 * class of answer, in time, called once, with no descriptor left behind. Upper bounds of time are generous; where a row
 * needs that something comes before something else, seconds lie between. */
#include "dns/resolver.h"

#include <sys/resource.h>

#include "dns_faults.h"

#define SLACK_MS 10000   /* a machine may be as slow as it likes */

/* ---- what came ---- */

typedef struct waiting {
	guint          n_called;
	mg_dns_answer *answer;     /* ref held */
} waiting;

static void
take(void *context, mg_dns_answer *answer)
{
	waiting *one = context;

	one->n_called++;
	mg_dns_answer_unref(one->answer);
	one->answer = mg_dns_answer_ref(answer);
}

static mg_dns_question
question_of(mg_dns_type type, const char *name)
{
	mg_dns_question question = { .type = type };

	g_assert_true(mg_dns_name_from_text(name, strlen(name), &question.name));
	return question;
}

static guint n_log_lines;
static char *log_last;   /* the line that was logged last */

static void
note_log(void *context G_GNUC_UNUSED, mg_level level G_GNUC_UNUSED, const char *line)
{
	n_log_lines++;
	g_free(log_last);
	log_last = g_strdup(line);
}

static const mg_log test_log = { note_log, NULL, MG_LEVEL_DEBUG };

static void
stage_begin(stage *set, guint timeout_ms, dns_script udp, dns_script tcp)
{
	mg_resolver_settings settings = mg_resolver_settings_standard;

	settings.timeout_ms = timeout_ms;
	stage_begin_with(set, &test_log, &settings, udp, tcp);
}

/* Whatever comes in a while. */
static void
stage_idle(stage *set, guint ms)
{
	guint never = 0;

	g_assert_false(stage_run(set, &never, ms));
}

/* Asks and waits. The caller's to unref. */
static mg_dns_answer *
stage_ask(stage *set, mg_dns_type type, const char *name)
{
	mg_dns_question question = question_of(type, name);
	waiting one = { 0 };
	mg_dns_answer *answer = mg_resolver_ask(set->resolver, &question, take, &one, NULL);

	if (answer != NULL)
		return answer;
	g_assert_true(stage_run(set, &one.n_called, 2 * LONG_MS + SLACK_MS));
	g_assert_cmpuint(one.n_called, ==, 1);
	return one.answer;
}

/* ---- faults ---- */

static void
test_fault(gconstpointer data)
{
	const dns_fault *row = data;
	mg_dns_question question = question_of(row->type, "www.example.org");
	waiting one = { 0 };
	gint64 began_us;
	stage set;

	stage_begin(&set, row->timeout_ms, row->udp, row->tcp);
	if (row->no_tcp)
		dns_server_close_tcp(&set.servers[0]);
	began_us = g_get_monotonic_time();
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &one, NULL));
	g_assert_true(stage_run(&set, &one.n_called, 2 * row->timeout_ms + SLACK_MS));
	/* What is not a matter of waiting ends without it. */
	if (row->timeout_ms == LONG_MS)
		g_assert_cmpint((g_get_monotonic_time() - began_us) / 1000, <, LONG_MS);
	stage_idle(&set, row->timeout_ms == SHORT_MS ? 6 * SHORT_MS : 2);   /* what comes too late */
	g_assert_cmpuint(one.n_called, ==, 1);
	if (one.answer == NULL)
		goto out;
	g_assert_cmpint(one.answer->outcome, ==, row->outcome);
	if (row->why != NULL)
		g_assert_cmpstr(one.answer->why, ==, row->why);
	g_assert_cmpuint(one.answer->n_records, ==, row->n_records);
	if (row->type == A && row->n_records == 1 && one.answer->n_records == 1) {
		mg_ip expected;

		g_assert_true(mg_ip_parse("192.0.2.1", &expected));
		g_assert_true(mg_ip_equal(&one.answer->records[0].ip, &expected));
	}
	if (row->n_udp_max > 0)
		g_assert_cmpuint(set.servers[0].n_udp, <=, row->n_udp_max);
out:
	mg_dns_answer_unref(one.answer);
	stage_end(&set);
}

static void
test_octets_of_text(void)
{
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, LONG_MS, text_of_any_octets, NULL);
	answer = stage_ask(&set, T, "www.example.org");
	g_assert_cmpmem(answer->records[0].text, answer->records[0].length, "v\0\xff\x80", 4);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* The answer to the first packet must still be heard behind the malformed one; newer c-ares leave the port with it. */
static void
test_malformed_first_then_one(void)
{
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, LONG_MS / 8, malformed_first_once, NULL);
	answer = stage_ask(&set, A, "www.example.org");
	if (malformed_ports[0] == malformed_ports[1])
		g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	else
		g_assert_cmpint(answer->outcome, !=, MG_DNS_NOTHING);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

static void
test_ttls(void)
{
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, LONG_MS, nxdomain, NULL);
	answer = stage_ask(&set, A, "www.example.org");
	g_assert_cmpuint(answer->ttl_s, ==, 200);
	mg_dns_answer_unref(answer);
	set.servers[0].udp = nodata;
	answer = stage_ask(&set, A, "ftp.example.org");
	g_assert_cmpuint(answer->ttl_s, ==, 100);
	mg_dns_answer_unref(answer);
	set.servers[0].udp = ttl_2_31;
	answer = stage_ask(&set, A, "mx.example.org");
	g_assert_cmpuint(answer->ttl_s, ==, 0);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* Each question, and by TCP, which has a channel of its own. */
static void
test_server_without_edns(void)
{
	char name[32];
	stage set;

	stage_begin(&set, LONG_MS, formerr_for_edns, formerr_for_edns);
	for (guint i = 0; i < 12; i++) {
		mg_dns_answer *answer;

		if (i == 4)
			set.servers[0].udp = truncated;
		if (i == 8)
			set.servers[0].udp = formerr_for_edns;
		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		answer = stage_ask(&set, A, name);
		g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
		mg_dns_answer_unref(answer);
	}
	set.servers[0].udp = formerr;   /* and what is none for another reason is told as such */
	{
		mg_dns_answer *answer = stage_ask(&set, A, "www.example.org");

		g_assert_cmpstr(answer->why, ==, "formerr");
		mg_dns_answer_unref(answer);
	}
	stage_end(&set);
}

/* ---- two servers ---- */

typedef struct pair_case {
	const char    *name;
	dns_script     first, second;
	gboolean       first_closed;
	guint          timeout_ms;
	mg_dns_outcome outcome;
	const char    *why;
} pair_case;

static const pair_case pair_cases[] = {
	{ "first-silent", NULL, good, FALSE, SHORT_MS, MG_DNS_FOUND, "" },
	{ "first-closed", NULL, good, TRUE, LONG_MS, MG_DNS_FOUND, "" },
	{ "first-servfail", servfail, good, FALSE, LONG_MS, MG_DNS_FOUND, "" },
	{ "first-refused", refused, nxdomain, FALSE, LONG_MS, MG_DNS_NOTHING, "nxdomain" },
	{ "first-malformed", malformed, good, FALSE, LONG_MS, MG_DNS_FOUND, "" },
	{ "both-servfail", servfail, servfail, FALSE, LONG_MS, MG_DNS_UNKNOWN, "servfail" },
	{ "both-silent", NULL, NULL, FALSE, SHORT_MS, MG_DNS_UNKNOWN, "timeout" },
	{ "first-truncates-and-hangs", truncated, good, FALSE, SHORT_MS, MG_DNS_FOUND, "" },
};

static void
test_pair(gconstpointer data)
{
	const pair_case *row = data;
	mg_dns_answer *answer;
	char *why = NULL;
	stage set;

	stage_begin(&set, row->timeout_ms, row->first, NULL);
	dns_server_begin(&set.servers[1], row->second, NULL);
	set.n_servers = 2;
	g_free(set.list);
	set.list = g_strdup_printf("127.0.0.1:%u 127.0.0.1:%u",
	                           row->first_closed ? dns_closed_port() : set.servers[0].port, set.servers[1].port);
	set.settings.servers = set.list;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	answer = stage_ask(&set, A, "www.example.org");
	g_assert_cmpint(answer->outcome, ==, row->outcome);
	g_assert_cmpstr(answer->why, ==, row->why);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

static void
test_rotation(void)
{
	char *why = NULL, name[32];
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	dns_server_begin(&set.servers[1], good, NULL);
	set.n_servers = 2;
	g_free(set.list);
	set.list = g_strdup_printf("127.0.0.1:%u,127.0.0.1:%u", set.servers[0].port, set.servers[1].port);
	set.settings.servers = set.list;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	for (guint i = 0; i < 10; i++) {
		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		mg_dns_answer_unref(stage_ask(&set, A, name));
	}
	g_assert_cmpuint(set.servers[0].n_udp, ==, 5);
	g_assert_cmpuint(set.servers[1].n_udp, ==, 5);
	stage_end(&set);
}

/* One that is silent costs some questions their first try, not all of them. */
static void
test_silent_server_rests(void)
{
	char *why = NULL, name[32];
	mg_resolver_counts counts;
	stage set;

	stage_begin(&set, SHORT_MS, NULL, NULL);
	dns_server_begin(&set.servers[1], good, NULL);
	set.n_servers = 2;
	g_free(set.list);
	set.list = g_strdup_printf("127.0.0.1:%u,127.0.0.1:%u", set.servers[0].port, set.servers[1].port);
	set.settings.servers = set.list;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	for (guint i = 0; i < 30; i++) {
		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		mg_dns_answer_unref(stage_ask(&set, A, name));
	}
	mg_resolver_count(set.resolver, &counts);
	g_assert_cmpuint(set.servers[0].n_udp, <, 15);
	stage_end(&set);
}

static void
test_unreachable(void)
{
	mg_dns_answer *answer;
	char *why = NULL;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	g_free(set.list);
	set.list = g_strdup_printf("127.0.0.1:%u", dns_closed_port());
	set.settings.servers = set.list;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	answer = stage_ask(&set, A, "www.example.org");
	g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	g_assert_cmpstr(answer->why, ==, "unreachable");
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* A late answer to the first try ends the second. */
static void
test_late_answer(void)
{
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, 3 * SHORT_MS, late_for_first_try, NULL);
	answer = stage_ask(&set, A, "www.example.org");
	if (set.servers[0].n_udp == 2)   /* unless this machine slept meanwhile */
		g_assert_cmpint(answer->outcome, !=, MG_DNS_NOTHING);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* ---- cache, single flight, cancelling ---- */

static void
test_cached(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	mg_resolver_counts counts;
	mg_dns_answer *first, *again;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	first = stage_ask(&set, A, "www.example.org");
	again = mg_resolver_ask(set.resolver, &question, take, NULL, NULL);
	g_assert_true(first == again);
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	mg_resolver_count(set.resolver, &counts);
	g_assert_cmpuint(counts.n_questions, ==, 2);
	g_assert_cmpuint(counts.n_cached, ==, 1);
	g_assert_cmpuint(counts.n_network, ==, 1);
	g_assert_cmpuint(counts.n_found, ==, 1);
	g_assert_cmpuint(counts.n_under_way, ==, 0);
	mg_dns_answer_unref(first);
	mg_dns_answer_unref(again);
	stage_end(&set);
}

static void
note_size(mg_dns_answer *answer)
{
	answer->compiled_size = 50000;
}

/* What is made of an answer has its weight in the cache from the start. */
static void
test_completed(void)
{
	mg_resolver_counts counts;
	char *why = NULL;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	set.settings.complete = note_size;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	mg_dns_answer_unref(stage_ask(&set, A, "www.example.org"));
	mg_resolver_count(set.resolver, &counts);
	g_assert_cmpuint(counts.n_cache_answers, ==, 1);
	g_assert_cmpuint(counts.cache_octets, >, 50000);
	stage_end(&set);
}

/* A failure is kept for a while too. */
static void
test_failure_cached(void)
{
	stage set;

	stage_begin(&set, LONG_MS, servfail, NULL);
	mg_dns_answer_unref(stage_ask(&set, A, "www.example.org"));
	mg_dns_answer_unref(stage_ask(&set, A, "www.example.org"));
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	stage_end(&set);
}

static void
test_single_flight(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	waiting all[50] = { { 0 } };
	mg_resolver_counts counts;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_null(mg_resolver_ask(set.resolver, &question, take, &all[i], NULL));
	g_assert_true(stage_run(&set, &all[49].n_called, SLACK_MS));
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		g_assert_cmpuint(all[i].n_called, ==, 1);
		g_assert_true(all[i].answer == all[0].answer);
		mg_dns_answer_unref(all[i].answer);
	}
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	mg_resolver_count(set.resolver, &counts);
	g_assert_cmpuint(counts.n_joined, ==, 49);
	stage_end(&set);
}

static void
test_cancel_before(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	waiting one = { 0 }, other = { 0 };
	mg_resolver_ticket *ticket;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &one, &ticket));
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &other, NULL));
	mg_resolver_cancel(ticket);
	mg_resolver_cancel(NULL);
	g_assert_true(stage_run(&set, &other.n_called, SLACK_MS));
	g_assert_cmpuint(one.n_called, ==, 0);
	mg_dns_answer_unref(other.answer);
	stage_end(&set);
}

static void
stage_idle_until_cached(stage *set, guint n_answers)
{
	mg_resolver_counts counts = { 0 };

	for (guint i = 0; i < 1000 && counts.n_cache_answers < n_answers; i++) {
		stage_idle(set, 10);
		mg_resolver_count(set->resolver, &counts);
	}
	g_assert_cmpuint(counts.n_cache_answers, ==, n_answers);
}

/* Nobody waits, and whoever asks next need not. */
static void
test_prefetch(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	mg_resolver_prefetch(set.resolver, &question);
	mg_resolver_prefetch(set.resolver, &question);
	stage_idle_until_cached(&set, 1);
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	answer = mg_resolver_ask(set.resolver, &question, take, NULL, NULL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	mg_resolver_prefetch(set.resolver, &question);
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* Nobody waits any more; the answer is there for the next one. */
static void
test_cancel_all(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	waiting one = { 0 };
	mg_resolver_ticket *ticket;
	mg_dns_answer *answer;
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &one, &ticket));
	mg_resolver_cancel(ticket);
	stage_idle_until_cached(&set, 1);
	answer = mg_resolver_ask(set.resolver, &question, take, &one, NULL);
	g_assert_nonnull(answer);
	g_assert_cmpuint(one.n_called, ==, 0);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

/* What a function does to others, from within. */
typedef struct meddler {
	stage              *set;
	guint               n_called;
	mg_resolver_ticket *other;      /* to be cancelled */
	waiting             asked;
	gboolean            asks;
} meddler;

static void
meddle(void *context, mg_dns_answer *answer G_GNUC_UNUSED)
{
	meddler *one = context;
	mg_dns_question question = question_of(A, "more.example.org");

	one->n_called++;
	mg_resolver_cancel(one->other);
	if (one->asks)
		g_assert_null(mg_resolver_ask(one->set->resolver, &question, take, &one->asked, NULL));
}

static void
test_cancel_inside(void)
{
	mg_dns_question question = question_of(A, "www.example.org"), another = question_of(A, "mx.example.org");
	waiting other = { 0 }, far = { 0 }, last = { 0 };
	stage set;
	meddler one = { .set = &set }, two = { .set = &set };

	stage_begin(&set, LONG_MS, good, NULL);
	g_assert_null(mg_resolver_ask(set.resolver, &question, meddle, &one, NULL));
	g_assert_null(mg_resolver_ask(set.resolver, &question, meddle, &two, NULL));
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &other, &one.other));
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &last, NULL));
	g_assert_null(mg_resolver_ask(set.resolver, &another, take, &far, &two.other));
	g_assert_true(stage_run(&set, &last.n_called, SLACK_MS));
	stage_idle(&set, 5);
	g_assert_cmpuint(one.n_called, ==, 1);
	g_assert_cmpuint(two.n_called, ==, 1);
	g_assert_cmpuint(other.n_called, ==, 0);
	g_assert_cmpuint(far.n_called, ==, 0);
	mg_dns_answer_unref(last.answer);
	stage_end(&set);
}

static void
test_ask_inside(void)
{
	mg_dns_question question = question_of(A, "www.example.org");
	stage set;
	meddler one = { .set = &set, .asks = TRUE };

	stage_begin(&set, LONG_MS, good, NULL);
	g_assert_null(mg_resolver_ask(set.resolver, &question, meddle, &one, NULL));
	g_assert_true(stage_run(&set, &one.asked.n_called, SLACK_MS));
	g_assert_cmpuint(one.n_called, ==, 1);
	mg_dns_answer_unref(one.asked.answer);
	stage_end(&set);
}

static void
test_free_under_way(void)
{
	waiting all[300] = { { 0 } };
	char name[32];
	stage set;

	stage_begin(&set, LONG_MS, truncated, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		mg_dns_question question;

		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		question = question_of(A, name);
		g_assert_null(mg_resolver_ask(set.resolver, &question, take, &all[i], NULL));
	}
	stage_idle(&set, 20);   /* some wait, some are on UDP, some on TCP */
	stage_end(&set);
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_cmpuint(all[i].n_called, ==, 0);
}

static void
test_many(void)
{
	guint n_asked = 5000, n_sum = 0;
	g_autofree waiting *all = g_new0(waiting, n_asked);
	mg_resolver_counts counts;
	char name[32];
	stage set;

	stage_begin(&set, LONG_MS, good, NULL);
	for (guint i = 0; i < n_asked; i++) {
		mg_dns_question question;

		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		question = question_of(A, name);
		g_assert_null(mg_resolver_ask(set.resolver, &question, take, &all[i], NULL));
	}
	g_assert_true(stage_run(&set, &all[n_asked - 1].n_called, 4 * LONG_MS + SLACK_MS));
	for (guint i = 0; i < n_asked; i++) {
		g_assert_true(stage_run(&set, &all[i].n_called, LONG_MS + SLACK_MS));
		g_assert_cmpuint(all[i].n_called, ==, 1);
		n_sum += all[i].answer->outcome == MG_DNS_FOUND;
		mg_dns_answer_unref(all[i].answer);
	}
	g_assert_cmpuint(n_sum, ==, n_asked);
	mg_resolver_count(set.resolver, &counts);
	g_assert_cmpuint(counts.n_found, ==, n_asked);
	g_assert_cmpuint(counts.n_cache_answers, ==, n_asked);
	stage_end(&set);
}

static void
test_too_busy(void)
{
	mg_dns_question question = question_of(A, "a.example.org"), another = question_of(A, "b.example.org");
	waiting one = { 0 };
	mg_dns_answer *answer;
	char *why = NULL;
	stage set;

	stage_begin(&set, SHORT_MS, NULL, NULL);
	set.settings.questions_max = 1;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	g_assert_null(mg_resolver_ask(set.resolver, &question, take, &one, NULL));
	answer = mg_resolver_ask(set.resolver, &another, take, &one, NULL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	g_assert_cmpstr(answer->why, ==, "too-busy");
	mg_dns_answer_unref(answer);
	g_assert_true(stage_run(&set, &one.n_called, SLACK_MS));
	answer = mg_resolver_ask(set.resolver, &another, take, &one, NULL);
	g_assert_null(answer);   /* it was not kept */
	mg_dns_answer_unref(one.answer);
	stage_end(&set);
}

/* ---- the local zone, health, the system's servers, descriptors ---- */

static void
test_zone_first(void)
{
	static const char text[] = "$ORIGIN example.org.\n$TTL 1h\nwww A 192.0.2.9\n";
	mg_findings *findings = mg_findings_new();
	g_autoptr(mg_local_zone) zone = mg_local_zone_parse(text, strlen(text), "override.zone", findings);
	mg_dns_question inside = question_of(A, "www.example.org"), absent = question_of(A, "ftp.example.org");
	mg_dns_answer *answer;
	char *why = NULL;
	stage set;

	g_assert_nonnull(zone);
	stage_begin(&set, LONG_MS, good, NULL);
	set.settings.zone = zone;
	g_assert_true(mg_resolver_configure(set.resolver, &set.settings, &why));
	answer = mg_resolver_ask(set.resolver, &inside, take, NULL, NULL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	mg_dns_answer_unref(answer);
	answer = mg_resolver_ask(set.resolver, &absent, take, NULL, NULL);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_NOTHING);
	mg_dns_answer_unref(answer);
	answer = stage_ask(&set, A, "www.example.net");
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	mg_dns_answer_unref(answer);
	g_assert_cmpuint(set.servers[0].n_udp, ==, 1);
	stage_end(&set);
	mg_findings_free(findings);
}

static void
test_health(void)
{
	mg_dns_answer *answer;
	char name[32];
	stage set;

	stage_begin(&set, LONG_MS, nxdomain, NULL);
	mg_dns_answer_unref(stage_ask(&set, A, "before.example.org"));
	set.servers[0].udp = servfail;
	n_log_lines = 0;
	for (guint i = 0; i < 20; i++) {
		g_snprintf(name, sizeof(name), "h%u.example.org", i);
		mg_dns_answer_unref(stage_ask(&set, A, name));
	}
	g_assert_false(mg_resolver_is_healthy(set.resolver));
	g_assert_cmpuint(n_log_lines, ==, 1);
	g_assert_true(g_str_has_prefix(log_last, "dns-unhealthy questions=20 unknown=19"));
	set.servers[0].udp = nxdomain;
	answer = stage_ask(&set, A, "during.example.org");
	g_assert_cmpstr(answer->why, ==, "resolver-unhealthy");
	mg_dns_answer_unref(answer);
	answer = stage_ask(&set, A, "before.example.org");   /* from the cache */
	g_assert_cmpstr(answer->why, ==, "resolver-unhealthy");
	mg_dns_answer_unref(answer);
	set.servers[0].udp = good;
	for (guint i = 0; i < 20; i++) {
		g_snprintf(name, sizeof(name), "g%u.example.org", i);
		answer = stage_ask(&set, A, name);
		g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
		mg_dns_answer_unref(answer);
	}
	g_assert_true(mg_resolver_is_healthy(set.resolver));
	g_assert_cmpuint(n_log_lines, ==, 2);
	g_assert_true(g_str_has_prefix(log_last, "dns-healthy"));
	answer = stage_ask(&set, A, "during.example.org");
	g_assert_cmpstr(answer->why, ==, "nxdomain");
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

static void
test_resolv_conf(void)
{
	g_autofree char *directory = g_dir_make_tmp("resolver-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(directory, "resolv.conf", NULL);
	mg_dns_question question = question_of(A, "www.example.org");
	mg_resolver_settings settings = mg_resolver_settings_standard;
	mg_loop *loop = mg_loop_new();
	mg_resolver *resolver;
	mg_dns_answer *answer;
	waiting one = { 0 };
	char *why = NULL;

	settings.resolv_conf = path;
	settings.check_ms = 0;
	settings.timeout_ms = SHORT_MS;
	resolver = mg_resolver_new(loop, &test_log, &settings, &why);
	g_assert_nonnull(resolver);
	answer = mg_resolver_ask(resolver, &question, take, &one, NULL);   /* missing */
	g_assert_cmpstr(answer->why, ==, "no-servers");
	mg_dns_answer_unref(answer);
	g_assert_true(g_file_set_contents(path, "# nothing\n", -1, NULL));   /* empty */
	answer = mg_resolver_ask(resolver, &question, take, &one, NULL);
	g_assert_cmpstr(answer->why, ==, "no-servers");
	mg_dns_answer_unref(answer);
	g_assert_true(g_file_set_contents(path, "search example.org\nnameserver 127.9.9.9\n", -1, NULL));   /* changed */
	g_assert_null(mg_resolver_ask(resolver, &question, take, &one, NULL));
	g_assert_cmpstr(log_last, ==, "dns-servers servers=127.9.9.9:53");
	g_assert_true(dns_run(loop, NULL, 0, &one.n_called, SLACK_MS));
	g_assert_cmpint(unlink(path), ==, 0);   /* gone: the last good ones stay */
	question = question_of(A, "ftp.example.org");
	g_assert_null(mg_resolver_ask(resolver, &question, take, &one, NULL));
	g_assert_cmpstr(log_last, ==, "dns-servers-kept servers=127.9.9.9:53");
	mg_resolver_free(resolver);
	mg_loop_free(loop);
	mg_dns_answer_unref(one.answer);
	g_assert_cmpint(rmdir(directory), ==, 0);
}

static void
test_no_descriptors(void)
{
	struct rlimit before, none;
	mg_dns_answer *answer;
	int spare[64];
	guint n_spare = 0;
	stage set;

	stage_begin(&set, SHORT_MS, good, NULL);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	none = before;
	none.rlim_cur = 64;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	while (n_spare < G_N_ELEMENTS(spare) && (spare[n_spare] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n_spare++;
	answer = stage_ask(&set, A, "www.example.org");
	while (n_spare > 0)
		close(spare[--n_spare]);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
	g_assert_cmpint(answer->outcome, ==, MG_DNS_UNKNOWN);
	mg_dns_answer_unref(answer);
	answer = stage_ask(&set, A, "ftp.example.org");
	g_assert_cmpint(answer->outcome, ==, MG_DNS_FOUND);
	mg_dns_answer_unref(answer);
	stage_end(&set);
}

typedef struct servers_case {
	const char *name;
	const char *servers;
	gboolean    is_fine;
} servers_case;

static const servers_case servers_cases[] = {
	{ "system", "system", TRUE },
	{ "ipv4", "127.0.0.1", TRUE },
	{ "ipv4-port", "127.0.0.1:5300", TRUE },
	{ "ipv6", "::1", TRUE },
	{ "ipv6-brackets", "[::1]", TRUE },
	{ "ipv6-port", "[2001:db8::1]:5300", TRUE },
	{ "list", " 127.0.0.1:53  [::1]:5300,192.0.2.1 ", TRUE },
	{ "empty", "", FALSE },
	{ "name", "ns.example.org", FALSE },
	{ "port-0", "127.0.0.1:0", FALSE },
	{ "port-too-large", "127.0.0.1:65536", FALSE },
	{ "port-missing", "127.0.0.1:", FALSE },
	{ "bracket-open", "[::1", FALSE },
	{ "ipv4-in-brackets", "[127.0.0.1]:53", FALSE },
	{ "nine", "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9", FALSE },
};

static void
test_servers(gconstpointer data)
{
	const servers_case *row = data;
	mg_resolver_settings settings = mg_resolver_settings_standard;
	mg_loop *loop = mg_loop_new();
	g_autofree char *why = NULL;
	mg_resolver *resolver;

	settings.servers = row->servers;
	resolver = mg_resolver_new(loop, &test_log, &settings, &why);
	g_assert_true((resolver != NULL) == row->is_fine);
	g_assert_true((why == NULL) == row->is_fine);
	mg_resolver_free(resolver);
	mg_loop_free(loop);
}

int
main(int argc, char **argv)
{
	int result;

	test_init(&argc, &argv);
	TEST_ROWS("/resolver/fault", dns_faults, test_fault);
	TEST_ROWS("/resolver/two-servers", pair_cases, test_pair);
	TEST_ROWS("/resolver/servers", servers_cases, test_servers);
	g_test_add_func("/resolver/octets-of-text", test_octets_of_text);
	g_test_add_func("/resolver/malformed-first-then-one", test_malformed_first_then_one);
	g_test_add_func("/resolver/ttls", test_ttls);
	g_test_add_func("/resolver/server-without-edns", test_server_without_edns);
	g_test_add_func("/resolver/rotation", test_rotation);
	g_test_add_func("/resolver/silent-server-rests", test_silent_server_rests);
	g_test_add_func("/resolver/icmp-unreachable", test_unreachable);
	g_test_add_func("/resolver/late-answer", test_late_answer);
	g_test_add_func("/resolver/cached", test_cached);
	g_test_add_func("/resolver/completed", test_completed);
	g_test_add_func("/resolver/failure-cached", test_failure_cached);
	g_test_add_func("/resolver/single-flight", test_single_flight);
	g_test_add_func("/resolver/cancel-before", test_cancel_before);
	g_test_add_func("/resolver/cancel-all", test_cancel_all);
	g_test_add_func("/resolver/prefetch", test_prefetch);
	g_test_add_func("/resolver/cancel-inside", test_cancel_inside);
	g_test_add_func("/resolver/ask-inside", test_ask_inside);
	g_test_add_func("/resolver/free-under-way", test_free_under_way);
	g_test_add_func("/resolver/many", test_many);
	g_test_add_func("/resolver/too-busy", test_too_busy);
	g_test_add_func("/resolver/zone-first", test_zone_first);
	g_test_add_func("/resolver/health", test_health);
	g_test_add_func("/resolver/resolv-conf", test_resolv_conf);
	g_test_add_func("/resolver/no-descriptors", test_no_descriptors);
	result = g_test_run();
	g_free(log_last);
	return result;
}
