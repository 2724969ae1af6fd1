/* SPDX-License-Identifier: GPL-2.0-only */
/* The server's state, which the files serve_http*.c share. */
#ifndef EXITLEDGER_SERVE_HTTP_PRIVATE_H
#define EXITLEDGER_SERVE_HTTP_PRIVATE_H

#include <microhttpd.h>

#include "serve/serve_auth.h"
#include "serve/serve_http.h"

struct client {
	struct MHD_Connection *connection; /* NULL: the place is free */
	int fd;
	bool asked; /* true if its request is complete and is being answered */
	/* the time of the request; before it, that of connecting */
	uint64_t since_ns;
	uint64_t deadline_ns;
};

/*
 * The metrics as they were last rendered.  They answer all requests of the next
 * SERVE_FRESH_NS.
 */
struct copy {
	struct MHD_Response *plain, *gzip; /* NULL: not made */
	struct serve_body body; /* @plain's */
	uint64_t made_ns;
};

struct serve {
	struct serve_options options;
	struct MHD_Daemon *daemon;
	struct serve_auth *auth; /* NULL: everybody may read */
	int epoll;
	struct client client[SERVE_CLIENTS];
	size_t nr_clients;
	struct copy copy[SERVE_FORMATS];
	struct why said; /* the last message of libmicrohttpd */
};

/* --- serve_http_answers.c --- */

/**
 * serve_on_request - libmicrohttpd calls this once it has a request's headers
 */
enum MHD_Result serve_on_request(void *serve, struct MHD_Connection *connection,
				 const char *url, const char *method,
				 const char *version, const char *data,
				 size_t *size, void **request);

/** serve_drop_copies - drop the metrics that were made before a time */
void serve_drop_copies(struct serve *serve, uint64_t before_ns);

/* --- serve_http_clients.c --- */

/**
 * serve_on_connection - libmicrohttpd calls this for each connection's changes
 */
void serve_on_connection(void *serve, struct MHD_Connection *connection,
			 void **socket_context,
			 enum MHD_ConnectionNotificationCode code);

/** serve_has_place - is a place free, or can a client be cut off to free one? */
bool serve_has_place(const struct serve *serve);

/** serve_accept_from - accept the waiting clients while there is a place */
void serve_accept_from(struct serve *serve, int socket);

/** serve_cut_late - cut off the clients whose deadline has passed */
void serve_cut_late(struct serve *serve, uint64_t now_ns);

/* --- serve_http_tls.c --- */

#define SERVE_TLS_OPTIONS 5

/** serve_tls_options - fill in libmicrohttpd's options for TLS */
void serve_tls_options(const struct serve_web_config *web,
		       struct MHD_OptionItem option[SERVE_TLS_OPTIONS]);

/** serve_tls_permits - does a client have the certificate that it needs? */
bool serve_tls_permits(const struct serve_web_config *web,
		       struct MHD_Connection *connection);

#endif /* EXITLEDGER_SERVE_HTTP_PRIVATE_H */
