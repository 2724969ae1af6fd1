// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/rules.h"
#include "balance/timed.h"
#include "exit_leaves.h"
#include "lib/array.h"

/*
 * KVM books an exit's time at the entry, the observer at the next exit.  The
 * reader is between these two with no exit, and so are all others that were out
 * of the guest when the sum after the answer was made, if none of them had come
 * out since the sum before: then the observer's time would have grown.
 */
static bool is_same_in_both(const struct answer *answer)
{
	return answer->vcpus == 1 ||
	       (answer->vcpus && answer->outside == answer->vcpus &&
		answer->ns_before == answer->ns_after);
}

void timed_take(struct timed *timed, bool late, const struct answer *answer)
{
	const struct answer *last = &timed->last;

	if (!is_same_in_both(answer))
		return;
	/*
	 * A vCPU that the observer had not seen yet may have been out of the
	 * guest since before it came: KVM alone has that exit's time.
	 */
	if (!late || answer->vcpus == last->vcpus) {
		timed->cycles +=
			leaf_cycles(&answer->read) - leaf_cycles(&last->read);
		timed->ns += answer->ns_after - last->ns_after;
		timed->exits += answer->exits_after - last->exits_after;
		timed->known = timed->exits > 0;
	}
	timed->last = *answer;
}

double timed_cost(const struct timed *timed, double tsc_khz)
{
	return ((int64_t)timed->cycles * (1e6 / tsc_khz) - timed->ns) /
	       timed->exits;
}

static struct timed *find(struct timed_vms *vms, uint64_t vm)
{
	struct timed_vm *added;

	for (size_t i = 0; i < vms->nr; i++) {
		if (vms->vm[i].vm == vm)
			return &vms->vm[i].timed;
	}
	added = array_append(vms->vm, vms->nr, vms->room);
	if (!added)
		return NULL;
	added->vm = vm;
	return &added->timed;
}

struct timed timed_since(const struct timed *sum, const struct timed *earlier)
{
	return (struct timed){
		.cycles = sum->cycles - earlier->cycles,
		.ns = sum->ns - earlier->ns,
		.exits = sum->exits - earlier->exits,
		.known = sum->exits > earlier->exits,
	};
}

int timed_vms_take(struct timed_vms *vms, const struct books *books,
		   const struct answer *answer)
{
	const bool late = books_vm_is_late(books, answer->vm);
	struct timed *timed;

	if (answer->read.leaf != EXIT_LEAF_CYCLES ||
	    books->host.exit_stats != 2 || !rules_judge(books, answer))
		return 0;
	timed = find(vms, answer->vm);
	if (!timed)
		return -ENOMEM;
	timed_take(timed, late, answer);
	return 0;
}

static void add(struct timed *to, const struct timed *from)
{
	to->cycles += from->cycles;
	to->ns += from->ns;
	to->exits += from->exits;
	to->known |= from->known;
}

struct timed timed_vms_sum(const struct timed_vms *vms)
{
	struct timed sum = vms->gone;

	for (size_t i = 0; i < vms->nr; i++)
		add(&sum, &vms->vm[i].timed);
	return sum;
}

void timed_vms_forget(struct timed_vms *vms, uint64_t vm)
{
	size_t kept = 0;

	for (size_t i = 0; i < vms->nr; i++) {
		if (vms->vm[i].vm == vm)
			add(&vms->gone, &vms->vm[i].timed);
		else
			vms->vm[kept++] = vms->vm[i];
	}
	vms->nr = kept;
}

void timed_vms_restart(struct timed_vms *vms)
{
	for (size_t i = 0; i < vms->nr; i++)
		add(&vms->gone, &vms->vm[i].timed);
	vms->nr = 0;
}

void timed_vms_free(struct timed_vms *vms)
{
	free(vms->vm);
	memset(vms, 0, sizeof(*vms));
}
