// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compare/host_pairs.h"
#include "lib/array.h"

/* A vCPU of KVM's, by the thread that has run it last. */
struct host_thread {
	uint32_t tid;
	uint32_t vcpu_id;
	struct kernel_vm *vm;
};

static int by_thread(const void *a, const void *b)
{
	const struct host_thread *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->vcpu_id < y->vcpu_id ? -1 : x->vcpu_id > y->vcpu_id;
}

static bool is_there(const struct kernel_vm *vm)
{
	return vm->number && !vm->gone;
}

static int list_threads(struct host_pairs *pairs,
			const struct kernel_vms *vms)
{
	pairs->nr_threads = 0;
	for (size_t i = 0; i < vms->nr; i++) {
		struct kernel_vm *vm = vms->vm[i];
		const struct exit_file *file = &vm->now.file;

		for (uint32_t j = 0; is_there(vm) && j < file->nr_vcpus; j++) {
			const struct exit_file_vcpu vcpu =
				exit_file_vcpu(file, j);
			struct host_thread *thread =
				array_append(pairs->thread, pairs->nr_threads,
					     pairs->room_threads);

			if (!thread)
				return -ENOMEM;
			*thread = (struct host_thread){ vcpu.pid, vcpu.id, vm };
		}
	}
	if (pairs->nr_threads)
		qsort(pairs->thread, pairs->nr_threads, sizeof(*pairs->thread),
		      by_thread);
	pairs->threads_known = true;
	return 0;
}

/* Has this VM of KVM's the vCPU of this number on this thread? */
static bool has_vcpu(const struct host_pairs *pairs,
		     const struct kernel_vm *vm, uint32_t tid, uint32_t id)
{
	const struct host_thread wanted = { tid, id, NULL };
	size_t at = array_lower_bound(&wanted, pairs->thread, pairs->nr_threads,
				      sizeof(wanted), by_thread);

	for (; at < pairs->nr_threads &&
	       !by_thread(&pairs->thread[at], &wanted);
	     at++) {
		if (pairs->thread[at].vm == vm)
			return true;
	}
	return false;
}

static bool is_same(const struct host_pairs *pairs, const struct kernel_vm *of,
		    const struct ledger_vm *vm)
{
	for (size_t i = 0; i < vm->nr_vcpus; i++) {
		const struct ledger_vcpu *vcpu = &vm->vcpu[i];

		if (!has_vcpu(pairs, of, vcpu->tid, vcpu->id))
			return false;
	}
	return true;
}

/* KVM's VM with all vCPUs of a VM, if there is one and no other; else NULL. */
static struct kernel_vm *match(const struct host_pairs *pairs,
			       const struct ledger_vm *vm)
{
	const struct host_thread wanted = { vm->vcpu[0].tid, vm->vcpu[0].id,
					    NULL };
	struct kernel_vm *found = NULL;
	size_t at = array_lower_bound(&wanted, pairs->thread, pairs->nr_threads,
				      sizeof(wanted), by_thread);

	for (; at < pairs->nr_threads &&
	       !by_thread(&pairs->thread[at], &wanted);
	     at++) {
		if (!is_same(pairs, pairs->thread[at].vm, vm))
			continue;
		if (found)
			return NULL;
		found = pairs->thread[at].vm;
	}
	return found;
}

static int by_vm(const void *element, const void *wanted)
{
	const struct host_pair *pair = element, *key = wanted;

	return pair->vm < key->vm ? -1 : pair->vm > key->vm;
}

/* KVM's VM of a pair, if it is there.  It is mostly where it was. */
static struct kernel_vm *find_kernel(const struct kernel_vms *vms,
				     struct host_pair *pair)
{
	if (pair->at >= vms->nr || vms->vm[pair->at]->number != pair->kernel)
		pair->at = 0;
	while (pair->at < vms->nr && vms->vm[pair->at]->number != pair->kernel)
		pair->at++;
	return pair->at < vms->nr && is_there(vms->vm[pair->at]) ?
		       vms->vm[pair->at] :
		       NULL;
}

int host_pairs_find(struct host_pairs *pairs, const struct kernel_vms *vms,
		    const struct ledger_vm *vm, struct kernel_vm **of)
{
	struct host_pair wanted = { .vm = vm->number }, *pair;
	const size_t at = array_lower_bound(&wanted, pairs->pair,
					    pairs->nr_pairs, sizeof(wanted),
					    by_vm);

	*of = NULL;
	if (at < pairs->nr_pairs && !by_vm(&pairs->pair[at], &wanted)) {
		*of = find_kernel(vms, &pairs->pair[at]);
		return 0;
	}
	if (!pairs->threads_known && list_threads(pairs, vms))
		return -ENOMEM;
	*of = vm->nr_vcpus ? match(pairs, vm) : NULL;
	if (!*of)
		return 0;
	wanted.kernel = (*of)->number;
	pair = array_insert(pairs->pair, pairs->nr_pairs, pairs->room_pairs,
			    at);
	if (!pair)
		return -ENOMEM;
	*pair = wanted;
	return 0;
}

void host_pairs_begin(struct host_pairs *pairs, const struct ledger *ledger)
{
	size_t kept = 0;

	pairs->threads_known = false;
	for (size_t i = 0; i < pairs->nr_pairs; i++) {
		const struct ledger_vm *vm =
			ledger_find_vm(ledger, pairs->pair[i].vm);

		if (vm && !ledger_vm_ended(vm))
			pairs->pair[kept++] = pairs->pair[i];
	}
	pairs->nr_pairs = kept;
}

void host_pairs_free(struct host_pairs *pairs)
{
	free(pairs->pair);
	free(pairs->thread);
	memset(pairs, 0, sizeof(*pairs));
}
