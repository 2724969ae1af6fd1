/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers as people read them, in a fixed width. */
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

/** format_ns - a time with three or four digits, such as "812 ns" or "1.25 ms" */
struct text format_ns(double ns);

/** format_decimal - with up to six decimals; not below 0 */
struct text format_decimal(double number, unsigned int decimals);

/** format_share - of a whole, in per cent: "12.3 %"; "-" of nothing */
struct text format_share(uint64_t part, uint64_t whole);

/** format_percent - 0.123 as "12.3 %", 27.5 as "2750 %" */
struct text format_percent(double share);

/** format_rate - per second: with a decimal below 100 */
struct text format_rate(double rate);

/** format_ratio - in three or four digits; "inf", "> 9999" */
struct text format_ratio(double ratio);

/** format_change - from one value to another: "+12.3 %", "-5.0 %", "from none" */
struct text format_change(double before, double after);

/*
 * The same in at most @width columns, for tables: a number that needs more is
 * shown in three digits with a unit of thousands, as "12.9M".  @width is at
 * least 5, for the sign or the unit of the other kinds at least 7.
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
