/* socket.c - see socket.h. */
#include "verify/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef union address {
	struct sockaddr     any;
	struct sockaddr_in  ipv4;
	struct sockaddr_in6 ipv6;
	struct sockaddr_un  local;
} address;

static socklen_t
address_of_ip(const mg_ip *ip, guint16 port, address *out)
{
	guint8 octets[16];

	mg_ip_to_octets(ip, octets);
	if (mg_ip_is_ipv4(ip)) {
		out->ipv4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&out->ipv4.sin_addr, octets + 12, 4);
		return sizeof(out->ipv4);
	}
	out->ipv6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	memcpy(&out->ipv6.sin6_addr, octets, 16);
	return sizeof(out->ipv6);
}

/* 0: the path is too long. */
static socklen_t
address_of_path(const char *path, address *out)
{
	out->local = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (g_strlcpy(out->local.sun_path, path, sizeof(out->local.sun_path)) >= sizeof(out->local.sun_path))
		return 0;
	return sizeof(out->local);
}

/* What TCP has besides. FALSE: the source address is not ours. */
static gboolean
prepare_tcp(int fd, const mg_backend *backend)
{
	address source;
	socklen_t length;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (!backend->has_source)
		return TRUE;
	length = address_of_ip(&backend->source, 0, &source);
	return bind(fd, &source.any, length) == 0;
}

int
mg_socket_connect(const mg_backend *backend, const mg_endpoint *endpoint, const mg_ip *ip)
{
	address to;
	socklen_t length = ip != NULL ? address_of_ip(ip, endpoint->port, &to) : address_of_path(endpoint->path, &to);
	int error, fd;

	if (length == 0) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if ((ip == NULL || prepare_tcp(fd, backend)) && (connect(fd, &to.any, length) == 0 || errno == EINPROGRESS))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
mg_socket_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

const char *
mg_socket_problem(int error)
{
	switch (error) {
	case ECONNREFUSED:
	case ENOENT:
		return "refused";
	case ECONNRESET:
		return "reset";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "unreachable";
	case EMFILE:
	case ENFILE:
		return "no-descriptors";
	default:
		return "connect";
	}
}
