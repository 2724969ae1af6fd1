// SPDX-License-Identifier: GPL-2.0-only
/* Tests how BPF identifies vCPUs, VMs and threads, and how slots end. */
#include <stdio.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cells_run.h"
#include "exit_leaves.h"
#include "fake_kvm_btf.h"
#include "tests/tap.h"

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

START_TEST(vms_have_addresses)
{
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	cells_only_vm(cells_kvm(1), 0, 2);
}
END_TEST

/* If an address may have been reused, the process is compared, too. */
START_TEST(vms_have_processes)
{
	cells_load_as((struct obs_config){ .no_ends = true });
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	cells_only_vm(cells_kvm(1), getpid(), 2);
}
END_TEST

/* If the VM cannot be read, the process identifies it. */
START_TEST(vms_are_processes)
{
	cells_memory(1, 0)->kvm = cells_memory(1, 1)->kvm = 0;
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(1, 1), 5);
	cells_only_vm(0, getpid(), 2);
	cells_run(cells->progs.test_end, cells_vcpu(1, 0), 0, 0, 0);
	cells_only_vm(0, getpid(), 0);
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
	cells_only_vm(cells_kvm(1), 0, 1);
	ck_assert_uint_eq(cells->bss->test_exits, 1);
	cells_run(cells->progs.test_end, vcpu, 0, 0, 0);
	ck_assert_uint_eq(cells->bss->vcpus_ended, 1);
	/* No thread had an entry for the vCPU, so no entry is stale. */
	ck_assert_uint_eq(cells->bss->threads_stale, 0);
	ck_assert_uint_eq(slot->vcpu, OBS_GONE);
	cells_only_vm(cells_kvm(1), 0, 0);
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

	cells_load_as((struct obs_config){ .no_ends = _i });
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

START_TEST(threads_are_known)
{
	const u64 vcpu = cells_vcpu(1, 0), other = cells_vcpu(1, 1);
	struct obs_slot *slot;

	cells_exit(vcpu, 5);
	slot = cells_slot(vcpu);
	ck_assert_uint_eq(cells_thread(0), 0);
	ck_assert_uint_eq(slot->thread_known, 0);
	slot->off_ns = 77;
	ck_assert_uint_eq(cells_thread(vcpu), vcpu);
	ck_assert_uint_eq(slot->thread_known, 1);
	ck_assert_uint_eq(slot->off_ns, 0);
	/* Meanwhile another thread ran the vCPU, and now has a stale entry. */
	slot->tid++;
	slot->off_ns = 77;
	ck_assert_uint_eq(cells_thread(0), 0);
	ck_assert_uint_eq(cells_thread(vcpu), vcpu);
	ck_assert_uint_eq(slot->tid, getpid());
	ck_assert_uint_eq(slot->off_ns, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	/* The thread's entry is correct already, so nothing is written. */
	slot->off_ns = 77;
	ck_assert_uint_eq(cells_thread(vcpu), vcpu);
	ck_assert_uint_eq(slot->off_ns, 77);
	/* The thread runs another vCPU, and then the first one again. */
	cells_exit(other, 5);
	ck_assert_uint_eq(cells_thread(other), other);
	ck_assert_uint_eq(slot->thread_known, 0);
	ck_assert_uint_eq(cells_slot(other)->thread_known, 1);
	ck_assert_uint_eq(cells_thread(vcpu), vcpu);
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
	cells_thread(vcpu);
	cells_run(cells->progs.test_end, vcpu, 0, 0, 0);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
	ck_assert_uint_eq(cells_thread(0), OBS_GONE);
	cells_exit(vcpu, 5);
	ck_assert_uint_eq(cells_thread(vcpu), vcpu);
	ck_assert_uint_eq(cells->bss->threads_stale, 1);
}
END_TEST

/* Events without a vCPU are booked for the vCPU that the thread runs. */
START_TEST(current_vcpus)
{
	cells_exit(cells_vcpu(1, 0), 5);
	cells_exit(cells_vcpu(2, 3), 5);
	ck_assert_uint_eq(cells_current(), 0);
	fake_kvm_on_thread(cells_vcpu(2, 3));
	ck_assert_uint_eq(cells_current(), cells_vcpu(2, 3));
	fake_kvm_on_thread(cells_vcpu(1, 0));
	ck_assert_uint_eq(cells_current(), cells_vcpu(1, 0));
	fake_kvm_on_thread(cells_vcpu(1, 1)); /* this vCPU has no slot */
	ck_assert_uint_eq(cells_current(), 0);
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
	suite_add_tcase(suite, tcase);
	return tap_run(suite);
}
