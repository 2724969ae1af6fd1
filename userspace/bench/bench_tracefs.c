// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench_peers.h"
#include "bench/bench_tracefs.h"
#include "host/tracepoints.h"

#define HIST "hist:keys=exit_reason"

static int put(const struct bench_tracefs *tracefs, const char *file,
	       const char *text, struct why *why)
{
	size_t length = strlen(text);
	char path[192];
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s/%s", tracefs->dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		r = why_set(why, errno, "%s: cannot be written: %s", path,
			    strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}

static int turn_on(const struct bench_tracefs *tracefs, struct why *why)
{
	int r;

	if (tracefs->hist)
		return put(tracefs, "events/kvm/kvm_exit/trigger", HIST, why);
	r = put(tracefs, "events/kvm/kvm_exit/enable", "1", why);
	return r ? r : put(tracefs, "events/kvm/kvm_entry/enable", "1", why);
}

/*
 * Get the path of the instance's folder, which need not exist.  Returns -ENOENT
 * if there is no tracefs.
 */
static int find_instance(char *dir, size_t size)
{
	char root[64];
	int r = tracefs_find("", root, sizeof(root));

	if (!r)
		snprintf(dir, size, "%s/instances/" BENCH_TRACEFS_INSTANCE,
			 root);
	return r;
}

void bench_tracefs_forget(void)
{
	struct bench_tracefs left;

	if (!find_instance(left.dir, sizeof(left.dir)))
		rmdir(left.dir);
}

int bench_tracefs_begin(struct bench_tracefs *tracefs, bool hist,
			struct why *why)
{
	int r;

	tracefs->hist = hist;
	r = find_instance(tracefs->dir, sizeof(tracefs->dir));
	if (r) {
		tracefs->dir[0] = '\0';
		return why_set(
			why, ENOENT,
			"tracefs is not mounted: mount -t tracefs nodev /sys/kernel/tracing");
	}
	/*
	 * Remove an instance that was left behind, as it may have events in it.
	 */
	rmdir(tracefs->dir);
	if (mkdir(tracefs->dir, 0700)) {
		r = why_set(why, errno, "%s: cannot be made: %s", tracefs->dir,
			    strerror(errno));
		tracefs->dir[0] = '\0';
		return r;
	}
	return turn_on(tracefs, why);
}

static int count_hist(const struct bench_tracefs *tracefs, uint32_t reason,
		      uint64_t *count)
{
	int r = -ENODATA;
	char path[192];
	FILE *file;

	snprintf(path, sizeof(path), "%s/events/kvm/kvm_exit/hist",
		 tracefs->dir);
	file = fopen(path, "re");
	if (file) {
		r = bench_parse_tracefs_hist(file, reason, count);
		fclose(file);
	}
	return r;
}

static int count_events(const struct bench_tracefs *tracefs, uint64_t *count)
{
	uint64_t events = 0;
	int r = -ENODATA;
	char path[192];
	glob_t cpus;

	snprintf(path, sizeof(path), "%s/per_cpu/cpu*/stats", tracefs->dir);
	if (glob(path, 0, NULL, &cpus))
		return -ENODATA;
	for (size_t i = 0; i < cpus.gl_pathc; i++) {
		FILE *file = fopen(cpus.gl_pathv[i], "re");
		uint64_t own = 0;

		if (!file)
			continue;
		r = bench_parse_tracefs_stats(file, &own);
		events += own;
		fclose(file);
	}
	globfree(&cpus);
	*count = events / 2;
	return r;
}

int bench_tracefs_count(const struct bench_tracefs *tracefs, uint32_t reason,
			uint64_t *count)
{
	return tracefs->hist ? count_hist(tracefs, reason, count) :
			       count_events(tracefs, count);
}

void bench_tracefs_end(struct bench_tracefs *tracefs)
{
	if (!tracefs->dir[0])
		return;
	if (tracefs->hist) {
		put(tracefs, "events/kvm/kvm_exit/trigger", "!" HIST, NULL);
	} else {
		put(tracefs, "events/kvm/kvm_exit/enable", "0", NULL);
		put(tracefs, "events/kvm/kvm_entry/enable", "0", NULL);
	}
	rmdir(tracefs->dir);
	tracefs->dir[0] = '\0';
}
