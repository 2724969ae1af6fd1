// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the bounds of balance.h by trying every interleaving of a model.  In
 * the model, each of a few vCPUs has a counter of KVM's and one of the
 * observer's.  One vCPU or the host reads, while the others continue.
 * docs/soundness.md explains why these steps are enough.
 *
 * Each bound must hold in every state, and some state must reach it: with a
 * bound that is tighter by one, a correct counter would be blamed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

enum { MAX_VCPUS = 4, READS = 2 };

/* The parameters of the model, and the faults that it simulates. */
struct model {
	int vcpus;
	int events; /* of each vCPU that is not reading */
	int reads;
	int before; /* events of each vCPU before the observer counts */
	bool observer_first; /* the observer counts before KVM does */
	bool entries; /* an event is an exit and the entry after it */
	bool host; /* the host reads, and no vCPU does */
};

/* All members are bytes, because states are compared and hashed as a whole. */
struct state {
	unsigned char at[MAX_VCPUS]; /* each vCPU's next step */
	unsigned char host_at; /* the host's next step */
	unsigned char kernel[MAX_VCPUS], observer[MAX_VCPUS];
	unsigned char sum0[READS], sum[READS], sum1[READS];
	unsigned char outside[MAX_VCPUS]; /* in the observer's book */
	unsigned char inside[READS]; /* vCPUs that were not seen outside */
};

/* The extremes over all final states. */
struct result {
	size_t states;
	int low_min, low_max; /* K - S0 */
	int high_min, high_max; /* K - S1 */
	int room_min; /* width of what both reads' intervals share */
	int over_max[MAX_VCPUS + 1]; /* K - S1, by the number in inside[] */
};

/* --- the states that were seen --- */

struct set {
	struct state *state;
	bool *used;
	size_t nr, size;
};

static uint64_t hash(const struct state *state)
{
	const unsigned char *byte = (const unsigned char *)state;
	uint64_t value = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < sizeof(*state); i++)
		value = (value ^ byte[i]) * 1099511628211u;
	return value ^ value >> 29;
}

static void set_init(struct set *set, size_t size)
{
	set->state = calloc(size, sizeof(*set->state));
	set->used = calloc(size, sizeof(*set->used));
	ck_assert(set->state && set->used);
	set->nr = 0;
	set->size = size;
}

static void set_free(struct set *set)
{
	free(set->state);
	free(set->used);
}

/* Add a state; returns whether it is new. */
static bool set_add(struct set *set, const struct state *state)
{
	size_t i = hash(state) & (set->size - 1);

	while (set->used[i]) {
		if (!memcmp(&set->state[i], state, sizeof(*state)))
			return false;
		i = (i + 1) & (set->size - 1);
	}
	set->state[i] = *state;
	set->used[i] = true;
	ck_assert_uint_lt(++set->nr, set->size / 2);
	return true;
}

/* --- the steps --- */

static void count(const struct model *model, struct state *state, int vcpu,
		  bool second)
{
	if (second == model->observer_first)
		state->kernel[vcpu]++;
	else if (state->kernel[vcpu] + model->observer_first > model->before)
		state->observer[vcpu]++;
}

/*
 * Make a step of a vCPU that is not reading.  An event has two steps.  With
 * counts, these are the exit in KVM's book and the exit in the observer's book.
 * With times, they are KVM's booking at an entry, and the observer's booking at
 * the next exit.  An observer that books at the entry comes first.
 */
static bool other(const struct model *model, struct state *state, int vcpu)
{
	int at = state->at[vcpu], steps = model->entries ? 4 : 2;

	if (at == steps * (model->before + model->events))
		return false;
	state->at[vcpu]++;
	at %= steps;
	if (at < 2)
		count(model, state, vcpu, at & 1);
	else /* the time of the exit is noted, and later cleared */
		state->outside[vcpu] = at == 2;
	return true;
}

/* Add a vCPU to S1; with entries, first look whether it is in the guest. */
static void last_sum(const struct model *model, struct state *state, int read,
		     int at)
{
	int vcpu = model->entries ? at / 2 : at;

	if (model->entries && !(at & 1))
		state->inside[read] += (vcpu || model->host) &&
				       !state->outside[vcpu];
	else
		state->sum1[read] += state->observer[vcpu];
}

/* Make step @at of a read: add one vCPU to S0, to K or to S1. */
static void part(const struct model *model, struct state *state, int read,
		 int at)
{
	if (at < model->vcpus)
		state->sum0[read] += state->observer[at];
	else if (at < 2 * model->vcpus)
		state->sum[read] += state->kernel[at - model->vcpus];
	else
		last_sum(model, state, read, at - 2 * model->vcpus);
}

static bool host(const struct model *model, struct state *state)
{
	int length = (3 + model->entries) * model->vcpus, at = state->host_at;

	if (at == length * model->reads)
		return false;
	state->host_at++;
	part(model, state, at / length, at % length);
	return true;
}

/*
 * Make a step of vCPU 0, which reads.  For each read, it counts its own exit in
 * both books.  Then it sums the observer's counters, KVM's counters, and the
 * observer's again, one counter per step.
 */
static bool reader(const struct model *model, struct state *state)
{
	int length = 2 + (3 + model->entries) * model->vcpus, read, at;

	at = state->at[0] - 2 * model->before;
	if (at < 0 || at == length * model->reads) {
		if (at >= 0)
			return false;
		count(model, state, 0, state->at[0]++ & 1);
		return true;
	}
	read = at / length;
	at %= length;
	state->at[0]++;
	if (at < 2) {
		count(model, state, 0, at);
		return true;
	}
	part(model, state, read, at - 2);
	return true;
}

/* Make a step of a vCPU, or of the host, whose number follows the vCPUs'. */
static bool step(const struct model *model, struct state *state, int who)
{
	if (who == model->vcpus)
		return host(model, state);
	return who || model->host ? other(model, state, who) :
				    reader(model, state);
}

/* The observer begins when each vCPU has done its earlier events. */
static bool may_step(const struct model *model, const struct state *state,
		     int who)
{
	if (who < model->vcpus && state->at[who] < 2 * model->before)
		return true;
	for (int i = 0; i < model->vcpus; i++) {
		if (state->at[i] < 2 * model->before)
			return false;
	}
	return true;
}

/* --- all interleavings --- */

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

static void judge(const struct model *model, const struct state *state,
		  struct result *result)
{
	int low = -1000, high = 1000, base = model->before * model->vcpus;

	for (int i = 0; i < model->reads; i++) {
		int from = state->sum[i] - state->sum1[i] -
			   (model->vcpus - !model->host);
		int to = state->sum[i] - state->sum0[i];

		low = most(low, from);
		high = least(high, to);
		result->low_min = least(result->low_min, to - base);
		result->low_max = most(result->low_max, to - base);
		result->high_min = least(result->high_min,
					 state->sum[i] - state->sum1[i] - base);
		result->high_max = most(result->high_max,
					state->sum[i] - state->sum1[i] - base);
		result->over_max[state->inside[i]] =
			most(result->over_max[state->inside[i]],
			     state->sum[i] - state->sum1[i] - base);
	}
	result->room_min = least(result->room_min, high - low);
}

static void explore(const struct model *model, const struct state *state,
		    struct set *set, struct result *result)
{
	bool over = true;

	if (!set_add(set, state))
		return;
	for (int i = 0; i < model->vcpus + model->host; i++) {
		struct state next = *state;

		if (!may_step(model, state, i) || !step(model, &next, i))
			continue;
		over = false;
		explore(model, &next, set, result);
	}
	if (over)
		judge(model, state, result);
}

static struct result all(const struct model *model)
{
	struct result result = { .low_min = 1000,
				 .low_max = -1000,
				 .high_min = 1000,
				 .high_max = -1000,
				 .room_min = 1000,
				 .over_max = { -1000, -1000, -1000, -1000,
					       -1000 } };
	struct state state = { 0 };
	struct set set;

	set_init(&set, 1 << 22);
	explore(model, &state, &set, &result);
	result.states = set.nr;
	set_free(&set);
	return result;
}

/* S0 <= K <= S1 + (n - 1), and tighter bounds are wrong. */
START_TEST(counts)
{
	const struct model model = { .vcpus = _i, .events = 4, .reads = 1 };
	struct result result = all(&model);

	ck_assert_int_eq(result.low_min, 0);
	ck_assert_int_eq(result.high_max, _i - 1);
	if (_i == 4)
		ck_assert_uint_gt(result.states, 300000);
	/* With one vCPU, K = S0 = S1. */
	if (_i == 1) {
		ck_assert_int_eq(result.low_max, 0);
		ck_assert_int_eq(result.high_min, 0);
	}
}
END_TEST

/*
 * S0 <= K <= S1 + m, if m of the other vCPUs were seen in the guest.  So for m
 * = 0 the count is exact.  Tighter bounds are wrong for every m.
 */
START_TEST(quiet)
{
	const struct model model = {
		.vcpus = _i, .events = 4 - _i / 2, .reads = 1, .entries = true
	};
	struct result result = all(&model);

	ck_assert_int_eq(result.low_min, 0);
	for (int inside = 0; inside < _i; inside++)
		ck_assert_int_eq(result.over_max[inside], inside);
}
END_TEST

/*
 * The host reads: S0 <= K <= S1 + m, if m vCPUs were not seen outside of the
 * guest.  Tighter bounds are wrong for every m.
 */
START_TEST(by_the_host)
{
	const struct model counting = {
		.vcpus = _i, .events = 4, .reads = 1, .host = true
	};
	const struct model entering = { .vcpus = _i,
					.events = 4 - _i,
					.reads = 1,
					.entries = true,
					.host = true };
	struct result result = all(&counting);

	ck_assert_int_eq(result.low_min, 0);
	ck_assert_int_eq(result.high_max, _i);
	result = all(&entering);
	ck_assert_int_eq(result.low_min, 0);
	for (int inside = 0; inside <= _i; inside++)
		ck_assert_int_eq(result.over_max[inside], inside);
}
END_TEST

/* If the observer counts first, the bounds are wrong for the host, too. */
START_TEST(by_the_host_in_the_other_order)
{
	const struct model model = { .vcpus = 2,
				     .events = 2,
				     .reads = 1,
				     .observer_first = true,
				     .host = true };
	struct result result = all(&model);

	ck_assert_int_eq(result.low_min, -2);
	ck_assert_int_eq(result.high_max, 0);
}
END_TEST

/*
 * The bounds depend on the order of the two increments.  If the observer counts
 * first, KVM may be behind by one per vCPU, and is never ahead.  KVM's own
 * statistics count in this order.
 */
START_TEST(the_other_order_is_wrong)
{
	const struct model model = {
		.vcpus = 2, .events = 2, .reads = 1, .observer_first = true
	};
	struct result result = all(&model);

	ck_assert_int_eq(result.low_min, -1);
	ck_assert_int_eq(result.high_max, 0);
}
END_TEST

/*
 * The observer begins late.  Each read gives an interval for the number of
 * earlier exits, and all intervals have this number in common.  If a bound were
 * tighter by one, some intervals would have no number in common.
 */
START_TEST(late)
{
	const struct model model = {
		.vcpus = _i, .events = 3, .reads = 2, .before = 1
	};
	const struct model of_host = { .vcpus = _i,
				       .events = 4 - _i,
				       .reads = 2,
				       .before = 1,
				       .host = true };
	struct result result = all(&model);

	ck_assert_int_eq(result.low_min, 0);
	ck_assert_int_eq(result.high_max, _i - 1);
	ck_assert_int_eq(result.room_min, 0);
	result = all(&of_host);
	ck_assert_int_eq(result.low_min, 0);
	ck_assert_int_eq(result.high_max, _i);
	ck_assert_int_eq(result.room_min, 0);
}
END_TEST

/*
 * An event is an exit that takes one unit of time.  KVM books it first, so the
 * observer's time is never above KVM's.  It would be if the observer booked at
 * the entry.
 */
START_TEST(times)
{
	const struct model model = { .vcpus = 3, .events = 3, .reads = 1 };
	const struct model at_entry = {
		.vcpus = 2, .events = 2, .reads = 1, .observer_first = true
	};

	ck_assert_int_ge(all(&model).low_min, 0);
	ck_assert_int_lt(all(&at_entry).low_min, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("soundness");
	TCase *tcase = tcase_create("every interleaving");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, counts, 1, 5);
	tcase_add_test(tcase, the_other_order_is_wrong);
	tcase_add_loop_test(tcase, by_the_host, 1, 4);
	tcase_add_test(tcase, by_the_host_in_the_other_order);
	tcase_add_loop_test(tcase, quiet, 1, 4);
	tcase_add_loop_test(tcase, late, 1, 4);
	tcase_add_test(tcase, times);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
