// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_pairs.h"
#include "bench/bench_result.h"

/*
 * The seed of the bootstrap.  Any number will do, as long as it never changes.
 */
#define SEED 0x4fffffffu

/* Get the median of the runs' times; returns false if there are none. */
static bool middle_time(double *times, size_t nr, double *time)
{
	if (!nr)
		return false;
	stats_sort(times, nr);
	*time = stats_median(times, nr);
	return true;
}

static int take_times(const struct bench *bench, size_t kind, size_t row,
		      struct bench_cell *cell)
{
	double *kvm = calloc(bench->rounds, sizeof(*kvm));
	double *bpf = calloc(bench->rounds, sizeof(*bpf));
	size_t nr_kvm = 0, nr_bpf = 0;

	for (unsigned int i = 0; kvm && bpf && i < bench->rounds; i++) {
		const struct bench_run *run =
			bench_find_run(bench, kind, row, i);

		if (run && run->has_kvm_time)
			kvm[nr_kvm++] = run->kvm_time;
		if (run && run->has_bpf_time)
			bpf[nr_bpf++] = run->bpf_time;
	}
	cell->has_kvm_time = middle_time(kvm, nr_kvm, &cell->kvm_time);
	cell->has_bpf_time = middle_time(bpf, nr_bpf, &cell->bpf_time);
	free(bpf);
	free(kvm);
	return kvm && bpf ? 0 : -ENOMEM;
}

/* Add up losses and surpluses separately: they must not cancel out. */
static void take_count(const struct bench_run *run, struct bench_cell *cell)
{
	cell->has_counted = true;
	cell->counted += run->counted;
	cell->expected += run->expected;
	cell->at_least |= run->at_least;
	if (run->counted < run->expected)
		cell->lost += run->expected - run->counted;
	else if (!run->at_least)
		cell->surplus += run->counted - run->expected;
}

/*
 * Fill in the counts, the spread, the worst lap, and the numbers of rounds,
 * laps and outliers.
 */
static void take_sums(const struct bench *bench, size_t kind, size_t row,
		      const struct bench_pairs *rounds, struct bench_cell *cell)
{
	double low = 0, high = 0;

	for (size_t i = 0; i < rounds->nr; i++) {
		const struct stats_laps *laps = &rounds->pair[i].with;
		double median = stats_median(laps->lap, laps->nr);

		low = !i || median < low ? median : low;
		high = !i || median > high ? median : high;

		cell->laps += laps->nr;
		cell->outliers += stats_outliers(laps->lap, laps->nr);
		if (laps->lap[laps->nr - 1] > cell->worst)
			cell->worst = laps->lap[laps->nr - 1];
	}
	cell->spread = high - low;
	cell->rounds = rounds->nr;
	for (unsigned int i = 0; i < bench->rounds; i++) {
		const struct bench_run *run =
			bench_find_run(bench, kind, row, i);

		if (run && run->has_counted)
			take_count(run, cell);
	}
}

static int fill_cell(const struct bench *bench, size_t kind, size_t row,
		     struct bench_cell *cell)
{
	struct bench_pairs alone, compared = { 0 };
	int r;

	r = bench_pairs_init(bench, kind, row, false, &alone);
	if (!r)
		r = bench_pairs_init(bench, kind, row, true, &compared);
	if (!r && compared.nr) {
		cell->measured = true;
		r = stats_estimate(alone.pair, alone.nr, SEED, &cell->level);
		if (!r)
			r = stats_estimate(compared.pair, compared.nr, SEED,
					   &cell->added);
		if (!r)
			r = take_times(bench, kind, row, cell);
		if (!r)
			take_sums(bench, kind, row, &alone, cell);
	}
	bench_pairs_free(&alone);
	bench_pairs_free(&compared);
	return r;
}

static struct bench_cell *cell_of(const struct bench_result *result,
				  size_t kind, size_t row)
{
	return &result->cell[kind * result->bench->nr_rows + row];
}

const struct bench_cell *bench_cell(const struct bench_result *result,
				    size_t kind, size_t row)
{
	return cell_of(result, kind, row);
}

/*
 * Judge whether the differences from BENCH_BASE are noise: that of BENCH_NULL
 * by its own size, and those of the other rows by that of BENCH_NULL.
 */
static void judge_kind(const struct bench_result *result, size_t kind)
{
	struct bench_cell *null = cell_of(result, kind, BENCH_NULL);
	double base = cell_of(result, kind, BENCH_BASE)->level.value;
	double reach = stats_reach(null->added);

	for (size_t row = 0; row < result->bench->nr_rows; row++) {
		struct bench_cell *cell = cell_of(result, kind, row);

		cell->noise = stats_is_noise(cell->added, reach);
	}
	null->noise = bench_null_is_near(null->added, base);
}

bool bench_null_is_near(struct stats_interval null, double base)
{
	return stats_is_noise(null, 0) ||
	       fabs(null.value) < BENCH_NULL_MOST * base;
}

int bench_result_init(const struct bench *bench, struct bench_result *result)
{
	int r = 0;

	result->bench = bench;
	result->cell = calloc(bench->nr_kinds * bench->nr_rows + 1,
			      sizeof(*result->cell));
	if (!result->cell)
		return -ENOMEM;
	for (size_t kind = 0; kind < bench->nr_kinds; kind++) {
		for (size_t row = 0; !r && row < bench->nr_rows; row++)
			r = fill_cell(bench, kind, row,
				      cell_of(result, kind, row));
		judge_kind(result, kind);
	}
	return r;
}

void bench_result_free(struct bench_result *result)
{
	free(result->cell);
	result->cell = NULL;
}

bool bench_is_short(const struct bench_result *result, size_t kind, size_t row)
{
	return bench_cell(result, kind, row)->laps <
	       bench_cell(result, kind, BENCH_BASE)->laps;
}

int64_t bench_missed(const struct bench_cell *cell)
{
	return cell->lost ? -(int64_t)cell->lost : (int64_t)cell->surplus;
}

bool bench_own(const struct bench_result *result, size_t kind,
	       struct bench_own *own)
{
	int with = bench_find_row(result->bench, "both");
	int without = bench_find_row(result->bench, "kernel_time");
	const struct bench_cell *both, *kernel;

	if (with < 0 || without < 0)
		return false;
	both = bench_cell(result, kind, with);
	kernel = bench_cell(result, kind, without);
	if (!both->has_kvm_time || !both->has_bpf_time || !kernel->has_kvm_time)
		return false;
	own->outside = both->kvm_time - both->bpf_time;
	own->inside = both->bpf_time - kernel->kvm_time;
	own->sum = both->kvm_time - kernel->kvm_time;
	own->added = both->added.value - kernel->added.value;
	return true;
}

double bench_sum(const struct bench_result *result, size_t row)
{
	double sum = 0;

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++)
		sum += bench_cell(result, kind, row)->added.value;
	return sum;
}

/* Does this row fit @gives and @whose, and has it counted every exit? */
static bool is_fit(const struct bench_result *result, size_t nr,
		   unsigned int gives, enum bench_whose whose)
{
	const struct bench_row *row = &result->bench->row[nr];
	bool fit = nr > BENCH_NULL && row->state == BENCH_MEASURED &&
		   (row->gives & gives) == gives;

	if (whose == BENCH_UNPATCHED)
		fit = fit && row->ours && !row->patch;
	if (whose == BENCH_OTHERS)
		fit = fit && !row->ours;
	for (size_t kind = 0; fit && kind < result->bench->nr_kinds; kind++) {
		const struct bench_cell *cell = bench_cell(result, kind, nr);

		fit = cell->measured && cell->has_counted &&
		      !bench_missed(cell);
	}
	return fit;
}

int bench_cheapest(const struct bench_result *result, unsigned int gives,
		   enum bench_whose whose)
{
	int found = -1;

	for (size_t row = 0; row < result->bench->nr_rows; row++) {
		if (is_fit(result, row, gives, whose) &&
		    (found < 0 ||
		     bench_sum(result, row) < bench_sum(result, found)))
			found = row;
	}
	return found;
}

/* --- the largest values --- */

static void take_larger(struct bench_largest *most, double value, size_t kind,
			size_t row)
{
	if (!most->known || value > most->value)
		*most = (struct bench_largest){ true, value, kind, row };
}

struct bench_largest bench_spread(const struct bench_result *result)
{
	struct bench_largest most = { 0 };

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++) {
		for (size_t row = 0; row < result->bench->nr_rows; row++) {
			const struct bench_cell *cell =
				bench_cell(result, kind, row);

			if (cell->measured && cell->rounds > 1)
				take_larger(&most,
					    cell->spread / cell->level.value,
					    kind, row);
		}
	}
	return most;
}

struct bench_largest bench_null(const struct bench_result *result)
{
	struct bench_largest most = { 0 };

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++) {
		const struct bench_cell *null =
			bench_cell(result, kind, BENCH_NULL);
		double base = bench_cell(result, kind, BENCH_BASE)->level.value;

		if (null->measured)
			take_larger(&most, fabs(null->added.value) / base, kind,
				    BENCH_NULL);
	}
	return most;
}

struct bench_largest bench_own_apart(const struct bench_result *result)
{
	struct bench_largest most = { 0 };
	struct bench_own own;

	for (size_t kind = 0; kind < result->bench->nr_kinds; kind++) {
		if (bench_own(result, kind, &own) && own.added != 0)
			take_larger(&most,
				    fabs((own.sum - own.added) / own.added),
				    kind, BENCH_BASE);
	}
	return most;
}
