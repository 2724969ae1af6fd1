// SPDX-License-Identifier: GPL-2.0-only
/* Optional data: keys, time off the CPU, slow exits. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "exit_reason_codes.h"
#include "fake_kvm.h"
#include "tests/tap.h"

#define SVM EXIT_LEAF_ISA_SVM
#define VMX EXIT_LEAF_ISA_VMX

static void load_by(enum ledger_key_kind by, u32 isa)
{
	fake_kvm_load(&(struct observer_options){ .by = by }, isa);
}

/* Cases in which the key is in a register at the exit. */
static const struct {
	enum ledger_key_kind by;
	u32 isa;
	u32 reason;
	u32 other; /* a reason without such a key */
	u32 reg;
	u64 value;
	u64 key;
} in_registers[] = {
	{ LEDGER_KEY_MSR, SVM, EXIT_SVM_MSR, EXIT_SVM_CPUID, FAKE_RCX,
	  0xffffffff00000830, 0x830 },
	{ LEDGER_KEY_MSR, VMX, EXIT_VMX_MSR_READ, EXIT_VMX_CPUID, FAKE_RCX,
	  0x1b, 0x1b },
	{ LEDGER_KEY_MSR, VMX, EXIT_VMX_MSR_WRITE, EXIT_VMX_RDPMC, FAKE_RCX,
	  0x6e0, 0x6e0 },
	{ LEDGER_KEY_HYPERCALL, SVM, EXIT_SVM_VMMCALL, EXIT_SVM_MSR, FAKE_RAX,
	  0xffffffff00000005, 0xffffffff00000005 },
	{ LEDGER_KEY_HYPERCALL, VMX, EXIT_VMX_VMCALL, EXIT_VMX_CPUID, FAKE_RAX,
	  11, 11 },
	{ LEDGER_KEY_CPUID, SVM, EXIT_SVM_CPUID, EXIT_SVM_MSR, FAKE_RAX,
	  0xffffffff40000000, 0x40000000 },
	{ LEDGER_KEY_CPUID, VMX, EXIT_VMX_CPUID, EXIT_VMX_VMCALL, FAKE_RAX, 0xd,
	  0xd },
};

START_TEST(keys_in_registers)
{
	const u32 reason = in_registers[_i].reason;
	const struct obs_cell *cell;
	struct obs_keyed keyed;

	load_by(in_registers[_i].by, in_registers[_i].isa);
	fake(0)->regs[in_registers[_i].reg] = in_registers[_i].value;
	for (int i = 0; i < 3; i++) {
		fake_exit(0, reason);
		fake_entry(0);
	}
	fake_exit(0, in_registers[_i].other);
	fake_entry(0);
	/* An exit without an entry. */
	fake_exit(0, reason);
	keyed = fake_keyed(0, reason, in_registers[_i].key);
	cell = &fake_slot(0)->cell[1];
	ck_assert_uint_eq(keyed.exits, 4);
	ck_assert_uint_eq(keyed.timed, 3);
	/* All exits for this reason have this key. */
	ck_assert_uint_eq(keyed.ns, cell->ns);
	ck_assert_uint_eq(keyed.min_ns, cell->min_ns);
	ck_assert_uint_eq(keyed.max_ns, cell->max_ns);
	ck_assert_uint_gt(keyed.min_ns, 0);
	ck_assert_uint_eq(fake_keyed(0, in_registers[_i].other,
				     in_registers[_i].key)
				  .exits,
			  0);
	fake_nothing_lost();
}
END_TEST

/* The table is full: exits are booked, and their missing keys are counted. */
START_TEST(keys_run_out)
{
	struct obs_key key = { .serial = ~0u };
	struct obs_keyed value = { 0 };

	load_by(LEDGER_KEY_MSR, SVM);
	for (u32 i = 0; i < OBS_KEYS; i++) {
		key.key = i;
		ck_assert_int_eq(
			bpf_map_update_elem(bpf_map__fd(bpf->maps.keyed), &key,
					    &value, BPF_ANY),
			0);
	}
	for (int i = 0; i < 5; i++) {
		fake_exit(0, EXIT_SVM_MSR);
		fake_entry(0);
	}
	ck_assert_uint_eq(fake_lost("no_key"), 5);
	ck_assert_uint_eq(fake_slot(0)->cell[1].exits, 5);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0).exits, 0);
}
END_TEST

/* Take the slow exits; return their number, and the last one in @last. */
static struct obs_slow last;
static int nr_slow;

static int take(void *ctx, void *data, size_t size)
{
	(void)ctx;
	ck_assert_uint_ge(size, sizeof(last));
	memcpy(&last, data, sizeof(last));
	nr_slow++;
	return 0;
}

static int slow_exits(void)
{
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(bpf->maps.slow), take, NULL, NULL);

	ck_assert_ptr_nonnull(ring);
	nr_slow = 0;
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return nr_slow;
}

/* --- ports --- */

/* KVM reads the exit qualification while it handles the exit. */
static void handles_io(u32 i, u64 qualification)
{
	fake(i)->exit_qualification = qualification;
	fake(i)->regs_avail |= 1u << FAKE_EXIT_INFO_1;
}

#define OUT_3F8 0x3f80008ull

/*
 * The port is known at the exit on SVM and at the entry on VMX, in time on
 * both.
 */
START_TEST(ports)
{
	const u32 reason = _i ? EXIT_VMX_IO_INSTRUCTION : EXIT_SVM_IOIO;
	const struct observer_options options = { .by = LEDGER_KEY_PORT,
						  .slower_than_ns = 1 };
	struct obs_keyed keyed;

	fake_kvm_registers(_i < 2 ? FAKE_NUMBERS : FAKE_BITMAPS);
	fake_kvm_load(&options, _i ? VMX : SVM);
	fake_vmcb(0)->exit_info_1 = OUT_3F8;
	for (int i = 0; i < 10; i++) {
		fake_exit(0, reason);
		handles_io(0, OUT_3F8);
		fake_entry(0);
	}
	keyed = fake_keyed(0, reason, 0x3f8);
	ck_assert_uint_eq(keyed.exits, 10);
	ck_assert_uint_eq(keyed.timed, 10);
	ck_assert_int_eq(slow_exits(), 10);
	ck_assert_uint_eq(last.has_key, 1);
	ck_assert_uint_eq(last.key, 0x3f8);
	/* Exits for other reasons have no port. */
	fake_exit(0, EXIT_SVM_MSR);
	handles_io(0, OUT_3F8);
	fake_entry(0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0x3f8).exits, 0);
	ck_assert_int_eq(slow_exits(), 1);
	ck_assert_uint_eq(last.has_key, 0);
	fake_nothing_lost();
}
END_TEST

/*
 * If KVM has not read the qualification for this exit, the missing key is
 * counted.
 */
START_TEST(ports_unknown)
{
	fake_kvm_registers(_i ? FAKE_BITMAPS : FAKE_NUMBERS);
	load_by(LEDGER_KEY_PORT, VMX);
	fake(0)->exit_qualification = OUT_3F8;
	fake_exit(0, EXIT_VMX_IO_INSTRUCTION);
	fake_entry(0);
	ck_assert_uint_eq(fake_lost("no_key"), 1);
	fake_exit(0, EXIT_VMX_IO_INSTRUCTION);
	handles_io(0, 0);
	fake(0)->exit_reason = 1u << 31 | EXIT_VMX_INVALID_STATE;
	fake_entry(0);
	ck_assert_uint_eq(fake_lost("no_key"), 2);
	ck_assert_uint_eq(fake_keyed(0, EXIT_VMX_IO_INSTRUCTION, 0x3f8).exits,
			  0);
}
END_TEST

/*
 * With encrypted registers, KVM writes what the guest asks for into the VMCB.
 */
START_TEST(ports_of_vmgexit)
{
	load_by(LEDGER_KEY_PORT, SVM);
	fake_exit(0, EXIT_SVM_VMGEXIT);
	fake_vmcb(0)->exit_code = EXIT_SVM_IOIO;
	fake_vmcb(0)->exit_info_1 = OUT_3F8;
	fake_entry(0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_VMGEXIT, 0x3f8).timed, 1);
	fake_exit(0, EXIT_SVM_VMGEXIT);
	fake_vmcb(0)->exit_code = EXIT_SVM_MSR;
	fake_entry(0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_VMGEXIT, 0x3f8).exits, 1);
	fake_nothing_lost();
}
END_TEST

/* The classic tracepoint's record has the port for both vendors. */
START_TEST(ports_of_records)
{
	const u32 reason = _i ? EXIT_VMX_IO_INSTRUCTION : EXIT_SVM_IOIO;
	struct ledger ledger = { 0 };

	fake_kvm_load_as(&(struct observer_options){ .by = LEDGER_KEY_PORT },
			 _i ? VMX : SVM,
			 (struct choice){ ATTACH_TP, READ_PROBE, ENDS_KPROBE });
	fake_kvm_attach();
	fake(0)->exit_qualification = OUT_3F8;
	for (int i = 0; i < 10; i++) {
		fake_exit(0, reason);
		fake_entry(0);
		fake_exit(0, EXIT_SVM_MSR);
		fake_entry(0);
	}
	ck_assert_int_eq(observer_collect(&observer, &ledger, NULL), 0);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.nr, 1);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].key, 0x3f8);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].reason, reason);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].times.exits, 10);
	ck_assert_uint_eq(ledger.vm[0].vcpu[0].keys.key[0].times.timed, 10);
	ledger_free(&ledger);
	fake_nothing_lost();
}
END_TEST

/* --- addresses --- */

static void mmio(struct bpf_program *program, u64 gpa)
{
	u64 args[4] = { 1, 4, gpa, 0 };

	if (program == bpf->progs.key_fast_mmio)
		args[0] = gpa;
	run(program, args, 4);
}

/* If an exit has several addresses, the first one counts. */
START_TEST(addresses)
{
	const u32 reason = _i ? EXIT_VMX_EPT_MISCONFIG : EXIT_SVM_NPF;

	load_by(LEDGER_KEY_MMIO, _i ? VMX : SVM);
	fake_exit(0, reason);
	mmio(bpf->progs.key_mmio, 0xfee00300);
	mmio(bpf->progs.key_mmio, 0xfee00310);
	fake_entry(0);
	fake_exit(0, reason);
	mmio(bpf->progs.key_fast_mmio, 0xfee00300);
	fake_entry(0);
	ck_assert_uint_eq(fake_keyed(0, reason, 0xfee00300).exits, 2);
	ck_assert_uint_eq(fake_keyed(0, reason, 0xfee00300).timed, 2);
	ck_assert_uint_eq(fake_keyed(0, reason, 0xfee00310).exits, 0);
	fake_nothing_lost();
}
END_TEST

/*
 * At an MMIO exit the address is known, as KVM knows that there is no memory at
 * it.
 */
START_TEST(addresses_at_exits)
{
	load_by(LEDGER_KEY_MMIO, SVM);
	fake_vmcb(0)->exit_info_2 = 0xfee000b0;
	fake_vmcb(0)->exit_info_1 = 0x10000000f;
	fake_exit(0, EXIT_SVM_NPF);
	fake_entry(0);
	/* The next exit is an ordinary page fault again. */
	fake_exit(0, EXIT_SVM_NPF);
	mmio(bpf->progs.key_mmio, 0xfee000b0);
	fake_entry(0);
	/* Make a fault on a page that was not present. */
	fake_vmcb(0)->exit_info_1 = 0x100000006;
	fake_exit(0, EXIT_SVM_NPF);
	fake_entry(0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, 0xfee000b0).exits, 2);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_NPF, 0xfee000b0).timed, 2);
	fake_nothing_lost();
}
END_TEST

/*
 * On VMX only KVM's tracepoint has the address.  If that event was missed, the
 * missing key is counted.
 */
START_TEST(addresses_unknown)
{
	load_by(LEDGER_KEY_MMIO, VMX);
	for (int i = 0; i < 3; i++) {
		fake_exit(0, EXIT_VMX_EPT_MISCONFIG);
		if (i)
			mmio(bpf->progs.key_mmio, 0xfee000b0);
		fake_entry(0);
		fake_exit(0, EXIT_VMX_EPT_VIOLATION);
		fake_entry(0);
	}
	ck_assert_uint_eq(
		fake_keyed(0, EXIT_VMX_EPT_MISCONFIG, 0xfee000b0).exits, 2);
	ck_assert_uint_eq(fake_lost("no_key"), 1);
}
END_TEST

/* --- slow exits --- */

static void takes(u32 reason, u64 ns)
{
	fake_exit(0, reason);
	fake_slot(0)->exit_ns -= ns;
	fake_entry(0);
}

START_TEST(slow_ones)
{
	const struct observer_options options = { .slower_than_ns = 1000000000,
						  .by = LEDGER_KEY_MSR,
						  .slow_hlt = _i };

	fake_kvm_load(&options, SVM);
	fake(0)->regs[FAKE_RCX] = 0x830;
	takes(EXIT_SVM_MSR, 1000);
	ck_assert_int_eq(slow_exits(), 0);
	takes(EXIT_SVM_HLT, 2000000000);
	ck_assert_int_eq(slow_exits(), _i);
	takes(EXIT_SVM_MSR, 2000000000);
	ck_assert_int_eq(slow_exits(), 1);
	ck_assert_uint_eq(last.reason, EXIT_SVM_MSR);
	ck_assert_uint_eq(last.has_key, 1);
	ck_assert_uint_eq(last.key, 0x830);
	ck_assert_uint_ge(last.ns, 2000000000);
	ck_assert_uint_lt(last.ns, 60000000000);
	ck_assert_uint_eq(last.vm, 1);
	ck_assert_uint_eq(last.tid, gettid());
	takes(EXIT_SVM_CPUID, 2000000000);
	ck_assert_int_eq(slow_exits(), 1);
	ck_assert_uint_eq(last.has_key, 0);
}
END_TEST

/*
 * If the clock of the CPU at the entry is behind, neither a slow exit nor a
 * time is booked.
 */
START_TEST(negative_times)
{
	const struct observer_options options = { .slower_than_ns = 1,
						  .by = LEDGER_KEY_MSR,
						  .off_cpu = true };
	struct obs_slot *slot;

	fake_kvm_load(&options, SVM);
	fake(0)->regs[FAKE_RCX] = 0x830;
	fake_exit(0, EXIT_SVM_MSR);
	slot = fake_slot(0);
	slot->blocked_ns = 1000;
	slot->exit_ns += 5000000000;
	fake_entry(0);
	ck_assert_int_eq(slow_exits(), 0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0x830).exits, 1);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0x830).timed, 0);
	ck_assert_uint_eq(fake_keyed(0, EXIT_SVM_MSR, 0x830).ns, 0);
	ck_assert_uint_eq(slot->cell[1].ns, 0);
	ck_assert_uint_eq(slot->cell[1].blocked_ns, 0);
	ck_assert_uint_eq(fake_lost("negative"), 1);
	/* Check the same for time off the CPU. */
	fake_exit(0, EXIT_SVM_MSR);
	slot->off_ns = slot->exit_ns + 5000000000;
	fake_entry(0);
	ck_assert_uint_eq(slow_exits(), 1);
	ck_assert_uint_eq(slot->cell[1].blocked_ns, 0);
	ck_assert_uint_eq(fake_lost("negative"), 2);
}
END_TEST

/* Check the same for compare, where BPF books the time at the next exit. */
START_TEST(negative_times_of_compare)
{
	struct obs_slot *slot;

	fake_kvm_load(&(struct observer_options){ .answers = true }, SVM);
	takes(EXIT_SVM_MSR, -5000000000ull);
	slot = fake_slot(0);
	fake_exit(0, EXIT_SVM_MSR);
	ck_assert_uint_eq(slot->cell[1].ns, 0);
	fake_entry(0);
	fake_exit(0, EXIT_SVM_MSR);
	ck_assert_uint_gt(slot->cell[1].ns, 0);
	ck_assert_uint_eq(slot->cell[1].max_ns, slot->cell[1].ns);
	ck_assert_uint_eq(fake_lost("negative"), 1);
}
END_TEST

/* The ring is full: each slow exit that is lost is counted. */
START_TEST(slow_ones_run_out)
{
	const int nr = 20000;

	fake_kvm_load(&(struct observer_options){ .slower_than_ns = 1 }, SVM);
	for (int i = 0; i < nr; i++)
		takes(EXIT_SVM_MSR, 1000000);
	ck_assert_uint_gt(bpf->bss->losses.slow, 0);
	ck_assert_uint_eq(bpf->bss->losses.slow + slow_exits(), nr);
}
END_TEST

/* --- time off the CPU --- */

static struct bpf_link *switches;

static void load_off_cpu(void)
{
	fake_kvm_load(&(struct observer_options){ .off_cpu = true }, SVM);
	switches = bpf_program__attach(bpf->progs.off_cpu);
	ck_assert_ptr_nonnull(switches);
}

#define ASLEEP 20000000

static void sleep_a_while(void)
{
	const struct timespec time = { .tv_nsec = ASLEEP };

	nanosleep(&time, NULL);
}

START_TEST(asleep)
{
	const struct obs_cell *cell;
	u64 off, ns;

	load_off_cpu();
	fake_exit(0, EXIT_SVM_HLT);
	sleep_a_while();
	fake_entry(0);
	cell = &fake_slot(0)->cell[1];
	/* The sleep's timer starts before the thread leaves the CPU. */
	ck_assert_uint_ge(cell->blocked_ns, ASLEEP / 2);
	ck_assert_uint_le(cell->blocked_ns + cell->preempted_ns, cell->ns);
	off = cell->blocked_ns + cell->preempted_ns;
	ns = cell->ns;
	/* Sleeping while in the guest is not part of an exit. */
	sleep_a_while();
	fake_exit(0, EXIT_SVM_HLT);
	fake_entry(0);
	ck_assert_uint_le(cell->blocked_ns + cell->preempted_ns - off,
			  cell->ns - ns);
	bpf_link__destroy(switches);
	fake_nothing_lost();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("observer's extras");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, NULL, fake_kvm_teardown);
	tcase_add_loop_test(tcase, keys_in_registers, 0,
			    sizeof(in_registers) / sizeof(in_registers[0]));
	tcase_add_test(tcase, keys_run_out);
	tcase_add_loop_test(tcase, ports, 0, 3);
	tcase_add_loop_test(tcase, ports_unknown, 0, 2);
	tcase_add_test(tcase, ports_of_vmgexit);
	tcase_add_loop_test(tcase, ports_of_records, 0, 2);
	tcase_add_loop_test(tcase, addresses, 0, 2);
	tcase_add_test(tcase, addresses_at_exits);
	tcase_add_test(tcase, addresses_unknown);
	tcase_add_loop_test(tcase, slow_ones, 0, 2);
	tcase_add_test(tcase, negative_times);
	tcase_add_test(tcase, negative_times_of_compare);
	tcase_add_test(tcase, slow_ones_run_out);
	tcase_add_test(tcase, asleep);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
