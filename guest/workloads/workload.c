// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ledger/reasons.h"
#include "works.h"

#define WORKLOAD(id, need, nr, text)             \
	[WORKLOAD_##id] = { .name = #id,         \
			    .what = (text),      \
			    .needs = (need),     \
			    .count = (nr),       \
			    .setup = SETUP_##id, \
			    .run = RUN_##id },
#define EXPECT(id, paging, svm, vmx, rule, exits, operations)

#define SETUP_cpuid NULL
#define RUN_cpuid do_cpuid
#define SETUP_in setup_in
#define RUN_in do_in
#define SETUP_rdmsr setup_rdmsr
#define RUN_rdmsr do_rdmsr
#define SETUP_vmcall NULL
#define RUN_vmcall do_vmcall
#define SETUP_ud2 setup_ud2
#define RUN_ud2 do_ud2
#define SETUP_hlt NULL
#define RUN_hlt do_hlt
#define SETUP_serial setup_serial
#define RUN_serial do_serial
#define SETUP_disk setup_disk
#define RUN_disk do_disk
#define SETUP_first_touch NULL
#define RUN_first_touch do_first_touch
#define SETUP_invlpg setup_invlpg
#define RUN_invlpg do_invlpg
#define SETUP_context_switch setup_context_switch
#define RUN_context_switch do_context_switch
#define SETUP_ipi setup_ipi
#define RUN_ipi do_ipi
#define SETUP_tlb_shootdown setup_tlb_shootdown
#define RUN_tlb_shootdown do_invlpg
#define SETUP_pause NULL
#define RUN_pause do_pause
#define SETUP_rdtsc NULL
#define RUN_rdtsc do_rdtsc

const struct workload workloads[WORKLOADS] = {
#include "workloads.def"
};

#undef WORKLOAD
#undef EXPECT

#define EXIT_SVM_NONE REASON_NONE
#define EXIT_VMX_NONE REASON_NONE

#define WORKLOAD(id, need, nr, text)
#define EXPECT(id, pages, svm, vmx, law, nr, per)        \
	{ .workload = WORKLOAD_##id,                     \
	  .paging = PAGING_##pages,                      \
	  .reason = { [EXIT_ISA_SVM] = EXIT_SVM_##svm,   \
		      [EXIT_ISA_VMX] = EXIT_VMX_##vmx }, \
	  .rule = RULE_##law,                            \
	  .exits = (nr),                                 \
	  .operations = (per) },

static const struct expectation expectations[] = {
#include "workloads.def"
};

const struct workload *workload_find(const char *name)
{
	for (size_t i = 0; i < WORKLOADS; i++) {
		if (!strcmp(workloads[i].name, name))
			return &workloads[i];
	}
	return NULL;
}

int work_fail(struct work *work, int r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(work->why, sizeof(work->why), fmt, args);
	va_end(args);
	return r;
}

const struct expectation *expectation_next(const struct workload *workload,
					   enum paging paging, uint32_t isa,
					   const struct expectation *last)
{
	const struct expectation *end =
		expectations + sizeof(expectations) / sizeof(expectations[0]);

	for (last = last ? last + 1 : expectations; last < end; last++) {
		if (&workloads[last->workload] == workload &&
		    last->paging & paging && last->reason[isa] != REASON_NONE)
			return last;
	}
	return NULL;
}

bool expectation_met(const struct expectation *expectation, uint64_t exits,
		     uint64_t operations)
{
	uint64_t have = exits * expectation->operations;
	uint64_t want = operations * expectation->exits;

	switch (expectation->rule) {
	case RULE_EXACTLY:
		return have == want;
	case RULE_AT_LEAST:
		return have >= want;
	case RULE_AT_MOST:
		return have <= want;
	case RULE_ON_HARDWARE:
		break;
	}
	return true;
}

const char *rule_name(enum rule rule)
{
	static const char *const names[] = {
		[RULE_EXACTLY] = "exactly",
		[RULE_AT_LEAST] = "at least",
		[RULE_AT_MOST] = "at most",
		[RULE_ON_HARDWARE] = "about",
	};

	return names[rule];
}

/* Returns the number of CPUIDs after @from, up to and including @to. */
static uint64_t reads_between(const struct leaves *before,
			      const struct leaf_io *from,
			      const struct leaves *after,
			      const struct leaf_io *to)
{
	return (before->io + before->nr - 1 - from) + (to - after->io + 1);
}

static uint64_t growth(const struct leaves *before, const struct leaves *after,
		       uint32_t leaf, uint32_t index, bool has_reads)
{
	const struct leaf_io *from = leaves_find(before, leaf, index);
	const struct leaf_io *to = leaves_find(after, leaf, index);
	uint64_t exits;

	if (!from || !to)
		return 0;
	exits = leaf_exits(to) - leaf_exits(from);
	return has_reads ? exits - reads_between(before, from, after, to) :
			   exits;
}

/* Has the count grown at least by the exits of the reads? */
static bool grows(const struct leaves *before, const struct leaves *after,
		  uint32_t leaf, uint32_t index, bool has_reads)
{
	const struct leaf_io *from = leaves_find(before, leaf, index);
	const struct leaf_io *to = leaves_find(after, leaf, index);

	if (!from || !to)
		return from == to;
	return leaf_exits(to) >= leaf_exits(from) &&
	       leaf_exits(to) - leaf_exits(from) >=
		       (has_reads ? reads_between(before, from, after, to) : 0);
}

bool growth_is_one(const struct leaves *before, const struct leaves *after)
{
	const struct exit_reason *reasons;
	bool is_one;
	size_t nr;

	is_one = leaves_same_vm(before, after) &&
		 grows(before, after, EXIT_LEAF_EXITS, 0, true);
	reasons = exit_reasons(after->isa, &nr);
	for (size_t i = 0; is_one && i < nr; i++)
		is_one = grows(
			before, after, EXIT_LEAF_REASON_EXITS, reasons[i].code,
			reasons[i].code == exit_reason_cpuid(after->isa));
	return is_one;
}

uint64_t growth_total(const struct leaves *before, const struct leaves *after)
{
	return growth(before, after, EXIT_LEAF_EXITS, 0, true);
}

uint64_t growth_of(const struct leaves *before, const struct leaves *after,
		   uint32_t reason)
{
	return growth(before, after, EXIT_LEAF_REASON_EXITS, reason,
		      reason == exit_reason_cpuid(after->isa));
}
