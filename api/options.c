/* options.c - an mg_options across the border, between callers and libraries of different age. */
#include "mailguard/options.h"

#include <string.h>

#include "internal.h"

/* What no guard can do without: size, config, socket. All that follows may be missing. */
#define OPTIONS_SIZE_MIN offsetof(mg_options, engine)
#define OPTIONS_SIZE_MAX 4096

int
mg_options_take(const mg_options *given, mg_options *options_out)
{
	const unsigned char *octets = (const unsigned char *)given;
	mg_options options;

	if (given == NULL)
		return MG_E_ARGUMENT;
	if (given->size < OPTIONS_SIZE_MIN || given->size > OPTIONS_SIZE_MAX)
		return MG_E_ABI;
	for (size_t i = sizeof(options); i < given->size; i++)
		if (octets[i] != 0)
			return MG_E_ABI;   /* asks for something this library cannot do */
	memset(&options, 0, sizeof(options));
	memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
	options.size = sizeof(options);

	if (options.socket != NULL || (options.flags & ~(MG_OWN_PROCESS | MG_FULL_TRACE | MG_NO_TRACE)) != 0)
		return MG_E_ABI;   /* the socket way is a later release's */
	if ((options.flags & MG_FULL_TRACE) != 0 && (options.flags & MG_NO_TRACE) != 0)
		return MG_E_ARGUMENT;
	if (options.config == NULL && options.policy == NULL)
		return MG_E_ARGUMENT;
	if (options.log_level == 0)
		options.log_level = MG_LEVEL_INFO;
	if (options.log_level > MG_LEVEL_DEBUG)
		return MG_E_ARGUMENT;
	if (options.deadline_ms == 0)
		options.deadline_ms = MG_DEADLINE_MS_DEFAULT;
	if (options.deadline_ms > MG_DEADLINE_MS_MAX)
		return MG_E_ARGUMENT;
	/* A refusal for good needs evidence; an engine that is gone is none. */
	if (options.on_failure != 0 && options.on_failure != MG_ACCEPT && options.on_failure != MG_DEFER)
		return MG_E_ARGUMENT;
	*options_out = options;
	return MG_OK;
}
