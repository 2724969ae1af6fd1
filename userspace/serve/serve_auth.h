/* SPDX-License-Identifier: GPL-2.0-only */
/* HTTP basic authentication (RFC 7617) of clients. */
#ifndef EXITLEDGER_SERVE_AUTH_H
#define EXITLEDGER_SERVE_AUTH_H

#include <stdint.h>
#include <sys/socket.h>

#include "serve/serve_web_config.h"

enum serve_permission {
	SERVE_PERMITTED,
	SERVE_UNKNOWN, /* no such user, or a wrong password */
	SERVE_TOO_OFTEN, /* not checked: the last failure is too recent */
};

struct serve_auth;

/**
 * serve_auth_new - allocate the state for the users of a configuration
 * @config: must stay valid
 *
 * Returns NULL when out of memory.
 */
struct serve_auth *serve_auth_new(const struct serve_web_config *config);

/**
 * serve_auth_check - may this client read?
 * @authorization: its header Authorization, or NULL if it has none
 * @address: the client's, for which failures are stored; may be NULL
 * @now_ns: the time of CLOCK_MONOTONIC in nanoseconds
 *
 * bcrypt is slow on purpose.  So a correct password is remembered by a keyed
 * hash, and after a wrong one, passwords from the same address are not checked
 * for a second.  Thus a client can neither keep the processor busy nor lock out
 * others.
 */
enum serve_permission serve_auth_check(struct serve_auth *auth,
				       const char *authorization,
				       const struct sockaddr *address,
				       uint64_t now_ns);

/** serve_auth_free - free the state; @auth may be NULL */
void serve_auth_free(struct serve_auth *auth);

#endif /* EXITLEDGER_SERVE_AUTH_H */
