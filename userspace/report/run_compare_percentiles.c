// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "report/run_compare.h"
#include "sample/columns.h"

/* Find a run's row of the same reason, or NULL. */
static const struct row *row_of(const struct row_group *group,
				const struct run_compared *compared)
{
	if (compared->kind != ROW_REASON)
		return compared->kind == ROW_TOTAL ? &group->total :
						     &group->work;
	for (size_t i = 0; i < group->nr_reasons; i++) {
		if (group->reason[i].reason == compared->reason)
			return &group->reason[i];
	}
	return NULL;
}

/* Get a percentile as the report on that run has it; 0 if there is none. */
static uint64_t value_of(enum column_id id, const struct row *row)
{
	struct value value = { 0 };

	return columns[id].get(row, &value) ? value.count : 0;
}

static int add_run(struct run_comparison *compared, int nth,
		   const struct filter *filter)
{
	const struct filter reasons = { .reasons = filter->reasons };
	const struct run_report *run = compared->run[nth];
	struct ledger merged = { .ns = 0 };
	struct row_group group;
	int r = run_report_merge(run, filter, &merged);

	if (!r)
		r = rows_group(&merged, &merged.vm[0], NULL, &reasons,
			       run->seconds, &group);
	if (r > 0) {
		r = rows_group_complete(&group);
		for (size_t i = 0; !r && i < compared->nr; i++) {
			const struct row *row =
				row_of(&group, &compared->row[i]);

			if (!row)
				continue;
			compared->row[i].p50[nth] = value_of(COLUMN_P50, row);
			compared->row[i].p99[nth] = value_of(COLUMN_P99, row);
		}
		rows_group_free(&group);
	}
	ledger_free(&merged);
	return r;
}

int run_compare_percentiles(struct run_comparison *compared,
			    const struct filter *filter)
{
	int r = 0;

	for (int i = 0; !r && compared->times && i < 2; i++)
		r = add_run(compared, i, filter);
	return r;
}
