/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of monitor's table, from the command line. */
#ifndef EXITLEDGER_MONITOR_COLUMNS_H
#define EXITLEDGER_MONITOR_COLUMNS_H

#include "observe/observer.h"
#include "sample/render_monitor.h"

/**
 * monitor_columns_choose - those asked for, or those that are most useful
 * @observe: what is observed, which decides what a column can be about
 * @all: the output has all columns that there are
 * @asked_for: of --columns, or NULL
 * @sort: of --sort, or NULL
 * @shape: its columns, and what there is for them, are filled in
 *
 * 0, or -EINVAL with @why.
 */
int monitor_columns_choose(const struct observer_options *observe, bool all,
			   const char *asked_for, const char *sort,
			   struct monitor_shape *shape, struct why *why);

#endif /* EXITLEDGER_MONITOR_COLUMNS_H */
