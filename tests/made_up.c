// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "exit_leaves.h"
#include "ledger/reasons.h"
#include "made_up.h"

/* Abort if an allocation has failed: a test cannot go on then. */
static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static struct ledger_vcpu *vcpu_of(struct ledger *ledger, uint64_t number,
				   uint32_t id)
{
	struct ledger_vm *vm = must(ledger_vm(ledger, number, 1000 + number));
	struct ledger_vcpu *vcpu = must(ledger_vcpu(vm, id));

	if (!vm->isa) {
		vm->isa = EXIT_LEAF_ISA_SVM;
		snprintf(vm->name, sizeof(vm->name), "vm%u",
			 (unsigned int)number);
	}
	if (!vcpu->tid)
		vcpu->tid = 10000 * number + id;
	return vcpu;
}

static unsigned int bucket_of(uint64_t ns)
{
	static uint8_t table[HIST_TABLE];
	unsigned int span = 0;

	if (!table[HIST_TABLE - 1])
		hist_table(table);
	while (ns >> (HIST_SPAN_BITS * span) >= HIST_TABLE)
		span++;
	return span * HIST_SPAN + table[ns >> (HIST_SPAN_BITS * span)];
}

void made_up_exits(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		   uint32_t reason, uint64_t exits)
{
	struct ledger_vcpu *to = vcpu_of(ledger, vm, vcpu);
	struct ledger_cell *cell = must(ledger_cell(&to->cells, reason));

	cell->times.exits += exits;
	to->exits += exits;
}

void made_up_time(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		  uint32_t reason, uint64_t ns, uint64_t exits)
{
	struct ledger_vcpu *to = vcpu_of(ledger, vm, vcpu);
	struct ledger_cell *cell = must(ledger_cell(&to->cells, reason));

	if (hist_book(&cell->hist, bucket_of(ns), exits))
		abort();
	cell->times.exits += exits;
	cell->times.ns += ns * exits;
	to->exits += exits;
	to->ns += ns * exits;
	exit_times_widen(&cell->times, ns, ns);
}

void made_up_key(struct ledger *ledger, uint64_t vm, uint32_t vcpu,
		 uint32_t reason, uint64_t key, uint64_t ns, uint64_t exits)
{
	struct ledger_vcpu *to = vcpu_of(ledger, vm, vcpu);
	struct ledger_key *entry = must(ledger_key(&to->keys, reason, key));

	entry->times.exits += exits;
	entry->times.timed += exits;
	entry->times.ns += ns * exits;
	exit_times_widen(&entry->times, ns, ns);
}

void made_up_host(struct ledger *ledger, size_t vms, size_t vcpus,
		  unsigned int step)
{
	static const uint32_t reasons[] = {
		EXIT_SVM_HLT,  EXIT_SVM_IOIO, EXIT_SVM_MSR,   EXIT_SVM_CPUID,
		EXIT_SVM_INTR, EXIT_SVM_NPF,  EXIT_SVM_VINTR, EXIT_SVM_WBINVD,
		0x004,	       0x010,	      0x014,	      0x020,
		0x030,	       0x065,	      0x07f,
	};

	for (size_t vm = 1; vm <= vms; vm++) {
		for (size_t vcpu = 0; vcpu < vcpus; vcpu++) {
			for (size_t i = 0; i < 15; i++) {
				unsigned int n = (vm * 7 + vcpu * 3 + i * 5 +
						  step * (i + 1)) %
						 11;
				uint64_t ns = i ? 900 + 100 * i : 1500000;
				uint64_t exits = i ? 20 + 100 * n / i : 30;

				made_up_time(ledger, vm, vcpu, reasons[i], ns,
					     exits);
				made_up_time(ledger, vm, vcpu, reasons[i],
					     20 * ns, 2);
				made_up_time(ledger, vm, vcpu, reasons[i],
					     ns / 20, 1);
			}
		}
	}
}
