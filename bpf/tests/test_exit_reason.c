// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that the exit reason is found in every kernel's layout.  For each
 * layout, this program makes BTF, relocates the accessors of bpf/ to it, and
 * runs them on a vCPU of that layout in its own memory.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "host/kvm_btf.h"
#include "records.h"
#include "tests/tap.h"

#include "exit_reason.skel.h"

/* Offsets that differ from those in this program's types and in all kernels. */
enum {
	SIZE = 2048,
	VCPU_SIZE = 1024,
	AVAILABLE_AT = 516,
	VMCB_AT = 1032,
	FAIL_AT = 1099,
	EMULATED_AT = 1101,
	REASON_AT = 1160,
	QUALIFICATION_AT = 1176
};

/* The bit that is set if the qualification is valid. */
#define QUALIFIED 11

struct types {
	struct btf *btf;
	int u32, u64, u8, flag, vcpu, reason;
};

/*
 * bpf_rdonly_cast() takes the running kernel's number of a type, so fillers
 * give these two types the same number here.
 */
static void add_cast_types(struct btf *btf)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int long_type, int_type, eight, four, id;

	ck_assert_ptr_nonnull(kernel);
	eight = btf__find_by_name_kind(kernel, "timespec64", BTF_KIND_STRUCT);
	four = btf__find_by_name_kind(kernel, "bpf_line_info", BTF_KIND_STRUCT);
	btf__free(kernel);
	long_type = btf__add_int(btf, "long long", 8, BTF_INT_SIGNED);
	int_type = btf__add_int(btf, "unsigned int", 4, 0);
	ck_assert_int_gt(eight, int_type);
	ck_assert_int_gt(four, int_type);
	for (id = int_type + 1; id <= eight || id <= four; id++) {
		if (id == eight) {
			btf__add_struct(btf, "timespec64", 16);
			btf__add_field(btf, "tv_sec", long_type, 0, 0);
		} else if (id == four) {
			btf__add_struct(btf, "bpf_line_info", 16);
			btf__add_field(btf, "insn_off", int_type, 0, 0);
		} else {
			ck_assert_int_eq(btf__add_ptr(btf, 0), id);
		}
	}
}

static struct types make_types(void)
{
	struct types t = { .btf = btf__new_empty() };
	struct btf *btf = t.btf;
	int arch;

	ck_assert_ptr_nonnull(btf);
	add_cast_types(btf);
	t.u32 = btf__add_int(btf, "unsigned int", 4, 0);
	t.u64 = btf__add_int(btf, "unsigned long", 8, 0);
	t.u8 = btf__add_int(btf, "unsigned char", 1, 0);
	t.flag = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	arch = btf__add_struct(btf, "kvm_vcpu_arch", 512);
	btf__add_field(btf, "regs_avail", t.u32, (AVAILABLE_AT - 512) * 8, 0);
	btf__add_enum(btf, "kvm_reg", 4);
	btf__add_enum_value(btf, "VCPU_EXREG_EXIT_INFO_1", QUALIFIED);
	t.vcpu = btf__add_struct(btf, "kvm_vcpu", VCPU_SIZE);
	btf__add_field(btf, "vcpu_id", t.u32, 64, 0);
	btf__add_field(btf, "arch", arch, 512 * 8, 0);
	t.reason = btf__add_union(btf, "vmx_exit_reason", 4);
	ck_assert_int_eq(btf__add_field(btf, "full", t.u32, 0, 0), 0);
	return t;
}

/* Add the fields that 6.16 moved, to the struct at offset @from of the vCPU. */
static void add_exit(const struct types *t, u32 from)
{
	btf__add_field(t->btf, "emulation_required", t->flag,
		       (EMULATED_AT - from) * 8, 0);
	btf__add_field(t->btf, "exit_reason", t->reason, (REASON_AT - from) * 8,
		       0);
	ck_assert_int_eq(btf__add_field(t->btf, "exit_qualification", t->u64,
					(QUALIFICATION_AT - from) * 8, 0),
			 0);
}

/* Up to 6.15: vcpu_vmx.exit_reason */
static struct btf *vmx_before_618(void)
{
	struct types t = make_types();

	btf__add_struct(t.btf, "vcpu_vmx", SIZE);
	btf__add_field(t.btf, "vcpu", t.vcpu, 0, 0);
	btf__add_field(t.btf, "fail", t.u8, FAIL_AT * 8, 0);
	add_exit(&t, 0);
	return t.btf;
}

/* From 6.16 on: vcpu_vmx.vt.exit_reason, vt being shared with TDX */
static struct btf *vmx_618(void)
{
	struct types t = make_types();
	int vt;

	vt = btf__add_struct(t.btf, "vcpu_vt", 256);
	btf__add_field(t.btf, "posted_interrupts", t.u32, 0, 0);
	add_exit(&t, VCPU_SIZE);
	btf__add_struct(t.btf, "vcpu_vmx", SIZE);
	btf__add_field(t.btf, "vcpu", t.vcpu, 0, 0);
	btf__add_field(t.btf, "fail", t.u8, FAIL_AT * 8, 0);
	ck_assert_int_eq(btf__add_field(t.btf, "vt", vt, VCPU_SIZE * 8, 0), 0);
	return t.btf;
}

/* A future layout: vcpu_vmx exists, but has the reason somewhere else. */
static struct btf *vmx_unknown(void)
{
	struct types t = make_types();

	btf__add_struct(t.btf, "vcpu_vmx", SIZE);
	ck_assert_int_eq(btf__add_field(t.btf, "vcpu", t.vcpu, 0, 0), 0);
	return t.btf;
}

static struct btf *svm(void)
{
	struct types t = make_types();
	int control, vmcb, pointer;

	control = btf__add_struct(t.btf, "vmcb_control_area", 1024);
	btf__add_field(t.btf, "exit_code", t.u32, REASON_AT % 1024 * 8, 0);
	vmcb = btf__add_struct(t.btf, "vmcb", 4096);
	btf__add_field(t.btf, "control", control, 1024 * 8, 0);
	pointer = btf__add_ptr(t.btf, vmcb);
	btf__add_struct(t.btf, "vcpu_svm", SIZE);
	btf__add_field(t.btf, "vcpu", t.vcpu, 0, 0);
	ck_assert_int_eq(btf__add_field(t.btf, "vmcb", pointer, VMCB_AT * 8, 0),
			 0);
	return t.btf;
}

__attribute__((format(printf, 2, 0))) static int
quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

/* Load the test's program for a kernel with these types. */
static struct exit_reason_bpf *load(struct btf *btf, const char *name)
{
	char path[] = "/tmp/exit_reason.XXXXXX";
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = path);
	struct bpf_program *program;
	struct exit_reason_bpf *bpf;
	const void *raw;
	uint32_t size;
	int fd, r;

	libbpf_set_print(quiet);
	raw = btf__raw_data(btf, &size);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, raw, size), size);
	close(fd);
	btf__free(btf);
	bpf = exit_reason_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(bpf);
	bpf_object__for_each_program (program, bpf->obj)
		bpf_program__set_autoload(
			program, !strcmp(bpf_program__name(program), name));
	r = exit_reason_bpf__load(bpf);
	unlink(path);
	ck_assert_msg(!r, "load: %s", strerror(errno));
	return bpf;
}

static uint32_t reason_of(struct exit_reason_bpf *bpf, const char *name,
			  uint32_t isa)
{
	struct bpf_program *program =
		bpf_object__find_program_by_name(bpf->obj, name);
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_program__fd(program);

	bpf->bss->test_isa = isa;
	bpf->bss->test_vmcb_at = VMCB_AT;
	bpf->bss->test_reason = 0;
	ck_assert_int_eq(bpf_prog_test_run_opts(fd, &opts), 0);
	return bpf->bss->test_reason;
}

/*
 * Fill each byte with a number that depends on its offset, and then write
 * @reason at offset @at.
 */
static void fill(unsigned char *bytes, uint32_t reason, size_t at)
{
	for (size_t i = 0; i < 4096; i++)
		bytes[i] = i * 37 + 11;
	memcpy(bytes + at, &reason, sizeof(reason));
}

static void vmx_is_read(struct btf *btf, const char *name)
{
	struct exit_reason_bpf *bpf = load(btf, name);

	fill(bpf->bss->test_vcpu, 0x80000021, REASON_AT);
	/* The flags are masked; here they mark a failed entry. */
	ck_assert_uint_eq(reason_of(bpf, name, EXIT_LEAF_ISA_VMX), 0x21);
	fill(bpf->bss->test_vcpu, 48, REASON_AT);
	ck_assert_uint_eq(reason_of(bpf, name, EXIT_LEAF_ISA_VMX), 48);
	exit_reason_bpf__destroy(bpf);
}

static void svm_is_read(const char *name)
{
	struct exit_reason_bpf *bpf = load(svm(), name);

	fill(bpf->bss->test_vmcb, 0x80000001, 1024 + REASON_AT % 1024);
	ck_assert_uint_eq(reason_of(bpf, name, EXIT_LEAF_ISA_SVM), 0x80000001);
	exit_reason_bpf__destroy(bpf);
}

START_TEST(helper_vmx_up_to_617)
{
	vmx_is_read(vmx_before_618(), "by_helper");
}
END_TEST

START_TEST(helper_vmx_from_618_on)
{
	vmx_is_read(vmx_618(), "by_helper");
}
END_TEST

START_TEST(helper_svm)
{
	svm_is_read("by_helper");
}
END_TEST

/* The program can be loaded, and reports OBS_UNREADABLE. */
START_TEST(helper_layouts_unknown)
{
	struct exit_reason_bpf *bpf = load(vmx_unknown(), "by_helper");

	fill(bpf->bss->test_vcpu, 48, REASON_AT);
	ck_assert_uint_eq(reason_of(bpf, "by_helper", EXIT_LEAF_ISA_VMX),
			  0xfffffffe);
	ck_assert_uint_eq(reason_of(bpf, "by_helper", EXIT_LEAF_ISA_SVM),
			  0xfffffffe);
	exit_reason_bpf__destroy(bpf);
}
END_TEST

START_TEST(cast_vmx_up_to_617)
{
	vmx_is_read(vmx_before_618(), "by_cast_vmx");
}
END_TEST

START_TEST(cast_vmx_from_618_on)
{
	vmx_is_read(vmx_618(), "by_cast_vmx");
}
END_TEST

START_TEST(cast_svm)
{
	svm_is_read("by_cast_svm");
}
END_TEST

/* --- fields that moved together with the reason --- */

static struct btf *(*const vmx_layouts[])(void) = { vmx_before_618, vmx_618 };

START_TEST(emulated)
{
	struct exit_reason_bpf *bpf = load(vmx_layouts[_i](), "emulated");
	unsigned char *vcpu = bpf->bss->test_vcpu;

	fill(vcpu, 0, REASON_AT);
	vcpu[EMULATED_AT] = 0;
	ck_assert_uint_eq(reason_of(bpf, "emulated", EXIT_LEAF_ISA_VMX), 0);
	memset(vcpu, 0, sizeof(bpf->bss->test_vcpu));
	vcpu[EMULATED_AT] = 1;
	ck_assert_uint_eq(reason_of(bpf, "emulated", EXIT_LEAF_ISA_VMX), 1);
	exit_reason_bpf__destroy(bpf);
}
END_TEST

/*
 * Failed entries are reported only for VMX, even on a kernel that has KVM for
 * both vendors.
 */
START_TEST(failed)
{
	struct exit_reason_bpf *bpf = load(vmx_layouts[_i](), "failed");
	unsigned char *vcpu = bpf->bss->test_vcpu;

	fill(vcpu, 0, REASON_AT);
	vcpu[FAIL_AT] = 0;
	ck_assert_uint_eq(reason_of(bpf, "failed", EXIT_LEAF_ISA_VMX), 0);
	memset(vcpu, 0, sizeof(bpf->bss->test_vcpu));
	vcpu[FAIL_AT] = 1;
	ck_assert_uint_eq(reason_of(bpf, "failed", EXIT_LEAF_ISA_VMX), 1);
	ck_assert_uint_eq(reason_of(bpf, "failed", EXIT_LEAF_ISA_SVM), 0);
	exit_reason_bpf__destroy(bpf);
}
END_TEST

static uint64_t qualification_of(struct exit_reason_bpf *bpf,
				 uint32_t available)
{
	memcpy(bpf->bss->test_vcpu + AVAILABLE_AT, &available,
	       sizeof(available));
	reason_of(bpf, "qualified", EXIT_LEAF_ISA_VMX);
	return bpf->bss->test_qualification;
}

START_TEST(qualified)
{
	const uint64_t qualification = 0x1234567803f80008;
	struct exit_reason_bpf *bpf = load(vmx_layouts[_i](), "qualified");

	fill(bpf->bss->test_vcpu, 0, REASON_AT);
	memcpy(bpf->bss->test_vcpu + QUALIFICATION_AT, &qualification,
	       sizeof(qualification));
	ck_assert_uint_eq(qualification_of(bpf, 1u << QUALIFIED),
			  qualification);
	ck_assert_uint_eq(qualification_of(bpf, ~(1u << QUALIFIED)), ~0ull);
	exit_reason_bpf__destroy(bpf);
}
END_TEST

/* If the fields do not exist, the program reports them as unknown. */
START_TEST(layouts_unknown)
{
	static const char *const names[] = { "emulated", "failed",
					     "qualified" };
	struct exit_reason_bpf *bpf = load(vmx_unknown(), names[_i]);

	memset(bpf->bss->test_vcpu, 0xff, sizeof(bpf->bss->test_vcpu));
	ck_assert_uint_eq(reason_of(bpf, names[_i], EXIT_LEAF_ISA_VMX), 0);
	exit_reason_bpf__destroy(bpf);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("exit_reason");
	TCase *tcase = tcase_create("layouts");

	struct kvm_btf btf;

	tap_needs_bpf();
	tcase_add_test(tcase, helper_vmx_up_to_617);
	tcase_add_test(tcase, helper_vmx_from_618_on);
	tcase_add_test(tcase, helper_svm);
	tcase_add_test(tcase, helper_layouts_unknown);
	tcase_add_loop_test(tcase, emulated, 0, 2);
	tcase_add_loop_test(tcase, failed, 0, 2);
	tcase_add_loop_test(tcase, qualified, 0, 2);
	tcase_add_loop_test(tcase, layouts_unknown, 0, 3);
	kvm_btf_read("", "", &btf);
	if (btf.rdonly_cast) {
		tcase_add_test(tcase, cast_vmx_up_to_617);
		tcase_add_test(tcase, cast_vmx_from_618_on);
		tcase_add_test(tcase, cast_svm);
	} else {
		puts("# not tested: this kernel has no bpf_rdonly_cast (6.2)");
	}
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
