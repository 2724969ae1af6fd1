// SPDX-License-Identifier: GPL-2.0-only
/* Tests reading KVM's file exit_stats, and all kinds of damage in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_leaves.h"
#include "kernel/exit_file_read.h"
#include "kernel/tests/made_file.h"
#include "tests/tap.h"

static struct made_file made;
static struct exit_file file;
static struct why why;
static unsigned char *bytes;
static size_t length;

static void pack(void)
{
	free(bytes);
	bytes = made_file_pack(&made, &length);
}

static void begin(void)
{
	made_file_init(&made, 2, EXIT_FILE_HIST);
	made_file_exits(&made, 0, 0, 5, 1000);
	made_file_exits(&made, 1, 1, 7, 300);
	made.vcpu[1].vcpu.pid = 4711;
	pack();
}

static void end(void)
{
	free(bytes);
}

static int try(void)
{
	why.text[0] = '\0';
	return exit_file_read(bytes, length, &file, &why);
}

/* The file is refused, and one line gives the reason. */
static void refused(int error, const char *text)
{
	ck_assert_int_eq(try(), -error);
	ck_assert_ptr_nonnull(strstr(why.text, text));
}

START_TEST(all_numbers)
{
	struct exit_file_vcpu vcpu;
	struct exit_file_hist hist;
	uint32_t count[EXIT_FILE_SPAN];

	made.head.tsc = 99;
	pack();
	ck_assert_int_eq(try(), 0);
	ck_assert_uint_eq(file.nr_vcpus, 2);
	ck_assert_uint_eq(file.isa, EXIT_LEAF_ISA_SVM);
	ck_assert_uint_eq(file.mode, EXIT_FILE_HIST);
	ck_assert_uint_eq(file.tsc_khz, 2000000);
	ck_assert_uint_eq(file.tsc, 99);
	vcpu = exit_file_vcpu(&file, 1);
	ck_assert_uint_eq(vcpu.id, 1);
	ck_assert_uint_eq(vcpu.pid, 4711);
	ck_assert_uint_eq(vcpu.exits, 7);
	ck_assert_uint_eq(exit_file_cell(&file, 0, 0).exits, 5);
	ck_assert_uint_eq(exit_file_cell(&file, 1, 1).cycles, 2100);
	hist = exit_file_hist(&file, 1, &vcpu, 1);
	ck_assert_uint_eq(hist.min, 300);
	ck_assert_uint_eq(hist.max, 300);
	/* 364 cycles: the octave of 256, the fourth of its eight buckets. */
	exit_file_span(&file, 1, hist.span[2], count);
	ck_assert_uint_eq(count[3], 7);
	vcpu.flags = 0;
	ck_assert_uint_eq(exit_file_hist(&file, 1, &vcpu, 1).min, UINT64_MAX);
}
END_TEST

START_TEST(whose_cells)
{
	struct exit_file_vcpu vcpu;
	uint32_t reason = 0;

	made.vcpu[0].vcpu.nr_sparse = 2;
	made.vcpu[0].vcpu.sparse[1] = 0xf0000000;
	pack();
	ck_assert_int_eq(try(), 0);
	vcpu = exit_file_vcpu(&file, 0);
	ck_assert(exit_file_reason(&file, &vcpu, 2, &reason));
	ck_assert_uint_eq(reason, 0x400);
	ck_assert(exit_file_reason(&file, &vcpu, MADE_DENSE + 1, &reason));
	ck_assert_uint_eq(reason, 0xf0000000);
	ck_assert(!exit_file_reason(&file, &vcpu, MADE_DENSE + 2, &reason));
	vcpu.nr_sparse = EXIT_FILE_SPARSE;
	ck_assert(exit_file_reason(&file, &vcpu, MADE_LAST - 1, &reason));
	ck_assert(!exit_file_reason(&file, &vcpu, MADE_LAST, &reason));
}
END_TEST

/* Numbers are read at unaligned addresses; UBSan checks it. */
START_TEST(at_any_address)
{
	unsigned char *moved = malloc(length + 1);

	memcpy(moved + 1, bytes, length);
	ck_assert_int_eq(exit_file_read(moved + 1, length, &file, &why), 0);
	ck_assert_uint_eq(exit_file_cell(&file, 1, 1).exits, 7);
	free(moved);
}
END_TEST

/* The memory has exactly the truncated size; ASan finds reads beyond it. */
START_TEST(truncated)
{
	for (size_t size = 0; size < length; size += 8) {
		unsigned char *part = malloc(size ? size : 1);

		memcpy(part, bytes, size);
		ck_assert_int_eq(exit_file_read(part, size, &file, &why),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(why.text, "it ends"));
		free(part);
	}
}
END_TEST

/*
 * Data after the end, such as a vCPU that was just created, is no damage.
 */
START_TEST(longer)
{
	bytes = realloc(bytes, length + 100);
	ck_assert_int_eq(exit_file_read(bytes, length + 100, &file, &why), 0);
	ck_assert_uint_eq(file.nr_vcpus, 2);
}
END_TEST

static void put(size_t offset, uint32_t value)
{
	memcpy(bytes + offset, &value, sizeof(value));
}

#define AT(member) offsetof(struct exit_file_head, member)

START_TEST(wrong_heads)
{
	static const struct {
		size_t offset;
		uint32_t value;
		int error;
		const char *text;
	} wrong[] = {
		{ AT(magic), 1, EPROTO, "not of exitledger's patches" },
		{ AT(version), 2, EPROTO,
		  "version 2, and this program knows 1" },
		{ AT(head_size), 0, EINVAL, "too short" },
		{ AT(head_size), sizeof(struct exit_file_head), EINVAL,
		  "too short" },
		{ AT(head_size), UINT32_MAX, EINVAL, "it ends" },
		{ AT(vcpu_size), 0, EINVAL, "too short" },
		{ AT(vcpu_size), UINT32_MAX, EINVAL, "it ends" },
		{ AT(nr_vcpus), 3, EINVAL, "it ends" },
		{ AT(nr_vcpus), UINT32_MAX, EINVAL, "it ends" },
		{ AT(isa), 0, EINVAL, "kind of processor" },
		{ AT(isa), 3, EINVAL, "kind of processor" },
		{ AT(mode), EXIT_FILE_HIST + 1, EINVAL, "mode" },
		{ AT(tsc_khz), 0, EINVAL, "rate is 0" },
		{ AT(nr_cells), 0, EINVAL, "too few cells" },
		{ AT(nr_cells), EXIT_FILE_SPARSE, EINVAL, "too few cells" },
		{ AT(nr_cells), MADE_CELLS + 1, EINVAL, "too short" },
		/*
		 * With 32 bits, this count times a cell's size would wrap to a
		 * small number.
		 */
		{ AT(nr_cells), 1u << 28, EINVAL, "too short" },
		{ AT(nr_cells), UINT32_MAX, EINVAL, "too short" },
		{ AT(nr_spans), MADE_SPANS + 1, EINVAL, "too short" },
		{ AT(nr_spans), 1u << 27, EINVAL, "too short" },
		{ AT(nr_spans), UINT32_MAX, EINVAL, "too short" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		pack();
		put(wrong[i].offset, wrong[i].value);
		refused(wrong[i].error, wrong[i].text);
	}
}
END_TEST

START_TEST(wrong_vcpus)
{
	made.vcpu[1].vcpu.nr_sparse = EXIT_FILE_SPARSE + 1;
	pack();
	refused(EINVAL, "more reasons than there are cells");
	made.vcpu[1].vcpu.nr_sparse = EXIT_FILE_SPARSE;
	pack();
	ck_assert_int_eq(try(), 0);
	made.vcpu[1].hist[MADE_LAST].span[EXIT_FILE_OCTAVES - 1] = MADE_SPANS;
	pack();
	refused(EINVAL, "a span that does not exist");
	/* Histogram data is not checked for a vCPU that has none. */
	made.vcpu[1].vcpu.flags &= ~EXIT_FILE_HAS_HIST;
	pack();
	ck_assert_int_eq(try(), 0);
}
END_TEST

START_TEST(cells_of)
{
	struct exit_file other;
	unsigned char *copy = malloc(length);

	ck_assert_int_eq(try(), 0);
	memcpy(copy, bytes, length);
	ck_assert_int_eq(exit_file_read(copy, length, &other, &why), 0);
	ck_assert(exit_file_has_cells_of(&file, &other));
	other.tsc_khz++;
	ck_assert(!exit_file_has_cells_of(&file, &other));
	other.tsc_khz--;
	copy[sizeof(struct exit_file_head)]++;
	ck_assert(!exit_file_has_cells_of(&file, &other));
	free(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exit_file_read");
	TCase *tcase = tcase_create("exit_file_read");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, all_numbers);
	tcase_add_test(tcase, whose_cells);
	tcase_add_test(tcase, at_any_address);
	tcase_add_test(tcase, truncated);
	tcase_add_test(tcase, longer);
	tcase_add_test(tcase, wrong_heads);
	tcase_add_test(tcase, wrong_vcpus);
	tcase_add_test(tcase, cells_of);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
