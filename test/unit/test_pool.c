/* test_pool.c - the pool against backends that do everything wrong an SMTP server can: each row ends in the right class of
 * answer, in time, told once, with no descriptor left behind; and what is negative was a 5xx to RCPT. Where a row waits for
 * a deadline, the deadlines are short; otherwise they are far off, and upper bounds are generous. */
#include "verify/pool.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <signal.h>

#include "smtp_faults.h"

#define S        ((gint64)G_USEC_PER_SEC)
#define MS       ((gint64)1000)
#define SLACK_MS 20000   /* a machine may be as slow as it likes */

/* ---- the stage: backends, and a pool that asks them ---- */

typedef struct stage_pool {
	guint         n_descriptors;
	mg_loop      *loop;
	mg_local_zone *zone;
	mg_resolver  *resolver;
	mg_policy    *policy;
	mg_backend    backend;
	smtp_server   servers[3];
	guint         n_servers;
	mg_pool_times times;
	mg_pool      *pool;
	guint         n_answers;
} stage_pool;

/* What one question came to. */
typedef struct asked {
	stage_pool     *set;
	guint           n_called;
	mg_probe_answer answer;
} asked;

static GString *log_lines;   /* all of them since the stage began */

static void
note_log(void *context G_GNUC_UNUSED, mg_level level, const char *line)
{
	g_string_append_printf(log_lines, "%d %s\n", (int)level, line);
}

static const mg_log test_log = { note_log, NULL, MG_LEVEL_DEBUG };

static const mg_pool_times times_long = {
	.connection = {
		.connect_us = 60 * S, .banner_us = 60 * S, .reply_us = 60 * S, .flight_us = 60 * S, .line_us = 60 * S,
		.octets_per_s = 32, .idle_us = 60 * S, .life_us = 60 * S, .quit_us = 60 * S,
	},
	.probe_us = 60 * S, .gather_us = 5 * MS, .hold_us = 1 * S, .distrust_us = 60 * S,
};
static const mg_pool_times times_short = {
	.connection = {
		.connect_us = 400 * MS, .banner_us = 400 * MS, .reply_us = 400 * MS, .flight_us = 1 * S, .line_us = 200 * MS,
		.octets_per_s = 32, .idle_us = 60 * S, .life_us = 60 * S, .quit_us = 1 * S,
	},
	.probe_us = 60 * S, .gather_us = 5 * MS, .hold_us = 100 * MS, .distrust_us = 60 * S,
};

static const char ZONE[] = "$ORIGIN .\n@ 300 IN SOA ns.example. host.example. 1 2 3 4 300\n"
	"loop.example. 300 IN A 127.0.0.1\nloop.example. 300 IN AAAA ::1\n"
	"nothing.example. 300 IN A 0.0.0.0\n";

static void
endpoint_clear(gpointer data)
{
	mg_endpoint *endpoint = data;

	g_free(endpoint->text);
	g_free(endpoint->host);
	g_free(endpoint->path);
}

/* @ip: NULL: @host is a name. */
static void
stage_add_endpoint(stage_pool *set, const char *host, guint16 port)
{
	mg_endpoint endpoint = { .text = g_strdup_printf("smtp://%s:%u", host, port), .host = g_strdup(host), .port = port };

	endpoint.has_ip = mg_ip_parse(host, &endpoint.ip);
	g_array_append_val(set->backend.endpoints, endpoint);
}

static smtp_server *
stage_add_server(stage_pool *set, const smtp_script *script)
{
	smtp_server *server = &set->servers[set->n_servers++];

	smtp_server_begin(server, script);
	stage_add_endpoint(set, "127.0.0.1", server->port);
	return server;
}

static void
stage_pool_begin(stage_pool *set, const mg_pool_times *times)
{
	static const char policy[] = "[mailguard]\nhostname = mx.example.net\n";
	mg_resolver_settings settings = mg_resolver_settings_standard;
	mg_findings *findings = mg_findings_new();
	char *why = NULL;

	*set = (stage_pool){ .n_descriptors = count_descriptors(), .times = *times };
	log_lines = g_string_new(NULL);
	set->loop = mg_loop_new();
	set->zone = mg_local_zone_parse(ZONE, strlen(ZONE), "zone", findings);
	g_assert_nonnull(set->zone);
	settings.servers = "127.0.0.1:9";
	settings.zone = set->zone;
	set->resolver = mg_resolver_new(set->loop, &test_log, &settings, &why);
	g_assert_nonnull(set->resolver);
	set->policy = mg_policy_parse(policy, strlen(policy), "mailguard.conf", findings);
	g_assert_nonnull(set->policy);
	mg_findings_free(findings);
	set->backend = (mg_backend){ .name = (char *)"corp", .max_connections = 4, .tls = MG_TLS_OFF };
	set->backend.endpoints = g_array_new(FALSE, TRUE, sizeof(mg_endpoint));
	g_array_set_clear_func(set->backend.endpoints, endpoint_clear);
}

static void
stage_open_with(stage_pool *set, gboolean wants_transcript, const char *tls_module)
{
	const mg_pool_settings settings = {
		.backend = &set->backend, .policy = set->policy, .loop = set->loop, .resolver = set->resolver, .log = &test_log,
		.wants_transcript = wants_transcript, .times = &set->times, .tls_module = tls_module,
	};

	set->pool = mg_pool_new(&settings);
}

static void
stage_open(stage_pool *set)
{
	stage_open_with(set, FALSE, NULL);
}

/* Nothing may be left of it. */
static void
stage_pool_end(stage_pool *set)
{
	mg_pool_free(set->pool);
	for (guint i = 0; i < set->n_servers; i++) {
		g_assert_cmpuint(set->servers[i].n_forbidden, ==, 0);
		smtp_server_end(&set->servers[i]);
	}
	mg_resolver_free(set->resolver);
	mg_local_zone_free(set->zone);
	mg_policy_unref(set->policy);
	mg_loop_free(set->loop);
	g_array_unref(set->backend.endpoints);
	if (g_test_failed())
		g_test_message("%s", log_lines->str);
	g_string_free(log_lines, TRUE);
	g_assert_cmpuint(count_descriptors(), ==, set->n_descriptors);
}

static void
note_answer(void *context, const mg_probe_answer *answer)
{
	asked *one = context;

	one->n_called++;
	one->answer = *answer;
	one->set->n_answers++;
}

static mg_probe *
stage_ask_for(stage_pool *set, const char *path, asked *one)
{
	mg_probe *probe;

	*one = (asked){ .set = set };
	probe = mg_pool_ask(set->pool, path, note_answer, one);
	g_assert_cmpuint(one->n_called, ==, 0);   /* never from inside */
	return probe;
}

static void
stage_await(stage_pool *set, guint n_answers)
{
	g_assert_true(smtp_run(set->loop, set->servers, set->n_servers, &set->n_answers, n_answers, SLACK_MS + 60000));
}

static void
stage_idle_for(stage_pool *set, guint ms)
{
	guint never = 0;

	g_assert_false(smtp_run(set->loop, set->servers, set->n_servers, &never, 1, ms));
}

/* Asks and waits. */
static mg_probe_answer
ask(stage_pool *set, const char *path)
{
	guint n_before = set->n_answers;
	asked one;

	stage_ask_for(set, path, &one);
	stage_await(set, n_before + 1);
	g_assert_cmpuint(one.n_called, ==, 1);
	return one.answer;
}

static mg_pool_status
status_of(const stage_pool *set, guint n)
{
	mg_pool_status status;

	mg_pool_get_status(set->pool, n, &status);
	return status;
}

#define assert_class(answer, expected) \
	g_assert_cmpstr(mg_rcpt_class_name((answer).class), ==, mg_rcpt_class_name(expected))

/* ---- faults ---- */

/* Whatever class a row expects: no negative without a 5xx that the backend said to RCPT. */
static void
assert_evidence(const mg_probe_answer *answer, const smtp_script *script)
{
	gboolean was_said = FALSE;

	for (guint i = 0; i < SMTP_RCPTS && script->rcpt[i] != NULL; i++)
		was_said |= script->rcpt[i][0] == '5';
	if (mg_rcpt_class_is_negative(answer->class)) {
		g_assert_true(was_said);
		g_assert_cmpint(answer->reply.code, >=, 500);
	}
}

static void
test_fault(gconstpointer data)
{
	const fault_row *row = data;
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, row->is_short ? &times_short : &times_long);
	stage_add_server(&set, &row->script);
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, row->class);
	if (row->problem != NULL)
		g_assert_cmpstr(answer.problem, ==, row->problem);
	assert_evidence(&answer, &row->script);
	g_assert_cmpstr(answer.endpoint, ==, g_array_index(set.backend.endpoints, mg_endpoint, 0).text);
	/* What is not a matter of waiting ends without it. */
	g_assert_cmpint(answer.elapsed_us, <, row->is_short ? SLACK_MS * MS : times_long.connection.reply_us);
	if (row->n_connections > 0)
		g_assert_cmpuint(set.servers[0].n_connections, ==, row->n_connections);
	g_assert_cmpuint(set.servers[0].n_connections, <=, 3);
	/* A deadline, a surprise: not a word more, QUIT least of all. */
	if (row->class == MG_RCPT_TRANSPORT)
		g_assert_cmpuint(set.servers[0].n_quit, ==, 0);
	stage_pool_end(&set);
}

/* Ports and addresses without a server behind them. */
static void
test_refused(void)
{
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	smtp_server_stop_listening(&set.servers[0]);
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(answer.problem, ==, "refused");
	stage_pool_end(&set);
}

/* No packet leaves a loopback address for elsewhere. */
static void
test_unreachable(void)
{
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_endpoint(&set, "192.0.2.1", 25);
	set.backend.has_source = TRUE;
	g_assert_true(mg_ip_parse("127.0.0.1", &set.backend.source));
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, MG_RCPT_TRANSPORT);
	g_assert_nonnull(answer.problem);
	stage_pool_end(&set);
}

/* A backlog that is full answers nothing. */
static void
test_blackhole(void)
{
	int fillers[16];
	mg_probe_answer answer;
	stage_pool set;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	stage_pool_begin(&set, &times_short);
	stage_add_server(&set, &(smtp_script){ 0 });
	g_assert_cmpint(listen(set.servers[0].listen_fd, 0), ==, 0);
	address.sin_port = htons(set.servers[0].port);
	for (guint i = 0; i < G_N_ELEMENTS(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)!connect(fillers[i], (struct sockaddr *)&address, sizeof(address));
	}
	set.n_servers = 0;   /* nobody accepts */
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(answer.problem, ==, "connect-timeout");
	for (guint i = 0; i < G_N_ELEMENTS(fillers); i++)
		close(fillers[i]);
	set.n_servers = 1;
	stage_pool_end(&set);
}

/* ---- faults that take more than one question ---- */

static void
test_first_refused_then_closed(void)
{
	static const smtp_script script = { .rcpt = { "250 2.1.5 Ok", "421 4.3.2 Going down!close" } };
	asked ones[3];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &script);
	set.servers[0].scripts[1] = &(smtp_script){ 0 };
	stage_open(&set);
	for (guint i = 0; i < G_N_ELEMENTS(ones); i++)
		stage_ask_for(&set, "anna@example.net", &ones[i]);
	stage_await(&set, G_N_ELEMENTS(ones));
	/* What came before 421 stands; the others were asked again, and nobody twice. */
	for (guint i = 0; i < G_N_ELEMENTS(ones); i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	stage_pool_end(&set);
}

static void
test_catch_all(void)
{
	static const smtp_script script = { .rcpt = { "250 2.1.5 Ok" } };
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &script);
	stage_open(&set);
	assert_class(ask(&set, "nobody@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "x7f3k29dm1q8z0c5v4b6@example.net"), MG_RCPT_VALID);
	stage_pool_end(&set);
}

/* The pool remembers nothing: each answer is what the backend says then. */
static void
test_user_flaps(void)
{
	static const smtp_script script = { .rcpt = { "250 2.1.5 Ok", "550 5.1.1 No", "250 2.1.5 Ok", "550 5.1.1 No" } };
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &script);
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_UNKNOWN);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_UNKNOWN);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 1);
	stage_pool_end(&set);
}

/* PIPELINING offered, and what comes along with a command is lost. One slow answer, and then it is known. */
static void
test_pipelining_is_broken(void)
{
	static const smtp_script script = { .forgets_input = TRUE };
	stage_pool set;

	stage_pool_begin(&set, &times_short);
	stage_add_server(&set, &script);
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_TRANSPORT);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "nora@example.net"), MG_RCPT_UNKNOWN);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	stage_pool_end(&set);
}

static void
test_dies_while_pooled(void)
{
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	smtp_server_kill(&set.servers[0]);
	answer = ask(&set, "anna@example.net");   /* whether or not its end was noticed before */
	assert_class(answer, MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	g_assert_cmpint(status_of(&set, 0).breaker, ==, MG_BREAKER_CLOSED);
	smtp_server_kill(&set.servers[0]);
	stage_idle_for(&set, 5);
	g_assert_cmpuint(status_of(&set, 0).n_connections, ==, 0);
	g_assert_null(strstr(log_lines->str, "backend.failed"));
	stage_pool_end(&set);
}

static void
test_says_421_while_pooled(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	smtp_say(&set.servers[0].connections[0], "421 4.4.2 Idle!close");
	stage_idle_for(&set, 20);
	g_assert_cmpuint(status_of(&set, 0).n_connections, ==, 0);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_null(strstr(log_lines->str, "backend.failed"));
	stage_pool_end(&set);
}

/* ---- TLS ---- */

static void
test_tls(gconstpointer data)
{
	const tls_row *row = data;
	/* Where verification is to fail for the date or the name alone, the certificate is known. */
	const test_certificate *known = row->server == EXPIRED || row->server == OTHER_NAME ? certificate_of(row->server)
	                                                                                    : &certificates.good;
	g_autoptr(GArray) pinned = pins_of(row->pins);
	mg_probe_answer answer;
	smtp_server *server;
	stage_pool set;

	stage_pool_begin(&set, row->is_short ? &times_short : &times_long);
	server = stage_add_server(&set, &row->script);
	if (row->server != PLAIN)
		server->tls = certificate_of(row->server)->context;
	set.backend.tls = row->mode;
	set.backend.tls_name = (char *)(row->tls_name != NULL ? row->tls_name : NAME);
	set.backend.tls_ca = known->file;
	set.backend.tls_pins = pinned;
	stage_open_with(&set, FALSE, row->module);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, row->class);
	if (row->problem != NULL)
		g_assert_cmpstr(answer.problem, ==, row->problem);
	assert_evidence(&answer, &row->script);
	g_assert_cmpuint(server->n_connections, ==, row->n_connections);
	if (!row->is_secured && row->class != MG_RCPT_VALID)
		g_assert_cmpuint(server->n_rcpt, ==, 0);   /* never in the clear */
	if (row->class == MG_RCPT_VALID) {
		const char *tls = status_of(&set, 0).tls;

		g_assert_cmpint(tls != NULL && g_str_has_prefix(tls, "TLSv1."), ==, row->is_secured);
		g_assert_cmpint(strstr(server->transcript->str, "STARTTLS") == NULL, ==,
		                row->script.ehlo == NULL || row->mode == MG_TLS_OFF);
	}
	if (row->module != NULL)
		g_assert_nonnull(strstr(log_lines->str, "backend.no-tls backend=corp why="));
	stage_pool_end(&set);
}

/* A CA file that is not there is found when it is needed, and nothing goes in the clear. */
static void
test_tls_ca_is_gone(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .ehlo = EHLO_TLS })->tls = certificates.good.context;
	set.backend.tls = MG_TLS_VERIFY;
	set.backend.tls_ca = (char *)"/nonexistent/ca.pem";
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_CONFIG);
	g_assert_cmpuint(set.servers[0].n_rcpt, ==, 0);
	g_assert_nonnull(strstr(log_lines->str, "/nonexistent/ca.pem"));
	stage_pool_end(&set);
}

/* TLS that broke once is left alone for a while: the next connection does not begin with it. */
static void
test_tls_broken_is_remembered(void)
{
	static const smtp_script script = {
		.ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on!close", .rcpt = { "421 4.3.2 Bye!close" }
	};
	static const smtp_script then = { .ehlo = EHLO_TLS, .starttls = "220 2.0.0 Go on!close" };
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &script);
	set.servers[0].scripts[2] = &then;
	set.backend.tls = MG_TLS_MAY;
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 3);
	stage_pool_end(&set);
}

/* ---- the pool ---- */

static void
test_reuse(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (guint i = 0; i < 20; i++)
		assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 1);
	g_assert_cmpuint(set.servers[0].n_rset, ==, 20);
	g_assert_nonnull(strstr(set.servers[0].transcript->str,
	                        "EHLO mx.example.net\nMAIL FROM:<>\nRCPT TO:<anna@example.net>\nRSET\n"));
	g_assert_cmpuint(status_of(&set, 0).n_opened, ==, 1);
	g_assert_cmpuint(status_of(&set, 0).n_probes, ==, 20);
	g_assert_cmpint(status_of(&set, 0).latency_us, >=, 0);
	g_assert_true(status_of(&set, 0).has_pipelining);
	stage_pool_end(&set);
}

static void
test_hundred_transactions(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (guint i = 0; i < 100; i++)
		assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	stage_idle_for(&set, 20);
	g_assert_cmpuint(set.servers[0].n_quit, ==, 1);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	stage_pool_end(&set);
}

static void
ask_many(stage_pool *set, const char *format, guint n, asked *ones)
{
	for (guint i = 0; i < n; i++) {
		g_autofree char *path = g_strdup_printf(format, i);

		stage_ask_for(set, path, &ones[i]);
	}
}

/* Ten in one write, over the connection there is. */
static void
test_batch_of_ten(void)
{
	asked ones[10];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	ask_many(&set, "user%u@example.net", 10, ones);
	stage_await(&set, 11);
	for (guint i = 0; i < 10; i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 1);
	g_assert_cmpuint(set.servers[0].n_mail, ==, 2);
	g_assert_cmpuint(set.servers[0].n_batch_most, ==, 10);
	stage_pool_end(&set);
}

/* Each gets its own answer, whatever stands beside it. */
static void
test_each_its_own(void)
{
	asked valid[7], unknown[3];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	set.backend.max_connections = 1;
	stage_open(&set);
	ask_many(&set, "user%u@example.net", 4, valid);
	ask_many(&set, "no%u@example.net", 3, unknown);
	ask_many(&set, "more%u@example.net", 3, valid + 4);
	stage_await(&set, 10);
	for (guint i = 0; i < G_N_ELEMENTS(valid); i++)
		assert_class(valid[i].answer, MG_RCPT_VALID);
	for (guint i = 0; i < G_N_ELEMENTS(unknown); i++)
		assert_class(unknown[i].answer, MG_RCPT_UNKNOWN);
	g_assert_cmpuint(set.servers[0].n_mail, ==, 1);
	stage_pool_end(&set);
}

static void
test_connections_are_bounded(gconstpointer data)
{
	const smtp_script *script = data;
	static asked ones[MG_POOL_WAITING_MAX];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, script);
	set.backend.max_connections = 3;
	stage_open(&set);
	ask_many(&set, "user%u@example.net", 300, ones);
	stage_await(&set, 300);
	for (guint i = 0; i < 300; i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_open_most, ==, 3);
	stage_pool_end(&set);
}

/* Exactly as many as may wait, and one more. */
static void
test_queue_is_bounded(void)
{
	static asked ones[MG_POOL_WAITING_MAX + 1];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	ask_many(&set, "user%u@example.net", MG_POOL_WAITING_MAX + 1, ones);
	stage_await(&set, MG_POOL_WAITING_MAX + 1);
	for (guint i = 0; i < MG_POOL_WAITING_MAX; i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	assert_class(ones[MG_POOL_WAITING_MAX].answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(ones[MG_POOL_WAITING_MAX].answer.problem, ==, "too-many");
	stage_pool_end(&set);
}

/* Four refusals, and the fifth recipient is asked about elsewhere. */
static void
test_refused_limit(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (guint i = 0; i < 4; i++)
		assert_class(ask(&set, "nobody@example.net"), MG_RCPT_UNKNOWN);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	g_assert_cmpuint(set.servers[0].n_quit, ==, 1);
	g_assert_nonnull(strstr(log_lines->str, "backend.refused backend=corp endpoint=smtp://127.0.0.1:"));
	g_assert_nonnull(strstr(log_lines->str, "rcpt=nobody@example.net class=unknown code=550 enhanced=5.1.1 text=\"No such user\""));
	stage_pool_end(&set);
}

/* In lock-step a connection is given up at the fourth that is refused; those behind it are asked about elsewhere, however often. */
static void
test_refused_limit_of_many(void)
{
	asked ones[40];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .ehlo = EHLO_SLOW });
	stage_open(&set);
	ask_many(&set, "nobody%u@example.net", G_N_ELEMENTS(ones), ones);
	stage_await(&set, G_N_ELEMENTS(ones));
	for (guint i = 0; i < G_N_ELEMENTS(ones); i++)
		assert_class(ones[i].answer, MG_RCPT_UNKNOWN);
	g_assert_cmpuint(set.servers[0].n_rcpt, ==, G_N_ELEMENTS(ones));
	stage_pool_end(&set);
}

static void
test_idle_and_life(gconstpointer data)
{
	gboolean is_life = GPOINTER_TO_INT(data);
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	if (is_life)
		set.times.connection.life_us = 50 * MS;
	else
		set.times.connection.idle_us = 50 * MS;
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	while (set.servers[0].n_quit == 0)
		stage_idle_for(&set, 10);
	stage_idle_for(&set, 20);
	g_assert_cmpuint(status_of(&set, 0).n_connections, ==, 0);
	g_assert_cmpuint(set.servers[0].n_open, ==, 0);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 2);
	stage_pool_end(&set);
}

/* A connection in steady use ends too. */
static void
test_life_in_use(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	set.times.connection.life_us = 50 * MS;
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (gint64 until_us = g_get_monotonic_time() + 300 * MS; g_get_monotonic_time() < until_us; )
		assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, >=, 2);
	stage_pool_end(&set);
}

/* Nobody answers QUIT. */
static void
test_quit_is_not_waited_for(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	set.times.connection.idle_us = set.times.connection.quit_us = 20 * MS;
	stage_add_server(&set, &(smtp_script){ .quit = "!silent" });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	while (status_of(&set, 0).n_connections > 0)
		stage_idle_for(&set, 10);
	g_assert_cmpuint(set.servers[0].n_quit, ==, 1);
	stage_pool_end(&set);
}

/* ---- failover ---- */

typedef struct failover_row {
	const char   *name;
	smtp_script   first;
	mg_rcpt_class class;
	guint         n_endpoint;   /* that answered */
	gboolean      is_short;
} failover_row;

static const failover_row failover_rows[] = {
	{ "first-works", { 0 }, MG_RCPT_VALID, 0, FALSE },
	{ "first-says-no", { .rcpt = { "550 5.1.1 No" } }, MG_RCPT_UNKNOWN, 0, FALSE },
	{ "first-is-greylisting", { .rcpt = { "450 4.7.1 Greylisted" } }, MG_RCPT_GREY, 0, FALSE },
	{ "first-refuses-us", { .rcpt = { "554 5.7.1 Blocked" } }, MG_RCPT_POLICY, 0, FALSE },
	{ "first-is-closed", { .banner = "!close" }, MG_RCPT_VALID, 1, FALSE },
	{ "first-is-going-down", { .banner = "421 4.3.2 Later!close" }, MG_RCPT_VALID, 1, FALSE },
	{ "first-has-no-banner", { .banner = "554 5.3.2 No service" }, MG_RCPT_VALID, 1, FALSE },
	{ "first-is-silent", { .banner = "!silent" }, MG_RCPT_VALID, 1, TRUE },
	{ "first-is-silent-at-rcpt", { .ehlo = EHLO_SLOW, .rcpt = { "!silent" } }, MG_RCPT_VALID, 1, TRUE },
	{ "first-has-no-space", { .rcpt = { "452 4.3.1 No space" } }, MG_RCPT_VALID, 1, FALSE },
	{ "first-resets-twice", { .rcpt = { "!reset" } }, MG_RCPT_VALID, 1, FALSE },
	{ "first-wants-authentication", { .rcpt = { "530 5.7.0 Authenticate" } }, MG_RCPT_VALID, 1, FALSE },
};

static void
test_failover(gconstpointer data)
{
	const failover_row *row = data;
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, row->is_short ? &times_short : &times_long);
	stage_add_server(&set, &row->first);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, row->class);
	g_assert_cmpstr(answer.endpoint, ==, g_array_index(set.backend.endpoints, mg_endpoint, row->n_endpoint).text);
	g_assert_cmpuint(set.servers[1].n_connections, ==, row->n_endpoint);
	stage_pool_end(&set);
}

/* All that wait go to the next, not one after the other. */
static void
test_failover_of_many(void)
{
	asked ones[50];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	smtp_server_stop_listening(&set.servers[0]);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	ask_many(&set, "user%u@example.net", 50, ones);
	stage_await(&set, 50);
	for (guint i = 0; i < 50; i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	g_assert_cmpuint(status_of(&set, 0).n_opened, <=, 4);
	stage_pool_end(&set);
}

/* More connections than the backend wants: those that work go on with everything. */
static void
test_backend_wants_one_connection(void)
{
	static const smtp_script no_more = { .banner = "421 4.7.0 Too many connections!close" };
	asked ones[60];
	stage_pool set;

	stage_pool_begin(&set, &times_short);
	stage_add_server(&set, &(smtp_script){ .ehlo = EHLO_SLOW });
	set.servers[0].scripts[1] = &no_more;
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	ask_many(&set, "user%u@example.net", 60, ones);
	stage_await(&set, 61);
	for (guint i = 0; i < 60; i++)
		assert_class(ones[i].answer, MG_RCPT_VALID);
	stage_pool_end(&set);
}

/* ---- the breaker ---- */

static void
test_breaker_opens(void)
{
	mg_probe_answer answer;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .banner = "!close" });
	stage_open(&set);
	for (guint i = 0; i < MG_BREAKER_IN_A_ROW; i++) {
		g_assert_false(mg_pool_is_open(set.pool));
		assert_class(ask(&set, "anna@example.net"), MG_RCPT_TRANSPORT);
	}
	g_assert_true(mg_pool_is_open(set.pool));
	answer = ask(&set, "anna@example.net");
	assert_class(answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(answer.problem, ==, "breaker-open");
	g_assert_null(answer.endpoint);
	g_assert_cmpuint(set.servers[0].n_connections, ==, MG_BREAKER_IN_A_ROW);
	g_assert_nonnull(strstr(log_lines->str, "backend.down backend=corp"));
	stage_pool_end(&set);
}

/* After five seconds one probe goes through, to see; meanwhile the others are answered at once. */
static void
test_breaker_half_open(void)
{
	static const smtp_script bad = { .banner = "!close" };
	static const smtp_script good = { 0 };
	asked ones[3];
	mg_probe *first;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &bad);
	stage_open(&set);
	for (guint i = 0; i < MG_BREAKER_IN_A_ROW; i++)
		ask(&set, "anna@example.net");
	set.servers[0].scripts[0] = &good;
	while (status_of(&set, 0).breaker != MG_BREAKER_HALF_OPEN)
		stage_idle_for(&set, 100);
	g_assert_true(mg_pool_is_open(set.pool));
	/* The one that is to see may be taken back, and another has its place. */
	first = stage_ask_for(&set, "anna@example.net", &ones[0]);
	mg_probe_cancel(first);
	ask_many(&set, "user%u@example.net", 3, ones);
	stage_await(&set, MG_BREAKER_IN_A_ROW + 3);
	assert_class(ones[0].answer, MG_RCPT_VALID);
	assert_class(ones[1].answer, MG_RCPT_TRANSPORT);
	assert_class(ones[2].answer, MG_RCPT_TRANSPORT);
	g_assert_cmpuint(set.servers[0].n_connections, ==, MG_BREAKER_IN_A_ROW + 1);
	g_assert_false(mg_pool_is_open(set.pool));
	g_assert_nonnull(strstr(log_lines->str, "backend.up backend=corp"));
	stage_pool_end(&set);
}

/* No endpoint is asked for more than it can bear, and the second goes on. */
static void
test_breaker_is_of_the_endpoint(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .banner = "!close" });
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (guint i = 0; i < 20; i++)
		assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, MG_BREAKER_IN_A_ROW);
	g_assert_false(mg_pool_is_open(set.pool));
	stage_pool_end(&set);
}

/* Refused recipients are answers: whoever guesses does not take the backend from the others. */
static void
test_refusals_open_nothing(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	for (guint i = 0; i < 30; i++)
		assert_class(ask(&set, "nobody@example.net"), MG_RCPT_UNKNOWN);
	g_assert_false(mg_pool_is_open(set.pool));
	stage_pool_end(&set);
}

/* ---- deadline and cancelling ---- */

static void
test_deadline_while_waiting(void)
{
	asked one;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	set.times.probe_us = 50 * MS;
	stage_add_server(&set, &(smtp_script){ .banner = "!silent" });
	stage_open(&set);
	stage_ask_for(&set, "anna@example.net", &one);
	stage_await(&set, 1);
	assert_class(one.answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(one.answer.problem, ==, "deadline");
	g_assert_cmpint(one.answer.elapsed_us, >=, 50 * MS);
	g_assert_cmpuint(status_of(&set, 0).n_waiting, ==, 0);
	stage_pool_end(&set);
}

/* Its batch goes on, and its answer is for nobody. */
static void
test_deadline_while_asked(void)
{
	asked one;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .rcpt = { "250 2.1.5 Ok", "!silent" } });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	set.times.probe_us = 50 * MS;
	stage_ask_for(&set, "berta@example.net", &one);
	stage_await(&set, 2);
	g_assert_cmpstr(one.answer.problem, ==, "deadline");
	smtp_say(&set.servers[0].connections[0], "250 2.1.5 Ok");
	stage_idle_for(&set, 20);
	g_assert_cmpuint(one.n_called, ==, 1);
	stage_pool_end(&set);
}

static void
test_cancel(void)
{
	asked ones[4];
	mg_probe *probes[4];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	set.backend.max_connections = 1;
	stage_open(&set);
	/* While it waits. */
	for (guint i = 0; i < 4; i++)
		probes[i] = stage_ask_for(&set, "anna@example.net", &ones[i]);
	mg_probe_cancel(probes[0]);
	mg_probe_cancel(probes[2]);
	stage_await(&set, 2);
	g_assert_cmpuint(set.servers[0].n_rcpt, ==, 2);
	/* While it is asked. */
	probes[0] = stage_ask_for(&set, "anna@example.net", &ones[0]);
	probes[1] = stage_ask_for(&set, "berta@example.net", &ones[1]);
	while (status_of(&set, 0).n_probes < 4)
		stage_idle_for(&set, 1);
	if (ones[0].n_called == 0)
		mg_probe_cancel(probes[0]);
	while (ones[1].n_called == 0)
		stage_idle_for(&set, 1);
	assert_class(ones[1].answer, MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_rcpt, ==, 4);
	/* The connection is as good as before. */
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 1);
	stage_pool_end(&set);
}

typedef struct chain {
	stage_pool *set;
	guint       n;
	mg_probe   *other;
	asked       other_asked;
} chain;

static void
chain_answered(void *context, const mg_probe_answer *answer)
{
	chain *of = context;

	assert_class(*answer, MG_RCPT_VALID);
	if (of->other != NULL)
		mg_probe_cancel(of->other);   /* answered in the same breath, and not told yet, as like as not */
	of->other = NULL;
	of->set->n_answers++;
	if (++of->n < 10)
		mg_pool_ask(of->set->pool, "anna@example.net", chain_answered, of);
}

static void
test_ask_and_cancel_from_inside(void)
{
	stage_pool set;
	chain of = { .set = &set };

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	mg_pool_ask(set.pool, "anna@example.net", chain_answered, &of);
	of.other = stage_ask_for(&set, "berta@example.net", &of.other_asked);
	stage_await(&set, 10);
	g_assert_cmpuint(of.other_asked.n_called, ==, 0);
	stage_pool_end(&set);
}

/* Freed in the midst of everything: nobody is called, nothing is left. */
static void
test_free_at_once(gconstpointer data)
{
	asked ones[30];
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_add_endpoint(&set, NAME, 25);
	stage_open(&set);
	ask_many(&set, "user%u@example.net", 30, ones);
	if (GPOINTER_TO_UINT(data) > 0)
		stage_idle_for(&set, GPOINTER_TO_UINT(data));
	mg_pool_free(set.pool);
	set.pool = NULL;
	set.n_answers = 0;
	stage_idle_for(&set, 5);
	g_assert_cmpuint(set.n_answers, ==, 0);
	stage_pool_end(&set);
}

/* ---- addresses ---- */

/* A name that leads to ourselves leads nowhere. */
static void
test_name_of_loopback(gconstpointer data)
{
	mg_probe_answer answer;
	smtp_server *server;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	server = &set.servers[set.n_servers++];
	smtp_server_begin(server, &(smtp_script){ 0 });
	stage_add_endpoint(&set, data, server->port);
	stage_open(&set);
	answer = ask(&set, "anna@example.net");
	assert_class(answer, MG_RCPT_TRANSPORT);
	g_assert_cmpstr(answer.problem, ==, "no-address");
	g_assert_cmpuint(server->n_connections, ==, 0);
	stage_pool_end(&set);
}

/* An address of this machine other than loopback, which a name may lead to; FALSE: it has none. */
static gboolean
find_own_address(char text_out[INET_ADDRSTRLEN])
{
	struct ifaddrs *all = NULL;
	gboolean is_found = FALSE;

	if (getifaddrs(&all) != 0)
		return FALSE;
	for (const struct ifaddrs *one = all; one != NULL && !is_found; one = one->ifa_next) {
		const struct sockaddr_in *address = (const struct sockaddr_in *)one->ifa_addr;

		if (address == NULL || address->sin_family != AF_INET || ntohl(address->sin_addr.s_addr) >> 24 == 127)
			continue;
		is_found = inet_ntop(AF_INET, &address->sin_addr, text_out, INET_ADDRSTRLEN) != NULL;
	}
	freeifaddrs(all);
	return is_found;
}

/* A name with two addresses: nobody listens at the first. What works is kept in mind. */
static void
test_name(void)
{
	mg_findings *findings = mg_findings_new();
	g_autofree char *zone = NULL;
	char own[INET_ADDRSTRLEN];
	smtp_server *server;
	stage_pool set;
	mg_resolver_settings settings = mg_resolver_settings_standard;
	char *why = NULL;

	if (!find_own_address(own)) {
		g_test_skip("this machine has no address but loopback");
		mg_findings_free(findings);
		return;
	}
	stage_pool_begin(&set, &times_long);
	zone = g_strdup_printf("%sbackend.example. 300 IN A 0.0.0.0\nbackend.example. 300 IN A 127.0.0.1\n"
	                       "backend.example. 300 IN A %s\n", ZONE, own);
	mg_local_zone_free(set.zone);
	set.zone = mg_local_zone_parse(zone, strlen(zone), "zone", findings);
	settings.servers = "127.0.0.1:9";
	settings.zone = set.zone;
	g_assert_true(mg_resolver_configure(set.resolver, &settings, &why));
	server = &set.servers[set.n_servers++];
	smtp_server_begin_on(server, &(smtp_script){ 0 }, INADDR_ANY);
	stage_add_endpoint(&set, NAME, server->port);
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "nobody@example.net"), MG_RCPT_UNKNOWN);
	g_assert_cmpuint(server->n_connections, ==, 1);
	mg_findings_free(findings);
	stage_pool_end(&set);
}

static void
test_source(void)
{
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	set.backend.has_source = TRUE;
	g_assert_true(mg_ip_parse("127.0.0.9", &set.backend.source));
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpint(getpeername(set.servers[0].connections[0].fd, (struct sockaddr *)&from, &length), ==, 0);
	g_assert_cmphex(ntohl(from.sin_addr.s_addr), ==, 0x7f000009);
	stage_pool_end(&set);
}

/* Nobody else gets our sockets, and none is left to block. */
static void
test_descriptors(void)
{
	guint n_sockets = 0;
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	for (int fd = 3; fd < 1024; fd++) {
		int flags = fcntl(fd, F_GETFD), type;
		socklen_t length = sizeof(type);

		if (flags < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0)
			continue;
		n_sockets++;
		g_assert_true((flags & FD_CLOEXEC) != 0);
		g_assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
	}
	g_assert_cmpuint(n_sockets, >=, 3);   /* one listens, and both ends of one connection */
	stage_pool_end(&set);
}

static void
test_unix_socket(void)
{
	g_autofree char *path = g_strdup_printf("%s/lmtp", certificates.directory);
	mg_endpoint endpoint = { .is_lmtp = TRUE, .text = g_strdup_printf("lmtp+unix:%s", path), .path = g_strdup(path) };
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	smtp_server_begin_unix(&set.servers[set.n_servers++], &(smtp_script){ 0 }, g_strdup(path));
	g_array_append_val(set.backend.endpoints, endpoint);
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	assert_class(ask(&set, "nobody@example.net"), MG_RCPT_UNKNOWN);
	g_assert_nonnull(strstr(set.servers[0].transcript->str, "LHLO mx.example.net\n"));
	stage_pool_end(&set);
}

static void
test_transcript(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ .rcpt = { "250 2.1.5 \x1b[2J\"Ok" } });
	stage_open_with(&set, TRUE, NULL);
	ask(&set, "anna@example.net");
	g_assert_nonnull(strstr(log_lines->str, "backend.sent backend=corp endpoint=smtp://127.0.0.1:"));
	g_assert_nonnull(strstr(log_lines->str, " line=\"RCPT TO:<anna@example.net>\"\n"));
	g_assert_nonnull(strstr(log_lines->str, " line=\"250 2.1.5 \\x1b[2J\\x22Ok\"\n"));
	stage_pool_end(&set);
}

/* Nothing that a path holds becomes a command. */
static void
test_hostile_path(void)
{
	stage_pool set;

	stage_pool_begin(&set, &times_long);
	stage_add_server(&set, &(smtp_script){ 0 });
	stage_open(&set);
	assert_class(ask(&set, "anna@example.net>\r\nDATA"), MG_RCPT_BAD_SYNTAX);
	assert_class(ask(&set, "anna\n@example.net"), MG_RCPT_BAD_SYNTAX);
	assert_class(ask(&set, "anna@example.net"), MG_RCPT_VALID);
	g_assert_cmpuint(set.servers[0].n_rcpt, ==, 1);
	g_assert_cmpuint(set.servers[0].n_connections, ==, 1);
	stage_pool_end(&set);
}

int
main(int argc, char **argv)
{
	static const smtp_script good = { 0 }, slow = { .ehlo = EHLO_SLOW };
	int failed;

	test_init(&argc, &argv);
	signal(SIGPIPE, SIG_IGN);   /* the backend's OpenSSL writes to sockets that are closed */
	faults_make();
	TEST_ROWS("/pool/fault", fault_rows, test_fault);
	g_test_add_func("/pool/fault/refused", test_refused);
	g_test_add_func("/pool/fault/unreachable", test_unreachable);
	g_test_add_func("/pool/fault/blackhole", test_blackhole);
	g_test_add_func("/pool/fault/421-mid-batch", test_first_refused_then_closed);
	g_test_add_func("/pool/fault/catch-all", test_catch_all);
	g_test_add_func("/pool/fault/user-flaps", test_user_flaps);
	g_test_add_func("/pool/fault/pipelining-is-broken", test_pipelining_is_broken);
	g_test_add_func("/pool/fault/dies-while-pooled", test_dies_while_pooled);
	g_test_add_func("/pool/fault/says-421-while-pooled", test_says_421_while_pooled);
	TEST_ROWS("/pool/tls", tls_rows, test_tls);
	g_test_add_func("/pool/tls/ca-is-gone", test_tls_ca_is_gone);
	g_test_add_func("/pool/tls/broken-is-remembered", test_tls_broken_is_remembered);
	g_test_add_func("/pool/reuse", test_reuse);
	g_test_add_func("/pool/hundred-transactions", test_hundred_transactions);
	g_test_add_func("/pool/batch-of-ten", test_batch_of_ten);
	g_test_add_func("/pool/each-its-own", test_each_its_own);
	g_test_add_data_func("/pool/connections-are-bounded/pipelined", &good, test_connections_are_bounded);
	g_test_add_data_func("/pool/connections-are-bounded/lock-step", &slow, test_connections_are_bounded);
	g_test_add_func("/pool/queue-is-bounded", test_queue_is_bounded);
	g_test_add_func("/pool/refused-limit", test_refused_limit);
	g_test_add_func("/pool/refused-limit/of-many", test_refused_limit_of_many);
	g_test_add_data_func("/pool/idle", GINT_TO_POINTER(FALSE), test_idle_and_life);
	g_test_add_data_func("/pool/life", GINT_TO_POINTER(TRUE), test_idle_and_life);
	g_test_add_func("/pool/life-in-use", test_life_in_use);
	g_test_add_func("/pool/quit-is-not-waited-for", test_quit_is_not_waited_for);
	TEST_ROWS("/pool/failover", failover_rows, test_failover);
	g_test_add_func("/pool/failover/of-many", test_failover_of_many);
	g_test_add_func("/pool/backend-wants-one-connection", test_backend_wants_one_connection);
	g_test_add_func("/pool/breaker/opens", test_breaker_opens);
	g_test_add_func("/pool/breaker/half-open", test_breaker_half_open);
	g_test_add_func("/pool/breaker/is-of-the-endpoint", test_breaker_is_of_the_endpoint);
	g_test_add_func("/pool/breaker/refusals-open-nothing", test_refusals_open_nothing);
	g_test_add_func("/pool/deadline/while-waiting", test_deadline_while_waiting);
	g_test_add_func("/pool/deadline/while-asked", test_deadline_while_asked);
	g_test_add_func("/pool/cancel", test_cancel);
	g_test_add_func("/pool/ask-and-cancel-from-inside", test_ask_and_cancel_from_inside);
	g_test_add_data_func("/pool/free/at-once", GUINT_TO_POINTER(0), test_free_at_once);
	g_test_add_data_func("/pool/free/in-the-midst", GUINT_TO_POINTER(3), test_free_at_once);
	g_test_add_data_func("/pool/address/name-of-loopback", "loop.example", test_name_of_loopback);
	g_test_add_data_func("/pool/address/name-of-nothing", "nothing.example", test_name_of_loopback);
	g_test_add_data_func("/pool/address/name-that-is-not", "absent.example", test_name_of_loopback);
	g_test_add_func("/pool/address/name", test_name);
	g_test_add_func("/pool/address/source", test_source);
	g_test_add_func("/pool/address/descriptors", test_descriptors);
	g_test_add_func("/pool/address/unix-socket", test_unix_socket);
	g_test_add_func("/pool/transcript", test_transcript);
	g_test_add_func("/pool/hostile-path", test_hostile_path);
	failed = g_test_run();
	faults_clear();
	return failed;
}
