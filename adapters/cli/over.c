/* over.c - keys of a policy that options of the command set, in place of the file's. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define POLICY_MAX 16384   /* octets */

/* A value as mailguard.conf has it. */
static void
put_key(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s = ", key);
	for (; *value; value++) {
		if (*value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputc('\n', out);
}

static int
make_policy(const cli_dns *dns, const char *more, char policy_out[POLICY_MAX])
{
	char zone[PATH_MAX];
	FILE *out;
	int code = 0;

	if (dns->zone != NULL && realpath(dns->zone, zone) == NULL)
		return cli_fail(EXIT_USAGE, "--zone %.200s: a file was expected", dns->zone);
	out = fmemopen(policy_out, POLICY_MAX, "w");
	if (out == NULL)
		return cli_fail_library(MG_E_MEMORY, "options");
	fprintf(out, "[dns]\n");
	if (dns->server != NULL)
		put_key(out, "servers", dns->server);
	if (dns->zone != NULL)
		put_key(out, "local-zone", zone);
	fprintf(out, "%s", more != NULL ? more : "");
	fputc(0, out);
	if (fflush(out) != 0 || ftell(out) >= POLICY_MAX)
		code = cli_fail(EXIT_USAGE, "options of more than %d octets", POLICY_MAX);
	fclose(out);
	return code;
}

int
cli_open_over(const char *config, const cli_dns *dns, const char *more, bool verbose, mg_guard **guard_out)
{
	char policy[POLICY_MAX];
	int code = make_policy(dns, more, policy);

	return code ? code : cli_open(config, NULL, policy, verbose, guard_out);
}
