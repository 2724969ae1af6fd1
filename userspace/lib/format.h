/* SPDX-License-Identifier: GPL-2.0-only */
/* Formats numbers for people. */
#ifndef EXITLEDGER_FORMAT_H
#define EXITLEDGER_FORMAT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char s[40];
	size_t length;
};

/** format_count - 1234567 as "1,234,567" */
struct text format_count(uint64_t count);

/** format_plain - 1234567 as "1234567" */
struct text format_plain(uint64_t number);

/** format_difference - "0", "+12", "-3" */
struct text format_difference(int64_t difference);

/**
 * format_ns - a time with three or four digits, such as "812 ns" or "1.25 ms"
 */
struct text format_ns(double ns);

/** format_decimal - a number of at least 0, with up to six @decimals */
struct text format_decimal(double number, unsigned int decimals);

/** format_share - @part of @whole in per cent: "12.3 %"; "-" if @whole is 0 */
struct text format_share(uint64_t part, uint64_t whole);

/** format_percent - 0.123 as "12.3 %", 27.5 as "2750 %" */
struct text format_percent(double share);

/** format_rate - a rate per second; one decimal if it is below 100 */
struct text format_rate(double rate);

/** format_ratio - a ratio with three or four digits; or "inf", or "> 9999" */
struct text format_ratio(double ratio);

/** format_change - the change in per cent: "+12.3 %"; "from none" from 0 */
struct text format_change(double before, double after);

/*
 * The same in at most @width columns, for tables.  A number that needs more
 * columns gets three digits and a suffix, such as "12.9M".  @width is at least
 * 5 for counts, and at least 7 for numbers with a sign or a unit.
 */
struct text format_count_in(uint64_t count, size_t width);
struct text format_plain_in(uint64_t number, size_t width);
struct text format_difference_in(int64_t difference, size_t width);
struct text format_ns_in(double ns, size_t width);
struct text format_decimal_in(double number, unsigned int decimals,
			      size_t width);
struct text format_percent_in(double share, size_t width);
struct text format_share_in(uint64_t part, uint64_t whole, size_t width);
struct text format_rate_in(double rate, size_t width);
struct text format_change_in(double before, double after, size_t width);

#endif /* EXITLEDGER_FORMAT_H */
