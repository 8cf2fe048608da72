/* cli.h - what the parts of the command share. */
#ifndef MAILGUARD_CLI_H
#define MAILGUARD_CLI_H

#include <mailguard.h>
#include <stdio.h>

/* Exit codes: what a verdict says, then those of sysexits.h. */
enum {
	EXIT_ACCEPTED    = 0,
	EXIT_REJECTED    = 1,
	EXIT_DEFERRED    = 2,
	EXIT_USAGE       = 64,
	EXIT_UNAVAILABLE = 69,
	EXIT_OUTPUT      = 74,
	EXIT_CONFIG      = 78
};

/* The sub-commands: arguments from their own name on; return an exit code. */
int cli_check(int argc, char **argv);
int cli_lint(int argc, char **argv);
int cli_relay_matrix(int argc, char **argv);

/* Prints "mailguard: ..." on standard error, at most a line, and returns @code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The exit code for an error of the library, told on standard error. */
int cli_fail_library(int error, const char *what);

/* engine.so where it was built, beside this program; NULL: where it is installed. Constant after the first call. */
const char *cli_engine(void);

/* Log lines of the library, to standard error. */
void cli_log(void *context, mg_level level, const char *line);

/* A JSON string (RFC 8259 7): octets that are not UTF-8 become U+FFFD. */
void cli_json_string(FILE *out, const char *octets, size_t length);

#endif
