// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "lib/clock.h"
#include "serve/serve_http.h"

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
/* Clients whose answer is this old may be cut off for others. */
#define PATIENCE_NS NS_PER_S
/* How often it is looked whether there is a place again. */
#define FULL_MS 50
/* The most that a client may ask for of our patience. */
#define TIMEOUT_MAX 60
#define TIMEOUT_HEADER "X-Prometheus-Scrape-Timeout-Seconds"

struct client {
	struct MHD_Connection *connection; /* NULL: there is none */
	int fd;
	bool asked; /* its request was understood, and is answered */
	uint64_t since_ns; /* connected, or asked */
	uint64_t deadline_ns;
};

/* The metrics as they were made last, for whoever asks just now. */
struct copy {
	struct MHD_Response *plain, *gzip; /* NULL: not made */
	struct serve_body body; /* @plain's */
	uint64_t made_ns;
};

struct serve {
	struct serve_options options;
	struct MHD_Daemon *daemon;
	int epoll;
	struct client client[SERVE_CLIENTS];
	size_t nr_clients;
	struct copy copy[SERVE_FORMATS];
	struct why said; /* by libmicrohttpd */
};

static const char *const types[SERVE_FORMATS] = {
	[SERVE_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	[SERVE_OPENMETRICS] =
		"application/openmetrics-text; version=1.0.0; charset=utf-8",
};

static const char index_page[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\"><head><meta charset=\"utf-8\"><title>exitledger</title></head>\n"
	"<body><h1>exitledger</h1><p>The VM exits of this host's guests: "
	"<a href=\"/metrics\">metrics</a></p></body></html>\n";

/* --- answers --- */

/* One answer for each connection: whoever scrapes comes back in many seconds. */
static void add_headers(struct MHD_Response *response, const char *type)
{
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(response, MHD_HTTP_HEADER_VARY,
				"Accept, Accept-Encoding");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
}

static enum MHD_Result answer_text(struct MHD_Connection *connection,
				   unsigned int status, const char *text,
				   const char *type, const char *header,
				   const char *value)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result r;

	if (!response)
		return MHD_NO;
	add_headers(response, type);
	if (header)
		MHD_add_response_header(response, header, value);
	r = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return r;
}

static enum MHD_Result refuse(struct MHD_Connection *connection,
			      unsigned int status, const char *text)
{
	return answer_text(connection, status, text,
			   "text/plain; charset=utf-8", NULL, NULL);
}

/* --- the metrics --- */

/* Connections that are being answered keep what they need of it. */
static void drop_copy(struct copy *copy)
{
	if (copy->plain)
		MHD_destroy_response(copy->plain);
	if (copy->gzip)
		MHD_destroy_response(copy->gzip);
	memset(copy, 0, sizeof(*copy));
}

static struct MHD_Response *response_of(struct serve_body *body,
					enum serve_format format)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		body->length, body->s, MHD_RESPMEM_MUST_FREE);

	if (!response) {
		free(body->s);
		return NULL;
	}
	add_headers(response, types[format]);
	return response;
}

static int make_copy(struct serve *serve, enum serve_format format)
{
	struct copy *copy = &serve->copy[format];
	uint64_t now = clock_now_ns();
	int r;

	if (copy->plain && now < copy->made_ns + SERVE_FRESH_NS)
		return 0;
	drop_copy(copy);
	r = serve->options.make(serve->options.context, format, &copy->body);
	if (!r)
		copy->plain = response_of(&copy->body, format);
	copy->made_ns = clock_now_ns();
	return r ? r : copy->plain ? 0 : -ENOMEM;
}

static int make_gzip(struct copy *copy, enum serve_format format)
{
	struct serve_body packed;
	int r;

	if (copy->gzip)
		return 0;
	r = serve_gzip(&copy->body, &packed);
	if (r)
		return r;
	copy->gzip = response_of(&packed, format);
	if (!copy->gzip)
		return -ENOMEM;
	MHD_add_response_header(copy->gzip, MHD_HTTP_HEADER_CONTENT_ENCODING,
				"gzip");
	return 0;
}

static const char *header_of(struct MHD_Connection *connection,
			     const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result answer_metrics(struct serve *serve,
				      struct MHD_Connection *connection)
{
	enum serve_format format = serve_accept_format(
		header_of(connection, MHD_HTTP_HEADER_ACCEPT));
	bool gzip = serve_accept_gzip(
		header_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING));
	struct copy *copy = &serve->copy[format];
	int r = make_copy(serve, format);

	if (!r && gzip)
		r = make_gzip(copy, format);
	if (r)
		return refuse(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "the metrics cannot be made\n");
	return MHD_queue_response(connection, MHD_HTTP_OK,
				  gzip ? copy->gzip : copy->plain);
}

/* --- requests --- */

/* Who is waited for longer than that may be answered more slowly. */
static uint64_t patience_of(struct MHD_Connection *connection)
{
	const char *timeout = header_of(connection, TIMEOUT_HEADER);
	double seconds = timeout ? strtod(timeout, NULL) : 0;

	if (!(seconds > 0))
		return SERVE_IO_NS;
	return seconds < TIMEOUT_MAX ? seconds * NS_PER_S :
				       TIMEOUT_MAX * NS_PER_S;
}

static struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *context,
				  struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *size, void **request)
{
	struct serve *serve = context;
	struct client *client = client_of(connection);

	(void)version, (void)data, (void)size, (void)request;
	if (client) {
		client->asked = true;
		client->since_ns = clock_now_ns();
		client->deadline_ns =
			client->since_ns + patience_of(connection);
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				   "GET and HEAD alone\n", "text/plain",
				   MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (!strcmp(url, "/-/healthy"))
		return refuse(connection, MHD_HTTP_OK, "ok\n");
	if (serve->options.permits &&
	    !serve->options.permits(serve->options.context,
				    header_of(connection,
					      MHD_HTTP_HEADER_AUTHORIZATION)))
		return answer_text(connection, MHD_HTTP_UNAUTHORIZED,
				   "a user and a password are needed\n",
				   "text/plain",
				   MHD_HTTP_HEADER_WWW_AUTHENTICATE,
				   "Basic realm=\"exitledger\"");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(serve, connection);
	if (!strcmp(url, "/"))
		return answer_text(connection, MHD_HTTP_OK, index_page,
				   "text/html; charset=utf-8", NULL, NULL);
	return refuse(connection, MHD_HTTP_NOT_FOUND,
		      "there is /metrics and /-/healthy\n");
}

/* --- connections --- */

static void on_connection(void *context, struct MHD_Connection *connection,
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

/* libmicrohttpd sees that it is closed, and forgets it. */
static void cut(const struct client *client)
{
	shutdown(client->fd, SHUT_RDWR);
}

/*
 * Is a client the better one to be cut off?  Those who have not asked yet, and
 * of these the one that has been silent for longest.
 */
static bool is_idler(const struct client *a, const struct client *b)
{
	if (a->asked != b->asked)
		return b->asked;
	return a->since_ns < b->since_ns;
}

/*
 * The client who makes room for another one, or NULL.  Whoever connects and
 * asks nothing, or does not read the answer, does so at once or soon; so none
 * of them keeps out who scrapes.
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

static bool has_place(const struct serve *serve)
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

static void accept_from(struct serve *serve, int socket)
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
		/* It closes what it does not take. */
		MHD_add_connection(serve->daemon, fd,
				   (struct sockaddr *)&address, length);
		/* Its request is mostly there already: then it is no idler. */
		MHD_run(serve->daemon);
	}
}

static void end_late_ones(struct serve *serve, uint64_t now)
{
	for (size_t i = 0; i < SERVE_CLIENTS; i++) {
		const struct client *client = &serve->client[i];

		if (client->connection && now >= client->deadline_ns)
			cut(client);
	}
	for (size_t i = 0; i < SERVE_FORMATS; i++) {
		if (now >= serve->copy[i].made_ns + SERVE_FRESH_NS)
			drop_copy(&serve->copy[i]);
	}
}

/* libmicrohttpd may have something to do by then, or at once. */
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
	struct pollfd ready[SERVE_SOCKETS + 1];
	const bool place = has_place(serve);

	/* Else whoever waits to be let in would wake us again and again. */
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
			accept_from(serve, sockets->fd[i]);
	}
	end_late_ones(serve, clock_now_ns());
	return MHD_run(serve->daemon) == MHD_YES ? 0 : -EIO;
}

/* --- begin and end --- */

__attribute__((format(printf, 2, 0))) static void
on_message(void *context, const char *format, va_list args)
{
	struct serve *serve = context;

	vsnprintf(serve->said.text, sizeof(serve->said.text), format, args);
	serve->said.text[strcspn(serve->said.text, "\n")] = '\0';
}

static struct MHD_Daemon *start(struct serve *serve)
{
	const struct serve_tls *tls = serve->options.tls;
	struct MHD_OptionItem more[4] = { { MHD_OPTION_END, 0, NULL } };
	size_t nr = 0;

	if (tls) {
		more[nr++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
						      0, tls->certificate };
		more[nr++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY,
						      0, tls->key };
		if (tls->priorities)
			more[nr++] = (struct MHD_OptionItem){
				MHD_OPTION_HTTPS_PRIORITIES, 0,
				(void *)tls->priorities
			};
		more[nr] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	}
	return MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG |
			(tls ? MHD_USE_TLS : 0),
		0, NULL, NULL, on_request, serve, /* this must be first: */
		MHD_OPTION_EXTERNAL_LOGGER, on_message, serve,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, serve,
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
	for (size_t i = 0; i < SERVE_FORMATS; i++)
		drop_copy(&serve->copy[i]);
	free(serve);
}
