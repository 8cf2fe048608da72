/* audit.c - "mailguard audit": a domain, or we ourselves, held against good practice, as a table or as JSON. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

typedef struct audit_run {
	const char *domain, *ip, *helo, *config;   /* @domain NULL: of ourselves */
	cli_dns     dns;
	bool        self, json, verbose;
} audit_run;

/* One rule as the verdict's evidence has it; NULL for what it has not. */
typedef struct audit_row {
	const char *rule, *severity, *found, *expected, *mend;
} audit_row;

enum { OPTION_SELF = 1, OPTION_IP, OPTION_HELO, OPTION_CONFIG, OPTION_SERVER, OPTION_ZONE, OPTION_JSON, OPTION_VERBOSE };

static const struct option known_options[] = {
	{ "self", no_argument, NULL, OPTION_SELF },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

static int
take_options(audit_run *run, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1)
		switch (option) {
		case OPTION_SELF:    run->self = true; break;
		case OPTION_IP:      run->ip = optarg; break;
		case OPTION_HELO:    run->helo = optarg; break;
		case OPTION_CONFIG:  run->config = optarg; break;
		case OPTION_SERVER:  run->dns.server = optarg; break;
		case OPTION_ZONE:    run->dns.zone = optarg; break;
		case OPTION_JSON:    run->json = true; break;
		case OPTION_VERBOSE: run->verbose = true; break;
		default:             return EXIT_USAGE;   /* getopt has said why */
		}
	if (run->self && (optind != argc || run->helo != NULL))
		return cli_fail(EXIT_USAGE, "audit: --self takes no domain and no --helo: our names are those of [mailguard]");
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

static void
print_json_member(const char *before, const char *key, const char *value)
{
	printf("%s\"%s\":", before, key);
	if (value != NULL)
		cli_json_string(stdout, value, strlen(value));
	else
		printf("null");
}

static void
print_json(const audit_row *row)
{
	print_json_member("{", "rule", row->rule);
	print_json_member(",", "severity", row->severity);
	print_json_member(",", "found", row->found);
	print_json_member(",", "expected", row->expected);
	print_json_member(",", "mend", row->mend);
	printf("}\n");
}

/* Colour only for who looks at it. */
static const char *
colour_of(const char *severity)
{
	static const struct { const char *severity, *colour; } colours[] = {
		{ "good", "\033[32m" }, { "note", "\033[36m" }, { "warning", "\033[33m" }, { "error", "\033[31m" },
	};

	for (size_t i = 0; isatty(STDOUT_FILENO) && i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].severity, severity) == 0)
			return colours[i].colour;
	return "";
}

static void
print_text(const audit_row *row)
{
	const char *colour = colour_of(row->severity);

	printf("%s%-8s%s %-13s %s\n", colour, row->severity, colour[0] ? "\033[0m" : "", row->rule, row->found);
	if (row->expected != NULL)
		printf("%-8s %-13s expected: %s\n%-8s %-13s mend:     %s\n", "", "", row->expected, "", "", row->mend);
}

/* What the whole comes to. */
static int
print_rows(const mg_verdict *verdict, bool json)
{
	bool has_finding = false, has_unknown = false;
	audit_row row;

	for (size_t index = 0; row_next(verdict, &index, &row); ) {
		if (json)
			print_json(&row);
		else
			print_text(&row);
		has_unknown = has_unknown || strcmp(row.severity, "unknown") == 0;
		has_finding = has_finding || strcmp(row.severity, "warning") == 0 || strcmp(row.severity, "error") == 0;
	}
	return has_finding ? EXIT_REJECTED : has_unknown ? EXIT_UNKNOWN : EXIT_ACCEPTED;
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
	code = print_rows(verdict, run->json);
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
