/* audit_print.c - findings of "mailguard audit", as a table or as JSON. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"

static void
print_json_member(const char *before, const char *key, const char *value)
{
	printf("%s\"%s\":", before, key);
	if (value != NULL)
		cli_json_string(stdout, value, strlen(value));
	else
		printf("null");
}

static void
print_json(const audit_row *row)
{
	print_json_member("{", "rule", row->rule);
	print_json_member(",", "severity", row->severity);
	print_json_member(",", "found", row->found);
	print_json_member(",", "expected", row->expected);
	print_json_member(",", "mend", row->mend);
	printf("}\n");
}

/* Colour only for who looks at it. */
static const char *
colour_of(const char *severity)
{
	static const struct { const char *severity, *colour; } colours[] = {
		{ "good", "\033[32m" }, { "note", "\033[36m" }, { "warning", "\033[33m" }, { "error", "\033[31m" },
	};

	for (size_t i = 0; isatty(STDOUT_FILENO) && i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].severity, severity) == 0)
			return colours[i].colour;
	return "";
}

static void
print_text(const audit_row *row)
{
	const char *colour = colour_of(row->severity);

	printf("%s%-8s%s %-13s %s\n", colour, row->severity, colour[0] ? "\033[0m" : "", row->rule, row->found);
	if (row->expected != NULL)
		printf("%-8s %-13s expected: %s\n%-8s %-13s mend:     %s\n", "", "", row->expected, "", "", row->mend);
}

void
audit_print(audit_tally *tally, const audit_row *row)
{
	if (tally->json)
		print_json(row);
	else
		print_text(row);
	tally->has_row = true;
	tally->has_unknown = tally->has_unknown || strcmp(row->severity, "unknown") == 0;
	tally->has_finding = tally->has_finding || strcmp(row->severity, "warning") == 0 || strcmp(row->severity, "error") == 0;
}
