/* spf.c - "mailguard spf": what SPF says of a client and an identity, and why. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "cli.h"
#include "spf.h"

typedef struct spf_run {
	spf_subject subject;
	const char *config, *engine;
	cli_dns     dns;
	bool        batch, compare, json, verbose;
} spf_run;

enum {
	OPTION_IP = 1, OPTION_FROM, OPTION_HELO, OPTION_CONFIG, OPTION_SERVER, OPTION_ZONE, OPTION_RECORD, OPTION_ENGINE,
	OPTION_BATCH, OPTION_COMPARE, OPTION_JSON, OPTION_VERBOSE
};

static const struct option known_options[] = {
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "server", required_argument, NULL, OPTION_SERVER },
	{ "zone", required_argument, NULL, OPTION_ZONE },
	{ "record", required_argument, NULL, OPTION_RECORD },
	{ "engine", required_argument, NULL, OPTION_ENGINE },
	{ "batch", no_argument, NULL, OPTION_BATCH },
	{ "compare", no_argument, NULL, OPTION_COMPARE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

static int
take_option(spf_run *run, int option)
{
	switch (option) {
	case OPTION_IP:      run->subject.ip = optarg; break;
	case OPTION_FROM:    run->subject.from = optarg; break;
	case OPTION_HELO:    run->subject.helo = optarg; break;
	case OPTION_CONFIG:  run->config = optarg; break;
	case OPTION_SERVER:  run->dns.server = optarg; break;
	case OPTION_ZONE:    run->dns.zone = optarg; break;
	case OPTION_RECORD:  run->subject.record = optarg; break;
	case OPTION_ENGINE:  run->engine = optarg; break;
	case OPTION_BATCH:   run->batch = true; break;
	case OPTION_COMPARE: run->compare = true; break;
	case OPTION_JSON:    run->json = true; break;
	case OPTION_VERBOSE: run->verbose = true; break;
	default:             return EXIT_USAGE;   /* getopt has said why */
	}
	return 0;
}

static int
take_options(spf_run *run, int argc, char **argv)
{
	const spf_subject *subject = &run->subject;
	int option, code;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1) {
		code = take_option(run, option);
		if (code)
			return code;
	}
	if (optind != argc)
		return cli_fail(EXIT_USAGE, "spf: '%.60s' is no option", argv[optind]);
	if (run->batch && (subject->ip != NULL || subject->helo != NULL || subject->from != NULL || run->compare))
		return cli_fail(EXIT_USAGE, "spf: --batch takes clients and identities from standard input, and does not compare");
	if (!run->batch && subject->ip == NULL)
		return cli_fail(EXIT_USAGE, "spf: --ip A was expected");
	if (!run->batch && subject->from == NULL && subject->helo == NULL)
		return cli_fail(EXIT_USAGE, "spf: --from F or --helo H was expected");
	if (run->compare && run->engine != NULL)
		return cli_fail(EXIT_USAGE, "spf: --compare asks both engines; --engine does not go with it");
	return 0;
}

/* Keys that stand in for those of the file. Without a file nobody is skipped, and explanations are fetched. */
static int
open_guard(const spf_run *run, const char *engine, mg_guard **guard_out)
{
	char more[200];

	snprintf(more, sizeof(more), "[spf]\n%s%.60s%s%s", engine != NULL ? "engine = " : "", engine != NULL ? engine : "",
	         engine != NULL ? "\n" : "", run->config == NULL ? "skip-networks =\nexplanation = yes\n" : "");
	return cli_open_over(run->config, &run->dns, more, run->verbose, guard_out);
}

/* ---- asking ---- */

const char *
spf_ask(mg_guard *guard, const spf_subject *subject, void *context, mg_session **session_out, uint64_t *request_out)
{
	bool is_helo = subject->from == NULL;
	const char *why = "out of memory";
	size_t length = 0;
	const char *from = is_helo ? NULL : cli_bare_path(subject->from, &length);
	mg_session *session;

	if (mg_session_new(guard, &session) != MG_OK)
		return why;
	mg_session_set_context(session, context);
	if (strchr(subject->ip, '%') != NULL || mg_session_set_client(session, subject->ip, MG_FROM_SOCKET) != MG_OK)
		why = "an IPv4 or IPv6 address was expected";
	else if ((subject->helo == NULL || mg_session_set_helo(session, subject->helo, MG_TEXT, MG_HELO_EXTENDED) == MG_OK)
	         && (is_helo || mg_session_set_mail_from(session, from, length, MG_MAIL_SMTPUTF8) == MG_OK)
	         && mg_session_set_spf_record(session, subject->record) == MG_OK
	         && mg_ask_spf(session, is_helo ? MG_IDENTITY_HELO : MG_IDENTITY_MAIL_FROM, request_out) == MG_OK)
		why = NULL;
	if (why != NULL)
		mg_session_unref(session);
	else
		*session_out = session;
	return why;
}

/* One question; the verdict is the caller's. */
static int
ask_and_wait(const spf_run *run, const char *engine, mg_verdict **verdict_out)
{
	mg_session *session = NULL;
	mg_guard *guard = NULL;
	uint64_t request;
	const char *why;
	int code = open_guard(run, engine, &guard);
	int error;

	if (code)
		return code;
	why = spf_ask(guard, &run->subject, NULL, &session, &request);
	if (why != NULL) {
		code = cli_fail(EXIT_USAGE, "spf: --ip %.60s: %s", run->subject.ip, why);
	} else {
		error = mg_guard_wait(guard, request, verdict_out);
		code = error ? cli_fail_library(error, "spf") : 0;
	}
	mg_session_unref(session);
	mg_guard_close(guard);
	return code;
}

static void
print_verdict(const spf_run *run, const mg_verdict *verdict)
{
	if (run->json)
		spf_print_json(&run->subject, verdict, true);
	else
		spf_print_text(&run->subject, verdict);
}

static int
ask_one(const spf_run *run)
{
	mg_verdict *verdict;
	int code = ask_and_wait(run, run->engine, &verdict);

	if (code)
		return code;
	print_verdict(run, verdict);
	code = cli_exit_code(verdict);
	mg_verdict_free(verdict);
	return code;
}

/* Both engines, and where they part. */
static int
compare(const spf_run *run)
{
	mg_verdict *own = NULL, *other = NULL;
	int code = ask_and_wait(run, "mailguard", &own);

	if (!code)
		code = ask_and_wait(run, "libspf2", &other);
	if (!code) {
		bool same = strcmp(spf_result(own), spf_result(other)) == 0;

		print_verdict(run, own);
		print_verdict(run, other);
		if (!run->json && same)
			printf("both say %s\n", spf_result(own));
		else if (!run->json)
			printf("they part: mailguard says %s, libspf2 %s\n", spf_result(own), spf_result(other));
		code = cli_exit_code(own);
	}
	mg_verdict_free(own);
	mg_verdict_free(other);
	return code;
}

/* "ip<TAB>helo<TAB>mail-from", cut at the tabs; the last two may be empty. */
static spf_subject
line_subject(const spf_run *run, const char *line)
{
	const char *helo = line + strlen(line) + 1;

	return (spf_subject){ .ip = line, .helo = helo, .from = helo + strlen(helo) + 1, .record = run->subject.record };
}

static const char *
ask_line(void *context, mg_guard *guard, char *line, void *tag, mg_session **session_out, uint64_t *request_out)
{
	char *helo = strchr(line, '\t'), *from = helo != NULL ? strchr(helo + 1, '\t') : NULL;
	spf_subject subject;

	if (from == NULL || strchr(from + 1, '\t') != NULL)
		return "ip<TAB>helo<TAB>mail-from was expected";
	*helo = *from = 0;
	subject = line_subject(context, line);
	return spf_ask(guard, &subject, tag, session_out, request_out);
}

static void
print_line(void *context, const char *line, const mg_verdict *verdict)
{
	const spf_subject subject = line_subject(context, line);

	spf_print_json(&subject, verdict, false);
}

static int
ask_many(const spf_run *run)
{
	const cli_batch_job job = { "spf", (void *)run, ask_line, print_line };
	mg_guard *guard;
	int code = open_guard(run, run->engine, &guard);

	if (code)
		return code;
	code = cli_batch(guard, &job);
	mg_guard_close(guard);
	return code;
}

int
cli_spf(int argc, char **argv)
{
	spf_run run = { .config = NULL };
	int code = take_options(&run, argc, argv);

	if (code)
		return code;
	return run.batch ? ask_many(&run) : run.compare ? compare(&run) : ask_one(&run);
}
