/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two runs side by side: which rates and times differ, and by how much.
 *
 * A run's mean is uncertain because the run varies.  Its intervals are not
 * independent of each other, but parts of it that are long enough are.  So a
 * run is cut into equal parts (batch means), 64 to 128 at first, which are
 * joined two by two, down to no fewer than RUN_BATCHES_MIN, for as long as
 * neighbours are correlated (von Neumann's ratio; Fishman, Grouping
 * observations in digital simulation, 1978).  The logarithm of the ratio of the
 * two runs then has the variance of both, and Student's t with the degrees of
 * freedom of both (Welch).  Rates are never taken to be more certain than
 * chance alone allows (Poisson).
 *
 * A bootstrap of such blocks gives the same result if there are many of them.
 * With ten blocks, its intervals are known to be too narrow; it says nothing
 * about exits that one of the runs does not have; and the small probabilities
 * that many comparisons need take many draws.
 *
 * Of many comparisons, some would differ by chance.  So the intervals are
 * widened until all of them together hold with a confidence of 95 %
 * (Bonferroni).  Each verdict follows from its interval.
 */
#ifndef EXITLEDGER_RUN_COMPARE_H
#define EXITLEDGER_RUN_COMPARE_H

#include "lib/msg.h"
#include "report/run_report.h"
#include "sample/rows.h"

#define RUN_BATCHES_MIN 8
#define RUN_COMPARE_LEVEL 0.95 /* of all intervals together */
#define RUN_SAME_WITHIN 1.1 /* ratios from 1 / 1.1 to 1.1 count as the same */
/* A verdict needs at least this many exits in both runs together. */
#define RUN_EXITS_MIN 10

enum run_verdict {
	RUN_NONE, /* there is nothing to compare */
	RUN_TOO_FEW, /* too few exits or intervals */
	RUN_CANNOT_TELL, /* the interval is wide, and has 1 in it */
	RUN_SAME, /* the interval has 1 in it, and is within RUN_SAME_WITHIN */
	RUN_LESS, /* the second run has less */
	RUN_MORE,
};

struct run_difference {
	double value[2]; /* of each run */
	/* These are set only if the verdict is above RUN_TOO_FEW. */
	double ratio; /* second to first; infinite if the first is 0 */
	double low; /* the ratio's interval; @low can be 0, and @high infinite */
	double high;
	/* The chance of such a ratio if nothing differs; not adjusted. */
	double p;
	enum run_verdict verdict;
};

struct run_compared {
	enum row_kind kind; /* ROW_REASON, ROW_TOTAL or ROW_WORK: without HLT */
	uint32_t reason;
	uint64_t exits[2];
	struct run_difference rate; /* exits per second */
	struct run_difference time; /* ns per exit, from it to the next entry */
	/*
	 * Percentiles of these times: run_compare_percentiles().  0: there is
	 * none.
	 */
	uint64_t p50[2];
	uint64_t p99[2];
};

#define RUN_NOTES 12

struct run_comparison {
	const struct run_report *run[2];
	/*
	 * The reasons come first, the one with most exits in both runs at the
	 * top.  Then come the total and, if there is HLT, the total without it.
	 */
	struct run_compared *row;
	size_t nr;
	size_t tests; /* how many confidence intervals there are */
	/*
	 * True if reasons are compared.  If false, there are only totals, as
	 * the reasons of the two processors differ.
	 */
	bool by_reason;
	bool times; /* true if both runs have times */
	/* Notes: first on what cannot be compared, then on other differences. */
	struct why note[RUN_NOTES]; /* the runs are "the first", "the second" */
	size_t nr_notes;
};

/**
 * run_compare - compare two runs
 * @a, @b: must stay valid as long as the comparison is used
 * @compared: filled in; to be freed with run_comparison_free
 *
 * Returns 0 or -ENOMEM.
 */
int run_compare(const struct run_report *a, const struct run_report *b,
		struct run_comparison *compared);

/**
 * run_compare_percentiles - fill in the percentiles, if there are times
 * @filter: the filter with which both reports were read
 *
 * How much percentiles differ by chance is not known, as each run has only one.
 * Returns 0 or -ENOMEM.
 */
int run_compare_percentiles(struct run_comparison *compared,
			    const struct filter *filter);

/** run_verdict_word - "more", "less", "same", "can't tell", "too few", "-" */
const char *run_verdict_word(enum run_verdict verdict);

void run_comparison_free(struct run_comparison *compared);

#endif /* EXITLEDGER_RUN_COMPARE_H */
