// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "host/counters.h"
#include "host/host.h"

#define PARAMETERS "/sys/module/kvm/parameters/"
#define STATS PARAMETERS "exit_stats"
#define LEAVES PARAMETERS "exit_stats_leaves"

int counters_stats(void)
{
	return host_exit_stats();
}

bool counters_leaves(void)
{
	FILE *file = fopen(LEAVES, "re");
	int first = file ? getc(file) : 'N';

	if (file)
		fclose(file);
	return first == 'Y';
}

/* sysfs tells inotify of every write(2), whatever was written. */
int counters_watch(struct counters_watch *watch)
{
	int r;

	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return -errno;
	if (inotify_add_watch(watch->fd, STATS, IN_MODIFY) >= 0 &&
	    inotify_add_watch(watch->fd, LEAVES, IN_MODIFY) >= 0)
		return 0;
	r = -errno;
	counters_unwatch(watch);
	return r;
}

bool counters_written(struct counters_watch *watch)
{
	char events[16 * sizeof(struct inotify_event)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool written = false;

	while (watch->fd >= 0 && read(watch->fd, events, sizeof(events)) > 0)
		written = true;
	return written;
}

void counters_unwatch(struct counters_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
