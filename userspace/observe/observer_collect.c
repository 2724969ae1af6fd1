// SPDX-License-Identifier: GPL-2.0-only
/* Collects everything that the BPF programs have booked into a ledger. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/vm_name.h"
#include "lib/clock.h"
#include "observe/observer_private.h"

/*
 * If the ends of vCPUs cannot be seen, look this often for processes that have
 * ended.
 */
#define CENSUS_NS 5000000000ull

/* A cell that is being collected, and the buckets that grew. */
struct grown {
	const struct collection *collection;
	const struct obs_slot *slot;
	u32 index; /* of the cell in the slot */
	struct ledger_cell *cell;
	unsigned int low; /* the lowest bucket that grew, or HIST_BUCKETS */
	u64 timed; /* the growth of all buckets together */
	unsigned int last; /* the highest span that grew */
	u32 more[HIST_SPAN]; /* by how much each bucket of @last grew */
};

static struct shadow *shadow_of(struct observer *observer, size_t slot)
{
	struct shadow **shadow = &observer->shadow[slot];

	if (!*shadow)
		*shadow = calloc(1, sizeof(**shadow));
	return *shadow;
}

static void shadow_begin(struct shadow *shadow, u32 serial)
{
	free(shadow->keys.key);
	memset(shadow, 0, sizeof(*shadow));
	shadow->serial = serial;
	for (u32 i = 0; i < OBS_CELLS; i++)
		shadow->cell[i].min_ns = ~0ull;
}

static int carry(struct observer *observer, const struct grown *grown, u32 span,
		 const u32 now[HIST_SPAN], const u32 seen[HIST_SPAN])
{
	int r = 0;

	for (u32 i = 0; i < HIST_SPAN && !r; i++) {
		if (now[i] < seen[i])
			r = observer_carry_hist(observer, grown->slot,
						grown->index,
						span * HIST_SPAN + i,
						grown->collection);
	}
	return r;
}

/* Collect one span of a cell's histogram. */
static int collect_span(struct observer *observer, u32 span,
			struct grown *grown)
{
	u32 index = grown->slot->cell[grown->index].span[span];
	u32 *seen = observer->seen[index], fell = 0;
	struct obs_span now = observer->bpf->bss->spans[index];

	if (!memcmp(now.count, seen, sizeof(now.count)))
		return 0;
	for (u32 i = 0; i < HIST_SPAN; i++) {
		grown->more[i] = now.count[i] - seen[i];
		grown->timed += grown->more[i];
		fell |= seen[i] & ~now.count[i];
	}
	/* A counter whose highest bit was set and is now clear has wrapped. */
	if (hist_add_counts(&grown->cell->hist, span, grown->more) ||
	    (fell >> 31 && carry(observer, grown, span, now.count, seen)))
		return -ENOMEM;
	memcpy(seen, now.count, sizeof(now.count));
	grown->last = span;
	if (grown->low == HIST_BUCKETS) {
		grown->low = span * HIST_SPAN;
		while (!grown->more[grown->low % HIST_SPAN])
			grown->low++;
	}
	return 0;
}

static unsigned int highest(const struct grown *grown)
{
	unsigned int i = HIST_SPAN - 1;

	while (!grown->more[i])
		i--;
	return grown->last * HIST_SPAN + i;
}

/*
 * Find the shortest and the longest time of the interval.  BPF keeps only the
 * extremes since it first saw the vCPU, so those of the interval may be
 * estimates.
 */
static void find_extremes(const struct grown *grown,
			  const struct exit_times *now,
			  const struct exit_times *seen,
			  struct exit_times *more)
{
	more->min_ns = now->min_ns;
	more->max_ns = now->max_ns;
	if (grown->timed)
		exit_times_estimate(more, grown->timed, now, seen,
				    hist_middle(grown->low),
				    hist_middle(highest(grown)));
}

static int collect_hist(struct observer *observer, struct grown *grown)
{
	const struct obs_cell *from = &grown->slot->cell[grown->index];

	for (u32 i = 0; i < HIST_SPANS; i++) {
		if (from->span[i] && collect_span(observer, i, grown))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Read a cell as it is now.  BPF adds the time of an exit after the parts of
 * that time (preempted, blocked).  If the time has not changed, keep the old
 * parts: BPF may be about to add the time.
 */
static struct exit_times cell_now(const struct observer *observer,
				  const struct obs_slot *slot, u32 index,
				  const struct exit_times *seen)
{
	struct exit_times now = observer_cell_times(slot, index), same = *seen;

	now.vmm_ns = observer_vmm_ns(observer, slot, index);
	if (now.ns != seen->ns) {
		exit_times_fit(&now, seen);
		return now;
	}
	same.exits = now.exits;
	same.fast = now.fast;
	return same;
}

/* Collect the growth of a reason's cell since it was last read. */
static int collect_cell(struct observer *observer, struct grown *grown,
			const struct exit_times *now, struct exit_times *seen)
{
	struct exit_times more = exit_times_since(now, seen);

	/* BPF's counter of fast exits has 32 bits and may have wrapped. */
	more.fast = (u32)more.fast;
	if (now->fast < seen->fast &&
	    observer_carry_fast(observer, grown->slot, grown->index,
				grown->collection))
		return -ENOMEM;
	if (more.ns) {
		if (collect_hist(observer, grown))
			return -ENOMEM;
		find_extremes(grown, now, seen, &more);
	}
	exit_times_add(&grown->cell->times, &more);
	*seen = *now;
	return 0;
}

static int collect_cells(struct observer *observer, const struct obs_slot *slot,
			 struct shadow *shadow, struct ledger_vcpu *vcpu,
			 const struct collection *collection)
{
	for (u32 i = 0; i < slot->cells && i < OBS_CELLS; i++) {
		const struct obs_cell *from = &slot->cell[i];
		struct exit_times *seen = &shadow->cell[i], now;
		struct grown grown;

		if (from->exits == seen->exits && from->ns == seen->ns)
			continue;
		now = cell_now(observer, slot, i, seen);
		vcpu->exits += now.exits - seen->exits;
		vcpu->ns += now.ns - seen->ns;
		if (!i) {
			/*
			 * The first cell is shared by exits whose reason got no
			 * cell.  They are in the vCPU's sums only, and
			 * sparse_full has their number.
			 */
			vcpu->sparse_full += now.exits - seen->exits;
			*seen = now;
			continue;
		}
		if (slot->reason[i] == OBS_UNREADABLE)
			observer->unreadable += now.exits - seen->exits;
		grown.cell = ledger_cell(&vcpu->cells, slot->reason[i]);
		if (!grown.cell)
			return -ENOMEM;
		grown.collection = collection;
		grown.slot = slot;
		grown.index = i;
		grown.low = HIST_BUCKETS;
		grown.timed = 0;
		if (collect_cell(observer, &grown, &now, seen))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Prefer the name that the process has now.  If it has ended, or if its number
 * belongs to another PID namespace, use the name that BPF saved.
 */
static void name_vm(const struct observer *observer,
		    const struct obs_slot *slot, struct ledger_vm *vm)
{
	strcpy(vm->name, "?");
	if (!observer->other_pids)
		vm_name(vm->pid, vm->name, sizeof(vm->name));
	if (!strcmp(vm->name, "?"))
		vm_name_parse(slot->comm,
			      strnlen(slot->comm, sizeof(slot->comm)), vm->name,
			      sizeof(vm->name));
}

struct ledger_vcpu *observer_vcpu(const struct observer *observer,
				  const struct obs_slot *slot,
				  struct ledger *ledger,
				  const struct ledger *names)
{
	struct ledger_vm *vm = ledger_vm(ledger, slot->vm, slot->tgid);
	const struct ledger_vm *named;

	if (!vm)
		return NULL;
	if (!vm->name[0]) {
		named = names ? ledger_find_vm(names, slot->vm) : NULL;
		if (named)
			memcpy(vm->name, named->name, sizeof(vm->name));
		else
			name_vm(observer, slot, vm);
	}
	vm->isa = observer->isa;
	return ledger_vcpu(vm, slot->vcpu_id);
}

static int collect_slot(struct observer *observer, const struct obs_slot *slot,
			struct shadow *shadow,
			const struct collection *collection)
{
	struct ledger_vcpu *vcpu =
		observer_vcpu(observer, slot, collection->interval, NULL);

	if (!vcpu)
		return -ENOMEM;
	vcpu->tid = slot->tid;
	vcpu->prior_exits = slot->prior_exits;
	vcpu->born_ns = slot->born_ns;
	vcpu->first_exit_ns = slot->first_exit_ns;
	vcpu->first_io_ns = slot->first_io_ns;
	vcpu->missed_exits +=
		advance(&slot->missed_exits, &shadow->missed_exits);
	vcpu->missed_entries +=
		advance(&slot->missed_entries, &shadow->missed_entries);
	vcpu->failed_entries +=
		advance(&slot->failed_entries, &shadow->failed_entries);
	vcpu->emulated += advance(&slot->emulated, &shadow->emulated);
	vcpu->gone = shadow->ending;
	return collect_cells(observer, slot, shadow, vcpu, collection);
}

/* Free an ended vCPU's spans and its slot. */
static void free_slot(struct observer *observer, struct obs_slot *slot)
{
	struct observer_bpf__bss *bss = observer->bpf->bss;

	for (u32 i = 0; i < OBS_CELLS * HIST_SPANS; i++) {
		u16 span = slot->cell[i / HIST_SPANS].span[i % HIST_SPANS];

		if (!span)
			continue;
		memset(&bss->spans[span], 0, sizeof(bss->spans[span]));
		memset(observer->seen[span], 0, sizeof(observer->seen[span]));
		bss->free_spans[bss->free_tail & (OBS_SPANS - 1)] = span;
		__atomic_store_n(&bss->free_tail, bss->free_tail + 1,
				 __ATOMIC_RELEASE);
	}
	memset(&bss->splits[slot - bss->slots], 0, sizeof(bss->splits[0]));
	memset((char *)slot + sizeof(slot->vcpu), 0,
	       sizeof(*slot) - sizeof(slot->vcpu));
	__atomic_store_n(&slot->vcpu, 0, __ATOMIC_RELEASE);
	observer->ended++;
}

/*
 * Prepare a slot's shadow for collecting; its serial is 0 if the slot is
 * unused.
 */
static int begin_slot(struct observer *observer, size_t i)
{
	const struct obs_slot *slot = &observer->bpf->bss->slots[i];
	u64 vcpu = __atomic_load_n(&slot->vcpu, __ATOMIC_ACQUIRE);
	struct shadow *shadow;

	if (!vcpu || !__atomic_load_n(&slot->vm, __ATOMIC_ACQUIRE)) {
		if (observer->shadow[i])
			observer->shadow[i]->serial = 0;
		return 0;
	}
	shadow = shadow_of(observer, i);
	if (!shadow)
		return -ENOMEM;
	if (shadow->serial != slot->serial)
		shadow_begin(shadow, slot->serial);
	shadow->ending = vcpu == OBS_GONE;
	return 0;
}

/*
 * Has a process ended?  It must be gone from /proc, too: /proc may be the
 * host's, while kill() knows only the processes of a container.
 */
static bool has_ended(u64 pid)
{
	char path[32];

	if (!kill(pid, 0) || errno != ESRCH)
		return false;
	snprintf(path, sizeof(path), "/proc/%llu", (unsigned long long)pid);
	return access(path, F_OK) && errno == ENOENT;
}

/*
 * Delete the VMs of processes that have ended from BPF's map.  The next key is
 * read before a key is deleted: from a key that is missing, the walk would
 * begin again.
 */
static void forget_vms(const struct observer *observer)
{
	int fd = bpf_map__fd(observer->bpf->maps.vms), r;
	struct obs_vm_key key, next;

	r = bpf_map_get_next_key(fd, NULL, &next);
	while (!r) {
		key = next;
		r = bpf_map_get_next_key(fd, &key, &next);
		if (has_ended(key.tgid))
			bpf_map_delete_elem(fd, &key);
	}
}

/*
 * If the ends of vCPUs cannot be seen, look every CENSUS_NS for processes that
 * have ended: mark their vCPUs as ended, and forget their VMs.
 */
static void census(struct observer *observer, u64 now)
{
	if (observer->sees_ends || now < observer->next_census_ns)
		return;
	observer->next_census_ns = now + CENSUS_NS;
	/* Processes of another PID namespace are not known here. */
	if (observer->other_pids)
		return;
	for (size_t i = 0; i < OBS_SLOTS; i++) {
		struct obs_slot *slot = &observer->bpf->bss->slots[i];

		if (slot->vcpu <= OBS_GONE || !slot->vm ||
		    !has_ended(slot->tgid))
			continue;
		slot->vcpu = OBS_GONE;
		observer->bpf->bss->vcpus_ended++;
	}
	forget_vms(observer);
}

/*
 * There are three passes: find the vCPUs, collect their keys, and collect
 * everything else.
 */
static int collect_slots(struct observer *observer,
			 const struct collection *collection)
{
	int r = 0;

	for (size_t i = 0; i < OBS_SLOTS && !r; i++)
		r = begin_slot(observer, i);
	if (!r && observer->options.by)
		r = observer_collect_keys(observer, collection);
	for (size_t i = 0; i < OBS_SLOTS && !r; i++) {
		struct shadow *shadow = observer->shadow[i];
		struct obs_slot *slot = &observer->bpf->bss->slots[i];

		if (!shadow || !shadow->serial)
			continue;
		r = collect_slot(observer, slot, shadow, collection);
		if (!r && shadow->ending && collection->total)
			r = observer_total_slot(observer, slot, collection);
		if (!r && shadow->ending) {
			free_slot(observer, slot);
			shadow_begin(shadow, 0);
		}
	}
	return r;
}

static int collect(struct observer *observer,
		   const struct collection *collection)
{
	const struct observer_options *options = &observer->options;
	struct ledger *ledger = collection->interval;
	int r = 0;

	/*
	 * Take single events first, so that the data which are collected after
	 * them include the time and the VM of each.
	 */
	if (options->slower_than_ns || options->marks || collection->answers)
		r = observer_consume(observer, collection);
	if (r < 0)
		return r;
	ledger->ns = clock_now_ns();
	census(observer, ledger->ns);
	observer->vms_seen = __atomic_load_n(&observer->bpf->bss->vms_seen,
					     __ATOMIC_ACQUIRE);
	r = collect_slots(observer, collection);
	observer_sweep_threads(observer);
	observer_losses(observer, &ledger->losses);
	return r;
}

int observer_collect(struct observer *observer, struct ledger *interval,
		     struct ledger *total)
{
	const struct collection collection = { .interval = interval,
					       .total = total };

	return collect(observer, &collection);
}

int observer_collect_answers(struct observer *observer, struct ledger *interval,
			     struct answers *answers)
{
	const struct collection collection = { .interval = interval,
					       .answers = answers };

	return collect(observer, &collection);
}

uint64_t observer_slots(const struct observer *observer, uint64_t *used)
{
	*used = 0;
	for (size_t i = 0; i < OBS_SLOTS; i++)
		*used += !!__atomic_load_n(&observer->bpf->bss->slots[i].vcpu,
					   __ATOMIC_RELAXED);
	return OBS_SLOTS;
}

bool observer_has_news(const struct observer *observer)
{
	const struct observer_bpf__bss *bss = observer->bpf->bss;

	return observer_has_stale_threads(observer) ||
	       __atomic_load_n(&bss->vcpus_ended, __ATOMIC_RELAXED) !=
		       observer->ended ||
	       __atomic_load_n(&bss->vms_seen, __ATOMIC_RELAXED) !=
		       observer->vms_seen;
}
