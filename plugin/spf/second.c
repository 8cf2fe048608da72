/* second.c - see second.h. */
#include "spf/second.h"

#include <dlfcn.h>

static const mg_spf_host host = { mg_spf_evaluate, mg_spf_record_of };

/* Where what holds this code was loaded from. */
static char *
own_directory(void)
{
	Dl_info found;

	return dladdr(&host, &found) != 0 ? g_path_get_dirname(found.dli_fname) : g_strdup(".");
}

mg_spf_evaluator
mg_spf_second_load(const char *name, char **why_out)
{
	g_autofree char *directory = own_directory();
	g_autofree char *path = g_strdup_printf("%s/spf-%s.so", directory, name);
	union {
		void                   *object;
		mg_spf_module_get_type *function;
	} symbol = { NULL };   /* ISO C has no cast from one to the other */
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	const mg_spf_module *module;

	if (handle != NULL)
		symbol.object = dlsym(handle, MG_SPF_MODULE_SYMBOL);
	if (symbol.object == NULL) {
		*why_out = g_strdup(dlerror());
		return NULL;
	}
	module = symbol.function(&host);
	if (module->version != MG_SPF_MODULE_VERSION) {
		*why_out = g_strdup_printf("%s belongs to another release of mailguard", path);
		return NULL;
	}
	return module->evaluate;
}
