// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kinds.h"
#include "micro_vmm_work.h"

#define CR0_ET 0x10ull
#define VECTOR_BP 3
#define VECTOR_UD 6

/* The state of a vCPU before the VMM's work. */
struct state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_vcpu_events events;
};

static int vcpu_ioctl(struct vmm *vmm, unsigned long request, void *data,
		      const char *name)
{
	int r = 0;

	if (ioctl(vmm->vcpu[0].fd, request, data)) {
		r = -errno;
		snprintf(vmm->why, sizeof(vmm->why), "%s: %s", name,
			 strerror(-r));
	}
	return r;
}

static int save(struct vmm *vmm, struct state *state)
{
	int r = vmm_get_regs(vmm, 0, &state->regs);

	if (!r)
		r = vmm_get_sregs(vmm, 0, &state->sregs);
	return r ? r :
		   vcpu_ioctl(vmm, KVM_GET_VCPU_EVENTS, &state->events,
			      "KVM_GET_VCPU_EVENTS");
}

static int restore(struct vmm *vmm, struct state *state)
{
	int r = vmm_set_sregs(vmm, 0, &state->sregs);

	if (!r)
		r = vmm_set_regs(vmm, 0, &state->regs);
	return r ? r :
		   vcpu_ioctl(vmm, KVM_SET_VCPU_EVENTS, &state->events,
			      "KVM_SET_VCPU_EVENTS");
}

/* Run the vCPU, and check that it returns with the expected exit. */
static int run_for(struct vmm *vmm, uint32_t expected, const char *what)
{
	int r = vmm_run(vmm, 0);
	uint32_t got = vmm->vcpu[0].run->exit_reason;

	if (r)
		snprintf(vmm->why, sizeof(vmm->why), "%s: KVM_RUN: %s", what,
			 strerror(-r));
	else if (got != expected)
		snprintf(vmm->why, sizeof(vmm->why), "%s: KVM exit %u, not %u",
			 what, got, expected);
	return r ? r : got == expected ? 0 : -EPROTO;
}

/*
 * KVM completes an OUT at the next KVM_RUN.  Do this without running the guest,
 * so that registers can be read and set.
 */
static int complete_io(struct vmm *vmm)
{
	struct kvm_run *run = vmm->vcpu[0].run;
	int r = 0;

	run->immediate_exit = 1;
	if (!ioctl(vmm->vcpu[0].fd, KVM_RUN, 0) || errno != EINTR) {
		snprintf(vmm->why, sizeof(vmm->why),
			 "KVM_RUN with immediate_exit did not end at once");
		r = -EPROTO;
	}
	run->immediate_exit = 0;
	return r;
}

/*
 * Set both CS.L and CS.D.  No VM entry is possible with these: SDM volume 3C,
 * section 27.3.1.2.
 */
static int fail_entry(struct vmm *vmm, const struct state *state)
{
	struct kvm_sregs sregs = state->sregs;
	int r;

	sregs.cs.db = 1;
	r = vmm_set_sregs(vmm, 0, &sregs);
	return r ? r : run_for(vmm, KVM_EXIT_FAIL_ENTRY, "fail_entry");
}

/* Cause #UD without an IDT, which leads to a triple fault. */
static int shutdown(struct vmm *vmm, const struct state *state)
{
	struct kvm_sregs sregs = state->sregs;
	struct kvm_regs regs = state->regs;
	int r;

	sregs.idt.limit = 0;
	regs.rip = MICRO_CODE + micro_ud2;
	r = vmm_set_sregs(vmm, 0, &sregs);
	if (!r)
		r = vmm_set_regs(vmm, 0, &regs);
	return r ? r : run_for(vmm, KVM_EXIT_SHUTDOWN, "shutdown");
}

/*
 * Inject a software exception whose instruction has length 0.  This is a
 * VM-Fail: SDM volume 3C, section 27.2.1.3.  KVM leaves the exception in the
 * VMCS, so all further entries would fail, too.  So a hardware exception is
 * injected next, which replaces it; the handler of the hardware exception
 * continues at the address in R15.
 */
static int vm_fail(struct vmm *vmm, const struct state *state)
{
	struct kvm_vcpu_events events = state->events;
	struct kvm_regs regs = state->regs;
	int r;

	events.exception.injected = 1;
	events.exception.nr = VECTOR_BP;
	events.exception.has_error_code = 0;
	r = vcpu_ioctl(vmm, KVM_SET_VCPU_EVENTS, &events,
		       "KVM_SET_VCPU_EVENTS");
	if (!r)
		r = run_for(vmm, KVM_EXIT_FAIL_ENTRY, "vm_fail");
	events.exception.nr = VECTOR_UD;
	regs.r15 = MICRO_CODE + micro_out;
	if (!r)
		r = vmm_set_regs(vmm, 0, &regs);
	if (!r)
		r = vcpu_ioctl(vmm, KVM_SET_VCPU_EVENTS, &events,
			       "KVM_SET_VCPU_EVENTS");
	if (!r)
		r = run_for(vmm, KVM_EXIT_IO, "the OUT after vm_fail");
	return r ? r : complete_io(vmm);
}

/*
 * Use a code segment whose base is not its selector * 16.  Without
 * "unrestricted guest", the processor cannot enter such a guest, and KVM
 * emulates it.
 */
static int real_mode(struct vmm *vmm, const struct state *state, uint64_t times)
{
	struct kvm_segment segment = {
		.limit = 0xffff,
		.type = 3,
		.present = 1,
		.s = 1,
	};
	struct kvm_sregs sregs = state->sregs;
	struct kvm_regs regs = { .rcx = times, .rflags = 2 };
	int r;

	sregs.cr0 = CR0_ET;
	sregs.cr4 = 0;
	sregs.efer = 0;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment;
	sregs.cs = segment;
	sregs.cs.type = 11;
	sregs.cs.base = MICRO_REAL;
	sregs.cs.selector = 0x10;
	r = vmm_set_sregs(vmm, 0, &sregs);
	if (!r)
		r = vmm_set_regs(vmm, 0, &regs);
	if (!r)
		r = run_for(vmm, KVM_EXIT_IO, "real_mode");
	return r ? r : complete_io(vmm);
}

int micro_vmm_work(struct vmm *vmm, const uint64_t work[MICRO_KINDS])
{
	static const struct {
		enum micro_kind kind;
		int (*once)(struct vmm *vmm, const struct state *state);
	} rows[] = {
		{ MICRO_fail_entry, fail_entry },
		{ MICRO_shutdown, shutdown },
		{ MICRO_vm_fail, vm_fail },
	};
	struct state state;
	int r;

	r = complete_io(vmm);
	if (!r)
		r = save(vmm, &state);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (uint64_t n = 0; !r && n < work[rows[i].kind]; n++) {
			r = rows[i].once(vmm, &state);
			if (!r)
				r = restore(vmm, &state);
		}
	}
	if (!r && work[MICRO_real_mode]) {
		r = real_mode(vmm, &state, work[MICRO_real_mode]);
		if (!r)
			r = restore(vmm, &state);
	}
	return r;
}
