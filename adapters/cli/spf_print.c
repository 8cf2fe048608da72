/* spf_print.c - an SPF verdict for a person, and as JSON. */
#include <string.h>

#include "cli.h"
#include "evidence.h"
#include "spf.h"

/* Evidence under the names of JSON. */
static const struct {
	const char *key, *piece;
	bool        is_number;
} json_keys[] = {
	{ "domain", "domain", false }, { "explanation", "explanation", false }, { "matched", "matched", false },
	{ "record", "record", false }, { "problem", "problem", false }, { "skipped", "skipped", false },
	{ "engine", "engine", false }, { "lookups", "lookups", true }, { "voids", "voids", true },
	{ "queries", "queries", true }, { "rounds", "rounds", true }, { "breadth", "breadth", true },
	{ "record_breadth", "record-breadth", true }, { "ttl_s", "ttl-s", true }, { "dnssec", "dnssec", false }, { "elapsed_us", "elapsed-us", true },
};

/* "spf.fail", whatever the policy makes of it. */
static void
reason_of(const mg_verdict *verdict, const cli_evidence *found, char out[64])
{
	const char *result, *check = mg_verdict_result(verdict, 0, &result);

	if (check != NULL)
		snprintf(out, 64, "%s.%s", check, result);
	else
		snprintf(out, 64, "%s", cli_evidence_find(found, "skipped") != NULL ? "spf.skipped" : mg_verdict_reason(verdict));
}

/* In the standard's word: who was not judged has no result, and what was not found out in time is temperror. */
const char *
spf_result(const mg_verdict *verdict)
{
	const char *result, *check = mg_verdict_result(verdict, 0, &result);

	if (check == NULL || strcmp(result, "skipped") == 0)
		return "none";
	return strncmp(check, "spf", 3) == 0 ? result : "temperror";
}

void
spf_print_json(const spf_subject *subject, const mg_verdict *verdict, bool with_trace)
{
	const char *line;
	char reason[64];
	cli_evidence found;

	cli_evidence_read(verdict, &found);
	reason_of(verdict, &found, reason);
	printf("{\"result\":\"%s\"", spf_result(verdict));
	cli_json_pair("reason", reason, false);
	cli_json_pair("action", mg_action_name((int)mg_verdict_action(verdict)), false);
	cli_json_pair("ip", subject->ip, false);
	cli_json_pair("helo", subject->helo, false);
	cli_json_pair("mail_from", subject->from, false);
	cli_json_pair("identity", subject->from != NULL ? "mailfrom" : "helo", false);
	for (size_t i = 0; i < sizeof(json_keys) / sizeof(json_keys[0]); i++) {
		const char *value = cli_evidence_find(&found, json_keys[i].piece);

		cli_json_pair(json_keys[i].key, value, json_keys[i].is_number);
	}
	for (size_t i = 0; with_trace && (line = mg_verdict_trace(verdict, i)) != NULL; i++) {
		printf(i == 0 ? ",\"trace\":[" : ",");
		cli_json_string(stdout, line, strlen(line));
	}
	printf(with_trace ? "]}\n" : "}\n");
}

static void
print_line(const char *label, const char *value)
{
	if (value != NULL)
		printf("  %-12s%s\n", label, value);
}

static void
print_breadth(const char *label, const char *log2)
{
	if (log2 != NULL)
		printf("  %-12s2^%s addresses%s\n", label, log2, strcmp(log2, "64") == 0 ? " of 64 bits and more" : "");
}

void
spf_print_text(const spf_subject *subject, const mg_verdict *verdict)
{
	const char *domain, *skipped, *line;
	char reason[64];
	cli_evidence found;

	cli_evidence_read(verdict, &found);
	domain = cli_evidence_find(&found, "domain");
	skipped = cli_evidence_find(&found, "skipped");
	reason_of(verdict, &found, reason);
	printf("%s: %s identity, domain %s, client %s\n", spf_result(verdict), subject->from != NULL ? "MAIL FROM" : "HELO",
	       domain != NULL && domain[0] != 0 ? domain : "none", subject->ip);
	printf("  %-12s%s: %s\n", "reason", reason, mg_action_name((int)mg_verdict_action(verdict)));
	print_line("skipped", skipped);
	print_line("engine", cli_evidence_find(&found, "engine"));
	print_line("matched", cli_evidence_find(&found, "matched"));
	print_line("record", cli_evidence_find(&found, "record"));
	print_line("problem", cli_evidence_find(&found, "problem"));
	print_line("explanation", cli_evidence_find(&found, "explanation"));
	if (skipped == NULL && cli_evidence_find(&found, "lookups") != NULL)
		printf("  %-12s%s of %s\n  %-12s%s of %s\n  %-12s%s in %s rounds, %s us\n", "lookups", cli_evidence_find(&found, "lookups"),
		       cli_evidence_find(&found, "lookups-max"), "voids", cli_evidence_find(&found, "voids"), cli_evidence_find(&found, "voids-max"),
		       "queries", cli_evidence_find(&found, "queries"), cli_evidence_find(&found, "rounds"), cli_evidence_find(&found, "elapsed-us"));
	print_breadth("term lets", cli_evidence_find(&found, "breadth"));
	print_breadth("record lets", cli_evidence_find(&found, "record-breadth"));
	print_line("dnssec", cli_evidence_find(&found, "dnssec"));
	for (size_t i = 0; (line = mg_verdict_trace(verdict, i)) != NULL; i++)
		printf("  | %s\n", line);
}
