// SPDX-License-Identifier: GPL-2.0-only
/* The answers that the host makes of KVM's sums, and gaps in these sums. */
#include "host_reads_fixture.h"

/* --- counts and times --- */

START_TEST(each_reason_and_the_total)
{
	const struct expected exits[] = {
		{ OF_REASON, MSR, 5, 5, 6, 0 },
		{ CYCLES_OF, MSR, 5000, 5, 6, 0 },
		{ OF_REASON, IO, 3, 3, 3, 0 },
		{ CYCLES_OF, IO, 0xf00000000, 3, 3, 0 },
		{ EXITS, 0, 8, 8, 9, 0 },
		{ CYCLES, 0, 0xf00001388, 8, 9, 0 },
	};
	const struct {
		uint64_t before, after;
	} ns[] = {
		{ 70, 75 },
		{ 8, 9 },
		{ 78, 84 },
	};

	two_reasons();
	take(6);
	for (size_t i = 0; i < 6; i++) {
		struct expected times = exits[i];

		check_at(1, i, &exits[i], true);
		times.before = ns[i / 2].before;
		times.after = ns[i / 2].after;
		check_at(1, i, &times, false);
		ck_assert_uint_eq(books.answers.answer[i].vcpus, 1);
		ck_assert_uint_eq(books.answers.answer[i].outside, 1);
	}
	ck_assert_uint_eq(books.host_reads, 1);
	ck_assert_uint_eq(asked[1], 2);
	/* A later read starts anew and does not add to the earlier one. */
	made_file_exits(&made, 0, MSR_CELL, 0x100000000, 1);
	vm_write("100-11", &made);
	take(12);
	check_at(1, 6,
		 &(struct expected){ OF_REASON, MSR, 0x100000005, 5, 6, 0 },
		 true);
	ck_assert_uint_eq(books.host_reads, 2);
}
END_TEST

/* A reason that only one book has is compared with 0 exits in the other. */
START_TEST(reasons_of_one_book)
{
	made_file_exits(&made, 0, MSR_CELL, 5, 10);
	made_file_exits(&made, 0, NPF_CELL, 2, 10);
	made.vcpu[0].vcpu.nr_sparse = 1;
	made.vcpu[0].vcpu.sparse[0] = RARE;
	made_file_exits(&made, 0, SPARSE_CELL, 4, 10);
	vm_write("100-11", &made);
	see(1, 1, "100-11");
	bpf_has(1, 0, IO, 1, 0);
	bpf_has(1, 1, IO, 1, 0);
	bpf_has(1, 1, RARE, 4, 0);
	open_all();
	take(10);
	check_at(1, 0, &(struct expected){ OF_REASON, IO, 0, 1, 1, 0 }, true);
	check_at(1, 2, &(struct expected){ OF_REASON, RARE, 4, 0, 4, 0 }, true);
	check_at(1, 4, &(struct expected){ OF_REASON, MSR, 5, 0, 0, 0 }, true);
	check_at(1, 6, &(struct expected){ OF_REASON, NPF, 2, 0, 0, 0 }, true);
	check_at(1, 8, &(struct expected){ EXITS, 0, 11, 1, 5, 0 }, true);
}
END_TEST

/* Reason 0 is a reason (CR0 read, exceptions), and may be in KVM's book alone. */
START_TEST(reason_0)
{
	made.vcpu[0].vcpu.nr_sparse = 1;
	made.vcpu[0].vcpu.sparse[0] = 0;
	made_file_exits(&made, 0, SPARSE_CELL, 4, 10);
	vm_write("100-11", &made);
	see(1, 1, "100-11");
	bpf_has(1, 0, MSR, 4, 0);
	bpf_has(1, 1, MSR, 4, 0);
	open_all();
	take(6);
	check_at(1, 0, &(struct expected){ OF_REASON, MSR, 0, 4, 4, 0 }, true);
	check_at(1, 2, &(struct expected){ OF_REASON, 0, 4, 0, 0, 0 }, true);
	check_at(1, 4, &(struct expected){ EXITS, 0, 4, 4, 4, 0 }, true);
}
END_TEST

/* In each mode there are only answers about the numbers that KVM counts. */
START_TEST(modes)
{
	static const size_t answers[] = { 0, 2, 4, 4 };
	const char mode[] = { '0' + _i, '\n', 0 };

	root_write("/sys/module/kvm/parameters/exit_stats", mode);
	made_file_init(&made, 1, _i);
	made_file_exits(&made, 0, MSR_CELL, 5, 10);
	vm_write("100-11", &made);
	see(1, 1, "100-11");
	if (!_i) {
		/*
		 * The host's reads can be opened only while KVM counts, so
		 * counting is switched off after that.
		 */
		made.head.mode = EXIT_FILE_TIME;
		vm_write("100-11", &made);
		root_write("/sys/module/kvm/parameters/exit_stats", "2\n");
	}
	open_all();
	made.head.mode = _i;
	vm_write("100-11", &made);
	take(answers[_i]);
	ck_assert_uint_eq(books.host_reads, 1);
}
END_TEST

/* Each vCPU has its own cells; the answers are sums over vCPUs. */
START_TEST(over_vcpus)
{
	made_file_init(&made, 3, EXIT_FILE_COUNT);
	for (uint32_t i = 0; i < 2; i++) {
		made.vcpu[i].vcpu.nr_sparse = 2;
		made.vcpu[i].vcpu.sparse[i] = RARE;
		made.vcpu[i].vcpu.sparse[!i] = RARER;
		made_file_exits(&made, i, SPARSE_CELL + i, 10, 1);
		made_file_exits(&made, i, SPARSE_CELL + !i, 100, 1);
		made_file_exits(&made, i, MSR_CELL, 1000, 1);
	}
	vm_write("100-11", &made);
	see(1, 2, "100-11");
	open_all();
	take(4);
	check_at(1, 0, &(struct expected){ OF_REASON, MSR, 2000, 0, 0, 0 },
		 true);
	check_at(1, 1, &(struct expected){ OF_REASON, RARE, 20, 0, 0, 0 },
		 true);
	check_at(1, 2, &(struct expected){ OF_REASON, RARER, 200, 0, 0, 0 },
		 true);
	check_at(1, 3, &(struct expected){ EXITS, 0, 2220, 0, 0, 0 }, true);
}
END_TEST

/* --- gaps --- */

START_TEST(gaps)
{
	const uint32_t flags = (_i & 1 ? EXIT_LEAF_DROPPED : 0) |
			       (_i & 2 ? EXIT_LEAF_UNCOUNTED : 0);
	const struct answer *info;

	made_file_init(&made, 3, EXIT_FILE_TIME);
	made_file_exits(&made, 0, MSR_CELL, 5, 10);
	if (_i & 1) {
		made.vcpu[0].vcpu.dropped = 0x200000000;
		made.vcpu[1].vcpu.dropped = 7;
	}
	if (_i & 2) {
		made.vcpu[1].vcpu.flags = EXIT_FILE_UNCOUNTED;
		made.vcpu[1].vcpu.stat_exits = 4;
		made.vcpu[2].vcpu.flags |= EXIT_FILE_UNCOUNTED;
	}
	vm_write("100-11", &made);
	see(1, 1, "100-11");
	open_all();
	take(_i ? 5 : 4);
	check_at(1, 0, &(struct expected){ OF_REASON, MSR, 5, 0, 0, flags },
		 true);
	check_at(1, 1, &(struct expected){ CYCLES_OF, MSR, 50, 0, 0, flags },
		 true);
	check_at(1, 3, &(struct expected){ CYCLES, 0, 50, 0, 0, flags }, true);
	if (!_i)
		return;
	info = &books.answers.answer[4];
	ck_assert_uint_eq(info->read.leaf, EXIT_LEAF_INFO);
	ck_assert_uint_eq(info->read.index, 2);
	ck_assert_uint_eq(leaf_exits(&info->read), _i & 1 ? 0x200000007 : 0);
	ck_assert_uint_eq(info->read.ecx, _i & 2 ? 2 : 0);
	ck_assert_uint_eq(info->read.edx, 0);
}
END_TEST

/*
 * If a vCPU has no free cell, reasons without a cell in every vCPU are not
 * compared, even if another vCPU has a cell for them.
 */
START_TEST(no_cell_is_left)
{
	made_file_init(&made, 2, EXIT_FILE_COUNT);
	made_file_exits(&made, 0, MSR_CELL, 5, 1);
	made_file_exits(&made, 0, MADE_LAST, 3, 1);
	made.vcpu[1].vcpu.nr_sparse = 1;
	made.vcpu[1].vcpu.sparse[0] = RARE;
	made_file_exits(&made, 1, SPARSE_CELL, 4, 1);
	vm_write("100-11", &made);
	see(1, 2, "100-11");
	bpf_has(1, 0, MSR, 5, 0);
	bpf_has(1, 0, RARE, 7, 0);
	bpf_has(1, 1, MSR, 5, 0);
	bpf_has(1, 1, RARE, 7, 0);
	bpf_has(1, 1, RARER, 1, 0);
	open_all();
	take(2);
	check_at(1, 0, &(struct expected){ OF_REASON, MSR, 5, 5, 5, 0 }, true);
	check_at(1, 1, &(struct expected){ EXITS, 0, 12, 12, 13, 0 }, true);
}
END_TEST

/*
 * Counting was switched on while a vCPU was in the guest: it has exits, which
 * its statistics or BPF show, but KVM does not count it yet.
 */
START_TEST(counting_begins)
{
	made_file_init(&made, 2, EXIT_FILE_COUNT);
	made_file_exits(&made, 0, MSR_CELL, 5, 1);
	made.vcpu[1].vcpu.stat_exits = _i & 1;
	vm_write("100-11", &made);
	see(1, 1 + (_i >> 1), "100-11");
	open_all();
	take(_i ? 0 : 2);
	made.vcpu[1].vcpu.flags = EXIT_FILE_HAS_CELLS;
	vm_write("100-11", &made);
	take(_i ? 2 : 4);
}
END_TEST

/* --- vCPUs --- */

/*
 * The number of vCPUs is that of the second sum.  If the VM ran before the
 * observer was attached, vCPUs that only KVM has are added.
 */
START_TEST(vcpus)
{
	static const uint32_t first[] = { 2, 2, 3, 3, 1 };
	static const uint32_t second[] = { 2, 3, 3, 4, 3 };
	static const uint32_t late[] = { 3, 4, 3, 4, 5 };

	made_file_init(&made, 3, EXIT_FILE_COUNT);
	for (uint32_t i = 0; i < 3; i++)
		made_file_exits(&made, i, MSR_CELL, 5, 1);
	vm_write("100-11", &made);
	see(1, 2, "100-11");
	open_all();
	for (size_t i = 0; i < 5; i++) {
		sums[1][0].vcpus = first[i];
		sums[1][1].vcpus = second[i];
		sums[1][1].outside = i;
		sums[1][0].outside = 77;
		take(4 * i + 2);
		ck_assert_int_eq(pids_add(&books.running, PID), 0);
		take(4 * i + 4);
		books.running.nr = 0;
		for (size_t j = 4 * i; j < 4 * i + 4; j++) {
			const struct answer *answer = &books.answers.answer[j];

			ck_assert_uint_eq(answer->vcpus,
					  j & 2 ? late[i] : second[i]);
			ck_assert_uint_eq(answer->outside, i);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host_reads");
	TCase *tcase = tcase_create("host reads");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, each_reason_and_the_total);
	tcase_add_test(tcase, reasons_of_one_book);
	tcase_add_test(tcase, reason_0);
	tcase_add_loop_test(tcase, modes, 0, 4);
	tcase_add_test(tcase, over_vcpus);
	tcase_add_loop_test(tcase, gaps, 0, 4);
	tcase_add_test(tcase, no_cell_is_left);
	tcase_add_loop_test(tcase, counting_begins, 0, 4);
	tcase_add_test(tcase, vcpus);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
