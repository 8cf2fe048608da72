/* network.c - see network.h. The carrier moves packets; what they mean for a question is decided here. A question is a
 * quest: it has a try on the network, or waits for its turn. Its state is moved by quest_try(), quest_try_tcp() and
 * quest_leave() alone. */
#include "dns/network.h"

#include <string.h>

#include "dns/carrier.h"
#include "dns/servers.h"

#define SYSTEM_CONF      "/etc/resolv.conf"
#define TIMEOUT_MAX_MS   60000
#define TRIES_MAX        10
#define PATIENCE_MORE_MS 1000                    /* the carrier's: our own timers come first */
#define WINDOW           2000                    /* quests on the network at once: what resolvers take (unbound: 1024 a thread) */
#define BURST            100                     /* first packets in a row, then the other side gets time to read them */
#define BURST_PAUSE_US   1000
#define GARBLED_MAX      3                       /* replies of one try that cannot be read: then it is the server's fault */
#define SILENT_MAX       3                       /* tries in a row without an answer: then others are asked first */
#define REST_US          (10 * G_USEC_PER_SEC)
#define SENDINGS_MAX     8                       /* of one quest still listened to */

typedef enum quest_state {
	QUEST_QUEUED,   /* in network->queues */
	QUEST_UDP, QUEST_TCP,
	QUEST_ENDED     /* in no list */
} quest_state;

struct mg_dns_quest {
	mg_dns_network *network;       /* borrowed */
	quest_state     state;
	mg_dns_turn     turn;
	mg_dns_question question;
	void           *context;       /* borrowed */
	mg_timer       *timer;         /* owned; the end of the try, or of the wait */
	gint64          until_us;      /* the end of all */
	guint           timeout_ms;
	guint           server;        /* of the try */
	guint           n_tries, n_tries_max;
	guint           n_garbled;     /* in the try */
	mg_dns_sending *current;       /* of the try; NULL: it could not be sent */
	mg_dns_sending *sendings[SENDINGS_MAX];   /* all that may still bring an answer, late ones with them; oldest first */
	GList           link;          /* in network->queues, or in network->trying */
};

typedef struct server_state {
	guint  n_silent;        /* tries in a row without an answer */
	gint64 rests_until_us;
} server_state;

struct mg_dns_network {
	mg_loop                *loop;       /* borrowed */
	const mg_log           *log;        /* borrowed */
	mg_dns_network_function function;
	guint                   check_ms, timeout_ms, tries;
	mg_dns_servers         *servers;    /* owned */
	gint64                  checked_us; /* when resolv.conf was looked at */
	server_state            states[MG_DNS_SERVERS_MAX];
	guint                   next_server;
	mg_dns_carrier         *carrier;    /* owned */
	GQueue                  queues[MG_DNS_TURN_LAST + 1];   /* quests waiting to be sent */
	GQueue                  trying;     /* quests on the network */
	mg_timer               *pump;       /* owned; brings on the queue */
	gint64                  burst_us;   /* when the burst began */
	guint                   n_burst;    /* packets of it */
	mg_dns_network_counts   counts;
};

/* ---- servers ---- */

static void
network_log_servers(const mg_dns_network *network, mg_level level, const char *event)
{
	g_autoptr(GString) all = g_string_new(NULL);
	char text[MG_DNS_SERVER_TEXT_MAX];
	mg_log_line line;

	for (guint i = 0; i < mg_dns_servers_count(network->servers); i++) {
		mg_dns_server_format(mg_dns_servers_get(network->servers, i), text);
		g_string_append_printf(all, "%s%s", i > 0 ? "," : "", text);
	}
	mg_log_begin(&line, network->log, level, event);
	mg_log_text(&line, "servers", all->str);
	mg_log_end(&line);
}

static void
network_use_servers(mg_dns_network *network)
{
	guint n_tries = network->tries * MAX(mg_dns_servers_count(network->servers), 1);

	mg_dns_carrier_set_servers(network->carrier, network->servers, network->timeout_ms,
	                           network->timeout_ms * n_tries + PATIENCE_MORE_MS);
	memset(network->states, 0, sizeof(network->states));
	network->next_server = 0;
}

gboolean
mg_dns_network_has_servers(mg_dns_network *network)
{
	gint64 now_us = g_get_monotonic_time();

	if (now_us - network->checked_us >= (gint64)network->check_ms * 1000) {
		network->checked_us = now_us;
		switch (mg_dns_servers_refresh(network->servers)) {
		case MG_DNS_SERVERS_SAME:
			break;
		case MG_DNS_SERVERS_KEPT:
			network_log_servers(network, MG_LEVEL_WARNING, "dns-servers-kept");
			break;
		case MG_DNS_SERVERS_CHANGED:
			network_use_servers(network);
			network_log_servers(network, MG_LEVEL_INFO, "dns-servers");
			break;
		}
	}
	return mg_dns_servers_count(network->servers) > 0;
}

/* From @first on, those that rest last. */
static guint
network_choose(const mg_dns_network *network, guint first, guint n_servers, gint64 now_us)
{
	for (guint i = 0; i < n_servers; i++)
		if (network->states[(first + i) % n_servers].rests_until_us <= now_us)
			return (first + i) % n_servers;
	return first % n_servers;
}

static void
network_server_was_silent(mg_dns_network *network, guint server)
{
	server_state *state = &network->states[server];

	if (++state->n_silent >= SILENT_MAX)
		state->rests_until_us = g_get_monotonic_time() + REST_US;
}

/* ---- what a quest listens to ---- */

static void
quest_listen(mg_dns_quest *quest, mg_dns_sending *sending)
{
	guint n_sendings = 0;

	quest->current = sending;
	if (sending == NULL)
		return;
	while (n_sendings < SENDINGS_MAX && quest->sendings[n_sendings] != NULL)
		n_sendings++;
	if (n_sendings == SENDINGS_MAX) {   /* the oldest makes room: it has had its time */
		mg_dns_carrier_forget(quest->sendings[0]);
		memmove(quest->sendings, quest->sendings + 1, --n_sendings * sizeof(quest->sendings[0]));
	}
	quest->sendings[n_sendings] = sending;
}

static void
quest_unlisten(mg_dns_quest *quest, const mg_dns_sending *sending)
{
	for (guint i = 0; i < SENDINGS_MAX; i++)
		if (quest->sendings[i] == sending) {
			memmove(quest->sendings + i, quest->sendings + i + 1, (SENDINGS_MAX - i - 1) * sizeof(sending));
			quest->sendings[SENDINGS_MAX - 1] = NULL;
			break;
		}
	if (quest->current == sending)
		quest->current = NULL;
}

/* The queue that is next; NULL: nothing waits. */
static GQueue *
network_next(mg_dns_network *network)
{
	for (guint turn = 0; turn < G_N_ELEMENTS(network->queues); turn++)
		if (network->queues[turn].length > 0)
			return &network->queues[turn];
	return NULL;
}

/* ---- its end ---- */

/* Out of all lists: nothing comes in for it any more. */
static void
quest_leave(mg_dns_quest *quest)
{
	mg_dns_network *network = quest->network;

	g_queue_unlink(quest->state == QUEST_QUEUED ? &network->queues[quest->turn] : &network->trying, &quest->link);
	for (guint i = 0; i < SENDINGS_MAX && quest->sendings[i] != NULL; i++)
		mg_dns_carrier_forget(quest->sendings[i]);
	quest->state = QUEST_ENDED;
	if (network_next(network) != NULL)   /* not from here: one end must not lead to another inside it */
		mg_timer_start(network->pump, 0);
}

void
mg_dns_quest_free(mg_dns_quest *quest)
{
	quest_leave(quest);
	mg_timer_free(quest->timer);
	g_free(quest);
}

gboolean
mg_dns_quest_is_sent(const mg_dns_quest *quest)
{
	return quest->state != QUEST_QUEUED;
}

static void
quest_end(mg_dns_quest *quest, mg_dns_answer *answer)
{
	mg_dns_network_function function = quest->network->function;
	void *context = quest->context;

	mg_dns_quest_free(quest);
	function(context, answer);
}

static void
quest_end_unknown(mg_dns_quest *quest, const char *why)
{
	g_autoptr(mg_dns_answer) answer = mg_dns_answer_new(&quest->question, MG_DNS_UNKNOWN, why, 0);

	quest_end(quest, answer);
}

/* ---- its tries ---- */

static void
quest_send(mg_dns_quest *quest, gboolean by_tcp)
{
	mg_dns_network *network = quest->network;
	gint64 try_until_us = g_get_monotonic_time() + (gint64)quest->timeout_ms * 1000;

	network->counts.n_packets++;
	network->counts.n_tcp += by_tcp != FALSE;
	quest_listen(quest, mg_dns_carrier_send(network->carrier, quest->server, by_tcp, &quest->question, quest));
	/* What could not be sent is found out in dispatch, where all is. The end of all is the end of each try. */
	mg_timer_start(quest->timer, quest->current == NULL ? 0 : MIN(try_until_us, quest->until_us));
}

/* Another try, of the next server. */
static void
quest_try(mg_dns_quest *quest)
{
	mg_dns_network *network = quest->network;
	gint64 now_us = g_get_monotonic_time();
	guint n_servers = mg_dns_servers_count(network->servers);

	if (n_servers == 0) {   /* taken away while it waited */
		quest_end_unknown(quest, "no-servers");
		return;
	}
	quest->server = network_choose(network, quest->n_tries == 0 ? network->next_server++ : quest->server + 1, n_servers,
	                               now_us);
	quest->state = QUEST_UDP;
	quest->n_tries++;
	quest->n_garbled = 0;
	quest_send(quest, FALSE);
}

/* The same server again: what it said did not fit. */
static void
quest_try_tcp(mg_dns_quest *quest)
{
	quest->state = QUEST_TCP;
	if (quest->server < mg_dns_servers_count(quest->network->servers))
		quest_send(quest, TRUE);
	else
		quest_end_unknown(quest, "tcp");
}

/* This try has brought no answer. */
static void
quest_try_next(mg_dns_quest *quest, const char *why)
{
	if (quest->n_tries >= quest->n_tries_max || g_get_monotonic_time() >= quest->until_us)
		quest_end_unknown(quest, why);
	else
		quest_try(quest);
}

static void
quest_timed_out(void *context)
{
	mg_dns_quest *quest = context;
	mg_dns_network *network = quest->network;

	network->counts.n_timeouts += quest->current != NULL;
	switch (quest->state) {
	case QUEST_QUEUED:   /* its turn never came */
		quest_end_unknown(quest, "timeout");
		return;
	case QUEST_UDP:
		if (quest->current != NULL)
			network_server_was_silent(network, quest->server);
		quest_try_next(quest, quest->current == NULL ? "unreachable" : quest->n_garbled > 0 ? "malformed" : "timeout");
		return;
	case QUEST_TCP:
		if (quest->current != NULL)
			mg_dns_carrier_distrust(quest->current);
		quest_try_next(quest, "tcp");
		return;
	case QUEST_ENDED:
		return;
	}
}

/* ---- what comes back ---- */

/* Whether another server may know better. */
static gboolean
answer_is_of_one_server(const mg_dns_answer *answer)
{
	static const char *const words[] = { "formerr", "servfail", "notimp", "refused", "rcode", "referral" };

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (answer->outcome == MG_DNS_UNKNOWN && strcmp(answer->why, words[i]) == 0)
			return TRUE;
	return FALSE;
}

static void
quest_answered(mg_dns_quest *quest, mg_dns_answer *answer, gboolean is_current)
{
	mg_dns_network *network = quest->network;

	if (is_current)
		network->states[quest->server] = (server_state){ 0 };
	if (!answer_is_of_one_server(answer))
		quest_end(quest, answer);
	else if (!is_current)
		return;   /* the try that is on may still do better */
	else if (quest->n_tries < MIN(mg_dns_servers_count(network->servers), quest->n_tries_max))
		quest_try(quest);
	else
		quest_end(quest, answer);
}

/* c-ares takes any message with the question in it for the answer, and listens no more; the good one may be behind it.
 * So the same packet goes out again, and the try goes on as long as it would have. */
static void
quest_garbled(mg_dns_quest *quest, mg_dns_sending *sending)
{
	if (quest->state == QUEST_UDP && ++quest->n_garbled <= GARBLED_MAX)
		quest_listen(quest, mg_dns_carrier_send_again(sending));
	else
		quest_try_next(quest, "malformed");
}

/* The carrier's function. */
static void
quest_returned(void *context, mg_dns_sending *sending, mg_dns_return how, mg_dns_answer *answer)
{
	mg_dns_quest *quest = context;
	gboolean is_current = quest->current == sending;

	quest_unlisten(quest, sending);
	switch (how) {
	case MG_DNS_CAME:
		quest_answered(quest, answer, is_current);
		return;
	case MG_DNS_TRUNCATED:
		if (quest->state == QUEST_UDP)   /* a late one of a former try will do as well */
			quest_try_tcp(quest);
		else if (is_current)
			quest_end(quest, answer);
		return;
	case MG_DNS_GARBLED:
		quest->network->counts.n_garbled++;
		if (is_current)
			quest_garbled(quest, sending);
		return;
	case MG_DNS_LOST:
		quest->network->counts.n_lost++;
		if (is_current)
			quest_try_next(quest, quest->state == QUEST_TCP ? "tcp" : "unreachable");
		return;
	}
}

/* ---- asking ---- */

/* Those that wait get their turn, as far as there is room. */
static void
network_pump(mg_dns_network *network)
{
	gint64 now_us = g_get_monotonic_time();
	GQueue *queue;

	if (now_us - network->burst_us >= BURST_PAUSE_US) {
		network->burst_us = now_us;
		network->n_burst = 0;
	}
	while (network->trying.length < WINDOW && network->n_burst < BURST && (queue = network_next(network)) != NULL) {
		GList *link = g_queue_pop_head_link(queue);

		g_queue_push_tail_link(&network->trying, link);
		network->n_burst++;
		quest_try(link->data);
	}
	if (network_next(network) != NULL && network->trying.length < WINDOW)
		mg_timer_start(network->pump, network->burst_us + BURST_PAUSE_US);
}

static void
network_pump_due(void *context)
{
	network_pump(context);
}

mg_dns_quest *
mg_dns_network_ask(mg_dns_network *network, const mg_dns_question *question, mg_dns_turn turn, void *context)
{
	mg_dns_quest *quest = g_new0(mg_dns_quest, 1);

	quest->network = network;
	quest->state = QUEST_QUEUED;
	quest->turn = turn;
	quest->question = *question;
	quest->context = context;
	quest->timer = mg_timer_new(network->loop, quest_timed_out, quest);
	quest->timeout_ms = network->timeout_ms;
	quest->n_tries_max = network->tries * mg_dns_servers_count(network->servers);
	quest->until_us = g_get_monotonic_time() + (gint64)quest->timeout_ms * quest->n_tries_max * 1000;
	quest->link.data = quest;
	mg_timer_start(quest->timer, quest->until_us);
	g_queue_push_tail_link(&network->queues[turn], &quest->link);
	network_pump(network);
	return quest;
}

const mg_dns_network_counts *
mg_dns_network_count(const mg_dns_network *network)
{
	return &network->counts;
}

/* ---- the whole ---- */

gboolean
mg_dns_network_configure(mg_dns_network *network, const mg_dns_network_settings *settings, char **why_out)
{
	const char *conf = settings->resolv_conf != NULL ? settings->resolv_conf : SYSTEM_CONF;
	mg_dns_servers *servers = mg_dns_servers_new(settings->servers, conf, why_out);

	if (servers == NULL)
		return FALSE;
	mg_dns_servers_free(network->servers);
	network->servers = servers;
	network->check_ms = settings->check_ms;
	network->timeout_ms = CLAMP(settings->timeout_ms, 1, TIMEOUT_MAX_MS);
	network->tries = CLAMP(settings->tries, 1, TRIES_MAX);
	network->checked_us = g_get_monotonic_time();
	network_use_servers(network);
	return TRUE;
}

mg_dns_network *
mg_dns_network_new(mg_loop *loop, const mg_log *log, mg_dns_network_function function)
{
	mg_dns_network *network = g_new0(mg_dns_network, 1);

	network->loop = loop;
	network->log = log;
	network->function = function;
	network->carrier = mg_dns_carrier_new(loop, quest_returned);
	network->pump = mg_timer_new(loop, network_pump_due, network);
	g_queue_init(&network->queues[MG_DNS_TURN_AHEAD]);
	g_queue_init(&network->queues[MG_DNS_TURN_LAST]);
	g_queue_init(&network->trying);
	return network;
}

void
mg_dns_network_free(mg_dns_network *network)
{
	GQueue *queue;

	if (network == NULL)
		return;
	while ((queue = network_next(network)) != NULL)
		mg_dns_quest_free(queue->head->data);
	while (network->trying.length > 0)
		mg_dns_quest_free(network->trying.head->data);
	mg_dns_carrier_free(network->carrier);
	mg_dns_servers_free(network->servers);
	mg_timer_free(network->pump);
	g_free(network);
}
