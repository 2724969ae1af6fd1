/* SPDX-License-Identifier: GPL-2.0-only */
/* The listening sockets. */
#ifndef EXITLEDGER_SERVE_LISTEN_H
#define EXITLEDGER_SERVE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/msg.h"

#define SERVE_SOCKETS 8

struct serve_sockets {
	int fd[SERVE_SOCKETS];
	size_t nr;
};

/**
 * serve_listen_check - check the syntax of an address
 * @address: "127.0.0.1:19177", "[::1]:19177", ":19177" (all addresses), or
 *	"unix:PATH"
 *
 * Returns 0, or -EINVAL with @why.
 */
int serve_listen_check(const char *address, struct why *why);

/**
 * serve_listen_inherit - take the sockets that systemd has opened, if any
 *
 * This uses LISTEN_PID and LISTEN_FDS (sd_listen_fds(3)), and removes them from
 * the environment.  Returns 0, or -errno with @why if one is no stream socket.
 */
int serve_listen_inherit(struct serve_sockets *sockets, struct why *why);

/**
 * serve_listen_bind - create a socket and bind it; it does not listen yet
 *
 * Returns 0, or -errno with @why.
 */
int serve_listen_bind(struct serve_sockets *sockets, const char *address,
		      struct why *why);

/**
 * serve_listen_begin - listen on all sockets; returns 0, or -errno with @why
 */
int serve_listen_begin(struct serve_sockets *sockets, struct why *why);

/** serve_listen_text - the address of a socket in the syntax of --listen */
struct why serve_listen_text(int fd);

void serve_listen_close(struct serve_sockets *sockets);

#endif /* EXITLEDGER_SERVE_LISTEN_H */
