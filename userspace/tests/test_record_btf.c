// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs on classic tracepoints where the module kvm has no BTF: a kernel's
 * types that are made up, without any of KVM, and records of a layout that no
 * kernel has.  What is loaded must read the fields where tracefs says they are.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "fake_btf.h"
#include "observer_private.h"
#include "tap.h"

#define REASON_AT 20
#define VCPU_AT 44
#define ENTRY_VCPU_AT 28

static const struct tracepoints records = {
	.exit = { .exit_reason = { REASON_AT, 4, false },
		  .isa = { 32, 4, false },
		  .vcpu_id = { VCPU_AT, 4, false } },
	.entry = { .vcpu_id = { ENTRY_VCPU_AT, 4, false } },
};

static void field(struct btf *btf, const char *name, int type, u32 at)
{
	ck_assert_int_eq(btf__add_field(btf, name, type, at * 8, 0), 0);
}

/* The kernel's own part: how the name of a thread's process is found. */
static struct btf *kernel_types(void)
{
	struct btf *btf = make_btf();
	int task, pointer, character, comm;

	task = btf__type_cnt(btf);
	pointer = task + 1;
	character = task + 2;
	comm = task + 3;
	ck_assert_int_eq(btf__add_struct(btf, "task_struct", 64), task);
	field(btf, "pid", T_INT, 8);
	field(btf, "group_leader", pointer, 16);
	field(btf, "comm", comm, 32);
	ck_assert_int_eq(btf__add_ptr(btf, task), pointer);
	ck_assert_int_eq(btf__add_int(btf, "char", 1, BTF_INT_SIGNED),
			 character);
	ck_assert_int_eq(btf__add_array(btf, T_INT, character, 16), comm);
	return btf;
}

static struct observer_bpf *bpf;

/* Load both programs with such types; 0 or -errno. */
static int load(const struct btf *btf)
{
	struct record_btf types = { .fd = -1 };
	struct bpf_program *program;
	int r;

	ck_assert_int_eq(record_btf_put(&types, btf), 0);
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		    .btf_custom_path = record_btf_path(&types));
	libbpf_set_print(NULL);
	bpf = observer_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(bpf);
	bpf_object__for_each_program (program, bpf->obj)
		bpf_program__set_autoload(program, false);
	bpf_program__set_autoload(bpf->progs.exit_tp_time, true);
	bpf_program__set_autoload(bpf->progs.entry_tp_time, true);
	bpf->rodata->config.isa = EXIT_LEAF_ISA_SVM;
	bpf->rodata->config.classic = 1;
	r = observer_bpf__load(bpf);
	record_btf_close(&types);
	ck_assert_ptr_null(record_btf_path(&types));
	return r;
}

/* Does a program read four bytes at this offset of its context? */
static bool reads_at(const struct bpf_program *program, int offset)
{
	const struct bpf_insn *insn = bpf_program__insns(program);

	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++) {
		if (insn[i].code == (BPF_LDX | BPF_MEM | BPF_W) &&
		    insn[i].off == offset)
			return true;
	}
	return false;
}

START_TEST(as_tracefs_says)
{
	struct btf *btf = kernel_types();

	ck_assert_int_eq(record_btf_add(btf, &records), 0);
	ck_assert_int_eq(load(btf), 0);
	ck_assert(reads_at(bpf->progs.exit_tp_time, REASON_AT));
	ck_assert(reads_at(bpf->progs.exit_tp_time, VCPU_AT));
	ck_assert(reads_at(bpf->progs.entry_tp_time, ENTRY_VCPU_AT));
	observer_bpf__destroy(bpf);
	btf__free(btf);
}
END_TEST

/* Without them it fails: nothing is read from where it happens to be. */
START_TEST(without_the_records)
{
	struct btf *btf = kernel_types();

	ck_assert_int_lt(load(btf), 0);
	observer_bpf__destroy(bpf);
	btf__free(btf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record_btf");
	TCase *tcase = tcase_create("record_btf");

	if (geteuid() != 0) {
		puts("1..0 # SKIP root: BPF programs cannot be loaded");
		return 0;
	}
	tcase_add_test(tcase, as_tracefs_says);
	tcase_add_test(tcase, without_the_records);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
