/* carrier.c - see carrier.h. c-ares 1.18.1 and newer. Each server has a channel for UDP and one for TCP, with that server
 * alone, so that failover, retries and the step to TCP are ours, and the same with every c-ares. */
#define CARES_NO_DEPRECATED   /* newer ones deprecate what 1.18.1 has: both must build without a warning */
#include "dns/carrier.h"

#include <ares.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>

#define UDP_RECEIVED_MAX 4096              /* c-ares takes datagrams up to here as whole, whatever OPT said */
#define UDP_PLAIN_MAX    512               /* RFC 1035 2.3.4 */
#define RECEIVE_BUFFER   (1 << 20)         /* a burst of answers waits here; the system may give less */
#define CHANNEL_US       (60 * G_USEC_PER_SEC)   /* then another source port, for who guesses at it (RFC 5452 9.2) */
#define TICK_US          (250 * 1000)      /* how exactly c-ares' own times are kept; ours are kept by timers */
#define IDS_AT_ONCE      128
#define ADAPTIVE_VERSION 0x012000          /* 1.32 measures a server's time and gives up far sooner than it is told */
#define ADAPTIVE_TRIES   6                 /* 250 ms and doubled each time up to a try of ours: longer than one lasts */

typedef struct channel {
	mg_dns_carrier *carrier;       /* borrowed */
	ares_channel    ares;          /* owned */
	GHashTable     *watches;       /* owned; descriptor -> mg_watch, freed by channel_socket_changed() */
	guint           n_sendings;
	gint64          made_us;
	gboolean        without_opt;   /* the server knows no EDNS */
	gboolean        is_near;       /* the server is on this host: its AD is not forged on the way (RFC 4035 4.9.3) */
} channel;

struct mg_dns_sending {
	mg_dns_carrier *carrier;       /* borrowed */
	channel        *by;            /* borrowed; it is there as long as it has sendings */
	mg_dns_question question;
	guint16         id;
	gboolean        has_opt;       /* it went with one */
	gboolean        is_forgotten;
	void           *context;       /* borrowed */
	mg_dns_return   how;           /* from here on: meaning once it has ended */
	mg_dns_answer  *answer;        /* ref held */
	GList           link;          /* in carrier->ended */
};

struct mg_dns_carrier {
	mg_loop                *loop;       /* borrowed */
	mg_dns_carrier_function function;
	guint                   n_servers;
	mg_dns_server           servers[MG_DNS_SERVERS_MAX];
	channel                *channels[MG_DNS_SERVERS_MAX][2];   /* owned; [1] for TCP; NULL until sent to */
	GPtrArray              *retired;    /* owned; channels that have sendings under way and get no more */
	GQueue                  ended;      /* sendings to be told of */
	guint                   try_ms, patience_ms;
	guint                   n_sendings;
	gboolean                is_telling;
	mg_timer               *tell;       /* owned; what ended while it was being sent is told from dispatch */
	mg_timer               *tick;       /* owned; runs while something is under way */
	guint16                 ids[IDS_AT_ONCE];
	guint                   n_ids;      /* of them left */
};

/* ---- what has ended ---- */

static void
sending_free(mg_dns_sending *sending)
{
	sending->by->n_sendings--;
	sending->carrier->n_sendings--;
	mg_dns_answer_unref(sending->answer);
	g_free(sending);
}

static void
carrier_tell_all(mg_dns_carrier *carrier)
{
	GList *link;

	if (carrier->is_telling)
		return;
	carrier->is_telling = TRUE;
	/* Only what stands here now: a server that answers at once could keep us for ever. */
	for (guint n_left = carrier->ended.length; n_left > 0; n_left--) {
		mg_dns_sending *sending;

		link = g_queue_pop_head_link(&carrier->ended);
		sending = link->data;
		if (!sending->is_forgotten)
			carrier->function(sending->context, sending, sending->how, sending->answer);
		sending_free(sending);
	}
	carrier->is_telling = FALSE;
	if (carrier->ended.length > 0)
		mg_timer_start(carrier->tell, 0);
}

static void
carrier_tell(void *context)
{
	carrier_tell_all(context);
}

/* c-ares 1.18.1 takes a FORMERR without OPT to mean that the server knows no EDNS (RFC 6891 7), asks again without, and
 * leaves its flag off: from the second question on the FORMERR comes here, and what is over 512 octets is cut. */
static gboolean
channel_lost_edns(const channel *by)
{
	struct ares_options options = { 0 };
	gboolean is_lost;
	int mask = 0;

	if (ares_save_options(by->ares, &options, &mask) != ARES_SUCCESS)
		return FALSE;
	is_lost = (options.flags & ARES_FLAG_EDNS) == 0;
	ares_destroy_options(&options);
	return is_lost;
}

static mg_dns_return
sending_read(mg_dns_sending *sending, const guint8 *octets, gsize length)
{
	channel *by = sending->by;
	mg_dns_reading reading = mg_dns_wire_read(&sending->question, octets, length, &sending->answer);

	sending->answer->is_secure = sending->answer->is_secure && by->is_near;
	switch (reading) {
	case MG_DNS_READ_WELL:
		if (!sending->has_opt || strcmp(sending->answer->why, "formerr") != 0 || !channel_lost_edns(by))
			return MG_DNS_CAME;
		by->without_opt = TRUE;
		return MG_DNS_GARBLED;   /* to be sent again, without */
	case MG_DNS_READ_TRUNCATED:
		return MG_DNS_TRUNCATED;
	case MG_DNS_READ_BADLY:
		return length == UDP_PLAIN_MAX && channel_lost_edns(by) ? MG_DNS_TRUNCATED : MG_DNS_GARBLED;
	}
	g_assert_not_reached();
}

/* Called by c-ares, from within whatever of it is under way. */
static void
sending_ended(void *context, int status, int timeouts G_GNUC_UNUSED, unsigned char *octets, int length)
{
	mg_dns_sending *sending = context;

	sending->how = MG_DNS_LOST;
	if (status == ARES_SUCCESS && octets != NULL && length > 0 && !sending->is_forgotten)
		sending->how = sending_read(sending, octets, (gsize)length);
	sending->link.data = sending;
	g_queue_push_tail_link(&sending->carrier->ended, &sending->link);
}

/* ---- channels ---- */

typedef struct watched {
	channel  *by;      /* borrowed */
	int       fd;      /* borrowed from c-ares */
	mg_watch *watch;   /* owned */
} watched;

static void
watched_free(gpointer data)
{
	watched *one = data;

	mg_watch_free(one->watch);
	g_free(one);
}

static void
socket_ready(void *context, guint32 events)
{
	const watched *one = context;
	mg_dns_carrier *carrier = one->by->carrier;
	gboolean is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
	int fd = one->fd;   /* @one may go meanwhile */

	ares_process_fd(one->by->ares, is_broken || (events & EPOLLIN) ? fd : ARES_SOCKET_BAD,
	                is_broken || (events & EPOLLOUT) ? fd : ARES_SOCKET_BAD);
	carrier_tell_all(carrier);
}

/* c-ares opens a socket, wants other events of it, or is about to close it. */
static void
channel_socket_changed(void *context, ares_socket_t fd, int is_readable, int is_writable)
{
	channel *by = context;
	guint32 events = (is_readable ? EPOLLIN : 0u) | (is_writable ? EPOLLOUT : 0u);
	watched *one = g_hash_table_lookup(by->watches, GINT_TO_POINTER(fd));

	if (events == 0) {
		g_hash_table_remove(by->watches, GINT_TO_POINTER(fd));
		return;
	}
	if (one != NULL) {
		mg_watch_set_events(one->watch, events);
		return;
	}
	one = g_new0(watched, 1);
	one->by = by;
	one->fd = fd;
	one->watch = mg_loop_watch(by->carrier->loop, fd, events, socket_ready, one);
	if (one->watch == NULL)   /* then nothing comes, and who asks runs out of time */
		g_free(one);
	else
		g_hash_table_insert(by->watches, GINT_TO_POINTER(fd), one);
}

/* A sending whose channel goes is ended by c-ares, as lost. */
static void
channel_free(gpointer data)
{
	channel *by = data;

	if (by == NULL)
		return;
	if (by->ares != NULL)
		ares_destroy(by->ares);
	g_hash_table_unref(by->watches);
	g_free(by);
}

/* All that c-ares would else read from the environment and the system's files is said here. ares_library_init has a
 * meaning on other systems than ours only, and a counter without a lock. */
static int
channel_init(channel *by, gboolean by_tcp)
{
	const mg_dns_carrier *carrier = by->carrier;
	struct in_addr none = { 0 };
	struct ares_options options = { 0 };
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS
	           | ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF | ARES_OPT_EDNSPSZ
	           | ARES_OPT_NOROTATE;
	char dns_only[] = "b";   /* copied */
	int version;

	ares_version(&version);
	/* Without the EDNS flag 1.18.1 takes what is over 512 octets as truncated. IGNTC: the step to TCP is ours. */
	options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC | ARES_FLAG_EDNS;
	options.flags |= by_tcp ? ARES_FLAG_USEVC : ARES_FLAG_STAYOPEN;
	options.ednspsz = UDP_RECEIVED_MAX;
	options.timeout = (int)carrier->patience_ms;
	options.tries = 1;
	if (version >= ADAPTIVE_VERSION) {
		options.timeout = (int)carrier->try_ms;
		options.tries = ADAPTIVE_TRIES;
	}
	options.ndots = 1;
	options.servers = &none;   /* the one that is meant is set below: here only IPv4 can be said, and no port */
	options.nservers = 1;
	options.lookups = dns_only;
	options.socket_receive_buffer_size = RECEIVE_BUFFER;
	options.sock_state_cb = channel_socket_changed;
	options.sock_state_cb_data = by;
#ifdef ARES_OPT_MAXTIMEOUTMS
	mask |= ARES_OPT_MAXTIMEOUTMS;
	options.maxtimeout = (int)carrier->try_ms;
#endif
#ifdef ARES_OPT_QUERY_CACHE
	mask |= ARES_OPT_QUERY_CACHE;   /* at 0 there is none: ours knows more and is bounded */
#endif
	return ares_init_options(&by->ares, &options, mask);
}

/* NULL when c-ares cannot. */
static channel *
channel_new(mg_dns_carrier *carrier, const mg_dns_server *server, gboolean by_tcp, gint64 now_us)
{
	channel *by = g_new0(channel, 1);
	char text[MG_DNS_SERVER_TEXT_MAX];

	by->carrier = carrier;
	by->made_us = now_us;
	by->is_near = mg_ip_is_loopback(&server->ip);
	by->watches = g_hash_table_new_full(NULL, NULL, NULL, watched_free);
	mg_dns_server_format(server, text);
	if (channel_init(by, by_tcp) != ARES_SUCCESS || ares_set_servers_ports_csv(by->ares, text) != ARES_SUCCESS) {
		channel_free(by);
		return NULL;
	}
	return by;
}

/* It ends when its last sending has. */
static void
channel_retire(channel **place)
{
	channel *by = *place;

	*place = NULL;
	if (by == NULL)
		return;
	g_ptr_array_add(by->carrier->retired, by);
	mg_timer_start(by->carrier->tick, 0);
}

static channel *
channel_for(mg_dns_carrier *carrier, guint server, gboolean by_tcp)
{
	channel **place = &carrier->channels[server][by_tcp];
	gint64 now_us = g_get_monotonic_time();

	if (*place != NULL && now_us - (*place)->made_us >= CHANNEL_US)
		channel_retire(place);
	if (*place == NULL)
		*place = channel_new(carrier, &carrier->servers[server], by_tcp, now_us);
	return *place;
}

/* Lets c-ares end what it has waited for in vain, and retired channels go. */
static void
carrier_tick(void *context)
{
	mg_dns_carrier *carrier = context;

	for (guint i = 0; i < carrier->n_servers * 2; i++)
		if (carrier->channels[i / 2][i % 2] != NULL)
			ares_process_fd(carrier->channels[i / 2][i % 2]->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	for (guint i = carrier->retired->len; i-- > 0; ) {
		channel *by = g_ptr_array_index(carrier->retired, i);

		if (by->n_sendings == 0)
			g_ptr_array_remove_index_fast(carrier->retired, i);
		else
			ares_process_fd(by->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	}
	if (carrier->n_sendings > 0 || carrier->retired->len > 0)
		mg_timer_start(carrier->tick, g_get_monotonic_time() + TICK_US);
	carrier_tell_all(carrier);
}

/* ---- sending ---- */

static gboolean
carrier_next_id(mg_dns_carrier *carrier, guint16 *id_out)
{
	if (carrier->n_ids == 0) {
		if (getrandom(carrier->ids, sizeof(carrier->ids), 0) != (gssize)sizeof(carrier->ids))
			return FALSE;
		carrier->n_ids = IDS_AT_ONCE;
	}
	*id_out = carrier->ids[--carrier->n_ids];
	return TRUE;
}

/* The packet goes, or has ended already: that is told from dispatch. */
static mg_dns_sending *
sending_begin(channel *by, const mg_dns_question *question, guint16 id, void *context)
{
	mg_dns_sending *sending = g_new0(mg_dns_sending, 1);
	mg_dns_carrier *carrier = by->carrier;
	guint8 packet[MG_DNS_QUERY_MAX];
	gsize length = mg_dns_wire_query(question, id, packet);

	sending->carrier = carrier;
	sending->by = by;
	sending->question = *question;
	sending->id = id;
	sending->context = context;
	sending->has_opt = !by->without_opt;
	if (!sending->has_opt) {
		length -= MG_DNS_OPT_SIZE;
		packet[11] = 0;   /* ARCOUNT */
	}
	if (carrier->n_sendings++ == 0)
		mg_timer_start(carrier->tick, g_get_monotonic_time() + TICK_US);
	by->n_sendings++;
	ares_send(by->ares, packet, (int)length, sending_ended, sending);
	if (carrier->ended.length > 0)
		mg_timer_start(carrier->tell, 0);
	return sending;
}

mg_dns_sending *
mg_dns_carrier_send(mg_dns_carrier *carrier, guint server, gboolean by_tcp, const mg_dns_question *question, void *context)
{
	channel *by;
	guint16 id;

	g_assert(server < carrier->n_servers);
	by = channel_for(carrier, server, by_tcp);
	if (by == NULL || !carrier_next_id(carrier, &id))
		return NULL;
	return sending_begin(by, question, id, context);
}

mg_dns_sending *
mg_dns_carrier_send_again(mg_dns_sending *sending)
{
	return sending_begin(sending->by, &sending->question, sending->id, sending->context);
}

void
mg_dns_carrier_forget(mg_dns_sending *sending)
{
	sending->is_forgotten = TRUE;
}

void
mg_dns_carrier_distrust(mg_dns_sending *sending)
{
	mg_dns_carrier *carrier = sending->carrier;

	for (guint i = 0; i < carrier->n_servers; i++)
		if (carrier->channels[i][1] == sending->by)
			channel_retire(&carrier->channels[i][1]);
}

guint
mg_dns_carrier_count(const mg_dns_carrier *carrier)
{
	return carrier->n_sendings;
}

/* ---- the whole ---- */

mg_dns_carrier *
mg_dns_carrier_new(mg_loop *loop, mg_dns_carrier_function function)
{
	mg_dns_carrier *carrier = g_new0(mg_dns_carrier, 1);

	carrier->loop = loop;
	carrier->function = function;
	carrier->retired = g_ptr_array_new_with_free_func(channel_free);
	carrier->tell = mg_timer_new(loop, carrier_tell, carrier);
	carrier->tick = mg_timer_new(loop, carrier_tick, carrier);
	g_queue_init(&carrier->ended);
	return carrier;
}

void
mg_dns_carrier_set_servers(mg_dns_carrier *carrier, const mg_dns_servers *servers, guint try_ms, guint patience_ms)
{
	for (guint i = 0; i < carrier->n_servers; i++) {
		channel_retire(&carrier->channels[i][0]);
		channel_retire(&carrier->channels[i][1]);
	}
	carrier->n_servers = mg_dns_servers_count(servers);
	for (guint i = 0; i < carrier->n_servers; i++)
		carrier->servers[i] = *mg_dns_servers_get(servers, i);
	carrier->try_ms = try_ms;
	carrier->patience_ms = patience_ms;
}

void
mg_dns_carrier_free(mg_dns_carrier *carrier)
{
	GList *link;

	if (carrier == NULL)
		return;
	carrier->is_telling = TRUE;
	for (guint i = 0; i < carrier->n_servers; i++) {
		channel_retire(&carrier->channels[i][0]);
		channel_retire(&carrier->channels[i][1]);
	}
	/* c-ares ends every sending; the channels must stay until these are freed, for they count them. */
	for (guint i = 0; i < carrier->retired->len; i++) {
		channel *by = g_ptr_array_index(carrier->retired, i);

		ares_destroy(by->ares);
		by->ares = NULL;
	}
	while ((link = g_queue_pop_head_link(&carrier->ended)) != NULL)
		sending_free(link->data);
	g_ptr_array_unref(carrier->retired);
	mg_timer_free(carrier->tell);
	mg_timer_free(carrier->tick);
	g_free(carrier);
}
