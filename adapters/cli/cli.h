/* cli.h - what the parts of the command share. */
#ifndef MAILGUARD_CLI_H
#define MAILGUARD_CLI_H

#include <mailguard.h>
#include <stdbool.h>
#include <stdio.h>

/* Exit codes: what a verdict says, then those of sysexits.h. */
enum {
	EXIT_ACCEPTED    = 0,
	EXIT_REJECTED    = 1,
	EXIT_DEFERRED    = 2,
	EXIT_USAGE       = 64,
	EXIT_UNAVAILABLE = 69,
	EXIT_OUTPUT      = 74,
	EXIT_UNKNOWN     = 75,
	EXIT_CONFIG      = 78
};

/* The sub-commands: arguments from their own name on; return an exit code. */
int cli_check(int argc, char **argv);
int cli_lint(int argc, char **argv);
int cli_relay_matrix(int argc, char **argv);
int cli_spf(int argc, char **argv);
int cli_audit(int argc, char **argv);
int cli_rcpt(int argc, char **argv);
int cli_backend(int argc, char **argv);
int cli_cache(int argc, char **argv);

/* Prints "mailguard: ..." on standard error, at most a line, and returns @code. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The exit code for an error of the library, told on standard error. */
int cli_fail_library(int error, const char *what);

/* engine.so where it was built, beside this program; NULL: where it is installed. Constant after the first call. */
const char *cli_engine(void);

/* An mg_log_function: to standard error. */
void cli_print_log(void *context, mg_level level, const char *line);

/* A guard of a policy file, of a daemon's socket, or of neither, and keys that take the place of the file's; NULL where there is
 * none. Its log goes to standard error: all of it, or errors alone. Returns an exit code. */
int cli_open(const char *config, const char *socket, const char *policy, bool verbose, mg_guard **guard_out);

/* The same of a policy file alone, and every line of the log goes to @log. */
int cli_open_logged(const char *config, mg_log_function log, void *context, mg_guard **guard_out);

/* What a verdict says. */
int cli_exit_code(const mg_verdict *verdict);

/* Asks about a recipient as nobody, whom no budget counts: a person. Returns an error of the library, and no session then. */
int cli_ask_recipient(mg_guard *guard, const char *path, size_t length, void *tag, mg_session **session_out, uint64_t *request_out);

/* A line of a report, cut at its tabs. */
typedef struct cli_report_row {
	char  *text;        /* owned; the line */
	char  *fields[5];   /* in it */
	size_t n;
} cli_report_row;

/* False: no memory. The text is the caller's to free. */
bool cli_report_cut(const char *line, cli_report_row *row_out);

/* The report of a policy file without errors; those of another are told on standard error. Returns an exit code. */
int cli_report(const char *config, mg_report_kind kind, const char *command, mg_report **report_out);

/* Where DNS is looked up, in place of what the policy says; NULL: as it says. */
typedef struct cli_dns {
	const char *server;   /* address and port */
	const char *zone;     /* a master file */
} cli_dns;

/* The same with these, and with further keys as mailguard.conf has them; NULL: none. */
int cli_open_over(const char *config, const cli_dns *dns, const char *more, bool verbose, mg_guard **guard_out);

/* A path without its angle brackets, if it has them. */
const char *cli_bare_path(const char *path, size_t *length_out);

/* As in the log: what is no printable ASCII becomes \xHH. Of more than @max octets, those and "..."; @text_out has CLI_ESCAPED(@max). */
#define CLI_ESCAPED(max) (4 * (max) + sizeof("..."))
void cli_escape(const char *octets, size_t length, size_t max, char *text_out);

/* A JSON string (RFC 8259 7): octets that are not UTF-8 become U+FFFD. */
void cli_json_string(FILE *out, const char *octets, size_t length);
/* A key and its value behind others, on standard output; null for NULL. A number is given as its text. */
void cli_json_pair(const char *key, const char *value, bool is_number);

#endif
