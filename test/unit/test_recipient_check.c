/* test_recipient_check.c - recipients through the library, before a scripted backend: who costs a probe and who does not, requests
 * and guards that go while one is under way, and what a path may hold without reaching the wire. */
#include <glib/gstdio.h>
#include <poll.h>
#include <unistd.h>

#include "mailguard.h"
#include "scripted_smtp.h"

#define CLIENT  "198.51.100.7"
#define REFUSED "203.0.113.7"
#define EXEMPT  "192.0.2.7"
#define PATIENCE_MS 60000

static const smtp_script good = { 0 };

typedef struct scene {
	guint       n_descriptors;
	char       *directory, *config;
	smtp_server server;
	mg_guard   *guard;
	mg_session *session;
} scene;

static void
write_file(const char *path, const char *text)
{
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, 0644), ==, 0);
}

static mg_session *
session_of(scene *set, const char *ip, uint32_t flags)
{
	mg_session *session = NULL;

	g_assert_cmpint(mg_session_new(set->guard, &session), ==, MG_OK);
	g_assert_cmpint(mg_session_set_client(session, ip, MG_FROM_SOCKET), ==, MG_OK);
	g_assert_cmpint(mg_session_set_helo(session, "mx.example.com", MG_TEXT, MG_HELO_EXTENDED), ==, MG_OK);
	g_assert_cmpint(mg_session_set_mail_from(session, "", MG_TEXT, flags), ==, MG_OK);
	return session;
}

static void
scene_begin(scene *set, const smtp_script *script, uint32_t deadline_ms)
{
	g_autofree char *world = NULL, *policy = NULL;
	mg_options options = MG_OPTIONS_INIT;

	*set = (scene){ .n_descriptors = count_descriptors(), .directory = g_dir_make_tmp("mailguard-XXXXXX", NULL) };
	smtp_server_begin(&set->server, script);
	set->server.postmaster = "250 2.1.5 Ok";
	set->server.canary = "550 5.1.1 No such user";
	world = g_build_filename(set->directory, "world", NULL);
	write_file(world, "$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n");
	policy = g_strdup_printf("[mailguard]\nhostname = mx1.example.org\n[dns]\nservers = 127.0.0.1:9\nlocal-zone = world\n"
		"[domains]\nrelay-to = example.net\n[helo]\nno-address = off\n[deny hosts]\nhosts = " REFUSED "\n"
		"[exempt partner]\nnetworks = " EXEMPT "\nchecks = rcpt\n"
		"[backend corp]\ndomains = example.net\nserver = smtp://127.0.0.1:%u\ntls = off\nrecipient-delimiter = +\n",
		set->server.port);
	set->config = g_build_filename(set->directory, "mailguard.conf", NULL);
	write_file(set->config, policy);
	options.config = set->config;
	options.engine = g_getenv("MAILGUARD_ENGINE");
	options.deadline_ms = deadline_ms;
	g_assert_cmpint(mg_guard_open(&options, &set->guard), ==, MG_OK);
	set->session = session_of(set, CLIENT, 0);
}

static void
scene_close(scene *set)
{
	g_clear_pointer(&set->session, mg_session_unref);
	g_clear_pointer(&set->guard, mg_guard_close);
}

static void
scene_end(scene *set)
{
	g_autofree char *world = g_build_filename(set->directory, "world", NULL);

	scene_close(set);
	g_assert_cmpuint(set->server.n_forbidden, ==, 0);
	smtp_server_end(&set->server);
	g_unlink(world);
	g_unlink(set->config);
	g_assert_cmpint(g_rmdir(set->directory), ==, 0);
	g_free(set->directory);
	g_free(set->config);
	g_assert_cmpuint(count_descriptors(), ==, set->n_descriptors);
}

/* Both sides work once. NULL: there is no verdict yet. */
static mg_verdict *
scene_step(scene *set)
{
	struct pollfd fd = { mg_guard_fd(set->guard), POLLIN, 0 };

	poll(&fd, 1, 1);
	smtp_server_work(&set->server);
	g_assert_cmpint(mg_guard_dispatch(set->guard), ==, MG_OK);
	return mg_guard_next_verdict(set->guard);
}

static void
scene_run_until(scene *set, const guint *count, guint n)
{
	for (guint i = 0; *count < n && i < PATIENCE_MS; i++)
		g_assert_null(scene_step(set));
	g_assert_cmpuint(*count, >=, n);
}

static mg_verdict *
scene_await(scene *set, uint64_t request)
{
	mg_verdict *verdict = NULL;

	for (guint i = 0; verdict == NULL && i < PATIENCE_MS; i++)
		verdict = scene_step(set);
	g_assert_nonnull(verdict);
	g_assert_cmpuint(mg_verdict_request(verdict), ==, request);
	return verdict;
}

static uint64_t
ask_rcpt(mg_session *session, const char *to)
{
	uint64_t request = 0;

	g_assert_cmpint(mg_ask_stage(session, MG_STAGE_RCPT, to, MG_TEXT, &request), ==, MG_OK);
	return request;
}

static void
assert_verdict(mg_verdict *verdict, mg_action action, const char *reason)
{
	g_assert_cmpstr(mg_verdict_reason(verdict), ==, reason);
	g_assert_cmpint(mg_verdict_action(verdict), ==, action);
	mg_verdict_free(verdict);
}

static void
assert_rcpt(scene *set, mg_session *session, const char *to, mg_action action, const char *reason)
{
	assert_verdict(scene_await(set, ask_rcpt(session, to)), action, reason);
}

/* ---- who costs a probe ---- */

static void
test_refused_client(void)
{
	mg_session *refused;
	uint64_t request;
	scene set;

	scene_begin(&set, &good, 0);
	refused = session_of(&set, REFUSED, 0);
	assert_rcpt(&set, refused, "nora@example.net", MG_REJECT, "deny.host");
	g_assert_cmpuint(set.server.n_connections, ==, 0);
	/* The question by itself is about the recipient, whoever asks. */
	g_assert_cmpint(mg_ask_recipient(refused, "nora@example.net", MG_TEXT, &request), ==, MG_OK);
	assert_verdict(scene_await(&set, request), MG_REJECT, "rcpt.unknown");
	g_assert_cmpuint(set.server.n_rcpt, ==, 3);
	/* Its address is known not to exist: the sub-address is to be asked about, but not for this client. */
	assert_rcpt(&set, refused, "nora+list@example.net", MG_REJECT, "deny.host");
	g_assert_cmpuint(set.server.n_rcpt, ==, 3);
	assert_rcpt(&set, set.session, "nora+list@example.net", MG_REJECT, "rcpt.unknown");
	g_assert_cmpuint(set.server.n_rcpt, ==, 4);
	g_assert_nonnull(strstr(set.server.transcript->str, "RCPT TO:<nora+list@example.net>"));
	mg_session_unref(refused);
	scene_end(&set);
}

static void
test_exempt_client(void)
{
	mg_session *exempt;
	scene set;

	scene_begin(&set, &good, 0);
	exempt = session_of(&set, EXEMPT, 0);
	assert_rcpt(&set, exempt, "nora@example.net", MG_ACCEPT, "relay.own-domain");
	g_assert_cmpuint(set.server.n_connections, ==, 0);
	assert_rcpt(&set, set.session, "nora@example.net", MG_REJECT, "rcpt.unknown");
	/* Nor does it hear of what others have learned. */
	assert_rcpt(&set, exempt, "nora@example.net", MG_ACCEPT, "relay.own-domain");
	mg_session_unref(exempt);
	scene_end(&set);
}

/* ---- time ---- */

/* The first spelling is refused at once, the second never answered: one deadline is for both. */
static void
test_deadline_of_two_spellings(void)
{
	static smtp_script script;
	uint64_t request;
	scene set;

	script = good;
	scene_begin(&set, &script, 500);
	request = ask_rcpt(set.session, "nora+list@example.net");
	while (set.server.n_rset == 0)
		scene_run_until(&set, &set.server.n_rset, 1);
	script.is_mute = TRUE;   /* before it has heard more */
	assert_verdict(scene_await(&set, request), MG_DEFER, "rcpt.backend-down");
	g_assert_cmpuint(set.server.n_rcpt, ==, 3);
	/* Heard and answered at last: then it is known. */
	script.is_mute = FALSE;
	scene_run_until(&set, &set.server.n_rset, 2);
	assert_rcpt(&set, set.session, "nora+list@example.net", MG_REJECT, "rcpt.unknown");
	g_assert_cmpuint(set.server.n_rcpt, ==, 4);
	scene_end(&set);
}

/* ---- what goes while a probe is under way ---- */

static void
test_cancel(void)
{
	static smtp_script script;
	uint64_t requests[2];
	guint n = 0;
	scene set;

	script = (smtp_script){ .is_mute = TRUE };
	scene_begin(&set, &script, 0);
	requests[0] = ask_rcpt(set.session, "anna@example.net");
	requests[1] = ask_rcpt(set.session, "anna@example.net");
	scene_run_until(&set, &set.server.n_connections, 1);
	g_assert_cmpint(mg_request_cancel(set.guard, requests[0]), ==, MG_OK);
	g_assert_cmpint(mg_request_cancel(set.guard, requests[1]), ==, MG_OK);
	script.is_mute = FALSE;
	scene_run_until(&set, &set.server.n_rset, 1);
	while (n++ < 20)
		g_assert_null(scene_step(&set));
	assert_rcpt(&set, set.session, "anna@example.net", MG_ACCEPT, "relay.own-domain");
	g_assert_cmpuint(set.server.n_rcpt, ==, 3);
	scene_end(&set);
}

static void
test_close(void)
{
	static smtp_script script;
	scene set;

	script = (smtp_script){ .is_mute = TRUE };
	scene_begin(&set, &script, 0);
	ask_rcpt(set.session, "anna@example.net");
	ask_rcpt(set.session, "nora+list@example.net");
	scene_run_until(&set, &set.server.n_connections, 1);
	scene_close(&set);
	scene_end(&set);
}

static void
test_reload(void)
{
	static smtp_script script;
	uint64_t request;
	scene set;

	script = (smtp_script){ .is_mute = TRUE };
	scene_begin(&set, &script, 0);
	request = ask_rcpt(set.session, "nora+list@example.net");
	scene_run_until(&set, &set.server.n_connections, 1);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpint(mg_guard_reload(set.guard), ==, MG_OK);
	script.is_mute = FALSE;
	assert_verdict(scene_await(&set, request), MG_REJECT, "rcpt.unknown");
	assert_rcpt(&set, set.session, "nora@example.net", MG_REJECT, "rcpt.unknown");
	for (guint i = 0; set.server.n_open > 0 && i < PATIENCE_MS; i++)   /* those of the former policies go */
		g_assert_null(scene_step(&set));
	g_assert_cmpuint(set.server.n_open, ==, 0);
	assert_rcpt(&set, set.session, "anna@example.net", MG_ACCEPT, "relay.own-domain");
	scene_end(&set);
}

/* ---- paths ---- */

#define EHLO_UTF8 "250-backend.example greets you\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8"
#define N64 "n234567890123456789012345678901234567890123456789012345678901234"
#define UMLAUT "j\xc3\xbcrgen"

typedef struct path_row {
	const char *name;
	const char *path;
	gsize       length;
	uint32_t    flags;
	const char *ehlo;      /* NULL: without SMTPUTF8 */
	const char *result;    /* of the check; NULL: any */
	const char *asked;     /* what RCPT has; NULL: nobody is asked about it */
} path_row;

#define PATH(name, text, result, asked) { name, text, sizeof(text) - 1, 0, NULL, result, asked }

static const path_row path_rows[] = {
	PATH("plain", "anna@example.net", "exists", "anna@example.net"),
	PATH("upper-case", "Anna@EXAMPLE.NET", "exists", "Anna@example.net"),
	PATH("specials", "a!#$&'*-/=?^_`{|}~@example.net", "none", NULL),   /* a path by UUCP */
	PATH("specials-without-bang", "a#$&'*-/=?^_`{|}~@example.net", "exists", "a#$&'*-/=?^_`{|}~@example.net"),
	PATH("64-octets", N64 "@example.net", "exists", N64 "@example.net"),
	PATH("65-octets", N64 "5@example.net", "none", NULL),
	PATH("tag-alone", "+list@example.net", "exists", "+list@example.net"),
	PATH("empty-tag", "anna+@example.net", "exists", "anna@example.net"),
	PATH("tag-of-tags", "anna+a+b@example.net", "exists", "anna@example.net"),
	PATH("quoted", "\"anna\"@example.net", "exists", "\"anna\"@example.net"),
	PATH("quoted-tag", "\"anna+list\"@example.net", "exists", "\"anna+list\"@example.net"),
	PATH("quoted-end-of-path", "\"a>\"@example.net", NULL, NULL),
	PATH("quoted-command", "\"a> NOTIFY=NEVER\"@example.net", NULL, NULL),
	PATH("quoted-crlf", "\"a\r\nDATA\r\n\"@example.net", "none", NULL),
	PATH("quoted-escaped-lf", "\"a\\\n\"@example.net", "none", NULL),
	PATH("quoted-nul", "\"a\0b\"@example.net", "none", NULL),
	PATH("crlf", "anna\r\nDATA@example.net", "none", NULL),
	PATH("lf-at-the-end", "anna@example.net\n", "none", NULL),
	PATH("nul", "anna\0@example.net", "none", NULL),
	PATH("end-of-path", "anna>@example.net", "none", NULL),
	PATH("space", "anna @example.net", "none", NULL),
	PATH("octet-255", "\xff@example.net", "none", NULL),
	PATH("utf-8-without-leave", UMLAUT "@example.net", "none", NULL),
	PATH("percent", "anna%example.com@example.net", "none", NULL),
	PATH("route", "@a.example:anna@example.net", "none", NULL),
	{ "utf-8", UMLAUT "@example.net", sizeof(UMLAUT "@example.net") - 1, MG_MAIL_SMTPUTF8, EHLO_UTF8, "exists",
	  UMLAUT "@example.net" },
	{ "utf-8-not-offered", UMLAUT "@example.net", sizeof(UMLAUT "@example.net") - 1, MG_MAIL_SMTPUTF8, NULL, "unverifiable",
	  NULL },
	{ "utf-8-tag-not-offered", "anna+" UMLAUT "@example.net", sizeof("anna+" UMLAUT "@example.net") - 1, MG_MAIL_SMTPUTF8, NULL,
	  "exists", "anna@example.net" },
	{ "not-utf-8", "a\xc3@example.net", sizeof("a\xc3@example.net") - 1, MG_MAIL_SMTPUTF8, EHLO_UTF8, "none", NULL },
	{ "overlong", "a\xc0\xbc@example.net", sizeof("a\xc0\xbc@example.net") - 1, MG_MAIL_SMTPUTF8, EHLO_UTF8, "none", NULL },
	{ "bidirectional", "a\xe2\x80\xae@example.net", sizeof("a\xe2\x80\xae@example.net") - 1, MG_MAIL_SMTPUTF8, EHLO_UTF8, "none",
	  NULL },
};

/* "none": nothing was looked for. */
static const char *
result_of(const mg_verdict *verdict)
{
	const char *section, *result;

	for (size_t i = 0; (section = mg_verdict_result(verdict, i, &result)) != NULL; i++)
		if (strcmp(section, "rcpt") == 0)
			return result;
	return "none";
}

/* Every line that the backend heard is one of ours, whole. */
static void
assert_transcript(const char *transcript)
{
	static const char *const begins[] = { "EHLO mx1.example.org", "MAIL FROM:<>", "RCPT TO:<", "RSET", "QUIT" };
	g_auto(GStrv) lines = g_strsplit(transcript, "\n", -1);

	for (guint i = 0; lines[i] != NULL && lines[i][0] != 0; i++) {
		gboolean is_ours = FALSE;

		for (guint j = 0; j < G_N_ELEMENTS(begins); j++)
			is_ours |= g_str_has_prefix(lines[i], begins[j]);
		g_assert_true(is_ours);
		if (g_str_has_prefix(lines[i], "RCPT"))
			g_assert_true(g_str_has_suffix(lines[i], "@example.net>"));
	}
}

static void
test_path(gconstpointer data)
{
	const path_row *row = data;
	const smtp_script script = { .ehlo = row->ehlo };
	g_autofree char *rcpt = g_strdup_printf("RCPT TO:<%s>\n", row->asked);
	uint64_t request = 0;
	mg_verdict *verdict;
	scene set;

	scene_begin(&set, &script, 0);
	mg_session_unref(set.session);
	set.session = session_of(&set, CLIENT, row->flags);
	g_assert_cmpint(mg_ask_recipient(set.session, row->path, row->length, &request), ==, MG_OK);
	verdict = scene_await(&set, request);
	if (row->result != NULL)
		g_assert_cmpstr(result_of(verdict), ==, row->result);
	mg_verdict_free(verdict);
	if (row->asked != NULL)
		g_assert_nonnull(strstr(set.server.transcript->str, rcpt));
	g_assert_cmpuint(set.server.n_rcpt, ==, row->asked != NULL ? 3 : set.server.n_connections > 0 ? 2 : 0);
	if (row->flags != 0 && row->ehlo != NULL && row->asked != NULL)
		g_assert_nonnull(strstr(set.server.transcript->str, "MAIL FROM:<> SMTPUTF8\n"));
	else
		g_assert_null(strstr(set.server.transcript->str, "SMTPUTF8"));
	assert_transcript(set.server.transcript->str);
	scene_end(&set);
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/recipient/refused-client", test_refused_client);
	g_test_add_func("/recipient/exempt-client", test_exempt_client);
	g_test_add_func("/recipient/deadline-of-two-spellings", test_deadline_of_two_spellings);
	g_test_add_func("/recipient/cancel", test_cancel);
	g_test_add_func("/recipient/close", test_close);
	g_test_add_func("/recipient/reload", test_reload);
	TEST_ROWS("/recipient/path", path_rows, test_path);
	return g_test_run();
}
