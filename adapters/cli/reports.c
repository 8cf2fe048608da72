/* reports.c - "mailguard lint" and "mailguard relay-matrix": what the library reports of a policy file. */
#include <getopt.h>
#include <string.h>

#include "cli.h"

/* Prints all lines to @out; returns the weightiest level there is. */
static int
print_report(const mg_report *report, FILE *out)
{
	const char *line;

	for (size_t i = 0; (line = mg_report_line(report, i)) != NULL; i++)
		fprintf(out, "%s\n", line);
	return mg_report_worst(report);
}

static int
make_report(const char *config, mg_report_kind kind, mg_report **report_out)
{
	mg_options options = MG_OPTIONS_INIT;

	options.config = config;
	options.engine = cli_engine();
	options.flags = MG_OWN_PROCESS;
	return mg_report_make(&options, kind, report_out);
}

bool
cli_report_cut(const char *line, cli_report_row *row_out)
{
	char *next = row_out->text = strdup(line);

	row_out->n = 0;
	while (next != NULL && row_out->n < sizeof(row_out->fields) / sizeof(row_out->fields[0]))
		row_out->fields[row_out->n++] = strsep(&next, "\t");
	return row_out->text != NULL;
}

int
cli_report(const char *config, mg_report_kind kind, const char *command, mg_report **report_out)
{
	int error = make_report(config, kind, report_out);

	if (error)
		return cli_fail_library(error, command);
	if (mg_report_worst(*report_out) != MG_LEVEL_ERROR)
		return 0;
	print_report(*report_out, stderr);
	mg_report_free(*report_out);
	return EXIT_CONFIG;
}

int
cli_lint(int argc, char **argv)
{
	mg_report *report;
	int error, worst;

	if (argc != 2 || argv[1][0] == '-')
		return cli_fail(EXIT_USAGE, "usage: mailguard lint F");
	error = make_report(argv[1], MG_REPORT_LINT, &report);
	if (error)
		return cli_fail_library(error, "lint");
	worst = print_report(report, stdout);
	mg_report_free(report);
	return worst == MG_LEVEL_ERROR ? EXIT_CONFIG : worst == MG_LEVEL_WARNING ? 1 : 0;
}

int
cli_relay_matrix(int argc, char **argv)
{
	static const struct option known[] = { { "config", required_argument, NULL, 'c' }, { NULL, 0, NULL, 0 } };
	const char *config = NULL;
	mg_report *report;
	int code, worst, option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option != 'c')
			return EXIT_USAGE;   /* getopt has said why */
		config = optarg;
	}
	if (config == NULL || optind != argc)
		return cli_fail(EXIT_USAGE, "usage: mailguard relay-matrix --config F");
	code = cli_report(config, MG_REPORT_RELAY_MATRIX, "relay-matrix", &report);
	if (code)
		return code;
	worst = print_report(report, stdout);
	mg_report_free(report);
	return worst == MG_LEVEL_WARNING ? 1 : 0;
}
