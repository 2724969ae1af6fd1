// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compare/render_compare.h"
#include "exit_leaves.h"
#include "ledger/reason_text.h"
#include "lib/format.h"

static bool is_time(const struct finding *finding)
{
	return finding->leaf == EXIT_LEAF_CYCLES ||
	       finding->leaf == EXIT_LEAF_REASON_CYCLES;
}

/* The subject of a leaf, such as "exits" or "exits for 0x07b IOIO". */
static struct text subject(const struct books *books,
			   const struct finding *finding)
{
	const char *what = is_time(finding) ? "time" : "exits";
	struct text text;

	if (finding->leaf == EXIT_LEAF_INFO)
		snprintf(text.s, sizeof(text.s), "leaf 0x%x, ECX %u",
			 finding->leaf, finding->reason);
	else if (leaf_takes_index(finding->leaf))
		snprintf(text.s, sizeof(text.s), "%s for %.28s", what,
			 exit_reason_text(books->host.isa, finding->reason).s);
	else
		snprintf(text.s, sizeof(text.s), "total %s", what);
	text.length = strlen(text.s);
	return text;
}

static struct text registers(const struct leaf_read *read)
{
	struct text text;

	snprintf(text.s, sizeof(text.s), "%08x:%08x:%08x:%08x", read->eax,
		 read->ebx, read->ecx, read->edx);
	text.length = strlen(text.s);
	return text;
}

/* Show the numbers if these differ, and the registers otherwise. */
static void finding_guest(const struct finding *finding, struct text what,
			  char *line, size_t size)
{
	const char *unit = is_time(finding) ? " cycles" : "";

	if (finding->kernel != finding->low)
		snprintf(line, size,
			 "%s: the guest reports %s%s, KVM answered %s%s",
			 what.s, format_count(finding->low).s, unit,
			 format_count(finding->kernel).s, unit);
	else
		snprintf(
			line, size,
			"%s: the guest reports EAX:EBX:ECX:EDX %s, KVM answered %s",
			what.s, registers(&finding->said).s,
			registers(&finding->answered).s);
}

static void finding_discrepancy(const struct books *books,
				const struct finding *finding, char *line,
				size_t size)
{
	struct text what = subject(books, finding);
	struct text kernel = format_count(finding->kernel);
	struct text low = format_count(finding->low);
	struct text high = format_count(finding->high);

	switch (finding->rule) {
	case RULE_KERNEL_LOW:
		snprintf(line, size,
			 "%s: KVM says %s, BPF had %s before: %s lost", what.s,
			 kernel.s, low.s,
			 format_count(finding->low - finding->kernel).s);
		break;
	case RULE_KERNEL_HIGH:
		snprintf(line, size,
			 "%s: KVM says %s, at most %s happened: %s too many",
			 what.s, kernel.s, high.s,
			 format_count(finding->kernel - finding->high).s);
		break;
	case RULE_GUEST:
		finding_guest(finding, what, line, size);
		break;
	case RULE_EXECUTED:
		snprintf(line, size, "%s: KVM says %s, the guest caused %s",
			 what.s, kernel.s, low.s);
		break;
	case RULE_TIME:
		snprintf(line, size,
			 "%s: KVM's %s is less than BPF's %s within it", what.s,
			 format_ns(finding->kernel).s,
			 format_ns(finding->low).s);
		break;
	case RULE_TIME_HIGH:
		snprintf(line, size,
			 "%s: KVM's %s is more than the %s that passed", what.s,
			 format_ns(finding->kernel).s,
			 format_ns(finding->high).s);
		break;
	case RULE_USER_TIME:
		snprintf(line, size, "%s: %s in userspace, KVM says %s, BPF %s",
			 what.s, format_ns(finding->low).s,
			 format_ns(finding->kernel).s,
			 format_ns(finding->high).s);
		break;
	case RULE_REGISTERS:
		snprintf(line, size,
			 "%s: %s is 0x%" PRIx64 " and EDX 0x%" PRIx64
			 ", not zero",
			 what.s, is_time(finding) ? "EAX" : "ECX",
			 finding->kernel, finding->high);
		break;
	case RULE_HIDDEN:
		snprintf(
			line, size,
			"leaf 0x%x is not answered, and kvm.exit_stats_leaves is on",
			finding->leaf);
		break;
	case RULE_INFO:
		snprintf(
			line, size,
			"leaf 0x%x with ECX %u: 0x%x 0x%x 0x%x 0x%x is not right",
			finding->leaf, finding->reason,
			(uint32_t)(finding->low >> 32), (uint32_t)finding->low,
			(uint32_t)(finding->high >> 32),
			(uint32_t)finding->high);
		break;
	case RULE_STATISTICS:
		snprintf(line, size,
			 "KVM's statistics say %s exits, BPF counted %s to %s",
			 kernel.s, low.s, high.s);
		break;
	default:
		if (finding->kernel) {
			snprintf(
				line, size,
				"%s: KVM answers as if there were such a reason",
				what.s);
			break;
		}
		snprintf(
			line, size,
			"%s: KVM answers that there is no such reason; BPF saw %s",
			what.s, low.s);
		break;
	}
}

void render_finding(const struct books *books, const struct finding *finding,
		    char *line, size_t size)
{
	switch (finding->rule) {
	case RULE_NO_READ:
		snprintf(
			line, size, "%s",
			books->marks_alone ?
				"no guest's mark has KVM's total (run exitleaf --mark in it)" :
			books->host_reads ?
				"no VM had an exit meanwhile, and no guest read its exit counters" :
				"no guest read its exit counters (run exitleaf in it)");
		break;
	case RULE_UNANSWERED:
		snprintf(
			line, size,
			"KVM answered no guest: exit_stats_leaves is off, for all guests or for these");
		break;
	case RULE_SWITCHED:
		if (books->host.exit_stats > 0 &&
		    books->host.exit_stats == books->exit_stats_after) {
			snprintf(
				line, size,
				"kvm.exit_stats or exit_stats_leaves was written to meanwhile");
			break;
		}
		snprintf(line, size,
			 "kvm.exit_stats was %d at the start and %d at the end",
			 books->host.exit_stats, books->exit_stats_after);
		break;
	case RULE_INCOMPLETE:
		snprintf(line, size, "BPF could not book all that happened");
		break;
	case RULE_UNSEEN:
		snprintf(
			line, size,
			"the guest's report has reads that were not seen here");
		break;
	case RULE_UNCOUNTED:
		snprintf(
			line, size,
			"nothing that was read is complete: the host had no memory for the counters of some vCPU");
		break;
	case RULE_GAPS:
		snprintf(
			line, size,
			"only times were read, and KVM dropped the time of some exits");
		break;
	case RULE_EMULATED:
		snprintf(
			line, size,
			"all reads were by the instruction emulator, with no exit to compare at");
		break;
	case RULE_LATE:
		snprintf(line, size,
			 "BPF came late, and no count was read twice since");
		break;
	case RULE_NO_COUNT:
		snprintf(
			line, size,
			"the guests read no number of exits, which a verdict needs");
		break;
	case RULE_UNREPORTED:
		snprintf(line, size, "the guest's report could not be read");
		break;
	default:
		finding_discrepancy(books, finding, line, size);
		break;
	}
}
