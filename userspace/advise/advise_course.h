/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The course of a run.  Its time is divided into at most ADVISE_PARTS parts, of
 * which all but the last have the same number of intervals.  Each part has each
 * VM's exits by reason.  A rule that holds in only a few parts has seen a short
 * event rather than a lasting state.
 */
#ifndef EXITLEDGER_ADVISE_COURSE_H
#define EXITLEDGER_ADVISE_COURSE_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

/*
 * The largest number of parts.  Once there were so many intervals, at least
 * half of the parts are in use.
 */
#define ADVISE_PARTS 16

struct advise_line {
	uint64_t vm; /* ledger_vm.number */
	uint32_t reason;
	struct exit_times part[ADVISE_PARTS];
};

/* All zero is an empty course. */
struct advise_course {
	size_t nr; /* number of parts that have begun */
	uint64_t each; /* intervals per part, a power of 2 */
	uint64_t last; /* intervals in the last part so far */
	double seconds[ADVISE_PARTS];
	struct advise_line *line; /* ascending by VM, then by reason */
	size_t nr_lines;
	size_t room;
};

/**
 * advise_course_add - add the next interval
 * @filter: selects VMs and reasons; vCPUs are added up
 * @seconds: length of the interval
 *
 * Returns 0 or -ENOMEM.
 */
int advise_course_add(struct advise_course *course,
		      const struct ledger *interval,
		      const struct filter *filter, double seconds);

/** advise_course_lines - the lines of a VM; sets @nr to their number */
const struct advise_line *
advise_course_lines(const struct advise_course *course, uint64_t vm,
		    size_t *nr);

/** advise_course_keep - drop the lines of VMs that the ledger no longer has */
void advise_course_keep(struct advise_course *course,
			const struct ledger *ledger);

void advise_course_free(struct advise_course *course);

#endif /* EXITLEDGER_ADVISE_COURSE_H */
