/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All data that a comparison uses.  They can be saved to a file, and judged
 * again on any computer, without privileges: exitledger-books(5).
 */
#ifndef EXITLEDGER_BOOKS_H
#define EXITLEDGER_BOOKS_H

#include <stdio.h>

#include "host/host.h"
#include "ledger/answers.h"
#include "ledger/guest_report.h"
#include "ledger/ledger.h"
#include "ledger/numbering.h"

/* A set of processes. */
struct pids {
	uint32_t *pid;
	size_t nr;
	size_t room;
};

/** pids_add - add a process; 0 or -ENOMEM */
int pids_add(struct pids *pids, uint32_t pid);

bool pids_have(const struct pids *pids, uint32_t pid);

/*
 * @exits: the number "exits" in KVM's own statistics of a VM, which was read
 *	between two collections.  @before and @after: BPF's counts of the same
 *	events in these collections, including those before the observer began.
 */
struct statistics {
	uint64_t vm;
	uint32_t vcpus;
	uint64_t before, exits, after;
	uint64_t failed_entries, emulated; /* at @after; as in ledger_vcpu */
};

/*
 * The largest number of reports that are kept.  Together they have no more
 * reads than ANSWERS_MAX.  It is enough for a day with a report every 10
 * seconds, which is the default of compare --interval.
 */
#define REPORTS_MAX 10000

struct books {
	struct host host; /* its exit_stats is the mode at the start */
	int exit_stats_after; /* the mode at the end */
	/* true if someone wrote to exit_stats or to exit_stats_leaves */
	bool switched;
	bool leaves_on; /* true if exit_stats_leaves was on all the time */
	/*
	 * Processes with a VM whose guest may be forbidden to read the leaves.
	 */
	struct pids withheld;
	char attach[16];
	/* The name of the numbering whose leaves were read; "": ours. */
	char numbering[NUMBERING_NAME];
	/* True for a recorded run, whose only reads are guests' marks. */
	bool marks_alone;
	bool sees_ends;
	/*
	 * BPF counts the entries that failed, and how often KVM emulated
	 * instructions in place of entering the guest.
	 */
	bool sees_no_entries;
	char command[256]; /* the command that was run, or "" */
	int command_status; /* its exit status; 128 + n: ended by signal n */
	uint64_t started_ns; /* CLOCK_MONOTONIC when counting began; 0: unknown */
	struct pids running; /* processes that had a VM at @started_ns */
	double tsc_khz; /* measured against CLOCK_MONOTONIC; 0: unknown */
	/* The lowest and highest rate of any part; 0: unknown. */
	double tsc_khz_low, tsc_khz_high;
	struct ledger ledger; /* the observer's book at the end */
	struct answers answers; /* KVM's book: answers to guests and the host */
	size_t host_reads; /* how often the host read the counters of all VMs */
	bool has_report;
	size_t reports_damaged; /* damaged reports, which are left out */
	/* true if a report was expected, but could not be read */
	bool report_missing;
	struct guest_report report; /* the answers as the guest reports them */
	struct guest_report *earlier; /* earlier reports */
	size_t nr_earlier;
	size_t nr_reported; /* the number of reads in all reports */
	struct statistics *statistics; /* the last one of each VM */
	size_t nr_statistics;
	size_t statistics_cleared; /* the number of VMs whose "exits" went down */
};

/**
 * books_add_report - add a further report of the guest
 * @report: afterwards, the books own it, or it has been freed
 *
 * If there is no room, its reads are counted as dropped.  Returns 0 or
 * -ENOMEM.
 */
int books_add_report(struct books *books, struct guest_report *report);

/**
 * books_add_reports - add several reports, and the number of damaged ones
 * @reports: is empty afterwards
 */
int books_add_reports(struct books *books, struct guest_reports *reports);

/** books_drop_reports - forget everything that guests have reported */
void books_drop_reports(struct books *books);

/**
 * books_vm_is_late - may a VM have had exits before the observer began?
 * @number: the VM's number in the ledger
 *
 * Returns true for a VM that is not in the ledger, as nothing is known about
 * it.
 */
bool books_vm_is_late(const struct books *books, uint64_t number);

/**
 * books_vm_is_withheld - may KVM leave the reads of a VM's guest unanswered?
 * @number: the VM's number in the ledger
 *
 * The host can tell KVM to do so for single VMs.  A VM that is not in the
 * ledger may be one of these.
 */
bool books_vm_is_withheld(const struct books *books, uint64_t number);

/**
 * books_forget_withheld - forget the processes without a VM in the ledger
 */
void books_forget_withheld(struct books *books);

/**
 * books_load - read a file that books_save() wrote
 * @path: "-" for standard input
 *
 * Returns 0, or -errno with @why filled in.
 */
int books_load(const char *path, struct books *books, struct why *why);

/** books_json - write the books as members of an object that is open */
void books_json(struct json_writer *json, const struct books *books);

/* The findings, which a file has in addition to the books. */
struct books_result {
	/* Writes the findings as a member.  Returns 0 or -ENOMEM. */
	int (*put)(struct json_writer *json, const struct books *books,
		   const void *context);
	const void *context;
};

/**
 * books_save - write the books and the findings to a file
 * @result: the findings; NULL: there are none
 * @path: "-" for standard output, where the file ends with a newline
 *
 * Values are written one by one: a tree in memory would need 2 kB per answer.
 * Returns 0, or -errno with @why filled in.
 */
int books_save(const struct books *books, const struct books_result *result,
	       const char *path, struct why *why);

void books_free(struct books *books);

#endif /* EXITLEDGER_BOOKS_H */
