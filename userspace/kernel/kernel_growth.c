// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "kernel/kernel_growth.h"

/*
 * A reason's cell at two readings, and the range of buckets that grew between
 * them.
 */
struct grown {
	const struct kernel_record *now, *earlier;
	const struct kernel_buckets *buckets;
	struct exit_file_hist hist, hist_before;
	struct ledger_cell *cell;
	/*
	 * The lowest and the highest of KVM's buckets that grew; set if @timed
	 * is above 0.
	 */
	unsigned int low, high;
	uint64_t timed; /* the growth of all buckets together */
};

struct kernel_record kernel_record(const struct exit_file *file, uint32_t index)
{
	return (struct kernel_record){ file, index,
				       exit_file_vcpu(file, index) };
}

struct kernel_record kernel_record_find(const struct exit_file *file,
					uint32_t id, uint32_t guess)
{
	struct kernel_record record;

	for (uint32_t i = 0; i < file->nr_vcpus; i++) {
		record = kernel_record(file, (guess + i) % file->nr_vcpus);
		if (record.vcpu.id == id)
			return record;
	}
	return (struct kernel_record){ .file = NULL };
}

static struct exit_file_hist hist_of(const struct kernel_record *record,
				     uint32_t cell)
{
	if (!record->file)
		return (struct exit_file_hist){ .min = UINT64_MAX };
	return exit_file_hist(record->file, record->index, &record->vcpu, cell);
}

/*
 * Returns a cell's sums.  If the cell has no reason in this record, its exits
 * cannot be booked yet, and the sums are zero.  They are booked with the first
 * record in which the cell has a reason.
 */
static struct exit_file_cell cell_of(const struct kernel_record *record,
				     uint32_t cell)
{
	uint32_t reason;

	if (!record->file ||
	    (cell + 1 < record->file->nr_cells &&
	     !exit_file_reason(record->file, &record->vcpu, cell, &reason)))
		return (struct exit_file_cell){ .exits = 0 };
	return exit_file_cell(record->file, record->index, cell);
}

/*
 * Set @count to the counts of an octave, or to zero if the record has no such
 * span.
 */
static void counts_of(const struct kernel_record *record,
		      const struct exit_file_hist *hist, uint32_t octave,
		      uint8_t span, uint32_t count[EXIT_FILE_SPAN])
{
	if (record->file && hist->span[octave] == span)
		exit_file_span(record->file, record->index, span, count);
	else
		for (uint32_t i = 0; i < EXIT_FILE_SPAN; i++)
			count[i] = 0;
}

static int grow_octave(struct grown *grown, uint32_t octave)
{
	const uint8_t span = grown->hist.span[octave];
	uint32_t now[EXIT_FILE_SPAN], before[EXIT_FILE_SPAN];

	counts_of(grown->now, &grown->hist, octave, span, now);
	counts_of(grown->earlier, &grown->hist_before, octave, span, before);
	for (uint32_t i = 0; i < EXIT_FILE_SPAN; i++) {
		const uint32_t bucket = octave * EXIT_FILE_SPAN + i;

		if (now[i] == before[i])
			continue;
		if (!grown->timed)
			grown->low = bucket;
		grown->high = bucket;
		grown->timed += (uint32_t)(now[i] - before[i]);
		if (hist_book(&grown->cell->hist,
			      grown->buckets->booked_in[bucket],
			      now[i] - before[i]))
			return -ENOMEM;
	}
	return 0;
}

/*
 * Can the growth of histograms be computed?  It can if both records have them,
 * or if there is no earlier record.
 */
static bool is_comparable(const struct kernel_record *now,
			  const struct kernel_record *earlier)
{
	return now->file->nr_spans &&
	       (!earlier->file || earlier->file->nr_spans);
}

static int grow_hist(struct grown *grown, uint32_t cell)
{
	int r = 0;

	grown->timed = 0;
	grown->hist = hist_of(grown->now, cell);
	grown->hist_before = hist_of(grown->earlier, cell);
	for (uint32_t i = 0; i < EXIT_FILE_OCTAVES && !r; i++) {
		if (grown->hist.span[i])
			r = grow_octave(grown, i);
	}
	return r;
}

/*
 * Find the shortest and the longest time of the growth.  KVM keeps only the
 * extremes since histograms were switched on, so those of the growth may be
 * estimates.
 */
static void find_extremes(const struct grown *grown, struct exit_times *more)
{
	const struct exit_file_hist *now = &grown->hist;
	const struct exit_file_hist *before = &grown->hist_before;
	const struct kernel_buckets *buckets = grown->buckets;
	const uint32_t khz = buckets->tsc_khz;
	const struct exit_times then = {
		.min_ns = kernel_ns(before->min, khz),
		.max_ns = kernel_ns(before->max, khz),
	};
	struct exit_times ever = { .ns = 0 };

	if (now->min > now->max || (!grown->timed && now->min == before->min &&
				    now->max == before->max))
		return;
	ever.min_ns = more->min_ns = kernel_ns(now->min, khz);
	ever.max_ns = more->max_ns = kernel_ns(now->max, khz);
	if (grown->timed)
		exit_times_estimate(more, grown->timed, &ever, &then,
				    buckets->middle_ns[grown->low],
				    buckets->middle_ns[grown->high]);
}

static int grow_cell(struct grown *grown, uint32_t index, uint32_t reason,
		     const struct exit_times *sums, struct ledger_vcpu *to)
{
	const bool hists = is_comparable(grown->now, grown->earlier);
	struct exit_times more = *sums;

	if (!hists && !more.exits && !more.ns)
		return 0;
	grown->cell = ledger_cell(&to->cells, reason);
	if (!grown->cell)
		return -ENOMEM;
	if (hists) {
		if (grow_hist(grown, index))
			return -ENOMEM;
		find_extremes(grown, &more);
	}
	exit_times_add(&grown->cell->times, &more);
	return 0;
}

/*
 * Returns by how much a cell's sums have grown.  Both sums of cycles are
 * converted, not their difference, so that rounding errors do not accumulate.
 */
static struct exit_times sums_of(const struct grown *grown,
				 const struct exit_file_cell *now,
				 const struct exit_file_cell *before)
{
	const uint32_t khz = grown->buckets->tsc_khz;

	return (struct exit_times){
		.exits = now->exits - before->exits,
		.ns = now->cycles == before->cycles ?
			      0 :
			      kernel_ns(now->cycles, khz) -
				      kernel_ns(before->cycles, khz),
	};
}

int kernel_growth_add(const struct kernel_record *now,
		      const struct kernel_record *earlier,
		      const struct kernel_buckets *buckets,
		      struct ledger_vcpu *to)
{
	struct grown grown = { .now = now,
			       .earlier = earlier,
			       .buckets = buckets };
	const uint32_t last = now->file->nr_cells - 1;
	int r = now->vcpu.dropped < earlier->vcpu.dropped ? -EINVAL : 0;

	for (uint32_t i = 0; i <= last && !r; i++) {
		const struct exit_file_cell cell = cell_of(now, i);
		struct exit_file_cell before;
		struct exit_times more;
		uint32_t reason;

		before = cell_of(earlier, i);
		if (cell.exits < before.exits || cell.cycles < before.cycles)
			return -EINVAL;
		if (!cell.exits && !cell.cycles)
			continue;
		more = sums_of(&grown, &cell, &before);
		to->exits += more.exits;
		to->ns += more.ns;
		/*
		 * The exits of the last cell have no reason, so they are only
		 * in the total.
		 */
		if (i == last)
			to->sparse_full += more.exits;
		else if (exit_file_reason(now->file, &now->vcpu, i, &reason))
			r = grow_cell(&grown, i, reason, &more, to);
	}
	return r;
}

static int carry_octave(const struct kernel_record *const at[3],
			const struct exit_file_hist hist[3], uint32_t octave,
			const struct kernel_buckets *buckets,
			struct ledger_cell *cell)
{
	uint32_t count[3][EXIT_FILE_SPAN];

	for (int i = 0; i < 3; i++)
		counts_of(at[i], &hist[i], octave, hist[0].span[octave],
			  count[i]);
	for (uint32_t i = 0; i < EXIT_FILE_SPAN; i++) {
		const uint32_t now = count[0][i] - count[2][i];
		const uint32_t before = count[1][i] - count[2][i];

		if (now < before &&
		    hist_book(&cell->hist,
			      buckets->booked_in[octave * EXIT_FILE_SPAN + i],
			      1ull << 32))
			return -ENOMEM;
	}
	return 0;
}

static int carry_cell(const struct kernel_record *const at[3], uint32_t index,
		      const struct kernel_buckets *buckets,
		      struct ledger_vcpu *to)
{
	struct exit_file_hist hist[3];
	struct ledger_cell *cell;
	uint32_t reason;

	if (!exit_file_reason(at[0]->file, &at[0]->vcpu, index, &reason))
		return 0;
	for (int i = 0; i < 3; i++)
		hist[i] = hist_of(at[i], index);
	cell = ledger_cell(&to->cells, reason);
	if (!cell)
		return -ENOMEM;
	for (uint32_t i = 0; i < EXIT_FILE_OCTAVES; i++) {
		if (hist[0].span[i] && carry_octave(at, hist, i, buckets, cell))
			return -ENOMEM;
	}
	return 0;
}

int kernel_growth_carry(const struct kernel_record *now,
			const struct kernel_record *before,
			const struct kernel_record *first,
			const struct kernel_buckets *buckets,
			struct ledger_vcpu *to)
{
	const struct kernel_record *const at[3] = { now, before, first };
	int r = 0;

	if (!is_comparable(now, before) || !is_comparable(now, first))
		return 0;
	for (uint32_t i = 0; i + 1 < now->file->nr_cells && !r; i++)
		r = carry_cell(at, i, buckets, to);
	return r;
}

uint64_t kernel_growth_no_span(const struct kernel_record *now,
			       const struct kernel_record *earlier)
{
	uint32_t count[EXIT_FILE_SPAN], before[EXIT_FILE_SPAN] = { 0 };
	uint64_t more = 0;

	if (!is_comparable(now, earlier))
		return 0;
	exit_file_span(now->file, now->index, 0, count);
	/* Without memory for the vCPU's histograms, all times are missing. */
	if (!(now->vcpu.flags & EXIT_FILE_HAS_HIST))
		more = now->vcpu.exits - earlier->vcpu.exits;
	if (earlier->file)
		exit_file_span(earlier->file, earlier->index, 0, before);
	for (uint32_t i = 0; i < EXIT_FILE_SPAN; i++)
		more += (uint32_t)(count[i] - before[i]);
	return more;
}
