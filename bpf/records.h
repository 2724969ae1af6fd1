/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The layouts that BPF programs and user space share: a vCPU's slot, a captured
 * answer, and others.  Both include this file, so it has fixed widths, explicit
 * padding, and offsets that both check.
 */
#ifndef EXITLEDGER_RECORDS_H
#define EXITLEDGER_RECORDS_H

#ifdef __bpf__
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long s64;
#else
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;
#endif

#include "exit_roles.h"
#include "hist_layout.h"

/* A cache line, in bytes. */
#define OBS_LINE 64

/*
 * The number of vCPUs that can be observed at the same time.  A vCPU's address
 * is hashed to one of OBS_HOMES slots, a power of two.  The vCPU gets the first
 * free one of OBS_PROBES slots from there on.  If none of these is free, it
 * gets none, although other slots may be free.
 */
#define OBS_HOMES 2048
#define OBS_PROBES 32
#define OBS_SLOTS (OBS_HOMES + OBS_PROBES)

/*
 * A reason gets one of the slot's cells when it is first seen.  The cell is
 * looked up directly for reasons below OBS_DENSE and for SVM's nested page
 * faults, and is searched by its reason for all others.  Cell 0 has all reasons
 * that found no free cell.
 */
#define OBS_DENSE 0xc0
#define OBS_NPF_BASE 0x400
#define OBS_NPF 0x10
#define OBS_DIRECT (OBS_DENSE + OBS_NPF)
#define OBS_CELLS 50

/* A reason that could not be read.  No real exit has this number. */
#define OBS_UNREADABLE 0xfffffffeu

/* The number of spans for all histograms (hist.h).  Span 0 means none. */
#define OBS_SPANS 65536

struct obs_span {
	u32 count[HIST_SPAN]; /* the counts wrap */
};

struct obs_cell {
	u64 exits;
	u64 ns; /* the time from these exits to the next entries */
	u64 min_ns; /* ~0: none yet */
	u64 max_ns;
	/* the part of ns in which the thread was off the CPU, but runnable */
	u64 preempted_ns;
	u64 blocked_ns; /* the part of ns in which the thread was asleep */
	u16 span[HIST_SPANS]; /* index in spans; 0: none yet */
};

/* A guest's mark that has begun, but is not complete: guest_marks.h. */
struct obs_marking {
	u64 exits; /* exits of the VM when the text was complete */
	u64 own; /* exits of this vCPU at the same moment */
	u64 reset_exits; /* exits of the VM at its last reset */
	u32 sum; /* of the words so far */
	u8 words; /* words so far, including the start; 0: no mark */
	u8 length; /* of the text, in words */
	u8 pad[2];
	u32 text[16];
};

/* The key of the open exit was booked, or was counted as lost. */
#define OBS_KEY_BOOKED 1
#define OBS_KEY_LOST 2

/* obs_slot.vcpu of a vCPU that has ended; user space frees the slot. */
#define OBS_GONE 1ull

/*
 * One vCPU.  A vCPU runs on one thread at a time, so no two programs write to
 * its counts and times at the same moment.  Therefore plain stores are enough.
 */
struct obs_slot {
	/*
	 * Each exit and each entry touches this cache line.  Of the slot they
	 * also touch a line of cell_of, and the cell.
	 */
	u64 vcpu; /* the vCPU's identity (slots.h); 0: free; or OBS_GONE */
	u64 exit_ns; /* clock at an exit without an entry so far, or 0 */
	u64 pending_ns; /* time that will be booked at the next exit, or 0 */
	u64 vmcb01; /* SVM: the address of L1's VMCB */
	u64 key; /* of the open exit, if OBS_KEY_BOOKED */
	u64 off_ns; /* clock when scheduled out, or 0 */
	u32 tgid;
	u32 tid;
	u8 open; /* the cell of the last exit */
	u8 cells; /* cells in use, including cell 0; 0: no exit yet */
	u8 handled; /* KVM's exit handler was called for the open exit */
	u8 has_key; /* of the open exit: OBS_KEY_* */
	u8 off_runnable; /* the thread was runnable when scheduled out */
	u8 thread_known; /* the map threads has tid with this slot */
	u8 reading; /* the vCPU is reading one of our leaves: leaf_reads.h */
	u8 pad;
	/* The second cache line. */
	u64 vm; /* the VM's number, from 1; 0 while the slot is being set up */
	/* Exits before the first one that was seen, from KVM's statistics. */
	u64 prior_exits;
	u64 missed_exits; /* entries that no exit preceded */
	u64 missed_entries; /* exits that no entry preceded */
	u64 preempted_ns; /* preempted time of the open exit */
	u64 blocked_ns;
	u32 vcpu_id;
	u32 next; /* 1 + index of the next slot of the same VM; 0: last */
	u32 serial; /* differs from the serial of every other vCPU */
	u32 folder; /* inode of the VM's folder in debugfs; 0: unknown */
	u8 cell_of[OBS_DIRECT]; /* 0: none yet */
	u32 reason[OBS_CELLS]; /* of each cell */
	u32 fast[OBS_CELLS]; /* exits of each cell that no handler saw; wraps */
	char comm[16]; /* of the process */
	struct obs_marking marking;
	u64 failed_entries; /* VM-Fail: the guest did not run */
	u64 emulated; /* how often KVM emulated instead of an entry */
	u64 born_ns; /* clock when the vCPU was first seen */
	u64 first_exit_ns; /* clock at its first exit, or 0 */
	u64 first_io_ns; /* clock at its first exit for an I/O port, or 0 */
	u64 address; /* of the vCPU; 0: unknown, with classic tracepoints */
	struct obs_cell cell[OBS_CELLS];
	/*
	 * Slots are an odd number of cache lines apart, so that their first
	 * lines, which are used most, are in different sets of a cache.
	 */
	u8 stride[OBS_LINE];
};

/* Where the time of a vCPU's exits went, with obs_config.split. */
struct obs_split {
	u64 user_ns; /* clock when KVM_RUN returned during the open exit, or 0 */
	u64 user_off_ns; /* the open exit's time off the CPU at @user_ns */
	u64 open_ns; /* the part of the open exit in the VMM so far */
	/* Of each cell: the part of its time that its thread ran the VMM. */
	u64 vmm_ns[OBS_CELLS];
};

/* The sums under a further key, such as an I/O port. */
struct obs_key {
	u64 key;
	u32 reason;
	u32 slot; /* index */
	u32 serial; /* of the slot's vCPU */
	u32 pad;
};

struct obs_keyed {
	u64 exits;
	u64 timed; /* exits that had a time */
	u64 ns;
	u64 min_ns;
	u64 max_ns;
};

#define OBS_KEYS 16384

/* The kind of the further key: enum ledger_key_kind. */
enum obs_by {
	OBS_BY_NONE,
	OBS_BY_PORT,
	OBS_BY_MMIO,
	OBS_BY_MSR,
	OBS_BY_HYPERCALL,
	OBS_BY_CPUID,
	OBS_BY_RIP,
};

/* An exit that took longer than obs_config.slower_than_ns. */
struct obs_slow {
	u64 at_ns; /* clock at the entry */
	u64 vm;
	u64 ns;
	u64 preempted_ns;
	u64 blocked_ns;
	u64 key;
	u32 vcpu_id;
	u32 tid;
	u32 reason;
	u32 has_key;
};

/*
 * A guest's read of one of our CPUID leaves that is not yet answered:
 * obs_slot.reading.
 */
struct obs_read {
	u64 exits; /* the VM's sums at the exit, for this leaf */
	u64 ns;
	u64 control; /* exit_control() */
	u32 leaf;
	u32 index; /* input value of ECX */
};

/* KVM's answer to a guest, and BPF's sums at that moment. */
#define OBS_ANSWER_PAIRED 1u /* the exit was seen: the sums are valid */
#define OBS_ANSWER_FOUND 2u /* KVM has this leaf */
/* It was read from the registers at the entry, so FOUND is unknown. */
#define OBS_ANSWER_ENTRY 4u

struct obs_answer {
	u64 vm;
	u64 ns; /* clock at kvm_cpuid or at the entry */
	u64 exits_before; /* the VM's sum at kvm_exit, this exit included */
	u64 exits_after; /* the VM's sum at @ns */
	u64 ns_before;
	u64 ns_after;
	u32 vcpu_id;
	u32 vcpus; /* vCPUs of this VM that had been seen */
	u32 leaf;
	u32 index; /* input value of ECX */
	u32 eax, ebx, ecx, edx;
	u32 flags;
	/*
	 * The number of these vCPUs that were outside of the guest, with their
	 * exit counted.
	 */
	u32 outside;
};

/* A named moment. */
enum obs_mark_kind {
	OBS_MARK_GUEST = 1, /* the guest set it: guest_marks.h */
	OBS_MARK_RESET, /* the VM was reset */
};

struct obs_mark {
	u64 vm;
	u64 ns; /* clock */
	u64 kernel_exits; /* KVM's own total, as answered to the guest */
	u64 exits_before; /* a lower bound of KVM's total */
	u64 exits; /* the VM's sum just after KVM's answer */
	u32 kind;
	u32 vcpu_id;
	u32 vcpus; /* vCPUs of this VM that had been seen */
	u32 has_kernel; /* KVM has this leaf */
	char text[64];
};

/* A VM may set OBS_MARK_BURST marks in a row, and then one per OBS_MARK_NS. */
#define OBS_MARK_BURST 32
#define OBS_MARK_NS 100000000ull
/* The largest number of marks of one VM, and of all VMs together. */
#define OBS_VM_MARKS 1000
#define OBS_MARKS 10000

/* Losses of all VMs: events that could not be booked. */
struct obs_losses {
	u64 no_slot; /* exits and entries of vCPUs that found no slot */
	u64 no_vm; /* exits and entries of vCPUs whose VM could not be stored */
	u64 answers; /* answers that were lost, or may have been lost */
	u64 no_span; /* times that are missing in histograms */
	u64 no_key; /* exits whose key could not be booked */
	u64 slow; /* slow exits that found no room in the ring buffer */
	u64 marks; /* marks that were damaged; marks and resets without room */
	u64 no_thread; /* exits whose thread could not be stored */
	/*
	 * How often a slot's thread changed; the new one may belong to another
	 * VM's vCPU.
	 */
	u64 shared;
	u64 negative; /* times that were dropped, as CPUs' clocks differ */
};

/*
 * The identity of a VM: the address of its struct kvm, which may be reused.
 * The process is set if this address is unknown, or if the ends of VMs cannot
 * be seen; otherwise it is 0.
 */
struct obs_vm_key {
	u64 kvm;
	u64 tgid;
};

/* Options besides counts and times; they are set before loading. */
struct obs_config {
	u64 slower_than_ns; /* 0: do not report slow exits */
	u32 isa; /* EXIT_LEAF_ISA_* */
	u32 by; /* enum obs_by */
	struct exit_roles roles; /* of @isa */
	/*
	 * The range of CPUID leaves whose answers are captured.  Bit n: leaf
	 * @leaf_first + n is about the reason in ECX.
	 */
	u32 leaf_first, leaf_last, leaf_by_reason;
	u8 answers;
	/*
	 * Take answers from the registers at the next entry alone, whoever has
	 * put them there, and not from kvm_cpuid.
	 */
	u8 answers_at_entry;
	u8 fast;
	u8 off_cpu;
	u8 split; /* only with @off_cpu */
	u8 slow_hlt;
	u8 classic; /* only records of classic tracepoints are available */
	u8 no_ends; /* the ends of vCPUs cannot be seen */
	u8 more; /* there are optional data besides answers */
	/* For @isa: the exit's information is known at kvm_exit. */
	u8 info_at_exit;
};

#define OBS_ASSERT(what) _Static_assert(what, #what)

OBS_ASSERT((OBS_HOMES & (OBS_HOMES - 1)) == 0);
OBS_ASSERT(OBS_CELLS <= 256);
OBS_ASSERT(OBS_SPANS <= 65536);
OBS_ASSERT(sizeof(struct obs_cell) == OBS_LINE);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, pad) == 63);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, folder) == 124);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, cell_of) == 128);
OBS_ASSERT(__builtin_offsetof(struct obs_slot, cell) % OBS_LINE == 0);
OBS_ASSERT(sizeof(struct obs_slot) % (2 * OBS_LINE) == OBS_LINE);
OBS_ASSERT(sizeof(struct obs_span) % OBS_LINE == 0);
OBS_ASSERT(sizeof(struct obs_key) == 24);
OBS_ASSERT(sizeof(struct obs_slow) == 64);
OBS_ASSERT(sizeof(struct obs_marking) == 96);
OBS_ASSERT(sizeof(struct obs_mark) == 120);
OBS_ASSERT(sizeof(struct obs_answer) == 88);
OBS_ASSERT(sizeof(struct obs_read) == 32);
OBS_ASSERT(sizeof(struct obs_losses) == 80);
OBS_ASSERT(sizeof(struct obs_config) == 72);

#endif /* EXITLEDGER_RECORDS_H */
