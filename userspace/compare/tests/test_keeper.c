// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps books while a guest is made to read, with a stand-in for the observer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "keeper_fixture.h"
#include "tests/tap.h"

#define REPORT                                                           \
	"{\"format\": \"exitledger-guest-report\", \"version\": 1, "     \
	"\"program\": \"exitleaf\", \"reads\": [{\"leaf\": 1342177279, " \
	"\"index\": 0, \"eax\": 7, \"ebx\": 0, \"ecx\": 0, \"edx\": 0}]}"

static double passed(void)
{
	return (tsc_now().ns - keeper.start.ns) / 1e9;
}

static void prepare(const char *read)
{
	options.read = read;
	ck_assert_int_eq(read_command_prepare(&keeper.reader, read,
					      options.read_timeout, &why),
			 0);
}

/* Keep books to the end; return 0, or the error of the step that failed. */
static int keep(void)
{
	bool over = false;
	int r = 0;

	prepare(options.read);
	while (!r && !over)
		r = keeper_wait(&keeper, &over, &why);
	return r ? r : keeper_finish(&keeper, &why);
}

START_TEST(a_guest_is_made_to_read)
{
	options.seconds = 1;
	options.read = "echo '" REPORT "'";
	ck_assert_msg(!keep(), "%s", why.text);
	ck_assert(books.has_report);
	ck_assert_uint_ge(books.nr_earlier, 2);
}
END_TEST

/* A read that hangs loses no collection and ends at its time limit. */
START_TEST(a_read_that_hangs)
{
	options.seconds = 1;
	options.read = "sleep 60";
	options.read_timeout = 2;
	ck_assert_int_eq(keep(), -ETIMEDOUT);
	ck_assert_msg(strstr(why.text, "within 2 s") != NULL, "%s", why.text);
	ck_assert_uint_ge(collected, 20);
	ck_assert(passed() >= 2);
	ck_assert(passed() < 30);
}
END_TEST

/* A read that still runs at the end is the last one: no other is started. */
START_TEST(a_slow_read)
{
	options.seconds = 0.5;
	options.read = "sleep 1; echo '" REPORT "'";
	ck_assert_msg(!keep(), "%s", why.text);
	ck_assert(books.has_report);
	ck_assert_uint_eq(books.nr_earlier, 0);
	ck_assert(passed() < 30);
}
END_TEST

/* SIGTERM arrives during a read, or during the last one. */
START_TEST(a_signal_ends_a_read)
{
	bool over = false;
	char read[64];

	options.seconds = _i ? 0.01 : 0;
	snprintf(read, sizeof(read), "(sleep 0.3; kill %d) & sleep 60",
		 getpid());
	options.read = read;
	if (_i) {
		ck_assert_int_eq(keep(), 0);
	} else {
		prepare("sleep 60");
		ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
		ck_assert(!over);
		raise(SIGTERM);
		ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
		ck_assert(over);
		ck_assert_int_eq(keeper_finish(&keeper, &why), 0);
	}
	ck_assert(!books.has_report);
	ck_assert_int_eq(keeper.reader.pid, 0);
	ck_assert(passed() < 30);
}
END_TEST

START_TEST(a_read_that_fails)
{
	options.seconds = 1;
	options.read = "exit 255";
	ck_assert_int_eq(keep(), -EINVAL);
	ck_assert_str_eq(why.text,
			 "--read 'exit 255': it ended with status 255");
}
END_TEST

/*
 * A failure is reported once, with its reason, and is counted; later reads may
 * work again.
 */
START_TEST(reads_that_fail_for_a_while)
{
	char path[] = "/tmp/exitledger-test.XXXXXX", line[256];
	int fd = mkstemp(path);
	FILE *said;

	ck_assert_int_ge(fd, 0);
	close(fd);
	said = freopen(path, "w+", stderr);
	ck_assert_ptr_nonnull(said);
	setvbuf(said, NULL, _IONBF, 0);
	unlink(path);
	options.watch = true;
	options.seconds = 1;
	setenv("REPORT", REPORT, 1);
	options.read =
		_i ? "exit 255" :
		     "[ -s /proc/$PPID/fd/2 ] || exit 9; echo \"$REPORT\"";
	ck_assert_msg(!keep(), "%s", why.text);
	fflush(said);
	rewind(said);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), said));
	ck_assert_ptr_nonnull(strstr(line, _i ? "status 255; going on\n" :
						"status 9; going on\n"));
	if (_i) {
		ck_assert_uint_ge(keeper.reads_failed, 2);
		ck_assert(!keeper.was_read);
	} else {
		ck_assert_uint_eq(keeper.reads_failed, 1);
		ck_assert(keeper.was_read);
		ck_assert(books.has_report);
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), said));
		ck_assert_ptr_nonnull(
			strstr(line, "--read works again; it failed: 1\n"));
	}
	ck_assert_ptr_null(fgets(line, sizeof(line), said));
}
END_TEST

/*
 * In another PID namespace, VMs have pids that belong to no process or another
 * process here.  Their answers are kept all the same, and each VM counts as
 * late.
 */
START_TEST(vms_of_other_pids)
{
	bool over;

	a_vm = true;
	books.host.other_pids = true;
	options.vm = "web1";
	ck_assert_int_eq(keeper_choose(&keeper, &why), -ENOTSUP);
	ck_assert_ptr_nonnull(strstr(why.text, "--pid=host"));
	options.vm = "4194303";
	ck_assert_int_eq(keeper_choose(&keeper, &why), 0);
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_ge(books.answers.nr, 1);
	ck_assert(books_vm_is_late(&books, 1));
	books.answers.nr = 0;
	keeper.chosen.nr = 0;
	options.vm = "4194302";
	ck_assert_int_eq(keeper_choose(&keeper, &why), 0);
	ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert_uint_eq(books.answers.nr, 0);
}
END_TEST

/* VMs that --watch has forgotten do not stay in books.running forever. */
START_TEST(many_vms_of_other_pids)
{
	uint64_t number = 0;
	bool over;

	books.host.other_pids = true;
	for (int i = 0; i < 10; i++) {
		ledger_free(&books.ledger);
		for (int j = 0; j < 100; j++) {
			number++;
			ck_assert_ptr_nonnull(
				ledger_vm(&books.ledger, number, number));
		}
		ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
		for (int j = 0; j < 100; j++)
			ck_assert(books_vm_is_late(&books, number - j));
	}
	ck_assert_uint_le(books.running.nr, 400);
}
END_TEST

/*
 * If the parameters cannot be watched, a switch off and on would go unnoticed.
 */
START_TEST(counters_not_to_be_watched)
{
	struct rlimit limit, none;
	struct kvm_params_watch watch;
	int r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = kvm_params_watch(&watch);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(r, -EMFILE);
	ck_assert_int_eq(watch.fd, -1);
	ck_assert(!kvm_params_written(&watch));
}
END_TEST

/* Make it seem that a parameter was written to, or not. */
static void write_to_counters(bool written)
{
	int fd[2];

	ck_assert_int_eq(pipe2(fd, O_NONBLOCK), 0);
	if (written)
		ck_assert_int_eq(write(fd[1], "an event", 8), 8);
	close(fd[1]);
	keeper.params.fd = fd[0];
	books.leaves_on = true;
	books.exit_stats_after = 42;
}

START_TEST(counters_are_noted)
{
	write_to_counters(_i);
	keeper_note_counters(&keeper);
	ck_assert_int_eq(books.switched, _i);
	ck_assert_int_eq(books.leaves_on, !_i && kvm_params_leaves());
	ck_assert_int_eq(books.exit_stats_after, kvm_params_exit_stats());
}
END_TEST

/*
 * --watch has judged everything by now: closing the keeper must not change the
 * books.
 */
START_TEST(closing_changes_no_books)
{
	write_to_counters(true);
	keeper_close(&keeper);
	ck_assert(!books.switched);
	ck_assert(books.leaves_on);
	ck_assert_int_eq(books.exit_stats_after, 42);
	memset(&keeper, 0, sizeof(keeper));
	keeper.books = &books;
	keeper.params.fd = -1;
}
END_TEST

/* A signal that only this program gets is meant for the command, too. */
START_TEST(a_signal_is_passed_on)
{
	char *argv[] = { "sleep", "60", NULL };
	bool over = false;

	options.argv = argv;
	ck_assert_int_eq(command_start(&keeper.command, argv, &why), 0);
	raise(_i);
	while (!over && passed() < 30)
		ck_assert_int_eq(keeper_wait(&keeper, &over, &why), 0);
	ck_assert(over);
	ck_assert_int_eq(keeper_finish(&keeper, &why), 0);
	ck_assert_int_eq(books.command_status, 128 + _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keeper");
	TCase *tcase = tcase_create("keeper");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_guest_is_made_to_read);
	tcase_add_test(tcase, a_read_that_hangs);
	tcase_add_test(tcase, a_slow_read);
	tcase_add_test(tcase, a_read_that_fails);
	tcase_add_test(tcase, vms_of_other_pids);
	tcase_add_test(tcase, many_vms_of_other_pids);
	tcase_add_test(tcase, counters_not_to_be_watched);
	tcase_add_loop_test(tcase, counters_are_noted, 0, 2);
	tcase_add_test(tcase, closing_changes_no_books);
	tcase_add_loop_test(tcase, reads_that_fail_for_a_while, 0, 2);
	tcase_add_loop_test(tcase, a_signal_ends_a_read, 0, 2);
	tcase_add_loop_test(tcase, a_signal_is_passed_on, SIGTERM, SIGTERM + 1);
	tcase_add_loop_test(tcase, a_signal_is_passed_on, SIGHUP, SIGHUP + 1);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
