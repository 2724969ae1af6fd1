// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observer.h"
#include "records.h"
#include "vm_name.h"

#include "observer.skel.h"

struct observer {
	struct observer_bpf *bpf;
	struct ring_buffer *ring;
	struct answers *sink; /* during observer_answers() */
	enum attach attach;
	bool sees_ends;
};

static const char *const attach_names[] = {
	[ATTACH_AUTO] = "auto",
	[ATTACH_TP_BTF] = "tp_btf",
	[ATTACH_RAW_TP] = "raw_tp",
};

int attach_parse(const char *name, enum attach *attach)
{
	for (unsigned int i = 0; i <= ATTACH_RAW_TP; i++) {
		if (!strcmp(name, attach_names[i])) {
			*attach = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *attach_name(enum attach attach)
{
	return attach_names[attach];
}

enum attach observer_attach(const struct observer *observer)
{
	return observer->attach;
}

bool observer_sees_ends(const struct observer *observer)
{
	return observer->sees_ends;
}

/* The last line that libbpf had to say: the cause when something fails. */
static char libbpf_said[256];

__attribute__((format(printf, 2, 0))) static int
libbpf_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (getenv("EXITLEDGER_DEBUG"))
		return vfprintf(stderr, fmt, args);
	if (level == LIBBPF_WARN && !libbpf_said[0])
		vsnprintf(libbpf_said, sizeof(libbpf_said), fmt, args);
	return 0;
}

static void choose_programs(struct observer_bpf *bpf, enum attach attach,
			    bool ends)
{
	bool btf = attach == ATTACH_TP_BTF;

	bpf_program__set_autoload(bpf->progs.exit_btf, btf);
	bpf_program__set_autoload(bpf->progs.entry_btf, btf);
	bpf_program__set_autoload(bpf->progs.cpuid_btf, btf);
	bpf_program__set_autoload(bpf->progs.exit_raw, !btf);
	bpf_program__set_autoload(bpf->progs.entry_raw, !btf);
	bpf_program__set_autoload(bpf->progs.cpuid_raw, !btf);
	bpf_program__set_autoload(bpf->progs.vcpu_end, ends);
}

static struct observer_bpf *load(enum attach attach, bool ends)
{
	struct observer_bpf *bpf;

	libbpf_said[0] = '\0';
	bpf = observer_bpf__open();
	if (!bpf)
		return NULL;
	choose_programs(bpf, attach, ends);
	if (!observer_bpf__load(bpf) && !observer_bpf__attach(bpf))
		return bpf;
	observer_bpf__destroy(bpf);
	return NULL;
}

static int take_answer(void *ctx, void *data, size_t size)
{
	struct observer *observer = ctx;
	const struct obs_answer *from = data;
	struct answer to = {
		.read = {
			.leaf = from->leaf,
			.index = from->index,
			.eax = from->eax,
			.ebx = from->ebx,
			.ecx = from->ecx,
			.edx = from->edx,
		},
		.vm = from->vm,
		.ns = from->ns,
		.found = from->flags & OBS_ANSWER_FOUND,
		.paired = from->flags & OBS_ANSWER_PAIRED,
		.vcpu_id = from->vcpu_id,
		.vcpus = from->vcpus,
		.exits_before = from->exits_before,
		.exits_after = from->exits_after,
		.ns_before = from->ns_before,
		.ns_after = from->ns_after,
	};

	if (size < sizeof(*from))
		return -EINVAL;
	return answers_add(observer->sink, &to);
}

/* Try one way to attach; without the vCPUs' ends where those can't be had. */
static int try_attach(struct observer *observer, enum attach attach)
{
	observer->attach = attach;
	observer->sees_ends = true;
	observer->bpf = load(attach, true);
	if (!observer->bpf) {
		observer->sees_ends = false;
		observer->bpf = load(attach, false);
	}
	return observer->bpf ? 0 : -errno;
}

int observer_open(struct observer **result, enum attach attach, struct why *why)
{
	enum attach first = attach == ATTACH_AUTO ? ATTACH_TP_BTF : attach;
	enum attach last = attach == ATTACH_AUTO ? ATTACH_RAW_TP : attach;
	struct observer *observer;
	int r = -EINVAL;

	observer = calloc(1, sizeof(*observer));
	if (!observer)
		return why_set(why, ENOMEM, "out of memory");
	libbpf_set_print(libbpf_print);
	for (enum attach a = first; a <= last && !observer->bpf; a++)
		r = try_attach(observer, a);
	if (!observer->bpf) {
		libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
		why_set(why, -r,
			"cannot load the BPF programs (%s): %s; EXITLEDGER_DEBUG=1 shows the kernel's reasons",
			attach_name(attach),
			libbpf_said[0] ? libbpf_said : strerror(-r));
		goto fail;
	}
	observer->ring =
		ring_buffer__new(bpf_map__fd(observer->bpf->maps.answers),
				 take_answer, observer, NULL);
	if (!observer->ring) {
		r = why_set(why, errno, "cannot read the BPF ring buffer: %s",
			    strerror(errno));
		goto fail;
	}
	*result = observer;
	return 0;
fail:
	observer_close(observer);
	return r;
}

static uint32_t cell_reason(const struct obs_slot *slot, uint32_t cell)
{
	if (cell < OBS_DENSE)
		return cell;
	if (cell < OBS_FIXED)
		return OBS_NPF_BASE + cell - OBS_DENSE;
	return slot->sparse[cell - OBS_FIXED];
}

static int copy_cells(const struct obs_slot *slot, struct ledger_cells *cells)
{
	uint32_t nr = OBS_FIXED + slot->nr_sparse;

	for (uint32_t i = 0; i < nr && i < OBS_CELLS; i++) {
		struct ledger_cell *cell;

		if (!slot->cell[i].exits)
			continue;
		cell = ledger_cell(cells, cell_reason(slot, i));
		if (!cell)
			return -ENOMEM;
		cell->exits = slot->cell[i].exits;
		cell->ns = slot->cell[i].ns;
	}
	return 0;
}

static int copy_slot(const struct obs_slot *slot, struct ledger *ledger)
{
	struct ledger_vcpu *vcpu;
	struct ledger_vm *vm;

	vm = ledger_vm(ledger, slot->vm, slot->tgid);
	if (!vm)
		return -ENOMEM;
	if (!vm->name[0])
		vm_name(vm->pid, vm->name, sizeof(vm->name));
	if (slot->isa)
		vm->isa = slot->isa;
	vcpu = ledger_vcpu(vm, slot->vcpu_id);
	if (!vcpu)
		return -ENOMEM;
	vcpu->tid = slot->tid;
	vcpu->exits = slot->exits;
	vcpu->ns = slot->ns;
	vcpu->prior_exits = slot->prior_exits;
	vcpu->missed_exits = slot->missed_exits;
	vcpu->missed_entries = slot->missed_entries;
	vcpu->sparse_full = slot->sparse_full;
	vcpu->gone = slot->vcpu == OBS_GONE;
	return copy_cells(slot, &vcpu->cells);
}

/* Runs of a program that the kernel skipped because it was running already. */
static uint64_t recursion_misses(const struct observer *observer)
{
	struct bpf_program *program;
	uint64_t misses = 0;

	bpf_object__for_each_program (program, observer->bpf->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);
		int fd = bpf_program__fd(program);

		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
			misses += info.recursion_misses;
	}
	return misses;
}

int observer_collect(struct observer *observer, struct ledger *ledger)
{
	struct obs_losses *losses = &observer->bpf->bss->losses;
	struct timespec now;
	int r;

	for (size_t i = 0; i < OBS_SLOTS; i++) {
		struct obs_slot *slot = &observer->bpf->bss->slots[i];
		u64 vcpu = __atomic_load_n(&slot->vcpu, __ATOMIC_ACQUIRE);

		if (!vcpu || !__atomic_load_n(&slot->vm, __ATOMIC_ACQUIRE))
			continue;
		r = copy_slot(slot, ledger);
		if (r)
			return r;
		if (vcpu != OBS_GONE)
			continue;
		memset((char *)slot + sizeof(slot->vcpu), 0,
		       sizeof(*slot) - sizeof(slot->vcpu));
		__atomic_store_n(&slot->vcpu, 0, __ATOMIC_RELEASE);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	ledger->ns = now.tv_sec * 1000000000ull + now.tv_nsec;
	ledger->losses = (struct ledger_losses){
		.no_slot = losses->no_slot,
		.no_vm = losses->no_vm,
		.answers = losses->answers,
		.unreadable = losses->unreadable,
		.recursion = recursion_misses(observer),
	};
	return 0;
}

int observer_answers(struct observer *observer, struct answers *answers)
{
	int r;

	observer->sink = answers;
	r = ring_buffer__consume(observer->ring);
	observer->sink = NULL;
	return r < 0 ? r : 0;
}

void observer_close(struct observer *observer)
{
	if (!observer)
		return;
	ring_buffer__free(observer->ring);
	observer_bpf__destroy(observer->bpf);
	free(observer);
}
