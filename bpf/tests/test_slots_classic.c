// SPDX-License-Identifier: GPL-2.0-only
/* Tests how BPF identifies vCPUs by classic tracepoints, which do not show
 * them. */
#include <unistd.h>

#include "cells_run.h"
#include "exit_leaves.h"
#include "fake_kvm_btf.h"
#include "tests/tap.h"

static void load_classic(void)
{
	cells_load_as((struct obs_config){ .classic = true });
}

static u64 key_of(u32 id)
{
	return (u64)getpid() << 22 | id;
}

START_TEST(classic_keys)
{
	static const u32 id[] = { 0, 1, 0x12345, (1u << 22) - 1 };

	for (size_t i = 0; i < sizeof(id) / sizeof(*id); i++) {
		ck_assert_uint_eq(cells_run(cells->progs.test_classic_key,
					    id[i], 0, 0, 0),
				  key_of(id[i]));
		ck_assert_uint_eq(cells->bss->test_id,
				  (u64)getpid() << 32 | getpid());
	}
}
END_TEST

/*
 * vCPUs are identified by process and number; without addresses, a process is
 * one VM.
 */
START_TEST(classic_vcpus)
{
	static const u32 id[] = { 0, 1, 3000, (1u << 22) - 1 };

	load_classic();
	for (u32 i = 0; i < 4; i++) {
		const struct obs_slot *slot;

		cells_exit(key_of(id[i]), 5);
		slot = cells_slot(key_of(id[i]));
		ck_assert_uint_eq(slot->vcpu_id, id[i]);
		ck_assert_uint_eq(slot->vm, 1);
		ck_assert_uint_eq(slot->serial, i + 1);
		ck_assert_uint_eq(slot->tgid, getpid());
		ck_assert_uint_eq(slot->tid, getpid());
		ck_assert_uint_eq(slot->address, 0);
		ck_assert_uint_eq(slot->prior_exits, 0);
		ck_assert_uint_eq(slot->vmcb01, 0);
	}
	cells_only_vm(0, getpid(), 4);
}
END_TEST

/*
 * A thread that runs several vCPUs in turn has another one than at its last
 * exit: its events are not of the vCPU whose exit is open.
 */
START_TEST(classic_current_vcpus)
{
	load_classic();
	fake_kvm_on_thread(cells_vcpu(1, 0));
	cells_exit(key_of(0), 5);
	cells_thread(key_of(0));
	ck_assert_uint_eq(cells_current(), key_of(0));
	fake_kvm_on_thread(cells_vcpu(1, 1));
	ck_assert_uint_eq(cells_current(), 0);
	fake_kvm_on_thread(cells_vcpu(1, 0));
	ck_assert_uint_eq(cells_current(), key_of(0));
	/* Without addresses, only the last exit is known. */
	fake_kvm_on_thread(0);
	ck_assert_uint_eq(cells_current(), key_of(0));
	cells_slot(key_of(0))->address = 0;
	fake_kvm_on_thread(cells_vcpu(1, 1));
	ck_assert_uint_eq(cells_current(), key_of(0));
}
END_TEST

/* With the address, the VM and its end are known. */
START_TEST(classic_vcpus_have_addresses)
{
	const u64 key = key_of(7);
	struct obs_slot *slot;

	load_classic();
	cells_memory(1, 0)->vcpu_id = 7;
	fake_kvm_on_thread(cells_vcpu(1, 0));
	cells_exit(key, 5);
	slot = cells_slot(key);
	ck_assert_uint_eq(slot->address, cells_vcpu(1, 0));
	ck_assert_uint_eq(slot->vcpu_id, 7);
	cells_only_vm(cells_kvm(1), 0, 1);
	/* Events without a vCPU belong to the thread's vCPU. */
	ck_assert_uint_eq(cells_current(), 0);
	cells_thread(key);
	fake_kvm_on_thread(0);
	ck_assert_uint_eq(cells_current(), key);
	for (int i = 0; i < 2; i++) {
		cells_run(cells->progs.test_end, cells_vcpu(1, 1), 0, 0, 0);
		ck_assert_uint_eq(cells->bss->vcpus_ended, i);
		cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
		ck_assert_uint_eq(cells->bss->vcpus_ended, 1);
	}
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	cells_only_vm(cells_kvm(1), 0, 0);
}
END_TEST

/* The address does not give the slot's place, so all slots are searched. */
START_TEST(classic_vcpus_end)
{
	struct obs_slot *slots, *slot;

	load_classic();
	slots = cells->bss->slots;
	slot = &slots[_i ? OBS_SLOTS - 1 : 0];
	slot->vcpu = key_of(7);
	slot->address = cells_vcpu(1, 0);
	/* A slot after the last one must not be found. */
	slots[OBS_SLOTS].vcpu = key_of(8);
	slots[OBS_SLOTS].address = cells_vcpu(1, 1);
	cells_run(cells->progs.test_end, cells_vcpu(1, 1), 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 0);
	cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 1);
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
}
END_TEST

/* The address shows that the vCPU has moved to another thread. */
START_TEST(classic_vcpus_move)
{
	const u64 key = key_of(7);
	struct obs_slot *slot;

	load_classic();
	fake_kvm_on_thread(_i ? cells_vcpu(1, 0) : 0);
	cells_exit(key, 5);
	cells_thread(key);
	slot = cells_slot(key);
	slot->tid++;
	cells_exit(key, 5);
	ck_assert_uint_eq(slot->cell[1].exits, 2);
	ck_assert_uint_eq(slot->tid, getpid());
	ck_assert_uint_eq(slot->thread_known, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	ck_assert_uint_eq(cells->bss->serials, 1);
	/* Without the address it may belong to another VM. */
	ck_assert_uint_eq(cells->bss->losses.shared, _i ? 0 : 1);
	slot->tid++;
	cells_exit(key, 5);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	ck_assert_uint_eq(cells->bss->losses.shared, _i ? 0 : 2);
}
END_TEST

/* The number belongs to another VM of the process, which the address shows. */
START_TEST(classic_vcpus_of_other_vms)
{
	const u64 key = key_of(7);
	struct obs_slot *slot;
	u64 twin;

	load_classic();
	twin = cells_vcpu(2, 3);
	fake_kvm_on_thread(cells_vcpu(1, 0));
	cells_exit(key, 5);
	slot = cells_slot(key);
	slot->tid++; /* another thread runs it now */
	cells_memory(2, 3)->vcpu_id = 7;
	cells_memory(2, 3)->stat_exits = 50;
	fake_kvm_on_thread(twin);
	for (u32 i = 1; i <= 3; i++) {
		cells_exit(key, 5);
		ck_assert_uint_eq(cells_slot(twin)->cell[1].exits, i);
	}
	ck_assert_uint_eq(cells_slot(twin)->address, twin);
	ck_assert_uint_eq(cells_slot(twin)->vcpu_id, 7);
	ck_assert_uint_eq(cells_slot(twin)->vm, 2);
	ck_assert_uint_eq(cells_slot(twin)->prior_exits, 0);
	ck_assert_uint_eq(slot->cell[1].exits, 1);
	ck_assert_uint_eq(slot->tid, getpid() + 1);
	ck_assert_uint_eq(cells->bss->losses.shared, 0);
	/* Each vCPU ends by its own address. */
	cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	ck_assert_ptr_nonnull(cells_slot(twin));
	cells_run(cells->progs.test_end, twin, 0, 0, 0);
	ck_assert_ptr_null(cells_slot(twin));
	ck_assert_uint_eq(cells->bss->vcpus_ended, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slots by classic tracepoints");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, cells_setup, cells_teardown);
	tcase_add_test(tcase, classic_keys);
	tcase_add_test(tcase, classic_vcpus);
	tcase_add_test(tcase, classic_current_vcpus);
	tcase_add_test(tcase, classic_vcpus_have_addresses);
	tcase_add_loop_test(tcase, classic_vcpus_end, 0, 2);
	tcase_add_loop_test(tcase, classic_vcpus_move, 0, 2);
	tcase_add_test(tcase, classic_vcpus_of_other_vms);
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
