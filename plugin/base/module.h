/* module.h - what the engine loads from beside itself, when somebody asks for it.
 * In:    a file's name and the one name it exports
 * Out:   what stands under that name
 * Rules: never unloaded: libraries that a module brings may not survive it. */
#ifndef MG_BASE_MODULE_H
#define MG_BASE_MODULE_H

#include <glib.h>

/* What a module exports is a function; who asks knows of which type. */
typedef void (*mg_module_function)(void);

/* @flags: of dlopen, besides those that hold for all. NULL if it cannot be loaded; then @why_out gets a sentence that is the
 * caller's to free. */
mg_module_function mg_module_load(const char *file, const char *symbol, int flags, char **why_out);

#endif
