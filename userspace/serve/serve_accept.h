/* SPDX-License-Identifier: GPL-2.0-only */
/* A client's preferences: its headers Accept and Accept-Encoding. */
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
 * @accept: its header Accept, which may be anything; NULL: it has none
 *
 * OpenMetrics is for those who ask for it and like no other format better: a
 * browser and curl get Prometheus' own, and so does everyone else.
 */
enum serve_format serve_accept_format(const char *accept);

/** serve_accept_gzip - does a header Accept-Encoding take gzip?  NULL: no */
bool serve_accept_gzip(const char *encoding);

#endif /* EXITLEDGER_SERVE_ACCEPT_H */
