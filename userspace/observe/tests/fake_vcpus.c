// SPDX-License-Identifier: GPL-2.0-only
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "fake_vcpus.h"

struct observer_bpf *bpf;
struct observer observer;

__attribute__((format(printf, 2, 0))) static int
quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, fmt, args) : 0;
}

void fake_vcpus_listen(void)
{
	libbpf_set_print(quiet);
}

void fake_vcpus_setup(void)
{
	struct bpf_program *program;

	fake_vcpus_listen();
	bpf = observer_bpf__open();
	ck_assert_ptr_nonnull(bpf);
	bpf_object__for_each_program (program, bpf->obj)
		bpf_program__set_autoload(program, false);
	bpf_program__set_autoload(bpf->progs.exit_raw_time, true);
	bpf_program__set_autoload(bpf->progs.entry_raw_time, true);
	bpf_program__set_autoload(bpf->progs.cpuid_answer, true);
	hist_table((uint8_t *)bpf->rodata->hist_bucket);
	bpf->rodata->config.isa = EXIT_LEAF_ISA_SVM;
	bpf->rodata->config.leaf_first = EXIT_LEAF_FIRST;
	bpf->rodata->config.leaf_last = EXIT_LEAF_LAST;
	ck_assert_msg(!observer_bpf__load(bpf), "load: %s", strerror(errno));
	observer = (struct observer){ .bpf = bpf, .isa = EXIT_LEAF_ISA_SVM };
	ck_assert_int_eq(observer_collect_init(&observer), 0);
}

void fake_vcpus_teardown(void)
{
	observer_collect_free(&observer);
	observer_bpf__destroy(bpf);
}

void run(struct bpf_program *program, u64 *args, u32 nr)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args,
		    .ctx_size_in = nr * sizeof(*args));

	ck_assert_int_eq(
		bpf_prog_test_run_opts(bpf_program__fd(program), &opts), 0);
}

void kvm_exit(u64 vcpu)
{
	u64 args[2] = { vcpu, EXIT_LEAF_ISA_SVM };

	run(bpf->progs.exit_raw_time, args, 2);
}

void kvm_entry(u64 vcpu)
{
	u64 args[2] = { vcpu, 0 };

	run(bpf->progs.entry_raw_time, args, 2);
}

struct obs_slot *slot_of(u64 vcpu)
{
	for (size_t i = 0; i < OBS_SLOTS; i++) {
		if (bpf->bss->slots[i].vcpu == vcpu)
			return &bpf->bss->slots[i];
	}
	return NULL;
}
