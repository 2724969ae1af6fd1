/* SPDX-License-Identifier: GPL-2.0-only */
/* The report on a run: totals, and how stable the rate of exits was. */
#ifndef EXITLEDGER_RUN_REPORT_H
#define EXITLEDGER_RUN_REPORT_H

#include "advise/advise_course.h"
#include "ledger/filter.h"
#include "report/run_bins.h"
#include "report/run_changes.h"
#include "report/run_slows.h"
#include "report/run_timeline.h"
#include "run/run_reader.h"

/* Fewer intervals tell nothing about stability. */
#define RUN_INTERVALS_MIN 5

/* The rates of exits in intervals. */
struct run_rates {
	uint64_t exits;
	double seconds;
	size_t intervals;
	double min; /* per second; of whole intervals, as are the next */
	double max;
	/*
	 * Coefficient of variation, standard deviation / mean, weighted by
	 * time; and that of exits that come independently of each other at a
	 * constant rate (Poisson), which is what chance alone does.
	 */
	double cv;
	double chance;
};

/* Whose mark it is.  Of marks of the same moment the highest names a phase. */
enum run_mark_rank {
	RUN_RANK_AUTOMATIC, /* the recorder has seen what it says */
	RUN_RANK_GUEST,
	RUN_RANK_USER,
	RUN_RANKS,
};

/*
 * A phase lies between two marks.  In a run with several VMs, only resets and
 * the marks of people and guests begin one.
 */
struct run_phase {
	/* At its begin; one that a person has set if there is; NULL: none. */
	const struct run_mark *mark;
	size_t more; /* further marks of the same moment */
	uint64_t begin_ns;
	uint64_t end_ns;
	struct run_rates rates;
};

struct run_report {
	const struct run_info *info;
	const struct run_marks *marks;
	const struct ledger *known; /* all VMs with names, without vCPUs */
	struct ledger total; /* in full */
	double seconds;
	size_t nr_vms; /* that the filter lets through, as are the next three */
	size_t nr_vcpus;
	uint64_t exits;
	uint64_t ns; /* their time */
	struct run_rates rates; /* of all of it */
	struct run_phase *phase;
	size_t nr_phases;
	struct run_timeline timeline;
	struct run_changes changes; /* of the rate of all of it */
	struct run_bins bins;
	struct run_slows slows;
	struct advise_course course;
};

/**
 * run_report_read - read a run to its end
 * @reader: opened with @fine; must stay as long as the report
 * @report: filled in; to be freed with run_report_free, after a failure, too
 *
 * 0, or -errno with @why.
 */
int run_report_read(struct run_reader *reader, const struct filter *filter,
		    struct run_report *report, struct why *why);

/** run_report_observed - NEEDS_… of the columns that a run has */
unsigned int run_report_observed(const struct run_info *info);

/** run_report_has_mark - is it within the run, and of a VM that is shown? */
bool run_report_has_mark(const struct run_report *report,
			 const struct filter *filter,
			 const struct run_mark *mark);

/** run_mark_rank - whose mark it is; NULL: none is nobody's */
enum run_mark_rank run_mark_rank(const struct run_mark *mark);

/* A list of marks, or of what they begin, that has no room for all of them. */
struct run_limit {
	size_t left[RUN_RANKS];
};

/**
 * run_limit_init - fill a list with what people have marked first, then guests
 * @nr: how many there are of each rank
 * @max: how many there is room for
 */
void run_limit_init(struct run_limit *limit, const size_t nr[RUN_RANKS],
		    size_t max);

/** run_limit_take - is the next one of all, by time, in the list? */
bool run_limit_take(struct run_limit *limit, const struct run_mark *mark);

/** run_limit_phases - the same for a report's phases */
void run_limit_phases(struct run_limit *limit, const struct run_report *report,
		      size_t max);

/**
 * run_report_merge - all VMs as a single one, with what the filter lets through
 * @merged: empty; filled in: one VM, one vCPU
 *
 * 0 or -ENOMEM.
 */
int run_report_merge(const struct run_report *report,
		     const struct filter *filter, struct ledger *merged);

/**
 * run_rates_word - how stable a rate is, in words
 *
 * The limits of the variation above chance, sqrt(cv² - chance²), are 0.1, 0.3
 * and 1.
 */
const char *run_rates_word(const struct run_rates *rates);

void run_report_free(struct run_report *report);

#endif /* EXITLEDGER_RUN_REPORT_H */
