// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "ledger/reasons.h"
#include "micro_image.h"
#include "micro_run.h"
#include "micro_vmm_work.h"

/* --- the list of reads --- */

/*
 * A round has these reads besides those of reasons: INFO three times, both
 * totals, and one reason that no manual defines.
 */
enum { OTHER_READS = 6, UNDEFINED_REASON = 0x7fff };

/* Get the reasons of the work and of the reads. */
static size_t work_reasons(const struct micro_run *run,
			   uint32_t reasons[MICRO_KINDS])
{
	uint64_t work[MICRO_KINDS];

	memcpy(work, run->work, sizeof(work));
	work[MICRO_ud2] += run->emulated;
	return kinds_reasons(work, run->isa, reasons);
}

unsigned int micro_most_rounds(const struct micro_run *run)
{
	uint32_t reasons[MICRO_KINDS];
	size_t nr;

	if (run->all)
		exit_reasons(run->isa, &nr);
	else
		nr = work_reasons(run, reasons);
	return MICRO_MAX_READS / (OTHER_READS + 2 * nr);
}

/* Ask our leaf, or the one that tells the same in the run's numbering. */
static void ask(struct vmm *vmm, const struct micro_run *run, uint32_t leaf,
		uint32_t index)
{
	struct micro_block *block = micro_block_of(vmm, 0);
	const struct numbering_leaf *other;

	if (run->numbering) {
		other = numbering_tells(run->numbering, leaf);
		if (!other)
			return;
		leaf = other->number;
	}
	micro_reads_of(vmm)[block->nr_reads++] =
		(struct micro_read){ .leaf = leaf, .index = index };
}

static bool is_one_of(uint32_t reason, const uint32_t *reasons, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (reasons[i] == reason)
			return true;
	}
	return false;
}

/* With --all, ask for the other reasons, too; their counts are not checked. */
static void ask_others(struct vmm *vmm, const struct micro_run *run,
		       uint32_t leaf, const uint32_t *reasons, size_t nr)
{
	const struct exit_reason *all;
	size_t nr_all;

	all = exit_reasons(run->isa, &nr_all);
	for (size_t i = 0; run->all && i < nr_all; i++) {
		if (!is_one_of(all[i].code, reasons, nr))
			ask(vmm, run, leaf, all[i].code);
	}
}

/* CPUID is the last reason, because every read is a CPUID exit. */
void micro_ask(struct vmm *vmm, const struct micro_run *run)
{
	uint32_t reasons[MICRO_KINDS];
	size_t nr = work_reasons(run, reasons);

	for (unsigned int i = 0; i < run->reads; i++) {
		ask(vmm, run, EXIT_LEAF_INFO, 0);
		ask(vmm, run, EXIT_LEAF_INFO, 1);
		ask_others(vmm, run, EXIT_LEAF_REASON_EXITS, reasons, nr);
		for (size_t j = 0; j < nr; j++)
			ask(vmm, run, EXIT_LEAF_REASON_EXITS, reasons[j]);
		ask(vmm, run, EXIT_LEAF_EXITS, 0);
		ask(vmm, run, EXIT_LEAF_CYCLES, 0);
		for (size_t j = 0; j < nr; j++)
			ask(vmm, run, EXIT_LEAF_REASON_CYCLES, reasons[j]);
		ask_others(vmm, run, EXIT_LEAF_REASON_CYCLES, reasons, nr);
		ask(vmm, run, EXIT_LEAF_REASON_EXITS, UNDEFINED_REASON);
		/* Read this last: it has the numbers of all gaps. */
		ask(vmm, run, EXIT_LEAF_INFO, 2);
	}
}

bool micro_stops_between(const struct micro_run *run)
{
	return run->stop && !run->meanwhile && run->laps > 1;
}

bool micro_reads_before(const struct micro_run *run)
{
	return run->meanwhile || (micro_stops_between(run) && run->reads > 1);
}

/* --- the answers --- */

uint64_t micro_lap(struct vmm *vmm, unsigned int lap)
{
	const uint64_t *cycles = (const void *)(vmm->memory + MICRO_LAPS);

	return cycles[lap];
}

/* Select the work of the guest or, if @vmm_work, the work of the VMM. */
static void pick_work(uint64_t picked[MICRO_KINDS],
		      const uint64_t work[MICRO_KINDS], bool vmm_work)
{
	for (int i = 0; i < MICRO_KINDS; i++)
		picked[i] = micro_is_vmm_work(i) == vmm_work ? work[i] : 0;
}

/*
 * Returns the number of writes of MSRs that interrupts have caused.  Each
 * interrupt's end is such a write.  After an interrupt that came too early, the
 * guest also sets the timer again.
 */
static uint64_t interrupts(struct vmm *vmm, const struct micro_run *run)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < run->vcpus; i++) {
		const struct micro_block *block = micro_block_of(vmm, i);

		sum += block->irqs + block->early;
	}
	return sum;
}

/*
 * Returns how many exits of a reason the guest has caused up to its read number
 * @nth, from 0, including this one.
 */
static uint64_t executed(struct vmm *vmm, const struct micro_run *run,
			 uint32_t reason, size_t nth)
{
	const int isa = run->isa;
	const int read = run->emulated ? MICRO_ud2 : MICRO_cpuid;
	uint64_t work[MICRO_KINDS];
	uint64_t sum;

	pick_work(work, run->work, false);
	sum = kinds_exits(work, isa, reason) * run->vcpus * run->laps;
	pick_work(work, run->work, true);
	sum += kinds_exits(work, isa, reason);
	if (reason == kinds[MICRO_out].reason[isa])
		sum += run->vcpus + /* "all work is done" */
		       (micro_stops_between(run) ?
				2 :
				0); /* "half is done", and "read" */
	if (reason == kinds[MICRO_wrmsr].reason[isa] &&
	    kinds_needs(run->work) & NEED_APIC) {
		sum += 2 * run->vcpus; /* to set up the APIC */
		sum += interrupts(vmm, run);
		sum -= kinds_interrupts(run->work) * run->vcpus * run->laps;
	}
	if (reason == kinds[read].reason[isa])
		sum += nth + 1;
	return sum;
}

/* Add the cycles that the VMM spent on a reason's exits, if they are known. */
static void add_userspace(const struct micro_run *run,
			  const struct micro_spent *spent, struct leaf_io *io)
{
	if (io->leaf != EXIT_LEAF_REASON_CYCLES)
		return;
	if (io->index == kinds[MICRO_out].reason[run->isa])
		io->userspace = spent->io;
	else if (io->index == kinds[MICRO_hlt].reason[run->isa])
		io->userspace = spent->hlt;
	io->has_userspace = io->userspace;
}

uint64_t micro_executed(struct vmm *vmm, const struct micro_run *run,
			uint32_t reason)
{
	uint64_t sum = executed(vmm, run, reason,
				micro_block_of(vmm, 0)->nr_reads - 1);

	/* Add the OUT that says that all leaves have been read. */
	return sum + (reason == kinds[MICRO_out].reason[run->isa]);
}

/* A read, as if our leaf had been read. */
static struct leaf_io translate(const struct micro_run *run,
				const struct micro_read *read)
{
	uint32_t registers[] = { read->eax, read->ebx, read->ecx, read->edx };
	uint32_t leaf = read->leaf;

	if (run->numbering)
		numbering_translate(run->numbering, &leaf, registers);
	return (struct leaf_io){ .leaf = leaf,
				 .index = read->index,
				 .eax = registers[NUMBERING_EAX],
				 .ebx = registers[NUMBERING_EBX],
				 .ecx = registers[NUMBERING_ECX],
				 .edx = registers[NUMBERING_EDX] };
}

/*
 * Describe the leaves as INFO does.  If the numbering has no such leaf, nothing
 * is known but what the guest is.  Returns false if KVM does not have the
 * leaves.
 */
static bool describe(const struct micro_run *run, const struct micro_read *read,
		     struct leaves *leaves)
{
	if (run->numbering &&
	    !numbering_tells(run->numbering, EXIT_LEAF_INFO)) {
		leaves->abi = EXIT_LEAF_ABI;
		leaves->isa = run->isa == EXIT_ISA_SVM ? EXIT_LEAF_ISA_SVM :
							 EXIT_LEAF_ISA_VMX;
		leaves->vcpus = run->vcpus;
		leaves->counting = leaves->timing = true;
		return true;
	}
	if (read[0].ebx != EXIT_LEAF_SIG_EBX ||
	    read[0].ecx != EXIT_LEAF_SIG_ECX ||
	    read[0].edx != EXIT_LEAF_SIG_EDX)
		return false;
	leaves->abi = read[0].eax;
	leaves->isa = read[1].eax;
	leaves->vcpus = read[1].ecx;
	leaves->counting = read[1].edx & EXIT_LEAF_COUNTING;
	leaves->timing = read[1].edx & EXIT_LEAF_TIMING;
	return true;
}

int micro_take_reads(struct vmm *vmm, const struct micro_run *run,
		     const struct micro_spent *spent, struct leaves *leaves)
{
	const struct micro_read *read = micro_reads_of(vmm);
	size_t nr = micro_block_of(vmm, 0)->nr_reads, nr_reasons;
	uint32_t reasons[MICRO_KINDS];

	leaves->io = calloc(nr, sizeof(*leaves->io));
	if (!leaves->io)
		return -ENOMEM;
	if (!describe(run, read, leaves))
		return 0;
	leaves->nr = nr;
	leaves->has_statistics = !vmm_exits(vmm, &leaves->statistics);
	nr_reasons = work_reasons(run, reasons);
	for (size_t i = 0; i < nr; i++) {
		/* Before the end of the work, counts are unknown. */
		const bool done = !micro_reads_before(run) ||
				  i >= nr / run->reads;

		leaves->io[i] = translate(run, &read[i]);
		leaves->io[i].has_executed =
			!run->meanwhile && done &&
			leaves->io[i].leaf == EXIT_LEAF_REASON_EXITS &&
			is_one_of(read[i].index, reasons, nr_reasons) &&
			kinds_exact(run->work, run->isa, read[i].index);
		leaves->io[i].executed = executed(vmm, run, read[i].index, i);
		if (done)
			add_userspace(run, spent, &leaves->io[i]);
	}
	return 0;
}
