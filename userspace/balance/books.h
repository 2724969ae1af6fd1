/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything that a comparison rests on, as plain data.  It can be kept in a
 * file, and be judged again anywhere, without privileges: exitledger-books(5).
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

/** pids_add - add a process; 0 or -ENOMEM */
int pids_add(struct pids *pids, uint32_t pid);

bool pids_have(const struct pids *pids, uint32_t pid);

/*
 * KVM's own statistics of a VM ("exits", since it was made), which were read
 * between two collections; and BPF's count of the same exits at both, with
 * those before the observer began.
 */
struct statistics {
	uint64_t vm;
	uint32_t vcpus;
	uint64_t before, exits, after;
	uint64_t failed_entries, emulated; /* of @after: as in ledger_vcpu */
};

/*
 * The most reports that are kept, which together have no more reads than there
 * are answers.  By default this is enough for a day.
 */
#define REPORTS_MAX 10000

struct books {
	struct host host; /* its exit_stats is that at the start */
	int exit_stats_after; /* the mode at the end */
	bool switched; /* exit_stats or exit_stats_leaves was written to */
	bool leaves_on; /* exit_stats_leaves was on, from start to end */
	/*
	 * Processes with a VM whose guest may not read the leaves, or of which
	 * that is not known.
	 */
	struct pids withheld;
	char attach[16];
	/* Books of a recorded run: guests' marks are the only reads. */
	bool marks_alone;
	bool sees_ends;
	/* BPF counts failed entries, and what KVM emulated. */
	bool sees_no_entries;
	char command[256]; /* the command that was run, if there was one */
	int command_status; /* its exit status; 128 + n: ended by signal n */
	uint64_t started_ns; /* CLOCK_MONOTONIC when counting began; 0: unknown */
	struct pids running; /* processes that had a VM then */
	double tsc_khz; /* measured against CLOCK_MONOTONIC; 0: unknown */
	/* The lowest and highest of any part; 0: unknown. */
	double tsc_khz_low, tsc_khz_high;
	struct ledger ledger; /* the observer's book, at the end */
	struct answers answers; /* KVM's book, as guests were told of it, and as
				   the host read it */
	size_t host_reads; /* how often the host read those of all VMs */
	bool has_report;
	size_t reports_damaged; /* damaged reports, which are in neither */
	bool report_missing; /* there should be one, but it could not be read */
	struct guest_report report; /* the answers as the guest reports them */
	struct guest_report *earlier; /* earlier reports */
	size_t nr_earlier;
	size_t nr_reported; /* reads in all of them */
	struct statistics *statistics; /* the last ones of each VM */
	size_t nr_statistics;
	size_t statistics_cleared; /* of how many VMs "exits" went down */
};

/**
 * books_add_report - add a later report of the guest
 *
 * The books own @report then, or free it.  If there is no room, its reads are
 * counted as dropped.  0 or -ENOMEM.
 */
int books_add_report(struct books *books, struct guest_report *report);

/**
 * books_add_reports - add several reports, and the number of the damaged ones
 * @reports: emptied
 */
int books_add_reports(struct books *books, struct guest_reports *reports);

/** books_drop_reports - forget everything that guests have reported */
void books_drop_reports(struct books *books);

/**
 * books_vm_is_late - may a VM have had exits before the observer began?
 * @number: of the VM
 *
 * Also true for a VM that the ledger does not know, as nothing is known of it.
 */
bool books_vm_is_late(const struct books *books, uint64_t number);

/**
 * books_vm_is_withheld - may KVM leave the reads of a VM's guest unanswered?
 * @number: of the VM
 *
 * The host can tell KVM so for single VMs.  A VM that the ledger does not know
 * may be any of these.
 */
bool books_vm_is_withheld(const struct books *books, uint64_t number);

/**
 * books_forget_withheld - forget the processes whose VMs the ledger no longer
 * has
 */
void books_forget_withheld(struct books *books);

/**
 * books_load - read a file that books_save() wrote
 * @path: "-" for standard input
 *
 * Returns 0, or -errno with @why filled in.
 */
int books_load(const char *path, struct books *books, struct why *why);

/** books_json - write the members of the object that a file of books is */
void books_json(struct json_writer *json, const struct books *books);

/* The findings, which a file has beside the books. */
struct books_result {
	/* Write them as a member: 0 or -ENOMEM. */
	int (*put)(struct json_writer *json, const struct books *books,
		   const void *context);
	const void *context;
};

/**
 * books_save - write a file of the books, and of the findings
 * @result: the findings; NULL: there are none
 * @path: "-" for standard output, where the file ends with a newline
 *
 * It is written value by value: as a tree in memory each answer would need 2
 * kB. Returns 0, or -errno with @why filled in.
 */
int books_save(const struct books *books, const struct books_result *result,
	       const char *path, struct why *why);

void books_free(struct books *books);

#endif /* EXITLEDGER_BOOKS_H */
