/* mute_engine.c - an engine for tests that misbehaves as its "config" says:
 *   mute      never answers
 *   garbage   answers octets that are no message
 *   other     answers another request
 *   half      answers a verdict without an action
 * Built with MUTE_OTHER_RELEASE it belongs to another release. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine.h"
#include "wire.h"

struct mg_engine {
	char     manner[16];
	int      fd;
	uint64_t request;   /* asked last; 0: none */
};

static int
mute_open(const mg_options *options, mg_engine **engine_out)
{
	mg_engine *engine = calloc(1, sizeof(*engine));

	strncpy(engine->manner, options->config, sizeof(engine->manner) - 1);
	engine->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*engine_out = engine;
	return MG_OK;
}

static void
mute_close(mg_engine *engine)
{
	close(engine->fd);
	free(engine);
}

static int
mute_fd(const mg_engine *engine)
{
	return engine->fd;
}

static int
mute_ask(mg_engine *engine, const uint8_t *octets, size_t length)
{
	mg_reader reader;

	if (!mg_reader_open(&reader, octets, length))
		return MG_E_ARGUMENT;
	engine->request = reader.request;
	return MG_OK;
}

static void
mute_cancel(mg_engine *engine, uint64_t request)
{
	if (engine->request == request)
		engine->request = 0;
}

static void
mute_dispatch(mg_engine *engine)
{
	(void)engine;
}

static uint8_t *
mute_take(mg_engine *engine, uint64_t request, size_t *length_out)
{
	mg_writer writer = { 0 };

	(void)request;
	if (engine->request == 0 || strcmp(engine->manner, "mute") == 0)
		return NULL;
	mg_writer_begin(&writer, MG_MESSAGE_VERDICT, engine->request + (strcmp(engine->manner, "other") == 0));
	if (strcmp(engine->manner, "half") == 0)
		mg_writer_text(&writer, MG_FIELD_TEXT, "Ok");
	mg_writer_end(&writer);
	if (strcmp(engine->manner, "garbage") == 0)
		memset(writer.octets, 0xff, writer.length);
	engine->request = 0;
	*length_out = writer.length;
	return writer.octets;
}

static void
mute_release(uint8_t *octets)
{
	free(octets);
}

static int
mute_reload(mg_engine *engine)
{
	(void)engine;
	return MG_OK;
}

static uint8_t *
mute_report(const mg_options *options, mg_report_kind kind, size_t *length_out)
{
	(void)options;
	(void)kind;
	(void)length_out;
	return NULL;
}

static int
mute_forget(const mg_options *options, const char *what, unsigned *n_out)
{
	(void)options;
	(void)what;
	(void)n_out;
	return MG_OK;
}

MG_API const mg_engine_functions *mg_engine_functions_get(void);

const mg_engine_functions *
mg_engine_functions_get(void)
{
	static const mg_engine_functions functions = {
#ifdef MUTE_OTHER_RELEASE
		MG_ENGINE_VERSION + 1,
#else
		MG_ENGINE_VERSION,
#endif
		mute_open, mute_close, mute_fd, mute_ask, mute_cancel, mute_dispatch, mute_take, mute_release, mute_reload,
		mute_report, mute_forget,
	};

	return &functions;
}
