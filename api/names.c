/* names.c - the words for the numbers of names.h, one table each. */
#include "mailguard/names.h"

#include <stddef.h>

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static const char *const error_texts[] = {
	[MG_OK]         = "done",
	[MG_E_MEMORY]   = "out of memory",
	[MG_E_STATE]    = "not possible in this state",
	[MG_E_ARGUMENT] = "argument of another shape",
	[MG_E_SYNTAX]   = "fact that cannot be read",
	[MG_E_TOO_LONG] = "fact over its limit",
	[MG_E_ABI]      = "struct of another release",
	[MG_E_POLICY]   = "policy refused",
	[MG_E_ENGINE]   = "no engine",
	[MG_E_SYSTEM]   = "refused by the system",
	[MG_E_UNKNOWN]  = "no such request",
	[MG_E_LIMIT]    = "too many requests",
};
_Static_assert(N_ELEMENTS(error_texts) == MG_E_LIMIT + 1, "a word for each mg_error");

static const char *const action_names[] = {
	[MG_ACCEPT] = "accept", [MG_DEFER] = "defer", [MG_REJECT] = "reject",
};
_Static_assert(N_ELEMENTS(action_names) == MG_REJECT + 1, "a word for each mg_action");

static const char *const stage_names[] = {
	[MG_STAGE_CONNECT] = "connect", [MG_STAGE_HELO] = "helo", [MG_STAGE_MAIL] = "mail",
	[MG_STAGE_RCPT] = "rcpt", [MG_STAGE_DATA] = "data",
};
_Static_assert(N_ELEMENTS(stage_names) == MG_STAGE_DATA + 1, "a word for each mg_stage");

static const char *const level_names[] = {
	[MG_LEVEL_ERROR] = "error", [MG_LEVEL_WARNING] = "warning", [MG_LEVEL_INFO] = "info",
	[MG_LEVEL_DEBUG] = "debug",
};
_Static_assert(N_ELEMENTS(level_names) == MG_LEVEL_DEBUG + 1, "a word for each mg_level");

static const char *
word(const char *const *words, size_t n_words, int number)
{
	if (number < 0 || (size_t)number >= n_words || words[number] == NULL)
		return "unknown";
	return words[number];
}

const char *
mg_error_text(int error)
{
	return word(error_texts, N_ELEMENTS(error_texts), error);
}

const char *
mg_action_name(int action)
{
	return word(action_names, N_ELEMENTS(action_names), action);
}

const char *
mg_stage_name(int stage)
{
	return word(stage_names, N_ELEMENTS(stage_names), stage);
}

const char *
mg_level_name(int level)
{
	return word(level_names, N_ELEMENTS(level_names), level);
}

const char *
mg_version(void)
{
	return MG_VERSION;
}
