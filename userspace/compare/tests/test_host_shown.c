// SPDX-License-Identifier: GPL-2.0-only
/* How results show the host's reads, and how --watch counts reads. */
#include <stdlib.h>
#include <string.h>

#include "compare/judge.h"
#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "tests/json_tree.h"
#include "tests/tap.h"

static struct books books;
static struct balance balance;
static char *text;

int kvm_params_exit_stats(void)
{
	return 2;
}

bool kvm_params_leaves(void)
{
	return true;
}

bool kvm_params_written(struct kvm_params_watch *watch)
{
	(void)watch;
	return false;
}

static void setup(void)
{
	books.host.isa = EXIT_LEAF_ISA_SVM;
	books.host.exit_stats = books.exit_stats_after = 2;
	books.started_ns = 1000;
	books.sees_ends = true;
	books.tsc_khz = 1e6;
	books.host_reads = 1;
}

static void teardown(void)
{
	free(text);
	balance_free(&balance);
	books_free(&books);
}

/* Add a read of VM @vm's total, by the host or by the VM's guest. */
static void read_total(uint64_t vm, uint64_t kernel, uint64_t bpf, bool host)
{
	const struct answer answer = {
		.read = { .leaf = EXIT_LEAF_EXITS, .eax = kernel },
		.vm = vm,
		.ns = 3000,
		.found = true,
		.paired = true,
		.host = host,
		.vcpus = 1,
		.outside = 1,
		.exits_before = bpf,
		.exits_after = bpf,
	};

	ck_assert_ptr_nonnull(
		ledger_vcpu(ledger_vm(&books.ledger, vm, 100 + vm), 0));
	ck_assert_int_eq(answers_add(&books.answers, &answer), 0);
}

static void render(void)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(balance_books(&books, &balance), 0);
	ck_assert_int_eq(render_compare_text(&books, &balance, out, false), 0);
	fclose(out);
}

static size_t occurrences(const char *of)
{
	size_t nr = 0;

	for (const char *at = text; (at = strstr(at, of)); at++)
		nr++;
	return nr;
}

static void document(struct json_writer *json)
{
	json_put_open(json, NULL, '{');
	render_findings_json(json, &books, &balance);
	json_put_close(json, '}');
}

static void leaves_document(struct json_writer *json)
{
	json_put_open(json, NULL, '{');
	ck_assert_int_eq(render_leaf_results(json, &books), 0);
	json_put_close(json, '}');
}

/* With another numbering, each leaf's result is shown. */
START_TEST(leaf_by_leaf)
{
	json_t *json, *leaf;

	strcpy(books.numbering, "somebody's");
	read_total(1, 7, 7, false);
	read_total(1, 8, 9, false);
	render();
	ck_assert_uint_eq(occurrences("CPUID leaves of somebody's"), 1);
	json = JSON_TREE(to, leaves_document(&to));
	leaf = json_array_get(json_object_get(json, "leaves"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(leaf, "tells")),
			 "exits");
	ck_assert_int_eq(json_integer_value(json_object_get(leaf, "reads")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(leaf, "wrong")), 1);
	ck_assert_int_eq(
		json_integer_value(json_object_get(leaf, "right_until")), 7);
	ck_assert_int_eq(json_integer_value(json_object_get(leaf, "kernel")),
			 8);
	leaf = json_object_get(leaf, "first");
	ck_assert_str_eq(json_string_value(json_object_get(leaf, "rule")),
			 "kernel-low");
	ck_assert_int_eq(json_integer_value(json_object_get(leaf, "low")), 9);
	json_decref(json);
	books.numbering[0] = '\0';
}
END_TEST

START_TEST(who_has_read)
{
	json_t *json, *finding;

	read_total(1, 8, 7, !_i);
	render();
	ck_assert_uint_eq(occurrences(_i ? "read by vCPU 0, 2.00 us after" :
					   "read by the host, 2.00 us after"),
			  1);
	json = JSON_TREE(to, document(&to));
	finding = json_array_get(json_object_get(json, "findings"), 0);
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(json_is_true(json_object_get(finding, "host")), !_i);
	json_decref(json);
}
END_TEST

START_TEST(how_often)
{
	books.host_reads = _i;
	read_total(1, 7, 7, true);
	render();
	ck_assert_uint_eq(occurrences("1 read of all VMs by the host\n"),
			  _i == 1);
	ck_assert_uint_eq(occurrences("2 reads of all VMs by the host\n"),
			  _i == 2);
	ck_assert_uint_eq(occurrences("by the host"), _i > 0);
	ck_assert_uint_eq(occurrences("CPUID leaves and the file, "), _i > 0);
}
END_TEST

/*
 * All VMs that a guest has read are listed, but only some of those that only
 * the host has read.
 */
START_TEST(many_vms)
{
	for (uint64_t vm = 1; vm <= 10; vm++)
		read_total(vm, 7, 7, true);
	read_total(_i ? 10 : 11, 7, 7, false);
	ck_assert_ptr_nonnull(ledger_vm(&books.ledger, 12, 112));
	render();
	ck_assert_uint_eq(occurrences("\nVM "), 9);
	ck_assert_uint_eq(occurrences(_i ? "pid 110" : "pid 111"), 1);
	ck_assert_uint_eq(occurrences("pid 109"), 0);
	ck_assert_uint_eq(occurrences(_i ? "note     1 more VMs" :
					   "note     2 more VMs"),
			  1);
}
END_TEST

START_TEST(nothing_to_judge)
{
	books.host_reads = _i;
	render();
	ck_assert_uint_eq(occurrences("no VM had an exit meanwhile"), _i);
	ck_assert_uint_eq(occurrences("(run exitleaf in it)"), !_i);
	ck_assert_uint_eq(occurrences("INCONCLUSIVE"), 1);
}
END_TEST

/* Reads in --watch's lines are reads by guests. */
START_TEST(reads_are_counted)
{
	struct kvm_params_watch params = { .fd = -1 };
	struct judge judge;
	struct why why;

	judge_begin(&judge, &books, &params);
	read_total(1, 7, 7, true);
	read_total(1, 7, 7, false);
	read_total(1, 7, 7, true);
	ck_assert_int_eq(judge_answers(&judge, false, &why), 0);
	ck_assert_uint_eq(judge.reads, 1);
	ck_assert_uint_eq(books.answers.nr, 0);
	judge_free(&judge);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host_shown");
	TCase *tcase = tcase_create("reads by the host");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, leaf_by_leaf);
	tcase_add_loop_test(tcase, who_has_read, 0, 2);
	tcase_add_loop_test(tcase, how_often, 0, 3);
	tcase_add_loop_test(tcase, many_vms, 0, 2);
	tcase_add_loop_test(tcase, nothing_to_judge, 0, 2);
	tcase_add_test(tcase, reads_are_counted);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
