// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "report/run_bins.h"

static int compare(const void *element, const void *key)
{
	const struct run_bins_line *line = element;
	const uint32_t *reason = key;

	return line->reason < *reason ? -1 : line->reason > *reason;
}

/* Get the index of the first line with this reason or a larger one. */
static size_t line_at(const struct run_bins *bins, uint32_t reason)
{
	return array_lower_bound(&reason, bins->line, bins->nr_lines,
				 sizeof(*bins->line), compare);
}

static struct run_bins_line *line_of(struct run_bins *bins, uint32_t reason)
{
	size_t at = line_at(bins, reason);
	struct run_bins_line *line;

	if (at < bins->nr_lines && bins->line[at].reason == reason)
		return &bins->line[at];
	line = array_insert(bins->line, bins->nr_lines, bins->room, at);
	if (line)
		line->reason = reason;
	return line;
}

/* Join each bin with its neighbour, so that half of the bins become free. */
static void join(struct run_bins *bins)
{
	const size_t half = RUN_BINS / 2;

	for (size_t i = 0; i < half; i++)
		bins->seconds[i] =
			bins->seconds[2 * i] + bins->seconds[2 * i + 1];
	memset(bins->seconds + half, 0, half * sizeof(*bins->seconds));
	for (size_t n = 0; n < bins->nr_lines; n++) {
		struct run_bins_line *line = &bins->line[n];

		for (size_t i = 0; i < half; i++) {
			line->exits[i] =
				line->exits[2 * i] + line->exits[2 * i + 1];
			line->ns[i] = line->ns[2 * i] + line->ns[2 * i + 1];
		}
		memset(line->exits + half, 0, half * sizeof(*line->exits));
		memset(line->ns + half, 0, half * sizeof(*line->ns));
	}
	bins->nr = half;
	bins->each *= 2;
	bins->last = bins->each;
}

/* Make room for the next interval in the last bin, or in a new one. */
static void begin_interval(struct run_bins *bins, double seconds)
{
	if (!bins->nr)
		bins->each = 1;
	if (!bins->nr || bins->last == bins->each) {
		if (bins->nr == RUN_BINS)
			join(bins);
		bins->nr++;
		bins->last = 0;
	}
	bins->last++;
	bins->seconds[bins->nr - 1] += seconds;
}

static int add_cells(struct run_bins *bins, const struct ledger_cells *cells,
		     const struct filter *filter)
{
	size_t bin = bins->nr - 1;

	for (size_t i = 0; i < cells->nr; i++) {
		const struct ledger_cell *cell = &cells->cell[i];
		struct run_bins_line *line;

		if ((!cell->times.exits && !cell->times.ns) ||
		    !filter_has_number(&filter->reasons, cell->reason))
			continue;
		line = line_of(bins, cell->reason);
		if (!line)
			return -ENOMEM;
		line->exits[bin] += cell->times.exits;
		line->ns[bin] += cell->times.ns;
	}
	return 0;
}

int run_bins_add(struct run_bins *bins, const struct ledger *interval,
		 const struct filter *filter, double seconds)
{
	begin_interval(bins, seconds);
	for (size_t i = 0; i < interval->nr_vms; i++) {
		const struct ledger_vm *vm = &interval->vm[i];

		if (!filter_has_vm(filter, vm))
			continue;
		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			if (add_cells(bins, &vm->vcpu[j].cells, filter))
				return -ENOMEM;
		}
	}
	return 0;
}

const struct run_bins_line *run_bins_line(const struct run_bins *bins,
					  uint32_t reason)
{
	size_t at = line_at(bins, reason);

	return at < bins->nr_lines && bins->line[at].reason == reason ?
		       &bins->line[at] :
		       NULL;
}

void run_bins_free(struct run_bins *bins)
{
	free(bins->line);
	memset(bins, 0, sizeof(*bins));
}
