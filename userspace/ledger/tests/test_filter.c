// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests which VMs and numbers pass a filter, and the messages for unused names.
 */
#include <stdio.h>
#include <string.h>

#include "exit_reason_codes.h"
#include "ledger/filter.h"
#include "tests/made_up.h"
#include "tests/no_memory.h"
#include "tests/tap.h"

static struct filter filter;
static struct ledger ledger;

static void end(void)
{
	filter_free(&filter);
	ck_assert_uint_eq(filter.nr_vms + filter.pids.nr + filter.vcpus.nr +
				  filter.reasons.nr,
			  0);
	ck_assert_ptr_null(filter.vm);
	ck_assert_ptr_null(filter.reasons.number);
	ledger_free(&ledger);
}

static void vm(const char *name)
{
	struct ledger_vm *added;

	added = ledger_vm(&ledger, ledger.nr_vms + 1, 101 + ledger.nr_vms);
	ck_assert_ptr_nonnull(added);
	snprintf(added->name, sizeof(added->name), "%s", name);
}

static void only_vm(const char *name)
{
	ck_assert_int_eq(filter_add_vm(&filter, name), 0);
}

static void only(struct filter_numbers *numbers, uint32_t number)
{
	ck_assert_int_eq(filter_add_number(numbers, number), 0);
}

/* Returns the VMs that pass, as bits: bit 0 is the first VM. */
static int pass(void)
{
	int bits = 0;

	for (size_t i = 0; i < ledger.nr_vms; i++)
		bits |= filter_has_vm(&filter, &ledger.vm[i]) << i;
	return bits;
}

static void four(void)
{
	vm("web1");
	vm("web2");
	vm("db");
	vm("[x]");
}

START_TEST(vms_that_pass)
{
	four();
	ck_assert_int_eq(pass(), 15);
	only_vm("db");
	ck_assert_int_eq(pass(), 4);
	only_vm("web?");
	ck_assert_int_eq(pass(), 7);
	only(&filter.pids, 104);
	ck_assert_int_eq(pass(), 15);
	filter_free(&filter);
	only(&filter.pids, 103);
	only(&filter.pids, 101);
	ck_assert_int_eq(pass(), 5);
	filter_free(&filter);
	only_vm("[x]"); /* a name matches itself, even if it is a pattern */
	ck_assert_int_eq(pass(), 8);
	filter_free(&filter);
	only(&filter.vcpus, 7);
	ck_assert_int_eq(pass(), 15);
	/* A slash in a name is not special. */
	vm("team/web3");
	only_vm("team*3");
	ck_assert_int_eq(pass(), 16);
}
END_TEST

START_TEST(numbers_that_pass)
{
	for (uint32_t number = 0; number < 10; number++)
		ck_assert(filter_has_number(&filter.vcpus, number));
	for (uint32_t number = 1; number < 10; number += 2)
		only(&filter.vcpus, number);
	for (uint32_t number = 0; number < 10; number++)
		ck_assert_int_eq(filter_has_number(&filter.vcpus, number),
				 number & 1);
}
END_TEST

START_TEST(what_did_not_match)
{
	struct why line[4] = { { "" } };

	four();
	only_vm("no");
	only_vm("web1");
	only_vm("db");
	only_vm("none*");
	only(&filter.pids, 7);
	only(&filter.pids, 101);
	only(&filter.pids, 4294967295);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, line, 4), 4);
	ck_assert_str_eq(line[0].text,
			 "no VM matched --vm 'no'; VMs seen: web1 (pid 101), "
			 "web2 (pid 102), db (pid 103), [x] (pid 104)");
	ck_assert_ptr_nonnull(strstr(line[1].text, "--vm 'none*';"));
	ck_assert_ptr_nonnull(strstr(line[2].text, "--pid '7';"));
	ck_assert_ptr_nonnull(strstr(line[3].text, "--pid '4294967295';"));
	/* Only as many lines as fit are filled in, but all are counted. */
	memset(line, 0, sizeof(line));
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, line, 3), 4);
	ck_assert_str_ne(line[2].text, "");
	ck_assert_str_eq(line[3].text, "");
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, line, 1), 4);
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, NULL, 0), 4);
}
END_TEST

START_TEST(vms_seen)
{
	static const char *const seen[] = {
		"none",
		"a (pid 101)",
		"a (pid 101), b (pid 102), c (pid 103), d (pid 104), e (pid 105)",
		"a (pid 101), b (pid 102), c (pid 103), d (pid 104), e (pid 105) "
		"and 1 more",
		"a (pid 101), b (pid 102), c (pid 103), d (pid 104), e (pid 105) "
		"and 3 more",
	};
	static const int nr[] = { 0, 1, 5, 6, 8 };
	char expected[300], name[2] = "a";
	struct why line;

	for (int i = 0; i < nr[_i]; i++, name[0]++)
		vm(name);
	only_vm("no");
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, &line, 1), 1);
	snprintf(expected, sizeof(expected),
		 "no VM matched --vm 'no'; VMs seen: %s", seen[_i]);
	ck_assert_str_eq(line.text, expected);
}
END_TEST

/* Five of the longest names, with control characters, fit into the line. */
START_TEST(long_names)
{
	char name[LEDGER_NAME], *more;
	struct why line;

	memset(name, '\001', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 7; i++)
		vm(name);
	only_vm("no");
	ck_assert_uint_eq(filter_unmatched(&filter, &ledger, &line, 1), 1);
	ck_assert_ptr_null(strchr(line.text, '\001'));
	more = strstr(line.text, "???? (pid 101), ???");
	ck_assert_ptr_nonnull(more);
}
END_TEST

/* Have exits been booked that pass the filter? */
START_TEST(exits_that_pass)
{
	ck_assert(!filter_has_exits(&filter, &ledger));
	vm("idle");
	ck_assert_ptr_nonnull(ledger_vcpu(&ledger.vm[0], 0));
	ck_assert(!filter_has_exits(&filter, &ledger));
	made_up_exits(&ledger, 2, 0, EXIT_SVM_MSR, 4);
	made_up_exits(&ledger, 2, 0, EXIT_SVM_CPUID, 3);
	made_up_exits(&ledger, 2, 3, EXIT_SVM_IOIO, 5);
	strcpy(ledger.vm[1].name, "busy");
	ck_assert(filter_has_exits(&filter, &ledger));
	only(&filter.reasons, EXIT_SVM_HLT);
	ck_assert(!filter_has_exits(&filter, &ledger));
	only(&filter.reasons, EXIT_SVM_IOIO);
	ck_assert(filter_has_exits(&filter, &ledger));
	only(&filter.vcpus, 0);
	ck_assert(!filter_has_exits(&filter, &ledger));
	only(&filter.reasons, EXIT_SVM_CPUID);
	ck_assert(filter_has_exits(&filter, &ledger));
	only_vm("idle");
	ck_assert(!filter_has_exits(&filter, &ledger));
	only_vm("busy");
	ck_assert(filter_has_exits(&filter, &ledger));
}
END_TEST

/* Filter by the first reason, by the last one, and by one without exits. */
START_TEST(reasons_that_pass)
{
	made_up_exits(&ledger, 1, 0, EXIT_SVM_CPUID, 3);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_HLT, 0);
	made_up_exits(&ledger, 1, 0, EXIT_SVM_IOIO, 2);
	only(&filter.reasons, EXIT_SVM_HLT);
	ck_assert(!filter_has_exits(&filter, &ledger));
	only(&filter.reasons, EXIT_SVM_CPUID);
	ck_assert(filter_has_exits(&filter, &ledger));
	filter_free(&filter);
	only(&filter.reasons, EXIT_SVM_IOIO);
	ck_assert(filter_has_exits(&filter, &ledger));
}
END_TEST

/* Exits of merged VMs have no known VM, so they pass any filter of VMs. */
START_TEST(exits_of_old_vms)
{
	made_up_exits(&ledger, 0, 0, EXIT_SVM_CPUID, 3);
	only_vm("busy");
	ck_assert(filter_has_exits(&filter, &ledger));
}
END_TEST

START_TEST(as_options)
{
	char text[200] = "something";

	filter_describe(&filter, text, sizeof(text));
	ck_assert_str_eq(text, "");
	only(&filter.reasons, 0x72);
	strcpy(text, "something");
	filter_describe(&filter, text, sizeof(text));
	ck_assert_str_eq(text, "--reason 0x72");
	only_vm("a b");
	only_vm("c*");
	only(&filter.pids, 7);
	only(&filter.pids, 8);
	only(&filter.vcpus, 0);
	only(&filter.vcpus, 10);
	only(&filter.reasons, 0x7b);
	filter_describe(&filter, text, sizeof(text));
	ck_assert_str_eq(text, "--vm 'a b' --vm 'c*' --pid 7 --pid 8 --vcpu 0 "
			       "--vcpu 10 --reason 0x72 --reason 0x7b");
	/* The text is cut off, and nothing is written after it. */
	memset(text, 'x', sizeof(text));
	filter_describe(&filter, text, 16);
	ck_assert_str_eq(text, "--vm 'a b' ...");
	ck_assert_int_eq(text[16], 'x');
}
END_TEST

/* The option, with the space before it, just fits, or just does not fit. */
START_TEST(as_options_that_fit)
{
	char text[] = " --reason 0x72";

	only(&filter.reasons, 0x72);
	filter_describe(&filter, text, sizeof(text));
	ck_assert_str_eq(text, "--reason 0x72");
	filter_describe(&filter, text, sizeof(text) - 1);
	ck_assert_str_eq(text, "--reason ...");
}
END_TEST

START_TEST(no_memory)
{
	ck_assert_int_eq(WITH_MEMORY(0, filter_add_vm(&filter, "a")), -ENOMEM);
	ck_assert_int_eq(WITH_MEMORY(0, filter_add_number(&filter.pids, 1)),
			 -ENOMEM);
	ck_assert_uint_eq(filter.nr_vms + filter.pids.nr, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("filter");
	TCase *tcase = tcase_create("filter");

	tcase_add_checked_fixture(tcase, NULL, end);
	tcase_add_test(tcase, vms_that_pass);
	tcase_add_test(tcase, numbers_that_pass);
	tcase_add_test(tcase, what_did_not_match);
	tcase_add_loop_test(tcase, vms_seen, 0, 5);
	tcase_add_test(tcase, long_names);
	tcase_add_test(tcase, exits_that_pass);
	tcase_add_test(tcase, reasons_that_pass);
	tcase_add_test(tcase, exits_of_old_vms);
	tcase_add_test(tcase, as_options);
	tcase_add_test(tcase, as_options_that_fit);
	tcase_add_test(tcase, no_memory);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
