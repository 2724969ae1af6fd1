/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters at two moments, and the difference without the exits of the
 * reads.
 */
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
	uint64_t cycles; /* cycles of the program's own exits are included */
	uint64_t dropped; /* exits whose time is in no cycles */
	uint32_t uncounted; /* vCPUs that are not counted all the time */
	uint64_t own; /* exits, taken off @exits and off those of CPUID */
	/* Rows with exits, the most frequent first. */
	struct difference_row *row;
	size_t nr;
};

/**
 * difference_make - compute the difference of two snapshots
 * @difference: filled in; to be freed with difference_free
 *
 * Returns 0, -ENOMEM, or -ERANGE: a later count is lower, or leaves_same_vm()
 * says no, so the later one is of another host's KVM. Such a host is not
 * recognized if, since the move, it has counted more of everything than the
 * first one had before.
 */
int difference_make(const struct snapshot *from, const struct snapshot *to,
		    struct difference *difference);

void difference_free(struct difference *difference);

#endif /* EXITLEDGER_GUEST_SNAPSHOT_H */
