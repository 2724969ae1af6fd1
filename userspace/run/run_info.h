/* SPDX-License-Identifier: GPL-2.0-only */
/* Where, when and how a run was recorded: the rows of its table "meta". */
#ifndef EXITLEDGER_RUN_INFO_H
#define EXITLEDGER_RUN_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "lib/msg.h"

struct run_info {
	char program[32]; /* version of exitledger */
	char kernel[65];
	/* This and the next two members are as in struct host. */
	char vendor[16];
	char hypervisor[16];
	uint32_t isa;
	char cpu[96]; /* model, or "" */
	char attach[16]; /* "": from KVM's own book, without BPF */
	bool kernel_book;
	uint32_t kernel_mode; /* the book's mode at the start, EXIT_FILE_* */
	char by[16]; /* name of the kind of keys, or "" */
	bool count_only;
	bool fast;
	bool off_cpu;
	bool guest_marks; /* true if marks of guests are recorded */
	uint64_t slower_than_ns;
	bool slow_hlt;
	char shown[256]; /* the filters as options; "": none */
	char command[256]; /* the command that was run, or "" */
	uint64_t interval_ns;
	uint64_t detail_ns;
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	uint64_t started_at; /* seconds since 1970 */
	char boot_id[40]; /* the boot in which CLOCK_MONOTONIC was read */
	uint32_t pid; /* of the recorder */
	uint64_t pid_ns; /* pid_ns_own() of the recorder; 0: unknown */
	uint64_t pid_start; /* run_info_pid_start() of the recorder; 0: unknown */
	uint64_t keep_ns; /* --keep; 0: not given */
	uint64_t max_size; /* --max-size; 0: not given */

	/*
	 * The first intervals of the recording that are no longer in the file,
	 * because of --keep or --max-size.
	 */
	uint64_t thrown_intervals;
	uint64_t thrown_until_ns; /* where they end, and what is kept begins */
	uint64_t thrown_exits; /* the sums of what they had */
	uint64_t thrown_ns;

	/*
	 * When this copy was made of a run that had not been ended, in seconds
	 * since 1970; 0: this is no such copy.
	 */
	uint64_t snapshot_at;

	/* These are known only if the recording was ended properly. */
	uint64_t ended_ns; /* 0: the recorder was killed, or still runs */
	uint32_t command_status;
	uint64_t bpf_exits; /* the book's own sums of everything recorded */
	uint64_t bpf_ns;

	/*
	 * When the recording began.  The reader sets this; it sets @started_ns
	 * and @started_at to the begin of what is kept.
	 */
	uint64_t origin_ns;
	uint64_t origin_at;
};

/** run_info_read_host - fill in this host's and this process's members */
void run_info_read_host(struct run_info *info);

/**
 * run_info_pid_start - when a process started, in clock ticks since boot
 *
 * This distinguishes it from other processes that get the same pid later.
 * Returns 0 if there is no such process.
 */
uint64_t run_info_pid_start(uint32_t pid);

/** run_info_save - replace the rows; returns a result code of SQLite */
int run_info_save(sqlite3 *db, const struct run_info *info);

/**
 * run_info_load - read the rows
 *
 * Returns 0; -EINVAL with @why if a row is missing or wrong; or the negative
 * error of run_sql_error().
 */
int run_info_load(sqlite3 *db, const char *path, struct run_info *info,
		  struct why *why);

#endif /* EXITLEDGER_RUN_INFO_H */
