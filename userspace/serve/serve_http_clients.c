// SPDX-License-Identifier: GPL-2.0-only
/* The table of clients, their deadlines, and which to close for new ones. */
#include <sys/socket.h>

#include "lib/clock.h"
#include "serve/serve_http_private.h"

/* A client may be cut off for a new one this long after its request. */
#define PATIENCE_NS 1000000000ull

void serve_on_connection(void *context, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode code)
{
	struct serve *serve = context;
	struct client *client = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client) {
			client->connection = NULL;
			serve->nr_clients--;
		}
		return;
	}
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		client = &serve->client[i];
		if (client->connection)
			continue;
		*client = (struct client){
			.connection = connection,
			.fd = MHD_get_connection_info(
				      connection,
				      MHD_CONNECTION_INFO_CONNECTION_FD)
				      ->connect_fd,
			.since_ns = clock_now_ns(),
		};
		client->deadline_ns = client->since_ns + SERVE_IO_NS;
		*socket_context = client;
		serve->nr_clients++;
		return;
	}
}

/* Shut the socket down; libmicrohttpd notices and closes the connection. */
static void cut(const struct client *client)
{
	shutdown(client->fd, SHUT_RDWR);
}

/*
 * Should @a be cut off rather than @b?  Clients without a request go first.  If
 * both have sent one, or neither has, the one with the older @since_ns goes
 * first.
 */
static bool is_idler(const struct client *a, const struct client *b)
{
	if (a->asked != b->asked)
		return b->asked;
	return a->since_ns < b->since_ns;
}

/*
 * Find the client to cut off for a new one, or NULL.  A client that has sent no
 * request can be cut off at once.  A client that is being answered can be cut
 * off PATIENCE_NS after its request.  So neither can lock out a client that
 * scrapes.
 */
static const struct client *find_idler(const struct serve *serve)
{
	const struct client *idler = NULL;

	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		const struct client *client = &serve->client[i];

		if (client->connection && (!idler || is_idler(client, idler)))
			idler = client;
	}
	return idler && idler->asked &&
			       clock_now_ns() < idler->since_ns + PATIENCE_NS ?
		       NULL :
		       idler;
}

bool serve_has_place(const struct serve *serve)
{
	return serve->nr_clients < SERVE_CLIENTS || find_idler(serve);
}

static bool make_place(struct serve *serve)
{
	const struct client *idler;

	if (serve->nr_clients < SERVE_CLIENTS)
		return true;
	idler = find_idler(serve);
	if (idler)
		cut(idler);
	MHD_run(serve->daemon);
	return serve->nr_clients < SERVE_CLIENTS;
}

void serve_accept_from(struct serve *serve, int socket)
{
	struct sockaddr_storage address;
	socklen_t length;
	int fd;

	while (make_place(serve)) {
		length = sizeof(address);
		fd = accept4(socket, (struct sockaddr *)&address, &length,
			     SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		/* This closes the descriptor if it fails. */
		MHD_add_connection(serve->daemon, fd,
				   (struct sockaddr *)&address, length);
		/* Read the client's request, so that it is not taken for idle. */
		MHD_run(serve->daemon);
	}
}

void serve_cut_late(struct serve *serve, uint64_t now_ns)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		const struct client *client = &serve->client[i];

		if (client->connection && now_ns >= client->deadline_ns)
			cut(client);
	}
}
