// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "commands/monitor_columns.h"

int monitor_columns_choose(const struct observer_options *observe, bool all,
			   const char *asked_for, const char *sort,
			   struct monitor_shape *shape, struct why *why)
{
	struct column_list *list = &shape->columns;
	unsigned int has = (observe->count_only	  ? 0 :
			    observe->no_histogram ? NEEDS_SUMS :
						    NEEDS_TIME) |
			   (observe->fast ? NEEDS_FAST : 0) |
			   (observe->off_cpu ? NEEDS_OFF_CPU : 0) |
			   (observe->split ? NEEDS_SPLIT : 0);
	const struct {
		unsigned int needs;
		const char *option;
	} rule[] = {
		{ NEEDS_SUMS,
		  observe->no_histogram ?
			  "times, which KVM's own book has only if kvm.exit_stats is 2 or 3" :
			  "times, and --count-only takes none" },
		{ NEEDS_FAST, "--fast" },
		{ NEEDS_SPLIT & ~NEEDS_OFF_CPU, "--split" },
		{ NEEDS_OFF_CPU, "--off-cpu" },
		{ NEEDS_TIME,
		  "histograms, which KVM's own book has only if kvm.exit_stats is 3" },
	};
	const size_t rules = sizeof(rule) / sizeof(rule[0]);
	struct column_list asked = { .nr = 0 };

	if (asked_for && column_list_parse(asked_for, &asked, why))
		return -EINVAL;
	*list = asked;
	if (sort) {
		if (column_find(sort, &shape->sort, why))
			return -EINVAL;
		/* If the list is full, it already has this column. */
		if (asked.nr < NR_COLUMNS)
			asked.id[asked.nr++] = shape->sort;
	}
	for (size_t i = 0; i < asked.nr; i++) {
		const struct column *column = &columns[asked.id[i]];

		for (size_t j = 0; j < rules; j++) {
			if (column->needs & ~has & rule[j].needs)
				return why_set(why, EINVAL,
					       "column '%s' needs %s",
					       column->name, rule[j].option);
		}
	}
	shape->has = has;
	if (all)
		column_list_all(has, list);
	else if (!list->nr)
		column_list_fit(
			&columns_by_use[observe->by ? USE_KEYS : USE_TABLE],
			has, MONITOR_WIDTH - MONITOR_REASON_WIDTH, list);
	return 0;
}
