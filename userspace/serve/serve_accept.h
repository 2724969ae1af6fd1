/* SPDX-License-Identifier: GPL-2.0-only */
/* A client's preferences, from its headers Accept and Accept-Encoding. */
#ifndef EXITLEDGER_SERVE_ACCEPT_H
#define EXITLEDGER_SERVE_ACCEPT_H

#include <stdbool.h>

/* The formats in which metrics are served. */
enum serve_format {
	SERVE_PROMETHEUS,
	SERVE_OPENMETRICS,
	SERVE_FORMATS,
};

/**
 * serve_accept_format - the format that a client prefers
 * @accept: its header Accept, which is untrusted; NULL if it has none
 *
 * The answer is OpenMetrics if the client asks for it and prefers no other
 * format.  All others, such as browsers and curl, get Prometheus' text format.
 */
enum serve_format serve_accept_format(const char *accept);

/** serve_accept_gzip - does the header Accept-Encoding (or NULL) allow gzip? */
bool serve_accept_gzip(const char *encoding);

#endif /* EXITLEDGER_SERVE_ACCEPT_H */
