/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that the metrics say, as plain data: counters that only grow, by the VM's
 * name and the exit reason.  Whoever observes adds intervals; whoever renders
 * reads.  Neither BPF nor a format is known here.
 */
#ifndef EXITLEDGER_EXPORT_BOOK_H
#define EXITLEDGER_EXPORT_BOOK_H

#include "export/export_text.h"
#include "ledger/filter.h"
#include "ledger/ledger.h"
#include "ledger/render_losses.h"

/* How long the series of a VM stay when it has ended: five scrapes a minute. */
#define EXPORT_KEEP_NS 300000000000ull
/* A VM's keys that have series of their own; the others are added up. */
#define EXPORT_KEYS 32
/* The vCPU of a cell where vCPUs are not told apart. */
#define EXPORT_ALL_VCPUS UINT32_MAX
/* The name of the VMs that have no series of their own. */
#define EXPORT_OTHER "(other)"

/* More of a VM than its name; "": not known. */
struct export_facts {
	char vmm[64]; /* the program */
	char uuid[64];
};

struct export_options {
	const struct filter *filter; /* NULL: all */
	size_t max_vms; /* with series of their own */
	enum ledger_key_kind by;
	bool by_vcpu;
	bool vm_histograms; /* of each VM, in place of the host's */
	/* Finds out what a process is; NULL: nobody knows. */
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
	struct hist hist; /* of all VMs, as long as the book is kept */
	uint64_t ns; /* the sum of the times */
	uint64_t since_ns; /* the last time at which it was empty */
	struct export_slowest slowest;
};

/* The exits of a VM, or of one of its vCPUs, of one reason. */
struct export_cell {
	struct export_reason *reason;
	uint32_t vcpu; /* or EXPORT_ALL_VCPUS */
	struct exit_times times;
	uint64_t slow; /* exits that took longer than asked for */
	uint64_t since_ns;
	struct hist hist; /* if asked for */
};

struct export_key {
	struct export_reason *reason;
	bool other; /* all keys without a series of their own */
	uint64_t key;
	uint64_t exits;
	uint64_t since_ns;
};

struct export_keys {
	struct export_key *key; /* ascending by reason; the other ones last */
	size_t nr, room;
};

/* The VMs that had a name, one after the other; or those that share one. */
struct export_vm {
	char *name; /* as the label has it: of two at a time, "NAME (PID)" */
	struct export_text labels; /* vm="NAME" */
	uint64_t live; /* how many have not ended */
	uint64_t vcpus; /* theirs */
	uint64_t since_ns; /* when all of its counters were 0 */
	uint64_t ended_ns; /* when the last one ended; live: no meaning */
	uint32_t pid; /* of the latest one */
	struct export_facts facts; /* likewise */
	uint64_t kvm_exits; /* that KVM itself has counted; if @has_kvm */
	bool has_kvm;
	struct export_cell *cell; /* ascending by vCPU, ISA and reason */
	size_t nr_cells, cells_room;
	struct export_keys keys;
	size_t own_keys; /* of which so many are no sum of others */
};

/* A VM of the ledger, and where it is booked. */
struct export_entry {
	uint64_t number; /* ledger_vm.number */
	struct export_vm *vm;
	uint32_t isa;
	uint64_t vcpus; /* that are not gone */
	uint64_t kvm_exits; /* as export_book_kvm() told last */
	bool live;
	uint64_t ended_ns;
};

/* Elements of arrays that grow, while what they have stays where it is. */
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
	struct export_vm *other; /* the VMs above max_vms, or NULL: none yet */
	struct export_entry *entry; /* ascending by number */
	size_t nr_entries, entries_room;
	struct export_reason_place *reason; /* ascending by ISA and code */
	size_t nr_reasons, reasons_room;
	struct ledger_losses losses;
	struct ledger_vcpu missed; /* the losses of all vCPUs that ever were */
};

/**
 * export_book_add - add what happened in an interval
 * @interval: as observer_collect() fills it in; what is in it is added once,
 *	so it must be reset before it is collected into again
 * @now_ns: CLOCK_MONOTONIC
 *
 * 0 or -ENOMEM.
 */
int export_book_add(struct export_book *book, const struct ledger *interval,
		    uint64_t now_ns);

/**
 * export_book_kvm - note how many exits KVM itself has counted of a VM by now
 *
 * A VM that the book does not have is left out, as is a number that is less
 * than it was.
 */
void export_book_kvm(struct export_book *book, uint64_t number, uint64_t exits);

/** export_book_forget - drop the series of VMs that ended long ago */
void export_book_forget(struct export_book *book, uint64_t now_ns);

/** export_book_scraped - the slowest exits have been told: begin anew */
void export_book_scraped(struct export_book *book);

/**
 * export_book_live - how many VMs there are
 * @folded: filled in: how many of them have no series of their own
 */
uint64_t export_book_live(const struct export_book *book, uint64_t *folded);

/** export_book_losses - render_losses_list() of all that was ever added */
size_t export_book_losses(const struct export_book *book,
			  struct loss list[LOSSES_MAX]);

void export_book_free(struct export_book *book);

#endif /* EXITLEDGER_EXPORT_BOOK_H */
