/* SPDX-License-Identifier: GPL-2.0-only */
/* The live view. */
#ifndef EXITLEDGER_TOP_H
#define EXITLEDGER_TOP_H

#include "sample/monitor_loop.h"

/**
 * top_run - run a loop with the terminal as its view, until a key ends it
 * @loop: its view is set here
 * @title: what is observed, and how
 *
 * The terminal is as it was when this returns: 0, or -errno with @why.
 */
int top_run(struct monitor_loop *loop, const struct monitor_shape *shape,
	    const char *title, struct why *why);

/* Where a replay's intervals come from. */
struct top_player {
	void *context;
	/*
	 * The next interval, of so many seconds if that can be: 1 with @sample,
	 * which stays until the next call; 0: there are no more; or -errno with
	 * @why.
	 */
	int (*next)(void *context, double interval,
		    struct monitor_sample *sample, struct why *why);
};

/**
 * top_play - the same for a run, which begins at once, until a key ends it
 * @interval: seconds of the run
 * @speed: so many times as fast as it was
 */
int top_play(const struct top_player *player, double interval, double speed,
	     const struct monitor_shape *shape, const char *title,
	     struct why *why);

#endif /* EXITLEDGER_TOP_H */
