/* spf2.c - see spf2.h. libspf2 1.2. */
#include "spf2.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <spf2/spf.h>
#include <spf2/spf_dns_zone.h>

#include "bench.h"
#include "gmail_zone.h"

#define MESSAGE_MAX 1232
#define ANSWER_S    5      /* to wait for one */

struct spf2 {
	SPF_dns_server_t *dns;      /* owned */
	SPF_server_t     *server;   /* owned */
};

static spf2 *
spf2_new(SPF_dns_server_t *dns)
{
	spf2 *peer = calloc(1, sizeof(*peer));

	if (peer == NULL || dns == NULL)
		die("no libspf2");
	peer->dns = dns;
	peer->server = SPF_server_new_dns(dns, 0);
	if (peer->server == NULL || SPF_server_set_rec_dom(peer->server, "mx.example.net") != SPF_E_SUCCESS)
		die("no libspf2");
	return peer;
}

spf2 *
spf2_over_zone(const char *domain)
{
	SPF_dns_server_t *dns = SPF_dns_zone_new(NULL, "zone", 0);
	char name[ZONE_NAME_MAX], text[ZONE_TEXT_MAX];

	for (unsigned i = 0; i < ZONE_RECORDS; i++) {
		zone_name(i, domain, name);
		zone_text(i, domain, text);
		if (dns == NULL || SPF_dns_zone_add_str(dns, name, ns_t_txt, NETDB_SUCCESS, text) != SPF_E_SUCCESS)
			die("no libspf2");
	}
	return spf2_new(dns);
}

/* ---- DNS by UDP ---- */

typedef struct udp_layer {
	SPF_dns_server_t base;   /* first: libspf2 knows only this part */
	int              fd;     /* owned; connected */
} udp_layer;

static void
udp_free(SPF_dns_server_t *dns)
{
	udp_layer *layer = (udp_layer *)dns;

	close(layer->fd);
	free(layer);
}

/* Asks and waits. Returns the length of what came, or -1. */
static ssize_t
udp_ask(const udp_layer *layer, const char *domain, ns_type type, unsigned char message[MESSAGE_MAX])
{
	unsigned char query[NS_HFIXEDSZ + NS_MAXCDNAME + NS_QFIXEDSZ] = { [2] = 1 /* RD */, [5] = 1 /* QDCOUNT */ };
	unsigned char *name = query + NS_HFIXEDSZ;
	ssize_t length;

	if (getrandom(query, 2, 0) != 2 || ns_name_pton(domain, name, NS_MAXCDNAME) < 0)
		return -1;
	length = NS_HFIXEDSZ;
	while (query[length] != 0)
		length += 1 + query[length];
	ns_put16(type, query + length + 1);
	ns_put16(ns_c_in, query + length + 3);
	if (send(layer->fd, query, (size_t)length + 1 + NS_QFIXEDSZ, 0) < 0)
		return -1;
	do
		length = recv(layer->fd, message, MESSAGE_MAX, 0);
	while (length >= 2 && memcmp(message, query, 2) != 0);   /* of an earlier question */
	return length;
}

/* The strings of a TXT record, joined, as the answer's record @index. */
static void
udp_take_text(SPF_dns_rr_t *answer, int index, const ns_rr *record)
{
	const unsigned char *at = ns_rr_rdata(*record), *end = at + ns_rr_rdlen(*record);
	char *text;

	if (SPF_dns_rr_buf_realloc(answer, index, ns_rr_rdlen(*record) + 1u) != SPF_E_SUCCESS)
		die("no memory");
	text = answer->rr[index]->txt;
	for (; at < end && at + 1 + *at <= end; at += 1 + *at) {
		memcpy(text, at + 1, *at);
		text += *at;
	}
	*text = 0;
}

static SPF_dns_rr_t *
udp_lookup(SPF_dns_server_t *dns, const char *domain, ns_type type, int should_cache)
{
	unsigned char octets[MESSAGE_MAX];
	ssize_t length = udp_ask((const udp_layer *)dns, domain, type, octets);
	SPF_dns_rr_t *answer = SPF_dns_rr_new_init(dns, domain, type, 0, NETDB_SUCCESS);
	ns_msg message;
	ns_rr record;

	(void)should_cache;
	if (answer == NULL)
		die("no memory");
	if (length < 0 || ns_initparse(octets, (int)length, &message) != 0) {
		answer->herrno = TRY_AGAIN;
		return answer;
	}
	for (int i = 0; type == ns_t_txt && i < ns_msg_count(message, ns_s_an); i++)
		if (ns_parserr(&message, ns_s_an, i, &record) == 0 && ns_rr_type(record) == ns_t_txt)
			udp_take_text(answer, answer->num_rr++, &record);
	if (answer->num_rr == 0)
		answer->herrno = NO_DATA;
	return answer;
}

spf2 *
spf2_over_udp(uint16_t port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port),
	};
	struct timeval patience = { .tv_sec = ANSWER_S };
	udp_layer *layer = calloc(1, sizeof(*layer));

	if (layer == NULL)
		die("no memory");
	layer->base = (SPF_dns_server_t){ .destroy = udp_free, .lookup = udp_lookup, .name = "udp" };
	layer->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (layer->fd < 0 || connect(layer->fd, (struct sockaddr *)&address, sizeof(address)) != 0
	    || setsockopt(layer->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0)
		die("no socket");
	return spf2_new(&layer->base);
}

/* ---- a check ---- */

void
spf2_check(const spf2 *peer, const char *domain)
{
	SPF_request_t *request = SPF_request_new(peer->server);
	SPF_response_t *response = NULL;
	char sender[ZONE_NAME_MAX + 8];

	snprintf(sender, sizeof(sender), "sender@%s", domain);
	if (request == NULL || SPF_request_set_ipv4_str(request, ZONE_CLIENT) != SPF_E_SUCCESS
	    || SPF_request_set_helo_dom(request, "host.example.org") != SPF_E_SUCCESS
	    || SPF_request_set_env_from(request, sender) != 0
	    || SPF_request_query_mailfrom(request, &response) != SPF_E_SUCCESS
	    || SPF_response_result(response) != SPF_RESULT_PASS)
		die("libspf2 did not say pass");
	SPF_response_free(response);
	SPF_request_free(request);
}

void
spf2_free(spf2 *peer)
{
	SPF_server_free(peer->server);
	SPF_dns_free(peer->dns);
	free(peer);
}
