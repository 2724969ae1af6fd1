// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "exit_leaves.h"
#include "host/pid_ns.h"
#include "host/kvm_params.h"
#include "host/host.h"
#include "host/vm_name.h"
#include "observe/observer_private.h"

enum attach observer_attach(const struct observer *observer)
{
	return observer->attach;
}

bool observer_sees_no_entries(const struct observer *observer)
{
	return observer->sees_no_entries &&
	       !observer_skipped(observer->bpf->progs.vmx_emulated);
}

bool observer_sees_ends(const struct observer *observer)
{
	return observer->sees_ends;
}

bool observer_sees_marks(const struct observer *observer)
{
	return observer->options.marks && observer->attach != ATTACH_TP;
}

/*
 * The first warning that libbpf printed in an attempt to load the programs.  It
 * usually tells why the attempt failed.
 */
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

/*
 * Load and attach one choice.  Returns 0, or -errno after undoing everything.
 */
static int try_choice(struct observer *observer, struct choice choice)
{
	const struct bpf_object_open_opts opts = {
		.sz = sizeof(opts),
		.btf_custom_path = record_btf_path(&observer->types),
	};
	int r;

	libbpf_said[0] = '\0';
	observer->bpf = observer_bpf__open_opts(&opts);
	if (!observer->bpf)
		return -errno;
	observer_choose(observer, choice);
	r = observer_bpf__load(observer->bpf);
	if (!r)
		r = observer_collect_init(observer);
	if (!r)
		r = observer_bpf__attach(observer->bpf);
	if (!r) {
		observer->attach = choice.attach;
		observer->sees_ends = choice.ends != ENDS_UNSEEN;
		observer->sees_no_entries =
			choice.ends == ENDS_FENTRY_EMULATED ||
			!observer_is_emulating(&observer->options,
					       observer->isa);
		return 0;
	}
	observer_collect_free(observer);
	observer->shadow = NULL;
	observer->seen = NULL;
	observer_bpf__destroy(observer->bpf);
	observer->bpf = NULL;
	return r;
}

/*
 * Does the observation need more of the vCPU than its number and its process?
 */
static bool needs_vcpu(const struct observer_options *options)
{
	return options->answers || options->fast || options->split ||
	       options->by > LEDGER_KEY_MMIO;
}

/* Choose the cheapest way to read exit reasons that this kernel supports. */
static enum reader best_reader(const struct kvm_btf *btf, enum attach attach,
			       uint32_t isa)
{
	if (attach == ATTACH_TP)
		return READ_PROBE;
	if (btf->rdonly_cast)
		return observer_isa(isa)->cast;
	if (attach == ATTACH_TP_BTF && btf->svm_data)
		return observer_isa(isa)->by_svm_data;
	return READ_PROBE;
}

/*
 * Try one way to attach, with the best programs first, and then with simpler
 * ones.  If the ends of vCPUs cannot be seen, the program at the exit must
 * check that its slot belongs to the process of the vCPU.  On classic
 * tracepoints, slots are found by the process anyway.
 */
static int try_attach(struct observer *observer, const struct kvm_btf *btf,
		      enum attach attach)
{
	const enum reader readers[] = { best_reader(btf, attach, observer->isa),
					READ_PROBE };
	enum ends ends = observer_best_ends(btf, attach, &observer->options,
					    observer->isa);
	int r = -EINVAL;

	for (; ends > ENDS_UNSEEN; ends--) {
		for (int i = readers[0] == READ_PROBE; i < 2; i++) {
			struct choice choice = { attach, readers[i], ends };

			r = try_choice(observer, choice);
			if (!r)
				return 0;
		}
	}
	return try_choice(observer,
			  (struct choice){ attach,
					   attach == ATTACH_TP ? READ_PROBE :
								 READ_OWN,
					   ENDS_UNSEEN });
}

/*
 * Use the first way that works, beginning with the cheapest.  With
 * bpf_rdonly_cast(), a reason can be read from any address: the typed arguments
 * of tp_btf are then of no use, and cost a check against NULL.
 */
static int try_attach_any(struct observer *observer, const struct kvm_btf *btf)
{
	const bool cast = btf->rdonly_cast;
	const enum attach order[] = {
		cast ? ATTACH_RAW_TP : ATTACH_TP_BTF,
		cast ? ATTACH_TP_BTF : ATTACH_RAW_TP,
		ATTACH_TP,
	};
	const int nr = needs_vcpu(&observer->options) ? 2 : 3;
	int r = -EINVAL;

	for (int i = 0; i < nr && !observer->bpf; i++)
		r = try_attach(observer, btf, order[i]);
	return r;
}

/* Attach according to this kernel's types; 0, or -errno with @why filled in. */
static int attach_programs(struct observer *observer, const struct kvm_btf *btf,
			   struct why *why)
{
	enum attach attach = observer->options.attach;
	int r;

	r = attach_choose(&attach, kvm_btf_usable_args(btf),
			  needs_vcpu(&observer->options), why);
	if (!r && attach == ATTACH_TP && !btf->kvm)
		r = record_btf_open(&observer->types, why);
	if (r)
		return r;
	r = attach == ATTACH_AUTO ? try_attach_any(observer, btf) :
				    try_attach(observer, btf, attach);
	record_btf_close(&observer->types);
	if (observer->bpf)
		return 0;
	if (!r)
		r = -EINVAL;
	libbpf_said[strcspn(libbpf_said, "\n")] = '\0';
	why_set(why, -r,
		"cannot load the BPF programs (%s): %s; EXITLEDGER_DEBUG=1 shows the kernel's reasons",
		attach_name(attach),
		libbpf_said[0] ? libbpf_said : strerror(-r));
	return r;
}

static int take_answer(void *ctx, void *data, size_t size)
{
	const struct ring *ring = ctx;
	const struct numbering *numbering = ring->observer->options.numbering;
	const struct obs_answer *from = data;
	uint32_t registers[] = { from->eax, from->ebx, from->ecx, from->edx };
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
		/*
		 * An answer that was captured at the entry is from KVM's own
		 * leaves if these are enabled.
		 */
		.found = from->flags & OBS_ANSWER_FOUND ||
			 (from->flags & OBS_ANSWER_ENTRY && kvm_params_leaves()),
		.paired = from->flags & OBS_ANSWER_PAIRED,
		.vcpu_id = from->vcpu_id,
		.vcpus = from->vcpus,
		.outside = from->outside,
		.exits_before = from->exits_before,
		.exits_after = from->exits_after,
		.ns_before = from->ns_before,
		.ns_after = from->ns_after,
	};

	if (size < sizeof(*from))
		return -EINVAL;
	if (numbering) {
		if (!numbering_translate(numbering, &to.read.leaf, registers))
			return 0;
		to.read.eax = registers[NUMBERING_EAX];
		to.read.ebx = registers[NUMBERING_EBX];
		to.read.ecx = registers[NUMBERING_ECX];
		to.read.edx = registers[NUMBERING_EDX];
		to.found = true;
		to.paired &=
			numbering_holds(numbering, from->leaf, to.exits_after);
	}
	return answers_add(ring->collection->answers, &to);
}

static int take_slow(void *ctx, void *data, size_t size)
{
	const struct ring *ring = ctx;
	const struct obs_slow *from = data;
	struct ledger_slow to = {
		.at_ns = from->at_ns,
		.vm = from->vm,
		.times = exit_times_of_one(from->ns, from->preempted_ns,
					   from->blocked_ns),
		.key = from->key,
		.vcpu_id = from->vcpu_id,
		.tid = from->tid,
		.reason = from->reason,
		.has_key = from->has_key,
	};

	if (size < sizeof(*from))
		return -EINVAL;
	return ledger_slow_add(&ring->collection->interval->slows, &to);
}

/*
 * Have KVM's counters been on since the observation began?  If they were off
 * for some time, KVM's total is not wrong, but it must not be compared with
 * BPF's.
 */
static bool kernel_counts(struct observer *observer)
{
	if (kvm_params_written(&observer->params) || host_exit_stats() <= 0)
		observer->was_off = true;
	/* A VMM may define this leaf itself, even if KVM does not have it. */
	return !observer->was_off && kvm_params_leaves();
}

static int take_mark(void *ctx, void *data, size_t size)
{
	const struct ring *ring = ctx;
	const struct obs_mark *from = data;
	struct ledger_mark to = {
		.at_ns = from->ns,
		.vm = from->vm,
		.vcpu_id = from->vcpu_id,
		.vcpus = from->vcpus,
		.reset = from->kind == OBS_MARK_RESET,
		.has_kernel = from->has_kernel && kernel_counts(ring->observer),
		.kernel_exits = from->kernel_exits,
		.exits = from->exits,
		.exits_before = from->exits_before,
	};

	if (size < sizeof(*from))
		return -EINVAL;
	vm_name_clean(from->text, sizeof(from->text), to.text, sizeof(to.text));
	return ledger_mark_add(&ring->collection->interval->marks, &to);
}

static int add_ring(struct observer *observer, struct bpf_map *map,
		    ring_buffer_sample_fn take)
{
	struct ring *ring = &observer->ring;

	if (ring->buffer)
		return ring_buffer__add(ring->buffer, bpf_map__fd(map), take,
					ring);
	ring->observer = observer;
	ring->buffer = ring_buffer__new(bpf_map__fd(map), take, ring, NULL);
	return ring->buffer ? 0 : -errno;
}

/*
 * Open the ring buffers of the single events that are asked for: either
 * compare's answers, or slow exits and marks.
 */
static int open_rings(struct observer *observer, struct why *why)
{
	const struct observer_options *options = &observer->options;
	struct observer_bpf *bpf = observer->bpf;
	int r = 0;

	if (options->answers)
		r = add_ring(observer, bpf->maps.answers, take_answer);
	if (!r && options->slower_than_ns)
		r = add_ring(observer, bpf->maps.slow, take_slow);
	if (!r && options->marks)
		r = add_ring(observer, bpf->maps.marks, take_mark);
	if (!r)
		return 0;
	return why_set(why, -r, "cannot read the BPF ring buffer: %s",
		       strerror(-r));
}

int observer_collect_init(struct observer *observer)
{
	struct observer_bpf__bss *bss = observer->bpf->bss;

	observer->other_pids = pid_ns_is_other("");
	observer->shadow = calloc(OBS_SLOTS, sizeof(struct shadow *));
	observer->seen = calloc(OBS_SPANS, sizeof(*observer->seen));
	if (!observer->shadow || !observer->seen)
		return -ENOMEM;
	for (u32 i = 1; i < OBS_SPANS; i++)
		bss->free_spans[i - 1] = i;
	bss->free_tail = OBS_SPANS - 1;
	return 0;
}

void observer_collect_free(struct observer *observer)
{
	for (size_t i = 0; observer->shadow && i < OBS_SLOTS; i++) {
		if (observer->shadow[i])
			free(observer->shadow[i]->keys.key);
		free(observer->shadow[i]);
	}
	free(observer->shadow);
	free(observer->seen);
	free(observer->index.slot);
}

int observer_open(struct observer **result,
		  const struct observer_options *options,
		  const struct kvm_btf *btf, struct why *why)
{
	struct observer *observer;
	struct host host;
	int r;

	observer = calloc(1, sizeof(*observer));
	if (!observer)
		return why_set(why, ENOMEM, "out of memory");
	host_read(&host);
	observer->isa = host.isa;
	observer->options = *options;
	observer->params.fd = -1;
	if (options->marks) {
		observer->was_off |= !!kvm_params_watch(&observer->params);
		kernel_counts(observer);
	}
	libbpf_set_print(libbpf_print);
	r = attach_programs(observer, btf, why);
	if (!r)
		r = open_rings(observer, why);
	if (r)
		observer_close(observer);
	else
		*result = observer;
	return r;
}

int observer_consume(struct observer *observer,
		     const struct collection *collection)
{
	int r;

	observer->ring.collection = collection;
	r = ring_buffer__consume(observer->ring.buffer);
	observer->ring.collection = NULL;
	return r < 0 ? r : 0;
}

int observer_answers(struct observer *observer, struct answers *answers)
{
	if (!observer->ring.buffer)
		return 0;
	return observer_consume(observer,
				&(struct collection){ .answers = answers });
}

void observer_close(struct observer *observer)
{
	if (!observer)
		return;
	kvm_params_unwatch(&observer->params);
	ring_buffer__free(observer->ring.buffer);
	observer_collect_free(observer);
	observer_bpf__destroy(observer->bpf);
	free(observer);
}
