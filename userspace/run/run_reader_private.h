/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that the parts of the reader share. */
#ifndef EXITLEDGER_RUN_READER_PRIVATE_H
#define EXITLEDGER_RUN_READER_PRIVATE_H

#include "run/run_reader.h"
#include "run/run_schema.h"
#include "run/run_series.h"

/* When a vCPU was there. */
struct run_vcpu {
	uint64_t vm;
	uint64_t seen_ns;
	uint64_t gone_ns; /* UINT64_MAX: it is still */
	uint64_t prior_exits;
	uint32_t id;
	uint32_t tid;
};

struct run_reader {
	char *path;
	bool fine;
	sqlite3 *db;
	struct run_info info;
	struct run_marks marks;
	struct ledger vms; /* their names */
	struct run_vcpu *vcpu; /* by VM, id and time */
	size_t nr_vcpus;
	/* The same by the time at which they were seen; and those that may
	 * still be there in what is read next. */
	const struct run_vcpu **by_time, **present;
	size_t nr_came, nr_present; /* so many of @by_time came already */
	uint64_t present_ns; /* the end of what they were looked for in */

	sqlite3_stmt *chunks, *intervals, *losses, *slows;
	bool chunks_read; /* all */
	uint64_t last; /* interval that was read */
	uint64_t at_ns; /* its end */
	struct ledger_losses lost;
	struct ledger whole; /* of a chunk or interval */
	struct bytes cells, packed;
	struct run_series_reader series;
};

/** run_reader_load - read VMs, vCPUs and marks; 0, or -errno with @why */
int run_reader_load(struct run_reader *reader, struct why *why);

/**
 * run_reader_present - add the VMs and vCPUs that there were
 *
 * To be asked of one time after the other, or of parts of the last one.  Costs
 * as much as there are of them then, however many there were before.  0 or
 * -ENOMEM.
 */
int run_reader_present(struct run_reader *reader, uint64_t begin_ns,
		       uint64_t end_ns, struct ledger *ledger);

/** run_damaged - "PATH: is damaged: WHAT"; returns -EINVAL */
int run_damaged(const struct run_reader *reader, struct why *why,
		const char *what);

/** run_column - an integer of 0 to @max; false: it is something else */
bool run_column(sqlite3_stmt *row, int column, uint64_t max, uint64_t *value);

#endif /* EXITLEDGER_RUN_READER_PRIVATE_H */
