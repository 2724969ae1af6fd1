// SPDX-License-Identifier: GPL-2.0-only
#include "ledger/render_losses.h"
#include "lib/format.h"

enum {
	LOSS_NO_SLOT,
	LOSS_NO_VM,
	LOSS_ANSWERS,
	LOSS_UNREADABLE,
	LOSS_RECURSION,
	LOSS_MISSED_EXITS,
	LOSS_MISSED_ENTRIES,
	LOSS_SPARSE_FULL,
	LOSS_NO_SPAN,
	LOSS_NO_KEY,
	LOSS_SLOW,
	LOSS_MARKS,
	LOSS_NO_THREAD,
	LOSS_SHARED,
	LOSS_NO_END,
	LOSS_NEGATIVE,
	LOSS_UNREAD,
	LOSS_UNCOUNTED,
	NR_LOSSES,
};

static const struct {
	const char *name;
	const char *text;
} losses[] = {
	[LOSS_NO_SLOT] = { "no_slot", "events of vCPUs that found no slot" },
	[LOSS_NO_VM] = { "no_vm", "events of vCPUs whose VM found no room" },
	[LOSS_ANSWERS] = { "answers",
			   "answers to guests that found no room or were skipped" },
	[LOSS_UNREADABLE] = { "unreadable",
			      "exits with a reason that BPF cannot read" },
	[LOSS_RECURSION] = { "recursion",
			     "runs of BPF programs that the kernel skipped" },
	[LOSS_MISSED_EXITS] = { "missed_exits",
				"entries that no exit preceded" },
	[LOSS_MISSED_ENTRIES] = { "missed_entries",
				  "exits that no entry preceded" },
	[LOSS_SPARSE_FULL] = { "sparse_full",
			       "exits whose reason found no room" },
	[LOSS_NO_SPAN] = { "no_span",
			   "times that found no room in the histograms" },
	[LOSS_NO_KEY] = { "no_key",
			  "exits that have no key in the tables by key" },
	[LOSS_SLOW] = { "slow", "slow exits that found no room" },
	[LOSS_MARKS] = { "marks",
			 "marks by guests that were damaged or too many" },
	[LOSS_NO_THREAD] = { "no_thread",
			     "exits that may lack time off the CPU" },
	[LOSS_SHARED] = { "shared",
			  "changes of thread, maybe to another VM's vCPU" },
	[LOSS_NEGATIVE] = { "negative",
			    "times that were negative, as CPUs' clocks differ" },
	[LOSS_UNREAD] = { "unread",
			  "VMs that ended with exits KVM's book was not read for" },
	[LOSS_UNCOUNTED] = { "uncounted",
			     "vCPUs with exits that KVM had no memory to count" },
	[LOSS_NO_END] = { "no_end",
			  "VMs with unseen ends: a later one may be booked on them" },
};

static void collect(const struct ledger *ledger, uint64_t count[NR_LOSSES])
{
	const struct ledger_losses *from = &ledger->losses;

	count[LOSS_NO_SLOT] = from->no_slot;
	count[LOSS_NO_VM] = from->no_vm;
	count[LOSS_ANSWERS] = from->answers;
	count[LOSS_UNREADABLE] = from->unreadable;
	count[LOSS_RECURSION] = from->recursion;
	count[LOSS_NO_SPAN] = from->no_span;
	count[LOSS_NO_KEY] = from->no_key;
	count[LOSS_SLOW] = from->slow;
	count[LOSS_MARKS] = from->marks;
	count[LOSS_NO_THREAD] = from->no_thread;
	count[LOSS_SHARED] = from->shared;
	count[LOSS_NO_END] = from->no_end;
	count[LOSS_NEGATIVE] = from->negative;
	count[LOSS_UNREAD] = from->unread;
	count[LOSS_UNCOUNTED] = from->uncounted;
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

size_t render_losses_list(const struct ledger *ledger,
			  struct loss list[LOSSES_MAX])
{
	uint64_t count[NR_LOSSES] = { 0 };

	_Static_assert(NR_LOSSES <= LOSSES_MAX, "LOSSES_MAX");
	collect(ledger, count);
	for (size_t i = 0; i < NR_LOSSES; i++)
		list[i] = (struct loss){ losses[i].name, losses[i].text,
					 count[i] };
	return NR_LOSSES;
}

void render_losses_text(const struct ledger *ledger, FILE *out)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(ledger, list);

	for (size_t i = 0; i < nr; i++) {
		if (list[i].count)
			fprintf(out, "lost     %s %s\n",
				format_count(list[i].count).s, list[i].text);
	}
}

void render_losses_json(struct json_writer *json, const struct ledger *ledger)
{
	struct loss list[LOSSES_MAX];
	size_t nr = render_losses_list(ledger, list);

	json_put_open(json, "lost", '{');
	for (size_t i = 0; i < nr; i++)
		json_put_uint(json, list[i].name, list[i].count);
	json_put_close(json, '}');
}
