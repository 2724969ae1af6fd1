// SPDX-License-Identifier: GPL-2.0-only
/* Tests the model of the live view, without a terminal. */
#include <string.h>

#include "ledger/reasons.h"
#include "tests/made_up.h"
#include "tests/tap.h"
#include "top/top_model.h"

static struct ledger ledger;
static struct filter filter;
static struct monitor_shape shape;
static struct top_model model;

static void setup(void)
{
	shape = (struct monitor_shape){ .filter = &filter, .has = NEEDS_TIME };
	top_model_init(&model, &shape, 1);
}

static void teardown(void)
{
	top_model_free(&model);
	ledger_free(&ledger);
	filter_free(&filter);
}

static void look(double seconds)
{
	const struct monitor_sample sample = { .ledger = &ledger,
					       .seconds = seconds };

	ck_assert_int_eq(top_model_update(&model, &sample), 0);
	ck_assert_int_eq(top_model_page(&model, 20), 0);
	ledger_reset(&ledger);
}

static void host(size_t vms, size_t vcpus, unsigned int step)
{
	made_up_host(&ledger, vms, vcpus, step);
	look(1);
}

static void command(enum top_command what)
{
	ck_assert_int_eq(top_model_command(&model, what), 0);
	ck_assert_int_eq(top_model_page(&model, model.page), 0);
}

static const struct top_line *selected(void)
{
	ck_assert_uint_lt(model.selected, model.nr);
	return &model.line[model.selected];
}

START_TEST(nothing_yet)
{
	ck_assert_uint_eq(model.nr, 0);
	for (enum top_command i = TOP_NONE; i < TOP_QUIT; i++)
		command(i);
	ck_assert_int_eq(top_model_command(&model, TOP_QUIT), 1);
	look(1);
	ck_assert_uint_eq(model.nr, 0);
}
END_TEST

/* After opening a reason's times and going back, the same line is selected. */
START_TEST(levels)
{
	uint64_t vm, vcpu, reason, exits;

	host(3, 2, 1);
	ck_assert_uint_eq(model.nr, 3);
	ck_assert_uint_eq(model.line[0].row.all_exits,
			  model.line[0].row.times.exits +
				  model.line[1].row.times.exits +
				  model.line[2].row.times.exits);
	command(TOP_DOWN);
	vm = selected()->id.vm;
	command(TOP_OPEN);
	ck_assert_int_eq(model.level, TOP_VCPUS);
	ck_assert_uint_eq(model.nr, 3);
	ck_assert_str_eq(model.line[0].name, "all");
	ck_assert_uint_eq(model.line[0].row.times.exits,
			  model.line[1].row.times.exits +
				  model.line[2].row.times.exits);
	ck_assert_uint_eq(model.line[1].row.all_exits,
			  model.line[0].row.times.exits);
	command(TOP_LAST);
	vcpu = selected()->id.vcpu;
	exits = selected()->row.times.exits;
	command(TOP_OPEN);
	ck_assert_int_eq(model.level, TOP_REASONS);
	ck_assert_uint_eq(model.nr, 15);
	for (size_t i = 0; i < 15; i++)
		exits -= model.line[i].row.times.exits;
	ck_assert_uint_eq(exits, 0);
	command(TOP_DOWN);
	reason = selected()->id.reason;
	exits = selected()->row.times.exits;
	command(TOP_OPEN);
	ck_assert_int_eq(model.level, TOP_KEYS);
	ck_assert(model.times);
	for (size_t i = 0; i < model.nr; i++)
		exits -= model.line[i].row.times.exits;
	ck_assert_uint_eq(exits, 0);
	command(TOP_OPEN);
	ck_assert_int_eq(model.level, TOP_KEYS);

	command(TOP_BACK);
	ck_assert_uint_eq(selected()->id.reason, reason);
	command(TOP_BACK);
	ck_assert_uint_eq(selected()->id.vcpu, vcpu);
	command(TOP_BACK);
	ck_assert_uint_eq(selected()->id.vm, vm);
	ck_assert_int_eq(model.level, TOP_VMS);
	command(TOP_BACK);
	ck_assert_int_eq(model.level, TOP_VMS);
}
END_TEST

START_TEST(a_single_vcpu_is_no_list)
{
	host(2, 1, 1);
	command(TOP_OPEN);
	ck_assert_int_eq(model.level, TOP_REASONS);
	command(TOP_BACK);
	ck_assert_int_eq(model.level, TOP_VMS);
}
END_TEST

/* A live view cannot be played faster or slower. */
START_TEST(a_live_view_is_not_played)
{
	command(TOP_FASTER);
	command(TOP_STEP);
	ck_assert(model.speed == 0 && !model.steps && !model.paused);
}
END_TEST

START_TEST(a_replay_is_played)
{
	model.speed = 1;
	command(TOP_SLOWER);
	ck_assert(model.speed == 0.5);
	for (int i = 0; i < 100; i++)
		command(TOP_FASTER);
	ck_assert(model.speed >= TOP_SPEED_MAX / 2 &&
		  model.speed <= 2 * TOP_SPEED_MAX);
	for (int i = 0; i < 100; i++)
		command(TOP_SLOWER);
	ck_assert(model.speed > 0 && model.speed <= TOP_SPEED_MIN);
	command(TOP_STEP);
	command(TOP_STEP);
	ck_assert(model.steps == 2 && model.paused);
	/* The view waits for steps, and a step that was asked for is shown. */
	host(3, 2, 1);
	ck_assert_uint_eq(model.nr, 3);
}
END_TEST

START_TEST(keys_of_a_reason)
{
	model.shape.by = LEDGER_KEY_PORT;
	made_up_time(&ledger, 1, 0, EXIT_SVM_IOIO, 1000, 9);
	made_up_key(&ledger, 1, 0, EXIT_SVM_IOIO, 0x60, 1000, 2);
	made_up_key(&ledger, 1, 0, EXIT_SVM_IOIO, 0x3f8, 1000, 7);
	made_up_time(&ledger, 1, 0, EXIT_SVM_CPUID, 1000, 1);
	look(1);
	command(TOP_OPEN);
	command(TOP_OPEN);
	ck_assert_uint_eq(model.nr, 2);
	ck_assert(!model.times);
	ck_assert_str_eq(model.line[0].name, "0x3f8 COM1 data");
	ck_assert_str_eq(model.line[1].name, "0x60 i8042 data");
	/* A reason without keys shows its times. */
	command(TOP_BACK);
	command(TOP_DOWN);
	command(TOP_OPEN);
	ck_assert(model.times);
}
END_TEST

/* Idle time is not part of the times, but all exits are counted. */
START_TEST(sums_leave_idle_out)
{
	made_up_time(&ledger, 1, 0, EXIT_SVM_HLT, 500000000, 1);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 9);
	look(1);
	ck_assert_uint_eq(model.line[0].row.times.exits, 10);
	ck_assert_uint_eq(model.line[0].row.times.max_ns, 1000);
	ck_assert_uint_le(model.line[0].row.percentile[ROW_P999], 1050);
	ck_assert_double_eq_tol(model.line[0].idle, 0.5, 1e-9);
}
END_TEST

START_TEST(the_selection_stays_with_its_line)
{
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 10);
	made_up_exits(&ledger, 2, 0, EXIT_SVM_MSR, 20);
	made_up_exits(&ledger, 3, 0, EXIT_SVM_MSR, 30);
	look(1);
	ck_assert_uint_eq(selected()->id.vm, 3);
	/* If nothing was selected yet, the first line is selected. */
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 40);
	made_up_exits(&ledger, 2, 0, EXIT_SVM_MSR, 20);
	made_up_exits(&ledger, 3, 0, EXIT_SVM_MSR, 30);
	look(1);
	ck_assert_uint_eq(selected()->id.vm, 1);
	command(TOP_DOWN);
	ck_assert_uint_eq(selected()->id.vm, 3);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 40);
	made_up_exits(&ledger, 2, 0, EXIT_SVM_MSR, 20);
	made_up_exits(&ledger, 3, 0, EXIT_SVM_MSR, 10);
	look(1);
	ck_assert_uint_eq(model.selected, 2);
	ck_assert_uint_eq(selected()->id.vm, 3);
}
END_TEST

START_TEST(order)
{
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 9000, 10);
	made_up_time(&ledger, 2, 0, EXIT_SVM_MSR, 1000, 20);
	look(1);
	ck_assert_uint_eq(model.line[0].id.vm, 2);
	command(TOP_REVERSE);
	ck_assert_uint_eq(model.line[0].id.vm, 1);
	command(TOP_REVERSE);
	while (model.sort != COLUMN_P99)
		command(TOP_SORT_NEXT);
	ck_assert_uint_eq(model.line[0].id.vm, 1);
	/* Go through all columns; columns without values are skipped. */
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		command(TOP_SORT_PREVIOUS);
		ck_assert_uint_eq(columns[model.sort].needs & ~NEEDS_TIME, 0);
	}
}
END_TEST

START_TEST(pages)
{
	host(50, 1, 1);
	top_model_page(&model, 20);
	command(TOP_PAGE_DOWN);
	ck_assert_uint_eq(model.selected, 20);
	ck_assert_uint_eq(model.first, 1);
	command(TOP_LAST);
	ck_assert_uint_eq(model.selected, 49);
	ck_assert_uint_eq(model.first, 30);
	/* A larger terminal has no empty lines at the bottom. */
	top_model_page(&model, 45);
	ck_assert_uint_eq(model.first, 5);
	command(TOP_FIRST);
	ck_assert_uint_eq(model.selected, 0);
	ck_assert_uint_eq(model.first, 0);
	command(TOP_UP);
	ck_assert_uint_eq(model.selected, 0);
	/* If VMs have ended, an existing line is selected. */
	command(TOP_LAST);
	ledger_free(&ledger);
	host(3, 1, 1);
	ck_assert_uint_lt(model.selected, model.nr);
	ck_assert_uint_eq(model.first, 0);
}
END_TEST

START_TEST(what_is_seen_is_complete)
{
	host(30, 2, 1);
	for (size_t i = 0; i < 20; i++)
		ck_assert_uint_gt(model.line[i].row.percentile[ROW_P99], 0);
	ck_assert_uint_eq(model.line[20].row.percentile[ROW_P99], 0);
	command(TOP_PAGE_DOWN);
	ck_assert_uint_gt(model.line[20].row.percentile[ROW_P99], 0);
}
END_TEST

START_TEST(pauses)
{
	float rate[HISTORY];

	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 10);
	look(1);
	command(TOP_PAUSE);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 20);
	ledger.losses.no_slot = 7;
	look(1);
	ck_assert_uint_eq(model.line[0].row.times.exits, 10);
	ck_assert(top_model_trend(&model, &model.line[0], rate));
	ck_assert_float_eq(rate[HISTORY - 1], 10);
	/* Losses are shown even while the view is paused. */
	ck_assert_uint_eq(model.last.losses.no_slot, 7);
	command(TOP_PAUSE);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 30);
	look(1);
	ck_assert_uint_eq(model.line[0].row.times.exits, 30);
	ck_assert(top_model_trend(&model, &model.line[0], rate));
	ck_assert_float_eq(rate[HISTORY - 1], 30);
	ck_assert_float_eq(rate[HISTORY - 2], 20);
	ck_assert_float_eq(rate[HISTORY - 3], 10);
	ck_assert_float_eq(rate[HISTORY - 4], 0);
}
END_TEST

/* Trends are rates, not counts, and old rates are dropped. */
START_TEST(trends)
{
	float rate[HISTORY];

	for (unsigned int i = 1; i <= 2 * HISTORY; i++) {
		made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, i);
		if (i <= 70 || i == 110)
			made_up_exits(&ledger, 2, 1, EXIT_SVM_MSR, i);
		look(0.5);
	}
	ck_assert(history_read(&model.history, 1, HISTORY_ALL, HISTORY_ALL, 0,
			       rate));
	for (unsigned int i = 0; i < HISTORY; i++)
		ck_assert_float_eq(rate[i], 2 * (HISTORY + 1 + i));
	ck_assert(history_read(&model.history, 2, 1, HISTORY_ALL, 0, rate));
	for (unsigned int i = 0; i < HISTORY; i++) {
		unsigned int at = HISTORY + 1 + i;

		ck_assert_float_eq(rate[i], at <= 70 || at == 110 ? 2 * at : 0);
	}
	ck_assert(!history_read(&model.history, 3, HISTORY_ALL, HISTORY_ALL, 0,
				rate));
	for (unsigned int i = 0; i < 2 * HISTORY; i++)
		look(0.5);
	ck_assert(!history_read(&model.history, 1, HISTORY_ALL, HISTORY_ALL, 0,
				rate));
	ck_assert_uint_eq(model.history.nr, 0);
}
END_TEST

/* When 10,000 VMs come and go, the memory for trends does not grow. */
START_TEST(churn)
{
	size_t most = 0;

	for (unsigned int i = 1; i <= 10000; i++) {
		made_up_exits(&ledger, i, 0, EXIT_SVM_MSR, 1);
		ledger.vm[ledger.nr_vms - 1].vcpu[0].gone = true;
		look(1);
		most = model.history.room > most ? model.history.room : most;
	}
	ck_assert_uint_eq(model.nr, 1);
	ck_assert(model.line[0].ended);
	ck_assert_uint_le(most, 1024);
}
END_TEST

START_TEST(the_opened_vm_ends)
{
	host(2, 2, 1);
	command(TOP_OPEN);
	command(TOP_OPEN);
	ledger_free(&ledger);
	made_up_exits(&ledger, 9, 0, EXIT_SVM_MSR, 1);
	look(1);
	ck_assert_uint_eq(model.nr, 0);
	command(TOP_BACK);
	ck_assert_int_eq(model.level, TOP_VMS);
	ck_assert_uint_eq(model.nr, 1);
}
END_TEST

START_TEST(intervals)
{
	command(TOP_LONGER);
	ck_assert_double_eq(model.interval, 2);
	for (int i = 0; i < 20; i++)
		command(TOP_LONGER);
	ck_assert_double_eq(model.interval, 60);
	for (int i = 0; i < 20; i++)
		command(TOP_SHORTER);
	ck_assert_double_eq(model.interval, 0.1);
	/*
	 * If the interval is not one of the steps, + and - go to the next step,
	 * if there is one.
	 */
	model.interval = 0.05;
	command(TOP_SHORTER);
	ck_assert_double_eq(model.interval, 0.05);
	model.interval = 3;
	command(TOP_SHORTER);
	ck_assert_double_eq(model.interval, 2);
	model.interval = 300;
	command(TOP_LONGER);
	ck_assert_double_eq(model.interval, 300);
}
END_TEST

START_TEST(help_goes_with_any_key)
{
	host(3, 1, 1);
	command(TOP_HELP);
	ck_assert(model.help);
	command(TOP_DOWN);
	ck_assert(!model.help);
	ck_assert_uint_eq(model.selected, 0);
	command(TOP_HELP);
	ck_assert_int_eq(top_model_command(&model, TOP_QUIT), 1);
}
END_TEST

START_TEST(columns_on_demand)
{
	struct column_list list;

	model.shape.has = NEEDS_TIME | NEEDS_FAST;
	host(1, 1, 1);
	top_model_columns(&model, 35, &list);
	ck_assert_uint_eq(list.id[1], COLUMN_FAST);
	while (model.sort != COLUMN_FAST)
		command(TOP_SORT_NEXT);
	command(TOP_FAST);
	ck_assert_uint_eq(model.sort, COLUMN_PER_SECOND);
	top_model_columns(&model, 200, &list);
	for (size_t i = 0; i < list.nr; i++)
		ck_assert_uint_ne(list.id[i], COLUMN_FAST);
	/* The column for sorting stays visible, even if no other one fits. */
	while (model.sort != COLUMN_P90)
		command(TOP_SORT_NEXT);
	top_model_columns(&model, 8, &list);
	ck_assert_uint_eq(list.nr, 1);
	ck_assert_uint_eq(list.id[0], COLUMN_P90);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("top");
	TCase *tcase = tcase_create("top");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, nothing_yet);
	tcase_add_test(tcase, levels);
	tcase_add_test(tcase, a_single_vcpu_is_no_list);
	tcase_add_test(tcase, a_live_view_is_not_played);
	tcase_add_test(tcase, a_replay_is_played);
	tcase_add_test(tcase, keys_of_a_reason);
	tcase_add_test(tcase, sums_leave_idle_out);
	tcase_add_test(tcase, the_selection_stays_with_its_line);
	tcase_add_test(tcase, order);
	tcase_add_test(tcase, pages);
	tcase_add_test(tcase, what_is_seen_is_complete);
	tcase_add_test(tcase, pauses);
	tcase_add_test(tcase, trends);
	tcase_add_test(tcase, churn);
	tcase_add_test(tcase, the_opened_vm_ends);
	tcase_add_test(tcase, intervals);
	tcase_add_test(tcase, help_goes_with_any_key);
	tcase_add_test(tcase, columns_on_demand);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
