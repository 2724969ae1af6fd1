// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "run/run_schema.h"
#include "run/run_totals.h"

/* What may lie between KVM's total and BPF's sum: see struct ledger_mark. */
struct between {
	int64_t least;
	int64_t most;
};

static struct between allowed(const struct run_mark *mark)
{
	return (struct between){
		(int64_t)(mark->bpf_before - mark->bpf_exits),
		mark->vcpus ? (int64_t)mark->vcpus - 1 : 0,
	};
}

/* What is known of a VM from the marks so far. */
struct life {
	bool running; /* when the recording began … */
	const struct run_mark *base; /* … so it counts from this mark on */
};

static void live(struct life *life, const struct run_mark *mark)
{
	if (!strcmp(mark->kind, RUN_MARK_RUNNING))
		life->running = true;
	if (life->running && !life->base && mark->has_kernel)
		life->base = mark;
}

static void judge(struct run_total *total, const struct run_mark *base)
{
	const struct run_mark *mark = total->mark;
	struct between may = allowed(mark);

	total->judged = mark->has_kernel;
	total->difference = (int64_t)(mark->kernel_exits - mark->bpf_exits);
	if (base) {
		struct between then = allowed(base);

		total->judged &= base != mark;
		total->difference -=
			(int64_t)(base->kernel_exits - base->bpf_exits);
		may.least -= then.most;
		may.most -= then.least;
	}
	total->allowed = total->difference >= may.least &&
			 total->difference <= may.most;
}

static void add(struct run_totals *totals, const struct ledger_vm *vm,
		const struct run_mark *mark, const struct run_mark *base)
{
	struct run_total *total = &totals->total[totals->nr++];

	total->mark = mark;
	total->vm = vm;
	judge(total, base);
	totals->judged += total->judged;
	totals->exact += total->judged && !total->difference;
	totals->wrong += total->judged && !total->allowed;
	totals->late |= total->judged && base;
}

int run_totals(const struct run_report *report, const struct filter *filter,
	       struct run_totals *totals)
{
	const struct run_marks *marks = report->marks;
	const struct ledger *vms = report->known;
	struct life *lives = calloc(vms->nr_vms + 1, sizeof(*lives));

	memset(totals, 0, sizeof(*totals));
	totals->total = calloc(marks->nr + 1, sizeof(*totals->total));
	if (!lives || !totals->total) {
		free(lives);
		return -ENOMEM;
	}
	for (size_t i = 0; i < marks->nr; i++) {
		const struct run_mark *mark = &marks->mark[i];
		const struct ledger_vm *vm = ledger_find_vm(vms, mark->vm);
		struct life *life = vm ? &lives[vm - vms->vm] : NULL;

		if (!vm || !filter_has_vm(filter, vm))
			continue;
		live(life, mark);
		if (mark->has_exits)
			add(totals, vm, mark, life->base);
	}
	free(lives);
	return 0;
}

const struct run_total *run_total_of(const struct run_totals *totals,
				     const struct run_mark *mark)
{
	for (size_t i = 0; i < totals->nr; i++) {
		if (totals->total[i].mark == mark)
			return &totals->total[i];
	}
	return NULL;
}

void run_totals_free(struct run_totals *totals)
{
	free(totals->total);
	memset(totals, 0, sizeof(*totals));
}
