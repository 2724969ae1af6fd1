// SPDX-License-Identifier: GPL-2.0-only
/* Tests which reads give the observer's cost, and the sums of many VMs. */
#include "balance/cost.h"
#include "judged.h"
#include "tests/no_memory.h"

static struct cost_vms vms;

static void end(void)
{
	cost_vms_free(&vms);
	ck_assert_ptr_null(vms.vm);
	teardown();
}

static struct answer of(uint64_t vm, uint64_t cycles, uint64_t ns,
			uint64_t exits)
{
	return (struct answer){
		.read = { .leaf = EXIT_LEAF_CYCLES,
			  .ecx = (uint32_t)cycles,
			  .ebx = cycles >> 32 },
		.vm = vm,
		.found = true,
		.paired = true,
		.vcpus = 1,
		.outside = 1,
		.ns_before = ns,
		.ns_after = ns,
		.exits_before = exits,
		.exits_after = exits,
	};
}

static void sums_are(const struct cost *cost, uint64_t cycles, uint64_t ns,
		     uint64_t exits)
{
	ck_assert_uint_eq(cost->cycles, cycles);
	ck_assert_uint_eq(cost->ns, ns);
	ck_assert_uint_eq(cost->exits, exits);
	ck_assert_int_eq(cost->known, exits > 0);
}

/*
 * With several vCPUs, all must be outside of the guest, and none may have left
 * it between the two sums.
 */
START_TEST(which_reads_count)
{
	static const struct {
		uint32_t vcpus, outside;
		uint64_t before;
		bool counts, host;
	} row[] = {
		{ 1, 0, 900, true, false },   { 1, 1, 1000, true, false },
		{ 2, 2, 1000, true, false },  { 2, 1, 1000, false, false },
		{ 2, 2, 999, false, false },  { 2, 0, 1000, false, false },
		{ 0, 0, 1000, false, false }, { 3, 3, 1000, true, false },
		{ 1, 0, 1000, false, true },  { 1, 1, 1000, true, true },
		{ 1, 1, 999, false, true },   { 2, 1, 1000, false, true },
		{ 2, 2, 1000, true, true },
	};
	struct answer answer = of(1, 1ull << 33, 1000, 10);
	struct cost cost = { 0 };

	answer.host = row[_i].host;
	answer.vcpus = row[_i].vcpus;
	answer.outside = row[_i].outside;
	answer.ns_before = row[_i].before;
	cost_take(&cost, false, &answer);
	if (row[_i].counts)
		sums_are(&cost, 1ull << 33, 1000, 10);
	else
		sums_are(&cost, 0, 0, 0);
	ck_assert_uint_eq(cost.last.vcpus, row[_i].counts ? row[_i].vcpus : 0);
}
END_TEST

/* A late VM's cost is taken between two reads with the same vCPUs. */
START_TEST(since_the_last_read)
{
	struct cost cost = { 0 };
	struct answer answer = of(1, 5000, 4000, 10);

	cost_take(&cost, _i, &answer);
	if (_i)
		sums_are(&cost, 0, 0, 0);
	else
		sums_are(&cost, 5000, 4000, 10);
	answer = of(1, 7000, 5000, 30);
	cost_take(&cost, _i, &answer);
	if (_i)
		sums_are(&cost, 2000, 1000, 20);
	else
		sums_are(&cost, 7000, 5000, 30);
	answer = of(1, 9000, 6000, 40);
	answer.vcpus = answer.outside = 2;
	cost_take(&cost, _i, &answer);
	if (_i)
		sums_are(&cost, 2000, 1000, 20);
	else
		sums_are(&cost, 9000, 6000, 40);
	ck_assert_uint_eq(cost.last.vcpus, 2);
}
END_TEST

START_TEST(no_exits_are_not_known)
{
	const struct answer answer = of(1, 5000, 4000, 0);
	struct cost cost = { 0 };

	cost_take(&cost, false, &answer);
	ck_assert(!cost.known);
	ck_assert_uint_eq(cost.cycles, 5000);
}
END_TEST

START_TEST(per_exit)
{
	const struct cost cost = { .cycles = 5000, .ns = 2000, .exits = 10 };
	const struct cost less = { .cycles = -4000ull, .exits = 10 };

	ck_assert_double_eq_tol(cost_per_exit(&cost, 2000000), 50, 1e-9);
	ck_assert_double_eq_tol(cost_per_exit(&less, 2000000), -200, 1e-9);
}
END_TEST

START_TEST(what_came_since)
{
	const struct cost sum = {
		.cycles = 50, .ns = 40, .exits = 10, .known = true
	};
	struct cost earlier = { .cycles = 20, .ns = 15, .exits = 9 };
	struct cost since = cost_since(&sum, &earlier);

	sums_are(&since, 30, 25, 1);
	earlier.exits = 10;
	since = cost_since(&sum, &earlier);
	sums_are(&since, 30, 25, 0);
}
END_TEST

static void take(const struct answer *answer)
{
	ck_assert_int_eq(cost_vms_take(&vms, &books, answer), 0);
}

START_TEST(which_answers_are_taken)
{
	struct answer answer = of(1, 5000, 4000, 10);

	answer.read.leaf = EXIT_LEAF_REASON_CYCLES;
	take(&answer);
	answer.read.leaf = EXIT_LEAF_EXITS;
	take(&answer);
	answer.read.leaf = EXIT_LEAF_CYCLES;
	answer.paired = false;
	take(&answer);
	answer.paired = true;
	books.host.exit_stats = 1;
	take(&answer);
	ck_assert_uint_eq(vms.nr, 0);
	books.host.exit_stats = 2;
	take(&answer);
	ck_assert_uint_eq(vms.nr, 1);
	ck_assert_uint_eq(vms.vm[0].vm, 1);
	sums_are(&vms.vm[0].cost, 5000, 4000, 10);
}
END_TEST

enum { VMS = 40 };

/*
 * Add two answers per VM.  The first has 1000 times the VM's number as cycles,
 * 100 times as ns and 10 times as exits; the second has twice that.
 */
static void fill(void)
{
	for (uint64_t vm = 1; vm <= VMS; vm++)
		ck_assert_ptr_nonnull(
			ledger_vcpu(ledger_vm(&books.ledger, vm, 100), 0));
	for (uint64_t times = 1; times <= 2; times++) {
		for (uint64_t vm = 1; vm <= VMS; vm++) {
			struct answer answer = of(vm, 1000 * vm * times,
						  100 * vm * times,
						  10 * vm * times);

			take(&answer);
		}
	}
	ck_assert_uint_eq(vms.nr, VMS);
}

static void sum_is(uint64_t exits)
{
	const struct cost sum = cost_vms_sum(&vms);

	sums_are(&sum, 100 * exits, 10 * exits, exits);
}

START_TEST(many_vms)
{
	const uint64_t all = 20 * VMS * (VMS + 1) / 2;
	struct answer answer;

	fill();
	sum_is(all);
	cost_vms_forget(&vms, 7);
	ck_assert_uint_eq(vms.nr, VMS - 1);
	for (size_t i = 0; i < vms.nr; i++) {
		ck_assert_uint_ne(vms.vm[i].vm, 7);
		ck_assert_uint_eq(vms.vm[i].cost.exits, 20 * vms.vm[i].vm);
	}
	sums_are(&vms.gone, 14000, 1400, 140);
	sum_is(all);
	cost_vms_restart(&vms);
	ck_assert_uint_eq(vms.nr, 0);
	sum_is(all);
	/* This VM ran before, so its first read only says where times begin. */
	books.ledger.vm[8].vcpu[0].prior_exits = 1;
	answer = of(9, 20000, 2000, 200);
	take(&answer);
	sum_is(all);
}
END_TEST

/* A guest's read may be stored after a later read of the host. */
START_TEST(an_older_read_comes_later)
{
	struct answer host = of(1, 5000, 4000, 10);
	struct answer guest = of(1, 4000, 3500, 8);

	host.host = true;
	host.ns = 200;
	guest.ns = 100;
	ck_assert_int_eq(cost_vms_take(&vms, &books, &host), 0);
	ck_assert_int_eq(cost_vms_take(&vms, &books, &guest), 0);
	sums_are(&vms.vm[0].cost, 5000, 4000, 10);
}
END_TEST

START_TEST(no_memory)
{
	const struct answer answer = of(1, 5000, 4000, 10);

	ck_assert_int_eq(WITH_MEMORY(0, cost_vms_take(&vms, &books, &answer)),
			 -ENOMEM);
	ck_assert_uint_eq(vms.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cost");
	TCase *tcase = tcase_create("cost");

	tcase_add_checked_fixture(tcase, setup, end);
	tcase_add_loop_test(tcase, which_reads_count, 0, 13);
	tcase_add_loop_test(tcase, since_the_last_read, 0, 2);
	tcase_add_test(tcase, no_exits_are_not_known);
	tcase_add_test(tcase, per_exit);
	tcase_add_test(tcase, what_came_since);
	tcase_add_test(tcase, which_answers_are_taken);
	tcase_add_test(tcase, many_vms);
	tcase_add_test(tcase, an_older_read_comes_later);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
