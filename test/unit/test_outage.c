/* test_outage.c - RELIABILITY 3.4: every fault of a backend, under each on-failure, of a recipient that was valid lately and of one
 * that nobody knows. The faults are those that the pool is tested with (smtp_faults.h): each class of answer has its reason, the
 * client is told in time, and nothing is left behind. What takes more than one question is in test_verifier.c. */
#include <signal.h>

#include "smtp_faults.h"
#include "verify_scene.h"

typedef enum place { AT_SERVER, REFUSED, UNREACHABLE, BLACKHOLE, DIES_WHILE_POOLED } place;

typedef struct trouble {
	const fault_row *fault;   /* one of these two */
	const tls_row   *tls;
	place            at;
} trouble;

typedef struct outage_case {
	trouble           of;
	mg_backend_outage outage;
	gboolean          was_valid;
} outage_case;

static const fault_row more_rows[] = {
	{ "pipelining-is-broken", { .forgets_input = TRUE }, MG_RCPT_TRANSPORT, NULL, TRUE, 0 },
	{ "refused", { 0 }, MG_RCPT_TRANSPORT, NULL, FALSE, 0 },
	{ "unreachable", { 0 }, MG_RCPT_TRANSPORT, NULL, FALSE, 0 },
	{ "blackhole", { 0 }, MG_RCPT_TRANSPORT, NULL, TRUE, 0 },
	{ "dies-while-pooled", { 0 }, MG_RCPT_VALID, NULL, FALSE, 0 },
	{ "rcpt-blocked-now", RCPT("450 4.2.1 Not now"), MG_RCPT_BLOCKED_NOW, NULL, FALSE, 1 },
	{ "rcpt-550-syntax", RCPT("550 5.1.3 Bad address"), MG_RCPT_BAD_SYNTAX, NULL, FALSE, 1 },
	{ "rcpt-550-domain", RCPT("550 5.1.2 No such domain"), MG_RCPT_NO_DOMAIN, NULL, FALSE, 1 },
};
static const place more_places[] = { AT_SERVER, REFUSED, UNREACHABLE, BLACKHOLE, DIES_WHILE_POOLED, AT_SERVER, AT_SERVER, AT_SERVER };
G_STATIC_ASSERT(G_N_ELEMENTS(more_rows) == G_N_ELEMENTS(more_places));

/* Where a deadline is all that ends it; twice as long where something is to work behind it. */
static mg_pool_times
times_of(gboolean is_short, mg_rcpt_class class)
{
	mg_pool_times times = scene_times_long;
	gint64 unit_us = class == MG_RCPT_VALID ? 400 * MS : 120 * MS;

	if (!is_short)
		return times;
	times.connection.connect_us = times.connection.banner_us = times.connection.reply_us = unit_us;
	times.connection.flight_us = 3 * unit_us;
	times.connection.line_us = unit_us / 2;
	times.connection.quit_us = unit_us;
	return times;
}

/* What a client is told, whatever on-failure says. */
static const char *
expected_reason(mg_rcpt_class class, gboolean was_valid)
{
	switch (class) {
	case MG_RCPT_VALID:
	case MG_RCPT_SIZE:
		return "exists";
	case MG_RCPT_UNVERIFIABLE:
		return "unverifiable";
	case MG_RCPT_FULL:
		return "full";
	case MG_RCPT_BLOCKED_NOW:
		return "temporary";
	case MG_RCPT_UNKNOWN:
	case MG_RCPT_MOVED:
	case MG_RCPT_SUSPECT:
	case MG_RCPT_BAD_SYNTAX:
		return was_valid ? "suspect" : "unknown";
	case MG_RCPT_GREY:
	case MG_RCPT_BATCH_LIMIT:
	case MG_RCPT_TEMP:
	case MG_RCPT_NO_DOMAIN:
	case MG_RCPT_SENDER:
	case MG_RCPT_POLICY:
		return was_valid ? "exists" : "temporary";
	case MG_RCPT_BACKEND_TEMP:
	case MG_RCPT_CLOSING:
	case MG_RCPT_CONFIG:
	case MG_RCPT_PROTOCOL:
	case MG_RCPT_TRANSPORT:
		return was_valid ? "exists" : "backend-down";
	}
	g_assert_not_reached();
}

/* ---- a backend that has turned bad ---- */

static void
secure(mg_backend *backend, smtp_server *server, const tls_row *row)
{
	const test_certificate *known = row->server == EXPIRED || row->server == OTHER_NAME ? certificate_of(row->server)
	                                                                                    : &certificates.good;

	backend->tls = row->mode;
	backend->tls_name = g_strdup(row->tls_name != NULL ? row->tls_name : NAME);
	backend->tls_ca = g_strdup(known->file);
	g_clear_pointer(&backend->tls_pins, g_array_unref);
	backend->tls_pins = pins_of(row->pins);
	if (row->server != PLAIN)
		server->tls = certificate_of(row->server)->context;
}

/* A server whose backlog is full; the first is what listens, the others fill it. */
typedef struct blackhole {
	int fds[16];
} blackhole;

static void
blackhole_dig(blackhole *hole, mg_endpoint *endpoint)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);

	for (guint i = 0; i < G_N_ELEMENTS(hole->fds); i++)
		hole->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	g_assert_cmpint(bind(hole->fds[0], (struct sockaddr *)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(hole->fds[0], 0), ==, 0);
	g_assert_cmpint(getsockname(hole->fds[0], (struct sockaddr *)&address, &length), ==, 0);
	for (guint i = 1; i < G_N_ELEMENTS(hole->fds); i++)
		(void)!connect(hole->fds[i], (struct sockaddr *)&address, sizeof(address));
	endpoint->port = ntohs(address.sin_port);
}

static void
blackhole_fill(const blackhole *hole)
{
	for (guint i = 0; i < G_N_ELEMENTS(hole->fds); i++)
		close(hole->fds[i]);
}

static void
misplace(mg_backend *backend, scene *set, place at, blackhole *hole)
{
	mg_endpoint *endpoint = &g_array_index(backend->endpoints, mg_endpoint, 0);

	if (at == REFUSED)
		smtp_server_stop_listening(&set->server);
	if (at == BLACKHOLE)
		blackhole_dig(hole, endpoint);
	if (at == UNREACHABLE) {   /* no packet leaves a loopback address for elsewhere */
		g_assert_true(mg_ip_parse("192.0.2.1", &endpoint->ip));
		backend->has_source = TRUE;
		g_assert_true(mg_ip_parse("127.0.0.1", &backend->source));
	}
}

static const smtp_script *
script_of(const trouble *of)
{
	return of->fault != NULL ? &of->fault->script : &of->tls->script;
}

static void
test_outage(gconstpointer data)
{
	static const char *const settings[] = {
		[MG_OUTAGE_DEFER] = "on-failure = defer\n", [MG_OUTAGE_ACCEPT] = "role = backup-mx\non-failure = accept\n",
		[MG_OUTAGE_STALE_ONLY] = "on-failure = stale-only\n",
	};
	static const smtp_script good = { 0 };
	const outage_case *row = data;
	const trouble *of = &row->of;
	mg_rcpt_class class = of->fault != NULL ? of->fault->class : of->tls->class;
	gboolean is_short = of->fault != NULL ? of->fault->is_short : of->tls->is_short;
	mg_pool_times times = scene_times_long;
	mg_rcpt_finding finding;
	mg_backend *backend;
	mg_policy *next;
	gint64 begun_us;
	blackhole hole;
	scene set;

	/* While all was well. */
	scene_prepare(&set, &good, settings[row->outage]);
	set.server.scripts[1] = of->at == DIES_WHILE_POOLED ? &good : script_of(of);
	set.times = &times;
	scene_open(&set);
	assert_reason(scene_find(&set, row->was_valid ? "anna" : "berta"), "exists");
	if (row->was_valid)
		scene_pass_s(13 * HOUR_S);

	/* Another server in the place of the first: what was learned counts, and no connection is left. */
	next = scene_policy(&set, set.more);
	backend = next->backends->pdata[0];
	g_assert_cmpuint(backend->epoch, ==, ((const mg_backend *)set.policy->backends->pdata[0])->epoch);
	if (of->tls != NULL)
		secure(backend, &set.server, of->tls);
	misplace(backend, &set, of->at, &hole);
	times = times_of(is_short, class);
	scene_adopt(&set, next);
	if (of->at == DIES_WHILE_POOLED) {
		assert_reason(scene_find(&set, "carla"), "exists");
		smtp_server_kill(&set.server);
	}

	begun_us = g_get_monotonic_time();
	finding = scene_find(&set, "anna");
	assert_reason(finding, expected_reason(class, row->was_valid));
	g_assert_cmpint(finding.is_let_through, ==, row->outage == MG_OUTAGE_ACCEPT && finding.reason == MG_REASON_RCPT_BACKEND_DOWN);
	/* What is no matter of waiting ends without it; nothing waits for longer than its deadlines. */
	g_assert_cmpint(g_get_monotonic_time() - begun_us, <, is_short ? PATIENCE_MS * MS : scene_times_long.connection.reply_us);
	g_assert_cmpuint(set.server.n_connections, <=, 8);
	if (of->at == BLACKHOLE)
		blackhole_fill(&hole);
	scene_end(&set);
}

static void
add(const char *name, const trouble *of)
{
	for (mg_backend_outage outage = MG_OUTAGE_DEFER; outage <= MG_OUTAGE_STALE_ONLY; outage++)
		for (gboolean was_valid = FALSE; was_valid <= TRUE; was_valid++) {
			g_autofree char *path = g_strdup_printf("/outage/%s%s/%s/%s", of->tls != NULL ? "tls-" : "", name,
			                                        mg_backend_outage_names[outage], was_valid ? "was-valid" : "new");
			outage_case *row = g_new(outage_case, 1);

			*row = (outage_case){ *of, outage, was_valid };
			g_test_add_data_func_full(path, row, test_outage, g_free);
		}
}

int
main(int argc, char **argv)
{
	int failed;

	test_init(&argc, &argv);
	signal(SIGPIPE, SIG_IGN);   /* the backend's OpenSSL writes to sockets that are closed */
	faults_make();
	for (guint i = 0; i < G_N_ELEMENTS(fault_rows); i++)
		add(fault_rows[i].name, &(trouble){ .fault = &fault_rows[i] });
	for (guint i = 0; i < G_N_ELEMENTS(more_rows); i++)
		add(more_rows[i].name, &(trouble){ .fault = &more_rows[i], .at = more_places[i] });
	for (guint i = 0; i < G_N_ELEMENTS(tls_rows); i++)
		if (tls_rows[i].module == NULL)
			add(tls_rows[i].name, &(trouble){ .tls = &tls_rows[i] });
	failed = g_test_run();
	faults_clear();
	return failed;
}
