/* test_verifier.c - what is remembered, asked, believed and allowed together: a verifier before a scripted backend. The clock of all
 * but the sockets stands still until a row moves it, so that no row depends on speed. */
#include <glib/gstdio.h>

#include "verify/budget.h"
#include "verify_scene.h"

#define GUESSES_AT_ONCE  40   /* of berth.c */
#define GUESSES_A_SECOND 19
#define FLIGHTS_MAX      1024 /* of verifier.c, as the next two */
#define WAITERS_MAX      256
#define QUEUED_MAX       256
#define CANARIES         2

static const smtp_script good = { 0 };

/* "u0", "u1", ...: @prefix "no" for those that the backend does not know. */
static void
name_of(char name_out[32], const char *prefix, guint n)
{
	g_snprintf(name_out, 32, "%s%u", prefix, n);
}

/* Many at once, all awaited; by groups, so that no queue fills. */
static void
find_many(scene *set, const char *prefix, guint n, const char *expected)
{
	g_autofree asked *all = g_new(asked, n);
	char name[32];

	for (guint from = 0; from < n; from += 20) {
		for (guint i = from; i < MIN(from + 20, n); i++) {
			name_of(name, prefix, i);
			scene_ask(set, name, &all[i]);
		}
		for (guint i = from; i < MIN(from + 20, n); i++)
			assert_reason(scene_await(set, &all[i]), expected);
	}
}

/* ---- asked once, and remembered ---- */

static void
test_first_refusal(void)
{
	mg_rcpt_finding finding;
	scene set;

	scene_begin(&set, &good, "");
	finding = scene_find(&set, "nora");
	assert_reason(finding, "unknown");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_PROBE);
	g_assert_cmpint(finding.reply.code, ==, 550);
	g_assert_cmpint(finding.canary_age_s, ==, 0);
	g_assert_cmpuint(set.server.n_rcpt, ==, 1 + CANARIES);
	g_assert_cmpuint(set.server.n_batch_most, ==, 1 + CANARIES);   /* in one go */
	g_assert_nonnull(strstr(scene_log->str, "rcpt.refused backend=corp endpoint=smtp://127.0.0.1:"));
	scene_pass_s(5);
	finding = scene_find(&set, "nora");
	assert_reason(finding, "unknown");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_CACHE);
	g_assert_cmpint(finding.age_s, ==, 5);
	g_assert_cmpint(finding.canary_age_s, ==, 5);
	g_assert_cmpuint(set.server.n_rcpt, ==, 1 + CANARIES);
	scene_end(&set);
}

static void
test_single_flight(void)
{
	asked all[50];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_true(scene_ask(&set, i % 2 == 0 ? "anna" : "nora", &all[i]));
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		assert_reason(scene_await(&set, &all[i]), i % 2 == 0 ? "exists" : "unknown");
		g_assert_cmpuint(all[i].n_called, ==, 1);
	}
	g_assert_cmpuint(set.server.n_rcpt, ==, 2 + CANARIES);
	scene_end(&set);
}

/* They are told in one breath; who is may take others with it. */
typedef struct pair {
	mg_verification *first, *second;
	guint            n_called;
} pair;

static void
pair_woken(void *context)
{
	pair *of = context;

	of->n_called++;
	mg_verification_cancel(g_steal_pointer(&of->first));
	mg_verification_cancel(g_steal_pointer(&of->second));
}

static void
test_cancel_from_inside(void)
{
	const char *path = "anna@" DOMAIN;
	mg_rcpt_finding finding;
	mg_verifier_wish wish;
	pair of = { .n_called = 0 };
	scene set;

	scene_begin(&set, &good, "");
	wish = (mg_verifier_wish){ .policy = set.policy, .backend = set.policy->backends->pdata[0], .domain = DOMAIN, .key = "anna",
		                       .path = path };
	of.first = mg_verifier_ask(set.verifier, &wish, pair_woken, &of, &finding);
	of.second = mg_verifier_ask(set.verifier, &wish, pair_woken, &of, &finding);
	scene_run_until(&set, &of.n_called, 1);
	scene_idle_ms(&set, 5);
	g_assert_cmpuint(of.n_called, ==, 1);
	assert_remembered(&set, "anna", "exists");
	scene_end(&set);
}

/* Nobody waits any more: it is asked all the same, and remembered. */
static void
test_waiters_leave(void)
{
	asked all[3];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_true(scene_ask(&set, "anna", &all[i]));
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		mg_verification_cancel(g_steal_pointer(&all[i].waiting));
	mg_verification_cancel(NULL);
	scene_run_until(&set, &set.server.n_rset, 1);
	scene_idle_ms(&set, 20);
	assert_remembered(&set, "anna", "exists");
	g_assert_cmpuint(all[0].n_called, ==, 0);
	scene_end(&set);
}

/* One whose time is up is told what follows; the answer is there for the next. */
static void
test_time_is_up(void)
{
	static smtp_script script;
	asked one;
	scene set;

	script = (smtp_script){ .is_mute = TRUE };
	scene_prepare(&set, &script, "");
	set.wait_us = 50 * MS;
	scene_open(&set);
	g_assert_true(scene_ask(&set, "anna", &one));
	assert_reason(scene_await(&set, &one), "backend-down");
	g_assert_cmpuint(one.n_called, ==, 0);
	script.is_mute = FALSE;
	scene_run_until(&set, &set.server.n_rset, 1);
	scene_idle_ms(&set, 20);
	assert_remembered(&set, "anna", "exists");
	g_assert_cmpuint(set.server.n_connections, ==, 1);
	scene_end(&set);
}

static void
test_waiters_max(void)
{
	g_autofree asked *all = g_new(asked, WAITERS_MAX);
	asked one;
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < WAITERS_MAX; i++)
		g_assert_true(scene_ask(&set, "anna", &all[i]));
	g_assert_false(scene_ask(&set, "anna", &one));
	assert_reason(one.finding, "over-budget");
	mg_verification_cancel(g_steal_pointer(&all[7].waiting));
	g_assert_true(scene_ask(&set, "anna", &all[7]));
	scene_run_until(&set, &set.n_answers, WAITERS_MAX);
	for (guint i = 0; i < WAITERS_MAX; i++)
		assert_reason(all[i].finding, "exists");
	scene_end(&set);
}

/* No guess is needed for those that were valid; so there are as many flights as there may be. One more is told what was known. */
static void
test_flights_max(void)
{
	static smtp_script script;
	g_autofree asked *all = g_new(asked, FLIGHTS_MAX);
	char name[32];
	asked one;
	scene set;

	script = good;
	scene_begin(&set, &script, "");
	find_many(&set, "u", FLIGHTS_MAX + 1, "exists");
	scene_pass_s(13 * HOUR_S);
	script.is_mute = TRUE;
	for (guint i = 0; i < FLIGHTS_MAX; i++) {
		name_of(name, "u", i);
		g_assert_true(scene_ask(&set, name, &all[i]));
	}
	name_of(name, "u", FLIGHTS_MAX);
	g_assert_false(scene_ask(&set, name, &one));
	assert_reason(one.finding, "exists");
	g_assert_cmpint(one.finding.source, ==, MG_SOURCE_STALE);
	g_assert_false(scene_ask(&set, "new", &one));
	assert_reason(one.finding, "over-budget");
	for (guint i = 0; i < FLIGHTS_MAX; i++)
		mg_verification_cancel(all[i].waiting);
	scene_end(&set);
}

/* Too many flights cost no guess: once there is room, as many may be made as before. */
static void
test_refused_flight_costs_no_guess(void)
{
	static smtp_script script;
	g_autofree asked *all = g_new(asked, FLIGHTS_MAX);
	asked guesses[GUESSES_AT_ONCE];
	char name[32];
	scene set;

	script = good;
	scene_begin(&set, &script, "");
	find_many(&set, "u", FLIGHTS_MAX, "exists");
	scene_pass_s(13 * HOUR_S);
	script.is_mute = TRUE;
	for (guint i = 0; i < FLIGHTS_MAX; i++) {
		name_of(name, "u", i);
		scene_ask(&set, name, &all[i]);
	}
	for (guint i = 0; i < GUESSES_AT_ONCE; i++)
		g_assert_false(scene_ask(&set, "nora", &guesses[i]));
	for (guint i = 0; i < FLIGHTS_MAX; i++)
		mg_verification_cancel(all[i].waiting);
	script.is_mute = FALSE;
	scene_run_until(&set, &set.server.n_rcpt, FLIGHTS_MAX * 2);
	scene_idle_ms(&set, 50);
	for (guint i = 0; i < GUESSES_AT_ONCE; i++) {
		name_of(name, "no", i);
		g_assert_true(scene_ask(&set, name, &guesses[i]));
	}
	for (guint i = 0; i < GUESSES_AT_ONCE; i++)
		assert_reason(scene_await(&set, &guesses[i]), "unknown");
	scene_end(&set);
}

/* ---- guesses ---- */

/* The 41st waits, has its turn, and is not asked if nobody waits for it by then. */
static void
test_guesses_queue(void)
{
	asked all[GUESSES_AT_ONCE + 3];
	char name[32];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		name_of(name, "no", i);
		g_assert_true(scene_ask(&set, name, &all[i]));
	}
	scene_run_until(&set, &set.n_answers, GUESSES_AT_ONCE);
	scene_idle_ms(&set, 150);   /* the queue is looked at, in vain */
	g_assert_cmpuint(set.server.n_rcpt, ==, GUESSES_AT_ONCE + CANARIES);
	mg_verification_cancel(g_steal_pointer(&all[GUESSES_AT_ONCE].waiting));
	scene_now_us += S / GUESSES_A_SECOND;
	scene_run_until(&set, &set.n_answers, GUESSES_AT_ONCE + 1);
	assert_reason(all[GUESSES_AT_ONCE + 1].finding, "unknown");
	g_assert_nonnull(all[GUESSES_AT_ONCE + 2].waiting);
	scene_idle_ms(&set, 150);
	g_assert_cmpuint(set.server.n_rcpt, ==, GUESSES_AT_ONCE + CANARIES + 1);
	g_assert_null(strstr(set.server.transcript->str, "RCPT TO:<no40@"));
	/* Its time is up in the queue. */
	mg_verification_end(g_steal_pointer(&all[GUESSES_AT_ONCE + 2].waiting), &all[0].finding);
	assert_reason(all[0].finding, "over-budget");
	scene_pass_s(1);
	scene_idle_ms(&set, 100);
	g_assert_cmpuint(set.server.n_rcpt, ==, GUESSES_AT_ONCE + CANARIES + 1);
	scene_end(&set);
}

static void
test_queue_max(void)
{
	g_autofree asked *all = g_new(asked, GUESSES_AT_ONCE + QUEUED_MAX + 1);
	char name[32];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < GUESSES_AT_ONCE + QUEUED_MAX + 1; i++) {
		name_of(name, "no", i);
		g_assert_cmpint(scene_ask(&set, name, &all[i]), ==, i < GUESSES_AT_ONCE + QUEUED_MAX);
	}
	assert_reason(all[GUESSES_AT_ONCE + QUEUED_MAX].finding, "over-budget");
	for (guint i = 0; i < GUESSES_AT_ONCE + QUEUED_MAX; i++)
		mg_verification_cancel(all[i].waiting);
	scene_end(&set);
}

typedef struct guess_row {
	const char *name, *reply;
	gboolean    is_free;    /* it shows that the recipient exists, so it was no guess */
} guess_row;

static const guess_row guess_rows[] = {
	{ "valid", "250 2.1.5 Ok", TRUE },
	{ "full", "452 4.2.2 Full", TRUE },
	{ "blocked-now", "450 4.2.1 Not now", TRUE },
	{ "size", "552 5.2.3 Too large", TRUE },
	{ "unknown", "550 5.1.1 No", FALSE },
	{ "unverifiable", "252 2.1.5 Perhaps", FALSE },
	{ "grey", "450 4.7.1 Greylisted", FALSE },
	{ "temporary", "451 4.1.1 Later", FALSE },
	{ "policy", "550 5.7.1 Go away", FALSE },
	{ "bad-syntax", "550 5.1.3 What?", FALSE },
};

/* However the backend puts it: what it does not say to exist counts. */
static void
test_guess(gconstpointer data)
{
	const guess_row *row = data;
	smtp_script script = { .rcpt = { row->reply } };
	asked all[2 * GUESSES_AT_ONCE];
	guint n_first = GUESSES_AT_ONCE;
	char name[32];
	scene set;

	scene_begin(&set, &script, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		name_of(name, "u", i);
		g_assert_true(scene_ask(&set, name, &all[i]));
		if (i + 1 == n_first)
			scene_run_until(&set, &set.n_answers, n_first);
	}
	scene_idle_ms(&set, 150);
	if (row->is_free)
		scene_run_until(&set, &set.n_answers, G_N_ELEMENTS(all));
	else
		g_assert_cmpuint(set.server.n_rcpt, ==, GUESSES_AT_ONCE + CANARIES);
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		mg_verification_cancel(all[i].waiting);
	scene_end(&set);
}

/* Each of a thousand domains has canaries; those of whom only waits for its turn are not asked. */
static void
test_queued_guesses_send_no_canaries(void)
{
	asked all[GUESSES_AT_ONCE + 60];
	char domain[32];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		g_snprintf(domain, sizeof(domain), "d%u.wide.example", i);
		g_assert_true(scene_ask_of(&set, set.policy, domain, "nora", NULL, &all[i]));
	}
	scene_run_until(&set, &set.n_answers, GUESSES_AT_ONCE);
	scene_idle_ms(&set, 150);
	g_assert_cmpuint(set.server.n_rcpt, ==, GUESSES_AT_ONCE * (1 + CANARIES));
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		mg_verification_cancel(all[i].waiting);
	scene_end(&set);
}

/* ---- a client's budget ---- */

#define CLIENT "2001:db8:1:2:3:4:5:6"

static void
test_client_budget(void)
{
	char name[32];
	asked one;
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	for (guint i = 0; i < MG_BUDGET_UNKNOWN; i++) {
		name_of(name, "no", i);
		assert_reason(scene_find_for(&set, name, CLIENT), "unknown");
		assert_reason(scene_find_for(&set, name, CLIENT), "unknown");   /* the same again is no other */
	}
	g_assert_cmpuint(set.server.n_rcpt, ==, 1 + MG_BUDGET_UNKNOWN + CANARIES);
	/* Who exists is as unknown to it as who does not. */
	assert_reason(scene_find_for(&set, "norma", CLIENT), "over-budget");
	assert_reason(scene_find_for(&set, "berta", CLIENT), "over-budget");
	assert_reason(scene_find_for(&set, "berta", "2001:db8:1:2:ffff::"), "over-budget");
	g_assert_cmpuint(set.server.n_rcpt, ==, 1 + MG_BUDGET_UNKNOWN + CANARIES);
	/* What is remembered is told, either way. */
	assert_reason(scene_find_for(&set, "anna", CLIENT), "exists");
	assert_reason(scene_find_for(&set, "no3", CLIENT), "unknown");
	/* It may not join what others ask for. */
	g_assert_true(scene_ask(&set, "carla", &one));
	assert_reason(scene_find_for(&set, "carla", CLIENT), "over-budget");
	assert_reason(scene_await(&set, &one), "exists");
	assert_reason(scene_find_for(&set, "berta", "2001:db8:1:3::"), "exists");
	assert_reason(scene_find_for(&set, "dora", "192.0.2.1"), "exists");
	scene_pass_s(MG_BUDGET_WINDOW_S);
	assert_reason(scene_find_for(&set, "nadja", CLIENT), "exists");
	scene_end(&set);
}

/* One that was valid is no guess, and mail for it goes on. */
static void
test_over_budget_and_stale(void)
{
	char name[32];
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(13 * HOUR_S);
	for (guint i = 0; i < MG_BUDGET_UNKNOWN; i++) {
		name_of(name, "no", i);
		scene_find_for(&set, name, CLIENT);
	}
	assert_reason(scene_find_for(&set, "berta", CLIENT), "over-budget");
	assert_reason(scene_find_for(&set, "anna", CLIENT), "exists");
	g_assert_nonnull(strstr(strstr(set.server.transcript->str, "RCPT TO:<anna@") + 1, "RCPT TO:<anna@"));
	scene_end(&set);
}

/* [recipients] unknown-budget, and another after a reload. */
static void
test_budget_of_policy(void)
{
	scene set;

	scene_begin(&set, &good, "[recipients]\nunknown-budget = 2/10m\n");
	scene_find_for(&set, "no1", CLIENT);
	scene_find_for(&set, "no2", CLIENT);
	assert_reason(scene_find_for(&set, "no3", CLIENT), "over-budget");
	scene_adopt(&set, scene_policy(&set, set.more));
	scene_idle_ms(&set, 5);
	assert_reason(scene_find_for(&set, "no3", CLIENT), "over-budget");
	scene_adopt(&set, scene_policy(&set, "tls = off\n[recipients]\nunknown-budget = 3/10m\n"));
	scene_idle_ms(&set, 5);
	assert_reason(scene_find_for(&set, "no3", CLIENT), "unknown");
	scene_end(&set);
}

/* ---- what was valid ---- */

static void
test_stale_and_dead(void)
{
	mg_rcpt_finding finding;
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	smtp_server_kill(&set.server);
	smtp_server_stop_listening(&set.server);
	scene_pass_s(12 * HOUR_S - 1);
	finding = scene_find(&set, "anna");
	assert_reason(finding, "exists");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_CACHE);
	scene_pass_s(1);
	finding = scene_find(&set, "anna");
	assert_reason(finding, "exists");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_STALE);
	g_assert_cmpint(finding.age_s, ==, 12 * HOUR_S);
	scene_pass_s(7 * 24 * HOUR_S - 12 * HOUR_S - 1);
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(1);
	assert_reason(scene_find(&set, "anna"), "backend-down");
	scene_end(&set);
}

/* It is waited for, but not for long; and what comes later is learned. */
static void
test_stale_and_slow(void)
{
	static smtp_script script;
	mg_rcpt_finding finding;
	gint64 begun_us;
	scene set;

	script = good;
	scene_prepare(&set, &script, "");
	set.stale_wait_us = 50 * MS;
	scene_open(&set);
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(13 * HOUR_S);
	script.is_mute = TRUE;
	begun_us = g_get_monotonic_time();
	finding = scene_find(&set, "anna");
	assert_reason(finding, "exists");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_STALE);
	g_assert_cmpint(g_get_monotonic_time() - begun_us, <, set.wait_us);
	script.is_mute = FALSE;
	scene_run_until(&set, &set.server.n_rset, 2);
	scene_idle_ms(&set, 20);
	finding = scene_find(&set, "anna");
	g_assert_cmpint(finding.source, ==, MG_SOURCE_CACHE);
	g_assert_cmpint(finding.age_s, ==, 0);
	scene_end(&set);
}

static void
test_refresh_ahead(void)
{
	asked one;
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(8 * HOUR_S);   /* three quarters of twelve hours, and a tenth less */
	assert_remembered(&set, "anna", "exists");
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(set.server.n_rcpt, ==, 1 + CANARIES);
	scene_pass_s(2 * HOUR_S);   /* and a tenth more */
	g_assert_false(scene_ask(&set, "anna", &one));
	g_assert_false(scene_ask(&set, "anna", &one));
	assert_reason(one.finding, "exists");
	g_assert_cmpint(one.finding.source, ==, MG_SOURCE_CACHE);
	scene_run_until(&set, &set.server.n_rset, 2);
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(set.server.n_rcpt, ==, 2 * (1 + CANARIES));   /* once, whoever looked */
	scene_pass_s(8 * HOUR_S);
	assert_remembered(&set, "anna", "exists");
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(set.server.n_rcpt, ==, 2 * (1 + CANARIES));
	scene_end(&set);
}

/* Two refusals, 30 s apart; between them neither is it asked about nor refused. */
static void
test_doubt(gconstpointer data)
{
	gboolean is_back = GPOINTER_TO_INT(data);
	static smtp_script script;
	scene set;

	script = (smtp_script){ .rcpt = { "250 2.1.5 Ok" } };
	scene_begin(&set, &script, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(13 * HOUR_S);
	script.rcpt[0] = "550 5.1.1 No such user";
	assert_asked(&set, "anna", 1 + CANARIES, "suspect");
	assert_remembered(&set, "anna", "suspect");
	scene_pass_s(29);
	assert_remembered(&set, "anna", "suspect");
	scene_pass_s(1);
	if (is_back)
		script.rcpt[0] = "250 2.1.5 Ok";
	assert_asked(&set, "anna", 1, is_back ? "exists" : "unknown");
	assert_remembered(&set, "anna", is_back ? "exists" : "unknown");
	scene_end(&set);
}

/* It is refused for its spelling, which was good enough yesterday. */
static void
test_bad_syntax_of_valid(void)
{
	static smtp_script script;
	scene set;

	script = (smtp_script){ .rcpt = { "250 2.1.5 Ok" } };
	scene_begin(&set, &script, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(13 * HOUR_S);
	script.rcpt[0] = "550 5.1.3 Bad address";
	assert_asked(&set, "anna", 1 + CANARIES, "suspect");
	assert_remembered(&set, "anna", "suspect");
	assert_asked(&set, "berta", 1, "unknown");
	scene_pass_s(10 * MINUTE_S);
	assert_asked(&set, "anna", 1, "suspect");
	scene_end(&set);
}

/* ---- belief ---- */

/* What is remembered for longer than the canaries hold is asked again with them, and is worth nothing while they are silent. */
static void
test_canaries_lapse(void)
{
	scene set;

	scene_begin(&set, &good, "");
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	scene_pass_s(10 * MINUTE_S);
	assert_asked(&set, "nora", 1, "unknown");
	scene_pass_s(30 * MINUTE_S);
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");   /* for 90 min now */
	set.server.postmaster = "451 4.3.2 Not now";
	scene_pass_s(59 * MINUTE_S);
	assert_reason(scene_find(&set, "nora"), "unknown");
	scene_idle_ms(&set, 50);   /* the canaries, in the background */
	scene_pass_s(MINUTE_S);
	assert_asked(&set, "nora", 1 + CANARIES, "untrusted");
	assert_remembered(&set, "nora", "untrusted");
	set.server.postmaster = "250 2.1.5 Ok";
	scene_pass_s(MINUTE_S);
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	assert_remembered(&set, "nora", "unknown");
	scene_end(&set);
}

/* Not due when the recipient was sent, due when its answer comes: they are asked then, and it does not wait for ever. */
static void
test_canaries_due_in_flight(void)
{
	asked one;
	scene set;

	scene_begin(&set, &good, "");
	set.server.postmaster = "451 4.3.2 Not now";
	assert_asked(&set, "nora", 1 + CANARIES, "untrusted");
	set.server.postmaster = "250 2.1.5 Ok";
	scene_pass_s(59);
	g_assert_true(scene_ask(&set, "norma", &one));
	scene_pass_s(1);
	assert_reason(scene_await(&set, &one), "unknown");
	g_assert_cmpuint(set.server.n_rcpt, ==, 2 * (1 + CANARIES));
	scene_end(&set);
}

/* It is refused, and whether that may be believed is not known in time: nobody lets it through for that. */
static void
test_held(void)
{
	static smtp_script hangs;
	asked first, second;
	scene set;

	hangs = good;
	scene_begin(&set, &hangs, "role = backup-mx\non-failure = accept\n");
	set.server.scripts[1] = &good;
	set.server.postmaster = "451 4.3.2 Not now";
	assert_reason(scene_find(&set, "anna"), "exists");
	scene_pass_s(MINUTE_S);
	hangs.is_mute = TRUE;
	g_assert_true(scene_ask(&set, "nora", &first));
	scene_run_until_sent(&set, 0);
	g_assert_true(scene_ask(&set, "norma", &second));
	scene_run_until(&set, &set.server.n_rset, 2);   /* the second is answered; the canaries are with the first */
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(second.n_called, ==, 0);
	mg_verification_end(g_steal_pointer(&second.waiting), &second.finding);
	assert_reason(second.finding, "untrusted");
	g_assert_false(second.finding.is_let_through);
	g_assert_cmpint(second.finding.reply.code, ==, 550);
	mg_verification_end(g_steal_pointer(&first.waiting), &first.finding);
	assert_reason(first.finding, "backend-down");
	g_assert_true(first.finding.is_let_through);
	scene_end(&set);
}

typedef struct canary_row {
	const char *name, *postmaster, *canary;   /* the backend's replies */
	const char *known, *unknown;              /* what is told of one that it accepts, one that it refuses */
	const char *class;                        /* in the log; NULL: nothing */
} canary_row;

#define OK      "250 2.1.5 Ok"
#define NO_SUCH "550 5.1.1 No such user"

static const canary_row canary_rows[] = {
	{ "good", OK, NO_SUCH, "exists", "unknown", "discriminating" },
	{ "catch-all", OK, OK, "catch-all", "untrusted", "catch-all" },
	{ "catch-all-by-252", OK, "252 2.1.5 Perhaps", "catch-all", "untrusted", "catch-all" },
	{ "rejects-all", NO_SUCH, NO_SUCH, "exists", "untrusted", "rejects-all" },
	{ "blocks-us", "550 5.7.1 Go away", "550 5.7.1 Go away", "exists", "untrusted", "blocks-us" },
	{ "greylists", "450 4.7.1 Greylisted", "450 4.7.1 Greylisted", "exists", "untrusted", "greylists" },
	{ "postmaster-greylisted", "450 4.7.1 Greylisted", NO_SUCH, "exists", "untrusted", "greylists" },
	{ "canary-temporary", OK, "451 4.1.1 Later", "exists", "untrusted", NULL },
	{ "postmaster-full", "452 4.2.2 Full", NO_SUCH, "exists", "unknown", "discriminating" },
	{ "canary-bare-550", OK, "550 No", "exists", "unknown", "discriminating" },
	{ "canary-policy", OK, "550 5.7.1 Relaying denied", "exists", "untrusted", NULL },
};

static void
test_canary(gconstpointer data)
{
	const canary_row *row = data;
	g_autofree char *logged = g_strdup_printf("rcpt.class domain=" DOMAIN " class=%s", row->class);
	scene set;

	scene_begin(&set, &good, "");
	set.server.postmaster = row->postmaster;
	set.server.canary = row->canary;
	assert_asked(&set, "nora", 1 + CANARIES, row->unknown);
	assert_reason(scene_find(&set, "anna"), row->known);
	assert_reason(scene_find(&set, "anna"), row->known);
	g_assert_cmpuint(set.server.n_canaries, ==, 1);
	if (row->class != NULL)
		g_assert_nonnull(strstr(scene_log->str, logged));
	else
		g_assert_null(strstr(scene_log->str, "rcpt.class"));
	scene_end(&set);
}

/* No RCPT for anybody, once the domain is known to take everything. */
static void
test_catch_all_costs_nothing(void)
{
	char name[32];
	scene set;

	scene_begin(&set, &good, "");
	set.server.canary = OK;
	assert_reason(scene_find(&set, "anna"), "catch-all");
	for (guint i = 0; i < 500; i++) {
		name_of(name, "no", i);
		assert_remembered(&set, name, "catch-all");
	}
	scene_pass_s(HOUR_S);
	set.server.canary = NO_SUCH;
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	scene_end(&set);
}

/* More than five that were valid are refused: so is nobody. */
static void
test_rejection_breaker(void)
{
	static smtp_script script;
	char name[32];
	scene set;

	script = (smtp_script){ .rcpt = { OK } };
	scene_begin(&set, &script, "");
	find_many(&set, "u", 30, "exists");
	scene_pass_s(13 * HOUR_S);
	script.rcpt[0] = NO_SUCH;
	for (guint i = 0; i < 5; i++) {
		name_of(name, "u", i);
		assert_reason(scene_find(&set, name), "suspect");
	}
	assert_asked(&set, "bob", 1, "unknown");
	g_assert_null(strstr(scene_log->str, "rcpt.breaker"));
	assert_reason(scene_find(&set, "u5"), "suspect");
	g_assert_nonnull(strstr(scene_log->str, "rcpt.breaker backend=corp domain=" DOMAIN));
	assert_remembered(&set, "bob", "untrusted");
	assert_asked(&set, "carol", 1, "untrusted");
	scene_pass_s(30);
	assert_asked(&set, "u0", 1, "untrusted");   /* the second refusal */
	scene_pass_s(15 * MINUTE_S);
	assert_asked(&set, "dave", 1 + CANARIES, "unknown");
	scene_end(&set);
}

/* Somebody sends to our canary: it was ours to know. */
static void
test_circle(void)
{
	const char *at;
	char name[MG_CANARY_LENGTH + 1];
	guint n_rcpt;
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	at = strstr(set.server.transcript->str, "RCPT TO:<");
	while (!smtp_is_canary(at))
		at = strstr(at + 1, "RCPT TO:<");
	g_strlcpy(name, at + strlen("RCPT TO:<"), sizeof(name));
	n_rcpt = set.server.n_rcpt;
	assert_reason(scene_find(&set, name), "temporary");
	g_assert_cmpuint(set.server.n_rcpt, ==, n_rcpt);
	g_assert_nonnull(strstr(scene_log->str, "rcpt.circle backend=corp"));
	scene_end(&set);
}

/* ---- a backend that was down ---- */

/* It is left alone, seen again, and asked as before. Breakers go by the real clock: five seconds. */
static void
test_recovers(void)
{
	static const smtp_script closes = { .banner = "!close" };
	char name[32];
	guint n_connections;
	asked ones[2];
	scene set;

	scene_begin(&set, &closes, "");
	for (guint i = 0; i < MG_BREAKER_IN_A_ROW; i++) {
		name_of(name, "u", i);
		assert_reason(scene_find(&set, name), "backend-down");
	}
	n_connections = set.server.n_connections;
	g_assert_false(scene_ask(&set, "anna", &ones[0]));
	assert_reason(ones[0].finding, "backend-down");
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(set.server.n_connections, ==, n_connections);
	set.server.scripts[0] = &good;
	scene_pass_s(MINUTE_S);
	for (guint i = 0; i < PATIENCE_MS / 100 && !scene_ask(&set, "anna", &ones[0]); i++)
		scene_idle_ms(&set, 100);
	g_assert_nonnull(ones[0].waiting);
	/* One, to see; others need not wait for that. */
	g_assert_false(scene_ask(&set, "berta", &ones[1]));
	assert_reason(ones[1].finding, "backend-down");
	scene_await(&set, &ones[0]);
	for (guint i = 0; i < PATIENCE_MS / 20 && ones[0].finding.reason != MG_REASON_RCPT_EXISTS; i++) {
		scene_idle_ms(&set, 20);
		ones[0].finding = scene_find(&set, "anna");
	}
	assert_reason(scene_find(&set, "berta"), "exists");
	scene_end(&set);
}

/* ---- reload ---- */

/* What is under way is answered; then its connections are closed and its policy is gone. */
static void
test_reload_in_flight(void)
{
	asked ones[2];
	mg_policy *former;
	scene set;

	scene_begin(&set, &good, "");
	g_assert_true(scene_ask(&set, "anna", &ones[0]));
	scene_run_until(&set, &set.server.n_open, 1);
	former = mg_policy_ref(set.policy);
	scene_adopt(&set, scene_policy(&set, set.more));
	g_assert_true(scene_ask(&set, "berta", &ones[1]));
	assert_reason(scene_await(&set, &ones[0]), "exists");
	assert_reason(scene_await(&set, &ones[1]), "exists");
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(former->n_references, ==, 1);
	g_assert_cmpuint(set.server.n_connections, ==, 2);
	g_assert_cmpuint(set.server.n_open, ==, 1);
	/* The same backend: what is known of it and its recipients stays. */
	assert_remembered(&set, "anna", "exists");
	g_assert_cmpuint(set.server.n_canaries, ==, 1);
	mg_policy_unref(former);
	scene_end(&set);
}

/* A question that came before asks after: its connections do not stay until the next reload. */
static void
test_question_of_former_policy(void)
{
	asked one;
	mg_policy *former;
	scene set;

	scene_begin(&set, &good, "");
	former = mg_policy_ref(set.policy);
	scene_adopt(&set, scene_policy(&set, set.more));
	scene_idle_ms(&set, 5);
	g_assert_cmpuint(former->n_references, ==, 1);
	g_assert_true(scene_ask_of(&set, former, NULL, "anna", NULL, &one));
	assert_reason(scene_await(&set, &one), "exists");
	g_assert_false(scene_ask_of(&set, former, NULL, "anna", NULL, &one));
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(former->n_references, ==, 1);
	g_assert_cmpuint(set.server.n_open, ==, 0);
	mg_policy_unref(former);
	scene_end(&set);
}

/* The canaries that one waits for go with the pool of the former policy: it asks for its own. */
static void
test_canaries_go_with_the_pool(void)
{
	static smtp_script hangs;
	asked other, one;
	mg_policy *former;
	scene set;

	hangs = good;
	scene_begin(&set, &hangs, "");
	set.server.scripts[1] = &hangs;
	set.server.scripts[2] = &good;
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	scene_pass_s(10 * MINUTE_S);
	assert_asked(&set, "nora", 1, "unknown");
	scene_pass_s(9 * MINUTE_S);
	hangs.is_mute = TRUE;
	assert_remembered(&set, "nora", "unknown");   /* and both canaries are asked in the background */
	scene_run_until_sent(&set, 0);
	/* Another domain's recipient keeps the pool. */
	g_assert_true(scene_ask_of(&set, set.policy, "a.wide.example", "anna", NULL, &other));
	scene_run_until(&set, &set.server.n_connections, 2);
	former = set.policy;
	set.policy = scene_policy(&set, set.more);
	mg_verifier_adopt(set.verifier, set.policy);
	scene_pass_s(45 * MINUTE_S);   /* nothing is believed any more */
	g_assert_true(scene_ask(&set, "norma", &one));
	scene_run_until(&set, &set.server.n_rset, 3);
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(one.n_called, ==, 0);
	smtp_close(&set.server, &set.server.connections[1], TRUE);   /* the other is asked about again, elsewhere */
	assert_reason(scene_await(&set, &other), "exists");
	assert_reason(scene_await(&set, &one), "unknown");
	scene_idle_ms(&set, 20);
	g_assert_cmpuint(former->n_references, ==, 1);
	mg_policy_unref(former);
	scene_end(&set);
}

/* The postmaster is unknown, so nothing is believed; the operator names somebody else. */
static void
test_another_canary(void)
{
	scene set;

	scene_begin(&set, &good, "");
	set.server.postmaster = NO_SUCH;
	assert_reason(scene_find(&set, "nora"), "untrusted");
	scene_adopt(&set, scene_policy(&set, "tls = off\ncanary = anna\n"));
	scene_idle_ms(&set, 5);
	assert_reason(scene_find(&set, "nora"), "unknown");
	g_assert_nonnull(strstr(set.server.transcript->str, "RCPT TO:<anna@" DOMAIN ">"));
	scene_end(&set);
}

/* Another server may know others. */
static void
test_another_backend(void)
{
	scene set;

	scene_begin(&set, &good, "");
	assert_reason(scene_find(&set, "anna"), "exists");
	assert_remembered(&set, "anna", "exists");
	scene_adopt(&set, scene_policy(&set, "tls = off\nhelo = other.example.org\n"));
	scene_idle_ms(&set, 5);
	assert_asked(&set, "anna", 1 + CANARIES, "exists");
	scene_end(&set);
}

/* In the midst of everything: nobody is called, nothing is left. */
static void
test_freed_at_once(gconstpointer data)
{
	asked all[GUESSES_AT_ONCE + 5];
	char name[32];
	scene set;

	scene_begin(&set, &good, "");
	for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
		name_of(name, "no", i);
		g_assert_true(scene_ask(&set, name, &all[i]));
	}
	if (GPOINTER_TO_INT(data) > 0)
		scene_idle_ms(&set, (guint)GPOINTER_TO_INT(data));
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		mg_verification_cancel(g_steal_pointer(&all[i].waiting));
	scene_close(&set);
	scene_idle_ms(&set, 5);
	mg_verifier_free(NULL);
	scene_end(&set);
}

/* ---- negative-cache, cache ---- */

/* Each refusal is asked for; but of one that was valid two are wanted, and those are kept in mind. */
static void
test_negatives_not_cached(void)
{
	static smtp_script script;
	scene set;

	script = good;
	scene_begin(&set, &script, "negative-cache = no\n");
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	assert_asked(&set, "nora", 1, "unknown");
	assert_asked(&set, "anna", 1, "exists");
	assert_remembered(&set, "anna", "exists");
	scene_pass_s(13 * HOUR_S);
	script.rcpt[0] = NO_SUCH;
	assert_asked(&set, "anna", 1 + CANARIES, "suspect");
	assert_remembered(&set, "anna", "suspect");
	scene_pass_s(30);
	assert_asked(&set, "anna", 1, "unknown");
	assert_asked(&set, "anna", 1, "unknown");
	script.rcpt[0] = "550 5.1.3 Bad address";
	assert_asked(&set, "b\"", 1, "unknown");
	script.rcpt[0] = OK;
	assert_asked(&set, "anna", 1, "exists");
	assert_remembered(&set, "anna", "exists");
	scene_end(&set);
}

static void
test_restart(void)
{
	g_autofree char *directory = g_dir_make_tmp("mailguard-XXXXXX", NULL);
	g_autofree char *more = g_strdup_printf("[recipients]\ncache = %s/cache\n", directory);
	GDir *dir;
	const char *name;
	scene set;

	scene_begin(&set, &good, more);
	assert_reason(scene_find(&set, "anna"), "exists");
	assert_reason(scene_find(&set, "nora"), "unknown");
	scene_close(&set);
	scene_open(&set);
	assert_remembered(&set, "anna", "exists");
	/* It is remembered, but whom to believe is learned anew. */
	assert_asked(&set, "nora", 1 + CANARIES, "unknown");
	scene_close(&set);
	scene_end(&set);
	dir = g_dir_open(directory, 0, NULL);
	while ((name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_assert_cmpint(g_rmdir(directory), ==, 0);
}

/* ---- an attack ---- */

/* Unknown recipients in thousands, of hundreds of clients, at once: the backend sees what it may, second by second; everybody is
 * told something in time; who is known is answered as ever. */
static void
test_attack(void)
{
	enum { N = 2000, CLIENTS = 500, SECONDS = 4 };
	g_autofree asked *all = g_new(asked, N);
	guint n_waiting = 0, n_over = 0, n_unknown = 0;
	char name[32], client[32];
	scene set;

	scene_begin(&set, &good, "");
	find_many(&set, "u", 20, "exists");
	scene_pass_s(10);   /* all guesses are there again */
	set.server.n_rcpt = 0;
	for (guint i = 0; i < N; i++) {
		name_of(name, "no", i);
		g_snprintf(client, sizeof(client), "198.51.%u.%u", 100 + i % CLIENTS / 250, 1 + i % CLIENTS % 250);
		n_waiting += scene_ask_of(&set, set.policy, NULL, name, client, &all[i]);
		g_assert_true(all[i].waiting != NULL || all[i].finding.reason == MG_REASON_RCPT_OVER_BUDGET);
	}
	g_assert_cmpuint(n_waiting, ==, GUESSES_AT_ONCE + QUEUED_MAX);
	for (guint second = 0; second <= SECONDS; second++) {
		guint n_may = GUESSES_AT_ONCE + GUESSES_A_SECOND * second;

		scene_run_until(&set, &set.server.n_rcpt, n_may);
		scene_run_until(&set, &set.n_answers, 20 + n_may);
		scene_idle_ms(&set, 120);   /* the queue is looked at twice */
		g_assert_cmpuint(set.server.n_rcpt, ==, n_may);
		name_of(name, "u", second);
		assert_remembered(&set, name, "exists");
		scene_pass_s(1);
	}
	for (guint i = 0; i < N; i++) {
		if (all[i].waiting != NULL)   /* the client's time is up */
			mg_verification_end(g_steal_pointer(&all[i].waiting), &all[i].finding);
		n_over += all[i].finding.reason == MG_REASON_RCPT_OVER_BUDGET;
		n_unknown += all[i].finding.reason == MG_REASON_RCPT_UNKNOWN;
	}
	g_assert_cmpuint(n_over + n_unknown, ==, N);
	g_assert_cmpuint(n_unknown, >=, GUESSES_AT_ONCE + GUESSES_A_SECOND * SECONDS);
	/* Nothing of it is left over. */
	scene_idle_ms(&set, 120);
	g_assert_cmpuint(set.server.n_rcpt, <=, GUESSES_AT_ONCE + GUESSES_A_SECOND * (SECONDS + 1));
	scene_end(&set);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/verifier/first-refusal", test_first_refusal);
	g_test_add_func("/verifier/single-flight", test_single_flight);
	g_test_add_func("/verifier/cancel-from-inside", test_cancel_from_inside);
	g_test_add_func("/verifier/waiters-leave", test_waiters_leave);
	g_test_add_func("/verifier/time-is-up", test_time_is_up);
	g_test_add_func("/verifier/waiters-max", test_waiters_max);
	g_test_add_func("/verifier/flights-max", test_flights_max);
	g_test_add_func("/verifier/refused-flight-costs-no-guess", test_refused_flight_costs_no_guess);
	g_test_add_func("/verifier/guesses/queue", test_guesses_queue);
	g_test_add_func("/verifier/guesses/queue-max", test_queue_max);
	TEST_ROWS("/verifier/guesses/counts", guess_rows, test_guess);
	g_test_add_func("/verifier/guesses/queued-send-no-canaries", test_queued_guesses_send_no_canaries);
	g_test_add_func("/verifier/budget/client", test_client_budget);
	g_test_add_func("/verifier/budget/stale", test_over_budget_and_stale);
	g_test_add_func("/verifier/budget/of-policy", test_budget_of_policy);
	g_test_add_func("/verifier/valid/stale-and-dead", test_stale_and_dead);
	g_test_add_func("/verifier/valid/stale-and-slow", test_stale_and_slow);
	g_test_add_func("/verifier/valid/refresh-ahead", test_refresh_ahead);
	g_test_add_data_func("/verifier/valid/doubt", GINT_TO_POINTER(FALSE), test_doubt);
	g_test_add_data_func("/verifier/valid/doubt-and-back", GINT_TO_POINTER(TRUE), test_doubt);
	g_test_add_func("/verifier/valid/bad-syntax", test_bad_syntax_of_valid);
	g_test_add_func("/verifier/belief/lapses", test_canaries_lapse);
	g_test_add_func("/verifier/belief/due-in-flight", test_canaries_due_in_flight);
	g_test_add_func("/verifier/belief/held", test_held);
	TEST_ROWS("/verifier/belief/canary", canary_rows, test_canary);
	g_test_add_func("/verifier/belief/catch-all-costs-nothing", test_catch_all_costs_nothing);
	g_test_add_func("/verifier/belief/rejection-breaker", test_rejection_breaker);
	g_test_add_func("/verifier/belief/circle", test_circle);
	g_test_add_func("/verifier/recovers", test_recovers);
	g_test_add_func("/verifier/reload/in-flight", test_reload_in_flight);
	g_test_add_func("/verifier/reload/question-of-former-policy", test_question_of_former_policy);
	g_test_add_func("/verifier/reload/canaries-go-with-the-pool", test_canaries_go_with_the_pool);
	g_test_add_func("/verifier/reload/another-canary", test_another_canary);
	g_test_add_func("/verifier/reload/another-backend", test_another_backend);
	g_test_add_data_func("/verifier/freed/at-once", GINT_TO_POINTER(0), test_freed_at_once);
	g_test_add_data_func("/verifier/freed/in-the-midst", GINT_TO_POINTER(10), test_freed_at_once);
	g_test_add_func("/verifier/negatives-not-cached", test_negatives_not_cached);
	g_test_add_func("/verifier/restart", test_restart);
	g_test_add_func("/verifier/attack", test_attack);
	return g_test_run();
}
