/* test_canaries.c - the two recipients that show whether a backend tells others apart: when they are asked about, what becomes of
 * the domains, and of a pool that goes while they are under way. */
#include "verify/canaries.h"

#include "verify_scene.h"

#define WATCHES_MAX 4096   /* of canaries.c */

static const smtp_script good = { 0 };

typedef struct watched {
	scene            set;
	mg_canaries     *canaries;
	mg_pool         *pool;
	mg_canary_watch *last;      /* whose canaries were answered last */
	guint            n_answered;
} watched;

static void
note_answered(void *context, mg_canary_watch *watch)
{
	watched *of = context;

	of->last = watch;
	of->n_answered++;
}

static mg_pool *
pool_of(const watched *of)
{
	return mg_pool_new(&(mg_pool_settings){
		.backend = of->set.policy->backends->pdata[0], .policy = of->set.policy, .loop = of->set.loop,
		.resolver = of->set.resolver, .log = &scene_logger, .times = of->set.times,
	});
}

static void
watched_begin(watched *of, const smtp_script *script, const char *more)
{
	*of = (watched){ .n_answered = 0 };
	scene_prepare(&of->set, script, more);
	of->canaries = mg_canaries_new(&scene_logger, scene_clock, note_answered, of);
	of->pool = pool_of(of);
}

static void
watched_end(watched *of)
{
	mg_canaries_free(of->canaries);
	mg_pool_free(of->pool);
	scene_end(&of->set);
}

static mg_canary_watch *
watch_of(watched *of, const char *domain)
{
	return mg_canaries_get(of->canaries, of->set.policy->backends->pdata[0], domain);
}

static gint64
now_s(void)
{
	return scene_clock() / S;
}

static void
refresh(watched *of, mg_canary_watch *watch)
{
	mg_canary_watch_refresh(watch, of->pool, now_s());
}

/* ---- when ---- */

static void
test_asked_when_due(void)
{
	mg_canary_watch *watch;
	watched of;

	watched_begin(&of, &good, "");
	watch = watch_of(&of, DOMAIN);
	g_assert_true(mg_canary_watch_is_due(watch, now_s()));
	refresh(&of, watch);
	refresh(&of, watch);   /* they are under way */
	g_assert_true(mg_canary_watch_is_due(watch, now_s()));
	g_assert_cmpuint(of.n_answered, ==, 0);
	scene_run_until(&of.set, &of.n_answered, 1);
	g_assert_true(of.last == watch);
	g_assert_false(mg_canary_watch_is_due(watch, now_s()));
	g_assert_true(mg_trust_believes_negatives(mg_canary_watch_trust(watch), now_s()));
	g_assert_cmpuint(of.set.server.n_rcpt, ==, 2);
	g_assert_cmpuint(of.set.server.n_batch_most, ==, 2);   /* in one go */
	g_assert_cmpuint(of.set.server.n_canaries, ==, 1);
	g_assert_nonnull(strstr(of.set.server.transcript->str, "RCPT TO:<postmaster@" DOMAIN ">"));
	g_assert_nonnull(strstr(scene_log->str, "rcpt.class domain=" DOMAIN " class=discriminating was=undetermined"));
	scene_pass_s(899);
	refresh(&of, watch);
	scene_idle_ms(&of.set, 20);
	g_assert_cmpuint(of.set.server.n_rcpt, ==, 2);
	scene_pass_s(1);
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 2);
	g_assert_cmpuint(of.set.server.n_rcpt, ==, 4);
	scene_idle_ms(&of.set, 20);
	g_assert_cmpuint(of.n_answered, ==, 2);
	watched_end(&of);
}

/* What tells nothing is asked again after a minute. */
static void
test_silent(void)
{
	mg_canary_watch *watch;
	watched of;

	watched_begin(&of, &good, "");
	of.set.server.canary = "451 4.3.2 Not now";
	watch = watch_of(&of, DOMAIN);
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 1);
	g_assert_false(mg_canary_watch_is_due(watch, now_s() + 59));
	g_assert_true(mg_canary_watch_is_due(watch, now_s() + 60));
	watched_end(&of);
}

/* Whichever of the two has changed it. */
static void
test_class_is_logged(void)
{
	mg_canary_watch *watch;
	watched of;

	watched_begin(&of, &good, "");
	watch = watch_of(&of, DOMAIN);
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 1);
	scene_pass_s(900);
	of.set.server.postmaster = "550 5.7.1 Go away";
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 2);
	g_assert_nonnull(strstr(scene_log->str, "rcpt.class domain=" DOMAIN " class=undetermined was=discriminating"));
	g_string_truncate(scene_log, 0);
	scene_pass_s(900);
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 3);
	g_assert_null(strstr(scene_log->str, "rcpt.class"));
	watched_end(&of);
}

static void
test_named_canary(gconstpointer data)
{
	g_autofree char *more = g_strdup_printf("canary = %s\n", (const char *)data);
	g_autofree char *expected = g_strdup_printf("RCPT TO:<%s%s>", (const char *)data, strchr(data, '@') != NULL ? "" : "@" DOMAIN);
	watched of;

	watched_begin(&of, &good, more);
	refresh(&of, watch_of(&of, DOMAIN));
	scene_run_until(&of.set, &of.n_answered, 1);
	g_assert_nonnull(strstr(of.set.server.transcript->str, expected));
	g_assert_null(strstr(of.set.server.transcript->str, "postmaster"));
	watched_end(&of);
}

/* ---- circles ---- */

static void
test_circle(void)
{
	g_autofree char *name = NULL, *upper = NULL;
	const char *at;
	watched of;

	watched_begin(&of, &good, "");
	refresh(&of, watch_of(&of, DOMAIN));
	scene_run_until(&of.set, &of.n_answered, 1);
	at = of.set.server.transcript->str;
	do
		at = strstr(at + 1, "RCPT TO:<");
	while (!smtp_is_canary(at));
	name = g_strndup(at + strlen("RCPT TO:<"), MG_CANARY_LENGTH);
	upper = g_ascii_strup(name, -1);
	g_assert_true(mg_canaries_are_ours(of.canaries, DOMAIN, name));
	g_assert_true(mg_canaries_are_ours(of.canaries, DOMAIN, upper));
	g_assert_false(mg_canaries_are_ours(of.canaries, "wide.example", name));
	g_assert_false(mg_canaries_are_ours(of.canaries, DOMAIN, "postmaster"));
	g_assert_false(mg_canaries_are_ours(of.canaries, DOMAIN, name + 1));
	g_assert_false(mg_canaries_are_ours(of.canaries, DOMAIN, ""));
	watched_end(&of);
}

/* ---- many domains ---- */

/* Marked by what is known of it: a watch that was forgotten knows nothing. */
static void
mark(mg_canary_watch *watch)
{
	mg_trust_canary(mg_canary_watch_trust(watch), TRUE, MG_RCPT_VALID, now_s());
	mg_trust_canary(mg_canary_watch_trust(watch), FALSE, MG_RCPT_VALID, now_s());
}

static gboolean
is_marked(watched *of, const char *domain)
{
	return mg_trust_class(mg_canary_watch_trust(watch_of(of, domain)), now_s()) == MG_DOMAIN_CATCH_ALL;
}

static void
fill(watched *of, guint from, guint n)
{
	char domain[32];

	for (guint i = from; i < from + n; i++) {
		g_snprintf(domain, sizeof(domain), "d%u.wide.example", i);
		mark(watch_of(of, domain));
	}
}

static void
test_forgotten(void)
{
	mg_canary_watch *held;
	watched of;

	watched_begin(&of, &good, "");
	held = watch_of(&of, "held.wide.example");
	mark(held);
	mg_canary_watch_hold(held);
	mg_canary_watch_hold(held);
	refresh(&of, watch_of(&of, "asked.wide.example"));
	fill(&of, 0, WATCHES_MAX - 2);
	g_assert_true(is_marked(&of, "d0.wide.example"));   /* as many as there may be; and that one was used last */
	fill(&of, WATCHES_MAX, 1);
	g_assert_true(is_marked(&of, "d0.wide.example"));
	g_assert_false(is_marked(&of, "d1.wide.example"));   /* which takes the place of d2 */
	g_assert_false(is_marked(&of, "d2.wide.example"));
	g_assert_true(is_marked(&of, "held.wide.example"));
	/* Held no more, it is as any other. */
	mg_canary_watch_let_go(held);
	fill(&of, 2 * WATCHES_MAX, 2 * WATCHES_MAX);
	g_assert_true(is_marked(&of, "held.wide.example"));
	mg_canary_watch_let_go(held);
	fill(&of, 4 * WATCHES_MAX, 2 * WATCHES_MAX);
	g_assert_false(is_marked(&of, "held.wide.example"));
	/* Whose canaries are under way hears of them. */
	scene_run_until(&of.set, &of.n_answered, 1);
	g_assert_true(of.last == watch_of(&of, "asked.wide.example"));
	watched_end(&of);
}

/* By backend, its canary, and domain. */
static void
test_apart(void)
{
	mg_policy *next;
	watched of;

	watched_begin(&of, &good, "");
	mark(watch_of(&of, DOMAIN));
	g_assert_true(is_marked(&of, DOMAIN));
	g_assert_false(is_marked(&of, "wide.example"));
	next = scene_policy(&of.set, of.set.more);
	g_assert_true(mg_canaries_get(of.canaries, next->backends->pdata[0], DOMAIN) == watch_of(&of, DOMAIN));
	mg_policy_unref(next);
	next = scene_policy(&of.set, "tls = off\ncanary = anna\n");
	g_assert_true(mg_canaries_get(of.canaries, next->backends->pdata[0], DOMAIN) != watch_of(&of, DOMAIN));
	mg_policy_unref(next);
	next = scene_policy(&of.set, "tls = off\nhelo = other.example.org\n");
	g_assert_true(mg_canaries_get(of.canaries, next->backends->pdata[0], DOMAIN) != watch_of(&of, DOMAIN));
	mg_policy_unref(next);
	watched_end(&of);
}

/* ---- a pool that goes ---- */

static void
test_pool_goes(void)
{
	mg_canary_watch *watch, *other;
	mg_pool *second;
	watched of;

	watched_begin(&of, &good, "");
	second = pool_of(&of);
	watch = watch_of(&of, DOMAIN);
	other = watch_of(&of, "wide.example");
	mg_canary_watch_refresh(watch, second, now_s());
	refresh(&of, other);
	mg_canaries_leave(of.canaries, second);
	g_assert_cmpuint(of.n_answered, ==, 1);   /* who waits for them is told that there is nothing to wait for */
	g_assert_true(of.last == watch);
	mg_canaries_leave(of.canaries, second);
	g_assert_cmpuint(of.n_answered, ==, 1);
	mg_pool_free(second);
	scene_run_until(&of.set, &of.n_answered, 2);
	g_assert_true(of.last == other);
	g_assert_true(mg_canary_watch_is_due(watch, now_s()));
	refresh(&of, watch);
	scene_run_until(&of.set, &of.n_answered, 3);
	g_assert_true(mg_trust_believes_negatives(mg_canary_watch_trust(watch), now_s()));
	/* Nothing of theirs is under way: it goes unnoticed. */
	mg_canaries_leave(of.canaries, of.pool);
	g_assert_cmpuint(of.n_answered, ==, 3);
	g_assert_false(mg_canary_watch_is_due(watch, now_s()));
	watched_end(&of);
}

/* Nobody is called any more. */
static void
test_freed_under_way(void)
{
	watched of;

	watched_begin(&of, &good, "");
	refresh(&of, watch_of(&of, DOMAIN));
	refresh(&of, watch_of(&of, "wide.example"));
	g_clear_pointer(&of.canaries, mg_canaries_free);
	scene_idle_ms(&of.set, 20);
	g_assert_cmpuint(of.n_answered, ==, 0);
	watched_end(&of);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/canaries/asked-when-due", test_asked_when_due);
	g_test_add_func("/canaries/silent", test_silent);
	g_test_add_func("/canaries/class-is-logged", test_class_is_logged);
	g_test_add_data_func("/canaries/named/local-part", "anna", test_named_canary);
	g_test_add_data_func("/canaries/named/mailbox", "anna@" DOMAIN, test_named_canary);
	g_test_add_func("/canaries/circle", test_circle);
	g_test_add_func("/canaries/forgotten", test_forgotten);
	g_test_add_func("/canaries/apart", test_apart);
	g_test_add_func("/canaries/pool-goes", test_pool_goes);
	g_test_add_func("/canaries/freed-under-way", test_freed_under_way);
	return g_test_run();
}
