/* bench_relay.c - what a relay decision costs, and what a list costs in memory, against a plain scan in the same run.
 * In:    nothing; policies are made in a temporary directory, from random numbers with a fixed seed
 * Out:   tables, and the bars of DESIGN 6 with "met" or "NOT met"
 * Rules: timing is never a test: the exit status is 0 whatever the figures. It is 1 if the two ways to look up an
 *        address disagree, or nothing could be measured.
 * Links: the engine's objects, api/wire.c, api/names.c. */
#include <sys/resource.h>

#include <glib.h>

#include "bench.h"
#include "check/relay.h"
#include "policy/policy.h"
#include "session/path.h"

#define N_QUESTIONS   (1u << 16)   /* so many that no cache holds what all of them touch */
#define ROUNDS        7            /* the median of these counts */
#define SCAN_OCTETS   (1ull << 31) /* of entries that all scans of one row may look at */
#define DOMAINS_MOST  100000u
#define NETWORKS_MOST 1000000u
#define HIT_IN        2            /* every second question comes from a listed network */
#define FOREIGN_IN    4            /* every fourth goes to a domain that is not ours */

/* The bars (DESIGN 6). "Flat" is made a number here: the tree of ranges leaves the processor's caches as it grows,
 * which no structure of that size avoids. */
#define BAR_NS        1000.0
#define BAR_OCTETS    64.0
#define BAR_LOAD_S    2.0
#define BAR_FLAT      2.0          /* at most so many times the smallest list's */

static const guint network_sizes[] = { 1000, 10000, 100000, NETWORKS_MOST };
static const guint domain_sizes[] = { 1000, 10000, DOMAINS_MOST };

/* An entry of a linear table of networks, as cidr: tables have them: what is left of an address under the mask is
 * compared with the network, the first match counts. */
typedef struct scan_entry {
	mg_ip network, mask;
} scan_entry;

typedef struct question {
	mg_ip    ip;
	gboolean is_listed;      /* as it was made */
	char     path[64];
	gsize    n_path;
} question;

/* The measured loops leave something behind here, so that no compiler takes them out. */
static volatile guint64 sink;

/* ---- what is listed ---- */

static int
compare_networks(const void *a, const void *b)
{
	const mg_network *left = a, *right = b;

	if (mg_ip_equal(&left->base, &right->base))
		return (int)left->prefix - (int)right->prefix;
	return mg_ip_less(&left->base, &right->base) ? -1 : 1;
}

/* Two thirds IPv4 of /24 to /32, one third IPv6 of /48 to /128; each once, in random order. */
static GArray *
networks_make(guint n)
{
	GArray *networks = g_array_sized_new(FALSE, FALSE, sizeof(mg_network), n);

	while (networks->len < n) {
		mg_network *all;
		guint n_kept = 0;

		while (networks->len < n) {
			gboolean is_ipv4 = random_next() % 3 != 0;
			guint prefix = is_ipv4 ? MG_IPV4_PREFIX + 24 + (guint)(random_next() % 9)
			                       : 48 + (guint)(random_next() % 81);
			mg_ip ip = { MG_IPV4_HIGH, MG_IPV4_LOW | (random_next() >> 32) };
			mg_network network = { .prefix = (guint8)prefix };

			if (!is_ipv4)   /* 2000::/3, the global unicast addresses */
				ip = (mg_ip){ G_GUINT64_CONSTANT(0x2000000000000000) | random_next() >> 3, random_next() };
			network.base = mg_ip_mask(&ip, prefix);
			g_array_append_val(networks, network);
		}
		all = (mg_network *)(void *)networks->data;
		qsort(all, n, sizeof(all[0]), compare_networks);
		for (guint i = 0; i < n; i++)
			if (i == 0 || compare_networks(&all[n_kept - 1], &all[i]) != 0)
				all[n_kept++] = all[i];
		g_array_set_size(networks, n_kept);
	}
	for (guint i = n; i-- > 1;) {
		guint k = (guint)(random_next() % (i + 1));
		mg_network *all = (mg_network *)(void *)networks->data, kept = all[i];

		all[i] = all[k];
		all[k] = kept;
	}
	return networks;
}

static void
domain_name(guint index, char out[64])
{
	g_snprintf(out, 64, "%s%08x.customer-%u.example", index % 8 == 0 ? "." : "",
	           (guint)(index * G_GUINT64_CONSTANT(0x9e3779b1)), index);
}

/* ---- a policy in files ---- */

static const char *config;   /* its path, borrowed from bench.h */

static void
write_networks(const GArray *networks)
{
	FILE *file = file_begin("networks", NULL);
	char network[MG_NETWORK_TEXT_MAX];

	for (guint i = 0; i < networks->len; i++) {
		mg_network_format(&g_array_index(networks, mg_network, i), network);
		fprintf(file, "%s\n", network);
	}
	file_end(file);
}

static void
write_domains(guint n_domains)
{
	FILE *file = file_begin("domains", NULL);
	char domain[64];

	for (guint i = 0; i < n_domains; i++) {
		domain_name(i, domain);
		fprintf(file, "%s\n", domain);
	}
	file_end(file);
}

static void
write_policy(void)
{
	FILE *file = file_begin("mailguard.conf", &config);

	fputs("[mailguard]\nhostname = mx.example.net\n[domains]\nlocal = example.net @domains\n"
	      "[zone inside]\nnetworks = @networks\nowner = ana\n[grant users]\nauth = any\nowner = ana\n"
	      "[grant inside]\nzone = inside\nowner = ana\n", file);
	file_end(file);
}

static mg_policy *
load_policy(void)
{
	mg_findings *findings = mg_findings_new();
	mg_policy *policy = mg_policy_load(config, NULL, findings);

	if (policy == NULL)
		die("the policy was refused");
	mg_findings_free(findings);
	return policy;
}

/* ---- the questions ---- */

static question *
questions_make(const GArray *networks, guint n_domains)
{
	question *all = g_new0(question, N_QUESTIONS);
	char domain[64];

	for (guint i = 0; i < N_QUESTIONS; i++) {
		const mg_network *network = &g_array_index(networks, mg_network, random_next() % networks->len);
		mg_ip any = { random_next(), random_next() };
		guint recipient = (guint)(random_next() % n_domains);

		all[i].is_listed = i % HIT_IN == 0;
		if (all[i].is_listed) {   /* some address in the network */
			mg_ip mask = mg_ip_mask(&(mg_ip){ G_MAXUINT64, G_MAXUINT64 }, network->prefix);

			all[i].ip = (mg_ip){ network->base.high | (any.high & ~mask.high),
			                     network->base.low | (any.low & ~mask.low) };
		} else if (random_next() % 3 != 0) {   /* some other one, of the same mix; few of them are listed */
			all[i].ip = (mg_ip){ MG_IPV4_HIGH, MG_IPV4_LOW | any.low >> 32 };
		} else {
			all[i].ip = (mg_ip){ G_GUINT64_CONSTANT(0x2000000000000000) | any.high >> 3, any.low };
		}
		domain_name(recipient, domain);
		g_snprintf(all[i].path, sizeof(all[i].path), "user.%u@%s%s", i % 1000, domain[0] == '.' ? "mx" : "",
		           i % FOREIGN_IN == 1 ? "outside.example" : domain);
		all[i].n_path = strlen(all[i].path);
	}
	return all;
}

/* What a server needs for a RCPT: the client's zone, the forward-path unfolded, the decision. */
static mg_reason
decide(const mg_policy *policy, const question *asked)
{
	mg_path path;
	mg_network network;
	const char *fault = NULL;
	mg_relay_answer answer;
	mg_relay_question relay = { .policy = policy, .forward_path = &path };

	relay.zone = mg_policy_zone(policy, &asked->ip, NULL, &network);
	mg_path_parse(asked->path, asked->n_path, FALSE, policy->local_part_max, &path, &fault);
	relay.forward_fault = fault;
	mg_relay_judge(&relay, NULL, &answer);
	return answer.reason;
}

static double
time_decisions(const mg_policy *policy, const question *questions)
{
	double rounds[ROUNDS];

	for (guint round = 0; round < ROUNDS; round++) {
		double begin = now_ns();
		guint64 sum = 0;

		for (guint i = 0; i < N_QUESTIONS; i++)
			sum += decide(policy, &questions[i]);
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
		sink += sum;
	}
	return median(rounds, ROUNDS);
}

static double
time_zones(const mg_policy *policy, const question *questions)
{
	double rounds[ROUNDS];
	mg_network network;

	for (guint round = 0; round < ROUNDS; round++) {
		double begin = now_ns();
		guint64 sum = 0;

		for (guint i = 0; i < N_QUESTIONS; i++)
			sum += mg_policy_zone(policy, &questions[i].ip, NULL, &network) != NULL;
		rounds[round] = (now_ns() - begin) / N_QUESTIONS;
		sink += sum;
	}
	return median(rounds, ROUNDS);
}

/* ---- the scan ---- */

static scan_entry *
scan_make(const GArray *networks)
{
	scan_entry *entries = g_new(scan_entry, networks->len);

	for (guint i = 0; i < networks->len; i++) {
		const mg_network *network = &g_array_index(networks, mg_network, i);

		entries[i].network = network->base;
		entries[i].mask = mg_ip_mask(&(mg_ip){ G_MAXUINT64, G_MAXUINT64 }, network->prefix);
	}
	return entries;
}

static gboolean
scan(const scan_entry *entries, guint n, const mg_ip *ip)
{
	for (guint i = 0; i < n; i++)
		if ((ip->high & entries[i].mask.high) == entries[i].network.high
		    && (ip->low & entries[i].mask.low) == entries[i].network.low)
			return TRUE;
	return FALSE;
}

/* The address alone: neither path nor decision, which is in the scan's favour. */
static double
time_scan(const mg_policy *policy, const question *questions, const scan_entry *entries, guint n_entries)
{
	guint n = (guint)CLAMP(SCAN_OCTETS / ROUNDS / (n_entries * sizeof(scan_entry)), 8, N_QUESTIONS);
	double rounds[ROUNDS];
	mg_network network;

	for (guint round = 0; round < ROUNDS; round++) {
		const question *some = questions + round * n % (N_QUESTIONS - n + 1);
		double begin = now_ns();
		guint n_found = 0, n_listed = 0;

		for (guint i = 0; i < n; i++)
			n_found += scan(entries, n_entries, &some[i].ip);
		rounds[round] = (now_ns() - begin) / n;
		for (guint i = 0; i < n; i++) {
			gboolean is_listed = mg_policy_zone(policy, &some[i].ip, NULL, &network) != NULL;

			if (some[i].is_listed && !is_listed)
				die("an address in a listed network was not found");
			n_listed += is_listed;
		}
		if (n_found != n_listed)
			die("scan and list disagree");
	}
	return median(rounds, ROUNDS);
}

/* ---- the tables ---- */

typedef struct figures {
	double zone_ns, decision_ns, scan_ns, octets;
} figures;

static figures
measure_networks(guint n_networks)
{
	g_autoptr(GArray) networks = networks_make(n_networks);
	g_autofree question *questions = questions_make(networks, DOMAINS_MOST);
	g_autofree scan_entry *entries = scan_make(networks);
	figures row;
	mg_policy *policy;

	write_networks(networks);
	write_domains(DOMAINS_MOST);
	policy = load_policy();
	row.octets = (double)mg_networks_size(policy->zone_networks) / n_networks;
	row.zone_ns = time_zones(policy, questions);
	row.decision_ns = time_decisions(policy, questions);
	row.scan_ns = time_scan(policy, questions, entries, n_networks);
	mg_policy_unref(policy);
	return row;
}

/* The list of networks that was written last, alone, from file to policy. */
static double
measure_load(void)
{
	double rounds[3];

	write_domains(0);
	for (guint round = 0; round < G_N_ELEMENTS(rounds); round++) {
		double begin = now_ns();
		mg_policy *policy = load_policy();

		rounds[round] = (now_ns() - begin) / 1e9;
		mg_policy_unref(policy);
	}
	return median(rounds, G_N_ELEMENTS(rounds));
}

static figures
measure_domains(guint n_domains)
{
	g_autoptr(GArray) networks = networks_make(1000);
	g_autofree question *questions = questions_make(networks, n_domains);
	gsize before = allocated();
	mg_domains *domains = mg_domains_new();
	figures row = { 0 };
	mg_policy *policy;
	char name[64];

	for (guint i = 0; i < n_domains; i++) {
		domain_name(i, name);
		mg_domains_add(domains, name, 0);
	}
	row.octets = (double)(allocated() - before) / n_domains;
	mg_domains_free(domains);
	write_networks(networks);
	write_domains(n_domains);
	policy = load_policy();
	row.decision_ns = time_decisions(policy, questions);
	mg_policy_unref(policy);
	return row;
}

int
main(void)
{
	figures networks[G_N_ELEMENTS(network_sizes)], domains[G_N_ELEMENTS(domain_sizes)];
	const figures *most = &networks[G_N_ELEMENTS(network_sizes) - 1];
	const figures *most_domains = &domains[G_N_ELEMENTS(domain_sizes) - 1];
	double flat, load_s;
	struct rusage usage;

	directory_begin();
	write_policy();

	printf("Relay decisions: zone of the client, forward-path unfolded, grants, %u own domains; no trace.\n"
	       "%u questions, half of them from the zone; processor time, median of %u rounds. \"scan\": the\n"
	       "client's address alone, by the first match in a linear table of {network, mask}.\n\n",
	       DOMAINS_MOST, N_QUESTIONS, ROUNDS);
	printf("  networks   octets/entry    zone ns   decision ns   decisions/s         scan ns   scan/decision\n");
	for (guint i = 0; i < G_N_ELEMENTS(network_sizes); i++) {
		networks[i] = measure_networks(network_sizes[i]);
		printf("  %8u   %12.1f   %8.0f   %11.0f   %11.0f   %13.0f   %13.1f\n", network_sizes[i], networks[i].octets,
		       networks[i].zone_ns, networks[i].decision_ns, 1e9 / networks[i].decision_ns, networks[i].scan_ns,
		       networks[i].scan_ns / networks[i].decision_ns);
		fflush(stdout);
	}
	flat = most->decision_ns / networks[0].decision_ns;
	load_s = measure_load();   /* the longest list is the last one written */
	printf("\n   domains   octets/entry              decision ns   decisions/s     (1000 networks)\n");
	for (guint i = 0; i < G_N_ELEMENTS(domain_sizes); i++) {
		domains[i] = measure_domains(domain_sizes[i]);
		printf("  %8u   %12.1f              %11.0f   %11.0f\n", domain_sizes[i], domains[i].octets,
		       domains[i].decision_ns, 1e9 / domains[i].decision_ns);
		fflush(stdout);
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("\n  a list of %u networks is loaded in %.2f s; peak RSS of this program %ld MiB\n\n", NETWORKS_MOST, load_s,
	       usage.ru_maxrss / 1024);

	printf("Bars of DESIGN 6:\n");
	print_bar("a decision with 1,000,000 networks, 100,000 domains: < 1000", most->decision_ns, "ns",
	          most->decision_ns < BAR_NS);
	print_bar("flat: that, to one with 1,000 networks: <= 2", flat, "x", flat <= BAR_FLAT);
	print_bar("octets for a network: <= 64", most->octets, "", most->octets <= BAR_OCTETS);
	print_bar("octets for a domain: <= 64", most_domains->octets, "", most_domains->octets <= BAR_OCTETS);
	print_bar("loading 1,000,000 networks: < 2", load_s, "s", load_s < BAR_LOAD_S);
	return 0;
}
