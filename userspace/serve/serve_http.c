// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "serve/serve_http_private.h"

/* While all places are taken, look for a free one this often. */
#define FULL_MS 50

/*
 * Returns how long to wait: @ms, or less if libmicrohttpd must be called
 * earlier.
 */
static int wait_of(const struct serve *serve, int ms)
{
	MHD_UNSIGNED_LONG_LONG due;

	if (MHD_get_timeout(serve->daemon, &due) == MHD_YES &&
	    due < (MHD_UNSIGNED_LONG_LONG)ms)
		return due;
	return ms;
}

int serve_run(struct serve *serve, int ms)
{
	const struct serve_sockets *sockets = serve->options.sockets;
	const bool place = serve_has_place(serve);
	struct pollfd ready[SERVE_SOCKETS + 1];
	uint64_t now;

	/* Do not poll the listening sockets while nobody can be accepted. */
	if (!place && ms > FULL_MS)
		ms = FULL_MS;
	for (size_t i = 0; i < sockets->nr; i++)
		ready[i] = (struct pollfd){ .fd = place ? sockets->fd[i] : -1,
					    .events = POLLIN };
	ready[sockets->nr] =
		(struct pollfd){ .fd = serve->epoll, .events = POLLIN };
	if (poll(ready, sockets->nr + 1, wait_of(serve, ms)) < 0)
		return errno == EINTR ? 0 : -errno;
	for (size_t i = 0; i < sockets->nr; i++) {
		if (ready[i].revents)
			serve_accept_from(serve, sockets->fd[i]);
	}
	now = clock_now_ns();
	serve_cut_late(serve, now);
	serve_drop_copies(serve, now - SERVE_FRESH_NS);
	return MHD_run(serve->daemon) == MHD_YES ? 0 : -EIO;
}

__attribute__((format(printf, 2, 0))) static void
on_message(void *context, const char *format, va_list args)
{
	struct serve *serve = context;

	vsnprintf(serve->said.text, sizeof(serve->said.text), format, args);
	serve->said.text[strcspn(serve->said.text, "\n")] = '\0';
}

static struct MHD_Daemon *start(struct serve *serve)
{
	const struct serve_web_config *web = serve->options.web;
	struct MHD_OptionItem more[SERVE_TLS_OPTIONS];

	serve_tls_options(web, more);
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
			(web && web->has_tls ? MHD_USE_TLS : 0),
		0, NULL, NULL, serve_on_request,
		serve, /* the logger goes first, to log errors of the others: */
		MHD_OPTION_EXTERNAL_LOGGER, on_message, serve,
		MHD_OPTION_NOTIFY_CONNECTION, serve_on_connection, serve,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)SERVE_CLIENTS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVE_MEMORY,
		MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, more,
		MHD_OPTION_END);
}

int serve_open(struct serve **result, const struct serve_options *options,
	       struct why *why)
{
	const union MHD_DaemonInfo *info;
	struct serve *serve = calloc(1, sizeof(*serve));

	*result = serve;
	if (!serve)
		return why_set(why, ENOMEM, "out of memory");
	serve->options = *options;
	if (options->web && options->web->nr_users) {
		serve->auth = serve_auth_new(options->web);
		if (!serve->auth)
			return why_set(why, ENOMEM, "out of memory");
	}
	serve->daemon = start(serve);
	info = serve->daemon ? MHD_get_daemon_info(serve->daemon,
						   MHD_DAEMON_INFO_EPOLL_FD) :
			       NULL;
	if (!info)
		return why_set(why, EIO, "cannot serve: %s",
			       serve->said.text[0] ? serve->said.text :
						     "libmicrohttpd failed");
	serve->epoll = info->epoll_fd;
	return 0;
}

void serve_close(struct serve *serve)
{
	if (!serve)
		return;
	if (serve->daemon)
		MHD_stop_daemon(serve->daemon);
	serve_drop_copies(serve, UINT64_MAX);
	serve_auth_free(serve->auth);
	free(serve);
}
