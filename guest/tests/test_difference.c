// SPDX-License-Identifier: GPL-2.0-only
/* Tests differences without the reads' own exits, and the TSC's rate. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "affinity.h"
#include "around.h"
#include "fake_kvm.h"
#include "render_difference.h"
#include "tests/table_check.h"
#include "tests/tap.h"

static struct snapshot first, second;
static struct counted_cpuid counted;
static struct difference difference;
static char *text;

static void setup(void)
{
	fake_kvm_begin();
	counted = (struct counted_cpuid){ .execute = fake_cpuid };
	ck_assert_int_eq(snapshot_read(&first, &counted), 0);
}

static void teardown(void)
{
	snapshot_free(&first);
	snapshot_free(&second);
	difference_free(&difference);
	free(text);
	text = NULL;
}

static void exits(uint64_t io, uint64_t cpuid)
{
	kvm.io += io;
	kvm.cpuid += cpuid;
	kvm.total += io + cpuid;
	kvm.cycles += 1000 * io;
}

static void read_again(void)
{
	snapshot_free(&second);
	ck_assert_int_eq(snapshot_read(&second, &counted), 0);
	ck_assert_int_eq(difference_make(&first, &second, &difference), 0);
}

/* Only the reads happen in between, and their exits are subtracted. */
START_TEST(nothing)
{
	read_again();
	ck_assert_uint_eq(difference.exits, 0);
	ck_assert_uint_eq(difference.nr, 0);
	/* These are the reads after the first total, up to the second one. */
	ck_assert_uint_eq(difference.own, first.leaves.nr);
	ck_assert_uint_eq(second.executed, first.leaves.nr);
}
END_TEST

START_TEST(what_happened)
{
	exits(5, 3);
	read_again();
	ck_assert_uint_eq(difference.exits, 8);
	ck_assert_uint_eq(difference.cycles, 5000);
	ck_assert_uint_eq(difference.nr, 2);
	ck_assert_uint_eq(difference.row[0].reason->code, EXIT_SVM_IOIO);
	ck_assert_uint_eq(difference.row[0].exits, 5);
	ck_assert_uint_eq(difference.row[0].cycles, 5000);
	ck_assert_uint_eq(difference.row[1].reason->code, EXIT_SVM_CPUID);
	ck_assert_uint_eq(difference.row[1].exits, 3);
}
END_TEST

/* Other reads in between are the program's own exits, too. */
START_TEST(over_other_reads)
{
	struct snapshot between;

	exits(1, 1);
	ck_assert_int_eq(snapshot_read(&between, &counted), 0);
	exits(1, 1);
	read_again();
	ck_assert_uint_eq(difference.exits, 4);
	ck_assert_uint_eq(difference.own, first.leaves.nr + between.leaves.nr);
	ck_assert_uint_eq(difference.row[0].exits, 2);
	ck_assert_uint_eq(difference.row[1].exits, 2);
	snapshot_free(&between);
}
END_TEST

/*
 * Another host, with fewer vCPUs or another ISA, is recognized even if its
 * counts are higher.
 */
START_TEST(another_host)
{
	exits(5, 5);
	ck_assert_int_eq(snapshot_read(&second, &counted), 0);
	second.leaves.vcpus = first.leaves.vcpus - 1;
	ck_assert_int_eq(difference_make(&first, &second, &difference),
			 -ERANGE);
	/* If a vCPU was added, it is still the same host. */
	second.leaves.vcpus = first.leaves.vcpus + 1;
	ck_assert_int_eq(difference_make(&first, &second, &difference), 0);
	difference_free(&difference);
	second.leaves.vcpus = first.leaves.vcpus;
	second.leaves.isa = EXIT_ISA_VMX;
	ck_assert_int_eq(difference_make(&first, &second, &difference),
			 -ERANGE);
}
END_TEST

/* Another host's counts begin at zero. */
START_TEST(lower_counts)
{
	kvm.io = 5;
	ck_assert_int_eq(snapshot_read(&second, &counted), 0);
	ck_assert_int_eq(difference_make(&first, &second, &difference),
			 -ERANGE);
	snapshot_free(&second);
	kvm.io = 0x100000002ull;
	kvm.cpuid -= 1;
	ck_assert_int_eq(snapshot_read(&second, &counted), 0);
	ck_assert_int_eq(difference_make(&first, &second, &difference),
			 -ERANGE);
}
END_TEST

static const struct tsc_rate rate = { 2000000, "/proc/cpuinfo" };

static int render(int (*renderer)(const struct difference *,
				  const struct occasion *,
				  const struct tsc_rate *, FILE *),
		  char **argv)
{
	const struct occasion occasion = { .kind = "command",
					   .argv = argv,
					   .status = 7 };
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r = renderer(&difference, &occasion, &rate, out);

	fclose(out);
	return r;
}

START_TEST(as_a_table)
{
	char *argv[] = { "tar",
			 "-xf",
			 "a rather long path",
			 "and another one",
			 "and one more, with caf\xc3\xa9",
			 NULL };

	exits(5, 3);
	read_again();
	ck_assert_int_eq(render(difference_table, argv), 0);
	ck_assert_ptr_nonnull(strstr(text, "of tar -xf a rather"));
	ck_assert_ptr_nonnull(strstr(text, "(status 7)"));
	ck_assert_ptr_nonnull(strstr(text, "0.000003 s in exits, at 2000.000"));
	ck_assert_ptr_nonnull(strstr(text, "0x07b IOIO"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(strlen(line) <= 80, "'%s'", line);
}
END_TEST

/* With numbers of all sizes, cells are separated and lines are not too long. */
START_TEST(large_numbers)
{
	static const char *const heads[] = { "EXITS", "SHARE", "CYCLES",
					     "CYCLES/EXIT", NULL };

	check_locale();
	for (unsigned int n = 0; n < CHECK_NUMBERS; n++) {
		char *argv[] = { "\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22"
				 "\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22"
				 "\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22\u6f22",
				 "\033[2J\u202e", NULL };

		exits(check_number(n), check_number(n + 3));
		kvm.total += check_number(n + 5);
		kvm.cycles += check_number(n + 2);
		read_again();
		ck_assert_int_eq(render(difference_table, argv), 0);
		check_lines(text);
		*strstr(text, "\n(between") = '\0';
		check_cells(text, heads, NULL);
		difference_free(&difference);
		free(text);
		text = NULL;
	}
}
END_TEST

START_TEST(as_json)
{
	char *argv[] = { "say", "\"caf\xc3\xa9\"\\\n\xff", NULL };
	json_error_t error;
	json_t *json;
	const char *kind, *word;
	int count, own, status, khz;

	exits(5, 3);
	read_again();
	ck_assert_int_eq(render(difference_json, argv), 0);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(json, "line %d: %s", error.line, error.text);
	ck_assert_int_eq(json_unpack(json, "{s:s, s:i, s:i, s:i, s:i}", "kind",
				     &kind, "exits", &count, "own_exits", &own,
				     "status", &status, "tsc_khz", &khz),
			 0);
	ck_assert_str_eq(kind, "command");
	ck_assert_int_eq(count, 8);
	ck_assert_int_eq(own, first.leaves.nr);
	ck_assert_int_eq(status, 7);
	ck_assert_int_eq(khz, 2000000);
	word = json_string_value(
		json_array_get(json_object_get(json, "command"), 1));
	ck_assert_str_eq(word, "\"caf\xc3\xa9\"\\\n\xef\xbf\xbd");
	ck_assert_uint_eq(json_array_size(json_object_get(json, "reasons")), 2);
	json_decref(json);
}
END_TEST

/* Of all sources of the TSC's rate that exist, the most exact one is used. */
START_TEST(the_tsc)
{
	static const char cpuinfo[] = "build-test-cpuinfo";
	struct tsc_rate found;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/tmp/%s.%d", cpuinfo, getpid());
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 0);
	file = fopen(path, "w");
	fputs("model name\t: x\ncpu MHz\t\t: 2399.998\n", file);
	fclose(file);
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 2399998);
	ck_assert_str_eq(found.source, "/proc/cpuinfo");
	unlink(path);
	kvm.most = 0x16;
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 2500000);
	ck_assert_str_eq(found.source, "CPUID leaf 0x16");
	kvm.crystal = 24000000;
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 2496000);
	ck_assert_str_eq(found.source, "CPUID leaf 0x15");
	kvm.timing = 2396012;
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 2396012);
	/* Another hypervisor uses this leaf for something else. */
	memcpy(kvm.name, "Microsoft Hv", 12);
	found = tsc_rate(fake_cpuid, NULL, path);
	ck_assert_uint_eq(found.khz, 2496000);
}
END_TEST

/* A command must be able to run on all CPUs on which exitleaf could run. */
START_TEST(affinity)
{
	struct affinity before, here, after;
	cpu_set_t mine;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(mine), &mine), 0);
	affinity_stay(&before);
	ck_assert(before.known);
	affinity_stay(&here);
	ck_assert_int_eq(CPU_COUNT_S(sizeof(here.set), here.set), 1);
	affinity_restore(&before);
	affinity_stay(&after);
	ck_assert_int_eq(CPU_COUNT_S(sizeof(after.set), after.set),
			 CPU_COUNT(&mine));
	affinity_restore(&after);
}
END_TEST

/* Even if SIGCHLD is ignored at the start, the command's status is known. */
START_TEST(a_command)
{
	char *fails[] = { "sh", "-c", "exit 7", NULL };
	char *is_not_there[] = { "/nonexistent", NULL };

	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(around_run(fails), 7);
	ck_assert_int_eq(around_run(is_not_there), STATUS_NOT_FOUND);
	ck_assert(signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("difference");
	TCase *tcase = tcase_create("difference");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing);
	tcase_add_test(tcase, what_happened);
	tcase_add_test(tcase, over_other_reads);
	tcase_add_test(tcase, another_host);
	tcase_add_test(tcase, lower_counts);
	tcase_add_test(tcase, as_a_table);
	tcase_add_test(tcase, large_numbers);
	tcase_add_test(tcase, as_json);
	tcase_add_test(tcase, the_tsc);
	tcase_add_test(tcase, affinity);
	tcase_add_test(tcase, a_command);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
