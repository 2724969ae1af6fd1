/* SPDX-License-Identifier: GPL-2.0-only */
/* Shows the progress of a benchmark in one line of a terminal. */
#ifndef EXITLEDGER_BENCH_PROGRESS_H
#define EXITLEDGER_BENCH_PROGRESS_H

#include <stddef.h>

struct bench_progress {
	double share; /* the part that is done; below 0: unknown, as is @left */
	double elapsed; /* in seconds */
	double left; /* in seconds */
};

/**
 * bench_progress_of - compute the progress
 * @done: the number of runs so far, which took @elapsed seconds
 * @runs: the expected number of all runs
 */
struct bench_progress bench_progress_of(size_t done, size_t runs,
					double elapsed);

/**
 * bench_progress_line - write a bar, the share, the times, and the current step
 * @what: the current step
 * @line: filled in; cut to @size bytes, and so to the terminal's width
 */
void bench_progress_line(const struct bench_progress *progress,
			 const char *what, char *line, size_t size);

/** bench_progress_show - replace the line that is shown on standard error */
void bench_progress_show(const struct bench_progress *progress,
			 const char *what);

/** bench_progress_round - print that round @round, from 0, has ended */
void bench_progress_round(unsigned int round, unsigned int rounds,
			  double seconds);

/** bench_progress_end - remove the line */
void bench_progress_end(void);

#endif /* EXITLEDGER_BENCH_PROGRESS_H */
