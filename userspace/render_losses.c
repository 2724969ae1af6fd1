// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"
#include "render_losses.h"

enum {
	LOSS_NO_SLOT,
	LOSS_NO_VM,
	LOSS_ANSWERS,
	LOSS_UNREADABLE,
	LOSS_RECURSION,
	LOSS_MISSED_EXITS,
	LOSS_MISSED_ENTRIES,
	LOSS_SPARSE_FULL,
	NR_LOSSES,
};

static const struct {
	const char *name;
	const char *text;
} losses[] = {
	[LOSS_NO_SLOT] = { "no_slot", "events of vCPUs that found no slot" },
	[LOSS_NO_VM] = { "no_vm", "vCPUs whose VM found no room" },
	[LOSS_ANSWERS] = { "answers", "answers to guests that found no room" },
	[LOSS_UNREADABLE] = { "unreadable",
			      "exits with a reason that BPF cannot read" },
	[LOSS_RECURSION] = { "recursion",
			     "runs of BPF programs that the kernel skipped" },
	[LOSS_MISSED_EXITS] = { "missed_exits",
				"entries that no exit preceded" },
	[LOSS_MISSED_ENTRIES] = { "missed_entries",
				  "exits that no entry preceded" },
	[LOSS_SPARSE_FULL] = { "sparse_full",
			       "exits of more unknown reasons than fit" },
};

static void collect(const struct ledger *ledger, uint64_t count[NR_LOSSES])
{
	const struct ledger_losses *from = &ledger->losses;

	count[LOSS_NO_SLOT] = from->no_slot;
	count[LOSS_NO_VM] = from->no_vm;
	count[LOSS_ANSWERS] = from->answers;
	count[LOSS_UNREADABLE] = from->unreadable;
	count[LOSS_RECURSION] = from->recursion;
	for (size_t i = 0; i < ledger->nr_vms; i++) {
		const struct ledger_vm *vm = &ledger->vm[i];

		for (size_t j = 0; j < vm->nr_vcpus; j++) {
			const struct ledger_vcpu *vcpu = &vm->vcpu[j];

			count[LOSS_MISSED_EXITS] += vcpu->missed_exits;
			count[LOSS_MISSED_ENTRIES] += vcpu->missed_entries;
			count[LOSS_SPARSE_FULL] += vcpu->sparse_full;
		}
	}
}

void render_losses_text(const struct ledger *ledger, FILE *out)
{
	uint64_t count[NR_LOSSES] = { 0 };

	collect(ledger, count);
	for (size_t i = 0; i < NR_LOSSES; i++) {
		if (count[i])
			fprintf(out, "lost     %s %s\n",
				format_count(count[i]).s, losses[i].text);
	}
}

json_t *render_losses_json(const struct ledger *ledger)
{
	uint64_t count[NR_LOSSES] = { 0 };
	json_t *json = json_object();

	collect(ledger, count);
	for (size_t i = 0; i < NR_LOSSES; i++)
		json_object_set_new(json, losses[i].name,
				    json_integer(count[i]));
	return json;
}
