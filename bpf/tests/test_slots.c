// SPDX-License-Identifier: GPL-2.0-only
/* Tests how BPF identifies vCPUs, VMs and threads, and how slots end. */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cells_run.h"
#include "exit_leaves.h"
#include "fake_kvm_btf.h"
#include "tests/tap.h"

static void load_as(struct obs_config config)
{
	cells_teardown();
	config.isa = EXIT_LEAF_ISA_SVM;
	cells_load(config);
}

/* --- vCPUs --- */

static void own_name(char comm[16])
{
	FILE *file = fopen("/proc/self/comm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fscanf(file, "%15s", comm), 1);
	fclose(file);
}

START_TEST(vcpus_are_known)
{
	char comm[16] = "";

	own_name(comm);
	for (u32 vm = 1; vm <= 3; vm++) {
		for (u32 i = 0; i < 4; i++) {
			const u64 vcpu = cells_vcpu(vm, i);
			const struct obs_slot *slot;

			cells_memory(vm, i)->vcpu_id = 1000 * i;
			cells_memory(vm, i)->stat_exits = 100 * vm + i;
			cells_memory(vm, i)->vmcb01 = 7000 * vm + i;
			cells_exit(vcpu, 5);
			cells_exit(vcpu, 5);
			slot = cells_slot(vcpu);
			ck_assert_uint_eq(slot->address, vcpu);
			ck_assert_uint_eq(slot->vm, vm);
			ck_assert_uint_eq(slot->vcpu_id, 1000 * i);
			ck_assert_uint_eq(slot->serial, 4 * (vm - 1) + i + 1);
			ck_assert_uint_eq(slot->tgid, getpid());
			ck_assert_uint_eq(slot->tid, getpid());
			ck_assert_str_eq(slot->comm, comm);
			ck_assert_uint_eq(slot->prior_exits, 100 * vm + i);
			ck_assert_uint_eq(slot->vmcb01, 7000 * vm + i);
			ck_assert_uint_gt(slot->born_ns, 0);
		}
	}
	ck_assert_uint_eq(cells->bss->vms_seen, 3);
}
END_TEST

/* The search for a slot ends after OBS_PROBES places. */
START_TEST(slots_run_out)
{
	u64 vcpus[OBS_PROBES + 3], nr = 0;
	u32 home = 0;

	/* Find vCPUs whose search begins at the same place. */
	for (u64 id = 1; nr < OBS_PROBES + 3; id++) {
		u64 vcpu = id << 22;
		u32 at = ((u32)vcpu * 0x9e3779b1u) >> 21;

		if (!nr)
			home = at;
		if (at == home)
			vcpus[nr++] = vcpu;
	}
	for (u64 i = 0; i < nr; i++) {
		ck_assert_uint_eq(cells_exit(vcpus[i], 5),
				  i < OBS_PROBES ? 1 : ~0ull);
		if (i < OBS_PROBES)
			ck_assert_ptr_eq(cells_slot(vcpus[i]),
					 &cells->bss->slots[home + i]);
	}
	ck_assert_uint_eq(cells->bss->losses.no_slot, 3);
	/* The last vCPU that got a slot is found again. */
	cells_exit(vcpus[OBS_PROBES - 1], 5);
	ck_assert_uint_eq(cells_slot(vcpus[OBS_PROBES - 1])->cell[1].exits, 2);
}
END_TEST

/* --- VMs --- */

/*
 * Check that the VM with this key has @vcpus vCPUs, and that there is no other
 * VM.  If @vcpus is 0, there must be no VM at all.
 */
static void only_vm_is(u64 kvm, u64 tgid, u64 vcpus)
{
	struct obs_vm_key key, *before = NULL;
	int nr = 0;

	ck_assert_uint_eq(cells_sum((struct obs_vm_key){ kvm, tgid },
				    EXIT_LEAF_EXITS, 0),
			  vcpus);
	while (!bpf_map__get_next_key(cells->maps.vms, before, &key,
				      sizeof(key))) {
		before = &key;
		nr++;
	}
	ck_assert_int_eq(nr, vcpus ? 1 : 0);
}

START_TEST(vms_have_addresses)
{
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	only_vm_is(cells_kvm(1), 0, 2);
}
END_TEST

/* If an address may have been reused, the process is compared, too. */
START_TEST(vms_have_processes)
{
	load_as((struct obs_config){ .no_ends = true });
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	only_vm_is(cells_kvm(1), getpid(), 2);
}
END_TEST

/* If the VM cannot be read, the process identifies it. */
START_TEST(vms_are_processes)
{
	cells_memory(1, 0)->kvm = cells_memory(1, 1)->kvm = 0;
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	only_vm_is(0, getpid(), 2);
	cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
	only_vm_is(0, getpid(), 0);
}
END_TEST

/* The map of VMs is full: the vCPU frees its slot, and the loss is counted. */
START_TEST(vms_run_out)
{
	const char fresh[32] = "";
	struct obs_vm_key key = { .tgid = 1 };

	ck_assert_uint_eq(bpf_map__value_size(cells->maps.vms), sizeof(fresh));
	for (key.kvm = 1; key.kvm <= OBS_SLOTS; key.kvm++)
		ck_assert_int_eq(bpf_map__update_elem(cells->maps.vms, &key,
						      sizeof(key), fresh,
						      sizeof(fresh), 0),
				 0);
	ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 5), ~0ull);
	ck_assert_uint_eq(cells_exit(cells_vcpu(1, 0), 5), ~0ull);
	ck_assert_ptr_null(cells_slot(cells_vcpu(1, 0)));
	ck_assert_uint_eq(cells->bss->losses.no_vm, 2);
}
END_TEST

/*
 * The end of a vCPU removes its VM's entry, and marks its slot, so that user
 * space frees the slot.
 */
START_TEST(vcpus_end)
{
	const u64 vcpu = cells_vcpu(1, 0);
	struct obs_slot *slot;

	/* The vCPU never ran. */
	cells_run(cells->progs.test_end, vcpu, 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 0);
	cells_exit(vcpu, 5);
	slot = cells_slot(vcpu);
	cells_run(cells->progs.test_end, cells_vcpu(1, 1), 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 0);
	only_vm_is(cells_kvm(1), 0, 1);
	ck_assert_uint_eq(cells->bss->test_exits, 1);
	cells_run(cells->progs.test_end, vcpu, 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 1);
	/* No thread had an entry for the vCPU, so no entry is stale. */
	ck_assert_uint_eq(cells->bss->threads_stale, 0);
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	only_vm_is(cells_kvm(1), 0, 0);
	/* Another VM has a vCPU at the same address. */
	cells_exit(vcpu, 5);
	ck_assert_ptr_ne(cells_slot(vcpu), slot);
	ck_assert_uint_eq(cells_slot(vcpu)->vm, 2);
	ck_assert_uint_eq(cells_slot(vcpu)->serial, 2);
}
END_TEST

/*
 * If the ends of vCPUs cannot be seen, and a vCPU's slot has another process,
 * the slot belongs to a vCPU that has ended.
 */
START_TEST(vcpus_of_other_processes)
{
	struct obs_slot *slot;
	u64 vcpu;

	load_as((struct obs_config){ .no_ends = _i });
	vcpu = cells_vcpu(1, 0);
	cells_exit(vcpu, 5);
	cells_exit(vcpu, 5);
	slot = cells_slot(vcpu);
	ck_assert_uint_eq(slot->cell[1].exits, 2);
	slot->tgid++;
	cells_exit(vcpu, 5);
	ck_assert_uint_eq(slot->cell[1].exits, _i ? 2 : 3);
	ck_assert_uint_eq(slot->vcpu, _i ? OBS_GONE : vcpu);
	ck_assert_uint_eq(cells->bss->vcpus_ended, _i);
	ck_assert_uint_eq(cells_slot(vcpu)->serial, 1 + _i);
	ck_assert_uint_eq(cells_slot(vcpu)->cell[1].exits, _i ? 1 : 3);
}
END_TEST

/* --- threads --- */

/* Set a thread's vCPU; returns the vCPU of the thread's slot. */
static u64 thread_of(u64 vcpu)
{
	return cells_run(cells->progs.test_thread, vcpu, 0, 0, 0);
}

START_TEST(threads_are_known)
{
	const u64 vcpu = cells_vcpu(1, 0), other = cells_vcpu(1, 1);
	struct obs_slot *slot;

	cells_exit(vcpu, 5);
	slot = cells_slot(vcpu);
	ck_assert_uint_eq(thread_of(0), 0);
	ck_assert_uint_eq(slot->thread_known, 0);
	slot->off_ns = 77;
	ck_assert_uint_eq(thread_of(vcpu), vcpu);
	ck_assert_uint_eq(slot->thread_known, 1);
	ck_assert_uint_eq(slot->off_ns, 0);
	/* Meanwhile another thread ran the vCPU, and now has a stale entry. */
	slot->tid++;
	slot->off_ns = 77;
	ck_assert_uint_eq(thread_of(0), 0);
	ck_assert_uint_eq(thread_of(vcpu), vcpu);
	ck_assert_uint_eq(slot->tid, getpid());
	ck_assert_uint_eq(slot->off_ns, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	/* The thread's entry is correct already, so nothing is written. */
	slot->off_ns = 77;
	ck_assert_uint_eq(thread_of(vcpu), vcpu);
	ck_assert_uint_eq(slot->off_ns, 77);
	/* The thread runs another vCPU, and then the first one again. */
	cells_exit(other, 5);
	ck_assert_uint_eq(thread_of(other), other);
	ck_assert_uint_eq(slot->thread_known, 0);
	ck_assert_uint_eq(cells_slot(other)->thread_known, 1);
	ck_assert_uint_eq(thread_of(vcpu), vcpu);
	ck_assert_uint_eq(slot->thread_known, 1);
	ck_assert_uint_eq(cells_slot(other)->thread_known, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	ck_assert_uint_eq(cells->bss->losses.no_thread, 0);
}
END_TEST

/* A thread's slot is not used after its vCPU has ended. */
START_TEST(threads_of_vcpus_that_end)
{
	const u64 vcpu = cells_vcpu(1, 0);

	cells_exit(vcpu, 5);
	thread_of(vcpu);
	cells_run(cells->progs.test_end, vcpu, 0, 0, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	ck_assert_uint_eq(thread_of(0), OBS_GONE);
	cells_exit(vcpu, 5);
	ck_assert_uint_eq(thread_of(vcpu), vcpu);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
}
END_TEST

static u64 current(void)
{
	return cells_run(cells->progs.test_current, 0, 0, 0, 0);
}

/* Events without a vCPU are booked for the vCPU that the thread runs. */
START_TEST(current_vcpus)
{
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(2, 3), 5);
	ck_assert_uint_eq(current(), 0);
	fake_kvm_on_thread(cells_vcpu(2, 3));
	ck_assert_uint_eq(current(), cells_vcpu(2, 3));
	fake_kvm_on_thread(cells_vcpu(1, 0));
	ck_assert_uint_eq(current(), cells_vcpu(1, 0));
	fake_kvm_on_thread(cells_vcpu(1, 1)); /* this vCPU has no slot */
	ck_assert_uint_eq(current(), 0);
}
END_TEST

/* --- classic tracepoints --- */

static void load_classic(void)
{
	load_as((struct obs_config){ .classic = true });
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
	only_vm_is(0, getpid(), 4);
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
	thread_of(key_of(0));
	ck_assert_uint_eq(current(), key_of(0));
	fake_kvm_on_thread(cells_vcpu(1, 1));
	ck_assert_uint_eq(current(), 0);
	fake_kvm_on_thread(cells_vcpu(1, 0));
	ck_assert_uint_eq(current(), key_of(0));
	/* Without addresses, only the last exit is known. */
	fake_kvm_on_thread(0);
	ck_assert_uint_eq(current(), key_of(0));
	cells_slot(key_of(0))->address = 0;
	fake_kvm_on_thread(cells_vcpu(1, 1));
	ck_assert_uint_eq(current(), key_of(0));
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
	only_vm_is(cells_kvm(1), 0, 1);
	/* Events without a vCPU belong to the thread's vCPU. */
	ck_assert_uint_eq(current(), 0);
	thread_of(key);
	fake_kvm_on_thread(0);
	ck_assert_uint_eq(current(), key);
	for (int i = 0; i < 2; i++) {
		cells_run(cells->progs.test_end, cells_vcpu(1, 1), 0, 0, 0);
		ck_assert_uint_eq(cells->bss->vcpus_ended, i);
		cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
		ck_assert_uint_eq(cells->bss->vcpus_ended, 1);
	}
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	only_vm_is(cells_kvm(1), 0, 0);
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
	thread_of(key);
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
	Suite *suite = suite_create("slots");
	TCase *tcase = tcase_create("programs");

	tap_needs_bpf();
	tcase_add_checked_fixture(tcase, cells_setup, cells_teardown);
	tcase_add_test(tcase, vcpus_are_known);
	tcase_add_test(tcase, slots_run_out);
	tcase_add_test(tcase, vms_have_addresses);
	tcase_add_test(tcase, vms_have_processes);
	tcase_add_test(tcase, vms_are_processes);
	tcase_add_test(tcase, vms_run_out);
	tcase_add_test(tcase, vcpus_end);
	tcase_add_loop_test(tcase, vcpus_of_other_processes, 0, 2);
	tcase_add_test(tcase, threads_are_known);
	tcase_add_test(tcase, threads_of_vcpus_that_end);
	tcase_add_test(tcase, current_vcpus);
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
