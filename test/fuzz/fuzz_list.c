/* fuzz_list.c - the words of lists, and what is looked up by them.
 * In:    the first octet modulo 8 chooses the list: networks, hosts, domains, addresses, pairs, patterns, a
 *        schedule, an end; then its words. Of networks and domains, each line is a set; "?" before an address only
 *        looks it up.
 * Rules: each lookup is compared with one that is written here in the plainest way: a scan over all entries. A
 *        difference, or a broken promise of plugin/policy's headers, traps.
 * Needs: all of plugin/, api/wire.c, api/names.c. */
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include "policy/addresses.h"
#include "policy/domains.h"
#include "policy/networks.h"
#include "policy/patterns.h"
#include "policy/policy.h"
#include "policy/schedule.h"
#include "session/domain.h"

#define OCTETS_MAX  4096
#define WORDS_MAX   200      /* each is looked up among all, by scans */
#define SETS        4
#define WEEK_S      (7 * 86400)
#define SUNDAY_S    G_GINT64_CONSTANT(1801353600)     /* 2027-01-31 */
#define YEAR_1_S    G_GINT64_CONSTANT(-62135596800)   /* its first second */
#define YEAR_9999_S G_GINT64_CONSTANT(253402300800)   /* the first second after it */

typedef struct word {
	const char *text;   /* borrowed */
	guint       set;    /* by its line */
} word;

/* Cuts @text, which is changed. The caller's to free. */
static GArray *
words_cut(char *text, const char *separators)
{
	GArray *words = g_array_new(FALSE, FALSE, sizeof(word));
	guint line = 0;

	while (*text && words->len < WORDS_MAX) {
		gsize length = strcspn(text, separators);
		word cut = { text, line % SETS };
		char end = text[length];

		text[length] = 0;
		if (length > 0)
			g_array_append_val(words, cut);
		line += end == '\n';
		text += length + (end != 0);
	}
	return words;
}

#define WORD(words, i) (&g_array_index(words, word, i))

/* ---- networks, by a scan ---- */

typedef struct listed_network {
	mg_network network;
	guint      set;
	gboolean   is_exception;
} listed_network;

static gboolean
bit_of(const mg_ip *ip, guint bit)
{
	return ((bit < 64 ? ip->high >> (63 - bit) : ip->low >> (127 - bit)) & 1) != 0;
}

/* Bit by bit; IPv4 and IPv6 apart. */
static gboolean
scan_holds(const mg_network *network, const mg_ip *ip)
{
	gboolean is_ipv4 = network->prefix >= 96 && network->base.high == 0 && network->base.low >> 32 == 0xffff;

	if (is_ipv4 != (ip->high == 0 && ip->low >> 32 == 0xffff))
		return FALSE;
	for (guint bit = 0; bit < network->prefix; bit++)
		if (bit_of(&network->base, bit) != bit_of(ip, bit))
			return FALSE;
	return TRUE;
}

static gboolean
same_network(const mg_network *a, const mg_network *b)
{
	return a->prefix == b->prefix && mg_ip_equal(&a->base, &b->base);
}

/* From the longest prefix to the shortest: an exception takes its set out of all that is shorter. */
static const listed_network *
scan_find(const GArray *listed, const mg_ip *ip)
{
	gboolean is_excepted[SETS] = { FALSE };

	for (int prefix = 128; prefix >= 0; prefix--)
		for (guint i = 0; i < listed->len; i++) {
			const listed_network *entry = &g_array_index(listed, listed_network, i);

			if (entry->network.prefix != prefix || is_excepted[entry->set] || !scan_holds(&entry->network, ip))
				continue;
			if (!entry->is_exception)
				return entry;
			is_excepted[entry->set] = TRUE;
		}
	return NULL;
}

/* Whether some network is said to be two things. */
static gboolean
scan_conflicts(const GArray *listed)
{
	for (guint i = 0; i < listed->len; i++)
		for (guint k = 0; k < i; k++) {
			const listed_network *a = &g_array_index(listed, listed_network, i);
			const listed_network *b = &g_array_index(listed, listed_network, k);

			if (same_network(&a->network, &b->network)
			    && (a->set != b->set || a->is_exception != b->is_exception))
				return TRUE;
		}
	return FALSE;
}

static void
check_conflict(const GArray *listed, const mg_networks_conflict *conflict)
{
	const listed_network *first, *second;

	MUST(conflict->first_place < listed->len && conflict->second_place < listed->len);
	first = &g_array_index(listed, listed_network, conflict->first_place);
	second = &g_array_index(listed, listed_network, conflict->second_place);
	MUST(same_network(&first->network, &conflict->network) && same_network(&second->network, &conflict->network));
	MUST(first->set != second->set || first->is_exception != second->is_exception);
}

static void
check_address(const mg_networks *networks, const GArray *listed, const mg_ip *ip)
{
	const listed_network *expected = scan_find(listed, ip);
	guint set = 12345;
	mg_network network = { { 1, 2 }, 3 };

	MUST(mg_networks_find(networks, ip, &set, &network) == (expected != NULL));
	if (expected != NULL)
		MUST(set == expected->set && same_network(&network, &expected->network));
	else
		MUST(set == 12345 && network.base.high == 1 && network.base.low == 2 && network.prefix == 3);
}

static mg_ip
next_of(mg_ip ip)
{
	ip.high += ++ip.low == 0;
	return ip;
}

static mg_ip
previous_of(mg_ip ip)
{
	ip.high -= ip.low-- == 0;
	return ip;
}

/* TRUE, and one more entry, if @text is a network; what parses is also written as it was read. */
static gboolean
network_take(GArray *listed, const word *taken)
{
	listed_network entry = { .set = taken->set, .is_exception = taken->text[0] == '!' };
	char text[MG_NETWORK_TEXT_MAX];
	g_autofree char *why = NULL;
	mg_network again;

	if (!mg_network_parse(taken->text + entry.is_exception, &entry.network, &why)) {
		MUST(why != NULL && why[0] != 0);
		return FALSE;
	}
	MUST(why == NULL && entry.network.prefix <= 128);
	mg_network_format(&entry.network, text);
	MUST(mg_network_parse(text, &again, NULL) && same_network(&again, &entry.network));
	g_array_append_val(listed, entry);
	return TRUE;
}

/* Where anything can change: the ends of each network, and what lies beside them. */
static void
check_edges(const GArray *listed, void (*check)(void *context, const mg_ip *ip), void *context)
{
	for (guint i = 0; i < listed->len; i++) {
		const listed_network *entry = &g_array_index(listed, listed_network, i);
		mg_ip last = mg_network_last(&entry->network);
		mg_ip before = previous_of(entry->network.base), behind = next_of(last);

		check(context, &entry->network.base);
		check(context, &last);
		check(context, &before);
		check(context, &behind);
	}
}

typedef struct networks_checked {
	const mg_networks *networks;
	const GArray      *listed;
} networks_checked;

static void
check_in_networks(void *context, const mg_ip *ip)
{
	const networks_checked *checked = context;

	check_address(checked->networks, checked->listed, ip);
}

static void
try_networks(char *text)
{
	g_autoptr(GArray) words = words_cut(text, " \t\r\n,");
	g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(listed_network));
	g_autoptr(GArray) asked = g_array_new(FALSE, FALSE, sizeof(mg_ip));
	mg_networks_builder *builder = mg_networks_builder_new();
	mg_networks_conflict conflict;
	mg_networks *networks;
	mg_ip ip;

	for (guint i = 0; i < words->len; i++) {
		const word *taken = WORD(words, i);

		if (taken->text[0] == '?') {
			if (mg_ip_parse(taken->text + 1, &ip))
				g_array_append_val(asked, ip);
		} else if (network_take(listed, taken)) {
			const listed_network *entry = &g_array_index(listed, listed_network, listed->len - 1);

			mg_networks_builder_add(builder, &entry->network, entry->set, entry->is_exception, listed->len - 1);
		}
	}
	networks = mg_networks_build(builder, &conflict);
	MUST((networks == NULL) == scan_conflicts(listed));
	if (networks == NULL) {
		check_conflict(listed, &conflict);
		return;
	}
	MUST(mg_networks_size(networks) <= 64 * (gsize)listed->len + 512);
	check_edges(listed, check_in_networks, &(networks_checked){ networks, listed });
	for (guint i = 0; i < asked->len; i++)
		check_address(networks, listed, &g_array_index(asked, mg_ip, i));
	check_address(networks, listed, &(mg_ip){ 0, 0 });
	check_address(networks, listed, &(mg_ip){ G_MAXUINT64, G_MAXUINT64 });
	check_address(networks, listed, &(mg_ip){ MG_IPV4_HIGH, MG_IPV4_LOW });
	mg_networks_free(networks);
}

/* ---- domains, by a scan ---- */

typedef struct listed_domain {
	char  entry[MG_DOMAIN_MAX + 2];
	guint set;
} listed_domain;

static const listed_domain *
scan_domain(const GArray *listed, const char *entry)
{
	for (guint i = 0; i < listed->len; i++) {
		const listed_domain *there = &g_array_index(listed, listed_domain, i);

		if (strcmp(there->entry, entry) == 0)
			return there;
	}
	return NULL;
}

/* The name itself, then what is behind each of its dots with the dot, the nearest first. */
static const listed_domain *
scan_name(const GArray *listed, const char *name)
{
	const listed_domain *found = scan_domain(listed, name);

	for (gsize i = 1; found == NULL && i < strlen(name); i++)
		if (name[i] == '.')
			found = scan_domain(listed, name + i);
	return found;
}

/* An entry of a list of domains in its canonical form. */
static gboolean
domain_read(const char *text, listed_domain *domain_out)
{
	gboolean below = text[0] == '.';
	gsize length = strlen(text) - below;

	length -= length > 1 && text[below + length - 1] == '.';
	domain_out->entry[0] = '.';
	return mg_domain_canonical(text + below, length, TRUE, domain_out->entry + below);
}

static void
check_name(const mg_domains *domains, const GArray *listed, const char *name)
{
	const listed_domain *expected = scan_name(listed, name);
	guint set = 12345;
	const char *entry = mg_domains_find(domains, name, &set);

	MUST((entry == NULL) == (expected == NULL));
	if (entry != NULL)
		MUST(strcmp(entry, expected->entry) == 0 && set == expected->set);
	else
		MUST(set == 12345);
}

static void
try_domains(char *text)
{
	g_autoptr(GArray) words = words_cut(text, " \t\r\n,");
	g_autoptr(GArray) listed = g_array_new(FALSE, FALSE, sizeof(listed_domain));
	mg_domains *domains = mg_domains_new();

	for (guint i = 0; i < words->len; i++) {
		listed_domain domain = { .set = WORD(words, i)->set };
		const listed_domain *there;

		if (!domain_read(WORD(words, i)->text, &domain))
			continue;
		there = scan_domain(listed, domain.entry);
		MUST(mg_domains_add(domains, domain.entry, domain.set) == (there == NULL || there->set == domain.set));
		if (there == NULL)
			g_array_append_val(listed, domain);
		mg_domain_is_public_suffix(domain.entry + (domain.entry[0] == '.'));
	}
	MUST(mg_domains_count(domains) == listed->len);
	for (guint i = 0; i < listed->len; i++) {
		const char *entry = g_array_index(listed, listed_domain, i).entry, *parent = mg_domain_parent(entry);
		g_autofree char *below = g_strconcat("x", *entry == '.' ? "" : ".", entry, NULL);
		g_autofree char *beside = g_strconcat("x", entry + (*entry == '.'), NULL);

		check_name(domains, listed, entry);
		check_name(domains, listed, entry + (*entry == '.'));
		check_name(domains, listed, below);
		check_name(domains, listed, beside);
		if (parent != NULL)
			check_name(domains, listed, parent);
		MUST(scan_domain(listed, mg_domains_get(domains, i)) != NULL);
	}
	MUST(mg_domains_get(domains, listed->len) == NULL);
	mg_domains_free(domains);
}

/* ---- hosts: through a policy, since what is a network and what a domain is decided there ---- */

typedef struct hosts_checked {
	const mg_hosts *hosts;
	const GArray   *networks;
} hosts_checked;

static void
check_in_hosts(void *context, const mg_ip *ip)
{
	const hosts_checked *checked = context;

	MUST(mg_hosts_contain(checked->hosts, ip, NULL) == (scan_find(checked->networks, ip) != NULL));
}

/* A word that the file can hold as it is. */
static gboolean
is_writable(const char *text)
{
	for (const char *at = text; *at; at++)
		if ((guchar)*at <= ' ' || *at == '\\' || *at == 0x7f)
			return FALSE;
	return text[0] != '@' && g_utf8_validate(text, -1, NULL);
}

static void
try_hosts(char *text)
{
	g_autoptr(GArray) words = words_cut(text, " \t\r\n,");
	g_autoptr(GArray) networks = g_array_new(FALSE, FALSE, sizeof(listed_network));
	g_autoptr(GArray) domains = g_array_new(FALSE, FALSE, sizeof(listed_domain));
	g_autoptr(GString) file = g_string_new("[deny hosts]\nhosts =");
	mg_findings *findings = mg_findings_new();
	gboolean is_sound = TRUE;
	mg_policy *policy;

	for (guint i = 0; i < words->len; i++) {
		word taken = { WORD(words, i)->text, 0 };
		listed_domain domain = { .set = 0 };

		if (!is_writable(taken.text))
			continue;
		g_string_append_printf(file, " %s", taken.text);
		if (network_take(networks, &taken))
			MUST(!domain_read(taken.text, &domain));
		else if (domain_read(taken.text, &domain))
			g_array_append_val(domains, domain);
		else
			is_sound = FALSE;
	}
	policy = mg_policy_parse(file->str, file->len, "/nonexistent/mailguard.conf", findings);
	MUST((policy != NULL) == (is_sound && !scan_conflicts(networks)));
	if (policy != NULL) {
		check_edges(networks, check_in_hosts, &(hosts_checked){ &policy->deny_hosts, networks });
		for (guint i = 0; i < domains->len; i++) {
			const char *entry = g_array_index(domains, listed_domain, i).entry;
			g_autofree char *below = g_strconcat("x", *entry == '.' ? "" : ".", entry, NULL);

			MUST(mg_hosts_contain(&policy->deny_hosts, NULL, entry));
			MUST(mg_hosts_contain(&policy->deny_hosts, NULL, below) == (scan_name(domains, below) != NULL));
		}
	}
	mg_policy_unref(policy);
	mg_findings_free(findings);
}

/* ---- addresses and pairs ---- */

static gboolean
path_read(const char *text, mg_path *path_out)
{
	const char *fault;

	return mg_path_parse(text, strlen(text), TRUE, MG_PATH_MAX, path_out, &fault);
}

/* An entry found is one that the list takes, as it is written; what is given as an example is in the list. */
static void
check_addresses(const mg_addresses *addresses)
{
	g_autofree char *example = mg_addresses_example(addresses);
	g_autofree char *domain = mg_addresses_example_domain(addresses);
	char canonical[MG_DOMAIN_MAX + 1];
	mg_path path;

	MUST(example != NULL);
	if (!mg_addresses_is_empty(addresses) && strlen(example) <= MG_PATH_MAX)   /* quotes and a host may be too much */
		MUST(path_read(example, &path) && mg_addresses_find_any(addresses, &path) != NULL);
	if (domain != NULL)
		MUST(mg_domain_canonical(domain, strlen(domain), FALSE, canonical) && strcmp(domain, canonical) == 0);
}

static void
try_addresses(char *text)
{
	g_autoptr(GArray) words = words_cut(text, " \t\r\n,");
	mg_addresses *all = mg_addresses_new();
	gboolean has_null = FALSE, is_empty = TRUE;
	mg_path path;

	MUST(mg_addresses_is_empty(all) && mg_addresses_is_empty(NULL));
	for (guint i = 0; i < words->len; i++) {
		const char *entry = WORD(words, i)->text;
		g_autofree char *why = NULL;

		if (!mg_addresses_add(all, entry, &why)) {
			MUST(why != NULL && why[0] != 0);
			continue;
		}
		MUST(why == NULL);
		is_empty = FALSE;
		has_null = has_null || strcmp(entry, "<>") == 0;
		if (path_read(entry, &path) && path.forms == 0)
			MUST(mg_addresses_find_any(all, &path) != NULL && mg_addresses_has_all(all, &path));
	}
	MUST(mg_addresses_is_empty(all) == is_empty && mg_addresses_has_null(all) == has_null);
	check_addresses(all);
	for (guint i = 0; i < words->len; i++) {
		const char *found;

		if (!path_read(WORD(words, i)->text, &path))
			continue;
		found = mg_addresses_find_any(all, &path);
		MUST(found != NULL || path.n_layers == 0 || !mg_addresses_has_all(all, &path));
		MUST(mg_addresses_find_any(NULL, &path) == NULL);
	}
	mg_addresses_free(all);
}

/* One pair is its two halves, each a list of its own. */
static void
check_pair(const char *text, const mg_path *paths, guint n_paths)
{
	const char *middle = strchr(text, '>');
	g_autofree char *sender = NULL, *why = NULL, *why_half = NULL, *why_other = NULL;
	mg_pairs *pair;
	mg_addresses *senders, *recipients;
	gboolean is_pair, are_halves;

	if (g_str_has_prefix(text, "<>"))
		middle = strchr(text + 2, '>');
	/* With more than one, or with quotes, the middle is for the parser to find. */
	if (middle == NULL || strchr(middle + 1, '>') != NULL || strpbrk(text, "\"\\") != NULL)
		return;
	pair = mg_pairs_new();
	senders = mg_addresses_new();
	recipients = mg_addresses_new();
	sender = g_strndup(text, (gsize)(middle - text));
	is_pair = mg_pairs_add(pair, text, &why);
	are_halves = mg_addresses_add(senders, sender, &why_half);
	are_halves = mg_addresses_add(recipients, middle + 1, &why_other) && are_halves;
	MUST(is_pair == are_halves && (why == NULL) == is_pair);
	for (guint i = 0; is_pair && i < n_paths; i++)
		for (guint k = 0; k < n_paths; k++)
			MUST(mg_pairs_match(pair, &paths[i], &paths[k])
			     == (mg_addresses_find_any(senders, &paths[i]) && mg_addresses_find_any(recipients, &paths[k])));
	mg_pairs_free(pair);
	mg_addresses_free(senders);
	mg_addresses_free(recipients);
}

#define PATHS_MAX 8

static void
try_pairs(char *text)
{
	g_autoptr(GArray) words = words_cut(text, " \t\r\n,");
	g_autofree mg_path *paths = g_new(mg_path, PATHS_MAX);
	mg_pairs *all = mg_pairs_new();
	guint n_paths = 0;

	MUST(path_read("", &paths[n_paths++]));
	for (guint i = 0; i < words->len; i++) {
		g_auto(GStrv) halves = g_strsplit(WORD(words, i)->text, ">", -1);
		g_autofree char *why = NULL;

		MUST(mg_pairs_add(all, WORD(words, i)->text, &why) == (why == NULL));
		for (guint k = 0; halves[k] != NULL && n_paths < PATHS_MAX; k++)
			n_paths += path_read(halves[k], &paths[n_paths]);
	}
	for (guint i = 0; i < MIN(words->len, PATHS_MAX); i++)
		check_pair(WORD(words, i)->text, paths, n_paths);
	for (guint i = 0; i < n_paths; i++)
		for (guint k = 0; k < n_paths; k++) {
			mg_pairs_match(all, &paths[i], &paths[k]);
			MUST(!mg_pairs_match(NULL, &paths[i], &paths[k]));
		}
	mg_pairs_free(all);
}

/* ---- patterns ---- */

/* matches[k]: whether what was read of the pattern matches the first k octets of the name. */
static gboolean
table_matches(const char *pattern, const char *name, gsize length)
{
	g_autofree gboolean *matches = g_new0(gboolean, length + 1);

	matches[0] = TRUE;
	for (; *pattern; pattern++) {
		gboolean diagonal = matches[0];

		matches[0] = matches[0] && *pattern == '*';
		for (gsize k = 1; k <= length; k++) {
			gboolean above = matches[k];

			if (*pattern == '*')
				matches[k] = above || matches[k - 1];
			else
				matches[k] = diagonal && (*pattern == '?'
				                          || g_ascii_tolower(*pattern) == g_ascii_tolower(name[k - 1]));
			diagonal = above;
		}
	}
	return matches[length];
}

static void
check_pattern(const mg_patterns *patterns, const GPtrArray *added, const char *name, gsize length)
{
	const char *found = mg_patterns_find(patterns, name, length), *expected = NULL;

	for (guint i = 0; i < added->len && expected == NULL; i++)
		if (table_matches(added->pdata[i], name, length))
			expected = added->pdata[i];
	MUST((found == NULL) == (expected == NULL));
	MUST(found == NULL || g_ascii_strcasecmp(found, expected) == 0);
}

/* Lines: each is a pattern, and a name. The last, NULs and all, is a name alone. */
static void
try_patterns(char *text, gsize length)
{
	char *last = memrchr(text, '\n', length);
	gsize n_last = last ? (gsize)(text + length - last - 1) : 0;
	g_autofree char *name = last ? g_memdup2(last + 1, n_last + 1) : g_strdup("");
	g_autoptr(GArray) words = words_cut(text, "\n");
	g_autoptr(GPtrArray) added = g_ptr_array_new();   /* of borrowed words */
	mg_patterns *patterns = mg_patterns_new();
	g_autofree char *example = NULL;

	for (guint i = 0; i < MIN(words->len, 32); i++) {
		const char *pattern = WORD(words, i)->text;

		if (mg_patterns_add(patterns, pattern))
			g_ptr_array_add(added, (gpointer)pattern);
		else
			MUST(strlen(pattern) > MG_PATTERN_MAX);
	}
	MUST(!mg_patterns_add(patterns, ""));
	for (guint i = 0; i < MIN(words->len, 32); i++)
		check_pattern(patterns, added, WORD(words, i)->text, strlen(WORD(words, i)->text));
	check_pattern(patterns, added, name, n_last);
	check_pattern(patterns, added, "", 0);
	MUST(mg_patterns_find(NULL, name, n_last) == NULL);
	example = mg_patterns_example(patterns);   /* of an empty list too: "helo =" makes one */
	MUST(added->len == 0 || mg_patterns_find(patterns, example, strlen(example)) != NULL);
	mg_patterns_free(patterns);
}

/* ---- times ---- */

static void
check_moment(const mg_schedule *whole, const GPtrArray *parts, gint64 now_s)
{
	gboolean in_part = FALSE;

	for (guint i = 0; i < parts->len; i++)
		in_part = in_part || mg_schedule_contains(parts->pdata[i], now_s);
	MUST(mg_schedule_contains(whole, now_s) == in_part);
	MUST(mg_schedule_contains(whole, now_s + WEEK_S) == in_part);
}

static void
schedule_free(gpointer data)
{
	mg_schedule_free(data);
}

/* A schedule is open when one of its spans is, and every week alike. */
static void
try_schedule(const char *text)
{
	g_auto(GStrv) texts = g_strsplit(text, ",", 33);
	g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(schedule_free);
	g_autofree char *why = NULL;
	mg_schedule *whole = mg_schedule_parse(text, &why);
	gboolean all = text[0] != 0;

	MUST((whole == NULL) == (why != NULL));
	if (g_strv_length(texts) > 32) {
		mg_schedule_free(whole);
		return;
	}
	for (guint i = 0; texts[i] != NULL; i++) {
		g_autofree char *why_part = NULL;
		mg_schedule *part = mg_schedule_parse(texts[i], &why_part);

		MUST((part == NULL) == (why_part != NULL));
		all = all && part != NULL && texts[i][0] != 0;
		if (part != NULL)
			g_ptr_array_add(parts, part);
	}
	MUST((whole != NULL) == all);
	if (whole == NULL)
		return;
	/* Each minute of the week would be many: a step that meets them all in turn, over the inputs, is enough. */
	for (gint64 at_s = SUNDAY_S + g_str_hash(text) % 3600; at_s < SUNDAY_S + WEEK_S; at_s += 3607)
		check_moment(whole, parts, at_s);
	mg_schedule_contains(whole, G_MAXINT64);
	mg_schedule_contains(whole, G_MININT64);
	mg_schedule_contains(whole, -1);
	mg_schedule_free(whole);
}

static void
try_until(const char *text)
{
	gint64 end_s = 12345;

	if (!mg_until_parse(text, &end_s)) {
		MUST(end_s == 12345);
		return;
	}
	MUST(end_s >= YEAR_1_S && end_s <= YEAR_9999_S);
	if (strlen(text) == strlen("2027-01-31")) {
		time_t last_s = (time_t)(end_s - 1);
		struct tm last;
		char day[16];

		MUST(end_s % 86400 == 0 && gmtime_r(&last_s, &last) != NULL);
		g_snprintf(day, sizeof(day), "%04d-%02d-%02d", last.tm_year + 1900, last.tm_mon + 1, last.tm_mday);
		MUST(strcmp(day, text) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	char *text;   /* of exactly its size and a NUL, so that reading past it is seen */

	if (length == 0 || length > OCTETS_MAX)
		return 0;
	text = memcpy(malloc(length), octets + 1, length - 1);
	text[length - 1] = 0;
	switch (octets[0] % 8) {
	case 0: try_networks(text); break;
	case 1: try_hosts(text); break;
	case 2: try_domains(text); break;
	case 3: try_addresses(text); break;
	case 4: try_pairs(text); break;
	case 5: try_patterns(text, length - 1); break;
	case 6: try_schedule(text); break;
	case 7: try_until(text); break;
	}
	free(text);
	return 0;
}
