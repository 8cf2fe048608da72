/* embedded.c - the engine inside the server's process.
 * LOCAL keeps what engine.so brings (GLib and others) from everybody else. Not DEEPBIND, which would keep the
 * server's names from engine.so too: among them a malloc of the server's own (jemalloc, by preload or linked in), and
 * memory that libc allocates with one and the engine frees with the other ends the process. What a server may export
 * in a version of its own (node: c-ares) is linked into engine.so and hidden there instead. It is never
 * unloaded: GLib cannot be. */
#include <dlfcn.h>
#include <stddef.h>

#include "engine.h"

#ifndef MG_ENGINE_PATH
#error "MG_ENGINE_PATH: where engine.so is installed"
#endif

const mg_engine_functions *
mg_embedded_load(const char *path, const char **why_out)
{
	union {
		void                         *object;
		mg_engine_functions_get_type *function;
	} symbol;   /* ISO C has no cast from one to the other */
	const mg_engine_functions *functions;
	void *engine = dlopen(path ? path : MG_ENGINE_PATH, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (engine == NULL) {
		*why_out = dlerror();
		return NULL;
	}
	symbol.object = dlsym(engine, MG_ENGINE_SYMBOL);
	if (symbol.object == NULL) {
		*why_out = "it is no engine of mailguard";
		return NULL;
	}
	functions = symbol.function();
	if (functions->version != MG_ENGINE_VERSION) {
		*why_out = "it belongs to another release of mailguard";
		return NULL;
	}
	return functions;
}
