// SPDX-License-Identifier: GPL-2.0-only
/* Deletes stale entries of BPF's map of threads. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe/observer_private.h"

/*
 * Sweep when more entries than this are stale.  The map has 2 * OBS_SLOTS
 * entries, so at least this many of them are still free then.
 */
#define STALE_MAX (OBS_SLOTS / 2)

static u64 stale(const struct observer *observer)
{
	return __atomic_load_n(&observer->bpf->bss->threads_stale,
			       __ATOMIC_RELAXED);
}

bool observer_has_stale_threads(const struct observer *observer)
{
	return stale(observer) - observer->swept > STALE_MAX;
}

/* Is the vCPU in the thread's entry still run by this thread? */
static bool is_current(const struct observer *observer, u32 tid, u32 index)
{
	const struct obs_slot *slot = &observer->bpf->bss->slots[index];

	return index < OBS_SLOTS && slot->vcpu > OBS_GONE && slot->tid == tid;
}

/*
 * A stale entry may become valid again just before it is deleted.  Then make
 * the vCPU enter its thread again at its next exit.
 */
static void delete_thread(struct observer *observer, u32 tid)
{
	struct observer_bpf__bss *bss = observer->bpf->bss;
	int fd = bpf_map__fd(observer->bpf->maps.threads);
	u32 index;

	if (bpf_map_lookup_and_delete_elem(fd, &tid, &index))
		return;
	if (is_current(observer, tid, index)) {
		bss->slots[index].thread_known = 0;
		__atomic_fetch_add(&bss->losses.no_thread, 1, __ATOMIC_RELAXED);
	}
}

void observer_sweep_threads(struct observer *observer)
{
	int fd = bpf_map__fd(observer->bpf->maps.threads);
	u32 tid, next, index, *last = NULL;
	u64 seen = stale(observer);

	if (!observer_has_stale_threads(observer))
		return;
	observer->swept = seen;
	while (!bpf_map_get_next_key(fd, last, &next)) {
		/*
		 * Delete an entry only after its next key was read: from a key
		 * that is missing, the walk would begin again.
		 */
		if (last && (bpf_map_lookup_elem(fd, &tid, &index) ||
			     !is_current(observer, tid, index)))
			delete_thread(observer, tid);
		tid = next;
		last = &tid;
	}
	if (last && !bpf_map_lookup_elem(fd, &tid, &index) &&
	    !is_current(observer, tid, index))
		delete_thread(observer, tid);
}
