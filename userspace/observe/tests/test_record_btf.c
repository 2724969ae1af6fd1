// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs on classic tracepoints when the module kvm has no BTF.  The kernel's
 * types are made up and have none of KVM's, and the records have a layout that
 * no kernel has.  Loaded programs must read the fields at the offsets that
 * tracefs gives.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "observe/observer_private.h"
#include "tests/fake_btf.h"
#include "tests/tap.h"

#define REASON_AT 20
#define INFO_AT 48
#define VCPU_AT 44
#define ENTRY_VCPU_AT 28

static const struct tracepoints records = {
	.exit = { .exit_reason = { REASON_AT, 4, false },
		  .isa = { 32, 4, false },
		  .info1 = { INFO_AT, 8, false },
		  .vcpu_id = { VCPU_AT, 4, false } },
	.entry = { .vcpu_id = { ENTRY_VCPU_AT, 4, false } },
};

static void field(struct btf *btf, const char *name, int type, u32 at)
{
	ck_assert_int_eq(btf__add_field(btf, name, type, at * 8, 0), 0);
}

/*
 * Load the kernel's own types, by which the name of a thread's process is
 * found.
 */
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

/* Load the programs for these options with these types; 0 or -errno. */
static int load(const struct btf *btf, const struct observer_options *options,
		u32 isa)
{
	const struct kvm_btf none = { 0 };
	const struct choice choice = { ATTACH_TP, READ_PROBE,
				       observer_best_ends(&none, ATTACH_TP,
							  options, isa) };
	struct record_btf types = { .fd = -1 };
	int r;

	ck_assert_int_eq(record_btf_put(&types, btf), 0);
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		    .btf_custom_path = record_btf_path(&types));
	libbpf_set_print(NULL);
	bpf = observer_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(bpf);
	observer_choose(&(struct observer){ .bpf = bpf,
					    .isa = isa,
					    .options = *options },
			choice);
	r = observer_bpf__load(bpf);
	record_btf_close(&types);
	ck_assert_ptr_null(record_btf_path(&types));
	return r;
}

/* Does a program read this many bytes at this offset of its context? */
static bool reads_at(const struct bpf_program *program, int offset, u8 size)
{
	const struct bpf_insn *insn = bpf_program__insns(program);

	for (size_t i = 0; i < bpf_program__insn_cnt(program); i++) {
		if (insn[i].code == (BPF_LDX | BPF_MEM | size) &&
		    insn[i].off == offset)
			return true;
	}
	return false;
}

/* All options that classic tracepoints support. */
static const struct observer_options asked[] = {
	{ 0 },
	{ .count_only = true },
	{ .no_histogram = true },
	{ .off_cpu = true },
	{ .slower_than_ns = 1000 },
	{ .by = LEDGER_KEY_PORT },
	{ .by = LEDGER_KEY_MMIO },
	{ .by = LEDGER_KEY_PORT, .off_cpu = true, .slower_than_ns = 1000 },
};
#define NR_ASKED (int)(sizeof(asked) / sizeof(asked[0]))

/* Returns the loaded program whose name has this prefix, or NULL. */
static const struct bpf_program *loaded(const char *begin)
{
	const struct bpf_program *found = NULL;
	struct bpf_program *program;

	bpf_object__for_each_program (program, bpf->obj) {
		if (bpf_program__autoload(program) &&
		    !strncmp(bpf_program__name(program), begin, strlen(begin)))
			found = program;
	}
	return found;
}

START_TEST(as_tracefs_says)
{
	const struct observer_options *options = &asked[_i % NR_ASKED];
	struct btf *btf = kernel_types();

	ck_assert_int_eq(record_btf_add(btf, &records), 0);
	ck_assert_int_eq(load(btf, options,
			      _i < NR_ASKED ? EXIT_LEAF_ISA_SVM :
					      EXIT_LEAF_ISA_VMX),
			 0);
	ck_assert(reads_at(loaded("exit_tp_"), REASON_AT, BPF_W));
	ck_assert(reads_at(loaded("exit_tp_"), VCPU_AT, BPF_W));
	if (options->by == LEDGER_KEY_PORT)
		ck_assert(reads_at(loaded("exit_tp_"), INFO_AT, BPF_DW));
	if (options->count_only)
		ck_assert_ptr_null(loaded("entry_tp_"));
	else
		ck_assert(reads_at(loaded("entry_tp_"), ENTRY_VCPU_AT, BPF_W));
	observer_bpf__destroy(bpf);
	btf__free(btf);
}
END_TEST

/*
 * Without the types of the records, the programs cannot be loaded: they would
 * read at wrong offsets.
 */
START_TEST(without_the_records)
{
	struct btf *btf = kernel_types();

	ck_assert_int_lt(load(btf, &asked[0], EXIT_LEAF_ISA_SVM), 0);
	observer_bpf__destroy(bpf);
	btf__free(btf);
}
END_TEST

/*
 * A vCPU's end is found by its address.  Without KVM's types slots have no
 * addresses, so ends are not seen, whichever functions exist to attach to.
 */
START_TEST(ends)
{
	const struct observer_options compare = { .answers = true };
	const struct kvm_btf none = { 0 }, kvm = { .kvm = true };

	ck_assert_int_eq(observer_best_ends(&none, ATTACH_TP, &asked[0],
					    EXIT_LEAF_ISA_VMX),
			 ENDS_UNSEEN);
	ck_assert_int_eq(observer_best_ends(&kvm, ATTACH_TP, &asked[0],
					    EXIT_LEAF_ISA_VMX),
			 ENDS_FENTRY);
	ck_assert_int_eq(observer_best_ends(&none, ATTACH_RAW_TP, &asked[0],
					    EXIT_LEAF_ISA_SVM),
			 ENDS_FENTRY);
	ck_assert_int_eq(observer_best_ends(&kvm, ATTACH_RAW_TP, &compare,
					    EXIT_LEAF_ISA_SVM),
			 ENDS_FENTRY);
	ck_assert_int_eq(observer_best_ends(&kvm, ATTACH_RAW_TP, &compare,
					    EXIT_LEAF_ISA_VMX),
			 ENDS_FENTRY_EMULATED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record_btf");
	TCase *tcase = tcase_create("record_btf");

	tap_needs_bpf();
	tcase_add_loop_test(tcase, as_tracefs_says, 0, 2 * NR_ASKED);
	tcase_add_test(tcase, without_the_records);
	tcase_add_test(tcase, ends);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
