/* check.c - "mailguard check": one SMTP session as a client might hold it, stage by stage, and what each would get. */
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define WORDS_MAX 1000   /* --helo or --rcpt in one call */

typedef struct words {
	const char *all[WORDS_MAX];
	size_t      n;
} words;

typedef struct check_run {
	const char *config, *socket, *ip, *peer, *from, *auth, *ptr, *server_ip, *tls, *fingerprint;
	words       helo, rcpt;
	bool        smtputf8, json, verbose;

	mg_guard   *guard;     /* owned */
	mg_session *session;   /* owned */
	int         worst;     /* mg_action of what recipients got, or of the last stage */
} check_run;

enum {
	OPTION_CONFIG = 1, OPTION_SOCKET, OPTION_IP, OPTION_PEER, OPTION_HELO, OPTION_FROM, OPTION_RCPT, OPTION_AUTH, OPTION_PTR,
	OPTION_SERVER_IP, OPTION_TLS, OPTION_FINGERPRINT, OPTION_SMTPUTF8, OPTION_JSON, OPTION_VERBOSE
};

static const struct option known_options[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "ip", required_argument, NULL, OPTION_IP },
	{ "peer", required_argument, NULL, OPTION_PEER },
	{ "helo", required_argument, NULL, OPTION_HELO },
	{ "from", required_argument, NULL, OPTION_FROM },
	{ "rcpt", required_argument, NULL, OPTION_RCPT },
	{ "auth", required_argument, NULL, OPTION_AUTH },
	{ "ptr", required_argument, NULL, OPTION_PTR },
	{ "server-ip", required_argument, NULL, OPTION_SERVER_IP },
	{ "tls", required_argument, NULL, OPTION_TLS },
	{ "tls-fingerprint", required_argument, NULL, OPTION_FINGERPRINT },
	{ "smtputf8", no_argument, NULL, OPTION_SMTPUTF8 },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ NULL, 0, NULL, 0 }
};

static int
add_word(words *words_out, const char *word)
{
	if (words_out->n == WORDS_MAX)
		return cli_fail(EXIT_USAGE, "more than %d --helo or --rcpt", WORDS_MAX);
	words_out->all[words_out->n++] = word;
	return 0;
}

static int
take_option(check_run *check, int option)
{
	switch (option) {
	case OPTION_CONFIG:      check->config = optarg; break;
	case OPTION_SOCKET:      check->socket = optarg; break;
	case OPTION_IP:          check->ip = optarg; break;
	case OPTION_PEER:        check->peer = optarg; break;
	case OPTION_HELO:        return add_word(&check->helo, optarg);
	case OPTION_FROM:        check->from = optarg; break;
	case OPTION_RCPT:        return add_word(&check->rcpt, optarg);
	case OPTION_AUTH:        check->auth = optarg; break;
	case OPTION_PTR:         check->ptr = optarg; break;
	case OPTION_SERVER_IP:   check->server_ip = optarg; break;
	case OPTION_TLS:         check->tls = optarg; break;
	case OPTION_FINGERPRINT: check->fingerprint = optarg; break;
	case OPTION_SMTPUTF8:    check->smtputf8 = true; break;
	case OPTION_JSON:        check->json = true; break;
	case OPTION_VERBOSE:     check->verbose = true; break;
	default:                 return EXIT_USAGE;   /* getopt has said why */
	}
	return 0;
}

static int
take_options(check_run *check, int argc, char **argv)
{
	int option, code;

	while ((option = getopt_long(argc, argv, "", known_options, NULL)) != -1) {
		code = take_option(check, option);
		if (code)
			return code;
	}
	if (optind != argc)
		return cli_fail(EXIT_USAGE, "check: '%.60s' is no option", argv[optind]);
	if (check->config == NULL && check->socket == NULL)
		return cli_fail(EXIT_USAGE, "check: --config F was expected");
	if (check->ip == NULL)
		return cli_fail(EXIT_USAGE, "check: --ip A was expected (an address, or 'local')");
	return 0;
}

/* An option that the server itself would state: a mistake in it is the caller's. */
static int
fail_fact(const char *option, const char *value, const char *expected)
{
	return cli_fail(EXIT_USAGE, "check: %s '%.60s': %s was expected", option, value, expected);
}

/* What is known when the connection opens. */
static int
set_connection(check_run *check)
{
	mg_provenance provenance = check->peer ? MG_FROM_PROXY : MG_FROM_SOCKET;
	const char *ip = check->ip;

	if (strchr(ip, '%') != NULL)
		return fail_fact("--ip", ip, "an address without a zone id");
	if (strcmp(ip, "local") == 0) {
		ip = NULL;
		provenance = MG_FROM_LOCAL;
	}
	if (mg_session_set_client(check->session, ip, provenance) != MG_OK)
		return fail_fact("--ip", check->ip, "an IPv4 or IPv6 address");
	if (check->peer != NULL && mg_session_set_peer(check->session, check->peer) != MG_OK)
		return fail_fact("--peer", check->peer, "an IPv4 or IPv6 address");
	if (check->server_ip != NULL && mg_session_set_server(check->session, check->server_ip, NULL) != MG_OK)
		return fail_fact("--server-ip", check->server_ip, "an IPv4 or IPv6 address");
	if (check->ptr != NULL && mg_session_set_ptr(check->session, check->ptr, MG_IPREV_PASS) != MG_OK)
		return fail_fact("--ptr", check->ptr, "a name of up to 253 octets");
	if (check->fingerprint != NULL && check->tls == NULL)
		check->tls = "TLSv1.3";
	if (check->tls != NULL && mg_session_set_tls(check->session, check->tls, check->fingerprint) != MG_OK)
		return fail_fact("--tls-fingerprint", check->fingerprint ? check->fingerprint : check->tls,
		                 "a TLS version of up to 32 octets and 64 hexadecimal digits");
	return 0;
}

/* ---- printing ---- */

static void
print_json_list(const char *name, const mg_verdict *verdict, const char *(*get)(const mg_verdict *, size_t))
{
	const char *entry;

	printf(",\"%s\":[", name);
	for (size_t i = 0; (entry = get(verdict, i)) != NULL; i++) {
		printf("%s", i > 0 ? "," : "");
		cli_json_string(stdout, entry, strlen(entry));
	}
	printf("]");
}

static void
print_json_results(const mg_verdict *verdict)
{
	const char *name, *result;

	printf(",\"results\":{");
	for (size_t i = 0; (name = mg_verdict_result(verdict, i, &result)) != NULL; i++) {
		printf("%s", i > 0 ? "," : "");
		cli_json_string(stdout, name, strlen(name));
		printf(":");
		cli_json_string(stdout, result, strlen(result));
	}
	printf("}");
}

static void
print_json(const mg_verdict *verdict, const char *rcpt)
{
	const char *pending = mg_verdict_pending_reason(verdict);

	printf("{\"stage\":\"%s\"", mg_stage_name(mg_verdict_stage(verdict)));
	cli_json_pair("rcpt", rcpt, false);
	cli_json_pair("action", mg_action_name((int)mg_verdict_action(verdict)), false);
	printf(",\"code\":%d", mg_verdict_code(verdict));
	cli_json_pair("enhanced", mg_verdict_enhanced(verdict), false);
	cli_json_pair("text", mg_verdict_text(verdict), false);
	cli_json_pair("reason", mg_verdict_reason(verdict), false);
	printf(",\"final\":%s,\"pending\":", mg_verdict_is_final(verdict) ? "true" : "false");
	if (pending != NULL) {
		printf("{\"action\":\"%s\"", mg_action_name(mg_verdict_pending_action(verdict)));
		cli_json_pair("reason", pending, false);
		printf("}");
	} else {
		printf("null");
	}
	print_json_list("flags", verdict, mg_verdict_flag);
	print_json_results(verdict);
	print_json_list("trace", verdict, mg_verdict_trace);
	printf("}\n");
}

/* A client's word for a terminal: nothing in it moves the cursor. */
static void
print_word(const char *word)
{
	for (; *word; word++)
		if (*word >= ' ' && *word <= '~')
			putchar(*word);
		else
			printf("\\x%02x", (unsigned char)*word);
}

/* A header field, unfolded. */
static void
print_header(const char *name, const char *body)
{
	printf("  header  %s: ", name);
	for (; *body; body++)
		if (*body != '\n')
			putchar(*body == '\t' ? ' ' : *body);
	putchar('\n');
}

static void
print_text(const mg_verdict *verdict, const char *word)
{
	const char *pending = mg_verdict_pending_reason(verdict), *entry, *body;

	printf("%s", mg_stage_name(mg_verdict_stage(verdict)));
	if (word != NULL) {
		printf(" <");
		print_word(word);
		printf(">");
	}
	printf(": %s%s\n", mg_action_name((int)mg_verdict_action(verdict)), mg_verdict_is_final(verdict) ? "" : ", not final");
	printf("  reply   %d %s %s\n", mg_verdict_code(verdict), mg_verdict_enhanced(verdict), mg_verdict_text(verdict));
	printf("  reason  %s\n", mg_verdict_reason(verdict));
	if (pending != NULL)
		printf("  pending %s, %s\n", mg_action_name(mg_verdict_pending_action(verdict)), pending);
	for (size_t i = 0; (entry = mg_verdict_flag(verdict, i)) != NULL; i++)
		printf("  flag    %s\n", entry);
	for (size_t i = 0; (entry = mg_verdict_header(verdict, i, &body)) != NULL; i++)
		print_header(entry, body);
	for (size_t i = 0; (entry = mg_verdict_trace(verdict, i)) != NULL; i++)
		printf("  trace   %s\n", entry);
}

/* ---- asking ---- */

/* Asks one stage and prints the verdict. @word: what the client said, for people. */
static int
ask(check_run *check, mg_stage stage, const char *word, bool counts)
{
	bool is_rcpt = stage == MG_STAGE_RCPT;
	size_t length = 0;
	const char *path = is_rcpt ? cli_bare_path(word, &length) : NULL;
	mg_verdict *verdict = NULL;
	uint64_t request;
	int error = mg_ask_stage(check->session, stage, path, length, &request);

	if (!error)
		error = mg_guard_wait(check->guard, request, &verdict);
	if (error)
		return cli_fail_library(error, "check");
	if (check->json)
		print_json(verdict, is_rcpt ? word : NULL);
	else
		print_text(verdict, word);
	if (counts && (!is_rcpt || (int)mg_verdict_action(verdict) > check->worst))
		check->worst = (int)mg_verdict_action(verdict);
	mg_verdict_free(verdict);
	return 0;
}

/* The session, in the order of RFC 5321 3: a client that is refused at one stage may try the next all the same. */
static int
run_session(check_run *check)
{
	bool has_mail = check->from != NULL || check->rcpt.n > 0;
	const char *from = check->from ? check->from : "";
	size_t length;
	int code = ask(check, MG_STAGE_CONNECT, NULL, true);

	for (size_t i = 0; !code && i < check->helo.n; i++) {
		if (mg_session_set_helo(check->session, check->helo.all[i], MG_TEXT, MG_HELO_EXTENDED) != MG_OK)
			return cli_fail_library(MG_E_MEMORY, "check");
		code = ask(check, MG_STAGE_HELO, check->helo.all[i], true);
	}
	if (code)
		return code;
	if (check->auth != NULL && mg_session_set_auth(check->session, check->auth, MG_TEXT) != MG_OK)
		return fail_fact("--auth", check->auth, "a user name of up to 255 octets");
	if (!has_mail)
		return 0;
	from = cli_bare_path(from, &length);
	if (mg_session_set_mail_from(check->session, from, length, check->smtputf8 ? MG_MAIL_SMTPUTF8 : 0) != MG_OK)
		return cli_fail_library(MG_E_MEMORY, "check");
	code = ask(check, MG_STAGE_MAIL, check->from ? check->from : "", true);
	if (check->rcpt.n > 0)
		check->worst = 0;
	for (size_t i = 0; !code && i < check->rcpt.n; i++)
		code = ask(check, MG_STAGE_RCPT, check->rcpt.all[i], true);
	if (!code && check->rcpt.n > 0)
		code = ask(check, MG_STAGE_DATA, NULL, false);
	return code;
}

static int
open_guard(check_run *check)
{
	int code = cli_open(check->config, check->socket, NULL, check->verbose, &check->guard);

	return code || mg_session_new(check->guard, &check->session) == MG_OK ? code : cli_fail_library(MG_E_MEMORY, "check");
}

int
cli_check(int argc, char **argv)
{
	check_run *check = calloc(1, sizeof(*check));
	int code;

	if (check == NULL)
		return cli_fail_library(MG_E_MEMORY, "check");
	code = take_options(check, argc, argv);
	if (!code)
		code = open_guard(check);
	if (!code)
		code = set_connection(check);
	if (!code)
		code = run_session(check);
	if (!code)
		code = check->worst == MG_REJECT ? EXIT_REJECTED : check->worst == MG_DEFER ? EXIT_DEFERRED : EXIT_ACCEPTED;
	mg_session_unref(check->session);
	mg_guard_close(check->guard);
	free(check);
	return code;
}
