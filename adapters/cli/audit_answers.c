/* audit_answers.c - the rule "mx-answers": whether a domain's MX hosts take connections. Not the engine's: it asks DNS alone. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "cli.h"
#include "greeting.h"

#define FOUND_MAX 2048   /* octets */
#define SAID_MAX  100    /* of a greeting, told */

static void __attribute__((format(printf, 3, 4)))
tell(audit_tally *tally, const char *severity, const char *format, ...)
{
	bool is_error = strcmp(severity, "error") == 0;
	char found[FOUND_MAX];
	const audit_row row = {
		"mx-answers", severity, found, is_error ? "220, an SMTP server's greeting" : NULL,
		is_error ? "see whether the server runs, and whether its firewall lets everybody in" : NULL,
	};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(found, sizeof(found), format, arguments);
	va_end(arguments);
	audit_print(tally, &row);
}

static void
tell_host(audit_tally *tally, const greeting_host *host)
{
	char said[CLI_ESCAPED(SAID_MAX)];

	switch (host->state) {
	case GREETING_SAID:
		cli_escape(host->said, greeting_line(host), SAID_MAX, said);
		if (greeting_is_welcome(host))
			tell(tally, "good", "MX %s (%s) says 220", host->name, host->address);
		else
			tell(tally, "error", "MX %s (%s) says \"%s\"", host->name, host->address, said);
		break;
	case GREETING_REFUSED:
		tell(tally, "error", "MX %s (%s) refuses the connection", host->name, host->address);
		break;
	case GREETING_HUNG_UP:
		tell(tally, "error", "MX %s (%s) hangs up without a greeting", host->name, host->address);
		break;
	case GREETING_CONNECTING:
		tell(tally, "unknown", "MX %s (%s) does not answer within %d s; the port may be blocked on the way from here", host->name,
		     host->address, GREETING_S);
		break;
	case GREETING_READING:
		tell(tally, "unknown", "MX %s (%s) takes the connection, and gives no greeting within %d s", host->name, host->address,
		     GREETING_S);
		break;
	case GREETING_UNREACHABLE:
		tell(tally, "unknown", "MX %s (%s) cannot be reached from here: %s", host->name, host->address, strerror(host->error));
		break;
	}
}

/* "public ADDRESS NAME" or "special ADDRESS NAME" (libmailguard(3), audit.address). FALSE: something else. */
static bool
read_host(const char *value, bool *is_special_out, greeting_host *host_out)
{
	const char *address = strchr(value, ' ');
	const char *name = address != NULL ? strchr(address + 1, ' ') : NULL;
	size_t length = name != NULL ? (size_t)(name - address - 1) : 0;

	if (length == 0 || length >= sizeof(host_out->address))
		return false;
	*is_special_out = strncmp(value, "special ", strlen("special ")) == 0;
	memcpy(host_out->address, address + 1, length);
	host_out->address[length] = 0;
	host_out->name = name + 1;
	return true;
}

void
audit_answers(const mg_verdict *verdict, in_port_t port, bool tries_special, audit_tally *tally)
{
	greeting_host hosts[GREETING_HOSTS_MAX], host;
	size_t n = 0, n_more = 0;
	const char *piece, *value;
	bool is_special;

	for (size_t i = 0; (piece = mg_verdict_evidence(verdict, i, &value)) != NULL; i++) {
		if (strcmp(piece, "audit.address") != 0 || !read_host(value, &is_special, &host))
			continue;
		if (is_special && !tries_special)
			tell(tally, "unknown", "MX %s (%s) was not tried: no host of the Internet has that address", host.name, host.address);
		else if (n < GREETING_HOSTS_MAX)
			hosts[n++] = host;
		else
			n_more++;
	}
	greeting_ask(hosts, n, port);
	for (size_t i = 0; i < n; i++)
		tell_host(tally, &hosts[i]);
	if (n_more > 0)
		tell(tally, "unknown", "only %d addresses are tried: %zu more were not", GREETING_HOSTS_MAX, n_more);
}
