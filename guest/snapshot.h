/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the counters at two moments, and computes the difference without the
 * exits of the reads.
 */
#ifndef EXITLEDGER_GUEST_SNAPSHOT_H
#define EXITLEDGER_GUEST_SNAPSHOT_H

#include "leaves.h"

struct exit_reason;

/* All leaves, read one after the other. */
struct snapshot {
	struct leaves leaves;
	uint64_t executed; /* this program's CPUIDs before the first read */
	uint64_t ns; /* CLOCK_MONOTONIC */
};

/* Executes CPUID for snapshots, and counts it: each CPUID is an exit. */
struct counted_cpuid {
	leaf_cpuid execute;
	uint64_t executed;
};

/** counted_cpuid_execute - a leaf_cpuid; @data is a struct counted_cpuid */
void counted_cpuid_execute(struct leaf_io *io, void *data);

/**
 * snapshot_read - read all leaves
 * @snapshot: to be freed with snapshot_free()
 *
 * Returns 0 or -ENOMEM.  Check leaves.abi before using the snapshot.
 */
int snapshot_read(struct snapshot *snapshot, struct counted_cpuid *cpuid);

void snapshot_free(struct snapshot *snapshot);

struct difference_row {
	const struct exit_reason *reason;
	uint64_t exits;
	uint64_t cycles;
};

struct difference {
	uint32_t isa;
	uint32_t vcpus;
	double seconds;
	uint64_t exits;
	uint64_t cycles; /* includes the cycles of the program's own exits */
	uint64_t dropped; /* exits whose cycles are missing */
	uint32_t uncounted; /* vCPUs that were not counted all the time */
	uint64_t own; /* the program's own exits, which are subtracted */
	/* The reasons that have exits, the most frequent first. */
	struct difference_row *row;
	size_t nr;
};

/**
 * difference_make - compute the difference of two snapshots
 * @difference: filled in; to be freed with difference_free()
 *
 * Returns 0 or -ENOMEM; or -ERANGE if the second snapshot is from another
 * host's KVM.  This is the case if a count has become lower, or if
 * leaves_same_vm() is false.  It is not noticed if all counts of the other
 * host are higher than before.
 */
int difference_make(const struct snapshot *from, const struct snapshot *to,
		    struct difference *difference);

void difference_free(struct difference *difference);

#endif /* EXITLEDGER_GUEST_SNAPSHOT_H */
