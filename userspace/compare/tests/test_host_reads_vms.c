// SPDX-License-Identifier: GPL-2.0-only
/* The VMs that the host reads, and those that it leaves out. */
#include "host_reads_fixture.h"

/* One thread made three VMs of a process; each is found by its folder. */
START_TEST(several_vms)
{
	static const char *const folders[] = { "100-11", "100-12", "100-13" };

	for (uint32_t i = 0; i < 3; i++) {
		made_file_init(&made, 1, EXIT_FILE_COUNT);
		made.vcpu[0].vcpu.pid = 100;
		made_file_exits(&made, 0, MSR_CELL, 10 + i, 1);
		vm_write(folders[i], &made);
	}
	for (uint32_t i = 0; i < 3; i++)
		see(i + 1, 1, folders[2 - i]);
	open_all();
	take(6);
	for (uint32_t i = 0; i < 3; i++)
		check_at(i + 1, 2 * i,
			 &(struct expected){ OF_REASON, MSR, 12 - i, 0, 0, 0 },
			 true);
	/* A VM has ended, but BPF has not seen that yet. */
	vm_end("100-12");
	take(10);
	ck_assert_uint_eq(books.answers.answer[6].vm, 1);
	ck_assert_uint_eq(books.answers.answer[8].vm, 3);
}
END_TEST

static void no_folder(void)
{
	sums[1][0].folder = 0;
}

static void other_folder(void)
{
	sums[1][0].folder ^= 1ull << 40;
}

static void ends_before(void)
{
	sums[1][0].ending = true;
}

static void ends_after(void)
{
	sums[1][1].ending = true;
}

static void a_part_has_ended(void)
{
	books.ledger.vm[0].vcpu[1].gone = true;
}

static void no_ends_are_seen(void)
{
	books.sees_ends = false;
}

static void another_is_asked_for(void)
{
	static uint32_t pid = PID + 1;
	static const struct pids only = { .pid = &pid, .nr = 1 };

	reads.only = &only;
}

static void its_folder_goes(void)
{
	vm_end("100-11");
}

static void go_meanwhile(void)
{
	meanwhile = its_folder_goes;
}

START_TEST(left_out)
{
	static void (*const why_not[])(void) = {
		no_folder,
		other_folder,
		ends_before,
		ends_after,
		a_part_has_ended,
		no_ends_are_seen,
		another_is_asked_for,
		go_meanwhile,
	};

	two_reasons();
	ck_assert_ptr_nonnull(ledger_vcpu(&books.ledger.vm[0], 1));
	take(6);
	asked[1] = 0;
	why_not[_i]();
	take(6);
}
END_TEST

/* Remove the VM's folder and give its name to another VM. */
static void name_anew(void)
{
	char from[64], to[64];

	snprintf(from, sizeof(from), "%s" KVM "100-11", root);
	snprintf(to, sizeof(to), "%s" KVM "gone", root);
	ck_assert_int_eq(rename(from, to), 0);
	vm_write("100-11", &made);
}

START_TEST(another_has_its_name)
{
	two_reasons();
	meanwhile = name_anew;
	take(0);
}
END_TEST

START_TEST(those_asked_for)
{
	static uint32_t pid = PID;
	static const struct pids only = { .pid = &pid, .nr = 1 };

	reads.only = &only;
	two_reasons();
	take(6);
}
END_TEST

START_TEST(not_open)
{
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(books.host_reads, 0);
	host_reads_close(&reads);
	/* This KVM has no exit_stats files. */
	root_remove();
	root_make();
	ck_assert_int_lt(host_reads_open(&reads, root, &why), 0);
	ck_assert_uint_gt(strlen(why.text), 0);
	ck_assert_int_eq(read_all(), 0);
	ck_assert_uint_eq(books.host_reads, 0);
}
END_TEST

static void damage(void)
{
	root_write(KVM "100-11/exit_stats", "none of KVM's");
}

/* The file is damaged before the pass over all VMs, or between the two sums. */
START_TEST(a_damaged_file)
{
	two_reasons();
	if (_i)
		meanwhile = damage;
	else
		damage();
	ck_assert_int_eq(read_all(), -EINVAL);
	ck_assert_msg(strstr(why.text, "100-11") != NULL, "%s", why.text);
	ck_assert_uint_eq(books.host_reads, 0);
	ck_assert_uint_eq(books.answers.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host_reads_vms");
	TCase *tcase = tcase_create("host reads");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, several_vms);
	tcase_add_loop_test(tcase, left_out, 0, 8);
	tcase_add_test(tcase, another_has_its_name);
	tcase_add_test(tcase, those_asked_for);
	tcase_add_test(tcase, not_open);
	tcase_add_loop_test(tcase, a_damaged_file, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
