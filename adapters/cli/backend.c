/* backend.c - "mailguard backend": each server that is asked about recipients, tried: can it be reached, how, and does it tell
 * recipients apart. It is asked about one that cannot exist, with the canaries of its domain. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "cli.h"
#include "evidence.h"

typedef struct backend_run {
	const char *config;
	bool        json, verbose;
} backend_run;

/* One server, as the report has it; borrowed from its line. */
typedef struct server {
	char *backend, *text, *domain;
} server;

enum { OPTION_CONFIG = 1, OPTION_JSON, OPTION_VERBOSE };

static const struct option known_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

static int
take_options(backend_run *run, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1)
		switch (option) {
		case OPTION_CONFIG:  run->config = optarg; break;
		case OPTION_JSON:    run->json = true; break;
		case OPTION_VERBOSE: run->verbose = true; break;
		default:             return EXIT_USAGE;   /* getopt has said why */
		}
	if (run->config == NULL || optind != argc)
		return cli_fail(EXIT_USAGE, "backend: --config F was expected, and nothing else");
	return 0;
}

/* ---- printing ---- */

static void
print_json(const server *tried, const char *reached, const char *class, const cli_evidence *found)
{
	printf("{\"backend\":");
	cli_json_string(stdout, tried->backend, strlen(tried->backend));
	cli_json_pair("server", tried->text, false);
	cli_json_pair("domain", tried->domain, false);
	cli_json_pair("reached", reached, false);
	cli_json_pair("class", class, false);
	cli_json_pair("tls", cli_evidence_find(found, "tls"), false);
	cli_json_pair("pipelining", cli_evidence_find(found, "pipelining"), false);
	cli_json_pair("elapsed_us", cli_evidence_find(found, "elapsed-us"), true);
	cli_json_pair("problem", cli_evidence_find(found, "problem"), false);
	cli_json_pair("said_code", cli_evidence_find(found, "code"), true);
	cli_json_pair("said", cli_evidence_find(found, "said"), false);
	printf("}\n");
}

static void
print_text(const server *tried, const char *reached, const char *class, const cli_evidence *found)
{
	const char *tls = cli_evidence_find(found, "tls");
	const char *pipelining = cli_evidence_find(found, "pipelining"), *elapsed = cli_evidence_find(found, "elapsed-us");
	const char *problem = cli_evidence_find(found, "problem"), *code = cli_evidence_find(found, "code");

	printf("%s %s: %s\n", tried->backend, tried->text, strcmp(reached, "yes") == 0 ? class : "not reached");
	if (problem != NULL)
		printf("  %-12s%s\n", "problem", problem);
	if (code != NULL)
		printf("  %-12s%s %s\n", "said", code, cli_evidence_find(found, "said"));
	if (strcmp(reached, "yes") == 0)
		printf("  %-12s%s\n  %-12s%s\n", "tls", tls != NULL ? tls : "no", "pipelining", pipelining);
	if (elapsed != NULL)
		printf("  %-12s%.1f ms\n", "answered in", atof(elapsed) / 1000);
}

/* ---- trying ---- */

static void
make_recipient(const char *domain, char recipient_out[300])
{
	unsigned char random[8] = { 0 };
	int at = snprintf(recipient_out, 300, "mailguard-");

	if (getrandom(random, sizeof(random), 0) < 0)
		random[0] = 1;   /* that nobody has the name is all that matters */
	for (size_t i = 0; i < sizeof(random); i++)
		at += snprintf(recipient_out + at, 300 - (size_t)at, "%02x", random[i]);
	snprintf(recipient_out + at, 300 - (size_t)at, "@%s", domain);
}

static int
ask(mg_guard *guard, const char *recipient, mg_verdict **verdict_out)
{
	mg_session *session;
	uint64_t request;
	int error = cli_ask_recipient(guard, recipient, MG_TEXT, NULL, &session, &request);

	if (error)
		return error;
	error = mg_guard_wait(guard, request, verdict_out);
	mg_session_unref(session);
	return error;
}

/* The only server that its backend has, and with nothing remembered. */
static int
open_guard(const backend_run *run, const server *tried, mg_guard **guard_out)
{
	static const cli_dns as_configured = { NULL, NULL };
	char more[1000];

	snprintf(more, sizeof(more), "[backend %.64s]\nserver = %.600s\n[recipients]\ncache =\n", tried->backend, tried->text);
	return cli_open_over(run->config, &as_configured, more, run->verbose, guard_out);
}

/* The canaries may answer after the recipient: its domain's class is waited for, and nothing is asked of the backend meanwhile. */
static int
await_class(mg_guard *guard, const char *recipient, char class_out[32])
{
	const struct timespec pause = { 0, 50000000 };

	for (unsigned i = 0; strcmp(class_out, "undetermined") == 0 && i < 100; i++) {
		cli_evidence found;
		mg_verdict *verdict;
		const char *class;
		int error;

		(void)nanosleep(&pause, NULL);
		error = ask(guard, recipient, &verdict);
		if (error)
			return error;
		cli_evidence_read(verdict, &found);
		class = cli_evidence_find(&found, "domain-class");
		snprintf(class_out, 32, "%s", class != NULL ? class : "undetermined");
		mg_verdict_free(verdict);
	}
	return MG_OK;
}

/* @is_good_out: reached, and it tells recipients apart. */
static int
try_server(const backend_run *run, const server *tried, bool *is_good_out)
{
	char recipient[300];
	mg_verdict *verdict;
	cli_evidence found;
	mg_guard *guard;
	const char *reached, *told;
	char class[32];
	int code = open_guard(run, tried, &guard), error;

	if (code)
		return code;
	make_recipient(tried->domain, recipient);
	error = ask(guard, recipient, &verdict);
	if (error) {
		mg_guard_close(guard);
		return cli_fail_library(error, "backend");
	}
	cli_evidence_read(verdict, &found);
	told = cli_evidence_find(&found, "domain-class");
	snprintf(class, sizeof(class), "%s", told != NULL ? told : "undetermined");
	reached = cli_evidence_find(&found, "code") != NULL ? "yes" : "no";
	if (strcmp(reached, "yes") == 0 && mg_verdict_action(verdict) == MG_ACCEPT)
		error = await_class(guard, recipient, class);
	*is_good_out = strcmp(reached, "yes") == 0 && (strcmp(class, "discriminating") == 0 || strcmp(class, "catch-all") == 0);
	if (error)
		code = cli_fail_library(error, "backend");
	else if (run->json)
		print_json(tried, reached, class, &found);
	else
		print_text(tried, reached, class, &found);
	mg_verdict_free(verdict);
	mg_guard_close(guard);
	return code;
}

static int
try_all(const backend_run *run, const mg_report *report)
{
	bool all_good = true;
	const char *line;
	int code = 0;

	for (size_t i = 0; !code && (line = mg_report_line(report, i)) != NULL; i++) {
		bool is_good = false;
		cli_report_row row;

		if (!cli_report_cut(line, &row))
			return cli_fail_library(MG_E_MEMORY, "backend");
		if (row.n == 3)
			code = try_server(run, &(server){ row.fields[0], row.fields[1], row.fields[2] }, &is_good);
		all_good = all_good && is_good;
		free(row.text);
	}
	return code ? code : all_good ? EXIT_ACCEPTED : EXIT_REJECTED;
}

int
cli_backend(int argc, char **argv)
{
	backend_run run = { .config = NULL };
	mg_report *report;
	int code = take_options(&run, argc, argv);

	if (!code)
		code = cli_report(run.config, MG_REPORT_BACKENDS, "backend", &report);
	if (code)
		return code;
	if (mg_report_line(report, 0) == NULL)
		code = cli_fail(EXIT_CONFIG, "backend: %.200s has no [backend NAME]", run.config);
	else
		code = try_all(&run, report);
	mg_report_free(report);
	return code;
}
