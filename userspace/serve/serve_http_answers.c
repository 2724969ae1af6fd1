// SPDX-License-Identifier: GPL-2.0-only
/* Answers requests. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "serve/serve_http_private.h"

#define NS_PER_S 1000000000ull
/* The longest timeout that a client may ask for, in seconds. */
#define TIMEOUT_MAX 60
#define PLAIN "text/plain; charset=utf-8"
#define TIMEOUT_HEADER "X-Prometheus-Scrape-Timeout-Seconds"

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

/* Close each connection after its answer: the next scrape is seconds away. */
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
	return answer_text(connection, status, text, PLAIN, NULL, NULL);
}

/* --- the metrics --- */

/* Drop our reference; connections that still send the answer have their own. */
static void drop_copy(struct copy *copy)
{
	if (copy->plain)
		MHD_destroy_response(copy->plain);
	if (copy->gzip)
		MHD_destroy_response(copy->gzip);
	memset(copy, 0, sizeof(*copy));
}

void serve_drop_copies(struct serve *serve, uint64_t before_ns)
{
	for (size_t i = 0; i < SERVE_FORMATS; i++) {
		if (serve->copy[i].made_ns < before_ns)
			drop_copy(&serve->copy[i]);
	}
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

/*
 * Returns the time, in ns, that the client has to read the answer: as long as
 * it asks for, or the default.
 */
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

static enum serve_permission permission_of(struct serve *serve,
					   struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	if (!serve->auth)
		return SERVE_PERMITTED;
	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	return serve_auth_check(
		serve->auth,
		header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION),
		info ? info->client_addr : NULL, clock_now_ns());
}

/* Answer a client that is permitted to read. */
static enum MHD_Result answer_reader(struct serve *serve,
				     struct MHD_Connection *connection,
				     const char *url)
{
	if (!strcmp(url, "/metrics"))
		return answer_metrics(serve, connection);
	if (!strcmp(url, "/"))
		return answer_text(connection, MHD_HTTP_OK, index_page,
				   "text/html; charset=utf-8", NULL, NULL);
	return refuse(connection, MHD_HTTP_NOT_FOUND,
		      "there is /metrics and /-/healthy\n");
}

enum MHD_Result serve_on_request(void *context,
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
				   "only GET and HEAD are allowed\n", PLAIN,
				   MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (!serve_tls_permits(serve->options.web, connection))
		return refuse(connection, MHD_HTTP_FORBIDDEN,
			      "a client needs a certificate here\n");
	if (!strcmp(url, "/-/healthy"))
		return refuse(connection, MHD_HTTP_OK, "ok\n");
	switch (permission_of(serve, connection)) {
	case SERVE_PERMITTED:
		return answer_reader(serve, connection, url);
	case SERVE_TOO_OFTEN:
		return answer_text(connection, MHD_HTTP_TOO_MANY_REQUESTS,
				   "the password was wrong a moment ago\n",
				   PLAIN, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	case SERVE_UNKNOWN:
		break;
	}
	return answer_text(connection, MHD_HTTP_UNAUTHORIZED,
			   "a user and a password are needed\n", PLAIN,
			   MHD_HTTP_HEADER_WWW_AUTHENTICATE,
			   "Basic realm=\"exitledger\"");
}
