/* relay_driver.c - asks the library what the relay model is asked, for test/model/relay.t.
 * In:    lines of fields, a single TAB between them:
 *          policy PATH
 *          case ID PROVENANCE CLIENT PEER PTR IPREV AUTH_HEX TLSFP HELO_HEX FROM_HEX UTF8 RCPT_HEX
 *        "-" is "not given"; PROVENANCE is socket, proxy, xclient or local; UTF8 is 0 or 1
 * Out:   "policy ok", "policy refused" or "ID ACTION REASON" for each line, TABs between; faults of a policy on
 *        standard error. What a case cannot be asked for is ACTION "error", REASON the call and its error.
 *        Exit status 2: a line that is none of these, no memory, or the output could not be written.
 * Rules: the public interface alone, as a server would use it; no limit on lines or fields. */
#define _POSIX_C_SOURCE 200809L   /* getline */

#include <mailguard.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	F_KIND, F_ID, F_PROVENANCE, F_CLIENT, F_PEER, F_PTR, F_IPREV, F_AUTH, F_TLS, F_HELO, F_FROM, F_UTF8, F_RCPT,
	N_FIELDS
};

typedef struct octets {
	char   *data;     /* owned; never NULL once read, so that "" is not "none" */
	size_t  length;
} octets;

typedef struct word {
	const char *text;
	int         number;
} word;

static const word provenances[] = {
	{ "socket", MG_FROM_SOCKET }, { "proxy", MG_FROM_PROXY }, { "xclient", MG_FROM_XCLIENT },
	{ "local", MG_FROM_LOCAL }, { NULL, 0 }
};

static const word iprevs[] = {
	{ "pass", MG_IPREV_PASS }, { "fail", MG_IPREV_FAIL }, { "temperror", MG_IPREV_TEMPERROR },
	{ "permerror", MG_IPREV_PERMERROR }, { NULL, 0 }
};

static _Noreturn void
die(unsigned long line, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "relay_driver: line %lu: %s\n", line, what);
	exit(2);
}

static void
log_line(void *context, mg_level level, const char *line)
{
	(void)context;
	fprintf(stderr, "%s: %s\n", mg_level_name((int)level), line);
}

static int
is_given(const char *field)
{
	return strcmp(field, "-") != 0;
}

static const char *
given(const char *field)
{
	return is_given(field) ? field : NULL;
}

static int
word_number(const word *words, const char *text, unsigned long line)
{
	for (; words->text != NULL; words++)
		if (strcmp(words->text, text) == 0)
			return words->number;
	die(line, "unknown word");
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static octets
octets_read(const char *hex, unsigned long line)
{
	octets read = { NULL, strlen(hex) / 2 };

	if (strlen(hex) % 2 != 0)
		die(line, "half an octet");
	read.data = malloc(read.length + 1);
	if (read.data == NULL)
		die(line, "no memory");
	for (size_t i = 0; i < read.length; i++) {
		int high = nibble(hex[2 * i]);
		int low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			die(line, "not hexadecimal");
		read.data[i] = (char)(high * 16 + low);
	}
	read.data[read.length] = '\0';
	return read;
}

/* The facts in the order in which a server learns them. Returns MG_OK or the error, the call in *call_out. */
static int
session_fill(mg_session *session, char **field, unsigned long line, const char **call_out)
{
	octets read;
	int error;

	*call_out = "mg_session_set_client";
	error = mg_session_set_client(session, given(field[F_CLIENT]),
	                              (mg_provenance)word_number(provenances, field[F_PROVENANCE], line));
	if (error != MG_OK)
		return error;

	if (is_given(field[F_PEER])) {
		*call_out = "mg_session_set_peer";
		error = mg_session_set_peer(session, field[F_PEER]);
		if (error != MG_OK)
			return error;
	}
	if (is_given(field[F_PTR])) {
		*call_out = "mg_session_set_ptr";
		error = mg_session_set_ptr(session, field[F_PTR],
		                           (mg_iprev)word_number(iprevs, field[F_IPREV], line));
		if (error != MG_OK)
			return error;
	}
	if (is_given(field[F_TLS])) {
		*call_out = "mg_session_set_tls";
		error = mg_session_set_tls(session, "TLSv1.3", field[F_TLS]);
		if (error != MG_OK)
			return error;
	}
	if (is_given(field[F_HELO])) {
		*call_out = "mg_session_set_helo";
		read = octets_read(field[F_HELO], line);
		error = mg_session_set_helo(session, read.data, read.length, MG_HELO_EXTENDED);
		free(read.data);
		if (error != MG_OK)
			return error;
	}
	if (is_given(field[F_AUTH])) {
		*call_out = "mg_session_set_auth";
		read = octets_read(field[F_AUTH], line);
		error = mg_session_set_auth(session, read.data, read.length);
		free(read.data);
		if (error != MG_OK)
			return error;
	}
	if (is_given(field[F_FROM])) {
		*call_out = "mg_session_set_mail_from";
		read = octets_read(field[F_FROM], line);
		error = mg_session_set_mail_from(session, read.data, read.length,
		                                 strcmp(field[F_UTF8], "1") == 0 ? MG_MAIL_SMTPUTF8 : 0);
		free(read.data);
		if (error != MG_OK)
			return error;
	}
	return MG_OK;
}

/* Prints the one line of a case. */
static void
case_answer(mg_guard *guard, char **field, unsigned long line)
{
	mg_session *session = NULL;
	mg_verdict *verdict = NULL;
	const char *call = "no policy";
	octets path = octets_read(field[F_RCPT], line);
	uint64_t request = 0;
	int error = MG_E_STATE;

	if (guard == NULL)
		goto out;
	call = "mg_session_new";
	error = mg_session_new(guard, &session);
	if (error != MG_OK)
		goto out;
	error = session_fill(session, field, line, &call);
	if (error != MG_OK)
		goto out;
	call = "mg_ask_relay";
	error = mg_ask_relay(session, path.data, path.length, &request);
	if (error != MG_OK)
		goto out;
	call = "mg_guard_wait";
	error = mg_guard_wait(guard, request, &verdict);
out:
	if (error == MG_OK)
		printf("%s\t%s\t%s\n", field[F_ID], mg_action_name((int)mg_verdict_action(verdict)),
		       mg_verdict_reason(verdict));
	else
		printf("%s\terror\t%s: %s\n", field[F_ID], call, mg_error_text(error));
	mg_verdict_free(verdict);
	mg_session_unref(session);
	free(path.data);
}

static mg_guard *
policy_open(const char *path)
{
	mg_options options = MG_OPTIONS_INIT;
	mg_guard *guard = NULL;
	int error;

	options.config = path;
	options.engine = getenv("MAILGUARD_ENGINE");
	options.log = log_line;
	options.log_level = MG_LEVEL_ERROR;
	error = mg_guard_open(&options, &guard);
	if (error != MG_OK)
		fprintf(stderr, "relay_driver: %s: %s\n", path, mg_error_text(error));
	printf("policy\t%s\n", error == MG_OK ? "ok" : "refused");
	return error == MG_OK ? guard : NULL;
}

/* Cuts a line at its TABs. Returns how many fields there are, of which field_out has the first N_FIELDS. */
static size_t
fields_cut(char *line, char **field_out)
{
	size_t n_fields = 0;

	for (;;) {
		char *tab = strchr(line, '\t');

		if (n_fields < N_FIELDS)
			field_out[n_fields] = line;
		n_fields++;
		if (tab == NULL)
			return n_fields;
		*tab = '\0';
		line = tab + 1;
	}
}

int
main(void)
{
	mg_guard *guard = NULL;
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	unsigned long line = 0;

	/* Everything that comes and goes is one stream each way; a flush for each case would be most of the time. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);

	while ((length = getline(&text, &size, stdin)) != -1) {
		char *field[N_FIELDS];
		size_t n_fields;

		line++;
		if (length > 0 && text[length - 1] == '\n')
			text[--length] = '\0';
		if (strlen(text) != (size_t)length)
			die(line, "a NUL");

		n_fields = fields_cut(text, field);
		if (n_fields == 2 && strcmp(field[F_KIND], "policy") == 0) {
			mg_guard_close(guard);
			guard = policy_open(field[1]);
		} else if (n_fields == N_FIELDS && strcmp(field[F_KIND], "case") == 0) {
			case_answer(guard, field, line);
		} else {
			die(line, "neither a policy nor a case");
		}
	}
	free(text);
	mg_guard_close(guard);
	if (ferror(stdin) || fflush(stdout) != 0 || ferror(stdout))
		die(line, "input or output failed");
	return 0;
}
