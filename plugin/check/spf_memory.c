/* spf_memory.c - see spf_memory.h. */
#include "check/spf_memory.h"

/* What is kept, and its own key. */
typedef struct memory_entry {
	guint64       transaction;
	mg_identity   identity;
	mg_spf_check *spf;      /* ref held */
	gsize         octets;
	GList         link;     /* in memory->by_use; its data is the entry */
} memory_entry;

struct mg_spf_memory {
	gsize       octets_max, octets;
	GHashTable *entries;    /* owned; memory_entry as key and value */
	GQueue      by_use;     /* the last used first */
};

/* Transactions of many sessions differ in the upper half alone. */
static guint
entry_hash(gconstpointer data)
{
	const memory_entry *entry = data;
	guint64 mixed = (entry->transaction + entry->identity) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	return (guint)(mixed >> 32);
}

static gboolean
entry_equal(gconstpointer a, gconstpointer b)
{
	const memory_entry *left = a, *right = b;

	return left->transaction == right->transaction && left->identity == right->identity;
}

static void
memory_drop(mg_spf_memory *memory, memory_entry *entry)
{
	g_hash_table_steal(memory->entries, entry);
	g_queue_unlink(&memory->by_use, &entry->link);
	memory->octets -= entry->octets;
	mg_spf_check_unref(entry->spf);
	g_free(entry);
}

mg_spf_memory *
mg_spf_memory_new(gsize octets_max)
{
	mg_spf_memory *memory = g_new0(mg_spf_memory, 1);

	memory->octets_max = octets_max;
	memory->entries = g_hash_table_new(entry_hash, entry_equal);
	g_queue_init(&memory->by_use);
	return memory;
}

void
mg_spf_memory_free(mg_spf_memory *memory)
{
	if (memory == NULL)
		return;
	while (memory->by_use.length > 0)
		memory_drop(memory, memory->by_use.head->data);
	g_hash_table_unref(memory->entries);
	g_free(memory);
}

mg_spf_check *
mg_spf_memory_find(mg_spf_memory *memory, guint64 transaction, mg_identity identity, const mg_policy *policy)
{
	const memory_entry key = { .transaction = transaction, .identity = identity };
	memory_entry *entry = g_hash_table_lookup(memory->entries, &key);

	if (entry == NULL || mg_spf_check_policy(entry->spf) != policy)
		return NULL;
	g_queue_unlink(&memory->by_use, &entry->link);
	g_queue_push_head_link(&memory->by_use, &entry->link);
	return mg_spf_check_ref(entry->spf);
}

void
mg_spf_memory_keep(mg_spf_memory *memory, guint64 transaction, mg_spf_check *spf)
{
	const memory_entry key = { .transaction = transaction, .identity = mg_spf_check_identity(spf) };
	memory_entry *entry = g_hash_table_lookup(memory->entries, &key);

	if (entry != NULL && entry->spf == spf)
		return;
	if (entry != NULL)
		memory_drop(memory, entry);
	entry = g_new0(memory_entry, 1);
	*entry = key;
	entry->spf = mg_spf_check_ref(spf);
	entry->octets = sizeof(*entry) + mg_spf_check_size(spf);
	entry->link.data = entry;
	g_hash_table_add(memory->entries, entry);
	g_queue_push_head_link(&memory->by_use, &entry->link);
	memory->octets += entry->octets;
	while (memory->octets > memory->octets_max && memory->by_use.length > 1)
		memory_drop(memory, memory->by_use.tail->data);
}

guint
mg_spf_memory_count(const mg_spf_memory *memory)
{
	return memory->by_use.length;
}
