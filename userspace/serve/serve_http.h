/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serves metrics by HTTP, in the thread of whoever calls: libmicrohttpd is
 * known here alone.  Nobody who connects can make this take memory or time
 * without bounds: see the limits.
 */
#ifndef EXITLEDGER_SERVE_HTTP_H
#define EXITLEDGER_SERVE_HTTP_H

#include <stdint.h>

#include "lib/msg.h"
#include "serve/serve_accept.h"
#include "serve/serve_gzip.h"
#include "serve/serve_listen.h"
#include "serve/serve_web_config.h"

/* Connections at a time. */
#define SERVE_CLIENTS 32
/* A client has so long to send its request, and again to read the answer. */
#define SERVE_IO_NS 5000000000ull
/* The memory of a connection, which is a little more than its longest request. */
#define SERVE_MEMORY 12288
/* Requests within this time of an earlier one get the same answer. */
#define SERVE_FRESH_NS 500000000ull

struct serve_options {
	const struct serve_sockets *sockets; /* that listen; must stay */
	const struct serve_web_config *web; /* must stay; NULL: none */
	/*
	 * Makes the metrics; 0 or -errno.  It is called at most once per format
	 * and SERVE_FRESH_NS, however many clients there are.
	 */
	int (*make)(void *context, enum serve_format format,
		    struct serve_body *body);
	void *context;
};

struct serve;

/**
 * serve_open - begin to serve; serve_run() does the work
 * @serve: to be given to serve_close()
 *
 * 0, or -errno with @why.
 */
int serve_open(struct serve **serve, const struct serve_options *options,
	       struct why *why);

/**
 * serve_run - answer whoever asks
 * @ms: wait so long at most; a signal ends it early
 *
 * 0 or -errno.
 */
int serve_run(struct serve *serve, int ms);

/** serve_close - @serve may be NULL; answers that are not read yet are cut off */
void serve_close(struct serve *serve);

#endif /* EXITLEDGER_SERVE_HTTP_H */
