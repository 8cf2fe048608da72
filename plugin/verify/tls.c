/* tls.c - see tls.h. */
#include "verify/tls.h"

#include <dlfcn.h>

#include "base/module.h"

/* The module is to find the OpenSSL it was built for, not names that a server exports (node has an OpenSSL of its own). What
 * OpenSSL allocates it also frees, so a malloc of the server's own does no harm here (api/embedded.c tells of the engine, where
 * it would). Sanitizers cannot have it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_NAMES_FIRST 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_NAMES_FIRST 0
#endif
#endif
#ifndef OWN_NAMES_FIRST
#define OWN_NAMES_FIRST RTLD_DEEPBIND
#endif

static const mg_tls_module *
module_load(const char *file, char **why_out)
{
	mg_tls_module_get_type *get =
		(mg_tls_module_get_type *)mg_module_load(file, MG_TLS_MODULE_SYMBOL, OWN_NAMES_FIRST, why_out);
	const mg_tls_module *module;

	if (get == NULL)
		return NULL;
	module = get();
	if (module->version != MG_TLS_MODULE_VERSION) {
		*why_out = g_strdup_printf("%s belongs to another release of mailguard", file);
		return NULL;
	}
	return module;
}

gboolean
mg_tls_prepare(mg_tls *tls, const mg_log *log)
{
	g_autofree char *why = NULL;
	mg_log_line line;

	if (tls->module == NULL)
		tls->module = module_load(tls->file, &why);
	if (tls->module != NULL && tls->context == NULL)
		tls->context = tls->module->context_new(tls->backend, &why);
	if (tls->context != NULL)
		return TRUE;
	mg_log_begin(&line, log, MG_LEVEL_WARNING, "backend.no-tls");
	mg_log_text(&line, "backend", tls->backend->name);
	mg_log_text(&line, "why", why);
	mg_log_end(&line);
	return FALSE;
}

void
mg_tls_clear(mg_tls *tls)
{
	if (tls->context != NULL)
		tls->module->context_free(tls->context);
	tls->context = NULL;
}
