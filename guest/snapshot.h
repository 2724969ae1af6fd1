/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters twice, and what is between: without what the reads cost. */
#ifndef EXITLEDGER_GUEST_SNAPSHOT_H
#define EXITLEDGER_GUEST_SNAPSHOT_H

#include "leaves.h"

struct exit_reason;

/* All leaves, read one after the other. */
struct snapshot {
	struct leaves leaves;
	uint64_t executed; /* CPUIDs of this program before the first of them */
	uint64_t ns; /* CLOCK_MONOTONIC */
};

/* Executes CPUID for snapshots, and counts how often: each is an exit. */
struct counted_cpuid {
	leaf_cpuid execute;
	uint64_t executed;
};

/** counted_cpuid_execute - a leaf_cpuid, whose data is a struct counted_cpuid */
void counted_cpuid_execute(struct leaf_io *io, void *data);

/**
 * snapshot_read - read all leaves
 * @snapshot: to be freed with snapshot_free
 *
 * 0 (see leaves.abi then), or -ENOMEM.
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
	uint64_t cycles; /* those of the own exits are among them */
	uint64_t dropped; /* exits whose time is in no cycles */
	uint32_t uncounted; /* vCPUs that are not counted all the time */
	uint64_t own; /* exits, taken off @exits and off those of CPUID */
	struct difference_row *row; /* those with exits, most first */
	size_t nr;
};

/**
 * difference_make - what happened from one snapshot to the next
 * @difference: filled in; to be freed with difference_free
 *
 * 0, -ENOMEM, or -ERANGE: a later count is lower, or leaves_same_vm() says no:
 * so they are of another host's KVM.  One that has counted more of everything
 * since the move than the first had before cannot be told from it.
 */
int difference_make(const struct snapshot *from, const struct snapshot *to,
		    struct difference *difference);

void difference_free(struct difference *difference);

#endif /* EXITLEDGER_GUEST_SNAPSHOT_H */
