/* cache.c - see cache.h. */
#include "cache.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "policy/recipients.h"
#include "rules.h"
#include "session/domain.h"
#include "session/path.h"
#include "store/store.h"

static gint64
monotonic_s(void)
{
	return g_get_monotonic_time() / G_USEC_PER_SEC;
}

static gboolean
file_is_missing(const char *path)
{
	struct stat found;

	return lstat(path, &found) < 0 && errno == ENOENT;
}

/* ---- looking ---- */

mg_memory *
mg_cache_load(const mg_policy *policy, const mg_log *log, gint64 now_s)
{
	const char *path = policy->recipients.cache;
	mg_memory *memory = mg_memory_new(MG_MEMORY_OCTETS, 0);

	if (!file_is_missing(path))
		mg_store_free(mg_store_open(path, memory, log, now_s, (gint64)time(NULL)));
	return memory;
}

guint64
mg_cache_octets(const mg_policy *policy)
{
	static const char *const ends[] = { "", "-wal" };
	guint64 octets = 0;

	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strconcat(policy->recipients.cache, ends[i], NULL);
		struct stat found;

		if (lstat(path, &found) == 0)
			octets += (guint64)found.st_size;
	}
	return octets;
}

/* ---- forgetting ---- */

typedef enum flush_kind { FLUSH_ADDRESS, FLUSH_DOMAIN, FLUSH_NEGATIVES, FLUSH_ALL } flush_kind;

typedef struct flush_wish {
	flush_kind  kind;
	const char *what;                        /* borrowed */
	mg_path     path;                        /* FLUSH_ADDRESS: it, parsed */
	char        domain[MG_DOMAIN_MAX + 1];   /* FLUSH_DOMAIN */
} flush_wish;

static gboolean
wish_read(const char *what, flush_wish *wish_out)
{
	const char *fault;

	wish_out->kind = what[0] == '@' ? FLUSH_DOMAIN : strcmp(what, "negatives") == 0 ? FLUSH_NEGATIVES
	                 : strcmp(what, "all") == 0 ? FLUSH_ALL : FLUSH_ADDRESS;
	wish_out->what = what;
	if (wish_out->kind == FLUSH_DOMAIN)
		return mg_domain_canonical(what + 1, strlen(what + 1), TRUE, wish_out->domain);
	return wish_out->kind != FLUSH_ADDRESS
	       || (mg_path_parse(what, strlen(what), TRUE, MG_PATH_MAX, &wish_out->path, &fault) && wish_out->path.is_mailbox
	           && wish_out->path.forms == 0 && wish_out->path.layers[0].domain != NULL);
}

static gboolean
purge(mg_store *store, const mg_memory_filter *filter, guint *n)
{
	guint n_more;

	if (!mg_store_purge(store, filter, monotonic_s(), &n_more))
		return FALSE;
	*n += n_more;
	return TRUE;
}

/* With and without its sub-address: what is said of it rests on both (check/recipient.c). */
static gboolean
purge_address(mg_store *store, const mg_policy *policy, const flush_wish *wish, guint *n)
{
	const char *domain = wish->path.layers[0].domain;
	const mg_local_rules rules = mg_policy_local_rules(policy, mg_backend_find(policy->backends, domain));
	gsize length = (gsize)(strrchr(wish->what, '@') - wish->what);
	gsize base = wish->what[0] == '"' ? length : mg_local_part_base(wish->path.local, rules.delimiters);
	g_autofree char *whole = mg_local_part_key(wish->what, length, rules.folds_case);
	g_autofree char *without = mg_local_part_key(wish->what, base, rules.folds_case);

	return purge(store, &(mg_memory_filter){ domain, whole, FALSE }, n)
	       && (base == length || purge(store, &(mg_memory_filter){ domain, without, FALSE }, n));
}

static gboolean
purge_wish(mg_store *store, const mg_policy *policy, const flush_wish *wish, guint *n)
{
	switch (wish->kind) {
	case FLUSH_ADDRESS:   return purge_address(store, policy, wish, n);
	case FLUSH_DOMAIN:    return purge(store, &(mg_memory_filter){ wish->domain, NULL, FALSE }, n);
	case FLUSH_NEGATIVES: return purge(store, &(mg_memory_filter){ NULL, NULL, TRUE }, n);
	case FLUSH_ALL:       return purge(store, &(mg_memory_filter){ NULL, NULL, FALSE }, n);
	}
	g_assert_not_reached();
}

/* Without a memory to speak of: nothing of the file is loaded. */
static int
flush_file(const mg_policy *policy, const mg_log *log, const flush_wish *wish, unsigned *n_out)
{
	mg_memory *memory = mg_memory_new(0, 0);
	mg_store *store = mg_store_open(policy->recipients.cache, memory, log, monotonic_s(), (gint64)time(NULL));
	guint n = 0;
	gboolean is_done = purge_wish(store, policy, wish, &n);

	mg_store_free(store);
	mg_memory_free(memory);
	if (!is_done)
		return MG_E_SYSTEM;
	*n_out = n;
	return MG_OK;
}

static int
flush_policy(const mg_policy *policy, const mg_log *log, const flush_wish *wish, unsigned *n_out)
{
	if (policy == NULL)
		return MG_E_POLICY;
	if (policy->recipients.cache == NULL)
		return MG_E_STATE;
	if (!file_is_missing(policy->recipients.cache))
		return flush_file(policy, log, wish, n_out);
	*n_out = 0;
	return MG_OK;
}

int
mg_cache_flush(const mg_options *options, const char *what, unsigned *n_out)
{
	const mg_log log = { options->log, options->log_context, (mg_level)options->log_level };
	const mg_log errors = { options->log, options->log_context, MIN(log.level, MG_LEVEL_ERROR) };   /* of the policy: this is no lint */
	const mg_rules_source source = mg_rules_source_of(options);
	mg_findings *findings;
	flush_wish wish;
	mg_rules loaded;
	int error;

	if (!wish_read(what, &wish))
		return MG_E_ARGUMENT;
	findings = mg_findings_new();
	loaded = mg_rules_load(&source, findings);
	mg_findings_log(findings, &errors);
	mg_findings_free(findings);
	error = flush_policy(loaded.policy, &log, &wish, n_out);
	mg_rules_clear(&loaded);
	return error;
}
