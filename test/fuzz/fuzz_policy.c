/* fuzz_policy.c - mailguard.conf in any octets.
 * In:    the text of the file, at most 64 KiB; no list file is ever read
 * Rules: no policy that loads lets an outsider through; what is wrong is told in single printable lines, the relay
 *        matrix in single lines (RELIABILITY 3.3, F10). A broken rule traps.
 * Needs: all of plugin/, api/wire.c, api/names.c. */
#include <string.h>

#include "fuzz.h"
#include "check/matrix.h"
#include "policy/policy.h"

#define TEXT_MAX    (64u << 10)
#define GRANTS_MAX  32             /* the matrix grows with the square of grants and zones; more of them show nothing new */
#define PATH        "/nonexistent/mailguard.conf"   /* so that a relative list is not there */

static void
check_findings(const mg_findings *findings, const mg_policy *policy)
{
	guint n_errors = 0;

	for (guint i = 0; i < mg_findings_count(findings); i++) {
		const mg_finding *finding = mg_findings_get(findings, i);
		g_autofree char *line = mg_finding_format(finding);

		MUST(finding->level == MG_LEVEL_ERROR || finding->level == MG_LEVEL_WARNING);
		n_errors += finding->level == MG_LEVEL_ERROR;
		MUST(g_str_has_prefix(line, PATH ":"));
		for (const char *at = line; *at; at++)
			MUST(*at >= ' ' && *at <= '~');
	}
	MUST((policy == NULL) == (mg_findings_errors(findings) > 0));
	MUST(policy != NULL || n_errors > 0);   /* what refuses a policy is told */
}

/* Names, domains and notes of the file stand in it: one line each all the same. */
static void
check_table(const mg_policy *policy)
{
	g_autoptr(GPtrArray) rows = mg_matrix_table(policy);

	for (guint i = 0; i < rows->len; i++)
		MUST(strpbrk(rows->pdata[i], "\r\n") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	mg_findings *findings;
	mg_policy *policy;
	char *text;
	g_autofree char *why = NULL;

	if (length > TEXT_MAX)
		return 0;
	text = memcpy(malloc(length), octets, length);
	for (size_t i = 1; i < length; i++)   /* an absolute path could be a file of this host */
		if (text[i - 1] == '@' && text[i] == '/')
			text[i] = '_';
	findings = mg_findings_new();
	policy = mg_policy_parse(text, length, PATH, findings);
	free(text);
	check_findings(findings, policy);
	mg_findings_free(findings);
	if (policy == NULL)
		return 0;
	if (policy->grants->len + policy->zones->len <= GRANTS_MAX) {
		MUST(!mg_matrix_leaks(policy, FALSE, &why));
		check_table(policy);
	}
	mg_policy_unref(policy);
	return 0;
}
