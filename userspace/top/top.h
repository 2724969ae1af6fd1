/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view. */
#ifndef EXITLEDGER_TOP_H
#define EXITLEDGER_TOP_H

#include "sample/monitor_loop.h"

/**
 * top_run - run a monitor's loop with the live view, until a key ends it
 * @loop: this sets its view
 * @title: a line that says what is observed, and how
 *
 * The terminal is restored before this returns 0, or -errno with @why.
 */
int top_run(struct monitor_loop *loop, const struct monitor_shape *shape,
	    const char *title, struct why *why);

/* The source of a replay's intervals. */
struct top_player {
	void *context;
	/*
	 * Gets the next interval, of about @interval seconds.  Returns 1 with
	 * @sample, which is valid until the next call; 0 if there are no more;
	 * or -errno with @why.
	 */
	int (*next)(void *context, double interval,
		    struct monitor_sample *sample, struct why *why);
};

/**
 * top_play - replay a recorded run in the live view, until a key ends it
 * @interval: the length of an interval, in seconds of the run
 * @speed: the factor by which the replay is faster than the run was
 */
int top_play(const struct top_player *player, double interval, double speed,
	     const struct monitor_shape *shape, const char *title,
	     struct why *why);

#endif /* EXITLEDGER_TOP_H */
