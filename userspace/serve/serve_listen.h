/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets on which clients are awaited. */
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
 * serve_listen_check - is this the address of a socket?
 * @address: "127.0.0.1:19177", "[::1]:19177", ":19177" (all addresses), or
 *	"unix:PATH"
 *
 * 0, or -EINVAL with @why.
 */
int serve_listen_check(const char *address, struct why *why);

/**
 * serve_listen_inherit - take the sockets that systemd has opened, if any
 *
 * Of LISTEN_PID and LISTEN_FDS, sd_listen_fds(3), which are then removed from
 * the environment.  0, or -errno with @why: one is no stream socket.
 */
int serve_listen_inherit(struct serve_sockets *sockets, struct why *why);

/**
 * serve_listen_bind - make a socket, and take its address; nobody can connect
 *
 * 0, or -errno with @why.
 */
int serve_listen_bind(struct serve_sockets *sockets, const char *address,
		      struct why *why);

/** serve_listen_begin - let clients connect; 0, or -errno with @why */
int serve_listen_begin(struct serve_sockets *sockets, struct why *why);

/** serve_listen_text - the address of one, as --listen takes it */
struct why serve_listen_text(int fd);

void serve_listen_close(struct serve_sockets *sockets);

#endif /* EXITLEDGER_SERVE_LISTEN_H */
