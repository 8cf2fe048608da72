/* second.c - see second.h. */
#include "spf/second.h"

#include "base/module.h"

static const mg_spf_host host = { mg_spf_evaluate, mg_spf_record_of };

mg_spf_evaluator
mg_spf_second_load(const char *name, char **why_out)
{
	g_autofree char *file = g_strdup_printf("spf-%s.so", name);
	mg_spf_module_get_type *get = (mg_spf_module_get_type *)mg_module_load(file, MG_SPF_MODULE_SYMBOL, 0, why_out);
	const mg_spf_module *module;

	if (get == NULL)
		return NULL;
	module = get(&host);
	if (module->version != MG_SPF_MODULE_VERSION) {
		*why_out = g_strdup_printf("%s belongs to another release of mailguard", file);
		return NULL;
	}
	return module->evaluate;
}
