// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "leaves.h"
#include "ledger/reasons.h"

uint64_t leaf_exits(const struct leaf_io *io)
{
	return (uint64_t)io->ebx << 32 | io->eax;
}

uint64_t leaf_cycles(const struct leaf_io *io)
{
	return (uint64_t)io->ebx << 32 | io->ecx;
}

const struct leaf_io *leaves_find(const struct leaves *leaves, uint32_t leaf,
				  uint32_t index)
{
	for (size_t i = 0; i < leaves->nr; i++) {
		if (leaves->io[i].leaf == leaf && leaves->io[i].index == index)
			return &leaves->io[i];
	}
	return NULL;
}

/*
 * Execute one CPUID, and store its answer.  The memory exists already, so that
 * nothing is allocated between reads.
 */
static struct leaf_io *read_one(struct leaves *leaves, leaf_cpuid cpuid,
				void *data, uint32_t leaf, uint32_t index)
{
	struct leaf_io *io = &leaves->io[leaves->nr++];

	*io = (struct leaf_io){ .leaf = leaf, .index = index };
	cpuid(io, data);
	return io;
}

static void read_info(struct leaves *leaves, leaf_cpuid cpuid, void *data)
{
	const struct leaf_io *io;

	io = read_one(leaves, cpuid, data, EXIT_LEAF_INFO, 0);
	if (io->ebx != EXIT_LEAF_SIG_EBX || io->ecx != EXIT_LEAF_SIG_ECX ||
	    io->edx != EXIT_LEAF_SIG_EDX) {
		leaves->nr = 0;
		return;
	}
	leaves->abi = io->eax;
	if (leaves->abi != EXIT_LEAF_ABI)
		return;
	io = read_one(leaves, cpuid, data, EXIT_LEAF_INFO, 1);
	leaves->isa = io->eax;
	leaves->vcpus = io->ecx;
	leaves->counting = io->edx & EXIT_LEAF_COUNTING;
	leaves->timing = io->edx & EXIT_LEAF_TIMING;
}

/* Allocate memory for the largest ISA: two reads per reason, and six more. */
static int make_room(struct leaves *leaves)
{
	size_t most = 0;

	for (size_t i = 0; isa_table[i]; i++) {
		if (isa_table[i]->nr_reasons > most)
			most = isa_table[i]->nr_reasons;
	}
	most = 2 * most + 6;
	leaves->io = calloc(most, sizeof(*leaves->io));
	return leaves->io ? 0 : -ENOMEM;
}

bool leaves_same_vm(const struct leaves *before, const struct leaves *after)
{
	/* INFO's number of vCPUs never decreases: it includes ended ones. */
	return after->isa == before->isa && after->vcpus >= before->vcpus;
}

int leaves_read_info(struct leaves *leaves, leaf_cpuid cpuid, void *data)
{
	int r = make_room(leaves);

	if (!r)
		read_info(leaves, cpuid, data);
	return r;
}

int leaves_read(struct leaves *leaves, leaf_cpuid cpuid, void *data)
{
	const struct exit_reason *reasons;
	const struct leaf_io *gaps;
	bool gap;
	uint32_t last;
	size_t nr;
	int r = leaves_read_info(leaves, cpuid, data);

	if (r || leaves->abi != EXIT_LEAF_ABI)
		return r;
	reasons = exit_reasons(leaves->isa, &nr);
	last = exit_reason_cpuid(leaves->isa);
	for (size_t i = 0; i < nr; i++) {
		if (reasons[i].code != last)
			read_one(leaves, cpuid, data, EXIT_LEAF_REASON_EXITS,
				 reasons[i].code);
	}
	if (nr)
		read_one(leaves, cpuid, data, EXIT_LEAF_REASON_EXITS, last);
	read_one(leaves, cpuid, data, EXIT_LEAF_EXITS, 0);
	gap = read_one(leaves, cpuid, data, EXIT_LEAF_CYCLES, 0)->edx &
	      EXIT_LEAF_GAPS;
	for (size_t i = 0; i < nr; i++) {
		const struct leaf_io *io = leaves_find(
			leaves, EXIT_LEAF_REASON_EXITS, reasons[i].code);

		if (leaf_exits(io))
			gap |= read_one(leaves, cpuid, data,
					EXIT_LEAF_REASON_CYCLES,
					reasons[i].code)
				       ->edx &
			       EXIT_LEAF_GAPS;
	}
	if (!gap)
		return 0;
	gaps = read_one(leaves, cpuid, data, EXIT_LEAF_INFO, 2);
	leaves->dropped = leaf_exits(gaps);
	leaves->uncounted = gaps->ecx;
	return 0;
}

void leaves_free(struct leaves *leaves)
{
	free(leaves->io);
	memset(leaves, 0, sizeof(*leaves));
}
