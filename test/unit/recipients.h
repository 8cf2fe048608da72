/* recipients.h - what the tests of recipients' memory share: classes by name, and what is recalled as a word. */
#ifndef MG_TEST_RECIPIENTS_H
#define MG_TEST_RECIPIENTS_H

#include <string.h>

#include "verify/knowledge.h"

static const char *const class_words[] = {
	[MG_RCPT_VALID] = "valid", [MG_RCPT_UNVERIFIABLE] = "unverifiable", [MG_RCPT_GREY] = "grey",
	[MG_RCPT_BLOCKED_NOW] = "blocked", [MG_RCPT_FULL] = "full", [MG_RCPT_BATCH_LIMIT] = "batch",
	[MG_RCPT_BACKEND_TEMP] = "backend-temp", [MG_RCPT_CLOSING] = "closing", [MG_RCPT_TEMP] = "temp",
	[MG_RCPT_UNKNOWN] = "unknown", [MG_RCPT_MOVED] = "moved", [MG_RCPT_BAD_SYNTAX] = "syntax",
	[MG_RCPT_NO_DOMAIN] = "no-domain", [MG_RCPT_SENDER] = "sender", [MG_RCPT_POLICY] = "policy",
	[MG_RCPT_SUSPECT] = "suspect", [MG_RCPT_SIZE] = "size", [MG_RCPT_CONFIG] = "config",
	[MG_RCPT_PROTOCOL] = "protocol", [MG_RCPT_TRANSPORT] = "transport",
};

static inline mg_rcpt_class
class_of_word(const char *word)
{
	for (guint i = 0; i < G_N_ELEMENTS(class_words); i++)
		if (strcmp(class_words[i], word) == 0)
			return (mg_rcpt_class)i;
	g_error("no class '%s'", word);
}

/* "-": nothing. "+" at the end: valid lately. */
static inline char *
recollection_word(const mg_recollection *of)
{
	static const char *const freshness_words[] = { "", ".refresh", ".stale" };

	return g_strconcat(of->is_doubted                  ? "doubt"
	                   : of->known == MG_KNOWN_NOTHING ? "-"
	                                                   : mg_known_name(of->known),
	                   freshness_words[of->freshness], of->was_valid_lately ? "+" : "", NULL);
}

#endif
