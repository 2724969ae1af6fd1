/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ledger as rows: the exits of each VM, or of each vCPU, that pass the
 * filter, by exit reason and, if there are any, by further key.  The rows point
 * into the ledger, which must not change while they are used.
 */
#ifndef EXITLEDGER_ROWS_H
#define EXITLEDGER_ROWS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

enum row_kind {
	ROW_REASON,
	ROW_KEY, /* one key of a reason's exits: row.key */
	ROW_TOTAL, /* all reasons */
	ROW_WORK, /* all reasons except HLT, whose time is the guest's idleness */
};

enum row_percentile { ROW_P50, ROW_P90, ROW_P99, ROW_P999, ROW_PERCENTILES };

struct row {
	enum row_kind kind;
	uint32_t reason;
	uint32_t isa; /* whose reason it is */
	uint64_t key;
	struct exit_times times; /* ->timed: row_complete() */
	bool spans_lost; /* the histogram lacks some times */
	uint64_t percentile[ROW_PERCENTILES]; /* 0: none; row_complete() */
	const struct hist *hist; /* of a reason */

	/* The whole that shares and rates refer to. */
	uint64_t all_exits; /* of the group */
	double seconds; /* the sample's */
	double vcpu_ns; /* time that the group's vCPUs had, together */
};

struct row_group {
	const struct ledger_vm *vm;
	/* NULL: all vCPUs that pass the filter. */
	const struct ledger_vcpu *vcpu;
	size_t vcpus; /* the number of these vCPUs */
	bool ended; /* the VM has ended; with @vcpu: the vCPU has */
	struct row *reason; /* ascending, unless sorted */
	size_t nr_reasons;
	struct row *key; /* ascending by reason, then key, unless sorted */
	size_t nr_keys;
	struct row total;
	struct row work;
	/* The rows point to this, if not to the ledger. */
	struct ledger_total sum;
};

struct rows {
	struct row_group *group; /* ascending by VM and vCPU, unless sorted */
	size_t nr;
	size_t room;
};

/**
 * rows_build - make the rows of a ledger
 * @filter: NULL: all
 * @by_vcpu: a group for each vCPU, in place of one for each VM
 * @seconds: the length of the period that the ledger is of
 * @rows: filled in; to be freed with rows_free
 *
 * VMs and vCPUs in which nothing happened have no group, unless they ended.
 * Returns 0 or -ENOMEM.
 */
int rows_build(const struct ledger *ledger, const struct filter *filter,
	       bool by_vcpu, double seconds, struct rows *rows);

/**
 * rows_group - make the rows of a single VM, or of one of its vCPUs
 * @vcpu: NULL: all vCPUs that pass the filter
 * @group: filled in; to be freed with rows_group_free
 *
 * Returns 1 if anything happened there, else 0, or -ENOMEM.
 */
int rows_group(const struct ledger *ledger, const struct ledger_vm *vm,
	       const struct ledger_vcpu *vcpu, const struct filter *filter,
	       double seconds, struct row_group *group);

/*
 * Histograms are most of a ledger, so values that come from them are computed
 * only for rows that someone looks at.
 */

/**
 * row_complete - fill in the percentiles of a reason, and the number of exits
 * with a time
 */
void row_complete(struct row *row);

/** rows_group_complete - do the same for all rows of a group; 0 or -ENOMEM */
int rows_group_complete(struct row_group *group);

/** row_is_idle - is the time of these exits the guest's idleness, as at HLT? */
bool row_is_idle(uint32_t isa, uint32_t reason);

void rows_group_free(struct row_group *group);
void rows_free(struct rows *rows);

#endif /* EXITLEDGER_ROWS_H */
