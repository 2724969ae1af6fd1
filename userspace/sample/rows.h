/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ledger as rows: what the filter lets through of each VM, or of each vCPU,
 * by exit reason and, if there are any, by further key.  The rows point into
 * the ledger, which must not change while they are used.
 */
#ifndef EXITLEDGER_ROWS_H
#define EXITLEDGER_ROWS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

enum row_kind {
	ROW_REASON,
	ROW_KEY, /* what a reason's exits were about: row.key */
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
	double vcpu_ns; /* that the group's vCPUs had, together */
};

struct row_group {
	const struct ledger_vm *vm;
	const struct ledger_vcpu *vcpu; /* NULL: all that the filter passes */
	size_t vcpus; /* the number of these vCPUs */
	bool ended; /* the VM; with @vcpu: the vCPU */
	struct row *reason; /* ascending, unless sorted */
	size_t nr_reasons;
	struct row *key; /* ascending by reason, then key, unless sorted */
	size_t nr_keys;
	struct row total;
	struct row work;
	struct ledger_total sum; /* what the rows point to, if not the ledger */
};

struct rows {
	struct row_group *group; /* ascending by VM and vCPU, unless sorted */
	size_t nr;
	size_t room;
};

/**
 * rows_build - a ledger's rows
 * @filter: NULL: all
 * @by_vcpu: a group for each vCPU, in place of one for each VM
 * @seconds: how long it took for the ledger to become so
 * @rows: filled in; to be freed with rows_free
 *
 * VMs and vCPUs in which nothing happened have no group, unless they ended.
 * 0 or -ENOMEM.
 */
int rows_build(const struct ledger *ledger, const struct filter *filter,
	       bool by_vcpu, double seconds, struct rows *rows);

/**
 * rows_group - the rows of a single VM, or of one of its vCPUs
 * @vcpu: NULL: all that the filter lets through
 * @group: filled in; to be freed with rows_group_free
 *
 * 1 if anything happened there, else 0, or -ENOMEM.
 */
int rows_group(const struct ledger *ledger, const struct ledger_vm *vm,
	       const struct ledger_vcpu *vcpu, const struct filter *filter,
	       double seconds, struct row_group *group);

/*
 * Histograms are most of a ledger, so what comes from them is made for the rows
 * that someone looks at.
 */

/** row_complete - percentiles, and how many exits had a time, of one reason */
void row_complete(struct row *row);

/** rows_group_complete - the same of all a group's rows; 0 or -ENOMEM */
int rows_group_complete(struct row_group *group);

/** row_is_idle - the time of these exits is the guest's idleness: HLT */
bool row_is_idle(uint32_t isa, uint32_t reason);

void rows_group_free(struct row_group *group);
void rows_free(struct rows *rows);

#endif /* EXITLEDGER_ROWS_H */
