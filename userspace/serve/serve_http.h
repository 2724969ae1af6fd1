/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serves metrics by HTTP in the caller's thread, with libmicrohttpd.  The
 * limits below bound the memory and the time that clients can take.
 */
#ifndef EXITLEDGER_SERVE_HTTP_H
#define EXITLEDGER_SERVE_HTTP_H

#include <stdint.h>

#include "lib/msg.h"
#include "serve/serve_accept.h"
#include "serve/serve_gzip.h"
#include "serve/serve_listen.h"
#include "serve/serve_web_config.h"

/* The greatest number of connections at a time. */
#define SERVE_CLIENTS 32
/*
 * The time that a client has to send its request, and again to read the answer;
 * for the answer, it can ask for another time.
 */
#define SERVE_IO_NS 5000000000ull
/*
 * The memory of a connection, which is a little more than its longest request.
 */
#define SERVE_MEMORY 12288
/* Requests within this time after an earlier one get the same answer. */
#define SERVE_FRESH_NS 500000000ull

struct serve_options {
	const struct serve_sockets *sockets; /* listening; must stay valid */
	const struct serve_web_config *web; /* must stay valid; or NULL */
	/*
	 * Makes the metrics; returns 0 or -errno.  It is called at most once
	 * per format within SERVE_FRESH_NS, however many clients there are.
	 */
	int (*make)(void *context, enum serve_format format,
		    struct serve_body *body);
	void *context;
};

struct serve;

/**
 * serve_open - start the server; serve_run() then does the work
 * @serve: set to the server; end it with serve_close()
 *
 * Returns 0, or -errno with @why.
 */
int serve_open(struct serve **serve, const struct serve_options *options,
	       struct why *why);

/**
 * serve_run - answer pending requests, or wait for one
 * @ms: the longest wait in milliseconds; a signal ends it early
 *
 * Returns 0 or -errno.
 */
int serve_run(struct serve *serve, int ms);

/** serve_close - close all connections, and free @serve, which may be NULL */
void serve_close(struct serve *serve);

#endif /* EXITLEDGER_SERVE_HTTP_H */
