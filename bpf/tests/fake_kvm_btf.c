// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "exit_leaves.h"
#include "fake_kvm_btf.h"

struct field {
	const char *name;
	int type;
	size_t offset;
};

static int add_struct(struct btf *btf, const char *name, size_t size,
		      const struct field *field)
{
	int id = btf__add_struct(btf, name, size);

	ck_assert_int_gt(id, 0);
	for (; field->name; field++)
		ck_assert_int_eq(btf__add_field(btf, field->name, field->type,
						field->offset * 8, 0),
				 0);
	return id;
}

#define FIELDS(...) ((const struct field[]){ __VA_ARGS__, { 0 } })

/*
 * Returns the offset of a member in the running kernel, or -1 if there is no
 * such member.  Searches unnamed structs, too.
 */
static long offset_in(const struct btf *kernel, u32 id, const char *name)
{
	const struct btf_type *type = btf__type_by_id(kernel, id);
	const struct btf_member *member = btf_members(type);

	for (u32 i = 0; i < btf_vlen(type); i++, member++) {
		long at = btf_member_bit_offset(type, i) / 8, inner;

		if (!strcmp(btf__name_by_offset(kernel, member->name_off),
			    name))
			return at;
		if (member->name_off ||
		    !btf_is_composite(btf__type_by_id(kernel, member->type)))
			continue;
		inner = offset_in(kernel, member->type, name);
		if (inner >= 0)
			return at + inner;
	}
	return -1;
}

/*
 * KVM's preempt notifier is placed at robust_list, which a thread can write by
 * set_robust_list(2).
 */
static void add_task(struct btf *btf, const struct btf *kernel, int u32_type,
		     int chars, int head)
{
	int id, self, pointer;

	id = btf__find_by_name_kind(kernel, "task_struct", BTF_KIND_STRUCT);
	ck_assert_int_gt(id, 0);
	pointer = btf__type_cnt(btf);
	self = pointer + 1;
	ck_assert_int_eq(btf__add_ptr(btf, self), pointer);
	ck_assert_int_eq(
		add_struct(
			btf, "task_struct", 1 << 15,
			FIELDS({ "pid", u32_type, offset_in(kernel, id, "pid") },
			       { "group_leader", pointer,
				 offset_in(kernel, id, "group_leader") },
			       { "comm", chars, offset_in(kernel, id, "comm") },
			       { "preempt_notifiers", head,
				 offset_in(kernel, id, "robust_list") })),
		self);
}

/*
 * Add structures that are not KVM's, at the offsets of the running kernel, and
 * struct kvm_regs with a made-up offset.
 */
static void add_kernel(struct btf *btf, int u32_type, int u64_type, int chars,
		       int head)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	int regs;

	ck_assert_ptr_nonnull(kernel);
	add_task(btf, kernel, u32_type, chars, head);
	regs = btf__find_by_name_kind(kernel, "pt_regs", BTF_KIND_STRUCT);
	ck_assert_int_gt(regs, 0);
	add_struct(btf, "pt_regs", 168,
		   FIELDS({ "di", u64_type, offset_in(kernel, regs, "di") }));
	add_struct(btf, "kvm_regs", 144,
		   FIELDS({ "rip", u64_type, FAKE_KVM_REGS_RIP }));
	btf__free(kernel);
}

static int add_arch(struct btf *btf, enum fake_registers registers,
		    int u32_type, int u64_type)
{
	const bool known = registers != FAKE_UNKNOWN;
	const bool newer = registers == FAKE_BITMAPS;
	int regs, flag, bits = u32_type;

	flag = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	regs = btf__add_array(btf, u32_type, u64_type, newer ? 16 : 17);
	if (newer)
		bits = btf__add_array(btf, u32_type, u64_type, 1);
	/* This is at the vCPU's beginning, so its offsets are the vCPU's. */
	return add_struct(
		btf, "kvm_vcpu_arch", sizeof(struct fake_vcpu),
		FIELDS({ "regs", regs, offsetof(struct fake_vcpu, regs) },
		       { known ? "regs_dirty" : NULL, bits,
			 offsetof(struct fake_vcpu, regs_dirty) },
		       { "regs_avail", bits,
			 offsetof(struct fake_vcpu, regs_avail) },
		       { "guest_state_protected", flag,
			 offsetof(struct fake_vcpu, guest_state_protected) },
		       { newer ? "rip" : NULL, u64_type,
			 offsetof(struct fake_vcpu, rip) }));
}

static int add_vcpu(struct btf *btf, enum fake_registers registers,
		    int u32_type, int u64_type, int pointer, int node)
{
	int notifier, arch, stat;

	notifier = add_struct(btf, "preempt_notifier", 16,
			      FIELDS({ "link", node, 0 }));
	arch = add_arch(btf, registers, u32_type, u64_type);
	stat = add_struct(btf, "kvm_vcpu_stat", 8,
			  FIELDS({ "exits", u64_type, 0 }));
	return add_struct(
		btf, "kvm_vcpu", offsetof(struct fake_vcpu, vmcb),
		FIELDS({ "arch", arch, 0 },
		       { "preempt_notifier", notifier,
			 offsetof(struct fake_vcpu, notifier) },
		       { "kvm", pointer, offsetof(struct fake_vcpu, kvm) },
		       { "vcpu_id", u32_type,
			 offsetof(struct fake_vcpu, vcpu_id) },
		       { "stat", stat,
			 offsetof(struct fake_vcpu, stat_exits) }));
}

static void add_vm(struct btf *btf, int u64_type, int pointer)
{
	add_struct(btf, "kvm", sizeof(struct fake_vm),
		   FIELDS({ "debugfs_dentry", pointer,
			    offsetof(struct fake_vm, debugfs_dentry) }));
	add_struct(btf, "dentry", sizeof(struct fake_vm),
		   FIELDS({ "d_inode", pointer,
			    offsetof(struct fake_vm, d_inode) }));
	add_struct(
		btf, "inode", sizeof(struct fake_vm),
		FIELDS({ "i_ino", u64_type, offsetof(struct fake_vm, i_ino) }));
}

static void add_svm(struct btf *btf, int vcpu, int u32_type, int u64_type)
{
	int control, save, vmcb, info, pointer;

	control =
		add_struct(btf, "vmcb_control_area", sizeof(struct fake_vmcb),
			   FIELDS({ "exit_code", u32_type,
				    offsetof(struct fake_vmcb, exit_code) },
				  { "exit_info_1", u64_type,
				    offsetof(struct fake_vmcb, exit_info_1) },
				  { "exit_info_2", u64_type,
				    offsetof(struct fake_vmcb, exit_info_2) }));
	save = add_struct(btf, "vmcb_save_area", 16,
			  FIELDS({ "rip", u64_type, 8 }));
	vmcb = add_struct(
		btf, "vmcb", sizeof(struct fake_vmcb),
		FIELDS({ "control", control, 0 },
		       { "save", save, offsetof(struct fake_vmcb, rip) - 8 }));
	pointer = btf__add_ptr(btf, vmcb);
	info = add_struct(btf, "kvm_vmcb_info", 8,
			  FIELDS({ "ptr", pointer, 0 }));
	add_struct(
		btf, "vcpu_svm", sizeof(struct fake_vcpu),
		FIELDS({ "vcpu", vcpu, 0 },
		       { "vmcb", pointer, offsetof(struct fake_vcpu, vmcb) },
		       { "vmcb01", info, offsetof(struct fake_vcpu, vmcb01) }));
}

static void add_vmx(struct btf *btf, int vcpu, int u32_type, int u64_type)
{
	int reason, loaded, pointer, byte, flag;

	byte = btf__add_int(btf, "unsigned char", 1, 0);
	flag = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	reason = btf__add_union(btf, "vmx_exit_reason", 4);
	ck_assert_int_eq(btf__add_field(btf, "full", u32_type, 0, 0), 0);
	loaded = add_struct(btf, "loaded_vmcs", 32,
			    FIELDS({ "vmcs", u64_type, 0 }));
	pointer = btf__add_ptr(btf, loaded);
	add_struct(btf, "vcpu_vmx", sizeof(struct fake_vcpu),
		   FIELDS({ "vcpu", vcpu, 0 },
			  { "fail", byte, offsetof(struct fake_vcpu, fail) },
			  { "emulation_required", flag,
			    offsetof(struct fake_vcpu, emulation_required) },
			  { "exit_reason", reason,
			    offsetof(struct fake_vcpu, exit_reason) },
			  { "exit_qualification", u64_type,
			    offsetof(struct fake_vcpu, exit_qualification) },
			  { "loaded_vmcs", pointer,
			    offsetof(struct fake_vcpu, loaded_vmcs) },
			  { "vmcs01", loaded,
			    offsetof(struct fake_vcpu, vmcs01) }));
}

/*
 * The number of EXIT_INFO_1 differs from that in all kernels, so programs must
 * get it from BTF.
 */
static void add_registers(struct btf *btf, enum fake_registers registers)
{
	const bool newer = registers == FAKE_BITMAPS;

	ck_assert_int_gt(btf__add_enum(btf, "kvm_reg", 4), 0);
	btf__add_enum_value(btf, newer ? "VCPU_REG_RIP" : "VCPU_REGS_RIP",
			    FAKE_RIP);
	btf__add_enum_value(
		btf, newer ? "VCPU_REG_EXIT_INFO_1" : "VCPU_EXREG_EXIT_INFO_1",
		FAKE_EXIT_INFO_1);
}

/*
 * Give KVM's records the layout of a system call's record, with which tests
 * replace them: the arguments begin at offset 16 and have eight bytes each.
 */
static void add_records(struct btf *btf, int u32_type, int u64_type)
{
	add_struct(btf, "trace_event_raw_kvm_exit", 64,
		   FIELDS({ "exit_reason", u32_type, 16 },
			  { "isa", u32_type, 24 }, { "vcpu_id", u32_type, 32 },
			  { "info1", u64_type, 40 }));
	add_struct(btf, "trace_event_raw_kvm_entry", 64,
		   FIELDS({ "vcpu_id", u32_type, 16 }));
}

static struct btf *layout(u32 isa, enum fake_registers registers)
{
	struct btf *btf = btf__new_empty();
	int u32_type, u64_type, ch, chars, node, head, pointer, vcpu;

	ck_assert_ptr_nonnull(btf);
	u32_type = btf__add_int(btf, "unsigned int", 4, 0);
	u64_type = btf__add_int(btf, "unsigned long", 8, 0);
	ch = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	chars = btf__add_array(btf, u32_type, ch, 16);
	pointer = btf__add_ptr(btf, 0);
	node = add_struct(btf, "hlist_node", 16,
			  FIELDS({ "next", pointer, 0 }));
	head = add_struct(btf, "hlist_head", 8,
			  FIELDS({ "first", pointer, 0 }));
	add_kernel(btf, u32_type, u64_type, chars, head);
	vcpu = add_vcpu(btf, registers, u32_type, u64_type, pointer, node);
	add_vm(btf, u64_type, pointer);
	add_registers(btf, registers);
	add_records(btf, u32_type, u64_type);
	if (isa == EXIT_LEAF_ISA_SVM)
		add_svm(btf, vcpu, u32_type, u64_type);
	else
		add_vmx(btf, vcpu, u32_type, u64_type);
	return btf;
}

void fake_kvm_btf(u32 isa, enum fake_registers registers,
		  char path[FAKE_KVM_PATH])
{
	struct btf *btf = layout(isa, registers);
	const void *raw;
	u32 size;
	int fd;

	strcpy(path, "/tmp/fake_kvm.XXXXXX");
	fd = mkstemp(path);
	raw = btf__raw_data(btf, &size);
	ck_assert_int_eq(write(fd, raw, size), size);
	close(fd);
	btf__free(btf);
}

void fake_kvm_on_thread(u64 address)
{
	const u64 notifier =
		address ? address + offsetof(struct fake_vcpu, notifier) : 0;

	ck_assert_int_eq(syscall(SYS_set_robust_list, notifier,
				 sizeof(struct robust_list_head)),
			 0);
}
