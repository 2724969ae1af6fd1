/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The observer's book as plain data: VMs, their vCPUs, and their exits and
 * times by reason.  Sources (BPF, a file) and users (a table, JSON, the
 * balance) share only this, and know nothing about each other.
 */
#ifndef EXITLEDGER_LEDGER_H
#define EXITLEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/exit_times.h"
#include "ledger/hist.h"

#define LEDGER_NAME 256 /* bytes of a VM's name, with its NUL */
#define LEDGER_MARK 64 /* bytes of a guest's mark, with its NUL */

/*
 * The number of ended VMs that a total keeps.  When it has twice as many, the
 * oldest are merged.
 */
#define LEDGER_ENDED 1000

/* Exits of one reason.  hist_count() says how many of them had a time. */
struct ledger_cell {
	uint32_t reason; /* raw number */
	/*
	 * In an interval, the shortest and the longest time may be approximate:
	 * the middle of a bucket.  They are exact if they are the extremes
	 * since the start.
	 */
	struct exit_times times;
	struct hist hist; /* histogram of the times, if they are booked */
};

struct ledger_cells {
	struct ledger_cell *cell; /* ascending by reason */
	size_t nr;
	size_t room;
};

/* A further key of an exit, besides its reason. */
enum ledger_key_kind {
	LEDGER_KEY_NONE,
	LEDGER_KEY_PORT, /* I/O port */
	LEDGER_KEY_MMIO, /* guest-physical address */
	LEDGER_KEY_MSR, /* index */
	LEDGER_KEY_HYPERCALL, /* number */
	LEDGER_KEY_CPUID, /* leaf */
	LEDGER_KEY_RIP, /* address of the guest's instruction */
};

/* The sums of all exits with one reason and one key, such as a port. */
struct ledger_key {
	uint32_t reason;
	uint64_t key;
	/*
	 * The shortest and the longest time are those since the key was first
	 * seen.
	 */
	struct exit_times times;
};

struct ledger_keys {
	struct ledger_key *key; /* ascending by reason, then key */
	size_t nr;
	size_t room;
};

struct ledger_vcpu {
	uint32_t id;
	uint32_t tid;
	bool gone;
	uint64_t exits;
	uint64_t ns;
	/* Exits before the observer was started, from KVM's statistics. */
	uint64_t prior_exits;
	uint64_t missed_exits; /* entries that no exit preceded */
	uint64_t missed_entries; /* exits that no entry preceded */
	uint64_t sparse_full; /* exits whose reason got no cell */
	uint64_t failed_entries; /* VM-Fail, which is not an exit */
	/* Entries that KVM emulated instead, which are not exits either. */
	uint64_t emulated;
	/*
	 * The times at which the observer first saw the vCPU, its first exit,
	 * and its first exit for an I/O port, in CLOCK_MONOTONIC; 0: unknown
	 */
	uint64_t born_ns, first_exit_ns, first_io_ns;
	struct ledger_cells cells;
	struct ledger_keys keys;
};

struct ledger_vm {
	/*
	 * VMs are numbered from 1 in the order in which they were seen, and
	 * numbers are not reused.  Merged VMs have the number 0.
	 */
	uint64_t number;
	uint32_t pid;
	uint32_t isa; /* EXIT_LEAF_ISA_*; 0: no exit yet */
	char name[LEDGER_NAME];
	/* If @number is 0: the number of ended VMs that were merged. */
	uint64_t older;
	struct ledger_vcpu *vcpu; /* ascending by id */
	size_t nr_vcpus;
	size_t room;
};

/*
 * Losses of all VMs since the observer was started: events that could not be
 * booked.
 */
struct ledger_losses {
	uint64_t no_slot;
	uint64_t no_vm;
	uint64_t answers;
	uint64_t unreadable;
	uint64_t recursion; /* runs of a BPF program that the kernel skipped */
	uint64_t no_span; /* times that are missing in histograms */
	uint64_t no_key; /* exits that are missing in the tables by key */
	uint64_t slow; /* slow exits that found no room in the ring buffer */
	/* Marks and resets of guests that were damaged or too many. */
	uint64_t marks;
	uint64_t no_thread; /* exits that may lack time off the CPU */
	/* How often a VM may have been mistaken for another one. */
	uint64_t shared;
	uint64_t no_end; /* VMs whose end cannot be seen */
	/* Times that were dropped because the clocks of two CPUs differ. */
	uint64_t negative;
	uint64_t unread; /* VMs whose last exits in KVM's book were not read */
	uint64_t uncounted; /* vCPUs for whose counters KVM had no memory */
};

/* An exit that took longer than the limit that was asked for. */
struct ledger_slow {
	uint64_t at_ns; /* CLOCK_MONOTONIC of the entry after it */
	uint64_t vm; /* ledger_vm.number */
	struct exit_times times; /* of this one exit: exit_times_of_one() */
	uint64_t key; /* set if @has_key is true */
	uint32_t vcpu_id;
	uint32_t tid;
	uint32_t reason;
	bool has_key;
};

struct ledger_slows {
	struct ledger_slow *slow; /* roughly ascending by @at_ns */
	size_t nr;
	size_t room;
};

/* A named event in the life of a VM. */
struct ledger_mark {
	uint64_t at_ns; /* CLOCK_MONOTONIC */
	uint64_t vm; /* ledger_vm.number */
	uint32_t vcpu_id;
	uint32_t vcpus; /* the number of vCPUs of the VM seen by then */
	bool reset; /* true: the VM was reset; false: the guest set @text */
	/* True if KVM has the counters.  Only then is @kernel_exits valid. */
	bool has_kernel;
	uint64_t kernel_exits; /* the total that KVM told the guest */
	/*
	 * @exits is the observer's sum of the VM's exits just after KVM's
	 * answer, and @exits_before is an earlier sum.  If the observer has
	 * seen the VM from its start, @exits_before <= @kernel_exits < @exits +
	 * @vcpus.  For a reset both sums are the same.
	 */
	uint64_t exits;
	uint64_t exits_before;
	char text[LEDGER_MARK]; /* safe to show (safe_text.h) */
};

struct ledger_marks {
	struct ledger_mark *mark; /* roughly ascending by @at_ns */
	size_t nr;
	size_t room;
};

struct ledger {
	uint64_t ns; /* CLOCK_MONOTONIC of the last collection */
	struct ledger_losses losses;
	struct ledger_vm *vm; /* ascending by number */
	size_t nr_vms;
	size_t room;
	/* These belong to the interval: ledger_add() does not add them. */
	struct ledger_slows slows;
	struct ledger_marks marks;
};

/* Sums over the vCPUs of a VM, to be freed with ledger_total_free(). */
struct ledger_total {
	uint64_t exits;
	uint64_t ns;
	uint64_t prior_exits;
	uint64_t missed_exits;
	uint64_t missed_entries;
	uint64_t sparse_full;
	size_t gone;
	struct ledger_cells cells;
	struct ledger_keys keys;
};

/**
 * ledger_vm - find a VM, or add it
 * @pid: the pid of its process, for a VM that is added
 *
 * Returns NULL when out of memory.
 */
struct ledger_vm *ledger_vm(struct ledger *ledger, uint64_t number,
			    uint32_t pid);

/** ledger_find_vm - the VM with this number, or NULL */
struct ledger_vm *ledger_find_vm(const struct ledger *ledger, uint64_t number);

/** ledger_find_vcpu - a VM's vCPU with this number, or NULL */
struct ledger_vcpu *ledger_find_vcpu(const struct ledger_vm *vm, uint32_t id);

/** ledger_vcpu - find a vCPU of a VM, or add it; NULL when out of memory */
struct ledger_vcpu *ledger_vcpu(struct ledger_vm *vm, uint32_t id);

/**
 * ledger_cell - find a reason's cell, or add an empty one; NULL when out of
 * memory
 */
struct ledger_cell *ledger_cell(struct ledger_cells *cells, uint32_t reason);

/** ledger_key - find the sums of a key, or add them; NULL when out of memory */
struct ledger_key *ledger_key(struct ledger_keys *keys, uint32_t reason,
			      uint64_t key);

/** ledger_slow_add - append a slow exit; 0 or -ENOMEM */
int ledger_slow_add(struct ledger_slows *slows, const struct ledger_slow *slow);

/** ledger_mark_add - append a mark; 0 or -ENOMEM */
int ledger_mark_add(struct ledger_marks *marks, const struct ledger_mark *mark);

/** ledger_total - set a total to the sums of a VM's vCPUs; 0 or -ENOMEM */
int ledger_total(const struct ledger_vm *vm, struct ledger_total *total);

/**
 * ledger_total_vcpu - add one vCPU to a total, which must be zeroed at first;
 * 0 or -ENOMEM
 */
int ledger_total_vcpu(const struct ledger_vcpu *vcpu,
		      struct ledger_total *total);

/**
 * ledger_add - add an interval to a sum
 *
 * Names, exits before the observer was started, the time and the losses are
 * replaced by those of @from, which are newer.  Returns 0 or -ENOMEM.
 */
int ledger_add(struct ledger *to, const struct ledger *from);

/**
 * ledger_add_sums - ledger_add() without cells and keys, only vCPUs' sums
 */
int ledger_add_sums(struct ledger *to, const struct ledger *from);

/**
 * ledger_forget - limit the memory of a total, however many VMs come and go
 *
 * If too many VMs have ended, the oldest of them are merged into one VM, whose
 * number is 0.  Their counts are kept, but no longer by VM.  Returns 0 or
 * -ENOMEM.
 */
int ledger_forget(struct ledger *ledger);

/** ledger_no_exits - how many entries of a VM failed, or were emulated instead */
void ledger_no_exits(const struct ledger_vm *vm, uint64_t *failed_entries,
		     uint64_t *emulated);

/** ledger_vm_ended - have all vCPUs of a VM ended? */
bool ledger_vm_ended(const struct ledger_vm *vm);

/**
 * ledger_reset - begin the next interval with all counts at zero
 *
 * VMs and vCPUs that have not ended are kept, and so is the memory.
 */
void ledger_reset(struct ledger *ledger);

/** ledger_vm_free - free the memory of a VM that was taken out of its ledger */
void ledger_vm_free(struct ledger_vm *vm);

void ledger_total_free(struct ledger_total *total);
void ledger_free(struct ledger *ledger);

#endif /* EXITLEDGER_LEDGER_H */
