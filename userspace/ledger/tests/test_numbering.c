// SPDX-License-Identifier: GPL-2.0-only
/* Other numberings of the leaves: their files, and what guests read in them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exit_leaves.h"
#include "ledger/numbering.h"
#include "tests/tap.h"

#define SPECIAL                                  \
	"undefined eax=0 ebx=0 ecx=0 edx=0xff\n" \
	"unhandled eax=7 ebx=0 ecx=0 edx=0\n"
#define WHOLE                                            \
	"# a comment\n\n"                                \
	"name      somebody's leaves\n"                  \
	"leaf 0x50 exits low=ecx high=edx others=zero\n" \
	"leaf 0x51 cycles low=ecx high=ebx\n"            \
	"leaf 0x52 reason-exits low=eax others=any\n"    \
	"leaf 0x53 reason-cycles low=eax high=ebx others=gaps\n" SPECIAL

static struct numbering numbering;
static struct why why;

static int load(const char *text)
{
	char path[] = "/tmp/numbering-XXXXXX";
	int fd = mkstemp(path), r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (long)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	why.text[0] = '\0';
	r = numbering_load(path, &numbering, &why);
	ck_assert_int_eq(unlink(path), 0);
	return r;
}

START_TEST(a_file)
{
	ck_assert_int_eq(load(WHOLE), 0);
	ck_assert_str_eq(numbering.name, "somebody's leaves");
	ck_assert_uint_eq(numbering.nr, 4);
	ck_assert_uint_eq(numbering.first, 0x50);
	ck_assert_uint_eq(numbering.last, 0x53);
	ck_assert_uint_eq(numbering_by_reason(&numbering), 0xc);
	ck_assert_ptr_null(numbering_find(&numbering, 0x54));
	ck_assert_uint_eq(numbering_tells(&numbering, EXIT_LEAF_CYCLES)->number,
			  0x51);
	ck_assert_ptr_null(numbering_tells(&numbering, EXIT_LEAF_INFO));
}
END_TEST

static const struct {
	const char *text;
	const char *why; /* a part of the message */
} bad_files[] = {
	{ "", "no line 'name'" },
	{ "name\n", "line 1: a name has" },
	{ "name x\n" SPECIAL, "no leaf tells a number of exits" },
	{ "name x\nleaf 1 exits low=eax\n", "a line 'undefined'" },
	{ "frobnicate\n", "line 1: a line begins with" },
	{ "leaf\n", "begins with its number" },
	{ "leaf one exits low=eax\n", "begins with its number" },
	{ "leaf -1 exits low=eax\n", "begins with its number" },
	{ "leaf 0x100000000 exits low=eax\n", "begins with its number" },
	{ "leaf 1\n", "a leaf tells exits" },
	{ "leaf 1 entries low=eax\n", "a leaf tells exits" },
	{ "leaf 1 exits\n", "a leaf needs low=" },
	{ "leaf 1 exits low=eax high=eax\n", "a leaf needs low=" },
	{ "leaf 1 exits low\n", "'low' has no =" },
	{ "leaf 1 exits low=rax\n", "'rax' is no register" },
	{ "leaf 1 exits middle=eax\n", "not 'middle'" },
	{ "leaf 1 exits low=eax others=some\n", "not 'some'" },
	{ "leaf 1 exits low=eax\nleaf 1 cycles low=eax\n", "line 2: another" },
	{ "leaf 1 exits low=eax\nleaf 2 exits low=eax\n", "line 2: another" },
	{ "leaf 1 exits low=eax\nleaf 33 cycles low=eax\n", "less than 32" },
	{ "undefined eax=0\n", "all four registers" },
	{ "undefined eax=0 ebx=0 ecx=0 rdx=0\n", "'rdx' is no register" },
	{ "unhandled eax=0 ebx=0 ecx=0 edx\n", "'edx' is no register" },
};

START_TEST(a_bad_file)
{
	ck_assert_int_eq(load(bad_files[_i].text), -EINVAL);
	ck_assert_msg(strstr(why.text, bad_files[_i].why), "%s", why.text);
}
END_TEST

START_TEST(no_file)
{
	char line[400];

	ck_assert_int_eq(numbering_load("/no/such/file", &numbering, &why),
			 -ENOENT);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	ck_assert_int_eq(load(line), -EINVAL);
	ck_assert_msg(strstr(why.text, "too long"), "%s", why.text);
}
END_TEST

/* A guest's reads, and the same in our numbering. */
static const struct {
	uint32_t leaf, read[NUMBERING_REGISTERS];
	uint32_t tells, ours[NUMBERING_REGISTERS];
} reads[] = {
	{ 0x50, { 0, 0, 5, 6 }, EXIT_LEAF_EXITS, { 5, 6, 0, 0 } },
	/* Registers that must be zero are not: one of ours shows it. */
	{ 0x50, { 1, 2, 5, 6 }, EXIT_LEAF_EXITS, { 5, 6, 3, 0 } },
	/* Nothing is said about the others. */
	{ 0x51, { 1, 6, 5, 9 }, EXIT_LEAF_CYCLES, { 0, 6, 5, 0 } },
	{ 0x52, { 5, 1, 2, 3 }, EXIT_LEAF_REASON_EXITS, { 5, 0, 0, 0 } },
	/* Flags of gaps may be set, and nothing else. */
	{ 0x53, { 5, 6, 0, 3 }, EXIT_LEAF_REASON_CYCLES, { 0, 6, 5, 3 } },
	{ 0x53, { 5, 6, 8, 4 }, EXIT_LEAF_REASON_CYCLES, { 8, 6, 5, 4 } },
	/* The special answers are those of reasons alone. */
	{ 0x52,
	  { 0, 0, 0, 0xff },
	  EXIT_LEAF_REASON_EXITS,
	  { 0, 0, 0, EXIT_LEAF_UNDEFINED } },
	{ 0x53, { 7, 0, 0, 0 }, EXIT_LEAF_REASON_CYCLES, { 0, 0, 0, 0 } },
	{ 0x50, { 0, 0, 0, 0xff }, EXIT_LEAF_EXITS, { 0, 0xff, 0, 0 } },
};

START_TEST(a_read)
{
	uint32_t leaf = reads[_i].leaf, registers[NUMBERING_REGISTERS];

	ck_assert_int_eq(load(WHOLE), 0);
	memcpy(registers, reads[_i].read, sizeof(registers));
	ck_assert(numbering_translate(&numbering, &leaf, registers));
	ck_assert_uint_eq(leaf, reads[_i].tells);
	for (int i = 0; i < NUMBERING_REGISTERS; i++)
		ck_assert_uint_eq(registers[i], reads[_i].ours[i]);
}
END_TEST

/* EDX must be zero, and has what would be a flag of ours: it is no flag. */
START_TEST(not_our_flag)
{
	uint32_t leaf = 1, registers[] = { 5, 0, 0, EXIT_LEAF_DROPPED };

	ck_assert_int_eq(
		load("name x\nleaf 1 exits low=eax others=zero\n" SPECIAL), 0);
	ck_assert(numbering_translate(&numbering, &leaf, registers));
	ck_assert_uint_eq(registers[NUMBERING_ECX], EXIT_LEAF_DROPPED);
	ck_assert_uint_eq(registers[NUMBERING_EDX], 0);
}
END_TEST

START_TEST(other_leaves)
{
	uint32_t leaf = 0x54, registers[] = { 1, 2, 3, 4 };

	ck_assert_int_eq(load(WHOLE "leaf 0x4f info\n"), 0);
	ck_assert(!numbering_translate(&numbering, &leaf, registers));
	leaf = 0x4f;
	ck_assert(numbering_translate(&numbering, &leaf, registers));
	ck_assert_uint_eq(leaf, EXIT_LEAF_INFO);
	for (uint32_t i = 0; i < NUMBERING_REGISTERS; i++)
		ck_assert_uint_eq(registers[i], i + 1);
}
END_TEST

/* A number of 32 bits says nothing about more exits than that. */
START_TEST(room)
{
	ck_assert_int_eq(load(WHOLE "leaf 0x4f info\n"), 0);
	ck_assert(numbering_holds(&numbering, 0x52, UINT32_MAX));
	ck_assert(!numbering_holds(&numbering, 0x52, UINT32_MAX + 1ull));
	ck_assert(numbering_holds(&numbering, 0x50, UINT64_MAX));
	ck_assert(numbering_holds(&numbering, 0x4f, UINT64_MAX));
	ck_assert(numbering_holds(&numbering, 0x99, UINT64_MAX));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("numberings");
	TCase *tcase = tcase_create("numberings");

	tcase_add_test(tcase, a_file);
	tcase_add_loop_test(tcase, a_bad_file, 0,
			    sizeof(bad_files) / sizeof(bad_files[0]));
	tcase_add_test(tcase, no_file);
	tcase_add_loop_test(tcase, a_read, 0, sizeof(reads) / sizeof(reads[0]));
	tcase_add_test(tcase, not_our_flag);
	tcase_add_test(tcase, other_leaves);
	tcase_add_test(tcase, room);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
