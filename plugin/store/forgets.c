/* forgets.c - see forgets.h. */
#include "store/forgets.h"

#include "store/row.h"

static void
forgetting_free(gpointer data)
{
	mg_forgetting *freed = data;

	g_free(freed->domain);
	g_free(freed->local_part);
	g_free(freed);
}

GPtrArray *
mg_forgets_new(void)
{
	return g_ptr_array_new_with_free_func(forgetting_free);
}

mg_forgetting *
mg_forgets_add(GPtrArray *forgets, gint64 until_s, const char *domain, const char *local_part, gboolean negatives_alone)
{
	mg_forgetting *made = g_new0(mg_forgetting, 1);

	made->until_s = until_s;
	made->domain = g_strdup(domain != NULL ? domain : "");
	made->local_part = g_strdup(local_part != NULL ? local_part : "");
	made->negatives_alone = negatives_alone;
	g_ptr_array_add(forgets, made);
	return made;
}

gboolean
mg_forgetting_is_sound(const mg_forgetting *of)
{
	static const char any[] = "any";   /* as good as one that is named */

	return (of->domain[0] || !of->local_part[0])
	       && mg_row_key_is_plain(of->domain[0] ? of->domain : any, of->local_part[0] ? of->local_part : any);
}

mg_memory_filter
mg_forgetting_filter(const mg_forgetting *of)
{
	return (mg_memory_filter){
		of->domain[0] ? of->domain : NULL, of->local_part[0] ? of->local_part : NULL, of->negatives_alone,
	};
}

gboolean
mg_forgets_match(const GPtrArray *forgets, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	for (guint i = 0; i < forgets->len; i++) {
		const mg_forgetting *of = forgets->pdata[i];
		const mg_memory_filter filter = mg_forgetting_filter(of);

		if (knowledge->proved_s <= of->until_s && mg_memory_filter_matches(&filter, key, (mg_known)knowledge->known))
			return TRUE;
	}
	return FALSE;
}
