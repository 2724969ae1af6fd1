// SPDX-License-Identifier: GPL-2.0-only
/* Tests that BPF decodes the marks that a guest's program encodes as CPUIDs. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "guest/mark.h"
#include "records.h"
#include "tests/tap.h"

#include "marks.skel.h"

#define VCPU 0x4000ull
#define VCPU1 0x14000ull

static struct marks_bpf *bpf;
static struct ring_buffer *ring;
static struct obs_mark last;
static int nr_marks;

static int take(void *ctx, void *data, size_t size)
{
	(void)ctx;
	ck_assert_uint_ge(size, sizeof(last));
	memcpy(&last, data, sizeof(last));
	nr_marks++;
	return 0;
}

static void run(struct bpf_program *program, u64 *args, u32 size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = size);

	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
	/* Fentry programs return these results, and must return 0. */
	ck_assert_uint_eq(opts.retval, 0);
}

static void exits(u64 vcpu, int nr)
{
	u64 args[1] = { vcpu };

	while (nr--)
		run(bpf->progs.test_exit, args, sizeof(args));
}

/* Make a CPUID exit; KVM answers with 5 * 2^32 + 6 exits. */
static void cpuid(u64 vcpu, u32 word)
{
	u64 args[9] = { EXIT_LEAF_EXITS, word, 6, 5, 0, 0, 1, 0, vcpu };

	exits(vcpu, 1);
	run(bpf->progs.test_cpuid, args, sizeof(args));
}

static void mark(u64 vcpu, const char *text)
{
	uint32_t words[MARK_CPUIDS];
	size_t nr = mark_words(text, words);

	for (size_t i = 0; i < nr; i++)
		cpuid(vcpu, words[i]);
}

/* Take the marks; return their number, and the last one in @last. */
static int come(void)
{
	nr_marks = 0;
	ck_assert_int_ge(ring_buffer__consume(ring), 0);
	return nr_marks;
}

static void setup(void)
{
	bpf = marks_bpf__open_and_load();
	ck_assert_msg(bpf, "load: %s", strerror(errno));
	ring = ring_buffer__new(bpf_map__fd(bpf->maps.marks), take, NULL, NULL);
	ck_assert_ptr_nonnull(ring);
}

static void teardown(void)
{
	ring_buffer__free(ring);
	marks_bpf__destroy(bpf);
}

/* Check the exact words: guests may have other versions of this code. */
START_TEST(words_of_a_mark)
{
	static const struct {
		const char *text;
		uint32_t words[MARK_CPUIDS];
		size_t nr;
	} row[] = {
		{ "a", { 0xfdfbfef9, 0x4b4dfe01, 0x61, 0x0575ec17 }, 4 },
		{ "caf\xc3\xa9",
		  { 0xfdfbfef9, 0x4b4dfa05, 0xc3666163, 0xa9, 0xa4802c10 },
		  5 },
		{ "login prompt",
		  { 0xfdfbfef9, 0x4b4df30c, 0x69676f6c, 0x7270206e, 0x74706d6f,
		    0x87e6943a },
		  6 },
	};
	uint32_t words[MARK_CPUIDS];

	ck_assert_uint_eq(mark_words(row[_i].text, words), row[_i].nr);
	exits(VCPU, 1);
	for (size_t i = 0; i < row[_i].nr; i++) {
		ck_assert_uint_eq(words[i], row[_i].words[i]);
		cpuid(VCPU, row[_i].words[i]);
	}
	ck_assert_int_eq(come(), 1);
	ck_assert_str_eq(last.text, row[_i].text);
}
END_TEST

START_TEST(what_was_said)
{
	static const char *const texts[] = {
		"a",
		"four",
		"login prompt",
		"caf\xc3\xa9",
		"the longest text that there can be has sixty-three bytes in all",
	};
	u64 sum = 100;

	exits(VCPU, 100);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		mark(VCPU, texts[i]);
		sum += 3 + (strlen(texts[i]) + 3) / 4;
		ck_assert_int_eq(come(), 1);
		ck_assert_str_eq(last.text, texts[i]);
		ck_assert_uint_eq(last.kind, OBS_MARK_GUEST);
		ck_assert_uint_eq(last.exits, sum);
		ck_assert_uint_eq(last.exits_before, sum);
		ck_assert_uint_eq(last.kernel_exits, 0x500000006ull);
		ck_assert_uint_eq(last.has_kernel, 1);
		ck_assert_uint_eq(last.vcpus, 1);
		ck_assert_uint_eq(last.vm, 1);
	}
	ck_assert_uint_eq(bpf->bss->losses.marks, 0);
}
END_TEST

/* Two vCPUs send marks at the same time, with their CPUIDs interleaved. */
START_TEST(two_vcpus)
{
	uint32_t one[MARK_CPUIDS], two[MARK_CPUIDS];
	size_t nr = mark_words("vCPU 0", one);

	ck_assert_uint_eq(mark_words("vCPU 1", two), nr);
	exits(VCPU1, 7);
	for (size_t i = 0; i < nr; i++) {
		cpuid(VCPU, one[i]);
		cpuid(VCPU1, two[i]);
	}
	ck_assert_int_eq(come(), 2);
	ck_assert_str_eq(last.text, "vCPU 1");
	ck_assert_uint_eq(last.vcpu_id, 1);
	ck_assert_uint_eq(last.vcpus, 2);
	ck_assert_uint_eq(last.exits, 7 + 2 * nr);
	ck_assert_uint_eq(last.exits_before, 7 + 2 * nr - 1);
}
END_TEST

/* KVM emulates some code; a CPUID in it causes no exit. */
START_TEST(emulated)
{
	uint32_t words[MARK_CPUIDS];
	size_t nr = mark_words("real mode", words);

	exits(VCPU, 9);
	for (size_t i = 0; i < nr; i++) {
		u64 args[9] = {
			EXIT_LEAF_EXITS, words[i], 9, 0, 0, 0, 1, 0, VCPU
		};

		run(bpf->progs.test_cpuid, args, sizeof(args));
	}
	ck_assert_int_eq(come(), 1);
	ck_assert_uint_eq(last.exits, 9);
	ck_assert_uint_eq(last.exits_before, 9);
}
END_TEST

/* Marks from an unknown vCPU are ignored. */
START_TEST(of_no_vcpu)
{
	u64 args[9] = {
		EXIT_LEAF_EXITS, GUEST_MARK_START, 0, 0, 0, 0, 1, 0, VCPU
	};

	run(bpf->progs.test_cpuid, args, sizeof(args));
	ck_assert_uint_eq(bpf->bss->losses.marks, 0);
	ck_assert_int_eq(come(), 0);
}
END_TEST

/* Programs that set no marks may use any value of ECX. */
START_TEST(rubbish)
{
	u32 word = 1;

	exits(VCPU, 1);
	for (int i = 0; i < 100000; i++) {
		u64 args[9] = { EXIT_LEAF_EXITS, word, 0, 0, 0, 0, 0, 0, VCPU };

		/* Marsaglia's xorshift32 gives each value except 0 once. */
		word ^= word << 13;
		word ^= word >> 17;
		word ^= word << 5;
		run(bpf->progs.test_cpuid, args, sizeof(args));
	}
	ck_assert_int_eq(come(), 0);
	ck_assert_uint_eq(bpf->bss->losses.marks, 0);
}
END_TEST

/* A damaged mark is counted and dropped; the next one is intact. */
START_TEST(damaged)
{
	uint32_t words[MARK_CPUIDS];
	size_t nr = mark_words("login prompt", words);
	u64 lost = 0;

	/* Flip a bit in each word except the start. */
	for (size_t at = 1; at < nr; at++) {
		for (size_t i = 0; i < nr; i++)
			cpuid(VCPU, words[i] ^ (i == at ? 0x100 : 0));
		ck_assert_uint_eq(bpf->bss->losses.marks, ++lost);
	}
	/*
	 * Another program's CPUID comes in between, a word is lost, or the mark
	 * starts again.
	 */
	for (size_t i = 0; i < nr; i++) {
		cpuid(VCPU, words[i]);
		if (i == 3)
			cpuid(VCPU, 0);
	}
	ck_assert_uint_eq(bpf->bss->losses.marks, ++lost);
	for (size_t i = 0; i + 1 < nr; i++)
		cpuid(VCPU, words[i]);
	ck_assert_int_eq(come(), 0);
	cpuid(VCPU, GUEST_MARK_START + 1);
	ck_assert_uint_eq(bpf->bss->losses.marks, ++lost);
	cpuid(VCPU, GUEST_MARK_START);
	mark(VCPU, "login prompt");
	ck_assert_uint_eq(bpf->bss->losses.marks, ++lost);
	ck_assert_int_eq(come(), 1);
	for (size_t i = 0; i + 1 < nr; i++)
		cpuid(VCPU, words[i]);
	mark(VCPU, "login prompt");
	ck_assert_uint_eq(bpf->bss->losses.marks, ++lost);
	ck_assert_int_eq(come(), 1);
	ck_assert_str_eq(last.text, "login prompt");
}
END_TEST

/* The header is correct, but no text can have this length. */
START_TEST(lengths)
{
	for (u32 length = 0; length < 256; length++) {
		u64 lost = bpf->bss->losses.marks;

		if (length && length <= GUEST_MARK_TEXT)
			continue;
		cpuid(VCPU, GUEST_MARK_START);
		cpuid(VCPU, GUEST_MARK_HEADER(length));
		ck_assert_uint_eq(bpf->bss->losses.marks, lost + 1);
	}
	ck_assert_int_eq(come(), 0);
}
END_TEST

START_TEST(no_more_than_are_of_use)
{
	int nr;

	for (int i = 0; i < 200; i++)
		mark(VCPU, "again and again");
	nr = come();
	/* The test takes some time, so a few more may be accepted. */
	ck_assert_int_ge(nr, OBS_MARK_BURST);
	ck_assert_int_lt(nr, 2 * OBS_MARK_BURST);
	ck_assert_uint_eq(nr + bpf->bss->losses.marks, 200);
	usleep(250000);
	mark(VCPU, "later");
	ck_assert_int_eq(come(), 1);
	bpf->bss->marks_booked = OBS_MARKS - 1;
	mark(VCPU, "the last");
	mark(VCPU, "one more");
	ck_assert_int_eq(come(), 1);
	ck_assert_str_eq(last.text, "the last");
}
END_TEST

static void reset(u64 vcpu, u64 rip)
{
	u64 args[2] = { vcpu, rip };

	run(bpf->progs.test_reset, args, sizeof(args));
}

START_TEST(resets)
{
	/* The registers are set before the vCPU has run. */
	reset(VCPU, 0xfff0);
	exits(VCPU, 50);
	exits(VCPU1, 5);
	reset(VCPU, 0x100000);
	ck_assert_int_eq(come(), 0);
	/* One mark per reset, not per vCPU or ioctl. */
	reset(VCPU, 0xfff0);
	reset(VCPU1, 0xfff0);
	reset(VCPU, 0xfff0);
	ck_assert_int_eq(come(), 1);
	ck_assert_uint_eq(last.kind, OBS_MARK_RESET);
	ck_assert_uint_eq(last.exits, 55);
	ck_assert_uint_eq(last.has_kernel, 0);
	exits(VCPU, 1);
	reset(VCPU, 0xfff0);
	ck_assert_int_eq(come(), 1);
	ck_assert_uint_eq(last.exits, 56);
	ck_assert_uint_eq(bpf->bss->losses.marks, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("marks");
	TCase *tcase = tcase_create("marks");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, words_of_a_mark, 0, 3);
	tcase_add_test(tcase, what_was_said);
	tcase_add_test(tcase, two_vcpus);
	tcase_add_test(tcase, emulated);
	tcase_add_test(tcase, of_no_vcpu);
	tcase_add_test(tcase, rubbish);
	tcase_add_test(tcase, damaged);
	tcase_add_test(tcase, lengths);
	tcase_add_test(tcase, no_more_than_are_of_use);
	tcase_add_test(tcase, resets);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
