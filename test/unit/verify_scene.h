/* verify_scene.h - for tests: a verifier, a policy with one backend, and a scripted server that is it. What is remembered, believed
 * and allowed goes by a clock that stands still until the test moves it; deadlines of sockets go by the real one. */
#ifndef MG_TEST_VERIFY_SCENE_H
#define MG_TEST_VERIFY_SCENE_H

#include <sys/ioctl.h>

#include "base/reason.h"
#include "judge.h"
#include "scripted_smtp.h"
#include "verify/verifier.h"

#define MS ((gint64)1000)
#define S  ((gint64)G_USEC_PER_SEC)
#define MINUTE_S   60
#define HOUR_S     3600
#define PATIENCE_MS 60000   /* a machine may be as slow as it likes */
#define DOMAIN     "example.net"

typedef struct scene {
	guint            n_descriptors;
	mg_loop         *loop;
	mg_local_zone   *zone;
	mg_resolver     *resolver;
	mg_policy       *policy;      /* in force */
	mg_verifier     *verifier;
	smtp_server      server;
	char            *more;        /* owned; of the policy's text */
	gint64           wait_us, stale_wait_us;
	const mg_pool_times *times;
	guint            n_answers;
} scene;

/* One who asks. */
typedef struct asked {
	scene           *set;
	mg_verification *waiting;     /* NULL: not, or not any more */
	guint            n_called;
	mg_rcpt_finding  finding;     /* once it does not wait */
} asked;

/* Deadlines that nothing but a wait for them reaches. */
static const mg_pool_times scene_times_long = {
	.connection = {
		.connect_us = 60 * S, .banner_us = 60 * S, .reply_us = 60 * S, .flight_us = 60 * S, .line_us = 60 * S,
		.octets_per_s = 32, .idle_us = 60 * S, .life_us = 60 * S, .quit_us = 60 * S,
	},
	.probe_us = 60 * S, .gather_us = 5 * MS, .hold_us = 1 * S, .distrust_us = 60 * S,
};

static gint64   scene_now_us;
static GString *scene_log;   /* since the scene began */

static inline gint64
scene_clock(void)
{
	return scene_now_us;
}

static inline void
scene_pass_s(gint64 seconds)
{
	scene_now_us += seconds * S;
}

static inline void
scene_note_log(void *context G_GNUC_UNUSED, mg_level level, const char *line)
{
	g_string_append_printf(scene_log, "%d %s\n", (int)level, line);
}

static const mg_log scene_logger = { scene_note_log, NULL, MG_LEVEL_INFO };

/* ---- begin and end ---- */

static inline mg_policy *
scene_policy(const scene *set, const char *more)
{
	g_autofree char *text = g_strdup_printf("[mailguard]\nhostname = mx.example.org\n[domains]\nrelay-to = " DOMAIN " .wide.example\n"
		"[backend corp]\ndomains = " DOMAIN " .wide.example\nserver = smtp://127.0.0.1:%u\n%s", set->server.port, more);

	return policy_from(text);
}

static inline void
scene_open(scene *set)
{
	set->verifier = mg_verifier_new(&(mg_verifier_settings){
		.loop = set->loop, .resolver = set->resolver, .log = &scene_logger, .clock = scene_clock, .wait_us = set->wait_us,
		.stale_wait_us = set->stale_wait_us, .pool_times = set->times,
	});
	mg_verifier_adopt(set->verifier, set->policy);
}

/* @more: keys of [backend corp], and sections. */
static inline void
scene_prepare(scene *set, const smtp_script *script, const char *more)
{
	static const char ZONE[] = "$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n";
	mg_resolver_settings settings = mg_resolver_settings_standard;
	mg_findings *findings = mg_findings_new();
	char *why = NULL;

	*set = (scene){ .n_descriptors = count_descriptors(), .times = &scene_times_long, .wait_us = 60 * S, .stale_wait_us = 60 * S };
	scene_now_us = 1000000 * S;
	scene_log = g_string_new(NULL);
	set->loop = mg_loop_new();
	set->zone = mg_local_zone_parse(ZONE, strlen(ZONE), "zone", findings);
	settings.servers = "127.0.0.1:9";
	settings.zone = set->zone;
	set->resolver = mg_resolver_new(set->loop, &scene_logger, &settings, &why);
	g_assert_nonnull(set->resolver);
	mg_findings_free(findings);
	smtp_server_begin(&set->server, script);
	set->server.postmaster = "250 2.1.5 Ok";
	set->server.canary = "550 5.1.1 No such user";
	set->more = g_strconcat(strstr(more, "tls = ") == NULL ? "tls = off\n" : "", more, NULL);
	set->policy = scene_policy(set, set->more);
}

static inline void
scene_begin(scene *set, const smtp_script *script, const char *more)
{
	scene_prepare(set, script, more);
	scene_open(set);
}

/* A reload. @next: taken over. */
static inline void
scene_adopt(scene *set, mg_policy *next)
{
	mg_verifier_adopt(set->verifier, next);
	mg_policy_unref(set->policy);
	set->policy = next;
}

static inline void
scene_close(scene *set)
{
	g_clear_pointer(&set->verifier, mg_verifier_free);
}

/* Nothing may be left of it. */
static inline void
scene_end(scene *set)
{
	scene_close(set);
	g_assert_cmpuint(set->policy->n_references, ==, 1);
	mg_policy_unref(set->policy);
	g_assert_cmpuint(set->server.n_forbidden, ==, 0);
	smtp_server_end(&set->server);
	mg_resolver_free(set->resolver);
	mg_local_zone_free(set->zone);
	mg_loop_free(set->loop);
	g_free(set->more);
	if (g_test_failed())
		g_test_message("%s", scene_log->str);
	g_string_free(scene_log, TRUE);
	g_assert_cmpuint(count_descriptors(), ==, set->n_descriptors);
}

/* ---- asking ---- */

static inline void
scene_woken(void *context)
{
	asked *one = context;

	one->n_called++;
	one->set->n_answers++;
	mg_verification_end(g_steal_pointer(&one->waiting), &one->finding);
}

/* TRUE: it waits. @domain: NULL: DOMAIN. @client: NULL: nobody. */
static inline gboolean
scene_ask_of(scene *set, mg_policy *policy, const char *domain, const char *local_part, const char *client, asked *one)
{
	g_autofree char *path = g_strconcat(local_part, "@", domain != NULL ? domain : DOMAIN, NULL);
	mg_ip ip;
	const mg_verifier_wish wish = {
		.policy = policy, .backend = policy->backends->pdata[0], .domain = domain != NULL ? domain : DOMAIN, .key = local_part,
		.path = path, .client = client != NULL ? &ip : NULL,
	};

	if (client != NULL)
		g_assert_true(mg_ip_parse(client, &ip));
	*one = (asked){ .set = set };
	if (mg_verifier_look(set->verifier, &wish, &one->finding))
		return FALSE;
	one->waiting = mg_verifier_ask(set->verifier, &wish, scene_woken, one, &one->finding);
	g_assert_cmpuint(one->n_called, ==, 0);   /* never from inside */
	return one->waiting != NULL;
}

static inline gboolean
scene_ask(scene *set, const char *local_part, asked *one)
{
	return scene_ask_of(set, set->policy, NULL, local_part, NULL, one);
}

static inline void
scene_idle_ms(scene *set, guint ms)
{
	guint never = 0;

	g_assert_false(smtp_run(set->loop, &set->server, 1, &never, 1, ms));
}

/* Until @count, of the server's, is @n. */
static inline void
scene_run_until(scene *set, const guint *count, guint n)
{
	g_assert_true(smtp_run(set->loop, &set->server, 1, count, n, PATIENCE_MS));
}

/* Until connection @n has something to hear, though it may be mute. */
static inline void
scene_run_until_sent(scene *set, guint n)
{
	int length = 0;

	for (guint i = 0; length == 0 && i < PATIENCE_MS; i++) {
		scene_idle_ms(set, 1);
		g_assert_cmpint(ioctl(set->server.connections[n].fd, FIONREAD, &length), ==, 0);
	}
	g_assert_cmpint(length, >, 0);
}

/* As a check does: until the answer, or the time to wait for it is over. */
static inline mg_rcpt_finding
scene_await(scene *set, asked *one)
{
	while (one->waiting != NULL && g_get_monotonic_time() < mg_verification_until_us(one->waiting))
		smtp_run(set->loop, &set->server, 1, &one->n_called, 1, 1);
	if (one->waiting != NULL)
		mg_verification_end(g_steal_pointer(&one->waiting), &one->finding);
	return one->finding;
}

/* Asks and waits. */
static inline mg_rcpt_finding
scene_find_for(scene *set, const char *local_part, const char *client)
{
	asked one;

	scene_ask_of(set, set->policy, NULL, local_part, client, &one);
	return scene_await(set, &one);
}

static inline mg_rcpt_finding
scene_find(scene *set, const char *local_part)
{
	return scene_find_for(set, local_part, NULL);
}

static inline const char *
scene_reason(const mg_rcpt_finding *finding)
{
	return mg_reason_get(finding->reason)->word;
}

#define assert_reason(finding, expected) \
	do { \
		const mg_rcpt_finding of_it = (finding); \
\
		g_assert_cmpstr(scene_reason(&of_it), ==, expected); \
	} while (0)

/* It is so, and nobody was asked. */
#define assert_remembered(set, local_part, expected) \
	do { \
		guint n_before = (set)->server.n_rcpt; \
\
		assert_reason(scene_find(set, local_part), expected); \
		g_assert_cmpuint((set)->server.n_rcpt, ==, n_before); \
	} while (0)

/* It is so, by so many RCPT. */
#define assert_asked(set, local_part, n, expected) \
	do { \
		guint n_before = (set)->server.n_rcpt; \
\
		assert_reason(scene_find(set, local_part), expected); \
		g_assert_cmpuint((set)->server.n_rcpt, ==, n_before + (n)); \
	} while (0)

#endif
