// SPDX-License-Identifier: GPL-2.0-only
/* The lines of --watch, the data that --watch drops, and how it fails. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compare/keeper.h"
#include "compare/watch.h"
#include "exit_leaves.h"
#include "tests/tap.h"

#define EACH 10 /* exits between two looks */

static char json_path[40], text_path[40], error_path[40];
static struct compare_options options;
static json_t *line[512]; /* the lines that were written */
static size_t lines;
static char text[100000]; /* captured standard output */

static int mode;
static bool written;

static struct {
	int looks, last;
	bool cycles; /* true if the guest reads cycles, too */
	bool new; /* true if the TSC's rate is not yet known */
	int fails; /* 1: to open, 2: to wait, 3: to finish */
	int closed;
	void (*at)(struct books *books, int look);
} script;

int kvm_params_exit_stats(void)
{
	return mode;
}

bool kvm_params_leaves(void)
{
	return true;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	bool was = written;

	(void)watch;
	written = false;
	return was;
}

static struct ledger_vcpu *vcpu_of(struct books *books, uint64_t vm)
{
	return ledger_vcpu(ledger_vm(&books->ledger, vm, 42), 0);
}

int keeper_open(struct keeper *keeper, const struct compare_options *asked,
		struct books *books, struct why *why)
{
	memset(keeper, 0, sizeof(*keeper));
	keeper->options = asked;
	keeper->books = books;
	books->host.isa = EXIT_LEAF_ISA_SVM;
	books->host.exit_stats = mode;
	books->leaves_on = true;
	books->tsc_khz = 1e6;
	keeper->start = tsc_now();
	keeper->start.ns -= script.new ? 0 : 2000000000;
	vcpu_of(books, 1);
	return script.fails == 1 ? why_set(why, EPERM, "not opened") : 0;
}

static int answer(struct books *books, uint32_t leaf, uint64_t number)
{
	const bool exits = leaf == EXIT_LEAF_EXITS;
	const struct answer added = {
		.read = { .leaf = leaf,
			  .eax = exits ? number : 0,
			  .ecx = exits ? 0 : number + 200 },
		.vm = 1,
		.ns = tsc_now().ns,
		.found = true,
		.paired = true,
		.vcpus = 1,
		.outside = 1,
		.exits_before = number,
		.exits_after = number,
		.ns_before = number,
		.ns_after = number,
	};

	return answers_add(&books->answers, &added);
}

int keeper_begin(struct keeper *keeper, struct why *why)
{
	(void)keeper;
	return why ? 0 : -EINVAL;
}

/* The guest has ten more exits, and its vCPU reads the count. */
int keeper_wait(struct keeper *keeper, bool *over, struct why *why)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct books *books = keeper->books;
	struct ledger_vcpu *vcpu = vcpu_of(books, 1);
	int r;

	script.looks++;
	vcpu->exits += EACH;
	if (script.at)
		script.at(books, script.looks);
	nanosleep(&pause, NULL);
	*over = script.looks >= script.last;
	if (script.fails == 2)
		return why_set(why, EIO, "not waited");
	r = answer(books, EXIT_LEAF_EXITS, vcpu->exits);
	if (!r && script.cycles)
		r = answer(books, EXIT_LEAF_CYCLES, vcpu->exits);
	return r;
}

int keeper_finish(struct keeper *keeper, struct why *why)
{
	(void)keeper;
	return script.fails == 3 ? why_set(why, EIO, "not finished") : 0;
}

void keeper_close(struct keeper *keeper)
{
	(void)keeper;
	script.closed++;
}

static void make(char *path)
{
	int fd;

	strcpy(path, "/tmp/exitledger-test.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void setup(void)
{
	make(json_path);
	make(text_path);
	make(error_path);
	ck_assert_ptr_nonnull(freopen(text_path, "w", stdout));
	ck_assert_ptr_nonnull(freopen(error_path, "w", stderr));
	options = (struct compare_options){ .watch = true,
					    .interval = 0.001,
					    .json = json_path };
	mode = 2;
	script.last = 20;
}

static void teardown(void)
{
	for (size_t i = 0; i < lines; i++)
		json_decref(line[i]);
	unlink(json_path);
	unlink(text_path);
	unlink(error_path);
}

static void load(const char *path)
{
	json_error_t error;
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	while (lines < sizeof(line) / sizeof(line[0]) &&
	       (line[lines] = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error)))
		lines++;
	fclose(file);
}

static void read_text(const char *path)
{
	FILE *file = fopen(path, "r");

	fflush(NULL);
	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
}

static int open_files(void)
{
	int nr = 0;

	for (int fd = 0; fd < 64; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

/* Watch to the end, and parse the output. */
static int run(void)
{
	int files = open_files(), status = watch(&options);

	ck_assert_int_eq(open_files(), files);
	load(json_path);
	read_text(text_path);
	return status;
}

static int64_t number(size_t i, const char *name)
{
	return json_integer_value(json_object_get(line[i], name));
}

static int64_t sum(const char *name)
{
	int64_t all = 0;

	for (size_t i = 0; i < lines; i++)
		all += number(i, name);
	return all;
}

static int64_t note(size_t i, const char *of, const char *name)
{
	return json_integer_value(
		json_object_get(json_object_get(line[i], of), name));
}

static size_t times(const char *part)
{
	size_t nr = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		nr++;
	return nr;
}

/* Each line has the counts since the last one, so lines add up to all. */
START_TEST(lines_add_up)
{
	script.cycles = true;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_ge(lines, 2);
	ck_assert_int_eq(sum("exits"), 20 * EACH);
	ck_assert_int_eq(sum("reads"), 40);
	ck_assert_int_eq(sum("checked"), 40);
	ck_assert_int_eq(sum("discrepancies"), 0);
	ck_assert_int_eq(sum("vms"), lines);
	ck_assert_int_eq(sum("switched"), 0);
	ck_assert_uint_eq(times(" BALANCED\n"), lines);
	ck_assert_uint_eq(times("VERDICT"), 1);
	ck_assert_int_eq(script.closed, 1);
}
END_TEST

/* KVM has 200 ns more for the first ten exits, then times are equal. */
START_TEST(the_observers_cost)
{
	const json_t *cost;

	script.cycles = true;
	options.interval = 1000;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_eq(lines, 1);
	cost = json_object_get(line[0], "observer_ns_per_exit");
	ck_assert_double_eq_tol(json_real_value(cost), 1, 1e-6);
}
END_TEST

static void lose_some(struct books *books, int look)
{
	if (look != 5 && look != 9)
		return;
	ck_assert_int_eq(answer(books, EXIT_LEAF_EXITS, 7), 0);
	books->answers.answer[books->answers.nr - 1].exits_before = 8;
}

/* A discrepancy is shown once, in the interval in which it arose. */
START_TEST(discrepancies)
{
	script.at = lose_some;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	ck_assert_int_eq(sum("discrepancies"), 2);
	ck_assert_uint_eq(times("wrong    total exits: KVM says 7, BPF had 8 "
				"before: 1 lost\n"),
			  2);
	for (size_t i = 0; i < lines; i++)
		ck_assert_int_le(number(i, "discrepancies"), 1);
}
END_TEST

static void drop_some(struct books *books, int look)
{
	ck_assert_uint_eq(books->answers.dropped, 0);
	books->answers.dropped = look == 4 || look == 8 ? 3 : 0;
	books->statistics_cleared += look == 6;
}

START_TEST(notes)
{
	script.at = drop_some;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_int_eq(note(lines - 1, "notes_in_all", "dropped"), 6);
	ck_assert_int_eq(note(lines - 1, "notes_in_all", "cleared"), 1);
	for (size_t i = 1; i < lines; i++)
		ck_assert_int_eq(note(i, "notes", "dropped"),
				 note(i, "notes_in_all", "dropped") -
					 note(i - 1, "notes_in_all",
					      "dropped"));
}
END_TEST

START_TEST(lines_are_due)
{
	const uint64_t begin = tsc_now().ns;

	options.interval = 0.02;
	script.last = 60;
	script.new = true;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_ge(lines, 2);
	ck_assert_double_le(lines, (tsc_now().ns - begin) / 0.02e9 + 2);
}
END_TEST

static void nothing_is_left(struct books *books, int look)
{
	ck_assert_uint_eq(books->answers.nr, 0);
	ck_assert_uint_eq(books->ledger.nr_vms, look > 6 && look < 10 ? 2 : 1);
	if (look == 6 || look == 9) {
		vcpu_of(books, 2)->exits += 1000;
		ck_assert_int_eq(answer(books, EXIT_LEAF_EXITS, 5), 0);
		books->answers.answer[0].vm = 2;
	}
	if (look == 9) {
		vcpu_of(books, 2)->gone = true;
		vcpu_of(books, 2)->missed_exits = script.fails == 9;
	}
}

/* Only the exits of an ended VM are kept, and whether all were seen. */
START_TEST(vms_that_end)
{
	script.at = nothing_is_left;
	script.fails = _i ? 9 : 0;
	ck_assert_int_eq(run(), _i ? STATUS_INCONCLUSIVE : STATUS_OK);
	ck_assert_int_eq(sum("exits"), 20 * EACH + 2000);
	ck_assert_int_eq(sum("reads"), 22);
	ck_assert_int_eq(number(lines - 1, "vms"), 1);
}
END_TEST

static void kept(struct books *books, int look)
{
	ck_assert_uint_eq(books->answers.nr, look - 1);
}

/* Nothing is judged until the TSC's rate is known, or until the end. */
START_TEST(nothing_is_judged_at_first)
{
	script.at = kept;
	script.new = true;
	script.last = 3;
	options.interval = 1000;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_eq(lines, 1);
	ck_assert_int_eq(sum("reads"), 3);
	ck_assert_int_eq(sum("checked"), 3);
}
END_TEST

static void statistics(struct books *books, int look)
{
	if (look != 3)
		return;
	books->statistics = calloc(1, sizeof(*books->statistics));
	ck_assert_ptr_nonnull(books->statistics);
	books->statistics[0] = (struct statistics){
		.vm = 1, .vcpus = 1, .before = 100, .exits = 90, .after = 100
	};
	books->nr_statistics = 1;
}

START_TEST(statistics_are_judged_once)
{
	script.at = statistics;
	ck_assert_int_eq(run(), STATUS_DISCREPANCY);
	ck_assert_int_eq(sum("discrepancies"), 1);
}
END_TEST

static void restarted(struct books *books, int look)
{
	static uint64_t started;

	if (look == 5) {
		started = books->started_ns;
		mode = 1;
		written = true;
	}
	if (look > 5) {
		ck_assert_uint_gt(books->started_ns, started);
		ck_assert_int_eq(books->host.exit_stats, 1);
		ck_assert_int_eq(books->exit_stats_after, 1);
	}
	if (look == 10) /* what happened in between is unknown */
		written = true;
	if (look == 15) /* no write was seen */
		mode = 2;
}

START_TEST(each_switch_is_counted)
{
	script.at = restarted;
	script.last = 15;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_int_eq(number(lines - 1, "switched"), 3);
	ck_assert_int_eq(note(lines - 1, "notes_in_all", "unjudged"), 3);
	ck_assert_int_eq(sum("reads"), 15);
	ck_assert_int_eq(sum("checked"), 10);
}
END_TEST

START_TEST(either_alone)
{
	options.json = NULL;
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_eq(lines, 0);
	ck_assert_uint_eq(times("VERDICT"), 1);
	ck_assert_uint_ge(times(" BALANCED\n"), 2);
	script.looks = 0;
	ck_assert_ptr_nonnull(freopen(text_path, "w", stdout));
	options.json = "-";
	ck_assert_int_eq(run(), STATUS_OK);
	ck_assert_uint_eq(times("VERDICT"), 0);
	load(text_path);
	ck_assert_uint_eq(lines, times("\n"));
	ck_assert_int_eq(sum("reads"), 20);
}
END_TEST

START_TEST(cannot_be_written)
{
	static const char *const message[] = {
		"/no/such/folder: cannot be written: No such file or directory",
		"/dev/full: cannot be written",
		"standard output: cannot be written",
	};

	options.json = _i == 0 ? "/no/such/folder" :
		       _i == 1 ? "/dev/full" :
				 NULL;
	if (_i == 2)
		ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
	ck_assert_int_eq(watch(&options), STATUS_FAILED);
	read_text(error_path);
	ck_assert_ptr_nonnull(strstr(text, message[_i]));
	ck_assert_int_eq(script.closed, 1);
	ck_assert_int_eq(script.looks, _i > 0);
}
END_TEST

START_TEST(the_keeper_fails)
{
	static const char *const message[] = { "not opened", "not waited",
					       "not finished" };

	script.fails = _i + 1;
	ck_assert_int_eq(run(), STATUS_FAILED);
	read_text(error_path);
	ck_assert_ptr_nonnull(strstr(text, message[_i]));
	ck_assert_int_eq(script.looks, _i == 0 ? 0 : _i == 1 ? 1 : 20);
	ck_assert_int_eq(script.closed, 1);
	ck_assert_uint_eq(lines > 0, _i == 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch's lines");
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, lines_add_up);
	tcase_add_test(tcase, the_observers_cost);
	tcase_add_test(tcase, discrepancies);
	tcase_add_test(tcase, notes);
	tcase_add_test(tcase, lines_are_due);
	tcase_add_loop_test(tcase, vms_that_end, 0, 2);
	tcase_add_test(tcase, nothing_is_judged_at_first);
	tcase_add_test(tcase, statistics_are_judged_once);
	tcase_add_test(tcase, each_switch_is_counted);
	tcase_add_test(tcase, either_alone);
	tcase_add_loop_test(tcase, cannot_be_written, 0, 3);
	tcase_add_loop_test(tcase, the_keeper_fails, 0, 3);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
