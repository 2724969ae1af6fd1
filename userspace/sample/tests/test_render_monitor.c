// SPDX-License-Identifier: GPL-2.0-only
/* Tests samples as text, JSON and CSV, and their cost for a large host. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "ledger/reasons.h"
#include "ledger/render_losses.h"
#include "sample/render_monitor.h"
#include "tests/made_up.h"
#include "tests/tap.h"

typedef int (*renderer)(const struct monitor_sample *,
			const struct monitor_shape *, FILE *);

static struct ledger ledger;
static struct monitor_shape shape;
static char *out;
static size_t size;

static void setup(void)
{
	shape = (struct monitor_shape){ .has = NEEDS_TIME };
	column_list_fit(&columns_by_use[USE_TABLE], shape.has, 54,
			&shape.columns);
}

static void teardown(void)
{
	ledger_free(&ledger);
	free(out);
	out = NULL;
}

static const char *render_as(renderer render, bool total)
{
	const struct monitor_sample sample = { .ledger = &ledger,
					       .seconds = 2,
					       .total = total };
	FILE *file;

	free(out);
	file = open_memstream(&out, &size);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(render(&sample, &shape, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return out;
}

static const char *text(void)
{
	return render_as(render_monitor_text, false);
}

static bool has(const char *what)
{
	return strstr(out, what);
}

static size_t longest_line(void)
{
	size_t longest = 0;

	for (const char *line = out; *line;) {
		size_t length = strcspn(line, "\n");

		longest = length > longest ? length : longest;
		line += length + (line[length] == '\n');
	}
	return longest;
}

static size_t lines_with(const char *what)
{
	size_t nr = 0;

	for (const char *at = out; (at = strstr(at, what)); at++)
		nr++;
	return nr;
}

START_TEST(the_table)
{
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 60000);
	made_up_time(&ledger, 1, 1, EXIT_SVM_HLT, 900000000, 2);
	made_up_time(&ledger, 7, 0, 0xabcd, 2000, 1);
	ck_assert_str_eq(
		text(),
		"2.0 s\n"
		"\n"
		"VM vm1, pid 1001, 2 vCPUs\n"
		"EXIT REASON                     EXITS PER SECOND  TIME %     P50     P99     MAX\n"
		"0x07c MSR                      60,000     30,000   1.5 % 1.00 us 1.00 us 1.00 us\n"
		"0x078 HLT                           2          1  45.0 %  900 ms  900 ms  900 ms\n"
		"total                          60,002     30,001  46.5 % 1.00 us 1.00 us  900 ms\n"
		"total without HLT              60,000     30,000   1.5 % 1.00 us 1.00 us 1.00 us\n"
		"\n"
		"VM vm7, pid 1007, 1 vCPU\n"
		"EXIT REASON                     EXITS PER SECOND  TIME %     P50     P99     MAX\n"
		"UNKNOWN(0xabcd)                     1          1   0.0 % 2.00 us 2.00 us 2.00 us\n"
		"total                               1          1   0.0 % 2.00 us 2.00 us 2.00 us\n"
		"\n");
}
END_TEST

START_TEST(table_fits)
{
	/*
	 * An exit can last as long as the guest has lived, and end in this
	 * interval.
	 */
	made_up_exits(&ledger, 1, 0, EXIT_SVM_MSR, 999999998);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 200000000000, 1);
	ledger.vm[0].pid = 4194304;
	text();
	ck_assert_uint_le(longest_line(), 80);
	shape.has = NEEDS_TIME | NEEDS_FAST | NEEDS_OFF_CPU;
	column_list_fit(&columns_by_use[USE_TABLE], shape.has, 54,
			&shape.columns);
	text();
	ck_assert_uint_le(longest_line(), 80);
	ck_assert(has("BLOCKED"));
}
END_TEST

START_TEST(nothing)
{
	text();
	ck_assert(has("no VM exits\n"));
	ck_assert(!has("EXIT REASON"));
	made_up_host(&ledger, 1, 1, 0);
	ledger_reset(&ledger);
	ledger.vm[0].vcpu[0].gone = true;
	text();
	ck_assert(has("VM vm1, pid 1001, 1 vCPU, ended\n"));
	ck_assert(has("no VM exits\n"));
}
END_TEST

START_TEST(table_by_vcpu)
{
	made_up_host(&ledger, 1, 2, 0);
	ledger.vm[0].vcpu[1].gone = true;
	shape.by_vcpu = true;
	text();
	ck_assert(has("VM vm1, pid 1001, vCPU 0, thread 10000\n"));
	ck_assert(has("VM vm1, pid 1001, vCPU 1, thread 10001, ended\n"));
}
END_TEST

/* A process chooses its own name, so the name must not control the terminal. */
START_TEST(names_are_harmless)
{
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 1);
	strcpy(ledger.vm[0].name, "a\033[2J\nb");
	text();
	ck_assert(has("VM a?[2J?b, pid"));
}
END_TEST

START_TEST(keys_are_rows)
{
	for (uint64_t port = 0; port < 13; port++) {
		made_up_time(&ledger, 1, 0, EXIT_SVM_IOIO, 1000, 20 - port);
		made_up_key(&ledger, 1, 0, EXIT_SVM_IOIO, 0x3f0 + port, 1000,
			    20 - port);
	}
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 1000);
	shape.by = LEDGER_KEY_PORT;
	text();
	ck_assert_uint_eq(lines_with("  0x"), 10);
	ck_assert(has("\n  0x3f0 floppy                     20         10"));
	ck_assert(!has("0x3fa"));
	ck_assert(has("\n  and 3 more, with 27 exits\n"));
}
END_TEST

static void add_slow(uint64_t vm, uint64_t ns)
{
	const struct ledger_slow slow = { .at_ns = 12345678901000 + ns,
					  .vm = vm,
					  .times = exit_times_of_one(ns, 0,
								     ns / 2),
					  .key = 0x3f8,
					  .vcpu_id = 3,
					  .tid = 10003,
					  .reason = EXIT_SVM_IOIO,
					  .has_key = true };

	ck_assert_int_eq(ledger_slow_add(&ledger.slows, &slow), 0);
}

START_TEST(slow_exits)
{
	struct filter filter = { 0 };

	made_up_time(&ledger, 1, 3, EXIT_SVM_IOIO, 1000, 1);
	for (uint64_t i = 1; i <= 25; i++)
		add_slow(1, 1000000 * i);
	shape.by = LEDGER_KEY_PORT;
	text();
	ck_assert(has(
		"  12345.703901 IOIO 0x3f8 COM1 data          25.0 ms 12.5 ms    3 vm1\n"));
	ck_assert(has("6.00 ms"));
	ck_assert(!has("5.00 ms 2.50"));
	ck_assert(has("and 5 more, none of them slower\n"));
	ck_assert_uint_le(longest_line(), 80);
	/* A slow exit of a VM that is no longer known is shown, too. */
	add_slow(9, 90000000);
	text();
	ck_assert(
		has("UNKNOWN(0x7b) 0x3f8 COM1 data 90.0 ms 45.0 ms    3 ?\n"));
	shape.filter = &filter;
	filter_add_number(&filter.vcpus, 2);
	text();
	ck_assert(!has("SLOW EXIT"));
	filter_free(&filter);
}
END_TEST

/* Each format must have each kind of loss, even new ones. */
START_TEST(losses)
{
	uint64_t *field = (uint64_t *)&ledger.losses;
	size_t fields = sizeof(ledger.losses) / sizeof(uint64_t);
	struct loss list[LOSSES_MAX];
	size_t nr;

	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 1);
	for (size_t i = 0; i < fields; i++)
		field[i] = 1001 + i;
	ledger.vm[0].vcpu[0].missed_exits = 2001;
	ledger.vm[0].vcpu[0].missed_entries = 2002;
	ledger.vm[0].vcpu[0].sparse_full = 2003;
	nr = render_losses_list(&ledger, list);
	ck_assert_uint_eq(nr, fields + 3);
	text();
	ck_assert_uint_eq(lines_with("\nlost     "), nr);
	for (size_t i = 0; i < fields; i++) {
		char number[32];

		snprintf(number, sizeof(number), "lost     1,%03zu ", i + 1);
		ck_assert_msg(has(number), "%s", number);
	}
	ck_assert(has("lost     2,001 ") && has("lost     2,002 ") &&
		  has("lost     2,003 "));
	render_as(render_monitor_csv, false);
	ck_assert_uint_eq(lines_with("\nlost,"), nr);
	render_as(render_monitor_json, false);
	for (size_t i = 0; i < nr; i++) {
		char member[64];

		snprintf(member, sizeof(member), "\"%s\":%lu", list[i].name,
			 (unsigned long)list[i].count);
		ck_assert_msg(has(member), "%s", member);
	}
	memset(&ledger.losses, 0, sizeof(ledger.losses));
}
END_TEST

static json_t *parse(void)
{
	json_error_t error;
	json_t *json;

	render_as(render_monitor_json, false);
	ck_assert_uint_eq(lines_with("\n"), 1);
	json = json_loads(out, 0, &error);
	ck_assert_msg(json, "%s: %s", error.text, out);
	return json;
}

static json_int_t number_at(json_t *json, const char *name)
{
	ck_assert_msg(json_is_integer(json_object_get(json, name)), "%s", name);
	return json_integer_value(json_object_get(json, name));
}

START_TEST(json_reason)
{
	json_t *json, *vm, *reason;

	column_list_all(NEEDS_TIME, &shape.columns);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 3);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 5000, 1);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_CPUID, 1);
	json = parse();
	vm = json_array_get(json_object_get(json, "vms"), 0);
	ck_assert_int_eq(number_at(vm, "exits"), 5);
	ck_assert_int_eq(number_at(vm, "ns"), 8000);
	reason = json_array_get(json_object_get(vm, "reasons"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(reason, "name")),
			 "MSR");
	ck_assert_int_eq(number_at(reason, "exits"), 4);
	ck_assert_int_eq(number_at(reason, "mean_ns"), 2000);
	ck_assert_int_eq(number_at(reason, "min_ns"), 1000);
	ck_assert_int_eq(number_at(reason, "max_ns"), 5000);
	ck_assert_double_eq_tol(
		json_real_value(json_object_get(reason, "per_second")), 2,
		1e-9);
	/* Unknown values are absent. */
	reason = json_array_get(json_object_get(vm, "reasons"), 0);
	ck_assert_ptr_null(json_object_get(reason, "mean_ns"));
	ck_assert_ptr_null(json_object_get(reason, "p50_ns"));
	ck_assert_ptr_null(json_object_get(reason, "histogram"));
	json_decref(json);
}
END_TEST

/* The percentile can be computed from the histogram. */
START_TEST(json_histogram)
{
	json_t *json, *vm, *reason, *pair;
	json_int_t sum = 0, lower = 0;
	size_t i;

	column_list_all(NEEDS_TIME, &shape.columns);
	shape.histograms = true;
	for (uint64_t ns = 100; ns < 100000; ns += 100)
		made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, ns, 1);
	json = parse();
	vm = json_array_get(json_object_get(json, "vms"), 0);
	reason = json_array_get(json_object_get(vm, "reasons"), 0);
	json_array_foreach (json_object_get(reason, "histogram"), i, pair) {
		sum += json_integer_value(json_array_get(pair, 1));
		if (!lower && sum * 2 >= 999)
			lower = json_integer_value(json_array_get(pair, 0));
	}
	ck_assert_int_eq(sum, 999);
	ck_assert_int_le(lower, 50000);
	ck_assert_int_ge(lower, 45000);
	ck_assert_int_ge(number_at(reason, "p50_ns"), lower);
	ck_assert_int_le(number_at(reason, "p50_ns"), lower * 1.106);
	json_decref(json);
}
END_TEST

START_TEST(json_names)
{
	json_t *json, *vm;

	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 3);
	strcpy(ledger.vm[0].name, "a\"\\\n\xff\xc3\xa4");
	json = parse();
	vm = json_array_get(json_object_get(json, "vms"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(vm, "name")),
			 "a\"\\\n\xef\xbf\xbd\xc3\xa4");
	json_decref(json);
}
END_TEST

START_TEST(csv)
{
	const char *want =
		"interval,0,2.000000,1,1001,\"a,\"\"b\"\"\",0,,124,MSR,,,4,2.000000,0.800000,msr\n"
		"interval,0,2.000000,1,1001,\"a,\"\"b\"\"\",0,,43981,,,,1,0.500000,0.200000,other\n"
		"interval-key,0,2.000000,1,1001,\"a,\"\"b\"\"\",0,,124,MSR,16,TSC,4,2.000000,0.800000,\n"
		"slow,12345679001000,,1,1001,\"a,\"\"b\"\"\",0,3,123,IOIO,1016,,1,,,io\n"
		"lost,0,,,,,,,,no_slot,,,5,,,\n";

	column_list_all(0, &shape.columns);
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 4);
	made_up_exits(&ledger, 1, 0, 0xabcd, 1);
	made_up_key(&ledger, 1, 0, EXIT_SVM_MSR, 0x10, 1000, 4);
	strcpy(ledger.vm[0].name, "a,\"b\"");
	ledger.losses.no_slot = 5;
	add_slow(1, 100000);
	shape.by = LEDGER_KEY_MSR;
	ck_assert_str_eq(render_as(render_monitor_csv, false), want);
	/* The last sample has all kinds of losses, even those that are zero. */
	render_as(render_monitor_csv, true);
	ck_assert_uint_eq(lines_with("\nlost,"),
			  sizeof(ledger.losses) / sizeof(uint64_t) + 3);
}
END_TEST

START_TEST(csv_header)
{
	const char *want =
		"kind,at_ns,seconds,vm,pid,vm_name,ended,vcpu,reason,name,key,key_name,exits,per_second,share,class\n";
	FILE *file = open_memstream(&out, &size);

	column_list_all(0, &shape.columns);
	render_monitor_csv_header(&shape, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_str_eq(out, want);
}
END_TEST

START_TEST(folded)
{
	made_up_time(&ledger, 1, 0, EXIT_SVM_MSR, 1000, 6);
	made_up_exits(&ledger, 1, 1, EXIT_SVM_HLT, 3);
	made_up_key(&ledger, 1, 0, EXIT_SVM_MSR, 0x10, 1000, 4);
	made_up_key(&ledger, 1, 0, EXIT_SVM_MSR, 0xabcd, 1000, 1);
	strcpy(ledger.vm[0].name, "a;b\nc");
	shape.by = LEDGER_KEY_MSR;
	ck_assert_str_eq(render_as(monitor_format_folded.sample, false), "");
	/* One MSR exit has no key. */
	ck_assert_str_eq(render_as(monitor_format_folded.sample, true),
			 "a:b?c (1001);0x078 HLT 3\n"
			 "a:b?c (1001);0x07c MSR;0x10 TSC 4\n"
			 "a:b?c (1001);0x07c MSR;MSR 0xabcd 1\n"
			 "a:b?c (1001);0x07c MSR 1\n");
	shape.by_vcpu = true;
	render_as(monitor_format_folded.sample, true);
	ck_assert(has("a:b?c (1001);vCPU 1;0x078 HLT 3\n"));
}
END_TEST

static double user_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec * 1e3 + usage.ru_utime.tv_usec / 1e3;
}

#define ROUNDS 5

static double cost(renderer render, const struct monitor_sample *sample)
{
	FILE *file = fopen("/dev/null", "w");
	double start = user_ms();

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < ROUNDS; i++)
		ck_assert_int_eq(render(sample, &shape, file), 0);
	fclose(file);
	return (user_ms() - start) / ROUNDS;
}

/*
 * The sample is an interval of one second with a thousand vCPUs, so 10 ms would
 * be 1 % of a CPU.  The limit is higher, for slow machines and for the
 * sanitizers.
 */
START_TEST(large_hosts)
{
	static const size_t hosts[][2] = { { 1000, 1 }, { 10, 100 } };
	const struct monitor_sample sample = { .ledger = &ledger,
					       .seconds = 1 };
	double table, json, csv_ms;

	made_up_host(&ledger, hosts[_i][0], hosts[_i][1], 1);
	table = cost(render_monitor_text, &sample);
	column_list_all(NEEDS_TIME, &shape.columns);
	json = cost(render_monitor_json, &sample);
	csv_ms = cost(render_monitor_csv, &sample);
	printf("# %zu VMs of %zu vCPUs: ms per interval: table %.1f, JSON %.1f, CSV %.1f\n",
	       hosts[_i][0], hosts[_i][1], table, json, csv_ms);
	ck_assert(table < 250);
	ck_assert(json < 250);
	ck_assert(csv_ms < 250);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("render_monitor");
	TCase *tcase = tcase_create("render_monitor");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_table);
	tcase_add_test(tcase, table_fits);
	tcase_add_test(tcase, nothing);
	tcase_add_test(tcase, table_by_vcpu);
	tcase_add_test(tcase, names_are_harmless);
	tcase_add_test(tcase, keys_are_rows);
	tcase_add_test(tcase, slow_exits);
	tcase_add_test(tcase, losses);
	tcase_add_test(tcase, json_reason);
	tcase_add_test(tcase, json_histogram);
	tcase_add_test(tcase, json_names);
	tcase_add_test(tcase, csv);
	tcase_add_test(tcase, csv_header);
	tcase_add_test(tcase, folded);
	tcase_add_loop_test(tcase, large_hosts, 0, 2);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
