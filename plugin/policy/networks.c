/* networks.c - see networks.h.
 * Building sorts the networks so that each stands behind the one around it, and walks them with a stack: a range
 * begins where a network begins, and again where one ends and the one around it goes on. Each range keeps
 * what won in it. A search is then "the last range that begins at or before the address": down a tree whose
 * leaves have what won right behind their keys, since at a million networks every step out of a leaf is a wait for
 * memory. */
#include "policy/networks.h"

#include <stdlib.h>
#include <string.h>

#define NODE       8    /* keys a node, two cache lines: one search step looks at one node */
#define LEVELS_MAX 16
#define NO_SET     0x7fffffu + 1u

/* What won in a range: the prefix of the network (8 bits) and its set (24 bits). */
typedef guint32 winner;

static winner
winner_of(guint set, guint prefix)
{
	return (guint32)set << 8 | prefix;
}

/* NODE ranges: the first address of each, ascending, and what won in it. */
typedef struct leaf {
	mg_ip  starts[NODE];
	winner winners[NODE];
} leaf;

struct mg_networks {
	gsize  n_ranges;
	leaf  *leaves;               /* owned; the last one may have room */
	guint  n_levels;
	gsize  n_keys[LEVELS_MAX];
	mg_ip *levels[LEVELS_MAX];   /* owned; the lowest has the first key of each leaf, each other every NODE-th key of the
	                              * one below */
};

typedef struct entry {
	mg_ip   base;
	guint8  prefix;
	guint8  is_exception;
	guint32 set;
	guint32 place;
} entry;

struct mg_networks_builder {
	GArray *entries;   /* owned; of entry */
};

mg_networks_builder *
mg_networks_builder_new(void)
{
	mg_networks_builder *builder = g_new0(mg_networks_builder, 1);

	builder->entries = g_array_new(FALSE, FALSE, sizeof(entry));
	return builder;
}

void
mg_networks_builder_add(mg_networks_builder *builder, const mg_network *network, guint set, gboolean is_exception,
                        guint place)
{
	entry added = { network->base, network->prefix, is_exception != FALSE, set, place };

	g_array_append_val(builder->entries, added);
}

static int
entry_compare(const void *a, const void *b)
{
	const entry *left = a, *right = b;

	if (!mg_ip_equal(&left->base, &right->base))
		return mg_ip_less(&left->base, &right->base) ? -1 : 1;
	if (left->prefix != right->prefix)
		return (int)left->prefix - (int)right->prefix;
	return left->place < right->place ? -1 : left->place > right->place;
}

static gboolean
entry_same_network(const entry *a, const entry *b)
{
	return a->prefix == b->prefix && mg_ip_equal(&a->base, &b->base);
}

/* The building of the ranges. The stack holds the networks around the place reached, the widest first: nested
 * networks have different prefixes, so 129 of them, the ground and the wall are the most. */
typedef struct sweep {
	leaf  *leaves;
	gsize  n_ranges;
	struct {
		mg_ip  last;      /* the network's last address */
		winner won;       /* in what it leaves to itself */
		guint  set;       /* NO_SET for the ground and the wall between IPv6 and IPv4 */
		guint8 is_exception;
	} stack[131];
	gsize   depth;
} sweep;

static mg_ip *
start_of(leaf *leaves, gsize range)
{
	return &leaves[range / NODE].starts[range % NODE];
}

static winner *
winner_in(leaf *leaves, gsize range)
{
	return &leaves[range / NODE].winners[range % NODE];
}

static void
sweep_begin_range(sweep *at, const mg_ip *start, winner won)
{
	if (at->n_ranges > 0 && mg_ip_equal(start_of(at->leaves, at->n_ranges - 1), start))
		at->n_ranges--;   /* nothing was left of the range before */
	if (at->n_ranges > 0 && *winner_in(at->leaves, at->n_ranges - 1) == won)
		return;
	*start_of(at->leaves, at->n_ranges) = *start;
	*winner_in(at->leaves, at->n_ranges++) = won;
}

/* Leaves the networks that end before @next (all of them if NULL); what lies around them goes on behind. */
static void
sweep_leave(sweep *at, const mg_ip *next)
{
	while (at->depth > 1 && (next == NULL || mg_ip_less(&at->stack[at->depth - 1].last, next))) {
		mg_ip after = at->stack[--at->depth].last;

		if (++after.low == 0 && ++after.high == 0)
			return;   /* the end of all addresses */
		sweep_begin_range(at, &after, at->stack[at->depth - 1].won);
	}
}

/* What holds in an exception of @set: the nearest network around it that is no exception itself, and whose set
 * has no exception between. */
static winner
sweep_around(const sweep *at, guint set)
{
	guint excepted[G_N_ELEMENTS(at->stack) + 1] = { set };
	gsize n_excepted = 1;

	for (gsize i = at->depth; i-- > 0;) {
		gboolean is_excepted = FALSE;

		for (gsize k = 0; k < n_excepted; k++)
			is_excepted = is_excepted || excepted[k] == at->stack[i].set;
		if (at->stack[i].is_exception)
			excepted[n_excepted++] = at->stack[i].set;
		else if (!is_excepted)
			return at->stack[i].won;
	}
	return winner_of(NO_SET, 0);
}

static void
sweep_enter(sweep *at, const entry *entered)
{
	mg_network network = { entered->base, entered->prefix };
	winner won;

	sweep_leave(at, &entered->base);
	won = entered->is_exception ? sweep_around(at, entered->set) : winner_of(entered->set, entered->prefix);
	at->stack[at->depth].last = mg_network_last(&network);
	at->stack[at->depth].won = won;
	at->stack[at->depth].set = entered->set;
	at->stack[at->depth].is_exception = entered->is_exception;
	at->depth++;
	sweep_begin_range(at, &entered->base, won);
}

/* The first keys of the leaves make a level, every NODE-th key of a level makes the next, until one node is left. */
static void
networks_index(mg_networks *networks)
{
	gsize n = (networks->n_ranges + NODE - 1) / NODE;

	for (gsize below = 0;; below = networks->n_levels, n = (n + NODE - 1) / NODE) {
		mg_ip *keys = g_new(mg_ip, n);

		for (gsize i = 0; i < n; i++)
			keys[i] = below == 0 ? networks->leaves[i].starts[0] : networks->levels[below - 1][i * NODE];
		networks->levels[networks->n_levels] = keys;
		networks->n_keys[networks->n_levels++] = n;
		if (n <= NODE)
			return;
	}
}

/* Sorted, each network once; FALSE on a conflict. */
static gboolean
entries_settle(GArray *entries, mg_networks_conflict *conflict_out)
{
	entry *all = (entry *)(void *)entries->data;
	guint n_kept = 0;

	if (entries->len > 0)
		qsort(all, entries->len, sizeof(entry), entry_compare);
	for (guint i = 0; i < entries->len; i++) {
		const entry *before = n_kept > 0 ? &all[n_kept - 1] : NULL;

		if (before != NULL && entry_same_network(before, &all[i])) {
			if (before->set == all[i].set && before->is_exception == all[i].is_exception)
				continue;
			*conflict_out = (mg_networks_conflict){ { before->base, before->prefix },
			                                        before->place, all[i].place };
			return FALSE;
		}
		all[n_kept++] = all[i];
	}
	g_array_set_size(entries, n_kept);
	return TRUE;
}

mg_networks *
mg_networks_build(mg_networks_builder *builder, mg_networks_conflict *conflict_out)
{
	const entry wall = { { MG_IPV4_HIGH, MG_IPV4_LOW }, MG_IPV4_PREFIX, FALSE, NO_SET, 0 };
	const mg_ip zero = { 0, 0 };
	GArray *entries = builder->entries;
	mg_networks *networks = NULL;
	sweep at = { 0 };
	gboolean walled = FALSE;

	g_free(builder);
	if (!entries_settle(entries, conflict_out)) {
		g_array_unref(entries);
		return NULL;
	}
	/* The ground, the wall, and for each network a range where it begins and one where it ends. */
	at.leaves = g_new0(leaf, (2 * (gsize)entries->len + 4) / NODE + 1);
	at.stack[0].set = NO_SET;
	at.stack[0].won = winner_of(NO_SET, 0);
	at.depth = 1;
	sweep_begin_range(&at, &zero, at.stack[0].won);
	for (guint i = 0; i < entries->len; i++) {
		const entry *next = &g_array_index(entries, entry, i);

		/* Before 0.0.0.0/0 too: what an exception finds around it must not be IPv6's. */
		if (!walled && (entry_compare(&wall, next) < 0 || entry_same_network(&wall, next))) {
			sweep_enter(&at, &wall);
			walled = TRUE;
		}
		sweep_enter(&at, next);
	}
	if (!walled)
		sweep_enter(&at, &wall);
	sweep_leave(&at, NULL);
	g_array_unref(entries);

	networks = g_new0(mg_networks, 1);
	networks->n_ranges = at.n_ranges;
	networks->leaves = g_renew(leaf, at.leaves, (at.n_ranges + NODE - 1) / NODE);
	networks_index(networks);
	return networks;
}

void
mg_networks_free(mg_networks *networks)
{
	if (networks == NULL)
		return;
	for (guint level = 0; level < networks->n_levels; level++)
		g_free(networks->levels[level]);
	g_free(networks->leaves);
	g_free(networks);
}

/* The last of @n_keys that is not after @ip; the first is not. Counting instead of stopping leaves the processor nothing to
 * guess. */
static inline gsize
node_find(const mg_ip *keys, gsize n_keys, const mg_ip *ip)
{
	gsize found = 0;

	for (gsize i = 1; i < n_keys; i++)
		found += !mg_ip_less(ip, &keys[i]);
	return found;
}

/* The range that @ip is in. */
static inline gsize
networks_range(const mg_networks *networks, const mg_ip *ip)
{
	gsize place = 0;

	for (guint level = networks->n_levels; level-- > 0;) {
		gsize from = place * NODE;

		place = from + node_find(networks->levels[level] + from, MIN(NODE, networks->n_keys[level] - from), ip);
	}
	return place * NODE + node_find(networks->leaves[place].starts, MIN(NODE, networks->n_ranges - place * NODE), ip);
}

gboolean
mg_networks_find(const mg_networks *networks, const mg_ip *ip, guint *set_out, mg_network *network_out)
{
	winner won;

	if (networks == NULL)
		return FALSE;
	won = *winner_in(networks->leaves, networks_range(networks, ip));
	if (won >> 8 == NO_SET)
		return FALSE;
	*set_out = won >> 8;
	if (network_out != NULL)
		*network_out = (mg_network){ mg_ip_mask(ip, won & 0xff), (guint8)(won & 0xff) };
	return TRUE;
}

gboolean
mg_networks_next(const mg_networks *networks, const mg_ip *ip, mg_ip *next_out)
{
	mg_ip next = ip != NULL ? *ip : (mg_ip){ 0, 0 };

	if (networks == NULL || (ip != NULL && ++next.low == 0 && ++next.high == 0))
		return FALSE;
	for (gsize range = networks_range(networks, &next); range < networks->n_ranges; range++) {
		const mg_ip *start = start_of(networks->leaves, range);

		if (*winner_in(networks->leaves, range) >> 8 == NO_SET)
			continue;
		*next_out = mg_ip_less(&next, start) ? *start : next;
		return TRUE;
	}
	return FALSE;
}

gsize
mg_networks_size(const mg_networks *networks)
{
	gsize size = sizeof(*networks) + (networks->n_ranges + NODE - 1) / NODE * sizeof(leaf);

	for (guint level = 0; level < networks->n_levels; level++)
		size += networks->n_keys[level] * sizeof(mg_ip);
	return size;
}
