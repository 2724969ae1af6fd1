/* SPDX-License-Identifier: GPL-2.0-only */
/* Chooses the columns of monitor's table. */
#ifndef EXITLEDGER_MONITOR_COLUMNS_H
#define EXITLEDGER_MONITOR_COLUMNS_H

#include "observe/observer.h"
#include "sample/render_monitor.h"

/**
 * monitor_columns_choose - choose those asked for, or the most useful ones
 * @observe: what is observed, which decides which columns have data
 * @all: the output has all columns that there are
 * @asked_for: of --columns, or NULL
 * @sort: of --sort, or NULL
 * @shape: its columns, its column to sort by, and the kinds of its data are set
 *
 * Returns 0, or -EINVAL with @why.
 */
int monitor_columns_choose(const struct observer_options *observe, bool all,
			   const char *asked_for, const char *sort,
			   struct monitor_shape *shape, struct why *why);

#endif /* EXITLEDGER_MONITOR_COLUMNS_H */
