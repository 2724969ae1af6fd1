/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The columns that a row can have.  There is one table of them for every
 * output, for sorting, and for the options that name them.
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
#define NEEDS_SUMS 8u /* of times */
#define NEEDS_TIME (NEEDS_SUMS | 1u) /* and how long each took, too */
#define NEEDS_FAST 2u
#define NEEDS_OFF_CPU 4u

struct column {
	const char *name; /* --columns, --sort */
	const char *field; /* JSON, CSV */
	const char *header; /* text; right-aligned, as are the values */
	enum column_unit unit;
	unsigned int width; /* in text */
	unsigned int needs; /* NEEDS_*, as bits */
	bool of_times; /* its values are those of complete rows */
	/* Returns false where there is no such value. */
	bool (*get)(const struct row *row, struct value *value);
};

extern const struct column columns[NR_COLUMNS];

/* Which columns, and in which order. */
struct column_list {
	enum column_id id[NR_COLUMNS];
	size_t nr;
};

/** column_find - find a column by its name; -EINVAL with @why: there is none */
int column_find(const char *name, enum column_id *id, struct why *why);

/**
 * column_list_parse - take a list such as "exits,p99,max"
 *
 * Returns 0, or -EINVAL with @why filled in.
 */
int column_list_parse(const char *text, struct column_list *list,
		      struct why *why);

/**
 * column_list_all - list all columns that have values if @has (NEEDS_…) is
 * observed
 */
void column_list_all(unsigned int has, struct column_list *list);

/* The tables that choose their columns themselves. */
enum column_use {
	USE_TABLE, /* monitor's, by reason: all columns */
	USE_KEYS, /* with keys, which have no percentiles: the mean first */
	USE_TOP, /* the live view */
	USE_TOP_TIMES, /* the live view beside times of other rows */
	USE_REPORT, /* a report's, by reason */
	USE_REPORT_KEYS, /* a report's, by key; a page's, too */
	USE_PAGE, /* a page's, by reason; in this order */
	NR_USES,
};

/*
 * The most useful columns come first, and are shown as long as there is room.
 */
extern const struct column_list columns_by_use[NR_USES];

/**
 * column_list_fit - choose as many columns as fit
 * @order: the most useful first
 * @has: leave out columns that need more than this (NEEDS_…)
 * @width: of all columns together, with a space before each
 * @list: filled in, in the order of the table of columns
 */
void column_list_fit(const struct column_list *order, unsigned int has,
		     unsigned int width, struct column_list *list);

/** column_text - a row's value as people read it; "-": it has none */
struct text column_text(enum column_id id, const struct row *row);

/** column_text_in - the same in at most @width columns, at least 7 */
struct text column_text_in(enum column_id id, const struct row *row,
			   size_t width);

/** column_cell - the same in exactly the column's own width */
struct text column_cell(enum column_id id, const struct row *row);

/** column_list_head - the headers of columns, as cells of a line of text */
void column_list_head(const struct column_list *list, struct table_line *line);

/** column_list_cells - a row's values, each in its column's own width */
void column_list_cells(const struct column_list *list, const struct row *row,
		       struct table_line *line);

/**
 * column_compare - compare two rows by a column, larger values first
 *
 * Returns less than 0 if @a comes first, and more than 0 if @b does.  Names are
 * in the order of the alphabet.  Rows without a value are last.  Rows with the
 * same value are ordered by reason and key, so the result is never 0 for two
 * different rows.
 */
int column_compare(enum column_id id, const struct row *a, const struct row *b);

/** rows_sort - the groups' rows, and the groups by their totals */
void rows_sort(struct rows *rows, enum column_id id);

/** rows_sort_group - the rows of one group */
void rows_sort_group(struct row_group *group, enum column_id id);

#endif /* EXITLEDGER_COLUMNS_H */
