// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_change.h"
#include "bench/bench_pairs.h"

/* --- kinds and rows that are not compared --- */

static int add_lone(struct bench_comparison *comparison,
		    enum bench_lone_why why, const char *kind, const char *row)
{
	struct bench_lone *more = reallocarray(
		comparison->lone, comparison->nr_lone + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	comparison->lone = more;
	more[comparison->nr_lone++] = (struct bench_lone){ why, kind, row };
	return 0;
}

/* The operations per lap may differ: each benchmark chooses its own number. */
static bool is_same_kind(const struct bench_kind *a, const struct bench_kind *b)
{
	return a->reason == b->reason && a->exits == b->exits;
}

/* Get the index of the same kind in another benchmark; -1 if it has none. */
static int same_kind(const struct bench *bench, const struct bench_kind *kind)
{
	int nr = bench_find_kind(bench, kind->name);

	return nr >= 0 && is_same_kind(&bench->kind[nr], kind) ? nr : -1;
}

static int list_kinds(struct bench_comparison *comparison)
{
	const struct bench *then = comparison->then->bench;
	const struct bench *now = comparison->now->bench;
	int r = 0;

	for (size_t i = 0; !r && i < then->nr_kinds; i++) {
		const char *name = then->kind[i].name;

		if (bench_find_kind(now, name) < 0)
			r = add_lone(comparison, LONE_KIND_OLD, name, NULL);
		else if (same_kind(now, &then->kind[i]) < 0)
			r = add_lone(comparison, LONE_KIND_OTHER, name, NULL);
	}
	for (size_t i = 0; !r && i < now->nr_kinds; i++) {
		const char *name = now->kind[i].name;

		if (bench_find_kind(then, name) < 0)
			r = add_lone(comparison, LONE_KIND_NEW, name, NULL);
	}
	return r;
}

/*
 * Count the kinds with which a row was measured in @in, but not in @out.  Only
 * kinds that both results have are counted.  Set @any if @out has measured the
 * row with any of these.
 */
static size_t count_gone(const struct bench_result *in, size_t row,
			 const struct bench_result *out, size_t out_row,
			 bool *any)
{
	size_t nr = 0;

	for (size_t i = 0; i < in->bench->nr_kinds; i++) {
		int kind = same_kind(out->bench, &in->bench->kind[i]);

		if (kind < 0)
			continue;
		*any |= bench_cell(out, kind, out_row)->measured;
		nr += bench_cell(in, i, row)->measured &&
		      !bench_cell(out, kind, out_row)->measured;
	}
	return nr;
}

/*
 * List each kind that count_gone() counts; or list the whole row, if @out has
 * not measured it with any kind that both have.
 */
static int list_gone(struct bench_comparison *comparison,
		     const struct bench_result *in, size_t row,
		     const struct bench_result *out, size_t out_row)
{
	enum bench_lone_why why = in == comparison->then ? LONE_LOST :
							   LONE_GAINED;
	const char *name = in->bench->row[row].name;
	bool any = false;
	int r = 0;

	if (!count_gone(in, row, out, out_row, &any))
		return 0;
	if (!any)
		return add_lone(comparison, why, NULL, name);
	for (size_t i = 0; !r && i < in->bench->nr_kinds; i++) {
		int kind = same_kind(out->bench, &in->bench->kind[i]);

		if (kind >= 0 && bench_cell(in, i, row)->measured &&
		    !bench_cell(out, kind, out_row)->measured)
			r = add_lone(comparison, why, in->bench->kind[i].name,
				     name);
	}
	return r;
}

static int list_rows(struct bench_comparison *comparison)
{
	const struct bench_result *then = comparison->then;
	const struct bench_result *now = comparison->now;
	int r = 0;

	for (size_t i = 0; !r && i < then->bench->nr_rows; i++) {
		const char *name = then->bench->row[i].name;
		int row = bench_find_row(now->bench, name);

		if (row < 0) {
			r = add_lone(comparison, LONE_ROW_OLD, NULL, name);
			continue;
		}
		r = list_gone(comparison, then, i, now, row);
		if (!r)
			r = list_gone(comparison, now, row, then, i);
	}
	for (size_t i = 0; !r && i < now->bench->nr_rows; i++) {
		const char *name = now->bench->row[i].name;

		if (bench_find_row(then->bench, name) < 0)
			r = add_lone(comparison, LONE_ROW_NEW, NULL, name);
	}
	return r;
}

/* --- the changes --- */

/* The indices of a cell in the earlier benchmark. */
struct same {
	size_t kind, row;
};

/*
 * Find the same cell in the earlier benchmark.  Returns false unless both have
 * measured it.
 */
static bool find_same(const struct bench_comparison *comparison,
		      const struct bench_change *change, struct same *same)
{
	const struct bench *then = comparison->then->bench;
	const struct bench *now = comparison->now->bench;
	int kind = same_kind(then, &now->kind[change->kind]);
	int row = bench_find_row(then, now->row[change->row].name);

	if (kind < 0 || row < 0)
		return false;
	same->kind = kind;
	same->row = row;
	return bench_cell(comparison->then, kind, row)->measured &&
	       bench_cell(comparison->now, change->kind, change->row)->measured;
}

static int fill_change(const struct bench_comparison *comparison,
		       const struct same *same, double level,
		       struct bench_change *change)
{
	bool compared = change->row != BENCH_BASE;
	struct bench_pairs before, after = { 0 };
	int r;

	r = bench_pairs_init(comparison->then->bench, same->kind, same->row,
			     compared, &before);
	if (!r)
		r = bench_pairs_init(comparison->now->bench, change->kind,
				     change->row, compared, &after);
	if (!r) {
		change->then = stats_mean(before.pair, before.nr);
		change->now = stats_mean(after.pair, after.nr);
		stats_change(before.pair, before.nr, after.pair, after.nr,
			     level, &change->change);
	}
	bench_pairs_free(&before);
	bench_pairs_free(&after);
	return r;
}

static bool has_all(const struct bench_cell *cell)
{
	return cell->has_counted && !bench_missed(cell);
}

static int take_change(const struct bench_comparison *comparison, double level,
		       struct bench_change *change)
{
	const struct bench_result *then = comparison->then;
	const struct bench_result *now = comparison->now;
	struct same same = { 0 };
	double base, reach;
	int r;

	find_same(comparison, change, &same);
	r = fill_change(comparison, &same, level, change);
	base = bench_cell(now, change->kind, BENCH_BASE)->level.value;
	reach = stats_reach(bench_cell(then, same.kind, BENCH_NULL)->added) +
		stats_reach(bench_cell(now, change->kind, BENCH_NULL)->added);
	change->noise = change->row == BENCH_NULL ?
				bench_null_is_near(change->change, base) :
				stats_is_noise(change->change, reach);
	change->miscounts =
		has_all(bench_cell(then, same.kind, same.row)) &&
		!has_all(bench_cell(now, change->kind, change->row));
	return r;
}

static int take_changes(struct bench_comparison *comparison)
{
	const struct bench *now = comparison->now->bench;
	struct same same;
	int r = 0;

	comparison->change = calloc(now->nr_kinds * now->nr_rows + 1,
				    sizeof(*comparison->change));
	if (!comparison->change)
		return -ENOMEM;
	for (size_t kind = 0; kind < now->nr_kinds; kind++) {
		for (size_t row = 0; row < now->nr_rows; row++) {
			struct bench_change *next =
				&comparison->change[comparison->nr];

			next->kind = kind;
			next->row = row;
			comparison->nr += find_same(comparison, next, &same);
		}
	}
	/* With this level for each, all intervals together hold at STATS_LEVEL
	 * (Bonferroni). */
	for (size_t i = 0; !r && i < comparison->nr; i++)
		r = take_change(comparison,
				1 - (1 - STATS_LEVEL) / (double)comparison->nr,
				&comparison->change[i]);
	return r;
}

/* --- whether two can be compared --- */

static int check_hosts(const struct bench *then, const struct bench *now,
		       struct why *why)
{
	if (then->unit != now->unit)
		return why_set(
			why, EINVAL,
			"they cannot be compared: one is in %s, the other in %s",
			bench_unit_name(then->unit),
			bench_unit_name(now->unit));
	if (strcmp(then->vendor, now->vendor))
		return why_set(
			why, EINVAL,
			"they cannot be compared: one was measured with %s, the other with %s, which has other exits",
			then->vendor[0] ? then->vendor : "no KVM",
			now->vendor[0] ? now->vendor : "no KVM");
	return 0;
}

/*
 * Explain why nothing was compared: a kind's name may stand for other exits, or
 * the two have no kind in common.
 */
static int say_nothing(const struct bench_comparison *comparison,
		       struct why *why)
{
	for (size_t i = 0; i < comparison->nr_lone; i++) {
		const struct bench_lone *lone = &comparison->lone[i];

		if (lone->why == LONE_KIND_OTHER)
			return why_set(
				why, EINVAL,
				"they cannot be compared: they have no kind in common; \"%s\" has another reason, or other exits per operation",
				lone->kind);
	}
	return why_set(why, ENODATA, "they have nothing in common");
}

int bench_compare(const struct bench_result *then,
		  const struct bench_result *now,
		  struct bench_comparison *comparison, struct why *why)
{
	int r;

	*comparison = (struct bench_comparison){ .then = then, .now = now };
	r = check_hosts(then->bench, now->bench, why);
	if (r)
		return r;
	r = list_kinds(comparison);
	if (!r)
		r = list_rows(comparison);
	if (!r)
		r = take_changes(comparison);
	if (r)
		return why_set(why, -r, "out of memory");
	return comparison->nr ? 0 : say_nothing(comparison, why);
}

void bench_comparison_free(struct bench_comparison *comparison)
{
	free(comparison->change);
	free(comparison->lone);
	comparison->change = NULL;
	comparison->lone = NULL;
}

bool bench_is_worse(const struct bench_comparison *comparison)
{
	bool worse = false;

	for (size_t i = 0; i < comparison->nr; i++) {
		const struct bench_change *at = &comparison->change[i];

		/* A difference of BENCH_NULL is no cost. */
		worse |= at->miscounts || (at->row != BENCH_NULL &&
					   !at->noise && at->change.value > 0);
	}
	for (size_t i = 0; i < comparison->nr_lone; i++)
		worse |= comparison->lone[i].why == LONE_LOST;
	return worse;
}
