/* cache.c - see cache.h. */
#include "dns/cache.h"

#define FOUND_MIN_S   60
#define FOUND_MAX_S   86400
#define NOTHING_MIN_S 60
#define NOTHING_MAX_S 900
#define UNKNOWN_S     10

typedef struct entry {
	mg_dns_answer *answer;    /* ref held; its question is the key */
	gint64         until_us;
	gint64         used_us;    /* when it was last moved to the head of by_use */
	gsize          octets;
	GList          link;      /* in by_use; its data is the entry */
} entry;

struct mg_dns_cache {
	GHashTable         *entries;   /* owned; question in the answer -> entry, owned */
	GQueue              by_use;    /* the one used last at the head */
	gsize               octets_max;
	mg_dns_cache_counts counts;
};

static void
entry_free(gpointer data)
{
	entry *kept = data;

	mg_dns_answer_unref(kept->answer);
	g_free(kept);
}

mg_dns_cache *
mg_dns_cache_new(gsize octets_max)
{
	mg_dns_cache *cache = g_new0(mg_dns_cache, 1);

	cache->entries = g_hash_table_new_full(mg_dns_question_hash, mg_dns_question_equal, NULL, entry_free);
	g_queue_init(&cache->by_use);
	cache->octets_max = octets_max;
	return cache;
}

void
mg_dns_cache_free(mg_dns_cache *cache)
{
	if (cache == NULL)
		return;
	g_hash_table_unref(cache->entries);
	g_free(cache);
}

static void
cache_drop(mg_dns_cache *cache, entry *kept)
{
	g_queue_unlink(&cache->by_use, &kept->link);
	cache->counts.octets -= kept->octets;
	g_hash_table_remove(cache->entries, &kept->answer->question);
}

/* An answer in steady use is moved once a second, no more: the order need not be finer. */
static void
cache_use(mg_dns_cache *cache, entry *kept, gint64 now_us)
{
	if (now_us - kept->used_us < G_USEC_PER_SEC)
		return;
	kept->used_us = now_us;
	g_queue_unlink(&cache->by_use, &kept->link);
	g_queue_push_head_link(&cache->by_use, &kept->link);
}

guint
mg_dns_cache_lifetime_s(const mg_dns_answer *answer)
{
	switch (answer->outcome) {
	case MG_DNS_FOUND:   return CLAMP(answer->ttl_s, FOUND_MIN_S, FOUND_MAX_S);
	case MG_DNS_NOTHING: return CLAMP(answer->ttl_s, NOTHING_MIN_S, NOTHING_MAX_S);
	case MG_DNS_UNKNOWN: return UNKNOWN_S;
	}
	g_assert_not_reached();
}

void
mg_dns_cache_put(mg_dns_cache *cache, mg_dns_answer *answer, gint64 now_us)
{
	/* A pointer to the key and one to the value in a table half full, beside the entry. */
	gsize octets = mg_dns_answer_size(answer) + sizeof(entry) + 4 * sizeof(gpointer);
	entry *kept;

	/* The new one first: the old one's last reference may be the caller's. */
	mg_dns_answer_ref(answer);
	kept = g_hash_table_lookup(cache->entries, &answer->question);
	if (kept != NULL)
		cache_drop(cache, kept);
	if (octets > cache->octets_max) {
		mg_dns_answer_unref(answer);
		return;
	}
	while (cache->counts.octets + octets > cache->octets_max) {
		cache_drop(cache, g_queue_peek_tail(&cache->by_use));
		cache->counts.n_evictions++;
	}
	kept = g_new0(entry, 1);
	kept->answer = answer;
	kept->until_us = now_us + (gint64)mg_dns_cache_lifetime_s(answer) * G_USEC_PER_SEC;
	kept->used_us = now_us;
	kept->octets = octets;
	kept->link.data = kept;
	g_queue_push_head_link(&cache->by_use, &kept->link);
	g_hash_table_insert(cache->entries, &answer->question, kept);
	cache->counts.octets += octets;
}

mg_dns_answer *
mg_dns_cache_get(mg_dns_cache *cache, const mg_dns_question *question, gint64 now_us)
{
	entry *kept = g_hash_table_lookup(cache->entries, question);

	if (kept != NULL && now_us < kept->until_us) {
		cache_use(cache, kept, now_us);
		cache->counts.n_hits++;
		return kept->answer;
	}
	if (kept != NULL)
		cache_drop(cache, kept);
	cache->counts.n_misses++;
	return NULL;
}

void
mg_dns_cache_count(const mg_dns_cache *cache, mg_dns_cache_counts *counts_out)
{
	*counts_out = cache->counts;
	counts_out->n_answers = g_hash_table_size(cache->entries);
}
