// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "fake_kvm.h"
#include "render_losses.h"

#include "fake_kvm.skel.h"

static struct fake_kvm_bpf *memory;
static struct bpf_program *exits, *entries;
/* No thread tells which vCPU it runs. */
static bool no_addresses;
static struct bpf_link *exit_calls, *entry_calls;

/* --- the layout, as BTF --- */

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

/* Where the running kernel has a member, which may be in an unnamed struct. */
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
 * KVM's preempt notifier is where a thread can write: robust_list, by
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

/* What else is where the running kernel has it. */
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
	btf__free(kernel);
}

static int add_vcpu(struct btf *btf, int u32_type, int u64_type, int pointer,
		    int node)
{
	int notifier, arch, stat, regs;

	notifier = add_struct(btf, "preempt_notifier", 16,
			      FIELDS({ "link", node, 0 }));
	regs = btf__add_array(btf, u32_type, u64_type, 17);
	/* At the beginning of the vCPU, as their offsets here say. */
	arch = add_struct(
		btf, "kvm_vcpu_arch", offsetof(struct fake_vcpu, stat_exits),
		FIELDS({ "regs_dirty", u32_type,
			 offsetof(struct fake_vcpu, regs_dirty) },
		       { "regs_avail", u32_type,
			 offsetof(struct fake_vcpu, regs_avail) },
		       { "regs", regs, offsetof(struct fake_vcpu, regs) }));
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

static void add_svm(struct btf *btf, int vcpu, int u32_type, int u64_type)
{
	int control, vmcb, info, pointer;

	control =
		add_struct(btf, "vmcb_control_area", sizeof(struct fake_vmcb),
			   FIELDS({ "exit_code", u32_type,
				    offsetof(struct fake_vmcb, exit_code) },
				  { "exit_info_1", u64_type,
				    offsetof(struct fake_vmcb, exit_info_1) },
				  { "exit_info_2", u64_type,
				    offsetof(struct fake_vmcb, exit_info_2) }));
	vmcb = add_struct(btf, "vmcb", sizeof(struct fake_vmcb),
			  FIELDS({ "control", control, 0 }));
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

/* Not the numbers that a kernel has: the programs must ask. */
static void add_registers(struct btf *btf)
{
	ck_assert_int_gt(btf__add_enum(btf, "kvm_reg", 4), 0);
	btf__add_enum_value(btf, "VCPU_REGS_RIP", FAKE_RIP);
	btf__add_enum_value(btf, "VCPU_EXREG_EXIT_INFO_1", FAKE_EXIT_INFO_1);
}

/*
 * The records of a system call's tracepoint: its arguments, eight bytes each,
 * begin at 16.
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

static struct btf *layout(u32 isa)
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
	vcpu = add_vcpu(btf, u32_type, u64_type, pointer, node);
	add_registers(btf);
	add_records(btf, u32_type, u64_type);
	if (isa == EXIT_LEAF_ISA_SVM)
		add_svm(btf, vcpu, u32_type, u64_type);
	else
		add_vmx(btf, vcpu, u32_type, u64_type);
	return btf;
}

/* --- the programs --- */

static void load(struct choice choice)
{
	char path[] = "/tmp/fake_kvm.XXXXXX";
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = path);
	struct btf *btf = layout(observer.isa);
	u32 size;
	const void *raw = btf__raw_data(btf, &size);
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, raw, size), size);
	close(fd);
	btf__free(btf);
	bpf = observer_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(bpf);
	observer.bpf = bpf;
	observer_choose(&observer, choice);
	/* No running kernel has these functions' arguments. */
	bpf_program__set_autoload(bpf->progs.vcpu_end, false);
	ck_assert_msg(!observer_bpf__load(bpf), "load: %s", strerror(errno));
	unlink(path);
}

static void boot(u32 isa)
{
	u64 none[1] = { 0 };

	memory = fake_kvm_bpf__open_and_load();
	ck_assert_ptr_nonnull(memory);
	run(memory->progs.tell_address, none, 1);
	for (u32 i = 0; i < FAKE_VCPUS; i++) {
		struct fake_vcpu *vcpu = fake(i);
		u64 vmcb = memory->bss->address +
			   offsetof(struct fake_memory, vmcb[i]);

		vcpu->vcpu_id = i;
		vcpu->kvm = 0xffff888000001000;
		vcpu->vmcb02 = memory->bss->address +
			       offsetof(struct fake_memory, vmcb02[i]);
		if (isa == EXIT_LEAF_ISA_SVM)
			vcpu->vmcb = vcpu->vmcb01 = vmcb;
		else
			vcpu->loaded_vmcs = fake_address(i) +
					    offsetof(struct fake_vcpu, vmcs01);
	}
}

/* The program that was chosen of those whose names begin so. */
static struct bpf_program *chosen(const char *begin)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, bpf->obj) {
		if (bpf_program__autoload(program) &&
		    !strncmp(bpf_program__name(program), begin, strlen(begin)))
			return program;
	}
	return NULL;
}

void fake_kvm_load_as(const struct observer_options *options, u32 isa,
		      struct choice choice)
{
	fake_vcpus_listen();
	boot(isa);
	observer = (struct observer){ .isa = isa,
				      .options = *options,
				      .attach = choice.attach,
				      .sees_ends = choice.ends };
	load(choice);
	/* Who collects would read the ring, which is the test's. */
	observer.options.slower_than_ns = 0;
	exits = chosen("exit_");
	entries = chosen("entry_");
	ck_assert_int_eq(observer_collect_init(&observer), 0);
	fake_runs(0);
}

void fake_kvm_load(const struct observer_options *options, u32 isa)
{
	fake_kvm_load_as(options, isa,
			 (struct choice){ ATTACH_RAW_TP, READ_PROBE,
					  ENDS_FENTRY });
}

/* Calls that nobody makes, as the programs see those of all processes. */
void fake_kvm_attach(void)
{
	/* A place of this test's own to have tracefs at. */
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
			 0);
	ck_assert_int_eq(
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL), 0);
	exit_calls = bpf_program__attach_tracepoint(exits, "syscalls",
						    "sys_enter_sched_getattr");
	entry_calls = bpf_program__attach_tracepoint(
		entries, "syscalls", "sys_enter_sched_rr_get_interval");
	ck_assert_ptr_nonnull(exit_calls);
	ck_assert_ptr_nonnull(entry_calls);
}

void fake_kvm_teardown(void)
{
	bpf_link__destroy(exit_calls);
	bpf_link__destroy(entry_calls);
	exit_calls = entry_calls = NULL;
	if (bpf)
		fake_vcpus_teardown();
	bpf = NULL;
	fake_kvm_bpf__destroy(memory);
	memory = NULL;
}

struct fake_vcpu *fake(u32 i)
{
	return (struct fake_vcpu *)&memory->bss->memory.vcpu[i];
}

struct fake_vmcb *fake_vmcb(u32 i)
{
	if (fake(i)->vmcb == fake(i)->vmcb02)
		return (struct fake_vmcb *)&memory->bss->memory.vmcb02[i];
	return (struct fake_vmcb *)&memory->bss->memory.vmcb[i];
}

u64 fake_address(u32 i)
{
	return memory->bss->address + offsetof(struct fake_memory, vcpu[i]);
}

void fake_runs_none(void)
{
	no_addresses = true;
}

void fake_runs(u32 i)
{
	const u64 notifier =
		fake_address(i) + offsetof(struct fake_vcpu, notifier);

	ck_assert_int_eq(syscall(SYS_set_robust_list,
				 no_addresses ? 0 : notifier,
				 sizeof(struct robust_list_head)),
			 0);
}

void fake_exit(u32 i, u32 reason)
{
	u64 args[2] = { fake_address(i), observer.isa };

	fake_runs(i);
	fake(i)->stat_exits++;
	fake(i)->regs_dirty = 0;
	fake(i)->regs_avail = ~(1u << FAKE_EXIT_INFO_1);
	fake(i)->exit_reason = reason;
	fake_vmcb(i)->exit_code = reason;
	if (exit_calls)
		syscall(SYS_sched_getattr, reason, observer.isa,
			fake(i)->vcpu_id, fake(i)->exit_qualification);
	else
		run(exits, args, 2);
}

void fake_entry(u32 i)
{
	u64 args[2] = { fake_address(i), 0 };

	fake_runs(i);
	if (entry_calls)
		syscall(SYS_sched_rr_get_interval, fake(i)->vcpu_id, NULL);
	else
		run(entries, args, 2);
}

struct obs_slot *fake_slot(u32 i)
{
	struct obs_slot *slot = slot_of(fake_address(i));

	ck_assert_ptr_nonnull(slot);
	return slot;
}

static size_t collect_losses(struct loss list[LOSSES_MAX])
{
	struct ledger ledger = { 0 };
	size_t nr;

	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	nr = render_losses_list(&ledger, list);
	ledger_free(&ledger);
	return nr;
}

/* The counts of vCPUs are those since the call before. */
u64 fake_lost(const char *name)
{
	struct loss list[LOSSES_MAX];
	size_t nr = collect_losses(list);

	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(list[i].name, name))
			return list[i].count;
	}
	ck_abort_msg("no loss has the name %s", name);
}

void fake_nothing_lost(void)
{
	struct loss list[LOSSES_MAX];
	size_t nr = collect_losses(list);

	for (size_t i = 0; i < nr; i++)
		ck_assert_msg(!list[i].count, "%s: %lu", list[i].name,
			      (unsigned long)list[i].count);
}

struct obs_keyed fake_keyed(u32 i, u32 reason, u64 key)
{
	const struct obs_slot *slot = fake_slot(i);
	const struct obs_key at = {
		.key = key,
		.reason = reason,
		.slot = slot - bpf->bss->slots,
		.serial = slot->serial,
	};
	struct obs_keyed keyed = { 0 };

	bpf_map__lookup_elem(bpf->maps.keyed, &at, sizeof(at), &keyed,
			     sizeof(keyed), 0);
	return keyed;
}

static void *start(void *work)
{
	(*(void (**)(void))work)();
	return NULL;
}

void fake_on_thread(void (*work)(void))
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, start, &work), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
