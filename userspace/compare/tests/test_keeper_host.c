// SPDX-License-Identifier: GPL-2.0-only
/* The reads that are kept with each --reader: guests', the host's, or both. */
#include "kernel/tests/kernel_fixture.h"
#include "keeper_fixture.h"
#include "tests/tap.h"

/*
 * With --reader host, guests' answers are dropped, and losing some is no loss.
 */
START_TEST(guests_read)
{
	bool over;

	a_vm = true;
	options.readers = _i;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_int_eq(!!books.answers.nr, _i != READERS_HOST);
	ck_assert_uint_eq(books.ledger.losses.answers,
			  _i != READERS_HOST ? 7 : 0);
}
END_TEST

static struct made_file made;

/* Make a host with KVM's files and one VM. */
static void host_can_read(void)
{
	host_make("2\n");
	made_file_init(&made, 1, EXIT_FILE_TIME);
	vm_write("100-11", &made);
	books.sees_ends = true;
	ck_assert_int_eq(host_reads_open(&keeper.host_reads, root, &why), 0);
}

/*
 * The host reads at once, when a read is due, and at the end; --watch reads
 * less often.
 */
START_TEST(the_host_reads)
{
	bool over;

	host_can_read();
	options.watch = _i;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(books.host_reads, 1);
	ck_assert_uint_eq(keeper.host_read_step, _i ? 1000000000 : 50000000);
	keeper.next_host_read += 60000000000;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(books.host_reads, 1);
	keeper.next_statistics = keeper.next_host_read = 0;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(books.host_reads, 2);
	ck_assert_int_eq(keeper_finish(&keeper, &why), 0);
	ck_assert_uint_eq(books.host_reads, 3);
	/*
	 * The last collection came after the last read, so the books have all
	 * losses of the observer until that read.
	 */
	ck_assert_uint_eq(host_reads_then, 3);
	root_remove();
}
END_TEST

/*
 * The interval between reads grows with the number of kept answers.  When these
 * take half of the room, the host reads no more until the last read.
 */
START_TEST(the_host_reads_less_often)
{
	bool over;

	host_can_read();
	options.watch = _i;
	keeper.host_answers = ANSWERS_MAX / 20 * 2;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(keeper.host_read_step, _i ? 1000000000 : 200000000);
	ck_assert_uint_eq(keeper.host_answers, _i ? ANSWERS_MAX / 10 : 0);
	keeper.next_statistics = keeper.next_host_read = 0;
	books.answers.nr = ANSWERS_MAX / 2;
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(books.host_reads, 1);
	ck_assert_int_eq(keeper_finish(&keeper, &why), 0);
	ck_assert_uint_eq(books.host_reads, 2);
	books.answers.nr = 0;
	root_remove();
}
END_TEST

/* KVM has the file or not, and guests may read or not. */
START_TEST(who_can_read)
{
	const bool has_file = _i & 1, leaves = _i & 2, watch = _i & 4;
	const enum compare_readers readers = _i >> 3;
	const bool nobody = readers == READERS_HOST ? !has_file :
			    readers == READERS_ALL  ? !has_file && !leaves &&
							     !watch :
						     false;

	host_make("2\n");
	made_file_init(&made, 1, EXIT_FILE_TIME);
	vm_write("100-11", &made);
	if (!has_file)
		root_unlink(KVM "100-11/exit_stats");
	keeper.statistics.root = root;
	options.readers = readers;
	options.watch = watch;
	books.leaves_on = leaves;
	books.host.exit_stats = 2;
	ck_assert_int_eq(!!keeper_open_host_reads(&keeper, &why), nobody);
	ck_assert_int_eq(keeper.host_reads.is_open,
			 has_file && readers != READERS_GUEST);
	root_remove();
}
END_TEST

/* If the host no longer can read, guests' reads go on, unless --reader host. */
START_TEST(the_host_can_read_no_more)
{
	bool over;

	host_can_read();
	options.readers = _i;
	root_write(KVM "100-11/exit_stats", "damaged");
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why),
			 _i == READERS_HOST ? -EINVAL : 0);
	ck_assert_uint_eq(books.host_reads, 0);
	ck_assert_int_eq(keeper.host_reads.is_open, _i == READERS_HOST);
	root_remove();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keeper_host");
	TCase *tcase = tcase_create("whose reads");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, guests_read, READERS_ALL, READERS_HOST + 1);
	tcase_add_loop_test(tcase, the_host_reads, 0, 2);
	tcase_add_loop_test(tcase, the_host_reads_less_often, 0, 2);
	tcase_add_loop_test(tcase, who_can_read, 0, 24);
	tcase_add_loop_test(tcase, the_host_can_read_no_more, READERS_ALL,
			    READERS_HOST + 1);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
