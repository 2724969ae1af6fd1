/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The checked contents of a VM's file exit_stats (exit_file.h).  Each size,
 * count and index in the file is checked against the file's bounds before it is
 * used.
 */
#ifndef EXITLEDGER_EXIT_FILE_READ_H
#define EXITLEDGER_EXIT_FILE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_file.h"
#include "lib/msg.h"

/*
 * A file's bytes and the fields of its head.  If it is all zero, it has no
 * vCPUs.
 */
struct exit_file {
	const unsigned char *bytes; /* must stay valid while this is used */
	size_t head_size;
	size_t vcpu_size;
	uint32_t nr_vcpus;
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	uint32_t mode; /* EXIT_FILE_OFF etc. */
	uint32_t tsc_khz;
	uint32_t nr_cells;
	uint32_t nr_spans; /* 0: no histograms */
	uint64_t tsc;
};

/**
 * exit_file_read - parse and check all bytes of a file
 * @bytes: @length bytes at any address
 * @file: filled in
 *
 * Returns 0, or -errno with @why: -EPROTO if the file is of another version or
 * no exit_stats file, -EINVAL if it is damaged.
 */
int exit_file_read(const void *bytes, size_t length, struct exit_file *file,
		   struct why *why);

/**
 * exit_file_vcpu - get a vCPU's own part
 * @vcpu: must be below nr_vcpus, here and in the functions below
 */
struct exit_file_vcpu exit_file_vcpu(const struct exit_file *file,
				     uint32_t vcpu);

/** exit_file_cell - a cell's sums; @cell: below nr_cells, here and below */
struct exit_file_cell exit_file_cell(const struct exit_file *file,
				     uint32_t vcpu, uint32_t cell);

/**
 * exit_file_reason - find the exit reason of a cell
 * @vcpu: from exit_file_vcpu()
 * @reason: set if the cell has a reason
 *
 * The last cell never has a reason; sparse cells before it may have none yet.
 */
bool exit_file_reason(const struct exit_file *file,
		      const struct exit_file_vcpu *vcpu, uint32_t cell,
		      uint32_t *reason);

/**
 * exit_file_hist - the shortest and longest time of a reason, and its spans
 * @of_vcpu: from exit_file_vcpu()
 *
 * If the vCPU has no histograms, min is above max.
 */
struct exit_file_hist exit_file_hist(const struct exit_file *file,
				     uint32_t vcpu,
				     const struct exit_file_vcpu *of_vcpu,
				     uint32_t cell);

/** exit_file_span - the counts of a span; @span: below nr_spans */
void exit_file_span(const struct exit_file *file, uint32_t vcpu, uint32_t span,
		    uint32_t count[EXIT_FILE_SPAN]);

/**
 * exit_file_has_cells_of - do two files have the same ISA, TSC rate and number
 * of cells, and the same reasons in these?
 */
bool exit_file_has_cells_of(const struct exit_file *a,
			    const struct exit_file *b);

#endif /* EXITLEDGER_EXIT_FILE_READ_H */
