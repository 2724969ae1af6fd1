/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns that a row can have.  This one table is used by every output, for
 * sorting, and by the options that name columns.
 */
#ifndef EXITLEDGER_COLUMNS_H
#define EXITLEDGER_COLUMNS_H

#include "lib/msg.h"
#include "lib/table.h"
#include "sample/rows.h"

enum column_id {
	COLUMN_EXITS,
	COLUMN_PER_SECOND,
	COLUMN_SHARE,
	COLUMN_FAST,
	COLUMN_TIME,
	COLUMN_TIME_SHARE,
	COLUMN_PREEMPTED,
	COLUMN_BLOCKED,
	COLUMN_VMM,
	COLUMN_KVM,
	COLUMN_TIMED,
	COLUMN_MEAN,
	COLUMN_MIN,
	COLUMN_P50,
	COLUMN_P90,
	COLUMN_P99,
	COLUMN_P999,
	COLUMN_MAX,
	COLUMN_CLASS,
	NR_COLUMNS,
};

/* The kind of a value, and its unit in JSON and CSV. */
enum column_unit {
	UNIT_COUNT, /* value.count */
	UNIT_NS, /* value.count, nanoseconds */
	UNIT_PER_SECOND, /* value.real */
	UNIT_SHARE, /* value.real, 0 to 1 */
	UNIT_NAME, /* value.name */
};

struct value {
	uint64_t count;
	double real;
	const char *name;
};

/* The observations that a column needs to have values. */
#define NEEDS_SUMS 8u /* the sums of times */
#define NEEDS_TIME (NEEDS_SUMS | 1u) /* also the time of each exit */
#define NEEDS_FAST 2u
#define NEEDS_OFF_CPU 4u
#define NEEDS_SPLIT (NEEDS_OFF_CPU | 16u)

struct column {
	const char *name; /* the name for --columns and --sort */
	const char *field; /* the name in JSON and CSV */
	/* The header in text; right-aligned, like the values. */
	const char *header;
	enum column_unit unit;
	unsigned int width; /* the width in text */
	unsigned int needs; /* the NEEDS_* bits of what must be observed */
	/* True if a row must be complete to have a value: row_complete(). */
	bool of_times;
	/* Gets a row's value; returns false if it has none. */
	bool (*get)(const struct row *row, struct value *value);
};

extern const struct column columns[NR_COLUMNS];

/* A list of columns, in the order in which they are shown. */
struct column_list {
	enum column_id id[NR_COLUMNS];
	size_t nr;
};

/** column_find - find a column by name; 0, or -EINVAL with @why */
int column_find(const char *name, enum column_id *id, struct why *why);

/**
 * column_list_parse - parse a list such as "exits,p99,max"
 *
 * Returns 0, or -EINVAL with @why filled in.
 */
int column_list_parse(const char *text, struct column_list *list,
		      struct why *why);

/**
 * column_list_all - list all columns that have values
 * @has: the observations that were made (NEEDS_*)
 */
void column_list_all(unsigned int has, struct column_list *list);

/* The tables that choose their own columns. */
enum column_use {
	USE_TABLE, /* monitor's table by reason: all columns */
	USE_KEYS, /* monitor's keys, which have no percentiles */
	USE_TOP, /* the live view */
	USE_TOP_TIMES, /* the live view of a distribution of times */
	USE_REPORT, /* a report's table by reason */
	USE_REPORT_KEYS, /* tables of keys in a report or a page */
	USE_PAGE, /* a page's table by reason, in this order */
	NR_USES,
};

/*
 * For text, each list has the most useful column first, as column_list_fit()
 * takes it.  A page shows all columns of its lists that have values, in the
 * order of the list.
 */
extern const struct column_list columns_by_use[NR_USES];

/**
 * column_list_fit - choose as many columns as fit
 * @order: the most useful column first
 * @has: leave out columns that need other observations (NEEDS_*)
 * @width: the width of all columns together, with a space before each
 * @list: set to the columns, in the order of the table of columns
 */
void column_list_fit(const struct column_list *order, unsigned int has,
		     unsigned int width, struct column_list *list);

/** column_text - a row's value for people; "-" if it has none */
struct text column_text(enum column_id id, const struct row *row);

/** column_text_in - column_text() in at most @width columns, at least 7 */
struct text column_text_in(enum column_id id, const struct row *row,
			   size_t width);

/** column_cell - column_text() in exactly the column's own width */
struct text column_cell(enum column_id id, const struct row *row);

/** column_list_head - append the headers of columns to a line */
void column_list_head(const struct column_list *list, struct table_line *line);

/** column_list_cells - append a row's values to a line, as wide as the columns */
void column_list_cells(const struct column_list *list, const struct row *row,
		       struct table_line *line);

/**
 * column_compare - compare two rows by a column, larger values first
 *
 * Returns less than 0 if @a comes first, and more than 0 if @b does.  Names
 * are in alphabetical order.  Rows without a value come last.  Rows with the
 * same value are ordered by reason and key, so the result is never 0 for two
 * reasons, or two keys, of one group.  It can be 0 for the totals of two groups.
 */
int column_compare(enum column_id id, const struct row *a, const struct row *b);

/** rows_sort - sort the rows in each group, and the groups by their totals */
void rows_sort(struct rows *rows, enum column_id id);

/** rows_sort_group - sort the rows of one group */
void rows_sort_group(struct row_group *group, enum column_id id);

#endif /* EXITLEDGER_COLUMNS_H */
