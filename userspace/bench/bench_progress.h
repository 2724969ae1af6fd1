/* SPDX-License-Identifier: GPL-2.0-only */
/* How far a benchmark is: a line that stays in its place, on a terminal. */
#ifndef EXITLEDGER_BENCH_PROGRESS_H
#define EXITLEDGER_BENCH_PROGRESS_H

#include <stddef.h>

struct bench_progress {
	double share; /* that is done; below 0: not known, nor the rest */
	double elapsed; /* s */
	double left; /* s */
};

/**
 * bench_progress_of - how far it is
 * @done: runs so far, in @elapsed seconds
 * @runs: in all, likely
 */
struct bench_progress bench_progress_of(size_t done, size_t runs,
					double elapsed);

/**
 * bench_progress_line - a bar, the share, the times, and what is done now
 * @line: cut to @size, and so to the terminal's width
 */
void bench_progress_line(const struct bench_progress *progress,
			 const char *what, char *line, size_t size);

/** bench_progress_show - in the place of the last one, on standard error */
void bench_progress_show(const struct bench_progress *progress,
			 const char *what);

/** bench_progress_round - a line to stay: a round, from 0, has ended */
void bench_progress_round(unsigned int round, unsigned int rounds,
			  double seconds);

/** bench_progress_end - remove it */
void bench_progress_end(void);

#endif /* EXITLEDGER_BENCH_PROGRESS_H */
