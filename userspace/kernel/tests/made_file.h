/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's files exit_stats, made up: packed as exit_file.h has them. */
#ifndef EXITLEDGER_MADE_FILE_H
#define EXITLEDGER_MADE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "exit_file.h"

#define MADE_DENSE 4 /* reasons that KVM knows: 0x72, 0x7b, 0x400, 0x78 */
#define MADE_CELLS (MADE_DENSE + EXIT_FILE_SPARSE + 1)
#define MADE_LAST (MADE_CELLS - 1)
#define MADE_SPANS 8
#define MADE_VCPUS 4

struct made_vcpu {
	struct exit_file_vcpu vcpu;
	struct exit_file_cell cell[MADE_CELLS];
	struct exit_file_hist hist[MADE_CELLS];
	uint32_t count[MADE_SPANS][EXIT_FILE_SPAN];
};

struct made_file {
	struct made_vcpu vcpu[MADE_VCPUS];
	struct exit_file_head head; /* sizes are filled in when it is packed */
};

/** made_file_init - of a VM with vCPUs that have done nothing yet */
void made_file_init(struct made_file *file, uint32_t nr_vcpus, uint32_t mode);

/** made_file_exits - a vCPU's exits of a cell, each of so many cycles */
void made_file_exits(struct made_file *file, uint32_t vcpu, uint32_t cell,
		     uint64_t exits, uint64_t cycles);

/** made_file_pack - the bytes, to be freed; @length: filled in */
unsigned char *made_file_pack(struct made_file *file, size_t *length);

#endif /* EXITLEDGER_MADE_FILE_H */
