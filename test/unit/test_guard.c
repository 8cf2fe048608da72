/* test_guard.c - the library through its public functions: options, sessions, the run, fork, memory, bad engines.
 * Linked with the library's objects, so that its own allocations (and no others) can be made to fail. */
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mailguard.h"
#include "internal.h"
#include "support.h"

/* ---- memory that runs out ---- */

static gint allocations_left = G_MAXINT;   /* until one fails */
static gboolean has_failed;

static gboolean
allocation_fails(void)
{
	if (allocations_left == G_MAXINT || allocations_left-- > 0)
		return FALSE;
	allocations_left = G_MAXINT;   /* one failure a run */
	return has_failed = TRUE;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(old, size);
}

/* ---- a policy and a guard ---- */

static char *directory, *config;

static const char policy_text[] =
	"[mailguard]\nhostname = mx1.example.net\n[domains]\nlocal = example.net\n"
	"[zone servers]\nnetworks = 10.1.2.3\nowner = a\n[grant servers]\nzone = servers\nowner = a\n"
	"[deny senders]\nsenders = @b.example\n[sender]\nown-domain = flag\n";

static void
write_file(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
}

/* In a world without names: nothing is asked of any network. */
static void
write_policy(const char *text)
{
	g_autofree char *world = g_build_filename(directory, "world", NULL);
	g_autofree char *with_world = g_strconcat(text, "[dns]\nservers = 127.0.0.1:9\nlocal-zone = world\n", NULL);

	write_file(world, "$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n");
	write_file(config, with_world);
}

static void
remember_line(void *context, mg_level level, const char *line)
{
	g_string_append_printf(context, "%s %s\n", mg_level_name((int)level), line);
}

static mg_options
options_new(void)
{
	mg_options options = MG_OPTIONS_INIT;

	options.config = config;
	options.engine = g_getenv("MAILGUARD_ENGINE");
	return options;
}

static mg_guard *
guard_of(const mg_options *options)
{
	mg_guard *guard = NULL;

	g_assert_cmpint(mg_guard_open(options, &guard), ==, MG_OK);
	return guard;
}

static mg_guard *
guard_new(void)
{
	mg_options options = options_new();

	return guard_of(&options);
}

static mg_session *
session_new(mg_guard *guard, const char *ip, const char *from)
{
	mg_session *session = NULL;

	g_assert_cmpint(mg_session_new(guard, &session), ==, MG_OK);
	g_assert_cmpint(mg_session_set_client(session, ip, MG_FROM_SOCKET), ==, MG_OK);
	g_assert_cmpint(mg_session_set_helo(session, "host.example", MG_TEXT, MG_HELO_EXTENDED), ==, MG_OK);
	if (from != NULL)
		g_assert_cmpint(mg_session_set_mail_from(session, from, MG_TEXT, 0), ==, MG_OK);
	return session;
}

static mg_verdict *
verdict_of(mg_session *session, uint64_t request)
{
	mg_verdict *verdict = NULL;

	g_assert_cmpint(mg_guard_wait(session->guard, request, &verdict), ==, MG_OK);
	g_assert_cmpuint(mg_verdict_request(verdict), ==, request);
	return verdict;
}

static mg_verdict *
ask_rcpt(mg_session *session, const char *to)
{
	uint64_t request;

	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, to, MG_TEXT, &request), ==, MG_OK);
	return verdict_of(session, request);
}

static mg_verdict *
ask_spf(mg_session *session, mg_identity identity)
{
	uint64_t request;

	g_assert_cmpint(mg_ask_spf(session, identity, &request), ==, MG_OK);
	return verdict_of(session, request);
}

static gboolean
is_readable(int fd, int wait_ms)
{
	struct pollfd polled = { fd, POLLIN, 0 };

	return poll(&polled, 1, wait_ms) == 1;
}

/* ---- options ---- */

typedef struct newer_options {
	mg_options now;
	uint64_t   later;
} newer_options;

static void
test_options_sizes(void)
{
	newer_options newer = { .now = options_new() };
	mg_options older = options_new();
	const char *engine = older.engine;
	mg_guard *guard = NULL;

	newer.now.size = sizeof(newer);
	g_assert_cmpint(mg_guard_open(&newer.now, &guard), ==, MG_OK);
	g_clear_pointer(&guard, mg_guard_close);
	newer.later = 1;   /* a wish that this library does not know */
	g_assert_cmpint(mg_guard_open(&newer.now, &guard), ==, MG_E_ABI);

	/* One member shorter, and all that may be missing: it reads as zero, whatever stands behind. */
	older.size = offsetof(mg_options, flags);
	older.flags = 15;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_OK);
	g_clear_pointer(&guard, mg_guard_close);
	older.size = offsetof(mg_options, deadline_ms);
	older.deadline_ms = 0xffffffff;
	older.on_failure = 99;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_OK);
	g_assert_cmpuint(guard->deadline_ms, ==, 25000);
	g_clear_pointer(&guard, mg_guard_close);

	older = options_new();
	older.policy = "[mailgard]\n";   /* would be refused */
	older.size = offsetof(mg_options, policy);
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_OK);
	g_clear_pointer(&guard, mg_guard_close);
	older.config = NULL;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_E_ARGUMENT);

	older.size = offsetof(mg_options, engine) - 1;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_E_ABI);
	older.size = 0;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_E_ABI);
	older.size = 1 << 20;
	g_assert_cmpint(mg_guard_open(&older, &guard), ==, MG_E_ABI);
	g_assert_nonnull(engine);
	g_assert_null(guard);
}

static void
test_options_values(void)
{
	mg_guard *guard = NULL;
	mg_options options;

	g_assert_cmpint(mg_guard_open(NULL, &guard), ==, MG_E_ARGUMENT);
	options = options_new();
	g_assert_cmpint(mg_guard_open(&options, NULL), ==, MG_E_ARGUMENT);
	options.config = NULL;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ARGUMENT);
	options = options_new();
	options.socket = "/nonexistent";
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ABI);
	options = options_new();
	options.on_failure = MG_REJECT;   /* no evidence, no refusal for good */
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ARGUMENT);
	options = options_new();
	options.deadline_ms = 600001;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ARGUMENT);
	options = options_new();
	options.log_level = MG_LEVEL_DEBUG + 1;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ARGUMENT);
	options = options_new();
	options.flags = 8;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ABI);
	options.flags = MG_FULL_TRACE | MG_NO_TRACE;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ARGUMENT);
	g_assert_null(guard);
}

/* ---- a policy without a file, or in place of its keys ---- */

typedef struct policy_case {
	const char *name;
	gboolean    has_config;
	const char *policy;     /* NULL: none */
	int         error;      /* of opening */
	const char *expected;   /* what a client at 10.1.2.3 gets that wants to relay; or a piece of the log */
} policy_case;

static const policy_case policy_cases[] = {
	{ "neither", FALSE, NULL, MG_E_ARGUMENT, "" },
	{ "config", TRUE, NULL, MG_OK, "relay.granted" },
	{ "config-and-nothing", TRUE, "", MG_OK, "relay.granted" },
	{ "both", TRUE, "[zone servers]\nnetworks = 10.9.9.9\n", MG_OK, "relay.denied" },
	{ "alone", FALSE, policy_text, MG_OK, "relay.granted" },
	{ "alone-and-nothing", FALSE, "", MG_OK, "relay.denied" },
	{ "both-broken", TRUE, "[zone servers]\nnetworks = 10.1.2.300\n", MG_E_POLICY, "10.1.2.300" },
	{ "both-unknown-key", TRUE, "[mailguard]\nhostnam = mx1.example.net\n", MG_E_POLICY, "rule=unknown-key" },
	{ "both-syntax", TRUE, "[mailguard\n", MG_E_POLICY,
	  "error policy.error file=options.policy line=1 rule=syntax" },
	{ "alone-broken", FALSE, "[zone z]\nnetworks = 10.1.2.300\n", MG_E_POLICY,
	  "error policy.error file=options.policy " },
	{ "libspf2", TRUE, "[spf]\nengine = libspf2\n", MG_E_POLICY, "[spf] engine = libspf2 is for mailguardd and" },
	{ "libspf2-alone", FALSE, "[spf]\nengine = libspf2\n", MG_E_POLICY,
	  "error policy.error file=options.policy line=0 rule=spf-engine" },
};

/* The texts are copied: what stands there after opening has no part in a reload. */
static void
test_policy(gconstpointer data)
{
	const policy_case *row = data;
	g_autoptr(GString) log = g_string_new(NULL);
	g_autofree char *policy = g_strdup(row->policy);
	mg_options options = options_new();
	mg_guard *guard = NULL;
	mg_session *session;

	options.config = row->has_config ? config : NULL;
	options.policy = policy;
	options.log = remember_line;
	options.log_context = log;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, row->error);
	if (guard == NULL) {
		g_test_message("%s", log->str);
		g_assert_nonnull(strstr(log->str, row->expected));
		return;
	}
	if (policy != NULL)
		memset(policy, 'x', strlen(policy));
	session = session_new(guard, "10.1.2.3", "a@c.example");
	for (guint i = 0; i < 2; i++) {
		mg_verdict *verdict = ask_rcpt(session, "u@foreign.example");

		g_assert_cmpstr(mg_verdict_reason(verdict), ==, row->expected);
		mg_verdict_free(verdict);
		g_assert_cmpint(mg_guard_reload(guard), ==, MG_OK);
	}
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* An engine that could end the server is not let in by a reload either. */
static void
test_reload_libspf2(void)
{
	g_autoptr(GString) log = g_string_new(NULL);
	g_autofree char *text = g_strconcat(policy_text, "[spf]\nengine = libspf2\n", NULL);
	mg_options options = options_new();
	mg_guard *guard;

	options.log = remember_line;
	options.log_context = log;
	guard = guard_of(&options);
	write_policy(text);
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_E_POLICY);
	g_assert_nonnull(strstr(log->str, "[spf] engine = libspf2"));
	g_assert_nonnull(strstr(log->str, "error policy.refused"));
	mg_guard_close(guard);
	write_policy(policy_text);
}

/* ---- opening and reloading ---- */

static void
test_engine_cannot_be_loaded(void)
{
	g_autofree char *other = g_build_filename(g_getenv("BUILD"), "test", "other_engine.so", NULL);
	const char *const engines[] = { "/nonexistent/engine.so", "/dev/null", "libc.so.6", other };

	for (guint i = 0; i < G_N_ELEMENTS(engines); i++) {
		GString *log = g_string_new(NULL);
		mg_options options = options_new();
		mg_guard *guard = NULL;

		options.engine = engines[i];
		options.log = remember_line;
		options.log_context = log;
		g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_ENGINE);
		g_assert_true(g_str_has_prefix(log->str, "error engine.load-failed why="));
		g_string_free(log, TRUE);
	}
}

static void
test_bad_policy_at_open(void)
{
	GString *log = g_string_new(NULL);
	mg_options options = options_new();
	mg_guard *guard = NULL;
	g_autofree char *expected = g_strdup_printf("error policy.error file=%s line=2 rule=unknown-key", config);

	write_policy("[mailguard]\nhostnam = mx1.example.net\n");
	options.log = remember_line;
	options.log_context = log;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_E_POLICY);
	g_assert_true(g_str_has_prefix(log->str, expected));
	g_string_free(log, TRUE);
	write_policy(policy_text);
}

/* A bad file keeps the policy in force and says so; a good one is in force at once. */
static void
test_reload(void)
{
	GString *log = g_string_new(NULL);
	mg_options options = options_new();
	mg_guard *guard = NULL;
	mg_session *session;
	mg_verdict *verdict;
	uint64_t request;

	options.log = remember_line;
	options.log_context = log;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_OK);
	session = session_new(guard, "10.1.2.3", "a@c.example");

	write_policy("[zone servers]\nnetworks = 10.1.2.3/8\n");
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_E_POLICY);
	g_assert_nonnull(strstr(log->str, "error policy.refused"));
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);

	/* Asked under the old policy, answered by it; the next by the new one. */
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@foreign.example", MG_TEXT, &request), ==, MG_OK);
	write_policy("[domains]\nlocal = example.net\n");
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.denied");
	mg_verdict_free(verdict);

	g_unlink(config);
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_E_POLICY);
	mg_session_unref(session);
	mg_guard_close(guard);
	g_string_free(log, TRUE);
	write_policy(policy_text);
}

/* A list that cannot be read at first defers, and on a reload keeps the old policy. */
static void
test_reload_lists(void)
{
	g_autofree char *list = g_build_filename(directory, "nets", NULL);
	mg_guard *guard;
	mg_session *session;
	mg_verdict *verdict;

	write_policy("[domains]\nlocal = example.net\n[zone servers]\nnetworks = @nets\n[grant servers]\nzone = servers\n");
	guard = guard_new();
	session = session_new(guard, "10.1.2.3", "a@c.example");
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.unreadable");
	g_assert_cmpint(mg_verdict_code(verdict), ==, 450);
	g_assert_cmpstr(mg_verdict_enhanced(verdict), ==, "4.7.1");
	mg_verdict_free(verdict);

	write_file(list, "10.1.2.3\n");
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_OK);
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);

	g_unlink(list);
	g_assert_cmpint(mg_guard_reload(guard), ==, MG_E_POLICY);
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
	write_policy(policy_text);
}

/* What could not be read is tried again by itself; the descriptor tells when. */
static void
test_reread(void)
{
	g_autofree char *list = g_build_filename(directory, "nets", NULL);
	mg_guard *guard;
	mg_session *session;
	mg_verdict *verdict;

	write_policy("[domains]\nlocal = example.net\n[zone servers]\nnetworks = @nets\n[grant servers]\nzone = servers\n");
	guard = guard_new();
	session = session_new(guard, "10.1.2.3", "a@c.example");
	g_assert_false(is_readable(mg_guard_fd(guard), 0));
	write_file(list, "10.1.2.3\n");
	g_assert_true(is_readable(mg_guard_fd(guard), 60000));
	g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	g_assert_false(is_readable(mg_guard_fd(guard), 0));
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	g_unlink(list);
	mg_session_unref(session);
	mg_guard_close(guard);
	write_policy(policy_text);
}

/* ---- a verdict ---- */

static void
test_verdict(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@example.net");
	mg_verdict *verdict;
	const char *result = NULL;
	int marker = 0;

	mg_session_set_context(session, &marker);
	verdict = ask_rcpt(session, "u@foreign.example");
	g_assert_true(mg_verdict_context(verdict) == &marker);
	g_assert_cmpint(mg_verdict_question(verdict), ==, MG_ASK_STAGE);
	g_assert_cmpint(mg_verdict_stage(verdict), ==, MG_STAGE_RCPT);
	g_assert_cmpint(mg_verdict_action(verdict), ==, MG_ACCEPT);
	g_assert_cmpint(mg_verdict_code(verdict), ==, 250);
	g_assert_cmpstr(mg_verdict_enhanced(verdict), ==, "2.0.0");
	g_assert_cmpstr(mg_verdict_text(verdict), ==, "Ok");
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	g_assert_cmpint(mg_verdict_is_final(verdict), ==, 1);
	g_assert_cmpint(mg_verdict_pending_action(verdict), ==, 0);
	g_assert_null(mg_verdict_pending_reason(verdict));
	g_assert_null(mg_verdict_flag(verdict, 0));   /* the grant lifts it */
	g_assert_cmpstr(mg_verdict_result(verdict, 0, &result), ==, "spf");   /* a private client is not judged */
	g_assert_cmpstr(result, ==, "skipped");
	g_assert_cmpstr(mg_verdict_result(verdict, 1, &result), ==, "sender");
	g_assert_cmpstr(result, ==, "own-domain");
	g_assert_cmpstr(mg_verdict_result(verdict, 2, &result), ==, "relay");
	g_assert_cmpstr(result, ==, "granted");
	g_assert_null(mg_verdict_result(verdict, 3, &result));
	g_assert_null(mg_verdict_header(verdict, 0, &result));
	g_assert_cmpstr(mg_verdict_trace(verdict, 0), ==, "client: 10.1.2.3 is in zone servers (10.1.2.3)");
	g_assert_null(mg_verdict_trace(verdict, 1000));
	g_assert_cmpuint(mg_verdict_age_ms(verdict), ==, 0);
	g_assert_cmpuint(mg_verdict_ttl_ms(verdict), ==, 0);

	/* It outlives session and guard. */
	mg_session_unref(session);
	mg_guard_close(guard);
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	mg_verdict_free(NULL);
}

/* ---- traces and evidence ---- */

#define TRACED_RECORD "v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all"

/* All of a verdict but its trace and how long it took; the caller's to free. */
static char *
verdict_written(const mg_verdict *verdict)
{
	GString *out = g_string_new(NULL);
	const char *name, *value = NULL;

	g_string_append_printf(out, "%s %d %s %s %s final=%d pending=%d\n", mg_action_name((int)mg_verdict_action(verdict)),
	                       mg_verdict_code(verdict), mg_verdict_enhanced(verdict), mg_verdict_text(verdict),
	                       mg_verdict_reason(verdict), mg_verdict_is_final(verdict), mg_verdict_pending_action(verdict));
	for (gsize i = 0; (name = mg_verdict_flag(verdict, i)) != NULL; i++)
		g_string_append_printf(out, "flag %s\n", name);
	for (gsize i = 0; (name = mg_verdict_result(verdict, i, &value)) != NULL; i++)
		g_string_append_printf(out, "result %s=%s\n", name, value);
	for (gsize i = 0; (name = mg_verdict_evidence(verdict, i, &value)) != NULL; i++)
		g_string_append_printf(out, "evidence %s=%s\n", name, g_str_has_suffix(name, ".elapsed-us") ? "" : value);
	for (gsize i = 0; (name = mg_verdict_header(verdict, i, &value)) != NULL; i++)
		g_string_append_printf(out, "header %s: %s\n", name, value);
	return g_string_free(out, FALSE);
}

/* The lines of its trace; the caller's to free. */
static char *
trace_written(const mg_verdict *verdict)
{
	GString *out = g_string_new(NULL);
	const char *line;

	for (gsize i = 0; (line = mg_verdict_trace(verdict, i)) != NULL; i++)
		g_string_append_printf(out, "%s\n", line);
	return g_string_free(out, FALSE);
}

typedef struct trace_case {
	const char *name;
	const char *ip;
	const char *to;       /* NULL: SPF alone is asked about */
	const char *always;   /* a piece of both traces that there are */
	const char *full;     /* a piece of the full trace alone */
} trace_case;

static const trace_case trace_cases[] = {
	{ "spf-pass", "198.51.100.7", NULL, "ip4:198.51.100.0/24: matched", "ip4:192.0.2.0/24: no match" },
	{ "spf-fail", "203.0.113.7", NULL, "-all: matched", "ip4:192.0.2.0/24: no match" },
	{ "rcpt", "198.51.100.7", "u@example.net", "ip4:198.51.100.0/24: matched", "ip4:192.0.2.0/24: no match" },
	{ "rcpt-refused", "203.0.113.7", "u@example.net", "-all: matched", "ip4:192.0.2.0/24: no match" },
};

/* A trace tells of a verdict and has no part in it. */
static void
test_trace(gconstpointer data)
{
	static const uint32_t flags[] = { 0, MG_FULL_TRACE, MG_NO_TRACE };
	const trace_case *row = data;
	char *written[G_N_ELEMENTS(flags)], *traces[G_N_ELEMENTS(flags)];

	for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
		mg_options options = options_new();
		mg_guard *guard;
		mg_session *session;
		mg_verdict *verdict;

		options.flags = flags[i];
		guard = guard_of(&options);
		session = session_new(guard, row->ip, "a@c.example");
		g_assert_cmpint(mg_session_set_spf_record(session, TRACED_RECORD), ==, MG_OK);
		verdict = row->to != NULL ? ask_rcpt(session, row->to) : ask_spf(session, MG_IDENTITY_MAIL_FROM);
		written[i] = verdict_written(verdict);
		traces[i] = trace_written(verdict);
		g_test_message("%s%s", written[i], traces[i]);
		mg_verdict_free(verdict);
		mg_session_unref(session);
		mg_guard_close(guard);
	}
	g_assert_nonnull(strstr(traces[0], row->always));
	g_assert_null(strstr(traces[0], row->full));
	g_assert_nonnull(strstr(traces[1], row->always));
	g_assert_nonnull(strstr(traces[1], row->full));
	g_assert_cmpstr(traces[2], ==, "");
	g_assert_cmpstr(written[1], ==, written[0]);
	g_assert_cmpstr(written[2], ==, written[0]);
	for (guint i = 0; i < G_N_ELEMENTS(flags); i++) {
		g_free(written[i]);
		g_free(traces[i]);
	}
}

/* Each piece by its name, in the order of libmailguard(3), and none behind the last. */
static void
test_evidence(void)
{
	static const struct { const char *name, *value; } expected[] = {   /* value NULL: not known beforehand */
		{ "spf.domain", "c.example" }, { "spf.engine", "mailguard" }, { "spf.matched", "ip4:198.51.100.0/24" },
		{ "spf.record", TRACED_RECORD }, { "spf.lookups", "0" }, { "spf.lookups-max", "10" }, { "spf.voids", "0" },
		{ "spf.voids-max", "2" }, { "spf.queries", "1" }, { "spf.rounds", "0" }, { "spf.elapsed-us", NULL },
		{ "spf.breadth", "8" }, { "spf.record-breadth", "9" }, { "spf.ttl-s", "0" },
		{ "spf.dnssec", "no" },
	};
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "198.51.100.7", "a@c.example");
	mg_verdict *verdict;
	const char *value = "untouched";

	g_assert_cmpint(mg_session_set_spf_record(session, TRACED_RECORD), ==, MG_OK);
	verdict = ask_spf(session, MG_IDENTITY_MAIL_FROM);
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_cmpstr(mg_verdict_evidence(verdict, i, &value), ==, expected[i].name);
		if (expected[i].value != NULL)
			g_assert_cmpstr(value, ==, expected[i].value);
	}
	value = "untouched";
	g_assert_null(mg_verdict_evidence(verdict, G_N_ELEMENTS(expected), &value));
	g_assert_null(mg_verdict_evidence(verdict, SIZE_MAX, &value));
	g_assert_cmpstr(value, ==, "untouched");
	/* In any order, and again. */
	g_assert_cmpstr(mg_verdict_evidence(verdict, 0, &value), ==, expected[0].name);
	g_assert_cmpstr(value, ==, expected[0].value);
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* ---- a record to try out ---- */

static const char published[] =
	"$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n"
	"said.example 300 IN TXT \"v=spf1 -all\"\nhost.example 300 IN TXT \"v=spf1 ~all\"\n";

typedef struct record_case {
	const char *name;
	mg_identity identity;
	const char *from;
	const char *record;     /* NULL: none is given */
	const char *expected;   /* with what was published, with the record, and without it again */
} record_case;

static const record_case record_cases[] = {
	{ "none-given", MG_IDENTITY_MAIL_FROM, "a@said.example", NULL, "fail fail fail" },
	{ "in-place-of-one", MG_IDENTITY_MAIL_FROM, "a@said.example", "v=spf1 ip4:198.51.100.7 -all",
	  "fail pass fail" },
	{ "in-place-of-none", MG_IDENTITY_MAIL_FROM, "a@silent.example", "v=spf1 ~all", "none softfail none" },
	{ "empty", MG_IDENTITY_MAIL_FROM, "a@said.example", "", "fail none fail" },
	{ "no-record", MG_IDENTITY_MAIL_FROM, "a@said.example", "v=spf10 +all", "fail none fail" },
	{ "broken", MG_IDENTITY_MAIL_FROM, "a@said.example", "v=spf1 nonsense -all", "fail permerror fail" },
	{ "8-bit", MG_IDENTITY_MAIL_FROM, "a@said.example", "v=spf1 \xff -all", "fail permerror fail" },
	{ "upper-case", MG_IDENTITY_MAIL_FROM, "a@SAID.Example", "V=SPF1 +ALL", "fail pass fail" },
	{ "includes-what-is-published", MG_IDENTITY_MAIL_FROM, "a@silent.example",
	  "v=spf1 include:host.example ?all", "none neutral none" },
	{ "redirects-to-what-is-published", MG_IDENTITY_MAIL_FROM, "a@silent.example",
	  "v=spf1 redirect=said.example", "none fail none" },
	{ "null-reverse-path", MG_IDENTITY_MAIL_FROM, "", "v=spf1 +all", "softfail pass softfail" },
	{ "helo", MG_IDENTITY_HELO, "a@said.example", "v=spf1 ?all", "softfail neutral softfail" },
};

static mg_guard *
guard_of_published(void)
{
	mg_options options = options_new();

	options.policy = "[dns]\nlocal-zone = published\n[spf]\nskip-networks =\n";
	return guard_of(&options);
}

/* In one transaction: what was judged before is not the answer to another record. */
static void
test_record(gconstpointer data)
{
	const record_case *row = data;
	const char *const records[] = { NULL, row->record, NULL };
	mg_guard *guard = guard_of_published();
	mg_session *session = session_new(guard, "198.51.100.7", row->from);
	g_autoptr(GString) results = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(records); i++) {
		const char *result = NULL;
		mg_verdict *verdict;

		g_assert_cmpint(mg_session_set_spf_record(session, records[i]), ==, MG_OK);
		verdict = ask_spf(session, row->identity);
		g_assert_cmpstr(mg_verdict_result(verdict, 0, &result), ==,
		                row->identity == MG_IDENTITY_HELO ? "spf-helo" : "spf");
		g_string_append_printf(results, "%s%s", i > 0 ? " " : "", result);
		mg_verdict_free(verdict);
	}
	g_assert_cmpstr(results->str, ==, row->expected);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* The longest one comes to the evaluator whole, which tells of its length; one that is longer changes nothing. */
static void
test_record_length(void)
{
	static const struct { gsize length; int error; const char *expected; } steps[] = {
		{ 65536, MG_E_TOO_LONG, "result spf=none\n" },
		{ 65535, MG_OK, "evidence spf.problem=record of 65535 octets, " },
		{ 65536, MG_E_TOO_LONG, "evidence spf.problem=record of 65535 octets, " },
		{ 4000, MG_OK, "result spf=softfail\n" },
	};
	mg_guard *guard = guard_of_published();
	mg_session *session = session_new(guard, "198.51.100.7", "a@silent.example");

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autofree char *record = test_repeat(' ', steps[i].length);
		g_autofree char *written = NULL;
		mg_verdict *verdict;

		memcpy(record, "v=spf1", strlen("v=spf1"));
		memcpy(record + steps[i].length - strlen("~all"), "~all", strlen("~all"));
		g_assert_cmpint(mg_session_set_spf_record(session, record), ==, steps[i].error);
		verdict = ask_spf(session, MG_IDENTITY_MAIL_FROM);
		written = verdict_written(verdict);
		g_test_message("%s", written);
		g_assert_nonnull(strstr(written, steps[i].expected));
		mg_verdict_free(verdict);
	}
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* Of a bounce only what was accepted counts, and only in its own transaction. */
static void
test_recipients_counted(void)
{
	mg_guard *guard;
	mg_session *session;
	const struct { const char *to, *reason; } rows[] = {
		{ "u@foreign.example", "relay.denied" }, { "u@example.net", "relay.own-domain" },
		{ "v@example.net", "sender.bounce-recipients" },
	};

	write_policy("[domains]\nlocal = example.net\n[sender]\nbounce-recipients = reject\n");
	guard = guard_new();
	session = session_new(guard, "198.51.100.7", NULL);
	for (guint transaction = 0; transaction < 2; transaction++) {
		g_assert_cmpint(mg_session_set_mail_from(session, "", 0, 0), ==, MG_OK);
		for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
			mg_verdict *verdict = ask_rcpt(session, rows[i].to);

			g_assert_cmpstr(mg_verdict_reason(verdict), ==, rows[i].reason);
			mg_verdict_free(verdict);
		}
	}
	mg_session_unref(session);
	mg_guard_close(guard);
	write_policy(policy_text);
}

static void
test_pending(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "198.51.100.7", "a@b.example");
	mg_verdict *verdict;
	uint64_t request;

	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_MAIL, NULL, 0, &request), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
	g_assert_cmpint(mg_verdict_action(verdict), ==, MG_ACCEPT);
	g_assert_cmpint(mg_verdict_is_final(verdict), ==, 0);
	g_assert_cmpint(mg_verdict_pending_action(verdict), ==, MG_REJECT);
	g_assert_cmpstr(mg_verdict_pending_reason(verdict), ==, "deny.sender");
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* A recipient of which nobody can tell is let through. */
static void
test_recipient_of_nobody(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "198.51.100.7", "a@b.example");
	static const char *const paths[] = { "u@example.net", "u@foreign.example", "u%x@example.net", "postmaster", "", "@" };

	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		mg_verdict *verdict = NULL;
		uint64_t request;

		g_assert_cmpint(mg_ask_recipient(session, paths[i], MG_TEXT, &request), ==, MG_OK);
		g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
		g_assert_cmpint(mg_verdict_action(verdict), ==, MG_ACCEPT);
		g_assert_cmpstr(mg_verdict_reason(verdict), ==, "none");
		mg_verdict_free(verdict);
	}
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* "class", then the reason of the same recipient, which is asked about afterwards of a backend that is not there. */
static char *
told_then_asked(mg_guard *guard, const char *path, const char *reply)
{
	mg_session *session = session_new(guard, "198.51.100.7", "a@b.example");
	const char *class = "nothing", *value, *name;
	mg_verdict *told, *asked;
	uint64_t request;
	char *all;

	g_assert_cmpint(mg_tell_delivery(session, path, MG_TEXT, reply, &request), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &told), ==, MG_OK);
	g_assert_cmpint(mg_verdict_action(told), ==, MG_ACCEPT);
	for (gsize i = 0; (name = mg_verdict_evidence(told, i, &value)) != NULL; i++)
		if (strcmp(name, "rcpt.class") == 0)
			class = value;
	g_assert_cmpint(mg_ask_recipient(session, path, MG_TEXT, &request), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &asked), ==, MG_OK);
	all = g_strdup_printf("%s %s", class, mg_verdict_result(asked, 0, &value) != NULL ? value : "none");
	mg_verdict_free(told);
	mg_verdict_free(asked);
	mg_session_unref(session);
	return all;
}

/* A delivery is as good as a probe: no backend need be there for who was delivered to. A refusal is believed with canaries alone. */
static void
test_delivery(void)
{
	static const struct { const char *path, *reply, *expected; } rows[] = {
		{ "ana@example.net", "250 2.1.5 Ok", "valid exists" },
		{ "ANA@Example.NET", "250", "valid exists" },
		{ "bob@example.net", "550 5.1.1 no such user", "unknown backend-down" },
		{ "eva@example.net", "451 4.3.0 later", "backend-temp backend-down" },
		{ "full@example.net", "552 5.2.2 full", "full full" },
		{ "carl@example.net", "hello", "nothing backend-down" },
		{ "carl@example.net", "250 2.1.5 Ok\r\n250 2.1.5 Ok", "nothing backend-down" },
		{ "u@foreign.example", "250 2.1.5 Ok", "nothing none" },
		{ "u%x@example.net", "250 2.1.5 Ok", "nothing none" },
		{ "postmaster@example.net", "250 2.1.5 Ok", "nothing none" },
	};
	mg_options options = options_new();
	g_autofree char *long_reply = g_strnfill(513, '2');
	mg_session *session;
	uint64_t request;
	mg_guard *guard;

	options.policy = "[backend gone]\ndomains = example.net\nserver = smtp://127.0.0.1:9\ntls = off\n";
	guard = guard_of(&options);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *found = told_then_asked(guard, rows[i].path, rows[i].reply);

		g_assert_cmpstr(found, ==, rows[i].expected);
	}
	session = session_new(guard, "198.51.100.7", "a@b.example");
	g_assert_cmpint(mg_tell_delivery(session, NULL, MG_TEXT, "250 Ok", &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_tell_delivery(session, "a@example.net", MG_TEXT, NULL, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_tell_delivery(session, "a@example.net", MG_TEXT, "", &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_tell_delivery(session, "a@example.net", MG_TEXT, long_reply, &request), ==, MG_E_ARGUMENT);
	long_reply[512] = 0;
	g_assert_cmpint(mg_tell_delivery(session, "a@example.net", MG_TEXT, long_reply, &request), ==, MG_OK);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* ---- facts ---- */

static void
test_facts(void)
{
	mg_guard *guard = guard_new();
	g_autofree char *long_name = g_strnfill(254, 'a');
	g_autofree char *long_path = g_strnfill(65536, 'a');
	mg_session *session = NULL;
	mg_verdict *verdict;
	uint64_t request = 0;

	g_assert_cmpint(mg_session_new(guard, &session), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_CONNECT, NULL, 0, &request), ==, MG_E_STATE);   /* no client */
	g_assert_cmpint(mg_session_set_client(session, "10.1.2", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "10.1.2.3 ", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "[::1]", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "10.1.2.3%eth0", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "fe80::1%", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, long_path, MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "", MG_FROM_SOCKET), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_client(session, "10.1.2.3", (mg_provenance)9), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_client(session, NULL, MG_FROM_SOCKET), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_client(session, "10.1.2.3", MG_FROM_LOCAL), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_client(session, "fe80::1%eth0", MG_FROM_SOCKET), ==, MG_OK);
	g_assert_cmpint(mg_session_set_client(session, "::ffff:10.1.2.3", MG_FROM_SOCKET), ==, MG_OK);

	g_assert_cmpint(mg_session_set_id(session, ""), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_id(session, "a b"), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_id(session, "c17"), ==, MG_OK);
	g_assert_cmpint(mg_session_set_peer(session, "x"), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_server(session, "x", NULL), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_server(session, NULL, long_name), ==, MG_E_TOO_LONG);
	g_assert_cmpint(mg_session_set_server(session, "192.0.2.1", "mx1.example.net"), ==, MG_OK);
	g_assert_cmpint(mg_session_set_ptr(session, long_name, MG_IPREV_PASS), ==, MG_E_TOO_LONG);
	g_assert_cmpint(mg_session_set_ptr(session, "a.example", (mg_iprev)0), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_ptr(session, NULL, MG_IPREV_FAIL), ==, MG_OK);
	g_assert_cmpint(mg_session_set_tls(session, "TLSv1.3", "abc"), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_tls(session, long_name, NULL), ==, MG_E_TOO_LONG);
	g_assert_cmpint(mg_session_set_tls(session, "TLSv1.3",
	                "AB:cd:000000000000000000000000000000000000000000000000000000000000"), ==, MG_OK);
	g_assert_cmpuint(session->fingerprint[0], ==, 0xab);
	g_assert_cmpuint(session->fingerprint[1], ==, 0xcd);
	g_assert_cmpint(mg_session_set_auth(session, long_path, MG_TEXT), ==, MG_E_TOO_LONG);
	g_assert_cmpint(mg_session_set_auth(session, "a\nb", MG_TEXT), ==, MG_E_SYNTAX);
	g_assert_cmpint(mg_session_set_auth(session, "ana", MG_TEXT), ==, MG_OK);
	g_assert_cmpint(mg_session_set_auth(session, NULL, 0), ==, MG_OK);
	g_assert_null(session->auth.octets);
	g_assert_cmpint(mg_session_set_helo(session, "x", MG_TEXT, 2), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_mail_from(session, "x", MG_TEXT, 2), ==, MG_E_ARGUMENT);

	/* RCPT needs MAIL; HELO and RSET end the transaction. */
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@example.net", MG_TEXT, &request), ==, MG_E_STATE);
	g_assert_cmpint(mg_session_set_mail_from(session, "", MG_TEXT, 0), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, NULL, 0, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_MAIL, "u@example.net", MG_TEXT, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_ask_stage(session, (mg_stage)6, NULL, 0, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_ask_relay(session, NULL, 0, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_ask_spf(session, (mg_identity)3, &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_ask_audit(session, "", &request), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_session_set_helo(session, "x", MG_TEXT, 0), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@example.net", MG_TEXT, &request), ==, MG_E_STATE);
	g_assert_cmpint(mg_session_set_mail_from(session, "a@c.example", MG_TEXT, 0), ==, MG_OK);
	mg_session_reset(session);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@example.net", MG_TEXT, &request), ==, MG_E_STATE);

	/* What the client wrote is never an error, however long. */
	g_assert_cmpint(mg_session_set_helo(session, long_path, MG_TEXT, 0), ==, MG_OK);
	g_assert_cmpint(mg_session_set_mail_from(session, long_path, 65536, 0), ==, MG_OK);
	verdict = ask_rcpt(session, long_path);
	g_assert_cmpint(mg_verdict_code(verdict), ==, 501);
	g_assert_cmpstr(mg_verdict_enhanced(verdict), ==, "5.1.3");
	mg_verdict_free(verdict);
	g_assert_cmpint(mg_session_set_mail_from(session, "a@c.example", MG_TEXT, 0), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@example.net\0@x", 16, &request), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
	g_assert_cmpint(mg_verdict_code(verdict), ==, 501);
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

typedef struct parts_case {
	const char *name, *local, *domain, *path;
} parts_case;

static const parts_case parts_cases[] = {
	{ "plain", "user", "example.net", "user@example.net" },
	{ "no-domain", "postmaster", "", "postmaster" },
	{ "space", "john doe", "example.net", "\"john doe\"@example.net" },
	{ "at", "user@foreign.example", "example.net", "\"user@foreign.example\"@example.net" },
	{ "quote", "a\"b\\c", "example.net", "\"a\\\"b\\\\c\"@example.net" },
	{ "empty", "", "example.net", "\"\"@example.net" },
	{ "dots", "a..b", "example.net", "\"a..b\"@example.net" },
	{ "dot-last", "a.", "example.net", "\"a.\"@example.net" },
	{ "percent", "a%b", "example.net", "a%b@example.net" },
};

static void
test_parts(gconstpointer data)
{
	const parts_case *row = data;
	char path[64] = "untouched";
	gsize needed = strlen(row->path) + 1;

	g_assert_cmpint(mg_path_from_parts(row->local, strlen(row->local), row->domain, strlen(row->domain), path, needed - 1),
	                ==, MG_E_TOO_LONG);
	g_assert_cmpstr(path, ==, "untouched");
	g_assert_cmpint(mg_path_from_parts(row->local, strlen(row->local), row->domain, strlen(row->domain), path, needed),
	                ==, MG_OK);
	g_assert_cmpstr(path, ==, row->path);
}

/* ---- the run ---- */

static void
test_poll_loop(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@c.example");
	int fd = mg_guard_fd(guard);
	guint n_verdicts = 0;
	uint64_t request, last = 0;
	mg_verdict *verdict;

	g_assert_false(is_readable(fd, 0));
	g_assert_null(mg_guard_next_verdict(guard));
	for (guint i = 0; i < 1000; i++)
		g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@foreign.example", MG_TEXT, &request), ==, MG_OK);
	g_assert_true(is_readable(fd, 0));
	while (is_readable(fd, 0)) {
		g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
		while ((verdict = mg_guard_next_verdict(guard)) != NULL) {
			g_assert_cmpuint(mg_verdict_request(verdict), >, last);   /* in order, none twice */
			last = mg_verdict_request(verdict);
			n_verdicts++;
			mg_verdict_free(verdict);
		}
	}
	g_assert_cmpuint(n_verdicts, ==, 1000);
	g_assert_cmpint(mg_guard_fd(guard), ==, fd);

	/* A verdict that is not taken keeps the descriptor readable. */
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@foreign.example", MG_TEXT, &request), ==, MG_OK);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	g_assert_true(is_readable(fd, 0));
	mg_verdict_free(mg_guard_next_verdict(guard));
	g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	g_assert_false(is_readable(fd, 0));
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* Waiting for one leaves the others; each is taken once. */
static void
test_wait_out_of_order(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@c.example");
	mg_verdict *verdict = NULL;
	uint64_t requests[3];

	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(mg_ask_relay(session, "u@foreign.example", MG_TEXT, &requests[i]), ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, requests[2], &verdict), ==, MG_OK);
	mg_verdict_free(verdict);
	g_assert_cmpint(mg_guard_wait(guard, requests[2], &verdict), ==, MG_E_UNKNOWN);
	g_assert_cmpint(mg_guard_wait(guard, 0, &verdict), ==, MG_E_UNKNOWN);
	g_assert_cmpint(mg_guard_wait(guard, 12345, &verdict), ==, MG_E_UNKNOWN);
	verdict = mg_guard_next_verdict(guard);
	g_assert_cmpuint(mg_verdict_request(verdict), ==, requests[0]);
	mg_verdict_free(verdict);
	g_assert_cmpint(mg_guard_wait(guard, requests[1], &verdict), ==, MG_OK);
	mg_verdict_free(verdict);
	g_assert_null(mg_guard_next_verdict(guard));
	mg_session_unref(session);
	mg_guard_close(guard);
}

static void
test_cancel(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@c.example");
	uint64_t requests[3];

	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(mg_ask_relay(session, "u@foreign.example", MG_TEXT, &requests[i]), ==, MG_OK);
	g_assert_cmpint(mg_request_cancel(guard, requests[0]), ==, MG_OK);
	g_assert_cmpint(mg_request_cancel(guard, requests[0]), ==, MG_E_UNKNOWN);
	g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	g_assert_cmpint(mg_request_cancel(guard, requests[1]), ==, MG_OK);   /* answered already, not taken */
	mg_session_ref(session);
	mg_session_unref(session);
	mg_session_unref(session);   /* the last: the third goes with it */
	g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	g_assert_null(mg_guard_next_verdict(guard));
	g_assert_false(is_readable(mg_guard_fd(guard), 0));
	g_assert_cmpuint(guard->requests.n_entries, ==, 0);
	mg_guard_close(guard);
	mg_guard_close(NULL);
	mg_session_unref(NULL);
}

/* Up to the limit, one over, and room again after one is taken. */
static void
test_many_requests(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", NULL);
	uint64_t request = 0;

	for (guint i = 0; i < MG_REQUESTS_MAX; i++)
		g_assert_cmpint(mg_ask_stage(session, MG_STAGE_HELO, NULL, 0, &request), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_HELO, NULL, 0, &request), ==, MG_E_LIMIT);
	g_assert_cmpint(mg_request_cancel(guard, request), ==, MG_OK);
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_HELO, NULL, 0, &request), ==, MG_OK);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* ---- fork ---- */

static void
test_fork(void)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@c.example");
	mg_verdict *verdict = NULL;
	uint64_t request;
	int status;
	pid_t child;

	g_assert_cmpint(mg_ask_relay(session, "u@foreign.example", MG_TEXT, &request), ==, MG_OK);
	child = fork();
	if (child == 0) {
		mg_session *other;
		uint64_t ignored;
		int wrong = 0;

		wrong += mg_guard_dispatch(guard) != MG_E_STATE;
		wrong += mg_guard_fd(guard) != -1;
		wrong += mg_guard_next_verdict(guard) != NULL;
		wrong += mg_guard_wait(guard, request, &verdict) != MG_E_STATE;
		wrong += mg_request_cancel(guard, request) != MG_E_STATE;
		wrong += mg_guard_reload(guard) != MG_E_STATE;
		wrong += mg_session_new(guard, &other) != MG_E_STATE;
		wrong += mg_ask_relay(session, "u@foreign.example", MG_TEXT, &ignored) != MG_E_STATE;
		mg_session_unref(session);
		mg_guard_close(guard);
		_exit(wrong);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
	/* The child's end of it has changed nothing here. */
	g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* ---- engines that misbehave ---- */

typedef struct engine_case {
	const char *name, *manner;
	mg_stage    stage;        /* 0: the relay question */
	guint32     on_failure;
	const char *expected;
} engine_case;

static const engine_case engine_cases[] = {
	{ "mute-connect", "mute", MG_STAGE_CONNECT, 0, "defer 451 4.3.0 engine.deadline" },
	{ "mute-connect-accept", "mute", MG_STAGE_CONNECT, MG_ACCEPT, "accept 250 2.0.0 engine.deadline" },
	{ "mute-rcpt-accept", "mute", MG_STAGE_RCPT, MG_ACCEPT, "defer 451 4.3.0 engine.deadline" },
	{ "mute-relay-accept", "mute", (mg_stage)0, MG_ACCEPT, "defer 451 4.3.0 engine.deadline" },
	{ "garbage", "garbage", MG_STAGE_CONNECT, 0, "defer 451 4.3.0 engine.gone" },
	{ "garbage-rcpt-accept", "garbage", MG_STAGE_RCPT, MG_ACCEPT, "defer 451 4.3.0 engine.gone" },
	{ "other-request", "other", MG_STAGE_RCPT, 0, "defer 451 4.3.0 engine.gone" },
	{ "half-a-verdict", "half", MG_STAGE_RCPT, 0, "defer 451 4.3.0 engine.gone" },
};

static void
test_bad_engine(gconstpointer data)
{
	const engine_case *row = data;
	g_autofree char *path = g_build_filename(g_getenv("BUILD"), "test", "mute_engine.so", NULL);
	mg_options options = MG_OPTIONS_INIT;
	g_autofree char *got = NULL;
	mg_verdict *verdict = NULL;
	mg_guard *guard = NULL;
	mg_session *session;
	gboolean is_rcpt = row->stage == MG_STAGE_RCPT;
	uint64_t request;
	int error;

	options.config = row->manner;
	options.engine = path;
	options.deadline_ms = 50;
	options.on_failure = row->on_failure;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_OK);
	session = session_new(guard, "198.51.100.7", "a@c.example");
	error = row->stage ? mg_ask_stage(session, row->stage, is_rcpt ? "u@example.net" : NULL, MG_TEXT, &request)
	                   : mg_ask_relay(session, "u@example.net", MG_TEXT, &request);
	g_assert_cmpint(error, ==, MG_OK);
	g_assert_cmpint(mg_guard_wait(guard, request, &verdict), ==, MG_OK);
	got = g_strdup_printf("%s %d %s %s", mg_action_name((int)mg_verdict_action(verdict)), mg_verdict_code(verdict),
	                      mg_verdict_enhanced(verdict), mg_verdict_reason(verdict));
	g_assert_cmpstr(got, ==, row->expected);
	g_assert_cmpstr(mg_verdict_text(verdict), !=, "");
	g_assert_null(mg_verdict_trace(verdict, 0));
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* Time is up before the engine is given a turn: it says so itself. */
static void
test_engine_deadline(void)
{
	mg_options options = options_new();
	mg_guard *guard = NULL;
	mg_session *session;
	mg_verdict *verdict;
	uint64_t request;

	options.deadline_ms = 1;
	g_assert_cmpint(mg_guard_open(&options, &guard), ==, MG_OK);
	session = session_new(guard, "10.1.2.3", "a@c.example");
	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, "u@foreign.example", MG_TEXT, &request), ==, MG_OK);
	g_usleep(5000);
	g_assert_cmpint(mg_guard_dispatch(guard), ==, MG_OK);
	verdict = mg_guard_next_verdict(guard);
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "engine.deadline");
	g_assert_cmpint(mg_verdict_code(verdict), ==, 451);
	mg_verdict_free(verdict);
	mg_session_unref(session);
	mg_guard_close(guard);
}

/* ---- memory ---- */

/* Makes the call again if memory ran out: nothing may have changed, so it must then succeed. */
#define RETRY(call)                                                  \
	do {                                                         \
		int result_ = (call);                                \
		if (result_ == MG_E_MEMORY && has_failed)            \
			result_ = (call);                            \
		g_assert_cmpint(result_, ==, MG_OK);                 \
	} while (0)

/* A whole run of the library; every step must come through a failed allocation. */
static void
run_everything(void)
{
	mg_options options = options_new();
	mg_guard *guard = NULL;
	mg_session *session = NULL;
	mg_report *report = NULL;
	mg_verdict *verdict = NULL;
	uint64_t requests[40];

	RETRY(mg_guard_open(&options, &guard));
	RETRY(mg_session_new(guard, &session));
	RETRY(mg_session_set_client(session, "10.1.2.3", MG_FROM_SOCKET));
	RETRY(mg_session_set_auth(session, "ana", MG_TEXT));
	RETRY(mg_session_set_helo(session, "host.example", MG_TEXT, 0));
	RETRY(mg_session_set_helo(session, "other.example", MG_TEXT, 0));
	RETRY(mg_session_set_mail_from(session, "a@c.example", MG_TEXT, 0));
	RETRY(mg_session_set_spf_record(session, "v=spf1 +all"));
	RETRY(mg_session_set_spf_record(session, "v=spf1 -all"));
	for (guint i = 0; i < G_N_ELEMENTS(requests); i++)
		RETRY(mg_ask_stage(session, MG_STAGE_RCPT, "u@foreign.example", MG_TEXT, &requests[i]));
	RETRY(mg_guard_wait(guard, requests[3], &verdict));
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	RETRY(mg_guard_dispatch(guard));
	verdict = mg_guard_next_verdict(guard);
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, "relay.granted");
	mg_verdict_free(verdict);
	RETRY(mg_request_cancel(guard, requests[7]));
	RETRY(mg_guard_reload(guard));
	RETRY(mg_report_make(&options, MG_REPORT_LINT, &report));
	mg_report_free(report);
	mg_session_unref(session);
	mg_guard_close(guard);
}

static void
test_out_of_memory(void)
{
	gint n = 0;

	for (;; n++) {
		has_failed = FALSE;
		allocations_left = n;
		run_everything();
		allocations_left = G_MAXINT;
		if (!has_failed)
			break;
	}
	g_test_message("%d allocations, each failed once", n);
	g_assert_cmpint(n, >, 50);   /* the requests alone are 40 */
}

/* ---- reports ---- */

static void
test_report(void)
{
	mg_options options = options_new();
	mg_report *report = NULL;

	g_assert_cmpint(mg_report_make(&options, (mg_report_kind)9, &report), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_report_make(&options, MG_REPORT_LINT, &report), ==, MG_OK);
	g_assert_cmpint(mg_report_worst(report), ==, MG_LEVEL_INFO);
	g_assert_null(mg_report_line(report, 0));
	g_assert_cmpint(mg_report_level(report, 0), ==, 0);
	mg_report_free(report);

	g_assert_cmpint(mg_report_make(&options, MG_REPORT_RELAY_MATRIX, &report), ==, MG_OK);
	g_assert_true(g_str_has_prefix(mg_report_line(report, 0), "CLIENT"));
	g_assert_cmpint(mg_report_worst(report), ==, MG_LEVEL_INFO);
	mg_report_free(report);

	options.config = "/nonexistent/mailguard.conf";
	g_assert_cmpint(mg_report_make(&options, MG_REPORT_LINT, &report), ==, MG_OK);
	g_assert_cmpint(mg_report_worst(report), ==, MG_LEVEL_ERROR);
	g_assert_cmpstr(mg_report_line(report, 0), ==, "/nonexistent/mailguard.conf:0: error: cannot be opened: "
	                "No such file or directory [file]");
	mg_report_free(report);
	mg_report_free(NULL);
}

/* What is forgotten is told by test_cache.c; here, by whom it is not. */
static void
test_forget(void)
{
	mg_options options = options_new();
	unsigned n = 77;

	g_assert_cmpint(mg_cache_forget(NULL, "all", &n), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_cache_forget(&options, NULL, &n), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_cache_forget(&options, "ana", &n), ==, MG_E_ARGUMENT);
	g_assert_cmpint(mg_cache_forget(&options, "all", &n), ==, MG_E_STATE);
	options.socket = "/nonexistent";
	g_assert_cmpint(mg_cache_forget(&options, "all", &n), ==, MG_E_ABI);
	options = options_new();
	options.engine = "/nonexistent/engine.so";
	g_assert_cmpint(mg_cache_forget(&options, "all", &n), ==, MG_E_ENGINE);
	options = options_new();
	options.config = "/nonexistent/mailguard.conf";
	g_assert_cmpint(mg_cache_forget(&options, "all", &n), ==, MG_E_POLICY);
	g_assert_cmpuint(n, ==, 77);
	options.policy = "[recipients]\ncache = /nonexistent/cache.db\n";
	options.config = NULL;
	g_assert_cmpint(mg_cache_forget(&options, "all", NULL), ==, MG_OK);
	g_assert_cmpint(mg_cache_forget(&options, "all", &n), ==, MG_OK);
	g_assert_cmpuint(n, ==, 0);
}

static void
test_names(void)
{
	g_assert_cmpstr(mg_version(), ==, MG_VERSION);
	g_assert_cmpstr(mg_error_text(MG_E_LIMIT), ==, "too many requests");
	g_assert_cmpstr(mg_error_text(-1), ==, "unknown");
	g_assert_cmpstr(mg_error_text(1000), ==, "unknown");
	g_assert_cmpstr(mg_action_name(0), ==, "unknown");
	g_assert_cmpstr(mg_action_name(MG_DEFER), ==, "defer");
	g_assert_cmpstr(mg_stage_name(MG_STAGE_DATA), ==, "data");
	g_assert_cmpstr(mg_stage_name(6), ==, "unknown");
	g_assert_cmpstr(mg_level_name(MG_LEVEL_DEBUG), ==, "debug");
}

/* ---- threads: one guard each ---- */

static gpointer
run_thread(gpointer data)
{
	mg_guard *guard = guard_new();
	mg_session *session = session_new(guard, "10.1.2.3", "a@c.example");

	for (guint i = 0; i < GPOINTER_TO_UINT(data); i++)
		mg_verdict_free(ask_rcpt(session, "u@foreign.example"));
	mg_session_unref(session);
	mg_guard_close(guard);
	return NULL;
}

static void
test_threads(void)
{
	GThread *threads[8];

	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new(NULL, run_thread, GUINT_TO_POINTER(500));
	for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
}

/* Opening and closing leaves no descriptor behind. */
static void
test_descriptors(void)
{
	guint before = 0, after = 0;

	for (guint i = 0; i < 200; i++) {
		GDir *fds;

		mg_guard_close(guard_new());
		if (i != 10 && i != 199)
			continue;
		fds = g_dir_open("/proc/self/fd", 0, NULL);
		while (g_dir_read_name(fds) != NULL)
			*(i == 10 ? &before : &after) += 1;
		g_dir_close(fds);
	}
	g_assert_cmpuint(before, ==, after);
}

int
main(int argc, char **argv)
{
	g_autofree char *world = NULL;
	g_autofree char *published_world = NULL;
	int failed;

	g_test_init(&argc, &argv, NULL);
	directory = g_dir_make_tmp("mg-guard-XXXXXX", NULL);
	world = g_build_filename(directory, "world", NULL);
	config = g_build_filename(directory, "mailguard.conf", NULL);
	write_policy(policy_text);
	published_world = g_build_filename(directory, "published", NULL);
	write_file(published_world, published);

	g_test_add_func("/guard/options/sizes", test_options_sizes);
	g_test_add_func("/guard/options/values", test_options_values);
	TEST_ROWS("/guard/options/policy", policy_cases, test_policy);
	g_test_add_func("/guard/open/engine-cannot-be-loaded", test_engine_cannot_be_loaded);
	g_test_add_func("/guard/open/bad-policy", test_bad_policy_at_open);
	g_test_add_func("/guard/reload/policy", test_reload);
	g_test_add_func("/guard/reload/lists", test_reload_lists);
	g_test_add_func("/guard/reload/tried-again", test_reread);
	g_test_add_func("/guard/reload/libspf2", test_reload_libspf2);
	g_test_add_func("/guard/verdict/all-of-it", test_verdict);
	TEST_ROWS("/guard/verdict/trace", trace_cases, test_trace);
	g_test_add_func("/guard/verdict/evidence", test_evidence);
	TEST_ROWS("/guard/spf-record", record_cases, test_record);
	g_test_add_func("/guard/spf-record/length", test_record_length);
	g_test_add_func("/guard/verdict/pending", test_pending);
	g_test_add_func("/guard/verdict/recipients-counted", test_recipients_counted);
	g_test_add_func("/guard/verdict/recipient-of-nobody", test_recipient_of_nobody);
	g_test_add_func("/guard/verdict/delivery", test_delivery);
	g_test_add_func("/guard/session/facts", test_facts);
	TEST_ROWS("/guard/path-from-parts", parts_cases, test_parts);
	g_test_add_func("/guard/run/poll-loop", test_poll_loop);
	g_test_add_func("/guard/run/wait-out-of-order", test_wait_out_of_order);
	g_test_add_func("/guard/run/cancel", test_cancel);
	g_test_add_func("/guard/run/many-requests", test_many_requests);
	g_test_add_func("/guard/run/descriptors", test_descriptors);
	g_test_add_func("/guard/run/threads", test_threads);
	g_test_add_func("/guard/fork", test_fork);
	TEST_ROWS("/guard/bad-engine", engine_cases, test_bad_engine);
	g_test_add_func("/guard/engine-deadline", test_engine_deadline);
	g_test_add_func("/guard/out-of-memory", test_out_of_memory);
	g_test_add_func("/guard/report", test_report);
	g_test_add_func("/guard/forget", test_forget);
	g_test_add_func("/guard/names", test_names);
	failed = g_test_run();
	g_unlink(world);
	g_unlink(published_world);
	g_unlink(config);
	g_rmdir(directory);
	g_free(config);
	g_free(directory);
	return failed;
}
