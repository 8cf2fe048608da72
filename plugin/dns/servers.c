/* servers.c - see servers.h. */
#include "dns/servers.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DNS_PORT       53
#define CONF_OCTETS    65536   /* of resolv.conf; what stands further on is not read */
#define SYSTEM_SERVERS 3       /* MAXNS of resolv.conf(5) */

/* What tells one version of a file from another. */
typedef struct stamp {
	gboolean        is_there;
	dev_t           device;
	ino_t           inode;
	off_t           size;
	struct timespec modified, changed;
} stamp;

struct mg_dns_servers {
	char         *resolv_conf;   /* owned; NULL: a list, which does not change */
	stamp         seen;
	gboolean      is_unread;     /* the version seen could not be read: tried again each time, told once */
	guint         n_servers;
	mg_dns_server servers[MG_DNS_SERVERS_MAX];
};

/* ---- text ---- */

static gboolean
port_parse(const char *text, guint16 *port_out)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return FALSE;
	*port_out = (guint16)port;
	return TRUE;
}

/* "192.0.2.1", "192.0.2.1:53", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:53". */
static gboolean
server_parse(const char *text, mg_dns_server *server_out)
{
	g_autofree char *address = NULL;
	const char *colon = strchr(text, ':');

	server_out->port = DNS_PORT;
	if (text[0] == '[') {
		const char *end = strchr(text, ']');

		if (end == NULL || (end[1] != 0 && end[1] != ':'))
			return FALSE;
		if (end[1] == ':' && !port_parse(end + 2, &server_out->port))
			return FALSE;
		address = g_strndup(text + 1, (gsize)(end - text - 1));
		return strchr(address, ':') != NULL && mg_ip_parse(address, &server_out->ip);
	}
	if (colon == NULL || strchr(colon + 1, ':') != NULL)
		return mg_ip_parse(text, &server_out->ip);
	address = g_strndup(text, (gsize)(colon - text));
	return port_parse(colon + 1, &server_out->port) && mg_ip_parse(address, &server_out->ip);
}

void
mg_dns_server_format(const mg_dns_server *server, char text_out[MG_DNS_SERVER_TEXT_MAX])
{
	char address[MG_IP_TEXT_MAX];

	mg_ip_format(&server->ip, address);
	g_snprintf(text_out, MG_DNS_SERVER_TEXT_MAX, mg_ip_is_ipv4(&server->ip) ? "%s:%u" : "[%s]:%u", address, server->port);
}

static gboolean
servers_from_list(mg_dns_servers *servers, const char *text, char **why_out)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \t,", -1);

	for (guint i = 0; words[i] != NULL; i++) {
		if (words[i][0] == 0)
			continue;
		if (servers->n_servers == MG_DNS_SERVERS_MAX) {
			*why_out = g_strdup_printf("more than %u DNS servers", MG_DNS_SERVERS_MAX);
			return FALSE;
		}
		if (!server_parse(words[i], &servers->servers[servers->n_servers++])) {
			*why_out = g_strdup_printf("'%.60s' is no address of a DNS server; 127.0.0.1, 127.0.0.1:53 or [::1]:53 "
			                           "was expected", words[i]);
			return FALSE;
		}
	}
	if (servers->n_servers == 0)
		*why_out = g_strdup("no DNS server is named; 'system' or addresses were expected");
	return servers->n_servers > 0;
}

/* ---- the system's ---- */

/* A nameserver line that we cannot use (a link-local address with its interface) is as good as none. */
static guint
servers_from_conf(const char *text, mg_dns_server servers_out[SYSTEM_SERVERS])
{
	g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);
	guint n_servers = 0;

	for (guint i = 0; lines[i] != NULL && n_servers < SYSTEM_SERVERS; i++) {
		static const char keyword[] = "nameserver";
		char *value = lines[i] + strlen(keyword);

		if (!g_str_has_prefix(lines[i], keyword) || (*value != ' ' && *value != '\t'))
			continue;
		value += strspn(value, " \t");
		value[strcspn(value, " \t#;")] = 0;
		if (mg_ip_parse(value, &servers_out[n_servers].ip))
			servers_out[n_servers++].port = DNS_PORT;
	}
	return n_servers;
}

/* The caller's to free; NULL if it cannot be read. */
static char *
conf_read(const char *path)
{
	g_autofree char *text = g_malloc(CONF_OCTETS + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	gsize length = 0;
	gssize n_read;

	if (fd < 0)
		return NULL;
	while ((n_read = read(fd, text + length, CONF_OCTETS - length)) > 0)
		length += (gsize)n_read;
	close(fd);
	if (n_read < 0)
		return NULL;
	text[length] = 0;
	return g_steal_pointer(&text);
}

static stamp
conf_stamp(const char *path)
{
	struct stat status;
	stamp now = { .is_there = FALSE };

	if (stat(path, &status) == 0)
		now = (stamp){ TRUE, status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim };
	return now;
}

static gboolean
time_is_equal(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static gboolean
stamp_is_equal(const stamp *a, const stamp *b)
{
	return a->is_there == b->is_there && a->device == b->device && a->inode == b->inode && a->size == b->size
	       && time_is_equal(&a->modified, &b->modified) && time_is_equal(&a->changed, &b->changed);
}

mg_dns_servers_news
mg_dns_servers_refresh(mg_dns_servers *servers)
{
	g_autofree char *text = NULL;
	mg_dns_server found[SYSTEM_SERVERS];
	guint n_found;
	gboolean was_unread;
	stamp now;

	if (servers->resolv_conf == NULL)
		return MG_DNS_SERVERS_SAME;
	now = conf_stamp(servers->resolv_conf);
	was_unread = servers->is_unread && stamp_is_equal(&now, &servers->seen);
	if (!was_unread && stamp_is_equal(&now, &servers->seen))
		return MG_DNS_SERVERS_SAME;
	servers->seen = now;   /* of before it is read: a change meanwhile is seen the next time */
	text = conf_read(servers->resolv_conf);
	servers->is_unread = text == NULL && now.is_there;
	n_found = text != NULL ? servers_from_conf(text, found) : 0;
	if (n_found == 0)
		return was_unread ? MG_DNS_SERVERS_SAME : MG_DNS_SERVERS_KEPT;
	if (n_found == servers->n_servers) {
		gboolean is_same = TRUE;

		for (guint i = 0; i < n_found; i++)
			is_same &= mg_ip_equal(&found[i].ip, &servers->servers[i].ip);
		if (is_same)
			return MG_DNS_SERVERS_SAME;
	}
	memcpy(servers->servers, found, n_found * sizeof(found[0]));
	servers->n_servers = n_found;
	return MG_DNS_SERVERS_CHANGED;
}

mg_dns_servers *
mg_dns_servers_new(const char *text, const char *resolv_conf, char **why_out)
{
	mg_dns_servers *servers = g_new0(mg_dns_servers, 1);

	if (strcmp(text, "system") == 0) {
		servers->resolv_conf = g_strdup(resolv_conf);
		servers->seen.inode = 1;   /* unlike any file's, and unlike none */
		mg_dns_servers_refresh(servers);
	} else if (!servers_from_list(servers, text, why_out)) {
		mg_dns_servers_free(servers);
		return NULL;
	}
	return servers;
}

void
mg_dns_servers_free(mg_dns_servers *servers)
{
	if (servers == NULL)
		return;
	g_free(servers->resolv_conf);
	g_free(servers);
}

guint
mg_dns_servers_count(const mg_dns_servers *servers)
{
	return servers->n_servers;
}

const mg_dns_server *
mg_dns_servers_get(const mg_dns_servers *servers, guint index)
{
	g_assert(index < servers->n_servers);
	return &servers->servers[index];
}
