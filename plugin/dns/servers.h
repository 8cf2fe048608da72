/* servers.h - which DNS servers to ask.
 * In:    "system", that is resolv.conf's nameserver lines; or a list of addresses with ports
 * Out:   up to eight addresses, in order
 * Rules: resolv.conf(5): nameserver lines only; no search list, no options. It is read again when it has changed; while
 *        it is gone, unreadable or without servers, the last good ones stay (RELIABILITY D12). */
#ifndef MG_DNS_SERVERS_H
#define MG_DNS_SERVERS_H

#include <glib.h>

#include "session/ip.h"

#define MG_DNS_SERVERS_MAX     8
#define MG_DNS_SERVER_TEXT_MAX (MG_IP_TEXT_MAX + 8)

typedef struct mg_dns_server {
	mg_ip   ip;
	guint16 port;
} mg_dns_server;

typedef struct mg_dns_servers mg_dns_servers;

/* @text: "system", or "127.0.0.1 192.0.2.1:5300 [2001:db8::1]:53", with spaces or commas between; @resolv_conf is where
 * the system's are. NULL if @text is neither; then @why_out gets a sentence that is the caller's to free. Without a
 * file there are no servers, until there is one. */
mg_dns_servers *mg_dns_servers_new(const char *text, const char *resolv_conf, char **why_out);
void mg_dns_servers_free(mg_dns_servers *servers);

guint mg_dns_servers_count(const mg_dns_servers *servers);
const mg_dns_server *mg_dns_servers_get(const mg_dns_servers *servers, guint index);

typedef enum mg_dns_servers_news {
	MG_DNS_SERVERS_SAME, MG_DNS_SERVERS_CHANGED,
	MG_DNS_SERVERS_KEPT   /* the file changed to one that names none */
} mg_dns_servers_news;

/* Looks whether the file has changed. Says KEPT once for each such change. */
mg_dns_servers_news mg_dns_servers_refresh(mg_dns_servers *servers);

/* "192.0.2.1:53", "[2001:db8::1]:53". */
void mg_dns_server_format(const mg_dns_server *server, char text_out[MG_DNS_SERVER_TEXT_MAX]);

#endif
