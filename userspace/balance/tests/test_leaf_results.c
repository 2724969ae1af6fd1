// SPDX-License-Identifier: GPL-2.0-only
/* Counters that others have numbered: the rules for them, leaf by leaf. */
#include "balance/leaf_results.h"
#include "balance/rules.h"
#include "judged.h"

static struct leaf_results results;

static void begin(void)
{
	setup();
	snprintf(books.numbering, sizeof(books.numbering), "somebody's");
}

static void end(void)
{
	leaf_results_free(&results);
	teardown();
}

static const struct leaf_result *find(uint32_t leaf, uint32_t reason)
{
	for (size_t i = 0; i < results.nr; i++) {
		const struct leaf_result *result = &results.result[i];

		if (result->leaf == leaf && result->reason == reason)
			return result;
	}
	return NULL;
}

static void make(void)
{
	leaf_results_free(&results);
	ck_assert_int_eq(leaf_results_make(&books, &results), 0);
}

/* Each leaf and reason is judged by itself, in their order. */
START_TEST(by_leaf)
{
	const struct leaf_result *result;

	count(EXIT_LEAF_REASON_EXITS, IOIO, 5, 5, 5, 1);
	count(EXIT_LEAF_REASON_EXITS, CPUID, 3, 4, 4, 1);
	total(10, 10, 10, 1);
	total(20, 20, 20, 1);
	make();
	ck_assert_uint_eq(results.nr, 3);
	ck_assert_uint_eq(results.result[0].reason, CPUID);
	ck_assert_uint_eq(results.result[2].leaf, EXIT_LEAF_EXITS);
	result = find(EXIT_LEAF_REASON_EXITS, CPUID);
	ck_assert_uint_eq(result->reads, 1);
	ck_assert_uint_eq(result->wrong, 1);
	ck_assert_uint_eq(result->right_until, 0);
	ck_assert_int_eq(result->first.rule, RULE_KERNEL_LOW);
	result = find(EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(result->reads, 2);
	ck_assert_uint_eq(result->judged, 2);
	ck_assert_uint_eq(result->wrong, 0);
	ck_assert_uint_eq(result->end.exits_before, 20);
}
END_TEST

/* It is known since when a leaf is wrong: after the last right read. */
START_TEST(since_when)
{
	const struct leaf_result *result;

	total(10, 10, 10, 1);
	total(20, 20, 21, 1);
	total(30, 31, 31, 1);
	total(40, 40, 40, 1);
	total(50, 55, 55, 1);
	make();
	result = find(EXIT_LEAF_EXITS, 0);
	ck_assert_uint_eq(result->right_until, 21);
	ck_assert_uint_eq(result->wrong, 2);
	ck_assert_uint_eq(result->first.low, 31);
	ck_assert_uint_eq(result->last.low, 55);
}
END_TEST

/* INFO has nothing to be compared with. */
START_TEST(not_judged)
{
	struct answer *answer = total(10, 10, 10, 1);

	answer->paired = false;
	make();
	ck_assert_uint_eq(results.result[0].reads, 1);
	ck_assert_uint_eq(results.result[0].judged, 0);
	ck_assert_uint_eq(results.result[0].wrong, 0);
}
END_TEST

/*
 * Where somebody else counts an exit is unknown: other vCPUs may be an exit
 * behind.  The reading vCPU may not, and our own counters may not either.
 */
START_TEST(counted_later)
{
	static const struct {
		uint32_t vcpus;
		uint64_t kernel;
		size_t wrong, wrong_of_ours;
	} row[] = { { 1, 99, 1, 1 }, { 3, 98, 0, 1 }, { 3, 97, 1, 1 } };

	total(row[_i].kernel, 100, 100, row[_i].vcpus);
	make();
	ck_assert_uint_eq(results.result[0].wrong, row[_i].wrong);
	books.numbering[0] = '\0';
	make();
	ck_assert_uint_eq(results.result[0].wrong, row[_i].wrong_of_ours);
}
END_TEST

/* No edition of a manual defines these, so no counter may either. */
START_TEST(never_defined)
{
	static const struct {
		uint32_t reason;
		bool wrong;
	} row[] = { { 0xfff, false }, { 0x1000, true },	  { 0x7fff, true },
		    { 0xffff, true }, { 0x10000, false }, { CPUID, false } };

	count(EXIT_LEAF_REASON_EXITS, row[_i].reason, 0, 0, 0, 1);
	make();
	ck_assert_uint_eq(results.result[0].wrong, row[_i].wrong);
	/* It is right to say so; and ours tell by INFO which they define. */
	books.answers.answer[0].read.edx = EXIT_LEAF_UNDEFINED;
	make();
	ck_assert_uint_eq(results.result[0].wrong, 0);
	books.answers.answer[0].read.edx = 0;
	books.numbering[0] = '\0';
	make();
	ck_assert_uint_eq(results.result[0].wrong, 0);
}
END_TEST

/*
 * On SVM without our patches, the first exit that BPF sees is already in KVM's
 * statistics; on VMX it is not, and neither with our patches.
 */
START_TEST(first_exit)
{
	static const struct {
		uint32_t isa;
		uint64_t prior;
		bool late;
	} row[] = { { EXIT_LEAF_ISA_SVM, 1, false },
		    { EXIT_LEAF_ISA_SVM, 2, true },
		    { EXIT_LEAF_ISA_VMX, 0, false },
		    { EXIT_LEAF_ISA_VMX, 1, true } };

	books.host.isa = row[_i].isa;
	books.ledger.vm[0].vcpu[0].prior_exits = row[_i].prior;
	ck_assert_int_eq(books_vm_is_late(&books, 1), row[_i].late);
	books.numbering[0] = '\0';
	ck_assert_int_eq(books_vm_is_late(&books, 1), !!row[_i].prior);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("results of leaves");
	TCase *tcase = tcase_create("leaves");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, by_leaf);
	tcase_add_test(tcase, since_when);
	tcase_add_test(tcase, not_judged);
	tcase_add_loop_test(tcase, counted_later, 0, 3);
	tcase_add_loop_test(tcase, never_defined, 0, 6);
	tcase_add_loop_test(tcase, first_exit, 0, 4);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
