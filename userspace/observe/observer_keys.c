// SPDX-License-Identifier: GPL-2.0-only
/* Collects the keys of exits from BPF's table into a ledger. */
#include <errno.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe/observer_private.h"

/* The number of entries that one system call fetches from the table. */
#define BATCH 512

static int collect_grown_key(struct observer *observer,
			     const struct obs_key *key,
			     const struct obs_keyed *now,
			     struct ledger_key *seen,
			     const struct collection *collection)
{
	const struct obs_slot *slot = &observer->bpf->bss->slots[key->slot];
	struct ledger_vcpu *vcpu =
		observer_vcpu(observer, slot, collection->interval, NULL);
	struct ledger_key *to =
		vcpu ? ledger_key(&vcpu->keys, key->reason, key->key) : NULL;
	const struct exit_times times = observer_key_times(now);
	struct exit_times more;

	if (!to)
		return -ENOMEM;
	more = exit_times_since(&times, &seen->times);
	exit_times_add(&to->times, &more);
	exit_times_widen(&to->times, times.min_ns, times.max_ns);
	seen->times = times;
	return 0;
}

static int collect_key(struct observer *observer, const struct obs_key *key,
		       const struct obs_keyed *now,
		       const struct collection *collection)
{
	struct shadow *shadow = observer->shadow[key->slot];
	struct ledger_key *seen;
	int r = 0;

	/*
	 * Leave a vCPU that appeared after the collection began to the next
	 * collection.
	 */
	if (!shadow || shadow->serial != key->serial)
		return 0;
	seen = ledger_key(&shadow->keys, key->reason, key->key);
	if (!seen)
		return -ENOMEM;
	if (now->exits != seen->times.exits || now->timed != seen->times.timed)
		r = collect_grown_key(observer, key, now, seen, collection);
	if (!shadow->ending)
		return r;
	if (!r && collection->total)
		r = observer_total_key(observer, key, now, collection);
	bpf_map__delete_elem(observer->bpf->maps.keyed, key, sizeof(*key), 0);
	return r;
}

int observer_each_key(struct observer *observer, observer_key_fn *fn,
		      const struct collection *collection)
{
	int fd = bpf_map__fd(observer->bpf->maps.keyed), failed = 0, r = 0;
	static struct obs_key keys[BATCH];
	static struct obs_keyed values[BATCH];
	u32 at, *from = NULL, nr;

	while (!failed && !r) {
		nr = BATCH;
		failed = bpf_map_lookup_batch(fd, from, &at, keys, values, &nr,
					      NULL);
		if (failed && errno != ENOENT)
			return -errno;
		for (u32 i = 0; i < nr && !r; i++)
			r = fn(observer, &keys[i], &values[i], collection);
		from = &at;
	}
	return r;
}

int observer_collect_keys(struct observer *observer,
			  const struct collection *collection)
{
	return observer_each_key(observer, collect_key, collection);
}
