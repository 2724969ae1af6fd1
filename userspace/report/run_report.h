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
	double min; /* the lowest rate of an interval that was not cut short */
	double max; /* the highest rate of such an interval */
	/*
	 * @cv is the coefficient of variation, standard deviation / mean,
	 * weighted by time.  @chance is what it would be by chance alone: if
	 * exits came independently of each other at a constant rate (Poisson).
	 */
	double cv;
	double chance;
};

/*
 * Who has set a mark.  Of several marks of the same moment, the one of the
 * highest rank names the phase.
 */
enum run_mark_rank {
	RUN_RANK_AUTOMATIC, /* set by the recorder */
	RUN_RANK_GUEST,
	RUN_RANK_USER,
	RUN_RANKS,
};

/*
 * A phase lies between two marks.  In a run with several VMs, only resets and
 * the marks of people and guests begin one.
 */
struct run_phase {
	/*
	 * The mark at its begin; NULL if there is none.  If there are several,
	 * it is one with the highest rank.
	 */
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
	struct ledger total; /* all exits, without any filter */
	double seconds;
	/* This and the next three members count only what passes the filter. */
	size_t nr_vms;
	size_t nr_vcpus;
	uint64_t exits;
	uint64_t ns; /* the time of these exits */
	struct run_rates rates; /* of the whole run */
	struct run_phase *phase;
	size_t nr_phases;
	struct run_timeline timeline;
	struct run_changes changes; /* of the whole run's rate */
	struct run_bins bins;
	struct run_slows slows;
	struct advise_course course;
};

/**
 * run_report_read - read a run to its end
 * @reader: opened with @fine; must stay open as long as the report is used
 * @report: filled in; to be freed with run_report_free, after a failure,
 *	too
 *
 * Returns 0, or -errno with @why.
 */
int run_report_read(struct run_reader *reader, const struct filter *filter,
		    struct run_report *report, struct why *why);

/** run_report_observed - the NEEDS_* bits of what a run has recorded */
unsigned int run_report_observed(const struct run_info *info);

/**
 * run_report_has_mark - is a mark within the run, and does it pass the filter?
 */
bool run_report_has_mark(const struct run_report *report,
			 const struct filter *filter,
			 const struct run_mark *mark);

/** run_mark_rank - get the rank of a mark; RUN_RANK_AUTOMATIC for NULL */
enum run_mark_rank run_mark_rank(const struct run_mark *mark);

/*
 * The room that is left for marks of each rank in a list that is too short for
 * all marks, or all phases.
 */
struct run_limit {
	size_t left[RUN_RANKS];
};

/**
 * run_limit_init - give room to the marks of people first, then to guests',
 * then to the others
 * @nr: number of marks of each rank
 * @max: length of the list
 */
void run_limit_init(struct run_limit *limit, const size_t nr[RUN_RANKS],
		    size_t max);

/** run_limit_take - is the next mark in the list?  Call it for all, by time. */
bool run_limit_take(struct run_limit *limit, const struct run_mark *mark);

/** run_limit_phases - run_limit_init() for the phases of a report */
void run_limit_phases(struct run_limit *limit, const struct run_report *report,
		      size_t max);

/**
 * run_report_merge - merge all VMs that pass the filter into a single one
 * @merged: must be empty; gets one VM with one vCPU
 *
 * Returns 0 or -ENOMEM.
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
