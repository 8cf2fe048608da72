/* audit.c - "mailguard audit": a domain, or we ourselves, held against good practice, as a table or as JSON. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cli.h"

#define SMTP_PORT 25

typedef struct audit_run {
	const char *domain, *ip, *helo, *config;   /* @domain NULL: of ourselves */
	cli_dns     dns;
	in_port_t   port;            /* where MX hosts are tried; 0: they are not */
	bool        tries_special;   /* addresses too that no host of the Internet has */
	bool        self, json, verbose;
} audit_run;

enum {
	OPTION_SELF = 1, OPTION_IP, OPTION_HELO, OPTION_CONNECT, OPTION_CONFIG, OPTION_SERVER, OPTION_ZONE, OPTION_JSON,
	OPTION_VERBOSE
};

static const struct option known_options[] = {
	{ "self", no_argument, NULL, OPTION_SELF },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "connect", optional_argument, NULL, OPTION_CONNECT },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

/* Who names a port knows where it leads: a lab's hosts are wherever they are. */
static bool
take_port(audit_run *run, const char *text)
{
	char *end;
	unsigned long port = text != NULL ? strtoul(text, &end, 10) : SMTP_PORT;

	if (text != NULL && (text[0] < '0' || text[0] > '9' || *end != 0 || port == 0 || port > 65535))
		return false;
	run->port = (in_port_t)port;
	run->tries_special = text != NULL;
	return true;
}

static int
take_options(audit_run *run, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1)
		switch (option) {
		case OPTION_SELF:    run->self = true; break;
		case OPTION_IP:      run->ip = optarg; break;
		case OPTION_HELO:    run->helo = optarg; break;
		case OPTION_CONNECT:
			if (!take_port(run, optarg))
				return cli_fail(EXIT_USAGE, "audit: --connect=%.20s: a port was expected", optarg);
			break;
		case OPTION_CONFIG:  run->config = optarg; break;
		case OPTION_SERVER:  run->dns.server = optarg; break;
		case OPTION_ZONE:    run->dns.zone = optarg; break;
		case OPTION_JSON:    run->json = true; break;
		case OPTION_VERBOSE: run->verbose = true; break;
		default:             return EXIT_USAGE;   /* getopt has said why */
		}
	if (run->self && (optind != argc || run->helo != NULL))
		return cli_fail(EXIT_USAGE, "audit: --self takes no domain and no --helo: our names are those of [mailguard]");
	if (run->self && run->port != 0)
		return cli_fail(EXIT_USAGE, "audit: --self takes no --connect: MX hosts are a domain's");
	if (run->self)
		return 0;
	if (optind + 1 != argc || argv[optind][0] == 0)
		return cli_fail(EXIT_USAGE, "audit: one domain was expected, or --self");
	run->domain = argv[optind];
	return 0;
}

/* ---- rows ---- */

/* The row that begins at *@index, which moves behind it. */
static bool
row_next(const mg_verdict *verdict, size_t *index, audit_row *row_out)
{
	const char *name, *value;
	audit_row row = { NULL, NULL, NULL, NULL, NULL };

	for (; (name = mg_verdict_evidence(verdict, *index, &value)) != NULL; (*index)++) {
		if (strcmp(name, "audit.rule") == 0) {
			if (row.rule != NULL)
				break;
			row.rule = value;
		} else if (strcmp(name, "audit.severity") == 0) {
			row.severity = value;
		} else if (strcmp(name, "audit.found") == 0) {
			row.found = value;
		} else if (strcmp(name, "audit.expected") == 0) {
			row.expected = value;
		} else if (strcmp(name, "audit.mend") == 0) {
			row.mend = value;
		}
	}
	*row_out = row;
	return row.rule != NULL;
}

/* What the rows come to. A verdict without any is one that time has cut short. */
static int
exit_code(const audit_tally *tally)
{
	if (tally->has_finding)
		return EXIT_REJECTED;
	return tally->has_unknown || !tally->has_row ? EXIT_UNKNOWN : EXIT_ACCEPTED;
}

static int
print_rows(const audit_run *run, const mg_verdict *verdict)
{
	audit_tally tally = { .json = run->json };
	audit_row row;

	for (size_t index = 0; row_next(verdict, &index, &row); )
		audit_print(&tally, &row);
	if (run->port != 0)
		audit_answers(verdict, run->port, run->tries_special, &tally);
	return exit_code(&tally);
}

/* ---- asking ---- */

static int
ask(const audit_run *run, mg_guard *guard, mg_session *session)
{
	mg_verdict *verdict;
	uint64_t request;
	int code, error;

	if (run->ip != NULL && (strchr(run->ip, '%') != NULL || mg_session_set_client(session, run->ip, MG_FROM_SOCKET) != MG_OK))
		return cli_fail(EXIT_USAGE, "audit: --ip %.60s: an IPv4 or IPv6 address was expected", run->ip);
	if (run->ip == NULL)
		mg_session_set_client(session, NULL, MG_FROM_LOCAL);
	error = run->helo != NULL ? mg_session_set_helo(session, run->helo, MG_TEXT, MG_HELO_EXTENDED) : MG_OK;
	if (!error)
		error = mg_ask_audit(session, run->domain, &request);
	if (!error)
		error = mg_guard_wait(guard, request, &verdict);
	if (error)
		return cli_fail_library(error, "audit");
	code = print_rows(run, verdict);
	mg_verdict_free(verdict);
	return code;
}

int
cli_audit(int argc, char **argv)
{
	audit_run run = { .domain = NULL };
	mg_session *session = NULL;
	mg_guard *guard = NULL;
	int code = take_options(&run, argc, argv);

	if (!code)
		code = cli_open_over(run.config, &run.dns, NULL, run.verbose, &guard);
	if (!code && mg_session_new(guard, &session) != MG_OK)
		code = cli_fail_library(MG_E_MEMORY, "audit");
	if (!code)
		code = ask(&run, guard, session);
	mg_session_unref(session);
	mg_guard_close(guard);
	return code;
}
