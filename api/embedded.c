/* embedded.c - the engine inside the server's process.
 * engine.so brings GLib and c-ares. DEEPBIND makes it use its own copies where the server exports names
 * of the same libraries (node has 511 of c-ares), LOCAL keeps them from everybody else. It is never unloaded:
 * GLib cannot be. */
#include <dlfcn.h>
#include <stddef.h>

#include "engine.h"

#ifndef MG_ENGINE_PATH
#error "MG_ENGINE_PATH: where engine.so is installed"
#endif

#ifdef MG_SANITIZED   /* sanitizers must stay in front of every library, and refuse DEEPBIND */
#define LOAD_FLAGS (RTLD_NOW | RTLD_LOCAL)
#else
#define LOAD_FLAGS (RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)
#endif

const mg_engine_functions *
mg_embedded_load(const char *path, const char **why_out)
{
	union {
		void                         *object;
		mg_engine_functions_get_type *function;
	} symbol;   /* ISO C has no cast from one to the other */
	const mg_engine_functions *functions;
	void *engine = dlopen(path ? path : MG_ENGINE_PATH, LOAD_FLAGS | RTLD_NODELETE);

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
