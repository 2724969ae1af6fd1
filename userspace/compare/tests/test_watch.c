// SPDX-License-Identifier: GPL-2.0-only
/* --watch, of a guest that is made up: it reads its exits at every look. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "compare/keeper.h"
#include "compare/watch.h"
#include "exit_leaves.h"
#include "tests/tap.h"

static char path[] = "/tmp/exitledger-test.XXXXXX";
static struct compare_options options;
static json_t *line[512]; /* that were written */
static size_t lines;

/* What KVM's parameters say, and whether one was written to. */
static int mode;
static bool leaves, written;

/* The guest; and what happens at each look. */
static struct {
	int looks;
	uint64_t kernel, bpf;
	bool unanswered, read_at_last;
	void (*at)(struct keeper *keeper, int look);
	int lose_at, last;
} guest;

int counters_stats(void)
{
	return mode;
}

bool counters_leaves(void)
{
	return leaves;
}

bool counters_written(struct counters_watch *watch)
{
	bool was = written;

	(void)watch;
	written = false;
	return was;
}

int keeper_running(struct pids *pids)
{
	return pids_add(pids, 42);
}

int keeper_open(struct keeper *keeper, const struct compare_options *asked,
		struct books *books, struct why *why)
{
	struct ledger_vcpu *vcpu;

	(void)why;
	memset(keeper, 0, sizeof(*keeper));
	keeper->options = asked;
	keeper->books = books;
	books->host.isa = EXIT_LEAF_ISA_SVM;
	books->host.exit_stats = mode;
	books->leaves_on = leaves;
	/* The TSC has settled by now. */
	keeper->start = tsc_now();
	keeper->start.ns -= 2000000000;
	books->started_ns = keeper->start.ns;
	vcpu = ledger_vcpu(ledger_vm(&books->ledger, 1, 42), 0);
	vcpu->prior_exits = 1000;
	return keeper_running(&books->running);
}

/* Ten exits between two reads, which KVM counts while it is told to. */
int keeper_wait(struct keeper *keeper, bool *over, struct why *why)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct answer answer = { .read.leaf = EXIT_LEAF_EXITS,
				 .vm = 1,
				 .found = !guest.unanswered && mode > 0,
				 .paired = true,
				 .vcpus = 1,
				 .outside = 1 };

	(void)why;
	guest.looks++;
	if (guest.at)
		guest.at(keeper, guest.looks);
	guest.bpf += 10;
	guest.kernel += mode > 0 ? 10 : 0;
	answer.read.eax = guest.kernel;
	answer.exits_before = answer.exits_after = guest.bpf;
	answer.ns = tsc_now().ns;
	nanosleep(&pause, NULL);
	*over = guest.looks >= guest.last;
	return answers_add(&keeper->books->answers, &answer);
}

int keeper_finish(struct keeper *keeper, struct why *why)
{
	(void)keeper;
	(void)why;
	return 0;
}

void keeper_close(struct keeper *keeper)
{
	(void)keeper;
}

static void setup(void)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	/* TAP is for the parent's. */
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	options = (struct compare_options){ .watch = true,
					    .interval = 0.001,
					    .json = path };
	mode = 2;
	leaves = true;
	guest.kernel = 1000;
	guest.last = 20;
}

static void teardown(void)
{
	for (size_t i = 0; i < lines; i++)
		json_decref(line[i]);
	unlink(path);
}

/* Watch to the end, and take in what was said. */
static int run(void)
{
	int status = watch(&options);
	json_error_t error;
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	while (lines < sizeof(line) / sizeof(line[0]) &&
	       (line[lines] = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)))
		lines++;
	fclose(file);
	ck_assert_uint_ge(lines, 1);
	return status;
}

static const char *verdict(size_t i)
{
	return json_string_value(json_object_get(line[i], "verdict"));
}

static int64_t last_number(const char *name)
{
	return json_integer_value(json_object_get(line[lines - 1], name));
}

static int64_t noted_in_all(const char *name)
{
	const json_t *notes = json_object_get(line[lines - 1], "notes_in_all");

	ck_assert(json_is_integer(json_object_get(notes, name)));
	return json_integer_value(json_object_get(notes, name));
}

START_TEST(right_counters)
{
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(noted_in_all("unjudged"), 0);
}
END_TEST

static void lose_one(struct keeper *keeper, int look)
{
	(void)keeper;
	guest.kernel -= look == 5;
}

START_TEST(a_lost_exit)
{
	guest.at = lose_one;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

/* KVM's own statistics have less than BPF had before they were read. */
static void statistics_at_last(struct keeper *keeper, int look)
{
	struct books *books = keeper->books;

	if (look != guest.last)
		return;
	books->statistics = calloc(1, sizeof(*books->statistics));
	ck_assert_ptr_nonnull(books->statistics);
	books->statistics[0] = (struct statistics){
		.vm = 1, .vcpus = 1, .before = 100, .exits = 90, .after = 100
	};
	books->nr_statistics = 1;
}

/* What is read in a last part of an interval is judged, too. */
START_TEST(statistics_of_the_end)
{
	options.interval = 1000;
	guest.at = statistics_at_last;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

static void set(int to)
{
	mode = to;
	written = true;
}

static void off_and_on(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look == 5)
		set(0);
	if (look == 12)
		set(2);
}

/* What stands still while KVM does not count is nobody's mistake. */
START_TEST(off_for_a_while)
{
	guest.at = off_and_on;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(last_number("discrepancies"), 0);
	ck_assert_int_eq(last_number("switched"), 2);
	/* From the switch off to that on, both included. */
	ck_assert_int_eq(noted_in_all("unjudged"), 8);
	ck_assert(json_is_false(json_object_get(line[lines - 1], "off")));
}
END_TEST

static void lose_and_off(struct keeper *keeper, int look)
{
	(void)keeper;
	guest.kernel -= look == 3;
	if (look == 5)
		set(0);
}

/* What was found before is not forgotten. */
START_TEST(off_after_a_discrepancy)
{
	guest.at = lose_and_off;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	ck_assert(json_is_true(json_object_get(line[lines - 1], "off")));
}
END_TEST

static void on_at_last(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look == 5)
		set(1);
}

START_TEST(off_at_first)
{
	mode = 0;
	guest.at = on_at_last;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(0), "INCONCLUSIVE");
	ck_assert_int_eq(noted_in_all("unjudged"), 5);
}
END_TEST

START_TEST(off_all_the_while)
{
	mode = 0;
	ck_assert_int_eq(run(), STATUS_INCONCLUSIVE);
	ck_assert_int_eq(noted_in_all("unjudged"), 20);
}
END_TEST

static void leaves_on(struct keeper *keeper, int look)
{
	(void)keeper;
	if (look != 5)
		return;
	leaves = written = true;
	guest.unanswered = false;
}

/* Not answering was right then. */
START_TEST(leaves_switched_on)
{
	leaves = false;
	guest.unanswered = true;
	guest.at = leaves_on;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_int_eq(last_number("discrepancies"), 0);
}
END_TEST

START_TEST(leaves_hidden)
{
	guest.unanswered = true;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
}
END_TEST

/* Another reader was in between: these reads are not found one by one. */
static void interleaved(struct keeper *keeper, int look)
{
	struct guest_report report = { .nr = 1 };

	if (look % 4)
		return;
	report.read = calloc(1, sizeof(*report.read));
	ck_assert_ptr_nonnull(report.read);
	report.read->read.leaf = EXIT_LEAF_CYCLES;
	ck_assert_int_eq(books_add_report(keeper->books, &report), 0);
	guest.kernel -= look == guest.lose_at;
}

START_TEST(a_report_unseen)
{
	guest.at = interleaved;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_str_eq(verdict(lines - 1), "BALANCED");
	ck_assert_int_eq(noted_in_all("unseen"), 5);
}
END_TEST

/* Answers are kept until the report on them has come. */
static void slow_report(struct keeper *keeper, int look)
{
	struct guest_report report = { .nr = 1 };

	if (look == 4)
		keeper->reader.pid = 1;
	if (look != 8)
		return;
	keeper->reader.pid = 0;
	report.read = calloc(1, sizeof(*report.read));
	ck_assert_ptr_nonnull(report.read);
	report.read->read.leaf = EXIT_LEAF_EXITS;
	/* Of the fifth look. */
	report.read->read.eax = 1050 + guest.lose_at;
	ck_assert_int_eq(books_add_report(keeper->books, &report), 0);
}

START_TEST(a_report_that_takes_time)
{
	guest.at = slow_report;
	guest.lose_at = _i;
	ck_assert_int_eq(run(), _i ? STATUS_DISCREPANCY : STATUS_OK);
	ck_assert_int_eq(noted_in_all("unseen"), 0);
	ck_assert_int_eq(last_number("discrepancies"), 0);
}
END_TEST

/* More of them than findings are kept hide no discrepancy. */
START_TEST(many_reports_unseen)
{
	const json_t *findings;

	guest.at = interleaved;
	guest.last = 200;
	guest.lose_at = 160;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	findings = json_object_get(line[lines - 1], "findings");
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(findings, 0), "rule")),
			 "kernel-low");
}
END_TEST

static void reads_fail(struct keeper *keeper, int look)
{
	keeper->reads_failed += look == 5 || look == 6;
	keeper->was_read = look >= guest.last && guest.read_at_last;
	guest.kernel -= look == guest.lose_at;
}

/* That is not what the guest's own reads say; they do not hide it, either. */
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
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, right_counters);
	tcase_add_test(tcase, a_lost_exit);
	tcase_add_test(tcase, statistics_of_the_end);
	tcase_add_test(tcase, off_for_a_while);
	tcase_add_test(tcase, off_after_a_discrepancy);
	tcase_add_test(tcase, off_at_first);
	tcase_add_test(tcase, off_all_the_while);
	tcase_add_test(tcase, leaves_switched_on);
	tcase_add_test(tcase, leaves_hidden);
	tcase_add_test(tcase, a_report_unseen);
	tcase_add_loop_test(tcase, a_report_that_takes_time, 0, 2);
	tcase_add_test(tcase, many_reports_unseen);
	tcase_add_loop_test(tcase, reads_that_fail, 0, 4);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
