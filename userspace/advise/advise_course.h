/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the exits of a run came: all of its time in some ten equal parts,
 * however long it is, and each VM's exits in them by reason.  A rule that holds
 * in few of them saw a moment and no habit.
 */
#ifndef EXITLEDGER_ADVISE_COURSE_H
#define EXITLEDGER_ADVISE_COURSE_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

#define ADVISE_PARTS 16 /* at most; from so many intervals on, more than half */

struct advise_line {
	uint64_t vm; /* ledger_vm.number */
	uint32_t reason;
	struct exit_times part[ADVISE_PARTS];
};

/* All zero: empty. */
struct advise_course {
	size_t nr; /* parts that have begun */
	uint64_t each; /* intervals in a part: a power of 2 */
	uint64_t last; /* intervals in the last one: no more */
	double seconds[ADVISE_PARTS];
	struct advise_line *line; /* ascending by VM, then reason */
	size_t nr_lines;
	size_t room;
};

/**
 * advise_course_add - the next interval
 * @filter: VMs and reasons; vCPUs are not told apart
 * @seconds: how long it was
 *
 * 0 or -ENOMEM.
 */
int advise_course_add(struct advise_course *course,
		      const struct ledger *interval,
		      const struct filter *filter, double seconds);

/** advise_course_lines - the lines of a VM; @nr: how many */
const struct advise_line *
advise_course_lines(const struct advise_course *course, uint64_t vm,
		    size_t *nr);

/** advise_course_keep - drop the lines of VMs that a ledger no longer has */
void advise_course_keep(struct advise_course *course,
			const struct ledger *ledger);

void advise_course_free(struct advise_course *course);

#endif /* EXITLEDGER_ADVISE_COURSE_H */
