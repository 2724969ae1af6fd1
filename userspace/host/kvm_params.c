// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "host/host.h"
#include "host/kvm_params.h"

#define PARAMETERS "/sys/module/kvm/parameters/"
#define STATS PARAMETERS "exit_stats"
#define LEAVES PARAMETERS "exit_stats_leaves"

int kvm_params_exit_stats(void)
{
	return host_exit_stats();
}

bool kvm_params_leaves(void)
{
	FILE *file = fopen(LEAVES, "re");
	int first = file ? getc(file) : 'N';

	if (file)
		fclose(file);
	return first == 'Y';
}

/* inotify reports every write(2) to sysfs, even of an unchanged value. */
int kvm_params_watch(struct kvm_params_watch *watch)
{
	int r;

	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return -errno;
	if (inotify_add_watch(watch->fd, STATS, IN_MODIFY) >= 0 &&
	    inotify_add_watch(watch->fd, LEAVES, IN_MODIFY) >= 0)
		return 0;
	r = -errno;
	kvm_params_unwatch(watch);
	return r;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	char events[16 * sizeof(struct inotify_event)]
		__attribute__((aligned(__alignof__(struct inotify_event))));
	bool written = false;

	while (watch->fd >= 0 && read(watch->fd, events, sizeof(events)) > 0)
		written = true;
	return written;
}

void kvm_params_unwatch(struct kvm_params_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
