/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data behind the metrics: counters that only grow, by VM name and exit
 * reason.  An observer adds intervals and a renderer reads the result; neither
 * BPF nor an output format is known here.
 */
#ifndef EXITLEDGER_EXPORT_BOOK_H
#define EXITLEDGER_EXPORT_BOOK_H

#include "export/export_text.h"
#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "ledger/render_losses.h"

/*
 * How long an ended VM's series are kept: five minutes, that is several
 * scrapes.
 */
#define EXPORT_KEEP_NS 300000000000ull
/* Keys of a VM that get series of their own; the others are summed. */
#define EXPORT_KEYS 32
/* The number of a cell's vCPU if vCPUs are not distinguished. */
#define EXPORT_ALL_VCPUS UINT32_MAX
/* The name of the VMs that have no series of their own. */
#define EXPORT_OTHER "(other)"

/* Properties of a VM beside its name; "": not known. */
struct export_facts {
	char vmm[64]; /* name of the VMM program */
	char uuid[64];
};

struct export_options {
	const struct filter *filter; /* NULL: no filter */
	size_t max_vms; /* VMs that get series of their own */
	enum ledger_key_kind by;
	bool by_vcpu;
	/* true: a histogram per VM instead of one per host */
	bool vm_histograms;
	/* Looks up the facts of a process; NULL: facts are not available. */
	void (*facts)(void *context, uint32_t pid, struct export_facts *facts);
	void *context;
};

/* The exit that took longest since the last scrape. */
struct export_slowest {
	uint64_t ns; /* 0: there was none */
	char vm[LEDGER_NAME];
	uint32_t pid, vcpu, tid;
};

struct export_reason {
	uint32_t isa;
	uint32_t code;
	struct export_text labels; /* reason="HLT",class="idle" */
	struct hist hist; /* of all VMs, since the book was opened */
	uint64_t ns; /* the sum of the times */
	uint64_t since_ns; /* CLOCK_MONOTONIC when @hist was last empty */
	struct export_slowest slowest;
};

/* The exits of a VM, or of one of its vCPUs, of one reason. */
struct export_cell {
	struct export_reason *reason;
	uint32_t vcpu; /* or EXPORT_ALL_VCPUS */
	struct exit_times times;
	uint64_t slow; /* exits that took longer than the threshold */
	uint64_t since_ns;
	struct hist hist; /* filled if vm_histograms is set */
};

struct export_key {
	struct export_reason *reason;
	/* true for the sum of all keys without a series of their own */
	bool other;
	uint64_t key;
	uint64_t exits;
	uint64_t since_ns;
};

struct export_keys {
	/* ascending by reason; sums of other keys come last */
	struct export_key *key;
	size_t nr, room;
};

/*
 * The series of a VM name: of all VMs that had the name in turn, or of the VMs
 * that are folded into one entry.
 */
struct export_vm {
	/* as in the label; "NAME (PID)" if two VMs have it at once */
	char *name;
	struct export_text labels; /* vm="NAME" */
	uint64_t live; /* number of VMs that have not ended */
	uint64_t vcpus; /* vCPUs of these VMs */
	uint64_t since_ns; /* when all of its counters were 0 */
	/* when the last VM ended; undefined while @live > 0 */
	uint64_t ended_ns;
	uint32_t pid; /* of the latest VM */
	struct export_facts facts; /* of the latest VM */
	uint64_t kvm_exits; /* KVM's own count of exits; valid if @has_kvm */
	bool has_kvm;
	struct export_cell *cell; /* ascending by vCPU, ISA and reason */
	size_t nr_cells, cells_room;
	struct export_keys keys;
	size_t own_keys; /* number of keys that are not sums of other keys */
};

/* A VM of the ledger, and the series to which its exits are added. */
struct export_entry {
	uint64_t number; /* ledger_vm.number */
	struct export_vm *vm;
	uint32_t isa;
	uint64_t vcpus; /* vCPUs that still exist */
	uint64_t kvm_exits; /* the last count given to export_book_kvm() */
	bool live;
	uint64_t ended_ns;
};

/*
 * Elements of growing arrays.  The array may move in memory, but the objects to
 * which the elements point stay in place.
 */
struct export_vm_place {
	struct export_vm *vm;
};

struct export_reason_place {
	struct export_reason *reason;
};

struct export_book {
	struct export_options options;
	uint64_t since_ns; /* when counting began */
	uint64_t last_ns; /* of the last interval; 0: none yet */
	struct export_vm_place *vm; /* ascending by name */
	size_t nr_vms, vms_room;
	struct export_vm *other; /* all VMs above max_vms; NULL: none so far */
	struct export_entry *entry; /* ascending by number */
	size_t nr_entries, entries_room;
	struct export_reason_place *reason; /* ascending by ISA and code */
	size_t nr_reasons, reasons_room;
	struct ledger_losses losses;
	/* the losses of all vCPUs, including those that are gone */
	struct ledger_vcpu missed;
};

/**
 * export_book_add - add the exits of an interval
 * @interval: as observer_collect() fills it in; reset it before the next
 *	collection, or its exits are added again
 * @now_ns: CLOCK_MONOTONIC
 *
 * Returns 0 or -ENOMEM.
 */
int export_book_add(struct export_book *book, const struct ledger *interval,
		    uint64_t now_ns);

/**
 * export_book_kvm - set the number of exits that KVM itself has counted of a VM
 * @number: ledger_vm.number
 * @exits: the VM's total so far
 *
 * The call is ignored if the book does not have the VM, or if the total is
 * below the last one.
 */
void export_book_kvm(struct export_book *book, uint64_t number, uint64_t exits);

/** export_book_forget - drop the series of VMs that ended EXPORT_KEEP_NS ago */
void export_book_forget(struct export_book *book, uint64_t now_ns);

/** export_book_scraped - reset the slowest exits after they were rendered */
void export_book_scraped(struct export_book *book);

/**
 * export_book_live - number of VMs that have not ended
 * @folded: set to the number of these that have no series of their own
 */
uint64_t export_book_live(const struct export_book *book, uint64_t *folded);

/** export_book_losses - render_losses_list() of all losses since the start */
size_t export_book_losses(const struct export_book *book,
			  struct loss list[LOSSES_MAX]);

void export_book_free(struct export_book *book);

#endif /* EXITLEDGER_EXPORT_BOOK_H */
