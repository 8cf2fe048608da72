/* audit_print.c - findings of "mailguard audit", as a table or as JSON. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"

static void
print_json(const audit_row *row)
{
	printf("{\"rule\":");
	cli_json_string(stdout, row->rule, strlen(row->rule));
	cli_json_pair("severity", row->severity, false);
	cli_json_pair("found", row->found, false);
	cli_json_pair("expected", row->expected, false);
	cli_json_pair("mend", row->mend, false);
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
