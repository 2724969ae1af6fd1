// SPDX-License-Identifier: GPL-2.0-only
/*
 * Further models of docs/soundness.md: a vCPU that is created while another one
 * or the host reads, and the moments at which both books have the same times.
 * Each test tries every interleaving of two threads: the reader and a vCPU.
 */
#include <stdbool.h>

#include "tests/tap.h"

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* --- a vCPU that comes while another reads --- */

enum { NEW_STEPS = 7, READ_STEPS = 8 };

/* A vCPU that reads and existed before, and a new vCPU. */
struct arrival {
	int new_at, read_at;
	int n; /* the observer's number of vCPUs */
	bool linked; /* the new vCPU is in the list that is summed */
	bool outside;
	int kernel, observer; /* of the new vCPU; the other one's are 1 */
	bool walked; /* S1 has found the new vCPU in the list */
	int sum0, sum, sum1, seen_outside, seen_n;
};

/*
 * The counts are those of one exit reason.  The new vCPU's first exit has
 * another reason, and its second exit has this one.
 */
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

/*
 * Make a step of a read of S0, K and S1.  @n_first: read the number of vCPUs
 * before S1, not after it.
 */
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

/* Returns the largest K - (S1 + m) of all interleavings, and checks K >= S0. */
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

/* The number of vCPUs must be read after S1, to include a new vCPU. */
START_TEST(newcomers)
{
	const struct arrival begin = { .n = 1 };

	ck_assert_int_eq(arrive(begin, false), 0);
	ck_assert_int_eq(arrive(begin, true), 1);
}
END_TEST

/* --- a vCPU that comes while the host reads --- */

enum { COME_STEPS = 8, INDEX_STEPS = 4, HOST_STEPS = 16 };

/* How the number of vCPUs that may be counting is determined, for a late VM. */
enum measure {
	SECOND_SUM, /* the vCPUs in the second sum */
	GREATER, /* those in KVM's book, if these are more */
	UNSEEN, /* also those in KVM's book that were not in the first sum */
};

struct how {
	bool late; /* the new vCPU was in the guest when BPF was attached */
	bool once; /* the slots are searched only once per serial number */
	enum measure measure;
	/*
	 * Another vCPU is created between KVM's book and the second sum, which
	 * finds it outside of the guest.
	 */
	bool another;
};

/*
 * A new vCPU.  There is another vCPU, which is outside of the guest and has one
 * exit in each book.
 */
struct coming {
	int come_at, read_at;
	int serials;
	bool taken, has_vm; /* the slot's state */
	bool outside;
	int kernel, observer;
	/* The state of the host's index of slots. */
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

/* Do the steps of make_index() and index_slots() for the new vCPU's slot. */
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

/* Make an earlier index; then read S0, K and S1. */
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

/* Returns K - (S1 + m). */
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

/* The slots must be searched again until each of them has its VM. */
START_TEST(one_that_comes)
{
	ck_assert_int_eq(most_over((struct how){ .once = false }), 0);
	ck_assert_int_eq(most_over((struct how){ .once = true }), 2);
}
END_TEST

/* KVM has an exit that BPF has not seen, so KVM's number of vCPUs is needed. */
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

/* Each exit and its entry take one unit of time. */
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
	case 0: /* BPF books at the exit */
		state->observer += state->pending;
		state->pending = 0;
		break;
	case 1:
		state->outside = true;
		break;
	case 2: /* BPF notes the time at the entry */
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

/* Returns the largest difference of both times in the accepted reads. */
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

/* Both conditions are needed: outside of the guest, and the same time. */
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
