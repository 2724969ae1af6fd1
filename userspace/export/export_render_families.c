// SPDX-License-Identifier: GPL-2.0-only
/* All families of metrics: docs/exitledger-export.1.rst describes them. */
#include <inttypes.h>
#include <stdio.h>

#include "export/export_render_private.h"
#include "ledger/key_names.h"

/* --- the program and the host --- */

static void put_build_info(struct export_render *render)
{
	const struct export_build *build = render->sample->build;
	struct export_text *labels = &render->scratch;

	labels->length = 0;
	export_text_label(labels, "version", build->version);
	export_text_label(labels, "kernel", build->kernel);
	export_text_label(labels, "backend", build->backend);
	export_text_label(labels, "isa", build->isa);
	export_text_label(labels, "attach", build->attach);
	export_put_value(render, (struct export_labels){ { labels } }, 1, 0);
}

static uint64_t vms(const struct export_sample *sample)
{
	uint64_t folded;

	return export_book_live(sample->book, &folded);
}

static uint64_t vms_folded(const struct export_sample *sample)
{
	uint64_t folded;

	export_book_live(sample->book, &folded);
	return folded;
}

static uint64_t slots(const struct export_sample *sample)
{
	return sample->slots;
}

static uint64_t slots_used(const struct export_sample *sample)
{
	return sample->slots_used;
}

static uint64_t threshold(const struct export_sample *sample)
{
	return sample->slower_than_ns;
}

static uint64_t collect(const struct export_sample *sample)
{
	return sample->collect_ns;
}

static uint64_t process_cpu(const struct export_sample *sample)
{
	return sample->process.cpu_ns;
}

static uint64_t process_resident(const struct export_sample *sample)
{
	return sample->process.resident_bytes;
}

static uint64_t process_virtual(const struct export_sample *sample)
{
	return sample->process.virtual_bytes;
}

static uint64_t process_start(const struct export_sample *sample)
{
	return sample->process.start_ns;
}

static void put_losses(struct export_render *render)
{
	struct loss list[LOSSES_MAX];
	size_t nr = export_book_losses(render->sample->book, list);

	for (size_t i = 0; i < nr; i++) {
		render->scratch.length = 0;
		export_text_label(&render->scratch, "kind", list[i].name);
		export_put_value(render,
				 (struct export_labels){ { &render->scratch } },
				 list[i].count, render->sample->book->since_ns);
	}
}

/* --- VMs --- */

/* Series that many VMs share are left out, as they have no process to name. */
static void put_vm_info(struct export_render *render,
			const struct export_vm *vm)
{
	struct export_text *labels = &render->scratch;

	if (vm == render->sample->book->other)
		return;
	labels->length = 0;
	export_text_bytes(labels, vm->labels.s, vm->labels.length);
	export_text_label_number(labels, "pid", vm->pid);
	if (vm->facts.vmm[0])
		export_text_label(labels, "vmm", vm->facts.vmm);
	if (vm->facts.uuid[0])
		export_text_label(labels, "uuid", vm->facts.uuid);
	export_put_value(render, (struct export_labels){ { labels } }, 1, 0);
}

static void put_vm_infos(struct export_render *render)
{
	export_each_vm(render, put_vm_info);
}

static uint64_t vm_vcpus(const struct export_vm *vm)
{
	return vm->vcpus;
}

static uint64_t vm_preempted(const struct export_vm *vm)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < vm->nr_cells; i++)
		ns += vm->cell[i].times.preempted_ns;
	return ns;
}

static uint64_t vm_blocked(const struct export_vm *vm)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < vm->nr_cells; i++)
		ns += vm->cell[i].times.blocked_ns;
	return ns;
}

/* VMs of which KVM's statistics are not known have no series. */
static void put_vm_kvm(struct export_render *render, const struct export_vm *vm)
{
	if (vm->has_kvm)
		export_put_value(render,
				 (struct export_labels){ { &vm->labels } },
				 vm->kvm_exits, 0);
}

static void put_vms_kvm(struct export_render *render)
{
	export_each_vm(render, put_vm_kvm);
}

/* --- the books --- */

static void put_counts(struct export_render *render,
		       const struct export_count *count, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		render->scratch.length = 0;
		export_text_label(&render->scratch, "kind", count[i].kind);
		export_put_value(render,
				 (struct export_labels){ { &render->scratch } },
				 count[i].nr, render->sample->book->since_ns);
	}
}

static void put_judged(struct export_render *render)
{
	const struct export_verdict *verdict = render->sample->verdict;

	put_counts(render, verdict->judged, verdict->nr_judged);
}

static void put_wrong(struct export_render *render)
{
	const struct export_verdict *verdict = render->sample->verdict;

	put_counts(render, verdict->wrong, verdict->nr_wrong);
}

static uint64_t reads(const struct export_sample *sample)
{
	return sample->verdict->reads;
}

static void put_cost(struct export_render *render)
{
	const struct export_verdict *verdict = render->sample->verdict;

	if (verdict->has_cost)
		export_put_value(render, (struct export_labels){ { NULL } },
				 verdict->cost_ns, 0);
}

/* --- exits --- */

static uint64_t cell_exits(const struct export_cell *cell)
{
	return cell->times.exits;
}

static uint64_t cell_ns(const struct export_cell *cell)
{
	return cell->times.ns;
}

static uint64_t cell_fast(const struct export_cell *cell)
{
	return cell->times.fast;
}

static uint64_t cell_slow(const struct export_cell *cell)
{
	return cell->slow;
}

static void put_vm_histograms(struct export_render *render,
			      const struct export_vm *vm)
{
	for (size_t i = 0; i < vm->nr_cells; i++) {
		const struct export_cell *cell = &vm->cell[i];

		export_put_histogram(render,
				     export_cell_labels(render, vm, cell),
				     &cell->hist, cell->times.ns,
				     cell->since_ns, NULL);
	}
}

static void put_histograms(struct export_render *render)
{
	const struct export_book *book = render->sample->book;

	if (book->options.vm_histograms) {
		export_each_vm(render, put_vm_histograms);
		return;
	}
	for (size_t i = 0; i < book->nr_reasons; i++) {
		const struct export_reason *reason = book->reason[i].reason;

		export_put_histogram(
			render, (struct export_labels){ { &reason->labels } },
			&reason->hist, reason->ns, reason->since_ns,
			&reason->slowest);
	}
}

/* A port or MSR is named only if its number means the same in every VM. */
static void put_key_labels(struct export_text *labels,
			   enum ledger_key_kind kind,
			   const struct export_key *key)
{
	const struct text name = key_name(kind, key->key);
	char number[32];

	labels->length = 0;
	if (key->other) {
		export_text_label(labels, "key", "other");
		return;
	}
	snprintf(number, sizeof(number), "0x%" PRIx64, key->key);
	export_text_label(labels, "key", number);
	if (name.length)
		export_text_label(labels, "name", name.s);
}

static void put_vm_keys(struct export_render *render,
			const struct export_vm *vm)
{
	const enum ledger_key_kind kind = render->sample->book->options.by;

	for (size_t i = 0; i < vm->keys.nr; i++) {
		const struct export_key *key = &vm->keys.key[i];
		struct export_labels labels = {
			{ &vm->labels, &key->reason->labels, &render->scratch }
		};

		put_key_labels(&render->scratch, kind, key);
		export_put_value(render, labels, key->exits, key->since_ns);
	}
}

static void put_keys(struct export_render *render)
{
	export_each_vm(render, put_vm_keys);
}

/* --- the table --- */

const struct export_family export_families[] = {
	{ .name = "exitledger_build_info",
	  .help = "The program and its host; the value is always 1.",
	  .put = put_build_info },
	{ .name = "exitledger_vms",
	  .help = "Virtual machines that have run a vCPU and have not ended.",
	  .of_host = vms },
	{ .name = "exitledger_vms_folded",
	  .help = "Virtual machines that have no series of their own (--max-vms).",
	  .of_host = vms_folded },
	{ .name = "exitledger_vm_info",
	  .help = "A virtual machine's process; the value is always 1.",
	  .put = put_vm_infos },
	{ .name = "exitledger_vm_vcpus",
	  .help = "vCPUs that have run and have not ended.",
	  .of_vm = vm_vcpus },
	{ .name = "exitledger_vcpu_slots",
	  .help = "About how many vCPUs can be observed at a time.",
	  .needs = EXPORT_SLOTS,
	  .of_host = slots },
	{ .name = "exitledger_vcpu_slots_used",
	  .help = "vCPUs that are observed.",
	  .needs = EXPORT_SLOTS,
	  .of_host = slots_used },
	{ .name = "exitledger_exits",
	  .help = "VM exits by exit reason.",
	  .kind = EXPORT_COUNTER,
	  .of_cell = cell_exits },
	{ .name = "exitledger_exit_seconds",
	  .help = "Time from the exits to the next entries; in class idle, this is the guest's idle time.",
	  .kind = EXPORT_COUNTER,
	  .unit = EXPORT_SECONDS,
	  .needs = EXPORT_TIMES,
	  .of_cell = cell_ns },
	{ .name = "exitledger_exit_duration_seconds",
	  .help = "Times from an exit to the next entry; a bucket counts the times below its le, which is a power of two in nanoseconds.",
	  .kind = EXPORT_HISTOGRAM,
	  .unit = EXPORT_SECONDS,
	  .needs = EXPORT_HISTOGRAMS,
	  .put = put_histograms },
	{ .name = "exitledger_vcpu_preempted_seconds",
	  .help = "Time in which vCPUs could have run but had no processor.",
	  .kind = EXPORT_COUNTER,
	  .unit = EXPORT_SECONDS,
	  .needs = EXPORT_OFF_CPU,
	  .of_vm = vm_preempted },
	{ .name = "exitledger_vcpu_blocked_seconds",
	  .help = "Time in which vCPUs were asleep, including idle ones.",
	  .kind = EXPORT_COUNTER,
	  .unit = EXPORT_SECONDS,
	  .needs = EXPORT_OFF_CPU,
	  .of_vm = vm_blocked },
	{ .name = "exitledger_fast_exits",
	  .help = "Exits that KVM handled without its exit handler.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_FAST,
	  .sparse = true,
	  .of_cell = cell_fast },
	{ .name = "exitledger_slow_exits",
	  .help = "Exits that took longer than the threshold.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_SLOW,
	  .sparse = true,
	  .of_cell = cell_slow },
	{ .name = "exitledger_slow_exit_threshold_seconds",
	  .help = "The time above which an exit counts as slow.",
	  .unit = EXPORT_SECONDS,
	  .needs = EXPORT_SLOW,
	  .of_host = threshold },
	{ .name = "exitledger_keyed_exits",
	  .help = "Exits by port, MSR or other key (--by); the exits of rare keys are summed up as other.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_KEYED,
	  .put = put_keys },
	{ .name = "exitledger_kvm_exits",
	  .help = "Exits by KVM's own statistics, counted since the same moment as exitledger_exits.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_KVM,
	  .put = put_vms_kvm },
	{ .name = "exitledger_books_judged",
	  .help = "KVM's numbers that were checked against the observer's.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_KVM,
	  .put = put_judged },
	{ .name = "exitledger_books_discrepancies",
	  .help = "KVM's numbers that cannot be right, by the rule that they break.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_KVM,
	  .put = put_wrong },
	{ .name = "exitledger_books_reads",
	  .help = "Reads of KVM's counters by guests.",
	  .kind = EXPORT_COUNTER,
	  .needs = EXPORT_ANSWERS,
	  .of_host = reads },
	{ .name = "exitledger_observer_seconds_per_exit",
	  .help = "The time that the observer adds to an exit, as KVM's times show it.",
	  .needs = EXPORT_ANSWERS,
	  .unit = EXPORT_SECONDS,
	  .put = put_cost },
	{ .name = "exitledger_lost_events",
	  .help = "Events that could not be booked.",
	  .kind = EXPORT_COUNTER,
	  .put = put_losses },
	{ .name = "exitledger_collect_duration_seconds",
	  .help = "How long it took to collect the values of this scrape.",
	  .unit = EXPORT_SECONDS,
	  .of_host = collect },
	{ .name = "process_cpu_seconds",
	  .help = "Processor time that the exporter has used.",
	  .kind = EXPORT_COUNTER,
	  .unit = EXPORT_SECONDS,
	  .of_host = process_cpu },
	{ .name = "process_resident_memory_bytes",
	  .help = "The exporter's resident memory.",
	  .unit = EXPORT_BYTES,
	  .of_host = process_resident },
	{ .name = "process_virtual_memory_bytes",
	  .help = "The exporter's virtual memory.",
	  .unit = EXPORT_BYTES,
	  .of_host = process_virtual },
	{ .name = "process_start_time_seconds",
	  .help = "When the exporter was started, since 1970.",
	  .unit = EXPORT_SECONDS,
	  .of_host = process_start },
};

const size_t export_nr_families =
	sizeof(export_families) / sizeof(export_families[0]);
