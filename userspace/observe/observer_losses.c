// SPDX-License-Identifier: GPL-2.0-only
/* Counts the events that the BPF programs could not book. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe/observer_private.h"

uint64_t observer_skipped(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_program__fd(program);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) ?
		       info.recursion_misses :
		       0;
}

/*
 * Count the runs that the kernel skipped because the program was already
 * running on that CPU.  Three programs are left out: an answer that
 * cpuid_answer misses is captured at the entry, observer_sees_no_entries()
 * reports the misses of vmx_emulated, and rip_read does nothing.
 */
static uint64_t recursion_misses(const struct observer *observer)
{
	struct bpf_program *program;
	uint64_t misses = 0;

	bpf_object__for_each_program (program, observer->bpf->obj) {
		if (program != observer->bpf->progs.cpuid_answer &&
		    program != observer->bpf->progs.vmx_emulated &&
		    program != observer->bpf->progs.rip_read)
			misses += observer_skipped(program);
	}
	return misses;
}

void observer_losses(const struct observer *observer, struct ledger_losses *to)
{
	const struct obs_losses *losses = &observer->bpf->bss->losses;

	*to = (struct ledger_losses){
		.no_slot = losses->no_slot,
		.no_vm = losses->no_vm,
		.answers = losses->answers,
		.unreadable = observer->unreadable,
		.recursion = recursion_misses(observer),
		.no_span = losses->no_span,
		.no_key = losses->no_key,
		.slow = losses->slow,
		.marks = losses->marks,
		.no_thread = losses->no_thread,
		.shared = losses->shared,
		.negative = losses->negative,
		.no_end = observer->sees_ends ? 0 : observer->vms_seen,
	};
}
