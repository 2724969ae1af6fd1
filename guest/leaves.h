/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the exit-counter leaves in an order that makes counts consistent. */
#ifndef EXITLEDGER_GUEST_LEAVES_H
#define EXITLEDGER_GUEST_LEAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_leaves.h"

/* One CPUID instruction: its input and output registers. */
struct leaf_io {
	uint32_t leaf;
	uint32_t index; /* input value of ECX; 0 if the leaf ignores it */
	uint32_t eax, ebx, ecx, edx;
	bool has_executed;
	uint64_t executed; /* exits of this reason that the guest has caused */
	bool has_userspace;
	uint64_t userspace; /* TSC cycles of the VMM in these exits */
};

/* Executes CPUID with @leaf and @index, and fills in the registers. */
typedef void (*leaf_cpuid)(struct leaf_io *io, void *data);

struct leaves {
	uint32_t abi; /* 0: the hypervisor does not answer the leaves */
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	uint32_t vcpus;
	bool counting;
	bool timing;
	uint64_t dropped; /* exits whose cycles are missing */
	uint32_t uncounted; /* vCPUs that were not counted all the time */
	bool has_statistics;
	uint64_t statistics; /* exits in KVM's own statistics at the end */
	struct leaf_io *io; /* in the order in which they were executed */
	size_t nr;
};

/** leaf_exits - the 64-bit count in an answer to EXITS or REASON_EXITS */
uint64_t leaf_exits(const struct leaf_io *io);

/** leaf_cycles - the 64-bit count in an answer to CYCLES or REASON_CYCLES */
uint64_t leaf_cycles(const struct leaf_io *io);

/** leaves_find - find the read of a leaf and index; NULL if there is none */
const struct leaf_io *leaves_find(const struct leaves *leaves, uint32_t leaf,
				  uint32_t index);

/**
 * leaves_same_vm - can two series of reads be of the same counters?
 *
 * Returns false if the kind of processor differs or if the number of vCPUs has
 * decreased: then the machine was moved to another host.  If it returns true,
 * the counters can still be different ones.
 */
bool leaves_same_vm(const struct leaves *before, const struct leaves *after);

/**
 * leaves_read_info - read only the description of the leaves
 * @leaves: must be zeroed; to be freed with leaves_free()
 *
 * Returns 0 or -ENOMEM.
 */
int leaves_read_info(struct leaves *leaves, leaf_cpuid cpuid, void *data);

/**
 * leaves_read - read all leaves
 * @leaves: must be zeroed; to be freed with leaves_free()
 * @cpuid: executes CPUID
 *
 * First come the exits of each reason that the ISA defines.  CPUID's reason is
 * the last of these, because every read is such an exit.  Then comes the
 * total, which is thus not below their sum, and then the cycles of all reasons
 * with exits.  If answers report gaps, the numbers of missing exits and vCPUs
 * follow.  If there are no leaves, or if their ABI is unknown, only the
 * description is read.  Returns 0 or -ENOMEM.
 */
int leaves_read(struct leaves *leaves, leaf_cpuid cpuid, void *data);

void leaves_free(struct leaves *leaves);

#endif /* EXITLEDGER_GUEST_LEAVES_H */
