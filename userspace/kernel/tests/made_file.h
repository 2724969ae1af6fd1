/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes exit_stats files with the layout of exit_file.h. */
#ifndef EXITLEDGER_MADE_FILE_H
#define EXITLEDGER_MADE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "exit_file.h"

/* reasons with a cell in each vCPU: 0x72, 0x7b, 0x400, 0x78 */
#define MADE_DENSE 4
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
	struct exit_file_head head; /* sizes are set when the file is packed */
};

/** made_file_init - a VM whose vCPUs have had no exits */
void made_file_init(struct made_file *file, uint32_t nr_vcpus, uint32_t mode);

/** made_file_exits - add exits to a vCPU's cell, each of which takes @cycles */
void made_file_exits(struct made_file *file, uint32_t vcpu, uint32_t cell,
		     uint64_t exits, uint64_t cycles);

/** made_file_pack - return the bytes, to be freed; @length is set */
unsigned char *made_file_pack(struct made_file *file, size_t *length);

#endif /* EXITLEDGER_MADE_FILE_H */
