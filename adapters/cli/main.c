/* main.c - the command "mailguard": asks the library what a mail server would, for a person. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const struct {
	const char *name;
	int       (*run)(int argc, char **argv);
	const char *usage;
} commands[] = {
	{ "check", cli_check, "check --config F --ip A [--helo H]... [--from P] [--rcpt P]... [--auth U] [--json]" },
	{ "lint", cli_lint, "lint F" },
	{ "relay-matrix", cli_relay_matrix, "relay-matrix --config F" },
	{ "spf", cli_spf, "spf --ip A --from F [--helo H] [--config F] [--server A:PORT] [--zone F] [--record R] [--json]" },
	{ "audit", cli_audit, "audit DOMAIN [--ip A] [--helo H] [--connect[=PORT]] [--config F] [--server A:PORT] [--zone F] [--json]" },
	{ "audit", cli_audit, "audit --self --config F [--ip A] [--server A:PORT] [--zone F] [--json]" },
	{ "rcpt", cli_rcpt, "rcpt ADDRESS --config F [--json] [--verbose]" },
	{ "rcpt", cli_rcpt, "rcpt --batch --config F" },
	{ "backend", cli_backend, "backend --config F [--json] [--verbose]" },
	{ "cache", cli_cache, "cache list | stats --config F [--json]" },
	{ "cache", cli_cache, "cache flush ADDRESS | @DOMAIN | --negatives | --all --config F" },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

int
cli_fail(int code, const char *format, ...)
{
	char text[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = '?';
	fprintf(stderr, "mailguard: %s\n", text);
	return code;
}

int
cli_fail_library(int error, const char *what)
{
	switch (error) {
	case MG_E_POLICY:
		return cli_fail(EXIT_CONFIG, "%s: %s", what, mg_error_text(error));
	case MG_E_ABI:
		return cli_fail(EXIT_UNAVAILABLE, "%s: not possible with this release of the library", what);
	default:
		return cli_fail(EXIT_UNAVAILABLE, "%s: %s", what, mg_error_text(error));
	}
}

int
cli_exit_code(const mg_verdict *verdict)
{
	switch (mg_verdict_action(verdict)) {
	case MG_ACCEPT: return EXIT_ACCEPTED;
	case MG_DEFER:  return EXIT_DEFERRED;
	case MG_REJECT: return EXIT_REJECTED;
	}
	return EXIT_UNAVAILABLE;
}

const char *
cli_engine(void)
{
	static char path[PATH_MAX + sizeof("/engine.so")];
	const char *wanted = getenv("MAILGUARD_ENGINE");
	ssize_t length;
	char *slash;

	if (wanted != NULL && wanted[0] != 0)
		return wanted;
	length = readlink("/proc/self/exe", path, PATH_MAX);
	if (length <= 0)
		return NULL;
	path[length] = 0;
	slash = strrchr(path, '/');
	strcpy(slash, "/engine.so");
	return access(path, R_OK) == 0 ? path : NULL;
}

void
cli_print_log(void *context, mg_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "mailguard: %s: %s\n", mg_level_name((int)level), line);
}

/* What a command is, whatever it asks of. */
static int
open_guard(mg_options *options, mg_guard **guard_out)
{
	int error;

	options->engine = cli_engine();
	options->flags = MG_OWN_PROCESS | MG_FULL_TRACE;
	error = mg_guard_open(options, guard_out);
	return error ? cli_fail_library(error, options->config ? options->config : options->socket ? options->socket : "options") : 0;
}

int
cli_open(const char *config, const char *socket, const char *policy, bool verbose, mg_guard **guard_out)
{
	mg_options options = MG_OPTIONS_INIT;

	options.config = config;
	options.socket = socket;
	options.policy = policy;
	options.log = cli_print_log;
	options.log_level = verbose ? MG_LEVEL_DEBUG : MG_LEVEL_ERROR;
	return open_guard(&options, guard_out);
}

int
cli_open_logged(const char *config, mg_log_function log, void *context, mg_guard **guard_out)
{
	mg_options options = MG_OPTIONS_INIT;

	options.config = config;
	options.log = log;
	options.log_context = context;
	options.log_level = MG_LEVEL_DEBUG;
	return open_guard(&options, guard_out);
}

const char *
cli_bare_path(const char *path, size_t *length_out)
{
	size_t length = strlen(path);

	if (length >= 2 && path[0] == '<' && path[length - 1] == '>') {
		path++;
		length -= 2;
	}
	*length_out = length;
	return path;
}

static void
print_usage(FILE *out)
{
	fprintf(out, "usage:\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  mailguard %s\n", commands[i].usage);
	fprintf(out, "  mailguard --version\n");
}

/* What was printed must have arrived: a full disk is no success. */
static int
finish(int code)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_fail(EXIT_OUTPUT, "standard output cannot be written");
	return code;
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("mailguard %s\n", mg_version());
		return finish(EXIT_ACCEPTED);
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		print_usage(stdout);
		return finish(EXIT_ACCEPTED);
	}
	for (size_t i = 0; argc >= 2 && i < N_COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return finish(commands[i].run(argc - 1, argv + 1));
	if (argc >= 2)
		cli_fail(EXIT_USAGE, "there is no command '%.60s'", argv[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}
