/* cache.c - "mailguard cache": what is remembered of recipients, listed, counted, forgotten. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define ADDRESS_MAX 512

typedef struct cache_run {
	const char *config;
	const char *what;   /* to be forgotten, as mg_cache_forget has it; NULL: nothing */
	bool        json;
	int         n_whats;
} cache_run;

enum { OPTION_CONFIG = 1, OPTION_JSON, OPTION_NEGATIVES, OPTION_ALL };

static const struct option looking_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 }
};

static const struct option flush_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "negatives", no_argument, NULL, OPTION_NEGATIVES },
	{ "all", no_argument, NULL, OPTION_ALL },
	{ NULL, 0, NULL, 0 }
};

static void
take_what(cache_run *run, const char *what)
{
	run->what = what;
	run->n_whats++;
}

static int
take_options(cache_run *run, const struct option *known, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (option) {
		case OPTION_CONFIG:    run->config = optarg; break;
		case OPTION_JSON:      run->json = true; break;
		case OPTION_NEGATIVES: take_what(run, "negatives"); break;
		case OPTION_ALL:       take_what(run, "all"); break;
		default:               return EXIT_USAGE;   /* getopt has said why */
		}
	if (run->config == NULL)
		return cli_fail(EXIT_USAGE, "cache: --config F was expected");
	return 0;
}

static int
take_looking_options(cache_run *run, int argc, char **argv)
{
	int code = take_options(run, looking_options, argc, argv);

	if (!code && optind != argc)
		return cli_fail(EXIT_USAGE, "cache: '%.60s' was not expected", argv[optind]);
	return code;
}

/* ---- the report ---- */

typedef struct cache_printer {
	void (*print)(const cache_run *run, const cli_report_row *row);
	size_t n_fields;
} cache_printer;

static int
print_rows(const cache_run *run, const mg_report *report, const cache_printer *printer)
{
	const char *line;
	int code = 0;

	for (size_t i = 0; (line = mg_report_line(report, i)) != NULL; i++) {
		cli_report_row row;

		if (mg_report_level(report, i) != MG_LEVEL_INFO) {
			code = cli_fail(EXIT_UNAVAILABLE, "cache: %s", line);
			continue;
		}
		if (!cli_report_cut(line, &row))
			return cli_fail_library(MG_E_MEMORY, "cache");
		if (row.n == printer->n_fields)
			printer->print(run, &row);
		free(row.text);
	}
	return code;
}

/* ---- list ---- */

static void
print_entry(const cache_run *run, const cli_report_row *row)
{
	const char *address = row->fields[0], *known = row->fields[1], *age_s = row->fields[2], *freshness = row->fields[4];
	const char *code = strcmp(row->fields[3], "0") != 0 ? row->fields[3] : NULL;
	char escaped[CLI_ESCAPED(ADDRESS_MAX)];

	if (run->json) {
		printf("{\"address\":");
		cli_json_string(stdout, address, strlen(address));
		printf(",\"known\":\"%s\",\"age_s\":%s,\"code\":%s,\"freshness\":\"%s\"}\n", known, age_s,
		       code != NULL ? code : "null", freshness);
		return;
	}
	cli_escape(address, strlen(address), ADDRESS_MAX, escaped);
	printf("%s: %s, %s, %s s old", escaped, known, freshness, age_s);
	if (code != NULL)
		printf(", by a %s", code);
	printf("\n");
}

static int
list(int argc, char **argv)
{
	static const cache_printer printer = { print_entry, 5 };
	cache_run run = { .config = NULL };
	mg_report *report;
	int code = take_looking_options(&run, argc, argv);

	if (!code)
		code = cli_report(run.config, MG_REPORT_CACHE, "cache", &report);
	if (code)
		return code;
	code = print_rows(&run, report, &printer);
	mg_report_free(report);
	return code;
}

/* ---- stats ---- */

static void
print_key(const char *word)
{
	printf("\"");
	for (const char *at = word; *at; at++)
		putchar(*at == '-' ? '_' : *at);
	printf("\":");
}

static void
print_number(const cache_run *run, const cli_report_row *row)
{
	const char *word = row->fields[0], *number = row->fields[1];

	if (!run->json) {
		printf("%-14s%s\n", word, number[0] ? number : "-");
		return;
	}
	print_key(word);
	printf("%s,", number[0] ? number : "null");
}

/* Of the row of that word; 0: there is none. */
static double
number_of(const mg_report *report, const char *word)
{
	size_t length = strlen(word);
	const char *line;

	for (size_t i = 0; (line = mg_report_line(report, i)) != NULL; i++)
		if (strncmp(line, word, length) == 0 && line[length] == '\t')
			return atof(line + length + 1);
	return 0;
}

static void
print_share(const cache_run *run, const mg_report *report)
{
	double n = number_of(report, "entries"), share = n > 0 ? number_of(report, "stale") / n : 0;

	if (run->json)
		printf("\"stale_share\":%.4f}\n", share);
	else
		printf("%-14s%.1f %%\n", "stale share", 100 * share);
}

static int
stats(int argc, char **argv)
{
	static const cache_printer printer = { print_number, 2 };
	cache_run run = { .config = NULL };
	mg_report *report;
	int code = take_looking_options(&run, argc, argv);

	if (!code)
		code = cli_report(run.config, MG_REPORT_CACHE_STATS, "cache", &report);
	if (code)
		return code;
	if (run.json)
		printf("{");
	code = print_rows(&run, report, &printer);
	print_share(&run, report);
	mg_report_free(report);
	return code;
}

/* ---- flush ---- */

/* @what: without its angle brackets. */
static int
forget(const char *config, const char *what)
{
	mg_options options = MG_OPTIONS_INIT;
	unsigned n;
	int error;

	options.config = config;
	options.engine = cli_engine();
	options.flags = MG_OWN_PROCESS;
	options.log = cli_print_log;
	options.log_level = MG_LEVEL_WARNING;
	error = mg_cache_forget(&options, what, &n);
	switch (error) {
	case MG_OK:
		printf("%u forgotten\n", n);
		return 0;
	case MG_E_ARGUMENT:
		return cli_fail(EXIT_USAGE, "cache flush: an address, or @ and a domain, was expected");
	case MG_E_STATE:
		return cli_fail(EXIT_CONFIG, "cache: the policy has no [recipients] cache");
	case MG_E_SYSTEM:
		return cli_fail(EXIT_UNAVAILABLE, "cache flush: the file cannot be written, and is as it was");
	default:
		return cli_fail_library(error, config);
	}
}

static int
flush(int argc, char **argv)
{
	cache_run run = { .config = NULL };
	int code = take_options(&run, flush_options, argc, argv);
	size_t length;
	const char *bare;
	char *what;

	for (int i = optind; !code && i < argc; i++)
		take_what(&run, argv[i]);
	if (code)
		return code;
	if (run.n_whats != 1)
		return cli_fail(EXIT_USAGE, "cache flush: one of ADDRESS, @DOMAIN, --negatives, --all was expected");
	/* Words of the library's that stand for many are options here, and no address. */
	if (optind < argc && strchr(run.what, '@') == NULL)
		return cli_fail(EXIT_USAGE, "cache flush: an address, or @ and a domain, was expected");
	bare = cli_bare_path(run.what, &length);
	what = strndup(bare, length);
	if (what == NULL)
		return cli_fail_library(MG_E_MEMORY, "cache");
	code = forget(run.config, what);
	free(what);
	return code;
}

/* ---- the command ---- */

int
cli_cache(int argc, char **argv)
{
	static const struct {
		const char *name;
		int       (*run)(int argc, char **argv);
	} tasks[] = { { "list", list }, { "stats", stats }, { "flush", flush } };

	for (size_t i = 0; argc >= 2 && i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (strcmp(argv[1], tasks[i].name) == 0)
			return tasks[i].run(argc - 1, argv + 1);
	return cli_fail(EXIT_USAGE, "cache: list, stats or flush was expected");
}
