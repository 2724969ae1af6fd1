// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/clock.h"
#include "serve/serve_notify.h"

static struct {
	int fd; /* 0: systemd expects no messages */
	uint64_t every_ns; /* 0: no watchdog */
	uint64_t told_ns;
} notify;

/* '@' begins the name of an abstract socket: Linux has a NUL in its place. */
static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(name);
	int fd;

	if (length >= sizeof(address.sun_path))
		return 0;
	memcpy(address.sun_path, name, length);
	if (*name == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	if (!connect(fd, (struct sockaddr *)&address,
		     offsetof(struct sockaddr_un, sun_path) + length))
		return fd;
	close(fd);
	return 0;
}

void serve_notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");
	const char *pid = getenv("WATCHDOG_PID");
	const char *us = getenv("WATCHDOG_USEC");

	if (name && (*name == '/' || *name == '@'))
		notify.fd = connect_to(name);
	/* Report twice as often as the watchdog requires. */
	if (us && (!pid || strtol(pid, NULL, 10) == getpid()))
		notify.every_ns = strtoull(us, NULL, 10) * 1000 / 2;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
}

static void tell(const char *state)
{
	if (notify.fd)
		send(notify.fd, state, strlen(state), MSG_NOSIGNAL);
}

void serve_notify_ready(void)
{
	tell("READY=1");
}

void serve_notify_alive(void)
{
	uint64_t now = clock_now_ns();

	if (!notify.every_ns || now < notify.told_ns + notify.every_ns)
		return;
	notify.told_ns = now;
	tell("WATCHDOG=1");
}

void serve_notify_stopping(void)
{
	tell("STOPPING=1");
}
