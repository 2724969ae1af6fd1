/* SPDX-License-Identifier: GPL-2.0-only */
/* Which VMs, vCPUs and exit reasons are shown. */
#ifndef EXITLEDGER_FILTER_H
#define EXITLEDGER_FILTER_H

#include "ledger/ledger.h"
#include "lib/msg.h"

struct filter_numbers {
	uint32_t *number;
	size_t nr;
};

/*
 * An empty filter shows everything.  A VM is shown if one of the names or one
 * of the pids is its own; a vCPU, if one of the numbers is its own; a reason
 * likewise.
 */
struct filter {
	const char **vm; /* names or patterns, as in fnmatch(3); not copied */
	size_t nr_vms;
	struct filter_numbers pids;
	struct filter_numbers vcpus;
	struct filter_numbers reasons;
};

/** filter_add_vm - show VMs of this name or pattern; 0 or -ENOMEM */
int filter_add_vm(struct filter *filter, const char *name);

/**
 * filter_add_number - add to filter->pids, ->vcpus or ->reasons
 *
 * 0 or -ENOMEM.
 */
int filter_add_number(struct filter_numbers *numbers, uint32_t number);

bool filter_has_vm(const struct filter *filter, const struct ledger_vm *vm);
bool filter_has_number(const struct filter_numbers *numbers, uint32_t number);

/**
 * filter_unmatched - say which of the names and pids no VM had
 * @ledger: all VMs that were seen
 * @lines: filled in: one line for each such name or pid, without a newline
 * @size: how many lines there is room for
 *
 * Returns how many lines there would be.  If these are more than @size, only
 * the first @size are filled in.
 */
size_t filter_unmatched(const struct filter *filter,
			const struct ledger *ledger, struct why *lines,
			size_t size);

/**
 * filter_has_exits - has any exit that was booked passed the filter?
 * @ledger: all VMs.  Where it has added up ended VMs into one, it is no longer
 * known which of them passed, and all of them count as if they did.
 */
bool filter_has_exits(const struct filter *filter, const struct ledger *ledger);

/**
 * filter_describe - a filter as the options that make it; "" for everything
 *
 * Text that is too long is cut between characters, and ends with "...".
 */
void filter_describe(const struct filter *filter, char *text, size_t size);

void filter_free(struct filter *filter);

#endif /* EXITLEDGER_FILTER_H */
