// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/cost.h"
#include "balance/rules.h"
#include "exit_leaves.h"
#include "lib/array.h"

/*
 * KVM books an exit's time at the next entry, and the observer books it at the
 * next exit.  Both books have the same exits if each vCPU is between these two
 * events.  The reading vCPU always is.  Another vCPU is between them if it was
 * outside of the guest at the sum after the answer, and did not leave the guest
 * between the two sums: that would have increased the observer's time.
 */
static bool is_same_in_both(const struct answer *answer)
{
	return (answer->vcpus == 1 && !answer->host) ||
	       (answer->vcpus && answer->outside == answer->vcpus &&
		answer->ns_before == answer->ns_after);
}

void cost_take(struct cost *cost, bool late, const struct answer *answer)
{
	const struct answer *last = &cost->last;

	/* The host's reads may be stored before older reads of guests. */
	if (!is_same_in_both(answer) || answer->ns < last->ns)
		return;
	/*
	 * A vCPU that is new to the observer may have been outside of the guest
	 * since before the observer began.  Only KVM has the time of that exit.
	 */
	if (!late || answer->vcpus == last->vcpus) {
		cost->cycles +=
			leaf_cycles(&answer->read) - leaf_cycles(&last->read);
		cost->ns += answer->ns_after - last->ns_after;
		cost->exits += answer->exits_after - last->exits_after;
		cost->known = cost->exits > 0;
	}
	cost->last = *answer;
}

double cost_per_exit(const struct cost *cost, double tsc_khz)
{
	return ((int64_t)cost->cycles * (1e6 / tsc_khz) - cost->ns) /
	       cost->exits;
}

static struct cost *find(struct cost_vms *vms, uint64_t vm)
{
	struct cost_vm *added;

	for (size_t i = 0; i < vms->nr; i++) {
		if (vms->vm[i].vm == vm)
			return &vms->vm[i].cost;
	}
	added = array_append(vms->vm, vms->nr, vms->room);
	if (!added)
		return NULL;
	added->vm = vm;
	return &added->cost;
}

struct cost cost_since(const struct cost *sum, const struct cost *earlier)
{
	return (struct cost){
		.cycles = sum->cycles - earlier->cycles,
		.ns = sum->ns - earlier->ns,
		.exits = sum->exits - earlier->exits,
		.known = sum->exits > earlier->exits,
	};
}

int cost_vms_take(struct cost_vms *vms, const struct books *books,
		  const struct answer *answer)
{
	const bool late = books_vm_is_late(books, answer->vm);
	struct cost *cost;

	if (answer->read.leaf != EXIT_LEAF_CYCLES ||
	    books->host.exit_stats < 2 || !rules_judge(books, answer))
		return 0;
	cost = find(vms, answer->vm);
	if (!cost)
		return -ENOMEM;
	cost_take(cost, late, answer);
	return 0;
}

static void add(struct cost *to, const struct cost *from)
{
	to->cycles += from->cycles;
	to->ns += from->ns;
	to->exits += from->exits;
	to->known |= from->known;
}

struct cost cost_vms_sum(const struct cost_vms *vms)
{
	struct cost sum = vms->gone;

	for (size_t i = 0; i < vms->nr; i++)
		add(&sum, &vms->vm[i].cost);
	return sum;
}

void cost_vms_forget(struct cost_vms *vms, uint64_t vm)
{
	size_t kept = 0;

	for (size_t i = 0; i < vms->nr; i++) {
		if (vms->vm[i].vm == vm)
			add(&vms->gone, &vms->vm[i].cost);
		else
			vms->vm[kept++] = vms->vm[i];
	}
	vms->nr = kept;
}

void cost_vms_restart(struct cost_vms *vms)
{
	for (size_t i = 0; i < vms->nr; i++)
		add(&vms->gone, &vms->vm[i].cost);
	vms->nr = 0;
}

void cost_vms_free(struct cost_vms *vms)
{
	free(vms->vm);
	memset(vms, 0, sizeof(*vms));
}
