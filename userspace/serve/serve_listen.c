// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/serve_listen.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define BACKLOG 128
#define UNIX "unix:"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage room;
	};
	socklen_t length;
};

/* --- addresses --- */

static bool parse_port(const char *text, in_port_t *port)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	*port = htons(number);
	return !*end && number > 0 && number < 65536;
}

static bool parse_unix(const char *path, struct address *address)
{
	if (!*path || strlen(path) >= sizeof(address->un.sun_path))
		return false;
	address->un.sun_family = AF_UNIX;
	strcpy(address->un.sun_path, path);
	address->length = sizeof(address->un);
	return true;
}

/* All addresses: bind_to() lets a socket for IPv6 accept IPv4, too. */
static void take_any(struct address *address)
{
	address->in6.sin6_family = AF_INET6;
	address->in6.sin6_addr = in6addr_any;
	address->length = sizeof(address->in6);
}

static bool parse_inet(const char *text, struct address *address)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t length = colon ? colon - text : 0;
	in_port_t port;

	if (!colon || length >= sizeof(host) || !parse_port(colon + 1, &port))
		return false;
	memcpy(host, text, length);
	host[length] = '\0';
	if (!length) {
		take_any(address);
	} else if (*host == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		address->in6.sin6_family = AF_INET6;
		address->length = sizeof(address->in6);
		if (inet_pton(AF_INET6, host + 1, &address->in6.sin6_addr) != 1)
			return false;
	} else {
		address->in.sin_family = AF_INET;
		address->length = sizeof(address->in);
		if (inet_pton(AF_INET, host, &address->in.sin_addr) != 1)
			return false;
	}
	/* IPv4's and IPv6's structs have the port at the same offset. */
	address->in.sin_port = port;
	return true;
}

static int parse(const char *text, struct address *address, struct why *why)
{
	memset(address, 0, sizeof(*address));
	if (!strncmp(text, UNIX, strlen(UNIX)) ?
		    parse_unix(text + strlen(UNIX), address) :
		    parse_inet(text, address))
		return 0;
	return why_set(
		why, EINVAL,
		"takes an address and a port, such as 127.0.0.1:19177, [::1]:19177 or :19177 for all addresses, or unix:PATH, not '%s'",
		text);
}

int serve_listen_check(const char *text, struct why *why)
{
	struct address address;

	return parse(text, &address, why);
}

struct why serve_listen_text(int fd)
{
	char host[INET6_ADDRSTRLEN] = "";
	struct address address = { .length = sizeof(address.room) };
	struct why text = { "" };

	if (getsockname(fd, &address.any, &address.length))
		return text;
	switch (address.any.sa_family) {
	case AF_UNIX:
		why_set(&text, 0, UNIX "%s", address.un.sun_path);
		break;
	case AF_INET:
		inet_ntop(AF_INET, &address.in.sin_addr, host, sizeof(host));
		why_set(&text, 0, "%s:%u", host, ntohs(address.in.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &address.in6.sin6_addr, host, sizeof(host));
		why_set(&text, 0, "[%s]:%u", host,
			ntohs(address.in6.sin6_port));
		break;
	}
	return text;
}

/* --- sockets --- */

static bool has_option(int fd, int option, int value)
{
	socklen_t length = sizeof(int);
	int is = 0;

	return !getsockopt(fd, SOL_SOCKET, option, &is, &length) && is == value;
}

int serve_listen_inherit(struct serve_sockets *sockets, struct why *why)
{
	const char *pid = getenv("LISTEN_PID"), *nr = getenv("LISTEN_FDS");
	unsigned long fds =
		pid && nr && strtoul(pid, NULL, 10) == (unsigned long)getpid() ?
			strtoul(nr, NULL, 10) :
			0;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (fds > SERVE_SOCKETS)
		return why_set(why, EINVAL,
			       "LISTEN_FDS: no more than %u sockets are taken",
			       SERVE_SOCKETS);
	for (unsigned long i = 0; i < fds; i++) {
		int fd = FIRST_FD + i;

		if (!has_option(fd, SO_TYPE, SOCK_STREAM) ||
		    !has_option(fd, SO_ACCEPTCONN, 1))
			return why_set(
				why, EINVAL,
				"LISTEN_FDS: descriptor %d is no stream socket that listens (ListenStream= makes one)",
				fd);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		sockets->fd[sockets->nr++] = fd;
	}
	return 0;
}

/* Remove the file of a UNIX socket if its process has ended. */
static void remove_stale(const struct address *address)
{
	struct stat status;
	int fd;

	if (lstat(address->un.sun_path, &status) || !S_ISSOCK(status.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &address->any, address->length) &&
	    errno == ECONNREFUSED)
		unlink(address->un.sun_path);
	if (fd >= 0)
		close(fd);
}

/* Every user may connect, as with a TCP port of this host. */
#define UNIX_MODE 0666

static int bind_to(int fd, const struct address *address)
{
	const int on = 1, off = 0;

	if (address->any.sa_family == AF_UNIX) {
		remove_stale(address);
		if (bind(fd, &address->any, address->length) ||
		    chmod(address->un.sun_path, UNIX_MODE))
			return -errno;
		return 0;
	}
	/* Allow a restart while old connections are in TIME_WAIT. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	return bind(fd, &address->any, address->length) ? -errno : 0;
}

/* On a host without IPv6, use IPv4 for "all addresses". */
static int open_socket(struct address *address)
{
	int fd = socket(address->any.sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct address v4 = { .in = { .sin_family = AF_INET,
				      .sin_port = address->in6.sin6_port },
			      .length = sizeof(v4.in) };

	if (fd >= 0 || errno != EAFNOSUPPORT ||
	    address->any.sa_family != AF_INET6 ||
	    memcmp(&address->in6.sin6_addr, &in6addr_any, sizeof(in6addr_any)))
		return fd < 0 ? -errno : fd;
	*address = v4;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

int serve_listen_bind(struct serve_sockets *sockets, const char *text,
		      struct why *why)
{
	struct address address;
	int r = parse(text, &address, why), fd;

	if (r)
		return r;
	if (sockets->nr == SERVE_SOCKETS)
		return why_set(why, EINVAL, "no more than %u addresses",
			       SERVE_SOCKETS);
	fd = open_socket(&address);
	r = fd < 0 ? fd : bind_to(fd, &address);
	if (r < 0 && fd >= 0)
		close(fd);
	if (r < 0)
		return why_set(why, -r, "cannot listen on %s: %s", text,
			       strerror(-r));
	sockets->fd[sockets->nr++] = fd;
	return 0;
}

int serve_listen_begin(struct serve_sockets *sockets, struct why *why)
{
	for (size_t i = 0; i < sockets->nr; i++) {
		/* systemd listens already, with the backlog of its unit. */
		if (has_option(sockets->fd[i], SO_ACCEPTCONN, 1))
			continue;
		if (listen(sockets->fd[i], BACKLOG))
			return why_set(why, errno, "cannot listen on %s: %s",
				       serve_listen_text(sockets->fd[i]).text,
				       strerror(errno));
	}
	return 0;
}

void serve_listen_close(struct serve_sockets *sockets)
{
	for (size_t i = 0; i < sockets->nr; i++)
		close(sockets->fd[i]);
	sockets->nr = 0;
}
