// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger/reasons.h"
#include "snapshot.h"

void counted_cpuid_execute(struct leaf_io *io, void *data)
{
	struct counted_cpuid *cpuid = data;

	cpuid->executed++;
	cpuid->execute(io, NULL);
}

int snapshot_read(struct snapshot *snapshot, struct counted_cpuid *cpuid)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	snapshot->executed = cpuid->executed;
	return leaves_read(&snapshot->leaves, counted_cpuid_execute, cpuid);
}

void snapshot_free(struct snapshot *snapshot)
{
	leaves_free(&snapshot->leaves);
}

/* A leaf's answer, and how many CPUIDs the program had executed before. */
struct value {
	uint64_t count;
	uint64_t executed;
};

static struct value value_of(const struct snapshot *snapshot, uint32_t leaf,
			     uint32_t index)
{
	const struct leaf_io *io = leaves_find(&snapshot->leaves, leaf, index);

	if (!io)
		return (struct value){ 0 };
	return (struct value){
		leaf == EXIT_LEAF_CYCLES || leaf == EXIT_LEAF_REASON_CYCLES ?
			leaf_cycles(io) :
			leaf_exits(io),
		snapshot->executed + (io - snapshot->leaves.io),
	};
}

/*
 * Compute by how much a count has grown.  If @own is not NULL, set it to the
 * number of the program's own CPUIDs, and subtract these.
 */
static int advance(const struct snapshot *from, const struct snapshot *to,
		   uint32_t leaf, uint32_t index, uint64_t *more, uint64_t *own)
{
	struct value before = value_of(from, leaf, index);
	struct value after = value_of(to, leaf, index);
	uint64_t mine = own ? after.executed - before.executed : 0;

	if (after.count < before.count || after.count - before.count < mine)
		return -ERANGE;
	*more = after.count - before.count - mine;
	if (own)
		*own = mine;
	return 0;
}

static int by_exits(const void *a, const void *b)
{
	const struct difference_row *x = a, *y = b;

	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return x->reason->code > y->reason->code ? 1 : -1;
}

static int make_rows(const struct snapshot *from, const struct snapshot *to,
		     struct difference *difference)
{
	const uint32_t cpuid = exit_reason_cpuid(to->leaves.isa);
	const struct exit_reason *reasons;
	size_t nr;
	int r = 0;

	reasons = exit_reasons(to->leaves.isa, &nr);
	difference->row = calloc(nr + 1, sizeof(*difference->row));
	if (!difference->row)
		return -ENOMEM;
	for (size_t i = 0; !r && i < nr; i++) {
		const uint32_t code = reasons[i].code;
		struct difference_row row = { .reason = &reasons[i] };
		uint64_t own;

		r = advance(from, to, EXIT_LEAF_REASON_EXITS, code, &row.exits,
			    code == cpuid ? &own : NULL);
		if (!r)
			r = advance(from, to, EXIT_LEAF_REASON_CYCLES, code,
				    &row.cycles, NULL);
		if (row.exits)
			difference->row[difference->nr++] = row;
	}
	qsort(difference->row, difference->nr, sizeof(*difference->row),
	      by_exits);
	return r;
}

int difference_make(const struct snapshot *from, const struct snapshot *to,
		    struct difference *difference)
{
	int r;

	*difference = (struct difference){
		.isa = to->leaves.isa,
		.vcpus = to->leaves.vcpus,
		.seconds = (to->ns - from->ns) / 1e9,
		.uncounted = to->leaves.uncounted,
		.dropped = to->leaves.dropped - from->leaves.dropped,
	};
	r = leaves_same_vm(&from->leaves, &to->leaves) ? 0 : -ERANGE;
	if (!r)
		r = advance(from, to, EXIT_LEAF_EXITS, 0, &difference->exits,
			    &difference->own);
	if (!r)
		r = advance(from, to, EXIT_LEAF_CYCLES, 0, &difference->cycles,
			    NULL);
	if (!r)
		r = make_rows(from, to, difference);
	if (r)
		difference_free(difference);
	return r;
}

void difference_free(struct difference *difference)
{
	free(difference->row);
	difference->row = NULL;
	difference->nr = 0;
}
