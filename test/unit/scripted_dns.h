/* scripted_dns.h - a DNS server for tests, on loopback, in the same thread: it plays what a row tells it to.
 * UDP and TCP on one port that the system chooses. A script is a function that is called for each query and sends what it
 * likes, at once or later. dns_run() waits for the engine's loop and for the server together. A stage is all of it:
 * a loop, servers, and a resolver that asks them. */
#ifndef MG_TEST_SCRIPTED_DNS_H
#define MG_TEST_SCRIPTED_DNS_H

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "dns/resolver.h"
#include "dns/wire.h"
#include "support.h"

#define DNS_CONNECTIONS 16

typedef struct dns_server dns_server;

typedef struct dns_query {
	dns_server        *server;
	const guint8      *octets;
	gsize              length;
	guint              number;      /* from 0: how many came this way before */
	int                fd;          /* of the connection; -1: UDP */
	struct sockaddr_in from;
} dns_query;

typedef void (*dns_script)(const dns_query *query);

typedef struct dns_later {
	gint64             at_us;
	int                fd;          /* of TCP; -1: UDP */
	struct sockaddr_in to;
	GByteArray        *octets;      /* owned */
} dns_later;

struct dns_server {
	dns_script udp, tcp;            /* NULL: silent; a NULL tcp takes the connection and says nothing */
	const void *data;               /* borrowed; the scripts' own */
	int        udp_fd, listen_fd;
	int        connections[DNS_CONNECTIONS];
	GByteArray *received[DNS_CONNECTIONS];
	guint      n_connections;
	guint16    port;
	guint      n_udp, n_tcp;
	GArray    *later;               /* dns_later */
};

/* ---- messages ---- */

static inline void
put16(GByteArray *out, guint number)
{
	guint8 octets[2] = { (guint8)(number >> 8), (guint8)number };

	g_byte_array_append(out, octets, 2);
}

static inline void
put32(GByteArray *out, guint32 number)
{
	put16(out, number >> 16);
	put16(out, number & 0xffff);
}

/* In labels, without compression. */
static inline void
put_name(GByteArray *out, const char *text)
{
	mg_dns_name name = { 1, { 0 } };

	if (text[0] != 0)
		g_assert_true(mg_dns_name_from_text(text, strlen(text), &name));
	g_byte_array_append(out, name.octets, name.length);
}

/* Octets of the query's header and question. */
static inline gsize
question_end(const dns_query *query)
{
	gsize at = 12;

	while (at < query->length && query->octets[at] != 0)
		at += 1u + query->octets[at];
	return at + 5;
}

static inline mg_dns_question
question_asked(const dns_query *query)
{
	gsize end = question_end(query), length = MIN(end - 4 - 12, MG_DNS_NAME_MAX);
	mg_dns_question question = { .type = query->octets[end - 4] << 8 | query->octets[end - 3] };

	question.name.length = (guint8)length;
	memcpy(question.name.octets, query->octets + 12, length);
	return question;
}

/* Octets of a reply that the asker can take: as its OPT record says, which is all that follows a question. */
static inline gsize
reply_max(const dns_query *query)
{
	gsize opt = question_end(query);

	if (query->fd >= 0)
		return G_MAXUINT16;
	return opt + MG_DNS_OPT_SIZE > query->length ? 512 : (gsize)query->octets[opt + 3] << 8 | query->octets[opt + 4];
}

/* The query's id and question, nothing else yet. @flags: of the header, QR and RA and RD besides. */
static inline GByteArray *
reply_new(const dns_query *query, guint flags)
{
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, query->octets, 2);
	put16(out, 0x8180 | flags);
	put16(out, 1);
	put16(out, 0);
	put32(out, 0);
	g_byte_array_append(out, query->octets + 12, (guint)(question_end(query) - 12));
	return out;
}

/* @section: 0 answer, 1 authority, 2 additional. @owner NULL: a pointer to the question's name. Data follows. */
static inline void
put_record(GByteArray *out, guint section, const char *owner, guint type, guint32 ttl_s, guint length)
{
	guint8 *count = out->data + 6 + 2 * section;
	guint number = ((guint)count[0] << 8 | count[1]) + 1;

	count[0] = (guint8)(number >> 8);
	count[1] = (guint8)number;
	if (owner == NULL)
		put16(out, 0xc00c);
	else
		put_name(out, owner);
	put16(out, type);
	put16(out, 1);
	put32(out, ttl_s);
	put16(out, length);
}

static inline void
put_a(GByteArray *out, const char *owner, guint32 ttl_s, guint last_octet)
{
	put_record(out, 0, owner, MG_DNS_A, ttl_s, 4);
	put32(out, 0xc0000200u | last_octet);   /* 192.0.2.x */
}

static inline void
put_alias(GByteArray *out, const char *owner, const char *target)
{
	put_record(out, 0, owner, MG_DNS_CNAME, 300, (guint)strlen(target) + 2);
	put_name(out, target);
}

static inline void
put_text(GByteArray *out, const char *owner, const void *text, guint length)
{
	guint8 octet = (guint8)length;

	put_record(out, 0, owner, MG_DNS_TXT, 300, length + 1);
	g_byte_array_append(out, &octet, 1);
	g_byte_array_append(out, text, length);
}

/* As a zone's servers say that there is nothing. */
static inline void
put_soa(GByteArray *out, const char *zone, guint32 ttl_s, guint32 minimum_s)
{
	put_record(out, 1, zone, MG_DNS_SOA, ttl_s, 22);
	put_name(out, "");
	put_name(out, "");
	for (guint i = 0; i < 4; i++)
		put32(out, 1);
	put32(out, minimum_s);
}

/* ---- sending ---- */

static inline void
dns_deliver(dns_server *server, const dns_later *due)
{
	if (due->fd >= 0) {
		gssize sent = send(due->fd, due->octets->data, due->octets->len, MSG_NOSIGNAL);

		(void)sent;
	} else
		sendto(server->udp_fd, due->octets->data, due->octets->len, 0, (const struct sockaddr *)&due->to,
		       sizeof(due->to));
}

/* Takes @octets, which go as they are. */
static inline void
send_raw(const dns_query *query, GByteArray *octets, guint delay_ms)
{
	dns_later one = { g_get_monotonic_time() + delay_ms * 1000, query->fd, query->from, octets };

	if (delay_ms > 0) {
		g_array_append_val(query->server->later, one);
		return;
	}
	dns_deliver(query->server, &one);
	g_byte_array_unref(octets);
}

/* Takes @message; with its length before it on TCP. */
static inline void
send_reply(const dns_query *query, GByteArray *message, guint delay_ms)
{
	if (query->fd >= 0) {
		guint8 length[2] = { (guint8)(message->len >> 8), (guint8)message->len };

		g_byte_array_prepend(message, length, 2);
	}
	send_raw(query, message, delay_ms);
}

/* ---- the server ---- */

static inline void
dns_server_begin_at(dns_server *server, struct in_addr ip, dns_script udp, dns_script tcp)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = ip };
	int more = 1 << 20;

	*server = (dns_server){ .udp = udp, .tcp = tcp, .later = g_array_new(FALSE, FALSE, sizeof(dns_later)) };
	for (guint n_left = 100; ; n_left--) {
		socklen_t length = sizeof(address);

		address.sin_port = 0;
		server->udp_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		g_assert_cmpint(bind(server->udp_fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
		g_assert_cmpint(getsockname(server->udp_fd, (struct sockaddr *)&address, &length), ==, 0);
		if (bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)) == 0
		    && listen(server->listen_fd, 64) == 0)
			break;
		close(server->udp_fd);
		close(server->listen_fd);
		g_assert_cmpuint(n_left, >, 0);
	}
	setsockopt(server->udp_fd, SOL_SOCKET, SO_RCVBUF, &more, sizeof(more));
	server->port = ntohs(address.sin_port);
}

static inline void
dns_server_begin(dns_server *server, dns_script udp, dns_script tcp)
{
	dns_server_begin_at(server, (struct in_addr){ htonl(INADDR_LOOPBACK) }, udp, tcp);
}

static inline void
dns_server_close_tcp(dns_server *server)
{
	close(server->listen_fd);
	server->listen_fd = -1;
}

static inline void
dns_server_end(dns_server *server)
{
	for (guint i = 0; i < server->n_connections; i++) {
		if (server->connections[i] >= 0)
			close(server->connections[i]);
		g_byte_array_unref(server->received[i]);
	}
	for (guint i = 0; i < server->later->len; i++)
		g_byte_array_unref(g_array_index(server->later, dns_later, i).octets);
	g_array_unref(server->later);
	if (server->udp_fd >= 0)
		close(server->udp_fd);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
}

/* A port where nobody listens: taken and given back. */
static inline guint16
dns_closed_port(void)
{
	dns_server server;

	dns_server_begin(&server, NULL, NULL);
	dns_server_end(&server);
	return server.port;
}

static inline void
dns_server_read_udp(dns_server *server)
{
	guint8 octets[1024];
	dns_query query = { .server = server, .octets = octets, .fd = -1 };
	socklen_t from_length = sizeof(query.from);
	gssize length;

	while ((length = recvfrom(server->udp_fd, octets, sizeof(octets), 0, (struct sockaddr *)&query.from, &from_length))
	       > 0) {
		query.length = (gsize)length;
		query.number = server->n_udp++;
		if (server->udp != NULL)
			server->udp(&query);
	}
}

static inline void
dns_server_read_tcp(dns_server *server, guint i)
{
	GByteArray *received = server->received[i];
	guint8 octets[1024];
	gssize length = recv(server->connections[i], octets, sizeof(octets), 0);

	if (length <= 0) {
		if (length == 0 || errno != EAGAIN) {
			for (guint k = server->later->len; k-- > 0; )
				if (g_array_index(server->later, dns_later, k).fd == server->connections[i]) {
					g_byte_array_unref(g_array_index(server->later, dns_later, k).octets);
					g_array_remove_index(server->later, k);
				}
			close(server->connections[i]);
			server->connections[i] = -1;
		}
		return;
	}
	g_byte_array_append(received, octets, (guint)length);
	while (received->len >= 2 && received->len - 2 >= ((guint)received->data[0] << 8 | received->data[1])) {
		guint message = (guint)received->data[0] << 8 | received->data[1];
		dns_query query = { server, received->data + 2, message, server->n_tcp++, server->connections[i], { 0 } };

		if (server->tcp != NULL)
			server->tcp(&query);
		g_byte_array_remove_range(received, 0, message + 2);
	}
}

static inline void
dns_server_work(dns_server *server)
{
	gint64 now_us = g_get_monotonic_time();
	int fd;

	while (server->listen_fd >= 0 && server->n_connections < DNS_CONNECTIONS
	       && (fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		server->received[server->n_connections] = g_byte_array_new();
		server->connections[server->n_connections++] = fd;
	}
	dns_server_read_udp(server);
	for (guint i = 0; i < server->n_connections; i++)
		if (server->connections[i] >= 0)
			dns_server_read_tcp(server, i);
	for (guint i = 0; i < server->later->len; ) {
		dns_later due = g_array_index(server->later, dns_later, i);

		if (due.at_us > now_us) {
			i++;
			continue;
		}
		g_array_remove_index(server->later, i);
		dns_deliver(server, &due);
		g_byte_array_unref(due.octets);
	}
}

/* Both sides work until *@done is not zero, or @most_ms are over. FALSE if they are. */
static inline gboolean
dns_run(mg_loop *loop, dns_server *servers, guint n_servers, const guint *done, guint most_ms)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)most_ms * 1000;

	while (*done == 0) {
		struct pollfd fd = { mg_loop_fd(loop), POLLIN, 0 };

		if (g_get_monotonic_time() > until_us)
			return FALSE;
		poll(&fd, 1, 1);   /* the server's side looks around each millisecond */
		for (guint i = 0; i < n_servers; i++)
			dns_server_work(&servers[i]);
		mg_loop_dispatch(loop);
	}
	return TRUE;
}

/* ---- servers and their resolver ---- */

static inline guint
count_descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	guint n = 0;

	while (readdir(all) != NULL)
		n++;
	closedir(all);
	return n;
}

typedef struct stage {
	mg_loop             *loop;
	mg_resolver         *resolver;
	dns_server           servers[2];
	guint                n_servers;
	guint                n_descriptors;
	mg_resolver_settings settings;
	char                *list;
} stage;

/* One server. @settings: but for the servers. */
static inline void
stage_begin_with(stage *set, const mg_log *log, const mg_resolver_settings *settings, dns_script udp, dns_script tcp)
{
	char *why = NULL;

	*set = (stage){ .n_descriptors = count_descriptors(), .n_servers = 1, .settings = *settings };
	set->loop = mg_loop_new();
	dns_server_begin(&set->servers[0], udp, tcp);
	set->list = g_strdup_printf("127.0.0.1:%u", set->servers[0].port);
	set->settings.servers = set->list;
	set->resolver = mg_resolver_new(set->loop, log, &set->settings, &why);
	g_assert_cmpstr(why, ==, NULL);
	g_assert_nonnull(set->resolver);
}

static inline void
stage_end(stage *set)
{
	mg_resolver_free(set->resolver);
	for (guint i = 0; i < set->n_servers; i++)
		dns_server_end(&set->servers[i]);
	mg_loop_free(set->loop);
	g_free(set->list);
	g_assert_cmpuint(count_descriptors(), ==, set->n_descriptors);
}

static inline gboolean
stage_run(stage *set, const guint *done, guint most_ms)
{
	return dns_run(set->loop, set->servers, set->n_servers, done, most_ms);
}

#endif
