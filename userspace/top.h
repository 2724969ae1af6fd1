/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view. */
#ifndef EXITLEDGER_TOP_H
#define EXITLEDGER_TOP_H

#include "monitor_loop.h"

/**
 * top_run - run a loop with the terminal as its view, until a key ends it
 * @loop: its view is set here
 * @title: what is observed, and how
 *
 * The terminal is as it was when this returns: 0, or -errno with @why.
 */
int top_run(struct monitor_loop *loop, const struct monitor_shape *shape,
	    const char *title, struct why *why);

#endif /* EXITLEDGER_TOP_H */
