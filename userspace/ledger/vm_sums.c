// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/vm_sums.h"
#include "lib/array.h"

void vm_sums_clear(struct vm_sums *sums)
{
	*sums = (struct vm_sums){
		.cells = { .cell = sums->cells.cell, .room = sums->cells.room },
	};
}

int vm_sums_add(struct vm_sums *sums, uint32_t reason, uint64_t exits,
		uint64_t time)
{
	struct ledger_cell *cell = ledger_cell(&sums->cells, reason);

	if (!cell)
		return -ENOMEM;
	cell->times.exits += exits;
	cell->times.ns += time;
	return 0;
}

static int by_reason(const void *element, const void *key)
{
	const struct ledger_cell *cell = element;
	const uint32_t *reason = key;

	return cell->reason < *reason ? -1 : cell->reason > *reason;
}

const struct exit_times *vm_sums_find(const struct vm_sums *sums,
				      uint32_t reason)
{
	const struct ledger_cells *cells = &sums->cells;
	const size_t at = array_lower_bound(&reason, cells->cell, cells->nr,
					    sizeof(*cells->cell), by_reason);

	return at < cells->nr && cells->cell[at].reason == reason ?
		       &cells->cell[at].times :
		       NULL;
}

void vm_sums_free(struct vm_sums *sums)
{
	free(sums->cells.cell);
	memset(sums, 0, sizeof(*sums));
}
