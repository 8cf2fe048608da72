/* recipients.c - see recipients.h.
 * All entries stand one behind the other in one text; two tables with open addressing hold where they begin, and where their
 * "@dom" does. The place in a table is that of the entry without regard to ASCII case: so an entry is held once, and found
 * by domains that fold case and by those that do not. Other letters fold to other octets: an entry with such is held a second
 * time, folded, for the domains that fold. */
#include "policy/recipients.h"

#include <string.h>

#include "session/domain.h"

#define EMPTY       0u            /* a slot; no entry begins at the first octet of the text */
#define ONLY_FOLDED 0x80000000u   /* in a slot: the entry was not written like this */
#define TEXT_MAX    0x7fffffffu   /* octets that a slot can name */
#define SLOTS_FIRST 16u

/* Places in the text, by the hash of what stands there. */
typedef struct place_table {
	guint32 *slots;     /* owned; a power of two of them, at most three quarters used */
	gsize    n_slots;
	gsize    n_used;
} place_table;

struct mg_recipients {
	char       *text;      /* owned; an unused octet, then each entry with its NUL */
	gsize       n_text;
	gsize       text_room;
	place_table entries;
	place_table domains;   /* the at signs, one for each domain */
	guint       n_written;
};

/* What is looked for: "local@domain" in pieces, so that none has to be put together, or hashed twice. */
typedef struct wanted {
	const char *local;
	gsize       n_local;
	guint32     local_hash;
	const char *domain;
	guint32     domain_hash;
	gboolean    folds_case;   /* @local is folded, and so is what it is compared with */
} wanted;

gsize
mg_local_part_base(const char *local, const char *delimiters)
{
	gsize length = strlen(local), base = delimiters ? strcspn(local, delimiters) : length;

	return base > 0 ? base : length;
}

char *
mg_local_part_key(const char *sent, gsize length, gboolean folds_case)
{
	char *plain = g_strndup(sent, length), *folded;

	if (!folds_case)
		return plain;
	folded = g_utf8_casefold(plain, -1);
	g_free(plain);
	return folded;
}

/* ---- tables of places ---- */

/* FNV-1a, ASCII case off. */
static guint32
hash_of(const char *octets, gsize length)
{
	guint32 hash = 2166136261u;

	for (gsize i = 0; i < length; i++)
		hash = (hash ^ (guchar)mg_ascii_lower(octets[i])) * 16777619u;
	return hash;
}

/* The low bits, of which alone a small table makes use, depend on all octets. */
static guint32
hash_join(guint32 local_hash, guint32 domain_hash)
{
	guint32 hash = local_hash * 31 + domain_hash;

	hash ^= hash >> 15;
	hash *= 0x85ebca6bu;
	return hash ^ hash >> 13;
}

static guint32
hash_entry(const char *entry)
{
	const char *at = strrchr(entry, '@');

	return hash_join(hash_of(entry, (gsize)(at - entry)), hash_of(at + 1, strlen(at + 1)));
}

static wanted
wanted_of(const char *local, const char *domain, gboolean folds_case)
{
	gsize n_local = strlen(local);

	return (wanted){ local, n_local, hash_of(local, n_local), domain, hash_of(domain, strlen(domain)), folds_case };
}

static gboolean
is_wanted(const wanted *what, const char *entry, gboolean only_folded)
{
	if (what->folds_case ? g_ascii_strncasecmp(entry, what->local, what->n_local) != 0
	                     : only_folded || strncmp(entry, what->local, what->n_local) != 0)
		return FALSE;
	return entry[what->n_local] == '@' && strcmp(entry + what->n_local + 1, what->domain) == 0;
}

/* The slot of what is wanted, or the empty one where it would stand. */
static guint32 *
slot_find(const mg_recipients *recipients, const place_table *table, const wanted *what)
{
	gsize at = hash_join(what->local_hash, what->domain_hash) & (table->n_slots - 1);

	while (table->slots[at] != EMPTY
	       && !is_wanted(what, recipients->text + (table->slots[at] & ~ONLY_FOLDED), table->slots[at] & ONLY_FOLDED))
		at = (at + 1) & (table->n_slots - 1);
	return &table->slots[at];
}

static void
table_init(place_table *table)
{
	table->n_slots = SLOTS_FIRST;
	table->slots = g_new0(guint32, table->n_slots);
}

/* Makes room for one more. */
static void
table_grow(const mg_recipients *recipients, place_table *table)
{
	place_table grown = { NULL, table->n_slots * 2, table->n_used };

	if ((table->n_used + 1) * 4 <= table->n_slots * 3)
		return;
	grown.slots = g_new0(guint32, grown.n_slots);
	for (gsize i = 0; i < table->n_slots; i++) {
		guint32 place = table->slots[i];
		gsize at;

		if (place == EMPTY)
			continue;
		at = hash_entry(recipients->text + (place & ~ONLY_FOLDED)) & (grown.n_slots - 1);
		while (grown.slots[at] != EMPTY)
			at = (at + 1) & (grown.n_slots - 1);
		grown.slots[at] = place;
	}
	g_free(table->slots);
	*table = grown;
}

mg_recipients *
mg_recipients_new(void)
{
	mg_recipients *recipients = g_new0(mg_recipients, 1);

	table_init(&recipients->entries);
	table_init(&recipients->domains);
	return recipients;
}

void
mg_recipients_free(mg_recipients *recipients)
{
	if (recipients == NULL)
		return;
	g_free(recipients->text);
	g_free(recipients->entries.slots);
	g_free(recipients->domains.slots);
	g_free(recipients);
}

/* ---- entries ---- */

/* Where the entry now stands in the text, which grows by a quarter: a table is filled once, and then holds no more than that
 * in vain. */
static guint32
text_append(mg_recipients *recipients, const wanted *what)
{
	gsize n_domain = strlen(what->domain), length = what->n_local + 1 + n_domain + 1;
	gsize start = MAX(recipients->n_text, 1);
	char *at;

	if (start + length > recipients->text_room) {
		recipients->text_room = start + length + recipients->text_room / 4;
		recipients->text = g_realloc(recipients->text, recipients->text_room);
	}
	at = recipients->text + start;
	memcpy(at, what->local, what->n_local);
	at[what->n_local] = '@';
	memcpy(at + what->n_local + 1, what->domain, n_domain + 1);
	recipients->n_text = start + length;
	return (guint32)start;
}

static void
domain_note(mg_recipients *recipients, const char *domain, guint32 at_sign)
{
	const wanted what = wanted_of("", domain, FALSE);
	guint32 *slot;

	table_grow(recipients, &recipients->domains);
	slot = slot_find(recipients, &recipients->domains, &what);
	if (*slot != EMPTY)
		return;
	*slot = at_sign;
	recipients->domains.n_used++;
}

/* @mark: ONLY_FOLDED, or 0 for what was written. */
static void
entry_add(mg_recipients *recipients, const char *local, const char *domain, guint32 mark)
{
	const wanted what = wanted_of(local, domain, FALSE);
	guint32 *slot, place;

	table_grow(recipients, &recipients->entries);
	slot = slot_find(recipients, &recipients->entries, &what);   /* what is only folded is not found, and then held twice */
	if (*slot != EMPTY)
		return;
	place = text_append(recipients, &what);
	*slot = place | mark;
	recipients->entries.n_used++;
	recipients->n_written += mark == 0;
	if (domain[0] != 0)
		domain_note(recipients, domain, place + (guint32)what.n_local);
}

/* "@dom" */
static gboolean
add_domain(mg_recipients *recipients, const char *domain)
{
	gsize length = strlen(domain);
	char canonical[MG_DOMAIN_MAX + 1];

	length -= length > 1 && domain[length - 1] == '.';
	if (!mg_domain_canonical(domain, length, TRUE, canonical))
		return FALSE;
	entry_add(recipients, "", canonical, 0);
	return TRUE;
}

/* The Local-part with its case; the caller's to free if it is @normal_out. */
static const char *
local_with_case(const mg_path *path, char **normal_out)
{
	if (path->layers[0].local_is_ascii)
		return path->local;
	return *normal_out = g_utf8_normalize(path->local, -1, G_NORMALIZE_NFC);
}

/* Both forms of a Local-part that is not ASCII; of another one, its only one. */
static void
add_mailbox(mg_recipients *recipients, const mg_path *path)
{
	const mg_mailbox *mailbox = &path->layers[0];
	g_autofree char *normal = NULL;
	const char *written = local_with_case(path, &normal);

	entry_add(recipients, written, mailbox->domain, 0);
	if (!mailbox->local_is_ascii && g_ascii_strcasecmp(written, mailbox->local) != 0)
		entry_add(recipients, mailbox->local, mailbox->domain, ONLY_FOLDED);
}

gboolean
mg_recipients_add(mg_recipients *recipients, const char *word, char **why_out)
{
	static const char expected[] = "user@domain, @domain or user@ was expected";
	const char *fault = "it may be no route";
	gboolean ends_in_at = g_str_has_suffix(word, "@");
	mg_path path;

	if (recipients->n_text > TEXT_MAX - 2 * sizeof(path.text)) {
		*why_out = g_strdup("the table is full: at most 2 GiB of entries were expected");
		return FALSE;
	}
	if (word[0] == '@' && add_domain(recipients, word + 1))
		return TRUE;
	if (word[0] != '@' && mg_path_parse(word, strlen(word), TRUE, MG_PATH_MAX, &path, &fault) && path.n_layers == 1
	    && (path.forms == 0 || (ends_in_at && path.forms == (MG_FORM_NO_DOMAIN | MG_FORM_AT)))) {
		add_mailbox(recipients, &path);
		return TRUE;
	}
	*why_out = strchr(word, '@') == NULL || word[0] == '@' ? g_strdup_printf("'%.80s': %s", word, expected)
	                                                       : g_strdup_printf("'%.80s': %s: %s", word, expected, fault);
	return FALSE;
}

/* ---- questions ---- */

static const char *
entry_find(const mg_recipients *recipients, const wanted *what)
{
	guint32 place = *slot_find(recipients, &recipients->entries, what);

	return place != EMPTY ? recipients->text + (place & ~ONLY_FOLDED) : NULL;
}

static wanted
without_sub_address(wanted what, const char *delimiters)
{
	gsize base = mg_local_part_base(what.local, delimiters);

	if (base < what.n_local)
		what.local_hash = hash_of(what.local, base);
	what.n_local = base;
	return what;
}

/* "user@" */
static wanted
in_every_domain(wanted what)
{
	what.domain = "";
	what.domain_hash = hash_of("", 0);
	return what;
}

/* @base is looked for if it is another one. */
static const char *
first_of(const mg_recipients *recipients, const wanted *whole, const wanted *base)
{
	const char *entry = entry_find(recipients, whole);

	return entry != NULL || base->n_local == whole->n_local ? entry : entry_find(recipients, base);
}

const char *
mg_recipients_find(const mg_recipients *recipients, const mg_path *path, const mg_local_rules *rules)
{
	const mg_mailbox *mailbox = &path->layers[0];
	g_autofree char *normal = NULL;
	wanted whole, base, domain;
	const char *entry;

	if (recipients == NULL || path->n_layers == 0 || mailbox->domain == NULL || mailbox->domain[0] == 0)
		return NULL;
	whole = wanted_of(rules->folds_case ? mailbox->local : local_with_case(path, &normal), mailbox->domain, rules->folds_case);
	base = without_sub_address(whole, rules->delimiters);
	entry = first_of(recipients, &whole, &base);
	if (entry != NULL)
		return entry;
	domain = wanted_of("", whole.domain, FALSE);
	whole = in_every_domain(whole);
	base = in_every_domain(base);
	entry = first_of(recipients, &whole, &base);
	return entry ? entry : entry_find(recipients, &domain);
}

gboolean
mg_recipients_covers(const mg_recipients *recipients, const char *domain)
{
	const wanted what = wanted_of("", domain, FALSE);

	return recipients != NULL && domain[0] != 0 && *slot_find(recipients, &recipients->domains, &what) != EMPTY;
}

guint
mg_recipients_count(const mg_recipients *recipients)
{
	return recipients ? recipients->n_written : 0;
}

gsize
mg_recipients_size(const mg_recipients *recipients)
{
	return sizeof(*recipients) + recipients->text_room
	       + (recipients->entries.n_slots + recipients->domains.n_slots) * sizeof(guint32);
}
