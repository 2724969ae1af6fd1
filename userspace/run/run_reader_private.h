/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that the reader's files share. */
#ifndef EXITLEDGER_RUN_READER_PRIVATE_H
#define EXITLEDGER_RUN_READER_PRIVATE_H

#include "run/run_reader.h"
#include "run/run_schema.h"
#include "run/run_series.h"

/* The time in which a vCPU existed. */
struct run_vcpu {
	uint64_t vm;
	uint64_t seen_ns;
	uint64_t gone_ns; /* UINT64_MAX: it still exists */
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
	struct ledger vms; /* the VMs with their names */
	struct run_vcpu *vcpu; /* ascending by VM, id and time */
	size_t nr_vcpus;
	/*
	 * The same vCPUs, ascending by the time at which they were first seen;
	 * and those that may exist in the next period.
	 */
	const struct run_vcpu **by_time, **present;
	/* @nr_came: the number of @by_time that were seen by now. */
	size_t nr_came, nr_present;
	/* The latest end of the periods of run_reader_present(). */
	uint64_t present_ns;

	sqlite3_stmt *chunks, *intervals, *losses, *slows;
	bool chunks_read; /* true if all chunks have been read */
	uint64_t last; /* the last interval that was read */
	uint64_t at_ns; /* the end of this interval */
	/* The losses since the begin of what is kept, and those before it. */
	struct ledger_losses lost, lost_before;
	struct ledger whole; /* all data of a chunk or an interval */
	struct bytes cells, packed;
	struct run_series_reader series;
};

/** run_reader_load - read VMs, vCPUs and marks; 0, or -errno with @why */
int run_reader_load(struct run_reader *reader, struct why *why);

/**
 * run_reader_present - add the VMs and vCPUs that existed in a period
 *
 * Call this for one period after the other, or for parts of the last period.
 * The cost depends on the number of vCPUs in the period, not on the number
 * before it.  Returns 0 or -ENOMEM.
 */
int run_reader_present(struct run_reader *reader, uint64_t begin_ns,
		       uint64_t end_ns, struct ledger *ledger);

/** run_damaged - set @why to "PATH: is damaged: WHAT"; returns -EINVAL */
int run_damaged(const struct run_reader *reader, struct why *why,
		const char *what);

/** run_column - read an integer from 0 to @max; false if it is anything else */
bool run_column(sqlite3_stmt *row, int column, uint64_t max, uint64_t *value);

#endif /* EXITLEDGER_RUN_READER_PRIVATE_H */
