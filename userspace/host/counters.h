/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's parameters of the exit counters, and who writes to them meanwhile. */
#ifndef EXITLEDGER_COUNTERS_H
#define EXITLEDGER_COUNTERS_H

#include <stdbool.h>

struct counters_watch {
	int fd; /* inotify; -1: cannot be watched */
};

/** counters_stats - the mode that kvm.exit_stats has now, or HOST_UNPATCHED */
int counters_stats(void);

/** counters_leaves - is kvm.exit_stats_leaves on? */
bool counters_leaves(void);

/**
 * counters_watch - notice from now on who writes to the parameters
 *
 * Their values at the start and at the end don't tell whether they were the
 * same in between.  0, or -errno and nothing is noticed; to be ended with
 * counters_unwatch in any case.
 */
int counters_watch(struct counters_watch *watch);

/** counters_written - was one of them written to since the last call? */
bool counters_written(struct counters_watch *watch);

void counters_unwatch(struct counters_watch *watch);

#endif /* EXITLEDGER_COUNTERS_H */
