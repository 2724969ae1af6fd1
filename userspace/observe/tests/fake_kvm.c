// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "fake_kvm.h"
#include "ledger/render_losses.h"

#include "fake_kvm.skel.h"

static struct fake_kvm_bpf *memory;
static struct bpf_program *exits, *entries;
/* True if no thread tells which vCPU it runs. */
static bool no_addresses;
static enum fake_registers registers;
/* RIP's marks at exits. */
static bool rip_unread, rip_written;
static struct bpf_link *exit_calls, *entry_calls;
static int alone = -1; /* holds the lock of fake_kvm_attach() */

/* --- the programs --- */

/*
 * No running kernel has functions and tracepoints with this made-up layout, so
 * load the programs as if for a raw tracepoint, whose arguments are all
 * numbers.
 */
static void take_as_raw(void)
{
	static const char *const sections[] = { "fentry+", "fexit+",
						"tp_btf/kvm_entry",
						"tp_btf/kvm_exit" };
	static bool taken;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !taken;
	     i++)
		ck_assert_int_gt(libbpf_register_prog_handler(
					 sections[i],
					 BPF_PROG_TYPE_RAW_TRACEPOINT, 0, NULL),
				 0);
	taken = true;
}

static void load(struct choice choice)
{
	char path[FAKE_KVM_PATH];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = path);

	take_as_raw();
	fake_kvm_btf(observer.isa, registers, path);
	bpf = observer_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(bpf);
	observer.bpf = bpf;
	observer_choose(&observer, choice);
	ck_assert_msg(!observer_bpf__load(bpf), "load: %s", strerror(errno));
	unlink(path);
}

static u64 vm_address(u32 vm)
{
	return memory->bss->address + offsetof(struct fake_memory, vm[vm]);
}

struct fake_vm *fake_vm(u32 vm)
{
	return (struct fake_vm *)&memory->bss->memory.vm[vm];
}

void fake_in_vm(u32 i, u32 vm)
{
	fake(i)->kvm = vm_address(vm);
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
		fake_vm(i)->d_inode = fake_vm(i)->debugfs_dentry =
			vm_address(i);
		fake_in_vm(i, 0);
		vcpu->vmcb02 = memory->bss->address +
			       offsetof(struct fake_memory, vmcb02[i]);
		if (isa == EXIT_LEAF_ISA_SVM)
			vcpu->vmcb = vcpu->vmcb01 = vmcb;
		else
			vcpu->loaded_vmcs = fake_address(i) +
					    offsetof(struct fake_vcpu, vmcs01);
	}
}

/* Returns the loaded program whose name has this prefix. */
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
	/*
	 * With this option, the collector would empty the ring before the test
	 * reads it.
	 */
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

/*
 * Attach to system calls that no other program makes, as the programs see the
 * calls of all processes.  Other tests make them, too, so wait until none is
 * attached on this kernel: a lock on tracefs's root is the same for each mount
 * of it.
 */
void fake_kvm_attach(void)
{
	/*
	 * Make a mount namespace, so that tracefs is mounted for this test
	 * only.
	 */
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL),
			 0);
	/* Mounting fails with EBUSY if tracefs is there already. */
	if (mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL))
		ck_assert_int_eq(errno, EBUSY);
	alone = open("/sys/kernel/tracing", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(alone, 0);
	ck_assert_int_eq(flock(alone, LOCK_EX), 0);
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
	if (alone >= 0)
		close(alone);
	alone = -1;
	if (bpf)
		fake_vcpus_teardown();
	bpf = NULL;
	fake_kvm_bpf__destroy(memory);
	memory = NULL;
	registers = FAKE_NUMBERS;
	rip_unread = rip_written = false;
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

void fake_kvm_registers(enum fake_registers how)
{
	registers = how;
}

void fake_rip(bool unread, bool written)
{
	rip_unread = unread;
	rip_written = written;
}

void fake_runs_none(void)
{
	no_addresses = true;
}

void fake_runs(u32 i)
{
	fake_kvm_on_thread(no_addresses ? 0 : fake_address(i));
}

void fake_exit(u32 i, u32 reason)
{
	u64 args[2] = { fake_address(i), observer.isa };

	fake_runs(i);
	fake(i)->stat_exits++;
	fake(i)->regs_dirty = rip_written << FAKE_RIP;
	fake(i)->regs_avail =
		~(1u << FAKE_EXIT_INFO_1 | rip_unread << FAKE_RIP);
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

/*
 * Returns how many losses of a kind there were since the programs were loaded.
 * Losses that are counted per vCPU, such as missed exits, are those since the
 * last call.
 */
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
