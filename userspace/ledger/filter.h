/* SPDX-License-Identifier: GPL-2.0-only */
/* Selects the VMs, vCPUs and exit reasons that are shown. */
#ifndef EXITLEDGER_FILTER_H
#define EXITLEDGER_FILTER_H

#include "ledger/ledger.h"
#include "lib/msg.h"

struct filter_numbers {
	uint32_t *number;
	size_t nr;
};

/*
 * A VM is shown if its name or its pid is in the filter; a vCPU or a reason is
 * shown if its number is.  A filter with neither names nor pids shows all VMs;
 * one without vCPUs shows all vCPUs, and one without reasons all reasons.
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
 * filter_add_number - add a number to filter->pids, ->vcpus or ->reasons
 *
 * Returns 0 or -ENOMEM.
 */
int filter_add_number(struct filter_numbers *numbers, uint32_t number);

bool filter_has_vm(const struct filter *filter, const struct ledger_vm *vm);
bool filter_has_number(const struct filter_numbers *numbers, uint32_t number);

/**
 * filter_unmatched - list the names and pids that no VM had
 * @ledger: all VMs that were seen
 * @lines: set to one line for each such name or pid, without a newline
 * @size: the number of elements in @lines
 *
 * Returns the number of such names and pids, even if it is above @size; only
 * the first @size lines are filled in.
 */
size_t filter_unmatched(const struct filter *filter,
			const struct ledger *ledger, struct why *lines,
			size_t size);

/**
 * filter_has_exits - have any exits been booked that pass the filter?
 * @ledger: all VMs.  If it has merged ended VMs into one, it is unknown which
 *	of them would pass, so all of their exits are treated as if they
 *	passed.
 */
bool filter_has_exits(const struct filter *filter, const struct ledger *ledger);

/**
 * filter_describe - write a filter as command-line options; "" if it is empty
 *
 * A text that is too long is cut between characters, and ends with "...".
 */
void filter_describe(const struct filter *filter, char *text, size_t size);

void filter_free(struct filter *filter);

#endif /* EXITLEDGER_FILTER_H */
