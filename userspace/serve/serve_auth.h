/* SPDX-License-Identifier: GPL-2.0-only */
/* Basic authentication: is a client one of the users? */
#ifndef EXITLEDGER_SERVE_AUTH_H
#define EXITLEDGER_SERVE_AUTH_H

#include <stdint.h>
#include <sys/socket.h>

#include "serve/serve_web_config.h"

enum serve_permission {
	SERVE_PERMITTED,
	SERVE_UNKNOWN, /* no user, or not this password */
	SERVE_TOO_OFTEN, /* it was wrong a moment ago: not looked at */
};

struct serve_auth;

/**
 * serve_auth_new - for the users of a configuration, which must stay
 *
 * NULL: out of memory.
 */
struct serve_auth *serve_auth_new(const struct serve_web_config *config);

/**
 * serve_auth_check - may this client read?
 * @authorization: its header; NULL: it has none
 * @address: whose failures are counted; may be NULL
 * @now_ns: CLOCK_MONOTONIC
 *
 * bcrypt is slow on purpose: a password that was right is known by a keyed hash
 * from then on, and an address from which a wrong one came is not looked at
 * again for a second.  So nobody can keep the processor busy, or others out.
 */
enum serve_permission serve_auth_check(struct serve_auth *auth,
				       const char *authorization,
				       const struct sockaddr *address,
				       uint64_t now_ns);

/** serve_auth_free - @auth may be NULL */
void serve_auth_free(struct serve_auth *auth);

#endif /* EXITLEDGER_SERVE_AUTH_H */
