// SPDX-License-Identifier: GPL-2.0-only
/* --by rip: the address of the guest's instruction at each exit. */
#include <stdbool.h>
#include <stddef.h>

#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define VMX EXIT_LEAF_ISA_VMX

#define OUTB 0xffffffff81234567ull

static void load_by_rip(u32 isa)
{
	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_RIP }, isa);
}

static void once(u32 reason)
{
	fake_exit(0, reason);
	fake_entry(0);
}

/* Exits of any reason have an address, each reason its own. */
START_TEST(svm)
{
	struct obs_keyed keyed;

	load_by_rip(SVM);
	/* KVM may have moved on before the tracepoint; the VMCB has not. */
	fake_rip(false, _i);
	fake(0)->regs[FAKE_RIP] = OUTB + 2;
	fake_vmcb(0)->rip = OUTB;
	once(EXIT_SVM_MSR);
	once(EXIT_SVM_MSR);
	once(EXIT_SVM_NPF);
	fake_vmcb(0)->rip = 0x401000;
	fake_exit(0, EXIT_SVM_MSR);
	keyed = fake_keyed(0, EXIT_SVM_MSR, OUTB);
	ck_assert_uint_eq(keyed.exits, 2);
	ck_assert_uint_eq(keyed.timed, 2);
	ck_assert_uint_eq(keyed.ns, fake_slot(0)->cell[1].ns);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, OUTB).timed, 1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0x401000).exits, 1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, OUTB + 2).exits, 0);
	ck_assert(!bpf_program__autoload(bpf->progs.rip_read));
	fake_nothing_lost();
}
END_TEST

/* The next exit's address is booked after one that was lost. */
static void lost_then_found(u32 isa, u32 reason)
{
	once(reason);
	once(reason);
	ck_assert_uint_eq(fake_lost("no_key"), 2);
	ck_assert_uint_eq(fake_keyed(0, reason, OUTB).exits, 0);
	fake_rip(false, false);
	fake(0)->guest_state_protected = false;
	fake(0)->vmcb = fake(0)->vmcb01;
	if (isa == VMX)
		fake(0)->loaded_vmcs =
			fake_address(0) + offsetof(struct fake_vcpu, vmcs01);
	once(reason);
	ck_assert_uint_eq(fake_lost("no_key"), 2);
	ck_assert_uint_eq(fake_keyed(0, reason, OUTB).timed, 1);
}

/* A guest of the guest has other symbols. */
START_TEST(svm_nested)
{
	load_by_rip(SVM);
	fake_vmcb(0)->rip = OUTB;
	fake(0)->vmcb = fake(0)->vmcb02;
	fake_vmcb(0)->rip = OUTB;
	lost_then_found(SVM, EXIT_SVM_MSR);
}
END_TEST

/* With SEV-ES the VMCB has an old value. */
START_TEST(svm_protected)
{
	load_by_rip(SVM);
	fake_vmcb(0)->rip = OUTB;
	fake(0)->guest_state_protected = true;
	lost_then_found(SVM, EXIT_SVM_VMGEXIT);
}
END_TEST

/* If the kernel does not tell whether it is protected, it may be. */
START_TEST(layout_unknown)
{
	const u32 reason = _i ? EXIT_VMX_HLT : EXIT_SVM_HLT;

	fake_kvm_registers(FAKE_UNKNOWN);
	load_by_rip(_i ? VMX : SVM);
	if (!_i)
		fake_vmcb(0)->rip = OUTB;
	fake(0)->regs[FAKE_RIP] = fake(0)->rip = OUTB;
	once(reason);
	ck_assert_uint_eq(fake_lost("no_key"), 1);
	ck_assert_uint_eq(fake_keyed(0, reason, OUTB).exits, 0);
}
END_TEST

/* Load for VMX.  One of the kernel's two places of RIP has a wrong value. */
static void load_vmx(bool newer)
{
	fake_kvm_registers(newer ? FAKE_BITMAPS : FAKE_NUMBERS);
	load_by_rip(VMX);
	fake(0)->regs[FAKE_RIP] = newer ? 0xbad : OUTB;
	fake(0)->rip = newer ? OUTB : 0xbad;
}

START_TEST(vmx)
{
	load_vmx(_i);
	once(EXIT_VMX_IO_INSTRUCTION);
	once(EXIT_VMX_HLT);
	once(EXIT_VMX_HLT);
	ck_assert_uint_eq(fake_keyed(0, EXIT_VMX_IO_INSTRUCTION, OUTB).timed,
			  1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_VMX_HLT, OUTB).timed, 2);
	ck_assert(bpf_program__autoload(bpf->progs.rip_read));
	fake_nothing_lost();
}
END_TEST

/* KVM's copy is of an earlier exit. */
START_TEST(vmx_unread)
{
	load_vmx(_i);
	fake_rip(true, false);
	lost_then_found(VMX, EXIT_VMX_HLT);
}
END_TEST

/* KVM has moved its copy. */
START_TEST(vmx_written)
{
	load_vmx(_i);
	fake_rip(false, true);
	lost_then_found(VMX, EXIT_VMX_HLT);
}
END_TEST

START_TEST(vmx_nested)
{
	load_vmx(_i);
	fake(0)->loaded_vmcs = fake_address(0);
	lost_then_found(VMX, EXIT_VMX_HLT);
}
END_TEST

/* The registers of a TDX guest are not KVM's to read. */
START_TEST(vmx_protected)
{
	load_vmx(_i);
	fake(0)->guest_state_protected = true;
	lost_then_found(VMX, EXIT_VMX_HLT);
}
END_TEST

/* No other question makes the kernel fill in the classic record. */
START_TEST(only_if_asked)
{
	fake_kvm_load(&(struct observer_options){ .by = LEDGER_KEY_MSR }, VMX);
	ck_assert(!bpf_program__autoload(bpf->progs.rip_read));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's addresses");
	TCase *tcase = tcase_create("rip");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_loop_test(tcase, svm, 0, 2);
	tcase_add_test(tcase, svm_nested);
	tcase_add_test(tcase, svm_protected);
	tcase_add_loop_test(tcase, layout_unknown, 0, 2);
	tcase_add_loop_test(tcase, vmx, 0, 2);
	tcase_add_loop_test(tcase, vmx_unread, 0, 2);
	tcase_add_loop_test(tcase, vmx_written, 0, 2);
	tcase_add_loop_test(tcase, vmx_nested, 0, 2);
	tcase_add_loop_test(tcase, vmx_protected, 0, 2);
	tcase_add_test(tcase, only_if_asked);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
