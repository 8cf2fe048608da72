/* rcpt.c - "mailguard rcpt": does a recipient exist behind us, who says so, and in which words. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "cli.h"
#include "evidence.h"

typedef struct rcpt_run {
	const char *address, *config;
	bool        batch, json, verbose;
} rcpt_run;

enum { OPTION_CONFIG = 1, OPTION_BATCH, OPTION_JSON, OPTION_VERBOSE };

static const struct option known_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "batch", no_argument, NULL, OPTION_BATCH },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

static int
take_options(rcpt_run *run, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1)
		switch (option) {
		case OPTION_CONFIG:  run->config = optarg; break;
		case OPTION_BATCH:   run->batch = true; break;
		case OPTION_JSON:    run->json = true; break;
		case OPTION_VERBOSE: run->verbose = true; break;
		default:             return EXIT_USAGE;   /* getopt has said why */
		}
	if (run->config == NULL)
		return cli_fail(EXIT_USAGE, "rcpt: --config F was expected");
	if (run->batch && optind != argc)
		return cli_fail(EXIT_USAGE, "rcpt: --batch takes addresses from standard input");
	if (!run->batch && optind + 1 != argc)
		return cli_fail(EXIT_USAGE, "rcpt: one address was expected");
	run->address = run->batch ? NULL : argv[optind];
	return 0;
}

/* ---- asking ---- */

int
cli_ask_recipient(mg_guard *guard, const char *path, size_t length, void *tag, mg_session **session_out, uint64_t *request_out)
{
	mg_session *session;
	int error = mg_session_new(guard, &session);

	if (error)
		return error;
	mg_session_set_context(session, tag);
	error = mg_session_set_client(session, "127.0.0.1", MG_FROM_SOCKET);
	if (!error)
		error = mg_ask_recipient(session, path, length, request_out);
	if (error)
		mg_session_unref(session);
	else
		*session_out = session;
	return error;
}

/* As batch.h has it. */
static const char *
ask(void *context, mg_guard *guard, char *address, void *tag, mg_session **session_out, uint64_t *request_out)
{
	size_t length;
	const char *path = cli_bare_path(address, &length);
	int error = cli_ask_recipient(guard, path, length, tag, session_out, request_out);

	(void)context;
	return !error ? NULL : error == MG_E_MEMORY ? "out of memory" : "an address was expected";
}

/* ---- the transcript ---- */

/* Lines that went to the backend and came from it, of a log that tells more. */
static void
keep_transcript(void *context, mg_level level, const char *line)
{
	static const char sent[] = "backend.sent ", received[] = "backend.received ", key[] = " line=";
	FILE *transcript = context;
	const char *said = strstr(line, key);
	bool is_sent = strncmp(line, sent, sizeof(sent) - 1) == 0;

	if (level == MG_LEVEL_ERROR)
		fprintf(stderr, "mailguard: error: %s\n", line);
	if (said == NULL || (!is_sent && strncmp(line, received, sizeof(received) - 1) != 0))
		return;
	said += sizeof(key) - 1;
	if (*said == '"')   /* the log has what has spaces between quotes, and no quote within */
		fprintf(transcript, "  %c %.*s\n", is_sent ? '>' : '<', (int)strlen(said) - 2, said + 1);
	else
		fprintf(transcript, "  %c %s\n", is_sent ? '>' : '<', said);
}

/* ---- printing ---- */

static const struct {
	const char *key;      /* of JSON */
	const char *piece;    /* of the evidence */
	const char *label;
	bool        is_number;
} told[] = {
	{ "source", "source", "source", false }, { "backend", "backend", "backend", false }, { "endpoint", "endpoint", "endpoint", false },
	{ "asked", "asked", "asked", false }, { "class", "class", "class", false }, { "said_code", "code", "code", true },
	{ "said", "said", "said", false }, { "domain_class", "domain-class", "domain", false }, { "age_s", "age-s", "age, s", true },
	{ "canary_age_s", "canary-age-s", "canaries, s", true },
};
#define N_TOLD (sizeof(told) / sizeof(told[0]))

/* "rcpt.exists", whatever the policy makes of it. */
static void
reason_of(const mg_verdict *verdict, char out[64])
{
	const char *check, *result;

	for (size_t i = 0; (check = mg_verdict_result(verdict, i, &result)) != NULL; i++)
		if (strcmp(check, "rcpt") == 0) {
			snprintf(out, 64, "%s.%s", check, result);
			return;
		}
	snprintf(out, 64, "%s", mg_verdict_reason(verdict));
}

static void
print_json(void *context, const char *address, const mg_verdict *verdict)
{
	cli_evidence found;
	char reason[64];

	(void)context;
	cli_evidence_read(verdict, &found);
	reason_of(verdict, reason);
	printf("{\"address\":");
	cli_json_string(stdout, address, strlen(address));
	cli_json_pair("action", mg_action_name((int)mg_verdict_action(verdict)), false);
	printf(",\"code\":%d", mg_verdict_code(verdict));
	cli_json_pair("enhanced", mg_verdict_enhanced(verdict), false);
	cli_json_pair("reason", reason, false);
	for (size_t i = 0; i < N_TOLD; i++)
		cli_json_pair(told[i].key, cli_evidence_find(&found, told[i].piece), told[i].is_number);
	printf("}\n");
}

static void
print_text(const char *address, const mg_verdict *verdict)
{
	const char *line;
	cli_evidence found;
	char reason[64];

	cli_evidence_read(verdict, &found);
	reason_of(verdict, reason);
	printf("%s: %s\n", address, mg_action_name((int)mg_verdict_action(verdict)));
	printf("  %-12s%d %s %s\n  %-12s%s\n", "reply", mg_verdict_code(verdict), mg_verdict_enhanced(verdict), mg_verdict_text(verdict),
	       "reason", reason);
	for (size_t i = 0; i < N_TOLD; i++) {
		const char *value = cli_evidence_find(&found, told[i].piece);

		if (value != NULL)
			printf("  %-12s%s\n", told[i].label, value);
	}
	for (size_t i = 0; (line = mg_verdict_trace(verdict, i)) != NULL; i++)
		printf("  | %s\n", line);
}

/* ---- the command ---- */

static int
ask_one(const rcpt_run *run, mg_guard *guard)
{
	mg_session *session = NULL;
	mg_verdict *verdict;
	uint64_t request;
	const char *why = ask(NULL, guard, (char *)run->address, NULL, &session, &request);
	int error, code;

	if (why != NULL)
		return cli_fail(EXIT_USAGE, "rcpt: %s", why);
	error = mg_guard_wait(guard, request, &verdict);
	mg_session_unref(session);
	if (error)
		return cli_fail_library(error, "rcpt");
	if (run->json)
		print_json(NULL, run->address, verdict);
	else
		print_text(run->address, verdict);
	code = cli_exit_code(verdict);
	mg_verdict_free(verdict);
	return code;
}

/* Without --json or --verbose the dialogue with the backend is told as well. */
static int
ask_and_tell(const rcpt_run *run)
{
	char *text = NULL;
	size_t length = 0;
	FILE *transcript = open_memstream(&text, &length);
	mg_guard *guard;
	int code;

	if (transcript == NULL)
		return cli_fail_library(MG_E_MEMORY, "rcpt");
	code = cli_open_logged(run->config, keep_transcript, transcript, &guard);
	if (!code) {
		code = ask_one(run, guard);
		mg_guard_close(guard);
	}
	if (fclose(transcript) == 0 && length > 0)
		printf("  %s\n%s", "transcript", text);
	free(text);
	return code;
}

int
cli_rcpt(int argc, char **argv)
{
	const cli_batch_job job = { "rcpt", NULL, ask, print_json };
	rcpt_run run = { .config = NULL };
	mg_guard *guard;
	int code = take_options(&run, argc, argv);

	if (code)
		return code;
	if (!run.batch && !run.json && !run.verbose)
		return ask_and_tell(&run);
	code = cli_open(run.config, NULL, NULL, run.verbose, &guard);
	if (code)
		return code;
	code = run.batch ? cli_batch(guard, &job) : ask_one(&run, guard);
	mg_guard_close(guard);
	return code;
}
