/* memory.c - see memory.h. */
#include "verify/memory.h"

#include <stddef.h>
#include <string.h>

#include "base/siphash.h"

#define SHARE        4     /* a Domain may have one of so many parts while others want room */
#define CHAIN_OCTETS 128   /* of entries for each chain: about one entry */

/* In a ring whose head is no entry's: head.older is the newest, head.newer the oldest. */
typedef struct ring {
	struct ring *newer, *older;
} ring;

typedef struct domain {
	ring   by_use;    /* head; its entries */
	ring   crowded;   /* in memory->crowded while it has more than its share */
	gsize  octets;    /* of itself and its entries */
	guint64 hash;
	const char *name; /* owned: behind the struct, but in a key that is looked up */
} domain;

/* One allocation, and no larger than need be: there may be half a million. */
typedef struct entry {
	struct entry *next;        /* of its chain */
	ring          by_use;      /* in memory->by_use */
	ring          of_domain;   /* in domain->by_use */
	ring          unsaved;     /* in memory->unsaved, or alone */
	domain       *domain;      /* borrowed from the memory */
	guint64       backend;
	mg_knowledge  knowledge;
	guint32       hash;
	char          local_part[];
} entry;

#define ENTRY(at, member)  ((entry *)(void *)((char *)(at) - offsetof(entry, member)))
#define DOMAIN(at, member) ((domain *)(void *)((char *)(at) - offsetof(domain, member)))

struct mg_memory {
	guint64          seed;
	gsize            octets_max;
	entry          **chains;      /* owned; a fixed number of them: a table that grows would hold up a decision */
	guint32          chain_mask;
	GHashTable      *domains;     /* owned; a set of domain, owned */
	ring             by_use;      /* heads */
	ring             crowded;
	ring             unsaved;
	mg_memory_counts counts;
};

/* ---- rings ---- */

static void
ring_init(ring *at)
{
	at->newer = at->older = at;
}

static gboolean
ring_is_alone(const ring *at)
{
	return at->newer == at;
}

static void
ring_remove(ring *at)
{
	at->newer->older = at->older;
	at->older->newer = at->newer;
	ring_init(at);
}

static void
ring_insert(ring *newer, ring *at)
{
	at->newer = newer;
	at->older = newer->older;
	newer->older->newer = at;
	newer->older = at;
}

static void
ring_make_newest(ring *head, ring *at)
{
	ring_remove(at);
	ring_insert(head, at);
}

static void
ring_make_oldest(ring *head, ring *at)
{
	ring_remove(at);
	ring_insert(head->newer, at);
}

/* ---- domains ---- */

static guint
domain_hash(gconstpointer key)
{
	return (guint)((const domain *)key)->hash;
}

static gboolean
domain_equal(gconstpointer a, gconstpointer b)
{
	return strcmp(((const domain *)a)->name, ((const domain *)b)->name) == 0;
}

/* What malloc makes of it. */
static gsize
allocated(gsize octets)
{
	return (octets + 8 + 15) & ~(gsize)15;
}

/* With a pointer to it in a table half full. */
static gsize
domain_octets(const char *name)
{
	return allocated(sizeof(domain) + strlen(name) + 1) + 2 * (sizeof(gpointer) + sizeof(guint));
}

static domain *
domain_find(const mg_memory *memory, const char *name)
{
	domain wanted = { .hash = mg_siphash(memory->seed, 0, name, strlen(name)), .name = name };

	return g_hash_table_lookup(memory->domains, &wanted);
}

static domain *
domain_take(mg_memory *memory, const char *name)
{
	domain *found = domain_find(memory, name);
	gsize length = strlen(name);

	if (found != NULL)
		return found;
	found = g_malloc0(sizeof(domain) + length + 1);
	found->name = memcpy(found + 1, name, length + 1);
	found->hash = mg_siphash(memory->seed, 0, name, length);
	ring_init(&found->by_use);
	ring_init(&found->crowded);
	found->octets = domain_octets(name);
	memory->counts.octets += found->octets;
	memory->counts.n_domains++;
	g_hash_table_add(memory->domains, found);
	return found;
}

static void
domain_grow(mg_memory *memory, domain *grown, gssize octets)
{
	gboolean is_crowded;

	grown->octets += (gsize)octets;
	memory->counts.octets += (gsize)octets;
	is_crowded = grown->octets > memory->octets_max / SHARE;
	if (is_crowded && ring_is_alone(&grown->crowded))
		ring_insert(&memory->crowded, &grown->crowded);
	else if (!is_crowded)
		ring_remove(&grown->crowded);
}

static void
domain_drop_if_empty(mg_memory *memory, domain *dropped)
{
	if (!ring_is_alone(&dropped->by_use))
		return;
	memory->counts.octets -= dropped->octets;
	memory->counts.n_domains--;
	ring_remove(&dropped->crowded);
	g_hash_table_remove(memory->domains, dropped);
}

/* ---- entries ---- */

static gsize
entry_octets(const char *local_part)
{
	return allocated(sizeof(entry) + strlen(local_part) + 1);
}

static guint32
entry_hash(const domain *of, const mg_recipient_key *key)
{
	return (guint32)mg_siphash(of->hash, key->backend, key->local_part, strlen(key->local_part));
}

static entry *
entry_find_in(const mg_memory *memory, const domain *of, guint32 hash, const mg_recipient_key *key)
{
	entry *at = memory->chains[hash & memory->chain_mask];

	while (at != NULL && (at->hash != hash || at->domain != of || at->backend != key->backend
	                      || strcmp(at->local_part, key->local_part) != 0))
		at = at->next;
	return at;
}

static entry *
entry_find(const mg_memory *memory, const mg_recipient_key *key)
{
	const domain *of = domain_find(memory, key->domain);

	return of != NULL ? entry_find_in(memory, of, entry_hash(of, key), key) : NULL;
}

/* Its domain stays, though it may be empty. */
static void
entry_drop(mg_memory *memory, entry *dropped)
{
	entry **at = &memory->chains[dropped->hash & memory->chain_mask];

	while (*at != dropped)
		at = &(*at)->next;
	*at = dropped->next;
	ring_remove(&dropped->by_use);
	ring_remove(&dropped->of_domain);
	if (!ring_is_alone(&dropped->unsaved))
		memory->counts.n_unsaved--;
	ring_remove(&dropped->unsaved);
	domain_grow(memory, dropped->domain, -(gssize)entry_octets(dropped->local_part));
	memory->counts.n_recipients--;
	g_free(dropped);
}

static entry *
entry_add(mg_memory *memory, domain *of, const mg_recipient_key *key)
{
	gsize length = strlen(key->local_part);
	entry *added = g_malloc0(sizeof(entry) + length + 1);
	entry **chain;

	memcpy(added->local_part, key->local_part, length + 1);
	added->domain = of;
	added->backend = key->backend;
	added->hash = entry_hash(of, key);
	mg_knowledge_init(&added->knowledge);
	ring_init(&added->unsaved);
	ring_insert(&memory->by_use, &added->by_use);
	ring_insert(&of->by_use, &added->of_domain);
	chain = &memory->chains[added->hash & memory->chain_mask];
	added->next = *chain;
	*chain = added;
	domain_grow(memory, of, (gssize)entry_octets(key->local_part));
	memory->counts.n_recipients++;
	return added;
}

static void
entry_use(mg_memory *memory, entry *used)
{
	ring_make_newest(&memory->by_use, &used->by_use);
	ring_make_newest(&used->domain->by_use, &used->of_domain);
}

static mg_recipient_key
entry_key(const entry *of)
{
	return (mg_recipient_key){ of->backend, of->domain->name, of->local_part };
}

/* ---- room ---- */

/* The wanting domain's own oldest if it has more than its share, else that of one that has, else the oldest of all. */
static entry *
memory_victim(const mg_memory *memory, const domain *wanting)
{
	const domain *from = !ring_is_alone(&wanting->crowded)          ? wanting
	                     : !ring_is_alone(&memory->crowded) ? DOMAIN(memory->crowded.newer, crowded)
	                                                                : NULL;

	return from != NULL ? ENTRY(from->by_use.newer, of_domain) : ENTRY(memory->by_use.newer, by_use);
}

static void
memory_make_room(mg_memory *memory, const entry *newest)
{
	while (memory->counts.octets > memory->octets_max) {
		entry *victim = memory_victim(memory, newest->domain);
		domain *of = victim->domain;

		if (victim == newest)
			return;   /* a memory too small for one */
		entry_drop(memory, victim);
		domain_drop_if_empty(memory, of);
		memory->counts.n_evictions++;
	}
}

/* ---- the memory ---- */

mg_memory *
mg_memory_new(gsize octets_max, guint64 seed)
{
	mg_memory *memory = g_new0(mg_memory, 1);
	gsize n_chains = 16;

	while (n_chains < octets_max / CHAIN_OCTETS / 2 && n_chains < G_MAXUINT32 / 2)
		n_chains *= 2;
	memory->seed = seed;
	memory->octets_max = octets_max;
	memory->chains = g_new0(entry *, n_chains);
	memory->chain_mask = (guint32)(n_chains - 1);
	memory->counts.octets = allocated(n_chains * sizeof(entry *));
	memory->domains = g_hash_table_new_full(domain_hash, domain_equal, g_free, NULL);
	ring_init(&memory->by_use);
	ring_init(&memory->crowded);
	ring_init(&memory->unsaved);
	return memory;
}

void
mg_memory_free(mg_memory *memory)
{
	if (memory == NULL)
		return;
	while (!ring_is_alone(&memory->by_use))
		entry_drop(memory, ENTRY(memory->by_use.newer, by_use));
	g_hash_table_unref(memory->domains);
	g_free(memory->chains);
	g_free(memory);
}

gboolean
mg_memory_recall(mg_memory *memory, const mg_recipient_key *key, gint64 now_s, mg_recollection *out)
{
	entry *found = entry_find(memory, key);

	if (found == NULL) {
		memset(out, 0, sizeof(*out));
		return FALSE;
	}
	entry_use(memory, found);
	return mg_knowledge_recall(&found->knowledge, found->hash, now_s, out);
}

void
mg_memory_learn(mg_memory *memory, const mg_recipient_key *key, mg_rcpt_class class, const mg_smtp_reply *reply,
                gint64 now_s, mg_recollection *out)
{
	mg_knowledge knowledge;
	entry *found = entry_find(memory, key);

	mg_knowledge_init(&knowledge);
	if (found != NULL)
		knowledge = found->knowledge;
	if (!mg_knowledge_learn(&knowledge, class, reply, now_s)) {
		mg_knowledge_recall(&knowledge, found != NULL ? found->hash : 0, now_s, out);
		return;
	}
	if (found == NULL) {
		found = entry_add(memory, domain_take(memory, key->domain), key);
		memory_make_room(memory, found);
	}
	found->knowledge = knowledge;
	entry_use(memory, found);
	if (ring_is_alone(&found->unsaved))
		memory->counts.n_unsaved++;
	ring_make_newest(&memory->unsaved, &found->unsaved);
	mg_knowledge_recall(&knowledge, found->hash, now_s, out);
}

void
mg_memory_count(const mg_memory *memory, mg_memory_counts *counts_out)
{
	*counts_out = memory->counts;
}

/* ---- some of them, or all ---- */

gboolean
mg_memory_filter_matches(const mg_memory_filter *filter, const mg_recipient_key *key, mg_known known)
{
	return (filter->domain == NULL || strcmp(filter->domain, key->domain) == 0)
	       && (filter->local_part == NULL || strcmp(filter->local_part, key->local_part) == 0)
	       && (!filter->negatives_alone || known == MG_KNOWN_UNKNOWN);
}

static gboolean
entry_matches(const entry *of, const mg_memory_filter *filter)
{
	mg_recipient_key key = entry_key(of);

	return mg_memory_filter_matches(filter, &key, (mg_known)of->knowledge.known);
}

static void
domain_forget(mg_memory *memory, domain *of, const mg_memory_filter *filter)
{
	for (ring *at = of->by_use.older, *older = at->older; at != &of->by_use; at = older, older = at->older) {
		entry *looked_at = ENTRY(at, of_domain);

		if (entry_matches(looked_at, filter))
			entry_drop(memory, looked_at);
	}
	domain_drop_if_empty(memory, of);
}

guint
mg_memory_forget(mg_memory *memory, const mg_memory_filter *filter)
{
	guint n_before = memory->counts.n_recipients;
	domain *named = filter->domain != NULL ? domain_find(memory, filter->domain) : NULL;

	if (named != NULL)
		domain_forget(memory, named, filter);
	if (filter->domain != NULL)
		return n_before - memory->counts.n_recipients;
	for (ring *at = memory->by_use.older, *older = at->older; at != &memory->by_use; at = older, older = at->older) {
		entry *looked_at = ENTRY(at, by_use);
		domain *of = looked_at->domain;

		if (!entry_matches(looked_at, filter))
			continue;
		entry_drop(memory, looked_at);
		domain_drop_if_empty(memory, of);
	}
	return n_before - memory->counts.n_recipients;
}

void
mg_memory_foreach(const mg_memory *memory, const mg_memory_filter *filter, gint64 now_s, mg_memory_function function,
                  void *context)
{
	for (const ring *at = memory->by_use.older; at != &memory->by_use; at = at->older) {
		const entry *looked_at = ENTRY(at, by_use);
		mg_recipient_key key = entry_key(looked_at);
		mg_recollection recollection;

		if (!entry_matches(looked_at, filter) || !mg_knowledge_recall(&looked_at->knowledge, looked_at->hash, now_s, &recollection))
			continue;
		if (!function(context, &key, &recollection))
			return;
	}
}

/* ---- for a store ---- */

gboolean
mg_memory_restore(mg_memory *memory, const mg_recipient_key *key, const mg_knowledge *knowledge)
{
	entry *restored;

	if (memory->counts.octets + entry_octets(key->local_part) + domain_octets(key->domain) > memory->octets_max)
		return FALSE;
	if (entry_find(memory, key) != NULL)
		return TRUE;
	restored = entry_add(memory, domain_take(memory, key->domain), key);
	restored->knowledge = *knowledge;
	ring_make_oldest(&memory->by_use, &restored->by_use);
	ring_make_oldest(&restored->domain->by_use, &restored->of_domain);
	return TRUE;
}

guint
mg_memory_show_unsaved(const mg_memory *memory, guint n_max, mg_memory_unsaved_function function, void *context)
{
	guint n = 0;

	for (const ring *at = memory->unsaved.newer; at != &memory->unsaved && n < n_max; at = at->newer, n++) {
		const entry *shown = ENTRY(at, unsaved);
		mg_recipient_key key = entry_key(shown);

		function(context, &key, &shown->knowledge);
	}
	return n;
}

void
mg_memory_set_saved(mg_memory *memory, guint n)
{
	for (; n > 0 && !ring_is_alone(&memory->unsaved); n--) {
		ring_remove(memory->unsaved.newer);
		memory->counts.n_unsaved--;
	}
}
