// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cells_run.h"
#include "exit_leaves.h"
#include "fake_kvm_btf.h"
#include "ledger/hist.h"
#include "ledger/isa.h"

struct cells_bpf *cells;

u64 cells_run(struct bpf_program *program, u64 a, u64 b, u64 c, u64 d)
{
	u64 args[4] = { a, b, c, d };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = sizeof(args));

	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
	/* Fentry programs return these results, and must return 0. */
	ck_assert_uint_eq(opts.retval, 0);
	return cells->bss->test_result;
}

u64 cells_vcpu(u32 vm, u32 i)
{
	return cells->bss->test_address +
	       ((vm - 1) * TEST_VM_VCPUS + i) * sizeof(struct fake_vcpu);
}

struct fake_vcpu *cells_memory(u32 vm, u32 i)
{
	return (struct fake_vcpu *)&cells->bss
		->test_vcpus[(vm - 1) * TEST_VM_VCPUS + i];
}

u64 cells_kvm(u32 vm)
{
	return 0xffff888000000000 + vm * 0x1000ull;
}

void cells_load(struct obs_config config)
{
	char path[FAKE_KVM_PATH];
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = path);

	config.roles = *isa_roles(config.isa);
	fake_kvm_btf(config.isa, FAKE_NUMBERS, path);
	cells = cells_bpf__open_opts(&opts);
	ck_assert_ptr_nonnull(cells);
	memcpy(&cells->rodata->config, &config, sizeof(config));
	hist_table((uint8_t *)cells->rodata->hist_bucket);
	ck_assert_msg(!cells_bpf__load(cells), "load: %s", strerror(errno));
	unlink(path);
	for (u32 i = 1; i < OBS_SPANS; i++)
		cells->bss->free_spans[i - 1] = i;
	cells->bss->free_tail = OBS_SPANS - 1;
	cells_run(cells->progs.test_tell_address, 0, 0, 0, 0);
	for (u32 i = 0; i < TEST_VCPUS; i++) {
		struct fake_vcpu *vcpu = cells_memory(1, i);

		vcpu->kvm = cells_kvm(1 + i / TEST_VM_VCPUS);
		vcpu->vcpu_id = i % TEST_VM_VCPUS;
	}
	fake_kvm_on_thread(0);
}

void cells_setup(void)
{
	cells_load((struct obs_config){ .isa = EXIT_LEAF_ISA_SVM });
}

void cells_teardown(void)
{
	cells_bpf__destroy(cells);
	cells = NULL;
}

void cells_load_as(struct obs_config config)
{
	cells_teardown();
	config.isa = EXIT_LEAF_ISA_SVM;
	cells_load(config);
}

u64 cells_exit(u64 vcpu, u32 reason)
{
	return cells_run(cells->progs.test_exit, vcpu, reason, 0, 0);
}

struct obs_slot *cells_slot(u64 vcpu)
{
	struct obs_slot *slot = NULL;

	for (size_t i = 0; i < OBS_SLOTS; i++) {
		if (cells->bss->slots[i].vcpu != vcpu)
			continue;
		ck_assert_ptr_null(slot); /* a vCPU has at most one slot */
		slot = &cells->bss->slots[i];
	}
	return slot;
}

u64 cells_thread(u64 vcpu)
{
	return cells_run(cells->progs.test_thread, vcpu, 0, 0, 0);
}

u64 cells_current(void)
{
	return cells_run(cells->progs.test_current, 0, 0, 0, 0);
}

u64 cells_sum(struct obs_vm_key key, u32 leaf, u32 reason)
{
	return cells_run(cells->progs.test_sum, key.kvm, key.tgid, leaf,
			 reason);
}

void cells_only_vm(u64 kvm, u64 tgid, u64 vcpus)
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
