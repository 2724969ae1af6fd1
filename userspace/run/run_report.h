/* SPDX-License-Identifier: GPL-2.0-only */
/* What a run was like: totals, and how stable the rate of exits was. */
#ifndef EXITLEDGER_RUN_REPORT_H
#define EXITLEDGER_RUN_REPORT_H

#include "filter.h"
#include "run/run_reader.h"

/* Rates of exits in intervals. */
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

/* What lies between two marks. */
struct run_phase {
	/* At its begin; one that a person has set if there is; NULL: none. */
	const struct run_mark *mark;
	size_t more; /* … marks of the same moment */
	uint64_t begin_ns;
	uint64_t end_ns;
	struct run_rates rates;
};

struct run_report {
	const struct run_info *info;
	const struct run_marks *marks;
	const struct ledger *vms; /* all, with their names */
	struct ledger total; /* in full */
	double seconds;
	uint64_t exits; /* that the filter lets through … */
	uint64_t ns; /* … and their time */
	struct run_rates rates; /* of all of it */
	struct run_phase *phase;
	size_t nr_phases;
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

/**
 * run_rates_word - how stable a rate is, in words
 *
 * What is above chance counts: sqrt(cv² - chance²) below 0.1, 0.3 and 1.
 */
const char *run_rates_word(const struct run_rates *rates);

void run_report_free(struct run_report *report);

#endif /* EXITLEDGER_RUN_REPORT_H */
