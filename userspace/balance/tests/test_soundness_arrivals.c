// SPDX-License-Identifier: GPL-2.0-only
/*
 * More of the models of docs/soundness.md: a vCPU that comes while another one
 * or the host reads, and the moments at which both books have the same times.
 * Each tries every interleaving of two threads: the one that reads, and a
 * vCPU's.
 */
#include <stdbool.h>

#include "tests/tap.h"

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* --- a vCPU that comes while another reads --- */

enum { NEW_STEPS = 7, READ_STEPS = 8 };

/* One that reads and has been there; and a new one. */
struct arrival {
	int new_at, read_at;
	int n; /* the number of vCPUs, as the observer has it */
	bool linked; /* the new one is in the list that is summed */
	bool outside;
	int kernel, observer; /* the new one's; the other's are 1 and 1 */
	bool walked; /* as S1 found the list */
	int sum0, sum, sum1, seen_outside, seen_n;
};

/* Its first exit is of another reason, the second of the one that is read. */
static void newcomer(struct arrival *state)
{
	switch (state->new_at++) {
	case 0:
		state->n++;
		break;
	case 1:
		state->linked = true;
		break;
	case 2:
	case 6:
		state->outside = true;
		break;
	case 3:
		state->outside = false;
		break;
	case 4:
		state->kernel++;
		break;
	case 5:
		state->observer++;
		break;
	}
}

/* S0, K, and S1 with n read before it or after. */
static void read_meanwhile(struct arrival *state, bool n_first)
{
	switch (state->read_at++) {
	case 0:
		state->sum0 = 1 + (state->linked ? state->observer : 0);
		break;
	case 1:
		state->sum = 1 + state->kernel;
		break;
	case 2:
		state->seen_n = state->n;
		break;
	case 3:
		state->walked = state->linked;
		state->seen_outside = 1;
		break;
	case 4:
		state->seen_outside += state->walked && state->outside;
		break;
	case 5:
		state->sum1 = 1 + (state->walked ? state->observer : 0);
		break;
	case 6:
		if (!n_first)
			state->seen_n = state->n;
		break;
	}
}

/* How much more than S1 + m the K of any interleaving is; K >= S0 in all. */
static int arrive(struct arrival state, bool n_first)
{
	struct arrival next = state;
	int over = -1000;

	if (state.read_at == READ_STEPS) {
		ck_assert_int_ge(state.sum, state.sum0);
		return state.sum - state.sum1 -
		       (state.seen_n - state.seen_outside);
	}
	read_meanwhile(&next, n_first);
	over = arrive(next, n_first);
	if (state.new_at == NEW_STEPS)
		return over;
	newcomer(&state);
	return most(over, arrive(state, n_first));
}

/* n is read after S1: of one that comes meanwhile it must be known. */
START_TEST(newcomers)
{
	const struct arrival begin = { .n = 1 };

	ck_assert_int_eq(arrive(begin, false), 0);
	ck_assert_int_eq(arrive(begin, true), 1);
}
END_TEST

/* --- a vCPU that comes while the host reads --- */

enum { COME_STEPS = 8, INDEX_STEPS = 4, HOST_STEPS = 16 };

/* How many vCPUs may be counting just then, of a VM that was there before. */
enum measure {
	SECOND_SUM, /* those of the second sum */
	GREATER, /* those of KVM's book, if these are more */
	UNSEEN, /* and those of KVM's book that the first sum had not */
};

struct how {
	bool late; /* it was in the guest when BPF came, which sees its exit */
	bool once; /* the slots are looked for once for each serial */
	enum measure measure;
	/*
	 * Another one comes between KVM's book and the second sum, which finds
	 * it out of the guest.
	 */
	bool another;
};

/* Beside one that is there, out of the guest, and has an exit in each book. */
struct coming {
	int come_at, read_at;
	int serials;
	bool taken, has_vm; /* its slot */
	bool outside;
	int kernel, observer;
	/* The host's index: */
	bool is_whole, begun, found, saw_taken;
	int index_serials;
	int sum0, sum, sum1, seen0, seen1, seen_outside;
};

static void come(struct coming *state, bool late)
{
	static const char fresh[] = "tsvkboik", in_guest[] = "ktsvboik";

	switch ((late ? in_guest : fresh)[state->come_at++]) {
	case 't':
		state->taken = true;
		break;
	case 's':
		state->serials++;
		break;
	case 'v':
		state->has_vm = true;
		break;
	case 'k':
		state->kernel++;
		break;
	case 'b':
		state->observer++;
		break;
	case 'o':
		state->outside = true;
		break;
	case 'i':
		state->outside = false;
		break;
	}
}

/* As make_index() does it, and index_slots() with the slot of the new one. */
static void look(struct coming *state, int step, bool once)
{
	if (step == 0) {
		state->begun = !state->is_whole ||
			       state->index_serials != state->serials;
		state->index_serials = state->serials;
		return;
	}
	if (!state->begun)
		return;
	if (step == 1)
		state->saw_taken = state->taken;
	else if (step == 2)
		state->found = state->saw_taken && state->has_vm;
	else
		state->is_whole = once || state->found || !state->taken;
}

/* An earlier look; then S0, K, and S1. */
static void read_step(struct coming *state, bool once)
{
	int at = state->read_at++;

	if (at < INDEX_STEPS) {
		look(state, at, once);
	} else if (at < 2 * INDEX_STEPS) {
		look(state, at - INDEX_STEPS, once);
	} else if (at == 8) {
		state->seen0 = 1 + state->found;
		state->sum0 = 1 + (state->found ? state->observer : 0);
	} else if (at == 9) {
		state->sum = 1 + state->kernel;
	} else if (at < 10 + INDEX_STEPS) {
		look(state, at - 10, once);
	} else if (at == 14) {
		state->seen1 = 1 + state->found;
		state->seen_outside = 1 + (state->found && state->outside);
	} else {
		state->sum1 = 1 + (state->found ? state->observer : 0);
	}
}

/* How much more than S1 + m is K? */
static int over(const struct coming *state, const struct how *how)
{
	const int of_kernel = 2, seen = state->seen1 + how->another;
	int vcpus = seen;

	ck_assert_int_ge(state->sum, state->sum0);
	if (how->measure == GREATER)
		vcpus = most(of_kernel, seen);
	else if (how->measure == UNSEEN)
		vcpus = seen + of_kernel - state->seen0;
	return state->sum - state->sum1 -
	       (vcpus - state->seen_outside - how->another);
}

static int try_all(struct coming state, const struct how *how)
{
	struct coming next = state;
	int result;

	if (state.read_at == HOST_STEPS)
		return over(&state, how);
	read_step(&next, how->once);
	result = try_all(next, how);
	if (state.come_at == COME_STEPS)
		return result;
	come(&state, how->late);
	return most(result, try_all(state, how));
}

static int most_over(struct how how)
{
	return try_all((struct coming){ 0 }, &how);
}

/* The slots are looked for again until each has its VM. */
START_TEST(one_that_comes)
{
	ck_assert_int_eq(most_over((struct how){ .once = false }), 0);
	ck_assert_int_eq(most_over((struct how){ .once = true }), 2);
}
END_TEST

/* KVM has its exit, and BPF has not seen it: KVM says that it is there. */
START_TEST(one_that_was_there)
{
	struct how how = { .late = true };

	ck_assert_int_eq(most_over(how), 1);
	how.measure = GREATER;
	ck_assert_int_eq(most_over(how), 0);
	how.another = true;
	ck_assert_int_eq(most_over(how), 1);
	how.measure = UNSEEN;
	ck_assert_int_eq(most_over(how), 0);
}
END_TEST

/* --- times --- */

enum { EVENTS = 3 };

/* An exit, and the entry after it: each takes a unit of time. */
struct timed {
	int vcpu_at, read_at;
	int kernel, observer, pending;
	bool outside;
	int before, sum, after;
	bool seen_outside;
};

static void live(struct timed *state)
{
	switch (state->vcpu_at++ % 4) {
	case 0: /* BPF at the exit */
		state->observer += state->pending;
		state->pending = 0;
		break;
	case 1:
		state->outside = true;
		break;
	case 2: /* BPF at the entry */
		state->outside = false;
		state->pending = 1;
		break;
	case 3:
		state->kernel++;
		break;
	}
}

static void read_time(struct timed *state)
{
	switch (state->read_at++) {
	case 0:
		state->before = state->observer;
		break;
	case 1:
		state->sum = state->kernel;
		break;
	case 2:
		state->seen_outside = state->outside;
		break;
	case 3:
		state->after = state->observer;
		break;
	}
}

/* The most that KVM's time differs by, of reads that are said to be the same. */
static int differ(struct timed state, bool outside, bool stands)
{
	struct timed next = state;
	int result;

	if (state.read_at == 4) {
		ck_assert_int_ge(state.sum, state.before);
		if ((outside && !state.seen_outside) ||
		    (stands && state.before != state.after))
			return 0;
		return abs(state.sum - state.after);
	}
	read_time(&next);
	result = differ(next, outside, stands);
	if (state.vcpu_at == 4 * EVENTS)
		return result;
	live(&state);
	return most(result, differ(state, outside, stands));
}

/* Both are asked for: a vCPU out of the guest, and a time that stands still. */
START_TEST(the_same_times)
{
	const struct timed begin = { 0 };

	ck_assert_int_eq(differ(begin, true, true), 0);
	ck_assert_int_gt(differ(begin, true, false), 0);
	ck_assert_int_gt(differ(begin, false, true), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("soundness_arrivals");
	TCase *tcase = tcase_create("every interleaving");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, newcomers);
	tcase_add_test(tcase, one_that_comes);
	tcase_add_test(tcase, one_that_was_there);
	tcase_add_test(tcase, the_same_times);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
