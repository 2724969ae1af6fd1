// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "busy_host.h"
#include "ledger/reasons.h"

static const uint32_t reasons[BUSY_REASONS] = {
	EXIT_SVM_HLT,	  EXIT_SVM_IOIO,  EXIT_SVM_MSR,	     EXIT_SVM_CPUID,
	EXIT_SVM_INTR,	  EXIT_SVM_NPF,	  EXIT_SVM_VINTR,    EXIT_SVM_WBINVD,
	EXIT_SVM_VMMCALL, EXIT_SVM_RDPMC, EXIT_SVM_PAUSE,    EXIT_SVM_XSETBV,
	EXIT_SVM_INVD,	  EXIT_SVM_NMI,	  EXIT_SVM_READ_CR4,
};

void busy_host(struct observer_bpf__bss *bss, unsigned int vms)
{
	const u32 each = BUSY_VCPUS / vms;
	u32 span = 1;

	for (u32 i = 0; i < BUSY_VCPUS; i++) {
		struct obs_slot *slot = &bss->slots[i];

		slot->vcpu = 0x1000 + i;
		slot->vm = 1 + i / each;
		slot->serial = i + 1;
		slot->vcpu_id = i % each;
		slot->tgid = getpid();
		slot->cells = 1 + BUSY_REASONS;
		for (u32 j = 1; j <= BUSY_REASONS; j++) {
			slot->reason[j] = reasons[j - 1];
			slot->cell[j].min_ns = ~0ull;
			for (u32 k = 1; k <= BUSY_SPANS; k++)
				slot->cell[j].span[k] = span++;
		}
	}
}

void busy_second(struct observer_bpf__bss *bss)
{
	static const u8 buckets[] = { 4, 5, 6, 7, 9, 13, 20, 31 };

	for (u32 i = 0; i < BUSY_VCPUS; i++) {
		for (u32 j = 1; j <= BUSY_REASONS; j++) {
			struct obs_cell *cell = &bss->slots[i].cell[j];

			cell->exits += BUSY_EXITS;
			cell->ns += BUSY_EXITS * 5000;
			cell->min_ns = 1100;
			cell->max_ns = 4000000;
			for (u32 k = 0; k < BUSY_EXITS; k++)
				bss->spans[cell->span[1 + k / 8]]
					.count[buckets[k % 8]]++;
		}
	}
}
