/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ledger as rows: the exits of each VM or vCPU that pass the filter, by exit
 * reason and by further key, if there are keys.  The rows point into the
 * ledger, which must not change while they are used.
 */
#ifndef EXITLEDGER_ROWS_H
#define EXITLEDGER_ROWS_H

#include "ledger/filter.h"
#include "ledger/ledger.h"

enum row_kind {
	ROW_REASON,
	ROW_KEY, /* one key of a reason's exits: row.key */
	ROW_TOTAL, /* all reasons */
	ROW_WORK, /* all reasons except HLT, during which the guest is idle */
};

enum row_percentile { ROW_P50, ROW_P90, ROW_P99, ROW_P999, ROW_PERCENTILES };

struct row {
	enum row_kind kind;
	uint32_t reason;
	uint32_t isa; /* EXIT_LEAF_ISA_* of the reason */
	uint64_t key;
	struct exit_times times; /* row_complete() sets ->timed */
	bool spans_lost; /* true if some times are missing in the histogram */
	uint64_t percentile[ROW_PERCENTILES]; /* by row_complete(); 0: none */
	const struct hist *hist; /* the reason's histogram */

	/* The numbers to which shares and rates refer. */
	uint64_t all_exits; /* exits of the whole group */
	double seconds; /* length of the sample */
	double vcpu_ns; /* sum of the time that each of the group's vCPUs had */
};

struct row_group {
	const struct ledger_vm *vm;
	/* The vCPU, or NULL for all vCPUs that pass the filter. */
	const struct ledger_vcpu *vcpu;
	size_t vcpus; /* the number of these vCPUs */
	/* True if the vCPU (or the VM, if @vcpu is NULL) has ended. */
	bool ended;
	struct row *reason; /* ascending, unless sorted */
	size_t nr_reasons;
	struct row *key; /* ascending by reason, then key, unless sorted */
	size_t nr_keys;
	struct row total;
	struct row work;
	/* The sums to which the rows point if the group has several vCPUs. */
	struct ledger_total sum;
};

struct rows {
	struct row_group *group; /* ascending by VM and vCPU, unless sorted */
	size_t nr;
	size_t room;
};

/**
 * rows_build - make the rows of a ledger
 * @filter: NULL: show everything
 * @by_vcpu: make a group for each vCPU instead of for each VM
 * @seconds: the length of the ledger's period
 * @rows: filled in; to be freed with rows_free()
 *
 * VMs and vCPUs without any exits have no group, unless they have ended.
 * Returns 0 or -ENOMEM.
 */
int rows_build(const struct ledger *ledger, const struct filter *filter,
	       bool by_vcpu, double seconds, struct rows *rows);

/**
 * rows_group - make the rows of a single VM, or of one of its vCPUs
 * @vcpu: NULL: all vCPUs that pass the filter
 * @group: filled in; to be freed with rows_group_free()
 *
 * Returns 1 if the group has vCPUs that pass the filter, and has exits that
 * pass it or has ended; else 0; or -ENOMEM.
 */
int rows_group(const struct ledger *ledger, const struct ledger_vm *vm,
	       const struct ledger_vcpu *vcpu, const struct filter *filter,
	       double seconds, struct row_group *group);

/*
 * Histograms are the largest part of a ledger, so values from them are computed
 * only for rows that are shown.
 */

/**
 * row_complete - compute a reason's percentiles, and the number of exits that
 * have a time
 */
void row_complete(struct row *row);

/** rows_group_complete - row_complete() for all rows of a group; 0 or -ENOMEM */
int rows_group_complete(struct row_group *group);

/** row_is_idle - is the guest idle during exits for this reason, as at HLT? */
bool row_is_idle(uint32_t isa, uint32_t reason);

void rows_group_free(struct row_group *group);
void rows_free(struct rows *rows);

#endif /* EXITLEDGER_ROWS_H */
