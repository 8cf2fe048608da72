/* module.c - see module.h. */
#include "base/module.h"

#include <dlfcn.h>

/* Where what holds this code was loaded from. */
static char *
own_directory(void)
{
	static const char here = 0;
	Dl_info found;

	return dladdr(&here, &found) != 0 ? g_path_get_dirname(found.dli_fname) : g_strdup(".");
}

mg_module_function
mg_module_load(const char *file, const char *symbol, int flags, char **why_out)
{
	g_autofree char *directory = own_directory();
	g_autofree char *path = g_build_filename(directory, file, NULL);
	union {
		void              *object;
		mg_module_function function;
	} found = { NULL };   /* ISO C has no cast from one to the other */
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | flags);

	if (handle != NULL)
		found.object = dlsym(handle, symbol);
	if (found.object == NULL)
		*why_out = g_strdup(dlerror());
	return found.function;
}
