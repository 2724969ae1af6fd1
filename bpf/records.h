/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the observer's BPF programs and user space share: the layout of a
 * vCPU's slot and of a captured answer.  Included by both, so fixed widths,
 * explicit padding, and offsets that are checked on both sides.
 */
#ifndef EXITLEDGER_RECORDS_H
#define EXITLEDGER_RECORDS_H

#ifdef __bpf__
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#else
#include <stdint.h>
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

/*
 * vCPUs that can be observed at a time.  A slot is found by hashing the
 * vCPU's address and looking at no more than OBS_PROBES places from there, so
 * not quite all of them can be in use.  A power of two.
 */
#define OBS_SLOTS 2048
#define OBS_PROBES 32

/*
 * A reason's cell: reasons below OBS_DENSE have a fixed one, so have SVM's
 * nested page faults (0x400 and up); any other takes one of the last ones when
 * it is first seen, and its number is in obs_slot.sparse[].
 */
#define OBS_DENSE 0xc0
#define OBS_NPF_BASE 0x400
#define OBS_NPF 0x10
#define OBS_FIXED (OBS_DENSE + OBS_NPF)
#define OBS_SPARSE 16
#define OBS_CELLS (OBS_FIXED + OBS_SPARSE)

struct obs_cell {
	u64 exits;
	u64 ns; /* from these exits to the next entry */
};

/* obs_slot.vcpu of a slot whose vCPU is no more; user space frees it. */
#define OBS_GONE 1ull

/*
 * One vCPU.  Written by the vCPU's own thread, which only one thread can be at
 * a time: plain stores, no atomics.
 */
struct obs_slot {
	u64 vcpu; /* address of struct kvm_vcpu; 0: free; OBS_GONE */
	u64 vm; /* number of the VM, from 1; 0 while the slot is being set up */
	u64 exits;
	u64 ns;
	u64 exit_ns; /* clock at an exit that no entry followed yet, or 0 */
	u64 pending_ns; /* time of an exit that no exit followed yet, or 0 */
	u64 prior_exits; /* by KVM's own statistics when first seen */
	u64 missed_exits; /* entries that no exit preceded */
	u64 missed_entries; /* exits that no entry preceded */
	u64 sparse_full; /* exits of reasons that found no cell */
	u64 since_ns; /* clock when first seen */
	u32 vcpu_id;
	u32 tgid;
	u32 tid;
	u32 isa; /* EXIT_LEAF_ISA_*, as the tracepoint has it; 0: no exit yet */
	u32 paired; /* an exit and the entry after it were seen */
	u32 open; /* the cell of the exit at exit_ns; OBS_CELLS: none */
	u32 next; /* 1 + index of the next slot of the same VM; 0: last */
	u32 nr_sparse;
	u32 sparse[OBS_SPARSE];
	struct obs_cell cell[OBS_CELLS];
};

/* A guest's read of one of our CPUID leaves, and what BPF had at that moment. */
#define OBS_ANSWER_PAIRED 1u /* the exit was seen: the sums are valid */
#define OBS_ANSWER_FOUND 2u /* KVM has such a leaf */

struct obs_answer {
	u64 vm;
	u64 ns; /* clock at kvm_cpuid */
	u64 exits_before; /* the VM's sum at kvm_exit, this exit included */
	u64 exits_after; /* … at kvm_cpuid */
	u64 ns_before;
	u64 ns_after;
	u32 vcpu_id;
	u32 vcpus; /* of this VM, seen so far */
	u32 leaf;
	u32 index; /* ECX in */
	u32 eax, ebx, ecx, edx;
	u32 flags;
	u32 pad;
};

/* What could not be booked, of all VMs. */
struct obs_losses {
	u64 no_slot; /* exits and entries of vCPUs that found no slot */
	u64 no_vm; /* vCPUs whose VM could not be remembered */
	u64 answers; /* answers that found no room in the ring buffer */
	u64 unreadable; /* exits whose reason could not be read */
};

#define OBS_ASSERT(what) _Static_assert(what, #what)

OBS_ASSERT((OBS_SLOTS & (OBS_SLOTS - 1)) == 0);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, vcpu_id) == 88);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, sparse) == 120);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, cell) == 184);
OBS_ASSERT(sizeof(struct obs_slot) == 184 + 16 * OBS_CELLS);
OBS_ASSERT(sizeof(struct obs_answer) == 88);
OBS_ASSERT(sizeof(struct obs_losses) == 32);

#endif /* EXITLEDGER_RECORDS_H */
