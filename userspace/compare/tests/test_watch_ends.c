// SPDX-License-Identifier: GPL-2.0-only
/*
 * --watch: VMs that come and go for days, and --read commands that never work.
 */
#include "watch_fixture.h"

#define COME 50 /* VMs that come, read once and end at each look */

static void others_come(struct keeper *keeper, int look)
{
	for (int i = 0; i < COME; i++) {
		const uint64_t vm = 2 + look * COME + i;
		const struct answer answer = { .read = { EXIT_LEAF_EXITS,
							 .eax = 5 },
					       .vm = vm,
					       .ns = tsc_now().ns,
					       .found = true,
					       .paired = true,
					       .vcpus = 1,
					       .outside = 1,
					       .exits_before = 5,
					       .exits_after = 5 };
		struct ledger_vcpu *vcpu = ledger_vcpu(
			ledger_vm(&keeper->books->ledger, vm, 42), 0);

		ck_assert_ptr_nonnull(vcpu);
		vcpu->exits = 5;
		vcpu->gone = true;
		ck_assert_int_eq(answers_add(&keeper->books->answers, &answer),
				 0);
	}
}

/* VMs that have ended take no memory, however many there were. */
START_TEST(a_day_of_vms)
{
	size_t few;

	guest.at = others_come;
	ck_assert_int_eq(run(), STATUS_OK);
	few = in_use;
	guest.kernel = 1000;
	guest.bpf = guest.looks = 0;
	guest.last = 400;
	ck_assert_int_eq(watch(&options), STATUS_OK);
	ck_assert_uint_lt(in_use, few + 100000);
}
END_TEST

/*
 * The start is two seconds ago: each look prints a line until it has caught up.
 */
START_TEST(no_line_is_left_out)
{
	options.interval = 0.2;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_ge(lines, 11);
}
END_TEST

static void reads_fail(struct keeper *keeper, int look)
{
	keeper->reads_failed += look == 5 || look == 6;
	keeper->was_read = look >= guest.last && guest.read_at_last;
	guest.kernel -= look == guest.lose_at;
}

static const char never_worked[] =
	"failed   --read 'false': failed 2 times, and never worked\n";

/* Does a file end with this text? */
static bool says(const char *name, const char *end)
{
	char text[10000];
	size_t length;
	FILE *file = fopen(name, "r");

	fflush(NULL);
	ck_assert_ptr_nonnull(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return length >= strlen(end) &&
	       !strcmp(text + length - strlen(end), end);
}

/* Failed reads are no discrepancy, and do not hide one. */
START_TEST(reads_that_fail)
{
	static const struct {
		bool works, loses;
		int status;
	} row[] = {
		{ true, false, STATUS_OK },
		{ true, true, STATUS_DISCREPANCY },
		{ false, false, STATUS_FAILED },
		{ false, true, STATUS_DISCREPANCY },
	};

	guest.at = reads_fail;
	options.read = "false";
	guest.read_at_last = row[_i].works;
	guest.lose_at = row[_i].loses ? 3 : 0;
	ck_assert_int_eq(run(), row[_i].status);
	ck_assert_int_eq(noted_in_all("failed"), 2);
	/* The last line and the message fit the exit status. */
	ck_assert_int_eq(says(text_path, never_worked),
			 row[_i].status == STATUS_FAILED);
	ck_assert_int_eq(says(error_path, never_worked + 9),
			 row[_i].status == STATUS_FAILED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch's ends");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_day_of_vms);
	tcase_add_test(tcase, no_line_is_left_out);
	tcase_add_loop_test(tcase, reads_that_fail, 0, 4);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
