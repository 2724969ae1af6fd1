/* SPDX-License-Identifier: GPL-2.0-only */
/* A benchmark's numbers and names, as its tables show them. */
#ifndef EXITLEDGER_RENDER_BENCH_WORDS_H
#define EXITLEDGER_RENDER_BENCH_WORDS_H

#include <stdio.h>

#include "bench/bench_result.h"
#include "lib/format.h"

/* Characters: of a line, and of a row's title. */
enum { BENCH_LINE = 80, BENCH_TITLE = 28 };

/** bench_unit_words - the unit as in a heading, such as "INSTRUCTIONS" */
const char *bench_unit_words(const struct bench *bench);

/* The columns that a number needs, including its sign. */
enum { BENCH_NUMBER = 6 };

/**
 * bench_number - format up to five digits, with a decimal below 100; "1.23M" if
 *	there are more
 * @sign: put a + before positive numbers, too
 */
struct text bench_number(double value, bool sign);

/** bench_number_in - the same in at most @width columns, at least 5 */
struct text bench_number_in(double value, bool sign, size_t width);

/**
 * bench_percent_in - a percentage, with a decimal if there is room; @width is
 *	at least 6
 */
struct text bench_percent_in(double percent, size_t width);

/** bench_interval - "+1.0 to +2.0"; "none" if it has no ends */
struct text bench_interval(struct stats_interval interval, bool sign);

/**
 * bench_title - a row's title; BENCH_BASE's says "an exit in all" except in ns
 */
const char *bench_title(const struct bench *bench, size_t row);

/**
 * bench_mark - the mark for the most serious doubt about a cost: "!" it missed
 * exits, "<" it has fewer laps, "~" it is noise, "?" the null is off; else ""
 */
const char *bench_mark(const struct bench_result *result, size_t kind,
		       size_t row);

/* The meanings of the marks in a table. */
struct bench_meaning {
	char mark;
	const char *meaning;
};

enum { BENCH_MARKS = 4 };
extern const struct bench_meaning bench_marks[BENCH_MARKS];

/** bench_mark_seen - does any cost have this mark? */
bool bench_mark_seen(const struct bench_result *result, char mark);

/**
 * bench_put - print a paragraph, broken into lines of BENCH_LINE characters
 * @indent: of all lines but the first
 */
void bench_put(FILE *out, size_t indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* EXITLEDGER_RENDER_BENCH_WORDS_H */
