/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the exit-counter leaves in an order in which the reads add up. */
#ifndef EXITLEDGER_GUEST_LEAVES_H
#define EXITLEDGER_GUEST_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_leaves.h"

/* One CPUID: the registers that went in, and those that came out. */
struct leaf_io {
	uint32_t leaf;
	uint32_t index; /* ECX that went in; 0 if the leaf ignores it */
	uint32_t eax, ebx, ecx, edx;
	bool has_executed;
	uint64_t executed; /* exits of this reason that the guest has caused */
	bool has_userspace;
	uint64_t userspace; /* TSC cycles that the VMM itself took for them */
};

/* Executes CPUID: fills in the registers from @leaf and @index. */
typedef void (*leaf_cpuid)(struct leaf_io *io, void *data);

struct leaves {
	uint32_t abi; /* 0: the hypervisor does not answer the leaves */
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	uint32_t vcpus;
	bool counting;
	bool timing;
	uint64_t dropped; /* exits whose time is in no cycles */
	uint32_t uncounted; /* vCPUs that are not counted all the time */
	bool has_statistics;
	uint64_t statistics; /* exits, as KVM's own statistics say at the end */
	struct leaf_io *io; /* in the order in which they were executed */
	size_t nr;
};

/** leaf_exits - the 64-bit count in an answer to EXITS or REASON_EXITS */
uint64_t leaf_exits(const struct leaf_io *io);

/** leaf_cycles - the 64-bit count in an answer to CYCLES or REASON_CYCLES */
uint64_t leaf_cycles(const struct leaf_io *io);

/** leaves_find - the read of a leaf and index, or NULL */
const struct leaf_io *leaves_find(const struct leaves *leaves, uint32_t leaf,
				  uint32_t index);

/**
 * leaves_same_vm - may two reads, one after the other, be of the same counters?
 *
 * False if the kind of processor differs, or if there were more vCPUs before:
 * then the machine was moved to another host.  True is no proof.
 */
bool leaves_same_vm(const struct leaves *before, const struct leaves *after);

/**
 * leaves_read_info - find out whether the leaves are there, and nothing else
 * @leaves: zeroed; to be freed with leaves_free
 *
 * Returns 0 or -ENOMEM.
 */
int leaves_read_info(struct leaves *leaves, leaf_cpuid cpuid, void *data);

/**
 * leaves_read - find out whether the leaves are there, and read all of them
 * @leaves: zeroed; to be freed with leaves_free
 * @cpuid: executes CPUID
 *
 * First come the exits of every reason that the ISA defines, CPUID's last, as
 * every read is such an exit.  Then comes the total, so that it is not below
 * their sum; then the cycles of the reasons that had an exit; and at last, if
 * some are not of all exits, the missing numbers.  If there are no leaves, or
 * if their ABI is not the one known here, the rest is not read.  Returns 0 or
 * -ENOMEM.
 */
int leaves_read(struct leaves *leaves, leaf_cpuid cpuid, void *data);

void leaves_free(struct leaves *leaves);

#endif /* EXITLEDGER_GUEST_LEAVES_H */
