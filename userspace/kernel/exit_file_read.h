/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contents of KVM's file exit_stats of a VM (exit_file.h), checked: no
 * size, count or index of the file is used before it is known to be within it.
 */
#ifndef EXITLEDGER_EXIT_FILE_READ_H
#define EXITLEDGER_EXIT_FILE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exit_file.h"
#include "lib/msg.h"

/* A file's bytes, and what its head says.  All zero: of no VM, without vCPUs. */
struct exit_file {
	const unsigned char *bytes; /* must stay as long as this is used */
	size_t head_size;
	size_t vcpu_size;
	uint32_t nr_vcpus;
	uint32_t isa; /* EXIT_LEAF_ISA_* */
	uint32_t mode; /* EXIT_FILE_OFF, ... */
	uint32_t tsc_khz;
	uint32_t nr_cells;
	uint32_t nr_spans; /* 0: no histograms */
	uint64_t tsc;
};

/**
 * exit_file_read - check a file's bytes, all of them
 * @bytes: of @length, at any address
 * @file: filled in
 *
 * 0, or with @why: -EPROTO: it is of another version, or no such file; -EINVAL:
 * it is damaged.
 */
int exit_file_read(const void *bytes, size_t length, struct exit_file *file,
		   struct why *why);

/** exit_file_vcpu - what holds for a vCPU; @vcpu: below nr_vcpus, as below */
struct exit_file_vcpu exit_file_vcpu(const struct exit_file *file,
				     uint32_t vcpu);

/** exit_file_cell - a vCPU's sums of a reason; @cell: below nr_cells, as below */
struct exit_file_cell exit_file_cell(const struct exit_file *file,
				     uint32_t vcpu, uint32_t cell);

/**
 * exit_file_reason - whose a cell is
 * @vcpu: exit_file_vcpu()
 * @reason: filled in if there is one
 *
 * The last cell has none, and those before it may have none yet.
 */
bool exit_file_reason(const struct exit_file *file,
		      const struct exit_file_vcpu *vcpu, uint32_t cell,
		      uint32_t *reason);

/**
 * exit_file_hist - the least, the most and the spans of a reason's times
 * @of_vcpu: exit_file_vcpu()
 *
 * If the vCPU has none, there was no exit with a time.
 */
struct exit_file_hist exit_file_hist(const struct exit_file *file,
				     uint32_t vcpu,
				     const struct exit_file_vcpu *of_vcpu,
				     uint32_t cell);

/** exit_file_span - the counts of a span; @span: below nr_spans */
void exit_file_span(const struct exit_file *file, uint32_t vcpu, uint32_t span,
		    uint32_t count[EXIT_FILE_SPAN]);

/** exit_file_has_cells_of - have two files cells of the same reasons? */
bool exit_file_has_cells_of(const struct exit_file *a,
			    const struct exit_file *b);

#endif /* EXITLEDGER_EXIT_FILE_READ_H */
