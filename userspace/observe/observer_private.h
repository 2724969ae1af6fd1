/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that observer.c (programs) and the other files (data) share. */
#ifndef EXITLEDGER_OBSERVER_PRIVATE_H
#define EXITLEDGER_OBSERVER_PRIVATE_H

#include "host/kvm_btf.h"
#include "host/kvm_params.h"
#include "observe/observer.h"
#include "observe/record_btf.h"
#include "records.h"

#include "observer.skel.h"

struct ring_buffer;

/*
 * The part of a slot that was already collected.  Only the growth since then is
 * new.
 */
struct shadow {
	u32 serial; /* of the vCPU that this shadow belongs to; 0: none */
	bool ending; /* true if the vCPU had ended when this collection began */
	u64 missed_exits;
	u64 missed_entries;
	u64 failed_entries;
	u64 emulated;
	struct exit_times cell[OBS_CELLS];
	struct ledger_keys keys;
};

/* Returns how much a counter has grown since it was last looked at. */
static inline u64 advance(const u64 *counter, u64 *seen)
{
	u64 now = __atomic_load_n(counter, __ATOMIC_RELAXED);
	u64 more = now - *seen;

	*seen = now;
	return more;
}

/* Read all numbers of one of BPF's cells. */
static inline struct exit_times observer_cell_times(const struct obs_slot *slot,
						    u32 index)
{
	const struct obs_cell *cell = &slot->cell[index];

	return (struct exit_times){
		.exits = __atomic_load_n(&cell->exits, __ATOMIC_RELAXED),
		.fast = __atomic_load_n(&slot->fast[index], __ATOMIC_RELAXED),
		.ns = __atomic_load_n(&cell->ns, __ATOMIC_RELAXED),
		.min_ns = __atomic_load_n(&cell->min_ns, __ATOMIC_RELAXED),
		.max_ns = __atomic_load_n(&cell->max_ns, __ATOMIC_RELAXED),
		.preempted_ns =
			__atomic_load_n(&cell->preempted_ns, __ATOMIC_RELAXED),
		.blocked_ns =
			__atomic_load_n(&cell->blocked_ns, __ATOMIC_RELAXED),
	};
}

/* Read the sums that BPF has under a key. */
static inline struct exit_times
observer_key_times(const struct obs_keyed *keyed)
{
	return (struct exit_times){
		.exits = keyed->exits,
		.timed = keyed->timed,
		.ns = keyed->ns,
		.min_ns = keyed->min_ns,
		.max_ns = keyed->max_ns,
	};
}

/* Where a collection puts its data. */
struct collection {
	struct ledger *interval; /* has the names of VMs */
	struct ledger *total; /* gets the vCPUs that ended; NULL: not needed */
	struct answers *answers; /* NULL: not asked for */
};

/*
 * BPF's ring buffers.  The argument of the functions that take records is fixed
 * when a buffer is added to libbpf.  So the argument is this structure, and
 * observer_consume() sets where the records go.
 */
struct ring {
	struct ring_buffer *buffer;
	struct observer *observer;
	const struct collection *collection; /* set by observer_consume() */
};

/* An entry of the index: a slot, and the VM of its vCPU. */
struct observed_slot {
	uint64_t vm;
	uint32_t slot;
};

struct observer_index {
	struct observed_slot *slot; /* ascending by VM */
	size_t nr, room;
	uint32_t serials; /* vCPUs that had a serial when the index was made */
	bool is_whole; /* true if no slot was being set up at that time */
};

struct observer {
	struct observer_bpf *bpf;
	struct ring ring; /* for answers, slow exits and marks, if asked for */
	struct observer_options options;
	enum attach attach;
	struct record_btf types; /* used only while loading classic programs */
	uint32_t isa;
	/* True if BPF's pids are not those in /proc: see pid_ns.h. */
	bool other_pids;
	bool sees_ends;
	bool sees_no_entries;
	struct kvm_params_watch params; /* only with options.marks */
	bool was_off; /* true if KVM's counters were off at some time */
	uint64_t vms_seen; /* BPF's number of VMs at the last collection */
	uint64_t ended; /* the number of vCPUs whose slots were freed */
	uint64_t unreadable; /* exits whose reason could not be read */
	/* The value of threads_stale at the last sweep of stale threads. */
	uint64_t swept;
	uint64_t next_census_ns; /* when to look for ended processes */
	struct shadow **shadow; /* per slot: the collected part */
	uint32_t (*seen)[HIST_SPAN]; /* per span: the collected counts */
	struct observer_index index; /* for observer_vm_sums() */
};

/* Read how much of a cell's time the VMM took; 0 if that is not measured. */
static inline uint64_t observer_vmm_ns(const struct observer *observer,
				       const struct obs_slot *slot, u32 index)
{
	const struct observer_bpf__bss *bss = observer->bpf->bss;
	const u64 *ns = &bss->splits[slot - bss->slots].vmm_ns[index];

	return observer->options.split ? __atomic_load_n(ns, __ATOMIC_RELAXED) :
					 0;
}

/* The ways in which a program reads the exit reason. */
enum reader {
	READ_SVM, /* SVM's reason, by bpf_rdonly_cast() */
	READ_VMX, /* VMX's reason, by bpf_rdonly_cast() */
	READ_SVM_DATA, /* SVM's reason on 6.1, by svm_data */
	READ_PROBE, /* on any kernel, by probe reads */
	READ_OWN, /* as READ_PROBE; also checks the vCPU's process */
	NR_READERS,
};

/* The parts of the BPF programs that are needed for one ISA only. */
struct observer_isa {
	uint32_t isa;
	enum reader cast; /* the reader to use if bpf_rdonly_cast() exists */
	/* Otherwise the reader for tp_btf, if KVM has svm_data. */
	enum reader by_svm_data;
	const char *handled; /* the program on KVM's exit handler, or NULL */
	/*
	 * True if KVM reads the guest's RIP from where programs cannot, and
	 * only when something asks for it.
	 */
	bool reads_rip;
};

/**
 * observer_isa - get the parts for EXIT_LEAF_ISA_*; empty ones if it is unknown
 */
const struct observer_isa *observer_isa(uint32_t isa);

/*
 * How the ends of vCPUs are noticed; the last one also notices emulated
 * entries.
 */
enum ends {
	ENDS_UNSEEN,
	ENDS_KPROBE,
	ENDS_FENTRY,
	ENDS_FENTRY_EMULATED,
};

/* One combination of programs; the kernel may refuse to load it. */
struct choice {
	enum attach attach;
	enum reader reader;
	enum ends ends;
};

/**
 * observer_is_emulating - must entries that KVM emulates instead be noticed?
 */
bool observer_is_emulating(const struct observer_options *options, u32 isa);

/** observer_best_ends - the best way to notice ends of vCPUs on this kernel */
enum ends observer_best_ends(const struct kvm_btf *btf, enum attach attach,
			     const struct observer_options *options, u32 isa);

/**
 * observer_choose - choose the programs that are loaded, and set their options
 */
void observer_choose(const struct observer *observer, struct choice choice);

/**
 * observer_collect_init - prepare to collect, after loading and before
 * attaching; 0 or -ENOMEM
 */
int observer_collect_init(struct observer *observer);

void observer_collect_free(struct observer *observer);

/**
 * observer_vcpu - find a slot's vCPU in a ledger, or add it
 * @names: a ledger that has the names of VMs already; NULL: there is none
 *
 * Returns NULL when out of memory.
 */
struct ledger_vcpu *observer_vcpu(const struct observer *observer,
				  const struct obs_slot *slot,
				  struct ledger *ledger,
				  const struct ledger *names);

/**
 * observer_has_stale_threads - are there enough stale threads to sweep them?
 */
bool observer_has_stale_threads(const struct observer *observer);

/**
 * observer_sweep_threads - if there are enough stale threads, delete them
 *
 * When a thread stops running a vCPU, its entry stays in the map, which has a
 * limited size.
 */
void observer_sweep_threads(struct observer *observer);

/** observer_skipped - the number of a program's runs that the kernel skipped */
uint64_t observer_skipped(const struct bpf_program *program);

/**
 * observer_losses - fill in the losses since the programs were loaded
 */
void observer_losses(const struct observer *observer, struct ledger_losses *to);

/** observer_consume - take everything from the ring buffers; 0 or -errno */
int observer_consume(struct observer *observer,
		     const struct collection *collection);

typedef int observer_key_fn(struct observer *observer,
			    const struct obs_key *key,
			    const struct obs_keyed *keyed,
			    const struct collection *collection);

/** observer_collect_keys - collect the growth of keys; 0 or -errno */
int observer_collect_keys(struct observer *observer,
			  const struct collection *collection);

/** observer_each_key - call @fn for each key of the table; 0 or -errno */
int observer_each_key(struct observer *observer, observer_key_fn *fn,
		      const struct collection *collection);

/*
 * Add a slot or a key with its sums since the start to the collection's total,
 * if there is one.  Each must be added only once.
 */
int observer_total_slot(struct observer *observer, const struct obs_slot *slot,
			const struct collection *collection);
int observer_total_key(struct observer *observer, const struct obs_key *key,
		       const struct obs_keyed *keyed,
		       const struct collection *collection);

/* Add the counts that a cell's counters of 32 bits lost when they wrapped. */
int observer_carry_fast(struct observer *observer, const struct obs_slot *slot,
			u32 cell, const struct collection *collection);
int observer_carry_hist(struct observer *observer, const struct obs_slot *slot,
			u32 cell, unsigned int bucket,
			const struct collection *collection);

#endif /* EXITLEDGER_OBSERVER_PRIVATE_H */
