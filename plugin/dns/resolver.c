/* resolver.c - see resolver.h. Local zone, cache, questions under way, network: in this order. */
#include "dns/resolver.h"

#include "dns/cache.h"
#include "dns/health.h"
#include "dns/network.h"

/* A question under way, and who waits for it. */
typedef struct flight {
	mg_resolver    *resolver;   /* borrowed */
	mg_dns_question question;   /* its key in resolver->flights */
	mg_dns_quest   *quest;      /* owned; NULL: it has ended, the tickets are being called */
	GQueue          tickets;    /* owned */
} flight;

struct mg_resolver_ticket {
	flight              *of;        /* borrowed */
	mg_resolver_function function;
	void                *context;   /* borrowed */
	GList                link;      /* in of->tickets */
};

struct mg_resolver {
	const mg_log      *log;            /* borrowed */
	const mg_local_zone *zone;         /* borrowed; may be NULL */
	guint              questions_max;
	void             (*complete)(mg_dns_answer *answer);
	mg_dns_network    *network;        /* owned */
	mg_dns_cache      *cache;          /* owned */
	GHashTable        *flights;        /* owned; question in the flight -> flight, freed by flight_free() */
	mg_dns_health      health;
	gboolean           is_unhealthy;   /* as last told in the log */
	mg_resolver_counts counts;
};

const mg_resolver_settings mg_resolver_settings_standard = {
	.servers = "system", .check_ms = 1000, .timeout_ms = 2000, .tries = 2, .questions_max = 20000,
	.cache_octets = 32u << 20,
};

/* ---- health ---- */

static void
resolver_judge(mg_resolver *resolver, gint64 now_us)
{
	guint n_questions, n_unknown;
	gboolean is_unhealthy = !mg_dns_health_is_good(&resolver->health, now_us, &n_questions, &n_unknown);
	mg_log_line line;

	if (is_unhealthy == resolver->is_unhealthy)
		return;
	resolver->is_unhealthy = is_unhealthy;
	mg_log_begin(&line, resolver->log, is_unhealthy ? MG_LEVEL_ERROR : MG_LEVEL_INFO,
	             is_unhealthy ? "dns-unhealthy" : "dns-healthy");
	mg_log_number(&line, "questions", n_questions);
	mg_log_number(&line, "unknown", n_unknown);
	mg_log_end(&line);
}

gboolean
mg_resolver_is_healthy(const mg_resolver *resolver)
{
	return mg_dns_health_is_good(&resolver->health, g_get_monotonic_time(), NULL, NULL);
}

/* What may be told: a reference that is the caller's. */
static mg_dns_answer *
answer_to_tell(const mg_resolver *resolver, mg_dns_answer *answer)
{
	if (answer->outcome == MG_DNS_NOTHING && !mg_resolver_is_healthy(resolver))
		return mg_dns_answer_new(&answer->question, MG_DNS_UNKNOWN, "resolver-unhealthy", 0);
	return mg_dns_answer_ref(answer);
}

/* ---- flights ---- */

/* Out of the table already. */
static void
flight_free(flight *under_way)
{
	GList *link;

	if (under_way->quest != NULL)
		mg_dns_quest_free(under_way->quest);
	while ((link = g_queue_pop_head_link(&under_way->tickets)) != NULL)
		g_free(link->data);
	g_free(under_way);
}

/* The network's function. */
static void
flight_ended(void *context, mg_dns_answer *answer)
{
	flight *under_way = context;
	mg_resolver *resolver = under_way->resolver;
	gint64 now_us = g_get_monotonic_time();
	g_autoptr(mg_dns_answer) told = NULL;
	GList *link;

	under_way->quest = NULL;
	g_hash_table_steal(resolver->flights, &under_way->question);
	resolver->counts.n_found += answer->outcome == MG_DNS_FOUND;
	resolver->counts.n_nothing += answer->outcome == MG_DNS_NOTHING;
	resolver->counts.n_unknown += answer->outcome == MG_DNS_UNKNOWN;
	mg_dns_health_note(&resolver->health, answer->outcome == MG_DNS_UNKNOWN, now_us);
	resolver_judge(resolver, now_us);
	if (resolver->complete != NULL)
		resolver->complete(answer);
	mg_dns_cache_put(resolver->cache, answer, now_us);
	told = answer_to_tell(resolver, answer);
	/* One at a time: a function may cancel those behind it. */
	while ((link = g_queue_pop_head_link(&under_way->tickets)) != NULL) {
		mg_resolver_ticket ticket = *(mg_resolver_ticket *)link->data;

		g_free(link->data);
		ticket.function(ticket.context, told);
	}
	flight_free(under_way);
}

static flight *
flight_begin(mg_resolver *resolver, const mg_dns_question *question, mg_dns_turn turn)
{
	flight *under_way = g_new0(flight, 1);

	under_way->resolver = resolver;
	under_way->question = *question;
	g_queue_init(&under_way->tickets);
	g_hash_table_insert(resolver->flights, &under_way->question, under_way);
	under_way->quest = mg_dns_network_ask(resolver->network, question, turn, under_way);
	return under_way;
}

static mg_resolver_ticket *
flight_join(flight *under_way, mg_resolver_function function, void *context)
{
	mg_resolver_ticket *ticket = g_new0(mg_resolver_ticket, 1);

	ticket->of = under_way;
	ticket->function = function;
	ticket->context = context;
	ticket->link.data = ticket;
	g_queue_push_tail_link(&under_way->tickets, &ticket->link);
	return ticket;
}

/* ---- asking ---- */

static mg_dns_answer *
resolver_refuse(mg_resolver *resolver, const mg_dns_question *question, const char *why)
{
	resolver->counts.n_refused++;
	return mg_dns_answer_new(question, MG_DNS_UNKNOWN, why, 0);
}

/* The answer, a reference that is the caller's, or the flight that will bring it. */
static mg_dns_answer *
resolver_find(mg_resolver *resolver, const mg_dns_question *question, mg_dns_turn turn, flight **flight_out)
{
	mg_dns_answer *answer;

	resolver->counts.n_questions++;
	answer = resolver->zone != NULL ? mg_local_zone_answer(resolver->zone, question) : NULL;
	if (answer != NULL) {
		resolver->counts.n_zone++;
		return answer;
	}
	answer = mg_dns_cache_get(resolver->cache, question, g_get_monotonic_time());
	if (answer != NULL) {
		resolver->counts.n_cached++;
		return answer_to_tell(resolver, answer);
	}
	*flight_out = g_hash_table_lookup(resolver->flights, question);
	if (*flight_out != NULL) {
		resolver->counts.n_joined++;
		return NULL;
	}
	if (!mg_dns_network_has_servers(resolver->network))
		return resolver_refuse(resolver, question, "no-servers");
	if (g_hash_table_size(resolver->flights) >= resolver->questions_max)
		return resolver_refuse(resolver, question, "too-busy");
	resolver->counts.n_network++;
	*flight_out = flight_begin(resolver, question, turn);
	return NULL;
}

static mg_dns_answer *
resolver_ask(mg_resolver *resolver, const mg_dns_question *question, mg_dns_turn turn, mg_resolver_function function,
             void *context, mg_resolver_ticket **ticket_out)
{
	mg_resolver_ticket *ticket = NULL;
	flight *under_way;
	mg_dns_answer *answer = resolver_find(resolver, question, turn, &under_way);

	if (answer == NULL)
		ticket = flight_join(under_way, function, context);
	if (ticket_out != NULL)
		*ticket_out = ticket;
	return answer;
}

mg_dns_answer *
mg_resolver_ask(mg_resolver *resolver, const mg_dns_question *question, mg_resolver_function function, void *context,
                mg_resolver_ticket **ticket_out)
{
	return resolver_ask(resolver, question, MG_DNS_TURN_LAST, function, context, ticket_out);
}

mg_dns_answer *
mg_resolver_ask_ahead(mg_resolver *resolver, const mg_dns_question *question, mg_resolver_function function, void *context,
                      mg_resolver_ticket **ticket_out)
{
	return resolver_ask(resolver, question, MG_DNS_TURN_AHEAD, function, context, ticket_out);
}

void
mg_resolver_prefetch(mg_resolver *resolver, const mg_dns_question *question)
{
	flight *under_way;

	mg_dns_answer_unref(resolver_find(resolver, question, MG_DNS_TURN_LAST, &under_way));
}

void
mg_resolver_cancel(mg_resolver_ticket *ticket)
{
	flight *under_way;

	if (ticket == NULL)
		return;
	under_way = ticket->of;
	g_queue_unlink(&under_way->tickets, &ticket->link);
	g_free(ticket);
	if (under_way->tickets.length == 0 && under_way->quest != NULL && !mg_dns_quest_is_sent(under_way->quest)) {
		g_hash_table_steal(under_way->resolver->flights, &under_way->question);
		flight_free(under_way);
	}
}

const mg_dns_question *
mg_resolver_ticket_question(const mg_resolver_ticket *ticket)
{
	return &ticket->of->question;
}

void
mg_resolver_count(const mg_resolver *resolver, mg_resolver_counts *counts_out)
{
	const mg_dns_network_counts *network = mg_dns_network_count(resolver->network);
	mg_dns_cache_counts cache;

	mg_dns_cache_count(resolver->cache, &cache);
	*counts_out = resolver->counts;
	counts_out->n_packets = network->n_packets;
	counts_out->n_tcp = network->n_tcp;
	counts_out->n_garbled = network->n_garbled;
	counts_out->n_lost = network->n_lost;
	counts_out->n_timeouts = network->n_timeouts;
	counts_out->n_under_way = g_hash_table_size(resolver->flights);
	counts_out->n_cache_answers = cache.n_answers;
	counts_out->cache_octets = cache.octets;
	counts_out->n_evictions = cache.n_evictions;
}

/* ---- the whole ---- */

gboolean
mg_resolver_configure(mg_resolver *resolver, const mg_resolver_settings *settings, char **why_out)
{
	mg_dns_network_settings network = {
		settings->servers, settings->resolv_conf, settings->check_ms, settings->timeout_ms, settings->tries,
	};

	if (!mg_dns_network_configure(resolver->network, &network, why_out))
		return FALSE;
	resolver->zone = settings->zone;
	resolver->questions_max = settings->questions_max;
	resolver->complete = settings->complete;
	return TRUE;
}

mg_resolver *
mg_resolver_new(mg_loop *loop, const mg_log *log, const mg_resolver_settings *settings, char **why_out)
{
	mg_resolver *resolver = g_new0(mg_resolver, 1);

	resolver->log = log;
	resolver->network = mg_dns_network_new(loop, log, flight_ended);
	resolver->cache = mg_dns_cache_new(settings->cache_octets);
	resolver->flights = g_hash_table_new(mg_dns_question_hash, mg_dns_question_equal);
	if (!mg_resolver_configure(resolver, settings, why_out)) {
		mg_resolver_free(resolver);
		return NULL;
	}
	return resolver;
}

void
mg_resolver_free(mg_resolver *resolver)
{
	g_autoptr(GList) flights = NULL;

	if (resolver == NULL)
		return;
	flights = g_hash_table_get_values(resolver->flights);
	for (GList *each = flights; each != NULL; each = each->next)
		flight_free(each->data);
	g_hash_table_unref(resolver->flights);
	mg_dns_network_free(resolver->network);
	mg_dns_cache_free(resolver->cache);
	g_free(resolver);
}
