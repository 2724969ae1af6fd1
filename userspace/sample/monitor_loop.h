/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop of monitor: it collects, waits, and ends intervals.  The caller
 * provides the source of the samples, and the view that shows them.
 */
#ifndef EXITLEDGER_MONITOR_LOOP_H
#define EXITLEDGER_MONITOR_LOOP_H

#include "lib/msg.h"
#include "sample/render_monitor.h"

/*
 * The source of samples.  The functions are like observer_collect(),
 * observer_total() and observer_has_news().
 */
struct monitor_source {
	void *context;
	int (*collect)(void *context, struct ledger *interval,
		       struct ledger *total);
	int (*total)(void *context, struct ledger *interval,
		     struct ledger *total);
	bool (*has_news)(void *context);
};

struct monitor_view {
	void *context;
	/* Waits up to @ms.  Returns true if the command has ended. */
	bool (*wait)(void *context, int ms);
	/* Shows an interval.  Returns 0, or -errno with @why filled in. */
	int (*show)(void *context, const struct monitor_sample *sample,
		    struct why *why);
};

struct monitor_loop {
	struct monitor_source source;
	struct monitor_view view;
	uint64_t start_ns; /* clock_now_ns() when counting started */
	double interval; /* seconds; 0: none; may change while waiting */
	long count; /* the number of intervals; 0: no limit */
	/*
	 * True: collect after each wait, several times a second.  A VM of the
	 * command may end soon, and its name is lost then.
	 */
	bool eager;
	struct ledger now; /* the current interval */
	/*
	 * Set to the sums of the vCPUs that have ended, and at the end to the
	 * sums of all vCPUs.
	 */
	struct ledger total;
	double seconds; /* set to the total length of the intervals */
};

/**
 * monitor_loop_run - show the intervals, and fill in the total
 * @loop: to be freed with monitor_loop_free()
 *
 * loop->total has the slow exits that no interval has shown.  SIGINT and
 * SIGTERM end the loop: see command_catch_signals().  Returns 0, or -errno
 * with @why.
 */
int monitor_loop_run(struct monitor_loop *loop, struct why *why);

void monitor_loop_free(struct monitor_loop *loop);

#endif /* EXITLEDGER_MONITOR_LOOP_H */
