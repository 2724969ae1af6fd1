/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that a comparison rests on, as plain data: it can be kept in a file and
 * be judged again anywhere, without privileges: exitledger-books(5).
 */
#ifndef EXITLEDGER_BOOKS_H
#define EXITLEDGER_BOOKS_H

#include <stdio.h>

#include "host/host.h"
#include "ledger/answers.h"
#include "ledger/guest_report.h"
#include "ledger/ledger.h"

/* A set of processes. */
struct pids {
	uint32_t *pid;
	size_t nr;
	size_t room;
};

/** pids_add - 0 or -ENOMEM */
int pids_add(struct pids *pids, uint32_t pid);

bool pids_have(const struct pids *pids, uint32_t pid);

/*
 * KVM's own statistics of a VM, "exits" since it was made, read between two
 * collections; and what BPF had then of what they count, with what had been
 * before it came.
 */
struct statistics {
	uint64_t vm;
	uint32_t vcpus;
	uint64_t before, exits, after;
	uint64_t failed_entries, emulated; /* of @after: as in ledger_vcpu */
};

/*
 * So many reports are kept, with no more reads than answers: a day of them, by
 * default.
 */
#define REPORTS_MAX 10000

struct books {
	struct host host; /* exit_stats: at the start */
	int exit_stats_after; /* the mode at the end */
	bool switched; /* exit_stats or exit_stats_leaves was written to */
	bool leaves_on; /* exit_stats_leaves was on, from start to end */
	struct pids withheld; /* processes with a VM whose guest may not read,
				 or of which that is not known */
	char attach[16];
	bool marks_alone; /* of a run: guests' own marks are the only reads */
	bool sees_ends;
	bool sees_no_entries; /* counts failed entries and what was emulated */
	char command[256]; /* that was run, if one was */
	int command_status; /* its exit status; 128 + n: ended by signal n */
	uint64_t started_ns; /* CLOCK_MONOTONIC when counting began; 0: unknown */
	struct pids running; /* processes that had a VM then */
	double tsc_khz; /* measured against CLOCK_MONOTONIC; 0: unknown */
	double tsc_khz_low, tsc_khz_high; /* of any part of it; 0: unknown */
	struct ledger ledger; /* the observer's book, at the end */
	struct answers answers; /* KVM's book, as guests were told of it, and as
				   the host read it */
	size_t host_reads; /* how often the host read those of all VMs */
	bool has_report;
	size_t reports_damaged; /* left out of those */
	bool report_missing; /* it was to be there, and could not be read */
	struct guest_report report; /* the answers as the guest reports them */
	struct guest_report *earlier; /* earlier reports */
	size_t nr_earlier;
	size_t nr_reported; /* reads in all of them */
	struct statistics *statistics; /* the last ones of each VM */
	size_t nr_statistics;
	size_t statistics_cleared; /* of VMs whose "exits" became less */
};

/**
 * books_add_report - add a later report of the guest's, which becomes the books'
 *
 * If there is no room its reads are counted as dropped.  0, or -ENOMEM; @report
 * is the books' or freed.
 */
int books_add_report(struct books *books, struct guest_report *report);

/**
 * books_add_reports - the same for several, and for those that are damaged
 * @reports: emptied
 */
int books_add_reports(struct books *books, struct guest_reports *reports);

/** books_drop_reports - forget all that a guest reported */
void books_drop_reports(struct books *books);

/**
 * books_vm_is_late - may a VM have had exits before the observer came?
 * @number: of the VM
 *
 * Also true for a VM that the ledger does not know: nothing is known of it.
 */
bool books_vm_is_late(const struct books *books, uint64_t number);

/**
 * books_vm_is_withheld - may KVM leave the reads of a VM's guest unanswered?
 * @number: of the VM
 *
 * As the host can say so for one VM.  A VM that the ledger does not know may be
 * any.
 */
bool books_vm_is_withheld(const struct books *books, uint64_t number);

/** books_forget_withheld - forget those of VMs that the ledger has no more */
void books_forget_withheld(struct books *books);

/**
 * books_load - read a file that books_save() wrote
 * @path: "-" for standard input
 *
 * 0, or -errno with @why filled in.
 */
int books_load(const char *path, struct books *books, struct why *why);

/** books_json - the members of the object that books are in a file */
void books_json(struct json_writer *json, const struct books *books);

/* A file has beside the books what was found in them. */
struct books_result {
	/* Writes it as a member: 0 or -ENOMEM. */
	int (*put)(struct json_writer *json, const struct books *books,
		   const void *context);
	const void *context;
};

/**
 * books_save - write a file of what books_json() writes, and what was found
 * @result: NULL: nothing was
 * @path: "-" for standard output, where a newline ends it
 *
 * Value by value: as a tree in memory each answer would need 2 kB.  0, or
 * -errno with @why filled in.
 */
int books_save(const struct books *books, const struct books_result *result,
	       const char *path, struct why *why);

void books_free(struct books *books);

#endif /* EXITLEDGER_BOOKS_H */
