// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balance/gaps.h"
#include "exit_leaves.h"
#include "lib/array.h"

static int compare(const void *element, const void *wanted)
{
	const struct vcpu_gaps *vcpu = element, *key = wanted;

	if (vcpu->vm != key->vm)
		return vcpu->vm < key->vm ? -1 : 1;
	if (vcpu->vcpu_id != key->vcpu_id)
		return vcpu->vcpu_id < key->vcpu_id ? -1 : 1;
	return 0;
}

/* Get the gaps that a single answer reports. */
static struct vcpu_gaps gaps_in(const struct answer *answer)
{
	const struct leaf_read *read = &answer->read;
	struct vcpu_gaps told = { .vm = answer->vm,
				  .vcpu_id = answer->host ? GAPS_HOST :
							    answer->vcpu_id };

	if (read->leaf != EXIT_LEAF_INFO) {
		told.flags = leaf_undefined(read) ? 0 :
						    read->edx & EXIT_LEAF_GAPS;
	} else if (read->index == 2) {
		told.dropped = leaf_exits(read);
		told.uncounted = read->ecx;
	}
	return told;
}

static size_t place_of(const struct gaps *gaps, const struct vcpu_gaps *told)
{
	return array_lower_bound(told, gaps->vcpu, gaps->nr, sizeof(*told),
				 compare);
}

/* Find the gaps of a vCPU; NULL if none of its answers has reported any. */
static struct vcpu_gaps *find(const struct gaps *gaps,
			      const struct vcpu_gaps *told)
{
	size_t at = place_of(gaps, told);

	return at < gaps->nr && !compare(&gaps->vcpu[at], told) ?
		       &gaps->vcpu[at] :
		       NULL;
}

bool gaps_fit(const struct gaps *gaps, const struct answer *answer)
{
	const struct vcpu_gaps told = gaps_in(answer);
	const struct vcpu_gaps *before = find(gaps, &told);

	if (!before || answer->read.leaf != EXIT_LEAF_INFO)
		return true;
	if (answer->read.index == 1)
		return answer->read.ecx >= before->uncounted;
	if (answer->read.index != 2)
		return true;
	return told.dropped >= before->dropped &&
	       told.uncounted >= before->uncounted &&
	       (told.dropped || !(before->flags & EXIT_LEAF_DROPPED)) &&
	       (told.uncounted || !(before->flags & EXIT_LEAF_UNCOUNTED));
}

int gaps_take(struct gaps *gaps, const struct answer *answer)
{
	const struct vcpu_gaps told = gaps_in(answer);
	struct vcpu_gaps *vcpu;

	/* Answers with an unknown VM may belong to several VMs. */
	if (!told.vm || !(told.flags | told.dropped | told.uncounted))
		return 0;
	vcpu = find(gaps, &told);
	if (!vcpu) {
		vcpu = array_insert(gaps->vcpu, gaps->nr, gaps->room,
				    place_of(gaps, &told));
		if (!vcpu)
			return -ENOMEM;
		*vcpu = told;
		return 0;
	}
	vcpu->flags |= told.flags;
	if (told.dropped > vcpu->dropped)
		vcpu->dropped = told.dropped;
	if (told.uncounted > vcpu->uncounted)
		vcpu->uncounted = told.uncounted;
	return 0;
}

void gaps_forget(struct gaps *gaps, uint64_t vm)
{
	size_t kept = 0;

	for (size_t i = 0; i < gaps->nr; i++) {
		if (gaps->vcpu[i].vm != vm)
			gaps->vcpu[kept++] = gaps->vcpu[i];
	}
	gaps->nr = kept;
}

void gaps_free(struct gaps *gaps)
{
	free(gaps->vcpu);
	memset(gaps, 0, sizeof(*gaps));
}
