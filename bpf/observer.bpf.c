// SPDX-License-Identifier: GPL-2.0-only
/*
 * The observer's book.  It counts a host's VM exits, and the time from each
 * exit to the next entry, by VM, vCPU and reason, on the tracepoints kvm_exit
 * and kvm_entry.  On kvm_cpuid it captures the answers of KVM's own counters to
 * guests, each with the sums of this book at that moment.  There is one object
 * for both vendors and all kernels.  It has a program for each kind of
 * attachment and each way to read a reason; user space loads one set.
 */
#include "cells.h"
#include "extras.h"
#include "leaf_reads.h"
#include "marks.h"
#include "split.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Each program is compiled for one set of options.  Testing an option at run
 * time would cost instructions at each exit, although its value never changes.
 */
enum job {
	JOB_COUNT, /* only counts of exits */
	/*
	 * Also the sum, the shortest and the longest of the times.  Programs on
	 * exits are the same as for JOB_TIME.
	 */
	JOB_SUM,
	JOB_TIME, /* also histograms of times */
	JOB_ALL, /* also everything that obs_config asks for */
};

/*
 * If guests' reads are captured, the time of an exit is booked at the next
 * exit, not at the entry that ends it.  KVM books it just after the entry's
 * tracepoint, and so before this book.  Therefore at any moment this book's
 * time is not above KVM's, with any number of vCPUs.
 */
static __noinline int book_pending(struct obs_slot *slot)
{
	u32 open;
	u64 ns;

	if (!slot)
		return 0;
	ns = slot->pending_ns;
	open = slot->open;
	if (!ns || open >= OBS_CELLS)
		return 0;
	slot->pending_ns = 0;
	return book_time(&slot->cell[open], ns);
}

/*
 * Book an exit of the slot's vCPU for a reason.
 * @record: the record of a classic tracepoint, or NULL
 */
static __always_inline int
book_exit(void *vcpu, struct obs_slot *slot, u32 reason,
	  const struct trace_event_raw_kvm_exit *record, enum job job)
{
	struct obs_slot *same = slot;
	u64 cell;

	if (job != JOB_COUNT && unlikely(slot->exit_ns)) {
		slot->missed_entries++;
		if (job == JOB_ALL)
			forget_open(slot);
		if (job == JOB_ALL && config.split)
			forget_split(slot);
	}
	if (job == JOB_ALL && config.answers)
		book_pending(slot);
	cell = cell_of(slot, reason);
	/* Without this, clang keeps two copies across the call. */
	asm volatile("" : "+r"(same));
	same->cell[cell].exits++;
	if (job == JOB_COUNT)
		return 0;
	slot->open = cell;
	if (job == JOB_ALL &&
	    (config.off_cpu || (record && config.by == OBS_BY_MMIO)))
		slot_know_thread(slot);
	if (job == JOB_ALL && config.answers && reason == config.roles.cpuid)
		leaf_read_begin(vcpu, slot);
	/*
	 * Read the clock last, so that the time of this program is not booked
	 * as the exit's time.
	 */
	slot->exit_ns = bpf_ktime_get_ns();
	if (job == JOB_ALL && !record && config.by)
		book_key_at_exit(vcpu, slot, reason);
	if (job == JOB_ALL && record && config.by == OBS_BY_PORT &&
	    reason == config.roles.io)
		book_key(slot, port_of(record->info1));
	return 0;
}

/* Count an entry without an exit: the exit was missed, or there was none. */
static __noinline int entry_alone(void *vcpu, struct obs_slot *slot)
{
	if (!slot || config.classic)
		return 0;
	/*
	 * Programs on exits are attached last.  So an entry without an exit is
	 * a loss only after the vCPU's first exit was seen.
	 */
	if (entry_failed(vcpu, config.isa))
		slot->failed_entries++;
	else if (slot->cells)
		slot->missed_exits++;
	return 0;
}

/* Book the optional data: keys, slow exits, and time off the CPU. */
static __noinline int book_more(struct obs_slot *slot, u64 now, u64 ns)
{
	u32 open;

	if (!slot)
		return 0;
	if (config.slower_than_ns && ns > config.slower_than_ns)
		book_slow(slot, now, ns);
	if (config.by)
		book_key_time(slot, ns);
	if (config.split)
		book_split(slot, now, ns);
	if (config.off_cpu)
		book_off_cpu(slot, ns);
	if (config.fast) {
		open = slot->open;
		if (!slot->handled && open < OBS_CELLS)
			slot->fast[open]++;
		slot->handled = 0;
	}
	return 0;
}

static __always_inline int book_entry(void *vcpu, struct obs_slot *slot,
				      u64 now, enum job job)
{
	struct obs_cell *cell;
	u64 ns = slot->exit_ns;

	if (unlikely(!ns))
		return entry_alone(vcpu, slot);
	ns = now - ns;
	if (job == JOB_ALL && config.answers) {
		if (unlikely(slot->reading))
			answer_at_entry(vcpu, slot);
		if (config.more)
			book_more(slot, now, ns);
		slot->exit_ns = 0;
		slot->pending_ns = ns;
		return 0;
	}
	if (job == JOB_ALL)
		book_more(slot, now, ns);
	slot->exit_ns = 0;
	cell = &slot->cell[slot->open];
	asm volatile("" : "+r"(cell));
	return job == JOB_SUM ? book_sum(cell, ns) : book_time(cell, ns);
}

/*
 * Programs are attached in the order in which they are defined.  Those on exits
 * are last: if vCPUs are running meanwhile, the entry that follows a seen exit
 * is seen, too.
 */

/*
 * The vCPU at this address ends: book the key of its last exit, and give up its
 * slot.
 */
static __always_inline int end(u64 address)
{
	struct obs_slot *slot;

	/*
	 * No entry follows the last exit, which may have ended the VM, so its
	 * key is booked here.  With classic tracepoints, it was booked at the
	 * exit, and two searches would be too many for the verifier.
	 */
	if (config.by && !config.classic) {
		slot = slot_at(slot_of_address(address));
		if (slot && slot->exit_ns && !slot->has_key)
			book_key_at_entry(slot);
	}
	return slot_end(address);
}

SEC("fentry/kvm_arch_vcpu_destroy")
int vcpu_end(u64 *ctx)
{
	return end(first_argument(ctx));
}

/* This is used on kernels without fentry. */
SEC("kprobe/kvm_arch_vcpu_destroy")
int vcpu_end_probe(struct pt_regs *ctx)
{
	return end(ctx->di);
}

static __noinline int handled_elsewhere(const void *ctx)
{
	struct obs_slot *slot;

	slot = ctx ? slot_at(slot_find(first_argument(ctx))) : NULL;
	if (slot)
		slot->handled = 1;
	return 0;
}

/*
 * Note that KVM has called its exit handler.  It does not call it if the fast
 * path re-enters the guest.
 */
static __always_inline int exit_handled(const u64 *ctx)
{
	u64 vcpu = ctx[0];
	struct obs_slot *slot = slot_home(vcpu);

	if (likely(slot->vcpu == vcpu))
		slot->handled = 1;
	else
		handled_elsewhere(ctx);
	return 0;
}

SEC("fentry/svm_handle_exit")
int svm_handled(u64 *ctx)
{
	return exit_handled(ctx);
}

SEC("fentry/vmx_handle_exit")
int vmx_handled(u64 *ctx)
{
	return exit_handled(ctx);
}

/*
 * Count how often KVM emulates instead of entering the guest.  KVM's own
 * statistics count this as an exit.
 */
SEC("fentry/vmx_handle_exit")
int vmx_emulated(u64 *ctx)
{
	u64 vcpu = first_argument(ctx);
	struct obs_slot *slot;

	if (likely(!was_emulated((void *)vcpu)))
		return 0;
	/* Events before the first entry are in prior_exits. */
	slot = slot_at(slot_find(vcpu));
	if (slot)
		slot->emulated++;
	return 0;
}

/*
 * The arguments are (preempt, prev, next, prev_state); prev_state exists from
 * 5.18 on.
 */
SEC("tp_btf/sched_switch")
int off_cpu(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];
	u64 now = bpf_ktime_get_ns();

	book_off(prev->pid, ctx[0] || !(u32)ctx[3], now);
	book_on(next->pid, now);
	return 0;
}

/* The argument of both is (vcpu). */
SEC("fentry/kvm_arch_vcpu_ioctl_run")
int run_called(u64 *ctx)
{
	u64 now = bpf_ktime_get_ns();

	return split_return(slot_at(slot_find(first_argument(ctx))), now);
}

SEC("fexit/kvm_arch_vcpu_ioctl_run")
int run_returns(u64 *ctx)
{
	u64 now = bpf_ktime_get_ns();

	return split_leave(slot_at(slot_find(first_argument(ctx))), now);
}

/* The arguments are (type, len, gpa, val). */
SEC("raw_tp/kvm_mmio")
int key_mmio(u64 *ctx)
{
	return book_thread_key(ctx[2]);
}

SEC("raw_tp/kvm_fast_mmio")
int key_fast_mmio(u64 *ctx)
{
	return book_thread_key(ctx[0]);
}

/*
 * Because of this program, the kernel makes the classic tracepoint's record,
 * for which KVM reads RIP from VMX's VMCS: guest_rip.h.  The section's name
 * differs from that of exit_tp, so that it is attached before the programs on
 * exits, as the kernel runs them in this order.
 */
SEC("tracepoint/kvm/kvm_exit")
int rip_read(void *ctx __attribute__((unused)))
{
	return 1;
}

SEC("raw_tp/kvm_cpuid")
int cpuid_answer(u64 *ctx)
{
	return book_answer(ctx);
}

SEC("raw_tp/kvm_cpuid")
int cpuid_mark(u64 *ctx)
{
	u64 vcpu;

	if (likely((u32)ctx[0] != EXIT_LEAF_EXITS))
		return 0;
	vcpu = vcpu_of_thread();
	return vcpu ? mark_word(slot_at(slot_find(vcpu)), ctx) : 0;
}

/* The arguments are (vcpu, regs). */
SEC("fentry/kvm_arch_vcpu_ioctl_set_regs")
int vcpu_reset(u64 *ctx)
{
	struct kvm_regs *regs = (void *)first_argument(ctx + 1);

	return book_reset(first_argument(ctx), BPF_CORE_READ(regs, rip));
}

/*
 * The programs for each way to attach and each job: NAME_count, NAME_sum,
 * NAME_time, NAME_all.  A program on a classic tracepoint must not return 0,
 * which would hide the event from others.  Rare work is in functions that are
 * called last, so that the common path keeps no value across a call: it would
 * have to save each such value to the stack at every run.
 *
 * The arguments of the tracepoints are (vcpu, isa) or begin with the vCPU: see
 * userspace/host/kernel_needs.h.  On kernels that mark tp_btf's pointers as
 * possibly NULL, the verifier requires the check of @vcpu.
 */
#define ENTRY_PROGRAM(name, section, context, vcpu_of, own, typed, result, \
		      job)                                                 \
	static __noinline int name##_elsewhere(context *ctx, void *vcpu,   \
					       u64 now)                    \
	{                                                                  \
		struct obs_slot *slot =                                    \
			slot_of(typed ? first_argument(ctx) : (u64)vcpu);  \
                                                                           \
		return slot ? book_entry(vcpu, slot, now, job) : 0;        \
	}                                                                  \
                                                                           \
	SEC(section) int name(context *ctx)                                \
	{                                                                  \
		u64 now = bpf_ktime_get_ns(), id __attribute__((unused));  \
		struct obs_slot *slot;                                     \
		void *vcpu;                                                \
                                                                           \
		asm volatile("" : "+r"(ctx), "+r"(now));                   \
		vcpu = (void *)(vcpu_of);                                  \
		if (typed && !vcpu)                                        \
			return result;                                     \
		slot = slot_home((u64)vcpu);                               \
		if (likely(slot->vcpu == (u64)vcpu && (own)))              \
			book_entry(vcpu, slot, now, job);                  \
		else                                                       \
			name##_elsewhere(ctx, vcpu, now);                  \
		return result;                                             \
	}

#define EXIT_PROGRAM(name, section, context, vcpu_of, own, reason, record,  \
		     typed, result, job)                                    \
	static __noinline int name##_elsewhere(void *vcpu, context *ctx)    \
	{                                                                   \
		struct obs_slot *slot =                                     \
			slot_of(typed ? first_argument(ctx) : (u64)vcpu);   \
                                                                            \
		return slot && ctx ?                                        \
			       book_exit(vcpu, slot, reason, record, job) : \
			       0;                                           \
	}                                                                   \
                                                                            \
	SEC(section) int name(context *ctx)                                 \
	{                                                                   \
		u64 id __attribute__((unused));                             \
		void *vcpu = (void *)(vcpu_of);                             \
		struct obs_slot *slot;                                      \
                                                                            \
		if (typed && !vcpu)                                         \
			return result;                                      \
		slot = slot_home((u64)vcpu);                                \
		if (likely(slot->vcpu == (u64)vcpu && (own)))               \
			book_exit(vcpu, slot, reason, record, job);         \
		else                                                        \
			name##_elsewhere(vcpu, ctx);                        \
		return result;                                              \
	}

#define ENTRY_PROGRAMS(name, ...)                         \
	ENTRY_PROGRAM(name##_sum, __VA_ARGS__, JOB_SUM)   \
	ENTRY_PROGRAM(name##_time, __VA_ARGS__, JOB_TIME) \
	ENTRY_PROGRAM(name##_all, __VA_ARGS__, JOB_ALL)

#define EXIT_PROGRAMS(name, ...)                           \
	EXIT_PROGRAM(name##_count, __VA_ARGS__, JOB_COUNT) \
	EXIT_PROGRAM(name##_time, __VA_ARGS__, JOB_TIME)   \
	EXIT_PROGRAM(name##_all, __VA_ARGS__, JOB_ALL)

/*
 * Does a slot that was found belong to this vCPU?  OWN_THREAD decides this if
 * the addresses of vCPUs are unknown, and OWN_PROCESS if their end cannot be
 * seen.
 */
#define OWN_THREAD (slot->tid == (u32)id)
#define OWN_PROCESS (slot->tgid == bpf_get_current_pid_tgid() >> 32)

ENTRY_PROGRAMS(entry_btf, "tp_btf/kvm_entry", u64, ctx[0], 1, 1, 0)
ENTRY_PROGRAMS(entry_raw, "raw_tp/kvm_entry", u64, ctx[0], 1, 0, 0)
ENTRY_PROGRAMS(entry_tp, "tp/kvm/kvm_entry", struct trace_event_raw_kvm_entry,
	       classic_key(ctx->vcpu_id, &id), OWN_THREAD, 0, 1)
ENTRY_PROGRAMS(entry_btf_own, "tp_btf/kvm_entry", u64, ctx[0], OWN_PROCESS, 1,
	       0)
ENTRY_PROGRAMS(entry_raw_own, "raw_tp/kvm_entry", u64, ctx[0], OWN_PROCESS, 0,
	       0)

EXIT_PROGRAMS(exit_btf, "tp_btf/kvm_exit", u64, ctx[0], 1,
	      exit_reason(vcpu, config.isa), NULL, 1, 0)
EXIT_PROGRAMS(exit_btf_svm, "tp_btf/kvm_exit", u64, ctx[0], 1,
	      exit_reason_svm(vcpu), NULL, 1, 0)
EXIT_PROGRAMS(exit_btf_vmx, "tp_btf/kvm_exit", u64, ctx[0], 1,
	      exit_reason_vmx(vcpu), NULL, 1, 0)
EXIT_PROGRAMS(exit_btf_svm_data, "tp_btf/kvm_exit", u64, ctx[0], 1,
	      exit_reason_svm_data(vcpu, slot->vmcb01), NULL, 1, 0)
EXIT_PROGRAMS(exit_raw, "raw_tp/kvm_exit", u64, ctx[0], 1,
	      exit_reason(vcpu, config.isa), NULL, 0, 0)
EXIT_PROGRAMS(exit_raw_svm, "raw_tp/kvm_exit", u64, ctx[0], 1,
	      exit_reason_svm(vcpu), NULL, 0, 0)
EXIT_PROGRAMS(exit_raw_vmx, "raw_tp/kvm_exit", u64, ctx[0], 1,
	      exit_reason_vmx(vcpu), NULL, 0, 0)
EXIT_PROGRAMS(exit_btf_own, "tp_btf/kvm_exit", u64, ctx[0], OWN_PROCESS,
	      exit_reason(vcpu, config.isa), NULL, 1, 0)
EXIT_PROGRAMS(exit_raw_own, "raw_tp/kvm_exit", u64, ctx[0], OWN_PROCESS,
	      exit_reason(vcpu, config.isa), NULL, 0, 0)
EXIT_PROGRAMS(exit_tp, "tp/kvm/kvm_exit", struct trace_event_raw_kvm_exit,
	      classic_key(ctx->vcpu_id, &id), OWN_THREAD,
	      exit_reason_record(ctx, config.isa), ctx, 0, 1)
